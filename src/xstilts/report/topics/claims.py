"""Claims: what the study's scores, and published tables, say of sentences that were written down beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from xstilts.claims.claim import Claim
from xstilts.claims.judge import NOT_MEASURED, Judgement, not_measured
from xstilts.claims.setup import judge_setup
from xstilts.report.elements.blocks import (
    Block,
    Fold,
    Items,
    Prose,
    Section,
    Table,
    TableCell,
    TableColumn,
    TerminalBlock,
    TerminalTable,
    TerminalText,
)
from xstilts.report.elements.formatting import interval, plural, signed
from xstilts.report.scores.claim_scores import MeasuredClaim, measure
from xstilts.report.scores.inputs import Results
from xstilts.report.scores.published_claims import PublishedClaim, measure_published
from xstilts.report.scores.published_rows import PublishedRow
from xstilts.report.scores.scoreboard import Scoreboard
from xstilts.report.topics.gain_by_target import AverageGain, decompose, shares_table
from xstilts.report.topics.published.caveats import row_remarks, target_caveats
from xstilts.report.topics.topic import Topic

CAPTION = (
    "Verdicts on claims. Supported: the interval lies within what the claim says; contradicted: it lies outside; "
    "inconclusive: neither. Intervals are simultaneous over the comparisons of one claim (95 %; 90 % where two bounds "
    "are tested from one side each), of the comparison that decides; they are not corrected over claims. P: the "
    "probability that the claim holds, from the draws that the contrasts are made of. Published: arithmetic on printed "
    "numbers."
)


@dataclass(frozen=True, kw_only=True)
class JudgedClaim:
    """A claim with its verdict here and, where published rows hold its scores, there. `how_to`: the command that would
    measure it, "" where it is measured."""

    claim: Claim
    here: MeasuredClaim
    published: PublishedClaim | None
    how_to: str = ""


@dataclass(frozen=True, kw_only=True)
class JudgedClaims:
    """All claims of a study. remarks: how it differs from the published rows. averages: the published averages that
    claims are about, target by target."""

    each: tuple[JudgedClaim, ...]
    remarks: tuple[str, ...] = ()
    averages: tuple[AverageGain, ...] = ()


def compute(board: Scoreboard) -> JudgedClaims | None:
    """Judge every claim of the study; None where it has none."""
    results = board.results
    if not results.claims:
        return None
    each = tuple(_judged(board, claim) for claim in results.claims)
    rows = {row.name: row for one in each if one.published for row in one.published.rows.values()}
    return JudgedClaims(
        each=each,
        remarks=_remarks(board, list(rows.values())),
        averages=tuple(average for one in each if (average := published_average(one)) is not None),
    )


def _judged(board: Scoreboard, claim: Claim) -> JudgedClaim:
    here = _here(board, claim)
    return JudgedClaim(
        claim=claim, here=here, published=measure_published(claim), how_to=how_to_measure(board.results, here)
    )


def _here(board: Scoreboard, claim: Claim) -> MeasuredClaim:
    if claim.not_here:
        return MeasuredClaim(judgement=not_measured(claim.not_here))
    if claim.predicate is None:
        return MeasuredClaim(judgement=judge_setup(claim.setup, board.results.setup))
    return measure(board.results, board.target_draws, claim.predicate, claim.name)


def published_average(one: JudgedClaim) -> AverageGain | None:
    """Take the published average that a claim is about apart: the share of each target, as far as a source prints its
    score, and what the others give together. None for a claim about something else."""
    predicate, published = one.claim.predicate, one.published
    if predicate is None or published is None or published.judgement.estimate is None or len(predicate.over) != 1:
        return None
    rows = [published.rows[arm] for arm in (predicate.arm, predicate.over[0])]
    tasks = rows[0].benchmark.tasks
    targets = predicate.targets or tuple(tasks)
    if len(targets) == 1 or len(published.judgement.conditions) != 1:
        return None
    scores = {name: [row.score(name) for row in rows] for name in targets}
    gains = {name: None if a is None or b is None else a - b for name, (a, b) in scores.items()}
    retrieval = [name for name in targets if tasks[name].retrieval]
    return AverageGain(name=one.claim.name, parts=decompose(gains, retrieval, published.judgement.estimate))


def how_to_measure(results: Results, here: MeasuredClaim) -> str:
    """Return the command that would measure what is missing: the study itself, at its whole size where the profile
    leaves something out, or after its data were fetched."""
    if not here.missing:
        return ""
    scale = f" --scale {results.scale}" if results.scale and all(one.in_study for one in here.missing) else ""
    if any("missing" in one.reason for one in here.missing):
        return f"xstilts data get {results.name}{scale} && xstilts run {results.name}{scale}"
    return f"xstilts run {results.name}{scale}"


def _remarks(board: Scoreboard, rows: Sequence[PublishedRow]) -> tuple[str, ...]:
    """Say how encoder, training and data differ from those of the published rows."""
    if not rows:
        return ()
    remarks = list(row_remarks(board.results.encoder, rows))
    benchmark = rows[0].benchmark
    for target in board.results.targets:
        if target.name in benchmark.tasks and board.scored(target):
            texts = target_caveats(board, target, benchmark)
            remarks += [f"{target.name}: {'; '.join(texts)}."] if texts else []
    return tuple(remarks)


def size(judgement: Judgement) -> str:
    """ "+3.1 (0.4 to 5.8)", with what it is about where the claim makes several comparisons."""
    if judgement.estimate is None:
        return "–"
    about = f" {judgement.about}" if judgement.about else ""
    return signed(judgement.estimate) + interval(judgement.low, judgement.high, before=" ") + about


def percent(probability: float | None) -> str:
    """Write a probability; one that is not quite 0 or 1 is never written as that.

    >>> percent(0.873), percent(0.9999), percent(None)
    ('87 %', '> 99 %', '–')
    """
    if probability is None:
        return "–"
    rounded = round(100 * probability)
    return "> 99 %" if rounded >= 100 else "< 1 %" if rounded <= 0 else f"{rounded} %"


def amount(here: MeasuredClaim) -> str:
    """Say how much a verdict rests on: seeds, targets, languages, test items."""
    if not here.cells:
        return "–"
    languages = {language for of_target in here.cells.values() for language in of_target}
    parts = (plural(here.seeds, "seed"), plural(len(here.cells), "target"), plural(len(languages), "language"))
    return f"{', '.join(parts)}, {here.test_items:,} test items"


def sections(claims: JudgedClaims) -> tuple[Section, ...]:
    folded: list[Block] = (
        [condition_table(claims)] if any(len(one.here.judgement.conditions) > 1 for one in claims.each) else []
    )
    folds = [Fold(title="Every comparison of the claims that make several", blocks=tuple(folded))] if folded else []
    blocks: tuple[Block, ...] = (
        Prose(text=summary(claims)),
        claim_table(claims),
        *([Items(items=reasons)] if (reasons := why_not(claims)) else []),
        *folds,
        *([Fold(title="What published averages are made of", blocks=(average_table(claims),))]
          if claims.averages else []),
        *([Fold(title="How this study differs from the published rows", blocks=(Items(items=claims.remarks),))]
          if claims.remarks else []),
        Fold(title="Where the claims were read", blocks=(source_table(claims),)),
    )  # fmt: skip
    return (Section(id="claims", title="Claims", blocks=blocks),)


def summary(claims: JudgedClaims) -> str:
    """ "Of 9 claims 3 are supported, 1 contradicted, 2 inconclusive, 3 not measured." """
    verdicts = [one.here.judgement.verdict for one in claims.each]
    counts = [f"{verdicts.count(verdict)} {verdict}" for verdict in dict.fromkeys(verdicts)]
    return f"Of {plural(len(verdicts), 'claim')}: {', '.join(counts)}."


def claim_table(claims: JudgedClaims) -> Table:
    columns = (
        TableColumn(label="Claim", numeric=False),
        TableColumn(label="Verdict here", numeric=False),
        TableColumn(label="Difference", small_print=("points",)),
        TableColumn(label="P"),
        TableColumn(label="n", numeric=False),
        TableColumn(label="Published", numeric=False),
    )
    return Table(caption=CAPTION, columns=columns, rows=tuple(_row(one) for one in claims.each))


def _row(one: JudgedClaim) -> tuple[TableCell, ...]:
    here, there = one.here.judgement, one.published.judgement if one.published else None
    asks = next((x.must_be for x in here.conditions), "")
    level = f"{here.level} %" if here.level and here.level != 95 else ""
    return (
        TableCell(text=one.claim.name, small_print=(one.claim.says,)),
        TableCell(text=here.verdict, role="missing" if here.verdict == NOT_MEASURED else ""),
        TableCell(text=size(here), small_print=tuple(x for x in (asks and f"must be {asks}", level) if x)),
        TableCell(text=percent(here.probability)),
        TableCell(text=amount(one.here)),
        TableCell(text=there.verdict if there else "–", small_print=(size(there),) if there and there.estimate else ()),
    )


def why_not(claims: JudgedClaims) -> tuple[str, ...]:
    """Say why claims were not measured, or not decided, and what would measure them: once for each reason."""
    of_reason: dict[str, list[str]] = {}
    for one in claims.each:
        if reason := one.here.judgement.reason:
            said = f"{reason}." + (f" To measure it: {one.how_to}" if one.how_to else "")
            of_reason.setdefault(said, []).append(one.claim.name)
    return tuple(f"{'; '.join(names)}: {said}" for said, names in of_reason.items())


def average_table(claims: JudgedClaims) -> Table:
    return shares_table(
        claims.averages,
        "What the published average that a claim is about is made of, in points: a target's share is its difference "
        "divided by the number of targets. Targets of which no source that was read prints both scores have a share "
        "together: what the others leave of the printed average.",
    )


def condition_table(claims: JudgedClaims) -> Table:
    labels = ("Claim", "Comparison", "Difference", "Must be", "Verdict")
    return Table(
        caption="Each comparison in points, with the simultaneous interval of its claim.",
        columns=tuple(TableColumn(label=label, numeric=label == "Difference") for label in labels),
        rows=tuple(
            (
                TableCell(text=one.claim.name),
                TableCell(text=x.label),
                TableCell(text=signed(x.estimate) + interval(x.low, x.high, before=" ")),
                TableCell(text=x.must_be),
                TableCell(text=x.verdict),
            )
            for one in claims.each
            if len(one.here.judgement.conditions) > 1
            for x in one.here.judgement.conditions
        ),
    )


def source_table(claims: JudgedClaims) -> Table:
    return Table(
        caption="Claims without a source are hypotheses: written down before the study was run, published by nobody.",
        columns=tuple(TableColumn(label=label, numeric=False) for label in ("Claim", "Source", "Quotation", "Note")),
        rows=tuple(
            (
                TableCell(text=one.claim.name),
                TableCell(text=one.claim.source.title if one.claim.source else "hypothesis"),
                TableCell(text=one.claim.source.quote if one.claim.source else ""),
                TableCell(text=one.claim.source.note if one.claim.source else ""),
            )
            for one in claims.each
        ),
    )


def terminal(claims: JudgedClaims) -> tuple[TerminalBlock, ...]:
    """Print verdicts as a table, and below it why some have none."""
    labels = ("Claim", "Verdict here", "Difference", "P", "Published")
    rows = tuple((row[0], row[1], row[2], row[3], row[5]) for row in map(_row, claims.each))
    columns = tuple(TableColumn(label=label, numeric=label in ("Difference", "P")) for label in labels)
    return (
        TerminalTable(
            table=Table(caption="", columns=columns, rows=rows),
            caption="differences in points; P: that the claim holds",
        ),
        TerminalText(text=summary(claims), style="bold"),
        *(TerminalText(text=line, style="dim") for line in why_not(claims)),
    )


def record(claims: JudgedClaims) -> list[dict[str, Any]]:
    """Return claims and verdicts as plain values."""
    return [
        {
            **asdict(one.claim),
            "here": {
                **asdict(one.here.judgement),
                "missing": [asdict(missing) for missing in one.here.missing],
                "how_to_measure": one.how_to,
                "n": {
                    "seeds": one.here.seeds,
                    "test_items": one.here.test_items,
                    "languages": {target: list(languages) for target, languages in one.here.cells.items()},
                },
            },
            "published_verdict": asdict(one.published.judgement) if one.published else None,
        }
        for one in claims.each
    ]


CLAIMS = Topic(
    name="claims",
    compute=compute,
    sections=sections,
    record=lambda claims: {
        "claims": record(claims),
        "claims_differ": list(claims.remarks),
        "published_averages": [asdict(average) for average in claims.averages],
    },
    empty_record={"claims": [], "claims_differ": [], "published_averages": []},
    terminal=terminal,
    command_json={"claims": "claims"},
)
