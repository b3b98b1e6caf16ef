"""The questions of lab 05: the lectures' own numbers without a student id, a student's own with one.

Each public function takes a student id ("" for the lectures' numbers) and returns a question: a small named tuple,
or a dict of them by letter. What is right is found by counting windows one by one, never by a formula.
"""

from typing import NamedTuple

from course_utils import misconceptions
from course_utils.judging.variants import Dice, draw, student_id

Grid = tuple[tuple[int, ...], ...]


class Window(NamedTuple):
    """A window that slides along one axis. All numbers are cells."""

    size: int
    kernel_size: int
    stride: int
    padding: int


class Layer(NamedTuple):
    """A convolutional layer on square maps; `positions` is the number of places of its window."""

    in_channels: int
    out_channels: int
    kernel_size: int
    positions: int


class HandConvolution(NamedTuple):
    """A picture and a kernel small enough for paper."""

    image: Grid
    kernel: Grid


def count_windows(question: Window) -> int:
    """Count the windows that fit on the padded axis, one by one."""
    return len(window_starts(question))


def window_starts(question: Window) -> list[int]:
    """Return the cells, counted on the padded axis, on which a window starts."""
    length = question.size + 2 * question.padding
    starts, cell = [], 0
    while cell + question.kernel_size <= length:
        starts.append(cell)
        cell += question.stride
    return starts


def count_leftover(question: Window) -> int:
    """Count the cells at the far end of the padded axis that lie beyond the last window."""
    length = question.size + 2 * question.padding
    return length - (window_starts(question)[-1] + question.kernel_size)


def slide(image: Grid, kernel: Grid) -> Grid:
    """Slide a kernel over a picture (stride 1, no padding, as PyTorch does it) with plain loops."""
    height, width = len(kernel), len(kernel[0])
    return tuple(
        tuple(
            sum(image[i + a][j + b] * kernel[a][b] for a in range(height) for b in range(width))
            for j in range(len(image[0]) - width + 1)
        )
        for i in range(len(image) - height + 1)
    )


def flip(kernel: Grid) -> Grid:
    """Turn a kernel by 180 degrees."""
    return tuple(tuple(reversed(row)) for row in reversed(kernel))


# --- a convolution by hand

LECTURE_IMAGE: Grid = ((1, 1, 1, 0, 0), (0, 1, 1, 1, 0), (0, 0, 1, 1, 1), (0, 0, 1, 1, 0), (0, 1, 1, 0, 0))
LECTURE_KERNEL: Grid = ((1, 0, 1), (0, 1, 0), (1, 0, 1))


def hand_convolution(student: str = "") -> HandConvolution:
    """Return a 5×5 picture and a 3×3 kernel of zeros and ones."""
    if not student_id(student):
        return HandConvolution(LECTURE_IMAGE, LECTURE_KERNEL)
    return practice_hand(Dice(student, "convolve-by-hand"))


def practice_hand(dice: Dice) -> HandConvolution:
    """Draw one convolution by hand on which turning and transposing show."""
    return draw(dice, sample_hand_convolution, flipping_shows)


def sample_hand_convolution(dice: Dice) -> HandConvolution:
    """Draw a picture and a kernel of zeros and ones."""
    image = tuple(tuple(dice.between(0, 1) for _ in range(5)) for _ in range(5))
    kernel = tuple(tuple(dice.between(0, 1) for _ in range(3)) for _ in range(3))
    return HandConvolution(image, kernel)


def flipping_shows(question: HandConvolution) -> bool:
    """Tell whether the kernel has four or five ones, and turning or transposing anything gives each another result."""
    ones = sum(map(sum, question.kernel))
    right = slide(question.image, question.kernel)
    turned = slide(question.image, flip(question.kernel))
    transposed = slide(question.image, tuple(zip(*question.kernel, strict=True)))
    return (
        ones in (4, 5)
        and len({right, turned, transposed, tuple(zip(*right, strict=True))}) == 4
        and len({value for row in right for value in row}) >= 3
    )


# --- the diagnostic set of output sizes

LECTURE_WINDOWS = {
    "a": Window(7, 3, 1, 0),
    "b": Window(7, 3, 2, 0),
    "c": Window(7, 3, 1, 1),
    "d": Window(7, 3, 3, 0),
    "e": Window(32, 5, 1, 2),
}


def windows(student: str = "") -> dict[str, Window]:
    """Return five questions on output size that tell all known wrong ways apart; only "d" leaves cells over."""
    if not student_id(student):
        return LECTURE_WINDOWS
    return draw(Dice(student, "output-sizes"), _sample_windows, tells_apart)


