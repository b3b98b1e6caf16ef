"""Networks that lessons start from. Networks that an exercise asks for are not here: learners build them.

Every network takes pixels from 0 to 1 and standardises them itself, so that a change of a pixel means the same to all
of them.
"""

from course_utils.models.mobilenet import fetch, load_mobilenet, sources
from course_utils.models.small import TRAINED, load_trained, make_small_cnn

__all__ = [
    "TRAINED",
    "fetch",
    "load_mobilenet",
    "load_trained",
    "make_small_cnn",
    "sources",
]
