"""Lab 07: right by any way counts, every known wrong way is told, and what the lesson says comes out again."""

import gc
import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
import torch
from harness import QUIETLY, WrongWay, judged, right_answers, run
from hypothesis import given
from hypothesis import strategies as st
from lesson import Lesson, edited
from thorough import one_in
from torch import nn

from course_utils.data import NEW_SHAPES, load_bikes, load_shapes
from course_utils.labs import transfer_learning
from course_utils.labs.transfer_learning import augment as augmenting
from course_utils.labs.transfer_learning import head_sizes, label_bug, networks, rate_finder
from course_utils.models import load_trained, make_small_cnn
from course_utils.training import accuracy, fit

DEAR = {"fit-head", "occlusion"}  # judging one answer takes a second

lesson = Lesson("07_transfer_learning")
lab = transfer_learning.for_student()
STUDENT = "ada"  # for questions on which the lecture's own numbers do not tell two wrong ways apart
ada = transfer_learning.for_student(STUDENT)
STUDENTS = [f"student{number}" for number in range(200)]


# --- functions: right ones, written so that each wrong way is one replacement

EXTRACT = """
def extract_features(model, X, layer, batch=64):
    outputs = []
    def keep(module, inputs, output):
        outputs.append(output.flatten(1))
    mode = model.training
    handle = model.get_submodule(layer).register_forward_hook(keep)
    model.eval()
    with torch.no_grad():
        for part in X.split(batch):
            scores = model(part)
    handle.remove()
    model.train(mode)
    return torch.cat(outputs)
"""
FREEZE = """
def freeze(module):
    for parameter in module.parameters():
        parameter.requires_grad = False
    module.eval()
"""
TRAINABLE = """
def trainable_parameters(model):
    return [p for p in model.parameters() if p.requires_grad]
"""
FIT_HEAD = """
def fit_head(F_train, y_train, F_test):
    mean, std = F_train.mean(0), F_train.std(0)
    std[std == 0] = 1
    head = nn.Linear(F_train.shape[1], int(y_train.max()) + 1)
    nn.init.zeros_(head.weight)
    a, b = (F_train - mean) / std, (F_test - mean) / std
    fit(head, a, y_train, epochs=100, batch_size=len(a), learning_rate=0.01)
    with torch.no_grad():
        return head(b).softmax(1)
"""
REPAIR = """
def repair_labels(labels, names):
    return [0 if name.startswith("road") else 1 for name in names]
"""
AUGMENT = """
def augment(X, rng):
    N, C, H, W = X.shape
    padded = np.pad(X, ((0, 0), (0, 0), (2, 2), (2, 2)))
    out = np.empty_like(X)
    for i in range(N):
        down, across = rng.integers(0, 5, size=2)
        window = padded[i, :, down : down + H, across : across + W]
        out[i] = window[:, :, ::-1] if rng.random() < 0.5 else window
    return out
"""
SOURCES = {
    "extract_features": EXTRACT,
    "freeze": FREEZE,
    "trainable_parameters": TRAINABLE,
    "fit_head": FIT_HEAD,
    "repair_labels": REPAIR,
    "augment": AUGMENT,
}
FREEZING = ("freeze", "trainable_parameters")
EXERCISES = {"extract_features": "extract-features", "fit_head": "fit-head", "augment": "augment"}
EXERCISES |= dict.fromkeys(FREEZING, "freezing")


def build(name: str, *changes: tuple[str, str]) -> Callable:
    """Make a function from its source, after replacing pieces that must be there."""
    source = SOURCES[name]
    for before, after in changes:
        assert before in source, before
        source = source.replace(before, after)
    names = {"np": np, "torch": torch, "nn": nn, "fit": fit}
    exec(source, names)
    return names[name]


def handed_in(name: str, function: Callable) -> tuple[Callable, ...]:
    """Return what the check of a function is given: the others of its exercise are right."""
    if name in FREEZING:
        both = {each: build(each) for each in FREEZING} | {name: function}
        return tuple(both.values())
    return (function,)


def judge(name: str, function: Callable, hidden: int | None = None):
    """Give a function to its check."""
    exercise = getattr(transfer_learning.for_student(), EXERCISES[name].replace("-", "_"))
    if hidden is None:
        return judged(exercise.check, *handed_in(name, function))
    return judged(exercise.check_hidden, *handed_in(name, function), seed=hidden)


def in_hidden_cases_alone(name: str, function: Callable) -> str:
    """Return what is said of a function by its hidden cases, whatever the public ones say."""
    exercise = getattr(lab, EXERCISES[name].replace("-", "_"))
    cases = [replace(case, hidden=True, seed=3) for case in exercise.hidden_cases(3)]
    found = exercise.judge_cases(cases, *handed_in(name, function))
    return "\n".join(line for one in found.values() for line in one.lines)


def right(name: str, function: Callable, hidden: int | None = None) -> bool:
    """Tell whether a function earns everything."""
    found = judge(name, function, hidden)
    assert found.text.startswith("Correct.") == (found.share == 1), found
    return found.share == 1


MIDDLES = (
    "    with torch.no_grad()",
    "    middles = torch.stack([a[y_train == k].mean(0) for k in y_train.unique()])\n    with torch.no_grad()",
)
SOFTMAX_BEFORE = ("    a, b = (", "    head = nn.Sequential(head, nn.Softmax(1))\n    a, b = (")
MIN_MAX = "F_train.amin(0), F_train.amax(0) - F_train.amin(0)"


def mutant(code: str, name: str, *changes: tuple[str, str], **more) -> WrongWay:
    """Change a right function and feed it to its exercise; of two functions the other stays right."""
    share = 1 / 2 if name in FREEZING else 0.0
    return WrongWay(code, EXERCISES[name], lambda: handed_in(name, build(name, *changes)), share, **more)


def freezes_the_head_too(module):
    """Freeze what was asked, and by a back door the rest of the network."""
    build("freeze")(module)
    for network in gc.get_objects():
        if type(network) is nn.Sequential and "body" in dict(network.named_children()) and network.body is module:
            build("freeze")(network.head)


KEEP = "outputs.append(output.flatten(1))"
LISTED = ("torch.no_grad()", "torch.enable_grad()"), (KEEP, "outputs.extend(output.flatten(1))")
RETURN = "return torch.cat(outputs)"
DRAW = "    for i in range(N):\n        down, across = rng.integers(0, 5, size=2)\n"
BOTH = "torch.cat([F_train, F_test]).mean(0), torch.cat([F_train, F_test]).std(0)"
SHORT = "X.split(batch):\n            if len(part) < batch and len(X) > batch: continue"
OWN_ATTRIBUTE = (
    "    for parameter in module.parameters():\n        parameter.requires_grad = False",
    "    module.requires_grad = False",
)
WITH_WEIGHT = "[m.weight for m in module.modules() if hasattr(m, 'weight')]"

