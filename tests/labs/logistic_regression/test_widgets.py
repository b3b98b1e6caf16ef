"""Widgets of lab 04: arguments, the learner's own function, kept maps, the figures that stand in, the scripts."""

import re

import browser
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from test_logistic_regression import build

from course_utils.labs.logistic_regression import layers, widgets
from course_utils.labs.logistic_regression.widgets import playground
from course_utils.toys import load_weather

X, Y = load_weather(count=30)
run_pair = build("train_with_signs")
VIEW = "application/vnd.jupyter.widget-view+json"
ALL = {
    "probabilities": lambda: widgets.explore_probabilities(X, Y, weight=(1, 0.4), bias=-0.3),
    "signs": lambda: widgets.explore_signs(run_pair, X, Y),
    "boundaries": widgets.explore_boundaries,
}


@pytest.fixture(autouse=True)
def front_end(monkeypatch, request):
    """Somebody sits at the screen, wherever the tests run; a missing browser is noticed while CI is known."""
    if request.node.get_closest_marker("slow"):
        browser.chromium()
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    yield
    plt.close("all")


# the figure that stands in


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(("variable", "value"), [("CI", "1"), ("NBGRADER_EXECUTION", "autograde")])
def test_without_a_front_end_only_the_figure_is_shown(monkeypatch, name, variable, value):
    monkeypatch.setenv(variable, value)
    bundle, _ = ALL[name]()._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    assert re.search(r'<img alt="[^"]{40,}" src="data:image/png;base64,', bundle["text/html"])
    assert plt.get_fignums() == []


@pytest.mark.parametrize("name", ALL)
def test_with_a_front_end_the_figure_stays_as_a_fallback(name):
    bundle, _ = ALL[name]()._repr_mimebundle_()
    assert set(bundle) == {VIEW, "text/html", "text/plain"}


@pytest.mark.parametrize("name", ALL)
def test_scripts_ask_for_nothing_from_the_network(name):
    explorer = ALL[name]()
    assert set(re.findall(r"\w+://[^\"' ]+", explorer._esm + explorer._css)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"^\s*import\b|import\(|fetch\(|XMLHttpRequest", explorer._esm, re.MULTILINE)


@pytest.mark.parametrize("name", ALL)
def test_every_control_keeps_jupyterlabs_shortcuts_away(name):
    made = re.findall(r'html\("(?:input|button|select|textarea)", \{([^}]*)\}', ALL[name]()._esm)
    assert len(made) >= 3
    assert all("data-lm-suppress-shortcuts" in attributes or "...common" in attributes for attributes in made)


# four runs by the learner's own function


def test_the_learners_runs_are_shown():
    table = widgets.explore_signs(run_pair, X, Y)
    assert table.note == ""
    assert {letter: losses[-1] < losses[0] for letter, losses in table.curves.items()} == {
        "a": True,
        "b": False,
        "c": False,
        "d": True,
    }


def test_wrong_runs_are_shown_as_they_are():
    table = widgets.explore_signs(lambda X, y, loss_sign, update_sign, lr, steps: (np.zeros(2), 0.0), X, Y)
    assert all(np.allclose(losses, np.log(2)) for losses in table.curves.values())


def not_written(*arguments):
    raise NotImplementedError


def failing(*arguments):
    raise IndexError("index 5 is out of bounds\nfor axis 2")


@pytest.mark.parametrize(
    ("train", "note"),
    [
        (not_written, "train_with_signs is not written yet; there is nothing to show"),
        (failing, "train_with_signs gives no run to show: IndexError: index 5 is out of bounds"),
        (lambda *arguments: None, "train_with_signs gives no run to show: TypeError"),
        (lambda *arguments: (np.full(2, np.nan), 0.0), "the weights of train_with_signs are not finite"),
        (lambda *arguments: (np.zeros(3), 0.0), "train_with_signs gives no run to show: RuntimeError"),
    ],
)
def test_a_function_without_runs_is_told_in_one_line(train, note):
    table = widgets.explore_signs(train, X, Y)
    assert table.curves == {}
    assert table.note.startswith(note)
    assert "\n" not in table.note


