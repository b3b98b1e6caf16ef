"""The command ``course`` in this process, grading with the fake engine: a start costs seconds, and a guide has many."""

from pathlib import Path

import fake_engine
import pytest
from typer.testing import CliRunner

from course_utils import cli
from course_utils.course import CourseError
from course_utils.grading import workers


def call(monkeypatch: pytest.MonkeyPatch, root: Path, *words: str) -> tuple[int, str]:
    """Run a command in a course; return its status and what it said. Nobody sits at the screen."""
    with monkeypatch.context() as patch:
        patch.chdir(root)
        patch.setenv("COLUMNS", "80")
        patch.setitem(workers.hire.__wrapped__.__kwdefaults__, "make", fake_engine.make)
        result = CliRunner().invoke(cli.app, list(words))
    if isinstance(result.exception, CourseError):
        return 2, f"{result.output}{result.exception}\n"
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output
