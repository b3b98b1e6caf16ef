"""Homework H7: a split by scene, a frozen baseline, a choice, an improvement, a table; each wrong way told."""

import contextlib
import functools
import inspect
import io
import re
import sys
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
import torch
from lesson import Lesson
from torch import nn

from course_utils import misconceptions
from course_utils.checks import CheckFailed, NotAttempted
from course_utils.checks import transfer_learning as check
from course_utils.checks.transfer_learning import homework, homework_probes, homework_runs
from course_utils.data import NEW_SHAPES, load_bike_scenes, load_shapes, scenes_of
from course_utils.grading import codec
from course_utils.misconceptions import transfer_homework as registered
from course_utils.models import load_trained
from course_utils.training import fit

lesson, lab = Lesson("07_transfer_learning_homework"), Lesson("07_transfer_learning")
source = load_trained("shapes")
OWN = re.findall(r'^ +"(T[A-Z][0-9]+)",$', inspect.getsource(registered), re.MULTILINE)
CODES = [*OWN, *registered.SHARED]

TRAIN, TEST = load_bike_scenes(seed=7).catalogue, load_bike_scenes(seed=8).catalogue  # as in the notebook
BIKES = load_bike_scenes(seed=5)
SHAPES = load_shapes(100, 200, classes=NEW_SHAPES, seed=9)


# --- right functions, written so that each wrong way is one replacement

SPLIT = """
def split_by_scene(scenes, labels, share=0.25, seed=0):
    chance = np.random.default_rng(seed)
    held = set()
    for label in sorted(set(labels)):
        mine = sorted({scene for scene, one in zip(scenes, labels) if one == label})
        number = min(max(1, round(share * len(mine))), len(mine) - 1)
        held |= {mine[place] for place in chance.permutation(len(mine))[:number]}
    train = [i for i, scene in enumerate(scenes) if scene not in held]
    test = [i for i, scene in enumerate(scenes) if scene in held]
    return train, test
"""
BASELINE = """
def frozen_baseline(X_train, y_train, X_test):
    with torch.no_grad():
        F_train, F_test = source[:-1](X_train), source[:-1](X_test)
    mean, std = F_train.mean(0), F_train.std(0)
    std = torch.where(std > 0, std, torch.ones_like(std))
    head = nn.Linear(F_train.shape[1], int(y_train.max()) + 1)
    nn.init.zeros_(head.weight)
    x, t = (F_train - mean) / std, (F_test - mean) / std
    fit(head, x, y_train, epochs=100, batch_size=len(x), learning_rate=0.01)
    with torch.no_grad():
        return head(t).softmax(1)
"""
CHOOSE = """
def choose(ways, learn, validation, test):
    def reached(way, X, y):
        return (ways[way](*learn, X).argmax(1) == y).double().mean().item()
    best = max(ways, key=lambda way: reached(way, *validation))
    return best, reached(best, *test)
"""
IMPROVED = """
def improved(X_train, y_train, X_test):
    small = nn.functional.interpolate(X_train, size=26, mode="bilinear")
    small = nn.functional.pad(small, (3, 3, 3, 3), mode="replicate")
    more = torch.cat([X_train, 0.65 * small])
    more = torch.cat([more, more.flip(3)])
    return frozen_baseline(more, y_train.repeat(4), X_test)
"""
SOURCES = {"split_by_scene": SPLIT, "frozen_baseline": BASELINE, "choose": CHOOSE, "improved": IMPROVED}


def build(name: str, *changes: tuple[str, str]) -> Callable:
    """Make a function from its source, after replacing pieces that must be there."""
    text = SOURCES[name]
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after)
    names = {"np": np, "torch": torch, "nn": nn, "fit": fit, "source": source}
    if name == "improved":
        exec(BASELINE, names)
    exec(text, names)
    return names[name]


RIGHT = {name: build(name) for name in SOURCES}
THREE = ("split_by_scene", "frozen_baseline", "improved")


