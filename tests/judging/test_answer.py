"""What a learner reads of an answer, as HTML and as text."""

import html as markup
import importlib
import re
from dataclasses import replace

import nbformat
import pytest
from nbclient import NotebookClient

from course_utils import reference
from course_utils.judging.answer import Answer, Standing, Verdict, heard, is_heard, paragraphs, tell
from course_utils.judging.findings import MISSING, RIGHT, answer_of, report, wrong
from course_utils.judging.protocol.verdicts import CheckFailed, Credit, NotAttempted, codes_of
from course_utils.judging.shared import GR1

HOSTILE = "<img src=x onerror=alert(1)>"
CHECKS = {
    "wrong": "report({'': wrong('f: you gave 3.', GR1)}, most=2)",
    "partly": "report({'a': RIGHT, 'b': wrong('b: you gave 3.', GR1)}, most=3)",
    "right": "report({'': RIGHT}, most=1)",
    "missing": "report({'': MISSING}, most=2)",
    "mistyped": "Lab([]).nothing",
}
SETUP = (
    "from course_utils.judging.findings import MISSING, RIGHT, report, wrong\n"
    "from course_utils.judging.lab import Lab\nfrom course_utils.judging.shared import GR1"
)


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("verdict", Verdict)
def test_a_badge_can_be_read(verdict):
    assert 1.05 / (luminance(verdict.value[2]) + 0.05) >= 4.5


@pytest.mark.parametrize(
    ("findings", "most", "headline"),
    [
        ({"": RIGHT}, 3, "✓ Correct. 3 of 3 points here."),
        ({"": RIGHT}, 1, "✓ Correct. 1 of 1 point here."),
        ({"a": RIGHT, "b": wrong("b")}, 5, "◐ Partly right. 2.5 of 5 points here."),
        ({"a": RIGHT, "b": wrong("b")}, None, "◐ Partly right. 1 of 2 parts."),
        ({"": wrong("no")}, 2, "✗ Not yet. 0 of 2 points here."),
        ({"": wrong("no")}, None, "✗ Not yet."),
        ({"": MISSING}, 2, "○ Not attempted yet. 0 of 2 points here."),
    ],
)
def test_words_and_points_say_how_an_answer_stands(findings, most, headline):
    answer = answer_of(findings, most=most)
    assert answer.text.splitlines()[0] == headline
    said = markup.unescape(re.sub("<[^>]+>", " ", answer.html))
    assert " ".join(said.split()).startswith(headline)


def test_the_parts_stand_in_a_table():
    answer = answer_of({"a": RIGHT, "b": wrong("b"), "c": MISSING})
    assert re.findall(r"<td[^>]*>([^<]*)</td>", answer.html) == [
        "a",
        "✓ right",
        "b",
        "✗ not yet",
        "c",
        "○ no answer yet",
    ]


def test_nothing_of_an_answer_becomes_markup():
    lines = tuple(text.format(HOSTILE) for text in ("{}", "x: you gave '{}'.", "Hint: `{}`", "(f = {})"))
    answer = Answer(Verdict.PARTLY, lines, ((HOSTILE, Standing.RIGHT),), 0.5, 2)
    assert "<img" not in answer.html
    assert answer.html.count("&lt;img ") == len(lines) + 1


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("c: you gave {'size': 6, 'units': 3.5}.", "c: you gave <code>{'size': 6, 'units': 3.5}</code>."),
        ("wrong for size=7: no", "wrong for <code>size=7</code>: no"),
        ("f: not yet right (w = (3, 4), b = 2).", "<code>f</code>: not yet right (<code>w = (3, 4), b = 2</code>)."),
        ("f: not yet right (2 rows, share=0.5).", "<code>f</code>: not yet right (2 rows, <code>share=0.5</code>)."),
        ("  improved gets 5 % of them", "<code>improved</code> gets 5 % of them"),
        ("here: not yet (two steps, freeze(a.body)).", "here: not yet (two steps, <code>freeze(a.body)</code>)."),
        ("y = a + 7: Value raised Oops: no", "y = a + 7: <code>Value</code> raised Oops: no"),
        ("  in line 5 of f: g(a_b, c=[d.e()])", "In line 5 of <code>f</code>: <code>g(a_b, c=[d.e()])</code>"),
        ("a: you chose 'same', 'left'.", "a: you chose <code>'same', 'left'</code>."),
        ("with y = a.exp() you got a.grad = -1", "with <code>y = a.exp()</code> you got <code>a.grad</code> = -1"),
        ("which layer(s) train(s)?", "which layer(s) train(s)?"),
        ("  with the same weights", "With the same weights"),
        ("  f takes an array", "f takes an array"),
        ("Write mse, run its cell, then this one.", "Write <code>mse</code>, run its cell, then this one."),
        ("Hint: what is w.grad?", "<strong>Hint:</strong> what is <code>w.grad</code>?"),
        ("x: you gave an array of shape (3,). How?", "x: you gave an array of shape (3,). How?"),
    ],
)
def test_code_is_told_from_words(line, wanted):
    assert markup.unescape(re.sub(r"</?p[^>]*>", "", paragraphs((line,)))) == wanted


