"""A page in headless Chromium that runs a widget's own script, with a small stand-in for anywidget's model.

What the page saves goes to the real widget in Python, and what the widget answers comes back, so that both
halves are tested together; only JupyterLab between them is left out.
"""

import os
import shutil

import pytest
from playwright.sync_api import sync_playwright

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
async ([script, style, state]) => {
  document.head.append(Object.assign(document.createElement("style"), { textContent: style }));
  const listeners = {};
  const tell = (name) => (listeners[`change:${name}`] ?? []).slice().forEach((call) => call());
  const changed = {};
  const model = {
    get: (name) => state[name],
    set: (name, value) => {
      if (JSON.stringify(state[name]) === JSON.stringify(value)) return;
      state[name] = value;
      changed[name] = value;
      tell(name);
    },
    on: (event, call) => (listeners[event] ??= []).push(call),
    off: (event, call) => { listeners[event] = (listeners[event] ?? []).filter((other) => other !== call); },
    save_changes: async () => {
      const sent = { ...changed };
      Object.keys(changed).forEach((name) => delete changed[name]);
      for (const [name, value] of Object.entries(await window.python(sent))) {
        if (JSON.stringify(state[name]) === JSON.stringify(value)) continue;
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
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
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


def synced(widget) -> dict:
    """Return the traits that the page sees."""
    keys = [
        name
        for name in widget.keys
        if not name.startswith("_") and name not in ("layout", "tabbable", "tooltip")
    ]
    return {name: getattr(widget, name) for name in keys}
