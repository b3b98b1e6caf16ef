"""Checks of homework H7 that run a learner's whole method: a baseline, an improvement, a table of both.

What they are compared with is run here and now, never stored.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from course_utils.checks import diagnosis
from course_utils.checks.comparing import refusal, refuse, title
from course_utils.checks.sets import mark, what_was_given
from course_utils.checks.transfer_learning.heads import alike, ask_probabilities
from course_utils.checks.transfer_learning.homework import read_parts
from course_utils.judging.answers import as_dict, is_missing, read_numbers
from course_utils.judging.protocol.calling import call, must_be_function, quiet
from course_utils.judging.protocol.verdicts import CheckFailed, Credit, NotAttempted

TOLERANCE = 0.05  # how far a baseline may be from the reference run, as an accuracy
GAIN = 0.05  # how much more of the wild pictures an improvement gets right
LOSS = 0.10  # how much fewer of the catalogue's it may
SAME = 0.98  # share of equal guesses from which two methods are the same
NEARER = 0.03  # how much larger a share of equal guesses tells a wrong way; found with four heads on five inputs
NEARER_AND_OFF = 0.02  # the same, where the accuracy is off, too
STEPS, RATE = 300, 0.1  # of the reference's head
METHODS, COLUMNS = ("baseline", "improved"), ("catalogue", "wild", "n")

Pictures = Any  # of course_utils.data, which checks do not import: classes, names, tensors(), at(places)


def right_share(probabilities, labels: torch.Tensor) -> float:
    """Return the accuracy of probabilities ``(M, K)``, from 0 to 1."""
    return float((np.asarray(probabilities).argmax(1) == labels.numpy()).mean())


def guess(inputs: torch.Tensor, labels: torch.Tensor, others: torch.Tensor, raw: bool = False) -> torch.Tensor:
    """Fit a linear head by plain descent on standardised inputs ``(N, D)``; return probabilities of others.

    With `raw`, the others are left as they are: a wrong way. The weights are a sum over the inputs at every step, so
    what is kept is the share of each input, ``(N, K)``, and not the weights: a tenth of the time.
    """
    mean, std = inputs.mean(0), inputs.std(0)
    std = torch.where(std > 0, std, torch.ones_like(std))
    x, t = (inputs - mean) / std, others if raw else (others - mean) / std
    hot = nn.functional.one_hot(labels, int(labels.max()) + 1).double()
    products = (x @ x.T).double() + 1  # the bias is one more input, 1 for all
    shares = torch.zeros_like(hot)
    for _ in range(STEPS):
        shares -= RATE * ((products @ shares).softmax(1) - hot) / len(x)
    return (((t @ x.T).double() + 1) @ shares).softmax(1).float()


def baseline_ways(source: nn.Module, x, y, others) -> tuple[torch.Tensor, dict[str, Callable]]:
    """Return the reference's probabilities and, for each code, a function that computes the wrong ones."""
    body = nn.Sequential(*list(source.children())[:-1]).eval()
    head = list(source.children())[-1]
    with torch.no_grad():
        inside, outside = body(x), body(others)

    def twice():
        with torch.no_grad():
            return guess(body((x - 0.5) / 0.5), y, body((others - 0.5) / 0.5))

    ways = {
        "TW1": lambda: guess(x.flatten(1), y, others.flatten(1)),
        "TW2": lambda: guess(head(inside).detach(), y, head(outside).detach()),
        "TW3": twice,
        "TL7": lambda: guess(inside, y, outside, raw=True),
    }
    return guess(inside, y, outside), ways


@quiet()
def frozen_baseline(answer, train: Pictures, test: Pictures, source: nn.Module, hidden: int | None = None) -> None:
    """Check ``frozen_baseline(X_train, y_train, X_test) -> (M, K)`` against a reference run. 2 points.

    Its accuracy may differ by five points from that of a head that is fitted here on the source's features.

    Parameters
    ----------
    answer
        The student's function.
    train, test
        Pictures to learn from, and others.
    source
        The network whose features are taken; its last layer is the head.
    hidden
        Not None where the case is drawn at grading: messages do not describe it.
    """
    must_be_function(answer, "frozen_baseline")
    (x, y), (others, truth) = train.tensors(), test.tensors()
    words = f"{len(x)} pictures to learn from, {len(others)} others" if hidden is None else None
    check_leak(answer, "frozen_baseline", x, y, others, words)
    given = ask_probabilities(answer, x, y, others, len(train.classes), words, what="frozen_baseline")
    right, ways = baseline_ways(source, x, y, others)
    reached, wanted = right_share(given, truth), right_share(right, truth)
    fair, chance = abs(reached - wanted) <= TOLERANCE, 1 / len(train.classes)
    if not fair and given.max(1).mean() < chance + 0.2:
        refuse("TL5", "frozen_baseline", words)
    code = nearest_way(given, right, ways, NEARER if fair else NEARER_AND_OFF)
    if code:
        refuse(code, "frozen_baseline", words)
    if not fair:
        _refuse_distance(reached, wanted, words)
    print("Correct.")


