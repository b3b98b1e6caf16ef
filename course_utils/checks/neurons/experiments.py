"""Checks of a counter-example, of multiple choice, and of learning rates found by trying."""

import numpy as np
import torch
import torch.nn.functional as F

from course_utils.checks.choices import Choice, Option, Sheet, Sorting, mark_choices, sheet
from course_utils.checks.comparing import refusal
from course_utils.checks.sets import mark, what_was_given
from course_utils.judging.answers import as_array, as_dict, is_missing, read_numbers
from course_utils.judging.protocol.calling import quiet
from course_utils.judging.protocol.verdicts import CheckFailed, Credit, NotAttempted
from course_utils.variants import neurons as questions
from course_utils.variants.neurons import Rates

# --- a counter-example

FEWEST, LEAST = 4, 1.0  # examples, true mean squared error


@quiet()
def fool_colleague(answer: dict) -> None:
    """Check predictions and targets for which the square of the sum of errors is 0, and the true MSE above 1. 2 points.

    Parameters
    ----------
    answer
        ``{"y_hat": list of numbers, "y": list of numbers}``, at least four each. Any such pair counts.
    """
    answer = as_dict(answer, ("y_hat", "y"), "fooled")
    if any(is_missing(answer[name]) for name in answer):
        raise NotAttempted("fill in y_hat and y, run that cell, then this one")
    y_hat, y = (as_array(answer[name], f"fooled[{name!r}]") for name in ("y_hat", "y"))
    if y_hat.ndim != 1 or y_hat.shape != y.shape or len(y) < FEWEST:
        shapes = f"{y_hat.shape} and {y.shape}"
        raise CheckFailed(f"y_hat and y should be two lists of the same length, at least {FEWEST}; yours: {shapes}.")
    if not (np.isfinite(y_hat).all() and np.isfinite(y).all() and abs(y_hat).max() < 1e9 and abs(y).max() < 1e9):
        raise CheckFailed("y_hat and y should hold ordinary numbers, below a thousand million.")
    true = float(F.mse_loss(torch.tensor(y_hat), torch.tensor(y)))
    reported = colleagues_mse(y_hat, y)
    code = "NB1" if true == 0 else "NB2" if reported > 1e-9 else "NB3" if true <= LEAST else ""
    if code:
        line = f"Your colleague's function reports {reported:.3g}, the true MSE is {true:.3g}."
        raise refusal(line, code)
    print("Correct.")


def colleagues_mse(y_hat: np.ndarray, y: np.ndarray) -> float:
    """Compute what the colleague's function reports: the bug is the subject of the exercise."""
    return float(np.sum(y_hat - y) ** 2 / len(y))


# --- multiple choice

RECIPE_QUESTIONS = {
    "a": Choice(
        "You put a second linear layer on top of the first, with no activation between them. What changes?",
        {
            "bends": Option("The network can now draw lines with a bend.", "NQ1"),
            "more": Option("It can compute more functions, since it has more parameters.", "NQ2"),
            "nothing": Option("No new functions: one affine layer can do the same, and sometimes more."),
            "deeper": Option(
                "It becomes a deep network, which learns features of features.",
                "NQ1",
                "What could the second layer make of its inputs that the first could not make at once?",
            ),
        },
        right="nothing",
    ),
    "b": Sorting(
        "Sort ten cards of a recipe for machine learning.",
        {
            "parameter": "learned from the data",
            "hyper-parameter": "set before training starts",
            "metric": "says how good the model is",
            "optimiser": "makes it better, step by step",
        },
        {
            "weights": "parameter",
            "biases": "parameter",
            "learning rate": "hyper-parameter",
            "number of layers": "hyper-parameter",
            "units in a layer": "hyper-parameter",
            "batch size": "hyper-parameter",
            "mean squared error": "metric",
            "accuracy": "metric",
            "gradient descent": "optimiser",
            "stochastic gradient descent": "optimiser",
        },
        slips={
            **{(card, "hyper-parameter"): "NQ3" for card in ("weights", "biases")},
            **{
                (card, "parameter"): "NQ3"
                for card in ("learning rate", "number of layers", "units in a layer", "batch size")
            },
            **{(card, "optimiser"): "NQ4" for card in ("mean squared error", "accuracy", "learning rate")},
            **{(card, "metric"): "NQ4" for card in ("gradient descent", "stochastic gradient descent")},
            **{(card, "hyper-parameter"): "NQ4" for card in ("mean squared error", "accuracy")},
        },
    ),
    "c": Choice(
        "After training, the pigeons sorted the mammograms they had been trained with, and failed on new ones. "
        "What does that show?",
        {
            "remembered": Option("They had learned those pictures by heart, not what makes a mass malignant."),
            "as good": Option("They are as good as radiologists, since they were right in training.", "NQ5"),
            "eyes": Option("A pigeon's eyes cannot see what matters in a mammogram.", "NQ6"),
            "longer": Option("More training on the same pictures would have done it.", "NQ5"),
        },
        right="remembered",
    ),
}


