"""Grading on this machine: threads that share an engine, whose processes do the work."""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol

from course_utils.course import CourseError
from course_utils.lab_options import EVERYTHING, Imports

TRIES = 2  # for a job that ends in an error
IN_FLIGHT = 2  # jobs a worker: one that is graded, one that waits


class Grades(Protocol):
    """What an engine is for its users."""

    def grade(self, job: bytes) -> bytes: ...

    def close(self) -> None: ...


MakeEngine = Callable[[tuple[Path, ...], int], Grades]  # from the paths that no student may see, and how many ask
Jobs = Iterable[tuple[str, bytes]]  # names, for us, and packed jobs


@dataclass(frozen=True)
class NotGraded:
    """A job that came to nothing, and why."""

    reason: str


Done = Iterator[tuple[str, bytes | NotGraded]]


def make_engine(
    private: tuple[Path, ...], at_once: int, imports: Imports | None = None, pictures: Path | None = None
) -> Grades:
    """Return the real engine, which imports beforehand what notebooks import, and keeps pictures in a folder."""
    from course_utils.grading.engine import Engine

    wanted = imports or EVERYTHING
    return Engine(private=private, modules=wanted.modules, at_once=at_once, ours=wanted.ours, pictures=pictures)


def reason_of(error: BaseException) -> str:
    """Return one line about what went wrong."""
    said = str(error).strip().splitlines()
    return said[-1][:300] if isinstance(error, CourseError) and said else f"{type(error).__name__}: {str(error)[:200]}"


class Here:
    """Grades on this machine.

    Parameters
    ----------
    workers
        How many jobs are done at a time. One needs no thread.
    make
        Makes the engine.
    private
        What no student may see.
    """

    def __init__(self, workers: int = 1, make: MakeEngine = make_engine, private: tuple[Path, ...] = ()) -> None:
        self.workers, self.make, self.private = workers, make, private
        self.making = threading.Lock()
        self.engine: Grades | None = None
        self.closed = False

    def begin(self) -> Grades:
        """Make the engine, if there is none, and return it."""
        with self.making:
            if self.closed:
                raise CourseError("Grading was ended.")
            if self.engine is None:
                self.engine = self.make(self.private, self.workers)
            return self.engine

    def run(self, jobs: Jobs) -> Done:
        """Grade jobs. Results come in the order in which they are done."""
        if self.workers == 1:
            yield from ((name, self.grade(job)) for name, job in jobs)
            return
        waiting = iter(jobs)
        names: dict[Future[bytes | NotGraded], str] = {}
        with ThreadPoolExecutor(self.workers) as pool:
            try:
                while self._hand_out(waiting, names, pool):
                    for future in wait(names, return_when=FIRST_COMPLETED).done:
                        yield names.pop(future), future.result()
            except BaseException:  # nobody wants the rest
                pool.shutdown(wait=False, cancel_futures=True)
                self.close()
                raise

    def _hand_out(
        self,
        waiting: Iterator[tuple[str, bytes]],
        names: dict[Future[bytes | NotGraded], str],
        pool: ThreadPoolExecutor,
    ) -> bool:
        """Give as many jobs to the threads as may be under way; tell whether any is."""
        for name, job in islice(waiting, IN_FLIGHT * self.workers - len(names)):
            names[pool.submit(self.grade, job)] = name
        return bool(names)

    def grade(self, job: bytes) -> bytes | NotGraded:
        """Grade one job; after an error once more."""
        reason = ""
        for _ in range(TRIES):
            try:
                return self.begin().grade(job)
            except Exception as error:
                reason = reason_of(error)
        return NotGraded(reason)

    def close(self) -> None:
        """End the engine."""
        with self.making:
            self.closed = True
            engine, self.engine = self.engine, None
        if engine is not None:
            engine.close()
