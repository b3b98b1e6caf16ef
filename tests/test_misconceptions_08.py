"""Every known wrong way with attacks is fed to its check: its own code, its own question, exactly its points lost."""

import inspect
import re
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import pytest
import torch
import torch.nn.functional as F
from lesson import Lesson

from course_utils import misconceptions
from course_utils.checks import CheckFailed
from course_utils.checks import adversarial_examples as check
from course_utils.checks.adversarial_examples import experiments, noises
from course_utils.data import load_shapes
from course_utils.misconceptions import adversarial_examples as registered
from course_utils.models import load_trained
from course_utils.variants import adversarial_examples as questions

LAB = "adversarial_examples"
lesson = Lesson("08_adversarial_examples")
CODES = re.findall(r'^        "([A-Z]+[0-9]+)",$', inspect.getsource(registered), re.MULTILINE)
SHARED = misconceptions.codes_in(LAB)


class Mutant(NamedTuple):
    """A wrong way, the check that gets it, and the points that are left (None: the check must refuse)."""

    code: str
    run: Callable
    points: float | None = None


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


def build(name: str, *changes: tuple[str, str]) -> Callable:
    """Return the function called ``name`` with some of its text replaced."""
    source = SOURCES[name]
    for old, new in changes:
        assert old in source, f"{old!r} is not in {name}"
        source = source.replace(old, new)
    names = {"torch": torch, "F": F}
    exec(source, names)
    return names[name]


@cache
def pictures(n_train: int = 200, n_test: int = 200):
    return load_shapes(n_train, n_test, seed=6)


def judge(name: str, function: Callable, hidden: int | None = None):
    """Call the check of a function with what the lesson's check cell hands it."""
    given = {
        "universal_perturbation": lambda: (load_trained(), pictures()),
        "fooling_image": lambda: (load_trained(),),
        "adversarial_training": lambda: (load_trained(), pictures(600, 200)),
    }
    return getattr(check, name)(function, *given.get(name, tuple)(), hidden=hidden)


def mutant(code: str, name: str, *changes: tuple[str, str], hidden: int | None = None) -> Mutant:
    return Mutant(code, lambda: judge(name, build(name, *changes), hidden))


def overfitted(model, X, eps, epochs):
    """Make a noise from three pictures only."""
    return build("universal_perturbation")(model, X[:3], eps, 3)


SEEN_ONLY = Mutant("EU2", lambda: check.universal_perturbation(overfitted, load_trained(), pictures(3, 200)))
MEAN = (', reduction="sum"', "")
UP, DOWN = "x + eps * step", "x - eps * step"
IN_BUDGET = ("torch.clamp(moved, x - eps, x + eps)", "moved")
LEAF = "        leaf = picture.clone().requires_grad_(True)\n"
TOO_SOON = ("    scores = model(picture)[0]\n", ""), (LEAF, LEAF + "        scores = model(leaf)[0]\n")

