"""Every item of the lectures has a place: a lab, and a heading that the lab has."""

import re
from pathlib import Path

import pytest
from lesson import Lesson

from course_utils.course import labs

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "solutions" / "LECTURES.md").read_text(encoding="utf-8")
ITEM = re.compile(r"\b[ABE][0-9]{2}\b")
ITEMS = {f"{deck}{number:02d}" for deck, last in (("A", 61), ("B", 52), ("E", 40)) for number in range(1, last + 1)}


def sections() -> dict[str, str]:
    """Return the text below each heading of the second rank."""
    parts = re.split(r"^## (.+)$", TEXT, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def rows(section: str) -> list[list[str]]:
    """Return the cells of a section's table, without its head."""
    lines = [line for line in sections()[section].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


PLACED = [lab for lab in sections() if lab != "Labs to come"]


def test_every_item_of_the_lectures_has_a_place():
    assert ITEMS - set(ITEM.findall(TEXT)) == set()


def test_no_item_is_named_that_the_lectures_do_not_have():
    assert set(ITEM.findall(TEXT)) - ITEMS == set()


def test_every_lab_that_exists_has_a_table():
    assert sorted(PLACED) == labs(ROOT)


def test_a_lab_to_come_is_not_there_yet():
    waiting = [lab for lab, _ in rows("Labs to come")] if "Labs to come" in sections() else []
    assert set(waiting) & set(labs(ROOT)) == set()


@pytest.mark.parametrize("lab", PLACED)
def test_every_heading_is_one_of_the_lesson(lab):
    headings = Lesson(lab).headings()
    assert [heading for _, _, heading in rows(lab) if heading not in headings] == []


@pytest.mark.parametrize("lab", PLACED)
def test_every_row_names_an_item_and_says_what_it_is(lab):
    assert [row for row in rows(lab) if not ITEM.findall(row[0]) or len(row[1]) < 5] == []
