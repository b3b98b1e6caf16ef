"""Exercise 4.1: from a score to odds and a probability, and back."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import torch

from course_utils.judging.answers import as_dict
from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import Finding, look_at, refuse
from course_utils.judging.misconceptions import Misconception, wrong_answers
from course_utils.judging.numbers import read_number, slip_of
from course_utils.judging.practice import Topic
from course_utils.judging.protocol.verdicts import NotAttempted
from course_utils.judging.slips import of_a_sum
from course_utils.judging.variants import Dice, draw
from course_utils.labs.logistic_regression.headings import ODDS


def _sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z))


# --- wrong ways to the score: procedure(weight, x, bias); None where this way is no wrong way

LW1 = Misconception(
    "LW1",
    "bias left out of the score",
    "This is the sum of products alone. What does a neuron add to it?",
    ODDS,
    lambda weight, x, bias: sum(w * v for w, v in zip(weight, x, strict=True)) if bias else None,
)
LW2 = Misconception(
    "LW2",
    "signs of the products lost",
    "This adds up the products as if none were negative. Which of them pull the score down?",
    ODDS,
    lambda weight, x, bias: sum(abs(w * v) for w, v in zip(weight, x, strict=True)) + bias,
)
SCORE_WAYS = (LW1, LW2)

# --- what no question is drawn by: the same parts, told after the ways above

LW3 = Misconception(
    "LW3",
    "sum of the weights times sum of the inputs",
    "This adds up first and multiplies then. Which weight belongs to which input?",
    ODDS,
    lambda weight, x, bias: [sum(weight) * sum(x), sum(weight) * sum(x) + bias],
)
LW4 = Misconception(
    "LW4",
    "bias subtracted or multiplied",
    "The bias was not added here. What does a neuron do with its bias?",
    ODDS,
    lambda weight, x, bias: (lambda products: [products - bias, products * bias] if bias else [])(
        sum(w * v for w, v in zip(weight, x, strict=True))
    ),
)

# --- to the odds: procedure(score)

LD1 = Misconception(
    "LD1",
    "probability given where odds are asked",
    "This is a probability: yes out of all. Odds compare yes with no. How large can they become?",
    ODDS,
    lambda score: _sigmoid(score),
)
LD2 = Misconception(
    "LD2",
    "odds turned over: against instead of for",
    "These are the odds against. Is the score positive or negative, and what should the odds be then?",
    ODDS,
    lambda score: math.exp(-score),
)
LD3 = Misconception(
    "LD3",
    "score given where odds are asked",
    "This is the score, the logarithm of the odds. What undoes a logarithm?",
    ODDS,
    lambda score: score,
)
ODDS_WAYS = (LD1, LD2, LD3)

# --- to the probability: procedure(score)

LP1 = Misconception(
    "LP1",
    "odds given where a probability is asked",
    "These are odds. Can a probability be larger than 1, and out of how many is it counted?",
    ODDS,
    lambda score: math.exp(score),
)
LP2 = Misconception(
    "LP2",
    "probability of the other class",
    "This is the probability of the other class. With which sign does the score stand in the exponent?",
    ODDS,
    lambda score: _sigmoid(-score),
)
PROBABILITY_WAYS = (LP1, LP2)
LD4 = Misconception(
    "LD4",
    "logarithm or square taken for the exponential",
    "These odds come from another function than exp. Which one turns the logarithm of the odds into the odds?",
    ODDS,
    lambda score: [10**score, 2**score, *([math.log(score)] if score > 0 else [])],
)
LP3 = Misconception(
    "LP3",
    "percent given for a probability",
    "This is a percentage. Between which two numbers does a probability lie?",
    ODDS,
    lambda score: 100 * _sigmoid(score),
)
LP4 = Misconception(
    "LP4",
    "score put where the odds belong",
    "This is z / (1 + z). Which number of the form yes to no belongs there, the score or the odds?",
    ODDS,
    lambda score: [score / (1 + score)] if score != -1 else [],
)
LD5 = Misconception(
    "LD5",
    "e times the score, or a power of it",
    "One way to get this: e times the score, or the score to a power. Which of the two numbers stands in the exponent?",
    ODDS,
    lambda score: [math.e * score, abs(score) ** math.e],
)
LD6 = Misconception(
    "LD6",
    "odds from a rounded probability",
    "One way to get this: odds reckoned back from a rounded probability. Which of the two comes first from the score?",
    ODDS,
    lambda score: _from_rounded(_sigmoid(score)),
)
LP5 = Misconception(
    "LP5",
    "rounded more than asked",
    "One way to get this: the probability with fewer decimals than asked. How many are asked, and are they all 0 or 9?",
    ODDS,
    lambda score: [round(_sigmoid(score), digits) for digits in range(4)],
)
LP6 = Misconception(
    "LP6",
    "odds divided by another number than odds + 1",
    "One way to get this: the odds divided by one less than they are. Of how many times in all is it a yes?",
    ODDS,
    lambda score: [math.exp(score) / (math.exp(score) - 1), 1 / (math.exp(score) - 1)] if score else [],
)

# --- from a probability back to the score: procedure(probability)

LT1 = Misconception(
    "LT1",
    "logit turned over",
    "This is the score times -1. Should a probability above one half have a positive or a negative score?",
    ODDS,
    lambda probability: math.log((1 - probability) / probability),
)
LT2 = Misconception(
    "LT2",
    "sigmoid taken again instead of undone",
    "This sends the probability through the sigmoid once more. Which function goes the way back?",
    ODDS,
    lambda probability: _sigmoid(probability),
)
LT3 = Misconception(
    "LT3",
    "logarithm of the probability, not of the odds",
    "This is the logarithm of the probability, so it can never be positive. Which ratio has its logarithm taken?",
    ODDS,
    lambda probability: math.log(probability),
)
LT4 = Misconception(
    "LT4",
    "logarithm of another base",
    "This logarithm has the base 10 or 2. Which base undoes the exp of the sigmoid?",
    ODDS,
    lambda probability: [log(probability / (1 - probability)) for log in (math.log10, math.log2)],
)
LT5 = Misconception(
    "LT5",
    "stopped at the odds",
    "These are the odds. The score is one step further: which one?",
    ODDS,
    lambda probability: probability / (1 - probability),
)
BACK_WAYS = (LT1, LT2, LT3, LT4, LT5)
LT6 = Misconception(
    "LT6",
    "exponential or logarithm of the rest",
    "This has the exponential of the probability, or the logarithm of what is left to 1. Which ratio comes before the "
    "logarithm?",
    ODDS,
    lambda probability: [math.exp(probability), math.log(1 - probability), -math.log(1 - probability)],
)
MORE_WAYS = {
    "score": (LW3, LW4),
    "odds": (LD4, LD5, LD6),
    "probability": (LP3, LP4, LP5, LP6),
    "score back": (LT6,),
}  # told by `judge`

WORKED = """
A neuron has the weights (2, −1, 3), the inputs (1, 4, 0.5) and the bias 1.5. The other way round: the probability 0.9.

