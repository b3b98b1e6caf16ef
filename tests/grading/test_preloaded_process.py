"""The engine and its preloaded process: what is killed is done once more, and whoever waits is never left alone."""

import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from lesson import model_answers_of
from shortened import bundle, filled, packed

from course_utils.course import CourseError
from course_utils.grading.engine import Engine
from course_utils.grading.faults import ENDED_OUTSIDE
from course_utils.grading.here import Here
from course_utils.grading.job import Graded, Job, Limits, Submission

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name != "posix", reason="sends signals")]
LAB = "05_conv_and_pooling"
ROOT = Path(__file__).resolve().parents[2]
SLEEPY = "import time\ntime.sleep(3)\n"
MOST = sum(cell["points"] for cell in bundle(LAB).cells)


def job(student: str = "ada", before: str = "", seconds: float = 60) -> bytes:
    """Return a job whose every answer is right, with some lines before the first of them."""
    answers = dict(model_answers_of(LAB))
    first = next(iter(answers))
    answers[first] = before + answers[first]
    notebook = packed(filled(LAB, answers))
    return Job(bundle(LAB), Submission(student, notebook), Limits(seconds, seconds, total_seconds=4 * seconds)).pack()


def grade(engine: Engine, what: bytes) -> Graded:
    return Graded.unpack(engine.grade(what))


def below(pid: int) -> list[psutil.Process]:
    """Return the processes that a process has started, as long as it is there."""
    try:
        return [one for one in psutil.Process(pid).children() if one.status() != psutil.STATUS_ZOMBIE]
    except psutil.NoSuchProcess:
        return []


def supervisors(engine: Engine) -> list[psutil.Process]:
    """Return the processes that grade just now."""
    return [one for preloaded in engine.processes for one in below(preloaded.process.pid)]


def is_under_way(engine: Engine) -> bool:
    """Tell whether a student's process is there."""
    return any(below(server.pid) for one in supervisors(engine) for server in below(one.pid))


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(2000):
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError("waited in vain")


@pytest.fixture(scope="module")
def engine():
    with Engine(at_once=2) as found:
        grade(found, job())  # the release's pictures are drawn
        yield found


@pytest.mark.thorough
def test_two_threads_have_two_submissions_graded_at_a_time(engine):
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(grade, engine, job(name, SLEEPY)) for name in ("ada", "bela")]
        wait_for(lambda: len(supervisors(engine)) == 2)
        found = [future.result() for future in both]
    assert [(one.student, one.points, one.restarts) for one in found] == [("ada", MOST, 0), ("bela", MOST, 0)]
    assert len(engine.processes) == 1


def killed_in_the_middle(engine: Engine, kill: Callable[[], None]) -> Graded:
    """Grade a submission that takes its time, and do something when it is under way."""
    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(grade, engine, job("ada", SLEEPY))
        wait_for(lambda: is_under_way(engine))
        kill()
        return result.result()


def test_a_supervisor_that_is_killed_costs_nobody_a_point(engine):
    graded = killed_in_the_middle(engine, lambda: supervisors(engine)[0].kill())
    assert (graded.points, graded.reason) == (MOST, "")


def test_a_warm_parent_that_is_killed_costs_nobody_a_point(engine):
    first = engine.processes[0].process.pid
    graded = killed_in_the_middle(engine, lambda: os.kill(first, signal.SIGKILL))
    assert (graded.points, graded.reason) == (MOST, "")
    assert [one.process.pid != first for one in engine.processes] == [True]


def test_a_submission_whose_supervisor_dies_again_and_again_is_left_open(engine):
    stop = threading.Event()

    def kill_all():
        while not stop.is_set():
            for one in supervisors(engine):
                one.kill()
            time.sleep(0.01)

    killer = threading.Thread(target=kill_all)
    killer.start()
    try:
        graded = grade(engine, job("boris", SLEEPY))
    finally:
        stop.set()
        killer.join()
    assert (graded.points, graded.reason, graded.notes) == (0, "", [ENDED_OUTSIDE])
    assert {check.verdict for check in graded.checks.values()} == {"interrupted"}
    assert grade(engine, job()).points == MOST


def test_closing_ends_what_is_under_way_and_leaves_no_process():
    here = Here(2)
    engine = here.begin()
    pid = engine.processes[0].process.pid
    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(here.grade, job("ada", SLEEPY))
        wait_for(lambda: is_under_way(engine))
        there = psutil.Process(pid).children(recursive=True)
        here.close()
        assert result.result().reason == "Grading was ended."
    assert not psutil.wait_procs(there, timeout=10)[1]


def test_an_engine_that_is_not_wanted_after_all_ends_at_once_and_leaves_no_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    engine = Engine()
    wait_for(lambda: list(tmp_path.iterdir()))
    engine.close()
    assert not list(tmp_path.iterdir())
    with pytest.raises(CourseError, match=r"^Grading was ended\.$"):
        engine.grade(job())


@pytest.mark.thorough
def test_where_no_process_can_be_forked_each_thread_has_a_parent_of_its_own():
    with Engine(spawn=True, at_once=2) as engine, ThreadPoolExecutor(2) as pool:
        both = [pool.submit(grade, engine, job(name, SLEEPY)) for name in ("ada", "bela")]
        assert [one.result().points for one in both] == [MOST, MOST]
        assert len(engine.processes) == 2
        assert not engine.busy


def test_a_process_that_does_not_start_is_said_so_in_one_sentence():
    with Engine(modules=["no_such_module"]) as engine, pytest.raises(CourseError) as failure:
        engine.grade(job())
    assert str(failure.value) == (
        "The process that grades does not start: ModuleNotFoundError: No module named 'no_such_module'"
    )
