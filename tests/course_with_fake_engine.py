"""The command ``course``, grading with the fake engine: ``python tests/course_with_fake_engine.py grade 1``.

With COURSE_KILL_AT=n the process kills itself, as SIGKILL does, at the n-th thing that it does to a file of the course
or to the gradebook. That is how tests see what any moment of a write leaves behind.

``python tests/course_with_fake_engine.py serve`` imports everything once and then runs a command for each line that
comes, ``[folder, COURSE_KILL_AT or 0, [arguments]]``, in a forked process; it answers ``[status, what was said]``.
"""

import importlib
import json
import os
import signal
import sys
import tempfile
import traceback
from pathlib import Path
from typing import NoReturn

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


def serve() -> None:
    """Run the commands that come on standard input, each in a process of its own."""
    for module in ("distributed", "nbgrader.api", "course_utils.grading.results", "course_utils.grading.screen"):
        importlib.import_module(module)
    for line in sys.stdin:
        folder, steps, arguments = json.loads(line)
        with tempfile.TemporaryFile() as said:
            pid = os.fork()
            if pid == 0:
                be_command(folder, steps, arguments, said.fileno())
            status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            said.seek(0)
            print(json.dumps([status, said.read().decode()]), flush=True)


def be_command(folder: str, steps: int, arguments: list[str], output: int) -> NoReturn:
    """Run one command in this process, and end."""
    status = 1
    try:
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.chdir(folder)
        sys.argv = ["course", *arguments]
        run(steps)
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(bool(end.code))
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    workers.hire.__wrapped__.__kwdefaults__["make"] = fake_engine.make
    if sys.argv[1:] == ["serve"]:
        serve()
    else:
        run(int(os.environ.get("COURSE_KILL_AT", "0")))
