"""Colours by meaning, the same in every figure and every widget.

The four are Okabe and Ito's hues. Orange and vermilion are darker than theirs: as lines they stand out from white paper
by 3:1 and more, and from a dark page too, and are told apart by people who do not see red or green.
"""

DATA = "#0072b2"  # blue: what was measured
MODEL = "#c78500"  # orange: what a network computes
TRUTH = "#009e73"  # green: what is right
FOCUS = "#b23a00"  # vermilion: where to look

INTENSITY = "cividis"  # probabilities, losses: one-sided values
SIGNED = "PuOr"  # weights, gradients, feature maps: zero in the middle
GREY = ("#262626", "#f2f2f2")  # brightness: the darkest and the lightest cell of a picture


def colour_map(name: str | tuple[str, str]):
    """Return matplotlib's colour map of this name, or one that runs from the one colour to the other."""
    import matplotlib as mpl
    from matplotlib.colors import LinearSegmentedColormap

    return mpl.colormaps[name] if isinstance(name, str) else LinearSegmentedColormap.from_list("between", name)


def shades(name: str | tuple[str, str], count: int = 33) -> list[str]:
    """Sample a colour map (see `colour_map`) at ``count`` places from its low to its high end, as ``"#rrggbb"``."""
    from matplotlib.colors import to_hex

    return [to_hex(colour_map(name)(place / (count - 1))) for place in range(count)]
