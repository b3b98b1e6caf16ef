"""Checks of homework H7 that need no network: a split by scene, and a choice that does not look at the test part."""

from typing import NamedTuple

import numpy as np

from course_utils.checks.comparing import refusal, refuse, title
from course_utils.checks.transfer_learning import homework_probes as probes
from course_utils.judging.answers import as_numbers, kind, plain, short
from course_utils.judging.protocol.calling import ask, must_be_function, quiet
from course_utils.judging.protocol.verdicts import CheckFailed

# --- a split by scene


class Plan(NamedTuple):
    """Scenes to split: how many of each class, pictures of a scene from … to …, and the share (None: left out)."""

    scenes: tuple[int, ...]
    pictures: tuple[int, int]
    share: float | None = None


PLANS = [Plan((8, 8), (4, 4)), Plan((8, 12), (1, 7), 0.375)]  # shares that binary numbers hold
HIDDEN_PLANS = [Plan((12, 12), (8, 8)), Plan((5, 20), (1, 9), 0.4), Plan((7, 8, 6), (1, 1), 0.3), Plan((2, 3), (3, 5))]
USUAL_SHARE = 0.25
OTHER_SEEDS = range(1, 6)  # beside 0


def make_scenes(plan: Plan, seed: int) -> tuple[list[str], list[int]]:
    """Draw scenes: for each picture, in mixed order, its scene and its label."""
    dice = np.random.default_rng([seed, *plan.scenes])
    pairs = [
        (f"{'abc'[label]}/scene{number:02d}", label)
        for label, count in enumerate(plan.scenes)
        for number in range(count)
        for _ in range(dice.integers(plan.pictures[0], plan.pictures[1] + 1))
    ]
    mixed = [pairs[place] for place in dice.permutation(len(pairs))]
    return [scene for scene, _ in mixed], [label for _, label in mixed]


@quiet()
def split_by_scene(answer, hidden: int | None = None) -> None:
    """Check ``split_by_scene(scenes, labels, share=0.25, seed=0) -> (train, test)``, lists of places. 2 points.

    A class has a share of its scenes in the test part, rounded up or down, and one at least on either side.

    Parameters
    ----------
    answer
        The student's function.
    hidden
        Seed of further scenes, drawn at grading. Messages do not describe a hidden case.
    """
    must_be_function(answer, "split_by_scene")
    for plan in PLANS if hidden is None else HIDDEN_PLANS:
        scenes, labels = make_scenes(plan, hidden or 0)
        words = None
        if hidden is None:
            share = "" if plan.share is None else f", share={plan.share:.3g}"
            words = f"{len(scenes)} pictures in {sum(plan.scenes)} scenes{share}"
        _judge_split(answer, plan, scenes, labels, words)
    if _follows_a_set(answer):
        refuse("TS6", "split_by_scene", "the same seed in another session" if hidden is None else None)
    print("Correct.")


def _judge_split(answer, plan: Plan, scenes: list, labels: list, words: str | None) -> None:
    parts = _split(answer, scenes, labels, plan.share, 0, 1, words)
    code = what_is_wrong(parts, scenes, labels, USUAL_SHARE if plan.share is None else plan.share)
    if code:
        refuse(code, "split_by_scene", words)
    if sorted(_split(answer, scenes, labels, plan.share, 0, 2, words)[1]) != sorted(parts[1]):
        refuse("KF5", "split_by_scene", words)
    if plan.share is not None:
        others = [_split(answer, scenes, labels, plan.share, seed, 1, words) for seed in OTHER_SEEDS]
        code = next(filter(None, (what_is_wrong(each, scenes, labels, plan.share) for each in others)), "")
        if code:
            refuse(code, "split_by_scene", words)
        tests = [sorted(test) for _, test in (parts, *others)]
        if min(plan.scenes) > 4 and all(each == tests[0] for each in tests):
            refuse("KF7", "split_by_scene", words)


def _follows_a_set(answer) -> bool:
    """Tell whether a split goes with the order of a set, which is another one in every session."""
    twins = [[sorted(read_parts(each, 12, None)[1]) for each in pair] for pair in ask(probes.split_twins, answer)]
    return all(one == other for one, other in twins) and any(pair != twins[0] for pair in twins)


def _split(answer, scenes, labels, share, seed: int, elsewhere: int, words: str | None) -> tuple[list, list]:
    seen = ask(probes.split, answer, scenes, labels, share, seed, elsewhere)
    if seen["answer"] is None:
        raise CheckFailed("split_by_scene returned None. Does it end in a return statement?")
    if seen["changed"]:
        raise CheckFailed("split_by_scene changed a list that it was given. Work on a copy: list(scenes)")
    return read_parts(seen["answer"], len(scenes), words)


def read_parts(answer, number: int, words: str | None) -> tuple[list, list]:
    """Return two lists of places from 0 to ``number`` - 1; CheckFailed if an answer is none."""
    parts = [as_numbers(part) for part in answer] if type(answer) in (tuple, list) and len(answer) == 2 else [None]
    if None in parts or not all(place == int(place) and 0 <= place < number for part in parts for place in part):
        raise refusal(
            f"{title('split_by_scene', words)}\n"
            "  It should return two lists of places, numbers from 0 on: train, test."
        )
    return tuple([int(place) for place in part] for part in parts)