FUNCTIONS = [
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
    mutant("AD1", "fgsm", (UP, DOWN), hidden=5),
    mutant("AD2", "fgsm", ("gradient.sign()", "gradient")),
    mutant("AD2", "fgsm", ("gradient.sign()", "gradient / gradient.abs().max()")),
    mutant("AD2", "fgsm", ("gradient.sign()", "gradient / gradient.norm()")),
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
    mutant("AD1", "pgd", ("here + alpha", "here - alpha")),
    mutant("AD2", "pgd", ("gradient.sign()", "gradient")),
    mutant("AD3", "pgd", ("moved.clamp(0, 1)", "moved")),
    mutant("AD4", "pgd", ("    here = x\n", "    here = x\n    eps, alpha = eps / 0.5, alpha / 0.5\n")),
    mutant("AD5", "pgd", ("torch.clamp(moved, x - eps, x + eps)", "moved")),
    mutant("AD5", "pgd", ("torch.clamp(moved, x - eps, x + eps)", "moved"), hidden=4),
    mutant("EA4", "pgd", ("x - eps, x + eps", "here - eps, here + eps")),
    mutant("EA3", "pgd", ("leaf = here.clone()", "leaf = x.clone()")),
    mutant("EA6", "pgd", ("range(steps)", "range(1)")),
    mutant("EA7", "pgd", ("here = moved.clamp(0, 1)", "here = moved"), ("return here", "return here.clamp(0, 1)")),
    mutant("EA7", "pgd", IN_BUDGET, ("return here", "return torch.clamp(here, x - eps, x + eps)"), hidden=4),
    mutant(
        "EA8",
        "pgd",
        ("    here = x\n", "    here, total = x, 0\n"),
        ("gradient.sign()", "(total := total + gradient).sign()"),
    ),
    mutant("EA1", "pgd", ("return here", "return here - x")),
    mutant("EA2", "pgd", ("-step if targeted", "step if targeted")),
    mutant("DS2", "pgd", ("return here", "return here[0]")),
    mutant("EU1", "universal_perturbation", ("return delta", "return delta.expand_as(X)")),
    mutant("DS2", "universal_perturbation", ("return delta", "return delta[0]")),
    mutant("AD5", "universal_perturbation", ("return delta", "return delta + 2 * eps"), ("range(epochs)", "range(0)")),
    mutant("EU3", "universal_perturbation", ("delta + eps", "delta - eps")),
    mutant("EU3", "universal_perturbation", ("return delta", "return eps * torch.randn_like(delta).sign()")),
    SEEN_ONLY,
    mutant("EF4", "fooling_image", ("picture - 0.02", "picture + 0.02")),
    mutant("AD3", "fooling_image", (".clamp(0, 1)", "")),
    mutant("EF2", "fooling_image", ("scores.softmax(0)[target]", "scores[target]")),
    mutant("EF1", "fooling_image", ("scores.softmax(0)[target]", "scores.softmax(0)[target - 1]")),
    mutant("EF1", "fooling_image", *TOO_SOON),
    mutant("EF1", "fooling_image", ("return picture, confidence", "return picture, 1.0")),
    mutant("EF3", "fooling_image", ("generator=rng", "generator=torch.Generator().manual_seed(1)")),
    mutant("EF3", "fooling_image", ("generator=rng", "generator=None")),
]


# --- sets of answers


def budget(**changes) -> Callable:
    answers = questions.right_values(questions.budget()) | {key.replace("_", " "): v for key, v in changes.items()}
    return lambda: check.budget_units(answers, questions.budget())


@cache
def table() -> dict:
    return lesson.solution("control-experiment")


@pytest.fixture(scope="module", autouse=True)
def measured_once():
    """The table is measured once for all tests: it takes a second."""
    with pytest.MonkeyPatch.context() as patch:
        measure = experiments.measure
        once = cache(lambda: measure(load_trained(), load_shapes(1, 500)[1]))
        patch.setattr(experiments, "measure", lambda *_: once())
        yield


def control(**changes) -> Callable:
    return lambda: check.control_experiment(table() | changes, load_trained(), load_shapes(1, 500)[1])


def meaning(**changes) -> Callable:
    answers = lesson.solution("meaning") | {key.replace("_", " "): value for key, value in changes.items()}
    return lambda: check.meaning(answers)


SETS = [
    Mutant("AD4", budget(normalised=8 / 255 * 0.5), 4 / 3),
    Mutant("AD4", budget(normalised=8 / 255), 4 / 3),
    Mutant("AD4", budget(L2=3.478), 4 / 3),
    Mutant("AD4", budget(grey_levels=4), 4 / 3),
    Mutant("EB1", budget(normalised=(8 / 255 - 0.5) / 0.5), 4 / 3),
    Mutant("EB2", budget(L2=3072 * 8 / 255), 4 / 3),
    Mutant("EB2", budget(L2=3072 * (8 / 255) ** 2), 4 / 3),
    Mutant("EB3", budget(L2=32 * 8 / 255), 4 / 3),
    Mutant("EB4", budget(L2=8 / 255), 4 / 3),
    Mutant("EB5", budget(grey_levels=16), 4 / 3),
    Mutant("EB6", budget(grey_levels=8 / 255), 4 / 3),
    Mutant("ET1", control(fgsm=table()["random"], random=table()["fgsm"]), 1),
    Mutant("ET2", control(fgsm=[1 - value for value in table()["fgsm"]]), 1.5),
    Mutant("ET3", control(fgsm=[100 * value for value in table()["fgsm"]]), 1.5),
    Mutant("AD1", control(fgsm=[0.983, 0.998, 0.999, 1.0]), 1.5),
    Mutant("ET4", control(conclusion="size"), 1.5),
    Mutant("ET5", control(conclusion="any noise"), 1.5),
    Mutant("EQ1", control(conclusion="nothing"), 1.5),
    Mutant("EQ1", meaning(control="noise"), 1.5),
    Mutant("EQ2", meaning(confidence="probability"), 1.5),
    Mutant("EQ3", meaning(humans="same"), 1.5),
    Mutant("EQ4", meaning(honest_test={"unseen", "price", "free"}), 1.5),
    Mutant("EQ5", meaning(honest_test={"unseen", "price", "seen"}), 1.5),
]
ALL = FUNCTIONS + SETS


