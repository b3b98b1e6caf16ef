"""The checks of lab 01: ``from course_utils.checks import neurons as check``."""

from course_utils.checks.hints import make_hint
from course_utils.checks.neurons.experiments import (
    fool_colleague,
    learning_rates,
    recipe,
    recipe_questions,
)
from course_utils.checks.neurons.functions import collapse, dense_layer, line_by_descent
from course_utils.checks.neurons.hints import HINTS
from course_utils.checks.neurons.numbers import hand_neuron, network_shapes, picture_weights

hint = make_hint(HINTS)

__all__ = [
    "HINTS",
    "collapse",
    "dense_layer",
    "fool_colleague",
    "hand_neuron",
    "hint",
    "learning_rates",
    "line_by_descent",
    "network_shapes",
    "picture_weights",
    "recipe",
    "recipe_questions",
]
