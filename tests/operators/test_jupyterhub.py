"""A term's week on a JupyterHub: docs/operators.md is followed by a teacher and three students, in their browsers."""

import re
import shutil
import subprocess
from pathlib import Path

import browser
import guide
import machine
import pytest
from learner import Notebook
from playwright.sync_api import sync_playwright

pytestmark = [pytest.mark.slow, pytest.mark.thorough, pytest.mark.timeout(3600)]

ROOT = Path(__file__).resolve().parents[2]
LAB = "01_neurons"
CONFIGS = ("/opt/labs/etc/jupyter/nbgrader_config.py", "/srv/jupyterhub/jupyterhub_config.py")
FROM_A_REGISTRY = ("apt-get ", "npm ", "python3 -m venv ", "/opt/labs/bin/pip ")  # machine.install stands for them
STUDENTS = {
    "ada": 'neuron = {"z": 1, "z doubled": 10}',
    "emmy": 'neuron = {"z": 1, "z doubled": 2}',
    "konrad": None,
}
POINTS = {"ada": 2, "emmy": 1, "konrad": 0}
PATIENCE = 600_000  # milliseconds: a busy machine starts a server in minutes


def tree(to: Path) -> Path:
    """Copy the author's tree, with one lab."""
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    for name in names:
        if (ROOT / name).is_file() and not re.match(r"tests/|benchmarks/|(solutions|notebooks)/0(?!1_)", name):
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, to / name)
    return to


def follow(host: machine.Machine, title: str) -> None:
    """Run the commands of a section, each as the one who runs it, but for those that install."""
    for who, command in guide.commands(title):
        if not command.startswith((*FROM_A_REGISTRY, "cd /srv/jupyterhub")):
            host.shell(command, user=who, folder="/home/prof/course" if who == "prof" else "/")


def set_up(host: machine.Machine, wheel: Path, tmp_path: Path) -> None:
    """Make people and the course, follow the guide, and start the hub."""
    for name in ("prof", *STUDENTS):
        host.add_user(name, password=f"secret of {name}")
    host.shell(f"cp -r '{tree(tmp_path / 'tree')}' /home/prof/course && chown -R prof: /home/prof/course")
    host.install(wheel)
    follow(host, "Setting up")
    for name in CONFIGS:
        more = 'c.Spawner.args = ["--LabApp.expose_app_in_browser=True"]\n' if "hub_config" in name else ""
        host.run("sh", "-ec", f'mkdir -p {Path(name).parent} && printf "%s" "$0" > {name}', guide.file(name) + more)
    (start,) = [command for _, command in guide.commands("Setting up") if command.startswith("cd /srv/jupyterhub")]
    host.start(["sh", "-ec", start], log=tmp_path / "hub.log")
    look = "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/hub/health')"
    host.eventually(f'python -c "{look}"')


@pytest.fixture
def chrome(host: machine.Machine, tmp_path: Path):
    """A Chromium that stands in the hub's machine."""
    start = tmp_path / "chromium"
    start.write_text(f'#!/bin/sh\nexec nsenter -t {host.pid} -n -- {browser.chromium()} "$@"\n')
    start.chmod(0o755)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=str(start), args=browser.FLAGS)
        yield running
        running.close()


@pytest.fixture
def host(wheel: Path, tmp_path: Path):
    """The hub's machine, on which the hub is running."""
    machine.need("node", "configurable-http-proxy", modules=["jupyterhub"])
    with machine.running("hub") as one:
        set_up(one, wheel, tmp_path)
        yield one
        print((tmp_path / "hub.log").read_text())  # shown if the test fails


def log_in(chrome, name: str, first: str):
    """Log in, wait until one's server has started, and return its page."""
    page = chrome.new_context(viewport={"width": 1300, "height": 900}).new_page()
    page.set_default_timeout(PATIENCE)
    page.goto("http://127.0.0.1:8000/hub/spawn")
    page.locator("#username_input").fill(name)
    page.locator("#password_input").fill(f"secret of {name}")
    page.locator("#login_submit").click()
    page.wait_for_url(f"**/user/{name}/lab/tree/{first}*")
    return page


def assignments(page):
    """Open the list of assignments as its menu does, and return it, filled."""
    page.evaluate("window.jupyterapp.commands.execute('nbgrader:open-assignment-list')")
    page.locator("#refresh_assignments_list").first.click()
    page.locator("#released_assignments_list, #fetched_assignments_list").get_by_text(LAB).first.wait_for()
    return page


def work(page, answer: str | None) -> None:
    """Answer the first exercise of the lab, and save."""
    lab = Notebook(page, f"labs/{LAB}/{LAB}.ipynb")
    if answer:
        lab.write("neuron = {", answer)
    lab.save()


def hand_in(page, name: str) -> None:
    """Hand in: one by the buttons of the start page, the others by the list of assignments."""
    if name == "ada":
        start = Notebook(page, "START.ipynb")
        start.run("import desk")
        page.locator(".widget-text input").fill(name)
        page.locator(".widget-text input").press("Tab")
        page.get_by_role("button", name="Make the file to hand in").click()
        page.locator("p", has_text="nbgrader's exchange has it").wait_for()
    else:
        assignments(page).locator("#fetched_assignments_list button", has_text="Submit").first.click()
        page.locator("#submitted_assignments_list").get_by_text(LAB).first.wait_for()


def test_a_lab_goes_through_a_hub_from_its_release_to_the_feedback(host, chrome, tmp_path):
    follow(host, "Handing out")
    pages = {name: log_in(chrome, name, "START.ipynb") for name in STUDENTS}
    for name, page in pages.items():
        page.locator(".jp-Notebook").first.wait_for()
        work(page, STUDENTS[name])
        hand_in(page, name)
        assert host.run("ls", f"/home/{name}/labs/labs/{LAB}", user=name)
        host.run("ls", f"/home/{name}", user="emmy" if name == "ada" else "ada", status=2)
    follow(host, "Collecting and grading")
    teacher = log_in(chrome, "prof", "README.md")
    teacher.goto(f"http://127.0.0.1:8000/user/prof/formgrader/manage_submissions/{LAB}")
    for name, points in POINTS.items():
        row = teacher.locator("tr", has=teacher.get_by_text(name, exact=True)).first
        row.wait_for()
        assert f"{points} / 20" in row.inner_text()
    for name, page in pages.items():
        assignments(page).locator("#submitted_assignments_list button", has_text="Fetch Feedback").first.click()
        host.eventually(f"find /home/{name}/labs/labs/{LAB}/feedback -name '{LAB}.html' | grep -q .", user=name)
