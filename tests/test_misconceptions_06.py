"""Every known wrong way of lab 06 is fed to its check: it gets its own code and question, and loses its points."""

import inspect
import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from lesson import Lesson
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from course_utils import misconceptions
from course_utils.checks import CheckFailed
from course_utils.checks import lab7_cnn as check
from course_utils.misconceptions import lab7_cnn as registered
from course_utils.variants import lab7_cnn as questions

lesson = Lesson("06_lab7_cnn")

CODES = re.findall(r'^        "([A-Z]+[0-9]+)",$', inspect.getsource(registered), re.MULTILINE)
IN_PRACTICE = {code for code in CODES if code[:2] in ("KN", "KM")}
ELSEWHERE = {"TR6"}  # shared: registered here, asked in later labs
TOOLS = {"np": np, "torch": torch, "F": F, "nn": nn, "DataLoader": DataLoader, "TensorDataset": TensorDataset}
STUDENT = "ada"  # for what the lecture's own network does not show: a pooling that leaves a row over


class Mutant(NamedTuple):
    """A wrong way, the check that gets it, and the points that are left (None: the check must refuse)."""

    code: str
    run: Callable
    points: float | None = None


def build(exercise: str, *changes: tuple[str, str]):
    """Return what a solution cell of the master defines last, with some of its text replaced."""
    source = lesson.cells()[exercise].source
    for old, new in changes:
        assert old in source, f"{old!r} is not in {exercise}"
        source = source.replace(old, new)
    names = dict(TOOLS)
    exec(source, names)
    return names[list(names)[-1]]


CHECKS = {
    "build-cnn": check.build_cnn,
    "mend-the-network": check.mend_network,
    "train-one-epoch": check.train_one_epoch,
    "evaluate": check.evaluate,
    "reproducible-run": check.reproducible_run,
    "count-params": check.count_params,
}


def mutant(code: str, exercise: str, *changes: tuple[str, str], hidden: int | None = None) -> Mutant:
    """Change a right answer and feed it to its check."""
    return Mutant(code, lambda: CHECKS[exercise](build(exercise, *changes), hidden=hidden))


# --- sets of answers


def trace(code: str, student: str = "") -> Callable:
    network = questions.network(student)
    return lambda: check.shape_trace(questions.trace_ways(network)[code], network)


def later_tensors(way: dict | None = None) -> dict:
    found = way or questions.tensors(questions.LAB7)
    return {name: shape for name, shape in found.items() if not name.startswith("conv1")}


def counts(way: dict | None = None, tensors: dict | None = None, **changes) -> Callable:
    given = (way or questions.parameters(questions.LAB7)) | changes
    return lambda: check.parameter_trace(given, later_tensors(tensors), questions.LAB7)


def tensors(code: str) -> Callable:
    return counts(tensors=questions.tensor_ways(questions.LAB7)[code])


def answers(exercise: str, name: str, **changes) -> dict:
    """Return the master's answer with some values changed; _ stands for a space."""
    right = getattr(lesson.answers(exercise), name)
    return right | {key.replace("_", " "): value for key, value in changes.items()}


def larger(**changes) -> Callable:
    return lambda: check.larger_pictures(answers("larger-pictures", "larger", **changes), 64)


def keras(shapes: dict | None = None, counts: dict | None = None, **changes) -> Callable:
    given = answers("keras-network", "keras_counts", **changes) | (counts or {})
    shapes = shapes or questions.keras_trace(questions.KERAS)
    return lambda: check.keras_network(shapes, given, questions.KERAS)


def keras_counts(code: str) -> Callable:
    return keras(counts=questions.keras_count_ways(questions.KERAS)[code])


def vgg(**changes) -> Callable:
    return lambda: check.not_vgg(answers("not-vgg", "vgg", **changes))


def residual(**changes) -> Callable:
    return lambda: check.residual_block(answers("residual-block", "residual", **changes), questions.blocks())


