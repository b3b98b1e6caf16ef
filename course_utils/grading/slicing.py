"""What a check in ordinary Python stands on: which statements of the release run beside it, which names are asked for.

Imports and functions of the release, and everything that its locked cells and earlier checks bind, are run again where
the check runs: their text is the release's own. What an open cell or an answer binds, and every class, is the student's
and lives in the student's process.
"""

import ast
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from IPython.core.inputtransformer2 import TransformerManager

from course_utils.cells import hidden_lines
from course_utils.grading.binding import BUILTINS, read_code
from course_utils.grading.job import ReleasedCell

OURS = "course_utils"
LIBRARIES = ("numpy", "pandas", "matplotlib", "scipy", "sklearn", "torch", "networkx", "sympy", "PIL", "skimage")
Kind = Literal["import", "function", "class", "other"]
Place = Literal["open", "locked", "check", "answer"]

# Where these are used a student's text or file could become code, or the check looks into a process that is not its
# own: such a check runs in the student's process.
_WORDS = (
    "exec eval compile globals locals vars __import__ import_module reload runpy run_path get_ipython pickle cPickle "
    "cloudpickle dill joblib shelve marshal read_pickle jsonpickle subprocess system popen Popen sympify parse_expr "
    "monkeypatch patch mock_open capsys gcf gca get_fignums setrecursionlimit settrace _getframe unsafe_load "
    "Loader UnsafeLoader allow_pickle"
)
NEEDS_THE_STUDENTS_PROCESS = frozenset(_WORDS.split())
REPLACED = frozenset(("input", "print", "open"))  # builtins that a check may want to put something in place of


@dataclass(frozen=True)
class Statement:
    """A statement at the top of a cell: its text, the names that it needs from outside, and those that it binds."""

    source: str
    kind: Kind
    place: Place
    uses: frozenset[str]
    binds: frozenset[str]
    changes: frozenset[str] = frozenset()  # names whose objects it changes without binding them
    star: bool = False


@dataclass(frozen=True)
class Slice:
    """What a check stands on: statements to run beside it, in order, and names to ask the student's process for.

    ``is_ours`` says whether something of this package stands behind the check, which then knows how to ask by itself.
    """

    local: tuple[Statement, ...]
    asked: tuple[str, ...]
    is_ours: bool = False


def plain_python(source: str) -> str:
    """Return a cell's text as Python, IPython's magics turned into calls."""
    return TransformerManager().transform_cell(source)


@lru_cache(maxsize=2_000)
def statements_of(source: str, place: Place) -> tuple[Statement, ...]:
    """Return the statements of a cell; none if it is no Python."""
    try:
        text = plain_python(source)
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return ()
    return tuple(_statement(node, ast.get_source_segment(text, node) or ast.unparse(node), place) for node in tree.body)


def _statement(node: ast.stmt, source: str, place: Place) -> Statement:
    kinds: list[tuple[tuple[type, ...], Kind]] = [
        ((ast.Import, ast.ImportFrom), "import"),
        ((ast.FunctionDef, ast.AsyncFunctionDef), "function"),
        ((ast.ClassDef,), "class"),
    ]
    kind: Kind = next((kind for types, kind in kinds if isinstance(node, types)), "other")
    star = isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)
    source = ast.unparse(node) if getattr(node, "decorator_list", None) else source
    code = read_code(source)
    uses, binds = frozenset(code.uses), code.binds
    if not isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr, ast.Assert)):
        uses -= binds  # a loop's own variable, say
    return Statement(source, kind, place, uses, binds, _changed_by(node), star)


def _changed_by(node: ast.stmt) -> frozenset[str]:
    """Return the names of objects that a statement assigns into, or calls a method of, for that alone.

    An assertion's method (``np.testing.assert_allclose``, ``case.assertEqual``) changes nothing.
    """
    found: list[ast.expr] = []
    if isinstance(node, (ast.Assign, ast.Delete)):
        found = [target for target in node.targets if isinstance(target, (ast.Subscript, ast.Attribute))]
    elif isinstance(node, ast.AugAssign):
        found = [node.target]
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Attribute):
        found = [] if node.value.func.attr.startswith("assert") else [node.value.func]
    return frozenset(name for target in found if (name := _root(target)))