def called(mutants: list[Mutant]) -> list[str]:
    return [f"{mutant.code}-{number}" for number, mutant in enumerate(mutants)]


@pytest.mark.parametrize("mutant", ALL, ids=called(ALL))
def test_a_wrong_way_is_named_asked_and_costs_its_points(mutant, capsys):
    if mutant.points is None:
        with pytest.raises(CheckFailed) as failure:
            mutant.run()
        text, codes, earned = failure.value.message, failure.value.codes, None
    else:
        credit = mutant.run()
        text, codes, earned = capsys.readouterr().out.strip(), credit.codes, float(credit)
    with misconceptions.spoken_in(LAB):
        question = misconceptions.get(mutant.code).feedback
    lines = len(text.splitlines())
    assert (codes, question in text, 2 <= lines <= 4) == ((mutant.code,), True, True), text
    assert earned == (None if mutant.points is None else pytest.approx(mutant.points))


@pytest.mark.parametrize("name", list(SOURCES))
@pytest.mark.parametrize("hidden", [None, 3])
def test_a_function_without_its_mutation_is_right(name, hidden):
    if (name, hidden) == ("adversarial_training", 3):
        pytest.skip("the bonus has no hidden case")
    assert judge(name, build(name), hidden) is None


def test_the_step_the_wrong_way_is_told_with_accuracies():
    with pytest.raises(CheckFailed, match=r"accuracy went from 0\.\d\d to \d\.\d\d: you are helping the network"):
        check.fgsm(build("fgsm", (UP, DOWN)))


def test_a_defence_that_costs_too_much_is_told(monkeypatch):
    found = iter([{"clean": 0.9, "attacked": 0.2}, {"clean": 0.6, "attacked": 0.5}])
    monkeypatch.setattr(noises, "_accuracies", lambda *_: next(found))
    with pytest.raises(CheckFailed, match="the price is too high") as failure:
        judge("adversarial_training", lambda *_: None)
    assert (failure.value.codes, len(failure.value.message.splitlines())) == (("EQ4",), 4)


@pytest.mark.parametrize("code", [*CODES, *SHARED])
def test_every_code_has_a_mutant(code):
    assert code in {mutant.code for mutant in ALL}


@pytest.mark.parametrize("code", [*CODES, *SHARED])
def test_feedback_asks_and_its_section_exists(code):
    with misconceptions.spoken_in(LAB):
        entry = misconceptions.get(code)
    assert ("?" in entry.feedback, entry.section in lesson.headings()) == (True, True)


def test_codes_begin_with_the_labs_letters():
    assert {code[0] for code in CODES if not code.startswith("AD")} == {"E"}
    assert len(set(CODES)) == len(CODES) > 30


@pytest.mark.parametrize("code", [code for code in CODES if code.startswith("EB")])
def test_feedback_on_budgets_tells_no_right_number(code):
    assert not {"0.0627", "1.739", "0.063", "1.74"} & set(re.findall("[0-9.]+", misconceptions.get(code).feedback))


def test_every_wrong_option_has_a_code():
    choices = [experiments.CONCLUSION, *experiments.MEANING.values()]
    bare = [key for choice in choices for key, option in choice.options.items() if not option.code]
    assert sorted(bare) == sorted(key for choice in choices for key in choice.wanted)
