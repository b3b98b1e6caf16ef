"""A right answer counts in every form in which it can be written, where the prompt does not exclude it.

The forms stand in ``forms.py``. What a prompt excludes is listed with its reason in EXCLUDED_FORMS of the lab's tests.
"""

import pytest
from forms import forms_of
from harness import called, every_exercise, is_dear, judged, module_of_tests, package_of, right_answers
from thorough import some

from course_utils.judging.exercise import Implementation

SEED = 5
SECONDS, AT_LEAST = 0.1, 2  # forms of networks take long; `make thorough` tries all

pytestmark = pytest.mark.slow


def excluded(exercise) -> dict[str, str]:
    return getattr(module_of_tests(package_of(exercise)), "EXCLUDED_FORMS", {}).get(exercise.id, {})


def refused(exercise, answers) -> str:
    """Return what is said of answers that are refused, in the notebook or at grading; "" if they are right."""
    mine = exercise()
    found = judged(mine.check, *answers)
    if found.share == 1.0 and isinstance(mine, Implementation) and mine.hidden_cases(SEED):
        found = judged(mine.check_hidden, *answers, seed=SEED)
    return "" if found.share == 1.0 else found.text


@pytest.mark.parametrize("exercise", every_exercise(), ids=called)
def test_a_right_answer_counts_in_every_form(exercise):
    forms, listed = forms_of(right_answers(exercise)), excluded(exercise)
    tried = some(list(forms.items()), seconds=SECONDS, at_least=1 if is_dear(exercise) else AT_LEAST)
    found = {name: refused(exercise, answers) for name, answers in tried}
    assert {name: text for name, text in found.items() if text and name not in listed} == {}
    assert [name for name in listed if found.get(name) == ""] == [], "listed as excluded, and not refused"
    assert set(listed) <= set(forms)
    assert all(len(reason.split()) >= 3 for reason in listed.values())
