"""What goes into grading one submission, and what comes out: plain data, so that it can be done on any machine.

A submission is graded by a pure function of a :class:`Job`: no database, no shared folder, no clock. The same job gives
the same :class:`Graded`, which is what makes results worth keeping under the job's key.
"""

import hashlib
import platform
from dataclasses import asdict, dataclass, field, fields
from functools import cache
from importlib.metadata import version
from typing import Any, Literal, NotRequired, TypedDict

import msgpack

from course_utils.grading import own_code

PAINT, GRADE, DONE, FAILED = b"paint", b"grade", b"+", b"!"  # what an engine and a supervisor say to each other
FORKING, SPAWNING = b"+", b"="  # what a preloaded process says when it is ready
SHOWN = 16  # digits of the digest of our own code
# stopped: too slow, or its process was gone; undecided: the check itself failed, a person gives the points;
# interrupted: the process was ended from outside and could not be repeated: graded again, or a person gives the points
Verdict = Literal["right", "partly", "wrong", "not attempted", "stopped", "undecided", "interrupted"]
Status = Literal[
    "", "ok", "error", "timeout", "ended the process", "over a limit", "left out", "interrupted"
]  # "": was not to be run
Output = dict[str, Any]  # nbformat's
Way = Literal["outside", "inside", "changing"]  # changing: outside, and changed arguments come back
Attachments = dict[str, dict[str, str]]  # pictures that were pasted into a Markdown cell, nbformat's

ENDED_WELL = ("", "ok", "error")  # statuses of cells that met no limit
LIBRARIES = ("numpy", "torch", "torchvision", "matplotlib", "ipython")


@dataclass(frozen=True)
class Limits:
    """What a submission may use.

    A cell, and a function that a check calls, may *compute* for so many seconds, however busy the machine is; what
    sleeps is ended by the clock on the wall, after :data:`course_utils.grading.channel.PATIENCE` times as many.
    ``total_seconds`` are on that clock. What its children compute meanwhile counts for a cell and for a function, and
    ``cpu_seconds`` are all that the processes of a submission may compute together, where the system counts it (Linux).
    """

    cell_seconds: float = 30
    check_seconds: float = 30
    total_seconds: float = 480
    cpu_seconds: int = 480
    memory_mb: int = 2048
    disk_mb: int = 256
    processes: int = 64


class ReleasedCell(TypedDict):
    """A cell of the release; locked ones have their full text. One that nbgrader does not know has the grade_id "".

    ``task`` is nbgrader's word for a question whose answer stands in cells of the student's own below it.
    """

    cell_type: str
    source: str
    grade_id: str
    grade: bool
    solution: bool
    locked: bool
    points: float
    task: NotRequired[bool]


class GradedCell(TypedDict):
    """A cell of the graded notebook. The text of a check is whole, hidden tests included: for the instructor's eyes."""

    cell_type: str
    source: str
    grade_id: str
    outputs: list[Output]
    status: Status
    attachments: NotRequired[Attachments]
    waits: NotRequired[str]  # why a person has to give the points, whatever stands in the cell


@dataclass(frozen=True)
class Bundle:
    """What a lab's checks are: the released notebook with the hidden tests in it, and its points.

    Parameters
    ----------
    lab
        Name of the lab.
    cells
        In the order of the release.
    files
        Files that the release puts beside the notebook, by relative path.
    ways
        Whether a check in ordinary Python runs outside of the student's process or inside, by grade_id, as its proof
        has found. One that is not in it runs outside unless its text says that it cannot.
    named
        Name of the notebook, where it is not the lab's.
    own_numbers
        "required" to judge by the numbers of the student whose folder it is, whatever the notebook says.
    asked
        What a check in ordinary Python asks of the objects of the model answer's, by grade_id: no student's object is
        asked more (:mod:`course_utils.grading.objects`). A check that is not in it may ask anything.
    """

    lab: str
    cells: list[ReleasedCell]
    files: dict[str, bytes] = field(default_factory=dict)
    ways: dict[str, Way] = field(default_factory=dict)
    named: str = ""
    own_numbers: Literal["", "required"] = ""
    asked: dict[str, list[str]] = field(default_factory=dict)

    @property
    def notebook(self) -> str:
        """Name of the notebook, without its ending."""
        return self.named or self.lab


@dataclass(frozen=True)
class Submission:
    """What a student handed in, as it was read from the disk.

    Parameters
    ----------
    student
        Student id: the name of the folder.
    notebook
        The notebook's bytes; None if there is none that could be taken.
    files
        Other files, by relative path.
    notes
        What there was to remark on while reading.
    reason
        Why nothing can be graded ("" if something can).
    """

    student: str
    notebook: bytes | None
    files: dict[str, bytes] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    reason: str = ""


