"""Exercise 6.9: a function that counts the parameters of a whole network from its list.

| the prompt says | what is tried |
|---|---|
| numbers before ``"flatten"`` are kernels, after it dense units | one to three of each, and none |
| biases included | every case |
| ``"pool"`` is 2×2 | even and odd sides; none at all |
| the given padding | 0 and 1; convolutions behind one another |
| ``in_channels``, ``size`` | 1, 2 and 3 channels; sides from 6 to 224 |
| defaults 3, 224, 1 | VGG-16 and a list without pooling, without further arguments |
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any, NamedTuple

from course_utils.judging import shared
from course_utils.judging.answers import kind, plain, short
from course_utils.judging.cases import Case
from course_utils.judging.exercise import Implementation
from course_utils.judging.findings import Wrong
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.near import how_many, nearly
from course_utils.judging.numbers import slip_of
from course_utils.judging.slips import TwoSlips
from course_utils.labs.lab7_cnn import recipes, shape_trace
from course_utils.labs.lab7_cnn.headings import GIANTS
from course_utils.labs.lab7_cnn.larger_pictures import KC4
from course_utils.labs.lab7_cnn.networks import KA1, count_parameters
from course_utils.labs.lab7_cnn.parameter_counts import PC1 as PC1_KERNELS
from course_utils.labs.lab7_cnn.parameter_counts import PC3
from course_utils.labs.lab7_cnn.vgg import VGG16, Config, torch_vgg

PC1 = PC1_KERNELS.in_lab(
    PC1_KERNELS.section,
    "Biases are left out here: those of the kernels, those of the dense units, or both. What does each of them add to "
    "its sum?",
)
KG2 = Misconception(
    "KG2",
    "first dense layer counted as if maps were single cells",
    "Your first dense layer has one input for each map. How many cells has a map when it is flattened?",
    GIANTS,
)
KG3 = Misconception(
    "KG3",
    "pooling not followed",
    "Your maps keep their size through the pooling. How large are they when they are flattened?",
    GIANTS,
)
KG4 = Misconception(
    "KG4",
    "padding left out of the sizes",
    "This treats every size of padding alike. How does a map shrink when padding is 0?",
    GIANTS,
)

KG11 = Misconception(
    "KG11",
    "channels not carried from layer to layer",
    "Your kernels keep the channels of the picture. How many channels come in at the second convolution?",
    GIANTS,
)
KG12 = Misconception(
    "KG12",
    "padding added on one side only",
    "Your maps are padded once. On how many sides of a row does padding add cells?",
    GIANTS,
)
KG13 = Misconception(
    "KG13",
    "first entry of the list only",
    "This counts the first layer alone. Where does your return stand?",
    GIANTS,
)

KG15 = Misconception(
    "KG15",
    "dense units not carried to the next layer",
    "Each of your dense layers takes the flattened maps. How many numbers come out of the dense layer before it?",
    GIANTS,
)
KG16 = Misconception(
    "KG16",
    "total overwritten by the last layer",
    "This is the last layer alone. Is every layer added to what was there?",
    GIANTS,
)
KG34 = Misconception(
    "KG34",
    "features of one map only",
    "Your first dense layer sees one map. How many maps are flattened?",
    GIANTS,
)
KG17 = Misconception(
    "KG17",
    "odd sides halved to fractions",
    "Your pooling makes 6.5 cells of 13. How many windows of two fit, side by side?",
    GIANTS,
)
KG67 = Misconception(
    "KG67",
    "three channels taken for granted",
    "This is right for pictures in colour. Where does your function use in_channels?",
    GIANTS,
)
KG68 = Misconception(
    "KG68",
    "kernels of another size",
    "Your kernels are wider than those of the list. How many cells has a window of 3×3?",
    GIANTS,
)
KG69 = Misconception(
    "KG69",
    "size of the pictures not used",
    "This is right for pictures of 224 pixels. Where does your function use size?",
    GIANTS,
)
KG70 = Misconception(
    "KG70",
    "one kind of layer left out",
    "Either the convolutions are missing in this, or the dense layers. Which entries does each branch of yours count?",
    GIANTS,
)
KG71 = Misconception(
    "KG71",
    "total begun anew on the way",
    "What was counted before is lost on the way. Is each layer added to the total, or put in its place?",
    GIANTS,
)
KG72 = Misconception(
    "KG72",
    "flattened features counted as parameters",
    "Your flatten entry adds to the count. Which numbers does a flatten step learn?",
    GIANTS,
)
KG87 = Misconception(
    "KG87",
    "the window's own place left out, or counted twice",
    "Each of your convolutions makes a row one cell too short, or too long. How many places has a window of three in a "
    "row of three?",
    GIANTS,
)
KG88 = Misconception(
    "KG88",
    "pooling that does not halve",
    "Your pooling takes a fixed number of cells off, or halves twice. How many windows of two fit side by side?",
    GIANTS,
)
KG89 = Misconception(
    "KG89",
    "pooling that doubles the channels",
    "Your pooling makes two channels of one. What becomes of each map in a pooling, and of their number?",
    GIANTS,
)
KG90 = Misconception(
    "KG90",
    "maps of a fixed side flattened",
    "Your flatten takes maps of one and the same side, whatever came before. Which side have they behind your layers?",
    GIANTS,
)
KG91 = Misconception(
    "KG91",
    "an entry at one end of the list left out",
    "The first or the last entry of the list is not in your sum, or one of its dense layers alone is. Over which "
    "entries does your loop go, and where does it return?",
    GIANTS,
)
KG92 = Misconception(
    "KG92",
    "pooling with parameters",
    "One way to get this: your pooling has parameters. What could such an entry learn?",
    GIANTS,
)
KG93 = Misconception(
    "KG93",
    "batch norm counted besides",
    "This has further numbers for each kernel, as a batch norm has. Which entry of the list asks for them?",
    GIANTS,
)
KG94 = Misconception(
    "KG94",
    "side halved once too often, or once too seldom",
    "Behind your flatten the maps are half as wide as they are, or twice. How many entries of the list halve them, "
    "and is flatten one?",
    GIANTS,
)
KG95 = Misconception(
    "KG95",
    "a bias for each channel of a kernel",
    "This adds a bias to every channel of every kernel. How many sums does one kernel make, and what is added to each?",
    GIANTS,
)
KG96 = Misconception(
    "KG96",
    "one and the same number besides",
    "One way to get this: all is counted, and a small number besides, the same for every list. With which number does "
    "your sum begin?",
    GIANTS,
)
KA4 = shape_trace.KA4.in_lab(GIANTS)
PC2, PC4, PC6, PC8 = (way.in_lab(GIANTS) for way in (shared.PC2, shared.PC4, shared.PC6, shared.PC8))

NAME = "count_params"
SMALL: Config = [8, "pool", 16, "flatten", 10]


class Counted(NamedTuple):
    """One network to count: its list, and the pictures it takes; those of the signature, if they are not said."""

    config: Config
    in_channels: int = 3
    size: int = 224
    padding: int = 1


def torch_count(config: Config, in_channels: int, size: int, padding: int) -> int:
    """Ask PyTorch for the number of parameters of a network."""
    return sum(map(count_parameters, torch_vgg(config, in_channels, size, padding)))


def _kernels(inputs: int, kernels: int, side: int) -> int:
    return kernels * (9 * inputs + 1)


def _units(inputs: int, units: int) -> int:
    return units * (inputs + 1)


def count(
    config: Config,
    in_channels: int,
    size: int,
    padding: int,
    *,
    kernels: Callable[[int, int, int], int] = _kernels,
    units: Callable[[int, int], int] = _units,
    conv: Callable[[int], int] | None = None,
    pool: Callable[[int, int], tuple[int, int]] = lambda channels, side: (channels, side // 2),
    flat: Callable[[int, int], int] = lambda channels, side: channels * side**2,
    carry: str = "all",
) -> int:
    """Count with one thing done in another way; what is right with none.

    Parameters
    ----------
    kernels, units
        Parameters of a convolution, from its channels in and out and its output side, and of a dense layer.
    conv
        From a side to the side behind the layer.
    pool
        From channels and side to both behind the layer.
    flat
        From channels and side to the inputs of the first dense layer.
    carry
        "all"; "dense": a convolution leaves the channels as they were; "kernels": a dense layer the inputs.
    """
    conv = conv or (lambda side: side + 2 * padding - 2)
    total, inputs, side, dense = 0, in_channels, size, False
    for entry in config:
        if entry == "pool":
            inputs, side = pool(inputs, side)
        elif entry == "flatten":
            inputs, dense = flat(inputs, side), True
        elif dense:
            total += units(inputs, int(entry))
            inputs = inputs if carry == "kernels" else int(entry)
        else:
            side = conv(side)
            total += kernels(inputs, int(entry), side)
            inputs = inputs if carry == "dense" else int(entry)
    return total


def counting_ways(network: Counted) -> dict[Misconception, list[int]]:
    """For each wrong way, the counts that it gives."""

    def way(**how: Any) -> int:
        return count(*network, **how)

    weights, dense_weights = (lambda n, k, side: 9 * n * k), (lambda n, k: n * k)
    last = [entry for entry in network.config if isinstance(entry, int)][-1]
    return {
        PC1: [way(kernels=weights, units=dense_weights), way(kernels=weights), way(units=dense_weights)],
        PC2: [
            way(kernels=lambda n, k, side: 9 * n * k + 1, units=lambda n, k: n * k + 1),
            way(kernels=lambda n, k, side: 9 * n * k + 1),
        ],
        PC3: [way(kernels=lambda n, k, side: 10 * k)],
        PC4: [
            way(kernels=lambda n, k, side: 9 * n * k + n, units=lambda n, k: n * k + n),
            way(kernels=lambda n, k, side: 9 * n * k + n),
            way(units=lambda n, k: n * k + n),
        ],
        PC6: [way(kernels=lambda n, k, side: (3 * n + 1) * k)],
        PC8: [
            way(kernels=lambda n, k, side, shift=shift: _kernels(n, k, side) * (side + shift) ** 2)
            for shift in (0, 2 - 2 * network.padding)
        ],
        KG95: [way(kernels=lambda n, k, side: 10 * n * k)],
        KG93: [way(kernels=lambda n, k, side, more=more: _kernels(n, k, side) + more * k) for more in (2, 4, 1, 3)],
        KG92: [
            *(way() + network.config.count("pool") * more for more in (1, 2, 4, 5)),
            *(way() + more for more in _of_poolings(network)),
        ],
        KG91: [
            *(count(some, *network[1:]) for some in (network.config[:-1], network.config[1:])),
            way(units=_first_alone()),
        ],
        KG94: [way(flat=lambda channels, side, now=now: channels * now(side) ** 2) for now in (_halved, _doubled)],
        KG96: [way() + more for more in (1, -1, 2, 3)],
        KG11: [way(carry="dense"), count(*network, kernels=lambda n, k, side: _kernels(network.in_channels, k, side))],
        KG12: [way(conv=lambda side: side + network.padding - 2)],
        KG13: [count([network.config[0], "flatten"], *network[1:])],
        KG15: [way(carry="kernels")],
        KG67: [count(network.config, 3, network.size, network.padding)],
        KG68: [way(kernels=lambda n, k, side, cells=cells: (cells * n + 1) * k) for cells in (25, 49)],
        KG69: [count(network.config, network.in_channels, 224, network.padding)],
        KG70: [way(kernels=lambda n, k, side: 0), way(units=lambda n, k: 0)],
        KG71: [way(kernels=_last_alone())],
        KG72: [way() + _features(network)],
        KG16: [way(kernels=lambda n, k, side: 0, units=lambda n, k: _units(n, k) if k == last else 0)],
        KA4: [way(pool=lambda channels, side: (channels // 2, side // 2))],
        KG34: [way(flat=lambda channels, side: side**2)],
        KG2: [way(flat=lambda channels, side: channels)],
        KC4: [way(flat=lambda channels, side: channels * side)],
        KG3: [way(pool=lambda channels, side: (channels, side))],
        KA1: [way(pool=lambda channels, side: (channels, -(-side // 2)))],
        KG17: [way(pool=lambda channels, side: (channels, side / 2))],
        KG4: [way(conv=lambda side: side), way(conv=lambda side: side - 2)],
        KG87: [way(conv=lambda side, by=by: side + 2 * network.padding - by) for by in (3, 1)],
        KG88: [
            way(pool=lambda channels, side: (channels, side - 2)),
            way(pool=lambda channels, side: (channels, side - 1)),
            way(pool=lambda channels, side: (channels, side // 4)),
        ],
        KG89: [way(pool=lambda channels, side: (2 * channels, side // 2))],
        KG90: [way(flat=lambda channels, side, cells=cells: channels * cells) for cells in (9, 4, 49)],
    }


def _halved(side: int) -> int:
    return side // 2


def _doubled(side: int) -> int:
    return 2 * side


def _of_poolings(network: Counted) -> list[int]:
    """Return the parameters of poolings that hold as many weights as a window, or a bias, for each map."""
    maps: list[int] = []

    def pool(channels: int, side: int) -> tuple[int, int]:
        maps.append(channels)
        return channels, side // 2

    count(*network, pool=pool)
    return [each * sum(maps) for each in (1, 2, 4, 5)]


def _first_alone() -> Callable[[int, int], int]:
    """Return a count of dense layers that ends with the first one."""
    seen: list[int] = []

    def units(inputs: int, number: int) -> int:
        seen.append(number)
        return _units(inputs, number) if len(seen) == 1 else 0

    return units


def _last_alone() -> Callable[[int, int, int], int]:
    """Return a count of convolutions of which the sum is that of the last one."""
    before = [0]

    def kernels(inputs: int, number: int, side: int) -> int:
        more = _kernels(inputs, number, side) - before[0]
        before[0] += more
        return more

    return kernels


def pairs_of_ways(network: Counted) -> dict[Misconception, list[int]]:
    """For two wrong ways that concern different things, the counts that both together give."""

    def weights(n: int, k: int, side: int) -> int:
        return 9 * n * k

    def one_bias(n: int, k: int, side: int) -> int:
        return 9 * n * k + 1

    changes: list[tuple[Misconception, dict[str, Any]]] = [
        (PC1, {"kernels": weights, "units": lambda n, k: n * k}),
        (PC1, {"kernels": weights}),
        (PC2, {"kernels": one_bias, "units": lambda n, k: n * k + 1}),
        (PC6, {"kernels": lambda n, k, side: (3 * n + 1) * k}),
        (KG11, {"carry": "dense"}),
        (KG15, {"carry": "kernels"}),
        (KG4, {"conv": lambda side: side}),
        (KG4, {"conv": lambda side: side - 2}),
        (KG12, {"conv": lambda side: side + network.padding - 2}),
        (KC4, {"flat": lambda channels, side: channels * side}),
        (KG34, {"flat": lambda channels, side: side**2}),
        (KG2, {"flat": lambda channels, side: channels}),
        (KG3, {"pool": lambda channels, side: (channels, side)}),
        (KA1, {"pool": lambda channels, side: (channels, -(-side // 2))}),
    ]
    found: dict[Misconception, list[int]] = {}
    for (one, first), (other, second) in combinations(changes, 2):
        if one is not other and not first.keys() & second.keys():
            found.setdefault(TwoSlips.of(one, other), []).append(count(*network, **first, **second))
    return found


def _features(network: Counted) -> int:
    """Return how many features the flatten entry makes of the maps."""
    seen: list[int] = []

    def flat(channels: int, side: int) -> int:
        seen.append(channels * side * side)
        return seen[-1]

    count(*network, flat=flat)
    return seen[0]


class CountParams(Implementation):
    """``count_params(config, in_channels=3, size=224, padding=1) -> int``."""

    id = "count-params"
    hints = (
        "Which two numbers must your loop carry along from layer to layer?",
        "At the flatten entry, what becomes of them?",
        "By how much does a 3×3 convolution change the side, for padding 1 and for padding 0?",
    )
    worked = """
        The same kind of walk for a list of dense layers alone: `["tanh", 4, "tanh", 2]` behind 3 inputs.

        1. Carry along how many numbers come in: 3 at first. "tanh" has no parameters and changes nothing.
        2. 4 units with 3 weights and a bias each: 16. Now 4 come in.
        3. 2 units with 4 weights and a bias each: 10. Together 26.
        4. With convolutions you carry two numbers, channels and side; a pooling changes the side, flatten makes
           one of both.

        ```python
        def count_dense(layers, inputs):
            total = 0
            for units in layers:
                if units != "tanh":
                    total, inputs = total + units * (inputs + 1), units
            return total
        ```
    """
    names_explain_all = True
    misconceptions = (
        PC1,
        PC2,
        PC3,
        PC4,
        PC6,
        PC8,
        KA1,
        KA4,
        KC4,
        KG2,
        KG3,
        KG4,
        KG11,
        KG12,
        KG13,
        KG15,
        KG16,
        KG17,
        KG34,
        *(KG87, KG88, KG89, KG90, KG91, KG92, KG93, KG94, KG95, KG96),
        *(KG67, KG68, KG69, KG70, KG71, KG72),
    )

    def cases(self) -> Sequence[Case]:
        """Return small networks and VGG-16, and two lists with the defaults of the signature."""
        return [
            Case("two convolutions and a dense layer", Counted(SMALL, 3, 12, 1)),
            Case("an odd size", Counted([6, "pool", "flatten", 5], 3, 13, 1)),
            Case("padding=0", Counted(SMALL, 3, 14, 0)),
            Case("the example's size, another list", Counted([5, "flatten", 6], 3, 12, 1)),
            Case("grey pictures", Counted([4, 7, "pool", "flatten", 9, 3], 1, 9, 0)),
            Case("VGG-16", Counted(VGG16, 3, 224, 1)),
            Case("VGG-16 without further arguments", VGG16),
            Case("a list without pooling, without further arguments", [2, "flatten", 3]),
        ]

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other networks."""
        return [
            Case("", Counted([5, "pool", 9, 9, "pool", "flatten", 11, 4], 2, 27, 0)),
            Case("", Counted(["flatten", 13, 7], 3, 6, 1)),
            Case("", Counted(VGG16, 3, 224, 0)),
            Case("", Counted([12, 12, "pool", 24, "pool", 24, "flatten", 6], 1, 38, 1)),
        ]

    def try_case(self, case: Case, answer: Callable[..., Any]) -> None:
        """Compare a count with PyTorch's."""
        unsaid = isinstance(case.data, list)  # a list alone: the rest is left to the signature
        network = Counted(case.data) if unsaid else case.data
        given = case.call(answer, NAME, list(network.config), *(() if unsaid else network[1:]))
        number = plain(given)
        if number is None:
            raise case.always(f"{NAME} should return a whole number, not {kind(given)}.")
        if number == torch_count(*network):
            return
        if unsaid:
            raise case.wrong(NAME, detail="  Which defaults has the signature?")
        ways = tuple(way for way, counts in counting_ways(network).items() if number in counts)
        ways = ways or tuple(way for way, counts in pairs_of_ways(network).items() if number in counts)
        ways += tuple(slip_of(number, torch_count(*network)))
        if how_many() == "some" or (how_many() == "all" and not ways):
            ways += tuple(way for way, made in nearly(recipes.counted, *network) if made == number)
        error = case.wrong(NAME, ways[:1], detail=f"  your answer is {short(number)}.")
        raise Wrong(replace(error.finding, fitting=ways, neighbours=True))
