"""What PyTorch says of the networks in question: shapes and parameters, followed on its "meta" device."""

import torch
from torch import nn

from course_utils.variants.lab7_cnn import Block, Features, KerasNet, Network, Row, needs_projection

Shape = tuple[int, ...]


def torch_network(network: Network) -> nn.Sequential:
    """Make the lab's kind of network, its layers named, with no numbers in it."""
    n = network
    with torch.device("meta"):
        maps = [
            ("conv1", nn.Conv2d(n.in_channels, n.kernels1, n.kernel_size)),
            ("pool1", nn.MaxPool2d(2)),
            ("conv2", nn.Conv2d(n.kernels1, n.kernels2, n.kernel_size)),
            ("pool2", nn.MaxPool2d(2)),
            ("flatten", nn.Flatten()),
        ]
        flat = _flat(maps, (n.in_channels, n.side, n.side))
        widths = (flat, n.units1, n.units2, n.classes)
        dense = [(f"fc{i}", nn.Linear(widths[i - 1], widths[i])) for i in (1, 2, 3)]
    return _named(maps + dense)


def torch_keras(net: KerasNet) -> nn.Sequential:
    """Make the second lecture's network, its layers named, with no numbers in it."""
    with torch.device("meta"):
        maps = [
            ("conv1", nn.Conv2d(net.in_channels, net.kernels1, net.kernel_size1)),
            ("pool1", nn.MaxPool2d(2)),
            ("conv2", nn.Conv2d(net.kernels1, net.kernels2, net.kernel_size2)),
            ("pool2", nn.MaxPool2d(2)),
            ("flatten", nn.Flatten()),
        ]
        flat = _flat(maps, (net.in_channels, net.side, net.side))
        dense = [("dense1", nn.Linear(flat, net.units)), ("dense2", nn.Linear(net.units, net.classes))]
    return _named(maps + dense)


def _named(layers) -> nn.Sequential:
    made = nn.Sequential()
    for name, layer in layers:
        made.add_module(name, layer)
    return made


def _flat(layers, shape: Shape) -> int:
    return _named(layers)(torch.empty(1, *shape, device="meta")).shape[1]


def torch_trace(model: nn.Sequential, shape: Shape) -> dict[str, Shape]:
    """Return the shape after each layer for a batch of ``shape``."""
    x, found = torch.empty(shape, device="meta"), {}
    for name, layer in model.named_children():
        x = layer(x)
        found[name] = tuple(x.shape)
    return found


def torch_counts(model: nn.Module) -> dict[str, int]:
    """Return the number of parameters of each layer that has any."""
    counts = {name: sum(p.numel() for p in layer.parameters()) for name, layer in model.named_children()}
    return {name: count for name, count in counts.items() if count}


def torch_tensors(model: nn.Module) -> dict[str, Shape]:
    """Return the shape of each parameter tensor by name."""
    return {name: tuple(p.shape) for name, p in model.named_parameters()}


def torch_last_side(side: int) -> int:
    """Return the side of the last maps of the lab's network on pictures of ``side`` pixels."""
    maps = nn.Sequential(nn.Conv2d(3, 6, 5), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.MaxPool2d(2)).to("meta")
    return maps(torch.empty(1, 3, side, side, device="meta")).shape[2]


def view_passes(batch: int, side: int) -> bool:
    """Tell whether the maps of a batch can be viewed as rows of 400, whatever the rows then hold."""
    last = torch_last_side(side)
    try:
        torch.empty(batch, 16, last, last, device="meta").view(-1, 400)
    except RuntimeError:
        return False
    return True


def torch_block(block: Block) -> nn.Module:
    """Make a residual block's layers: two convolutions with batch norm, and a shortcut where one is needed."""
    with torch.device("meta"):
        layers = nn.ModuleDict(
            {
                "conv1": nn.Conv2d(block.in_channels, block.out_channels, 3, block.stride, 1, bias=False),
                "norm1": nn.BatchNorm2d(block.out_channels),
                "conv2": nn.Conv2d(block.out_channels, block.out_channels, 3, 1, 1, bias=False),
                "norm2": nn.BatchNorm2d(block.out_channels),
            }
        )
        if needs_projection(block):
            layers["shortcut"] = nn.Conv2d(block.in_channels, block.out_channels, 1, block.stride, bias=False)
            layers["shortcut norm"] = nn.BatchNorm2d(block.out_channels)
    return layers


def can_be_added(block: Block) -> bool:
    """Ask PyTorch whether a block's input has the shape of what its convolutions give."""
    x = torch.empty(1, block.in_channels, 8, 8, device="meta")
    layers = torch_block(block)
    return layers["conv2"](layers["conv1"](x)).shape == x.shape


def torch_vgg(config: list, in_channels: int, size: int, padding: int) -> list[nn.Module]:
    """Make the layers of a configuration: 3×3 convolutions, "pool", "flatten", then dense layers."""
    layers: list[nn.Module] = []
    x, flat = torch.empty(1, in_channels, size, size, device="meta"), False
    with torch.device("meta"):
        for entry in config:
            if entry == "pool":
                layers.append(nn.MaxPool2d(2))
            elif entry == "flatten":
                layers.append(nn.Flatten())
                flat = True
            elif flat:
                layers.append(nn.Linear(x.shape[1], entry))
            else:
                layers.append(nn.Conv2d(x.shape[1], entry, 3, padding=padding))
            x = layers[-1](x)
    return layers


VGG16 = [
    *(64, 64, "pool", 128, 128, "pool", 256, 256, 256, "pool"),
    *(512, 512, 512, "pool", 512, 512, 512, "pool", "flatten", 4096, 4096, 1000),
]


def torch_features(question: Features) -> int:
    """Ask PyTorch how many numbers one picture sends through a convolution and a pooling to a dense layer."""
    maps = nn.Sequential(nn.Conv2d(1, question.kernels, question.kernel_size), nn.MaxPool2d(2), nn.Flatten()).to("meta")
    return maps(torch.empty(1, 1, question.side, question.side, device="meta")).shape[1]


def torch_block_count(block: Block) -> int:
    """Ask PyTorch for the number of parameters of a residual block."""
    return sum(p.numel() for p in torch_block(block).parameters())


def torch_multiplications(question: Row) -> int:
    """Count multiplications with PyTorch: ones slid over ones add up to the products behind each output number."""
    x = torch.ones(1, question.in_channels, question.side, question.side, dtype=torch.float64)
    weight = torch.ones(question.kernels, question.in_channels, *[question.kernel_size] * 2, dtype=torch.float64)
    return int(nn.functional.conv2d(x, weight).sum())