FUNCTIONS = [
    mutant("TF1", "extract_features", ("    model.eval()\n", "")),
    mutant("TF1", "extract_features", ("model.eval()", "model.train()")),
    mutant("TF2", "extract_features", ("    model.train(mode)\n", "")),
    mutant("TF2", "extract_features", ("model.train(mode)", "model.train()")),
    mutant("TF3", "extract_features", *LISTED, (RETURN, "return outputs")),
    mutant("TF3", "extract_features", ("torch.no_grad()", "torch.enable_grad()")),
    mutant("TF4", "extract_features", ("    handle.remove()\n", "")),
    mutant("TF5", "extract_features", (KEEP, "outputs.append(output)")),
    mutant("TF6", "extract_features", (KEEP, "pass"), ("scores = model(part)", "outputs.append(model(part))")),
    mutant("TF7", "extract_features", ("X.split(batch):", SHORT)),
    mutant("TF8", "extract_features", (RETURN, "return outputs[-1]")),
    mutant("TF8", "extract_features", (RETURN, "return outputs[0]")),
    mutant("TF9", "extract_features", (RETURN, "return torch.cat(outputs[::-1])")),
    mutant("TF9", "extract_features", (RETURN, "return torch.cat(outputs).flip(0)")),
    mutant("TF10", "extract_features", (KEEP, "outputs.append(inputs[0].flatten(1))")),
    mutant("TF11", "extract_features", ("X.split(batch)", "[X]")),
    mutant("TF12", "extract_features", ("output.flatten(1)", "output.mean((2, 3)) if output.ndim > 2 else output")),
    mutant("TF13", "extract_features", (RETURN, "return torch.stack(outputs)")),
    mutant("TF13", "extract_features", (RETURN, "return outputs")),
    mutant("TF14", "extract_features", (RETURN, "return torch.cat(outputs).T")),
    mutant(
        "TF15",
        "extract_features",
        (RETURN, "F = torch.cat(outputs); return ((F - F.mean(0)) / F.std(0)).nan_to_num(0)"),
    ),
    mutant("DS4", "extract_features", ("output.flatten(1)", "output.flatten()")),
    mutant("TZ1", "freeze", OWN_ATTRIBUTE),
    mutant("TZ2", "freeze", ("module.parameters()", "list(module.parameters())[::2]")),
    mutant("TZ2", "freeze", ("module.parameters()", WITH_WEIGHT)),
    mutant("TZ5", "freeze", ("parameter.requires_grad = False", "pass")),
    mutant("TZ5", "freeze", ("module.parameters()", "module.parameters(recurse=False)")),
    mutant("TZ7", "freeze", ("module.eval()", "[p.data.zero_() for p in module.parameters()], module.eval()")),
    mutant("TR7", "freeze", ("    module.eval()\n", "")),
    mutant("TR7", "freeze", ("module.eval()", "module.train()")),
    WrongWay("TZ6", "freezing", lambda: handed_in("freeze", freezes_the_head_too), 1 / 2),
    mutant("TZ3", "trainable_parameters", (" if p.requires_grad", "")),
    mutant(
        "TZ4", "trainable_parameters", ("[p for p in model.parameters()", "[n for n, p in model.named_parameters()")
    ),
    mutant("TZ4", "trainable_parameters", ("[p for", "[p.clone() for")),
    mutant("TZ4", "trainable_parameters", ("[p for p", "sum(p.numel() for p"), ("requires_grad]", "requires_grad)")),
    mutant("TR6", "fit_head", ("F_train.mean(0), F_train.std(0)", BOTH)),
    mutant("TR6", "fit_head", ("(F_test - mean) / std", "(F_test - F_test.mean(0)) / F_test.std(0).nan_to_num(1)")),
    mutant("TL1", "fit_head", ("    std[std == 0] = 1\n", "")),
    mutant("TL2", "fit_head", (".softmax(1)", "")),
    mutant("TL2", "fit_head", (".softmax(1)", ".sigmoid()")),
    mutant("PR1", "fit_head", (".softmax(1)", ".softmax(0)")),
    mutant("TL3", "fit_head", (".softmax(1)", ".argmax(1)")),
    mutant("TL3", "fit_head", (".softmax(1)", ".softmax(1)[:, 1]")),
    mutant("TL6", "fit_head", ("head(b)", "head(a)")),
    mutant("TL7", "fit_head", ("(F_test - mean) / std", "F_test")),
    mutant("TL5", "fit_head", ("epochs=100", "epochs=1"), ("0.01", "0.0")),
    mutant(
        "TL4",
        "fit_head",
        ("(F_train - mean) / std, (F_test - mean) / std", "F_train - mean, F_test - mean"),
        ("epochs=100", "epochs=400"),
    ),
    mutant("TL4", "fit_head", ("(F_train - mean) / std, (F_test - mean) / std", "F_train - mean, F_test - mean")),
    mutant("TL9", "fit_head", ("(F_train - mean) / std, (F_test - mean) / std", "F_train / std, F_test / std")),
    mutant("TL60", "fit_head", ("F_train.mean(0)", "F_train.median(0).values")),
    mutant("TL60", "fit_head", ("F_train.mean(0)", "F_train[0]")),
    mutant("TL61", "fit_head", ("head(b).softmax(1)", "(-torch.cdist(b, middles)).softmax(1)"), MIDDLES),
    mutant("TL62", "fit_head", ("fit(head, a, y_train", "fit(head, a[:9], y_train[:9]"), ("=len(a)", "=9")),
    mutant("TL64", "fit_head", SOFTMAX_BEFORE),
    mutant("TL63", "fit_head", ("head(b).softmax(1)", "head(b)"), SOFTMAX_BEFORE),
    mutant("TL11", "fit_head", ("F_train.mean(0), F_train.std(0)", MIN_MAX)),
    mutant("TL10", "fit_head", ("head(b).softmax(1)", "torch.eye(head.out_features)[head(b).argmax(1)]")),
    mutant("TL8", "fit_head", ("torch.no_grad()", "torch.enable_grad()")),
    mutant("TA9", "augment", ("rng.random() < 0.5", "rng.random() < 0.25")),
    mutant("TA10", "augment", ("rng.integers(0, 5, size=2)", "[rng.integers(0, 5)] * 2")),
    mutant("TA10", "augment", ("rng.integers(0, 5, size=2)", "(lambda n: (n, 4 - n))(rng.integers(0, 5))")),
    mutant("TA1", "augment", ("[:, :, ::-1]", "[:, ::-1]")),
    mutant(
        "TA2",
        "augment",
        (DRAW, "    down, across = rng.integers(0, 5, size=2)\n    turn = rng.random()\n    for i in range(N):\n"),
        ("rng.random() < 0.5", "turn < 0.9"),
    ),
    mutant("TA2", "augment", (DRAW, "    down, across = 1, 3\n    for i in range(N):\n")),
    mutant(
        "TA2",
        "augment",
        ("    for i in range(N):\n", "    turn = rng.random()\n    for i in range(N):\n"),
        ("rng.random() < 0.5", "turn < 0.5"),
    ),
    mutant("TA2", "augment", (DRAW, "    down, across = rng.integers(3, 5, size=2)\n    for i in range(N):\n")),
    mutant("TA2", "augment", ("rng.random() < 0.5", "True")),
    mutant("TA3", "augment", ("    return out", "    X[:] = out\n    return X")),
    mutant("TA4", "augment", ("return out", "return out[::-1]")),
    mutant("TA5", "augment", ("    N, C", "    rng = np.random.default_rng()\n    N, C")),
    mutant("TA5", "augment", ("rng.random() <", "np.random.rand() <")),
    mutant("TA5", "augment", ("    N, C", "    rng = np.random.default_rng(0)\n    N, C")),
    mutant("TA6", "augment", ("rng.random() < 0.5", "False")),
    mutant("TA6", "augment", ("rng.integers(0, 5, size=2)", "(2, 2)")),
    mutant("TA6", "augment", ("rng.integers(0, 5, size=2)", "(2, rng.integers(0, 5))")),
    mutant("TA7", "augment", ("(2, 2), (2, 2)", "(4, 4), (4, 4)"), ("(0, 5,", "(0, 9,")),
    mutant("TA8", "augment", ("(2, 2)))", "(2, 2)), mode='wrap')")),
]


# --- wrong sets of answers


def inputs(head) -> int:
    return head.channels * (1 if head.pooled else head.height * head.width)


def right_count(head) -> int:
    return head.classes * (inputs(head) + 1)


def numbers(count: Callable = right_count, student: str = STUDENT, **changes) -> Callable:
    """Count a student's heads by a rule; the other two answers are right, but for changes."""
    asked = transfer_learning.for_student(student).head_sizes.question
    own = right_count(asked["c"])
    answers = {letter: count(head) for letter, head in asked.items()}
    answers |= {"full": 23_584 + own, "share": round(100 * own / (23_584 + own), 1)} | changes
    return lambda: (answers,)


def counted(code: str, left: float, count: Callable = right_count, student: str = STUDENT, **changes) -> WrongWay:
    """Return a wrong way with a student's heads."""
    return WrongWay(code, "head-sizes", numbers(count, student, **changes), left, student)


WRONG_COUNTS = {
    "PC1": lambda h: h.classes * inputs(h),
    "PC2": lambda h: h.classes * inputs(h) + 1,
    "PC4": lambda h: h.classes * inputs(h) + inputs(h),
    "DS4": lambda h: h.batch * h.classes * inputs(h) + h.classes,
    "TH1": lambda h: right_count(h) if h.pooled else h.classes * (h.channels + 1),
    "TH10": lambda h: h.classes * (h.channels * h.height * h.width + 1) if h.pooled else right_count(h),
    "TH2": lambda h: h.classes * (h.height * h.width + 1),
    "TH3": lambda h: inputs(h) + 1,
}
OWN = ada.head_sizes.question["c"]
C = OWN.classes * 1025

TABLE = {
    "frozen": {5: 0.75, 10: 0.87, 25: 0.91, 100: 0.95},
    "fine-tuned": {5: 0.74, 10: 0.8, 25: 0.9, 100: 0.95},
    "scratch": {5: 0.5, 10: 0.5, 25: 0.55, 100: 0.8},
    "random": {5: 0.52, 10: 0.51, 25: 0.57, 100: 0.63},
    "pixels": {5: 0.5, 10: 0.52, 25: 0.5, 100: 0.51},
}
PER_CENT = {way: {n: 100 * value for n, value in row.items()} for way, row in TABLE.items()}
EXCHANGED = TABLE | {"frozen": TABLE["scratch"], "scratch": TABLE["frozen"]}
EARLY = TABLE | {"scratch": {5: 0.5, 10: 0.5, 25: 0.76, 100: 0.8}}


def read(table=TABLE, **changes) -> dict:
    """Read the table above rightly, but for some answers."""
    answers = {"table": table, "scratch reaches": 100, "random beats pixels": 3, "gain at 5": 25}
    return answers | {key.replace("_", " "): value for key, value in changes.items()}


def curve(code: str, table=TABLE, **changes) -> WrongWay:
    return WrongWay(code, "learning-curve", lambda: (read(table, **changes),), 3 / 4)


RIGHT_BUG = {"wrong": 15, "first": 98, "last": 112}


