"""Exercise 7.2: a part of a network is frozen, and the rest is handed to the optimiser.

=====================================================  ==========================================================
Claim of the prompt                                    Case
=====================================================  ==========================================================
no step changes parameters inside module               freeze: five steps with momentum and weight decay
nor running statistics                                 freeze(model.body), freeze(model.body.norm)
the rest of the network learns on                      freeze: parameters outside have moved
the list of those that are to be trained               trainable_parameters: some and none are frozen
for the optimiser                                      the parameters themselves, each once
=====================================================  ==========================================================
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn

from course_utils.judging.cases import Case
from course_utils.judging.exercise import Implementation
from course_utils.judging.misconceptions import Misconception
from course_utils.judging.protocol.calling import must_be_function
from course_utils.labs.transfer_learning.headings import FREEZING
from course_utils.labs.transfer_learning.networks import CLASSES, make_network, make_pictures
from course_utils.runtime import seed_everything

TZ7 = Misconception(
    "TZ7",
    "numbers changed by freezing",
    "Freezing itself changes numbers inside the module: weights, or running statistics. What may it change at all?",
    FREEZING,
)
TR7 = Misconception(
    "TR7",
    "frozen weights stand still, running statistics move",
    "The weights stood still, but the batch-norm averages moved. In which mode does a layer leave its running "
    "mean alone?",
    FREEZING,
)
TZ1 = Misconception(
    "TZ1",
    "requires_grad set on the module, not on its parameters",
    "The module got an attribute requires_grad, which nobody reads. Whose attribute does autograd look at?",
    FREEZING,
)
TZ2 = Misconception(
    "TZ2",
    "some parameters forgotten",
    "Some parameters inside the module are still trained. Which call lists all of them: biases, and those "
    "of layers inside it, too?",
    FREEZING,
)
TZ3 = Misconception(
    "TZ3",
    "frozen parameters handed to the optimiser",
    "Your list holds parameters that are frozen. What does requires_grad say of each?",
    FREEZING,
)
TZ4 = Misconception(
    "TZ4",
    "names, numbers or copies instead of the parameters",
    "An optimiser changes the very tensors that it is given. Are those in your list the network's own?",
    FREEZING,
)
TZ5 = Misconception(
    "TZ5",
    "nothing frozen",
    "After five steps the weights inside the module have moved. Who told autograd to leave them alone?",
    FREEZING,
)
TZ6 = Misconception(
    "TZ6",
    "more frozen than was asked",
    "The head outside the module does not learn either. Which parameters belong to the module alone?",
    FREEZING,
)

FREEZE, TRAINABLE = "freeze", "trainable_parameters"


class Freezing(Implementation):
    """Write ``freeze(module)`` and ``trainable_parameters(model)``; each is a part."""

    id = "freezing"
    hints = (
        "Each parameter has an attribute requires_grad. Which loop reaches all parameters of a module?",
        "Batch norm has numbers that no gradient changes. In which mode does it leave them alone?",
        "For the list: which test decides whether a parameter goes in?",
    )
    worked = """
    The way back: `thaw(module)` lets all inside a module learn again, and `frozen_names(model)` lists the names of what
    is still frozen.

    1. Autograd asks each *parameter*: a loop over `named_parameters()` reaches those of the layers inside, too.
    2. Batch norm moves its averages in train mode, and dropout drops there: `train()` wakes all layers of the module.
    3. The list asks each parameter of the model the same question, and keeps those that say no.

    ```python
    def thaw(module):
        for name, parameter in module.named_parameters():
            parameter.requires_grad_(True)
        module.train()

    def frozen_names(model):
        named = model.named_parameters()
        return [name for name, parameter in named if not parameter.requires_grad]
    ```
    """
    misconceptions = (TZ1, TZ2, TZ5, TZ6, TZ7, TR7, TZ3, TZ4)

    def cases(self) -> Sequence[Case]:
        """Return two places to freeze, and some and no parameters that are frozen."""
        return _cases(("body", "head"), (["body.conv.weight", "body.conv.bias"], []))

    def hidden_cases(self, seed: int) -> Sequence[Case]:
        """Return other networks and places."""
        return _cases(("body", "body.norm", "body.conv"), (["head.weight"], ["head.bias"]))

    def try_case(self, case: Case, freeze: Callable[..., Any], trainable_parameters: Callable[..., Any]) -> None:
        """Freeze by the student's function and train for five steps, or freeze here and ask for the list."""
        if case.part == FREEZE:
            must_be_function(freeze, FREEZE)
            _judge_frozen(case, case.ask(freeze_and_train, freeze, case.seed, case.data))
        else:
            must_be_function(trainable_parameters, TRAINABLE)
            _judge_list(case, case.ask(trainable_names, trainable_parameters, case.seed, case.data))