def run_with(name: str, function: Callable, hidden: int | None = None):
    """Give a function to its check, as the notebook does."""
    if name == "split_by_scene":
        return check.split_by_scene(function, hidden=hidden)
    if name == "choose":
        return check.choose(function, hidden=hidden)
    if name == "frozen_baseline":
        pictures = (TRAIN, TEST) if hidden is None else SHAPES
        return check.frozen_baseline(function, *pictures, source, hidden=hidden)
    pictures = BIKES if hidden is None else load_bike_scenes(seed=2)
    return check.improvement(function, RIGHT["frozen_baseline"], pictures, hidden=hidden)


@functools.cache
def table() -> dict:
    """Measure the right functions: the table that a learner should hand in."""
    catalogue, wild = BIKES
    train, test = RIGHT["split_by_scene"](scenes_of(catalogue), catalogue.labels.tolist())
    rows = {}
    for method, name in (("baseline", "frozen_baseline"), ("improved", "improved")):
        rows[method] = {"n": len(train)}
        for column, part in (("catalogue", catalogue.at(test)), ("wild", wild)):
            images, labels = part.tensors()
            guesses = RIGHT[name](*catalogue.at(train).tensors(), images)
            rows[method][column] = homework_runs.right_share(guesses, labels)
    return rows


def report(change: Callable = lambda rows: None, **functions):
    """Hand a table in, after a change, with the right functions but for some."""
    rows = {method: dict(row) for method, row in table().items()}
    given = {"split_by_scene": RIGHT["split_by_scene"], "baseline": RIGHT["frozen_baseline"]}
    given |= {"improved": RIGHT["improved"]} | functions
    return check.results_table(change(rows) or rows, *given.values(), BIKES)


# --- wrong ways


class Mutant(NamedTuple):
    """A wrong way, the check that gets it, and the points that are left (None: the check must refuse)."""

    code: str
    run: Callable
    points: float | None = None


def mutant(code: str, name: str, *changes: tuple[str, str], hidden: int | None = None) -> Mutant:
    return Mutant(code, functools.partial(run_with, name, build(name, *changes), hidden))


def changed_table(code: str, points: float, change: Callable) -> Mutant:
    return Mutant(code, functools.partial(report, change), points)


def set_one(method: str, column: str, value) -> Callable:
    """Return a change of one number: another one, or one made of the right one."""
    return lambda rows: rows[method].update({column: value(rows[method][column]) if callable(value) else value})


def exchange_columns(rows: dict) -> dict:
    return {
        "baseline": rows["baseline"] | {"catalogue": rows["baseline"]["wild"], "wild": rows["baseline"]["catalogue"]}
    }


def keep_baseline(rows: dict) -> dict:
    """Exchange the columns of one method; the other keeps its own."""
    return rows | exchange_columns(rows)


BY_PHOTO = """    places = np.random.default_rng(seed).permutation(len(scenes)).tolist()
    cut = round(share * len(scenes))
    return places[cut:], places[:cut]
    chance"""
LINE = "held |= {mine[place] for place in chance.permutation(len(mine))[:number]}"
ALL_SCENES = """    mine = sorted(set(scenes))
    held = set(mine[:round(share * len(mine))])
    train"""
SORTED = "sorted({scene for scene, one in zip(scenes, labels) if one == label})"
STD = "std = torch.where(std > 0, std, torch.ones_like(std))\n"
FEATURES = "source[:-1](X_train), source[:-1](X_test)"
BEST = "max(ways, key=lambda way: reached(way, *validation))"
LEVEL = (
    "X_train, X_test = (0.2 * (X - X.mean((1, 2, 3), keepdim=True)) / X.std((1, 2, 3), keepdim=True) + 0.55 "
    "for X in (X_train, X_test)); return frozen_baseline(X_train, y_train, X_test)"
)
PEEK = "{way: reached(way, *test) for way in ways}"