def what_is_wrong(parts: tuple[list, list], scenes: list, labels: list, share: float) -> str:
    """Return the code of what is wrong with a split; "" if nothing is."""
    if sorted(parts[0] + parts[1]) != list(range(len(scenes))):
        return "TS2"
    train, test = ({scenes[place] for place in part} for part in parts)
    if train & test:
        return "TS1"
    of = {label: {s for s, one in zip(scenes, labels, strict=True) if one == label} for label in set(labels)}
    if not all(mine & train and mine & test for mine in of.values()):
        return "TS3"

    def fits(part: set) -> bool:
        wanted = {label: min(max(share * len(mine), 1), len(mine) - 1) for label, mine in of.items()}
        return all(abs(len(mine & part) - wanted[label]) < 1 for label, mine in of.items())

    if fits(test):
        return ""
    return "TS4" if fits(train) else "TS5"


# --- a choice


class Choice(NamedTuple):
    """Pictures to learn from, for validation and for the test; classes; and how many of each part a way gets right."""

    sizes: tuple[int, int, int]
    classes: int
    shares: dict[str, tuple[float, float, float]]


CHOICES = [
    Choice((30, 20, 40), 2, {"plain": (0.9, 0.75, 0.55), "turned": (0.8, 0.85, 0.6), "darkened": (0.7, 0.6, 0.8)}),
    Choice((40, 10, 25), 3, {"grey": (0.8, 0.7, 0.4), "small": (0.6, 0.3, 0.72), "moved": (0.95, 0.5, 0.6)}),
]
HIDDEN_CHOICES = [
    Choice(
        (20, 40, 50), 4, {"w": (0.7, 0.55, 0.5), "x": (0.9, 0.6, 0.46), "y": (0.8, 0.8, 0.58), "z": (0.75, 0.5, 0.9)}
    ),
    Choice((12, 20, 10), 2, {"late": (1.0, 0.55, 0.9), "early": (0.75, 0.7, 0.6)}),
]


@quiet()
def choose(answer, hidden: int | None = None) -> None:
    """Check ``choose(ways, learn, validation, test) -> (name, accuracy)``: chosen on validation alone. 2 points.

    Parameters
    ----------
    answer
        The student's function. ``ways`` holds functions ``(X_train, y_train, X) -> probabilities``; the three parts are
        pairs ``(X, y)``.
    hidden
        Seed of further ways, drawn at grading. Messages do not describe a hidden case.
    """
    must_be_function(answer, "choose")
    for case in CHOICES if hidden is None else HIDDEN_CHOICES:
        words = f"the ways {', '.join(case.shares)}" if hidden is None else None
        seen = ask(probes.choose, answer, hidden or 0, case.sizes, case.shares, case.classes)
        _judge_choice(seen, case, hidden or 0, words)
    print("Correct.")


def _judge_choice(seen: dict, case: Choice, seed: int, words: str | None) -> None:
    name, reported = _read_choice(seen["answer"], case, words)
    for way, learned, guessed in seen["calls"]:
        if "test" in learned or ("test" in guessed and way != name):
            refuse("TP1", "choose", words)
        if "validation" in learned and "validation" in guessed:
            refuse("TP2", "choose", words)
    reached = accuracies(case, seed)
    ranked = {part: sorted(reached, key=lambda way: reached[way][part]) for part in probes.PARTS}
    if name != ranked["validation"][-1]:
        _refuse_choice(name, ranked, words)
    _judge_report(reported, reached[name], words)


def accuracies(case: Choice, seed: int) -> dict[str, dict[str, float]]:
    """Count what each way gets right of each part."""
    parts = probes.make_parts(seed, case.sizes, case.classes)
    guesses = probes.make_guesses(seed, parts, case.shares, case.classes)
    return {
        way: {part: float((each[part] == labels).double().mean()) for part, (_, labels) in parts.items()}
        for way, each in guesses.items()
    }


def _read_choice(answer, case: Choice, words: str | None) -> tuple[str, float]:
    if answer is None:
        raise CheckFailed("choose returned None. Does it end in a return statement?")
    line = f"It should return a name and an accuracy, not {short(answer) if words else kind(answer)}."
    if type(answer) in (tuple, list) and len(answer) == 2 and type(answer[0]) is str and answer[0] in case.shares:
        reported = plain(answer[1])
        if reported is not None:
            return answer[0], reported
    raise refusal(f"{title('choose', words)}\n  {line}")


def _refuse_choice(name: str, ranked: dict[str, list[str]], words: str | None) -> None:
    """Say which other part, or which end of the right one, gives this name."""
    if name == ranked["learn"][-1]:
        refuse("TP2", "choose", words)
    if name == ranked["validation"][0]:
        refuse("TP3", "choose", words)
    raise refusal(f"{title('choose', words)}\n  Another way gets more of the validation pictures right.")


def _judge_report(reported: float, reached: dict[str, float], words: str | None) -> None:
    if abs(reported - reached["test"]) <= 0.006:
        return
    if any(abs(reported - 100 * each) <= 0.6 for each in reached.values()):
        refuse("KE6", "choose", words)
    if abs(reported - reached["validation"]) <= 0.006:
        refuse("TP4", "choose", words)
    raise refusal(
        f"{title('choose', words)}\n"
        "  The name is right, its accuracy on the test part is another one. Which share of its guesses is right there?"
    )
