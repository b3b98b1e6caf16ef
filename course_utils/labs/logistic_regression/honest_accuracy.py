"""Exercise 4.11: choose on the validation pictures, report on the test pictures, say how sure that is.

| claim of the prompt | part |
|---|---|
| the strength with the most validation pictures right; of equals the strongest | `strength` |
| the accuracy that may be reported: of that strength, on the test pictures | `accuracy` |
| its standard error, the root of p (1 − p) / n | `error` |
"""

from itertools import combinations
from typing import Any, NamedTuple

from course_utils.judging.answers import as_dict
from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import Finding
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.numbers import judge_numbers
from course_utils.judging.practice import Topic
from course_utils.judging.variants import Dice, draw
from course_utils.labs.logistic_regression.headings import FACES

FC20 = Misconception(
    "FC20",
    "chosen by the training pictures",
    "By these pictures the weights were fitted. Can they tell what is learned from what is remembered?",
    FACES,
)
FC21 = Misconception(
    "FC21",
    "chosen by the test pictures",
    "This looked at the test pictures to choose. What are they still worth for the report then?",
    FACES,
)
FC22 = Misconception(
    "FC22",
    "the weaker of two equals",
    "Two strengths have the same number right. Which of the two does the task ask for?",
    FACES,
)
FC23 = Misconception(
    "FC23",
    "reported what was fitted to",
    "This is the share of the training pictures. How well would a table of them all do there?",
    FACES,
)
FC24 = Misconception(
    "FC24",
    "reported what was chosen by",
    "This is the share of the validation pictures, the largest of five. Is a winner's score a fair guess at the next?",
    FACES,
)
FC25 = Misconception(
    "FC25",
    "percent, or a number of pictures",
    "This is a percentage, or a count. Which number between 0 and 1 is asked for?",
    FACES,
)
FC26 = Misconception(
    "FC26",
    "variance instead of the standard error",
    "The root is missing. In which unit is the uncertainty of an accuracy?",
    FACES,
)
FC27 = Misconception(
    "FC27",
    "spread of one picture instead of the mean's",
    "So much does a single picture vary. How many of them were averaged?",
    FACES,
)
FC28 = Misconception(
    "FC28",
    "number of other pictures",
    "Here n is the number of other pictures. On which ones was the accuracy measured?",
    FACES,
)
FC29 = Misconception(
    "FC29",
    "two standard errors",
    "This is the half width of an interval of 95 %. How many standard errors is that?",
    FACES,
)
PARTS = ("strength", "accuracy", "error")
STRENGTHS = (0.001, 0.01, 0.1, 1.0, 10.0)
COLUMNS = ("training", "validation", "test")


class Run(NamedTuple):
    """Five strengths: how many pictures are right, in training, validation and test; and of how many."""

    train: tuple[int, ...]
    validation: tuple[int, ...]
    test: tuple[int, ...]
    numbers: tuple[int, int, int]


LESSON = Run((80, 79, 78, 77, 70), (55, 56, 57, 57, 53), (90, 93, 92, 91, 85), (80, 60, 100))


def chosen(run: Run) -> int:
    """Return the place of the right strength."""
    best = max(run.validation)
    return max(place for place, right in enumerate(run.validation) if right == best)


def spread(share: float, number: int) -> float:
    """Return the standard error of a share."""
    return (share * (1 - share) / number) ** 0.5


def right_numbers(run: Run) -> dict[str, float]:
    """Return the right answers."""
    place = chosen(run)
    share = run.test[place] / run.numbers[2]
    return {"strength": STRENGTHS[place], "accuracy": share, "error": spread(share, run.numbers[2])}


def wrong_numbers(run: Run) -> dict[Misconception, dict[str, Any]]:
    """For each wrong way, what it gives for each part; None where it says nothing."""
    nothing: dict[str, Any] = dict.fromkeys(PARTS)
    place, (trained, held, tested) = chosen(run), run.numbers
    share, own = run.test[place] / tested, right_numbers(run)["error"]
    weaker = min(at for at, right in enumerate(run.validation) if right == max(run.validation))
    return {
        FC20: nothing | {"strength": [STRENGTHS[at] for at, n in enumerate(run.train) if n == max(run.train)]},
        FC21: nothing | {"strength": STRENGTHS[run.test.index(max(run.test))], "accuracy": max(run.test) / tested},
        FC22: nothing | {"strength": STRENGTHS[weaker]},
        FC23: nothing | {"accuracy": [run.train[place] / trained, max(run.train) / trained]},
        FC24: nothing | {"accuracy": run.validation[place] / held},
        FC25: nothing | {"accuracy": [100 * share, run.test[place]], "error": 100 * own},
        FC26: nothing | {"error": [own**2, own**2 * tested]},
        FC27: nothing | {"error": (share * (1 - share)) ** 0.5},
        FC28: nothing | {"error": [spread(share, trained), spread(share, held), spread(share, sum(run.numbers))]},
        FC29: nothing | {"error": [2 * own, 1.96 * own]},
    }


