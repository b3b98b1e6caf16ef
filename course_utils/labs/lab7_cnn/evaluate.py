"""Exercise 6.5: an evaluation that hides nothing, watched by a model whose scores are known.

| the prompt says | what is tried |
|---|---|
| over all pictures | full batches and short last ones, one picture a batch, all in one |
| ``n_classes`` | three to five |
| ``per_class``, nan for a class without pictures | absent in two public (once the last) and two hidden cases |
| ``confusion``, rows the true classes, counts | the whole matrix, classes of unequal size |
| eval mode, no graph, the mode as before | noted in each call of the model; handed over in both modes |
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from course_utils.judging import shared, slips
from course_utils.judging.answers import as_dict
from course_utils.judging.cases import Case
from course_utils.judging.closeness import close
from course_utils.judging.exercise import Implementation
from course_utils.judging.findings import RIGHT, Finding, Findings, Standing, look
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.protocol.calling import must_be_function
from course_utils.judging.protocol.verdicts import CheckFailed
from course_utils.judging.slips import TwoSlips
from course_utils.labs.lab7_cnn import rescue
from course_utils.labs.lab7_cnn.headings import EVALUATE
from course_utils.labs.lab7_cnn.train_one_epoch import TR3, TR5

KE6 = shared.KE6.in_lab(EVALUATE)
KE1 = Misconception(
    "KE1",
    "rows and columns of the confusion matrix exchanged",
    "This is the matrix turned over. Which label chooses the row: the true one or the predicted one?",
    EVALUATE,
)
KE2 = Misconception(
    "KE2",
    "share of the predictions instead of share of the class",
    "You divide by how often a class was predicted. By what is the accuracy of a class divided?",
    EVALUATE,
)
KE3 = Misconception(
    "KE3",
    "fixed batch size: pictures left out",
    "Some pictures were not counted. What does your loop take for granted about the size of a batch?",
    EVALUATE,
)
KE4 = Misconception(
    "KE4",
    "a class without pictures gets a number",
    "One class has no pictures here, and yet it has an accuracy. What is 0 divided by 0?",
    EVALUATE,
)
KE5 = Misconception(
    "KE5",
    "accuracy averaged over classes",
    "This is the mean of the classes' accuracies. Do all classes have as many pictures here?",
    EVALUATE,
)
KE7 = Misconception(
    "KE7",
    "shares in place of counts",
    "Your matrix holds shares. How many pictures does an entry stand for?",
    EVALUATE,
)
KE8 = Misconception(
    "KE8",
    "graph recorded during evaluation",
    "PyTorch recorded a graph of all this for a backward that never comes. What switches it off?",
    EVALUATE,
)
KE9 = Misconception(
    "KE9",
    "index with repeated pairs adds once",
    "Pictures of a batch with the same two labels were counted as one. What does confusion[labels, predicted] += 1 "
    "do with a pair that comes twice?",
    EVALUATE,
)

KE10 = Misconception(
    "KE10",
    "lowest score taken for the prediction",
    "These are the classes with the lowest scores. Which score stands for the likeliest class?",
    EVALUATE,
)
KE11 = Misconception(
    "KE11",
    "number of right pictures in place of their share",
    "This counts pictures. By what is a count divided to be an accuracy?",
    EVALUATE,
)
KE12 = Misconception(
    "KE12",
    "share of wrong pictures",
    "This is the share of the pictures that are wrong. Which share is asked for?",
    EVALUATE,
)
KE13 = Misconception(
    "KE13",
    "class divided by all pictures",
    "You divide by the number of all pictures. How many of them are of this class?",
    EVALUATE,
)
KE14 = Misconception(
    "KE14",
    "divided by the number of batches",
    "You divide by the number of batches. How many pictures has the loader?",
    EVALUATE,
)
KE15 = Misconception(
    "KE15",
    "ten classes taken for granted",
    "Your answer has room for ten classes. Which argument says how many there are?",
    EVALUATE,
)
KE16 = Misconception(
    "KE16",
    "ones in place of counts",
    "Each pair of classes that occurs has a 1 here. How often does it occur, and what does your line do the second "
    "time?",
    EVALUATE,
)
KE17 = Misconception(
    "KE17",
    "mistakes alone, or right ones alone",
    "One part of the table is empty: the diagonal, or all beside it. Which pictures are counted in it?",
    EVALUATE,
)
KE18 = Misconception(
    "KE18",
    "labels alone, or predictions alone",
    "All counts stand on the diagonal, also those of mistakes. Which two numbers of a picture say where it is counted?",
    EVALUATE,
)
KE19 = Misconception(
    "KE19",
    "an F1 score or an overlap in place of an accuracy",
    "This holds what is right against the pictures of a class and those taken for it together. How many pictures of "
    "the class are right, of how many?",
    EVALUATE,
)
KE20 = Misconception(
    "KE20",
    "right if among the best",
    "A picture counts here if its label is among the highest scores. Which score alone names the class?",
    EVALUATE,
)

KEYS = ("confusion", "per_class", "accuracy")  # in the order in which they speak
PARTS = ("accuracy", "per_class", "confusion", "modes")
Ways = Mapping[Misconception, Sequence[object]]


# --- a probe, and the spy that it hands over


class SpyJudge(nn.Module):
    """A model whose scores are given; notes the mode and whether a graph is recorded."""

    def __init__(self, scores: torch.Tensor, log: list[list[bool]]) -> None:
        super().__init__()
        self.scores, self.scale, self.log = scores, nn.Parameter(torch.ones(1)), log
        self.inside = nn.Dropout()  # a layer whose mode counts, too

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the scores of pictures, each of which is its own number."""
        self.log.append([self.training, torch.is_grad_enabled()])
        return self.scores[x.reshape(len(x), -1)[:, 0].long()] * self.scale