@dataclass(frozen=True)
class Job:
    """One submission, the lab it belongs to, limits and a seed."""

    bundle: Bundle
    submission: Submission
    limits: Limits = Limits()
    seed: int = 0

    def pack(self) -> bytes:
        """Return the job as bytes."""
        return _packed(self)

    @classmethod
    def unpack(cls, data: bytes) -> "Job":
        """Return the job that :meth:`pack` made into bytes."""
        read = msgpack.unpackb(data)
        return cls(Bundle(**read["bundle"]), Submission(**read["submission"]), Limits(**read["limits"]), read["seed"])

    def key(self) -> str:
        """Return a digest of all that can change the result: the job itself, our own code, the libraries' versions.

        Limits are left out: a result that met none of them is the same under others (:meth:`holds`).
        """
        without = _fields(self) | {"limits": None}
        return hashlib.sha256(_packed(without) + repr(versions()).encode()).hexdigest()

    def holds(self, graded: "Graded") -> bool:
        """Tell whether a result under this job's key would be the same under this job's limits."""
        now = asdict(self.limits)
        if graded.was_interrupted:
            return False
        if graded.limits == now:
            return True
        wider = all(now[name] >= value for name, value in graded.limits.items())
        return bool(graded.limits) and wider and not graded.met_a_limit


def _fields(one: Any) -> dict[str, Any]:
    """Return what a dataclass holds, by name, without a copy of it."""
    return {name.name: getattr(one, name.name) for name in fields(one)}


def _packed(one: Any) -> bytes:
    packed: bytes = msgpack.packb(one, default=_fields)
    return packed


@cache
def versions() -> tuple[tuple[str, str], ...]:
    """Return the versions that a result depends on; our own has a digest of the code behind it: ``0.1.0+4fd1…``."""
    own = f"{version('course-utils')}+{own_code.digest()[:SHOWN]}"
    libraries = ((name, version(name)) for name in LIBRARIES)
    return (("python", platform.python_version()), ("course-utils", own), *libraries)


@dataclass
class Check:
    """What came of one check.

    Parameters
    ----------
    points, most
        Earned, and possible.
    verdict
        In a word.
    codes
        Misconceptions that were recognised.
    message
        For the student; tells nothing of a hidden test.
    fault
        For the instructor: the traceback of a check that failed itself.
    inside
        Why the check has run in the student's process, where its verdict could be forged; "" if it has not.
    asked
        What it asked of the student's objects, where that was to be found out.
    """

    points: float
    most: float
    verdict: Verdict
    codes: list[str] = field(default_factory=list)
    message: str = ""
    fault: str = ""
    inside: str = ""
    asked: list[str] = field(default_factory=list)


@dataclass
class Graded:
    """One graded submission.

    Parameters
    ----------
    student, lab
        Whose it is.
    key
        The job's key.
    reason
        Why nothing could be graded; every check then has zero points.
    notes
        For the instructor's table.
    checks
        By grade_id, in the order of the release.
    cells
        The graded notebook, in order.
    restarts
        How often the student's process had to be started anew.
    sandbox
        Which tier of isolation it ran in.
    limits
        Under which it was graded: :class:`Limits` as data.
    """

    student: str
    lab: str
    key: str = ""
    reason: str = ""
    notes: list[str] = field(default_factory=list)
    checks: dict[str, Check] = field(default_factory=dict)
    cells: list[GradedCell] = field(default_factory=list)
    restarts: int = 0
    sandbox: str = ""
    limits: dict[str, float] = field(default_factory=dict)

    @property
    def met_a_limit(self) -> bool:
        """Whether something was stopped, or its process ended."""
        stopped = any(check.verdict == "stopped" for check in self.checks.values())
        return bool(self.restarts) or stopped or any(cell["status"] not in ENDED_WELL for cell in self.cells)

    @property
    def was_interrupted(self) -> bool:
        """Whether something could not be done because processes were ended from outside: it is to be graded again."""
        return any(check.verdict == "interrupted" for check in self.checks.values())

    @property
    def points(self) -> float:
        """The sum over all checks."""
        return sum(check.points for check in self.checks.values())

    def pack(self) -> bytes:
        """Return the result as bytes."""
        return _packed(self)

    @classmethod
    def unpack(cls, data: bytes) -> "Graded":
        """Return the result that :meth:`pack` made into bytes."""
        read = msgpack.unpackb(data)
        read["checks"] = {name: Check(**check) for name, check in read["checks"].items()}
        return cls(**read)
