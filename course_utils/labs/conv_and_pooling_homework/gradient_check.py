"""Exercise 5.17: a gradient check of a whole network.

=====================================================  ==========================================================
Claim of the prompt                                    Case
=====================================================  ==========================================================
below 1e-6 for a network whose backward is right       two layers without a fault
above 1e-2 if one gradient is wrong, whichever it is   a fault in each of the four parameters; one number alone
relative to the gradients                              a fault where gradients are small
the formula, and the largest of the parameters         the number itself, also for two faults at once
the network is afterwards what it was before           its parameters
=====================================================  ==========================================================

The networks are the check's own, so that a learner's check is judged apart from a learner's layers.
"""

import copy
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from course_utils.judging.answers import kind, plain
from course_utils.judging.cases import Case
from course_utils.judging.closeness import near
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.protocol.calling import must_be_function
from course_utils.labs.conv_and_pooling_homework.borrowed import Network, TorchLayer
from course_utils.labs.conv_and_pooling_homework.headings import WHOLE

GC1 = Misconception(
    "GC1",
    "parameters not put back",
    "After your check the network has other parameters than before. What must be undone after each small step?",
    WHOLE,
)
GC2 = Misconception(
    "GC2",
    "one-sided differences",
    "Your check finds an error in a network that has none, as one-sided differences do. Where else can one step to?",
    WHOLE,
)
GC3 = Misconception(
    "GC3",
    "biases left out of the check",
    "A wrong gradient of a bias goes unseen. Which parameters does your loop go through?",
    WHOLE,
)
GC4 = Misconception(
    "GC4",
    "only one layer is checked",
    "A wrong gradient in one of the layers goes unseen. Which layers does your loop go through?",
    WHOLE,
)
GC5 = Misconception(
    "GC5",
    "difference with a sign",
    "A gradient that is too small and one that is too large are not both seen. What does a sign do to the largest?",
    WHOLE,
)
GC6 = Misconception(
    "GC6",
    "a mean hides a single wrong number",
    "One wrong number among right ones goes unseen. Does a mean over all of them let it show?",
    WHOLE,
)
GC7 = Misconception(
    "GC7",
    "difference not relative to the gradients",
    "Where gradients are small a wrong one goes unseen. Against what should the size of a difference be held?",
    WHOLE,
)

GC8 = Misconception(
    "GC8",
    "mean or sum over the parameters",
    "This is the mean of all parameters' errors, or their sum. Which one of them does the task ask for?",
    WHOLE,
)
GC9 = Misconception(
    "GC9",
    "held against another size",
    "The largest difference is divided by another size than the task says. Of which two gradients does it take sizes?",
    WHOLE,
)
GC10 = Misconception(
    "GC10",
    "slopes doubled or halved",
    "Your slopes are twice the network's gradients, or half of them. How far do the two losses lie apart?",
    WHOLE,
)
GC11 = Misconception(
    "GC11",
    "no wrong gradient is ever found",
    "Your number stays small whatever is wrong. What becomes of the one error that is large?",
    WHOLE,
)
GC12 = Misconception(
    "GC12",
    "each number held against itself",
    "Each difference is divided by the two sizes at its own place here. Which two sizes does the formula take, and "
    "from how many numbers?",
    WHOLE,
)
GC13 = Misconception(
    "GC13",
    "lengths in place of the largest numbers",
    "One way to get this: lengths (roots of summed squares), sums or means stand where the formula has largest "
    "numbers. What do the bars and the max in it mean?",
    WHOLE,
)

NAME = "gradient_error"
RIGHT, FAULTY = 1e-6, 1e-2  # below the one and above the other
WEIGHT, BIAS = "weight", "bias"
SMALL = 1e-3  # what x is multiplied by
ALONE = ("one larger", "one smaller")  # the fault is in a single number
MIDDLE = "one of middle size"  # in one that is not the largest: the formula's number is smaller
TOO_SMALL = {"too small", "one smaller"}
BOTH = "two at once"
FAULTS: dict[str, tuple[int, str, float]] = {  # layer, parameter, what its gradient is multiplied by
    "first weight": (0, WEIGHT, 3.0),
    "first bias": (0, BIAS, 3.0),
    "last weight": (2, WEIGHT, 3.0),
    "last bias": (2, BIAS, 3.0),
    "too small": (0, WEIGHT, 0.4),
    "small gradient": (0, WEIGHT, 3.0),
    "one larger": (0, WEIGHT, 1.15),
    "one smaller": (0, WEIGHT, 0.85),
    MIDDLE: (0, WEIGHT, 1.15),
    BOTH: (2, BIAS, 3.0),
}
UNSEEN: dict[frozenset[str], Misconception] = {
    frozenset({"first bias", "last bias"}): GC3,
    frozenset({"last weight", "last bias"}): GC4,
    frozenset({"first weight", "first bias", "too small", "small gradient", *ALONE}): GC4,
    frozenset(ALONE): GC6,
}


