"""A Sphinx extension: formulas as MathML, which browsers draw and screen readers read, without a script."""

from typing import Any

from course_utils.formulas import as_mathml


def setup(app: Any) -> dict[str, bool]:
    """Tell Sphinx of the renderer; its name for ``html_math_renderer`` is "mathml"."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _inline(page: Any, node: Any) -> None:
    _put(page, node, block=False)


def _block(page: Any, node: Any) -> None:
    _put(page, node, block=True)


def _put(page: Any, node: Any, *, block: bool) -> None:
    from docutils.nodes import SkipNode
    from sphinx.util.logging import getLogger

    try:
        formula = as_mathml(node.astext(), block=block)
    except ValueError as error:
        getLogger(__name__).warning("no MathML for %r: %s", node.astext(), error, location=node)
        formula = page.encode(node.astext())
    page.body.append(f'<div class="formula" tabindex="0">{formula}</div>' if block else formula)
    raise SkipNode
