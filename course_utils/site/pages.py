"""Gather the pages of the site in one folder: guides as they stand in ``docs/``, lessons, lists made from the code."""

import ast
import importlib
import inspect
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from course_utils import files
from course_utils.bundle import version
from course_utils.course import CourseError
from course_utils.site import launching, lessons

DOCS = "docs"
LOOK_UP = ["glossary", "reading"]
GUIDES = ["learners", "instructors", "operators", "security", "adopt", "authors"]
HOME = "index"
OUTWARD = re.compile(r"\[([^\]]*)\]\(\.\./[^)]*\)")
TITLE = re.compile(r"^# (.*)$", re.M)
ENTRIES = re.compile(r"(?:^- \*\*.+\n?)+", re.M)
ENTRY = re.compile(r"^- \*\*(.+?)\*\*: (.*)$", re.M)
YOU_WILL = re.compile(r"\*\*You will\*\* (.*?)(?:\n\n|$)", re.S)
TIME = re.compile(r"Time: ((?:about )?\d+(?: to \d+)? minutes)")
# parts of the package that are for lessons; of a lab's own folder, what draws
FOR_LESSONS = {"data", "drawing", "models", "runtime", "shapes", "style", "toys", "training"}
DRAWS = {"figures", "widgets"}


def gather(
    root: Path,
    source: Path,
    notebooks: list[Path],
    cache: Path,
    say: Callable[[str], None],
    repository: launching.Repository | None = None,
) -> None:
    """Write all pages of the site below ``source``, those that have changed; take away what is no page any more.

    Where the labs lie in a ``repository``, each lesson leads to where it can be opened.
    """
    pages: dict[str, str] = {}
    ran = {path.stem: lessons.run(path, cache, say) for path in notebooks}
    for name, notebook in ran.items():
        page = lessons.as_page(notebook, source / "_static" / "figures", "../_static/figures")
        if repository:
            launching.put_below_the_title(page, repository.ways_to(name), repository.first_cell(version(root)))
        pages[f"labs/{name}.ipynb"] = nbformat.writes(page)
    for name in [HOME, *GUIDES, *LOOK_UP]:
        pages[f"{name}.md"] = _guide(root / DOCS / f"{name}.md")
    pages["glossary.md"] = _as_glossary(pages["glossary.md"])
    pages |= {f"api/{module}.rst": _reference(module) for module in modules_of(ran.values())}
    references = sorted(name for name in pages if name.startswith("api/"))
    pages["api/index.rst"] = _list_of_references(references)
    titles = {name: f"{_number(name)}. {_said(TITLE, notebook) or name}" for name, notebook in ran.items()}
    pages["labs/index.md"] = _list_of_labs(ran, titles)
    pages["index.md"] += _contents(titles)
    _write(source, pages)


def _write(source: Path, pages: dict[str, str]) -> None:
    """Write what has changed, and nothing else: Sphinx makes a page again when its source is younger."""
    for name, text in pages.items():
        path = source / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            files.write(path, text)
    for path in source.rglob("*"):
        name = path.relative_to(source).as_posix()
        shown = path.suffix == ".png" and any(path.name in text for text in pages.values())
        if path.is_file() and name not in pages and not shown:
            path.unlink()


def _guide(path: Path) -> str:
    """Return a guide; what it links to outside the guides is named only, since the site does not hold it."""
    try:
        return OUTWARD.sub(r"\1", path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CourseError(f"The site needs {path}, and it cannot be read: {error.strerror}.") from None


def _as_glossary(text: str) -> str:
    """Return the list of words as Sphinx's glossary: each word then has an address, and the search knows it."""
    return ENTRIES.sub(lambda found: "{.glossary}\n" + ENTRY.sub(r"\1\n: \2\n", found[0]), text)


def _contents(titles: dict[str, str]) -> str:
    """Return the site's tables of contents, which make its sidebar; labs by their numbers and titles."""
    parts = {
        "Labs": ["labs/index", *(f"{title} <labs/{name}>" for name, title in titles.items())],
        "Guides": GUIDES,
        "To look up": [*LOOK_UP, "api/index"],
    }
    return "".join(
        f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n" + "\n".join(names) + "\n```\n"
        for caption, names in parts.items()
    )


def _list_of_labs(ran: dict[str, NotebookNode], titles: dict[str, str]) -> str:
    """Return the page that lists the labs, each with what is made in it and its minutes."""
    lines = ["# All labs", ""]
    for name, notebook in ran.items():
        will, time = (_said(pattern, notebook) for pattern in (YOU_WILL, TIME))
        about = f"You will {' '.join(will.split())}" + (f" ({time})" if time else "")
        lines += [f"[{titles[name]}]({name}.ipynb)", f": {about}", ""]
    return "\n".join(lines)


def _number(lab: str) -> str:
    """Return the number by which a lab is called: "06", or "06, homework"."""
    return lab.split("_")[0] + (", homework" if lab.endswith("_homework") else "")


def _said(pattern: re.Pattern[str], notebook: NotebookNode) -> str:
    """Return what a notebook's text says of one thing, "" if nothing."""
    text = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    found = pattern.search(text)
    return found[1] if found else ""


# --- the reference of the package -----------------------------------------------------------------


def modules_of(notebooks: Iterable[NotebookNode]) -> list[str]:
    """Return the modules of the package that lessons call, in order."""
    found: set[str] = set()
    for notebook in notebooks:
        for cell in notebook.cells:
            if cell.cell_type == "code" and "course_utils" in cell.source:
                found |= set(_imported(cell.source))
    return sorted(found)


def _imported(source: str) -> Iterable[str]:
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("course_utils."):
            continue
        module = node.module or ""
        part = module.split(".")[1]
        if part in FOR_LESSONS:
            yield module
        elif part == "labs":
            yield from (f"{module}.{alias.name}" for alias in node.names if alias.name in DRAWS)


def _reference(module: str) -> str:
    """Return a module's page: what it offers, each thing with its own description."""
    found = importlib.import_module(module)
    offered = getattr(found, "__all__", None) or [
        name
        for name, value in vars(found).items()
        if not name.startswith("_") and getattr(value, "__module__", "") == module and callable(value)
    ]
    lines = [module, "=" * len(module), "", f".. automodule:: {module}", ""]
    for name in offered:
        kind = "autoclass" if inspect.isclass(getattr(found, name)) else "autofunction"
        if callable(getattr(found, name)):
            lines += [f".. {kind}:: {module}.{name}", *(["   :members:"] if kind == "autoclass" else []), ""]
    return "\n".join(lines)


def _list_of_references(pages: list[str]) -> str:
    title = "What lessons call"
    names = [name.removeprefix("api/").removesuffix(".rst") for name in pages]
    lines = [title, "=" * len(title), "", "The functions that the labs import from ``course_utils``, module by module."]
    return "\n".join([*lines, "", ".. toctree::", "   :maxdepth: 1", "", *(f"   {name}" for name in names), ""])
