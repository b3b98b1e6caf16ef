"""Slips that every exercise meets: a sign, a factor, an axis, an order. Each says only what is true of the numbers.

They are looked at where no wrong way of the exercise's own gives an answer. A slip may come on top of a wrong way that
is known: then both are named. None says what the right number is.
"""

import itertools
import math
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from course_utils.judging.closeness import ATOL, RTOL, as_float64, close
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.near import NEAR, Nearly

Label = TypeVar("Label", bound=Hashable)

SL1 = Misconception(
    "SL1",
    "right but for the sign",
    "The size is right, the sign is not. Where does a minus come in that should not, or get lost?",
)
SL2 = Misconception(
    "SL2",
    "doubled or halved",
    "This is twice as much as it should be, or half. What is counted twice, or which factor of 2 is missing?",
)
SL3 = Misconception(
    "SL3",
    "one factor too many or too few, the same everywhere",
    "All is right but for one factor, the same everywhere. What is summed in place of averaged, or divided once too "
    "often?",
)
SL4 = Misconception(
    "SL4",
    "right numbers with their axes exchanged",
    "These are the right numbers with axes exchanged. In which order does the task name the axes?",
)
SL5 = Misconception(
    "SL5",
    "right numbers in an array of another shape",
    "These are the right numbers, in an array of another shape. Which axes does the task name, and which of them are "
    "lost, or added?",
)
SL6 = Misconception(
    "SL6",
    "right numbers in another order",
    "These are the right numbers in another order. Which belongs in which place?",
)
SL7 = Misconception(
    "SL7",
    "off by one and the same amount",
    "Every number is off by the same amount. What is added to each of them, and is it left out, or counted twice?",
)
SL8 = Misconception(
    "SL8",
    "rounded or cut",
    "These are the right numbers with digits cut off. Where do yours become whole, or short?",
)
SL9 = Misconception(
    "SL9", "signs lost", "These are the right numbers without their signs. What makes all of them positive?"
)
SL10 = Misconception(
    "SL10",
    "numbers of one sign cut off",
    "The numbers of one sign are right, the others have become 0. What cuts them off?",
)
SL11 = Misconception(
    "SL11",
    "the same in every place along an axis",
    "One row, or one number, stands in every place along an axis here. Where does what differs from place to place "
    "come in?",
)
SL12 = Misconception(
    "SL12",
    "only the first places are filled",
    "The beginning is right, the rest is 0. Does a loop end too early, or return inside it?",
)
SL13 = Misconception(
    "SL13",
    "summed or averaged over an axis that should stay",
    "These are the right numbers, summed or averaged over an axis. Which axis should still be there?",
)
SL14 = Misconception(
    "SL14",
    "one function too many or too few",
    "A square, a root, an exponential, a logarithm or a fraction turned over lies between this and what is asked. "
    "Which step is one too many, or missing?",
)
SL15 = Misconception(
    "SL15",
    "right answers in each other's place",
    "Your answers are right for each other's question. Which belongs to which?",
)
SL16 = Misconception(
    "SL16",
    "a place at the end of an axis left out",
    "These are the right numbers, but for places missing at the end of an axis. Where does the count begin and end?",
)
SL17 = Misconception(
    "SL17",
    "one too many or one too few",
    "This is only just beside it: one too many, or one too few. What is counted twice, or left out once?",
)
SL18 = Misconception(
    "SL18",
    "decimal point in another place",
    "The digits are right, the decimal point is not. In which unit is it asked: whole, per cent, thousands?",
)
SL19 = Misconception(
    "SL19",
    "one amount for each place along an axis too many or too few",
    "Along one axis each place is off by an amount of its own. What is added there: is it left out, or counted twice?",
)
SL20 = Misconception(
    "SL20",
    "one factor for each place along an axis too many or too few",
    "Along one axis each place is off by a factor of its own. Over which axis do you divide, sum or average?",
)
SL21 = Misconception(
    "SL21",
    "right at one place of an axis only",
    "Only the first place along an axis is right, or only the last. What is done for this one, and not for the others?",
)
SL22 = Misconception(
    "SL22",
    "wrong at one end of an axis only",
    "All is right but at one end of an axis. What happens to what stands at the edge?",
)
SL23 = Misconception(
    "SL23",
    "what is left to 1",
    "This is what is left to 1. Of which of the two cases is the share asked?",
)
SL24 = Misconception(
    "SL24",
    "one digit not right",
    "All digits are right but one, or two have changed places. Does it come out the same when you work it out again?",
)
SL25 = Misconception(
    "SL25",
    "one axis of a shape not right",
    "The right number of axes, and one number, or one side of a map, is not right. What does that axis count?",
)
SL26 = Misconception(
    "SL26",
    "a shape with axes too many or too few",
    "This shape has axes too many, or too few. What does each of its numbers count?",
)
SL27 = Misconception(
    "SL27",
    "axes multiplied into one, or left apart",
    "Axes are multiplied into one here, or left apart. What is flattened at this place, and what is not?",
)
SL28 = Misconception(
    "SL28",
    "answer to another question",
    "The same stands at another question, where it is right. What is different in this one?",
)
SL29 = Misconception(
    "SL29",
    "number of the example",
    "This stands in the example above, whose numbers are not yours. What comes out for your own question?",
)
SL43 = Misconception(
    "SL43",
    "a product of a sum with the other sign",
    "One way to get this: one product counted with the other sign, or all of them without theirs. Which of them are "
    "below 0?",
)
SL44 = Misconception(
    "SL44",
    "two weights of a sum exchanged",
    "One way to get this: two weights that meet each other's inputs. Which weight belongs to which input?",
)
SL45 = Misconception(
    "SL45",
    "one function of the value too many",
    "One way to get this: your number is right, and then goes through one curve more, such as a sigmoid. Is one asked "
    "for here?",
)
SL88 = Misconception(
    "SL88",
    "something else at each call",
    "The same call gives something else each time. What comes in by chance, or is kept from one call to the next?",
)
SL123 = Misconception(
    "SL123",
    "numbers that are none",
    "There are numbers that are none (nan), or that are infinite. Where is something divided by 0, or a root or a "
    "logarithm taken of a number that has none?",
)
SL124 = Misconception(
    "SL124",
    "places too many at an end of an axis",
    "These hold the right numbers, and further places at an end of an axis. Which of them should not be there: where "
    "does the count begin, and where does it end?",
)
SL125 = Misconception(
    "SL125",
    "mixed along an axis that should stay apart",
    "What stands at each place along an axis is the same for all: the sum, the mean or the largest of them. Which axis "
    "should stay apart?",
)
SL133 = Misconception(
    "SL133",
    "right to a few digits",
    "These are right to about three digits, and no further. Is something rounded or held in a short type on the way, a "
    "small number added, or a step too coarse?",
)
SL134 = Misconception(
    "SL134",
    "cut off at the ends of a range",
    "The numbers inside a range are right, those beyond it stand at its end. What cuts them off there?",
)
SL135 = Misconception(
    "SL135",
    "moved and scaled",
    "These are the right numbers moved and scaled, all alike or each place along an axis by itself, as standardising "
    "does. Is that asked for?",
)
SL136 = Misconception(
    "SL136",
    "one curve more",
    "One way to get this: the right numbers go through one curve more, such as a tanh, a sigmoid or a softmax. Is one "
    "asked for here?",
)
SLIPS: tuple[Misconception, ...] = (
    *(SL1, SL2, SL3, SL4, SL5, SL6, SL7, SL8, SL9, SL10, SL11, SL12, SL13, SL14, SL15),
    *(SL16, SL17, SL18, SL19, SL20, SL21, SL22, SL23, SL24, SL25, SL26, SL27, SL28, SL29),
    *(*NEAR, SL43, SL44, SL45, SL88, SL123, SL124, SL125, SL133, SL134, SL135, SL136),
)

