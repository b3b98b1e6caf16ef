"""Lab 05: right answers in many forms, every known wrong way, and what is said of both."""

from collections.abc import Callable
from functools import partial

import numpy as np
from harness import WrongWay, right_answers
from hypothesis import HealthCheck, settings
from lesson import Lesson

from course_utils.labs import conv_and_pooling
from course_utils.labs.conv_and_pooling.convolve_by_hand import (
    FIGURE_IMAGE,
    FIGURE_KERNEL,
    LECTURE_IMAGE,
    LECTURE_KERNEL,
    slide_by_loops,
)
from course_utils.labs.conv_and_pooling.transposed_sizes import (
    count_stamped,
    sizes_back,
)

lesson = Lesson("05_conv_and_pooling")
lab = conv_and_pooling.for_student()
STUDENT = "ada"  # for questions on which the lectures' own numbers do not tell two wrong ways apart
ada = conv_and_pooling.for_student(STUDENT)

QUIETLY = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


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
    *(WrongWay(code, "parameter-counts", counts(rule), 2 / 5) for code, rule in WRONG_COUNTS.items()),
    WrongWay("PC9", "parameter-counts", counts(pooling=4), 4 / 5),
    WrongWay("PC9", "parameter-counts", counts(pooling=40), 4 / 5),
    WrongWay("PC11", "parameter-counts", counts(dense=3072 * 10240), 4 / 5),
    WrongWay("PC12", "parameter-counts", counts(dense=760), 4 / 5),
    *(WrongWay(code, "transposed-sizes", up_wrongly(rule), 3 / 4, STUDENT) for code, rule in WRONG_STAMPS.items()),
    wrong("TC6", "transposed-sizes", 3 / 4, sizes_back=[5]),
    wrong("TC6", "transposed-sizes", 3 / 4, sizes_back=6),
    wrong("TC7", "transposed-sizes", 3 / 4, is_a_pair="yes"),
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
    wrong("KD1", "design-kernels", 3 / 4, vertical_edge=[[-1, -1, -1], [0, 0, 0], [1, 1, 1]]),
    wrong("KD1", "design-kernels", 3 / 4, horizontal_edge=[[0, 0, 0], [-2, 0, 2], [0, 0, 0]]),
    wrong("KD2", "design-kernels", 3 / 4, blur=np.ones((3, 3))),
    wrong("KD3", "design-kernels", 3 / 4, main_diagonal=[[0, 0, 1], [0, 1, 0], [1, 0, 0]]),
    wrong("KD4", "design-kernels", 3 / 4, blur=[[0, 0, 0], [0, 1, 0], [0, 0, 0]]),
    wrong("KD5", "design-kernels", 3 / 4, vertical_edge=[[1, 1, 1], [1, 1, 1], [1, 1, 1]]),
    wrong("KD5", "design-kernels", 3 / 4, horizontal_edge=[[0, 0, 0], [0, 0, 0], [1, 1, 1]]),
    wrong("SH1", "shift-behaviour", 3 / 5, equivariant={"c"}, invariant={"a"}),
    wrong("SH2", "shift-behaviour", 4 / 5, equivariant={"a", "b"}),
    wrong("SH3", "shift-behaviour", 4 / 5, receptive_field=9),
    wrong("DB1", "dropout-batch-norm", 4 / 5, mean_in_train=0.5),
    wrong("DB1", "dropout-batch-norm", 4 / 5, kept_value=1),
    wrong("DB2", "dropout-batch-norm", 4 / 5, mean_in_eval=0.5),
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
    source = SOURCES[name]
    for old, new in changes:
        assert old in source, f"{old!r} is not in {name}"
        source = source.replace(old, new)
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


ONE_SIDE = ("(padding, padding), (padding, padding)", "(padding, 0), (padding, 0)")
OTHER_SIDE = ("(padding, padding), (padding, padding)", "(0, padding), (0, padding)")
SHORTER = ("2 * padding", "padding")
ALL_CHANNELS = ("x[n, c, row, column]", "x[n, :, row, column].max()")

FUNCTIONS = [
    *(WrongWay(code, "output-size-rule", lambda f=f: (rule(f),)) for code, (f, _) in WRONG_SIZES.items()),
    *(WrongWay(code, "output-size-rule", lambda f=f: (rule(f),), hidden=True) for code, (f, _) in WRONG_SIZES.items()),
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
    mutant("CV3", "conv2d", ("total = bias[k]", "total = bias[0]"), share=3 / 4),
    mutant("CV4", "conv2d", ("i * stride", "i"), ("j * stride", "j"), share=3 / 4),
    mutant("CV5", "conv2d", ("(padding, padding)))", "(padding, padding)), mode='edge')"), share=3 / 4),
    mutant("CV5", "conv2d", ("(padding, padding)))", "(padding, padding)), mode='reflect')"), share=3 / 4),
    mutant("CV8", "conv2d", ONE_SIDE, SHORTER, share=3 / 4),
    mutant("CV8", "conv2d", OTHER_SIDE, SHORTER, share=3 / 4),
    mutant("SZ1", "conv2d", ("// stride + 1", "// stride"), also=("CV8",)),
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
    mutant("PL5", "pool2d", ("- kernel_size) // stride", "- kernel_size + stride - 1) // stride"), hidden=True),
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
    mutant("CV1", "conv_as_matrix", ("kernel[a, b]", "kernel[FH - 1 - a, FW - 1 - b]")),
    mutant("CV7", "conv_as_matrix", ("kernel[a, b]", "kernel[b, a]")),
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
