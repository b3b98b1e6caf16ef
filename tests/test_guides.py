"""What the guides in docs/ name is there: tests that show a claim, commands with their options, linked places."""

import re
import shlex
from pathlib import Path

import pytest
import typer

from course_utils import cli

ROOT = Path(__file__).resolve().parent.parent
GUIDES = {path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md"))}
GUIDES["README.md"] = (ROOT / "README.md").read_text(encoding="utf-8")
TEST = re.compile(r"`(test_\w+)::(test_\w+)`")
COMMAND = re.compile(r"^(?:\$ |machine \w \$ )?course ((?:[a-z]|-[a-z]|--)[^#\n]*)", re.M)
BLOCK = re.compile(r"^```[a-z]*\n(.*?)^```", re.M | re.S)
INLINE = re.compile(r"`course ([a-z][^`\n]*)`")
LINK = re.compile(r"\]\(([\w-]+\.md)?#([\w-]+)\)")
TABLE = re.compile(r"^(\|.*\|)\n\|(?:\s*:?-+:?\s*\|)+$", re.M)
HEADING = re.compile(r"^#+ (.+)$", re.M)


def commands(text: str) -> set[str]:
    """Return the commands that a guide names, in blocks and in sentences."""
    found = {line for block in BLOCK.findall(text) for line in COMMAND.findall(block)}
    return {one.strip() for one in found | set(INLINE.findall(text))}


def named_tests() -> list[tuple[str, str, str]]:
    return [(guide, *names) for guide, text in GUIDES.items() for names in TEST.findall(text)]


def test_every_test_that_a_guide_names_is_there():
    files = {path.stem: path for path in (ROOT / "tests").rglob("test_*.py")}
    missing = [
        one
        for one in named_tests()
        if one[1] not in files or f"\ndef {one[2]}(" not in files[one[1]].read_text(encoding="utf-8")
    ]
    assert missing == []
    assert len(named_tests()) > 30


@pytest.mark.parametrize("guide", ["security.md", "operators.md"])
def test_every_claim_is_shown_by_a_test_or_called_not_run(guide):
    table = GUIDES[guide].rpartition("shown by |\n|---|---|\n")[2].partition("\n\n")[0]
    rows = [row for row in table.splitlines() if row.startswith("|")]
    assert len(rows) > 5
    assert [row for row in rows if not TEST.search(row) and "*not run here*" not in row] == []


def test_every_column_of_a_guides_table_has_a_heading():  # which a screen reader says before each cell
    heads = [(guide, head) for guide, text in GUIDES.items() for head in TABLE.findall(text)]
    assert len(heads) > 10
    assert [one for one in heads if not all(cell.strip() for cell in one[1].strip("|").split("|"))] == []


def test_every_command_that_a_guide_names_is_there_with_its_options():
    group, wrong = typer.main.get_command(cli.app), []
    for guide, text in GUIDES.items():
        for line in commands(text):
            word, *rest = shlex.split(line.replace("[LAB…]", "LAB"))
            if word not in group.commands:
                wrong.append((guide, line))
                continue
            known = {name for option in group.commands[word].params for name in (*option.opts, *option.secondary_opts)}
            passed_on = word == "lab"  # to JupyterLab
            wrong += [(guide, line) for one in rest if one.startswith("-") and one not in known and not passed_on]
    assert wrong == []


def test_every_place_that_a_guide_links_to_is_there():
    places = {
        name: {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in HEADING.findall(text)}
        for name, text in GUIDES.items()
    }
    links = [(guide, name or guide, place) for guide, text in GUIDES.items() for name, place in LINK.findall(text)]
    assert [one for one in links if one[2].lower() not in places.get(one[1], set())] == []
    assert links
