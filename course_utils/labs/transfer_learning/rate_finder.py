"""Bonus: rates that grow by one factor from batch to batch, and the rate that a recorded sweep speaks for.

| claim of the prompt | case |
|---|---|
| `steps` rates, each the same factor above the one before; `first` and `last` are among them | wide and narrow sweeps |
| each loss becomes the mean of itself and of up to `around` neighbours on each side | noisy losses, two widths |
| at the ends the neighbours that there are | sweeps whose least loss, or whose first, lies at an end |
| from the first loss on that is not finite, nothing counts | a sweep that explodes, and comes back |
| a tenth of the rate at the least mean | every sweep |
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch

from course_utils.judging.cases import Case, Ways
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.near import nearly
from course_utils.judging.protocol.calling import must_be_function
from course_utils.judging.slips import TwoSlips
from course_utils.labs.transfer_learning import recipes
from course_utils.labs.transfer_learning.headings import SWEEP

LF1 = Misconception(
    "LF1",
    "rates that grow by the same amount",
    "From rate to rate the same number is added here. How many of these rates lie below a tenth of the last?",
    SWEEP,
)
LF2 = Misconception(
    "LF2",
    "the last rate is not reached",
    "The last rate of the sweep is missing. How many steps lie between the first and the last of n rates?",
    SWEEP,
)
LF3 = Misconception(
    "LF3",
    "the first rate is left out",
    "The sweep does not begin at `first`. By what is the first rate multiplied in step 0?",
    SWEEP,
)
LF4 = Misconception(
    "LF4",
    "a rate too many or too few",
    "This is another number of rates than `steps`. With both ends counted, how many steps lie between n rates?",
    SWEEP,
)
LF5 = Misconception(
    "LF5",
    "exponents in place of rates",
    "These are exponents (logarithms), or rates of which the exponents were the ends. What turns one into the other?",
    SWEEP,
)
LF6 = Misconception(
    "LF6",
    "a factor that does not lead to the last rate",
    "One way to get this: each rate is twice, or ten times, the one before. Which factor leads from `first` to `last` "
    "in the steps that there are?",
    SWEEP,
)
LF7 = Misconception(
    "LF7",
    "rates that fall",
    "These rates fall. With which of them should a sweep begin, if a large one may end it?",
    SWEEP,
)
LF8 = Misconception(
    "LF8",
    "another curve from the first to the last rate",
    "One way to get this: the rates follow a square, a half cosine or one over a line. Which quotient of neighbours "
    "should be the same all along?",
    SWEEP,
)
LF9 = Misconception(
    "LF9",
    "the rate that was found itself",
    "The rate that was found comes back as it is, close to where the loss explodes. Which share of it is asked for?",
    SWEEP,
)
LF10 = Misconception(
    "LF10",
    "one lucky batch has decided",
    "Here a single loss has decided. What stands in the place of each loss before the least is looked for?",
    SWEEP,
)
LF11 = Misconception(
    "LF11",
    "a place or a loss in place of a rate",
    "This is the place of the least loss, or the loss itself. Which list holds the answer?",
    SWEEP,
)
LF12 = Misconception(
    "LF12",
    "losses that are not finite take part",
    "An infinite loss, or one that is no number, has decided here, or made a mean that is none. Where does the sweep "
    "end?",
    SWEEP,
)
LF13 = Misconception(
    "LF13",
    "what comes behind the explosion counts",
    "A loss from behind the explosion has decided. What counts from the first loss on that is not finite?",
    SWEEP,
)
LF14 = Misconception(
    "LF14",
    "zeros beside the ends",
    "At the ends the means hold zeros that nobody measured. By how many losses is the sum divided there?",
    SWEEP,
)
LF15 = Misconception(
    "LF15",
    "means that lie off their rates",
    "The means are moved along against the rates here: over what came before, or with the ends cut off. Which rate "
    "belongs to the middle of a window?",
    SWEEP,
)
LF16 = Misconception(
    "LF16",
    "the steepest fall",
    "This is where the loss falls fastest. It is another rule; where does this one look?",
    SWEEP,
)
LF17 = Misconception(
    "LF17",
    "the rate at which it explodes",
    "This is taken from the end of the sweep, or from its largest loss. At which rate is the mean least?",
    SWEEP,
)
LF18 = Misconception(
    "LF18",
    "another width of the window",
    "One way to get this: the mean is over fewer or more losses than asked for. How many neighbours does each loss "
    "have on each side?",
    SWEEP,
)
LF19 = Misconception(
    "LF19",
    "another share than a tenth",
    "One way to get this: ten times, half or a third of the rate at the least mean, or the rate at a tenth of its "
    "place. Which share of what is asked for?",
    SWEEP,
)
LF20 = Misconception(
    "LF20",
    "another summary of the window than its mean",
    "One way to get this: the median, the largest or the smallest of neighbouring losses stands in the place of their "
    "mean. Which does the task name?",
    SWEEP,
)
LF21 = Misconception(
    "LF21",
    "no place at the ends is looked at",
    "One way to get this: the first and the last places, which have fewer neighbours, are never chosen. Which means do "
    "they get?",
    SWEEP,
)

RATES, CHOOSE = "sweep_rates", "choose_rate"
WORKED = """
Weights for a balance, from 1 g to 16 g, three of them: each is the same factor above the one before.

