"""The questions of lab 06: the lectures' own networks without a student id, a student's own with one.

Each public function takes a student id ("" for the lectures' numbers) and returns a small named tuple. Shapes are found
by counting windows one by one and parameters by counting cells, never by a formula for a whole network.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

from course_utils import misconceptions
from course_utils.judging.variants import Dice, draw, student_id
from course_utils.variants.conv_and_pooling import Layer, Window, count_parameters, count_windows

Shape = tuple[int, ...]
MAPS = ("conv1", "pool1", "conv2", "pool2")
CONVOLUTIONS, DENSE = ("conv1", "conv2"), ("fc1", "fc2", "fc3")


class Network(NamedTuple):
    """Lab 7's kind of network on a batch of square pictures; every convolution is pooled 2×2, sides in pixels."""

    batch: int
    in_channels: int
    side: int
    kernels1: int
    kernels2: int
    kernel_size: int
    units1: int
    units2: int
    classes: int


class KerasNet(NamedTuple):
    """The second lecture's network: two convolutions, each pooled 2×2, and two dense layers."""

    in_channels: int
    side: int
    kernels1: int
    kernel_size1: int
    kernels2: int
    kernel_size2: int
    units: int
    classes: int


class Features(NamedTuple):
    """What a picture of ``channels`` maps becomes on its way to the first dense layer, for practice."""

    side: int
    kernel_size: int
    kernels: int


class Row(NamedTuple):
    """One convolution on square maps of ``side`` pixels, stride 1, no padding; for practice."""

    side: int
    in_channels: int
    kernels: int
    kernel_size: int


class Block(NamedTuple):
    """A residual block: channels that go in and come out; the first convolution has this stride."""

    in_channels: int
    out_channels: int
    stride: int


LAB7 = Network(4, 3, 32, 6, 16, 5, 120, 84, 10)
KERAS = KerasNet(3, 28, 32, 5, 64, 3, 256, 10)


# --- sides, by counting


def after_conv(side: int, kernel_size: int) -> int:
    """Count the places of a kernel on a row, stride 1, no padding."""
    return count_windows(Window(side, kernel_size, 1, 0))


def after_pool(side: int) -> int:
    """Count the pairs in a row of cells."""
    return count_windows(Window(side, 2, 2, 0))


def sides(side: int, kernels: tuple[int, int], conv: Callable = after_conv, pool: Callable = after_pool) -> list[int]:
    """Return the sides after conv, pool, conv, pool."""
    found = []
    for kernel_size in kernels:
        found += [conv((found or [side])[-1], kernel_size)]
        found += [pool(found[-1])]
    return found


# --- every shape of the lab's network


def network(student: str = "") -> Network:
    """Return the network whose shapes and parameters are to be predicted."""
    if not student_id(student):
        return LAB7
    return draw(Dice(student, "shape-trace"), sample_network, network_tells_apart)


def sample_network(dice: Dice) -> Network:
    """Draw a network; its kernels, units and batch all differ."""
    first = dice.between(5, 12)
    return Network(
        dice.between(4, 9),
        3,
        dice.choose(tuple(range(26, 65))),
        first,
        first + dice.between(5, 12),
        dice.choose((3, 5)),
        dice.between(90, 160),
        dice.between(50, 88),
        10,
    )


def trace(network: Network, conv: Callable = after_conv, pool: Callable = after_pool) -> dict[str, Shape]:
    """Return the shape after each step. ``conv(side, kernel_size)`` and ``pool(side)`` say how sides shrink."""
    n = network
    channels = (n.kernels1, n.kernels1, n.kernels2, n.kernels2)
    lengths = sides(n.side, (n.kernel_size, n.kernel_size), conv, pool)
    maps = {name: (n.batch, c, s, s) for name, c, s in zip(MAPS, channels, lengths, strict=True)}
    flat = channels[-1] * lengths[-1] * lengths[-1]
    rest = {"flatten": flat, "fc1": n.units1, "fc2": n.units2, "fc3": n.classes}
    return maps | {name: (n.batch, width) for name, width in rest.items()}


