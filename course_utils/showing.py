"""Show one thing in two forms: HTML where there is a notebook, its text everywhere else."""

import sys
from typing import Any


def show(text: str, html: str, metadata: dict[str, Any] | None = None) -> None:
    """Show HTML in a notebook, with its text behind it; print the text where there is no notebook.

    Parameters
    ----------
    text, html
        The same in two forms. HTML is not escaped here.
    metadata
        Of the notebook's output: data for programs that read it.
    """
    ipython = sys.modules.get("IPython")  # if nobody has imported it, this is no notebook
    if ipython is None or ipython.get_ipython() is None:
        print(text)
        return
    ipython.display.display({"text/plain": text, "text/html": html}, raw=True, metadata=metadata or {})
