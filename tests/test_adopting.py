"""docs/adopt.md does what it says, and adopting changes four lines of a course and nothing else."""

import re
import shlex
import shutil
from pathlib import Path

import assignments
import pytest
from conftest import ROOT

from course_utils import adopting
from course_utils.course import CourseError, find_root, folders, labs
from course_utils.lab_options import LabOptions, read_options

PAGE = (ROOT / "docs" / "adopt.md").read_text(encoding="utf-8")
COMMANDS = [line[2:] for block in re.findall(r"```console\n(.*?)```", PAGE, re.S) for line in block.splitlines()]
CHECK = re.findall(r"```python\n(.*?)```", PAGE, re.S)[0]
OPTIONS = re.findall(r"```toml\n(.*?)```", PAGE, re.S)[0]
SQUARES = assignments.Feature("square", "def square(x):\n%s", "    return x * x", "    return 2 * x", CHECK, points=2)
WORDS = assignments.Feature("word", "word = None\n%s", "word = 'Yes'", "word = 'No'", "assert word.lower() == 'yes'")


def example(root: Path) -> Path:
    """Make the page's example: an assignment of two notebooks, before it is released."""
    for name, feature in (("squares", SQUARES), ("words", WORDS)):
        assignments.write(assignments.notebook([feature]), root / "source" / "ps1" / f"{name}.ipynb")
    (root / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'small'\n")
    return root


def hand_in(root: Path) -> None:
    """Let ada answer both notebooks, bela one of them half right, and cleo none."""
    for who in ("ada", "bela", "cleo"):
        (root / "submitted" / who / "ps1").mkdir(parents=True)
    for name, feature in (("squares", SQUARES), ("words", WORDS)):
        shutil.copy(root / "source" / "ps1" / f"{name}.ipynb", root / "submitted" / "ada" / "ps1")
        shutil.copy(root / "release" / "ps1" / f"{name}.ipynb", root / "submitted" / "cleo" / "ps1")
        half = assignments.filled(root, "ps1", [feature], name)
        if name == "squares":
            assignments.write(half, root / "submitted" / "bela" / "ps1" / f"{name}.ipynb")


@pytest.mark.slow
def test_the_page_is_followed_from_its_first_command_to_its_last(tmp_path: Path):
    root = example(tmp_path)
    before = (root / "nbgrader_config.py").read_text()
    points: list[dict] = []
    for command in COMMANDS:
        program, *arguments = shlex.split(command)
        said = assignments.run(root, program, *arguments)
        if command.startswith("nbgrader generate_assignment"):
            hand_in(root)
        if "grade ps1" in command:
            points.append(assignments.points(root))
        if command == "course adopt --dry-run":
            assert (root / "nbgrader_config.py").read_text() == before
        if command == "course grade ps1":
            assert "3 graded" in said
            assert said.count("not attempted: 2 of 2 exercises") == 1  # cleo's, also where the check met a None
    wanted = {
        ("ps1", "ada", "square-check"): 2,
        ("ps1", "ada", "word-check"): 1,
        ("ps1", "bela", "square-check"): 0,
        ("ps1", "bela", "word-check"): 0,
        ("ps1", "cleo", "square-check"): 0,
        ("ps1", "cleo", "word-check"): 0,
    }
    assert points == [wanted, wanted]
    assert (root / "nbgrader_config.py").read_text() == before
    for who in ("ada", "cleo"):
        for name in ("squares", "words"):
            assert (root / "feedback" / who / "ps1" / f"{name}.html").is_file()
            assert "square(-3)" not in (root / "feedback" / who / "ps1" / f"{name}.html").read_text()


def test_the_pages_options_are_options(tmp_path: Path):
    root = example(tmp_path)
    (root / "source" / "ps1" / "lab.toml").write_bytes(f"\ufeff{OPTIONS}".replace("\n", "\r\n").encode())
    found = read_options(root, "ps1")
    assert (found.cell_seconds, found.memory_mb, found.modules) == (60, 4096, ("statistics",))
    assert found.checks == {"square-check": "outside"}


# --- the four lines


@pytest.mark.parametrize(
    "settings",
    [
        "c = get_config()\nc.CourseDirectory.course_id = 'x'\n",
        "c = get_config()",
        "# nothing\n",
        "from pathlib import Path\nc = get_config()\n\nc.Exchange.root = str(Path.home())\n\n\n",
        "\ufeffc = get_config()\r\nc.CourseDirectory.course_id = 'Übung'\r\n",  # as Windows' own editor writes it
    ],
)
def test_adopting_and_going_back_leaves_settings_as_they_were(tmp_path: Path, settings: str):
    root = example(tmp_path)
    path = root / "nbgrader_config.py"
    path.write_bytes(settings.encode())
    adopting.apply(adopting.plan(root))
    adopted = path.read_bytes().decode()
    assert adopted.startswith(settings.rstrip())
    assert adopted.count(adopting.BEGIN) == 1
    assert adopted.count("\r\n") in (0, adopted.count("\n"))
    assert find_root(root / "source") == root
    assert not adopting.plan(root).changes
    adopting.apply(adopting.plan(root, undo=True))
    assert path.read_bytes().decode().rstrip() == settings.rstrip()
    assert not adopting.plan(root, undo=True).changes


def test_a_course_without_settings_gets_some_and_loses_them_again(tmp_path: Path):
    root = example(tmp_path)
    (root / "nbgrader_config.py").unlink()
    adopting.apply(adopting.plan(root))
    assert find_root(root / "source") == root
    adopting.apply(adopting.plan(root, undo=True))
    assert not (root / "nbgrader_config.py").exists()


def test_a_setting_that_is_no_longer_used_is_named(tmp_path: Path):
    root = example(tmp_path)
    (root / "nbgrader_config.py").write_text("c = get_config()\nc.Autograde.sanitize_preprocessors = []\n")
    assert "Not used any more: c.Autograde.sanitize_preprocessors (line 2)." in adopting.plan(root).sentences


@pytest.mark.parametrize("settings", ["c = (", "def"])
def test_settings_that_are_no_python_are_said_and_left(tmp_path: Path, settings: str):
    root = example(tmp_path)
    (root / "nbgrader_config.py").write_text(settings)
    with pytest.raises(CourseError, match="is no Python"):
        adopting.plan(root)


def test_a_folder_that_is_no_course_is_said(tmp_path: Path):
    with pytest.raises(CourseError, match="is no course of nbgrader's"):
        adopting.plan(tmp_path / "nothing")


# --- folders and options


def test_a_course_says_how_its_folders_are_called(tmp_path: Path):
    root = example(tmp_path)
    assert (folders(root).masters, folders(root).released) == ("source", "release")
    assert labs(root) == ["ps1"]
    text = "c = get_config()\nc.CourseDirectory.source_directory = 'originals'\n"
    (root / "nbgrader_config.py").write_text(text)
    assert (folders(root).masters, folders(root).released) == ("originals", "release")
    assert (folders(ROOT).masters, folders(ROOT).released) == ("solutions", "notebooks")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("cell_second = 3", "there is no option 'cell_second'"),
        ("cell_seconds = 0", "cell_seconds must be a whole number above 0, not 0"),
        ("memory_mb = '2'", "memory_mb must be a whole number above 0, not '2'"),
        ("modules = 'pandas'", "modules must be a list of texts, not 'pandas'"),
        ("rules_off = ['x']", "there is no rule 'x'"),
        ("own_numbers = 'yes'", 'own_numbers is "required" or left out'),
        ("[checks]\na = 'beside'", '"outside" or "inside"'),
        ("cell_seconds =", "cannot be read"),
    ],
)
def test_an_option_that_is_wrong_is_named(tmp_path: Path, text: str, words: str):
    root = example(tmp_path)
    (root / "source" / "ps1" / "lab.toml").write_text(text)
    with pytest.raises(CourseError, match=re.escape(words)) as caught:
        read_options(root, "ps1")
    assert str(caught.value).startswith("source/ps1/lab.toml")


def test_without_a_file_everything_is_as_usual(tmp_path: Path):
    assert read_options(example(tmp_path), "ps1") == LabOptions()
