"""Lab 02: what figures and widgets show is what PyTorch, or the learner's own function, computes."""

import re

import browser
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.collections import PathCollection

from course_utils import plots, widgets
from course_utils.labs.activations.deep_gradients import deep_net
from course_utils.labs.activations.interval_experiment import interval_data
from course_utils.plots.activations import curve_and_slope, step_net
from course_utils.widgets.folding import best_cut

X, Y = interval_data()
VIEW = "application/vnd.jupyter.widget-view+json"
ALL = {
    "curves": widgets.explore_curves,
    "gradient flow": lambda: widgets.explore_gradient_flow(deep_net),
    "folding": lambda: widgets.explore_folding(X, Y),
    "regions": widgets.explore_regions,
}
TRIANGLE = [([[0, 1], [1, -1], [-1, -1]], [1, 1, 1]), ([[1, 1, 1]], [-2.5])]


@pytest.fixture(autouse=True)
def front_end(monkeypatch):
    """Somebody sits at the screen, wherever the tests run."""
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    yield
    plt.close("all")


# --- figures


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu", "identity"])
def test_a_curve_is_pytorchs_and_its_slope_too(name):
    axes, slopes = plots.plot_curves([name], slopes=True, span=2)
    z, value = axes.lines[0].get_data()
    expected = {"relu": np.maximum(z, 0), "identity": z, "tanh": np.tanh(z), "sigmoid": 1 / (1 + np.exp(-z))}
    np.testing.assert_allclose(value, expected[name], atol=1e-12)
    away = abs(z) > 0.02
    np.testing.assert_allclose(slopes.lines[0].get_ydata()[away], np.gradient(value, z)[away], atol=2e-3)


def test_curves_differ_in_more_than_colour():
    (axes,) = plots.plot_curves(["sigmoid", "tanh", "relu"])
    assert len({line.get_linestyle() for line in axes.lines[:-2:1] if len(line.get_xdata()) > 2}) == 3


def test_curves_can_be_shown_without_their_names():
    (axes,) = plots.plot_curves(["sigmoid", "tanh"], labels="AB")
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["A", "B"]


def test_the_bars_are_the_sizes_and_the_ratio_is_written():
    first, second = plots.plot_gradient_flow({"one": [1e-4, 0.02, 1], "two": [4, 2, 1]})
    assert [bar.get_height() for bar in first.patches] == [1e-4, 0.02, 1]
    assert second.get_title() == "two\nfirst / last = 4"
    assert first.get_yscale() == "log"


def test_each_point_of_the_line_stands_in_the_plane():
    hidden = np.tanh(np.stack([3 * X + 1.5, 1.5 - 3 * X], axis=1))
    _, plane = plots.plot_folding(X, Y, hidden, cut=((1, 1), -1))
    found = [one for one in plane.collections if isinstance(one, PathCollection)]
    shown = np.concatenate([np.asarray(one.get_offsets()) for one in found])
    assert {tuple(point) for point in shown} == {tuple(point) for point in hidden}
    cut = plane.lines[-1]
    np.testing.assert_allclose(cut.get_xdata() + cut.get_ydata(), 1)


@pytest.mark.parametrize(("weight", "bias"), [((0, 1), -0.5), ((1, 0), -0.5), ((0, 0), 1)])
def test_a_cut_may_be_level_or_upright_or_missing(weight, bias):
    _, plane = plots.plot_folding(X, Y, np.stack([X, X**2], axis=1), cut=(weight, bias))
    assert len(plane.lines) == 1 + any(weight)


def test_a_region_is_where_the_net_says_yes():
    points = np.random.default_rng(0).uniform(-3, 3, size=(300, 2))
    inside = (points[:, 1] > -1) & (points[:, 0] - points[:, 1] > -1) & (points.sum(axis=1) < 1)
    assert ((step_net(TRIANGLE, points) > 0) == inside).all()
    (axes,) = plots.plot_regions([TRIANGLE], ["a triangle"])
    assert len(axes.lines) == 3
    grid = plots.plot_regions([TRIANGLE, TRIANGLE], ["one", "two"], diagrams=True)
    assert len(grid) == 2
    assert len(grid[0].figure.axes) == 4


def test_output_functions_are_pytorchs():
    identity, sigmoid, softmax = plots.plot_output_functions([2.0, -1.0, 0.5], ["a", "b", "c"])
    scores = torch.tensor([2.0, -1.0, 0.5], dtype=torch.float64)
    for axes, wanted in ((identity, scores), (sigmoid, scores.sigmoid()), (softmax, scores.softmax(0))):
        np.testing.assert_allclose([bar.get_height() for bar in axes.patches], wanted)
    assert softmax.get_title() == "softmax\nsum 1.00"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plots.plot_curves(["elu"]), "there are the curves sigmoid, tanh, relu, identity; not 'elu'"),
        (lambda: plots.plot_curves(["tanh"], labels="AB"), "labels must be 1 .* not 2"),
        (lambda: plots.plot_gradient_flow({}), "sizes must hold at least one net"),
        (lambda: plots.plot_gradient_flow({"a": [1, 0]}), r"sizes\['a'\] must be numbers above 0"),
        (lambda: plots.plot_folding(X, Y, X), r"hidden \(N, 2\), not \(40,\), \(40,\) and \(40,\)"),
        (lambda: plots.plot_regions([TRIANGLE], []), "titles must be 1 .* not 0"),
        (lambda: plots.plot_output_functions([1.0], []), "labels must be 1 .* not 0"),
        (lambda: widgets.explore_curves("elu"), "there are the curves"),
        (lambda: widgets.explore_folding(X, X), "y zeros and ones"),
        (lambda: widgets.explore_folding(X[:, None], Y), r"x and y must be \(N,\), N from 1 to 200"),
        (lambda: widgets.explore_folding(X, Y, mlp_forward=3), "mlp_forward must be a function, not int"),
        (lambda: widgets.explore_regions([[1, 2]]), "lines must be 1 to 8 rows"),
        (lambda: widgets.explore_regions([[0, 0, 1]]), "a half-plane needs a weight that is not 0"),
        (lambda: widgets.explore_regions(needed=5), "needed must be a whole number from 1 to 4, not 5"),
    ],
)
def test_wrong_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# --- widgets, the Python half


