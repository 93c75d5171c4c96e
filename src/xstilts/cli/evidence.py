"""`evidence`: what the literature says on a question, and what was measured."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from xstilts.cli.console import make_console, say
from xstilts.cli.options import RESULTS_PANEL, AsJson, Offline, StoreDir, Threads, make_options, print_json

QuestionText = Annotated[str, typer.Argument(metavar="QUESTION", help="The question, in English.")]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="DIR", help="The folder of the report.", show_default="in the store, by the question"
    ),
]
Services = Annotated[
    list[str] | None,
    typer.Option(
        "--service", metavar="NAME", help="Ask this service: arxiv, openalex, semanticscholar, crossref, acl, or none. "
        "May be repeated.", show_default="all of them",
    ),
]  # fmt: skip
Folders = Annotated[
    list[Path] | None,
    typer.Option("--folder", metavar="DIR", help="Works on this disk: BibTeX, JSON lines, PDFs. May be repeated."),
]
Answers = Annotated[
    Path | None,
    typer.Option("--answers", metavar="DIR", help="Where raw answers are kept.", show_default="in the store"),
]


def add_to(app: typer.Typer) -> None:
    app.command(rich_help_panel=RESULTS_PANEL)(evidence)


def evidence(
    question: QuestionText,
    out: Out = None,
    service: Services = None,
    folder: Folders = None,
    answers: Answers = None,
    offline: Offline = False,
    refresh: Annotated[bool, typer.Option("--refresh", help="Ask again although there is an answer.")] = False,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=1000, help="Records of each query at most.")] = 100,
    works: Annotated[int, typer.Option("--works", metavar="N", min=1, max=1000, help="Works that are read.")] = 50,
    claims: Annotated[int, typer.Option("--claims", metavar="N", min=1, max=1000, help="Claims verified.")] = 60,
    pdfs: Annotated[bool, typer.Option("--pdfs/--no-pdfs", help="Read open PDFs (extra `evidence`).")] = True,
    encoder: Annotated[bool, typer.Option("--encoder/--no-encoder", help="Screen with the packaged encoder.")] = True,
    checkpoint: Annotated[
        str, typer.Option(metavar="CHECKPOINT", help="Judge entailment by this checkpoint, with --task.")
    ] = "",
    task: Annotated[str, typer.Option("--task", metavar="TASK", help="The task whose head is used (xnli).")] = "",
    classifier: Annotated[
        bool,
        typer.Option("--classifier/--no-classifier", help="Tell claims by the classifier, where the store has it."),
    ] = True,
    endpoint: Annotated[
        str,
        typer.Option(
            metavar="URL", help="Have an OpenAI-compatible endpoint find and review claims too, with --model."
        ),
    ] = "",
    model: Annotated[str, typer.Option("--model", metavar="NAME", help="The endpoint's model.")] = "",
    draft: Annotated[
        Path | None,
        typer.Option("--draft-study", metavar="FILE", help="Also write a study that would measure the question."),
    ] = None,
    scale: Annotated[
        str, typer.Option(metavar="NAME", help="The profile of studies whose claims are set beside the literature's.")
    ] = "",
    note: Annotated[
        str, typer.Option("--note", metavar="TEXT", help="What the report says of the works that it is made of.")
    ] = "",
    store: StoreDir = None,
    threads: Threads = None,
    as_json: AsJson = False,
) -> None:
    """Search the literature on a question, verify what it claims, and set what was measured beside it.

    Every answer of a service is kept: with `--offline` the same command gives the same report, bit for bit."""
    from xstilts.app.evidence import EvidenceSettings, gather_evidence, report_folder, save_draft, save_evidence
    from xstilts.core.errors import DataError
    from xstilts.evidence.records import evidence_record
    from xstilts.evidence.report_page import answer_sentences
    from xstilts.evidence.services.catalog import SERVICES

    if bool(checkpoint) != bool(task):
        raise DataError("--checkpoint and --task go together.", where="evidence")
    if bool(endpoint) != bool(model):
        raise DataError("--endpoint and --model go together.", where="evidence")
    options = make_options(store=store, offline=offline, threads=threads)
    names = tuple(SERVICES) if not service else tuple(name for name in service if name != "none")
    settings = EvidenceSettings(
        services=names, folders=tuple(folder or ()), limit=limit, most_works=works, most_claims=claims,
        answers=answers, refresh=refresh, pdfs=pdfs, encoder=encoder, checkpoint=checkpoint, task=task,
        endpoint=endpoint, model=model, classifier=classifier, scale=scale, note=note,
    )  # fmt: skip
    inquiry = gather_evidence(question, settings, options, say=lambda text: say(text, err=True))
    files = save_evidence(inquiry, out or report_folder(question, options))
    if draft is not None:
        save_draft(inquiry, draft)
    if as_json:
        print_json(evidence_record(inquiry))
        return
    console = make_console()
    for sentence in answer_sentences(inquiry):
        console.print(sentence)
    console.print(f"Next: open {files.html}", style="dim")
