"""Practice: what is typed, questions of choice, a deck of questions, review over labs, and the panel in a browser."""

import browser
import numpy as np
import pytest

from course_utils import journal, practice, reference
from course_utils.judging.mistakes import Mistake
from course_utils.judging.typed import read_typed
from course_utils.labs import chain_rule, conv_and_pooling, logistic_regression
from course_utils.labs.logistic_regression.concepts import QUESTIONS
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


@pytest.mark.slow
@pytest.mark.usefixtures("front_end")
def test_rows_of_numbers_are_typed_into_one_field(page):
    widget = PracticePanel(conv_and_pooling.for_student("").convolve_by_hand.practice(1))
    browser.mount(page, widget)
    page.locator("input").fill(str(np.asarray(right_of(widget.question)).astype(int).tolist()))
    page.get_by_role("button", name="Check").click()
    browser.eventually(page, lambda: reply(page), "✓ Correct.")


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
@pytest.mark.parametrize("exercise", [sizes, concepts], ids=["a field", "options"])
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
