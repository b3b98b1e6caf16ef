"""How fast a class is graded: this course's engine, stock nbgrader, and the least that could be.

Run ``python benchmarks/grading.py`` from the course. The first table grades the same submissions of one lab in four
ways, one after the other, in one run, because only ratios mean something on a shared machine:

stock       ``nbgrader autograde`` with the settings nbgrader comes with: a new kernel for every submission
floor       a process that has imported everything forks for each submission and only executes the cells
1, 2        ``course grade --workers 1`` and ``--workers 2``, start-up included

A second one says where the seconds of one more submission go, phase by phase.

The third does what the first does with an assignment that knows nothing of this package and imports NumPy only: its
checks run outside of the students' processes, and then inside. Two more grade larger and larger classes, of the lab and
of that assignment (a thousand of it take minutes), and say how much more one of the largest takes than one of the
smallest; the last line says what an idle student's process costs in memory.
Nothing here asserts anything.
"""

import argparse
import contextlib
import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import soak
from rich.console import Console
from rich.table import Table

from course_utils.course import CONFIG, MASTERS, SPOOL, environment, find_labs, find_root
from course_utils.grading import sample
from course_utils.grading.drawn import FOLDER
from course_utils.lab_options import EVERYTHING
from course_utils.release import release

CONSOLE = Console()
INSIDE = str(Path(__file__).with_name("inside.py"))
STOCK = """c = get_config()
c.CourseDirectory.course_id = "stock"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "notebooks"
c.CourseDirectory.db_url = "sqlite:///gradebook.db"
c.ExecutePreprocessor.iopub_timeout = c.Execute.iopub_timeout = 120  # a busy machine is no failure
"""
STRANGERS = "c = get_config()\nc.ExecutePreprocessor.iopub_timeout = c.Execute.iopub_timeout = 120\n"


@dataclass
class Measured:
    """What a command took: seconds on the clock, seconds of CPU with all its children, most memory of its own."""

    wall: float
    cpu: float
    memory: int = 0  # bytes, of the command's own process


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lab", nargs="?", default="5", help="lab by name or number")
    parser.add_argument("--students", type=int, default=20, help="submissions in the first table")
    parser.add_argument("--sizes", default="50,200,1000", help="classes of the lab that grow; empty for none")
    parser.add_argument(
        "--foreign-sizes", default="50,200,1000", help="classes of NumPy alone that grow; empty for none"
    )
    parser.add_argument("--without-stock", action="store_true", help="leave stock nbgrader out: it takes minutes")
    options = parser.parse_args()
    root = find_root()
    lab = find_labs(root, [options.lab])[0]
    with tempfile.TemporaryDirectory(prefix="course-benchmark-") as folder:
        course = make_course(root, lab, Path(folder) / "course")
        compare(course, lab, options.students, stock=not options.without_stock)
        phases(course, lab)
        compare_foreign(Path(folder) / "foreign", options.students, stock=not options.without_stock)
        grow(course, lab, [int(size) for size in options.sizes.split(",") if size])
        grow_foreign(Path(folder) / "growing", [int(size) for size in options.foreign_sizes.split(",") if size])
    idle_memory()


# --- courses and classes


def make_course(root: Path, lab: str, folder: Path) -> Path:
    """Make a course that holds one lab, released."""
    folder.mkdir()
    shutil.copyfile(root / CONFIG, folder / CONFIG)
    ignored = shutil.ignore_patterns("*.ipynb", "__pycache__")
    shutil.copytree(root / MASTERS / lab, folder / MASTERS / lab, ignore=ignored)
    (folder / "notebooks").mkdir()
    release(folder, [lab], gradebook=True, prove=False)
    return folder


def hand_in(course: Path, lab: str, count: int) -> None:
    """Hand in for so many students: the sample class over and over, without its accidents and without endless loops.

    How long an endless loop takes is the limit's doing, and whether one comes last decides how long a class takes.
    """
    shutil.rmtree(course / "submitted", ignore_errors=True)
    plain = [one for one in sample.load_class(course, lab) if one.is_plain and not one.is_endless]
    for number in range(count):
        student = plain[number % len(plain)]
        folder = course / "submitted" / f"student-{number:04}" / lab
        folder.mkdir(parents=True)
        sample.hand_in(course, lab, student, folder).rename(folder / f"{lab}.ipynb")


def forget_results(course: Path) -> None:
    """Let the next command grade everything again. The release's pictures stay: its proof has drawn them."""
    kept = course / SPOOL / FOLDER
    for path in [course / "autograded", *(one for one in (course / SPOOL).glob("*") if one != kept)]:
        shutil.rmtree(path, ignore_errors=True)


