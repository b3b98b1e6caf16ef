"""Exercise 6.2: the lab's network as a class. A probe runs beside it; what is right is computed here.

| the prompt says | what is tried |
|---|---|
| layers after the table, with their names | name and shape of every parameter, none left over |
| ReLU, 2×2 max-pooling, flatten, nothing behind ``fc3`` | scores with weights of ours against PyTorch's |
| for any N | batches of 4, 1 and 7 pictures |
| logits | no probabilities; negative scores |
| made once, in ``__init__`` | the same pictures twice give the same scores |
| a network, which is to be trained | each parameter has a slope; the same network in training mode |
"""

from collections.abc import Callable, Container, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.parameter import is_lazy

from course_utils.judging import shared
from course_utils.judging.answers import named
from course_utils.judging.cases import Case, Ways
from course_utils.judging.closeness import as_float64, close, explain_array
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.network_slips import (
    ACTIVATIONS,
    AVERAGES,
    WINDOWS,
    Stage,
    is_rescaled,
    with_inputs,
    with_others,
)
from course_utils.judging.protocol.calling import sentence
from course_utils.judging.protocol.verdicts import NotAttempted
from course_utils.judging.raised import way_of
from course_utils.judging.slips import TwoSlips, in_array
from course_utils.judging.watching import Watch, reached
from course_utils.labs.lab7_cnn import rescue
from course_utils.labs.lab7_cnn.headings import BUILD
from course_utils.labs.lab7_cnn.networks import LAB7, torch_network, torch_tensors
from course_utils.labs.lab7_cnn.shape_trace import DS2, DS4

PR5 = shared.PR5.in_lab(
    BUILD, "Your network returns probabilities, or their logarithms. What does the loss do first with what it gets?"
)
KB1 = Misconception(
    "KB1",
    "layers made in forward",
    "Called twice on the same pictures, your network answers differently. When are its weights made?",
    BUILD,
)
KB2 = Misconception(
    "KB2",
    "ReLU left out",
    "This is the network without one of its ReLUs, or without several. Behind which layers does the listing have one?",
    BUILD,
)
KB3 = Misconception(
    "KB3",
    "ReLU behind the last layer",
    "Your scores are never negative. May a score for a class be below zero?",
    BUILD,
)
KB4 = Misconception(
    "KB4",
    "batch size written into the network",
    "It works for one size of batch only. Which size stands in your flatten step, and who decides it?",
    BUILD,
)
KB5 = Misconception(
    "KB5",
    "average pooling in place of max-pooling",
    "This is the network with averages in its pooling. Which number of the four should stay?",
    BUILD,
)
KB6 = Misconception(
    "KB6",
    "another activation than ReLU",
    "This is the network with another activation. Which one does the listing use?",
    BUILD,
)

KB7 = Misconception(
    "KB7",
    "predicted classes in place of scores",
    "This is the number of a class for each picture. What does the loss need of every class?",
    BUILD,
)
KB8 = Misconception(
    "KB8",
    "maps flattened in another order",
    "These are the right numbers, flattened in another order. Does something turn the axes before flatten?",
    BUILD,
)
KB9 = Misconception(
    "KB9",
    "cut off from its weights",
    "The scores are right, and yet training could move nothing in some layers. What stands between them "
    "and the result, such as detach, .data or torch.no_grad?",
    BUILD,
)


