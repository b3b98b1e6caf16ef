"""Running a check where no student code runs.

The check's own text comes from the gradebook, the names it was written against from the release's first cell and its
locked cells, and everything else from the student's process, as data or as a `RemoteProxy`. Statements run one by one,
so that it is known at each moment whether the line is a hidden one: from there on nothing that the student's side said
in words goes on.
"""

import ast
import builtins
import contextlib
import functools
import io
import re
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from course_utils.cells import hidden_lines
from course_utils.grading import codec
from course_utils.grading.binding import Code, read_code, stand_on
from course_utils.grading.channel import PATIENCE, Channel, Gone, Patience, TooSlow, lost
from course_utils.grading.faults import SENTENCE, UNDECIDED, fault_of
from course_utils.grading.job import Check, Output, Verdict
from course_utils.grading.points import answer_of, earned_by, error_of, failed, passed
from course_utils.judging import variants
from course_utils.judging.answer import Answer, heard, in_groups, in_words
from course_utils.judging.protocol.proxy import Proxy
from course_utils.judging.protocol.verdicts import CheckFailed, Credit, NotAttempted

STUDENT_ID = "student_id"
OTHERS = "these are that student's numbers"
NOBODYS = "judged by the lectures' numbers, as the learner saw them"
STOPPED = "Your code stopped answering during this check: it ran too long, used too much memory, or ended the process."
DRAWN_ONLY = "Right in the cases that you could see, but not in all that were drawn at grading."
GRACE = 2.0  # seconds between the polite interruption of a student's function and the end of its process


class Late(BaseException):
    """The check itself has run for too long."""


class Missing(Exception):
    """A check uses a name that only the student could have bound, and there is none."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Broken(Exception):
    """A locked cell of the lesson, on which a check stands, has failed."""


class Unusable(Exception):
    """What the student's side sent is no value; the text says why, for the student."""


@dataclass
class Line:
    """Where in its text a check stands just now."""

    hidden: bool = False


class RemoteProxy(Proxy):
    """An object in the student's process, of which only its handle is here.

    Nothing can be done with it but through :meth:`perform`; it equals nothing but itself.
    """

    def __init__(self, client: "Client", handle: int, kind: str, called: str, is_callable: bool) -> None:
        self.client, self.handle, self.callable = client, handle, is_callable
        self.kind = "an object" if client.line.hidden else kind
        self.called = called if called.isidentifier() and not client.line.hidden else ""

    def perform(
        self, name: str, probe: str, args: list[Any], kwargs: dict[str, Any], refused: tuple[str, ...]
    ) -> dict[str, Any]:
        """Run :func:`course_utils.judging.protocol.calling.perform` in the student's process."""
        return self.client.perform(self.handle, name, probe, args, kwargs, refused)


