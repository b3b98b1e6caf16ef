"""Practice of lab 06: features before a dense layer, multiplications, residual blocks."""

from functools import partial

from course_utils import misconceptions
from course_utils.checks.lab7_cnn import reference
from course_utils.practice.topic import Topic
from course_utils.variants import lab7_cnn as questions


def _features_text(q) -> str:
    return (
        f"Pictures of {q.side}×{q.side} pixels, {q.kernels} kernels of {q.kernel_size}×{q.kernel_size} (stride 1, no "
        "padding), 2×2 max-pooling, flatten.\nHow many numbers does one picture send to the dense layer?"
    )


def _multiplications_text(q) -> str:
    return (
        f"{q.kernels} kernels of {q.kernel_size}×{q.kernel_size} on {q.in_channels} channels of "
        f"{q.side}×{q.side} pixels (stride 1, no padding).\nHow many multiplications does one picture take?"
    )


def _block_text(q) -> str:
    return (
        f"A residual block of two 3×3 convolutions with batch norm, {q.in_channels} channels in, {q.out_channels} out, "
        f"the first convolution with stride {q.stride}.\nHow many parameters, with a 1×1 shortcut (and its batch norm) "
        "where one is needed?"
    )


TOPICS: dict[str, Topic] = {
    "features": Topic(
        questions.sample_features,
        _features_text,
        reference.torch_features,
        partial(misconceptions.wrong_answers, "KN"),
    ),
    "multiplications": Topic(
        questions.sample_row,
        _multiplications_text,
        reference.torch_multiplications,
        partial(misconceptions.wrong_answers, "KM"),
    ),
    "residual-block": Topic(questions.sample_block, _block_text, reference.torch_block_count, questions.block_ways),
}
