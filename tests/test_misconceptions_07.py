"""Lab 07: every known wrong way is fed to its check, gets its own code and question, and loses exactly its points."""

import functools
import inspect
import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
import torch
from lesson import Lesson
from torch import nn

from course_utils import misconceptions
from course_utils.checks import CheckFailed
from course_utils.checks import transfer_learning as check
from course_utils.misconceptions import transfer_homework
from course_utils.misconceptions import transfer_learning as registered
from course_utils.training import fit
from course_utils.variants import transfer_learning as questions

lesson = Lesson("07_transfer_learning")

OWN = re.findall(r'^ +"(T[A-Z][0-9]+)",$', inspect.getsource(registered), re.MULTILINE)
SHARED = [code for code in misconceptions.codes_in("transfer_learning") if code not in transfer_homework.SHARED]
CODES = list(dict.fromkeys([*OWN, *SHARED]))


class Mutant(NamedTuple):
    """A wrong way, the check that gets it, and the points that are left (None: the check must refuse)."""

    code: str
    run: Callable
    points: float | None = None


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


def build(name: str, *changes: tuple[str, str]) -> Callable:
    """Make a function from its source, after replacing pieces that must be there."""
    source = SOURCES[name]
    for before, after in changes:
        assert before in source, before
        source = source.replace(before, after)
    names = {"np": np, "torch": torch, "nn": nn, "fit": fit}
    exec(source, names)
    return names[name]


def run_with(name: str, function: Callable, hidden: int | None = None):
    """Give a function to its check; the others of its exercise are right."""
    if name == "extract_features":
        return check.features(function, hidden=hidden)
    if name in ("freeze", "trainable_parameters"):
        both = {each: build(each) for each in ("freeze", "trainable_parameters")} | {name: function}
        return check.freezing(both["freeze"], both["trainable_parameters"], hidden=hidden)
    if name == "fit_head":
        return check.head_probabilities(function, hidden=hidden)
    return check.augmentation(function, hidden=hidden)


def mutant(code: str, name: str, *changes: tuple[str, str], hidden: int | None = None) -> Mutant:
    """Make a mutant of a function."""
    return Mutant(code, functools.partial(run_with, name, build(name, *changes), hidden))


