"""Collecting from where a class uploads to: who is who, which attempt counts, nothing lost, and again."""

import json
import os
import shutil
import zipfile
from pathlib import Path

import nbformat
import pytest
import warm
from classroom import LAB, released

from course_utils.collecting import command, layouts, sources
from course_utils.collecting.roster import read_roster
from course_utils.course import CourseError


def notebook(course: Path, mark: str = "", strip: bool = False) -> bytes:
    """Return a student's notebook as bytes, with a mark to know it by."""
    made = released(course)
    made.cells[0].source = mark
    if strip:
        for cell in made.cells:
            cell.metadata = {}
    return nbformat.writes(made).encode()


def put(folder: Path, tree: dict[str, bytes]) -> Path:
    for name, content in tree.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def zipped(folder: Path) -> Path:
    return Path(shutil.make_archive(str(folder), "zip", folder))


def collect(course: Path, source: Path, write: bool = True, **options):
    proposal = command.propose(course, source, **options)
    if write:
        command.write(proposal)
    return proposal


def mark_of(course: Path, student: str, name: str = f"{LAB}.ipynb") -> str:
    cells = json.loads((course / "submitted" / student / LAB / name).read_text())["cells"]
    return "".join(cells[0]["source"])


def handed_in(course: Path) -> dict[str, list[str]]:
    """Return the files of each submission, by student."""
    found = {}
    for folder in sorted((course / "submitted").glob(f"*/{LAB}")):
        found[folder.parent.name] = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    return found


def words(proposal) -> dict[str, str]:
    return {step.attempt.student: step.word for step in proposal.steps}


@pytest.fixture(params=["folder", "zip"])
def as_source(request):
    """Give a folder as it is, or as an archive."""
    return zipped if request.param == "zip" else lambda folder: folder


# --- the layouts


def canvas(course: Path) -> dict[str, bytes]:
    return {
        f"lovelaceada_12345_678_{LAB}.ipynb": notebook(course, "first"),
        f"lovelaceada_12345_712_{LAB}-1.ipynb": notebook(course, "second"),
        "lovelaceada_12345_713_data.csv": b"1,2",
        f"noethemmy_LATE_777_690_{LAB}.ipynb": notebook(course, "emmy"),
        f"smith_1_500_ids__x__{LAB}.ipynb": notebook(course, "own id"),
    }


def test_canvas(root, tmp_path, as_source):
    proposal = collect(root, as_source(put(tmp_path / "download", canvas(root))))
    assert proposal.plan.layout == "canvas"
    assert handed_in(root) == {
        "ids__x": [f"{LAB}.ipynb"],
        "lovelaceada": [f"{LAB}.ipynb", "data.csv"],
        "noethemmy": [f"{LAB}.ipynb"],
    }
    assert mark_of(root, "lovelaceada") == "second"
    assert proposal.plan.left_out == []
    assert proposal.plan.older == [(f"lovelaceada_12345_678_{LAB}.ipynb", "lovelaceada")]
    late = [step.notes for step in proposal.steps if step.attempt.student == "noethemmy"]
    assert late == [("late",)]


def test_canvas_in_a_folder_of_its_own(root, tmp_path):
    collect(
        root, zipped(put(tmp_path / "download", {f"submissions/{name}": data for name, data in canvas(root).items()}))
    )
    assert handed_in(root)["lovelaceada"] == [f"{LAB}.ipynb", "data.csv"]
    assert mark_of(root, "lovelaceada") == "second"


def test_two_people_of_one_name_are_two(root, tmp_path):
    tree = {f"smithjo_{number}_{number}_{LAB}.ipynb": notebook(root, str(number)) for number in (11, 12)}
    collect(root, put(tmp_path / "download", tree))
    assert sorted(handed_in(root)) == ["smithjo_11", "smithjo_12"]


def test_a_roster_says_who_is_who(root, tmp_path):
    roster = tmp_path / "roster.csv"
    roster.write_text("student_id,first_name,last_name,canvas\na1,Ada,Lovelace,\ne2,Emmy,Noether,777\ns3,,,1\n")
    collect(root, put(tmp_path / "download", canvas(root)), roster=roster)
    assert sorted(handed_in(root)) == ["a1", "e2", "s3"]


def test_the_gradebook_knows_people_by_their_numbers(root, tmp_path):
    from course_utils.grading.gradebook import open_gradebook

    with open_gradebook(root) as book:
        book.add_student("a1", lms_user_id="12345")
    collect(root, put(tmp_path / "download", canvas(root)))
    assert "a1" in handed_in(root)


