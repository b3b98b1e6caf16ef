"""Choose a weight scale and an activation, and see what becomes of a gradient on its way back."""

from collections.abc import Callable
from typing import Any

import numpy as np
import traitlets

from course_utils.labs.activations import figures
from course_utils.widgets.base import Explorer, script

SCALES = (0.25, 0.35, 0.7, 1.2, 1.4, 2, 3, 6)


class GradientFlowExplorer(Explorer):
    """What `explore_gradient_flow` returns."""

    _esm = script(__file__, "chart", "gradient_flow")
    scales = traitlets.List().tag(sync=True)
    sizes = traitlets.Dict().tag(sync=True)  # activation: for each scale the size of the gradient at each layer
    activation = traitlets.Unicode("tanh").tag(sync=True)
    place = traitlets.Int(0, min=0).tag(sync=True)  # which scale

    def static_figure(self) -> tuple[Any, str]:
        """Draw the bars for a small, a middle and a large scale."""
        places = (0, len(self.scales) // 2, len(self.scales) - 1)
        chosen = {f"scale {self.scales[place]}": self.sizes[self.activation][place] for place in places}
        panels = figures.plot_gradient_flow(chosen)
        alt = (
            f"Ten layers of {self.activation} units at three weight scales. With small weights the bars get shorter "
            "towards the first layer, with large ones longer."
        )
        return panels, alt


def explore_gradient_flow(deep_net: Callable) -> GradientFlowExplorer:
    """Compare how gradients fare in a deep random net.

    Parameters
    ----------
    deep_net
        :func:`course_utils.labs.activations.experiments.deep_net`, called as ``deep_net(scale, activation)``; the
        `gradients` of what it returns are read.
    """

    def sizes(scale: float, activation: str) -> list[float]:
        return [float(np.sqrt((one**2).mean())) for one in deep_net(scale, activation).gradients]

    names = ("sigmoid", "tanh", "relu", "identity")
    table = {name: [sizes(scale, name) for scale in SCALES] for name in names}
    return GradientFlowExplorer(scales=list(SCALES), sizes=table)
