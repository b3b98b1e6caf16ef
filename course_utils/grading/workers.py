"""Who grades: this machine, or Dask workers anywhere. Both take jobs and give results as bytes."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from course_utils.course import SPOOL
from course_utils.grading.cluster import Cluster
from course_utils.grading.drawn import FOLDER
from course_utils.grading.here import Here, MakeEngine, make_engine
from course_utils.grading.sandbox.paths import private_paths
from course_utils.lab_options import EVERYTHING, Imports

MOST_WORKERS = 8  # unless more are asked for: each may need some gigabytes


def processors() -> int:
    """Return how many submissions this machine can well grade at a time."""
    mine = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(mine, MOST_WORKERS)


@contextmanager
def hire(
    root: Path,
    *,
    workers: int | None = None,
    scheduler: str = "",
    make: MakeEngine = make_engine,
    imports: Imports = EVERYTHING,
) -> Iterator[Here | Cluster]:
    """Give workers, who get ready while other things are done, and end them at the end.

    Parameters
    ----------
    root
        The course.
    workers
        How many submissions are graded at a time on this machine; as many as it has processors if None.
    scheduler
        Address of a Dask scheduler, whose workers grade then.
    make
        Makes an engine.
    imports
        What the engine of this machine imports beforehand.
    """
    if make is make_engine and not scheduler:
        make = partial(make_engine, imports=imports, pictures=root / SPOOL / FOLDER)
    private = tuple(private_paths(root))
    hired = Cluster(scheduler, make, private) if scheduler else Here(workers or processors(), make, private)
    try:
        hired.begin()
        yield hired
    finally:
        hired.close()
