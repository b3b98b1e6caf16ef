"""A command that is forked does what one does that was started."""

import os
import sys

import pytest
import warm

COMMANDS = {
    "status and errors": ["-c", "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"],
    "a sentence for a status": ["-c", "raise SystemExit('no')"],
    "a name that is not there": ["-c", "print(missing)"],
    "a folder, words and a variable": [
        "-c",
        "import os, sys; print(os.getcwd(), sys.argv, os.environ['OF'])",
        "x",
        "-y",
    ],
    "no input": ["-c", "import sys; print(repr(sys.stdin.read()))"],
    "killed": ["-c", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"],
    "what is left for the end": ["-c", "import atexit; atexit.register(print, 'end')"],
    "the command itself": ["-m", "course_utils", "grade", "99"],
}


def unquoted(said: str) -> str:
    """Return what was said without lines of ``-c`` that a traceback quotes: Python 3.13 knows them, where it starts."""
    return "".join(line for line in said.splitlines(keepends=True) if not line.startswith("    "))


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("together", [True, False])
def test_it_is_the_same(name, together, tmp_path):
    variables = {**os.environ, "OF": "mine"}
    warmed = warm.run(COMMANDS[name], tmp_path, variables, together)
    cold = warm.run_cold(COMMANDS[name], tmp_path, variables, together)
    assert (warmed.returncode, unquoted(warmed.stdout)) == (cold.returncode, unquoted(cold.stdout))
    assert (warmed.stderr or "").splitlines()[-1:] == (cold.stderr or "").splitlines()[-1:]


@pytest.mark.skipif(not warm.CAN_FORK, reason="processes are not forked here")
def test_one_command_knows_nothing_of_another(tmp_path):
    warm.run(["-c", "import json, os; json.mark = 1; os.environ['MARK'] = '1'"], tmp_path)
    said = warm.run(["-c", "import json, os; print(hasattr(json, 'mark'), 'MARK' in os.environ)"], tmp_path).stdout
    assert said == "False False\n"
    assert warm.run(["-c", "import os; print(os.getppid())"], tmp_path).stdout != f"{os.getpid()}\n"
    assert warm.command([sys.executable, "-c", ""])[-2:] == ["-c", ""]
