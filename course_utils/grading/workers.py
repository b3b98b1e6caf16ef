"""Who grades: this machine, or Dask workers anywhere. Both take jobs and give results as bytes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from course_utils.grading.cluster import Cluster
from course_utils.grading.here import Here, MakeEngine, make_engine
from course_utils.grading.sandbox.paths import private_paths


@contextmanager
def hire(
    root: Path, *, workers: int = 1, scheduler: str = "", make: MakeEngine = make_engine
) -> Iterator[Here | Cluster]:
    """Give workers, who get ready while other things are done, and end them at the end.

    Parameters
    ----------
    root
        The course.
    workers
        How many submissions are graded at a time on this machine.
    scheduler
        Address of a Dask scheduler, whose workers grade then.
    make
        Makes an engine.
    """
    private = tuple(private_paths(root))
    hired = Cluster(scheduler, make, private) if scheduler else Here(workers, make, private)
    try:
        hired.begin()
        yield hired
    finally:
        hired.close()
