"""Move along an activation function and watch its tangent."""

from typing import Any

import numpy as np
import traitlets

from course_utils.labs.activations import figures
from course_utils.labs.activations.figures import CURVES, curve_and_slope
from course_utils.widgets.base import Explorer, script

Z = np.round(np.arange(-50, 51) / 10, 1)  # the places where the tangent can stand


class CurvesExplorer(Explorer):
    """What `explore_curves` returns."""

    _esm = script(__file__, "chart", "curves")
    names = traitlets.List(list(CURVES)).tag(sync=True)
    z = traitlets.List(Z.tolist()).tag(sync=True)
    values = traitlets.Dict().tag(sync=True)  # of each function at each z
    slopes = traitlets.Dict().tag(sync=True)
    looks = traitlets.Dict({one: figures.look_of(one) for one in CURVES}).tag(sync=True)  # as in the figures
    name = traitlets.Unicode("sigmoid").tag(sync=True)
    place = traitlets.Int(50, min=0).tag(sync=True)  # which z

    def static_figure(self) -> tuple[Any, str]:
        """Draw the chosen function with its slope."""
        panels = figures.plot_curves([self.name], slopes=True)
        alt = f"The curve of {self.name} on the left, its slope at every z on the right."
        return panels, alt


def explore_curves(name: str = "sigmoid") -> CurvesExplorer:
    """Move a tangent along an activation function. Values and slopes are PyTorch's.

    Parameters
    ----------
    name
        The function to begin with: "sigmoid", "tanh", "relu" or "identity".

    Raises
    ------
    ValueError
        If there is no such function.
    """
    curve_and_slope(name, Z)
    curves = {one: curve_and_slope(one, Z) for one in CURVES}
    return CurvesExplorer(
        name=name,
        values={one: value.tolist() for one, (value, _) in curves.items()},
        slopes={one: slope.tolist() for one, (_, slope) in curves.items()},
    )
