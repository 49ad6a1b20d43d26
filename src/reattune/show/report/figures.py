"""Figures for the report: inline SVG that follows the page's colours, with data to download."""

from __future__ import annotations

import base64
import io
import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reattune.show.export import to_csv
from reattune.show.style import COLOURS, drawing

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure as Drawing

_COORDINATES = re.compile(r'(?<=\s)(?:d|x|y|width|height|transform|points)="[^"]*"')
_DECIMALS = re.compile(r"(\d+\.\d{2})\d+")
_FONT = "'DejaVu Sans'"


@dataclass(frozen=True)
class Figure:
    """One figure of the report.

    Attributes
    ----------
    name : str
        File name of its downloads, without ending.
    title, caption, alternative : str
        ``alternative`` says in words what can be seen, for those who do not see it.
    svg : str
        Inline: colours are the page's variables, no addresses, no identifiers used elsewhere.
    svg_uri, csv_uri : str
        The same drawing and its data as ``data:`` addresses; empty where left out.
    """

    name: str
    title: str
    caption: str
    alternative: str
    svg: str
    svg_uri: str
    csv_uri: str


def make_figure(
    drawing_: Drawing,
    data: pd.DataFrame,
    *,
    name: str,
    title: str,
    caption: str,
    alternative: str,
) -> Figure:
    """The figure of a drawing and the frame it was drawn from."""
    svg = to_svg(drawing_)
    return Figure(
        name=name,
        title=title,
        caption=caption,
        alternative=alternative,
        svg=to_inline(svg, prefix=f"{name}-", alternative=alternative),
        svg_uri=data_uri(svg, "image/svg+xml"),
        csv_uri=data_uri(to_csv(data), "text/csv;charset=utf-8"),
    )


def to_svg(drawing_: Drawing) -> str:
    """A drawing as a stand-alone SVG: equal drawings give equal text, coordinates to 1/100 pt."""
    buffer = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with drawing(), warnings.catch_warnings():
        # The browser has fonts for letters that matplotlib's own font lacks.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        drawing_.savefig(buffer, format="svg", metadata=nothing)
    text = _COORDINATES.sub(_shorten, buffer.getvalue())
    text = text.replace(_FONT, f"{_FONT}, sans-serif")
    return re.sub(r"\n\s*", "\n", text)


def _shorten(match: re.Match[str]) -> str:
    text = _DECIMALS.sub(r"\1", match.group())
    text = text.replace(' transform="rotate(-0 ', ' transform="rotate(0 ')
    return re.sub(r"\s+", " ", text).replace(' "', '"')


def to_inline(svg: str, *, prefix: str, alternative: str) -> str:
    """The drawing for use inside a page.

    Colours become the page's variables (so the dark page and the printed page recolour it), fonts
    become the page's font, identifiers get a prefix, and everything that names an address goes.
    """
    text = svg[svg.index("<svg") :]
    head, body = text.split(">", 1)
    box = re.search(r'viewBox="([^"]*)"', head)
    body = re.sub(r"<style.*?</style>", "", body, flags=re.DOTALL)
    body = re.sub(r"<defs>\s*</defs>", "", body)
    used = set(re.findall(r'(?:url\(|href=")#([^)"]*)', body))
    body = re.sub(
        r'\sid="([^"]*)"', lambda m: f' id="{prefix}{m[1]}"' if m[1] in used else "", body
    )
    body = body.replace("url(#", f"url(#{prefix}").replace('xlink:href="#', f'href="#{prefix}')
    body = body.replace(f"{_FONT}, sans-serif", "var(--font)")
    body = re.sub(r' transform="rotate\(-?0 [^)]*\)"', "", body)
    for name, (light, _) in COLOURS.items():
        body = body.replace(light, f"var(--{name})")
    label = _escape(alternative)
    size = box.group(1) if box else "0 0 720 300"
    # No larger than drawn (a point is 4/3 pixels), so that letters are equally large everywhere.
    widest = round(float(size.split()[2]) * 4 / 3)
    return (
        f'<svg role="img" aria-label="{label}" viewBox="{size}" style="max-width:{widest}px">'
        f"{body.strip()}"
    )


def _escape(text: str) -> str:
    from html import escape

    return escape(text, quote=True)


def data_uri(text: str, kind: str) -> str:
    """The text as an address that holds it."""
    return f"data:{kind};base64,{base64.b64encode(text.encode('utf-8')).decode('ascii')}"
