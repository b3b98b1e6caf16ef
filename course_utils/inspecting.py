"""Looking a learner's notebook over before it is handed in: what is missing, edited, unanswered, and how to mend it.

Nothing is run here. What was handed out (:mod:`course_utils.reference`) is what a notebook is compared with, wherever
the notebook lies.
"""

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course_utils import files, reference, workplace
from course_utils.cells import KERNELSPEC, grade_id, is_check, is_solution, nbgrader_settings
from course_utils.course import RELEASED, CourseError, find_root

LARGE = 5_000_000  # bytes: many upload forms take no more than some of these
PUT_BACK = "Put lost cells back"  # what the button on the start page is called
HOW_TO_PUT_BACK = f"“{PUT_BACK}” on the start page, or course doctor LAB --mend"
ENOUGH_IN_COMMON = 0.5  # of the graded cells, so that a renamed notebook is recognised


@dataclass(frozen=True)
class Diagnosis:
    """One thing that was looked at. ``mend`` is empty where all is well; an ``optional`` thing may stay as it is."""

    what: str
    mend: str = ""
    optional: bool = False

    @property
    def well(self) -> bool:
        """Tell whether nothing is to be done."""
        return self.optional or not self.mend

    def __str__(self) -> str:
        mark = "note" if self.well and self.mend else "ok" if self.well else "wrong"
        return f"{mark:<7}{self.what}" + (f"\n{'':7}{self.mend}" if self.mend else "")


@dataclass(frozen=True)
class Pair:
    """A learner's notebook and the one it was made from."""

    path: Path
    original: Path
    notebook: Any
    reference: Any

    @property
    def names(self) -> dict[str, str]:
        """What each graded cell is called in a sentence, by its id."""
        entries = reference.entries_in(reference.read_cells(self.original))
        found = {name: entry.full for name, entry in entries.items()}
        return found | {f"{name}-check": f"the check of {entry.called}" for name, entry in entries.items()}


def read_pair(path: Path) -> Pair:
    """Read a learner's notebook, and the reference it was made from.

    Raises
    ------
    CourseError
        If it cannot be read, belongs to no lab, or is the reference itself.
    """
    notebook = read_notebook(path)
    original = _find_original(path, notebook)
    if original.resolve() == path.resolve():
        raise CourseError(f"{path} is the notebook that is handed out. Work on a copy: course lab lays one out.")
    return Pair(path, original, notebook, read_notebook(original))


