"""Checks of the questions with numbers for answers, and of the function for the output size."""

import re
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F

from course_utils import misconceptions
from course_utils.checks import diagnosis
from course_utils.checks.comparing import refusal
from course_utils.checks.sets import alternatives, mark, what_was_given
from course_utils.judging.answers import as_array, as_dict, as_numbers, is_missing, kind, plain, read_numbers, short
from course_utils.judging.protocol.calling import ask, call, quiet
from course_utils.judging.protocol.verdicts import CheckFailed, Credit
from course_utils.judging.variants import Dice
from course_utils.variants import conv_and_pooling as questions
from course_utils.variants.conv_and_pooling import Counting, HandConvolution, Layer, Window

# The figure of Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", figure 1.1.
FIGURE_IMAGE = ((3, 3, 2, 1, 0), (0, 0, 1, 3, 1), (3, 1, 2, 2, 3), (2, 0, 0, 2, 2), (2, 0, 0, 0, 1))
FIGURE_KERNEL = ((0, 1, 2), (2, 2, 0), (0, 1, 2))
FIGURE_WINDOW = (1, 2)  # row and column of the output number 19


# --- PyTorch's own answers


def torch_output_size(size: int, kernel_size: int, stride: int = 1, padding: int = 0) -> int:
    """Ask PyTorch for the length of a convolution's output along one axis, in cells."""
    row, weight = torch.zeros(1, 1, size), torch.zeros(1, 1, kernel_size)
    return F.conv1d(row, weight, stride=stride, padding=padding).shape[-1]


def torch_transposed_size(size: int, kernel_size: int, stride: int, padding: int) -> int:
    """Ask PyTorch for the length of a transposed convolution's output along one axis, in cells."""
    row, weight = torch.zeros(1, 1, size), torch.zeros(1, 1, kernel_size)
    return F.conv_transpose1d(row, weight, stride=stride, padding=padding).shape[-1]


def torch_parameter_count(layer: Layer) -> int:
    """Ask PyTorch how many parameters a convolutional layer has."""
    made = torch.nn.Conv2d(layer.in_channels, layer.out_channels, layer.kernel_size, device="meta")
    return sum(p.numel() for p in made.parameters())


def slide(image, kernel, padding: int = 0, stride: int = 1) -> np.ndarray:
    """Slide a kernel over one picture with PyTorch. Shapes (H, W) and (FH, FW)."""
    x, weight = (torch.tensor(np.array(a, dtype=np.float64))[None, None] for a in (image, kernel))
    return F.conv2d(x, weight, padding=padding, stride=stride)[0, 0].numpy()


# --- a convolution by hand


@quiet()
def convolve_by_hand(answers: dict, question: HandConvolution) -> Credit:
    """Check a feature map worked out by hand and the nine products behind the 19 of the figure. 2 points.

    Parameters
    ----------
    answers
        ``{"feature map": 3 rows of 3 numbers, "products": 3 rows of 3 numbers}``.
    question
        From :func:`course_utils.variants.conv_and_pooling.hand_convolution`.
    """
    answers = as_dict(answers, ("feature map", "products"), "by_hand")
    marks, codes, notes = {}, [], []
    for part, look in (("feature map", _explain_map), ("products", _explain_products)):
        if _has_gaps(answers[part]):
            marks[part] = None
            continue
        given = as_array(answers[part], f"by_hand[{part!r}]")
        marks[part], code, note = look(given, question)
        codes += [code] if code else []
        notes += [note] if not marks[part] else []
    return mark(marks, 2, codes, notes[0] if notes else "")


def _has_gaps(answer) -> bool:
    return is_missing(answer) or (
        type(answer) in (list, tuple) and any(_has_gaps(value) for value in answer if not isinstance(value, int))
    )


def _explain_map(given, question):
    right = slide(question.image, question.kernel)
    if diagnosis.close(given, right):
        return True, None, ""
    code = diagnosis.explain_array(given, map_ways(question))
    if code is None and given.shape == np.shape(question.image):
        code = "CV10"
    return False, code, _map_note(given, right)


