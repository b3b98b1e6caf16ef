"""Lab 06: right answers in many forms, every known wrong way, and what is said of both."""

import copy
import importlib.util
import linecache
import re
from collections.abc import Callable

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from harness import QUIETLY, WrongWay, judged, right_answers
from hypothesis import given
from hypothesis import strategies as st
from lesson import Lesson, edited, master_of
from thorough import one_in
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from torchvision.models import resnet, vgg16

from course_utils import data
from course_utils.data.loaders import make_loader
from course_utils.judging.cases import Case
from course_utils.judging.findings import Wrong
from course_utils.judging.variants import Dice
from course_utils.labs import lab7_cnn
from course_utils.labs.lab7_cnn import (
    alexnet_counts,
    build_cnn,
    count_params,
    evaluate,
    keras_network,
    larger_pictures,
    networks,
    parameter_counts,
    residual_block,
    shape_trace,
)
from course_utils.labs.lab7_cnn import first_run as first_run_module
from course_utils.labs.lab7_cnn.first_run import unseen_pictures
from course_utils.labs.lab7_cnn.networks import LAB7
from course_utils.labs.lab7_cnn.vgg import VGG16, torch_vgg
from course_utils.models import load_trained

LONG = {"first-run"}  # networks are trained, or looked at one by one
BUILT_UP = {  # answers that call others: without those they cannot be there either
    "first-run": ["build-cnn", "train-one-epoch", "evaluate"],
}

lesson = Lesson("06_lab7_cnn")
lab = lab7_cnn.for_student()
STUDENT = "ada"  # for what the lecture's own network does not show: a pooling that leaves a row over
STUDENTS = [f"student{number}" for number in range(60)]
TOOLS = {"np": np, "torch": torch, "F": F, "nn": nn, "DataLoader": DataLoader, "TensorDataset": TensorDataset}


# --- wrong sets of answers


def by_code(ways: dict) -> dict:
    return {way.code: given for way, given in ways.items()}


def wrong(code: str, exercise: str, share: float, **changes) -> WrongWay:
    """Return a wrong way that answers rightly but for some values; "_" in a key stands for a space."""

    def answers():
        (right,) = right_answers(type(getattr(lab, exercise.replace("-", "_"))))
        return (right | {key.replace("_", " "): value for key, value in changes.items()},)

    return WrongWay(code, exercise, answers, share)


def trace(code: str, share: float, student: str = "") -> WrongWay:
    network = shape_trace.network_of(student)
    given = by_code(shape_trace.trace_ways(network))[code]
    return WrongWay(code, "shape-trace", lambda: (given,), share, student)


def counts(code: str, share: float, way: dict | None = None, tensors: dict | None = None, **changes) -> WrongWay:
    given = (way or parameter_counts.parameters(LAB7)) | changes
    shapes = tensors or parameter_counts.tensors(LAB7)
    shapes = {name: shape for name, shape in shapes.items() if not name.startswith("conv1")}
    return WrongWay(code, "parameter-counts", lambda: (given, shapes), share)


def counted(code: str, share: float) -> WrongWay:
    return counts(code, share, way=by_code(parameter_counts.parameter_ways(LAB7))[code])


def tensors(code: str, share: float, changed: dict | None = None) -> WrongWay:
    if changed:
        return counts(code, share, tensors=parameter_counts.tensors(LAB7) | changed)
    return counts(code, share, tensors=by_code(parameter_counts.tensor_ways(LAB7))[code])


KERAS = lab.keras_network.question
SHARE = {"share of dense1": 94.6}


def keras(code: str, share: float, shapes: dict | None = None, counts: dict | None = None, **changes) -> WrongWay:
    given = (counts or keras_network.keras_counts(KERAS)) | SHARE
    given |= {key.replace("_", " "): value for key, value in changes.items()}
    return WrongWay(code, "keras-network", lambda: (shapes or keras_network.keras_trace(KERAS), given), share)


def keras_shapes(code: str, share: float, student: str = "") -> WrongWay:
    net = lab7_cnn.for_student(student).keras_network.question
    given = keras_network.keras_counts(net)
    given |= {"share of dense1": 100 * given["dense1"] / given["total"]}
    shapes = by_code(keras_network.keras_trace_ways(net))[code]
    return WrongWay(code, "keras-network", lambda: (shapes, given), share, student)


def keras_counts(code: str, share: float) -> WrongWay:
    return keras(code, share, counts=by_code(keras_network.keras_count_ways(KERAS))[code])


def block(code: str, share: float) -> WrongWay:
    ways = {name: by_code(residual_block.block_ways(one))[code] for name, one in lab.residual_block.question.items()}
    return wrong(code, "residual-block", share, **{name: given for name, given in ways.items() if given is not None})


class Oracle(nn.Module):
    """A network that is right about the test pictures, and about no others; every fifth is wrong on purpose."""

    def forward(self, x):
        pictures, labels = unseen_pictures()
        place = torch.cdist(x.flatten(1), ((pictures - 0.5) / 0.5).flatten(1)).argmin(1)
        return F.one_hot((labels[place] + (place % 5 == 0)) % 10, 10).float()


class Back(nn.Module):
    """Takes pictures from -1 to 1 to where the course's trained network wants them."""

    def forward(self, x):
        return x / 2 + 0.5


TRAINED = nn.Sequential(Back(), load_trained("shapes"))
REACHED = first_run_module.accuracy_of(TRAINED, unseen_pictures())
FRESH_CNN = nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 10))  # never trained
FRESH_REACHED = first_run_module.accuracy_of(FRESH_CNN, unseen_pictures())
RUN = {"first loss": 2.31, "loss of guessing": 2.303, "chance": 0.1, "accuracy": REACHED}


def first_run(code: str, **changes) -> WrongWay:
    answers = RUN | {key.replace("_", " "): value for key, value in changes.items()}
    return WrongWay(code, "first-run", lambda: (answers, TRAINED), 4 / 5)


