"""Which sandbox there is on this machine.

What works is found out by trying, in a fresh process: kernels, containers and their administrators refuse the calls
that sandboxes are made of in more ways than could be asked for.
"""

import os
import sys
from functools import cache

from course_utils.course import CourseError
from course_utils.grading.sandbox.tiers import Kind, Tier
from course_utils.grading.sandbox.trial import try_tier

VARIABLE = "COURSE_SANDBOX"
KINDS: dict[str, tuple[Kind, ...]] = {
    "linux": ("namespaces", "landlock", "none"),
    "darwin": ("seatbelt", "none"),
    "win32": ("job", "none"),
}


def best_tier(wanted: str = "") -> Tier:
    """Return the strongest sandbox that works here.

    Parameters
    ----------
    wanted
        A weaker one that is asked for; if empty, the environment variable COURSE_SANDBOX counts.

    Raises
    ------
    CourseError
        If the one that is asked for does not work here.
    """
    return _decide(wanted or os.environ.get(VARIABLE, ""))


@cache
def _decide(wanted: str) -> Tier:
    kinds = KINDS.get(sys.platform, ("none",))
    if wanted and wanted not in kinds:
        raise CourseError(f"There is no sandbox {wanted!r} on this system; there are: {', '.join(kinds)}.")
    reason = ""
    for name in [kind for kind in kinds if wanted in ("", kind)]:
        tier, reason = try_tier(name)
        if tier:
            return tier
    raise CourseError(f"The sandbox {wanted or 'none'!r} does not work here: {reason}")
