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
        raise case.always(f"{what} should be a list of pairs (weight, bias), one for each layer.")
    params = [
        (_weight(case.array(w, f"a weight of {what}")), case.array(b, f"a bias of {what}").reshape(-1))
        for w, b in value
    ]
    wanted = layers or (2, *(len(bias) for _, bias in params[:-1]), 1)
    for number, (weight, bias) in enumerate(params):
        _fits(case, weight, bias, (wanted[number + 1], wanted[number]), what, number)
    return params


def _weight(array: np.ndarray) -> np.ndarray:
    """Return a weight; one whose numbers are arrays of one element each counts, too."""
    return array[..., 0] if array.ndim == 3 and array.shape[2] == 1 else array


def _fits(case: Case, weight: np.ndarray, bias: np.ndarray, shape: tuple[int, int], what: str, place: int) -> None:
    if weight.shape == shape[::-1] and weight.shape != shape:
        line = f"{what}: layer {place} has a weight of shape {weight.shape}."
        raise case.sentence(line, DS1, hidden=f"{what}: a layer has a weight that does not fit.")
    if weight.shape != shape or bias.shape != shape[:1]:
        rule = "A weight has a row for each unit of its layer, a bias a number for each."
        line = f"{what}: in layer {place} weight {weight.shape} and bias {bias.shape} do not fit.\n  {rule}"
        raise case.sentence(line, hidden=f"{what}: in a layer weight and bias do not fit.\n  {rule}")
    if not (np.isfinite(weight).all() and np.isfinite(bias).all()):
        raise case.always(f"{what} holds nan or inf.")


def run(params: Params, X: np.ndarray, act: str = "step") -> np.ndarray:
    """Return the output sums (N,) of a net for inputs (N, 2); `act` is "step" or "relu"."""
    h = np.asarray(X, dtype=np.float64)
    for number, (weight, bias) in enumerate(params):
        z = h @ weight.T + bias
        h = z if number == len(params) - 1 else (z > 0).astype(float) if act == "step" else np.maximum(z, 0)
    return h[:, 0]
