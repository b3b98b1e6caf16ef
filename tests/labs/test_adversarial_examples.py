"""Lab 08: right answers in many forms, every known wrong way, and what is said of both."""

import re
import sys
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from harness import QUIETLY, WrongWay, judged, right_answers
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from lesson import edited
from thorough import THOROUGH

from course_utils.data import load_shapes
from course_utils.judging.cases import Case
from course_utils.labs import adversarial_examples
from course_utils.labs.adversarial_examples import adversarial_training as defence
from course_utils.labs.adversarial_examples import networks
from course_utils.labs.adversarial_examples import universal_perturbation as universal
from course_utils.labs.adversarial_examples.attacks import Call, one_step, pictures
from course_utils.labs.adversarial_examples.budget_units import STDS, right_values, wrong_values
from course_utils.labs.adversarial_examples.control_experiment import CONCLUSION
from course_utils.labs.adversarial_examples.meaning import MEANING
from course_utils.labs.adversarial_examples.pgd import many_steps
from course_utils.models import load_trained
from course_utils.training import accuracy

LONG = {"adversarial-training"}  # networks are trained, or looked at one by one
DEAR = {"fooling-image", "pgd", "universal-perturbation"}  # judging one answer takes a second
BUILT_UP = {  # answers that call others: without those they cannot be there either
    "fgsm": ["input-gradient"],
    "pgd": ["input-gradient"],
    "universal-perturbation": ["input-gradient"],
    "fooling-image": ["fgsm"],
    "adversarial-training": ["fgsm"],
}

lab = adversarial_examples.for_student()

GRADIENT = """
def input_gradient(model, x, y):
    mode = model.training
    model.eval()
    leaf = x.clone().requires_grad_(True)
    scores = model(leaf)
    loss = F.cross_entropy(scores, y, reduction="sum")
    gradient = torch.autograd.grad(loss, leaf)[0]
    model.train(mode)
    return gradient
"""
FGSM = """
def fgsm(model, x, y, eps, targeted=False):
    leaf = x.clone().requires_grad_(True)
    loss = F.cross_entropy(model(leaf), y, reduction="sum")
    gradient = torch.autograd.grad(loss, leaf)[0]
    step = gradient.sign()
    step = -step if targeted else step
    moved = x + eps * step
    return moved.clamp(0, 1)
"""
PGD = """
def pgd(model, x, y, eps, alpha, steps, targeted=False):
    here = x
    for _ in range(steps):
        leaf = here.clone().requires_grad_(True)
        loss = F.cross_entropy(model(leaf), y, reduction="sum")
        gradient = torch.autograd.grad(loss, leaf)[0]
        step = gradient.sign()
        step = -step if targeted else step
        moved = here + alpha * step
        moved = torch.clamp(moved, x - eps, x + eps)
        here = moved.clamp(0, 1)
    return here
"""
UNIVERSAL = """
def universal_perturbation(model, X, eps, epochs):
    delta = torch.zeros_like(X[:1])
    labels = model(X).argmax(1)
    for _ in range(epochs):
        for batch, label in zip(X.split(50), labels.split(50)):
            leaf = delta.clone().requires_grad_(True)
            loss = F.cross_entropy(model((batch + leaf).clamp(0, 1)), label)
            step = torch.autograd.grad(loss, leaf)[0].sign()
            delta = (delta + eps / 4 * step).clamp(-eps, eps)
    return delta
"""
FOOLING = """
def fooling_image(model, target, steps, rng):
    picture = torch.rand(1, 3, 32, 32, generator=rng)
    confidence = 0.0
    for _ in range(steps):
        leaf = picture.clone().requires_grad_(True)
        loss = F.cross_entropy(model(leaf), torch.tensor([target]))
        step = torch.autograd.grad(loss, leaf)[0].sign()
        picture = (picture - 0.02 * step).clamp(0, 1)
    scores = model(picture)[0]
    confidence = scores.softmax(0)[target].item()
    return picture, confidence
"""
TRAINING = """
def adversarial_training(model, x, y, eps, epochs):
    adam = torch.optim.Adam(model.parameters(), lr=4e-3)
    for _ in range(epochs):
        for places in torch.randperm(len(x)).split(64):
            leaf = x[places].clone().requires_grad_(True)
            gradient = torch.autograd.grad(F.cross_entropy(model(leaf), y[places]), leaf)[0]
            attacked = (x[places] + eps * gradient.sign()).clamp(0, 1)
            loss = F.cross_entropy(model(attacked), y[places])
            adam.zero_grad()
            loss.backward()
            adam.step()
"""
SOURCES = {
    "input_gradient": GRADIENT,
    "fgsm": FGSM,
    "pgd": PGD,
    "universal_perturbation": UNIVERSAL,
    "fooling_image": FOOLING,
    "adversarial_training": TRAINING,
}
QUICK = ["input_gradient", "fgsm", "pgd"]


def lessons_network():
    """Return what is called ``network`` in the lesson: a learner may use it where ``model`` is meant."""
    return load_trained("shapes")


@cache
def others() -> torch.Tensor:
    """Return pictures that a learner may have in the notebook."""
    return load_shapes(200, 1, seed=5)[0].tensors()[0]


def build(name: str, *changes: tuple[str, str]) -> Callable:
    """Return the function called ``name`` with some of its text replaced."""
    source = edited(SOURCES[name], *changes)
    names = {"torch": torch, "F": F, "lessons_network": lessons_network, "OTHERS": others()}
    exec(source, names)
    return names[name]


def judge(name: str, function: Callable, seed: int | None = None):
    """Feed a function to its exercise, with a seed in hidden cases, too."""
    exercise = getattr(lab, name)
    return judged(exercise.check, function) if seed is None else judged(exercise.check_hidden, function, seed=seed)


def mutant(code: str, name: str, *changes: tuple[str, str], **more) -> WrongWay:
    return WrongWay(code, name.replace("_", "-"), lambda: (build(name, *changes),), **more)


MEAN = (', reduction="sum"', "")
UP, DOWN = "x + eps * step", "x - eps * step"
IN_BUDGET = ("torch.clamp(moved, x - eps, x + eps)", "moved")
LEAF = "        leaf = picture.clone().requires_grad_(True)\n"
TOO_SOON = ("    scores = model(picture)[0]\n", ""), (LEAF, LEAF + "        scores = model(leaf)[0]\n")

EARLY = (
    "    scores = model(picture)[0]\n    confidence = scores.softmax(0)[target].item()\n    return",
    "        scores = model(picture)[0]\n        confidence = scores.softmax(0)[target].item()\n        return",
)
LESSONS = "    model = lessons_network()\n"

TWICE = (
    "    return",
    """
    def fgsm_twice(first):
        leaf = first.clone().requires_grad_(True)
        loss = F.cross_entropy(model(leaf), y, reduction="sum")
        sign = torch.autograd.grad(loss, leaf)[0].sign()
        return (first + (-eps if targeted else eps) * sign).clamp(0, 1)

    return""",
)

