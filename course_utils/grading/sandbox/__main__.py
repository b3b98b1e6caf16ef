"""What runs in fresh processes of their own: a trial, a self-test, or a box where boxes are not forked.

``python -m course_utils.grading.sandbox WORD JSON`` prints its answer as JSON. It is not for people: they have
``course doctor``.
"""

import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from course_utils.grading.job import Limits
from course_utils.grading.sandbox import selftest, trial
from course_utils.grading.sandbox.cage import Cage
from course_utils.grading.sandbox.inside import Errand, be_a_box
from course_utils.grading.sandbox.tiers import Tier


def main(word: str, text: str) -> None:
    """Answer one question."""
    question = json.loads(text)
    if word == "box":
        cage, (module, function) = Cage.__new__(Cage), question["action"]
        cage.__dict__.update(
            groups=[], job=None, name=question["cage"]["name"], folder=Path(question["cage"]["folder"])
        )
        action = getattr(importlib.import_module(module), function)
        tier, limits = Tier(*question["tier"]), Limits(**question["limits"])
        readable = [Path(path) for path in question["readable"]]
        files = {name: content.encode("latin-1") for name, content in question["files"].items()}
        be_a_box(1, Errand(tier, cage, action, question["argument"], limits, readable, files))
    answers: dict[str, Callable[[Any], Any]] = {"try": trial.attempt, "attack": selftest.attack}
    print(json.dumps(answers[word](question)))


if __name__ == "__main__":
    main(*sys.argv[1:])
