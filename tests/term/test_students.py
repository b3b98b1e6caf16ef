"""``course students``: a class from Canvas, Moodle, Gradescope or a plain table, shown before it is written."""

from pathlib import Path

import pytest
from classroom import LAB, RIGHT, hand_in
from commands import call
from sample import make_sample_course

from course_utils.collecting import command as collecting
from course_utils.course import CourseError
from course_utils.grading.gradebook import open_gradebook
from course_utils.term import roster, students
from course_utils.term.tables import read_table

CANVAS = """\
Student,ID,SIS User ID,SIS Login ID,Section,01_double (4711),Final Score
    Points Possible,,,,,4,(read only)
"Lovelace, Ada",901,u100,ada,Mon,3,75
"Noether, Emmy",902,u200,emmy@uni.example,Tue,,
"Student, Test",999,,,Mon,,
"""
MOODLE = """\
First name;Last name;ID number;Email address;Groups
Ada;Lovelace;u100;ada@uni.example;Mon
Emmy;Noether;u200;emmy@uni.example;Tue
Grace;Hopper;u300;grace@uni.example;
"""
GRADESCOPE = "First Name,Last Name,SID,Email,Sections\nAda,Lovelace,u100,ada@uni.example,Mon\n"
PLAIN = "student_id,name\nada,Ada Lovelace\nbela,Bartók Béla\n"


@pytest.fixture
def small(tmp_path) -> Path:
    """A course without a gradebook."""
    return make_sample_course(tmp_path / "course")


def table(folder: Path, text: str, name: str = "class.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def take(root: Path, text: str, **how) -> roster.Import:
    plan = roster.plan_import(root, table(root, text, **how))
    roster.write_people(root, plan.people)
    return plan


def ids(root: Path) -> dict[str, tuple[str, ...]]:
    people = roster.read_people(root)
    return {name: (one.canvas_id, one.sis_id, one.login, one.email, one.section) for name, one in people.items()}


def test_canvas_is_read_without_its_lines_that_are_nobody(small):
    plan = take(small, CANVAS)
    assert (plan.table.kind, plan.table.skipped) == ("canvas", 2)
    assert ids(small) == {
        "ada": ("901", "u100", "ada", "", "Mon"),
        "emmy": ("902", "u200", "emmy@uni.example", "", "Tue"),
    }
    assert roster.read_people(small)["ada"].name == "Lovelace, Ada"


def test_moodle_adds_to_canvas_what_it_knows_and_takes_nothing_away(small):
    take(small, CANVAS)
    plan = take(small, MOODLE)
    assert plan.table.kind == "moodle"
    assert [person.student_id for person in plan.new] == ["u300"]
    assert plan.changed["ada"] == [("email", "", "ada@uni.example")]
    assert ids(small)["ada"] == ("901", "u100", "ada", "ada@uni.example", "Mon")


@pytest.mark.parametrize("text", [CANVAS, MOODLE, GRADESCOPE, PLAIN])
def test_a_second_import_changes_nothing(small, text):
    take(small, text)
    before = (small / "students.csv").read_bytes()
    plan = take(small, text)
    assert (plan.new, plan.changed, plan.missing) == ([], {}, [])
    assert (small / "students.csv").read_bytes() == before


def test_who_is_not_in_the_file_stays_and_is_named(small):
    take(small, MOODLE)
    plan = take(small, GRADESCOPE)
    assert [person.name for person in plan.missing] == ["Hopper, Grace", "Noether, Emmy"]
    assert len(roster.read_people(small)) == 3


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_table_may_come_from_any_spreadsheet(small, encoding, separator):
    take(small, PLAIN.replace(",", separator), encoding=encoding)
    assert {one.first_name for one in roster.read_people(small).values()} == {"Ada", "Bartók"}


def test_a_name_that_a_spreadsheet_would_run_is_written_safely_and_read_back(small):
    take(small, 'student_id,last_name,email\nada,"=HYPERLINK(""x"")",+1@x.example\n')
    assert "\"'=HYPERLINK" in (small / "students.csv").read_text()
    person = roster.read_people(small)["ada"]
    assert (person.last_name, person.email) == ('=HYPERLINK("x")', "+1@x.example")


def test_the_gradebook_learns_names_and_keeps_its_ids(root):
    with open_gradebook(root) as book:
        book.add_student("lovelace", email="ada@uni.example")
    plan = take(root, MOODLE)
    assert {"lovelace", "u200", "u300"} == set(plan.people)
    with open_gradebook(root) as book:
        ada = book.find_student("lovelace")
        assert (ada.first_name, ada.last_name, ada.lms_user_id) == ("Ada", "Lovelace", "u100")


def test_collecting_knows_the_class(root):
    take(root, CANVAS)
    known = collecting._known(root)
    assert (known.find("901"), known.find("lovelaceada"), known.find("Mon")) == ("ada", "ada", "")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is empty."),
        ("Name,Points\nAda,3\n", "has no column that says who somebody is"),
        ("student_id,Name\n", "names nobody."),
        ("student_id,Name\n../x,Ada\n", "line 2: '../x' cannot be an id"),
        ("student_id,email\nada,a@x\nada,b@x\n", "line 3: ada is also line 2, and they differ."),
        ("student_id,email\nada,a@x\nbob,a@x\n", "ada and bob would have the same email, a@x."),
        ("email\na@x\na@y\n", "line 3: a is also line 2, and they differ."),
    ],
)
def test_what_cannot_be_taken_is_said_and_nothing_is_written(small, text, sentence):
    with pytest.raises(CourseError) as raised:
        roster.plan_import(small, table(small, text))
    assert sentence in str(raised.value)
    assert not (small / "students.csv").exists()


