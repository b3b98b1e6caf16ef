"""Calls that cannot be meant, such as a hint that does not exist: a notebook shows one sentence, and no traceback."""


class Mistake(ValueError):
    """A slip in calling us. Its message says what was wanted and what came."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


class NoSuchName(AttributeError):
    """A name that there is not, such as that of an exercise."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]