def block(code: str) -> Callable:
    ways = {name: questions.block_ways(one)[code] for name, one in questions.blocks().items()}
    return residual(**{name: way for name, way in ways.items() if way is not None})


def depth(**changes) -> Callable:
    return lambda: check.deeper(answers("depth", "choices", **changes))


PICTURES = torch.rand(40, 3, 2, 2, generator=torch.Generator().manual_seed(1))
LABELS = torch.arange(40) % 10


class Oracle(nn.Module):
    """A network that is right about pictures that it has seen: every fifth is wrong on purpose."""

    def forward(self, x):
        place = ((x[:, None] - (PICTURES - 0.5) / 0.5) ** 2).flatten(2).sum(2).argmin(1)
        return F.one_hot((LABELS[place] + (place % 5 == 0)) % 10, 10).float()


def run(**changes) -> Callable:
    given = {"first loss": 2.31, "loss of guessing": 2.303, "chance": 0.1, "accuracy": 0.8}
    given |= {key.replace("_", " "): value for key, value in changes.items()}
    return lambda: check.first_run(given, Oracle(), PICTURES, LABELS)


SETS = [
    Mutant("SZ1", trace("SZ1"), 0.75),
    Mutant("SZ8", trace("SZ8"), 0.75),
    Mutant("KA1", trace("KA1", STUDENT), None),
    Mutant("PL2", trace("PL2"), 1.0),
    Mutant("DS2", trace("DS2"), 0),
    Mutant("DS4", trace("DS4"), 1.75),
    Mutant("DS5", trace("DS5"), 1.0),
    Mutant("KA2", trace("KA2"), 1.0),
    Mutant("KA3", trace("KA3"), 1.75),
    Mutant("KA4", trace("KA4"), 1.5),
    *(
        Mutant(code, counts(questions.parameter_ways(questions.LAB7)[code]), points)
        for code, points in (("PC1", 18 / 15), ("PC2", 18 / 15), ("PC4", 18 / 15), ("PC3", 24 / 15), ("PC6", 24 / 15))
    ),
    Mutant("PC11", counts(questions.parameter_ways(questions.LAB7)["PC11"]), 22 / 15),
    Mutant("PC9", counts(pool=4), 28 / 15),
    Mutant("KA7", counts(total=61000), 28 / 15),
    Mutant("DS1", tensors("DS1"), 24 / 15),
    Mutant("KA5", tensors("KA5"), 28 / 15),
    Mutant("SZ10", tensors("SZ10"), 28 / 15),
    Mutant("KA6", tensors("KA6"), 22 / 15),
    Mutant("PC3", tensors("PC3"), 28 / 15),
    Mutant("KC1", larger(features=1600), 0.8),
    Mutant("KC2", larger(features=169), 0.8),
    Mutant("KC3", larger(features=400), 0.8),
    Mutant("KC4", larger(features=208), 0.8),
    Mutant("KC5", larger(batch_of_25="raises"), 0.8),
    Mutant("KC5", larger(batch_of_4="passes"), 0.8),
    Mutant("KC5", larger(another_batch=30), 0.8),
    Mutant("DS5", keras(shapes=questions.keras_trace_ways(questions.KERAS)["DS5"]), 30 / 14),
    Mutant("SZ8", keras(shapes=questions.keras_trace_ways(questions.KERAS)["SZ8"]), 27 / 14),
    Mutant("PC3", keras_counts("PC3"), 30 / 14),
    Mutant("PC1", keras_counts("PC1"), 24 / 14),
    Mutant("KG1", keras(share_of_dense1=0.946), 39 / 14),
    Mutant("KG1", vgg(conv_share=0.106), 0.8),
    Mutant("KG9", vgg(features_in_the_listing=25088), 0.8),
    Mutant("KG9", vgg(first_dense_in_the_listing=102_764_544), 0.8),
    Mutant("KG5", block("KG5"), 1 / 3),
    Mutant("KG6", block("KG6"), 1 / 3),
    Mutant("PC10", block("PC10"), 1 / 3),
    Mutant("KG7", block("KG7"), 2 / 3),
    Mutant("KG8", residual(needs_1x1={"b", "d"}), 2 / 3),
    Mutant("KG10", residual(needs_1x1="abcd"), 2 / 3),
    Mutant("KH1", depth(deeper="always"), 1.5),
    Mutant("KH1", depth(deeper="overfitting"), 1.5),
    Mutant("KH2", depth(residual="output"), 1.5),
    Mutant("KH2", depth(residual="identity"), 1.5),
    Mutant("KH3", depth(costs="both conv"), 1.5),
    Mutant("KH4", depth(kernels="objects"), 1.5),
    Mutant("KF1", run(loss_of_guessing=1.0), 1.6),
    Mutant("KF1", run(loss_of_guessing=3.32), 1.6),
    Mutant("KF2", run(first_loss=0.6), 1.6),
    Mutant("KF3", run(chance=0.5), 1.6),
    Mutant("KF4", run(accuracy=0.97), 1.6),
    Mutant("KE6", run(accuracy=80), 1.6),
    Mutant("KE6", run(chance=10), 1.6),
]


