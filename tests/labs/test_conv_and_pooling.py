"""Lab 05: right answers in many forms, every known wrong way, and what is said of both."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from conftest import ROOT
from harness import QUIETLY, WrongWay, judged, right_answers
from hypothesis import given
from hypothesis import strategies as st
from lesson import Lesson, class_of, edited
from scipy.ndimage import maximum_filter
from scipy.signal import correlate2d
from skimage.measure import block_reduce
from thorough import one_in

from course_utils.judging.counting import Layer, count_by_cells
from course_utils.judging.variants import Dice
from course_utils.labs import conv_and_pooling
from course_utils.labs.conv_and_pooling.conv2d_backward import torch_gradients
from course_utils.labs.conv_and_pooling.convolution_matrix import torch_matrix
from course_utils.labs.conv_and_pooling.convolve_by_hand import (
    FIGURE_IMAGE,
    FIGURE_KERNEL,
    LECTURE_IMAGE,
    LECTURE_KERNEL,
    flip,
    slide,
    slide_by_loops,
)
from course_utils.labs.conv_and_pooling.parameter_counts import (
    COUNT_WAYS,
    parameter_count,
    practice_layer,
)
from course_utils.labs.conv_and_pooling.shift_behaviour import receptive_field, shift_properties, weight_count
from course_utils.labs.conv_and_pooling.transposed_sizes import (
    STAMP_WAYS,
    count_stamped,
    practice_stamps,
    sizes_back,
    transposed_size,
)
from course_utils.labs.conv_and_pooling.windows import (
    SIZE_WAYS,
    Window,
    count_leftover,
    count_windows,
    output_size,
    sample_window,
)

PRODUCTS = [[0, 3, 2], [4, 4, 0], [0, 2, 4]]
lesson = Lesson("05_conv_and_pooling")
lab = conv_and_pooling.for_student()
STUDENT = "ada"  # for questions on which the lectures' own numbers do not tell two wrong ways apart
ada = conv_and_pooling.for_student(STUDENT)


def changed(exercise: str, **changes) -> Callable:
    """Answer rightly, but for some values; "_" in a key stands for a space."""
    (answers,) = right_answers(type(getattr(lab, exercise)))
    return lambda: (answers | {key.replace("_", " "): value for key, value in changes.items()},)


def wrong(code: str, exercise: str, share: float, **changes) -> WrongWay:
    """Return a wrong way that answers rightly but for some values."""
    return WrongWay(code, exercise, changed(exercise.replace("-", "_"), **changes), share)


# --- wrong sets of answers


def rows(size: Callable, **changes) -> Callable:
    """Answer the lectures' five questions with a rule; units and leftover follow from what it gives."""
    given = {letter: size(*window) for letter, window in lab.output_sizes.question.items()}
    answers = {letter: {"size": value, "units": value**2} for letter, value in given.items()}
    answers["d"]["leftover"] = 1
    for place, value in changes.items():
        letter, key = place.split("_")
        answers[letter][key] = value
    return lambda: (answers,)


sizes = partial(rows, lambda n, f, s, p: len(range(0, n + 2 * p - f + 1, s)))  # right, but for some values


