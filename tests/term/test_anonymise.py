"""``course anonymise``: nobody is named in the copy, and what nobody can judge is said."""

import json
import re
from pathlib import Path

import nbformat
import pytest
from classroom import LAB, RIGHT, grade, hand_in
from commands import call
from test_students import table

from course_utils.term import anonymise, roster
from course_utils.term.hiding import Hider, spellings
from course_utils.term.roster import Person

CLASS = """\
student_id,last_name,first_name,email,sis_id
ada,Lovelace,Ada,ada.lovelace@uni.example,u100200
jörg1,Größer,Jörg,jg@uni.example,u100300
max,Double,Max,max@uni.example,u100400
"""
WRITTEN = """\
# Ada Lovelace (U100200), with jörg1, JOERG and groesser; ada_final, AdaLovelace
student_id = "ada"
def double(x):  # ask ada.lovelace@uni.example or stranger@else.example
    return max(x, x + x)  # says Max
"""
PICTURE = "QWRhIExvdmVsYWNl"  # the base64 of a name: it is not looked into


@pytest.fixture
def handed(root) -> Path:
    """ada's notebook names everybody wherever a notebook can; others hand in plain ones."""
    folder = hand_in(root, "ada", WRITTEN, timestamp="2026-11-01 10:00:00 UTC")
    hand_in(root, "max", RIGHT)
    path = folder / f"{LAB}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata.update(authors=[{"name": "Ada Lovelace"}], colab={"name": "ada.ipynb"})
    text = notebook.cells[0]
    text.metadata.executionInfo = {"user": {"displayName": "Ada Lovelace"}}
    text.attachments = {"ada lovelace.png": {"image/png": PICTURE}}
    text.source += "\n![](attachment:ada lovelace.png)"
    code = next(cell for cell in notebook.cells if cell.cell_type == "code")
    code.outputs = [
        nbformat.v4.new_output("stream", text="/home/adal/labs: hello Ada\nand Lovelace,\nAda"),
        nbformat.v4.new_output("error", ename="E", evalue="Ada", traceback=["C:\\Users\\Ada L\\x.py", "Ada"]),
        nbformat.v4.new_output(
            "display_data",
            data={"text/html": "<b>Lovelace</b>", "image/png": PICTURE, "application/x+json": {"Ada": 1}},
        ),
    ]
    nbformat.write(notebook, path)
    (folder / "notes of Ada.txt").write_text("Lovelace, Ada: u100200\nmadagascar and nevada stay\n")
    (folder / "scan.jpg").write_bytes(b"\xff\xd8\xff\0Ada")
    (folder / "broken.ipynb").write_text('{"cells": [')
    roster.write_people(root, roster.plan_import(root, table(root, CLASS)).people)
    return root


def test_nobody_is_named_in_the_copy(handed, monkeypatch, tmp_path):
    grade(handed)
    status, said = call(monkeypatch, handed, "anonymise", "1", "--to", str(tmp_path / "copy"))
    assert status == 3, said
    copied = [path for path in (tmp_path / "copy").rglob("*") if path.is_file()]
    everything = "\n".join(f"{path}\n{path.read_text()}" for path in copied).replace(str(tmp_path), "")
    names = r"ada|lovelace|j(ö|oe|o)rg1?|gr(ö|oe)(ß|ss)er|u100\d00|adal|authors|colab|displayName|timestamp"
    assert re.findall(rf"(?<![^\W_])(?:{names})(?![^\W_])", everything, re.I) == []
    assert "@uni" not in everything
    assert "@else" not in everything
    assert "madagascar and nevada stay" in everything
    assert "return max(x, x + x)  # says Max" in everything, "a word of the language stays"
    own = anonymise.make(handed, [LAB]).students
    assert (tmp_path / "copy" / "submitted" / own["ada"] / LAB / f"notes of {own['ada']}.txt").is_file()
    notebook = nbformat.read(tmp_path / "copy" / "submitted" / own["ada"] / LAB / f"{LAB}.ipynb", as_version=4)
    nbformat.validate(notebook)
    ((name, data),) = notebook.cells[0].attachments.items()
    assert f"attachment:{name}" in notebook.cells[0].source
    assert data["image/png"] == anonymise.BLANK
    assert any(f'student_id = "{own["ada"]}"' in cell.source for cell in notebook.cells)
    rows = (tmp_path / "copy" / "marks.csv").read_text().splitlines()
    assert f"{own['max']},{LAB},double-check,2.0,2.0,right" in rows


