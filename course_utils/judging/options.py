"""An option of a multiple choice."""

from typing import NamedTuple

from course_utils.judging.misconceptions import Misconception


class Option(NamedTuple):
    """One option. `way` and `feedback` answer who chose it wrongly, or, in a set, who left it out wrongly.

    Without a `feedback` of its own the option answers with that of the wrong way.
    """

    text: str
    way: Misconception | None = None
    feedback: str = ""

    @property
    def advice(self) -> str:
        """What an option says itself, with what to read again; "" where its wrong way speaks."""
        if not self.feedback:
            return ""
        read_again = self.way.hint.split("\n")[1:] if self.way else []
        return "\n".join([f"Hint: {self.feedback}", *read_again])
