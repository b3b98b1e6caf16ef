"""``course export --to PLATFORM``: the files, and what has changed in them since the last time.

What was exported last is noted in ``.spool/exports/PLATFORM.json``, after the files are there.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from course_utils import files
from course_utils.course import ROSTER, SPOOL, CourseError
from course_utils.lab_options import read_options
from course_utils.term.marks import LabMarks, read_marks
from course_utils.term.platforms import PLATFORMS, Made, number
from course_utils.term.roster import Person, class_of, listed, read_people

Known = dict[str, dict[str, float]]  # points by student and lab


@dataclass
class Export:
    """What is to be written for a platform.

    Parameters
    ----------
    platform
        Its word in :data:`PLATFORMS`.
    made
        The files.
    labs
        The marks in them.
    changes
        Lines about what differs from the last export; None if there was none.
    known
        What is noted when the files are there.
    """

    platform: str
    made: Made
    labs: list[LabMarks]
    changes: list[str] | None
    known: Known = field(default_factory=dict)

    @property
    def waiting(self) -> bool:
        """Whether a person has yet to give points."""
        return any(lab.waiting for lab in self.labs)


def prepare(root: Path, platform: str, labs: Sequence[str]) -> Export:
    """Make the files, and write nothing.

    Raises
    ------
    CourseError
        If there is no such platform, nothing is known of the class, or nothing was graded.
    """
    if platform not in PLATFORMS:
        raise CourseError(
            f"There is no system {platform!r}. There are: {', '.join(PLATFORMS)}. Where the file goes says --into."
        )
    if platform != "csv" and not read_people(root):
        raise CourseError(
            f"There is no {ROSTER}, so nobody's number in {platform} is known. Run: course students --import FILE"
        )
    marks, people = [lab for lab in read_marks(root, labs) if lab.marks], class_of(root)
    if not marks:
        raise CourseError(f"Nobody has been graded in {', '.join(labs)}. Run: course grade {labs[0]}")
    titles = {lab.lab: read_options(root, lab.lab).platform_title or lab.lab for lab in marks}
    if len(set(titles.values())) < len(titles):
        raise CourseError(f"Two labs have the same platform_title: {', '.join(titles.values())}.")
    before = _last(root, platform)
    made = PLATFORMS[platform](people, marks, titles)
    now = {
        student: {lab.lab: lab.marks[student].points for lab in marks if student in lab.marks}
        for student in people
        if student not in made.left_out
    }
    names = [lab.lab for lab in marks]
    changes = None if before is None else _changes(before, now, names, people)
    return Export(platform, made, marks, changes, _merged(before or {}, now, names))


def _place(root: Path, platform: str) -> Path:
    return root / SPOOL / "exports" / f"{platform}.json"


def _last(root: Path, platform: str) -> Known | None:
    try:
        kept = json.loads(_place(root, platform).read_text(encoding="utf-8"))
        return {str(student): {str(lab): float(points) for lab, points in of.items()} for student, of in kept.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return None


def _changes(before: Known, now: Known, labs: Sequence[str], people: Mapping[str, Person]) -> list[str]:
    lines = []
    for lab in labs:
        for student in dict.fromkeys([*people, *before]):
            old, new = before.get(student, {}).get(lab), now.get(student, {}).get(lab)
            if old != new:
                called = people[student].called if student in people else student
                lines.append(f"{lab}: {called}: {_said(old)} -> {_said(new)}")
    return lines


def _said(points: float | None) -> str:
    return "blank" if points is None else f"{points:g}"


def _merged(before: Known, now: Known, labs: Sequence[str]) -> Known:
    """Return what was exported last of every lab: labs that are not in this export stay as they were."""
    merged: Known = {}
    for student in dict.fromkeys([*before, *now]):
        others = {lab: points for lab, points in before.get(student, {}).items() if lab not in labs}
        if both := others | now.get(student, {}):
            merged[student] = both
    return merged


def write(root: Path, export: Export, into: Path | None = None) -> list[Path]:
    """Write the files; return their paths.

    Parameters
    ----------
    into
        Where to: a file, or a folder where there may be several files (Gradescope); the course's folder if None.

    Raises
    ------
    CourseError
        If a folder was named where a file is wanted, or a file where a folder is.
    """
    several = export.platform == "gradescope"
    if into is not None and into.exists() and into.is_dir() != several:
        raise CourseError(
            f"{into} is {'no' if several else 'a'} folder; --into names the {'folder' if several else 'file'}."
        )
    folder = (into or root) if several else root
    written = []
    for name, content in export.made.contents.items():
        path = into if into is not None and not several else folder / name
        files.write(path, content, durably=True)
        written.append(path)
    files.write(_place(root, export.platform), json.dumps(export.known, indent=1, sort_keys=True), durably=True)
    return written


def lines_of(export: Export) -> list[str]:
    """Return what there is to say of an export, a line each."""
    lines = []
    for lab in export.labs:
        late = sum(mark.penalty > 0 for mark in lab.marks.values())
        zero = sum(number(mark) == 0 for mark in lab.marks.values())
        said = [f"{len(lab.marks)} marks of {lab.most:g} points", *([f"{zero} of them 0"] if zero else [])]
        said += [f"{late} less a late penalty"] if late else []
        lines.append(f"{lab.lab}: {', '.join(said)}")
        lines += [
            f"  late: {student} {mark.points + mark.penalty:g} - {mark.penalty:g} = {mark.points:g}"
            for student, mark in lab.marks.items()
            if mark.penalty > 0
        ]
        if lab.ungraded:
            lines.append(f"  blank, handed in and not graded yet: {listed(lab.ungraded)}. Run: course grade {lab.lab}")
        if lab.waiting:
            lines.append(f"  a person has yet to give points: {listed(lab.waiting)}")
    for why in dict.fromkeys(export.made.left_out.values()):
        names = [student for student, reason in export.made.left_out.items() if reason == why]
        lines.append(f"left out, {why}: {', '.join(names)}")
    if export.changes is None:
        lines.append(f"This is the first export to {export.platform}.")
    else:
        lines.append(f"{len(export.changes)} changes since the last export to {export.platform}")
        lines += [f"  {line}" for line in export.changes]
    return lines
