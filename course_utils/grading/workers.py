"""Who grades: one engine in this process, or Dask workers here or anywhere, each with an engine of its own.

Jobs and results are bytes. A worker shares no folder with this process and needs nothing but this package; only a few
jobs a worker are under way at any time, so that this process holds a few submissions and not a class. Dask may run a
job twice, or lose a worker in the middle of one: jobs are pure, so that costs time and nothing else. A job that takes
its worker down again and again is given up, alone.
"""

import contextlib
import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from course_utils.course import CourseError
from course_utils.grading.job import versions

TRIES = 2  # for a job that ends in an error
IN_FLIGHT = 2  # jobs a worker: one that is graded, one that waits
START_SECONDS = 60  # until a worker of a scheduler answers
DASK = {
    "distributed.scheduler.allowed-failures": 1,
    "distributed.admin.low-level-log-length": 10,  # messages that are kept; ours hold a submission each
}
PLUGIN = "course-grading"


class Grades(Protocol):
    """What an engine is for its users."""

    def grade(self, job: bytes) -> bytes: ...

    def close(self) -> None: ...


MakeEngine = Callable[[tuple[Path, ...]], Grades]  # from the paths that no student may see
Jobs = Iterable[tuple[str, bytes]]  # names, for us, and packed jobs


@dataclass(frozen=True)
class NotGraded:
    """A job that came to nothing, and why."""

    reason: str


Done = Iterator[tuple[str, bytes | NotGraded]]


def make_engine(private: tuple[Path, ...]) -> Grades:
    """Return the real engine."""
    from course_utils.grading.engine import Engine

    return Engine(private=private)


def reason_of(error: BaseException) -> str:
    """Return one line about what went wrong."""
    said = str(error).strip().splitlines()
    return said[-1][:300] if isinstance(error, CourseError) and said else f"{type(error).__name__}: {str(error)[:200]}"


class OneWorker:
    """Grades in this process, one job after the other, without threads and without Dask.

    Parameters
    ----------
    make
        Makes the engine, when there is a first job.
    private
        What no student may see.
    """

    def __init__(self, make: MakeEngine = make_engine, private: tuple[Path, ...] = ()) -> None:
        self.make, self.private = make, private
        self.engine: Grades | None = None

    def run(self, jobs: Jobs) -> Done:
        """Grade jobs as they come."""
        for name, job in jobs:
            yield name, self.grade(job)

    def grade(self, job: bytes) -> bytes | NotGraded:
        """Grade one job; after an error once more, with a new engine."""
        reason = ""
        for _ in range(TRIES):
            if self.engine is None:
                self.engine = self.make(self.private)
            try:
                return self.engine.grade(job)
            except Exception as error:
                reason = reason_of(error)
                self.close()
        return NotGraded(reason)

    def close(self) -> None:
        """End the engine."""
        engine, self.engine = self.engine, None
        if engine is not None:
            engine.close()


# --- Dask: what runs at the workers ---------------------------------------------------------------


class Slot:
    """A Dask worker plugin: owns the engine of one worker process.

    A worker may have many threads, but grades one job at a time. The engine starts with the first job, in the thread
    that runs it: the worker's event loop goes on meanwhile.
    """

    def __init__(self, make: MakeEngine, private: tuple[Path, ...]) -> None:
        self.name, self.make, self.private = PLUGIN, make, private

    def setup(self, worker) -> None:
        """Get ready."""
        self.one_at_a_time = threading.Lock()
        self.one = OneWorker(self.make, self.private)

    def teardown(self, worker) -> None:
        """End the engine."""
        self.one.close()

    def grade(self, job: bytes) -> bytes | NotGraded:
        """Grade one job."""
        with self.one_at_a_time:
            return self.one.grade(job)


def grade_here(job: bytes) -> bytes | NotGraded:
    """Grade one job at the Dask worker that runs this function."""
    from distributed import get_worker

    return get_worker().plugins[PLUGIN].grade(job)


# --- Dask: what runs here -------------------------------------------------------------------------


@dataclass
class Pending:
    """Jobs that a cluster has not given back yet."""

    names: dict[str, str] = field(default_factory=dict)  # by the key of Dask's future
    jobs: dict[str, bytes] = field(default_factory=dict)
    tries: Counter[str] = field(default_factory=Counter)
    suspects: dict[str, bytes] = field(default_factory=dict)  # were there when a worker died more than once


