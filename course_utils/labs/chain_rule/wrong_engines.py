"""Engines that are wrong in known ways: what each gives for a program, to be compared with what a learner's gives.

None of them is right. They follow the edges of a program with the slopes that PyTorch gives for each edge alone.
"""

import re
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from itertools import islice, product

from course_utils.judging.misconceptions import Misconception
from course_utils.labs.chain_rule.gradients import GR1_ORDER, GR9
from course_utils.labs.chain_rule.headings import ENGINE, ORDER
from course_utils.labs.chain_rule.programs import (
    Edge,
    Program,
    operands_of,
    target_of,
    torch_edges,
    torch_gradients,
    torch_numbers,
)

VE1 = Misconception(
    "VE1",
    "no ordering: a value asked before all its users had answered",
    "A value was asked before all its users had answered. When is its gradient complete?",
    ORDER,
)
VE5 = Misconception(
    "VE5",
    "product rule with the own factor",
    "In a · b you give a the slope a. If b stays and a moves by 1, how far does a · b move?",
    ENGINE,
)
VE10 = Misconception(
    "VE10",
    "order from the inputs to the result",
    "This is the way forwards, inputs first. From where does a gradient start?",
    ORDER,
)
VE13 = Misconception(
    "VE13",
    "gradient that comes back not multiplied in",
    "This adds the slopes of single steps. By what is a step's slope multiplied on the way back?",
    ORDER,
)

VE49 = Misconception(
    "VE49",
    "slope of a step left out, divided by, or squared",
    "One way to get this: what comes back goes on without the step's slope, divided by it, or with its square. What "
    "does the chain rule do with the two?",
    ORDER,
)
VE20 = Misconception(
    "VE20",
    "only one of the parents gets a gradient",
    "Of each result only one parent gets something back. How many parents has a sum, and who hands on to each?",
    ORDER,
)
VE21 = Misconception(
    "VE21",
    "only the first value passes its gradient on",
    "Only the result hands on to its parents. One way: the loop ends too early; another: inputs go first. Which is it?",
    ORDER,
)

VE36 = Misconception(
    "VE36",
    "every value starts with 1",
    "Every gradient is 1, as if each value were the result. Which value alone starts with 1?",
    ORDER,
)
VE37 = Misconception(
    "VE37",
    "one slope for all parents",
    "Both parents of a value got the slope of the first. Which slope belongs to which parent?",
    ORDER,
)
VE38 = Misconception(
    "VE38",
    "slope added to what comes back instead of multiplied",
    "Here slopes are added to what comes back. If f moves y by 2 and t moves f by 3 each, how far does t move y?",
    ORDER,
)
VE39 = Misconception(
    "VE39",
    "amounts subtracted on the way back",
    "Each step back turns the sign. What happens to the amounts that come back along several paths?",
    ORDER,
)
VE40 = Misconception(
    "VE40",
    "sum so far added to grad at each arrival",
    "What a value has gathered so far goes into its grad anew with each amount that arrives. When is its sum complete?",
    ORDER,
)
VE41 = Misconception(
    "VE41",
    "own number multiplied in place of what came back",
    "Slopes are multiplied by the values' own numbers here. What has a value gathered when its turn comes?",
    ORDER,
)
VE50 = Misconception(
    "VE50",
    "sums that start with other numbers than 1 and 0",
    "One way to get this: a sum starts with another number than it should. How far does y move when y moves by 1, and "
    "what has come back to the others before anybody has answered?",
    ORDER,
)

VE52 = Misconception(
    "VE52",
    "what comes back cut off at a bound",
    "One way to get this: what comes back is cut off at a bound, as with clipped gradients. Is that asked for?",
    ORDER,
)
VE53 = Misconception(
    "VE53",
    "mean of the paths in place of their sum",
    "What comes back along several paths is averaged here. If y = a + a, how far does y move when a moves by 1?",
    ORDER,
)
VE54 = Misconception(
    "VE54",
    "an amount lost where a value is used twice in one step",
    "In a + a one of the two amounts is lost. Do you put both under the same key before you add them up?",
    ORDER,
)
VE55 = Misconception(
    "VE55",
    "slopes without their signs",
    "Slopes below 0 come back as if they were above it. Where do yours lose their sign?",
    ORDER,
)

Gradients = dict[str, float]
DEEPEST = 4_000  # visits; where a wrong way takes more it is left out
MOST_CHOICES = 500  # ways of overwriting; the rest is left out


