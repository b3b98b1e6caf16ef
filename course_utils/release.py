"""Release: from the masters in ``solutions/`` to the notebooks that students open in ``notebooks/``.

nbgrader makes the student notebook, in a folder aside. Only when every lab has been made, and proved in the grader, are
the files in ``notebooks/`` replaced, each by a rename: whatever goes wrong before leaves everything as it was.
"""

import fnmatch
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
from nbformat import NotebookNode
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from course_utils import overview
from course_utils.cells import is_solution, nbgrader_settings
from course_utils.course import MASTERS, RELEASED, CourseError, environment, find_labs, folders, nbgrader
from course_utils.files import aside
from course_utils.grading.hooks import NEVER_HANDED_OUT, NOT_OURS
from course_utils.lab_options import NAME, LabOptions, read_options
from course_utils.masters import (
    as_text,
    graded_ids,
    lint,
    master_path,
    read_master,
    write_instructor_notebook,
)

if TYPE_CHECKING:
    from course_utils.proof import Proved

Files = dict[Path, bytes]  # paths below notebooks/


@dataclass
class Outcome:
    """What a release did, or what a check found."""

    written: list[Path] = field(default_factory=list)
    unchanged: list[Path] = field(default_factory=list)
    missing: list[Path] = field(default_factory=list)
    differing: list[Path] = field(default_factory=list)
    strangers: list[Path] = field(default_factory=list)
    registered: bool = False
    counts: bool = False  # README's table was written, or a check found other counts in it
    proved: list[str] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)  # on the labs that were proved

    @property
    def fresh(self) -> bool:
        """Tell whether ``notebooks/``, and README's counts, are exactly what the masters make."""
        return not (self.missing or self.differing or self.strangers or self.counts)


def release(
    root: Path,
    wanted: list[str],
    *,
    gradebook: bool | None = None,
    prove: bool = True,
    strict: bool = False,
    keep_worth: bool = False,
) -> Outcome:
    """Make the student notebooks of the labs that are named, or of all.

    ``gradebook``: True registers the labs in gradebook.db and makes one if need be; False leaves it alone;
    None registers where there is one already. ``prove``: refuse labs whose model answers do not earn every point, or
    whose stubs earn one (:mod:`course_utils.proof`). ``strict``: refuse also checks that can only run in the student's
    process. ``keep_worth``: allow graded cells to come and go although students have handed in, who then keep the share
    of the points that they have (:mod:`course_utils.grading.worth`).
    """
    names = find_labs(root, wanted)
    notebooks = read_masters(root, names)
    register = has_gradebook(root) if gradebook is None else gradebook
    changing = refuse_to_drop_graded_cells(root, notebooks, register, keep_worth=keep_worth)
    made = build(root, notebooks)
    proof = prove_labs(root, notebooks, made, strict=strict) if prove else None
    outcome = compare(root, made, everything=not wanted)
    if proof:
        outcome.proved, outcome.sentences = proof.labs, proof.sentences
    for name in names:
        write_instructor_notebook(root, name)
    refuse_to_lose_answers(root, outcome.differing)
    outcome.written = sorted(outcome.missing + outcome.differing)
    try:
        with ExitStack() as stack:  # at its end the files get their names, the last that was entered first
            for path in reversed(outcome.written):
                target = root / RELEASED / path
                target.parent.mkdir(parents=True, exist_ok=True)
                stack.enter_context(aside(target)).write_bytes(made[path])
            if register:
                _set_aside(root, changing)
                register_in_gradebook(root, notebooks)
    finally:  # also where the new cells could not be registered: then the old ones are there
        outcome.sentences += _put_back(root, changing)
    outcome.missing, outcome.differing, outcome.registered = [], [], register
    outcome.counts = overview.bring_up_to_date(root)
    return outcome


