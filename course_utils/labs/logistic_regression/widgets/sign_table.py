"""Watch four runs with both signs of loss and update, by the learner's own function."""

from collections.abc import Callable
from typing import Any

import numpy as np
import traitlets

from course_utils import runtime
from course_utils.labs.logistic_regression import figures
from course_utils.labs.logistic_regression.training import log_loss
from course_utils.labs.logistic_regression.two_signs import PAIRS, walk_pair
from course_utils.widgets.base import Explorer, script

STEPS = 40
LEARNING_RATE = 0.3
SIGN = {1: "+", -1: "−"}


class SignTable(Explorer):
    """What `explore_signs` returns."""

    _esm = script(__file__, "sign_table")
    curves = traitlets.Dict().tag(sync=True)  # letter -> true log-loss after 0, 1, 2, ... steps
    titles = traitlets.Dict().tag(sync=True)
    note = traitlets.Unicode().tag(sync=True)
    step = traitlets.Int(0, min=0).tag(sync=True)

    def __init__(self, train: Callable, X: np.ndarray, y: np.ndarray) -> None:
        self._examples = X, y
        curves, note = learners_curves(train, X, y) if runtime.has_front_end() else ({}, "")
        super().__init__(curves=curves, note=note, titles=titles())

    def static_figure(self) -> tuple[Any, str]:
        """Draw the four runs as PyTorch makes them."""
        X, y = self._examples
        walks = {letter: walk_pair(X, y, *signs, LEARNING_RATE, STEPS) for letter, signs in PAIRS.items()}
        curves = {letter: [log_loss(X, y, *place) for place in walk] for letter, walk in walks.items()}
        ends = ", ".join(f"{letter} {losses[-1]:.2f}" for letter, losses in curves.items())
        alt = f"The true log-loss of four runs over {STEPS} steps, one for each pair of signs. It ends at: {ends}."
        return figures.plot_sign_runs(curves, titles()), alt


def titles() -> dict[str, str]:
    """Say which signs each pair has."""
    return {letter: f"loss {SIGN[loss]}, update {SIGN[update]}" for letter, (loss, update) in PAIRS.items()}


def curves_of(train: Callable, X: np.ndarray, y: np.ndarray) -> dict[str, list[float]]:
    """Run all pairs for 0, 1, 2, ... steps and return the true log-loss after each."""
    return {
        letter: [log_loss(X, y, *train(X.copy(), y.copy(), *signs, LEARNING_RATE, steps)) for steps in range(STEPS + 1)]
        for letter, signs in PAIRS.items()
    }


def learners_curves(train: Callable, X: np.ndarray, y: np.ndarray) -> tuple[dict[str, list[float]], str]:
    """Let a learner's function run all pairs; return the curves and "", or none and a sentence why not."""
    try:
        curves = curves_of(train, X, y)
    except NotImplementedError:
        return {}, "train_with_signs is not written yet; there is nothing to show"
    except Exception as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0].strip().rstrip(":")
        return {}, f"train_with_signs gives no run to show: {reason}"
    if not np.isfinite(list(curves.values())).all():
        return {}, "the weights of train_with_signs are not finite; there is nothing to show"
    return curves, ""


def explore_signs(train_with_signs: Callable, X: Any, y: Any) -> SignTable:
    """Play the four runs of the learner's own ``train_with_signs`` side by side.

    Parameters
    ----------
    train_with_signs
        ``train_with_signs(X, y, loss_sign, update_sign, lr, steps) -> w, b``.
    X, y
        ``(N, D)`` and ``(N,)``, labels 0 or 1.

    Raises
    ------
    ValueError
        If the first is no function, or X and y do not belong together.
    """
    if not callable(train_with_signs):
        raise ValueError(f"train_with_signs must be a function, not {type(train_with_signs).__name__}")
    X, y = np.asarray(X, float), np.asarray(y, float)
    if X.ndim != 2 or y.shape != X.shape[:1]:
        raise ValueError(f"X and y must have the shapes (N, D) and (N,), not {X.shape} and {y.shape}")
    return SignTable(train_with_signs, X, y)
