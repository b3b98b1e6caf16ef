"""Questions, practice, hints, figures and the widget of lab 08."""

import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from lesson import Lesson

from course_utils import plots, widgets
from course_utils.checks import adversarial_examples as check
from course_utils.practice import LABS, practice
from course_utils.variants import adversarial_examples as questions
from course_utils.widgets import attack as widget

lesson = Lesson("08_adversarial_examples")
STUDENTS = [f"s{number}" for number in range(200)]
TOPICS = LABS["adversarial_examples"]
NUMBERS = range(1, 40)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


# --- questions


def test_without_an_id_the_lessons_numbers_are_asked():
    right = questions.right_values(questions.budget())
    assert (round(right["normalised"], 4), round(right["L2"], 3), right["grey levels"]) == (0.0627, 1.739, 8)


@pytest.mark.parametrize("student", STUDENTS)
def test_a_students_budget_is_bounded_telling_and_right(student):
    question = questions.budget(student)
    assert question == questions.budget(student)
    levels, std, height, width = question
    assert 2 <= levels <= 16
    assert std in questions.STDS
    assert 20 <= min(height, width) <= max(height, width) <= 64
    right = questions.right_values(question)
    assert right["L2"] == pytest.approx(np.linalg.norm(np.full((3, height, width), levels / 255)))
    assert right["normalised"] == pytest.approx(levels / 255 / std)
    for part, ways in questions.wrong_values(question).items():
        values = [value for results in ways.values() for value in results]
        assert min(abs(value - right[part]) / right[part] for value in values) > 0.09


@pytest.mark.parametrize("student", STUDENTS[:25])
def test_each_wrong_budget_gets_its_own_code(student):
    question = questions.budget(student)
    for part, ways in questions.wrong_values(question).items():
        for code, values in ways.items():
            for value in values:
                credit = check.budget_units(questions.right_values(question) | {part: value}, question)
                assert (float(credit), credit.codes) == (pytest.approx(4 / 3), (code,))


def test_students_get_different_budgets():
    assert len({questions.budget(student) for student in STUDENTS}) > 150


# --- practice

RIGHT = {
    "perturbation-length": lambda q: round(float(np.linalg.norm(np.full(3 * q.height * q.width, q.levels)))),
    "grey-levels": lambda q: round(q.thousandths / 1000 * q.std * 255),
}


def test_every_topic_is_tested():
    assert set(RIGHT) == set(TOPICS)


@pytest.mark.parametrize("topic", RIGHT)
@pytest.mark.parametrize("number", NUMBERS)
def test_practice_accepts_the_right_answer_and_explains_wrong_ones(topic, number, capsys):
    question = practice(topic, number)
    right = RIGHT[topic](question.numbers)
    assert question.answer(right)
    capsys.readouterr()
    for given in TOPICS[topic].ways(question.numbers).values():
        if given != right:
            assert not question.answer(given)
            assert re.search("Hint: |more than one wrong way", capsys.readouterr().out)
    assert not question.answer(right + 100_000)
    assert str(right) not in re.findall("[0-9]+", capsys.readouterr().out)


# --- hints


def test_every_exercise_has_hints_that_ask():
    assert set(check.HINTS) == {name.removesuffix("-check") for name in lesson.points()}
    assert all("?" in text for texts in check.HINTS.values() for text in texts)


def test_the_points_add_up():
    assert sum(lesson.points().values()) == 20


# --- figures


def twin(value: float) -> torch.Tensor:
    return torch.full((3, 4, 5), value)


def test_a_twin_is_drawn_with_its_amplified_difference():
    grid = plots.plot_attack(twin(0.5), {"attack": twin(0.52)}, {"attack": np.array([0.2, 0.7, 0.1])}, ("a", "b", "c"))
    np.testing.assert_allclose(grid[0, 0].images[0].get_array(), 0.52, atol=1e-6)
    np.testing.assert_allclose(grid[0, 1].images[0].get_array(), 0.7, atol=1e-5)
    assert [label.get_text() for label in grid[0, 2].get_yticklabels()] == ["b", "a", "c"]


@pytest.mark.parametrize(
    ("changed", "probabilities", "words"),
    [
        ({"a": twin(0)}, {"b": [1.0]}, "the same names"),
        ({}, {}, "the same names"),
        ({"a": torch.zeros(3, 5, 4)}, {"a": [1.0]}, "the shape of x"),
        ({"a": torch.zeros(4, 5)}, {"a": [1.0]}, r"\(3, H, W\)"),
    ],
)
def test_twins_that_do_not_fit_are_refused(changed, probabilities, words):
    with pytest.raises(ValueError, match=words):
        plots.plot_attack(twin(0), changed, probabilities, ("a",))


