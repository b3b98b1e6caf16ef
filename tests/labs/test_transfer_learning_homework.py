"""Homework H7: a split by scene, a frozen baseline, a choice, an improvement, a table; each wrong way told."""

import functools
import sys
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from harness import WrongWay, judged
from lesson import Lesson, class_of
from torch import nn

from course_utils.data import scenes_of
from course_utils.grading import codec
from course_utils.judging.cases import Case
from course_utils.labs import transfer_learning_homework
from course_utils.labs.transfer_learning_homework import choose as choosing
from course_utils.labs.transfer_learning_homework import frozen_baseline as baselines
from course_utils.labs.transfer_learning_homework.improvement import LESSON, bikes
from course_utils.labs.transfer_learning_homework.methods import KNOWS_WILD, Trial, by_scene, right_share
from course_utils.models import load_trained
from course_utils.training import fit

LONG = {"frozen-baseline", "improvement", "results-table"}  # networks are trained, or looked at one by one
BUILT_UP = {  # answers that call others: without those they cannot be there either
    "improvement": ["frozen-baseline"],
    "results-table": ["split-by-scene", "improvement"],
}

lesson = Lesson("07_transfer_learning_homework")
lab = transfer_learning_homework.for_student()
source = load_trained("shapes")


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
EXERCISES = {name: name.replace("_", "-") for name in SOURCES} | {"improved": "improvement"}


def build(name: str, *changes: tuple[str, str]) -> Callable:
    """Make a function from its source, after replacing pieces that must be there."""
    text = SOURCES[name]
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after)
    names = {"np": np, "torch": torch, "nn": nn, "fit": fit, "source": source}
    names |= bikes(LESSON)._asdict()  # catalogue and wild, as in the notebook
    if name == "improved":
        exec(BASELINE, names)
    exec(text, names)
    return names[name]


RIGHT = {name: build(name) for name in SOURCES}
THREE = ("split_by_scene", "frozen_baseline", "improved")


def handed_in(name: str, function) -> tuple:
    """Return what the check of a function is given, as in the notebook."""
    return (function, RIGHT["frozen_baseline"]) if name == "improved" else (function,)


def exercise(name: str):
    """Return the exercise in which a function is asked for."""
    return getattr(lab, EXERCISES[name].replace("-", "_"))


def judge(name: str, function, hidden: int | None = None):
    """Give a function to its check."""
    if hidden is None:
        return judged(exercise(name).check, *handed_in(name, function))
    return judged(exercise(name).check_hidden, *handed_in(name, function), seed=hidden)


def in_hidden_cases_alone(name: str, function: Callable) -> tuple[tuple[str, ...], str]:
    """Return the codes and what is said of a function by its hidden cases, whatever the public ones say."""
    cases = [replace(case, hidden=True, seed=4) for case in exercise(name).hidden_cases(4)]
    (found,) = exercise(name).judge_cases(cases, *handed_in(name, function)).values()
    return found.codes, "\n".join(found.lines)


def right(name: str, function: Callable, hidden: int | None = None) -> bool:
    """Tell whether a function earns everything."""
    found = judge(name, function, hidden)
    return found.share == 1 and found.text.startswith("Correct.")


@functools.cache
def table() -> dict:
    """Measure the right functions: the table that a learner should hand in."""
    catalogue, wild = bikes(LESSON)
    train, test = RIGHT["split_by_scene"](scenes_of(catalogue), catalogue.labels.tolist())
    rows = {}
    for method, name in (("baseline", "frozen_baseline"), ("improved", "improved")):
        rows[method] = {"n": len(train)}
        for column, part in (("catalogue", catalogue.at(test)), ("wild", wild)):
            images, labels = part.tensors()
            rows[method][column] = right_share(RIGHT[name](*catalogue.at(train).tensors(), images), labels)
    return rows


def reported(change: Callable = lambda rows: None, **functions) -> tuple:
    """Hand a table in, after a change, with the right functions but for some."""
    rows = {method: dict(row) for method, row in table().items()}
    given = {name: RIGHT[name] for name in THREE} | functions
    return change(rows) or rows, *given.values()


def report(change: Callable = lambda rows: None, **functions):
    """Return what comes of such a table."""
    return judged(lab.results_table.check, *reported(change, **functions))