VAGUE = (SL3, SL7, SL14, SL19, SL20)  # what holds in one case, and has a cause that shows in further ones
# what they say of the numbers has often a nearer cause
WEAK = (SL6, SL11, SL12, SL16, SL21, SL22, SL123, SL124, SL125, SL133, SL135)

ENOUGH = 3  # numbers that differ: fewer may agree by chance
FEW_DIGITS = 2e-3  # of a number, where three of its digits are right
NEARLY_ONE = 0.02  # by how much a factor differs from 1 if it is one: what is less has another cause
MANY = 300  # beyond it the exponential is no number
LARGE = 20  # of a count: by how much smaller ones are off says little


@dataclass(frozen=True, eq=False)
class TwoSlips(Misconception):
    """A wrong way that is known, and a slip on top of it. Its code is both of theirs."""

    def __post_init__(self) -> None:
        """Stay out of the registry: both are in it."""

    @classmethod
    def of(cls, way: Misconception, slip: Misconception) -> "TwoSlips":
        """Return the two of them."""
        besides = slip.feedback[:1].lower() + slip.feedback[1:]
        text = f"One way to get this takes two slips. {way.feedback} And besides: {besides}"
        return cls(f"{way.code}+{slip.code}", f"{way.name}; {slip.name}", text, way.section, None, way.notebook)


