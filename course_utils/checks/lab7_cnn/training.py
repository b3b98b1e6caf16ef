"""Checks of the learner's training loop, evaluation, first run and repeated run."""

import random

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from course_utils.checks.comparing import refusal
from course_utils.checks.sets import mark, what_was_given
from course_utils.judging.answers import as_array, as_dict, named, plain, read_numbers
from course_utils.judging.protocol.calling import ask, quiet
from course_utils.judging.protocol.verdicts import CheckFailed, Credit, NotAttempted

RATE = 0.5  # learning rate of the spied epoch
BATCH = 4
BAR = 0.35  # the accuracy that a first run should reach: three and a half times chance


# --- one epoch, watched


class SpyModel(nn.Module):
    """A linear model that writes down what is done with it."""

    def __init__(self, weight: torch.Tensor, log: list) -> None:
        super().__init__()
        self.weight, self.log = nn.Parameter(weight.clone()), log

    def forward(self, x):
        """Return scores, and note the mode."""
        self.log.append("forward in train mode" if self.training else "forward in eval mode")
        return F.linear(x, self.weight)

    def zero_grad(self, *args, **kwargs):
        """Note and do it."""
        self.log.append("zero_grad")
        super().zero_grad(*args, **kwargs)


class SpySGD(torch.optim.SGD):
    """Gradient descent that writes down what is called."""

    log: list

    def zero_grad(self, *args, **kwargs):
        """Note and do it."""
        self.log.append("zero_grad")
        super().zero_grad(*args, **kwargs)

    def step(self, *args, **kwargs):
        """Note and do it."""
        self.log.append("step")
        return super().step(*args, **kwargs)


def watch_epoch(function, x: torch.Tensor, y: torch.Tensor, weight: torch.Tensor, batch: int, rate: float) -> dict:
    """Probe: let the student's function train a spied model for one epoch.

    Returns
    -------
    dict
        ``"events"`` in order, ``"kind"`` and ``"value"`` of what was returned, ``"weight"`` at the end.
    """
    log: list[str] = []
    model = SpyModel(weight, log).eval()  # a loop that is right switches to training itself
    optimiser = SpySGD(model.parameters(), lr=rate)
    optimiser.log = log

    def loss_fn(scores, labels):
        log.append("loss")
        loss = F.cross_entropy(scores, labels)
        if loss.requires_grad:
            loss.register_hook(lambda _gradient: log.append("backward"))
        return loss

    loader = DataLoader(TensorDataset(x, y), batch_size=batch)
    with torch.enable_grad():
        value = function(model, loader, optimiser, loss_fn)
    return {
        "events": list(log),
        "kind": type(value).__name__,
        "value": value.detach() if isinstance(value, torch.Tensor) else value if _is_number(value) else None,
        "weight": model.weight.detach().clone(),
    }


def _is_number(value) -> bool:
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool)


def epoch(x, y, weight, batch: int, rate: float, *, keep=False, late=False, batches: int | None = None) -> dict:
    """Train a linear model by hand for one epoch.

    Parameters
    ----------
    keep
        Gradients of earlier batches stay.
    late
        Each step uses the gradients that were there before the batch (none at first).
    batches
        How many batches are trained; all if left out.

    Returns
    -------
    dict
        ``"weight"`` at the end, ``"losses"`` and ``"sizes"`` of the batches.
    """
    weight, gradient = weight.clone(), torch.zeros_like(weight)
    losses, sizes = [], []
    for part, labels in list(zip(x.split(batch), y.split(batch), strict=True))[:batches]:
        leaf = weight.clone().requires_grad_()
        with torch.enable_grad():
            loss = F.cross_entropy(F.linear(part, leaf), labels)
        (fresh,) = torch.autograd.grad(loss, leaf)
        before = gradient
        gradient = gradient + fresh if keep else fresh
        weight = weight - rate * (before if late else gradient)
        losses.append(loss.item())
        sizes.append(len(labels))
    return {"weight": weight, "losses": np.array(losses), "sizes": np.array(sizes)}


@quiet()
def train_one_epoch(answer, hidden: int | None = None) -> None:
    """Check ``train_one_epoch(model, loader, optimiser, loss_fn) -> float``. 3 points.

    Parameters
    ----------
    answer
        The student's function.
    hidden
        Seed of other pictures and labels; there are other numbers of batches then.
    """
    _refuse_missing(answer, "train_one_epoch")
    seed, number = (3, 10) if hidden is None else (hidden, 17)
    chance = torch.Generator().manual_seed(seed)
    x, weight = torch.randn(number, 5, generator=chance), torch.randn(3, 5, generator=chance)
    y = torch.randint(0, 3, (number,), generator=chance)
    found = ask(watch_epoch, answer, x, y, weight, BATCH, RATE)
    right = epoch(x, y, weight, BATCH, RATE)
    _judge_events(found, x, y, weight, right)
    _judge_loss(found, right)
    print("Correct.")


