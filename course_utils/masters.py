"""Masters: lessons as they are written, ``solutions/<lab>/<lab>.py``, and the notebooks made from them."""

import ast
import os
import re
from collections import Counter
from hashlib import sha1
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from jupytext.config import load_jupytext_config
from nbformat import NotebookNode

from course_utils import files
from course_utils.cells import KERNELSPEC, Region, Role, grade_id, has_placeholder, is_check, nbgrader_settings, role
from course_utils.course import MASTERS, CourseError
from course_utils.lab_options import LabOptions

LONGEST_ID = 40
CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,60}")
KEBAB = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
NEEDED = ("grade", "grade_id", "locked", "schema_version", "solution")
FORBIDDEN_TAGS = {"raises-exception", "skip-execution"}
KEPT_METADATA = ("nbgrader", "tags")


def master_path(root: Path, lab: str) -> Path:
    """Return where a lab's master lies: a script in percent form, or a notebook where there is no script."""
    script = root / MASTERS / lab / f"{lab}.py"
    return script if script.exists() or not script.with_suffix(".ipynb").exists() else script.with_suffix(".ipynb")


def read_master(path: Path) -> NotebookNode:
    """Return a master as a notebook with ids that depend on its text only."""
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".ipynb":
            notebook = nbformat.reads(text, as_version=4)
        else:
            notebook = jupytext.reads(text, "py:percent", config=load_jupytext_config(str(path)))
    except Exception as error:
        raise CourseError(f"{path} cannot be read as a notebook: {error}") from error
    notebook, _ = tidy(notebook, {})
    return notebook


