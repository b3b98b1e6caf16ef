"""Practice: what is typed, questions of choice, a deck of questions, review over labs, and the panel in a browser."""

import browser
import numpy as np
import pytest

from course_utils import journal, practice, reference
from course_utils.judging.typed import Unreadable, read_fields, read_typed
from course_utils.labs import chain_rule, conv_and_pooling, logistic_regression, neurons
from course_utils.labs.logistic_regression.concepts import QUESTIONS
from course_utils.mistakes import Mistake
from course_utils.widgets.practice import PracticePanel

sizes = conv_and_pooling.for_student("").output_sizes
concepts = logistic_regression.for_student("").meaning


def right_of(question):
    return question.topic.right(question.numbers)


# --- what is typed


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        (" −0.5 ", -0.5),
        ("3*3·16 + 16", 160),
        ("(3, 4)", (3, 4)),
        ("3, 4", (3, 4)),
        ("[[1, 2], [3, -4]]", [[1, 2], [3, -4]]),
        ("1/4", 0.25),
    ],
)
def test_numbers_sums_and_rows_are_read(text, value):
    assert read_typed(text) == value


@pytest.mark.parametrize(
    "text", ["", "x", "1,,2", "__import__('os')", "9**9**9", "1/0", "'5'", "True", "[1]*9", "(" * 300, "1" * 3000]
)
def test_nothing_else_is_read_and_a_sentence_says_so(text):
    with pytest.raises(Mistake, match=r"cannot be read|type an answer"):
        read_typed(text)


@pytest.mark.parametrize(
    ("axes", "rows", "value"),
    [
        (1, [["3", " 4 ", ""]], [3, 4]),
        (1, [["2*8", "", ""]], [16]),
        (1, [["(3", "4)", ""]], [3, 4]),
        (1, [["()", ""]], []),
        (2, [["1", "−2", ""], ["(3 + 1)*2", "4", ""], ["", "", ""]], [[1, -2], [8, 4]]),
        (2, [["5", ""], ["", ""]], [[5]]),
    ],
)
def test_a_grid_of_fields_is_read_without_what_is_empty_at_its_ends(axes, rows, value):
    assert read_fields(rows, axes) == value


@pytest.mark.parametrize(
    ("axes", "rows", "message", "place"),
    [
        (2, [["", ""], ["", ""]], "type an answer first", (0, 0)),
        (2, [["1", "2"], ["3", ""]], "row 2, column 2 is empty", (1, 1)),
        (2, [["1", "2"], ["3"]], "row 2, column 2 is empty", (1, 1)),
        (2, [["", ""], ["", "2"]], "row 1, column 1 is empty", (0, 0)),
        (1, [["3", "", "4"]], "number 2 is empty", (0, 1)),
        (1, [["3", "x"]], "number 2 cannot be read", (0, 1)),
        (1, [["3", "(1, 2)"]], "number 2 cannot be read", (0, 1)),
        (2, [["__import__('os')"]], "row 1, column 1 cannot be read", (0, 0)),
    ],
)
def test_what_is_missing_in_a_grid_is_told_with_its_place(axes, rows, message, place):
    with pytest.raises(Unreadable, match=message) as told:
        read_fields(rows, axes)
    assert told.value.place == place


# --- questions of choice


def test_a_question_of_choice_is_answered_with_a_key(capsys):
    question = concepts.practice(1)
    wrong = next(key for key in question.options if key != right_of(question))
    assert not question.answer(wrong)
    assert question.options[wrong].feedback in capsys.readouterr().out
    assert question.answer(right_of(question).upper())
    with pytest.raises(Mistake, match="answer with the key of an option: '"):
        question.answer(3)


def test_every_option_of_the_concepts_that_is_wrong_asks_back():
    for choice in QUESTIONS.values():
        assert all(bool(option.feedback) != (key == choice.right) for key, option in choice.options.items())
        assert all("?" in option.feedback for key, option in choice.options.items() if key != choice.right)


def test_practice_asks_other_questions_than_those_that_are_graded():
    assert {one.text for one in QUESTIONS.values()} & {one.text for one in concepts.questions.values()} == set()