class Cluster:
    """Grades on Dask workers.

    Parameters
    ----------
    workers
        Number of processes to start here, if no scheduler is given.
    scheduler
        Address of a running scheduler, such as ``tcp://host:8786``.
    make, private
        As for :class:`OneWorker`.
    """

    def __init__(
        self, workers: int, scheduler: str = "", make: MakeEngine = make_engine, private: tuple[Path, ...] = ()
    ) -> None:
        self.workers, self.scheduler, self.make, self.private = workers, scheduler, make, private
        self.client = None
        self.open = contextlib.ExitStack()

    def run(self, jobs: Jobs) -> Done:
        """Grade jobs, those that make trouble last and one by one. Results come in the order in which they are done."""
        if self.client is None:
            self._start()
        pending, waiting = Pending(), iter(jobs)
        yield from self._run(waiting, pending, self._at_once)
        suspects = pending.suspects
        for name, job in suspects.items():
            alone = Pending()
            yield from self._run(iter([(name, job)]), alone, lambda: 1)
            for lost in alone.suspects:
                yield lost, NotGraded("the worker that graded it died, again and again")

    def _run(self, waiting: Iterator[tuple[str, bytes]], pending: Pending, at_once: Callable[[], int]) -> Done:
        from distributed import as_completed

        done = as_completed(loop=self.client.loop)
        self._hand_out(waiting, pending, done, at_once())
        for future in done:
            name = pending.names.pop(future.key)
            job = pending.jobs.pop(name)
            result = self._result(future, name, job, pending)
            future.release()
            if result is None and name not in pending.suspects:
                done.add(self._submit(name, job, pending))
            elif result is not None:
                yield name, result
            self._hand_out(waiting, pending, done, at_once())

    def _hand_out(self, waiting: Iterator[tuple[str, bytes]], pending: Pending, done, most: int) -> None:
        while len(pending.jobs) < most:
            following = next(waiting, None)
            if following is None:
                return
            done.add(self._submit(*following, pending))

    def _submit(self, name: str, job: bytes, pending: Pending):
        future = self.client.submit(grade_here, job, pure=False)
        pending.tries[name] += 1
        pending.names[future.key], pending.jobs[name] = name, job
        return future

    def _result(self, future, name: str, job: bytes, pending: Pending) -> bytes | NotGraded | None:
        """Return what a future came to; None if its job is to be tried again, at once or among the suspects."""
        from distributed import CancelledError, KilledWorker

        try:
            return future.result()
        except CancelledError:
            raise self._lost() from None
        except KilledWorker:
            pending.suspects[name] = job
            return None
        except Exception as error:
            return None if pending.tries[name] < TRIES else NotGraded(reason_of(error))

    def _at_once(self) -> int:
        """Return how many jobs may be under way, as many workers as there are just now."""
        try:
            return IN_FLIGHT * max(len(self.client.nthreads()), 1)
        except OSError:
            raise self._lost() from None

    def _lost(self) -> CourseError:
        return CourseError(f"The connection to {self.scheduler or 'the workers'} was lost. Run the command again.")

    # --- start and end

    def _start(self) -> None:
        try:
            import distributed
        except ImportError:
            raise CourseError('More than one worker needs Dask. Run: pip install "course-utils[grade]"') from None
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        try:
            self.client = self._connect(distributed)
            self.client.wait_for_workers(1, timeout=START_SECONDS)
            self._compare_versions()
            self.client.register_plugin(as_plugin(Slot(self.make, self.private)), name=PLUGIN)
        except (OSError, TimeoutError, ValueError, TypeError) as error:
            self.close()
            what = f"The scheduler {self.scheduler}" if self.scheduler else "Dask"
            raise CourseError(f"{what} cannot be used: {reason_of(error)}") from None

    def _connect(self, distributed):
        """Return a client of the scheduler that was named, or of workers of our own."""
        import dask

        self.open.enter_context(dask.config.set(DASK))
        if self.scheduler:
            return self.open.enter_context(distributed.Client(self.scheduler, timeout=START_SECONDS))
        cluster = distributed.LocalCluster(
            n_workers=self.workers,
            threads_per_worker=1,
            memory_limit=0,
            dashboard_address=None,
            host="127.0.0.1",
            security=_security(),
            silence_logs=logging.CRITICAL,
        )
        self.open.enter_context(cluster)
        return self.open.enter_context(distributed.Client(cluster))

    def _compare_versions(self) -> None:
        """Raise if a worker has other libraries: it might give other grades."""
        try:
            there = self.client.run(versions)
        except (ImportError, AttributeError) as error:
            raise CourseError(f"A worker of {self.scheduler} lacks this package: {reason_of(error)}") from None
        here = dict(self._versions_here())
        for worker, found in there.items():
            odd = {name: number for name, number in found if here.get(name) != number}
            if odd:
                theirs = ", ".join(f"{name} {number}" for name, number in odd.items())
                mine = ", ".join(f"{name} {here.get(name, 'missing')}" for name in odd)
                raise CourseError(f"The worker {worker} has {theirs}; here it is {mine}.")

    _versions_here = staticmethod(versions)

    def close(self) -> None:
        """Leave a scheduler as it was; end workers of our own."""
        client, self.client = self.client, None
        if client is not None:
            with contextlib.suppress(Exception):
                if self.scheduler:
                    client.unregister_worker_plugin(PLUGIN)
                else:  # a worker that is just starting anew would not hear that it is to end
                    client.wait_for_workers(self.workers, timeout=10)
        with contextlib.suppress(Exception):
            self.open.close()


def as_plugin(slot: Slot):
    """Return a slot as a plugin of Dask's, which wants its own class."""
    from distributed import WorkerPlugin

    return type("SlotPlugin", (Slot, WorkerPlugin), {})(slot.make, slot.private)


def _security():
    """Return keys for workers on this machine, so that no other user of it can send them anything."""
    try:
        from distributed import Security

        return Security.temporary()
    except ImportError:
        return None
