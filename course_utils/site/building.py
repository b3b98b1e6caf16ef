"""Make the site: gather its pages, and let Sphinx make HTML of them."""

import contextlib
import importlib.util
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from course_utils.course import RELEASED, CourseError
from course_utils.site.launching import Repository

SITE = "site"
WORK = ".site"  # beside the course's own folders: gathered pages, run notebooks, what Sphinx remembers
NEEDED = ("sphinx", "myst_nb", "sphinx_book_theme")
NAME = "Neural-networks labs"

SETTINGS: dict[str, Any] = {
    "project": NAME,
    "html_title": NAME,
    "extensions": ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "course_utils.site.mathml"],
    "html_theme": "sphinx_book_theme",
    "html_theme_options": {
        "use_download_button": False,
        "use_fullscreen_button": False,
        "home_page_in_toc": True,
        "max_navbar_depth": 1,  # deeper levels fold, and what opens them has no name for a screen reader
        "show_toc_level": 1,
        "back_to_top_button": True,
        "footer_content_items": "",
    },
    "html_sidebars": {"**": ["search-button-field.html", "sbt-sidebar-nav.html"]},  # the theme's logo is in no landmark
    "html_static_path": [str(Path(__file__).parent / "static"), "_static"],
    "html_css_files": ["site.css"],
    "html_js_files": ["site.js"],
    "html_copy_source": False,
    "html_show_sphinx": False,
    "html_domain_indices": False,
    "html_use_index": False,
    "html_math_renderer": "mathml",
    "nb_execution_mode": "off",
    "nb_ipywidgets_js": {},
    "myst_enable_extensions": ["dollarmath", "deflist", "attrs_block"],
    "myst_heading_anchors": 3,
    "myst_update_mathjax": False,
    "autodoc_member_order": "bysource",
    "autodoc_typehints": "none",
    "default_role": "py:obj",
    "suppress_warnings": ["myst.header", "mystnb.unknown_mime_type"],
}


def build(
    root: Path, to: Path, labs: list[str], say: Callable[[str], None], repository: Repository | None = None
) -> list[str]:
    """Make the site, or what of it is not up to date.

    Parameters
    ----------
    root
        The course.
    to
        The folder of the site: new, empty, or the site of an earlier run.
    labs
        The names of the labs that are to be in it.
    say
        Is given a line for each step.
    repository
        Where the bundle lies for everybody to open; lessons lead there.

    Returns
    -------
    list of str
        What Sphinx has warned of.
    """
    _ask_for_the_extra()
    _ask_for_room(to)
    from course_utils.site.pages import gather

    with _nicely():
        source = root / WORK / "source"
        notebooks = [root / RELEASED / lab / f"{lab}.ipynb" for lab in labs]
        gather(root, source, notebooks, root / WORK / "run", say, repository)
        say("making     pages")
        return _make_html(source, to, root / WORK / "remembered")


def _ask_for_the_extra() -> None:
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise CourseError(f'The site needs {", ".join(missing)}. Install the extra: pip install -e ".[docs]"')


def _ask_for_room(to: Path) -> None:
    """Refuse a folder in which something else lies: pages would be strewn among a person's files."""
    if to.is_file() or (to.is_dir() and any(to.iterdir()) and not (to / "searchindex.js").exists()):
        raise CourseError(f"{to} holds something that is no site. Choose a new or an empty folder.")


@contextlib.contextmanager
def _nicely() -> Any:
    """Leave the processors to others meanwhile, where a process may be nice and become itself again."""
    if not hasattr(os, "setpriority"):
        yield
        return
    before = os.getpriority(os.PRIO_PROCESS, 0)
    os.setpriority(os.PRIO_PROCESS, 0, max(before, 10))
    try:
        yield
    finally:
        with contextlib.suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, 0, before)


def _make_html(source: Path, to: Path, remembered: Path) -> list[str]:
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    warnings = io.StringIO()
    with patch_docutils(), docutils_namespace():
        app = Sphinx(source, None, to, remembered, "html", SETTINGS, status=None, warning=warnings, freshenv=False)
        app.build()
    return [line for line in warnings.getvalue().splitlines() if line.strip()]
