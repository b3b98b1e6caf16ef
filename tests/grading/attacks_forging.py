"""Forging: submissions that want points for nothing."""

import json
from typing import Any

from attacks import (
    BASE,
    KERNELS,
    LAB,
    LESSON,
    MATRIX,
    SHIFTS,
    add,
    changed,
    code,
    place,
    with_answers,
    with_cell,
    with_first_cell,
)
from shortened import id_of, whole

from course_utils.labs.conv_and_pooling import EXERCISES

EVERYTHING = tuple(BASE)  # who breaks their own tools may lose all points

# --- the notebook itself


def each_check(notebook: dict, change: Any) -> None:
    """Do something with every check cell."""
    for cell in notebook["cells"]:
        if id_of(cell).endswith("-check"):
            change(cell)


def settings(cell: dict, **values: Any) -> None:
    """Change nbgrader's settings of a cell."""
    cell["metadata"]["nbgrader"] |= values


def without_checks(notebook: dict) -> None:
    notebook["cells"] = [cell for cell in notebook["cells"] if not id_of(cell).endswith("-check")]


def doubled(notebook: dict) -> None:
    notebook["cells"] += json.loads(json.dumps([c for c in notebook["cells"] if id_of(c).endswith("-check")]))
    for cell in notebook["cells"][-12:]:
        cell["source"] = "10.0"


def swapped(notebook: dict) -> None:
    names = [LESSON.check_of("sizes"), LESSON.check_of("kernels")]
    first, second = (notebook["cells"][place(notebook, name)]["metadata"]["nbgrader"] for name in names)
    first["grade_id"], second["grade_id"] = names[1], names[0]


PASSED = [{"output_type": "stream", "name": "stdout", "text": "Correct.\n"}]
FULL = [{"output_type": "execute_result", "data": {"text/plain": "100.0"}, "metadata": {}, "execution_count": 1}]
EDITS = {
    "checks deleted": without_checks,
    "checks emptied": lambda nb: each_check(nb, lambda cell: cell.update(source="pass")),
    "checks replaced by points": lambda nb: each_check(nb, lambda cell: cell.update(source="100.0")),
    "checks doubled": doubled,
    "checks swapped": swapped,
    "points changed": lambda nb: each_check(nb, lambda cell: settings(cell, points=1000)),
    "checks no longer graded": lambda nb: each_check(nb, lambda cell: settings(cell, grade=False)),
    "checks as answers": lambda nb: each_check(nb, lambda cell: settings(cell, solution=True, locked=False)),
    "checks as text": lambda nb: each_check(nb, lambda cell: cell.update(cell_type="markdown")),
    "checks that are skipped": lambda nb: each_check(nb, lambda cell: cell["metadata"].update(tags=["skip-execution"])),
    "outputs already there": lambda nb: each_check(nb, lambda cell: cell.update(outputs=PASSED)),
    "points already there": lambda nb: each_check(nb, lambda cell: cell.update(outputs=FULL)),
    "other checksums": lambda nb: each_check(nb, lambda cell: settings(cell, checksum="0" * 32)),
    "a check of one's own": lambda nb: nb["cells"].append(
        code("100.0", nbgrader={"grade": True, "grade_id": "mine", "points": 100, "locked": False, "solution": False})
    ),
}
for name, edit in EDITS.items():
    add("forge", name, changed(edit))

# --- libraries, checks and the shell

PATCHES = {
    "close is always true": (
        "import numpy as np, torch\nfor where in (np, torch):\n    for name in ('allclose', 'isclose', 'array_equal', 'equal'):\n"
        "        setattr(where, name, lambda *a, **k: True)"
    ),
    "checks that say yes": (
        "from course_utils.judging.exercise import Exercise, Implementation\nfor kind in (Exercise, Implementation):\n"
        "    for name in ('check', 'check_hidden'):\n        setattr(kind, name, lambda *a, **k: print('Correct.'))"
    ),
    "failures that do not fail": (
        "from course_utils.judging.protocol import verdicts\nverdicts.CheckFailed.__init__ = lambda *a, **k: None\n"
        "verdicts.Credit.__new__ = lambda cls, *a, **k: float.__new__(cls, 100)"
    ),
    "a module of one's own": (
        "import sys, types\nfake = types.ModuleType('course_utils.labs.conv_and_pooling')\n"
        "fake.__getattr__ = lambda name: lambda *a, **k: None\nsys.modules[fake.__name__] = fake\n"
        "import course_utils.labs\ncourse_utils.labs.conv_and_pooling = fake"
    ),
    "a file of one's own": (
        "import os\nos.makedirs('course_utils/labs', exist_ok=True)\nopen('course_utils/__init__.py', 'w').close()\n"
        "open('course_utils/labs/__init__.py', 'w').write('def __getattr__(name): return lambda *a: None')"
    ),
    "a display hook": "import sys\nsys.displayhook = lambda value: None\nget_ipython().display_formatter = None",
    "a transformer": (
        "import ast\nclass Pass(ast.NodeTransformer):\n    def visit_Expr(self, node):\n        return ast.Pass()\n"
        "get_ipython().ast_transformers.append(Pass())"
    ),
    "an input transformer": "get_ipython().input_transformers_cleanup.append(lambda lines: ['100.0'])",
    "a quiet traceback": "get_ipython().showtraceback = lambda *a, **k: None",
    "another run_cell": "type(get_ipython()).run_cell = lambda self, *a, **k: None",
    "an exception hook": "get_ipython().set_custom_exc((BaseException,), lambda *a, **k: None)",
    "a hook after every cell": "get_ipython().events.register('post_run_cell', lambda result: print('Correct.'))",
    "points shown in the output": (
        "from IPython.display import display\n"
        "display({'text/plain': '100.0'}, raw=True, metadata={'course': {'codes': [], 'points': 100}})\n100.0"
    ),
    "builtins that agree": "import builtins\nbuiltins.isinstance = lambda *a: True\nbuiltins.abs = lambda x: 0",
}
for name, source in PATCHES.items():
    add("forge", name, with_cell(source), loses=EVERYTHING)
    add("forge", f"{name}, first of all", with_first_cell(source), loses=EVERYTHING)

