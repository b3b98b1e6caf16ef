"""The grading function itself, without a student's process: whatever a file holds, a result comes out."""

import json
import socket
from dataclasses import asdict, replace

import msgpack
import pytest
from attacks import honest
from test_alignment import BUNDLE, Mutator
from test_plain_checks import cell, notebook
from thorough import THOROUGH

from course_utils.grading.channel import Channel, Gone, TooSlow
from course_utils.grading.faults import ENDED_OUTSIDE
from course_utils.grading.fork_server import KilledBox, NoBox
from course_utils.grading.graded_notebook import make_notebook
from course_utils.grading.job import DONE, GRADE, Bundle, Graded, Job, Limits, Submission
from course_utils.grading.supervise import (
    MOST_ENDED_OUTSIDE,
    MOST_REPEATS,
    MOST_RESTARTS,
    REPEATED,
    Supervision,
    serve_request,
)

pytestmark = pytest.mark.slow

MUTATIONS = 500 if THOROUGH else 100
CHECKS = [cell["grade_id"] for cell in BUNDLE.cells if cell["grade"] and not cell["solution"]]


class Wire:
    """A wire to a process that is not there."""

    closed = False

    def __init__(self, fault: Exception) -> None:
        self.fault = fault

    def ask(self, request, seconds, together):
        """Fail, as if the process had died or hung."""
        raise self.fault

    def kill_peer(self) -> None:
        """There is nobody to kill."""


class Box:
    """A box whose process dies or hangs at its first cell."""

    copies = True

    def __init__(self, fault: Exception) -> None:
        self.channel, self.ended = Wire(fault), False

    def fork(self):
        """There is nothing to copy."""
        return None

    def computed(self) -> float:
        """Tell that nothing was computed."""
        return 0.0

    def ended_from_outside(self) -> bool:
        """Tell that it ended by itself."""
        return False

    def end(self) -> None:
        """Note that it was ended."""
        self.ended = True


class Boxes:
    """Makes such boxes."""

    sandbox = "none"

    def __init__(self, fault: Exception) -> None:
        self.fault, self.made = fault, []

    def prepare(self, limits, files) -> None:
        """Take what all boxes get."""

    def open(self, seed):
        """Make one."""
        self.made.append(Box(self.fault))
        return self.made[-1]


def grade(notebook: bytes, fault: Exception) -> tuple[Graded, Boxes]:
    boxes = Boxes(fault)
    return Supervision(Job(BUNDLE, Submission("mallory", notebook)), boxes).grade(), boxes


class Telling(Wire):
    """A wire to a process in which each name is the number 1, and which may be asked for nothing else."""

    def ask(self, request, seconds, together):
        """Reply to a cell, and to a question for data."""
        operation, names, *_ = request
        return ["ran", "ok", []] if operation == "run" else ["data", dict.fromkeys(names, 1)]


def test_a_check_that_asks_for_plain_data_needs_no_copy():
    imports = cell("from course_utils.judging.protocol.verdicts import Credit")
    cells = [imports, cell("a = 1", "a"), cell("Credit(a / 2)", "a-check", points=4.0)]
    boxes, box = Boxes(Gone()), Box(Gone())
    boxes.open, box.channel = lambda _seed: box, Telling(Gone())
    box.fork = lambda: pytest.fail("a copy was made")
    graded = Supervision(Job(replace(BUNDLE, cells=cells), Submission("ada", notebook(cells))), boxes).grade()
    assert (graded.checks["a-check"].points, graded.restarts) == (2.0, 0)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, MUTATIONS, 100))
def test_a_mutated_file_has_a_result(first):
    reasons, fault = 0, TooSlow() if first == 0 else Gone("dead")
    for seed in range(first, first + 100):
        graded, boxes = grade(Mutator(seed + 10_000).mutate(honest()), fault)
        assert list(graded.checks) == CHECKS
        assert graded.points == 0
        assert all(box.ended for box in boxes.made)
        assert len(boxes.made) <= MOST_RESTARTS + 1
        assert Graded.unpack(graded.pack()) == graded
        make_notebook(BUNDLE, graded)  # raises where nbgrader would read other points
        reasons += bool(graded.reason)
    assert 5 < reasons < 95, "some cannot be read, and some can"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"1" * 10_000, b'{"cells": 3}'])
def test_what_is_no_notebook_has_a_reason_and_starts_nothing(content):
    graded, boxes = grade(content, Gone("dead"))
    assert graded.reason
    assert not boxes.made


class KilledOnce(Wire):
    """A wire to processes that are ended from outside whenever a cell is run for the first time."""

    def __init__(self, known: set[str]) -> None:
        self.known = known

    def ask(self, request, seconds, together):
        """Fail at a new cell."""
        if request[1] in self.known:
            return ["ran", "ok", []]
        self.known.add(request[1])
        raise Gone("killed")