# --- measuring


def measure(command: list[str], folder: Path) -> Measured:
    """Run a command; children that it did not wait for are not in its CPU seconds."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    process = subprocess.Popen(
        command, cwd=folder, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    memory: list[int] = [0]
    watcher = threading.Thread(target=watch_memory, args=(process.pid, memory), daemon=True)
    watcher.start()
    said = process.communicate()[1]
    wall = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{said[-2000:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Measured(wall, cpu, max(memory))


def watch_memory(pid: int, seen: list[int]) -> None:
    """Note the most memory that a process has, until it ends."""
    try:
        process = psutil.Process(pid)
        while process.is_running():
            seen[0] = max(seen[0], process.memory_info().rss)
            time.sleep(0.2)
    except psutil.Error:
        return


def grade(course: Path, lab: str, workers: int) -> Measured:
    """Grade a class with this course's engine."""
    forget_results(course)
    return measure([sys.executable, "-m", "course_utils", "grade", lab, "--workers", str(workers)], course)


def grade_stock(course: Path, lab: str) -> Measured:
    """Grade the same class with nbgrader as it comes, in a copy of the course."""
    copy = course.with_name("stock")
    shutil.copytree(course, copy, ignore=shutil.ignore_patterns("autograded", ".spool"))
    (copy / CONFIG).write_text(STOCK, encoding="utf-8")
    return measure([sys.executable, "-m", "nbgrader", "autograde", lab], copy)


def floor(course: Path, lab: str) -> Measured:
    """Fork a preloaded process for each submission and execute its code cells, checks included, and nothing else."""
    return measure([sys.executable, __file__, "--floor", str(course), lab], course)


def run_floor(course: Path, lab: str) -> None:
    """Be the preloaded process of :func:`floor`."""
    os.environ.update(environment(), MPLBACKEND="agg", NBGRADER_EXECUTION="autograde")
    from course_utils.grading.preloading import preload

    preload(list(EVERYTHING.modules))
    for path in sorted((course / "submitted").glob(f"*/{lab}/{lab}.ipynb")):
        pid = os.fork()
        if pid == 0:
            execute(path)
            os._exit(0)
        os.waitpid(pid, 0)


def execute(path: Path) -> None:
    """Execute a notebook's code cells one after the other, whatever they raise."""
    names: dict = {"__name__": "__main__"}
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115  for the rest of this process's life
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            try:
                exec(compile("".join(cell["source"]), "<cell>", "exec"), names)
            except Exception:
                continue


# --- tables


def compare(course: Path, lab: str, students: int, *, stock: bool) -> None:
    """Print what the same class takes in four ways."""
    hand_in(course, lab, students)
    one_submission(course, lab, "1 worker")  # the release's pictures are drawn
    rows = {"floor": floor(course, lab), "1 worker": grade(course, lab, 1), "2 workers": grade(course, lab, 2)}
    rows |= {"stock nbgrader": grade_stock(course, lab)} if stock else {}
    alone = {name: one_submission(course, lab, name) for name in ("floor", "1 worker")}
    table = Table(title=f"{students} submissions of {lab}")
    for heading in ("", "wall s", "CPU s", "CPU s each, with start", "of stock's CPU", "of stock's wall"):
        table.add_column(heading, justify="right" if heading else "left")
    most = rows.get("stock nbgrader")
    for name, row in rows.items():
        ratios = [f"1/{most.cpu / row.cpu:.1f}", f"1/{most.wall / row.wall:.1f}"] if most else ["", ""]
        table.add_row(name, f"{row.wall:.1f}", f"{row.cpu:.1f}", f"{row.cpu / students:.2f}", *ratios)
    CONSOLE.print(table)
    each = {name: (rows[name].cpu - one.cpu) / max(students - 1, 1) for name, one in alone.items()}
    CONSOLE.print(
        f"one more submission: floor {each['floor']:.2f}, engine {each['1 worker']:.2f} CPU s "
        f"({each['1 worker'] / each['floor']:.2f} of the floor)"
    )


def phases(course: Path, lab: str) -> None:
    """Print where the seconds of one more submission go."""
    forget_results(course)
    done = subprocess.run([sys.executable, INSIDE, str(course), lab], capture_output=True, text=True)
    CONSOLE.print(done.stdout or f"no phases: {done.stderr[-500:]}", highlight=False)


