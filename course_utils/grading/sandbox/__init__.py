"""A box for students' code: what it can read, write, reach and use up is written down here and nowhere else.

``best_tier`` says how well this machine can isolate; ``readable_paths`` what a box may read; ``Cage`` is made by the
trusted side before it starts a process, which joins the cage and calls ``enter``; ``self_test`` attacks a box from
inside. The modules below import in one direction: choosing from trial, that from tiers and cage, those from the single
mechanisms, and those from ``linux`` and ``syscalls``.
"""

from course_utils.grading.sandbox.cage import Cage, computed
from course_utils.grading.sandbox.choosing import best_tier
from course_utils.grading.sandbox.paths import private_paths, readable_paths
from course_utils.grading.sandbox.selftest import self_test
from course_utils.grading.sandbox.tiers import Tier, enter

__all__ = ["Cage", "Tier", "best_tier", "computed", "enter", "private_paths", "readable_paths", "self_test"]
