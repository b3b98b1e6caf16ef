"""What all widgets share: scripts, colours, and the still: the figure seen where the live view cannot stand."""

from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import traitlets

from course_utils import runtime, style
from course_utils.drawing import figure_bundle

FOLDER = Path(__file__).parent
LARGEST_IMAGE = 32  # pixels a side; more cells would be too small to point at


def script(module: str, *names: str) -> str:
    """Return a widget's JavaScript: what all widgets share, then the scripts beside its module (``__file__``)."""
    files = (FOLDER / "common.js", *(Path(module).with_name(f"{name}.js") for name in names))
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


VIEW = "application/vnd.jupyter.widget-view+json"
STILL_CSS = (FOLDER / "still.css").read_text(encoding="utf-8")  # which of the two outputs of a widget is seen


class Explorer(anywidget.AnyWidget):
    """A widget with a static figure beside it, its still.

    A subclass gives `static_figure`. A cell puts the still and the live view into two outputs. The live view hides the
    still; where it cannot stand (a reopened notebook, a page without a network, grading) the still is what is seen.
    """

    _css = (FOLDER / "widgets.css").read_text(encoding="utf-8") + STILL_CSS
    colours = traitlets.Dict().tag(sync=True)
    asks_python = traitlets.Bool(False).tag(sync=True)  # without a kernel its answers would be stale

    def __init__(self, **traits: Any):
        super().__init__(**traits)
        self.on_msg(lambda widget, content, _buffers: widget.send(content))  # "there?" is answered by its echo

    @traitlets.default("colours")
    def _default_colours(self) -> dict[str, Any]:
        return {
            "focus": style.FOCUS,
            "data": style.DATA,
            "model": style.MODEL,
            "grey": style.shades(style.GREY),
            "intensity": style.shades(style.INTENSITY),
            "signed": style.shades(style.SIGNED),
        }

    def static_figure(self) -> tuple[Any, str]:
        """Draw the widget's point on paper; return axes and the text for those who cannot see them."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict, dict]:
        """Give the still alone, or, where somebody may be at the screen, the live view with it."""
        figure = figure_bundle(*self.static_figure())
        figure["text/html"] = f'<div class="cu-still"><style>{STILL_CSS}</style>{figure["text/html"]}</div>'
        if not runtime.has_front_end():
            return figure, {}
        data, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        return {**data, **figure}, metadata

    def _ipython_display_(self) -> None:
        """Put the still into the cell, and the live view after it."""
        from IPython.display import display

        bundle, metadata = self._repr_mimebundle_()
        view = bundle.pop(VIEW, None)
        display(bundle, raw=True)
        if view is not None:
            display({VIEW: view, "text/plain": "[live while the notebook runs]"}, raw=True, metadata=metadata)


def whole(name: str, value: Any, low: int, high: int) -> int:
    """Return ``value`` as an int, or say that it is no whole number from ``low`` to ``high``."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not low <= value <= high:
        raise ValueError(f"{name} must be a whole number from {low} to {high}, not {value!r}")
    return int(value)


def picture(name: str, value: Any, largest: tuple[int, int]) -> np.ndarray:
    """Return ``value`` as a float array ``(H, W)``, or say that it is none, or larger than ``largest``."""
    array = np.asarray(value, dtype=float)
    if array.ndim != 2 or not array.size:
        raise ValueError(f"{name} must have the shape (H, W), not {array.shape}")
    if array.shape[0] > largest[0] or array.shape[1] > largest[1]:
        sizes = [f"{height}×{width}" for height, width in (largest, array.shape)]
        raise ValueError(f"{name} must be at most {sizes[0]} pixels, not {sizes[1]}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must hold finite numbers, but it holds NaN or infinity")
    return array