def _same(given: float, wanted: float) -> bool:
    """Compare numbers of which three decimals are asked for; small ones by their share, too."""
    return abs(given - wanted) <= min(0.0006, 0.04 * abs(wanted))


def sample(dice: Dice) -> Run:
    """Draw a run such as the lesson's: fewer and fewer right in training, most somewhere between in validation."""
    trained, held, tested = 10 * dice.between(6, 12), 10 * dice.between(4, 8), 10 * dice.between(8, 20)
    best = dice.between(2, 3)
    train = (
        trained,
        trained,
        trained - dice.between(0, 1),
        trained - dice.between(2, 5),
        trained - dice.between(8, 15),
    )
    top = held - dice.between(2, 5)
    validation = [top - dice.between(1, 4) for _ in STRENGTHS]
    validation[best] = validation[best - 1] = top
    share = [dice.between(84, 95) for _ in STRENGTHS]
    return Run(train, tuple(validation), tuple(round(tested * one / 100) for one in share), (trained, held, tested))


def tells_apart(run: Run) -> bool:
    """Tell whether no wrong way gives a right answer, and no two ways of a part give the same."""
    right, ways = right_numbers(run), wrong_numbers(run)
    if run.test.count(max(run.test)) > 1:
        return False
    for part in PARTS:
        given = [some if isinstance(some, list) else [some] for numbers in ways.values() if (some := numbers[part])]
        if any(_same(a, b) for one, other in combinations([[right[part]], *given], 2) for a in one for b in other):
            return False
    return True


class Tested(NamedTuple):
    """So many test pictures are right, of so many."""

    right: int
    number: int


def _sample_tested(dice: Dice) -> Tested:
    """Draw numbers whose root comes out even."""
    percent, root = dice.choose((10, 20, 50, 80, 90)), dice.choose((10, 20, 30, 40, 50))
    return Tested(percent * root**2 // 100, root**2)


def _error_ways(one: Tested) -> dict[Misconception, Any]:
    share = one.right / one.number
    variance, own = share * (1 - share), spread(share, one.number)
    return {FC26: [own**2, variance], FC27: variance**0.5, FC29: [2 * own, 1.96 * own]}


TOPIC = Topic(
    "standard-error",
    _sample_tested,
    lambda one: f"{one.right} of {one.number} test pictures are right. What is the standard error of the accuracy?",
    lambda one: spread(one.right / one.number, one.number),
    _error_ways,
    lambda one: [
        f"The share is p = {one.right}/{one.number} = {one.right / one.number:g}.",
        f"A single picture varies by the root of p (1 − p), {(_error_ways(one)[FC27]):.4g}.",
        f"The mean of {one.number} varies less by its root: {spread(one.right / one.number, one.number):.4g}.",
    ],
)


class HonestAccuracy(Exercise):
    """Which strength, which accuracy may be reported, and how sure is it?"""

    id = "honest-accuracy"
    hints = (
        "Which of the three columns was neither used for the weights nor is needed for the report?",
        "The report wants pictures that have decided nothing. Which column is that, and which row of it?",
        "One picture varies by the root of p (1 − p). By which root does a mean of n pictures vary less?",
    )
    worked = """
    Two strengths, weak and strong. Right are, of 10 training pictures 10 and 9, of 8 validation pictures 6 and 7, of
    25 test pictures 23 and 20.

    1. Validation says: strong, 7 against 6. That the weak one is better in training says what it remembers.
    2. The report: 20 of 25, 0.8. The test pictures may not choose: then 0.92 would be the winner's luck in part.
    3. One picture is right or wrong, with the variance 0.8 · 0.2 = 0.16. The mean of 25 has 0.16/25 = 0.0064.
    4. The root of it, 0.08, is the standard error: 0.80 ± 0.08. The 0.92 is one and a half of them away.
    """
    misconceptions = (FC20, FC21, FC22, FC23, FC24, FC25, FC26, FC27, FC28, FC29)
    topics = (TOPIC,)

    def draw(self) -> Run:
        """Return a table of a run."""
        return draw(self.dice(), sample, tells_apart) if self.student else LESSON

    def text(self) -> str:
        """Return the table."""
        run = self.question
        heads = [f"{name}, of {number}" for name, number in zip(COLUMNS, run.numbers, strict=True)]
        rows = zip(STRENGTHS, run.train, run.validation, run.test, strict=True)
        table = [["strength", *heads], ["---"] * 4, *([f"{one:g}" for one in row] for row in rows)]
        lines = [f"| {' | '.join(row)} |" for row in table]
        return "Pictures that are right, in a run of somebody else's:\n\n" + "\n".join(lines)

    def judge(self, answers: Any) -> dict[str, Finding]:
        """Judge ``{"strength": …, "accuracy": …, "error": …}``, to three decimals."""
        given = as_dict(answers, PARTS, "report")
        return judge_numbers(
            given, right_numbers(self.question), wrong_numbers(self.question), what="report", same=_same
        )
