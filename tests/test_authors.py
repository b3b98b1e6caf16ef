"""docs/authors.md does what it says: its blocks, put where it says, make a graded exercise in three files."""

import os
import re
import shutil
import subprocess
import sys

import pytest
from conftest import ROOT

PAGE = (ROOT / "docs" / "authors.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(?:python)?\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
MODULE, CELLS, WRONG, COMMANDS = BLOCKS
PLACES = re.findall(r"`((?:course_utils|solutions|tests)/[\w/]+\.py)`", PAGE)


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A repository that holds what this one holds, with the page's blocks in their places."""
    root = tmp_path_factory.mktemp("authors") / "clone"
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, root / name)
    for compiled in (part for top in ("course_utils", "tests") for part in (ROOT / top).rglob("__pycache__")):
        shutil.copytree(compiled, root / compiled.relative_to(ROOT), dirs_exist_ok=True)  # true of the copies, too
    run(root, "git", "init", "-q")
    run(root, "git", "add", "-A")
    module, master, tests = (root / place for place in dict.fromkeys(PLACES))
    module.write_text(MODULE, encoding="utf-8")
    for path, block in ((master, CELLS), (tests, WRONG)):
        path.write_text(f"{path.read_text(encoding='utf-8').rstrip()}\n\n{block}", encoding="utf-8")
    return root


def run(root, *command: str) -> subprocess.CompletedProcess:
    """Run a command in the clone, with its package; tests of exercises with those of this lab alone."""
    environment = {
        **os.environ,
        "COURSE_LABS": "conv_and_pooling",
        "PYTHONPATH": os.pathsep.join([str(root / "tests" / "offline"), str(root)]),
    }
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)


def put_in_the_fingerprints(root) -> None:
    """Do what the page says of the fingerprints: take them from the failing tests."""
    said = run(root, sys.executable, "-m", "pytest", "-q", "tests/labs/test_questions.py", "-k", "receptive").stdout
    new = re.findall(r"- (QUESTION|PRACTICE)\nE +\+ ([0-9a-f]{32})\n", said)
    assert [placeholder for placeholder, _ in new] == ["QUESTION", "PRACTICE"], said
    tests = root / "tests/labs/test_conv_and_pooling.py"
    text = tests.read_text(encoding="utf-8")
    for placeholder, value in new:
        text = text.replace(placeholder, value)
    tests.write_text(text, encoding="utf-8")


def test_the_page_names_three_files():
    assert len(dict.fromkeys(PLACES)) == 3
    assert COMMANDS.splitlines() == ["pytest -q tests/labs -k receptive", "course release 5"]


@pytest.mark.slow
def test_the_exercise_is_tested_released_and_graded(clone):
    put_in_the_fingerprints(clone)
    tested = run(
        clone,
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "tests/labs/test_every_exercise.py",
        "tests/labs/test_conv_and_pooling.py",
        "-k",
        "receptive",
        "-p",
        "no:cacheprovider",
    )
    assert tested.returncode == 0, tested.stdout[-3000:]
    assert int(re.search(r"(\d+) passed", tested.stdout)[1]) > 15
    ruff = run(clone, sys.executable, "-m", "ruff", "check", *dict.fromkeys(PLACES))
    assert ruff.returncode == 0, ruff.stdout
    released = run(clone, sys.executable, "-m", "course_utils", "release", "5")
    assert released.returncode == 0, released.stderr
    assert "proved     05_conv_and_pooling" in released.stdout
    changed = run(clone, "git", "diff", "--name-only").stdout.split()
    new = run(clone, "git", "ls-files", "--others", "--exclude-standard").stdout.split()
    made = {"README.md", "notebooks/05_conv_and_pooling/05_conv_and_pooling.ipynb"}
    assert {*changed, *new} - made == set(PLACES)


@pytest.mark.thorough
@pytest.mark.slow
def test_a_wrong_model_answer_would_not_be_released(clone):
    master = clone / "solutions/05_conv_and_pooling/05_conv_and_pooling.py"
    text = master.read_text(encoding="utf-8")
    master.write_text(text.replace("return 1 + sum(size - 1 for", "return 2 + sum(size - 1 for"), encoding="utf-8")
    try:
        refused = run(clone, sys.executable, "-m", "course_utils", "release", "5")
    finally:
        master.write_text(text, encoding="utf-8")
    assert refused.returncode != 0
    assert "receptive-field-check" in refused.stderr
