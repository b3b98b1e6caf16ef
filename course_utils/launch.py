"""Start JupyterLab: on a learner's workplace, or on the whole course for those who teach it.

nbgrader's screens look for ``nbgrader_config.py`` in the folder where the server was started. A server's own
configuration file would not be read there: the settings are handed over on the command line. Where a JupyterHub has
started this process, its server for one user is started, which is JupyterLab behind the hub's login.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from course_utils import files, workplace
from course_utils.course import environment, labs

COURSE_PAGE = "README.md"
# JupyterLab's own defaults, overridden: Markdown opens as a page, and nothing is fetched from the network. A learner's
# JupyterLab has none of nbgrader's screens, but the list of assignments where there is an exchange.
SETTINGS = Path(__file__).parent / "lab_settings"
LEARNERS_SETTINGS = Path(__file__).parent / "lab_settings_learner"
FOR_AN_EXCHANGE = ("@jupyter/nbgrader:assignment-list", "@jupyter/nbgrader:menu")
BY_A_HUB = "JUPYTERHUB_API_TOKEN"  # is set where a JupyterHub starts a user's server
SCREENS = ("formgrader", "validate_assignment", "assignment_list", "course_list")
WRITTEN_BY_JUPYTER = {
    "JUPYTER_CONFIG_DIR": "jupyter/config",
    "JUPYTER_DATA_DIR": "jupyter/data",
    "JUPYTER_RUNTIME_DIR": "jupyter/runtime",
    "JUPYTERLAB_SETTINGS_DIR": "jupyter/settings",
    "JUPYTERLAB_WORKSPACES_DIR": "jupyter/workspaces",
    "IPYTHONDIR": "ipython",
    "MPLCONFIGDIR": "matplotlib",
}


def lab_command(root: Path, page: str, options: list[str]) -> list[str]:
    """Return the command that starts JupyterLab in a folder, opened on a page; ``options`` go to it unchanged."""
    module, app = ("jupyterhub.singleuser", "ServerApp") if BY_A_HUB in os.environ else ("jupyterlab", "LabApp")
    return [
        sys.executable,
        "-m",
        module,
        f"--ServerApp.root_dir={root}",
        f"--{app}.default_url=/lab/tree/{page}",
        "--LabApp.extension_manager=readonly",
        # the course brings no language servers, and looking for some starts npm, which may never come back
        "--LanguageServerManager.autodetect=False",
        *(["--allow-root"] if _is_root() else []),
        *options,
    ]


def without_screens(screens: Iterable[str]) -> str:
    """Return the option that leaves out some of nbgrader's screens at the server's side."""
    return f"--ServerApp.jpserver_extensions={ ({f'nbgrader.server_extensions.{one}': False for one in screens})!r}"


def _is_root() -> bool:
    """Tell whether this is the superuser, as in a container: JupyterLab wants to be told that this is meant."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def lab_environment(*settings: Path) -> dict[str, str]:
    """Return the environment of the server, with a place for Jupyter's files where HOME is read-only.

    Parameters
    ----------
    settings
        Folders with settings of JupyterLab; :data:`SETTINGS` comes behind them.
    """
    variables = environment()
    paths = [*map(str, settings), str(SETTINGS), *variables.get("JUPYTER_CONFIG_PATH", "").split(os.pathsep)]
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


def start_on_course(root: Path, options: list[str]) -> int:
    """Start JupyterLab on a whole course, with nbgrader's screens; return its exit status."""
    make_instructor_notebooks(root)
    return _start(root, lab_command(root, COURSE_PAGE, options), lab_environment())


def start_on_workplace(folder: Path, options: list[str]) -> int:
    """Start JupyterLab on a learner's workplace, and stay with it until it ends; return its exit status."""
    from course_utils.handing_in import exchange_of

    if exchange := exchange_of(folder):
        kept = Path(tempfile.mkdtemp(prefix="course-settings-"))
        settings = _with_exchange(kept, exchange, folder / workplace.LABS)
        screens = [one for one in SCREENS if one != "assignment_list"]
    else:
        settings, screens = LEARNERS_SETTINGS, list(SCREENS)
    command = lab_command(folder, workplace.START, [without_screens(screens), *options])
    return _start(folder, command, lab_environment(settings))


def _with_exchange(folder: Path, exchange: dict[str, str], notebooks: Path) -> Path:
    """Write a learner's settings with the screens of an exchange into a folder, and return it.

    nbgrader is told, too: which exchange, which course, and that the learner's assignments are the labs.
    """
    name = Path("labconfig", "page_config.json")
    found = json.loads((LEARNERS_SETTINGS / name).read_text(encoding="utf-8"))
    for one in FOR_AN_EXCHANGE:
        del found["disabledExtensions"][one]
    files.write(folder / name, json.dumps(found))
    told = {
        "Exchange": {"root": exchange["root"], "assignment_dir": str(notebooks)},
        "CourseDirectory": {"course_id": exchange["course"]},
    }
    files.write(folder / "nbgrader_config.json", json.dumps(told))
    return folder


def _start(root: Path, command: list[str], variables: dict[str, str]) -> int:
    if os.name == "posix":  # the server takes this process's place, and with it every signal
        os.chdir(root)
        sys.stdout.flush()
        os.execve(command[0], command, variables)
    return subprocess.call(command, cwd=root, env=variables)
