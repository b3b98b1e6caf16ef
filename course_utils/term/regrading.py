"""``course regrade``: after a check, its hidden tests, points or a limit changed, grade again whom it concerns.

First everything is graded and compared with the gradebook, and nothing is written: who would have other points, in
which exercise, and why. What was graded for that is kept under ``.spool/.proposed``, so that asking twice costs once.
Then the results are written as `course grade` writes them, and each student whose points change gets a line in
``regrades.jsonl`` in the course's folder, just before. A grade that a person gave stays.
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, SubmittedNotebook

from course_utils.cells import Cell, grade_id, is_check, nbgrader_settings
from course_utils.course import CourseError, folders
from course_utils.grading import ways
from course_utils.grading.bundle import read_bundles
from course_utils.grading.cluster import Cluster
from course_utils.grading.driver import GradedLab, Run, Watcher, limits
from course_utils.grading.gradebook import open_gradebook, read_settings
from course_utils.grading.graded_notebook import make_notebook, score_of
from course_utils.grading.here import Here, NotGraded
from course_utils.grading.job import Bundle, Graded, Submission
from course_utils.grading.reading import handed_in
from course_utils.grading.results import graded_students
from course_utils.grading.spool import Spool
from course_utils.grading.worth import given_up
from course_utils.grading.writer import Writer
from course_utils.judging.misconceptions import name_of
from course_utils.term import regrade_log
from course_utils.term.regrade_log import said

PROPOSED = ".proposed"  # beside the results; no lab is called so
MANY = 6  # students whose points change, from whom on they are also counted by exercise
DIGITS = 4  # behind the point


@dataclass(frozen=True)
class Change:
    """What would become of one exercise.

    Parameters
    ----------
    exercise
        Its grade_id; the notebook's name before it where a lab has several.
    before, after
        Points; None while a person has yet to give them.
    why
        What has changed, and what is found now.
    by_hand
        The points that a person gave, which stay; None if nobody did.
    """

    exercise: str
    before: float | None
    after: float | None
    why: str
    by_hand: float | None = None


@dataclass
class Regrade:
    """What would become of one student: points of the lab, less what is taken off for being late."""

    student: str
    before: float = 0.0
    after: float = 0.0
    changes: list[Change] = field(default_factory=list)

    @property
    def counts(self) -> list[Change]:
        """The exercises whose points change."""
        return [change for change in self.changes if change.by_hand is None]


@dataclass
class Result:
    """One notebook that was graded again, and the cells that a person need not look at again."""

    bundle: Bundle
    graded: Graded
    submission: Submission
    read: set[str] = field(default_factory=set)


@dataclass
class Plan:
    """What a regrade would do.

    Parameters
    ----------
    lab
        Name of the lab.
    graded
        How many were graded before.
    regrades
        By student whom it concerns, in order.
    results
        What would be written.
    failures
        Who could not be graded, and why.
    ungraded
        Who has handed in and was never graded: that is left to `course grade`.
    sentences
        What there is to say of the lab's checks.
    """

    lab: str
    graded: int
    regrades: dict[str, Regrade] = field(default_factory=dict)
    results: list[Result] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    ungraded: list[str] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)

    @property
    def changing(self) -> list[Regrade]:
        """Those whose points change."""
        return [one for one in self.regrades.values() if one.counts or one.before != one.after]

    @property
    def undecided(self) -> bool:
        """Whether a person would have to give points that were decided before."""
        return any(change.after is None for one in self.regrades.values() for change in one.counts)


def _proposed(root: Path, lab: str, bundle: Bundle) -> Spool:
    return Spool(root, f"{PROPOSED}/{lab}", bundle.notebook)


# --- finding out ----------------------------------------------------------------------------------


def plan(
    root: Path, lab: str, hired: Here | Cluster, *, students: Sequence[str] = (), watcher: Watcher | None = None
) -> Plan:
    """Grade whom a change concerns, and say what would change. Gradebook and graded notebooks stay as they are.

    Raises
    ------
    CourseError
        If nobody was graded, one of the students named was not, or nothing can be graded.
    """
    there = graded_students(root, lab)
    if not there:
        raise CourseError(f"Nobody has been graded in {lab}. Run: course grade {lab}")
    if missing := [name for name in dict.fromkeys(students) if name not in there]:
        raise CourseError(f"Not graded in {lab}: {', '.join(missing)}. Run: course grade {lab}")
    submitted = handed_in(root, lab).students
    names = [name for name in there if name in submitted and (not students or name in students)]
    made = Plan(lab, len(there), ungraded=[name for name in submitted if name not in there])
    gone = [name for name in there if name not in submitted and (not students or name in students)]
    why = f"what was handed in is not in {folders(root).submitted}/ any more; the points stay"
    made.failures |= dict.fromkeys(gone, why)
    settings, bundles = read_settings(root), read_bundles(root, lab)
    with open_gradebook(root, settings) as book:
        for found in bundles:
            allowed = limits(root, lab)
            bundle, said = ways.ensure(root, found, hired, allowed)
            made.sentences += said
            writer = Writer(root, bundle, book, settings, [one.notebook for one in bundles])
            kept, outcome = Spool(root, lab, bundle.named), GradedLab(lab)
            run = Run(root, bundle, kept, writer, outcome, watcher or Watcher(), allowed)
            _grade(root, run, hired, names, made)
        for student in dict.fromkeys(result.graded.student for result in made.results):
            _compare_all(root, book, settings.blank_essays, made, student)
    made.regrades = dict(sorted(made.regrades.items()))
    return made


def _grade(root: Path, run: Run, hired: Here | Cluster, names: list[str], made: Plan) -> None:
    """Collect results of those whose graded notebook was made from something else than what would be graded now."""
    proposed, todo = _proposed(root, made.lab, run.bundle), []
    for name in names:
        job = run.job(name)
        known = run.spool.find(name, job.key())
        held = known is not None and job.holds(known)
        if held and _key_of(root, made.lab, name, run.bundle.notebook) == job.key():
            continue
        again = known if held else proposed.find(name, job.key())
        if again is not None and job.holds(again):
            made.results.append(Result(run.bundle, again, job.submission))
        else:
            todo.append(name)
    if not todo:
        return
    run.watcher.begin(made.lab, len(todo))
    for student, graded, submission in run.results(hired, todo):
        if isinstance(graded, NotGraded):
            made.failures[student] = graded.reason
        else:
            proposed.keep(graded, anew=True)
            made.results.append(Result(run.bundle, graded, submission))
        run.watcher.step(student, isinstance(graded, NotGraded))
    run.watcher.end()


def _read(root: Path, lab: str, student: str, notebook: str) -> dict[str, Any]:
    """Return a graded notebook; an empty one if there is none that can be read."""
    try:
        path = root / folders(root).autograded / student / lab / f"{notebook}.ipynb"
        read = json.loads(path.read_text(encoding="utf-8"))
        return read if isinstance(read.get("cells"), list) else {"cells": [], "metadata": {}}
    except (OSError, ValueError, AttributeError):
        return {"cells": [], "metadata": {}}


def _key_of(root: Path, lab: str, student: str, notebook: str) -> str:
    return str(_read(root, lab, student, notebook)["metadata"].get("course", {}).get("key", ""))


# --- comparing ------------------------------------------------------------------------------------


def _compare_all(root: Path, book: Gradebook, blank: str, made: Plan, student: str) -> None:
    """Compare all notebooks of a student with the gradebook."""
    mine = {one.bundle.notebook: one for one in made.results if one.graded.student == student}
    regrade, submission = Regrade(student), book.find_submission(made.lab, student)
    several = len(submission.notebooks) > 1
    for rows in submission.notebooks:
        before = rows.score - (rows.late_submission_penalty or 0)
        after = before
        if result := mine.get(rows.name):
            old = _read(root, made.lab, student, rows.name)
            found, score = _compare(rows, old, result, blank, f"{rows.name}/" if several else "")
            regrade.changes += found
            writer = Writer(root, result.bundle, book, read_settings(root))
            kept, handed_in = writer.kept.get(student), result.submission.notebook
            score -= sum(given_up(kept, handed_in, grade.name) for grade in rows.grades)
            after = score - (writer.lateness.penalty(submission, rows, score) or 0)
        regrade.before, regrade.after = regrade.before + before, regrade.after + after
    regrade.before, regrade.after = round(regrade.before, DIGITS), round(regrade.after, DIGITS)
    made.regrades[student] = regrade
    book.db.remove()


def _compare(
    rows: SubmittedNotebook, old: Mapping[str, Any], result: Result, blank: str, prefix: str
) -> tuple[list[Change], float]:
    """Return the exercises whose points would change, and the points of the notebook as they would be."""
    new = make_notebook(result.bundle, result.graded)
    before = {grade_id(cell): cell for cell in old["cells"] if grade_id(cell)}
    after = {grade_id(cell): cell for cell in new.cells if grade_id(cell)}
    anew = _answers(old["cells"]) != _answers(new.cells)
    moved = _locked(old["cells"]) != _locked(new.cells)
    changes, total = [], 0.0
    for grade in rows.grades:
        cell = after.get(grade.name)
        score = score_of(cell, blank) if cell is not None else 0.0
        extra, by_hand = grade.extra_credit or 0.0, grade.manual_score
        total += (score or 0.0 if by_hand is None else by_hand) + extra
        same = score == grade.auto_score
        if by_hand is not None and not anew and (same or cell is None or not is_check(cell)):
            result.read.add(grade.name)
        if not same and cell is not None:
            why = _why(before.get(grade.name), cell, anew=anew, moved=moved)
            changes.append(Change(prefix + grade.name, grade.auto_score, score, why, by_hand))
    return changes, total


def _answers(cells: Sequence[Cell]) -> list[str]:
    """Return what a student wrote: everything that is neither locked nor a check."""
    return [_text(cell) for cell in cells if not nbgrader_settings(cell).get("locked") and not is_check(cell)]


def _locked(cells: Sequence[Cell]) -> list[str]:
    return [_text(cell) for cell in cells if nbgrader_settings(cell).get("locked") and not is_check(cell)]


def _text(cell: Cell) -> str:
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(source)


def _why(old: Cell | None, new: Cell, *, anew: bool, moved: bool) -> str:
    """Return what has changed around an exercise, and how it stands now."""
    if old is None:
        return "it was not there before"
    points = [float(nbgrader_settings(cell).get("points") or 0) for cell in (old, new)]
    said = [cell.get("metadata", {}).get("course", {}) for cell in (old, new)]
    causes = ["handed in anew"] if anew else []
    causes += ["its check has changed"] if is_check(new) and _text(old) != _text(new) else []
    causes += [f"points {points[0]:g} -> {points[1]:g}"] if points[0] != points[1] else []
    causes += ["a locked cell has changed"] if moved and not causes else []
    causes += ["it was stopped, under the limits of then"] if said[0].get("verdict") == "stopped" else []
    causes = causes or ["this package, a library or a limit has changed"]
    stood, stands = (one.get("verdict", "") for one in said)
    codes = [f"{code} {name_of(code)}".strip() for code in said[1].get("codes", [])]
    now = f"{stood} -> {stands}" if stood != stands else f"still {stands}" if stands else ""
    return "; ".join([*causes, *([now] if now else []), *codes])


# --- writing --------------------------------------------------------------------------------------


def write(root: Path, made: Plan) -> list[str]:
    """Write what was planned, and log it; return lines about what could not be written.

    Whoever has handed in something else meanwhile is left as before, and named.
    """
    settings, odd, logged = read_settings(root), list[str](), set[str]()
    notebooks = [bundle.notebook for bundle in read_bundles(root, made.lab)]
    with open_gradebook(root, settings) as book:
        for bundle in dict.fromkeys(id(one.bundle) for one in made.results):
            mine = [one for one in made.results if id(one.bundle) == bundle]
            spool = Spool(root, made.lab, mine[0].bundle.named)
            with spool.locked():
                writer = Writer(root, mine[0].bundle, book, settings, notebooks)
                run = Run(root, mine[0].bundle, spool, writer, GradedLab(made.lab), Watcher(), limits(root, made.lab))
                for result in mine:
                    student = result.graded.student
                    if run.job(student).key() != result.graded.key:
                        odd.append(f"{student} has handed in something else meanwhile. Run the command again.")
                        continue
                    if student not in logged:
                        _log(root, made, student)
                        logged.add(student)
                    spool.keep(result.graded, anew=True)
                    writer.write(result.graded, result.submission, read=result.read)
            shutil.rmtree(_proposed(root, made.lab, mine[0].bundle).folder, ignore_errors=True)
    return odd


def _log(root: Path, made: Plan, student: str) -> None:
    one = made.regrades[student]
    if one not in made.changing:
        return
    exercises = {
        change.exercise: {"before": change.before, "after": change.after, "why": change.why} for change in one.counts
    }
    regrade_log.append(root, made.lab, student, one.before, one.after, exercises=exercises)


# --- saying it ------------------------------------------------------------------------------------


def lines_of(made: Plan) -> list[str]:
    """Return whose points would change, by how much and why, a line each."""
    changing = made.changing
    lines = [*made.sentences]
    for one in changing:
        lines.append(f"{one.student}: {one.before:g} -> {one.after:g}")
        lines += [f"  {c.exercise} {said(c.before)} -> {said(c.after)}: {c.why}" for c in one.counts]
        lines += ["  only what is taken off for being late"] if not one.counts else []
    lines += _by_exercise(changing)
    for one in made.regrades.values():
        lines += [
            f"{one.student}: {c.exercise} stays {c.by_hand:g}, given by hand; the check now gives {said(c.after)} "
            f"instead of {said(c.before)}"
            for c in one.changes
            if c.by_hand is not None
        ]
    lines += [f"not graded: {student}: {reason}" for student, reason in made.failures.items()]
    if made.ungraded:
        lines.append(f"never graded, left to course grade {made.lab}: {', '.join(made.ungraded)}")
    up = sum(one.after > one.before for one in changing)
    down = sum(one.after < one.before for one in changing)
    same = len(changing) - up - down
    lines.append(
        f"{made.lab}: {len(made.regrades)} of {made.graded} submissions graded again; {up} get more points, "
        f"{down} fewer" + (f", {same} as many in all" if same else "")
    )
    return lines


def _by_exercise(changing: Sequence[Regrade]) -> list[str]:
    """Return how many get more and fewer points in each exercise, where that is not seen at a glance."""
    if len(changing) < MANY:
        return []
    found: dict[str, list[float]] = {}
    for one in changing:
        for change in one.counts:
            found.setdefault(change.exercise, []).append((change.after or 0.0) - (change.before or 0.0))
    return [
        f"in {name}: {sum(by > 0 for by in steps)} more, {sum(by < 0 for by in steps)} fewer"
        for name, steps in found.items()
    ]