def test_a_machine_that_kills_again_and_again_costs_nothing():
    cells = [cell(f"x = {number}", f"answer-{number}") for number in range(MOST_REPEATS + 3)]
    boxes, known = Boxes(Gone("dead")), set[str]()

    def make(seed):
        box = Box(Gone("dead"))
        box.channel = KilledOnce(known)
        return box

    boxes.open = make
    graded = Supervision(Job(Bundle("small", cells), Submission("ada", notebook(cells))), boxes).grade()
    assert [one["status"] for one in graded.cells] == ["ok"] * len(cells)
    assert (graded.notes, graded.restarts) == ([REPEATED], 0)


class Computes(Box):
    """A box each of whose cells has its processes compute for ten seconds together."""

    def __init__(self) -> None:
        super().__init__(Gone("dead"))
        self.channel, self.used = self, 0.0

    def ask(self, request, seconds, together):
        """Run a cell."""
        self.used += 10
        return ["ran", "ok", []]

    def kill_peer(self) -> None:
        """There is nobody to kill."""

    def computed(self) -> float:
        """Return what all cells have taken."""
        return self.used


def test_what_all_processes_compute_together_has_an_end():
    cells = [cell(f"x = {number}", f"answer-{number}") for number in range(5)]
    boxes = Boxes(Gone("dead"))
    boxes.open = lambda seed: Computes()
    what = Job(Bundle("small", cells), Submission("ada", notebook(cells)), Limits(cpu_seconds=25))
    assert [one["status"] for one in Supervision(what, boxes).grade().cells] == ["ok"] * 3 + ["left out"] * 2


class EndedOutside(Box):
    """A box that somebody kills whenever the fourth cell is run, as long as they feel like it."""

    def __init__(self, kills: list[int]) -> None:
        super().__init__(Gone("dead"))
        self.channel, self.kills, self.dead = self, kills, False
        self.closed = False

    def ask(self, request, seconds, together):
        """Run a cell, or be killed."""
        if request[1] == "x = 3" and self.kills:
            self.dead = bool(self.kills.pop())
            raise Gone("killed")
        return ["ran", "ok", []]

    def kill_peer(self) -> None:
        """There is nobody to kill."""

    def ended_from_outside(self) -> bool:
        """Tell that somebody has killed it."""
        return self.dead


def graded_while_killed(kills: list[int]) -> Graded:
    cells = [cell(f"x = {number}", f"answer-{number}") for number in range(5)]
    cells.append(cell("assert x", "x-check", points=2))
    boxes = Boxes(Gone("dead"))
    boxes.open = lambda seed: EndedOutside(kills)
    return Supervision(Job(Bundle("small", cells), Submission("ada", notebook(cells))), boxes).grade()


def test_a_box_that_is_surely_killed_from_outside_is_repeated_more_often():
    graded = graded_while_killed([1] * MOST_ENDED_OUTSIDE)
    assert [one["status"] for one in graded.cells[:5]] == ["ok"] * 5
    assert graded.notes == [REPEATED]


def test_where_it_cannot_be_repeated_nothing_is_decided():
    graded = graded_while_killed([1] * 100)
    assert [one["status"] for one in graded.cells[:5]] == ["ok"] * 3 + ["interrupted"] + ["ok"]
    assert graded.checks["x-check"].verdict == "interrupted"
    assert graded.notes == [ENDED_OUTSIDE]
    assert graded.was_interrupted
    job = Job(BUNDLE, Submission("ada", b""))
    assert not job.holds(replace(graded, limits=asdict(job.limits)))


def test_what_ends_itself_again_and_again_is_decided():
    graded = graded_while_killed([0] * 100)
    assert [one["status"] for one in graded.cells[:5]] == ["ok"] * 3 + ["ended the process"] + ["ok"]
    assert graded.checks["x-check"].verdict == "stopped"
    assert ENDED_OUTSIDE not in graded.notes


def test_a_box_that_is_killed_while_it_starts_is_made_once_more():
    boxes, fine = Boxes(Gone("dead")), EndedOutside([])
    starts = iter([NoBox("killed"), fine])

    def make(seed):
        if (box := next(starts)) is fine:
            return box
        raise box

    boxes.open = make
    cells = [cell("x = 1", "answer")]
    graded = Supervision(Job(Bundle("small", cells), Submission("ada", notebook(cells))), boxes).grade()
    assert [one["status"] for one in graded.cells] == ["ok"]


def test_a_box_that_is_ended_from_outside_whenever_it_starts_leaves_everything_open():
    """Nothing of a student's has run in it, and the machine can grade: the next run may find nobody who kills."""

    class Killed(Boxes):
        def open(self, seed):
            """Say that it was ended."""
            self.made.append(None)
            raise KilledBox("ended")

    boxes, (engine, theirs) = Killed(Gone("")), map(Channel, socket.socketpair())
    job = Job(BUNDLE, Submission("ada", json.dumps(honest()).encode()), Limits())
    for part in (GRADE, job.pack(), msgpack.packb([])):
        engine.send_bytes(part)
    serve_request(theirs, None, boxes)
    reply = engine.receive_bytes()
    assert reply.startswith(DONE)
    graded = Graded.unpack(reply.removeprefix(DONE))
    assert {check.verdict for check in graded.checks.values()} == {"interrupted"}
    assert graded.notes == [ENDED_OUTSIDE]
    assert len(boxes.made) == MOST_ENDED_OUTSIDE + 1
