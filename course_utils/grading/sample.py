"""A sample class: submissions made from the student notebook, as students would make them.

Who is in the class stands beside each master, in ``solutions/<lab>/sample_class.py``: that file knows answers, so it
is never handed out. This module only fills answers into cells and lets accidents happen.
"""

import importlib.util
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import nbformat
from nbformat import NotebookNode

from course_utils.cells import Region, grade_id
from course_utils.course import MASTERS, RELEASED, CourseError
from course_utils.masters import master_path, read_master

SEPARATOR = "__"  # between student id and notebook in the name of a file that was handed in


@dataclass(frozen=True)
class Sample:
    """One student of the sample class.

    Parameters
    ----------
    name
        Student id.
    about
        What this submission is there to show.
    answers
        Cell sources by grade_id. Cells that are not named stay as they were released.
    own_id
        What the student writes into the start cell.
    accident
        Done to the finished notebook; may change it in place or return another file content.
    file_name
        Name of the notebook that is handed in, without ending; the lab's own name if None.
    loses
        For each check that does not earn full points: what it earns, and the misconceptions found.
    zero_because
        A word of the stated reason where nothing could be graded.
    note
        A word of the note that intake writes.
    """

    name: str
    about: str
    answers: Mapping[str, str]
    own_id: str = ""
    accident: Callable[[NotebookNode], str | None] | None = None
    file_name: str | None = None
    loses: Mapping[str, tuple[float, tuple[str, ...]]] = field(default_factory=dict)
    zero_because: str = ""
    note: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether the answers alone decide what comes out: nothing happened to the notebook, and it can be graded."""
        return not self.accident and not self.zero_because

    @property
    def is_endless(self) -> bool:
        """Whether an answer never ends, so that a limit decides how long it takes."""
        return "endless" in self.about


def by_check(loses: Mapping[str, tuple[float, tuple[str, ...]]]) -> dict[str, tuple[float, tuple[str, ...]]]:
    """Return what is lost by exercise as what is lost by check, as `Sample` wants it."""
    return {f"{exercise}-check": lost for exercise, lost in loses.items()}


def nothing_for(exercises: Iterable[str]) -> dict[str, tuple[float, tuple[str, ...]]]:
    """Return what a student loses who earns nothing for exercises, and is told no misconception."""
    return by_check(dict.fromkeys(exercises, (0, ())))


def changed(source: str, before: str, after: str) -> str:
    """Return source with one thing changed; AssertionError if it is not there exactly once."""
    assert source.count(before) == 1, (before, source)
    return source.replace(before, after)


def load_class(root: Path, lab: str) -> list[Sample]:
    """Return the sample class of a lab.

    Raises
    ------
    CourseError
        If the lab has none.
    """
    path = root / MASTERS / lab / "sample_class.py"
    if not path.is_file():
        raise CourseError(f"{lab} has no sample class: {path.relative_to(root)} is missing.")
    samples: list[Sample] = _import(path).make_class(model_answers(root, lab))
    return samples


def own_answers(root: Path, lab: str, student: str) -> dict[str, str]:
    """Return the right answers to a student's own questions, as cell sources by grade_id; none where no class knows."""
    path = root / MASTERS / lab / "sample_class.py"
    worked_out = getattr(_import(path), "own_answers", None) if path.is_file() else None
    return dict(worked_out(student)) if worked_out else {}


def _import(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"sample_class_{path.parent.name}", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def model_answers(root: Path, lab: str) -> dict[str, str]:
    """Return the master's own solution cells by grade_id, without the markers."""
    cells = read_master(master_path(root, lab)).cells
    return {
        grade_id(cell): Region.SOLUTION.pattern.sub(lambda match: match[2].rstrip("\n"), cell.source)
        for cell in cells
        if Region.SOLUTION.begin in cell.source
    }


def hand_in(root: Path, lab: str, sample: Sample, folder: Path) -> Path:
    """Write what a student hands in, ``<student>__<notebook>.ipynb``, into a folder and return its path."""
    notebook = nbformat.read(root / RELEASED / lab / f"{lab}.ipynb", as_version=4)
    fill_in(notebook, sample)
    text = sample.accident(notebook) if sample.accident else None
    path = folder / f"{sample.name}{SEPARATOR}{sample.file_name or lab}.ipynb"
    path.write_text(nbformat.writes(notebook) if text is None else text, encoding="utf-8")
    return path


def fill_in(notebook: NotebookNode, sample: Sample) -> None:
    """Write a student's id and answers into a released notebook.

    Raises
    ------
    KeyError
        If an answer has no cell: the class and the lab have drifted apart.
    """
    cells = {grade_id(cell): cell for cell in notebook.cells if grade_id(cell)}
    for name, source in sample.answers.items():
        cells[name].source = source
    for cell in notebook.cells:
        if cell.source.strip() == 'student_id = ""':
            cell.source = f'student_id = "{sample.own_id}"'


# --- accidents


def find(notebook: NotebookNode, name: str) -> int:
    """Return the index of the cell with a grade_id."""
    return next(index for index, cell in enumerate(notebook.cells) if grade_id(cell) == name)


def delete_cell(name: str) -> Callable[[NotebookNode], None]:
    """Make an accident: the student deletes a cell."""
    return lambda notebook: notebook.cells.pop(find(notebook, name)) and None


def copy_cell(name: str, first: str) -> Callable[[NotebookNode], None]:
    """Make an accident: the student copies a solution cell, leaves ``first`` in the upper one, answers below."""

    def accident(notebook: NotebookNode) -> None:
        index = find(notebook, name)
        copy = nbformat.from_dict(notebook.cells[index])
        copy.id = f"{name}-copied"
        notebook.cells.insert(index + 1, copy)
        notebook.cells[index].source = first

    return accident


def add_cell(behind: str, source: str) -> Callable[[NotebookNode], None]:
    """Make an accident: the student adds a code cell behind another."""

    def accident(notebook: NotebookNode) -> None:
        notebook.cells.insert(find(notebook, behind) + 1, nbformat.v4.new_code_cell(source, id="added"))

    return accident


def truncate(notebook: NotebookNode) -> str:
    """Make an accident: the upload stopped half-way."""
    text: str = nbformat.writes(notebook)
    return text[: len(text) // 2]
