"""Formulas as MathML, which browsers draw and screen readers read, without a script and without a network."""

import functools
import re

KNOWN_AS = {  # words of LaTeX that docutils does not know, and those for the same that it does
    re.compile(r"\\([bB]igg?)(?![A-Za-z])"): r"\\\1l",
    re.compile(r"\\dots(?![A-Za-z])"): r"\\ldots",
}


@functools.lru_cache(2000)
def as_mathml(formula: str, *, block: bool = False) -> str:
    """Return a formula, in LaTeX, as MathML.

    Raises
    ------
    ValueError
        If there is something in it that docutils does not know.
    """
    from docutils.utils.math.latex2mathml import tex2mathml

    for word, known in KNOWN_AS.items():
        formula = word.sub(known, formula)
    text: str = tex2mathml(formula, as_block=block)
    return text
