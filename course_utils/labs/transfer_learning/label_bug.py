"""Exercise 7.6: labels in the wrong order, counted and repaired.

=====================================================  ==========================================================
Claim of the prompt                                    Case
=====================================================  ==========================================================
wrong, first, last, numbers from 0                     a part each, by the student's own folders
repair_labels: the right labels                        repair_cases: the folders, and others of other lengths
in any order                                           thirteen pictures, mixed
=====================================================  ==========================================================
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from course_utils.judging.answers import as_array, as_dict, is_missing, plain
from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import Finding, Standing, look, refuse, wrong
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.numbers import judge_numbers
from course_utils.judging.practice import Topic
from course_utils.judging.protocol.calling import call
from course_utils.judging.variants import Dice, draw
from course_utils.labs.transfer_learning.headings import FAILS

TB1 = Misconception(
    "TB1",
    "all labels turned over",
    "This exchanges 0 and 1 everywhere, so that right ones become wrong. Which labels disagree with their folder?",
    FAILS,
)
TB2 = Misconception(
    "TB2",
    "the smaller class counted instead of the difference",
    "This counts a whole class. Up to which picture do both label vectors still agree?",
    FAILS,
)
TB3 = Misconception(
    "TB3",
    "all pictures counted",
    "These are all pictures. Are the labels at the beginning wrong, too?",
    FAILS,
)
TB4 = Misconception(
    "TB4",
    "counted from 1, or one past the end",
    "You are off by one place. Which number has the first picture in Python?",
    FAILS,
)
TB5 = Misconception(
    "TB5",
    "labels as they came",
    "Nothing is repaired: these are the labels that came in. What do the names of the files say?",
    FAILS,
)
TB6 = Misconception(
    "TB6",
    "labels sorted, not repaired",
    "These labels are in order, but not in the order of the files. To which file does each label belong?",
    FAILS,
)
TB7 = Misconception(
    "TB7",
    "the whole list, or the change of the labels, instead of the wrong places",
    "This is an end of the list, or where the labels change, or the other end of the wrong places. Between which two "
    "changes do labels and names disagree?",
    FAILS,
)
TB8 = Misconception(
    "TB8",
    "road and mountain exchanged",
    "Every label is the other one of what it should be. Which number stands for road, and which for mountain?",
    FAILS,
)
TB9 = Misconception(
    "TB9",
    "repaired at fixed places",
    "This turns the labels over at the places of your own folders. Where are the wrong ones if there are other "
    "pictures, in another order?",
    FAILS,
)
TB10 = Misconception(
    "TB10",
    "label by the place of a picture",
    "Your labels change from 0 to 1 at one and the same place, in whichever order the names come. What says to which "
    "folder picture i belongs?",
    FAILS,
)

NAME = "repair_labels"
Repair = tuple[list[int], list[str], list[int]]  # labels as they came, names, right labels


class Folders(NamedTuple):
    """Pictures of two classes, all of the first before all of the second."""

    first: int  # how many road bikes
    second: int  # how many mountain bikes


LECTURE_FOLDERS = Folders(98, 113)


def swapped_labels(question: Folders) -> list[int]:
    """Return the labels of the slip: the right classes, with each other's lengths."""
    return [0] * question.second + [1] * question.first


def right_labels(question: Folders) -> list[int]:
    """Return a label for each picture, picture by picture."""
    return [0] * question.first + [1] * question.second


def wrong_places(question: Folders) -> list[int]:
    """Return the numbers of the pictures whose label is wrong."""
    pairs = zip(swapped_labels(question), right_labels(question), strict=True)
    return [place for place, (given, right) in enumerate(pairs) if given != right]


def file_names(question: Folders) -> list[str]:
    """Return a name for each picture: ``road/000.jpg``, …, ``mountain/000.jpg``, …"""
    return [f"road/{number:03d}.jpg" for number in range(question.first)] + [
        f"mountain/{number:03d}.jpg" for number in range(question.second)
    ]


def bug_ways(question: Folders) -> dict[Misconception, list[int]]:
    """For each wrong number of wrong labels, what it may be."""
    apart = abs(question.first - question.second)
    return {
        TB5: [0],
        TB2: [min(question), max(question)],
        TB3: [sum(question)],
        TB4: [apart + 1, apart - 1],
    }


# --- drawing


def _sample_folders(dice: Dice) -> Folders:
    return Folders(dice.between(60, 150), dice.between(60, 150))


def _folders_tell_apart(question: Folders) -> bool:
    ways = [number for numbers in bug_ways(question).values() for number in numbers]
    return 7 <= abs(question.first - question.second) <= 40 and len(set(ways)) == len(ways)


def practice_folders(dice: Dice) -> Folders:
    """Draw two folders."""
    return draw(dice, _sample_folders, _folders_tell_apart)


def _folders_text(question: Folders) -> str:
    return (
        f"{question.first} road bikes, then {question.second} mountain bikes. The labels are {question.second} zeros, "
        f"then {question.first} ones; they should be 0 for road, 1 for mountain.\nHow many labels are wrong?"
    )


def _folders_steps(question: Folders) -> list[str]:
    low, high = sorted(question)
    return [
        f"The names change from road to mountain at place {question.first}.",
        f"The labels change from 0 to 1 at place {question.second}.",
        f"Before the first change and after the second both agree: wrong are the places {low} to {high - 1}.",
        f"These are {high} − {low} = {high - low} labels.",
    ]


