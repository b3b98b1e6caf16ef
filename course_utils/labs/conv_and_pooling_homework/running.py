"""Running a learner's layers, beside them: what they give, and what they keep."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch

from course_utils.judging.cases import Case, Near
from course_utils.judging.closeness import close
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.near import Recipe, nearly
from course_utils.judging.protocol.calling import no_shortcuts
from course_utils.judging.protocol.shortcuts import LENDING
from course_utils.judging.protocol.verdicts import NotAttempted
from course_utils.labs.conv_and_pooling_homework import torch_says
from course_utils.labs.conv_and_pooling_homework.carried_parts import NOT_OWN
from course_utils.labs.conv_and_pooling_homework.headings import LAYERS

LY1 = Misconception(
    "LY1",
    "gradients of earlier batches added up",
    "These are the gradients of two batches together. Which batch has gone through the layer last?",
    LAYERS,
)
LY2 = Misconception(
    "LY2",
    "the layer learns in its own backward pass",
    "The parameters are not what they were before the backward pass. Whose task is it to change them?",
    LAYERS,
)
LY3 = Misconception(
    "LY3",
    "gradients kept under other names",
    "There is no gradient for each parameter. Under which names does `params` keep what is learned?",
    LAYERS,
)
LY4 = Misconception(
    "LY4",
    "remembers the first batch only",
    "This belongs to the batch before the last one. When is what the layer remembers replaced?",
    LAYERS,
)


LY9 = Misconception(
    "LY9",
    "gradient of a parameter returned",
    "What backward returns is the gradient of a parameter. Which gradient does the layer before this one wait for?",
    LAYERS,
)
LY10 = Misconception(
    "LY10",
    "gradients kept under each other's names",
    "The gradient of another parameter stands under this name. Which of them belongs to which?",
    LAYERS,
)
LY11 = Misconception(
    "LY11",
    "memory shared by all layers of a class",
    "Two of your layers share what they remember: the second one's batch stands where the first one's was. Does each "
    "keep it in itself?",
    LAYERS,
)


class Tried(NamedTuple):
    """A layer as it is tried on two batches, one behind the other.

    Parameters
    ----------
    operation
        What PyTorch computes, called with tensors of the input and of what is learned.
    params
        What the layer is made with: names and arrays.
    batches
        Two batches; the second one is asked about.
    options
        What else it is made with.
    there, back
        Recipes of both directions (:mod:`course_utils.judging.near`), called with what comes in, what is learned, and
        ``settings``; the way back with the gradient that comes in before all that, and it returns a tuple.
    settings
        What both recipes need besides.
    ahead
        For each wrong way forwards, a function of the batch that computes its result.
    """

    operation: Any
    params: dict[str, np.ndarray]
    batches: Sequence[np.ndarray]
    options: dict[str, int]
    there: Recipe
    back: Recipe
    settings: tuple[int, ...] = ()
    ahead: dict[Misconception, Callable[[np.ndarray], object]] = {}  # noqa: RUF012 - nobody changes it

    def forwards(self) -> Near:
        """Return the neighbours of what comes out for the second batch."""
        return partial(nearly, self.there, *self._tensors(), *self.settings)

    def backwards(self, grad_out: np.ndarray, part: int) -> Near:
        """Return the neighbours of a gradient: by the input (0), or by what is learned."""
        return partial(nearly, self.back, torch.tensor(grad_out), *self._tensors(), *self.settings, part=part)

    def _tensors(self) -> list[torch.Tensor]:
        return [torch.tensor(one) for one in (self.batches[1], *self.params.values())]

    def gradients(self, number: int, grad_out: np.ndarray) -> list[np.ndarray]:
        """Return the gradients by the input and by what is learned, for one of the batches."""
        inputs = (self.batches[number], *self.params.values())
        return list(torch_says.forward_and_back(self.operation, inputs, grad_out)[1])

    def outputs(self, number: int) -> np.ndarray:
        """Return what comes out for one of the batches."""
        return torch_says.forward_and_back(self.operation, (self.batches[number], *self.params.values()))[0]


def run_layer(
    made_from: Any, options: dict[str, Any], params: dict[str, Any], batches: list[Any], slopes: list[Any]
) -> dict[str, Any]:
    """Probe: make a layer, send batches forward and gradients back, and tell what it gives and keeps."""
    layer = made_from(**options, **{name: array.copy() for name, array in params.items()})
    found: dict[str, Any] = {}
    other = made_from(**options, **{name: array + 1 for name, array in params.items()})
    for x, slope in zip(batches, slopes, strict=True):
        given = x.copy()
        found = {"forward": layer.forward(given)}
        found["changed"] = not np.array_equal(given, x)
        found["backward"] = layer.backward(slope.copy())
    for name in ("params", "grads"):
        kept = getattr(layer, name, None)
        found[name] = {str(key): np.array(one) for key, one in kept.items()} if isinstance(kept, dict) else {}
    layer.forward(batches[0].copy())
    other.forward(batches[1].copy())
    try:
        found["beside another"] = layer.backward(slopes[0].copy())
    except (ValueError, IndexError):  # a batch of another size stands there
        found["beside another"] = np.zeros(0)
    return found


def try_layer(case: Case, made_from: Any, name: str, tried: Tried, ways: Callable[..., Any] | None = None) -> None:
    """Raise unless a learner's layer does what PyTorch does, in both directions.

    Parameters
    ----------
    case
        What is tried.
    made_from
        The learner's class, called ``name``.
    tried
        What it is made with, and its batches.
    ways
        Called with the second batch, the gradient that comes in and the right gradient by the input; returns for each
        wrong way a function that computes its gradient by the input.
    """
    if made_from is None:
        raise NotAttempted(f"{name} is None")
    slopes = [case.rng(number, 9).normal(size=tried.outputs(number).shape) for number in range(2)]
    with no_shortcuts(*NOT_OWN, LENDING):
        found = case.ask(run_layer, made_from, dict(tried.options), tried.params, list(tried.batches), slopes)
    if found["changed"]:
        raise case.always(f"{name}.forward changed the batch that it was given. Work on a copy: x = x.copy()")
    for place in ("forward", "backward"):
        if found[place] is None:
            raise case.always(f"{name}.{place} returned None. Does it end in a return statement?")
    for key, before in tried.params.items():
        after = found["params"].get(key)
        if after is None or not close(case.array(after, f"{name}.params[{key!r}]"), before):
            raise case.wrong(f"{name}.params", LY2)
    out = case.array(found["forward"], f"What {name}.forward returns")
    ahead = {way: partial(compute, tried.batches[1]) for way, compute in tried.ahead.items()}
    case.compare(f"{name}.forward", out, tried.outputs(1), ahead, near=tried.forwards())
    first, last = tried.gradients(0, slopes[0]), tried.gradients(1, slopes[1])
    grad_x = case.array(found["backward"], f"What {name}.backward returns")
    known = ways(tried.batches[1], slopes[1], last[0]) if ways else {}
    known = {**known, LY9: lambda: last[1:]}
    case.compare(f"{name}.backward", grad_x, last[0], known, near=tried.backwards(slopes[1], 0))
    for number, key in enumerate(tried.params, 1):
        others = [one for one in last[1:] if one is not last[number]]
        _try_kept(case, name, key, found, [first[number], last[number]], others, tried.backwards(slopes[1], number))
    beside = found["beside another"]
    if beside is None or not close(case.array(beside, f"What {name}.backward returns"), first[0]):
        raise case.wrong(f"{name}.backward", LY11)


def _try_kept(
    case: Case,
    name: str,
    key: str,
    found: dict[str, Any],
    right: list[np.ndarray],
    others: list[np.ndarray],
    near: Near,
) -> None:
    """Raise unless a layer has kept the gradient of one of its parameters."""
    if key not in found["grads"]:
        raise case.wrong(f"{name}.grads", LY3)
    what = f"{name}.grads[{key!r}]"
    ways: dict[Misconception, Callable[[], object]] = {
        LY1: lambda: right[0] + right[1],
        LY4: lambda: right[0],
        LY10: lambda: others,
    }
    case.compare(what, case.array(found["grads"][key], what), right[1], ways, near=near)