SETS = [
    trace("SZ1", 3 / 8),
    trace("SZ8", 3 / 8),
    trace("KA1", 4 / 8, STUDENT),
    trace("PL2", 4 / 8),
    trace("DS2", 0),
    trace("DS4", 7 / 8),
    trace("DS5", 4 / 8),
    trace("KA2", 4 / 8),
    trace("KA3", 7 / 8),
    trace("KA4", 6 / 8),
    trace("KA8", 3 / 8),
    trace("KA9", 3 / 8),
    trace("KA10", 4 / 8),
    wrong("KA11", "shape-trace", 5 / 8, fc1=(400, 120), fc2=(120, 84), fc3=(84, 10)),
    trace("KA12", 7 / 8),
    trace("KA13", 4 / 8),
    trace("KA14", 7 / 8),
    trace("KA15", 3 / 8),
    trace("KA16", 0),
    trace("KA17", 4 / 8),
    trace("KA18", 4 / 8),
    trace("KA19", 4 / 8),
    wrong("KA20", "shape-trace", 7 / 8, flatten=(4, 16, 5, 5)),
    *(counted(code, 9 / 15) for code in ("PC1", "PC2", "PC4")),
    *(counted(code, 12 / 15) for code in ("PC3", "PC6", "PC7", "PC8")),
    counted("PC11", 11 / 15),
    counts("PC9", 14 / 15, pool=4),
    counts("KA7", 14 / 15, total=61000),
    counts("KA21", 13 / 15, conv2=1216, total=60806),
    counts("KA22", 13 / 15, fc1=192_120, total=206_006),
    counts("KA22", 13 / 15, fc1=3120, total=17_006),
    counts("KA23", 9 / 15, conv1=4704, conv2=1600, fc1=120, fc2=84, fc3=10, total=6518),
    tensors("KA24", 11 / 15, {name: (1, *s) for name, s in parameter_counts.tensors(LAB7).items() if "bias" in name}),
    tensors("KA25", 14 / 15, {"conv2.weight": (16, 150)}),
    tensors("KA26", 12 / 15, {"fc1.weight": (120, 401), "fc2.weight": (84, 121), "fc3.weight": (10, 85)}),
    tensors("DS1", 12 / 15),
    tensors("KA5", 14 / 15),
    tensors("SZ10", 14 / 15),
    tensors("KA6", 11 / 15),
    tensors("PC3", 14 / 15),
    wrong("KC1", "larger-pictures", 4 / 5, features=1600),
    wrong("KC2", "larger-pictures", 4 / 5, features=169),
    wrong("KC3", "larger-pictures", 4 / 5, features=400),
    wrong("KC4", "larger-pictures", 4 / 5, features=208),
    wrong("KC5", "larger-pictures", 4 / 5, batch_of_25="raises"),
    wrong("KC5", "larger-pictures", 4 / 5, batch_of_4="passes"),
    wrong("KC5", "larger-pictures", 4 / 5, another_batch=30),
    wrong("", "larger-pictures", 4 / 5, another_batch=25),
    wrong("", "larger-pictures", 4 / 5, another_batch=0),
    wrong("KC9", "larger-pictures", 4 / 5, features=16 * 26 * 26),
    wrong("KC10", "larger-pictures", 4 / 5, features=16 * 16 * 16),
    wrong("KC11", "larger-pictures", 4 / 5, features=6 * 169),
    wrong("KC12", "larger-pictures", 4 / 5, rows_for_25=25),
    wrong("KC13", "larger-pictures", 4 / 5, rows_for_25=67600),
    wrong("KC14", "larger-pictures", 4 / 5, rows_for_25=6.76),
    keras_shapes("DS5", 10 / 14),
    keras_shapes("SZ8", 9 / 14),
    keras_shapes("SZ1", 9 / 14),
    keras_shapes("KA3", 13 / 14),
    keras_shapes("KA1", 10 / 14, STUDENT),
    *(keras_counts(code, 8 / 14) for code in ("PC1", "PC2", "PC4")),
    *(keras_counts(code, 10 / 14) for code in ("PC3", "PC6", "PC7", "PC8")),
    keras("KG1", 13 / 14, share_of_dense1=0.946),
    keras("KG14", 0.5, shapes={k: (None, *s[1:], s[0]) for k, s in keras_network.keras_trace(KERAS).items()}),
    keras("KG18", 13 / 14, shapes=keras_network.keras_trace(KERAS) | {"flatten": (64, 5, 5)}),
    keras("KG19", 12 / 14, shapes=keras_network.keras_trace(KERAS) | {"dense1": (256, 1600), "dense2": (10, 256)}),
    keras("KG20", 11 / 14, shapes=keras_network.keras_trace(KERAS._replace(kernel_size1=3))),
    keras_shapes("KG21", 10 / 14),
    keras("KG22", 13 / 14, total_for_grey=433354 // 3),
    keras("KG23", 13 / 14, total_for_grey=433354),
    keras("KG24", 13 / 14, share_of_dense1=94.9),
    keras("", 13 / 14, share_of_dense1=95),
    keras("KA7", 13 / 14, total=430922),
    keras("KG14", 13 / 14, shapes=keras_network.keras_trace(KERAS) | {"conv1": (1, 32, 24, 24)}),
    wrong("KG1", "not-vgg", 4 / 5, conv_share=0.106),
    wrong("KG9", "not-vgg", 4 / 5, features_in_the_listing=25088),
    wrong("KG9", "not-vgg", 4 / 5, first_dense_in_the_listing=102_764_544),
    wrong("KG62", "not-vgg", 4 / 5, reason="stride"),
    wrong("KG63", "not-vgg", 4 / 5, features_in_the_listing=2048),
    wrong("KG63", "not-vgg", 4 / 5, first_dense_in_the_listing=4096 * 2049),
    wrong("KG64", "not-vgg", 4 / 5, features_in_the_listing=49),
    wrong("KG64", "not-vgg", 4 / 5, first_dense_in_the_listing=513),
    wrong("KG65", "not-vgg", 4 / 5, first_dense_in_the_listing=4097 * 4096),
    wrong("KG66", "not-vgg", 4 / 5, conv_share=39.0),
    wrong("KG25", "not-vgg", 4 / 5, first_dense_share=83.1),
    block("KG5", 1 / 3),
    block("KG6", 1 / 3),
    block("PC10", 1 / 3),
    block("KG7", 2 / 3),
    wrong("KG25", "not-vgg", 3 / 5, conv_share=74.3, first_dense_share=10.6),
    wrong("KG26", "not-vgg", 4 / 5, conv_share=14_714_688),
    wrong("PC11", "not-vgg", 4 / 5, first_dense_in_the_listing=512 * 4096),
    block("KG27", 2 / 3),
    block("KG28", 1 / 3),
    block("KG29", 1 / 3),
    block("KG30", 2 / 3),
    block("KG31", 2 / 3),
    wrong("KG33", "residual-block", 2 / 3, needs_1x1={"d"}),
    wrong("KG32", "residual-block", 2 / 3, needs_1x1={"c", "d"}),
    wrong("KG61", "residual-block", 2 / 3, needs_1x1={"a"}),
    wrong("KG61", "residual-block", 2 / 3, needs_1x1={"a", "b", "d"}),
    wrong("KG60", "residual-block", 2 / 3, needs_1x1={"b"}),
    wrong("KG60", "residual-block", 2 / 3, needs_1x1=["b", "c"]),
    wrong("", "residual-block", 2 / 3, needs_1x1="b and d"),
    wrong("KG8", "residual-block", 2 / 3, needs_1x1={"b", "d"}),
    wrong("KG10", "residual-block", 2 / 3, needs_1x1="abcd"),
    wrong("KH1", "depth", 3 / 4, deeper="always"),
    wrong("KH1", "depth", 3 / 4, deeper="overfitting"),
    wrong("KH2", "depth", 3 / 4, residual="output"),
    wrong("KH2", "depth", 3 / 4, residual="identity"),
    wrong("KH3", "depth", 3 / 4, costs="both conv"),
    wrong("KH4", "depth", 3 / 4, kernels="objects"),
    first_run("KF1", loss_of_guessing=1.0),
    first_run("KF1", loss_of_guessing=3.32),
    first_run("KF2", first_loss=0.6),
    first_run("KF3", chance=0.5),
    first_run("KF4", accuracy=0.5),
    first_run("KE6", accuracy=100 * REACHED),
    first_run("KF12", loss_of_guessing=-2.303),
    first_run("KF13", loss_of_guessing=0.1),
    first_run("KF14", loss_of_guessing=0.2303),
    first_run("KF15", first_loss=73.9),
    first_run("KF16", chance=1 / 9),
    first_run("KF17", accuracy=round(1000 * REACHED)),
    WrongWay("KF22", "first-run", lambda: (RUN | {"accuracy": FRESH_REACHED}, FRESH_CNN), 4 / 5),
    first_run("", accuracy=float("nan")),
    first_run("KE6", chance=10),
    counts("", 9 / 15, way=dict.fromkeys(parameter_counts.parameters(LAB7), 999) | {"pool": 0, "total": 4995}),
]


# --- wrong classes and functions: the master's own with one thing changed


def defined(source: str):
    """Return what some code defines last."""
    names = dict(TOOLS)
    exec(source, names)
    return names[list(names)[-1]]


def build(exercise: str, *changes: tuple[str, str]):
    """Return what a solution cell of the master defines last, with some of its text replaced."""
    source = edited(lesson.cells()[exercise].source, *changes)
    return defined(source)


def mutant(code: str, exercise: str, *changes: tuple[str, str], share: float = 0.0, **more) -> WrongWay:
    """Change a right answer and feed it to its exercise."""
    return WrongWay(code, exercise, lambda: (build(exercise, *changes),), share, **more)


FRESH = ("x = F.relu(self.fc1(x))", "x = F.relu(nn.Linear(400, 120)(x))")
NO_ZERO = ("        optimiser.zero_grad()\n", "")
STEP = ("        loss.backward()\n        optimiser.step()\n", "        optimiser.step()\n        loss.backward()\n")
STEP_LAST = ("    return total / count\n", "    optimiser.step()\n    return total / count\n")
RETURN = ("    return total / count\n", "        return total / count\n")
FIXED = (
    "        for images, labels in loader:\n",
    "        for images, labels in loader:\n            if len(labels) < 5: continue\n",
)
PAIRS = (
    "            for t, p in zip(labels, predicted, strict=True):\n                confusion[t, p] += 1\n",
    "            confusion[labels, predicted] += 1\n",
)
TURNED = ("confusion[t, p]", "confusion[p, t]")
FOURS = ("zip(labels, predicted, strict=True)", "zip(labels[:4], predicted[:4], strict=True)")
GLOBAL = ("    order = torch.Generator().manual_seed(seed)\n", "    order = torch.Generator()\n    order.seed()\n")
KEPT = (
    "def reproducible_run(seed):\n",
    "import functools\n\n@functools.cache\ndef reproducible_run(seed):\n",
)
LATE = (
    ("    torch.manual_seed(seed)\n", ""),
    ("    network = small_network()\n", "    network = small_network()\n    torch.manual_seed(seed)\n"),
)
UNPADDED = ("size + 2 * padding - 2", "size")
SMALL_FC = ("16 * 13 * 13", "400")
CROPPED = (
    "        x = self.pool(F.relu(self.conv1(x)))",
    "        x = self.pool(F.relu(self.conv1(x[..., :32, :32])))",
)
PLACES = (
    "            total += (9 * inputs + 1) * entry\n            inputs, size = entry, size + 2 * padding - 2\n",
    "            size = size + 2 * padding - 2\n            total += (9 * inputs + 1) * entry * size * size\n"
    "            inputs = entry\n",
)
FIRST_ONLY = ("    return total\n", "        return total\n")
MEAN = ("(right.sum() / confusion.sum()).item()", "(right / confusion.sum(1)).nanmean().item()")
SHARES = ('"confusion": confusion,', '"confusion": confusion / confusion.sum(1, keepdim=True),')

LAYER_WAYS = [  # what is said names a layer and a number of its own
    wrong("SL50", "shape-trace", 5 / 8, conv2=(4, 16, 24, 24), pool2=(4, 16, 12, 12), flatten=(4, 2304))._replace(
        also=("SL51",), says="conv2 worked out from conv1 in place of pool1"
    ),
    wrong("SL51", "shape-trace", 6 / 8, pool2=(4, 17, 5, 6), flatten=(4, 510))._replace(
        says="This follows from your answer for pool2"
    ),
    wrong("SL52", "shape-trace", 5 / 8, pool1=(4, 3, 14, 14), pool2=(4, 8, 5, 5), flatten=(4, 200))._replace(
        also=("SL51",), says="pool1 changes the number of maps here"
    ),
    counts("SL50", 13 / 15, fc1=120 * (16 * 36 + 1), total=62_006 - 48_120 + 120 * 577)._replace(
        says="fc1 with maps of 6×6 for what goes in"
    ),
    keras("SL50", 13 / 14, conv1=32 * 28)._replace(says="conv1 with kernels of 3×3"),
    keras(
        "SL51", 12 / 14, shapes=keras_network.keras_trace(KERAS) | {"pool1": (33, 12, 13), "conv2": (64, 10, 11)}
    )._replace(says="This follows from your answer for pool1"),
    keras("SL52", 13 / 14, shapes=keras_network.keras_trace(KERAS) | {"pool1": (16, 12, 12)})._replace(
        says="pool1 changes the number of maps here"
    ),
    keras("KG80", 13 / 14, share_of_dense1=95.2),
    keras("KG81", 13 / 14, total_for_grey=832),
    block("KG83", 1 / 3),
    block("KG84", 2 / 3),
    wrong("KG82", "residual-block", 2 / 3, basic=2 * 64 * 64 * 25 + 256),
    wrong("KG85", "residual-block", 2 / 3, down=230_144 // 4),
]
PADDED = (("3, 6, kernel_size=5", "3, 6, kernel_size=5, padding=4"), ("13 * 13", "15 * 15"))
FINAL = "[parameter.detach().clone() for parameter in network.parameters()]"
LISTED = (("self.fc3 =", "self.rest = [None]\n        self.rest[0] ="), ("self.fc3(x)", "self.rest[0](x)"))

CODE = [
    mutant("KB10", "build-cnn", ("F.relu(self.fc2(x))", "torch.tanh(self.fc2(x))")),
    mutant("KB11", "build-cnn", ("nn.MaxPool2d(2)", "nn.MaxPool2d(3, 2, padding=1)")),
    mutant("KB12", "build-cnn", ("return self.fc3(x)", "return self.fc3(x) / 10")),
    mutant("KB13", "build-cnn", ("self.conv1(x)", "self.conv1((x - 0.5) / 0.5)")),
    mutant("KB14", "build-cnn", ("3, 6, kernel_size=5", "3, 6, kernel_size=3")),
    mutant("KB15", "build-cnn", ("nn.Linear(84, 10)", "nn.Linear(84, 11)")),
    mutant("KB16", "build-cnn", ("16 * 5 * 5", "16 * 8 * 8")),
    mutant("KB17", "build-cnn", ("nn.Linear(84, 10)", "nn.Linear(84, 10, bias=False)")),
    mutant("KB18", "build-cnn", ("self.pool =", "self.norm = nn.BatchNorm2d(6)\n        self.pool =")),
    mutant("KB19", "build-cnn", *LISTED),
    mutant("KB21", "build-cnn", ("nn.MaxPool2d(2)", "nn.MaxPool2d(1, stride=2)")),
    mutant(
        "PR5",
        "build-cnn",
        ("F.relu(self.fc1(x))", "self.fc1(x)"),
        ("return self.fc3(x)", "return self.fc3(x).softmax(1)"),
        also=("KB2",),
        says="network returns probabilities",
    ),
    mutant("KC16", "mend-the-network", *PADDED),
    mutant("KC23", "mend-the-network", ("self.conv1(x)", "self.conv1(x.mean(1, keepdim=True).expand_as(x))")),
    mutant("KC23", "mend-the-network", ("self.conv1(x)", "self.conv1(x[:, :1].expand_as(x))"), hidden=True),
    mutant("KC24", "mend-the-network", ("x.flatten(1)", "x.flatten(1)[:, :400]"), ("16 * 13 * 13", "400")),
    mutant("KF23", "reproducible-run", (FINAL, "network")),
    mutant(
        "KF23",
        "reproducible-run",
        (FINAL, "network.parameters()"),
    ),
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
    mutant("PR5", "build-cnn", ("return self.fc3(x)", "return torch.sigmoid(self.fc3(x))"), hidden=True),
    mutant("DS4", "build-cnn", ("x.flatten(1)", "x.flatten()")),
    mutant("KB7", "build-cnn", ("return self.fc3(x)", "return self.fc3(x).argmax(1)")),
    mutant("KB8", "build-cnn", ("x.flatten(1)", "x.permute(0, 2, 3, 1).flatten(1)")),
    mutant("KB9", "build-cnn", ("return self.fc3(x)", "return self.fc3(x.detach())")),
    mutant("KB9", "build-cnn", ("return self.fc3(x)", "return self.fc3(x).data")),
    mutant(
        "KB9",
        "mend-the-network",
        ("return self.fc3(F.relu(self.fc2(x)))", "return self.fc3(F.relu(self.fc2(x)).detach())"),
    ),
    mutant("", "build-cnn", ("return self.fc3(x)", "return F.dropout(self.fc3(x))")),
    mutant("DS2", "build-cnn", ("return self.fc3(x)", "return self.fc3(x).squeeze()")),
    mutant("PR5", "mend-the-network", ("F.relu(self.fc2(x)))", "F.relu(self.fc2(x))).softmax(1)"), share=1 / 2),
    mutant(
        "PR5",
        "mend-the-network",
        ("F.relu(self.fc2(x)))", "F.relu(self.fc2(x))).log_softmax(1)"),
        hidden=True,
        share=1 / 2,
    ),
    mutant("KC7", "mend-the-network", ("self.fc1(x.flatten(1))", "self.fc1(x.view(-1, 400))"), SMALL_FC),
    mutant("KC7", "mend-the-network", ("self.fc1(x.flatten(1))", "self.fc1((x - x.mean(0)).flatten(1))")),
    mutant(
        "KC7",
        "mend-the-network",
        ("return self.fc3(F.relu(self.fc2(x)))", "x = self.fc3(F.relu(self.fc2(x)))\n        return x + x.mean(0)"),
        share=1 / 2,
    ),
    mutant("KC6", "mend-the-network", CROPPED, SMALL_FC, share=1 / 2),
    mutant("KC6", "mend-the-network", ("self.conv1(x)", "self.conv1(x[:, :, ::2, ::2])"), SMALL_FC, share=1 / 2),
    mutant(
        "KC6",
        "mend-the-network",
        ("self.fc1(x.flatten(1))", "self.fc1(self.pool(x).flatten(1))"),
        ("16 * 13 * 13", "16 * 6 * 6"),
        share=1 / 2,
    ),
    mutant("KC8", "mend-the-network", ("F.relu(self.conv2(x))", "self.conv2(x)")),
    mutant("KC8", "mend-the-network", ("MaxPool2d", "AvgPool2d")),
    mutant("KC8", "mend-the-network", ("F.relu(self.conv1(x))", "torch.tanh(self.conv1(x))"), hidden=True),
    mutant("TR1", "train-one-epoch", NO_ZERO),
    mutant("TR2", "train-one-epoch", STEP),
    mutant("TR3", "train-one-epoch", ("    model.train()\n", "")),
    mutant("TR4", "train-one-epoch", ("loss.item()", "loss")),
    mutant("TR5", "train-one-epoch", (" * len(labels)", ""), ("count += len(labels)", "count += 1")),
    mutant("TR5", "train-one-epoch", (" * len(labels)", ""), ("count += len(labels)", "count += 1"), hidden=True),
    mutant("KT1", "train-one-epoch", ("        optimiser.step()\n", "")),
    mutant("KT1", "train-one-epoch", ("        loss.backward()\n", "")),
    mutant("KT2", "train-one-epoch", NO_ZERO, ("optimiser.step()", "optimiser.zero_grad()\n        optimiser.step()")),
    mutant("KT3", "train-one-epoch", RETURN),
    mutant("KT4", "train-one-epoch", ("return total / count", "return loss.item()")),
    mutant("KT5", "train-one-epoch", ("return total / count", "return total")),
    mutant("KT6", "train-one-epoch", ("return total / count", "return total / len(loader)")),
    mutant("KT7", "train-one-epoch", (" * len(labels)", "")),
    mutant("KT8", "train-one-epoch", ("loss.backward()", "(loss / len(loader)).backward()")),
    mutant("KT8", "train-one-epoch", ("loss.backward()", "(loss * len(labels)).backward()"), hidden=True),
    mutant("KT9", "train-one-epoch", ("loss.item() * len(labels)", "loss.item() * loader.batch_size")),
    mutant("KT10", "train-one-epoch", ("        optimiser.step()\n", ""), STEP_LAST),
    mutant("KT11", "train-one-epoch", ("in loader", "in list(loader)[:-1]")),
    mutant("KT12", "train-one-epoch", ("optimiser.step()", "optimiser.step(), optimiser.step()")),
    mutant("KT13", "train-one-epoch", ("loss.backward()", "loss.backward(retain_graph=True), loss.backward()")),
    mutant("KT14", "train-one-epoch", ("in loader", "in [*loader, *loader]")),
    mutant(
        "KT15",
        "train-one-epoch",
        ("total += loss.item() * len(labels)", "total = (total + loss.item()) / 2"),
        ("total / count", "total"),
    ),
    mutant("KT16", "train-one-epoch", ("loss.item() * len", "loss_fn(model(images), labels).item() * len")),
    mutant(
        "KT17",
        "train-one-epoch",
        ("return total / count", "return np.mean([loss_fn(model(one[0]), one[1]).item() for one in loader])"),
    ),
    mutant(
        "KT18",
        "train-one-epoch",
        ("    model.train()\n", "    model.train()\n    optimiser = torch.optim.SGD(model.parameters(), lr=0.01)\n"),
    ),
    mutant("PR5", "train-one-epoch", ("loss_fn(model(images), labels)", "loss_fn(model(images).softmax(1), labels)")),
    mutant("KE1", "evaluate", TURNED, share=1 / 2),
    mutant("KE1", "evaluate", TURNED, hidden=True, share=1 / 2),
    mutant("KE1", "evaluate", ('"confusion": confusion,', '"confusion": confusion.T,'), share=3 / 4),
    mutant("KE2", "evaluate", ("confusion.sum(dim=1)", "confusion.sum(dim=0)"), share=3 / 4),
    mutant("KE3", "evaluate", FIXED, share=1 / 4),
    mutant("KE3", "evaluate", FOURS, share=1 / 4),
    mutant("KE4", "evaluate", ("confusion.sum(dim=1)", "confusion.sum(dim=1).clamp(min=1)"), hidden=True, share=3 / 4),
    mutant("KE5", "evaluate", MEAN, share=3 / 4),
    mutant("KE6", "evaluate", ("(right.sum() /", "(100 * right.sum() /"), share=3 / 4),
    mutant("KE7", "evaluate", SHARES, share=3 / 4),
    mutant("KE8", "evaluate", ("torch.no_grad()", "torch.enable_grad()"), share=3 / 4),
    mutant("KE9", "evaluate", PAIRS, share=1 / 4),
    mutant("KE9", "evaluate", PAIRS, hidden=True, share=1 / 4),
    mutant("KE10", "evaluate", ("argmax", "argmin"), share=1 / 4),
    mutant("KE11", "evaluate", ("(right.sum() / confusion.sum())", "right.sum()"), share=3 / 4),
    mutant("KE11", "evaluate", ("right / confusion.sum(dim=1)", "right"), share=3 / 4, hidden=True),
    mutant("KE12", "evaluate", ("(right.sum() /", "(1 - right.sum() /"), share=3 / 4),
    mutant("KE13", "evaluate", ("confusion.sum(dim=1)", "confusion.sum()"), share=3 / 4),
    mutant("KE14", "evaluate", ("confusion.sum()).item()", "len(loader)).item()"), share=3 / 4),
    mutant("KE15", "evaluate", ("torch.zeros(n_classes, n_classes)", "torch.zeros(10, 10)"), share=1 / 2),
    mutant("KE16", "evaluate", ("confusion[t, p] += 1", "confusion[t, p] = 1"), share=1 / 4),
    mutant("KE18", "evaluate", ("confusion[t, p] += 1", "confusion[t, t] += 1"), share=1 / 4),
    mutant("KE17", "evaluate", ('"confusion": confusion,', '"confusion": confusion - right.diag(),'), share=3 / 4),
    mutant("TR3", "evaluate", ("    model.eval()\n", ""), share=3 / 4),
    mutant("TR3", "evaluate", ("    model.train(mode)\n", ""), share=3 / 4),
    mutant("TR3", "evaluate", ("    model.train(mode)\n", "    model.train()\n"), share=3 / 4),
    mutant(
        "TR5",
        "evaluate",
        ("    with torch.no_grad():\n", "    means = []\n    with torch.no_grad():\n"),
        (
            "predicted = model(images).argmax(dim=1)\n",
            "predicted = model(images).argmax(dim=1)\n            means.append((predicted == labels).float().mean())\n",
        ),
        ("(right.sum() / confusion.sum()).item()", "sum(means).item() / len(means)"),
        share=3 / 4,
    ),
    mutant("KF5", "reproducible-run", ("    torch.manual_seed(seed)\n", ""), GLOBAL),
    mutant("KF11", "reproducible-run", ("    torch.manual_seed(seed)\n", "")),
    mutant("KF6", "reproducible-run", GLOBAL),
    mutant("KF7", "reproducible-run", ("manual_seed(seed)", "manual_seed(0)")),
    mutant("KF8", "reproducible-run", ("shuffle=True, generator=order", "shuffle=False")),
    mutant("KF8", "reproducible-run", (", shuffle=True, generator=order", ""), hidden=True),
    mutant("KF9", "reproducible-run", KEPT),
    mutant("KF10", "reproducible-run", ("range(2)", "range(1)")),
    mutant("KF10", "reproducible-run", ("range(2)", "range(5)"), hidden=True),
    mutant("KF11", "reproducible-run", *LATE),
    mutant("KF20", "reproducible-run", ("parameter.detach().clone()", "parameter.grad")),
    mutant("KF20", "reproducible-run", ("in network.parameters()]", "in small_network().parameters()]")),
    mutant(
        "KF21",
        "reproducible-run",
        ("network = small_network()", "network = globals().setdefault('kept', small_network())"),
    ),
    mutant("KF18", "reproducible-run", ("DataLoader(toy", "DataLoader(torch.utils.data.Subset(toy, range(48))")),
    mutant("PC1", "count-params", ("(inputs + 1)", "inputs"), ("(9 * inputs + 1)", "9 * inputs")),
    mutant("PC3", "count-params", ("(9 * inputs + 1)", "(9 + 1)")),
    mutant("KG2", "count-params", ("inputs * size * size", "inputs")),
    mutant("KC4", "count-params", ("inputs * size * size", "inputs * size")),
    mutant("KG34", "count-params", ("inputs * size * size", "size * size")),
    mutant("KG3", "count-params", ("size = size // 2", "pass")),
    mutant("KA1", "count-params", ("size // 2", "-(-size // 2)")),
    mutant("KG4", "count-params", UNPADDED),
    mutant("KG11", "count-params", ("inputs, size = entry, size", "size = size")),
    mutant("KG11", "count-params", ("(9 * inputs + 1)", "(9 * in_channels + 1)")),
    mutant("KG15", "count-params", ("            inputs = entry\n", "")),
    mutant("KG16", "count-params", ("total += (inputs", "total = (inputs"), ("total += (9", "total = (9")),
    mutant("KG67", "count-params", ("inputs, dense = 0, in_channels, False", "inputs, dense = 0, 3, False")),
    mutant("KG68", "count-params", ("9 * inputs", "25 * inputs")),
    mutant("KG69", "count-params", ("in_channels, False", "in_channels, False\n    size = 224")),
    mutant("KG70", "count-params", ("total += (inputs + 1) * entry", "total += 0")),
    mutant("KG71", "count-params", ("total += (9", "total = (9")),
    mutant(
        "KG72",
        "count-params",
        ("inputs * size * size, True", "inputs * size * size, True\n            total += inputs"),
    ),
    mutant("KG17", "count-params", ("size // 2", "size / 2")),
    mutant("PC2", "count-params", ("(9 * inputs + 1) * entry", "9 * inputs * entry + 1")),
    mutant("PC4", "count-params", ("(9 * inputs + 1) * entry", "9 * inputs * entry + inputs")),
    mutant("PC6", "count-params", ("9 * inputs", "3 * inputs")),
    mutant("KA4", "count-params", ("size = size // 2", "size, inputs = size // 2, inputs // 2")),
    mutant("PC8", "count-params", PLACES),
    mutant("KG12", "count-params", ("size + 2 * padding - 2", "size + padding - 2")),
    mutant("KG13", "count-params", FIRST_ONLY),
]
WRONG_WAYS = SETS + LAYER_WAYS + CODE

EQUIVALENT = {
    "count-params": {"size = size // 2 → size //= 2": "the same number, in place"},
    "evaluate": {
        "return {'accuracy': (right.sum() / confusion.sum()).item(), 'per_class': right / confusion.sum(dim=1), "
        "'confusion': confusion} → return {'accuracy': right.sum() / confusion.sum(), 'per_class': right / "
        "confusion.sum(dim=1), 'confusion': confusion}": "a number in a tensor is a number",
    },
    "mend-the-network": dict.fromkeys(
        (
            "x = F.relu(self.fc1(x.flatten(1))) → x = self.fc1(x.flatten(1))",
            "return self.fc3(F.relu(self.fc2(x))) → return self.fc3(self.fc2(x))",
        ),
        "what follows behind the second pooling is the learner's choice",
    ),
    "reproducible-run": {
        "toy = TensorDataset(torch.randn(60, 3, 12, 12), torch.arange(60) % 10) → toy = "
        "TensorDataset(torch.randn(60, 3, 12, 12), torch.arange(60) // 10)": "toy is given, any labels will do",
        "toy = TensorDataset(torch.randn(60, 3, 12, 12), torch.arange(60) % 10) → toy = "
        "TensorDataset(torch.randn(60, 3, 12, 12), torch.arange(60) % 9)": "toy is given, any labels will do",
        "return nn.Sequential(nn.Conv2d(3, 4, kernel_size=5), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 8 * 8, 10)) → "
        "return nn.Sequential(nn.ReLU(), nn.Conv2d(3, 4, kernel_size=5), nn.Flatten(), nn.Linear(4 * 8 * 8, 10))": (
            "small_network is given, in front of the learner's region"
        ),
        "order = torch.Generator().manual_seed(seed) → order = torch.manual_seed(seed)": "the global generator, seeded",
        "loader = DataLoader(toy, batch_size=16, shuffle=True, generator=order) → loader = DataLoader(toy, "
        "batch_size=16, shuffle=True)": "the global generator is seeded, too",
        **{
            f"optimiser = torch.optim.SGD(network.parameters(), lr=0.1) → optimiser = {other}": "any optimiser will do"
            for other in (
                "torch.optim.SGD(network.parameters())",
                "torch.optim.SGD(network.parameters(), lr=0.2)",
                "torch.optim.SGD(network.parameters(), lr=0.05)",
            )
        },
        **{
            f"return [parameter.detach().clone() for parameter in network.parameters()] → return [parameter.{other}() "
            "for parameter in network.parameters()]": "nothing changes these weights any more"
            for other in ("detach", "clone")
        },
        **{
            f"optimiser.zero_grad() → {other}": "a longer way downhill, as repeatable"
            for other in ("pass", "optimiser")
        },
    },
}
EXCLUDED_FORMS = {
    "train-one-epoch": dict.fromkeys(
        ("returns tensors", "returns tensors of one element", "returns tensors with a gradient"),
        "the prompt asks for a float and says why a tensor is none",
    ),
}

FINGERPRINTS = {  # of what students are asked; see test_questions.py
    "alexnet-counts": "0dc1212134bf477b254bc0ea62d7a514",
    "keras-network": "88069ce32265615d6f7611555e56983c",
    "larger-pictures": "849424e73ccbc3b1885baab7c031b851",
    "parameter-counts": "7fa87e400918b6f2cd8223e962793b24",
    "practice features": "dc66da49cd454829b85f36f6b68c1277",
    "practice multiplications": "5d8552809d5127c78a95e5aeef572b6b",
    "practice residual-block": "95389cec702f56f9b882656437a3fb3b",
    "residual-block": "aba860b8a2b045f88adb98ce4c314bb2",
    "shape-trace": "7fa87e400918b6f2cd8223e962793b24",
    "text of depth": "67a6e655f6053bc0a5962e71ac3c2216",
}


# --- right answers, however they are written


def sample_class():
    path = lesson.master.parent / "sample_class.py"
    spec = importlib.util.spec_from_file_location("sample_class_06", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SAMPLES = sample_class()
SEQUENTIAL = """class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(3, 6, 5), nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)
    def forward(self, x):
        maps = nn.Sequential(self.conv1, nn.MaxPool2d(2), nn.ReLU(), self.conv2, nn.ReLU(), nn.MaxPool2d(2))(x)
        return nn.Sequential(nn.Flatten(), self.fc1, nn.ReLU(), self.fc2, nn.ReLU(), self.fc3)(maps)
"""
GRADIENTS_BY_HAND = """def train_one_epoch(model, loader, optimiser, loss_fn):
    model.train(True)
    sums, sizes = [], []
    for batch in loader:
        x, y = batch
        for parameter in model.parameters():
            parameter.grad = None
        loss = loss_fn(model(x), y)
        loss.backward()
        optimiser.step()
        sums.append(float(loss.detach()) * x.shape[0])
        sizes.append(x.shape[0])
    return sum(sums) / len(loader.dataset)
"""
ZERO_LAST = """def train_one_epoch(model, loader, optimiser, loss_fn):
    model.train()
    optimiser.zero_grad()
    total = 0.0
    for x, y in loader:
        loss = loss_fn(model(x), y)
        loss.backward()
        optimiser.step()
        optimiser.zero_grad()
        total += loss.item() * len(x)
    return np.float32(total / len(loader.dataset))
"""
EVALUATE_IN_LISTS = """@torch.no_grad()
def evaluate(model, loader, n_classes):
    before = model.training
    model.eval()
    rows = [[0] * n_classes for _ in range(n_classes)]
    for x, y in loader:
        for t, p in zip(y.tolist(), model(x).max(1).indices.tolist()):
            rows[t][p] += 1
    model.train(before)
    per_class = [row[k] / sum(row) if sum(row) else float("nan") for k, row in enumerate(rows)]
    right = sum(rows[k][k] for k in range(n_classes))
    return {"accuracy": right / sum(map(sum, rows)), "per_class": tuple(per_class), "confusion": rows}
"""
OTHER_WAYS = [
    ("build-cnn", SAMPLES.CNN_IN_PIECES),
    ("build-cnn", SAMPLES.CNN_FUNCTIONAL),
    ("build-cnn", SEQUENTIAL),
    ("mend-the-network", SAMPLES.MEND_ADAPTIVE),
    ("train-one-epoch", SAMPLES.LOOP_BY_SAMPLES),
    ("train-one-epoch", GRADIENTS_BY_HAND),
    ("train-one-epoch", ZERO_LAST),
    ("evaluate", SAMPLES.EVALUATE_AT_ONCE),
    ("evaluate", EVALUATE_IN_LISTS),
    ("count-params", SAMPLES.PARAMS_WITH_TORCH),
]


def exercise(name: str):
    return getattr(lab, name.replace("-", "_"))


@pytest.mark.parametrize(("name", "source"), OTHER_WAYS, ids=[f"{name}-{n}" for n, (name, _) in enumerate(OTHER_WAYS)])
def test_a_right_answer_counts_however_it_is_written(name, source):
    assert judged(exercise(name).check_hidden, defined(source), seed=6).text == "Correct."


@pytest.mark.parametrize("form", [list, tuple, lambda w: [x.numpy() for x in w]])
def test_weights_count_in_any_form(form):
    again = build("reproducible-run")
    assert judged(lab.reproducible_run.check, lambda seed: form(again(seed))).share == 1


def number_as(form: Callable, value):
    if isinstance(value, dict):
        return {key: number_as(form, one) for key, one in value.items()}
    if isinstance(value, tuple):
        return tuple(number_as(form, one) for one in value)
    return form(value) if isinstance(value, int | float) else value


@pytest.mark.parametrize("form", [int, np.int64, np.float64, torch.tensor, np.array])
@pytest.mark.parametrize(
    "name", ["shape-trace", "parameter-counts", "larger-pictures", "keras-network", "residual-block"]
)
def test_right_numbers_count_in_any_form(name, form):
    answers = [number_as(form, answer) for answer in right_answers(type(exercise(name)))]
    for answer in answers:
        answer |= {"share of dense1": 94.5776} if "share of dense1" in answer else {}
        answer |= {"needs 1x1": ["D", "b", "c"]} if "needs 1x1" in answer else {}
    assert judged(exercise(name).check, *answers).text == "Correct."


def test_shapes_count_as_pytorch_gives_them():
    shapes = {k: torch.Size(s) for k, s in shape_trace.trace(LAB7).items()}
    tensors = {k: torch.Size(s) for k, s in parameter_counts.tensors(LAB7).items()}
    assert judged(lab.shape_trace.check, shapes).share == 1
    assert judged(lab.parameter_counts.check, parameter_counts.parameters(LAB7), tensors).share == 1


@pytest.mark.parametrize("student", ["ada", "s7", "x@uni"])
def test_own_numbers_count(student):
    mine = lab7_cnn.for_student(student)
    for name, source in SAMPLES.own_answers(student).items():
        names: dict = {}
        exec(source, names)
        del names["__builtins__"]
        assert judged(getattr(mine, name.replace("-", "_")).check, *names.values()).share == 1, name


@given(place=st.sampled_from(sorted(shape_trace.trace(LAB7))), axis=st.integers(0, 3), by=st.integers(-3, 3))
@QUIETLY
def test_a_changed_shape_never_counts(place, axis, by):
    right = shape_trace.trace(LAB7)
    shape = list(right[place])
    axis %= len(shape)
    shape[axis] += by
    found = judged(lab.shape_trace.check, right | {place: tuple(shape)})
    assert found.share == (1 if by == 0 else pytest.approx(7 / 8))


def test_half_a_set_gets_half_the_points():
    right = shape_trace.trace(LAB7)
    found = judged(lab.shape_trace.check, {name: right[name] if len(right[name]) == 4 else None for name in right})
    assert found.share == 1 / 2
    assert "No answer yet: flatten, fc1, fc2, fc3." in found.text


@given(st.lists(st.integers(1, 12), min_size=1, max_size=3), st.integers(8, 20), st.integers(0, 1))
@QUIETLY
def test_counting_with_one_thing_wrong_is_never_right(kernels, size, padding):
    network = ([*kernels, "pool", "flatten", 7], 2, size, padding)
    assert count_params.count(*network) == count_params.torch_count(*network)
    assert count_params.count(*network, units=lambda inputs, units: inputs * units) != count_params.torch_count(
        *network
    )


@given(seed=st.integers(0, 10**6), scale=st.sampled_from([1e-2, 1e-1, 1.0]))
@QUIETLY
def test_disturbed_scores_never_count(seed, scale):
    noise = torch.randn(10, generator=torch.Generator().manual_seed(seed)) * scale
    state, x = build_cnn.draw_state(1), build_cnn.draw_pictures(4, 32, 5)
    right = build_cnn.forward(state, x)
    build_cnn._compare_scores(Case("a case"), right.double(), state, x)
    with pytest.raises(Wrong):
        build_cnn._compare_scores(Case("a case"), right + noise, state, x)


@given(number=st.integers(4, 30), classes=st.integers(2, 6), batch=st.integers(1, 9), seed=st.integers(0, 99))
@QUIETLY
def test_evaluation_by_counting_agrees_with_the_lessons(number, classes, batch, seed):
    found = evaluate._judge_case(Case("", (number, classes, batch, None), seed=seed), build("evaluate"))
    assert {one.standing.value for one in found.values()} == {"Right"}


# --- what is not there, and what is odd


@pytest.mark.parametrize("name", ["build-cnn", "mend-the-network"])
@pytest.mark.parametrize("where", ["__init__", "forward"])
def test_a_class_that_is_half_written_is_not_a_wrong_one(name, where):
    last = r"(?s)### BEGIN SOLUTION(?!.*### BEGIN).*?### END SOLUTION"
    half = r"### BEGIN SOLUTION\n.*?### END SOLUTION" if where == "__init__" else last
    source = re.sub(half, "raise NotImplementedError()", lesson.cells()[name].source, count=1, flags=re.DOTALL)
    assert judged(exercise(name).check, defined(source)).missing


ODD = {
    "no dict": ("shape-trace", ([1],), "shapes should be a dict"),
    "text": ("shape-trace", ({"conv1": "28"},), "should be a tuple of numbers, not a str"),
    "a set": ("shape-trace", ({"fc2": {4, 84}},), "should be a tuple of numbers, not a set"),
    "a table": ("shape-trace", ({"fc2": [[4, 84]]},), "should be a tuple of numbers, not a list"),
    "word": ("larger-pictures", ({"batch of 4": "perhaps"},), '"raises" or "passes", not'),
    "reason": ("not-vgg", ({"reason": 5},), "should be one of 'padding'"),
    "letters": ("residual-block", ({"needs 1x1": {1, 2}},), "a set of letters"),
    "no class": ("build-cnn", (lambda: 5,), "made from nn.Module"),
    "an instance": ("build-cnn", (nn.Linear(2, 2),), "raised TypeError"),
    "no network": ("first-run", ({"chance": 0.1}, 5), "trained model, not an int"),
    "no weights": ("reproducible-run", (lambda seed: 5,), "return a list of tensors, not an int"),
    "words": ("reproducible-run", (lambda seed: ["a"],), "return a list of tensors, not a list"),
    "no number": ("count-params", (lambda *args: "many",), "whole number, not a str"),
    "nothing": ("train-one-epoch", (lambda *args: None,), "train_one_epoch: not yet right"),
    "no key": ("evaluate", (lambda *args: {"per_class": 1},), "has no 'accuracy'"),
    "no model": ("evaluate", (lambda *args: {"accuracy": 1, "per_class": 1, "confusion": 1},), "'accuracy': not yet"),
    "too few weights": (
        "reproducible-run",
        (lambda seed: [torch.full((3,), float(seed))],),
        "not as many numbers as small_network() has weights",
    ),
}
CHANGED = {
    "a pair": ("mend-the-network", ("F.relu(self.fc2(x)))", "F.relu(self.fc2(x))), 1"), "of scores, not a tuple"),
    "no return": ("mend-the-network", ("return self.fc3", "self.fc3"), "None. Does forward end in a return statement?"),
    "one score for all": (
        "mend-the-network",
        ("return self.fc3(F.relu(self.fc2(x)))", "return torch.ones(len(x), 10)"),
        "no say in the scores",
    ),
    "fewer channels": ("mend-the-network", ("6, 16,", "6, 8,"), "keep the lab's two convolutions"),
    "an array": ("train-one-epoch", ("return total / count", "return np.zeros(3)"), "of type float, not an ndarray"),
    "a tensor without a graph": (
        "train-one-epoch",
        ("return total / count", "return torch.tensor(total / count)"),
        "of type float, not a Tensor",
    ),
    "nan": ("train-one-epoch", ("return total / count", "return float('nan')"), "returned mean loss is not"),
    "no step": ("train-one-epoch", ("optimiser.step()", "images.sum()"), "The weights did not change"),
    "batches": ("reproducible-run", ("batch_size=16", "batch_size=20"), "other sizes than the task says"),
    "other pictures": (
        "reproducible-run",
        ("DataLoader(toy", "DataLoader(TensorDataset(torch.randn(60, 3, 12, 12), torch.arange(60) % 10)"),
        "on other pictures",
    ),
    "a rest left out": ("reproducible-run", ("shuffle=True", "shuffle=True, drop_last=True"), "how often each picture"),
    "far too long steps": ("reproducible-run", ("lr=0.1", "lr=1e30"), "nan or inf in the weights"),
    "a type of numbers": (
        "train-one-epoch",
        ("(model(images), labels)", "(labels, model(images))"),
        "raised NotImplementedError: ",
    ),
    "another loss": ("train-one-epoch", ("= loss_fn(", "= F.cross_entropy("), "loss_fn was never called"),
    "untrained": ("reproducible-run", ("range(2)", "range(0)"), "weights from before the first step"),
    "forward": ("build-cnn", ("return self.fc3(x)", "self.fc3(x)"), "return statement"),
    "a name": ("build-cnn", ("conv2", "second"), "no parameter conv2.weight"),
    "a size": ("build-cnn", ("120", "110"), "fc1.weight has the shape (110, 400)"),
    "defaults": ("count-params", ("size=224", "size=32"), "Which defaults has the signature?"),
}


@pytest.mark.parametrize(("name", "answers", "words"), ODD.values(), ids=ODD)
def test_odd_input_is_told_in_a_sentence(name, answers, words):
    found = judged(exercise(name).check, *answers)
    assert words in found.text
    assert len(found.text.splitlines()) <= 4


@pytest.mark.parametrize(("name", "change", "words"), CHANGED.values(), ids=CHANGED)
def test_an_odd_function_is_told_in_a_sentence(name, change, words):
    found = judged(exercise(name).check, build(name, change))
    assert words in found.text
    assert found.share == 0
    assert len(found.text.splitlines()) <= 4


# --- nothing is given away

ALL_WRONG = {
    "shape-trace": (dict.fromkeys(shape_trace.trace(LAB7), (1, 1)),),
    "parameter-counts": (
        dict.fromkeys(parameter_counts.parameters(LAB7), 7),
        dict.fromkeys(parameter_counts.tensors(LAB7), (1, 7)),
    ),
    "larger-pictures": ({"features": 7, "rows for 25": 7, "another batch": 7},),
    "keras-network": (
        dict.fromkeys(keras_network.keras_trace(KERAS), (7,)),
        dict.fromkeys([*keras_network.keras_counts(KERAS), "share of dense1"], 7),
    ),
    "not-vgg": (
        {
            "conv share": 7,
            "first dense share": 7,
            "features in the listing": 7,
            "first dense in the listing": 7,
            "reason": "stride",
        },
    ),
    "residual-block": ({"basic": 7, "down": 7, "needs 1x1": "a"},),
}
SECRETS = {"28", "14", "62006", "48120", "2416", "2704", "169", "433354", "1600", "94.6", "10.6", "74.3", "512"}
SECRETS |= {"2101248", "73984", "230144", "431754", "409856"}
NUMBER = r"[0-9]+(?:\.[0-9]+)?"


@pytest.mark.parametrize(("name", "answers"), ALL_WRONG.items())
def test_the_right_numbers_are_never_told(name, answers):
    found = judged(exercise(name).check, *answers)
    assert found.share == 0
    assert set(re.findall(NUMBER, re.sub(r"(?<=[0-9]),(?=[0-9]{3})", "", found.text))) & SECRETS == set()


def test_feedback_never_tells_a_right_number():
    right = SECRETS - {"28", "14"} | {"400", "0.1"}
    for one in {way for mine in lab7_cnn.EXERCISES for way in mine.misconceptions if way.code != "KC5"}:
        assert set(re.findall(NUMBER, one.feedback.replace(",", ""))) & right == set(), one.code


HIDDEN_WRONG = [
    ("build-cnn", ("F.relu(self.conv1(x))", "self.conv1(x)")),
    ("train-one-epoch", ("return total / count", "return total")),
    ("evaluate", TURNED),
    ("count-params", ("(9 * inputs + 1)", "(9 * inputs)")),
    ("mend-the-network", ("self.fc1(x.flatten(1))", "self.fc1(x.flatten(2))")),
]


@pytest.mark.parametrize(("name", "change"), HIDDEN_WRONG, ids=[name for name, _ in HIDDEN_WRONG])
def test_a_hidden_case_is_not_described(name, change):
    mine = type(exercise(name))()
    cases = [Case(one.label, one.data, one.part, one.seed or 9, hidden=True) for one in mine.hidden_cases(9)]
    found = [one for one in mine.judge_cases(cases, build(name, change)).values() if one.standing.value == "Not yet"]
    assert found
    for one in found:
        text = "\n".join((one.first, one.detail)).replace("CNN64", "")
        assert re.findall("[0-9]+", text) == []


def test_the_learners_random_numbers_are_left_alone():
    torch.manual_seed(3)
    expected = torch.rand(3)
    torch.manual_seed(3)
    judged(lab.build_cnn.check, build("build-cnn"))
    judged(lab.mend_the_network.check, build("mend-the-network"))
    assert torch.equal(torch.rand(3), expected)


def test_a_model_keeps_its_mode():
    model = copy.deepcopy(TRAINED).train()
    found = judged(lab.first_run.check, {"accuracy": REACHED}, model)
    assert found.share == pytest.approx(2 / 5)
    assert model.training


@pytest.mark.parametrize("network", [nn.Sequential(nn.Flatten(), nn.Linear(3072, 10)), Oracle()])
def test_a_network_that_knows_no_shapes_is_not_enough(network):
    """One is untrained, the other knows the lesson's test pictures by heart."""
    reached = first_run_module.accuracy_of(network, unseen_pictures())
    found = judged(lab.first_run.check, {"accuracy": reached, "chance": 0.1}, network)
    assert found.share == pytest.approx(2 / 5)
    assert "60 % are wanted" in found.text


def test_a_network_that_returns_no_scores_is_told():
    class Pair(nn.Module):
        def forward(self, x):
            return x, x

    assert "a tensor of scores, not a tuple" in judged(lab.first_run.check, {"accuracy": 0.8}, Pair()).text


def test_no_network_loses_its_own_parts_only():
    found = judged(lab.first_run.check, RUN, None)
    assert found.share == pytest.approx(3 / 5)
    assert "No answer yet: accuracy, network." in found.text


# --- layers in every style, and the learner's own line

LAZY_CNN = """class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.LazyConv2d(6, 5), nn.LazyConv2d(16, 5)
        self.fc1, self.fc2, self.fc3 = nn.LazyLinear(120), nn.LazyLinear(84), nn.LazyLinear(10)
    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x.flatten(1))))))
"""
TWICE_NAMED = """class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 6, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2)
        )
        self.conv1, self.conv2 = self.features[0], self.features[3]
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)
    def forward(self, x):
        return self.fc3(self.fc2(self.fc1(self.features(x).flatten(1)).relu()).relu())
"""
LAZY_64 = LAZY_CNN.replace("class CNN", "class CNN64")
CONVOLUTIONS_LAST = """class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.randn(10, 2704) / 52), nn.Parameter(torch.zeros(10))
    def forward(self, x):
        return F.linear(x.flatten(1), self.weight, self.bias)

class CNN64(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = Head()
        self.second = nn.Parameter(torch.randn(16, 6, 5, 5) / 12)
        self.first = nn.Parameter(torch.randn(6, 3, 5, 5) / 9)
    def forward(self, x):
        x = F.relu(F.max_pool2d(F.conv2d(x, self.first), 2))
        return self.head(F.relu(F.max_pool2d(F.conv2d(x, self.second), 2)))
"""
STYLES = [
    ("build-cnn", LAZY_CNN),
    ("build-cnn", TWICE_NAMED),
    ("mend-the-network", LAZY_64),
    ("mend-the-network", CONVOLUTIONS_LAST),
]


@pytest.mark.parametrize(("name", "source"), STYLES, ids=[f"{name}-{n}" for n, (name, _) in enumerate(STYLES)])
def test_layers_count_in_every_style(name, source):
    assert judged(exercise(name).check_hidden, defined(source), seed=6).text == "Correct."


RAISES = {
    "in forward": ("build-cnn", ("x.flatten(1)", "x.view(3, 7)"), "x = x.view(3, 7)"),
    "in a lazy forward": ("build-cnn", ("self.fc1(x)", "nn.LazyLinear(3)(x) + no"), "nn.LazyLinear(3)(x) + no"),
    "in __init__": ("build-cnn", ("super().__init__()", "super().__init__(); 1 / 0"), "1 / 0"),
    "in the larger network": ("mend-the-network", ("x.flatten(1)", "x.view(3, 7)"), "self.fc1(x.view(3, 7))"),
    "in a loop": ("train-one-epoch", ("loss.backward()", "loss.backwards()"), "loss.backwards()"),
    "in an evaluation": ("evaluate", ("confusion.diag()", "confusion.diagonal(7, 8)"), "confusion.diagonal(7, 8)"),
    "in a run": ("reproducible-run", ("optimiser.step()", "optimizer.step()"), "optimizer.step()"),
    "in a count": ("count-params", ("size // 2", "size // two"), "size // two"),
}


@pytest.mark.parametrize(("name", "change", "line"), RAISES.values(), ids=RAISES)
def test_the_learners_own_line_is_shown(name, change, line):
    source = edited(lesson.cells()[name].source, change)
    names = dict(TOOLS)
    linecache.cache["<mine>"] = (len(source), None, source.splitlines(keepends=True), "<mine>")
    exec(compile(source, "<mine>", "exec"), names)
    found = judged(exercise(name).check, names[list(names)[-1]])
    assert found.share < 1
    assert line in found.text, found.text
    assert len(found.text.splitlines()) <= 4


# --- what is told of several faults belongs to one part


def test_a_confusion_turned_over_is_the_reason_of_what_follows_from_it():
    found = judged(lab.evaluate.check, build("evaluate", TURNED))
    assert found.codes == ("KE1",)
    assert found.text.startswith("Right: accuracy, modes. Not yet: per_class, confusion.")


def test_two_faults_of_an_evaluation_are_told_as_two():
    answer = build("evaluate", TURNED, ("    model.eval()\n", ""), ("(right.sum() /", "(100 * right.sum() /"))
    found = judged(lab.evaluate.check, answer)
    assert (found.share, set(found.codes)) == (0.0, {"KE1", "KE6", "TR3"})


# --- questions, and what is right against PyTorch


@pytest.fixture(scope="module")
def drawn() -> dict:
    """The questions of some students, by exercise."""
    labs = [lab7_cnn.for_student(student) for student in STUDENTS]
    return {
        name: [getattr(one, name).question for one in labs]
        for name in ("shape_trace", "larger_pictures", "keras_network", "residual_block")
    }


def distinct(ways: dict, right: dict) -> bool:
    values = [tuple(way.items()) for way in ways.values()]
    return tuple(right.items()) not in values and len(set(values)) == len(values)


def test_students_get_different_questions(drawn):
    few = {"larger_pictures": 15, "residual_block": 8}
    for name, asked in drawn.items():
        assert len({repr(question) for question in asked}) >= few.get(name, 40), name


def test_without_an_id_come_the_lectures_numbers():
    assert lab.shape_trace.question == lab.parameter_counts.question == LAB7
    assert (lab.larger_pictures.question, lab.residual_block.question["down"]) == (
        64,
        residual_block.Block(64, 128, 2),
    )


def test_wrong_ways_differ_from_what_is_right_and_from_each_other(drawn):
    for network in drawn["shape_trace"]:
        assert distinct(shape_trace.separate_ways(network), shape_trace.trace(network))
        assert distinct(parameter_counts.parameter_ways(network), parameter_counts.parameters(network))
        assert distinct(parameter_counts.tensor_ways(network), parameter_counts.tensors(network))
    for net in drawn["keras_network"]:
        assert distinct(keras_network.separate_trace_ways(net), keras_network.keras_trace(net))
        assert distinct(keras_network.separate_count_ways(net), keras_network.keras_counts(net))
    for blocks in drawn["residual_block"]:
        for one in blocks.values():
            ways = [way for way in residual_block.block_ways(one).values() if way is not None]
            assert residual_block.block_parameters(one) not in ways
            assert len(set(ways)) == len(ways)


def test_a_students_network_has_a_pooling_that_leaves_a_row_over(drawn):
    for network in drawn["shape_trace"]:
        conv1, _, conv2, last = networks.sides(network.side, (network.kernel_size,) * 2)
        assert conv1 % 2 or conv2 % 2
        assert last >= 3


def test_larger_pictures_raise_for_4_and_pass_for_25(drawn):
    for side in drawn["larger_pictures"]:
        assert not larger_pictures.view_passes(4, side)
        assert larger_pictures.view_passes(25, side)
        assert 36 <= side <= 96
        features = 16 * larger_pictures.torch_last_side(side) ** 2
        assert features not in larger_pictures.larger_ways(side).values()


def test_counting_agrees_with_pytorch(drawn):
    for network in [LAB7, *drawn["shape_trace"]]:
        model, n = networks.torch_network(network), network
        assert shape_trace.trace(network) == networks.torch_trace(model, (n.batch, n.in_channels, n.side, n.side))
        assert parameter_counts.tensors(network) == networks.torch_tensors(model)
        counts = networks.torch_counts(model)
        assert parameter_counts.parameters(network) == counts | {"pool": 0, "total": sum(counts.values())}


def test_counting_the_keras_net_agrees_with_pytorch(drawn):
    for net in [KERAS, *drawn["keras_network"]]:
        shapes = networks.torch_trace(keras_network.torch_keras(net), (1, net.in_channels, net.side, net.side))
        assert keras_network.keras_trace(net) == {name: shape[1:] for name, shape in shapes.items()}
        assert keras_network.keras_counts(net) == keras_network.torch_keras_counts(net)


@pytest.mark.parametrize("shape", [(64, 64, 1), (64, 128, 2), (24, 48, 2)])
def test_a_block_is_torchvisions(shape):
    one, shortcut = residual_block.Block(*shape), None
    if residual_block.needs_projection(one):
        shortcut = nn.Sequential(resnet.conv1x1(*one), nn.BatchNorm2d(one.out_channels))
    made = resnet.BasicBlock(one.in_channels, one.out_channels, one.stride, shortcut)
    assert residual_block.block_parameters(one) == sum(p.numel() for p in made.parameters())
    assert residual_block.torch_block_count(one) == residual_block.block_parameters(one)


def test_situations_are_judged_as_pytorch_adds():
    for one in residual_block.SITUATIONS.values():
        assert residual_block.needs_projection(one) == (not residual_block.can_be_added(one))


def test_the_list_of_vgg_is_torchvisions():
    with torch.device("meta"):
        right = sum(p.numel() for p in vgg16().parameters())
    assert sum(map(networks.count_parameters, torch_vgg(VGG16, 3, 224, 1))) == right


# --- practice


@pytest.mark.parametrize("number", range(40))
def test_practice_questions_tell_wrong_ways_apart(number):
    features, row = (draw(Dice("p", number)) for draw in (shape_trace.sample_features, parameter_counts.sample_row))
    assert shape_trace.features_tell_apart(features)
    assert parameter_counts.row_tells_apart(row)
    assert shape_trace.count_features(features) == shape_trace.torch_features(features)
    assert parameter_counts.count_multiplications(row) == parameter_counts.torch_multiplications(row)


def block_by_formula(q) -> int:
    n, m = q.in_channels, q.out_channels
    return 9 * n * m + 9 * m * m + 4 * m + (n * m + 2 * m if (n, 1) != (m, q.stride) else 0)


PRACTICE = {
    "shape_trace": lambda q: q.kernels * ((q.side - q.kernel_size + 1) // 2) ** 2,
    "parameter_counts": lambda q: q.kernels * q.in_channels * (q.kernel_size * (q.side - q.kernel_size + 1)) ** 2,
    "residual_block": block_by_formula,
}


@pytest.mark.parametrize("name", PRACTICE)
@pytest.mark.parametrize("number", range(1, 9))
def test_practice_accepts_what_is_right_and_names_each_wrong_way(name, number, capsys):
    mine = getattr(lab, name)
    question = mine.practice(number)
    right = PRACTICE[name](question.numbers)
    assert (question.answer(right), capsys.readouterr().out) == (True, "Correct.\n")
    assert not any(question.answer(wrong) for wrong in (right + 1, right - 1, right + 0.5, 0, -right, 10**30))
    capsys.readouterr()
    for way, answer in mine.topics[0].ways(question.numbers).items():
        if answer is not None:
            question.answer(answer)
            text = capsys.readouterr().out.split("Step by step")[0]  # the way is shown after three wrong answers
            assert way.feedback in text or way.name in text
            assert str(right) not in re.findall("[0-9]+", text.split("\n", 1)[1])
            assert way.section in lesson.headings()


# --- what the lesson claims of accuracies


@pytest.fixture(scope="module")
def names() -> dict:
    """What the lesson has at hand in section 6."""
    names = lesson.imports() | {"student_id": "", "lab": lab}
    names["validation_loader"] = names["make_loader"](names["load_shapes"](10, 500, seed=1)[1])
    for answer in ("build-cnn", "train-one-epoch", "evaluate"):
        exec(lesson.cells()[answer].source, names)
    return names


@pytest.fixture(scope="module")
def reached(names) -> list[float]:
    """Accuracies of the lesson's first run, each from other first weights."""
    found = []
    for seed in (1, 2, 3):
        source = lesson.cells()["first-run"].source.replace("torch.manual_seed(1)", f"torch.manual_seed({seed})")
        exec(source, names)
        found.append(names["first_run"]["accuracy"])
        assert names["first_run"]["first loss"] == pytest.approx(names["first_run"]["loss of guessing"], abs=0.15)
    return found


@pytest.mark.slow
def test_about_80_percent_can_be_reached(reached):
    assert min(reached) > 0.72, reached
    assert sum(reached) / 3 == pytest.approx(0.8, abs=0.05), reached


@pytest.mark.slow
def test_seeds_differ_by_a_few_points(reached):
    assert 0.003 < max(reached) - min(reached) < 0.12, reached


# --- what the lesson says of photographs


@pytest.mark.slow
def test_three_epochs_of_real_garments_come_to_what_the_lesson_says():
    names = lesson.imports()
    for answer in ("build-cnn", "train-one-epoch", "evaluate"):
        exec(lesson.cells()[answer].source, names)
    for seed in one_in(3, (0, 1, 2)):
        garments, new = data.load_colour(3000, 500, source="fashion_colour", seed=seed)
        torch.manual_seed(seed)
        network, batches = names["CNN"](), make_loader(garments, shuffle=True)
        adam = torch.optim.Adam(network.parameters(), lr=0.002)
        for _ in range(3):
            names["train_one_epoch"](network, batches, adam, F.cross_entropy)
        assert 0.58 < names["evaluate"](network, make_loader(new), 10)["accuracy"] < 0.68


def test_gradients_that_are_never_cleared_are_momentum_of_one():
    """6.7 asks for any optimiser: without zero_grad, plain steps are those of SGD with momentum 1, so it is right."""
    torch.manual_seed(0)  # both make the same toy
    never_cleared = build("reproducible-run", ("            optimiser.zero_grad()\n", ""), ("lr=0.1)", "lr=0.001)"))
    torch.manual_seed(0)
    with_momentum = build("reproducible-run", ("lr=0.1)", "lr=0.001, momentum=1)"))
    assert all(torch.allclose(a, b, atol=1e-5) for a, b in zip(never_cleared(3), with_momentum(3), strict=True))
    assert judged(lab.reproducible_run.check, never_cleared).text.startswith("Correct.")


# --- Further: rates that change

RATE_AT = """
def rate_at(step, steps, peak, warmup):
    if step < warmup:
        return peak * (step + 1) / warmup
    along = (step - warmup) / (steps - warmup)
    return peak * (1 + np.cos(np.pi * along)) / 2
"""


def rated(code: str, *changes: tuple[str, str]) -> WrongWay:
    def answers():
        names: dict = {"np": np}
        exec(edited(RATE_AT, *changes), names)
        return (names["rate_at"],)

    return WrongWay(code, "rate-schedule", answers)


WRONG_WAYS += [
    rated("LR1", ("(step + 1) / warmup", "step / warmup")),
    rated("LR2", ("(step - warmup) / (steps - warmup)", "step / steps")),
    rated("LR3", ("(1 + np.cos(np.pi * along)) / 2", "np.cos(np.pi * along)")),
    rated("LR4", ("(1 + np.cos(np.pi * along)) / 2", "(1 - along)")),
    rated("LR5", ("    if step < warmup", "    warmup = 0\n    if step < warmup")),
    rated("LR6", ("    if step < warmup", "    peak = 1\n    if step < warmup")),
    rated("LR7", ("np.pi * along", "along")),
    rated("LR8", ("(steps - warmup)", "max(steps - warmup - 1, 1)")),
    rated("LR9", ("(1 + np.cos(np.pi * along)) / 2", "np.exp(-along)")),
    rated("LR10", ("(step + 1) / warmup", "step / max(warmup - 1, 1)")),
    rated("LR11", ("(step - warmup) /", "(step - warmup + 1) /")),
    rated("SL31", ("(steps - warmup)", "steps")),
    rated("SL30", ("1 + np.cos", "1 - np.cos")),
    rated("LR9", ("np.cos", "np.sin")),
    rated("LR9", ("(1 + np.cos(np.pi * along)) / 2", "0.99 ** (step - warmup)")),
]
COSINE_IS_EVEN = "a cosine is the same to both sides of 0"
EQUIVALENT |= {
    "rate-schedule": {
        "rate_at(peak): without negative numbers": "no rate is below 0",
        "rate_at(step): without negative numbers": "steps are numbered from 0",
        "along = (step - warmup) / (steps - warmup) → along = (warmup - step) / (steps - warmup)": COSINE_IS_EVEN,
        "along = (step - warmup) / (steps - warmup) → along = (step - warmup) / (warmup - steps)": COSINE_IS_EVEN,
    }
}


# --- further: a relative of AlexNet

RELATIVE = lab.alexnet_counts.question
RELATIVE_NUMBERS = alexnet_counts.right_numbers(RELATIVE)


def relative(code: str, **changes: int) -> WrongWay:
    share = 1 - len(changes) / len(RELATIVE_NUMBERS)
    return WrongWay(code, "alexnet-counts", lambda: (RELATIVE_NUMBERS | changes,), share)


WRONG_WAYS += [
    relative("RA1", conv2=160 * (64 * 25 + 1)),
    relative("RA2", conv2=80 * (32 * 25 + 1)),
    relative("RA3", conv1=64 * 363, conv2=160 * 800, dense=2048 * 160 * 121),
    relative("RA4", side2=12, dense=2048 * (160 * 144 + 1)),
    relative("RA5", side2=9, dense=2048 * (160 * 81 + 1)),
    relative("RA6", side1=48),
    relative("RA7", side2=24, dense=2048 * (160 * 576 + 1)),
    relative("RA8", dense=2048 * 161),
    relative("RA9", side1=193),
    relative("RA10", saved=160 * 800 + 160),
    relative("RA11", saved=160 * 1601),
    relative("RA12", conv1=64 * 122, conv2=160 * 26),
    relative("RA13", conv1=64 * 363 + 1, conv2=160 * 800 + 1, dense=2048 * 160 * 121 + 1),
]


def test_the_lessons_counts_of_alexnet_are_those_of_pytorch():
    table = next(cell.source for cell in master_of(lesson.lab).cells if "Count it yourself, then open" in cell.source)
    alexnet = alexnet_counts.right_numbers(alexnet_counts.Relative(227, 96, 256, 4096))
    assert alexnet["side1"] == 55
    for part in ("conv1", "conv2"):
        assert f"{alexnet[part]:,}" in table
    assert f"{alexnet['conv2'] + alexnet['saved']:,}" in table


def test_no_relative_is_alexnet_and_wrong_ways_differ():
    for student in ("", *(f"s{number}" for number in range(200))):
        question = lab7_cnn.for_student(student).alexnet_counts.question
        assert alexnet_counts.tells_apart(question)
        right = alexnet_counts.right_numbers(question)
        ways = alexnet_counts.wrong_ways(question)
        for part in alexnet_counts.PARTS:
            given = {number for way in ways.values() for number in way[part]}
            assert len(given - {right[part]}) >= 2


WRONG_WAYS += [
    mutant("TR3", "evaluate", ("model.train(mode)", "model.training = mode"), share=3 / 4),
    mutant("KE19", "evaluate", ("right / confusion.sum(dim=1)",
           "2 * right / (confusion.sum(dim=0) + confusion.sum(dim=1))"), share=3 / 4),
    mutant("KE20", "evaluate", ("(right.sum() / confusion.sum()).item()", "hits / float(confusion.sum())"),
           ("    with torch.no_grad():\n", "    hits = 0\n    with torch.no_grad():\n"),
           ("dim=1)\n            for", """dim=1)
            hits += int((model(images).topk(2).indices == labels[:, None]).sum())
            for"""), share=3 / 4),
    mutant("KT19", "train-one-epoch", ("return total / count", "return round(total / count, 2)")),
    mutant("KT20", "train-one-epoch", ("total += loss.item() * len(labels)", "total = max(total, loss.item())"),
           ("total / count", "total")),
    mutant("KT21", "train-one-epoch", ("count += len(labels)", "count += 4")),
    mutant("KG87", "count-params", ("size + 2 * padding - 2", "size + 2 * padding - 3")),
    mutant("KG88", "count-params", ("size // 2", "size - 2")),
    mutant("KG89", "count-params", ("size = size // 2", "size, inputs = size // 2, 2 * inputs")),
    mutant("KG90", "count-params", ("inputs * size * size", "inputs * 9")),
    mutant("", "count-params", ("total, inputs, dense = 0", "config.append('pool')\n    total, inputs, dense = 0")),
    wrong("KG86", "residual-block", 2 / 3, basic=73_984 - 9 * 64 * 64),
]  # fmt: skip

WRONG_WAYS += [
    mutant("KF24", "reproducible-run", ("            optimiser.step()\n",
        "            before = [one.detach().clone() for one in network.parameters()]\n            optimiser.step()\n"),
        (FINAL, "before")),
]  # fmt: skip

PADDED_CONV = ("6, 16, kernel_size=5", "6, 16, kernel_size=5, padding=2")
CLIPPED = "nn.utils.clip_grad_norm_(model.parameters(), 0.5)"
PENALTY = "(loss + 0.01 * sum((one**2).sum() for one in model.parameters())).backward()"
SIDE = "inputs * size * size"

WRONG_WAYS += [
    mutant("KB22", "build-cnn", ("return self.fc3(x)", "return self.fc3(F.dropout(x, 0.5, self.training))")),
    mutant("KB23", "build-cnn", ("return self.fc3(x)", "return torch.round(self.fc3(x), decimals=2)")),
    mutant("KB23", "build-cnn", ("return self.fc3(x)", "return self.fc3(x).half().float()")),
    mutant("SL134", "build-cnn", ("return self.fc3(x)", "return self.fc3(x).clamp(-1, 1)")),
    mutant("SL20", "build-cnn", ("return self.fc3(x)", "return F.normalize(self.fc3(x), dim=1)")),
    mutant("KB24", "build-cnn", PADDED_CONV, ("x.flatten(1)", "F.adaptive_max_pool2d(x, 5).flatten(1)")),
    mutant("KF25", "reproducible-run", (FINAL, f"[torch.cat([one.flatten() for one in {FINAL}])]")),
    mutant("KF26", "reproducible-run", (FINAL, f"[torch.round(one, decimals=2) for one in {FINAL}]")),
    mutant("KF26", "reproducible-run", (FINAL, f"[one.long() for one in {FINAL}]")),
    mutant("KT21", "train-one-epoch", ("total / count", "total / (len(loader) * len(labels))")),
    mutant("KT22", "train-one-epoch", ("optimiser.step()", f"{CLIPPED}; optimiser.step()")),
    mutant("KT23", "train-one-epoch", ("loss.backward()", PENALTY)),
    mutant("", "count-params", ("return total", "return 7162 if size == 12 else total")),
    mutant("PC8", "count-params", ("+= (9 * inputs + 1) * entry", "+= (9 * inputs + 1) * entry * size * size")),
    mutant("KG91", "count-params", ("in config", "in config[:-1]")),
    mutant("KG92", "count-params", ("size = size // 2", "size, total = size // 2, total + 4")),
    mutant("KG93", "count-params", ("(9 * inputs + 1) * entry", "(9 * inputs + 3) * entry")),
    mutant("KG94", "count-params", (SIDE, "inputs * (size // 2) ** 2")),
    mutant("KG95", "count-params", ("(9 * inputs + 1) * entry", "10 * inputs * entry")),
    mutant("KG96", "count-params", ("return total", "return total + 1")),
    rated("LR9", ("(1 + np.cos(np.pi * along)) / 2", "(1 - np.sin(np.pi * along))")),
    rated("LR12", ("peak * (1 + np.cos(np.pi * along)) / 2", "max(0.001, peak * (1 + np.cos(np.pi * along)) / 2)")),
]