LABEL_BUG = Topic(
    "label-bug", practice_folders, _folders_text, lambda q: len(wrong_places(q)), bug_ways, _folders_steps
)


class LabelBug(Exercise):
    """How many labels are wrong and where, and ``repair_labels(labels, names) -> labels``."""

    id = "label-bug"
    hints = (
        "Write both label vectors below each other for 2 road and 3 mountain bikes. Where do they differ?",
        "The two vectors change from 0 to 1 at two places. What lies between these places?",
        "The name of a file begins with its folder. Which label belongs to which folder?",
    )
    worked = """
    Four road bikes, then seven mountain bikes; labels built with the lengths exchanged.

    ```
    place    0 1 2 3 4 5 6 7 8 9 10
    should   0 0 0 0 1 1 1 1 1 1 1
    labels   0 0 0 0 0 0 0 1 1 1 1
    ```

    1. The names change at place 4, the labels at place 7: they disagree at 4, 5 and 6.
    2. So three are wrong, the first is number 4, the last is number 6: one before the second change.
    3. For a repair only the names count. With three folders of fruit, for example:
       `[["apple", "pear", "plum"].index(name.split("/")[0]) for name in names]`
    """
    misconceptions = (TB1, TB2, TB3, TB4, TB5, TB6, TB7, TB8, TB9, TB10)
    topics = (LABEL_BUG,)

    def draw(self) -> Folders:
        """Return how many pictures two folders hold; never the same number, 211 in all without an id."""
        return practice_folders(self.dice()) if self.student else LECTURE_FOLDERS

    def text(self) -> str:
        """Return the two folders."""
        return f"Your folders: {self.question.first} road bikes, then {self.question.second} mountain bikes"

    def judge(self, answers: Any, repair_labels: Callable[..., Any]) -> dict[str, Finding]:
        """Judge ``{"wrong": how many, "first": number of a picture, "last": of another}`` and the function."""
        places = wrong_places(self.question)
        right = {"wrong": len(places), "first": places[0], "last": places[-1]}
        given = as_dict({} if is_missing(answers) else answers, right, "bug")
        found = judge_numbers(given, right, what="bug", show="{:g}".format)
        found = {part: self._explained(part, one, plain(given[part]), right) for part, one in found.items()}
        return found | {NAME: look(partial(_try_repair, repair_labels, self.question))}

    def _explained(self, part: str, one: Finding, number: float | None, right: dict[str, int]) -> Finding:
        if one.standing is not Standing.WRONG or number is None:
            return one
        if part == "wrong":
            way = next((way for way, numbers in bug_ways(self.question).items() if number in numbers), None)
        else:
            way = self._place_way(part, number, right)
        return wrong(one.first, way or one.because)

    def _place_way(self, part: str, number: float, right: dict[str, int]) -> Misconception | None:
        if abs(number - right[part]) == 1:
            return TB4
        other = right["last" if part == "first" else "first"]
        changes = [place + off for place in self.question for off in (-1, 0, 1)]
        return TB7 if number in (0, other, *changes, sum(self.question) - 1, sum(self.question)) else None


# --- the repair


def repair_cases(question: Folders) -> list[Repair]:
    """Return labels as they came, names, and right labels: in the order of the slip, other counts, other order."""
    cases = [
        (swapped_labels(one), file_names(one), right_labels(one))
        for one in (question, Folders(question.second, question.first), Folders(9, 4), Folders(6, 6))
    ]
    labels, names, right = cases[2]
    order = [5, 0, 12, 3, 9, 1, 11, 7, 2, 10, 4, 8, 6]
    return [*cases, ([labels[i] for i in order], [names[i] for i in order], [right[i] for i in order])]


def _try_repair(function: Callable[..., Any], question: Folders) -> None:
    cases = repair_cases(question)
    given = [_repaired(function, labels, names) for labels, names, _ in cases]
    for answer, (labels, _, right) in zip(given, cases, strict=True):
        if answer != right:
            case = f"{len(labels)} pictures, {labels.count(0)} of them labelled 0"
            raise refuse(f"{NAME}: not yet right ({case}).", _repair_way(given, cases, question))


def _repaired(function: Callable[..., Any], labels: list[int], names: list[str]) -> list[float]:
    answer = call(function, NAME, list(labels), list(names))
    return as_array(answer, f"What {NAME} returns").reshape(-1).tolist()


def _repair_way(given: list[list[float]], cases: list[Repair], question: Folders) -> Misconception | None:
    """Return the wrong way that gives all the answers."""
    places = wrong_places(question)

    def turned(labels: list[int]) -> list[int]:
        return [1 - label if place in places else label for place, label in enumerate(labels)]

    ways = {
        TB1: [[1 - label for label in labels] for labels, _, _ in cases],
        TB5: [labels for labels, _, _ in cases],
        TB8: [[1 - label for label in right] for _, _, right in cases],
        TB9: [turned(labels) for labels, _, _ in cases],
    }
    by_place = [[[int(i >= one) for i in range(len(labels))] for labels, _, _ in cases] for one in question]
    if given in by_place:
        return TB10
    in_order = [[sorted(right) for _, _, right in cases], [sorted(right, reverse=True) for _, _, right in cases]]
    in_order += [[sorted(labels) for labels, _, _ in cases], [sorted(labels, reverse=True) for labels, _, _ in cases]]
    return TB6 if given in in_order else next((way for way, answers in ways.items() if given == answers), None)
