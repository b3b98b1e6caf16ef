"""Checks of answers that are numbers and shapes: one neuron, the shapes of a network, the weights of a picture.

Such answers are marked as sets: one alone often cannot tell a right method from a wrong one.
"""

from collections.abc import Mapping

import torch
from torch import nn

from course_utils.checks import diagnosis
from course_utils.checks.sets import alternatives, mark, what_was_given
from course_utils.judging.answers import as_dict, as_numbers, is_missing, kind, read_numbers, short
from course_utils.judging.protocol.calling import quiet
from course_utils.judging.protocol.verdicts import CheckFailed, Credit
from course_utils.variants import neurons as questions
from course_utils.variants.neurons import Counting, HandNeuron, Network, Neuron, Picture

MEGABYTES = {"10⁶ bytes": 10**6, "2²⁰ bytes": 2**20}  # both are in use, both are accepted
ROUNDED = 0.005  # a size may be rounded by half a percent


# --- one neuron


def torch_neuron(neuron: Neuron) -> int:
    """Ask PyTorch for a neuron's output."""
    x, weight = (torch.tensor([numbers]) for numbers in (neuron.x, neuron.weight))
    return int(nn.functional.linear(x, weight, torch.tensor([neuron.bias])))


@quiet()
def hand_neuron(answers: dict, question: HandNeuron) -> Credit:
    """Check a neuron's output, before and after one input has doubled. 2 points.

    Parameters
    ----------
    answers
        ``{"z": …, "z doubled": …}``.
    question
        From :func:`course_utils.variants.neurons.hand_neuron`.
    """
    asked = {"z": question.neuron, "z doubled": question.after}
    given = read_numbers(answers, asked, "neuron")
    right = {part: torch_neuron(neuron) for part, neuron in asked.items()}
    ways = {part: questions.neuron_ways(neuron) for part, neuron in asked.items()}
    wrong_ways = {code: {part: ways[part][code] for part in asked} for code in ways["z"]}
    wrong_ways["NE4"] = {"z": None, "z doubled": None if given["z"] is None else given["z"] * 2}
    answered = {part: number for part, number in given.items() if number is not None}
    found = diagnosis.explain_set(answered, right, wrong_ways)
    codes = _once(found.codes)
    marks = {part: None if given[part] is None else diagnosis.same_number(given[part], right[part]) for part in asked}
    other = alternatives(codes, 'practice("neuron")') if found.one_way and len(codes) > 1 else ""
    return mark(marks, 2, codes, what_was_given(marks, given), other)


def _once(codes) -> list[str]:
    """Return codes without the mark of a second form, each once."""
    return list(dict.fromkeys(code.rstrip("+") for code in codes))


# --- shapes of a network

ROWS = ("x", "W1", "b1", "h", "W2", "b2", "o")
CONVENTIONS = ("lecture", "PyTorch")
Shapes = dict[str, tuple[int, ...]]


def torch_shapes(question: Network) -> Shapes:
    """Ask PyTorch for the shapes of a batch on its way through two dense layers, and of what the layers hold."""
    x = torch.zeros(question.batch, question.inputs)
    first, second = _two_layers(question)
    h = first(x)
    tensors = (x, first.weight, first.bias, h, second.weight, second.bias, second(h))
    return dict(zip(ROWS, (tuple(tensor.shape) for tensor in tensors), strict=True))


def torch_network_count(question: Network) -> int:
    """Ask PyTorch how many parameters the two layers have."""
    return sum(parameter.numel() for layer in _two_layers(question) for parameter in layer.parameters())


def _two_layers(question: Network) -> tuple[nn.Linear, nn.Linear]:
    """Make the layers, without a draw from the learner's random numbers."""
    with torch.random.fork_rng(devices=[]):
        return nn.Linear(question.inputs, question.hidden), nn.Linear(question.hidden, question.outputs)


def lecture_shapes(question: Network) -> Shapes:
    """Return the shapes in the lecture's convention, h = Wᵀx + b with one example in a column."""
    shapes = {}
    for row, shape in torch_shapes(question).items():
        shapes[row] = (*shape, 1) if row in ("b1", "b2") else shape[::-1]
    return shapes


@quiet()
def network_shapes(answers: dict, question: Network) -> Credit:
    """Check the shapes of a network's arrays in two conventions and the number of its parameters. 3 points.

    Parameters
    ----------
    answers
        ``{"lecture": {"x": …, "W1": …, …}, "PyTorch": {"x": …, …}, "parameters": …}``. A bias of the lecture's may be
        written as a column or flat.
    question
        From :func:`course_utils.variants.neurons.network`.
    """
    answers = as_dict(answers, (*CONVENTIONS, "parameters"), "shapes")
    right = {"lecture": lecture_shapes(question), "PyTorch": torch_shapes(question)}
    given = {name: _read_shapes(answers[name], f"shapes[{name!r}]") for name in CONVENTIONS}
    number = read_numbers(answers, ("parameters",), "shapes")["parameters"]
    marks = {row: _row_mark(row, given, right) for row in ROWS}
    marks["parameters"] = None if number is None else number == torch_network_count(question)
    codes = _shape_codes(given, right, question) if False in marks.values() else []
    ways = questions.network_ways(question)
    codes += [code for code, way in ways.items() if marks["parameters"] is False and number == way]
    return mark(marks, 3, codes, _first_wrong(marks, given, right, number))