ENOUGH = "        if not targeted and (model(here).argmax(1) != y).all():\n            break\n"
FUNCTIONS = [
    mutant("EG6", "input_gradient", ('F.cross_entropy(scores, y, reduction="sum")', "scores.sum()")),
    mutant("EG7", "input_gradient", ("return gradient", "return gradient * x")),
    mutant("EA20", "fgsm", ("gradient.sign()", "gradient.sum(0).sign()")),
    mutant("EA21", "fgsm", ("moved.clamp(0, 1)", "x if eps == 0 else fgsm_twice(moved.clamp(0, 1))"), TWICE),
    mutant("EA22", "fgsm", ("moved.clamp(0, 1)", "(moved.clamp(0, 1) * 255).round() / 255")),
    mutant("EA23", "fgsm", ("moved.clamp(0, 1)", "x + (moved - x).clamp(0, 1)")),
    mutant("EA21", "pgd", ("range(steps)", "range(1)"), ("alpha * step", "eps * step"), hidden=True),
    mutant("EA23", "pgd", ("x - eps, x + eps", "x, x + eps")),
    mutant("EA24", "pgd", ("for _ in", "for k in"), ("alpha * step", "alpha / (k + 1) * step")),
    mutant("EA24", "pgd", ("for _ in", "for k in"), ("alpha * step", "alpha * 0.9**k * step")),
    mutant("GR1", "input_gradient", ("return gradient", "return -gradient")),
    mutant("GR1", "input_gradient", ("loss = F.cross_entropy(scores, y", "loss = -F.cross_entropy(scores, y")),
    mutant("GR3", "input_gradient", MEAN),
    mutant("AD7", "input_gradient", ("    model.eval()\n", "")),
    mutant("AD7", "input_gradient", ("model.eval()", "model.train()")),
    mutant("AD7", "input_gradient", ("    model.train(mode)\n", "")),
    mutant("AD7", "input_gradient", ("    model.train(mode)\n", "    model.train()\n")),
    mutant("AD6", "input_gradient", ("torch.autograd.grad(loss, leaf)[0]", "(loss.backward(), leaf.grad)[1]")),
    mutant(
        "AD6",
        "input_gradient",
        ("torch.autograd.grad(loss, leaf)[0]", "(loss.backward(), model.zero_grad(), leaf.grad)[2]"),
    ),
    mutant("EG1", "input_gradient", ('F.cross_entropy(scores, y, reduction="sum")', "scores[range(len(y)), y].sum()")),
    mutant(
        "EG1",
        "input_gradient",
        ('F.cross_entropy(scores, y, reduction="sum")', "scores.softmax(1)[range(len(y)), y].mean()"),
    ),
    mutant("EG2", "input_gradient", ("return gradient", "return gradient.sign()")),
    mutant("EG3", "input_gradient", ("x.clone().requires_grad_", "x.requires_grad_")),
    mutant("PR5", "input_gradient", ("model(leaf)", "model(leaf).softmax(1)")),
    mutant("DS2", "input_gradient", ("return gradient", "return gradient[0]")),
    mutant("DS2", "input_gradient", ("return gradient", "return gradient.sum(0)")),
    mutant("AD1", "fgsm", (UP, DOWN)),
    mutant("AD1", "fgsm", (UP, DOWN), hidden=True),
    mutant("AD2", "fgsm", ("gradient.sign()", "gradient")),
    mutant("EA18", "fgsm", ("gradient.sign()", "gradient / gradient.abs().max()")),
    mutant("EA18", "fgsm", ("gradient.sign()", "gradient / gradient.norm()")),
    mutant("AD2", "fgsm", ("gradient.sign()", "gradient"), MEAN),
    mutant("AD3", "fgsm", ("moved.clamp(0, 1)", "moved")),
    mutant("EA5", "fgsm", ("clamp(0, 1)", "clamp(-1, 1)")),
    mutant("EA1", "fgsm", ("moved.clamp(0, 1)", "moved.clamp(0, 1) - x")),
    mutant("EA1", "fgsm", ("moved.clamp(0, 1)", "eps * step")),
    mutant("EA2", "fgsm", ("-step if targeted", "step if targeted")),
    mutant("AD4", "fgsm", ("eps * step", "eps / 0.5 * step")),
    mutant("AD4", "fgsm", ("eps * step", "eps * 0.5 * step")),
    mutant("AD4", "fgsm", ("eps * step", "eps / 255 * step")),
    mutant("DS2", "fgsm", ("clamp(0, 1)", "clamp(0, 1)[0]")),
    mutant("EG3", "fgsm", ("moved.clamp(0, 1)", "x.copy_(moved.clamp(0, 1))")),
    mutant("AD1", "fgsm", (UP, DOWN), ("eps * step", "eps / 255 * step"), also=("AD4",)),
    mutant("EG3", "fgsm", ("    return moved", "    x.requires_grad_()\n    return moved")),
    mutant("AD1", "pgd", ("here + alpha", "here - alpha")),
    mutant("AD2", "pgd", ("gradient.sign()", "gradient")),
    mutant("AD3", "pgd", ("moved.clamp(0, 1)", "moved")),
    mutant("AD4", "pgd", ("    here = x\n", "    here = x\n    eps, alpha = eps / 0.5, alpha / 0.5\n")),
    mutant("AD5", "pgd", ("torch.clamp(moved, x - eps, x + eps)", "moved")),
    mutant("AD5", "pgd", ("torch.clamp(moved, x - eps, x + eps)", "moved"), hidden=True),
    mutant("EA25", "pgd", ("    for _ in range(steps):\n", "    for _ in range(steps):\n" + ENOUGH)),
    mutant("EA26", "pgd", ("torch.clamp(moved, x - eps, x + eps)", "torch.minimum(moved, x + eps)")),
    mutant("EA4", "pgd", ("x - eps, x + eps", "here - eps, here + eps")),
    mutant("EA3", "pgd", ("leaf = here.clone()", "leaf = x.clone()")),
    mutant("EA6", "pgd", ("range(steps)", "range(1)")),
    mutant("EA7", "pgd", ("here = moved.clamp(0, 1)", "here = moved"), ("return here", "return here.clamp(0, 1)")),
    mutant("EA7", "pgd", IN_BUDGET, ("return here", "return torch.clamp(here, x - eps, x + eps)"), hidden=True),
    mutant(
        "EA8",
        "pgd",
        ("    here = x\n", "    here, total = x, 0\n"),
        ("gradient.sign()", "(total := total + gradient).sign()"),
    ),
    mutant("EA1", "pgd", ("return here", "return here - x")),
    mutant("EA2", "pgd", ("-step if targeted", "step if targeted")),
    mutant("DS2", "pgd", ("return here", "return here[0]")),
    mutant("EG3", "pgd", ("return here", "return x.copy_(here)")),
    mutant("EU1", "universal_perturbation", ("return delta", "return delta.expand_as(X)")),
    mutant("DS2", "universal_perturbation", ("return delta", "return delta[0]")),
    mutant("AD5", "universal_perturbation", ("return delta", "return delta + 2 * eps"), ("range(epochs)", "range(0)")),
    mutant("EU3", "universal_perturbation", ("delta + eps", "delta - eps")),
    mutant("EU3", "universal_perturbation", ("return delta", "return eps * torch.randn_like(delta).sign()")),
    mutant("EF4", "fooling_image", ("picture - 0.02", "picture + 0.02")),
    mutant("AD3", "fooling_image", (".clamp(0, 1)", "")),
    mutant("EF2", "fooling_image", ("scores.softmax(0)[target]", "scores[target]")),
    mutant("EF1", "fooling_image", ("scores.softmax(0)[target]", "scores.softmax(0)[target - 1]")),
    mutant("EF1", "fooling_image", *TOO_SOON),
    mutant("EF1", "fooling_image", ("return picture, confidence", "return picture, 1.0")),
    mutant("EF3", "fooling_image", ("generator=rng", "generator=torch.Generator().manual_seed(1)")),
    mutant("EF3", "fooling_image", ("generator=rng", "generator=None")),
    mutant("EF8", "fooling_image", ("range(steps)", "range(steps + 1)")),
    mutant("EF8", "fooling_image", ("torch.rand(", "0.5 * torch.rand(")),
    mutant("EG4", "input_gradient", ("cross_entropy(scores, y,", "cross_entropy(scores, scores.argmax(1),")),
    mutant("EG5", "input_gradient", ("return gradient", "return gradient / 0.5")),
    mutant("EG5", "input_gradient", ("return gradient", "return gradient / gradient.abs().max()")),
    mutant("EA9", "fgsm", ("cross_entropy(model(leaf), y", "cross_entropy(model(leaf), model(x).argmax(1)")),
    mutant("EA10", "fgsm", ("moved = x + eps", "moved = x + 0.1 * eps * torch.randn_like(x) + eps")),
    mutant("EA10", "fgsm", ("gradient.sign()", "torch.randn_like(x).sign()")),
    mutant("EA11", "fgsm", ("eps * step", "step")),
    mutant("EA11", "fgsm", ("eps * step", "0.01 * step"), hidden=True),
    mutant("EA14", "fgsm", ("gradient.sign()", "(gradient > 0).double()")),
    mutant("EA14", "fgsm", ("gradient.sign()", "loss.sign()")),
    mutant("EA15", "fgsm", ("moved.clamp(0, 1)", "(moved - moved.min()) / (moved.max() - moved.min())")),
    mutant("AD3", "fgsm", ("clamp(0, 1)", "clamp(0, 255)")),
    mutant("EA16", "pgd", ("moved = here + alpha", "moved = x + alpha")),
    mutant("EA17", "pgd", ("x - eps, x + eps", "-eps, eps")),
    mutant("EA12", "pgd", ("x - eps, x + eps", "x - alpha, x + alpha")),
    mutant("EA18", "pgd", ("gradient.sign()", "gradient / gradient.norm()")),
    mutant("EA18", "pgd", ("gradient.sign()", "gradient / gradient.abs().amax((1, 2, 3), keepdim=True)")),
    mutant("AD2", "pgd", ("gradient.sign()", "gradient"), MEAN),
    mutant("EU6", "universal_perturbation", ("    return delta", "        return delta")),
    mutant("EF7", "fooling_image", EARLY),
    mutant("EA9", "pgd", ("cross_entropy(model(leaf), y", "cross_entropy(model(leaf), model(x).argmax(1)")),
    mutant("EA10", "pgd", ("    here = x\n", "    here = x + eps * (2 * torch.rand_like(x) - 1)\n")),
    mutant("EA11", "pgd", ("alpha * step", "step")),
    mutant("EA11", "pgd", ("alpha * step", "eps / steps * step")),
    mutant("EA11", "pgd", ("alpha * step", "eps * step")),
    mutant("EA12", "pgd", ("    here = x\n", "    here, eps, alpha = x, alpha, eps\n")),
    mutant("EA13", "pgd", ("range(steps)", "range(steps + 1)")),
    mutant("EA13", "pgd", ("range(steps)", "range(max(steps - 1, 1))")),
    mutant("EU4", "universal_perturbation", ("    labels", LESSONS + "    labels")),
    mutant("EU5", "universal_perturbation", ("    labels", "    eps = 16 / 255\n    labels")),
    mutant("EU6", "universal_perturbation", ("range(epochs)", "range(6)")),
    mutant(
        "EU7", "universal_perturbation", ("    labels", "    X = torch.rot90(OTHERS, 1, (2, 3)).roll(1, 1)\n    labels")
    ),
    mutant("EF5", "fooling_image", ("    picture = torch", LESSONS + "    picture = torch")),
    mutant("EF6", "fooling_image", ("scores.softmax(0)[target].item()", "100 * scores.softmax(0)[target].item()")),
    mutant("EF7", "fooling_image", ("range(steps)", "range(60)")),
]