def check(root: Path, wanted: list[str], *, prove: bool = False) -> Outcome:
    """Compare ``notebooks/`` with what the masters make, and prove the labs if wanted. No notebook is written."""
    notebooks = read_masters(root, find_labs(root, wanted))
    files = build(root, notebooks)
    outcome = compare(root, files, everything=not wanted)
    outcome.counts = overview.is_stale(root)
    outcome.proved = prove_labs(root, notebooks, files).labs if prove else []
    return outcome


def prove_labs(root: Path, notebooks: dict[str, NotebookNode], files: Files, *, strict: bool = False) -> "Proved":
    """Prove labs; return those that were not proved before, or raise with what is wrong with them."""
    from course_utils.proof import prove  # takes a second, as all of grading

    return prove(root, notebooks, files, strict=strict)


def read_masters(root: Path, names: list[str]) -> dict[str, NotebookNode]:
    """Return the masters as notebooks, or raise with everything that is wrong with them."""
    if (sources := folders(root).masters) != MASTERS:
        raise CourseError(
            f"course release makes notebooks from {MASTERS}/. The sources of this course lie in {sources}/; release "
            f"them with: nbgrader generate_assignment {' '.join(names) or 'NAME'}"
        )
    notebooks, problems = {}, []
    for name in names:
        path, options = master_path(root, name), read_options(root, name)
        notebooks[name] = read_master(path)
        problems += [f"{path.relative_to(root)}: {problem}" for problem in lint(notebooks[name], options)]
        problems += [
            f"{stray.relative_to(root)}: to hand this file out, name it in hand_out of {NAME}; else keep it elsewhere"
            for stray in _strays(path.parent, name)
            if stray not in handed_out(path.parent, options)
        ]
    if problems:
        raise CourseError("\n".join(problems))
    return notebooks


def _strays(folder: Path, name: str) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        ignored = any(fnmatch.fnmatchcase(part, glob) for part in parts for glob in NEVER_HANDED_OUT)
        if path.is_file() and not ignored and parts != (f"{name}.ipynb",):
            yield path


# --- making ---------------------------------------------------------------------------------------


def build(root: Path, notebooks: dict[str, NotebookNode]) -> Files:
    """Let nbgrader make the student notebooks in a temporary folder and return them."""
    with tempfile.TemporaryDirectory(prefix="course-release-") as folder:
        made = run_nbgrader(root, Path(folder), notebooks, ["--no-db"])
    for name in notebooks:
        folder_of = master_path(root, name).parent
        for path in handed_out(folder_of, read_options(root, name)):
            made[Path(name) / path.relative_to(folder_of)] = path.read_bytes()
    return made


def handed_out(folder: Path, options: LabOptions) -> list[Path]:
    """Return the files beside a master that go to students: those that the lab's options name.

    Raises
    ------
    CourseError
        If a pattern leads out of the folder, or finds nothing.
    """
    found: list[Path] = []
    for pattern in options.hand_out:
        if Path(pattern).is_absolute() or ".." in Path(pattern).parts:
            raise CourseError(f"{folder.name}/{NAME}: hand_out names what lies beside the source, not {pattern!r}")
        here = sorted(path for path in folder.glob(pattern) if path.is_file())
        if not here:
            raise CourseError(f"{folder.name}/{NAME}: hand_out finds no file {pattern!r}")
        found += here
    return list(dict.fromkeys(found))


def run_nbgrader(root: Path, folder: Path, notebooks: dict[str, NotebookNode], options: list[str]) -> Files:
    """Run ``nbgrader generate_assignment`` once for all labs, with our settings, inside ``folder``."""
    for name, notebook in notebooks.items():
        source = folder / MASTERS / name / f"{name}.ipynb"
        source.parent.mkdir(parents=True)
        source.write_bytes(as_text(notebook).encode("utf-8"))
    command = nbgrader("generate_assignment", "--assignment=*")
    command += [f"--CourseDirectory.root={folder.resolve()}", "--log-level=INFO", *options]
    with progress(len(notebooks)) as step:
        log = _run(command, root, on_line=lambda line: step() if "] Converting notebook " in line else None)
    made = folder / RELEASED
    files = {path.relative_to(made): path.read_bytes() for path in made.rglob("*") if path.is_file()}
    expected = {Path(name, f"{name}.ipynb") for name in notebooks}
    if set(files) != expected:
        odd = ", ".join(map(str, sorted(set(files) ^ expected)))
        raise CourseError(f"nbgrader did not make what was asked for: {odd}\n{''.join(log[-20:])}")
    return files


