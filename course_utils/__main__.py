"""``python -m course_utils``: the same as the command ``course``."""

from course_utils.cli import main

main()
