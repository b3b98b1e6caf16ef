"""Training: the frame around the learner's own epochs, and the black box for labs that do not ask for training."""

import copy
import inspect

import nbformat
import pytest
import torch
from IPython.lib.pretty import pretty
from nbclient import NotebookClient
from torch import nn

from course_utils.training import History, accuracy, fit, networks, predict, probabilities, run_epochs


def task(number=90):
    """Points in three corners of a plane: inputs (N, 2), labels (N,)."""
    chance = torch.Generator().manual_seed(0)
    y = torch.arange(number) % 3
    corners = torch.tensor([[0.0, 0.0], [3.0, 0.0], [0.0, 3.0]])
    return corners[y] + 0.3 * torch.randn(number, 2, generator=chance), y


def network(seed=0, extra=()):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(2, 8), nn.ReLU(), *extra, nn.Linear(8, 3))


def weights(model):
    return torch.cat([p.detach().flatten() for p in model.parameters()])


# run_epochs


def test_the_learners_functions_are_called_in_turn_once_an_epoch():
    calls, losses = [], iter([3, 2.5, torch.tensor(2.0)])

    def train():
        calls.append("train")
        return next(losses)

    def evaluate():
        calls.append("evaluate")
        return 0.5

    history = run_epochs(train, 3, evaluate=evaluate)
    assert calls == ["train", "evaluate"] * 3
    assert (history.loss, history.accuracy, len(history)) == ([3.0, 2.5, 2.0], [0.5] * 3, 3)
    assert all(type(loss) is float for loss in history.loss)
    assert history.seconds >= 0


def test_a_function_that_returns_nothing_is_named():
    with pytest.raises(TypeError, match="train must return a number, not NoneType"):
        run_epochs(lambda: None, 2)
    with pytest.raises(TypeError, match="evaluate must return a number, not dict"):
        run_epochs(lambda: 1.0, 2, evaluate=lambda: {"accuracy": 1})


@pytest.mark.parametrize("epochs", [0, -1])
def test_no_epochs_are_refused(epochs):
    with pytest.raises(ValueError, match=f"epochs must be at least 1, not {epochs}"):
        run_epochs(lambda: 1.0, epochs)


def test_a_history_reads_as_one_line():
    assert str(History([2.0, 1.0], [0.2, 0.45], 3.21)) == "2 epochs in 3.2 s, loss 1.000, accuracy 0.450"
    assert str(History()) == "0 epochs in 0.0 s"
    assert pretty(History([2.0], [], 1.0)) == "1 epoch in 1.0 s, loss 2.000"


# the bar


