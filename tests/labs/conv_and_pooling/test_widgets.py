"""Widgets, the Python half: arguments, the learner's own function, the figure shown where none can run."""

import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
import torch.nn.functional as F

from course_utils.labs.conv_and_pooling import widgets
from course_utils.labs.conv_and_pooling.widgets.equivariance import convolve, shift

IMAGE = np.array([[1, 0, 2, 1], [0, 1, 1, 0], [2, 1, 0, 0], [1, 1, 0, 2], [0, 2, 1, 1]])  # 5×4
KERNEL = np.array([[1.0, 0, -1], [2, 1, 0]])  # 2×3, not symmetric: a flipped kernel shows
VIEW = "application/vnd.jupyter.widget-view+json"
ALL = {
    "convolution": lambda: widgets.explore_convolution(IMAGE, KERNEL),
    "output size": widgets.explore_output_size,
    "parameters": widgets.explore_parameters,
    "equivariance": lambda: widgets.explore_equivariance(IMAGE, KERNEL),
}


@pytest.fixture(autouse=True)
def front_end(monkeypatch):
    """Somebody sits at the screen, wherever the tests run."""
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    yield
    plt.close("all")


def reference(x, weight, bias, stride=1, padding=0):
    return F.conv2d(*map(torch.from_numpy, (x, weight, bias)), stride=stride, padding=padding).numpy()


def flipped(x, weight, bias, stride=1, padding=0):
    return reference(x, np.flip(weight, (2, 3)).copy(), bias, stride, padding)


def explore(conv2d, **settings):
    return widgets.explore_convolution(IMAGE, KERNEL, your_conv2d=conv2d, **settings)


# the learner's own function


def test_the_learners_numbers_are_shown_for_every_setting():
    explorer = explore(reference)
    for stride, padding in [(1, 0), (2, 0), (1, 2), (3, 1)]:
        explorer.stride, explorer.padding = stride, padding
        x, weight = (torch.tensor(array, dtype=torch.float64)[None, None] for array in (IMAGE, KERNEL))
        wanted = F.conv2d(x, weight, stride=stride, padding=padding)[0, 0]
        learner = explorer.learner
        assert (learner["stride"], learner["padding"], learner["note"]) == (stride, padding, "")
        np.testing.assert_allclose(learner["values"], wanted)


def test_wrong_numbers_are_shown_as_they_are():
    wanted = flipped(IMAGE[None, None] * 1.0, KERNEL[None, None], np.zeros(1))[0, 0]
    assert explore(flipped).learner["values"] == wanted.tolist()


def test_numbers_that_json_cannot_hold_become_words():
    def broken(*arguments, **settings):
        return np.full_like(reference(*arguments, **settings), np.nan)

    assert explore(broken).learner["values"][0] == ["nan"] * 2


def test_a_function_that_is_not_written_yet_says_so():
    def conv2d(x, weight, bias, stride=1, padding=0):
        raise NotImplementedError

    learner = explore(conv2d).learner
    assert learner["values"] is None
    assert learner["note"] == "your conv2d is not written yet; shown is the reference"


def test_an_error_is_told_in_one_line():
    def conv2d(x, weight, bias, stride=1, padding=0):
        raise IndexError("index 5 is out of bounds\nfor axis 2")

    note = "your conv2d raised IndexError: index 5 is out of bounds; shown is the reference"
    assert explore(conv2d).learner["note"] == note


def test_an_error_without_words_is_told_too():
    def conv2d(x, weight, bias, stride=1, padding=0):
        raise ZeroDivisionError

    assert explore(conv2d).learner["note"] == "your conv2d raised ZeroDivisionError; shown is the reference"


@pytest.mark.parametrize(
    ("answer", "note"),
    [
        (None, "your conv2d returned None; shown is the reference"),
        (np.zeros((4, 2)), "your conv2d returned the shape (4, 2), which is not the output's"),
        (3, "your conv2d returned the shape (), which is not the output's"),
        (np.full((1, 1, 4, 2), "x"), "your conv2d raised ValueError: could not convert string to float"),
    ],
)
def test_an_answer_that_is_no_output_is_not_shown(answer, note):
    learner = explore(lambda *arguments, **settings: answer).learner
    assert learner["values"] is None
    assert learner["note"].startswith(note)


def test_the_wanted_shape_is_never_told():
    assert "(1, 1, 4, 2)" not in explore(lambda *arguments, **settings: np.zeros((2, 3))).learner["note"]


def test_a_function_that_changes_its_input_does_no_harm():
    def conv2d(x, weight, bias, stride=1, padding=0):
        output = reference(x, weight, bias, stride, padding)
        x[:], weight[:] = 0, 0
        return output

    explorer = explore(conv2d)
    explorer.stride = 2
    assert explorer.image == IMAGE.tolist()
    assert (
        explorer.learner["values"]
        == reference(IMAGE[None, None] * 1.0, KERNEL[None, None], np.zeros(1), 2)[0, 0].tolist()
    )