# --- wrong ways


def mutant(code: str, name: str, *changes: tuple[str, str]) -> WrongWay:
    """Change a right function and feed it to its exercise."""
    return WrongWay(code, EXERCISES[name], lambda: handed_in(name, build(name, *changes)))


def changed_table(code: str, right_parts: int, change: Callable) -> WrongWay:
    return WrongWay(code, "results-table", lambda: reported(change), right_parts / 6)


def set_one(method: str, column: str, value) -> Callable:
    """Return a change of one number: another one, or one made of the right one."""
    return lambda rows: rows[method].update({column: value(rows[method][column]) if callable(value) else value})


def exchange_columns(rows: dict) -> dict:
    """Exchange the columns of one method; the other keeps its own."""
    row = rows["baseline"]
    return rows | {"baseline": row | {"catalogue": row["wild"], "wild": row["catalogue"]}}


BY_PHOTO = """    places = np.random.default_rng(seed).permutation(len(scenes)).tolist()
    cut = round(share * len(scenes))
    return places[cut:], places[:cut]
    chance"""
LINE = "held |= {mine[place] for place in chance.permutation(len(mine))[:number]}"
ALL_SCENES = """    mine = sorted(set(scenes))
    held = set(mine[:round(share * len(mine))])
    train"""
ANY_SCENES = """    every = sorted(set(scenes))
    held = {every[place] for place in chance.permutation(len(every))[: round(share * len(every))]}
    train = ["""
SORTED = "sorted({scene for scene, one in zip(scenes, labels) if one == label})"
UNSORTED = "[s for s in set(scenes) if dict(zip(scenes, labels))[s] == label]"
NUMBER = "max(1, round(share * len(mine)))"
BOTH = "return train, test"
STD = "std = torch.where(std > 0, std, torch.ones_like(std))\n"
FEATURES = "source[:-1](X_train), source[:-1](X_test)"
PIXELS = "X_train.flatten(1), X_test.flatten(1)"
SCORES = "source(X_train), source(X_test)"
TWICE = "source[:-1](2 * X_train - 1), source[:-1](2 * X_test - 1)"
STANDARDISED = "(F_train - mean) / std, (F_test - mean) / std"
OTHER_PICTURES = (
    "    with torch.no_grad():\n        F_train",
    "    X, y = catalogue.tensors(); X_train, y_train = torch.cat([X_train, X]), torch.cat([y_train, y])\n"
    "    with torch.no_grad():\n        F_train",
)
BEST = "max(ways, key=lambda way: reached(way, *validation))"
LEVEL = (
    "X_train, X_test = (0.2 * (X - X.mean((1, 2, 3), keepdim=True)) / X.std((1, 2, 3), keepdim=True) + 0.55 "
    "for X in (X_train, X_test)); return frozen_baseline(X_train, y_train, X_test)"
)
REFIT = (
    "(ways[best](torch.cat([learn[0], validation[0]]), torch.cat([learn[1], validation[1]]), test[0]).argmax(1) "
    "== test[1]).double().mean()"
)
LEAK = (
    "    small = nn.functional.interpolate",
    "    X, y = wild.tensors(); X_train, y_train = torch.cat([X_train, X]), torch.cat([y_train, y])\n"
    "    small = nn.functional.interpolate",
)
LEAK_OF_HALF = (LEAK[0], LEAK[1].replace("wild", "wild.at(range(0, 200, 2))"))
PEEK = "{way: reached(way, *test) for way in ways}"
SAME = ("    small", "    return frozen_baseline(X_train, y_train, X_test)\n    small")
BY_TEST_LIGHT = (", X_test)\n", ", 0.5 * X_test / X_test.mean())\n")
MIN_MAX = "F_train.amin(0), F_train.amax(0) - F_train.amin(0)"

