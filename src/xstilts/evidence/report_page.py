"""The report page of an inquiry: its document, of the elements that every report is made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from xstilts.evidence.bibliography import reference
from xstilts.evidence.inquiry import Inquiry
from xstilts.evidence.report_claims import claim_tables, contradiction_blocks, version_items
from xstilts.evidence.review import concepts_needed
from xstilts.evidence.source_text import PDF
from xstilts.report.elements.blocks import Block, Document, Fold, Items, Prose, Section, Table, TableCell, TableColumn
from xstilts.report.elements.formatting import name_list, number, plural


def evidence_document(inquiry: Inquiry) -> Document:
    """Return the whole report."""
    sections = (
        Section(id="abstract", title="Abstract", blocks=(Prose(text=" ".join(answer_sentences(inquiry))),)),
        Section(id="works", title="Works", blocks=(Prose(text=inquiry.note),) if inquiry.note else ()),
        Section(id="method", title="Method", blocks=_method(inquiry)),
        Section(id="claims", title="Claims", blocks=claim_tables(inquiry)),
        Section(id="contradictions", title="Contradictions", blocks=contradiction_blocks(inquiry)),
        Section(id="versions", title="Versions and withdrawals", blocks=version_items(inquiry)),
        Section(id="measured", title="What was measured", blocks=_measured(inquiry)),
        Section(id="audit", title="What was left out", blocks=_audit(inquiry)),
        Section(id="limitations", title="Limitations", blocks=(Items(items=limitations(inquiry)),)),
        Section(id="references", title="References", blocks=_references(inquiry)),
    )
    return Document(
        title="Literature evidence",
        question=inquiry.question.text,
        answer=tuple(answer_sentences(inquiry)),
        facts=(
            plural(inquiry.counts.found, "record"),
            plural(inquiry.counts.screened, "work"),
            f"{inquiry.counts.kept} read",
            plural(len(inquiry.claims), "claim"),
        ),
        sections=tuple(section for section in sections if section.blocks),
    )


def answer_sentences(inquiry: Inquiry) -> tuple[str, ...]:
    """Say plainly whether a claim answers the question, and which."""
    concepts = [concept.name for concept in inquiry.question.concepts]
    answering = inquiry.answering
    if not answering:
        needed = concepts_needed(inquiry.question)
        of_them = f"{needed} of {name_list(concepts)}" if len(concepts) > needed else name_list(concepts)
        return (
            "No retrieved claim answers the question.",
            f"Of {plural(len(inquiry.claims), 'claim')} in {plural(inquiry.counts.kept, 'work')} that were read, none "
            f"mentions {of_them}.",
        )
    words = [claim.verdict.words for claim in answering]
    counted = [f"{words.count(word)} {word}" for word in dict.fromkeys(words)]
    said = f"{plural(len(answering), 'claim')} of {len(inquiry.claims)} {_verb(len(answering))} to the question: "
    sentences = [f"{said}{name_list(counted)}."]
    if unsaid := [name for name in concepts if all(name not in claim.concepts for claim in answering)]:
        said = "It does not mention {}: it answers" if len(answering) == 1 else "None of them mentions {}: they answer"
        sentences.append(said.format(" or ".join(unsaid)) + " a part of the question at most.")
    if not any(claim.verdict.rationale for claim in answering):
        sentences.append("No sentence elsewhere bears any of them out: each stands in its own words alone.")
    texts = {claim.finding.text for claim in answering}
    if opposed := sum(bool(texts & {one.first.text, one.second.text}) for one in inquiry.contradictions):
        sentences.append(f"Works contradict each other on it: {plural(opposed, 'pair')} of claims say the opposite.")
    best = answering[0]
    work = inquiry.works[best.finding.work]
    sentences.append(
        f"The one that the reviewers put first: “{best.finding.text}” ({work.short_name} [{work.key}], "
        f"{best.finding.version}, {best.finding.place}; {best.verdict.words}, P {best.verdict.probability:.2f})."
    )
    return tuple(sentences)


def _verb(count: int) -> str:
    return "speaks" if count == 1 else "speak"


def _method(inquiry: Inquiry) -> tuple[Block, ...]:
    counts = inquiry.counts
    flow = (
        ("records found", counts.found), ("of works that were there already", counts.duplicates),
        ("works screened", counts.screened), ("left out: withdrawn", counts.withdrawn),
        ("left out: no text", counts.no_text), ("left out: not about the question", counts.irrelevant),
        ("read", counts.kept),
    )  # fmt: skip
    services = Table(
        caption="Services",
        columns=(_column("Service"), _column("Queries", True), _column("Answers", True), _column("Records", True),
                 _column("It says there are", True), _column("Asked"), _column("Missing")),
        rows=tuple(
            _cells(one.service, one.queries, one.answers, one.found, "" if one.total is None else one.total, one.asked,
                   one.problem)
            for one in inquiry.services
        ),
        notes=("“It says there are”: hits of the first query, as the service counts them.",),
    )  # fmt: skip
    table = Table(
        caption="From records to works that were read",
        columns=(_column("Stage"), _column("Count", True)),
        rows=tuple(_cells(name, count) for name, count in flow),
    )
    whole = sum(text.origin == PDF for text in inquiry.texts)
    tables = sum(len(text.tables) for text in inquiry.texts)
    return (
        Prose(text=f"Concepts of the question: {name_list([one.name for one in inquiry.question.concepts])}."),
        Items(items=tuple(_query_words(query.phrases) for query in inquiry.queries)),
        *((services,) if inquiry.services else ()),
        table,
        Prose(
            text=f"Read were {plural(whole, 'PDF')} with {plural(tables, 'table')}, and "
            f"{plural(len(inquiry.texts) - whole, 'abstract')}."
        ),
        Prose(text=f"Screened by {_fitted(inquiry.screening)}. Entailment: {inquiry.judges.about}"),
        *_reliability(inquiry.judges.calibration.about),
        Items(items=tuple(f"Reviewer {one.name}: {one.says}" for one in inquiry.judges.reviewers)),
    )


def _query_words(phrases: Iterable[tuple[str, ...]]) -> str:
    return " and ".join(f"({' or '.join(spellings)})" if len(spellings) > 1 else spellings[0] for spellings in phrases)


def _fitted(about: Mapping[str, Any]) -> str:
    kind = about["by"]
    fitted_on = f"{kind}, fitted on {about['fitted on']}, not on papers"
    threshold = f"threshold {about['threshold']:g} ({about['recall']})"
    return f"{fitted_on}; {threshold}. A work must also mention two of the concepts"


def _reliability(about: Mapping[str, Any]) -> tuple[Block, ...]:
    """Return the reliability diagram of verdicts as a table, as it was on held-out claims."""
    blocks: list[Block] = []
    for name, reached in about.get("reached", {}).items():
        rows = tuple(
            _cells(f"{low:.1f} to {high:.1f}", n, number(confidence, 2), number(accuracy, 2))
            for low, high, n, confidence, accuracy in reached["bins"]
        )
        columns = (_column("Probability"), _column("Claims", True), _column("Mean", True), _column("Right", True))
        error = number(reached["calibration_error"], 3)
        notes = (f"Expected calibration error {error} over {reached['n']:,} claims. {about.get('fitted on', '')}.",)
        table = Table(caption=f"Reliability of verdicts: {name}", columns=columns, rows=rows, notes=notes)
        blocks.append(Fold(title="How probabilities compare with what is so", blocks=(table,)))
    return tuple(blocks)


def _measured(inquiry: Inquiry) -> tuple[Block, ...]:
    if not inquiry.measured:
        return (Prose(text="No study of this program has a claim about these concepts."),)
    rows = tuple(
        (
            TableCell(text=one.says, small_print=tuple(part for part in (one.source,) if part)),
            *_cells(one.study, one.published or "–", one.here),
            TableCell(text=one.command, role="code"),
        )
        for one in inquiry.measured
    )
    columns = tuple(map(_column, ("Claim", "Study", "Published tables", "The store here", "To measure it")))
    return (Table(caption="Claims of studies about the same", columns=columns, rows=rows),)


def _audit(inquiry: Inquiry) -> tuple[Block, ...]:
    left = [one for one in inquiry.screened if not one.kept]
    if not left:
        return (Prose(text="Every work that was found was read."),)
    rows = tuple(
        _cells(f"[{one.work.key}] {one.work.title}", number(one.probability, 2), one.reason)
        for one in sorted(left, key=lambda one: -one.probability)
    )
    columns = (_column("Work"), _column("Probability", True), _column("Why it was left out"))
    table = Table(caption="Works that were left out", columns=columns, rows=rows)
    return (Fold(title=f"{plural(len(left), 'work')} left out, and why", blocks=(table,)),)


def limitations(inquiry: Inquiry) -> tuple[str, ...]:
    """Say what the report does not know, of this inquiry and of every one."""
    missing = [f"{one.service}: {one.problem}" for one in inquiry.services if one.problem]
    notes: dict[str, list[str]] = {}  # what is said of many works is said once
    for text in inquiry.texts:
        for note in text.notes:
            notes.setdefault(note, []).append(f"[{text.work}] {text.version}")
    items = [f"Answers are missing. {one}." for one in missing]
    if not any(text.origin == PDF for text in inquiry.texts):
        items.append("Only abstracts were read: what stands in a paper's tables and sections is not seen.")
    items += [f"Not read in full: {name_list(texts)} ({note})." for note, texts in notes.items()]
    if inquiry.endpoint is not None:
        items += inquiry.endpoint.sentences
    alpha = inquiry.alpha
    if alpha is not None:
        items.append(
            f"The reviewers' agreement (Krippendorff's alpha, interval) is {number(alpha, 2)}. They look at different "
            "things, so a low one says that a claim is strong in one respect and weak in another."
        )
    extractors = name_list([one.name for one in inquiry.judges.extractors])
    items.append(
        f"Claims are sentences found by {extractors}, and verdicts are told by words and numbers, not by "
        "understanding: read the quoted sentences before relying on one."
    )
    return tuple(items)


def _references(inquiry: Inquiry) -> tuple[Block, ...]:
    kept = [reference(work) for work in inquiry.kept]
    return (Items(items=tuple(kept)),) if kept else ()


def _column(label: str, numeric: bool = False) -> TableColumn:
    return TableColumn(label=label, numeric=numeric)


def _cells(*values: object) -> tuple[TableCell, ...]:
    return tuple(TableCell(text=f"{value:,}" if isinstance(value, int) else str(value)) for value in values)
