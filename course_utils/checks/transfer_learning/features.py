"""Checks of features taken from a layer, and of freezing."""

from collections.abc import Callable
from typing import NamedTuple

import torch

from course_utils.checks.comparing import compare, refusal, refuse, title
from course_utils.checks.transfer_learning import probes
from course_utils.judging.answers import as_array
from course_utils.judging.protocol.calling import ask, must_be_function, quiet
from course_utils.judging.protocol.verdicts import CheckFailed


class Case(NamedTuple):
    """One call: how many pictures, which layer, how many at once (None: left out), and the mode before."""

    number: int
    layer: str
    batch: int | None = None
    training: bool = False


CASES = [
    Case(4, "flatten"),
    Case(4, "body"),
    Case(7, "flatten", 3),
    Case(6, "flatten", 2, training=True),
]
HIDDEN_CASES = [
    Case(8, "body.norm", 3, training=True),
    Case(5, "head", 5),
    Case(1, "body.pool", 4, training=True),
    Case(2, "body.relu", 16),
    Case(70, "flatten"),
    Case(9, "flatten", 4),
]


@quiet()
def features(answer, hidden: int | None = None) -> None:
    """Check ``extract_features(model, X (N, C, H, W), layer, batch=64) -> (N, D)``. 3 points.

    Parameters
    ----------
    answer
        The student's function.
    hidden
        Seed of further cases, drawn at grading. Messages do not describe a hidden case.
    """
    must_be_function(answer, "extract_features")
    for number, case in enumerate(CASES if hidden is None else HIDDEN_CASES):
        seed = number + (hidden or 0)
        x = probes.make_pictures(case.number, seed)
        seen = ask(probes.extract, answer, seed, x, case.layer, case.batch, case.training)
        _judge(seen, seed, x, case, None if hidden is not None else _describe(case))
    print("Correct.")


def _describe(case: Case) -> str:
    batch = "" if case.batch is None else f", batch={case.batch}"
    mode = ", the model in train mode" if case.training else ""
    return f"layer {case.layer!r}, {case.number} pictures{batch}{mode}"


def _judge(seen: dict, seed: int, x: torch.Tensor, case: Case, words: str | None) -> None:
    if seen["answer"] is None:
        raise CheckFailed("extract_features returned None. Does it end in a return statement?")
    if seen["trained"]:
        refuse("TF1", "extract_features", words)
    given = as_array(seen["answer"], "What extract_features returns")
    right, ways = feature_ways(seed, x, case)
    compare("extract_features", given, right, ways, words)
    if seen["graph"]:
        refuse("TF3", "extract_features", words)
    if seen["modes"] != [module.training for module in probes.make_network(seed).train(case.training).modules()]:
        refuse("TF2", "extract_features", words)
    if seen["hooks"]:
        refuse("TF4", "extract_features", words)
    if max(seen["batches"], default=0) > (case.batch or 64):
        refuse("TF11", "extract_features", words)


def feature_ways(seed: int, x: torch.Tensor, case: Case) -> tuple[torch.Tensor, dict[str, Callable]]:
    """Return the right features and, for each code, a function that computes the wrong ones."""
    inputs, outputs = [], []
    network = probes.make_network(seed)
    layer = network.get_submodule(case.layer)
    hook = layer.register_forward_hook(lambda module, given, out: inputs.append(given[0]) or outputs.append(out))
    with torch.no_grad():
        scores = network(x)
    hook.remove()
    right, batch = outputs[0].flatten(1), case.batch or 64
    short = len(x) % batch
    last = right[-short:] if short else right[-batch:]
    ways: dict[str, Callable] = {
        "TF5": lambda: outputs[0],
        "TF10": lambda: [inputs[0], inputs[0].flatten(1)],
        "TF6": lambda: scores,
        "TF7": lambda: right[: len(right) - short],
        "TF8": lambda: [last, right[:batch]],
        "TF9": lambda: _reordered(right, batch),
        "DS4": lambda: [right.reshape(-1), right.reshape(1, -1)],
    }
    return right, ways


def _reordered(right: torch.Tensor, batch: int) -> list[torch.Tensor]:
    parts = right.split(batch)
    return [right.flip(0), torch.cat(parts[::-1]), torch.cat([part.flip(0) for part in parts])]


# --- freezing


@quiet()
def freezing(freeze, trainable_parameters, hidden: int | None = None) -> None:
    """Check ``freeze(module)`` by five steps of training, and ``trainable_parameters(model)``. 2 points.

    Parameters
    ----------
    freeze, trainable_parameters
        The student's functions.
    hidden
        Seed of further cases, drawn at grading.
    """
    must_be_function(freeze, "freeze")
    must_be_function(trainable_parameters, "trainable_parameters")
    for inside in ("body", "head") if hidden is None else ("body", "body.norm", "body.conv"):
        seen = ask(probes.freeze_and_train, freeze, hidden or 0, inside)
        _judge_frozen(seen, inside, f"five steps, freeze(model.{inside})" if hidden is None else None)
    for frozen in (["body.conv.weight", "body.conv.bias"], []) if hidden is None else (["head.weight"], ["head.bias"]):
        seen = ask(probes.trainable_names, trainable_parameters, hidden or 0, frozen)
        _judge_list(seen, frozen, f"{len(frozen)} parameters frozen" if hidden is None else None)
    print("Correct.")


def _judge_frozen(seen: dict, inside: str, words: str | None) -> None:
    names = [name for name, _ in probes.make_network(0).named_parameters()]
    within = [name for name in names if name.startswith(f"{inside}.")]
    moved = {name for name, tensor in seen["before"].items() if not torch.equal(tensor, seen["after"][name])}
    asking = [name for name in within if name in seen["asks"]]
    if seen["attribute"] and asking:
        refuse("TZ1", "freeze", words)
    if asking:
        refuse("TZ5" if len(asking) == len(within) else "TZ2", "freeze", words)
    if set(within) & moved:
        refuse("TZ5", "freeze", words)
    if not set(names) - set(within) <= set(seen["asks"]) or not {n for n in names if n not in within} & moved:
        refuse("TZ6", "freeze", words)
    if {name for name in moved if name.startswith(f"{inside}.")}:
        refuse("TR7", "freeze", words)


def _judge_list(seen: dict, frozen: list[str], words: str | None) -> None:
    wanted = [name for name, _ in probes.make_network(0).named_parameters() if name not in frozen]
    if seen["none"]:
        raise CheckFailed("trainable_parameters returned None. Does it end in a return statement?")
    if seen["others"]:
        refuse("TZ4", "trainable_parameters", words)
    if set(seen["names"]) & set(frozen):
        refuse("TZ3", "trainable_parameters", words)
    if sorted(seen["names"]) != sorted(wanted):
        raise refusal(
            f"{title('trainable_parameters', words)}\n"
            "  Parameters that require a gradient are missing, or stand in the list twice."
        )
