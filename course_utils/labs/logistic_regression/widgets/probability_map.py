"""Move the weights of one neuron, and see its probabilities over the plane."""

from typing import Any

import numpy as np
import traitlets

from course_utils.labs.logistic_regression import figures
from course_utils.widgets.base import Explorer, script

LARGEST = 6.0  # of a weight or the bias, without its sign
MOST_POINTS = 500


class ProbabilityExplorer(Explorer):
    """What `explore_probabilities` returns."""

    _esm = script(__file__, "plane", "probability_map")
    points = traitlets.List().tag(sync=True)  # (N, 2)
    labels = traitlets.List().tag(sync=True)  # (N,), 0 or 1
    limit = traitlets.Float().tag(sync=True)  # the plane reaches from minus this to this
    w1 = traitlets.Float().tag(sync=True)
    w2 = traitlets.Float().tag(sync=True)
    b = traitlets.Float().tag(sync=True)

    def static_figure(self) -> tuple[Any, str]:
        """Draw the map for the present weights."""
        axes = figures.plot_probability_map(np.array(self.points), np.array(self.labels), (self.w1, self.w2), self.b)
        alt = (
            f"Probability of label 1 over the plane for the weights {self.w1:g} and {self.w2:g} and the bias "
            f"{self.b:g}: dark on one side of a straight line, bright on the other, with the examples on top."
        )
        return axes, alt


def explore_probabilities(
    points: Any, labels: Any, *, weight: Any = (1.0, 0.0), bias: float = 0.0
) -> ProbabilityExplorer:
    """Move a neuron's two weights and its bias with sliders.

    Parameters
    ----------
    points, labels
        ``(N, 2)``, at most 500 examples, and ``(N,)``, 0 or 1.
    weight, bias
        Where the sliders start, from -6 to 6; rounded to tenths.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    points, labels = np.asarray(points, float), np.asarray(labels)
    if points.ndim != 2 or points.shape[1] != 2 or not 1 <= len(points) <= MOST_POINTS:
        raise ValueError(f"points must have the shape (N, 2) with N from 1 to {MOST_POINTS}, not {points.shape}")
    if labels.shape != points.shape[:1] or not np.isin(labels, (0, 1)).all():
        raise ValueError("labels must be 0 or 1, one for each point")
    numbers = np.array([*np.asarray(weight, float).reshape(-1), bias], float)
    if numbers.shape != (3,) or not (np.abs(numbers) <= LARGEST).all():
        raise ValueError(f"weight and bias must be three numbers from {-LARGEST:g} to {LARGEST:g}")
    w1, w2, b = np.round(numbers, 1).tolist()
    limit = float(np.ceil(np.abs(points).max() * 2.1) / 2)
    whole = labels.astype(int).tolist()
    return ProbabilityExplorer(points=points.tolist(), labels=whole, limit=limit, w1=w1, w2=w2, b=b)
