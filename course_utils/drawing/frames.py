"""Sheets of panels, and the way a figure gets into a notebook."""

import base64
import functools
import html
import io
import textwrap
from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

FONT = 10.0  # points; the smallest text in any figure
SHEET_WIDTH = 9.0  # inches; no figure is wider
PIXELS_PER_INCH = 160  # of the stored picture; sharp at twice the usual screen resolution
# A figure is dark ink on a white card; the card has room and round corners, and is dimmed on a dark page.
CARD = "max-width:100%;height:auto;box-sizing:content-box;padding:8px;border-radius:8px;background:white"
CSS = (
    '[data-jp-theme-light="false"] .cu-figure img{filter:brightness(.86)}'
    ".cu-figure img{max-width:calc(100% - 16px)!important}"
    ".jp-OutputArea-output pre{word-break:normal!important;overflow-wrap:anywhere}"  # printed words stay whole
)
# colour, dashes, marker, for up to four curves
LINES = (("DATA", "-", "o"), ("MODEL", "--", "s"), ("TRUTH", ":", "^"), ("FOCUS", "-.", "D"))


_TEXTS: WeakKeyDictionary[Figure, str] = WeakKeyDictionary()  # of the figures whose functions hold one


def described(alt: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let a figure function hold the text for those who cannot see its figure, so that `show` needs none.

    Parameters
    ----------
    alt
        One sentence that says what is to be seen. It becomes the function's ``alt``.
    """

    def hold(plot: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(plot)
        def draw(*arguments: Any, **options: Any) -> Any:
            drawn = plot(*arguments, **options)
            _TEXTS[_figure_of(drawn)] = alt
            return drawn

        vars(draw)["alt"] = alt
        return draw

    return hold


def show(axes_or_figure: Any, alt: str = "") -> None:
    """Put a figure into the notebook, once, with a text for those who cannot see it.

    The figure becomes an HTML image, because its text alternative is then kept by JupyterLab, nbconvert and
    nbgrader's feedback alike. It is closed afterwards, so that the notebook does not draw it again.

    Parameters
    ----------
    axes_or_figure
        What a plot function returned: axes, several axes, or a figure.
    alt
        One sentence that says what is to be seen; left out where the figure function holds it (`described`).

    Raises
    ------
    ValueError
        If there is no such sentence.
    """
    from IPython.display import display

    display(figure_bundle(axes_or_figure, alt), raw=True)


def figure_bundle(axes_or_figure: Any, alt: str = "") -> dict[str, str]:
    """Make what `show` displays, by MIME type, and close the figure.

    Returns
    -------
    dict
        ``"text/html"``: a ``<figure>`` with the picture inside it; ``"text/plain"``: the alternative text.
    """
    figure = _figure_of(axes_or_figure)
    alt = _TEXTS.get(figure, "") if alt == "" else alt
    if not isinstance(alt, str) or not alt.strip():
        raise ValueError(f"alt must be a sentence that says what the figure shows, not {alt!r}")
    png = _png(figure)
    plt.close(figure)
    width = int.from_bytes(png[16:20], "big") * 96 // PIXELS_PER_INCH  # from the PNG's header, to CSS pixels
    picture = base64.b64encode(png).decode()
    page = (
        f'<figure class="cu-figure" style="margin:0"><style>{CSS}</style><img alt="{html.escape(alt, quote=True)}" '
        f'src="data:image/png;base64,{picture}" style="width:{width}px;{CARD}"></figure>'
    )
    return {"text/html": page, "text/plain": f"[figure: {alt}]"}


def _figure_of(drawn: Any) -> Figure:
    """Find the figure that axes, or the first of several axes, stand in."""
    if isinstance(drawn, Figure):
        return drawn
    first = drawn if isinstance(drawn, Axes) else next(iter(np.ravel(np.asarray(drawn, dtype=object))), None)
    if not isinstance(first, Axes):
        raise TypeError(f"expected axes or a figure, as a plot function returns them, not {type(drawn).__name__}")
    return first.get_figure(root=True)


def _png(figure: Figure) -> bytes:
    """Draw the figure; the same figure gives the same bytes."""
    stream = io.BytesIO()
    figure.savefig(
        stream,
        format="png",
        dpi=PIXELS_PER_INCH,
        bbox_inches="tight",
        facecolor="white",
        metadata={"Software": None},
    )
    return stream.getvalue()


def sheet(sizes: Sequence[tuple[float, float]], titles: Sequence[str], *, cell: float = 0.42, below: float = 0):
    """Make a row of panels in which a cell has the same size everywhere.

    Parameters
    ----------
    sizes
        ``(rows, columns)`` of each panel, in cells.
    titles
        One title a panel; long ones are broken into lines.
    cell
        Side of a cell in inches, unless the sheet would become wider than 9 inches.
    below
        Room for text below the panels, in inches.

    Returns
    -------
    list of Axes, float
        Panels without axes lines, row 0 at the top, and the side of a cell in inches.
    """
    gap, narrowest = 0.3, 1.45  # inches
    cell = min(cell, _largest_cell([columns for _, columns in sizes], gap, narrowest))
    widths = [max(columns * cell, narrowest) for _, columns in sizes]
    height = max(rows for rows, _ in sizes) * cell
    titles = [fold(title, max(8, int(width / 0.085))) for title, width in zip(titles, widths, strict=True)]
    above = 0.1 + 0.19 * max(title.count("\n") + 1 for title in titles)
    total = sum(widths) + gap * (len(sizes) - 1) + 0.1
    figure = plt.figure(figsize=(total, height + above + below + 0.1))
    left, panels = 0.05, []
    for size, width, title in zip(sizes, widths, titles, strict=True):
        box = (left / total, (below + 0.05) / figure.get_figheight())
        extent = (width / total, height / figure.get_figheight())
        panels.append(figure.add_axes((*box, *extent)))
        _centre(panels[-1], size, (height / cell, width / cell))
        panels[-1].set_title(title, fontsize=FONT + 1, y=1 + 0.06 / height, pad=0)
        left += width + gap
    return panels, cell


def _largest_cell(columns: Sequence[float], gap: float, narrowest: float) -> float:
    """Find the side of a cell, in inches, at which panels of so many columns just fill the sheet."""
    room = SHEET_WIDTH - 0.1 - gap * (len(columns) - 1)
    for cell in np.arange(1.0, 0.02, -0.01):
        if sum(max(count * cell, narrowest) for count in columns) <= room:
            return float(cell)
    raise ValueError(f"the panels are too many or too large for one row: {len(columns)} panels")


def _centre(axes: Axes, content: tuple[float, float], room: tuple[float, float]) -> None:
    """Set the limits so that a grid of ``content`` cells stands at the top middle of ``room`` cells."""
    side = (room[1] - content[1]) / 2
    axes.set_xlim(-side, content[1] + side)
    axes.set_ylim(room[0], 0)
    axes.set_axis_off()


def fold(title: str, letters: int) -> str:
    """Break a title into as few lines of so many letters as it takes, all about as long: no word stands alone."""
    return "\n".join(line for part in title.split("\n") for line in _balanced(part, letters) or [""])


def _balanced(text: str, letters: int) -> list[str]:
    lines = textwrap.wrap(text, letters, break_long_words=False)
    for narrower in range(letters - 1, 0, -1):
        tried = textwrap.wrap(text, narrower, break_long_words=False)
        if len(tried) > len(lines) or max(map(len, tried), default=0) > letters:
            break
        lines = tried
    return lines


def bare(axes: Axes) -> Axes:
    """Take the lines away that carry nothing: top and right."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=FONT)
    return axes
