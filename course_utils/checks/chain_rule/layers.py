"""Checks of the backward pass of a dense layer and of a ReLU."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import torch

from course_utils.checks.comparing import compare
from course_utils.checks.sets import mark
from course_utils.judging.answers import as_array
from course_utils.judging.protocol.calling import call, quiet
from course_utils.judging.protocol.verdicts import CheckFailed, Credit, NotAttempted


class Case(NamedTuple):
    """A dense layer and its batch: N examples, D inputs, K outputs."""

    N: int
    D: int
    K: int

    def __str__(self) -> str:
        return f"N={self.N}, D={self.D}, K={self.K}"


CASES = [Case(2, 3, 4), Case(5, 3, 2)]
HIDDEN_CASES = [Case(1, 3, 2), Case(4, 2, 1), Case(3, 3, 3), Case(7, 1, 4)]
PARTS = ("dX", "dW", "db", "relu")


@quiet()
def dense_backward(dense, relu, hidden: int | None = None) -> Credit:
    """Check ``dense_backward(dY, X, W) -> dX, dW, db`` and ``relu_backward(dA, Z) -> dZ``. 3 points.

    Parameters
    ----------
    dense
        The student's function. dY (N, K) is the gradient of the loss by Y = X Wᵀ + b; X (N, D), W (K, D).
    relu
        The student's function. dA and Z have the same shape; A is the ReLU of Z.
    hidden
        Seed of further cases, drawn at grading. Messages do not describe a hidden case.
    """
    marks: dict[str, bool | None] = dict.fromkeys(PARTS, True)
    codes, notes = [], []
    tries = [(case, 0, str(case)) for case in CASES]
    tries += [] if hidden is None else [(case, hidden, None) for case in HIDDEN_CASES]
    for looker, function in ((_look_at_dense, dense), (_look_at_relu, relu)):
        for case, seed, shown in tries:
            for part, fault in looker(function, case, seed, shown).items():
                if fault == "not attempted":
                    marks[part] = None
                elif fault is not None and marks[part]:
                    marks[part] = False
                    codes += [code for code in fault.codes if code not in codes]
                    notes.append(_in_short(fault))
    if all(value is None for value in marks.values()):
        raise NotAttempted("write dense_backward or relu_backward, run the cell, then this one")
    return mark(marks, 3, codes, notes[0] if notes else "")


def _in_short(fault: CheckFailed) -> str:
    """Return what a fault says on one line, without its hint."""
    lines = [line.strip() for line in fault.message.split("\n") if not line.startswith(("Hint:", "Read again:"))]
    return " ".join(lines[:2])


def arrays(case: Case, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw the arrays of a case: dY (N, K), X (N, D), W (K, D)."""
    rng = np.random.default_rng([seed, *case])
    return rng.normal(size=(case.N, case.K)), rng.normal(size=(case.N, case.D)), rng.normal(size=(case.K, case.D))


def torch_dense(dY: np.ndarray, X: np.ndarray, W: np.ndarray) -> dict[str, np.ndarray]:
    """Ask PyTorch for the gradients of a dense layer by its input, weight and bias."""
    with torch.enable_grad():  # a notebook may have switched it off
        tensors = [torch.tensor(a, requires_grad=True) for a in (X, W, np.zeros(len(W)))]
        found = torch.autograd.grad(torch.nn.functional.linear(*tensors), tensors, torch.tensor(dY))
    return {part: one.numpy() for part, one in zip(("dX", "dW", "db"), found, strict=True)}


def torch_relu(dA: np.ndarray, Z: np.ndarray) -> np.ndarray:
    """Ask PyTorch for the gradient of a ReLU by its input."""
    with torch.enable_grad():
        z = torch.tensor(Z, requires_grad=True)
        (found,) = torch.autograd.grad(z.relu(), z, torch.tensor(dA))
    return found.numpy()


def _look_at_dense(function, case: Case, seed: int, shown: str | None) -> Mapping:
    dY, X, W = arrays(case, seed)
    try:
        given = call(function, "dense_backward", dY, X, W)
        if type(given) not in (tuple, list) or len(given) != 3:
            raise CheckFailed("dense_backward should return three arrays: dX, dW, db.")
    except NotAttempted:
        return dict.fromkeys(("dX", "dW", "db"), "not attempted")
    except CheckFailed as error:
        return dict.fromkeys(("dX", "dW", "db"), error)
    right = torch_dense(dY, X, W)
    ways = dense_ways(right, dY, X, W)
    return {
        part: _compare(f"dense_backward, {part}", one, right[part], ways[part], shown)
        for part, one in zip(right, given, strict=True)
    }


def _look_at_relu(function, case: Case, seed: int, shown: str | None) -> Mapping:
    dA, Z, _ = arrays(case._replace(D=case.K), seed)
    try:
        given = call(function, "relu_backward", dA, Z)
    except NotAttempted:
        return {"relu": "not attempted"}
    except CheckFailed as error:
        return {"relu": error}
    return {"relu": _compare("relu_backward", given, torch_relu(dA, Z), relu_ways(dA, Z), shown)}


def _compare(what: str, given, right: np.ndarray, ways: Mapping[str, Callable], shown) -> CheckFailed | None:
    try:
        compare(what, as_array(given, what), right, dict(ways), shown)
    except CheckFailed as error:
        return error
    return None


def dense_ways(right: Mapping, dY, X, W) -> dict[str, dict[str, Callable]]:
    """Return for each part and each code a function that computes the wrong gradient (or several, in a list)."""
    N = len(X)
    ways = {part: _scaled(right[part], N) for part in right}
    ways["dX"]["VG5"] = lambda: [right["dW"], right["dW"].T]
    ways["dW"]["VG5"] = lambda: [right["dX"], right["dX"].T]
    ways["dW"]["VG2"] = lambda: [dY[:, :, None] * X[:, None, :], X[:, :, None] * dY[:, None, :]]
    ways["db"]["GR5"] = lambda: [dY, dY.sum(1), dY.T, dY[0], dY[-1], dY.sum()] if N > 1 else [dY, dY.sum(1)]
    ways["db"]["VG1"] = lambda: [right["db"][None], right["db"][:, None]]
    return ways


def _scaled(right: np.ndarray, N: int) -> dict[str, Callable]:
    return {
        "GR1": lambda: -right,
        "GR3": lambda: right / N if N > 1 else [],
        "GR2": lambda: [2 * right, right / 2],
        "GR4": lambda: right.T if right.ndim > 1 else [],
    }


def relu_ways(dA: np.ndarray, Z: np.ndarray) -> dict[str, Callable]:
    """Return for each code a function that computes the wrong gradient of a ReLU (or several, in a list)."""
    right = torch_relu(dA, Z)
    return {
        "GR10": lambda: [dA * (dA > 0), dA * (Z < 0), dA * (Z <= 0), dA, Z * (dA > 0), Z * (Z > 0)],
        "VG6": lambda: (Z > 0) * 1.0,
        "GR11": lambda: dA * np.maximum(Z, 0),
    } | _scaled(right, len(Z))

