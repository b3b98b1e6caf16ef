"""Exercise 2.10: how many units of each layer are silent for every example.

What the prompt says, and what tries it:

- a number for each layer, first to last → every case
- layers may differ in width, and N from H → SIZES
- a unit is dead only if it is silent for all examples → units that answer one example; units with tiny answers
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from course_utils.judging.cases import Case, Ways
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.labs.activations.headings import GARMENTS

DU1 = Misconception(
    "DU1",
    "silent answers counted, not units",
    "This counts single zeros. How often must a unit be silent before it is called dead?",
    GARMENTS,
)
DU2 = Misconception(
    "DU2",
    "examples counted instead of units",
    "This asks which examples leave all units silent. Along which axis do the examples lie?",
    GARMENTS,
)
DU3 = Misconception(
    "DU3",
    "share instead of a number",
    "This is a share. How many units is that?",
    GARMENTS,
)
DU4 = Misconception(
    "DU4",
    "living units counted",
    "These are the units that answer. Which ones does the task want?",
    GARMENTS,
)
DU5 = Misconception(
    "DU5",
    "silent once is not dead",
    "This counts each unit that is silent somewhere. Does a unit have to answer every example?",
    GARMENTS,
)
DU6 = Misconception(
    "DU6",
    "layers added up, or counted one on top of the other",
    "Here layers are added up. For which layers does the task want a number?",
    GARMENTS,
)
DU7 = Misconception(
    "DU7",
    "layers in another order",
    "These are the right numbers from the last layer to the first. Which layer comes first?",
    GARMENTS,
)
DU8 = Misconception(
    "DU8",
    "all units of a layer counted",
    "This is how many units there are. Which of them never answer?",
    GARMENTS,
)
DU9 = Misconception(
    "DU9",
    "one example looked at",
    "One example decides here. Might a unit be silent for it and answer the next?",
    GARMENTS,
)

DU10 = Misconception(
    "DU10",
    "the units themselves, not their number",
    "For a layer you return several numbers, or yes and no for each unit. How do they become one number a layer?",
    GARMENTS,
)
DU11 = Misconception(
    "DU11",
    "one layer only",
    "This is the number of one layer. Where does your loop end, and what does it leave behind each time?",
    GARMENTS,
)
DU12 = Misconception(
    "DU12",
    "quiet units counted as dead",
    "Units whose answers are small are counted here. Does a unit that answers a little learn nothing at all?",
    GARMENTS,
)
DU13 = Misconception(
    "DU13",
    "silent for most is not dead",
    "Units that are silent for most examples are counted here, but not for all. How often does a dead unit answer?",
    GARMENTS,
)
DU14 = Misconception(
    "DU14",
    "a layer left out",
    "The first or the last layer is missing. With which does your loop begin, and with which does it end?",
    GARMENTS,
)
DU15 = Misconception(
    "DU15",
    "units that always answer the same",
    "Units that give all examples the same answer are counted here. Which answer makes a unit dead?",
    GARMENTS,
)
DU16 = Misconception(
    "DU16",
    "nothing counted",
    "This counts nothing in any layer. Which answers can a ReLU give, and which never?",
    GARMENTS,
)

NAME = "count_dead"
SIZES = ((6, (4, 7)), (130, (8, 3, 6)), (3, (7,)), (1, (5, 3, 4)))
HIDDEN = ((9, (6, 8, 4)), (4, (10,)), (7, (3, 3)), (12, (9, 2, 5, 6)))
SEVERAL = 4  # examples
QUIET = 1e-7  # above what counts as equal to 0, below any bound that one would choose
Layers = list[np.ndarray]


def draw_layers(seed: int, number: int, widths: Sequence[int]) -> Layers:
    """Draw what ReLU layers answered: some units silent always.

    In every other layer one more gives a tiny answer to all examples; in the others one answers a single example, and
    one of several examples is answered by nobody.
    """
    rng = np.random.default_rng([seed, number, *widths])
    layers = []
    for place, width in enumerate(widths):
        quiet = (place + number) % 2 == 0
        answers = np.maximum(rng.normal(0.2, 1, size=(number, width)), 0)
        answers[rng.integers(number), :] += 0.5 * (answers.sum(0) == 0)  # nobody is silent by chance
        dead = 1 + (place + number) % max(1, width - 2)
        order = rng.permutation(width)
        answers[:, order[:dead]] = 0
        if number > 1 and dead < width:
            answers[:, order[dead]] = QUIET if quiet else np.where(np.arange(number) == number - 1, 1.5, 0)
        if number > SEVERAL and not quiet:
            answers[1] = 0  # an example that leaves all units silent
        layers.append(answers)
    return layers


def counted(layers: Layers) -> list[int]:
    """Count unit by unit, the slow way."""
    return [sum(not any(value > 0 for value in unit) for unit in layer.T.tolist()) for layer in layers]


class DeadUnits(Implementation):
    """Write ``count_dead(activations)``: of arrays (N, H), one a layer, the number of units that never answer."""

    id = "dead-units"
    hints = (
        "Take one layer, (N, H). Which axis belongs to one unit's answers to all examples?",
        "A unit is dead if none of its answers is above 0. Which function says whether any is?",
    )
    worked = """
    Another count: how many pixels are black in *every* picture? Three pictures of four pixels each, in rows.

    1. The pictures are [[0, 5, 0, 0], [0, 0, 0, 2], [0, 1, 0, 0]]. A pixel is a column.
    2. Column by column: the first is 0, 0, 0: black everywhere. The second has a 5, the fourth a 2. The third is black.
    3. So two pixels are. A zero here or there does not count, and a picture with many zeros does not either.

    ```python
    for pixel in range(4):
        seen = (pictures[:, pixel] != 0).sum()  # how many pictures show it
    ```
    """
    misconceptions = (DU1, DU2, DU3, DU4, DU5, DU6, DU7, DU8, DU9, DU10, DU11, DU12, DU13, DU14, DU15, DU16)
    names_explain_all = True
    right_cases_contradict = True

    def cases(self) -> Sequence[Case]:
        """Return layers of several widths, one layer, one example."""
        return [_case(1, *sizes) for sizes in SIZES]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return others."""
        return [_case(seed, *sizes) for sizes in HIDDEN]

    def try_case(self, case: Case, answer: Callable[..., Any]) -> None:
        """Compare with a count unit by unit."""
        given = case.call(answer, NAME, [layer.copy() for layer in case.data])
        if type(given) in (list, tuple) and any(_is_many(one) for one in given):
            raise case.wrong(NAME, DU10)
        numbers = case.array(given, f"What {NAME} returns")
        if numbers.size == 1 or numbers.shape[1:] == (1,):  # a number a layer, in brackets of its own
            numbers = numbers.reshape(-1)
        case.compare(NAME, numbers, counted(case.data), wrong_counts(case.data))


