"""View of a stressed file: its texts with what was taken out and put in, then counts."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from xstilts.app.stress import StressedFile, StressedText
from xstilts.perturb.edits import Rewriting

_OUT, _IN = "red strike", "bold green"


def stress_page(stressed: StressedFile, *, colour: bool) -> RenderableType:
    """Return the page. Without colour, [-what was taken out-] and {+what was put in+}."""
    return Group(*(_line(text, colour) for text in stressed.shown), *_counts(stressed))


def _line(text: StressedText, colour: bool) -> Text:
    line = Text(f"{text.example_id} {text.field}  ", style="dim")
    return line.append_text(edited_text(text.rewriting, colour))


def edited_text(rewriting: Rewriting, colour: bool) -> Text:
    """Return a text with its edits; what does not show itself is named by its code point."""
    out, into = ("", "") if colour else ("[-{}-]", "{{+{}+}}")
    old, done, shown = rewriting.old, 0, Text(style="not dim")
    for edit in rewriting.edits:
        shown.append(old[done : edit.start])
        removed, added = _trimmed(old[edit.start : edit.end], edit.text)
        shared = edit.text[: len(edit.text) - len(added)] if not removed else ""
        shown.append(shared)
        if removed:
            shown.append(out.format(_named(removed)) if out else _named(removed), style=_OUT)
        if added:
            shown.append(into.format(_named(added)) if into else _named(added), style=_IN)
        done = edit.end
    return shown.append(old[done:])


def _trimmed(removed: str, added: str) -> tuple[str, str]:
    """Return what an edit takes out and puts in: only what is new, where the old piece stays before it."""
    return ("", added[len(removed) :]) if removed and added.startswith(removed) else (removed, added)


def _named(text: str) -> str:
    return "".join(f"<U+{ord(char):04X}>" if unicodedata.category(char) in ("Cf", "Cc") else char for char in text)


def _counts(stressed: StressedFile) -> Iterator[Text]:
    result, perturbation = stressed.result, stressed.perturbation
    total = len(result.examples) + sum(result.dropped.values())
    rate = result.realised_rate
    realised = (
        "there was nothing to change" if rate is None else f"{100 * rate:.2f} %, asked {100 * perturbation.rate:g} %"
    )
    unit = perturbation.unit
    yield Text(f"{perturbation.name} ({stressed.language}), {total} rows: {result.changed} of {result.units} {unit}s "
               f"that it could change are changed ({realised}).")  # fmt: skip
    for reason, number in result.dropped.items():
        yield Text(f"{number} dropped: {reason} (first: {result.first_dropped[reason]}).", style="yellow")
    if (switching := stressed.switching) is not None:
        index, fraction = switching.i_index_within_sentences, switching.switch_point_fraction
        yield Text(
            f"CMI {switching.cmi_2014_all:.1f} over all texts, {_shown(switching.cmi_2014_mixed, 1)} over the "
            f"{switching.mixed} mixed ones (Das & Gambäck 2014); M-index {_shown(switching.m_index, 3)}; "
            f"I-index within texts {_shown(index, 3)}; switch-point fraction {_shown(fraction, 3)}."
        )


def _shown(value: float | None, digits: int) -> str:
    return "not defined" if value is None else f"{value:.{digits}f}"