def is_slip(way: Misconception) -> bool:
    """Tell whether a wrong way is one that is looked at last."""
    return isinstance(way, TwoSlips | Nearly) or way in SLIPS


def is_near(way: Misconception) -> bool:
    """Tell whether a wrong way is a neighbour of what is right, which a single number may equal by chance."""
    return isinstance(way, Nearly)


# --- arrays


def in_array(given: np.ndarray, right: np.ndarray, ways: Mapping[Misconception, Callable[[], object]]) -> Any:
    """Return the slips that are seen in an array, the likeliest first; none where there is nan or inf.

    Parameters
    ----------
    given, right
        What was answered, and what is right.
    ways
        The wrong ways that are known, of which none gives this: slips are looked for on top of them, too.
    """
    if not np.isfinite(right).all() or not right.size or not given.size:
        return ()
    if not np.isfinite(given).all():
        return (SL123,)
    if given.shape != right.shape:
        found = tuple(_in_shape(given, right))
    elif right.size == 1:
        found = tuple(_in_number(given, right))
    else:
        found = tuple(_in_values(given, right))
    found = found or tuple(_on_top(given, ways))
    return (*found, SL133) if _is_nearly(given, right) else found


def _is_nearly(given: np.ndarray, right: np.ndarray) -> bool:
    """Tell whether all numbers are right to three digits, or nearly; zeros are right."""
    return given.shape == right.shape and bool((abs(given - right) <= FEW_DIGITS * abs(right) + ATOL).all())


def _same(given: np.ndarray, other: np.ndarray) -> bool:
    return close(given, other, RTOL, ATOL)


def _in_number(given: np.ndarray, right: np.ndarray) -> Iterator[Misconception]:
    if not right.any():
        return
    if _same(given, -right):
        yield SL1
    if _same(given, 2 * right) or _same(given, right / 2):
        yield SL2
    if given.any() and (_same(given, np.trunc(right)) or _is_rounded(given, right)):
        yield SL8
    if any(_same(given, one) for one in _functions(right)):
        yield SL14


def _functions(right: np.ndarray) -> Iterator[np.ndarray]:
    """Yield what one function more or less makes of numbers."""
    with np.errstate(all="ignore"):
        for made in (right**2, np.sqrt(right), np.exp(right), np.log(right), 1 / right, np.exp(-right), -np.log(right)):
            if np.isfinite(made).all() and not _same(made, right):
                yield made


def _is_rounded(given: np.ndarray, right: np.ndarray) -> bool:
    with np.errstate(over="ignore"):
        cut = [np.round(right, digits) for digits in (0, 1, 2, 3)]
        cut += [right.astype(np.float16).astype(float)] if right.size >= ENOUGH else []
    return any(_same(given, one) for one in cut) and bool(given.any())


