"""Exercise 8.5: many steps inside a budget.

| claim of the prompt | case |
|---|---|
| starts at x, with `steps=1` and `alpha=eps` it equals fgsm | one step |
| takes `steps` steps of `alpha`, each along a new gradient | two, three, four and ten steps |
| after each step no pixel is further than `eps` from x | three steps of alpha=2*eps |
| ... or outside 0 to 1 | a large budget |
| `targeted` | targeted=True |
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F

from course_utils.judging.cases import Case, Ways
from course_utils.judging.closeness import explain_array
from course_utils.judging.exercise import Implementation
from course_utils.judging.findings import Wrong
from course_utils.judging.misconceptions import Misconception
from course_utils.labs.adversarial_examples import attacks, networks, rescue
from course_utils.labs.adversarial_examples.attacks import (
    AD1,
    AD2,
    AD3,
    AD5,
    DS2,
    EA1,
    EA2,
    EA9,
    EA10,
    EA11,
    EA18,
    EA21,
    EA23,
    EA24,
    EG3,
    EPS,
    Call,
    attack,
    call_case,
    judge_attack,
    one_step,
    pictures,
    predicted,
    read,
)
from course_utils.labs.adversarial_examples.headings import MANY
from course_utils.labs.adversarial_examples.networks import Recipe, slope

EA3 = Misconception(
    "EA3",
    "the same gradient at every step",
    "Every step here uses the gradient at the first picture. Where do you stand after a step, and where is the "
    "gradient taken?",
    MANY,
)
EA4 = Misconception(
    "EA4",
    "projected around the moving point",
    "Each step stays near the step before it, yet the walk leaves the budget. Around which picture is the budget "
    "drawn?",
    MANY,
)
EA6 = Misconception(
    "EA6",
    "one step only",
    "This is the picture after one step. How often should the loop run, and where does return stand?",
    MANY,
)
EA7 = Misconception(
    "EA7",
    "limits kept after the last step only",
    "The limits are kept at the end only; on the way pixels leave their budget or the range from 0 to 1. After "
    "which steps should both limits hold?",
    MANY,
)
EA8 = Misconception(
    "EA8",
    "gradients of earlier steps added up",
    "These steps follow earlier gradients, too: with momentum, or since backward() adds to what is in .grad already. "
    "Along which gradient alone does each step go?",
    MANY,
)
EA12 = Misconception(
    "EA12",
    "alpha and eps exchanged",
    "The budget here is alpha, not eps. Which of the two limits the way from x?",
    MANY,
)
EA13 = Misconception(
    "EA13",
    "one step too many or too few, or a number of one's own",
    "This is where another number of steps ends. How often does the loop run?",
    MANY,
)
EA16 = Misconception(
    "EA16",
    "each step starts from x again",
    "Every step here begins at x, and forgets the steps before it. From where does the next step go on?",
    MANY,
)
EA17 = Misconception(
    "EA17",
    "budget drawn around 0",
    "The picture itself is limited to -eps and eps here. Around which picture is the budget drawn?",
    MANY,
)
EA25 = Misconception(
    "EA25",
    "stopped as soon as the network is fooled",
    "This walk ends, or a picture stays where it is, once the network is fooled. How many steps does the task ask for?",
    MANY,
)
EA31 = Misconception(
    "EA31",
    "the best of all steps kept",
    "These are pictures from the step after which the loss was best. Where does the walk of the task end?",
    MANY,
)
EA26 = Misconception(
    "EA26",
    "another budget than that of each pixel",
    "One way to get this: the length of the whole change is limited, or all of it shrinks until its largest number "
    "fits, or one end alone is cut. What is limited, of which pixels, and on which sides?",
    MANY,
)
EA35 = Misconception(
    "EA35",
    "a budget in proportion to the pixel",
    "One way to get this: bright pixels may go further than dark ones. How far may each pixel be from x, whatever its "
    "own number?",
    MANY,
)
EA36 = Misconception(
    "EA36",
    "mean of the pictures on the way",
    "One way to get this: the mean of the pictures after each step. Which of them is the end of the walk?",
    MANY,
)
EA37 = Misconception(
    "EA37",
    "walk that begins elsewhere",
    "One way to get this: a walk that does not begin at x, but at a black or grey picture, or after a first step of "
    "another length. Where does the task begin?",
    MANY,
)
AD4 = attacks.AD4.in_lab(
    MANY,
    "Your walk is twice, half, 255 or 1/255 times as long as asked. By what are eps and alpha multiplied or divided in "
    "your function, and has anything to be converted here?",
)

SCALED = ("largest", "norm", "own largest", "own norm")  # ways to divide a gradient

WORKED = """
A walk with another rule, on paper: start at v = 0.9, take steps of 0.25 *down* the slope of f(v) = v², and stay within
0.4 of the start and within 0 to 1.