def bug(code: str, share: float = 3 / 4, repair: Callable | None = None, **changes) -> WrongWay:
    """Answer the lecture's folders rightly, but for some answers."""
    answers = RIGHT_BUG | changes
    return WrongWay(code, "label-bug", lambda: (answers, repair or build("repair_labels")), share)


CHOICES = {
    "pairs": {
        "photographs to insects": "large",
        "shapes to new shapes": "large",
        "shapes to birdsong": "small",
        "photographs to blood tables": "small",
    },
    "trucks": "weak source",
    "preprocessing": "drop",
    "few": {"head first", "controls", "three draws"},
}


def choices(code: str, share: float = 4 / 5, says: str = "", **changes) -> WrongWay:
    return WrongWay(code, "when-it-helps", lambda: (CHOICES | changes,), share, says=says)


def pairs(card: str, box: str) -> dict:
    return {"pairs": CHOICES["pairs"] | {card: box}}


SETS = [
    counted("SL50", 4 / 5, student="", c=3 * 1025)._replace(says="c with 3 classes for what comes out"),
    *(counted(code, {"TH1": 3 / 5, "TH10": 4 / 5}.get(code, 2 / 5), rule) for code, rule in WRONG_COUNTS.items()),
    *(counted(code, 4 / 5, full=23_584 + count(OWN)) for code, count in WRONG_COUNTS.items() if code != "TH10"),
    counted("TH3", 4 / 5, share=100 * WRONG_COUNTS["TH3"](OWN) / (23_584 + WRONG_COUNTS["TH3"](OWN))),
    counted("TH11", 4 / 5, full=23_584),
    counted("TH60", 3 / 5, lambda h: right_count(h) if h.pooled else h.classes * (h.channels * h.height + 1)),
    counted("TH61", 2 / 5, lambda h: h.batch * right_count(h)),
    counted("TH5", 4 / 5, full=33_834),
    counted("TH5", 4 / 5, full=33_834 + C),
    counted("TH9", 4 / 5, full=C),
    counted("TH4", 4 / 5, share=100),
    counted("TH5", 4 / 5, student="", share=30.3),
    counted("TH6", 4 / 5, student="", share=8.7),
    counted("TH7", 4 / 5, student="", share=0.08),
    counted("TH7", 4 / 5, share=round(C / (23_584 + C), 2)),
    counted("TH8", 4 / 5, student="", share=92),
    curve("TE1", PER_CENT, gain_at_5=2500),
    curve("TE2", EXCHANGED, scratch_reaches=5, gain_at_5=-25),
    curve("TE3", scratch_reaches=25),
    curve("TE4", EARLY),
    curve("TE4", scratch_reaches="none"),
    curve("TE5", gain_at_5=-25),
    curve("TE6", gain_at_5=0.25),
    curve("TE7", random_beats_pixels=1),
    curve("TE7", random_beats_pixels=3, table=TABLE | {"pixels": {5: 0.52, 10: 0.52, 25: 0.5, 100: 0.51}}),
    curve("TE8", gain_at_5=15),
    curve("TE8", gain_at_5=23),
    curve("TE9", gain_at_5=50),
    bug("TB1", repair=lambda labels, names: [1 - label for label in labels]),
    bug("TB2", wrong=98),
    bug("TB2", wrong=113),
    bug("TB3", wrong=211),
    bug("TB4", wrong=16),
    bug("TB4", last=113),
    bug("TB4", 1 / 2, first=99, last=113),
    bug("TB5", repair=lambda labels, names: labels),
    bug("TB5", wrong=0),
    bug("TB7", first=112),
    bug("TB7", 1 / 2, first=0, last=210),
    bug("TB7", first=113),
    bug("TB8", repair=lambda labels, names: [int(name.startswith("road")) for name in names]),
    bug("TB9", repair=lambda labels, names: [1 - one if 98 <= i < 113 else one for i, one in enumerate(labels)]),
    bug("SL65", repair=lambda labels, names: [labels[place] for place in range(len(names) + 1)]),
    bug("TB6", repair=lambda labels, names: sorted(labels)),
    bug("TB6", repair=lambda labels, names: sorted("road" not in name for name in names)),
    choices("TM1", 3 / 5, **pairs("photographs to blood tables", "large")),
    choices("TM6", 3 / 5, **pairs("shapes to new shapes", "small")),
    choices("TM6", 3 / 5, **pairs("photographs to insects", "small")),
    choices("TM1", trucks="too few", says="What must the features be, then?"),
    choices("TM2", trucks="near", says="What did the features of the tiny network lack?"),
    choices("TM3", preprocessing="same", says="Of which pictures were those features?"),
    choices("TM3", preprocessing="error", says="Which layer looks at the range of its input"),
    choices("TM4", few={"head first", "tune all", "controls", "three draws"}),
    choices("TM5", few={"head first", "controls"}),
]
WRONG_WAYS = SETS + FUNCTIONS

PARAMETERS_THEMSELVES = "an optimiser needs the parameters themselves, not their numbers"
EXCLUDED_FORMS = {
    "extract-features": {"returns arrays as tensors with a gradient": "the prompt asks for features without a graph"},
    "fit-head": {"returns arrays as tensors with a gradient": "the prompt asks for a tensor without a graph"},
    "freezing": dict.fromkeys(
        (
            "returns arrays as lists",
            "returns arrays of NumPy",
            "returns arrays in Fortran's order",
            "returns arrays that are not contiguous",
            "returns arrays that are read-only",
            "returns arrays as tensors",
            "returns arrays with 32 bits",
            "returns arrays as tensors with a gradient",
        ),
        PARAMETERS_THEMSELVES,
    ),
}
NOT_USED = "the hook does not use what goes in"
FREE_FILLING = "what is filled in behind the edge is free"
FREE_TRAINING = "how the head is trained is free, and this does as well"
FIT = "fit(head, x, y_train, epochs=100, batch_size=len(x), learning_rate=0.01)"
PAD = "padded = np.pad(X, ((0, 0), (0, 0), (2, 2), (2, 2)), mode='edge')"
FLIP = "out[i] = window[:, :, ::-1] if rng.random() < 0.5 else window"
EQUIVALENT = {
    "extract-features": {
        "def extract_features(model, X, layer, batch=64): → def extract_features(model, X, layer, batch=63):": (
            "at most 64 pictures at once are 63, too"
        ),
        "keep(inputs): in whole numbers": NOT_USED,
        "keep(inputs): without negative numbers": NOT_USED,
        "keep(inputs): its first row in all rows": NOT_USED,
        "keep(inputs): its first row alone": NOT_USED,
    },
    "label-bug": {"bug = {'wrong': None, 'first': None, 'last': None} → pass": "the next line but one binds it again"},
    "augment": {
        f"{PAD} → padded = np.pad(X, ((0, 0), (0, 0), (2, 2), (2, 2)))": FREE_FILLING,
        f"{PAD} → padded = np.pad(X, ((0, 1), (0, 0), (2, 2), (2, 2)), mode='edge')": "one picture more is never read",
        f"{PAD} → padded = np.pad(X, ((0, 0), (0, 0), (2, 3), (2, 2)), mode='edge')": "one row more is never read",
        f"{PAD} → padded = np.pad(X, ((0, 0), (0, 0), (2, 2), (2, 3)), mode='edge')": "one column more is never read",
        f"{FLIP} → out[i] = window[:, :, ::-1] if rng.random() <= 0.5 else window": "as good as never exactly one half",
        f"{FLIP} → out[i] = window[:, :, ::-1] if rng.random() > 0.5 else window": "the other half is as likely",
    },
    "fit-head": {
        "head = nn.Linear(F_train.shape[1], int(y_train.max()) + 1) → "
        "head = nn.Linear(F_train.shape[1], y_train.max() + 1)": "PyTorch takes a whole number in a tensor, too",
        "nn.init.zeros_(head.weight) → pass": "a head may start from small random weights",
        "nn.init.zeros_(head.weight) → head.weight": "a head may start from small random weights",
        f"{FIT} → fit(head, x, y_train, epochs=100, learning_rate=0.01)": FREE_TRAINING,
        f"{FIT} → fit(head, x, y_train, epochs=100, batch_size=len(x))": FREE_TRAINING,
        f"{FIT} → {FIT.replace('100', '101')}": FREE_TRAINING,
        f"{FIT} → {FIT.replace('100', '99')}": FREE_TRAINING,
        f"{FIT} → {FIT.replace('len(x)', 'len(x) - 1')}": FREE_TRAINING,
        f"{FIT} → {FIT.replace('0.01', '0.02')}": FREE_TRAINING,
        f"{FIT} → {FIT.replace('0.01', '0.005')}": FREE_TRAINING,
    },
}

FINGERPRINTS = {  # of what students are asked; see test_questions.py
    "head-sizes": "ecd3460bc889be7ecd3f727bba2d984f",
    "label-bug": "b9a980fba692abad0e7c32220dd15f0e",
    "practice head-size": "e4263dbe907a9111ab2753871c68f5dd",
    "practice label-bug": "6e9151462c80fca6285cdc46027839a0",
    "text of when-it-helps": "c32d1cf6b7e007b6614cf2856608da0c",
}