def agreement(one, other) -> float:
    """Return the share of pictures that two methods put into the same class."""
    return float((np.asarray(one).argmax(1) == np.asarray(other).argmax(1)).mean())


def nearest_way(given, right, ways: dict[str, Callable], by: float) -> str:
    """Return the code of the wrong way that agrees with a method best, and more than the reference does; else ""."""
    near = agreement(given, right)
    if near >= SAME:
        return ""
    others = {code: agreement(given, compute()) for code, compute in ways.items()}
    best = max(others, key=lambda code: others[code])
    return best if others[best] > near + by else ""


def _refuse_distance(reached: float, wanted: float, words: str | None) -> None:
    told = f"yours gets {100 * reached:.0f} % of the others right, a reference run {100 * wanted:.0f} %."
    raise refusal(
        f"{title('frozen_baseline', words)}\n"
        f"  {told if words else 'yours is not near a reference run.'} Five points are allowed.\n"
        "Hint: which layer are your features from, does the loss stay low, and does batch_size=len(x) come nearer?"
    )


def check_leak(answer, what: str, x, y, others, words: str | None) -> None:
    """Refuse a method whose probabilities of twenty pictures change when others that come with them change.

    Logarithms are compared: a probability that is 1 to the last bit hides a lot. The twenty are dark: the brightest
    pixel, which must not matter either, is among the others.
    """
    few = torch.cat([torch.arange(len(y))[y == label][:20] for label in y.unique()])
    twenty, rest = others[:20], others[20:39]  # as many as there are to learn from would hide that they were taken

    def told(case: str) -> str | None:
        return case if words else None

    def logarithms(light: float, case: str) -> np.ndarray:
        pictures = torch.cat([0.5 * twenty, light * rest])
        classes = int(y.max()) + 1
        given = ask_probabilities(answer, x[few], y[few], pictures, classes, told(case), what=what)
        return np.log(np.clip(given[: len(twenty)], 1e-9, None))

    usual = logarithms(1, f"{len(few)} pictures to learn from, {len(twenty) + len(rest)} others")
    case = "the same twenty dark pictures, the others with them now in half the light, too"
    if not alike(usual, logarithms(0.5, case), 0.05):
        refuse("TR6", what, told(case))


# --- an improvement


def scenes_of(pictures: Pictures) -> list[str]:
    """Return the scene of each drawn picture: what stands before the last underscore of its name."""
    return [name.rpartition("_")[0] for name in pictures.names]


def by_scene(pictures: Pictures) -> tuple[Pictures, Pictures]:
    """Put every fourth scene of each class aside."""
    scenes = scenes_of(pictures)
    aside: set[str] = set()
    for kind in pictures.classes:
        aside |= set(sorted({scene for scene in scenes if scene.startswith(f"{kind}/")})[::4])
    test = np.array([scene in aside for scene in scenes])
    return pictures.at(~test), pictures.at(test)


@quiet()
def improvement(answer, baseline, pictures: tuple[Pictures, Pictures], hidden: int | None = None) -> None:
    """Check ``improved(X_train, y_train, X_test) -> (M, K)``: five points more of the wild pictures. 1 point.

    Parameters
    ----------
    answer, baseline
        The student's functions.
    pictures
        Catalogue and wild pictures; the catalogue is split by scene here.
    hidden
        Not None where the case is drawn at grading: messages do not describe it.
    """
    must_be_function(answer, "improved")
    must_be_function(baseline, "frozen_baseline")
    (train, test), wild = by_scene(pictures[0]), pictures[1]
    (x, y), (inside, at_home), (outside, in_the_wild) = train.tensors(), test.tensors(), wild.tensors()
    words = f"{len(x)} pictures to learn from, {len(inside)} of the catalogue, {len(outside)} wild"
    words = words if hidden is None else None
    check_leak(answer, "improved", x, y, inside, words)
    both = torch.cat([inside, outside])
    given = ask_probabilities(answer, x, y, both, len(train.classes), words, what="improved")
    before = ask_probabilities(baseline, x, y, both, len(train.classes), words, what="frozen_baseline")
    if agreement(given, before) == 1:
        refuse("TI1", "improved", words)
    cut = len(inside)
    home = right_share(given[:cut], at_home) - right_share(before[:cut], at_home)
    away = right_share(given[cut:], in_the_wild), right_share(before[cut:], in_the_wild)
    if away[0] < away[1] + GAIN - 1e-9:
        _refuse_gain(*away, words)
    if home < -LOSS - 1e-9:
        refuse("TI2", "improved", words)
    print("Correct.")


