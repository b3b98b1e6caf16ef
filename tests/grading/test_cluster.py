"""Dask workers that somebody has started: nothing lost, nothing doubled, whatever becomes of a worker."""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from classroom import RIGHT, grade, hand_in, rows, state
from processes import end

from course_utils.course import CourseError
from course_utils.grading import cluster
from course_utils.grading.cluster import Cluster
from course_utils.grading.driver import Watcher

pytestmark = pytest.mark.slow
TESTS = Path(__file__).resolve().parent.parent


@pytest.fixture
def course(root):
    for number in range(12):
        hand_in(root, f"s{number:02}", RIGHT if number % 3 else "half")
    return root


def pids(lines: list[str]) -> list[int]:
    return [int(line.split()[2]) for line in lines]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


# --- a scheduler and workers, in folders of their own


@contextmanager
def running(*arguments: str, folder: Path, paths: tuple[Path, ...] = (), **variables: str):
    """Run one of Dask's commands in an unrelated folder; give the process and its log."""
    folder.mkdir(parents=True, exist_ok=True)
    log_file = folder / "log"
    variables["PYTHONPATH"] = os.pathsep.join([*map(str, paths), os.environ["PYTHONPATH"]])
    with log_file.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "distributed.cli." + arguments[0], *arguments[1:]],
            cwd=folder,
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
        )
    try:
        yield process, log_file
    finally:
        end(process)
        print(log_file.read_text())  # shown if the test fails


@contextmanager
def scheduler(folder: Path):
    options = ("--port", "0", "--host", "127.0.0.1", "--dashboard-address", "127.0.0.1:0")
    with running("dask_scheduler", *options, folder=folder) as (one, log_):
        for _ in range(600):
            found = re.search(r"tcp://127\.0\.0\.1:\d+", log_.read_text())
            if found:
                yield found[0]
                return
            assert one.poll() is None, log_.read_text()
            time.sleep(0.1)
        raise AssertionError(log_.read_text())


def worker(address: str, folder: Path, *options: str, **variables: str):
    options = options or ("--nthreads", "4", "--no-nanny")
    own = ("--host", "127.0.0.1", "--dashboard-address", "127.0.0.1:0")
    return running("dask_worker", address, *options, *own, folder=folder, paths=(TESTS,), **variables)


@pytest.fixture
def slowly(monkeypatch):
    """Let each submission take a while, at workers that are started after this."""
    monkeypatch.setenv("FAKE_ENGINE_SECONDS", "0.3")


@pytest.fixture
def two(log, tmp_path):
    """The address of a scheduler with two workers, who are replaced when they die."""
    options = ("--nworkers", "2", "--nthreads", "1")
    with scheduler(tmp_path / "machine 1") as address, worker(address, tmp_path / "machine 2", *options):
        yield address


@pytest.mark.thorough
def test_two_workers_write_what_none_writes(course, log, two):
    outcome = grade(course, scheduler=two, verify=3)
    assert (len(outcome.graded), outcome.differing, outcome.failures) == (12, {}, {})
    assert len(log("start")) == 2, "each worker has one engine"
    assert len(log("close")) == 2, "and ends it"
    there = state(course)
    grade(course, fresh=True)
    assert state(course) == there


def test_a_job_that_takes_its_worker_down_costs_only_itself(course, log, two):
    hand_in(course, "boris", "worker dies")
    hand_in(course, "carl", "worker dies")
    outcome = grade(course, scheduler=two)
    assert len(outcome.graded) == 12
    assert outcome.failures == dict.fromkeys(("boris", "carl"), "the worker that graded it died, again and again")
    assert log().count("boris") <= 12, "tries are bounded"
    assert not {"boris", "carl"} & {student for student, *_ in rows(course)["grades"]}


def test_a_worker_that_is_killed_loses_nothing(course, slowly, two):
    path, killed = Path(os.environ["FAKE_ENGINE_LOG"]), []

    class Killer(Watcher):
        def step(self, student, failed):
            lines = [line for line in path.read_text().splitlines() if line.startswith("grade")]
            if len(lines) > 4 and not killed:
                killed.append(pids(lines)[-1])
                os.kill(killed[0], signal.SIGKILL)

    outcome = grade(course, scheduler=two, watcher=Killer())
    assert killed
    assert sorted(outcome.graded) == [f"s{number:02}" for number in range(12)]
    assert len(rows(course)["submissions"]) == 12


def test_what_raises_at_a_worker_is_a_failure_with_its_reason(course, two):
    hand_in(course, "boris", "machine fails")
    outcome = grade(course, scheduler=two)
    assert outcome.failures == {"boris": "Grading does not work on this machine."}
    assert len(outcome.graded) == 12


def test_workers_elsewhere_share_no_folder_and_grade_one_job_at_a_time(course, log, tmp_path):
    with scheduler(tmp_path / "machine 1") as address, worker(address, tmp_path / "machine 2"):
        outcome = grade(course, scheduler=address)
        assert len(outcome.graded) == 12
        there = state(course)
        assert grade(course, scheduler=address, fresh=True).differing == {}
    assert len(log("close")) == 2, "the engine ends when we go; the worker stays"
    grade(course, fresh=True)
    assert state(course) == there


