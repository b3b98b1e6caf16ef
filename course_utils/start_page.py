"""START.ipynb, the page that a learner meets first: made from the labs that are handed out."""

import json
import re
from collections.abc import Mapping
from hashlib import sha1
from typing import Any

from course_utils import reference
from course_utils.cells import KERNELSPEC
from course_utils.full_marks import Part, add_up

WHAT_IT_IS = """# Neural-networks labs

These labs take you from one neuron to a network that recognises pictures, and on to fooling it. You read a little, run
small programs, and write some of your own. Every exercise answers at once, and where an answer is wrong it says which
wrong way leads to exactly that answer.

## Run a cell

The grey box below is a *cell*. Click into it and press Shift+Enter: the program in it runs, and what it says appears
below. It shows how far you are, and where to go on. Run it again whenever you like.

On a narrow screen Ctrl+B hides the list of files on the left, and shows it again: code then has more room."""
PROGRESS = """from course_utils import progress

progress.show_progress()"""
CORRECT = """## What “Correct.” means

Below each exercise stands a check; run it as often as you like. Numbers, shapes and choices are judged whole:
“Correct.” is all the points. A function is tried on cases of every kind that the exercise names; “Correct.” means that
it is right in those. When your notebook is graded it is tried on further cases of the same kinds, with other numbers.

Everything you do stays on this computer. Your progress is a file of your own beside your notebooks."""
LABS = """## The labs

In this order. The times are for reading, running and solving everything; take a break at the half of a long one. The
points are a lab's full marks; points of what is marked *Further* make up for lost ones, and never count beyond that.
"""
HAND_IN = """## Look over, and hand in

Save your notebook, then run this cell. Choose the lab; *Look it over* says what is missing, edited or unanswered, and
*Make the file to hand in* says where to upload it."""
DESK = """from course_utils import desk

desk.open_desk()"""
HELP = """## Where help is

- In an exercise: `lab.NAME.hint()`, then `lab.NAME.worked_example()`; `lab.NAME.practice()` asks you more of the same.
- `from course_utils import practice; practice.review()` asks you something of all the labs so far.
- Something odd? Kernel, Restart Kernel and Run All Cells. A lost or edited cell: *Put lost cells back*, above.
- [Troubleshooting](help/learners.md#Troubleshooting): when the labs do not open, and how to begin a lab anew.{links}"""
YOU_WILL = re.compile(r"^\*\*You will\*\* (.*?[.!])(?:\s|$)", re.M)


def text(due: Mapping[str, str] | None = None) -> str:
    """Return the notebook as it stands on the disk.

    Parameters
    ----------
    due
        When labs are due, in words, where that is known.
    """
    more = "".join(f"\n- [{reference.GUIDES[path.name]}](help/{path.name})" for path in reference.guides())
    cells = [
        _prose(WHAT_IT_IS),
        _code(PROGRESS),
        _prose(CORRECT),
        _prose(LABS + _table(due)),
        _prose(HAND_IN),
        _code(DESK),
        _prose(HELP.format(links=more)),
    ]
    page = {"cells": cells, "metadata": {"kernelspec": KERNELSPEC}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(page, indent=1, ensure_ascii=False) + "\n"


def _table(due: Mapping[str, str] | None = None) -> str:
    due = due or {}
    dated = [lab for lab in reference.labs() if lab in due]
    rows = ["| lab | you will | minutes | points |", "|---|---|---|---|"]
    rows = [f"{row} {more} |" for row, more in zip(rows, ("due", "---"), strict=True)] if dated else rows
    for lab in reference.labs():
        total = add_up(Part(0.0, entry.points, entry.further) for entry in reference.entries(lab).values())
        points = f"{total.most:g}" + (f", *Further*\u00a0{total.further:g}" if total.further else "")
        link = f"[{name_of(lab)}](labs/{lab}/{lab}.ipynb)"
        rows.append(f"| {link} | {_aim(lab)} | {_minutes(lab)} | {points} |")
        rows[-1] += f" {due.get(lab, '')} |" if dated else ""
    return "\n".join(rows)


def _minutes(lab: str) -> str:
    further = reference.further_minutes_of(lab)
    return f"{reference.minutes_of(lab)}" + (f", *Further*\u00a0{further}" if further else "")


def name_of(lab: str) -> str:
    """Return a lab's number and title, with the word homework between them where it is one."""
    number, title = lab.split("_")[0], reference.title_of(lab).split(" (homework to")[0]
    return f"{number}, homework: {title}" if lab.endswith("homework") else f"{number} {title}"


def _aim(lab: str) -> str:
    """Return what a lab says that one will do, in one clause."""
    found = next(
        (YOU_WILL.search(cell["source"]) for cell in reference.cells(lab) if "**You will** " in cell["source"]), None
    )
    return found[1].rstrip(".") if found else ""


def _prose(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": _id(source), "metadata": {}, "source": source}


def _code(source: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "id": _id(source),
        "metadata": {},
        "source": source,
        "execution_count": None,
        "outputs": [],
    }


def _id(source: str) -> str:
    return sha1(source.encode()).hexdigest()[:8]
