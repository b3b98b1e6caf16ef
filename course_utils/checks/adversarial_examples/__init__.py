"""The checks of lab 08: ``from course_utils.checks import adversarial_examples as check``."""

from course_utils.checks.adversarial_examples.attacks import fgsm, input_gradient, pgd
from course_utils.checks.adversarial_examples.experiments import (
    CONCLUSION,
    MEANING,
    budget_units,
    control_experiment,
    meaning,
)
from course_utils.checks.adversarial_examples.hints import HINTS
from course_utils.checks.adversarial_examples.noises import (
    adversarial_training,
    fooling_image,
    universal_perturbation,
)
from course_utils.checks.choices import sheet
from course_utils.checks.hints import make_hint

hint = make_hint(HINTS)

__all__ = [
    "CONCLUSION",
    "HINTS",
    "MEANING",
    "adversarial_training",
    "budget_units",
    "control_experiment",
    "fgsm",
    "fooling_image",
    "hint",
    "input_gradient",
    "meaning",
    "pgd",
    "sheet",
    "universal_perturbation",
]
