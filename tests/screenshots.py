"""Pictures of what a learner sees, to be looked at: each lab's first screen, each widget, each kind of verdict.

    python tests/screenshots.py [FOLDER] [--lab 5 …] [--dark]

`make screenshots` calls this. The pictures lie in screenshots/ if no folder is named; nothing is compared.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import browser  # noqa: E402
from learner import Notebook, course_lab, environment, open_page, unpack  # noqa: E402

from course_utils import bundle  # noqa: E402
from course_utils.course import find_labs  # noqa: E402

DARK = "app.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'});"
RUN_ALL = """
for (const [number, cell] of cells().entries()) {
  if (cell.model.type !== 'code') continue;
  find().content.activeCellIndex = number;
  await app.commands.execute('notebook:run-cell');
}"""
WIDGETS = """return cells().map((cell, number) => [number, cell.model.sharedModel.getSource()])
    .filter(([, source]) => source.includes('widgets.') && !source.includes('import'));"""
VERDICTS = {  # of exercise 5.2, by the answer in front of it
    "not attempted": None,
    "wrong": '{letter: {"size": 1, "units": 1} for letter in "abcde"}',
    "half": '{**{letter: {"size": 1, "units": 1} for letter in "abcde"}, "a": {"size": 5, "units": 25}}',
    "right": """{"a": {"size": 5, "units": 25}, "b": {"size": 3, "units": 9}, "c": {"size": 7, "units": 49},
    "d": {"size": 2, "units": 4, "leftover": 1}, "e": {"size": 32, "units": 1024}}""",
}


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "screenshots", help="where the pictures go")
    parser.add_argument("--lab", action="append", default=[], help="only this lab; may be given several times")
    parser.add_argument("--dark", action="store_true", help="in JupyterLab's dark theme")
    options = parser.parse_args()
    names = find_labs(ROOT, options.lab)
    options.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        to, chrome = Path(place), browser.start(playwright)
        _, archive = bundle.make_bundle(ROOT, options.lab, to / "dist")
        folder, installed = unpack(archive, to)
        (to / "home").mkdir()
        with course_lab(folder, environment(installed, to / "home"), to / "log") as address:
            page = open_page(chrome, address)
            camera = Camera(page, options.folder, options.dark)
            camera.start_page()
            for lab in names:
                print(lab, flush=True)
                camera.lab(lab)


class Camera:
    """Takes pictures of one page of JupyterLab."""

    def __init__(self, page, folder: Path, dark: bool) -> None:
        self.page, self.folder, self.dark = page, folder, "-dark" if dark else ""
        if dark:
            Notebook(page, "START.ipynb").ask(DARK)

    def take(self, name: str, where=None) -> None:
        """Take a picture of an element, or of the whole page."""
        self.page.wait_for_timeout(500)
        (where or self.page).screenshot(path=self.folder / f"{name}{self.dark}.png")

    def start_page(self) -> None:
        """The start page, before and after its cells ran."""
        start = Notebook(self.page, "START.ipynb")
        self.take("start")
        start.run("import progress")
        start.run("import desk")
        self.page.wait_for_timeout(2000)
        self.take("start-run")

    def lab(self, lab: str) -> None:
        """A lab's first screen, its widgets, and in lab 05 each kind of verdict."""
        notebook = Notebook(self.page, f"labs/{lab}/{lab}.ipynb")
        self.take(f"{lab}-first")
        notebook.ask(RUN_ALL)
        for number, source in notebook.ask(WIDGETS):
            notebook.ask("await find().content.scrollToItem(argument, 'start');", number)
            call = source.split("widgets.", 1)[1].split("(")[0]
            self.page.wait_for_timeout(1000)
            self.take(f"{lab}-widget-{call}")
        if lab.startswith("05"):
            self.verdicts(notebook)
        notebook.do("application:close")

    def verdicts(self, notebook: Notebook) -> None:
        """Each kind of verdict."""
        place = notebook.place("lab.output_sizes.check(")
        for kind, answer in VERDICTS.items():
            if answer:
                notebook.write("sizes = {", f"sizes = {answer}")
                notebook.run("sizes = {")
            notebook.run("lab.output_sizes.check(")
            notebook.ask("await find().content.scrollToItem(argument, 'center');", place)
            self.take(f"verdict-{kind}")


if __name__ == "__main__":
    main()