KEEP = "outputs.append(output.flatten(1))"
LISTED = ("torch.no_grad()", "torch.enable_grad()"), (KEEP, "outputs.extend(output.flatten(1))")
RETURN = "return torch.cat(outputs)"
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
    mutant(
        "TF7",
        "extract_features",
        ("X.split(batch):", "X.split(batch):\n            if len(part) < batch and len(X) > batch: continue"),
    ),
    mutant("TF8", "extract_features", (RETURN, "return outputs[-1]")),
    mutant("TF8", "extract_features", (RETURN, "return outputs[0]")),
    mutant("TF9", "extract_features", (RETURN, "return torch.cat(outputs[::-1])")),
    mutant("TF9", "extract_features", (RETURN, "return torch.cat(outputs).flip(0)")),
    mutant("TF10", "extract_features", (KEEP, "outputs.append(inputs[0].flatten(1))")),
    mutant("TF11", "extract_features", ("X.split(batch)", "[X]")),
    mutant("DS4", "extract_features", ("output.flatten(1)", "output.flatten()")),
    mutant(
        "TZ1",
        "freeze",
        (
            "    for parameter in module.parameters():\n        parameter.requires_grad = False",
            "    module.requires_grad = False",
        ),
    ),
    mutant("TZ2", "freeze", ("module.parameters()", "list(module.parameters())[::2]")),
    mutant("TZ2", "freeze", ("module.parameters()", "[m.weight for m in module.modules() if hasattr(m, 'weight')]")),
    mutant("TZ5", "freeze", ("parameter.requires_grad = False", "pass")),
    mutant("TZ5", "freeze", ("module.parameters()", "module.parameters(recurse=False)")),
    mutant("TR7", "freeze", ("    module.eval()\n", "")),
    mutant("TR7", "freeze", ("module.eval()", "module.train()")),
    mutant("TZ3", "trainable_parameters", (" if p.requires_grad", "")),
    mutant(
        "TZ4", "trainable_parameters", ("[p for p in model.parameters()", "[n for n, p in model.named_parameters()")
    ),
    mutant("TZ4", "trainable_parameters", ("[p for", "[p.clone() for")),
    mutant("TZ4", "trainable_parameters", ("[p for p", "sum(p.numel() for p"), ("requires_grad]", "requires_grad)")),
    mutant(
        "TR6",
        "fit_head",
        (
            "F_train.mean(0), F_train.std(0)",
            "torch.cat([F_train, F_test]).mean(0), torch.cat([F_train, F_test]).std(0)",
        ),
    ),
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
    mutant("TA1", "augment", ("[:, :, ::-1]", "[:, ::-1]")),
    mutant(
        "TA2",
        "augment",
        (
            "    for i in range(N):\n        down, across = rng.integers(0, 5, size=2)\n",
            "    down, across = rng.integers(0, 5, size=2)\n    turn = rng.random()\n    for i in range(N):\n",
        ),
        ("rng.random() < 0.5", "turn < 0.9"),
    ),
    mutant(
        "TA2",
        "augment",
        (
            "    for i in range(N):\n        down, across = rng.integers(0, 5, size=2)\n",
            "    down, across = 1, 3\n    for i in range(N):\n",
        ),
    ),
    mutant(
        "TA2",
        "augment",
        ("    for i in range(N):\n", "    turn = rng.random()\n    for i in range(N):\n"),
        ("rng.random() < 0.5", "turn < 0.5"),
    ),
    mutant(
        "TA2",
        "augment",
        (
            "    for i in range(N):\n        down, across = rng.integers(0, 5, size=2)\n",
            "    down, across = rng.integers(3, 5, size=2)\n    for i in range(N):\n",
        ),
    ),
    mutant("TA3", "augment", ("    return out", "    X[:] = out\n    return X")),
    mutant("TA4", "augment", ("return out", "return out[::-1]")),
    mutant("TA5", "augment", ("    N, C", "    rng = np.random.default_rng()\n    N, C")),
    mutant("TA5", "augment", ("rng.random() <", "np.random.rand() <")),
    mutant("TA5", "augment", ("    N, C", "    rng = np.random.default_rng(0)\n    N, C")),
    mutant("TA6", "augment", ("rng.random() < 0.5", "False")),
    mutant("TA2", "augment", ("rng.random() < 0.5", "True")),
    mutant("TA6", "augment", ("rng.integers(0, 5, size=2)", "(2, 2)")),
    mutant("TA6", "augment", ("rng.integers(0, 5, size=2)", "(2, rng.integers(0, 5))")),
    mutant("TA7", "augment", ("(2, 2), (2, 2)", "(4, 4), (4, 4)"), ("(0, 5,", "(0, 9,")),
    mutant("TA8", "augment", ("(2, 2)))", "(2, 2)), mode='wrap')")),
]


def freezes_all(module):
    """Freeze what was asked, and by a back door the head too."""
    build("freeze")(module)
    for other in _everything:
        other.requires_grad = False


_everything: list = []


def freeze_the_head_too() -> None:
    """Run the check on a freeze that reaches further than its module."""
    remember = nn.Module.parameters

    def parameters(self, recurse=True):
        found = list(remember(self, recurse))
        if len(found) > 4:
            _everything[:] = found
        return iter(found)

    nn.Module.parameters = parameters
    network_train = nn.Module.train
    nn.Module.train = lambda self, mode=True: (list(self.parameters()), network_train(self, mode))[1]
    try:
        run_with("freeze", freezes_all)
    finally:
        nn.Module.parameters, nn.Module.train = remember, network_train
        _everything.clear()


FUNCTIONS.append(Mutant("TZ6", freeze_the_head_too))

# --- sets of answers

STUDENT = "ada"  # for questions on which the lecture's own numbers do not tell two wrong ways apart


def numbers(count: Callable, student: str = STUDENT, **changes) -> Callable:
    """Count a student's heads by a rule; the other two answers are right, but for changes."""
    asked = questions.heads(student)
    own = sum(p.numel() for p in nn.Linear(1024, asked["c"].classes).parameters())
    answers = {letter: count(head) for letter, head in asked.items()}
    answers |= {"full": 23_584 + own, "share": round(100 * own / (23_584 + own), 1)} | changes
    return lambda: check.head_sizes(answers, asked)


