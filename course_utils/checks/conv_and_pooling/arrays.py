"""Checks of the functions that learners build: convolution, pooling, convolution as a matrix, its backward pass.

What is right is what PyTorch computes, in float64. A wrong result is compared with what each known wrong way gives
for the same input.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F

from course_utils.checks.comparing import compare
from course_utils.checks.sets import mark
from course_utils.judging.answers import as_array, as_dict, is_missing
from course_utils.judging.protocol.calling import call, no_shortcuts, quiet
from course_utils.judging.protocol.verdicts import CheckFailed, Credit


class Case(NamedTuple):
    """One convolution or pooling to try: what is new in it, and all shapes. `kernel` is (FH, FW)."""

    new: str
    batch: int
    in_channels: int
    out_channels: int
    size: tuple[int, int]
    kernel: tuple[int, int]
    stride: int = 1
    padding: int = 0
    dtype: type = np.float64
    zero_bias: bool = False


CONV_CASES = [
    Case("one channel, one kernel, bias 0", 1, 1, 1, (5, 6), (3, 3), zero_bias=True),
    Case("a bias for each kernel", 1, 1, 2, (5, 6), (3, 2)),
    Case("three input channels", 2, 3, 2, (6, 5), (3, 3)),
    Case("stride=2", 1, 2, 3, (7, 9), (3, 3), stride=2),
    Case("padding=1", 1, 2, 2, (5, 4), (3, 3), padding=1),
]
HIDDEN_CONV_CASES = [
    Case("other shapes", 3, 2, 4, (6, 7), (2, 3)),
    Case("leftover columns", 2, 3, 2, (8, 10), (3, 2), stride=3),
    Case("float32", 2, 3, 4, (7, 6), (3, 3), stride=2, padding=1, dtype=np.float32),
    Case("a wide border", 1, 2, 2, (4, 5), (5, 5), stride=2, padding=2),
    Case("a kernel as large as the picture", 3, 1, 2, (4, 3), (4, 3)),
]


@quiet()
def conv2d(answer, hidden: int | None = None) -> None:
    """Check ``conv2d(x (N, C, H, W), weight (K, C, FH, FW), bias (K,), stride=1, padding=0)``. 4 points.

    Parameters
    ----------
    answer
        The student's function. It must not call PyTorch's own convolutions.
    hidden
        Seed of further cases, drawn at grading. Messages do not describe a hidden case.
    """
    for case in CONV_CASES if hidden is None else HIDDEN_CONV_CASES:
        x, weight, bias = conv_inputs(case, 0 if hidden is None else hidden)
        with no_shortcuts():
            given = _call_conv2d(answer, x, weight, bias, case)
        tensors = [torch.tensor(a, dtype=torch.float64) for a in (x, weight, bias)]
        right = F.conv2d(*tensors, stride=case.stride, padding=case.padding)
        ways = conv_ways(*tensors, case.stride, case.padding)
        compare("conv2d", as_array(given, "What conv2d returns"), right, ways, _describe(case, hidden))
    print("Correct.")


def _call_conv2d(answer, x, weight, bias, case: Case):
    if (case.stride, case.padding) == (1, 0):
        return call(answer, "conv2d", x, weight, bias)  # the defaults are part of the task
    return call(answer, "conv2d", x, weight, bias, case.stride, case.padding)


def conv_inputs(case: Case, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw the arrays of a case: x (N, C, H, W), weight (K, C, FH, FW), bias (K,)."""
    rng = np.random.default_rng([seed, *case.size, *case.kernel])
    x = rng.normal(size=(case.batch, case.in_channels, *case.size))
    weight = rng.normal(size=(case.out_channels, case.in_channels, *case.kernel))
    bias = np.zeros(case.out_channels) if case.zero_bias else 1 + rng.random(case.out_channels)
    return x.astype(case.dtype), weight.astype(case.dtype), bias.astype(case.dtype)