1. Between three weights lie two steps. Two steps make a factor of 16, so that one makes √16 = 4.
2. The weights are 1, 4 and 16. (1, 8.5, 16 would be equally far apart: another thing.)

And a choice: five places, the noise at each is (6, 2, 5, 4, 9) decibels, one neighbour on each side.

1. Means: (6 + 2)/2 = 4, as the first has one neighbour; (6 + 2 + 5)/3 = 4.33; (2 + 5 + 4)/3 = 3.67; 6; (4 + 9)/2 = 6.5.
2. The least mean is at the *third* place, though the second has the least noise: there it was luck.
3. Had the fourth been "no number", the places from the fourth on would be none: of three, the third has (2 + 5)/2.

```python
noise, around = [6, 2, 5, 4, 9], 1
windows = [noise[max(i - around, 0) : i + around + 1] for i in range(len(noise))]
print([round(sum(one) / len(one), 2) for one in windows])  # [4.0, 4.33, 3.67, 6.0, 6.5]
```
"""


class Ends(NamedTuple):
    """The first and the last rate of a sweep, and how many there are."""

    first: float
    last: float
    steps: int


class Sweep(NamedTuple):
    """A recorded sweep: how its losses come about, how many there are, and the neighbours on each side."""

    kind: str
    steps: int
    around: int


class RateFinder(Implementation):
    """Write ``sweep_rates(first, last, steps)`` and ``choose_rate(rates, losses, around)``; each is a part."""

    id = "rate-finder"
    hints = (
        "From the first to the last of n rates there are n − 1 steps, all by one factor. Which root is that factor?",
        "Where does the sweep end? Cut both lists there first. Which slice holds a loss and its neighbours, also at "
        "the ends?",
        "The place of the least mean: whose list do you look it up in, and what is left to do with what you find?",
    )
    worked = WORKED
    names_explain_all = True
    misconceptions = (
        LF1, LF2, LF3, LF4, LF5, LF6, LF7, LF8, LF9, LF10, LF11, LF12, LF13, LF14, LF15, LF16, LF17, LF18, LF19,
        LF20,
        LF21,
    )  # fmt: skip

    def cases(self) -> Sequence[Case]:
        """Return a wide and a narrow sweep, and recorded ones of each kind."""
        return [
            *_rate_cases(Ends(1e-4, 1.0, 5), Ends(0.003, 0.5, 8), Ends(0.02, 0.08, 2)),
            *_choice_cases(
                ("a noisy sweep, around=2", Sweep("noisy", 24, 2)),
                ("a sweep that explodes, around=1", Sweep("explodes", 20, 1)),
                ("one that explodes and comes back, around=2", Sweep("returns", 18, 2)),
                ("the least loss is the last, around=2", Sweep("falls", 12, 2)),
                ("a flat sweep, around=3", Sweep("flat", 15, 3)),
                ("the least loss is the first, around=2", Sweep("begins", 14, 2)),
            ),
        ]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other sweeps."""
        return [
            *_rate_cases(Ends(1e-6, 3.0, 11), Ends(0.04, 0.9, 4)),
            *_choice_cases(
                ("another noisy sweep", Sweep("noisy", 31, 3)),
                ("another that explodes", Sweep("explodes", 26, 2)),
                ("another that comes back", Sweep("returns", 22, 1)),
                ("another flat one", Sweep("flat", 17, 2)),
            ),
        ]

    def try_case(self, case: Case, sweep_rates: Callable[..., Any], choose_rate: Callable[..., Any]) -> None:
        """Compare with powers of the factor, or with a loop over places."""
        if case.part == RATES:
            must_be_function(sweep_rates, RATES)
            _judge_rates(case, sweep_rates)
        else:
            must_be_function(choose_rate, CHOOSE)
            _judge_choice(case, choose_rate)