def _in_values(given: np.ndarray, right: np.ndarray) -> Iterator[Misconception]:
    """Yield the slips of an array that has the right shape."""
    several = len(np.unique(right.round(6))) >= ENOUGH
    if _same(given, -right):
        yield SL1
    if right.any() and right.size >= ENOUGH and (_same(given, 2 * right) or _same(given, right / 2)):
        yield SL2
    if several and _by_one_factor(given, right):
        yield SL3
    if several and right.min() < 0 and _same(given, abs(right)):
        yield SL9
    if (
        several
        and right.min() < 0 < right.max()
        and any(_same(given, one) for one in (right.clip(0), right.clip(None, 0)))
    ):
        yield SL10
    if several and _is_cut_off(given, right):
        yield SL134
    if several and any(_same(given, one) for one in _curves(right)):
        yield SL136
    if several and any(
        _same(given, right.transpose(order))
        for order in _orders(right.ndim)
        if right.transpose(order).shape == given.shape
    ):
        yield SL4
    if several and given.any() and (_same(given, np.trunc(right)) or _is_rounded(given, right)):
        yield SL8
    if several and _is_far(given, right) and _same(given - right, np.full(right.shape, (given - right).flat[0])):
        yield SL7
    if several and any(_same(given, one) for one in _functions(right)):
        yield SL14
    if several and _same(np.sort(given, axis=None), np.sort(right, axis=None)):
        yield SL6
    yield from _along_axes(given, right)
    if several and any(_is_moved_and_scaled(given, right, axis) for axis in (None, *range(right.ndim))):
        yield SL135


def _curves(right: np.ndarray) -> Iterator[np.ndarray]:
    """Yield what one curve more makes of numbers."""
    with np.errstate(over="ignore"):
        yield np.tanh(right)
        yield 1 / (1 + np.exp(-right))
    for axis in range(right.ndim):
        grown = np.exp(right - right.max(axis=axis, keepdims=True))
        yield grown / grown.sum(axis=axis, keepdims=True)


def _is_cut_off(given: np.ndarray, right: np.ndarray) -> bool:
    """Tell whether numbers beyond the ends of a range stand at its ends; several do, and several lie inside it."""
    low, high = given.min(), given.max()
    beyond = (right < low) | (right > high)
    several = beyond.sum() >= 2 and (~beyond).sum() >= ENOUGH
    return bool(several) and _same(given, right.clip(low, high))


def _is_moved_and_scaled(given: np.ndarray, right: np.ndarray, axis: int | None) -> bool:
    """Tell whether each place along an axis, or all, is the right one times a number and plus a number."""
    pairs = (
        [(given, right)]
        if axis is None
        else list(zip(*(np.moveaxis(one, axis, 0) for one in (given, right)), strict=True))
    )
    if not _is_far(given, right) or any(one.size < 2 * ENOUGH for _, one in pairs):
        return False
    for made, one in pairs:
        spread = ((one - one.mean()) ** 2).sum()
        factor = ((one - one.mean()) * (made - made.mean())).sum() / spread if spread > ATOL else 0.0
        if abs(factor) < 1e-3 or not _same(made, made.mean() + factor * (one - one.mean())):
            return False
    return True


def _is_far(given: np.ndarray, right: np.ndarray) -> bool:
    """Tell whether what lies between two arrays is more than what is lost by computing in another way."""
    return bool(abs(given - right).max() > 1e-3 * abs(right).max())


def _orders(axes: int) -> Iterator[tuple[int, ...]]:
    return (order for order in itertools.permutations(range(axes)) if order != tuple(range(axes)))


def _by_one_factor(given: np.ndarray, right: np.ndarray) -> bool:
    """Tell whether an array is another times a number, which is not 0."""
    size = (right * right).sum()
    factor = (given * right).sum() / size if size else 0.0
    return bool(abs(factor) > 1e-3) and abs(factor - 1) > NEARLY_ONE and _same(given / factor, right)  # noqa: RUF100


