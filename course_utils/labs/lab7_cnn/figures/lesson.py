"""The figures of lab 06 as its lesson shows them, each with its text for those who cannot see it."""

from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from course_utils import style
from course_utils.drawing.frames import bare, described
from course_utils.drawing.pictures import plot_pictures
from course_utils.labs.lab7_cnn.figures.networks import Shape, plot_residual_block, plot_shape_ribbon
from course_utils.labs.lab7_cnn.figures.training import plot_confusion, plot_history


@described("Twenty small colour pictures of shapes such as disc, ring, cross and star on cloudy grounds.")
def plot_shapes(pictures: Any) -> np.ndarray:
    """Draw the first twenty pictures of the lesson."""
    return plot_pictures(pictures.at(range(20)))


@described("Blocks that get flatter and wider from 3×30×30 to 12×5×5, then thin columns of 300, 20 and 4 numbers.")
def plot_example_ribbon(shapes: Mapping[str, Shape | None]) -> Axes:
    """Draw the shapes along the lesson's example network, as :func:`plot_shape_ribbon` does."""
    return plot_shape_ribbon(shapes)


@described("Twenty small pictures of garments such as shirts, shoes and bags, each in one colour on another.")
def plot_garments(pictures: Any) -> np.ndarray:
    """Draw the first twenty real garments."""
    return plot_pictures(pictures.at(range(20)))


@described(
    "Three rows: of three cats two are right and one is called a dog; both dogs are right; the deer is called a cat."
)
def plot_three_animals(confusion: Any) -> Axes:
    """Draw the confusion matrix of the lesson's six pictures."""
    return plot_confusion(confusion, ["cat", "dog", "deer"])


@described(
    "A row of five layers from x: convolution, batch norm, ReLU, convolution, batch norm. A dashed way "
    "leads around them, and both are added: F(x) + x, then ReLU."
)
def plot_basic_block() -> Axes:
    """Draw the residual block that the lesson counts."""
    layers = ["3×3 conv", "batch norm", "ReLU", "3×3 conv", "batch norm"]
    return plot_residual_block(layers, "x, or a 1×1 convolution of x")


@described(
    "Left, the mean training loss falls from epoch to epoch. Right, the accuracy on validation pictures "
    "rises well above the chance line at 0.1."
)
def plot_run(history: Any) -> np.ndarray:
    """Draw a learner's run: its losses, and accuracies on the validation pictures."""
    return plot_history(history, chance=0.1)


@described(
    "A confusion matrix of ten classes: most pictures lie on the diagonal; some rows share their pictures "
    "with a similar shape. An example picture stands at the end of each row."
)
def plot_confusion_of_shapes(confusion: Any, pictures: Any) -> Axes:
    """Draw the confusion matrix of a network on the lesson's pictures, with an example of each class."""
    return plot_confusion(confusion, pictures.classes, examples=pictures)


RIVALS = {"softmax": (0.11, 0.12), "dense": (0.37, 0.39), "convolutional": (0.78, 0.84)}  # lowest and highest of seeds


def rivals_reached() -> dict[str, float]:
    """Return what share each kind of network got right, in the middle of its seeds."""
    return {name: (low + high) / 2 for name, (low, high) in RIVALS.items()}


@described(
    "Three bars of accuracies: softmax regression .11, a dense network .38, a convolutional one .81; guessing is .1. "
    "Stars stand where you predicted."
)
def plot_rivals(prediction: Mapping[str, Any]) -> Axes:
    """Draw what three kinds of networks reached on the lesson's pictures, and a learner's predictions beside them."""
    _, axes = plt.subplots(figsize=(6, 2.4), layout="constrained")
    reached = rivals_reached()
    for place, (name, (low, high)) in enumerate(RIVALS.items()):
        middle = reached[name]
        axes.barh(place, middle, xerr=(high - low) / 2, color=style.MODEL, height=0.55)
        axes.text(high + 0.02, place, f"{middle:.2f}".lstrip("0"), va="center")
        guess = prediction.get(name)
        if isinstance(guess, int | float) and 0 <= guess <= 1:
            axes.plot(guess, place, marker="*", markersize=15, color=style.FOCUS)
    axes.axvline(0.1, color="grey", linestyle="--")
    axes.set_yticks(range(len(RIVALS)), RIVALS)
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.set_xlabel("share that is right (dashed: guessing; stars: your predictions)")
    return bare(axes)
