"""nbgrader's exchange: what a learner hands in through it, and what the instructor then collects."""

import getpass
import json
import shutil
from pathlib import Path

import nbformat
import pytest

from course_utils import care, handing_in, start_page, workplace
from course_utils.course import CourseError
from course_utils.demo import make_course, run_nbgrader
from course_utils.release import release

ROOT = Path(__file__).resolve().parent.parent
LAB, COURSE = "01_neurons", "neural-network-labs"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def taught(tmp_path_factory) -> tuple[Path, Path]:
    """A course with one lab, and the exchange in which it was released."""
    to = tmp_path_factory.mktemp("taught")
    root, exchange = make_course(ROOT, to / "course"), to / "exchange"
    for other in (root / "solutions").glob("0*"):
        if other.name != LAB:
            shutil.rmtree(other)
    release(root, [], gradebook=True, prove=False)
    exchange.mkdir(mode=0o777)
    exchange.chmod(0o777)
    run_nbgrader(root, "release_assignment", LAB, f"--Exchange.root={exchange}")
    return root, exchange


@pytest.fixture
def home(taught, tmp_path) -> Path:
    """A workplace with an answer in it, whose course has the exchange."""
    folder = tmp_path / "Übung von Jörg"
    workplace.lay_out(folder, start_page.text())
    said = {"upload": "in Moodle", "exchange": {"root": str(taught[1]), "course": COURSE}}
    (folder / "course.json").write_text(json.dumps(said))
    notebook = nbformat.read(mine(folder), as_version=4)
    next(cell for cell in notebook.cells if cell.id == "hand-neuron").source = 'neuron = {"z": 1, "z doubled": 10}'
    nbformat.write(notebook, mine(folder))
    return folder


def mine(home: Path) -> Path:
    return home / "labs" / LAB / f"{LAB}.ipynb"


def test_what_is_handed_in_through_the_exchange_is_what_the_instructor_collects(taught, home):
    root, exchange = taught
    said = [one.what for one in care.submit(mine(home), "ada", exchange=True)]
    assert said[-1] == f"Handed in: nbgrader's exchange has it, course {COURSE}. There is nothing to upload."
    assert not [line for line in said if "Upload" in line]
    run_nbgrader(root, "collect", LAB, f"--Exchange.root={exchange}")
    collected = root / "submitted" / getpass.getuser() / LAB / f"{LAB}.ipynb"
    assert collected.read_bytes() == mine(home).read_bytes()


def test_a_lab_that_is_not_in_the_exchange_is_to_be_uploaded(taught, home):
    other = home / "labs" / "05_conv_and_pooling" / "05_conv_and_pooling.ipynb"
    with pytest.raises(CourseError, match=r"did not take it: .*Upload this file in Moodle: .*ada__05"):
        handing_in.submit(other, "ada", exchange=True)
    assert (home / "hand-in" / "ada__05_conv_and_pooling.ipynb").read_bytes() == other.read_bytes()


def test_an_exchange_that_is_not_here_is_none(home):
    assert handing_in.exchange_of(home)["course"] == COURSE
    said = json.loads((home / "course.json").read_text())
    said["exchange"]["root"] += "/elsewhere"
    (home / "course.json").write_text(json.dumps(said))
    assert handing_in.exchange_of(home) == {}
    with pytest.raises(CourseError, match=r"no exchange of nbgrader's here\. Upload this file in Moodle: "):
        handing_in.submit(mine(home), "ada", exchange=True)