def conv_ways(x, weight, bias, stride, padding) -> dict[str, Callable]:
    """For each code of a wrong convolution, a function that computes its result."""

    def conv(x=x, weight=weight, bias=bias, stride=stride, padding=padding):
        return F.conv2d(x, weight, bias, stride=stride, padding=padding)

    def padded(mode, sides=None):
        return conv(F.pad(x, sides or (padding,) * 4, mode=mode), padding=0)

    right = conv()
    rows, columns = right.shape[2:]
    centre = bias[None, :, None, None]
    by_channel = [conv(x[:, [c]], weight[:, [c]]) for c in range(x.shape[1])]
    return {
        "CV1": lambda: conv(weight=weight.flip(2, 3)),
        "CV7": lambda: conv(weight=weight.transpose(2, 3)),
        "CV3": lambda: [right - centre, right + (x.shape[1] - 1) * centre, right - centre + bias[0]],
        "CV2": lambda: [by_channel[0], by_channel[-1], torch.stack(by_channel, dim=2), right / x.shape[1]],
        "SZ3": lambda: conv(stride=1),
        "SZ6": lambda: conv(padding=0),
        "CV4": lambda: conv(stride=1)[:, :, :rows, :columns],
        "CV5": lambda: [padded("replicate"), padded("reflect")],
        "CV8": lambda: [padded("constant", (padding, 0) * 2), padded("constant", (0, padding) * 2)],
        "SZ1": lambda: right[:, :, :-1, :-1],
        "DS6": lambda: right.transpose(2, 3),
        "DS5": lambda: right.permute(0, 2, 3, 1),
        "SZ10": lambda: right.transpose(0, 1),
        "DS2": lambda: [right[0], right.sum(0)],
    }


# --- pooling

POOL_CASES = [
    (Case("positive inputs", 1, 2, 2, (4, 6), (2, 2)), None, "max"),
    (Case("two channels, inputs below zero", 2, 2, 2, (6, 4), (2, 2)), None, "max"),
    (Case("stride=1", 1, 2, 2, (5, 4), (2, 2)), 1, "max"),
    (Case("mode='avg'", 1, 2, 2, (4, 6), (2, 2)), None, "avg"),
]
HIDDEN_POOL_CASES = [
    (Case("all negative", 2, 3, 3, (6, 8), (2, 2)), None, "max"),
    (Case("leftover", 2, 3, 3, (7, 8), (3, 3)), None, "max"),
    (Case("overlap", 1, 2, 2, (7, 8), (3, 3)), 2, "max"),
    (Case("average with leftover", 3, 2, 2, (7, 5), (3, 3)), 2, "avg"),
    (Case("float32", 2, 2, 2, (6, 9), (3, 3), dtype=np.float32), None, "avg"),
]


@quiet()
def pool2d(answer, hidden: int | None = None) -> None:
    """Check ``pool2d(x (N, C, H, W), kernel_size, stride=None, mode="max")``; mode may be "avg". 2 points.

    Parameters
    ----------
    answer
        The student's function.
    hidden
        Seed of further cases, drawn at grading. Messages do not describe a hidden case.
    """
    for case, stride, mode in POOL_CASES if hidden is None else HIDDEN_POOL_CASES:
        x, _, _ = conv_inputs(case, 0 if hidden is None else hidden)
        x = abs(x) if case.new == "positive inputs" else -abs(x) if case.new == "all negative" else x - 1
        with no_shortcuts():
            given = call(answer, "pool2d", x, case.kernel[0], stride, mode)
        right, ways = pool_ways(torch.tensor(x, dtype=torch.float64), case.kernel[0], stride, mode)
        compare("pool2d", as_array(given, "What pool2d returns"), right, ways, _describe(case, hidden))
    _check_pool_defaults(answer)
    print("Correct.")


def _check_pool_defaults(answer) -> None:
    x = np.arange(16.0).reshape(1, 1, 4, 4)
    given = as_array(call(answer, "pool2d", x, 2), "What pool2d returns")
    right, ways = pool_ways(torch.tensor(x), 2, None, "max")
    compare("pool2d", given, right, ways, "pool2d(x, 2): stride and mode left out")


