"""Exercise 1.6: a stack of linear layers as one layer.

What the prompt says, and what tries it:

- a list of one or more pairs, first layer first → PUBLIC and FRACTIONS: one, two and three layers, unequal sizes
- W computes the same → `torch_collapse` on the unit vectors
- b, too → `torch_collapse` on zero
"""

import contextlib
import math
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from course_utils.judging.answers import kind
from course_utils.judging.cases import Case, Ways
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.near import nearly
from course_utils.labs.neurons import recipes
from course_utils.labs.neurons.dense_layer import tensors
from course_utils.labs.neurons.headings import STACK
from course_utils.labs.neurons.network_shapes import DS1

NC1 = Misconception(
    "NC1",
    "matrices multiplied in the wrong order",
    "Here the last layer comes first. Which weight does x meet first, and on which side does it stand?",
    STACK,
)
NC2 = Misconception(
    "NC2",
    "earlier biases do not pass through later layers",
    "The weights are right. Feed a zero input through two layers: what happens to the first bias in the second?",
    STACK,
)
NC3 = Misconception(
    "NC3",
    "only the last layer's bias kept",
    "The weights are right, the bias is the last layer's alone. Feed a zero input: what comes out of layer one?",
    STACK,
)
NC4 = Misconception(
    "NC4",
    "bias without meaning: zero",
    "The weights are right and the bias is 0. Feed a zero input through the stack: what comes out?",
    STACK,
)

NC5 = Misconception(
    "NC5",
    "bias computed with the new weight",
    "Here the bias goes through a weight that already holds this layer and those before. Which of your two lines "
    "should come first?",
    STACK,
)
NC6 = Misconception(
    "NC6",
    "a bias sent through its own layer",
    "Here a layer's bias goes through the weight of the same layer, too. When is it added: before or after W?",
    STACK,
)
NC7 = Misconception(
    "NC7",
    "weights added, or multiplied number by number",
    "These weights are added, or multiplied number by number. Which product sends a vector through both?",
    STACK,
)
NC8 = Misconception(
    "NC8",
    "a layer left out",
    "The first or the last layer has no part in this. With which pair does your loop start, with which does it end?",
    STACK,
)

NC12 = Misconception(
    "NC12",
    "two layers, however many there are",
    "Only two of the layers have a part in this. How many pairs may the list hold?",
    STACK,
)
NC13 = Misconception(
    "NC13",
    "a bend between the layers",
    "Something bends what passes from layer to layer, such as a ReLU. Which function stands between these layers?",
    STACK,
)
NC9 = Misconception(
    "NC9",
    "later biases left out, or subtracted",
    "The first bias is carried on, but the later ones are missing, or subtracted. What does each layer add at its end?",
    STACK,
)
NC10 = Misconception(
    "NC10",
    "a layer used twice",
    "The first or the last layer has been applied twice. With which pair do you start, and which does the loop meet?",
    STACK,
)
NC11 = Misconception(
    "NC11",
    "weight and bias in the wrong order",
    "The bias stands in the place of the weight. In which order does the task want the pair?",
    STACK,
)

PUBLIC = ((3, 3, 3), (3, 4, 2))
FRACTIONS = ((2, 4, 3, 2), (3, 2), (2, 2, 2, 2))  # with numbers that are not whole
HIDDEN = ((4, 3), (2, 5, 4, 3, 2), (4, 1, 3), (3, 3, 3, 3))
Layers = list[tuple[np.ndarray, np.ndarray]]