FUNCTIONS = [
    mutant("TS1", "split_by_scene", ("    chance", BY_PHOTO)),
    mutant("TS1", "split_by_scene", (BOTH, "return train + test[-1:], test[:-1]")),
    mutant("TS2", "split_by_scene", (BOTH, "return train[1:], test")),
    mutant("TS2", "split_by_scene", (BOTH, "return train + test[:1], test")),
    mutant("TS2", "split_by_scene", (BOTH, "return list(range(len(scenes))), test")),
    mutant("TS3", "split_by_scene", ("    train", ALL_SCENES)),
    mutant("TS3", "split_by_scene", (NUMBER, "max(1, len(mine))"), ("- 1)", "+ label)")),
    mutant("TS4", "split_by_scene", (BOTH, "return test, train")),
    mutant("TS4", "split_by_scene", (BOTH, "return (train, test) if seed == 0 else (test, train)")),
    mutant("TS5", "split_by_scene", ("round(share *", "round(0.5 *")),
    mutant("TS6", "split_by_scene", ("sorted({scene for", "list({scene for")),
    mutant("TS9", "split_by_scene", ("    train = [", ANY_SCENES)),
    mutant("TS11", "split_by_scene", ("default_rng(seed)", "default_rng(seed + abs(hash(scenes[0])) % 7)")),
    mutant("TS10", "split_by_scene", (BOTH, "return [scenes[i] for i in train], [scenes[i] for i in test]")),
    mutant(
        "TS10",
        "split_by_scene",
        (BOTH, "return [i in train for i in range(len(scenes))], [i in test for i in range(len(scenes))]"),
    ),
    mutant("TS7", "split_by_scene", ("chance.permutation(len(mine))", "chance.permutation(len(mine) - 1)")),
    mutant("TS8", "split_by_scene", ("seed=0", "seed=1")),
    mutant("TS8", "split_by_scene", ("share=0.25", "share=0.3")),
    mutant("TS3", "split_by_scene", ("len(mine) - 1)", "len(mine))")),
    mutant("TS6", "split_by_scene", (SORTED, UNSORTED)),
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
    mutant("TL64", "frozen_baseline", ("    fit(head", "    head = nn.Sequential(head, nn.Softmax(1))\n    fit(head")),
    mutant("TL2", "frozen_baseline", (".softmax(1)", "")),
    mutant("TL3", "frozen_baseline", (".softmax(1)", ".argmax(1)")),
    mutant("TL5", "frozen_baseline", ("learning_rate=0.01", "learning_rate=0.0")),
    mutant("TL6", "frozen_baseline", ("head(t)", "head(x)")),
    mutant("TL4", "frozen_baseline", (STANDARDISED, "F_train, F_test")),
    mutant("TL4", "frozen_baseline", (STANDARDISED, "F_train - mean, F_test - mean")),
    mutant("TL4", "frozen_baseline", (STANDARDISED, "F_train / std, F_test / std")),
    mutant("TL11", "frozen_baseline", ("F_train.mean(0), F_train.std(0)", MIN_MAX)),
    mutant("TL11", "frozen_baseline", ("F_train.mean(0), F_train.std(0)", "0, F_train.abs().amax(0)")),
    mutant("TI3", "frozen_baseline", OTHER_PICTURES),
    mutant("PR1", "frozen_baseline", (".softmax(1)", ".softmax(0)")),
    mutant("TW1", "frozen_baseline", (FEATURES, PIXELS)),
    mutant("TW2", "frozen_baseline", (FEATURES, SCORES)),
    mutant("TW3", "frozen_baseline", (FEATURES, TWICE)),
    mutant("TW4", "frozen_baseline", (FEATURES, "source[:-1](255 * X_train), source[:-1](255 * X_test)")),
    mutant("TL10", "frozen_baseline", ("head(t).softmax(1)", "torch.eye(head.out_features)[head(t).argmax(1)]")),
    mutant("TP1", "choose", ("*validation", "*test")),
    mutant("TP1", "choose", ("    best", f"    {PEEK}\n    best")),
    mutant("TP1", "choose", ("ways[way](*learn, X)", "ways[way](torch.cat([learn[0], test[0]]), learn[1], X)")),
    mutant("TP2", "choose", ("*validation", "*learn")),
    mutant("TP3", "choose", ("max(ways", "min(ways")),
    mutant("TP4", "choose", ("return best, reached(best, *test)", "return best, reached(best, *validation)")),
    mutant("KE6", "choose", ("return best, reached", "return best, 100 * reached")),
    mutant("TP9", "choose", ("(ways[way](*learn, X).argmax(1) == y)", "ways[way](*learn, X).max(1).values")),
    mutant("TP10", "choose", ("return best, reached(best, *test)", "return best, 1 - reached(best, *test)")),
    mutant("TP10", "choose", ("return best, reached(best, *test)", "return best, len(test[1]) * reached(best, *test)")),
    mutant("TP5", "choose", (BEST, "list(ways)[-1]")),
    mutant("TP5", "choose", (BEST, "next(way for way in ways if reached(way, *validation) > 0)")),
    mutant("TP7", "choose", (BEST, "max((way, reached(way, *validation)) for way in ways)[0]")),
    mutant("TP6", "choose", ("*learn, X", "learn[0][1:], learn[1][1:], X")),
    mutant("TP6", "choose", ("*learn, X", "learn[0], learn[1].flip(0), X")),
    mutant("TP6", "choose", ("reached(best, *test)", REFIT)),
    mutant("TP8", "choose", ("return best, reached(best, *test)", "return best, reached(best, *learn)")),
    mutant("TI1", "improved", SAME),
    mutant("TI3", "improved", LEAK),
    mutant("TI4", "improved", ("y_train.repeat(4)", "y_train.repeat_interleave(4)")),
    mutant("TI3", "improved", LEAK_OF_HALF),
    mutant("TI2", "improved", ("    small", f"    {LEVEL}\n    small")),
    mutant("TR6", "improved", BY_TEST_LIGHT),
]
SETS = [
    changed_table("KE6", 5, set_one("baseline", "wild", lambda value: 100 * value)),
    changed_table("KE6", 5, set_one("improved", "catalogue", lambda value: 100 * value)),
    changed_table("KF4", 5, set_one("baseline", "catalogue", 1.0)),
    changed_table("KF4", 5, set_one("improved", "wild", lambda value: value - 0.07)),
    changed_table("TG1", 2, lambda rows: {"baseline": rows["improved"], "improved": rows["baseline"]}),
    changed_table("TG2", 4, exchange_columns),
    changed_table("TG3", 5, set_one("baseline", "n", 192)),
    changed_table("TG4", 5, set_one("improved", "n", 48)),
    changed_table("TG4", 5, set_one("improved", "n", 200)),
    changed_table("TG5", 5, set_one("baseline", "n", 18)),
    changed_table("TG5", 5, set_one("baseline", "n", 72)),
    changed_table("TG6", 5, set_one("improved", "n", 576)),
]
# A right probability on the public pictures hides that the test part was not standardised: the hidden ones tell.
TEST_PART_RAW = WrongWay(
    "TL7",
    "frozen-baseline",
    lambda: (build("frozen_baseline", ("(F_test - mean) / std", "F_test")),),
    hidden=True,
)
WRONG_WAYS = [*FUNCTIONS, *SETS, TEST_PART_RAW]

