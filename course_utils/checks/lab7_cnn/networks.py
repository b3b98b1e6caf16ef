"""Checks of the networks that learners build. A probe runs beside the class; what is right is computed here."""

from collections.abc import Callable
from itertools import combinations

import torch
import torch.nn.functional as F
from torch import nn

from course_utils.checks import diagnosis
from course_utils.checks.comparing import refusal
from course_utils.checks.lab7_cnn import reference
from course_utils.judging.answers import as_array, named
from course_utils.judging.protocol.calling import ask, quiet, sentence
from course_utils.judging.protocol.verdicts import CheckFailed, NotAttempted
from course_utils.variants.lab7_cnn import LAB7

State = dict[str, torch.Tensor]
RELUS = ("conv1", "conv2", "fc1", "fc2")
PARTS = ("relu", "pool", "last")


def right_shapes() -> dict[str, tuple[int, ...]]:
    """Return the parameter tensors of the lab's network: name → shape."""
    return reference.torch_tensors(reference.torch_network(LAB7))


def draw_state(seed: int) -> State:
    """Draw weights for the lab's network, large enough for every layer to matter."""
    chance = torch.Generator().manual_seed(seed)
    found = {}
    for name, shape in right_shapes().items():
        scale = 0.3 if name.endswith("bias") else (2 / torch.Size(shape)[1:].numel()) ** 0.5
        found[name] = scale * torch.randn(shape, generator=chance)
    return found


def draw_pictures(batch: int, side: int, seed: int) -> torch.Tensor:
    """Draw a batch of pictures ``(batch, 3, side, side)``, numbers around zero."""
    return torch.randn(batch, 3, side, side, generator=torch.Generator().manual_seed(seed))


# --- probes: these run beside the student's class and return plain data and tensors


def look_at_class(network_class, state: State, batches: list) -> dict:
    """Probe: make an instance, give it weights by name, run it on batches, each also a second time.

    Returns
    -------
    dict
        ``"tensors"``: shape of each parameter by name; ``"outputs"``: for each batch a tensor or the words of an
        exception; ``"again"``: the same a second time; ``"is module"``.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        model = network_class()
        if not isinstance(model, nn.Module):
            return {"is module": False}
        named = dict(model.named_parameters())
        with torch.no_grad():
            for name, value in state.items():
                if name in named and named[name].shape == value.shape:
                    named[name].copy_(value)
        model.eval()
        outputs, again = ([_run(model, x) for x in batches] for _ in range(2))
    shapes = {name: list(parameter.shape) for name, parameter in named.items()}
    return {"is module": True, "tensors": shapes, "outputs": outputs, "again": again}


def _run(model: nn.Module, x: torch.Tensor):
    try:
        with torch.no_grad():
            out = model(x.clone())
    except NotImplementedError:
        raise
    except Exception as error:
        return sentence(error, "forward")
    return out.detach().clone() if isinstance(out, torch.Tensor) else ["not a tensor", type(out).__name__]


# --- the lab's network


def forward(state: State, x: torch.Tensor, skip=(), activation=F.relu, pool=F.max_pool2d) -> torch.Tensor:
    """Compute the lab's network with given weights; ``skip`` names layers without their activation."""

    def act(name, values):
        return values if name in skip else activation(values)

    for name in ("conv1", "conv2"):
        x = pool(act(name, F.conv2d(x, state[f"{name}.weight"], state[f"{name}.bias"])), 2)
    x = x.flatten(1)
    for name in ("fc1", "fc2", "fc3"):
        x = F.linear(x, state[f"{name}.weight"], state[f"{name}.bias"])
        x = x if name == "fc3" else act(name, x)
    return x


def cnn_ways(state: State, x: torch.Tensor) -> dict[str, Callable]:
    """For each code, a function that computes what this wrong network gives."""
    right = forward(state, x)
    missing = [skip for size in range(1, 5) for skip in combinations(RELUS, size)]
    return {
        "PR5": lambda: [right.softmax(1), right.log_softmax(1), right.softmax(0), right.sigmoid()],
        "KB3": lambda: right.relu(),
        "KB2": lambda: [forward(state, x, skip) for skip in missing],
        "KB5": lambda: forward(state, x, pool=F.avg_pool2d),
        "KB6": lambda: [forward(state, x, activation=a) for a in (torch.tanh, torch.sigmoid, F.leaky_relu, F.gelu)],
        "DS2": lambda: [right.squeeze(0), right[0]],
    }


