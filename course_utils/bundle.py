"""The bundle that an instructor hands out: a folder and a zip with all that a learner needs, without answers.

In it: the start page, the notebooks to work on, a wheel of the package that holds the same notebooks as reference, the
versions that the course was tried with, and files that install and start.
"""

import json
import re
import shutil
import subprocess
import tempfile
import time
import tomllib
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from course_utils import deadlines, files, reference
from course_utils.cells import Region
from course_utils.course import MASTERS, RELEASED, CourseError, find_labs
from course_utils.due_dates import read_due_dates
from course_utils.masters import as_text, read_master
from course_utils.workplace import HELP

NAME = "neural-network-labs"
HANDOUT = Path(__file__).parent / "handout"
TEMPLATES = ("start.sh", "start.command", "start.bat", "Dockerfile")
FOLDERS = {"devcontainer": ".devcontainer", "binder": ".binder"}
EXECUTABLE = {"start.sh", "start.command", "postBuild"}
STAGED = ("pyproject.toml", "README.md", "LICENSE", *(f"docs/{name}" for name in reference.GUIDES))
SIZE = "1 to 2 GB (6 GB on Linux where PyTorch's small build cannot be had)"
TRIED = "(Tried by the makers: `start.sh`. Not tried: macOS, Windows, conda, containers, Codespaces, Binder, Colab.)"
EARLIEST = 315_619_200  # seconds: what a zip can say


def make_bundle(root: Path, wanted: list[str], to: Path, *, handed_out: dict[str, object] | None = None) -> list[Path]:
    """Make the bundle as a folder and as a zip beside it; return both paths.

    Parameters
    ----------
    root
        The author's tree.
    wanted
        Labs, as on the command line; all if empty.
    to
        The folder in which both are put.
    handed_out
        What ``course.json`` says: ``upload`` (where to hand in), ``exchange`` (nbgrader's: ``root`` and ``course``).
        The dates in ``due.toml`` are added, without anybody's extension.

    Raises
    ------
    CourseError
        If a lab was not released, or somebody has worked in the folder that would be replaced.
    """
    names = find_labs(root, wanted)
    missing = [name for name in names if not (root / RELEASED / name / f"{name}.ipynb").is_file()]
    if missing:
        raise CourseError(f"Not released yet: {', '.join(missing)}. Run: course release")
    target = to / NAME
    _refuse_to_lose_work(target)
    to.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".bundle-", dir=to) as scratch:
        made = Path(scratch) / NAME
        _fill(root, names, made, (handed_out or {}) | read_due_dates(root).for_everybody(names))
        archive = to / f"{NAME}.zip"
        with files.aside(archive) as part:
            _zip(made, part, last_change(root))
        shutil.rmtree(target, ignore_errors=True)
        made.replace(target)
    return [target, archive]


