"""Exercise 5.10: the size of a transposed convolution, and what is ambiguous about going back."""

from functools import partial
from typing import Any

import torch
import torch.nn.functional as F

from course_utils.judging.answers import as_dict, as_numbers, is_missing, plain, short
from course_utils.judging.closeness import same_number
from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import Finding, look_at, refuse
from course_utils.judging.misconceptions import Misconception, wrong_answers
from course_utils.judging.numbers import read_number, telling
from course_utils.judging.practice import Topic
from course_utils.judging.protocol.verdicts import NotAttempted
from course_utils.judging.variants import Dice, draw
from course_utils.labs.conv_and_pooling.headings import UP
from course_utils.labs.conv_and_pooling.windows import Window, count_windows, output_size

TC1 = Misconception(
    "TC1",
    "formula of the forward convolution used",
    "This is what a convolution going down would give. Which way does the transposed one go?",
    UP,
    lambda size, kernel_size, stride, padding: (size - kernel_size + 2 * padding) // stride + 1,
)
TC2 = Misconception(
    "TC2",
    "padding added instead of cropped",
    "This adds the padding. In a transposed convolution, what happens to the border of width P?",
    UP,
    lambda size, kernel_size, stride, padding: (size - 1) * stride + kernel_size + 2 * padding,
)
TC3 = Misconception(
    "TC3",
    "input size times stride",
    "This is size times stride. How far does the last stamp reach beyond its own corner?",
    UP,
    lambda size, kernel_size, stride, padding: size * stride,
)
TC4 = Misconception(
    "TC4",
    "one stamp too many",
    "This takes as many steps as there are stamps. How many steps lie between 3 stamps?",
    UP,
    lambda size, kernel_size, stride, padding: size * stride + kernel_size - 2 * padding,
)
TC5 = Misconception(
    "TC5",
    "padding ignored",
    "This is the size before the border is cropped. What does P do here?",
    UP,
    lambda size, kernel_size, stride, padding: (size - 1) * stride + kernel_size,
)
TC6 = Misconception(
    "TC6",
    "named one preimage only",
    "You have one of them. Does a window that is left over at the edge change the output size?",
    UP,
)
TC7 = Misconception(
    "TC7",
    "took the two lecture figures for a pair",
    "Both go between the same two sizes. Do they use the same stride and the same padding?",
    UP,
)
TC8 = Misconception(
    "TC8",
    "sizes back: a size that goes elsewhere",
    "One of these does not come out as your input size. Have you sent each of them down, with the same padding?",
    UP,
)
TC9 = Misconception(
    "TC9",
    "output padding: another number than the missing cells",
    "Output padding adds cells at one end. How many are missing from the smallest size to the largest?",
    UP,
)
TC10 = Misconception(
    "TC10",
    "padding cropped at one end only",
    "This crops P cells once. At how many ends of the row does padding crop?",
    UP,
    lambda size, kernel_size, stride, padding: (size - 1) * stride + kernel_size - padding,
)
TC11 = Misconception(
    "TC11",
    "width of the last stamp left out",
    "One way to get this: the last stamp counts as a cell or not at all. How wide is it, and where does it end?",
    UP,
)
STAMP_WAYS = (TC1, TC2, TC3, TC4, TC5)  # each shows in every question that is drawn
EVERY_STAMP_WAY = (*STAMP_WAYS, TC10)

LECTURE_STAMPS = Window(3, 3, 2, 1)
PARTS = ("size", "sizes back", "output padding", "is a pair")


def transposed_size(size: int, kernel_size: int, stride: int, padding: int) -> int:
    """Ask PyTorch for the length of a transposed convolution's output along one axis, in cells."""
    row, weight = torch.zeros(1, 1, size), torch.zeros(1, 1, kernel_size)
    return F.conv_transpose1d(row, weight, stride=stride, padding=padding).shape[-1]


# --- drawing, and what is right by counting


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
    given = list(wrong_answers(STAMP_WAYS, question).values())
    right = count_stamped(question)
    return right not in given and len(set(given)) == len(given) and right > question.size


def practice_stamps(dice: Dice) -> Window:
    """Draw one transposed convolution for practice that tells all known wrong sizes apart."""
    return draw(dice, sample_stamps, stamps_tell_apart)


def _stamps_text(question: Window) -> str:
    return (
        f"A transposed convolution: a row of {question.size} cells, kernel size {question.kernel_size}, "
        f"stride {question.stride}, padding {question.padding}.\nHow large is the output?"
    )


