"""Step through a convolution, with the learner's own function if there is one."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
import traitlets

from course_utils import runtime
from course_utils.labs.conv_and_pooling import figures
from course_utils.widgets.base import LARGEST_IMAGE, Explorer, picture, script, whole


class ConvolutionExplorer(Explorer):
    """What `explore_convolution` returns."""

    _esm = script(__file__, "convolution")
    image = traitlets.List().tag(sync=True)  # (H, W)
    kernel = traitlets.List().tag(sync=True)  # (FH, FW)
    stride = traitlets.Int(1, min=1).tag(sync=True)
    padding = traitlets.Int(0, min=0).tag(sync=True)
    most_padding = traitlets.Int(2).tag(sync=True)  # where the slider ends
    step = traitlets.Int(0, min=0).tag(sync=True)  # windows are numbered row by row, from 0
    has_learner = traitlets.Bool(False).tag(sync=True)
    learner = traitlets.Dict().tag(sync=True)  # see learners_output

    def __init__(self, conv2d: Callable | None = None, **traits: Any):
        self._conv2d = conv2d
        super().__init__(has_learner=conv2d is not None, asks_python=conv2d is not None, **traits)
        self._ask_learner()

    @traitlets.observe("stride", "padding", "image", "kernel")
    def _ask_learner(self, _change: Any = None) -> None:
        """Call the learner's function for the present settings, if somebody may see the answer."""
        if self._conv2d is not None and self.image and self.kernel and runtime.has_front_end():
            self.learner = learners_output(self._conv2d, self.image, self.kernel, self.stride, self.padding)

    def static_figure(self) -> tuple[Any, str]:
        """Draw the first, the second, the last of the first row and the last window."""
        strip = figures.plot_filmstrip(
            np.array(self.image), np.array(self.kernel), stride=self.stride, padding=self.padding
        )
        alt = (
            "A kernel slides over an image, row by row. Each window of the image, multiplied by the kernel "
            f"and summed, gives one number of the output. Stride {self.stride}, padding {self.padding}."
        )
        return strip, alt


def learners_output(
    conv2d: Callable, image: list[list[float]], kernel: list[list[float]], stride: int, padding: int
) -> dict[str, Any]:
    """Ask a learner's ``conv2d`` for its output.

    Returns
    -------
    dict
        ``"stride"`` and ``"padding"`` as asked for; ``"values"``: rows of numbers, ``"nan"`` and ``"inf"`` as
        strings, or None if there are none to show; ``"note"``: why not.
    """
    x, weight = np.array(image, float)[None, None], np.array(kernel, float)[None, None]
    reference = F.conv2d(torch.from_numpy(x), torch.from_numpy(weight), stride=stride, padding=padding)
    answer = {"stride": stride, "padding": padding, "values": None, "note": ""}
    try:
        output = conv2d(x, weight, np.zeros(1), stride=stride, padding=padding)
        shape = None if output is None else tuple(np.shape(output))
        values = None if shape != tuple(reference.shape) else np.asarray(output, float)[0, 0]
    except NotImplementedError:
        return {**answer, "note": "your conv2d is not written yet; shown is the reference"}
    except Exception as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0].strip().rstrip(":")
        return {**answer, "note": f"your conv2d raised {reason}; shown is the reference"}
    if shape is None:
        return {**answer, "note": "your conv2d returned None; shown is the reference"}
    if values is None:
        note = f"your conv2d returned the shape {shape}, which is not the output's; shown is the reference"
        return {**answer, "note": note}
    return {**answer, "values": [[_as_data(value) for value in row] for row in values.tolist()]}


def _as_data(value: float) -> float | str:
    """Return a number as it is; NaN and infinity, for which JSON has no word, as a string."""
    return value if np.isfinite(value) else str(value)


def explore_convolution(
    image: Any, kernel: Any, *, your_conv2d: Callable | None = None, stride: int = 1, padding: int = 0
) -> ConvolutionExplorer:
    """Slide a kernel over an image, window by window.

    Parameters
    ----------
    image
        ``(H, W)``, at most 32×32, values of any range.
    kernel
        ``(FH, FW)``, not larger than the image.
    your_conv2d
        The learner's function ``conv2d(x, weight, bias, stride=1, padding=0)`` for ``x`` of shape
        ``(N, C, H, W)``, ``weight`` ``(K, C, FH, FW)`` and ``bias`` ``(K,)``. Its numbers are shown as they
        are; those that are not the sum of their window are marked.
    stride, padding
        Where the sliders start, in pixels.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    image = picture("image", image, (LARGEST_IMAGE, LARGEST_IMAGE))
    kernel = picture("kernel", kernel, image.shape)
    if your_conv2d is not None and not callable(your_conv2d):
        raise ValueError(f"your_conv2d must be a function, not {type(your_conv2d).__name__}")
    stride = whole("stride", stride, 1, LARGEST_IMAGE)
    padding = whole("padding", padding, 0, LARGEST_IMAGE)
    return ConvolutionExplorer(
        your_conv2d,
        image=image.tolist(),
        kernel=kernel.tolist(),
        stride=stride,
        padding=padding,
        most_padding=max(2, padding, max(kernel.shape) - 1),
    )
