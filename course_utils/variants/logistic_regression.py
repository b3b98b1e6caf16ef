"""The questions of lab 04: the lectures' own numbers without a student id, a student's own with one.

Each public function takes a student id ("" for the lectures' numbers) and returns a question, a small named tuple.
"""

import math
from typing import NamedTuple

from course_utils import misconceptions
from course_utils.judging.variants import Dice, draw, student_id


class Neuron(NamedTuple):
    """A neuron and its input."""

    weight: tuple[int, ...]
    x: tuple[int, ...]
    bias: int


class Score(NamedTuple):
    """A score, before the sigmoid."""

    score: float


class Probability(NamedTuple):
    """A probability whose score is asked for."""

    probability: float


class Odds(NamedTuple):
    """A neuron whose score, odds and probability are asked for, and a probability to be turned back into a score."""

    neuron: Neuron
    back: Probability


class Pictures(NamedTuple):
    """A batch of pictures and the number of classes. Sizes are pixels."""

    batch: int
    grey: int
    colour: int
    channels: int
    classes: int


# --- score, odds, probability

LECTURE_ODDS = Odds(Neuron((4, -2, 5, -3, 11, 9), (6, 8, 2, 7, -3, 5), 0), Probability(0.8))


def odds(student: str = "") -> Odds:
    """Return a neuron with its input, and a probability to go back from."""
    if not student_id(student):
        return LECTURE_ODDS
    dice = Dice(student, "score-and-odds")
    return Odds(draw(dice, _sample_neuron, neuron_tells_apart), practice_probability(dice))


def add_up(neuron: Neuron) -> int:
    """Work out a neuron's score, product by product."""
    score = neuron.bias
    for weight, x in zip(neuron.weight, neuron.x, strict=True):
        score += weight * x
    return score


def _sample_neuron(dice: Dice) -> Neuron:
    weight, x = (tuple(dice.choose((-9, -7, -5, -4, -3, -2, 2, 3, 4, 5, 7, 9)) for _ in range(5)) for _ in range(2))
    return Neuron(weight, x, dice.choose((-6, -5, -4, -3, 3, 4, 5, 6)))


def neuron_tells_apart(neuron: Neuron) -> bool:
    """Tell whether the score is neither tiny nor huge, and every known wrong way gives another answer."""
    score = add_up(neuron)
    scores = [score, *(way for way in misconceptions.wrong_answers("LW", neuron).values() if way is not None)]
    return 2 <= abs(score) <= 8 and len(set(scores)) == len(scores) and score_tells_apart(Score(score))


def score_tells_apart(question: Score) -> bool:
    """Tell whether every known wrong way to odds or probability is wrong, and each in its own way."""
    odds_of, probability_of = answers_to(question)
    return far_apart(odds_of, 0.03, relative=True) and far_apart(probability_of, 0.002)


def answers_to(question: Score) -> tuple[list[float], list[float]]:
    """Return the odds and the probabilities of a score: the right one first, then each known wrong one."""
    ways = misconceptions.wrong_answers
    odds_of = [math.exp(question.score), *ways("LD", question).values()]
    return odds_of, [1 / (1 + math.exp(-question.score)), *ways("LP", question).values()]


def far_apart(numbers: list[float], least: float, *, relative: bool = False) -> bool:
    """Tell whether all numbers differ from each other by more than ``least``, or than that part of the larger."""
    pairs = [(a, b) for place, a in enumerate(numbers) for b in numbers[:place]]
    return all(abs(a - b) > least * (max(abs(a), abs(b)) if relative else 1) for a, b in pairs)


def practice_score(dice: Dice) -> Score:
    """Draw one score for practice, whose odds two decimals tell apart."""
    return draw(
        dice,
        lambda d: Score(d.between(-20, 30) / 10),
        lambda q: all(far_apart(answers, 0.03) for answers in answers_to(q)),
    )


def practice_probability(dice: Dice) -> Probability:
    """Draw one probability for practice, in hundredths, that tells the known wrong ways back apart."""
    return draw(dice, lambda d: Probability(d.between(2, 98) / 100), probability_tells_apart)


def probability_tells_apart(question: Probability) -> bool:
    """Tell whether every known wrong way back to the score is wrong, and each in its own way."""
    p = question.probability
    right = math.log(p / (1 - p))
    ways = [*misconceptions.wrong_answers("LT", question).values(), math.log2(p / (1 - p))]
    return abs(right) > 0.3 and far_apart([right, *ways], 0.03)


# --- softmax regression on pictures

LECTURE_PICTURES = Pictures(64, 28, 32, 3, 10)


def pictures(student: str = "") -> Pictures:
    """Return two kinds of pictures, a number of classes and a batch."""
    if not student_id(student):
        return LECTURE_PICTURES
    return practice_pictures(Dice(student, "count-and-shape"))


def practice_pictures(dice: Dice) -> Pictures:
    """Draw pictures on which all known wrong counts differ, from the right ones and from each other."""
    return draw(dice, _sample_pictures, pictures_tell_apart)


def _sample_pictures(dice: Dice) -> Pictures:
    grey = dice.choose((8, 12, 16, 20, 24, 28))
    colour = dice.choose((12, 16, 24, 32, 40, 48))
    return Pictures(dice.choose((16, 20, 32, 50, 64, 100)), grey, colour, 3, dice.between(3, 12))


def pictures_tell_apart(question: Pictures) -> bool:
    """Tell whether each known wrong count is wrong in its own way, and no two axes have the same length."""
    counts = [
        [count_parameters(side, channels, question.classes), *count_ways(side, channels, question).values()]
        for side, channels in ((question.grey, 1), (question.colour, question.channels))
    ]
    axes = {question.batch, question.classes, question.grey**2, question.colour**2 * question.channels}
    return all(len(set(one)) == len(one) for one in counts) and len(axes) == 4


def count_parameters(side: int, channels: int, classes: int) -> int:
    """Count the parameters of softmax regression on square pictures, class by class, number by number."""
    numbers = [(row, column, channel) for row in range(side) for column in range(side) for channel in range(channels)]
    return sum(len(numbers) + 1 for _ in range(classes))


def count_ways(side: int, channels: int, question: Pictures) -> dict[str, int]:
    """For each code of a wrong count, what it gives. Where there is one channel, none can be forgotten."""
    size, classes = side * side * channels, question.classes
    ways = {
        "PC1": size * classes,
        "PC2": size * classes + 1,
        "LC2": (side * channels + 1) * classes,
        "LC3": (size * question.batch + 1) * classes,
    }
    return ways if channels == 1 else ways | {"LC1": (side * side + 1) * classes}
