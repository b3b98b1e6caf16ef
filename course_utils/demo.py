"""``course demo``: the whole course machine on a sample class, in a folder of its own."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from rich.console import Console

from course_utils.course import CONFIG, GRADEBOOK, MASTERS, CourseError, environment, find_labs, folders, nbgrader
from course_utils.grading import driver, export, feedback, results, sample, screen
from course_utils.grading.here import Here
from course_utils.grading.workers import hire
from course_utils.judging.misconceptions import names_come_from
from course_utils.labs import names_of_wrong_ways
from course_utils.release import release

SLOW_FROM = 6  # labs from here on train networks: they take as long as all the others


def demo(root: Path, wanted: list[str], *, folder: Path | None = None, workers: int | None = None) -> dict[str, list]:
    """Release labs, hand in a sample class, collect, grade, give feedback; print a table and the paths.

    Parameters
    ----------
    root
        The course whose labs are taken. Nothing in it is changed.
    wanted
        Labs by name or number; if empty, those that are graded quickly.
    folder
        Where the sample course is made: a new or empty folder; a temporary one if None.
    workers
        How many submissions are graded, and pages made, at a time; as many as there are processors if None.

    Returns
    -------
    dict
        For each lab the list of :class:`course_utils.grading.results.Result`.
    """
    console = Console()
    course = make_course(root, folder)
    names = find_labs(root, wanted) if wanted else quick_labs(root)
    everything = {}
    names_come_from(names_of_wrong_ways)  # for the table
    with hire(course, workers=workers) as hired:
        for lab in names:
            console.print(f"[bold]{lab}[/bold]: releasing the student notebook")
            release(course, [lab], gradebook=True, prove=False)  # the class has model answers in it
            everything[lab] = grade_class(course, lab, sample.load_class(course, lab), hired, console)
            console.print(screen.table_of(lab, everything[lab]))
            for line in screen.lines_of_notes(everything[lab]):
                console.print(line, markup=False, highlight=False)
    print_paths(console, course, export.export(course, course / "grades.csv")[0])
    return everything


def labs_with_a_class(root: Path) -> list[str]:
    """Return the labs, and homeworks, that have a sample class."""
    return [lab for lab in find_labs(root, []) if (root / MASTERS / lab / "sample_class.py").is_file()]


def quick_labs(root: Path) -> list[str]:
    """Return the labs with a sample class that train no networks."""
    return [lab for lab in labs_with_a_class(root) if int(lab.split("_")[0]) < SLOW_FROM]


def make_course(root: Path, folder: Path | None) -> Path:
    """Copy what a course needs (settings and masters) into a folder and return it."""
    if folder is None:
        folder = Path(tempfile.mkdtemp(prefix="course-demo-"))
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise CourseError(f"{folder} is not empty; the demo wants a new or an empty folder.")
    shutil.copyfile(root / CONFIG, folder / CONFIG)
    ignored = shutil.ignore_patterns("*.ipynb", "__pycache__", ".ipynb_checkpoints")
    shutil.copytree(root / MASTERS, folder / MASTERS, ignore=ignored)
    (folder / "notebooks").mkdir()
    return folder.resolve()


def grade_class(course: Path, lab: str, students: list, hired: Here, console: Console) -> list[results.Result]:
    """Hand in, collect, grade, make feedback pages, and read the results of a class."""
    inbox = course / "downloaded" / lab / "archive"
    inbox.mkdir(parents=True)
    for student in students:
        sample.hand_in(course, lab, student, inbox)
    console.print(f"{len(students)} submissions handed in; collecting")
    run_nbgrader(course, "zip_collect", lab)
    outcome = driver.grade_lab(course, lab, hired, watcher=screen.Bar(console))
    pages = feedback.make_feedback(course, lab, workers=hired.workers, watcher=screen.Bar(console, "feedback for"))
    for student, reason in (outcome.failures | pages.failures).items():
        console.print(f"{student}: {reason}", markup=False)
    return list(results.read_results(course, lab, sorted(outcome.students)).values())


def run_nbgrader(course: Path, *arguments: str) -> None:
    """Run one of nbgrader's own commands in a course.

    Raises
    ------
    CourseError
        If it fails, with the last lines of what it said.
    """
    command = nbgrader(*arguments)
    done = subprocess.run(command, cwd=course, env=environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise CourseError(f"nbgrader {arguments[0]} failed:\n{(done.stdout + done.stderr)[-1500:]}")


def print_paths(console: Console, course: Path, grades: Path) -> None:
    """Say where the gradebook, the grades and the feedback pages lie."""
    console.print("The course that was made, with everything in it, lies here:", str(course), soft_wrap=True)
    for what, path in (
        ("gradebook", course / GRADEBOOK),
        ("grades", grades),
        ("feedback", course / folders(course).feedback),
    ):
        console.print(f"  {what:<10} {path}", soft_wrap=True, highlight=False)