1. The limits do not move with v: 0.9 − 0.4 = 0.5 at the bottom, and at the top 1, since 1.3 lies outside.
2. Slope at 0.9 is 1.8: step down to 0.65. It is inside.
3. A *new* slope, at 0.65: 1.3, still positive. Down to 0.40, which is outside: back to 0.5.
4. Slope at 0.5: 1. Down to 0.25, back to 0.5. However long one walks, 0.5 is the end.

```python
start = v = 0.9
for _ in range(3):
    v = v - 0.25 if 2 * v > 0 else v + 0.25
    v = min(max(v, start - 0.4, 0), start + 0.4, 1)
print(v)  # 0.5
```
"""


class Pgd(Implementation):
    """Write ``pgd(model, x, y, eps, alpha, steps, targeted=False)``: repeated steps inside the budget, from ``x``."""

    id = "pgd"
    hints = (
        "Start from x. Where is the gradient taken in the second step?",
        "After each step: how far may the picture be from x, and which function limits a tensor to a range?",
        "Two limits apply, the budget around x and the range of pixels. Which picture is the middle of the first one?",
    )
    misconceptions = (
        AD1,
        EA2,
        AD3,
        EA3,
        EA7,
        EA8,
        EA6,
        AD5,
        EA4,
        EA1,
        AD2,
        EA18,
        AD4,
        DS2,
        EG3,
        EA9,
        EA10,
        EA12,
        EA13,
        EA11,
        EA16,
        EA17,
        EA21,
        EA23,
        EA24,
        EA25,
        EA26,
        EA31,
        *(EA35, EA36, EA37),
    )
    worked = WORKED

    def lend(self) -> Callable[..., Any]:
        """Return one for the cells that follow."""
        return rescue.pgd

    def cases(self) -> Sequence[Case]:
        """Return one step, few inside the budget, few that leave it, many, a target, and a large budget."""
        return [
            call_case("one step of alpha=eps", Recipe(41), 8, EPS, EPS, 1),
            call_case("two steps of alpha=0.4*eps", Recipe(45), 4, EPS, 0.4 * EPS, 2),  # inside the budget
            call_case("three steps of alpha=2.5*eps", Recipe(42), 4, EPS, 2.5 * EPS, 3),  # tells which budget is kept
            call_case("ten steps of alpha=eps/4", Recipe(43), 4, EPS, EPS / 4, 10),
            call_case("five steps, of which the last is not the best", Recipe(101), 4, 4 * EPS, 3 * EPS, 5),
            call_case("no step", Recipe(47), 2, EPS, EPS, 0),
            call_case("targeted=True", Recipe(44), 4, EPS, EPS / 2, 4, targeted=True),
            call_case("a large budget, in float32", Recipe(46, 5, 4, double=False), 3, 0.3, 0.2, 4),
        ]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other sizes, budgets and numbers of steps."""
        return [
            call_case("other sizes", Recipe(51, 4, 7), 5, 4 / 255, 1 / 255, 8),
            call_case("a large budget", Recipe(52, 5, 4), 6, 0.2, 0.3, 4),
            call_case("targeted", Recipe(53, 7, 5), 3, 16 / 255, 4 / 255, 6, targeted=True),
        ]

    def try_case(self, case: Case, answer: Callable[..., Any]) -> None:
        """Compare with a walk along autograd's gradients."""
        x, y = pictures(case.data, case.seed)
        try:
            judge_attack(case, "pgd", answer, x, y, many_steps(case.data, x, y), walk_ways(case.data, x, y))
        except Wrong as error:
            compared = bool(error.codes) and error.codes != (EG3.code,)
            raise (_confirmed(case, answer, error) if compared else error) from None


