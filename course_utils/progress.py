"""How far a learner is: ``progress.show_progress()`` in any notebook shows it, and where to go on.

It is read from the learner's own file (`course_utils.journal`); names, minutes and points come from the notebooks as
they were handed out.
"""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import quote

from course_utils import journal, reference, showing, workplace
from course_utils.full_marks import Part, add_up
from course_utils.journal import Practised, Record, Tried
from course_utils.mistakes import Spoken, called_as
from course_utils.reference import Entry
from course_utils.start_page import name_of

SPOKEN = "progress.show_progress()"
sys.modules[__name__].__class__ = Spoken

LEFT = 'style="text-align: left; vertical-align: top"'
ONE_LINE = 'style="text-align: left; white-space: nowrap"'


@dataclass(frozen=True)
class Row:
    """One exercise, and how it stands; ``tried`` is None if it was not tried."""

    lab: str
    entry: Entry
    tried: Tried | None

    @property
    def is_checked(self) -> bool:
        """Whether there is a check; else a person marks the exercise."""
        return reference.has_check(self.lab, self.entry.id)

    @property
    def points(self) -> float:
        """What the last check gave."""
        return self.tried.last * self.entry.points if self.tried else 0.0

    @property
    def is_right(self) -> bool:
        """Whether the last check gave all points."""
        return self.tried is not None and self.tried.last >= 1

    @property
    def stands(self) -> str:
        """How it stands, in words."""
        worth = f"{self.entry.points:g} point{'' if self.entry.points == 1 else 's'}"
        if not self.is_checked:
            return f"a person marks it: {worth}"
        if self.tried is None:
            more = ", further" if self.entry.further else ""
            return "not tried" + (f" ({self.entry.minutes} minutes{more})" if self.entry.minutes else "")
        if self.is_right:
            return f"right: {worth}"
        before = "; it was right before" if self.tried.best >= 1 else ""
        return f"tried: {_number(self.points)} of {worth}{before}"

    @property
    def sign(self) -> str:
        """How it stands, in one sign; never shown without the words."""
        return "✓" if self.is_right else "◐" if self.points else "✗" if self.tried else "○"


@called_as("progress.show_progress()")
def show_progress() -> None:
    """Show what was tried, what it was worth, and where to go on."""
    record = journal.read()
    rows = {lab: _rows(lab, record) for lab in reference.labs()}
    showing.show(_as_text(rows, record), _as_html(rows, record))


def go_on(rows: dict[str, list[Row]], latest: tuple[str, str] | None) -> Row | None:
    """Return the exercise to go on with: in the lab of the latest, then in those after it, then in those before.

    In a lab the core comes first, then what goes further; in both what was not tried, then what is not right yet. None
    if all are right.
    """
    labs = list(rows)
    start = labs.index(latest[0]) if latest and latest[0] in labs else 0
    for lab in labs[start:] + labs[:start]:
        open_ones = [row for row in rows[lab] if row.is_checked and not row.is_right]
        if open_ones:
            return min(open_ones, key=lambda row: (row.entry.further, row.tried is not None))
    return None


def _rows(lab: str, record: Record) -> list[Row]:
    return [Row(lab, entry, record.exercises.get((lab, entry.id))) for entry in reference.entries(lab).values()]


def _practice(lab: str, record: Record) -> Iterator[tuple[str, Practised]]:
    for (where, topic), practised in record.practice.items():
        if where == lab:
            yield topic.replace("-", " "), practised


def _number(value: float) -> str:
    return f"{round(value, 2):g}"


# --- in numbers


def _tried(rows: list[Row]) -> str:
    checked = [row for row in rows if row.is_checked]
    tried = sum(row.tried is not None for row in checked)
    right = sum(row.is_right for row in checked)
    return f"{tried} of {len(checked)} tried, {right} right" if tried else f"{len(checked)}, none tried"


def _points(rows: list[Row]) -> str:
    total = add_up(Part(row.points, row.entry.points, row.entry.further) for row in rows)
    return f"{_number(total.points)} of {_number(total.most)}"


def _practised(lab: str, record: Record) -> str:
    every = [practised for _, practised in _practice(lab, record)]
    if not every:
        return "–"
    right = sum(one.right for one in every)
    return f"{right} of {right + sum(one.wrong for one in every)} right"


