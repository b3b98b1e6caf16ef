"""The questions of lab 01: the lesson's own numbers without a student id, a student's own with one.

Each public function takes a student id ("" for the lesson's numbers) and returns a question: a named tuple.
"""

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

from course_utils import misconceptions
from course_utils.judging.variants import Dice, draw, student_id


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


class Network(NamedTuple):
    """A network of two dense layers and a batch."""

    batch: int
    inputs: int
    hidden: int
    outputs: int


class Picture(NamedTuple):
    """A picture (pixels) that goes into a dense layer of so many units."""

    height: int
    width: int
    units: int


class Counting(NamedTuple):
    """A square picture, to be counted in grey and in colour, and a large one in colour."""

    small: Picture
    large: Picture


class Rates(NamedTuple):
    """Learning rates to try on days of sunshine; `hours` and `temperature` (°C) hold one number a day."""

    rates: tuple[float, ...]
    hours: tuple[float, ...]
    temperature: tuple[float, ...]


# --- one neuron by hand

LESSON_NEURON = HandNeuron(Neuron(x=(2, 5, 3), weight=(4, -2, 3), bias=-6), doubled=3)


def hand_neuron(student: str = "") -> HandNeuron:
    """Return a neuron with three inputs, and the input that doubles."""
    if not student_id(student):
        return LESSON_NEURON
    return draw(Dice(student, "hand-neuron"), _sample_hand_neuron, _hand_tells_apart)


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


def fire(neuron: Neuron) -> int:
    """Return a neuron's weighted sum with its bias, term by term."""
    total = neuron.bias
    for value, weight in zip(neuron.x, neuron.weight, strict=True):
        total += value * weight
    return total


def neuron_ways(neuron: Neuron) -> dict[str, float]:
    """Return what each known wrong way gives; ``NE3`` may drop the last weight or add it as if it were the bias."""
    ways = misconceptions.wrong_answers("NE", neuron)
    return ways | {"NE3+": ways["NE3"] + neuron.weight[-1]}


def neuron_tells_apart(neuron: Neuron) -> bool:
    """Tell whether every known wrong way gives a wrong answer, and each another one."""
    given = [fire(neuron), *neuron_ways(neuron).values()]
    return 0 not in given and len(set(given)) == len(given)


def _hand_tells_apart(question: HandNeuron) -> bool:
    first = fire(question.neuron)
    ways = [*neuron_ways(question.after).values(), fire(question.after)]
    return neuron_tells_apart(question.neuron) and neuron_tells_apart(question.after) and first + first not in ways


# --- shapes of two dense layers

LESSON_NETWORK = Network(batch=6, inputs=3, hidden=4, outputs=2)


def network(student: str = "") -> Network:
    """Return the lecture's network, 3 inputs and 2 outputs, with a number of hidden units and a batch."""
    if not student_id(student):
        return LESSON_NETWORK
    dice = Dice(student, "network-shapes")
    return draw(dice, lambda dice: Network(dice.between(5, 40), 3, dice.between(4, 20), 2), network_tells_apart)


class Shape(NamedTuple):
    """One array of a network, ``"x"`` to ``"o"``, whose shape is asked for in PyTorch's convention."""

    network: Network
    row: str


def practice_network(dice: Dice) -> Network:
    """Draw a network of any sizes for practice."""
    return draw(dice, _sample_network, network_tells_apart)


def practice_shape(dice: Dice) -> Shape:
    """Draw one array of a network for practice."""
    return Shape(practice_network(dice), dice.choose(("x", "W1", "h", "W2", "o")))


def _sample_network(dice: Dice) -> Network:
    return Network(dice.between(2, 40), dice.between(2, 12), dice.between(2, 20), dice.between(2, 12))


def count_parameters(question: Network) -> int:
    """Count weights and biases of both layers, unit by unit."""
    return sum(question.inputs + 1 for _ in range(question.hidden)) + sum(
        question.hidden + 1 for _ in range(question.outputs)
    )


