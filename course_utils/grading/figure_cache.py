"""The figure cache: pictures that are the same in every student's notebook are drawn once, and put in their place.

Most of the time that a lesson takes goes into drawing its figures, and most figures do not depend on anything that a
student wrote. When it was made, the cache left a fifth of what a submission of lab 05 took. Such a figure is found by
looking at the release: a cell's last statement, ``figures.show(…)`` or ``widgets.explore_…(…)`` on whatever the first
cell calls them, in which no name can hold a student's work, the student's number, or a random draw. Where a student
left that cell and all that it stands on as they were, and touches none of its names elsewhere, the statement is not run
again. No check looks at a picture, so no verdict depends on any of this.

What stands before the picture in its cell, or a whole cell without one, is not run again either where it is as much the
same for everybody, only computes and prints with functions of this package's labs, and binds nothing that is used in
any other cell: its outputs are taken from the release as well.

Three things help to find more of them. What stands behind ``if lab.….is_written(…)`` is not run in grading. An argument
whose name starts with ``your_`` is an object of the learner's that the picture does not show; only somebody who moves a
slider asks it. And what a cell draws at random after ``seed_everything(0)``, before the picture, is the same for
everybody.
"""

import ast
import builtins
import symtable
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import TypeGuard

import msgpack

from course_utils.grading.alignment import Step
from course_utils.grading.job import Output, ReleasedCell
from course_utils.grading.shell import Shell
from course_utils.grading.slicing import open_names, plain_python, statements_of

STUDENT_ID = "student_id"
PAINT_SECONDS = 60
BUILTINS = frozenset(dir(builtins))
DRAWS = "rand randn randint randperm random normal uniform choice shuffle permutation bernoulli multinomial"
RANDOM = frozenset([*DRAWS.split(), "seed", "manual_seed", "seed_everything", "nn", "dropout", "init", "time"])
WORKAROUNDS = "globals locals vars setattr delattr exec eval __import__ builtins"
SEEDS = "seed_everything"
OURS = "course_utils"  # where the functions that draw come from
LABS = (f"{OURS}.labs", f"{OURS}.data")  # whose functions return something, and change nothing
ASKED = "print len range zip enumerate dict list tuple set sorted sum min max abs round float int str map any all"
ASKED_OF_OBJECTS = ("items", "keys", "values", "format", "join")
KEEPS = ("save", "keep", "write", "set")  # begins the name of a function that does more than return something
STATEMENTS = (ast.Assign, ast.Expr, ast.For, ast.If)
MOST_READ = 300  # cells whose names are kept
LEARNERS = "your_"  # begins the name of an argument that a picture does not show
REACHED = "reload modules rcParams style patch get_ipython __dict__ __setattr__ import_module __builtins__"
WAYS_ROUND = frozenset(REACHED.split())  # as attributes, in imports and as names
NAMED_WAYS_ROUND = WAYS_ROUND.union(WORKAROUNDS.split())  # as names alone: ``model.eval()`` is none


@dataclass(frozen=True)
class CachedFigure:
    """A picture of the release that is the same for everybody.

    Parameters
    ----------
    cell
        Index of its cell in the release.
    rest
        What of the cell is still to be run; often nothing.
    picture
        The statements that show it: the last of the cell.
    needs
        Indexes of the cells that it stands on.
    names
        All names that it stands on, but for those of the first cell.
    outputs
        What the statements show, once they were run.
    binds
        What the rest binds, if it need not be run where a student names nothing of that; None if it is to be run.
    printed
        What the rest prints, if it need not be run.
    """

    cell: int
    rest: str
    picture: str
    needs: frozenset[int]
    names: frozenset[str]
    outputs: tuple[Output, ...] = ()
    binds: frozenset[str] | None = None
    printed: tuple[Output, ...] = ()


# --- in the release -------------------------------------------------------------------------------


def find_figures(cells: list[ReleasedCell]) -> list[CachedFigure]:
    """Return the pictures of a release (:attr:`Bundle.cells`) that are the same for everybody."""
    return _Finder(cells).find()