def test_who_listens_hears_what_others_would_read(capsys):
    with heard() as told:
        assert is_heard()
        tell(answer_of({"": RIGHT}))
        report({"a": RIGHT, "b": MISSING})
    assert [answer.verdict for answer in told] == [Verdict.RIGHT, Verdict.PARTLY]
    assert (capsys.readouterr().out, is_heard()) == ("", False)


def test_outside_a_notebook_an_error_holds_the_whole():
    with pytest.raises(CheckFailed) as failed:
        report({"": wrong("f: no.")}, most=2)
    assert failed.value._render_traceback_() == ["✗ Not yet. 0 of 2 points here.", "f: no."]
    with pytest.raises(NotAttempted) as missing:
        report({"": MISSING}, most=2)
    assert missing.value._render_traceback_()[0] == "○ Not attempted yet. 0 of 2 points here."


def test_nbgraders_own_autograde_takes_a_share_for_points_and_is_told_of_parts(monkeypatch):
    credit = Credit(0.5, (), (1, 2), answer_of({"a": RIGHT, "b": MISSING}, most=3))
    assert "1.5 of 3 points here" in credit._repr_mimebundle_()[0]["text/html"]
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert "1 of 2 parts" in credit._repr_mimebundle_()[0]["text/html"]


# --- in a real notebook


def executed() -> dict:
    cells = [nbformat.v4.new_code_cell(source) for source in (SETUP, *CHECKS.values())]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, allow_errors=True, kernel_name="python3").execute()
    return {name: cell.outputs for name, cell in zip(CHECKS, notebook.cells[1:], strict=True)}


@pytest.mark.slow
def test_a_notebook_shows_the_answer_once_and_a_short_error(monkeypatch):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    found = executed()
    html, error = found["wrong"]
    assert "✗ Not yet." in html.data["text/html"]
    assert (error.traceback, codes_of(html), codes_of(error)) == (["Not yet: 0 of 2 points here."], [], ["GR1"])
    (credit,) = found["partly"]
    assert (credit.data["text/plain"], codes_of(credit)) == ("0.5", ["GR1"])
    assert [output.output_type for output in found["right"]] == ["display_data"]
    assert found["missing"][-1].traceback == ["Not attempted yet: 0 of 2 points here."]
    assert len(found["mistyped"][0].traceback) == 1


@pytest.mark.slow
def test_where_nbgrader_runs_the_error_holds_the_whole(monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    found = executed()
    (error,) = found["wrong"]
    assert error.traceback[:2] == ["✗ Not yet. 0 of 2 points here.", "f: you gave 3."]
    assert found["right"][0].output_type == "stream"


# --- links to what to read again, and a bonus


def test_what_to_read_again_is_a_link_in_html_only():
    line = GR1.in_lab("The size rule").hint
    answer = Answer(Verdict.WRONG, (line,), most=2, sections={"The size rule": "cell-7"})
    assert '<strong>Read again:</strong> “<a href="#cell-id=cell-7">The size rule</a>”.' in answer.html
    assert answer.text.endswith("Read again: “The size rule”.")
    assert "href" not in replace(answer, sections={}).html


def test_a_bonus_speaks_of_no_points():
    assert Answer(Verdict.RIGHT, share=1.0, most=0).text == "✓ Correct. A bonus, no points."
    assert Answer(Verdict.WRONG, most=0).short == "Not yet: a bonus, no points."


@pytest.mark.parametrize("lab", reference.labs())
def test_what_a_lab_says_to_read_again_is_a_section_with_a_cell(lab):
    exercises = importlib.import_module(f"course_utils.labs.{lab.split('_', 1)[1]}").EXERCISES
    ways = [one for exercise in exercises for one in exercise.misconceptions if not one.notebook]
    named = {one.section for one in ways if not one.code.startswith("SL")}  # slips of any exercise name none
    assert len(named) > 1
    assert named <= set(reference.sections(lab))
