"""Programs that tests start."""

import subprocess


def end(process: subprocess.Popen) -> None:
    """Ask a program to end, and kill it if it has not after half a minute."""
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
