"""Exercise 7.1: features taken from a layer.

=====================================================  ==========================================================
Claim of the prompt                                    Case
=====================================================  ==========================================================
what comes out of the layer, flattened to (N, D)       each case, against a hook of ours; maps and rows
by name, such as "body.norm"                           layers on two floors
in the order of X                                      every case: no two pictures are alike
at most batch pictures at once, 64 if left out         the sizes of the batches that run; 66 pictures
the last batch is shorter                              7 pictures in threes
in eval mode                                           the modes of norm and dropout while they run
without a graph                                        the answer requires no gradient
afterwards the model is in the mode in which it was    cases in train mode, all modules
your hook is gone                                      hooks that are left, on any module
=====================================================  ==========================================================
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import nn

from course_utils.judging import shared
from course_utils.judging.cases import Case, Ways
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.protocol.calling import must_be_function
from course_utils.labs.transfer_learning import rescue
from course_utils.labs.transfer_learning.headings import FEATURES
from course_utils.labs.transfer_learning.networks import make_network, make_pictures

DS4 = shared.DS4.in_lab(FEATURES)
TF1 = Misconception(
    "TF1",
    "features taken in train mode",
    "The network ran in train mode: dropout drops, and batch norm looks at the batch. Which mode gives every "
    "picture the same features each time?",
    FEATURES,
)
TF2 = Misconception(
    "TF2",
    "mode not restored",
    "The network comes back in another mode than it had. What did model.training say before you changed it?",
    FEATURES,
)
TF3 = Misconception(
    "TF3",
    "graph kept",
    "The features still hang on the graph of the network. Who will ever call backward() through them?",
    FEATURES,
)
TF4 = Misconception(
    "TF4",
    "hook left behind",
    "Your hook is still on the layer. What happens each time the network runs from now on?",
    FEATURES,
)
TF5 = Misconception(
    "TF5",
    "maps not flattened",
    "The layer's maps are still maps. Which shape does a table of features have, one row a picture?",
    FEATURES,
)
TF6 = Misconception(
    "TF6",
    "the network's output instead of the layer's",
    "These are the scores that the whole network gives. Which layer was asked for?",
    FEATURES,
)
TF7 = Misconception(
    "TF7",
    "last, short batch left out",
    "Rows are missing at the end. How many pictures are in the last batch if 7 go through in threes?",
    FEATURES,
)
TF8 = Misconception(
    "TF8",
    "one batch kept, the others lost",
    "These are the features of one batch. What becomes of those of the batches before it?",
    FEATURES,
)
TF9 = Misconception(
    "TF9",
    "order of the pictures lost",
    "These are the right rows in another order. To which picture does label number 0 belong?",
    FEATURES,
)
TF10 = Misconception(
    "TF10",
    "the layer's input instead of its output",
    "This is what goes into the layer. Which argument of a forward hook is what comes out?",
    FEATURES,
)
TF11 = Misconception(
    "TF11",
    "all pictures in one batch",
    "More pictures than batch went through at once. What would 100,000 pictures do to the memory?",
    FEATURES,
)
TF12 = Misconception(
    "TF12",
    "maps averaged instead of flattened",
    "Each map has become its mean. How many numbers of a map go into a table of features?",
    FEATURES,
)
TF13 = Misconception(
    "TF13",
    "batches stacked or listed instead of joined",
    "The batches lie in a list, or along an axis of their own. Which call puts their rows below each other?",
    FEATURES,
)
TF14 = Misconception(
    "TF14",
    "rows and columns exchanged",
    "This table stands on its side. What is a row of it, a picture or a feature?",
    FEATURES,
)
TF16 = Misconception(
    "TF16",
    "the network frozen for good",
    "The features are right, and the network's parameters want no gradients any more. Who fine-tunes this network "
    "next, and what keeps graphs away for the time of a call only?",
    FEATURES,
)
TF17 = Misconception(
    "TF17",
    "rows scaled to length 1, or to a largest number",
    "Each row of features is divided by a number of its own, such as its length. Which numbers come out of the layer?",
    FEATURES,
)
TF18 = Misconception(
    "TF18",
    "pictures standardised first",
    "The pictures are centred, scaled or standardised before they go in. What does the network get in its lesson?",
    FEATURES,
)
TF19 = Misconception(
    "TF19",
    "one number of each map",
    "Each map has become one number: its largest, its smallest or one place. How many numbers of a map go into a "
    "table of features?",
    FEATURES,
)
TF15 = Misconception(
    "TF15",
    "features standardised",
    "These features have mean 0 and standard deviation 1. Was that asked for here, or only what the layer gives?",
    FEATURES,
)

NAME = "extract_features"
USUAL_BATCH = 64


class Extraction(NamedTuple):
    """One call: how many pictures, which layer, how many at once (None: left out), and the mode before."""

    number: int
    layer: str
    batch: int | None = None
    training: bool = False

    def describe(self) -> str:
        """Say in words what is tried."""
        batch = "" if self.batch is None else f", batch={self.batch}"
        mode = ", the model in train mode" if self.training else ""
        return f"layer {self.layer!r}, {self.number} pictures{batch}{mode}"


PUBLIC = (
    Extraction(4, "flatten"),
    Extraction(4, "body"),
    Extraction(7, "flatten", 3),
    Extraction(6, "body.norm", 2, training=True),
    Extraction(66, "flatten"),
)
HIDDEN = (
    Extraction(8, "body.norm", 3, training=True),
    Extraction(5, "head", 5),
    Extraction(1, "body.pool", 4, training=True),
    Extraction(2, "body.relu", 16),
    Extraction(70, "flatten"),
    Extraction(9, "flatten", 4),
)


class ExtractFeatures(Implementation):
    """Write ``extract_features(model, X (N, C, H, W), layer, batch=64) -> (N, D)``."""

    id = "extract-features"
    hints = (
        "A forward hook is called with (module, inputs, output) whenever its layer runs. Where can it put the output?",
        "X.split(batch) gives the batches in order, the last one shorter. What do you do with a list of them?",
        "Which three things have you changed on the way: a mode, a hook, a graph? How do you leave each as it was?",
    )
    worked = """
    Another function of the same kind: `largest(model, X, layer)`, the largest absolute number that comes out of a
    layer, without a trace left in the model.

    1. Note the mode, so that you can put it back.
    2. Hang a hook on the layer: it only has to *note* something of each output.
    3. Send the pictures through, here one by one, in eval mode and without a graph.
    4. Take the hook off, put the mode back, and only then work with what was noted.

    ```python
    def largest(model, X, layer):
        was_training, noted = model.training, []
        hook = dict(model.named_modules())[layer].register_forward_hook(
            lambda layer, inputs, output: noted.append(output.abs().max().item())
        )
        model.eval()
        with torch.inference_mode():
            for x in X:
                model(x[None])
        hook.remove()
        model.train(was_training)
        return max(noted)
    ```
    """
    misconceptions = (
        *(TF1, TF2, TF3, TF4, TF5, TF6, TF7, TF8, TF9, TF10),
        *(TF11, TF12, TF13, TF14, TF15, TF16),
        TF17,
        TF18,
        TF19,
        DS4,
    )

    def lend(self) -> Callable[..., Any]:
        """Return one for the cells that follow."""
        return rescue.extract_features

    def cases(self) -> Sequence[Case]:
        """Return whole and short batches, maps and rows, both modes."""
        return [Case(one.describe(), (number, one)) for number, one in enumerate(PUBLIC)]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other layers, batches and numbers of pictures."""
        return [Case(one.describe(), (number, one)) for number, one in enumerate(HIDDEN)]

    def try_case(self, case: Case, answer: Callable[..., Any]) -> None:
        """Compare the features, and look at what has become of the network."""
        must_be_function(answer, NAME)
        number, tried = case.data
        seed = case.seed + number
        x = make_pictures(tried.number, seed)
        seen = case.ask(extract, answer, seed, x, *tried[1:])
        if seen["answer"] is None:
            raise case.always(f"{NAME} returned None. Does it end in a return statement?")
        if seen["trained"]:
            raise case.wrong(NAME, TF1)
        right, ways = feature_ways(seed, x, tried)
        case.compare(NAME, case.array(seen["answer"], f"What {NAME} returns"), right, ways)
        _look_at_network(case, seen, seed, tried)