class Faulty(TorchLayer):
    """A dense layer whose gradients may be wrong."""

    def __init__(self, **params: np.ndarray) -> None:
        super().__init__(**params)
        self.fault: tuple[str, float, str] | None = None

    def operation(self, x: torch.Tensor, *params: torch.Tensor) -> torch.Tensor:
        """Compute what the layer gives."""
        return F.linear(x, *params)

    def backward(self, grad_out: np.ndarray) -> np.ndarray:
        """Return the gradient by the input; keep the others, with the fault."""
        grad_x = super().backward(grad_out)
        if self.fault:
            name, factor, kind_of_fault = self.fault
            gradient = self.grads[name]
            gradient[place_of(kind_of_fault, gradient)] *= factor
        return grad_x


def place_of(fault: str, gradient: np.ndarray) -> Any:
    """Return where a fault is: in the largest number, in the one that is nearest to half of its size, or in all."""
    if fault not in (*ALONE, MIDDLE):
        return np.s_[:]
    sizes = np.abs(gradient)
    wanted = sizes.max() / 2 if fault == MIDDLE else sizes.max()
    return np.unravel_index(np.abs(sizes - wanted).argmin(), gradient.shape)


class Tanh(TorchLayer):
    """Smooth, so that differences are exact enough everywhere."""

    def operation(self, x: torch.Tensor, *params: torch.Tensor) -> torch.Tensor:
        """Compute what the layer gives."""
        return x.tanh()


def run_check(function: Any, weights: list[Any], x: Any, y: Any, faults: dict[str, Any]) -> dict[str, Any]:
    """Probe: hand a learner's check one network after the other, and tell what it found, and what it changed."""
    found: dict[str, Any] = {}
    unchanged = True
    for name, fault in faults.items():
        layers = [Faulty(weight=weights[0], bias=weights[1]), Tanh(), Faulty(weight=weights[2], bias=weights[3])]
        network = copy.deepcopy(Network(layers))
        if fault:
            place, key, factor = fault
            network.layers[place].fault = (key, factor, name)
        if name == BOTH:
            network.layers[0].fault = (WEIGHT, 2.0, BOTH)
        found[name] = function(network, x * (SMALL if name == "small gradient" else 1), y.copy())
        after = [network.layers[place].params[key] for place in (0, 2) for key in (WEIGHT, BIAS)]
        unchanged &= all(np.allclose(one, other, rtol=0, atol=1e-9) for one, other in zip(weights, after, strict=True))
    return {"found": found, "unchanged": unchanged}


