"""Fold a line with two hidden units, with the learner's own forward pass if there is one."""

from collections.abc import Callable
from typing import Any

import numpy as np
import traitlets

from course_utils import runtime
from course_utils.labs.activations import figures
from course_utils.labs.activations.figures import CURVES, curve_and_slope
from course_utils.widgets.base import Explorer, script

ANGLES = np.pi * np.arange(180) / 180


class FoldingExplorer(Explorer):
    """What `explore_folding` returns."""

    _esm = script(__file__, "chart", "folding")
    asks_python = traitlets.Bool(True).tag(sync=True)
    x = traitlets.List().tag(sync=True)  # (N,) points on the line
    y = traitlets.List().tag(sync=True)  # (N,) 1 in the middle, 0 outside
    w1 = traitlets.Float(1.0).tag(sync=True)  # hidden unit 1 answers act(w1 * x + b1)
    b1 = traitlets.Float(0.0).tag(sync=True)
    w2 = traitlets.Float(-1.0).tag(sync=True)
    b2 = traitlets.Float(0.0).tag(sync=True)
    activation = traitlets.Unicode("tanh").tag(sync=True)
    points = traitlets.List().tag(sync=True)  # (N, 2) what the hidden units answer
    cut = traitlets.List().tag(sync=True)  # the best straight cut: a * h1 + b * h2 + c = 0
    right = traitlets.Int(0).tag(sync=True)  # points on its right side
    is_learners = traitlets.Bool(False).tag(sync=True)
    note = traitlets.Unicode("").tag(sync=True)

    def __init__(self, mlp_forward: Callable | None = None, **traits: Any):
        self._mlp_forward = mlp_forward
        super().__init__(**traits)
        self._fold()

    @traitlets.observe("w1", "b1", "w2", "b2", "activation")
    def _fold(self, _change: Any = None) -> None:
        """Compute where the points land, and the best straight cut there."""
        if not self.x or self.activation not in CURVES:
            return
        weight, bias = np.array([[self.w1], [self.w2]]), np.array([self.b1, self.b2])
        mlp_forward = self._mlp_forward if runtime.has_front_end() else None  # nobody would see its answer
        hidden, note = learners_hidden(mlp_forward, np.array(self.x)[:, None], weight, bias, self.activation)
        learners = hidden is not None
        if hidden is None:
            hidden = curve_and_slope(self.activation, np.array(self.x)[:, None] * weight.T + bias)[0]
        cut, right = best_cut(hidden, np.array(self.y))
        with self.hold_trait_notifications():
            self.points, self.cut, self.right = hidden.tolist(), cut, right
            self.is_learners, self.note = learners, note

    def static_figure(self) -> tuple[Any, str]:
        """Draw the line and the plane."""
        *weights, bias = self.cut
        panels = figures.plot_folding(np.array(self.x), np.array(self.y), np.array(self.points), cut=(weights, bias))
        alt = (
            "Points on a line, and the same points in the plane of two hidden units. The best straight cut there has "
            f"{self.right} of {len(self.x)} points on the right side."
        )
        return panels, alt


def learners_hidden(
    mlp_forward: Callable | None, x: np.ndarray, weight: np.ndarray, bias: np.ndarray, activation: str
) -> tuple[np.ndarray | None, str]:
    """Ask a learner's ``mlp_forward`` for the hidden activations.

    Returns
    -------
    tuple
        The array ``(N, 2)`` and "", or None and why there is none to show.
    """
    if mlp_forward is None:
        return None, ""
    params = [(weight.copy(), bias.copy()), (np.ones((1, 2)), np.zeros(1))]
    try:
        hidden = np.array(mlp_forward(x.copy(), params, lambda z: curve_and_slope(activation, z)[0])[1], float)
    except NotImplementedError:
        return None, "your mlp_forward is not written yet; shown is PyTorch's"
    except Exception as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0].strip().rstrip(":")
        return None, f"your mlp_forward raised {reason}; shown is PyTorch's"
    if hidden.shape != (len(x), 2) or not np.isfinite(hidden).all():
        return None, f"entry 1 of your list has the shape {hidden.shape}, or holds nan; shown is PyTorch's"
    return hidden, ""


def best_cut(points: np.ndarray, classes: np.ndarray) -> tuple[list[float], int]:
    """Try straight cuts in 180 directions; return the best as ``[a, b, c]`` and how many points it gets right."""
    directions = np.stack([np.cos(ANGLES), np.sin(ANGLES)])  # (2, 180)
    places = points @ directions  # (N, 180)
    order = np.argsort(places, axis=0, kind="stable")
    ranked = np.take_along_axis(places, order, axis=0)
    middle = np.concatenate([ranked[:1] - 0.5, (ranked[1:] + ranked[:-1]) / 2])  # a cut before each point
    above = (places[None] > middle[:, None]) == (classes[None, :, None] == 1)  # (cuts, N, 180)
    right = above.sum(axis=1)
    right = np.maximum(right, len(points) - right)
    margin = np.concatenate([np.full((1, len(ANGLES)), 0.0), ranked[1:] - ranked[:-1]])
    best = np.argmax(np.where(right == right.max(), 1 + margin, 0))
    cut, angle = np.unravel_index(best, right.shape)
    return [*directions[:, angle].tolist(), -float(middle[cut, angle])], int(right.max())


def explore_folding(x: Any, y: Any, *, your_mlp_forward: Callable | None = None) -> FoldingExplorer:
    """Turn the dials of two hidden units and watch where they put the points of a line.

    Parameters
    ----------
    x, y
        Points ``(N,)`` on the line, at most 200, and their classes, 0 or 1.
    your_mlp_forward
        The learner's function ``mlp_forward(X (N, D), params, act)``. The plane shows entry 1 of its list.

    Raises
    ------
    ValueError
        If the arguments do not fit.
    """
    x, y = np.asarray(x, float), np.asarray(y)
    if x.ndim != 1 or y.shape != x.shape or not 1 <= len(x) <= 200:
        raise ValueError(f"x and y must be (N,), N from 1 to 200, not {x.shape} and {y.shape}")
    if not np.isin(y, (0, 1)).all() or not np.isfinite(x).all():
        raise ValueError("x must hold finite numbers, y zeros and ones")
    if your_mlp_forward is not None and not callable(your_mlp_forward):
        raise ValueError(f"your_mlp_forward must be a function, not {type(your_mlp_forward).__name__}")
    order = np.argsort(x, kind="stable")
    return FoldingExplorer(your_mlp_forward, x=x[order].tolist(), y=y[order].astype(int).tolist())