@quiet()
def build_cnn(answer, hidden: int | None = None) -> None:
    """Check ``class CNN(nn.Module)``: its tensors, and its scores with weights given to it. 3 points.

    Parameters
    ----------
    answer
        The student's class, made without arguments; takes ``(N, 3, 32, 32)``, gives logits ``(N, 10)``.
    hidden
        Seed of other weights and pictures.
    """
    seed = 1 if hidden is None else hidden
    state, sizes = draw_state(seed), (4, 1, 7)
    batches = [draw_pictures(size, 32, seed + size) for size in sizes]
    found = _looked_at(answer, "CNN", state, batches)
    outputs = found["outputs"]
    _refuse_others(outputs, "CNN")
    _refuse_fresh_weights(found)
    _compare_tensors(found["tensors"])
    _refuse_one_size(outputs, sizes, hidden)
    for size, x, out in zip(sizes, batches, outputs, strict=True):
        _compare_scores(out, state, x, f"a batch of {size}" if hidden is None else None)
    print("Correct.")


def _looked_at(answer, name: str, state: State, batches: list) -> dict:
    if answer is None:
        raise NotAttempted(f"{name} is None")
    found = ask(look_at_class, answer, state, batches)
    if type(found) is not dict or not found.get("is module"):
        raise CheckFailed(f"{name} should be a class made from nn.Module. Does its first line say so?")
    return found


def _refuse_others(outputs: list, name: str) -> None:
    """Raise if something else than a tensor came back."""
    for out in outputs:
        if type(out) is list:
            raise CheckFailed(f"{name} should return a tensor of scores, not {kind_of(out)}")


def kind_of(out: list) -> str:
    """Name what came back in place of a tensor, to the end of the sentence."""
    return f"{named(out[1])}." if out[1] != "NoneType" else "None. Does forward end in a return statement?"


def _refuse_fresh_weights(found: dict) -> None:
    for one, two in zip(found["outputs"], found["again"], strict=True):
        both = isinstance(one, torch.Tensor) and isinstance(two, torch.Tensor)
        if both and one.shape == two.shape and not torch.allclose(one, two, equal_nan=True):
            raise refusal("CNN: not yet right.", "KB1")


def _compare_tensors(shapes: dict) -> None:
    right = {name: list(shape) for name, shape in right_shapes().items()}
    for name in right:
        if name not in shapes:
            layer = name.split(".")[0]
            raise CheckFailed(f"CNN has no parameter {name}. Is there a layer self.{layer}, with biases, in __init__?")
        if shapes[name] != right[name]:
            raise CheckFailed(f"CNN: {name} has the shape {tuple(shapes[name])}. What does the listing say of it?")
    if extra := [name for name in shapes if name not in right]:
        raise CheckFailed(f"CNN has a parameter that the listing has not: {extra[0]}.")


def _refuse_one_size(outputs: list, sizes: tuple, hidden: int | None) -> None:
    """Raise where some batches run and others do not, or none does."""
    bad = [place for place, out in enumerate(outputs) if isinstance(out, str)]
    if not bad:
        short = [place for place, out in enumerate(outputs) if out.ndim == 2 and out.shape[0] != sizes[place]]
        if short:
            raise refusal("CNN: not yet right.", "KB4")
        return
    alone = sizes.index(1)
    if alone not in bad and len(bad) == len(sizes) - 1:
        raise CheckFailed(_first_line(outputs[bad[0]], hidden) + diagnosis.feedback("DS4"), ("DS4",))
    if len(bad) < len(sizes):
        raise CheckFailed(_first_line(outputs[bad[0]], hidden) + diagnosis.feedback("KB4"), ("KB4",))
    raise CheckFailed(_first_line(outputs[0], hidden).strip())


def _first_line(words: str, hidden: int | None) -> str:
    line = words.split("\n")[0][:160]
    return f"CNN: {line}\n" if hidden is None else "CNN: forward failed on pictures drawn at grading.\n"


