"""Measure what grading costs, add it to ``benchmarks/history.json``, and show all commits that were measured.

Run ``python benchmarks/history.py`` from the course, on a machine with nothing else to do; ``--show`` measures nothing.
A figure is CPU seconds, divided by those that a fixed piece of work took in the same run: so a machine that is slower
today says the same. It is compared with the earlier figures of this machine only: a step back is more than a fifth
above their median. ``--page FILE`` writes the table and a line a figure as a page.

start           ``course grade`` for a class of one, less one more submission: before anything is graded
pictures        drawing a release's pictures, which its proof does, or else the first grading
submission      one more submission of the lab
of the floor    the same, beside a forked process that only executes its cells
foreign         one more submission of an assignment that imports NumPy only
page            one more feedback page
"""

import argparse
import hashlib
import html
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import grading
import soak
from rich.console import Console
from rich.table import Table

from course_utils import files
from course_utils.course import CourseError, find_labs, find_root

HISTORY = Path(__file__).with_name("history.json")
FIGURES = ("start", "pictures", "submission", "of the floor", "foreign", "page")
PLAIN = ("of the floor",)  # a ratio already
STEP_BACK = 1.2  # times the median of what was measured before
BEFORE = 5  # so many earlier entries are looked at
YARDSTICK = 4_000_000  # additions


@dataclass
class Entry:
    """What was measured at a commit: ``figures`` in CPU seconds, ``yardstick`` in CPU seconds of the fixed work."""

    commit: str
    date: str
    machine: str
    yardstick: float
    figures: dict[str, float]

    def compared(self, name: str) -> float:
        """Return a figure as it is compared: free of how fast the machine was."""
        return self.figures[name] if name in PLAIN else self.figures[name] / self.yardstick


# --- measuring


def measure(root: Path, lab: str, students: int) -> Entry:
    """Measure all figures on one class."""
    work = yardstick()
    with tempfile.TemporaryDirectory(prefix="course-history-") as folder:
        course = grading.make_course(root, lab, Path(folder) / "course")
        figures = of_the_lab(course, lab, students) | of_a_foreign_class(Path(folder) / "foreign", students)
    return Entry(commit(root), time.strftime("%Y-%m-%d"), machine(), statistics.mean([work, yardstick()]), figures)


def of_the_lab(course: Path, lab: str, students: int) -> dict[str, float]:
    """Return what a class of a lab takes: before anything is graded, for one more, and for one more page."""
    grading.hand_in(course, lab, students)
    ways = ("1 worker", "1 worker", "floor")
    first, alone, floor_alone = (grading.one_submission(course, lab, way).cpu for way in ways)
    floor = (grading.floor(course, lab).cpu - floor_alone) / (students - 1)
    more = (grading.grade(course, lab, 1).cpu - alone) / (students - 1)
    one, everybody = (feedback(course, lab, *who) for who in (["--student", "student-0000"], ["--fresh"]))
    page = (everybody - one) / (students - 1)
    start = {"start": alone - more, "pictures": first - alone}
    return start | {"submission": more, "of the floor": more / floor, "page": page}


def feedback(course: Path, lab: str, *options: str) -> float:
    """Return the CPU seconds of making feedback pages."""
    command = [sys.executable, "-m", "course_utils", "feedback", lab, "--workers", "1", *options]
    return grading.measure(command, course).cpu


def of_a_foreign_class(course: Path, students: int) -> dict[str, float]:
    """Return what one more submission of somebody else's assignment takes."""
    soak.make_class(course, students, random.Random(1), all_honest=True)
    everybody = grading.grade(course, soak.LAB, 1).cpu
    return {"foreign": (everybody - grading.one_submission(course, soak.LAB, "1 worker").cpu) / (students - 1)}


def yardstick() -> float:
    """Return the CPU seconds of a fixed piece of work."""
    begin, total = time.process_time(), 0
    for number in range(YARDSTICK):
        total += number % 7
    return time.process_time() - begin


def machine() -> str:
    """Return a name for this kind of machine and its Python; what it is cannot be read from it."""
    about = Path("/proc/cpuinfo")
    model = (
        next((line for line in about.read_text().splitlines() if "model name" in line), "") if about.exists() else ""
    )
    parts = (platform.machine(), model or platform.processor(), str(os.cpu_count()), platform.python_version())
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:8]


def commit(root: Path) -> str:
    """Return the short name of the commit, with a + if files differ from it."""
    command = ["git", "describe", "--always", "--dirty=+", "--abbrev=8", "--exclude=*"]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout.strip()


# --- the file


def read(path: Path = HISTORY) -> list[Entry]:
    """Return what was measured before, oldest first.

    Raises
    ------
    CourseError
        If the file holds something else.
    """
    if not path.exists():
        return []
    try:
        return [Entry(**one) for one in json.loads(path.read_text(encoding="utf-8"))]
    except (ValueError, TypeError) as error:
        raise CourseError(f"{path} is no history of figures ({error}). Mend it, or move it away.") from None


