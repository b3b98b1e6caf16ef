"""The course's wheel, as the superuser of a hub or a batch system gets it."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import machine
import pytest

from course_utils import bundle

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def wheel() -> Iterator[Path]:
    """A wheel of the course with one lab."""
    machine.need()
    with tempfile.TemporaryDirectory(prefix="course-operators-") as folder:
        yield bundle.build_wheel(ROOT, ["01_neurons"], Path(folder))