def _compare_scores(out: torch.Tensor, state: State, x: torch.Tensor, case: str | None) -> None:
    given = as_array(out, "What CNN returns")
    right = forward(state, x).numpy()
    if diagnosis.close(given, right):
        return
    code = diagnosis.explain_array(given, cnn_ways(state, x))
    lines = [f"CNN: not yet right ({case or 'pictures drawn at grading'})."]
    if given.shape != right.shape and case:
        lines.append(f"  your scores have the shape {given.shape}: one row a picture, one column a class?")
    elif case:
        lines.append("  with the same weights PyTorch's network gives other scores.")
    raise refusal("\n".join(lines), code)


# --- a network for larger pictures


def look_at_corners(network_class, x: torch.Tensor, changed: list) -> dict:
    """Probe: run a fresh instance on a batch, on its pictures one by one, and on changed copies of the first."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(11)
        model = network_class()
        if not isinstance(model, nn.Module):
            return {"is module": False}
        model.eval()
        outputs = [_run(model, x), *(_run(model, x[[place]]) for place in range(2))]
        touched = [_run(model, one) for one in changed]
        large = _run(model, x.repeat(9, 1, 1, 1)[:25])
    kernels = [list(p.shape) for p in model.parameters() if p.ndim == 4]
    return {"is module": True, "outputs": [*outputs, large], "touched": touched, "kernels": kernels}


@quiet()
def mend_network(answer, hidden: int | None = None) -> None:
    """Check ``class CNN64(nn.Module)`` for pictures of 64×64. 2 points.

    Parameters
    ----------
    answer
        The student's class; takes ``(N, 3, 64, 64)``, gives logits ``(N, 10)``, and each row depends on its picture.
    hidden
        Seed of other pictures.
    """
    x = draw_pictures(3, 64, 5 if hidden is None else hidden)
    corners = [(0, 0), (0, 1), (1, 0), (1, 1)]
    changed = [x[[0]].clone() for _ in corners]
    for one, (down, right) in zip(changed, corners, strict=True):
        one[:, :, 52 * down : 52 * down + 12, 52 * right : 52 * right + 12] += 5.0
    if answer is None:
        raise NotAttempted("CNN64 is None")
    found = ask(look_at_corners, answer, x, changed)
    if type(found) is not dict or not found.get("is module"):
        raise CheckFailed("CNN64 should be a class made from nn.Module. Does its first line say so?")
    _check_rows(found["outputs"], hidden)
    if [list(s) for s in found["kernels"][:2]] != [[6, 3, 5, 5], [16, 6, 5, 5]]:
        raise CheckFailed("CNN64 should keep the lab's two convolutions: 3 to 6 and 6 to 16 channels, kernels of 5×5.")
    alone = found["outputs"][1]
    for one in found["touched"]:
        if isinstance(one, torch.Tensor) and torch.allclose(one, alone, rtol=1e-6, atol=1e-7):
            raise refusal("CNN64: not yet right.", "KC6")
    print("Correct.")


def _check_rows(outputs: list, hidden: int | None) -> None:
    """Raise unless every picture has its own row of ten scores, whatever stands beside it in the batch."""
    three, first, second, large = outputs
    words = [out for out in outputs if isinstance(out, str)]
    if words and not isinstance(large, str):  # 25 pictures pass where fewer do not: rows of 400
        raise refusal("CNN64: not yet right.", "KC7")
    if words:
        line = words[0].split("\n")[0][:160] if hidden is None else "forward failed on pictures drawn at grading."
        raise CheckFailed(f"CNN64: {line}")
    _refuse_others(outputs, "CNN64")
    shapes = [tuple(out.shape) for out in outputs]
    if shapes[0][0:1] != (3,) or shapes[3][0:1] != (25,):
        raise refusal("CNN64: not yet right.", "KC7")
    if shapes != [(3, 10), (1, 10), (1, 10), (25, 10)]:
        wanted = "one row for each picture, one column for each of ten classes?"
        raise CheckFailed(f"CNN64: for 3 pictures your scores have the shape {shapes[0]}: {wanted}")
    alone = torch.cat([first, second])
    if not torch.allclose(three[:2], alone, rtol=1e-3, atol=1e-4) or not torch.allclose(large[:3], three, atol=1e-4):
        raise refusal("CNN64: not yet right.", "KC7")
    if any(_are_probabilities(out) for out in (three, three.exp())):
        raise refusal("CNN64: not yet right.", "PR5")


def _are_probabilities(out: torch.Tensor) -> bool:
    sums = out.sum(1)
    return bool((out >= 0).all()) and torch.allclose(sums, torch.ones_like(sums), atol=1e-4)
