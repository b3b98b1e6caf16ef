"""Neighbours of what is right: each kind of change, what is said of it, and when it is not named."""

import inspect

import numpy as np
import pytest
import torch

from course_utils.judging.cases import Case
from course_utils.judging.closeness import as_float64
from course_utils.judging.exercise import Implementation
from course_utils.judging.findings import look
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.near import (
    MOST,
    MOST_PAIRS,
    NEAR,
    OF_ELSEWHERE,
    nearly,
    neighbours,
    neighbours_that_fit,
    only,
    pairs,
)
from course_utils.judging.numbers import judge_numbers
from course_utils.judging.slips import SL43, SL44, SL45, SLIPS, is_slip, of_a_sum


def line(x, w, b):
    return torch.matmul(x, w) + b


def bent(x, w):
    return torch.matmul(x, w) + x[:, 0] ** 2


def share(Z, l2):
    powers = torch.exp(Z)
    powers = powers + l2
    return powers / powers.sum(dim=1, keepdim=True)


def passed(x, threshold):
    return x * (x > threshold)


def halved(x):
    return x**2 / 2


def pair(x, y):
    return x - y, x


def long_one(a, b, c, d, e):
    a = (a + b * c - d / e) / (a - 2 * b + c**2) + (d * e - a) * (b + 3 * c)
    b = (a + b * c - d / e) / (a - 2 * b + c**2) + (d * e - a) * (b + 3 * c)
    c = (a + b * c - d / e) / (a - 2 * b + c**2) + (d * e - a) * (b + 3 * c)
    return a * b * c - a * d + b * e


def largest(x):
    return torch.amax(x, dim=0)


def walked(x, lr, steps):
    place = x * 0
    for step in range(steps):  # noqa: B007 - a neighbour divides by it
        slope = place - x
        place = place - lr * slope
    return place


def walked_apart(x, lr, steps):
    place = x * 0
    for step in range(steps):  # noqa: B007 - a neighbour divides by it
        slope = x * x * (place - x)
        place = place - lr * slope
    return place


def slope_apart(place, x):
    return x * x * (place - x)


def stepped(params, grads, lr):
    return params - lr * grads


def padded(x, padding):
    return torch.nn.functional.pad(x, (padding, padding, padding, padding))


def averaged(x):
    return x.mean(dim=0)


def wrapped_around(x):
    return torch.nn.functional.pad(x[None, None], (1, 1, 1, 1), mode="circular")


def together(x, y):
    x, y = x + y, x * y
    return x + 2 * y


def turned(x, matrix):
    return torch.matmul(x, matrix.T)


def windowed(x, size):
    return x.unfold(1, size, 1).sum(dim=2).sum(dim=1)


def places(x, turns=5, slope=lambda place, x: place - x, lr=lambda step: 0.1):
    place = 0 * x
    for step in range(turns):
        place = place - lr(step) * slope(place, x)
    return place


def with_momentum(x, kept, new):
    place, step = 0 * x, 0 * x
    for _ in range(5):
        step = kept * step - new * 0.1 * slope_apart(place, x)
        place = place + step
    return place


def held_in_turns(x):
    place = 0 * x
    for _ in range(5):
        place = (place - 0.1 * slope_apart(place, x)).clamp(-0.1, 0.1)
    return place


def learned(x, y, lr, steps):
    w = 0 * x[0]
    for step in range(steps):  # noqa: B007 - a neighbour chooses its examples by it
        w = w - lr * (x * (torch.matmul(x, w) - y)[:, None]).mean(dim=0)
    return w


def learned_in_batches(x, y, batches):
    w = 0 * x[0]
    for batch in batches:
        w = w - 0.1 * (x[batch] * (x[batch] @ w - y[batch])[:, None]).mean(dim=0)
    return w


def far_off(x, y):
    return (x - y).square().mean()


def in_turn(x, lr):
    place = x[0] * 0
    for row in range(4):
        place = place + lr * (x[row] - place)
    return place


def by_size(x, kept):
    place, squares = x * 0, x * 0
    for _ in range(5):
        slope = slope_apart(place, x)
        squares = kept(squares, slope)
        place = place - 0.1 * slope / (squares**0.5 + 1e-8)
    return place


def shrunk_after(x):
    place = x * 0
    for _ in range(5):
        place = 0.97 * (place - 0.1 * slope_apart(place, x))
    return place


def moving_average(x):
    average = x * 0
    for turn in range(1, 6):
        average = 0.9 * average + 0.1 * places(x, turn, slope_apart)
    return average


