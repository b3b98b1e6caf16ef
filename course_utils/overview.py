"""The counts in README's table of labs: made from the masters, not typed.

A row of the table begins with a link to a released notebook; its last two cells are the lab's exercises and points.
"""

import re
from pathlib import Path

from course_utils import files, reference
from course_utils.cells import nbgrader_settings
from course_utils.course import RELEASED
from course_utils.full_marks import Part, add_up
from course_utils.masters import master_path, read_master

README = "README.md"
ROW = re.compile(rf"^(\| \[[^\]]*\]\({RELEASED}/(\w+)/\w+\.ipynb\) \|.*\|)[^|\n]*\|[^|\n]*\|$", re.MULTILINE)
HEADING = re.compile(r"^## (Exercise|Bonus)\b", re.MULTILINE)


def counts(master: Path) -> tuple[str, str]:
    """Return a lab's exercises and points in words, such as ("11 and a bonus", "28")."""
    cells = read_master(master).cells
    headings = HEADING.findall("\n".join(cell.source for cell in cells if cell.cell_type == "markdown"))
    worth = zip(cells, reference.beyond_the_core(cells), strict=True)
    total = add_up(Part(0, nbgrader_settings(cell).get("points") or 0, further) for cell, further in worth)
    points = f"{total.most:g}" + (f", *Further* {total.further:g}" if total.further else "")
    bonus = " and a bonus" if "Bonus" in headings else ""
    return f"{headings.count('Exercise')}{bonus}", points


def with_counts(root: Path) -> str | None:
    """Return README's text with the counts that hold now; None where there is no README with such a table."""
    try:
        text = (root / README).read_text(encoding="utf-8")
    except OSError:
        return None

    def filled(row: re.Match[str]) -> str:
        master = master_path(root, row[2])
        return f"{row[1]} {' | '.join(counts(master))} |" if master.is_file() else row[0]

    return ROW.sub(filled, text) if ROW.search(text) else None


def is_stale(root: Path) -> bool:
    """Tell whether README's table says other counts than the masters."""
    text = with_counts(root)
    return text is not None and text != (root / README).read_text(encoding="utf-8")


def bring_up_to_date(root: Path) -> bool:
    """Write the counts into README's table; tell whether there was something to write."""
    text = with_counts(root)
    if text is None or not is_stale(root):
        return False
    files.write(root / README, text)
    return True
