"""Switch half-planes on and off, and say how many of them must say yes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import traitlets

from course_utils.labs.activations import figures
from course_utils.widgets.base import Explorer, script, whole

LINES = ((1.0, 0.0, 1.0), (-1.0, -0.6, 1.2), (0.3, 1.0, 1.2), (0.4, -1.0, 1.6))


class RegionsExplorer(Explorer):
    """What `explore_regions` returns."""

    _esm = script(__file__, "chart", "regions")
    lines = traitlets.List().tag(sync=True)  # for each half-plane a, b, c: yes where a * x1 + b * x2 + c > 0
    on = traitlets.List().tag(sync=True)
    needed = traitlets.Int(1, min=1).tag(sync=True)  # how many must say yes

    def static_figure(self) -> tuple[Any, str]:
        """Draw the region with all half-planes, with one and with all but one of them needed."""
        rows = np.array(self.lines)
        layer = (rows[:, :2], rows[:, 2])
        counts = sorted({1, max(1, len(rows) - 1), len(rows)})
        nets = [[layer, (np.ones((1, len(rows))), [0.5 - count])] for count in counts]
        panels = figures.plot_regions(nets, [f"at least {count} of {len(rows)}" for count in counts])
        alt = (
            f"The same {len(rows)} half-planes three times: where at least one of them says yes, where all but one do, "
            "and where all do. The last region is the smallest."
        )
        return panels, alt


def explore_regions(lines: Sequence[Sequence[float]] = LINES, *, needed: int | None = None) -> RegionsExplorer:
    """Paint the region in which enough half-planes say yes: one hidden layer of step units.

    Parameters
    ----------
    lines
        For each hidden unit its two weights and its bias; one to eight units.
    needed
        How many must say yes; all of them if left out.

    Raises
    ------
    ValueError
        If the lines are no rows of three finite numbers, or `needed` is no number of units.
    """
    rows = np.asarray(lines, float)
    if rows.ndim != 2 or rows.shape[1] != 3 or not 1 <= len(rows) <= 8 or not np.isfinite(rows).all():
        raise ValueError(f"lines must be 1 to 8 rows of two weights and a bias, not {rows.shape}")
    if not np.abs(rows[:, :2]).max(axis=1).all():
        raise ValueError("a half-plane needs a weight that is not 0")
    needed = len(rows) if needed is None else whole("needed", needed, 1, len(rows))
    return RegionsExplorer(lines=rows.tolist(), on=[True] * len(rows), needed=needed)