# --- wrong sets of answers


def budget(code: str, **changes) -> WrongWay:
    answers = right_values(lab.budget_units.question) | {key.replace("_", " "): v for key, v in changes.items()}
    return WrongWay(code, "budget-units", lambda: (answers,), 2 / 3)


TABLE = {
    "clean": 0.950,
    "fgsm": [0.858, 0.736, 0.466, 0.192],
    "random": [0.950, 0.948, 0.950, 0.946],
    "conclusion": "direction",
}
UNDERSTOOD = {"control": "gradient", "confidence": "share", "humans": "brief", "honest test": {"unseen", "price"}}


def control(code: str, share: float, **changes) -> WrongWay:
    return WrongWay(code, "control-experiment", lambda: (TABLE | changes,), share)


def meaning(code: str, **changes) -> WrongWay:
    answers = UNDERSTOOD | {key.replace("_", " "): value for key, value in changes.items()}
    return WrongWay(code, "meaning", lambda: (answers,), 3 / 4)


SETS = [
    budget("EB7", normalised=8 / 256 / 0.5),
    budget("EB8", L2=8 * 3072**0.5),
    budget("EB9", L2=8 / 255 * 32**0.5),
    budget("AD4", normalised=8 / 255 * 0.5),
    budget("AD4", normalised=8 / 255),
    budget("AD4", L2=3.478),
    budget("AD4", grey_levels=4),
    budget("EB1", normalised=(8 / 255 - 0.5) / 0.5),
    budget("EB2", L2=3072 * 8 / 255),
    budget("EB2", L2=3072 * (8 / 255) ** 2),
    budget("EB3", L2=32 * 8 / 255),
    budget("EB4", L2=8 / 255),
    budget("EB5", grey_levels=16),
    budget("EB6", grey_levels=8 / 255),
    control("ET1", 0.5, fgsm=TABLE["random"], random=TABLE["fgsm"]),
    control("ET2", 0.75, fgsm=[1 - value for value in TABLE["fgsm"]]),
    control("ET3", 0.75, fgsm=[100 * value for value in TABLE["fgsm"]]),
    control("ET6", 0.75, fgsm=TABLE["fgsm"][::-1]),
    control("AD1", 0.75, fgsm=[0.983, 0.998, 0.999, 1.0]),
    control("ET4", 0.75, conclusion="size"),
    control("ET5", 0.75, conclusion="any noise"),
    control("EQ1", 0.75, conclusion="nothing"),
    meaning("EQ1", control="noise"),
    meaning("EQ2", confidence="probability"),
    meaning("EQ3", humans="same"),
    meaning("EQ4", honest_test={"unseen", "price", "free"}),
    meaning("EQ5", honest_test={"unseen", "price", "seen"}),
]
WRONG_WAYS = FUNCTIONS + SETS
SEPARATELY = {"universal-perturbation": ["EU2"], "adversarial-training": ["EQ4"]}  # have tests of their own below

