"""The checks of lab 07: ``from course_utils.checks import transfer_learning as check``."""

from course_utils.checks.hints import make_hint
from course_utils.checks.transfer_learning.augmenting import augmentation
from course_utils.checks.transfer_learning.choosing import CHOICES, when_it_helps
from course_utils.checks.transfer_learning.features import features, freezing
from course_utils.checks.transfer_learning.heads import head_probabilities, head_sizes
from course_utils.checks.transfer_learning.hints import HINTS
from course_utils.checks.transfer_learning.homework import choose, split_by_scene
from course_utils.checks.transfer_learning.homework_runs import frozen_baseline, improvement, results_table
from course_utils.checks.transfer_learning.reading import learning_curve, swapped_labels

hint = make_hint(HINTS)

__all__ = [
    "CHOICES",
    "HINTS",
    "augmentation",
    "choose",
    "features",
    "freezing",
    "frozen_baseline",
    "head_probabilities",
    "head_sizes",
    "hint",
    "improvement",
    "learning_curve",
    "results_table",
    "split_by_scene",
    "swapped_labels",
    "when_it_helps",
]
