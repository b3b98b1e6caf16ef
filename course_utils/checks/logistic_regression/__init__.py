"""The checks of lab 04: ``from course_utils.checks import logistic_regression as check``."""

from course_utils.checks.hints import make_hint
from course_utils.checks.logistic_regression.boundary import boundary_points
from course_utils.checks.logistic_regression.hints import HINTS
from course_utils.checks.logistic_regression.layers import TARGET, accuracies, hidden_layers
from course_utils.checks.logistic_regression.losses import bce_with_logits, many_classes
from course_utils.checks.logistic_regression.meaning import meaning, questions
from course_utils.checks.logistic_regression.numbers import count_and_shape, score_and_odds
from course_utils.checks.logistic_regression.training import CHANGES, PAIRS, logistic_regression, two_signs

hint = make_hint(HINTS)

__all__ = [
    "CHANGES",
    "HINTS",
    "PAIRS",
    "TARGET",
    "accuracies",
    "bce_with_logits",
    "boundary_points",
    "count_and_shape",
    "hidden_layers",
    "hint",
    "logistic_regression",
    "many_classes",
    "meaning",
    "questions",
    "score_and_odds",
    "two_signs",
]