1. Score: 2 · 1 − 1 · 4 + 3 · 0.5 + 1.5 = 2 − 4 + 1.5 + 1.5 = 1.
2. The score is the logarithm of the odds, so the odds are exp(1) = 2.72: about 2.72 times yes for each no.
3. Of 2.72 + 1 = 3.72 times, 2.72 are a yes: the probability is 2.72 / 3.72 = 0.7311.
4. Back: 0.9 of 1 are yes, 0.1 are no. The odds are 0.9 / 0.1 = 9, and the score is log 9 = 2.20.

```python
z = np.array([2, -1, 3]) @ np.array([1, 4, 0.5]) + 1.5
print(z, np.exp(z), np.exp(z) / (np.exp(z) + 1), np.log(0.9 / 0.1))
# 1.0 2.718 0.7311 2.197
```
"""


# --- the questions


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


LECTURE_ODDS = Odds(Neuron((4, -2, 5, -3, 11, 9), (6, 8, 2, 7, -3, 5), 0), Probability(0.8))


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
    scores = [score, *(way for way in wrong_answers(SCORE_WAYS, neuron).values() if way is not None)]
    return 2 <= abs(score) <= 8 and len(set(scores)) == len(scores) and score_tells_apart(Score(score))


def score_tells_apart(question: Score) -> bool:
    """Tell whether every known wrong way to odds or probability is wrong, and each in its own way."""
    odds_of, probability_of = answers_to(question)
    return far_apart(odds_of, 0.03, relative=True) and far_apart(probability_of, 0.002)


def answers_to(question: Score) -> tuple[list[float], list[float]]:
    """Return the odds and the probabilities of a score: the right one first, then each known wrong one."""
    odds_of = [math.exp(question.score), *wrong_answers(ODDS_WAYS, question).values()]
    return odds_of, [_sigmoid(question.score), *wrong_answers(PROBABILITY_WAYS, question).values()]


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
    ways = [one for found in _all_wrong(BACK_WAYS, question).values() for one in found]
    return abs(right) > 0.3 and far_apart([right, *ways], 0.03)


# --- PyTorch's own answers


def torch_score(neuron: Neuron) -> float:
    """Ask PyTorch for a neuron's score."""
    weight, x = (torch.tensor(numbers, dtype=torch.float64) for numbers in (neuron.weight, neuron.x))
    return float(weight @ x + neuron.bias)