def count(inputs, units):
    return units * (inputs + 1)


rng = np.random.default_rng(4)
X, W, B = (torch.tensor(rng.normal(size=size)) for size in ((4, 3), 3, ()))
Z = torch.tensor(rng.normal(size=(4, 4)))
POWERS = Z.exp() + 0.1
KINDS = [
    ("SL30", line, (X, W, B), X @ W - B),
    ("SL31", line, (X, W, B), X @ W),
    ("SL32", line, (X, W, B), (X @ W) ** 2 + B),
    ("SL33", pair, (X, 2 * X + 1), 0 * X),
    ("SL34", pair, (X, 2 * X + 1), X + 1),
    ("SL35", halved, (X,), X**3 / 2),
    ("SL36", share, (Z, 0.1), POWERS / POWERS.sum(dim=0, keepdim=True)),
    ("SL37", share, (Z, 0.1), POWERS / POWERS.mean(dim=1, keepdim=True)),
    ("SL38", line, (X, W, B), X @ W * B + B),
    ("SL39", share, (Z, 0.1), torch.softmax(Z, 1)),
    ("SL40", halved, (X,), (X**2 / 2) ** 2 / 2),
    ("SL41", line, (X, W, B), X @ (0 * W + 1) + B),
    ("SL42", passed, (X, 0.0), X * (X < 0)),
    ("SL78", turned, (X, X), X @ X.reshape(3, 4)),
    ("SL79", windowed, (X, 2), X.sum(dim=1)),
    ("SL70", walked, (X, 0.1, 5), places(X, 4)),
    ("SL71", walked, (X, 0.1, 5), places(X, 1)),
    ("SL72", together, (X, 2 * X + 1), 3 * X + 1 + 2 * (3 * X + 1) * (2 * X + 1)),
    ("SL73", walked, (X, 0.1, 5), 0.5 * X),
    ("SL74", walked, (X, 0.1, 5), 0.1 * X),
    ("SL75", walked, (X, 0.1, 5), places(X, slope=lambda place, x: torch.sign(place - x))),
    ("SL76", walked, (X, 0.1, 5), places(X, lr=lambda step: 0.1 / (step + 1))),
    ("SL76", walked_apart, (X, 0.1, 5), places(X, slope=slope_apart, lr=lambda step: 0.1 * 0.83**step)),
    ("SL80", walked_apart, (X, 0.1, 5), places(X, slope=lambda place, x: slope_apart(place, x) + 0.07 * place)),
    ("SL80", walked_apart, (X, 0.1, 5), shrunk_after(X)),
    ("SL80", stepped, (X, 2 * X + 1, 0.1), X - 0.1 * (2 * X + 1) - 0.003 * X),
    ("SL76", walked, (X, 0.1, 5), places(X, lr=lambda step: 0.1 / (step + 1) ** 0.5)),
    ("SL83", walked_apart, (X, 0.1, 5), with_momentum(X, 0.9, 1)),
    ("SL83", walked_apart, (X, 0.1, 5), with_momentum(X, 0.8, 0.2)),
    ("SL37", averaged, (X,), (X**2).mean(0) ** 0.5),
    ("SL37", averaged, (X,), (X.amax(0) + X.amin(0)) / 2),
    ("SL81", share, (Z, 0.1), share((Z - Z.mean(1, keepdim=True)) / Z.std(1, correction=0, keepdim=True), 0.1)),
    ("SL81", turned, (X, X), (X - X.mean(0)) @ X.T),
    ("SL82", padded, (Z[None, None], 1), wrapped_around(Z)),
    ("SL37", averaged, (X,), np.median(X, axis=0)),
    ("SL84", walked_apart, (X, 0.1, 5), places(X, slope=lambda place, x: slope_apart(place, x).clamp(-0.5, 0.5))),
    ("SL84", walked_apart, (X, 0.1, 5), held_in_turns(X)),
    ("SL85", halved, (X,), X**2 / 2 + 0.1 * X.sign()),
    ("SL84", line, (X, W, B), (X @ W + B).clamp(max=0.5)),
    ("SL84", learned, (X, W[0] * X[:, 0], 0.1, 5), learned(X.clamp(-0.5, 0.5), W[0] * X[:, 0], 0.1, 5)),
    ("SL85", halved, (X,), X**2 / 2 + 0.1 * X),
    ("SL85", far_off, (X, 3 * X), far_off(X, 3 * X) + 0.01 * X.square().sum()),
    ("SL86", walked_apart, (X, 0.1, 5), sum(places(X, turn, slope_apart) for turn in range(1, 6)) / 5),
    ("SL87", learned, (X, X[:, 0], 0.1, 5), learned_in_batches(X, X[:, 0], [[0, 1], [2, 3], [0, 1], [2, 3], [0, 1]])),
    ("SL87", learned, (X, X[:, 0], 0.1, 2), learned_in_batches(X, X[:, 0], [[0], [1], [2], [3]] * 2)),
    ("SL37", largest, (X,), X.amax(0) - X.amin(0)),
    ("SL37", largest, (X,), X.logsumexp(0)),
    ("SL120", line, (X, W, B), X @ W.flip(0) + B),
    ("SL120", averaged, (Z,), Z.T.mean(0)),
    ("SL121", line, (X, W, B), X[:1].expand(4, 3) @ W + B),
    ("SL122", halved, (X,), X**2 / 2 * (X > 0)),
    ("SL126", walked_apart, (X, 0.1, 5), by_size(X, lambda squares, slope: squares + slope**2)),
    ("SL126", walked_apart, (X, 0.1, 5), by_size(X, lambda squares, slope: 0.9 * squares + 0.1 * slope**2)),
    ("SL127", walked_apart, (X, 0.1, 5), moving_average(X)),
    ("SL128", walked_apart, (X, 0.1, 5), places(X, slope=slope_apart, lr=lambda step: 0.1 * (step + 1) / 5)),
    ("SL76", walked_apart, (X, 0.1, 5), places(X, slope=slope_apart, lr=lambda step: 0.1 / (1 + 0.5 * step))),
    ("SL129", share, (Z, 0.1), POWERS / (POWERS.sum(dim=1, keepdim=True) + 0.01)),
    ("SL130", far_off, (X, 3 * X), torch.log(torch.cosh(2 * X)).mean()),
    ("SL131", far_off, (X, 3 * X), (-2 * X).round(decimals=1).square().mean()),
    ("SL132", in_turn, (X, 0.1), 0.1 * X[0] + 0.1 * 0.9 * X[1] + 0.1 * 0.81 * X[2] + 0.1 * 0.729 * X[3]),
]


