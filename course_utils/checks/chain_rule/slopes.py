"""Checks of slopes worked out by hand, and of the table of gradient shapes."""

import numpy as np
import torch

from course_utils.checks import diagnosis
from course_utils.checks.sets import mark, what_was_given
from course_utils.judging.answers import as_dict, is_missing, plain, read_numbers
from course_utils.judging.protocol.calling import quiet
from course_utils.judging.protocol.verdicts import Credit
from course_utils.variants import chain_rule as questions
from course_utils.variants.chain_rule import Parallel, Series, Shape, Slopes, TwoLayers

# --- slopes


def torch_series(question: Series) -> int:
    """Ask PyTorch for the slope of g(f(t)) at t0."""
    return _torch_slope(lambda t: question.outer(question.inner(t)), question.t0)


def torch_parallel(question: Parallel) -> int:
    """Ask PyTorch for the slope of g(f1(x), f2(x), f3(x)) at x0."""
    return _torch_slope(lambda x: question.outer(*(f(x) for f in question.paths())), question.x0)


def _torch_slope(function, place: int) -> int:
    x = torch.tensor(float(place), dtype=torch.float64, requires_grad=True)
    with torch.enable_grad():  # a notebook may have switched it off
        (found,) = torch.autograd.grad(function(x), x)
    return round(found.item())


@quiet()
def chain_slopes(answers: dict, question: Slopes) -> Credit:
    """Check a slope in series and one in parallel. 2 points.

    Parameters
    ----------
    answers
        ``{"series": number, "parallel": number}``.
    question
        From :func:`course_utils.variants.chain_rule.slopes`.
    """
    right = {"series": torch_series(question.series), "parallel": torch_parallel(question.parallel)}
    given = read_numbers(answers, right, "slopes")
    marks = {part: None if given[part] is None else given[part] == right[part] for part in right}
    answered = {part: value for part, value in given.items() if value is not None}
    found = diagnosis.explain_set(answered, right, _slope_ways(question))
    codes = list(dict.fromkeys(code.split(":")[0] for code in found.codes))
    return mark(marks, 2, codes[:1] if found.one_way else codes, what_was_given(marks, given))


def _slope_ways(question: Slopes) -> dict[str, dict]:
    """Return what each wrong way gives for both questions; None where it does not apply."""
    series, parallel = questions.series_ways(question.series), questions.parallel_ways(question.parallel)
    codes = dict.fromkeys([*parallel, *series])
    return {code: {"series": series.get(code), "parallel": parallel.get(code)} for code in codes}


# --- shapes


def torch_shapes(question: TwoLayers) -> dict[str, Shape]:
    """Ask PyTorch for the shapes of all gradients of a two-layer network."""
    N, D, H, K = question
    with torch.enable_grad():
        X = torch.zeros(N, D, requires_grad=True)
        first, second = torch.nn.Linear(D, H), torch.nn.Linear(H, K)
        Z1 = first(X)
        A1 = Z1.relu()
        Y = second(A1)
        asked = {"dY": Y, "dW2": second.weight, "db2": second.bias, "dA1": A1, "dZ1": Z1}
        asked |= {"dW1": first.weight, "db1": first.bias, "dX": X}
        found = torch.autograd.grad(Y.sum(), list(asked.values()))
    return {part: tuple(one.shape) for part, one in zip(asked, found, strict=True)}


@quiet()
def gradient_shapes(answers: dict, question: TwoLayers) -> Credit:
    """Check the shapes of eight gradients of a two-layer network, together. 2 points.

    Parameters
    ----------
    answers
        For each of dY, dW2, db2, dA1, dZ1, dW1, db1, dX a shape: a tuple of whole numbers.
    question
        From :func:`course_utils.variants.chain_rule.two_layers`.
    """
    right = torch_shapes(question)
    answers = as_dict(answers, right, "shapes")
    given = {part: read_shape(answers[part]) for part in right}
    marks = {part: None if is_missing_shape(answers[part]) else given[part] == right[part] for part in right}
    wrong = [part for part in right if marks[part] is False]
    return mark(marks, 2, _shape_codes(wrong, given, question), what_was_given(marks, answers))


def is_missing_shape(answer) -> bool:
    """Tell whether there is no answer yet. The empty tuple is an answer: the shape of a number."""
    return answer != () and is_missing(answer) if type(answer) in (tuple, list) else is_missing(answer)


def read_shape(answer) -> Shape | None:
    """Return a shape as a tuple of ints; a single number stands for the shape of one axis; None if it is none."""
    if type(answer) is np.ndarray and answer.ndim == 1:
        answer = answer.tolist()
    numbers = [plain(size) for size in (answer if type(answer) in (tuple, list) else [answer])]
    return tuple(numbers) if all(type(size) is int for size in numbers) else None


def _shape_codes(wrong, given, question: TwoLayers) -> list[str]:
    """Name the wrong way that explains most of the wrong shapes first."""
    ways, codes = questions.shape_ways(question), []
    left = list(wrong)
    while left:
        explained = {code: [p for p in left if given[p] in way.get(p, [])] for code, way in ways.items()}
        code = max(explained, key=lambda one: len(explained[one]))
        if not explained[code]:
            break
        codes.append(code)
        left = [part for part in left if part not in explained[code]]
    return codes