def recipe_questions(student: str = "") -> Sheet:
    """Return the text of the questions, options in the student's own order."""
    return sheet(RECIPE_QUESTIONS, student)


@quiet()
def recipe(answers: dict) -> Credit:
    """Check three questions on stacks, on the parts of a recipe, and on pigeons. 2 points.

    Parameters
    ----------
    answers
        ``{"a": key, "b": {card: box, …}, "c": key}``.
    """
    return mark_choices(answers, RECIPE_QUESTIONS, 2, "recipe")


# --- learning rates

INPUTS = ("raw", "standardised")


@quiet()
def learning_rates(answers: dict, question: Rates) -> Credit:
    """Check the largest rates with which gradient descent converges. 2 points.

    Parameters
    ----------
    answers
        ``{"raw": rate, "standardised": rate}``.
    question
        From :func:`course_utils.variants.neurons.learning_rates`.
    """
    given = read_numbers(answers, INPUTS, "largest")
    strangers = [rate for rate in given.values() if rate is not None and not _in(rate, question.rates)]
    if strangers:
        raise CheckFailed(f"Choose from the rates that were tried: {strangers[0]:g} is not among them.")
    right = {name: largest_converging(question.rates, x) for name, x in zip(INPUTS, _inputs(question), strict=True)}
    marks = {name: None if rate is None else _same(rate, right[name]) for name, rate in given.items()}
    return mark(marks, 2, _rate_codes(given, right, question), what_was_given(marks, given, "{:g}".format))


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-9 * abs(other)


def _in(rate: float, rates) -> bool:
    return any(_same(rate, other) for other in rates)


def _inputs(question: Rates) -> list[torch.Tensor]:
    hours = torch.tensor(question.hours, dtype=torch.float64)
    return [hours, (hours - hours.mean()) / hours.std(correction=0)]


def largest_converging(rates, x: torch.Tensor) -> float:
    """Find the largest rate below 2 / curvature, the curvature of the loss being PyTorch's."""

    def loss(params):
        return F.mse_loss(params[0] * x + params[1], torch.zeros_like(x))

    curvature = torch.autograd.functional.hessian(loss, torch.zeros(2, dtype=torch.float64))
    limit = 2 / float(torch.linalg.eigvalsh(curvature)[-1])
    return max(rate for rate in rates if rate < limit)


def _rate_codes(given, right, question: Rates) -> list[str]:
    wrong = [name for name in INPUTS if given[name] is not None and not _same(given[name], right[name])]
    if len(wrong) == 2 and _same(given["raw"], right["standardised"]) and _same(given["standardised"], right["raw"]):
        return ["NR3"]
    fastest = questions.rate_answers(question, questions.fastest_rate)
    codes = []
    for name in wrong:
        larger = [rate for rate in question.rates if rate > right[name]]
        if _same(given[name], fastest[name]):
            codes.append("NR1")
        elif larger and _same(given[name], min(larger)):
            codes.append("NR2")
    return list(dict.fromkeys(codes))