def inputs(head) -> int:
    return head.channels * (1 if head.pooled else head.height * head.width)


def right_count(head) -> int:
    return head.classes * (inputs(head) + 1)


WRONG_COUNTS = {
    "PC1": lambda h: h.classes * inputs(h),
    "PC2": lambda h: h.classes * inputs(h) + 1,
    "PC4": lambda h: h.classes * inputs(h) + inputs(h),
    "DS4": lambda h: h.batch * h.classes * inputs(h) + h.classes,
    "TH1": lambda h: h.classes * (h.channels * (h.height * h.width if h.pooled else 1) + 1),
    "TH2": lambda h: h.classes * (h.height * h.width + 1),
    "TH3": lambda h: inputs(h) + 1,
}
C = questions.heads(STUDENT)["c"].classes * 1025
LECTURE_C = 2050

TABLE = {
    "frozen": {5: 0.75, 10: 0.87, 25: 0.91, 100: 0.95},
    "fine-tuned": {5: 0.74, 10: 0.8, 25: 0.9, 100: 0.95},
    "scratch": {5: 0.5, 10: 0.5, 25: 0.55, 100: 0.8},
    "random": {5: 0.52, 10: 0.51, 25: 0.57, 100: 0.63},
    "pixels": {5: 0.5, 10: 0.52, 25: 0.5, 100: 0.51},
}


def curve(table=TABLE, **changes) -> Callable:
    """Read the table above rightly, but for some answers."""
    answers = {"table": table, "scratch reaches": 100, "random beats pixels": 3, "gain at 5": 25}
    answers |= {key.replace("_", " "): value for key, value in changes.items()}
    return lambda: check.learning_curve(answers)


PER_CENT = {way: {n: 100 * value for n, value in row.items()} for way, row in TABLE.items()}
EXCHANGED = TABLE | {"frozen": TABLE["scratch"], "scratch": TABLE["frozen"]}
EARLY = TABLE | {"scratch": {5: 0.5, 10: 0.5, 25: 0.76, 100: 0.8}}


def bug(repair=None, **changes) -> Callable:
    """Answer the lecture's folders rightly, but for some answers."""
    answers = {"wrong": 15, "first": 98, "last": 112} | changes
    return lambda: check.swapped_labels(answers, repair or build("repair_labels"), questions.folders())


def choices(**changes) -> Callable:
    answers = lesson.solution("when-it-helps") | changes
    return lambda: check.when_it_helps(answers)


def pairs(**changes) -> dict:
    return lesson.solution("when-it-helps")["pairs"] | {key.replace("_", " "): box for key, box in changes.items()}


SETS = [
    *(Mutant(code, numbers(rule), 1.2) for code, rule in WRONG_COUNTS.items()),
    Mutant("TH5", numbers(right_count, full=33_834), 2.4),
    Mutant("TH5", numbers(right_count, full=33_834 + C), 2.4),
    Mutant("TH9", numbers(right_count, full=C), 2.4),
    Mutant("TH4", numbers(right_count, share=100), 2.4),
    Mutant("TH5", numbers(right_count, "", share=30.3), 2.4),
    Mutant("TH6", numbers(right_count, "", share=8.7), 2.4),
    Mutant("TH7", numbers(right_count, "", share=0.08), 2.4),
    Mutant("TH8", numbers(right_count, "", share=92), 2.4),
    Mutant("TE1", curve(PER_CENT, gain_at_5=2500), 3),
    Mutant("TE2", curve(EXCHANGED, scratch_reaches=5, gain_at_5=-25), 3),
    Mutant("TE3", curve(scratch_reaches=25), 3),
    Mutant("TE4", curve(EARLY), 3),
    Mutant("TE4", curve(scratch_reaches="none"), 3),
    Mutant("TE5", curve(gain_at_5=-25), 3),
    Mutant("TE6", curve(gain_at_5=0.25), 3),
    Mutant("TB1", bug(lambda labels, names: [1 - label for label in labels]), 1.5),
    Mutant("TB2", bug(wrong=98), 1.5),
    Mutant("TB2", bug(wrong=113), 1.5),
    Mutant("TB3", bug(wrong=211), 1.5),
    Mutant("TB4", bug(wrong=16), 1.5),
    Mutant("TB4", bug(last=113), 1.5),
    Mutant("TB4", bug(first=99, last=113), 1),
    Mutant("TB5", bug(lambda labels, names: labels), 1.5),
    Mutant("TB6", bug(lambda labels, names: sorted("road" not in name for name in names)), 1.5),
    Mutant("TM1", choices(pairs=pairs(photographs_to_blood_tables="large")), 1.2),
    Mutant("TM2", choices(pairs=pairs(shapes_to_new_shapes="small")), 1.2),
    Mutant("TM1", choices(trucks="too few"), 1.6),
    Mutant("TM2", choices(trucks="near"), 1.6),
    Mutant("TM3", choices(preprocessing="same"), 1.6),
    Mutant("TM3", choices(preprocessing="error"), 1.6),
    Mutant("TM4", choices(few={"head first", "tune all", "controls", "three draws"}), 1.6),
    Mutant("TM5", choices(few={"head first", "controls"}), 1.6),
]
ALL = SETS + FUNCTIONS