class CollapseStack(Implementation):
    """Write ``collapse(layers)``: a list of (W (K, D), b (K,)) to one such pair."""

    id = "collapse-stack"
    hints = (
        "Send one x through two layers on paper: W2 (W1 x + b1) + b2. Which terms contain x?",
        "What comes out if x is zero? Follow it through every layer.",
        "Start with the first layer's pair. What happens to each of the two when one more layer comes on top?",
    )
    worked = """
    Two layers by numbers: W1 = [[1, 2], [0, 1]], b1 = [1, 0], then W2 = [[3, 1]], b2 = [2].

    1. Feed x = (0, 0). Layer one gives its bias (1, 0), layer two 3·1 + 1·0 + 2 = 5. So the one layer's b is [5]:
       the first bias has gone *through* the second weight.
    2. Feed x = (1, 0). Layer one gives (1 + 1, 0) = (2, 0), layer two 3·2 + 0 + 2 = 8. That is 3 more than
       without x.
    3. Feed x = (0, 1). Layer one gives (2 + 1, 1) = (3, 1), layer two 9 + 1 + 2 = 12. That is 7 more.
    4. So W = [[3, 7]] and b = [5]. Check with x = (1, 1): the stack gives 15, and 3 + 7 + 5 = 15.
    5. For a longer list, begin with the first pair, and ask for each further layer what it does to both parts of
       the pair.
    """
    misconceptions = (NC1, DS1, NC2, NC3, NC4, NC5, NC6, NC7, NC8, NC9, NC10, NC11, NC12, NC13)
    names_explain_all = True
    right_cases_contradict = True

    def cases(self) -> Sequence[Case]:
        """Return stacks of one to three layers, one of square layers."""
        return [*map(_case, PUBLIC), *(_case(sizes, seed=1) for sizes in FRACTIONS)]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return longer and shorter stacks."""
        return list(map(_case, HIDDEN))

    def try_case(self, case: Case, answer: Callable[..., Any]) -> None:
        """Compare with what PyTorch's layers do to zero and to the unit vectors."""
        layers = stack_layers(case.data, case.seed)
        given = case.call(answer, "collapse", [(W.copy(), b.copy()) for W, b in layers])
        if type(given) not in (tuple, list) or len(given) != 2:
            raise case.always(f"collapse should return a pair, W and b, not {kind(given)}.")
        W, b = torch_collapse(layers)
        stack = [tensors(*pair) for pair in layers]
        near = [partial(nearly, recipe, stack) for recipe in (recipes.carried_weight, recipes.carried_bias)]
        case.compare("collapse, W", case.array(given[0], "W of collapse"), W, product_ways(layers), near=near[0])
        case.compare("collapse, b", case.array(given[1], "b of collapse"), b, carried_ways(layers), near=near[1])


def _case(sizes: tuple[int, ...], seed: int = 0) -> Case:
    layers = "1 layer" if len(sizes) == 2 else f"{len(sizes) - 1} layers"
    return Case(f"{layers}, {' → '.join(map(str, sizes))}", sizes, seed=seed)


def stack_layers(sizes: Sequence[int], seed: int) -> Layers:
    """Draw the layers of a stack: for sizes (3, 4, 2) a layer from 3 to 4 and one from 4 to 2."""
    rng = np.random.default_rng([seed, *sizes])
    pairs = list(zip(sizes[1:], sizes[:-1], strict=True))
    if seed == 0:
        return [(rng.integers(-3, 5, size=pair) * 1.0, rng.integers(1, 6, size=pair[0]) * 1.0) for pair in pairs]
    return [(rng.normal(size=pair), 1 + rng.random(pair[0])) for pair in pairs]


def torch_collapse(layers: Layers) -> tuple[torch.Tensor, torch.Tensor]:
    """Send zero and the unit vectors through PyTorch's layers: what comes out is b, and W column by column."""
    inputs = layers[0][0].shape[1]
    x = torch.cat([torch.zeros(1, inputs), torch.eye(inputs)]).double()
    for W, b in layers:
        x = F.linear(x, *tensors(W, b))
    return (x[1:] - x[0]).T, x[0]


