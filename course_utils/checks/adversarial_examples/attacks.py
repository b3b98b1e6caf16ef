"""Checks of gradients by the input and of attacks on single pictures. What is right is asked of autograd.

The networks are small, smooth and in float64, and made from a recipe on both sides: a student's result must equal
autograd's, so that a wrong way can be named.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F

from course_utils.checks.adversarial_examples import networks, probes
from course_utils.checks.adversarial_examples.networks import Recipe, slope
from course_utils.checks.comparing import compare, refusal
from course_utils.judging.answers import as_array
from course_utils.judging.protocol.calling import ask, quiet
from course_utils.judging.protocol.verdicts import CheckFailed

EPS = 8 / 255


class Case(NamedTuple):
    """One call to try: what is new in it, the network, the batch, and what follows ``(model, x, y)``."""

    new: str
    recipe: Recipe
    batch: int
    numbers: tuple = ()
    options: tuple = ()  # of (name, value)


def pictures(case: Case, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw pictures ``(N, 3, H, W)``, a fifth of their pixels black or white, and labels: half are as predicted."""
    rng = np.random.default_rng([seed, case.batch, case.recipe.seed])
    shape = (case.batch, 3, case.recipe.height, case.recipe.width)
    x = torch.tensor(np.clip(rng.uniform(-0.15, 1.15, shape), 0, 1))
    x = x if case.recipe.double else x.float()
    y = torch.tensor(rng.integers(0, networks.CLASSES, case.batch))
    known = torch.arange(case.batch) % 2 == 0
    return x, torch.where(known, networks.predict(networks.make(case.recipe), x), y)


def _describe(case: Case, hidden: int | None) -> str | None:
    shape = (case.batch, 3, case.recipe.height, case.recipe.width)
    return f"{case.new}; x has shape {shape}" if hidden is None else None


def _read(answer, name: str) -> np.ndarray:
    if answer is None:
        raise CheckFailed(f"{name} returned None. Does it end in a return statement?")
    return as_array(answer, f"What {name} returns")


# --- the gradient by the input

GRADIENT_CASES = [
    (Case("one picture", Recipe(1), 1), False, False),
    (Case("a batch: each picture's own gradient", Recipe(2), 4), False, False),
    (Case("parameters that hold a gradient already", Recipe(3), 3), False, True),
    (Case("a model with batch normalisation, in train mode", Recipe(4, norm=True), 4), True, False),
]
HIDDEN_GRADIENT_CASES = [
    (Case("other sizes", Recipe(11, 7, 4), 5), False, True),
    (Case("float32", Recipe(12, 5, 7, double=False), 3), False, False),
    (Case("batch normalisation, in eval mode", Recipe(13, 4, 5, norm=True), 6), False, False),
    (Case("batch normalisation, in train mode", Recipe(14, 5, 5, norm=True), 2), True, True),
]


@quiet()
def input_gradient(answer, hidden: int | None = None) -> None:
    """Check ``input_gradient(model, x (N, C, H, W), y (N,))``, the gradient of each picture's loss. 3 points.

    Parameters
    ----------
    answer
        The student's function. The model, its parameters' ``grad`` and ``x`` must be afterwards as they were.
    hidden
        Seed of further cases, drawn at grading. Messages do not describe a hidden case.
    """
    for case, training, stored in GRADIENT_CASES if hidden is None else HIDDEN_GRADIENT_CASES:
        x, y = pictures(case, hidden or 0)
        found = ask(probes.gradient, answer, tuple(case.recipe), x, y, training, stored)
        model = networks.make(case.recipe)
        given, right = _read(found["answer"], "input_gradient"), slope(model, x, y)
        compare("input_gradient", given, right, gradient_ways(case, x, y), _describe(case, hidden))
        _compare_with_differences(given, model, x, y, case)
        _refuse_traces(found)
    print("Correct.")


def gradient_ways(case: Case, x: torch.Tensor, y: torch.Tensor) -> dict[str, Callable]:
    """For each code of a wrong gradient, a function that computes it."""
    model, right = networks.make(case.recipe), slope(networks.make(case.recipe), x, y)

    def training(loss=networks.loss_sum):
        return slope(networks.make(case.recipe).train(), x, y, loss)

    def picked(scores):
        return scores[range(len(y)), y].sum()

    return {
        "GR1": lambda: [-right, -right / len(x)],
        "GR3": lambda: right / len(x),
        "AD7": lambda: [training(), training(F.cross_entropy)],
        "EG2": lambda: [right.sign(), -right.sign()],
        "PR5": lambda: [slope(model, x, y, lambda z, y, f=f: f(z.softmax(1), y)) for f in (networks.loss_sum, _mean)],
        "EG1": lambda: [
            sign * slope(model, x, y, lambda z, y, f=f: picked(f(z))) / share
            for f in (lambda z: z, lambda z: z.softmax(1))
            for sign in (1, -1)
            for share in (1, len(x))
        ],
        "DS2": lambda: [right[0], right.sum(0), right.mean(0)],
    }


