"""Exercise 6.16: when to stop, and which epoch to keep.

=====================================================  ==========================================================
Claim of the prompt                                    Case
=====================================================  ==========================================================
epochs are counted from 1                              all cases
the best epoch is kept, the first of equal ones        a curve that turns; equal losses
stopped after `patience` epochs in a row without a     a curve that turns; one that wobbles; a slow climb down
better one than the best so far                        behind a peak
a curve that ends before is used up to its end         a curve that falls to the end; one whose best is not its
                                                       last
=====================================================  ==========================================================
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from course_utils.judging.cases import Case
from course_utils.judging.exercise import Implementation
from course_utils.judging.findings import Wrong
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.near import note_contradicted
from course_utils.judging.practice import Topic
from course_utils.judging.slips import TwoSlips
from course_utils.judging.variants import Dice, draw
from course_utils.labs.training_homework.headings import STOPPING

ES1 = Misconception(
    "ES1",
    "the last epoch kept",
    "This keeps the epoch at which it stopped. Which epoch was the best until then?",
    STOPPING,
)
ES2 = Misconception(
    "ES2",
    "compared with the epoch before",
    "One way to get this: whatever falls counts as better, even high above the best so far. With which loss is a new "
    "one to be compared?",
    STOPPING,
)
ES3 = Misconception(
    "ES3",
    "worse epochs counted together, not in a row",
    "This counts all worse epochs since the first. What happens to the count when there is a new best one?",
    STOPPING,
)
ES4 = Misconception(
    "ES4",
    "one epoch too late",
    "This waits for one epoch more than the patience. After how many epochs without a better one is it used up?",
    STOPPING,
)
ES5 = Misconception(
    "ES5",
    "an equal loss taken for a better one",
    "This begins to wait anew when a loss is only equal to the best. Is that better?",
    STOPPING,
)
ES6 = Misconception(
    "ES6",
    "epochs counted from 0",
    "These are places in the list. What number has the first epoch?",
    STOPPING,
)
ES7 = Misconception(
    "ES7",
    "looked at all epochs before deciding",
    "This keeps an epoch that comes after the stop. What does one know of it when the training ends?",
    STOPPING,
)
ES8 = Misconception(
    "ES8",
    "one epoch too early",
    "This gives up one epoch before the patience is used up. How many epochs without a better one does it wait?",
    STOPPING,
)
ES9 = Misconception(
    "ES9",
    "never stops",
    "This looks at every epoch that there is, and the patience has no say. When does the training end?",
    STOPPING,
)
ES10 = Misconception(
    "ES10",
    "the largest loss kept",
    "This keeps the largest losses. Which way round is better?",
    STOPPING,
)
ES11 = Misconception(
    "ES11",
    "both epochs exchanged",
    "These two epochs stand in each other's place. Which one does the task name first?",
    STOPPING,
)
ES12 = Misconception(
    "ES12",
    "losses instead of epochs",
    "These are losses. Which two numbers are asked for, and what do you have to remember beside the best loss?",
    STOPPING,
)
ES13 = Misconception(
    "ES13",
    "one of the two epochs counted from 0",
    "One of your two epochs is counted from 1, the other is a place in the list. Which is which?",
    STOPPING,
)
ES14 = Misconception(
    "ES14",
    "patience without effect",
    "This stops at the first epoch that is no better, whatever the patience. How often may that happen in a row?",
    STOPPING,
)
ES15 = Misconception(
    "ES15",
    "an equal loss not counted",
    "An equal loss makes no difference here: it neither is better nor uses up patience. Is it a better one?",
    STOPPING,
)
ES16 = Misconception(
    "ES16",
    "the epoch before the stop kept, or the waiting counted",
    "One way to get this: the epoch before the last one is kept, or the number of epochs waited stands where an epoch "
    "should. Which two epochs are asked for?",
    STOPPING,
)
ES17 = Misconception(
    "ES17",
    "a last epoch that there is not",
    "Your last epoch is the kept one and the patience together, even where the list ends before. Which epoch is the "
    "last of all then?",
    STOPPING,
)
ES18 = Misconception(
    "ES18",
    "better by a margin only",
    "One way to get this: a loss counts as better only if it is lower by some margin. Does the task name one?",
    STOPPING,
)
ES19 = Misconception(
    "ES19",
    "losses smoothed first",
    "One way to get this: means of neighbouring losses, or a running mean, stand in the place of the losses. Which "
    "numbers are compared?",
    STOPPING,
)
ES20 = Misconception(
    "ES20",
    "the best of the last epochs kept",
    "One way to get this: of the last epochs, as many as the patience, the best is kept. Among which epochs is the "
    "best to be looked for?",
    STOPPING,
)
ES21 = Misconception(
    "ES21",
    "another patience than that of the task",
    "One way to get this: the patience is doubled, halved or a number of your own. Which one is handed over?",
    STOPPING,
)
RULES = (ES15, ES2, ES3, ES4, ES5, ES8, ES14, ES9, ES10, ES18, ES19, ES21)  # when one stops, and by what one chooses
RESULTS = (ES1, ES6, ES7, ES11, ES12, ES13, ES16, ES17, ES20)  # what is made of it
WAYS = (
    ES1,
    ES2,
    ES3,
    ES4,
    ES5,
    ES6,
    ES7,
    ES8,
    ES9,
    ES10,
    ES11,
    ES12,
    ES13,
    ES14,
    ES15,
    ES16,
    ES17,
    ES18,
    ES19,
    ES20,
    ES21,
)


class Curve(NamedTuple):
    """Validation losses, one an epoch, and the patience."""

    losses: tuple[float, ...]
    patience: int


def stops(curve: Curve) -> tuple[int, int]:
    """Return (best epoch, last epoch) by looking at all that came before, for each epoch anew."""
    losses = np.array(curve.losses)
    for end in range(curve.patience + 1, len(losses) + 1):
        if losses[: end - curve.patience].min() <= losses[end - curve.patience : end].min():
            return int(losses[:end].argmin()) + 1, end
    return int(losses.argmin()) + 1, len(losses)


def wrong_ways(curve: Curve) -> dict[Misconception, list[tuple[float, float]]]:
    """Return what each wrong way gives, and each rule that is wrong with each wrong result; one slip before two."""
    right, found = stops(curve), {rule: by_rule(curve, rule) for rule in RULES}
    ways = {ES1: as_result(curve, right, ES1)} | {rule: [pair] for rule, pair in found.items()}
    rises = np.diff(np.array(curve.losses)) > 0
    ways[ES2].append(_stop_at(np.array(curve.losses), _first_run(rises, curve.patience) + 1))
    ways[ES2].append(_last_fall(curve))
    ways[ES21] += [stops(curve._replace(patience=own)) for own in (max(1, curve.patience // 2), 2, 3, 5, 10)]
    ways[ES18] += [_with_margin(curve, margin) for margin in MARGINS]
    ways[ES18] += [_with_margin(curve, share, in_parts=True) for share in SHARES]
    ways[ES8] += [(1, 1), _stop_at(np.array(curve.losses), len(curve.losses))] if curve.patience == 1 else []
    ways[ES19] += [_smoothly(curve, smooth) for smooth in SMOOTHED]
    ways |= {result: as_result(curve, right, result) for result in RESULTS}
    ways |= {
        TwoSlips.of(rule, result): as_result(curve, pair, result) for rule, pair in found.items() for result in RESULTS
    }
    return {way: [pair for pair in pairs if pair != right] for way, pairs in ways.items()}


def _other_ways(curve: Curve) -> set[Misconception]:
    """Return the wrong rules that have one form only and give something else than what is right."""
    return {rule for rule in (ES3, ES4, ES5, ES9, ES10, ES14, ES15) if by_rule(curve, rule) != stops(curve)}


def by_rule(curve: Curve, rule: Misconception) -> tuple[int, int]:
    """Return (best epoch, last epoch) if one stops, or chooses, by a wrong rule."""
    losses = np.array(curve.losses)
    falls = losses[1:] < losses[:-1]
    worse, so_far = np.zeros(len(losses), bool), losses[0]
    for place, loss in enumerate(losses[1:], 1):
        worse[place], so_far = loss >= so_far, min(so_far, loss)
    make: dict[Misconception, Callable[[], tuple[int, int]]] = {
        ES2: lambda: _stop_at(losses, _first_run(~falls, curve.patience) + 1),
        ES3: lambda: _stop_at(losses, _epoch_of(worse, curve.patience)),
        ES4: lambda: stops(curve._replace(patience=curve.patience + 1)),
        ES5: lambda: stops_softly(curve),
        ES8: lambda: stops(curve._replace(patience=max(1, curve.patience - 1))),
        ES14: lambda: stops(curve._replace(patience=1)),
        ES15: lambda: _stop_at(losses, _without_equal(losses, curve.patience)),
        ES9: lambda: _stop_at(losses, len(losses)),
        ES10: lambda: stops(curve._replace(losses=tuple(-losses))),
        ES21: lambda: stops(curve._replace(patience=2 * curve.patience)),
        ES18: lambda: _with_margin(curve, MARGINS[0]),
        ES19: lambda: _smoothly(curve, SMOOTHED[0]),
    }
    return make[rule]()


def as_result(curve: Curve, found: tuple[int, int], result: Misconception) -> list[tuple[float, float]]:
    """Return what a wrong result makes of two epochs, which were found rightly or not."""
    (best, last), losses = found, curve.losses
    least, ran_out = int(np.argmin(losses)) + 1, last == len(losses) and last - best < curve.patience
    waited = range(max(0, last - curve.patience), last)
    made: dict[Misconception, list[tuple[float, float]]] = {
        ES1: [(last, last)],
        ES6: [(best - 1, last - 1), *([(best - 1, last)] if ran_out else [])],
        ES7: [(least, end) for end in (last, least + curve.patience)] if least > last else [],
        ES11: [(last, best)],
        ES12: [(losses[best - 1], losses[last - 1]), (losses[best - 1], last), (best, losses[last - 1])],
        ES13: [(best, last - 1), (best - 1, last)],
        ES16: [(last - 1, last), (best, last - best), (best, curve.patience)],
        ES17: [(best, best + curve.patience)] if ran_out else [],
        ES20: [(min(waited, key=lambda place: losses[place]) + 1, last)] if not ran_out else [],
    }
    return made[result]


MARGINS = (0.1, 0.05, 0.02, 0.01, 1e-3, 0.2)
SHARES = (0.01, 0.001, 0.05, 0.1, 0.02, 0.005)


def _with_margin(curve: Curve, margin: float, *, in_parts: bool = False) -> tuple[int, int]:
    """Return (best epoch, last epoch) if a loss is better only if it is lower by a margin, or by a part of itself."""
    best, place = np.inf, 0
    for epoch, loss in enumerate(curve.losses, 1):
        if loss < (best * (1 - margin) if in_parts else best - margin):
            best, place = loss, epoch
        elif epoch - place >= curve.patience:
            return place, epoch
    return place, len(curve.losses)


def _means(before: int, behind: int) -> Callable[[np.ndarray], np.ndarray]:
    return lambda losses: np.array([losses[max(0, i - before) : i + behind + 1].mean() for i in range(len(losses))])


def _running(kept: float) -> Callable[[np.ndarray], np.ndarray]:
    def smooth(losses: np.ndarray) -> np.ndarray:
        mean, found = losses[0], []
        for loss in losses:
            mean = kept * mean + (1 - kept) * loss
            found.append(mean)
        return np.array(found)

    return smooth


SMOOTHED = (_means(1, 1), _means(1, 0), _means(2, 0), _running(0.5), _running(0.9), _running(0.8))


def _smoothly(curve: Curve, smooth: Callable[[np.ndarray], np.ndarray]) -> tuple[int, int]:
    """Return (best epoch, last epoch) of losses that are smoothed first."""
    return stops(curve._replace(losses=tuple(smooth(np.array(curve.losses)))))


def _stop_at(losses: np.ndarray, end: int) -> tuple[int, int]:
    return int(losses[:end].argmin()) + 1, min(end, len(losses))


def _last_fall(curve: Curve) -> tuple[int, int]:
    """Return (best epoch, last epoch) if whatever is below the epoch before counts as the best."""
    best = 0
    for epoch, (loss, before) in enumerate(zip(curve.losses[1:], curve.losses, strict=False), 1):
        if loss < before:
            best = epoch
        elif epoch - best == curve.patience:
            return best + 1, epoch + 1
    return best + 1, len(curve.losses)


def _epoch_of(marks: np.ndarray, number: int) -> int:
    """Return the epoch of the so-many-th mark, counted from 1; the last epoch if there are fewer."""
    places = np.flatnonzero(marks)
    return int(places[number - 1]) + 1 if len(places) >= number else len(marks)


def _first_run(marks: np.ndarray, length: int) -> int:
    """Return where the first so many marks in a row end, counted from 1; the whole length if there are none."""
    for end in range(length, len(marks) + 1):
        if marks[end - length : end].all():
            return end
    return len(marks)


def _without_equal(losses: np.ndarray, patience: int) -> int:
    """Return the epoch at which the patience is used up if an equal loss does not use it."""
    best, waited = np.inf, 0
    for epoch, loss in enumerate(losses, 1):
        waited = 0 if loss < best else waited + int(loss > best)
        best = min(best, loss)
        if waited == patience:
            return epoch
    return len(losses)


def stops_softly(curve: Curve) -> tuple[int, int]:
    """Return (best epoch, last epoch) if an equal loss counts as better."""
    best, place = np.inf, 0
    for epoch, loss in enumerate(curve.losses, 1):
        if loss <= best:
            best, place = loss, epoch
        elif epoch - place >= curve.patience:
            return place, epoch
    return place, len(curve.losses)


def draw_curve(dice: Dice) -> Curve:
    """Draw a curve that turns, wobbles, and falls below its best again when it is too late."""

    def sample(dice: Dice) -> Curve:
        losses = [round(2 - 0.2 * epoch + dice.between(-30, 30) / 100, 2) for epoch in range(5)]
        losses += [round(losses[-1] + dice.between(-15, 40) / 100, 2) for _ in range(6)]
        return Curve((*losses, round(min(losses) - 0.1, 2)), dice.between(2, 4))

    def telling(curve: Curve) -> bool:
        right = stops(curve)
        results = [as_result(curve, right, result) for result in (ES1, ES6, ES7)]
        if not all(results):
            return False
        told = [pairs[0] for pairs in results]
        told += [by_rule(curve, rule) for rule in (ES2, ES3, ES4)]
        return right[1] < len(curve.losses) - 1 and right not in told and len(set(told)) == len(told)

    return draw(dice, sample, telling)


PRACTISED = (ES1, ES2, ES3, ES4, ES5, ES6, ES7)
TOPIC = Topic(
    "early-stopping",
    draw_curve,
    lambda curve: (
        f"Validation losses {', '.join(map(str, curve.losses))}, patience {curve.patience}. Which epoch is kept, and "
        "after which does training stop? Two numbers, counted from 1."
    ),
    stops,
    lambda curve: {way: pairs[0] for way, pairs in wrong_ways(curve).items() if pairs and way in PRACTISED},
    lambda curve: [
        f"The best of epochs 1 to {stops(curve)[1]} is epoch {stops(curve)[0]}.",
        f"The {curve.patience} epochs behind it bring no better one, so it stops after epoch {stops(curve)[1]}.",
    ],
)

EQUAL = Curve((1.0, 0.8, 0.8, 0.9, 0.8, 0.7), 2)
EQUAL_AT_FIRST = Curve((0.8, 0.8, 0.9, 1.0, 0.7), 2)
FALLS = Curve((0.84, 0.83, 0.82, 0.81), 2)  # by little
CREEPS = Curve((0.84, 0.8395, 0.8392, 0.839), 2)
ENDS = Curve((1.0, 0.6, 0.8, 0.7), 3)
SOON = Curve((1.0, 0.8, 0.9, 1.0, 1.1, 1.2, 0.5), 1)
ROUGH = Curve((1.0, 0.7, 0.9, 0.6, 0.8, 0.7, 0.65, 0.5), 3)
SLOPE = Curve((1.0, 0.5, 1.4, 1.3, 1.2, 1.1, 0.4), 3)


class EarlyStopping(Implementation):
    """Write ``stop_early(losses, patience)``: returns (best epoch, last epoch), counted from 1."""

    id = "early-stopping"
    hints = (
        "Which two things must be remembered while the epochs go by?",
        "Go through the losses once, as the training would. When there is a new best one, what starts anew?",
    )
    worked = """
        Losses 5, 3, 4, 2, 6, 7, 1 and a patience of 2. Which epoch is kept?

        1. Epoch 2 is better than epoch 1. Epoch 3 is not: one without a better one. Epoch 4 is the best so far.
        2. Epochs 5 and 6 are not better than epoch 4. That makes two: stop after epoch 6.
        3. Epoch 4 is kept. Nobody ever sees epoch 7, so its loss of 1 has no say.
    """
    misconceptions = WAYS
    topics = (TOPIC,)
    names_explain_all = True
    right_cases_contradict = True

    def draw(self) -> Curve:
        """Return this student's curve."""
        return draw_curve(self.dice())

    def text(self) -> str:
        """Return the curve."""
        losses = ", ".join(map(str, self.question.losses))
        return f"Your validation losses: {losses}. Your patience: {self.question.patience}."

    def cases(self) -> Sequence[Case]:
        """Return the learner's curve, and one of each kind."""
        return [
            Case("your curve", self.question),
            Case("a curve that wobbles", ROUGH),
            Case("a slow way down behind a peak", SLOPE),
            Case("equal losses", EQUAL),
            Case("two equal ones at the beginning", EQUAL_AT_FIRST),
            Case("one epoch", Curve((0.7,), 3)),
            Case("a patience of 1", SOON),
            Case("a curve that falls to its end, by little", FALLS),
            Case("a curve that falls to its end, by very little", CREEPS),
            Case("a curve that ends before the patience is used up", ENDS),
        ]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other curves."""
        drawn = [Case("", draw_curve(Dice("hidden", seed, number))) for number in range(4)]
        equal = EQUAL._replace(losses=tuple(loss + seed % 7 for loss in EQUAL.losses))
        ends = ENDS._replace(losses=tuple(loss + seed % 5 for loss in ENDS.losses))
        return [*drawn, Case("", equal), Case("", Curve((3.0, 2.0, 1.0), 1)), Case("", ends)]

    def try_case(self, case: Case, answer: Callable[..., Any]) -> None:
        """Compare both epochs."""
        curve: Curve = case.data
        given = case.array(
            case.call(answer, "stop_early", list(curve.losses), curve.patience), "What stop_early returns"
        )
        if given.size != 2:
            raise case.always("stop_early should return two numbers: (best epoch, last epoch).")
        given = given.reshape(2)
        if np.array_equal(given, stops(curve)):
            note_contradicted(_other_ways(curve), ())
        else:
            fits = [way for way, pairs in wrong_ways(curve).items() if any(np.allclose(given, pair) for pair in pairs)]
            detail = f"  You gave {tuple(int(x) if float(x).is_integer() else float(x) for x in given)}."
            error = case.wrong("stop_early", fits[:1], detail=detail)
            raise Wrong(replace(error.finding, fitting=tuple(fits)))
