"""Exercise 7.9: a split that keeps scenes together.

=====================================================  ==========================================================
Claim of the prompt                                    Case
=====================================================  ==========================================================
two lists of places, train, test                       every plan; lists, tuples, arrays, sets
each picture in one of them, once                      every plan
no scene is in both                                    every plan
of each class the share, rounded up or down            plans with 2 to 22 scenes a class, shares 1/8 to 7/8
at least one to either side                            two and three scenes, shares 1/8 and 7/8
share=0.25, seed=0                                     without both, and with both
which ones is chance, and the seed decides             thirty seeds: splits differ, every scene is drawn
alike in every session                                 twins of names that a set orders alike, or not; no
                                                       hash of a text
=====================================================  ==========================================================
"""

import builtins
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import torch

from course_utils.judging import shared
from course_utils.judging.answers import as_numbers, in_plain_containers
from course_utils.judging.cases import Case
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.protocol.calling import must_be_function
from course_utils.labs.transfer_learning_homework import rescue
from course_utils.labs.transfer_learning_homework.headings import SPLIT
from course_utils.runtime import seed_everything

TS1 = Misconception(
    "TS1",
    "split by photo: a scene on both sides",
    "Pictures of one scene are on both sides. What does a test measure that shows the same bike in the same place?",
    SPLIT,
)
TS2 = Misconception(
    "TS2",
    "pictures left out, or there twice",
    "Not every picture is there exactly once. On which side is each, and does it stand there more than once?",
    SPLIT,
)
TS3 = Misconception(
    "TS3",
    "a class on one side only",
    "A class is missing on one side. Can it happen, with few scenes, that your function draws none of a class, or all "
    "of them?",
    SPLIT,
)
TS4 = Misconception(
    "TS4",
    "the two parts exchanged",
    "The larger part comes out as the test part. Which part comes first in the result, and of which "
    "of them is `share`?",
    SPLIT,
)
TS5 = Misconception(
    "TS5",
    "another share of the scenes",
    "The test part of a class has far more or fewer scenes than its share. A share of which number is asked for?",
    SPLIT,
)
TS6 = Misconception(
    "TS6",
    "scenes drawn in the order of a set",
    "A set has another order in every session, and your split goes with it. What gives the scenes an order of "
    "their own?",
    SPLIT,
)
TS7 = Misconception(
    "TS7",
    "some scenes are never drawn",
    "With thirty seeds some scenes were never in the test part, or always. From how many scenes does your chance "
    "choose?",
    SPLIT,
)
TS8 = Misconception(
    "TS8",
    "other defaults than share=0.25 and seed=0",
    "Without share and seed your function splits in another way than with 0.25 and 0. What does its first line say?",
    SPLIT,
)
TS9 = Misconception(
    "TS9",
    "drawn from the scenes of all classes at once",
    "The test part has its share of all scenes, but not of those of each class. From how many lists do you draw?",
    SPLIT,
)
TS10 = Misconception(
    "TS10",
    "names, or true and false, instead of places",
    "These are names, or true and false for each picture. Which numbers would pick the pictures out of an array?",
    SPLIT,
)
TS11 = Misconception(
    "TS11",
    "hash of a text",
    "hash() of a text is another number in every session, and your split goes with it. What else gives scenes an "
    "order, or a generator a seed?",
    SPLIT,
)
KF5 = shared.KF5.in_lab(SPLIT, "The same seed gave another split. Where does your chance come from?")
KF7 = shared.KF7.in_lab(SPLIT, "Thirty seeds gave the same split. Where does your function use its argument?")

NAME = "split_by_scene"
USUAL_SHARE = 0.25
OTHER_SEEDS = range(1, 30)  # beside 0
NO_SPLIT = "  It should return two lists of places, numbers from 0 on: train, test."

Parts = tuple[list[int], list[int]]


class Plan(NamedTuple):
    """Scenes to split: how many of each class, pictures of a scene from … to …, and the share (None: left out)."""

    scenes: tuple[int, ...]
    pictures: tuple[int, int]
    share: float | None = None


PUBLIC = (  # shares that binary numbers hold
    Plan((12, 20), (4, 4)),
    Plan((8, 12), (1, 7), 0.375),
    Plan((22, 6), (1, 3), 0.5),
    Plan((2, 3), (2, 4), 0.875),
    Plan((3, 2), (2, 4), 0.125),
)
HIDDEN = (
    Plan((12, 12), (8, 8)),
    Plan((5, 20), (1, 9), 0.4),
    Plan((7, 8, 6), (1, 1), 0.3),
    Plan((14, 26), (1, 2), 0.5),
    Plan((2, 3), (3, 5)),
    Plan((3, 4), (1, 5), 0.9),
)
SESSION = Case("the same seed in another session")


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


