"""Checks that say which wrong way gives exactly this answer.

One module a lab; a lesson imports it as ``from course_utils.checks import conv_and_pooling as check`` and ends each
exercise in one call such as ``check.output_sizes(answers)``. `verdict` says what such a call may come to.
"""

from course_utils.judging.protocol.verdicts import CheckFailed, Credit, NotAttempted, codes_of

__all__ = ["CheckFailed", "Credit", "NotAttempted", "codes_of"]
