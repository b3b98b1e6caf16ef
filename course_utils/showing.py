"""Show one thing in two forms: HTML where there is a notebook, its text everywhere else."""

from typing import Any

from course_utils.runtime import in_notebook


def show(text: str, html: str, metadata: dict[str, Any] | None = None) -> None:
    """Show HTML in a notebook, with its text behind it; print the text where there is no notebook.

    Parameters
    ----------
    text, html
        The same in two forms. HTML is not escaped here.
    metadata
        Of the notebook's output: data for programs that read it.
    """
    if not in_notebook():
        print(text)
        return
    from IPython.display import display

    display({"text/plain": text, "text/html": html}, raw=True, metadata=metadata or {})