MIXES: tuple[Callable[..., np.ndarray], ...] = (np.sum, np.mean, np.max, np.min)


def _along_axes(given: np.ndarray, right: np.ndarray) -> Iterator[Misconception]:
    """Yield the slips that show in what happens along one axis."""
    differ = ~np.isclose(given, right, rtol=RTOL, atol=ATOL)
    filled = np.flatnonzero(given)
    if (
        right.size >= ENOUGH
        and len(filled)
        and not differ.flat[: filled[-1] + 1].any()
        and np.count_nonzero(right) >= ENOUGH
    ):
        yield SL12
    for axis in range(right.ndim):
        length, other = right.shape[axis], right.size // right.shape[axis]
        if length < 2:
            continue
        rest = tuple(place for place in range(right.ndim) if place != axis)
        wrong = differ.any(axis=rest)  # at which places along the axis
        repeated = np.broadcast_to(given.take([0], axis), given.shape)
        if (length > 2 or other > 1) and not wrong.all() and _same(given, repeated):
            yield SL11
        if (
            right.size >= ENOUGH
            and _same(given, repeated)
            and any(_same(given, np.broadcast_to(mix(right, axis=axis, keepdims=True), right.shape)) for mix in MIXES)
        ):
            yield SL125
        if length >= ENOUGH and wrong.sum() == length - 1 and not (wrong[0] and wrong[-1]):
            kept = right.take([int(np.flatnonzero(~wrong)[0])], axis)  # zeros come about in many ways
            if np.count_nonzero(kept) * 2 >= kept.size:
                yield SL21
        if length >= ENOUGH and wrong.sum() == 1 and (wrong[0] or wrong[-1]):
            yield SL22
        if other >= 2 and right.size >= 2 * ENOUGH and _is_far(given, right):
            gap = given - right
            if _same(gap, np.broadcast_to(gap.mean(axis=rest, keepdims=True), gap.shape)):
                yield SL19
            if (abs(right) > 1e-3).all():
                ratio = given / right
                mean = ratio.mean(axis=rest, keepdims=True)
                if (abs(mean) > 1e-3).all() and _same(ratio, np.broadcast_to(mean, ratio.shape)):
                    yield SL20


def _in_shape(given: np.ndarray, right: np.ndarray) -> Iterator[Misconception]:
    """Yield the slips of an array that has another shape."""
    for flipped, besides in ((given, ()), (-given, (SL1,))):
        for slip in _shapes(flipped, right):
            yield TwoSlips.of(slip, besides[0]) if besides else slip


def _shapes(given: np.ndarray, right: np.ndarray) -> Iterator[Misconception]:
    if right.size > 1 and any(_same(given, right.transpose(order)) for order in _orders(right.ndim)):
        yield SL4
    if given.size == right.size and _same(given.reshape(-1), right.reshape(-1)):
        yield SL5
    elif given.size == right.size >= ENOUGH and _same(np.sort(given, axis=None), np.sort(right, axis=None)):
        yield SL6
    if right.size > 1 and any(
        _same(given.reshape(-1), one.reshape(-1)) for one in _sums(right) if one.size == given.size
    ):
        yield SL13
    if given.ndim == right.ndim:
        axes = [axis for axis in range(right.ndim) if given.shape[axis] != right.shape[axis]]
        smaller = all(given.shape[axis] < right.shape[axis] for axis in axes)
        if smaller and given.size >= 2:
            start = tuple(slice(0, length) for length in given.shape)
            end = tuple(slice(n - length, n) for n, length in zip(right.shape, given.shape, strict=True))
            if _same(given, right[start]) or _same(given, right[end]):
                yield SL16
        if all(given.shape[axis] > right.shape[axis] for axis in axes) and right.size >= 2:
            start = tuple(slice(0, length) for length in right.shape)
            end = tuple(slice(n - length, n) for n, length in zip(given.shape, right.shape, strict=True))
            if _same(given[start], right) or _same(given[end], right):
                yield SL124


