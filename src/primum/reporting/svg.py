"""A Vega-Lite specification drawn as an SVG that can stand inside a page."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from primum.reporting.vega import NARROW, WIDE, Size, Spec
from primum.reporting.visible import visible_line

_TAGS = frozenset({"svg", "g", "path", "line", "text", "rect", "title", "desc", "defs", "clipPath"})


def drawn(draw: Callable[[Size], Spec], *, prefix: str, title: str, description: str) -> str:
    """The chart in both sizes, of which the page's style shows the one that fits."""
    return "".join(
        to_svg(
            draw(size),
            prefix=f"{prefix}-{size.name}",
            title=title,
            description=description,
            shown_as=size.name,
        )
        for size in (WIDE, NARROW)
    )


def to_svg(
    spec: Spec, *, prefix: str, title: str, description: str, shown_as: str = "chart"
) -> str:
    """The chart as an inline ``<svg>`` with a title and a description, its ids made unique.

    Args:
        spec: a Vega-Lite specification with its data inside.
        prefix: letters and digits; no two charts of a page may share it.
        title: names the chart.
        description: says in words what it shows.
        shown_as: the class of the element.
    """
    import vl_convert

    svg = vl_convert.vegalite_to_svg(spec, allowed_base_urls=[])
    foreign = set(re.findall(r"<([A-Za-z][^\s/>]*)", svg)) - _TAGS
    if foreign:
        raise RuntimeError(f"the chart renderer wrote unexpected elements: {sorted(foreign)}")
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", svg)
    svg = re.sub(r'href="#([^"]+)"', rf'href="#{prefix}-\1"', svg)
    svg = re.sub(r'<path class="(?:background|foreground)"[^>]*display="none"/>', "", svg)
    head, _, body = svg.partition(">")
    box = re.search(r'viewBox="[^"]*"', head)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{shown_as}" '
        f'{box.group() if box else ""} role="img" '
        f'aria-labelledby="{prefix}-title {prefix}-desc">'
        f'<title id="{prefix}-title">{html.escape(visible_line(title))}</title>'
        f'<desc id="{prefix}-desc">{html.escape(visible_line(description))}</desc>{body}'
    )
