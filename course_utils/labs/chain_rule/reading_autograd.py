"""Practice to exercise 3.8: what does this snippet print? The answer is asked of PyTorch, which runs it."""

from typing import Any, NamedTuple

import torch

from course_utils.judging.misconceptions import Misconception
from course_utils.judging.practice import Topic
from course_utils.judging.variants import Dice
from course_utils.labs.chain_rule.gradients import GR9, VT1
from course_utils.labs.chain_rule.headings import TORCH

VT7 = Misconception(
    "VT7",
    "update recorded in the graph, or gradient cut off",
    "In this snippet something is cut off, or recorded that should not be. Which line does PyTorch have to see?",
    TORCH,
)

SNIPPETS = {
    "added up": """
w = torch.tensor({w}.0, requires_grad=True)
for step in range({times}):
    loss = {factor} * w**2
    loss.backward()""",
    "set to zero": """
w = torch.tensor({w}.0, requires_grad=True)
for step in range({times}):
    w.grad = None
    loss = {factor} * w**2
    loss.backward()""",
    "detached": """
w = torch.tensor({w}.0, requires_grad=True)
loss = {factor} * w.detach() * w
loss.backward()""",
    "not recorded": """
w = torch.tensor({w}.0, requires_grad=True)
with torch.no_grad():
    v = {factor} * w
loss = v * w
loss.backward()""",
}


class Reading(NamedTuple):
    """A snippet by name, and its numbers."""

    kind: str
    w: int
    factor: int
    times: int

    @property
    def code(self) -> str:
        """The snippet without its last line, which prints."""
        return SNIPPETS[self.kind].format(w=self.w, factor=self.factor, times=self.times).strip()


def practice_reading(dice: Dice) -> Reading:
    """Draw a snippet."""
    return Reading(dice.choose(list(SNIPPETS)), dice.between(2, 9), dice.between(2, 5), dice.between(2, 4))


def torch_printed(question: Reading) -> int:
    """Return what the snippet prints, by running it."""
    names: dict[str, Any] = {"torch": torch}
    exec(question.code, names)  # our own text
    return int(names["w"].grad)


def reading_ways(question: Reading) -> dict[Misconception, int]:
    """Return what the wrong ways make of a snippet."""
    once = 2 * question.factor * question.w
    if question.kind == "added up":
        return {GR9: once}
    if question.kind == "set to zero":
        return {VT1: once * question.times}
    return {VT7: once}


def _text(question: Reading) -> str:
    code = "\n".join(f"    {line}" for line in [*question.code.split("\n"), "print(int(w.grad))"])
    return f"Read this code; do not run it.\n{code}\nWhat does it print?"


def _steps(question: Reading) -> list[str]:
    w, factor, times, right = question.w, question.factor, question.times, torch_printed(question)
    once = f"The slope of {factor} * w**2 is {2 * factor} * w, at {w} that is {2 * factor * w}."
    return {
        "added up": [once, "backward adds to what is in w.grad.", f"{times} rounds add up to {right}."],
        "set to zero": [once, "w.grad is emptied in every round.", f"What is left is that of the last one: {right}."],
        "detached": ["w.detach() is a number without a history.", f"The slope is {factor} * {w} = {right}."],
        "not recorded": ["What is computed under no_grad remembers nothing.", f"v is a constant: {right}."],
    }[question.kind]


READ_AUTOGRAD = Topic("read-autograd", practice_reading, _text, torch_printed, reading_ways, _steps)
