"""What a check may come to, and how it travels through a notebook."""

import copy
import math
import pickle
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from course_utils.judging.protocol.verdicts import CheckFailed, Credit, NotAttempted, codes_of

MESSAGE = "Not yet right.\nHint: how many?"


@pytest.fixture(scope="module")
def outputs():
    """One output for each kind of verdict, from a notebook that was really executed."""
    sources = {
        "failed": f"raise CheckFailed({MESSAGE!r}, ('SZ1', 'TC10'))",
        "plain failure": "raise CheckFailed('Not yet right.')",
        "not attempted": "raise NotAttempted('write f')",
        "credit": "Credit(0.3, ('PC2',))",
        "full": "Credit(1)",
    }
    setup = "from course_utils.judging.protocol.verdicts import CheckFailed, Credit, NotAttempted"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(s) for s in (setup, *sources.values())])
    NotebookClient(notebook, allow_errors=True, kernel_name="python3").execute()
    return {name: cell.outputs[-1] for name, cell in zip(sources, notebook.cells[1:], strict=True)}


def test_a_failure_shows_its_message_only():
    assert CheckFailed(MESSAGE, ("SZ1",))._render_traceback_() == ["Not yet right.", "Hint: how many?"]


def test_a_failure_carries_its_codes_in_its_text():
    assert str(CheckFailed(MESSAGE, ("SZ1", "TC10"))).endswith("how many? [codes: SZ1, TC10]")


def test_a_failure_without_codes_is_its_message():
    assert str(CheckFailed(MESSAGE)) == MESSAGE


@pytest.mark.parametrize("verdict", [CheckFailed(MESSAGE, ("SZ1",)), NotAttempted("write f")], ids=["failed", "none"])
def test_a_verdict_survives_pickling(verdict):
    again = pickle.loads(pickle.dumps(verdict))
    assert (type(again), str(again), again.message) == (type(verdict), str(verdict), verdict.message)


def test_the_codes_of_a_failure_survive_pickling():
    assert pickle.loads(pickle.dumps(CheckFailed(MESSAGE, ("SZ1", "PC2")))).codes == ("SZ1", "PC2")


def test_not_attempted_is_not_implemented():
    assert isinstance(NotAttempted("write f"), NotImplementedError)


@pytest.mark.parametrize(
    ("given", "share"), [(-1, 0), (0, 0), (0.75, 0.75), (1, 1), (7, 1), (math.inf, 1), (-math.inf, 0), (math.nan, 0)]
)
def test_credit_is_a_share(given, share):
    assert float(Credit(given)) == Credit(given).share == share


@pytest.mark.parametrize("share", [0, 0.1, 1 / 3, 1])
def test_the_text_of_credit_is_a_bare_number(share):
    assert float(repr(Credit(share, ("SZ1",)))) == share


def test_people_see_how_many_parts_are_right():
    data, _ = Credit(0.6, parts=(3, 5))._repr_mimebundle_()
    assert data["text/html"] == "<p><strong>3 of 5 parts</strong></p>"
    assert str(Credit(0.5)) == "50%"


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda c: pickle.loads(pickle.dumps(c))])
def test_credit_survives_copying(again):
    credit = again(Credit(0.4, ("PC2", "PC9"), (2, 5)))
    assert (credit, credit.codes, credit.parts) == (0.4, ("PC2", "PC9"), (2, 5))


# --- in a real notebook


@pytest.mark.slow
def test_a_notebook_shows_no_traceback(outputs):
    assert outputs["failed"].traceback == MESSAGE.split("\n")


@pytest.mark.slow
def test_a_notebook_shows_no_traceback_where_nothing_was_attempted(outputs):
    assert outputs["not attempted"].traceback == ["Not attempted yet: write f"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("failed", ["SZ1", "TC10"]),
        ("plain failure", []),
        ("not attempted", []),
        ("credit", ["PC2"]),
        ("full", []),
    ],
)
def test_codes_are_read_from_an_executed_notebook(outputs, name, codes):
    assert codes_of(outputs[name]) == codes


@pytest.mark.slow
def test_codes_survive_saving(outputs):
    cell = nbformat.v4.new_code_cell("", outputs=[outputs["credit"], outputs["failed"]])
    text = nbformat.writes(nbformat.v4.new_notebook(cells=[cell]))
    assert [codes_of(o) for o in nbformat.reads(text, 4).cells[0].outputs] == [["PC2"], ["SZ1", "TC10"]]


@pytest.mark.slow
def test_the_value_of_a_cell_is_a_bare_number(outputs):
    assert outputs["credit"].data["text/plain"] == "0.3"


@pytest.mark.parametrize("output", [{"output_type": "stream"}, {"output_type": "error"}, {}])
def test_other_outputs_carry_no_codes(output):
    assert codes_of(output) == []


def test_a_hint_of_an_exercise_begins_as_a_sentence_does():
    labs = Path(__file__).resolve().parents[2] / "course_utils" / "labs"
    texts = {path: path.read_text(encoding="utf-8") for path in labs.rglob("*.py")}
    assert [path.name for path, text in texts.items() if re.search(r"Hint: (?!own\.)[a-z]", text)] == []
