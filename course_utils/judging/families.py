"""What learners bring to a formula from elsewhere: clipping, penalties, means of what a loop went through, batches.

Each is a change of a recipe's tree (see :mod:`course_utils.judging.near`), with one number in it that is the learner's
own: where numbers are cut off, how strong a penalty is, how many examples a batch has. Usual numbers are tried.
"""

import ast
import itertools
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

import numpy as np
import torch

from course_utils.judging.closeness import as_float64

Kind = str
Changed = tuple[Kind, list[str]]

HELD, PENALISED, MEAN, BATCHES = "held", "penalised", "mean of all turns", "batches"
PACED, FADING, ADAPTED, MOVING = "rate with a plan", "rate that fades", "steps by size", "moving average"
TINY, ROUNDED = "tiny number added", "rounded on the way"
RATES = ("lr", "rate", "learning_rate")
HALF, SINGLE = 16.0, 32.0  # bits, in place of digits
NUMBERS: dict[str, tuple[float, ...]] = {
    "_bound": (1.0, 0.5, 0.1, 5.0, 10.0, 2.0, 0.05, 0.01, 0.2, 3.0, 0.25, 4.0, 20.0, 50.0),
    "_share": (0.1, 0.01, 0.001, 1.0, 0.5, 0.05, 0.2, 0.02, 0.002, 0.005, 2.0, 0.25),
    "_keeps": (0.9, 0.99, 0.5, 0.95, 0.999, 0.8, 0.1),
    "_tiny": (1e-3, 1e-2, 1e-4, 1e-5, 1e-6, 1e-8, 1e-7, 1e-9, 0.1, 1.0, 1e-12),
    "_digits": (2.0, 1.0, 3.0, 0.0, 4.0, HALF, SINGLE),
    "_size": (1.0, 2.0, 4.0, 8.0, 5.0, 3.0, 10.0, 16.0, 32.0, 6.0),
}
_tried: ContextVar[float] = ContextVar("tried", default=1.0)


def needed(function: Callable[..., Any]) -> tuple[float, ...]:
    """Return the numbers that a neighbour is tried with; none where it needs none."""
    return next((some for name, some in NUMBERS.items() if name in function.__code__.co_names), ())


def with_number(number: float, compute: Callable[[], Any]) -> Any:
    """Compute with one of the numbers."""
    before = _tried.set(number)
    try:
        return compute()
    finally:
        _tried.reset(before)


# --- what a changed recipe calls


def _held(x: Any) -> Any:
    """Return numbers cut off at a bound, on both sides."""
    bound = _tried.get()
    return x.clamp(-bound, bound) if isinstance(x, torch.Tensor) else np.clip(x, -bound, bound)


def _held_above(x: Any) -> Any:
    """Return numbers cut off at a bound above."""
    bound = _tried.get()
    return x.clamp(max=bound) if isinstance(x, torch.Tensor) else np.minimum(x, bound)


def _held_by_length(x: Any) -> Any:
    """Return an array made shorter where it is longer than a bound."""
    if not np.ndim(x):
        raise TypeError("one number has no direction")
    length = float((x * x).sum() ** 0.5)
    return x * min(1.0, _tried.get() / (length or 1.0))


def _with_share(x: Any, other: Any) -> Any:
    """Return an array and a share of another one of its shape."""
    if np.shape(x) != np.shape(other) or isinstance(other, int):
        raise TypeError("this is no penalty on it")
    return x + _tried.get() * other


def _with_signs(x: Any, other: Any) -> Any:
    """Return an array and a number that has the sign of another one of its shape."""
    signs = torch.sign(other) if isinstance(other, torch.Tensor) else np.sign(other)
    return _with_share(x, signs)


def _with_squares(x: Any, *others: Any) -> Any:
    """Return a number and a share of the mean of an array's squares."""
    if np.shape(x) or not np.ndim(others[0]):
        raise TypeError("this is no loss, or no array")
    return x + _tried.get() * (others[0] * others[0]).mean()


