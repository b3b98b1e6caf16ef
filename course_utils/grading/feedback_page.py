"""How a feedback page is laid out: an index by exercise, then each exercise with its points, verdict and comments.

All else (the learner's answer, the text of the lesson, the text of a check) is folded, in the order of the notebook.
An exercise is what stands below a heading, as far as it holds a cell that gives points.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbgrader
from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket
from nbconvert import HTMLExporter, TemplateExporter
from nbconvert.filters.widgetsdatatypefilter import WidgetsDataTypeFilter
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from traitlets.config import Config

from course_utils import files
from course_utils.cells import grade_id, is_check, nbgrader_settings
from course_utils.course import folders
from course_utils.full_marks import Part, Total, add_up
from course_utils.grading.gradebook import read_settings
from course_utils.grading.lateness import Lateness
from course_utils.grading.reading import handed_in_as
from course_utils.grading.shortening import NOTICE
from course_utils.grading.totals import further_cells

OURS = Path(__file__).parent / "templates"
NBGRADERS = Path(nbgrader.__file__).parent / "server_extensions" / "formgrader" / "templates"
HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.+?)[ \t]*#*[ \t]*$", re.MULTILINE)
MARKS = re.compile(r"[*_`]|<[^>]*>|\]\([^)]*\)|!?\[")
LONGEST_TITLE = 150
FOLDED = "Your answer, and the text of the exercise"
WAITS = "not read yet"
NOTICES = ("reason", NOTICE)  # ids of cells that stand above everything


class Compiled(BytecodeCache):
    """Templates that were compiled in this process."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill in what is kept of a template."""
        if kept := self.kept.get((bucket.key, bucket.checksum)):
            bucket.bytecode_from_string(kept)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep a template."""
        self.kept[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


COMPILED = Compiled()
WITHOUT_WORDS = re.compile(r"<img\b(?![^>]*\balt=)")
NO_WORDS = '<img alt="No description has been provided for this image"'


class FeedbackExporter(HTMLExporter):
    """Makes feedback pages by the template of this package, which extends nbgrader's."""

    def __init__(self, config: Config | None = None, **options: Any) -> None:
        config = deepcopy(config or Config())
        theirs = config.HTMLExporter.get("extra_template_paths", [])
        config.FeedbackExporter.template_name = "course_feedback"
        config.FeedbackExporter.extra_template_basedirs = [str(OURS), str(NBGRADERS)]
        config.FeedbackExporter.exclude_input_prompt = config.FeedbackExporter.exclude_output_prompt = True  # all "[ ]"
        config.FeedbackExporter.extra_template_paths = [*theirs, str(NBGRADERS)]
        super().__init__(config=config, **options)  # type: ignore[no-untyped-call]

    def _create_environment(self) -> Environment:
        """Let templates be compiled once, not once a page."""
        made: Environment = super()._create_environment()  # type: ignore[no-untyped-call]
        made.bytecode_cache = COMPILED
        return made

    def from_notebook_node(  # type: ignore[override]  # nbconvert's own says that a page is a notebook
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **options: Any
    ) -> tuple[str, dict[str, Any]]:
        """Return a page as nbconvert makes it, without reading all of its HTML once more to find pictures."""
        resources = self._init_resources(resources)  # type: ignore[no-untyped-call]
        kinds = WidgetsDataTypeFilter(notebook_metadata=self._nb_metadata, parent=self, resources=resources)
        self.register_filter("filter_data_type", kinds)  # type: ignore[no-untyped-call]
        page, resources = TemplateExporter.from_notebook_node(self, nb, resources, **options)
        return WITHOUT_WORDS.sub(NO_WORDS, page), resources


def name_as_handed_in(assignment: str, student: str, notebooks: list[str]) -> None:
    """Lay a page a second time beside itself, under the name that the student gave the notebook.

    Called by nbgrader after it has made a page. Its exchange brings a page to a student under the name of a notebook
    that the student has.
    """
    del student  # nbgrader hands over its pattern, not the student
    for notebook in map(Path, notebooks):
        who, root = notebook.parts[-3], notebook.resolve().parents[3]
        name = handed_in_as(root, assignment, who)
        page = root / folders(root).feedback / who / assignment / f"{notebook.stem}.html"
        if name != notebook.stem == assignment and page.is_file():
            files.write(page.with_name(f"{name}.html"), page.read_bytes())


@dataclass
class Section:
    """What stands below one heading.

    Parameters
    ----------
    title
        The heading's words.
    cells
        In the order of the notebook.
    number
        Of the section on its page.
    """

    title: str
    cells: list[NotebookNode] = field(default_factory=list)
    number: int = 0

    @property
    def graded(self) -> bool:
        """Whether it holds a cell that gives points."""
        return any(_gives_points(cell) for cell in self.cells)

    @property
    def score(self) -> float:
        """The points that were earned."""
        return sum(float(nbgrader_settings(cell).get("score") or 0) for cell in self.cells if _gives_points(cell))

    @property
    def points(self) -> float:
        """The points that can be earned."""
        return sum(float(nbgrader_settings(cell).get("points") or 0) for cell in self.cells if _gives_points(cell))

    @property
    def further(self) -> bool:
        """Whether its points go beyond the core."""
        return any(cell.metadata.get("course_further", False) for cell in self.cells if _gives_points(cell))

    @property
    def verdict(self) -> str:
        """What its checks say, each word once; of an answer that a person has yet to look at, that."""
        found = [cell.metadata.get("course", {}).get("verdict", "") for cell in self.cells if is_check(cell)]
        found += [WAITS for cell in self.cells if cell.metadata.get("course_waits") and not is_check(cell)]
        return ", ".join(dict.fromkeys(filter(None, found)))