def _confirmed(case: Case, answer: Callable[..., Any], error: Wrong) -> Wrong:
    """Return the error with the wrong way that explains another walk, too: in one walk two of them may meet.

    If the other walk is right, or no way explains both, the error stays as it is.
    """
    call: Call = case.data
    eps, alpha, _ = call.numbers
    other = call.with_numbers(eps, 2 * eps, 3) if alpha < eps else call.with_numbers(eps, 0.4 * eps, 2)
    fitting = list(walk_ways(call, *pictures(call, case.seed)))
    for one in (call, other):
        x, y = pictures(one, case.seed)
        found = case.ask(attack, answer, tuple(one.recipe), x, y, list(one.numbers), one.options)
        given, ways = read(case, found["answer"], "pgd"), walk_ways(one, x, y)
        fitting = [way for way in fitting if explain_array(given, {way: ways[way]})]
    because = tuple(fitting[:1]) or error.finding.because
    return Wrong(replace(error.finding, because=because))


def many_steps(
    call: Call,
    x: torch.Tensor,
    y: torch.Tensor,
    *,
    around: str = "x",
    clamp: bool = True,
    sign: int = 1,
    raw: str = "sign",
    at: str = "here",
    start: str = "here",
    keep: bool = False,
    begin: torch.Tensor | None = None,
) -> torch.Tensor:
    """Walk along the gradient with PyTorch, rightly by default, or with one thing done wrongly."""
    (eps, alpha, steps), model = call.numbers, networks.ours(call.recipe)
    here, gradient = x if begin is None else begin, torch.zeros_like(x)
    for _ in range(steps):
        gradient = (gradient if keep else 0) + slope(model, here if at == "here" else x, y)
        step = (here if start == "here" else x) + sign * call.direction * alpha * _direction(gradient, raw)
        centre = {"x": x, "here": here, "zero": 0 * x, "share": x, "nothing": None}[around]
        far = eps * x if around == "share" else eps
        here = step if centre is None else torch.clamp(step, centre - far, centre + far)
        here = here.clamp(0, 1) if clamp else here
    return here