def read_notebook(path: Path) -> Any:
    """Return a notebook as nbformat has it, or raise with what is wrong with the file."""
    import nbformat

    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except FileNotFoundError:
        raise CourseError(f"There is no file {path}.") from None
    except IsADirectoryError:
        raise CourseError(f"{path} is a folder; name a notebook in it.") from None
    except nbformat.reader.NotJSONError:
        what = f"{path} is not a notebook, or a damaged one: what is in it is no JSON."
        raise CourseError(f"{what} {_how_to_get_back(path)}") from None
    except (OSError, nbformat.ValidationError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CourseError(f"{path} is not a notebook that Jupyter can read: {reason}") from error
    except Exception as error:  # whatever nbformat stumbles over
        raise CourseError(f"{path} is not a notebook, or a damaged one. {_how_to_get_back(path)}") from error
    return notebook


def _how_to_get_back(damaged: Path) -> str:
    """Say where a notebook still is as it was last saved, or else how to come by a fresh one."""
    earlier = workplace.checkpoint_path(damaged)
    if earlier.is_file():
        return f"As you last saved it with Ctrl+S it is here; copy that to its place: {earlier}"
    return "Rename or move it; course lab then lays out a fresh one."


def _find_original(path: Path, notebook: Any) -> Path:
    """Return the reference by the notebook's name, unless its graded cells are those of another."""
    candidates, mine = list(_originals(path)), set(graded(notebook))
    named = next((one for one in candidates if one.name == path.name), None)
    for one in [named, *candidates] if named else candidates:
        theirs = {grade_id(cell) for cell in reference.read_cells(one)} - {""}
        if len(mine & theirs) > ENOUGH_IN_COMMON * len(theirs):
            return one
    if named:
        return named
    raise CourseError(f"{path.name} is none of the course's notebooks; keep the name it was handed out with.")


def _originals(path: Path) -> Iterator[Path]:
    """Yield the reference notebooks, first those of the course in which the notebook or the user is."""
    for start in (path.resolve().parent, Path.cwd()):
        try:
            yield from sorted((find_root(start) / RELEASED).glob("*/*.ipynb"))
        except CourseError:
            continue
    yield from (reference.path_of(lab) for lab in reference.labs())


def graded(notebook: Any) -> dict[str, Any]:
    """Return a notebook's cells by grade_id; of copies the last one, which is the one that counts."""
    return {grade_id(cell): cell for cell in notebook.cells if grade_id(cell)}


# --- what there is to say


def look_over(pair: Pair) -> list[Diagnosis]:
    """Return what there is to say of a notebook without running it."""
    return [*_file(pair), *_kernel(pair), *_cells(pair), *_answers(pair), *_outputs(pair)]


def _file(pair: Pair) -> Iterator[Diagnosis]:
    size = pair.path.stat().st_size
    if pair.path.name != pair.original.name:
        yield Diagnosis(
            f"the file is called {pair.path.name}",
            f"Rename it to {pair.original.name}, or let the start page, or course submit, make the file to hand in.",
        )
    if size > LARGE:
        yield Diagnosis(
            f"the file has {size / 1e6:.0f} MB",
            "In JupyterLab: Edit, Clear Outputs of All Cells; then save. Outputs are not graded.",
        )


def _kernel(pair: Pair) -> Iterator[Diagnosis]:
    name = pair.notebook.metadata.get("kernelspec", {}).get("name")
    if name != KERNELSPEC["name"]:
        yield Diagnosis(
            f"the notebook asks for the kernel {name!r}",
            "In JupyterLab: Kernel, Change Kernel, Python 3 (ipykernel); then save.",
        )


def _cells(pair: Pair) -> Iterator[Diagnosis]:
    """Say which graded cells are missing, there twice, or changed though they are locked."""
    mine, theirs, found = graded(pair.notebook), graded(pair.reference), 0
    counts = Counter(grade_id(cell) for cell in pair.notebook.cells)
    for name, cell in theirs.items():
        for what, mend in _faults_of(name, cell, mine, counts[name]):
            found += 1
            yield Diagnosis(f"{pair.names.get(name, f'the cell {name}')}: {what}", mend)
    if not found:
        yield Diagnosis(f"all {len(theirs)} graded cells are there, once each, and the checks unchanged")


def lost(pair: Pair) -> list[str]:
    """Return what the graded cells are called that are missing, as the learner knows them."""
    mine = graded(pair.notebook)
    return [pair.names.get(name, f"the cell {name}") for name in graded(pair.reference) if name not in mine]


def _faults_of(name: str, cell: Any, mine: dict[str, Any], count: int) -> Iterator[tuple[str, str]]:
    if name not in mine:
        yield "its cell is missing", f"Put it back as it was handed out: {HOW_TO_PUT_BACK}."
        return
    if count > 1:
        yield (
            f"its cell is there {count} times",
            "Only the last copy counts: see that it is the right one, and delete the others.",
        )
    if cell.cell_type != mine[name].cell_type:
        yield f"its cell is a {mine[name].cell_type} cell now", f"Change its type back: {HOW_TO_PUT_BACK}."
    elif nbgrader_settings(cell).get("locked") and mine[name].source != cell.source:
        yield "its cell was edited", f"Grading takes the original in any case. Put it back: {HOW_TO_PUT_BACK}."


def _answers(pair: Pair) -> Iterator[Diagnosis]:
    """Say which answers are still the text that was handed out, and which are no Python."""
    mine, empty = graded(pair.notebook), unanswered(pair)
    if empty:
        yield Diagnosis(
            f"not answered yet: {'; '.join(empty)}", "Answer them, or hand in without: they give no points."
        )
    else:
        yield Diagnosis("every exercise has an answer")
    for name, cell in graded(pair.reference).items():
        if is_solution(cell) and cell.cell_type == "code" and name in mine and (line := _no_python(mine[name].source)):
            yield Diagnosis(f"{pair.names[name]}: line {line} is not Python", "Run that cell and read what it says.")


def unanswered(pair: Pair) -> list[str]:
    """Return what the exercises are called whose answer is still the text that was handed out, or is not there."""
    mine = graded(pair.notebook)
    return [
        pair.names[name]
        for name, cell in graded(pair.reference).items()
        if is_solution(cell) and (name not in mine or mine[name].source.strip() == cell.source.strip())
    ]


def _no_python(source: str) -> int:
    """Return the line at which a cell stops being Python; 0 if it does not. Magic commands are left out."""
    lines = ["pass" if line.lstrip().startswith(("%", "!")) else line for line in source.split("\n")]
    try:
        ast.parse("\n".join(lines))
    except SyntaxError as error:
        return error.lineno or 1
    except ValueError:
        return 1
    return 0


def _outputs(pair: Pair) -> Iterator[Diagnosis]:
    """Say which checks were not run since their answer was: what the notebook shows of them is out of date."""
    mine, stale = graded(pair.notebook), []
    for name, cell in graded(pair.reference).items():
        check, answer = mine.get(name), mine.get(name.removesuffix("-check"))
        if is_check(cell) and check is not None and answer is not None and _is_stale(check, answer):
            stale.append(pair.names[name])
    if stale:
        what = f"not run since the answer was: {'; '.join(stale)}"
        yield Diagnosis(what, "Kernel, Restart Kernel and Run All Cells; then save.", optional=True)


def _is_stale(check: Any, answer: Any) -> bool:
    ran, answered = check.get("execution_count"), answer.get("execution_count")
    return answered is not None and (ran is None or ran < answered)


# --- mending


def mend(pair: Pair) -> list[str]:
    """Put back what was lost or edited of the cells that are not the learner's, and write the notebook.

    The notebook as it was is kept beside it. Returns sentences on what was done; none if there was nothing to do.
    """
    done, cells = [], pair.notebook.cells
    mine, order = graded(pair.notebook), list(graded(pair.reference))
    for place, cell in enumerate(pair.reference.cells):
        name = grade_id(cell)
        if not name:
            continue
        if name not in mine:
            cells.insert(_place_for(cells, order[: order.index(name)], pair.reference.cells[:place]), cell)
            done.append(f"put back: {pair.names.get(name, f'the cell {name}')}")
        elif _is_to_be_restored(cell, mine[name]):
            _restore(cell, mine[name])
            done.append(f"as it was handed out again: {pair.names.get(name, f'the cell {name}')}")
    if pair.notebook.metadata.get("kernelspec", {}).get("name") != KERNELSPEC["name"]:
        pair.notebook.metadata["kernelspec"] = dict(KERNELSPEC)
        done.append("the kernel is Python 3 (ipykernel) again")
    if done:
        _write(pair, done)
    return done


def _is_to_be_restored(cell: Any, mine: Any) -> bool:
    if cell.cell_type != mine.cell_type:
        return True
    return bool(nbgrader_settings(cell).get("locked")) and (
        mine.source != cell.source or nbgrader_settings(mine) != nbgrader_settings(cell)
    )


def _restore(cell: Any, mine: Any) -> None:
    if nbgrader_settings(cell).get("locked"):
        mine.source = cell.source
    mine.cell_type, mine.metadata["nbgrader"] = cell.cell_type, cell.metadata["nbgrader"]
    if cell.cell_type == "code":
        mine.setdefault("outputs", [])
        mine.setdefault("execution_count", None)
    else:
        mine.pop("outputs", None)
        mine.pop("execution_count", None)


def _place_for(cells: list[Any], before: list[str], text_before: list[Any]) -> int:
    """Return where a lost cell belongs: behind the text that stood above it, else behind the last graded cell above."""
    above = text_before[-1].source if text_before else None
    for place, cell in enumerate(cells):
        if cell.source == above:
            return place + 1
    known = set(before)
    return max((place + 1 for place, cell in enumerate(cells) if grade_id(cell) in known), default=len(cells))


def _write(pair: Pair, done: list[str]) -> None:
    import nbformat

    kept = pair.path.with_name(f"{pair.path.stem} (before mending).ipynb")
    number = 2
    while kept.exists():
        kept = pair.path.with_name(f"{pair.path.stem} (before mending {number}).ipynb")
        number += 1
    files.write(kept, pair.path.read_bytes())
    if pair.notebook.nbformat_minor < 5:  # cells had no ids then
        for cell in pair.notebook.cells:
            cell.pop("id", None)
    files.write(pair.path, nbformat.writes(pair.notebook) + "\n")
    done.append(f"your notebook as it was is kept: {kept.name}")