def _rate_cases(*ends: Ends) -> list[Case]:
    return [Case(f"{one.steps} rates from {one.first:g} to {one.last:g}", one, RATES) for one in ends]


def _choice_cases(*sweeps: tuple[str, Sweep]) -> list[Case]:
    return [Case(label, sweep, CHOOSE) for label, sweep in sweeps]


def _judge_rates(case: Case, sweep_rates: Callable[..., Any]) -> None:
    ends: Ends = case.data
    found = case.call(sweep_rates, RATES, *ends)
    if found is None:
        raise case.always(f"{RATES} returned None. Does it end in a return statement?")
    given = case.array(found, f"What {RATES} returns")
    if given.size == ends.steps:
        given = given.reshape(-1)  # one number is one number, also in an array
    near = partial(nearly, recipes.swept, torch.arange(ends.steps, dtype=torch.float64), *ends)
    case.compare(RATES, given, rates_of(ends), wrong_rates(ends), atol=1e-9, near=near)


def _judge_choice(case: Case, choose_rate: Callable[..., Any]) -> None:
    sweep: Sweep = case.data
    rates, losses = recorded(sweep, case.seed)
    mine = rates.copy(), losses.copy()
    found = case.call(choose_rate, CHOOSE, *mine, sweep.around)
    if found is None:
        raise case.always(f"{CHOOSE} returned None. Does it end in a return statement?")
    given = case.array(found, f"What {CHOOSE} returns")
    case.compare(CHOOSE, given, chosen(rates, losses, sweep.around), wrong_choices(rates, losses, sweep.around), atol=0)


# --- rates


def rates_of(ends: Ends) -> list[float]:
    """Multiply by the one factor, step by step."""
    factor = (ends.last / ends.first) ** (1 / (ends.steps - 1))
    found = [ends.first]
    for _ in range(ends.steps - 1):
        found.append(found[-1] * factor)
    return found


def wrong_rates(ends: Ends) -> Ways:
    """For each wrong way, a function that computes its rates."""
    first, last, steps = ends
    right, along = np.array(rates_of(ends)), np.linspace(0, 1, steps)
    numbers, factor = np.arange(steps), last / first

    def curves() -> list[np.ndarray]:
        shapes = along**2, (1 - np.cos(np.pi * along)) / 2, np.sqrt(along), along**3
        return [*(first + (last - first) * one for one in shapes), 1 / np.linspace(1 / first, 1 / last, steps)]

    return {
        LF1: lambda: [np.linspace(first, last, steps), first + (last - first) * numbers / steps],
        LF2: lambda: [first * factor ** (numbers / steps)],
        LF3: lambda: [first * factor ** ((numbers + 1) / steps)],
        LF4: lambda: [
            *(np.geomspace(first, last, count) for count in (steps + 1, steps - 1) if count > 1),
            first * factor ** (np.arange(steps + 1) / steps),
            right[:-1],
            right[1:],
        ],
        LF5: lambda: [np.log10(right), np.log(right), 10.0 ** np.linspace(first, last, steps), np.exp(right)],
        LF6: lambda: [first * base**numbers for base in (2.0, 10.0, factor, factor / (steps - 1))],
        LF7: lambda: [right[::-1]],
        LF8: curves,
    }


