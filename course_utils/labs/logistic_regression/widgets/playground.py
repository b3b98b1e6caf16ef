"""Look at the boundaries of small networks that were trained beforehand.

Their maps are kept in ``playground.json``; `write_maps` makes them anew, and a test makes a part of them.
"""

import base64
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
import traitlets

from course_utils.labs.logistic_regression import figures, layers
from course_utils.toys import TOYS, load_toy
from course_utils.widgets.base import Explorer, script, whole

FILE = Path(__file__).with_name("playground.json")
SEEDS = 3  # runs that are kept, of the five of the experiment
CELLS = 32  # of a map, on each side
LIMIT = 1.15  # a map reaches from minus this to this
SHOWN = 120  # examples


class Playground(Explorer):
    """What `explore_boundaries` returns."""

    _esm = script(__file__, "plane", "playground")
    runs = traitlets.Dict().tag(sync=True)  # toy -> hidden layers -> run -> {"map": base64, "accuracy": 0 to 1}
    examples = traitlets.Dict().tag(sync=True)  # toy -> run -> {"points", "labels"}
    limit = traitlets.Float(LIMIT).tag(sync=True)
    cells = traitlets.Int(CELLS).tag(sync=True)
    seeds = traitlets.Int(SEEDS).tag(sync=True)
    toy = traitlets.Unicode().tag(sync=True)
    hidden_layers = traitlets.Int().tag(sync=True)
    seed = traitlets.Int().tag(sync=True)

    def static_figure(self) -> tuple[Any, str]:
        """Draw the boundaries with 0, 1 and 2 hidden layers."""
        drawn = boundary_maps(self.toy, seed=self.seed)
        alt = (
            f"The data set {self.toy}, and where networks with hidden layers expect label 1. Shares of new points that "
            f"they get right: {', '.join(drawn['titles'])}."
        )
        return figures.plot_boundary_maps(**drawn), alt


def pack(probabilities: np.ndarray) -> str:
    """Write a map of probabilities as text, a byte for each cell."""
    return base64.b64encode(np.round(255 * probabilities).astype(np.uint8).tobytes()).decode("ascii")


def unpack(text: str) -> np.ndarray:
    """Read a map ``(CELLS, CELLS)`` that `pack` wrote, the first row at the bottom of the plane."""
    return np.frombuffer(base64.b64decode(text), dtype=np.uint8).reshape(CELLS, CELLS) / 255


def make_maps(names: tuple[str, ...], hidden_layers: int) -> dict[str, list[dict[str, Any]]]:
    """Train networks and return, for each data set and run, its map and its share of new points right."""
    trained = layers.train(names, range(SEEDS), hidden_layers)
    grid = torch.from_numpy(figures.plane(LIMIT, CELLS).reshape(1, -1, 2)).expand(len(names) * SEEDS, -1, -1)
    maps = torch.sigmoid(layers.scores(trained, grid)).reshape(len(names), SEEDS, CELLS, CELLS).numpy()
    shares = layers.accuracies(hidden_layers)
    return {
        name: [{"map": pack(one), "accuracy": shares[name][seed]} for seed, one in enumerate(maps[number])]
        for number, name in enumerate(names)
    }


@lru_cache(maxsize=1)
def kept_maps() -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Read the maps that were made beforehand: toy → hidden layers → run."""
    return json.loads(FILE.read_text(encoding="utf-8"))


def boundary_maps(toy: str, *, seed: int = 0) -> dict[str, Any]:
    """Return what `plot_boundary_maps` draws for one run of a data set: 0, 1 and 2 hidden layers."""
    runs = [kept_maps()[toy][str(number)][seed] for number in layers.HIDDEN_LAYERS]
    titles = [f"{number} hidden: {100 * run['accuracy']:.0f} %" for number, run in enumerate(runs)]
    return {"maps": [unpack(run["map"]) for run in runs], "titles": titles, "limit": LIMIT, **_examples(toy, seed)}


def explore_boundaries(toy: str = "ring", *, hidden_layers: int = 0, seed: int = 0) -> Playground:
    """Choose a data set, a number of hidden layers and a run, and see the boundary.

    Parameters
    ----------
    toy
        ``"blobs"``, ``"ring"``, ``"corners"`` or ``"spiral"``.
    hidden_layers
        0, 1 or 2, with six units each.
    seed
        Which run, from 0 to 2.

    Raises
    ------
    ValueError
        If there is no such data set, number of layers or run.
    """
    if toy not in TOYS:
        raise ValueError(f"there are the toy data sets {', '.join(TOYS)}; not {toy!r}")
    hidden_layers, seed = whole("hidden_layers", hidden_layers, 0, 2), whole("seed", seed, 0, SEEDS - 1)
    examples = {name: [_examples(name, number) for number in range(SEEDS)] for name in TOYS}
    return Playground(runs=kept_maps(), examples=examples, toy=toy, hidden_layers=hidden_layers, seed=seed)


def _examples(name: str, seed: int) -> dict[str, list]:
    points, labels = load_toy(name, count=SHOWN, seed=seed)
    return {"points": points.tolist(), "labels": labels.tolist()}


def write_maps() -> None:
    """Train all networks and write their maps."""
    made = {number: make_maps(tuple(TOYS), number) for number in layers.HIDDEN_LAYERS}
    runs = {name: {str(number): made[number][name] for number in made} for name in TOYS}
    FILE.write_text(json.dumps(runs, indent=1) + "\n", encoding="utf-8")