def _with_sum_of_squares(x: Any, *others: Any) -> Any:
    """Return a number and a share of the sum of an array's squares."""
    if np.shape(x) or not np.ndim(others[0]):
        raise TypeError("this is no loss, or no array")
    return x + _tried.get() * (others[0] * others[0]).sum()


def _mean_of(kept: list[Any]) -> Any:
    """Return the mean of what a loop has gone through."""
    if not kept:
        raise ValueError("the loop has not run")
    found = np.mean([as_float64(one) for one in kept], axis=0)
    return torch.as_tensor(found) if isinstance(kept[0], torch.Tensor) else found


def _in_turn(x: Any, like: Any, turn: int) -> Any:
    """Return the rows of a batch in its turn; what has other rows than ``like`` stays."""
    rows, size = _rows_and_size(x, like)
    if rows == 0:
        return x
    start = turn * size % rows
    return x[start : start + size]


def _every_other(x: Any, like: Any, turn: int) -> Any:
    """Return every so many-th row, beginning with the turn's."""
    rows, size = _rows_and_size(x, like)
    return x[turn % size :: size] if rows else x


def _batch(x: Any, like: Any, start: int) -> Any:
    """Return the rows from a place on."""
    rows, size = _rows_and_size(x, like)
    return x[start : start + size] if rows else x


def _starts(like: Any) -> range:
    rows, size = _rows_and_size(like, like)
    return range(0, rows, size)


def _rows_and_size(x: Any, like: Any) -> tuple[int, int]:
    if not np.ndim(x) or len(x) != len(like):
        return 0, 0
    size = int(_tried.get())
    if not size < len(like):
        raise ValueError("one batch holds all rows")
    return len(like), size


def _fewer_digits(x: Any) -> Any:
    """Return numbers rounded, or as a type with fewer bits holds them."""
    numbers, digits = as_float64(x), _tried.get()
    if digits in (HALF, SINGLE):
        found = numbers.astype(np.float16 if digits == HALF else np.float32).astype(float)
    else:
        found = np.round(numbers, int(digits))
    return torch.as_tensor(found) if isinstance(x, torch.Tensor) else found


def _a_little_more(x: Any) -> Any:
    """Return a quantity and a small number."""
    if isinstance(x, bool | int):
        raise TypeError("this is a count")
    return x + _tried.get()


