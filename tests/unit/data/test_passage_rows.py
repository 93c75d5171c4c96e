"""Passages and the questions, mentions and pairs that look for them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from xstilts.core.errors import DataError
from xstilts.data.examples import PassageExample
from xstilts.data.locate import Roots
from xstilts.data.read import LoadedExamples, ResolvedSource, load_examples, resolve_source
from xstilts.data.readers.catalog import SquadReader
from xstilts.data.readers.mewsli_x import Entities, MentionPairs, Mentions
from xstilts.data.readers.xquad_r import AnswerPassages
from xstilts.data.row_makers.catalog import AnswerSentenceRow, PassagesRow, SpanRow
from xstilts.data.source import WHERE
from xstilts.kinds.dual_encoder import DualEncoder
from xstilts.tasks.catalog import TASKS


def read(reader: Any, row: Any, *paths: Path) -> LoadedExamples:
    return load_examples(ResolvedSource(files=(), read=reader, row=row, paths=paths))


def squad(path: Path, context: str, answers: dict[str, str], breaks: list[list[int]] | None = None) -> Path:
    """One paragraph; question -> answer."""
    asked = [
        {"id": f"q{i}", "question": question, "answers": [{"text": text, "answer_start": context.index(text)}]}
        for i, (question, text) in enumerate(answers.items())
    ]
    paragraph = {"context": context, "qas": asked} | ({"sentence_breaks": breaks} if breaks else {})
    path.write_text(json.dumps({"data": [{"title": "Ulm", "paragraphs": [paragraph]}]}), "utf-8")
    return path


def lines(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def test_a_question_looks_for_its_answer_in_every_language(tmp_path: Path) -> None:
    english = squad(
        tmp_path / "en", "Rain. Snow. Rain.", {"what?": "Rain", "cold?": "Snow"}, [[0, 5], [6, 11], [12, 17]]
    )
    german = squad(
        tmp_path / "de", "Es regnet. Es schneit.", {"was?": "regnet", "kalt?": "schneit"}, [[0, 10], [11, 22]]
    )
    files, languages, row = (english, german), ("en", "de"), PassagesRow(group=("pair",))
    asked = read(AnswerPassages(languages=languages, query_language="de"), row, *files).examples
    pool = read(AnswerPassages(languages=languages), row, *files).examples
    assert [(e.id, e.query, e.passage, e.relevant, e.group) for e in asked] == [
        ("q0", "was?", None, ("en Ulm 0 0", "en Ulm 0 2", "de Ulm 0 0"), "Ulm 0"),  # the same sentence stands twice
        ("q1", "kalt?", None, ("en Ulm 0 1", "de Ulm 0 1"), "Ulm 0"),
    ]
    assert [(e.name, e.passage) for e in pool][1:4] == [
        ("en Ulm 0 1", "Snow."), ("en Ulm 0 2", "Rain."), ("de Ulm 0 0", "Es regnet."),
    ]  # fmt: skip
    assert pool[0].context == "Rain. Snow. Rain." and pool[0].relevant is None and {e.group for e in pool} == {"Ulm 0"}
    with pytest.raises(DataError, match="1 files given, one for each of 2 expected"):
        read(AnswerPassages(languages=languages), row, english)


def test_squad_gives_questions_with_the_sentence_of_their_answer(tmp_path: Path) -> None:
    context = "It rained in Ulm. It snowed in Bonn. "
    answers = {"where?": "Ulm", "cold?": "It snowed", "how long?": "Ulm. It", "when?": "Bonn. "}
    found = read(
        SquadReader(), AnswerSentenceRow(span=SpanRow(group=("title",))), squad(tmp_path / "s", context, answers)
    )
    assert [(e.query, e.passage, e.context) for e in found.examples] == [
        ("where?", "It rained in Ulm.", context),
        ("cold?", "It snowed in Bonn.", context),
        ("when?", "It snowed in Bonn.", context),
    ]
    assert found.dropped == {"the answer runs over the end of its sentence": 1}
    first, second, third = found.examples
    assert second.name == third.name != first.name and first.group == "Ulm"
    hub = {"id": "7", "title": "t", "context": context, "question": "?", WHERE: "f:1"}
    made = AnswerSentenceRow(span=SpanRow(group=("title",)))
    assert made(hub | {"answers": {"text": ["Bonn"], "answer_start": [31]}}, 0).name == second.name
    assert made(hub | {"answers": {"text": [], "answer_start": []}}, 0).reason == "no answer"


CONTEXT = {
    "document_id": "de-1", "language": "de", "text": "Erst {so}. Regen in Ulm gestern. Ende.",
    "sentence_spans": [{"start": 0, "end": 10}, {"start": 11, "end": 32}, {"start": 33, "end": 38}],
}  # fmt: skip
ENTITY = {
    "entity_id": "Q3012", "title": "Ulm", "description": "Ulm is a city.\nIt lies on the Danube.",
    "sentence_spans": [{"start": 0, "end": 14}, {"start": 15, "end": 37}],
}  # fmt: skip


def mention(start: int, end: int, **more: Any) -> dict[str, Any]:
    span = {"start": start, "end": end, "text": CONTEXT["text"][start:end]}
    return {"example_id": "m1", "entity_id": "Q3012", "mention_span": span | more}


def test_mentions_entities_and_pairs(tmp_path: Path) -> None:
    other = {**CONTEXT, "language": "en"}
    path = lines(
        tmp_path / "m", {"context": CONTEXT, "mentions": [mention(20, 23)]}, {"context": other, "mentions": []}
    )
    row = PassagesRow(group=("document",))
    (asked,) = read(Mentions(language="de"), row, path).examples
    assert (asked.id, asked.relevant, asked.group) == ("m1", ("Q3012",), "de-1")
    assert asked.query == "Ulm: Regen in { Ulm } gestern." and asked.passage is None
    (entity,) = read(Entities(), PassagesRow(), lines(tmp_path / "e", ENTITY)).examples
    assert (entity.name, entity.passage) == ("Q3012", "Ulm is a city. It lies on the Danube.")
    pair = {"contextual_mention": {"context": CONTEXT, "mention": mention(5, 13)}, "entity": ENTITY}
    (both,) = read(MentionPairs(), row, lines(tmp_path / "p", pair)).examples
    assert both.query == "{so}. Re: Erst { {so}. Re } gen in Ulm gestern."  # over the end of a sentence
    assert (both.passage, both.name) == (entity.passage, "Q3012")


@pytest.mark.parametrize(
    ("context", "said"),
    [(CONTEXT | {"text": ""}, "is no text: get-mewsli-x.sh puts it in"), (CONTEXT, "stands 'gen'")],
)
def test_a_mention_that_is_not_in_its_text(context: dict[str, Any], said: str, tmp_path: Path) -> None:
    path = lines(tmp_path / "m", {"context": context, "mentions": [mention(13, 16, text="Ulm")]})
    with pytest.raises(DataError, match=f"m:1: where the mention 'Ulm' should stand {said}"):
        read(Mentions(language="de"), PassagesRow(group=("document",)), path)


@pytest.fixture
def lareqa(shared_data: Path, tmp_path: Path) -> Iterator[dict[str, list[PassageExample]]]:
    roots, task = Roots(data=(shared_data,), store=tmp_path, samples=tmp_path / "none"), TASKS["lareqa"]
    sources = {"pool": task.pool, "de": task.test["de"], "zh": task.test["zh"]}
    yield {name: load_examples(resolve_source(source, roots)).examples for name, source in sources.items()}


def test_lareqa_as_it_is_published(lareqa: dict[str, list[PassageExample]]) -> None:
    """Nine of the eleven languages are here: 1,222 + 1,276 + ... sentences (the README's table), 1,190 questions."""
    names = {example.name for example in lareqa["pool"]}
    assert len(names) == len(lareqa["pool"]) == 13014 - 1234 - 1167
    for language in ("de", "zh"):
        assert len(lareqa[language]) == 1190
        for example in lareqa[language]:
            DualEncoder().check(example)
            assert len(example.relevant) == 9 and names.issuperset(example.relevant)
    wanted = {example.id: set(example.relevant) for example in lareqa["de"]}
    assert wanted == {example.id: set(example.relevant) for example in lareqa["zh"]}
