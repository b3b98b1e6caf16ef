"""What the checks know of objects that live in another process."""

from typing import Any


class Proxy:
    """An object of a student's that lives in another process, where their code runs while a class is graded.

    All that is known of it here: `kind`, the name of its type; `called`, its own name ("" if it has none); and
    whether it is `callable`. `call` and `ask` reach it through :meth:`perform`.
    """

    kind: str
    called: str
    callable: bool

    def perform(
        self, name: str, probe: str, args: list[Any], kwargs: dict[str, Any], refused: tuple[str, ...]
    ) -> dict[str, Any]:
        """Run :func:`course_utils.judging.protocol.calling.perform` where the object lives, on the object."""
        raise NotImplementedError