def map_ways(question: HandConvolution) -> dict[str, Callable]:
    """For each code of a wrong feature map, a function that computes it (or several, in a list)."""
    image, kernel = np.array(question.image), np.array(question.kernel)
    return {
        "CV1": lambda: slide(image, kernel[::-1, ::-1]),
        "CV7": lambda: slide(image, kernel.T),
        "DS6": lambda: slide(image, kernel).T,
        "CV11": lambda: [image[i : i + 3, j : j + 3] * kernel for i in range(3) for j in range(3)],
        "CV9": lambda: [slide(image, kernel, stride=3), slide(image, kernel, stride=3, padding=2)],
        "CV10": lambda: slide(image, kernel, padding=1),
    }


def _map_note(given, right) -> str:
    if given.shape != right.shape:
        return f"feature map: you gave an array of shape {given.shape}. How many places does the window have?"
    places = np.argwhere(~np.isclose(given, right))
    row, column = places[0]
    return f"feature map: {len(places)} of {right.size} numbers; look at row {row}, column {column} again."


def _explain_products(given, _question):
    image, kernel = np.array(FIGURE_IMAGE, float), np.array(FIGURE_KERNEL, float)

    def products(row, column, weights=kernel):
        return image[row : row + 3, column : column + 3] * weights

    given = given.reshape(3, 3) if given.size == 9 else given
    if diagnosis.close(given, products(*FIGURE_WINDOW)):
        return True, None, ""
    code = diagnosis.explain_array(
        given,
        {
            "CV1": lambda: products(*FIGURE_WINDOW, kernel[::-1, ::-1]),
            "CV12": lambda: [products(i, j) for i in range(3) for j in range(3)],
        },
    )
    note = (
        "products: give the nine numbers of one window"
        if given.size != 9
        else f"products: yours add up to {given.sum():g}"
    )
    return False, code, note + "."


# --- the diagnostic set of output sizes


@quiet()
def output_sizes(answers: dict, asked: dict[str, Window]) -> Credit:
    """Check five output sizes, each with its number of units, together. 5 points.

    Parameters
    ----------
    answers
        ``{"a": {"size": …, "units": …}, …}``; where cells are left over, also ``"leftover"``.
    asked
        From :func:`course_utils.variants.conv_and_pooling.windows`.
    """
    answers = as_dict(answers, asked, "sizes")
    rows = {label: _read_row(answers[label], label, question) for label, question in asked.items()}
    marks = {label: _row_is_right(rows[label], asked[label]) for label in asked}
    sizes = {label: row["size"] for label, row in rows.items() if row["size"] is not None}
    right = {label: torch_output_size(*asked[label]) for label in asked}
    found = diagnosis.explain_set(sizes, right, _ways("SZ", asked))
    other = _several(found.codes, "output-size", questions.single_window) if found.one_way else ""
    codes = found.codes + [code for code in _unit_codes(rows, right, asked) if code not in found.codes]
    return mark(marks, 5, codes, what_was_given(marks, answers), other)


def _ways(prefix: str, asked: dict) -> dict[str, dict]:
    """For each code of one kind, what this wrong way gives for each question."""
    given = {label: misconceptions.wrong_answers(prefix, question) for label, question in asked.items()}
    codes = [m.code for m in misconceptions.with_prefix(prefix)]
    return {code: {label: answers[code] for label, answers in given.items()} for code in codes}


def _read_row(row, label, question) -> dict:
    keys = ("size", "units", "leftover") if questions.count_leftover(question) else ("size", "units")
    return dict.fromkeys(keys) if is_missing(row) else read_numbers(row, keys, f"sizes[{label!r}]")


def _row_is_right(row: dict, question: Window) -> bool | None:
    size = torch_output_size(*question)
    right = {"size": size, "units": size**2, "leftover": questions.count_leftover(question)}
    if any(row[key] is not None and row[key] != right[key] for key in row):
        return False
    return None if None in row.values() else True


def _unit_codes(rows, right, asked) -> list[str]:
    codes = []
    for label, row in rows.items():
        size, units = row["size"], row["units"]
        if None not in (size, units) and units not in (size * size, right[label] ** 2):
            codes += ["SZ11"] if units == size else ["SZ12"] if units == 2 * size else []
        if row.get("leftover") not in (None, questions.count_leftover(asked[label])):
            codes.append("SZ13")
    return list(dict.fromkeys(codes))


