"""Proof of a lab: before it goes out, the engine that will grade the class grades its model answers and its stubs.

The model answers must earn every point and the untouched notebook none, check by check; otherwise the lab is not
released. A proof costs what grading two submissions costs. It is noted in ``.spool/proofs/<lab>``, by the keys of the
two submissions, so that a lab is proved again only when its text, a check or the package's code has changed. Essays
are a person's, before a release as after it.
"""

import hashlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from rich.console import Console

from course_utils import files
from course_utils.cells import grade_id
from course_utils.course import MASTERS, SPOOL, CourseError
from course_utils.grading import ways
from course_utils.grading.cluster import Cluster
from course_utils.grading.driver import Watcher, limits
from course_utils.grading.faults import INTERRUPTED, UNDECIDED, last_line
from course_utils.grading.here import Here, NotGraded
from course_utils.grading.job import Bundle, Check, Graded, Job, ReleasedCell, Submission
from course_utils.grading.screen import Bar
from course_utils.grading.workers import hire, processors
from course_utils.lab_options import imports_in, read_options
from course_utils.masters import as_text

PROOFS = "proofs"
MODEL, STUB = "the model answer", "the untouched stub"  # as sentences call them
EARNS_NOTHING = ("not attempted", "wrong")
LONGEST = 200  # characters of what a check says
INSTEAD = "A draft is released without a proof by: course release --no-proof"


@dataclass(frozen=True)
class Proof:
    """A lab as it is about to be released: its model answers and its stubs, as jobs, by what sentences call them."""

    lab: str
    jobs: dict[str, Job]

    @property
    def digest(self) -> str:
        """A digest of all that a proof depends on."""
        return hashlib.sha256("".join(job.key() for job in self.jobs.values()).encode()).hexdigest()


@dataclass
class Proved:
    """Labs that were proved just now, and what there is to say of them."""

    labs: list[str] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)


def prove(
    root: Path,
    masters: dict[str, NotebookNode],
    made: dict[Path, bytes],
    hired: Here | None = None,
    *,
    strict: bool = False,
) -> Proved:
    """Prove labs that were not proved as they are now; return their names, and sentences on them.

    Parameters
    ----------
    root
        The course.
    masters
        The masters by lab.
    made
        What was made of them, by path below ``notebooks/``.
    hired
        Who grades; this machine if None.
    strict
        Refuse labs with a check in ordinary Python that can only run in the student's process.

    Raises
    ------
    CourseError
        With every check that gives a model answer too little, a stub too much, or that fails itself.
    """
    proofs = [proof_of(root, lab, master, made) for lab, master in masters.items()]
    todo = {proof.lab: proof for proof in proofs if strict or not _is_known(root, proof)}
    if not todo:
        return Proved()
    digests = {lab: proof.digest for lab, proof in todo.items()}
    problems: dict[str, list[str]] = {lab: [] for lab in todo}
    sentences: list[str] = []
    with _hired(root, hired, todo) as engine:
        for lab, proof in todo.items():
            todo[lab], said = _with_ways(root, proof, engine)
            sentences += said
            problems[lab] += said if strict else []
        for lab, found, said in _grade(todo, engine):
            problems[lab] += found
            sentences += said
    for lab, found in problems.items():
        if not found:
            files.write(_note(root, lab), digests[lab])
    lines = [f"{MASTERS}/{lab}/{lab}.py: {line}" for lab, found in problems.items() for line in found]
    if lines:
        raise CourseError("\n".join([*lines, f"Nothing was released. {INSTEAD}"]))
    return Proved(list(todo), sentences)


def proof_of(root: Path, lab: str, master: NotebookNode, made: dict[Path, bytes]) -> Proof:
    """Return what is to be graded to prove a lab."""
    released = made[Path(lab, f"{lab}.ipynb")]
    beside = {path: content for path, content in made.items() if path.parts[0] == lab and path.name != f"{lab}.ipynb"}
    files = {path.relative_to(lab).as_posix(): content for path, content in beside.items()}
    bundle = replace(bundle_of(lab, master, nbformat.reads(released.decode("utf-8"), as_version=4)), files=files)
    notebooks = {MODEL: as_text(master).encode("utf-8"), STUB: released}
    allowed = limits(root, lab)
    return Proof(lab, {what: Job(bundle, Submission(lab, content), allowed) for what, content in notebooks.items()})


def _with_ways(root: Path, proof: Proof, engine: Here | Cluster) -> tuple[Proof, list[str]]:
    """Decide which way the checks of a lab run that are in ordinary Python, and say which run inside."""
    model, stub = proof.jobs[MODEL], proof.jobs[STUB]
    if not ways.plain_checks(model.bundle.cells):
        return proof, []
    found = ways.decide(
        model.bundle, model.submission.notebook or b"", stub.submission.notebook or b"", engine, model.limits
    )
    ways.keep(root, model.bundle, found)
    bundle = ways.decided(model.bundle, found, dict(read_options(root, proof.lab).checks))
    jobs = {what: replace(job, bundle=bundle) for what, job in proof.jobs.items()}
    return Proof(proof.lab, jobs), ways.sentences(bundle, found)