def test_code_to_be_read_is_indented_in_the_text():
    question = chain_rule.for_student("").autograd_questions.practice(1)
    assert "\n    loss.backward()\n" in f"{question.text}\n".replace("        ", "    ")


def test_a_wrong_shape_is_repeated(capsys):
    question = neurons.for_student("").network_shapes.practice(1)
    for given in ((3, 4), [3, 4]):
        assert not question.answer(given)
        assert "Not yet: you gave (3, 4)." in capsys.readouterr().out
    question.answer(np.array([3, 4]))
    assert "you gave an array." in capsys.readouterr().out


# --- how it goes


def test_a_wrong_answer_shows_no_false():
    answered = sizes.practice(2).answer(77)
    assert not answered
    assert answered._ipython_display_() is None


def test_an_answer_after_the_right_one_does_not_count(tmp_path, monkeypatch):
    monkeypatch.setenv(journal.VARIABLE, str(tmp_path / "progress.jsonl"))
    question = sizes.practice(2)
    for answer in (77, right_of(question), 78, right_of(question)):
        question.answer(answer)
    assert question.deck.tally == "1 of 2 right"
    assert next(iter(journal.read().practice.values())) == journal.Practised(1, 1, 1)


# --- all labs so far


def test_review_mixes_the_labs_up_to_the_one_that_is_open(tmp_path, monkeypatch):
    monkeypatch.setenv(journal.VARIABLE, str(tmp_path / "progress.jsonl"))
    assert practice.labs_so_far() == reference.labs()[:1]
    (tmp_path / "02_activations").mkdir()
    monkeypatch.chdir(tmp_path / "02_activations")
    journal.note_check("05_conv_and_pooling", "output-sizes", 0)
    assert practice.labs_so_far() == ["01_neurons", "02_activations", "05_conv_and_pooling"]
    topics = {practice.review().topic.name for _ in range(40)}
    assert len(topics) > 4
    assert practice.review("output-size").topic.name == "output-size"
    with pytest.raises(Mistake, match=r"the labs so far have practice in .*; not in 'odds'"):
        practice.review("odds")


def test_every_question_of_review_shows_itself_as_a_panel(monkeypatch, tmp_path):
    monkeypatch.setenv(journal.VARIABLE, str(tmp_path / "progress.jsonl"))
    for lab in reference.labs():
        for source in practice.sources_of(lab):
            panel = PracticePanel(practice.Deck([source]).draw(number=3))
            assert panel.shown["text"]
            assert panel.shown["called"] == source.topic.name.replace("-", " ")


# --- the panel


def reply(page) -> str:
    return page.locator(".cu-practice-reply").inner_text()


@pytest.fixture
def panel(page):
    """A panel with a question of lab 05."""
    widget = PracticePanel(sizes.practice(2))
    browser.mount(page, widget)
    page.locator("input").focus()
    return widget


def focused(page) -> str:
    return page.evaluate("document.activeElement.tagName + ' ' + document.activeElement.textContent").strip()


@pytest.mark.slow
@pytest.mark.usefixtures("front_end")
def test_the_keyboard_is_enough(page, panel):
    page.keyboard.type("77")
    page.keyboard.press("Enter")
    browser.eventually(page, lambda: "✗ Not yet: you gave 77." in reply(page), True)
    assert focused(page) == "INPUT"
    page.keyboard.type(str(right_of(panel.question)))  # what was typed is selected, and replaced
    page.keyboard.press("Enter")
    browser.eventually(page, lambda: reply(page), "✓ Correct.")
    assert page.locator(".cu-practice-tally").inner_text() == "1 of 2 right"
    assert focused(page) == "BUTTON Next question"
    first = panel.question
    page.keyboard.press("n")
    browser.eventually(page, lambda: (panel.question is first, reply(page), focused(page)), (False, "", "INPUT"))


@pytest.mark.slow
@pytest.mark.usefixtures("front_end")
def test_what_cannot_be_read_is_told_and_does_not_count(page, panel):
    page.keyboard.type("five")
    page.keyboard.press("Enter")
    browser.eventually(page, lambda: reply(page).startswith("? This cannot be read."), True)
    assert panel.question.deck.tally == ""


