"""What docs/instructors.md says of a term is followed, command by command, in a course of one lab."""

import json
import re
import shlex
from pathlib import Path

import pytest
from classroom import LAB, RIGHT, grade, hand_in
from commands import call
from conftest import ROOT
from test_regrading import strict

from course_utils.grading import feedback

GUIDE = (ROOT / "docs" / "instructors.md").read_text(encoding="utf-8")
COMMANDS = [line[2:] for block in re.findall(r"```console\n(.*?)```", GUIDE, re.S) for line in block.splitlines()]
CLASS = next(block for block in re.findall(r"```text\n(.*?)```", GUIDE, re.S) if block.startswith("Student,ID"))
DATES = next(block for block in re.findall(r"```toml\n(.*?)```", GUIDE, re.S) if "[due]" in block)
WRITTEN = {
    "canvas": "grades_canvas.csv",
    "moodle": "grades_moodle.csv",
    "gradescope": f"grades_gradescope_{LAB}.zip",
    "csv": "grades_csv.csv",
}


def pages(root: Path, lab: str) -> feedback.Pages:
    """Make pages in which nothing stands: what is in them is tested elsewhere, and takes seconds."""
    for student in ("ada", "emmy"):
        path = root / "feedback" / student / lab / f"{lab}.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return feedback.Pages(lab)


def collected_from(root: Path, system: str) -> None:
    """Note where submissions were found, as course collect does."""
    names = {"canvas": "x_1_2_x.ipynb", "moodle": "X_1_assignsubmission_file_/x.ipynb"}
    for student in ("ada", "emmy"):
        note = {"origin": names[system].replace("1", str(len(student)))}
        (root / "submitted" / student / LAB / ".collected").write_text(json.dumps(note))


@pytest.fixture(autouse=True)
def may_be_removed(root):
    """Give back the permission to write that course new-term takes away."""
    yield
    for path in (root, *root.rglob("*")):
        path.chmod(0o755)


def test_the_guide_is_followed_from_its_first_command_to_its_last(root: Path, monkeypatch):
    (root / "class.csv").write_text(CLASS)
    hand_in(root, "ada", RIGHT)
    hand_in(root, "emmy", "half", timestamp="2026-11-19 10:00:00 UTC")
    monkeypatch.setattr(feedback, "make_feedback", pages)
    (root / "due.toml").write_text(DATES.replace("\n5 = ", "\n1 = "))
    grade(root)
    said: dict[str, str] = {}
    for command in COMMANDS:
        program, *words = shlex.split(command)
        assert program == "course"
        if words[0] == "regrade" and not any(name.startswith("course regrade") for name in said):
            strict(root)
        if words[:2] == ["export", "--feedback"]:
            collected_from(root, words[3])
        mine = [word if words[0] == "variants" else {"5": "1"}.get(word, word) for word in words]
        status, said[command] = call(monkeypatch, ROOT if words[0] == "variants" else root, *mine)
        assert status == 0, f"{command}: {said[command]}"
    assert (root / "students.csv").read_text().count("\n") == 4
    assert "not yet: konrad (Zuse, Konrad)" in said["course students 5"]
    for name in (*WRITTEN.values(), "grades.csv", "grades_wide.csv", "report.html", "report.csv", "report.json"):
        assert (root / name).is_file(), name
    assert "  late: emmy, by 11 h 1 min: 1 - 0.1 = 0.9 points" in said["course due --dry-run"]
    assert "emmy: 0.9 -> 0" in said["course regrade 5 --dry-run"]
    assert "emmy: 0.9 -> 0" in said["course regrade 5 --log"]
    assert "Nobody needs a look." in said["course report 5"]
    assert (root / f"feedback_canvas_{LAB}.zip").is_file()
    assert (root / "shared" / "marks.csv").is_file()
    assert "everything is as it was frozen" in said["course new-term --verify ."]
    assert (root.parent / f"{root.name}-2027-spring" / "solutions").is_dir()


def test_the_guide_names_every_file_that_is_written():
    for system, name in WRITTEN.items():
        assert f"| `{system}` | `{name.replace(LAB, 'LAB')}` |" in GUIDE
