"""``course demo``: the whole course machine on a sample class, in a folder of its own."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from course_utils import misconceptions
from course_utils.course import CONFIG, MASTERS, CourseError, environment, find_labs
from course_utils.grading import intake, nbgrader_pool, results, sample
from course_utils.release import release


def demo(root: Path, wanted: list[str], *, folder: Path | None = None, workers: int = 2) -> dict[str, list]:
    """Release labs, hand in a sample class, collect, grade, give feedback; print a table and the paths.

    Parameters
    ----------
    root
        The course whose labs are taken. Nothing in it is changed.
    wanted
        Labs by name or number; all that have a sample class if empty.
    folder
        Where the sample course is made: a new or empty folder; a temporary one if None.
    workers
        Processes that grade.

    Returns
    -------
    dict
        For each lab the list of :class:`course_utils.grading.results.Result`.
    """
    console = Console()
    course = make_course(root, folder)
    names = [lab for lab in find_labs(root, wanted) if wanted or (root / MASTERS / lab / "sample_class.py").is_file()]
    everything = {}
    for lab in names:
        console.print(f"[bold]{lab}[/bold]: releasing the student notebook")
        release(course, [lab], gradebook=True)
        everything[lab] = grade_class(course, lab, sample.load_class(course, lab), workers=workers, console=console)
        console.print(as_table(lab, everything[lab]))
    print_paths(console, course, export(course))
    return everything


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


def grade_class(course: Path, lab: str, students: list, *, workers: int, console: Console) -> list[results.Result]:
    """Hand in, collect, grade and read the results of a class."""
    inbox = course / "downloaded" / lab / "archive"
    inbox.mkdir(parents=True)
    for student in students:
        sample.hand_in(course, lab, student, inbox)
    console.print(f"{len(students)} submissions handed in; collecting")
    run_nbgrader(course, "zip_collect", lab)
    names = sorted(path.parent.name for path in (course / "submitted").glob(f"*/{lab}"))
    seen = {name: intake.examine(course, lab, name) for name in names}
    reasons = {name: one.reason for name, one in seen.items() if one.reason}
    for name in reasons:
        results.give_zero(course, lab, name)
    reasons |= grade_with_progress(course, lab, [n for n in names if n not in reasons], workers, console)
    found = results.read_results(course, lab, names)
    for name, result in found.items():
        result.notes = seen[name].notes + result.notes
        result.reason = reasons.get(name, "")
    return list(found.values())


def grade_with_progress(course: Path, lab: str, names: list[str], workers: int, console: Console) -> dict[str, str]:
    """Grade students with a progress bar; return the reasons of those who could not be graded, who get zero."""
    columns = (TextColumn("grading"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    reasons = {}
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("grading", total=len(names))
        for name, reason in nbgrader_pool.grade(course, lab, names, workers=workers):
            if reason:
                reasons[name] = reason
                results.give_zero(course, lab, name)
            bar.advance(task)
    return reasons


def run_nbgrader(course: Path, *arguments: str) -> None:
    """Run one of nbgrader's own commands in a course.

    Raises
    ------
    CourseError
        If it fails, with the last lines of what it said.
    """
    command = [sys.executable, "-m", "nbgrader", *arguments]
    done = subprocess.run(command, cwd=course, env=environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise CourseError(f"nbgrader {arguments[0]} failed:\n{(done.stdout + done.stderr)[-1500:]}")


def export(course: Path) -> Path:
    """Export the grades with nbgrader and return the CSV file's path."""
    path = course / "grades.csv"
    run_nbgrader(course, "export", "--to", str(path))
    return path


def as_table(lab: str, found: list[results.Result]) -> Table:
    """Return the table of a class: student, points, what was diagnosed, what else there is to say."""
    table = Table(title=lab, title_justify="left")
    table.add_column("student", no_wrap=True)
    table.add_column("points", justify="right", no_wrap=True)
    table.add_column("diagnosed")
    table.add_column("note", overflow="fold")
    for result in found:
        diagnosed = "\n".join(f"{code} {misconceptions.get(code).name}" for code in result.diagnosed)
        note = "\n".join([*([result.reason] if result.reason else []), *result.notes])
        table.add_row(result.student, f"{result.points:g} of {result.most:g}", diagnosed, note)
    return table


def print_paths(console: Console, course: Path, grades: Path) -> None:
    """Say where the gradebook, the grades and the feedback pages lie."""
    console.print("The course that was made, with everything in it, lies here:", str(course), soft_wrap=True)
    for what, path in (
        ("gradebook", course / "gradebook.db"),
        ("grades", grades),
        ("feedback", course / "feedback"),
    ):
        console.print(f"  {what:<10} {path}", soft_wrap=True, highlight=False)
