"""What nbgrader makes of the check cells: the master's own, executed in a real kernel, scored by nbgrader's own rule.

A right answer earns all and a wrong one nothing even there, as in JupyterLab's *Validate*. What is right in part is a
share, which our own grader multiplies by the cell's points; nbgrader takes it for points, never for more than it is.
The stock traps at the end are the reason why checks speak as they do (see course_utils/judging/protocol/verdicts.py).
"""

import nbformat
import pytest
from lesson import Lesson, master_of
from nbclient import NotebookClient
from nbgrader.utils import determine_grade

lesson = Lesson("05_conv_and_pooling")

pytestmark = pytest.mark.slow

SIZES = "sizes = {'a': %s, 'b': %s, 'c': %s, 'd': %s, 'e': %s}"
ROW = "{'size': %s, 'units': %s}"
RIGHT_ROWS = (
    *(ROW % (n, n * n) for n in (5, 3, 7)),
    "{'size': 2, 'units': 4, 'leftover': 1}",
    ROW % (32, 1024),
)
UNTOUCHED_ROW = "{'size': None, 'units': None}"
ALL_EQUAL = """
class AllEqual:
    def __eq__(self, other):
        return True
    def __hash__(self):
        return 0
"""


def model(name: str) -> str:
    """Return the master's answer that defines a name."""
    return lesson.cells()[lesson.defining(name)].source


def around(statement: str) -> str:
    """Write a right conv2d that does something on the way."""
    body = model("conv2d").replace("def conv2d(", "def right_conv2d(")
    return f"{body}\ndef conv2d(*args, **kwargs):\n    {statement}\n    return right_conv2d(*args, **kwargs)"


def returning(expression: str) -> str:
    """Write a conv2d that returns something else."""
    return f"def conv2d(*args, **kwargs):\n    return {expression}"


# name that the answer defines, answer cell, points that it must earn at our grader
CASES = {
    "set, untouched": ("sizes", SIZES % ((UNTOUCHED_ROW,) * 5), 0),
    "set, right": ("sizes", model("sizes"), 5),
    "set, wrong": ("sizes", SIZES % ((ROW % (1, 1),) * 5), 0),
    "set, three of five right": ("sizes", SIZES % (*RIGHT_ROWS[:3], ROW % (9, 81), UNTOUCHED_ROW), 3),
    "set, NumPy scalars": (
        "sizes",
        SIZES % (ROW % ("np.int64(5)", "np.float64(25)"), *RIGHT_ROWS[1:]),
        5,
    ),
    "set, tensors": ("sizes", SIZES % (ROW % ("torch.tensor(5)", "np.array(25)"), *RIGHT_ROWS[1:]), 5),
    "set, objects equal to everything": (
        "sizes",
        ALL_EQUAL + SIZES % ((ROW % ("AllEqual()", "AllEqual()"),) * 5),
        0,
    ),
    "set, one object equal to everything": ("sizes", ALL_EQUAL + "sizes = AllEqual()", 0),
    "set, True for one": ("modes", "modes = {'mean in train': True, 'kept value': 2}", 0.2),
    "set, two of five of one point": ("modes", "modes = {'mean in train': 1.0, 'kept value': 2}", 0.4),
    "set, a zero is right": ("counts", "counts = {'pooling': 0}", 0.6),
    "set, a NumPy zero is right": ("counts", "counts = {'pooling': np.float64(0.0)}", 0.6),
    "set, half right": (
        "by_hand",
        "by_hand = {'feature map': [[4, 3, 4], [2, 4, 3], [2, 3, 4]], 'products': np.full((3, 3), np.inf)}",
        1,
    ),
    "set, infinities that do not add up": (
        "by_hand",
        "by_hand = {'feature map': [[4, 3, 4], [2, 4, 3], [2, 3, 4]],"
        " 'products': [[np.inf, -np.inf, 0], [0, 0, 0], [0, 0, 0]]}",
        1,
    ),
    "function, untouched": ("conv2d", "def conv2d(*args, **kwargs):\n    raise NotImplementedError", 0),
    "function, never defined": ("conv2d", "conv2d = None", 0),
    "function, right": ("conv2d", model("conv2d"), 4),
    "function, wrong": ("conv2d", returning("args[0]"), 0),
    "function, prints": ("conv2d", around("print('here', 0.0)"), 4),
    "function, warns": ("conv2d", around("warnings.warn('careful')"), 4),
    "function, warns whatever the filter": (
        "conv2d",
        around("warnings.simplefilter('always'); warnings.warn('careful')"),
        4,
    ),
    "function, writes to sys.stderr": ("conv2d", around("print('here', file=sys.stderr)"), 4),
    "function, writes to a kept sys.stderr": (
        "conv2d",
        "kept = sys.stderr\n" + around("kept.write('here\\n'); kept.flush()"),
        4,
    ),
    "function, logs to a kept sys.stderr": (
        "conv2d",
        "log = logging.getLogger('mine'); log.addHandler(logging.StreamHandler())\n" + around("log.warning('here')"),
        4,
    ),
    "function, writes to descriptor 2": ("conv2d", around("os.write(2, b'here')"), 4),
    "function, starts a program that writes to stderr": ("conv2d", around("os.system('echo here >&2')"), 4),
    "function, raises": ("conv2d", returning("1 / 0"), 0),
    "function, leaves": ("conv2d", returning("sys.exit(0)"), 0),
    "function, returns an object equal to everything": ("conv2d", ALL_EQUAL + returning("AllEqual()"), 0),
    "function, returns objects equal to everything": (
        "conv2d",
        ALL_EQUAL + returning("np.array([[[[AllEqual()]]]])"),
        0,
    ),
    "function, returns a NumPy zero": ("conv2d", returning("np.float64(0.0)"), 0),
    "function, returns a tensor": ("conv2d", returning("torch.tensor(0.0)"), 0),
    "function, returns False": ("conv2d", returning("False"), 0),
    "function, returns the right tensor": (
        "conv2d",
        around("pass") + "\nconv2d_array = conv2d\ndef conv2d(*args):\n    return torch.tensor(conv2d_array(*args))",
        4,
    ),
    "function, calls PyTorch's": ("conv2d", returning("F.conv2d(*map(torch.tensor, args[:3]), *args[3:])"), 0),
    "rule, returns an object equal to everything": (
        "conv_output_size",
        ALL_EQUAL + "def conv_output_size(*args, **kwargs):\n    return AllEqual()",
        0,
    ),
    "rule, returns NumPy integers": (
        "conv_output_size",
        model("conv_output_size").replace("room // stride + 1", "np.int64(room // stride + 1)"),
        2,
    ),
    "rule, returns floats": (
        "conv_output_size",
        model("conv_output_size").replace("room // stride + 1", "float(room // stride + 1)"),
        0,
    ),
}

