"""A busy machine and a process that is killed from outside cost nobody an answer."""

import contextlib
import os
import signal
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
from test_preloaded_process import MOST, SLEEPY, below, engine, grade, job, supervisors, wait_for  # noqa: F401

from course_utils.grading import channel, sandbox, shell
from course_utils.grading.channel import GROWTH, Channel, Gone, Patience, TooSlow, lost
from course_utils.grading.faults import ENDED_OUTSIDE
from course_utils.grading.fork_server import NICE
from course_utils.grading.job import Limits
from course_utils.grading.sandbox import cgroups
from course_utils.grading.supervise import REPEATED
from course_utils.grading.trusted import Late, at_most, together

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel says who has waited")


class Machine:
    """A machine on which processes have waited for so many seconds."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def waited(self, _pid) -> float:
        return self.seconds


@pytest.fixture
def machine(monkeypatch) -> Machine:
    made = Machine()
    monkeypatch.setattr(channel, "waited", made.waited)
    return made


def test_the_kernel_says_how_long_this_process_has_waited():
    assert channel.waited("self") > 0
    assert channel.waited(2**30) == 0


def test_patience_grows_by_what_was_waited_and_not_without_end(machine, monkeypatch):
    monkeypatch.setattr(channel, "LOOK_EVERY", 0)
    patience = Patience(10)
    before = patience()
    machine.seconds = 5
    assert patience() == before + 5
    machine.seconds = 10_000
    assert patience() == before + (GROWTH - 1) * 10


def answer_after(wire: Channel, seconds: float) -> threading.Thread:
    def serve() -> None:
        wire.receive()
        time.sleep(seconds)
        with contextlib.suppress(Gone):
            wire.send("here")

    thread = threading.Thread(target=serve)
    thread.start()
    return thread


def test_an_answer_that_is_late_because_the_machine_was_busy_counts(machine):
    mine, theirs = (Channel(end) for end in socket.socketpair())
    thread, before = answer_after(theirs, 0.6), lost()
    threading.Timer(0.1, lambda: setattr(machine, "seconds", 50.0)).start()
    assert mine.ask("question", 0.4) == "here"
    thread.join()
    assert lost() - before == pytest.approx((GROWTH - 1) * 0.4)


def test_an_answer_that_is_late_by_itself_does_not_count(machine):
    mine, theirs = (Channel(end) for end in socket.socketpair())
    thread = answer_after(theirs, 0.6)
    with pytest.raises(TooSlow):
        mine.ask("question", 0.2)
    thread.join()


def test_questions_that_are_answered_at_once_look_at_the_accounts_once_each(monkeypatch):
    monkeypatch.setattr(channel, "LOOK_EVERY", 1000)
    mine, theirs = (Channel(end) for end in socket.socketpair())
    looks = []
    mine.computed = lambda: looks.append("at files of the kernel's") or 0.0

    def serve() -> None:
        for _ in range(20):
            theirs.send(theirs.receive())

    thread = threading.Thread(target=serve)
    thread.start()
    assert [mine.ask("question", 3000, 3000) for _ in range(20)] == 20 * ["question"]
    thread.join()
    assert len(looks) == 20


def test_a_cell_that_had_to_wait_is_not_stopped_by_the_clock(machine, monkeypatch):
    monkeypatch.setattr(shell, "PATIENCE", 1)
    with shell.interrupted_after(0.5) as late:
        machine.seconds = 1.0
        time.sleep(0.9)
    assert not late
    with pytest.raises(KeyboardInterrupt), shell.interrupted_after(0.5):
        time.sleep(60)


def test_a_check_does_not_pay_for_what_the_students_side_has_waited(machine):
    mine, theirs = (Channel(end) for end in socket.socketpair())
    thread = answer_after(theirs, 0.6)
    threading.Timer(0.05, lambda: setattr(machine, "seconds", 50.0)).start()
    with at_most(0.3):
        assert mine.ask("question", 0.5) == "here"
    thread.join()
    with pytest.raises(Late), at_most(0.2):
        time.sleep(60)


def test_a_check_does_not_pay_for_what_its_own_process_has_waited(machine):
    threading.Timer(0.05, lambda: setattr(machine, "seconds", 50.0)).start()
    with at_most(0.3):
        time.sleep(0.7)  # a busy machine gives this process no time
    with pytest.raises(Late), at_most(0.2):
        time.sleep(60)


def test_each_box_has_a_share_of_the_processor_where_groups_can_be_made():
    groups = cgroups.make("course-box-of-a-test", Limits())
    try:
        writable = [place for place in cgroups.places().get("cpu", []) if os.access(place / "cgroup.procs", os.W_OK)]
        if writable:
            assert "cpu" in cgroups.limited(groups)
            shares = [(group / "cpu.shares").read_text().strip() for group in groups if (group / "cpu.shares").exists()]
            assert shares == ["1024"]
    finally:
        for group in groups:
            cgroups.remove(group)


# --- what a submission's processes compute together


def compute(seconds: float, children: int = 0) -> None:
    """Compute, and have children compute, one of which is waited for."""
    pids = [fork_to_compute(seconds) for _ in range(children)]
    while time.process_time() < seconds:
        sum(range(1000))
    if pids:
        os.waitpid(pids[0], 0)


def fork_to_compute(seconds: float) -> int:
    if (pid := os.fork()) == 0:
        compute(seconds)
        os._exit(0)
    return pid


@pytest.mark.parametrize("grouped", [True, False])
def test_what_children_compute_is_counted(grouped):
    groups = cgroups.make("course-box-that-computes", Limits()) if grouped else []
    if grouped and not groups:
        pytest.skip("no control groups may be made here")
    assert cgroups.computed(groups) in (0, None)
    ready, go_on = os.pipe(), os.pipe()
    if (child := os.fork()) == 0:
        with contextlib.suppress(BaseException):
            cgroups.join(groups)
            compute(0.1, children=2)
            os.write(ready[1], b"!")
            os.read(go_on[0], 1)
        os._exit(0)
    try:
        assert os.read(ready[0], 1)
        wait_for(lambda: sandbox.computed(child, groups) > 0.25)
        assert sandbox.computed(child, groups) < 2
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        cgroups.kill(groups)
        for group in groups:
            cgroups.remove(group)
        for end in (*ready, *go_on):
            os.close(end)


def test_whose_children_compute_too_long_is_asked_no_longer():
    mine, theirs = (Channel(end) for end in socket.socketpair())
    used = iter([10.0, 12.0, 14.0, *[16.0] * 100])
    mine.computed = lambda: next(used)
    thread = answer_after(theirs, 3)
    with pytest.raises(TooSlow):
        mine.ask("question", 1000, together(3))
    thread.join()


def test_who_computes_little_is_waited_for():
    mine, theirs = (Channel(end) for end in socket.socketpair())
    mine.computed = lambda: 10.0
    thread = answer_after(theirs, 0.6)
    assert mine.ask("question", 1000, together(0)) == "here"
    thread.join()


MANY = """
import os, time
for _ in range(4):
    if os.fork() == 0:
        while True:
            sum(range(1000))