def torch_probability(score: float) -> float:
    """Ask PyTorch for the probability that belongs to a score."""
    return float(torch.sigmoid(torch.tensor(score, dtype=torch.float64)))


def torch_odds(score: float) -> float:
    """Ask PyTorch for the odds that belong to a score: yes divided by no."""
    yes = torch.tensor(score, dtype=torch.float64)
    return float(torch.sigmoid(yes) / torch.sigmoid(-yes))


def torch_logit(probability: float) -> float:
    """Ask PyTorch for the score that belongs to a probability."""
    return float(torch.logit(torch.tensor(probability, dtype=torch.float64)))


# --- practice

TOPICS = (
    Topic(
        "odds",
        practice_score,
        lambda q: f"A neuron's score is {q.score:g}.\nWhat are the odds (two decimals are enough)?",
        lambda q: torch_odds(q.score),
        partial(wrong_answers, ODDS_WAYS),
        lambda q: [
            "The score is the logarithm of the odds; exp undoes a logarithm.",
            f"The odds are exp({q.score:g}) = {torch_odds(q.score):.2f}.",
        ],
    ),
    Topic(
        "probability",
        practice_score,
        lambda q: f"A neuron's score is {q.score:g}.\nWhat is the probability (two decimals are enough)?",
        lambda q: torch_probability(q.score),
        partial(wrong_answers, PROBABILITY_WAYS),
        lambda q: [
            f"The odds are exp({q.score:g}) = {torch_odds(q.score):.3f}: so many times yes for each no.",
            "Yes out of all is the odds divided by the odds plus 1.",
            f"{torch_odds(q.score):.3f} / {torch_odds(q.score) + 1:.3f} = {torch_probability(q.score):.2f}.",
        ],
    ),
    Topic(
        "logit",
        practice_probability,
        lambda q: f"A probability is {q.probability:g}.\nWhich score does it belong to (two decimals are enough)?",
        lambda q: torch_logit(q.probability),
        partial(wrong_answers, BACK_WAYS),
        lambda q: [
            f"The odds are {q.probability:g} / {1 - q.probability:g} = {q.probability / (1 - q.probability):.3f}.",
            "The score is their logarithm, of base e.",
            f"log {q.probability / (1 - q.probability):.3f} = {torch_logit(q.probability):.2f}.",
        ],
    ),
)


# --- what is right, and how exact: odds to one part in a hundred, a probability to four decimals, a score from a
# probability to two

TOLERANCES: dict[str, Callable[[float], float]] = {
    "score": lambda right: 1e-9,
    "odds": lambda right: 0.01 * right,
    "probability": lambda right: 6e-5,
    "score back": lambda right: 0.006,
}