def test_a_quantity_with_a_fraction_is_no_size():
    x = np.array([0.5, 2.0])
    assert "SL79" not in {way.code for way in that_fit(halved, (x,), (x + 1) ** 2 / 2)}


def that_fit(recipe, asked, given):
    part = 0 if recipe is pair else None
    return neighbours_that_fit(as_float64(given), lambda: nearly(recipe, *asked, part=part), only_single=True)


@pytest.mark.parametrize(
    ("code", "recipe", "asked", "given"), KINDS, ids=[f"{kind[0]}-{kind[1].__name__}" for kind in KINDS]
)
def test_each_kind_of_change_is_found(code, recipe, asked, given):
    assert code in {way.code for way in that_fit(recipe, asked, given)}


def test_a_strength_is_no_licence():
    asked, given = (X, 0.1, 5), places(X, slope=lambda place, x: slope_apart(place, x) + 0.07 * place)
    assert {way.code for way in that_fit(walked_apart, asked, given)} == {"SL80"}
    assert that_fit(walked_apart, asked, given + 1e-3 * torch.eye(4, 3)) == []
    assert that_fit(walked_apart, (X[:1, :1], 0.1, 5), given[:1, :1]) == []  # one number is met by anything
    assert that_fit(walked_apart, asked, places(X, slope=lambda place, x: slope_apart(place, x) - 0.07 * place)) == []
    assert that_fit(walked, asked, places(X, slope=lambda place, x: place - x + 0.07 * place)) == []  # one factor


def test_every_kind_is_tried_here_and_is_a_slip():
    assert {kind[0] for kind in KINDS} == {way.code for way in NEAR}
    assert set(NEAR) <= set(SLIPS)
    assert all(map(is_slip, (way for way, _ in neighbours(line))))


def test_a_neighbour_says_which_argument_comes_in_and_never_more():
    for recipe in (line, share, passed, halved, pair):
        names = set(inspect.signature(recipe).parameters)
        for way, _ in neighbours(recipe):
            base = next(one for one in NEAR if one.code == way.code)
            more = way.feedback.removeprefix(base.feedback)
            assert way.feedback.startswith("One way to get exactly this")
            assert {word.strip("`,.") for word in more.split() if "`" in word} <= names


# --- in a case, and in several