def _refuse_to_lose_work(target: Path) -> None:
    if not target.exists():
        return
    known = target / "install" / "bundle.json"
    try:
        content = json.loads(known.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise CourseError(f"{target} is no bundle; name another folder with --to, or move it away.") from None
    changed = [name for name, digest in content["notebooks"].items() if _digest(target / name) != digest]
    if changed or (target / ".course").exists():
        raise CourseError(f"Somebody has worked in {target}; name another folder with --to, or move it away.")


def _digest(path: Path) -> str:
    import hashlib

    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _fill(root: Path, names: list[str], made: Path, handed_out: dict[str, object]) -> None:
    for name in names:
        path = made / "labs" / name / f"{name}.ipynb"
        path.parent.mkdir(parents=True)
        shutil.copyfile(root / RELEASED / name / f"{name}.ipynb", path)
    wheel = build_wheel(root, names, made / "install")
    for name in reference.GUIDES:
        files.write(made / HELP / name, (root / "docs" / name).read_bytes())
    files.write(made / "START.ipynb", _start_page(wheel, deadlines.dates_in(handed_out)))
    files.write(made / "install" / "versions.txt", "".join(f"{one}\n" for one in versions()))
    files.write(made / "environment.yml", conda_environment(root, wheel.name))
    for name in TEMPLATES:
        content = (HANDOUT / name).read_bytes()
        files.write(made / name, content.replace(b"\n", b"\r\n") if name.endswith(".bat") else content)
    shutil.copyfile(HANDOUT / "start.py", made / "install" / "start.py")
    for name, folder in FOLDERS.items():
        shutil.copytree(HANDOUT / name, made / folder, ignore=shutil.ignore_patterns("__pycache__"))
    words = {"size": SIZE, "version": version(root), "tried": TRIED}
    readme = (HANDOUT / "README.md").read_text(encoding="utf-8").format(**words)
    files.write(made / "README.md", readme)
    if handed_out:
        files.write(made / "course.json", json.dumps(handed_out, indent=1, ensure_ascii=False) + "\n")
    for path in made.rglob("*"):
        if path.name in EXECUTABLE:
            path.chmod(0o755)
    notebooks = {str(path.relative_to(made)): _digest(path) for path in sorted(made.rglob("*.ipynb"))}
    files.write(
        made / "install" / "bundle.json",
        json.dumps({"version": version(root), "notebooks": notebooks}, indent=1) + "\n",
    )


def _start_page(wheel: Path, due: dict[str, str]) -> str:
    """Return the start page for the labs that are in the wheel."""
    from course_utils import start_page

    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(wheel) as archive:
        members = [name for name in archive.namelist() if name.startswith("course_utils/reference/")]
        archive.extractall(folder, members)
        with reference.taken_from(Path(folder) / "course_utils" / "reference"):
            return start_page.text(due)


# --- the wheel


def build_wheel(root: Path, names: list[str], to: Path) -> Path:
    """Build the package with some labs' released notebooks as reference; return the wheel's path.

    The author's tree has a package of its own: that one is taken, whichever runs this.
    """
    try:
        from hatchling.builders.wheel import WheelBuilder
    except ImportError:
        raise CourseError('A bundle needs the package hatchling: pip install "course-utils[grade]"') from None
    with tempfile.TemporaryDirectory(prefix="course-wheel-") as folder:
        stage = Path(folder)
        for name in STAGED:
            (stage / name).parent.mkdir(exist_ok=True)
            shutil.copyfile(root / name, stage / name)
        package = root / "course_utils" if (root / "course_utils").is_dir() else Path(__file__).parent
        left_out = shutil.ignore_patterns("__pycache__", "reference", "guides")  # what an installed package has got
        shutil.copytree(package, stage / "course_utils", ignore=left_out)
        for name in names:
            target = stage / RELEASED / name
            target.mkdir(parents=True)
            shutil.copyfile(root / RELEASED / name / f"{name}.ipynb", target / f"{name}.ipynb")
        to.mkdir(parents=True, exist_ok=True)
        (built,) = WheelBuilder(str(stage)).build(directory=str(to), versions=["standard"])
    return Path(built)


def version(root: Path) -> str:
    """Return the package's version, as pyproject.toml has it."""
    return str(tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def versions() -> list[str]:
    """Return the versions of all packages that the course stands on here, in pip's words for a constraint."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    found: dict[str, str] = {}
    waiting = [Requirement("course-utils")]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name in found:
            continue
        try:
            one = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # what only another system needs
        found[name] = one.version.partition("+")[0]  # a build's own mark is no version elsewhere
        more = [Requirement(text) for text in one.requires or ()]
        extras = [*requirement.extras, ""]
        waiting += [
            each for each in more if each.marker is None or any(each.marker.evaluate({"extra": one}) for one in extras)
        ]
    found.pop("course-utils", None)
    return [f"{name}=={number}" for name, number in sorted(found.items()) if not _is_for_graphics_cards(name)]


def _is_for_graphics_cards(name: str) -> bool:
    return name.startswith(("nvidia-", "cuda-")) or name == "triton"


def conda_environment(root: Path, wheel: str) -> str:
    """Return environment.yml for learners: what the author's says without the packages that only grading needs."""
    text = (root / "environment.yml").read_text(encoding="utf-8")
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = {re.split(r"[<>=\[]", one)[0] for one in project["dependencies"]}
    others = {
        re.split(r"[<>=\[]", one)[0] for extra in project["optional-dependencies"].values() for one in extra
    } - needed
    kept = [
        line for line in text.splitlines() if not (found := re.match(r"\s+- ([\w-]+)", line)) or found[1] not in others
    ]
    kept = [line.replace("--editable .", f"./install/{wheel}") for line in kept if "pyproject.toml" not in line]
    return "\n".join([*kept, "# pytorch-cpu is PyTorch without a graphics card. Then: course lab"]) + "\n"


# --- archives


def last_change(root: Path) -> tuple[int, int, int, int, int, int]:
    """Return the time of the last commit, so that the same tree makes the same archive; without git that of now."""
    command = ["git", "log", "-1", "--format=%ct"]
    try:
        found = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
        seconds = int(found)
    except (OSError, ValueError, subprocess.CalledProcessError):
        seconds = int(time.time())
    when = time.gmtime(max(seconds, EARLIEST))
    return (when.tm_year, when.tm_mon, when.tm_mday, when.tm_hour, when.tm_min, when.tm_sec)


def _zip(folder: Path, target: Path, when: tuple[int, int, int, int, int, int]) -> None:
    """Write a folder as a zip; what can be started stays so."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                info = zipfile.ZipInfo(str(Path(NAME) / path.relative_to(folder)), when)
                info.external_attr = (0o755 if path.name in EXECUTABLE else 0o644) << 16
                info.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(info, path.read_bytes())


def make_answers(root: Path, wanted: list[str], to: Path) -> Path:
    """Make the archive of model answers that is released after a deadline: the masters without their hidden tests."""
    names = find_labs(root, wanted)
    label = "-".join(name.split("_")[0] + ("h" if name.endswith("homework") else "") for name in names)
    archive = to / f"answers-{label}.zip"
    to.mkdir(parents=True, exist_ok=True)
    with files.aside(archive) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as opened:
        for name in names:
            info = zipfile.ZipInfo(f"{name}.ipynb", last_change(root))
            info.compress_type = zipfile.ZIP_DEFLATED
            opened.writestr(info, _answers(root / MASTERS / name / f"{name}.py"))
    return archive


def _answers(master: Path) -> str:
    notebook = read_master(master)
    for cell in notebook.cells:
        cell.source = Region.HIDDEN_TESTS.pattern.sub("", cell.source).rstrip("\n")
        cell.source = "\n".join(_without_marks(cell.source))
        cell.metadata.pop("nbgrader", None)
    return as_text(notebook)


def _without_marks(source: str) -> Iterator[str]:
    marks = (Region.SOLUTION.begin, Region.SOLUTION.end)
    return (line for line in source.split("\n") if not any(f"### {mark}" in line for mark in marks))
