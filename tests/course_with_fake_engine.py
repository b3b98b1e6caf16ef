"""The command ``course``, grading with the fake engine: ``python tests/course_with_fake_engine.py grade 1``.

With COURSE_KILL_AT=n the process kills itself, as SIGKILL does, at the n-th thing that it does to a file of the course
or to the gradebook. That is how tests see what any moment of a write leaves behind.
"""

import os
import signal
import sys
from pathlib import Path

import fake_engine

from course_utils import cli
from course_utils.grading import workers

FILE_EVENTS = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "shutil.rmtree"}


def count_down(place: Path, count: int) -> None:
    """Kill this process at the n-th thing that it does below a folder, or to a database."""
    left = count

    def step() -> None:
        nonlocal left
        left -= 1
        if left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def hook(event: str, arguments: tuple) -> None:
        if event not in FILE_EVENTS or not str(arguments[0]).startswith(str(place)):
            return
        if event != "open" or "w" in str(arguments[1]):
            step()

    from sqlalchemy import event
    from sqlalchemy.orm import Session

    sys.addaudithook(hook)
    for word in ("before_flush", "after_flush", "before_commit", "after_commit"):
        event.listen(Session, word, lambda *_: step())


def run(steps: int) -> None:
    """Run the command that sys.argv says, and be killed at a step, if that is not 0."""
    if steps:
        count_down(Path.cwd(), steps)
    cli.main()


if __name__ == "__main__":
    workers.hire.__wrapped__.__kwdefaults__["make"] = fake_engine.make
    run(int(os.environ.get("COURSE_KILL_AT", "0")))
