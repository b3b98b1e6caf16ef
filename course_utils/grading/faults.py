"""A check that failed itself, or a box that was ended from outside and could not be repeated: faults of ours.

Nothing that a student did, so no points are decided until a person has looked, or it was graded again. Of a check that
failed the student reads one sentence. What the instructor reads is the traceback: it is kept with the result and in the
metadata of the graded cell, and says the same on every machine, so that two results can be compared.
"""

import re
import sys
import traceback
from pathlib import Path
from typing import Final

from course_utils.grading.own_code import PACKAGE

UNDECIDED: Final = "undecided"  # the verdict
INTERRUPTED: Final = "interrupted"  # the verdict where what a check stands on was ended from outside, again and again
LEFT_OPEN = (UNDECIDED, INTERRUPTED)
ENDED_OUTSIDE = (
    "its processes were ended from outside again and again: its checks are open, and grading it again may help"
)
INTERRUPTION = (
    "Grading this was interrupted, through no fault of yours. It will be done again, or a person gives the points."
)
SENTENCE = "This check failed, through no fault of yours. A person will look at your answer and give the points."
LONGEST = 8_000  # characters of a traceback
ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{4,}")
PLACES = (PACKAGE.parent, Path(sys.prefix), Path(sys.base_prefix))
HERE = re.compile("|".join(re.escape(f"{place.as_posix()}/") for place in PLACES))


def fault_of(error: BaseException) -> str:
    """Return an exception's traceback, without what differs from machine to machine and from run to run."""
    told = "".join(traceback.format_exception(error)).replace("\\", "/")
    return ADDRESS.sub("0x…", HERE.sub("", told)).strip()[-LONGEST:]


def last_line(fault: str) -> str:
    """Return what a fault's traceback ends in, such as ``KeyError: 'a'``."""
    return fault.splitlines()[-1][:160] if fault else ""