FREE_TRAINING = "how the head is trained is free, and this does as well"
OTHER_IDEA = "another improvement that is as good"
PIXELS_FROM_0_TO_1 = "pixels lie from 0 to 1"
START = "a head may start from small random weights"
FIT_LINE = "fit(head, x, y_train, epochs=100, batch_size=len(x), learning_rate=0.01)"
EQUIVALENT = {
    "split-by-scene": {
        "split_by_scene(share): without negative numbers": "a share is never negative",
        "for label in sorted(set(labels)): → for label in set(labels):": "small whole numbers have one order in a set",
    },
    "choose": {
        "return (ways[way](*learn, X).argmax(1) == y).double().mean().item() → "
        "return (ways[way](*learn, X).argmax(1) == y).double().mean()": "a tensor of one number is a number",
    },
    "frozen-baseline": {
        "frozen_baseline(X_train): without negative numbers": PIXELS_FROM_0_TO_1,
        "frozen_baseline(X_test): without negative numbers": PIXELS_FROM_0_TO_1,
        "with torch.no_grad(): → F_train, F_test = (source[:-1](X_train), source[:-1](X_test))": (
            "the prompt does not mind a graph"
        ),
        "with torch.no_grad(): → return head((F_test - mean) / std).softmax(1)": "the prompt does not mind a graph",
        "head = nn.Linear(F_train.shape[1], int(y_train.max()) + 1) → "
        "head = nn.Linear(F_train.shape[1], y_train.max() + 1)": "PyTorch takes a whole number in a tensor, too",
        "nn.init.zeros_(head.weight) → pass": START,
        "nn.init.zeros_(head.weight) → head.weight": START,
        f"{FIT_LINE} → fit(head, x, y_train, epochs=100, batch_size=len(x))": FREE_TRAINING,
        f"{FIT_LINE} → {FIT_LINE.replace('100', '101')}": FREE_TRAINING,
        f"{FIT_LINE} → {FIT_LINE.replace('100', '99')}": FREE_TRAINING,
        f"{FIT_LINE} → {FIT_LINE.replace('len(x)', 'len(x) - 1')}": FREE_TRAINING,
        f"{FIT_LINE} → {FIT_LINE.replace('0.01', '0.005')}": FREE_TRAINING,
    },
    "improvement": {
        "improved(X_train): without negative numbers": PIXELS_FROM_0_TO_1,
        "improved(X_test): without negative numbers": PIXELS_FROM_0_TO_1,
        "small = nn.functional.interpolate(X_train, size=26, mode='bilinear') → "
        "small = nn.functional.interpolate(X_train, size=26)": OTHER_IDEA,
        "more = torch.cat([X_train, 0.65 * small]) → more = torch.cat([X_train, small])": OTHER_IDEA,
        "more = torch.cat([X_train, 0.65 * small]) → more = torch.cat([X_train, 0.325 * small])": OTHER_IDEA,
        "more = torch.cat([more, more.flip(3)]) → more = torch.cat([more, more.flip(2)])": OTHER_IDEA,
    },
}