FUNCTIONS = [
    mutant("TS1", "split_by_scene", ("    chance", BY_PHOTO)),
    mutant("TS1", "split_by_scene", ("    chance", BY_PHOTO), hidden=4),
    mutant("TS1", "split_by_scene", ("return train, test", "return train + test[-1:], test[:-1]")),
    mutant("TS2", "split_by_scene", ("return train, test", "return train[1:], test")),
    mutant("TS2", "split_by_scene", ("return train, test", "return train + test[:1], test")),
    mutant("TS2", "split_by_scene", ("return train, test", "return list(range(len(scenes))), test")),
    mutant("TS2", "split_by_scene", ("return train, test", "return train, test + test[:1]"), hidden=4),
    mutant("TS3", "split_by_scene", ("    train", ALL_SCENES)),
    mutant("TS3", "split_by_scene", ("max(1, round(share * len(mine)))", "max(1, len(mine))"), ("- 1)", "+ label)")),
    mutant("TS3", "split_by_scene", ("max(1, round(share * len(mine)))", "int(0.3 * share * len(mine))"), hidden=4),
    mutant("TS4", "split_by_scene", ("return train, test", "return test, train")),
    mutant("TS5", "split_by_scene", ("round(share *", "round(0.5 *")),
    mutant("TS5", "split_by_scene", ("max(1, round(share * len(mine)))", "1"), hidden=4),
    mutant("TS4", "split_by_scene", ("return train, test", "return (train, test) if seed == 0 else (test, train)")),
    mutant("TS6", "split_by_scene", ("sorted({scene for", "list({scene for")),
    mutant("TS6", "split_by_scene", ("sorted({scene for", "list({scene for"), hidden=4),
    mutant("TS6", "split_by_scene", (SORTED, "[s for s in set(scenes) if dict(zip(scenes, labels))[s] == label]")),
    mutant("KF5", "split_by_scene", ("default_rng(seed)", "default_rng()")),
    mutant("KF5", "split_by_scene", ("chance.permutation", "np.random.permutation")),
    mutant("KF7", "split_by_scene", ("default_rng(seed)", "default_rng(7)")),
    mutant("KF7", "split_by_scene", (LINE, "held |= set(mine[:number])")),
    mutant(
        "TR6",
        "frozen_baseline",
        ("F_train.mean(0), F_train.std(0)", "torch.cat([F_train, F_test]).mean(0), F_train.std(0)"),
    ),
    mutant("TR6", "frozen_baseline", ("(F_test - mean) / std", "(F_test - F_test.mean(0)) / std")),
    mutant("TR6", "frozen_baseline", (FEATURES, "source[:-1](X_train), source[:-1](0.5 * X_test / X_test.mean())")),
    mutant("TR6", "frozen_baseline", (FEATURES, "source[:-1](X_train), source[:-1](X_test / X_test.max())")),
    mutant("TL1", "frozen_baseline", (STD, "\n")),
    mutant("TL2", "frozen_baseline", (".softmax(1)", "")),
    mutant("TL3", "frozen_baseline", (".softmax(1)", ".argmax(1)")),
    mutant("TL5", "frozen_baseline", ("learning_rate=0.01", "learning_rate=0.0")),
    mutant("TL6", "frozen_baseline", ("head(t)", "head(x)")),
    mutant("TL7", "frozen_baseline", ("(F_test - mean) / std", "F_test"), hidden=4),
    mutant("PR1", "frozen_baseline", (".softmax(1)", ".softmax(0)")),
    mutant("TW1", "frozen_baseline", (FEATURES, "X_train.flatten(1), X_test.flatten(1)")),
    mutant("TW1", "frozen_baseline", (FEATURES, "X_train.flatten(1), X_test.flatten(1)"), hidden=4),
    mutant("TW2", "frozen_baseline", (FEATURES, "source(X_train), source(X_test)")),
    mutant("TW2", "frozen_baseline", (FEATURES, "source(X_train), source(X_test)"), hidden=4),
    mutant("TW3", "frozen_baseline", (FEATURES, "source[:-1](2 * X_train - 1), source[:-1](2 * X_test - 1)")),
    mutant("TW3", "frozen_baseline", (FEATURES, "source[:-1](2 * X_train - 1), source[:-1](2 * X_test - 1)"), hidden=4),
    mutant("TP1", "choose", ("*validation", "*test")),
    mutant("TP1", "choose", (BEST, f"max({PEEK}, key={PEEK}.get)"), hidden=4),
    mutant("TP1", "choose", ("    best", f"    {PEEK}\n    best")),
    mutant("TP1", "choose", ("ways[way](*learn, X)", "ways[way](torch.cat([learn[0], test[0]]), learn[1], X)")),
    mutant("TP2", "choose", ("*validation", "*learn")),
    mutant("TP2", "choose", ("ways[way](*learn, X)", "ways[way](*validation, X)"), hidden=4),
    mutant("TP3", "choose", ("max(ways", "min(ways")),
    mutant(
        "TP3",
        "choose",
        ("double().mean()", "double().mean().neg()"),
        ("reached(best, *test)", "-reached(best, *test)"),
        hidden=4,
    ),
    mutant("TP4", "choose", ("return best, reached(best, *test)", "return best, reached(best, *validation)")),
    mutant("KE6", "choose", ("return best, reached", "return best, 100 * reached")),
    mutant("TI1", "improved", ("    small", "    return frozen_baseline(X_train, y_train, X_test)\n    small")),
    mutant(
        "TI1", "improved", ("    small", "    return frozen_baseline(X_train, y_train, X_test)\n    small"), hidden=4
    ),
    mutant("TI2", "improved", ("    small", f"    {LEVEL}\n    small")),
    mutant("TR6", "improved", (", X_test)\n", ", 0.5 * X_test / X_test.mean())\n")),
    mutant("TR6", "improved", (", X_test)\n", ", 0.5 * X_test / X_test.mean())\n"), hidden=4),
]
SETS = [
    changed_table("KE6", 5 / 3, set_one("baseline", "wild", lambda value: 100 * value)),
    changed_table("KE6", 5 / 3, set_one("improved", "catalogue", lambda value: 100 * value)),
    changed_table("KF4", 5 / 3, set_one("baseline", "catalogue", 1.0)),
    changed_table("KF4", 5 / 3, set_one("improved", "wild", lambda value: value - 0.07)),
    changed_table("TG1", 2 / 3, lambda rows: {"baseline": rows["improved"], "improved": rows["baseline"]}),
    changed_table("TG2", 4 / 3, keep_baseline),
    changed_table("TG3", 5 / 3, set_one("baseline", "n", 192)),
    changed_table("TG4", 5 / 3, set_one("improved", "n", 48)),
    changed_table("TG4", 5 / 3, set_one("improved", "n", 200)),
]
ALL = FUNCTIONS + SETS
NAMES = [f"{one.code}-{number}" for number, one in enumerate(ALL)]
EACH = pytest.mark.parametrize("number", range(len(ALL)), ids=NAMES)


