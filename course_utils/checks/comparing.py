"""Comparing a student's array with PyTorch's, and saying which wrong way gives exactly this one."""

from collections.abc import Callable

import numpy as np
import torch

from course_utils.checks import diagnosis
from course_utils.judging.protocol.verdicts import CheckFailed


def compare(what: str, given: np.ndarray, right, ways: dict[str, Callable], case: str | None) -> None:
    """Raise CheckFailed with a diagnosis unless an array is right.

    Parameters
    ----------
    what
        Name of the student's function, and of the part of its answer if it has several.
    given
        The student's array, from :func:`course_utils.judging.answers.as_array`.
    right
        What PyTorch (or a slow loop) says.
    ways
        For each code, a function that computes the wrong result, or several in a list.
    case
        What is tried; None for a case drawn at grading, of which the message tells no shape and no number.

    Raises
    ------
    CheckFailed
        With the case, what is wrong with shape or values, and the question that belongs to the wrong way.
    """
    right = np.asarray(right.detach() if isinstance(right, torch.Tensor) else right)
    if diagnosis.close(given, right):
        return
    code = diagnosis.explain_array(given, ways)
    lines = [title(what, case)]
    lines.append(_shape_line(given, right, case) if given.shape != right.shape else _value_line(given, right, case))
    raise refusal("\n".join(line for line in lines if line), code)


def refuse(code: str, what: str, case: str | None) -> None:
    """Raise CheckFailed with a line on what was tried and the question that belongs to a code.

    `what` and `case` are as in :func:`compare`.
    """
    raise refusal(title(what, case), code)


def refusal(line: str, code: str | None = None) -> CheckFailed:
    """Return the error for a wrong answer: a line on it, and the question that belongs to its wrong way if known."""
    return CheckFailed(f"{line}\n{diagnosis.feedback(code)}", (code,)) if code else CheckFailed(line)


def title(what: str, case: str | None) -> str:
    """Return the first line on an answer that is not right; `what` and `case` are as in :func:`compare`."""
    return f"{what}: not yet right ({case or 'a case drawn at grading'})."


def _shape_line(given, right, case) -> str:
    if right.ndim == 0:
        return "  it should be one number, not an array."
    if given.ndim != right.ndim:
        axes = "axis" if given.ndim == 1 else "axes"
        return f"  your result has {given.ndim} {axes}, PyTorch's has {right.ndim}."
    axis = next(i for i, (a, b) in enumerate(zip(given.shape, right.shape, strict=True)) if a != b)
    direction = "long" if given.shape[axis] > right.shape[axis] else "short"
    yours = f"your shape is {given.shape}: " if case else ""
    return f"  {yours}axis {axis} of your result is too {direction}."


def _value_line(given, right, case) -> str:
    if case is None:
        return ""
    if given.ndim == 0:
        return f"  yours is {given:.4g}, PyTorch's {right:.4g}."
    wrong = ~np.isclose(given, right, rtol=diagnosis.RTOL, atol=diagnosis.ATOL)
    place = tuple(int(i) for i in np.argwhere(wrong)[0])
    where = ", ".join(map(str, place))
    one = f"at [{where}] yours is {given[place]:.4g}, PyTorch's {right[place]:.4g}"
    return f"  {int(wrong.sum())} of {wrong.size} numbers differ; {one}."
