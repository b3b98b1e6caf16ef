"""Two experiments and the checks of their answers: gradients in a deep net, and the interval task.

The learner runs the experiment and reads it; the check runs it again.
"""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import torch
import torch.nn.functional as F

from course_utils.checks.diagnosis import same_number
from course_utils.checks.sets import mark, what_was_given
from course_utils.judging.answers import as_dict, as_numbers, is_missing, plain, short
from course_utils.judging.protocol.calling import quiet
from course_utils.judging.protocol.verdicts import CheckFailed, Credit

ACTIVATIONS: dict[str, Callable] = {
    "identity": lambda z: z,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
}

# --- a deep net

SCALES = (0.5, 1, 4)
DEPTH, WIDTH, BATCH = 10, 64, 64
SATURATED = 0.99  # beyond this, in absolute value, a tanh counts as saturated
STEADY = (0.1, 10.0)


class DeepNet(NamedTuple):
    """What went through a deep net: arrays (64, 64), one for each layer, first to last.

    `activations` are the layers' outputs, `gradients` the loss's gradients by their pre-activations.
    """

    activations: list
    gradients: list


def deep_net(scale: float, activation: str = "tanh", seed: int = 0) -> DeepNet:
    """Send a batch through ten random layers of 64 units, and a gradient back.

    Parameters
    ----------
    scale
        The weights are drawn with standard deviation ``scale`` / √64.
    activation
        "identity", "sigmoid", "tanh" or "relu".
    seed
        Of inputs, weights and the loss, which is a random sum of the outputs.

    Raises
    ------
    ValueError
        If there is no such activation.
    """
    act = _activation(activation)
    generator = torch.Generator().manual_seed(seed)

    def draw(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    h, sums, outputs = draw(BATCH, WIDTH), [], []
    with torch.enable_grad():
        for _ in range(DEPTH):
            z = h @ (scale * draw(WIDTH, WIDTH) / WIDTH**0.5).T
            z = z.requires_grad_() if not sums else z
            h = act(z)
            sums.append(z)
            outputs.append(h)
        gradients = torch.autograd.grad((h * draw(BATCH, WIDTH)).sum(), sums)
    return DeepNet([h.detach().numpy() for h in outputs], [gradient.numpy() for gradient in gradients])


def _activation(name: str) -> Callable:
    if name not in list(ACTIVATIONS):
        raise ValueError(f"there are the activations {', '.join(ACTIVATIONS)}; not {name!r}")
    return ACTIVATIONS[name]


def sizes(arrays) -> list[float]:
    """Return the root mean square of each array."""
    return [float((array**2).mean() ** 0.5) for array in arrays]


@cache
def measure(scale: float) -> dict[str, float]:
    """Measure a deep tanh net: what is asked, and what some wrong ways of measuring give."""
    net = deep_net(scale)
    stack = torch.stack([torch.from_numpy(one) for one in net.activations])
    size = sizes(net.gradients)
    return {
        "saturated": (stack.abs() > SATURATED).double().mean().item(),
        "one side": (stack > SATURATED).double().mean().item(),
        "last layer": (stack[-1].abs() > SATURATED).double().mean().item(),
        "first layer": (stack[0].abs() > SATURATED).double().mean().item(),
        "ratio": size[0] / size[-1],
    }


@quiet()
def deep_gradients(answers: dict) -> Credit:
    """Check saturation and gradient ratio of the deep tanh net at three scales, and what they mean. 2 points.

    Parameters
    ----------
    answers
        ``{"saturated": three shares, "ratio": three ratios, "steady scale": a scale, "at scale 4": "grows" or
        "shrinks"}``, the triples in the order of :data:`SCALES`. Shares may be off by 0.01, ratios by a twentieth.
    """
    parts = ("saturated", "ratio", "steady scale", "at scale 4")
    answers = as_dict(answers, parts, "deep")
    given = {part: None if is_missing(answers[part]) else answers[part] for part in parts}
    measured = [measure(scale) for scale in SCALES]
    ratios = [one["ratio"] for one in measured]
    steady = [scale for scale, ratio in zip(SCALES, ratios, strict=True) if STEADY[0] <= ratio <= STEADY[1]]
    looks = {
        "saturated": lambda value: _shares(_triple(value, "saturated"), measured),
        "ratio": lambda value: _ratios(_triple(value, "ratio"), ratios),
        "steady scale": lambda value: (plain(value) in steady, "AE5" if plain(value) in SCALES else ""),
        "at scale 4": lambda value: _direction(value, ratios[SCALES.index(4)]),
    }
    found = {part: (None, "") if given[part] is None else looks[part](given[part]) for part in parts}
    marks = {part: right for part, (right, _) in found.items()}
    codes = [code for right, code in found.values() if right is False and code]
    return mark(marks, 2, codes, _line(found, given))


def _line(found: dict, given: dict) -> str:
    """Say what was given for the first part that is wrong, with a known wrong way if there is one."""
    known = {part: right if code else None for part, (right, code) in found.items()}
    return what_was_given(known, given) or what_was_given({part: right for part, (right, _) in found.items()}, given)


def _triple(value, part: str) -> list:
    numbers = as_numbers(value) if type(value) is not set else None
    if numbers is None or len(numbers) != len(SCALES):
        raise CheckFailed(f"deep[{part!r}] should be three numbers, one for each scale, not {short(value)}.")
    return numbers


def _shares(given: list, measured: list) -> tuple[bool, str]:
    def like(key, factor=1.0):
        return all(
            abs(g - factor * one[key]) <= 0.01 * max(1, factor / 2) for g, one in zip(given, measured, strict=True)
        )

    if like("saturated"):
        return True, ""
    ways = {"AE2": ("saturated", 100.0), "AE3": ("one side", 1.0), "AE4": ("last layer", 1.0)}
    codes = [code for code, way in ways.items() if like(*way)] + ["AE4"] * like("first layer")
    return False, codes[0] if codes else ""


def _ratios(given: list, right: list) -> tuple[bool, str]:
    def like(power):
        return all(abs(g - r**power) <= 0.05 * abs(power) * r**power for g, r in zip(given, right, strict=True))

    if like(1):
        return True, ""
    return False, "AE1" if like(-1) else "AE7" if like(2) else ""


def _direction(value, ratio: float) -> tuple[bool, str]:
    word = value.strip().lower() if type(value) is str else ""
    if word not in ("grows", "shrinks"):
        raise CheckFailed(f'deep["at scale 4"] should be "grows" or "shrinks", not {short(value)}.')
    return word == ("grows" if ratio > 1 else "shrinks"), "AE6"


# --- the interval task

SEEDS = range(10)
POINTS = 40  # half of them in the middle third, the others in the outer thirds
STEPS, RATE = 200, 0.1


def interval_data() -> tuple:
    """Make the interval task: x (40,) from -1 to 1, y (40,), 1 in the middle and 0 outside, with gaps between."""
    outside = POINTS // 4
    middle = torch.linspace(-1 / 3, 1 / 3, POINTS - 2 * outside, dtype=torch.float64)
    left = torch.linspace(-1, -2 / 3, outside, dtype=torch.float64)
    x = torch.cat([left, middle, -left.flip(0)])
    return x.numpy(), (x.abs() < 0.5).double().numpy()


def train_interval(activation: str) -> list[float]:
    """Train a net with two hidden units on the interval task from ten seeds (200 steps of Adam).

    Parameters
    ----------
    activation
        Of the hidden units: "identity", "sigmoid", "tanh" or "relu".

    Returns
    -------
    list of float
        The share of points on the right side, for each seed.

    Raises
    ------
    ValueError
        If there is no such activation.
    """
    _activation(activation)
    return list(_train(activation))


@cache
def _train(activation: str) -> tuple[float, ...]:
    act = ACTIVATIONS[activation]
    x, y = (torch.tensor(array) for array in interval_data())
    start = [torch.randn(7, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) for seed in SEEDS]
    net = 2 * torch.stack(start)  # (10, 7): two weights, two biases, then the output's three
    mean, square = torch.zeros_like(net), torch.zeros_like(net)
    for step in range(1, STEPS + 1):  # Adam, written out: importing torch.optim takes longer than all the runs
        gradient = _loss_gradient(net, x, y, act)
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        net = net - RATE * (mean / (1 - 0.9**step)) / ((square / (1 - 0.999**step)).sqrt() + 1e-8)
    right = (_scores(net, x, act) > 0) == (y > 0.5)  # (10, 40)
    return tuple(right.double().mean(1).tolist())


def _loss_gradient(net: torch.Tensor, x: torch.Tensor, y: torch.Tensor, act: Callable) -> torch.Tensor:
    """Return the gradient (10, 7) of each run's own mean loss."""
    with torch.enable_grad():
        net = net.clone().requires_grad_()
        losses = F.binary_cross_entropy_with_logits(_scores(net, x, act), y.expand(len(SEEDS), -1), reduction="none")
        return torch.autograd.grad(losses.mean(1).sum(), net)[0]


def _scores(net: torch.Tensor, x: torch.Tensor, act: Callable) -> torch.Tensor:
    hidden = act(x[None, :, None] * net[:, None, :2] + net[:, None, 2:4])  # (10, 40, 2)
    return (hidden * net[:, None, 4:6]).sum(2) + net[:, 6:]


def best_cut() -> float:
    """Try every straight cut of the interval, both ways round, and return the largest share of points it gets right."""
    x, y = interval_data()
    places = [-2.0, *((x[1:] + x[:-1]) / 2)]
    shares = [float(((x > place) == (y > 0.5)).mean()) for place in places]
    return max(*shares, *(1 - share for share in shares))


@quiet()
def interval_experiment(answers: dict) -> Credit:
    """Check the best that two hidden units can reach without a bend, and which bend solved more of ten runs. 1 point.

    Parameters
    ----------
    answers
        ``{"identity": a share, "solved more": "tanh" or "relu"}``.
    """
    parts = ("identity", "solved more")
    answers = as_dict(answers, parts, "interval")
    given = {part: None if is_missing(answers[part]) else answers[part] for part in parts}
    found = {
        "identity": (None, "") if given["identity"] is None else _best(plain(given["identity"])),
        "solved more": (None, "") if given["solved more"] is None else _winner(given["solved more"]),
    }
    marks = {part: right for part, (right, _) in found.items()}
    codes = [code for right, code in found.values() if right is False and code]
    return mark(marks, 1, codes, _line(found, given))


def _best(given) -> tuple[bool, str]:
    right = best_cut()
    if same_number(given, right):
        return True, ""
    runs = train_interval("identity")
    ways = {"AI1": 0.5, "AI2": 1.0, "AE2": 100 * right, "AI4": sum(runs) / len(runs)}
    return False, next((code for code, way in ways.items() if same_number(given, way)), "")


def _winner(given) -> tuple[bool, str]:
    word = given.strip().lower() if type(given) is str else ""
    if word not in ("tanh", "relu"):
        raise CheckFailed(f'interval["solved more"] should be "tanh" or "relu", not {short(given)}.')
    solved = {name: sum(share == 1 for share in train_interval(name)) for name in ("tanh", "relu")}
    return word == max(solved, key=solved.get), "AI3"