def test_the_report_says_what_was_found_and_what_nobody_can_judge(handed, monkeypatch, tmp_path):
    _status, said = call(monkeypatch, handed, "anonymise", "1", "--to", str(tmp_path / "copy"))
    lines = said.splitlines()
    own = anonymise.make(handed, [LAB]).students["ada"]
    place = f"submitted/{own}/{LAB}"
    assert f"left out   {place}/scan.jpg: it is no text, so nobody can say what is in it" in lines
    assert f"left out   {place}/broken.ipynb: it is no whole notebook" in lines
    assert (
        "left out   metadata of notebooks: application/x+json (1), authors (1), colab (1), executionInfo (1)" in lines
    )
    assert "blank      pasted pictures: 1, for nobody can say what is in them" in lines
    assert "look at    pictures that cells drew: 1; they stay, and may hold a name" in lines
    assert any(
        line.startswith(f"look at    'Max' stays, it may be a name: {place}/{LAB}.ipynb, cell") for line in lines
    )
    assert any(line.startswith("replaced   addresses: ") for line in lines)
    assert not (tmp_path / "copy" / anonymise.KEY).exists()


def test_pseudonyms_are_the_same_for_a_key_and_other_for_another(handed):
    first = anonymise.make(handed, [LAB]).students
    assert anonymise.make(handed, [LAB]).students == first
    assert (handed / anonymise.KEY).stat().st_mode & 0o077 == 0
    (handed / anonymise.KEY).unlink()
    second = anonymise.make(handed, [LAB]).students
    assert not set(second.values()) & set(first.values())
    assert all(re.fullmatch(r"p[0-9a-f]{10}", name) for name in second.values())


def test_a_name_glued_to_others_is_reported():
    hide = Hider({"adalove": Person("adalove", "", "")}, b"key")
    assert hide("xadalovex", "here") == "xadalovex"
    assert hide.found.unsure == {"adalove": ["here"]}


def test_spellings_of_a_name():
    assert spellings("Jörg") == ["Jörg", "Jorg", "Joerg"]
    assert spellings("Ada") == ["Ada"]
    name = Hider({"j": Person("j", "", "Jörg")}, b"key")
    assert "J" not in name("Jo\u0308rg")


def test_nothing_is_written_where_something_is(handed, monkeypatch, tmp_path):
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "mine").touch()
    status, said = call(monkeypatch, handed, "anonymise", "1", "--to", str(tmp_path / "copy"))
    assert (status, "is there already, and not empty" in said) == (2, True)
    assert [path.name for path in (tmp_path / "copy").iterdir()] == ["mine"]
    status, said = call(monkeypatch, handed, "anonymise", "--dry-run", "--to", str(tmp_path / "other"))
    assert (status, (tmp_path / "other").exists()) == (3, False)


def test_a_class_that_handed_in_nothing(root, monkeypatch):
    assert call(monkeypatch, root, "anonymise")[1] == f"Nobody has handed in {LAB}.\n"


def test_odd_notebooks_are_no_errors(handed):
    folder = handed / "submitted" / "max" / LAB
    odd = {"cells": [5, {"cell_type": "code", "outputs": [7, {"data": 5}], "metadata": 3, "source": ["ad", "a"]}]}
    (folder / f"{LAB}.ipynb").write_text(json.dumps(odd))
    made = anonymise.make(handed, [LAB])
    content = made.contents[f"submitted/{made.students['max']}/{LAB}/{LAB}.ipynb"].decode()
    assert made.students["ada"] in content, "the lines of a text are one text"