def pool_ways(x, kernel_size, stride, mode) -> tuple[torch.Tensor, dict[str, Callable]]:
    """Return the right pooling of x (N, C, H, W) and, for each code, a function that computes the wrong one."""
    pool, other = (F.max_pool2d, F.avg_pool2d) if mode == "max" else (F.avg_pool2d, F.max_pool2d)
    right = pool(x, kernel_size, stride)
    area = kernel_size**2
    return right, {
        "PL1": lambda: other(x, kernel_size, stride),
        "CV6": lambda: right.clamp(min=0),
        "PL2": lambda: pool(x, kernel_size, 1),
        "PL3": lambda: [x_all(right) for x_all in _over_channels(mode)],
        "PL4": lambda: [F.avg_pool2d(x, kernel_size, stride) * area],
        "PL5": lambda: pool(x, kernel_size, stride, ceil_mode=True),
        "SZ1": lambda: right[:, :, :-1, :-1],
        "DS6": lambda: right.transpose(2, 3),
        "DS5": lambda: right.permute(0, 2, 3, 1),
        "DS2": lambda: right[0],
    }


def _over_channels(mode) -> list[Callable]:
    if mode == "max":
        return [lambda r: r.amax(1), lambda r: r.amax(1, keepdim=True), lambda r: r.amax(1, keepdim=True).expand_as(r)]
    return [lambda r: r.mean(1), lambda r: r.mean(1, keepdim=True), lambda r: r.mean(1, keepdim=True).expand_as(r)]


# --- a convolution as a matrix

MATRIX_CASES = [((3, 3), 5, 6), ((2, 3), 4, 6)]  # on a square picture two wrong ways would give the same
HIDDEN_MATRIX_CASES = [((1, 2), 3, 4), ((3, 2), 6, 5), ((4, 4), 4, 4), ((2, 2), 3, 7)]


@quiet()
def conv_as_matrix(answer, hidden: int | None = None) -> None:
    """Check ``conv_as_matrix(kernel (FH, FW), height, width) -> (OH * OW, H * W)``. 2 points.

    Parameters
    ----------
    answer
        The student's function.
    hidden
        Seed of further cases, drawn at grading. Messages do not describe a hidden case.
    """
    for shape, height, width in MATRIX_CASES if hidden is None else HIDDEN_MATRIX_CASES:
        rng = np.random.default_rng([hidden or 0, height, width, *shape])
        kernel = rng.integers(1, 90, size=shape).astype(float)
        given = as_array(call(answer, "conv_as_matrix", kernel, height, width), "What conv_as_matrix returns")
        right = torch.tensor(torch_matrix(kernel, height, width))
        case = f"a {shape[0]}×{shape[1]} kernel on a {height}×{width} picture"
        ways = matrix_ways(kernel, height, width)
        compare("conv_as_matrix", given, right, ways, case if hidden is None else None)
    print("Correct.")


def torch_matrix(kernel: np.ndarray, height: int, width: int) -> np.ndarray:
    """Ask PyTorch for the matrix of a convolution: the response to each one-pixel picture is one column."""
    pixels = torch.eye(height * width, dtype=torch.float64).reshape(-1, 1, height, width)
    return F.conv2d(pixels, torch.tensor(kernel, dtype=torch.float64)[None, None]).flatten(1).T.numpy()


def matrix_ways(kernel: np.ndarray, height: int, width: int) -> dict[str, Callable]:
    """For each code of a wrong matrix, a function that computes it."""
    right = torch_matrix(kernel, height, width)
    rows, columns = height - kernel.shape[0] + 1, width - kernel.shape[1] + 1
    by_column = np.arange(rows * columns).reshape(rows, columns).T.reshape(-1)
    pixel_by_column = np.arange(height * width).reshape(height, width).T.reshape(-1)

    def without_gap():
        matrix = np.zeros_like(right)
        for number in range(len(right)):
            start = number // columns * width + number % columns
            matrix[number, start : start + kernel.size] = kernel.reshape(-1)
        return matrix

    return {
        "MX1": lambda: right.T,
        "CV1": lambda: torch_matrix(kernel[::-1, ::-1].copy(), height, width),
        "MX2": lambda: [right[by_column], right[:, pixel_by_column], right[by_column][:, pixel_by_column]],
        "MX3": without_gap,
        "CV7": lambda: torch_matrix(kernel.T.copy(), height, width),
    }


