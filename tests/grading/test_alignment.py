"""The release decides what is run and in which order, whatever the student's file holds."""

import copy
import json
import random
from collections.abc import Callable

import nbformat
import pytest
from attacks import BASE, CONV, LAB, LESSON, POOL, honest, place
from shortened import id_of, packed, released, text_of
from test_attacks import BUNDLE
from thorough import THOROUGH

from course_utils.grading.alignment import MOST_CELLS, Aligned, Step, Unreadable, align, read_cells

MUTATIONS = 600 if THOROUGH else 40
CHECKS = [cell for cell in BUNDLE.cells if cell["grade"] and not cell["solution"]]


def aligned(notebook) -> Aligned:
    """Align a notebook with the release."""
    return align(BUNDLE.cells, packed(notebook))


def answer(found: Aligned, name: str) -> list[str]:
    """Return what counts as the answer to an exercise."""
    return [step.source for step in found.steps if step.kind == "answer" and step.grade_id == name]


def checks_are_the_releases_own(found: Aligned) -> bool:
    """Tell whether the checks have their order, text and points from the release."""
    checks = [(step.grade_id, step.source, step.points) for step in found.steps if step.kind == "check"]
    return checks == [(cell["grade_id"], cell["source"], cell["points"]) for cell in CHECKS]


def test_an_untouched_notebook_is_the_release():
    found = aligned(released(LAB))
    assert [step.source for step in found.steps] == [cell["source"] for cell in BUNDLE.cells]
    assert found.notes == []


def test_answers_stand_before_their_checks():
    names = [step.grade_id for step in aligned(honest()).steps if step.grade_id]
    assert names.index(CONV) + 1 == names.index(LESSON.check_of("conv2d"))


def test_of_copies_the_last_counts_and_all_run():
    notebook = honest()
    index = place(notebook, CONV)
    notebook["cells"].insert(index, copy.deepcopy(notebook["cells"][index]) | {"source": "first = 1"})
    found = aligned(notebook)
    assert answer(found, CONV) == [text_of(notebook["cells"][index + 1])]
    assert Step("extra", "first = 1") in found.steps
    assert f"copied: {CONV}" in found.notes[0]


def test_a_deleted_check_is_put_back():
    notebook = honest()
    del notebook["cells"][place(notebook, LESSON.check_of("conv2d"))]
    assert checks_are_the_releases_own(aligned(notebook))


def test_a_deleted_answer_is_told():
    notebook = honest()
    del notebook["cells"][place(notebook, CONV)]
    found = aligned(notebook)
    assert answer(found, CONV) == []
    assert checks_are_the_releases_own(found)
    assert found.notes == [f"answer cells missing: {CONV}"]


def test_an_extra_cell_stays_behind_what_it_followed():
    notebook = honest()
    extra = {"cell_type": "code", "metadata": {}, "source": "mine = 1"}
    notebook["cells"].insert(place(notebook, POOL) + 1, extra)
    sources = [step.source for step in aligned(notebook).steps]
    assert sources.index("mine = 1") == sources.index(text_of(notebook["cells"][place(notebook, POOL)])) + 1


def test_cells_before_everything_come_first():
    notebook = honest()
    notebook["cells"].insert(0, {"cell_type": "code", "metadata": {}, "source": "first = 1"})
    assert aligned(notebook).steps[0].source == "first = 1"


def test_answers_in_another_order_are_put_in_the_releases_order():
    notebook = honest()
    notebook["cells"].reverse()
    found = aligned(notebook)
    assert checks_are_the_releases_own(found)
    names = [step.grade_id for step in found.steps if step.kind == "answer"]
    assert names == [cell["grade_id"] for cell in BUNDLE.cells if cell["solution"]]


def test_an_edited_check_has_the_releases_text():
    notebook = honest()
    for cell in notebook["cells"]:
        if id_of(cell).endswith("-check"):
            cell["source"] = "print('Correct.')"
    assert checks_are_the_releases_own(aligned(notebook))