@dataclass
class Client:
    """Asks one fork of a student's process.

    Parameters
    ----------
    channel
        To the fork; None if there is none, which every question then finds out.
    seconds
        How long one call may compute.
    line
        Shared with the runner of the check.
    notes
        Where to note what there is to remark on.
    student
        Whose folder it is; "" where that is not known.
    required
        Whether the numbers of that student are asked for, whatever the notebook says.
    known
        The values of all names that are asked for, as documents, where they were read before; there is no fork then.
    """

    channel: Channel | None
    seconds: float
    line: Line = field(default_factory=Line)
    notes: list[str] = field(default_factory=list)
    student: str = ""
    required: bool = False
    known: dict[str, Any] | None = None

    def get(self, name: str) -> Any:
        """Return the value of a student's name. Where ``student_id`` is no id, it is "": the lesson's own numbers.

        Raises
        ------
        Missing
            If there is none.
        Unusable
            If it is too large, or no value.
        """
        if name == STUDENT_ID:
            return self._whose_numbers()
        return self._get(name)

    def _whose_numbers(self) -> str:
        """Return the id whose numbers the learner saw, or that of the folder where the lab's options require it."""
        try:
            found, wrong = variants.read_student_id(self._get(STUDENT_ID))
            why = "has a student_id that is no id" if wrong else "has no id in student_id"
        except (Missing, Unusable):
            found, why = "", "has no student_id"
        own, odd = variants.read_student_id(self.student)
        if self.required and own and not odd:
            if found != own:
                self._note(f"judged by {own}'s numbers; the notebook {f'says {found!r}' if found else why}")
            return own
        if not found:
            return self._id_of_nobody(why)
        if self.student and found != own:
            self._note(f"the notebook says {found!r}: {OTHERS}")
        return found

    def _note(self, note: str) -> None:
        self.notes += [note] if note not in self.notes else []

    def _get(self, name: str) -> Any:
        if self.known is None:
            reply = self._ask(["get", name])
        else:
            reply = ["value", self.known[name]] if name in self.known else ["missing"]
        if reply[0] == "missing":
            raise Missing(name)
        return self._value(reply, name)

    def _id_of_nobody(self, why: str) -> str:
        self._note(f"the notebook {why}: {NOBODYS}")
        return ""

    def perform(
        self, handle: int, name: str, probe: str, args: list[Any], kwargs: dict[str, Any], refused: tuple[str, ...]
    ) -> dict[str, Any]:
        """Return what came of calling an object, as :func:`course_utils.judging.protocol.calling.perform` tells it."""
        given, options = codec.pack(args, _handle_of), codec.pack(kwargs, _handle_of)
        reply = self._ask(["perform", handle, name, probe, given, options, list(refused), self.seconds])
        if reply[0] == "slow":
            return {"failed": f"{name} ran for more than {self.seconds:g} seconds and was stopped."}
        outcome = self._value(reply, name)
        if type(outcome) is not dict or len(outcome) > 2:
            raise Gone("no outcome")
        return self._spoken(outcome, name)

    def _spoken(self, outcome: dict[str, Any], name: str) -> dict[str, Any]:
        """Bound the words of the student's side, and keep them back where a case must stay unknown."""
        words = outcome.get("failed", outcome.get("not attempted"))
        if words is None:
            return outcome
        words = words if type(words) is str else ""
        if "failed" not in outcome:
            return {"not attempted": f"write {name}, run its cell, then this one"}
        return {"failed": _told(words, name) if self.line.hidden else words[:600]}

    def _ask(self, request: list[Any]) -> list[Any]:
        return ask_copy(self.channel, request, self.seconds)

    def _value(self, reply: list[Any], name: str) -> Any:
        if reply[0] == "failed" and len(reply) == 2:
            why = "" if self.line.hidden else f": {str(reply[1])[:200]}"
            raise Unusable(f"{name} cannot be looked at{why}.")
        if reply[0] != "value" or len(reply) != 2:
            raise Gone("no value")
        try:
            return codec.unpack(reply[1], lambda *about: RemoteProxy(self, *about))
        except codec.BadFrame as error:
            raise Gone(str(error)) from None


def asked_for(source: str, locked: Sequence[str], names: dict[str, Any]) -> list[str] | None:
    """Return the names that a check asks the student's process for; None if its hidden lines ask for one more.

    A learner can read the first ones, so that process may be asked for them while cells of theirs are still to run.
    """
    cells = [read_code(text) for text in locked]
    seen = "\n".join(map(ast.unparse, public_part(source)))
    asked, all_asked = (stand_on(read_code(text), cells, names)[1] for text in (seen, source))
    return asked if set(asked) == set(all_asked) else None


def ask_copy(channel: Channel | None, request: list[Any], seconds: float) -> list[Any]:
    """Send a request to a copy of a student's process, which may compute so long, and return a reply with a word."""
    if channel is None:
        raise Gone("there is no process to ask")
    reply = channel.ask(request, seconds * PATIENCE + GRACE, together(seconds))
    if type(reply) is not list or not reply or type(reply[0]) is not str:
        raise Gone("no reply")
    return reply


def together(seconds: float) -> float:
    """Return how many seconds a student's processes may compute together where one of them may for so many.

    The one is interrupted first, and has a little time for what that brings with it.
    """
    return 1.25 * seconds + 1


def _handle_of(value: Any) -> tuple[int, str, str, bool]:
    if not isinstance(value, RemoteProxy):
        raise TypeError(f"a check must send plain data, not {type(value).__name__}")
    return value.handle, "", "", False


def _told(words: str, name: str) -> str:
    """Return what may be told of a failure on a hidden case: the kind of exception, if it is one of Python's own."""
    raised = re.search(r" raised ([A-Za-z]+)", words)
    kind = raised.group(1) if raised else ""
    known = isinstance(getattr(builtins, kind, None), type)
    return f"{name} {f'raised {kind}' if known else 'failed'} on a case drawn at grading."


# --- the check ------------------------------------------------------------------------------------


@dataclass
class Ran:
    """A check that has run: its result, and the outputs that the graded notebook shows below it."""

    check: Check
    outputs: list[Output]