# --- classes and functions: the master's own with one thing changed

FRESH = (
    "x = F.relu(self.fc1(x))",
    "x = F.relu(nn.Linear(400, 120)(x))",
)
NO_ZERO = ("        optimiser.zero_grad()\n", "")
STEP = ("        loss.backward()\n        optimiser.step()\n", "        optimiser.step()\n        loss.backward()\n")
RETURN = ("    return total / count\n", "        return total / count\n")
FIXED = (
    "        for images, labels in loader:\n",
    "        for images, labels in loader:\n            if len(labels) < 5: continue\n",
)
PAIRS = (
    "            for t, p in zip(labels, predicted, strict=True):\n                confusion[t, p] += 1\n",
    "            confusion[labels, predicted] += 1\n",
)
FOURS = ("zip(labels, predicted, strict=True)", "zip(labels[:4], predicted[:4], strict=True)")
GLOBAL = ("    order = torch.Generator().manual_seed(seed)\n", "    order = torch.Generator()\n    order.seed()\n")
UNPADDED = ("size + 2 * padding - 2", "size")

CODE = [
    mutant("KB1", "build-cnn", FRESH),
    mutant("KB2", "build-cnn", ("F.relu(self.conv1(x))", "self.conv1(x)")),
    mutant("KB2", "build-cnn", ("F.relu(self.fc2(x))", "self.fc2(x)")),
    mutant("KB2", "build-cnn", ("F.relu(self.fc1(x))", "self.fc1(x)"), ("F.relu(self.conv2(x))", "self.conv2(x)")),
    mutant("KB3", "build-cnn", ("return self.fc3(x)", "return F.relu(self.fc3(x))")),
    mutant("KB4", "build-cnn", ("x.flatten(1)", "x.view(4, 400)")),
    mutant("KB4", "build-cnn", ("x.flatten(1)", "x.reshape(4, -1)[:, :400]")),
    mutant("KB5", "build-cnn", ("MaxPool2d", "AvgPool2d")),
    mutant("KB6", "build-cnn", ("F.relu", "torch.tanh")),
    mutant("KB6", "build-cnn", ("F.relu", "F.leaky_relu")),
    mutant("PR5", "build-cnn", ("return self.fc3(x)", "return self.fc3(x).softmax(1)")),
    mutant("PR5", "build-cnn", ("return self.fc3(x)", "return F.log_softmax(self.fc3(x), dim=1)")),
    mutant("PR5", "build-cnn", ("return self.fc3(x)", "return torch.sigmoid(self.fc3(x))"), hidden=5),
    mutant("DS4", "build-cnn", ("x.flatten(1)", "x.flatten()")),
    mutant("DS2", "build-cnn", ("return self.fc3(x)", "return self.fc3(x).squeeze()")),
    mutant("PR5", "mend-the-network", ("F.relu(self.fc2(x)))", "F.relu(self.fc2(x))).softmax(1)")),
    mutant("PR5", "mend-the-network", ("F.relu(self.fc2(x)))", "F.relu(self.fc2(x))).log_softmax(1)"), hidden=3),
    mutant("KC7", "mend-the-network", ("self.fc1(x.flatten(1))", "self.fc1(x.view(-1, 400))"), ("16 * 13 * 13", "400")),
    mutant(
        "KC7",
        "mend-the-network",
        ("self.fc1(x.flatten(1))", "self.fc1((x - x.mean(0)).flatten(1))"),
    ),
    mutant(
        "KC6",
        "mend-the-network",
        ("        x = self.pool(F.relu(self.conv1(x)))", "        x = self.pool(F.relu(self.conv1(x[..., :32, :32])))"),
        ("16 * 13 * 13", "400"),
    ),
    mutant("TR1", "train-one-epoch", NO_ZERO),
    mutant("TR2", "train-one-epoch", STEP),
    mutant("TR3", "train-one-epoch", ("    model.train()\n", "")),
    mutant("TR4", "train-one-epoch", ("loss.item()", "loss")),
    mutant("TR5", "train-one-epoch", (" * len(labels)", ""), ("count += len(labels)", "count += 1")),
    mutant("TR5", "train-one-epoch", (" * len(labels)", ""), ("count += len(labels)", "count += 1"), hidden=4),
    mutant("KT1", "train-one-epoch", ("        optimiser.step()\n", "")),
    mutant("KT1", "train-one-epoch", ("        loss.backward()\n", "")),
    mutant("KT2", "train-one-epoch", NO_ZERO, ("optimiser.step()", "optimiser.zero_grad()\n        optimiser.step()")),
    mutant("KT3", "train-one-epoch", RETURN),
    mutant("KT4", "train-one-epoch", ("return total / count", "return loss.item()")),
    mutant("KT5", "train-one-epoch", ("return total / count", "return total")),
    mutant("KE1", "evaluate", ("confusion[t, p]", "confusion[p, t]")),
    mutant("KE1", "evaluate", ("confusion[t, p]", "confusion[p, t]"), hidden=2),
    mutant("KE2", "evaluate", ("confusion.sum(dim=1)", "confusion.sum(dim=0)")),
    mutant("KE3", "evaluate", FIXED),
    mutant("KE3", "evaluate", FOURS),
    mutant("KE4", "evaluate", ("confusion.sum(dim=1)", "confusion.sum(dim=1).clamp(min=1)"), hidden=2),
    mutant(
        "KE5", "evaluate", ("(right.sum() / confusion.sum()).item()", "(right / confusion.sum(1)).nanmean().item()")
    ),
    mutant("KE6", "evaluate", ("(right.sum() /", "(100 * right.sum() /")),
    mutant("KE7", "evaluate", ('"confusion": confusion,', '"confusion": confusion / confusion.sum(1, keepdim=True),')),
    mutant("KE8", "evaluate", ("torch.no_grad()", "torch.enable_grad()")),
    mutant("KE9", "evaluate", PAIRS),
    mutant("KE9", "evaluate", PAIRS, hidden=2),
    mutant("TR3", "evaluate", ("    model.eval()\n", "")),
    mutant("TR3", "evaluate", ("    model.train(mode)\n", "")),
    mutant("TR3", "evaluate", ("    model.train(mode)\n", "    model.train()\n")),
    mutant("KF5", "reproducible-run", ("    torch.manual_seed(seed)\n", "")),
    mutant("KF6", "reproducible-run", GLOBAL),
    mutant("KF7", "reproducible-run", ("manual_seed(seed)", "manual_seed(0)")),
    mutant("PC1", "count-params", ("(inputs + 1)", "inputs"), ("(9 * inputs + 1)", "9 * inputs")),
    mutant("PC3", "count-params", ("(9 * inputs + 1)", "(9 + 1)")),
    mutant("KG2", "count-params", ("inputs * size * size", "inputs")),
    mutant("KC4", "count-params", ("inputs * size * size", "inputs * size")),
    mutant("KG3", "count-params", ("size = size // 2", "pass")),
    mutant("KA1", "count-params", ("size // 2", "-(-size // 2)")),
    mutant("KG4", "count-params", UNPADDED),
]
MUTANTS = SETS + CODE