def behind(written: Program) -> list[str]:
    """Return the names that the result depends on, itself included."""
    reads = {target_of(line): operands_of(line) for line in written.lines}
    found, todo = {written.result}, [written.result]
    while todo:
        fresh = set(reads.get(todo.pop(), ())) - found
        found |= fresh
        todo += fresh
    return [name for name in written.names if name in found]


def wrong_gradients(written: Program) -> dict[Misconception, list[Gradients]]:
    """Return for each wrong way the inputs' gradients as it gives them, in one or several versions."""
    numbers = torch_numbers(written)
    ways: dict[Misconception, list[Callable[[list[Edge]], Gradients]]] = {
        VE1: [
            lambda edges: _by_recursion(written, edges, at_once=True),
            lambda edges: _by_recursion(written, edges, at_once=False),
            lambda edges: _by_recursion(written, _turned(edges), at_once=True),
            *(partial(_in_turn, written, order=order) for order in (_by_depth, _by_stack, _by_breadth)),
            *(partial(_in_turn, written, order=order, late=True) for order in (_by_depth, _by_stack, _by_breadth)),
            *(partial(_again_and_again, written, take=take) for take in (deque.pop, deque.popleft)),
            *(lambda edges, o=order: _in_turn(written, _turned(edges), order=o) for order in (_by_depth, _by_stack)),
            *(lambda e, o=order: _in_turn(written, _turned(e), order=o, late=True) for order in (_by_depth, _by_stack)),
        ],
        VE10: [lambda edges: _forwards(written, edges)],
        VE13: [lambda edges: _unweighted(written, edges)],
        VE5: [lambda edges: _with_own_factor(written)],
        VE20: [partial(_one_parent, written, place=place) for place in (0, -1)],
        VE21: [partial(_first_turn, written, most=most) for most in (1, None)],
        VE36: [lambda edges: dict.fromkeys(written.names, 1.0)],
        VE37: [lambda edges: _passed_on(written, edges, _with_first_slope(edges))],
        VE49: [
            partial(_combined, written, combine=lambda slope, back: back),
            partial(_combined, written, combine=lambda slope, back: back / slope if slope else 0.0),
            partial(_combined, written, combine=lambda slope, back: slope * slope * back),
        ],
        VE38: [partial(_combined, written, combine=lambda slope, back: slope + back)],
        VE50: [
            lambda edges, start=start: _passed_on(written, edges, edges, start)
            for start in (dict.fromkeys(numbers, 1.0), {written.result: numbers[written.result]}, numbers)
        ],
        VE40: [partial(_sums_so_far, written)],
        VE41: [partial(_own_numbers, written, seed=seed) for seed in (0.0, 1.0)],
        VE39: [partial(_combined, written, combine=lambda slope, back: -slope * back)],
        VE54: [lambda edges: _passed_on(written, edges, list({one[:2]: one for one in edges}.values()))],
        VE52: [
            partial(_held, written, bound=bound, kept=kept)
            for bound in (1.0, 5.0, 10.0, 2.0, 0.5, 100.0)
            for kept in (True, False)
        ]
        + [
            partial(_held_apart, written, bound=bound, before=before)
            for bound in (1.0, 5.0, 10.0, 2.0, 0.5, 100.0)
            for before in (True, False)
        ],
        VE53: [partial(_averaged, written)],
        VE55: [lambda edges: _passed_on(written, edges, [one._replace(slope=abs(one.slope)) for one in edges])],
        GR1_ORDER: [lambda edges: {name: -slope for name, slope in torch_gradients(written).items()}],
    }
    used = behind(written)
    edges = [edge for edge in torch_edges(written) if edge.made in used]
    found: dict[Misconception, list[Gradients]] = {
        GR9: [{name: one[name] for name in written.inputs} for one in _assigned(written, edges)]
    }
    for way, versions in ways.items():
        results = [version(edges) for version in versions]
        found[way] = [{name: one[name] for name in written.inputs} for one in results if one]
    return found


def second_calls(written: Program, reset: bool) -> list[Gradients]:
    """Return the inputs' gradients where a second backward passes on what the first had left in between.

    Parameters
    ----------
    reset
        The inputs' gradients were set to 0 between the calls.
    """
    edges = torch_edges(written)
    found = []
    for adds_seed in (True, False):
        grad = _zeros(edges)
        for call in (1, 2):
            if reset and call == 2:
                grad |= dict.fromkeys(written.inputs, 0.0)
            grad[written.result] = 1.0 + (grad[written.result] if adds_seed else 0.0)
            for edge in reversed(edges):
                grad[edge.operand] += edge.slope * grad[edge.made]
        found.append({name: grad[name] for name in written.inputs})
    return found