class GradientCheck(Implementation):
    """Write ``gradient_error(network, x, y)``: the largest relative difference between backward and differences."""

    id = "gradient-check"
    hints = (
        "Which loop goes through every number of every parameter of every layer? np.ndindex(array.shape) helps.",
        "Two losses, one a small step up, one a small step down: over which distance do they lie apart?",
        "Relative to what? The size of both gradients together is never zero where one of them is wrong.",
    )
    worked = """
        The same for a function of one array, f(v), whose gradient somebody claims to be g:

        1. For each place: a step up, a step down, and back to the old number.
        2. The slope is the difference of both values, over twice the step.
        3. Compare sizes: the largest difference, over the largest of both gradients.

        ```python
        def error_of(f, v, g, step=1e-5):
            slopes = np.zeros(v.shape)
            for place in np.ndindex(v.shape):
                old = v[place]
                v[place] = old + step
                upper = f(v)
                v[place] = old - step
                slopes[place] = (upper - f(v)) / (2 * step)
                v[place] = old
            return np.abs(slopes - g).max() / (np.abs(slopes).max() + np.abs(g).max())
        ```
    """
    misconceptions = (GC1, GC2, GC3, GC4, GC5, GC6, GC7, GC8, GC9, GC10, GC11, GC12, GC13)

    def cases(self) -> Sequence[Case]:
        """Return one network, with and without faults."""
        return [Case("a network of two dense layers", (4, 3, 5))]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return another one."""
        return [Case("", (3, 5, 4))]

    def try_case(self, case: Case, function: Callable[..., Any]) -> None:
        """Hand over networks with and without faults, and see which of them are found."""
        must_be_function(function, NAME)
        D, H, K = case.data
        rng = case.rng(D, H, K)
        weights = [rng.normal(size=shape) for shape in ((H, D), (H,), (K, H), (K,))]
        x, y = rng.normal(size=(6, D)), rng.permutation(np.arange(6) % K)
        result = case.ask(run_check, function, weights, x, y, {"none": None} | dict(FAULTS))
        found = {name: _read(case, one) for name, one in result["found"].items()}
        if not result["unchanged"]:
            raise case.always(f"{NAME}: not yet right.", GC1)
        if not abs(found["none"]) < RIGHT:
            shows = _agree(found, _errors(weights, x, y)["largest"])  # all but for what a small step cannot see
            way = GC2 if RIGHT <= abs(found["none"]) < FAULTY and shows else None
            way = GC10 if near(found["none"], 1 / 3, by=1e-3) else way
            raise case.always(f"{NAME} reports an error for a network whose backward pass is right.", way)
        unseen = frozenset(name for name in FAULTS if name != MIDDLE and not found[name] > FAULTY)
        if unseen:
            raise case.always(f"{NAME} finds too little where a gradient is wrong.", _why(unseen))
        expected = _errors(weights, x, y)
        if not _agree(found, expected["largest"]):
            way = next(
                (way for way, names in FORMULAS.items() if any(_agree(found, expected[one]) for one in names)), None
            )
            raise case.always(f"{NAME} finds each wrong gradient, but its number is not that of the formula.", way)


FORMULAS = {
    GC8: ("mean", "sum"),
    GC9: ("by g", "by s", "by the larger", "by half"),
    GC12: ("each by its own",),
    GC13: ("by lengths", "by sums"),
}


def _agree(found: dict[str, float], expected: dict[str, float]) -> bool:
    return all(near(found[name], number, share=0.02) for name, number in expected.items())


def _errors(weights: list[np.ndarray], x: np.ndarray, y: np.ndarray) -> dict[str, dict[str, float]]:
    """Return for each formula, right or wrong, what it gives for each fault."""
    found: dict[str, dict[str, float]] = {}
    for name, (place, key, factor) in FAULTS.items():
        wrong = {(place, key): factor} | ({(0, WEIGHT): 2.0} if name == BOTH else {})
        right = _gradients(weights, x * (SMALL if name == "small gradient" else 1), y)
        sizes, lengths, sums, own = [], [], [], []
        for where, s in right.items():
            g = s.copy()
            g[place_of(name, s)] *= wrong.get(where, 1.0)
            sizes.append((np.abs(g - s).max(), np.abs(g).max(), np.abs(s).max()))
            lengths.append(np.linalg.norm(g - s) / (np.linalg.norm(g) + np.linalg.norm(s)))
            sums.append(np.abs(g - s).sum() / (np.abs(g).sum() + np.abs(s).sum()))
            own.append((np.abs(g - s) / (np.abs(g) + np.abs(s))).max())
        relative = [gap / (g + s) for gap, g, s in sizes]
        every = {
            "largest": max(relative),
            "mean": float(np.mean(relative)),
            "sum": sum(relative),
            "by g": max(gap / g for gap, g, _ in sizes),
            "by s": max(gap / s for gap, _, s in sizes),
            "by the larger": max(gap / max(g, s) for gap, g, s in sizes),
            "by half": max(2 * one for one in relative),
            "by lengths": max(lengths),
            "by sums": max(sums),
            "each by its own": max(own),
        }
        for formula, number in every.items():
            found.setdefault(formula, {})[name] = float(number)
    return found


def _gradients(weights: list[np.ndarray], x: np.ndarray, y: np.ndarray) -> dict[tuple[int, str], np.ndarray]:
    """Ask autograd for the gradients of the network of two dense layers."""
    with torch.enable_grad():
        params = [torch.tensor(one, requires_grad=True) for one in weights]
        hidden = F.linear(torch.tensor(x), *params[:2]).tanh()
        loss = F.cross_entropy(F.linear(hidden, *params[2:]), torch.tensor(y))
        every = torch.autograd.grad(loss, params)
    places = ((0, WEIGHT), (0, BIAS), (2, WEIGHT), (2, BIAS))
    return {place: one.numpy() for place, one in zip(places, every, strict=True)}


def _why(unseen: frozenset[str]) -> Misconception | None:
    """Return the wrong way that leaves exactly these faults unseen."""
    if unseen == frozenset(FAULTS) - {MIDDLE}:
        return GC11
    seen = frozenset(FAULTS) - unseen - {BOTH, MIDDLE}
    if seen in ({"first bias"}, {"last weight"}, {"last bias"}):
        return GC4 if seen != {"first bias"} else None
    if "small gradient" in unseen and "first weight" not in unseen:
        return GC7
    if unseen <= TOO_SMALL or unseen == {"one larger"}:
        return GC5
    return UNSEEN.get(unseen - {BOTH})


def _read(case: Case, value: Any) -> float:
    number = plain(value)
    if number is None:
        raise case.always(f"{NAME} should return one number, not {kind(value)}.")
    return float(number)