def _refuse_missing(answer, name: str) -> None:
    if answer is None:
        raise NotAttempted(f"{name} is None")


def _fail(name: str, code: str, note: str = "") -> None:
    raise refusal(f"{name}: not yet right.{note}", code)


def _judge_events(found: dict, x, y, weight, right: dict) -> None:
    events, given = found["events"], found["weight"]
    trained = torch.allclose(given, right["weight"], rtol=1e-4, atol=1e-5)
    if any("eval" in event for event in events):
        _fail("train_one_epoch", "TR3")
    if trained and "loss" not in events:
        raise CheckFailed(
            "train_one_epoch: the weights are right, but loss_fn was never called.\n"
            "Hint: Somebody hands over another loss. Which of them does your function train with?"
        )
    if trained:
        return
    code = _weight_code(events, given, x, y, weight)
    if code:
        _fail("train_one_epoch", code)
    calls = ", ".join(events[:6])
    raise CheckFailed(
        "train_one_epoch: after the epoch the weights are not what PyTorch's own loop gives.\n"
        f"  your calls begin: {calls[:120]}.\nHint: which five calls does each batch take, and in which order?"
    )


def _weight_code(events: list, given, x, y, weight) -> str:
    def same(**how) -> bool:
        return torch.allclose(given, epoch(x, y, weight, BATCH, RATE, **how)["weight"], rtol=1e-4, atol=1e-5)

    forwards = sum("forward" in event for event in events)
    if "backward" not in events or "step" not in events:
        return "KT1"
    if events.index("step") < events.index("backward"):
        return "TR2"
    if torch.equal(given, weight) and _between(events, "backward", "zero_grad", "step"):
        return "KT2"
    if same(late=True) or same(late=True, keep=True):
        return "TR2"
    if same(keep=True) or "zero_grad" not in events:
        return "TR1"
    return "KT3" if forwards < len(x.split(BATCH)) or same(batches=1) else ""


def _between(events: list, first: str, middle: str, last: str) -> bool:
    order = [event for event in events if event in (first, middle, last)]
    return any(order[i : i + 3] == [first, middle, last] for i in range(len(order)))


def _judge_loss(found: dict, right: dict) -> None:
    losses, sizes = right["losses"], right["sizes"]
    mean = float((losses * sizes).sum() / sizes.sum())
    value = plain(found["value"]) if found["value"] is not None else None
    if found["kind"] == "NoneType":
        raise CheckFailed("train_one_epoch returned None. Does it end in a return statement?")
    if found["kind"] == "Tensor":
        _fail("train_one_epoch", "TR4")
    if value is None:
        raise CheckFailed(f"train_one_epoch should return a number, not {named(found['kind'])}.")
    if _equal(value, mean):
        return
    ways = {
        "TR5": losses.mean(),
        "KT4": losses[-1],
        "KT5": [losses.sum(), (losses * sizes).sum()],
        "KT3": losses[0],
    }
    code = next((code for code, way in ways.items() if any(_equal(value, one) for one in np.ravel(way))), "")
    if code:
        _fail("train_one_epoch", code)
    raise CheckFailed("train_one_epoch: the weights are right, the returned mean loss is not.")