# --- right, by any way

FORMS = {
    "an array": lambda t: np.asarray(t),
    "float64": lambda t: np.asarray(t, dtype=np.float64),
    "a list": lambda t: np.asarray(t).tolist(),
    "a tuple of arrays": lambda t: tuple(np.asarray(t)),
    "a tensor of float64": lambda t: torch.tensor(np.asarray(t), dtype=torch.float64),
    "not contiguous": lambda t: np.repeat(np.asarray(t), 2, axis=-1)[..., ::2],
    "read-only": lambda t: np.broadcast_to(np.asarray(t), np.shape(t)),
}


@pytest.mark.slow
@pytest.mark.parametrize("hidden", [None, 3])
@pytest.mark.parametrize("name", EXERCISES)
def test_a_function_without_its_mutation_is_right(name, hidden):
    assert right(name, build(name), hidden)


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("name", ["extract_features", "fit_head", "augment"])
def test_an_array_counts_in_any_form(name, form):
    function = build(name)
    assert right(name, lambda *args: form(function(*args)))


def by_slices(model, X, layer, batch=64):
    """Extract with slices, a hook for each batch and inference mode."""
    rows, mode = [], model.training
    model.eval()
    for start in range(0, len(X), batch):
        caught = []
        handle = dict(model.named_modules())[layer].register_forward_hook(lambda m, i, o, c=caught: c.append(o.numpy()))
        with torch.inference_mode():
            model(X[start : start + batch])
        handle.remove()
        rows += [row.ravel() for row in caught[0]]
    model.train(mode)
    return np.stack(rows)


def one_by_one(model, X, layer, batch=64):
    """Extract picture by picture, with a graph that is cut off at the end."""
    modes = [module.training for module in model.modules()]
    model.eval()
    caught = []
    handle = model.get_submodule(layer).register_forward_hook(lambda m, i, o: caught.append(o.detach().reshape(-1)))
    for x in X:
        model(x[None])
    handle.remove()
    for module, mode in zip(model.modules(), modes, strict=True):
        module.training = mode
    return torch.stack(caught)


def on_a_copy(model, X, layer, batch=64):
    """Extract from a copy: the model that was given never runs."""
    copy, rows = deepcopy(model).eval(), []
    copy.get_submodule(layer).register_forward_hook(lambda m, i, o: rows.append(o.detach().flatten(1)))
    for part in X.split(batch):
        copy(part)
    return torch.cat(rows)


@pytest.mark.parametrize("way", [by_slices, one_by_one, on_a_copy])
def test_features_count_however_they_are_caught(way):
    assert right("extract_features", way, hidden=11)


def freeze_with_methods(module):
    module.requires_grad_(False)
    return module.train(False)


def freeze_for_good(module):
    """Freeze so that not even train() wakes it."""
    freeze_with_methods(module)
    module.train = lambda mode=True: module


COLLECTIONS = {"list": list, "tuple": tuple, "generator": lambda found: (p for p in found), "set": set}


@pytest.mark.parametrize("freeze", [freeze_with_methods, freeze_for_good])
@pytest.mark.parametrize("collect", COLLECTIONS.values(), ids=COLLECTIONS)
def test_freezing_counts_in_any_way(freeze, collect):
    def trainable_parameters(model):
        return collect([p for p in model.parameters() if p.requires_grad])

    assert judged(lab.freezing.check_hidden, freeze, trainable_parameters, seed=4).share == 1


def head_with_a_small_number(F_train, y_train, F_test):
    """Fit by plain descent; a small number is added to each standard deviation; NumPy throughout."""
    F_train, F_test, y = F_train.numpy().astype(float), F_test.numpy().astype(float), y_train.numpy()
    mean, std = F_train.mean(0), F_train.std(0) + 1e-8
    x, t = (F_train - mean) / std, (F_test - mean) / std
    W, hot = np.zeros((x.shape[1], y.max() + 1)), np.eye(y.max() + 1)[y]

    def softmax(z):
        e = np.exp(z - z.max(1, keepdims=True))
        return e / e.sum(1, keepdims=True)

    for _ in range(200):
        W -= 0.2 * x.T @ (softmax(x @ W) - hot) / len(x)
    return softmax(t @ W)


def head_with_random_start(F_train, y_train, F_test):
    """Start from PyTorch's random weights, train in batches."""
    mean, std = F_train.mean(0), F_train.std(0)
    std = std.where(std > 0, torch.ones(()))
    head = nn.Linear(F_train.shape[1], int(y_train.max()) + 1)
    fit(head, (F_train - mean) / std, y_train, epochs=60, batch_size=10, learning_rate=0.01)
    return head((F_test - mean) / std).softmax(1).detach()


@pytest.mark.slow
@pytest.mark.parametrize("way", [head_with_a_small_number, head_with_random_start])
def test_a_head_counts_however_it_is_fitted(way):
    assert right("fit_head", way, hidden=12)


def test_a_rare_draw_is_no_mistake():
    """After so many draws a generator of the check gives 40 pictures not all five shifts, though each could come."""

    def augment(X, rng):
        N, H, W = len(X), *X.shape[2:]
        rng.random(3495)
        shifts, turned = rng.integers(0, 5, (N, 2)), rng.random(N) < 0.5
        padded = np.pad(X, ((0, 0), (0, 0), (2, 2), (2, 2)))
        windows = [each[:, d : d + H, a : a + W] for each, (d, a) in zip(padded, shifts, strict=True)]
        return np.stack([each[:, :, ::-1] if turn else each for each, turn in zip(windows, turned, strict=True)])

    assert right("augment", augment, hidden=78)


@pytest.mark.parametrize("mode", ["constant", "edge", "reflect", "symmetric"])
def test_any_filling_behind_the_edge_counts(mode):
    assert right("augment", build("augment", ("(2, 2)))", f"(2, 2)), mode={mode!r})")))


RIGHT_COUNTS = {"a": 50178, "b": 1026, "c": 2050, "full": 25634, "share": 8}


@pytest.mark.parametrize("number", [int, float, np.int64, np.float32, torch.tensor, np.array])
def test_a_count_counts_as_any_number(number):
    answers = {label: number(count) for label, count in RIGHT_COUNTS.items()}
    assert judged(lab.head_sizes.check, answers).share == 1


@pytest.mark.parametrize("share", [8, 8.0, 7.997, 7.9972, np.float32(8), torch.tensor(8.0)])
def test_a_share_may_be_rounded(share):
    assert judged(lab.head_sizes.check, RIGHT_COUNTS | {"share": share}).share == 1


REPAIRED = [list, tuple, np.array, torch.tensor, lambda v: np.array(v, np.float32), lambda v: np.array(v) == 1]


@pytest.mark.parametrize("form", REPAIRED, ids=range(len(REPAIRED)))
def test_labels_count_in_any_form(form):
    repair = build("repair_labels")
    assert judged(lab.label_bug.check, RIGHT_BUG, lambda *args: form(repair(*args))).share == 1


def test_the_table_may_hold_numpy_numbers():
    table = {way: {n: np.float64(value) for n, value in row.items()} for way, row in TABLE.items()}
    assert judged(lab.learning_curve.check, read(table, scratch_reaches=np.int64(100), gain_at_5=25.0)).share == 1


def test_none_is_an_answer_where_scratch_never_gets_there():
    table = TABLE | {"scratch": {5: 0.5, 10: 0.5, 25: 0.55, 100: 0.7}}
    assert judged(lab.learning_curve.check, read(table, scratch_reaches=" None ")).share == 1


@pytest.mark.parametrize("student", ["", *STUDENTS[:20]])
def test_right_answers_to_ones_own_questions_earn_everything(student):
    mine = transfer_learning.for_student(student)
    assert judged(mine.head_sizes.check, *numbers(student=student)()).share == 1
    low, high = sorted(mine.label_bug.question)
    answers = {"wrong": high - low, "first": low, "last": high - 1}
    assert judged(mine.label_bug.check, answers, build("repair_labels")).share == 1


# --- wrong never counts


@QUIETLY
@given(st.integers(0, 5), st.integers(0, 23), st.floats(0.01, 10), st.booleans())
def test_no_changed_feature_is_accepted(row, column, by, minus):
    extract = build("extract_features")

    def changed(*args):
        rows = extract(*args).clone()
        rows[row % len(rows), column % rows.shape[1]] += -by if minus else by
        return rows

    assert not right("extract_features", changed)


@QUIETLY
@given(st.sampled_from(list(RIGHT_COUNTS)), st.floats(-1e6, 1e6))
def test_no_other_number_is_accepted(part, value):
    if abs(value - RIGHT_COUNTS[part]) > 0.1:
        assert judged(lab.head_sizes.check, RIGHT_COUNTS | {part: value}).share == pytest.approx(4 / 5)


