"""Exercise 1.3: the shapes of a network's arrays in two conventions, and the number of its parameters.

What the prompt says, and what tries it:

- shapes of seven arrays in two conventions → one part a row, judged in both
- a tuple or a list; a bias of the lecture's also flat → `as_shape`, `_Cell.fits`
- the number of parameters → part `parameters`
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

from course_utils.judging import shared
from course_utils.judging.answers import as_dict, as_shape, is_missing, kind, plain, short
from course_utils.judging.exercise import Exercise
from course_utils.judging.findings import MISSING, RIGHT, Finding, look, refuse, wrong
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.numbers import judge_numbers, slip_of
from course_utils.judging.practice import Topic
from course_utils.judging.variants import Dice, draw
from course_utils.labs.neurons.headings import LAYER

DS1 = shared.DS1.in_lab(
    LAYER, "The weight is turned over. In this convention, has it a row for each input or for each unit?"
)
DS2 = shared.DS2.in_lab(
    LAYER, "The axis of the batch is gone. How many examples are there, and where does the shape say so?"
)
DS3 = shared.DS3.in_lab(
    LAYER, "The bias goes along the batch. To what does each of its numbers belong, an example or a unit?"
)
PC1 = shared.PC1.in_lab(LAYER, "These are the weights alone. What else does each unit add to its sum?")
PC2 = shared.PC2.in_lab(LAYER, "One way to get this: one bias for a whole layer. Do all units have to share it?")
ND1 = Misconception(
    "ND1",
    "batch on the other axis",
    "The batch is on the other axis here. In this convention, which axis counts the examples?",
    LAYER,
)
ND2 = Misconception(
    "ND2",
    "the two conventions exchanged",
    "Each shape is right for the other convention. Which of the two keeps one example in a row?",
    LAYER,
)
ND3 = Misconception(
    "ND3",
    "parameters counted anew for each example",
    "This grows with the batch. Does a layer learn other weights for every example?",
    LAYER,
)

ND9 = Misconception(
    "ND9",
    "a bias for every input as well",
    "This has a bias for each input, too. Which circles of the network compute a sum?",
    LAYER,
)
ND10 = Misconception(
    "ND10",
    "one layer counted instead of two",
    "This is one of the two layers alone. How many weights and biases has the other?",
    LAYER,
)
ND20 = Misconception(
    "ND20",
    "numbers of the batch counted as parameters",
    "One way to get this: numbers counted that belong to the batch. Which of them does training change?",
    LAYER,
)
ND11 = Misconception(
    "ND11",
    "all three sizes multiplied",
    "One way to get this: inputs, hidden units and outputs multiplied. Is there an edge from an input straight to an "
    "output?",
    LAYER,
)
ND21 = Misconception(
    "ND21",
    "biases of one layer only",
    "One way to get this: the biases of one layer are missing. How many units have the two layers together?",
    LAYER,
)
ND12 = Misconception(
    "ND12",
    "batch size in a weight",
    "A weight holds the size of the batch here. Would the network get other weights if you showed it one example more?",
    LAYER,
)
ND13 = Misconception(
    "ND13",
    "a layer's output as wide as its input",
    "This is as wide as what comes into the layer. How many numbers does the layer give for each example?",
    LAYER,
)
ND14 = Misconception(
    "ND14",
    "second layer attached to the inputs",
    "This second weight reads the inputs. Which numbers reach the second layer?",
    LAYER,
)
ND15 = Misconception(
    "ND15",
    "bias as a row or a column of its own",
    "These are the right numbers with one axis too many, or the other way up. How does this convention write a bias?",
    LAYER,
)

ROWS = ("x", "W1", "b1", "h", "W2", "b2", "o")
CONVENTIONS = ("lecture", "PyTorch")
Shape = tuple[int, ...]
Shapes = dict[str, Shape]


class Network(NamedTuple):
    """A network of two dense layers and a batch."""

    batch: int
    inputs: int
    hidden: int
    outputs: int


class OneShape(NamedTuple):
    """One array of a network, ``"x"`` to ``"o"``, whose shape is asked for in PyTorch's convention."""

    network: Network
    row: str


# --- what is right


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


def count_parameters(question: Network) -> int:
    """Count weights and biases of both layers, unit by unit."""
    return sum(question.inputs + 1 for _ in range(question.hidden)) + sum(
        question.hidden + 1 for _ in range(question.outputs)
    )