def trace_ways(network: Network) -> dict[str, dict[str, Shape]]:
    """For each code, the shapes that this wrong way gives."""
    n, right = network, trace(network)
    steps = misconceptions.get("SZ1").procedure
    last = right["pool2"]
    same_channels = {"conv1": n.in_channels, "pool1": n.in_channels, "conv2": n.kernels1, "pool2": n.kernels1}
    return {
        "SZ1": trace(n, conv=lambda side, k: steps(side, k, 1, 0)),
        "SZ8": trace(n, conv=lambda side, k: side),
        "KA1": trace(n, pool=lambda side: after_pool(side + 1)),
        "PL2": trace(n, pool=lambda side: side - 1),
        "DS2": {name: shape[1:] for name, shape in right.items()},
        "DS4": right | {"flatten": (n.batch * last[1] * last[2] * last[3],)},
        "DS5": {name: (s[0], s[2], s[3], s[1]) if len(s) == 4 else s for name, s in right.items()},
        "KA2": {name: (s[0], same_channels.get(name, s[1]), *s[2:]) for name, s in right.items()},
        "KA3": right | {"flatten": (n.batch, last[2] * last[3])},
        "KA4": right | {name: (s[0], -(-s[1] // 2), *s[2:]) for name, s in right.items() if "pool" in name},
    }


def network_tells_apart(network: Network) -> bool:
    """Tell whether one pooling leaves a row over, no wrong trace is right, and no two are the same."""
    right, lengths = trace(network), sides(network.side, (network.kernel_size,) * 2)
    ways = [tuple(way.items()) for way in trace_ways(network).values()]
    odd = lengths[0] % 2 or lengths[2] % 2
    return bool(odd) and lengths[-1] >= 3 and tuple(right.items()) not in ways and len(set(ways)) == len(ways)


# --- its parameters


def parameters(network: Network) -> dict[str, int]:
    """Count the parameters of each layer, one row of a weight after the other."""
    layers, dense = layers_of(network)
    counts = {name: count_parameters(layer) for name, layer in layers.items()}
    counts |= {"pool": 0}
    counts |= {name: sum(inputs + 1 for _unit in range(outputs)) for name, (inputs, outputs) in dense.items()}
    return counts | {"total": sum(counts.values())}


def layers_of(network: Network) -> tuple[dict[str, Layer], dict[str, tuple[int, int]]]:
    """Return the convolutions, and inputs and outputs of the dense layers."""
    n, shapes = network, trace(network)
    conv1 = Layer(n.in_channels, n.kernels1, n.kernel_size, shapes["conv1"][2] ** 2)
    conv2 = Layer(n.kernels1, n.kernels2, n.kernel_size, shapes["conv2"][2] ** 2)
    widths = [shapes[name][1] for name in ("flatten", "fc1", "fc2", "fc3")]
    return {"conv1": conv1, "conv2": conv2}, dict(zip(DENSE, pairwise(widths), strict=True))


_DENSE_WAYS: dict[str, Callable] = {
    "PC1": lambda inputs, outputs: inputs * outputs,
    "PC2": lambda inputs, outputs: inputs * outputs + 1,
    "PC4": lambda inputs, outputs: inputs * outputs + inputs,
}


def parameter_ways(network: Network) -> dict[str, dict[str, int]]:
    """For each code, the counts that this wrong way gives; the total is their sum."""
    layers, dense = layers_of(network)
    right, found = parameters(network), {}
    for m in misconceptions.with_prefix("PC"):
        counts = {name: m.procedure(**layer._asdict()) for name, layer in layers.items()}
        way = _DENSE_WAYS.get(m.code)
        counts |= {name: way(*sizes) if way else right[name] for name, sizes in dense.items()}
        found[m.code] = _with_total(counts | {"pool": 0})
    found["PC11"] = _with_total(
        {name: right[name] for name in (*CONVOLUTIONS, "pool")}
        | {name: inputs * outputs for name, (inputs, outputs) in dense.items()}
    )
    return found


def _with_total(counts: dict[str, int]) -> dict[str, int]:
    return counts | {"total": sum(counts.values())}


def tensors(network: Network) -> dict[str, Shape]:
    """Return the shapes of the parameter tensors, by name, in PyTorch's order of axes."""
    n, (_, dense) = network, layers_of(network)
    found: dict[str, Shape] = {
        "conv1.weight": (n.kernels1, n.in_channels, n.kernel_size, n.kernel_size),
        "conv1.bias": (n.kernels1,),
        "conv2.weight": (n.kernels2, n.kernels1, n.kernel_size, n.kernel_size),
        "conv2.bias": (n.kernels2,),
    }
    for name, (inputs, outputs) in dense.items():
        found |= {f"{name}.weight": (outputs, inputs), f"{name}.bias": (outputs,)}
    return found


def tensor_ways(network: Network) -> dict[str, dict[str, Shape]]:
    """For each code, the shapes of the tensors that this wrong way gives."""
    right = tensors(network)
    inputs = {name.split(".")[0]: shape[1] for name, shape in right.items() if len(shape) > 1}

    def change(size: int, turn: Callable) -> dict[str, Shape]:
        return {name: turn(shape) if len(shape) == size else shape for name, shape in right.items()}

    return {
        "DS1": change(2, lambda s: s[::-1]),
        "KA5": change(4, lambda s: (s[2], s[3], s[1], s[0])),
        "SZ10": change(4, lambda s: (s[1], s[0], s[2], s[3])),
        "KA6": {name: s if len(s) > 1 else (inputs[name.split(".")[0]],) for name, s in right.items()},
        "PC3": change(4, lambda s: (s[0], s[2], s[3])),
    }


# --- larger pictures


def larger_side(student: str = "") -> int:
    """Return the side of pictures that are too large for the lab's network, in pixels."""
    if not student_id(student):
        return 64
    return draw(Dice(student, "larger-pictures"), lambda dice: dice.between(36, 96), larger_is_good)


def larger_is_good(side: int) -> bool:
    """Tell whether 4 pictures raise, 25 do not, and the wrong numbers of features differ from the right one."""
    last = sides(side, (5, 5))[-1]
    features = 16 * last * last
    wrong = set(larger_ways(side).values())
    return last % 5 > 0 and 4 * features % 400 > 0 and features not in wrong and side != 32


def larger_ways(side: int) -> dict[str, float]:
    """For each code, the number of features that this wrong way gives."""
    last = sides(side, (5, 5))[-1]
    return {"KC1": 400 * (side / 32) ** 2, "KC2": last * last, "KC3": 400, "KC4": 16 * last}


# --- the second lecture's network


def keras_net(student: str = "") -> KerasNet:
    """Return the network of a Keras listing."""
    if not student_id(student):
        return KERAS
    return draw(Dice(student, "keras-network"), sample_keras, keras_tells_apart)


def sample_keras(dice: Dice) -> KerasNet:
    """Draw a network with two different kernels."""
    first = dice.choose((5, 7))
    width = dice.choose((8, 12, 16, 20, 24, 32))
    units = dice.choose((64, 96, 100, 128, 200, 256))
    return KerasNet(3, dice.between(24, 40), width, first, width * 2, 3, units, 10)


def keras_trace(net: KerasNet) -> dict[str, Shape]:
    """Return the shapes for one picture, channels first."""
    lengths = sides(net.side, (net.kernel_size1, net.kernel_size2))
    channels = (net.kernels1, net.kernels1, net.kernels2, net.kernels2)
    maps = {name: (c, s, s) for name, c, s in zip(MAPS, channels, lengths, strict=True)}
    flat = channels[-1] * lengths[-1] ** 2
    return maps | {"flatten": (flat,), "dense1": (net.units,), "dense2": (net.classes,)}


def keras_counts(net: KerasNet) -> dict[str, int]:
    """Count the parameters of each layer, of the whole, and of the whole for grey pictures."""
    layers, dense = _keras_layers(net)
    counts = {name: count_parameters(layer) for name, layer in layers.items()}
    counts |= {name: (inputs + 1) * outputs for name, (inputs, outputs) in dense.items()}
    total, grey = sum(counts.values()), count_parameters(layers["conv1"]._replace(in_channels=1))
    return counts | {"total": total, "total for grey": total - counts["conv1"] + grey}


def _keras_layers(net: KerasNet) -> tuple[dict[str, Layer], dict[str, tuple[int, int]]]:
    shapes = keras_trace(net)
    conv1 = Layer(net.in_channels, net.kernels1, net.kernel_size1, shapes["conv1"][1] ** 2)
    conv2 = Layer(net.kernels1, net.kernels2, net.kernel_size2, shapes["conv2"][1] ** 2)
    flat = shapes["flatten"][0]
    return {"conv1": conv1, "conv2": conv2}, {"dense1": (flat, net.units), "dense2": (net.units, net.classes)}


def keras_count_ways(net: KerasNet) -> dict[str, dict[str, int]]:
    """For each code, the counts that this wrong way gives; both totals follow from them."""
    layers, dense = _keras_layers(net)
    right, found = keras_counts(net), {}
    for m in misconceptions.with_prefix("PC"):
        counts = {name: m.procedure(**layer._asdict()) for name, layer in layers.items()}
        grey = m.procedure(**layers["conv1"]._replace(in_channels=1)._asdict())
        way = _DENSE_WAYS.get(m.code)
        counts |= {name: way(*sizes) if way else right[name] for name, sizes in dense.items()}
        total = sum(counts.values())
        found[m.code] = counts | {"total": total, "total for grey": total - counts["conv1"] + grey}
    return found


def keras_trace_ways(net: KerasNet) -> dict[str, dict[str, Shape]]:
    """For each code, the shapes that this wrong way gives."""
    right, last = keras_trace(net), keras_trace(net)["pool2"]
    return {
        "DS5": {name: (s[1], s[2], s[0]) if len(s) == 3 else s for name, s in right.items()},
        "KA3": right | {"flatten": (last[1] * last[2],)},
        "SZ8": _keras_with(net, lambda side, k: side),
        "SZ1": _keras_with(net, lambda side, k: side - k),
        "KA1": _keras_with(net, after_conv, lambda side: after_pool(side + 1)),
    }


def _keras_with(net: KerasNet, conv: Callable, pool: Callable = after_pool) -> dict[str, Shape]:
    lengths = sides(net.side, (net.kernel_size1, net.kernel_size2), conv, pool)
    right = keras_trace(net)
    maps = {name: (right[name][0], s, s) for name, s in zip(MAPS, lengths, strict=True)}
    return right | maps | {"flatten": (net.kernels2 * lengths[-1] ** 2,)}


def keras_tells_apart(net: KerasNet) -> bool:
    """Tell whether a pooling leaves a row over and no wrong shapes or counts are the right ones, or one another."""
    lengths = sides(net.side, (net.kernel_size1, net.kernel_size2))
    shapes = [tuple(way.items()) for way in keras_trace_ways(net).values()]
    counts = [tuple(way.items()) for way in keras_count_ways(net).values()]
    return (
        bool(lengths[0] % 2 or lengths[2] % 2)
        and tuple(keras_trace(net).items()) not in shapes
        and tuple(keras_counts(net).items()) not in counts
        and len(set(shapes)) == len(shapes)
        and len(set(counts)) == len(counts)
    )


# --- residual blocks

SITUATIONS = {"a": Block(64, 64, 1), "b": Block(64, 128, 1), "c": Block(64, 64, 2), "d": Block(64, 128, 2)}


def blocks(student: str = "") -> dict[str, Block]:
    """Return two blocks: "basic" keeps its channels, "down" doubles them and halves the side."""
    width = 64 if not student_id(student) else Dice(student, "residual-block").choose((16, 24, 32, 40, 48, 56, 80, 96))
    return {"basic": Block(width, width, 1), "down": Block(width, 2 * width, 2)}


def needs_projection(block: Block) -> bool:
    """Tell whether the input of a block cannot be added to what its convolutions give: another shape."""
    return (block.in_channels, 1) != (block.out_channels, block.stride)


def block_parameters(block: Block) -> int:
    """Count the parameters of a block: two 3×3 convolutions without biases, batch norms, perhaps a 1×1 shortcut."""
    convolutions = _kernels(block.in_channels, block.out_channels, 3) + _kernels(*[block.out_channels] * 2, 3)
    count = convolutions + 2 * (2 * block.out_channels)
    if needs_projection(block):
        count += _kernels(block.in_channels, block.out_channels, 1) + 2 * block.out_channels
    return count


def _kernels(in_channels: int, out_channels: int, side: int) -> int:
    return sum(side * side for _kernel in range(out_channels) for _channel in range(in_channels))


def sample_block(dice: Dice) -> Block:
    """Draw a block for practice."""
    width, down = dice.between(2, 32) * 4, dice.between(0, 1)
    return Block(width, width * (1 + down), 1 + down)


# --- practice


def sample_features(dice: Dice) -> Features:
    """Draw one convolution (stride 1, no padding) with a 2×2 pooling behind it, before a dense layer."""
    return draw(
        dice,
        lambda dice: Features(dice.between(9, 40), dice.choose((3, 5, 7)), dice.between(4, 24)),
        features_tell_apart,
    )


def count_features(question: Features) -> int:
    """Count the numbers that one picture sends on: all cells of all pooled maps."""
    side = after_pool(after_conv(question.side, question.kernel_size))
    return len([(k, i, j) for k in range(question.kernels) for i in range(side) for j in range(side)])


def features_tell_apart(question: Features) -> bool:
    """Tell whether every known wrong number is wrong, and each in its own way."""
    wrong = [way for way in misconceptions.wrong_answers("KN", question).values() if way is not None]
    return count_features(question) not in wrong and len(set(wrong)) == len(wrong)


def sample_row(dice: Dice) -> Row:
    """Draw a convolution (stride 1, no padding) of which the multiplications are to be counted."""
    return draw(
        dice,
        lambda dice: Row(dice.between(8, 32), dice.choose((1, 3, 6, 8)), dice.between(4, 20), dice.choose((3, 5))),
        row_tells_apart,
    )


def count_multiplications(question: Row) -> int:
    """Count the products behind one output map, for all maps: weights of a kernel, once for each place."""
    side = after_conv(question.side, question.kernel_size)
    return sum(question.kernels * question.in_channels for _place in range(side**2)) * question.kernel_size**2


def row_tells_apart(question: Row) -> bool:
    """Tell whether every known wrong number is wrong, and each in its own way."""
    wrong = list(misconceptions.wrong_answers("KM", question).values())
    return count_multiplications(question) not in wrong and len(set(wrong)) == len(wrong)


def block_ways(block: Block) -> dict[str, int | None]:
    """For each code, the number of parameters that this wrong way gives; None where it gives the right one."""
    right, width = block_parameters(block), block.out_channels
    projected = needs_projection(block)
    shortcut = _kernels(block.in_channels, width, 1) + 2 * width if projected else 0
    convolutions = 3 if projected else 2
    ways = {
        "KG5": right + convolutions * width,
        "KG6": right - convolutions * 2 * width,
        "PC10": right + convolutions * 2 * width,
        "KG7": right - shortcut,
    }
    return {code: None if way == right else way for code, way in ways.items()}
