"""Say what is wrong with an environment, and how to mend it. (Notebooks: :mod:`course_utils.inspecting`.)"""

import os
import shutil
import sys
import tempfile
from importlib import metadata
from pathlib import Path

from course_utils.course import CourseError, find_root, labs, why_no_lab
from course_utils.inspecting import Diagnosis
from course_utils.workplace import find_workplace

LEAST_FREE = 2_000_000_000  # bytes
OLDEST_PYTHON = (3, 11, 5)
REMAKE = (
    "Make the environment anew: delete the folder .venv and start the labs again (start.sh, start.bat or make lab)."
)


# --- the environment ------------------------------------------------------------------------------


def examine_environment() -> list[Diagnosis]:
    """Return what there is to say about this Python, its packages and the folder."""
    looked_at = [_python(), *_packages(), _programs(), _threads(), _folder(), _data(), _weights()]
    return looked_at if _is_a_learners() else [*looked_at, _sandbox(), *_course()]


def _is_a_learners() -> bool:
    """Tell whether this is a learner's workplace, and no course in which classes are graded."""
    try:
        find_root()
    except CourseError:
        return find_workplace() is not None
    return False


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
    if workplace := find_workplace():
        return Diagnosis(f"the labs are in {workplace}")
    try:
        root = find_root()
    except CourseError as error:
        return Diagnosis(str(error), "Change into the folder with your labs, or run: course lab")
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


# --- the course


def _course() -> list[Diagnosis]:
    """Say what would stop a class from being graded: names, disk, gradebook, what was handed in."""
    try:
        root = find_root()
    except CourseError:
        return []
    return [*_names_of_labs(root), _disk(root), _gradebook(root), *_handed_in(root)]


def _names_of_labs(root: Path) -> list[Diagnosis]:
    wrong = {name: why for name in labs(root) if (why := why_no_lab(name))}
    return [
        Diagnosis(f"the lab {ascii(name)[1:-1]}: {why}", "Rename its folder and its file.")
        for name, why in wrong.items()
    ]


def _disk(root: Path) -> Diagnosis:
    """Say whether the course can be written to, and how much room there is."""
    free = shutil.disk_usage(root).free
    try:
        with tempfile.TemporaryFile(dir=root) as file:
            file.write(b"x")
    except OSError as error:
        return Diagnosis(f"the course's folder cannot be written to: {error.strerror}", f"Change that for {root}.")
    if free < LEAST_FREE:
        return Diagnosis(f"{free / 1e9:.1f} GB are free on the course's disk", "Make room before grading a class.")
    return Diagnosis(f"the course can be written to; {free / 1e9:.0f} GB are free")


def _gradebook(root: Path) -> Diagnosis:
    """Say whether the gradebook is there, whole, and of this nbgrader."""
    from course_utils.grading.gradebook import open_gradebook, read_settings

    try:
        settings = read_settings(root)
        if not settings.exists:
            return Diagnosis("there is no gradebook yet", "Before grading: course release --gradebook", optional=True)
        with open_gradebook(root, settings) as book:
            count = len(book.assignments)
            for assignment in book.assignments:
                book.db.refresh(assignment)
            list(book.students)
    except CourseError as error:
        what, _, mend = str(error).partition(": ")
        return Diagnosis(what, mend or "Look at it.")
    return Diagnosis(f"the gradebook is in order; labs in it: {count}")


def _handed_in(root: Path) -> list[Diagnosis]:
    """Say which folders in submitted/ would be left out, and in which submissions lies what is no file."""
    from course_utils.grading.reading import handed_in, read_submission

    found: list[Diagnosis] = []
    for lab in labs(root):
        there = handed_in(root, lab)
        found += [Diagnosis(f"left out: {line.partition(': ')[0]}", line.partition(": ")[2]) for line in there.left_out]
        for student in there.students:
            odd = [note for note in read_submission(root, lab, student).notes if "was left out" in note]
            if odd:
                what = f"{student} handed in, for {lab}: {'; '.join(odd[:3])}"
                found.append(Diagnosis(what, "Nothing: the rest is graded.", optional=True))
    return found