# a check cell as one would write it without our checks; what nbgrader makes of it when it is worth 2 points
TRAPS = {
    "a NumPy zero": ("np.float64(0.0)", 2),
    "False": ("False", 2),
    "a tensor": ("torch.tensor(0.0)", 2),
    "a plain zero": ("0.0", 0),
    "a warning": ("warnings.warn('careful')", 0),
    "sys.stderr": ("print('here', file=sys.stderr)", 0),
    "descriptor 2": ("os.write(2, b'here\\n'); time.sleep(0.5); 2.0", 0),
    "too much": ("3.0", ValueError),
}


def check_cell(source: str, worth: float):
    """Make a check cell, as nbgrader knows it."""
    settings = {"grade": True, "solution": False, "locked": True, "points": worth, "grade_id": "x", "schema_version": 3}
    return nbformat.v4.new_code_cell(source, metadata={"nbgrader": settings})


@pytest.fixture(scope="module")
def executed():
    """All check cells by name, executed one after the other in one kernel, each behind its answer."""
    lesson_imports = next(cell.source for cell in master_of(lesson.lab).cells if cell.cell_type == "code")
    first = nbformat.v4.new_code_cell(f"{lesson_imports}\nimport logging, os, sys, time, warnings")
    start = 'student_id = ""\n' + lesson.cells()["lab"].source
    all_cells = [first, nbformat.v4.new_code_cell(start)]
    checks = {}
    for name, (answered, answer, _) in CASES.items():
        own = lesson.check_of(answered)
        checks[name] = check_cell(lesson.cells()[own].source, lesson.points()[own])
        all_cells += [nbformat.v4.new_code_cell(answer), checks[name]]
    for name, (source, _) in TRAPS.items():
        checks[name] = check_cell(source, 2)
        all_cells.append(checks[name])
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTEST_CURRENT_TEST", raising=False)  # a kernel that sees it does not watch descriptor 2
        NotebookClient(
            nbformat.v4.new_notebook(cells=all_cells), allow_errors=True, kernel_name="python3", timeout=300
        ).execute()
    answers = [cell for cell in all_cells if "nbgrader" not in cell.metadata]
    assert [o for cell in answers for o in cell.outputs if o.output_type == "error"] == []
    return checks


@pytest.mark.parametrize("name", CASES)
def test_an_answer_earns_all_or_nothing_or_its_share(executed, name):
    answered, _, wanted = CASES[name]
    points = lesson.points()[lesson.check_of(answered)]
    earned = wanted if wanted in (0, points) else pytest.approx(wanted / points)
    assert determine_grade(executed[name]) == (earned, points)


@pytest.mark.parametrize("name", CASES)
def test_a_check_cell_ends_in_nothing_or_in_a_number(executed, name):
    values = [o.data["text/plain"] for o in executed[name].outputs if o.output_type == "execute_result"]
    assert all(0 <= float(value) <= determine_grade(executed[name])[1] for value in values)


@pytest.mark.parametrize("name", CASES)
def test_a_check_shows_no_traceback(executed, name):
    errors = [o for o in executed[name].outputs if o.output_type == "error"]
    assert all(len(o.traceback) <= 5 and o.ename in ("CheckFailed", "NotAttempted") for o in errors)


@pytest.mark.parametrize("name", [name for name, (_, wanted) in TRAPS.items() if wanted is not ValueError])
def test_nbgrader_falls_into_a_trap_without_our_checks(executed, name):
    assert determine_grade(executed[name]) == (TRAPS[name][1], 2)


def test_nbgrader_stops_at_a_number_above_the_points(executed):
    with pytest.raises(ValueError, match="greater than maximum points"):
        determine_grade(executed["too much"])
