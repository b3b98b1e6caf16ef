"""``course new-term NAME``: freeze this term's course, and carry it over into a fresh folder with numbers of its own.

The old folder stays where it is, can only be read, and has a list of checksums (:mod:`course_utils.term.freezing`).
Into the new one goes what a course is made of; nothing of what students did. In its masters the term's name stands in
``for_student(student_id, term="NAME")``, from which every student's numbers are drawn: other than in the term before,
and the same in a learner's notebook and in grading. What names no term draws what it always has.
"""

import ast
import re
import shutil
import tempfile
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from course_utils import files
from course_utils.course import (
    AUTOGRADED,
    CONFIG,
    DOWNLOADED,
    FEEDBACK,
    FROZEN,
    GRADEBOOK,
    RELEASED,
    ROSTER,
    SPOOL,
    SUBMITTED,
    CourseError,
    folders,
    labs,
)
from course_utils.due_dates import NAME as DUE
from course_utils.grading.gradebook import open_gradebook, read_settings
from course_utils.grading.reading import handed_in
from course_utils.grading.worth import NAME as WORTH
from course_utils.lab_options import NAME as OPTIONS
from course_utils.term import freezing
from course_utils.term.anonymise import KEY
from course_utils.term.regrade_log import LOG
from course_utils.term.roster import listed

TERM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
CALL = "for_student"
OF_THIS_TERM = {SUBMITTED, AUTOGRADED, FEEDBACK, DOWNLOADED, SPOOL, RELEASED, ROSTER, LOG, DUE, GRADEBOOK, FROZEN}
OF_THIS_TERM |= {KEY, WORTH, "anonymised"}
MADE = {"dist", "site", ".site", "workplace", "screenshots", "htmlcov", "__pycache__", "build"}
NOT_OURS = re.compile(
    r"\..*_cache|\.git|\.venv|venv|\.ipynb_checkpoints|.*\.egg-info|.*\.part|gradebook\.db.*|grades.*"
)


@dataclass
class NewTerm:
    """What was done, or would be.

    Parameters
    ----------
    name, old, folder
        The term, the course that is frozen, and the new course.
    labs
        Which were carried over.
    salted
        In how many files the term's name was written.
    notes
        What somebody should know before.
    archive
        Of the old course, if one was made.
    """

    name: str
    old: Path
    folder: Path
    labs: list[str] = field(default_factory=list)
    salted: int = 0
    notes: list[str] = field(default_factory=list)
    archive: Path | None = None


def plan(root: Path, name: str, folder: Path | None = None) -> NewTerm:
    """Say what would be done, and do nothing.

    Raises
    ------
    CourseError
        If the name is none, the folder is taken or inside of the course, or the course is frozen already.
    """
    if not TERM.fullmatch(name):
        raise CourseError(f"A term is called by letters, digits and . _ -, such as 2027-spring; not {name!r}.")
    target = (folder or root.parent / f"{root.name}-{name}").resolve()
    if (root / FROZEN).exists():
        raise CourseError(f"{root} is frozen already: it has a file {FROZEN}.")
    if target == root or root in target.parents:
        raise CourseError(f"{target} lies inside of this course; name another folder with --to.")
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise CourseError(f"{target} is there already, and not empty; name another folder with --to.")
    archive = root.with_name(f"{root.name}.zip")
    if archive.exists():
        raise CourseError(f"{archive} is there already; move it away: the archive of this term would be called so.")
    made = NewTerm(name, root, target, labs(root), archive=archive)
    made.notes = [*_unfinished(root, made.labs), *_elsewhere(root)]
    return made


def _unfinished(root: Path, names: list[str]) -> list[str]:
    """Return what is still to be done in the old term."""
    found = []
    for lab in names:
        graded = {path.parts[-2] for path in (root / folders(root).autograded).glob(f"*/{lab}")}
        if left := [student for student in handed_in(root, lab).students if student not in graded]:
            found.append(f"{lab}: handed in and never graded: {listed(left)}")
    settings = read_settings(root)
    if not settings.exists:
        return found
    with open_gradebook(root, settings) as book:
        for assignment in book.assignments:
            waiting = sorted(one.student.id for one in assignment.submissions if one.needs_manual_grade)
            found += [f"{assignment.name}: a person has yet to give points: {listed(waiting)}"] if waiting else []
    return found


def _elsewhere(root: Path) -> list[str]:
    settings = read_settings(root)
    if settings.file is not None and root in settings.file.resolve().parents:
        return []
    return [
        f"The gradebook {settings.shown_url} is not in this folder: it is neither frozen nor archived here. Write "
        f"another address into {CONFIG} of the new course before you use it, or both terms are in one gradebook."
    ]


def carry_over(made: NewTerm) -> None:
    """Make the archive and the new course, then freeze the old one; what fails before that leaves all as it was.

    Raises
    ------
    CourseError
        If a master cannot be read.
    """
    made.folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".new-term-", dir=made.folder.parent) as scratch:
        fresh = Path(scratch) / "course"
        shutil.copytree(made.old, fresh, ignore=_left_behind(made.old))
        made.salted = sum(_salt(path, made.name) for path in sorted((fresh / folders(made.old).masters).rglob("*.py")))
        made.notes += [*_without_this_terms_titles(fresh), *_unsalted(fresh)]
        if (made.old / DUE).is_file():
            files.write(fresh / DUE, _next_dates((made.old / DUE).read_text(encoding="utf-8-sig")))
        (fresh / folders(made.old).released).mkdir(exist_ok=True)
        sums = freezing.checksums(made.old)
        if made.archive:
            freezing.write_archive(made.old, sums, made.archive)
        if made.folder.exists():
            made.folder.rmdir()
        fresh.replace(made.folder)
    freezing.freeze(made.old, sums)