def lay_out(notebook: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
    """Put a notebook into sections, as the last of nbgrader's preprocessors: points and comments are in it by then."""
    resources["course_notices"] = [cell.source for cell in notebook.cells if cell.get("id") in NOTICES]
    sections = sections_of([cell for cell in notebook.cells if cell.get("id") not in NOTICES])
    paid = [cell for section in sections for cell in section.cells if _gives_points(cell)]
    waiting, resources["course_late"] = _in_the_gradebook(resources)
    for cell in paid:
        cell.metadata["course_waits"] = grade_id(cell) in waiting
    resources["course_waiting"] = sum(waiting.values())
    resources["course_total"] = _total(paid, resources)
    resources["course_sections"] = sections
    notebook.cells = [cell for section in sections for cell in _placed(section)]
    return notebook, resources


def _total(cells: Sequence[NotebookNode], resources: Any) -> Total:
    """Return what cells are worth together: what goes further is what the released notebook says, not the student's."""
    folder = Path(resources["metadata"]["path"]).resolve()
    further, name = further_cells(folder.parents[2], folder.name), resources["metadata"]["name"]
    for cell in cells:
        cell.metadata["course_further"] = (name, grade_id(cell)) in further
    settings = ((nbgrader_settings(cell), cell.metadata["course_further"]) for cell in cells)
    return add_up(Part(float(one.get("score") or 0), float(one.get("points") or 0), beyond) for one, beyond in settings)


def _in_the_gradebook(resources: Any) -> tuple[dict[str, float], str]:
    """Return what a person has yet to give points for, with how many, and the date: when it was due, how late it came.

    "" where it has no date.
    """
    here, root = resources.get("nbgrader"), Path(resources["metadata"]["path"]).resolve().parents[2]
    if not here:  # whoever lays a page out without nbgrader has no gradebook
        return {}, ""
    with Gradebook(here["db_url"]) as book:
        notebook = book.find_submission_notebook(resources["metadata"]["name"], here["assignment"], here["student"])
        waiting = {grade.name: grade.max_score for grade in notebook.grades if grade.needs_manual_grade}
        due = notebook.assignment.duedate is not None
        return waiting, Lateness(root, read_settings(root)).said(notebook.assignment) if due else ""


def sections_of(cells: Iterable[NotebookNode]) -> list[Section]:
    """Return the sections of a page: one for each exercise, and what stands between two exercises."""
    found = [Section("")]
    for cell in cells:
        title = _title(cell)
        if title and (found[-1].graded or found[-1].cells):
            found.append(Section(title))
        elif title:
            found[-1].title = title
        found[-1].cells.append(cell)
    joined: list[Section] = []
    for section in found:
        if joined and not section.graded and not joined[-1].graded:
            joined[-1].cells += section.cells
        else:
            joined.append(section)
    for number, section in enumerate(joined, start=1):
        section.number, section.title = number, section.title or _name(section)
    return [section for section in joined if section.cells]


def _name(section: Section) -> str:
    """Return what an exercise without a heading is called: by its first cell that gives points."""
    return next((grade_id(cell) for cell in section.cells if _gives_points(cell)), "")


def _title(cell: NotebookNode) -> str:
    """Return the words of the last of the largest headings in a cell of the lesson, "" if there is none."""
    if cell.cell_type != "markdown" or nbgrader_settings(cell).get("solution"):
        return ""
    found = HEADING.findall(cell.source)
    if not found:
        return ""
    largest = min(len(marks) for marks, _ in found)
    words = next(text for marks, text in reversed(found) if len(marks) == largest)
    return " ".join(MARKS.sub("", words).split())[:LONGEST_TITLE]


def _gives_points(cell: NotebookNode) -> bool:
    settings = nbgrader_settings(cell)
    return bool(settings.get("grade") or settings.get("task"))


def _stays_open(cell: NotebookNode) -> bool:
    """Tell whether a cell is shown at once: it has points, or a person has written something to it."""
    return _gives_points(cell) or bool(nbgrader_settings(cell).get("comment"))


def _placed(section: Section) -> Iterator[NotebookNode]:
    """Yield a section's cells, those that stay open first, each with a note of what the template opens and closes."""
    shown = [cell for cell in section.cells if section.graded and _stays_open(cell)]
    folded = [cell for cell in section.cells if not any(cell is one for one in shown)]
    for cell in [*shown, *folded]:
        cell.metadata["course_page"] = NotebookNode(check=is_check(cell))
    first, last = [*shown, *folded][0], [*shown, *folded][-1]
    about = {name: getattr(section, name) for name in ("number", "title", "graded", "score", "points")}
    first.metadata.course_page.update(about | {"opens": True})
    last.metadata.course_page["closes"] = True
    if folded:
        folded[0].metadata.course_page["folds"] = (
            FOLDED if section.graded else section.title or "The text of the lesson"
        )
        folded[-1].metadata.course_page["unfolds"] = True
    yield from shown
    yield from folded
