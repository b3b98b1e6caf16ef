"""Exercise 3.6: the shapes of all gradients of a network of two layers.

=====================================================  ==========================================================
Claim of the prompt                                    Case
=====================================================  ==========================================================
the shape of each gradient                             a part for each, against autograd
as a tuple                                             also a list, an array, a torch.Size; (8,) also as 8
for these sizes                                        all four differ, so that no axis can hide
=====================================================  ==========================================================
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import torch

from course_utils.judging import shared
from course_utils.judging.answers import as_dict, as_shape, is_missing, plain, short
from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import MISSING, RIGHT, Finding, wrong
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.numbers import slip_of
from course_utils.judging.practice import Topic
from course_utils.judging.variants import Dice, draw
from course_utils.labs.chain_rule.gradients import GR4, GR5, VG1, VG2
from course_utils.labs.chain_rule.headings import MATRICES

DS1 = shared.DS1.in_lab(
    MATRICES, "These are the right numbers the wrong way round. Which axis of W counts the outputs?"
)
DS2 = shared.DS2.in_lab(MATRICES, "The batch axis is gone. Does each example have its own number here?")
DS3 = shared.DS3.in_lab(
    MATRICES, "This runs along the batch. To what does each number of a bias belong, an example or a unit?"
)
VG3 = Misconception(
    "VG3",
    "shape of the loss taken for the shape of its gradients",
    "The loss is one number. How many numbers can you turn to change it?",
    MATRICES,
)
VG4 = Misconception(
    "VG4",
    "width of the neighbouring layer",
    "This is the width of the layer next door. How wide is the array to which this gradient belongs?",
    MATRICES,
)
VG12 = Misconception(
    "VG12",
    "shape of another array of the layer",
    "This is the shape of another array of the same layer. To which array does this gradient belong?",
    MATRICES,
)

Shape = tuple[int | float, ...]
PARTS = ("dY", "dW2", "db2", "dA1", "dZ1", "dW1", "db1", "dX")


class TwoLayers(NamedTuple):
    """A dense layer, a ReLU, a dense layer: N examples of D features, H hidden units, K outputs."""

    N: int
    D: int
    H: int
    K: int

    def __str__(self) -> str:
        return f"N = {self.N} examples, D = {self.D} features, H = {self.H} hidden units, K = {self.K} outputs"


LESSON_LAYERS = TwoLayers(N=32, D=5, H=8, K=3)


def torch_shapes(question: TwoLayers) -> dict[str, Shape]:
    """Ask PyTorch for the shapes of all gradients of a two-layer network."""
    N, D, H, K = question
    with torch.enable_grad():  # a notebook may have switched it off
        X = torch.zeros(N, D, requires_grad=True)
        first, second = torch.nn.Linear(D, H), torch.nn.Linear(H, K)
        Z1 = first(X)
        A1 = Z1.relu()
        Y = second(A1)
        asked = {"dY": Y, "dW2": second.weight, "db2": second.bias, "dA1": A1, "dZ1": Z1}
        asked |= {"dW1": first.weight, "db1": first.bias, "dX": X}
        found = torch.autograd.grad(Y.sum(), list(asked.values()))
    return {part: tuple(one.shape) for part, one in zip(asked, found, strict=True)}


def shape_ways(question: TwoLayers) -> dict[Misconception, dict[str, list[Shape]]]:
    """Return for each wrong way what it gives for the parts to which it applies."""
    N, D, H, K = question
    weights = {"dW1": (H, D), "dW2": (K, H)}
    biases, batches = {"db1": H, "db2": K}, {"dY": K, "dA1": H, "dZ1": H, "dX": D}
    return {
        DS1: {part: [shape[::-1]] for part, shape in weights.items()},
        VG2: {part: [(N, *shape), (N, *shape[::-1])] for part, shape in weights.items()},
        GR5: {part: [(N, width)] for part, width in biases.items()},
        DS3: {part: [(N,)] for part in biases},
        DS2: {part: [(width,), (1, width)] for part, width in batches.items()},
        GR4: {part: [(width, N)] for part, width in batches.items()},
        VG1: {part: [(1, width), (width, 1)] for part, width in biases.items()},
        VG3: {part: [(), (1,)] for part in (*weights, *biases, *batches)},
        VG12: {
            **{"dW1": [(N, H), (N, D)], "dW2": [(N, K), (N, H)]},
            **{"dX": [(H, D)], "dZ1": [(H, D)], "dA1": [(K, H)], "dY": [(K, H)]},
        },
        VG4: {
            **{"dA1": [(N, K), (N, D)], "dZ1": [(N, K), (N, D)], "dX": [(N, H), (N, K)], "dY": [(N, H), (N, D)]},
            **{"db1": [(K,), (D,)], "db2": [(H,), (D,)], "dW1": [(K, H), (H, K)], "dW2": [(H, D), (D, H)]},
        },
    }


# --- drawing


def practice_layers(dice: Dice) -> TwoLayers:
    """Draw a network whose four sizes all differ, so that a swapped axis cannot hide."""
    return draw(dice, sample_layers, lambda question: len(set(question)) == len(question))


def sample_layers(dice: Dice) -> TwoLayers:
    """Draw the sizes of a network and a batch."""
    return TwoLayers(dice.choose((10, 16, 20, 32, 50, 64)), *(dice.between(2, 12) for _ in range(3)))


class OneShape(NamedTuple):
    """One line of the table of shapes."""

    layers: TwoLayers
    part: str


def practice_shape(dice: Dice) -> OneShape:
    """Draw one gradient whose shape is asked for."""
    return OneShape(practice_layers(dice), dice.choose(PARTS))


def _shape_text(question: OneShape) -> str:
    return (
        f"{question.layers}.\nZ1 = X W1ᵀ + b1, A1 = relu(Z1), Y = A1 W2ᵀ + b2, W1 is (H, D), W2 is (K, H).\n"
        f"Which shape has {question.part}, the gradient of a loss by {question.part[1:]}? Answer with a tuple."
    )


def _one_shape_ways(question: OneShape) -> dict[Misconception, list[np.ndarray]]:
    found = {way: shapes.get(question.part, []) for way, shapes in shape_ways(question.layers).items()}
    return {way: [np.array(shape) for shape in shapes] for way, shapes in found.items() if shapes}


def shape_steps(question: OneShape) -> list[str]:
    """Return the way to the shape of one gradient."""
    variable, shape = question.part[1:], torch_shapes(question.layers)[question.part]
    letters = {"Y": "(N, K)", "W2": "(K, H)", "b2": "(K,)", "A1": "(N, H)", "Z1": "(N, H)", "W1": "(H, D)"}
    letters |= {"b1": "(H,)", "X": "(N, D)"}
    return [
        f"{question.part} holds one slope for each number of {variable}.",
        f"{variable} has the shape {letters[variable]}.",
        f"With {question.layers}: {shape}.",
    ]


GRADIENT_SHAPE = Topic(
    "gradient-shapes",
    practice_shape,
    _shape_text,
    lambda question: np.array(torch_shapes(question.layers)[question.part]),
    _one_shape_ways,
    shape_steps,
)


class GradientShapes(Exercise):
    """Tell the shapes of eight gradients of a two-layer network."""

    id = "gradient-shapes"
    hints = (
        "How many numbers could you turn in W1? For each of them there is one slope.",
        "Does the number of biases grow with the batch? Does the number of entries of Z1?",
        "Write the shapes of X, W1, b1, Z1, A1, W2, b2, Y in a row. What does a gradient have to do with them?",
    )
    misconceptions = (DS1, DS2, DS3, GR4, GR5, VG1, VG2, VG3, VG4, VG12)
    topics = (GRADIENT_SHAPE,)
    worked = """
    One layer, a tanh and a loss: Z = X Vᵀ + c, A = tanh(Z), for 6 examples of 10 features and 4 units.

    1. Forwards: X is (6, 10), V is (4, 10), outputs first; Z is (6, 4), c is (4,), A is (6, 4).
    2. A gradient holds one slope for each number of its variable. So nothing has to be worked out: the row above is
       the answer, dA (6, 4), dZ (6, 4), dV (4, 10), dc (4,), dX (6, 10).
    3. Does it depend on the batch? With 60 examples dA, dZ and dX get 60 rows; dV and dc stay as they are: all
       examples turn the same V and the same c, and their shares are summed.
    """

    def draw(self) -> TwoLayers:
        """Return a two-layer network and the size of its batch."""
        return practice_layers(self.dice()) if self.student else LESSON_LAYERS

    def text(self) -> str:
        """Return the four sizes."""
        return str(self.question)

    def is_missing(self, answer: Any) -> bool:
        """Tell whether there is no answer yet; the empty tuple is one."""
        return all(map(is_missing_shape, answer.values())) if type(answer) is dict else is_missing(answer)

    def judge(self, answers: Any) -> dict[str, Finding]:
        """Judge a shape for each of the parts: a tuple of whole numbers."""
        right = torch_shapes(self.question)
        answers = as_dict(answers, PARTS, "shapes")
        given = {part: read_shape(answers[part]) for part in PARTS if not is_missing_shape(answers[part])}
        amiss = {part: shape for part, shape in given.items() if shape != right[part]}
        because = explain_shapes(amiss, self.question)
        found = dict.fromkeys(PARTS, MISSING) | dict.fromkeys(given, RIGHT)
        return found | {
            part: wrong(
                f"{part}: you gave {short(answers[part])}.", because.get(part) or slip_of(given[part], right[part])
            )
            for part in amiss
        }


def is_missing_shape(answer: Any) -> bool:
    """Tell whether there is no answer yet. The empty tuple is an answer: the shape of a number."""
    return answer != () and is_missing(answer) if type(answer) in (tuple, list) else is_missing(answer)


def read_shape(answer: Any) -> Shape | None:
    """Return a shape as a tuple of numbers; a single number stands for the shape of one axis; None if it is none."""
    is_number = plain(answer) is not None and not getattr(answer, "shape", ())
    return as_shape([answer] if is_number else answer)


def explain_shapes(amiss: Mapping[str, Shape | None], question: TwoLayers) -> dict[str, Misconception]:
    """Return the wrong way behind each wrong shape that one gives; ways that give many of them come first."""
    ways = shape_ways(question)
    found: dict[str, Misconception] = {}
    left = list(amiss)

    def gives(way: Misconception) -> list[str]:
        return [part for part in left if amiss[part] in ways[way].get(part, [])]

    while parts := gives(way := max(ways, key=lambda one: len(gives(one)))):
        found |= dict.fromkeys(parts, way)
        left = [part for part in left if part not in parts]
    return found
