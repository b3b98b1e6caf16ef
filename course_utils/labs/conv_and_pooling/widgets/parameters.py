"""Compare the parameters of a dense layer, a locally connected layer and a convolution."""

from typing import Any

import traitlets

from course_utils.labs.conv_and_pooling import figures
from course_utils.shapes import layer_weight_counts
from course_utils.widgets.base import Explorer, script, whole

LARGEST_SIZE = 1024  # channels or pixels


class ParametersExplorer(Explorer):
    """What `explore_parameters` returns."""

    _esm = script(__file__, "parameters")
    in_channels = traitlets.Int(3, min=1).tag(sync=True)
    height = traitlets.Int(32, min=1).tag(sync=True)
    width = traitlets.Int(32, min=1).tag(sync=True)
    out_channels = traitlets.Int(6, min=1).tag(sync=True)
    kernel_size = traitlets.Int(5, min=1).tag(sync=True)

    def static_figure(self) -> tuple[Any, str]:
        """Draw three bars on a logarithmic axis."""
        counts = layer_weight_counts(self.in_channels, self.height, self.width, self.out_channels, self.kernel_size)
        numbers = ", ".join(f"{name} {count:,}" for name, count in counts.items())
        alt = f"Parameters of three layers that make the same output, on a logarithmic axis: {numbers}."
        return figures.plot_parameter_bars(counts), alt


def explore_parameters(
    in_channels: int = 3, height: int = 32, width: int = 32, out_channels: int = 6, kernel_size: int = 5
) -> ParametersExplorer:
    """Compare how many parameters three layers need to make the same output.

    Parameters
    ----------
    in_channels, height, width
        Of the input; sizes in pixels.
    out_channels
        Of the output.
    kernel_size
        Side of the window in pixels, not larger than the input; stride 1, no padding.

    Raises
    ------
    ValueError
        If a number is out of its range.
    """
    sizes = {"in_channels": in_channels, "height": height, "width": width, "out_channels": out_channels}
    sizes = {name: whole(name, size, 1, LARGEST_SIZE) for name, size in sizes.items()}
    kernel_size = whole("kernel_size", kernel_size, 1, min(sizes["height"], sizes["width"]))
    return ParametersExplorer(kernel_size=kernel_size, **sizes)