@pytest.mark.slow
@pytest.mark.usefixtures("front_end")
def test_options_are_chosen_by_number(page):
    widget = PracticePanel(concepts.practice(1))
    browser.mount(page, widget)
    place = list(widget.question.options).index(right_of(widget.question)) + 1
    page.locator("input").first.focus()
    page.keyboard.press(str(place))
    page.keyboard.press("Enter")
    browser.eventually(page, lambda: reply(page), "✓ Correct.")


# --- a grid of fields

convolve = conv_and_pooling.for_student("").convolve_by_hand
shapes = neurons.for_student("").network_shapes


@pytest.fixture
def rows_of_fields(page):
    """A panel whose answer has three rows of three numbers, and these as texts."""
    widget = PracticePanel(convolve.practice(1))
    browser.mount(page, widget)
    page.locator("input").first.focus()
    return widget, [[f"{number:g}" for number in row] for row in np.asarray(right_of(widget.question))]


@pytest.fixture
def shape_of_fields(page):
    """A panel whose answer is a shape, and its numbers as texts."""
    widget = PracticePanel(shapes.practice(1))
    browser.mount(page, widget)
    page.locator("input").first.focus()
    return widget, [str(number) for number in right_of(widget.question)]


def here(page) -> str:
    return page.evaluate("document.activeElement.ariaLabel")


def typed(page) -> list[list[str]]:
    """Return what stands in the grid, row by row."""
    read = "(rows) => rows.map((row) => [...row.querySelectorAll('input')].map((field) => field.value))"
    return page.locator(".cu-fields-row").evaluate_all(read)


def size(page) -> tuple[int, int]:
    return len(typed(page)), len(typed(page)[0])


