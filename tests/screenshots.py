"""Pictures of what a learner sees, to be looked at: of each lab its first screen, widgets and kinds of verdict.

    python tests/screenshots.py [FOLDER] [--lab 5 …] [--dark] [--whole]

Widgets and whole labs are shown with the model answers: what uses an answer is empty otherwise. Verdicts are those of
an untouched notebook, of the model answers, and of students of the sample class who go wrong. `make screenshots` calls
this. The pictures lie in screenshots/ if no folder is named; nothing is compared.
"""

import argparse
import re
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import browser  # noqa: E402
from learner import HIGH, WIDE, Notebook, course_lab, environment, open_page, unpack  # noqa: E402

from course_utils import bundle, handing_in  # noqa: E402
from course_utils.course import find_labs  # noqa: E402
from course_utils.grading.sample import Sample, hand_in, load_class  # noqa: E402

DARK = "app.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'});"
TALL = 1500  # pixels of a page of a whole lab
NEXT_PAGE = """
const page = find().content.node.querySelector('.jp-WindowedPanel-outer'), before = page.scrollTop;
page.scrollTop = before + page.clientHeight - 40;
await new Promise((resolve) => setTimeout(resolve, 300));
return page.scrollTop > before + 2;"""
RUN_ALL = """
for (const [number, cell] of cells().entries()) {
  if (cell.model.type !== 'code') continue;
  find().content.activeCellIndex = number;
  await app.commands.execute('notebook:run-cell');
}"""
WIDGETS = """return cells().map((cell, number) => [number, cell.model.sharedModel.getSource()])
    .filter(([, source]) => source.includes('widgets.') && !source.includes('import'));"""
RUN_SOME = """
for (const number of argument) {
  find().content.activeCellIndex = number;
  await app.commands.execute('notebook:run-cell');
}"""
CHECKS = """return cells().map((cell, number) => [number, cell.model.sharedModel])
    .filter(([, model]) => /^lab\\.\\w+\\.check\\(/m.test(model.getSource() ?? ''))
    .map(([number, model]) => [number, JSON.stringify((model.outputs ?? []).map((one) => one.data ?? {}))]);"""
VERDICT = re.compile(r"([✓◐✗○]) (?:Correct|Partly right|Not yet|Not attempted)")
KINDS = {"✓": "right", "◐": "partly", "✗": "wrong", "○": "not-attempted"}
GUARDED = ("is_written(", "are_written(", "widgets.explore")  # cells that show what an answer does, and are not needed


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "screenshots", help="where the pictures go")
    parser.add_argument("--lab", action="append", default=[], help="only this lab; may be given several times")
    parser.add_argument("--dark", action="store_true", help="in JupyterLab's dark theme")
    parser.add_argument("--whole", action="store_true", help="each lab from top to bottom, in place of its widgets")
    options = parser.parse_args()
    names = find_labs(ROOT, options.lab)
    options.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        to, chrome = Path(place), browser.start(playwright)
        _, archive = bundle.make_bundle(ROOT, options.lab, to / "dist")
        folder, installed = unpack(archive, to)
        (to / "home").mkdir()
        bundle.make_answers(ROOT, options.lab, folder)
        with course_lab(folder, environment(installed, to / "home"), to / "log") as address:
            page = open_page(chrome, address)
            camera = Camera(page, options.folder, options.dark)
            camera.start_page()
            for lab in names:
                print(lab, flush=True)
                camera.first(lab)
                notebook = Notebook(page, f"labs/{lab}/{handing_in.show_answers(lab, folder).name}")
                notebook.ask(RUN_ALL)
                (camera.whole if options.whole else camera.widgets)(lab, notebook)
                if not options.whole:
                    camera.verdicts(lab, notebook)
                notebook.close()
                for student in [] if options.whole else who_go_wrong(lab):
                    notebook = Notebook(page, f"labs/{lab}/{hand_in(ROOT, lab, student, folder / 'labs' / lab).name}")
                    notebook.ask(RUN_SOME, plain_cells(notebook))
                    camera.verdicts(lab, notebook)
                    notebook.close()


def who_go_wrong(lab: str) -> list[Sample]:
    """Return one or two students of the sample class: a check of theirs is wrong, another one right in part."""
    found = [one for one in load_class(ROOT, lab) if one.is_plain and not one.is_endless]
    wrong = [one for one in found if any(codes and not earned for earned, codes in one.loses.values())]
    partly = [one for one in found if any(earned for earned, _ in one.loses.values())]
    both = [one for one in wrong if one in partly]
    return both[:1] or [*wrong[:1], *partly[:1]]


def plain_cells(notebook: Notebook, last: int = 10_000) -> list[int]:
    """Return the numbers of the cells to run for verdicts: code that shows nothing of an answer."""
    cells = notebook.ask("return cells().map((cell) => [cell.model.type, cell.model.sharedModel.getSource()]);")
    return [
        number
        for number, (kind, source) in enumerate(cells[: last + 1])
        if kind == "code" and not any(words in source for words in GUARDED)
    ]


class Camera:
    """Takes pictures of one page of JupyterLab."""

    def __init__(self, page, folder: Path, dark: bool) -> None:
        self.page, self.folder, self.dark = page, folder, "-dark" if dark else ""
        self.seen: set[tuple[str, str]] = set()  # labs and kinds of verdict
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

    def first(self, lab: str) -> None:
        """A lab's first screen, and what its first check says of no answer."""
        notebook = Notebook(self.page, f"labs/{lab}/{lab}.ipynb")
        self.take(f"{lab}-first")
        notebook.ask(RUN_SOME, plain_cells(notebook, notebook.ask(CHECKS)[0][0]))
        self.verdicts(lab, notebook)
        notebook.close()

    def widgets(self, lab: str, notebook: Notebook) -> None:
        """Each widget of a lab."""
        for number, source in notebook.ask(WIDGETS):
            notebook.ask("await find().content.scrollToItem(argument, 'start');", number)
            call = source.split("widgets.", 1)[1].split("(")[0]
            self.page.wait_for_timeout(1000)
            self.take(f"{lab}-widget-{call}")

    def whole(self, lab: str, notebook: Notebook) -> None:
        """A lab from top to bottom, in pages."""
        self.page.set_viewport_size({"width": WIDE, "height": TALL})
        notebook.ask("await find().content.scrollToItem(0, 'start');")
        self.take(f"{lab}-page-01")
        number = 2
        while notebook.ask(NEXT_PAGE):
            self.take(f"{lab}-page-{number:02}")
            number += 1
        self.page.set_viewport_size({"width": WIDE, "height": HIGH})

    def verdicts(self, lab: str, notebook: Notebook) -> None:
        """Each kind of verdict that checks have given, the first of each."""
        for number, said in notebook.ask(CHECKS):
            found = VERDICT.search(said)
            kind = KINDS[found[1]] if found else ""
            if kind and (lab, kind) not in self.seen:
                self.seen.add((lab, kind))
                notebook.ask("await find().content.scrollToItem(argument, 'center');", number)
                self.take(f"{lab}-verdict-{kind}")


if __name__ == "__main__":
    main()
