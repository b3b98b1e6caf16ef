"""The checks of lab 06: ``from course_utils.checks import lab7_cnn as check``."""

from course_utils.checks.hints import make_hint
from course_utils.checks.lab7_cnn.counting import count_params
from course_utils.checks.lab7_cnn.depth import deeper, questions
from course_utils.checks.lab7_cnn.hints import HINTS
from course_utils.checks.lab7_cnn.homework import ablation, beats_baseline, dense_baseline
from course_utils.checks.lab7_cnn.networks import build_cnn, mend_network
from course_utils.checks.lab7_cnn.predictions import (
    keras_network,
    larger_pictures,
    not_vgg,
    parameter_trace,
    residual_block,
    shape_trace,
)
from course_utils.checks.lab7_cnn.reference import VGG16
from course_utils.checks.lab7_cnn.training import evaluate, first_run, reproducible_run, train_one_epoch

hint = make_hint(HINTS)

__all__ = [
    "HINTS",
    "VGG16",
    "ablation",
    "beats_baseline",
    "build_cnn",
    "count_params",
    "deeper",
    "dense_baseline",
    "evaluate",
    "first_run",
    "hint",
    "keras_network",
    "larger_pictures",
    "mend_network",
    "not_vgg",
    "parameter_trace",
    "questions",
    "reproducible_run",
    "residual_block",
    "shape_trace",
    "train_one_epoch",
]
