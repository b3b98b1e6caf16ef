"""Practice as a small panel: a question, fields or options, what is said of the answer, and the next question."""

from html import escape
from typing import Any

import anywidget
import traitlets

from course_utils.judging.practice import Question
from course_utils.judging.typed import Unreadable
from course_utils.mistakes import Mistake
from course_utils.widgets.base import STILL_CSS, Explorer, script

MOST_AXES = 2  # of an answer that is put into a grid of fields


def open_panel(question: Question) -> None:
    """Show a question as a panel, from which further questions can be asked."""
    from IPython.display import display

    display(PracticePanel(question))


class PracticePanel(Explorer):
    """A panel that asks. The page puts what the learner wants into `asked`; what is to be seen comes in `shown`."""

    _esm = script(__file__, "fields", "practice")
    asked = traitlets.Dict().tag(sync=True)  # {"turn", "do": "check" | "next", "answer", "topic"}
    shown = traitlets.Dict().tag(sync=True)
    topics = traitlets.List().tag(sync=True)  # [name, title] each

    def __init__(self, question: Question) -> None:
        self.question = question
        self.topic = "" if question.deck.mixed else question.topic.name
        topics = [[name, source.topic.title] for name, source in question.deck.sources.items()]
        if question.deck.mixed:
            topics.insert(0, ["", "mixed"])
        super().__init__(topics=topics, shown=self._page(0))

    @traitlets.observe("asked")
    def _answer(self, change: Any) -> None:
        asked = change["new"]
        turn = asked.get("turn", 0)
        if asked.get("do") == "check":
            self.shown = self._page(turn, self._reply(asked.get("answer", "")))
            return
        self.topic = str(asked.get("topic", self.topic))
        self.question = self.question.deck.draw(self.topic)
        self.shown = self._page(turn)

    def _reply(self, answer: Any) -> dict[str, Any]:
        """Return what to say of a text, or of the texts in the rows of a grid of fields."""
        try:
            if isinstance(answer, list):
                reply = self.question.reply_to_fields([[str(one) for one in row] for row in answer])
            else:
                reply = self.question.reply_to_typed(str(answer))
        except Mistake as error:
            message = str(error)
            place = error.place if isinstance(error, Unreadable) else None
            return {"state": "unread", "lines": [f"{capital(message)}."], "steps": [], "place": place}
        return {"state": "right" if reply.right else "wrong", "lines": list(reply.lines), "steps": list(reply.steps)}

    def _page(self, turn: int, reply: dict[str, Any] | None = None) -> dict[str, Any]:
        question = self.question
        return {
            "turn": turn,
            "number": question.number,
            "topic": self.topic,
            "called": question.topic.title,
            "text": question.text,
            "options": [[key, option.text] for key, option in question.options.items()],
            "wanted": "a number" if question.dimensions == 0 else "rows of numbers, such as [[1, 2], [3, 4]]",
            "axes": question.dimensions if question.dimensions <= MOST_AXES else 0,
            "tally": question.deck.tally,
            "reply": reply,
        }

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict, dict]:
        """Give the panel, and for a page without it the question as text."""
        data, metadata = anywidget.AnyWidget._repr_mimebundle_(self, **kwargs) or ({}, {})
        words = f"<p>To practise, run this cell again.</p><pre>{escape(repr(self.question))}</pre>"
        text = {
            "text/plain": repr(self.question),
            "text/html": f'<div class="cu-still"><style>{STILL_CSS}</style>{words}</div>',
        }
        return {**data, **text}, metadata


def capital(text: str) -> str:
    """Return a text that begins with a capital letter."""
    return text[:1].upper() + text[1:]
