"""Practice of lab 05: sizes, parameters, transposed sizes, convolutions by hand."""

from functools import partial

from course_utils import misconceptions
from course_utils.checks.conv_and_pooling import sizes
from course_utils.practice.topic import Topic
from course_utils.variants import conv_and_pooling as questions


def _window_text(q) -> str:
    return (
        f"A row of {q.size} cells, kernel size {q.kernel_size}, stride {q.stride}, padding {q.padding}.\n"
        "How large is the output?"
    )


def _layer_text(q) -> str:
    return (
        f"{q.out_channels} kernels of {q.kernel_size}×{q.kernel_size} on {q.in_channels} input channels, with biases.\n"
        "How many parameters?"
    )


def _stamps_text(q) -> str:
    return (
        f"A transposed convolution: a row of {q.size} cells, kernel size {q.kernel_size}, stride {q.stride}, "
        f"padding {q.padding}.\nHow large is the output?"
    )


def _grid(rows) -> str:
    return "\n".join("  " + " ".join(map(str, row)) for row in rows)


def _hand_text(q) -> str:
    return f"Picture:\n{_grid(q.image)}\nKernel:\n{_grid(q.kernel)}\nWhat is the feature map (stride 1, no padding)?"


TOPICS: dict[str, Topic] = {
    "convolve-by-hand": Topic(
        questions.practice_hand,
        _hand_text,
        lambda q: sizes.slide(q.image, q.kernel),
        lambda q: {code: way() for code, way in sizes.map_ways(q).items()},
    ),
    "output-size": Topic(
        questions.single_window,
        _window_text,
        lambda q: sizes.torch_output_size(*q),
        partial(misconceptions.wrong_answers, "SZ"),
    ),
    "parameter-count": Topic(
        questions.practice_layer, _layer_text, sizes.torch_parameter_count, partial(misconceptions.wrong_answers, "PC")
    ),
    "transposed-size": Topic(
        questions.practice_stamps,
        _stamps_text,
        lambda q: sizes.torch_transposed_size(*q),
        partial(misconceptions.wrong_answers, "TC"),
    ),
}