def walk_ways(call: Call, x: torch.Tensor, y: torch.Tensor) -> Ways:
    """For each wrong walk, a function that computes its result."""
    eps, alpha, steps = call.numbers
    own_lengths = (1, 2 * alpha, alpha / 2, eps, eps / max(steps, 1), eps * alpha, EPS, 0.01)
    own_numbers = [*(steps + more for more in (1, -1, 2)), 10, 20]

    def walk(**changes: Any) -> torch.Tensor:
        return many_steps(call, x, y, **changes)

    def first(length: float) -> torch.Tensor:
        return one_step(call.with_numbers(length), x, y)

    return {
        AD1 if call.direction > 0 else EA2: lambda: [walk(sign=-1), walk(sign=-1, clamp=False)],
        AD3: lambda: walk(clamp=False),
        EA3: lambda: walk(at="x"),
        EA7: lambda: [
            walk(clamp=False).clamp(0, 1),
            *(torch.clamp(walk(around="nothing", clamp=c), x - eps, x + eps).clamp(0, 1) for c in (True, False)),
        ],
        EA8: lambda: walk(keep=True),
        EA6: lambda: [first(min(alpha, eps)), first(alpha), first(alpha / 2)] if steps > 1 else [],
        AD5: lambda: [walk(around="nothing"), walk(around="nothing", clamp=False)],
        EA4: lambda: [walk(around="here"), walk(around="here", clamp=False)],
        EA1: lambda: [walk() - x],
        AD2: lambda: [walk(raw=raw, around=a) for raw in ("", "mean") for a in ("x", "nothing")],
        EA18: lambda: [walk(raw=raw, around=a) for raw in SCALED for a in ("x", "nothing")],
        AD4: lambda: (
            [many_steps(call.with_numbers(eps * f, alpha * f, steps), x, y) for f in (0.5, 2, 255, 1 / 255)]
            + [many_steps(call.with_numbers(eps * f, alpha, steps), x, y) for f in (0.5, 2)]
        ),
        DS2: lambda: walk()[0],
        EA21: lambda: first(eps),
        EA23: lambda: [_one_sided(call, x, y, low, high) for low, high in ((0, eps), (-eps, 0), (0, 1))],
        EA24: lambda: [_shrinking(call, x, y, share) for share in _shares(steps)],
        EA25: lambda: [_until_fooled(call, x, y, all_at_once=once) for once in (True, False)],
        EA26: lambda: [_limited(call, x, y, limit) for limit in LIMITS],
        EA35: lambda: walk(around="share"),
        EA36: lambda: _means_on_the_way(call, x, y) if steps > 1 else [],
        EA37: lambda: [walk(begin=one) for one in _beginnings(call, x, y)] if steps else [],
        EA31: lambda: [_best(call, x, y, each=each) for each in (True, False)],
        EA9: lambda: many_steps(call, x, predicted(call, x)),
        EA16: lambda: [walk(start="x"), walk(start="x", around="nothing")],
        EA17: lambda: [walk(around="zero"), walk(around="zero", clamp=False)],
        EA12: lambda: [many_steps(call.with_numbers(alpha, length, steps), x, y) for length in (eps, alpha)],
        EA11: lambda: [many_steps(call.with_numbers(eps, length, steps), x, y) for length in own_lengths],
        EA13: lambda: [many_steps(call.with_numbers(eps, alpha, number), x, y) for number in own_numbers],
    }


def _means_on_the_way(call: Call, x: torch.Tensor, y: torch.Tensor) -> list[torch.Tensor]:
    """Return the mean of the pictures after each step, with the first picture and without it."""
    eps, alpha, steps = call.numbers
    places = torch.stack([many_steps(call.with_numbers(eps, alpha, number), x, y) for number in range(steps + 1)])
    return [places.mean(0), places[1:].mean(0)]


def _beginnings(call: Call, x: torch.Tensor, y: torch.Tensor) -> list[torch.Tensor]:
    """Return pictures at which a walk may begin in the place of x, as they are and within the budget."""
    eps = call.numbers[0]
    own = [torch.full_like(x, 0.5), torch.zeros_like(x), torch.full_like(x, float(x.mean()))]
    own += [x + eps, x - eps, one_step(call.with_numbers(eps), x, y), one_step(call.with_numbers(eps / 2), x, y)]
    return [*own, *(torch.clamp(one, x - eps, x + eps) for one in own[:3])]


def _one_sided(call: Call, x: torch.Tensor, y: torch.Tensor, low: float, high: float) -> torch.Tensor:
    """Walk with the change limited to one sign."""
    (_, alpha, steps), model, here = call.numbers, networks.ours(call.recipe), x
    for _ in range(steps):
        step = here + call.direction * alpha * slope(model, here, y).sign()
        here = (x + (step - x).clamp(low, high)).clamp(0, 1)
    return here