PIXELS = "pixels are never below 0"
SIZES = "no budget and no step is below 0"
ONE_OR_MINUS_ONE = "no gradient here is 0, and dividing by 1 or -1 is multiplying"
OWN_STEP = "the length of a step is the learner's own choice"
OWN_WALK = "how the noise is found is the learner's own choice: what counts is whom it fools"
OWN_TRAINING = "how well the network is trained is measured, not how"
NO_MODES = "no layer of the lesson's network knows the mode"
EQUIVALENT = {
    "adversarial-training": {
        "adversarial_training(x): without negative numbers": PIXELS,
        "adversarial_training(eps): without negative numbers": SIZES,
        "adam = torch.optim.Adam(model.parameters(), lr=0.003) → adam = torch.optim.Adam(model.parameters(), lr=0.006)": OWN_TRAINING,  # noqa: E501
        "model.train() → pass": NO_MODES,
        "model.train() → model": NO_MODES,
        "model.train() → model.eval()": NO_MODES,
        "model.eval() → pass": NO_MODES,
        "model.eval() → model": NO_MODES,
        "model.eval() → model.train()": NO_MODES,
        "for places in torch.randperm(len(x)).split(64): → for places in torch.randperm(len(x)).split(65):": OWN_TRAINING,  # noqa: E501
        "for places in torch.randperm(len(x)).split(64): → for places in torch.randperm(len(x)).split(63):": OWN_TRAINING,  # noqa: E501
        "for places in torch.randperm(len(x)).split(64): → for places in torch.randperm(len(x) - 1).split(64):": OWN_TRAINING,  # noqa: E501
        "loss = loss + F.cross_entropy(model(attacked), labels) → loss += F.cross_entropy(model(attacked), labels)": "the loss is this function's own tensor",  # noqa: E501
    },
    "universal-perturbation": {
        "delta = delta + eps / 4 * gradient.sum(0, keepdim=True).sign() → delta = delta + eps / 3 * gradient.sum(0, keepdim=True).sign()": OWN_WALK,  # noqa: E501
        "universal_perturbation(X): its first row in all rows": "noise of one picture reaches the bar, too, which is all that is asked",  # noqa: E501
        "universal_perturbation(eps): without negative numbers": SIZES,
        "delta = delta + eps / 4 * gradient.sum(0, keepdim=True).sign() → delta = delta + 4 * gradient.sum(0, keepdim=True).sign()": OWN_WALK,  # noqa: E501
        "delta = delta + eps / 4 * gradient.sum(0, keepdim=True).sign() → delta = delta + 4 / eps * gradient.sum(0, keepdim=True).sign()": OWN_WALK,  # noqa: E501
        "delta = delta + eps / 4 * gradient.sum(0, keepdim=True).sign() → delta = delta + eps / 4 * gradient.sum(0, keepdim=False).sign()": OWN_WALK,  # noqa: E501
        "delta = torch.zeros_like(X[:1]) → delta = X[:1]": "any start inside the budget may lead to a noise that fools",
        "gradient = input_gradient(model, (batch + delta).clamp(0, 1), label) → gradient = input_gradient(model, (batch + delta).clamp(-1, 1), label)": "pixels that are kept above 0 or not: the noise reaches the bar",  # noqa: E501
        "delta = delta + eps / 4 * gradient.sum(0, keepdim=True).sign() → delta = delta + eps * 4 * gradient.sum(0, keepdim=True).sign()": OWN_WALK,  # noqa: E501
        "delta = delta + eps / 4 * gradient.sum(0, keepdim=True).sign() → delta = delta + gradient.sum(0, keepdim=True).sign()": OWN_WALK,  # noqa: E501
        "universal_perturbation(X): without negative numbers": PIXELS,
        "delta = delta + eps / 4 * gradient.sum(0, keepdim=True).sign() → delta = delta + eps / 4 / gradient.sum(0, keepdim=True).sign()": OWN_WALK,  # noqa: E501
        "delta = delta + eps / 4 * gradient.sum(0, keepdim=True).sign() → delta = delta + eps / 4 * gradient.sum(0).sign()": OWN_WALK,  # noqa: E501
        "delta = delta + eps / 4 * gradient.sum(0, keepdim=True).sign() → delta = delta + eps / 5 * gradient.sum(0, keepdim=True).sign()": OWN_WALK,  # noqa: E501
        "delta = torch.zeros_like(X[:1]) → delta = torch.ones_like(X[:1])": "any start inside the budget may lead to a noise that fools",  # noqa: E501
        "delta = delta + eps / 4 * gradient.sum(0, keepdim=True).sign() → delta = delta + eps / 4 * gradient.sum(0, keepdim=True)": OWN_WALK,  # noqa: E501
    },
    "input-gradient": {
        "input_gradient(x): without negative numbers": PIXELS,
        "x = x.detach().clone().requires_grad_(True) → x = x.detach().requires_grad_(True)": (
            "a detached tensor is an object of its own, and nothing is written into it"
        ),
        "x = x.detach().clone().requires_grad_(True) → x = x.clone().requires_grad_(True)": (
            "the x that is given has no past to be cut off from"
        ),
    },
    "fgsm": {
        "fgsm(x): without negative numbers": PIXELS,
        "fgsm(eps): without negative numbers": SIZES,
        "step = eps * input_gradient(model, x, y).sign() → step = eps / input_gradient(model, x, y).sign()": (
            ONE_OR_MINUS_ONE
        ),
    },
    "pgd": {
        "pgd(x): without negative numbers": PIXELS,
        "pgd(eps): without negative numbers": SIZES,
        "pgd(alpha): without negative numbers": SIZES,
        "step = alpha * input_gradient(model, moved, y).sign() → "
        "step = alpha / input_gradient(model, moved, y).sign()": ONE_OR_MINUS_ONE,
        "moved = torch.clamp(moved, x - eps, x + eps).clamp(0, 1) → "
        "moved = torch.clamp(x - eps, moved, x + eps).clamp(0, 1)": "the middle of three numbers is the same",
    },
    "fooling-image": {
        "with torch.no_grad(): → confidence = model(picture).softmax(1)[0, target]": "float cuts the gradient off",
        "return (picture, float(confidence)) → return (picture, confidence)": "a tensor with one number is a number",
        "picture = fgsm(model, picture, label, 0.02, targeted=True) → "
        "picture = fgsm(model, picture, label, 0.04, targeted=True)": OWN_STEP,
        "picture = fgsm(model, picture, label, 0.02, targeted=True) → "
        "picture = fgsm(model, picture, label, 0.01, targeted=True)": OWN_STEP,
        "confidence = model(picture).softmax(1)[0, target] → confidence = model(picture).softmax(1)[-1, target]": (
            "of one picture the last is the first"
        ),
    },
}

FINGERPRINTS = {  # of what students are asked; see test_questions.py
    "budget-units": "669971b87fb14f07aabf3ec2c4b192b1",
    "practice grey-levels": "ebc2f87dd86ed88bf55a469d50616c4d",
    "practice perturbation-length": "4760b2282e0b8fe1038e83d6cb6fe460",
    "text of control-experiment": "1f1687e497553a9650dc539096c96eda",
    "text of meaning": "2da06c893d4bfb96ecd06f7d0e406e79",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SOURCES)
def test_a_function_without_its_mutation_is_right(name):
    assert judge(name, build(name)).share == 1
    if name != "adversarial_training":
        assert judge(name, build(name), 3).share == 1


def test_the_step_the_wrong_way_is_told_with_accuracies():
    text = judge("fgsm", build("fgsm", (UP, DOWN))).text
    assert re.search(r"accuracy went from 0\.\d\d to \d\.\d\d: you are helping the network", text)


def test_a_noise_that_fools_the_seen_pictures_only_is_told(monkeypatch):
    monkeypatch.setattr(universal, "_pictures", lambda _number, _unseen, seed: load_shapes(3, 200, seed=seed))

    def overfitted(model, X, eps, epochs):
        return build("universal_perturbation")(model, X[:3], eps, 3)

    assert judge("universal_perturbation", overfitted).codes == ("EU2",)


def test_a_defence_that_costs_too_much_is_told(monkeypatch):
    found = iter([{"clean": 0.9, "attacked": 0.2}, {"clean": 0.6, "attacked": 0.5}])
    monkeypatch.setattr(defence, "accuracies", lambda *_: next(found))
    told = judge("adversarial_training", lambda *_: None)
    assert "the price is too high" in told.text
    assert (told.codes, len(told.text.splitlines())) == (("EQ4",), 4)


@pytest.mark.slow
def test_what_was_measured_is_said_of_a_right_answer():
    assert re.search(
        r"Correct\.\nShare of unseen pictures that are fooled: 0", judge(*_right("universal_perturbation")).text
    )
    assert re.search(
        r"Correct\. A bonus, no points\.\nclean 0\.\d\d before", judge(*_right("adversarial_training")).text
    )


def _right(name: str) -> tuple[str, Callable]:
    return name, build(name)


def test_every_wrong_option_has_a_misconception():
    choices = [CONCLUSION, *MEANING.values()]
    bare = [key for choice in choices for key, option in choice.options.items() if not option.way]
    assert sorted(bare) == sorted(key for choice in choices for key in choice.wanted)


TURNS = [networks.Turn(1, 1), networks.Turn(3, 2, negative=True)]


@pytest.mark.parametrize("turn", TURNS)
def test_a_turned_network_sees_in_turned_pictures_what_the_lessons_network_sees(turn):
    weights, x = networks.weights_of(load_trained()), few().tensors()[0]
    turned = networks.rebuild(networks.turned_weights(weights, turn))(networks.turned_pictures(x, turn))
    np.testing.assert_allclose(turned.detach(), networks.rebuild(weights)(x).detach(), atol=1e-3)


def test_gradients_of_the_lessons_network_for_labels_of_the_given_one_are_refused():
    right = build("universal_perturbation")

    def mixed(model, X, eps, epochs):
        model(X)
        return right(lessons_network(), X, eps, epochs)

    assert judge("universal_perturbation", mixed).codes == ("EU4",)


