"""What came of each run, kept under a digest of all that it depends on: ``.spool/challenge@LAB/``. Never run twice.

One line a result, in a file that only grows; a line carries a digest of itself, so half a line counts as none.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from course_utils.grading.spool import Spool

NAME = "results.jsonl"
SUM = 16  # digits


class Store:
    """The results of one lab's challenge.

    Parameters
    ----------
    root, lab
        The course, and the lab's full name.
    fresh
        Take nothing that is there for known.
    """

    def __init__(self, root: Path, lab: str, fresh: bool = False) -> None:
        self.spool = Spool(root, "challenge", lab)
        self.path = self.spool.folder / NAME
        self.known: dict[str, dict[str, Any]] = {} if fresh else dict(self._read())

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let nobody else run this challenge meanwhile; raise CourseError if somebody does."""
        with self.spool.locked():
            yield

    def _read(self) -> Iterator[tuple[str, dict[str, Any]]]:
        if not self.path.is_file():
            return
        for line in self.path.read_text(encoding="utf-8", errors="replace").splitlines():
            told, _, text = line.partition(" ")
            if told == _digest(text):
                key, outcome = json.loads(text)
                yield key, outcome

    def find(self, key: str) -> dict[str, Any] | None:
        """Return what is kept under a key; None if nothing is."""
        return self.known.get(key)

    def keep(self, outcomes: dict[str, dict[str, Any]]) -> None:
        """Keep results, by their keys, and bring them to the disk."""
        self.known |= outcomes
        lines = [json.dumps([key, outcome]) for key, outcome in outcomes.items()]
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab") as file:
            if file.tell() and not self._ends_a_line():
                file.write(b"\n")
            file.write("".join(f"{_digest(text)} {text}\n" for text in lines).encode())
            file.flush()
            os.fsync(file.fileno())

    def _ends_a_line(self) -> bool:
        with self.path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:SUM]


def key_of(*parts: str) -> str:
    """Return the digest of some texts, in their order."""
    return hashlib.sha256("\0".join(hashlib.sha256(part.encode()).hexdigest() for part in parts).encode()).hexdigest()
