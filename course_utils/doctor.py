"""Say what is wrong with an environment, or with a notebook about to be submitted, and how to mend it."""

import os
import re
import shutil
import sys
from collections import Counter
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from course_utils.cells import KERNELSPEC, grade_id, is_check, is_solution
from course_utils.course import RELEASED, CourseError, find_root

OLDEST_PYTHON = (3, 11, 5)
REMAKE = "Make the environment anew: make lab, or pip install -e . in the course root."


@dataclass(frozen=True)
class Diagnosis:
    """One thing that was looked at. ``mend`` is empty where all is well; an ``optional`` thing may stay as it is."""

    what: str
    mend: str = ""
    optional: bool = False

    @property
    def well(self) -> bool:
        """Tell whether nothing is to be done."""
        return self.optional or not self.mend

    def __str__(self) -> str:
        mark = "note" if self.well and self.mend else "ok" if self.well else "wrong"
        return f"{mark:<7}{self.what}" + (f"\n{'':7}{self.mend}" if self.mend else "")


# --- the environment ------------------------------------------------------------------------------


def examine_environment() -> list[Diagnosis]:
    """Return what there is to say about this Python, its packages and the folder."""
    return [_python(), *_packages(), _programs(), _threads(), _folder(), _data(), _weights(), _sandbox()]


def _python() -> Diagnosis:
    version = ".".join(map(str, sys.version_info[:3]))
    oldest = ".".join(map(str, OLDEST_PYTHON))
    if sys.version_info[:3] < OLDEST_PYTHON:
        return Diagnosis(f"Python {version}", f"Install Python {oldest} or newer, then: {REMAKE}")
    return Diagnosis(f"Python {version} in {sys.prefix}")


def _packages() -> list[Diagnosis]:
    """Compare the packages that are installed with the lower bounds that the course was tried with."""
    from packaging.requirements import Requirement

    try:
        requirements = [Requirement(text) for text in metadata.requires("course-utils") or []]
    except metadata.PackageNotFoundError:
        return [Diagnosis("the package course-utils is not installed", REMAKE)]
    found, wrong = 0, []
    for requirement in requirements:
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            wrong.append(Diagnosis(f"{requirement.name} is not installed", REMAKE))
            continue
        if requirement.specifier.contains(version, prereleases=True):
            found += 1
        else:
            wrong.append(Diagnosis(f"{requirement.name} {version}, needed: {requirement.specifier}", REMAKE))
    return [*wrong, Diagnosis(f"{found} of {found + len(wrong)} packages are new enough")]


def _programs() -> Diagnosis:
    missing = [name for name in ("nbgrader", "alembic") if not shutil.which(name)]
    if missing:
        own = Path(sys.executable).parent
        return Diagnosis(f"not on PATH: {', '.join(missing)}", f"Put {own} first on PATH, or use the command: course")
    return Diagnosis("nbgrader and alembic are on PATH")


def _threads() -> Diagnosis:
    text = os.environ.get("OMP_NUM_THREADS", "")
    if text == "1":
        return Diagnosis("PyTorch uses one thread")
    return Diagnosis(
        f"PyTorch uses OMP_NUM_THREADS={text} threads",
        "On a busy laptop that can be many times slower than one. Unset OMP_NUM_THREADS, or set it to 1.",
    )


def _folder() -> Diagnosis:
    try:
        root = find_root()
    except CourseError as error:
        return Diagnosis(str(error), "Change into the course's folder and start again.")
    if root != Path.cwd().resolve():
        return Diagnosis(
            f"started in {Path.cwd()}",
            f"nbgrader wants to be started in {root} (the command course goes there).",
        )
    return Diagnosis(f"started in the course root {root}")


def _data() -> Diagnosis:
    """Say whether what ships with the package is whole, and which data sets are here."""
    from course_utils import packaged
    from course_utils.data import sources
    from course_utils.data.cifar10 import find_cifar10, see_that_it_is_whole
    from course_utils.fetching import DataUnavailable

    try:
        for path in sorted(packaged.FOLDER.glob("*.npz")):
            packaged.read(path.stem)
        if place := find_cifar10():
            see_that_it_is_whole(place)
    except (packaged.PackageDamaged, DataUnavailable) as error:
        return Diagnosis("data of the labs", str(error))
    here = [one.name for one in sources() if one.here]
    return Diagnosis(f"data here: {'; '.join(here)} (more: course data)")


def _weights() -> Diagnosis:
    """Say whether MobileNetV2's weights are here and whole."""
    from course_utils.models import mobilenet

    path, damaged = mobilenet.find_weights()
    if path is None:
        what = "weights of MobileNetV2: labs 07 and 08 leave out what needs them"
        return Diagnosis(what, mobilenet.nothing(damaged), optional=not damaged)
    return Diagnosis(f"weights of MobileNetV2: {path}")


def _sandbox() -> Diagnosis:
    """Say in which sandbox students' code would be graded here, and attack it."""
    from course_utils.grading import sandbox

    try:
        tier = sandbox.best_tier()
    except CourseError as error:
        return Diagnosis(
            str(error), "Set COURSE_SANDBOX to another one, or unset it: the best that works is taken then."
        )
    try:
        private = sandbox.private_paths(find_root())
    except CourseError:
        private = []
    what = f"students' code is graded in the sandbox {tier.name}. {tier.not_isolated}".rstrip()
    return Diagnosis(what, " ".join(sandbox.self_test(tier, private)))


# --- a notebook -----------------------------------------------------------------------------------


def examine_notebook(path: Path) -> list[Diagnosis]:
    """Compare a notebook with the one that was handed out, then run it and say which checks do not pass."""
    notebook, released = _read(path), _read(find_released(path))
    diagnoses = [*_kernel(notebook), *_cells(notebook, released), *_unanswered(notebook, released)]
    return diagnoses + _run(notebook, released, path.resolve().parent)


