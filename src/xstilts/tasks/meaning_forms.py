"""Questions and what they mean in a formal language: trees of MTOP, and the sets of XSemPLR. Trained on English."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from xstilts.data.examples import ParseExample
from xstilts.data.readers.catalog import JsonList, RowsWith
from xstilts.data.readers.schemas import WithSchemas, WithTables
from xstilts.data.row_makers.catalog import ParsesRow
from xstilts.data.source import Reader, Source
from xstilts.kinds.parse_generation import Language, ParseGeneration, labels_of
from xstilts.metrics.form_tokens import SQL_KEYWORDS
from xstilts.metrics.forms import ValidForms
from xstilts.metrics.mtop import CasperMatch, PytextFrames, XsemplrMatch
from xstilts.metrics.sql import SqlDenotation
from xstilts.metrics.tallies import Metric
from xstilts.tasks.base import Origin, Task
from xstilts.tasks.semantic_parsing import MTOP
from xstilts.tasks.sources import names, raw, source, web

_COMMIT = "af03531af8cb6a39504e1044ba1edebef6c76d15"
_XSEMPLR = "rows of Zhang et al. 2023, XSemPLR"
_HOME = "https://github.com/psunlpgroup/XSemPLR"


@cache
def _label_lists() -> dict[str, list[str]]:
    """Labels by task: what `kinds.parse_generation.labels_of` finds in its training questions, English."""
    lists: dict[str, list[str]] = json.loads((Path(__file__).parent / "form_labels.json").read_text("utf-8"))
    return lists


_MARKS, _JSON = ParsesRow(marks=True), JsonList()


@dataclass(frozen=True, kw_only=True)
class FormSet:
    """A set of XSemPLR: where its files are, and how its forms are read.

    form: field of the form, with "{}" for the language where it has one. by_language: each row is in one language.
    extra_files: read with each split. longest: tokens that its decoder writes at most.
    """

    folder: str
    form: str
    form_language: Language
    languages: tuple[str, ...]
    cite: str
    licence: str
    row: ParsesRow = _MARKS
    read: Reader = _JSON
    by_language: bool = False
    extra_files: tuple[str, ...] = ()
    metrics: tuple[Metric, ...] = ()
    longest: int = 128
    noncommercial: bool = False

    def source(self, language: str, split: str) -> Source:
        """Return a split in a language."""
        form = self.form.format(language)
        row = replace(self.row, text=f"question.{language}", form=f"mr.{form}")
        files = (f"{self.folder}/{split}.json", *self.extra_files)
        urls = raw("psunlpgroup/XSemPLR", _COMMIT, *(f"dataset/{name.removeprefix('xsemplr/')}" for name in files))
        read = RowsWith(read=self.read, field=f"question.{language}") if self.by_language else self.read
        return source(web(read, row, files, urls), language=language)

    def kind(self, labels: tuple[str, ...]) -> ParseGeneration:
        return ParseGeneration(labels, self.form_language, open_labels=True, longest=self.longest)

    def task(self, name: str, labels: tuple[str, ...], test: str = "test", **changes: Any) -> Task:
        """Return a task with these labels, trained on the English training set."""
        metrics = self.metrics or (XsemplrMatch(), ValidForms(form_language=self.form_language))
        origin = Origin(
            licence=self.licence,
            cite=f"{self.cite}; {_XSEMPLR}",
            home=_HOME,
            text="human-translated",
            noncommercial=self.noncommercial,
        )
        made = Task(
            name=name,
            kind=self.kind(labels),
            train=self.source("en", "train"),
            dev=self.source("en", "dev"),
            test={language: self.source(language, test) for language in self.languages},
            metrics=metrics,
            origin=origin,
        )
        return made.replace(**changes)

    def dev_slice(self, name: str, labels: tuple[str, ...]) -> Task:
        """Return a task that trains on four fifths of the English development set, and selects on the rest."""
        dev = self.source("en", "dev")
        return self.task(name, labels).replace(
            train=dev.split("rest", 0.2, seed=1),
            dev=dev.split("held", 0.2, seed=1),
            scale="trained on four fifths of the English development set here, selected on the rest",
        )


def with_labels_of(form_set: FormSet, name: str, training_file: Path, **changes: Any) -> Task:
    """Return a task whose labels are those of the English questions of a training file of XSemPLR: for sets whose
    training files do not come with the program. Give it in a module with `--tasks`."""
    place = form_set.source("en", "train").places[0]
    beside = (training_file.parent / Path(file).name for file in form_set.extra_files)
    made = [place.row(row, number) for number, row in enumerate(place.read([training_file, *beside]))]
    examples = [example for example in made if isinstance(example, ParseExample)]
    return form_set.task(name, labels_of(examples, form_set.form_language), **changes)


# GeoQuery, in four languages of forms. Its questions are lower-case words already.

_GEO = FormSet(
    folder="xsemplr/mgeoquery",
    form="funql",
    form_language="funql",
    languages=names("de el en fa id sv th zh"),
    cite="Zelle and Mooney 1996 and Jones et al. 2012, GeoQuery",
    licence="GPL 2.0",
    row=ParsesRow(),
)
GEOQUERY = {form: replace(_GEO, form=form, form_language=form) for form in ("funql", "prolog", "lambda", "sql")}
# The tables that its SQL reads. Geobase's facts are not here, so they are empty.
_GEO_TABLES = """
CREATE TABLE STATE (STATE_NAME TEXT, POPULATION INTEGER, AREA REAL, COUNTRY_NAME TEXT, CAPITAL TEXT, DENSITY REAL);
CREATE TABLE CITY (CITY_NAME TEXT, POPULATION INTEGER, COUNTRY_NAME TEXT, STATE_NAME TEXT);
CREATE TABLE BORDER_INFO (STATE_NAME TEXT, BORDER TEXT);
CREATE TABLE HIGHLOW (STATE_NAME TEXT, HIGHEST_ELEVATION TEXT, LOWEST_POINT TEXT, HIGHEST_POINT TEXT,
    LOWEST_ELEVATION TEXT);