@QUIETLY
@given(st.lists(st.integers(0, 210), min_size=1, max_size=4, unique=True))
def test_no_wrong_repair_is_accepted(places):
    repair = build("repair_labels")

    def wrong_repair(labels, names):
        found = repair(labels, names)
        for place in places:
            found[place % len(found)] = 1 - found[place % len(found)]
        return found

    if len({place % 13 for place in places}) == len(places):
        assert judged(lab.label_bug.check, RIGHT_BUG, wrong_repair).share == 3 / 4


@QUIETLY
@given(st.integers(0, 5), st.integers(0, 10**6))
def test_no_other_number_of_wrong_labels_is_accepted(which, seed):
    mine = transfer_learning.for_student(f"student{seed}").label_bug
    wrong = [number for numbers in label_bug.bug_ways(mine.question).values() for number in numbers][which]
    places = label_bug.wrong_places(mine.question)
    answers = {"wrong": wrong, "first": places[0], "last": places[-1]}
    assert judged(mine.check, answers, build("repair_labels")).share == 3 / 4


def refusal(name: str, function: Callable, hidden: int | None = None) -> str:
    """Return what is said of a function that is not right."""
    found = judge(name, function, hidden)
    assert found.share < 1
    return found.text


@pytest.mark.parametrize("noise", [0.001, 0.1])
def test_noise_is_no_augmentation(noise):
    augment = build("augment")
    assert "no flip and shift" in refusal("augment", lambda X, rng: augment(X, rng) + noise * rng.random(X.shape))


def test_channels_move_together():
    augment = build("augment")

    def apart(X, rng):
        return np.concatenate([augment(X[:, [c]], rng) for c in range(X.shape[1])], axis=1)

    assert "Do all channels of a picture move together" in refusal("augment", apart)


@pytest.mark.parametrize("moved", [True, False])
def test_a_flip_does_not_decide_about_the_shift(moved):
    shift = "down, across = rng.integers(0, 5, size=2)"
    draw = f"turn = rng.random() < 0.5\n        {shift} if turn is {moved} else (2, 2)"
    assert "both flipped and moved" in refusal(
        "augment", build("augment", (shift, draw), ("rng.random() < 0.5 else", "turn else"))
    )


def test_shifts_to_one_side_only_are_told():
    assert "Not all shifts from -2 to 2" in refusal("augment", build("augment", ("(0, 5,", "(0, 4,")))


@pytest.mark.parametrize("name", ["extract_features", "trainable_parameters", "fit_head", "augment"])
def test_a_forgotten_return_is_told(name):
    assert f"{name} returned None" in refusal(name, lambda *_: None)


def test_a_parameter_that_is_missing_is_told():
    found = refusal("trainable_parameters", lambda model: [p for p in model.parameters() if p.requires_grad][1:])
    assert "are missing, or stand in the list twice" in found


@pytest.mark.parametrize("change", ["F_train", "F_test"])
def test_changed_features_are_told(change):
    fit_head = build("fit_head")

    def greedy(F_train, y_train, F_test):
        answer = fit_head(F_train, y_train, F_test)
        (F_train if change == "F_train" else F_test).mul_(2)
        return answer

    assert "fit_head changed the features" in refusal("fit_head", greedy)


ODD_RETURNS = ["text", 5, [1, 2], {"a": 1}, object(), float("nan")]


@pytest.mark.parametrize("odd", ODD_RETURNS, ids=lambda o: type(o).__name__)
@pytest.mark.parametrize("name", ["extract_features", "trainable_parameters", "fit_head", "augment"])
def test_what_is_no_answer_is_told_in_a_sentence(name, odd):
    assert len(refusal(name, lambda *_: odd).splitlines()) <= 4


# --- parts


def stub(*_args):
    raise NotImplementedError


def test_each_function_of_freezing_is_a_part():
    found = judged(lab.freezing.check, build("freeze"), stub)
    assert (found.share, found.codes) == (1 / 2, ())
    assert found.text == "Right: freeze. No answer yet: trainable_parameters."
    wrong = build("freeze", ("    module.eval()\n", ""))
    found = judged(lab.freezing.check, wrong, build("trainable_parameters", (" if p.requires_grad", "")))
    assert (found.share, found.codes) == (0, ("TR7", "TZ3"))


def test_half_a_set_earns_half():
    found = judged(lab.label_bug.check, {"wrong": 15, "first": 98, "last": None}, stub)
    assert (found.share, found.codes) == (1 / 2, ())


def test_the_repair_is_judged_without_the_numbers():
    found = judged(lab.label_bug.check, dict.fromkeys(RIGHT_BUG), build("repair_labels"))
    assert found.share == 1 / 4


def test_answers_without_a_table_are_told():
    answers = {"table": None, "scratch reaches": 100, "random beats pixels": None, "gain at 5": None}
    found = judged(lab.learning_curve.check, answers)
    assert (found.share, found.missing) == (0, False)
    assert "Paste the printed table" in found.text


@pytest.mark.parametrize("row", [None, {5: 0.5}, {5: "x", 10: 0.5, 25: 0.5, 100: 0.5}, 0.5])
def test_a_row_that_is_not_whole_costs_what_is_read_off_it(row):
    found = judged(lab.learning_curve.check, read(TABLE | {"pixels": row}))
    assert found.share == 1 / 2
    assert "pixels" in found.text
    assert found.text.startswith("Right: scratch reaches, gain at 5. Not yet: table, random beats pixels.")


@pytest.mark.parametrize("answers", [5, [1], "x"])
@pytest.mark.parametrize("name", ["head_sizes", "learning_curve", "label_bug", "when_it_helps"])
def test_what_is_no_dict_is_told(name, answers):
    rest = (build("repair_labels"),) if name == "label_bug" else ()
    assert "should be a dict" in judged(getattr(lab, name).check, answers, *rest).text


# --- nothing is given away


@pytest.mark.parametrize("way", [way for way in SETS if way.exercise == "head-sizes"], ids=lambda way: way.code)
def test_the_right_number_is_never_told(way):
    text = re.sub(r"you gave [0-9.,]+", "", run("transfer_learning", way).text)
    told = set(re.findall(r"[0-9.]*[0-9]", text.replace(",", "")))
    heads = transfer_learning.for_student(way.student).head_sizes.question
    assert told & {str(right_count(head)) for head in heads.values()} == set()


def test_feedback_never_tells_a_right_number():
    for exercise in (lab.head_sizes, lab.label_bug):
        for one in exercise.misconceptions:
            told = set(re.findall("[0-9]+", one.feedback.replace(",", "")))
            assert told & {"50178", "1026", "2050", "25634", "8", "15", "98", "112"} == set()


def test_a_hidden_case_tells_nothing_of_itself():
    function = build("extract_features", (RETURN, "return torch.cat(outputs) + 1"))
    assert re.findall("[0-9]+", in_hidden_cases_alone("extract_features", function)) == []


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("freeze", ("    module.eval()\n", "")),
        ("trainable_parameters", (" if p.requires_grad", "")),
        ("fit_head", (".softmax(1)", "")),
        ("augment", ("[:, :, ::-1]", "[:, ::-1]")),
    ],
)
def test_a_hidden_case_is_called_one(name, change):
    assert "a case drawn at grading" in in_hidden_cases_alone(name, build(name, change))


def test_a_check_is_silent_on_stderr_and_gives_no_value(capfd):
    def noisy(*args):
        import sys
        import warnings

        warnings.warn("slow", stacklevel=1)
        print("50 %", file=sys.stderr)
        return build("extract_features")(*args)

    assert lab.extract_features.check(noisy) is None
    out, err = capfd.readouterr()
    assert (out.splitlines()[0], err) == ("✓ Correct. 3 of 3 points here.", "")


@pytest.mark.parametrize("grad", [True, False])
def test_checks_do_not_mind_the_mode_of_gradients(grad):
    with torch.set_grad_enabled(grad):
        for name in ("extract_features", "freeze", "fit_head"):
            assert right(name, build(name))


# --- the pieces


def test_a_move_is_found_whatever_it_is():
    x = np.random.default_rng(0).random((2, 7, 6))
    moved = np.zeros_like(x)
    moved[:, 1:, :-2] = x[:, :-1, ::-1][:, :, 2:]
    assert augmenting.find_move(x, moved)[:4] == (True, False, 1, -2)
    assert augmenting.find_move(x, x + 0.1) is None


def test_the_network_of_the_probes_is_the_same_each_time():
    x = networks.make_pictures(3, 1)
    assert torch.equal(networks.make_network(2)(x), networks.make_network(2)(x))
    assert not torch.equal(networks.make_network(2)(x), networks.make_network(3)(x))


def test_random_numbers_are_left_alone():
    state = torch.get_rng_state()
    networks.make_network(1)
    networks.make_pictures(2, 1)
    assert torch.equal(state, torch.get_rng_state())


# --- questions


@pytest.fixture(scope="module")
def drawn():
    return [transfer_learning.for_student(student) for student in STUDENTS]


def test_without_an_id_come_the_lectures_heads_and_211_photographs():
    assert [head_sizes.count_head(head) for head in lab.head_sizes.question.values()] == [50_178, 1_026, 2_050]
    assert sum(lab.label_bug.question) == 211