def _turned(edges: list[Edge]) -> list[Edge]:
    """Return the edges with each line's operands in the other order."""
    lines: dict[str, list[Edge]] = {}
    for edge in edges:
        lines.setdefault(edge.made, []).append(edge)
    return [edge for line in lines.values() for edge in reversed(line)]


def _zeros(edges: Iterable[Edge]) -> Gradients:
    return {name: 0.0 for edge in edges for name in (edge.made, edge.operand)}


def _assigned(written: Program, edges: list[Edge]) -> list[Gradients]:
    """Each contribution overwrites the one before: for every value any one of them may be the last."""
    uses: dict[str, list[Edge | None]] = {
        name: [edge for edge in edges if edge.operand == name] or [None] for name in reversed(written.names)
    }
    found = []
    for chosen in islice(product(*uses.values()), MOST_CHOICES):
        grad = dict.fromkeys(written.names, 0.0) | {written.result: 1.0}
        for name, edge in zip(uses, chosen, strict=True):
            if edge is not None:
                grad[name] = edge.slope * grad[edge.made]
        found.append(grad)
    return found


def _by_recursion(written: Program, edges: list[Edge], at_once: bool) -> Gradients:
    """Each value passes on all it has so far, whenever something comes in."""
    out: dict[str, list[Edge]] = {}
    for edge in edges:
        out.setdefault(edge.made, []).append(edge)
    grad, visits = _zeros(edges) | {written.result: 1.0}, 0

    def visit(name: str) -> None:
        nonlocal visits
        visits += 1
        if visits > DEEPEST:
            return
        for edge in out.get(name, ()):
            grad[edge.operand] += edge.slope * grad[name]
            if at_once:
                visit(edge.operand)
        if not at_once:
            for edge in out.get(name, ()):
                visit(edge.operand)

    visit(written.result)
    return grad if visits <= DEEPEST else {}


def _again_and_again(written: Program, edges: list[Edge], take: Callable[[deque[str]], str]) -> Gradients:
    """Each value stands on the list as often as something comes in, and each time passes on all that it has."""
    grad, todo, visits = _zeros(edges) | {written.result: 1.0}, deque([written.result]), 0
    while todo and visits <= DEEPEST:
        name, visits = take(todo), visits + 1
        for edge in edges:
            if edge.made == name:
                grad[edge.operand] += edge.slope * grad[name]
                todo.append(edge.operand)
    return grad if not todo else {}


def _sums_so_far(written: Program, edges: list[Edge]) -> Gradients:
    """What has arrived so far is added to grad with each amount that arrives."""
    arrived = _zeros(edges) | {written.result: 1.0}
    grad = _zeros(edges)
    for edge in reversed(edges):
        arrived[edge.operand] += edge.slope * arrived[edge.made]
        grad[edge.operand] += arrived[edge.operand]
    return grad


def _own_numbers(written: Program, edges: list[Edge], seed: float) -> Gradients:
    """Slopes are multiplied by the number of the value that they belong to."""
    numbers = torch_numbers(written)
    grad = _zeros(edges) | {written.result: seed}
    for edge in edges:
        grad[edge.operand] += edge.slope * numbers[edge.made]
    return grad


def _in_turn(
    written: Program, edges: list[Edge], order: Callable[[str, list[Edge]], list[str]], late: bool = False
) -> Gradients:
    """Each value passes on what it has when its turn comes, once.

    Parameters
    ----------
    order
        Gives the names in the order of their turns: one of the three below, all of them too early for some graphs.
    late
        What comes in after a value's turn still counts in its own gradient.
    """
    grad, kept = _zeros(edges) | {written.result: 1.0}, {}
    for name in order(written.result, edges):
        kept[name] = grad[name]
        for edge in edges:
            if edge.made == name:
                grad[edge.operand] += edge.slope * grad[name]
    return grad if late else _zeros(edges) | kept


def _by_depth(result: str, edges: list[Edge]) -> list[str]:
    order: list[str] = []

    def visit(name: str) -> None:
        if name not in order:
            order.append(name)
            for edge in edges:
                if edge.made == name:
                    visit(edge.operand)

    visit(result)
    return order


def _by_stack(result: str, edges: list[Edge], take: Callable[[deque[str]], str] = deque.pop) -> list[str]:
    order, todo, met = [], deque([result]), {result}
    while todo:
        name = take(todo)
        order.append(name)
        for edge in edges:
            if edge.made == name and edge.operand not in met:
                met.add(edge.operand)
                todo.append(edge.operand)
    return order


