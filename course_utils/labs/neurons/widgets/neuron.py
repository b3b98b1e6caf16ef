"""Turn the dials of one neuron: inputs, weights, bias."""

from collections.abc import Sequence
from typing import Any

import traitlets

from course_utils.labs.neurons import figures
from course_utils.labs.neurons.figures import neuron_output
from course_utils.widgets.base import Explorer, script, whole

LARGEST = 10  # of a dial, and as negative


class NeuronExplorer(Explorer):
    """What `explore_neuron` returns."""

    _esm = script(__file__, "neuron")
    x = traitlets.List([2, 5, 3]).tag(sync=True)
    weight = traitlets.List([4, -2, 3]).tag(sync=True)
    bias = traitlets.Int(-6).tag(sync=True)

    def static_figure(self) -> tuple[Any, str]:
        """Draw three states: as it is, without the bias, with the first weight turned round."""
        turned = [-self.weight[0], *self.weight[1:]]
        states = [(self.x, self.weight, self.bias), (self.x, self.weight, 0), (self.x, turned, self.bias)]
        outputs = ", ".join(f"{neuron_output(*state):g}" for state in states)
        alt = (
            f"One neuron in three states: as given, without its bias, with its first weight negated. Outputs {outputs}."
        )
        return figures.plot_neurons(states), alt


def explore_neuron(x: Sequence[int] = (2, 5, 3), weight: Sequence[int] = (4, -2, 3), bias: int = -6) -> NeuronExplorer:
    """Turn the dials of a linear neuron and watch its output.

    Parameters
    ----------
    x, weight
        Three whole numbers each, from -10 to 10.
    bias
        A whole number from -10 to 10.

    Raises
    ------
    ValueError
        If a number is out of its range, or there are not three.
    """
    for name, numbers in (("x", x), ("weight", weight)):
        if len(numbers) != 3:
            raise ValueError(f"{name} must be three numbers, not {len(numbers)}")
    x, weight = (
        [whole(name, n, -LARGEST, LARGEST) for n in numbers] for name, numbers in (("x", x), ("weight", weight))
    )
    return NeuronExplorer(x=x, weight=weight, bias=whole("bias", bias, -LARGEST, LARGEST))