def _sums(right: np.ndarray) -> Iterator[np.ndarray]:
    for count in range(1, right.ndim + 1):
        for axes in itertools.combinations(range(right.ndim), count):
            if np.prod([right.shape[axis] for axis in axes]) > 1:
                yield right.sum(axis=axes)
                yield right.mean(axis=axes)


def _on_top(given: np.ndarray, ways: Mapping[Misconception, Callable[[], object]]) -> Iterator[Misconception]:
    """Yield wrong ways that are known, with a slip on top."""
    for way, compute in ways.items():
        try:
            results = compute()
        except (ArithmeticError, ValueError, IndexError, RuntimeError):
            continue
        for one in results if isinstance(results, list) else [results]:
            made = as_float64(one)
            if made.size < ENOUGH or not np.isfinite(made).all() or not made.any():
                continue
            if _same(given, -made):
                yield TwoSlips.of(way, SL1)
            elif _same(given, 2 * made) or _same(given, made / 2):
                yield TwoSlips.of(way, SL2)
            elif made.ndim > 1 and any(_same(given, made.transpose(order)) for order in _orders(made.ndim)):
                yield TwoSlips.of(way, SL4)


# --- sets of numbers


def of_a_sum(x: Sequence[float], weights: Sequence[float], bias: float) -> dict[Misconception, list[float]]:
    """Return what slips give for a sum of products, weight times input, and a bias."""
    products = [value * weight for value, weight in zip(x, weights, strict=True)]
    right = sum(products) + bias
    exchanged = [
        right - products[i] - products[j] + x[i] * weights[j] + x[j] * weights[i]
        for i, j in itertools.combinations(range(len(x)), 2)
    ]
    return {
        SL43: [*(right - 2 * one for one in products if one), sum(map(abs, products)) + bias],
        SL44: exchanged,
        SL45: [1 / (1 + math.exp(-right)), math.tanh(right)] if abs(right) < MANY else [],
    }


def in_numbers(
    given: Mapping[Label, Any], right: Mapping[Label, Any], same: Callable[[Any, Any], bool]
) -> dict[Misconception, dict[Label, list[Any]]]:
    """Return, for each slip, what it gives for each question: numbers, or shapes as tuples.

    Parameters
    ----------
    given, right
        Answers by question.
    same
        When two answers are equal.
    """
    amiss = [label for label in given if not same(given[label], right[label])]
    found: dict[Misconception, dict[Label, list[Any]]] = {}

    def note(slip: Misconception, label: Label, *answers: Any) -> None:
        found.setdefault(slip, {one: [] for one in right})[label] += answers

    for label in amiss:
        others = [right[one] for one in amiss if one != label]
        if _are_exchanged(given, right, amiss, same):
            note(SL15, label, *others)
    for label, value in right.items():
        if isinstance(value, tuple):
            for slip, answers in _shape_slips(given.get(label), value):
                note(slip, label, *answers)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            for slip, answers in _number_slips(value, given.get(label)):
                note(slip, label, *answers)
    for label in amiss:
        elsewhere = [
            one for one in given if one != label and one not in amiss and type(right[one]) is type(right[label])
        ]
        for one in elsewhere:
            if is_telling(right[one]):
                note(SL28, label, right[one])
    return found


def _are_exchanged(
    given: Mapping[Label, Any], right: Mapping[Label, Any], amiss: list[Label], same: Callable[[Any, Any], bool]
) -> bool:
    """Tell whether the wrong answers are the right ones of each other's questions, each used once."""
    left = list(amiss)
    for label in amiss:
        place = next((one for one in left if one != label and same(given[label], right[one])), None)
        if place is None:
            return False
        left.remove(place)
    return len(amiss) > 1


def is_telling(value: Any) -> bool:
    """Tell whether an answer is of a kind that one does not give by chance."""
    if isinstance(value, tuple):
        return len(value) > 1
    return not np.isfinite(value) or abs(value) >= LARGE or value != int(value)


