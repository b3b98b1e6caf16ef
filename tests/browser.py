"""A page in headless Chromium that runs a widget's own script, with a small stand-in for anywidget's model.

What the page saves goes to the real widget in Python, and what the widget answers comes back, so that both
halves are tested together; only JupyterLab between them is left out.
"""

import base64
import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from playwright.sync_api import sync_playwright
from processes import end

COURSE = Path(__file__).resolve().parent.parent

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

STAND_IN = """
async ([script, style, sent]) => {
  const views = (values) => Object.fromEntries(Object.entries(values).map(([name, value]) => [name, view(value)]));
  const view = (value) => {  // bytes come as a view into a longer message, as in JupyterLab
    if (typeof value?.base64 !== "string") return value;
    const text = atob(value.base64);
    const message = Uint8Array.from("head" + text, (letter) => letter.charCodeAt(0));
    return new DataView(message.buffer, 4);
  };
  const key = (value) => value instanceof DataView ? String(new Uint8Array(value.buffer)) : JSON.stringify(value);
  const state = views(sent);
  document.head.append(Object.assign(document.createElement("style"), { textContent: style }));
  const listeners = {};
  const tell = (name) => (listeners[`change:${name}`] ?? []).slice().forEach((call) => call());
  const changed = {};
  const model = {
    get: (name) => state[name],
    set: (name, value) => {
      if (key(state[name]) === key(value)) return;
      state[name] = value;
      changed[name] = value;
      tell(name);
    },
    on: (event, call) => (listeners[event] ??= []).push(call),
    off: (event, call) => { listeners[event] = (listeners[event] ?? []).filter((other) => other !== call); },
    send: async (content) => {
      await window.python({});  // Python echoes it
      (listeners["msg:custom"] ?? []).slice().forEach((call) => call(content));
    },
    save_changes: async () => {
      const sent = { ...changed };
      Object.keys(changed).forEach((name) => delete changed[name]);
      for (const [name, value] of Object.entries(views(await window.python(sent)))) {
        if (key(state[name]) === key(value)) continue;
        state[name] = value;
        tell(name);
      }
    },
  };
  const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const widget = (await import(url)).default;
  window.model = model;
  window.stop = await widget.render({ model, el: document.querySelector("#widget") });
}
"""


def chromium() -> str:
    """Find Chromium, or skip the test; in continuous integration its absence is a failure."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")  # the first has no windows
    found = next(filter(None, map(shutil.which, names)), None)
    if not found and os.environ.get("CI"):
        pytest.fail("no Chromium on PATH: the widgets cannot be tested")
    if not found:
        pytest.skip("no Chromium on PATH")
    return found


def start(playwright: sync_playwright):
    """Start Chromium without a network of its own."""
    return playwright.chromium.launch(executable_path=chromium(), args=FLAGS)


def mount(page, widget) -> None:
    """Run ``widget`` (an Explorer) in ``page``, tied to Python in both directions."""

    def python(sent: dict) -> dict:
        for name, value in sent.items():
            setattr(widget, name, value)
        return synced(widget)

    page.expose_function("python", python)
    page.set_content('<!doctype html><html lang="en"><body><div id="widget"></div></body></html>')
    page.evaluate(STAND_IN, [widget._esm, widget._css, synced(widget)])


def eventually(page, read, wanted, seconds: int = 5) -> None:
    """Wait until Python has answered."""
    for _ in range(40 * seconds):
        if read() == wanted:
            return
        page.wait_for_timeout(25)
    assert read() == wanted


def synced(widget) -> dict:
    """Return the traits that the page sees."""
    keys = [name for name in widget.keys if not name.startswith("_") and name not in ("layout", "tabbable", "tooltip")]
    values = {name: getattr(widget, name) for name in keys}
    return {name: coded(value) if isinstance(value, bytes) else value for name, value in values.items()}


def coded(value: bytes) -> dict[str, str]:
    """Return bytes as the page takes them."""
    return {"base64": base64.b64encode(value).decode()}


@contextlib.contextmanager
def jupyterlab(folder: Path):
    """Serve ``folder`` with JupyterLab on a free port; yield address and token; stop it again."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = folder / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    quietly = json.dumps({"fetchNews": "false", "checkForUpdates": False})
    (settings / "notification.jupyterlab-settings").write_text(quietly)
    token = secrets.token_hex(16)
    options = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "ServerApp.root_dir": folder,
        "ServerApp.allow_root": True,
        "IdentityProvider.token": token,
        "LabApp.user_settings_dir": folder / "settings",
        "LabApp.workspaces_dir": folder / "workspaces",
        "LabApp.extension_manager": "readonly",
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser"]
    command += [f"--{name}={value}" for name, value in options.items()]
    places = {f"JUPYTER_{kind}_DIR": str(folder / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")}
    places["PYTHONPATH"] = os.pathsep.join(filter(None, [str(COURSE), os.environ.get("PYTHONPATH")]))
    quiet = {name: value for name, value in os.environ.items() if name not in ("CI", "NBGRADER_EXECUTION")}
    with open(folder / "server.log", "w") as log:
        server = subprocess.Popen(command, cwd=folder, env=quiet | places, stdout=log, stderr=log)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/api?token={token}", server, folder / "server.log")
        yield f"{address}/lab", token
    finally:
        end(server)  # it stops its kernels, too


PROMPTS = "() => [...document.querySelectorAll('.jp-Notebook .jp-InputArea-prompt')].map((one) => one.innerText.trim())"
KERNEL = "() => document.querySelector('.jp-Notebook-ExecutionIndicator')?.dataset.status"


def run_all(page) -> None:
    """Run all cells, once the kernel has been idle for a second; again if none of them is in the queue then.

    JupyterLab calls a kernel idle before it has one, and forgets what it is told until it is connected. A dialogue may
    say so at any moment, and lies over the menu until it is answered.
    """
    for _ in range(30):
        eventually(page, lambda: stays_idle(page), True, seconds=120)
        try:
            for dialogue in page.locator(".jp-Dialog .jp-mod-accept").all():
                dialogue.click(timeout=3000)
            page.get_by_role("menuitem", name="Run", exact=True).click(timeout=3000)
            page.get_by_role("menuitem", name="Run All Cells", exact=True).click(timeout=3000)
        except PlaywrightTimeout:
            continue
        page.wait_for_timeout(1000)
        if set(page.evaluate(PROMPTS)) != {"[ ]:"}:
            return eventually(page, lambda: {"[ ]:", "[*]:"}.isdisjoint(page.evaluate(PROMPTS)), True, seconds=120)
    raise AssertionError("JupyterLab ran no cell")


def stays_idle(page) -> bool:
    """Tell whether the kernel is idle now, and for a second from now."""
    for _ in range(5):
        if page.evaluate(KERNEL) != "idle":
            return False
        page.wait_for_timeout(200)
    return True


def wait_for(address: str, server: subprocess.Popen, log: Path) -> None:
    """Wait until the server answers, at most two minutes."""
    for _ in range(600):
        assert server.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"JupyterLab did not start:\n{log.read_text()}")