def _refuse_gain(reached: float, before: float, words: str | None) -> None:
    told = f"improved gets {100 * reached:.1f} % of the wild pictures right, your baseline {100 * before:.1f} %."
    raise refusal(
        f"{title('improved', words)}\n"
        f"  {told if words else 'On these wild pictures the gain is smaller.'} Five points more are wanted.\n"
        "Hint: put a wild picture beside one of the catalogue. What differs, and can the training pictures differ so?"
    )


# --- a table


@quiet()
def results_table(results: dict, split_by_scene, baseline, improved, pictures: tuple[Pictures, Pictures]) -> Credit:
    """Check a table of two methods against what the student's own functions give. 2 points.

    Parameters
    ----------
    results
        ``{"baseline": {"catalogue": accuracy, "wild": accuracy, "n": training pictures}, "improved": the same}``.
    split_by_scene, baseline, improved
        The student's functions.
    pictures
        Catalogue and wild pictures: those that the learner has.
    """
    rows = as_dict(results, METHODS, "results")
    if is_missing(rows):
        raise NotAttempted('fill in the table: "results" is empty')
    given = {
        (method, column): value
        for method in METHODS
        for column, value in read_numbers(
            dict.fromkeys(COLUMNS) if rows[method] is None else rows[method], COLUMNS, f"results[{method!r}]"
        ).items()
    }
    train, test = _own_split(split_by_scene, pictures[0])
    functions = dict(zip(METHODS, (baseline, improved), strict=True))
    reached: dict[tuple[str, str], float] = {}
    for method, function in functions.items():
        if any(given[method, column] is not None for column in COLUMNS[:2]):
            reached |= _reached(method, function, train, test, pictures[1])
    reached |= {(method, "n"): len(train) for method in METHODS}
    others = {"TG3": [len(pictures[0])], "TG4": [len(test), len(pictures[1]), len(test) + len(pictures[1])]}
    marks = {place: _fits(given, reached, place) for place in given}
    codes = [_table_code(given, reached, place, others) for place, right in marks.items() if right is False]
    return _mark_table(marks, given, list(dict.fromkeys(codes)))


def _own_split(split_by_scene, catalogue: Pictures) -> tuple[Pictures, Pictures]:
    scenes = scenes_of(catalogue)
    parts = read_parts(call(split_by_scene, "split_by_scene", scenes, catalogue.labels.tolist()), len(scenes), "table")
    if not all(parts):
        raise CheckFailed("split_by_scene leaves one part empty: mend it first, the table rests on it.")
    return catalogue.at(parts[0]), catalogue.at(parts[1])


def _reached(method: str, function, train: Pictures, test: Pictures, wild: Pictures) -> dict[tuple[str, str], float]:
    """Run a method once and return its accuracies; none if it is not written yet."""
    (x, y), (inside, at_home), (outside, in_the_wild) = train.tensors(), test.tensors(), wild.tensors()
    name = {"baseline": "frozen_baseline"}.get(method, method)
    try:
        must_be_function(function, name)
        both = torch.cat([inside, outside])
        answer = ask_probabilities(function, x, y, both, len(train.classes), "for the table", what=name)
    except NotAttempted:
        return {}
    return {
        (method, "catalogue"): right_share(answer[: len(inside)], at_home),
        (method, "wild"): right_share(answer[len(inside) :], in_the_wild),
    }


def _fits(given: dict, reached: dict, place: tuple[str, str]) -> bool | None:
    if given[place] is None:
        return None
    return place in reached and abs(given[place] - reached[place]) <= (0 if place[1] == "n" else TOLERANCE)


def _table_code(given: dict, reached: dict, place: tuple[str, str], others: dict) -> str:
    (method, column), value = place, given[place]
    if column == "n":
        return next((code for code, numbers in others.items() if value in numbers), "")
    if value > 1:
        return "KE6"
    if place not in reached:
        return ""
    row = METHODS[1 - METHODS.index(method)], column
    cell = method, COLUMNS[1 - COLUMNS.index(column)]
    for code, other in (("TG1", row), ("TG2", cell)):
        if other in reached and abs(value - reached[other]) <= 0.006 and given[other] != value:
            return code
    return "KF4"


def _mark_table(marks: dict, given: dict, codes: list[str]) -> Credit:
    named = {" ".join(place): right for place, right in marks.items()}
    note = what_was_given(named, {" ".join(place): value for place, value in given.items()}, "{:.4g}".format)
    codes = [code for code in codes if code]
    return mark(named, 2, codes, note, diagnosis.feedback(codes[0]) if codes else "")