def press(page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


@pytest.mark.slow
@pytest.mark.usefixtures("front_end")
def test_tab_leads_through_rows_of_fields_and_enter_checks(page, rows_of_fields):
    _, numbers = rows_of_fields
    for row in numbers:
        for number in row:
            page.keyboard.type(number)
            page.keyboard.press("Tab")
        if row is numbers[0]:  # past the empty field that would make the rows longer
            page.keyboard.press("Tab")
    assert here(page) == "row 4, column 1"
    page.keyboard.press("Enter")
    browser.eventually(page, lambda: reply(page), "✓ Correct.")
    assert focused(page) == "BUTTON Next question"


@pytest.mark.slow
@pytest.mark.usefixtures("front_end")
def test_the_grid_is_as_large_for_every_answer_and_grows_as_it_is_filled(page, rows_of_fields):
    assert size(page) == (2, 2)
    press(page, "1", "Tab", "2")
    assert size(page) == (2, 3)
    press(page, "ArrowDown", "3")
    assert size(page) == (3, 3)
    assert page.locator(".cu-fields-spare").count() == 3 + 2


@pytest.mark.slow
@pytest.mark.usefixtures("front_end")
def test_a_grid_has_an_end(page, shape_of_fields):
    for number in range(15):
        press(page, str(number % 10), ",")
    assert size(page) == (1, 12)
    assert here(page) == "number 12"


@pytest.mark.slow
@pytest.mark.usefixtures("front_end")
def test_arrows_move_between_fields_and_inside_a_number_that_is_being_typed(page, rows_of_fields):
    press(page, "1", "2", "ArrowRight")
    assert here(page) == "row 1, column 2"
    press(page, "ArrowDown")
    assert here(page) == "row 2, column 2"
    press(page, "ArrowLeft", "ArrowUp")  # into a number that stands there: it is selected
    assert here(page) == "row 1, column 1"
    press(page, "End", "ArrowLeft", "ArrowLeft", "ArrowRight", "7")
    assert typed(page)[0][0] == "172"
    press(page, "ArrowUp", "ArrowLeft", "ArrowLeft", "ArrowLeft")  # no field there
    assert here(page) == "row 1, column 1"


@pytest.mark.slow
@pytest.mark.usefixtures("front_end")
def test_what_python_would_write_fills_the_fields(page, rows_of_fields):
    page.keyboard.type("[[1, 2, 3], [4 5 6],[7,8,9]]")
    assert [row[:3] for row in typed(page)] == [["1", "2", "3"], ["4", "5", "6"], ["7", "8", "9"], ["", "", ""]]
    press(page, "Backspace")  # the first of the fourth row: nothing before it
    assert here(page) == "row 4, column 1"


@pytest.mark.slow
@pytest.mark.usefixtures("front_end")
@pytest.mark.parametrize("text", ["({})", "[{}]", "{}"])
def test_a_shape_is_typed_as_a_tuple(page, shape_of_fields, text):
    widget, numbers = shape_of_fields
    page.keyboard.type(text.format(", ".join(numbers)))
    assert len(typed(page)) == 1
    page.keyboard.press("Enter")
    browser.eventually(page, lambda: reply(page), "✓ Correct.")
    assert widget.question.deck.tally == "1 of 1 right"


PASTE = """([field, text]) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text", text);
    field.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}"""


@pytest.mark.slow
@pytest.mark.usefixtures("front_end")
@pytest.mark.parametrize("text", ["1 2\n3 4\n", "[[1, 2],\n [3, 4]]", "1, 2; 3, 4", "[[1. 2.]\n [3. 4.]]"])
def test_copied_rows_fill_the_fields(page, rows_of_fields, text):
    page.evaluate(PASTE, [page.locator("input").first.element_handle(), text])
    assert [[field.strip(".") for field in row[:2]] for row in typed(page)] == [["1", "2"], ["3", "4"], ["", ""]]


@pytest.mark.slow
@pytest.mark.usefixtures("front_end")
def test_an_empty_field_between_others_is_shown_and_does_not_count(page, rows_of_fields):
    widget, _ = rows_of_fields
    press(page, "1", "Tab", "2", "ArrowDown", "3", "Enter")
    browser.eventually(page, lambda: reply(page), "? Row 2, column 1 is empty.")
    assert here(page) == "row 2, column 1"
    assert page.locator("[aria-invalid]").count() == 1
    assert widget.question.deck.tally == ""
    press(page, "4")
    assert page.locator("[aria-invalid]").count() == 0


@pytest.mark.slow
@pytest.mark.usefixtures("front_end")
def test_a_wrong_grid_is_diagnosed_stays_filled_and_keeps_the_learners_place(page, rows_of_fields):
    widget, _ = rows_of_fields
    flipped = next(
        given for way, given in widget.question.topic.ways(widget.question.numbers).items() if way.code == "CV1"
    )
    rows = "], [".join(", ".join(f"{number:g}" for number in row) for row in np.asarray(flipped))
    page.keyboard.type(f"[[{rows}")
    press(page, "ArrowUp", "Enter")
    browser.eventually(page, lambda: "✗ Not yet" in reply(page), True)
    (way,) = [one for one in convolve.misconceptions if one.code == "CV1"]
    assert way.feedback in reply(page)
    assert here(page) == "row 2, column 3"
    assert len([field for row in typed(page) for field in row if field]) == 9


@pytest.mark.slow
@pytest.mark.usefixtures("front_end")
def test_a_topic_is_chosen_and_the_next_question_is_of_it(page):
    deck = practice.Deck(practice.sources_of("01_neurons"), mixed=True)
    widget = PracticePanel(deck.draw("neuron"))
    browser.mount(page, widget)
    page.locator("select").select_option("dense-count")
    browser.eventually(page, lambda: page.locator(".cu-practice-called").inner_text(), "dense count")
    page.get_by_role("button", name="Next question").click()
    browser.eventually(page, lambda: widget.shown["turn"], 2)
    assert widget.question.topic.name == "dense-count"


@pytest.mark.slow
@pytest.mark.usefixtures("front_end")
@pytest.mark.parametrize("exercise", [sizes, concepts, convolve], ids=["a field", "options", "a grid"])
def test_every_control_keeps_its_keys_from_jupyterlab(page, exercise):
    browser.mount(page, PracticePanel(exercise.practice(2)))
    assert page.locator(":is(input, button, select):not([data-lm-suppress-shortcuts])").count() == 0
    assert page.locator(":is(input, button)").count() >= 3


@pytest.mark.slow
@pytest.mark.usefixtures("front_end")
def test_a_panel_whose_kernel_is_gone_says_so(page, panel):
    page.evaluate("window.model.save_changes = () => {}")
    page.keyboard.press("Enter")
    page.wait_for_timeout(4500)
    assert "run this cell again" in reply(page)