def _steps(question: Window) -> list[str]:
    size, kernel_size, stride, padding = question
    last = (size - 1) * stride
    return [
        f"{size} stamps lie {stride} cells apart: {size - 1} steps, so that the last one starts on cell {last}.",
        f"It is {kernel_size} cells wide, so {last} + {kernel_size} = {last + kernel_size} cells are stamped.",
        f"{padding} are cropped at each end: {last + kernel_size} - 2 · {padding} = {count_stamped(question)}.",
    ]


TRANSPOSED_SIZE = Topic(
    "transposed-size",
    practice_stamps,
    _stamps_text,
    lambda question: transposed_size(*question),
    lambda question: wrong_answers(EVERY_STAMP_WAY, question),
    _steps,
)


class TransposedSizes(Exercise):
    """How large is the output of a transposed convolution, and from where could its input have come?"""

    id = "transposed-sizes"
    hints = (
        "Each input cell puts down a stamp as wide as the kernel. On which cell does the last stamp start?",
        "Padding crops here. How many cells go at each end?",
        "Send 4, 5, 6 and 7 through the size rule of your own function. Which of them come out as 3?",
    )
    worked = """
    A row of 6 cells goes up with kernel size 5, stride 4, padding 2.

    1. Stamps start on cells 0, 4, 8, 12, 16 and 20: five steps of 4 for six stamps. The last one ends on cell 24, so 25
       cells are stamped.
    2. Two are cropped at each end: 25 - 2 - 2 = 21.
    3. Back down: a row of 21 has (21 + 4 - 5) // 4 + 1 = 6 places. So have 22, 23 and 24, with 1, 2 or 3 cells left
       over; 25 has 7.
    4. To reach 24 in place of 21, `output_padding` is 3.
    """
    misconceptions = (*EVERY_STAMP_WAY, TC6, TC7, TC8, TC9, TC11)
    topics = (TRANSPOSED_SIZE,)

    def draw(self) -> Window:
        """Return a transposed convolution: input size, kernel size, stride, padding."""
        return practice_stamps(self.dice()) if self.student else LECTURE_STAMPS

    def judge(self, answers: Any) -> dict[str, Finding]:
        """Judge ``{"size": number, "sizes back": numbers, "output padding": number, "is a pair": "yes" or "no"}``."""
        given = as_dict(answers, PARTS, "up")
        looks = (self._look_at_size, self._look_at_back, self._look_at_padding, self._look_at_pair)
        return look_at(
            {part: partial(_if_attempted, part, given[part], one) for part, one in zip(PARTS, looks, strict=True)}
        )

    @property
    def _back(self) -> list[int]:
        return [size for size in range(1, 200) if _goes_to(size, self.question)]

    def _look_at_size(self, answer: Any) -> None:
        size = read_number(answer, "up['size']")
        if size != transposed_size(*self.question):
            given = wrong_answers(EVERY_STAMP_WAY, self.question)
            ways = [way for way, value in given.items() if same_number(size, value)]
            if not ways and size in _without_the_kernel(*self.question):
                ways = [TC11]
            advice = telling(ways, TRANSPOSED_SIZE, f"lab.{self.name()}")
            raise refuse(f"size: you gave {short(answer)}.", ways, advice=advice)

    def _look_at_back(self, answer: Any) -> None:
        sizes = as_numbers(answer)
        if sizes is None:
            raise refuse(f"sizes back should be numbers, such as [8, 9], not {short(answer)}.")
        if sorted(sizes) != self._back:
            given = set(sizes)
            way = None if not given else TC6 if given < set(self._back) else TC8 if given - set(self._back) else None
            raise refuse(f"sizes back: you gave {short(answer)}.", way)

    def _look_at_padding(self, answer: Any) -> None:
        wanted = max(self._back) - transposed_size(*self.question)
        if read_number(answer, "up['output padding']") != wanted:
            raise refuse(f"output padding: you gave {short(plain(answer))}.", TC9)

    def _look_at_pair(self, answer: Any) -> None:
        word = answer.strip().lower() if type(answer) is str else ""
        if word not in ("yes", "no"):
            raise refuse(f'up["is a pair"] should be "yes" or "no", not {short(answer)}.')
        if word != "no":
            raise refuse(f"is a pair: you gave {short(answer)}.", TC7)


def _without_the_kernel(size: int, kernel_size: int, stride: int, padding: int) -> tuple[int, ...]:
    last = (size - 1) * stride
    return last, last - 2 * padding, last + 1 - 2 * padding, size * stride - padding, size


def _if_attempted(part: str, answer: Any, look_at_answer: Any) -> None:
    if is_missing(answer):
        raise NotAttempted(f"fill in up[{part!r}]")
    look_at_answer(answer)


def _goes_to(size: int, question: Window) -> bool:
    fits = size + 2 * question.padding >= question.kernel_size
    return fits and output_size(size, *question[1:]) == question.size
