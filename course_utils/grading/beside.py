"""Which files lie beside a notebook: those handed in and those of the release, as far as both fit in one folder."""

from collections.abc import Iterable, Mapping


def beside(submitted: Mapping[str, bytes], released: Mapping[str, bytes], notebook: str) -> dict[str, bytes]:
    """Return files by relative path: the release's win, and what would lie in the place of one of them is left out.

    Parameters
    ----------
    submitted, released
        What was handed in, and what the release puts there.
    notebook
        The name of the lab's notebook, which nothing else may have.
    """
    names = {notebook, *released}
    folders = {above for name in names for above in _above(name)}
    kept = {name: content for name, content in submitted.items() if name not in names | folders}
    return {name: content for name, content in kept.items() if not names & set(_above(name))} | dict(released)


def _above(name: str) -> Iterable[str]:
    parts = name.split("/")
    return ("/".join(parts[:count]) for count in range(1, len(parts)))