def find_released(path: Path) -> Path:
    """Return the released notebook that a student's notebook was made from: the one of the same name."""
    for start in (path.resolve().parent, Path.cwd()):
        try:
            found = sorted((find_root(start) / RELEASED).glob(f"*/{path.name}"))
        except CourseError:
            continue
        if found:
            return found[0]
    raise CourseError(f"{path.name} is none of the course's notebooks; keep the name it was handed out with.")


def _read(path: Path):
    import nbformat

    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except FileNotFoundError:
        raise CourseError(f"There is no file {path}.") from None
    except IsADirectoryError:
        raise CourseError(f"{path} is a folder; name a notebook in it.") from None
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CourseError(f"{path} is not a notebook that Jupyter can read: {reason}") from error
    return notebook


def _kernel(notebook) -> list[Diagnosis]:
    name = notebook.metadata.get("kernelspec", {}).get("name")
    if name == KERNELSPEC["name"]:
        return []
    return [
        Diagnosis(
            f"the notebook asks for the kernel {name!r}",
            "In JupyterLab: Kernel, Change Kernel, Python 3 (ipykernel); then save.",
        )
    ]


def _graded(notebook) -> dict:
    """Return a notebook's cells by grade_id; of copies the last one, which is the one that counts."""
    return {grade_id(cell): cell for cell in notebook.cells if grade_id(cell)}


def _cells(notebook, released) -> list[Diagnosis]:
    """Say which graded cells are missing, there twice, or changed though they are locked."""
    mine, theirs, diagnoses = _graded(notebook), _graded(released), []
    counts = Counter(grade_id(cell) for cell in notebook.cells)
    for name, cell in theirs.items():
        if name not in mine:
            mend = "Copy that cell from a fresh copy of the notebook. "
            mend += "(At grading the check is put back.)" if is_check(cell) else "Without it there is no answer."
            diagnoses.append(Diagnosis(f"the cell {name} is missing", mend))
            continue
        if counts[name] > 1:
            mend = "Only the last copy counts: see that it is the right one, and delete the others."
            diagnoses.append(Diagnosis(f"the cell {name} is there {counts[name]} times", mend))
        if is_check(cell) and mine[name].source != cell.source:
            mend = "Put it back as it was; grading uses the original in any case."
            diagnoses.append(Diagnosis(f"the check {name} was changed", mend))
        if cell.cell_type != mine[name].cell_type:
            mend = f"Change its type back to {cell.cell_type}."
            diagnoses.append(Diagnosis(f"the cell {name} is a {mine[name].cell_type} cell now", mend))
    return diagnoses or [Diagnosis(f"all {len(theirs)} graded cells are there, once each, and the checks unchanged")]


def _unanswered(notebook, released) -> list[Diagnosis]:
    """Say which answers are still the text that was handed out."""
    mine = _graded(notebook)
    theirs = {n: cell for n, cell in _graded(released).items() if is_solution(cell)}
    empty = [n for n, cell in theirs.items() if n in mine and mine[n].source.strip() == cell.source.strip()]
    if empty:
        return [
            Diagnosis(
                f"not answered yet: {', '.join(empty)}",
                "Answer them, or submit without: they give no points.",
            )
        ]
    return [Diagnosis(f"all {len(theirs)} answers were written")]


def _run(notebook, released, folder: Path) -> list[Diagnosis]:
    """Run a copy from top to bottom in a fresh kernel and say which cells stop, in words of the check."""
    from nbclient import NotebookClient
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    from course_utils.grading.hooks import cell_seconds

    for cell in notebook.cells:
        cell.metadata.pop("tags", None)
    options = {"timeout": cell_seconds(), "kernel_name": KERNELSPEC["name"], "shutdown_kernel": "immediate"}
    try:
        NotebookClient(notebook, allow_errors=True, **options).execute(cwd=str(folder))
    except CellTimeoutError:
        mend = "Grading interrupts such a cell: look for a loop that never ends."
        return [Diagnosis(f"a cell ran longer than {cell_seconds()} seconds", mend)]
    except DeadKernelError:
        return [Diagnosis("the kernel died while the notebook ran", "Restart it and run the cells one by one.")]
    known = _graded(released)
    found = [_result(number, cell, known) for number, cell in enumerate(notebook.cells, start=1)]
    return [diagnosis for diagnosis in found if diagnosis] or [
        Diagnosis("it runs from top to bottom, and every public check passes")
    ]


def _result(number: int, cell, known: dict) -> Diagnosis | None:
    """Return what a cell that has run has to complain of."""
    from nbgrader.utils import determine_grade

    name = grade_id(cell)
    errors = [output for output in cell.get("outputs", []) if output.output_type == "error"]
    if errors:
        return Diagnosis(f"{name or f'cell {number}'}: {_error(errors[0])}", _advice(name, number))
    if name not in known or not is_check(cell):
        return None
    score, most = determine_grade(cell)
    return Diagnosis(f"{name}: {score:g} of {most:g} points", _advice(name, number)) if score < most else None


def _error(output) -> str:
    text = re.sub(r"\x1b\[[0-9;]*m", "", output.evalue or output.ename)
    lines = [line for line in text.splitlines() if line.strip()]
    kind = "" if output.ename in ("CheckFailed", "NotAttempted") else f"{output.ename}: "
    return kind + "\n       ".join(lines or [output.ename])


def _advice(name: str, number: int) -> str:
    where = f"the cell {name}" if name else f"cell {number} from the top"
    return f"Restart the kernel, run all cells down to {where}, and read what it says."
