"""Feedback pages made by several processes: the same bytes, nothing lost when one of them or all of them are killed."""

import os
import signal
import time
from pathlib import Path

import psutil
import pytest
from classroom import LAB, RIGHT, grade, hand_in
from test_killed import command, run

from course_utils.grading import feedback
from course_utils.grading.driver import Watcher

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
STUDENTS = [f"s{number:02}" for number in range(7)]


@pytest.fixture
def course(root) -> Path:
    for number, name in enumerate(STUDENTS):
        hand_in(root, name, (RIGHT, "half", "wrong")[number % 3])
    grade(root)
    return root


def page(course: Path, student: str) -> Path:
    return course / "feedback" / student / LAB / f"{LAB}.html"


def pages(course: Path) -> dict[str, bytes]:
    return {name: page(course, name).read_bytes() for name in STUDENTS if page(course, name).is_file()}


class Counter(Watcher):
    """Counts the steps."""

    def __init__(self):
        self.total, self.steps = 0, []

    def begin(self, lab, total):
        self.total = total

    def step(self, student, failed):
        self.steps.append((student, failed))


def test_two_processes_make_what_one_makes(course):
    assert feedback.make_feedback(course, LAB, workers=1).made == STUDENTS
    alone, counter = pages(course), Counter()
    outcome = feedback.make_feedback(course, LAB, fresh=True, workers=2, watcher=counter)
    assert (outcome.made, outcome.failures) == (STUDENTS, {})
    assert (counter.total, sorted(counter.steps)) == (7, [(name, False) for name in STUDENTS])
    assert pages(course) == alone
    assert len(alone) == 7
    assert feedback.make_feedback(course, LAB, workers=2).known == STUDENTS


def test_a_page_that_cannot_be_made_costs_only_itself(course):
    (course / "autograded" / "s05" / LAB / f"{LAB}.ipynb").write_text("{")
    outcome = feedback.make_feedback(course, LAB, workers=2)
    assert outcome.made == [name for name in STUDENTS if name != "s05"]
    assert list(outcome.failures) == ["s05"]
    assert outcome.failures["s05"].startswith("nbgrader could not make the page: ")


def test_few_pages_start_no_process(course, monkeypatch):
    monkeypatch.setattr(feedback, "ProcessPoolExecutor", None)
    few = STUDENTS[: feedback.PAGES_EACH]
    assert feedback.make_feedback(course, LAB, students=few, workers=8).made == few


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX's")
def test_a_process_that_is_killed_is_said_so_and_the_next_run_makes_the_rest(course):
    class Killer(Watcher):
        def step(self, student, failed):
            if not killed:
                killed.append(student)
                for child in makers(psutil.Process()):
                    child.kill()

    killed = []
    outcome = feedback.make_feedback(course, LAB, workers=2, watcher=Killer())
    assert outcome.failures
    assert set(outcome.failures.values()) == {"the process that made it ended; run the command again"}
    assert sorted([*outcome.made, *outcome.failures]) == STUDENTS
    again = feedback.make_feedback(course, LAB)
    assert (again.made, again.known) == (sorted(outcome.failures), outcome.made)
    assert sorted(pages(course)) == STUDENTS


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX's")
def test_a_killed_command_leaves_no_process_and_no_half_page(course):
    process = command(course, "feedback", "1", "--workers", "2")
    while not pages(course):
        assert process.poll() is None, process.stdout.read()
        time.sleep(0.05)
    children = makers(psutil.Process(process.pid))
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert len(children) == 2
    assert psutil.wait_procs(children, timeout=60)[1] == []
    assert run(course, "feedback", "1")[0] == 0
    there = pages(course)
    feedback.make_feedback(course, LAB, fresh=True)
    assert pages(course) == there
    assert sorted(there) == STUDENTS


def makers(parent: psutil.Process) -> list[psutil.Process]:
    """Return the processes that make pages for another one."""
    return [one for one in parent.children() if any("spawn_main" in word for word in one.cmdline())]


def test_scores_are_listed_by_the_names_of_exercises(tmp_path):
    (tmp_path / "notebooks").symlink_to(ROOT / "notebooks")
    made = tmp_path / "page.html"
    made.write_text(
        '<head></head><a href="#output-sizes-check">Test cell</a> (Score: 3 / 5) <a href="#other">Test cell</a>'
    )
    feedback._finish(tmp_path, "05_conv_and_pooling", made)
    head, _, body = made.read_text().partition("</head>")
    assert "summary { display: list-item" in head
    assert body == (
        '<a href="#output-sizes-check">Exercise 5.2, How large is the output?</a> (Score: 3 / 5) '
        '<a href="#other">Test cell</a>'
    )


def test_a_course_that_was_not_released_here_keeps_nbgraders_words(course):
    feedback.make_feedback(course, LAB, students=["s00"])
    assert "Test cell</a>" in page(course, "s00").read_text()
