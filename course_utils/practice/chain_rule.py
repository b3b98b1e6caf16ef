"""Practice of lab 03: slopes in series and in parallel, shapes of gradients."""

import numpy as np

from course_utils.checks.chain_rule import slopes
from course_utils.practice.topic import Topic
from course_utils.variants import chain_rule as questions


def _series_text(q) -> str:
    return f"{q}\nWhat is the slope of g(f(t)) at t0?"


def _parallel_text(q) -> str:
    return f"{q}\nWhat is the slope of g by x at x0?"


def _shape_text(q) -> str:
    return (
        f"{q.layers}.\nZ1 = X W1ᵀ + b1, A1 = relu(Z1), Y = A1 W2ᵀ + b2, W1 is (H, D), W2 is (K, H).\n"
        f"Which shape has {q.part}, the gradient of a loss by {q.part[1:]}? Answer with a tuple."
    )


def _shape_ways(q) -> dict:
    found = {code: way.get(q.part, []) for code, way in questions.shape_ways(q.layers).items()}
    return {code: np.array(shapes[0]) for code, shapes in found.items() if shapes}


TOPICS: dict[str, Topic] = {
    "slopes-in-series": Topic(questions.practice_series, _series_text, slopes.torch_series, questions.series_ways),
    "slopes-in-parallel": Topic(
        questions.practice_parallel, _parallel_text, slopes.torch_parallel, questions.parallel_ways
    ),
    "gradient-shapes": Topic(
        questions.practice_shape,
        _shape_text,
        lambda q: np.array(slopes.torch_shapes(q.layers)[q.part]),
        _shape_ways,
    ),
}