def _left_behind(root: Path):  # type: ignore[no-untyped-def]  # as shutil wants it
    names = folders(root)
    mine = OF_THIS_TERM | {names.released, names.submitted, names.autograded, names.feedback}

    def ignore(folder: str, found: list[str]) -> set[str]:
        top, lab = Path(folder) == root, Path(folder).name
        again = {f"{lab}.ipynb"} if Path(folder).parent == root / names.masters and f"{lab}.py" in found else set()
        return {
            name
            for name in found
            if (top and (name in mine or name in MADE))
            or name in again  # made from the master, with this term's numbers
            or name == "__pycache__"
            or NOT_OURS.fullmatch(name)
        }

    return ignore


# --- the salt -------------------------------------------------------------------------------------


def _salt(path: Path, term: str) -> int:
    """Write the term's name into a file's calls of ``for_student``; return 1 if there are any."""
    before = path.read_text(encoding="utf-8")
    after = with_term(before, term, path.name)
    if after == before:
        return 0
    files.write(path, after)
    return 1


def _unsalted(fresh: Path) -> list[str]:
    """Return which masters are notebooks that draw numbers: the term's name cannot be written into these."""
    found = sorted((fresh / folders(fresh).masters).glob("*/*.ipynb"))
    odd = [path.name for path in found if f"{CALL}(".encode() in path.read_bytes()]
    return [f"{name}: write term=... into its call of {CALL} yourself" for name in odd]


def with_term(source: str, term: str, name: str = "the master") -> str:
    """Return Python source in which every call of ``for_student`` names a term, and no other.

    Raises
    ------
    CourseError
        If the source calls it and is no Python.
    """
    if f"{CALL}(" not in source:
        return source
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise CourseError(
            f"{name}, line {error.lineno}: this is no Python, so the term cannot be written in."
        ) from None
    lines = source.encode().split(b"\n")  # columns are counted in bytes
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    changes = [_change(call, starts, term) for call in ast.walk(tree) if isinstance(call, ast.Call) and _is_ours(call)]
    content = source.encode()
    for begin, end, text in sorted(changes, reverse=True):
        content = content[:begin] + text.encode() + content[end:]
    after = content.decode()
    if _terms(after) != [term] * len(changes):  # Python before 3.12 does not know where in a text such a call stands
        raise CourseError(
            f"{name}: a call of {CALL} stands where the term cannot be written in, as in a text with braces."
        )
    return after


def _terms(source: str) -> list[object]:
    """Return the terms that calls of ``for_student`` name, None where one names none."""
    try:
        calls = [one for one in ast.walk(ast.parse(source)) if isinstance(one, ast.Call) and _is_ours(one)]
    except SyntaxError:
        return [None]
    said = [next((one.value for one in call.keywords if one.arg == "term"), None) for call in calls]
    return [getattr(value, "value", None) for value in said]


def _is_ours(call: ast.Call) -> bool:
    return CALL in (getattr(call.func, "attr", ""), getattr(call.func, "id", ""))


def _change(call: ast.Call, starts: list[int], term: str) -> tuple[int, int, str]:
    """Return where to write what: in the place of another term, or behind the last argument."""
    for keyword in call.keywords:
        if keyword.arg == "term":
            return _place(keyword.value, starts, f'"{term}"')
    arguments = [*call.args, *(one.value for one in call.keywords)]
    last = max(arguments, key=lambda one: (one.end_lineno or 0, one.end_col_offset or 0), default=None)
    if last is None:
        end = starts[(call.end_lineno or 1) - 1] + (call.end_col_offset or 1) - 1
        return end, end, f'term="{term}"'
    _, end, _ = _place(last, starts, "")
    return end, end, f', term="{term}"'


def _place(node: ast.expr, starts: list[int], text: str) -> tuple[int, int, str]:
    begin = starts[node.lineno - 1] + node.col_offset
    return begin, starts[(node.end_lineno or 1) - 1] + (node.end_col_offset or 0), text


# --- what holds for one term only -----------------------------------------------------------------


def _without_this_terms_titles(fresh: Path) -> list[str]:
    """Take the platform's titles out of the labs' options: they name assignments of the old term."""
    notes = []
    for path in sorted((fresh / folders(fresh).masters).glob(f"*/{OPTIONS}")):
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if not re.match(r"\s*platform_title\s*=", line)]
        if kept != lines:
            files.write(path, "".join(kept))
            notes.append(
                f"{path.parent.name}: its platform_title was left out, for it names an assignment of the old term"
            )
    return notes


def _next_dates(text: str) -> str:
    """Return ``due.toml`` for the next term: zone and rule stay, the dates are there to be changed, as remarks."""
    said = tomllib.loads(text)
    lines = [f'zone = "{said["zone"]}"', ""] if isinstance(said.get("zone"), str) else []
    lines += ["[due]", *(f'# {lab} = "{when}"' for lab, when in said.get("due", {}).items()), ""]
    rule = said.get("late", {})
    lines += ["[late]", *(f"{name} = {value}" for name, value in rule.items()), ""] if rule else []
    return "\n".join(lines)


def lines_of(made: NewTerm) -> list[str]:
    """Return what would be done, a line each."""
    return [
        *(f"note       {note}" for note in made.notes),
        f"frozen     {made.old}: can only be read from then on; checksums in {FROZEN}",
        *([f"archive    {made.archive}"] if made.archive else []),
        f"new        {made.folder}: labs: {len(made.labs)}, no students, submissions or grades; term {made.name}",
    ]