HIDDEN = [  # what the hidden cases by themselves say
    ("TS1", "split_by_scene", [("    chance", BY_PHOTO)]),
    ("TS2", "split_by_scene", [(BOTH, "return train, test + test[:1]")]),
    ("TS3", "split_by_scene", [(NUMBER, "int(0.3 * share * len(mine))")]),
    ("TS5", "split_by_scene", [(NUMBER, "1")]),
    ("TS6", "split_by_scene", [("sorted({scene for", "list({scene for")]),
    ("TL7", "frozen_baseline", [("(F_test - mean) / std", "F_test")]),
    ("TW1", "frozen_baseline", [(FEATURES, PIXELS)]),
    ("TW2", "frozen_baseline", [(FEATURES, SCORES)]),
    ("TW3", "frozen_baseline", [(FEATURES, TWICE)]),
    ("TP1", "choose", [(BEST, f"max({PEEK}, key={PEEK}.get)")]),
    ("TP2", "choose", [("ways[way](*learn, X)", "ways[way](*validation, X)")]),
    (
        "TP3",
        "choose",
        [("double().mean()", "double().mean().neg()"), ("reached(best, *test)", "-reached(best, *test)")],
    ),
    ("TI1", "improved", [SAME]),
    ("TR6", "improved", [BY_TEST_LIGHT]),
]


@pytest.mark.slow
@pytest.mark.parametrize(("code", "name", "changes"), HIDDEN, ids=[f"{code}-{name}" for code, name, _ in HIDDEN])
def test_hidden_cases_tell_a_wrong_way_too_and_none_of_their_numbers(code, name, changes):
    codes, text = in_hidden_cases_alone(name, build(name, *changes))
    assert codes == (code,)
    assert text.startswith(f"{name}: not yet right (a case drawn at grading).\nHint: ")
    assert len(text.splitlines()) <= 4


# --- right, by any way


@pytest.mark.slow
@pytest.mark.parametrize("name", SOURCES)
def test_a_function_without_its_mutation_is_right(name):
    assert right(name, RIGHT[name], hidden=4)


@pytest.mark.slow
def test_the_table_of_the_right_functions_earns_everything():
    assert report()[:2] == (1, "Correct.")


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
    split = RIGHT["split_by_scene"]
    assert right("split_by_scene", lambda *args: pair(form(part) for part in split(*args)))


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
@pytest.mark.parametrize("hidden", [4, 5])
def test_a_split_counts_however_scenes_are_drawn(way, hidden):
    assert right("split_by_scene", way, hidden)


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


