"""Every model answer with one fault is refused: by the cases that a learner sees, or by those drawn at grading.

What a fault is stands in ``faults.py``. A fault that changes nothing is listed by hand, with its reason, in EQUIVALENT
of the lab's tests. Where a check takes long, as many mutants are tried as SECONDS allow, in a seeded order;
``make thorough`` tries all, ``make mutants`` prints the table.
"""

from collections import Counter

import pytest
import torch
from faults import mutants
from harness import called, every_exercise, is_dear, right_answers
from mutation import NO_MATTER, Ward, equivalent, has_code
from thorough import some

SECONDS, AT_LEAST = 0.1, 2
CODE = [one for one in every_exercise() if has_code(one)]

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("exercise", CODE, ids=called)
def test_every_fault_in_a_model_answer_is_refused(exercise):
    if any(isinstance(answer, torch.nn.Module) for answer in right_answers(exercise)):
        pytest.skip("its answers are trained networks, not code")
    ward, listed = Ward(exercise), equivalent(exercise)
    every = ward.mutants()
    found = {
        one.what: ward.outcome(one)
        for one in some(every, seconds=SECONDS, at_least=1 if is_dear(exercise) else AT_LEAST)
    }
    print(f"{called(exercise)}: {dict(Counter(one.died or 'survived' for one in found.values()))} of {len(every)}")
    assert {what for what, one in found.items() if not one.died} - set(listed) == set()
    refused = {what for what in listed if what in found and found[what].died not in ("", NO_MATTER)}
    assert refused == set(), "these are listed as no fault, and refused"


@pytest.mark.parametrize("exercise", CODE, ids=called)
def test_what_is_listed_as_no_fault_is_there_and_has_a_reason(exercise):
    listed = equivalent(exercise)
    assert set(listed) <= {mutant.what for mutant in Ward(exercise).mutants()}
    assert all(len(reason.split()) >= 3 for reason in listed.values())


def test_faults_are_of_every_kind():
    source = (
        "def f(x, n):\n    total = 0\n    for i in range(len(x)):\n        if x[i] > n and n >= 1:\n"
        "            total = total + x[i] * 2.0\n    y = x.copy()\n    return np.sum(y, axis=1) - total\n"
    )
    found = [one.what for one in mutants(source)]
    for part in (
        "total = 0 → total = 1",
        "for i in range(len(x)): → for i in range(len(x) - 1):",
        "if x[i] > n and n >= 1: → if x[i] >= n and n >= 1:",
        "if x[i] > n and n >= 1: → if x[i] > n:",
        "total = total + x[i] * 2.0 → total += x[i] * 2.0",
        "total = total + x[i] * 2.0 → pass",
        "total = total + x[i] * 2.0 → total = total - x[i] * 2.0",
        "y = x.copy() → y = x",
        "return np.sum(y, axis=1) - total → return np.sum(y) - total",
        "return np.sum(y, axis=1) - total → return np.mean(y, axis=1) - total",
        "return np.sum(y, axis=1) - total → return total - np.sum(y, axis=1)",
        "f(x): as in the first call",
        "f(n): without negative numbers",
    ):
        assert part in found, part
    assert len(found) == len(set(found))
