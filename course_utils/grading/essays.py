"""Finding what a student wrote to a question that a person grades, wherever it stands.

An essay's cell may have lost its grade_id (a notebook that went through another editor), may have been deleted, or may
be as it was handed out with the answer in the cell below. What a student wrote between the cells of the release that
stand above and below the question is then taken for the answer. Nobody gets zero points for an essay because of where
it stands: what is found, and where nothing is found the question without its cell, waits for a person.
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from course_utils.grading.job import Attachments, ReleasedCell

PICTURES = ("image/png", "image/jpeg", "image/gif")
MOST_PICTURES = 10  # in one cell
LARGEST_PICTURE = 4 << 20  # letters
LEAST_WORDS = 3  # of a code cell that is prose
GONE = "its cell is not in the notebook"
BESIDE = "it was written in another cell"
SEVERAL = "its cell is there several times, with different texts"
PASTED = "a picture was pasted into it"


@dataclass
class Piece:
    """A cell of a student's, as far as it is looked at here.

    Parameters
    ----------
    name
        Its grade_id, "" if it has none.
    source, cell_type, attachments
        What is in it.
    """

    name: str
    source: str
    cell_type: str
    attachments: Attachments = field(default_factory=dict)


@dataclass
class Essay:
    """What was found for one question.

    Parameters
    ----------
    source, attachments
        The answer.
    waits
        Why a person has to look at it; "" if nbgrader's own rule says all there is to say.
    taken
        Places of the student's cells that are part of it now.
    """

    source: str
    attachments: Attachments
    waits: str = ""
    taken: list[int] = field(default_factory=list)


def pictures_of(cell: dict[str, Any]) -> Attachments:
    """Return the pictures that were pasted into a cell, as far as they are some."""
    attached = cell.get("attachments")
    found: Attachments = {}
    for name, data in attached.items() if isinstance(attached, dict) else ():
        kinds = data.items() if isinstance(data, dict) and isinstance(name, str) else ()
        good = {kind: text for kind, text in kinds if kind in PICTURES and _is_base64(text)}
        if good and len(found) < MOST_PICTURES:
            found[name[:200].encode("utf-8", "replace").decode()] = good
    return found


def _is_base64(text: object) -> bool:
    return isinstance(text, str) and len(text) <= LARGEST_PICTURE and text.isascii() and "<" not in text


def find_essays(released: Sequence[ReleasedCell], pieces: Sequence[Piece]) -> dict[str, Essay]:
    """Return what a student wrote to each question that a person grades, by grade_id.

    Parameters
    ----------
    released
        The cells of the release, in order.
    pieces
        All cells of the student's, in order.
    """
    places = _places(released, pieces)
    taken = {place for place in places.values() if place is not None}
    found: dict[str, Essay] = {}
    for number, cell in enumerate(released):
        if not (cell["grade"] and cell["solution"]):
            continue
        copies = [piece for piece in pieces if piece.name == cell["grade_id"]]
        essay = _essay(cell, copies, _beside(number, places, pieces, taken), pieces)
        taken |= set(essay.taken)
        found[cell["grade_id"]] = essay
    return found


def _essay(cell: ReleasedCell, copies: list[Piece], beside: list[int], pieces: Sequence[Piece]) -> Essay:
    """Return an essay: from its own cell, of which there may be copies, else from the cells beside it."""
    own = list({_normal(one.source): one for one in copies if _says_something(one.source, cell)}.values())
    pasted = {name: data for one in copies for name, data in one.attachments.items()}
    if own:
        several = len(own) > 1
        text = "\n\n".join(one.source for one in own) if several and cell["cell_type"] != "code" else own[-1].source
        return Essay(text, pasted, SEVERAL if several else "")
    blank = copies[-1].source if copies else ""
    if pasted:
        return Essay(blank, pasted, PASTED)
    written = [number for number in beside if _may_answer(pieces[number], cell)]
    if not written:
        is_there = bool(copies) or any(same(pieces[number].source, cell["source"]) for number in beside)
        return Essay(blank, {}, "" if is_there else GONE)
    if cell["cell_type"] == "code":  # its cells run where they stand
        return Essay(blank, {}, BESIDE)
    pictures = {name: data for number in written for name, data in pieces[number].attachments.items()}
    text = "\n\n".join(pieces[number].source.strip() for number in written)
    return Essay(text, pictures, BESIDE, written)


def _says_something(text: str, cell: ReleasedCell) -> bool:
    return bool(text.strip()) and not same(text, cell["source"])


def _may_answer(piece: Piece, cell: ReleasedCell) -> bool:
    """Tell whether a cell of the student's may hold an answer: text, or prose in a cell for code."""
    if not _says_something(piece.source, cell) and not piece.attachments:
        return False
    if cell["cell_type"] == "code":
        return piece.cell_type == "code"
    return piece.cell_type != "code" or _is_prose(piece.source)


def _is_prose(source: str) -> bool:
    try:
        ast.parse(source)
    except SyntaxError:
        return len(source.split()) >= LEAST_WORDS and not source.lstrip().startswith(("%", "!"))
    except (ValueError, RecursionError, MemoryError):
        return False
    return False


def _places(released: Sequence[ReleasedCell], pieces: Sequence[Piece]) -> dict[int, int | None]:
    """Return where each cell of the release stands among the student's: by its grade_id, else by its text.

    The text of an answer's cell says nothing: "YOUR ANSWER HERE" may stand below each question.
    """
    by_name = {piece.name: place for place, piece in enumerate(pieces) if piece.name}  # of copies the last
    by_text: dict[str, list[int]] = {}
    for place, piece in enumerate(pieces):
        if not piece.name:
            by_text.setdefault(_normal(piece.source), []).append(place)
    found: dict[int, int | None] = {}
    for number, cell in enumerate(released):
        found[number] = by_name.get(cell["grade_id"]) if cell["grade_id"] else None
        if found[number] is None and not cell["solution"] and _normal(cell["source"]):
            alike = by_text.get(_normal(cell["source"]), [])
            found[number] = alike.pop(0) if alike else None
    return found


def _beside(number: int, places: dict[int, int | None], pieces: Sequence[Piece], taken: set[int]) -> list[int]:
    """Return the places of cells that stand between the known cells above and below a question."""
    above = [place for other in range(number) if (place := places[other]) is not None]
    start = (above[-1] if above else -1) + 1
    later = (places[other] for other in range(number + 1, len(places)))
    end = next((place for place in later if place is not None and place >= start), len(pieces))
    return [place for place in range(start, end) if place not in taken and not pieces[place].name]


def same(one: str, other: str) -> bool:
    """Tell whether two texts say the same, whatever their spaces."""
    return _normal(one) == _normal(other)


def _normal(text: str) -> str:
    return " ".join(text.split())


def remarks(found: dict[str, Essay]) -> Iterator[str]:
    """Yield what there is to say of essays that were not found in their cells."""
    for name, essay in found.items():
        if essay.waits:
            yield f"{name}: {essay.waits}; a person must look"