@pytest.mark.slow
@pytest.mark.parametrize("head", [by_newton, by_batches, by_least_squares, baselines.guess])
def test_a_baseline_counts_however_its_head_is_fitted(head):
    def frozen_baseline(X_train, y_train, X_test):
        with torch.no_grad():
            a, b = standardised(source[:-1](X_train), source[:-1](X_test))
        return head(a, y_train, b)

    assert right("frozen_baseline", frozen_baseline, hidden=4)


IDEAS = {
    "darker": "more, y = torch.cat([X, 0.8 * X, 0.6 * X]), y.repeat(3)",
    "turned and darker": "more, y = torch.cat([X, 0.8 * X.flip(3), 0.6 * X, 0.7 * X.flip(3)]), y.repeat(4)",
    "darker by chance": "more, y = torch.cat([X, X * (0.5 + 0.5 * torch.rand(len(X), 1, 1, 1))]), y.repeat(2)",
}


@pytest.mark.slow
@pytest.mark.parametrize("idea", IDEAS.values(), ids=IDEAS)
def test_more_than_one_idea_improves(idea):
    names = {"torch": torch, "baseline": RIGHT["frozen_baseline"]}
    exec(f"def improved(X, y, test):\n    {idea}\n    return baseline(more, y, test)", names)
    assert right("improved", names["improved"], hidden=4)


@pytest.mark.slow
def test_who_guesses_in_the_wild_is_not_told_of_having_learned_from_it():
    def turned(X_train, y_train, X_test):  # with a head as PyTorch begins it; in the wild it guesses
        X, y = torch.cat([X_train, X_train.flip(3)]), y_train.repeat(2)
        with torch.no_grad():
            a, b = source[:-1](X), source[:-1](X_test)
        mean, std = a.mean(0), a.std(0) + 1e-6
        head = nn.Linear(a.shape[1], int(y.max()) + 1)
        fit(head, (a - mean) / std, y, epochs=100, batch_size=len(a), learning_rate=0.01)
        return head((b - mean) / std).softmax(1).detach()

    catalogue, wild = bikes(LESSON)
    train, test = by_scene(catalogue)
    (inside, at_home), (outside, in_the_wild) = test.tensors(), wild.tensors()
    others = torch.cat([inside[:20], outside]), torch.cat([at_home[:20], in_the_wild])
    Trial(Case("wild"), turned, "improved", train.tensors(), others).refuse_other_labels(KNOWS_WILD)


# --- odd and empty answers


def refused(name: str, function) -> str:
    """Return what is said of a function that is not right."""
    found = judge(name, function)
    assert found.share == 0
    assert not found.missing
    assert len(found.text.splitlines()) <= 4
    return found.text


@pytest.mark.parametrize(
    "answer",
    [5, [1, 2, 3], ([0], [1], [2]), (["a/scene00"], ["b/scene00"]), ([0.5], [1]), ([-1], [2]), ([0], [99999])],
    ids=["a number", "one list", "three lists", "names", "halves", "from the end", "too far"],
)
def test_what_is_no_split_is_told(answer):
    assert "two lists of places" in refused("split_by_scene", lambda *args: answer)
    told = report(split_by_scene=lambda *args: answer)
    assert told.share == 0
    assert "two lists of places" in told.text


@pytest.mark.parametrize("answer", ["plain", ("nobody", 0.5), (0.5, "plain"), ("plain", "0.5"), ("plain", True)])
def test_what_is_no_choice_is_told(answer):
    assert "a name and an accuracy" in refused("choose", lambda *args: answer)


def test_another_accuracy_or_another_name_is_told():
    choose = RIGHT["choose"]
    told = refused("choose", lambda *args: (choose(*args)[0], 0.123))
    assert "its accuracy on the test part is another one" in told
    third = build("choose", (BEST, "sorted(ways, key=lambda way: reached(way, *validation))[1]"))
    assert "Another way gets more of the validation pictures right" in in_hidden_cases_alone("choose", third)[1]


def test_a_name_may_be_numpys():
    def choose(*args):
        name, reached = RIGHT["choose"](*args)
        return np.array([name])[0], np.float64(reached)

    assert right("choose", choose, hidden=4)
    seen = choosing.choose(choose, 0, *choosing.PUBLIC[0])
    codec.pack(seen["answer"])  # while a class is graded it comes from another process, as plain data