@pytest.mark.parametrize(("variable", "value"), [("CI", "1"), ("NBGRADER_EXECUTION", "autograde")])
def test_the_learners_function_is_not_called_where_nobody_looks(monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    calls = []
    explore(lambda *arguments, **settings: calls.append(arguments))
    assert calls == []


# the figure that stands in


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(("variable", "value"), [("CI", "1"), ("NBGRADER_EXECUTION", "autograde")])
def test_without_a_front_end_only_the_figure_is_shown(monkeypatch, name, variable, value):
    monkeypatch.setenv(variable, value)
    bundle, _ = ALL[name]()._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    assert re.search(r'<img alt="[^"]{40,}" src="data:image/png;base64,', bundle["text/html"])
    assert bundle["text/plain"].startswith("[figure: ")
    assert plt.get_fignums() == []


@pytest.mark.parametrize("name", ALL)
def test_with_a_front_end_the_figure_stays_as_a_fallback(name):
    explorer = ALL[name]()
    bundle, _ = explorer._repr_mimebundle_()
    assert set(bundle) == {VIEW, "text/html", "text/plain"}
    assert bundle[VIEW]["model_id"] == explorer.model_id
    assert "<img alt=" in bundle["text/html"]


def test_the_figure_follows_the_settings():
    explorer = widgets.explore_output_size(7, 3, 1)
    explorer.stride = 2
    axes, alt = explorer.static_figure()
    assert axes.texts[-1].get_text() == "3 windows fit"
    assert "stride 2" in alt


def test_a_figure_can_be_drawn_after_a_kernel_that_does_not_fit():
    explorer = widgets.explore_output_size(7, 3, 1)
    explorer.kernel_size, explorer.size = 9, 5
    assert explorer.static_figure()[0].texts[-1].get_text() == "1 window fits"


# scripts


@pytest.mark.parametrize("name", ALL)
def test_scripts_ask_for_nothing_from_the_network(name):
    explorer = ALL[name]()
    addresses = set(re.findall(r"\w+://[^\"' ]+", explorer._esm + explorer._css))
    assert addresses == {"http://www.w3.org/2000/svg"}  # the name of SVG, not an address that is opened
    assert not re.search(r"^\s*import\b|import\(|fetch\(|XMLHttpRequest", explorer._esm, re.MULTILINE)


@pytest.mark.parametrize("name", ALL)
def test_every_control_keeps_jupyterlabs_shortcuts_away(name):
    made = re.findall(r'html\("(?:input|button|select|textarea)", \{([^}]*)\}', ALL[name]()._esm)
    assert len(made) >= 3
    for attributes in made:
        assert "data-lm-suppress-shortcuts" in attributes or "...common" in attributes


# wrong arguments


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: widgets.explore_convolution(IMAGE[0], KERNEL),
            r"image must have the shape \(H, W\), not \(4,\)",
        ),
        (
            lambda: widgets.explore_convolution(np.ones((33, 9)), KERNEL),
            "image must be at most 32×32 pixels, not 33×9",
        ),
        (
            lambda: widgets.explore_convolution(IMAGE, np.ones((2, 5))),
            "kernel must be at most 5×4 pixels, not 2×5",
        ),
        (lambda: widgets.explore_convolution(IMAGE * np.nan, KERNEL), "image must hold finite numbers"),
        (
            lambda: widgets.explore_convolution(IMAGE, KERNEL, stride=0),
            "stride must be a whole number from 1 to 32, not 0",
        ),
        (
            lambda: widgets.explore_convolution(IMAGE, KERNEL, padding=1.5),
            "padding must be .* from 0 to 32, not 1.5",
        ),
        (lambda: widgets.explore_convolution(IMAGE, KERNEL, your_conv2d=3), "your_conv2d must be a function, not int"),
        (lambda: widgets.explore_output_size(41), "size must be a whole number from 1 to 40, not 41"),
        (lambda: widgets.explore_output_size(4, 5), "kernel_size must be a whole number from 1 to 4, not 5"),
        (
            lambda: widgets.explore_output_size(stride=True),
            "stride must be a whole number from 1 to 8, not True",
        ),
        (lambda: widgets.explore_parameters(0), "in_channels must be a whole number from 1 to 1024, not 0"),
        (
            lambda: widgets.explore_parameters(3, 7, 9, 2, 8),
            "kernel_size must be a whole number from 1 to 7, not 8",
        ),
        (
            lambda: widgets.explore_equivariance(IMAGE, KERNEL[0]),
            r"kernel must have the shape \(H, W\), not \(3,\)",
        ),
    ],
)
def test_wrong_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# shifting and convolving


def test_convolution_and_shift_change_places_with_circular_padding():
    image = IMAGE.astype(float)
    first = convolve(shift(image, 2, -1, circular=True), KERNEL, circular=True)
    last = shift(convolve(image, KERNEL, circular=True), 2, -1, circular=True)
    np.testing.assert_allclose(first, last)


def test_with_zeros_they_differ_at_the_border_only():
    image = np.arange(1.0, 43).reshape(6, 7)
    kernel = np.ones((3, 3))
    first = convolve(shift(image, 0, 1, circular=False), kernel, circular=False)
    last = shift(convolve(image, kernel, circular=False), 0, 1, circular=False)
    assert set(np.argwhere(first != last)[:, 1]) == {0, 6}


def test_a_shift_with_zeros_moves_right_and_down():
    wanted = np.zeros((5, 4))
    wanted[1:, 2:] = IMAGE[:-1, :-2]
    np.testing.assert_array_equal(shift(IMAGE, 1, 2, circular=False), wanted)
