"""Evidence of the literature on a question: search, screen, read, verify, review, and join with what was measured."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from xstilts.app.checkpoints import checkpoint_folder
from xstilts.app.claim_classifier import classifier_extractor, trained_classifier
from xstilts.app.evidence_measured import measured_answers
from xstilts.app.evidence_models import ENCODER, checkpoint_entailment, sentence_vectors
from xstilts.app.model_card import phases_of
from xstilts.core.files import write_atomic, write_json
from xstilts.core.free_places import check_free_folder
from xstilts.core.languages import language
from xstilts.evidence.bibliography import bibtex_of
from xstilts.evidence.draft_study import draft_study
from xstilts.evidence.endpoint import TIMEOUT, Endpoint, checked_address
from xstilts.evidence.endpoint_claims import endpoint_extractor
from xstilts.evidence.endpoint_review import endpoint_reviewer
from xstilts.evidence.entailment import entailment_by_words
from xstilts.evidence.fetching import AnswerFolder
from xstilts.evidence.identifiers import title_words
from xstilts.evidence.inquiry import Inquiry, Judges, inquire
from xstilts.evidence.logistic import fitted
from xstilts.evidence.pdf_pages import can_read_pdfs, pdf_pages
from xstilts.evidence.query import queries_of, read_question
from xstilts.evidence.reading import PdfReading, read_works
from xstilts.evidence.records import evidence_record
from xstilts.evidence.report_page import evidence_document
from xstilts.evidence.screening import screening_model
from xstilts.evidence.search import ServiceCount, search_services
from xstilts.evidence.services.base import LiteratureService
from xstilts.evidence.services.catalog import SERVICES
from xstilts.evidence.services.local_folder import folder_records
from xstilts.evidence.verification import UNCALIBRATED
from xstilts.pipeline.options import Options
from xstilts.report.elements.formatting import name_list
from xstilts.report.formats.html import html
from xstilts.report.formats.markdown import markdown
from xstilts.tasks.catalog import TASKS

RECORD = "evidence.json"
Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class EvidenceSettings:
    """What is asked, and how much of it.

    services: by name. folders: of works on this disk. limit: records of each query at most. most_works: read.
    most_claims: verified. answers: where answers are kept; None: in the store. refresh: services are asked again.
    pdfs: open PDFs are read. encoder: the packaged one screens too. checkpoint, task: what judges entailment; "" for
    the model by words. endpoint, model: of an endpoint that finds and reviews claims as well; "" for none.
    classifier: where the store has one that was trained, it tells claims in the place of the rules. scale: of the
    studies whose claims are joined. note: on what was searched, for the report to say.
    """

    services: tuple[str, ...] = tuple(SERVICES)
    folders: tuple[Path, ...] = ()
    limit: int = 100
    most_works: int = 50
    most_claims: int = 60
    answers: Path | None = None
    refresh: bool = False
    pdfs: bool = True
    encoder: bool = True
    checkpoint: str = ""
    task: str = ""
    endpoint: str = ""
    model: str = ""
    classifier: bool = True
    scale: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class EvidenceFiles:
    """The files of a report on the evidence."""

    html: Path
    markdown: Path
    json: Path
    bibtex: Path


def gather_evidence(
    text: str, settings: EvidenceSettings, options: Options, *,
    services: Iterable[LiteratureService] | None = None, say: Say = lambda text: None,
) -> Inquiry:  # fmt: skip
    """Return all that is found on a question. services: in the place of those that the settings name.

    Raises StudyError for a question without words, an unknown service or a task that judges no entailment, DataError
    for a folder that cannot be read and an endpoint that is none, EncoderError for a checkpoint that is none."""
    question = read_question(text, TASKS, _language_names())
    chosen = (
        list(services) if services is not None else [SERVICES.find(name, "--service") for name in settings.services]
    )
    judges = _judges(settings, options)
    if settings.classifier and (checkpoint := trained_classifier(options)):
        judges = replace(judges, extractors=(classifier_extractor(checkpoint, options),))
    address = checked_address(settings.endpoint) if settings.endpoint else ""
    answers = AnswerFolder(
        settings.answers or options.store / "evidence" / "answers",
        offline=options.is_offline,
        refresh=settings.refresh,
        say=say,
    )
    endpoint = None
    if address:
        endpoint = Endpoint(address=address, model=settings.model, answers=replace(answers, timeout=TIMEOUT))
        judges = _with_endpoint(judges, endpoint)
    queries = queries_of(question)
    found = search_services(chosen, queries, settings.limit, answers)
    of_folders = [record for folder in settings.folders for record in folder_records(folder)]
    folders = ServiceCount(service="folders", queries=0, answers=0, found=len(of_folders), total=None)
    records = (*of_folders, *found.records)
    say(f"{len(records):,} records")
    vectors = sentence_vectors(options) if settings.encoder else None
    about = screening_model(by_vectors=settings.encoder).about
    inquiry = inquire(
        question,
        records,
        partial(read_works, reading=_pdf_reading(settings, answers)),
        judges,
        vectors,
        queries=queries,
        services=(folders, *found.counts) if settings.folders else found.counts,
        screening={"by": f"BM25 and the cosine of {ENCODER}" if settings.encoder else "BM25", **about},
        most_works=settings.most_works,
        most_claims=settings.most_claims,
    )
    measured = measured_answers(question, options, settings.scale)
    return replace(inquiry, measured=measured, endpoint=endpoint.use if endpoint else None, note=settings.note)


def save_evidence(inquiry: Inquiry, out: Path) -> EvidenceFiles:
    """Write page, Markdown, JSON and BibTeX into a folder. Raises StoreError where there can be none."""
    check_free_folder(out, mark=RECORD)
    files = EvidenceFiles(
        html=out / "index.html", markdown=out / "report.md", json=out / RECORD, bibtex=out / "references.bib"
    )
    document = evidence_document(inquiry)
    write_json(files.json, evidence_record(inquiry))  # first: it says whose folder this is
    write_atomic(files.html, html(document))
    write_atomic(files.markdown, markdown(document))
    write_atomic(files.bibtex, bibtex_of(inquiry.kept))
    return files


def report_folder(question: str, options: Options) -> Path:
    """Return the folder of a question's report where nobody names one: in the store, by the question's words."""
    return options.store / "reports" / "evidence" / "-".join(title_words(question))[:60]


def save_draft(inquiry: Inquiry, path: Path) -> None:
    """Write a study that would measure the question. Raises StudyError where it names nothing to train on."""
    write_atomic(path, draft_study(inquiry.question, TASKS))


def _judges(settings: EvidenceSettings, options: Options) -> Judges:
    if not settings.checkpoint:
        model = fitted("verdict")
        about = (
            f"a model of words and numbers, fitted on {fitted('entailment').about['fitted on']}. Probabilities of "
            f"verdicts: fitted on {model.about['fitted on']}, not on abstracts of papers."
        )
        return Judges(entailment=entailment_by_words, calibration=model, about=about)
    entailment = checkpoint_entailment(settings.checkpoint, settings.task, options)
    phases = list(phases_of(checkpoint_folder(settings.checkpoint, options), options.store))
    trained = f", trained on {', then '.join(map(name_list, reversed(phases)))}" if phases else ""
    about = (
        f"the checkpoint {settings.checkpoint} with the head of {settings.task}{trained}; its probabilities are its "
        "own, and nobody has calibrated them."
    )
    return Judges(entailment=entailment, calibration=UNCALIBRATED, about=about)


def _with_endpoint(judges: Judges, endpoint: Endpoint) -> Judges:
    extractors = (*judges.extractors, endpoint_extractor(endpoint))
    return replace(judges, extractors=extractors, reviewers=(*judges.reviewers, endpoint_reviewer(endpoint)))


def _pdf_reading(settings: EvidenceSettings, answers: AnswerFolder) -> PdfReading:
    if not settings.pdfs:
        return PdfReading(answers=answers, read=None, why_not="PDFs were not asked for")
    if not can_read_pdfs():
        return PdfReading(answers=answers, read=None, why_not="PDFs are read with the extra `evidence` (pypdf)")
    return PdfReading(answers=answers, read=pdf_pages)


def _language_names() -> tuple[str, ...]:
    """Return the names of the languages that tasks have, but for English, which is trained in whatever is asked."""
    codes = dict.fromkeys(code for task in TASKS.values() for code in task.test if code != "en")
    return tuple(dict.fromkeys(language(code).name for code in codes))