def _several(codes, topic: str, sample: Callable) -> str:
    """Return the lines for wrong ways that give the same answers: their names, and practice that tells them apart.

    Empty where there is one code or none. ``sample`` draws the questions of a practice topic.
    """
    if len(codes) < 2:
        return ""
    ways = [misconceptions.get(code).procedure for code in codes]
    for number in range(1, 500):
        question = sample(Dice("practice", topic, number))
        given = [way(**question._asdict()) for way in ways]
        if len(set(given)) == len(given) and None not in given:
            return alternatives(codes, f'practice("{topic}", {number})')
    return alternatives(codes, f'practice("{topic}")')


# --- the rule as a function

RULE_CASES = [
    Window(7, 3, 1, 0),
    Window(7, 3, 2, 0),
    Window(7, 3, 1, 1),
    Window(7, 3, 3, 0),
    Window(32, 5, 1, 2),
    Window(28, 4, 3, 1),
]


@quiet()
def output_size_rule(answer, hidden: int | None = None) -> None:
    """Check ``conv_output_size(size, kernel_size, stride=1, padding=0, strict=False)``, all in cells. 2 points.

    Parameters
    ----------
    answer
        The student's function.
    hidden
        Seed of 500 further cases, drawn at grading. Messages do not name a hidden case.
    """
    dice = Dice("hidden", hidden)
    cases = RULE_CASES if hidden is None else [questions.sample_window(dice) for _ in range(500)]
    asked = dict(enumerate(cases))
    given = {index: call(answer, "conv_output_size", *case) for index, case in asked.items()}
    _refuse_other_types(given, asked, hidden)
    right = {index: torch_output_size(*case) for index, case in asked.items()}
    wrong = [index for index in asked if plain(given[index]) != right[index]]
    if wrong:
        found = diagnosis.explain_set({i: plain(v) for i, v in given.items()}, right, _ways("SZ", asked))
        raise CheckFailed(_rule_message(asked[wrong[0]], given[wrong[0]], hidden, found), tuple(found.codes))
    _refuse_floats(given)
    _check_defaults(answer)
    _check_strict(answer, cases, hidden)
    print("Correct.")


def _refuse_other_types(given, asked, hidden) -> None:
    for index, value in given.items():
        if plain(value) is None:
            case = "a further case" if hidden is not None else _case(asked[index])
            raise CheckFailed(f"conv_output_size should return a whole number; for {case} it returned {kind(value)}.")


def _refuse_floats(given) -> None:
    if any(isinstance(plain(value), float) for value in given.values()):
        raise refusal("Not yet right.", "TY1")


def _rule_message(case: Window, value, hidden, found) -> str:
    what = "in a case drawn at grading" if hidden is not None else f"for {_case(case)}: your answer is {short(value)}"
    hint = f"\n{diagnosis.feedback(found.codes[0])}" if found.codes else ""
    return f"Not yet right {what}.{hint}"


def _case(case: Window) -> str:
    return ", ".join(f"{name}={value}" for name, value in case._asdict().items())


def _check_defaults(answer) -> None:
    if plain(call(answer, "conv_output_size", 9, 4)) != torch_output_size(9, 4):
        raise CheckFailed("Not yet right without stride and padding. Which defaults does the signature give them?")


def _check_strict(answer, cases, hidden) -> None:
    loose = next(case for case in cases if questions.count_leftover(case))
    exact = next(case for case in cases if not questions.count_leftover(case))
    message = _raised(answer, *loose, True)
    if message is None:
        raise CheckFailed(
            "With strict=True, windows that leave cells over should raise ValueError. Yours returned a number."
        )
    if str(questions.count_leftover(loose)) not in re.findall("[0-9]+", message):
        yours = f" Yours says: {message[:60]!r}." if hidden is None else ""
        raise CheckFailed(f"The error should say how many cells are left over.{yours}")
    if _raised(answer, *exact, True) is not None:
        raise CheckFailed(
            "With strict=True, windows that fit exactly should give their number. Yours raised ValueError."
        )
    if _raised(answer, 4, 7) is None:
        raise CheckFailed(
            "A kernel of 7 does not fit on 4 cells. Your function returned a number: it should raise ValueError."
        )
    if _raised(answer, 4, 6, 1, 1) is not None:
        raise CheckFailed("A kernel of 6 fits on 4 cells with padding 1 at both ends. Your function raised ValueError.")


def _raised(answer, *args) -> str | None:
    """Return the text of the ValueError that a call raises, None if it returns."""
    found = ask(value_error_of, answer, *args)
    return found if type(found) is str else None


