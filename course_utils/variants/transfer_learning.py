"""The questions of lab 07: the lecture's own numbers without a student id, a student's own with one.

What is right is found by counting one by one, never by a formula.
"""

from typing import NamedTuple

from course_utils.judging.variants import Dice, draw, student_id

BODY = 3 * 16 * 9 + 16 + 16 * 32 * 9 + 32 + 32 * 64 * 9 + 64  # parameters of the lab's network below its head
FEATURES = 1024  # numbers that it hands to its head
SOURCE_CLASSES = 10


class Head(NamedTuple):
    """A linear head on ``channels`` maps of ``height``×``width`` numbers, or on as many means if `pooled`."""

    channels: int
    height: int
    width: int
    classes: int
    pooled: bool = False
    batch: int = 32  # pictures that go in together

    @property
    def inputs(self) -> int:
        """How many numbers of a picture the head gets."""
        return self.channels if self.pooled else self.channels * self.height * self.width


LECTURE_HEADS = {
    "a": Head(512, 7, 7, 2),
    "b": Head(512, 7, 7, 2, pooled=True),
    "c": Head(64, 4, 4, 2),
}
OWN = "c"  # the head of the lab's own network


def heads(student: str = "") -> dict[str, Head]:
    """Return three heads: on maps, on the means of the same maps, and on the lab's own network."""
    if not student_id(student):
        return LECTURE_HEADS
    return draw(Dice(student, "head-sizes"), _sample_heads, heads_tell_apart)


def _sample_heads(dice: Dice) -> dict[str, Head]:
    channels, side, batch = dice.choose((256, 320, 384, 512, 640)), dice.between(5, 9), dice.choose((8, 16, 20, 50))
    classes = dice.between(3, 6)
    return {
        "a": Head(channels, side, side, classes, batch=batch),
        "b": Head(channels, side, side, classes, pooled=True, batch=batch),
        "c": Head(64, 4, 4, dice.between(3, 6), batch=batch),
    }


def count_head(head: Head) -> int:
    """Count the parameters of a head, output by output."""
    count = 0
    for _score in range(head.classes):
        count += sum(1 for _number in range(head.inputs))
        count += 1
    return count


def head_ways(head: Head) -> dict[str, int]:
    """For each code of a wrong count, what it gives."""
    count, inputs, classes = count_head(head), head.inputs, head.classes
    maps = not head.pooled
    return {
        "PC1": inputs * classes,
        "PC2": inputs * classes + 1,
        "PC4": inputs * classes + inputs,
        "DS4": head.batch * inputs * classes + classes,
        "TH1": (head.channels + 1) * classes if maps else (head.channels * head.height * head.width + 1) * classes,
        "TH2": (head.height * head.width + 1) * classes,
        "TH3": count // classes,
    }


def heads_tell_apart(asked: dict[str, Head]) -> bool:
    """Tell whether every known wrong count is wrong, and no two are the same over all heads."""
    right = tuple(count_head(head) for head in asked.values())
    ways = list(zip(*(head_ways(head).values() for head in asked.values()), strict=True))
    return right not in ways and len(set(ways)) == len(ways)


def practice_head(dice: Dice) -> Head:
    """Draw one head for practice on which all known wrong counts differ."""

    def sample(dice: Dice) -> Head:
        side = dice.between(2, 9)
        return Head(
            dice.choose((32, 48, 64, 96, 128, 256, 320)),
            side,
            side + dice.between(0, 2),
            dice.between(2, 9),
            pooled=dice.choose((True, False)),
            batch=dice.choose((8, 16, 20, 50)),
        )

    def tells_apart(head: Head) -> bool:
        ways = list(head_ways(head).values())
        return count_head(head) not in ways and len(set(ways)) == len(ways)

    return draw(dice, sample, tells_apart)


def trained_share(head: Head) -> float:
    """Return how many per cent of the lab's network are trained while its body is frozen."""
    trained = count_head(head)
    return 100 * trained / (BODY + trained)


# --- labels in the wrong order


class Folders(NamedTuple):
    """Pictures of two classes, all of the first before all of the second."""

    first: int  # how many road bikes
    second: int  # how many mountain bikes


LECTURE_FOLDERS = Folders(98, 113)


def folders(student: str = "") -> Folders:
    """Return how many pictures two folders hold; never the same number, 211 in all without an id."""
    if not student_id(student):
        return LECTURE_FOLDERS
    return draw(Dice(student, "label-bug"), sample_folders, folders_tell_apart)


def sample_folders(dice: Dice) -> Folders:
    """Draw two folders."""
    return Folders(dice.between(60, 150), dice.between(60, 150))


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


def bug_ways(question: Folders) -> dict[str, int]:
    """For each code of a wrong number of wrong labels, what it gives."""
    return {
        "TB1": 0,
        "TB2": min(question),
        "TB2:2": max(question),
        "TB3": sum(question),
        "TB4": abs(question.first - question.second) + 1,
        "TB4:2": abs(question.first - question.second) - 1,
    }


def folders_tell_apart(question: Folders) -> bool:
    """Tell whether the folders differ by at least 7 pictures, and every wrong count is another number."""
    ways = list(bug_ways(question).values())
    return 7 <= abs(question.first - question.second) <= 40 and len(set(ways)) == len(ways)


def practice_folders(dice: Dice) -> Folders:
    """Draw two folders for practice."""
    return draw(dice, sample_folders, folders_tell_apart)


def file_names(question: Folders) -> list[str]:
    """Return a name for each picture: ``road/000.jpg``, …, ``mountain/000.jpg``, …"""
    return [f"road/{number:03d}.jpg" for number in range(question.first)] + [
        f"mountain/{number:03d}.jpg" for number in range(question.second)
    ]
