"""A learner's engine: how its class `Value` is reached, and what is wrong with the gradients that it gives.

The class is reached through probes only. A probe runs a program (see `programs`) on the learner's values and returns
numbers; what is right is asked of PyTorch, outside the probe. PyTorch itself may not be used by the engine.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from course_utils import runtime
from course_utils.judging.answers import kind, plain
from course_utils.judging.cases import Case
from course_utils.judging.exercise import Implementation
from course_utils.judging.findings import Finding, Findings, Wrong
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.protocol.calling import ask, no_shortcuts
from course_utils.judging.protocol.verdicts import CheckFailed
from course_utils.labs.chain_rule import programs
from course_utils.labs.chain_rule.gradients import GR1_ORDER, GR9
from course_utils.labs.chain_rule.headings import ORDER
from course_utils.labs.chain_rule.programs import Program, program
from course_utils.labs.chain_rule.rescue import TorchValue
from course_utils.labs.chain_rule.wrong_engines import (
    VE1,
    VE5,
    VE10,
    VE13,
    VE20,
    VE21,
    VE36,
    VE37,
    VE38,
    VE39,
    VE40,
    VE41,
    VE49,
    VE50,
    VE52,
    VE53,
    VE54,
    VE55,
    Gradients,
    second_calls,
    wrong_gradients,
)
from course_utils.mistakes import Mistake

VE2 = Misconception(
    "VE2",
    "seed gradient missing",
    "All gradients are 0, that of y, too. One way to get this: the slope of y by y is never written, or does not last. "
    "Where do you write it?",
    ORDER,
)
VE3 = Misconception(
    "VE3",
    "equal numbers taken for one and the same value",
    "Two values with equal numbers were taken for one. When are two values the same to your engine?",
    ORDER,
)
VE4 = Misconception(
    "VE4",
    "recursion too deep",
    "Python stops calls that are nested about a thousand deep. Which list of your own could remember what is "
    "still to do?",
    ORDER,
)
VE11 = Misconception(
    "VE11",
    "second backward passes on the first one's gradients again",
    "The second call passes on again what the first had left in between. Which sums must start afresh each time?",
    ORDER,
)
VE12 = Misconception(
    "VE12",
    "backward forgets what was in grad",
    "After a second call grad holds one call's slope only. Does backward set grad, or add to it?",
    ORDER,
)
VE18 = Misconception(
    "VE18",
    "values in between keep no gradient",
    "The inputs are right, the values in between hold nothing. Whose grad should hold the slope of y by that value?",
    ORDER,
)
VE19 = Misconception(
    "VE19",
    "result keeps no gradient",
    "All is right but y's own grad. How far does y move when y moves by 1, and where should that be written?",
    ORDER,
)
VE22 = Misconception(
    "VE22",
    "nothing arrives at the parents",
    "Only y has a gradient. One way to get this: a parent's own grad, still 0, multiplied in. Whose grad comes back?",
    ORDER,
)
VE35 = Misconception(
    "VE35",
    "second backward does nothing",
    "A second call changes nothing. What has the first one left in your values, a mark or a list, that stops it?",
    ORDER,
)
STEP_WAYS = (GR1_ORDER, VE2, VE3, VE5, VE10, VE13, VE20, VE21, VE22)  # that show where no paths meet
ENGINE_WAYS = (*STEP_WAYS, GR9, VE1, VE4, VE36, VE37, VE38, VE39, VE40, VE41, VE49, VE50, VE52, VE53, VE54, VE55)
SECOND_CALL_WAYS = (VE11, VE12, VE35)

ARITHMETIC = r"^torch\.(add|sub|rsub|mul|div|pow|neg|exp|sin|log|tanh|relu|sigmoid)_?$"  # what an engine computes
LONG = 5_000  # lines of a long program
SIMULATED = 40  # lines of the longest program that is compared with wrong engines
NEEDED = 3  # hints, before the rescue opens

TWICE = program("b = a + a; c = b + b; y = c * a", a=3)
DIAMOND = program("c = a + b; d = c * a; e = d + c; y = d * e", a=3, b=5)
TELLING = (TWICE, DIAMOND, program("c = a + b; d = a * c; y = c * b", a=1.5, b=-2))  # a wrong way explains all of them


def long_program(x: float, factor: float) -> Program:
    """Return a chain of 5,000 lines in which one input is used by each."""
    lines = ("v1 = x * a", *(f"v{i} = v{i - 1} * a" for i in range(2, LONG + 1)))
    return Program({"x": x, "a": factor}, lines)


class Run(NamedTuple):
    """A program to be run on a learner's values.

    Parameters
    ----------
    written
        The program.
    calls
        How often backward is called.
    reset
        Set all gradients to 0 before the last call.
    single_steps
        Each line is one operation, so that wrong engines can be compared with what the learner's gives.
    """

    written: Program
    calls: int = 1
    reset: bool = False
    single_steps: bool = True


# --- asking


def probe_gradients(
    Value: Any, inputs: dict[str, float], lines: list[str], calls: int = 1, reset: bool = False
) -> dict[str, Any]:
    """Probe: run a program, call backward of its result; return all gradients and all numbers, by name.

    Parameters
    ----------
    calls, reset
        As in :class:`Run`.
    """
    names = {name: Value(number) for name, number in inputs.items()}
    programs.run_lines(lines, names)
    for call in range(calls):
        if reset and call == calls - 1:
            for value in names.values():
                value.grad = 0.0
        names[programs.target_of(lines[-1])].backward()
    return {
        "gradients": {name: value.grad for name, value in names.items()},
        "numbers": {name: value.data for name, value in names.items()},
    }


def ask_engine(probe: Callable[..., Any], Value: Any, written: Program, *more: Any) -> Any:
    """Run a probe on a learner's class, in which PyTorch's arithmetic is refused."""
    with no_shortcuts(ARITHMETIC):
        return ask(probe, Value, dict(written.inputs), list(written.lines), *more)


def read(found: Mapping[str, Any], names: Iterable[str], what: str) -> dict[str, float]:
    """Return numbers by name as Python's own floats.

    Raises
    ------
    CheckFailed
        If one is something else.
    """
    numbers = {}
    for name in names:
        number = plain(found[name])
        if number is None:
            raise CheckFailed(f"{name}.{what} should be a number, not {kind(found[name])}.")
        numbers[name] = number
    return numbers


def raised_way(error: CheckFailed) -> Misconception | None:
    """Return the wrong way behind an error that a learner's engine raised; None if it is not known."""
    if "RecursionError" in error.message:
        return VE4
    return VE3 if "unhashable" in error.message else None