def called(mutants: list[Mutant]) -> list[str]:
    """Name each mutant by its code and a running number."""
    return [f"{one.code}-{number}" for number, one in enumerate(mutants)]


def printed_and_codes(one: Mutant, capsys) -> tuple[str, tuple[str, ...]]:
    """Run a mutant and return what the learner reads and the codes."""
    if one in CODE:
        with pytest.raises(CheckFailed) as failure:
            one.run()
        return failure.value.message, failure.value.codes
    credit = one.run()
    return capsys.readouterr().out, credit.codes


def words(code: str) -> str:
    with misconceptions.spoken_in("lab7_cnn"):
        return misconceptions.get(code).feedback


@pytest.mark.parametrize("exercise", CHECKS)
@pytest.mark.parametrize("hidden", [None, 3])
def test_an_answer_without_its_mutation_is_right(exercise, hidden):
    assert CHECKS[exercise](build(exercise), hidden=hidden) is None


@pytest.mark.parametrize("one", MUTANTS, ids=called(MUTANTS))
def test_a_wrong_way_gets_its_own_code_and_question_in_four_lines(one, capsys):
    text, codes = printed_and_codes(one, capsys)
    assert codes == (one.code,)
    assert words(one.code) in text
    assert 2 <= len(text.strip().splitlines()) <= 4


