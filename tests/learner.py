"""A learner at JupyterLab: a bundle that was unzipped, `course lab` started in it, and a page in headless Chromium."""

import contextlib
import os
import secrets
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import browser
from processes import end

OFFLINE = Path(__file__).resolve().parent / "offline"
WIDE, HIGH = 1024, 768  # pixels of a page
HIDDEN = ("CI", "NBGRADER_EXECUTION", "COURSE_PROGRESS")


def unpack(archive: Path, to: Path) -> tuple[Path, Path]:
    """Unzip a bundle, and its wheel as if it were installed; return the folder of each."""
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(to)
    folder = to / "neural-network-labs"
    (wheel,) = (folder / "install").glob("*.whl")
    installed = to / "installed"
    with zipfile.ZipFile(wheel) as opened:
        opened.extractall(installed)
    return folder, installed


def environment(installed: Path, home: Path) -> dict[str, str]:
    """Return the environment of a learner whose package is the wheel's, and not the author's tree."""
    known = {name: value for name, value in os.environ.items() if name not in HIDDEN}
    path = os.pathsep.join([str(OFFLINE), str(installed)])
    return {**known, "PYTHONPATH": path, "HOME": str(home), "COURSE_OFFLINE": "1"}


@contextlib.contextmanager
def course_lab(folder: Path, variables: dict[str, str], log: Path) -> Iterator[str]:
    """Run ``course lab`` in a folder; yield the address that opens it, with its token."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    token = secrets.token_hex(8)
    options = ["--no-browser", f"--ServerApp.port={port}", f"--IdentityProvider.token={token}"]
    options += ["--LabApp.expose_app_in_browser=True", "--ServerApp.port_retries=0"]
    with log.open("w") as out:
        server = subprocess.Popen(
            [sys.executable, "-m", "course_utils", "lab", *options],
            cwd=folder,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
        )
    try:
        browser.wait_for(f"http://127.0.0.1:{port}/api?token={token}", server, log)
        yield f"http://127.0.0.1:{port}/?token={token}"
    finally:
        end(server)


class Notebook:
    """A notebook that is open in JupyterLab."""

    def __init__(self, page, path: str) -> None:
        self.page, self.path = page, path
        self.ask("await app.commands.execute('docmanager:open', {path: argument}); await find().context.ready;", path)
        self.ask("await find().sessionContext.ready;")

    def ask(self, script: str, argument: object = None):
        """Run JavaScript with ``app``, ``find()`` (this notebook's panel) and ``argument`` at hand."""
        return self.page.evaluate(
            f"""async ([path, argument]) => {{
                const app = window.jupyterapp;
                const find = () => [...app.shell.widgets('main')].find((one) => one.context?.path === path);
                const cells = () => find().content.widgets;
                const bring = async () => {{  // to the front, where commands act
                    for (let tries = 0; tries < 100 && app.shell.currentWidget !== find(); tries++) {{
                        app.shell.activateById(find().id);
                        find().content.node.focus();
                        await new Promise((resolve) => setTimeout(resolve, 50));
                    }}
                }};
                {script}
            }}""",
            [self.path, argument],
        )

    def place(self, words: str) -> int:
        """Return which cell has some words in its source."""
        sources = self.ask("return cells().map((cell) => cell.model.sharedModel.getSource());")
        found = [number for number, source in enumerate(sources) if words in source]
        assert len(found) == 1, f"{len(found)} cells with {words!r}"
        return found[0]

    def write(self, words: str, source: str) -> None:
        """Write a cell anew: the one that has some words in it."""
        self.ask("cells()[argument[0]].model.sharedModel.setSource(argument[1]);", [self.place(words), source])

    def run(self, words: str) -> str:
        """Run a cell, wait for it, and return the text of what it shows."""
        number = self.place(words)
        self.ask(
            """await bring();
            find().content.activeCellIndex = argument;
            find().content.deselectAll();
            await app.commands.execute('notebook:run-cell');
            await find().content.scrollToItem(argument, 'auto');""",
            number,
        )
        self.page.wait_for_timeout(300)
        return self.shown(number)

    def shown(self, number: int) -> str:
        """Return the text of what a cell shows."""
        return self.ask("return cells()[argument].outputArea?.node.innerText ?? '';", number)

    def do(self, command: str) -> None:
        """Do what stands in a menu, in this notebook."""
        self.ask("await bring(); await app.commands.execute(argument);", command)

    def save(self) -> None:
        """Save the notebook."""
        self.do("docmanager:save")

    def close(self) -> None:
        """Close the notebook as it is, and its kernel; what was not saved would be asked about by a window later on."""
        self.ask("await find().sessionContext.shutdown(); await find().context.revert(); find().dispose();")

    def errors(self) -> list[str]:
        """Return the names of all errors that cells show."""
        return self.ask(
            """return cells().flatMap((cell) => cell.model.sharedModel.outputs ?? [])
                .filter((output) => output.output_type === 'error').map((output) => output.ename);"""
        )


def open_page(chrome, address: str, **options):
    """Open JupyterLab in a page of its own and return it when the application is there."""
    page = chrome.new_page(viewport={"width": WIDE, "height": HIGH}, **options)
    page.set_default_timeout(120_000)  # a busy machine takes its time for a picture
    page.goto(address)
    page.locator(".jp-Notebook").first.wait_for(timeout=120_000)
    return page