def _run(command: list[str], cwd: Path, on_line: Callable[[str], object]) -> list[str]:
    """Run a command, hand on its lines as they come, and raise with the telling ones if it fails."""
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    lines = []
    with process:
        for line in process.stdout or ():
            lines.append(line)
            on_line(line)
    if process.returncode:
        telling = [line for line in lines if "ERROR" in line or "Error: " in line] or lines[-10:]
        raise CourseError(f"nbgrader failed; notebooks/ was left as it was.\n{''.join(telling).rstrip()}")
    return lines


@contextmanager
def progress(total: int) -> Iterator[Callable[[], None]]:
    """Show how many labs are made, where there is more than one; give a function that counts one more."""
    columns = (TextColumn("making student notebooks"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=total < 2) as bar:
        task = bar.add_task("labs", total=total)
        yield lambda: bar.advance(task)


# --- comparing and replacing ----------------------------------------------------------------------


def compare(root: Path, files: Files, *, everything: bool) -> Outcome:
    """Compare files that were made with those in ``notebooks/``.

    A stranger is a file there that was not made; other labs' files are strangers only if all labs were made.
    """
    outcome, folder = Outcome(), root / RELEASED
    for path, made in files.items():
        target = folder / path
        if not target.is_file():
            outcome.missing.append(path)
        elif target.read_bytes() != made:
            outcome.differing.append(path)
        else:
            outcome.unchanged.append(path)
    places = [folder] if everything else [folder / name for name in {path.parts[0] for path in files}]
    there = sorted(path.relative_to(folder) for place in places for path in place.rglob("*") if path.is_file())
    outcome.strangers = [path for path in there if path not in files and not NOT_OURS & set(path.parts)]
    return outcome


def refuse_to_lose_answers(root: Path, paths: list[Path]) -> None:
    """Raise if somebody has worked in one of the notebooks that would be replaced."""
    worked = [str(Path(RELEASED, path)) for path in paths if holds_work(root / RELEASED / path)]
    if worked:
        raise CourseError(
            f"Somebody has worked in {', '.join(worked)}. Nothing was released: move such notebooks away "
            "(course lab lays out copies to work in), or take them back with git."
        )


def holds_work(path: Path) -> bool:
    """Tell whether a released notebook was run or answered: nbgrader has left a checksum of each answer's cell."""
    from nbgrader.utils import compute_checksum

    try:
        cells = nbformat.read(path, as_version=4).cells
    except Exception:  # no notebook: nothing that could be lost
        return False
    for cell in cells:
        if cell.get("outputs") or cell.get("execution_count"):
            return True
        known = nbgrader_settings(cell).get("checksum")
        if is_solution(cell) and known and compute_checksum(cell) != known:
            return True
    return False


# --- the gradebook --------------------------------------------------------------------------------


def has_gradebook(root: Path) -> bool:
    """Tell whether a course has a gradebook to register its labs in."""
    from course_utils.grading.gradebook import read_settings  # takes a second, as all of nbgrader

    return read_settings(root).exists


def register_in_gradebook(root: Path, notebooks: dict[str, NotebookNode]) -> None:
    """Tell the gradebook what there is to grade. A new file gets its name only when it is complete."""
    from course_utils.grading.gradebook import read_settings

    settings = read_settings(root)
    with tempfile.TemporaryDirectory(prefix="course-release-") as folder, ExitStack() as stack:
        address = settings.db_url
        if settings.file and not settings.exists:
            address = f"sqlite:///{stack.enter_context(aside(settings.file))}"
        run_nbgrader(root, Path(folder), notebooks, [f"--CourseDirectory.db_url={address}"])


def _set_aside(root: Path, changing: list[str]) -> None:
    """Take out of the gradebook what it has of submissions of labs whose graded cells come or go."""
    for name in changing:
        from course_utils.grading import worth

        worth.set_aside(root, name)


def _put_back(root: Path, changing: list[str]) -> list[str]:
    """Put it back, with what keeps each submission's worth; return who keeps what, and what is to be done."""
    said: list[str] = []
    for name in changing:
        from course_utils.grading import worth

        said += [*worth.put_back(root, name), f"{name}: grade it again, which changes no points: course regrade {name}"]
    return said


def refuse_to_drop_graded_cells(
    root: Path, notebooks: dict[str, NotebookNode], register: bool, *, keep_worth: bool = False
) -> list[str]:
    """Raise if a lab that students have handed in would lose a cell that carries points, or have it renamed.

    Their answers to it could never be graded again. nbgrader's own gradebook can neither lose nor gain a cell
    then, which is said before it fails half-way. With ``keep_worth`` return the labs whose submissions are to keep what
    they are worth; raise if one of them was not graded yet.
    """
    problems, changing = [], []
    for name, notebook in notebooks.items():
        in_book, in_use = graded_in_gradebook(root, name)
        if not in_use and not any((root / folders(root).submitted).glob(f"*/{name}")):
            continue
        now = graded_ids(notebook)
        before = graded_in_release(root, name) + in_book
        lost = [cell for cell in dict.fromkeys(before) if cell not in now]
        gained = [cell for cell in now if cell not in in_book] if in_use and register else []
        if keep_worth and register and in_use and (lost or gained):
            problems += _ungraded(root, name)
            changing.append(name)
        elif lost:
            problems.append(f"{name} has submissions, and would lose the graded cells: {', '.join(lost)}.")
        elif gained:
            problems.append(
                f"{name} has submissions in gradebook.db, to which nbgrader cannot add: {', '.join(gained)}."
            )
    if problems:
        way = (
            "Keep those cells as they were, or let who has handed in keep their share: course release --keep-worth LAB"
        )
        raise CourseError("\n".join([*problems, f"Nothing was released. {way}"]))
    return changing


def _ungraded(root: Path, name: str) -> list[str]:
    """Return a sentence about who has handed in and was never graded: nobody knows what that is worth."""
    from course_utils.grading.reading import handed_in
    from course_utils.grading.results import graded_students

    left = sorted(set(handed_in(root, name).students) - set(graded_students(root, name)))
    return [f"{name}: handed in and never graded: {', '.join(left)}. Run: course grade {name}"] if left else []


def graded_in_release(root: Path, name: str) -> list[str]:
    """Return the ids of the graded cells in the student notebook that is out now."""
    path = root / RELEASED / name / f"{name}.ipynb"
    try:
        return graded_ids(nbformat.read(path, as_version=4))
    except FileNotFoundError:
        return []
    except Exception as error:
        raise CourseError(f"{path} is not a notebook ({error}); remove or mend it first.") from error


def graded_in_gradebook(root: Path, name: str) -> tuple[list[str], bool]:
    """Return the ids of a lab's graded cells in the gradebook, and whether it holds submissions of the lab."""
    if not has_gradebook(root):
        return [], False
    from nbgrader.api import MissingEntry

    from course_utils.grading.gradebook import open_gradebook

    with open_gradebook(root) as book:
        try:
            assignment = book.find_assignment(name)
        except MissingEntry:
            return [], False
        cells = [cell.name for notebook in assignment.notebooks for cell in notebook.grade_cells]
        return cells, bool(assignment.submissions)