@pytest.mark.parametrize("one", [m for m in SETS if m.points is not None], ids=lambda m: m.code)
def test_a_wrong_way_loses_exactly_its_points(one):
    assert float(one.run()) == pytest.approx(one.points, abs=1e-9)


@pytest.mark.parametrize("code", sorted(set(CODES) - IN_PRACTICE - ELSEWHERE))
def test_every_code_has_a_mutant(code):
    assert code in {one.code for one in MUTANTS}


# --- the registry


def test_codes_are_unique_and_known():
    assert len(set(CODES)) == len(CODES) > 60
    assert set(CODES) <= set(misconceptions.all_codes())


def test_prefixes_are_the_labs_own():
    assert {code[:2] for code in CODES} <= {f"K{letter}" for letter in "ABCEFGHMNT"} | {"TR"}


@pytest.mark.parametrize("code", sorted(set(CODES) | set(misconceptions.codes_in("lab7_cnn"))))
def test_feedback_asks_and_names_a_heading_of_the_lesson(code):
    with misconceptions.spoken_in("lab7_cnn"):
        entry = misconceptions.get(code)
    assert "?" in entry.feedback
    assert entry.section in lesson.headings()


RIGHT_NUMBERS = {"62006", "400", "433354", "94.6", "10.6", "74.3", "512", "2101248", "2704", "73984", "230144", "0.1"}


@pytest.mark.parametrize("code", [code for code in CODES if code != "KC5"])  # view(-1, 400) is the listing's
def test_feedback_never_tells_a_right_number(code):
    assert set(re.findall(r"[0-9]+(?:\.[0-9]+)?", words(code).replace(",", ""))) & RIGHT_NUMBERS == set()


def test_an_unknown_wrong_way_gets_no_code():
    odd = dict.fromkeys(questions.parameters(questions.LAB7), 999) | {"pool": 0, "total": 5 * 999}
    assert counts(odd)().codes == ()
    assert check.shape_trace(dict.fromkeys(questions.trace(questions.LAB7), (9, 9)), questions.LAB7).codes == ()
