"""Colours by meaning, the same in every figure and every widget.

`DATA`, `MODEL`, `TRUTH` and `FOCUS` are looked up in matplotlib's colour-blind safe sequence when they are
first used, so that importing this module loads nothing. They are strings such as ``"#0072b2"``.
"""

DATA: str  # blue: what was measured
MODEL: str  # orange: what a network computes
TRUTH: str  # green: what is right
FOCUS: str  # vermilion: where to look

INTENSITY = "cividis"  # brightness, probabilities: one-sided values
SIGNED = "PuOr"  # weights, gradients, feature maps: zero in the middle

_PLACES = {"MODEL": 1, "TRUTH": 3, "DATA": 5, "FOCUS": 6}  # in the sequence "okabe_ito"


def __getattr__(name: str) -> str:
    """Look up one of the four colours."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import matplotlib as mpl
    from matplotlib.colors import to_hex

    return to_hex(mpl.color_sequences["okabe_ito"][_PLACES[name]])


def shades(colour_map: str, count: int = 33) -> list[str]:
    """Sample ``colour_map`` (its name) at ``count`` places from its low to its high end, as ``"#rrggbb"``."""
    import matplotlib as mpl
    from matplotlib.colors import to_hex

    return [to_hex(mpl.colormaps[colour_map](place / (count - 1))) for place in range(count)]