class SplitByScene(Implementation):
    """Write ``split_by_scene(scenes, labels, share=0.25, seed=0) -> (train, test)``, lists of places.

    A class has a share of its scenes in the test part, rounded up or down, and one at least on either side.
    """

    id = "split-by-scene"
    hints = (
        "Draw scenes first, then ask of each picture whether its scene was drawn. What do you need for the first step?",
        "How many scenes has each class? Draw from each class by itself: what can then not happen?",
        "np.random.default_rng(seed) is the same in every session. Is the order of what you draw from, too?",
    )
    worked = """
    Recordings come from speakers, and k groups are wanted with no speaker in two of them:
    `groups(speakers, k, seed=0)`, where `speakers[i]` said recording i.

    1. What is dealt out are speakers, so make a list of them, each once. `sorted` gives them the same order in every
       session; a set alone does not.
    2. Shuffle that list by the seed, and deal it out like cards: speaker number 0 to group 0, number 1 to group 1, …
    3. Only then ask of each recording to which group its speaker went.

    ```python
    def groups(speakers, k, seed=0):
        names = sorted(set(speakers))
        np.random.default_rng(seed).shuffle(names)
        group = {name: place % k for place, name in enumerate(names)}
        return [[i for i, one in enumerate(speakers) if group[one] == g] for g in range(k)]
    ```
    """
    misconceptions = (TS1, TS2, TS3, TS4, TS5, TS6, TS7, TS8, TS9, TS10, TS11, KF5, KF7)

    def lend(self) -> Callable[..., Any]:
        """Return one for the cells that follow."""
        return rescue.split_by_scene

    def cases(self) -> Sequence[Case]:
        """Return the usual share, other ones with other seeds, also for few scenes, and another session."""
        return [*map(_case, PUBLIC), SESSION]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other scenes: many and few, of two and three classes."""
        return [*map(_case, HIDDEN), SESSION]

    def try_case(self, case: Case, answer: Callable[..., Any]) -> None:
        """Split scenes with some seeds; or, for another session, under names that a set puts into another order."""
        must_be_function(answer, NAME)
        if case.data is not None:
            _judge_split(case, answer)
        elif _follows_a_set(case, answer):
            raise case.wrong(NAME, TS6)


def _case(plan: Plan) -> Case:
    scenes, _ = make_scenes(plan, 0)
    share = "" if plan.share is None else f", share={plan.share:.3g}"
    return Case(f"{len(scenes)} pictures in {sum(plan.scenes)} scenes{share}", plan)


def _judge_split(case: Case, answer: Callable[..., Any]) -> None:
    plan: Plan = case.data
    scenes, labels = make_scenes(plan, case.seed)

    def wrong_way(parts: Parts) -> Misconception | None:
        return what_is_wrong(parts, scenes, labels, USUAL_SHARE if plan.share is None else plan.share)

    def look(parts: Parts) -> None:
        way = wrong_way(parts)
        if way:
            raise case.wrong(NAME, way)

    parts = _split(case, answer, scenes, labels, 0, 1)
    if plan.share is None:
        told = _split(replace(case, data=plan._replace(share=USUAL_SHARE)), answer, scenes, labels, 0, 1)
        if told != parts and not wrong_way(told):
            raise case.wrong(NAME, KF5 if _split(case, answer, scenes, labels, 0, 1) != parts else TS8)
    look(parts)
    if sorted(_split(case, answer, scenes, labels, 0, 2)[1]) != sorted(parts[1]):
        raise case.wrong(NAME, KF5)
    if plan.share is None:
        return
    others = [_split(case, answer, scenes, labels, seed, 1) for seed in OTHER_SEEDS]
    for each in others:
        look(each)
    if min(plan.scenes) > 4:
        _look_at_chance(case, scenes, [set(test) for _, test in (parts, *others)])


def _look_at_chance(case: Case, scenes: list[str], tests: list[set[int]]) -> None:
    """Refuse test parts that are the same for all seeds, or that some scenes never get into, or never out of."""
    if all(test == tests[0] for test in tests):
        raise case.wrong(NAME, KF7)
    ever = {scenes[place] for place in set().union(*tests)}
    always = {scenes[place] for place in tests[0].intersection(*tests)}
    if ever != set(scenes) or always:
        raise case.wrong(NAME, TS7)


def _split(
    case: Case, answer: Callable[..., Any], scenes: list[str], labels: list[int], seed: int, elsewhere: int
) -> Parts:
    seen = case.ask(split, answer, scenes, labels, case.data.share, seed, elsewhere)
    if seen["answer"] is None:
        raise case.always(f"{NAME} returned None. Does it end in a return statement?")
    if seen["hashed"]:
        raise case.wrong(NAME, TS11)
    if seen["changed"]:
        raise case.always(f"{NAME} changed a list that it was given. Work on a copy: list(scenes)")
    return _parts(case, seen["answer"], len(scenes))


def _parts(case: Case, answer: Any, number: int) -> Parts:
    parts = read_parts(answer, number)
    if parts is None:
        raise case.wrong(NAME, TS10 if _names_or_masks(answer) else None, detail=NO_SPLIT, hidden=NO_SPLIT)
    return parts


def _names_or_masks(answer: Any) -> bool:
    answer = in_plain_containers(answer)
    parts = [part.tolist() if hasattr(part, "tolist") else part for part in answer] if type(answer) is tuple else answer
    if type(parts) is not list or not all(type(part) is list and part for part in parts):
        return False
    return all(type(one) in (str, np.str_, bool, np.bool_) for part in parts for one in part)


def read_parts(answer: Any, number: int) -> Parts | None:
    """Return two lists of places from 0 to ``number`` - 1; None if an answer is none."""
    answer = in_plain_containers(answer)
    if (
        type(answer) not in (tuple, list, np.ndarray, torch.Tensor)
        or getattr(answer, "ndim", 1) < 1
        or len(answer) != 2
    ):
        return None
    parts = [as_numbers(part) for part in answer]
    for part in parts:
        if part is None or not all(0 <= place < number and place == int(place) for place in part):
            return None
    train, test = ([int(place) for place in part or []] for part in parts)
    return train, test


def what_is_wrong(parts: Parts, scenes: list[str], labels: list[int], share: float) -> Misconception | None:
    """Return what is wrong with a split; None if nothing is."""
    if sorted(parts[0] + parts[1]) != list(range(len(scenes))):
        return TS2
    train, test = ({scenes[place] for place in part} for part in parts)
    if train & test:
        return TS1
    of = {label: {s for s, one in zip(scenes, labels, strict=True) if one == label} for label in set(labels)}
    if not all(mine & train and mine & test for mine in of.values()):
        return TS3

    def fits(part: set[str]) -> bool:
        wanted = {label: min(max(share * len(mine), 1), len(mine) - 1) for label, mine in of.items()}
        return all(abs(len(mine & part) - wanted[label]) < 1 for label, mine in of.items())

    if fits(test):
        return None
    if fits(train):
        return TS4
    return TS9 if abs(len(test) - share * len(set(scenes))) < 1 else TS5


def _follows_a_set(case: Case, answer: Callable[..., Any]) -> bool:
    """Tell whether a split goes with the order of a set, which is another one in every session."""
    twins = [[sorted(_parts(case, each, 12)[1]) for each in pair] for pair in case.ask(split_twins, answer)]
    return all(one == other for one, other in twins) and any(pair != twins[0] for pair in twins)


# --- probes


def split(
    function: Callable[..., Any], scenes: list[str], labels: list[int], share: float | None, seed: int, elsewhere: int
) -> dict[str, Any]:
    """Probe: call ``split_by_scene`` after seeding the global generators with ``elsewhere``.

    Returns
    -------
    dict
        ``answer``; ``changed``, whether a list was changed; ``hashed``, whether ``hash`` was asked for a text.
    """
    seed_everything(elsewhere)
    given, usual = [list(scenes), list(labels)], builtins.hash
    hashed: list[bool] = []

    def noting(value: Any) -> int:
        hashed.append(isinstance(value, str | bytes | tuple))
        return usual(value)

    builtins.hash = noting
    try:
        answer = function(*given) if share is None else function(*given, share, seed)
    finally:
        builtins.hash = usual
    return {"answer": answer, "changed": given != [scenes, labels], "hashed": any(hashed)}


def split_twins(function: Callable[..., Any], pairs: int = 8) -> list[list[Any]]:
    """Probe: split the same scenes under pairs of names that come out of a set in the same order.

    Python gives text another hash in every session, and a set another order. Between the names of a pair that order
    does not change, from pair to pair it does: so a split that follows it is found without a second session.

    Returns
    -------
    list
        For each pair the two answers.
    """
    places = list(np.random.default_rng(6).permutation(np.repeat(np.arange(6), 2)))
    labels = [int(place) // 3 for place in places]
    twins: dict[tuple[str, ...], list[str]] = {}
    answers: list[list[Any]] = []
    for tag in range(3000):
        scenes = [f"{'ab'[label]}/scene{place}x{tag}" for place, label in zip(places, labels, strict=True)]
        key = _order_in_sets(scenes)
        twin = twins.setdefault(key, scenes)
        if twin is not scenes:
            answers.append([function(list(each), list(labels)) for each in (twin, scenes)])
            del twins[key]
        if len(answers) == pairs:
            break
    return answers


def _order_in_sets(scenes: list[str]) -> tuple[str, ...]:
    """Return the order in which scenes come out of sets: of those of each class, and of all."""
    classes = [[scene for scene in scenes if scene[0] == kind] for kind in "ab"]
    orders = [list(set(classes[0])), list(set(classes[1])), sorted(set(scenes), key=lambda scene: scene[0])]
    return tuple(scene[: scene.index("x")] for order in orders for scene in order)
