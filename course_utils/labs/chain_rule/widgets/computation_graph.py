"""Walk back through a computation, in the order of the learner's own engine if there is one."""

from typing import Any

import traitlets

from course_utils import runtime
from course_utils.judging.answers import named
from course_utils.labs.chain_rule import figures, programs
from course_utils.labs.chain_rule.backward_order import probe_order
from course_utils.labs.chain_rule.figures.computation_graphs import layout, node_text
from course_utils.labs.chain_rule.programs import SEVEN_NODES, Program
from course_utils.widgets.base import Explorer, script

LARGEST = 24  # names; more boxes would be too small to read


class GraphExplorer(Explorer):
    """What `explore_graph` returns."""

    _esm = script(__file__, "computation_graph")
    nodes = traitlets.List().tag(sync=True)  # {name, text, value, column, row, rows}
    edges = traitlets.List().tag(sync=True)  # {made, operand, slope, amount}: what goes back along an arrow
    order = traitlets.List().tag(sync=True)  # names, in the order in which they are asked
    note = traitlets.Unicode("").tag(sync=True)
    step = traitlets.Int(0, min=0).tag(sync=True)  # how many have been asked

    def __init__(self, written: Program, Value: type | None = None, **traits: Any):
        self.written = written
        super().__init__(**traits)
        self.nodes, self.edges = nodes_of(written), edges_of(written)
        backwards = [name for name in reversed(written.names) if name not in written.inputs]
        order, note = [*backwards, *written.inputs], ""
        if Value is not None and runtime.has_front_end():
            order, note = learners_order(Value, written, order)
        self.order, self.note = order, note

    def static_figure(self) -> tuple[Any, str]:
        """Draw the graph with all gradients, and the order of going back."""
        axes = figures.plot_computation_graph(self.written, gradients=True, slopes=True, asked=self.order)
        alt = (
            f"The computation {self.written} as boxes, each with its number and its gradient. On the way back they are "
            f"asked in the order {', '.join(self.order)}: each after all that use it."
        )
        return axes, alt


def nodes_of(written: Program) -> list[dict[str, Any]]:
    """Return what the boxes say and where they stand."""
    numbers = programs.torch_numbers(written)
    return [
        {"name": name, "text": node_text(written, name), "value": numbers[name], **place._asdict()}
        for name, place in layout(written).items()
    ]


def edges_of(written: Program) -> list[dict[str, Any]]:
    """Return the arrows, each with its slope and with what goes back along it; both are PyTorch's."""
    gradients = programs.torch_all_gradients(written)
    return [edge._asdict() | {"amount": gradients[edge.made] * edge.slope} for edge in programs.torch_edges(written)]


def learners_order(Value: type, written: Program, otherwise: list[str]) -> tuple[list[str], str]:
    """Ask a learner's engine for its order of going back.

    Returns
    -------
    list of str, str
        The order, or ``otherwise`` where there is none to show; and a sentence on what is shown.
    """
    shown = "shown is the order of the lines, from the last to the first"
    try:
        found = probe_order(Value, dict(written.inputs), list(written.lines))
    except NotImplementedError:
        return otherwise, f"your backward_order is not written yet; {shown}"
    except Exception as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0].strip().rstrip(":")
        return otherwise, f"your engine raised {reason}; {shown}"
    if isinstance(found, str):
        kind = "None" if found == "NoneType" else named(found)
        return otherwise, f"your backward_order returned {kind}; {shown}"
    return [name for name in found if name and not name.startswith("?")], "the order is that of your backward_order"


def explore_graph(written: Program = SEVEN_NODES, *, your_Value: type | None = None) -> GraphExplorer:
    """Walk back through a computation, one box at a time.

    Parameters
    ----------
    written
        A program, from ``course_utils.labs.chain_rule.programs``, of at most 24 names.
    your_Value
        The learner's class with its method ``backward_order``: boxes are asked in that order. A box that is asked
        before all that use it have answered is marked.

    Raises
    ------
    ValueError
        If an argument is something else, or the program is too long.
    """
    if not isinstance(written, Program):
        raise ValueError(f"written must be a program, not {type(written).__name__}")
    if len(written.names) > LARGEST:
        raise ValueError(f"a program with at most {LARGEST} names can be drawn, not with {len(written.names)}")
    if your_Value is not None and not isinstance(your_Value, type):
        raise ValueError(f"your_Value must be a class, not {type(your_Value).__name__}")
    return GraphExplorer(written, your_Value)