def _sample_windows(dice: Dice) -> dict[str, Window]:
    odd = dice.choose((3, 5, 7))
    stride = dice.between(2, 3)
    return {
        "a": Window(dice.between(6, 20), dice.between(2, 5), 1, 0),
        "b": _sample_fitting(dice, stride),
        "c": Window(dice.between(6, 20), dice.between(3, 5), 1, dice.between(1, 2)),
        "d": draw(dice, sample_window, lambda q: count_leftover(q) > 0),
        "e": Window(dice.between(24, 64), odd, 1, odd // 2),
    }


def _sample_fitting(dice: Dice, stride: int) -> Window:
    kernel_size = dice.between(2, 5)
    return Window(kernel_size + stride * dice.between(2, 6), kernel_size, stride, 0)


def sample_window(dice: Dice) -> Window:
    """Draw any sensible window: 6 to 40 cells, kernel 2 to 7, stride 1 to 4, padding below the kernel size."""
    kernel_size = dice.choose((2, 3, 4, 5, 7))
    return Window(
        max(dice.between(6, 40), kernel_size + 1),
        kernel_size,
        dice.between(1, 4),
        dice.between(0, min(3, kernel_size - 1)),
    )


def tells_apart(questions: dict[str, Window]) -> bool:
    """Tell whether no known wrong way gives the right sizes throughout, and no two give the same throughout."""
    right = tuple(count_windows(q) for q in questions.values())
    # a procedure that does not apply (None) answers rightly
    answers = [
        tuple(r if a is None else a for a, r in zip(one, right, strict=True))
        for one in _wrong("SZ", questions.values())
    ]
    return right not in answers and len(set(answers)) == len(answers) and min(right) >= 2


def _wrong(prefix: str, asked) -> list[tuple]:
    """For each wrong way of one kind, its answers to all the questions."""
    return list(zip(*(misconceptions.wrong_answers(prefix, question).values() for question in asked), strict=True))


def single_window(dice: Dice) -> Window:
    """Draw one window for practice, on which rounding or padding or stride matters."""
    return draw(dice, sample_window, lambda q: count_windows(q) >= 2 and (q.stride > 1 or q.padding > 0))


# --- parameter counts

LECTURE_LAYERS = {
    "a": Layer(3, 10, 5, 32 * 32),
    "b": Layer(3, 5, 3, 30 * 30),
    "c": Layer(6, 10, 5, 24 * 24),
}


class Counting(NamedTuple):
    """Three convolutional layers, a pooling layer (2×2 on `pooled_channels` maps) and the picture's side."""

    layers: dict[str, Layer]
    pooled_channels: int
    image_size: int


def counting(student: str = "") -> Counting:
    """Return the layers whose parameters are to be counted. Layer "a" keeps the picture's size."""
    if not student_id(student):
        return Counting(LECTURE_LAYERS, 10, 32)
    return draw(Dice(student, "parameter-counts"), _sample_counting, _counts_tell_apart)


def _sample_counting(dice: Dice) -> Counting:
    side = dice.choose((16, 20, 24, 28, 32))
    first, second = dice.choose((3, 5)), dice.choose((3, 5))
    width = dice.between(4, 12)
    return Counting(
        {
            "a": Layer(3, width, first, side**2),
            "b": Layer(3, dice.between(4, 12), second, (side - second + 1) ** 2),
            "c": Layer(dice.between(4, 8), dice.between(9, 16), first, (side // 2) ** 2),
        },
        width,
        side,
    )


def _counts_tell_apart(question: Counting) -> bool:
    layers = question.layers.values()
    right = tuple(count_parameters(layer) for layer in layers)
    wrong = _wrong("PC", layers)
    return right not in wrong and len(set(wrong)) == len(wrong)


def layer_tells_apart(layer: Layer) -> bool:
    """Tell whether every known wrong count of this layer is wrong, and each in its own way."""
    wrong = list(misconceptions.wrong_answers("PC", layer).values())
    return count_parameters(layer) not in wrong and len(set(wrong)) == len(wrong)


def count_parameters(layer: Layer) -> int:
    """Count the parameters of a layer, kernel by kernel, cell by cell."""
    count = 0
    for _kernel in range(layer.out_channels):
        for _channel in range(layer.in_channels):
            count += len([(row, column) for row in range(layer.kernel_size) for column in range(layer.kernel_size)])
        count += 1
    return count


def sample_layer(dice: Dice) -> Layer:
    """Draw a layer for practice."""
    kernel_size = dice.choose((3, 5, 7))
    side = dice.between(8, 32)
    return Layer(dice.between(1, 16), dice.between(2, 32), kernel_size, (side - kernel_size + 1) ** 2)


def practice_layer(dice: Dice) -> Layer:
    """Draw one layer for practice that tells all known wrong counts apart."""
    return draw(dice, sample_layer, layer_tells_apart)


# --- transposed convolution

LECTURE_STAMPS = Window(3, 3, 2, 1)


def stamps(student: str = "") -> Window:
    """Return a transposed convolution: input size, kernel size, stride, padding."""
    if not student_id(student):
        return LECTURE_STAMPS
    return practice_stamps(Dice(student, "transposed-sizes"))


def sample_stamps(dice: Dice) -> Window:
    """Draw a transposed convolution with stride 2 to 4 whose stamps leave no gaps."""
    stride = dice.between(2, 4)
    kernel_size = dice.between(stride, 7)
    return Window(dice.between(3, 30), kernel_size, stride, dice.between(1, min(3, kernel_size - 1)))


def count_stamped(question: Window) -> int:
    """Return the output size of a transposed convolution by stamping cells and cropping the border."""
    stamped = {i * question.stride + k for i in range(question.size) for k in range(question.kernel_size)}
    return max(stamped) + 1 - 2 * question.padding


def sizes_back(question: Window) -> list[int]:
    """Return every input size that the forward convolution maps to ``question.size``."""
    return [
        size
        for size in range(1, 200)
        if size + 2 * question.padding >= question.kernel_size
        and count_windows(question._replace(size=size)) == question.size
    ]


def stamps_tell_apart(question: Window) -> bool:
    """Tell whether every known wrong size is wrong, and each in its own way."""
    wrong = list(misconceptions.wrong_answers("TC", question).values())
    right = count_stamped(question)
    return right not in wrong and len(set(wrong)) == len(wrong) and right > question.size


def practice_stamps(dice: Dice) -> Window:
    """Draw one transposed convolution for practice that tells all known wrong sizes apart."""
    return draw(dice, sample_stamps, stamps_tell_apart)
