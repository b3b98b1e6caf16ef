"""Asking a learner's function for the probabilities of pictures, and refusing what are none."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch

from course_utils.judging import shared
from course_utils.judging.cases import Case
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.watching import Products
from course_utils.runtime import seed_everything

TR6 = shared.TR6.in_lab(
    "",
    "The probabilities of a picture change when other test pictures change. Which part may the mean and the "
    "standard deviation come from?",
)


class Known(NamedTuple):
    """The wrong ways that show in the answer alone, as a lab speaks of them."""

    not_finite: Misconception  # TL1
    scores: Misconception  # TL2
    one_number: Misconception  # TL3
    of_training: Misconception  # TL6
    wrong_axis: Misconception  # PR1


def only_zeros_and_ones(found: np.ndarray) -> bool:
    """Tell whether these are labels in the form of probabilities."""
    return bool(np.isin(found, (0, 1)).all())


def are_twice_softmax(found: np.ndarray) -> bool:
    """Tell whether the largest probabilities end where a softmax of probabilities does: at e / (e + K - 1)."""
    end, largest = np.e / (np.e + found.shape[1] - 1), found.max(1)
    return bool(largest.max() <= end + 1e-3 and (largest > end - 0.02).mean() > 0.3)


def ask_probabilities(
    case: Case,
    answer: Callable[..., Any],
    what: str,
    given: tuple[torch.Tensor, torch.Tensor, torch.Tensor],
    classes: int,
    known: Known,
    graph: Misconception | None = None,
) -> np.ndarray:
    """Call a student's function, named ``what``, and return its probabilities ``(M, K)``.

    Parameters
    ----------
    case
        What is tried.
    answer
        The student's function: of inputs to learn from, their labels, and other inputs.
    what
        Its name.
    given
        What it is called with.
    classes
        How many there are.
    known
        What is said of an answer that is no array of probabilities.
    graph
        What is said of an answer that hangs on a graph; it may where this is None.
    """
    seen = case.ask(probabilities, answer, *given)
    if seen["answer"] is None:
        raise case.always(f"{what} returned None. Does it end in a return statement?")
    if seen["changed"]:
        line = f"{what} changed the features or pictures that it was given. Work on new tensors: F = F - mean"
        raise case.always(line)
    found = case.array(seen["answer"], f"What {what} returns")
    if not np.isfinite(found).all():
        raise case.wrong(what, known.not_finite)
    train, _, test = given
    if found.shape != (len(test), classes):
        _refuse_shape(case, what, found, len(train), (len(test), classes), known)
    if np.allclose(found.sum(0), 1, atol=1e-3) and not np.allclose(found.sum(1), 1, atol=1e-3):
        raise case.wrong(what, known.wrong_axis)
    if not np.allclose(found.sum(1), 1, atol=1e-3) or found.min() < -1e-6:
        raise case.wrong(what, known.scores)
    if graph and seen["graph"]:
        raise case.wrong(what, graph)
    return found


def _refuse_shape(case: Case, what: str, found: np.ndarray, number: int, wanted: tuple[int, int], known: Known) -> None:
    if found.ndim < 2 or found.shape == (wanted[0], 1):
        raise case.wrong(what, known.one_number)
    if len(found) == number != wanted[0]:
        raise case.wrong(what, known.of_training)
    if found.shape == wanted[::-1] or found.ndim != 2:
        line = "  Rows should be test pictures, columns classes."
    else:
        line = f"  axis {0 if len(found) != wanted[0] else 1} of your result has another length."
    raise case.wrong(what, detail=line, hidden=line)


def is_scaled_to_one(
    function: Callable[..., Any], train: torch.Tensor, labels: torch.Tensor, test: torch.Tensor, width: int
) -> bool:
    """Probe: tell whether a student's head is fitted to ``width`` features that each end at 1, or at -1.

    So do features that are scaled to the range from 0 to 1, or divided by their largest number. Only what PyTorch
    multiplies is seen.
    """
    seed_everything(7)
    with torch.enable_grad(), Products(width) as products:
        function(train.clone(), labels.clone(), test.clone())
    return bool(products.end_at_one)


def fitted_features(
    function: Callable[..., Any], train: torch.Tensor, labels: torch.Tensor, test: torch.Tensor, width: int
) -> list[bool]:
    """Probe: tell of what a student's head is fitted to whether each feature ends at 1, and whether it is standardised.

    Only what PyTorch multiplies is seen; the second is true unless all training pictures were, at once, and were not.
    """
    seed_everything(7)
    with torch.enable_grad(), Products(width) as products:
        function(train.clone(), labels.clone(), test.clone())
    return [products.end_at_one, products.are_standardised(len(train))]


def probabilities(
    function: Callable[..., Any], train: torch.Tensor, labels: torch.Tensor, test: torch.Tensor
) -> dict[str, Any]:
    """Probe: call a student's function from a fixed state of chance.

    Returns
    -------
    dict
        ``answer``; ``changed``, whether an input was changed; ``graph``, whether the answer hangs on a graph.
    """
    seed_everything(7)
    given = [train.clone(), labels.clone(), test.clone()]
    with torch.enable_grad():
        answer = function(*given)
    changed = not all(map(torch.equal, given, (train, labels, test)))
    tensor = isinstance(answer, torch.Tensor)
    return {
        "answer": answer.detach() if tensor else answer,
        "changed": changed,
        "graph": tensor and answer.requires_grad,
    }
