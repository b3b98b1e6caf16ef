"""A corrected check regrades, and nobody grades with another text of the package."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from classroom import LAB, RIGHT, grade, hand_in
from sample import SAMPLE, add_lab
from test_killed import run

from course_utils.course import CourseError
from course_utils.grading import engine, feedback, own_code, unreleased
from course_utils.grading.engine import Engine

TESTS = Path(__file__).resolve().parent.parent
SEEN_BY_NO_CHECK = [f"course_utils.{name}" for name in own_code.BESIDE] + [
    f"course_utils.grading.{name}" for name in own_code.BESIDE_GRADING
]


@pytest.fixture
def package(tmp_path) -> Path:
    """A copy of the package, to be changed."""
    ignored = shutil.ignore_patterns("__pycache__")
    return Path(shutil.copytree(own_code.PACKAGE, tmp_path / "copy" / "course_utils", ignore=ignored))


def ask(package: Path, code: str, *arguments: str, cwd: Path | None = None) -> str:
    """Run Python with a copy of the package, and return what it says."""
    paths = os.pathsep.join([str(package.parent), str(TESTS), os.environ["PYTHONPATH"]])
    done = subprocess.run(
        [sys.executable, *([code] if code.endswith(".py") else ["-c", code]), *arguments],
        cwd=cwd or package.parent,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def digest_of(package: Path) -> str:
    return ask(package, "from course_utils.grading import own_code; print(own_code.digest())").strip()


def change(path: Path) -> None:
    """Change a byte that Python does not care for."""
    path.write_bytes(path.read_bytes() + b"#")


@pytest.mark.slow
def test_a_corrected_check_grades_the_class_anew(root, package, log):
    for name in ("ada", "bela"):
        hand_in(root, name, RIGHT)
    command = str(TESTS / "course_with_fake_engine.py")
    ask(package, command, "grade", "1", cwd=root)
    assert "nothing to do" in ask(package, command, "grade", "1", cwd=root)
    change(package / "judging" / "answers.py")
    assert "2 graded" in ask(package, command, "grade", "1", cwd=root)
    assert sorted(log()) == ["ada", "ada", "bela", "bela"]
    assert len(list((root / ".spool" / LAB / "ada").glob("*.msgpack"))) == 1


def test_what_can_change_a_verdict_counts_and_nothing_else(package):
    before = digest_of(package)
    assert before == own_code.digest()
    for name in ("cli.py", "grading/screen.py", "widgets/widgets.css"):
        change(package / name)
    assert digest_of(package) == before
    seen = {before}
    for name in ("shapes.py", "grading/trusted.py", "packaged/fashion.npz", "data/__init__.py"):
        change(package / name)
        seen.add(digest_of(package))
    (package / "toys.py").rename(package / "games.py")
    assert len(seen | {digest_of(package)}) == 6


def test_line_ends_of_windows_change_nothing(tmp_path):
    (tmp_path / "a.py").write_bytes(b"x = 1\ny = 2\n")
    unix = own_code.digest_of(tmp_path, ["a.py"])
    (tmp_path / "a.py").write_bytes(b"x = 1\r\ny = 2\r\n")
    assert own_code.digest_of(tmp_path, ["a.py"]) == unix


@pytest.mark.slow
def test_what_does_not_count_is_imported_by_no_process_that_grades():
    code = f"""
import sys
from course_utils.grading import preloaded, preloading, spawned
preloading.preload([])
print([name for name in {SEEN_BY_NO_CHECK} if name in sys.modules])
"""
    assert ask(own_code.PACKAGE, code).strip() == "[]"


@pytest.mark.slow
def test_an_engine_with_another_text_is_refused_before_it_grades(monkeypatch):
    monkeypatch.setattr(engine.own_code, "digest", lambda: "0" * 64)
    with Engine() as old, pytest.raises(CourseError, match=r"course_utils was changed since .*Start it .* anew\.$"):
        old.processes[0].ready()


CORRECTIONS = {
    "a hidden case": ("cases=(-3, 21)", "cases=(-3, 22)", "double-check"),
    "points": (
        '"points": 1, "schema_version": 3, "solution": false',
        '"points": 2, "schema_version": 3, "solution": false',
        "sizes-check",
    ),
    "a check in the first cell": ("2 * case", "case * 2", "the first cell"),
    "a lesson's words": ("Twice a number", "Double a number", ""),
    "a model answer": ("twice = x + x", "twice = 2 * x", ""),
}


@pytest.mark.parametrize("what", CORRECTIONS)
def test_a_correction_that_was_not_released_is_said(root, what):
    old, new, cell = CORRECTIONS[what]
    assert unreleased.lines_about(root, LAB) == []
    assert SAMPLE.count(old) == 1
    add_lab(root, LAB, SAMPLE.replace(old, new))
    said = f"solutions/{LAB}/{LAB}.py differs from what was released in: {cell}. Run: course release --gradebook 01"
    assert unreleased.lines_about(root, LAB) == ([said] if cell else [])


@pytest.mark.slow
def test_grade_and_report_say_it(root):
    hand_in(root, "ada", RIGHT)
    add_lab(root, LAB, SAMPLE.replace("cases=(-3, 21)", "cases=(-3, 22)"))
    for word in ("grade", "report"):
        status, said = run(root, word, "1")
        assert status == 0
        assert said.splitlines()[-1].endswith("released in: double-check. Run: course release --gradebook 01")


@pytest.mark.slow
@pytest.mark.parametrize("changed", ["code", "settings"])
def test_a_page_is_made_anew_by_other_code_and_other_settings(root, monkeypatch, changed):
    hand_in(root, "ada", RIGHT)
    grade(root)
    assert feedback.make_feedback(root, LAB).made == ["ada"]
    assert feedback.make_feedback(root, LAB).known == ["ada"]
    if changed == "settings":
        change(root / "nbgrader_config.py")
    else:
        monkeypatch.setattr(own_code, "_names", lambda package: ["grading/hooks.py"])
    assert feedback.make_feedback(root, LAB).made == ["ada"]
