"""Attack and defence: what learners hand in for ``course challenge 8``, and how one meets the other.

A learner hands in ``attack(network, pictures, labels, eps)``, a function of the notebook, and weights for the lab's
network in ``defence.npz`` beside it. A defence is data: arrays of known shapes and types, read without pickle. An
attack runs where it can reach nothing; what it returns is measured on this side, in a network that it never had.
"""

import base64
import builtins
import io
import json
import math
import re
import zipfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from course_utils.data import SHAPES, load_shapes
from course_utils.judging.answers import as_array
from course_utils.judging.protocol.calling import ask, must_be_function
from course_utils.judging.protocol.undisturbed import undisturbed
from course_utils.judging.protocol.verdicts import CheckFailed
from course_utils.labs.adversarial_examples import networks
from course_utils.models import make_small_cnn
from course_utils.runtime import is_grading

FILE = "defence.npz"
EPS = 8 / 255
PICTURES = 100  # of each pairing
SLACK = 1e-6  # of a budget in float32
WHOLE = 0.99  # of the budget: who moves a pixel so far has used it up
LARGEST = 1_000_000  # bytes of a defence, four times as many as the network's numbers take
LARGEST_WEIGHT = 1_000.0  # with larger ones scores could overflow, and an attack that does nothing wrong would fail
NAME = "attack"

Weights = dict[str, torch.Tensor]


@cache
def shapes() -> dict[str, tuple[int, ...]]:
    """Return the shapes of the arrays that the lab's network consists of, by name, in its order."""
    return {name: tuple(tensor.shape) for name, tensor in make_small_cnn().state_dict().items()}


# --- a defence ------------------------------------------------------------------------------------


def save_defence(network: nn.Module | None, path: str | Path = FILE) -> str:
    """Write the weights of a network of the lab's build into a file beside the notebook; return a sentence.

    Parameters
    ----------
    network
        Of the build of ``load_trained("shapes")``, with weights of your own; None if you do not defend.
    path
        Of the file. At grading none is written.

    Raises
    ------
    ValueError
        If the network is of another build, or holds numbers that are not finite.
    """
    if network is None:
        return "No defence: nothing was written."
    if not isinstance(network, nn.Module):
        raise ValueError(f"a defence is a network, not {type(network).__name__}")
    weights = checked({name: tensor.detach() for name, tensor in network.state_dict().items()})
    if is_grading():
        return "At grading no defence is written."
    with open(path, "wb") as file:
        np.savez(file, **{name: tensor.numpy() for name, tensor in weights.items()})
    return f"Your defence is in {path}: {sum(tensor.numel() for tensor in weights.values()):,} numbers."


def checked(weights: Mapping[str, Any]) -> Weights:
    """Return weights of the lab's network as float32, in its order.

    Raises
    ------
    ValueError
        In a sentence that names the array, what was wanted and what came.
    """
    wanted = shapes()
    missing, more = [name for name in wanted if name not in weights], [name for name in weights if name not in wanted]
    if missing or more:
        what = f"{missing[0]} is missing" if missing else f"{str(more[0])[:40]!r} is none of its arrays"
        raise ValueError(f"the weights are not those of the lab's network: {what}")
    found: Weights = {}
    for name, shape in wanted.items():
        tensor = torch.as_tensor(weights[name])
        if tuple(tensor.shape) != shape:
            raise ValueError(f"{name} has the shape {tuple(tensor.shape)}, and {shape} is wanted")
        found[name] = tensor.to(torch.float32).contiguous()
        if not torch.isfinite(found[name]).all():
            raise ValueError(f"{name} holds numbers that are not finite")
        if found[name].abs().max() > LARGEST_WEIGHT:
            raise ValueError(f"{name} holds numbers beyond {LARGEST_WEIGHT:,.0f}")
    return found