KB10 = Misconception(
    "KB10",
    "another activation behind some layers",
    "Behind some of your layers stands another activation. Which does the table name behind each?",
    BUILD,
)
KB11 = Misconception(
    "KB11",
    "another window in a pooling",
    "This is the network with another window, or another choice from it, in a pooling. Which does the table name?",
    BUILD,
)
KB12 = Misconception(
    "KB12",
    "scores scaled or shifted on their way out",
    "These are the right scores, scaled or shifted. What does the table say comes behind the last layer?",
    BUILD,
)
KB13 = Misconception(
    "KB13",
    "pictures changed before the first layer",
    "The network is right, and the pictures are changed before they reach it. Which line of the table does that?",
    BUILD,
)
KB14 = Misconception(
    "KB14",
    "kernel of another side",
    "Your kernels have another side than the table's. Which argument sets it, and how many cells has such a window?",
    BUILD,
)
KB15 = Misconception(
    "KB15",
    "another number of channels, units or classes",
    "A number of channels or units is another than the table's. Which numbers stand in the line of this layer?",
    BUILD,
)
KB16 = Misconception(
    "KB16",
    "maps of another side flattened",
    "Your first dense layer is made for another number of features. Of which side are the maps that reach it, if "
    "convolutions and poolings are as in the table?",
    BUILD,
)
KB17 = Misconception(
    "KB17",
    "layer without biases",
    "One of your layers has weights and no biases. Which argument leaves them out?",
    BUILD,
)
KB18 = Misconception(
    "KB18",
    "a layer that the table has not",
    "One of your layers with weights is not in the table. Which line asks for it?",
    BUILD,
)
KB19 = Misconception(
    "KB19",
    "layer kept where PyTorch does not find it",
    "A layer of the table is not among your network's own. Is it an attribute of self with this name, made in "
    "__init__, and not in a plain list?",
    BUILD,
)
KB21 = Misconception(
    "KB21",
    "steps of another length in place of pooling",
    "This is the network with a stride of 2 where the table has a pooling. Which number of four should stay?",
    BUILD,
)
KB22 = Misconception(
    "KB22",
    "another network in training mode",
    "In evaluation mode this is the table's network, in training mode it is another one, as with dropout. Which line "
    "of the table asks for that?",
    BUILD,
)
KB23 = Misconception(
    "KB23",
    "scores with digits cut off",
    "These are the right scores with digits cut off. What happens to them behind the last layer, or to the type of "
    "their numbers?",
    BUILD,
)
KB24 = Misconception(
    "KB24",
    "padding, stride or dilation in a convolution",
    "One way to get this: a convolution with a padding, a stride or a dilation. Which arguments do the table's lines "
    "name?",
    BUILD,
)
FURTHER = (KB10, KB11, KB12, KB13, KB14, KB15, KB16, KB17, KB18, KB19, KB21, KB22, KB23, KB24)

State = dict[str, torch.Tensor]
RELUS = ("conv1", "conv2", "fc1", "fc2")
SIZES = (4, 1, 7)  # of batches
SIDES = [28, 10]  # of the maps behind each convolution
FIRST_WEIGHTS = ("uniform", "normal")  # operations that draw them


def draw_state(seed: int) -> State:
    """Draw weights for the lab's network, large enough for every layer to matter."""
    chance = torch.Generator().manual_seed(seed)
    found = {}
    for name, shape in torch_tensors(torch_network(LAB7)).items():
        scale = 0.3 if name.endswith("bias") else (2 / torch.Size(shape)[1:].numel()) ** 0.5
        found[name] = scale * torch.randn(shape, generator=chance)
    return found


def draw_pictures(batch: int, side: int, seed: int) -> torch.Tensor:
    """Draw a batch of pictures ``(batch, 3, side, side)``, numbers around zero."""
    return torch.randn(batch, 3, side, side, generator=torch.Generator().manual_seed(seed))


# --- a probe: it runs beside the student's class and returns plain data and tensors


def look_at_class(network_class: Any, state: State, batches: list[torch.Tensor]) -> dict[str, Any]:
    """Probe: make an instance, give it weights by name, run it on batches, each also a second time.

    Returns
    -------
    dict
        ``"tensors"``: shape of each parameter by name; ``"outputs"``: for each batch a tensor or the words of an
        exception; ``"again"``: the same a second time; ``"is module"``; ``"lazy"``: whether a layer has no shape yet;
        ``"draws weights"``: whether first weights are drawn on the way; ``"cut off"``: see :func:`cut_off`;
        ``"sides"``: of the maps behind each convolution; ``"training"``: the first output in training mode.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        model = network_class()
        if not isinstance(model, nn.Module):
            return {"is module": False}
        model.eval()
        shape_lazy_layers(model, batches[0])
        parameters = parameters_by_name(model, state)
        with torch.no_grad():
            for name, value in state.items():
                if name in parameters and parameters[name].shape == value.shape:
                    parameters[name].copy_(value)
        outputs = [run_quietly(model, x) for x in batches]
        with Watch() as watch:
            again = [run_quietly(model, x) for x in batches]
    shapes = {name: list(parameter.shape) for name, parameter in parameters.items()}
    found = {"tensors": shapes, "outputs": outputs, "again": again, "lazy": has_lazy_layers(model)}
    found["cut off"] = cut_off(model, batches[0])
    found["sides"] = [one.maps.shape[-1] for one in watch.computed[: len(SIDES)]]
    found["training"] = run_quietly(model.train(), batches[0])
    return found | {"is module": True, "draws weights": any(name in watch.names for name in FIRST_WEIGHTS)}


def cut_off(model: nn.Module, x: torch.Tensor) -> list[str]:
    """Return the names of a model's parameters that no slope reaches from what it makes of x."""
    named = {name: one for name, one in model.named_parameters() if not is_lazy(one) and one.requires_grad}
    try:
        with torch.enable_grad():
            out = model(x.clone())
    except Exception:  # told elsewhere
        return []
    if not isinstance(out, torch.Tensor):
        return []
    there = reached(named, out)
    return [name for name in named if name not in there]