def _read_shapes(answer, what: str) -> dict[str, tuple | None]:
    """Return the shapes by row; None where there is no answer, () where the answer is no shape."""
    if is_missing(answer):
        return dict.fromkeys(ROWS)
    shapes = {}
    for row, shape in as_dict(answer, ROWS, what).items():
        numbers = None if is_missing(shape) else as_numbers(shape)
        if not is_missing(shape) and (numbers is None or len(numbers) > 4):
            raise CheckFailed(f"{what}[{row!r}] should be a shape such as (3, 2), not {kind(shape)} of other things.")
        shapes[row] = None if numbers is None else tuple(numbers)
    return shapes


def _fits(row: str, given: tuple | None, right: tuple) -> bool:
    flat = {right, right[:1]} if row in ("b1", "b2") and len(right) == 2 else {right}
    return given in flat


def _row_mark(row: str, given: Mapping[str, Shapes], right: Mapping[str, Shapes]) -> bool | None:
    answers = {name: given[name][row] for name in CONVENTIONS}
    if any(shape is not None and not _fits(row, shape, right[name][row]) for name, shape in answers.items()):
        return False
    return None if None in answers.values() else True


def _first_wrong(marks, given, right, number) -> str:
    for row in ROWS:
        for name in CONVENTIONS:
            shape = given[name][row]
            if shape is not None and not _fits(row, shape, right[name][row]):
                return f"{name}, {row}: you gave {short(shape)}."
    return f"parameters: you gave {short(number)}." if marks["parameters"] is False else ""


def _shape_codes(given, right, question: Network) -> list[str]:
    """Find the wrong ways behind the wrong shapes: one that explains all of a convention, or one for each row."""
    answered = {(name, row): shape for name in CONVENTIONS for row, shape in given[name].items() if shape is not None}
    wrong = {place: shape for place, shape in answered.items() if not _fits(place[1], shape, right[place[0]][place[1]])}
    ways = shape_ways(right, question)

    def gives(code, places) -> bool:
        return all(answered[place] in ways[code][place[0]].get(place[1], []) for place in places)

    for code in ways:
        if wrong and gives(code, wrong):
            return [code]
    single = [next((code for code in ways if gives(code, [place])), None) for place in wrong]
    return [] if None in single else list(dict.fromkeys(single))


def shape_ways(right, question: Network) -> dict[str, dict[str, dict[str, list]]]:
    """For each code, what it may give for each row of each convention."""
    turned = {name: {row: [right[name][row][::-1]] for row in ROWS} for name in CONVENTIONS}
    other = {"lecture": right["PyTorch"], "PyTorch": right["lecture"]}
    weights, carried = ("W1", "W2"), ("x", "h", "o")
    units = {"b1": question.hidden, "b2": question.outputs}
    N = question.batch
    sizes = {"x": question.inputs, "h": question.hidden, "o": question.outputs}

    def both(shapes: Mapping[str, list]) -> dict[str, dict[str, list]]:
        return {name: dict(shapes) for name in CONVENTIONS}

    return {
        "DS1": {name: {row: turned[name][row] for row in weights} for name in CONVENTIONS},
        "ND1": {name: {row: turned[name][row] for row in carried} for name in CONVENTIONS},
        "DS2": both({row: [(size,), (size, 1), (1, size)] for row, size in sizes.items()}),
        "DS3": both({row: [(N,), (N, 1), (1, N), (N, size), (size, N)] for row, size in units.items()}),
        "ND2": {name: {row: [other[name][row]] for row in ROWS} for name in CONVENTIONS},
        "PC2": both({"b1": [(1,), ()], "b2": [(1,), ()]}),
    }


# --- the weights of a picture


def torch_count(picture: Picture, channels: int, *, bias: bool = True) -> int:
    """Ask PyTorch how many parameters a dense layer on a picture has."""
    numbers = picture.height * picture.width * channels
    dense = nn.Linear(numbers, picture.units, bias=bias, device="meta")
    return sum(parameter.numel() for parameter in dense.parameters())


@quiet()
def picture_weights(answers: dict, question: Counting) -> Credit:
    """Check how many weights dense layers on pictures have, and how much memory they need. 2 points.

    Parameters
    ----------
    answers
        ``{"grey weights": …, "grey": …, "colour": …, "large": …, "megabytes": …}``. A megabyte may be 10⁶ or 2²⁰ bytes;
        its number may be rounded by half a percent.
    question
        From :func:`course_utils.variants.neurons.counting`.
    """
    large = torch_count(question.large, 3)
    right = {
        "grey weights": torch_count(question.small, 1, bias=False),
        "grey": torch_count(question.small, 1),
        "colour": torch_count(question.small, 3),
        "large": large,
    }
    given = read_numbers(answers, questions.PARTS, "counts")
    marks = {part: None if given[part] is None else given[part] == number for part, number in right.items()}
    marks["megabytes"] = None if given["megabytes"] is None else _is_size(given["megabytes"], large * questions.BYTES)
    counted = {part: given[part] for part in right if given[part] is not None}
    found = diagnosis.explain_set(counted, right, questions.counting_ways(question))
    codes = _once(found.codes) + (_size_codes(given["megabytes"], large) if marks["megabytes"] is False else [])
    ambiguous = found.one_way and len(_once(found.codes)) > 1
    other = alternatives(_once(found.codes), 'practice("dense-count")') if ambiguous else ""
    return mark(marks, 2, list(dict.fromkeys(codes)), what_was_given(marks, given, "{:,}".format), other)


def _is_size(given: float, number_of_bytes: float) -> bool:
    return any(abs(given * unit / number_of_bytes - 1) <= ROUNDED for unit in MEGABYTES.values())


def _size_codes(given: float, numbers: int) -> list[str]:
    if _is_size(given, numbers):
        return ["NP4"]
    bits = numbers * questions.BYTES * 8
    return ["NP2"] if _is_size(given, bits) or _is_size(given, numbers * questions.BYTES / 8) else []
