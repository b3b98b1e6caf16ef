"""Every test runs on one thread and offline, and so does every program and kernel that it starts."""

import gc
import os
import runpy
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import warm
from sample import make_sample_course
from thorough import THOROUGH

ROOT = Path(__file__).resolve().parent.parent
OFFLINE = ROOT / "tests" / "offline"

# What is compiled is kept, whatever this shell says: these tests start hundreds of processes, which would each compile
# the package, and the next run would rewrite all assertions again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
os.environ["PYTHONPATH"] = os.pathsep.join(
    [str(OFFLINE), str(ROOT), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
)
if not os.environ.get("COURSE_OFFLINE"):  # otherwise sitecustomize has done it
    os.environ["COURSE_OFFLINE"] = "1"
    runpy.run_path(str(OFFLINE / "sitecustomize.py"))


LONGEST_FIRST = (  # files that take minutes: whoever runs them last would let the other processor wait
    "test_every_exercise",
    "test_attacks",
    "test_run_all",
    "test_learner",
    "test_round_trip",
    "test_killed",
    "test_mutants",
    "test_release",
    "test_widgets_in_jupyterlab",
    "test_commands",
    "test_sandbox",
    "test_proof",
    "test_cluster",
    "test_conformance",
    "test_soak",
    "test_page_limits",
    "test_adopting",
    "test_exchange",
    "test_authors",
    "test_extremes",
    "test_own_code",
    "test_site",
    "test_widgets_browser",
    "test_preloaded_process",
    "test_forms",
    "test_cli",
    "test_feedback",
)


@pytest.hookimpl(tryfirst=True)  # before -m is looked at
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Call slow what needs a browser, put the tests of long files first, leave out what ``make thorough`` alone runs."""
    for item in items:
        if "chrome" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)
    left_out = [item for item in items if item.get_closest_marker("thorough") and not THOROUGH]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in set(left_out)]
    place = {name: number for number, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: place.get(item.path.stem, len(place)))


def pytest_collection_finish() -> None:
    """Leave what was collected to no garbage collector: some million objects that stay, looked through again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)


@pytest.fixture(autouse=True, scope="session")
def warm_nbgrader() -> Iterator[None]:
    """Where a release runs nbgrader, it need not be imported each time."""
    release, cold = warm.warm_releases()
    yield
    release.nbgrader = cold


@pytest.fixture
def sample_course(tmp_path: Path) -> Path:
    """A course of its own with our settings and one small lab."""
    return make_sample_course(tmp_path / "course")


@pytest.fixture
def course(sample_course: Path):
    """A function that runs the command ``course`` in the sample course, as a user would."""

    def run(*arguments: str, cwd: Path = sample_course, **variables: str) -> subprocess.CompletedProcess:
        return warm.run(["-m", "course_utils", *arguments], cwd, {**os.environ, **variables})

    return run


@pytest.fixture(scope="session")
def template(tmp_path_factory) -> Path:
    """A course with one released lab, made once; not to be changed."""
    from classroom import release_course

    return release_course(tmp_path_factory.mktemp("template") / "course")


@pytest.fixture
def root(template: Path, tmp_path: Path) -> Path:
    """A released course of this test's own, in which nobody has handed in anything."""
    return Path(shutil.copytree(template, tmp_path / "released"))


@pytest.fixture
def log(tmp_path: Path, monkeypatch):
    """A function that returns what the fake engine has noted: who was graded, or by its other words, which process."""
    path = tmp_path / "log"
    path.touch()
    monkeypatch.setenv("FAKE_ENGINE_LOG", str(path))
    return lambda word="grade": [line.split()[1] for line in path.read_text().splitlines() if line.startswith(word)]


# --- the browser halves of widgets


@pytest.fixture
def front_end(monkeypatch):
    """Find the browser while CI is still known, then pretend that somebody sits at the screen."""
    import browser

    browser.chromium()
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)


@pytest.fixture(scope="module")
def chrome():
    """A running Chromium."""
    import browser

    browser.chromium()
    with browser.sync_playwright() as playwright:
        running = browser.start(playwright)
        yield running
        running.close()


@pytest.fixture
def page(chrome):
    """An empty page; the test fails if a script on it does."""
    errors = []
    fresh = chrome.new_page(viewport={"width": 1000, "height": 700})
    fresh.on("pageerror", lambda error: errors.append(error))
    yield fresh
    fresh.close()
    assert errors == []