class _Finder:
    def __init__(self, cells: list[ReleasedCell]) -> None:
        self.cells = cells
        self.modules: set[str] = set()  # bound by the first cell
        self.dirty = {STUDENT_ID}  # may depend on the student, or on chance
        self.seeded = False  # whether this cell's draws are the same for everybody
        self.made_in: dict[str, set[int]] = {}  # name -> cells that it stands on
        self.stands_on: dict[str, set[str]] = {}  # name -> names
        self.plain: set[str] = set()  # functions of which the first cell says that they change nothing
        self.read_by = [_read(cell["source"]) if cell["cell_type"] == "code" else set() for cell in cells]

    def find(self) -> list[CachedFigure]:
        found = []
        for index, cell in enumerate(self.cells):
            tree = _parsed(cell["source"]) if cell["cell_type"] == "code" else None
            if tree is None:
                continue
            if not self.modules and not cell["solution"]:
                self.modules, self.plain = _bound(tree), {*ASKED.split(), *_from_labs(tree)}
            elif cell["grade_id"]:  # an answer, or a locked cell that may ask for the student's number
                self.dirty |= _bound(tree)
            else:
                found += self._look_at(index, cell["source"], tree)
        return found

    def _look_at(self, index: int, source: str, tree: ast.Module) -> list[CachedFigure]:
        """Return the figure of a cell, if its last statements are pictures of that kind."""
        body = _run_in_grading(tree.body)
        is_picture = [_is_picture(statement, self.modules) for statement in body]
        first = next((i for i in range(len(body)) if all(is_picture[i:])), len(body))
        binds = self._needless(index, body[:first])
        self.seeded = False
        for statement in body[:first]:
            self._take(index, statement)
            self.seeded = self.seeded or _sets_a_seed(statement)
        self.seeded = False  # what a picture draws at random would be missing from what comes after it
        figure = self._figure(index, source, body[first:], binds)
        for statement in body[first:]:
            self._take(index, statement)
        return [figure] if figure else []

    def _take(self, index: int, statement: ast.stmt) -> None:
        """Note what a statement binds or may change, and whether that depends on the student or on chance."""
        if isinstance(statement, ast.Assign) and all(isinstance(target, ast.Name) for target in statement.targets):
            fresh = _bound(statement) - _names(statement.value) - {STUDENT_ID}
            self.dirty -= fresh  # new objects, whatever the names stood for before
            self.made_in |= {name: set() for name in fresh}
            self.stands_on |= {name: set() for name in fresh}
        names = self._used(statement)
        if self._depends(statement):
            self.dirty |= names | _bound(statement)
        for name in _bound(statement) | names:
            self.made_in.setdefault(name, set()).add(index)
            self.stands_on.setdefault(name, set()).update(names)

    def _depends(self, statement: ast.stmt) -> bool:
        if not self.seeded and _words(statement) & RANDOM:
            return True
        return bool(self._closure(self._used(statement)) & self.dirty)

    def _used(self, statement: ast.stmt) -> frozenset[str]:
        return _outer_names(ast.unparse(statement)) - self.modules - BUILTINS

    def _closure(self, names: Iterable[str]) -> set[str]:
        """Return names with all that they stand on."""
        found: set[str] = set()
        open_ones = set(names)
        while open_ones:
            name = open_ones.pop()
            if name not in found:
                found.add(name)
                open_ones |= self.stands_on.get(name, set())
        return found

    def _needless(self, index: int, statements: list[ast.stmt]) -> frozenset[str] | None:
        """Return what statements at the beginning of a cell bind that need not be run for each; None if they must be.

        They must where they may depend on the student or on chance, may change something, or are used elsewhere.
        """
        if any(self._depends(one) or _words(one) & RANDOM or not self._only_shows(one) for one in statements):
            return None
        binds = frozenset().union(*map(_bound, statements))
        elsewhere = set().union(*(read for place, read in enumerate(self.read_by) if place != index))
        return None if not statements or binds & elsewhere else binds

    def _only_shows(self, statement: ast.stmt) -> bool:
        """Tell whether a statement only computes and prints, and leaves nothing but names of its own."""
        nodes = list(ast.walk(statement))
        kinds = all(isinstance(node, STATEMENTS) for node in nodes if isinstance(node, ast.stmt))
        stored = [node for node in nodes if isinstance(getattr(node, "ctx", None), ast.Store)]
        plain = all(isinstance(node, (ast.Name, ast.Tuple, ast.List)) for node in stored)
        return kinds and plain and all(map(self._is_plain, (node for node in nodes if isinstance(node, ast.Call))))

    def _is_plain(self, call: ast.Call) -> bool:
        match call.func:
            case ast.Name(name):
                return name in self.plain
            case ast.Attribute(_, method):
                return method in ASKED_OF_OBJECTS
        return False

    def _figure(
        self, index: int, source: str, pictures: list[ast.stmt], binds: frozenset[str] | None
    ) -> CachedFigure | None:
        shown = [_as_shown(picture) for picture in pictures]
        if (
            any(map(self._depends, shown))
            or not (pictures or binds is not None)
            or (pictures and pictures[0].col_offset)
        ):
            return None
        names = self._closure({name for one in shown for name in self._used(one)})
        rest = source if not pictures else "\n".join(source.splitlines()[: pictures[0].lineno - 1]).strip()
        if binds is not None:
            names |= self._closure(_outer_names(rest) - self.modules - BUILTINS)
        needs = {cell for name in names for cell in self.made_in.get(name, ())} - {index}
        picture = "\n".join(map(ast.unparse, shown))
        return CachedFigure(index, rest, picture, frozenset(needs), frozenset(names), binds=binds)