class Line(Implementation):
    id = "line"

    def cases(self):
        return [Case(f"{size} numbers", torch.tensor(rng.normal(size=(size, 3)))) for size in (1, 4, 5)]

    def try_case(self, case, answer):
        given = case.array(answer(case.data), "What it returns").reshape(-1)
        case.compare("line", given, bent(case.data, W), near=lambda: nearly(bent, case.data, W))


def codes(answer):
    return Line().judge(answer)[""].codes


def minus(x):
    return x @ W - x[:, 0] ** 2


def test_a_change_is_named_that_shows_in_every_case():
    assert codes(minus) == ("SL30",)


def test_two_changes_are_named_together_and_only_where_no_single_one_will_do():
    assert codes(lambda x: 2 * minus(x)) == ("SL30", "SL2")
    assert codes(lambda x: x @ W - x[:, 0] ** 3) in {("SL30", "SL35"), ("SL35", "SL30")}
    assert codes(lambda x: x @ W + x[:, 0] ** 3) == ("SL35",)
    assert codes(lambda x: 2 * minus(x) if len(x) == 4 else minus(x)) == ()


def test_a_pair_says_both_and_never_a_number():
    text = next(way for way, _ in pairs(bent)).feedback
    assert text.startswith("One way to get exactly this takes two slips at once: ")
    assert not any(sign.isdigit() for sign in text)
    assert len(pairs(long_one)) == MOST_PAIRS


def test_a_change_that_shows_in_one_case_alone_is_not_named():
    assert codes(lambda x: minus(x) if len(x) == 4 else bent(x, W) + 7 * x[:, 1] ** 2) == ()


def test_a_single_number_is_named_only_if_a_second_case_agrees():
    assert codes(lambda x: minus(x) if len(x) == 1 else bent(x, W)) == ()


def test_in_further_cases_only_what_fits_the_first_is_looked_at():
    (way, *_) = that_fit(line, (X, W, B), X @ W - B)
    with only([way]):
        assert [one for one, _ in nearly(line, X, W, B)] == [way]
        assert {one.code for one, _ in nearly(halved, X)} <= {way.code}


SAME = Misconception("ZZ96", "of this test", "The same for all. Is it?", "A section")


class Doubled(Implementation):
    id = "doubled"
    names_are_confirmed = True
    right_cases_contradict = True

    def cases(self):
        return [Case(f"{len(x)} numbers", np.array(x, float)) for x in ([3, 3], [4, 4], [1, 2])]

    def try_case(self, case, answer):
        given = case.array(answer(case.data), "What it returns")
        case.compare("doubled", given, 2 * case.data, {SAME: lambda: np.full(2, case.data[0] + 7.5)})


def test_a_way_is_not_named_that_would_have_been_wrong_where_the_answer_is_right():
    assert Doubled().judge(lambda x: np.full(2, x[0] + 7.5))[""].codes == ("ZZ96",)
    assert "ZZ96" not in Doubled().judge(lambda x: np.full(2, x[0] + 7.5) if x[0] > 2 else 2 * x)[""].codes


# --- numbers


def look_at(value, **more):
    found = judge_numbers({"n": value}, {"n": count(784, 130)}, what="counts", near={"n": (count, (784, 130))}, **more)
    return found["n"].codes


def test_a_count_of_its_own_numbers_is_named_and_a_small_one_is_not():
    assert look_at(130 * 784) == ("SL31",)
    assert look_at(784 * 785) == ("SL33",)
    assert look_at(7) == ()
    assert look_at(123_456) == ()


def test_slips_in_a_sum_of_products():
    ways = of_a_sum((2, 3), (5, -7), 4)
    assert 4 + 10 + 21 in ways[SL43]
    assert 4 - 10 - 21 in ways[SL43]
    assert 4 + 2 * -7 + 3 * 5 in ways[SL44]
    assert ways[SL45][0] == pytest.approx(1 / (1 + np.exp(7)))


def test_a_long_recipe_has_no_more_neighbours_than_there_is_time_for():
    likely = [way for way, _ in neighbours(long_one) if way.code not in ("SL32", "SL38")]
    few = [way for way in likely if way.code in OF_ELSEWHERE]
    assert len(neighbours(long_one)) == max(len(likely), MOST + len(few))
    assert len(neighbours(bent)) <= MOST + len(few)
    assert neighbours(eval("lambda x: x")) == ()


def test_what_is_tried_may_fail():
    def fails():
        yield NEAR[0], object()
        yield NEAR[1], torch.zeros(2)

    case = Case("a case")
    found = look(lambda: case.compare("f", np.zeros(2) + 1, np.ones(2) * 3, near=fails))
    assert found.codes == ()