def test_an_answer_retyped_as_text_is_still_an_answer():
    notebook = honest()
    for name in BASE:
        notebook["cells"][place(notebook, name)]["cell_type"] = "markdown"
    found = aligned(notebook)
    assert all(step.cell_type == "code" for step in found.steps if step.grade_id in BASE)


def test_no_notebook_is_the_release_without_answers():
    found = align(BUNDLE.cells, None)
    assert checks_are_the_releases_own(found)
    assert not [step for step in found.steps if step.kind == "answer"]


def test_a_manually_graded_answer_keeps_its_place():
    essay = {"cell_type": "markdown", "source": "Write.", "grade_id": "essay", "grade": True, "solution": True}
    found = align([*BUNDLE.cells, essay | {"locked": False, "points": 2.0}], packed(honest()))
    gone = "its cell is not in the notebook"
    assert found.steps[-1] == Step("text", "", "essay", 2.0, "markdown", waits=gone)
    assert found.notes == [f"essay: {gone}; a person must look"]


def test_so_many_cells_are_no_notebook():
    with pytest.raises(Unreadable, match=str(MOST_CELLS)):
        read_cells(json.dumps({"cells": [{}] * (MOST_CELLS + 1)}).encode())


# --- mutated files


class Mutator:
    """Changes notebooks at random, repeatably."""

    ODD = (None, True, 0, -1, 2**70, 1.5, "", "x" * 1000, "\ud800", [], {}, [[]], {"a": {}}, "\0")

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)

    def mutate(self, notebook: dict) -> bytes:
        """Return the bytes of a notebook with some changes in it."""
        for _ in range(self.dice.randint(1, 5)):
            self.dice.choice([self.change_value, self.drop_key, self.add_key, self.shuffle, self.double])(notebook)
        data = packed(notebook)
        for _ in range(self.dice.choice([0, 0, 0, 1, 3])):
            data = self.dice.choice([self.flip, self.cut, self.repeat])(data)
        return data

    def nodes(self, value) -> list:
        """Return all lists and dicts in a value."""
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
        found = [value] if isinstance(value, (dict, list)) else []
        return found + [node for one in inner for node in self.nodes(one)]

    def pick(self, notebook: dict, kind: type):
        """Return some list or dict that is not empty; None if there is none."""
        found = [node for node in self.nodes(notebook) if isinstance(node, kind) and node]
        return self.dice.choice(found) if found else None

    def change_value(self, notebook: dict) -> None:
        node = self.pick(notebook, self.dice.choice([dict, list]))
        if node:
            key = self.dice.choice(list(node)) if isinstance(node, dict) else self.dice.randrange(len(node))
            node[key] = copy.deepcopy(self.dice.choice(self.ODD))

    def drop_key(self, notebook: dict) -> None:
        node = self.pick(notebook, dict)
        if node:
            del node[self.dice.choice(list(node))]

    def add_key(self, notebook: dict) -> None:
        node = self.pick(notebook, dict)
        if node:
            words = [
                "cells",
                "worksheets",
                "metadata",
                "nbgrader",
                "grade_id",
                "source",
                "input",
                "cell_type",
                "points",
            ]
            node[self.dice.choice(words)] = copy.deepcopy(self.dice.choice(self.ODD))

    def shuffle(self, notebook: dict) -> None:
        node = self.pick(notebook, list)
        if node:
            self.dice.shuffle(node)

    def double(self, notebook: dict) -> None:
        node = self.pick(notebook, list)
        if node and len(node) < 200:
            node += copy.deepcopy(node)

    def flip(self, data: bytes) -> bytes:
        place_ = self.dice.randrange(len(data))
        return data[:place_] + bytes([self.dice.randrange(256)]) + data[place_ + 1 :]

    def cut(self, data: bytes) -> bytes:
        return data[: self.dice.randrange(len(data)) + 1]

    def repeat(self, data: bytes) -> bytes:
        place_ = self.dice.randrange(len(data))
        return data[:place_] + data[place_ : place_ + 50] * 2 + data[place_ + 50 :]


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, MUTATIONS, 100))
def test_a_mutated_file_is_aligned_or_unreadable(first):
    """Nothing but Unreadable is raised, and checks come from the release alone."""
    readable = 0
    for seed in range(first, first + 100):
        data = Mutator(seed).mutate(honest())
        try:
            found = align(BUNDLE.cells, data)
        except Unreadable:
            continue
        readable += 1
        assert checks_are_the_releases_own(found)
        assert all(type(step.source) is str for step in found.steps)
        json.dumps([step.source for step in found.steps]).encode("utf-8")
    assert 20 < readable < 100