def _mean(logits, y):
    return F.cross_entropy(logits, y)


def _compare_with_differences(given: np.ndarray, model, x: torch.Tensor, y: torch.Tensor, case: Case) -> None:
    """Move five pixels by a tiny step each way and see how the loss moves: autograd is not taken at its word."""
    if not case.recipe.double:
        return
    step, rng = 1e-4, np.random.default_rng(case.recipe.seed)
    for place in rng.choice(x.numel(), 5, replace=False):
        moved = torch.zeros(x.numel(), dtype=x.dtype)
        moved[place] = step
        moved = moved.reshape(x.shape)
        with torch.no_grad():
            rise = networks.loss_sum(model(x + moved), y) - networks.loss_sum(model(x - moved), y)
        if abs(float(rise) / (2 * step) - given.reshape(-1)[place]) > 1e-3:
            raise CheckFailed("input_gradient: a pixel that is moved a little moves the loss by another amount.")


def _refuse_traces(found: dict) -> None:
    for part, code, what in (
        ("grads", "AD6", "the numbers are right, but the parameters' grad is not as it was."),
        ("mode", "AD7", "the numbers are right, but the model is not as it was."),
        ("x", "EG3", "the numbers are right, but x is not as it was."),
    ):
        if found[part] is not True:
            raise refusal(f"input_gradient: {what}", code)
    if found["trainable"] is not True:
        raise CheckFailed(
            "input_gradient: the numbers are right, but requires_grad of the parameters is not as it was.\n"
            "Hint: Who wants to train this model next? Which tensor alone needs a gradient here?"
        )


# --- one step

FGSM_CASES = [
    Case("eps=8/255", Recipe(21), 12, (EPS,)),
    Case("eps=0", Recipe(22), 3, (0.0,)),
    Case("targeted=True", Recipe(23), 4, (EPS,), (("targeted", True),)),
]
HIDDEN_FGSM_CASES = [
    Case("other sizes", Recipe(31, 4, 7), 10, (2 / 255,)),
    Case("a large step", Recipe(32, 5, 4), 6, (0.25,)),
    Case("targeted", Recipe(33, 7, 5), 7, (16 / 255,), (("targeted", True),)),
    Case("float32", Recipe(34, 5, 6, double=False), 4, (4 / 255,)),
]


@quiet()
def fgsm(answer, hidden: int | None = None) -> None:
    """Check ``fgsm(model, x, y, eps, targeted=False)``: one step of eps along the signs, pixels from 0 to 1. 3 points.

    Parameters
    ----------
    answer
        The student's function.
    hidden
        Seed of further cases, drawn at grading. Messages do not describe a hidden case.
    """
    for case in FGSM_CASES if hidden is None else HIDDEN_FGSM_CASES:
        x, y = pictures(case, hidden or 0)
        _judge("fgsm", answer, case, x, y, (one_step(case, x, y), step_ways(case, x, y)), hidden)
    print("Correct.")


def _judge(name: str, answer, case: Case, x, y, truth: tuple, hidden: int | None) -> None:
    """Call an attack on one case, compare, and say how the accuracy moved where the step went the wrong way."""
    right, ways = truth
    found = ask(probes.attack, answer, tuple(case.recipe), x, y, case.numbers, dict(case.options))
    given = _read(found["answer"], name)
    try:
        compare(name, given, right, ways, _describe(case, hidden))
    except CheckFailed as error:
        if error.codes != ("AD1",) or hidden is not None:
            raise
        raise CheckFailed(_with_accuracies(error.message, case, x, y, given), error.codes) from None
    if found["x"] is not True:
        raise refusal(f"{name} changed the pictures that it was given.", "EG3")


def _with_accuracies(message: str, case: Case, x, y, given: np.ndarray) -> str:
    model = networks.make(case.recipe)
    before, after = (networks.accuracy(model, z, y) for z in (x, torch.tensor(given, dtype=x.dtype)))
    lines = message.split("\n")
    lines[1] = f"  the network's accuracy went from {before:.2f} to {after:.2f}: you are helping the network."
    return "\n".join(lines)


def direction(case: Case) -> int:
    """Return 1 where the loss should grow, -1 where it should shrink."""
    return -1 if dict(case.options).get("targeted") else 1


