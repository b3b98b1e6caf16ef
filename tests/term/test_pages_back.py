"""``course export --feedback``: a ZIP that Canvas and Moodle give back page by page, read as those would read it."""

import shutil
import zipfile
from pathlib import Path

import pytest
from classroom import LAB, RIGHT, grade, hand_in
from commands import call
from test_collecting import put, zipped

from course_utils.collecting import command
from course_utils.course import CourseError
from course_utils.term import pages_back

WHO = {"ada": "901", "bela": "902", "cleo": "903"}


def page(root: Path, student: str, name: str = LAB) -> None:
    path = root / "feedback" / student / LAB / f"{name}.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"<p>{student}</p>")


@pytest.fixture
def platform(root, tmp_path):
    """A function that hands in through a platform's ZIP, collects, grades with the fake engine and makes pages."""

    def go(name_of) -> Path:
        work = hand_in(root, "work", RIGHT) / f"{LAB}.ipynb"
        content = work.read_bytes()
        shutil.rmtree(root / "submitted")
        tree = {name_of(student, number): content for student, number in WHO.items()}
        command.write(command.propose(root, zipped(put(tmp_path / "download", tree))))
        grade(root)
        for student in WHO:
            page(root, student)
        return root

    return go


def read_by_canvas(name: str) -> tuple[str, str]:
    """Return user and file as Canvas finds them: the first two parts that are whole numbers."""
    user, attachment = [part for part in name.split("_") if part.isdigit()][:2]
    return user, attachment


def read_by_moodle(name: str) -> tuple[str, str, str, str]:
    """Return participant, kind of plugin, plugin and file name as Moodle finds them: five parts at most."""
    _, participant, kind, plugin, file = name.split("_", 4)
    return participant, kind, plugin, file


def contents(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as opened:
        return {name: opened.read(name).decode() for name in opened.namelist()}


def test_canvas_finds_each_page_by_its_two_numbers(platform):
    late = {"bela": "LATE_"}
    root = platform(lambda who, number: f"{who}_{late.get(who, '')}{number}_77{number}_{who}__{LAB}-1.ipynb")
    made = pages_back.gather(root, LAB, "canvas")
    assert made.left_out == {}
    found = {read_by_canvas(name): text for name, text in contents(pages_back.write(root, made)).items()}
    assert found == {(number, f"77{number}"): f"<p>{who}</p>" for who, number in WHO.items()}


def test_moodle_finds_each_page_by_its_participant(platform):
    root = platform(lambda who, number: f"{who} X_Y_{number}_assignsubmission_file_/{who}__{LAB}.ipynb")
    made = pages_back.gather(root, LAB, "moodle")
    assert made.left_out == {}
    found = {read_by_moodle(name): text for name, text in contents(pages_back.write(root, made)).items()}
    assert found == {(number, "assignfeedback", "file", f"{LAB}.html"): f"<p>{who}</p>" for who, number in WHO.items()}
    assert pages_back.zipped(made.pages) == pages_back.zipped(dict(reversed(made.pages.items())))


def test_who_was_collected_from_elsewhere_or_has_no_page_is_left_out_and_said(root):
    for student in WHO:
        hand_in(root, student)
    grade(root)
    page(root, "ada")
    page(root, "bela", "another name")
    made = pages_back.gather(root, LAB, "canvas")
    assert pages_back.lines_of(made) == [
        f"{LAB}: 0 pages for canvas",
        "  left out, it was not collected from canvas, so nobody knows what it calls it: ada, bela",
        f"  left out, there is no page; run course feedback {LAB}: cleo",
    ]


def test_a_page_that_lies_there_under_two_names_is_given_back_once(root):
    page(root, "ada")
    page(root, "ada", "my lab")
    assert [path.stem for path in pages_back._own_pages(root, LAB, "ada")] == [LAB]


def test_what_cannot_be_done_is_said_in_a_sentence(root, monkeypatch, tmp_path):
    for words, sentence in (
        (["--feedback"], "--feedback makes files for --to canvas or moodle, not for no system"),
        (["--feedback", "--to", "gradescope"], "--feedback makes files for --to canvas or moodle, not for gradescope"),
        (["--feedback", "--to", "canvas"], f"Nobody has been graded in {LAB}. Run: course grade {LAB}"),
    ):
        status, said = call(monkeypatch, root, "export", *words)
        assert (status, said.startswith(sentence)) == (2, True), said
    (tmp_path / "file").touch()
    with pytest.raises(CourseError, match="is no folder"):
        pages_back.write(root, pages_back.Pages(LAB, "canvas"), tmp_path / "file")