# --- a recorded sweep


def recorded(sweep: Sweep, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw a sweep's rates and losses; known wrong rules choose another rate, wherever its kind lets them."""
    rates = np.geomspace(1e-5, 2.0, sweep.steps)
    for attempt in range(200):
        rng = np.random.default_rng([seed, sweep.steps, sweep.around, attempt])
        losses = _losses(sweep, rng)
        if _tells(rates, losses, sweep):
            return rates, losses
    raise LookupError(f"no {sweep.kind} sweep of {sweep.steps} losses tells wrong rules apart")


def _losses(sweep: Sweep, rng: np.random.Generator) -> np.ndarray:
    along = np.linspace(0, 1, sweep.steps)
    noise = rng.normal(0, 0.02, sweep.steps)
    if sweep.kind == "falls":
        return 0.7 - 0.4 * along**2 + noise
    if sweep.kind == "begins":
        losses = 0.7 - 0.05 * np.exp(-(((along - 0.6) / 0.2) ** 2)) + 0.1 * noise
        losses[0] = 0.4
        return losses
    if sweep.kind == "flat":
        return 0.7 - 0.12 * np.exp(-(((along - 0.5) / 0.2) ** 2)) + 0.5 * noise
    losses = 0.7 - 0.45 / (1 + np.exp(-16 * (along - 0.45))) + 3 * np.exp(24 * (along - 1.02)) + noise
    lucky = int(rng.integers(2 * sweep.steps // 5, 3 * sweep.steps // 5))
    losses[lucky] -= 0.4
    end = sweep.steps - int(rng.integers(3, 5))
    if sweep.kind == "explodes":
        losses[end:] = np.nan
        losses[end] = np.inf
    if sweep.kind == "returns":
        losses[end] = np.inf
        losses[end + 1 :] = 0.01
    return losses


TELLING = {
    "noisy": ("LF9", "LF10", "LF15", "LF16", "LF17"),
    "explodes": ("LF9", "LF10", "LF12", "LF15"),
    "returns": ("LF9", "LF10", "LF13"),
    "falls": ("LF9",),
    "begins": ("LF9",),
    "flat": ("LF9", "LF14", "LF15"),
}


def _tells(rates: np.ndarray, losses: np.ndarray, sweep: Sweep) -> bool:
    right = chosen(rates, losses, sweep.around)
    ways = {way.code: compute for way, compute in wrong_choices(rates, losses, sweep.around).items()}
    found = (value for code in TELLING[sweep.kind] for value in ways[code]())  # type: ignore[attr-defined]
    return not any(np.isclose(value, right, rtol=1e-3) for value in found)


def _finite(losses: np.ndarray) -> int:
    """Return how many losses come before the first that is not finite."""
    bad = ~np.isfinite(losses)
    return int(bad.argmax()) if bad.any() else len(losses)


def means(losses: np.ndarray, before: int, behind: int) -> np.ndarray:
    """Return the mean of each loss and its neighbours, those that there are."""
    return np.array([losses[max(0, i - before) : i + behind + 1].mean() for i in range(len(losses))])


def chosen(rates: np.ndarray, losses: np.ndarray, around: int) -> float:
    """Choose by the rule of the prompt."""
    return float(rates[means(losses[: _finite(losses)], around, around).argmin()] / 10)


def wrong_choices(rates: np.ndarray, losses: np.ndarray, around: int) -> Ways:
    """For each wrong way, a function that computes what it chooses."""
    end = _finite(losses)
    kept, all_finite = losses[:end], losses[np.isfinite(losses)]
    right = chosen(rates, losses, around)
    smooth = means(kept, around, around)
    best = int(smooth.argmin())

    def at(places: Sequence[int]) -> list[float]:
        return [float(rates[place]) / 10 for place in places if 0 <= place < len(rates)]

    def padded(values: np.ndarray) -> np.ndarray:
        return np.convolve(values, np.ones(2 * around + 1) / (2 * around + 1), "full")[around : around + len(values)]

    def unfinished() -> list[float]:
        if end == len(losses):
            return []
        with np.errstate(invalid="ignore"):
            whole = means(losses, around, around)
        places = [int(whole.argmin()), int(losses.argmin())]
        near_end = means(losses, around, around)
        near_end[~np.isfinite(near_end)] = np.inf
        return [value for value in at([*places, int(near_end.argmin())]) if not np.isclose(value, right)]

    def came_back() -> list[float]:
        if len(all_finite) == end:
            return []
        places = np.flatnonzero(np.isfinite(losses))
        filled = np.where(np.isfinite(losses), losses, np.inf)
        without = means(all_finite, around, around).argmin()
        return at([int(places[without]), int(without), int(filled.argmin()), int(places[all_finite.argmin()])])

    def moved() -> list[float]:
        windows = np.convolve(kept, np.ones(2 * around + 1) / (2 * around + 1), "valid")
        trailing = [
            means(kept, 2 * around, 0),
            means(kept, around, 0),
            means(kept, 0, around),
            means(kept, 0, 2 * around),
        ]
        first = int(windows.argmin())
        return at([first, first + 2 * around, *(int(one.argmin()) for one in trailing)])

    def steepest() -> list[float]:
        falls = [np.diff(smooth).argmin(), np.diff(kept).argmin(), np.gradient(smooth).argmin()]
        return at([int(one) + more for one in falls for more in (0, 1)])

    def widths() -> list[float]:
        others = {around - 1, around + 1, around // 2, 2 * around} - {around, 0}
        return at([int(means(kept, one, one).argmin()) for one in sorted(others) if one > 0])

    def inner() -> list[float]:
        windows = np.convolve(kept, np.ones(2 * around + 1) / (2 * around + 1), "valid")
        return at([int(windows.argmin()) + around])

    def summaries() -> list[float]:
        kinds = np.median, np.max, np.min
        every = [[one(kept[max(0, i - around) : i + around + 1]) for i in range(end)] for one in kinds]
        return at([int(np.argmin(one)) for one in every])

    index = float(best)
    return {
        LF9: lambda: [10 * right],
        LF10: lambda: at([int(kept.argmin())]),
        LF11: lambda: [index, float(smooth[best]), float(kept.min()), index / 10, float(smooth[best]) / 10],
        LF12: unfinished,
        LF13: came_back,
        LF14: lambda: at([int(padded(kept).argmin())]),
        LF15: moved,
        LF16: steepest,
        LF17: lambda: at([end - 1, int(smooth.argmax()), int(kept.argmax()), len(rates) - 1]),
        LF18: widths,
        LF21: inner,
        LF20: summaries,
        LF19: lambda: [
            *(right * share for share in (100, 5, 10 / 3, 10 / 4, 1 / 10, 2)),
            *(float(rates[place]) for place in (best // 10, round(best / 10))),
        ],
        TwoSlips.of(LF9, LF10): lambda: [10 * value for value in at([int(kept.argmin())])],
        TwoSlips.of(LF9, LF16): lambda: [10 * value for value in steepest()],
        TwoSlips.of(LF9, LF15): lambda: [10 * value for value in moved()],
        TwoSlips.of(LF9, LF14): lambda: [10 * value for value in at([int(padded(kept).argmin())])],
    }
