"""Start JupyterLab the way the course needs it: in the course root, opened on the list of labs.

nbgrader's screens look for ``nbgrader_config.py`` in the folder where the server was started. A server's own
configuration file would not be read there: the settings are handed over on the command line.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from course_utils.course import environment, labs

START_PAGE = "README.md"
# JupyterLab's own defaults, overridden: Markdown opens as a page, and nothing is fetched from the network.
SETTINGS = Path(__file__).parent / "lab_settings"
WRITTEN_BY_JUPYTER = {
    "JUPYTER_CONFIG_DIR": "jupyter/config",
    "JUPYTER_DATA_DIR": "jupyter/data",
    "JUPYTER_RUNTIME_DIR": "jupyter/runtime",
    "JUPYTERLAB_SETTINGS_DIR": "jupyter/settings",
    "JUPYTERLAB_WORKSPACES_DIR": "jupyter/workspaces",
    "IPYTHONDIR": "ipython",
    "MPLCONFIGDIR": "matplotlib",
}


def lab_command(root: Path, options: list[str]) -> list[str]:
    """Return the command that starts JupyterLab on the course; ``options`` go to JupyterLab unchanged."""
    return [
        sys.executable,
        "-m",
        "jupyterlab",
        f"--ServerApp.root_dir={root}",
        f"--LabApp.default_url=/lab/tree/{START_PAGE}",
        "--LabApp.extension_manager=readonly",
        # the course brings no language servers, and looking for some starts npm, which may never come back
        "--LanguageServerManager.autodetect=False",
        *(["--allow-root"] if _is_root() else []),
        *options,
    ]


def _is_root() -> bool:
    """Tell whether this is the superuser, as in a container: JupyterLab wants to be told that this is meant."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def lab_environment() -> dict[str, str]:
    """Return the environment of the server, with a place for Jupyter's files where HOME is read-only."""
    variables = environment()
    paths = [str(SETTINGS), *variables.get("JUPYTER_CONFIG_PATH", "").split(os.pathsep)]
    variables["JUPYTER_CONFIG_PATH"] = os.pathsep.join(path for path in paths if path)
    if not _can_write(Path.home()):
        spare = Path(tempfile.mkdtemp(prefix="course-lab-"))
        for name, folder in WRITTEN_BY_JUPYTER.items():
            variables.setdefault(name, str(spare / folder))
    return variables


def _can_write(folder: Path) -> bool:
    """Tell by trying: permissions alone do not tell of read-only file systems."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def make_instructor_notebooks(root: Path) -> list[str]:
    """Make the instructor notebooks that are missing or outdated, so that formgrader can release any lab.

    A master that cannot be read must not keep anybody from opening JupyterLab: it is reported and left out.
    """
    if not labs(root):
        return []
    from course_utils.masters import write_instructor_notebook

    made = []
    for name in labs(root):
        try:
            if write_instructor_notebook(root, name):
                made.append(name)
        except Exception as error:
            print(f"solutions/{name} could not be made into a notebook: {error}", file=sys.stderr)
    return made


def start_lab(root: Path, options: list[str]) -> int:
    """Start JupyterLab and stay with it until it ends; return its exit status."""
    make_instructor_notebooks(root)
    command, variables = lab_command(root, options), lab_environment()
    if os.name == "posix":  # the server takes this process's place, and with it every signal
        os.chdir(root)
        sys.stdout.flush()
        os.execve(command[0], command, variables)
    return subprocess.call(command, cwd=root, env=variables)