def _is_many(one: Any) -> bool:
    return type(one) in (list, tuple) or (isinstance(one, np.ndarray) and one.size > 1)


def _case(seed: int, number: int, widths: Sequence[int]) -> Case:
    shapes = ", ".join(f"({number}, {width})" for width in widths)
    return Case(f"layers {shapes}", draw_layers(seed, number, widths))


def wrong_counts(layers: Layers) -> Ways:
    """For each wrong count, a function that computes it."""
    right = np.array(counted(layers), dtype=float)
    widths = np.array([layer.shape[1] for layer in layers], dtype=float)
    silent = [layer == 0 for layer in layers]
    return {
        DU1: lambda: [[one.sum() for one in silent]],
        DU2: lambda: [[one.all(1).sum() for one in silent]],
        DU3: lambda: [right / widths],
        DU4: lambda: [widths - right],
        DU5: lambda: [[one.any(0).sum() for one in silent]],
        DU6: lambda: [right.cumsum(), np.array([right.sum()])] if len(layers) > 1 else [],
        DU7: lambda: [right[::-1]],
        DU13: lambda: [
            [(one.mean(0) > share).sum() for one in silent] for share in (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
        ],
        DU12: lambda: [
            [(one <= bound).all(0).sum() for one in layers] for bound in (1e-6, 1e-3, 0.01, 0.1, 0.4999, 0.5, 1.0)
        ],
        DU14: lambda: [right[1:], right[:-1]],
        DU15: lambda: [[(one == one[0]).all(0).sum() for one in layers]],
        DU16: lambda: [0 * right],
        DU8: lambda: [widths],
        DU11: lambda: [right[:1], right[-1:]] if len(layers) > 1 else [],
        DU9: lambda: [[one[at].sum() for one in silent] for at in (0, -1)],
    }