# --- judging gradients


class Fault(NamedTuple):
    """What is wrong with one run: all wrong ways that give exactly this, a line for the learner, or an error."""

    ways: tuple[Misconception, ...]
    note: str = ""
    error: CheckFailed | None = None


def fault_of(Value: Any, run: Run) -> Fault | None:
    """Run one program on a learner's class; return what is wrong, None where nothing is."""
    written = run.written
    try:
        found = ask_engine(probe_gradients, Value, written, run.calls, run.reset)
        given = read(found["gradients"], written.names, "grad")
        numbers = read(found["numbers"], written.names, "data")
    except CheckFailed as error:
        way = raised_way(error) or (VE3 if _right_with_other_inputs(Value, run) else None)
        return Fault((way,) if way else (), error=error)
    if not programs.close(numbers, programs.torch_numbers(written)):
        return Fault((), f"a number is wrong in {written}, before any gradient.")
    times = 1 if run.reset else run.calls
    right = {name: times * slope for name, slope in programs.torch_all_gradients(written).items()}
    amiss = [name for name in right if not programs.close({name: given[name]}, {name: right[name]})]
    if programs.close(given, right) or not amiss:
        return None
    note = f"with {written} you got {amiss[0]}.grad = {given[amiss[0]]:.6g}."
    return Fault(_explained(Value, run, given, amiss) if run.single_steps else (), note)


def _explained(Value: Any, run: Run, given: Gradients, amiss: list[str]) -> tuple[Misconception, ...]:
    """Return all wrong ways that give exactly these gradients, of which some are amiss."""
    if run.calls > 1 and fault_of(Value, Run(run.written)) is None:
        return _second_call_ways(Value, run, given, amiss)
    if run.calls > 1 and not run.reset:
        return ()  # the first call is wrong already
    if _right_with_other_inputs(Value, run):
        return (VE3,)
    if set(amiss).isdisjoint(run.written.inputs):
        return _kept_nowhere(run.written, given, amiss)
    if not any(given.values()):
        return (VE2,)
    if not any(slope for name, slope in given.items() if name != run.written.result):
        return (VE22,) if _starts_at_the_result(Value) else (VE10,)
    return _simulated(Value, run.written, given)


def _kept_nowhere(written: Program, given: Gradients, amiss: list[str]) -> tuple[Misconception, ...]:
    """Return the wrong way where the inputs are right, and what is amiss has no gradient at all."""
    if any(given[name] for name in amiss):
        return ()
    return (VE19,) if amiss == [written.result] else (VE18,)


def _second_call_ways(Value: Any, run: Run, given: Gradients, amiss: list[str]) -> tuple[Misconception, ...]:
    """Return the wrong way behind a second call that gives exactly this; the first call is right."""
    once = programs.torch_all_gradients(run.written)
    kept = second_calls(run.written, run.reset)
    if any(programs.close(given, one) for one in kept):
        return (VE11,)
    if run.reset or not programs.close(given, {name: once[name] for name in amiss}):
        return () if any(given.values()) else (VE35,)
    afresh = _gradients_of(Value, run.written, 2, True) or given
    return (VE12,) if any(afresh.values()) else (VE35,)


