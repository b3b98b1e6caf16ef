"""The checks of lab 02: ``from course_utils.checks import activations as check``."""

from course_utils.checks.activations.by_hand import sigmoid_by_hand
from course_utils.checks.activations.experiments import (
    deep_gradients,
    deep_net,
    interval_data,
    interval_experiment,
    train_interval,
)
from course_utils.checks.activations.explaining import choose_and_explain, questions
from course_utils.checks.activations.functions import three_functions, three_slopes
from course_utils.checks.activations.hints import HINTS
from course_utils.checks.activations.networks import mlp_forward, refute_convexity, weights_by_hand
from course_utils.checks.hints import make_hint

hint = make_hint(HINTS)

__all__ = [
    "HINTS",
    "choose_and_explain",
    "deep_gradients",
    "deep_net",
    "hint",
    "interval_data",
    "interval_experiment",
    "mlp_forward",
    "questions",
    "refute_convexity",
    "sigmoid_by_hand",
    "three_functions",
    "three_slopes",
    "train_interval",
    "weights_by_hand",
]