def tidy(nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
    """Make the notebook a function of the lesson's text alone.

    Jupyter draws cell ids at random and editors leave traces in the metadata; a released notebook would
    differ from machine to machine. A graded cell's id is its grade_id, so that a link to ``#output-size``
    works; any other's is a hash of its text. What nbgrader adds afterwards (locks, checksums) is kept.
    """
    nb.nbformat, nb.nbformat_minor = 4, 5
    nb.metadata = NotebookNode(kernelspec=NotebookNode(KERNELSPEC))
    seen: Counter[str] = Counter()
    for cell in nb.cells:
        kept = {key: cell.metadata[key] for key in KEPT_METADATA if key in cell.metadata}
        cell.metadata = NotebookNode(kept)

        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        name = grade_id(cell) or sha1(cell.source.encode()).hexdigest()[:8]
        name = name if CELL_ID.fullmatch(name) else sha1(name.encode()).hexdigest()[:8]
        seen[name] += 1
        cell.id = name if seen[name] == 1 else f"{name}-{seen[name]}"
    return nb, resources


def as_text(notebook: NotebookNode) -> str:
    """Return a notebook as it stands on the disk, in nbgrader's own form: indent 1, a last newline."""
    text: str = nbformat.writes(notebook)
    return text.rstrip("\n") + "\n"


def write_instructor_notebook(root: Path, lab: str) -> bool:
    """Make ``solutions/<lab>/<lab>.ipynb`` where it is missing or says something else; tell whether it was.

    A notebook with the same cells is left alone, so that what an author has run in it stays to be seen. Its
    time is the master's: jupytext refuses to open a pair whose notebook is the younger one.
    """
    master = master_path(root, lab)
    if master.suffix == ".ipynb":
        return False
    notebook, path = read_master(master), master.with_suffix(".ipynb")
    if path.exists() and _contents(path) == _cells(notebook):
        return False
    files.write(path, as_text(notebook))
    times = master.stat()
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    return True


def _contents(path: Path) -> list[Any] | None:
    try:
        return _cells(nbformat.read(path, as_version=4))
    except Exception:  # not a notebook any more: made anew
        return None


def _cells(notebook: NotebookNode) -> list[Any]:
    return [
        (cell.cell_type, cell.source, nbgrader_settings(cell), cell.metadata.get("tags")) for cell in notebook.cells
    ]


def graded_ids(notebook: NotebookNode) -> list[str]:
    """Return the ids of the cells that carry points, in their order."""
    return [grade_id(cell) for cell in notebook.cells if nbgrader_settings(cell).get("grade")]


def region_lines(notebook: NotebookNode, region: Region) -> list[str]:
    """Return the lines, stripped, of all regions of a kind."""
    bodies = [match[2] for cell in notebook.cells for match in region.pattern.finditer(cell.source)]
    return [line.strip() for body in bodies for line in body.splitlines() if line.strip()]


# --- lint -----------------------------------------------------------------------------------------


Problem = tuple[str, str]  # the rule, "" where it is nbgrader's own; and a sentence


def lint(notebook: NotebookNode, options: LabOptions | None = None) -> list[str]:
    """Return what is wrong with a master, one sentence each, naming the cell, and the rule if it is this package's.

    What nbgrader itself needs always holds; the rules of this package can be turned off in the lab's options.
    """
    holds, problems = (options or LabOptions()).holds, []
    for number, cell in enumerate(notebook.cells, start=1):
        name = f"cell {number} ({grade_id(cell) or _first_line(cell)})"
        found = [*_lint_any(cell), *(_lint_graded(cell) if "nbgrader" in cell.metadata else [])]
        problems += [(rule, f"{name}: {problem}") for rule, problem in found]
    problems += _lint_order(notebook)
    return [f"{said} (rule {rule})" if rule else said for rule, said in problems if not rule or holds(rule)]


def _first_line(cell: NotebookNode) -> str:
    line = next((line.strip() for line in cell.source.splitlines() if line.strip()), "empty")
    return line if len(line) <= 40 else line[:39] + "…"


def _lint_any(cell: NotebookNode) -> list[Problem]:
    problems: list[Problem] = [
        ("tag", f"the tag {tag!r} has no place in a master")
        for tag in cell.metadata.get("tags", [])
        if tag in FORBIDDEN_TAGS
    ]
    if cell.get("outputs"):
        problems.append(("", "it holds outputs"))
    for region, homes in ((Region.SOLUTION, (Role.SOLUTION, Role.ESSAY)), (Region.HIDDEN_TESTS, (Role.CHECK,))):
        if region.begin not in cell.source and region.end not in cell.source:
            continue
        if role(cell) not in homes:
            problems.append(("", f"a {region} region belongs into a {homes[0]} cell, this is a {role(cell)} cell"))
        rest = region.pattern.sub("", cell.source)
        inside = "".join(match[2] for match in region.pattern.finditer(cell.source))
        if any(mark in rest + inside for mark in (region.begin, region.end)):
            problems.append(("", f"### {region.begin} and ### {region.end} do not pair up"))
    return problems


def _lint_graded(cell: NotebookNode) -> list[Problem]:
    settings = cell.metadata["nbgrader"]
    missing = [key for key in NEEDED if key not in settings]
    if missing:
        return [("", f"its nbgrader settings lack {', '.join(missing)}")]
    problems: list[Problem] = []
    if not KEBAB.fullmatch(settings["grade_id"]) or len(settings["grade_id"]) > LONGEST_ID:
        problems.append(("kebab", f"a grade_id is kebab-case and at most {LONGEST_ID} characters long"))
    points = settings.get("points")
    if settings["grade"] and (isinstance(points, bool) or not isinstance(points, int | float) or points < 0):
        problems.append(("", "a graded cell has points, 0 or more"))
    if role(cell) == Role.SOLUTION:
        problems += _lint_solution(cell)
    elif is_check(cell):
        problems += _lint_check(cell)
    return problems


def _lint_solution(cell: NotebookNode) -> list[Problem]:
    regions = list(Region.SOLUTION.pattern.finditer(cell.source))
    if cell.cell_type != "code" or not regions:
        words = "a solution cell is code with its answer between ### BEGIN SOLUTION and ### END SOLUTION"
        return [("solution-cell", words)]
    rest = Region.SOLUTION.pattern.sub("", cell.source)
    bare = any(match[1] == "" for match in regions)
    try:
        if bare and has_placeholder(rest) and not _binds(rest):
            words = "an answer that stands unindented needs a placeholder above it, such as: answer = None"
            return [("placeholder", words)]
    except SyntaxError:
        return []  # a function body without its answer; the stub mends it
    return []


def _binds(source: str) -> bool:
    definitions = (ast.Assign, ast.AnnAssign, ast.FunctionDef, ast.ClassDef)
    return any(isinstance(statement, definitions) for statement in ast.parse(source).body)


def _lint_check(cell: NotebookNode) -> list[Problem]:
    if not cell.metadata["nbgrader"]["locked"]:
        return [("", "a check is locked")]
    for what, source in (
        ("it", cell.source),
        ("without its hidden tests it", Region.HIDDEN_TESTS.pattern.sub("", cell.source)),
    ):
        try:
            body = ast.parse(source).body
        except SyntaxError as error:
            return [("last-call", f"{what} is not Python: {error.msg} in line {error.lineno}")]
        if not body or not isinstance(body[-1], ast.Expr) or not isinstance(body[-1].value, ast.Call):
            words = f"{what} must end in the call of a check: nbgrader takes any other value for the score"
            return [("last-call", words)]
    return []


def _lint_order(notebook: NotebookNode) -> list[Problem]:
    problems: list[Problem] = []
    seen, waiting = set(), None
    for cell in notebook.cells:
        name, kind = grade_id(cell), role(cell)
        if not name:
            continue
        if name in seen:
            problems.append(("", f"{name}: this grade_id is there twice"))
        seen.add(name)
        if kind not in (Role.SOLUTION, Role.CHECK):
            continue
        if waiting and name != f"{waiting}-check":
            words = f"{waiting}: the next graded cell is {name}, it must be {waiting}-check"
            problems.append(("check-follows", words))
        elif kind == Role.CHECK and not waiting:
            problems.append(("check-follows", f"{name}: no solution cell stands above this check"))
        waiting = name if kind == Role.SOLUTION else None
    if waiting:
        problems.append(("check-follows", f"{waiting}: no check {waiting}-check follows"))
    return problems