def _right_with_other_inputs(Value: Any, run: Run) -> bool:
    """Tell whether some numbers are equal, and nothing is wrong once they differ."""
    other = with_other_inputs(run.written)
    return has_equal_numbers(run.written) and not has_equal_numbers(other) and fault_of(Value, Run(other)) is None


def has_equal_numbers(written: Program) -> bool:
    """Tell whether two names of a program stand for the same number."""
    return len(set(programs.torch_numbers(written).values())) < len(written.names)


def with_other_inputs(written: Program) -> Program:
    """Return the program with inputs that all differ, and little from its own: nothing else should change."""
    return written._replace(
        inputs={
            name: number * (1 + 0.05 * place) + 0.03 * place
            for place, (name, number) in enumerate(written.inputs.items(), 1)
        }
    )


def _simulated(Value: Any, written: Program, given: Gradients) -> tuple[Misconception, ...]:
    """Return all wrong engines that give exactly these gradients, and whatever the learner's gives elsewhere, too."""
    if len(written.lines) > SIMULATED:
        return ()
    ways = _giving(given, wrong_gradients(written))
    for other in TELLING if ways else ():
        also = _giving(_gradients_of(Value, other), wrong_gradients(other))
        ways = [way for way in ways if way in also]
    if {VE10, VE21} <= set(ways):  # both give the same gradients
        ways.remove(VE10 if _starts_at_the_result(Value) else VE21)
    return tuple(ways)


def probe_start(Value: Any, inputs: dict[str, float], lines: list[str]) -> bool:
    """Probe: tell whether the backward order of a program's result begins with the result."""
    names = {name: Value(number) for name, number in inputs.items()}
    programs.run_lines(lines, names)
    result = names[programs.target_of(lines[-1])]
    return next(iter(result.backward_order())) is result


def _starts_at_the_result(Value: Any) -> bool:
    try:
        return bool(ask_engine(probe_start, Value, TWICE))
    except CheckFailed:
        return False


def _giving(given: Gradients | None, results: Mapping[Misconception, list[Gradients]]) -> list[Misconception]:
    return [way for way, some in results.items() if given and any(programs.close(given, one) for one in some)]


def _gradients_of(Value: Any, written: Program, *calls: int) -> Gradients | None:
    """Return all gradients of a program as a learner's class has them; None if it raises."""
    try:
        return read(ask_engine(probe_gradients, Value, written, *calls)["gradients"], written.names, "grad")
    except CheckFailed:
        return None


# --- speaking


def speak(case: Case, fault: Fault) -> Wrong:
    """Return the error that tells of a fault what the case may tell."""
    if fault.error is None:
        return case.sentence(f"{case.part}: {fault.note}", fault.ways)
    told = case.censored(fault.error, "Value").message
    return case.sentence(f"{case.part}: {told}", fault.ways, hidden=told)


def without(ways: Iterable[Misconception], finding: Finding) -> Finding:
    """Return how a part stands, said without some wrong ways."""
    return replace(finding, because=tuple(way for way in finding.because if way not in ways))


def fewest_ways(found: Findings) -> Findings:
    """Return how the parts stand with as few wrong ways as explain them, those that explain most of them first."""
    left, chosen = [one.because for one in found.values() if one.because], list[Misconception]()
    while left:
        counted = Counter(way for ways in left for way in ways)
        way = max(counted, key=counted.__getitem__)  # of equals the one that is met first
        chosen.append(way)
        left = [ways for ways in left if way not in ways]
    return {
        part: replace(one, because=tuple(way for way in chosen if way in one.because)[:1])
        for part, one in found.items()
    }


# --- the exercise


class EngineStep(Implementation):
    """A step of the engine: its hints count for the rescue, whose numbers PyTorch computes."""

    def hint(self, number: int | None = None) -> None:
        """Print the next hint, or hint ``number`` (from 1), and remember which."""
        super().hint(number)
        _hints_read.add((self.id, self._shown))

    def rescue(self) -> type:
        """Return a `Value` made of PyTorch's tensors, once three hints for the engine have been read.

        At grading nothing has to be read.

        Raises
        ------
        Mistake
            If there is a hint left to try first.
        """
        if len(_hints_read) < NEEDED and not runtime.is_grading():
            raise Mistake(
                f"the rescue opens after {NEEDED} hints for the engine, you have read {len(_hints_read)}: "
                f"lab.{self.name()}.hint() shows the next one"
            )
        print("A Value made of PyTorch's tensors. It serves sections 6 to 8; exercises 3.3 and 3.4 want your own.")
        return TorchValue


_hints_read: set[tuple[str, int]] = set()  # for the engine, in this session