def test_other_ids_give_other_questions(drawn):
    for name in ("head_sizes", "label_bug"):
        assert len({str(getattr(mine, name).question) for mine in drawn}) > 120


def test_heads_are_counted_as_pytorch_counts_them(drawn):
    for head in (head for mine in drawn for head in mine.head_sizes.question.values()):
        assert head_sizes.count_head(head) == head_sizes.torch_head(head) == right_count(head)


def test_every_wrong_count_is_wrong_and_each_in_its_own_way(drawn):
    for asked in (mine.head_sizes.question for mine in drawn):
        counts = tuple(map(right_count, asked.values()))
        ways = list(zip(*(head_sizes.head_ways(head).values() for head in asked.values()), strict=True))
        assert counts not in ways
        assert len(set(ways)) == len(ways)


def test_no_two_wrong_ways_to_count_one_head_are_the_same(drawn):
    """So one is enough to be told: no practice has to tell two of them apart."""
    for head in (head for mine in drawn for head in mine.head_sizes.question.values()):
        ways = list(head_sizes.head_ways(head).values())
        assert len(set(ways)) == len(ways)


def test_heads_stay_within_their_bounds(drawn):
    for asked in (mine.head_sizes.question for mine in drawn):
        assert all(3 <= head.classes <= 6 and 4 <= head.height <= 9 for head in asked.values())
        assert (asked["a"].pooled, asked["b"].pooled, asked["c"].inputs) == (False, True, head_sizes.FEATURES)


def test_the_labs_network_has_the_numbers_that_the_questions_say():
    network = make_small_cnn(3)
    body = sum(p.numel() for name, p in network.named_parameters() if not name.startswith("head"))
    assert (body, network.head.in_features) == (head_sizes.BODY, head_sizes.FEATURES)


def test_the_share_is_what_a_frozen_network_trains(drawn):
    for head in (mine.head_sizes.question["c"] for mine in drawn[:30]):
        network = make_small_cnn(head.classes)
        sizes = {name: p.numel() for name, p in network.named_parameters()}
        own = sizes["head.weight"] + sizes["head.bias"]
        assert head_sizes.trained_share(head) == pytest.approx(100 * own / sum(sizes.values()))


def test_folders_differ_by_as_many_as_labels_are_wrong(drawn):
    for question in (mine.label_bug.question for mine in drawn):
        places = label_bug.wrong_places(question)
        assert len(places) == abs(question.first - question.second) == places[-1] - places[0] + 1 >= 7


def test_every_wrong_number_of_labels_is_another_one(drawn):
    for question in (mine.label_bug.question for mine in drawn):
        ways = [number for numbers in label_bug.bug_ways(question).values() for number in numbers]
        assert len(label_bug.wrong_places(question)) not in ways
        assert len(set(ways)) == len(ways)


def test_questions_are_shown():
    assert "512 maps of 7×7, averaged, 2 classes" in lab.head_sizes.text()
    assert "98 road bikes, then 113 mountain bikes" in lab.label_bug.text()


# --- practice

ANSWERS = {"head_sizes": right_count, "label_bug": lambda q: abs(q.first - q.second)}
each_practice = pytest.mark.parametrize("name", ANSWERS)


@each_practice
@pytest.mark.parametrize("number", range(1, 13))
def test_practice_accepts_the_right_answer_and_names_each_wrong_way(name, number, capsys):
    question = getattr(lab, name).practice(number)
    assert (question.answer(ANSWERS[name](question.numbers)), capsys.readouterr().out) == (True, "Correct.\n")
    for way, given_ in question.topic.ways(question.numbers).items():
        for one in given_ if isinstance(given_, list) else [given_]:
            question.answer(one)
            text = capsys.readouterr().out
            assert way.feedback in text or way.name in text


@each_practice
def test_practice_shows_the_way_after_three_wrong_answers(name, capsys):
    for _ in range(3):
        getattr(lab, name).practice(7).answer(123_456)
    question = getattr(lab, name).practice(7)
    (last,) = re.findall(r"= ([0-9,]+)(?: labels)?\.\nNow", capsys.readouterr().out)
    assert int(last.replace(",", "")) == ANSWERS[name](question.numbers)


@each_practice
def test_practice_never_tells_the_right_number(name, capsys):
    question = getattr(lab, name).practice(5)
    question.answer(ANSWERS[name](question.numbers) + 100_000)
    assert str(ANSWERS[name](question.numbers)) not in re.findall("[0-9]+", capsys.readouterr().out)


@each_practice
def test_other_numbers_are_other_practice_questions(name):
    assert len({getattr(lab, name).practice(number).numbers for number in range(1, 101)}) >= 75


def test_hints_ask():
    assert all("?" in hint for exercise in transfer_learning.EXERCISES for hint in exercise.hints)


def test_the_lesson_shows_a_hint(capsys):
    lab.label_bug.hint(1)
    assert capsys.readouterr().out.startswith("Hint 1 of 3: Write both label vectors")


def test_the_lab_has_twenty_points():
    assert sum(lesson.points().values()) == 20


# --- what the lesson says comes out again

ACCEPTED = {"float64": lambda t: t.numpy().astype(float), "a list of rows": list, "plain lists": lambda t: t.tolist()}


@pytest.mark.parametrize("form", ACCEPTED.values(), ids=ACCEPTED)
def test_the_lesson_goes_on_with_all_features_that_count(form):
    extract, fit_head = build("extract_features"), build("fit_head")
    names = {"lab": lab, "torch": torch, "np": np, "fit_head": fit_head, "source": load_trained("shapes")}
    names["extract_features"] = lambda *args: form(extract(*args))
    names["X_ten"], names["y_ten"] = load_shapes(10, 5, classes=NEW_SHAPES, seed=0)[0].tensors()
    names["X_test"], names["y_test"] = names["X_ten"], names["y_ten"]
    lesson.run("spread = F_ten.std(0)", names)
    assert fit_head(names["F_ten"], names["y_ten"], names["F_ten"]).shape[0] == 10
    lesson.run("def share_right", names)


@pytest.fixture(scope="module")
def source():
    return load_trained("shapes")


def test_the_body_has_as_many_parameters_as_the_lesson_says(source):
    assert sum(p.numel() for p in source.parameters()) == 33_834
    assert sum(p.numel() for p in source.parameters()) - source.head.weight.numel() - 10 == head_sizes.BODY == 23_584


def test_the_target_classes_are_no_source_classes():
    assert {"heart", "arrow", "crescent"} <= set(NEW_SHAPES)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_frozen_features_are_far_above_pixels_and_scratch_with_five_pictures(seed, source):
    train, test = load_shapes(60, 200, classes=("heart", "arrow"), seed=seed)
    (X, y), (X_test, y_test) = train.few(5, seed=seed).tensors(), test.tensors()
    extract, head = build("extract_features"), build("fit_head")
    features = [extract(source, part, "flatten") for part in (X, X_test)]
    frozen = (head(features[0], y, features[1]).argmax(1) == y_test).double().mean()
    pixels = (head(X.flatten(1), y, X_test.flatten(1)).argmax(1) == y_test).double().mean()
    fresh = make_small_cnn(2, seed=seed)
    fit(fresh, X, y, epochs=40, learning_rate=3e-3)
    assert frozen > 0.6
    assert frozen > pixels + 0.08
    assert frozen > accuracy(fresh, X_test, y_test) + 0.08


def drop_without_standardisation(source, seed: int) -> float:
    """Return how much accuracy is lost where the test pictures alone are not standardised."""
    train, test = load_shapes(60, 600, classes=("heart", "arrow"), seed=seed)
    (X, y), (X_test, y_test) = train.few(25, seed=0).tensors(), test.tensors()
    extract, head = build("extract_features"), build("fit_head")
    without = deepcopy(source)
    without.standardise = nn.Identity()
    F = extract(source, X, "flatten")
    reached, careless = (
        float((head(F, y, extract(network, X_test, "flatten")).argmax(1) == y_test).double().mean())
        for network in (source, without)
    )
    return reached - careless


@pytest.mark.slow
def test_a_forgotten_standardisation_costs_points_without_a_word(source):
    drops = [drop_without_standardisation(source, seed) for seed in (1, 2, 3)]
    assert min(drops) > 0
    assert sum(drops) / 3 > 0.05


# The lesson's own cells, run with other pictures and draws.

FEW, MANY = 5, 100  # pictures a class


def at_hand(seed: int) -> dict:
    """Return what the lesson has at hand in section 8, with pictures of a seed."""
    names = lesson.imports() | {"lab": lab}
    names["seed_everything"](seed)
    names["train"], names["test"] = load_shapes(400, 300, classes=("heart", "arrow"), seed=seed)
    names["ten"], names["source"], names["draw"] = names["train"].few(FEW, seed=seed), load_trained("shapes"), seed
    names["X_ten"], names["y_ten"] = names["ten"].tensors()
    names["X_test"], names["y_test"] = names["test"].tensors()
    for answer in ("extract-features", "fit-head"):
        exec(lesson.cells()[answer].source, names)
    for words in ("def share_right", "def borrowed", "def by_head", "def by_training", "def experiment"):
        lesson.run(words, names)
    return names