while True:
    try:
        time.sleep(60)
    except KeyboardInterrupt:
        pass
"""


def computed_below(engine) -> float:  # noqa: F811
    return sum(sandbox.computed(one.process.pid, []) for one in engine.processes)


@pytest.mark.thorough
def test_many_children_do_not_buy_many_times_the_limit(engine):  # noqa: F811
    """One process may compute half a second; on the clock it would have 3.5, on each processor."""
    before = computed_below(engine)
    found = grade(engine, job("ada", MANY, seconds=0.5))
    assert [cell["status"] for cell in found.cells].count("timeout") == 1
    wait_for(lambda: not supervisors(engine))
    assert computed_below(engine) - before < 4.5


# --- with the real engine


def leaves(pid: int) -> list[psutil.Process]:
    """Return the processes at the ends of a tree: those in which students' code runs."""
    children = below(pid)
    return [leaf for child in children for leaf in leaves(child.pid) or [child]]


@pytest.mark.slow
def test_a_process_that_is_killed_from_outside_costs_nothing(engine):  # noqa: F811
    killed = []

    def kill_one() -> bool:
        found = [leaf for one in supervisors(engine) for server in below(one.pid) for leaf in leaves(server.pid)]
        asleep = [leaf for leaf in found if leaf.status() == psutil.STATUS_SLEEPING and len(leaf.cmdline()) >= 0]
        for leaf in asleep:
            leaf.send_signal(signal.SIGKILL)
            killed.append(leaf.pid)
        return bool(asleep)

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(grade, engine, job("ada", f"import os\nprint(os.nice(0))\n{SLEEPY}"))
        time.sleep(1.5)
        wait_for(kill_one)
        found = future.result()
    assert killed
    assert (found.points, found.reason) == (MOST, "")
    assert REPEATED in found.notes
    said = [output.get("text", "") for cell in found.cells for output in cell["outputs"]]
    assert f"{min(os.nice(0) + NICE, 19)}\n" in said
    assert not any(cell["status"] == "ended the process" for cell in found.cells)


@pytest.mark.thorough
@pytest.mark.parametrize("which", [0, 1])
def test_a_box_that_is_killed_from_outside_again_and_again_is_left_open(engine, which):  # noqa: F811
    """``which`` is the box's outermost process, or its first: nothing that runs inside can end either."""
    stop = threading.Event()

    def kill_all() -> None:
        while not stop.is_set():
            servers = [server for one in supervisors(engine) for server in below(one.pid)]
            for box in [box for server in servers for box in below(server.pid) if leaves(box.pid)]:
                for hit in below(box.pid) if which else [box]:
                    hit.kill()
            time.sleep(0.05)

    killer = threading.Thread(target=kill_all)
    killer.start()
    try:
        found = grade(engine, job("ada", SLEEPY))
    finally:
        stop.set()
        killer.join()
    assert "interrupted" in {check.verdict for check in found.checks.values()}
    assert ENDED_OUTSIDE in found.notes
    assert not any(cell["status"] == "ended the process" for cell in found.cells)


@pytest.mark.slow
def test_a_cell_that_ends_its_own_process_costs_itself_and_no_more(engine):  # noqa: F811
    found = grade(engine, job("ada", "import os\nos._exit(1)\n"))
    assert [cell["status"] for cell in found.cells].count("ended the process") == 1
    assert REPEATED not in found.notes
    assert 0 < found.points < MOST
    assert found.restarts == 1