def one_step(case: Case, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Take one step of ``case.numbers[0]`` along the signs of autograd's gradient."""
    return (x + direction(case) * case.numbers[0] * slope(networks.make(case.recipe), x, y).sign()).clamp(0, 1)


def step_ways(case: Case, x: torch.Tensor, y: torch.Tensor) -> dict[str, Callable]:
    """For each code of a wrong step, a function that computes its result."""
    (eps,), gradient = case.numbers, slope(networks.make(case.recipe), x, y)
    up, half = direction(case) * gradient.sign(), 0.5  # the network's standard deviation
    lengths = [1, len(x), gradient.abs().max(), gradient.norm(), gradient.flatten(1).norm(dim=1)[:, None, None, None]]
    return {
        "AD1" if direction(case) > 0 else "EA2": lambda: [(x - eps * up).clamp(0, 1), x - eps * up],
        "AD3": lambda: x + eps * up,
        "EA5": lambda: (x + eps * up).clamp(-1, 1),
        "EA1": lambda: [eps * up, (eps * up).clamp(0, 1), (x + eps * up).clamp(0, 1) - x],
        "AD4": lambda: [(x + eps * factor * up).clamp(0, 1) for factor in (half, 1 / half, 255, 1 / 255)],
        "AD2": lambda: [
            (x + sign * eps * direction(case) * gradient / n).clamp(0, 1) for n in lengths for sign in (1, -1)
        ],
        "DS2": lambda: (x + eps * up).clamp(0, 1)[0],
    }


# --- many steps

PGD_CASES = [
    Case("one step of alpha=eps", Recipe(41), 8, (EPS, EPS, 1)),
    Case("two steps of alpha=0.4*eps", Recipe(45), 4, (EPS, 0.4 * EPS, 2)),  # inside the budget
    Case("three steps of alpha=2*eps", Recipe(42), 4, (EPS, 2 * EPS, 3)),  # tells which budget is kept
    Case("ten steps of alpha=eps/4", Recipe(43), 4, (EPS, EPS / 4, 10)),
    Case("targeted=True", Recipe(44), 4, (EPS, EPS / 2, 4), (("targeted", True),)),
]
HIDDEN_PGD_CASES = [
    Case("other sizes", Recipe(51, 4, 7), 5, (4 / 255, 1 / 255, 8)),
    Case("a large budget", Recipe(52, 5, 4), 6, (0.2, 0.3, 4)),
    Case("targeted", Recipe(53, 7, 5), 3, (16 / 255, 4 / 255, 6), (("targeted", True),)),
]


@quiet()
def pgd(answer, hidden: int | None = None) -> None:
    """Check ``pgd(model, x, y, eps, alpha, steps, targeted=False)``: repeated steps inside the budget. 3 points.

    Parameters
    ----------
    answer
        The student's function. It starts at ``x`` itself.
    hidden
        Seed of further cases, drawn at grading. Messages do not describe a hidden case.
    """
    for case in PGD_CASES if hidden is None else HIDDEN_PGD_CASES:
        x, y = pictures(case, hidden or 0)
        _judge("pgd", answer, case, x, y, (many_steps(case, x, y), walk_ways(case, x, y)), hidden)
    print("Correct.")


def many_steps(
    case: Case, x, y, *, around: str = "x", clamp: bool = True, sign: int = 1, raw=False, at="here", keep=False
):
    """Walk along the gradient with PyTorch, rightly by default, or with one thing done wrongly."""
    (eps, alpha, steps), model = case.numbers, networks.make(case.recipe)
    here, gradient = x, torch.zeros_like(x)
    for _ in range(steps):
        gradient = (gradient if keep else 0) + slope(model, here if at == "here" else x, y)
        step = here + sign * direction(case) * alpha * (gradient if raw else gradient.sign())
        centre = {"x": x, "here": here, "nothing": None}[around]
        here = step if centre is None else torch.clamp(step, centre - eps, centre + eps)
        here = here.clamp(0, 1) if clamp else here
    return here


def walk_ways(case: Case, x: torch.Tensor, y: torch.Tensor) -> dict[str, Callable]:
    """For each code of a wrong walk, a function that computes its result."""
    eps, alpha, steps = case.numbers

    def walk(**changes):
        return many_steps(case, x, y, **changes)

    def first(length):
        return one_step(case._replace(numbers=(length,)), x, y)

    return {
        "AD1" if direction(case) > 0 else "EA2": lambda: [walk(sign=-1), walk(sign=-1, clamp=False)],
        "AD3": lambda: walk(clamp=False),
        "EA3": lambda: walk(at="x"),
        "EA7": lambda: [
            walk(clamp=False).clamp(0, 1),
            *(torch.clamp(walk(around="nothing", clamp=c), x - eps, x + eps).clamp(0, 1) for c in (True, False)),
        ],
        "EA8": lambda: walk(keep=True),
        "EA6": lambda: [first(min(alpha, eps)), first(alpha), first(alpha / 2)] if steps > 1 else [],
        "AD5": lambda: [walk(around="nothing"), walk(around="nothing", clamp=False)],
        "EA4": lambda: [walk(around="here"), walk(around="here", clamp=False)],
        "EA1": lambda: [walk() - x],
        "AD2": lambda: [walk(raw=True), walk(raw=True, around="nothing")],
        "AD4": lambda: [
            many_steps(case._replace(numbers=(eps * f, alpha * f, steps)), x, y) for f in (0.5, 2, 255, 1 / 255)
        ],
        "DS2": lambda: walk()[0],
    }
