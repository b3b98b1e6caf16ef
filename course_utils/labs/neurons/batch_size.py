"""Exercise 1.11: how many steps a pass takes, and how much a batch's gradient wobbles.

What the prompt says, and what tries it:

- steps of one pass, and examples in its last batch → parts `steps`, `last`
- the wobble of a larger batch's gradient, as a ratio → part `calmer`
"""

from typing import Any, NamedTuple

from course_utils.judging.answers import as_dict
from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import Finding
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.numbers import judge_numbers
from course_utils.judging.practice import Topic
from course_utils.judging.variants import Dice, draw
from course_utils.labs.neurons.headings import BATCHES

MB20 = Misconception(
    "MB20",
    "short batch not counted",
    "This counts full batches. Does a pass end before the last examples have had their step?",
    BATCHES,
)
MB21 = Misconception(
    "MB21",
    "a step for each example",
    "This is a step for each example. How many examples share one here?",
    BATCHES,
)
MB22 = Misconception(
    "MB22",
    "last batch taken for a full one",
    "Are there enough examples left to fill the last batch? Count how many the full ones have used.",
    BATCHES,
)
MB23 = Misconception(
    "MB23",
    "what is missing instead of what is left",
    "This is what the last batch lacks. How many examples are in it?",
    BATCHES,
)
MB24 = Misconception(
    "MB24",
    "spread divided by the ratio, not by its root",
    "So much larger is the batch. In the table above, by what did the spread fall when the batch grew fourfold?",
    BATCHES,
)
MB25 = Misconception(
    "MB25",
    "difference instead of ratio",
    "This is a difference of sizes. Which of the table's rows can be told apart by a difference?",
    BATCHES,
)
MB26 = Misconception(
    "MB26",
    "ratio upside down",
    "Upside down: with this number the larger batch would wobble more. Which of the two gradients is the calmer one?",
    BATCHES,
)
PARTS = ("steps", "last", "calmer")


class Batches(NamedTuple):
    """So many examples in batches of a size; and two sizes, small and large, whose gradients are compared."""

    examples: int
    size: int
    small: int
    large: int


LESSON = Batches(1461, 32, 4, 100)


def steps_of(question: Batches) -> int:
    """Count the steps of a pass, batch by batch."""
    return len(range(0, question.examples, question.size))


def rest_of(question: Batches) -> int:
    """Count the examples in the last batch."""
    return len(range(question.size * (steps_of(question) - 1), question.examples))


def right_answers(question: Batches) -> dict[str, float]:
    """Return the right answers; the mean of B independent numbers spreads with one over the root of B."""
    return {
        "steps": steps_of(question),
        "last": rest_of(question),
        "calmer": (question.large / question.small) ** 0.5,
    }


def wrong_numbers(question: Batches) -> dict[Misconception, dict[str, Any]]:
    """For each wrong way, what it gives for each part; None where it says nothing."""
    full, ratio = question.examples // question.size, question.large / question.small
    nothing = dict.fromkeys(PARTS)
    return {
        MB20: nothing | {"steps": full},
        MB21: nothing | {"steps": question.examples},
        MB22: nothing | {"last": question.size},
        MB23: nothing | {"last": question.size - rest_of(question)},
        MB24: nothing | {"calmer": [ratio, ratio**2]},
        MB25: nothing | {"calmer": [question.large - question.small, (question.large - question.small) ** 0.5]},
        MB26: nothing | {"calmer": [ratio**-0.5, 1 / ratio]},
    }


def sample(dice: Dice) -> Batches:
    """Draw a number of examples, a size, and two sizes whose ratio is a square."""
    small = dice.choose((2, 4, 5, 8, 10))
    return Batches(dice.between(300, 5000), dice.choose((16, 24, 32, 48, 64)), small, small * dice.between(3, 9) ** 2)


def tells_apart(question: Batches) -> bool:
    """Tell whether no wrong way gives a right answer, and no two give the same."""
    right, ways = right_answers(question), wrong_numbers(question)
    for part in PARTS:
        given = [right[part]]
        for numbers in ways.values():
            some = numbers[part]
            given += [] if some is None else some if isinstance(some, list) else [some]
        if len(set(given)) < len(given):
            return False
    return True


TOPIC = Topic(
    "steps-of-a-pass",
    lambda dice: draw(dice, sample, tells_apart),
    lambda one: f"{one.examples:,} examples in batches of {one.size}. How many steps does one pass take?",
    steps_of,
    lambda one: {way: numbers["steps"] for way, numbers in wrong_numbers(one).items() if numbers["steps"] is not None},
    lambda one: [
        f"Full batches: {one.examples:,} = {one.examples // one.size} · {one.size} + {rest_of(one)}.",
        f"{rest_of(one)} examples are left, and a batch of their own: {steps_of(one)} steps.",
    ],
)


class BatchSize(Exercise):
    """How many steps does a pass take, how long is its last batch, how much calmer is a larger batch's gradient?"""

    id = "batch-size"
    hints = (
        "Fill batches until no full one is left. What becomes of the examples that remain?",
        "Look at the table: from one row to the next the batch grew fourfold. By what was the spread divided?",
    )
    worked = """
    50 examples in batches of 8; and how much calmer a batch of 27 is than one of 3.

    1. 6 · 8 = 48: six full batches, and 2 examples are left. They make a seventh batch: 7 steps, 2 in the last.
    2. Twice as many examples do not halve the spread. A mean of B independent numbers spreads with 1/√B.
    3. 27 is 9 times 3, and √9 = 3: the gradient of 27 examples spreads a third as much. Three times calmer.
    """
    misconceptions = (MB20, MB21, MB22, MB23, MB24, MB25, MB26)
    topics = (TOPIC,)

    def draw(self) -> Batches:
        """Return numbers of examples and sizes."""
        return draw(self.dice(), sample, tells_apart) if self.student else LESSON

    def text(self) -> str:
        """Return the learner's own numbers."""
        one = self.question
        return (
            f"{one.examples:,} examples in batches of {one.size}. Then batches of {one.large}, drawn by chance, beside "
            f"batches of {one.small}."
        )

    def judge(self, answers: Any) -> dict[str, Finding]:
        """Judge ``{"steps": …, "last": …, "calmer": …}``."""
        given = as_dict(answers, PARTS, "batches")
        return judge_numbers(given, right_answers(self.question), wrong_numbers(self.question), what="batches")
