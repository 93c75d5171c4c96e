"""Claims in the report: each with verdict, probability, quoted rationale, source and reviewers."""

from __future__ import annotations

from collections.abc import Sequence

from xstilts.evidence.findings import Finding
from xstilts.evidence.inquiry import Inquiry
from xstilts.evidence.review import ReviewedClaim
from xstilts.evidence.source_text import ABSTRACT
from xstilts.evidence.verification import EvidenceSentence
from xstilts.report.elements.blocks import Block, Fold, Items, Prose, Table, TableCell, TableColumn
from xstilts.report.elements.formatting import number


def claim_tables(inquiry: Inquiry) -> tuple[Block, ...]:
    """Return the claims that speak to the question, and folded those that do not."""
    answering, others = inquiry.answering, [claim for claim in inquiry.claims if not claim.answers]
    blocks: list[Block] = []
    if answering:
        blocks.append(_table(inquiry, "Claims that speak to the question", answering))
    else:
        blocks.append(Prose(text="No retrieved claim answers the question."))
    if others:
        table = _table(inquiry, "Other claims of the works that were read", others)
        blocks.append(Fold(title=f"{len(others)} other claims, which do not answer it", blocks=(table,)))
    return tuple(blocks)


def _table(inquiry: Inquiry, caption: str, claims: Sequence[ReviewedClaim]) -> Table:
    columns = (
        TableColumn(label="Claim", numeric=False), TableColumn(label="Verdict", numeric=False),
        TableColumn(label="P", small_print=("of the verdict",)), TableColumn(label="Rationale", numeric=False),
        TableColumn(label="Reviewers", small_print=("mean, 0 to 1",), numeric=False),
    )  # fmt: skip
    notes = ("Disputed: two reviewers are half the scale or more apart.",)
    return Table(caption=caption, columns=columns, rows=tuple(_row(inquiry, one) for one in claims), notes=notes)


def _row(inquiry: Inquiry, claim: ReviewedClaim) -> tuple[TableCell, ...]:
    verdict = claim.verdict
    marks = ("disputed",) if claim.is_disputed else ()
    reviews = tuple(
        f"{name} {'–' if one.score is None else number(one.score, 2)}: {one.reason}"
        for name, one in claim.reviews.items()
    )
    computed = (
        *(f"computed again: {one.words}" for one in verdict.recomputed),
        *(one.words for one in verdict.in_tables),
    )
    told_by = () if "rules" in claim.finding.told_by else (f"told by {' and '.join(claim.finding.told_by)}",)
    return (
        TableCell(text=quoted(claim.finding), small_print=(place_of(inquiry, claim.finding), *told_by, *computed)),
        TableCell(text=verdict.words),
        TableCell(text=number(verdict.probability, 2)),
        _rationale(inquiry, verdict.rationale),
        TableCell(text=number(claim.mean, 2), small_print=reviews, marks=marks),
    )


def _rationale(inquiry: Inquiry, rationale: EvidenceSentence | None) -> TableCell:
    if rationale is None:
        return TableCell(text="no sentence elsewhere decides", role="faint")
    page = f"page {rationale.sentence.page}" if rationale.sentence.page else ABSTRACT
    work = inquiry.works[rationale.work]
    return TableCell(
        text=f"“{rationale.sentence.text}”",
        small_print=(f"{work.short_name} [{work.key}], {rationale.version}, {page}",),
    )


def quoted(finding: Finding) -> str:
    return f"“{finding.text}”"


def place_of(inquiry: Inquiry, finding: Finding) -> str:
    """Return where a finding stands: "Doe 2098 [doe2098title], v2, page 3, results"."""
    work = inquiry.works[finding.work]
    return f"{work.short_name} [{work.key}], {finding.version}, {finding.place}"


def contradiction_blocks(inquiry: Inquiry) -> tuple[Block, ...]:
    """Return pairs of findings that say the opposite."""
    if not inquiry.contradictions:
        return (Prose(text="No two works that were read were found to say the opposite of the same."),)
    rows = tuple(
        (
            TableCell(text=quoted(one.first), small_print=(place_of(inquiry, one.first),)),
            TableCell(text=quoted(one.second), small_print=(place_of(inquiry, one.second),)),
            TableCell(text=", ".join(one.shared)),
        )
        for one in inquiry.contradictions
    )
    columns = tuple(TableColumn(label=label, numeric=False) for label in ("One says", "Another says", "Of the same by"))
    notes = ("Told by words alone: whether both are about one thing is for a reader to say.",)
    return (Table(caption="Findings that say the opposite", columns=columns, rows=rows, notes=notes),)


def version_items(inquiry: Inquiry) -> tuple[Block, ...]:
    """Return works of several versions, numbers that differ between them, and works that were withdrawn."""
    items = [
        f"[{work.key}] has {', '.join(version.name for version in work.versions)}: a figure of one is not taken for "
        "another's."
        for work in inquiry.kept
        if len(work.versions) > 1
    ]
    for claim in inquiry.claims:
        for other in claim.verdict.other_versions[:1]:
            items.append(
                f"[{claim.finding.work}]: {claim.finding.version} says {quoted(claim.finding)}, {other.version} "
                f"“{other.sentence.text}”."
            )
    items += [f"[{work.key}] {work.title}: {work.withdrawn}" for work in inquiry.works.values() if work.withdrawn]
    return (Items(items=tuple(dict.fromkeys(items))),) if items else ()