def _by_breadth(result: str, edges: list[Edge]) -> list[str]:
    return _by_stack(result, edges, deque.popleft)


def _forwards(written: Program, edges: list[Edge]) -> Gradients:
    """The inputs are asked first, the result last."""
    grad = _zeros(edges) | {written.result: 1.0}
    for edge in edges:
        grad[edge.operand] += edge.slope * grad[edge.made]
    return grad


def _unweighted(written: Program, edges: list[Edge]) -> Gradients:
    """Slopes of single edges are added up; what comes back is left out."""
    grad = _zeros(edges) | {written.result: 1.0}
    for edge in edges:
        grad[edge.operand] += edge.slope
    return grad


def _one_parent(written: Program, edges: list[Edge], place: int) -> Gradients:
    """Each line passes on to its first operand alone, or to its last."""
    lines: dict[str, list[Edge]] = {}
    for edge in edges:
        lines.setdefault(edge.made, []).append(edge)
    return _passed_on(written, edges, [line[place] for line in lines.values()])


def _first_turn(written: Program, edges: list[Edge], most: int | None) -> Gradients:
    """The result passes on, to its first parent or to all, and nobody else does."""
    return _passed_on(written, edges, [edge for edge in edges if edge.made == written.result][:most])


def _with_first_slope(edges: list[Edge]) -> list[Edge]:
    first: dict[str, float] = {}
    return [edge._replace(slope=first.setdefault(edge.made, edge.slope)) for edge in edges]


def _combined(written: Program, edges: list[Edge], combine: Callable[[float, float], float]) -> Gradients:
    """What arrives where a slope and what comes back are combined in another way than by multiplying."""
    grad = _zeros(edges) | {written.result: 1.0}
    for edge in reversed(edges):
        grad[edge.operand] += combine(edge.slope, grad[edge.made])
    return grad


def _passed_on(written: Program, edges: list[Edge], kept: list[Edge], start: Gradients | None = None) -> Gradients:
    """What arrives along some of the edges, in the right order; ``start`` where a sum starts with another number."""
    grad = _zeros(edges) | (start or {written.result: 1.0})
    for edge in reversed(kept):
        grad[edge.operand] += edge.slope * grad[edge.made]
    return grad


def _held(written: Program, edges: list[Edge], bound: float, kept: bool) -> Gradients:
    """Each value passes on what it has gathered, cut off at a bound; ``kept``: that is its own gradient, too."""
    grad = _zeros(edges) | {written.result: 1.0}
    for name in [name for name in reversed(written.names) if name in grad]:
        passed = max(-bound, min(bound, grad[name]))
        grad[name] = passed if kept else grad[name]
        for edge in edges:
            if edge.made == name:
                grad[edge.operand] += edge.slope * passed
    return grad


def _held_apart(written: Program, edges: list[Edge], bound: float, before: bool) -> Gradients:
    """Each amount is cut off at a bound, or (``before``) the slope that it is multiplied by."""
    grad = _zeros(edges) | {written.result: 1.0}
    for edge in reversed(edges):
        slope, back = edge.slope, grad[edge.made]
        grad[edge.operand] += max(-bound, min(bound, slope)) * back if before else max(-bound, min(bound, slope * back))
    return grad


def _averaged(written: Program, edges: list[Edge]) -> Gradients:
    """Each value passes on the mean of what has come back to it."""
    uses = {name: max(1, sum(edge.operand == name for edge in edges)) for name in written.names}
    grad = _zeros(edges) | {written.result: 1.0}
    for edge in reversed(edges):
        grad[edge.operand] += edge.slope * grad[edge.made] / uses[edge.operand]
    return grad


def _with_own_factor(written: Program) -> Gradients:
    """In a product, each factor gets itself as its slope: PyTorch is shown half the sum of the squares instead."""
    lines = tuple(
        PRODUCT.sub(lambda m: _BAIT.format(made=m[1], product=f"{m[2]} * {m[3]}", a=m[2], b=m[3]), line)
        for line in written.lines
    )
    return torch_gradients(written._replace(lines=lines))


PRODUCT = re.compile(r"^(\w+) = (\w+) \* (\w+)$")
_BAIT = "{made} = ({product}).detach() + ({a} * {a} + {b} * {b}) / 2 - (({a} * {a} + {b} * {b}) / 2).detach()"
