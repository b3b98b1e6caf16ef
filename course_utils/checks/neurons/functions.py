"""Checks of the functions that learners build: a neuron, a dense layer, the error and its gradients, a collapsed stack.

What is right is what PyTorch computes, in float64. A wrong result is compared with what each known wrong way gives
for the same input.
"""

import textwrap
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F

from course_utils.checks import diagnosis
from course_utils.checks.comparing import compare, refusal
from course_utils.judging.answers import as_array, kind, plain, short
from course_utils.judging.protocol.calling import ask, call, quiet
from course_utils.judging.protocol.verdicts import CheckFailed
from course_utils.variants.neurons import INTERCEPT, SLOPE, sunshine_days

Ways = dict[str, Callable]


def tensors(*arrays) -> list[torch.Tensor]:
    """Return arrays as float64 tensors."""
    return [torch.tensor(np.asarray(array), dtype=torch.float64) for array in arrays]


def raises_value_error(function, *args) -> bool:
    """Probe: tell whether a student's function raises ValueError."""
    try:
        function(*args)
    except ValueError:
        return True
    return False


# --- a neuron and a layer


class Sizes(NamedTuple):
    """Sizes of a dense layer to try: examples, inputs, units."""

    batch: int
    inputs: int
    units: int
    dtype: type = np.float64


LAYER_CASES = [Sizes(1, 3, 2), Sizes(2, 3, 1), Sizes(2, 3, 4)]
HIDDEN_LAYER_CASES = [
    Sizes(5, 4, 3),
    Sizes(3, 2, 3),
    Sizes(4, 3, 3),
    Sizes(1, 1, 1),
    Sizes(6, 5, 2, np.float32),
    Sizes(3, 3, 3),
]
MISFITS = [((2,), (3,)), ((3,), (2,))]
HIDDEN_MISFITS = [((3,), (1,)), ((1,), (3,)), ((4,), (3,))]
LAYER_MISFITS = [((2, 3), (4, 2), (4,)), ((2, 3), (4, 3), (3,))]
HIDDEN_LAYER_MISFITS = [((5, 2), (2, 5), (2,)), ((2, 3), (4, 3), (1,)), ((2, 1), (4, 3), (4,)), ((3, 2), (4, 2), (2,))]


@quiet()
def dense_layer(neuron, dense, hidden: int | None = None) -> None:
    """Check ``linear_neuron(x (D,), w (D,), b)`` and ``dense(X (N, D), W (K, D), b (K,)) -> (N, K)``. 2 points.

    Parameters
    ----------
    neuron, dense
        The student's functions. Sizes that do not fit must raise ValueError.
    hidden
        Seed of further cases, drawn at grading. Messages do not describe a hidden case.
    """
    for number in range(3):
        _check_neuron(neuron, number, hidden)
    for sizes in LAYER_CASES if hidden is None else HIDDEN_LAYER_CASES:
        _check_layer(dense, sizes, hidden)
    _check_misfits(neuron, "linear_neuron", MISFITS if hidden is None else HIDDEN_MISFITS, hidden)
    _check_misfits(dense, "dense", LAYER_MISFITS if hidden is None else HIDDEN_LAYER_MISFITS, hidden)
    print("Correct.")


def _check_neuron(neuron, number: int, hidden: int | None) -> None:
    x, weight, bias = _neuron_inputs(number, hidden)
    given = call(neuron, "linear_neuron", x, weight, bias)
    if plain(given) is None and np.shape(as_array(given, "What linear_neuron returns")) != (1,):
        raise CheckFailed("linear_neuron should return one number. How many outputs has one neuron?")
    value = np.asarray(as_array(given, "What linear_neuron returns")).reshape(())
    total = float(x.astype(float) @ weight)
    shifted = float(x.astype(float) @ [bias, *weight[:-1]])
    ways: Ways = {
        "NE1": lambda: total,
        "NE2": lambda: total * bias,
        "NE3": lambda: [shifted, shifted + float(weight[-1])],
        "NE5": lambda: total + len(x) * bias,
    }
    case = f"x = {short(x)}, w = {short(weight)}, b = {bias:g}" if hidden is None else None
    right = F.linear(*tensors(x, weight[None], [bias]))[0]
    compare("linear_neuron", value, right, ways, case)


def _neuron_inputs(number: int, hidden: int | None) -> tuple[np.ndarray, np.ndarray, float]:
    if hidden is None:
        x, weight, bias = [((1, 2), (3, -1), 10), ((1, 0, 2, 5), (3, 7, -1, 2), 4), ((3,), (2,), 5)][number]
        return np.array(x, float), np.array(weight, float), float(bias)
    rng = np.random.default_rng([hidden, number])
    size = 1 + 3 * number
    return rng.normal(size=size), rng.normal(size=size), float(2 + rng.random())