def _cases(insides: Sequence[str], frozen: Sequence[list[str]]) -> list[Case]:
    return [
        *(Case(f"five steps, freeze(model.{inside})", inside, FREEZE) for inside in insides),
        *(Case(f"{len(names)} parameters frozen", names, TRAINABLE) for names in frozen),
    ]


def parameter_names() -> list[str]:
    """Return the names of all parameters of the networks on which functions are tried."""
    return [name for name, _ in make_network(0).named_parameters()]


def _judge_frozen(case: Case, seen: dict[str, Any]) -> None:
    within = {name for name in parameter_names() if name.startswith(f"{case.data}.")}
    outside = set(parameter_names()) - within
    moved = {name for name, tensor in seen["before"].items() if not torch.equal(tensor, seen["after"][name])}
    asking = within & set(seen["asks"])
    if seen["changed"]:
        raise case.wrong(FREEZE, TZ7)
    if seen["attribute"] and asking:
        raise case.wrong(FREEZE, TZ1)
    if asking:
        raise case.wrong(FREEZE, TZ5 if asking == within else TZ2)
    if within & moved:
        raise case.wrong(FREEZE, TZ5)
    if not outside <= set(seen["asks"]) or not outside & moved:
        raise case.wrong(FREEZE, TZ6)
    if any(name.startswith(f"{case.data}.") for name in moved):
        raise case.wrong(FREEZE, TR7)


def _judge_list(case: Case, seen: dict[str, Any]) -> None:
    if seen["none"]:
        raise case.always(f"{TRAINABLE} returned None. Does it end in a return statement?")
    if seen["others"]:
        raise case.wrong(TRAINABLE, TZ4)
    if set(seen["names"]) & set(case.data):
        raise case.wrong(TRAINABLE, TZ3)
    if sorted(seen["names"]) != sorted(set(parameter_names()) - set(case.data)):
        line = "  Parameters that require a gradient are missing, or stand in the list twice."
        raise case.wrong(TRAINABLE, detail=line, hidden=line)


def freeze_and_train(function: Callable[..., Any], seed: int, inside: str, steps: int = 5) -> dict[str, Any]:
    """Probe: freeze a part of a network with a student's function, train the network, and see what has moved.

    Returns
    -------
    dict
        By name: tensors `before` and `after`; ``asks``, the parameters that require a gradient; ``attribute``,
        whether a module got an attribute ``requires_grad``.
    """
    seed_everything(seed)
    network = make_network(seed).train()
    start = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    function(network.get_submodule(inside))
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    asks = [name for name, parameter in network.named_parameters() if parameter.requires_grad]
    _train(network, seed, steps)
    return {
        "before": before,
        "changed": [name for name in before if not torch.equal(before[name], start[name])],
        "after": dict(network.state_dict()),
        "asks": asks,
        "attribute": any("requires_grad" in vars(module) for module in network.modules()),
    }


def _train(network: nn.Module, seed: int, steps: int) -> None:
    chosen = [parameter for parameter in network.parameters() if parameter.requires_grad]
    if not chosen:
        return
    x, y = make_pictures(8, seed), torch.arange(8) % CLASSES
    optimiser = torch.optim.SGD(chosen, 0.1, momentum=0.9, weight_decay=0.01)
    for _ in range(steps):
        with torch.enable_grad():
            optimiser.zero_grad()
            nn.functional.cross_entropy(network(x), y).backward()
        optimiser.step()


def trainable_names(function: Callable[..., Any], seed: int, frozen: list[str]) -> dict[str, Any]:
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
