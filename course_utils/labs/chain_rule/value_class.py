"""Exercise 3.3, step 1: values that remember what they were made from.

=====================================================  ==========================================================
Claim of the prompt                                    Case
=====================================================  ==========================================================
a new Value with the result                            FORWARD: all numbers, whole, negative, with a point
its operands stay as they are                          FORWARD: the inputs' numbers afterwards
parents: the values it was made from                   FORWARD: each operand is among them
slopes: of the result by each parent, in their order   FORWARD: by operand, summed where it is there twice; 0 · b
grad of a new Value is 0                               FORWARD
other may be a plain number                            CONSTANTS: on either side, negative, with a point
=====================================================  ==========================================================
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from course_utils.judging.answers import named, plain
from course_utils.judging.cases import Case
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.protocol.verdicts import CheckFailed
from course_utils.labs.chain_rule import programs
from course_utils.labs.chain_rule.engine import EngineStep, Run, ask_engine, read
from course_utils.labs.chain_rule.headings import ENGINE
from course_utils.labs.chain_rule.programs import Program, program
from course_utils.labs.chain_rule.wrong_engines import VE5

VE6 = Misconception(
    "VE6",
    "parents not recorded",
    "The number is right, but the result does not remember what it was made from. What is parents for?",
    ENGINE,
)
VE7 = Misconception(
    "VE7",
    "plain number not turned into a value",
    "With a plain number it fails. What has 3 not got that a Value has?",
    ENGINE,
)
VE16 = Misconception(
    "VE16",
    "operation changes its own operands",
    "After the operation one of its operands has another number. Should a + b change a?",
    ENGINE,
)
VE23 = Misconception(
    "VE23",
    "slopes not recorded",
    "The result knows its parents and not its slopes. By how much does it grow when one parent grows by 1?",
    ENGINE,
)
VE42 = Misconception(
    "VE42",
    "slopes of a sum that are not 1",
    "The slopes of a sum are other numbers here. If a grows by 1 and b stays, how far does a + b grow?",
    ENGINE,
)
VE43 = Misconception(
    "VE43",
    "the product itself as its slope",
    "In a · b you give the slope a · b. If b stays and a moves by 1, how far does a · b move?",
    ENGINE,
)
VE46 = Misconception(
    "VE46",
    "slopes that are values",
    "Your slopes are Values. Which attribute of a value is its number?",
    ENGINE,
)
VE47 = Misconception(
    "VE47",
    "gradient that does not begin at 0",
    "A new value has a gradient already. How much has come back to it before anybody goes backward?",
    ENGINE,
)
VE48 = Misconception(
    "VE48",
    "number of another operation",
    "This is what another operation gives for the same two numbers. Which one does the sign in the line ask for?",
    ENGINE,
)
VE24 = Misconception(
    "VE24",
    "a product given the slopes of a sum",
    "Here a product has slopes of 1, as a sum has. If a grows by 1 and b is 5, does a · b grow by 1?",
    ENGINE,
)
VE51 = Misconception(
    "VE51",
    "slope of a product that fails where a factor is 0",
    "Your slopes of a product are right until a factor is 0. Do you divide by it? How far does 0 · b move if 0 does?",
    ENGINE,
)
VE26 = Misconception(
    "VE26",
    "parents kept in a set",
    "A set has no order, and holds a value once. Which slope belongs to which parent, and what of a + a?",
    ENGINE,
)
VE27 = Misconception(
    "VE27",
    "operation returns a plain number",
    "The result is a number that remembers nothing. What can be asked of it that a Value could answer?",
    ENGINE,
)

FORWARD = (
    program("y = a + b", a=2, b=5),
    program("y = a * b", a=3, b=-4),
    program("s = a + b; y = s * a", a=2, b=3),
    program("s = a * b; y = b + s", a=-1.5, b=2.25),
    program("s = a * a; y = s + s", a=-2.5),
)
CONSTANTS = (
    program("y = a + 7", a=2),
    program("y = 7 + a", a=2),
    program("y = 3 * a", a=5),
    program("y = a * 0.5", a=5),
    program("y = a * -1.5", a=5),
    program("y = -2.5 + a", a=-0.5),
    program("y = 10 - a", a=4),
    program("y = a - b", a=4, b=6),
)
WITH_NOTHING = program("y = a * b", a=0, b=3)
PRODUCTS = (FORWARD[1], program("y = a * b", a=0.5, b=2.5))  # that a wrong way of slopes has to explain, both
PRODUCT_WAYS: Mapping[Misconception, Callable[[float, float], tuple[float, float]]] = {
    VE5: lambda a, b: (a, b),
    VE24: lambda a, b: (1.0, 1.0),
    VE43: lambda a, b: (a * b, a * b),
}
NO_ORDER = ("set", "frozenset")
NUMBER = (int, float, np.generic, np.ndarray, torch.Tensor)
NUMBERS = ("int", "float", "float64")


def probe_numbers(Value: Any, inputs: dict[str, float], lines: list[str]) -> dict[str, Any]:
    """Probe: run a program; return its numbers, gradients, and what each value says of its parents and slopes.

    Parents come by name ("" for one without a name), each with its slope; None where either is not recorded, else the
    type's name where it is no sequence. Of a result that is a number or None, name and type, and no more.
    """
    names = {name: Value(number) for name, number in inputs.items()}
    programs.run_lines(lines, names)
    for name, value in names.items():
        if isinstance(value, int | float) or not hasattr(value, "data"):
            return {"no values": (name, type(value).__name__)}
    known = {id(value): name for name, value in names.items()}
    recorded: dict[str, Any] = {}
    for name, value in names.items():
        parents: Any = getattr(value, "parents", None)
        slopes: Any = getattr(value, "slopes", None)
        in_order = isinstance(parents, list | tuple)
        recorded[name] = {
            "parents": [known.get(id(parent), "") for parent in parents] if in_order else type(parents).__name__,
            "slopes": [_number_or_type(one) for one in slopes] if hasattr(slopes, "__iter__") else None,
        }
    return {
        "no values": None,
        "numbers": {name: value.data for name, value in names.items()},
        "gradients": {name: value.grad for name, value in names.items()},
        "recorded": recorded,
    }


def _number_or_type(slope: Any) -> Any:
    return slope if isinstance(slope, NUMBER) else type(slope).__name__


class ValueClass(EngineStep):
    """Write the class `Value`: numbers of sums, products, differences, and what it remembers."""

    id = "value-class"
    hints = (
        "What should a + b return: a float, or something that can be added to again?",
        "If other is the number 3, how do you make a Value of it?",
        "For a product a · b: if a moves by 1 and b stays, by how much does the product move? That is its slope by a.",
    )
    worked = """
    Another class that remembers: a `Length` in metres. Joining two gives a new one, which knows its parts.

    ```python
    class Length:
        def __init__(self, metres, parts=()):
            self.metres, self.parts = metres, parts

        def __or__(self, other):  # one after the other
            if not isinstance(other, Length):
                other = Length(other)  # 3 becomes a Length of 3 metres
            return Length(self.metres + other.metres, (self, other))
    ```

    1. `Length(2) | Length(5)` has 7 metres. Neither part has changed: the result is an object of its own.
    2. A slope to remember beside it: of a difference p − q by p it is 1, by q it is −1, in the order of (p, q).
    """
    misconceptions = (VE5, VE6, VE7, VE16, VE23, VE24, VE26, VE27, VE42, VE43, VE46, VE47, VE48, VE51)

    def cases(self) -> Sequence[Case]:
        """Return values with values, and values with plain numbers."""
        return [Case(str(written), Run(written)) for written in (*FORWARD, WITH_NOTHING, *CONSTANTS)]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return sums and products of other numbers, and a long program of both."""
        single = (
            program("s = b * a; t = s + a; y = t * s", a=-0.75, b=1.5),
            program("s = a + a; y = s * s", a=1.25 + seed % 7),
        )
        return [
            *(Case("a program", Run(written)) for written in single),
            Case("a program", Run(programs.random_program(seed), single_steps=False)),
        ]

    def try_case(self, case: Case, Value: Any) -> None:
        """Compare numbers and slopes with PyTorch's, and parents with the operands of each line."""
        written: Program = case.data.written
        try:
            found = ask_engine(probe_numbers, Value, written)
        except CheckFailed as error:
            if written in CONSTANTS:
                raise case.sentence(f"{case.label}: {error.message}", VE7) from None
            raise case.censored(error, "Value") from None
        if found["no values"]:
            name, what = found["no values"]
            way = VE27 if what in NUMBERS else None
            shown = "None" if what == "NoneType" else named(what)
            raise case.wrong("Value", way, detail=f"  {name} should be a new Value, not {shown}.")
        _compare_numbers(case, found["numbers"])
        if case.data.single_steps:
            _compare_gradients(case, found["gradients"])
            for line in written.lines:
                _compare_parents(case, line, found["recorded"][programs.target_of(line)])
                _compare_slopes(case, Value, line, found["recorded"][programs.target_of(line)])


