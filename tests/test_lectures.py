"""Every item of the lectures has a place: a lab, and a heading that the lab has."""

import re
from pathlib import Path

import pytest
from lesson import Lesson

from course_utils.course import labs
from course_utils.masters import master_path, read_master

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


# --- what an item is about is there, not only its heading

KEY = {  # item → what the text below its heading says, by lab
    "03_chain_rule": {"B19": ("directed acyclic graph",), "E34": ("acyclical",)},
    "01_neurons": {
        "B01": ("1.3 °C an hour", "15 °C"),
        "A33": ("20_000_000", "20_000_500", "60_000_500"),
        "B25": ("921,601,000",),
    },
    "02_activations": {
        "A06": ("709",),
        "A07": ("silent for **every** picture", "slope 0"),
        "B24": ("interval",),
    },
    "04_logistic_regression": {
        "A14": ("face", "625 weights"),
        "A23": ("34, gender 2 and stage 4", "0.378", "0.739", "0.598"),
        "A44": ("3,072", "30,720"),
    },
    "05_conv_and_pooling": {
        "A33": ("20 million", "20,000,500"),
        "A35": ("225", "81"),
        "A38": ("7×7", "25 numbers", "9 weights", "10 with its bias"),
        "A39": ("3×3×3: 27 weights", "28 with its bias"),
        "A40": ("3×3×3×5", "(C_out, C_in, FH, FW)"),
        "A44": ("3,072",),
        "A45": ("75 products", "one bias"),
        "A46": ("1×28×28", "second map"),
        "A47": ("6×28×28",),
        "A60": ("CS231n", "Goodfellow", "arithmetic", "nn.Conv2d"),
        "A61": ("100×74×74", "7600", "[[2, 2, 1], [3, 3, 2], [0, 3, 3]]"),
        "B25": ("921,601,000", "922"),
        "B35": ("4×24×24",),
        "B39": ("rows and for columns", "fit"),
        "E02": ("left over", "padding"),
        "E26": ("rows and for columns",),
        "E34": ("<em>output</em>", "<em>artificially</em>"),
    },
    "06_lab7_cnn": {
        "A12": ("five convolutions", "three dense layers", "15.3 %", "54.25"),
        "A29": ("pixels, edges, parts of objects, objects",),
        "A61": ("60,965,224", "62,378,344", "37,752,832"),
        "B23": ("GPUs", "ReLU and dropout", "labelled pictures", "raw pixels"),
        "B27": ("61,706", "1,516", "2,416"),
        "B44": ("Hierarchical representation",),
        "E38": ("1,516",),
    },
    "07_transfer_learning": {
        "B22": ("many enough to find it in", "12,000"),
        "B52": ("road bikes", "mountain"),
    },
}


def text_below(lab: str, headings: list[str]) -> str:
    """Return what a lesson says below some headings, each up to the next one."""
    whole = "\n".join(cell.source for cell in read_master(master_path(ROOT, lab)).cells)
    parts = re.split(r"^## (?:\d+ )?(.+)$", whole, flags=re.MULTILINE)[1:]
    return "\n".join(text for heading, text in zip(parts[::2], parts[1::2], strict=True) if heading.strip() in headings)


@pytest.mark.parametrize("lab", KEY)
def test_the_text_below_an_items_heading_holds_its_key_numbers(lab):
    missing = {}
    for item, numbers in KEY[lab].items():
        text = text_below(lab, [heading for items, _, heading in rows(lab) if item in ITEM.findall(items)])
        missing[item] = [number for number in numbers if number not in text]
    assert {item: numbers for item, numbers in missing.items() if numbers} == {}
