"""Check of the numbers by hand: values and slope of the sigmoid, tanh from it, a product of slopes."""

import math

import torch

from course_utils.checks import diagnosis
from course_utils.checks.diagnosis import same_number
from course_utils.checks.sets import mark, what_was_given
from course_utils.judging.answers import read_numbers
from course_utils.judging.protocol.calling import quiet
from course_utils.judging.protocol.verdicts import Credit
from course_utils.misconceptions.activations import by_hand_ways
from course_utils.variants.activations import ByHand

PARTS = ("a", "b", "c", "largest slope", "tanh", "bound")
GROUPS = (("a", "b", "c"), ("largest slope",), ("tanh",), ("bound",))  # each diagnosed by itself


@quiet()
def sigmoid_by_hand(answers: dict, question: ByHand) -> Credit:
    """Check three values, the largest slope, tanh from σ, and the bound for a chain of sigmoids. 2 points.

    Parameters
    ----------
    answers
        ``{"a": …, "b": …, "c": …, "largest slope": …, "tanh": …, "bound": …}``. Rounded to two decimals will do; the
        bound to two digits.
    question
        From :func:`course_utils.variants.activations.by_hand`.
    """
    given, right = read_numbers(answers, PARTS, "numbers"), torch_numbers(question)
    marks = {part: None if given[part] is None else same_number(given[part], right[part]) for part in PARTS}
    codes = [code for group in GROUPS for code in _codes(group, given, right, question)]
    told = {part: marks[part] if codes and part in _first_group(codes[0]) else None for part in PARTS}
    line = what_was_given(told, given) or what_was_given(marks, given)
    return mark(marks, 2, list(dict.fromkeys(codes)), line)


def torch_numbers(question: ByHand) -> dict[str, float]:
    """Ask PyTorch for the right numbers."""
    z = torch.tensor([0.0, math.log(question.p), -math.log(question.q)], dtype=torch.float64)
    a, b, c = torch.sigmoid(z).tolist()
    with torch.enable_grad():
        grid = torch.linspace(-5, 5, 1001, dtype=torch.float64, requires_grad=True)
        (slopes,) = torch.autograd.grad(torch.sigmoid(grid).sum(), grid)
    half_z = torch.logit(torch.tensor(question.doubled, dtype=torch.float64)) / 2
    largest = slopes.max().item()
    bound = torch.full((question.layers,), largest, dtype=torch.float64).prod().item()
    return {"a": a, "b": b, "c": c, "largest slope": largest, "tanh": torch.tanh(half_z).item(), "bound": bound}


def _codes(group, given, right, question) -> list[str]:
    answered = {part: given[part] for part in group if given[part] is not None}
    ways = {code: dict.fromkeys(PARTS) | values for code, values in _single_ways(question).items()}
    found = diagnosis.explain_set(answered, right, ways)
    return [code.split(":")[0] for code in found.codes[:1]] if found.one_way else [c.split(":")[0] for c in found.codes]


def _single_ways(question: ByHand) -> dict[str, dict[str, float]]:
    """Return the wrong ways with one number each; a way with several becomes several, told apart behind a colon."""
    single = {}
    for code, parts in by_hand_ways(*question).items():
        several = next((value for value in parts.values() if isinstance(value, list)), [None])
        for number, _ in enumerate(several):
            single[f"{code}:{number}"] = {
                part: value[number] if isinstance(value, list) else value for part, value in parts.items()
            }
    return single


def _first_group(code: str) -> tuple[str, ...]:
    touched = by_hand_ways(2, 3, 0.9, 5)[code]
    return next(group for group in GROUPS if set(group) & set(touched))
