"""How a challenge is run by the grader: as submissions whose checks are the labs' challenges.

So all holds that holds when a class is graded: boxes and limits, here or at Dask workers, and a check that runs where
no learner's code does. Of what comes back only figures that the check printed are taken, or its sentence.
"""

import json
from collections.abc import Sequence
from typing import Any

from course_utils.grading.job import Bundle, Graded, Job, Limits, ReleasedCell, Submission

NETWORKS, DUELS = "06_lab7_cnn_homework", "08_adversarial_examples"
IMPORTS = {
    NETWORKS: "from course_utils.labs.lab7_cnn_homework import challenge as of_the_lab",
    DUELS: "from course_utils.labs.adversarial_examples import challenge as of_the_lab",
}
ANSWER = "answer"
DUEL_SECONDS = 6  # that an attack may compute, of 100 pictures
AT_ONCE = 10  # pairings of a job
STOPPED = "it ran too long, used too much memory, or ended its process"
DOES_NOT_RUN = "its cell does not run to its end"
ENDED = ("", "ok")
LONGEST = 160  # characters of a sentence
FAULT = "the measurement itself failed; this is a fault of ours"

Outcome = dict[str, Any]  # figures, or {"why": a sentence}


def duels(cells: Sequence[str], against: dict[str, tuple[str, int]]) -> Job:
    """Return the job in which an attack meets defences: weights as text and a seed, by the names of the checks."""
    checks = {name: f"of_the_lab.duel(attack, {weights!r}, seed={seed})" for name, (weights, seed) in against.items()}
    limits = Limits(30, DUEL_SECONDS, 40 + DUEL_SECONDS * AT_ONCE, cpu_seconds=120, disk_mb=64, processes=16)
    return _job(DUELS, cells, checks, limits)


def network(cells: Sequence[str], seed: int, limits: Limits) -> Job:
    """Return the job in which a homework's network is trained, and tried on hidden pictures."""
    return _job(NETWORKS, cells, {"network": f"of_the_lab.garments(convnet, seed={seed})"}, limits)


def _job(lab: str, cells: Sequence[str], checks: dict[str, str], limits: Limits) -> Job:
    released = [_cell(IMPORTS[lab], "imports", locked=True), _cell("", ANSWER, solution=True)]
    released += [_cell(text, name, grade=True, locked=True) for name, text in checks.items()]
    return Job(Bundle(lab, released), Submission("challenge", _notebook(cells)), limits)


def _cell(text: str, name: str, *, grade: bool = False, solution: bool = False, locked: bool = False) -> ReleasedCell:
    return {
        "cell_type": "code",
        "source": text,
        "grade_id": name,
        "grade": grade,
        "solution": solution,
        "locked": locked,
        "points": float(grade),
    }


def _notebook(cells: Sequence[str]) -> bytes:
    """Return a notebook of some cells, the last of which is the answer."""
    last = len(cells) - 1
    made = [
        {"cell_type": "code", "source": text, "metadata": {"nbgrader": {"grade_id": ANSWER}} if place == last else {}}
        for place, text in enumerate(cells)
    ]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def outcomes_of(graded: Graded) -> dict[str, Outcome]:
    """Return what came of each check, by name; a learner who wrote nothing has the outcome ``{}``."""
    return {name: _outcome(graded, name) for name in graded.checks}


def _outcome(graded: Graded, name: str) -> Outcome:
    check = graded.checks[name]
    if graded.reason or check.verdict == "stopped":
        return {"why": STOPPED}
    if check.verdict == "right":
        return _figures(check.message)
    if any(cell["status"] not in ENDED for cell in graded.cells if cell["grade_id"] == ANSWER):
        return {"why": DOES_NOT_RUN}
    if check.verdict == "undecided":
        return {"why": FAULT}
    return {} if check.verdict == "not attempted" else {"why": check.message.split("\n")[0][:LONGEST]}


def _figures(message: str) -> Outcome:
    try:
        figures = json.loads(message)
    except ValueError:
        return {"why": FAULT}
    return figures if isinstance(figures, dict) else {"why": FAULT}
