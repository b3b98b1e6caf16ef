"""The attack suite: every submission is survived and graded fairly, and changes nothing for anybody else."""

import contextlib
import os
import re
import secrets
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import attacks_escaping  # noqa: F401  these fill the catalogue
import attacks_faults  # noqa: F401
import attacks_forging  # noqa: F401
import attacks_formats  # noqa: F401
import attacks_resources  # noqa: F401
import psutil
import pytest
from attacks import ATTACKS, BASE, LAB, Attack, honest
from attacks_leaking import LOOKING, in_reach
from shortened import bundle, packed
from thorough import THOROUGH, one_in

import course_utils
from course_utils.course import CourseError
from course_utils.grading import sandbox
from course_utils.grading.engine import Engine
from course_utils.grading.job import Graded, Job, Limits, Submission

if THOROUGH:
    import attacks_more  # noqa: F401

pytestmark = pytest.mark.slow

LIMITS = Limits(cell_seconds=1, check_seconds=2, total_seconds=60, memory_mb=1024, disk_mb=32, processes=48)
KINDS = ("fault", "resource", "forge", "escape", "leak", "format")
MOST_OUTPUT = 40 << 20  # bytes of a result


BUNDLE = bundle(LAB)


@pytest.fixture(scope="module")
def outside(tmp_path_factory) -> dict[str, str]:
    """Make a course to break into, and listeners; return the words that attacks are filled in with."""
    folder = tmp_path_factory.mktemp("outside")
    course = folder / "course"
    (course / "submitted" / "anna").mkdir(parents=True)
    (course / "canary-of-the-course").write_text("alive")
    (course / "submitted" / "anna" / "work.ipynb").write_text("anna's own work")
    (course / "gradebook.db").write_text("everybody's points")
    return {"course": str(course), "outside": str(folder), "secret": secrets.token_hex(16), "pid": str(os.getpid())}


class Listeners:
    """Listens on the network and on sockets of this machine."""

    def __init__(self, outside: dict[str, str]) -> None:
        self.tcp, self.udp = socket.create_server(("0.0.0.0", 0)), socket.socket(type=socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 0))
        self.path, self.abstract = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
        self.path.bind(f"{outside['outside']}/listening")
        self.abstract.bind(f"\0course-{secrets.token_hex(8)}")
        for one in (self.path, self.abstract):
            one.listen()
        for one in self.all:
            one.setblocking(False)

    @property
    def all(self) -> list[socket.socket]:
        """All sockets."""
        return [self.tcp, self.udp, self.path, self.abstract]

    def words(self) -> dict[str, str]:
        """Return where they listen."""
        addresses = [
            one.address for card in psutil.net_if_addrs().values() for one in card if one.family == socket.AF_INET
        ]
        address = next((one for one in addresses if not one.startswith("127.")), "127.0.0.1")
        udp, tcp = self.udp.getsockname()[1], self.tcp.getsockname()[1]
        return {
            "port": str(tcp),
            "udp": str(udp),
            "address": address,
            "abstract": self.abstract.getsockname()[1:].decode(),
        }

    def heard(self) -> int:
        """Return how many of them were spoken to."""
        heard = 0
        for one in self.all:
            with contextlib.suppress(BlockingIOError):
                one.recv(1) if one is self.udp else one.accept()
                heard += 1
        return heard


@pytest.fixture(scope="module")
def listeners(outside) -> Iterator[Listeners]:
    found = Listeners(outside)
    yield found
    for one in found.all:
        one.close()


@pytest.fixture(scope="module")
def engine(outside) -> Iterator[Engine]:
    os.environ["COURSE_TEST_SECRET"] = outside["secret"]
    with Engine([Path(outside["course"])]) as found:
        yield found
    del os.environ["COURSE_TEST_SECRET"]


@pytest.fixture(scope="module")
def alone(engine) -> Graded:
    """Grade the honest submission before anything has happened."""
    return grade(engine, Submission("honest", packed(honest())))


def grade(engine: Engine, submission: Submission) -> Graded:
    """Grade a submission."""
    done = engine.grade(Job(BUNDLE, submission, LIMITS).pack())
    assert len(done) < MOST_OUTPUT
    return Graded.unpack(done)


def filled(attack: Attack, words: dict[str, str]) -> Submission:
    """Return an attack's submission with the test's own words filled in."""
    content, files = attack.make(honest()), dict(attack.files)
    if content:  # no traceback that quotes an attack shall look like a find
        content = re.sub(rb"([bf]*)'FOUND", rb"\1'FO' \1'UND", content)
    for word, value in words.items():
        mark = "{{" + word + "}}"
        content = content.replace(mark.encode(), value.encode()) if content else content
        files = {name.replace(mark, value): data for name, data in files.items()}
    return Submission("mallory", content, files)


