"""What tests read off a figure, and what every figure keeps to."""

import matplotlib as mpl
import pytest
from matplotlib.colors import to_hex

from course_utils import style
from course_utils.drawing import frames


def numbers(axes):
    """The array that was drawn as cells."""
    return axes.collections[0].get_array()


def texts(axes):
    return [text.get_text() for text in axes.texts]


def framed(axes):
    """Cells framed in the colour of the focus, as (row, column, height, width)."""
    boxes = [patch for patch in axes.patches if to_hex(patch.get_edgecolor()) == style.FOCUS]
    return [(box.get_y(), box.get_x(), box.get_height(), box.get_width()) for box in boxes]


def check_width_and_font(drawn):
    """A figure is at most nine inches wide, and its text is legible."""
    figure = frames._figure_of(drawn)
    figure.draw_without_rendering()
    written = [text for text in figure.findobj(mpl.text.Text) if text.get_text() and text.get_visible()]
    exponents = [text for text in written if "mathdefault" in text.get_text()]
    assert figure.get_size_inches()[0] <= 9.01
    assert min(text.get_fontsize() for text in written if text not in exponents) >= 10


def check_texts_do_not_overlap(drawn):
    figure = frames._figure_of(drawn)
    figure.draw_without_rendering()
    boxes = [(text.get_text(), text.get_window_extent()) for text in figure.findobj(_is_seen)]
    for place, (text, box) in enumerate(boxes):
        for other_text, other in boxes[place + 1 :]:
            assert not box.padded(-2).overlaps(other), f"{text!r} overlaps {other_text!r}"


def check_settings_stay(draw):
    """Drawing changes no global setting."""
    before = dict(mpl.rcParams)
    draw()
    assert dict(mpl.rcParams) == before


def _is_seen(artist):
    """Tell texts that are drawn from those of axes that are switched off."""
    if not isinstance(artist, mpl.text.Text) or not artist.get_text().strip() or not artist.get_visible():
        return False
    if artist.get_window_extent().width <= 1:  # a tick beyond the end of its axis
        return False
    axes = artist.axes
    return axes is None or axes.axison or artist in axes.texts or artist is axes.title


def rules_of(figures):
    """Return a test class of what every figure keeps to; ``figures`` holds, by name, functions that draw one."""

    @pytest.mark.parametrize("name", figures)
    class TestEveryFigure:
        def test_it_is_at_most_nine_inches_wide_and_its_text_is_legible(self, name):
            check_width_and_font(figures[name]())

        def test_its_texts_do_not_overlap(self, name):
            check_texts_do_not_overlap(figures[name]())

        def test_drawing_it_changes_no_global_setting(self, name):
            check_settings_stay(figures[name])

    return TestEveryFigure
