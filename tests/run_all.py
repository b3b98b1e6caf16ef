"""Run every test there is, one step after the other; a step that fails does not hide the next one's result.

``make test`` makes the environment and calls this. Everything runs offline and on one thread.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK_SECONDS = 300  # per cell: a limit against endless loops, not a measure
PYTEST = ["-m", "pytest", "-p", "no:cacheprovider"]
NBVAL = ["--nbval-lax", "--nbval-current-env", f"--nbval-cell-timeout={NOTEBOOK_SECONDS}"]
SPREAD = ["-n", "2", "--dist", "loadscope"]  # plain -n would spread the cells of one notebook over processes


def environment() -> dict[str, str]:
    """Return the environment of every step: this Python first on PATH, one thread, no network."""
    offline = str(ROOT / "tests" / "offline")
    return {
        **os.environ,
        "CI": "true",
        "OMP_NUM_THREADS": "1",
        "COURSE_OFFLINE": "1",
        "PYTHONPATH": os.pathsep.join(filter(None, [offline, os.environ.get("PYTHONPATH", "")])),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
    }


def steps() -> dict[str, list[str]]:
    """Return what is run, by name. The notebooks come after the release, which makes them."""
    notebooks = [str(path) for path in sorted((ROOT / "solutions").glob("*/*.ipynb"))]
    todo = {
        "ruff": ["-m", "ruff", "check", "--no-cache", "course_utils", "tests", "nbgrader_config.py"],
        "mypy": ["-m", "mypy"],
        "release": ["-m", "course_utils", "release", "--check"],
        "tests": [*PYTEST, "-n", "2", "--dist", "loadgroup", "tests"],
    }
    if notebooks:
        todo["notebooks"] = [*PYTEST, *NBVAL, *SPREAD, *notebooks]
    return todo


def make_instructor_notebooks() -> None:
    """Make the notebooks that nbval runs: they are not in git."""
    from course_utils.course import labs
    from course_utils.masters import write_instructor_notebook

    for name in labs(ROOT):
        write_instructor_notebook(ROOT, name)


def main() -> int:
    """Run all steps and return 1 if any of them failed."""
    make_instructor_notebooks()
    failed = []
    for name, arguments in steps().items():
        print(f"\n=== {name}: python {' '.join(arguments)}", flush=True)
        if subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment()).returncode:
            failed.append(name)
    print("\nFailed: " + ", ".join(failed) if failed else "\nEverything passed.", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