def test_nobody_hands_in_as_somebody_else(root, tmp_path):
    """Two uploads with one id in their files' names: neither is taken, and it is said; a roster decides."""
    tree = {f"x_1_1_ada__{LAB}.ipynb": notebook(root, "x"), f"y_2_2_ada__{LAB}.ipynb": notebook(root, "y")}
    source = put(tmp_path / "download", tree)
    proposal = collect(root, source)
    assert handed_in(root) == {}
    assert [why for _, why in proposal.plan.left_out] == [
        "somebody else handed in as ada, too; --roster says who is who"
    ] * 2
    roster = tmp_path / "roster.csv"
    roster.write_text("student_id,number\nada,2\n")
    collect(root, source, roster=roster)
    assert handed_in(root) == {"ada": [f"{LAB}.ipynb"]}
    assert mark_of(root, "ada") == "y"


@pytest.mark.parametrize("form", ["folders", "flat", "below a folder"])
def test_moodle(root, tmp_path, as_source, form):
    between = "_" if form == "flat" else "_/"
    top = "Lab 1/" if form == "below a folder" else ""
    tree = {
        f"{top}Ada Lovelace_101_assignsubmission_file{between}{LAB}.ipynb": notebook(root, "ada"),
        f"{top}Emmy_Noether_102_assignsubmission_file{between}{LAB}.ipynb": notebook(root, "emmy"),
        f"{top}Emmy_Noether_102_assignsubmission_file{between}values.csv": b"1",
    }
    proposal = collect(root, as_source(put(tmp_path / "download", tree)))
    assert proposal.plan.layout == "moodle"
    assert handed_in(root) == {"Ada Lovelace": [f"{LAB}.ipynb"], "Emmy_Noether": [f"{LAB}.ipynb", "values.csv"]}


GRADESCOPE = """---
submission_9001:
  :submitters:
  - :name: Ada Lovelace
    :sid: a1
    :email: ada@example.org
  :created_at: 2026-11-02 10:00:00 Z
submission_9002:
  :submitters:
  - :name: Emmy Noether
    :sid:
    :email: emmy@example.org
  - :name: Mary
    :sid: m3
  :created_at: 2026-11-02 11:00:00 Z
submission_9003:
  :submitters:
  - :name: Ada Lovelace
    :sid: a1
    :email: ada@example.org
  :created_at: 2026-11-03 10:00:00 Z
"""


def test_gradescope(root, tmp_path, as_source):
    tree = {"assignment_1_export/submission_metadata.yml": GRADESCOPE.encode()}
    for number in (9001, 9002, 9003):
        tree[f"assignment_1_export/submission_{number}/{LAB}.ipynb"] = notebook(root, str(number))
    proposal = collect(root, as_source(put(tmp_path / "download", tree)))
    assert proposal.plan.layout == "gradescope"
    assert sorted(handed_in(root)) == ["a1", "emmy@example.org", "m3"]
    assert mark_of(root, "a1") == "9003"
    assert [student for _, student in proposal.plan.older] == ["a1"]
    assert (root / "submitted" / "a1" / LAB / "timestamp.txt").read_text().startswith("2026-11-03 10:00:00")


def test_the_inbound_of_the_exchange(root, tmp_path, as_source):
    tree = {}
    for who, when in (
        ("ada", "2026-11-02 10:00:00.000000"),
        ("ada", "2026-11-03 10:00:00.000000"),
        ("a__b", "2026-11-02 09:00:00.5"),
    ):
        folder = f"inbound/{who}+{LAB}+{when} UTC"
        tree |= {f"{folder}/{LAB}.ipynb": notebook(root, when), f"{folder}/timestamp.txt": f"{when} UTC".encode()}
    proposal = collect(root, as_source(put(tmp_path / "download", tree)))
    assert proposal.plan.layout == "exchange"
    assert sorted(handed_in(root)) == ["a__b", "ada"]
    assert mark_of(root, "ada").startswith("2026-11-03")


@pytest.mark.parametrize(
    "form",
    ["{who}/{lab}/{lab}.ipynb", "{who}/{lab}.ipynb", "{who}__{lab}.ipynb", "all/{who}__{lab}.ipynb", "{who}.ipynb"],
)
def test_plain_folders_and_files(root, tmp_path, as_source, form):
    names = ("ada", "emmy", "x-1") if "/{lab}" in form or "__" in form else ("ada", "emmy")
    tree = {form.format(who=who, lab=LAB): notebook(root, who) for who in names}
    collect(root, as_source(put(tmp_path / "download", tree)))
    assert sorted(handed_in(root)) == sorted(names)
    for who in names:
        (path,) = (root / "submitted" / who / LAB).glob("*.ipynb")
        assert json.loads(path.read_text())["cells"][0]["source"] == [who]


def test_a_notebook_under_any_name_is_known_by_its_cells(root, tmp_path):
    collect(root, put(tmp_path / "download", {"ada/my final.ipynb": notebook(root)}))
    assert handed_in(root) == {"ada": ["my final.ipynb"]}