def _compare_numbers(case: Case, numbers: dict[str, Any]) -> None:
    written: Program = case.data.written
    try:
        given = read(numbers, written.names, "data")
    except CheckFailed as error:
        raise case.censored(error, "Value") from None
    if any(given[name] != number for name, number in written.inputs.items()):
        raise case.wrong("Value", VE16)
    for name, right in programs.torch_numbers(written).items():
        if not programs.close({name: given[name]}, {name: right}):
            way = VE48 if _is_another_operation(written, name, given) else None
            raise case.wrong("Value", way, detail=f"  {name}.data is {given[name]:g}, it should be {right:g}.")


def _is_another_operation(written: Program, name: str, given: dict[str, float]) -> bool:
    """Tell whether a line gives what its operands give with another operation."""
    line = next(one for one in written.lines if programs.target_of(one) == name)
    operands = programs.operands_of(line)
    if len(operands) != 2 or not set(operands) <= set(given):
        return False
    a, b = (given[one] for one in operands)
    return any(given[name] == other for other in (a + b, a - b, b - a, a * b))


def _compare_gradients(case: Case, gradients: dict[str, Any]) -> None:
    for name, given in gradients.items():
        if plain(given) != 0:
            raise case.wrong(
                "Value", detail=f"  {name}.grad should be 0 before any backward. Who changed it?", because=VE47
            )