# --- four kernels


@quiet()
def design_kernels(answers: dict) -> Credit:
    """Check four 3×3 kernels by what they do on drawn patterns: any kernel with the property counts. 2 points.

    Parameters
    ----------
    answers
        ``{"vertical edge": …, "horizontal edge": …, "blur": …, "main diagonal": …}``, each 3 rows of 3 numbers.
    """
    answers = as_dict(answers, _PROPERTIES, "kernels")
    marks, codes, notes = {}, [], []
    for name, look in _PROPERTIES.items():
        if is_missing(answers[name]):
            marks[name] = None
            continue
        kernel = as_array(answers[name], f"kernels[{name!r}]")
        code = look(kernel) if kernel.shape == (3, 3) else "shape"
        marks[name] = code == ""
        codes += [code] if code not in ("", "shape", "weak") else []
        if code == "shape":
            notes.append(f"{name}: give 3 rows of 3 numbers, not an array of shape {kernel.shape}.")
        elif code:
            notes.append(f"{name}: {_NOTES[name]}")
    return mark(marks, 2, codes, notes[0] if notes else "")


def _answer(kernel: np.ndarray, pattern: np.ndarray) -> float:
    """Return the strongest answer of a kernel to a pattern (H, W), without sign."""
    x = torch.tensor(pattern, dtype=torch.float64)[None, None]
    return float(F.conv2d(x, torch.tensor(kernel)[None, None]).abs().max())


STEP = np.repeat([[0.0, 0.0, 0.0, 1.0, 1.0, 1.0]], 6, axis=0)  # dark left, light right: a vertical edge
GREY = np.full((6, 6), 0.5)
LINE = np.eye(5)


def _edge(kernel: np.ndarray, along: np.ndarray, across: np.ndarray) -> str:
    scale = abs(kernel).sum()
    if scale and _answer(kernel, GREY) > 1e-6 * scale:
        return "KD5"
    wanted, other = _answer(kernel, along), _answer(kernel, across)
    if wanted > 1e-6 * scale and other <= 1e-6 * scale:
        return ""
    return "KD1" if other > wanted else "weak"


def _vertical_edge(kernel):
    return _edge(kernel, STEP, STEP.T)


def _horizontal_edge(kernel):
    return _edge(kernel, STEP.T, STEP)


def _blur(kernel):
    if abs(kernel.sum() - 1) > 1e-3:
        return "KD2"
    if kernel.max() > 0.999:
        return "KD4"
    return "" if kernel.min() >= 0 and (kernel > 0).sum() >= 3 else "weak"


def _main_diagonal(kernel):
    row = np.zeros((5, 5))
    row[2] = 1
    signed = {"main": LINE, "other": LINE[::-1], "row": row, "column": row.T}
    response = {
        name: float(F.conv2d(torch.tensor(p.copy())[None, None], torch.tensor(kernel)[None, None])[0, 0, 1, 1])
        for name, p in signed.items()
    }
    best = max(response, key=response.get)
    unique = sum(abs(v - response[best]) < 1e-9 for v in response.values()) == 1
    return "" if best == "main" and unique else "KD3" if best == "other" and unique else "weak"


_PROPERTIES = {
    "vertical edge": _vertical_edge,
    "horizontal edge": _horizontal_edge,
    "blur": _blur,
    "main diagonal": _main_diagonal,
}
_NOTES = {
    "vertical edge": "it should answer to a step from dark to light along a row, and to nothing else here.",
    "horizontal edge": "it should answer to a step from dark to light down a column, and to nothing else here.",
    "blur": "it should mix a pixel with its neighbours and leave an even grey as it is.",
    "main diagonal": "of lines in four directions, it should answer most to the one from upper left to lower right.",
}


