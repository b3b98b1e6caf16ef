"""Processes that make pages, each page within limits of time and memory; one that ends is replaced.

A page is made of what students hand in, by libraries that were not written for it. So it is made in a process of its
own that ends where it computes too long, whatever it is in the middle of, and costs that page and no other.
"""

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

SECONDS = 60  # that a page may compute
PATIENCE = 10  # seconds on the clock for each of them
MEMORY = 4 << 30  # bytes
SLOW = f"making it took more than {SECONDS} seconds"
ENDED = "the process that made it ended; run the command again"

Make = Callable[..., str]  # makes the page that its arguments say; returns why it could not, "" if it could


@dataclass
class Maker:
    """One process, and the page that it is making.

    Parameters
    ----------
    make
        Makes it, in the process.
    seconds
        That a page may compute.
    patience
        Seconds on the clock for each of them.
    """

    make: Make
    seconds: int = SECONDS
    patience: int = PATIENCE
    name: str = ""
    until: float = 0.0
    process: BaseProcess = field(init=False)
    wire: Connection = field(init=False)

    def __post_init__(self) -> None:
        # "spawn": a fork of this process would have its threads' locks, and no threads
        context = multiprocessing.get_context("spawn")
        self.wire, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, self.make, self.seconds), daemon=True)
        self.process.start()
        theirs.close()

    def begin(self, name: str, arguments: tuple[Any, ...]) -> None:
        """Have a page made."""
        self.name, self.until = name, time.monotonic() + self.seconds * self.patience
        with contextlib.suppress(OSError):  # it is gone: that will be seen when it is listened to
            self.wire.send(arguments)

    def hear(self) -> str | None:
        """Return what became of the page, None if it is still made."""
        try:
            if self.wire.poll():
                reason: str = self.wire.recv()
                return reason
        except (EOFError, OSError):
            self.process.join(10)
            return SLOW if self.process.exitcode == -getattr(signal, "SIGPROF", 0) else ENDED
        if time.monotonic() < self.until:
            return None
        self.process.kill()
        return SLOW

    @property
    def usable(self) -> bool:
        """Whether it can make another page."""
        return self.process.is_alive()

    def end(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.join()
        self.wire.close()


def make_all(make: Make, pages: Mapping[str, tuple[Any, ...]], workers: int) -> Iterator[tuple[str, str]]:
    """Make pages; yield each name with the reason why there is no page, "" if there is one.

    Parameters
    ----------
    make
        A function of a module, called in other processes.
    pages
        Its arguments by name.
    workers
        How many pages are made at a time.
    """
    waiting = list(pages.items())[::-1]
    makers = [Maker(make) for _ in range(min(workers, len(pages)))]
    busy: list[Maker] = []
    try:
        for maker in makers:
            _hand_out(maker, waiting, busy)
        while busy:
            wait([maker.wire for maker in busy], timeout=1)
            for maker in list(busy):
                reason = maker.hear()
                if reason is None:
                    continue
                busy.remove(maker)
                name = maker.name
                if reason in (SLOW, ENDED) or not maker.usable:
                    maker.end()
                    makers.remove(maker)
                    makers += [Maker(make)] if waiting else []
                    maker = makers[-1] if waiting else maker
                _hand_out(maker, waiting, busy)
                yield name, reason
    finally:
        for maker in makers:
            maker.end()


def _hand_out(maker: Maker, waiting: list[tuple[str, tuple[Any, ...]]], busy: list[Maker]) -> None:
    if waiting:
        maker.begin(*waiting.pop())
        busy.append(maker)


# --- in the process


def _serve(wire: Connection, make: Make, seconds: int) -> None:
    """Make pages until the wire is cut."""
    _end_with_parent()
    _limit_memory()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the command, which ends this process
    with contextlib.suppress(EOFError, OSError):
        while True:
            arguments = wire.recv()
            with _limited_time(seconds):
                reason = _made(make, arguments)
            wire.send(reason)


def _made(make: Make, arguments: tuple[Any, ...]) -> str:
    try:
        return make(*arguments)
    except BaseException as error:
        return f"{type(error).__name__}: {str(error)[:160]}".splitlines()[0]


@contextlib.contextmanager
def _limited_time(seconds: int) -> Iterator[None]:
    """Let the kernel end this process where it computes too long, where there are such timers."""
    if sys.platform == "win32":
        yield
        return
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _limit_memory() -> None:
    if sys.platform == "win32":
        return
    import resource

    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    most = MEMORY if hard == resource.RLIM_INFINITY else min(MEMORY, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (most, hard))


def _end_with_parent() -> None:
    """Let this process end with the one that started it, even if that one is killed."""
    parent = multiprocessing.parent_process()

    def watch(process: BaseProcess) -> None:
        process.join()
        os._exit(1)

    if parent:
        threading.Thread(target=watch, args=(parent,), daemon=True).start()
