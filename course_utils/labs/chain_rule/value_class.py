"""Exercise 3.3, step 1: values that remember what they were made from."""

from collections.abc import Sequence
from typing import Any

from course_utils.judging.cases import Case
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.protocol.verdicts import CheckFailed
from course_utils.labs.chain_rule import programs
from course_utils.labs.chain_rule.engine import EngineStep, Run, ask_engine, read
from course_utils.labs.chain_rule.headings import ENGINE
from course_utils.labs.chain_rule.programs import Program, program

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

FORWARD = (program("y = a + b", a=2, b=5), program("y = a * b", a=3, b=-4), program("s = a + b; y = s * a", a=2, b=3))
CONSTANTS = (
    program("y = a + 7", a=2),
    program("y = 7 + a", a=2),
    program("y = 3 * a", a=5),
    program("y = a * 0.5", a=5),
    program("y = 10 - a", a=4),
    program("y = a - b", a=4, b=6),
)


def probe_numbers(Value: Any, inputs: dict[str, float], lines: list[str]) -> dict[str, Any]:
    """Probe: run a program; return its numbers, the inputs' numbers afterwards, and each line's parents by name."""
    names = {name: Value(number) for name, number in inputs.items()}
    programs.run_lines(lines, names)
    known = {id(value): name for name, value in names.items()}
    recorded = {
        name: [known.get(id(parent), "") for parent in value.parents] if hasattr(value, "parents") else None
        for name, value in names.items()
    }
    return {"numbers": {name: value.data for name, value in names.items()}, "parents": recorded}


class ValueClass(EngineStep):
    """Write the class `Value`: numbers of sums, products, differences, and what it remembers."""

    id = "value-class"
    hints = (
        "What should a + b return: a float, or something that can be added to again?",
        "If other is the number 3, how do you make a Value of it?",
        "For a product a · b: if a moves by 1 and b stays, by how much does the product move? That is its slope by a.",
    )
    misconceptions = (VE6, VE7, VE16)

    def cases(self) -> Sequence[Case]:
        """Return values with values, and values with plain numbers."""
        return [Case(str(written), Run(written)) for written in (*FORWARD, *CONSTANTS)]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return a long program of sums and products."""
        return [Case("a program", Run(programs.random_program(seed), single_steps=False))]

    def try_case(self, case: Case, Value: Any) -> None:
        """Compare numbers with PyTorch's, and parents with the operands of each line."""
        written: Program = case.data.written
        try:
            found = ask_engine(probe_numbers, Value, written)
        except CheckFailed as error:
            if written in CONSTANTS:
                raise case.wrong("Value", VE7, detail=f"  {error.message.splitlines()[0]}") from None
            raise case.censored(error, "Value") from None
        _compare_numbers(case, found["numbers"])
        if case.data.single_steps:
            _compare_parents(case, found["parents"])


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
            raise case.wrong("Value", detail=f"  {name}.data is {given[name]:g}, it should be {right:g}.")


def _compare_parents(case: Case, recorded: dict[str, Any]) -> None:
    for line in case.data.written.lines:
        made, operands = programs.target_of(line), dict.fromkeys(programs.operands_of(line))
        parents = recorded[made]
        if parents is not None and not set(operands) <= set(parents) and "-" not in line:
            raise case.wrong("Value", VE6, detail=f"  {made}.parents should hold {' and '.join(operands)}.")