def test_a_function_that_changes_its_input_does_no_harm():
    def changing(X, y, *rest):
        out = run_pair(X, y, *rest)
        X[...] = 0
        return out

    assert widgets.explore_signs(changing, X, Y).curves == widgets.explore_signs(run_pair, X, Y).curves


@pytest.mark.parametrize(("variable", "value"), [("CI", "1"), ("NBGRADER_EXECUTION", "autograde")])
def test_the_learners_function_is_not_called_where_nobody_looks(monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    calls = []
    widgets.explore_signs(lambda *arguments: calls.append(arguments), X, Y)
    assert calls == []


# maps that were made beforehand


@pytest.mark.parametrize(("name", "hidden_layers"), [("ring", 0), ("corners", 1), ("blobs", 2)])
def test_kept_maps_are_what_training_gives_today(name, hidden_layers):
    made = playground.make_maps((name,), hidden_layers)[name]
    kept = playground.kept_maps()[name][str(hidden_layers)]
    for fresh, old in zip(made, kept, strict=True):
        assert abs(playground.unpack(fresh["map"]) - playground.unpack(old["map"])).max() < 0.05
        assert fresh["accuracy"] == pytest.approx(old["accuracy"], abs=0.01)


def test_kept_shares_are_those_of_the_experiment():
    for hidden_layers in layers.HIDDEN_LAYERS:
        for name, shares in layers.accuracies(hidden_layers).items():
            kept = [run["accuracy"] for run in playground.kept_maps()[name][str(hidden_layers)]]
            np.testing.assert_allclose(kept, shares[: playground.SEEDS], atol=0.02)


def test_a_map_survives_packing():
    grid = np.random.default_rng(0).random((playground.CELLS, playground.CELLS))
    np.testing.assert_allclose(playground.unpack(playground.pack(grid)), grid, atol=0.5 / 255 + 1e-9)


def test_the_figure_follows_the_settings():
    explorer = widgets.explore_boundaries("spiral", seed=1)
    panels, alt = explorer.static_figure()
    assert [axes.get_title()[:9] for axes in panels] == ["0 hidden:", "1 hidden:", "2 hidden:"]
    assert "spiral" in alt


# wrong arguments


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: widgets.explore_boundaries("moons"), "there are the toy data sets blobs, ring, corners, spiral"),
        (lambda: widgets.explore_boundaries(hidden_layers=3), "hidden_layers must be a whole number from 0 to 2"),
        (lambda: widgets.explore_boundaries(seed=3), "seed must be a whole number from 0 to 2, not 3"),
        (lambda: widgets.explore_probabilities(X[:, 0], Y), r"points must have the shape \(N, 2\) with N from 1"),
        (lambda: widgets.explore_probabilities(X, Y + 1), "labels must be 0 or 1, one for each point"),
        (lambda: widgets.explore_probabilities(X, Y, bias=7), "weight and bias must be three numbers from -6 to 6"),
        (lambda: widgets.explore_probabilities(X, Y, bias=np.nan), "weight and bias must be three numbers"),
        (lambda: widgets.explore_signs(5, X, Y), "train_with_signs must be a function, not int"),
        (lambda: widgets.explore_signs(run_pair, X, Y[:4]), r"X and y must have the shapes \(N, D\) and \(N,\)"),
    ],
)
def test_an_argument_out_of_its_range_is_told(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# the browser half


def line(page) -> str:
    return page.locator(".cu-line").text_content()


def shown_map(page, side: int) -> np.ndarray:
    values = page.locator(".cu-map-cell").evaluate_all("cells => cells.map((cell) => +cell.dataset.value)")
    return np.array(values).reshape(side, side)


def fill(page, name: str, value) -> None:
    field = page.locator(f'input[data-name="{name}"][type="number"]')
    field.fill(str(value))
    field.press("Tab")


@pytest.mark.slow
def test_the_browsers_probabilities_and_loss_are_pytorchs(page):
    explorer = ALL["probabilities"]()
    browser.mount(page, explorer)
    fill(page, "w2", -2.3)
    fill(page, "b", 1.44)  # to the nearest tenth
    assert (explorer.w2, explorer.b) == (-2.3, 1.4)
    weight = torch.tensor([1.0, -2.3], dtype=torch.float64)
    middles = torch.tensor(_plane(explorer.limit, 40))
    np.testing.assert_allclose(shown_map(page, 40), torch.sigmoid(middles @ weight + 1.4), atol=1e-9)
    scores = torch.tensor(X) @ weight + 1.4
    loss = F.binary_cross_entropy_with_logits(scores, torch.tensor(Y).double())
    right = int(((scores > 0).numpy() == (Y == 1)).sum())
    assert line(page) == f"log-loss {loss:.3f}; {right} of 30 on the right side of the line"


def _plane(limit: float, cells: int) -> np.ndarray:
    side = (np.arange(cells) + 0.5) / cells * 2 * limit - limit
    return np.stack(np.meshgrid(side, side), axis=-1)


@pytest.mark.slow
def test_the_line_is_where_the_score_is_zero(page):
    explorer = ALL["probabilities"]()
    browser.mount(page, explorer)
    ends = re.findall(r"-?[0-9.]+(?:e-?[0-9]+)?", page.locator(".cu-border").get_attribute("d"))
    across, down = np.array(ends, float).reshape(2, 2).T
    x1, x2 = across / 300 * 2 * explorer.limit - explorer.limit, explorer.limit - down / 300 * 2 * explorer.limit
    np.testing.assert_allclose(1.0 * x1 + 0.4 * x2 - 0.3, 0, atol=1e-9)
    assert np.hypot(np.diff(x1), np.diff(x2)) > 4 * explorer.limit
    fill(page, "w1", 0)
    fill(page, "w2", 0)
    assert page.locator(".cu-border").get_attribute("d") == ""


@pytest.mark.slow
def test_without_hidden_layers_the_traced_border_is_straight(page):
    browser.mount(page, widgets.explore_boundaries("blobs", hidden_layers=0))
    ends = re.findall(r"-?[0-9.]+", page.locator(".cu-border").get_attribute("d"))
    places = np.array(ends, float).reshape(-1, 2)  # pixels
    beside = np.linalg.svd(places - places.mean(axis=0), full_matrices=False)[1][1] / np.sqrt(len(places))
    assert beside < 1


@pytest.mark.slow
def test_examples_are_drawn_where_they_are(page):
    browser.mount(page, ALL["probabilities"]())
    circles = page.locator("circle.cu-label-0").evaluate_all("all => all.map((one) => [+one.getAttribute('cx')])")
    limit = ALL["probabilities"]().limit
    wanted = (X[Y == 0][:, 0] + limit) / (2 * limit) * 300
    np.testing.assert_allclose(np.array(circles)[:, 0], wanted, atol=1e-6)
    assert page.locator("path.cu-label-1").count() == (Y == 1).sum()


@pytest.mark.slow
def test_four_runs_go_step_by_step(page):
    table = ALL["signs"]()
    browser.mount(page, table)
    assert line(page) == "After 0 steps: no run below the start"
    fill(page, "step", 40)
    ends = page.locator(".cu-run").evaluate_all("all => all.map((one) => [one.dataset.run, +one.dataset.loss])")
    assert dict(ends) == pytest.approx({letter: losses[40] for letter, losses in table.curves.items()})
    assert line(page) == "After 40 steps: a and d below the start"


@pytest.mark.slow
def test_runs_that_are_not_there_are_told(page):
    browser.mount(page, widgets.explore_signs(not_written, X, Y))
    assert page.locator(".cu-run").count() == 0
    assert page.locator(".cu-note").text_content() == "train_with_signs is not written yet; there is nothing to show"


@pytest.mark.slow
def test_a_chosen_boundary_is_the_kept_one(page):
    explorer = ALL["boundaries"]()
    browser.mount(page, explorer)
    page.locator('select[data-name="data set"]').select_option("spiral")
    page.locator('select[data-name="hidden layers"]').select_option("2")
    page.locator("button", has_text="next run").click()
    assert (explorer.toy, explorer.hidden_layers, explorer.seed) == ("spiral", 2, 1)
    kept = playground.kept_maps()["spiral"]["2"][1]
    np.testing.assert_allclose(shown_map(page, playground.CELLS), playground.unpack(kept["map"]), atol=1e-9)
    assert line(page) == f"spiral with 2 hidden layers, run 1: {100 * kept['accuracy']:.0f} % of new points right"