# --- bonus: the backward pass

BACKWARD_CASES = [
    Case("one channel", 1, 1, 1, (4, 5), (2, 3)),
    # not two pictures: their mean would be half their sum
    Case("three pictures, two channels", 3, 2, 4, (5, 4), (3, 2)),
    Case("stride=2, padding=1", 3, 2, 4, (5, 7), (3, 3), stride=2, padding=1),
]


@quiet()
def conv2d_backward(answer, hidden: int | None = None) -> None:
    """Check ``conv2d_backward(grad_out, x, weight, stride=1, padding=0) -> (grad_x, grad_weight, grad_bias)``.

    Parameters
    ----------
    answer
        The student's function; ``grad_out`` (N, K, OH, OW) is the gradient of the loss by the output.
    hidden
        Seed of other arrays in the same shapes.
    """
    for case in BACKWARD_CASES:
        arrays = conv_inputs(case, hidden or 0)
        x, weight, bias = map(torch.tensor, arrays)
        shape = F.conv2d(x, weight, bias, stride=case.stride, padding=case.padding).shape
        grad_out = torch.tensor(np.random.default_rng(hidden or 1).normal(size=shape))
        right = torch_gradients(*arrays, grad_out, case)
        turned, _, _ = torch_gradients(arrays[0], arrays[1][:, :, ::-1, ::-1].copy(), arrays[2], grad_out, case)
        given = call(answer, "conv2d_backward", grad_out.numpy(), *arrays[:2], case.stride, case.padding)
        if type(given) not in (tuple, list) or len(given) != 3:
            raise CheckFailed("conv2d_backward should return three arrays: grad_x, grad_weight, grad_bias.")
        for name, one, truth in zip(("grad_x", "grad_weight", "grad_bias"), given, right, strict=True):
            ways = gradient_ways(truth, case.batch, grad_out if name == "grad_bias" else None)
            if name == "grad_x":  # a turned kernel does not turn the gradient
                ways["CV1"] = lambda turned=turned: turned
            compare(f"conv2d_backward, {name}", as_array(one, name), truth, ways, _describe(case, hidden))
    print("Correct.")


def torch_gradients(x, weight, bias, grad_out: torch.Tensor, case: Case) -> tuple[torch.Tensor, ...]:
    """Ask autograd for the gradients of a convolution by x, weight and bias, ``grad_out`` being that by its output."""
    tensors = [torch.tensor(array, requires_grad=True) for array in (x, weight, bias)]
    with torch.enable_grad():  # a notebook may have switched it off
        out = F.conv2d(*tensors, stride=case.stride, padding=case.padding)
    return torch.autograd.grad(out, tensors, grad_out)


def gradient_ways(right: torch.Tensor, batch: int, grad_out: torch.Tensor | None = None) -> dict[str, Callable]:
    """For each code of a wrong gradient, a function that transforms the right one into it.

    Parameters
    ----------
    right
        The right gradient.
    batch
        Number of pictures.
    grad_out
        For a bias: the gradient (N, K, OH, OW) that should have been summed.
    """
    ways = {
        "GR1": lambda: -right,
        "GR3": lambda: right / batch if batch > 1 else [],
        "GR2": lambda: [2 * right, right / 2],
        "GR4": lambda: [right.transpose(-1, -2), right.transpose(0, 1)] if right.ndim > 1 else [],
        "CV1": lambda: right.flip(-1, -2) if right.ndim == 4 else [],
    }
    if grad_out is not None:
        ways["GR5"] = lambda: [
            grad_out,
            grad_out.sum(0),
            grad_out.sum((2, 3)),
            grad_out[0].sum((1, 2)),
            grad_out.mean((0, 2, 3)),
        ]
    return ways


def _describe(case: Case, hidden) -> str | None:
    return case.new if hidden is None else None
