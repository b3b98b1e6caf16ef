"""Grade a large class of an ordinary nbgrader assignment while processes are killed, and see that nothing is lost.

Run ``python benchmarks/soak.py --students 1000 --kills 50`` from the course; the tests run it small. A tenth of the
submissions are broken or hostile. ``course grade`` is run again and again until nothing is left to do; meanwhile
processes of it, any of them, are killed at random times. In the end every honest submission must have exactly its
points, no row of the gradebook may be there twice or missing, and nothing may be left running.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import psutil
from nbformat.v4 import new_code_cell, new_notebook

from course_utils.course import environment

LAB = "ps1"
ANSWERS = 1, 3  # places of the answers' cells
HONEST = {  # answers of square and word, and their points
    ("    return x * x", "word = 'yes'"): (2, 1),
    ("    return x * x", "word = 'no'"): (2, 0),
    ("    return x + x", "word = 'yes'"): (0, 1),
    ("    return x + x + 0 * len(str(x))", "word = None"): (0, 0),
    ("    total = 0\n    for _ in range(abs(x)):\n        total += abs(x)\n    return total", "word = 'YES'"): (2, 1),
}
HOSTILE = (
    "import os\nos._exit(1)",
    "while True:\n    pass",
    "x = bytearray(8 << 30)",
    "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    "print('x' * 50_000_000)",
    "import os\nfor _ in range(1000):\n    os.fork()",
    "raise SystemExit",
    "open('big', 'wb').write(bytes(1 << 30))",
)
DAMAGED = (b"", b"{", b"\xff\xfe\x00", b"[]", b'{"cells": 3}', b'{"cells": [{"source": 3}], "nbformat": 4}')


@dataclass
class Soaked:
    """What came of a run.

    Parameters
    ----------
    runs, kills
        How often the command was started, and how many processes were killed.
    seconds
        On the clock.
    memory
        The most that the command's own process has used, in bytes, by run.
    wrong
        Honest students without exactly their points.
    rows
        Rows of the gradebook that are there more than once, or missing.
    left
        Processes that were left running.
    """

    runs: int = 0
    kills: int = 0
    seconds: float = 0.0
    memory: list[int] = field(default_factory=list)
    wrong: dict[str, object] = field(default_factory=dict)
    rows: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def main() -> None:
    """Soak and print; status 1 if something was lost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="course-soak-") as folder:
        course = Path(folder) / "course"
        wanted = make_class(course, options.students, random.Random(options.seed))
        found = soak(course, wanted, options.kills, random.Random(options.seed))
    print(f"{options.students} submissions, {len(wanted)} of them honest; {found.kills} kills, {found.runs} runs")
    print(f"{found.seconds:.0f} s; most memory of the command: {max(found.memory, default=0) / 2**20:.0f} MB")
    for what, lost in (("wrong points", found.wrong), ("rows", found.rows), ("left running", found.left)):
        print(f"{what}: {lost or 'none'}")
    sys.exit(bool(found.wrong or found.rows or found.left))


# --- a class


def make_class(
    course: Path,
    students: int,
    dice: random.Random,
    *,
    all_honest: bool = False,
    book: nbformat.NotebookNode | None = None,
) -> dict[str, tuple[int, int]]:
    """Make an adopted course with a released assignment and a class; return the points of those who are honest.

    The assignment is :func:`source`, or a book with the same answers' cells and checks.
    """
    (course / "source" / LAB).mkdir(parents=True)
    (course / "nbgrader_config.py").write_text("c = get_config()\n")
    nbformat.write(book or source(), course / "source" / LAB / f"{LAB}.ipynb")
    run(course, "nbgrader", "generate_assignment", LAB)
    run(course, "course_utils", "adopt")
    released = json.loads((course / "release" / LAB / f"{LAB}.ipynb").read_text())
    wanted = {}
    for number in range(students):
        name = f"s{number:05}"
        folder = course / "submitted" / name / LAB
        folder.mkdir(parents=True)
        if number % 10 == 7 and not all_honest:
            (folder / f"{LAB}.ipynb").write_bytes(hostile(released, dice))
        else:
            answers = dice.choice(list(HONEST))
            wanted[name] = HONEST[answers]
            (folder / f"{LAB}.ipynb").write_bytes(answered(released, answers, number))
    return wanted


def source() -> nbformat.NotebookNode:
    """Return the assignment: a function with a hidden test, and a word."""
    book = new_notebook(
        cells=[
            new_code_cell("import numpy as np"),
            graded(
                "def square(x):\n    ### BEGIN SOLUTION\n    return x * x\n    ### END SOLUTION",
                "square",
                solution=True,
            ),
            graded(
                "np.testing.assert_allclose(square(3), 9)\n"
                "### BEGIN HIDDEN TESTS\nassert square(-4) == 16\n### END HIDDEN TESTS",
                "square-check",
                grade=True,
                locked=True,
                points=2,
            ),
            graded("word = None\n### BEGIN SOLUTION\nword = 'yes'\n### END SOLUTION", "word", solution=True),
            graded("assert word.lower() == 'yes'", "word-check", grade=True, locked=True, points=1),
        ]
    )
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    return book