def _number_slips(value: float, given: Any) -> Iterator[tuple[Misconception, list[Any]]]:
    if not np.isfinite(value) or not value:
        return
    yield SL1, [-value]
    if isinstance(value, float) and 0 < value < 1:
        yield SL23, [1 - value]
    if len(f"{abs(value):.9e}".partition("e")[0].rstrip("0.")) > 1:  # one digit alone comes about in many ways
        yield SL18, [value * 10.0**power for power in (-6, -4, -3, -2, -1, 1, 2, 3, 4, 6)]
    if abs(value) >= ENOUGH and value == int(value):
        yield SL17, [value + 1, value - 1]
    if abs(value) >= LARGE and value == int(value):
        yield SL24, [given] if _one_digit_differs(given, value) else []
    yield SL2, [value * 2, value / 2]
    if value != int(value):
        some = (float(int(value)), *(round(value, digits) for digits in range(4)))
        yield SL8, [cut for cut in some if cut not in (value, 0) and cut == given]  # itself, not what is near it
    if abs(value) >= LARGE or value != int(value):
        root = [abs(value) ** 0.5] if value > 0 else []
        yield SL14, [value**2, *root, 1 / value] if abs(value) < 1e100 else []


def _one_digit_differs(given: Any, value: float) -> bool:
    if not isinstance(given, int | float) or given != given or abs(given) > 1e15 or given != int(given):
        return False
    one, other = str(int(given)), str(int(value))
    if len(one) != len(other) or len(one) <= ENOUGH:
        return False
    places = [place for place in range(len(one)) if one[place] != other[place]]
    swapped = len(places) == 2 and places[1] == places[0] + 1
    return len(places) == 1 or (swapped and one[places[0]] == other[places[1]] and one[places[1]] == other[places[0]])


def _shape_slips(given: Any, value: tuple[Any, ...]) -> Iterator[tuple[Misconception, list[Any]]]:
    if not isinstance(given, tuple) or given == value:
        return
    if len(value) > 1 and given != value and sorted(map(float, given)) == sorted(map(float, value)):
        yield SL4, [given]
    elif given in _merged(value) or value in _merged(given):
        yield SL27, [given]
    elif len(given) == len(value) > 1 and len({(a, b) for a, b in zip(given, value, strict=True) if a != b}) == 1:
        yield SL25, [given]
    elif given and value and (given[: len(value)] == value or value[: len(given)] == given):
        yield SL26, [given]
    elif abs(len(given) - len(value)) == 1:
        longer, shorter = (given, value) if len(given) > len(value) else (value, given)
        if any(longer[:place] + longer[place + 1 :] == shorter for place in range(len(longer))):
            yield SL26, [given]


def _merged(shape: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """Return a shape with some axes that lie side by side multiplied into one; none of them counts 1."""
    pairs = itertools.combinations(range(len(shape) + 1), 2)
    runs = [(first, last) for first, last in pairs if last - first > 1 and 1 not in shape[first:last]]
    return [(*shape[:first], math.prod(shape[first:last]), *shape[last:]) for first, last in runs]


def on_top_of_numbers(
    ways: Mapping[Misconception, Mapping[Label, Any]],
) -> dict[Misconception, dict[Label, Any]]:
    """Return what known wrong ways give for each question with a slip on top, where that is no chance."""
    found: dict[Misconception, dict[Label, Any]] = {}
    for way, answers in ways.items():
        for slip, change in ((SL1, lambda one: [-one]), (SL2, lambda one: [2 * one, one / 2])):
            made = {label: _changed(answer, change) for label, answer in answers.items()}
            if any(made.values()):
                found[TwoSlips.of(way, slip)] = made
    return found


def _changed(answer: Any, change: Callable[[Any], list[Any]]) -> list[Any]:
    every = answer if isinstance(answer, list) else [answer]
    numbers = [one for one in every if isinstance(one, int | float) and np.isfinite(one) and is_telling(one)]
    return [made for one in numbers for made in change(one)]
