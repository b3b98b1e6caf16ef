"""Exercise 1.1: one neuron by hand, before and after one input has doubled.

What the prompt says, and what tries it:

- z of the neuron → part `z`
- one input doubles, all else stays → part `z doubled`
- any form of a number; nan and inf are wrong → `judge_numbers`
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import nn

from course_utils.judging.answers import as_dict, plain
from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import Finding
from course_utils.judging.misconceptions import Misconception, wrong_answers
from course_utils.judging.numbers import judge_numbers, ways_by_question
from course_utils.judging.practice import Topic, alternatives
from course_utils.judging.slips import SL43, SL44, SL45, of_a_sum
from course_utils.judging.variants import Dice, draw
from course_utils.labs.neurons.headings import NEURON


class Neuron(NamedTuple):
    """Inputs x1, x2, x3, their weights w1, w2, w3, and the bias w0."""

    x: tuple[int, ...]
    weight: tuple[int, ...]
    bias: int


class HandNeuron(NamedTuple):
    """A neuron to work out by hand, and which of its inputs doubles afterwards (1, 2 or 3)."""

    neuron: Neuron
    doubled: int

    @property
    def after(self) -> Neuron:
        """The same neuron after the input has doubled."""
        place = self.doubled - 1
        x = (*self.neuron.x[:place], self.neuron.x[place] + self.neuron.x[place], *self.neuron.x[place + 1 :])
        return self.neuron._replace(x=x)


def _weighted(x: Sequence[int], weight: Sequence[int]) -> int:
    return sum(one * other for one, other in zip(x, weight, strict=True))


# --- wrong ways: procedure(x, weight, bias)

NE1 = Misconception(
    "NE1",
    "bias left out",
    "This is the weighted sum alone. Which of the four numbers is added whatever the inputs are?",
    NEURON,
    lambda x, weight, bias: _weighted(x, weight),
)
NE2 = Misconception(
    "NE2",
    "bias multiplied in",
    "This multiplies the weighted sum by w0. Is w0 a factor here, or a term of the sum?",
    NEURON,
    lambda x, weight, bias: bias * _weighted(x, weight),
)
NE3 = Misconception(
    "NE3",
    "weights shifted by one place",
    "Here each input meets its neighbour's weight. Which of your four numbers has no input attached?",
    NEURON,
    lambda x, weight, bias: _weighted(x, (bias, *weight[:-1])),
)
NE4 = Misconception(
    "NE4",
    "took the output to double with one input",
    "This is twice the first answer. Which terms of the sum contain the input that doubles?",
    NEURON,
)
NE5 = Misconception(
    "NE5",
    "bias counted once for each input",
    "This adds w0 once for every input. How many terms of the sum are w0?",
    NEURON,
    lambda x, weight, bias: _weighted(x, weight) + len(x) * bias,
)
NE6 = Misconception(
    "NE6",
    "activation over the sum",
    "Something bends the sum here: a step, a sigmoid, a tanh or a ReLU. Which function stands behind z in this lab?",
    NEURON,
)
NE7 = Misconception(
    "NE7",
    "bias subtracted",
    "This takes w0 away from the weighted sum. Which sign stands before w0 in the formula, and which has w0 itself?",
    NEURON,
    lambda x, weight, bias: _weighted(x, weight) - bias,
)
NE8 = Misconception(
    "NE8",
    "minus sign of a weight lost",
    "Here every weight counts as if it were positive. Which of your products is below zero?",
    NEURON,
    lambda x, weight, bias: _weighted(x, [abs(one) for one in weight]) + bias,
)
NE9 = Misconception(
    "NE9",
    "another input doubled",
    "This is the answer after another input, or all of them, doubled. Which one is named in the question?",
    NEURON,
)
NE10 = Misconception(
    "NE10",
    "squared, or 2 added, instead of doubled",
    "This squares the input, or adds 2 to it. What is twice 5?",
    NEURON,
)
NE11 = Misconception(
    "NE11",
    "added the input once more without its weight",
    "This is your first answer and the input on top. By how much does a product grow when one factor doubles?",
    NEURON,
)
NE14 = Misconception(
    "NE14",
    "a product left out",
    "One of the products is not in this. How many inputs has the neuron, and how many products have you added?",
    NEURON,
)
NE15 = Misconception(
    "NE15",
    "weight doubled as well",
    "Input and weight have doubled here, both. Which of the two stays as it was?",
    NEURON,
)
NE12 = Misconception(
    "NE12",
    "added before multiplying, or averaged",
    "Inputs or weights are added before they are multiplied, or the products averaged. What meets what first?",
    NEURON,
)
NE13 = Misconception(
    "NE13",
    "bias inside the product",
    "Here the bias is added to the weights or the inputs, and then multiplied. Where does it stand in the formula?",
    NEURON,
)
ONE_NEURON_WAYS = (NE1, NE2, NE3, NE5)  # no question is drawn in which two of them agree
FURTHER_WAYS = (NE7, NE8)
DOUBLING_WAYS = (NE4, NE9, NE10, NE11, NE15)


def neuron_ways(neuron: Neuron) -> dict[Misconception, list[int]]:
    """Return what each known wrong way gives; NE3 may drop the last weight or add it as if it were the bias."""
    ways = {way: [given] for way, given in wrong_answers(ONE_NEURON_WAYS, neuron).items()}
    return ways | {NE3: [*ways[NE3], ways[NE3][0] + neuron.weight[-1]]}


def doubling_ways(question: HandNeuron, first: float | None) -> dict[Misconception, list[Any] | None]:
    """Return what each wrong way to double an input gives; ``first`` is the answer to the neuron as it was."""
    x, weight, bias = question.neuron
    place = question.doubled - 1

    def instead(value: int) -> int:
        return bias + _weighted((*x[:place], value, *x[place + 1 :]), weight)

    others = [fire(HandNeuron(question.neuron, other).after) for other in (1, 2, 3) if other != question.doubled]
    every = bias + 2 * _weighted(x, weight)
    return {
        NE4: None if first is None or not math.isfinite(first) else [first * 2],
        NE9: [*others, every],
        NE10: [instead(x[place] ** 2), instead(x[place] + 2)],
        NE11: None if first is None else [first + x[place]],
        NE15: [instead(4 * x[place])],
    }


def _without_a_product(neuron: Neuron) -> list[int]:
    """Return the answers that leave one of the products out."""
    return [fire(neuron) - value * weight for value, weight in zip(neuron.x, neuron.weight, strict=True)]


def torch_neuron(neuron: Neuron) -> int:
    """Ask PyTorch for a neuron's output."""
    x, weight = (torch.tensor([numbers]) for numbers in (neuron.x, neuron.weight))
    return int(nn.functional.linear(x, weight, torch.tensor([neuron.bias])))


