"""A lab without its lessons: the first cell, the start cell, answers and checks, and what answers stand on."""

import json
import symtable
from functools import cache
from pathlib import Path

from lesson import class_of, master_of

from course_utils.course import find_root
from course_utils.demo import labs_with_a_class
from course_utils.grading.job import Bundle

ROOT = find_root(Path(__file__))
START = 'student_id = ""'


def id_of(cell: dict) -> str:
    """Return a cell's grade_id, or ""."""
    return cell.get("metadata", {}).get("nbgrader", {}).get("grade_id", "")


def text_of(cell: dict) -> str:
    """Return a cell's text."""
    return "".join(cell["source"])


@cache
def _text(lab: str) -> str:
    return (ROOT / "notebooks" / lab / f"{lab}.ipynb").read_text(encoding="utf-8")


def whole(lab: str) -> dict:
    """Return the released notebook of a lab."""
    return json.loads(_text(lab))


def released(lab: str) -> dict:
    """Return the released notebook of a lab, without its lessons."""
    return json.loads(_shortened(lab))


@cache
def _shortened(lab: str) -> str:
    notebook = whole(lab)
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code" or id_of(cell)]
    needed = _given_by_the_lesson(lab, cells)
    notebook["cells"] = [cell for index, cell in enumerate(cells) if id_of(cell) or index in needed]
    return json.dumps(notebook)


def _given_by_the_lesson(lab: str, cells: list[dict]) -> set[int]:
    """Return which ordinary cells are needed: the first, the start cell, those that bind what answers use.

    Answers are the lab's own and those of its sample class.
    """
    answers = {id_of(cell): cell.source for cell in master_of(lab).cells if id_of(cell)}
    students = class_of(lab) if lab in labs_with_a_class(ROOT) else []
    needed = {next(index for index, cell in enumerate(cells) if cell["cell_type"] == "code")}
    wanted: set[str] = set()
    for index in reversed(range(len(cells))):
        cell, name = cells[index], id_of(cells[index])
        if cell["cell_type"] != "code":
            continue
        used, bound = _names(answers.get(name) or text_of(cell))
        used = used.union(*(_names_used(student.answers.get(name, "")) for student in students))
        if name or index in needed or bound & wanted or text_of(cell).strip() == START:
            needed |= set() if name else {index}
            wanted = (wanted - bound) | (used - bound)
    return needed


def _names_used(source: str) -> set[str]:
    try:
        return _names(source)[0]
    except SyntaxError:  # as somebody in the class hands in
        return set()


def _names(source: str) -> tuple[set[str], set[str]]:
    """Return the global names that a cell uses, and those that it binds."""
    tables = [symtable.symtable(source, "<cell>", "exec")]
    used = {symbol.get_name() for symbol in tables[0].get_symbols() if symbol.is_referenced()}
    bound = {symbol.get_name() for symbol in tables[0].get_symbols() if symbol.is_assigned() or symbol.is_imported()}
    while tables:
        table = tables.pop()
        used |= {symbol.get_name() for symbol in table.get_symbols() if symbol.is_global()}
        tables += table.get_children()
    return used, bound


def filled(lab: str, answers: dict[str, str], own_id: str = "") -> dict:
    """Return the notebook with answers by grade_id and a student's id in it."""
    notebook = released(lab)
    for cell in notebook["cells"]:
        cell["source"] = answers.get(id_of(cell), cell["source"])
        if text_of(cell).strip() == START:
            cell["source"] = f'student_id = "{own_id}"'
    return notebook


def packed(notebook: dict) -> bytes:
    """Return a notebook as bytes."""
    return json.dumps(notebook).encode()


def bundle(lab: str) -> Bundle:
    """Return what the lab's checks are, hidden tests included."""
    texts = {id_of(cell): cell.source for cell in master_of(lab).cells if id_of(cell)}
    cells = []
    for cell in released(lab)["cells"]:
        about, name = cell["metadata"].get("nbgrader", {}), id_of(cell)
        cells.append(
            {
                "cell_type": cell["cell_type"],
                "source": texts[name] if about.get("locked") else text_of(cell),
                "grade_id": name,
                "points": float(about.get("points", 0)),
                **{key: about.get(key, False) for key in ("grade", "solution", "locked")},
            }
        )
    return Bundle(lab, cells)