def called(mutants: list[Mutant]) -> list[str]:
    return [f"{mutant.code}-{number}" for number, mutant in enumerate(mutants)]


@functools.cache
def outcome(number: int) -> tuple[str, tuple[str, ...], float | None]:
    """Run a mutant once: what the learner reads, the codes, the points."""
    import contextlib
    import io

    mutant, told = ALL[number], io.StringIO()
    with contextlib.redirect_stdout(told):
        if mutant.points is None:
            with pytest.raises(CheckFailed) as failure:
                mutant.run()
            return failure.value.message, failure.value.codes, None
        credit = mutant.run()
    return told.getvalue(), credit.codes, float(credit)


NUMBERED = pytest.mark.parametrize("number", range(len(ALL)), ids=called(ALL))


@pytest.mark.parametrize("name", [name for name in SOURCES if name != "repair_labels"])
@pytest.mark.parametrize("hidden", [None, 3])
def test_a_function_without_its_mutation_is_right(name, hidden):
    assert run_with(name, build(name), hidden) is None


@pytest.mark.parametrize("run", [numbers(right_count), numbers(right_count, ""), curve(), bug(), choices()])
def test_a_set_without_its_mutation_is_right(run):
    credit = run()
    assert float(credit) == credit.points


@NUMBERED
def test_a_wrong_way_gets_its_own_code_alone(number):
    assert outcome(number)[1] == (ALL[number].code,)


@NUMBERED
def test_a_wrong_way_gets_a_question_and_a_section(number):
    text = outcome(number)[0]
    assert "?" in text
    assert "Read again: “" in text


@NUMBERED
def test_a_check_says_at_most_four_lines(number):
    assert 2 <= len(outcome(number)[0].strip().splitlines()) <= 4


@pytest.mark.parametrize("number", range(len(SETS)), ids=called(SETS))
def test_a_wrong_way_loses_exactly_its_points(number):
    assert outcome(number)[2] == pytest.approx(SETS[number].points, abs=1e-12)


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_a_mutant(code):
    assert code in {mutant.code for mutant in ALL}


# --- the registry


def test_codes_are_unique():
    assert len(set(OWN)) == len(OWN) > 45


def lab_words(code: str):
    with misconceptions.spoken_in("transfer_learning"):
        return misconceptions.get(code)


@pytest.mark.parametrize("code", CODES)
def test_feedback_asks(code):
    assert "?" in lab_words(code).feedback


@pytest.mark.parametrize("code", CODES)
def test_the_section_to_read_again_exists(code):
    assert lab_words(code).section in lesson.headings()


@pytest.mark.parametrize("code", [code for code in CODES if code[:2] in ("TH", "TB", "PC")])
def test_feedback_never_tells_a_right_number(code):
    told = set(re.findall("[0-9]+", lab_words(code).feedback.replace(",", "")))
    assert told & {"50178", "1026", "2050", "25634", "8", "15", "98", "112"} == set()
