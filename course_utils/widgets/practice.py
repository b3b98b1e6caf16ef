"""Practice as a small panel: a question, a field or options, what is said of the answer, and the next question."""

from html import escape
from typing import Any

import anywidget
import traitlets

from course_utils.judging.mistakes import Mistake
from course_utils.judging.practice import Question, Reply
from course_utils.widgets.base import STILL_CSS, Explorer, script

EXAMPLES = ("a number", "numbers, such as (3, 4)", "rows of numbers, such as [[1, 2], [3, 4]]")


def open_panel(question: Question) -> None:
    """Show a question as a panel, from which further questions can be asked."""
    from IPython.display import display

    display(PracticePanel(question))


class PracticePanel(Explorer):
    """A panel that asks. The page puts what the learner wants into `asked`; what is to be seen comes in `shown`."""

    _esm = script(__file__, "practice")
    asked = traitlets.Dict().tag(sync=True)  # {"turn", "do": "check" | "next", "answer" | "topic"}
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
            self.shown = self._page(turn, self._reply(str(asked.get("answer", ""))))
            return
        self.topic = str(asked.get("topic", self.topic))
        self.question = self.question.deck.draw(self.topic)
        self.shown = self._page(turn)

    def _reply(self, answer: str) -> dict[str, Any]:
        try:
            reply = self.question.reply_to_typed(answer)
        except Mistake as error:
            message = str(error)
            reply = Reply(False, [f"{message[0].upper()}{message[1:]}."])
            return {"state": "unread", "lines": reply.lines, "steps": []}
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
            "wanted": EXAMPLES[question.dimensions],
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
