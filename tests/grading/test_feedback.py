"""Feedback pages made by several processes: the same bytes, nothing lost when one of them or all of them are killed."""

import os
import re
import signal
import sys
import time
from pathlib import Path

import psutil
import pytest
from classroom import LAB, RIGHT, grade, hand_in
from test_killed import command, run

from course_utils.grading import feedback, page_makers
from course_utils.grading.driver import Watcher
from course_utils.grading.gradebook import read_settings

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


def test_few_pages_start_one_process(course, monkeypatch):
    started = []
    begin = page_makers.Maker.__post_init__
    monkeypatch.setattr(page_makers.Maker, "__post_init__", lambda self: (started.append(1), begin(self)))
    few = STUDENTS[: feedback.PAGES_EACH]
    assert sorted(feedback.make_feedback(course, LAB, students=few, workers=8).made) == few
    assert len(started) == 1


def test_a_graded_notebook_that_cannot_be_read_costs_only_itself(course):
    path = course / "autograded" / "s05" / LAB / f"{LAB}.ipynb"
    path.unlink()
    path.mkdir()
    outcome = feedback.make_feedback(course, LAB, workers=2)
    assert outcome.made == [name for name in STUDENTS if name != "s05"]
    assert outcome.failures == {"s05": "the graded notebook cannot be read: Is a directory"}


# --- the processes


def odd_page(word: str) -> str:
    """Make no page, in one way or another."""
    match word:
        case "raise":
            raise RuntimeError("two\nlines")
        case "compute":
            re.match(r"(a+)+$", "a" * 60 + "b")  # in the library's own loop
        case "exit":
            os._exit(0)
        case "memory":
            return str(len("a" * (5 << 30)))
    return word.removeprefix("fine")


@pytest.mark.skipif(os.name != "posix", reason="timers and limits are POSIX's")
@pytest.mark.parametrize("workers", [1, 2])
def test_a_page_that_takes_too_much_costs_itself_and_no_other(workers):
    pages = {word: (word,) for word in ("fine", "raise", "fine1", "exit", "memory", "fine2")}
    found = dict(page_makers.make_all(odd_page, pages, workers))
    assert found.pop("raise") == "RuntimeError: two"
    assert found.pop("exit") == page_makers.ENDED
    assert found.pop("memory").startswith("MemoryError")
    assert found == {"fine": "", "fine1": "1", "fine2": "2"}


def quick_page(word: str) -> str:
    with page_makers._limited_time(1):
        return odd_page(word)


@pytest.mark.skipif(os.name != "posix", reason="timers and limits are POSIX's")
def test_a_page_that_computes_without_end_is_ended():
    found = dict(page_makers.make_all(quick_page, {word: (word,) for word in ("compute", "fine", "compute ")}, 1))
    assert found["compute"] == page_makers.SLOW
    assert found["fine"] == ""


# --- a notebook under another name


def test_the_page_of_a_renamed_notebook_lies_there_under_both_names(course):
    folder = course / "submitted" / "s03" / LAB
    (folder / f"{LAB}.ipynb").rename(folder / "my final (2).ipynb")
    grade(course)
    feedback.make_feedback(course, LAB, workers=1)
    there = course / "feedback" / "s03" / LAB
    assert (there / "my final (2).html").read_bytes() == (there / f"{LAB}.html").read_bytes()
    assert [path.name for path in page(course, "s02").parent.glob("*.html")] == [f"{LAB}.html"]


def test_the_page_of_a_renamed_notebook_reaches_its_student_through_the_exchange(course, tmp_path, monkeypatch):
    """A page that is released is fetched under the name of the notebook that the student has."""
    from nbgrader.apps.api import NbGraderAPI
    from nbgrader.utils import notebook_hash

    exchange = tmp_path / "exchange"
    exchange.mkdir(mode=0o777)
    exchange.chmod(0o777)
    folder = course / "submitted" / "s03" / LAB
    (folder / f"{LAB}.ipynb").rename(folder / "mine.ipynb")
    for path in (course / "submitted").iterdir():
        (path / LAB / "timestamp.txt").write_text("2026-11-02 10:00:00 UTC")
        (path / LAB / "submission_secret.txt").write_text(f"secret of {path.name}")
    grade(course)
    feedback.make_feedback(course, LAB, workers=1)
    config = read_settings(course).config
    config.Exchange.root = str(exchange)
    done = NbGraderAPI(config=config).release_feedback(LAB)
    assert done["success"], done
    name = notebook_hash(secret="secret of s03", notebook_id="mine")
    released = exchange / "neural-network-labs" / "feedback" / f"{name}.html"
    assert released.read_bytes() == page(course, "s03").read_bytes()


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
    assert set(again.made) <= set(outcome.failures)  # one maker may have been killed after its page, before it said so
    assert sorted([*again.made, *again.known]) == STUDENTS
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
    assert children
    assert psutil.wait_procs(children, timeout=60)[1] == []
    assert run(course, "feedback", "1")[0] == 0
    there = pages(course)
    feedback.make_feedback(course, LAB, fresh=True)
    assert pages(course) == there
    assert sorted(there) == STUDENTS


def makers(parent: psutil.Process) -> list[psutil.Process]:
    """Return the processes that make pages for another one."""
    if sys.platform == "linux":  # forks of a process that has imported what makes pages
        servers = [one for one in parent.children() if any("forkserver" in word for word in one.cmdline())]
        return [one for server in servers for one in server.children()]
    return [one for one in parent.children() if any("spawn_main" in word for word in one.cmdline())]
