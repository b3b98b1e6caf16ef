"""Run every test there is, in lanes beside each other; a step that fails does not hide the next one's result.

``make test`` makes the environment and calls this. Everything runs offline and on one thread. The first lane's tests
are shown as they run; what a step of the others printed is shown when it has ended.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK_SECONDS = 300  # per cell: a limit against endless loops, not a measure
PYTEST = ["-m", "pytest", "-p", "no:cacheprovider"]
NBVAL = ["--nbval-lax", "--nbval-current-env", f"--nbval-cell-timeout={NOTEBOOK_SECONDS}"]
LABS = "tests/labs"
BY_FILE = ["-n", "3", "--dist", "loadfile", "--no-loadscope-reorder"]  # in the order of tests/conftest.py; some wait


def environment(root: Path = ROOT) -> dict[str, str]:
    """Return the environment of every step: this Python first on PATH, this package, one thread, no network.

    What is compiled is kept: three processes import the same tests, and hundreds the same package.
    """
    offline = str(root / "tests" / "offline")
    return {
        **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
        "CI": "true",
        "OMP_NUM_THREADS": "1",
        "COURSE_OFFLINE": "1",
        "PYTHONPATH": os.pathsep.join(filter(None, [offline, str(root), os.environ.get("PYTHONPATH", "")])),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
    }


CODE = ["course_utils", "tests", "solutions", "benchmarks", "nbgrader_config.py"]
QUICK = {  # what can be said without running a test: also what is checked before a commit
    "ruff": ["-m", "ruff", "check", "--no-cache", *CODE],
    "format": ["-m", "ruff", "format", "--check", "--no-cache", *CODE],
    "mypy": ["-m", "mypy"],
    "release": ["-m", "course_utils", "release", "--check"],
}


def lanes() -> list[dict[str, list[str]]]:
    """Return what is run, by name: the tests, and beside them what computes and waits for nothing.

    The tests of the labs are one process: a further one would collect some thousand cases again, and train the
    networks that are right answers.
    """
    beside = dict(QUICK)
    if notebooks := [str(path) for path in sorted((ROOT / "solutions").glob("*/*.ipynb"))]:
        beside["notebooks"] = [*PYTEST, *NBVAL, *notebooks]
    tests = [*PYTEST, *BY_FILE, "tests", f"--ignore={LABS}"]
    return [{"tests": tests}, {"labs": [*PYTEST, LABS]}, beside]


def make_instructor_notebooks() -> None:
    """Make the notebooks that nbval runs: they are not in git."""
    from course_utils.course import labs
    from course_utils.masters import write_instructor_notebook

    for name in labs(ROOT):
        write_instructor_notebook(ROOT, name)


def command(name: str, arguments: list[str]) -> list[str]:
    """Return the command of a step. What takes longest goes first: others give way to it, or it would end alone."""
    gives_way = name != "labs" and shutil.which("nice")
    return [*(["nice", "-n", "5"] if gives_way else []), sys.executable, *arguments]


def run_shown(name: str, arguments: list[str], root: Path) -> bool:
    """Run a step in a folder, show what it prints as it comes, and return whether it passed."""
    print(f"\n=== {name}: python {' '.join(arguments)}", flush=True)
    return not subprocess.run(command(name, arguments), cwd=root, env=environment(root)).returncode


def run_aside(name: str, arguments: list[str], root: Path) -> bool:
    """Run a step in a folder, show all that it printed when it has ended, and return whether it passed."""
    with tempfile.TemporaryFile("w+", errors="replace") as said:
        done = subprocess.run(command(name, arguments), cwd=root, env=environment(root), stdout=said, stderr=said)
        said.seek(0)
        verdict = "failed" if done.returncode else "passed"
        print(f"\n=== {name}, {verdict}: python {' '.join(arguments)}\n{said.read()}", flush=True)
    return not done.returncode


def run(todo: list[dict[str, list[str]]], root: Path) -> int:
    """Run lanes of steps in a folder, the package from there, and return 1 if any step failed."""

    def lane(number: int) -> list[str]:
        one = run_aside if number else run_shown
        return [name for name, arguments in todo[number].items() if not one(name, arguments, root)]

    with ThreadPoolExecutor(len(todo)) as pool:
        failed = [name for names in pool.map(lane, range(len(todo))) for name in names]
    print("\nFailed: " + ", ".join(failed) if failed else "\nEverything passed.", flush=True)
    return 1 if failed else 0


def run_on_what_is_staged() -> int:
    """Run the quick steps on what is staged, in a folder of its own: what is not in the commit is not there."""
    with tempfile.TemporaryDirectory(prefix="course-staged-") as folder:
        subprocess.run(["git", "checkout-index", "--all", f"--prefix={folder}{os.sep}"], cwd=ROOT, check=True)
        imports = "import pkgutil, importlib, course_utils\n" + (
            "for one in pkgutil.walk_packages(course_utils.__path__, 'course_utils.'):\n"
            "    one.name.endswith('__main__') or '.sandbox' in one.name or importlib.import_module(one.name)"
        )
        return run([{"imports": ["-c", imports]}], Path(folder)) or run([QUICK], Path(folder))


def main() -> int:
    """Run all steps, or with ``--staged`` the quick ones on what is staged; return 1 if any of them failed."""
    if sys.argv[1:] == ["--staged"]:
        return run_on_what_is_staged()
    make_instructor_notebooks()
    return run(lanes(), ROOT)


if __name__ == "__main__":
    sys.exit(main())
