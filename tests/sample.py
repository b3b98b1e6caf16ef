# ruff: noqa: E501  a cell's settings stand on one line
"""A small master, with its checks in it, so that tests of the pipeline depend on no lesson."""

import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

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

from course_utils.judging.protocol.calling import call
from course_utils.judging.protocol.verdicts import CheckFailed, NotAttempted


def check_double(answer, cases=(1, 2)):
    for case in cases:
        if call(answer, "double", case) != 2 * case:
            raise CheckFailed(f"not yet right for {case}")
    print("Correct.")


def check_sizes(answers):
    if answers["a"] is None:
        raise NotAttempted("no answer yet")
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

# the same, with an object that a locked cell binds below the start cell, for a check
LOCKED = '# %% nbgrader={"grade": false, "grade_id": "lab", "locked": true, "schema_version": 3, "solution": false}\n'
WITH_LAB = SAMPLE.replace(
    "# %% [markdown]\n# Twice a number",
    f"""\
class Lab:
    def __init__(self, student_id):
        self.wanted = 7 if student_id == "" else 8

    def check(self, answers):
        if answers["a"] is None:
            raise NotAttempted("no answer yet")
        return float(answers["a"] == self.wanted)


# %%
student_id = ""

{LOCKED}lab = Lab(student_id)

# %% [markdown]
# Twice a number""",
).replace("check_sizes(answers)\n", "lab.check(answers)\n")


def add_lab(root: Path, name: str, text: str = SAMPLE) -> Path:
    """Write a master into a course and return its path."""
    master = root / "solutions" / name / f"{name}.py"
    master.parent.mkdir(parents=True, exist_ok=True)
    master.write_text(text, encoding="utf-8")
    return master


def make_sample_course(root: Path) -> Path:
    """Make a course with our settings and one small lab, ``01_double``; return its folder."""
    (root / "solutions").mkdir(parents=True)
    shutil.copy(ROOT / "nbgrader_config.py", root)
    shutil.copy(ROOT / "solutions" / "jupytext.toml", root / "solutions")
    add_lab(root, "01_double")
    return root
