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
from course_utils.judging.findings import Findings, Wrong
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.protocol.calling import ask, no_shortcuts
from course_utils.judging.protocol.verdicts import CheckFailed
from course_utils.labs.chain_rule import programs
from course_utils.labs.chain_rule.gradients import GR1, GR9
from course_utils.labs.chain_rule.headings import ORDER
from course_utils.labs.chain_rule.programs import Program, program
from course_utils.labs.chain_rule.rescue import TorchValue
from course_utils.labs.chain_rule.wrong_engines import VE1, VE5, VE10, VE13, second_calls, wrong_gradients

VE2 = Misconception(
    "VE2",
    "seed gradient missing",
    "All gradients are 0. What is the slope of y by y itself, and who writes it down?",
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
STEP_WAYS = (GR1, VE2, VE3, VE5, VE10, VE13)  # that show where no paths meet
ENGINE_WAYS = (*STEP_WAYS, GR9, VE1, VE4)

ARITHMETIC = r"^torch\.(add|sub|rsub|mul|div|pow|neg|exp|sin|log|tanh|relu|sigmoid)_?$"  # what an engine computes
LONG = 5_000  # lines of a long program
SIMULATED = 40  # lines of the longest program that is compared with wrong engines
NEEDED = 3  # hints, before the rescue opens

TWICE = program("b = a + a; c = b + b; y = c * a", a=3)
DIAMOND = program("c = a + b; d = c * a; e = d + c; y = d * e", a=3, b=5)


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
    """Probe: run a program, call backward of its result; return the inputs' gradients and all numbers.

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
        "gradients": {name: names[name].grad for name in inputs},
        "seed": names[programs.target_of(lines[-1])].grad,
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
        given = read(found["gradients"], written.inputs, "grad")
        numbers = read(found["numbers"], written.names, "data")
    except CheckFailed as error:
        way = raised_way(error) or (VE3 if _right_with_other_inputs(Value, run) else None)
        return Fault((way,) if way else (), error=error)
    if not programs.close(numbers, programs.torch_numbers(written)):
        return Fault((), f"a number is wrong in {written}, before any gradient.")
    times = 1 if run.reset else run.calls
    right = {name: times * slope for name, slope in programs.torch_gradients(written).items()}
    if programs.close(given, right):
        return None
    name = next(name for name in right if not programs.close({name: given[name]}, {name: right[name]}))
    note = f"with {written} you got {name}.grad = {given[name]:.6g}."
    if run.single_steps and run.calls == 1 and not any(given.values()):
        return Fault((VE10 if plain(found["seed"]) else VE2,), note)
    return Fault(_explained(Value, run, given) if run.single_steps else (), note)


def _explained(Value: Any, run: Run, given: Mapping[str, float]) -> tuple[Misconception, ...]:
    if run.calls > 1 and fault_of(Value, Run(run.written)) is None:
        return _second_call_ways(run, given)
    if run.calls > 1 and not run.reset:
        return ()  # the first call is wrong already
    return (VE3,) if _right_with_other_inputs(Value, run) else _simulated(run.written, given)


def _second_call_ways(run: Run, given: Mapping[str, float]) -> tuple[Misconception, ...]:
    """Return the wrong way behind a second call that gives exactly this; the first call is right."""
    if not run.reset and programs.close(given, programs.torch_gradients(run.written)):
        return (VE12,)
    kept = second_calls(run.written, run.reset)
    return (VE11,) if any(programs.close(given, one) for one in kept) else ()


def _right_with_other_inputs(Value: Any, run: Run) -> bool:
    """Tell whether some numbers are equal, and nothing is wrong once they differ."""
    other = with_other_inputs(run.written)
    return has_equal_numbers(run.written) and not has_equal_numbers(other) and fault_of(Value, Run(other)) is None


def has_equal_numbers(written: Program) -> bool:
    """Tell whether two names of a program stand for the same number."""
    return len(set(programs.torch_numbers(written).values())) < len(written.names)


def with_other_inputs(written: Program) -> Program:
    """Return the program with inputs that all differ."""
    return written._replace(inputs={name: 1.1 + 0.7 * place for place, name in enumerate(written.inputs)})


def _simulated(written: Program, given: Mapping[str, float]) -> tuple[Misconception, ...]:
    """Return all wrong engines that give exactly these gradients."""
    if len(written.lines) > SIMULATED:
        return ()
    ways = wrong_gradients(written)
    return tuple(way for way, results in ways.items() if any(programs.close(given, result) for result in results))


# --- speaking


def speak(case: Case, fault: Fault) -> Wrong:
    """Return the error that tells of a fault what the case may tell."""
    if fault.error is None:
        return case.sentence(f"{case.part}: {fault.note}", fault.ways)
    told = case.censored(fault.error, "Value").message
    told = told.split("\n")[0] if fault.ways else told  # leaves room for the hint
    return case.sentence(f"{case.part}: {told}", fault.ways, hidden=told)


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
        ValueError
            If there is a hint left to try first.
        """
        if len(_hints_read) < NEEDED and not runtime.is_grading():
            raise ValueError(
                f"the rescue opens after {NEEDED} hints for the engine, you have read {len(_hints_read)}: "
                f"lab.{self.name()}.hint() shows the next one"
            )
        print("A Value made of PyTorch's tensors. It serves sections 6 to 8; exercises 3.3 and 3.4 want your own.")
        return TorchValue


_hints_read: set[tuple[str, int]] = set()  # for the engine, in this session