def names_of_lesson(imports: str) -> dict[str, Any]:
    """Return the names that the release's first cell binds: modules, and functions of ours."""
    names: dict[str, Any] = {"__name__": "__main__"}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(imports, "<imports>", "exec"), names)
    return names


def run_check(
    source: str, points: float, names: dict[str, Any], client: Client, seconds: float, locked: Sequence[str] = ()
) -> Ran:
    """Run a check from its first line to its last and tell what it gives; see :class:`OwnCheck`."""
    check = OwnCheck(source, points, names, client, seconds, locked)
    check.begin()
    return check.end()


@dataclass
class OwnCheck:
    """A check that knows this package, while it runs: first what students see of it, later what is hidden.

    A check says what it found with the classes of :mod:`course_utils.judging.protocol.verdicts`, or with an assertion.
    Whatever else it raises is a fault of its own, also where odd data of a student's provoked it: nobody loses or gains
    points by that, a person decides.

    Parameters
    ----------
    source
        The check's text, hidden tests included.
    points
        What it gives at most.
    names
        What :func:`names_of_lesson` returned; copied.
    client
        Asks the student's process.
    seconds
        How long each of the two parts may run.
    locked
        The locked cells of the release that stand before the check.
    """

    source: str
    points: float
    names: dict[str, Any]
    client: Client
    seconds: float
    locked: Sequence[str] = ()
    ran: Ran | None = None
    value: Any = None  # of the last statement that has run
    told: list[Answer] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.names, self.printed = dict(self.names), io.StringIO()

    def begin(self) -> None:
        """Run what students see: the statements before the first that holds a hidden line."""
        self._run(self._run_public)

    def end(self) -> Ran:
        """Run the rest, if what students see was right, and return what came of it all.

        Nothing goes on of what is said from the first hidden line on: only whether it was right.
        """
        if self.ran is None and (rest := hidden_part(self.source)):
            self.client.line.hidden = True
            before, so_far = self.printed.tell(), len(self.told)
            self._run(lambda: self._run_all(rest))
            self.printed.seek(before)
            self.printed.truncate()
            del self.told[so_far:]
        return self.ran or passed_with(
            self.value, self.points, self.printed.getvalue(), self.told, self.client.line.hidden
        )

    def _run_public(self) -> None:
        self._bind()
        self._run_all(public_part(self.source))

    def _bind(self) -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            _bind(self.names, read_code(self.source), list(map(read_code, self.locked)), self.client)

    def _run_all(self, statements: list[ast.stmt]) -> None:
        for statement in statements:
            self.value = run_statement(statement, self.names)

    def _run(self, do: Callable[[], object]) -> None:
        """Run a part, and note what has stopped it."""
        try:
            with at_most(self.seconds), contextlib.redirect_stdout(self.printed), heard() as told:
                try:
                    do()
                finally:
                    self.told += told
        except NotAttempted as error:
            self.ran = failed_with("not attempted", self.points, error.message, "NotAttempted", answer=error.answer)
        except CheckFailed as error:
            self.ran = failed_with("wrong", self.points, error.message, "CheckFailed", error.codes, error.answer)
        except AssertionError as error:  # of a check that knows nothing of ours: its words as they are
            words = _last_words(error, self.client.line.hidden)
            self.ran = Ran(Check(0.0, self.points, "wrong", message=words), [error_of(words, "AssertionError")])
        except Missing as error:
            words = f"Not attempted yet: {error.name} is not there."
            self.ran = failed_with("not attempted", self.points, words, "NameError")
        except Unusable as error:
            self.ran = failed_with("wrong", self.points, str(error), "CheckFailed")
        except (Gone, TooSlow, Late, MemoryError):
            self.ran = failed_with("stopped", self.points, STOPPED, "CellTimeoutError")
        except (Exception, SystemExit) as error:  # nobody knows the points yet
            check = Check(0.0, self.points, UNDECIDED, message=SENTENCE, fault=fault_of(error))
            self.ran = Ran(check, [error_of(SENTENCE, "Undecided")])


def public_part(source: str) -> list[ast.stmt]:
    """Return the statements of a check before the first that holds a hidden line."""
    return _parts(source)[0]


def hidden_part(source: str) -> list[ast.stmt]:
    """Return the statements of a check from the first on that holds a hidden line."""
    return _parts(source)[1]