LIMITS: tuple[Callable[[torch.Tensor, float], torch.Tensor], ...] = (
    lambda change, eps: change.clamp(max=eps),
    lambda change, eps: change.clamp(min=-eps),
    lambda change, eps: change.renorm(2, 0, eps),
    lambda change, eps: change * min(1.0, eps / max(float(change.norm()), 1e-12)),
    lambda change, eps: change * min(1.0, eps / max(float(change.abs().max()), 1e-12)),
    lambda change, eps: change * (eps / change.abs().amax((1, 2, 3), keepdim=True).clamp(min=eps)),
)


def _limited(
    call: Call, x: torch.Tensor, y: torch.Tensor, limit: Callable[[torch.Tensor, float], torch.Tensor]
) -> torch.Tensor:
    """Walk with another limit for the change."""
    (eps, alpha, steps), model, here = call.numbers, networks.ours(call.recipe), x
    for _ in range(steps):
        step = here + call.direction * alpha * slope(model, here, y).sign()
        here = (x + limit(step - x, eps)).clamp(0, 1)
    return here


def _best(call: Call, x: torch.Tensor, y: torch.Tensor, *, each: bool) -> torch.Tensor:
    """Return the pictures of the step after which the loss was best, each by itself or all together."""
    (eps, alpha, steps), model = call.numbers, networks.ours(call.recipe)
    places = torch.stack([many_steps(call.with_numbers(eps, alpha, number), x, y) for number in range(steps + 1)])
    with torch.no_grad():
        losses = torch.stack([F.cross_entropy(model(one), y, reduction="none") for one in places])
    losses = call.direction * (losses if each else losses.mean(1, keepdim=True).expand_as(losses))
    return places[losses.argmax(0), torch.arange(len(x))]


def _until_fooled(call: Call, x: torch.Tensor, y: torch.Tensor, *, all_at_once: bool) -> torch.Tensor:
    """Walk until all pictures are fooled, or let each stay once it is."""
    (eps, alpha, steps), model, here = call.numbers, networks.ours(call.recipe), x
    for _ in range(steps):
        fooled = (networks.predict(model, here) != y) == (call.direction > 0)
        if all_at_once and fooled.all():
            break
        step = many_steps(call.with_numbers(2, alpha, 1), here, y, clamp=False)
        step = torch.clamp(step, x - eps, x + eps).clamp(0, 1)
        here = step if all_at_once else torch.where(fooled[:, None, None, None], here, step)
    return here


def _shares(steps: int) -> list[Callable[[int], float]]:
    """Return what share of alpha is left in step k, in ways to let it become smaller."""
    powers = [partial(pow, base) for base in (0.5, 0.7, 0.75, 0.8, 0.9, 0.95, 0.99)]
    return [lambda k: 1 / (k + 1), lambda k: (k + 1) ** -0.5, lambda k: 1 - k / steps, *powers]


def _shrinking(call: Call, x: torch.Tensor, y: torch.Tensor, share: Callable[[int], float]) -> torch.Tensor:
    """Walk with steps that become shorter."""
    (eps, alpha, steps), here = call.numbers, x
    for number in range(steps):
        step = here + share(number) * (many_steps(call.with_numbers(2, alpha, 1), here, y, clamp=False) - here)
        here = torch.clamp(step, x - eps, x + eps).clamp(0, 1)
    return here


def _direction(gradient: torch.Tensor, raw: str) -> torch.Tensor:
    """Return a gradient's signs, or itself (""), that of the batch's mean, or divided by its largest number or norm.

    The largest number and the norm are the batch's, or each picture's own.
    """
    if raw == "sign":
        return gradient.sign()
    if raw in ("", "mean"):
        return gradient / (len(gradient) if raw else 1)
    rows = gradient.flatten(1)
    own = {"own largest": rows.abs().amax(1), "own norm": rows.norm(dim=1)}
    if raw in own:
        return gradient / own[raw][:, None, None, None]
    return gradient / (gradient.abs().max() if raw == "largest" else gradient.norm())
