"""Boxes where a preloaded process cannot be forked (macOS, Windows): every student's process is a fresh one.

Such a process imports all libraries again, which takes seconds, and cannot be copied. So a check is asked where it
stands, in the student's own process: a function could keep what a hidden test gave it and print it in a later cell.
Everything else is as with forked boxes.
"""

import argparse
import contextlib
import gc
import socket
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path

from course_utils.grading import sandbox, shell
from course_utils.grading.channel import Channel
from course_utils.grading.fork_server import NoBox, be_nice
from course_utils.grading.job import Limits
from course_utils.grading.preloading import at_home, preload
from course_utils.grading.starting import inherited, last_words, start
from course_utils.grading.student import Student, settle

START_SECONDS = 300


@dataclass
class SpawnedBox:
    """A student's process that was started for it alone."""

    channel: Channel
    process: subprocess.Popen[bytes]
    cage: sandbox.Cage
    copies: bool = False

    def computed(self) -> float:
        """Return how many seconds its processes have computed together, where that can be known."""
        return sandbox.computed(self.process.pid, [])  # it has joined no groups

    def ended_from_outside(self) -> bool:
        """Tell that nobody knows."""
        return False

    def fork(self) -> Channel:
        """Return the channel to the process itself."""
        return self.channel

    def end(self) -> None:
        """End the process, and what it has started."""
        self.channel.close()
        self.cage.kill(self.process.pid)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        self.process.kill()
        self.process.wait()
        if self.process.stderr:
            self.process.stderr.close()
        self.cage.close()


@dataclass
class SpawnedBoxes:
    """Makes boxes by starting processes.

    Parameters
    ----------
    tier
        How boxes are isolated.
    private
        What no student may see.
    modules
        What to import before a notebook runs.
    ours
        Whether a notebook uses this package, and what that stands on.
    """

    tier: sandbox.Tier
    private: list[Path]
    modules: list[str]
    ours: bool = True
    limits: Limits = field(default_factory=Limits)
    files: dict[str, bytes] = field(default_factory=dict)

    @property
    def sandbox(self) -> str:
        """Name of the tier."""
        return self.tier.name

    def prepare(self, limits: Limits, files: dict[str, bytes]) -> None:
        """Take limits and files of all boxes to come."""
        self.limits, self.files = limits, files

    def open(self, seed: int) -> SpawnedBox:
        """Start a box; raise `NoBox` if it does not start."""
        mine, theirs = socket.socketpair()
        cage = sandbox.Cage(self.limits)
        private = [f"--private={path}" for path in self.private]
        modules = [f"--module={name}" for name in self.modules] + ([] if self.ours else ["--foreign"])
        started = start("spawned", theirs, [f"--tier={self.tier.name}", *private, *modules])
        box = SpawnedBox(Channel(mine), started, cage)
        box.channel.computed = box.computed
        try:
            box.channel.send([seed, asdict(self.limits), {"name": cage.name, "folder": str(cage.folder)}])
            box.channel.send(len(self.files))
            for name, content in self.files.items():
                box.channel.send([name, content])
            reply = box.channel.hear(START_SECONDS)
        except Exception:
            reply = None
        if reply != ["here"]:
            box.channel.close()
            box.process.kill()
            raise NoBox(f"A student's process did not start: {last_words(box.process)}")
        return box


def main(arguments: list[str]) -> None:
    """Be a box: import, enter the sandbox, serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("control")
    parser.add_argument("--tier", required=True)
    parser.add_argument("--private", action="append", default=[], type=Path)
    parser.add_argument("--module", action="append", default=[])
    parser.add_argument("--foreign", action="store_true")
    options = parser.parse_args(arguments)
    channel = Channel(inherited(options.control))
    seed, limits, cage = channel.receive()
    files = dict(channel.receive() for _ in range(channel.receive()))
    with at_home():
        preload(options.module, ours=not options.foreign)
        built = shell.build()
        gc.collect()
        tier, readable = sandbox.best_tier(options.tier), sandbox.readable_paths(options.private)
    be_nice()
    _join(cage)
    folder = sandbox.enter(tier, files, Limits(**limits), readable)
    settle(seed, str(folder))
    Student(channel, built).serve()


def _join(about: dict[str, str]) -> None:
    """Join the cage that the process which started this one has made."""
    cage = object.__new__(sandbox.Cage)
    cage.name, cage.folder, cage.groups, cage.job = about["name"], Path(about["folder"]), [], None
    cage.join()
    sys.stdin.close()