def write(entries: Sequence[Entry], path: Path = HISTORY) -> None:
    """Write all entries, a line each."""
    lines = ",\n".join(json.dumps(asdict(entry)) for entry in entries)
    files.write(path, f"[\n{lines}\n]\n")


# --- comparing and showing


def before(entries: Sequence[Entry], number: int) -> list[Entry]:
    """Return the last entries of the same machine before one."""
    return [one for one in entries[:number] if one.machine == entries[number].machine][-BEFORE:]


def steps_back(entries: Sequence[Entry], number: int) -> dict[str, float]:
    """Return the figures of an entry that are worse than before, and how many times their earlier median they are."""
    entry, earlier = entries[number], before(entries, number)
    times = {
        name: entry.compared(name) / statistics.median(one.compared(name) for one in known)
        for name in entry.figures
        if (known := [one for one in earlier if name in one.figures])
    }
    return {name: ratio for name, ratio in times.items() if ratio > STEP_BACK}


def shown(entries: Sequence[Entry]) -> list[list[str]]:
    """Return a row an entry: commit, date, machine, its figures in CPU seconds; what is a step back is marked so."""
    rows = []
    for number, entry in enumerate(entries):
        back = steps_back(entries, number)
        cells = [
            f"{entry.figures[name]:.3g}" + (f" ▲ {back[name]:.2f}×" if name in back else "")
            if name in entry.figures
            else "–"
            for name in FIGURES
        ]
        rows.append([entry.commit, entry.date, entry.machine, *cells])
    return rows


def sentence(entries: Sequence[Entry]) -> str:
    """Return what the newest entry is, beside those before it."""
    if not entries:
        return "Nothing was measured yet."
    back = steps_back(entries, len(entries) - 1)
    if back:
        named = ", ".join(f"{name} {ratio:.2f} times" for name, ratio in back.items())
        return f"A step back at {entries[-1].commit}: {named} the median of before."
    return f"No step back at {entries[-1].commit}, beside {len(before(entries, len(entries) - 1))} of this machine."


def page(entries: Sequence[Entry]) -> str:
    """Return a page: the sentence, a line a figure for the newest entry's machine, and the table."""
    mine = [one for one in entries if one.machine == entries[-1].machine] if entries else []
    lines = "".join(f"<figure>{line(name, mine)}<figcaption>{name}</figcaption></figure>" for name in FIGURES)
    heads = "".join(f"<th>{head}" for head in ("commit", "date", "machine", *FIGURES))
    rows = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}" for cell in row) for row in shown(entries))
    return (
        '<!DOCTYPE html>\n<html lang="en"><meta charset="utf-8"><title>What grading costs</title>'
        "<style>body{font:16px sans-serif;margin:2em}figure{display:inline-block;margin:0 2em 1em 0}"
        "table{border-collapse:collapse}td,th{padding:.2em .8em;text-align:left;border-bottom:1px solid #767676}"
        "</style>"
        f"<h1>What grading costs</h1><p>{html.escape(sentence(entries))} CPU seconds; the lines are free of how "
        f"fast the machine was.</p>{lines}<table><tr>{heads}</tr>{rows}</table></html>\n"
    )


def line(name: str, entries: Sequence[Entry], width: int = 220, height: int = 80) -> str:
    """Return a figure over commits as SVG, from 0 upwards."""
    values = [one.compared(name) for one in entries if name in one.figures]
    most = max(values, default=1) or 1
    step = width / max(len(values) - 1, 1)
    points = " ".join(f"{i * step:.0f},{height - height * value / most:.0f}" for i, value in enumerate(values))
    text = f"{name}: " + (f"{values[0]:.3g} at first, {values[-1]:.3g} now" if values else "not measured")
    return (
        f'<svg width="{width}" height="{height + 4}" viewBox="-4 -4 {width + 8} {height + 8}" role="img" '
        f'aria-label="{html.escape(text, quote=True)}"><polyline points="{points}" fill="none" stroke="#0072b2" '
        'stroke-width="2"/></svg>'
    )


def main() -> int:
    """Measure, keep, and show; return 1 if the newest entry is a step back."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lab", default="5", help="lab by name or number")
    parser.add_argument("--students", type=int, default=9, help="submissions in a class, two or more")
    parser.add_argument("--show", action="store_true", help="measure nothing")
    parser.add_argument("--page", type=Path, help="write a page, too")
    options = parser.parse_args()
    if options.students < 2:
        parser.error(f"--students must be 2 or more, not {options.students}")
    try:
        entries, root = read(), find_root()
        if not options.show:
            entries.append(measure(root, find_labs(root, [options.lab])[0], options.students))
            write(entries)
    except CourseError as error:
        print(error, file=sys.stderr)
        return 2
    table = Table(
        "commit",
        "date",
        "machine",
        *FIGURES,
        title="What grading costs, in CPU seconds",
        box=None,
        padding=(0, 1, 0, 0),
    )
    for row in shown(entries):
        table.add_row(*row)
    console = Console()
    console.print(table)
    console.print(sentence(entries))
    if options.page:
        files.write(options.page, page(entries))
    return int(bool(entries and steps_back(entries, len(entries) - 1)))


if __name__ == "__main__":
    sys.exit(main())
