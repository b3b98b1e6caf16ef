"""What is imported once, before any notebook of a lab is run: what the lab uses, and no other lab's."""

from pathlib import Path

import pytest

from course_utils import labs
from course_utils.course import find_labs
from course_utils.grading.preloading import _modules_of
from course_utils.lab_options import EVERYTHING, PROTOCOL, Imports, imports_in, imports_of

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = [path for path in sorted(Path(labs.__file__).parent.iterdir()) if (path / "__init__.py").is_file()]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_a_labs_own_modules_are_imported_and_torchvision_where_its_network_is_used(folder: Path):
    lab = next(name for name in find_labs(ROOT, []) if name.partition("_")[2] == folder.name)
    found = imports_of(ROOT, [lab])
    assert found.ours
    assert [name for name in found.modules if name.startswith("course_utils.")].count(
        f"course_utils.labs.{folder.name}"
    )
    text = "".join(path.read_text() for path in [*folder.rglob("*.py"), ROOT / "notebooks" / lab / f"{lab}.ipynb"])
    assert ("torchvision.models" in found.modules) == ("mobilenet" in text)


def test_where_nothing_is_known_of_the_labs_all_of_them_are_imported():
    assert imports_in(ROOT, [], b"") == EVERYTHING
    modules = _modules_of(["course_utils.labs"])
    assert {f"course_utils.labs.{path.name}" for path in FOLDERS} < set(modules)
    assert "course_utils.labs.neurons.figures" in _modules_of(["course_utils.labs.neurons"])


def test_a_course_of_somebody_elses_gets_what_it_names_and_no_lab():
    assert imports_in(ROOT, [], b"import numpy\nimport pandas as pd") == Imports(ours=False, modules=("pandas",))
    assert not imports_in(ROOT, [], f"from course_utils{PROTOCOL}.calling import call".encode()).ours
    assert imports_in(ROOT, [], b"from course_utils.labs import no_such_lab") == Imports(ours=True, modules=())
