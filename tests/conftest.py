"""Every test runs on one thread and offline, and so does every program and kernel that it starts."""

import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OFFLINE = ROOT / "tests" / "offline"

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
os.environ["PYTHONPATH"] = os.pathsep.join(
    [str(OFFLINE), str(ROOT), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
)
if not os.environ.get("COURSE_OFFLINE"):  # otherwise sitecustomize has done it
    os.environ["COURSE_OFFLINE"] = "1"
    runpy.run_path(str(OFFLINE / "sitecustomize.py"))

SAMPLE = '''\
# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Double a number

# %%
import math


class CheckFailed(AssertionError):
    def _render_traceback_(self):
        return [str(self)]


def check_double(answer, cases=(1, 2)):
    for case in cases:
        if answer(case) != 2 * case:
            raise CheckFailed(f"not yet right for {case}")
    print("Correct.")


def check_sizes(answers):
    if answers["a"] is None:
        raise NotImplementedError("no answer yet")
    return math.fsum([answers["a"] == 7])


# %% [markdown]
# Twice a number is the number and the number again.

# %% nbgrader={"grade": false, "grade_id": "double", "locked": false, "schema_version": 3, "solution": true}
def double(x):
    """Return twice x."""
    ### BEGIN SOLUTION
    twice = x + x
    return twice
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "double-check", "locked": true, "points": 2, "schema_version": 3, "solution": false}
check_double(double)
### BEGIN HIDDEN TESTS
check_double(double, cases=(-3, 21))
### END HIDDEN TESTS

# %% [markdown]
# How large is it?

# %% nbgrader={"grade": false, "grade_id": "sizes", "locked": false, "schema_version": 3, "solution": true}
answers = {"a": None}  # a whole number
### BEGIN SOLUTION
answers = {"a": 7}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "sizes-check", "locked": true, "points": 1, "schema_version": 3, "solution": false}
check_sizes(answers)

# %% [markdown] nbgrader={"grade": true, "grade_id": "why", "locked": false, "points": 1, "schema_version": 3, "solution": true}
# A model answer that no student should read.
'''


def add_lab(root: Path, name: str, text: str = SAMPLE) -> Path:
    """Write a master into a course and return its path."""
    master = root / "solutions" / name / f"{name}.py"
    master.parent.mkdir(parents=True, exist_ok=True)
    master.write_text(text, encoding="utf-8")
    return master


@pytest.fixture
def sample_course(tmp_path: Path) -> Path:
    """A course of its own with our settings and one small lab."""
    root = tmp_path / "course"
    (root / "solutions").mkdir(parents=True)
    shutil.copy(ROOT / "nbgrader_config.py", root)
    shutil.copy(ROOT / "solutions" / "jupytext.toml", root / "solutions")
    add_lab(root, "01_double")
    return root


@pytest.fixture
def course(sample_course: Path):
    """A function that runs the command ``course`` in the sample course, as a user would."""

    def run(*arguments: str, cwd: Path = sample_course, **variables: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-m", "course_utils", *arguments],
            cwd=cwd,
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )

    return run
