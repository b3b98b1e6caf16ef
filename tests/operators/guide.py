"""The blocks of docs/operators.md: commands to be run, files to be written."""

import re
from pathlib import Path

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "operators.md"


def section(title: str) -> str:
    """Return the text below a heading, up to the next one of the same or a higher rank."""
    text = GUIDE.read_text(encoding="utf-8")
    found = re.search(rf"^(##+) {re.escape(title)}\n(.*?)(?=^## |^\1 |\Z)", text, re.S | re.M)
    assert found, f"docs/operators.md has no section {title!r}"
    return found[2]


def commands(title: str) -> list[tuple[str, str]]:
    """Return a section's commands, with who runs each: "root" behind ``#``, "prof" behind ``$``."""
    lines = [line for block in re.findall(r"```console\n(.*?)```", section(title), re.S) for line in block.splitlines()]
    return [("root" if line.startswith("# ") else "prof", line[2:]) for line in lines]


def file(name: str) -> str:
    """Return the text of a file that the guide shows: the block behind its name in bold."""
    found = re.search(rf"\*\*`{re.escape(name)}`\*\*.*?```\w*\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.S)
    assert found, f"docs/operators.md does not show {name}"
    return found[1]