def test_a_search_without_gradients_asks_the_model_as_well():
    def search(model, X, eps, epochs):
        with torch.no_grad():
            for _ in range(3):
                model(X)
        return torch.zeros_like(X[:1])

    weights, X = networks.weights_of(load_trained()), few().tensors()[0]
    assert universal.universal(search, weights, [X], [0.1], [1])["asked"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "change"), [("eps", ("eps * gradient", "8 / 255 * gradient")), ("epochs", ("range(epochs)", "range(2)"))]
)
def test_a_defence_that_does_not_use_an_argument_is_told_which(what, change):
    assert (
        f"with another {what} the network becomes the same"
        in judge("adversarial_training", build("adversarial_training", change)).text
    )


@pytest.mark.parametrize("name", ["fgsm", "pgd"])
def test_a_learners_step_of_another_length_is_not_called_random(name):
    change = ("eps * step", "0.7 * eps * step") if name == "fgsm" else ("alpha * step", "0.7 * alpha * step")
    assert judge(name, build(name, change)).codes == ()


# --- right by any way

FORMS = {
    "list": lambda tensor: tensor.tolist(),
    "tuple": lambda tensor: tuple(tensor.tolist()),
    "numpy": lambda tensor: tensor.numpy(),
    "float32": lambda tensor: tensor.float(),
    "view": lambda tensor: torch.stack([tensor, tensor], dim=-1)[..., 0],
    "fortran": lambda tensor: np.asfortranarray(tensor.numpy()),
    "with a past": lambda tensor: tensor.clone().requires_grad_() * 1,
}


def wrapped(name: str, change):
    """Return the right function with its answer changed."""
    function = build(name)
    return lambda *args, **options: change(function(*args, **options))


@pytest.mark.parametrize("name", QUICK)
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_the_form_of_a_right_answer_does_not_matter(name, form):
    assert judge(name, wrapped(name, form), 8).share == 1


def test_a_loop_over_pictures_is_right():
    one = build("input_gradient")
    rows = lambda model, x, y: torch.cat([one(model, x[i : i + 1], y[i : i + 1]) for i in range(len(x))])  # noqa: E731
    assert judge("input_gradient", rows).share == 1


def test_a_quarter_of_the_batch_at_a_time_is_right():
    one = build("fgsm")

    def parts(model, x, y, eps, targeted=False):
        return np.concatenate([one(model, x[i::4], y[i::4], eps, targeted) for i in range(4) if i < len(x)])[
            np.argsort(np.concatenate([np.arange(len(x))[i::4] for i in range(4)]), kind="stable")
        ]

    assert judge("fgsm", parts).share == 1


def test_checks_work_where_gradients_are_switched_off():
    with torch.no_grad():
        answer = lambda *args: torch.enable_grad()(build("input_gradient"))(*args)  # noqa: E731
        assert judge("input_gradient", answer).share == 1


def test_noise_on_stderr_costs_nothing(capsys):
    def noisy(*args, **options):
        print("50 %", file=sys.stderr)
        return build("fgsm")(*args, **options)

    assert judge("fgsm", noisy).share == 1
    assert capsys.readouterr().err == ""


# --- wrong kinds

OTHER_KINDS = {"None": None, "text": "text", "list": [], "dict": {}, "object": object(), "nan": float("nan")}


@pytest.mark.parametrize("name", [name for name in SOURCES if name != "adversarial_training"])
@pytest.mark.parametrize("answer", OTHER_KINDS.values(), ids=OTHER_KINDS)
def test_an_answer_of_another_kind_is_refused(name, answer):
    found = judge(name, lambda *args, **options: answer)
    assert (found.share, found.missing) == (0, False)


def test_a_function_that_calls_a_stub_is_told_which():
    def input_gradient(model, x, y):
        raise NotImplementedError("replace this line with your code")

    def fgsm(model, x, y, eps, targeted=False):
        return x + eps * input_gradient(model, x, y).sign()

    assert "write input_gradient, which fgsm calls, run its cell" in judge("fgsm", fgsm).text
    assert "write input_gradient, run its cell" in judge("input_gradient", input_gradient).text


def test_weights_that_cannot_be_trained_any_more_are_refused():
    def frozen(model, x, y):
        gradient = build("input_gradient")(model, x, y)
        model.requires_grad_(False)
        return gradient

    assert "requires_grad of the parameters is not as it was" in judge("input_gradient", frozen).text


def test_a_fooling_image_that_does_not_count_its_steps_is_refused():
    def always_sixty(model, target, steps, rng):
        return build("fooling_image")(model, target, 60, rng)

    assert judge("fooling_image", always_sixty).codes == ("EF7",)


def test_a_fooling_image_may_stop_when_it_is_sure():
    one_more = build("fooling_image")

    def stops(model, target, steps, rng):
        picture, confidence = one_more(model, target, 0, rng)
        for _ in range(steps):
            leaf = picture.clone().requires_grad_(True)
            F.cross_entropy(model(leaf), torch.tensor([target])).backward()
            picture = (picture - 0.02 * leaf.grad.sign()).clamp(0, 1)
            confidence = model(picture).softmax(1)[0, target]
            if confidence > 0.995:
                break
        return picture.numpy(), confidence

    assert judge("fooling_image", stops).share == 1


def test_the_fooling_picture_must_be_one_picture():
    assert "has the shape" in judge("fooling_image", wrapped("fooling_image", lambda pair: (pair[0][0], pair[1]))).text


def test_a_model_that_is_not_trained_in_place_is_told():
    assert "is it trained in place" in judge("adversarial_training", lambda model, *rest: model).text


def test_a_defence_that_hardly_moves_is_asked_for_its_steps():
    def timid(model, x, y, eps, epochs):
        with torch.no_grad():
            model.head.bias.add_(1e-4)

    text = judge("adversarial_training", timid).text
    assert re.search(r"still falls for fgsm(?s:.)*are the steps large enough", text)
    assert len(text.splitlines()) == 3


def test_weights_of_zero_fool_nobody():
    found = judge("universal_perturbation", lambda model, X, eps, epochs: torch.zeros_like(X[:1]))
    assert found.share == 0
    assert "hardly asked" in found.text  # nor was the network


# --- hidden cases say nothing


CALLS = {"universal_perturbation": 5}  # in a case


def only_hidden(name: str, change: Callable) -> Callable:
    """Return a function that is right in the public cases and changes its answer in the others."""
    right, calls, public = build(name), [], CALLS.get(name, 1) * len(getattr(lab, name).cases())

    def function(*args, **options):
        calls.append(args)
        answer = right(*args, **options)
        return answer if len(calls) <= public else change(answer)

    return function


@pytest.mark.parametrize("name", QUICK)
def test_a_hidden_case_tells_no_numbers(name):
    text = judge(name, only_hidden(name, lambda tensor: tensor * 0 + 0.123), 3).text
    assert "a case drawn at grading" in text
    assert not re.search(r"[0-9]", text)


@pytest.mark.slow
def test_a_hidden_noise_tells_no_rates():
    text = judge("universal_perturbation", only_hidden("universal_perturbation", torch.zeros_like), 3).text
    assert "too few pictures" in text
    assert not re.search(r"[0-9]\.[0-9]", text)


@pytest.mark.parametrize("name", QUICK)
def test_hidden_cases_are_other_cases(name):
    exercise = getattr(lab, name)
    assert not {case.label for case in exercise.cases()} & {case.label for case in exercise.hidden_cases(1)}


# --- nothing wrong is accepted


@settings(QUIETLY, max_examples=12 if THOROUGH else 6)
@given(seed=st.integers(0, 10**6), name=st.sampled_from(QUICK), size=st.sampled_from([0.01, 0.1, 1.0]))
def test_a_perturbed_answer_is_refused(seed, name, size):
    generator = torch.Generator().manual_seed(seed)

    def perturbed(tensor):
        place = int(torch.randint(tensor.numel(), (), generator=generator))
        noise = torch.zeros(tensor.numel(), dtype=tensor.dtype)
        noise[place] = size
        return tensor + noise.reshape(tensor.shape)

    assert judge(name, wrapped(name, perturbed)).share == 0