def fire(neuron: Neuron) -> int:
    """Return a neuron's weighted sum with its bias, term by term."""
    total = neuron.bias
    for value, weight in zip(neuron.x, neuron.weight, strict=True):
        total += value * weight
    return total


# --- drawing

LESSON_NEURON = HandNeuron(Neuron(x=(2, 5, 3), weight=(4, -2, 3), bias=-6), doubled=3)


def practice_neuron(dice: Dice) -> Neuron:
    """Draw one neuron for practice that tells all known wrong ways apart."""
    return draw(dice, sample_neuron, neuron_tells_apart)


def sample_neuron(dice: Dice) -> Neuron:
    """Draw a neuron of small whole numbers, none of them 0 or 1."""
    x = tuple(dice.between(2, 9) for _ in range(3))
    weight = tuple(dice.choose((-5, -4, -3, -2, 2, 3, 4, 5)) for _ in range(3))
    return Neuron(x, weight, dice.choose((-8, -7, -6, -5, -4, -3, -2, 2, 3, 4, 5, 6, 7, 8)))


def _sample_hand_neuron(dice: Dice) -> HandNeuron:
    return HandNeuron(sample_neuron(dice), dice.between(1, 3))


def _all_given(neuron: Neuron) -> list[int]:
    return [given for some in neuron_ways(neuron).values() for given in some]