def bundle_of(lab: str, master: NotebookNode, released: NotebookNode) -> Bundle:
    """Return what a lab will be graded against once the gradebook knows it: see :mod:`course_utils.grading.bundle`."""
    full = {grade_id(cell): cell.source for cell in master.cells if grade_id(cell)}
    return Bundle(lab, [_cell(cell, full) for cell in released.cells])


def _cell(cell: NotebookNode, full: dict[str, str]) -> ReleasedCell:
    settings, name = cell.metadata.get("nbgrader", {}), grade_id(cell) or ""
    locked = bool(settings.get("locked"))
    return {
        "cell_type": cell.cell_type,
        "source": full[name] if name and locked else cell.source,
        "grade_id": name,
        "grade": bool(settings.get("grade")),
        "solution": bool(settings.get("solution")),
        "locked": locked,
        "points": float(settings.get("points", 0)) if settings.get("grade") or settings.get("task") else 0.0,
        "task": bool(settings.get("task")),
    }


# --- what was proved before


def _note(root: Path, lab: str) -> Path:
    return root / SPOOL / PROOFS / lab


def _is_known(root: Path, proof: Proof) -> bool:
    try:
        return _note(root, proof.lab).read_text(encoding="utf-8") == proof.digest
    except OSError:
        return False


# --- grading and judging


def _grade(todo: dict[str, Proof], engine: Here | Cluster) -> Iterator[tuple[str, list[str], list[str]]]:
    """Grade what is to be proved; yield for each submission its lab, what is wrong with it, and what is to be said."""
    jobs = {f"{lab}: {what}": (lab, what, job) for lab, proof in todo.items() for what, job in proof.jobs.items()}
    watcher: Watcher = Bar(Console(stderr=True), "proving")
    watcher.begin(" ".join(todo) if len(todo) == 1 else f"{len(todo)} labs", len(jobs))
    try:
        for name, packed in engine.run((name, job.pack()) for name, (_, _, job) in jobs.items()):
            lab, what, job = jobs[name]
            if isinstance(packed, NotGraded):
                raise CourseError(f"{name} could not be graded on this machine: {packed.reason} {INSTEAD}")
            graded = Graded.unpack(packed)
            plain = ways.plain_checks(job.bundle.cells) if what == STUB and not ways.is_ours(job.bundle) else {}
            found = problems_of(what, graded, set(plain))
            watcher.step(name, bool(found))
            yield lab, found, _free_points(lab, graded, set(plain))
    finally:
        watcher.end()


def _free_points(lab: str, graded: Graded, plain: set[str]) -> list[str]:
    """Say which checks in ordinary Python give points to nobody's answer: nbgrader lets that be."""
    free = {name: check.points for name, check in graded.checks.items() if name in plain and check.points}
    return [f"{lab}: {name} gives {points:g} points to the untouched notebook" for name, points in free.items()]


@contextmanager
def _hired(root: Path, hired: Here | None, todo: dict[str, Proof]) -> Iterator[Here | Cluster]:
    if hired is not None:
        yield hired
        return
    text = b"\n".join(proof.jobs[STUB].submission.notebook or b"" for proof in todo.values())
    with hire(root, workers=min(processors(), 2 * len(todo)), imports=imports_in(root, todo, text)) as found:
        yield found


def problems_of(what: str, graded: Graded, plain: Collection[str] = ()) -> list[str]:
    """Return what is wrong with the result of a model answer or a stub, one sentence each, naming the check.

    Of checks in a lab that knows nothing of this package, ``plain``, a stub may get what it gets.
    """
    if graded.reason:
        return [f"{what} could not be graded: {graded.reason}"]
    found = {name: _problem(what, check) for name, check in graded.checks.items() if name not in plain}
    return [f"{name}: {problem}" for name, problem in found.items() if problem]


def _problem(what: str, check: Check) -> str:
    words = " ".join(check.message.split())[:LONGEST]
    if check.verdict == UNDECIDED:
        return f"the check itself fails at {what}: {last_line(check.fault)}"
    if check.verdict == INTERRUPTED:
        return f"grading {what} was interrupted: run this again"
    if what == MODEL:
        told = f"{what} earns {check.points:g} of {check.most:g} points: {words}"
        return "" if check.verdict == "right" else told
    if check.points:
        return f"{what} earns {check.points:g} of {check.most:g} points"
    judged = check.verdict in EARNS_NOTHING or not check.most
    return "" if judged else f"{what} is {check.verdict}: {words}"