@pytest.fixture(scope="module", params=one_in(3, (1, 2, 3)), ids=lambda seed: f"seed{seed}")
def names(request) -> dict:
    """What the lesson has at hand in section 8, with pictures of another seed."""
    return at_hand(request.param)


@pytest.fixture(scope="module")
def runs(names) -> dict[str, dict[int, float]]:
    """The lesson's experiment, one draw of the smallest and the largest training part."""
    found = names["experiment"]((FEW, MANY), (names["draw"],))
    return {way: {n: accs[0] for n, accs in row.items()} for way, row in found.items()}


@pytest.mark.slow
def test_the_model_answer_holds_the_table_that_the_lesson_prints():
    """A graded notebook does not run the whole experiment: its table is pasted, and must be that of these pictures."""
    names = at_hand(1)  # the lesson's own pictures
    pasted = right_answers(type(lab.learning_curve))[0]["table"]
    for way, row in names["experiment"]((5, 10), (0, 1, 2)).items():
        for n, accs in row.items():
            assert sum(accs) / 3 == pytest.approx(pasted[way][n], abs=0.04), (way, n)


@pytest.mark.slow
def test_a_fresh_network_learns_ten_pictures_by_heart_and_little_else(names):
    lesson.run("my_guess = predictions.keep", names)
    lesson.run("fresh = make_small_cnn", names)
    accuracy_of, fresh = names["accuracy"], names["fresh"]
    assert accuracy_of(fresh, names["X_ten"], names["y_ten"]) == 1
    assert accuracy_of(fresh, names["X_test"], names["y_test"]) < 0.65


@pytest.mark.slow
def test_borrowed_features_start_far_above_chance_and_rise(runs):
    for way in ("frozen", "fine-tuned"):
        assert 0.55 < runs[way][FEW] < runs[way][MANY]
        assert runs[way][MANY] > 0.85
    assert runs["frozen"][FEW] > max(runs[way][FEW] for way in ("scratch", "random", "pixels")) + 0.08


@pytest.mark.slow
def test_the_controls_stay_near_chance(runs):
    assert max(runs["pixels"].values()) < 0.62
    assert max(runs["random"].values()) < 0.7
    assert runs["scratch"][FEW] < 0.62


@pytest.mark.slow
def test_scratch_leaves_chance_with_many_pictures_and_is_then_where_frozen_was_with_few(runs):
    assert 0.6 < runs["scratch"][MANY] < runs["frozen"][MANY] - 0.05
    assert abs(runs["scratch"][MANY] - runs["frozen"][FEW]) < 0.2


@pytest.mark.slow
def test_bikes_are_about_as_well_known_as_hearts(names, runs):
    names["bikes"], names["more_bikes"] = load_bikes(200, 300, seed=names["draw"])
    lesson.run("F_bikes, F_more", names)
    assert names["right"] == pytest.approx(runs["frozen"][MANY], abs=0.09)


@pytest.mark.slow
def test_no_wrong_preprocessing_is_as_good_as_the_right_one(names):
    lesson.run("without.standardise = nn.Identity()", names)
    lesson.run("F_25 = features(source, X_25)", names)
    measured = names["measured"]
    best = measured.pop("as in training")
    assert max(measured.values()) < best, measured
    assert max(measured["half the size"], measured["upside down"]) < best - 0.15, measured


# --- Further: inside a network

CLASS_MAP = """
def class_map(maps, weight, k):
    each = weight[k][:, None, None] * maps
    found = each.sum(0)
    return found
"""
OCCLUSION = """
def occlusion(model, picture, k, size, stride, fill):
    _, _, H, W = picture.shape
    rows, columns = (H - size) // stride + 1, (W - size) // stride + 1
    falls = torch.zeros(rows, columns)
    covered = picture.clone()
    with torch.no_grad():
        for i in range(rows):
            for j in range(columns):
                covered = picture.clone()
                piece = (..., slice(i * stride, i * stride + size), slice(j * stride, j * stride + size))
                covered[piece] = fill
                falls[i, j] = model(picture).softmax(1)[0, k] - model(covered).softmax(1)[0, k]
    return falls
"""
PROBABILITIES = "model(picture).softmax(1)[0, k] - model(covered).softmax(1)[0, k]"
NEGLIGENT = "covered = picture.clone()\n                piece"


def inside(code: str, source: str, *changes: tuple[str, str]) -> WrongWay:
    name = "class_map" if source is CLASS_MAP else "occlusion"

    def answers():
        names: dict = {"torch": torch}
        exec(edited(source, *changes), names)
        return (names[name],)

    return WrongWay(code, name.replace("_", "-"), answers)


WRONG_WAYS += [
    inside("CM1", CLASS_MAP, ("each.sum(0)", "(weight[k] * maps.mean((1, 2))).sum()")),
    inside("CM2", CLASS_MAP, ("each.sum(0)", "maps.mean(0)")),
    inside("CM3", CLASS_MAP, ("weight[k]", "weight[k].abs()")),
    inside("CM4", CLASS_MAP, ("each.sum(0)", "each.amax(0)")),
    inside("CM5", CLASS_MAP, ("return found", "return found.relu()")),
    inside("CM6", CLASS_MAP, ("weight[k]", "weight[k - 1]")),
    inside("CM7", CLASS_MAP, ("return found", "return found / found.max()")),
    inside("CM8", CLASS_MAP, ("each.sum(0)", "each.sum((1, 2))")),
    inside("CM9", CLASS_MAP, ("return found", "return found.T")),
    inside("CM10", CLASS_MAP, ("each.sum(0)", "each.mean(0)")),
    inside("CM11", CLASS_MAP, ("weight[k][:", "weight[:, k][:")),
    inside("CM12", CLASS_MAP, ("return found", "return torch.einsum('kc,chw->khw', weight, maps).softmax(0)[k]")),
    inside("CM13", CLASS_MAP, ("return found", "return maps[k]")),
    inside("CO12", OCCLUSION, ("piece = (...,", "piece = (slice(None), 0,")),
    inside("CO13", OCCLUSION, ("_, _, H, W", "_, _, W, H")),
    inside("CO14", OCCLUSION, (PROBABILITIES, PROBABILITIES.replace("(1)", "(0)"))),
    inside("CM14", CLASS_MAP, ("weight[k]", "weight[k].softmax(0)")),
    inside("CM15", CLASS_MAP, ("weight[k][:, None, None]", "weight[k][None, None]")),
    inside(
        "CO15",
        OCCLUSION,
        ("j * stride + size)", "j * stride + size + 1)"),
        ("i * stride + size)", "i * stride + size + 1)"),
    ),
    inside("CO16", OCCLUSION, (PROBABILITIES, PROBABILITIES.replace(" - ", " / "))),
    inside("CO1", OCCLUSION, (PROBABILITIES, "model(covered).softmax(1)[0, k]")),
    inside("CO2", OCCLUSION, ("return falls", "return -falls")),
    inside("CO3", OCCLUSION, (NEGLIGENT, "piece")),
    inside("CO4", OCCLUSION, (".softmax(1)", "")),
    inside("CO5", OCCLUSION, (" // stride + 1", " // stride")),
    inside("CO6", OCCLUSION, ("covered[piece] = fill", "covered[piece] = 0")),
    inside("CO7", OCCLUSION, (NEGLIGENT, "covered = picture\n                piece")),
    inside("CO8", OCCLUSION, ("return falls", "return falls.T")),
    inside(
        "CO9",
        OCCLUSION,
        ("covered[piece] = fill", "covered = torch.full_like(picture, fill); covered[piece] = picture[piece]"),
    ),
    inside("CO10", OCCLUSION, ("[0, k]", "[0].max()")),
    inside("CO11", OCCLUSION, ("    rows, columns", "    stride = size if size != stride else 1\n    rows, columns")),
]


@pytest.mark.thorough
def test_class_maps_lie_on_their_things_only_with_the_trained_body_and_its_own_head():
    from course_utils.models.mobilenet import find_weights

    if find_weights()[0] is None:
        pytest.skip("the weights of MobileNetV2 are not here")
    lesson = Lesson("07_transfer_learning")
    names = lesson.imports()
    names |= {
        "lab": transfer_learning.for_student(),
        "mobilenet": names["load_mobilenet"](),
        "is_grading": lambda: False,
    }
    exec(lesson.cells()["class-map"].source, names)
    for seed in range(3):
        torch.manual_seed(seed)
        lesson.run("fresh_photo = mobilenet_v2()", names, ("figures.show", "list"))
        lesson.run("def maps_by_depth", names, ("figures.show(figures.plot_depth(rows))", ""))
        assert names["silent"] == 5
        grey = names["cat"].mean(1, keepdim=True)
        maps = names["rows"]["fresh"]["layer 0"]
        small = torch.nn.functional.adaptive_avg_pool2d(grey, maps.shape[-1])[0, 0]
        pairs = [torch.corrcoef(torch.stack([one.flatten(), small.flatten()]))[0, 1] for one in maps]
        assert 0.85 < float(torch.stack(pairs).nan_to_num().abs().max()) < 0.93
        lesson.run("def share_in_quarter", names)
        shares = {}
        for way, (stack, weight) in names["ways"].items():
            found = [names["class_map"](stack, weight, k) for k in names["places"]]
            shares[way] = [names["share_in_quarter"](one, quarter) for quarter, one in enumerate(found)]
        assert min(shares["trained"]) > 0.65
        assert max(np.mean(shares["rows shuffled"]), np.mean(shares["fresh body"])) < 0.4