@functools.cache
def _parts(source: str) -> tuple[list[ast.stmt], list[ast.stmt]]:
    body, hidden = ast.parse(source).body, hidden_lines(source)
    spans = [range(statement.lineno, (statement.end_lineno or statement.lineno) + 1) for statement in body]
    first = next((place for place, lines in enumerate(spans) if not hidden.isdisjoint(lines)), len(body))
    return body[:first], body[first:]


def run_statement(statement: ast.stmt, names: dict[str, Any]) -> Any:
    """Run one statement of a check; return its value if it is an expression, else None."""
    if isinstance(statement, ast.Expr):
        return eval(compile(ast.Expression(statement.value), "<check>", "eval"), names)
    exec(compile(ast.Module([statement], []), "<check>", "exec"), names)
    return None


def _bind(names: dict[str, Any], check: Code, locked: list[Code], client: Client) -> None:
    """Bind what a check stands on.

    A locked cell that works with objects of the student's, not with data alone, has run in the student's process and
    cannot run here: what it binds is asked of that process.
    """
    cells, asked = stand_on(check, locked, names)
    wanted = set(check.uses).union(*(cell.uses for cell in cells))
    for name in asked:
        names[name] = client.get(name)
    for cell in cells:
        if any(isinstance(names.get(name), RemoteProxy) for name in cell.uses):
            names |= {name: client.get(name) for name in sorted(cell.binds & wanted)}
        else:
            _run_locked(cell.source, names)


def _run_locked(source: str, names: dict[str, Any]) -> None:
    try:
        exec(compile(source, "<locked cell>", "exec"), names)
    except (Gone, TooSlow):
        raise
    except (Exception, SystemExit) as error:
        raise Broken(f"a locked cell of the lesson failed: {type(error).__name__}") from error


def passed_with(value: Any, points: float, printed: str, told: list[Answer], hidden: bool) -> Ran:
    """Return what comes of a check that has not failed: what it printed, and the answer with the points of the cell."""
    outputs: list[Output] = [{"output_type": "stream", "name": "stdout", "text": printed}] if printed else []
    earned, codes = earned_by(value, points) or (points, ())
    verdict: Verdict = "right" if earned == points else "partly" if earned else "wrong"
    answer = _answer(value, told, hidden) or answer_of(verdict, "", codes)
    answer = replace(answer, verdict=answer_of(verdict, "").verdict, codes=codes)
    words = [*([in_groups(answer.parts)] if answer.parts else ["Correct."] if told else []), *answer.lines]
    message = "\n".join(filter(None, [printed.strip(), *words]))
    if earned_by(value, points) is None:
        shown = [passed(answer, earned, points)] if told else []
        return Ran(Check(points, points, "right", message=message), [*outputs, *shown])
    message = message or in_words(earned, points)
    return Ran(Check(earned, points, verdict, list(codes), message), [*outputs, passed(answer, earned, points)])


def _answer(value: Any, told: list[Answer], hidden: bool) -> Answer | None:
    """Return the answer that a person reads: the last that was told, or that of the value.

    Of what a hidden line says only the standing of the parts goes on; its words are those of the public line before.
    """
    last = told[-1] if told else None
    mine: Answer | None = getattr(value, "answer", None) if isinstance(value, Credit) else None
    if mine is None or not hidden:
        return mine or last
    return replace(mine, lines=last.lines if last and last.parts else (DRAWN_ONLY,))


def failed_with(
    verdict: Verdict,
    points: float,
    message: str,
    name: str,
    codes: tuple[str, ...] = (),
    answer: Answer | None = None,
) -> Ran:
    """Return what comes of a check that gives nothing, with a message for the student."""
    said = answer or answer_of(verdict, message, codes)
    return Ran(Check(0.0, points, verdict, list(codes), message), failed(said, points, message, name))


def _last_words(error: AssertionError, hidden: bool) -> str:
    if hidden:
        return "Not right on a case drawn at grading."
    return traceback.format_exception_only(error)[-1].strip()[:600]


@contextlib.contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise `Late` in this block after so many seconds, where the platform has a timer.

    What the student's side has had to wait for a processor meanwhile does not count, nor what this process has: a check
    that calls a function a thousand times changes sides two thousand times.
    """
    if sys.platform == "win32":
        yield
        return
    before_lost, mine = lost(), Patience(max(seconds, 0.01))

    def raise_late(_number: int, _frame: Any) -> None:
        left = mine() + lost() - before_lost - time.monotonic()
        if left <= 0:
            raise Late
        signal.setitimer(signal.ITIMER_REAL, left)

    before = signal.signal(signal.SIGALRM, raise_late)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.01))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