# --- a file that is no UTF-8 text of JSON, and a person can read it all the same

WHOLE = json.dumps({"cells": [{"cell_type": "code", "source": "é = 1"}], "nbformat": 4})


@pytest.mark.parametrize(
    ("content", "remark"),
    [
        *((WHOLE.replace("\\u00e9", "é").encode(code), "") for code in ("utf-8-sig", "utf-16", "utf-16-be", "utf-32")),
        (WHOLE.replace("\\u00e9", "é").encode("latin-1"), "read as Windows-1252"),
        (WHOLE.encode() + bytes(9), ""),
        (WHOLE.encode() + b"\n}", "behind the notebook"),
        (WHOLE.encode() + b"\n<<<<<<< HEAD", "behind the notebook"),
        (json.dumps(WHOLE).encode(), ""),
    ],
)
def test_a_file_that_a_person_can_read_is_read(content, remark):
    cells, notes = read_cells(content)
    assert [cell["source"] for cell in cells] == ["é = 1"]
    assert (remark in " ".join(notes)) if remark else notes == []


def of_version_3(book: dict) -> bytes:
    old = nbformat.convert(nbformat.from_dict(book), 3)
    return json.dumps(old).encode()


def without(*keys: str) -> Callable[[dict], bytes]:
    """Return what writes a notebook whose cells lack some keys."""
    cells = "cells"
    return lambda book: json.dumps(
        book | {cells: [{key: value for key, value in cell.items() if key not in keys} for cell in book[cells]]}
    ).encode()


FORMS: dict[str, Callable[[dict], bytes]] = {
    "nbformat 3": of_version_3,
    **{
        f"nbformat 4.{minor}": lambda book, minor=minor: without("id")(book | {"nbformat_minor": minor})
        for minor in range(7)
    },
    "an id for all": lambda book: json.dumps(
        book | {"cells": [cell | {"id": "same"} for cell in book["cells"]]}
    ).encode(),
    "no outputs": without("outputs", "execution_count"),
    "no metadata": lambda book: json.dumps({key: value for key, value in book.items() if key != "metadata"}).encode(),
    "line ends of Windows": lambda book: json.dumps(book, indent=1).replace("\n", "\r\n").encode(),
    "line ends of an old Mac": lambda book: json.dumps(book, indent=1).replace("\n", "\r").encode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_notebook_is_the_same_in_every_form_of_its_file(form: str):
    """Stock nbgrader reads all but the one without metadata."""
    book = json.loads(packed(honest()))
    assert align(BUNDLE.cells, FORMS[form](book)) == align(BUNDLE.cells, packed(honest()))


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (WHOLE.encode()[:-9], "not a whole notebook: it breaks off"),
        (WHOLE.encode()[:30], "not a whole notebook: it breaks off"),
        (WHOLE.replace("[", "[,").encode(), "damaged: "),
        (json.dumps(json.dumps("text")).encode(), "no list of cells"),
        (b"[" * 100_000, "damaged: "),
        (b"9" * 10_000, "damaged: "),
    ],
)
def test_what_is_no_notebook_is_told_in_a_word(content, word):
    with pytest.raises(Unreadable, match=word) as caught:
        read_cells(content)
    assert len(str(caught.value)) < 200