def right_odds(question: Odds) -> dict[str, float]:
    """Return the right answer of each part."""
    score = torch_score(question.neuron)
    return {
        "score": score,
        "odds": torch_odds(score),
        "probability": torch_probability(score),
        "score back": torch_logit(question.back.probability),
    }


def odds_ways(question: Odds) -> dict[str, dict[Misconception, list[float]]]:
    """For each part, what each known wrong way gives."""
    score = Score(torch_score(question.neuron))
    return {
        "score": _all_wrong(SCORE_WAYS, question.neuron),
        "odds": _all_wrong(ODDS_WAYS, score),
        "probability": _all_wrong(PROBABILITY_WAYS, score),
        "score back": _all_wrong(BACK_WAYS, question.back),
    }


def _from_rounded(probability: float) -> list[float]:
    rounded = [round(probability, digits) for digits in (2, 3, 4, 5)]
    return [one / (1 - one) for one in rounded if 0 < one < 1]


def _all_wrong(ways: tuple[Misconception, ...], question: Any) -> dict[Misconception, list[float]]:
    given = {way: one for way, one in wrong_answers(ways, question).items() if one is not None}
    return {way: one if isinstance(one, list) else [one] for way, one in given.items()}


def near(part: str, given: float, right: float) -> bool:
    """Tell whether an answer is exact enough."""
    return abs(given - right) <= TOLERANCES[part](abs(right))


def gives(part: str, given: float, way: float) -> bool:
    """Tell whether a wrong way leads to an answer, which may be rounded more than a right one may."""
    return near(part, given, way) or abs(given - way) <= 0.005 * abs(way)


class ScoreAndOdds(Exercise):
    """A neuron's score, odds and probability, and the score that belongs to another probability."""

    id = "score-and-odds"
    hints = (
        "Multiply weight by input, six times, and add. Which products are negative?",
        "Odds of 3 to 1 are the number 3. Which function turns a score into odds?",
        "If the odds are o to 1, how often out of o + 1 times is it a yes?",
        "For the way back: turn the probability into odds first. What undoes exp?",
    )
    worked = WORKED
    misconceptions = (
        *(*SCORE_WAYS, *ODDS_WAYS, *PROBABILITY_WAYS, *BACK_WAYS),
        *(way for ways in MORE_WAYS.values() for way in ways),
    )
    topics = TOPICS

    def draw(self) -> Odds:
        """Return a neuron with its input, and a probability to go back from."""
        if not self.student:
            return LECTURE_ODDS
        dice = self.dice()
        return Odds(draw(dice, _sample_neuron, neuron_tells_apart), practice_probability(dice))

    def text(self) -> str:
        """Return the neuron and the probability."""
        (weight, x, bias), back = self.question
        neuron = f"weights: `{weight}`\n\ninputs: `{x}`\n\nbias: `{bias}`"
        return f"{neuron}\n\nprobability to go back from: `{back.probability}`"

    def judge(self, answers: Any) -> dict[str, Finding]:
        """Judge ``{"score": …, "odds": …, "probability": …, "score back": …}``."""
        given = as_dict(answers, TOLERANCES, "odds")
        return look_at({part: partial(self._look_at, part, given[part]) for part in TOLERANCES})

    def _look_at(self, part: str, answer: Any) -> None:
        number = read_number(answer, f"odds[{part!r}]")
        if number is None:
            raise NotAttempted(f"fill in odds[{part!r}]")
        if not near(part, number, right_odds(self.question)[part]):
            ways = odds_ways(self.question)[part] | self._more_ways(part)
            way = next((way for way, found in ways.items() if any(gives(part, number, one) for one in found)), None)
            right = right_odds(self.question)[part]
            raise refuse(f"{part}: you gave {number:g}.", way or slip_of(number, right, partial(gives, part)))

    def _more_ways(self, part: str) -> dict[Misconception, list[float]]:
        neuron, back = self.question
        about = {"score": neuron, "score back": back}.get(part, Score(torch_score(neuron)))
        more = _all_wrong(MORE_WAYS[part], about)
        return more | of_a_sum(neuron.x, neuron.weight, neuron.bias) if part == "score" else more