def has_lazy_layers(model: nn.Module) -> bool:
    """Tell whether some parameters have no shape yet."""
    return any(is_lazy(parameter) for parameter in model.parameters())


def shape_lazy_layers(model: nn.Module, x: torch.Tensor) -> None:
    """Let lazy layers see a batch, which gives them their shape; they stay without one where ``forward`` raises."""
    if has_lazy_layers(model):
        run_quietly(model, x)


def parameters_by_name(model: nn.Module, wanted: Container[str]) -> dict[str, nn.Parameter]:
    """Return the parameters that have a shape; one that has several names goes by the one that is wanted."""
    names = sorted(model.named_parameters(remove_duplicate=False), key=lambda pair: pair[0] not in wanted)
    found: dict[str, nn.Parameter] = {}
    for name, parameter in names:
        if not is_lazy(parameter) and not any(parameter is one for one in found.values()):
            found[name] = parameter
    return found


def run_quietly(model: nn.Module, x: torch.Tensor) -> Any:
    """Return a model's scores; a sentence if it raises; a list with the type of what else it returned."""
    try:
        with torch.no_grad():
            out = model(x.clone())
    except NotImplementedError:
        raise
    except Exception as error:
        return sentence(error, "forward")
    return out.detach().clone() if isinstance(out, torch.Tensor) else ["not a tensor", type(out).__name__]


# --- what several networks are asked


def looked_at(case: Case, answer: Any, name: str, probe: Callable[..., Any], *args: Any) -> dict[str, Any]:
    """Return what a probe finds out about a student's class, which must be one of networks."""
    if answer is None:
        raise NotAttempted(f"{name} is None")
    found = case.ask(probe, answer, *args)
    if type(found) is not dict or not found.get("is module"):
        raise case.always(f"{name} should be a class made from nn.Module. Does its first line say so?")
    return found


def refuse_others(case: Case, outputs: list[Any], name: str) -> None:
    """Raise if something else than a tensor came back."""
    for out in outputs:
        if type(out) is list:
            given = "None. Does forward end in a return statement?" if out[1] == "NoneType" else f"{named(out[1])}."
            raise case.always(f"{name} should return a tensor of scores, not {given}")
        if isinstance(out, torch.Tensor) and (out.device.type != "cpu" or out.layout != torch.strided):
            raise case.always(f"{name} should return an ordinary tensor of scores, on the CPU and not sparse.")


def refuse_raised(case: Case, words: str, name: str, because: Misconception | None = None) -> None:
    """Raise with the words of an exception in ``forward``, and the learner's line."""
    what, *where = words.split("\n")[:2]
    told = "\n".join([f"{name}: {what[:160]}", *where])
    because = because or way_of(told)
    raise case.sentence(told, because, hidden=f"{name}: forward failed on pictures drawn at grading.") from None


# --- the lab's network


def forward(
    state: State,
    x: torch.Tensor,
    skip: Sequence[str] = (),
    activation: Callable[[torch.Tensor], torch.Tensor] = F.relu,
    pool: Callable[[torch.Tensor, int], torch.Tensor] = F.max_pool2d,
    axes: tuple[int, ...] = (0, 1, 2, 3),
) -> torch.Tensor:
    """Compute the lab's network with given weights; ``skip`` names layers without activation, ``axes`` turns maps."""

    def act(name: str, values: torch.Tensor) -> torch.Tensor:
        return values if name in skip else activation(values)

    for name in ("conv1", "conv2"):
        x = pool(act(name, F.conv2d(x, state[f"{name}.weight"], state[f"{name}.bias"])), 2)
    x = x.permute(axes).flatten(1)
    for name in ("fc1", "fc2", "fc3"):
        x = F.linear(x, state[f"{name}.weight"], state[f"{name}.bias"])
        x = x if name == "fc3" else act(name, x)
    return x


def stages_of(state: State) -> list[Stage]:
    """Return the lab's network with given weights as stages."""

    def layer(name: str) -> Stage:
        apply = F.conv2d if name.startswith("conv") else F.linear
        return Stage("layer", lambda x: apply(x, state[f"{name}.weight"], state[f"{name}.bias"]))

    relu, pool = Stage("activation", F.relu), Stage("pool", lambda x: F.max_pool2d(x, 2))
    maps = [one for name in ("conv1", "conv2") for one in (layer(name), relu, pool)]
    dense = [one for name in ("fc1", "fc2") for one in (layer(name), relu)]
    return [*maps, Stage("flatten", lambda x: x.flatten(1)), *dense, layer("fc3")]


