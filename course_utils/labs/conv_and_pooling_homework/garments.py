"""Exercise 5.19: the learner's own network, trained on garments.

=====================================================  ==========================================================
Claim of the prompt                                    Case
=====================================================  ==========================================================
takes standardised pictures (N, 1, 28, 28), ten scores the shape of its scores
above the bar on the test pictures                     measured on them
of layers with a backward pass, no nn.Module           the loss falls along its gradient as fast as that says
never trained on the test pictures                     not better there than on pictures that were not learned from
=====================================================  ==========================================================
"""

import copy
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import nn

from course_utils.data import Pictures, load_fashion
from course_utils.judging import shared
from course_utils.judging.answers import named
from course_utils.judging.cases import Case
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.protocol.verdicts import NotAttempted
from course_utils.labs.conv_and_pooling_homework.borrowed import softmax_loss
from course_utils.labs.conv_and_pooling_homework.headings import TRAINING

TR6 = shared.TR6.in_lab(TRAINING)
GA1 = Misconception(
    "GA1",
    "the network's backward pass is not the slope of its loss",
    "Along its own gradient the loss does not fall as that gradient says. What does your gradient check say of it?",
    TRAINING,
)

BAR = 0.80  # of the test pictures: between linear models (0.794 at most) and the model answer (0.815 to 0.82)
LEAK = 0.04  # better by this on test than on validation pictures; networks that saw neither are worse by 0.01
BATCH, CLASSES = 250, 10


@cache
def held_out() -> tuple[Pictures, Pictures]:
    """Return the test pictures, and the validation pictures: neither is learned from."""
    split = load_fashion(source="shipped")
    return split.test, split.train.at(range(5000, 6000))


def standardised(pictures: Pictures) -> np.ndarray:
    """Return pictures as a network takes them: (N, 1, 28, 28), from -1 to 1."""
    return (pictures.images[..., 0][:, None] / 255 - 0.5) / 0.5


def look_at_network(network: Any, x: Any, y: Any) -> dict[str, Any]:
    """Probe: return a network's scores, and how fast its loss falls along its own gradient."""
    if isinstance(network, torch.Tensor | nn.Module) or not hasattr(network, "forward"):
        return {"kind": type(network).__name__}
    scores = [network.forward(x[start : start + BATCH]) for start in range(0, len(x), BATCH)]
    if any(not isinstance(one, np.ndarray) or one.ndim != 2 for one in scores):
        return {"other": type(scores[0]).__name__}
    if any(one.shape[1] != CLASSES for one in scores):
        return {"scores": np.concatenate(scores), "falls": [0.0, 0.0]}
    return {"scores": np.concatenate(scores), "falls": _fall(copy.deepcopy(network), x[:20], y[:20])}


def _fall(network: Any, x: np.ndarray, y: np.ndarray) -> list[float]:
    """Return by how much the loss falls, for a small step along the gradient, and by how much it should."""
    _, slope = softmax_loss(np.asarray(network.forward(x), float), y)
    network.backward(slope)
    pairs = [(layer, name) for layer in network.layers for name in layer.params]
    grads = {(id(layer), name): np.array(layer.grads[name], float) for layer, name in pairs}
    squares = sum(float((one**2).sum()) for one in grads.values())
    step = 1e-3 / max(squares, 1e-12) ** 0.5
    losses = []
    for sign in (1, -2):
        for layer, name in pairs:
            layer.params[name] = layer.params[name] + sign * step * grads[id(layer), name]
        losses.append(softmax_loss(np.asarray(network.forward(x), float), y)[0])
    return [(losses[0] - losses[1]) / (2 * step), squares]


class Garments(Implementation):
    """A network of one's own layers, trained; its accuracy on the test pictures is above the bar.

    There are no hidden cases: the test pictures are in every package, and who trains on them is found out by the
    validation pictures.
    """

    id = "garments"
    hints = (
        "How many numbers come out of your pooling, and how many does the dense layer take?",
        "How large are the scores before training? With which spread of the weights do they stay near 1?",
        "Does the loss still fall in the last epoch? What does a smaller learning rate do for the last few?",
    )
    worked = """
        A network for other pictures: 1×12×12, three classes.

        1. 4 kernels of 3×3 with stride 1 make 4 maps of 10×10; pooling 2×2 leaves 5×5; 4 · 25 = 100 numbers.
        2. Weights are drawn so that a sum of n terms has a spread near 1: divided by √n.

        ```python
        rng = np.random.default_rng(5)
        kernels = rng.normal(size=(4, 1, 3, 3)) / 3
        last = rng.normal(size=(3, 100)) / 10
        small = Network(
            [
                Conv2d(weight=kernels, bias=np.zeros(4)),
                *(ReLU(), MaxPool2d(2), Flatten()),
                Dense(weight=last, bias=np.zeros(3)),
            ]
        )
        ```
    """
    misconceptions = (TR6, GA1)

    def cases(self) -> Sequence[Case]:
        """Return one case: the test pictures."""
        return [Case("the test pictures")]

    def try_case(self, case: Case, network: Any) -> str | None:
        """Raise unless a trained network is the learner's own, and good enough."""
        if network is None:
            raise NotAttempted("network is None")
        test, validation = held_out()
        x = np.concatenate([standardised(one) for one in (test, validation)])
        labels = np.concatenate([test.labels, validation.labels])
        found = case.ask(look_at_network, network, x, labels)
        if "kind" in found:
            raise case.always(f"network should be made of your own layers by Network, not {named(found['kind'])}.")
        if "other" in found:
            raise case.always(f"network.forward should return an array (N, 10) of scores, not {named(found['other'])}.")
        scores = case.array(found["scores"], "What network.forward returns")
        if scores.shape != (len(x), CLASSES):
            raise case.always(f"network.forward should give ten scores for each picture; yours: {scores.shape[1:]}.")
        right = scores.argmax(axis=1) == labels
        reached, chosen = float(right[: len(test)].mean()), float(right[len(test) :].mean())
        if reached - chosen > LEAK:
            raise case.wrong("network", TR6)
        fell, said = found["falls"]
        if not abs(fell - said) <= 0.05 * said:
            raise case.always("network: not yet right (one small step along its gradient).", GA1)
        if reached < BAR:
            raise case.always(
                f"network gets {100 * reached:.1f} % of the test pictures right; {100 * BAR:.0f} % are wanted.\n"
                "Hint: Does the loss still fall in the last epoch? What does a smaller rate change at the end?"
            )
        return case.remark(f"{100 * reached:.1f} % of the test pictures are right.")