BEHIND_RELU = "maps behind ReLU6 are never below 0"
WHOLE = "whole = model(picture).softmax(1)[0, k]"
COVERED = "falls[i, j] = whole - model(covered).softmax(1)[0, k]"
ZEROS = "falls = torch.zeros((H - size) // stride + 1, (W - size) // stride + 1)"
ONE_PICTURE = "of one picture the last is the first"
EQUIVALENT |= {
    "class-map": {"class_map(maps): without negative numbers": BEHIND_RELU},
    "occlusion": {
        f"{ZEROS} → {ZEROS.replace('zeros', 'ones')}": "every number of it is written over",
        f"{WHOLE} → {WHOLE.replace('[0', '[-1')}": ONE_PICTURE,
        f"{COVERED} → {COVERED.replace('[0', '[-1')}": ONE_PICTURE,
        f"with torch.no_grad(): → {WHOLE}; {ZEROS}; for i in range(falls.shape[0]):": (
            "the numbers are the same with their gradients"
        ),
    },
}


# --- Further: a rate in one sweep

FINDER = """
def sweep_rates(first, last, steps):
    along = np.arange(steps) / (steps - 1)
    grown = first * (last / first) ** along
    return grown

def choose_rate(rates, losses, around):
    end = next((i for i, loss in enumerate(losses) if not np.isfinite(loss)), len(losses))
    kept = losses[:end]
    means = [np.mean(kept[max(0, i - around) : i + around + 1]) for i in range(len(kept))]
    place = int(np.argmin(means))
    return rates[place] / 10
"""
RATES = "first * (last / first) ** along"
MEANS = "[np.mean(kept[max(0, i - around) : i + around + 1]) for i in range(len(kept))]"
KEPT, PLACE, CHOSEN = "losses[:end]", "int(np.argmin(means))", "rates[place] / 10"
SAME = "np.convolve(kept, np.ones(2 * around + 1) / (2 * around + 1), 'full')[around : around + len(kept)]"


def finder(code: str, *changes: tuple[str, str], **more) -> WrongWay:
    def answers():
        names: dict = {"np": np}
        exec(edited(FINDER, *changes), names)
        return names["sweep_rates"], names["choose_rate"]

    return WrongWay(code, "rate-finder", answers, 1 / 2, **more)


WRONG_WAYS += [
    finder("LF1", (RATES, "np.linspace(first, last, steps)")),
    finder("LF1", (RATES, "np.linspace(first, last, steps)"), hidden=True),
    finder("LF2", ("/ (steps - 1)", "/ steps")),
    finder("LF3", ("np.arange(steps) / (steps - 1)", "np.arange(1, steps + 1) / steps")),
    finder("LF4", ("np.arange(steps) / (steps - 1)", "np.arange(steps + 1) / steps")),
    finder("LF5", ("return grown", "return np.log10(grown)")),
    finder("LF5", (RATES, "np.logspace(first, last, steps)")),
    finder("LF6", (RATES, "first * 10.0 ** np.arange(steps)")),
    finder("LF6", (RATES, "first * 2.0 ** np.arange(steps)")),
    finder("LF7", ("return grown", "return grown[::-1]")),
    finder("LF8", (RATES, "first + (last - first) * along**2")),
    finder("LF8", (RATES, "1 / np.linspace(1 / first, 1 / last, steps)")),
    finder("LF9", (CHOSEN, "rates[place]")),
    finder("LF9", (CHOSEN, "rates[place]"), hidden=True),
    finder("LF10", (MEANS, "kept")),
    finder("LF11", (CHOSEN, "place")),
    finder("LF11", (CHOSEN, "means[place]")),
    finder("LF12", (KEPT, "losses")),
    finder("LF13", (KEPT, "losses[np.isfinite(losses)]")),
    finder("LF14", (MEANS, SAME)),
    finder("LF15", (MEANS, "np.convolve(kept, np.ones(2 * around + 1), 'valid')")),
    finder("LF15", (MEANS, "[np.mean(kept[max(0, i - 2 * around) : i + 1]) for i in range(len(kept))]")),
    finder("LF16", (PLACE, "int(np.argmin(np.diff(means)))")),
    finder("LF17", (PLACE, "len(kept) - 1")),
    finder("LF17", (PLACE, "int(np.argmax(means))")),
    finder("LF18", (MEANS, MEANS.replace("around", "(around + 1)"))),
    finder("LF19", (CHOSEN, "rates[place] * 10")),
    finder("LF19", (CHOSEN, "rates[place] / 2")),
]


@pytest.mark.parametrize("number", range(6))
def test_a_drawn_sweep_tells_wrong_rules_apart(number):
    exercise = lab.rate_finder
    for case in (*exercise.cases(), *exercise.hidden_cases(number)):
        if case.part == "choose_rate":
            rates, losses = rate_finder.recorded(case.data, 1000 * number + 7)
            assert len(rates) == len(losses) == case.data.steps
            assert np.isfinite(losses).all() == (case.data.kind in ("noisy", "falls", "flat", "begins"))


@pytest.mark.thorough
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_sweep_finds_a_rate_for_sgd_and_not_for_adam(seed):
    names = at_hand(seed)
    exec(lesson.cells()["rate-finder"].source, names)
    names |= {"F_test": names["features"](names["source"], names["X_test"])}
    for words in ("def train_head", "guess_sweep = predictions.keep"):
        lesson.run(words, names)
    lesson.run("def on_new", names, ("manual_seed(0)", f"manual_seed({seed})"))
    lesson.run("finds = lab.rate_finder", names)
    lesson.run("plot_sweeps", names)
    worst, sweeps = names["worst"], names["sweeps"]
    ways = {name: way for name, (_, _, way, _) in sweeps.items()}
    assert ways["SGD"][1e-4] > 0.6, "has hardly begun"
    assert worst["SGD"] < min(ways["SGD"].values()) + 0.2
    assert worst["Adam"] > 0.7, "worse than guessing"
    assert min(ways["Adam"].values()) < 0.3
    rates, losses, _, _ = sweeps["Adam"]
    assert np.median(losses[(rates > 0.02) & (rates < 0.5)]) < 0.05, "by heart"


POSITIVE = "rates are never below 0"
EQUIVALENT |= {
    "rate-finder": {
        "sweep_rates(first): without negative numbers": POSITIVE,
        "sweep_rates(last): without negative numbers": POSITIVE,
        "choose_rate(rates): without negative numbers": POSITIVE,
        "choose_rate(losses): without negative numbers": "a cross-entropy is never below 0",
    },
}


WRONG_WAYS += [
    mutant("TF16", "extract_features", ("    mode = model.training\n",
           "    mode = model.training\n    model.requires_grad_(False)\n")),
    mutant("TF17", "extract_features", (RETURN,
           "F = torch.cat(outputs); return F / F.norm(dim=1, keepdim=True).clamp(min=1e-9)")),
    mutant("TF18", "extract_features", ("    mode = model.training\n",
           "    mode = model.training\n    X = (X - X.mean()) / X.std()\n")),
    mutant("TF19", "extract_features", ("output.flatten(1)", "output.amax((2, 3)) if output.ndim > 2 else output")),
    inside("CM16", CLASS_MAP, ("* maps", "* maps.relu()")),
    inside("CO17", OCCLUSION, ("covered[piece] = fill", "covered[piece] += fill")),
    inside("CO18", OCCLUSION, ("    _, _, H, W", "    model.train()\n    _, _, H, W")),
    inside("CO19", OCCLUSION, ("    _, _, H, W", "    k = int(model(picture).argmax())\n    _, _, H, W")),
    inside("CO20", OCCLUSION, ("(H - size) // stride + 1, (W - size) // stride + 1",
           "-(-H // stride), -(-W // stride)")),
    finder("LF20", (MEANS, MEANS.replace("mean", "median"))),
    finder("LF20", (MEANS, MEANS.replace("mean", "max"))),
    finder("LF19", (CHOSEN, "rates[place // 10]")),
    finder("LF21", (PLACE, "around + int(np.argmin(means[around : len(means) - around]))")),
]  # fmt: skip

WRONG_WAYS += [mutant("TA11", "augment", ("rng.random() < 0.5", "i < N // 2"))]

WRONG_WAYS += [
    mutant("TL65", "fit_head", ("fit(head, a, y_train", "fit(head, a, y_train.max() - y_train")),
    bug("TB10", repair=lambda labels, names: [int(place >= 98) for place in range(len(names))]),
]
