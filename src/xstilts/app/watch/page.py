"""The page that shows a study's state: an HTML text with a few parts, each of which can be sent anew by itself."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from xstilts.app.watch.state import DONE, StudyState
from xstilts.core.short_keys import short_key
from xstilts.core.visible_text import visible
from xstilts.report.elements import formatting
from xstilts.report.elements.charts import Curve, Points, panel

if TYPE_CHECKING:
    from jinja2 import Environment

HERE = Path(__file__).parent
PARTS = ("now", "running", "failed", "cells")  # identifiers on the page, in order


def page(state: StudyState) -> str:
    """Return the whole page, as it is when it is opened. All that came from data is escaped."""
    return _rendered("page.html.j2", state, parts=parts(state))


def parts(state: StudyState) -> dict[str, str]:
    """Return the parts of the page that change: identifier -> HTML."""
    return {name: _rendered("parts.html.j2", state, part=name) for name in PARTS}


def problem_part(problem: str) -> dict[str, str]:
    """Return what the page says where the store could not be read."""
    return {"now": _environment().from_string("<p class='warn'>{{ text }}</p>").render(text=visible(problem))}


def _rendered(template: str, state: StudyState, **more: object) -> str:
    found = _environment().get_template(template).render(state=state, done=DONE, **more)
    return visible(found)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "seconds": _seconds,
        "number": formatting.number,
        "count": formatting.count,
        "short_key": short_key,
        "curve": lambda points, name: Markup(_curve(points, name)),
        "html": Markup,
    }
    return environment


def _seconds(value: float) -> str:
    """Write a duration without tenths, which would only flicker."""
    return f"{value:.0f} s" if value < 10 else formatting.seconds(value)


def _curve(points: Points, name: str) -> str:
    return panel(name, [Curve(label=name, colour=1, points=points)])
