"""The desk on the start page: look a notebook over, put lost cells back, make the file to hand in, by buttons."""

import sys
import threading
from collections.abc import Callable
from html import escape
from pathlib import Path

from course_utils import care, handing_in, reference, start_page, workplace
from course_utils.care import Deed
from course_utils.course import CourseError
from course_utils.files import why_unwritable
from course_utils.inspecting import Diagnosis
from course_utils.mistakes import Spoken, called_as
from course_utils.runtime import has_front_end

SPOKEN = "desk.open_desk()"
sys.modules[__name__].__class__ = Spoken


@called_as(SPOKEN)
def open_desk() -> None:
    """Show the desk; where nobody sits at a screen, the commands that do the same."""
    if not has_front_end():
        print("\n".join(f"{deed.command:<27}{deed.what}" for deed in care.DEEDS))
        return
    from IPython.display import display

    display(_Desk().box)


class _Desk:
    def __init__(self) -> None:
        import ipywidgets

        self.home = workplace.find_workplace() or Path.cwd()
        labs = {start_page.name_of(lab): lab for lab in reference.labs()}
        wide = ipywidgets.Layout(width="34em", max_width="100%")
        self.lab = ipywidgets.Dropdown(options=labs, description="lab", layout=wide)
        self.student = ipywidgets.Text(value=handing_in.known_id(self.home), description="student id", layout=wide)
        self.says = ipywidgets.HTML()
        self.buttons = [
            self._button(care.LOOK, care.look),
            self._button(care.RUN, lambda path: care.look(path, run=True)),
            self._button(care.MEND, lambda path: care.look(path, mend=True)),
            self._button(care.SUBMIT, self.submit, is_look=False),
        ]
        row = ipywidgets.HBox(self.buttons, layout=ipywidgets.Layout(flex_flow="row wrap"))
        self.box = ipywidgets.VBox([self.lab, self.student, row, self.says])

    def _button(self, deed: Deed, act: Callable[[Path], list[Diagnosis]], *, is_look: bool = True):
        import ipywidgets

        button = ipywidgets.Button(description=deed.button, layout=ipywidgets.Layout(width="auto"))
        button.on_click(lambda _: self._do(deed, act, is_look))
        return button

    def _do(self, deed: Deed, act: Callable[[Path], list[Diagnosis]], is_look: bool) -> None:
        self.says.value = f"<p>{escape(deed.button)} …</p>"
        self._let_press(False)  # what another button says would be written over

        def work() -> None:
            try:
                found = act(workplace.find_notebook(self.lab.value, self.home))
                if is_look:
                    self.says.value = f"<p><strong>{care.in_sum(found)}</strong></p>{''.join(map(_paragraph, found))}"
                else:
                    self.says.value = _paragraph(found[0]) + "".join(_paragraph(one, "·") for one in found[1:])
            except (CourseError, OSError) as error:
                self.says.value = _paragraph(Diagnosis(why_unwritable(error) or str(error)), "✗")
            finally:
                self._let_press(True)

        self.at_work = threading.Thread(target=work, daemon=True)  # the page stays alive meanwhile
        self.at_work.start()

    def _let_press(self, may: bool) -> None:
        for button in self.buttons:
            button.disabled = not may

    def submit(self, path: Path) -> list[Diagnosis]:
        """Make the file to hand in, and hand it to nbgrader's exchange where there is one."""
        there = bool(handing_in.exchange_of(self.home))
        return care.submit(path, self.student.value.strip(), exchange=there)


def _paragraph(one: Diagnosis, mark: str = "") -> str:
    mark = mark or ("✓" if one.well and not one.mend else "!" if one.well else "✗")
    more = f"<br>{escape(one.mend)}" if one.mend else ""
    return f'<p style="line-height: 1.4; margin: 0.3em 0"><strong>{mark}</strong> {escape(one.what)}{more}</p>'
