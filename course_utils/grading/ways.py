"""Whether a check in ordinary Python runs outside of the student's process or inside: decided once a release.

The model answer and the untouched notebook are graded both ways. Where outside gives what inside gives, the check runs
outside, and nothing a student's code does can forge it. Where it would with the arguments that functions change brought
back to the check, it runs so; otherwise it runs inside. What was decided is kept in
``.spool/ways`` under a digest of the release's cells, and is part of what a submission's result depends on.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import jupytext

from course_utils import files
from course_utils.course import SPOOL, CourseError, folders
from course_utils.grading import own_code
from course_utils.grading.here import Done, Jobs, NotGraded
from course_utils.grading.job import Bundle, Graded, Job, Limits, ReleasedCell, Submission, Way
from course_utils.grading.slicing import OURS, code_before, stand_on, why_inside
from course_utils.lab_options import NAME, read_options
from course_utils.masters import as_text

WAYS = "ways"
MODEL, STUB = "model", "stub"
LONGEST = 160  # characters of what a check or an error says


class Grades(Protocol):
    """Whoever grades jobs: :class:`~course_utils.grading.here.Here`, or a cluster."""

    def run(self, jobs: Jobs) -> Done: ...


@dataclass(frozen=True)
class Decision:
    """How a check runs, and why; and what it asks of the objects of the model answer's, None if that is not known."""

    way: Way
    why: str = ""
    asked: tuple[str, ...] | None = None


def plain_checks(cells: Sequence[ReleasedCell]) -> dict[str, str]:
    """Return the checks in ordinary Python, with why their text lets them run inside only ("" if it does not)."""
    found = {}
    for cell in cells:
        if cell["grade"] and not cell["solution"] and cell["cell_type"] == "code":
            slice_ = stand_on(cell["source"], code_before(cells, cell["grade_id"]))
            if not slice_.is_ours:
                found[cell["grade_id"]] = why_inside(cell["source"], slice_)
    return found


def is_ours(bundle: Bundle) -> bool:
    """Tell whether a lab uses this package anywhere: then its stubs must earn nothing, whatever its checks are."""
    return any(OURS in cell["source"] for cell in bundle.cells if cell["cell_type"] == "code")


def digest_of(cells: Sequence[ReleasedCell]) -> str:
    """Return a digest of all that a decision depends on: the release's cells, and the package's code."""
    said = [[cell["grade_id"], cell["cell_type"], cell["source"], cell["points"]] for cell in cells]
    return hashlib.sha256(json.dumps([said, own_code.digest()]).encode()).hexdigest()


def _place(root: Path, lab: str, notebook: str) -> Path:
    return root / SPOOL / WAYS / lab / f"{notebook}.json"


