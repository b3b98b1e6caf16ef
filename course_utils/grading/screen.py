"""What an instructor sees in the terminal: a progress bar while it goes on, a table of the class when it is done."""

from collections import Counter
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from course_utils.course import folders
from course_utils.grading.driver import GradedLab, Watcher
from course_utils.grading.faults import INTERRUPTED
from course_utils.grading.results import Result
from course_utils.judging.misconceptions import name_of

FEW = 3  # results that may share a note in the table itself
WIDEST_ID = 32  # columns of the terminal: a longer id goes on in the next line, and leaves room for the points


class Bar(Watcher):
    """A progress bar: how many are done, how many failed, how long it will take.

    Parameters
    ----------
    console
        Where it is drawn. In a file or a pipe it is drawn once, at the end.
    verb
        What is done.
    """

    def __init__(self, console: Console, verb: str = "grading") -> None:
        self.console, self.verb = console, verb

    def begin(self, lab: str, total: int) -> None:
        """Draw the bar."""
        words, failed = TextColumn("{task.description}"), TextColumn("{task.fields[bad]}")
        columns = (words, BarColumn(), MofNCompleteColumn(), failed)
        times = (TextColumn("so far"), TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn())
        self.bar = Progress(*columns, *times, console=self.console)
        self.task = self.bar.add_task(f"{self.verb} {lab}", total=total, bad="")
        self.failed = 0
        self.bar.start()

    def step(self, student: str, failed: bool) -> None:
        """Count one more."""
        self.failed += failed
        self.bar.update(self.task, advance=1, bad=f"{self.failed} failed" if self.failed else "")

    def end(self) -> None:
        """Leave the bar as it is."""
        self.bar.stop()


def table_of(title: str, found: list[Result]) -> Table:
    """Return the table of a class: student, points, what was diagnosed, what else there is to say."""
    table = Table(title=escape(title), title_justify="left")
    widest = max((cell_len(result.student) for result in found), default=0)
    table.add_column("student", overflow="fold", max_width=WIDEST_ID, min_width=min(WIDEST_ID, widest))
    table.add_column("points", justify="right", no_wrap=True)
    table.add_column("diagnosed")
    table.add_column("note", overflow="fold")
    common = common_notes(found)
    for result in found:
        diagnosed = "\n".join(f"{code} {name_of(code)}" for code in result.diagnosed)
        notes = [note for note in result.notes if note not in common]
        note = "\n".join([*([result.reason] if result.reason else []), *notes])
        points = f"{result.points:g} of {result.most:g}"
        table.add_row(*map(escape, (result.student, points, diagnosed, note)))
    return table


def common_notes(found: list[Result]) -> dict[str, int]:
    """Return the notes that more than half of a class share, and how many do: they stand below the table."""
    counted = Counter(note for result in found for note in result.notes)
    return {note: count for note, count in counted.items() if count > max(len(found) / 2, FEW)}


def lines_of_notes(found: list[Result]) -> list[str]:
    """Return a line about each note that stands below the table."""
    return [f"{count} of {len(found)}: {note}" for note, count in common_notes(found).items()]


def lines_of_faults(root: Path, lab: str, found: list[Result]) -> list[str]:
    """Return which checks failed themselves, and who was interrupted, so that points are open, a line each."""
    hit: dict[str, list[Result]] = {}
    interrupted = [one for one in found if any(one.verdicts[check] == INTERRUPTED for check in one.undecided)]
    for result in found:
        for check in result.undecided:
            if result.verdicts[check] != INTERRUPTED:
                hit.setdefault(check, []).append(result)
    again = [
        f"interrupted: {one.student}: its processes were ended from outside (is there enough memory?), so that points "
        f"are open. Grade again: course grade {lab}"
        for one in interrupted
    ]
    return again + [
        f"undecided: {check} failed itself in {len(results)} submissions ({results[0].student}: "
        f"{results[0].undecided[check]}). Mend it and grade again, or give the points in formgrader. The traceback is "
        f"in the cell's metadata: {folders(root).autograded}/{results[0].student}/{lab}/{lab}.ipynb"
        for check, results in hit.items()
    ]


STRONGEST = "namespaces"


def lines_of(outcome: GradedLab) -> list[str]:
    """Return what else there is to say of a run, a line each."""
    done, known = len(outcome.graded), len(set(outcome.students) - set(outcome.graded))
    lines = [f"{outcome.lab}: {done} graded, {known} graded before" if done else f"{outcome.lab}: nothing to do"]
    if outcome.verified:
        same = outcome.verified - len(outcome.differing)
        lines.append(f"{outcome.verified} graded a second time: {same} of them the same in every field")
    lines += [f"not graded: {student}: {reason}" for student, reason in outcome.failures.items()]
    if weaker := sorted(outcome.sandboxes - {STRONGEST}):
        lines.append(f"Graded in a weaker sandbox than this package has: {', '.join(weaker)}. See: course doctor")
    lines += [f"left out: {line}" for line in outcome.left_out]
    for student, found in outcome.differing.items():
        more = f" and {len(found) - 3} more" if len(found) > 3 else ""
        lines.append(f"differs from its first result: {student}: {'; '.join(found[:3])}{more}")
    return lines