def _equal(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-4 * max(1.0, abs(other))


# --- evaluation, watched


class SpyJudge(nn.Module):
    """A model whose scores are given; notes the mode and whether a graph is recorded."""

    def __init__(self, scores: torch.Tensor, log: list) -> None:
        super().__init__()
        self.scores, self.scale, self.log = scores, nn.Parameter(torch.ones(1)), log

    def forward(self, x):
        """Return the scores of pictures, each of which is its own number."""
        self.log.append([self.training, torch.is_grad_enabled()])
        return self.scores[x.reshape(len(x), -1)[:, 0].long()] * self.scale


def watch_evaluation(function, scores: torch.Tensor, labels: torch.Tensor, batch: int, training: bool) -> dict:
    """Probe: let the student's function evaluate a spied model in a given mode.

    Returns
    -------
    dict
        ``"answer"``: what it returned, as plain data; ``"log"``: [training, graph recorded] for each batch;
        ``"after"``: the mode afterwards.
    """
    log: list = []
    model = SpyJudge(scores, log).train(training)
    pictures = torch.arange(len(labels), dtype=torch.float32).reshape(-1, 1, 1, 1)
    loader = DataLoader(TensorDataset(pictures, labels), batch_size=batch)
    with torch.enable_grad():
        answer = function(model, loader, scores.shape[1])
    return {"answer": _as_data(answer), "log": log, "after": model.training}


def _as_data(value):
    if isinstance(value, torch.Tensor):
        return value.detach()
    if isinstance(value, dict):
        return {str(key): _as_data(one) for key, one in value.items()}
    return [_as_data(one) for one in value] if isinstance(value, (list, tuple)) else value


class Judged(dict):
    """Accuracy, accuracies per class and confusion matrix, computed picture by picture."""

    def __init__(self, scores: torch.Tensor, labels: torch.Tensor) -> None:
        number = scores.shape[1]
        confusion = np.zeros((number, number))
        for row, label in zip(scores, labels, strict=True):
            confusion[int(label), int(row.argmax())] += 1
        with np.errstate(invalid="ignore"):
            per_class = np.diag(confusion) / confusion.sum(1)
        right = np.diag(confusion).sum() / max(confusion.sum(), 1)
        super().__init__(accuracy=np.array(right), per_class=per_class, confusion=confusion)


EVALUATIONS = [("20 pictures of four classes, batches of 5", 20, 4, 5, None), ("a short last batch", 18, 4, 5, None)]
HIDDEN_EVALUATIONS = [("", 23, 5, 4, 2), ("", 7, 3, 1, None), ("", 6, 4, 50, 0)]


@quiet()
def evaluate(answer, hidden: int | None = None) -> None:
    """Check ``evaluate(model, loader, n_classes) -> {"accuracy", "per_class" (K,), "confusion" (K, K)}``. 3 points.

    Parameters
    ----------
    answer
        The student's function.
    hidden
        Seed of other scores; a class is absent then.
    """
    _refuse_missing(answer, "evaluate")
    for case, number, classes, batch, absent in EVALUATIONS if hidden is None else HIDDEN_EVALUATIONS:
        scores, labels = draw_scores(number, classes, absent, hidden or 0)
        found = ask(watch_evaluation, answer, scores, labels, batch, True)
        _judge_parts(found["answer"], scores, labels, batch, case if hidden is None else None)
        _judge_modes(found, answer, scores, labels, batch)
    print("Correct.")


def draw_scores(number: int, classes: int, absent: int | None, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw scores ``(number, classes)`` that lean to the labels ``(number,)``; one class may have no pictures."""
    chance = torch.Generator().manual_seed(100 * seed + number)
    there = torch.tensor([k for k in range(classes) if k != absent for _ in range(k + 1)])  # classes of unequal size
    labels = there[torch.randint(0, len(there), (number,), generator=chance)]
    places = [k for k in range(classes) if k != absent][:number]
    labels[: len(places)] = torch.tensor(places)
    scores = torch.randn(number, classes, generator=chance) + 1.2 * F.one_hot(labels, classes)
    return scores, labels


def _judge_parts(answer, scores, labels, batch: int, case: str | None) -> None:
    keys = ("accuracy", "per_class", "confusion")
    if answer is None:
        raise CheckFailed("evaluate returned None. Does it end in a return statement?")
    answer = as_dict(answer, keys, "What evaluate returns")
    right, ways = Judged(scores, labels), evaluation_ways(scores, labels, batch)
    for key in ("confusion", "per_class", "accuracy"):
        if answer[key] is None:
            raise CheckFailed(f"What evaluate returns has no {key!r}.")
        given = as_array(answer[key], f"evaluate: {key!r}")
        if _same(given, right[key]):
            continue
        code = _explain(given, ways[key])
        where = f" ({case})" if case else " (a case drawn at grading)"
        lines = [f"evaluate: {key!r} is not yet right{where}."]
        if given.shape != right[key].shape and case:
            lines.append(f"  yours has the shape {given.shape}.")
        raise refusal("\n".join(lines), code)


def _same(given: np.ndarray, right: np.ndarray) -> bool:
    return given.shape == right.shape and bool(np.allclose(given, right, rtol=1e-4, atol=1e-5, equal_nan=True))


def _explain(given: np.ndarray, ways: dict) -> str:
    for code, way in ways.items():
        if any(_same(given, np.asarray(one, float)) for one in (way if isinstance(way, list) else [way])):
            return code
    return ""


def evaluation_ways(scores, labels, batch: int) -> dict[str, dict[str, object]]:
    """For each part and code, what this wrong way gives."""
    right = Judged(scores, labels)
    matrix, per_class, accuracy = right["confusion"], right["per_class"], float(right["accuracy"])
    whole = len(labels) // batch * batch
    fours = [place for place in range(len(labels)) if place % batch < 4]
    parts = [place for start in range(0, len(labels), batch) for place in range(start, min(start + 1, len(labels)))]
    subsets = [list(range(whole)), fours, parts, list(range(min(batch, len(labels))))]
    subsets = [s for s in subsets if 0 < len(s) < len(labels)]
    fewer = [Judged(scores[s], labels[s]) for s in subsets]
    wrong_sum = [float((scores[s].argmax(1) == labels[s]).sum()) / len(labels) for s in subsets]
    hits = (scores.argmax(1) == labels).float()
    means = [float(part.mean()) for part in hits.split(batch)]
    zero, one = (np.nan_to_num(per_class, nan=value) for value in (0.0, 1.0))
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.diag(matrix) / matrix.sum(0)
        shares = [matrix / matrix.sum(1, keepdims=True), matrix / matrix.sum(), matrix / matrix.sum(0)]
    return {
        "confusion": {
            "KE1": matrix.T,
            "KE7": [*shares, *(np.nan_to_num(share) for share in shares)],
            "KE3": [one["confusion"] for one in fewer] + [one["confusion"].T for one in fewer],
            "KE9": _each_pair_once(scores, labels, batch),
        },
        "per_class": {
            "KE4": [zero, one] if np.isnan(per_class).any() else [],
            "KE2": [precision, np.nan_to_num(precision)],
            "KE6": [100 * per_class, 100 * zero],
            "KE3": [one["per_class"] for one in fewer],
        },
        "accuracy": {
            "KE6": 100 * accuracy,
            "TR5": float(np.mean(means)),
            "KE5": [float(np.nanmean(per_class)), float(zero.mean())],
            "KE3": [float(one["accuracy"]) for one in fewer] + wrong_sum,
        },
    }


def _each_pair_once(scores, labels, batch: int) -> np.ndarray:
    """Count as ``confusion[labels, predicted] += 1`` does: what comes twice in a batch counts once."""
    confusion = np.zeros((scores.shape[1], scores.shape[1]))
    for part, classes in zip(scores.argmax(1).split(batch), labels.split(batch), strict=True):
        confusion[classes.numpy(), part.numpy()] += 1
    return confusion


def _judge_modes(found: dict, answer, scores, labels, batch: int) -> None:
    if any(training for training, _ in found["log"]):
        _fail("evaluate", "TR3", " The numbers are, but the model ran in train mode.")
    if any(graph for _, graph in found["log"]):
        _fail("evaluate", "KE8")
    if found["after"] is not True:
        _fail("evaluate", "TR3", " The model was in train mode before and is not afterwards.")
    again = ask(watch_evaluation, answer, scores, labels, batch, False)
    if again["after"] is not False:
        _fail("evaluate", "TR3", " The model was in eval mode before and is not afterwards.")


# --- the first run


def scores_of(model, pictures: torch.Tensor) -> list:
    """Probe: return the scores of a student's model, in eval mode, as it was before; words where there are none."""
    if not isinstance(model, nn.Module):
        return ["", type(model).__name__]
    mode = model.training
    model.eval()
    try:
        with torch.no_grad():
            out = torch.cat([model(part) for part in pictures.split(250)])
    finally:
        model.train(mode)
    return [out.detach(), ""]


@quiet()
def first_run(answers: dict, network, pictures: torch.Tensor, labels: torch.Tensor) -> Credit:
    """Check the first loss, the chance level, and the accuracy that a trained network reaches. 2 points.

    Parameters
    ----------
    answers
        ``{"first loss": number, "loss of guessing": number, "chance": number, "accuracy": number}``.
    network
        The student's trained model; takes standardised pictures.
    pictures, labels
        Test pictures ``(N, 3, 32, 32)``, pixels from 0 to 1, and their classes ``(N,)``.
    """
    parts = ("first loss", "loss of guessing", "chance", "accuracy")
    given = read_numbers(answers, parts, "first_run")
    reached = None if network is None else _accuracy_of(network, pictures, labels)
    guessing = float(F.cross_entropy(torch.zeros(1, 10), torch.zeros(1, dtype=torch.long)))
    marks = {
        "first loss": _near(given["first loss"], guessing, 0.15),
        "loss of guessing": _near(given["loss of guessing"], guessing, 0.006),
        "chance": _near(given["chance"], 0.1, 1e-6),
        "accuracy": _near(given["accuracy"], reached, 0.021) if reached is not None else None,
        "network": None if reached is None else reached >= BAR,
    }
    codes = _run_codes(given, marks, guessing)
    note = what_was_given({key: marks[key] for key in parts}, given, "{:.4g}".format)
    if not note and marks["network"] is False:
        note = f"network: it gets {100 * reached:.0f} % of these pictures right; {100 * BAR:.0f} % are wanted."
    return mark(marks, 2, codes, note)


def _near(given, right: float, by: float) -> bool | None:
    return None if given is None else abs(given - right) <= by


def _accuracy_of(network, pictures, labels) -> float:
    scores, other = ask(scores_of, network, (pictures - 0.5) / 0.5)
    if other:
        raise CheckFailed(f"network should be your trained model, not {named(other)}.")
    scores = as_array(scores, "What network returns")
    if scores.shape != (len(labels), 10):
        raise CheckFailed("network should give ten scores for each picture.")
    return float((scores.argmax(1) == labels.numpy()).mean())


def _run_codes(given: dict, marks: dict, guessing: float) -> list[str]:
    codes = []
    bases = (guessing / np.log(2), guessing / np.log(10))
    if any(_near(given[key], base, 0.006) for key in ("first loss", "loss of guessing") for base in bases):
        codes.append("KF1")
    elif marks["first loss"] is False and 0 <= given["first loss"] < guessing:
        codes.append("KF2")
    if given["chance"] is not None and abs(given["chance"] - 0.5) < 1e-6:
        codes.append("KF3")
    if given["chance"] == 10:
        codes.append("KE6")
    if marks["accuracy"] is False:
        codes.append("KE6" if given["accuracy"] > 1 else "KF4")
    return list(dict.fromkeys(codes))


# --- the same run twice


def run_with_seeds(function, seeds: list) -> list:
    """Probe: call the function once for each seed, with other random numbers in between.

    Returns
    -------
    list
        For each seed ``[weights as one row, ""]``, or ``[None, the kind of what came]``.
    """
    found = []
    for number, seed in enumerate(seeds):
        torch.rand(3 + number), random.random(), np.random.rand(2 + number)
        found.append(_in_a_row(function(seed)))
    return found


def _in_a_row(weights) -> list:
    if isinstance(weights, nn.Module):
        weights = weights.state_dict()
    if isinstance(weights, dict):
        weights = list(weights.values())
    if isinstance(weights, (torch.Tensor, np.ndarray)):
        weights = [weights]
    if weights is None or isinstance(weights, (str, int, float)):
        return [None, type(weights).__name__]
    rows = [torch.as_tensor(one).detach().double().reshape(-1) for one in weights]
    return [torch.cat(rows), ""] if rows else [None, "empty list"]


@quiet()
def reproducible_run(answer, hidden: int | None = None) -> None:
    """Check ``reproducible_run(seed) -> final weights``: equal seeds, equal weights; others, others. 1 point.

    Parameters
    ----------
    answer
        The student's function; returns the weights as a list of tensors, a state dict or a model.
    hidden
        First of other seeds.
    """
    _refuse_missing(answer, "reproducible_run")
    first = 1 if hidden is None else hidden
    found = ask(run_with_seeds, answer, [first, first, first + 1])
    for _, other in found:
        if other:
            raise CheckFailed(f"reproducible_run should return the final weights, not {other}.")
    one, again, another = (row for row, _ in found)
    if one.shape != again.shape:
        raise CheckFailed("reproducible_run: two calls return weights of different shapes.")
    fresh = _first_weights(first)
    if one.shape != fresh.shape:
        raise CheckFailed(
            f"reproducible_run returns {one.numel():,} numbers; small_network() has {fresh.numel():,} weights."
        )
    apart = float((one - again).abs().mean())
    between = float((one - another).abs().mean()) if one.shape == another.shape else 1.0
    if apart > 0:
        _fail("reproducible_run", "KF6" if apart < 0.5 * between else "KF5")
    if between == 0:
        _fail("reproducible_run", "KF7")
    if torch.equal(one, fresh):
        raise CheckFailed(
            "reproducible_run: these are the weights from before the first step.\n"
            "Hint: Is this network the one that is trained, and when are its weights copied?"
        )
    print("Correct.")


def _first_weights(seed: int) -> torch.Tensor:
    """Return the weights, as one row, that the lesson's small network has if it is made right after the seed is set."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        made = nn.Sequential(nn.Conv2d(3, 4, kernel_size=5), nn.Linear(4 * 8 * 8, 10))
    return torch.cat([p.detach().double().reshape(-1) for p in made.parameters()])