def network_ways(question: Network) -> dict[str, int]:
    """Return what each known wrong way of counting the parameters gives."""
    weights = question.inputs * question.hidden + question.hidden * question.outputs
    return {"PC1": weights, "PC2": weights + 2, "ND3": question.batch * count_parameters(question)}


def network_tells_apart(question: Network) -> bool:
    """Tell whether all four sizes differ, and every wrong count is wrong in its own way."""
    counts = [count_parameters(question), *network_ways(question).values()]
    return len(set(question)) == len(question) and len(set(counts)) == len(counts)


# --- counting the weights of a picture

LECTURE_COUNTING = Counting(Picture(200, 200, 500), Picture(480, 640, 1000))
BYTES = 4
PARTS = ("grey weights", "grey", "colour", "large", "megabytes")


def counting(student: str = "") -> Counting:
    """Return the pictures whose dense layers are to be counted."""
    if not student_id(student):
        return LECTURE_COUNTING
    return draw(Dice(student, "picture-weights"), _sample_counting, counting_tells_apart)


def _sample_counting(dice: Dice) -> Counting:
    side = 10 * dice.between(5, 40)
    large = dice.choose(((480, 640), (600, 800), (720, 1280), (768, 1024), (1080, 1920)))
    return Counting(Picture(side, side, 50 * dice.between(2, 20)), Picture(*large, 50 * dice.between(10, 40)))


def practice_picture(dice: Dice) -> Picture:
    """Draw a picture in colour and a dense layer for practice."""
    return draw(dice, _sample_picture, _picture_tells_apart)


def _sample_picture(dice: Dice) -> Picture:
    return Picture(10 * dice.between(3, 60), 10 * dice.between(3, 60), 10 * dice.between(2, 100))


def dense_count(picture: Picture, channels: int, biases: int | None = None) -> int:
    """Count the weights and biases of a dense layer on a picture; ``biases`` replaces one bias a unit."""
    numbers = picture.height * picture.width * channels
    return numbers * picture.units + (picture.units if biases is None else biases)


def picture_ways(picture: Picture, channels: int) -> dict[str, int]:
    """Return what each known wrong way gives for weights and biases of one layer."""
    sides = [picture.width * channels, (picture.height + picture.width) * channels]
    ways = {"PC1": dense_count(picture, channels, 0), "PC2": dense_count(picture, channels, 1)}
    ways |= {"NP1": dense_count(picture, 1)} if channels > 1 else {}
    return ways | {"NP3": (sides[0] + 1) * picture.units, "NP3+": (sides[1] + 1) * picture.units}


def _picture_tells_apart(picture: Picture) -> bool:
    given = [dense_count(picture, 3), *picture_ways(picture, 3).values()]
    return picture.height != picture.width and len(set(given)) == len(given)


def counting_right(question: Counting) -> dict[str, float]:
    """Return the right answers; the size in units of 10⁶ bytes."""
    large = dense_count(question.large, 3)
    counts = (dense_count(question.small, 1, 0), dense_count(question.small, 1), dense_count(question.small, 3), large)
    return dict(zip(PARTS, (*counts, large * BYTES / 10**6), strict=True))


def counting_ways(question: Counting) -> dict[str, dict[str, float | None]]:
    """For each known wrong way, what it gives for each part; None where it gives the right answer."""
    parts = {"grey": (question.small, 1), "colour": (question.small, 3), "large": (question.large, 3)}
    given = {part: picture_ways(*layer) for part, layer in parts.items()}
    ways = {
        code: {part: given[part].get(code) for part in parts} | {"grey weights": None, "megabytes": None}
        for code in given["large"]
    }
    small = question.small
    ways["NP3"]["grey weights"] = small.width * small.units
    ways["NP3+"]["grey weights"] = (small.height + small.width) * small.units
    return ways


def counting_tells_apart(question: Counting) -> bool:
    """Tell whether every known wrong way is wrong where it applies, and no two give the same there."""
    right, ways = counting_right(question), counting_ways(question)
    for part in ("grey", "colour", "large"):
        given = [right[part], *(way[part] for way in ways.values() if way[part] is not None)]
        if len(set(given)) < len(given):
            return False
    return True