# --- wrong ways


def network_ways(question: Network) -> dict[Misconception, int]:
    """Return what each known wrong way of counting the parameters gives."""
    weights = question.inputs * question.hidden + question.hidden * question.outputs
    return {PC1: weights, PC2: weights + 2, ND3: question.batch * count_parameters(question)}


def further_counts(question: Network) -> dict[Misconception, list[int]]:
    """Return what further wrong ways give; questions are drawn without a look at them."""
    inputs, hidden, outputs = question.inputs, question.hidden, question.outputs
    return {
        ND9: [count_parameters(question) + inputs],
        ND10: [(inputs + 1) * hidden, (hidden + 1) * outputs, inputs * hidden, hidden * outputs],
        ND21: [count_parameters(question) - hidden, count_parameters(question) - outputs],
        ND11: [inputs * hidden * outputs, inputs * hidden * outputs + hidden + outputs],
    }


def _other_numbers(net: Network) -> dict[Misconception, dict[str, list[int]]]:
    """Return counts that take in numbers which are no parameters: inputs, activations, a bias for each example."""
    weights = (net.inputs + net.outputs) * net.hidden
    units, batch = net.hidden + net.outputs, net.batch
    learned = weights + units
    moving = [batch * (net.inputs + units), batch * net.hidden, batch * units]
    return {ND20: {"parameters": [*(learned + some for some in moving), weights + batch * units, learned * batch]}}


Rows = dict[str, list[Any]]


def shape_ways(right: Mapping[str, Shapes], question: Network) -> dict[Misconception, dict[str, Rows]]:
    """For each wrong way, what it may give for each row of each convention."""
    turned = {name: {row: [right[name][row][::-1]] for row in ROWS} for name in CONVENTIONS}
    other = {"lecture": right["PyTorch"], "PyTorch": right["lecture"]}
    weights, carried = ("W1", "W2"), ("x", "h", "o")
    N, inputs, hidden, outputs = question
    units = {"b1": hidden, "b2": outputs}
    sizes = {"x": inputs, "h": hidden, "o": outputs}

    def both(shapes: Rows) -> dict[str, Rows]:
        return {name: dict(shapes) for name in CONVENTIONS}

    return {
        DS1: {name: {row: turned[name][row] for row in weights} for name in CONVENTIONS},
        ND1: {name: {row: turned[name][row] for row in carried} for name in CONVENTIONS},
        DS2: both({row: [(size,), (size, 1), (1, size)] for row, size in sizes.items()}),
        DS3: both({row: [(N,), (N, 1), (1, N), (N, size), (size, N)] for row, size in units.items()}),
        ND2: {name: {row: [other[name][row]] for row in ROWS} for name in CONVENTIONS},
        PC2: both({"b1": [(1,), ()], "b2": [(1,), ()]}),
        ND15: both({row: [(1, size), (size, 1)] for row, size in units.items()}),
        ND14: both({"W2": [(outputs, inputs), (inputs, outputs)]}),
        ND13: both({"h": [(N, inputs), (inputs, N)], "o": [(N, hidden), (hidden, N)]}),
        ND12: both(
            {
                "W1": [pair for size in (inputs, hidden) for pair in ((N, size), (size, N))],
                "W2": [pair for size in (hidden, outputs) for pair in ((N, size), (size, N))],
            }
        ),
    }


# --- drawing

LESSON_NETWORK = Network(batch=6, inputs=3, hidden=4, outputs=2)


def practice_network(dice: Dice) -> Network:
    """Draw a network of any sizes for practice."""
    return draw(dice, _sample_network, network_tells_apart)


def practice_shape(dice: Dice) -> OneShape:
    """Draw one array of a network for practice."""
    return OneShape(practice_network(dice), dice.choose(("x", "W1", "h", "W2", "o")))


def _sample_network(dice: Dice) -> Network:
    return Network(dice.between(2, 40), dice.between(2, 12), dice.between(2, 20), dice.between(2, 12))


def network_tells_apart(question: Network) -> bool:
    """Tell whether all four sizes differ, and every wrong count is wrong in its own way."""
    counts = [count_parameters(question), *network_ways(question).values()]
    return len(set(question)) == len(question) and len(set(counts)) == len(counts)


ARRAYS = {
    "x": "the batch x",
    "W1": "the first weight W1",
    "h": "the hidden values h",
    "W2": "the second weight W2",
    "o": "the output o",
}


