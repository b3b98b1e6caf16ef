"""Exercise 8.3: a budget in normalised units, in L2, and in grey levels."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import torch

from course_utils.judging.answers import as_dict, plain
from course_utils.judging.closeness import near
from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import Finding, Standing, wrong
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.numbers import judge_numbers
from course_utils.judging.practice import Topic
from course_utils.judging.variants import Dice, draw
from course_utils.labs.adversarial_examples.attacks import AD4
from course_utils.labs.adversarial_examples.headings import UNITS

EB1 = Misconception(
    "EB1",
    "shifted a difference by the mean",
    "This subtracts the mean from a difference. What becomes of the mean when two normalised pictures are subtracted?",
    UNITS,
)
EB2 = Misconception(
    "EB2",
    "L2 size without squares and root",
    "This adds the changes, or their squares, as they are. What does the L2 size do before and after the sum?",
    UNITS,
)
EB3 = Misconception(
    "EB3",
    "channels forgotten",
    "This counts each place once. How many numbers has a colour picture at each place?",
    UNITS,
)
EB4 = Misconception(
    "EB4",
    "size of one pixel taken for the picture's",
    "This is the size of one pixel's change. How many numbers of the picture change along with it?",
    UNITS,
)
EB5 = Misconception(
    "EB5",
    "counted both directions",
    "This is the distance from the darkest to the brightest that is allowed. How far is each of them from the "
    "original?",
    UNITS,
)
EB6 = Misconception(
    "EB6",
    "grey levels on the scale from 0 to 1",
    "This is on the scale from 0 to 1. How many steps of a file with 8 bits lie between 0 and 1?",
    UNITS,
)

EXACT = 0.01
FAR_ENOUGH = 0.1  # right and wrong answers differ by a tenth at least: nobody loses points to rounding
EB7 = Misconception(
    "EB7",
    "divided by 256 in place of 255",
    "This divides by 256. Which is the largest number of a file, the one that becomes 1.0?",
    UNITS,
)
EB8 = Misconception(
    "EB8",
    "grey levels where the range from 0 to 1 is asked for",
    "This is in grey levels, from 0 to 255. In which units are pixels here?",
    UNITS,
)
EB9 = Misconception(
    "EB9",
    "another count, or a factor too many",
    "One way to get this: one side in place of all numbers of the picture, one root or one factor too many. What is "
    "each number of the change, and how many are there?",
    UNITS,
)
STDS = (0.2, 0.25, 0.4, 0.5)


class Budget(NamedTuple):
    """An attack of ``levels``/255 on 3×``height``×``width`` pictures; the network has mean 0.5 and std ``std``."""

    levels: int
    std: float
    height: int
    width: int


LESSON_BUDGET = Budget(8, 0.5, 32, 32)


# --- what is right


def torch_budget(question: Budget) -> dict[str, float]:
    """Change a grey picture as far as allowed, and measure: behind the normalisation, in L2, in an 8-bit file."""
    shape = (3, question.height, question.width)
    before = torch.full(shape, 100 / 255, dtype=torch.float64)
    after = before + question.levels / 255
    normalised = [(picture - 0.5) / question.std for picture in (before, after)]
    files = [(picture * 255).round() for picture in (before, after)]
    return {
        "normalised": float((normalised[1] - normalised[0]).max()),
        "L2": float(torch.linalg.vector_norm(after - before)),
        "grey levels": float((files[1] - files[0]).max()),
    }


def right_values(question: Budget) -> dict[str, float]:
    """Convert the budget number by number: the size of a change of every pixel by ``levels``."""
    eps = question.levels / 255
    squares = sum(eps * eps for _ in range(3 * question.height * question.width))
    return {"normalised": eps / question.std, "L2": squares**0.5, "grey levels": question.levels}


# --- wrong ways


def wrong_values(question: Budget) -> dict[str, dict[Misconception, list[float]]]:
    """For each part, what each wrong way gives."""
    eps, places = question.levels / 255, question.height * question.width
    return {
        "normalised": {
            AD4: [eps * question.std, eps, question.levels / question.std],
            EB1: [(eps - 0.5) / question.std],
        },
        "L2": {
            EB2: [3 * places * eps, 3 * places * eps**2],
            EB3: [places**0.5 * eps],
            EB4: [eps],
            AD4: [(3 * places) ** 0.5 * eps / question.std, (3 * places) ** 0.5 * eps * question.std],
        },
        "grey levels": {
            EB5: [2 * question.levels, 2 * question.levels + 1],
            EB6: [eps],
            AD4: [question.levels * question.std],
        },
    }


def further_values(question: Budget) -> dict[str, dict[Misconception, list[float]]]:
    """For each part, what wrong ways give by which questions are not told apart when they are drawn."""
    eps, (height, width) = question.levels / 255, (question.height, question.width)
    sides, places = (height, width, 3 * height, 3 * width, height + width), height * width
    return {
        "normalised": {EB8: [question.levels], EB9: [2 * eps / question.std, eps / question.std**2]},
        "L2": {
            EB8: [root * question.levels for root in ((3 * places) ** 0.5, places**0.5)],
            EB9: [
                *(side**0.5 * eps for side in sides),
                *(side * eps for side in sides),
                *(places * eps, 3**0.5 * eps, (3 * places * eps) ** 0.5, (places * eps) ** 0.5),
            ],
        },
        "grey levels": {EB9: [255, question.levels + 255, 255 * question.levels]},
    }


def _same(given: float | None, right: float | None) -> bool:
    """Tell whether a size is right, and not what division by 256 gives, unless that is the right one, rounded."""
    if given is None or right is None or not near(given, right, share=EXACT):
        return False
    by_256 = near(given, right * 255 / 256, share=2e-4) and not near(given, right, share=5e-4)
    return not by_256 or f"{given:.3g}" == f"{right:.3g}"


# --- drawing


def sample_budget(dice: Dice) -> Budget:
    """Draw a budget, a standard deviation and a size."""
    return Budget(dice.between(2, 16), dice.choose(STDS), dice.between(20, 64), dice.between(20, 64))


def is_telling(question: Budget) -> bool:
    """Tell whether every wrong way is far from the right value, and from those with another code."""
    right = right_values(question)
    return all(_tells_apart(right[part], ways) for part, ways in wrong_values(question).items())


def _tells_apart(right: float, ways: Mapping[Misconception, Iterable[float]]) -> bool:
    values = [(way, value) for way, results in ways.items() for value in results]
    for number, (way, value) in enumerate(values):
        if near(value, right, share=FAR_ENOUGH):
            return False
        if any(way != other and near(value, another, share=0.03) for other, another in values[number + 1 :]):
            return False
    return True


# --- practice: answers are whole numbers

SQUARES = ((12, 4), (12, 16), (24, 32), (27, 16), (12, 25), (27, 9), (48, 16), (27, 25), (3, 36), (48, 36))


class Length(NamedTuple):
    """Every number of a 3×``height``×``width`` picture moves by ``levels`` grey levels."""

    levels: int
    height: int
    width: int


class Back(NamedTuple):
    """A budget in normalised units, ``thousandths``/1000, and the standard deviation that was divided by."""

    levels: int
    std: float
    thousandths: int


def practice_length(dice: Dice) -> Length:
    """Draw a picture whose L2 change is a whole number of grey levels."""
    return Length(dice.between(2, 16), *dice.choose(SQUARES))


def count_length(question: Length) -> int:
    """Add the squares up one by one; take the root."""
    total = sum(question.levels**2 for _ in range(3 * question.height * question.width))
    return round(total**0.5)


def wrong_lengths(question: Length) -> dict[Misconception, list[float]]:
    """Return the L2 sizes that wrong ways give."""
    numbers = 3 * question.height * question.width
    return {
        EB2: [numbers * question.levels, numbers * question.levels**2],
        EB3: [(question.height * question.width) ** 0.5 * question.levels],
        EB4: [question.levels],
    }


def practice_back(dice: Dice) -> Back:
    """Draw a budget in normalised units that comes from whole grey levels."""
    return draw(dice, _sample_back, lambda q: round(q.thousandths / 1000 * q.std * 255) == q.levels)


def _sample_back(dice: Dice) -> Back:
    levels, std = dice.between(2, 20), dice.choose(STDS)
    return Back(levels, std, round(1000 * levels / 255 / std))


def wrong_levels(question: Back) -> dict[Misconception, list[float]]:
    """Return the grey levels that wrong ways give, rounded as the question asks."""
    size = question.thousandths / 1000
    return {
        AD4: [round(size * 255), round(size / question.std * 255)],
        EB1: [round((size * question.std + 0.5) * 255)],
        EB5: [round(2 * size * question.std * 255)],
    }


def _length_text(question: Length) -> str:
    return (
        f"A colour picture of {question.height}×{question.width} pixels; each of its numbers moves by "
        f"{question.levels} grey levels.\nHow large is the change in L2, in grey levels? (A whole number.)"
    )


def _back_text(question: Back) -> str:
    return (
        f"A network subtracts 0.5 and divides by {question.std:g}. Behind it a change is "
        f"{question.thousandths / 1000:.3f}.\nHow many grey levels out of 255 is that, rounded to a whole number?"
    )


def _back_steps(question: Back) -> list[str]:
    size = question.thousandths / 1000
    return [
        "A difference of two pictures is divided by the standard deviation; the mean drops out.",
        f"So back to pixels it is multiplied: {size:.3f} · {question.std:g} = {size * question.std:.5f}.",
        f"From 0 to 1 there are 255 grey levels: {size * question.std:.5f} · 255 = {size * question.std * 255:.2f}.",
        f"Rounded, that is {question.levels}.",
    ]


def _length_steps(question: Length) -> list[str]:
    numbers = 3 * question.height * question.width
    return [
        f"A colour picture has 3 · {question.height} · {question.width} = {numbers} numbers.",
        f"Each square is {question.levels}² = {question.levels**2}; their sum is {numbers * question.levels**2}.",
        f"The root of the sum is {count_length(question)}.",
    ]


GREY_LEVELS = Topic(
    "grey-levels", practice_back, _back_text, lambda question: question.levels, wrong_levels, _back_steps
)
PERTURBATION_LENGTH = Topic(
    "perturbation-length", practice_length, _length_text, count_length, wrong_lengths, _length_steps
)

WORKED = """
An attack of 3/255 on *grey* pictures of 16×9 pixels, and a network that subtracts 0.4 and divides by 0.3.