def neuron_tells_apart(neuron: Neuron) -> bool:
    """Tell whether every known wrong way gives a wrong answer, and each another one."""
    given = [fire(neuron), *_all_given(neuron)]
    return 0 not in given and len(set(given)) == len(given)


def _hand_tells_apart(question: HandNeuron) -> bool:
    first = fire(question.neuron)
    ways = [*_all_given(question.after), fire(question.after)]
    return neuron_tells_apart(question.neuron) and neuron_tells_apart(question.after) and first + first not in ways


def _neuron_text(neuron: Neuron) -> str:
    return (
        f"Inputs x1, x2, x3 = {', '.join(map(str, neuron.x))}; "
        f"weights w1, w2, w3 = {', '.join(map(str, neuron.weight))}; bias w0 = {neuron.bias}.\nWhat is z?"
    )


def _neuron_steps(neuron: Neuron) -> list[str]:
    products = [value * weight for value, weight in zip(neuron.x, neuron.weight, strict=True)]
    pairs = ", ".join(
        f"{weight}·{value} = {product}"
        for value, weight, product in zip(neuron.x, neuron.weight, products, strict=True)
    )
    return [
        f"Each input meets its own weight: {pairs}.",
        f"The products added: {sum(products)}.",
        f"The bias is added once: {sum(products)} + ({neuron.bias}) = {fire(neuron)}. So z is {fire(neuron)}.",
    ]


NEURON_TOPIC = Topic("neuron", practice_neuron, _neuron_text, torch_neuron, neuron_ways, _neuron_steps)


class NeuronByHand(Exercise):
    """What does the neuron give, and what once one of its inputs has doubled?"""

    id = "hand-neuron"
    hints = (
        "Which input belongs to w1, which to w2, which to w3? Write the three products below each other.",
        "One of the four numbers has no input. What happens to it?",
        "When one input doubles, which of your products change?",
    )
    worked = """
    A neuron with the inputs 3, 1, 2, the weights 2, −4, 5 and the bias w0 = −3. Afterwards x1 doubles.

    1. Each input meets its own weight: 2·3 = 6, −4·1 = −4, 5·2 = 10.
    2. The products added: 6 − 4 + 10 = 12.
    3. The bias has no input and is added once: 12 − 3 = **9**. That is z.
    4. x1 doubles to 6. Its product alone changes, from 6 to 12; the others and the bias stay.
    5. So z grows by 6: 9 + 6 = **15**. (Twice the answer would have been 18.)
    """
    misconceptions = (*ONE_NEURON_WAYS, *FURTHER_WAYS, NE14, *DOUBLING_WAYS)
    topics = (NEURON_TOPIC,)

    def draw(self) -> HandNeuron:
        """Return a neuron with three inputs, and the input that doubles."""
        return draw(self.dice(), _sample_hand_neuron, _hand_tells_apart) if self.student else LESSON_NEURON

    def judge(self, answers: Any) -> dict[str, Finding]:
        """Judge ``{"z": …, "z doubled": …}``."""
        asked = {"z": self.question.neuron, "z doubled": self.question.after}
        given = as_dict(answers, asked, "neuron")
        by_part = {part: neuron_ways(neuron) for part, neuron in asked.items()}
        ways: dict[Misconception, dict[str, Any]] = {
            way: {part: by_part[part][way] for part in asked} for way in ONE_NEURON_WAYS
        }
        for way, doubled in doubling_ways(self.question, plain(given["z"])).items():
            ways[way] = {"z": None, "z doubled": doubled}
        ways |= ways_by_question(FURTHER_WAYS, asked)
        sums = {part: of_a_sum(neuron.x, neuron.weight, neuron.bias) for part, neuron in asked.items()}
        ways[NE14] = {part: _without_a_product(neuron) for part, neuron in asked.items()}
        return judge_numbers(
            given,
            {part: torch_neuron(neuron) for part, neuron in asked.items()},
            ways,
            what="neuron",
            advice=lambda found: alternatives(found, f"lab.{self.name()}.practice()") if len(found) > 1 else "",
            besides={way: {part: sums[part][way] for part in asked} for way in (SL43, SL44, SL45)},
        )
