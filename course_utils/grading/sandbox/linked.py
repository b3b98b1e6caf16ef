"""Packages that are installed without lying in site-packages, as ``pip install -e`` leaves them where they are written.

A ``.pth`` file, or a finder that setuptools has made, says where. Of such a folder only what can be imported is shown:
it may be a whole project, with anything in it.
"""

import ast
import re
import site
import sysconfig
from collections.abc import Iterator
from pathlib import Path

SITES = ("site-packages", "dist-packages")  # folders that hold nothing but installed packages
BUILDS = {"setup.py", "conftest.py", "nbgrader_config.py"}  # modules that nobody imports
CODE = {".py", ".so", ".pyd"}
ABOUT = {".dist-info", ".egg-info"}
MAPPING = re.compile(r"^MAPPING\b[^=]*= *(\{.*\})$", re.MULTILINE)


def installed_elsewhere(private: list[Path]) -> list[Path]:
    """Return packages and modules that this Python's site-packages only point at.

    Parameters
    ----------
    private
        What must not be shown. Of a folder with something private in it only packages are shown.
    """
    named = [Path(place) for folder in _site_folders() for place in _pointed_at(folder)]
    return [path for place in named if place.exists() for path in _importable(place, private)]


def _site_folders() -> list[Path]:
    libraries = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), *site.getsitepackages()]
    own = [site.getusersitepackages()] if site.ENABLE_USER_SITE else []
    return [folder for folder in map(Path, dict.fromkeys([*libraries, *own])) if folder.is_dir()]


def _pointed_at(folder: Path) -> Iterator[str]:
    """Yield the places that one site-packages points at."""
    for file in sorted(folder.glob("*.pth")):
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.strip() and not line.startswith(("#", "import ", "import\t")):
                yield str(folder / line.strip())
    for file in sorted(folder.glob("__editable__*finder.py")):
        if found := MAPPING.search(file.read_text(encoding="utf-8", errors="replace")):
            yield from ast.literal_eval(found[1]).values()


def _importable(place: Path, private: list[Path]) -> list[Path]:
    """Return what can be imported of a place: a package or a module itself, or those in a folder."""
    if place.is_file() or place.name in SITES or (place / "__init__.py").is_file():
        return [place]
    secret = any(path.is_relative_to(place) for path in private)
    return [
        one
        for one in sorted(place.iterdir())
        if (one / "__init__.py").is_file()
        or (not secret and (one.suffix in ABOUT or (one.suffix in CODE and one.name not in BUILDS)))
    ]