@functools.cache
def outcome(number: int) -> tuple[str, tuple[str, ...], float | None]:
    """Run a mutant once: what the learner reads, the codes, the points."""
    one, told = ALL[number], io.StringIO()
    with contextlib.redirect_stdout(told):
        if one.points is None:
            with pytest.raises(CheckFailed) as failure:
                one.run()
            return failure.value.message, failure.value.codes, None
        credit = one.run()
    return told.getvalue(), credit.codes, float(credit)


@EACH
def test_a_wrong_way_gets_its_own_code_alone(number):
    assert outcome(number)[1] == (ALL[number].code,)


@EACH
def test_a_wrong_way_gets_a_question_and_a_section_in_at_most_four_lines(number):
    text = outcome(number)[0].strip()
    assert "?" in text
    assert "Read again: “" in text
    assert 2 <= len(text.splitlines()) <= 4


@pytest.mark.parametrize("number", range(len(FUNCTIONS), len(ALL)), ids=NAMES[len(FUNCTIONS) :])
def test_a_wrong_table_loses_exactly_its_points(number):
    assert outcome(number)[2] == pytest.approx(ALL[number].points)


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_a_mutant(code):
    assert code in {one.code for one in ALL}


@pytest.mark.parametrize("code", CODES)
def test_a_code_asks_and_names_a_section_that_is_there(code):
    with misconceptions.spoken_in("transfer_learning"):
        entry = misconceptions.get(code)
    assert "?" in entry.feedback
    assert entry.section in lesson.headings() - lab.headings()


