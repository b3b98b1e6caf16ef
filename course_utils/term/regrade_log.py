"""``regrades.jsonl``: whose points changed after they were given, when, by whom and why; one line a student."""

import getpass
import json
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from course_utils.course import CourseError

LOG = "regrades.jsonl"


def append(
    root: Path,
    lab: str,
    student: str,
    before: float,
    after: float,
    *,
    exercises: Mapping[str, Any] | None = None,
    why: str = "",
) -> None:
    """Add a line about a student whose points change, and bring it to the disk.

    Parameters
    ----------
    root, lab, student
        The course, the lab's full name, the student's id.
    before, after
        Points of the lab, less what is taken off for being late.
    exercises
        ``before``, ``after`` and ``why`` of each exercise whose points change.
    why
        What changes the lab's points otherwise.
    """
    line = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "by": _who(),
        "lab": lab,
        "student": student,
        "before": before,
        "after": after,
        "exercises": exercises or {},
        **({"why": why} if why else {}),
    }
    with (root / LOG).open("ab") as file:
        file.write((json.dumps(line, ensure_ascii=False) + "\n").encode())
        file.flush()
        os.fsync(file.fileno())


def _who() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no name is known, as in some containers
        return ""


def read_log(root: Path, labs: Sequence[str]) -> list[str]:
    """Return what was regraded, a line each, oldest first.

    Raises
    ------
    CourseError
        If a line of the log is none.
    """
    try:
        lines = (root / LOG).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    found = []
    for number, line in enumerate(lines, start=1):
        try:
            read = json.loads(line)
            causes = [
                f"{name} {said(one['before'])} -> {said(one['after'])} ({one['why']})"
                for name, one in read["exercises"].items()
            ]
            causes += [read["why"]] if read.get("why") else []
            head = f"{read['time']}  {read['by']}  {read['lab']}  {read['student']}: "
            head += f"{read['before']:g} -> {read['after']:g}"
        except (ValueError, KeyError, TypeError, AttributeError):
            raise CourseError(f"{LOG}, line {number} is no line of a log of regrades.") from None
        found += [": ".join([head, *(["; ".join(causes)] if causes else [])])] if read["lab"] in labs else []
    return found


def said(points: float | None) -> str:
    """Return points as people read them."""
    return "waits for a person" if points is None else f"{points:g}"