@QUIETLY
@given(part=st.sampled_from(["normalised", "L2", "grey levels"]), factor=st.floats(0.05, 20))
def test_a_budget_counts_within_a_hundredth(part, factor):
    assume(abs(abs(factor - 1) - 0.01) > 1e-9)  # on the border itself rounding decides
    mine = adversarial_examples.for_student("ada").budget_units
    answers = right_values(mine.question)
    answers[part] *= factor
    assert (judged(mine.check, answers).share == 1) == (abs(factor - 1) < 0.01)


@QUIETLY
@given(form=st.sampled_from([float, np.float32, np.float64, torch.tensor, np.array]), digits=st.integers(3, 8))
def test_a_right_budget_counts_in_any_form(form, digits):
    right = {key: form(float(f"{value:.{digits}g}")) for key, value in right_values(lab.budget_units.question).items()}
    assert judged(lab.budget_units.check, right).share == 1


# --- sets of answers


def test_a_part_of_the_table_earns_a_part():
    answers = TABLE | {"random": None, "conclusion": None}
    assert judged(lab.control_experiment.check, answers).share == 1 / 2


@pytest.mark.parametrize(
    ("part", "answer", "words"),
    [
        ("fgsm", [0.1, 0.2], "a list of 4 numbers"),
        ("clean", "high", "a number"),
        ("conclusion", "b", "there is no option 'b'"),
        ("conclusion", 3, "give the key of an option"),
    ],
)
def test_an_unreadable_part_of_the_table_is_told_and_costs_itself(part, answer, words):
    found = judged(lab.control_experiment.check, TABLE | {part: answer})
    assert words in found.text
    assert found.share == 3 / 4


@pytest.mark.parametrize("student", ["", "ada", "bela", "finn"])
def test_a_wrong_budget_is_never_told_the_right_numbers(student):
    mine = adversarial_examples.for_student(student).budget_units
    text = judged(mine.check, {"normalised": 1.11, "L2": 99.5, "grey levels": 1000}).text
    right = {f"{value:.{digits}g}" for value in right_values(mine.question).values() for digits in (2, 3, 4)}
    assert not right & set(re.findall(r"[0-9.]+", text))


STUDENTS = [adversarial_examples.for_student(f"s{number}") for number in range(60)]


def test_without_an_id_the_lessons_numbers_are_asked():
    right = right_values(lab.budget_units.question)
    assert (round(right["normalised"], 4), round(right["L2"], 3), right["grey levels"]) == (0.0627, 1.739, 8)


def test_students_budgets_are_their_own_bounded_and_telling():
    assert len({student.budget_units.question for student in STUDENTS}) > 45
    for student in STUDENTS:
        question = student.budget_units.question
        levels, std, height, width = question
        assert 2 <= levels <= 16
        assert std in STDS
        assert 20 <= min(height, width) <= max(height, width) <= 64
        right = right_values(question)
        assert right["L2"] == pytest.approx(np.linalg.norm(np.full((3, height, width), levels / 255)))
        for part, ways in wrong_values(question).items():
            values = [value for results in ways.values() for value in results]
            assert min(abs(value - right[part]) / right[part] for value in values) > 0.09


@pytest.mark.parametrize("student", STUDENTS[:8])
def test_each_wrong_budget_gets_its_own_code(student):
    question = student.budget_units.question
    for part, ways in wrong_values(question).items():
        for way, values in ways.items():
            for value in values:
                found = judged(student.budget_units.check, right_values(question) | {part: value})
                assert (found.share, found.codes) == (pytest.approx(2 / 3), (way.code,))


PRACTICE = {
    "perturbation-length": lambda q: round(float(np.linalg.norm(np.full(3 * q.height * q.width, q.levels)))),
    "grey-levels": lambda q: round(q.thousandths / 1000 * q.std * 255),
}


@pytest.mark.parametrize("topic", lab.budget_units.topics, ids=lambda topic: topic.name)
def test_practice_accepts_the_right_answer_and_explains_wrong_ones(topic, capsys):
    for number in range(1, 40):
        question = lab.budget_units.practice(number, topic=topic.name)
        right = PRACTICE[topic.name](question.numbers)
        assert question.answer(right)
        capsys.readouterr()
        for value in (one for some in topic.ways(question.numbers).values() for one in some if one != right):
            assert not question.answer(value)
            assert re.search("Hint: |more than one wrong way", capsys.readouterr().out)
        assert not question.answer(right + 100_000)
        assert str(right) not in re.findall("[0-9]+", capsys.readouterr().out)


# --- the networks and numbers behind the checks


@cache
def few():
    return load_shapes(1, 40)[1]


def test_the_network_is_rebuilt_bit_by_bit():
    model, (x, _) = load_trained(), few().tensors()
    with torch.no_grad():
        assert torch.equal(networks.rebuild(networks.weights_of(model))(x), model(x))


def test_making_networks_leaves_the_global_generator_alone():
    torch.manual_seed(3)
    state = torch.get_rng_state()
    networks.make(networks.Recipe(1, norm=True))
    networks.rebuild(networks.weights_of(load_trained()))
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("recipe", [networks.Recipe(5), networks.Recipe(6, norm=True)])
def test_autograd_agrees_with_finite_differences(recipe):
    model = networks.make(recipe)
    x, y = pictures(Call(recipe, 2), 1)
    gradient, step = networks.slope(model, x, y), 1e-5
    for place in ((0, 0, 0, 0), (1, 2, 3, 4)):
        up, down = x.clone(), x.clone()
        up[place] += step
        down[place] -= step
        rise = (networks.loss_sum(model(up), y) - networks.loss_sum(model(down), y)) / (2 * step)
        assert float(rise.detach()) == pytest.approx(float(gradient[place]), rel=1e-4, abs=1e-7)


def test_many_steps_are_never_weaker_than_one():
    call = Call(networks.Recipe(7), 12, (8 / 255, 2 / 255, 10))
    model, (x, y) = networks.make(call.recipe), pictures(call, 0)
    many, one = many_steps(call, x, y), one_step(call.with_numbers(8 / 255), x, y)
    losses = [float(networks.loss_sum(model(z), y)) for z in (x, one, many)]
    assert losses == sorted(losses)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_lessons_numbers_hold_on_fresh_pictures(seed):
    """FGSM with 8/255 leaves about a fifth right, random signs nearly all."""
    model, (x, y) = load_trained(), load_shapes(1, 200, seed=30 + seed)[1].tensors()
    attacked = (x + 8 / 255 * networks.slope(model, x, y).sign()).clamp(0, 1)
    noisy = (x + 8 / 255 * torch.randn(x.shape, generator=torch.Generator().manual_seed(seed)).sign()).clamp(0, 1)
    clean, hit, chance = (accuracy(model, z, y) for z in (x, attacked, noisy))
    assert (clean > 0.88, hit < 0.35, abs(chance - clean) < 0.05) == (True, True, True)


def test_random_signs_fool_few():
    x = load_shapes(1, 200, seed=6)[1].tensors()[0]
    assert universal.control_rate(networks.rebuild(networks.weights_of(load_trained())), x, 16 / 255) < 0.08


def test_the_worked_example_of_the_lesson():
    pixel = torch.tensor([[0.5]], requires_grad=True)
    loss = F.cross_entropy(torch.cat([torch.zeros(1, 1), 3 * pixel], dim=1), torch.tensor([1]))
    assert float(torch.autograd.grad(loss, pixel)[0]) == pytest.approx(-3 * (1 - 1 / (1 + np.exp(-1.5))), abs=1e-6)


def test_the_masters_table_is_the_one_of_these_tests():
    assert right_answers(type(lab.control_experiment)) == (TABLE,)
    assert right_answers(type(lab.meaning)) == (UNDERSTOOD,)
    assert Case("x").title("f") == "f: not yet right (x)."


# --- Further: what is left, and a patch