PLANS: dict[str, Callable[[int, int], float]] = {
    "_warmed_up": lambda turn, turns: (turn + 1) / turns,
    "_warmed_up_late": lambda turn, turns: turn / turns,
    "_warmed_to_half": lambda turn, turns: min(1.0, (turn + 1) / max(1, turns // 2)),
    "_cosine": lambda turn, turns: (1 + np.cos(np.pi * turn / turns)) / 2,
    "_cosine_to_end": lambda turn, turns: (1 + np.cos(np.pi * turn / max(1, turns - 1))) / 2,
    "_linear": lambda turn, turns: 1 - turn / turns,
    "_harmonic": lambda turn, turns: 1 / (1 + turn),
    "_harmonic_root": lambda turn, turns: 1 / (1 + turn) ** 0.5,
}
SHRINKING = tuple(PLANS)[3:]


def _hyperbolic(turn: int, turns: int) -> float:
    """Return a rate's share where it is divided by 1 and a share of the turn."""
    return 1 / (1 + _tried.get() * turn)


def _warmed(turn: int, turns: int) -> float:
    """Return a rate's share where it grows for so many turns, then stays."""
    return min(1.0, (turn + 1) / _tried.get())


def _adapted(kind: str, state: dict[str, Any], step: Any, rate: Any) -> Any:
    """Return a step in place of one that is the rate times a slope, as methods have it that measure slopes."""
    keeps, turn = _tried.get(), state.get("turn", 0) + 1
    mean, squares = state.get("mean", 0.0), state.get("squares", 0.0)
    if kind == "adagrad":
        squares, mean = squares + step * step, step
    elif kind == "rmsprop":
        squares, mean = keeps * squares + (1 - keeps) * step * step, step
    else:
        squares, mean = 0.999 * squares + 0.001 * step * step, keeps * mean + (1 - keeps) * step
    state.update(turn=turn, mean=mean, squares=squares)
    size = squares**0.5
    if kind == "adam":
        mean, size = mean / (1 - keeps**turn), size / (1 - 0.999**turn) ** 0.5
    return rate * mean / (size + rate * 1e-8)


def _moving(before: Any, now: Any) -> Any:
    """Return a moving average with one number more in it."""
    return _tried.get() * before + (1 - _tried.get()) * now


BOUNDED = (_held, _held_by_length, _held_above)
HELPERS: dict[str, Callable[..., Any]] = {
    one.__name__: one
    for one in (
        *BOUNDED,
        *(
            _with_share,
            _with_signs,
            _with_squares,
            _with_sum_of_squares,
            _mean_of,
            _in_turn,
            _every_other,
            _batch,
            _starts,
            _fewer_digits,
            _a_little_more,
            _hyperbolic,
            _warmed,
            _adapted,
            _moving,
        ),
    )
}
HELPERS |= PLANS
HELPERS |= dict.fromkeys(NUMBERS, lambda: None)  # that one of them is needed is told by its name


# --- changes


def families(function: ast.FunctionDef, asked: list[str]) -> Iterator[Changed]:
    """Change a function's tree in place, one way after the other; yield the kind and the names that it is about."""
    yield from _cut_off(function, asked)
    yield from _penalised(function, asked)
    yield from _with_a_little_more(function)
    yield from _rounded(function, asked)
    for loop in [one for one in function.body if isinstance(one, ast.For)]:
        yield from _averaged(function, loop, asked)
        yield from _held_in_turns(function, loop, asked)
        yield from _planned(function, loop, asked)
        yield from _by_size(function, loop, asked)
        yield from _as_moving_average(function, loop, asked)
        if any(isinstance(node, ast.Call) and getattr(node.func, "id", "") == "range" for node in ast.walk(loop.iter)):
            yield from _in_batches(function, loop, asked)


def _mark(name: str) -> ast.stmt:
    """Return the statement that says which numbers are tried."""
    return ast.parse(name).body[0]


def placed(statements: list[ast.stmt], where: ast.stmt) -> list[ast.stmt]:
    """Return statements with the place of another one."""
    return [ast.fix_missing_locations(ast.copy_location(one, where)) for one in statements]


def called(helper: str, *args: ast.expr) -> ast.Call:
    """Return the call of a helper."""
    return ast.Call(ast.Name(helper, ast.Load()), list(args), [])


def put(holder: ast.AST, field: str, index: int | None, node: ast.expr) -> None:
    """Put an expression into a field of what holds it, or into a place of a list there."""
    ast.fix_missing_locations(ast.copy_location(node, holder) if not hasattr(node, "lineno") else node)
    if index is None:
        setattr(holder, field, node)
    else:
        getattr(holder, field)[index] = node


def _wrapped(holder: ast.AST, field: str, index: int | None, helper: str, kind: Kind) -> Iterator[Changed]:
    """Call a helper on an expression, for as long as what is yielded is looked at."""
    part = getattr(holder, field) if index is None else getattr(holder, field)[index]
    put(holder, field, index, called(helper, part))
    yield kind, []
    put(holder, field, index, part)


def _argument_changed(function: ast.FunctionDef, name: str, helper: str, kind: Kind) -> Iterator[Changed]:
    """Call a helper on an argument where the function begins."""
    function.body[:0] = placed(ast.parse(f"{name} = {helper}({name})").body, function)
    yield kind, [name]
    del function.body[0]


def results_called(helper: str, whole: ast.expr, *more: ast.expr) -> Iterator[ast.expr]:
    """Yield what a function returns with a helper called on it: of several results, on one after the other."""
    several = whole.elts if isinstance(whole, ast.Tuple) else [whole]
    for place, one in enumerate(several):
        changed = called(helper, one, *more)
        parts = [*several[:place], changed, *several[place + 1 :]]
        yield ast.Tuple(parts, ast.Load()) if isinstance(whole, ast.Tuple) else changed


def _statements(function: ast.FunctionDef) -> Iterator[ast.Assign | ast.Return]:
    for node in ast.walk(function):
        if isinstance(node, ast.Assign | ast.Return) and node.value is not None:
            yield node


def _cut_off(function: ast.FunctionDef, asked: list[str]) -> Iterator[Changed]:
    """Cut off an argument, a quantity on the way, all means, or what comes out."""
    function.body[:0] = [_mark("_bound")]
    for name, helper in itertools.product(asked, BOUNDED):
        yield from _argument_changed(function, name, helper.__name__, HELD)
    for statement in list(_statements(function)):
        whole = statement.value
        assert whole is not None
        several = list(whole.elts) if isinstance(whole, ast.Tuple) else []
        for helper in BOUNDED:
            held = [called(helper.__name__, one) for one in several or [whole]]
            statement.value = ast.Tuple(list[ast.expr](held), ast.Load()) if several else held[0]
            ast.fix_missing_locations(ast.copy_location(statement.value, whole))
            yield HELD, []
            statement.value = whole
    means = [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "mean"
    ]
    if means:
        yield from _all_wrapped(function, means)
    del function.body[0]


def _all_wrapped(function: ast.FunctionDef, nodes: list[ast.Call]) -> Iterator[Changed]:
    """Cut off every mean, or what each is the mean of."""
    for inner in (False, True):
        before = [(node.func, node.args, node.keywords) for node in nodes]
        for node in nodes:
            if inner:
                assert isinstance(node.func, ast.Attribute)
                node.func = ast.Attribute(called("_held", node.func.value), node.func.attr, ast.Load())
            else:
                whole = ast.Call(node.func, node.args, node.keywords)
                node.func, node.args, node.keywords = ast.Name("_held", ast.Load()), [whole], []
            ast.fix_missing_locations(node)
        yield HELD, []
        for node, (func, args, keywords) in zip(nodes, before, strict=True):
            node.func, node.args, node.keywords = func, args, keywords


def _penalised(function: ast.FunctionDef, asked: list[str]) -> Iterator[Changed]:
    """Add a share of an argument to what comes out, or of its squares."""
    end = function.body[-1]
    if not isinstance(end, ast.Return) or end.value is None or any(isinstance(one, ast.For) for one in function.body):
        return  # of a loop's turns: near._with_a_strength
    whole = end.value
    function.body[:0] = [_mark("_share"), *placed(ast.parse("; ".join(f"_given_{n} = {n}" for n in asked)).body, end)]
    for name, helper in itertools.product(
        asked, ("_with_share", "_with_signs", "_with_squares", "_with_sum_of_squares")
    ):
        for end.value in results_called(helper, whole, ast.Name(f"_given_{name}", ast.Load())):
            ast.fix_missing_locations(ast.copy_location(end.value, whole))
            yield PENALISED, [name]
    end.value = whole
    del function.body[: 1 + len(asked)]


def _names(nodes: list[ast.stmt], store: bool) -> set[str]:
    every = [node for one in nodes for node in ast.walk(one) if isinstance(node, ast.Name)]
    return {node.id for node in every if isinstance(node.ctx, ast.Store) is store}


def _learned(function: ast.FunctionDef, loop: ast.For, asked: list[str]) -> list[str]:
    """Return what a loop finds as it begins, and changes."""
    begun = _names(function.body[: function.body.index(loop)], store=True) | set(asked)
    return sorted(_names(loop.body, store=True) & begun)


def _averaged(function: ast.FunctionDef, loop: ast.For, asked: list[str]) -> Iterator[Changed]:
    """Return the mean of what a loop has gone through, with and without the start."""
    place = function.body.index(loop)
    learned = _learned(function, loop, asked)
    if not learned:
        return
    kept = list(loop.body)
    for start in ("[]", "[{}]"):
        first = placed(ast.parse("; ".join(f"_all_{n} = {start.format(n)}" for n in learned)).body, loop)
        last = placed(ast.parse("; ".join(f"{n} = _mean_of(_all_{n})" for n in learned)).body, loop)
        loop.body = [*kept, *placed(ast.parse("; ".join(f"_all_{n} = [*_all_{n}, {n}]" for n in learned)).body, loop)]
        function.body[place : place + 1] = [*first, loop, *last]
        yield MEAN, learned
        del function.body[place + 1 + len(first) : place + 1 + len(first) + len(last)]
        del function.body[place : place + len(first)]
    loop.body = kept


def _held_in_turns(function: ast.FunctionDef, loop: ast.For, asked: list[str]) -> Iterator[Changed]:
    """Cut off what is learned at the end of each turn, one quantity or all."""
    learned, kept = _learned(function, loop, asked), list(loop.body)
    for some in [*([name] for name in learned), *([learned] if len(learned) > 1 else [])]:
        loop.body = [
            _mark("_bound"),
            *kept,
            *placed(ast.parse("; ".join(f"{n} = _held({n})" for n in some)).body, loop),
        ]
        yield HELD, []
    loop.body = kept


def _in_batches(function: ast.FunctionDef, loop: ast.For, asked: list[str]) -> Iterator[Changed]:
    """Let each turn see some of the rows: those of its turn, every other one, or all of them batch after batch."""
    if not isinstance(loop.target, ast.Name):
        return
    place, kept, turn = function.body.index(loop), list(loop.body), loop.target.id
    read = _names(loop.body, store=False)
    made = [name for name in _names(function.body[:place], store=True) if name in read]
    data = [name for name in dict.fromkeys([*asked, *sorted(made)]) if name in read and name != turn]
    if not data or (asked[0] not in data and not made):
        return
    like = asked[0]
    before = [_mark("_size"), *placed(ast.parse("; ".join(f"_whole_{n} = {n}" for n in {*data, like})).body, loop)]
    learned = _names(loop.body, store=True)
    data = [name for name in data if name not in learned]
    for helper in ("_in_turn", "_every_other"):
        taken = "; ".join(f"{n} = {helper}(_whole_{n}, _whole_{like}, {turn})" for n in data)
        loop.body = [*placed(ast.parse(taken).body, loop), *kept]
        function.body[place:place] = before
        yield BATCHES, []
        del function.body[place : place + len(before)]
    taken = "; ".join(f"{n} = _batch(_whole_{n}, _whole_{like}, _start)" for n in data)
    inner = ast.parse(f"for _start in _starts(_whole_{like}):\n    pass").body[0]
    assert isinstance(inner, ast.For)
    inner.body = [*placed(ast.parse(taken).body, loop), *kept]
    loop.body = placed([inner], loop)
    function.body[place:place] = before
    yield BATCHES, []
    del function.body[place : place + len(before)]
    loop.body = kept


def _with_a_little_more(function: ast.FunctionDef) -> Iterator[Changed]:
    """Add a small number to what one divides by, takes the logarithm of, or the root of."""
    function.body[:0] = [_mark("_tiny")]
    for node in list(ast.walk(function)):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            yield from _wrapped(node, "right", None, "_a_little_more", TINY)
    logs = [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("log", "sqrt") and node.args
    ]
    for some in [*([node] for node in logs), *([logs] if len(logs) > 1 else [])]:
        before = [node.args[0] for node in some]
        for node in some:
            put(node, "args", 0, called("_a_little_more", node.args[0]))
        yield TINY, []
        for node, first in zip(some, before, strict=True):
            node.args[0] = first
    del function.body[0]


def _rounded(function: ast.FunctionDef, asked: list[str]) -> Iterator[Changed]:
    """Round an argument, what a statement computes, or what a function of one array gives."""
    function.body[:0] = [_mark("_digits")]
    for name in asked:
        yield from _argument_changed(function, name, "_fewer_digits", ROUNDED)
    for statement in list(_statements(function)):
        if not isinstance(statement.value, ast.Tuple):
            yield from _wrapped(statement, "value", None, "_fewer_digits", ROUNDED)
    for node in list(ast.walk(function)):
        for place, one in enumerate(node.args if isinstance(node, ast.Call) else []):
            if isinstance(one, ast.Call | ast.BinOp):
                yield from _wrapped(node, "args", place, "_fewer_digits", ROUNDED)
        for field in ("left", "right", "value") if isinstance(node, ast.BinOp | ast.Attribute) else ():
            if isinstance(getattr(node, field, None), ast.Call | ast.BinOp):
                yield from _wrapped(node, field, None, "_fewer_digits", ROUNDED)
    del function.body[0]


def _planned(function: ast.FunctionDef, loop: ast.For, asked: list[str]) -> Iterator[Changed]:
    """Let a rate follow a plan from turn to turn."""
    kept, place = list(loop.body), function.body.index(loop)
    for name in [name for name in asked if name in RATES and name in _names(kept, store=False)]:
        first = placed(ast.parse(f"_turn, _whole_{name}, _turns = 0, {name}, len({ast.unparse(loop.iter)})").body, loop)
        for plan in (*PLANS, "_hyperbolic", "_warmed"):
            mark = {"_hyperbolic": "_share", "_warmed": "_size"}.get(plan)
            taken = f"{name} = _whole_{name} * {plan}(_turn, _turns); _turn = _turn + 1"
            loop.body = [*placed(ast.parse(taken).body, loop), *kept]
            before = [*([_mark(mark)] if mark else []), *first]
            function.body[place:place] = before
            yield FADING if plan in (*SHRINKING, "_hyperbolic") else PACED, [name]
            del function.body[place : place + len(before)]
    loop.body = kept


def _by_size(function: ast.FunctionDef, loop: ast.For, asked: list[str]) -> Iterator[Changed]:
    """Divide each step by the size of the slopes so far."""
    kept, place, learned = list(loop.body), function.body.index(loop), _learned(function, loop, asked)
    rates = [name for name in asked if name in RATES and name in _names(kept, store=False)]
    for rate, kind in itertools.product(rates[:1] if learned else (), ("adam", "adagrad", "rmsprop", "adam, plain")):
        begin = [_mark("_keeps"), *placed(ast.parse("; ".join(f"_state_{n} = {{}}" for n in learned)).body, loop)]
        olds = "; ".join(f"_old_{n} = {n}" for n in learned)
        steps = "; ".join(f"{n} = _old_{n} + _adapted('{kind}', _state_{n}, {n} - _old_{n}, {rate})" for n in learned)
        loop.body = [*placed(ast.parse(olds).body, loop), *kept, *placed(ast.parse(steps).body, loop)]
        function.body[place:place] = begin
        yield ADAPTED, []
        del function.body[place : place + len(begin)]
    loop.body = kept


def _as_moving_average(function: ast.FunctionDef, loop: ast.For, asked: list[str]) -> Iterator[Changed]:
    """Return a moving average of what is learned."""
    kept, place, learned = list(loop.body), function.body.index(loop), _learned(function, loop, asked)
    if not learned:
        return
    first = [_mark("_keeps"), *placed(ast.parse("; ".join(f"_average_{n} = {n}" for n in learned)).body, loop)]
    taken = "; ".join(f"_average_{n} = _moving(_average_{n}, {n})" for n in learned)
    last = placed(ast.parse("; ".join(f"{n} = _average_{n}" for n in learned)).body, loop)
    loop.body = [*kept, *placed(ast.parse(taken).body, loop)]
    function.body[place : place + 1] = [*first, loop, *last]
    yield MOVING, learned
    del function.body[place + 1 + len(first) : place + 1 + len(first) + len(last)]
    del function.body[place : place + len(first)]
    loop.body = kept
