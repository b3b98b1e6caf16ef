"""Small nets whose weights a learner sets by hand: reading them, and running them.

Weights are in PyTorch's order, (out, in). A step unit answers 1 where its sum is above 0, and 0 elsewhere; an output
unit says yes where its sum is above 0.
"""

from typing import Any

import numpy as np

from course_utils.judging import shared
from course_utils.judging.cases import Case
from course_utils.labs.activations.headings import SPACE

DS1 = shared.DS1.in_lab(SPACE, "This has the weights turned over. Which axis of W counts the units of the new layer?")

Params = list[tuple[np.ndarray, np.ndarray]]  # (weight (out, in), bias (out,)) for each layer


def read_params(case: Case, value: Any, layers: tuple[int, ...] | None, what: str) -> Params:
    """Read a list of pairs (weight, bias) as arrays.

    Parameters
    ----------
    case
        Speaks of what cannot be read.
    value
        What is to be read.
    layers
        Sizes of all layers, inputs first; None where any two inputs and one output will do.
    what
        What it is called in messages.

    Raises
    ------
    CheckFailed
        If it is no such list, or a shape does not fit.
    """
    pairs = type(value) in (list, tuple) and all(type(pair) in (list, tuple) and len(pair) == 2 for pair in value)
    if not pairs or not value or (layers and len(value) != len(layers) - 1):
        how_many = f"{len(layers) - 1} pairs" if layers else "pairs"
        raise case.always(f"{what} should be a list of {how_many} (weight, bias), one for each layer.")
    params = [(case.array(w, f"a weight of {what}"), case.array(b, f"a bias of {what}").reshape(-1)) for w, b in value]
    wanted = layers or (2, *(len(bias) for _, bias in params[:-1]), 1)
    for number, (weight, bias) in enumerate(params):
        _fits(case, weight, bias, (wanted[number + 1], wanted[number]), f"{what}: layer {number}")
    return params


def _fits(case: Case, weight: np.ndarray, bias: np.ndarray, shape: tuple[int, int], what: str) -> None:
    if weight.shape == shape[::-1] and weight.shape != shape:
        raise case.sentence(f"{what} has a weight of shape {weight.shape}.", DS1)
    if weight.shape != shape or bias.shape != shape[:1]:
        line = f"{what} should have a weight of shape {shape} and a bias of shape {shape[:1]},\n"
        raise case.sentence(f"{line}  not {weight.shape} and {bias.shape}.")
    if not (np.isfinite(weight).all() and np.isfinite(bias).all()):
        raise case.always(f"{what} holds nan or inf.")


def run(params: Params, X: np.ndarray, act: str = "step") -> np.ndarray:
    """Return the output sums (N,) of a net for inputs (N, 2); `act` is "step" or "relu"."""
    h = np.asarray(X, dtype=np.float64)
    for number, (weight, bias) in enumerate(params):
        z = h @ weight.T + bias
        h = z if number == len(params) - 1 else (z > 0).astype(float) if act == "step" else np.maximum(z, 0)
    return h[:, 0]
