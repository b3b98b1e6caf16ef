"""What is checked before a commit is what `make test` runs beside its tests, on what is staged and nothing else."""

import os
import re
import shutil
import subprocess
import sys

import pytest
import run_all
from conftest import ROOT

HOOKS = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")


def test_the_hook_runs_what_make_test_runs_beside_its_tests():
    assert re.findall(r"entry: (.*)", HOOKS) == ["python tests/run_all.py --staged"]
    assert "pass_filenames: false" in HOOKS
    assert "always_run: true" in HOOKS
    *_, beside = run_all.lanes()
    assert list(beside)[: len(run_all.QUICK)] == list(run_all.QUICK)


def test_the_readmes_test_command_runs_every_step():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "tests/run_all.py\n" in makefile
    assert {"ruff", "format", "mypy", "release", "tests"} <= {name for lane in run_all.lanes() for name in lane}
    tests, labs = (lane[name] for name, lane in zip(("tests", "labs"), run_all.lanes(), strict=False))
    assert tests[-2:] == ["tests", f"--ignore={labs[-1]}"], "what the one leaves out is what the other runs"


@pytest.fixture
def clone(tmp_path):
    """A repository that holds what this one holds."""
    root = tmp_path / "clone"
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, root / name)
    for words in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *words], cwd=root, check=True)
    return root


@pytest.mark.slow
def test_a_file_that_is_imported_and_not_staged_is_found(clone):
    new = clone / "course_utils" / "new_module.py"
    new.write_text('"""New."""\n\nNUMBER = 1\n', encoding="utf-8")
    shapes = clone / "course_utils" / "shapes.py"
    text = shapes.read_text(encoding="utf-8")
    shapes.write_text(
        text + "\n\nfrom course_utils.new_module import NUMBER as NUMBER  # noqa: E402\n", encoding="utf-8"
    )
    subprocess.run(["git", "add", "course_utils/shapes.py"], cwd=clone, check=True)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "tests/run_all.py", "--staged"], cwd=clone, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "No module named 'course_utils.new_module'" in done.stderr
    assert "imports" in done.stdout.splitlines()[-1]


def test_a_step_that_fails_is_named_and_hides_no_other(tmp_path, capfd):
    bad, good = ["-c", "print('bad'); raise SystemExit(3)"], ["-c", "print('good')"]
    assert run_all.run([{"one": bad, "two": good}, {"three": good, "four": bad, "five": good}], tmp_path) == 1
    said = capfd.readouterr().out
    assert said.endswith("\nFailed: one, four\n")
    assert said.count("good\n") == 3
    assert "=== four, failed: " in said
    assert run_all.run([{"one": good}, {"two": good}], tmp_path) == 0
    assert capfd.readouterr().out.endswith("\nEverything passed.\n")