def _compare_parents(case: Case, line: str, recorded: dict[str, Any]) -> None:
    made, operands, parents = programs.target_of(line), _operands(line), recorded["parents"]
    if parents in NO_ORDER:
        raise case.wrong("Value", VE26)
    if isinstance(parents, str) and parents != "NoneType":
        raise case.wrong("Value", detail=f"  {made}.parents should be a tuple or a list, not {parents}.")
    if parents == "NoneType" or not set(operands) <= set(parents):
        raise case.wrong("Value", VE6, detail=f"  {made}.parents should hold {' and '.join(operands)}.")


def _compare_slopes(case: Case, Value: Any, line: str, recorded: dict[str, Any]) -> None:
    operands, made = _operands(line), programs.target_of(line)
    if not operands:
        return
    slopes = _slopes(recorded)
    if slopes is None:
        odd = [one for one in recorded["slopes"] or () if isinstance(one, str)]
        shown = f" It holds {named(odd[0])}." if odd else ""
        note = f"  {made}.slopes should hold a number for each of {made}.parents.{shown}"
        way = VE46 if "Value" in odd else None
        raise case.wrong("Value", way if recorded["slopes"] else VE23, detail=note)
    edges = [edge for edge in programs.torch_edges(case.data.written) if edge.made == made]
    for name in operands:
        right = sum(edge.slope for edge in edges if edge.operand == name)
        if not programs.close({name: slopes[name]}, {name: right}):
            note = f"  in {line} the slope of {made} by {name} is {slopes[name]:g} in yours."
            raise case.wrong("Value", _slope_way(case, Value, line), detail=note)


def _operands(line: str) -> list[str]:
    """Return the names that a line must have as parents: none where it is made of several steps."""
    return [] if "-" in line else list(dict.fromkeys(programs.operands_of(line)))


def _slopes(recorded: dict[str, Any]) -> dict[str, float] | None:
    """Return the slope by each parent's name, summed where one is there twice; None if they are no numbers."""
    parents, slopes = recorded["parents"], recorded["slopes"]
    numbers = [plain(slope) for slope in slopes] if isinstance(slopes, list) else []
    if len(numbers) != len(parents) or None in numbers:
        return None
    found: dict[str, float] = {}
    for name, number in zip(parents, numbers, strict=True):
        found[name] = found.get(name, 0.0) + (number or 0.0)
    return found


def _slope_way(case: Case, Value: Any, line: str) -> Misconception | None:
    if "*" not in line:
        return VE42
    return VE51 if case.data.written == WITH_NOTHING else _product_way(Value)


def _product_way(Value: Any) -> Misconception | None:
    """Return the wrong way that gives exactly the slopes that some products have; None if there is none."""
    for way, slopes_of in PRODUCT_WAYS.items():
        if all(_slopes_of_product(Value, one) == slopes_of(one.inputs["a"], one.inputs["b"]) for one in PRODUCTS):
            return way
    return None


def _slopes_of_product(Value: Any, written: Program) -> tuple[float | None, float | None]:
    try:
        slopes = _slopes(ask_engine(probe_numbers, Value, written)["recorded"][written.result]) or {}
    except CheckFailed:
        slopes = {}
    return slopes.get("a"), slopes.get("b")