def _read(source: str) -> set[str]:
    """Return the names that a cell takes from outside."""
    return open_names(statements_of(source, "open"))


def _from_labs(imports: ast.Module) -> set[str]:
    """Return the functions that the first cell imports from this package's labs and data."""
    nodes = [node for node in imports.body if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(LABS)]
    names = [alias for node in nodes for alias in node.names if not alias.name.startswith(KEEPS)]
    return {alias.asname or alias.name for alias in names}


@lru_cache(MOST_READ)
def _parsed(source: str) -> ast.Module | None:
    """Return the tree of a piece of code, which nobody changes; None if it is no Python."""
    try:
        symtable.symtable(source, "<cell>", "exec")  # finds faults that the grammar alone does not
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _run_in_grading(statements: list[ast.stmt]) -> list[ast.stmt]:
    """Return statements without what a lesson shows with an answer once that is written: in grading none is."""
    found: list[ast.stmt] = []
    for statement in statements:
        match statement:
            case ast.If(ast.Call(ast.Attribute(attr="is_written"))):
                found += _run_in_grading(statement.orelse)
            case _:
                found.append(statement)
    return found


def _is_picture(statement: ast.stmt, modules: set[str]) -> bool:
    """Tell whether a statement is ``module.show(figure, …)`` or ``module.explore_…(…)``."""
    match statement:
        case ast.Expr(ast.Call(ast.Attribute(ast.Name(module), function), arguments)) if module in modules:
            return function.startswith("explore_") or (function == "show" and bool(arguments))
    return False


def _as_shown(picture: ast.stmt) -> ast.stmt:
    """Return a picture's statement without the learner's objects that it does not show."""
    assert isinstance(picture, ast.Expr)
    assert isinstance(picture.value, ast.Call)
    call = picture.value
    kept = [
        one for one in call.keywords if not (one.arg or "").startswith(LEARNERS) or not isinstance(one.value, ast.Name)
    ]
    return ast.Expr(ast.Call(call.func, call.args, kept))