WRONG_SIZES = {
    "SZ1": (lambda n, f, s, p: (n - f + 2 * p) // s, 0),
    "SZ2": (lambda n, f, s, p: (n - f + p) // s + 1, 3),
    "SZ3": (lambda n, f, s, p: n - f + 2 * p + 1, 3),
    "SZ4": (lambda n, f, s, p: -(-(n - f + 2 * p) // s) + 1, 4),
    "SZ5": (lambda n, f, s, p: (n - f + 2 * p + 1) // s, 3),
    "SZ6": (lambda n, f, s, p: (n - f) // s + 1, 3),
    "SZ7": (lambda n, f, s, p: (n + 2 * p) // s, 2),
    "SZ8": (lambda n, f, s, p: n, 2),
    "SZ9": (lambda n, f, s, p: round((n - f + 2 * p) / s + 1, 2), 4),
}


SELDOM_SIZES = {
    "SZ14": lambda n, f, s, p: round((n - f + 2 * p) / s) + 1,
    "SZ15": lambda n, f, s, p: (n - f - 2 * p) // s + 1,
    "SZ16": lambda n, f, s, p: (n - f) // s + 1 + 2 * p,
    "SZ17": lambda n, f, s, p: (n - f + 2 * p) // f + 1,
}


def seldom_sizes(code: str, student: str) -> WrongWay:
    """Answer a student's five questions in a seldom wrong way, with the right leftover."""
    asked = conv_and_pooling.for_student(student).output_sizes.question
    given = {letter: SELDOM_SIZES[code](*window) for letter, window in asked.items()}
    answers = {letter: {"size": value, "units": value**2} for letter, value in given.items()}
    answers["d"]["leftover"] = count_leftover(asked["d"])
    right = sum(given[letter] == count_windows(window) for letter, window in asked.items())
    return WrongWay(code, "output-sizes", lambda: (answers,), right / 5, student)


def counts(count: Callable | None = None, **changes) -> Callable:
    """Count the lectures' layers, rightly or by a wrong rule."""
    count = count or (lambda c, k, f, places: k * (c * f * f + 1))
    answers = {letter: count(*layer) for letter, layer in lab.parameter_counts.question.layers.items()}
    answers |= {"pooling": 0, "dense": 3072 * 10240 + 10240} | changes
    return lambda: (answers,)


WRONG_COUNTS = {
    "PC1": lambda c, k, f, places: f * f * c * k,
    "PC2": lambda c, k, f, places: f * f * c * k + 1,
    "PC3": lambda c, k, f, places: (f * f + 1) * k,
    "PC4": lambda c, k, f, places: f * f * c * k + c,
    "PC6": lambda c, k, f, places: (f * c + 1) * k,
    "PC7": lambda c, k, f, places: f * f * c + 1,
    "PC8": lambda c, k, f, places: (f * f * c + 1) * k * places,
}


def up_wrongly(size: Callable) -> Callable:
    """Answer a student's transposed convolution rightly, but for the size."""
    question = ada.transposed_sizes.question
    back = sizes_back(question)
    answers = {
        "size": size(*question),
        "sizes back": back,
        "output padding": max(back) - count_stamped(question),
        "is a pair": "no",
    }
    return lambda: (answers,)


WRONG_STAMPS = {
    "TC1": lambda n, f, s, p: (n + 2 * p - f) // s + 1,
    "TC2": lambda n, f, s, p: (n - 1) * s + f + 2 * p,
    "TC3": lambda n, f, s, p: n * s,
    "TC4": lambda n, f, s, p: n * s + f - 2 * p,
    "TC5": lambda n, f, s, p: (n - 1) * s + f,
    "TC10": lambda n, f, s, p: (n - 1) * s + f - p,
}


def by_hand(code: str, make: Callable) -> WrongWay:
    """Answer a student's convolution by hand with a wrong map and the right products."""
    question = ada.convolve_by_hand.question
    answers = {
        "feature map": make(np.array(question.image), np.array(question.kernel)),
        "products": [[0, 3, 2], [4, 4, 0], [0, 2, 4]],
    }
    return WrongWay(code, "convolve-by-hand", lambda: (answers,), 1 / 2, STUDENT)


def products(code: str, make: Callable) -> WrongWay:
    """Answer with the right map and wrong products."""
    answers = {
        "feature map": slide_by_loops(LECTURE_IMAGE, LECTURE_KERNEL),
        "products": make(np.array(FIGURE_IMAGE), np.array(FIGURE_KERNEL)),
    }
    return WrongWay(code, "convolve-by-hand", lambda: (answers,), 1 / 2)


def loops(image, kernel, stride=1, padding=0):
    """Slide a kernel over one picture, with loops."""
    image = np.pad(image, padding)
    places = range(0, image.shape[0] - 2, stride)
    return [[int((image[i : i + 3, j : j + 3] * kernel).sum()) for j in places] for i in places]


SETS = [
    *(WrongWay(code, "output-sizes", rows(rule), points / 5) for code, (rule, points) in WRONG_SIZES.items()),
    WrongWay("SZ11", "output-sizes", sizes(a_units=5), 4 / 5),
    WrongWay("SZ12", "output-sizes", sizes(a_units=10, b_units=6), 3 / 5),
    WrongWay("SZ13", "output-sizes", sizes(d_leftover=2), 4 / 5),
    WrongWay("SZ13", "output-sizes", sizes(d_leftover=0.33), 4 / 5),
    WrongWay("SZ18", "output-sizes", sizes(a_units=49), 4 / 5),
    WrongWay("SZ19", "output-sizes", sizes(a_units=25 * 9), 4 / 5),
    WrongWay("SZ20", "output-sizes", sizes(a_units=4 * 5, b_units=4 * 3), 3 / 5),
    *(seldom_sizes(code, student) for code, student in {"SZ15": "", "SZ16": STUDENT, "SZ17": ""}.items()),
    *(WrongWay(code, "parameter-counts", counts(rule), 2 / 5) for code, rule in WRONG_COUNTS.items()),
    WrongWay("PC9", "parameter-counts", counts(pooling=4), 4 / 5),
    WrongWay("PC9", "parameter-counts", counts(pooling=40), 4 / 5),
    WrongWay("PC11", "parameter-counts", counts(dense=3072 * 10240), 4 / 5),
    WrongWay("PC2", "parameter-counts", counts(dense=3072 * 10240 + 1), 4 / 5),
    WrongWay("PC12", "parameter-counts", counts(dense=760), 4 / 5),
    WrongWay("PC13", "parameter-counts", counts(dense=1024 * 10240 + 10240), 4 / 5),
    WrongWay("PC13", "parameter-counts", counts(dense=3072 * 1024 + 1024), 4 / 5),
    WrongWay("PC14", "parameter-counts", counts(lambda c, k, f, places: k * c * (f * f + 1)), 2 / 5),
    WrongWay("PC15", "parameter-counts", counts(dense=3072 * 10 + 10), 4 / 5),
    *(WrongWay(code, "transposed-sizes", up_wrongly(rule), 3 / 4, STUDENT) for code, rule in WRONG_STAMPS.items()),
    wrong("TC6", "transposed-sizes", 3 / 4, sizes_back=[5]),
    wrong("TC6", "transposed-sizes", 3 / 4, sizes_back=6),
    wrong("TC7", "transposed-sizes", 3 / 4, is_a_pair="yes"),
    wrong("TC8", "transposed-sizes", 3 / 4, sizes_back=[4, 5]),
    wrong("TC8", "transposed-sizes", 3 / 4, sizes_back=[5, 6, 7]),
    wrong("TC9", "transposed-sizes", 3 / 4, output_padding=0),
    wrong("TC11", "transposed-sizes", 3 / 4, size=4),
    by_hand("CV1", lambda image, kernel: loops(image, kernel[::-1, ::-1])),
    by_hand("CV7", lambda image, kernel: loops(image, kernel.T)),
    by_hand("DS6", lambda image, kernel: np.array(loops(image, kernel)).T.tolist()),
    by_hand("CV9", lambda image, kernel: loops(image, kernel, stride=3)),
    by_hand("CV9", lambda image, kernel: loops(image, kernel, stride=3, padding=2)),
    by_hand("CV10", lambda image, kernel: loops(image, kernel, padding=1)),
    by_hand("CV10", lambda image, kernel: np.pad(loops(image, kernel), 1).tolist()),
    by_hand("CV11", lambda image, kernel: (image[:3, :3] * kernel).tolist()),
    products("CV12", lambda image, kernel: image[:3, :3] * kernel),
    products("CV12", lambda image, kernel: image[2:, 1:4] * kernel),
    products("CV1", lambda image, kernel: image[1:4, 2:] * kernel[::-1, ::-1]),
    by_hand("CV20", lambda image, kernel: loops(image, kernel)[0]),
    by_hand("CV20", lambda image, kernel: [row[0] for row in loops(image, kernel)]),
    by_hand("CV38", lambda image, kernel: loops(image, kernel * np.array([[0, 1, 1], [1, 1, 1], [1, 1, 1]]))),
    by_hand("CV40", lambda image, kernel: [*loops(image, kernel)[:2], [*loops(image, kernel)[2][:2], 9]]),
    by_hand("SL7", lambda image, kernel: (np.array(loops(image, kernel)) + 1).tolist()),
    by_hand("CV21", lambda image, kernel: loops(image, np.ones((3, 3)))),
    by_hand(
        "CV22",
        lambda image, kernel: [[(image[i : i + 3, j : j + 3] * kernel).max() for j in range(3)] for i in range(3)],
    ),
    products("CV18", lambda image, kernel: (image[1:4, 2:] * kernel).T),
    products("CV7", lambda image, kernel: image[1:4, 2:] * kernel.T),
    products("CV19", lambda image, kernel: image[1:4, 2:]),
    products("CV19", lambda image, kernel: kernel),
    wrong("KD1", "design-kernels", 3 / 4, vertical_edge=[[-1, -1, -1], [0, 0, 0], [1, 1, 1]]),
    wrong("KD1", "design-kernels", 3 / 4, horizontal_edge=[[0, 0, 0], [-2, 0, 2], [0, 0, 0]]),
    wrong("KD2", "design-kernels", 3 / 4, blur=np.ones((3, 3))),
    wrong("KD3", "design-kernels", 3 / 4, main_diagonal=[[0, 0, 1], [0, 1, 0], [1, 0, 0]]),
    wrong("KD4", "design-kernels", 3 / 4, blur=[[0, 0, 0], [0, 1, 0], [0, 0, 0]]),
    wrong("KD5", "design-kernels", 3 / 4, vertical_edge=[[1, 1, 1], [1, 1, 1], [1, 1, 1]]),
    wrong("KD5", "design-kernels", 3 / 4, horizontal_edge=[[0, 0, 0], [0, 0, 0], [1, 1, 1]]),
    wrong("KD6", "design-kernels", 3 / 4, vertical_edge=[[0, 0, 0], [-1, 0, 1], [0, 0, 0]]),
    wrong("KD6", "design-kernels", 3 / 4, blur=np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]]) / 5),
    wrong("KD7", "design-kernels", 3 / 4, vertical_edge=[[0, -1, 0], [-1, 4, -1], [0, -1, 0]]),
    wrong("KD8", "design-kernels", 3 / 4, blur=[[0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
    wrong("KD9", "design-kernels", 3 / 4, blur=[[0, 0, 0], [0, 0, 1], [0, 0, 0]]),
    wrong("KD10", "design-kernels", 3 / 4, main_diagonal=np.ones((3, 3))),
    wrong("KD11", "design-kernels", 3 / 4, main_diagonal=np.zeros((3, 3))),
    wrong("KD11", "design-kernels", 3 / 4, horizontal_edge=np.zeros((3, 3))),
    wrong("SH1", "shift-behaviour", 3 / 5, equivariant={"c"}, invariant={"a"}),
    wrong("SH2", "shift-behaviour", 4 / 5, equivariant={"a", "b"}),
    wrong("SH3", "shift-behaviour", 4 / 5, receptive_field=9),
    wrong("SH4", "shift-behaviour", 4 / 5, invariant={"b", "c"}),
    wrong("SH5", "shift-behaviour", 4 / 5, equivariant={"a", "d"}),
    wrong("SH6", "shift-behaviour", 4 / 5, receptive_field=5),
    wrong("SH7", "shift-behaviour", 4 / 5, sharing="c"),
    wrong("SH8", "shift-behaviour", 4 / 5, weights=(49, 27)),
    wrong("SH9", "shift-behaviour", 4 / 5, weights=(9, 49)),
    wrong("SH10", "shift-behaviour", 4 / 5, weights=(9, 7)),
    wrong("SH11", "shift-behaviour", 4 / 5, equivariant={"a", "c"}),
    wrong("SH11", "shift-behaviour", 4 / 5, invariant={"a", "c"}),
    wrong("SH12", "shift-behaviour", 4 / 5, weights=(30, 50)),
    wrong("SH13", "shift-behaviour", 4 / 5, receptive_field=49),
    wrong("DB1", "dropout-batch-norm", 4 / 5, mean_in_train=0.5),
    wrong("DB1", "dropout-batch-norm", 4 / 5, kept_value=1),
    wrong("DB2", "dropout-batch-norm", 4 / 5, mean_in_eval=0.5),
    wrong("DB3", "dropout-batch-norm", 4 / 5, parameters=16),
    wrong("DB4", "dropout-batch-norm", 4 / 5, buffer_numbers=32),
    wrong("DB5", "dropout-batch-norm", 4 / 5, mean_in_eval=2),
    wrong("DB6", "dropout-batch-norm", 4 / 5, kept_value=0.5),
    wrong("PC10", "dropout-batch-norm", 4 / 5, parameters=65),
    wrong("PC10", "dropout-batch-norm", 4 / 5, parameters=64),
]


# --- wrong functions: right ones with one line changed

CONV = """
def conv2d(x, weight, bias, stride=1, padding=0):
    N, C, H, W = x.shape
    K, _, FH, FW = weight.shape
    OH, OW = (H + 2 * padding - FH) // stride + 1, (W + 2 * padding - FW) // stride + 1
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    out = np.zeros((N, K, OH, OW))
    for n, k, i, j in np.ndindex(out.shape):
        total = bias[k]
        for c, a, b in np.ndindex(C, FH, FW):
            total += x[n, c, i * stride + a, j * stride + b] * weight[k, c, a, b]
        out[n, k, i, j] = total
    return out
"""
POOL = """
def pool2d(x, kernel_size, stride=None, mode="max"):
    stride = stride or kernel_size
    N, C, H, W = x.shape
    OH, OW = (H - kernel_size) // stride + 1, (W - kernel_size) // stride + 1
    out = np.zeros((N, C, OH, OW))
    for n, c, i, j in np.ndindex(out.shape):
        rows, columns = range(i * stride, i * stride + kernel_size), range(j * stride, j * stride + kernel_size)
        best, total = -np.inf, 0.0
        for row in rows:
            for column in columns:
                if row < H and column < W:
                    best = max(best, x[n, c, row, column])
                    total += x[n, c, row, column]
        out[n, c, i, j] = best if mode == "max" else total / kernel_size**2
    return out
"""
MATRIX = """
def conv_as_matrix(kernel, height, width):
    FH, FW = kernel.shape
    OH, OW = height - FH + 1, width - FW + 1
    matrix = np.zeros((OH * OW, height * width))
    for i, j, a, b in np.ndindex(OH, OW, FH, FW):
        matrix[i * OW + j, (i + a) * width + j + b] = kernel[a, b]
    return matrix
"""
BACKWARD = """
def conv2d_backward(grad_out, x, weight, stride=1, padding=0):
    N, K, OH, OW = grad_out.shape
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    grad_x, grad_weight, grad_bias = np.zeros(x.shape), np.zeros(weight.shape), np.zeros(K)
    for n, k, i, j in np.ndindex(grad_out.shape):
        top, left, g = i * stride, j * stride, grad_out[n, k, i, j]
        grad_bias[k] += g
        for c, a, b in np.ndindex(weight.shape[1:]):
            grad_x[n, c, top + a, left + b] += g * weight[k, c, a, b]
            grad_weight[k, c, a, b] += g * x[n, c, top + a, left + b]
    inside = slice(padding, x.shape[2] - padding), slice(padding, x.shape[3] - padding)
    return grad_x[:, :, *inside], grad_weight, grad_bias
"""
SOURCES = {"conv2d": CONV, "pool2d": POOL, "conv_as_matrix": MATRIX, "conv2d_backward": BACKWARD}


def build(name: str, *changes: tuple[str, str]) -> Callable:
    """Return the function called ``name`` with some of its text replaced."""
    source = edited(SOURCES[name], *changes)
    names = {"np": np}
    exec(source, names)
    return names[name]


NAMES = {
    "conv2d": "build-conv2d",
    "pool2d": "build-pool2d",
    "conv_as_matrix": "convolution-matrix",
    "conv2d_backward": "conv2d-backward",
}


def exercise(name: str):
    """Return the exercise in which a function is asked for."""
    return getattr(lab, NAMES[name].replace("-", "_"))


TWICE_PADDED = ("    K, _, FH", "    padding = 2 * padding\n    K, _, FH")
ROW_FOR_PIXEL = ("(OH * OW, height", "(height * width, height"), ("[i * OW + j,", "[i * width + j,")


def mutant(code: str, name: str, *changes: tuple[str, str], share: float = 0.0, **more) -> WrongWay:
    """Change a right function and feed it to its exercise; hidden cases too where only they tell."""
    return WrongWay(code, NAMES[name], lambda: (build(name, *changes),), share, **more)


def rule(size: Callable) -> Callable:
    """Write a size rule that refuses where it should, but counts in a wrong way."""

    def conv_output_size(size_, kernel_size, stride=1, padding=0, strict=False):
        room = size_ + 2 * padding - kernel_size
        if room < 0 or (strict and room % stride):
            raise ValueError(f"{room % stride} cells are left over")
        return size(size_, kernel_size, stride, padding)

    return conv_output_size


def strict_rule(leftover: Callable) -> Callable:
    """Write a right size rule that counts the leftover in a way of its own."""

    def conv_output_size(size_, kernel_size, stride=1, padding=0, strict=False):
        room = size_ + 2 * padding - kernel_size
        rest = leftover(size_, kernel_size, stride, padding)
        if room < 0 or (strict and rest):
            raise ValueError(f"{rest} cells are left over")
        return room // stride + 1

    return conv_output_size


SIZES_OUT = "OH, OW = (H + 2 * padding - FH) // stride + 1, (W + 2 * padding - FW) // stride + 1"
PAD = "np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))"
EARLY = "        out[n, k, i, j] = total"
ONE_SIDE = ("(padding, padding), (padding, padding)", "(padding, 0), (padding, 0)")
OTHER_SIDE = ("(padding, padding), (padding, padding)", "(0, padding), (0, padding)")
SHORTER = ("2 * padding", "padding")
ALL_CHANNELS = ("x[n, c, row, column]", "x[n, :, row, column].max()")


def hanging_windows(x, kernel_size, stride=None, mode="max"):
    """Pool at as many places as the stride fits, also where a window hangs over the edge."""
    step, reduce = stride or kernel_size, np.max if mode == "max" else np.mean
    starts = [range(0, length // step * step, step) for length in x.shape[2:]]
    out = np.zeros((*x.shape[:2], *map(len, starts)))
    for place in np.ndindex(out.shape[2:]):
        top, left = place[0] * step, place[1] * step
        out[:, :, *place] = reduce(x[:, :, top : top + kernel_size, left : left + kernel_size], axis=(2, 3))
    return out


def refusing(
    too_long: Callable, leftover: Callable, *, always: bool = False, turned: bool = False, error: type = ValueError
) -> Callable:
    """Write a right size rule that refuses by rules of its own: kernels that are too long, and cells left over."""

    def conv_output_size(size, kernel_size, stride=1, padding=0, strict=False):
        room = size + 2 * padding - kernel_size
        if too_long(room):
            raise error("it does not fit")
        if (strict != turned or always) and leftover(room, stride):
            raise error(f"{leftover(room, stride)} cells are left over")
        return room // stride + 1

    return conv_output_size


def rest(room: int, stride: int) -> int:
    return room % stride


FUNCTIONS = [
    WrongWay("SZ21", "output-size-rule", lambda: (refusing(lambda room: room <= 0, rest),)),
    WrongWay("SZ22", "output-size-rule", lambda: (refusing(lambda room: False, rest),)),
    WrongWay("SZ23", "output-size-rule", lambda: (refusing(lambda room: room < 0, lambda room, stride: 0),)),
    WrongWay("SZ23", "output-size-rule", lambda: (refusing(lambda room: room < 0, rest, turned=True),)),
    WrongWay("SZ25", "output-size-rule", lambda: (refusing(lambda room: room < 0, rest, error=TypeError),)),
    WrongWay("SZ25", "output-size-rule", lambda: (refusing(lambda room: room < 0, rest, error=Exception),)),
    WrongWay("SZ24", "output-size-rule", lambda: (refusing(lambda room: room < 0, lambda *two: rest(*two) and 77),)),
    WrongWay("SL35", "output-size-rule", lambda: (rule(lambda n, f, s, p: (n - f + 2 * p) // s + 2),)),
    *(WrongWay(code, "output-size-rule", lambda f=f: (rule(f),)) for code, (f, _) in WRONG_SIZES.items()),
    *(WrongWay(code, "output-size-rule", lambda f=f: (rule(f),), hidden=True) for code, (f, _) in WRONG_SIZES.items()),
    *(WrongWay(code, "output-size-rule", lambda f=f: (rule(f),)) for code, f in SELDOM_SIZES.items()),
    WrongWay("SZ6", "output-size-rule", lambda: (strict_rule(lambda n, f, s, p: (n - f) % s),)),
    WrongWay("SZ2", "output-size-rule", lambda: (strict_rule(lambda n, f, s, p: (n + p - f) % s),)),
    WrongWay("TY1", "output-size-rule", lambda: (rule(lambda n, f, s, p: float((n - f + 2 * p) // s + 1)),)),
    WrongWay("TY1", "output-size-rule", lambda: (rule(lambda n, f, s, p: np.floor((n - f + 2 * p) / s + 1)),)),
    mutant("CV1", "conv2d", ("weight[k, c, a, b]", "weight[k, c, FH - 1 - a, FW - 1 - b]")),
    mutant("CV7", "conv2d", ("weight[k, c, a, b]", "weight[k, c, b, a]")),
    mutant("CV2", "conv2d", ("np.ndindex(C, FH, FW)", "np.ndindex(1, FH, FW)")),
    mutant("CV2", "conv2d", ("x[n, c, i", "x[n, C - 1, i"), ("weight[k, c,", "weight[k, C - 1,"), ("(C, FH", "(1, FH")),
    mutant(
        "CV2",
        "conv2d",
        ("np.zeros((N, K, OH, OW))", "np.zeros((N, K, C, OH, OW))"),
        ("for n, k, i, j", "for n, k, c, i, j"),
        ("for c, a, b in np.ndindex(C, FH, FW)", "for a, b in np.ndindex(FH, FW)"),
        ("out[n, k, i, j]", "out[n, k, c, i, j]"),
        ("return out", "return out if C > 1 else out[:, :, 0]"),
    ),
    mutant("CV3", "conv2d", ("total = bias[k]", "total = 0.0"), share=3 / 4),
    mutant("CV3", "conv2d", ("total = bias[k]", "total = C * bias[k]"), share=3 / 4),
    mutant("CV32", "conv2d", ("total = bias[k]", "total = -bias[k]"), share=3 / 4),
    mutant("CV33", "conv2d", ("total = bias[k]", "total = 0.0"), ("= total", "= total * (bias[k] or 1)"), share=3 / 4),
    mutant("CV34", "conv2d", ("= total", "= max(total, 0)")),
    mutant(
        "CV35",
        "conv2d",
        ("padding", "(2 * padding)"),
        ("stride=1, (2 * padding)=0", "stride=1, padding=0"),
        share=3 / 4,
    ),
    mutant("CV14", "conv2d", ("total = bias[k]", "total = bias[0]"), share=3 / 4),
    mutant("CV37", "conv2d", ("total = bias[k]", "total = sum(bias)"), share=3 / 4),
    mutant("CV3", "conv2d", ("* weight[k, c, a, b]", "* weight[k, c, a, b] + bias[k]"), share=3 / 4),
    mutant("CV13", "conv2d", (SIZES_OUT, "OH = OW = (H + 2 * padding - FH) // stride + 1")),
    mutant("CV13", "conv2d", (SIZES_OUT, "OH = OW = (W + 2 * padding - FW) // stride + 1")),
    mutant("CV15", "conv2d", ("= total\n", "= total / (C * FH * FW)\n")),
    mutant("CV15", "conv2d", ("= total\n", "= bias[k] + (total - bias[k]) / C\n")),
    mutant("CV16", "conv2d", (PAD, "np.pad(x, padding)"), share=3 / 4),
    mutant("CV17", "conv2d", ("j * stride + b", "j + b"), share=3 / 4),
    mutant(
        "CV17",
        "conv2d",
        ("(padding, padding), (padding, padding)", "(padding, padding), (0, 0)"),
        ("(W + 2 * padding", "(W"),
        share=3 / 4,
    ),
    mutant("CV41", "conv2d", (PAD, PAD.replace("(padding, padding)", "(padding, padding + 1)") + "[:, :, 1:, 1:]")),
    mutant("CV42", "conv2d", ("weight[k, c, a, b]", "weight[k, c, a, -1 - b]")),
    mutant(
        "CV43",
        "conv2d",
        ("        total = bias[k]\n", "        found = np.zeros(C)\n"),
        ("total +=", "found[c] +="),
        ("= total", "= bias[k] + found.max()"),
        share=0,
    ),
    mutant("SL82", "conv2d", (PAD, PAD[:-1] + ", mode='wrap')"), share=3 / 4),
    mutant("SL82", "conv2d", (PAD, PAD[:-1] + ", constant_values=x.mean())"), share=3 / 4),
    mutant("CV26", "conv2d", (PAD, PAD[:-1] + ", constant_values=1)"), share=3 / 4),
    mutant("CV27", "conv2d", ("OW))", "OW), dtype=int)")),
    mutant("CV28", "conv2d", (EARLY, EARLY + "\n        return out")),
    mutant("CV29", "conv2d", ("weight[k, c", "weight[0, c")),
    mutant("CV30", "conv2d", ("x[n, c", "x[0, c")),
    mutant("CV36", "conv2d", ("return out", "return out[:1, :1]"), ("np.ndindex(C, FH", "np.ndindex(1, FH")),
    mutant("CV4", "conv2d", ("i * stride", "i"), ("j * stride", "j"), share=3 / 4),
    mutant("CV5", "conv2d", ("(padding, padding)))", "(padding, padding)), mode='edge')"), share=3 / 4),
    mutant("CV5", "conv2d", ("(padding, padding)))", "(padding, padding)), mode='reflect')"), share=3 / 4),
    mutant("CV8", "conv2d", ONE_SIDE, SHORTER, share=3 / 4),
    mutant("CV8", "conv2d", OTHER_SIDE, SHORTER, share=3 / 4),
    mutant("SZ1", "conv2d", ("// stride + 1", "// stride")),
    mutant("SZ3", "conv2d", ("// stride + 1", "+ 1"), ("* stride", ""), share=3 / 4),
    mutant("SZ6", "conv2d", ("N, C, H, W = x.shape", "N, C, H, W = x.shape; padding = 0"), share=3 / 4),
    mutant("SZ10", "conv2d", ("return out", "return out.transpose(1, 0, 2, 3)")),
    mutant("DS2", "conv2d", ("return out", "return out[0]")),
    mutant("DS2", "conv2d", ("return out", "return out.squeeze(0) if N == 1 else out")),
    mutant("DS5", "conv2d", ("return out", "return out.transpose(0, 2, 3, 1)")),
    mutant("DS6", "conv2d", ("return out", "return out.transpose(0, 1, 3, 2)")),
    mutant("CV6", "pool2d", ("-np.inf", "0.0")),
    mutant("PL1", "pool2d", ('mode == "max"', 'mode == "avg"')),
    mutant("PL2", "pool2d", ("stride or kernel_size", "stride or 1")),
    mutant("PL3", "pool2d", ALL_CHANNELS),
    mutant("PL3", "pool2d", ALL_CHANNELS, ("return out", "return out[:, :1]")),
    mutant("PL3", "pool2d", ALL_CHANNELS, ("return out", "return out[:, 0] if C > 1 else out")),
    mutant("PL4", "pool2d", ("total / kernel_size**2", "total")),
    mutant("PL5", "pool2d", ("- kernel_size) // stride", "- kernel_size + stride - 1) // stride")),
    mutant("PL6", "pool2d", ("total / kernel_size**2", "total / kernel_size")),
    mutant("PL7", "pool2d", ("stride or kernel_size", "kernel_size")),
    mutant("PL8", "pool2d", ("stride or kernel_size", "stride or 2")),
    mutant("PL10", "pool2d", ("max(best, x[n, c, row, column])", "max(best, abs(x[n, c, row, column]))")),
    mutant("CV4", "pool2d", ("i * stride", "i"), ("j * stride", "j")),
    WrongWay("PL12", "build-pool2d", lambda: (hanging_windows,)),
    mutant(
        "PL13",
        "pool2d",
        ("i * stride + kernel_size)", "i * stride + 2)"),
        ("j * stride + kernel_size)", "j * stride + 2)"),
    ),
    mutant("PL11", "pool2d", ("best if mode", "x[n, c, rows[0], columns[0]] if mode")),
    mutant("PL9", "pool2d", ("max(best", "min(best"), ("-np.inf", "np.inf")),
    mutant("CV13", "pool2d", ("(W - kernel_size) // stride", "(H - kernel_size) // stride")),
    mutant("CV28", "pool2d", ("kernel_size**2\n", "kernel_size**2\n        return out\n")),
    mutant("CV30", "pool2d", ("best, x[n", "best, x[0")),
    mutant("SZ1", "pool2d", ("// stride + 1", "// stride")),
    mutant("DS2", "pool2d", ("return out", "return out[0]")),
    mutant("DS5", "pool2d", ("return out", "return out.transpose(0, 2, 3, 1)")),
    mutant("DS6", "pool2d", ("return out", "return out.transpose(0, 1, 3, 2)")),
    mutant("MX1", "conv_as_matrix", ("return matrix", "return matrix.T")),
    mutant("MX2", "conv_as_matrix", ("(i + a) * width + j + b", "(j + b) * height + i + a")),
    mutant("MX2", "conv_as_matrix", ("i * OW + j", "j * OH + i")),
    mutant(
        "MX2", "conv_as_matrix", ("i * OW + j", "j * OH + i"), ("(i + a) * width + j + b", "(j + b) * height + i + a")
    ),
    mutant("MX3", "conv_as_matrix", ("(i + a) * width + j + b", "i * width + j + a * FW + b")),
    mutant("MX4", "conv_as_matrix", ("height * width))", "height * width), dtype=int)")),
    mutant(
        "MX9", "conv_as_matrix", ("(OH * OW, height", "(height * width, height"), ("[i * OW + j,", "[i * width + j,")
    ),
    mutant("MX10", "conv_as_matrix", ("height - FH + 1, width - FW + 1", "height - FH, width - FW")),
    mutant("MX11", "conv_as_matrix", ("return matrix", "return [np.roll(matrix[0], n) for n in range(OH * OW)]")),
    mutant("MX7", "conv_as_matrix", ("(i + a) * width", "(i + a) * OW")),
    mutant("MX8", "conv_as_matrix", ("(kernel, height, width)", "(kernel, width, height)")),
    mutant("MX5", "conv_as_matrix", ("(i + a) * width", "(i + a) * height")),
    mutant("MX5", "conv_as_matrix", ("i * OW + j", "i * OH + j")),
    mutant("MX6", "conv_as_matrix", ("(i + a) * width + j + b", "a * width + b")),
    mutant("CV1", "conv_as_matrix", ("kernel[a, b]", "kernel[FH - 1 - a, FW - 1 - b]")),
    mutant("CV7", "conv_as_matrix", ("kernel[a, b]", "kernel[b, a]")),
    mutant("CV23", "conv2d_backward", ("b] += g * weight", "b] = g * weight"), share=2 / 3),
    mutant("CV23", "conv2d_backward", ("grad_weight[k, c, a, b] += g", "grad_weight[k, c, a, b] = g"), share=2 / 3),
    mutant("CV24", "conv2d_backward", ("+= g * x", "+= (n == 0) * g * x"), share=2 / 3),
    mutant("CV25", "conv2d_backward", ("return grad_x[:, :, *inside]", "return grad_x"), share=2 / 3),
    mutant(
        "CV39",
        "conv2d_backward",
        ("return grad_x[:, :, *inside]", "return grad_x[:, :, : x.shape[2] - 2 * padding, : x.shape[3] - 2 * padding]"),
        share=2 / 3,
    ),
    mutant(
        "CV31",
        "conv2d_backward",
        ("return grad_x[:, :, *inside], grad_weight, ", "return grad_weight, grad_x[:, :, *inside], "),
        share=1 / 3,
    ),
    mutant("CV4", "conv2d_backward", ("i * stride, j * stride", "i, j"), share=1 / 3),
    mutant("GR5", "conv2d_backward", ("grad_bias[k] += g", "grad_bias[k] = g"), share=2 / 3),
    mutant("GR1", "conv2d_backward", ("return grad_x[:, :, *inside]", "return -grad_x[:, :, *inside]"), share=2 / 3),
    mutant("GR1", "conv2d_backward", ("grad_weight[k, c, a, b] += g", "grad_weight[k, c, a, b] -= g"), share=2 / 3),
    mutant("GR2", "conv2d_backward", ("+= g * x", "+= 2 * g * x"), share=2 / 3),
    mutant("GR2", "conv2d_backward", ("+= g * weight", "+= g / 2 * weight"), share=2 / 3),
    mutant("GR3", "conv2d_backward", ("grad_out[n, k, i, j]", "grad_out[n, k, i, j] / N")),
    mutant(
        "GR4",
        "conv2d_backward",
        ("grad_weight, grad_bias\n", "grad_weight.transpose(0, 1, 3, 2), grad_bias\n"),
        share=2 / 3,
    ),
    mutant(
        "GR4", "conv2d_backward", ("grad_weight, grad_bias\n", "grad_weight.swapaxes(0, 1), grad_bias\n"), share=2 / 3
    ),
    mutant(
        "GR5", "conv2d_backward", ("grad_weight, grad_bias\n", "grad_weight, grad_out.sum(axis=(2, 3))\n"), share=2 / 3
    ),
    mutant("GR5", "conv2d_backward", ("grad_weight, grad_bias\n", "grad_weight, grad_out.sum(axis=0)\n"), share=2 / 3),
    mutant("GR5", "conv2d_backward", ("grad_weight, grad_bias\n", "grad_weight, grad_out\n"), share=2 / 3),
    mutant("CV1", "conv2d_backward", ("* weight[k, c, a, b]", "* weight[k, c, -1 - a, -1 - b]"), share=2 / 3),
    mutant("CV1", "conv2d_backward", ("grad_weight[k, c, a, b]", "grad_weight[k, c, -1 - a, -1 - b]"), share=2 / 3),
]


WRONG_WAYS = SETS + FUNCTIONS

EQUIVALENT = {
    "build-conv2d": {
        "out = np.zeros((N, K, OH, OW)) → out = np.ones((N, K, OH, OW))": "every number of it is written over",
    },
}
EXCLUDED_FORMS = {
    "output-size-rule": {"returns whole numbers as float": "the prompt asks for an int"},
}

FINGERPRINTS = {  # of what students are asked; see test_questions.py
    "convolve-by-hand": "81da704edcbee7a3cb5fa8603f055a0f",
    "output-sizes": "cddbf0c702d07e0ef8d6ee278aef4cf6",
    "parameter-counts": "9804733516baf724acf240bd52483056",
    "practice convolve-by-hand": "91530729d8bf066fe18a1b14c792f7de",
    "practice output-size": "04c3ab4ac623747494c319c5d2e3141e",
    "practice parameter-count": "3f35e593bbb33724563fe97986885aa7",
    "practice transposed-size": "a25b737dbbd2a769e5907fa7d7c639d0",
    "transposed-sizes": "23ad329f1ee5f328ec1726853e59f26e",
}


@pytest.mark.parametrize("name", SOURCES)
def test_a_function_without_its_mutation_is_right(name):
    assert judged(exercise(name).check, build(name)).share == 1
    assert judged(exercise(name).check_hidden, build(name), seed=3).share == 1


# --- several wrong ways, the same answers

SAME_ANSWERS = {
    "output-sizes": ({"SZ1", "SZ5", "SZ17"}, sizes(b_size=2, b_units=4)),
    "parameter-counts": ({"PC3", "PC6"}, counts(b=50)),
    "transposed-sizes": ({"TC4", "TC5"}, changed("transposed_sizes", size=7)),
    "transposed-sizes, cropped once": ({"TC3", "TC10"}, changed("transposed_sizes", size=6)),
}


@pytest.mark.parametrize("name", SAME_ANSWERS)
def test_wrong_ways_with_the_same_answers_are_all_named_and_practice_tells_them_apart(name):
    codes, answers = SAME_ANSWERS[name]
    mine = getattr(lab, name.split(",")[0].replace("-", "_"))
    found = judged(mine.check, *answers())
    ways = [way for way in mine.misconceptions if way.code in codes]
    assert (set(found.codes), [way.name for way in ways if way.name not in found.text]) == (codes, [])
    assert len(found.text.splitlines()) <= 4
    (number,) = re.findall(rf"lab\.{mine.name()}\.practice\((\d+)\)", found.text)
    given_by = mine.topics[0].ways(mine.practice(int(number)).numbers)
    assert len({given_by[way] for way in ways} - {None}) == len(ways)


def test_slips_of_different_kinds_are_all_counted():
    found = judged(lab.output_sizes.check, *sizes(c_size=5, c_units=25, d_size=5, d_units=25)())
    assert set(found.codes) == {"SZ6", "SZ3"}


def test_an_unknown_wrong_way_gets_no_code():
    assert judged(lab.output_sizes.check, *rows(lambda n, f, s, p: 100)()).codes == ()


def test_hint_and_section_belong_to_the_part_whose_value_is_shown():
    found = judged(lab.parameter_counts.check, *counts(a=783, pooling=40)())
    assert found.text.splitlines()[1] == "pooling: you gave 40."
    assert "Taking the largest of four numbers needs no weights." in found.text


# --- right, by any way


def padded(x, padding):
    return np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))


def by_windows(x, weight, bias, stride=1, padding=0):
    view = np.lib.stride_tricks.sliding_window_view(padded(x, padding), weight.shape[2:], axis=(2, 3))
    return np.einsum("ncijab,kcab->nkij", view[:, :, ::stride, ::stride], weight) + bias[:, None, None]


def by_strides(x, weight, bias, stride=1, padding=0):
    x = np.ascontiguousarray(padded(x, padding))
    sizes_out = [(n - f) // stride + 1 for n, f in zip(x.shape[2:], weight.shape[2:], strict=True)]
    n, c, h, w = x.strides
    shape = (*x.shape[:2], *sizes_out, *weight.shape[2:])
    view = np.lib.stride_tricks.as_strided(x, shape, (n, c, h * stride, w * stride, h, w))
    return np.tensordot(view, weight, axes=((1, 4, 5), (1, 2, 3))).transpose(0, 3, 1, 2) + bias[None, :, None, None]


def by_matrix(x, weight, bias, stride=1, padding=0):
    matrix, x = lesson.solution("convolution-matrix"), padded(x, padding)
    rows_out, columns = (x.shape[i] - weight.shape[i] + 1 for i in (2, 3))
    out = np.zeros((len(x), len(weight), rows_out, columns))
    for k, c in np.ndindex(weight.shape[:2]):
        flat = x[:, c].reshape(len(x), -1) @ matrix(weight[k, c], *x.shape[2:]).T
        out[:, k] += flat.reshape(-1, rows_out, columns)
    return (out + bias[:, None, None])[:, :, ::stride, ::stride]


def by_columns(x, weight, bias, stride=1, padding=0):
    x, (kernels, _, height, width) = padded(x, padding), weight.shape
    tops, lefts = (range(0, n - f + 1, stride) for n, f in ((x.shape[2], height), (x.shape[3], width)))
    columns = np.stack([x[:, :, i : i + height, j : j + width].reshape(len(x), -1) for i in tops for j in lefts], 2)
    return (weight.reshape(kernels, -1) @ columns + bias[:, None]).reshape(len(x), kernels, len(tops), len(lefts))


def by_torch_views(x, weight, bias, stride=1, padding=0):
    view = torch.tensor(padded(x, padding)).unfold(2, weight.shape[2], stride).unfold(3, weight.shape[3], stride)
    return torch.einsum("ncijab,kcab->nkij", view, torch.tensor(weight)) + torch.tensor(bias)[:, None, None]


WAYS = [by_windows, by_strides, by_matrix, by_columns, by_torch_views]
GIVEN_AS = {
    "float32": lambda a: np.float32(a),
    "a list": lambda a: np.asarray(a).tolist(),
    "a tensor": lambda a: torch.tensor(np.asarray(a)),
    "a tensor with a gradient": lambda a: torch.tensor(np.asarray(a), requires_grad=True),
    "not contiguous": lambda a: np.asfortranarray(np.repeat(a, 2, axis=-1))[..., ::2],
    "read-only": lambda a: np.broadcast_to(a, np.shape(a)),
    "a tuple of arrays": lambda a: tuple(a),
}


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_convolution_counts_however_it_is_computed(way):
    assert judged(lab.build_conv2d.check_hidden, way, seed=5).share == 1


@pytest.mark.parametrize("form", GIVEN_AS.values(), ids=GIVEN_AS)
@pytest.mark.parametrize("name", ["conv2d", "pool2d", "conv_as_matrix"])
def test_an_array_counts_in_any_form(name, form):
    right = build(name)
    assert judged(exercise(name).check, lambda *args: form(right(*args))).share == 1


@pytest.mark.parametrize("number", [int, np.int64, np.uint8, np.int32, torch.tensor, np.array])
def test_a_size_counts_as_any_whole_number(number):
    right = rule(lambda n, f, s, p: number((n + 2 * p - f) // s + 1))
    assert judged(lab.output_size_rule.check, right).share == 1


MAP = [[4, 3, 4], [2, 4, 3], [2, 3, 4]]
SAME_ANSWERS_IN_OTHER_FORMS = [
    *(
        ("convolve_by_hand", {"feature map": form})
        for form in (tuple(map(tuple, MAP)), np.array(MAP), np.float32(MAP), torch.tensor(MAP), np.uint8(MAP))
    ),
    *(
        ("transposed_sizes", {"sizes back": form, "output padding": np.int64(1), "is a pair": " No "})
        for form in ([5, 6], (6, 5), {5, 6}, np.array([5, 6]), torch.tensor([6, 5]), [5.0, np.int64(6)])
    ),
    *(("shift_behaviour", {"equivariant": form}) for form in ({"a"}, ["a"], ("a",), "a", "A", frozenset("a"))),
    *(
        ("shift_behaviour", {"weights": form})
        for form in ([27, 49], np.array([27, 49]), torch.tensor([27.0, 49.0]), torch.Size([27, 49]))
    ),
    ("design_kernels", {"vertical edge": [[0, 0, 0], [5, 0, -5], [0, 0, 0]]}),
    ("design_kernels", {"horizontal edge": [[1, 2, 1], [0, 0, 0], [-1, -2, -1]]}),
    ("design_kernels", {"blur": np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]]) / 16, "main diagonal": 9 * np.eye(3)}),
    ("design_kernels", {"blur": [[0.25, 0.25, 0], [0.25, 0.25, 0], [0, 0, 0]], "main diagonal": np.eye(3) * 3 - 1}),
    ("design_kernels", {"blur": [[0, 0, 0], [0, 0.5, 0.5], [0, 0, 0]]}),
    ("design_kernels", {"blur": np.full((3, 3), 0.111)}),
]


@pytest.mark.parametrize(("name", "values"), SAME_ANSWERS_IN_OTHER_FORMS)
def test_an_answer_counts_in_any_form(name, values):
    (answers,) = right_answers(type(getattr(lab, name)))
    assert judged(getattr(lab, name).check, answers | values).share == 1


# --- wrong, never


@pytest.mark.slow
@QUIETLY
@given(st.data())
def test_one_changed_number_of_an_array_is_never_accepted(data):
    name = data.draw(st.sampled_from(["conv2d", "pool2d", "conv_as_matrix"]))
    right, change = build(name), data.draw(st.floats(0.01, 100)) * data.draw(st.sampled_from([-1, 1]))
    place = data.draw(st.integers(0, 10_000))

    def changing(*args):
        out = np.array(right(*args))
        out.flat[place % out.size] += change * max(1, abs(out).max() / 100)
        return out

    assert judged(exercise(name).check, changing).share == 0


@QUIETLY
@given(st.data())
def test_one_changed_gradient_costs_its_part(data):
    right, place, which = build("conv2d_backward"), data.draw(st.integers(0, 10_000)), data.draw(st.integers(0, 2))

    def changing(*args):
        out = [np.array(one) for one in right(*args)]
        out[which].flat[place % out[which].size] += data.draw(st.floats(0.1, 100))
        return out

    assert judged(lab.conv2d_backward.check, changing).share == pytest.approx(2 / 3)


NUMBERS = st.one_of(st.integers(-3, 2000), st.floats(), st.integers(), st.booleans())


@QUIETLY
@given(st.dictionaries(st.sampled_from("abcde"), NUMBERS), st.sampled_from(["", "ada", "eva"]))
def test_sizes_earn_for_right_ones_only(found, student):
    mine = conv_and_pooling.for_student(student).output_sizes
    right = {letter: count_windows(window) for letter, window in mine.question.items()}
    found = {letter: number for letter, number in found.items() if type(number) is not bool}
    answers = {
        letter: {"size": number, "units": number * number, "leftover": count_leftover(mine.question[letter])}
        for letter, number in found.items()
    }
    wanted = sum(found.get(letter) == right[letter] for letter in right)
    assert judged(mine.check, answers).share == pytest.approx(wanted / 5)


@QUIETLY
@given(st.dictionaries(st.sampled_from(["a", "b", "c", "pooling", "dense"]), NUMBERS, min_size=1))
def test_counts_earn_for_right_ones_only(found):
    right = {"a": 760, "b": 140, "c": 1510, "pooling": 0, "dense": 31467520}
    wanted = sum(type(found.get(part)) is not bool and found.get(part) == right[part] for part in right)
    assert judged(lab.parameter_counts.check, found).share == pytest.approx(wanted / 5)


@QUIETLY
@given(st.lists(st.integers(1, 12), min_size=1), st.integers(0, 12))
def test_going_up_earns_for_right_answers_only(back, size):
    wanted = ((sorted(back) == [5, 6]) + (size == 5)) / 4
    assert judged(lab.transposed_sizes.check, {"sizes back": back, "size": size}).share == wanted


@QUIETLY
@given(st.lists(st.lists(st.integers(0, 5), min_size=3, max_size=3), min_size=3, max_size=3))
def test_a_wrong_map_is_never_accepted(found):
    assert judged(lab.convolve_by_hand.check, {"feature map": found}).share == (found == MAP) / 2


@pytest.mark.parametrize("kernel", [np.zeros((3, 3)), np.full((3, 3), np.nan), np.full((3, 3), np.inf), -np.eye(3)])
def test_no_kernel_without_its_property_counts(kernel):
    answers = dict.fromkeys(["vertical edge", "horizontal edge", "blur", "main diagonal"], kernel)
    assert judged(lab.design_kernels.check, answers).share == 0


class OwnNumber(int):
    """A number with a mind of its own."""

    def __eq__(self, other):
        return True

    __hash__ = int.__hash__


def test_a_number_of_ones_own_making_costs_its_part():
    found = judged(lab.parameter_counts.check, *counts(a=OwnNumber(760))())
    assert found.share == pytest.approx(4 / 5)
    assert "should be a number, not an OwnNumber" in found.text


@pytest.mark.parametrize("name", SOURCES)
def test_a_function_that_changes_its_input_is_told(name):
    right = build(name)

    def changing(*args):
        out = right(*args)
        args[0][...] = 0
        return out

    assert f"{name} changed the array that it was given" in judged(exercise(name).check, changing).text


# --- shortcuts


def torch_arguments(x, weight, bias, *rest):
    return *(torch.tensor(np.asarray(a)) for a in (x, weight, bias)), *rest


kept_conv2d = F.conv2d  # a name that was bound before the check began


def by_module(x, weight, bias, *rest):
    layer = torch.nn.Conv2d(weight.shape[1], weight.shape[0], weight.shape[2:], *rest, dtype=torch.float64)
    return layer(torch.tensor(x))


SHORTCUTS = {
    ("conv2d", "F.conv2d"): lambda *args: F.conv2d(*torch_arguments(*args)),
    ("conv2d", "torch.conv2d"): lambda *args: torch.conv2d(*torch_arguments(*args)),
    ("conv2d", "a name of one's own"): lambda *args: kept_conv2d(*torch_arguments(*args)),
    ("conv2d", "torch.convolution"): lambda x, w, b, *rest: torch.convolution(
        *torch_arguments(x, w, b), [1, 1], [0, 0], [1, 1], False, [0, 0], 1
    ),
    ("conv2d", "torch.ops"): lambda *args: torch.ops.aten.conv2d(*torch_arguments(*args)),
    ("conv2d", "nn.Conv2d"): by_module,
    ("conv2d", "F.unfold"): lambda x, w, *rest: F.unfold(torch.tensor(x), w.shape[2:]),
    ("conv2d", "F.conv3d"): lambda x, w, b, *rest: F.conv3d(torch.tensor(x)[:, None], torch.tensor(w)[:, None]),
    ("pool2d", "F.max_pool2d"): lambda x, k, *rest: F.max_pool2d(torch.tensor(x), k),
    ("pool2d", "nn.MaxPool2d"): lambda x, k, *rest: torch.nn.MaxPool2d(k)(torch.tensor(x)),
    ("pool2d", "F.avg_pool2d"): lambda x, k, *rest: F.avg_pool2d(torch.tensor(x), k),
    ("pool2d", "adaptive"): lambda x, k, *rest: F.adaptive_max_pool2d(torch.tensor(x), 2),
}


@pytest.mark.parametrize(("name", "how"), SHORTCUTS, ids=[how for _, how in SHORTCUTS])
def test_pytorchs_own_layers_are_refused(name, how):
    found = judged(exercise(name).check, SHORTCUTS[name, how])
    assert found.share == 0
    assert re.search(rf"{name} calls PyTorch's \w+\. Build it yourself here", found.text)


def by_thread(function: Callable) -> Callable:
    def inner(*args):
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(function, *args).result()

    return inner


def by_scipy(x, weight, bias, *rest):
    pairs = [[sum(correlate2d(c, w, mode="valid") for c, w in zip(n, k, strict=True)) for k in weight] for n in x]
    return np.array(pairs) + bias[:, None, None]


def by_numpy(x, weight, bias, *rest):
    return np.array([[np.convolve(n.ravel(), k.ravel()) for k in weight] for n in x])


READY_MADE = {
    ("conv2d", "SciPy"): (by_scipy, "SciPy's correlate2d"),
    ("conv2d", "NumPy"): (by_numpy, "NumPy's convolve"),
    ("conv2d", "a thread"): (by_thread(SHORTCUTS["conv2d", "F.conv2d"]), "PyTorch's conv2d"),
    ("pool2d", "SciPy"): (lambda x, k, *rest: maximum_filter(x, (1, 1, k, k)), "SciPy's maximum_filter"),
    ("pool2d", "scikit-image"): (lambda x, k, *rest: block_reduce(x, (1, 1, k, k)), "scikit-image's block_reduce"),
    ("pool2d", "a thread"): (by_thread(SHORTCUTS["pool2d", "F.max_pool2d"]), "PyTorch's max_pool2d"),
}


@pytest.mark.parametrize(("name", "how"), READY_MADE, ids=[" by ".join(one) for one in READY_MADE])
def test_ready_made_windows_are_refused(name, how):
    function, called = READY_MADE[name, how]
    found = judged(exercise(name).check, function)
    assert (found.share, f"{name} calls {called}. Build it yourself here" in found.text) == (0, True)


def test_pytorch_works_again_after_a_shortcut_was_refused():
    judged(lab.build_conv2d.check, SHORTCUTS["conv2d", "F.conv2d"])
    assert F.conv2d(torch.ones(1, 1, 3, 4), torch.ones(1, 1, 2, 2)).shape == (1, 1, 2, 3)


# --- what is said, and what is not


def test_a_forgotten_strict_is_no_forgotten_padding():
    found = judged(lab.output_size_rule.check, strict_rule(lambda n, f, s, p: 0))
    assert (found.share, found.codes) == (0, ("SZ23",))
    hidden = judged(lab.output_size_rule.check_hidden, strict_rule(lambda n, f, s, p: 0), seed=5)
    assert (hidden.share, hidden.codes) == (0, ("SZ23",))


def test_an_assert_where_a_value_error_is_wanted_is_told():
    def conv_output_size(size, kernel_size, stride=1, padding=0, strict=False):
        room = size + 2 * padding - kernel_size
        assert room >= 0
        assert not (strict and room % stride), f"{room % stride} cells are left over"
        return room // stride + 1

    assert "ends in an assert" in judged(lab.output_size_rule.check, conv_output_size).text


def test_a_strict_call_that_fits_returns_its_number():
    right = strict_rule(lambda n, f, s, p: (n + 2 * p - f) % s)

    def conv_output_size(size, kernel_size, stride=1, padding=0, strict=False):
        number = right(size, kernel_size, stride, padding, strict)
        return True if strict else number

    found = judged(lab.output_size_rule.check, conv_output_size)
    assert (found.share, "should give their number" in found.text) == (0, True)


def test_the_leftover_may_be_spelled_out():
    words = ["", "one", "two", "three"]
    spelled = strict_rule(lambda n, f, s, p: words[(n + 2 * p - f) % s])
    assert judged(lab.output_size_rule.check, spelled).share == 1


def test_a_kernel_one_cell_too_long_is_tried():
    def conv_output_size(size, kernel_size, stride=1, padding=0, strict=False):
        room = size + 2 * padding - kernel_size
        if room < -1 or (strict and room % stride):
            raise ValueError(f"{room % stride} cells are left over")
        return room // stride + 1

    assert judged(lab.output_size_rule.check, conv_output_size).share == 0


def test_a_rule_with_one_wrong_window_gets_no_name_of_a_coincidence():
    right = strict_rule(lambda n, f, s, p: (n + 2 * p - f) % s)

    def conv_output_size(*args, **kwargs):
        return 10 if args[:4] == (28, 4, 3, 1) else right(*args, **kwargs)

    assert judged(lab.output_size_rule.check, conv_output_size).codes == ()


def test_products_with_the_right_sum_are_not_told_that_it_is_wrong():
    (answers,) = right_answers(type(lab.convolve_by_hand))
    text = judged(lab.convolve_by_hand.check, answers | {"products": [[1, 3, 2], [4, 4, 0], [0, 2, 3]]}).text
    assert "add up to what they should" in text
    assert "look at row 0, column 0" in text


def test_a_set_has_no_order():
    found = judged(lab.shift_behaviour.check, *changed("shift_behaviour", weights={27, 49})())
    assert (found.share, "a set has no order" in found.text) == (4 / 5, True)


@pytest.mark.parametrize("change", [lambda k: np.maximum(k, 0), np.abs, np.trunc, np.rint])
def test_a_matrix_keeps_signs_and_fractions(change):
    right = build("conv_as_matrix")
    assert judged(lab.convolution_matrix.check, lambda kernel, *sizes: right(change(kernel), *sizes)).share == 0


def test_a_negative_bias_is_tried():
    right = build("conv2d")
    positive = lambda x, weight, bias, *rest: right(x, weight, np.maximum(bias, 0), *rest)  # noqa: E731
    assert judged(lab.build_conv2d.check, positive).share == 3 / 4


def test_ones_that_are_no_numbers_get_a_sentence_of_their_own():
    found = judged(lab.design_kernels.check, *changed("design_kernels", blur=np.full((3, 3), np.nan))())
    assert (found.codes, "nan or inf" in found.text) == ((), True)


WORKED = {
    "output-sizes": lambda: [output_size(15, 4, 3, 1), count_leftover(Window(15, 4, 3, 1))] == [5, 1],
    "transposed-sizes": lambda: [transposed_size(6, 5, 4, 2), sizes_back(Window(6, 5, 4, 2))] == [21, [21, 22, 23, 24]],
    "parameter-counts": lambda: parameter_count(Layer(4, 8, 7, 100)) == 1576,
    "convolve-by-hand": lambda: (
        slide([[2, 0, 1, 3], [1, 1, 0, 2], [0, 3, 1, 1]], [[1, 2], [0, -1]]).tolist() == [[1, 2, 5], [0, 0, 3]]
    ),
}


@pytest.mark.parametrize("name", WORKED)
def test_the_numbers_of_a_worked_twin_are_right(name):
    assert WORKED[name]()


# --- nothing is given away

SHAPE_CHANGES = [
    lambda a: a[..., :-1],
    lambda a: a[..., :-1, :],
    lambda a: np.pad(a, 1),
    lambda a: a[None],
    lambda a: a.reshape(-1),
    lambda a: a[:0],
]


@pytest.mark.parametrize("change", SHAPE_CHANGES)
@pytest.mark.parametrize("name", ["conv2d", "pool2d", "conv_as_matrix"])
def test_the_right_shape_is_never_told(name, change):
    shapes = []

    def changing(*args):
        out = build(name)(*args)
        shapes.append(out.shape)
        return change(out)

    text = judged(exercise(name).check, changing).text
    told = {tuple(map(int, re.findall("[0-9]+", found))) for found in re.findall(r"\([0-9, ]+\)", text)}
    assert told & set(shapes) == set()


def only_hidden(name: str, change: Callable) -> Callable:
    """Return a function that is right in the public cases and changes its result in all others."""
    seen = []

    def function(*args):
        out = np.asarray(build(name)(*args))
        seen.append(out)
        return out if len(seen) <= len(exercise(name).cases()) else change(out)

    return function


@pytest.mark.parametrize("change", one_in(3, [lambda a: a + 0.123, *SHAPE_CHANGES, lambda a: 1 / 0]))
@pytest.mark.parametrize("name", ["conv2d", "pool2d", "conv_as_matrix"])
def test_a_hidden_case_is_not_described(name, change):
    text = judged(exercise(name).check_hidden, only_hidden(name, change), seed=5).text
    assert "a case drawn at grading" in text
    assert re.findall(r"\([0-9, ]+\)", text) == []
    assert re.findall("[0-9]", re.sub(r"conv2d|pool2d|[Aa]xis \d|has \d ax\w+", "", text)) == []


def silent_rule(n, f, s=1, p=0, strict=False):
    room = n + 2 * p - f
    if room < 0 or (strict and room % s):
        raise ValueError(f"{n}, {f}, {s}, {p}: no")
    return room // s + 1


@pytest.mark.parametrize(
    "wrong_rule", [rule(lambda n, f, s, p: 777), rule(lambda n, f, s, p: "777"), silent_rule], ids=["777", "text", "no"]
)
def test_a_hidden_window_is_not_described(wrong_rule):
    mine = lab.output_size_rule
    hidden = [case.__class__(case.label, case.data, seed=5, hidden=True) for case in mine.hidden_cases(5)]
    (finding,) = mine.judge_cases(hidden, wrong_rule).values()
    assert re.findall("[0-9]", " ".join(finding.lines)) == []


def test_a_size_that_is_right_for_stride_or_padding_alone_costs_the_padding():
    wrong = build(
        "conv2d",
        (
            "(H + 2 * padding - FH) // stride + 1, (W + 2 * padding - FW) // stride + 1",
            "(H - FH) // stride + 1 + 2 * padding, (W - FW) // stride + 1 + 2 * padding",
        ),
        ("    for n, k, i, j", "    x = np.pad(x, ((0, 0), (0, 0), (0, 9), (0, 9)))\n    for n, k, i, j"),
    )
    assert judged(lab.build_conv2d.check, wrong).share == 3 / 4


def test_part_of_a_number_is_not_the_leftover():
    def rounded(n, f, s=1, p=0, strict=False):
        room = n + 2 * p - f
        if room < 0 or (strict and room % s):
            raise ValueError("112 cells are left over")
        return room // s + 1

    assert "should say how many cells are left over" in judged(lab.output_size_rule.check, rounded).text


@pytest.mark.parametrize("letter", "abcde")
def test_a_wrong_size_is_not_corrected(letter):
    right = count_windows(lab.output_sizes.question[letter])
    text = judged(lab.output_sizes.check, {letter: {"size": 77, "units": 78}}).text
    assert not {str(right), str(right**2)} & set(re.findall("[0-9]+", text))


@pytest.mark.parametrize("part", ["a", "b", "c", "dense"])
def test_a_wrong_count_is_not_corrected(part):
    right = {"a": 760, "b": 140, "c": 1510, "dense": 31467520}[part]
    assert str(right) not in judged(lab.parameter_counts.check, {part: 77}).text.replace(",", "")


# --- what is right: PyTorch against slow loops

DRAWN = [sample_window(Dice("test", number)) for number in range(60)]


def test_pytorchs_output_size_is_the_number_of_places():
    assert [output_size(*window) for window in DRAWN] == [count_windows(window) for window in DRAWN]


def test_pytorchs_transposed_size_is_the_width_of_the_stamps():
    drawn = [practice_stamps(Dice("test", number)) for number in range(30)]
    assert [transposed_size(*window) for window in drawn] == [count_stamped(window) for window in drawn]


def test_pytorchs_parameter_count_is_counted_one_by_one():
    drawn = [practice_layer(Dice("test", number)) for number in range(10)]
    assert [parameter_count(layer) for layer in drawn] == [count_by_cells(layer) for layer in drawn]


@pytest.mark.parametrize("case", [*lab.build_conv2d.cases(), *lab.build_conv2d.hidden_cases(5)], ids=lambda c: c.label)
def test_pytorchs_convolution_is_the_slow_one(case):
    x, weight, bias = case.data.arrays(5)
    options = case.data.stride, case.data.padding
    right = F.conv2d(*torch_arguments(x, weight, bias), *options).numpy()
    np.testing.assert_allclose(build("conv2d")(x, weight, bias, *options), right, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("shape", [(2, 3), (3, 2), (1, 4)])
def test_pytorchs_matrix_is_the_slow_one(shape):
    kernel = np.arange(1.0, 1 + np.prod(shape)).reshape(shape)
    np.testing.assert_array_equal(torch_matrix(kernel, 5, 6), build("conv_as_matrix")(kernel, 5, 6))


def test_sliding_with_pytorch_is_sliding_with_loops():
    np.testing.assert_array_equal(slide(*ada.convolve_by_hand.question), slide_by_loops(*ada.convolve_by_hand.question))


@pytest.mark.parametrize("case", lab.conv2d_backward.cases()[:3], ids=lambda case: case.label)
def test_pytorchs_gradients_are_finite_differences(case):
    inputs, options = list(case.data.arrays(2)), (case.data.stride, case.data.padding)
    conv2d, step = build("conv2d"), 1e-5
    grad_out = np.random.default_rng(3).normal(size=conv2d(*inputs, *options).shape)
    exact = torch_gradients(tuple(inputs), torch.tensor(grad_out), case.data)
    for which, place in ((0, 7), (1, 3), (2, 0)):
        losses = []
        for sign in (1, -1):
            moved = [array.copy() for array in inputs]
            moved[which].flat[place] += sign * step
            losses.append((conv2d(*moved, *options) * grad_out).sum())
        assert (losses[0] - losses[1]) / (2 * step) == pytest.approx(exact[which].flatten()[place].item(), abs=1e-6)


def test_the_shift_test_says_the_same_whatever_the_seed():
    found = set()
    for seed in range(5):
        torch.manual_seed(seed)
        equivariant, invariant = shift_properties()
        found.add((*equivariant, "|", *invariant))
    assert found == {("a", "|", "c")}


def test_what_three_small_kernels_see_and_weigh():
    assert (receptive_field(), weight_count(3, 3), weight_count(7, 1)) == (7, 27, 49)


def test_a_notebook_without_gradients_is_checked_all_the_same():
    with torch.no_grad():
        assert judged(lab.conv2d_backward.check, build("conv2d_backward")).share == 1
        assert judged(lab.shift_behaviour.check, lesson.solution("shift-behaviour")).share == 1


def test_checks_leave_the_random_state_alone():
    torch.manual_seed(1)
    before = torch.get_rng_state()
    judged(lab.dropout_batch_norm.check, lesson.solution("dropout-batch-norm"))
    assert torch.equal(torch.get_rng_state(), before)


# --- questions

STUDENTS = [conv_and_pooling.for_student(f"student{number}") for number in range(60)]


def test_without_an_id_come_the_lectures_numbers():
    hand = lab.convolve_by_hand.question
    assert (slide_by_loops(*hand), hand.kernel[0]) == (((4, 3, 4), (2, 4, 3), (2, 3, 4)), (1, 0, 1))
    assert [count_by_cells(layer) for layer in lab.parameter_counts.question.layers.values()] == [760, 140, 1510]
    assert tuple(lab.transposed_sizes.question) == (3, 3, 2, 1)
    assert sizes_back(lab.transposed_sizes.question) == [5, 6]


@pytest.mark.parametrize("name", ["convolve_by_hand", "output_sizes", "parameter_counts", "transposed_sizes"])
def test_students_get_different_questions(name):
    assert len({repr(getattr(student, name).question) for student in STUDENTS}) >= 45


def test_windows_tell_all_known_wrong_ways_apart_and_only_d_leaves_cells_over():
    for student in STUDENTS:
        asked = student.output_sizes.question
        right = tuple(map(count_windows, asked.values()))
        ways = [
            tuple(
                r if (size := way.procedure(*q)) is None else size for q, r in zip(asked.values(), right, strict=True)
            )
            for way in SIZE_WAYS
        ]
        assert right not in ways
        assert len(set(ways)) == len(ways)
        assert {letter for letter, window in asked.items() if count_leftover(window)} == {"d"}
        assert min(right) >= 2


def test_layers_and_stamps_tell_all_known_wrong_ways_apart():
    for student in STUDENTS:
        layers = student.parameter_counts.question.layers.values()
        counted = [tuple(way.procedure(*layer) for layer in layers) for way in COUNT_WAYS]
        assert len({tuple(map(count_by_cells, layers)), *counted}) == len(COUNT_WAYS) + 1
        stamps = student.transposed_sizes.question
        assert len({count_stamped(stamps), *(way.procedure(*stamps) for way in STAMP_WAYS)}) == len(STAMP_WAYS) + 1
        assert len(sizes_back(stamps)) == stamps.stride
        assert min(sizes_back(stamps)) == count_stamped(stamps)


def test_layer_a_keeps_the_pictures_size():
    for student in STUDENTS:
        question = student.parameter_counts.question
        assert question.layers["a"].positions == question.image_size**2


def test_turning_and_transposing_show_in_every_kernel():
    for student in STUDENTS:
        image, kernel = student.convolve_by_hand.question
        results = {slide_by_loops(image, one) for one in (kernel, flip(kernel), tuple(zip(*kernel, strict=True)))}
        assert len(results) == 3


@pytest.mark.parametrize("student", STUDENTS[:20])
def test_right_answers_to_ones_own_questions_earn_everything(student):
    hand, up = student.convolve_by_hand.question, student.transposed_sizes.question
    counting = student.parameter_counts.question
    answers = {letter: q.out_channels * (q.in_channels * q.kernel_size**2 + 1) for letter, q in counting.layers.items()}
    outputs = counting.layers["a"].out_channels * counting.image_size**2
    size = (up.size - 1) * up.stride + up.kernel_size - 2 * up.padding
    back = list(range(size, size + up.stride))
    found = [
        judged(student.convolve_by_hand.check, {"feature map": slide(*hand), "products": PRODUCTS}),
        judged(
            student.parameter_counts.check,
            answers | {"pooling": 0, "dense": (3 * counting.image_size**2 + 1) * outputs},
        ),
        judged(
            student.transposed_sizes.check,
            {"size": size, "sizes back": back, "output padding": up.stride - 1, "is a pair": "no"},
        ),
    ]
    assert [one.share for one in found] == [1, 1, 1]


def test_a_kernel_wider_than_high_is_tried_in_public():
    (right,) = right_answers(type(lab.build_conv2d))

    def as_wide_as_high(x, weight, bias, stride=1, padding=0):
        return right(x, weight[:, :, :, : weight.shape[2]], bias, stride, padding)

    assert judged(lab.build_conv2d.check, as_wide_as_high).share < 1


# --- Further: learn a kernel

LEARN_KERNEL = """
def learn_kernel(before, after, size, lr, steps):
    windows = np.lib.stride_tricks.sliding_window_view(before, (size, size))
    kernel = np.zeros((size, size))
    for _ in range(steps):
        error = (windows * kernel).sum(axis=(2, 3)) - after
        gradient = 2 * (windows * error[..., None, None]).mean(axis=(0, 1))
        kernel = kernel - lr * gradient
    return kernel
"""


def learner(*changes: tuple[str, str]):
    def answers():
        names: dict = {"np": np}
        exec(edited(LEARN_KERNEL, *changes), names)
        return (names["learn_kernel"],)

    return answers


GRADIENT_OF_ERROR = "2 * (windows * error[..., None, None]).mean(axis=(0, 1))"
AT_START = "kernel = np.zeros((size, size))", "kernel = start = np.zeros((size, size))"
LEARN_WAYS = [
    ("LN1", ("return kernel", "return kernel[::-1, ::-1]")),
    ("LN1", ("windows * kernel", "windows * kernel[::-1, ::-1]"), ("- lr * gradient", "- lr * gradient[::-1, ::-1]")),
    ("LN2", (".mean(axis=(0, 1))", ".sum(axis=(0, 1))")),
    ("LN3", ("kernel - lr", "kernel + lr")),
    ("LN4", ("2 * (windows", "(windows")),
    ("LN5", ("    return kernel", "        return kernel\n    return kernel")),
    ("LN6", AT_START, ("windows * kernel", "windows * start")),
    ("LN7", (GRADIENT_OF_ERROR, "2 * np.mean(windows.sum(axis=(2, 3)) * error)")),
    ("LN8", ("return kernel", "return kernel.T")),
    ("LN9", ("np.zeros((size, size))", "np.ones((size, size))")),
    ("LN10", ("range(steps)", "range(steps + 1)")),
    ("LN11", (GRADIENT_OF_ERROR, "error.mean()")),
    ("LN16", ("np.zeros((size, size))", "np.random.default_rng(0).normal(size=(size, size))")),
    (
        "LN17",
        ("kernel = np.zeros((size, size))", "kernel, velocity = np.zeros((size, size)), 0"),
        ("kernel = kernel - lr * gradient", "velocity = 0.9 * velocity + gradient; kernel = kernel - lr * velocity"),
    ),
    ("LN18", (".mean(axis=(0, 1))", ".sum(axis=(0, 1)) / size**2")),
    ("SL75", ("- lr * gradient", "- lr * np.sign(gradient)")),
    (
        "LN19",
        ("kernel = np.zeros((size, size))", "kernel, squares = np.zeros((size, size)), 0"),
        ("- lr * gradient", "- lr * gradient / (np.sqrt(squares := squares + gradient**2) + 1e-10)"),
    ),
    ("SL75", ("- lr * gradient", "- lr * gradient / np.linalg.norm(gradient)")),
]
KNOWN = {"grey": 1, "rows alike": 3, "noise": 9, "few windows": 4}


def of_known(code: str, **changes) -> WrongWay:
    answers = KNOWN | {key.replace("_", " "): value for key, value in changes.items()}
    return WrongWay(code, "what-can-be-known", lambda: (answers,), 1 - len(changes) / 4)


WRONG_WAYS += [WrongWay(code, "learn-kernel", learner(*changes)) for code, *changes in LEARN_WAYS]
WRONG_WAYS += [
    of_known("LN12", grey=9, rows_alike=9, few_windows=9),
    of_known("LN13", grey=80, rows_alike=80, noise=80),
    of_known("LN14", grey=0),
    of_known("LN15", rows_alike=1),
    of_known("LN15", rows_alike=10),
]
FINGERPRINTS |= {
    "learn-kernel": "488deb4c53ca91b5fe29104d7f40fff8",
    "what-can-be-known": "e9ac0621327b14922fbd94534f5284b5",
    "practice known-numbers": "5a60b508a6f18f7aa61979dce2f51b0e",
}


def test_a_loss_of_nearly_nothing_says_nothing_of_the_weights():
    lesson = Lesson("05_conv_and_pooling")
    names = lesson.imports()
    exec(lesson.cells()["learn-kernel"].source, names)
    lesson.run("hidden = np.array", names)
    hidden, noise, photo = (names[name] for name in ("hidden", "noise", "photo"))

    def walk(before, steps=100):
        wanted = names["filtered"](before)
        kernel = names["learn_kernel"](before, wanted, 3, 0.05, steps)
        windows = np.lib.stride_tricks.sliding_window_view(before, (3, 3))
        loss = (((windows * kernel).sum(axis=(2, 3)) - wanted) ** 2).mean() / max((wanted**2).mean(), 1e-12)
        return loss, np.abs(kernel - hidden).max()

    loss, error = walk(photo)
    assert (round(loss, 2), 0.6 < error < 0.8) == (0.03, True)
    assert 0.1 < walk(photo, 1000)[1] < 0.25
    for seed in range(3):
        noise = np.random.default_rng(seed).normal(size=photo.shape)
        assert max(walk(noise)) < 5e-4
        loss, error = walk(np.tile(noise[:1], (len(noise), 1)))
        assert loss < 1e-9 < 0.5 < error
    assert walk(np.ones(photo.shape)) == (0, 2)


EQUIVALENT |= {
    "learn-kernel": {
        "kernel = kernel - lr * gradient → kernel -= lr * gradient": "the kernel is this function's own array",
        "learn_kernel(lr): without negative numbers": "no rate is below 0",
    }
}


# --- what README says of this lab

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_readme_shows_what_the_check_says(capsys):
    names: dict = {}
    exec(next(one for one in class_of(lesson.lab) if one.name == "ines").answers["output-sizes"], names)
    lab.output_sizes.check(names["sizes"])
    said = capsys.readouterr().out.strip()
    assert said.startswith("◐ Partly right.")
    assert f"```\n{said}\n```" in README


def test_readme_shows_what_the_sample_class_gets():
    settings_of = [cell.metadata.nbgrader for cell in lesson.cells().values()]
    worth = {one.grade_id: one.points for one in settings_of if one.grade}
    lost = {one.name: sum(worth[name] - got for name, (got, _) in one.loses.items()) for one in class_of(lesson.lab)}
    assert (lost["ada"], lost["ines"], lost["dora"]) == (0, 4, sum(worth.values()))
    assert "(four points that ines lost are made up for by *Further* ones)" in README


WRONG_WAYS += [
    by_hand("CV44", lambda image, kernel: loops(image, kernel[:, ::-1])),
    by_hand("CV45", lambda image, kernel: np.add(loops(image, kernel), loops(1 - image, 1 - kernel))),
    by_hand("CV46", lambda image, kernel: [row[:3] for row in loops(image, kernel, padding=1)[:3]]),
    products("CV47", lambda image, kernel: image[1:4, 2:5] + kernel),
    wrong("DB7", "dropout-batch-norm", 4 / 5, kept_value=1.5),
    wrong("DB8", "dropout-batch-norm", 4 / 5, buffer_numbers=3),
    wrong("DB9", "dropout-batch-norm", 4 / 5, buffer_numbers=48),
    WrongWay("SZ24", "output-size-rule", lambda: (refusing(lambda room: room < 0, lambda *two: rest(*two) and "some"),
           )),
    mutant("PL14", "pool2d", ("kernel_size**2",
           "max(1, np.count_nonzero(x[n, c][rows.start : rows.stop, columns.start : columns.stop]))")),
    mutant("PL15", "pool2d", ("kernel_size**2", "stride**2")),
    mutant("SL37", "pool2d", ("best if",
           "best - x[n, c][rows.start : rows.stop, columns.start : columns.stop].min() if")),
    mutant("SL125", "pool2d", ("return out", "return np.broadcast_to(out.max(axis=0), out.shape)")),
    mutant("MX12", "conv_as_matrix", ("matrix[i * OW + j,", "matrix[(i * width + j) % (OH * OW),")),
    mutant("MX13", "conv_as_matrix", ("OH, OW = height - FH + 1, width - FW + 1", "OH, OW = height, width"),
           ("(i + a) * width + j + b", "(i + a) % height * width + (j + b) % width")),
    mutant("SL120", "conv2d", ("weight[k, c, a, b]", "weight[k, C - 1 - c, a, b]")),
    mutant("SL121", "conv2d_backward", ("g * x[n, c", "g * x[0, c"), share=2 / 3),
]  # fmt: skip

WRONG_WAYS += [
    mutant("PL16", "pool2d", ('best if mode == "max" else total / kernel_size**2', 'best if mode == "max" else 0.0')),
    mutant("SL122", "conv2d_backward", ("return grad_x[:, :, *inside]",
           "return np.where(x > 0, grad_x, 0)[:, :, *inside]"),
           share=2 / 3),
    mutant("SL124", "conv_as_matrix", ("OH, OW = height - FH + 1, width - FW + 1",
           "OH, OW = height - FH + 1, width - FW + 1"),
           ("return matrix", "return np.pad(matrix, ((0, 2), (0, 0)))")),
    mutant("SL123", "conv_as_matrix", ("return matrix", "return matrix / (matrix != 0)")),
]  # fmt: skip

WRONG_WAYS += [
    mutant("SL136", "conv2d", ("return out", "return np.tanh(out)")),
    mutant("SL134", "pool2d", ("return out", "return np.clip(out, -1, 1)")),
    mutant("CV17", "conv2d_backward", ("top, left, g = i * stride,", "top, left, g = i,"), share=1 / 3),
]