def read_defence(content: bytes) -> Weights:
    """Return the weights in a file's contents. Nothing in it is run, and no more is unpacked than a network takes.

    Raises
    ------
    ValueError
        In a sentence, whatever is wrong with it.
    """
    if len(content) > LARGEST:
        raise ValueError(f"{FILE} has {len(content):,} bytes, and {LARGEST:,} are allowed")
    found: dict[str, np.ndarray] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if len(entries) > 4 * len(shapes()) or sum(e.file_size for e in entries) > LARGEST:
                raise ValueError(f"{FILE} holds more than a network's numbers")
            for entry in entries:
                if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise ValueError(f"{FILE} is packed in an unusual way; write it with save_defence")
                with archive.open(entry) as file:
                    found[entry.filename.removesuffix(".npy")] = _array(entry.filename, file.read(LARGEST))
    except (zipfile.BadZipFile, OSError, EOFError, RuntimeError, NotImplementedError, MemoryError, UnicodeError):
        raise ValueError(f"{FILE} is damaged, or no file of save_defence") from None
    except Exception as error:
        if type(error) is ValueError:
            raise
        raise ValueError(f"{FILE} is damaged: {type(error).__name__}") from None
    return checked(found)


def _array(name: str, content: bytes) -> np.ndarray:
    """Return the array in a member: type and shape are believed only if its bytes are as many as they say."""
    stream = io.BytesIO(content)
    try:
        version = np.lib.format.read_magic(stream)
        if version != (1, 0):
            raise ValueError
        shape, by_columns, kind = np.lib.format.read_array_header_1_0(stream, max_header_size=2_000)
    except Exception:
        raise ValueError(f"{name[:40]!r} in {FILE} is no array") from None
    data = content[stream.tell() :]
    if kind.hasobject or kind.kind != "f" or kind.itemsize > 8:
        raise ValueError(f"{name[:40]!r} in {FILE} holds no floating-point numbers")
    if any(size < 0 for size in shape) or math.prod(shape) * kind.itemsize != len(data):
        raise ValueError(f"{name[:40]!r} in {FILE} has not as many numbers as it says")
    array = np.frombuffer(data, kind).reshape(shape, order="F" if by_columns else "C")
    return array.astype(np.float32)


def as_text(weights: Weights) -> str:
    """Return weights as text that can stand in a check."""
    return base64.b64encode(b"".join(tensor.numpy().tobytes() for tensor in weights.values())).decode()


def from_text(text: str) -> Weights:
    """Return the weights that :func:`as_text` wrote."""
    numbers, found, place = np.frombuffer(base64.b64decode(text), np.float32), {}, 0
    for name, shape in shapes().items():
        part = numbers[place : place + math.prod(shape)]
        found[name] = torch.from_numpy(part.copy()).reshape(shape)
        place += math.prod(shape)
    return found


# --- an attack meets a defence --------------------------------------------------------------------


def pictures(seed: int, number: int = PICTURES) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw pictures ``(N, 3, 32, 32)`` from 0 to 1 and their labels ``(N,)``: in nobody's hands who has no seed."""
    return load_shapes(1, number, seed=seed).test.tensors()


def against_the_rules(x: torch.Tensor, given: Any, eps: float) -> str:
    """Return in a sentence which rule attacked pictures break, "" if they keep all."""
    given = np.asarray(given)
    if given.shape != tuple(x.shape):
        return f"it returned the shape {given.shape}, and {tuple(x.shape)} is wanted"[:120]
    if given.dtype.kind not in "fiub" or not np.isfinite(given).all():
        return "it returned values that are no finite numbers"
    if given.min() < -SLACK or given.max() > 1 + SLACK:
        return f"it returned pixels from {given.min():.3g} to {given.max():.3g}, and 0 to 1 is wanted"
    moved = float(np.abs(given - x.numpy()).max())
    return f"it moved a pixel by {moved:.4f}, and {eps:.4f} is allowed" if moved > eps + SLACK else ""