def decisions(root: Path, lab: str, notebook: str, cells: Sequence[ReleasedCell]) -> dict[str, Decision] | None:
    """Return what was decided of a release; None if nothing was yet."""
    kept = _kept(root, lab, notebook)
    try:
        if kept["digest"] != digest_of(cells):
            return None
        return {
            str(name): Decision(way, str(why), None if asked is None else tuple(map(str, asked)))
            for name, (way, why, asked) in kept["ways"].items()
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def decided(bundle: Bundle, found: dict[str, Decision], said: dict[str, Way]) -> Bundle:
    """Return a bundle whose checks run as was decided, or as the lab's options say."""
    return replace(
        bundle,
        ways={name: one.way for name, one in found.items()} | said,
        asked={name: list(one.asked) for name, one in found.items() if one.asked is not None},
    )


def model_of(root: Path, lab: str, notebook: str) -> bytes | None:
    """Return the notebook with the model answers, from the folder of the masters; None if there is none."""
    folder = root / folders(root).masters / lab
    script, book = folder / f"{notebook}.py", folder / f"{notebook}.ipynb"
    try:
        if script.is_file():
            return as_text(jupytext.read(script)).encode()
        return book.read_bytes() if book.is_file() else None
    except Exception as error:
        raise CourseError(
            f"{folder.relative_to(root)} holds no notebook {notebook} that can be read: {error}"
        ) from error


def stub_of(root: Path, lab: str, notebook: str) -> bytes:
    """Return the released notebook."""
    return (root / folders(root).released / lab / f"{notebook}.ipynb").read_bytes()


def ensure(
    root: Path, bundle: Bundle, hired: Grades, limits: Limits, *, again: bool = True
) -> tuple[Bundle, list[str]]:
    """Decide how the checks of a notebook run, where that was not done; return the bundle with it, and sentences.

    Without a model answer nothing can be tried: the checks' texts decide.

    Parameters
    ----------
    again
        Decide anew where the model answer got too little: what was missing on this machine may be there by now.
    """
    checks, said = plain_checks(bundle.cells), dict[str, Way](read_options(root, bundle.lab).checks)
    before = decisions(root, bundle.lab, bundle.notebook, bundle.cells)
    if not checks or (before is not None and not (again and _fell_short(root, bundle))):
        return decided(bundle, before or {}, said), []
    model = model_of(root, bundle.lab, bundle.notebook)
    if model is None:
        found = {name: Decision("inside", why) for name, why in checks.items() if why}
    else:
        found = decide(bundle, model, stub_of(root, bundle.lab, bundle.notebook), hired, limits)
    told = found | {name: Decision(way, f"{NAME} says so") for name, way in said.items()}
    now = decided(bundle, found, said)
    short = shortfall(now, model, hired, limits) if model else []
    keep(root, bundle, found, fell_short=bool(short))
    return now, sentences(bundle, told) + short


def keep(root: Path, bundle: Bundle, found: dict[str, Decision], *, fell_short: bool = False) -> None:
    """Keep what was decided, and whether the model answer got too little then."""
    known = {name: [one.way, one.why, one.asked] for name, one in found.items()}
    said = {"digest": digest_of(bundle.cells), "ways": known, "fell short": fell_short}
    files.write(_place(root, bundle.lab, bundle.notebook), json.dumps(said, indent=1))


def _fell_short(root: Path, bundle: Bundle) -> bool:
    return bool(_kept(root, bundle.lab, bundle.notebook).get("fell short"))


def _kept(root: Path, lab: str, notebook: str) -> dict[str, Any]:
    try:
        kept = json.loads(_place(root, lab, notebook).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def sentences(bundle: Bundle, found: dict[str, Decision]) -> list[str]:
    """Say which checks run inside, one line each."""
    return [
        f"{bundle.lab}: {name} runs in the student's process, where a verdict can be forged: {one.why}"
        for name, one in found.items()
        if one.way == "inside"
    ]


def shortfall(bundle: Bundle, model: bytes, hired: Grades, limits: Limits) -> list[str]:
    """Say which checks give the model answer too little on this machine: they would give everybody too little.

    It may be so with stock nbgrader as well, as where a library is not installed; nobody should find it in the grades.
    """
    (graded,) = _run({MODEL: Job(bundle, Submission(MODEL, model), limits)}, hired).values()
    short = {name: check for name, check in graded.checks.items() if check.points < check.most}
    if not short:
        return []
    name, check = next(iter(short.items()))
    most = sum(one.most for one in graded.checks.values())
    more = f" and {len(short) - 1} more" if len(short) > 1 else ""
    errors = [out for cell in graded.cells for out in cell["outputs"] if out.get("output_type") == "error"]
    first = f" The first error in it: {errors[0].get('ename')}: {errors[0].get('evalue')}"[:LONGEST] if errors else ""
    return [
        f"{bundle.lab}: graded here, the model answer gets {graded.points:g} of {most:g} points; too little from "
        f"{name}{more}: {' '.join(check.message.split())[:LONGEST]}{first}"
    ]


def decide(bundle: Bundle, model: bytes, stub: bytes, hired: Grades, limits: Limits) -> dict[str, Decision]:
    """Grade the model answer and the untouched notebook both ways, and say for each check which way it runs.

    Raises
    ------
    CourseError
        If this machine cannot grade.
    """
    checks = plain_checks(bundle.cells)
    open_ones = [name for name, why in checks.items() if not why]
    found = {name: Decision("inside", why) for name, why in checks.items() if why}
    if not open_ones:
        return found
    tried = _try(bundle, model, stub, hired, limits, ("outside", "inside"), open_ones)
    found |= {name: _decided(tried, name, "outside") for name in open_ones}
    doubtful = [name for name in open_ones if found[name].way == "inside" and not _goes_inside(tried, name, "outside")]
    if doubtful:
        tried |= _try(bundle, model, stub, hired, limits, ("changing",), doubtful)
        again = {name: _decided(tried, name, "changing") for name in doubtful}
        found |= {name: one for name, one in again.items() if one.way == "changing"}
    return {name: found[name] for name in checks}


Tried = dict[tuple[str, Way], Graded]


def _try(
    bundle: Bundle, model: bytes, stub: bytes, hired: Grades, limits: Limits, ways: tuple[Way, ...], names: list[str]
) -> Tried:
    """Grade the model answer and the untouched notebook with some checks run in each of these ways."""
    jobs = {
        (what, way): Job(replace(bundle, ways=dict.fromkeys(names, way)), Submission(what, content), limits)
        for what, content in ((MODEL, model), (STUB, stub))
        for way in ways
    }
    named = {f"{what} {way}": (what, way) for what, way in jobs}
    graded = _run({name: jobs[key] for name, key in named.items()}, hired)
    return {named[name]: one for name, one in graded.items()}


def _run(jobs: dict[str, Job], hired: Grades) -> dict[str, Graded]:
    graded: dict[str, Graded] = {}
    for name, packed in hired.run((name, job.pack()) for name, job in jobs.items()):
        if isinstance(packed, NotGraded):
            raise CourseError(f"{jobs[name].bundle.lab} could not be tried on this machine: {packed.reason}")
        graded[name] = Graded.unpack(packed)
    return graded


def _goes_inside(tried: Tried, name: str, way: Way) -> str:
    """Return why a check has left a way and run inside, "" if it has not."""
    checks = [tried[what, way].checks[name] for what in (MODEL, STUB)]
    return next((check.inside for check in checks if check.inside), "")


def _decided(tried: Tried, name: str, way: Way) -> Decision:
    """Return a way if the check gets there what it gets inside, else inside and why."""
    if why := _goes_inside(tried, name, way):
        return Decision("inside", why)
    for what, said in ((MODEL, "the model answer"), (STUB, "the untouched notebook")):
        here, inside = (tried[what, one].checks[name] for one in (way, "inside"))
        if here.points != inside.points:
            words = here.message.split("\n")[0][:120]
            return Decision(
                "inside", f"outside, {said} would get {here.points:g} instead of {inside.points:g}: {words}"
            )
    model = tried[MODEL, way].checks[name]  # one that is not right may have been stopped before it had asked all
    return Decision(way, asked=tuple(model.asked) if model.points == model.most else None)
