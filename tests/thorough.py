"""How much is tried: a part in ``make test``, everything in ``make thorough``."""

import os

THOROUGH = "COURSE_THOROUGH" in os.environ