def test_a_line_that_fits_two_people_is_refused(small):
    take(small, "student_id,email,sis_id\nada,a@x,1\nbob,b@x,2\n")
    with pytest.raises(CourseError, match=r"line 2: this is bob \(by its sis_id\) and ada \(by its email\)"):
        roster.plan_import(small, table(small, "email,sis_id\na@x,2\n"))


def test_somebody_else_with_the_same_short_name_is_not_taken_for_the_first(small):
    take(small, "email\nada@one.example\n")
    with pytest.raises(CourseError, match="this would be ada, but ada has another email"):
        roster.plan_import(small, table(small, "email\nada@two.example\n"))


@pytest.mark.parametrize("content", [b"PK\x03\x04 a workbook", "name\nJörg".encode("latin-1"), b"\0\0"])
def test_a_file_that_is_no_table_is_said(tmp_path, content):
    (tmp_path / "class.xlsx").write_bytes(content)
    with pytest.raises(CourseError, match="Save it as: CSV UTF-8"):
        read_table(tmp_path / "class.xlsx")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("student_id,login\n,ada\n", "students.csv, line 2: there is no student_id."),
        ("student_id\nada\nada\n", "students.csv, line 3: ada is there a second time."),
        ("student_id\n.ada/\n", "students.csv, line 2: '.ada/' cannot be an id"),
        ("student_id\n[x]\n", "nbgrader would take the name for a pattern that other names fit, too."),  # no folder
    ],
)
def test_a_roster_edited_by_hand_is_looked_at(small, text, sentence):
    (small / "students.csv").write_text(text)
    with pytest.raises(CourseError) as raised:
        roster.read_people(small)
    assert sentence in str(raised.value)


# --- who has handed in


def test_who_has_handed_in_and_who_has_not(root):
    take(root, "student_id,name\nada,Ada Lovelace\nbela,Bela B\n")
    hand_in(root, "ada", RIGHT)
    hand_in(root, "zoe", RIGHT)
    lines = students.lines_of(students.who_handed_in(root, LAB, students.the_class(root)))
    assert lines == [
        f"{LAB}: 1 of 2 have handed in",
        "  not yet: bela (B, Bela)",
        "  handed in: ada (Lovelace, Ada)",
        "  not graded yet: ada, zoe",
        "  not in students.csv: zoe",
    ]


def test_of_several_notebooks_the_missing_ones_are_named(small):
    for name in ("squares", "words"):
        (small / "notebooks" / "ps1").mkdir(parents=True, exist_ok=True)
        (small / "notebooks" / "ps1" / f"{name}.ipynb").write_text("{}")
    (small / "submitted" / "ada" / "ps1").mkdir(parents=True)
    (small / "submitted" / "ada" / "ps1" / "words.ipynb").write_text("{}")
    take(small, PLAIN)
    assert students.who_handed_in(small, "ps1", students.the_class(small)).lacking == {"ada": ["squares"]}


def test_what_canvas_calls_a_lab_is_pointed_out_until_it_is_written_down(small):
    plan = roster.plan_import(small, table(small, CANVAS))
    wanted = (
        'note     Canvas has 01_double: write platform_title = "01_double (4711)" into solutions/01_double/lab.toml'
    )
    assert students.lines_about_titles(small, plan) == [wanted]
    (small / "solutions" / LAB / "lab.toml").write_text('platform_title = "01_double (4711)"\n')
    assert students.lines_about_titles(small, plan) == []


# --- the command


@pytest.fixture
def run(small, monkeypatch):
    return lambda *words: call(monkeypatch, small, "students", *words)


def test_the_command_shows_asks_and_writes(run, small):
    path = str(table(small, CANVAS))
    status, said = run("--import", path)
    assert status == 2
    assert "new      ada (Lovelace, Ada)" in said
    assert said.endswith("Nothing was written. Say --yes to write without being asked.\n")
    assert not (small / "students.csv").exists()
    assert run("--import", path, "--dry-run")[0] == 0
    assert not (small / "students.csv").exists()
    assert run("--import", path, "--yes")[0] == 0
    status, said = run("--import", path)
    assert (status, said.splitlines()[-1]) == (0, "0 new, 0 changed, 2 the same, 0 not in the file")
    assert run() == (
        0,
        "01_double: 0 of 2 have handed in\n  not yet: ada (Lovelace, Ada), emmy (Noether, Emmy)\n",
    )


def test_without_a_class_the_command_says_how_to_get_one(run):
    assert run()[1].startswith("There is no students.csv yet. Make it from your platform's table")
    assert "takes the whole class, and no labs" in run("1", "--import", "x.csv")[1]
    assert "x.csv cannot be read: No such file" in run("--import", "x.csv")[1]
