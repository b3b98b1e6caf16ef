"""A machine that is taught with a few pictures: pick or draw examples, and see how sure it becomes."""

import base64
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import traitlets

from course_utils.labs.transfer_learning import figures
from course_utils.widgets.base import Explorer, script

SIDE = 32  # pixels of a picture, and cells of the drawing pad
PAPER, INK = 0.85, 0.15  # grey of the pad and of the pen
MOST = 60  # pictures that can be taught; more would no longer be quick


class TeachingMachine(Explorer):
    """What `teach_machine` returns."""

    _esm = script(__file__, "teaching")
    asks_python = traitlets.Bool(True).tag(sync=True)
    classes = traitlets.List().tag(sync=True)  # names
    gallery = traitlets.List().tag(sync=True)  # pictures as data URLs
    current = traitlets.Dict().tag(sync=True)  # {"number": place in the gallery} or {"cells": numbers of inked cells}
    taught = traitlets.List().tag(sync=True)  # of {"label": number, "picture": as in current}
    confidence = traitlets.List().tag(sync=True)  # one probability a class; empty if there is none
    note = traitlets.Unicode().tag(sync=True)

    def __init__(self, images: np.ndarray, features: Callable, fit_head: Callable | None, **traits: Any) -> None:
        self.images, self.features, self.fit_head = images, features, fit_head
        super().__init__(**traits)
        self.judge()
        self.observe(self.judge, names=["current", "taught"])

    def picture(self, which: dict) -> np.ndarray:
        """Return a picture ``(32, 32, 3)`` from 0 to 1: one of the gallery, or a drawn one."""
        if "number" in which:
            return self.images[which["number"]]
        pixels = np.full(SIDE * SIDE, PAPER, np.float32)
        pixels[[cell for cell in which.get("cells", ()) if 0 <= cell < SIDE * SIDE]] = INK
        return np.repeat(pixels.reshape(SIDE, SIDE, 1), 3, axis=2)

    def judge(self, _change: Any = None) -> None:
        """Fit the head on what was taught, and judge the current picture."""
        labels = [example["label"] for example in self.taught[:MOST]]
        kinds = sorted(set(labels))
        if len(kinds) < 2:
            self.confidence, self.note = [], "Teach at least two classes, one picture each."
            return
        pictures = [self.picture(example["picture"]) for example in self.taught[:MOST]] + [self.picture(self.current)]
        x = torch.tensor(np.stack(pictures), dtype=torch.float32).permute(0, 3, 1, 2)
        y = torch.tensor([kinds.index(label) for label in labels])
        probabilities, self.note = self._ask_the_learner(x, y)
        everywhere = np.zeros(len(self.classes))
        everywhere[kinds] = probabilities
        self.confidence = everywhere.tolist()

    def _ask_the_learner(self, x: torch.Tensor, y: torch.Tensor) -> tuple[np.ndarray, str]:
        """Return the probabilities of the last picture, by the learner's functions or, until they run, by distances."""
        count, kinds = len(y), int(y.max()) + 1
        try:
            values = torch.as_tensor(self.features(x)).detach()
            probabilities = np.asarray(self.fit_head(values[:count], y, values[count:]).detach(), float).reshape(-1)
            if probabilities.shape != (kinds,) or not np.isfinite(probabilities).all():
                raise ValueError(f"fit_head gave the shape {probabilities.shape}")
            return probabilities, ""
        except Exception as error:  # a learner's function may raise anything
            why = "" if isinstance(error, NotImplementedError) else f" ({type(error).__name__})"
        flat = x.flatten(1)
        middles = torch.stack([flat[:count][y == kind].mean(0) for kind in range(kinds)])
        near = -((middles - flat[count]) ** 2).mean(1) / 0.02
        return near.softmax(0).numpy(), f"Pixels are compared until your extract_features and fit_head run{why}."

    def static_figure(self) -> tuple[Any, str]:
        """Draw the session as it stands."""
        taught = [(example["label"], self.picture(example["picture"])) for example in self.taught]
        panels = figures.plot_teaching(taught, self.classes, self.picture(self.current), self.confidence)
        told = ", ".join(f"{name} {value:.2f}" for name, value in zip(self.classes, self.confidence, strict=False))
        return panels, f"{len(taught)} pictures were taught. The machine judges another one: {told or self.note}"


def data_url(image: np.ndarray) -> str:
    """Return a picture ``(H, W, 3)`` from 0 to 1 as the address of an image."""
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(np.uint8(np.round(np.clip(image, 0, 1) * 255))).save(stream, format="png")
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()


def teach_machine(
    pictures: Any, features: Callable, fit_head: Callable | None = None, *, per_class: int = 6
) -> TeachingMachine:
    """Teach a machine three classes with a handful of pictures; your own functions do the learning.

    Parameters
    ----------
    pictures
        Pictures of `course_utils.data`, 32×32, of two or three classes: what can be picked. Two of each class are
        taught at the beginning.
    features
        ``X (N, 3, 32, 32) -> (N, D)``, for example with your `extract_features`.
    fit_head
        Your ``fit_head(F_train, y_train, F_test) -> (M, K)``. Until it runs, pixels are compared.
    per_class
        How many pictures of each class can be picked, at least 3.

    Raises
    ------
    ValueError
        If the pictures have another size, or there are not enough of a class.
    """
    if pictures.images.shape[1:] != (SIDE, SIDE, 3) or not 2 <= len(pictures.classes) <= 3:
        raise ValueError(f"pictures must be {SIDE}×{SIDE} in colour, of 2 or 3 classes, not {pictures!r}")
    if per_class < 3:
        raise ValueError(f"per_class must be at least 3, not {per_class}")
    places = [np.flatnonzero(pictures.labels == label)[:per_class] for label in range(len(pictures.classes))]
    if min(map(len, places)) < per_class:
        raise ValueError(f"there must be {per_class} pictures of each class, not {min(map(len, places))}")
    images = pictures.images[np.concatenate(places)] / np.float32(255)
    taught = [
        {"label": label, "picture": {"number": label * per_class + number}}
        for label in range(len(pictures.classes))
        for number in range(2)
    ]
    return TeachingMachine(
        images,
        features,
        fit_head,
        classes=list(pictures.classes),
        gallery=[data_url(image) for image in images],
        current={"number": 2},
        taught=taught,
    )
