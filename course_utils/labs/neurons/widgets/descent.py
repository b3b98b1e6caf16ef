"""Choose a learning rate and walk down the mean squared error of a line."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import traitlets

from course_utils import training
from course_utils.labs.neurons import figures
from course_utils.labs.neurons.figures import best_line, loss_grid
from course_utils.widgets.base import Explorer, script

STEPS = 40
CELLS = 64  # of the map of the loss, along each side
BEYOND = 1e9  # further away nothing can be seen


class DescentExplorer(Explorer):
    """What `explore_descent` returns."""

    _esm = script(__file__, "descent")
    rates = traitlets.List().tag(sync=True)
    index = traitlets.Int(0, min=0).tag(sync=True)  # of the rate that is shown
    step = traitlets.Int(STEPS, min=0).tag(sync=True)
    ways = traitlets.List().tag(sync=True)  # for each rate {"w": …, "b": …, "loss": …}, one number a step
    terrain = traitlets.Dict().tag(sync=True)  # {"w": [least, largest], "b": …, "best": [w, b], "loss": CELLS rows}

    def static_figure(self) -> tuple[Any, str]:
        """Draw the ways of three rates: the least, the one shown, the largest."""
        chosen = dict.fromkeys((0, self.index, len(self.rates) - 1))
        walked = {at: (np.array(self.ways[at]["w"]), np.array(self.ways[at]["b"])) for at in chosen}
        ways = {f"learning rate {self.rates[at]:g}": way for at, way in walked.items()}
        rates = ", ".join(f"{self.rates[at]:g}" for at in chosen)
        alt = f"Gradient descent from the square with the learning rates {rates}; the star marks the minimum."
        return figures.plot_descent(*self._data, ways, same_scale=True), alt


def explore_descent(x: Any, y: Any, *, rates: Sequence[float], index: int = 0) -> DescentExplorer:
    """Watch gradient descent fit a line w·x + b, at several learning rates. PyTorch computes every step.

    Parameters
    ----------
    x, y
        ``(N,)`` each.
    rates
        Learning rates that the slider offers, 1 to 20 of them.
    index
        Which of them is shown first.

    Raises
    ------
    ValueError
        If there are no rates or too many, or no such index, or x and y do not fit.
    """
    if not 1 <= len(rates) <= 20 or not 0 <= index < len(rates):
        raise ValueError(f"rates must be 1 to 20, and index one of them, not {len(rates)} and {index}")
    x, y = np.asarray(x, float), np.asarray(y, float)
    descents = [training.descend(x, y, learning_rate=rate, steps=STEPS) for rate in rates]
    ways = [{name: _finite(getattr(way, name)) for name in ("w", "b", "loss")} for way in descents]
    explorer = DescentExplorer(rates=[float(rate) for rate in rates], index=index, ways=ways, terrain=_terrain(x, y))
    explorer._data = (x, y)
    return explorer


def _finite(values: np.ndarray) -> list[float]:
    """Cut numbers that JSON cannot hold."""
    return np.clip(values, -BEYOND, BEYOND).tolist()


def _terrain(x: np.ndarray, y: np.ndarray) -> dict[str, Any]:
    """Compute the loss around the minimum, with room for the start at (0, 0); both axes have the same scale."""
    best = best_line(x, y)
    reach = 1.4 * max(*map(abs, best), 0.5)
    spans = [(centre - reach, centre + reach) for centre in best]
    w, b = (np.linspace(low, high, CELLS + 1)[:-1] + reach / CELLS for low, high in spans)
    return {"w": list(spans[0]), "b": list(spans[1]), "best": list(best), "loss": loss_grid(x, y, w, b).tolist()}