def product_ways(layers: Layers) -> Ways:
    """For each wrong weight, a function that computes it."""
    right = torch_collapse(layers)[0]

    def forward() -> torch.Tensor:
        product = tensors(layers[0][0])[0]
        for W, _ in layers[1:]:
            product = product @ tensors(W)[0]
        return product

    weights = [W for W, _ in layers]
    return {
        NC1: lambda: [forward(), forward().T],
        DS1: lambda: right.T,
        NC7: lambda: [sum(weights), math.prod(weights)],
        NC8: lambda: [one for one, _ in _with_one_left_out(layers)],
        NC10: lambda: [one for one, _ in _with_one_twice(layers)],
        NC12: lambda: [torch_collapse(some)[0] for some in (layers[:2], layers[-2:])],
        NC11: lambda: torch_collapse(layers)[1],
    }


def _with_one_left_out(layers: Layers) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Collapse a stack without its first and without its last layer; without its only one nothing happens to x."""
    inputs = layers[0][0].shape[1]
    nothing = torch.eye(inputs).double(), torch.zeros(inputs).double()
    if len(layers) == 1:  # a loop may begin with it all the same, with or without its bias
        W, b = torch_collapse(layers)
        return [nothing, (W, b), (W, 0 * b)]
    return [torch_collapse(some) for some in (layers[1:], layers[:-1])]


def _with_one_twice(layers: Layers) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Collapse a stack with its first and with its last layer twice, where the shapes fit."""
    some = [[layers[0], *layers], [*layers, layers[-1]]]
    return [
        torch_collapse(one) for one, (W, _) in zip(some, (layers[0], layers[-1]), strict=True) if len(W) == W.shape[1]
    ]


def _computed(ways: Iterable[Callable[[], np.ndarray]]) -> list[np.ndarray]:
    """Return what those ways give whose shapes fit."""
    found = []
    for way in ways:
        with contextlib.suppress(ValueError):
            found.append(way())
    return found


def carried_ways(layers: Layers) -> Ways:
    """For each wrong bias, a function that computes it."""
    biases = [b for _, b in layers]

    def turned() -> np.ndarray:
        x = np.zeros(layers[0][0].shape[1])
        for W, b in layers:
            if W.shape[0] != W.shape[1]:
                raise ValueError("this wrong way cannot be taken here")
            x = x @ W + b
        return x

    def carried(step: Callable[..., np.ndarray]) -> np.ndarray:
        """Carry the biases layer by layer: ``step`` knows W, the product so far, the bias so far and W's bias."""
        product, b = layers[0]
        for W, bias in layers[1:]:
            before, product = product, W @ product
            b = step(W, (before, product), b, bias)
        return b

    return {
        NC2: lambda: sum(biases),
        NC3: lambda: [biases[-1]],
        NC4: lambda: np.zeros_like(biases[-1]),
        DS1: turned,
        NC5: lambda: _computed(
            [partial(carried, lambda _, products, b, bias, i=i: products[i] @ b + bias) for i in (0, 1)]
        ),
        NC6: lambda: _computed(
            [
                partial(carried, lambda W, _, b, bias: W @ (b + bias)),
                partial(carried, lambda W, _, b, bias: W @ bias + b),
            ]
        ),
        NC7: lambda: carried(lambda W, _, b, bias: W * b + bias),
        NC8: lambda: [one for _, one in _with_one_left_out(layers)],
        NC9: lambda: [carried(lambda W, _, b, bias: W @ b), carried(lambda W, _, b, bias: W @ b - bias)],
        NC10: lambda: [one for _, one in _with_one_twice(layers)],
        NC12: lambda: [torch_collapse(some)[1] for some in (layers[:2], layers[-2:])],
        NC13: lambda: (
            [carried(lambda W, _, b, bias, f=f: f(W @ b + bias)) for f in (_relu, np.tanh)]
            + [carried(lambda W, _, b, bias, f=f: W @ f(b) + bias) for f in (_relu, np.tanh)]
        ),
    }


def _relu(z: np.ndarray) -> np.ndarray:
    return np.maximum(z, 0)