def value_error_of(function, *args) -> str | None:
    """Probe: return the text of the ValueError that a student's function raises, None if it returns."""
    try:
        function(*args)
    except ValueError as error:
        return str(error)
    return None


# --- parameter counts


@quiet()
def parameter_counts(answers: dict, question: Counting) -> Credit:
    """Check the parameter counts of three convolutions, a pooling layer and a dense layer. 3 points.

    Parameters
    ----------
    answers
        ``{"a": …, "b": …, "c": …, "pooling": …, "dense": …}``.
    question
        From :func:`course_utils.variants.conv_and_pooling.counting`.
    """
    right = {label: torch_parameter_count(layer) for label, layer in question.layers.items()}
    right |= {"pooling": 0, "dense": _torch_dense_count(question)}
    given = read_numbers(answers, right, "counts")
    found = diagnosis.explain_set(
        {label: given[label] for label in question.layers if given[label] is not None},
        right,
        _ways("PC", question.layers),
    )
    other = _several(found.codes, "parameter-count", questions.practice_layer) if found.one_way else ""
    codes = list(found.codes) + _other_count_codes(given, right, question)
    marks = {key: _equals(given[key], right[key]) for key in right}
    return mark(marks, 3, codes, what_was_given(marks, given, "{:,}".format), other)


def _torch_dense_count(question: Counting) -> int:
    pixels, first = question.image_size**2, question.layers["a"]
    dense = torch.nn.Linear(first.in_channels * pixels, first.out_channels * pixels, device="meta")
    return sum(p.numel() for p in dense.parameters())


def _other_count_codes(given, right, question) -> list[str]:
    codes = ["PC9"] if given["pooling"] not in (None, 0) else []
    outputs = question.layers["a"].out_channels * question.image_size**2
    if given["dense"] == right["dense"] - outputs:
        codes.append("PC11")
    if given["dense"] not in (None, right["dense"]) and given["dense"] in (right["a"], given["a"]):
        codes.append("PC12")
    return codes


# --- transposed convolution


@quiet()
def transposed_sizes(answers: dict, question: Window) -> Credit:
    """Check the size of a transposed convolution and what is ambiguous about going back. 3 points.

    Parameters
    ----------
    answers
        ``{"size": number, "sizes back": list of numbers, "output padding": number, "is a pair": "yes" or "no"}``.
    question
        From :func:`course_utils.variants.conv_and_pooling.stamps`.
    """
    answers = as_dict(answers, ("size", "sizes back", "output padding", "is a pair"), "up")
    back = [n for n in range(1, 200) if _goes_to(n, question)]
    size = torch_transposed_size(*question)
    given_back = None if is_missing(answers["sizes back"]) else as_numbers(answers["sizes back"])
    numbers = read_numbers(answers, ("size", "output padding"), "up")
    marks = {
        "size": _equals(numbers["size"], size),
        "sizes back": None
        if is_missing(answers["sizes back"])
        else given_back is not None and sorted(given_back) == back,
        "output padding": _equals(numbers["output padding"], max(back) - size),
        "is a pair": None if is_missing(answers["is a pair"]) else _yes_or_no(answers["is a pair"]) == "no",
    }
    size_codes = _stamp_codes(numbers["size"], question) if marks["size"] is False else []
    codes = size_codes + _way_back_codes(marks, given_back, back)
    other = _several(size_codes, "transposed-size", questions.practice_stamps)
    return mark(marks, 3, codes, what_was_given(marks, answers), other)


def _goes_to(size: int, question: Window) -> bool:
    fits = size + 2 * question.padding >= question.kernel_size
    return fits and torch_output_size(size, *question[1:]) == question.size


def _equals(given, right) -> bool | None:
    return None if given is None else given == right


def _yes_or_no(answer) -> str:
    word = answer.strip().lower() if type(answer) is str else ""
    if word not in ("yes", "no"):
        raise CheckFailed(f'up["is a pair"] should be "yes" or "no", not {short(answer)}.')
    return word


def _stamp_codes(size, question) -> list[str]:
    ways = misconceptions.wrong_answers("TC", question)
    return [code for code, way in ways.items() if diagnosis.same_number(size, way)]


def _way_back_codes(marks, given_back, back) -> list[str]:
    codes = []
    if marks["sizes back"] is False and given_back and set(given_back) < set(back):
        codes.append("TC6")
    if marks["is a pair"] is False:
        codes.append("TC7")
    return codes
