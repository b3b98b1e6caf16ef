"""README's table of what the labs learn from: compared with the lessons' own words and with what the loaders give."""

import re
from pathlib import Path

import pytest

from course_utils import data
from course_utils.course import labs

ROOT = Path(__file__).resolve().parent.parent
LOADER = re.compile(r"\b(load_\w+)\(")
MODELS = {"load_trained", "load_mobilenet"}
DRAWN = {"load_shapes", "load_bikes", "load_bike_scenes", "load_toy", "load_weather"}


def table() -> list[list[str]]:
    """Return the rows: labs, data, size, source, licence, kind, why."""
    text = (ROOT / "README.md").read_text(encoding="utf-8").split("| lab | data | size |")[1].split("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in text.splitlines()[2:]]


def named(lab: str) -> str:
    return lab.split("_")[0] + (" homework" if lab.endswith("homework") else "")


def loaders_of(lab: str) -> set[str]:
    """Return what a lesson loads."""
    return set(LOADER.findall((ROOT / "solutions" / lab / f"{lab}.py").read_text(encoding="utf-8"))) - MODELS


@pytest.mark.parametrize("lab", labs(ROOT))
def test_what_a_lesson_loads_stands_in_its_rows_and_nothing_else(lab):
    mine = {row[1].strip("`") for row in table() if named(lab) in row[0].split(", ")}
    assert {one for one in mine if one.startswith("load_")} == loaders_of(lab)
    assert mine, "each lab has a row"


def test_every_row_says_all_of_it_and_whether_it_is_drawn():
    for row in table():
        assert len(row) == 7
        assert all(row)
        assert row[5] == ("drawn" if row[1].strip("`") in {*DRAWN, "numbers in the lesson"} else "real")


def test_the_sizes_are_what_the_loaders_give():
    size = {row[1].strip("`"): row[2] for row in table()}
    assert size["load_days"] == f"{len(data.load_days().hours):,} days"
    faces = data.load_faces().images
    assert size["load_faces"] == f"{len(faces)} pictures, {faces.shape[1]}×{faces.shape[2]}, grey"
    train, test = data.load_fashion()
    assert size["load_fashion"].startswith(f"{len(train.images):,} + {len(test.images):,} garments")