# --- learning rates on days of sunshine

SLOPE, INTERCEPT, NOISE = 1.3, 15.0, 1.0  # °C an hour, °C, °C: the second lecture's own
LESSON_RATES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.45, 0.9, 1.8)
CLOSEST = 0.08  # no rate lies nearer to the limit than this part of it


def sunshine_days(number: int, seed: str | int, longest: float = 12.0) -> tuple[list[float], list[float]]:
    """Draw days: hours of sunshine, evenly from 0 to ``longest``, and temperatures in °C around the lecture's line."""
    dice = Dice("sunshine", seed)
    hours = [round(longest * dice.between(0, 10**6) / 10**6, 1) for _ in range(number)]
    return hours, [round(INTERCEPT + SLOPE * hour + NOISE * _normal(dice), 1) for hour in hours]


def _normal(dice: Dice) -> float:
    """Add up twelve even draws: mean 0, standard deviation 1, the same on every machine."""
    return sum(dice.between(0, 10**6) / 10**6 for _ in range(12)) - 6


def learning_rates(student: str = "") -> Rates:
    """Return rates to try and days to try them on."""
    if not student_id(student):
        return Rates(LESSON_RATES, *map(tuple, sunshine_days(60, "learning-rates")))
    return draw(Dice(student, "learning-rates"), _sample_rates, rates_tell_apart)


def _sample_rates(dice: Dice) -> Rates:
    days = sunshine_days(60, dice.between(1, 10**6), longest=dice.between(8, 16))
    base = dice.between(70, 140) / 10**5
    return Rates(tuple(float(f"{base * 2**step:.2g}") for step in range(12)), *map(tuple, days))


def standardise(values) -> list[float]:
    """Return values with mean 0 and standard deviation 1."""
    mean = sum(values) / len(values)
    spread = math.sqrt(sum((value - mean) ** 2 for value in values) / len(values))
    return [(value - mean) / spread for value in values]


def steepest(x) -> float:
    """Return the largest curvature of the mean squared error of a line w·x + b."""
    a, b = sum(value * value for value in x) / len(x), sum(x) / len(x)
    return (a + 1) + math.sqrt((a - 1) ** 2 + (b + b) ** 2)  # eigenvalue of 2 [[a, b], [b, 1]]


def flattest(x) -> float:
    """Return the smallest curvature of the mean squared error of a line w·x + b."""
    a = sum(value * value for value in x) / len(x)
    return 2 * (a + 1) - steepest(x)


def largest_rate(rates, x) -> float:
    """Return the largest rate with which gradient descent converges."""
    return max(rate for rate in rates if rate * steepest(x) < 2)


def fastest_rate(rates, x) -> float:
    """Return the rate with which the slowest part of the error shrinks most in a step."""
    return min(rates, key=lambda rate: max(abs(1 - rate * steepest(x)), abs(1 - rate * flattest(x))))


def rate_answers(question: Rates, choose: Callable) -> Mapping[str, float]:
    """Apply a choice of rates to the raw and to the standardised input."""
    inputs = {"raw": question.hours, "standardised": standardise(question.hours)}
    return {name: choose(question.rates, x) for name, x in inputs.items()}


def rates_tell_apart(question: Rates) -> bool:
    """Tell whether no rate is near a limit, limits lie inside the grid, and the fastest is not the largest."""
    limits = [2 / steepest(question.hours), 2 / steepest(standardise(question.hours))]
    clear = all(abs(rate / limit - 1) > CLOSEST for rate in question.rates for limit in limits)
    inside = question.rates[0] < limits[0] and limits[1] < question.rates[-1]
    if not clear or not inside or len(set(question.rates)) < len(question.rates):
        return False
    largest, fastest = rate_answers(question, largest_rate), rate_answers(question, fastest_rate)
    return largest["raw"] < largest["standardised"] != fastest["standardised"]