SOURCES_FURTHER = {
    "accuracy_left": """
def accuracy_left(model, attacked, y):
    rows = torch.stack([model(one).argmax(1) == y for one in attacked])
    safe = rows.all(0)
    return safe.double().mean()
""",
    "patch_step": """
def patch_step(model, x, patch, corners, target, lr):
    leaf = patch.clone().requires_grad_(True)
    changed, side = x.clone(), patch.shape[-1]
    for n, (row, column) in enumerate(corners):
        changed[n, :, row : row + side, column : column + side] = leaf
    labels = torch.full((len(x),), target)
    loss = F.cross_entropy(model(changed), labels, reduction="sum")
    gradient = torch.autograd.grad(loss, leaf)[0]
    change = -lr * gradient.sign()
    return (patch + change).clamp(0, 1)
""",
}


def further(code: str, name: str, *changes: tuple[str, str], **more) -> WrongWay:
    def answers():
        names = {"torch": torch, "F": F}
        exec(edited(SOURCES_FURTHER[name], *changes), names)
        return (names[name],)

    return WrongWay(code, name.replace("_", "-"), answers, **more)


ONE_BY_ONE = """    change = torch.zeros_like(patch)
    for n in range(len(x)):
        change -= lr * torch.autograd.grad(
            F.cross_entropy(model(changed[n : n + 1]), labels[:1]), leaf, retain_graph=True
        )[0].sign()
"""
BARE = """    pixels = x.clone().requires_grad_(True)
    loss = F.cross_entropy(model(pixels), labels, reduction="sum")
    found = torch.autograd.grad(loss, pixels)[0]
    gradient = sum(
        found[n, :, row : row + side, column : column + side] for n, (row, column) in enumerate(corners)
    )
"""
GRADIENT_LINE = "    gradient = torch.autograd.grad(loss, leaf)[0]\n"
LOSS_LINE = '    loss = F.cross_entropy(model(changed), labels, reduction="sum")\n'
OF_ONE = '    loss = F.cross_entropy(model(changed)[{0}], labels[{0}], reduction="sum")\n'
VOTES = """    gradient = sum(
        torch.autograd.grad(F.cross_entropy(model(changed[n : n + 1]), labels[:1]), leaf, retain_graph=True)[0].sign()
        for n in range(len(x))
    )
"""
PICTURES = """x = x.clone()
    for n, (row, column) in enumerate(corners):
        x[n, :, row : row + side, column : column + side] = (patch + change).clamp(0, 1)
    return x"""
LABELS = "torch.full((len(x),), target)"
CORNERS = "for n, (row, column) in enumerate(corners)"

WRONG_WAYS += [
    further("AL1", "accuracy_left", ("safe.double().mean()", "rows.double().mean(1).min()")),
    further("AL2", "accuracy_left", ("rows.all(0)", "rows")),
    further("AL3", "accuracy_left", ("rows.all(0)", "rows.any(0)")),
    further("AL4", "accuracy_left", ("rows.all(0)", "rows[0]")),
    further("AL5", "accuracy_left", ("safe.double().mean()", "safe.sum()")),
    further("AL5", "accuracy_left", ("safe.double().mean()", "100 * safe.double().mean()")),
    further("AL6", "accuracy_left", ("safe.double().mean()", "1 - safe.double().mean()")),
    further("AL7", "accuracy_left", ("safe.double().mean()", "rows.double().mean(1).prod()")),
    further("AP1", "patch_step", ("-lr * gradient", "lr * gradient")),
    further("AP2", "patch_step", ("gradient.sign()", "gradient")),
    further("AP2", "patch_step", ("gradient.sign()", "gradient"), (', reduction="sum"', "")),
    further("AP3", "patch_step", (".clamp(0, 1)", "")),
    further("AP4", "patch_step", (LOSS_LINE, OF_ONE.format(":1"))),
    further("AP4", "patch_step", (LOSS_LINE, OF_ONE.format("-1:"))),
    further("AP5", "patch_step", (LOSS_LINE + GRADIENT_LINE, BARE)),
    further("AP6", "patch_step", ("enumerate(corners)", "enumerate(corners[:1] * len(x))")),
    further(
        "AP7", "patch_step", ("row : row + side, column : column + side", "column : column + side, row : row + side")
    ),
    further("AP8", "patch_step", (GRADIENT_LINE + "    change = -lr * gradient.sign()\n", ONE_BY_ONE)),
    further("AP9", "patch_step", ("(patch + change).clamp(0, 1)", "change")),
    further("AP10", "patch_step", ("leaf = patch.clone()", "leaf = patch")),
    further("AP10", "patch_step", ("changed, side = x.clone()", "changed, side = x")),
    further("AP11", "patch_step", (LABELS, "torch.zeros(len(x), dtype=int)")),
    further("AP11", "patch_step", (LABELS, "model(x).argmax(1)")),
    further("AP12", "patch_step", (LOSS_LINE, "    loss = model(changed)[:, target].sum()\n")),
    further("AP13", "patch_step", (GRADIENT_LINE, VOTES)),
    further("AP14", "patch_step", ("return (patch + change).clamp(0, 1)", PICTURES)),
    further("AP15", "patch_step", ("gradient.sign()", "gradient / gradient.norm()")),
    further("AL8", "accuracy_left", ("rows.all(0)", "(~rows).all(0)")),
    further("AL10", "accuracy_left", ("safe.double().mean()", "rows.double().mean(1).sum()")),
    further("AL11", "accuracy_left", ("== y", "== model(attacked[0]).argmax(1)")),
    further(
        "AL9", "accuracy_left", ("rows.all(0)", "torch.stack([model(one) for one in attacked]).mean(0).argmax(1) == y")
    ),
]
FINGERPRINTS |= {"practice what-is-left": "02c0928f87fb5037aacba7395614ffed"}
EQUIVALENT |= {
    "accuracy-left": {
        "accuracy_left(attacked): without negative numbers": PIXELS,
        "return float(recognised.all(0).double().mean()) → return recognised.all(0).double().mean()": (
            "a tensor with one number is a number"
        ),
        "with torch.no_grad(): → recognised = torch.stack([model(one).argmax(1) == y for one in attacked])": (
            "a comparison has no gradient to keep"
        ),
    },
    "patch-step": {
        "patch_step(x): without negative numbers": PIXELS,
        "patch_step(patch): without negative numbers": PIXELS,
        "patch_step(lr): without negative numbers": SIZES,
        "leaf = patch.detach().clone().requires_grad_(True) → leaf = patch.detach().requires_grad_(True)": (
            "a detached tensor is an object of its own, and nothing is written into it"
        ),
        "leaf = patch.detach().clone().requires_grad_(True) → leaf = patch.clone().requires_grad_(True)": (
            "the patch that is given has no past to be cut off from"
        ),
        "loss = F.cross_entropy(model(paste(x, leaf, corners)), labels, reduction='sum') → "
        "loss = F.cross_entropy(model(paste(x, leaf, corners)), labels)": "a mean has the signs of a sum",
        "return (patch - lr * gradient.sign()).clamp(0, 1) → return (patch - lr / gradient.sign()).clamp(0, 1)": (
            ONE_OR_MINUS_ONE
        ),
    },
}


# --- Further: pictures for an inner unit

UNIT_STEP = """
def unit_step(body, x, channel, lr):
    leaf = x.clone().requires_grad_(True)
    maps = body(leaf)
    answer = maps[:, channel].mean((1, 2)).sum()
    gradient = torch.autograd.grad(answer, leaf)[0]
    length = gradient.flatten(1).norm(dim=1)[:, None, None, None]
    length = torch.where(length > 0, length, torch.ones_like(length))
    change = lr * gradient / length
    return (x + change).clamp(0, 1)
"""
ANSWER, LENGTH = "maps[:, channel].mean((1, 2)).sum()", "gradient.flatten(1).norm(dim=1)[:, None, None, None]"
CHANGE, RETURNED = "lr * gradient / length", "(x + change).clamp(0, 1)"
GRAD = "torch.autograd.grad(answer, leaf)[0]"


def unit(code: str, *changes: tuple[str, str], **more) -> WrongWay:
    def answers():
        names = {"torch": torch, "F": F}
        exec(edited(UNIT_STEP, *changes), names)
        return (names["unit_step"],)

    return WrongWay(code, "unit-step", answers, **more)


