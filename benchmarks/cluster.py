"""Grade a large class at Dask workers of this machine; say what a submission costs, and what one writer can take.

Run ``python benchmarks/cluster.py --students 5000 --workers 2`` from the course. The assignment is a small one of
ordinary nbgrader, without NumPy: what is measured is the machinery, not the students' programs. Then all results are
written once more into an empty gradebook, which is all that the one writer has to do: on SQLite, and with
``--postgres`` on a PostgreSQL server that is started for it.
"""

import argparse
import contextlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import distributed
import nbformat
import psutil
import soak

from course_utils.course import environment

PORT = 18786
ADDRESS = f"tcp://127.0.0.1:{PORT}"
MEGABYTE = 1 << 20
POSTGRES = "/usr/lib/postgresql"
USER = "postgres"  # the server refuses to run as the superuser


@dataclass
class Measured:
    """What one run of the command took: on the clock, of its own processor time, and of memory."""

    seconds: float = 0.0
    cpu: float = 0.0
    memory: int = 0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, default=500)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--postgres", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="course-cluster-") as folder:
        course, count = Path(folder) / "course", options.students
        wanted = soak.make_class(course, count, random.Random(1), all_honest=True, book=source())
        with cluster(Path(folder), options.workers) as workers:
            graded = grade(course, "--scheduler", ADDRESS)
            print(f"{count} submissions, {options.workers} workers, {os.cpu_count()} processors")
            print(f"all of it: {graded.seconds:.0f} s, {count / graded.seconds:.1f} a second")
            used = sum(cpu_of(one) for one in workers)
            print(f"a submission: {used / count:.2f} CPU s at a worker,")
            print(f"    {graded.cpu / count:.3f} CPU s at the command, its start of some seconds included")
            print(f"most memory of the command: {graded.memory / MEGABYTE:.0f} MB")
        report(course, wanted, "SQLite", count)
        if options.postgres:
            with server(Path(folder)) as address:
                report(course, wanted, "PostgreSQL", count, address)


def report(course: Path, wanted: dict, name: str, count: int, address: str = "") -> None:
    """Write all results into an empty gradebook, and print how fast that was."""
    elsewhere = [f"c.CourseDirectory.db_url = {address!r}", "c.CourseDirectory.course_id = 'soak'"] if address else []
    settings = "\n".join(["c = get_config()", *elsewhere, ""])
    for path in (course / "gradebook.db", course / "nbgrader_config.py"):
        path.unlink(missing_ok=True)
    (course / "nbgrader_config.py").write_text(settings)
    soak.run(course, "course_utils", "adopt")
    soak.run(course, "nbgrader", "generate_assignment", soak.LAB, "--force")
    first, again, start = grade(course), grade(course), grade(course, "--student", "s00000")
    cost = max(first.cpu - start.cpu, 0.01) / count  # what a start costs is taken off
    print(f"{name}: {count} results into an empty gradebook in {first.seconds:.0f} s;")
    print(f"    {cost:.3f} CPU s a submission, or {1 / cost:.0f} a second of a processor;")
    print(f"    most memory of the command: {first.memory / MEGABYTE:.0f} MB;")
    print(f"    a run that finds nothing to do: {again.seconds:.0f} s")
    found = soak.Soaked()
    if not address:
        soak.compare(course, wanted, found)
        assert not found.wrong, found.wrong
        assert not found.rows, found.rows


def source() -> nbformat.NotebookNode:
    """Return soak's assignment without its import of NumPy."""
    book = soak.source()
    book.cells[0].source = "import math"
    book.cells[2].source = book.cells[2].source.replace(
        "np.testing.assert_allclose(square(3), 9)", "assert square(3) == 9"
    )
    return book


def grade(course: Path, *options: str) -> Measured:
    """Run the command once."""
    begun, found = time.monotonic(), Measured()
    command = [sys.executable, "-m", "course_utils", "grade", soak.LAB, *(options or ("--workers", "1"))]
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = psutil.Popen(command, cwd=course, env=environment(), **quiet)
    while process.poll() is None:
        with contextlib.suppress(psutil.Error):
            found.memory = max(found.memory, process.memory_info().rss)
            found.cpu = sum(process.cpu_times()[:2])
        time.sleep(0.1)
    found.seconds = time.monotonic() - begun
    assert process.returncode == 0, f"{' '.join(command)}: status {process.returncode}"
    return found


def cpu_of(process: psutil.Process) -> float:
    """Return the processor seconds of a process and of all below it, those that have ended among them."""
    used = 0.0
    for one in (process, *process.children(recursive=True)):
        with contextlib.suppress(psutil.Error):
            used += sum(one.cpu_times()[:4])
    return used


@contextlib.contextmanager
def cluster(folder: Path, count: int) -> Iterator[list[psutil.Process]]:
    """Run a scheduler and workers, in folders of their own; give the workers."""
    started: list[psutil.Popen] = []
    page = ("--dashboard-address", "127.0.0.1:0")

    def start(name: str, *words: str) -> psutil.Popen:
        command = [sys.executable, "-m", f"distributed.cli.{name}", *words]
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        started.append(psutil.Popen(command, cwd=folder, env=environment(), **quiet))
        return started[-1]

    try:
        start("dask_scheduler", "--host", "127.0.0.1", "--port", str(PORT), *page)
        own = ("--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", *page)
        workers = [start("dask_worker", ADDRESS, *own) for _ in range(count)]
        with distributed.Client(ADDRESS, timeout=300) as client:
            client.wait_for_workers(count, timeout=300)
        yield workers
    finally:
        for one in reversed(started):
            one.terminate()
            one.wait(30)


@contextlib.contextmanager
def server(folder: Path) -> Iterator[str]:
    """Run a PostgreSQL server on a socket in a folder; give the address of an empty database."""
    newest = sorted(Path(POSTGRES).glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))[-1].parent
    place = Path(tempfile.mkdtemp(prefix="course-postgres-"))
    become = []
    if os.geteuid() == 0:
        become = ["runuser", "-u", USER, "--"]
        shutil.chown(place, USER)

    def run(program: str, *words: str) -> None:
        subprocess.run([*become, str(newest / program), *words], cwd="/", check=True, stdout=subprocess.DEVNULL)

    try:
        run("initdb", "--auth=trust", f"--username={USER}", str(place / "data"))
        options = f"-c listen_addresses='' -k {place}"
        run("pg_ctl", "start", "--wait", "-D", str(place / "data"), "-l", str(place / "log"), "-o", options)
        run("createdb", "-h", str(place), "-U", USER, "course")
        yield f"postgresql+psycopg://{USER}@/course?host={place}"
        run("pg_ctl", "stop", "--mode=fast", "-D", str(place / "data"))
    finally:
        shutil.rmtree(place)


if __name__ == "__main__":
    main()
