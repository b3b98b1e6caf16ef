"""Widgets of lab 02, the Python half: they show what PyTorch, or the learner's own function, computes."""

import re

import matplotlib.pyplot as plt
import numpy as np
import pytest

from course_utils.labs.activations import widgets
from course_utils.labs.activations.experiments import deep_net, interval_data
from course_utils.labs.activations.figures import curve_and_slope
from course_utils.labs.activations.widgets.folding import best_cut

X, Y = interval_data()
VIEW = "application/vnd.jupyter.widget-view+json"
ALL = {
    "curves": widgets.explore_curves,
    "gradient flow": lambda: widgets.explore_gradient_flow(deep_net),
    "folding": lambda: widgets.explore_folding(X, Y),
    "regions": widgets.explore_regions,
}


@pytest.fixture(autouse=True)
def front_end(monkeypatch):
    """Somebody sits at the screen, wherever the tests run."""
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    yield
    plt.close("all")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: widgets.explore_curves("elu"), "there are the curves"),
        (lambda: widgets.explore_folding(X, X), "y zeros and ones"),
        (lambda: widgets.explore_folding(X[:, None], Y), r"x and y must be \(N,\), N from 1 to 200"),
        (lambda: widgets.explore_folding(X, Y, your_mlp_forward=3), "your_mlp_forward must be a function, not int"),
        (lambda: widgets.explore_regions([[1, 2]]), "lines must be 1 to 8 rows"),
        (lambda: widgets.explore_regions([[0, 0, 1]]), "a half-plane needs a weight that is not 0"),
        (lambda: widgets.explore_regions(needed=5), "needed must be a whole number from 1 to 4, not 5"),
    ],
)
def test_wrong_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("name", ALL)
def test_without_a_front_end_only_the_figure_is_shown(monkeypatch, name):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    bundle, _ = ALL[name]()._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    assert re.search(r'<img alt="[^"]{40,}" src="data:image/png', bundle["text/html"])
    assert plt.get_fignums() == []


@pytest.mark.parametrize("name", ALL)
def test_with_a_front_end_the_figure_stays_as_a_fallback(name):
    bundle, _ = ALL[name]()._repr_mimebundle_()
    assert set(bundle) == {VIEW, "text/html", "text/plain"}


@pytest.mark.parametrize("name", ALL)
def test_scripts_ask_for_nothing_and_keep_shortcuts_away(name):
    script = ALL[name]()._esm
    assert set(re.findall(r"\w+://[^\"' ]+", script)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"^\s*import\b|import\(|fetch\(|XMLHttpRequest", script, re.MULTILINE)
    for attributes in re.findall(r'html\("(?:input|button|select|textarea)", \{([^}]*)\}', script):
        assert "data-lm-suppress-shortcuts" in attributes or "...common" in attributes


def forward(inputs, params, act):
    (W1, b1), (W2, b2) = params
    hidden = act(inputs @ W1.T + b1)
    return [inputs, hidden, hidden @ W2.T + b2]


def test_the_plane_shows_the_learners_own_numbers():
    explorer = widgets.explore_folding(X, Y, your_mlp_forward=lambda *args: [0, 2 * forward(*args)[1], 0])
    for activation, (w1, b1, w2, b2) in (("tanh", (3.0, 1.5, -3.0, 1.5)), ("relu", (1.0, 0.5, -2.0, 0.0))):
        explorer.activation, explorer.w1, explorer.b1, explorer.w2, explorer.b2 = activation, w1, b1, w2, b2
        wanted = 2 * curve_and_slope(activation, np.sort(X)[:, None] * [w1, w2] + [b1, b2])[0]
        np.testing.assert_allclose(explorer.points, wanted)
        assert explorer.is_learners
        assert explorer.note == ""


def not_written(*args):
    raise NotImplementedError


@pytest.mark.parametrize(
    ("function", "note"),
    [
        (not_written, "your mlp_forward is not written yet; shown is PyTorch's"),
        (lambda *args: 1 / 0, "your mlp_forward raised ZeroDivisionError: division by zero; shown is PyTorch's"),
        (lambda *args: None, "your mlp_forward raised TypeError"),
        (lambda X, params, act: [X, X, X], "entry 1 of your list has the shape (40, 1), or holds nan"),
        (lambda X, params, act: [X, np.full((40, 2), np.nan)], "entry 1 of your list has the shape (40, 2), or"),
    ],
)
def test_where_there_is_nothing_to_show_pytorch_stands_in(function, note):
    explorer = widgets.explore_folding(X, Y, your_mlp_forward=function)
    explorer.b1 = 1.0
    assert explorer.note.startswith(note)
    assert not explorer.is_learners
    np.testing.assert_allclose(np.array(explorer.points)[:, 0], np.tanh(np.sort(X) + 1))


def test_the_learners_function_is_not_called_where_nobody_looks(monkeypatch):
    monkeypatch.setenv("CI", "1")
    calls = []
    widgets.explore_folding(X, Y, your_mlp_forward=lambda *args: calls.append(args))
    assert calls == []


def test_without_a_fold_the_best_cut_gets_three_quarters():
    explorer = widgets.explore_folding(X, Y)
    assert explorer.right == 30
    explorer.b1, explorer.b2 = 0.5, 0.5
    assert explorer.right == 40
    explorer.activation = "identity"
    assert explorer.right == 30


@pytest.mark.parametrize("seed", range(4))
def test_the_best_cut_has_the_points_it_says(seed):
    rng = np.random.default_rng(seed)
    points, classes = rng.normal(size=(30, 2)), rng.integers(0, 2, 30)
    (a, b, c), right = best_cut(points, classes)
    said = points @ [a, b] + c > 0
    assert max((said == classes).sum(), (said != classes).sum()) == right
    assert best_cut(points, 1 - classes)[1] == right


def test_the_static_figures_follow_the_settings():
    explorer = widgets.explore_folding(X, Y)
    explorer.b1, explorer.b2 = 0.5, 0.5
    assert "40 of 40 points" in explorer.static_figure()[1]
    panels, _ = widgets.explore_regions([[1, 0, 0]]).static_figure()
    assert len(panels) == 1


def test_the_gradient_flow_is_that_of_the_deep_net():
    explorer = widgets.explore_gradient_flow(deep_net)
    gradients = deep_net(explorer.scales[2], "relu").gradients
    np.testing.assert_allclose(explorer.sizes["relu"][2], [np.sqrt((g**2).mean()) for g in gradients])
