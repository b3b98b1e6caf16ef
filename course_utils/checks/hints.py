"""Hints, one at a time."""

from collections.abc import Callable, Mapping, Sequence


def make_hint(hints: Mapping[str, Sequence[str]]) -> Callable:
    """Return a function that shows the hints of a lab: the next one at each call, or the one asked for.

    Parameters
    ----------
    hints
        For each exercise (its grade_id) the hints in order.
    """
    shown: dict[str, int] = {}

    def hint(exercise: str, number: int | None = None) -> None:
        """Print the next hint for an exercise, or hint ``number`` (from 1).

        Raises
        ------
        ValueError
            If there is no such exercise or no such hint.
        """
        if exercise not in list(hints):
            raise ValueError(f"there are hints for {', '.join(hints)}; not for {exercise!r}")
        texts = hints[exercise]
        number = min(shown.get(exercise, 0) + 1, len(texts)) if number is None else number
        if type(number) is not int or not 1 <= number <= len(texts):
            raise ValueError(f"{exercise} has hints 1 to {len(texts)}, not {number!r}")
        shown[exercise] = number
        last = " That was the last one." if number == len(texts) else ""
        print(f"Hint {number} of {len(texts)}: {texts[number - 1]}{last}")

    return hint