# --- answers that are more than data

REFERENCE = next(exercise.__module__ for exercise in EXERCISES if exercise.id == MATRIX)

AGREES = """class Agrees(%s):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 0
    def __le__(self, other): return True
    __lt__ = __ge__ = __gt__ = __contains__ = __le__
    def __bool__(self): return True
    def __getattr__(self, name): return self
    def __getitem__(self, key): return self
    def __call__(self, *a, **k): return self
    def __iter__(self): return iter([])
    def __len__(self): return 5
    def __array__(self, *a, **k):
        import numpy as np
        return np.zeros(1)
"""
for base, value in {"": "", "dict": "a=1", "int": "3", "float": "2.0", "str": "'x'", "list": "[1]"}.items():
    source = AGREES % base + f"shifts = counts = modes = up = kernels = by_hand = Agrees({value})\n"
    inner = (
        AGREES % base + f"shifts = dict.fromkeys(['equivariant', 'invariant', 'neither', 'exactly'], Agrees({value}))\n"
    )
    add("forge", f"a {base or 'thing'} that equals everything", with_answers({SHIFTS: source}))
    add("forge", f"a {base or 'thing'} inside that equals everything", with_answers({SHIFTS: inner}))
add(
    "forge",
    "points as an answer",
    with_answers({SHIFTS: "from course_utils.judging.protocol.verdicts import Credit\nshifts = Credit(1)"}),
)
add(
    "forge",
    "a function that is right by name",
    with_answers({KERNELS: "kernels = __import__('torch').nn.functional"}),
)
add(
    "forge",
    "the reference itself",
    with_answers({MATRIX: f"from {REFERENCE} import torch_matrix as conv_as_matrix"}),
    loses=(MATRIX,),
)

# --- the wire

STUDENT = """import gc, os, socket, struct, sys
import msgpack
student = next(one for one in gc.get_objects() if type(one).__name__ == 'Student')
channel = student.channel
def frame(document):
    body = msgpack.packb(document)
    return struct.pack('>I', len(body)) + body
"""
RIGHT_WORDS = "{'dict': [['answer', 28], ['changed', False]]}"
WIRE = {
    "an answer before the question": f"channel.sock.sendall(frame(['value', {RIGHT_WORDS}]) * 50)",
    "a verdict on the wire": "channel.sock.sendall(frame(['graded', {'points': 100}]))",
    "half a frame": "channel.sock.sendall(struct.pack('>I', 1000) + b'x')",
    "a frame that is too long": "channel.sock.sendall(struct.pack('>I', 2**32 - 1))",
    "noise on the wire": "channel.sock.sendall(os.urandom(100000))",
    "a frame without end": "channel.sock.setblocking(False)\ntry:\n    while True:\n        channel.sock.send(b'\\0' * 10**6)\nexcept OSError:\n    channel.sock.setblocking(True)",
    "a deep document": "channel.sock.sendall(struct.pack('>I', 10**6) + b'\\x91' * 10**6)",
    "a large claim": "channel.sock.sendall(struct.pack('>I', 5) + b'\\xdd\\xff\\xff\\xff\\xff')",
    "another answer to every question": (
        f"student.do_perform = lambda *a: ['value', {RIGHT_WORDS}]\nstudent.do_get = lambda name: ['value', 28]"
    ),
    "another answer of the class": (
        f"type(student).do_perform = lambda *a: ['value', {RIGHT_WORDS}]\n"
        "type(student).do_get = lambda *a: ['value', {'handle': [0, 'function', 'f', True]}]"
    ),
    "handles everywhere": "type(student).do_get = lambda *a: ['value', {'handle': [-1, 'x' * 10**6, '\\n' * 1000, True]}]",
    "replies of other types": "type(student)._reply = lambda *a: {'ok': True}",
    "no reply at all": "type(student)._reply = lambda *a: None",
    "a copy that is none": "type(student).do_fork = lambda self: ['forked']",
    "a copy that answers twice": (
        "def do_fork(self):\n    from course_utils.grading.channel import take, Channel\n    other = take(self.channel.sock)\n"
        "    if os.fork():\n        Channel(other).send(['here'])\n        return ['forked']\n    return ['here']\n"
        "type(student).do_fork = do_fork"
    ),
    "copies that never come": "type(student).do_fork = lambda self: __import__('time').sleep(1000)",
    "another channel": "student.channel = None",
    "outcomes that are odd": (
        "type(student).do_perform = lambda *a: ['value', {'dict': [['answer', {'dict': []}], ['changed', {'list': []}]]}]"
    ),
    "another codec": "import course_utils.grading.codec as codec\ncodec.pack = lambda value, keep=None: 28",
    "another perform": (
        "from course_utils.judging.protocol import calling\ncalling.perform = lambda *a: {'answer': 28, 'changed': False}"
    ),
}
for name, source in WIRE.items():
    add("forge", name, with_cell(STUDENT + source), loses=EVERYTHING)


def other_lab(notebook: dict) -> None:
    """Hand in cells with grade_ids that the lab does not know."""
    for cell in whole(LAB)["cells"]:
        if id_of(cell):
            settings(cell, grade_id=f"other-{id_of(cell)}", points=50)
            notebook["cells"].append(cell)


add("forge", "cells of another lab", changed(other_lab))