def test_a_notebook_of_which_nothing_says_the_lab_is_left_out_until_it_is_said(root, tmp_path):
    source = put(tmp_path / "download", {"ada/final.ipynb": notebook(root, strip=True), "emmy/x.ipynb": b"{"})
    proposal = collect(root, source)
    assert {why for _, why in proposal.plan.left_out} == {"nothing says of which lab; give --lab"}
    collect(root, source, lab="1")
    assert handed_in(root) == {"ada": ["final.ipynb"], "emmy": ["x.ipynb"]}


# --- odd files and names


def test_what_no_submission_can_hold_is_left_out_and_said(root, tmp_path):
    tree = {
        "ada/a\\b.csv": b"1",
        f"ada/{LAB}.ipynb": notebook(root),
        f"[a-z]_x/{LAB}.ipynb": notebook(root),
        f"\u202eada/{LAB}.ipynb": notebook(root),
    }
    source = put(tmp_path / "download", tree)
    (source / "ada" / "link.csv").symlink_to("/etc/passwd")
    proposal = collect(root, source)
    assert handed_in(root) == {"ada": [f"{LAB}.ipynb"]}
    said = command.lines_of(proposal)
    assert len(proposal.plan.left_out) == 3
    assert all(line.isascii() for line in said)


def test_an_archive_leads_nowhere(root, tmp_path):
    source = tmp_path / "evil.zip"
    with zipfile.ZipFile(source, "w") as archive:
        archive.writestr(f"../../ada/{LAB}.ipynb", notebook(root))
        archive.writestr(f"/etc/{LAB}.ipynb", notebook(root))
        archive.writestr(f"emmy/../../x/{LAB}.ipynb", notebook(root))
        archive.writestr(f"mia/{LAB}.ipynb", notebook(root))
        archive.writestr(f"__MACOSX/mia/._{LAB}.ipynb", b"x")
    collect(root, source)
    assert sorted(handed_in(root)) == ["mia"]
    assert not (tmp_path.parent / "ada").exists()


def test_a_file_that_is_too_large_in_an_archive_is_not_unpacked(root, tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "LARGEST", 1_000_000)
    source = tmp_path / "bomb.zip"
    with zipfile.ZipFile(source, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"mia/{LAB}.ipynb", notebook(root))
        archive.writestr("mia/zeros.csv", bytes(50_000_000))
    proposal = collect(root, source)
    assert handed_in(root) == {"mia": [f"{LAB}.ipynb"]}
    assert proposal.steps[0].notes == ("zeros.csv cannot be read",)


def test_a_folder_that_cannot_be_read_is_a_sentence_and_not_left_out(tmp_path, monkeypatch):
    source, scandir = put(tmp_path / "all", {"ada/a.ipynb": b"", "mia/b.ipynb": b""}), os.scandir

    def refuse(path):
        if Path(path).name == "mia":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(CourseError, match=r"mia cannot be read: Permission denied"):
        sources.files_in(source)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names")
def test_a_pipe_is_neither_a_folder_nor_a_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(CourseError, match="neither a folder nor a file"):
        sources.files_in(tmp_path / "pipe")


def test_an_archive_that_was_damaged_or_has_a_password_gives_nothing_of_its_file_and_says_nothing_else(tmp_path):
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("ada/a.ipynb", b"whole" * 100)
        archive.writestr("mia\\b.ipynb", b"whole" * 100)
    data = bytearray(path.read_bytes())
    data[data.index(b"whole") + 3] ^= 1  # no longer what its checksum says
    path.write_bytes(data)
    damaged, other = sources.files_in(path)
    assert (damaged.read(), other.read()) == (None, b"whole" * 100)
    data[6] |= 1  # the mark of a password, in both places
    data[data.rindex(b"PK\x01\x02", 0, data.index(b"PK\x01\x02") + 4) + 8] |= 1
    path.write_bytes(data)
    assert sources.files_in(path)[0].read() is None


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 half", b"no archive"])
def test_a_damaged_archive_is_one_sentence(root, tmp_path, content):
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(CourseError, match="is no whole ZIP archive"):
        command.propose(root, tmp_path / "x.zip")


def test_nothing_there_is_one_sentence(root, tmp_path):
    with pytest.raises(CourseError, match="There is no submission in"):
        command.propose(root, put(tmp_path / "download", {"readme.txt": b"x"}))
    with pytest.raises(CourseError, match="cannot be read"):
        command.propose(root, tmp_path / "nowhere")


@pytest.mark.parametrize("text", ["name,mail\nada,x\n", "", "\xff"])
def test_a_roster_without_ids_is_one_sentence(tmp_path, text):
    path = tmp_path / "roster.csv"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(CourseError, match=r"roster\.csv"):
        read_roster(path)


