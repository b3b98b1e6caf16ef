"""Grading on Dask workers, on any machine, each with an engine of its own.

A worker shares no folder with this process and needs nothing but this package; only a few jobs a worker are under way
at any time, so that this process holds a few submissions and not a class. Dask may run a job twice, or lose a worker in
the middle of one: jobs are pure, so that costs time and nothing else. A job that takes its worker down again and again
is given up, alone.
"""

import contextlib
import gc
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from course_utils.course import CourseError
from course_utils.grading.here import IN_FLIGHT, TRIES, Done, Here, Jobs, MakeEngine, NotGraded, make_engine, reason_of
from course_utils.grading.job import versions

START_SECONDS = 60  # until a worker of a scheduler answers
LOOK_SECONDS = 10  # between two looks at whether anybody works
NO_WORKER_SECONDS = 300  # lost workers may come back
PLUGIN = "course-grading"
SAME = "Install the same there, and start the worker anew."
Versions = tuple[tuple[str, str], ...]


class OtherVersions(CourseError):
    """A worker has other libraries, or another text of this package."""


def refuse_other_versions(worker: str, there: Versions, here: Versions) -> None:
    """Raise `OtherVersions` if a worker has other versions than are wanted here: it might give other grades."""
    known = dict(here)
    odd = {name: number for name, number in there if known.get(name) != number}
    if odd:
        theirs = ", ".join(f"{name} {number}" for name, number in odd.items())
        mine = ", ".join(f"{name} {known.get(name, 'missing')}" for name in odd)
        raise OtherVersions(f"The worker {worker} has {theirs}; here it is {mine}. {SAME}")


# --- what runs at the workers


class Slot:
    """A Dask worker plugin: owns the engine of one worker process.

    A worker may have many threads, but grades one job at a time. The engine starts with the first job, in the thread
    that runs it: the worker's event loop goes on meanwhile. `wanted` are the versions of who sends the jobs: a worker
    that came after the others were compared may have other ones.
    """

    def __init__(self, make: MakeEngine, private: tuple[Path, ...], wanted: Versions) -> None:
        self.name, self.make, self.private, self.wanted = PLUGIN, make, private, wanted

    def setup(self, worker: Any) -> None:
        """Get ready."""
        self.address = worker.address
        self.one_at_a_time = threading.Lock()
        self.one = Here(1, self.make, self.private)

    def teardown(self, worker: object) -> None:
        """End the engine."""
        self.one.close()

    def grade(self, job: bytes) -> bytes | NotGraded:
        """Grade one job.

        Raises
        ------
        OtherVersions
            If this worker might give other grades.
        """
        refuse_other_versions(self.address, versions(), self.wanted)
        with self.one_at_a_time:
            return self.one.grade(job)


def grade_here(job: bytes) -> bytes | NotGraded:
    """Grade one job at the Dask worker that runs this function."""
    from distributed import get_worker

    plugin: Any = get_worker().plugins[PLUGIN]
    graded: bytes | NotGraded = plugin.grade(job)
    return graded


# --- what runs here


@dataclass
class Pending:
    """Jobs that a cluster has not given back yet."""

    names: dict[Any, str] = field(default_factory=dict)  # by future
    jobs: dict[str, bytes] = field(default_factory=dict)
    tries: Counter[str] = field(default_factory=Counter)
    suspects: dict[str, bytes] = field(default_factory=dict)  # were there when a worker died more than once