def graded(text: str, name: str, **settings: object) -> nbformat.NotebookNode:
    """Return a cell with nbgrader's settings."""
    plain = {"schema_version": 3, "grade": False, "locked": False, "solution": False, "grade_id": name}
    return new_code_cell(text, metadata={"nbgrader": plain | settings})


def answered(released: dict, answers: tuple[str, str], number: int) -> bytes:
    """Return a submission; no two are the same file."""
    book = json.loads(json.dumps(released))
    book["cells"][ANSWERS[0]]["source"] = f"# {number}\ndef square(x):\n{answers[0]}"
    book["cells"][ANSWERS[1]]["source"] = answers[1]
    return json.dumps(book).encode()


def hostile(released: dict, dice: random.Random) -> bytes:
    """Return a submission that is broken, or does harm."""
    if dice.random() < 0.3:
        return dice.choice(DAMAGED)
    book = json.loads(json.dumps(released))
    text = dice.choice(HOSTILE)
    inside = "\n".join(f"    {line}" for line in text.split("\n"))
    book["cells"][ANSWERS[0]]["source"] = text if dice.random() < 0.5 else f"def square(x):\n{inside}"
    return json.dumps(book).encode()


def run(course: Path, module: str, *arguments: str) -> None:
    """Run a command in a course; raise if it fails."""
    subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=course,
        env=environment(),
        check=True,
        capture_output=True,
        stdin=subprocess.DEVNULL,
    )


# --- soaking


def soak(course: Path, wanted: dict[str, tuple[int, int]], kills: int, dice: random.Random) -> Soaked:
    """Grade a class while processes are killed, until nothing is left to do."""
    found, begun, status = Soaked(), time.monotonic(), 1
    limits = course / "source" / LAB / "lab.toml"
    limits.write_text("cell_seconds = 2\ntotal_seconds = 60\nmemory_mb = 1024\n")
    while status != 0 and found.runs < kills + 20:
        status = grade_once(course, found, kills, dice)
        found.runs += 1
    found.seconds = time.monotonic() - begun
    found.left = [" ".join(one.cmdline())[:200] for one in mine(course)]
    compare(course, wanted, found)
    return found


def grade_once(course: Path, found: Soaked, kills: int, dice: random.Random) -> int:
    """Run the command once, kill some of its processes meanwhile, and return its exit status."""
    command = [sys.executable, "-m", "course_utils", "grade", LAB, "--workers", "2"]
    process = subprocess.Popen(
        command,
        cwd=course,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    most, next_kill = 0, time.monotonic() + dice.uniform(1, 6)
    while process.poll() is None:
        time.sleep(0.1)
        try:
            most = max(most, psutil.Process(process.pid).memory_info().rss)
            if found.kills < kills and time.monotonic() > next_kill:
                family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
                dice.choice(family).kill()
                found.kills += 1
                next_kill = time.monotonic() + dice.uniform(0.5, 6)
        except psutil.Error:
            continue
    found.memory.append(most)
    return process.returncode


def mine(course: Path) -> list[psutil.Process]:
    """Return the processes that were started for a course and are still there, after some seconds."""
    until = time.monotonic() + 15
    there: list[psutil.Process] = []
    while time.monotonic() < until:
        there = [one for one in psutil.process_iter() if one.pid != os.getpid() and _belongs(one, course)]
        if not there:
            return []
        time.sleep(0.5)
    return there


def _belongs(process: psutil.Process, course: Path) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE and any(str(course) in word for word in process.cmdline())
    except psutil.Error:
        return False


def compare(course: Path, wanted: dict[str, tuple[int, int]], found: Soaked) -> None:
    """Note which honest submissions have other points than theirs, and which rows are missing or doubled."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        submissions = book.find_assignment(LAB).submissions
        counted = Counter(one.student.id for one in submissions)
        for one in submissions:
            grades = {grade.name: grade.auto_score for notebook in one.notebooks for grade in notebook.grades}
            name = one.student.id
            if name in wanted and (grades.get("square-check"), grades.get("word-check")) != wanted[name]:
                found.wrong[name] = grades
            if len(grades) != 2:
                found.rows.append(f"{name}: {sorted(grades)}")
    handed_in = {path.name for path in (course / "submitted").iterdir()}
    found.rows += [f"{name}: {count} times" for name, count in counted.items() if count != 1]
    found.rows += [f"{name}: missing" for name in sorted(handed_in - set(counted))]


if __name__ == "__main__":
    main()
