"""Right words by distance, depth, direction and what training has not seen: counted by a step, shown by the report."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from toy_trees import RELATIONS, parsed
from xstilts.data.examples import DependencyExample, TagExample
from xstilts.data.read import ResolvedSource
from xstilts.data.readers.catalog import ConlluTrees
from xstilts.data.row_makers.catalog import TreesRow
from xstilts.engine.step import Context
from xstilts.kinds.dependency import Dependency
from xstilts.kinds.tagging import Tagging
from xstilts.pipeline.steps.base import EvaluationSet
from xstilts.pipeline.steps.words import TrainedOn, WordsSettings, block_of, run
from xstilts.report.elements.blocks import Document
from xstilts.report.formats.markdown import markdown
from xstilts.report.scores.inputs import ContrastSpec, Results, TargetInfo, WordCounts
from xstilts.report.scores.target_draws import TargetDraws
from xstilts.report.scores.word_gains import order_distances, word_rows
from xstilts.report.topics.word_by_word import WordByWord, lines, sections

KIND = Dependency(labels=RELATIONS)
CELLS = (("none", 1), ("none", 2), ("better", 1), ("better", 2))
LANGUAGES = ("en", "de", "fr")


def conllu(path: Path, examples: Sequence[DependencyExample]) -> ResolvedSource:
    blocks = []
    for example in examples:
        words = zip(example.words, example.heads or (), example.relations or (), strict=True)
        rows = [f"{i}\t{w}\t_\tX\t_\t_\t{head}\t{relation}\t_\t_" for i, (w, head, relation) in enumerate(words, 1)]
        blocks.append("\n".join([f"# sent_id = {example.id}", *rows, "", ""]))
    path.write_text("".join(blocks), "utf-8")
    return ResolvedSource(files=(path.name,), read=ConlluTrees(), row=TreesRow(group=("sent_id",)), paths=(path,))


def guess(example: DependencyExample, is_better: bool) -> dict[str, list]:
    """The better arm is right everywhere; the other one takes the word before for every head that is far away."""
    heads, relations = list(example.heads or ()), list(example.relations or ())
    if not is_better:
        heads = [i if head and abs(head - i - 1) > 1 else head for i, head in enumerate(heads)]
    return {"heads": heads, "relations": relations}


@pytest.fixture
def counted(tmp_path: Path) -> tuple[WordCounts, list[DependencyExample]]:
    """The artefact of the step over two arms with two seeds; English, German and French hold the same sentences, but
    French names a word that training has not."""
    train, test = parsed(30, seed=1), parsed(60, seed=2)
    strange = [replace(example, words=("zut", *example.words[1:])) for example in test]
    sources = {
        language: conllu(tmp_path / f"{language}.conllu", strange if language == "fr" else test)
        for language in LANGUAGES
    }
    inputs = {}
    for number, (arm, _) in enumerate(CELLS):
        folder = tmp_path / f"predict-{number}"
        folder.mkdir()
        for language in LANGUAGES:
            rows = [
                {"id": str(row), "group": example.group, "guess": json.dumps(guess(example, arm == "better"))}
                for row, example in enumerate(test)
            ]
            pq.write_table(pa.Table.from_pylist(rows), folder / f"{language}.parquet")
        inputs[str(number)] = folder
    settings = WordsSettings(
        kind=KIND,
        tests=tuple(EvaluationSet(language=x, source=of, views=()) for x, of in sources.items()),
        parts=("",) * len(CELLS),
        trained_on=TrainedOn(source=conllu(tmp_path / "train.conllu", train), views=()),
    )
    run_in(tmp_path, settings, inputs)
    counts = WordCounts(
        target="trees",
        measures=("las", "uas"),
        cells=CELLS,
        counts=tmp_path / "out/words.parquet",
        orders=tmp_path / "out/orders.json",
    )
    return counts, test


def run_in(folder: Path, settings: WordsSettings, inputs: dict[str, Path]) -> None:
    (folder / "out").mkdir()
    progress: Callable[..., None] = lambda *told: None  # noqa: E731
    run(
        settings, Context(out=folder / "out", scratch=folder, inputs=inputs, progress=progress, threads=1, device="cpu")
    )


def results() -> Results:
    spec = ContrastSpec(name="better − none", weights={"better": 1.0, "none": -1.0})
    target = TargetInfo(name="trees", languages=LANGUAGES, main="attachment")
    return Results(
        name="words", question="?", arms=("none", "better"), baseline="none", targets=(target,), seeds=(1, 2), cells=(),
        contrasts=(spec,), study_yaml="", encoder="none",
    )  # fmt: skip


def unscored(of: Results) -> TargetDraws:
    return TargetDraws(target=of.targets[0], draws=None, missing={})


def test_counts_of_every_facet_add_up_to_the_words_of_the_test_set(counted: tuple[WordCounts, list[DependencyExample]]):
    counts, test = counted
    assert counts.counts is not None
    table = pq.read_table(counts.counts).to_pylist()
    words = sum(len(example.words) for example in test)
    far = sum(abs(head - i) > 1 for e in test for i, head in enumerate(e.heads or (), 1) if head)
    for language in LANGUAGES:
        for facet in ("distance", "direction", "depth", "length", "word"):
            rows = [r for r in table if (r["language"], r["facet"], r["measure"]) == (language, facet, "las")]
            assert sum(row["words"] for row in rows) == words, facet
            right = np.sum([row["right"] for row in rows], axis=0)
            assert right.tolist() == [words - far, words - far, words, words], facet
    strange = [r for r in table if (r["language"], r["value"], r["measure"]) == ("fr", "unseen", "las")]
    assert sum(row["words"] for row in strange) == len(test)
    assert not [r for r in table if (r["language"], r["value"]) == ("de", "unseen")]
    assert {row["block"] for row in table} == {block_of(example.group) for example in test}


def test_an_arm_gains_where_the_other_fails_and_nowhere_else(counted: tuple[WordCounts, list[DependencyExample]]):
    study = results()
    rows = {(r.measure, r.facet, r.value): r for r in word_rows(study, counted[0], unscored(study))}
    near, far = rows["las", "distance", "1"], rows["las", "distance", "2"]
    assert near.languages == far.languages == ("de", "fr"), "English is the language trained in"
    assert near.scores == {"none": 100.0, "better": 100.0} and far.scores == {"none": 0.0, "better": 100.0}
    gain = far.gains["better over none"]
    assert gain.value == pytest.approx(100.0)
    assert near.gains["better over none"].value == 0
    whole = rows["las", "length", "1-10"]
    between = whole.gains["better over none"]
    assert between.low is not None and between.high is not None and between.low < between.value < between.high
    assert rows["las", "word", "unseen"].languages == ("fr",), "German has no such word"


def test_the_report_shows_arms_and_differences(counted: tuple[WordCounts, list[DependencyExample]]):
    study = results()
    rows = tuple(word_rows(study, counted[0], unscored(study)))
    words = WordByWord(
        arms=study.arms, baseline="none", contrasts=study.contrasts, rows=rows, correlations=(),
        orders={}, notes=("trees: invented",),
    )  # fmt: skip
    page = markdown(Document(title="", question="", answer=(), facts=(), sections=sections(words)))
    assert "## Word by word" in page and "trees, las in percent, by distance of the word from its head" in page
    assert "100.0, +100.0" in page and "invented" in page
    assert {line["measure"] for line in lines(words)} == {"las", "uas"}


def test_word_order_is_that_of_the_training_treebank(counted: tuple[WordCounts, list[DependencyExample]]):
    found = order_distances(counted[0])
    assert set(found) == set(LANGUAGES) and all(0 <= distance < 0.2 for distance in found.values())
    assert order_distances(replace(counted[0], orders=None)) == {}


def test_which_kinds_say_something_of_single_words():
    assert Tagging(labels=("NOUN", "VERB")).word_judge is not None
    assert Tagging(labels=("O", "B-PER", "I-PER")).word_judge is None, "most of its tags are O"
    judge: Any = Tagging(labels=("NOUN", "VERB")).word_judge
    seen = judge.seen([TagExample(id="1", group="1", words=("I", "eat"), tags=("NOUN", "VERB"))])
    facets = judge.facets(TagExample(id="2", group="2", words=("Eat", "me"), tags=("VERB", "NOUN")), seen)
    assert facets["word"] == ["seen", "unseen"]
    assert facets["tag 3-gram"] == ["unseen", "unseen"]
    assert "word" not in judge.facets(TagExample(id="2", group="2", words=("Eat",), tags=("VERB",)), None)