class Cluster:
    """Grades on Dask workers.

    Parameters
    ----------
    scheduler
        Address of a running scheduler, such as ``tcp://host:8786``.
    make, private
        As for :class:`Here`.
    """

    def __init__(self, scheduler: str, make: MakeEngine = make_engine, private: tuple[Path, ...] = ()) -> None:
        self.scheduler, self.make, self.private = scheduler, make, private
        self.client: Any = None
        self.open = contextlib.ExitStack()

    def begin(self) -> None:
        """Do nothing yet: workers start an engine with their first job."""

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
        self._hand_out(waiting, pending, at_once())
        while pending.names:
            for future in self._finished(list(pending.names)):
                name = pending.names.pop(future)
                job = pending.jobs.pop(name)
                result = self._result(future, name, job, pending)
                future.release()
                if result is None and name not in pending.suspects:
                    self._submit(name, job, pending)
                elif result is not None:
                    yield name, result
            self._hand_out(waiting, pending, at_once())

    def _hand_out(self, waiting: Iterator[tuple[str, bytes]], pending: Pending, most: int) -> None:
        for name, job in islice(waiting, max(most - len(pending.jobs), 0)):
            self._submit(name, job, pending)

    def _submit(self, name: str, job: bytes, pending: Pending) -> None:
        future = self.client.submit(grade_here, job, pure=False)
        pending.tries[name] += 1
        pending.names[future], pending.jobs[name] = name, job

    def _finished(self, futures: list[Any]) -> Iterable[Any]:
        """Wait until some of the futures are done, as long as there are workers; return those."""
        from distributed import CancelledError, wait

        until = time.monotonic() + NO_WORKER_SECONDS
        while True:
            try:
                done: set[Any] = wait(futures, timeout=LOOK_SECONDS, return_when="FIRST_COMPLETED").done
                return done
            except CancelledError:
                raise self._lost() from None
            except TimeoutError:
                if self._workers():
                    until = time.monotonic() + NO_WORKER_SECONDS
            if time.monotonic() > until:
                raise CourseError(f"The scheduler {self.scheduler} has no workers left. Start some, then go on.")

    def _result(self, future: Any, name: str, job: bytes, pending: Pending) -> bytes | NotGraded | None:
        """Return what a future came to; None if its job is to be tried again, at once or among the suspects."""
        from distributed import CancelledError, KilledWorker

        try:
            return self._fetched(future)
        except CancelledError:
            raise self._lost() from None
        except OtherVersions:
            raise
        except KilledWorker:
            pending.suspects[name] = job
            return None
        except Exception as error:
            return None if pending.tries[name] < TRIES else NotGraded(reason_of(error))

    def _fetched(self, future: Any) -> bytes | NotGraded | None:
        """Return a result; None if it was lost: its worker has gone before it could be fetched."""
        while True:
            try:
                graded: bytes | NotGraded = future.result(timeout=LOOK_SECONDS)
                return graded
            except TimeoutError:
                if future.status == "error":
                    raise
                if future.status != "finished":
                    return None

    def _at_once(self) -> int:
        """Return how many jobs may be under way, as many workers as there are just now."""
        return IN_FLIGHT * max(self._workers(), 1)

    def _workers(self) -> int:
        try:
            return len(self.client.nthreads())
        except OSError:
            raise self._lost() from None

    def _lost(self) -> CourseError:
        return CourseError(f"The connection to {self.scheduler} was lost. Run the command again.")

    # --- start and end

    def _start(self) -> None:
        try:
            import distributed
        except ImportError:
            raise CourseError('A scheduler needs Dask. Run: pip install "course-utils[grade]"') from None
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        refusal = ""
        try:
            client = distributed.Client(self.scheduler, timeout=START_SECONDS)
            self.client = self.open.enter_context(client)
            self.client.wait_for_workers(1, timeout=START_SECONDS)
            self._compare_versions()
            self.client.register_plugin(as_plugin(Slot(self.make, self.private, self._versions_here())), name=PLUGIN)
        except (OSError, TimeoutError, ValueError, TypeError) as error:
            refusal = f"The scheduler {self.scheduler} cannot be used: {reason_of(error)}"
        if refusal:
            self.close()
            # A client that could not connect closes itself when it is collected. If that happened while another one
            # starts, both would wait for the same lock for ever.
            gc.collect()
            raise CourseError(refusal)

    def _compare_versions(self) -> None:
        """Raise if a worker has other libraries, or another text of this package."""
        try:
            there = self.client.run(versions)
        except (ImportError, AttributeError) as error:
            raise CourseError(f"A worker of {self.scheduler} lacks this package: {reason_of(error)}") from None
        for worker, found in there.items():
            refuse_other_versions(worker, found, self._versions_here())

    _versions_here = staticmethod(versions)

    def close(self) -> None:
        """Leave the scheduler as it was."""
        client, self.client = self.client, None
        if client is not None:
            with contextlib.suppress(Exception):
                client.unregister_worker_plugin(PLUGIN)
        with contextlib.suppress(Exception):
            self.open.close()


def as_plugin(slot: Slot) -> Any:
    """Return a slot as a plugin of Dask's, which wants its own class."""
    from distributed import WorkerPlugin

    return type("SlotPlugin", (Slot, WorkerPlugin), {})(slot.make, slot.private, slot.wanted)