@pytest.mark.parametrize("name", ALL)
def test_without_a_front_end_only_the_figure_is_shown(monkeypatch, name):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    bundle, _ = ALL[name]()._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    assert re.match(r'<figure style="margin:0"><img alt="[^"]{40,}" src="data:image/png', bundle["text/html"])
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
    explorer = widgets.explore_folding(X, Y, mlp_forward=lambda *args: [0, 2 * forward(*args)[1], 0])
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
    explorer = widgets.explore_folding(X, Y, mlp_forward=function)
    explorer.b1 = 1.0
    assert explorer.note.startswith(note)
    assert not explorer.is_learners
    np.testing.assert_allclose(np.array(explorer.points)[:, 0], np.tanh(np.sort(X) + 1))


def test_the_learners_function_is_not_called_where_nobody_looks(monkeypatch):
    monkeypatch.setenv("CI", "1")
    calls = []
    widgets.explore_folding(X, Y, mlp_forward=lambda *args: calls.append(args))
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


# --- widgets, the browser half


def line(page):
    return page.locator(".cu-line").text_content()


@pytest.mark.slow
def test_the_region_covers_what_the_half_planes_say(page):
    explorer = widgets.explore_regions(needed=3)
    browser.mount(page, explorer)
    ticks = (np.arange(96) + 0.5) / 16 - 3
    points = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
    rows = np.array(explorer.lines)
    says = points @ rows[:, :2].T + rows[:, 2] > 0
    share = float(page.locator(".cu-yes").get_attribute("data-share"))
    assert share == pytest.approx((says.sum(axis=1) >= 3).mean())
    page.locator('input[data-name="half-plane 4"]').uncheck()
    assert line(page).startswith("At least 3 of 3 half-planes must say yes (AND).")
    share = float(page.locator(".cu-yes").get_attribute("data-share"))
    assert share == pytest.approx(says[:, :3].all(axis=1).mean())
    browser.eventually(page, lambda: explorer.on, [True, True, True, False])


@pytest.mark.slow
def test_turning_a_dial_folds_the_line_by_the_learners_function(page):
    explorer = widgets.explore_folding(X, Y, mlp_forward=forward)
    browser.mount(page, explorer)
    assert line(page) == "The best straight cut in the plane (dashed) has 30 of 40 points on the right side."
    for name in ("b1", "b2"):
        field = page.locator(f'input[data-name="{name}"][type="number"]')
        field.fill("1.5")
        field.press("Tab")
    browser.eventually(page, lambda: (explorer.b1, explorer.b2, explorer.right), (1.5, 1.5, 40))
    browser.eventually(page, lambda: "has 40 of 40" in line(page), True)
    assert page.locator(".cu-chart-plane .cu-point").count() == 40
    assert "by your mlp_forward" in page.locator(".cu-stage").inner_text()


@pytest.mark.slow
def test_a_number_that_is_being_typed_is_left_alone(page):
    explorer = widgets.explore_folding(X, Y)
    browser.mount(page, explorer)
    field = page.locator('input[data-name="b2"][type="number"]')
    field.fill("2.5")
    page.evaluate("() => window.model.set('note', 'Python has answered')")
    assert field.input_value() == "2.5"
    field.press("Tab")
    browser.eventually(page, lambda: explorer.b2, 2.5)
    for typed, kept in (("99", "8"), ("1.3", "1.5")):
        field.fill(typed)
        field.press("Tab")
        assert field.input_value() == kept
        browser.eventually(page, lambda kept=kept: explorer.b2, float(kept))


@pytest.mark.slow
def test_the_tangent_moves_and_tells_value_and_slope(page):
    explorer = widgets.explore_curves("sigmoid")
    browser.mount(page, explorer)
    assert line(page) == "At z = 0 the activation is 0.5 and the slope 0.25."
    page.locator('input[data-name="z"][type="range"]').press("ArrowRight")
    browser.eventually(page, lambda: explorer.place, 51)
    page.locator("select").select_option("relu")
    assert line(page) == "At z = 0.1 the activation is 0.1 and the slope 1."


@pytest.mark.slow
def test_the_bars_of_the_chosen_net_are_shown(page):
    explorer = widgets.explore_gradient_flow(deep_net)
    browser.mount(page, explorer)
    page.get_by_role("button", name="stronger").click()
    page.locator('select[data-name="activation"]').select_option("sigmoid")
    sizes = page.locator(".cu-chart-flow .cu-bar").evaluate_all("bars => bars.map((bar) => +bar.dataset.size)")
    np.testing.assert_allclose(sizes, explorer.sizes["sigmoid"][1])
    browser.eventually(page, lambda: (explorer.place, explorer.activation), (1, "sigmoid"))