def test_a_number_of_right_guesses_is_no_percentage():
    def choose(ways, learn, validation, test):
        name, reached = RIGHT["choose"](ways, learn, validation, test)
        return name, round(reached * len(test[1]))

    assert "how many it gets right" in refused("choose", choose)


@pytest.mark.slow
def test_a_layer_too_early_is_far_from_the_reference():
    early = build("frozen_baseline", (FEATURES, "source[:7](X_train).flatten(1), source[:7](X_test).flatten(1)"))
    told = refused("frozen_baseline", early)
    assert "a reference run 98 %" in told
    assert "does batch_size=len(x) come nearer" in told
    assert "%" not in in_hidden_cases_alone("frozen_baseline", early)[1]


@pytest.mark.slow
def test_a_gain_that_is_too_small_is_told_in_numbers():
    turned = "frozen_baseline(torch.cat([X_train, X_train.flip(3)]), y_train.repeat(2), X_test)"
    none = build("improved", ("    small", f"    return {turned}\n    small"))
    told = refused("improved", none)
    assert "Five points more are wanted" in told
    assert "%" in told
    told = in_hidden_cases_alone("improved", none)[1]
    assert "Five points more are wanted" in told
    assert "%" not in told


@pytest.mark.parametrize("name", SOURCES)
def test_no_return_and_no_function_are_told(name):
    assert "returned None" in refused(name, lambda *args: None)
    assert "should be a function" in refused(name, 7)


def unwritten(*args):
    raise NotImplementedError


def test_an_improvement_of_nothing_is_not_attempted():
    assert judged(lab.improvement.check, RIGHT["improved"], unwritten).missing


@pytest.mark.parametrize("rows", [{}, {"baseline": None, "improved": None}, {"baseline": {"n": None}}])
def test_an_empty_table_is_not_attempted(rows):
    assert report(lambda _: {"baseline": None} | rows).missing


def test_half_a_table_earns_half():
    found = report(lambda rows: {"baseline": rows["baseline"]}, improved=unwritten)
    assert (found.share, found.codes) == (1 / 2, ())
    assert "No answer yet: improved catalogue" in found.text


def test_numbers_of_a_function_that_is_not_there_do_not_count():
    found = report(improved=unwritten)
    assert (found.share, found.codes) == (pytest.approx(4 / 6), ())


def test_a_function_that_fails_costs_its_own_accuracies():
    def improved(*args):
        return 1 / 0

    found = report(improved=improved)
    assert (found.share, found.codes) == (pytest.approx(4 / 6), ("SL91",))
    assert "improved raised ZeroDivisionError" in found.text


def test_what_is_no_table_is_told():
    assert "should be a dict" in judged(lab.results_table.check, 5, *(RIGHT[name] for name in THREE)).text
    for row in (0.5, {"wild": "much"}):
        found = report(lambda rows, row=row: {"baseline": row})
        assert (found.share, found.missing) == (0, False)


def test_a_row_or_a_number_that_cannot_be_read_costs_itself_alone():
    found = report(lambda rows: rows | {"baseline": 0.5})
    assert found.share == 1 / 2
    assert "results['baseline'] should be a dict" in found.text
    found = report(set_one("improved", "n", "many"))
    assert found.share == pytest.approx(5 / 6)
    assert "results['improved']['n'] should be a number, not a str." in found.text


def test_the_table_follows_the_learners_own_split():
    """Somebody who splits by photo loses the points of the split alone."""
    found = report(
        set_one("baseline", "catalogue", 1.0), split_by_scene=build("split_by_scene", ("    chance", BY_PHOTO))
    )
    assert found.text.startswith("Right: baseline catalogue")
    assert found.share >= 5 / 6 - 1e-9


@pytest.mark.slow
def test_a_number_may_be_of_any_kind():
    for kind in (np.float32, torch.tensor, np.array):
        assert report(set_one("baseline", "wild", kind)).share == 1


@pytest.mark.parametrize("name", ["split_by_scene", "choose"])
def test_noise_on_stderr_does_not_cost_points(name, capsys):
    def noisy(*args):
        print("100%|####|", file=sys.stderr)
        return RIGHT[name](*args)

    assert exercise(name).check(noisy) is None
    assert capsys.readouterr().err == ""