def _sets_a_seed(statement: ast.stmt) -> bool:
    """Tell whether a statement is ``seed_everything(0)``, with a number."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.func.id != SEEDS:
        return False
    return len(call.args) == 1 and isinstance(call.args[0], ast.Constant)


def _names(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


@lru_cache(MOST_READ)
def _outer_names(source: str) -> frozenset[str]:
    """Return the names of a piece of code that are not local to a function in it."""
    tables = [symtable.symtable(source, "<cell>", "exec")]
    found = set(tables[0].get_identifiers())
    while tables:
        table = tables.pop()
        found |= {symbol.get_name() for symbol in table.get_symbols() if symbol.is_global()}
        tables += table.get_children()
    return frozenset(found)


def _draws_with_a_seed(node: ast.AST) -> TypeGuard[ast.Call]:
    match node:
        case ast.Call(ast.Attribute(ast.Call(ast.Attribute(attr="default_rng"), [ast.Constant(int())], []))):
            return True
    return False


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _words(tree: ast.AST) -> set[str]:
    """Return all names and attributes in a piece of code; of ``nn.functional.relu`` not the module ``nn``.

    Nor those of a draw whose own seed is a number: ``np.random.default_rng(0).normal(…)``.
    """
    seeded = {id(part) for node in ast.walk(tree) if _draws_with_a_seed(node) for part in ast.walk(node.func)}
    nodes = [node for node in ast.walk(tree) if id(node) not in seeded]
    attributes = [node for node in nodes if isinstance(node, ast.Attribute)]
    functional = {id(one.value) for one in attributes if one.attr == "functional" and _is_name(one.value, "nn")}
    names = {node.id for node in nodes if isinstance(node, ast.Name) and id(node) not in functional}
    return names | {one.attr for one in attributes}


@lru_cache(MOST_READ)
def _nodes(tree: ast.AST) -> tuple[ast.AST, ...]:
    """Return all that a piece of code consists of."""
    return tuple(ast.walk(tree))


def _bound(tree: ast.AST) -> set[str]:
    """Return all names that are bound anywhere in a piece of code."""
    found = set()
    for node in _nodes(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, (ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load):
            found |= _names(node.value)
    return found


# --- painting -------------------------------------------------------------------------------------


def share(packed: bytes) -> tuple[int, int]:
    """Return which share of the pictures is to be drawn, and how many shares there are."""
    part, parts = msgpack.unpackb(packed)
    return part, parts


def paint(cells: list[ReleasedCell], shell: Shell, part: int = 0, parts: int = 1) -> bytes:
    """Draw the pictures of a release, or a share of them, for :func:`unpack`.

    Runs the release's own text, and nobody else's. Where notebooks do not use this package nothing is drawn: what
    another one calls ``show`` may show what was drawn before.
    """
    ours = any(cell["cell_type"] == "code" and OURS in cell["source"] for cell in cells)
    figures = {figure.cell: figure for figure in find_figures(cells)[part::parts]} if ours else {}
    if not figures:
        nothing: bytes = msgpack.packb([])
        return nothing
    packed: bytes = msgpack.packb([asdict(figure) for figure in _drawn(cells, figures, shell)], default=list)
    return packed


def _drawn(cells: list[ReleasedCell], figures: dict[int, CachedFigure], shell: Shell) -> list[CachedFigure]:
    """Run the cells that pictures stand on, and return the pictures that could be drawn."""
    wanted = set().union(*(figure.needs | {figure.cell} for figure in figures.values()))
    first = next(index for index, cell in enumerate(cells) if cell["cell_type"] == "code")
    drawn = []
    for index in sorted(wanted | {first}):
        figure = figures.get(index)
        status, printed = shell.run(figure.rest if figure else cells[index]["source"], PAINT_SECONDS)
        if figure and (status == "ok" or not _stands_on_the_rest(figure)):
            drawn += _shown(figure, shell, tuple(printed) if status == "ok" else None)
    return drawn


def _shown(figure: CachedFigure, shell: Shell, printed: tuple[Output, ...] | None) -> list[CachedFigure]:
    """Show a picture, and return it with its outputs in a list; an empty one if there is nothing to be had of it."""
    status, outputs = shell.run(figure.picture, PAINT_SECONDS) if figure.picture else ("ok", [])
    needless = figure.binds is not None and printed is not None
    if status != "ok" or not (outputs or (needless and not figure.picture)):
        return []
    binds = figure.binds if needless else None
    return [replace(figure, outputs=tuple(outputs), binds=binds, printed=printed or () if needless else ())]


def _stands_on_the_rest(figure: CachedFigure) -> bool:
    """Tell whether a picture has a name in common with the rest of its cell.

    The rest may speak of answers (``mine = conv2d if …``), which are not there while a release's pictures are drawn.
    """
    return bool(_outer_names(figure.rest) & figure.names)


def unpack(drawn: bytes) -> list[CachedFigure]:
    """Return what :func:`paint` drew."""
    figures = [CachedFigure(**figure) for figure in msgpack.unpackb(drawn)]
    return [_with_sets(figure) for figure in figures]


def _with_sets(figure: CachedFigure) -> CachedFigure:
    binds = None if figure.binds is None else frozenset(figure.binds)
    return replace(figure, needs=frozenset(figure.needs), names=frozenset(figure.names), binds=binds)


# --- in a submission ------------------------------------------------------------------------------


def usable(cells: list[ReleasedCell], steps: list[Step], drawn: list[CachedFigure]) -> dict[int, CachedFigure]:
    """Return which steps of a submission need not draw their picture again: figures by index of the step.

    Where nothing of a step need be run, its figure's rest is empty.

    Parameters
    ----------
    cells
        Of the release.
    steps
        The submission, aligned with it.
    drawn
        The pictures of the release.
    """
    if not drawn:
        return {}
    place = _places(cells, steps)
    figures = {figure.cell: figure for figure in drawn}
    modules = _bound(
        _parsed(next(cell["source"] for cell in cells if cell["cell_type"] == "code")) or ast.Module([], [])
    )
    found: dict[int, CachedFigure] = {}
    seen: set[int] = set()
    touched: set[str] = set()
    named = _named(step for number, step in enumerate(steps) if number not in place)
    for number, step in enumerate(steps):
        if number in place:
            figure = figures.get(place[number])
            if figure and figure.needs <= seen and not figure.names & touched:
                found |= _as_needed(number, figure, named)
            if seen and place[number] < max(seen):  # moved: what it stands on may have been run since
                return found
            seen.add(place[number])
        elif step.kind in ("answer", "extra"):
            own = _touched(step.source)
            if own is None or _rebound(step.source) & modules:
                return found
            touched |= own
    return found


def _named(steps: Iterable[Step]) -> set[str] | None:
    """Return the names that a student's own cells take from outside, wherever they stand; None if that is not known."""
    named: set[str] = set()
    for step in steps:
        if step.kind in ("answer", "extra"):
            own = _touched(step.source)
            if own is None:
                return None
            named |= own
    return named