def layer_inputs(sizes: Sizes, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw the arrays of a case: X (N, D), W (K, D), b (K,)."""
    rng = np.random.default_rng([seed, *sizes[:3]])
    shapes = (sizes.batch, sizes.inputs), (sizes.units, sizes.inputs), (sizes.units,)
    X, W, b = (rng.integers(-4, 9, size=shape) if seed == 0 else rng.normal(size=shape) for shape in shapes)
    b = b + 10 * (1 + np.arange(sizes.units))  # no bias is 0, no two are equal
    return X.astype(sizes.dtype), W.astype(sizes.dtype), b.astype(sizes.dtype)


def _check_layer(dense, sizes: Sizes, hidden: int | None) -> None:
    X, W, b = layer_inputs(sizes, hidden or 0)
    try:
        given = as_array(call(dense, "dense", X, W, b), "What dense returns")
    except CheckFailed as error:
        raise _with_reason(dense, error) from None
    case = f"N={sizes.batch}, D={sizes.inputs}, K={sizes.units}" if hidden is None else None
    compare("dense", given, F.linear(*tensors(X, W, b)), layer_ways(*tensors(X, W, b)), case)


def layer_ways(X, W, b) -> Ways:
    """For each code of a wrong dense layer, a function that computes its result."""
    right = F.linear(X, W, b)
    return {
        "DS1": lambda: X @ W + b,
        "DS3": lambda: [X @ W.T + b[:, None], right - b + b[:, None]],
        "NE1": lambda: X @ W.T,
        "NE2": lambda: X @ W.T * b,
        "ND1": lambda: right.T,
        "DS2": lambda: [right[0], right.squeeze(0), right.sum(0), right.mean(0)],
        "NE5": lambda: X @ W.T + X.shape[1] * b,
    }


def _with_reason(dense, error: CheckFailed) -> CheckFailed:
    """Find out, where all three sizes are equal and nothing can raise, why a layer raised on others."""
    if "raised" not in error.message:
        return error
    X, W, b = layer_inputs(Sizes(3, 3, 3), 7)
    try:
        given = as_array(call(dense, "dense", X, W, b), "What dense returns")
    except (CheckFailed, NotImplementedError):
        return error
    code = diagnosis.explain_array(given, layer_ways(*tensors(X, W, b)))
    if code is None:
        return error
    reason = textwrap.shorten(error.message.split("\n")[0], 80, placeholder=" ...")
    return refusal(f"{reason}\nIt answers only where N, D and K are equal.", code)


def _check_misfits(function, name: str, misfits, hidden: int | None) -> None:
    for shapes in misfits:
        arrays = [np.ones(shape) for shape in shapes]
        if not ask(raises_value_error, function, *arrays, *([2.0] if name == "linear_neuron" else [])):
            letters = "xw" if name == "linear_neuron" else "XWb"
            sizes = ", ".join(f"{letter} {shape}" for letter, shape in zip(letters, shapes, strict=True))
            case = f"for {sizes}" if hidden is None else "in a case drawn at grading"
            message = f"{name} should raise ValueError {case}. Yours answers.\n{diagnosis.feedback('ND4')}"
            raise CheckFailed(message, ("ND4",))


# --- the mean squared error, its gradients, one step

LINE_CASES = [((1.0, 2.0, 4.0), (3.0, 5.0, 6.0), 2.0, 0.5), ((0.0, -2.0, 1.0, 3.0), (1.0, 2.0, -1.0, 0.5), -1.5, 2.0)]


@quiet()
def line_by_descent(mse, mse_grads, sgd_step, hidden: int | None = None) -> None:
    """Check ``mse(y_hat, y)``, ``mse_grads(x, y, w, b) -> (dw, db)`` and ``sgd_step(params, grads, lr)``. 3 points.

    Parameters
    ----------
    mse, mse_grads, sgd_step
        The student's functions; x, y and y_hat have the shape (N,), the rest are numbers.
    hidden
        Seed of further cases, drawn at grading, and of days of sunshine on which the three must find the line.
    """
    for x, y, w, b in LINE_CASES if hidden is None else _hidden_lines(hidden):
        x, y = np.array(x), np.array(y)
        y_hat = np.asarray(w * x + b)
        case = None if hidden is not None else f"x = {short(x)}, y = {short(y)}, w = {w:g}, b = {b:g}"
        _check_mse(mse, y_hat, y, None if hidden is not None else f"y_hat = {short(y_hat)}, y = {short(y)}")
        _check_grads(mse_grads, x, y, w, b, case)
    _check_cancelling(mse, hidden)
    for params, grads, rate in _steps(hidden):
        _check_step(sgd_step, params, grads, rate, hidden)
    if hidden is not None:
        _check_recovery(mse_grads, sgd_step, hidden)
    print("Correct.")


def _hidden_lines(seed: int) -> list:
    rng = np.random.default_rng(seed)
    sizes = (1, 7, 1000)
    return [(rng.normal(size=n), rng.normal(3, 2, size=n), float(rng.normal()), float(rng.normal())) for n in sizes]


def _check_mse(mse, y_hat, y, case: str | None) -> None:
    given = as_array(call(mse, "mse", y_hat, y), "What mse returns")
    given = given.reshape(()) if given.size == 1 else given
    compare("mse", given, F.mse_loss(*tensors(y_hat, y)), mse_ways(y_hat - y), case)


def mse_ways(errors: np.ndarray) -> Ways:
    """For each code of a wrong mean squared error, a function that computes it."""
    squares = float((errors**2).mean())
    return {
        "NM1": lambda: [errors.sum() ** 2 / len(errors), errors.sum() ** 2, errors.mean() ** 2],
        "GR3": lambda: squares * len(errors),
        "NM3": lambda: [squares**0.5, (squares * len(errors)) ** 0.5],
        "NM2": lambda: [errors.mean(), -errors.mean(), abs(errors).mean(), abs(errors).sum(), errors.sum()],
        "GR2": lambda: [squares / 2, squares * 2],
        "GR5": lambda: [errors**2],
    }


def _check_cancelling(mse, hidden: int | None) -> None:
    errors = np.array([3.0, -3.0, 1.0, -1.0]) if hidden is None else np.array([-2.5, 4.0, -1.5, 6.0, -6.0])
    y = np.arange(len(errors), dtype=float)
    case = f"errors {short(errors)}" if hidden is None else None
    _check_mse(mse, y + errors, y, case)


def _check_grads(mse_grads, x, y, w: float, b: float, case: str | None) -> None:
    given = call(mse_grads, "mse_grads", x, y, w, b)
    if type(given) not in (tuple, list, np.ndarray, torch.Tensor) or len(given) != 2:
        raise CheckFailed(f"mse_grads should return two numbers, dw and db, not {kind(given)}.")
    right = torch_grads(x, y, w, b)
    parts = [as_array(part, f"{name} of mse_grads") for name, part in zip(("dw", "db"), given, strict=True)]
    parts = [part.reshape(()) if part.size == 1 else part for part in parts]
    for name, part, wanted in zip(("dw", "db"), parts, right, strict=True):
        compare(f"mse_grads, {name}", part, wanted, gradient_ways(name, parts, right, x, y, w, b), case)


def torch_grads(x, y, w: float, b: float) -> np.ndarray:
    """Ask PyTorch for the slopes of the mean squared error by w and b."""
    params = torch.tensor([w, b], dtype=torch.float64, requires_grad=True)
    x, y = tensors(x, y)
    F.mse_loss(params[0] * x + params[1], y).backward()
    return params.grad.numpy()


def gradient_ways(name: str, given: list, right, x, y, w, b) -> Ways:
    """For each code of a wrong gradient, a function that computes it."""
    mine, others = (right[0], right[1]) if name == "dw" else (right[1], right[0])
    N = len(x)
    each = 2 * (w * x + b - y) * (x if name == "dw" else 1)

    def exchanged():
        if not diagnosis.close(given[name == "dw"], np.asarray(mine)):
            raise ValueError
        return others

    return {
        "GR1": lambda: -mine,
        "GR3": lambda: [mine * N, mine * N / 2, -mine * N],
        "GR2": lambda: [mine / 2, mine * 2],
        "NM5": exchanged,
        "NM4": lambda: [others] if name == "dw" else [],
        "GR5": lambda: [each, each / 2, each / N, each / 2 / N],
    }


def _steps(hidden: int | None) -> list:
    if hidden is None:
        return [((2.0, 1.0), (4.0, -3.0), 0.1)]
    rng = np.random.default_rng([hidden, 1])
    return [
        (tuple(rng.normal(size=2).tolist()), tuple(rng.normal(2, 1, size=2).tolist()), float(rng.random() / 3 + 0.01))
        for _ in range(3)
    ]


def _check_step(sgd_step, params, grads, rate: float, hidden: int | None) -> None:
    given = np.array(_two_numbers(call(sgd_step, "sgd_step", params, grads, rate), "sgd_step"))
    before, slope = np.array(params), np.array(grads)
    after = torch.sub(torch.tensor(before), torch.tensor(slope), alpha=rate)  # as torch.optim.SGD does it
    case = None if hidden is not None else f"params = {params}, grads = {grads}, lr = {rate:g}"
    compare("sgd_step", given, after, step_ways(before, slope, rate), case)


def _two_numbers(answer, name: str) -> tuple[float, float]:
    """Return a pair of numbers; arrays of one element count as numbers."""
    if type(answer) in (tuple, list, np.ndarray, torch.Tensor) and len(answer) == 2:
        parts = [as_array(part, f"A part of what {name} returns") for part in answer]
        if all(part.size == 1 for part in parts):
            return tuple(float(part.reshape(())) for part in parts)
    raise CheckFailed(f"{name} should return two numbers in a tuple, not {short(answer)}.")


def step_ways(params: np.ndarray, grads: np.ndarray, rate: float) -> Ways:
    """For each code of a wrong step, a function that computes its result."""
    return {
        "NM6": lambda: params + rate * grads,
        "NM7": lambda: [params - grads, params + grads],
        "NM8": lambda: [-rate * grads, rate * grads],
    }


def _check_recovery(mse_grads, sgd_step, seed: int) -> None:
    hours, temperature = map(np.array, sunshine_days(200, seed))
    x = (hours - hours.mean()) / hours.std()
    params = (0.0, 0.0)
    for _ in range(40):
        grads = call(mse_grads, "mse_grads", x, temperature, *params)
        pair = _two_numbers(grads, "mse_grads")
        params = _two_numbers(call(sgd_step, "sgd_step", params, pair, 0.2), "sgd_step")
    slope = params[0] / hours.std()
    intercept = params[1] - slope * hours.mean()
    if not (abs(slope - SLOPE) <= 0.1 and abs(intercept - INTERCEPT) <= 0.5):
        raise CheckFailed(
            "Each function passes by itself, but forty steps of them do not find the line of the sunshine data.\n"
            "Does any of them keep something from one call to the next?"
        )


# --- a stack of linear layers

STACK_CASES = [(3, 3, 3), (3, 4, 2)]
HIDDEN_STACK_CASES = [(3, 2), (2, 5, 4, 3, 2), (4, 1, 3), (3, 3, 3, 3)]


@quiet()
def collapse(answer, hidden: int | None = None) -> None:
    """Check ``collapse(layers)``, a list of (W (K, D), b (K,)) to one such pair. 2 points.

    Parameters
    ----------
    answer
        The student's function.
    hidden
        Seed of further cases, drawn at grading. Messages do not describe a hidden case.
    """
    for sizes in STACK_CASES if hidden is None else HIDDEN_STACK_CASES:
        layers = stack_layers(sizes, hidden or 0)
        given = call(answer, "collapse", [(W.copy(), b.copy()) for W, b in layers])
        if type(given) not in (tuple, list) or len(given) != 2:
            raise CheckFailed(f"collapse should return a pair, W and b, not {kind(given)}.")
        W, b = torch_collapse(layers)
        case = f"{len(sizes) - 1} layers, {' → '.join(map(str, sizes))}" if hidden is None else None
        compare("collapse, W", as_array(given[0], "W of collapse"), W, product_ways(layers), case)
        compare("collapse, b", as_array(given[1], "b of collapse"), b, carried_ways(layers), case)
    print("Correct.")


def stack_layers(sizes, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Draw the layers of a stack: for sizes (3, 4, 2) a layer from 3 to 4 and one from 4 to 2."""
    rng = np.random.default_rng([seed, *sizes])
    pairs = list(zip(sizes[1:], sizes[:-1], strict=True))
    if seed == 0:
        return [(rng.integers(-3, 5, size=pair) * 1.0, rng.integers(1, 6, size=pair[0]) * 1.0) for pair in pairs]
    return [(rng.normal(size=pair), 1 + rng.random(pair[0])) for pair in pairs]


def torch_collapse(layers) -> tuple[torch.Tensor, torch.Tensor]:
    """Send zero and the unit vectors through PyTorch's layers: what comes out is b, and W column by column."""
    inputs = layers[0][0].shape[1]
    x = torch.cat([torch.zeros(1, inputs), torch.eye(inputs)]).double()
    for W, b in layers:
        x = F.linear(x, *tensors(W, b))
    return (x[1:] - x[0]).T, x[0]


def product_ways(layers) -> Ways:
    """For each code of a wrong weight, a function that computes it."""
    right = torch_collapse(layers)[0]

    def forward():
        product = tensors(layers[0][0])[0]
        for W, _ in layers[1:]:
            product = product @ tensors(W)[0]
        return product

    return {"NC1": lambda: [forward(), forward().T], "DS1": lambda: right.T}


def carried_ways(layers) -> Ways:
    """For each code of a wrong bias, a function that computes it."""
    biases = [b for _, b in layers]
    squares = [W for W, _ in layers]

    def turned():
        x = np.zeros(squares[0].shape[1])
        for W, b in layers:
            x = x @ W + b if W.shape[0] == W.shape[1] else _stop()
        return x

    return {
        "NC2": lambda: sum(biases),
        "NC3": lambda: [biases[-1]],
        "NC4": lambda: np.zeros_like(biases[-1]),
        "DS1": turned,
    }


def _stop():
    raise ValueError("this wrong way cannot be taken here")
