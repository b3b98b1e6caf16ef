"""The desk on the start page: look a notebook over, put lost cells back, make the file to hand in, by buttons."""

import threading
from collections.abc import Callable
from html import escape
from pathlib import Path

from course_utils import handing_in, inspecting, reference, workplace
from course_utils.course import CourseError
from course_utils.inspecting import Diagnosis
from course_utils.runtime import has_front_end

WORDS = """course doctor LAB          look your notebook over
course doctor LAB --run    run it as grading does
course doctor LAB --mend   put lost cells back
course submit LAB          make the file to hand in"""


def open_desk() -> None:
    """Show the desk; where nobody sits at a screen, the commands that do the same."""
    if not has_front_end():
        print(WORDS)
        return
    from IPython.display import display

    display(_Desk().box)


class _Desk:
    def __init__(self) -> None:
        import ipywidgets

        self.home = workplace.find_workplace() or Path.cwd()
        labs = {f"{lab.split('_')[0]} {reference.title_of(lab)}": lab for lab in reference.labs()}
        wide = ipywidgets.Layout(width="34em", max_width="100%")
        self.lab = ipywidgets.Dropdown(options=labs, description="lab", layout=wide)
        self.student = ipywidgets.Text(value=handing_in.known_id(self.home), description="student id", layout=wide)
        self.says = ipywidgets.HTML()
        buttons = [
            self._button("Look it over", self.look),
            self._button("Run it as grading does", self.run),
            self._button("Put lost cells back", self.mend),
            self._button("Make the file to hand in", self.submit),
        ]
        row = ipywidgets.HBox(buttons, layout=ipywidgets.Layout(flex_flow="row wrap"))
        self.box = ipywidgets.VBox([self.lab, self.student, row, self.says])

    def _button(self, words: str, act: Callable[[Path], list[str]]):
        import ipywidgets

        button = ipywidgets.Button(description=words, layout=ipywidgets.Layout(width="auto"))
        button.on_click(lambda _: self._do(words, act))
        return button

    def _do(self, words: str, act: Callable[[Path], list[str]]) -> None:
        self.says.value = f"<p>{escape(words)} …</p>"

        def work() -> None:
            try:
                lines = act(workplace.find_notebook(self.lab.value, self.home))
            except CourseError as error:
                lines = [_line("✗", str(error))]
            self.says.value = "".join(lines)

        threading.Thread(target=work, daemon=True).start()  # the page stays alive meanwhile

    def look(self, path: Path) -> list[str]:
        """Look a notebook over without running it."""
        return list(map(_of, inspecting.look_over(inspecting.read_pair(path))))

    def run(self, path: Path) -> list[str]:
        """Run it as grading does."""
        from course_utils.rehearsing import rehearse

        return list(map(_of, rehearse(inspecting.read_pair(path))))

    def mend(self, path: Path) -> list[str]:
        """Put lost cells back."""
        done = inspecting.mend(inspecting.read_pair(path)) or ["nothing was lost or edited"]
        return [
            *(_line("✓", one) for one in done),
            _line("!", "If the notebook is open, take the new file: File, Reload Notebook from Disk."),
        ]

    def submit(self, path: Path) -> list[str]:
        """Make the file to hand in."""
        done = handing_in.submit(path, self.student.value.strip(), exchange=bool(handing_in.exchange_of(self.home)))
        return [_line("✓", f"made: {done.path.name}"), *(_line("·", one) for one in done.sentences)]


def _of(one: Diagnosis) -> str:
    return _line("✓" if one.well and not one.mend else "!" if one.well else "✗", one.what, one.mend)


def _line(mark: str, what: str, mend: str = "") -> str:
    more = f"<br>{escape(mend)}" if mend else ""
    return f'<p style="line-height: 1.4; margin: 0.3em 0"><strong>{mark}</strong> {escape(what)}{more}</p>'
