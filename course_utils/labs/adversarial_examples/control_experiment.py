"""Exercise 8.4: accuracies under an attack and under noise of the same size, and what they show."""

from collections.abc import Mapping
from functools import cache, partial
from typing import Any

import torch

from course_utils.data import load_shapes
from course_utils.judging.answers import as_dict, as_numbers, is_missing, short
from course_utils.judging.choices import Choice, Option, judge_choices, sheet
from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import MISSING, RIGHT, Finding, look, refuse, wrong
from course_utils.judging.misconceptions import Misconception
from course_utils.labs.adversarial_examples import networks
from course_utils.labs.adversarial_examples.attacks import AD1
from course_utils.labs.adversarial_examples.headings import UNITS
from course_utils.labs.adversarial_examples.meaning import EQ1
from course_utils.models import load_trained

ET1 = Misconception(
    "ET1",
    "attack and control exchanged",
    "The two rows are exchanged. Which of the two noises looks at the network before it strikes?",
    UNITS,
)
ET2 = Misconception(
    "ET2",
    "share of errors given for the accuracy",
    "These are shares of errors. What does an accuracy count?",
    UNITS,
)
ET3 = Misconception(
    "ET3",
    "percent given for shares",
    "These look like percent. Which number stands for all pictures right, when a share is asked for?",
    UNITS,
)
ET4 = Misconception(
    "ET4",
    "blamed the size of the noise",
    "Size alone does not explain it. Which row has changes of the same size, and what happens there?",
    UNITS,
)
ET5 = Misconception(
    "ET5",
    "took the control's small fall for proof that all noise harms",
    "Look at the control's row again. Is its fall larger than what another draw of noise would change?",
    UNITS,
)
ET6 = Misconception(
    "ET6",
    "row written from the other end",
    "These are the right numbers from the largest step to the smallest. In which order does the task list the steps?",
    UNITS,
)

EPSILONS = (1, 2, 4, 8)  # grey levels out of 255
ROWS = ("clean", "fgsm", "random")
TOLERANCES = {"clean": 0.02, "fgsm": 0.02, "random": 0.03}
CONCLUSION = Choice(
    "What does the control show?",
    {
        "size": Option("The size of the noise does the harm: more noise, more errors.", ET4),
        "any noise": Option("Any noise harms: both rows fall.", ET5),
        "direction": Option(
            "The direction of the noise does the harm: noise of the same size without it does almost none."
        ),
        "nothing": Option("Nothing: the two noises have different sizes.", EQ1),
    },
    "direction",
)

WORKED = """
Another experiment and its control: does a *tidy desk* help to solve sums? Share of sums solved, by hours of tidying:

| hours | 0 | 1 | 2 | 3 |
|---|---|---|---|---|
| tidied | 0.60 | 0.70 | 0.78 | 0.85 |
| as long a walk instead | 0.60 | 0.69 | 0.79 | 0.84 |

1. Copy the rows as they stand, as shares: the start 0.60; tidied [0.70, 0.78, 0.85]; walk [0.69, 0.79, 0.84].
2. What have both in common? The same time away from the sums. What differs? The tidying alone.
3. Both rise alike. So the time explains the rise, and tidying adds nothing that can be seen here.
4. Had the second row stayed at 0.60, the *kind* of break would explain it, and not its length.
"""


class ControlExperiment(Exercise):
    """Which accuracies are left under fgsm and under random signs of 1, 2, 4 and 8 of 255, and what does that show?"""

    id = "control-experiment"
    hints = (
        "Which numbers did the table above print? Copy them, rounded to two or three decimals.",
        "Compare two rows of the same size of noise. What is the only difference?",
    )
    misconceptions = (ET1, ET2, ET3, ET6, AD1, ET4, ET5, EQ1)
    worked = WORKED

    def text(self) -> str:
        """Return the question on the conclusion, its options in the student's own order."""
        return sheet({"conclusion": CONCLUSION}, self.student)

    def judge(self, answers: Any) -> dict[str, Finding]:
        """Judge ``{"clean": accuracy, "fgsm": [four], "random": [four], "conclusion": key}``."""
        given = as_dict(answers, (*ROWS, "conclusion"), "control")
        rows = {part: _Row(part, given[part]) for part in ROWS}
        right = measure()
        exchanged = all(
            rows[one].is_near(right[other], 0.03) for one, other in (("fgsm", "random"), ("random", "fgsm"))
        )
        found = {part: row.finding(right, exchanged) for part, row in rows.items()}
        return found | judge_choices({"conclusion": given["conclusion"]}, {"conclusion": CONCLUSION}, "control")


class _Row:
    """The accuracies of one row of the table, as they were given."""

    def __init__(self, part: str, answer: Any) -> None:
        self.part, self.answer = part, answer
        self.numbers: list[float] | None = None
        self.unreadable = look(partial(self._read, 1 if part == "clean" else len(EPSILONS)))

    def _read(self, wanted: int) -> None:
        if is_missing(self.answer):
            return
        numbers = as_numbers(self.answer)
        if numbers is None or len(numbers) != wanted:
            what = "a number" if wanted == 1 else f"a list of {wanted} numbers"
            raise refuse(f"control[{self.part!r}] should be {what}.")
        self.numbers = numbers

    def is_near(self, right: list[float], tolerance: float, factor: float = 1.0, offset: float = 0.0) -> bool:
        """Tell whether ``offset + factor * number`` is near the right one throughout."""
        pairs = zip(self.numbers or [], right, strict=False)
        return self.numbers is not None and all(abs(offset + factor * one - other) <= tolerance for one, other in pairs)

    def finding(self, right: Mapping[str, list[float]], exchanged: bool) -> Finding:
        """Return how the row stands."""
        if self.unreadable is not RIGHT or self.numbers is None:
            return MISSING if self.unreadable is RIGHT else self.unreadable
        if self.is_near(right[self.part], TOLERANCES[self.part]):
            return RIGHT
        return wrong(f"{self.part}: you gave {short(self.answer)}.", self._way(right, exchanged))

    def _way(self, right: Mapping[str, list[float]], exchanged: bool) -> Misconception | None:
        numbers = self.numbers or []
        if self.part != "clean" and exchanged:
            return ET1
        if self.is_near(right[self.part], 0.03, factor=-1, offset=1):
            return ET2
        if self.is_near(right[self.part], 0.03, factor=0.01):
            return ET3
        if self.part != "clean" and self.is_near(right[self.part][::-1], TOLERANCES[self.part]):
            return ET6
        rising = min(numbers) >= right["clean"][0] and numbers != sorted(numbers, reverse=True)
        return AD1 if self.part == "fgsm" and rising else None  # the accuracy rises if the attack goes the wrong way


@cache
def measure(number: int = 500) -> dict[str, list[float]]:
    """Measure the accuracies of the lesson's network with autograd's gradient and with random signs."""
    x, y = load_shapes(1, number)[1].tensors()
    model = networks.judge(networks.weights_of(load_trained("shapes")))
    up = networks.slope(model, x, y).sign()
    noise = torch.randn(x.shape, generator=torch.Generator().manual_seed(0)).sign()

    def row(direction: torch.Tensor) -> list[float]:
        return [networks.accuracy(model, (x + eps / 255 * direction).clamp(0, 1), y) for eps in EPSILONS]

    return {"clean": [networks.accuracy(model, x, y)], "fgsm": row(up), "random": row(noise)}