def _strided(state: State, x: torch.Tensor) -> torch.Tensor:
    return forward(state, x, pool=lambda maps, size: maps[:, :, ::size, ::size])


def cnn_ways(state: State, x: torch.Tensor, out: torch.Tensor | None = None) -> Ways:
    """For each wrong way, a function that computes what this network gives; ``out`` is what came of it, if known."""
    right, stages = forward(state, x), stages_of(state)
    missing = [skip for size in range(1, 5) for skip in combinations(RELUS, size)]
    return {
        PR5: lambda: [right.softmax(1), right.log_softmax(1), right.softmax(0), right.sigmoid()],
        KB3: lambda: right.relu(),
        KB2: lambda: [forward(state, x, skip) for skip in missing],
        KB6: lambda: [forward(state, x, activation=a) for a in (torch.tanh, torch.sigmoid, F.leaky_relu, F.gelu)],
        KB7: lambda: right.argmax(1),
        KB8: lambda: [forward(state, x, axes=axes) for axes in ((0, 2, 3, 1), (0, 1, 3, 2), (0, 3, 2, 1))],
        DS2: lambda: [right.squeeze(0), right[0]],
        KB12: lambda: [out] if out is not None and is_rescaled(out, right.double()) else [],
        KB21: lambda: _strided(state, x),
        KB10: lambda: list(with_others(stages, "activation", ACTIVATIONS, x)),
        KB5: lambda: list(with_others(stages, "pool", AVERAGES, x)),
        KB11: lambda: list(with_others(stages, "pool", WINDOWS, x)),
        KB13: lambda: list(with_inputs(stages, x)),
        KB23: lambda: [*(right.round(decimals=digits) for digits in range(4)), right.half(), right.bfloat16().float()],
    }


def two_ways(state: State, x: torch.Tensor) -> Ways:
    """For two wrong ways together, a function that computes what such a network gives.

    The first is behind the last layer, or in the poolings or the order of axes; the second a ReLU that is missing.
    """
    ends: tuple[tuple[Misconception, Callable[[torch.Tensor], torch.Tensor]], ...] = (
        (PR5, lambda out: out.softmax(1)),
        (PR5, lambda out: out.log_softmax(1)),
        (KB3, torch.relu),
    )
    changes: tuple[tuple[Misconception, dict[str, Any]], ...] = (
        *((KB2, {"skip": skip}) for size in (1, 2, 4) for skip in combinations(RELUS, size)),
        *((KB6, {"activation": one}) for one in (torch.tanh, torch.sigmoid, F.leaky_relu, F.gelu)),
        (KB5, {"pool": F.avg_pool2d}),
        (KB8, {"axes": (0, 2, 3, 1)}),
    )
    made: dict[Misconception, list[Callable[[], torch.Tensor]]] = {}
    for way, change in changes:
        for end, last in ends:
            both = TwoSlips.of(way, end)
            made.setdefault(both, []).append(lambda change=change, last=last: last(forward(state, x, **change)))
        if way is KB2:
            for other, more in changes[-6:]:
                both = TwoSlips.of(way, other)
                made.setdefault(both, []).append(lambda change=change, more=more: forward(state, x, **change, **more))
    return {way: lambda several=several: [one() for one in several] for way, several in made.items()}