def test_inputs_stay_as_they_are():
    def greedy(scenes, labels, *rest):
        parts = RIGHT["split_by_scene"](scenes, labels, *rest)
        scenes.clear()
        return parts

    assert "changed a list" in refused("split_by_scene", greedy)


# --- the cases


@pytest.mark.parametrize("contest", choosing.PUBLIC + choosing.HIDDEN, ids=[0, 1, 2, 3])
@pytest.mark.parametrize("seed", [0, 4, 81])
def test_a_wrong_choice_is_another_way(contest, seed):
    reached = choosing.accuracies(contest, seed)
    best = {part: max(reached, key=lambda way: reached[way][part]) for part in ("learn", "validation", "test")}
    assert best["validation"] not in (best["learn"], best["test"])
    for part in best:
        assert len({each[part] for each in reached.values()}) == len(contest.shares)


def test_the_check_splits_by_scene():
    train, test = by_scene(bikes(LESSON).catalogue)
    assert not set(scenes_of(train)) & set(scenes_of(test))
    assert (len(train), len(test)) == (144, 48)
    assert np.bincount(test.labels).tolist() == [24, 24]


def test_cases_say_how_many_pictures_there_are():
    (case,) = lab.frozen_baseline.cases()
    train, others = case.data()
    assert case.label == f"{len(train)} pictures to learn from, {len(others)} others"
    (case,) = lab.improvement.cases()
    catalogue, wild = case.data()
    train, test = by_scene(catalogue)
    assert case.label == f"{len(train)} pictures to learn from, {len(test)} of the catalogue, {len(wild)} wild"


def test_the_reference_is_not_trained_on_others():
    train, test = baselines.new_shapes()
    (x, y), (others, _) = train.tensors(), test.tensors()
    alone = baselines.baseline_ways(source, x, y, others[:5])[0]
    torch.testing.assert_close(alone, baselines.baseline_ways(source, x, y, others)[0][:5], rtol=1e-3, atol=1e-4)


def test_the_reference_agrees_with_pytorchs_own_descent():
    """Three ways to one head: descent by hand, autograd with SGD, and a loop over single pictures."""
    dice = torch.Generator().manual_seed(1)
    x, y, others = torch.randn(12, 5, generator=dice), torch.arange(12) % 3, torch.randn(4, 5, generator=dice)
    a, b = standardised(x, others)
    head = nn.Linear(5, 3)
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    steps = torch.optim.SGD(head.parameters(), baselines.RATE)
    weight, bias = np.zeros((5, 3)), np.zeros(3)
    for _ in range(baselines.STEPS):
        steps.zero_grad()
        nn.functional.cross_entropy(head(a), y).backward()
        steps.step()
        moves = [np.zeros((5, 3)), np.zeros(3)]
        for row, label in zip(a.double().numpy(), y.tolist(), strict=True):
            z = np.exp(row @ weight + bias)
            error = z / z.sum() - np.eye(3)[label]
            moves = [moves[0] + np.outer(row, error) / 12, moves[1] + error / 12]
        weight, bias = weight - baselines.RATE * moves[0], bias - baselines.RATE * moves[1]
    given = baselines.guess(x, y, others)
    torch.testing.assert_close(given, head(b).softmax(1).detach(), rtol=1e-3, atol=1e-4)
    z = np.exp(b.double().numpy() @ weight + bias)
    np.testing.assert_allclose(given, z / z.sum(1, keepdims=True), rtol=1e-3, atol=1e-4)


def test_the_homework_is_worth_twelve_points():
    assert sum(lesson.points().values()) + 3 == 12
    assert lesson.cells()["report"].metadata.nbgrader.points == 3


def test_the_sample_class_has_answers_for_every_cell():
    students = class_of("07_transfer_learning_homework")
    assert len(students) >= 11
    answered = {name for one in students for name in one.answers}
    assert answered == {"report", *(name.removesuffix("-check") for name in lesson.points())}


REPORTED = "return best, reached(best, *test)"
WRONG_WAYS += [
    mutant("TP11", "choose", (REPORTED, "return best, round(reached(best, *test), 1)")),
    mutant("TP12", "choose", (REPORTED, "return best, (reached(best, *test) + reached(best, *validation)) / 2")),
]
