"""Calls that cannot be meant, such as a hint that does not exist: a notebook shows one sentence, and no traceback."""

import textwrap

WIDTH = 72  # characters; notebooks break longer lines of an error inside words


def in_lines(sentence: str) -> list[str]:
    """Return a sentence in lines that end at spaces."""
    return textwrap.wrap(sentence, WIDTH, break_long_words=False, break_on_hyphens=False)


class Mistake(ValueError):
    """A slip in calling us. Its message says what was wanted and what came."""

    def _render_traceback_(self) -> list[str]:
        return in_lines(str(self))


class NoSuchName(AttributeError):
    """A name that there is not, such as that of an exercise."""

    def _render_traceback_(self) -> list[str]:
        return in_lines(str(self))
