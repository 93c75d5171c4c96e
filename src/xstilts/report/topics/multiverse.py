"""The multiverse of a study: what each contrast says under each defensible choice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from xstilts.report.elements.blocks import Fold, Section, Table, TableCell, TableColumn
from xstilts.report.elements.formatting import MISSING, interval, name_list, plural, signed
from xstilts.report.scores.contrast_scopes import UNTESTED
from xstilts.report.scores.contrasts import headline_contrasts
from xstilts.report.scores.multiverse import REPORTED, Conclusion, multiverse
from xstilts.report.scores.scoreboard import Scoreboard
from xstilts.report.topics.topic import Topic


def compute(board: Scoreboard) -> tuple[Conclusion, ...] | None:
    """Return all conclusions, choice by choice; None where no contrast on the mean over targets has a value."""
    reported = [c for c in headline_contrasts(board.comparison.contrasts) if c.target is None]
    if not any(c.value is not None for c in reported):
        return None
    draws = board.comparison.target_draws
    return multiverse(board.results, draws, zero_shot=any(c.zero_shot for c in reported))


def sections(conclusions: Sequence[Conclusion]) -> tuple[Section, ...]:
    full = Fold(title="Every difference under every choice", blocks=(choice_table(conclusions),))
    return (Section(id="multiverse", title="Under other choices", blocks=(stability_table(conclusions), full)),)


def stability_table(conclusions: Sequence[Conclusion]) -> Table:
    """Lay out one line a contrast: as reported, the range of its values, and the choices under which its verdict is
    another."""
    labels = ("Contrast", "As reported", "Verdict", "Least to greatest", "Choices", "Another verdict")
    return Table(
        caption="What each difference on the mean over targets is under other defensible choices, one changed at a "
        "time: another metric that measures the same, all languages, a seed dropped, test examples left out that are "
        "trained on, runs kept that did not learn. In points; verdicts are those of tests of all contrasts together, "
        "made anew for each choice.",
        columns=tuple(TableColumn(label=label, numeric=label in (labels[1], *labels[3:5])) for label in labels),
        rows=tuple(_stability_row(of) for of in _by_contrast(conclusions)),
    )


def _by_contrast(conclusions: Sequence[Conclusion]) -> list[list[Conclusion]]:
    found: dict[str, list[Conclusion]] = {}
    for one in conclusions:
        found.setdefault(one.contrast, []).append(one)
    return list(found.values())


def _stability_row(of: Sequence[Conclusion]) -> tuple[TableCell, ...]:
    own = next(one for one in of if one.option == REPORTED)
    others = [one for one in of if one is not own and one.value is not None]
    values = [one.value for one in (own, *others) if one.value is not None]
    tested = [one for one in others if one.verdict != UNTESTED]
    changed = [f"{one.verdict} {one.option}" for one in tested if own.value is not None and one.verdict != own.verdict]
    return (
        TableCell(text=own.contrast),
        _size(own),
        TableCell(text=own.verdict or "–"),
        TableCell(text=f"{signed(min(values))} to {signed(max(values))}" if values else "–"),
        TableCell(text=str(len(others)), small_print=_without_verdict(of)),
        TableCell(text=name_list(changed) if changed else "none"),
    )


def _without_verdict(of: Sequence[Conclusion]) -> tuple[str, ...]:
    """Count the choices that say nothing of the verdict: one seed alone is tested by nothing."""
    unmeasured, untested = sum(one.value is None for one in of), sum(one.verdict == UNTESTED for one in of)
    counts = ((unmeasured, "not measured"), (untested, UNTESTED))
    return tuple(f"{n} {what}" for n, what in counts if n)


def choice_table(conclusions: Sequence[Conclusion]) -> Table:
    labels = ("Contrast", "Choice", "Difference", "Verdict", "Over", "Remark")
    return Table(
        caption="Every difference on the mean over targets under every choice, in points, with the simultaneous "
        "interval over the contrasts of that choice (with one seed over test items alone).",
        columns=tuple(TableColumn(label=label, numeric=label == "Difference") for label in labels),
        rows=tuple(
            (
                TableCell(text=one.contrast),
                TableCell(text=f"{one.choice}: {one.option}" if one.choice else one.option),
                _size(one),
                TableCell(text=one.verdict or "not measured"),
                TableCell(text=_over(one)),
                TableCell(text=one.reason),
            )
            for of in _by_contrast(conclusions)
            for one in of
        ),
    )


def _size(one: Conclusion) -> TableCell:
    if one.value is None:
        return TableCell(text=MISSING, role="missing")
    return TableCell(text=signed(one.value) + interval(one.low, one.high, before=" "))


def _over(one: Conclusion) -> str:
    if one.value is None:
        return "–"
    return f"{plural(one.targets, 'target')}, {plural(one.languages, 'language')}, {plural(one.seeds, 'seed')}"


MULTIVERSE = Topic(
    name="multiverse",
    compute=compute,
    sections=sections,
    record=lambda conclusions: {"multiverse": [asdict(one) for one in conclusions]},
    empty_record={"multiverse": []},
    tables={"multiverse": lambda conclusions: [asdict(one) for one in conclusions]},
)