def _in_words(network: Network) -> str:
    return (
        f"Two dense layers: {network.inputs} inputs, {network.hidden} hidden units, {network.outputs} outputs; "
        f"a batch of {network.batch}.\n"
    )


def _one_shape_ways(question: OneShape) -> dict[Misconception, Any]:
    right = {"PyTorch": torch_shapes(question.network), "lecture": lecture_shapes(question.network)}
    ways = shape_ways(right, question.network)
    given = {way: ways[way]["PyTorch"].get(question.row) for way in (DS1, ND1, DS2)}
    return {way: np.array(shapes[0]) for way, shapes in given.items() if shapes}


def _shape_steps(question: OneShape) -> list[str]:
    if question.row in ("W1", "W2"):
        rule = "A weight has a row for each unit that it feeds, and a column for each number that the unit reads."
    else:
        rule = "PyTorch keeps one example in a row: the batch is the first axis, the example's numbers the second."
    first, second = torch_shapes(question.network)[question.row]
    return [rule, f"Here: {first} rows of {second} numbers.", f"So the shape is ({first}, {second})."]


def _count_steps(network: Network) -> list[str]:
    _, inputs, hidden, outputs = network
    first, second = (inputs + 1) * hidden, (hidden + 1) * outputs
    return [
        f"Each hidden unit has a weight for each of {inputs} inputs and one bias: {hidden}·({inputs} + 1) = {first}.",
        f"Each output has a weight for each of {hidden} units and one bias: {outputs}·({hidden} + 1) = {second}.",
        f"Together {first + second}. The batch is not in it.",
    ]


LAYER_SHAPE = Topic(
    "layer-shape",
    practice_shape,
    lambda question: (
        f"{_in_words(question.network)}Which shape has {ARRAYS[question.row]} in PyTorch? Answer with a tuple."
    ),
    lambda question: np.array(torch_shapes(question.network)[question.row]),
    _one_shape_ways,
    _shape_steps,
)
NETWORK_PARAMETERS = Topic(
    "network-parameters",
    practice_network,
    lambda question: f"{_in_words(question)}How many parameters?",
    torch_network_count,
    network_ways,
    _count_steps,
)


class NetworkShapes(Exercise):
    """Which shapes have a network's arrays in two conventions, and how many parameters are there?"""

    id = "network-shapes"
    hints = (
        "In PyTorch's order, which axis counts the examples: the first or the last?",
        "For W1, ask: how many units does it feed, and how many inputs does each of them read?",
        "How many weights has one hidden unit, and what does it add to its sum?",
    )
    worked = """
    2 inputs, 6 hidden units, 5 outputs, a batch of 9.

    1. PyTorch keeps an example in a row: x is (9, 2), h is (9, 6), o is (9, 5).
    2. Its weights have a row for each unit they feed: W1 is (6, 2), W2 is (5, 6). Its biases are flat: (6,) and
       (5,).
    3. The lecture keeps an example in a column, so the batch comes last: x is (2, 9), h is (6, 9), o is (5, 9).
    4. Its weights are turned over, W1 (2, 6) and W2 (6, 5), and its biases are columns: (6, 1) and (5, 1).
    5. Parameters: 2·6 weights and 6 biases, then 6·5 weights and 5 biases: 12 + 6 + 30 + 5 = **53**. The 9 is
       not in it.
    """
    misconceptions = (DS1, ND1, DS2, DS3, ND2, PC2, PC1, ND3, ND9, ND10, ND11, ND12, ND13, ND14, ND15, ND20, ND21)
    topics = (LAYER_SHAPE, NETWORK_PARAMETERS)

    def draw(self) -> Network:
        """Return the lecture's network, 3 inputs and 2 outputs, with a number of hidden units and a batch."""
        if not self.student:
            return LESSON_NETWORK

        def sample(dice: Dice) -> Network:
            return Network(dice.between(5, 40), 3, dice.between(4, 20), 2)

        return draw(self.dice(), sample, network_tells_apart)

    def judge(self, answers: Any) -> dict[str, Finding]:
        """Judge ``{"lecture": {"x": …, "W1": …, …}, "PyTorch": {…}, "parameters": …}``, each row of both a part.

        A bias of the lecture's may be written as a column or flat.
        """
        given = as_dict(answers, (*CONVENTIONS, "parameters"), "shapes")
        right = {"lecture": lecture_shapes(self.question), "PyTorch": torch_shapes(self.question)}
        cells = {
            (name, row): _Cell(name, row, shape, right[name][row])
            for name in CONVENTIONS
            for row, shape in _rows(given[name], name).items()
        }
        why = _explain(cells, shape_ways(right, self.question))
        found = {row: _worst([_finding(cells[name, row], why) for name in CONVENTIONS]) for row in ROWS}
        counts = network_ways(self.question) | further_counts(self.question)
        ways = {way: {"parameters": number} for way, number in counts.items()}
        count = {"parameters": torch_network_count(self.question)}
        return found | judge_numbers(given, count, ways, what="shapes", besides=_other_numbers(self.question))