def test_class_bars_are_refused_where_a_class_is_missing():
    with pytest.raises(ValueError, match="one a class"):
        plots.plot_class_bars([0.5, 0.5], ("a",))


def test_curves_have_markers_and_line_styles_of_their_own():
    axes = plots.plot_accuracy_over_budget([0, 8], {"plain": [0.9, 0.2], "defended": [0.8, 0.5]})
    lines = axes.get_lines()[:2]
    assert len({(line.get_marker(), line.get_linestyle()) for line in lines}) == 2
    assert axes.get_ylim() == (0, 1)


@pytest.mark.parametrize("curves", [{}, {key: [1, 1] for key in "abcde"}])
def test_no_curves_or_too_many_are_refused(curves):
    with pytest.raises(ValueError, match="1 to 4 lines"):
        plots.plot_accuracy_over_budget([0, 8], curves)


def test_a_curve_of_another_length_is_refused():
    with pytest.raises(ValueError, match="one a budget"):
        plots.plot_accuracy_over_budget([0, 8], {"plain": [0.9]})


def test_the_loss_is_drawn_with_the_attack_to_the_right():
    losses = np.tile(np.arange(5.0), (5, 1))
    axes = plots.plot_loss_around(losses, 12)
    assert axes.images[0].origin == "lower"
    np.testing.assert_allclose(axes.images[0].get_array(), losses)


def test_the_vase_is_the_same_from_both_sides():
    (shape,) = plots.plot_vase().collections
    across = shape.get_paths()[0].vertices[:, 0]
    assert across.min() == pytest.approx(-across.max())


# --- the widget

CLASSES = ("a", "b")


def model(x):
    return torch.stack([x.mean((1, 2, 3)), 1 - x.mean((1, 2, 3))], dim=1)


def explore(**options):
    return widgets.explore_attack(model, torch.full((1, 3, 4, 5), 0.5), torch.tensor([0]), CLASSES, **options)


def brighter(model, x, y, eps):
    return (x + eps).clamp(0, 1)


def test_the_widget_holds_a_page_for_each_budget():
    shown = explore(fgsm=brighter)
    pages = np.frombuffer(shown.pixels, np.uint8).reshape(2, 17, 4, 5, 3)
    assert shown.rows == ["your fgsm", "random signs"]
    assert [int(page.max()) for page in pages[0]] == [round(255 * 0.5 + level) for level in range(17)]
    assert np.abs(pages[1, 16].astype(int) - pages[1, 0]).max() == 16
    assert np.array(shown.chances).shape == (2, 17, 2)


def unwritten(*args):
    raise NotImplementedError


@pytest.mark.parametrize(
    ("fgsm", "note"),
    [
        (unwritten, "not written yet"),
        (lambda *args: 1 / 0, "raised ZeroDivisionError"),
        (lambda *args: None, "did not return a picture"),
    ],
)
def test_random_signs_stand_alone_where_the_attack_fails(fgsm, note):
    shown = explore(fgsm=fgsm)
    assert (shown.rows, note in shown.note) == (["random signs"], True)


@pytest.mark.parametrize("level", [-1, 17, 1.5, "8", True])
def test_a_budget_out_of_range_is_refused(level):
    with pytest.raises(ValueError, match="level must be a whole number from 0 to 16"):
        explore(level=level)


def test_a_batch_is_refused():
    with pytest.raises(ValueError, match="one picture"):
        widgets.explore_attack(model, torch.zeros(2, 3, 4, 5), torch.tensor([0, 0]), CLASSES)


def test_where_nobody_looks_the_figure_stands_alone():
    data, _ = explore(fgsm=brighter)._repr_mimebundle_()
    assert set(data) == {"text/html", "text/plain"}
    assert "random signs" in data["text/plain"]


def test_the_pictures_bytes_are_laid_out_as_the_script_reads_them():
    """Row, budget, line, column, colour: the order in which attack.js counts."""
    x = torch.arange(60).reshape(1, 3, 4, 5) / 255
    shown = widgets.explore_attack(model, x, torch.tensor([0]), CLASSES, level=0)
    row, place, length = 0, 0, 4 * 5 * 3
    page = np.frombuffer(shown.pixels, np.uint8)[(row * 17 + place) * length :][:length]
    assert page[3 * (2 * 5 + 4) + 1] == round(float(x[0, 1, 2, 4]) * 255)
    assert widget.MOST == 16