def in_place_of_length(size: str) -> tuple[str, str]:
    return LENGTH, f"({size})"


WRONG_WAYS += [
    unit("FV1", (CHANGE, f"-{CHANGE}")),
    unit("FV1", (ANSWER, f"-{ANSWER}")),
    unit("FV1", (CHANGE, f"-{CHANGE}"), hidden=True),
    unit("FV2", in_place_of_length("gradient.norm()")),
    unit("FV3", (CHANGE, "lr * gradient.sign()")),
    unit("FV4", (CHANGE, "lr * gradient")),
    unit("FV4", (ANSWER, "maps[:, channel].sum()"), (CHANGE, "lr * gradient")),
    unit("FV4", (ANSWER, "maps[:, channel].mean()"), (CHANGE, "lr * gradient")),
    unit("FV5", (RETURNED, "x + change")),
    unit("FV6", (ANSWER, "maps[channel if len(x) > channel else 0].mean()")),
    unit("FV7", (ANSWER, "maps.mean()")),
    unit("FV8", (ANSWER, "maps[:, channel].amax((1, 2)).sum()")),
    unit("FV9", in_place_of_length("gradient.abs().amax((1, 2, 3), keepdim=True)")),
    unit("FV9", in_place_of_length("gradient.square().mean((1, 2, 3), keepdim=True).sqrt()")),
    unit("FV9", in_place_of_length("gradient.square().sum((1, 2, 3), keepdim=True)")),
    unit("FV10", (RETURNED, "change")),
    unit("FV10", (RETURNED, "(x + change).clamp(0, 1) - x")),
    unit("FV11", ("x.clone()", "x")),
    unit("FV11", (GRAD, "(answer.backward(), leaf.grad)[1]")),
    unit("FV11", (RETURNED, "x.copy_((x + change).clamp(0, 1))")),
    unit("FV12", ("torch.where(length > 0, length, torch.ones_like(length))", "length")),
    unit("FV13", ("maps[:, channel]", "maps[:, channel - 1]")),
    unit("FV14", ("maps[:, channel].mean((1, 2))", "maps[:, :, channel].mean((1, 2))")),
    unit("FV14", ("maps[:, channel].mean((1, 2))", "maps[:, :, :, channel].mean((1, 2))")),
    unit("FV15", ("maps[:, channel]", "maps[:, channel].square()")),
    unit("FV15", ("maps[:, channel]", "maps.softmax(1)[:, channel]")),
    unit("FV16", in_place_of_length("gradient.norm(dim=1, keepdim=True)")),
    unit("FV16", in_place_of_length("gradient.norm(dim=(2, 3), keepdim=True)")),
]

BY_ITS_LENGTH = "what is divided by its own length may be multiplied first"
LEAF_LINE, ANSWER_LINE = (
    "leaf = x.detach().clone().requires_grad_(True)",
    "answer = body(leaf)[:, channel].mean((1, 2)).sum()",
)
EQUIVALENT |= {
    "unit-step": {
        "unit_step(x): without negative numbers": PIXELS,
        "unit_step(lr): without negative numbers": SIZES,
        f"{LEAF_LINE} → leaf = x.detach().requires_grad_(True)": (
            "a detached tensor is an object of its own, and nothing is written into it"
        ),
        f"{LEAF_LINE} → leaf = x.clone().requires_grad_(True)": "the x that is given has no past to be cut off from",
        f"{ANSWER_LINE} → answer = body(leaf)[:, channel].mean((1, 2)).mean()": BY_ITS_LENGTH,
        f"{ANSWER_LINE} → answer = body(leaf)[:, channel].sum((1, 2)).sum()": BY_ITS_LENGTH,
        f"{ANSWER_LINE} → answer = body(leaf)[:, channel].mean((0, 2)).sum()": BY_ITS_LENGTH,
        "length[length == 0] = 1 → length[length == 0] = 2": "0 divided by any number is 0",
    },
}


WRONG_WAYS += [
    mutant("AD7", "input_gradient", ("model.train(mode)", "model.training = mode")),
    mutant("EA21", "fgsm", ("-step if targeted", "0 * step if targeted")),
    mutant("EA27", "fgsm", ("gradient.sign()", "torch.where(gradient >= 0, 1.0, -1.0)")),
    mutant("EA28", "fgsm", ("moved.clamp(0, 1)", "moved.clamp(x.min(), x.max())")),
    mutant("EA29", "fgsm", ("gradient.sign()", "torch.tanh(1000 * gradient)")),
    mutant("EA30", "fgsm", ("moved.clamp(0, 1)", "x.clamp(eps, 1 - eps) + eps * step")),
    mutant("EA26", "pgd", ("torch.clamp(moved, x - eps, x + eps)",
           "x + (moved - x) * min(1, eps / max(float((moved - x).abs().max()), 1e-12))")),
    further("AL12", "accuracy_left", ("    rows =", "    model.train()\n    rows =")),
    further("AL13", "accuracy_left", ("safe.double().mean()", "safe.sum() / rows[0].sum()")),
    further("AL14", "accuracy_left", ("argmax", "argmin")),
    further("AL15", "accuracy_left", ("rows.all(0)", "rows.all(1)")),
    unit("FV17", (RETURNED, "(x + change).clamp(0, 1) * (gradient.flatten(1).norm(dim=1) > 0)[:, None, None, None]")),
    unit("FV8", (ANSWER, "maps[:, channel, 0, 0].sum()")),
]  # fmt: skip

WRONG_WAYS += [
    mutant("EA31", "pgd", ("    return here", "    return best"),
           ("    here = x\n", "    here, best, most = x, x, -torch.inf\n"),
           ("        here = moved.clamp(0, 1)\n", """        here = moved.clamp(0, 1)
        value = F.cross_entropy(model(here), y) * (-1 if targeted else 1)
        best, most = (here, value) if value > most else (best, most)
""")),
]  # fmt: skip

INSIDE = "torch.clamp(moved, x - eps, x + eps)"
WRONG_WAYS += [
    mutant("SL134", "input_gradient", ("return gradient", "return gradient.clamp(-0.01, 0.01)")),
    mutant("EG6", "input_gradient", ('reduction="sum"', 'reduction="sum", label_smoothing=0.1')),
    mutant("EG6", "input_gradient", ("scores, y", "scores / 2, y")),
    mutant("EA32", "fgsm", ("moved.clamp(0, 1)", "moved.clamp(-eps, eps)")),
    mutant("EA33", "fgsm", ("x + eps * step", "(x + eps / 2 * step).clamp(0, 1)"), ("return moved.clamp(0, 1)", """\
leaf = moved.clone().requires_grad_(True)
    again = torch.autograd.grad(F.cross_entropy(model(leaf), y, reduction="sum"), leaf)[0].sign()
    return (moved + eps / 2 * (-again if targeted else again)).clamp(0, 1)""")),
    mutant("EA34", "fgsm", ("moved.clamp(0, 1)", "torch.where((moved < 0) | (moved > 1), x, moved)")),
    mutant("EA35", "pgd", (INSIDE, "torch.clamp(moved, x - eps * x, x + eps * x)")),
    mutant("EA36", "pgd", ("    here = x\n", "    here, seen = x, []\n"),
           ("here = moved.clamp(0, 1)\n    return here", "here = moved.clamp(0, 1)\n        seen.append(here)\n"
            "    return sum(seen) / len(seen) if seen else x")),
    mutant("EA37", "pgd", ("    here = x\n", "    here = torch.full_like(x, 0.5).clamp(x - eps, x + eps)\n")),
    unit("FV18", (CHANGE, f"2 * {CHANGE}")),
    unit("FV19", ("length = torch.where(length > 0, length, torch.ones_like(length))", "length = length + 1e-3")),
    further("AP16", "patch_step", ("-lr *", "-2 * lr *")),
    further("AP17", "patch_step", ("gradient.sign()", "gradient.sum(0, keepdim=True).sign()")),
]  # fmt: skip