class _Cell:
    """One shape of the answer, in one convention."""

    def __init__(self, name: str, row: str, answer: Any, right: Shape) -> None:
        self.name, self.row, self.answer, self.right = name, row, answer, right
        self.shape: tuple[Any, ...] | None = None
        self.unreadable = look(self._read)

    def _read(self) -> None:
        if isinstance(self.answer, CannotBeRead):
            raise refuse(f"{self.answer}")
        if is_missing(self.answer):
            return
        alone = plain(self.answer)
        self.shape = as_shape(self.answer) if alone is None else (alone,)
        if self.shape is None or len(self.shape) > 4:
            self.shape = None
            what = f"shapes[{self.name!r}][{self.row!r}]"
            raise refuse(f"{what} should be a shape such as (3, 2), not {_of_what(self.answer)}.")

    @property
    def fits(self) -> bool:
        """Whether the shape is the right one, a bias of the lecture's also if it is flat."""
        flat = {self.right, self.right[:1]} if self.row in ("b1", "b2") and len(self.right) == 2 else {self.right}
        return self.shape in flat

    @property
    def is_wrong(self) -> bool:
        """Whether there is a shape, and it is not the right one."""
        return self.shape is not None and not self.fits


def _of_what(answer: Any) -> str:
    """Name what is no shape."""
    if type(answer) in (set, frozenset):
        return "a set: it keeps no order, and each number once"
    return f"{kind(answer)} of other things" if type(answer) in (list, tuple) else kind(answer)


class CannotBeRead(str):
    """Stands for each row of a convention that is no dict: says what is wrong with it."""


def _rows(answer: Any, name: str) -> dict[str, Any]:
    if is_missing(answer):
        return dict.fromkeys(ROWS)
    if type(answer) is not dict:
        line = CannotBeRead(f"shapes[{name!r}] should be a dict with the keys {', '.join(ROWS)}, not {kind(answer)}.")
        return dict.fromkeys(ROWS, line)
    return {row: answer.get(row) for row in ROWS}


Why = dict[tuple[str, str], Misconception]


def _explain(cells: Mapping[tuple[str, str], _Cell], ways: Mapping[Misconception, dict[str, Rows]]) -> Why:
    """Find the wrong ways behind the wrong shapes: one that explains all of them, or one for each."""
    amiss = [place for place, cell in cells.items() if cell.is_wrong]

    def gives(way: Misconception, places: list[tuple[str, str]]) -> bool:
        return all(cells[place].shape in ways[way][place[0]].get(place[1], []) for place in places)

    whole = next((way for way in ways if amiss and gives(way, amiss)), None)
    if whole:
        return dict.fromkeys(amiss, whole)
    single = {place: next((way for way in ways if gives(way, [place])), None) for place in amiss}
    known = {place: way for place, way in single.items() if way is not None}
    return known if len(known) == len(amiss) else {}


def _finding(cell: _Cell, why: Why) -> Finding:
    if cell.unreadable is not RIGHT:
        return cell.unreadable
    if cell.is_wrong:
        return wrong(
            f"{cell.name}, {cell.row}: you gave {short(cell.shape)}.",
            why.get((cell.name, cell.row)) or slip_of(cell.shape, cell.right),
        )
    return RIGHT if cell.shape is not None else MISSING


def _worst(findings: list[Finding]) -> Finding:
    """Return how a row stands that is asked for twice: wrong if one is, missing if one is, else right."""
    failed = [one for one in findings if one not in (RIGHT, MISSING)]
    return failed[0] if failed else MISSING if MISSING in findings else RIGHT