def test_a_name_that_two_have_stands_for_nobody(tmp_path):
    path = tmp_path / "roster.csv"
    path.write_text("student_id,name\na1,Jo Smith\na2,Jo Smith\na3,Ada Lovelace\n")
    roster = read_roster(path)
    assert (roster.find("Jo Smith"), roster.find("lovelace, ada"), roster.find("AdaLovelace")) == ("", "", "a3")


@pytest.mark.parametrize(
    ("stem", "found"),
    [
        ("LAB", ("LAB", 0)),
        ("LAB-1", ("LAB", 1)),
        ("LAB (2)", ("LAB", 2)),
        ("LAB_3", ("LAB", 3)),
        ("LAB(4)", ("LAB", 4)),
    ],
)
def test_a_second_upload_is_known_by_its_number(stem, found):
    assert layouts.attempt_in(stem) == found


# --- again


def test_collecting_again_changes_nothing(root, tmp_path):
    source = put(tmp_path / "download", canvas(root))
    assert set(words(collect(root, source)).values()) == {"new"}
    before = {path: path.stat().st_mtime_ns for path in (root / "submitted").rglob("*")}
    assert set(words(collect(root, source)).values()) == {"same"}
    assert {path: path.stat().st_mtime_ns for path in (root / "submitted").rglob("*")} == before


def test_a_newer_attempt_takes_the_place_of_an_older_one_which_is_kept(root, tmp_path):
    first = put(tmp_path / "first", {f"lovelaceada_12345_678_{LAB}.ipynb": notebook(root, "first")})
    second = put(tmp_path / "second", {f"lovelaceada_12345_800_{LAB}-1.ipynb": notebook(root, "second")})
    collect(root, first)
    assert words(collect(root, second)) == {"lovelaceada": "replaces"}
    assert mark_of(root, "lovelaceada") == "second"
    kept = root / "downloaded" / "replaced" / LAB / "lovelaceada.1" / f"{LAB}.ipynb"
    assert "first" in kept.read_text()
    assert words(collect(root, first)) == {"lovelaceada": "older"}
    assert mark_of(root, "lovelaceada") == "second"


def test_work_that_nobody_collected_is_kept_too(root, tmp_path):
    there = root / "submitted" / "ada" / LAB
    put(there, {f"{LAB}.ipynb": notebook(root, "by hand"), "extra.csv": b"1"})
    assert words(collect(root, put(tmp_path / "d", {f"ada/{LAB}.ipynb": notebook(root, "new")}))) == {"ada": "replaces"}
    kept = root / "downloaded" / "replaced" / LAB / "ada.1"
    assert sorted(path.name for path in kept.iterdir()) == [f"{LAB}.ipynb", "extra.csv"]


def test_an_error_in_the_middle_leaves_what_was_there(root, tmp_path, monkeypatch):
    from course_utils import files

    collect(root, put(tmp_path / "first", {f"x_1_1_{LAB}.ipynb": notebook(root, "first")}))
    write = files.write

    def full(path, content, **options):
        if path.name == ".collected":
            raise OSError(28, "No space left on device")
        write(path, content, **options)

    monkeypatch.setattr(files, "write", full)
    with pytest.raises(OSError, match="No space"):
        collect(root, put(tmp_path / "second", {f"x_1_2_{LAB}.ipynb": notebook(root, "second")}))
    assert mark_of(root, "x") == "first"
    assert [path.name for path in (root / "submitted" / "x").iterdir()] == [LAB]


# --- the command


def run(course: Path, *arguments: str):
    return warm.run(["-m", "course_utils", "collect", *arguments], course)


@pytest.mark.slow
def test_the_command_shows_first_and_writes_when_told(root, tmp_path):
    source = str(put(tmp_path / "download", canvas(root)))
    shown = run(root, source, "--dry-run")
    assert shown.returncode == 0
    assert "lovelaceada" in shown.stdout
    assert "an older attempt of lovelaceada" in shown.stdout
    assert not (root / "submitted").exists()
    unsaid = run(root, source)
    assert (unsaid.returncode, unsaid.stderr) == (2, "Nothing was written. Say --yes to write without being asked.\n")
    done = run(root, source, "--yes")
    assert "3 submissions are in submitted/. Grade them: course grade 01_double" in done.stdout
    assert len(handed_in(root)) == 3
    again = run(root, source, "--yes")
    assert "3 submissions: 3 same." in again.stdout


@pytest.mark.slow
def test_a_second_zip_collect_takes_the_place_of_the_first(root):
    archive = root / "downloaded" / LAB / "archive"
    put(archive, {f"a__b__{LAB}.ipynb": notebook(root, "first")})
    for mark in ("first", "second"):
        put(archive, {f"a__b__{LAB}.ipynb": notebook(root, mark)})
        done = warm.run(["-m", "nbgrader", "zip_collect", LAB], root)
        assert done.returncode == 0, done.stderr
    assert mark_of(root, "a__b") == "second"
