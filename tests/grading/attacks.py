"""Submissions that a grader must survive, faulty by accident or hostile, made from the released notebook of lab 05.

Every one of them stands on the same honest work: some exercises right, one wrong, the rest blank. So both an unearned
point and a lost one show. `BASE` says what that work earns; an attack may lose what it destroys itself (`loses`), and
never earns more.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from lesson import Lesson, model_answers_of
from shortened import filled, id_of, packed

LAB = "05_conv_and_pooling"
MODEL = model_answers_of(LAB)
LESSON = Lesson(LAB)
SIZES, CONV, POOL, MATRIX = RIGHT = tuple(map(LESSON.defining, ("sizes", "conv2d", "pool2d", "conv_as_matrix")))
RULE, KERNELS, SHIFTS, LATE = map(LESSON.defining, ("conv_output_size", "kernels", "shifts", "conv2d_backward"))
WRONG = {
    RULE: "def conv_output_size(size, kernel_size, stride=1, padding=0, strict=False):\n"
    "    return (size - kernel_size + 2 * padding) // stride\n"
}
BASE = {SIZES: 5.0, CONV: 4.0, POOL: 2.0, MATRIX: 2.0}
MIDDLE = CONV  # an attack's cell stands behind this answer, before its check


@dataclass(frozen=True)
class Attack:
    """One submission.

    Parameters
    ----------
    name, kind
        How tests call it; "fault", "resource", "forge", "escape", "leak" or "format".
    make
        From the honest notebook to the bytes that are handed in; None hands in no notebook.
    files
        What else is handed in.
    loses
        Exercises whose points it destroys itself.
    unreadable
        Whether nothing can be graded, and a reason must be given.
    needs
        "fork": only promised where boxes are forked; "namespaces": only by the strict sandbox.
    """

    name: str
    kind: str
    make: Callable[[dict], bytes | None]
    files: dict[str, bytes] = field(default_factory=dict)
    loses: tuple[str, ...] = ()
    unreadable: bool = False
    needs: str = ""


ATTACKS: dict[str, Attack] = {}


def add(kind: str, name: str, make: Callable[[dict], Any], **about: Any) -> None:
    """Put an attack into the catalogue."""
    assert name not in ATTACKS
    ATTACKS[name] = Attack(name, kind, make, **about)


# --- making notebooks


def honest() -> dict:
    """Return the notebook of an honest student, without its lessons, which take long to run."""
    return filled(LAB, {name: MODEL[name] for name in RIGHT} | WRONG)


def code(source: str, **metadata: Any) -> dict:
    """Return a code cell."""
    return {"cell_type": "code", "metadata": metadata, "source": source, "outputs": [], "execution_count": None}


def place(notebook: dict, name: str) -> int:
    """Return where a cell stands."""
    return next(index for index, cell in enumerate(notebook["cells"]) if id_of(cell) == name)


def with_cell(source: str, behind: str = MIDDLE) -> Callable[[dict], bytes]:
    """Put a cell behind an answer."""

    def make(notebook: dict) -> bytes:
        notebook["cells"].insert(place(notebook, behind) + 1, code(source))
        return packed(notebook)

    return make


def with_first_cell(source: str) -> Callable[[dict], bytes]:
    """Put a cell before everything else."""

    def make(notebook: dict) -> bytes:
        notebook["cells"].insert(0, code(source))
        return packed(notebook)

    return make


def with_answers(answers: dict[str, str]) -> Callable[[dict], bytes]:
    """Write other answers, by grade_id."""

    def make(notebook: dict) -> bytes:
        for name, source in answers.items():
            notebook["cells"][place(notebook, name)]["source"] = source
        return packed(notebook)

    return make


def changed(change: Callable[[dict], Any]) -> Callable[[dict], bytes]:
    """Change the notebook in place."""

    def make(notebook: dict) -> bytes:
        change(notebook)
        return packed(notebook)

    return make


def as_bytes(content: Callable[[bytes], bytes | None] | bytes | None) -> Callable[[dict], bytes | None]:
    """Hand in other bytes."""
    return lambda notebook: content(packed(notebook)) if callable(content) else content
