"""environment.yml and pyproject.toml name the same packages with the same bounds."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
CALLED_IN_CONDA = {
    "torch": "pytorch-cpu",
    "matplotlib": "matplotlib-base",
    "msgpack": "msgpack-python",
    "tzdata": "python-tzdata",
}


@pytest.fixture(scope="module")
def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def conda():
    listed = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    return {r.name: r.specifier for r in map(Requirement, (name for name in listed if isinstance(name, str)))}


def test_conda_installs_the_packages_of_pyproject_with_their_bounds(project, conda):
    extras = project["optional-dependencies"]
    listed = map(Requirement, project["dependencies"] + extras["grade"] + extras["docs"])
    wanted = {CALLED_IN_CONDA.get(r.name, r.name): r.specifier for r in listed}
    assert {name: str(bounds) for name, bounds in conda.items() if name not in ("python", "pip")} == {
        name: str(bounds) for name, bounds in wanted.items()
    }


def test_conda_installs_the_python_that_pyproject_asks_for(project, conda):
    assert str(conda["python"]) == project["requires-python"]


def test_doctor_and_make_ask_for_the_same_python(project):
    from course_utils.doctor import OLDEST_PYTHON

    assert project["requires-python"] == ">=" + ".".join(map(str, OLDEST_PYTHON))
    assert f"< {OLDEST_PYTHON}" in (ROOT / "Makefile").read_text(encoding="utf-8")
    assert sys.version_info[:3] >= OLDEST_PYTHON


def test_seeding_a_strangers_assignment_imports_no_pytorch():
    """A submission that uses NumPy alone took a second more when each grading process imported PyTorch to seed it."""
    text = "import random, sys, numpy as np; from course_utils.grading.supervise import seed_what_is_there as seed\n"
    text += "def drawn(): seed(3); return random.random(), np.random.rand()\n"
    text += "assert drawn() == drawn(); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