def _practice_line(lab: str, record: Record) -> str:
    topics = [
        f"{topic} {one.right} of {one.right + one.wrong} right" + (f", {one.streak} in a row" if one.streak > 1 else "")
        for topic, one in _practice(lab, record)
    ]
    return f"Practice: {'; '.join(topics)}." if topics else ""


def _next_words(row: Row | None) -> tuple[str, str]:
    """Return what to go on with, and what stands behind it."""
    if row is None:
        return "", ""
    minutes = f" ({row.entry.minutes} minutes)" if row.entry.minutes else ""
    return f"lab {row.lab.split('_')[0]}, {row.entry.full}", minutes


# --- as text


def _as_text(rows: dict[str, list[Row]], record: Record) -> str:
    following, minutes = _next_words(go_on(rows, record.latest))
    lines = [f"Go on here: {following}{minutes}." if following else "Everything that can be checked is right.", ""]
    table = [("lab", "exercises", "points", "practice")]
    table += [(name_of(lab), _tried(some), _points(some), _practised(lab, record)) for lab, some in rows.items()]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines += ["  ".join(map(str.ljust, row, widths)).rstrip() for row in table]
    for lab in _begun(rows, record):
        lines += ["", name_of(lab)]
        lines += [f"  {row.sign} {row.entry.number} {row.entry.title}: {row.stands}" for row in rows[lab]]
        lines += [f"  {line}" for line in [_practice_line(lab, record)] if line]
    return "\n".join([*lines, *(["", *record.remarks] if record.remarks else [])])


def _begun(rows: dict[str, list[Row]], record: Record) -> list[str]:
    return [lab for lab in rows if any(row.tried for row in rows[lab]) or any(_practice(lab, record))]


# --- as HTML


def _as_html(rows: dict[str, list[Row]], record: Record) -> str:
    following = go_on(rows, record.latest)
    words, minutes = _next_words(following)
    first = "Everything that can be checked is right."
    if following:
        first = f"Go on here: {_link(following.lab, escape(words), following.entry)}{minutes}."
    head = "".join(f"<th {LEFT}>{name}</th>" for name in ("lab", "exercises", "points", "practice"))
    body = "".join(_html_row(lab, some, record) for lab, some in rows.items())
    begun = "".join(_details(lab, rows[lab], record) for lab in _begun(rows, record))
    remarks = "".join(f"<p>{escape(remark)}</p>" for remark in record.remarks)
    return (
        f"<p><strong>{first}</strong></p><table>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        f"{begun}{remarks}"
    )


def _html_row(lab: str, rows: list[Row], record: Record) -> str:
    right, checked = sum(row.is_right for row in rows), sum(row.is_checked for row in rows)
    numbers = [f"{right} of {checked} right", _points(rows), _practised(lab, record)]
    first = f"<td {LEFT}>{_link(lab, escape(name_of(lab)))}</td>"
    return f"<tr>{first}{''.join(f'<td {ONE_LINE}>{number}</td>' for number in numbers)}</tr>"


def _details(lab: str, rows: list[Row], record: Record) -> str:
    lines = "".join(
        f'<tr><td {LEFT}><span aria-hidden="true">{row.sign}</span></td>'
        f"<td {LEFT}>{_link(lab, escape(f'{row.entry.number} {row.entry.title}'), row.entry)}</td>"
        f"<td {LEFT}>{escape(row.stands)}</td></tr>"
        for row in rows
    )
    is_latest = record.latest is not None and record.latest[0] == lab
    return (
        f"<details{' open' if is_latest else ''}><summary>{escape(name_of(lab))}</summary>"
        f"<table><tbody>{lines}</tbody></table><p>{escape(_practice_line(lab, record))}</p></details>"
    )


def _link(lab: str, words: str, exercise: Entry | None = None) -> str:
    """Return a link to a lab's notebook, or to an exercise in it; the words alone where the notebook is not found."""
    path = _notebook(lab)
    if path is None:
        return words
    where = quote(Path(os.path.relpath(path, Path.cwd())).as_posix())
    return f'<a href="{where}{f"#cell-id={exercise.prompt}" if exercise else ""}">{words}</a>'


def _notebook(lab: str) -> Path | None:
    """Find a learner's notebook: in the workplace, else beside the folder of the one that is open."""
    home = workplace.find_workplace()
    folder = home / workplace.LABS if home else Path.cwd().parent
    path = folder / lab / f"{lab}.ipynb"
    return path if path.is_file() else None
