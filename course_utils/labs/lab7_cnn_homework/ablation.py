"""Exercise 6.13: what one layer is worth."""

from functools import cache, partial
from typing import Any

from course_utils.judging import shared
from course_utils.judging.answers import as_dict, is_missing, short
from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import Finding, look_at, refuse
from course_utils.judging.numbers import read_number
from course_utils.judging.protocol.verdicts import NotAttempted
from course_utils.labs.lab7_cnn_homework.networks import Reached, reached, validation_pictures

WORTH = "What is a layer worth?"  # the heading of its section

KE6 = shared.KE6.in_lab(WORTH)
KF4 = shared.KF4.in_lab(WORTH)

LAYERS = {"dropout": ("Dropout", "Dropout1d", "Dropout2d"), "batch norm": ("BatchNorm1d", "BatchNorm2d")}
NO_LAYERS = ("Identity", "Sequential", "ModuleList", "ModuleDict")  # they compute nothing
WITH, WITHOUT = NUMBERS = ("accuracy with", "accuracy without")
TOLERANCE = 0.006


class Ablation(Exercise):
    """Two networks that differ in dropout or batch norm only, and what both reach on the validation pictures."""

    id = "ablation"
    hints = (
        "Besides the layer, which things must be the same for both networks?",
        "Which pictures does accuracy(with_layer, make_loader(validation)) measure on?",
    )
    misconceptions = (KE6, KF4)

    def judge(self, answers: Any, with_layer: Any, without_layer: Any) -> dict[str, Finding]:
        """Judge ``{"layer": word, "accuracy with": number, "accuracy without": number}`` and both networks."""
        given = as_dict(answers, ("layer", *NUMBERS), "table")
        networks = {WITH: (with_layer, "with_layer"), WITHOUT: (without_layer, "without_layer")}
        looked_at = cache(lambda part: reached(*networks[part], validation_pictures()))
        looks = {"layer": partial(_look_at_layer, given["layer"], looked_at)}
        looks |= {part: partial(_look_at_accuracy, part, given[part], looked_at) for part in NUMBERS}
        return look_at(looks)


def _look_at_layer(answer: Any, looked_at: Any) -> None:
    if is_missing(answer):
        raise NotAttempted('fill in the table: "layer" is empty')
    word = answer.strip().lower() if type(answer) is str else ""
    if word not in LAYERS:
        raise refuse(f'table["layer"] should be "dropout" or "batch norm", not {short(answer)}.')
    found: list[Reached] = [looked_at(part) for part in NUMBERS]
    if [any(kind in LAYERS[word] for kind in one.kinds) for one in found] != [True, False]:
        raise refuse(f"layer: with_layer should have {word}, without_layer none.")
    others = [sorted(kind for kind in one.kinds if kind not in (*LAYERS[word], *NO_LAYERS)) for one in found]
    if others[0] != others[1]:
        raise refuse(
            f"layer: your two networks differ in more than {word}. Which difference made the accuracies differ?"
        )


def _look_at_accuracy(part: str, answer: Any, looked_at: Any) -> None:
    if is_missing(answer):
        raise NotAttempted(f"fill in table[{part!r}]")
    number = read_number(answer, f"table[{part!r}]") or 0.0
    if abs(number - looked_at(part).accuracy) > TOLERANCE:
        raise refuse(f"{part}: you gave {short(number)}.", KE6 if number > 1 else KF4)