def _root(node: ast.expr) -> str:
    while isinstance(node, (ast.Subscript, ast.Attribute)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _imports_ours(source: str) -> bool:
    for node in ast.walk(ast.parse(source)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        if any(name.split(".")[0] == OURS for name in names):
            return True
    return False


def _imports_a_library(source: str) -> bool:
    """Tell whether an import is of the standard library or of another that a student cannot have replaced."""
    node = ast.parse(source).body[0]
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
    names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
    return bool(names) and all(name.split(".")[0] in (*LIBRARIES, *sys.stdlib_module_names) for name in names)


# --- what a check stands on


def open_names(statements: Sequence[Statement]) -> set[str]:
    """Return the names that a check needs from outside: used where no statement before, or itself, has bound them."""
    bound: set[str] = set()
    found: set[str] = set()
    everything = frozenset().union(*(statement.binds for statement in statements))
    for statement in statements:
        own = everything if statement.kind in ("function", "class") else frozenset(bound)
        found |= statement.uses - own
        bound |= statement.binds
    return found


def place_of(cell: ReleasedCell) -> Place:
    """Return whose the names are that a cell of the release binds."""
    if cell["solution"]:
        return "answer"
    if cell["grade"]:
        return "check"
    return "locked" if cell["locked"] else "open"


def stand_on(check: str, before: Iterable[ReleasedCell]) -> Slice:
    """Return what a check stands on.

    Parameters
    ----------
    check
        The check's text.
    before
        The code cells of the release that stand before it.
    """
    own = statements_of(check, "check")
    wanted, local, asked = open_names(own), list[Statement](), set[str]()
    earlier = [
        statement
        for cell in before
        for statement in statements_of(shown_text(cell["source"]) if cell["grade"] else cell["source"], place_of(cell))
    ]
    for statement in reversed(earlier):
        if statement.star and statement.place != "answer":
            local.insert(0, statement)
        elif statement.binds & wanted:
            if _is_the_students(statement):
                asked |= statement.binds & wanted
                wanted -= statement.binds
            else:
                local.insert(0, statement)
                wanted = (wanted - statement.binds) | statement.uses
        elif statement.changes & wanted and statement.place in ("locked", "check"):
            local.insert(0, statement)
            wanted |= statement.uses
    rest = {name for name in wanted if name not in BUILTINS}
    return Slice(tuple(local), tuple(sorted(asked | rest)), _leads_to_ours(own, earlier))


def _leads_to_ours(own: Sequence[Statement], earlier: Sequence[Statement]) -> bool:
    """Tell whether a check imports from this package, or uses a name of the release that leads to such an import."""
    wanted = open_names(own)
    found = [statement for statement in own if statement.kind == "import"]
    for statement in reversed(earlier):
        if statement.place != "answer" and statement.binds & wanted:
            found.append(statement)
            wanted |= statement.uses
    return any(_imports_ours(statement.source) for statement in found)


def _is_the_students(statement: Statement) -> bool:
    if statement.place == "answer":
        return statement.kind != "import" or not _imports_a_library(statement.source)
    if statement.kind == "class":
        return statement.place != "check"
    return statement.kind == "other" and statement.place == "open"


def run_anyway(statements: Iterable[Statement]) -> str:
    """Return statements of earlier checks as a text of which each runs, whatever became of the one before.

    In a notebook, too, a check that fails keeps no later one from running.
    """
    return "\n".join(
        statement.source
        if statement.kind != "other"
        else f"try:\n    exec({statement.source!r}, globals())\nexcept Exception:\n    pass"
        for statement in statements
    )


def shown_text(source: str) -> str:
    """Return a check's text as students see it."""
    hidden = hidden_lines(source)
    return "\n".join(line for number, line in enumerate(source.split("\n"), start=1) if number not in hidden)


def code_before(cells: Sequence[ReleasedCell], check: str) -> list[ReleasedCell]:
    """Return the code cells that stand before a check."""
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    place = next((index for index, cell in enumerate(code) if cell["grade_id"] == check), len(code))
    return code[:place]


def why_inside(check: str, slice_: Slice) -> str:
    """Return why a check can only run in the student's process, "" if it can run outside.

    That is decided by its text alone, so that nothing a student hands in changes it.
    """
    try:
        trees = [ast.parse(text) for text in (check, *(statement.source for statement in slice_.local))]
    except (SyntaxError, ValueError):
        return "it uses a magic of IPython's, or is no Python"
    for node in (node for tree in trees for node in ast.walk(tree)):
        name = _name_at(node)
        if name in NEEDS_THE_STUDENTS_PROCESS:
            return f"it uses {name}"
        if isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Store) and name in REPLACED:
            return f"it puts something in the place of {name}"
        if isinstance(node, (ast.Global, ast.Nonlocal)) and isinstance(node, ast.Global):
            return "it binds a global name in a function"
    return ""


_MEMORY = "id shares_memory may_share_memory flags strides data_ptr getsizeof getrefcount is_contiguous"
OF_MEMORY = frozenset(_MEMORY.split())


def asks_for_the_same(check: str, slice_: Slice) -> bool:
    """Tell whether a check asks if two objects are the same one, or have the same memory."""
    for text in (check, *(statement.source for statement in slice_.local)):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.Name, ast.Attribute)) and _name_at(node) in OF_MEMORY:
                return True
            if isinstance(node, ast.Compare) and any(isinstance(one, (ast.Is, ast.IsNot)) for one in node.ops):
                sides = (node.left, *node.comparators)
                if not any(isinstance(side, ast.Constant) for side in sides):
                    return True
    return False


def _name_at(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.keyword):
        return node.arg or ""
    if isinstance(node, ast.alias):
        return node.name.split(".")[0] if node.name.split(".")[0] in NEEDS_THE_STUDENTS_PROCESS else node.name
    return ""


def shared_statements(check: str, later: Iterable[str]) -> str:
    """Return what a check binds, in the text that students see, and a later cell of theirs uses: to be run for them.

    Parameters
    ----------
    check
        The check's text as students see it.
    later
        The texts of the cells that run after it.
    """
    statements = [one for one in statements_of(check, "check") if (one.binds and one.kind != "other") or _simple(one)]
    if not statements:
        return ""
    used = frozenset().union(*(statement.uses for text in later for statement in statements_of(text, "open")))
    wanted = used & frozenset().union(*(statement.binds for statement in statements))
    kept: list[Statement] = []
    for statement in reversed(statements):
        if statement.binds & wanted or statement.changes & wanted:
            kept.insert(0, statement)
            wanted |= statement.uses
    return "\n".join(statement.source for statement in kept)


def _simple(statement: Statement) -> bool:
    return bool(statement.binds) and statement.kind == "other"
