"""``due.toml``: what it says, what being late costs, whose points change, and what learners see of it."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from classroom import LAB, RIGHT, grade, hand_in, rows
from commands import call
from test_sending import POLICY, WANTED, give
from test_students import table

from course_utils import deadlines, start_page, workplace
from course_utils.course import CourseError
from course_utils.due_dates import LateRule, duration, moment_of, read_due_dates
from course_utils.grading import lateness
from course_utils.grading.feedback import make_feedback
from course_utils.term import due, roster

DATES = """\
zone = "Europe/Zurich"

[due]
1 = "2026-11-01 23:59"

[late]
percent_per_day = 10
grace_minutes = 15
most_percent = 50
latest_days = 7
"""
DAY = 86_400


def say(root: Path, text: str = DATES) -> None:
    (root / "due.toml").write_text(text, encoding="utf-8")


def penalties(root: Path) -> dict[str, float | None]:
    return {student: penalty for student, _, _, penalty in rows(root)["submissions"]}


@pytest.fixture
def graded(root) -> Path:
    """ada is in time (UTC is an hour behind), bela 26 hours late, cleo nobody knows when; 4, 2 and 2 points."""
    say(root)
    for name, when in {"ada": "2026-11-01 22:58:00 UTC", "bela": "2026-11-03 01:59:00 +0100", "cleo": ""}.items():
        hand_in(root, name, RIGHT, timestamp=when)
    grade(root)
    return root


# --- times and rule


@pytest.mark.parametrize(
    ("said", "utc", "shown"),
    [
        ("2026-11-16 23:59", "2026-11-16 22:59", "Mon 16 Nov 2026, 23:59 (Europe/Zurich)"),
        ("2026-07-01", "2026-07-01 21:59", "Wed 1 Jul 2026, 23:59 (Europe/Zurich)"),
        ("2026-07-01T12:00:30 Asia/Tokyo", "2026-07-01 03:00:30", "Wed 1 Jul 2026, 12:00:30 (Asia/Tokyo)"),
        ("2026-07-01 12:00-05:00", "2026-07-01 17:00", "Wed 1 Jul 2026, 12:00 (UTC-05:00)"),
        (datetime(2026, 7, 1, 12, tzinfo=UTC), "2026-07-01 12:00", "Wed 1 Jul 2026, 12:00 (UTC)"),
        ("2026-10-25 02:30", "2026-10-25 01:30", "Sun 25 Oct 2026, 02:30 (Europe/Zurich)"),  # the later of two
    ],
)
def test_a_time_is_read_in_its_zone_and_shown_in_it(said, utc, shown):
    from zoneinfo import ZoneInfo

    found = moment_of(said, "", ZoneInfo("Europe/Zurich"))
    assert (found.plain, found.shown) == (datetime.fromisoformat(utc), shown)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('[due]\n1 = "2026-11-01 23:59"', "[due] 1: nothing says in which zone 2026-11-01 23:59 is."),
        ('zone = "Europe/Zürich"', "zone: there is no time zone 'Europe/Zürich'. One is called Europe/Zurich."),
        ("zone = 3", "zone: there is no time zone 3."),
        ('zone = "../x"', "zone: there is no time zone '../x'."),
        ('zone = "UTC"\n[due]\n1 = "soon"', "[due] 1: 'soon' is no time. Write: \"2026-11-16 23:59\"."),
        ('zone = "UTC"\n[due]\n1 = "2026-02-30 10:00"', "[due] 1: '2026-02-30 10:00' is no time."),
        ('zone = "UTC"\n[due]\n1 = 5', "[due] 1: 5 is no time."),
        ('[due]\n1 = "2026-03-29 02:30 Europe/Zurich"', "[due] 1: the clocks in Europe/Zurich never show 2026-03-29"),
        ('zone = "UTC"\n[due]\n9 = "2026-11-01"', "[due]: There is no lab '9'. There are: 01_double."),
        ('zone = "UTC"\n[due]\n1 = "2026-11-01"\n01 = "2026-11-02"', "[due]: 01_double is there twice."),
        ("due = 5", "[due] says when a lab is due: LAB = TIME, not 5."),
        ("extensions = 5", "[extensions.STUDENT] is a table for each student, not 5."),
        ('zone = "UTC"\n[extensions.ada]\n1 = "2026-11-01"', "ada has an extension for 01_double, which has no date"),
        (
            'zone = "UTC"\n[due]\n1 = "2026-11-01"\n[extensions.ada]\n1 = "2026-10-01"',
            "the extension of ada for 01_double is not later than Sun 1 Nov 2026, 23:59 (UTC).",
        ),
        ("[late]\ngrace_minutes = 5", "[late] says percent_per_day"),
        ("[late]\npercent_per_day = 10\npercent = 5", "there is no 'percent' in [late]. There are: percent_per_day,"),
        ("[late]\npercent_per_day = -1", "percent_per_day in [late] must be a number from 0 on, not -1."),
        ("[late]\npercent_per_day = true", "percent_per_day in [late] must be a number from 0 on, not True."),
        ("[late]\npercent_per_day = 200", "percent_per_day in [late] must be at most 100, not 200."),
        ("[dues]\n1 = 5", "there is no 'dues'. There are: zone, due, late, extensions, handed_in."),
        ("[due", "due.toml cannot be read: "),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(sample_course, text, sentence):
    say(sample_course, text)
    with pytest.raises(CourseError) as error:
        read_due_dates(sample_course)
    assert str(error.value).startswith("due.toml")
    assert sentence in str(error.value)


@pytest.mark.parametrize(
    ("seconds", "percent"),
    [(-5, 0), (0, 0), (900, 0), (901, 10), (DAY, 10), (DAY + 1, 20), (6 * DAY, 50), (7 * DAY, 50), (7 * DAY + 1, 100)],
)
def test_what_being_late_costs(seconds, percent):
    rule = LateRule(10, grace_minutes=15, most_percent=50, latest_days=7)
    assert rule.percent(seconds) == percent
    assert rule.penalty(8, seconds) == 8 * percent / 100
    assert rule.penalty(-1, 3 * DAY) == 0


def test_a_rule_is_shown_in_words():
    assert LateRule(10).sentence == "Late work loses 10 % of its points for each day begun."
    assert LateRule(5, 15, 50, 7).sentence == (
        "Late work loses 5 % of its points for each day begun, 50 % at most. The first 15 minutes cost nothing. "
        "After 7 days it earns nothing."
    )
    assert [duration(seconds) for seconds in (1, 3600, 93600, 2 * DAY)] == ["1 min", "1 h", "1 day 2 h", "2 days"]


# --- in the gradebook


def test_of_what_goes_further_only_what_counts_is_taken_off(graded, monkeypatch):
    monkeypatch.setattr(lateness, "further_cells", lambda root, lab: frozenset({(LAB, "why")}))
    monkeypatch.setattr(due, "further_cells", lateness.further_cells)
    give(graded, "bela", "why", 5)  # 2 of 3, and 5 that go further: 3 count
    assert due.bring_up_to_date(graded, [LAB]) == [f"{LAB}: bela: 2.6 -> 2.4, by its date"]


def test_grading_takes_off_what_the_rule_says(graded):
    assert penalties(graded) == {"ada": None, "bela": 0.4, "cleo": None}
    give(graded, "bela", "why", 1)
    assert due.bring_up_to_date(graded, [LAB]) == [f"{LAB}: bela: 2.6 -> 2.4, by its date"], "of 3 points 20 %"
    assert due.bring_up_to_date(graded, [LAB]) == []


def test_changed_dates_say_whose_points_change_and_are_noted(graded, monkeypatch):
    say(graded, DATES + '[extensions.bela]\n1 = "2026-11-02 23:59"\n[handed_in.cleo]\n1 = "2026-11-04 10:00"\n')
    status, said = call(monkeypatch, graded, "due", "--dry-run")
    assert status == 0
    assert said.splitlines() == [
        "Late work loses 10 % of its points for each day begun, 50 % at most. The first 15 minutes cost nothing. "
        "After 7 days it earns nothing.",
        f"{LAB}: due Sun 1 Nov 2026, 23:59 (Europe/Zurich)",
        "  later for bela: Mon 2 Nov 2026, 23:59 (Europe/Zurich)",
        "  late: bela, by 2 h 59 min: 2 - 0.2 = 1.8 points",
        "  late: cleo, by 2 days 10 h: 2 - 0.6 = 1.4 points",
        f"{LAB}: bela: 1.6 -> 1.8, by its date",
        f"{LAB}: cleo: 2 -> 1.4, by its date",
    ]
    assert penalties(graded)["bela"] == 0.4
    assert call(monkeypatch, graded, "due")[0] == 2, "nobody was asked"
    assert call(monkeypatch, graded, "due", "--yes")[0] == 0
    assert penalties(graded) == {"ada": None, "bela": 0.2, "cleo": 0.6}
    log = [json.loads(line) for line in (graded / "regrades.jsonl").read_text().splitlines()]
    assert [(one["student"], one["before"], one["after"], one["why"]) for one in log] == [
        ("bela", 1.6, 1.8, "dates in due.toml"),
        ("cleo", 2.0, 1.4, "dates in due.toml"),
    ]
    assert "cleo: 2 -> 1.4: dates in due.toml" in call(monkeypatch, graded, "regrade", "1", "--log")[1]
    say(graded)
    assert due.bring_up_to_date(graded, [LAB]) == [
        f"{LAB}: bela: 1.8 -> 1.6, by its date",
        f"{LAB}: cleo: 1.4 -> 2, by its date",
    ]


def test_who_is_late_and_when_nobody_knows(graded):
    (graded / "submitted" / "cleo" / LAB / ".collected").write_text('{"late": true}')
    lines = due.lines_of(due.look(graded, [LAB]))
    assert "  late: bela, by 1 day 2 h: 2 - 0.4 = 1.6 points" in lines
    assert lines[-1] == ("  the platform calls it late, and nobody knows when: cleo. [handed_in.STUDENT] can say when")


def test_marks_and_report_are_by_the_dates(graded, monkeypatch):
    people = "\n".join(f"{name},{name}@uni.example" for name in WANTED)
    roster.write_people(graded, roster.plan_import(graded, table(graded, f"student_id,email\n{people}\n")).people)
    say(graded, DATES.replace("= 10", "= 25"))
    said = call(monkeypatch, graded, "export", "--to", "moodle")[1]
    assert f"{LAB}: bela: 1.6 -> 1, by its date" in said.splitlines()
    assert "  late: bela 2 - 1 = 1" in said.splitlines()
    assert "bela@uni.example,1\n" in (graded / "grades_moodle.csv").read_text()
    assert "before 1 taken off 1 late" in " ".join(call(monkeypatch, graded, "report", "1")[1].split())


def test_a_student_whom_nobody_knows_and_two_rules_are_refused(graded, monkeypatch):
    say(graded, DATES + '[extensions.zoe]\n1 = "2026-11-02 23:59"\n')
    status, said = call(monkeypatch, graded, "grade", "1")
    assert (status, said) == (
        2,
        "due.toml names 'zoe', who is neither in students.csv nor in the gradebook nor in submitted/.\n",
    )
    say(graded)
    settings = graded / "nbgrader_config.py"
    settings.write_text(settings.read_text() + POLICY)
    with pytest.raises(CourseError, match="There are two rules for late work"):
        grade(graded)
    say(graded, DATES.partition("[late]")[0])
    due.bring_up_to_date(graded, [LAB])
    assert penalties(graded) == {"ada": None, "bela": 1, "cleo": None}


@pytest.mark.slow
def test_a_students_page_says_before_minus_and_after(graded):
    assert make_feedback(graded, LAB, students=["bela"], workers=1).failures == {}
    page = (graded / "feedback" / "bela" / LAB / f"{LAB}.html").read_text(encoding="utf-8")
    text = " ".join(page.split())
    assert "<b>2 of 4 points</b>, less 0.4 for being late: <b>1.6</b></p>" in text
    assert "Due Sun 1 Nov 2026, 23:59 (Europe/Zurich). Handed in 1 day 2 h late. 20 % of the points are" in text
    say(graded, DATES + '[extensions.bela]\n1 = "2026-11-08 23:59"\n')
    due.bring_up_to_date(graded, [LAB])
    assert make_feedback(graded, LAB, students=["bela"], workers=1).made == ["bela"]
    text = (graded / "feedback" / "bela" / LAB / f"{LAB}.html").read_text(encoding="utf-8")
    assert "Due Sun 8 Nov 2026, 23:59 (Europe/Zurich).</p>" in text
    assert "for being late" not in text


# --- what learners see


def test_learners_are_told_the_dates_of_all_and_nobodys_extension(graded):
    say(graded, DATES + '[extensions.bela]\n1 = "2026-11-02 23:59"\n[handed_in.cleo]\n1 = "2026-11-04 10:00"\n')
    told = read_due_dates(graded).for_everybody([LAB, "02_other"])
    assert told["due"] == {LAB: {"at": "2026-11-01T22:59:00+00:00", "shown": "Sun 1 Nov 2026, 23:59 (Europe/Zurich)"}}
    assert "bela" not in json.dumps(told)
    assert "2026-11-0" not in json.dumps(told).replace("2026-11-01T22:59", "")
    assert read_due_dates(graded).for_everybody(["02_other"]) == {}


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ("2026-10-20", "Due Sun, 23:59: 12 days left. Late costs."),
        ("2026-10-31T10:00", "Due Sun, 23:59: 36 hours left. Late costs."),
        ("2026-11-01T22:00", "Due Sun, 23:59: 59 minutes left. Late costs."),
        (
            "2026-11-02",
            "This was due Sun, 23:59. Late costs. If your instructor gave you a later date, that one counts.",
        ),
    ],
)
def test_a_learner_sees_how_long_there_is(tmp_path, now, said):
    told = {"due": {LAB: {"at": "2026-11-01T22:59:00+00:00", "shown": "Sun, 23:59"}}, "late": "Late costs."}
    (tmp_path / workplace.HANDED_OUT).write_text(json.dumps(told))
    assert deadlines.sentence(tmp_path, LAB, datetime.fromisoformat(now).replace(tzinfo=UTC)) == said
    assert deadlines.sentence(tmp_path, "02_other") == ""


@pytest.mark.parametrize("told", [{"due": 5}, {"due": {LAB: 5}}, {"due": {LAB: {"at": "x"}}}, {}])
def test_a_course_file_that_says_nonsense_of_dates_says_nothing(tmp_path, told):
    (tmp_path / workplace.HANDED_OUT).write_text(json.dumps(told))
    assert deadlines.sentence(tmp_path, LAB) == ""
    (tmp_path / workplace.HANDED_OUT).write_text(json.dumps({"due": {LAB: {"at": "x", "shown": "soon"}}, "late": 5}))
    assert deadlines.sentence(tmp_path, LAB) == "Due soon."


def test_the_start_page_has_a_column_of_dates_where_there_are_any():
    from course_utils import reference

    lab = reference.labs()[0]
    with_dates = start_page.text({lab: "Sun, 23:59"})
    assert "| minutes | points | due |" in with_dates
    assert "| Sun, 23:59 |" in with_dates
    assert "due |" not in start_page.text()
    assert start_page.text({"no_lab": "x"}) == start_page.text()
