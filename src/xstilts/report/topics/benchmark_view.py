"""A study's average over the targets of a benchmark, as a section, as sentences and as plain values."""

from __future__ import annotations

from typing import Any

from xstilts.report.elements.blocks import Section, Table, TableCell, TableColumn
from xstilts.report.elements.formatting import MISSING, interval, listed, number, plural, probability, signed
from xstilts.report.topics.benchmark_average import ArmAverage, AverageDifference, BenchmarkAverage

MOST = 3  # arms and differences spelled out in a sentence


def headline_sections(found: BenchmarkAverage | None) -> tuple[Section, ...]:
    """One section, or none."""
    if found is None:
        return ()
    tables = (arms_table(found), *([differences_table(found)] if found.differences else []))
    return (Section(id="benchmark", title=f"{found.benchmark.title}'s average", blocks=tables),)


def arms_table(found: BenchmarkAverage) -> Table:
    """Arms down: the average over the targets present, and the total where nothing is missing."""
    title, of = found.benchmark.title, len(found.benchmark.tasks)
    columns = (
        TableColumn(label="Arm", numeric=False),
        TableColumn(label="Average over the targets present", under=(f"mean of {len(found.tasks)} of {of} tasks",)),
        TableColumn(label=f"{title}'s total", under=(f"all {of} tasks, all languages, whole test sets",)),
    )
    return Table(
        caption=f"{found.name}, in percent: each task is the mean over {title}'s languages that are here, the "
        f"one trained in among them, as {title} takes it; then over {plural(found.seeds, 'seed')}. So it is not the "
        "mean of the zero-shot scores above.",
        columns=columns,
        rows=tuple((TableCell(text=arm), _value(one), _total(found, one)) for arm, one in found.arms.items()),
        notes=notes(found),
    )


def notes(found: BenchmarkAverage) -> tuple[str, ...]:
    """What the average holds and what it lacks."""
    counts = {name: (len(x), len(found.benchmark.tasks[name].languages)) for name, x in found.tasks.items()}
    said = [f"{name} {n} of {of} languages" if n < of else f"{name} all {of}" for name, (n, of) in counts.items()]
    lines = [f"Averaged: {', '.join(said)}."]
    if found.missing:
        lines.append(f"Missing: {'; '.join(f'{name} ({why})' for name, why in found.missing.items())}.")
    if found.outside:
        lines.append(f"Not of {found.benchmark.title}, and not in it: {listed(found.outside)}.")
    lines.append(
        f"No total: {'; '.join(found.lacking)}."
        if found.lacking
        else f"The total is over the test files that are here; the notes say where {found.benchmark.title} has others."
    )
    return tuple(lines)


def differences_table(found: BenchmarkAverage) -> Table:
    labels = ("Contrast", "Difference", "95 % interval", "p", "p (Holm)", "Remark")
    return Table(
        caption=f"The study's contrasts on {found.name}, in points. Holm's correction is over the lines of this table.",
        columns=tuple(TableColumn(label=label, numeric=label in labels[1:5]) for label in labels),
        rows=tuple(_row(one) for one in found.differences),
    )


def lead(found: BenchmarkAverage | None) -> tuple[str, ...]:
    """The first sentence of an answer, where other targets are in its other averages."""
    if found is None or not found.outside or not (known := _known(found)):
        return ()
    sure = [one for one in known if one.significant]
    shown = [_said(one) for one in (sure or known)[:MOST]]
    more = len(sure or known) - len(shown)
    what = "significant after Holm" if sure else "no contrast is significant after Holm"
    return (f"On {found.name}, in points: {', '.join(shown)}{f' and {more} more' if more > 0 else ''} ({what}).",)


def sentences(found: BenchmarkAverage | None) -> tuple[str, ...]:
    """For the terminal: what is averaged, every arm, and whether there is a total."""
    if found is None:
        return ()
    arms = ", ".join(f"{arm} {number(one.value)}" for arm, one in found.arms.items())
    without = f" Without {listed(list(found.missing))}." if found.missing else ""
    total = f" No total of {found.benchmark.title}: {'; '.join(found.lacking)}." if found.lacking else ""
    return (f"{found.name}: {arms}.{without}{total}",)


def headline_json(found: BenchmarkAverage | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "benchmark": found.benchmark.name,
        "tasks": {name: list(languages) for name, languages in found.tasks.items()},
        "missing": dict(found.missing),
        "outside": list(found.outside),
        "no_total": list(found.lacking),
        "arms": {
            arm: {"value": one.value, "by_seed": list(one.by_seed), "total": _whole(found, one), "reason": one.reason}
            for arm, one in found.arms.items()
        },
        "differences": [
            {"name": one.name, "value": one.value, "low": one.low, "high": one.high, "p_holm": one.p_holm}
            for one in found.differences
        ],
    }


def _known(found: BenchmarkAverage) -> list[AverageDifference]:
    return sorted((one for one in found.differences if one.value is not None), key=lambda one: -abs(one.value or 0.0))


def _said(one: AverageDifference) -> str:
    return f"{one.name} {signed(one.value)}{interval(one.low, one.high, before=' ')}"


def _whole(found: BenchmarkAverage, one: ArmAverage) -> float | None:
    return None if found.lacking else one.value


def _value(one: ArmAverage) -> TableCell:
    if one.value is None:
        return TableCell(text=MISSING, under=(one.reason,), role="missing")
    tip = ", ".join(number(value) for value in one.by_seed) if len(one.by_seed) > 1 else ""
    return TableCell(text=number(one.value), tip=tip)


def _total(found: BenchmarkAverage, one: ArmAverage) -> TableCell:
    whole = _whole(found, one)
    return TableCell(text="–", role="faint") if whole is None else TableCell(text=number(whole))


def _row(one: AverageDifference) -> tuple[TableCell, ...]:
    text = MISSING if one.value is None else signed(one.value) + (" *" if one.significant else "")
    role = "missing" if one.value is None else "best" if one.significant else ""
    return (
        TableCell(text=one.name),
        TableCell(text=text, role=role),
        TableCell(text=interval(one.low, one.high) or "–"),
        TableCell(text=probability(one.p) or "–"),
        TableCell(text=probability(one.p_holm) or "–"),
        TableCell(text=one.reason),
    )