# --- right, by any way


@pytest.mark.parametrize("hidden", [None, 4])
@pytest.mark.parametrize("name", SOURCES)
def test_a_function_without_its_mutation_is_right(name, hidden, capsys):
    assert run_with(name, RIGHT[name], hidden) is None
    assert capsys.readouterr().out == "Correct.\n"


def test_the_table_of_the_right_functions_earns_full_marks(capsys):
    credit = report()
    assert (float(credit), credit.codes, capsys.readouterr().out) == (2, (), "Correct.\n")


def test_the_lessons_own_functions_count(capsys):
    names = {"torch": torch, "nn": nn, "fit": fit, "source": source}
    ids = {"split_by_scene": "split-by-scene", "frozen_baseline": "frozen-baseline", "choose": "choose"}
    for name, grade_id in (ids | {"improved": "improvement"}).items():
        names[name] = getattr(lesson.answers(grade_id, **names), name)
        for hidden in (None, 79):
            assert run_with(name, names[name], hidden) is None
    results = lesson.answers("results-table").results
    own = [names[name] for name in ("split_by_scene", "frozen_baseline", "improved")]
    assert float(check.results_table(results, *own, BIKES)) == 2


FORMS = {
    "tuples": tuple,
    "arrays": np.array,
    "tensors": torch.tensor,
    "floats": lambda part: [float(place) for place in part],
    "backwards": lambda part: part[::-1],
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("pair", [tuple, list], ids=["a tuple", "a list"])
def test_a_split_counts_in_any_form(form, pair):
    right = RIGHT["split_by_scene"]
    assert check.split_by_scene(lambda *args: pair(form(part) for part in right(*args))) is None


def rounded_up(scenes, labels, share=0.25, seed=0):
    """Split with dicts and random.Random, and round up."""
    import math
    import random

    dice, test = random.Random(seed), set()
    for label in dict.fromkeys(labels):
        names = list(dict.fromkeys(scene for scene, one in zip(scenes, labels, strict=True) if one == label))
        dice.shuffle(names)
        test.update(names[: max(1, min(len(names) - 1, math.ceil(share * len(names))))])
    return [[i for i, scene in enumerate(scenes) if (scene in test) == side] for side in (False, True)]


def by_digest(scenes, labels, share=0.25, seed=0):
    """Split by sorting the scenes' digests."""
    import hashlib

    test = set()
    for label in set(labels):
        names = {scene for scene, one in zip(scenes, labels, strict=True) if one == label}
        order = sorted(names, key=lambda name: hashlib.sha1(f"{seed} {name}".encode()).hexdigest())
        test.update(order[: max(1, int(share * len(order)))])
    return [[i for i, scene in enumerate(scenes) if (scene in test) == side] for side in (False, True)]


def train_rounded_up(scenes, labels, share=0.25, seed=0):
    """Round the training part up; a set says which scenes are in it, and orders none of them."""
    dice, train = np.random.RandomState(seed), set()
    for label in np.unique(labels):
        names = np.unique(np.array(scenes)[np.array(labels) == label])
        number = min(max(1, int(np.ceil((1 - share) * len(names)))), len(names) - 1)
        train |= set(dice.permutation(names)[:number])
    places = np.array([scene in train for scene in scenes])
    return np.flatnonzero(places), np.flatnonzero(~places)


@pytest.mark.parametrize("way", [rounded_up, by_digest, train_rounded_up])
@pytest.mark.parametrize("hidden", [None, 4, 5])
def test_a_split_counts_however_scenes_are_drawn(way, hidden):
    assert check.split_by_scene(way, hidden=hidden) is None


def standardised(a, b):
    mean, std = a.mean(0), a.std(0)
    std = torch.where(std > 0, std, torch.ones_like(std))
    return (a - mean) / std, (b - mean) / std


def by_newton(a, y, b):
    """Fit by LBFGS, with a small penalty on the weights."""
    head = nn.Linear(a.shape[1], int(y.max()) + 1)
    nn.init.zeros_(head.weight)
    steps = torch.optim.LBFGS(head.parameters(), max_iter=40)

    def loss():
        steps.zero_grad()
        value = nn.functional.cross_entropy(head(a), y) + 0.01 * (head.weight**2).sum()
        value.backward()
        return value

    steps.step(loss)
    return head(b).softmax(1)


def by_batches(a, y, b):
    """Fit from random weights, in batches of 16, not for long."""
    head = nn.Linear(a.shape[1], int(y.max()) + 1)
    fit(head, a, y, epochs=20, batch_size=16, learning_rate=2e-3)
    return head(b).softmax(1).detach().numpy()


def by_least_squares(a, y, b):
    """Solve for the weights, and squash the scores."""
    hot = nn.functional.one_hot(y).float() - 1 / (int(y.max()) + 1)
    weights = a.T @ torch.linalg.solve(a @ a.T + 100 * torch.eye(len(a)), hot)
    return (4 * b @ weights).softmax(1).tolist()


@pytest.mark.parametrize("head", [by_newton, by_batches, by_least_squares, homework_runs.guess])
@pytest.mark.parametrize("hidden", [None, 4])
def test_a_baseline_counts_however_its_head_is_fitted(head, hidden):
    def frozen_baseline(X_train, y_train, X_test):
        with torch.no_grad():
            a, b = standardised(source[:-1](X_train), source[:-1](X_test))
        return head(a, y_train, b)

    assert run_with("frozen_baseline", frozen_baseline, hidden) is None


IDEAS = {
    "darker": "more, y = torch.cat([X, 0.8 * X, 0.6 * X]), y.repeat(3)",
    "turned and darker": "more, y = torch.cat([X, 0.8 * X.flip(3), 0.6 * X, 0.7 * X.flip(3)]), y.repeat(4)",
    "darker by chance": "more, y = torch.cat([X, X * (0.5 + 0.5 * torch.rand(len(X), 1, 1, 1))]), y.repeat(2)",
}


@pytest.mark.parametrize("idea", IDEAS.values(), ids=IDEAS)
@pytest.mark.parametrize("hidden", [None, 4])
def test_more_than_one_idea_improves(idea, hidden):
    names = {"torch": torch, "baseline": RIGHT["frozen_baseline"]}
    exec(f"def improved(X, y, test):\n    {idea}\n    return baseline(more, y, test)", names)
    assert run_with("improved", names["improved"], hidden) is None


# --- odd and empty answers


def refused(run: Callable) -> str:
    with pytest.raises(CheckFailed) as failure:
        run()
    assert len(failure.value.message.splitlines()) <= 4
    return failure.value.message


@pytest.mark.parametrize(
    "answer",
    [5, [1, 2, 3], ([0], [1], [2]), (["a/scene00"], ["b/scene00"]), ([0.5], [1]), ([-1], [2]), ([0], [99999])],
    ids=["a number", "one list", "three lists", "names", "halves", "from the end", "too far"],
)
def test_what_is_no_split_is_told(answer):
    assert "two lists of places" in refused(lambda: check.split_by_scene(lambda *args: answer))


@pytest.mark.parametrize("answer", ["plain", ("nobody", 0.5), (0.5, "plain"), ("plain", "0.5"), ("plain", True)])
def test_what_is_no_choice_is_told(answer):
    assert "a name and an accuracy" in refused(lambda: check.choose(lambda *args: answer))


def test_another_accuracy_or_another_name_is_told():
    right = RIGHT["choose"]
    told = refused(lambda: check.choose(lambda *args: (right(*args)[0], 0.123)))
    assert "its accuracy on the test part is another one" in told
    third = build("choose", (BEST, "sorted(ways, key=lambda way: reached(way, *validation))[1]"))
    told = refused(lambda: check.choose(third, hidden=4))
    assert "Another way gets more of the validation pictures right" in told


def test_a_name_may_be_numpys():
    def choose(*args):
        name, reached = RIGHT["choose"](*args)
        return np.array([name])[0], np.float64(reached)

    for hidden in (None, 4):
        assert check.choose(choose, hidden=hidden) is None
    case = homework.CHOICES[0]
    seen = homework_probes.choose(choose, 0, case.sizes, case.shares, case.classes)
    codec.pack(seen["answer"])  # while a class is graded it comes from another process, as plain data


def test_a_number_of_right_guesses_is_no_percentage():
    def choose(ways, learn, validation, test):
        name, reached = RIGHT["choose"](ways, learn, validation, test)
        return name, round(reached * len(test[1]))

    assert "Which share of its guesses" in refused(lambda: check.choose(choose))


def test_a_layer_too_early_is_far_from_the_reference():
    early = build("frozen_baseline", (FEATURES, "source[:7](X_train).flatten(1), source[:7](X_test).flatten(1)"))
    told = refused(lambda: run_with("frozen_baseline", early))
    assert "a reference run 98 %" in told
    assert "does batch_size=len(x) come nearer" in told
    assert "%" not in refused(lambda: run_with("frozen_baseline", early, hidden=4))


def test_a_gain_that_is_too_small_is_told_in_numbers():
    none = build(
        "improved", ("more = torch.cat([X_train, 0.65 * small])", "more = torch.cat([X_train, 1.01 * X_train])")
    )
    turned = "frozen_baseline(torch.cat([X_train, X_train.flip(3)]), y_train.repeat(2), X_test)"
    none = build("improved", ("    small", f"    return {turned}\n    small"))
    told = refused(lambda: run_with("improved", none))
    assert "Five points more are wanted" in told
    assert "%" not in refused(lambda: run_with("improved", none, hidden=4))


CHECKS = {
    "split_by_scene": lambda f: check.split_by_scene(f),
    "choose": lambda f: check.choose(f),
    "frozen_baseline": lambda f: check.frozen_baseline(f, TRAIN, TEST, source),
    "improved": lambda f: check.improvement(f, RIGHT["frozen_baseline"], BIKES),
}


def unwritten(*args):
    raise NotImplementedError


@pytest.mark.parametrize("answer", [None, unwritten], ids=["None", "the stub"])
@pytest.mark.parametrize("name", CHECKS)
def test_nothing_is_not_attempted(name, answer):
    with pytest.raises(NotAttempted):
        CHECKS[name](answer)


@pytest.mark.parametrize("name", CHECKS)
def test_no_return_is_told(name):
    assert "returned None" in refused(lambda: CHECKS[name](lambda *args: None))
    assert "should be a function" in refused(lambda: CHECKS[name](7))


def test_an_improvement_of_nothing_is_not_attempted():
    with pytest.raises(NotAttempted):
        check.improvement(RIGHT["improved"], unwritten, BIKES)


@pytest.mark.parametrize("rows", [{}, {"baseline": None, "improved": None}, {"baseline": {"n": None}}])
def test_an_empty_table_is_not_attempted(rows):
    with pytest.raises(NotAttempted):
        report(lambda _: {"baseline": None} | rows)


def test_half_a_table_earns_half_its_points(capsys):
    credit = report(lambda rows: {"baseline": rows["baseline"]}, improved=unwritten)
    assert (float(credit), credit.codes) == (1, ())
    assert "No answer yet: improved catalogue" in capsys.readouterr().out


def test_numbers_of_a_function_that_is_not_there_do_not_count(capsys):
    credit = report(improved=unwritten)
    assert (float(credit), credit.codes) == (pytest.approx(4 / 3), ())


@pytest.mark.parametrize("rows", [5, {"baseline": 0.5}, {"baseline": {"wild": "much"}}])
def test_what_is_no_table_is_told(rows):
    refused(lambda: check.results_table(rows, *(RIGHT[name] for name in THREE), BIKES))


def test_the_table_follows_the_learners_own_split(capsys):
    """Somebody who splits by photo loses the points of the split alone."""
    by_photo = build("split_by_scene", ("    chance", BY_PHOTO))
    credit = report(set_one("baseline", "catalogue", 1.0), split_by_scene=by_photo)
    marks = capsys.readouterr().out
    assert "Right: baseline catalogue" in marks
    assert float(credit) >= 5 / 3


def test_a_number_may_be_of_any_kind(capsys):
    for kind in (np.float32, torch.tensor, np.array):
        assert float(report(set_one("baseline", "wild", kind))) == 2


@pytest.mark.parametrize("name", ["split_by_scene", "choose"])
def test_noise_on_stderr_does_not_cost_points(name, capsys):
    def noisy(*args):
        print("100%|####|", file=sys.stderr)
        return RIGHT[name](*args)

    assert CHECKS[name](noisy) is None
    assert capsys.readouterr().err == ""


def test_inputs_stay_as_they_are():
    def greedy(scenes, labels, *rest):
        parts = RIGHT["split_by_scene"](scenes, labels, *rest)
        scenes.clear()
        return parts

    assert "changed a list" in refused(lambda: check.split_by_scene(greedy))


# --- the cases


@pytest.mark.parametrize("case", homework.CHOICES + homework.HIDDEN_CHOICES, ids=[0, 1, 2, 3])
@pytest.mark.parametrize("seed", [0, 4, 81])
def test_a_wrong_choice_is_another_way(case, seed):
    reached = homework.accuracies(case, seed)
    best = {part: max(reached, key=lambda way: reached[way][part]) for part in ("learn", "validation", "test")}
    assert best["validation"] not in (best["learn"], best["test"])
    for part in best:
        assert len({each[part] for each in reached.values()}) == len(case.shares)


def test_the_check_splits_by_scene():
    train, test = homework_runs.by_scene(BIKES.catalogue)
    assert not set(scenes_of(train)) & set(scenes_of(test))
    assert (len(train), len(test)) == (144, 48)
    assert np.bincount(test.labels).tolist() == [24, 24]


def test_the_reference_is_not_trained_on_others():
    (x, y), (others, _) = SHAPES.train.tensors(), SHAPES.test.tensors()
    alone = homework_runs.baseline_ways(source, x, y, others[:5])[0]
    torch.testing.assert_close(alone, homework_runs.baseline_ways(source, x, y, others)[0][:5], rtol=1e-3, atol=1e-4)


def test_the_reference_agrees_with_pytorchs_own_descent():
    """Three ways to one head: descent by hand, autograd with SGD, and a loop over single pictures."""
    dice = torch.Generator().manual_seed(1)
    x, y, others = torch.randn(12, 5, generator=dice), torch.arange(12) % 3, torch.randn(4, 5, generator=dice)
    a, b = standardised(x, others)
    head = nn.Linear(5, 3)
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    steps = torch.optim.SGD(head.parameters(), homework_runs.RATE)
    weight, bias = np.zeros((5, 3)), np.zeros(3)
    for _ in range(homework_runs.STEPS):
        steps.zero_grad()
        nn.functional.cross_entropy(head(a), y).backward()
        steps.step()
        moves = [np.zeros((5, 3)), np.zeros(3)]
        for row, label in zip(a.double().numpy(), y.tolist(), strict=True):
            z = np.exp(row @ weight + bias)
            error = z / z.sum() - np.eye(3)[label]
            moves = [moves[0] + np.outer(row, error) / 12, moves[1] + error / 12]
        weight, bias = weight - homework_runs.RATE * moves[0], bias - homework_runs.RATE * moves[1]
    given = homework_runs.guess(x, y, others)
    torch.testing.assert_close(given, head(b).softmax(1).detach(), rtol=1e-3, atol=1e-4)
    z = np.exp(b.double().numpy() @ weight + bias)
    np.testing.assert_allclose(given, z / z.sum(1, keepdims=True), rtol=1e-3, atol=1e-4)


def test_the_homework_is_worth_twelve_points():
    assert sum(lesson.points().values()) + 3 == 12
    assert lesson.cells()["report"].metadata.nbgrader.points == 3


def test_the_sample_class_has_answers_for_every_cell():
    from conftest import ROOT

    from course_utils.grading import sample

    students = sample.load_class(ROOT, "07_transfer_learning_homework")
    assert len(students) >= 11
    answered = {name for one in students for name in one.answers}
    assert answered == {"report", *(name.removesuffix("-check") for name in lesson.points())}