class BuildCnn(Implementation):
    """``class CNN(nn.Module)``: its tensors, and its scores with weights given to it.

    Made without arguments; takes ``(N, 3, 32, 32)``, gives logits ``(N, 10)``.
    """

    id = "build-cnn"
    hints = (
        "Which lines of the listing make something with weights? Where must they stand to be made once?",
        "What does x.flatten(1) leave alone?",
        "Print the shape after each line of forward. Which line surprises you?",
    )
    worked = """
        A smaller network from a table: `one`, 1 to 2 channels, kernel 3, then tanh; flatten; `two`, to 5, then nothing.
        It takes pictures of 1×8×8.

        1. What has weights is made once, in `__init__`: `one` and `two`. A kernel of 3 leaves 6×6 cells of two maps.
        2. What has none (tanh, flatten) may stand in `forward`.
        3. `flatten(1)` leaves the batch axis alone, so any number of pictures will do.

        ```python
        class Small(nn.Module):
            def __init__(self):
                super().__init__()
                self.one, self.two = nn.Conv2d(1, 2, 3), nn.Linear(2 * 6 * 6, 5)

            def forward(self, x):
                return self.two(torch.tanh(self.one(x)).flatten(1))
        ```
    """
    misconceptions = (KB1, KB2, KB3, KB4, KB5, KB6, KB7, KB8, KB9, *FURTHER, PR5, DS4, DS2)

    def lend(self) -> Callable[..., Any]:
        """Return one for the cells that follow."""
        return rescue.CNN

    def cases(self) -> Sequence[Case]:
        """Return one case: weights, and batches of several sizes."""
        return [Case("batches of several sizes")]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other weights and other pictures."""
        return [Case("other pictures")]

    def try_case(self, case: Case, answer: Any) -> None:
        """Give the class weights and compare its scores with PyTorch's."""
        seed = case.seed or 1
        state = draw_state(seed)
        batches = [draw_pictures(size, 32, seed + size) for size in SIZES]
        found = looked_at(case, answer, "CNN", look_at_class, state, batches)
        refuse_others(case, found["outputs"], "CNN")
        _refuse_fresh_weights(case, found)
        if not found["lazy"]:
            _compare_tensors(case, found["tensors"])
        _refuse_one_size(case, found["outputs"])
        for size, x, out in zip(SIZES, batches, found["outputs"], strict=True):
            _compare_scores(replace(case, label=f"a batch of {size}"), out, state, x, found["sides"] != SIDES)
        if isinstance(found["training"], torch.Tensor) and not close(
            as_float64(found["training"]), as_float64(found["outputs"][0])
        ):
            raise case.wrong("CNN", KB22)
        if found["cut off"]:
            raise case.wrong("CNN", KB9)


def _refuse_fresh_weights(case: Case, found: dict[str, Any]) -> None:
    for one, two in zip(found["outputs"], found["again"], strict=True):
        both = isinstance(one, torch.Tensor) and isinstance(two, torch.Tensor)
        if both and one.shape == two.shape and not torch.allclose(one, two, equal_nan=True):
            if found["draws weights"]:
                raise case.wrong("CNN", KB1)
            raise case.always(
                "CNN: called twice on the same pictures, in eval mode, your network answers differently.\n"
                "Hint: What in forward is left to chance?"
            )


def _compare_tensors(case: Case, shapes: dict[str, list[int]]) -> None:
    right = {name: list(shape) for name, shape in torch_tensors(torch_network(LAB7)).items()}
    for name in right:
        if name not in shapes:
            layer = name.split(".")[0]
            way = KB17 if name.endswith("bias") and f"{layer}.weight" in shapes else KB19
            raise case.always(f"CNN has no parameter {name}.", way)
        if shapes[name] != right[name]:
            line = f"CNN: {name} has the shape {tuple(shapes[name])}. What does the table say of it?"
            raise case.always(line, _shape_way(name, shapes[name], right[name]))
    if extra := [name for name in shapes if name not in right]:
        raise case.always(f"CNN has a parameter that the table has not: {extra[0]}.", KB18)


def _shape_way(name: str, shape: list[int], right: list[int]) -> Misconception:
    if len(shape) == len(right) == 4 and shape[:2] == right[:2]:
        return KB14
    return KB16 if name == "fc1.weight" and shape[0] == right[0] else KB15


def _refuse_one_size(case: Case, outputs: list[Any]) -> None:
    """Raise where some batches run and others do not, or none does."""
    bad = [place for place, out in enumerate(outputs) if isinstance(out, str)]
    if not bad:
        if any(out.ndim == 2 and out.shape[0] != size for out, size in zip(outputs, SIZES, strict=True)):
            raise case.wrong("CNN", KB4)
        return
    all_but_one = SIZES.index(1) not in bad and len(bad) == len(SIZES) - 1
    refuse_raised(case, outputs[bad[0]], "CNN", DS4 if all_but_one else KB4 if len(bad) < len(SIZES) else None)


def _compare_scores(case: Case, out: torch.Tensor, state: State, x: torch.Tensor, other_sides: bool = False) -> None:
    given, right = case.array(out, "What CNN returns"), as_float64(forward(state, x))
    if close(given, right):
        return
    detail = "  with the same weights PyTorch's network gives other scores."
    if given.shape != right.shape:
        detail = f"  your scores have the shape {given.shape}: one row a picture, one column a class?"
    ways = cnn_ways(state, x, out.double())
    because = explain_array(given, ways) or explain_array(given, two_ways(state, x))
    raise case.wrong("CNN", because or (KB24 if other_sides else in_array(given, right, {})[:1]), detail=detail)
