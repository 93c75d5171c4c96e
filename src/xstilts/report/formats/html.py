"""HTML: a document as one self-contained page: no scripts, no requests, light and dark, wide tables scroll."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from xstilts.core.visible_text import visible
from xstilts.report.elements.blocks import Document

if TYPE_CHECKING:
    from jinja2 import Template

HERE = Path(__file__).parent


def html(document: Document) -> str:
    """Render the whole page. Everything that came from data is escaped by the template; figures escape their own
    text."""
    from markupsafe import Markup

    style = (HERE / "page.css").read_text(encoding="utf-8")
    return visible(_template().render(document=document, style=Markup(style), svg=Markup))


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    # Escaping is on for every template, and a misspelt field raises instead of printing nothing.
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string((HERE / "page.html.j2").read_text(encoding="utf-8"))