@pytest.mark.parametrize("variable", ["NBGRADER_EXECUTION", "CI"])
def test_nothing_is_shown_while_grading_or_in_continuous_integration(monkeypatch, capfd, variable):
    for name in ("NBGRADER_EXECUTION", "CI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich takes any output for a terminal then
    monkeypatch.setenv(variable, "true")
    run_epochs(lambda: 1.0, 3)
    assert capfd.readouterr() == ("", "")


def test_a_learner_sees_a_bar_with_the_loss(monkeypatch, capfd):
    for name in ("NBGRADER_EXECUTION", "CI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    run_epochs(lambda: 1.25, 3, what="my network")
    shown = capfd.readouterr()
    assert shown.out == ""
    for part in ("my network", "3 of 3 epochs", "loss 1.250"):
        assert part in shown.err


@pytest.mark.slow
def test_a_notebook_keeps_one_line_of_text_and_no_widget_and_of_a_check_its_answer_alone(monkeypatch):
    for name in ("NBGRADER_EXECUTION", "CI"):
        monkeypatch.delenv(name, raising=False)
    lines = (
        "from course_utils import runtime",
        "from course_utils.training import run_epochs",
        "runtime.SHORTEST = 0",
        "run_epochs(lambda: 1.25, 3, what='my network');",
    )
    check = "with runtime.passing_bars():\n    run_epochs(lambda: 1.25, 3)\n    print('Correct.')"
    cells = [nbformat.v4.new_code_cell(code) for code in ("\n".join(lines), check)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, kernel_name="python3").execute()
    assert [output.text for output in notebook.cells[1].outputs] == ["Correct.\n"]
    [output] = notebook.cells[0].outputs
    assert output.data == {"text/plain": f"my network  {'█' * 24}  3 of 3 epochs  loss 1.250"}


@pytest.mark.slow
def test_trainings_inside_work_with_a_bar_have_none_of_their_own(monkeypatch):
    for name in ("NBGRADER_EXECUTION", "CI"):
        monkeypatch.delenv(name, raising=False)
    lines = (
        "from course_utils import runtime",
        "from course_utils.training import run_epochs",
        "runtime.SHORTEST = 0",
        "for _ in runtime.with_progress('ab', 'two trainings', unit='of them'):",
        "    run_epochs(lambda: 1.25, 3)",
        "run_epochs(lambda: 1.25, 3, what='afterwards');",
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("\n".join(lines))])
    NotebookClient(notebook, kernel_name="python3").execute()
    shown = [output.data["text/plain"].split("  ")[0] for output in notebook.cells[0].outputs]
    assert shown == ["two trainings", "afterwards"]


def test_where_nobody_looks_nothing_is_written(monkeypatch, capfd):
    for name in ("NBGRADER_EXECUTION", "CI", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    run_epochs(lambda: 1.0, 3)
    assert capfd.readouterr() == ("", "")


# fit


def test_fit_learns():
    model, (x, y) = network(), task()
    history = fit(model, x, y, epochs=30, batch_size=16, learning_rate=2e-2, test=(x, y))
    assert history.loss[-1] < 0.2 < history.loss[0]
    assert history.accuracy[-1] > 0.95
    assert accuracy(model, x, y) == history.accuracy[-1]


def test_fit_is_adam_on_the_cross_entropy():
    model, (x, y) = network(), task(20)
    twin = copy.deepcopy(model)
    history = fit(model, x, y, epochs=2, batch_size=20, learning_rate=1e-2)
    adam, losses = torch.optim.Adam(twin.parameters(), 1e-2), []
    for _ in range(2):
        adam.zero_grad()
        loss = nn.functional.cross_entropy(twin(x), y)
        loss.backward()
        adam.step()
        losses.append(loss.item())
    torch.testing.assert_close(weights(model), weights(twin))
    assert history.loss == pytest.approx(losses)


def test_each_input_counts_the_same_in_the_loss_also_in_a_short_last_batch():
    model, (x, y) = network(), task(50)
    frozen = {"epochs": 1, "batch_size": 16, "learning_rate": 0.0}
    whole = nn.functional.cross_entropy(model(x), y).item()
    assert fit(model, x, y, **frozen).loss[0] == pytest.approx(whole)


def test_a_seed_repeats_a_run_and_leaves_the_global_generator_alone():
    x, y = task()
    runs = []
    for seed in (1, 1, 2):
        model = network()
        torch.manual_seed(seed * 77)
        before = torch.get_rng_state()
        fit(model, x, y, epochs=2, seed=seed)
        assert torch.equal(torch.get_rng_state(), before)
        runs.append(weights(model))
    assert torch.equal(runs[0], runs[1])
    assert not torch.equal(runs[0], runs[2])


def test_only_the_parameters_named_are_trained():
    model, (x, y) = network(), task()
    first = model[0].weight.detach().clone()
    head = model[-1].weight.detach().clone()
    fit(model, x, y, epochs=1, parameters=model[-1].parameters())
    assert torch.equal(model[0].weight, first)
    assert not torch.equal(model[-1].weight, head)
    assert all(p.requires_grad and p.grad is None for p in model.parameters())


def test_frozen_parameters_are_not_trained():
    model, (x, y) = network(), task()
    model[0].requires_grad_(False)
    first = model[0].weight.clone()
    fit(model, x, y, epochs=1)
    assert torch.equal(model[0].weight, first)
    with pytest.raises(ValueError, match="no parameter that requires a gradient"):
        fit(model.requires_grad_(False), x, y, epochs=1)


@pytest.mark.parametrize("mode", [True, False])
def test_the_mode_is_afterwards_as_it_was(mode):
    model, (x, y) = network(extra=[nn.BatchNorm1d(8)]), task()
    model.train(mode)
    fit(model, x, y, epochs=1, test=(x, y))
    assert model.training is mode
    assert model[2].num_batches_tracked == 2  # it was trained in training mode: 90 inputs, two batches


@pytest.mark.parametrize("numbers", [(10, 9), (0, 0)])
def test_inputs_and_labels_that_do_not_match_are_named(numbers):
    x, y = torch.zeros(numbers[0], 2), torch.zeros(numbers[1], dtype=torch.int64)
    with pytest.raises(ValueError, match=f"they have {numbers[0]} and {numbers[1]}"):
        fit(network(), x, y, epochs=1)


# predictions


def test_predictions_are_made_as_at_the_end_and_leave_the_model_as_it_is():
    model, (x, y) = network(extra=[nn.Dropout(0.5), nn.BatchNorm1d(8)]), task()
    model.train()
    before = copy.deepcopy(model.state_dict())
    found = probabilities(model, x, batch_size=7)
    assert model.training
    assert all(torch.equal(model.state_dict()[name], value) for name, value in before.items())
    with torch.no_grad():
        torch.testing.assert_close(found, copy.deepcopy(model).eval()(x).softmax(1))
    assert not found.requires_grad
    assert torch.equal(predict(model, x), found.argmax(1))
    assert accuracy(model, x, y) == (found.argmax(1) == y).float().mean().item()


def test_what_lab_7_asks_for_is_not_in_here():
    """N6.4 asks for the five steps of an epoch, N6.5 for a confusion matrix and accuracies per class."""
    code = inspect.getsource(networks)
    for answer in ("zero_grad", ".backward(", "bincount", "per_class"):
        assert answer not in code