def measured(weights: Weights, x: torch.Tensor, y: torch.Tensor, given: Any, eps: float = EPS) -> dict[str, Any]:
    """Return figures of attacked pictures that keep the rules.

    Returns
    -------
    dict
        ``of`` pictures so many were right before (``clean``), after (``right``), before and no more (``fooled``);
        ``whole`` and ``moved``: shares of pixels that moved by the whole budget, and of the budget that was used on
        average; ``taken_for`` and ``taken``: the class that most fooled pictures were taken for, and how many.
    """
    network = networks.judge(weights)
    new = torch.as_tensor(np.asarray(given), dtype=torch.float32)
    new = torch.minimum(torch.maximum(new, x - eps), x + eps).clamp(0, 1)
    before, after, change = networks.predict(network, x), networks.predict(network, new), (new - x).abs() / eps
    fooled = (before == y) & (after != y)
    counts = torch.bincount(after[fooled], minlength=len(SHAPES))
    return {
        "of": len(y),
        "clean": int((before == y).sum()),
        "right": int((after == y).sum()),
        "fooled": int(fooled.sum()),
        "whole": round(float((change >= WHOLE).double().mean()), 4),
        "moved": round(float(change.double().mean()), 4),
        "taken_for": SHAPES[int(counts.argmax())],
        "taken": int(counts.max()),
    }


def random_signs(x: torch.Tensor, seed: int, eps: float = EPS) -> torch.Tensor:
    """Return the control: each pixel moved by the whole budget, up or down by chance."""
    signs = torch.randint(0, 2, x.shape, generator=torch.Generator().manual_seed(seed)) * 2 - 1
    return (x + eps * signs).clamp(0, 1)


def attacked(attack: Callable[..., Any], weights: Weights, x: torch.Tensor, y: torch.Tensor, eps: float) -> Any:
    """Probe: call an attack on a network with these weights; return the pictures that it made."""
    torch.manual_seed(0)
    torch.set_flush_denormal(True)  # a defence of tiny weights would make each step a hundred times as slow
    try:
        answer = attack(networks.rebuild(weights), x.clone(), y.clone(), eps)
    finally:
        torch.set_flush_denormal(False)
    return answer.detach().cpu().numpy() if isinstance(answer, torch.Tensor) else answer


def rehearse(attack: Callable[..., Any], network: nn.Module, x: torch.Tensor, y: torch.Tensor, eps: float = EPS) -> str:
    """Return in a sentence what an attack does to a network of the lab's build, as the challenge would count it."""
    weights = checked(network.state_dict())
    with undisturbed():
        given = attacked(attack, weights, x, y, eps)
    if wrong := against_the_rules(x, given, eps):
        return f"Would not count: {wrong}."
    found = measured(weights, x, y, given, eps)
    return f"Keeps the rules. Right before: {found['clean']} of {found['of']}, after: {found['right']}."


def duel(attack: Any, weights: str, seed: int, number: int = PICTURES) -> None:
    """Check of the challenge: let a learner's attack meet a defence, and print the figures of :func:`measured`.

    Of what the attack's side says in words nothing goes on: it has seen pictures that nobody may know.

    Raises
    ------
    CheckFailed
        Why the pairing does not count for the attack.
    """
    (x, y), defence = pictures(seed, number), from_text(weights)
    try:
        must_be_function(attack, NAME)
        given = ask(attacked, attack, defence, x, y, EPS)
        given = as_array(given, f"What {NAME} returns")
    except CheckFailed as error:
        raise CheckFailed(in_our_words(error.message)) from None
    if wrong := against_the_rules(x, given, EPS):
        raise CheckFailed(wrong)
    print(json.dumps(measured(defence, x, y, given)))


def in_our_words(said: str) -> str:
    """Return what may be told of a failure: a kind of exception of Python's own, or that it took too long."""
    raised = re.search(r" raised ([A-Za-z]+)", said)
    if raised and isinstance(getattr(builtins, raised.group(1), None), type):
        return f"it raised {raised.group(1)}"
    if re.search(r" ran for more than [\d.]+ seconds", said):
        return "it took too long and was stopped"
    return "it failed, or returned no pictures"
