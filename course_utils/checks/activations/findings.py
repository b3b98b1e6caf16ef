"""What was found out about one part of an exercise with several functions, and the points for all of them."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from course_utils.checks.answers import kind
from course_utils.checks.elsewhere import Elsewhere
from course_utils.checks.running import ask
from course_utils.checks.sets import mark
from course_utils.checks.verdict import CheckFailed, Credit, NotAttempted


class Finding(NamedTuple):
    """How one part stands: None where there is no answer; else what to say, and the code, where it is wrong."""

    right: bool | None
    line: str = ""
    code: str = ""


def look(check: Callable[[], None]) -> Finding:
    """Run a check of one part, which returns if all is right and raises if not, and tell what came of it."""
    try:
        check()
    except NotAttempted:
        return Finding(None)
    except CheckFailed as error:
        lines = error.message.split("\n")
        return Finding(False, lines[0] if error.codes else "\n".join(lines[:3]), "".join(error.codes[:1]))
    return Finding(True)


def credit(findings: Mapping[str, Finding], points: float) -> Credit:
    """Print how the parts stand, in at most four lines, and return the points.

    Raises
    ------
    NotAttempted
        If no part has been written.
    """
    if all(finding.right is None for finding in findings.values()):
        raise NotAttempted(f"write {', '.join(findings)}, run that cell, then this one")
    wrong = [finding for finding in findings.values() if finding.right is False]
    told = next((finding for finding in wrong if finding.code), wrong[0] if wrong else Finding(None))
    codes = dict.fromkeys(finding.code for finding in [told, *wrong] if finding.code)
    return mark({part: finding.right for part, finding in findings.items()}, points, tuple(codes), told.line)


def ask_function(probe: Callable, function, name: str, *args):
    """Run a probe on what should be a student's function, and return what it finds out.

    Raises
    ------
    NotAttempted, CheckFailed
        If there is no function, or as in :func:`course_utils.checks.running.ask`.
    """
    if function is None:
        raise NotAttempted(f"{name} is None")
    if not (function.callable if isinstance(function, Elsewhere) else callable(function)):
        raise CheckFailed(f"{name} should be a function, not {kind(function)}.")
    return ask(probe, function, *args)
