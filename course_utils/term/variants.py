"""``course variants LAB --student ID``: what a student was asked, and what is right.

The question is drawn as the lesson draws it. What is right is worked out by ``own_answers`` in the lab's
``sample_class.py``, which counts where the lesson has a formula, and shown to the lab's own check first.
"""

import importlib
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from course_utils.cells import Region, grade_id, is_check
from course_utils.course import CourseError, folders
from course_utils.grading.alignment import Unreadable, read_cells
from course_utils.grading.reading import read_submission
from course_utils.grading.sample import own_answers
from course_utils.handing_in import ID_CELL
from course_utils.judging.choices import Sheet
from course_utils.judging.exercise import Exercise
from course_utils.judging.protocol.verdicts import CheckFailed, Credit, NotAttempted
from course_utils.judging.variants import STUDENT_ID
from course_utils.masters import master_path, read_master

DRAWS = re.compile(r"^lab = (\w+)\.for_student\(student_id(?:, term=[\"']([^\"']*)[\"'])?\)$", re.M)


@dataclass
class Asked:
    """One exercise with numbers of a student's own.

    Parameters
    ----------
    exercise
        Its grade_id.
    question
        As the student reads it.
    right
        An answer that is right, as its cell would have it; "" where only the master knows one.
    doubt
        Why the answer cannot be relied upon; "" if the lab's own check has taken it.
    """

    exercise: str
    question: str
    right: str = ""
    doubt: str = ""


@dataclass
class Variant:
    """What a student was asked in a lab.

    Parameters
    ----------
    lab, student
        Names of both.
    drawn_from
        The id whose numbers they are: the notebook's, where it says another one.
    term
        The term that the master names.
    asked, shared
        Exercises with numbers of their own, and those that are the same for everybody.
    """

    lab: str
    student: str
    drawn_from: str
    term: str = ""
    asked: list[Asked] = field(default_factory=list)
    shared: list[str] = field(default_factory=list)


def look(root: Path, lab: str, student: str) -> Variant:
    """Return what a student was asked in a lab, and what is right.

    Raises
    ------
    CourseError
        If it is no id, or the lab draws no numbers.
    """
    if not STUDENT_ID.fullmatch(student):
        raise CourseError(
            f"A student id is up to 64 letters, digits and . _ @ -, starting with a letter or digit; not {student!r}."
        )
    master = read_master(master_path(root, lab))
    found = next((match for cell in master.cells if (match := DRAWS.search(cell.source))), None)
    if found is None:
        raise CourseError(f"{lab} draws no numbers: everybody is asked the same.")
    module, term = found[1], found[2] or ""
    whose = _id_in_notebook(root, lab, student)
    whose = student if whose is None else whose
    exercises = importlib.import_module(f"course_utils.labs.{module}").for_student(whose, term=term)
    by_id = {one.id: one for name in dir(exercises) if isinstance(one := getattr(exercises, name), Exercise)}
    right, made = own_answers(root, lab, whose), Variant(lab, student, whose, term)
    checks = _checks(master)
    for cell in master.cells:
        one = by_id.pop(grade_id(cell), None)
        if one is None:
            continue
        if one.question is None and not isinstance(one.text(), Sheet):
            made.shared.append(one.id)
            continue
        answer = right.get(one.id, "")
        doubt = _doubt(answer, checks.get(one.id, ""), exercises) if answer else ""
        made.asked.append(Asked(one.id, str(one.text()), answer, doubt))
    return made


def _id_in_notebook(root: Path, lab: str, student: str) -> str | None:
    """Return the id in what a student handed in; None if nothing was, or nothing says one."""
    if not (root / folders(root).submitted / student / lab).is_dir():
        return None
    try:
        cells, _ = read_cells(read_submission(root, lab, student).notebook or b"")
        sources = ["".join(cell["source"]) for cell in cells if cell.get("cell_type") == "code"]
    except (Unreadable, TypeError, KeyError):
        return None
    found = next((match for source in sources if (match := ID_CELL.search(source))), None)
    said = found[2].strip() if found else ""
    return said if STUDENT_ID.fullmatch(said) else None


def _checks(master: NotebookNode) -> dict[str, str]:
    """Return what students see of each check, by the exercise's grade_id."""
    return {
        grade_id(cell).removesuffix("-check"): Region.HIDDEN_TESTS.pattern.sub("", cell.source)
        for cell in master.cells
        if is_check(cell)
    }


def _doubt(answer: str, check: str, exercises: Any) -> str:
    """Show an answer to the lab's own check; return why it is not taken."""
    names: dict[str, Any] = {"lab": exercises}
    try:
        exec(answer, names)  # the course's own: it stands in the sample class
        *_, last = [line for line in check.splitlines() if line.strip()]
        found = eval(last, names)
    except (CheckFailed, NotAttempted) as error:
        return f"its check does not take it: {str(error).splitlines()[0]}"
    except Exception as error:  # its check wants more than this cell, such as a function of the notebook's
        return f"its check could not look at it here: {type(error).__name__}"
    share = found.share if isinstance(found, Credit) else 1.0
    return "" if share == 1 else f"its check gives {share:.0%} for it"


def lines_of(made: Variant) -> list[str]:
    """Return what was asked and what is right, in lines."""
    term = f", term {made.term}" if made.term else ""
    lines = [f"{made.lab}, {made.student}{term}"]
    if made.drawn_from != made.student:
        lines.append(f"The notebook says {made.drawn_from!r}: these are that id's numbers.")
    for one in made.asked:
        lines += ["", f"{one.exercise}", *_indented(one.question)]
        lines += ["  right:", *_indented(one.right, 4)] if one.right else ["  right: see the master"]
        lines += [f"  look at it: {one.doubt}"] if one.doubt else []
    if made.shared:
        lines += ["", f"The same for everybody: {', '.join(made.shared)}"]
    return lines


def _indented(text: str, by: int = 2) -> list[str]:
    return [f"{' ' * by}{line}".rstrip() for line in text.strip().splitlines()]
