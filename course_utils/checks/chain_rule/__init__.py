"""The checks of lab 03: ``from course_utils.checks import chain_rule as check``."""

from course_utils.checks.chain_rule.differences import numerical_gradient
from course_utils.checks.chain_rule.engine import (
    backward_order,
    more_functions,
    value_backward,
    value_class,
    value_functions,
)
from course_utils.checks.chain_rule.hints import ENGINE, HINTS
from course_utils.checks.chain_rule.layers import dense_backward
from course_utils.checks.chain_rule.questions import autograd_questions, autograd_sheet
from course_utils.checks.chain_rule.slopes import chain_slopes, gradient_shapes
from course_utils.checks.chain_rule.torch_values import open_rescue
from course_utils.checks.chain_rule.training import torch_training, train_with_values, training_task
from course_utils.checks.hints import make_hint

_show_hint = make_hint(HINTS)
_engine_hints: set[tuple[str, int | None, int]] = set()


def hint(exercise: str, number: int | None = None) -> None:
    """Print the next hint for an exercise, or hint ``number`` (from 1).

    Raises
    ------
    ValueError
        If there is no such exercise or no such hint.
    """
    _show_hint(exercise, number)
    if exercise in ENGINE:
        _engine_hints.add((exercise, number, 0 if number else len(_engine_hints)))


def rescue() -> type:
    """Return a `Value` made of PyTorch's tensors, once three hints for the engine have been read.

    Raises
    ------
    ValueError
        If fewer have been read.
    """
    return open_rescue(len(_engine_hints))


__all__ = [
    "HINTS",
    "autograd_questions",
    "autograd_sheet",
    "backward_order",
    "chain_slopes",
    "dense_backward",
    "gradient_shapes",
    "hint",
    "more_functions",
    "numerical_gradient",
    "rescue",
    "torch_training",
    "train_with_values",
    "training_task",
    "value_backward",
    "value_class",
    "value_functions",
]