def _as_needed(number: int, figure: CachedFigure, named: set[str] | None) -> dict[int, CachedFigure]:
    """Return a step's figure, with no rest where that need not be run; nothing where all of the step is to be run."""
    if figure.binds is None or named is None or figure.binds & named:
        return {number: figure} if figure.picture else {}
    return {number: replace(figure, rest="", outputs=figure.printed + figure.outputs)}


@lru_cache(MOST_READ)
def _touched(source: str) -> frozenset[str] | None:
    """Return the names outside it that a student's cell may change; None if that cannot be known."""
    try:
        ast.parse(source := plain_python(source))
    except SyntaxError:
        return frozenset()  # nothing of it is run
    except (ValueError, RecursionError, MemoryError):
        return None
    tree = _parsed(source)
    if tree is None:
        return None
    outer = _outer_names(source)
    return None if outer & NAMED_WAYS_ROUND or _reached(tree) & WAYS_ROUND else frozenset(outer)


def _rebound(source: str) -> set[str]:
    """Return the names outside it that a cell binds, or an attribute of which it sets; none if nothing of it is run."""
    tree = _parsed(source)
    return set() if tree is None else _bound(tree) & _outer_names(source)


def _reached(tree: ast.AST) -> set[str]:
    """Return what a piece of code reaches as an attribute, and all words of its imports."""
    attributes = {node.attr for node in _nodes(tree) if isinstance(node, ast.Attribute)}
    imports = [node for node in _nodes(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
    named = [name for node in imports for alias in node.names for name in (alias.name, getattr(node, "module", ""))]
    return attributes | {word for name in named for word in (name or "").split(".")}


def _places(cells: list[ReleasedCell], steps: list[Step]) -> dict[int, int]:
    """Return which steps are ordinary cells of the release, word for word: index of the cell by index of the step."""
    ordinary = [
        (i, cell["source"]) for i, cell in enumerate(cells) if cell["cell_type"] == "code" and not cell["grade_id"]
    ]
    texts = [source.strip() for _, source in ordinary]
    index_of = {source.strip(): index for index, source in ordinary if texts.count(source.strip()) == 1}
    found: dict[int, int] = {}
    for number, step in enumerate(steps):
        index = index_of.get(step.source.strip()) if step.kind == "extra" else None
        if index is not None and index not in found.values():
            found[number] = index
    return found
