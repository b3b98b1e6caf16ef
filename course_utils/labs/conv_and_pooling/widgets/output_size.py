"""Try sizes, kernels, strides and paddings, and see which windows fit."""

from typing import Any

import traitlets

from course_utils.labs.conv_and_pooling import figures
from course_utils.widgets.base import Explorer, script, whole


class OutputSizeExplorer(Explorer):
    """What `explore_output_size` returns."""

    _esm = script(__file__, "output_size")
    size = traitlets.Int(7, min=1).tag(sync=True)
    kernel_size = traitlets.Int(3, min=1).tag(sync=True)
    stride = traitlets.Int(3, min=1).tag(sync=True)
    padding = traitlets.Int(0, min=0).tag(sync=True)

    def static_figure(self) -> tuple[Any, str]:
        """Draw the row with its windows; with the longest kernel that fits if the present one does not."""
        kernel_size = min(self.kernel_size, self.size + self.padding + self.padding)
        axes = figures.plot_windows(self.size, kernel_size, stride=self.stride, padding=self.padding)
        alt = (
            f"A row of {self.size} cells with padding {self.padding}. Bars below it show each place where a "
            f"window of {kernel_size} cells fits with stride {self.stride}. Cells that no window reads are "
            "hatched."
        )
        return axes, alt


def explore_output_size(size: int = 7, kernel_size: int = 3, stride: int = 3, padding: int = 0) -> OutputSizeExplorer:
    """Count the windows that fit into a row of cells, by looking.

    Parameters
    ----------
    size, kernel_size, stride, padding
        Where the sliders start, in cells: from 1 to 40, 1 to 11, 1 to 8 and 0 to 5.

    Raises
    ------
    ValueError
        If a number is out of its range, or the kernel is longer than the padded row.
    """
    size, stride = whole("size", size, 1, 40), whole("stride", stride, 1, 8)
    padding = whole("padding", padding, 0, 5)
    kernel_size = whole("kernel_size", kernel_size, 1, min(11, size + padding + padding))
    return OutputSizeExplorer(size=size, kernel_size=kernel_size, stride=stride, padding=padding)
