"""What runs beside a student's function, on networks made here: probes, and the networks.

A probe returns what it saw; it never judges. The networks are made from a seed, so that the check makes the same ones.
"""

import random
from collections import OrderedDict

import numpy as np
import torch
from torch import nn

HEIGHT, WIDTH, CLASSES = 6, 4, 5


def make_network(seed: int) -> nn.Sequential:
    """Make a network with batch normalisation and dropout in its body: ``(N, 3, 6, 4)`` to ``(N, 5)``.

    Layers: ``body`` (``conv``, ``norm``, ``relu``, ``dropout``, ``pool``), ``flatten`` (24 numbers), ``head``.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        body = OrderedDict(conv=nn.Conv2d(3, 4, 3, padding=1), norm=nn.BatchNorm2d(4), relu=nn.ReLU())
        body |= OrderedDict(dropout=nn.Dropout(0.5), pool=nn.AvgPool2d(2))
        network = nn.Sequential(
            OrderedDict(body=nn.Sequential(body), flatten=nn.Flatten(), head=nn.Linear(4 * 3 * 2, CLASSES))
        )
        norm = network.body.norm
        for tensor in (norm.running_mean, norm.weight.data, norm.bias.data):
            tensor.normal_()
        norm.running_var.uniform_(0.5, 2)
    return network.eval()


def make_pictures(number: int, seed: int) -> torch.Tensor:
    """Draw inputs ``(N, 3, 6, 4)`` for `make_network`."""
    return torch.randn(number, 3, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(seed))


def seed_all(seed: int) -> None:
    """Seed what a student's function may draw from."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def extract(function, seed: int, x: torch.Tensor, layer: str, batch: int | None, training: bool) -> dict:
    """Probe: call ``extract_features`` on a network, and watch the network.

    Returns
    -------
    dict
        ``answer``; ``graph``, whether it hangs on a graph; ``trained``, whether the network ever ran in train mode;
        ``modes`` of all modules afterwards; ``hooks`` left; ``batches`` that went through.
    """
    network = make_network(seed).train(training)
    sizes: list[int] = []
    modes: list[bool] = []
    watches = [network.body.conv.register_forward_pre_hook(lambda module, inputs: sizes.append(len(inputs[0])))]
    for each in (network.body.norm, network.body.dropout):  # in a copy of the network the copies tell their modes
        watches.append(each.register_forward_pre_hook(lambda module, inputs: modes.append(module.training)))
    with torch.enable_grad():  # a notebook may have switched it off
        answer = function(network, x, layer) if batch is None else function(network, x, layer, batch)
    for watch in watches:
        watch.remove()
    rows = answer if type(answer) in (list, tuple) else [answer]
    tensors = [row for row in rows if isinstance(row, torch.Tensor)]
    if tensors and len(tensors) == len(rows):
        answer = [row.detach() for row in rows] if rows is answer else answer.detach()
    return {
        "answer": answer,
        "graph": any(row.requires_grad for row in tensors),
        "trained": any(modes),
        "modes": [module.training for module in network.modules()],
        "hooks": sum(len(module._forward_hooks) + len(module._forward_pre_hooks) for module in network.modules()),
        "batches": sizes,
    }


def freeze_and_train(function, seed: int, inside: str, steps: int = 5) -> dict:
    """Probe: freeze a part of a network with a student's function, train the network, and see what has moved.

    Returns
    -------
    dict
        By name: tensors `before` and `after`; ``asks``, the parameters that require a gradient; ``attribute``,
        whether a module got an attribute ``requires_grad``.
    """
    seed_all(seed)
    network = make_network(seed).train()
    function(network.get_submodule(inside))
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    asks = [name for name, parameter in network.named_parameters() if parameter.requires_grad]
    chosen = [parameter for parameter in network.parameters() if parameter.requires_grad]
    x, y = make_pictures(8, seed), torch.arange(8) % CLASSES
    optimiser = torch.optim.SGD(chosen, 0.1, momentum=0.9, weight_decay=0.01) if chosen else None
    for _ in range(steps if chosen else 0):
        with torch.enable_grad():
            optimiser.zero_grad()
            nn.functional.cross_entropy(network(x), y).backward()
        optimiser.step()
    return {
        "before": before,
        "after": dict(network.state_dict()),
        "asks": asks,
        "attribute": any("requires_grad" in vars(module) for module in network.modules()),
    }


def trainable_names(function, seed: int, frozen: list[str]) -> dict:
    """Probe: freeze some parameters by name and ask a student's ``trainable_parameters`` for the others.

    Returns
    -------
    dict
        ``names`` of those in the answer that are the network's own; ``others``, how many entries are none of them;
        ``none``, whether there was no answer.
    """
    network = make_network(seed)
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(name not in frozen)
    names = {id(parameter): name for name, parameter in network.named_parameters()}
    answer = function(network)
    if not hasattr(answer, "__iter__") or isinstance(answer, str | dict | torch.Tensor):
        return {"names": [], "others": 1, "none": answer is None}
    given = list(answer)
    return {
        "names": [names[id(each)] for each in given if id(each) in names],
        "others": sum(id(each) not in names for each in given),
        "none": False,
    }


def probabilities(function, train: torch.Tensor, labels: torch.Tensor, test: torch.Tensor) -> dict:
    """Probe: call ``fit_head`` from a fixed state of chance.

    Returns
    -------
    dict
        ``answer``, and ``changed``, whether an input was changed.
    """
    seed_all(7)
    given = [train.clone(), labels.clone(), test.clone()]
    with torch.enable_grad():
        answer = function(*given)
    changed = not all(map(torch.equal, given, (train, labels, test)))
    return {"answer": answer.detach() if isinstance(answer, torch.Tensor) else answer, "changed": changed}


def augmented(function, x: np.ndarray, seed: int, elsewhere: int) -> dict:
    """Probe: call ``augment`` with a generator of its own, after seeding the global ones with ``elsewhere``.

    Returns
    -------
    dict
        ``answer``, and ``changed``, whether the input was changed.
    """
    seed_all(elsewhere)
    given = x.copy()
    answer = function(given, np.random.default_rng(seed))
    same = answer is given
    return {"answer": given.copy() if same else answer, "changed": not np.array_equal(given, x)}