def _look_at_network(case: Case, seen: dict[str, Any], seed: int, tried: Extraction) -> None:
    if seen["graph"]:
        raise case.wrong(NAME, TF3)
    if seen["modes"] != [module.training for module in make_network(seed).train(tried.training).modules()]:
        raise case.wrong(NAME, TF2)
    if seen["hooks"]:
        raise case.wrong(NAME, TF4)
    if seen["trainable"] is not True:
        raise case.wrong(NAME, TF16)
    if max(seen["batches"], default=0) > (tried.batch or USUAL_BATCH):
        raise case.wrong(NAME, TF11)


def feature_ways(seed: int, x: torch.Tensor, tried: Extraction) -> tuple[torch.Tensor, Ways]:
    """Return the right features and, for each wrong way, a function that computes its result."""
    inputs: list[torch.Tensor] = []
    outputs: list[torch.Tensor] = []

    def keep(_layer: nn.Module, given: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        inputs.append(given[0])
        outputs.append(output)

    network = make_network(seed)
    hook = network.get_submodule(tried.layer).register_forward_hook(keep)
    with torch.no_grad():
        scores = network(x)
    hook.remove()
    right, batch = outputs[0].flatten(1), tried.batch or USUAL_BATCH
    short = len(x) % batch
    last = right[-short:] if short else right[-batch:]
    return right, {
        TF5: lambda: outputs[0],
        TF10: lambda: [inputs[0], inputs[0].flatten(1)],
        TF6: lambda: scores,
        TF7: lambda: right[: len(right) - short],
        TF8: lambda: [last, right[:batch]],
        TF9: lambda: _reordered(right, batch),
        TF12: lambda: outputs[0].flatten(2).mean(2),
        TF17: lambda: [right / one.where(one > 0, torch.ones_like(one)) for one in _row_sizes(right)],
        TF18: lambda: [_features_of(seed, other, tried.layer) for other in _other_pictures(x)],
        TF19: lambda: [way(outputs[0].flatten(2)) for way in ONE_OF_A_MAP] if outputs[0].ndim == 4 else [],
        TF13: lambda: [right[None], torch.stack(right.split(batch))],
        TF14: lambda: right.T,
        TF15: lambda: [((right - right.mean(0)) / right.std(0)).nan_to_num(0), (right - right.mean()) / right.std()],
        DS4: lambda: [right.reshape(-1), right.reshape(1, -1)],
    }


ONE_OF_A_MAP: tuple[Callable[[torch.Tensor], torch.Tensor], ...] = (
    lambda maps: maps.amax(2),
    lambda maps: maps.amin(2),
    lambda maps: maps.sum(2),
    lambda maps: maps[:, :, 0],
)


def _features_of(seed: int, x: torch.Tensor, layer: str) -> torch.Tensor:
    """Return the features of pictures, all at once."""
    found: list[torch.Tensor] = []
    network = make_network(seed)
    network.get_submodule(layer).register_forward_hook(lambda _layer, _given, output: found.append(output))
    with torch.no_grad():
        network(x)
    return found[0].flatten(1)


def _row_sizes(right: torch.Tensor) -> list[torch.Tensor]:
    rows = right.abs()
    return [right.norm(dim=1, keepdim=True), rows.amax(1, keepdim=True), rows.sum(1, keepdim=True)]


def _other_pictures(x: torch.Tensor) -> list[torch.Tensor]:
    """Return pictures as they are often scaled before a network sees them."""
    each = (1, 2, 3)
    return [
        (x - x.mean()) / x.std(),
        (x - x.mean(each, keepdim=True)) / x.std(each, keepdim=True),
        (x - x.mean((0, 2, 3), keepdim=True)) / x.std((0, 2, 3), keepdim=True),
        x - x.mean(),
        x - x.mean(0),
        (x - 0.5) / 0.5,
        x / 255,
        x * 255,
        x.flip(1),
        (x - x.min()) / (x.max() - x.min()),
    ]


def _reordered(right: torch.Tensor, batch: int) -> list[torch.Tensor]:
    parts = right.split(batch)
    return [right.flip(0), torch.cat(parts[::-1]), torch.cat([part.flip(0) for part in parts])]


def extract(
    function: Callable[..., Any], seed: int, x: torch.Tensor, layer: str, batch: int | None, training: bool
) -> dict[str, Any]:
    """Probe: call ``extract_features`` on a network, and watch the network.

    Returns
    -------
    dict
        ``answer``; ``graph``, whether it hangs on a graph; ``trained``, whether the network ever ran in train mode;
        ``modes`` of all modules afterwards; ``trainable``, whether parameters want gradients still; ``hooks`` left;
        ``batches`` that went through.
    """
    network = make_network(seed).train(training)
    sizes: list[int] = []
    modes: list[bool] = []
    conv = network.get_submodule("body.conv")
    watches = [conv.register_forward_pre_hook(lambda module, inputs: sizes.append(len(inputs[0])))]
    for name in ("body.norm", "body.dropout"):  # in a copy of the network the copies tell their modes
        each = network.get_submodule(name)
        watches.append(each.register_forward_pre_hook(lambda module, inputs: modes.append(module.training)))
    with torch.enable_grad():  # a notebook may have switched it off
        answer = function(network, x, layer) if batch is None else function(network, x, layer, batch)
    for watch in watches:
        watch.remove()
    rows = answer if type(answer) in (list, tuple) else [answer]
    tensors = [row for row in rows if isinstance(row, torch.Tensor)]
    if tensors and len(tensors) == len(rows):
        answer = [row.detach() for row in rows] if rows is answer else answer.detach()
    return {
        "answer": answer,
        "graph": any(row.requires_grad for row in tensors),
        "trained": any(modes),
        "modes": [module.training for module in network.modules()],
        "trainable": all(one.requires_grad for one in network.parameters()),
        "hooks": sum(len(module._forward_hooks) + len(module._forward_pre_hooks) for module in network.modules()),
        "batches": sizes,
    }
