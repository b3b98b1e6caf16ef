"""The class report: how each exercise of a lab went, and which misconceptions are behind the wrong answers."""

import csv
import html
import io
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from course_utils.course import CourseError
from course_utils.files import csv_cell
from course_utils.grading.results import Result, graded_students, read_results
from course_utils.grading.trusted import NOBODYS, OTHERS
from course_utils.judging.misconceptions import name_of

VERDICTS = ("right", "partly", "wrong", "not attempted", "stopped", "undecided")
MOST_NAMED = 3  # misconceptions of an exercise, in the terminal


@dataclass
class ExerciseReport:
    """How an exercise went: students by verdict, and by misconception."""

    name: str
    verdicts: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)

    @property
    def named(self) -> list[str]:
        """The misconceptions, the most frequent first, such as "SZ2 padding added on one side only (4)"."""
        ordered = sorted(self.codes.items(), key=lambda item: (-item[1], item[0]))
        return [f"{code} {name_of(code)} ({count})" for code, count in ordered]


@dataclass
class Report:
    """The report of one lab.

    Parameters
    ----------
    lab
        Name of the lab.
    students
        How many were graded.
    ungraded
        How many of them handed in something that could not be read.
    mean, most
        Points of the others on average, and points that can be had.
    exercises
        In the order of the notebook.
    odd_numbers
        How many were solved with numbers that are not the student's own.
    """

    lab: str
    students: int
    ungraded: int
    mean: float
    most: float
    exercises: list[ExerciseReport]
    odd_numbers: int = 0

    @property
    def title(self) -> str:
        """One line that says whose report this is."""
        unread = f", {self.ungraded} of them unreadable" if self.ungraded else ""
        odd = f", {self.odd_numbers} with numbers that are not their own" if self.odd_numbers else ""
        mean = f"{self.mean:.1f} of {self.most:g} points on average"
        return f"{self.lab}: {self.students} submissions{unread}{odd}, {mean}"


def read_report(root: Path, lab: str) -> Report:
    """Return the report of a lab.

    Raises
    ------
    CourseError
        If nobody has been graded.
    """
    students = graded_students(root, lab)
    if not students:
        raise CourseError(f"Nobody has been graded in {lab}. Run: course grade {lab}")
    return report_of(lab, list(read_results(root, lab, students).values()))


def report_of(lab: str, results: list[Result]) -> Report:
    """Count how a class did."""
    read = [result for result in results if not result.reason]
    exercises: dict[str, ExerciseReport] = {}
    for result in read:
        for check, verdict in result.verdicts.items():
            one = exercises.setdefault(check, ExerciseReport(check.removesuffix("-check")))
            one.verdicts[verdict] += 1
            one.codes.update(result.codes.get(check, []))
    mean = sum(result.points for result in read) / len(read) if read else 0.0
    most = max((result.most for result in results), default=0.0)
    odd = sum(any(words in note for note in result.notes for words in (OTHERS, NOBODYS)) for result in read)
    return Report(lab, len(results), len(results) - len(read), mean, most, list(exercises.values()), odd)


# --- three ways to show it ------------------------------------------------------------------------


def as_table(report: Report) -> Table:
    """Return the report for the terminal."""
    table = Table(title=escape(report.title), title_justify="left")
    table.add_column("exercise", no_wrap=True)
    for verdict in VERDICTS:
        table.add_column(verdict, justify="right")
    table.add_column("most frequent misconceptions")
    for one in report.exercises:
        counts = [str(one.verdicts[verdict] or "") for verdict in VERDICTS]
        table.add_row(escape(one.name), *counts, escape("\n".join(one.named[:MOST_NAMED])))
    return table


def as_csv(reports: list[Report]) -> str:
    """Return reports as CSV: one row an exercise."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["lab", "exercise", *(verdict.replace(" ", "_") for verdict in VERDICTS), "misconceptions"])
    for report in reports:
        for one in report.exercises:
            counts = [one.verdicts[verdict] for verdict in VERDICTS]
            writer.writerow(map(csv_cell, (report.lab, one.name, *counts, "; ".join(one.named))))
    return out.getvalue()


PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Class report</title>
<style>
body {{ font-family: sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; line-height: 1.4; }}
table {{ border-collapse: collapse; width: 100%; }}
caption {{ text-align: left; font-weight: bold; padding: 1rem 0 0.5rem; }}
th, td {{ border-bottom: 1px solid #999; padding: 0.3rem 0.6rem; text-align: left; vertical-align: top; }}
td.number, th.number {{ text-align: right; }}
</style>
</head>
<body>
<h1>Class report</h1>
{tables}
</body>
</html>
"""


def as_html(reports: list[Report]) -> str:
    """Return reports as a page that needs no other file."""
    return PAGE.format(tables="\n".join(map(_html_table, reports)))


def _html_table(report: Report) -> str:
    head = "".join(f'<th scope="col" class="number">{verdict}</th>' for verdict in VERDICTS)
    rows = []
    for one in report.exercises:
        counts = "".join(f'<td class="number">{one.verdicts[verdict]}</td>' for verdict in VERDICTS)
        named = "<br>".join(map(html.escape, one.named))
        rows.append(f'<tr><th scope="row">{html.escape(one.name)}</th>{counts}<td>{named}</td></tr>')
    last = '<th scope="col">misconceptions</th>'
    caption = f"<caption>{html.escape(report.title)}</caption>"
    body = "\n".join(rows)
    return f'<table>\n{caption}\n<tr><th scope="col">exercise</th>{head}{last}</tr>\n{body}\n</table>'
