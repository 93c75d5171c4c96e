"""A toy catalogue: tasks without files, enough to expand studies."""

from __future__ import annotations

from xstilts.core.catalog import Catalog
from xstilts.core.errors import DataError
from xstilts.data.readers.catalog import Lines, Tsv
from xstilts.data.row_makers.catalog import SentencesRow, TextRow
from xstilts.data.source import Place, Source
from xstilts.kinds.classification import Classification
from xstilts.kinds.mlm import MaskedLM
from xstilts.kinds.retrieval import Retrieval
from xstilts.study.availability import Locate, LocatedStudy, locate_study
from xstilts.study.phase import EncoderRef
from xstilts.study.resolve import resolve_study
from xstilts.study.schema import Study
from xstilts.tasks.base import Origin, Task

ORIGIN = Origin(licence="CC0", cite="toy")
ENCODER = EncoderRef(identity="e" * 20, name="toy")
LABELS = ("no", "yes")


def source(name: str, language: str = "en") -> Source:
    place = Place(files=(name,), read=Tsv(header=True), row=TextRow(label="label"))
    return Source(places=(place,), language=language)


def trained(name: str, *, labels: tuple[str, ...] = LABELS, languages: tuple[str, ...] = ("en", "de")) -> Task:
    return Task(
        name=name,
        kind=Classification(labels=labels),
        origin=ORIGIN,
        train=source(f"{name}/train.tsv"),
        dev=source(f"{name}/dev.tsv"),
        test={lang: source(f"{name}/{lang}.tsv", lang) for lang in languages},
    )


def retrieval(name: str) -> Task:
    place = Place(files=(f"{name}/de.tsv",), read=Tsv(header=True), row=SentencesRow())
    return Task(name=name, kind=Retrieval(), origin=ORIGIN, test={"de": Source(places=(place,), language="de")})


def text(name: str, *languages: str) -> Task:
    place = Place(
        files=tuple(f"{name}/{lang}.txt" for lang in languages), read=Lines(), row=TextRow(), languages=languages
    )
    return Task(name=name, kind=MaskedLM(), origin=ORIGIN, train=Source(places=(place,)))


def catalog(*tasks: Task) -> Catalog[Task]:
    return Catalog("task", *tasks)


def everywhere(found: Source) -> None:
    """Every file is here."""


def nowhere(*names: str):
    """Files whose name begins with one of `names` are not here."""

    def locate(wanted: Source) -> None:
        for name in wanted.places[0].files:
            if name.startswith(names):
                raise DataError(f"no file {name}")

    return locate


def located(study: Study, tasks: Catalog[Task], locate: Locate) -> LocatedStudy:
    return locate_study(resolve_study(study, tasks), locate)