def test_a_second_worker_may_come_and_the_first_may_go(course, tmp_path, monkeypatch):
    monkeypatch.setenv("FAKE_ENGINE_SECONDS", "0.3")
    with scheduler(tmp_path / "1") as address, worker(address, tmp_path / "2") as (first, _):
        late = []

        class Exchange(Watcher):
            def step(self, student, failed):
                if not late:
                    late.append(worker(address, tmp_path / "3"))
                    late[0].__enter__()
                    first.kill()

        try:
            outcome = grade(course, scheduler=address, watcher=Exchange())
        finally:
            late[0].__exit__(None, None, None)
    assert len(outcome.graded) == 12


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense", "tcp://", "http://127.0.0.1:1"])
def test_a_scheduler_that_is_not_there_is_said_so_in_one_sentence(course, monkeypatch, address):
    monkeypatch.setattr(cluster, "START_SECONDS", 2)
    with pytest.raises(CourseError, match=f"^The scheduler {address} cannot be used: .*$"):
        grade(course, scheduler=address)


def test_a_scheduler_without_workers_is_said_so(course, monkeypatch, tmp_path):
    monkeypatch.setattr(cluster, "START_SECONDS", 2)
    with scheduler(tmp_path / "1") as address, pytest.raises(CourseError, match=r"cannot be used: .*worker"):
        grade(course, scheduler=address)


def test_a_scheduler_that_has_lost_its_workers_is_said_so_and_nothing_is_lost(course, slowly, monkeypatch, tmp_path):
    monkeypatch.setattr(cluster, "LOOK_SECONDS", 1)
    monkeypatch.setattr(cluster, "NO_WORKER_SECONDS", 2)

    class Ender(Watcher):
        def step(self, student, failed):
            process.kill()

    with scheduler(tmp_path / "1") as address, worker(address, tmp_path / "2") as (process, _):
        with pytest.raises(CourseError, match=rf"^The scheduler {address} has no workers left\."):
            grade(course, scheduler=address, watcher=Ender())
        with worker(address, tmp_path / "3"):
            assert len(grade(course, scheduler=address).graded) == 11


class Lost:
    """A future whose worker has gone with its result, and whose job waits for another worker."""

    status = "pending"

    def result(self, timeout=None):
        assert timeout is not None, "this would wait for ever"
        raise TimeoutError


def test_a_result_that_is_lost_with_its_worker_is_asked_for_again():
    pending = cluster.Pending()
    pending.tries["ada"] = cluster.TRIES
    assert Cluster("tcp://nowhere")._result(Lost(), "ada", b"", pending) is None


def test_other_libraries_at_a_worker_are_refused_by_name(course, monkeypatch, tmp_path):
    with scheduler(tmp_path / "1") as address, worker(address, tmp_path / "2"):
        mine = [(name, "0.1" if name == "numpy" else number) for name, number in cluster.versions()]
        monkeypatch.setattr(Cluster, "_versions_here", staticmethod(lambda: tuple(mine)))
        with pytest.raises(
            CourseError, match=r"^The worker tcp\S+ has numpy [0-9.]+; here it is numpy 0\.1\. Install the same there"
        ):
            grade(course, scheduler=address)


def other_code(versions):
    return tuple((name, number.replace("+", "+0") if name == "course-utils" else number) for name, number in versions)


def test_another_text_of_the_package_at_a_worker_is_refused_by_name(course, log, monkeypatch, tmp_path):
    with scheduler(tmp_path / "1") as address, worker(address, tmp_path / "2"):
        monkeypatch.setattr(Cluster, "_versions_here", staticmethod(lambda: other_code(cluster.versions())))
        with pytest.raises(CourseError, match=r"^The worker tcp\S+ has course-utils \S+\+\w+; here it is course-utils"):
            grade(course, scheduler=address)
    assert log() == [], "nothing was graded"


def test_a_worker_with_another_text_that_comes_late_is_refused_before_it_grades(course, log, monkeypatch, tmp_path):
    monkeypatch.setattr(Cluster, "_compare_versions", lambda self: None)
    monkeypatch.setattr(Cluster, "_versions_here", staticmethod(lambda: other_code(cluster.versions())))
    refusal = pytest.raises(CourseError, match=r"^The worker tcp\S+ has course-utils .* start the worker anew\.$")
    with scheduler(tmp_path / "1") as address, worker(address, tmp_path / "2"), refusal:
        grade(course, scheduler=address)
    assert log() == [], "nothing was graded"


@pytest.mark.thorough
def test_a_scheduler_that_goes_away_is_said_so_and_nothing_is_lost(course, tmp_path, monkeypatch):
    monkeypatch.setenv("FAKE_ENGINE_SECONDS", "0.3")
    monkeypatch.setattr(cluster, "START_SECONDS", 20)  # and for as long the client looks for its scheduler again
    seen = []

    class Ender(Watcher):
        def step(self, student, failed):
            seen.append(student)
            if len(seen) == 3:
                stack.close()

    from contextlib import ExitStack

    with ExitStack() as stack:
        address = stack.enter_context(scheduler(tmp_path / "1"))
        stack.enter_context(worker(address, tmp_path / "2"))
        with pytest.raises(CourseError, match=r"was lost\. Run the command again"):
            grade(course, scheduler=address, watcher=Ender())
    outcome = grade(course)
    assert len(outcome.graded) == 12 - len(seen)
    assert len(rows(course)["submissions"]) == 12