1. In pixels the budget is 3 / 255 = 0.01176.
2. Two pixels a and a + 0.01176 become (a − 0.4) / 0.3 and (a − 0.4) / 0.3 + 0.0392. The mean has dropped out:
   `normalised` is 0.01176 / 0.3 = 0.0392.
3. `L2`: 16 · 9 = 144 numbers, each changed by 0.01176: √(144 · 0.01176²) = 12 · 0.01176 = 0.1412.
4. `grey levels`: a file has 255 steps from 0 to 1, and 0.01176 · 255 = 3: up to 3 more, or 3 fewer.

```python
change = np.full((16, 9), 3 / 255)
print(change.max() / 0.3, np.linalg.norm(change), change.max() * 255)
# 0.0392 0.1412 3.0
```
"""


class BudgetUnits(Exercise):
    """How large is a budget in normalised units, in L2, and in grey levels? All to within 1 %."""

    id = "budget-units"
    hints = (
        "Take two pixels that differ by eps. What is their difference after (x - mean) / std?",
        "How many numbers has the picture in all, and what is the square of each one's change?",
        "A file stores whole numbers from 0 to 255. Which of them is 1.0?",
    )
    misconceptions = (AD4, EB1, EB2, EB3, EB4, EB5, EB6, EB7, EB8, EB9)
    worked = WORKED
    topics = (GREY_LEVELS, PERTURBATION_LENGTH)

    def draw(self) -> Budget:
        """Return the attack whose budget is converted."""
        return draw(self.dice(), sample_budget, is_telling) if self.student else LESSON_BUDGET

    def judge(self, answers: Any) -> dict[str, Finding]:
        """Judge ``{"normalised": …, "L2": …, "grey levels": …}``."""
        right, ways = torch_budget(self.question), wrong_values(self.question)
        given = as_dict(answers, right, "budget")
        found = judge_numbers(given, right, what="budget", same=_same, show="{:.4g}".format)
        ways = {part: ways[part] | more for part, more in further_values(self.question).items()}
        return {part: _explained(one, plain(given[part]), right[part], ways[part]) for part, one in found.items()}


def _explained(one: Finding, number: float | None, right: float, ways: Mapping[Misconception, list[float]]) -> Finding:
    if one.standing is not Standing.WRONG or number is None:
        return one
    if near(number, right, share=EXACT):
        return wrong(one.first, EB7)
    known = [way for way, values in ways.items() if any(near(number, value, share=EXACT) for value in values)]
    return wrong(one.first, known[:1] or one.because)
