"""A Sphinx extension: formulas as MathML, which browsers draw and screen readers read, without a script."""

import re
from typing import Any

KNOWN_AS = {  # words of LaTeX that docutils does not know, and those for the same that it does
    re.compile(r"\\([bB]igg?)(?![A-Za-z])"): r"\\\1l",
    re.compile(r"\\dots(?![A-Za-z])"): r"\\ldots",
}


def setup(app: Any) -> dict[str, bool]:
    """Tell Sphinx of the renderer; its name for ``html_math_renderer`` is "mathml"."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def as_mathml(formula: str, *, block: bool = False) -> str:
    """Return a formula, in LaTeX, as MathML."""
    from docutils.utils.math.latex2mathml import tex2mathml

    for word, known in KNOWN_AS.items():
        formula = word.sub(known, formula)
    text: str = tex2mathml(formula, as_block=block)
    return text


def _inline(page: Any, node: Any) -> None:
    _put(page, node, block=False)


def _block(page: Any, node: Any) -> None:
    _put(page, node, block=True)


def _put(page: Any, node: Any, *, block: bool) -> None:
    from docutils.nodes import SkipNode
    from docutils.utils.math import MathError
    from sphinx.util.logging import getLogger

    try:
        formula = as_mathml(node.astext(), block=block)
    except MathError as error:
        getLogger(__name__).warning("no MathML for %r: %s", node.astext(), error, location=node)
        formula = page.encode(node.astext())
    page.body.append(f'<div class="formula" tabindex="0">{formula}</div>' if block else formula)
    raise SkipNode