CREATE TABLE LAKE (LAKE_NAME TEXT, AREA REAL, COUNTRY_NAME TEXT, STATE_NAME TEXT);
CREATE TABLE MOUNTAIN (MOUNTAIN_NAME TEXT, MOUNTAIN_ALTITUDE INTEGER, COUNTRY_NAME TEXT, STATE_NAME TEXT);
CREATE TABLE RIVER (RIVER_NAME TEXT, LENGTH INTEGER, COUNTRY_NAME TEXT, TRAVERSE TEXT);
"""
GEOQUERY["sql"] = replace(
    GEOQUERY["sql"],
    read=WithTables(tables=_GEO_TABLES),
    row=ParsesRow(database="tables"),
    metrics=(XsemplrMatch(), ValidForms(form_language="sql"), SqlDenotation()),
)

MTOP_TREES = FormSet(
    folder="mtop",
    form="slot_intent.{}",
    form_language="tree",
    languages=tuple(MTOP.test),
    cite=MTOP.origin.cite.partition(";")[0],
    licence=MTOP.origin.licence,
    row=ParsesRow(group=("id",)),
    metrics=(PytextFrames(), CasperMatch(), XsemplrMatch(), ValidForms()),
)
OVERNIGHT = FormSet(
    folder="xsemplr/movernight",
    form="lambda",
    form_language="lambda-dcs",
    languages=names("de en zh"),
    cite="Wang et al. 2015, Building a Semantic Parser Overnight; Sherborne et al. 2020",
    licence="CC BY-SA 4.0",
)
MCWQ = FormSet(
    folder="xsemplr/mcwq/mcd3",
    form="sparql",
    form_language="sparql",
    languages=names("en he kn zh"),
    cite="Cui et al. 2022, Compositional Generalization in Multilingual Semantic Parsing over Wikidata",
    licence="CC BY 4.0",
    row=ParsesRow(),
)
MCONALA = FormSet(
    folder="xsemplr/mconala",
    form="python",
    form_language="python",
    languages=names("es ja ru"),
    by_language=True,
    cite="Wang et al. 2022, MCoNaLa",
    licence="CC BY-SA 4.0",
    row=ParsesRow(marks=True, group=("question_id",)),
)
NLMAPS = FormSet(
    folder="xsemplr/mnlmaps",
    form="funql",
    form_language="funql",
    languages=names("de en"),
    cite="Haas and Riezler 2016, A Corpus and Semantic Parser for Multilingual Natural Language Querying of "
    "OpenStreetMap",
    licence="CC BY-NC-SA 4.0",
    noncommercial=True,
)
SCHEMA2QA = FormSet(
    folder="xsemplr/mschema2qa",
    form="thingtalk.{}",
    form_language="thingtalk",
    languages=names("ar de en es fa fi it ja pl tr zh"),
    cite="Moradshahi et al. 2020, Localizing Open-Ontology QA Semantic Parsers in a Day Using Machine Translation",
    licence="Apache-2.0",
    row=ParsesRow(id="id"),
)
SPIDER = FormSet(
    folder="xsemplr/mspider",
    form="sql",
    form_language="sql",
    languages=names("en vi zh"),
    cite="Yu et al. 2018, Spider; Min et al. 2019, CSpider; Nguyen et al. 2020, ViText2SQL",
    licence="CC BY-SA 4.0",
    row=ParsesRow(marks=True, more="schema", database="tables"),
    read=WithSchemas(),
    extra_files=("xsemplr/mspider/tables.json",),
    metrics=(XsemplrMatch(), ValidForms(form_language="sql"), SqlDenotation()),
)
# What Spider's SQL is made of beside names of its schemas and values, which are copied.
_SQL_LABELS = (
    *SQL_KEYWORDS,
    *map(str.lower, SQL_KEYWORDS),
    *"()*,.;=<>'\"%+-/",
    "!=",
    ">=",
    "<=",
    *names("1 2 3 T1 T2 T3 T4 t1 t2"),
)

_BOUND = (
    "of a form only tokens that English training forms hold and words of the question can be written; the counts of "
    "forms that hold others are in the notes"
)


def _labels(name: str) -> tuple[str, ...]:
    return tuple(_label_lists()[name])


TASKS = (
    *(geo.task(f"geoquery-{form}", _labels(f"geoquery-{form}"), note=_BOUND) for form, geo in GEOQUERY.items()),
    MTOP_TREES.task("mtop-trees", _labels("mtop-trees")),
    MTOP_TREES.dev_slice("mtop-trees-dev-slice", _labels("mtop-trees")),
    OVERNIGHT.dev_slice("overnight-dev-slice", _labels("overnight-dev-slice")),
    MCWQ.dev_slice("mcwq-dev-slice", _labels("mcwq-dev-slice")),
    MCONALA.dev_slice("mconala-dev-slice", _labels("mconala-dev-slice")),
    SPIDER.task(
        "mspider",
        _SQL_LABELS,
        test="dev",
        dev=None,
        note="names of the schema are words to copy, beside those of the question. Its databases have no rows here, so "
        "no SQL is executed on them: what is shown is whether it can be run at all",
    ),
)