def points(graded: Graded) -> dict[str, float]:
    """Return the points of the exercises that have any."""
    return {name.removesuffix("-check"): check.points for name, check in graded.checks.items() if check.points}


def said(graded: Graded) -> str:
    """Return all that a student may get to see, but for the sources of cells."""
    parts = [graded.reason, *graded.notes, *(check.message for check in graded.checks.values())]
    for cell in graded.cells:
        parts += [repr(output) for output in cell["outputs"]]
    return "\n".join(parts)


def processes() -> set[int]:
    """Return what runs below this process and is not a zombie, and what its parents have left to nobody."""
    mine = psutil.Process().children(recursive=True)
    return {one.pid for one in mine if one.is_running() and one.status() != psutil.STATUS_ZOMBIE}


def left_behind(before: set[int]) -> set[int]:
    """Return the processes that are there and were not before, once those that are just ending have ended."""
    until = time.monotonic() + 10
    while (more := processes() - before) and time.monotonic() < until:
        time.sleep(0.05)
    return more


def state_of(folder: str) -> dict[str, bytes]:
    """Return the files of a folder."""
    return {str(path): path.read_bytes() for path in sorted(Path(folder).rglob("*")) if path.is_file()}


def skip_where_not_promised(attack: Attack) -> None:
    """Skip an attack against which this machine's sandbox promises nothing."""
    tier = sandbox.best_tier()
    if attack.needs == "namespaces" and tier.name != "namespaces":
        pytest.skip(f"the sandbox here is {tier.name}: {tier.not_isolated}")
    if attack.needs == "fork" and not tier.forks:
        pytest.skip("processes are not forked here")


def test_an_honest_student_earns_what_is_right(alone):
    assert points(alone) == BASE
    assert "seed=" not in said(alone)


@pytest.mark.parametrize("name", one_in(10, [name for name, one in ATTACKS.items() if one.needs != "refused"]))
def test_it_is_survived_and_graded_fairly(name, engine, outside, listeners, alone):
    attack = ATTACKS[name]
    skip_where_not_promised(attack)
    before, files = processes(), state_of(outside["course"])

    graded = grade(engine, filled(attack, outside | listeners.words()))

    assert set(graded.checks) == set(alone.checks)
    earned = points(graded)
    assert all(value <= BASE.get(exercise, 0) for exercise, value in earned.items()), "unearned points"
    if attack.unreadable:
        assert graded.reason
        assert not earned
    else:
        assert not graded.reason
        kept = {exercise: value for exercise, value in BASE.items() if exercise not in attack.loses}
        assert kept.items() <= earned.items(), "points that were earned are lost"
    assert "FOUND" not in said(graded)
    assert "seed=" not in said(graded)
    assert outside["secret"] not in said(graded)
    assert not listeners.heard()
    assert not left_behind(before)
    assert state_of(outside["course"]) == files
    assert not (Path(outside["outside"]) / "written").exists()
    assert not (Path(course_utils.__file__).parent / "written").exists()
    assert not (Path(sys.prefix) / "written").exists()


@pytest.mark.parametrize("name", LOOKING)
def test_what_looks_for_hidden_tests_finds_them_where_they_are_in_reach(name, engine):
    skip_where_not_promised(ATTACKS[name])
    given = replace(ATTACKS[name], make=in_reach(LOOKING[name]))
    told = said(grade(engine, filled(given, {})))
    assert "FOUND" in told
    assert "looked everywhere" in told


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_else_is_touched(kind, engine, outside, listeners, alone):
    """After attacks of a kind the engine gives the honest student the very same result."""
    worst = [one for one in ATTACKS.values() if one.kind == kind and not one.needs][: 3 if THOROUGH else 1]
    for attack in worst:
        grade(engine, filled(attack, outside | listeners.words()))
    again = grade(engine, Submission("honest", packed(honest())))
    assert replace(again, key="") == replace(alone, key="")


@pytest.mark.parametrize("name", [name for name, one in ATTACKS.items() if one.needs == "refused"])
def test_a_file_that_would_lie_outside_is_refused(name, engine, outside, listeners):
    submission = filled(ATTACKS[name], outside | listeners.words())
    with contextlib.suppress(CourseError):
        grade(engine, submission)
    assert not any(Path(outside["outside"]).rglob("escaped*"))
    assert not list(Path("/tmp").glob("escaped*"))


@pytest.mark.parametrize("kind", KINDS)
def test_there_are_enough_attacks_of_a_kind(kind):
    assert len([one for one in ATTACKS.values() if one.kind == kind]) >= 8
