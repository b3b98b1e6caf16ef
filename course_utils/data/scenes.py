"""Bikes photographed in scenes, drawn: a few pictures of one bike in one place, as somebody with a camera takes them.

What a scene has in common (ground, light, the bike itself) is drawn once for all of its pictures; what changes from
one press of the button to the next (a step aside, a tilt, the exposure, noise) is drawn for each.
"""

from typing import NamedTuple

import numpy as np

from course_utils.data.bikes import BIKES, outlines
from course_utils.data.canvas import COLUMN, MIDDLE, ROW, PictureDice, clutter, coverage, ground, to_bytes
from course_utils.data.pictures import Pictures, at_least

CATALOGUE = "bikes drawn by the computer, several pictures a scene"
WILD = "bikes drawn by the computer, further away and in less light"


class BikeScenes(NamedTuple):
    """Pictures in scenes, and others from outside: ``catalogue, wild = load_bike_scenes()``."""

    catalogue: Pictures
    wild: Pictures


class SceneDice(PictureDice):
    """Numbers by chance for `scenes` scenes, each repeated for the ``per_scene`` pictures of its scene."""

    def __init__(self, scenes: int, per_scene: int, *seed: int) -> None:
        super().__init__(scenes, *seed)
        self.per_scene = per_scene

    def number(self, low: float, high: float) -> np.ndarray:
        """One number a scene, the same for all of its pictures."""
        return np.repeat(super().number(low, high), self.per_scene, axis=0)

    def colour(self) -> np.ndarray:
        """One colour a scene."""
        return np.repeat(super().colour(), self.per_scene, axis=1)

    def bell(self, *shape: int) -> np.ndarray:
        """Nearly normal numbers, the first axis of ``shape`` scenes."""
        return np.repeat(super().bell(*shape), self.per_scene, axis=0)


def load_bike_scenes(scenes: int = 24, per_scene: int = 8, n_wild: int = 200, *, seed: int = 0) -> BikeScenes:
    """Draw road bikes (label 0) and mountain bikes (label 1) in scenes, and wild ones, shifted away from them.

    The pictures of a scene show the same bike on the same ground; `scenes_of` says which belong together. A wild
    picture is a scene of its own: smaller, darker, with a bar across the ground.

    Parameters
    ----------
    scenes
        How many scenes, at least 2; every second one is of a road bike.
    per_scene
        Pictures in each.
    n_wild
        How many wild pictures; half of them of each class.
    seed
        0 or more. The same seed gives the same pictures, to the last bit, on every machine.

    Returns
    -------
    BikeScenes
        ``catalogue, wild``, pictures ``(N, 32, 32, 3)`` in mixed order, `names` such as ``"road bike/scene04_7"``.

    Raises
    ------
    ValueError
        If a number is too small.
    """
    at_least("scenes", scenes, 2)
    at_least("per_scene", per_scene)
    at_least("n_wild", n_wild)
    at_least("seed", seed, 0)
    return BikeScenes(
        _take(scenes, per_scene, (seed, 0, 65), CATALOGUE), _take(n_wild, 1, (seed, 1, 65), WILD, wild=True)
    )


def _take(scenes: int, per_scene: int, seed: tuple[int, ...], caption: str, *, wild: bool = False) -> Pictures:
    """Draw the pictures of all scenes and mix them."""
    shared, single = SceneDice(scenes, per_scene, *seed, 0), PictureDice(scenes * per_scene, *seed, 1)
    labels = np.repeat(np.arange(scenes) % 2, per_scene)
    images = _draw(shared, single, labels, wild=wild)
    place = "street" if wild else "scene"
    names = tuple(
        f"{BIKES[label]}/{place}{number // per_scene:0{len(str(scenes))}d}_{number % per_scene}"
        for number, label in enumerate(labels)
    )
    mixed = single.chance.permutation(len(labels))
    return Pictures(images, labels, BIKES, "bike scenes", caption, names).at(mixed)


def _draw(shared: SceneDice, single: PictureDice, labels: np.ndarray, *, wild: bool) -> np.ndarray:
    """Draw bikes, one a label: ``(n, H, W, 3)``, uint8."""
    size = shared.number(0.9, 1.15) * single.number(0.97, 1.03)
    size = size * shared.number(0.75, 1.0) if wild else size
    cos, sin = single.direction(-0.1, 0.1)
    across = COLUMN - MIDDLE - shared.number(-3, 3) - single.number(-1, 1)
    down = ROW - MIDDLE - shared.number(-3, 3) - single.number(-1, 1)
    facing = 1 - 2 * shared.often(0.5)
    x, y = facing * (cos * across + sin * down) / size, (cos * down - sin * across) / size
    wheels, frame = outlines(shared, labels, x, y)
    picture = _paint(shared, coverage(wheels * size), coverage(frame * size), bars=wild)
    picture = picture * single.number(0.92, 1.08)  # exposure
    return to_bytes(picture * shared.number(0.5, 0.8) if wild else picture, single, noise=0.04)


def _paint(shared: SceneDice, wheels: np.ndarray, frame: np.ndarray, *, bars: bool) -> np.ndarray:
    """Lay clutter and the bike on the scene's ground: ``(3, n, H, W)``, from 0 to 1."""
    background = np.float32(0.45) + np.float32(0.55) * shared.colour()
    tyres, colour = np.float32(0.25) * shared.colour(), np.float32(0.5) * shared.colour()
    disc, bar = clutter(shared)
    picture = background + ground(shared)
    for cover, paint in (disc, *([bar] if bars else []), (wheels, tyres), (frame, colour)):
        picture += cover * (paint - picture)
    return picture