def compare_foreign(course: Path, students: int, *, stock: bool) -> None:
    """Print what an ordinary assignment takes: with stock nbgrader, with checks outside and inside."""
    soak.make_class(course, students, random.Random(1), all_honest=True)
    rows = {"checks outside": grade(course, soak.LAB, 1)}
    options = course / "source" / soak.LAB / "lab.toml"
    options.write_text('[checks]\nsquare-check = "inside"\nword-check = "inside"\n')
    rows["checks inside"] = grade(course, soak.LAB, 1)
    options.unlink()
    alone = {"checks outside": one_submission(course, soak.LAB, "1 worker")}
    if stock:
        copy = course.with_name("stock-foreign")
        shutil.copytree(course, copy, ignore=shutil.ignore_patterns("autograded", ".spool"))
        (copy / CONFIG).write_text(STRANGERS, encoding="utf-8")
        command = [sys.executable, "-m", "nbgrader", "autograde", soak.LAB]
        rows["stock nbgrader"] = measure(command, copy)
        alone["stock nbgrader"] = measure([*command, "--force", "--student=s00000"], copy)
    table = Table(title=f"{students} submissions of an assignment that imports NumPy only, one worker")
    for heading in ("", "wall s", "CPU s", "CPU s each, with start", "of stock's CPU"):
        table.add_column(heading, justify="right" if heading else "left")
    for name, row in rows.items():
        ratio = f"1/{rows['stock nbgrader'].cpu / row.cpu:.1f}" if stock else ""
        table.add_row(name, f"{row.wall:.1f}", f"{row.cpu:.1f}", f"{row.cpu / students:.2f}", ratio)
    CONSOLE.print(table)
    for name, one in alone.items():
        CONSOLE.print(f"one more submission, {name}: {(rows[name].cpu - one.cpu) / max(students - 1, 1):.3f} CPU s")


def one_submission(course: Path, lab: str, way: str) -> Measured:
    """Measure a class of one: what starting costs."""
    with only(course, 1):
        return floor(course, lab) if way == "floor" else grade(course, lab, 1)


@contextlib.contextmanager
def only(course: Path, count: int) -> Iterator[None]:
    """Let only so many have handed in."""
    elsewhere = course.with_name("others")
    everybody = sorted((course / "submitted").iterdir())
    elsewhere.mkdir()
    for folder in everybody[count:]:
        folder.rename(elsewhere / folder.name)
    try:
        yield
    finally:
        for folder in elsewhere.iterdir():
            folder.rename(course / "submitted" / folder.name)
        elsewhere.rmdir()


def grow(course: Path, lab: str, sizes: list[int]) -> None:
    """Print what larger and larger classes of a lab take."""
    if sizes:
        hand_in(course, lab, max(sizes))
        grow_to(course, lab, sizes)


def grow_foreign(course: Path, sizes: list[int]) -> None:
    """Print what larger and larger classes of an assignment take that imports NumPy only."""
    if sizes:
        soak.make_class(course, max(sizes), random.Random(1), all_honest=True)
        grow_to(course, soak.LAB, sizes)


def grow_to(course: Path, lab: str, sizes: list[int]) -> None:
    """Print what larger classes take a submission, with the start and without, and the coordinator's memory."""
    table = Table(title=f"Larger classes of {lab}, two workers")
    for heading in ("submissions", "wall s each", "CPU s each", "wall s of one more", "CPU s of one more", "memory MB"):
        table.add_column(heading, justify="right")
    with only(course, 1):
        alone = grade(course, lab, 2)
    each = []
    for size in sizes:
        with only(course, size):
            row = grade(course, lab, 2)
        each.append((row.cpu - alone.cpu) / max(size - 1, 1))
        wall = (row.wall - alone.wall) / max(size - 1, 1)
        numbers = (row.wall / size, row.cpu / size, wall, each[-1])
        table.add_row(str(size), *(f"{number:.3f}" for number in numbers), f"{row.memory / 1e6:.0f}")
        print(f"{size} submissions: {row.wall:.0f} s", file=sys.stderr)
    CONSOLE.print(table)
    CONSOLE.print(
        f"one more of {sizes[-1]} takes {each[-1] / each[0]:.2f} of the CPU that one more of {sizes[0]} takes"
    )


def idle_memory() -> None:
    """Print how much memory an idle student's process has to itself."""
    if not Path("/proc/self/smaps_rollup").exists():
        return
    done = subprocess.run([sys.executable, INSIDE, "--idle"], capture_output=True, text=True, check=True)
    sizes = [int(size) / 1024 for size in done.stdout.split()]
    CONSOLE.print(f"an idle student's process has {statistics.median(sizes):.0f} MB to itself (of {len(sizes)})")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--floor"]:
        run_floor(Path(sys.argv[2]), sys.argv[3])
    else:
        main()