def watch_evaluation(
    function: Callable[..., Any], scores: torch.Tensor, labels: torch.Tensor, batch: int, training: bool
) -> dict[str, Any]:
    """Probe: let the student's function evaluate a spied model in a given mode.

    Returns
    -------
    dict
        ``"answer"``: what it returned, as plain data; ``"log"``: [training, graph recorded] for each batch;
        ``"after"``: the mode afterwards.
    """
    log: list[list[bool]] = []
    model = SpyJudge(scores, log).train(training)
    pictures = torch.arange(len(labels), dtype=torch.float32).reshape(-1, 1, 1, 1)
    loader = DataLoader(TensorDataset(pictures, labels), batch_size=batch)
    with torch.enable_grad():
        answer = function(model, loader, scores.shape[1])
    return {"answer": _as_data(answer), "log": log, "after": model.training, "inside": model.inside.training}


def _as_data(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.detach()
    if isinstance(value, dict):
        return {str(key): _as_data(one) for key, one in value.items()}
    if isinstance(value, tuple):
        return tuple(_as_data(one) for one in value)
    return [_as_data(one) for one in value] if isinstance(value, list) else value


# --- what is right, and what wrong ways give


class Measured(NamedTuple):
    """Accuracy, accuracies by class (K,) and confusion matrix (K, K)."""

    accuracy: np.ndarray
    per_class: np.ndarray
    confusion: np.ndarray


@dataclass(frozen=True)
class Scored:
    """Scores ``(N, K)`` of pictures, and their labels ``(N,)``, in batches."""

    scores: torch.Tensor
    labels: torch.Tensor
    batch: int

    @classmethod
    def draw(cls, number: int, classes: int, batch: int, absent: int | None, seed: int) -> "Scored":
        """Draw scores that lean to the labels; one class may have no pictures."""
        chance = torch.Generator().manual_seed(100 * seed + number)
        there = torch.tensor([k for k in range(classes) if k != absent for _ in range(k + 1)])  # of unequal size
        labels = there[torch.randint(0, len(there), (number,), generator=chance)]
        places = [k for k in range(classes) if k != absent][:number]
        labels[: len(places)] = torch.tensor(places)
        scores = torch.randn(number, classes, generator=chance) + 1.2 * F.one_hot(labels, classes)
        return cls(scores, labels, batch)

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return self.scores.shape[1]

    def measured(self, places: Sequence[int] | None = None) -> Measured:
        """Measure picture by picture; some of the pictures only, if they are named."""
        confusion = np.zeros((self.classes, self.classes))
        for place in range(len(self.labels)) if places is None else places:
            confusion[int(self.labels[place]), int(self.scores[place].argmax())] += 1
        return from_confusion(confusion)

    def each_pair_once(self) -> np.ndarray:
        """Count as ``confusion[labels, predicted] += 1`` does: what comes twice in a batch counts once."""
        confusion = np.zeros((self.classes, self.classes))
        predicted = self.scores.argmax(1)
        for some, labels in zip(predicted.split(self.batch), self.labels.split(self.batch), strict=True):
            confusion[labels.numpy(), some.numpy()] += 1
        return confusion

    def turned(self) -> "Scored":
        """Return the same pictures with the scores turned over: the lowest is now the highest."""
        return Scored(-self.scores, self.labels, self.batch)

    def left_out(self) -> list[list[int]]:
        """Return the places of the pictures that loops of a fixed size count."""
        number, batch = len(self.labels), self.batch
        subsets = [
            list(range(number // batch * batch)),
            [place for place in range(number) if place % batch < 4],
            list(range(0, number, batch)),
            list(range(min(batch, number))),
        ]
        return [places for places in subsets if 0 < len(places) < number]


def from_confusion(confusion: np.ndarray) -> Measured:
    """Return what follows from a confusion matrix."""
    with np.errstate(invalid="ignore", divide="ignore"):
        per_class = np.diag(confusion) / confusion.sum(1)
    return Measured(np.array(np.diag(confusion).sum() / max(confusion.sum(), 1)), per_class, confusion)


def evaluation_ways(scored: Scored) -> dict[str, Ways]:
    """For each key and wrong way, what this wrong way gives."""
    right = scored.measured()
    fewer = [scored.measured(places) for places in scored.left_out()]
    return {
        "confusion": _confusion_ways(scored, right.confusion, fewer),
        "per_class": _class_ways(scored, right, fewer),
        "accuracy": _accuracy_ways(scored, right, fewer),
    }


def _confusion_ways(scored: Scored, matrix: np.ndarray, fewer: list[Measured]) -> Ways:
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = [matrix / matrix.sum(1, keepdims=True), matrix / matrix.sum(), matrix / matrix.sum(0)]
    return {
        KE1: [matrix.T],
        KE7: [*shares, *(np.nan_to_num(share) for share in shares)],
        KE3: [turned for one in fewer for turned in (one.confusion, one.confusion.T)],
        KE9: [scored.each_pair_once()],
        KE10: [scored.turned().measured().confusion],
        KE15: [_of_ten(matrix, 0.0)],
        KE16: [np.minimum(matrix, 1)],
        KE18: [np.diag(matrix.sum(1)), np.diag(matrix.sum(0))],
        KE17: [matrix - np.diag(np.diag(matrix)), (matrix - np.diag(np.diag(matrix))).T, np.diag(np.diag(matrix))],
        TwoSlips.of(KE1, KE7): [np.nan_to_num(share).T for share in shares],
    }


def _class_ways(scored: Scored, right: Measured, fewer: list[Measured]) -> Ways:
    per_class = right.per_class
    zero, one = (np.nan_to_num(per_class, nan=value) for value in (0.0, 1.0))
    precision = from_confusion(right.confusion.T).per_class
    return {
        KE4: [zero, one] if np.isnan(per_class).any() else [],
        KE19: [filled for one in _overlaps(right.confusion) for filled in (one, np.nan_to_num(one))],
        KE2: [precision, np.nan_to_num(precision)],
        KE6: [100 * per_class, 100 * zero],
        KE3: [one.per_class for one in fewer],
        KE10: [scored.turned().measured().per_class],
        KE11: [np.diag(right.confusion)],
        KE12: [1 - per_class, 1 - zero],
        KE13: [np.diag(right.confusion) / right.confusion.sum()],
        TwoSlips.of(KE2, KE6): [100 * precision, 100 * np.nan_to_num(precision)],
        TwoSlips.of(KE12, KE6): [100 - 100 * per_class, 100 - 100 * zero],
        KE15: [_of_ten(per_class, fill) for fill in (np.nan, 0.0)],
    }


def _overlaps(confusion: np.ndarray) -> list[np.ndarray]:
    """Return F1 scores and shares of overlap: what is right, against rows and columns together."""
    hits, both = np.diag(confusion), confusion.sum(0) + confusion.sum(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return [2 * hits / both, hits / (both - hits)]


def _among_the_best(scored: Scored, best: int) -> float:
    """Return the share of pictures whose label is among the highest scores."""
    places = scored.scores.topk(best, dim=1).indices
    return float((places == scored.labels[:, None]).any(1).double().mean())


def _of_ten(values: np.ndarray, fill: float) -> np.ndarray:
    """Return an array with its axes made ten long."""
    return np.pad(values, [(0, max(0, 10 - length)) for length in values.shape], constant_values=fill)


def _accuracy_ways(scored: Scored, right: Measured, fewer: list[Measured]) -> Ways:
    hits = (scored.scores.argmax(1) == scored.labels).float()
    some = [float(hits[places].sum()) / len(hits) for places in scored.left_out()]
    return {
        KE6: [100 * right.accuracy],
        KE20: [_among_the_best(scored, best) for best in (2, 3) if best < scored.classes],
        TR5: [float(np.mean([float(part.mean()) for part in hits.split(scored.batch)]))],
        KE5: [float(np.nanmean(right.per_class)), float(np.nan_to_num(right.per_class).mean())],
        KE3: [*(float(one.accuracy) for one in fewer), *some],
        KE10: [float(scored.turned().measured().accuracy)],
        KE11: [float(hits.sum())],
        KE12: [1 - float(right.accuracy)],
        TwoSlips.of(KE12, KE6): [100 - 100 * float(right.accuracy)],
        TwoSlips.of(KE5, KE6): [100 * float(np.nanmean(right.per_class))],
        KE14: [float(hits.sum()) / len(hits.split(scored.batch))],
    }


# --- judging


class Evaluate(Implementation):
    """``evaluate(model, loader, n_classes) -> {"accuracy", "per_class" (K,), "confusion" (K, K)}``.

    Each key is a part, and so are the modes: eval mode and no graph during the evaluation, the mode as before after it.
    """

    id = "evaluate"
    hints = (
        "Which two switches belong around an evaluation: one for the model, one for the graph?",
        "confusion[t, p] += 1: which of the two is the true label?",
        "What does 0 / 0 give for a tensor? Is that what the task wants for a class without pictures?",
    )
    worked = """
        Five pictures of two classes: true 0, 0, 0, 1, 1; predicted 0, 1, 0, 1, 0.

        1. A row for each true class, a column for each predicted one; each picture adds 1 at (true, predicted).
        2. The matrix is [[2, 1], [1, 1]]. Its diagonal, 2 and 1, is what is right.
        3. Accuracy: 3 of 5 = 0.6. Per class: 2 of the 3 zeros, 1 of the 2 ones: 0.67 and 0.5.
        4. Around it: remember `model.training`, switch to eval mode, record no graph, and put the mode back.

        ```python
        counts = np.zeros((2, 2))
        np.add.at(counts, (true, predicted), 1)  # also where a pair comes twice
        ```
    """
    misconceptions = (
        *(KE1, KE2, KE3, KE4, KE5, KE6, KE7, KE8, KE9, KE10, KE11, KE12, KE13, KE14, KE15, KE16),
        *(KE17, KE18, KE19, KE20, TR3, TR5),
    )

    def lend(self) -> Callable[..., Any]:
        """Return one for the cells that follow."""
        return rescue.evaluate

    def cases(self) -> Sequence[Case]:
        """Return batches that are full, and a short last one."""
        return [
            Case("20 pictures of four classes, batches of 5", (20, 4, 5, None)),
            Case("a short last batch", (18, 4, 5, None)),
            Case("a class without pictures", (13, 3, 5, 1)),
            Case("the last class without pictures", (11, 4, 5, 3)),
        ]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other scores; a class is absent."""
        return [Case("", (23, 5, 4, 2)), Case("", (7, 3, 1, None)), Case("", (6, 4, 50, 0))]

    def judge_cases(self, cases: Sequence[Case], answer: Callable[..., Any]) -> Findings:
        """Return how each part stands: its first wrong case speaks."""
        found = dict.fromkeys(PARTS, RIGHT)
        for case in cases:
            for part, one in _judge_case(case, answer).items():
                found[part] = found[part] if found[part].standing is not Standing.RIGHT else one
        return found


def _judge_case(case: Case, answer: Callable[..., Any]) -> dict[str, Finding]:
    scored = Scored.draw(*case.data, case.seed)
    watched: list[dict[str, Any]] = []
    failed = look(lambda: watched.append(_watch(case, answer, scored, training=True)))
    if not watched:
        return dict.fromkeys(PARTS, failed)
    found = {"modes": look(partial(_look_at_modes, case, watched[0], answer, scored))}
    given: list[dict[str, Any]] = []
    failed = look(lambda: given.append(_read(case, watched[0]["answer"])))
    if not given:
        return found | dict.fromkeys(KEYS, failed)
    ways = evaluation_ways(scored)
    for key in KEYS:
        found[key] = look(partial(_look_at_key, case, key, given[0][key], scored, ways[key]))
        if key == "confusion" and (matrix := _matrix_of(found[key], scored)) is not None:
            ways = _with_what_follows(ways, found[key].because[0], from_confusion(matrix))
    if found["confusion"].standing is Standing.WRONG:  # what would show there, too, is none if it does not
        for key in ("per_class", "accuracy"):
            if set(found[key].because) & set(ways["confusion"]) and found[key].because != found["confusion"].because:
                found[key] = replace(found[key], because=())
    return {part: found[part] for part in PARTS}


def _watch(case: Case, answer: Callable[..., Any], scored: Scored, training: bool) -> dict[str, Any]:
    must_be_function(answer, "evaluate")
    found: dict[str, Any] = case.ask(watch_evaluation, answer, scored.scores, scored.labels, scored.batch, training)
    return found


def _read(case: Case, answer: Any) -> dict[str, Any]:
    if answer is None:
        raise case.always("evaluate returned None. Does it end in a return statement?")
    try:
        return as_dict(answer, KEYS, "What evaluate returns")
    except CheckFailed as error:
        raise case.always(error.message) from None


def _matrix_of(finding: Finding, scored: Scored) -> np.ndarray | None:
    """Return the wrong confusion matrix of a known wrong way from which other numbers follow."""
    if finding.because == (KE1,):
        return scored.measured().confusion.T
    if finding.because == (KE18,):
        return np.diag(scored.measured().confusion.sum(1))
    if finding.because == (KE16,):
        return np.minimum(scored.measured().confusion, 1)
    return scored.each_pair_once() if finding.because == (KE9,) else None


def _with_what_follows(ways: dict[str, Ways], way: Misconception, wrong: Measured) -> dict[str, Ways]:
    """Return the ways with what follows from a wrong matrix put first: it is the same wrong way."""
    return {
        "confusion": ways["confusion"],
        "per_class": {way: [wrong.per_class, np.nan_to_num(wrong.per_class)], **ways["per_class"]},
        "accuracy": {way: [wrong.accuracy], **ways["accuracy"]},
    }


def _look_at_key(case: Case, key: str, answer: Any, scored: Scored, ways: Ways) -> None:
    if answer is None:
        raise case.always(f"What evaluate returns has no {key!r}.")
    given, right = case.array(answer, f"evaluate: {key!r}"), getattr(scored.measured(), key)
    if right.ndim == 0 and given.size == 1:
        given = given.reshape(())  # one number, also in an array
    same = partial(close, equal_nan=True)
    if same(given, right):
        return
    way = next((way for way, results in ways.items() if any(same(given, np.asarray(r, float)) for r in results)), None)
    shape = f"  yours has the shape {given.shape}." if given.shape != right.shape else ""
    because = (way,) if way else tuple(slips.in_array(given, right, {}))[:1]
    raise case.wrong(f"evaluate: {key!r}", because, detail=shape)


def _look_at_modes(case: Case, found: dict[str, Any], answer: Callable[..., Any], scored: Scored) -> None:
    if not found["log"]:
        raise case.always("evaluate never calls the model. Whose scores does it judge?")
    if any(training for training, _ in found["log"]):
        raise case.always("evaluate: the model ran in train mode.", TR3)
    if any(graph for _, graph in found["log"]):
        raise case.wrong("evaluate", KE8)
    if found["after"] is not True:
        raise case.always("evaluate: the model was in train mode before and is not afterwards.", TR3)
    if _watch(case, answer, scored, training=False)["after"] is not False:
        raise case.always("evaluate: the model was in eval mode before and is not afterwards.", TR3)
    if found["inside"] is not True:
        raise case.always("evaluate: the model's layers were in train mode before and are not afterwards.", TR3)
