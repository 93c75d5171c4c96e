"""Our numbers of sentence and passage retrieval against those of XTREME's program, on invented vectors.

`retrieval/official.json` holds the inputs and what google-research/xtreme (838c13b) made of them, with a plain search
in the place of faiss: `similarity_search` (Tatoeba); `mine_bitext`, the threshold of `bucc_optimize` on the sample and
`bucc_extract` with it on the training set (BUCC); `load_data` and `mean_avg_prec_at_k` (LAReQA); `evaluate` and
`preprocess_mention` (Mewsli-X). Ours go through the declared tasks: their readers, row makers and kinds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import pytest

from xstilts.data.examples import Example
from xstilts.data.readers.mewsli_x import Mentions
from xstilts.data.readers.xquad_r import AnswerPassages
from xstilts.data.row_makers.catalog import PassagesRow
from xstilts.data.source import Place
from xstilts.kinds.base import Kind
from xstilts.metrics.ranking import MeanAveragePrecision
from xstilts.tasks.passages import LAREQA, MEWSLIX
from xstilts.tasks.retrieval import BUCC, TATOEBA


@pytest.fixture(scope="module")
def official() -> dict[str, Any]:
    path = Path(__file__).parent / "retrieval" / "official.json"
    return json.loads(path.read_text("utf-8"))


def write(folder: Path, files: Mapping[str, Sequence[str]]) -> list[Path]:
    for name, lines in files.items():
        (folder / name).write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return [folder / name for name in files]


def examples_of(place: Place, paths: Sequence[Path]) -> list[Any]:
    made = [place.row(row, number) for number, row in enumerate(place.read(paths))]
    return [example for one in made for example in ([one] if isinstance(one, Example) else one)]


def values(kind: Kind, examples: Sequence[Any], vectors: Sequence[Any], language: str = "de") -> dict[str, float]:
    """The values of the kind's metric when each example's vector is the one given."""
    (metric,) = kind.metrics
    guesses = kind.postprocess(examples, {"example": range(len(examples))}, [np.float32(v) for v in vectors])
    counts = kind.count(metric, examples, guesses, language)
    return {name: float(value) for name, value in metric.values(counts.sum(axis=0)).items()}


def test_tatoeba_searches_with_the_english_sentences(official: Mapping[str, Any], tmp_path: Path) -> None:
    case = official["tatoeba"]
    vectors = {f"{side} {i}": v for side in ("foreign", "english") for i, v in enumerate(case[side])}
    paths = write(tmp_path, {side: [f"{side} {i}" for i in range(12)] for side in ("foreign", "english")})
    examples = examples_of(TATOEBA.test["de"].places[0], paths)
    found = values(TATOEBA.kind, examples, [vectors[example.text] for example in examples])
    assert case["accuracy"] != case["the_other_way"]
    assert found == pytest.approx({"accuracy": case["accuracy"], "reverse_accuracy": case["the_other_way"]})


def test_bucc_mines_each_set_apart_and_takes_the_threshold_of_the_sample(
    official: Mapping[str, Any], tmp_path: Path
) -> None:
    """In both sets two German sentences and one English one stand twice."""
    files, vectors = {}, []
    for part in ("sample", "training"):
        case = official["bucc"][part]
        for side in ("de", "en"):
            texts = case[f"{side}_texts"]
            assert len(set(texts)) < len(texts)
            files[f"{part}.{side}"] = [f"{side}-{i}\t{text}" for i, text in enumerate(texts)]
            vectors += case[side]
        files[f"{part}.gold"] = case["gold"]
    examples = examples_of(BUCC.test["de"].places[0], write(tmp_path, files))
    found = values(BUCC.kind, examples, vectors)
    expected = official["bucc"]["training"]
    assert expected["candidates"] > len(expected["mined"]), "the threshold drops some"
    assert found == pytest.approx({name: expected[name] for name in ("precision", "recall", "f1")})


@pytest.mark.parametrize("k", [20, 3])
def test_lareqa_ranks_one_pool_and_averages_over_the_questions(
    official: Mapping[str, Any], k: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sentence that stands twice in its paragraph is right twice."""
    monkeypatch.setattr(MeanAveragePrecision, "k", k)
    case, languages = official["lareqa"], ("de", "en")
    paths = write(tmp_path, {f"{code}.json": [json.dumps(case["files"][code])] for code in languages})
    reader = LAREQA.pool.places[0].read
    assert isinstance(reader, AnswerPassages) and reader.query_language == ""
    row = LAREQA.pool.places[0].row
    pool = [row(each, i) for i, each in enumerate(AnswerPassages(languages=languages)(paths))]
    numbers = {name: number for number, name in enumerate(("A 0", "A 1", "B 0"), start=1)}
    means = {}
    for code in languages:
        rows = AnswerPassages(languages=languages, query_language=code)(paths)
        queries = [row(each, i) for i, each in enumerate(rows)]
        vectors = [[case["questions"][query.query]] for query in queries]
        for passage in pool:
            language, paragraph, sentence = passage.id[:2], passage.id[3:6], passage.id[-1]
            vectors.append([case["candidates"][f"{language}_{numbers[paragraph]}_{sentence}"]])
        means[code] = values(LAREQA.kind, [*queries, *pool], vectors, code)[f"map@{k}"]
    assert fmean(means.values()) == pytest.approx(case[f"map@{k}"])
    if k == 20:
        assert means == pytest.approx(case["by_language_at_20"])


def test_mewsli_x_is_the_mean_over_languages_of_the_reciprocal_rank_among_twenty(official: Mapping[str, Any]) -> None:
    """A mention without a prediction counts as not found."""
    case, metric = official["mewslix"], MEWSLIX.kind.metrics[0]
    means = {}
    for language, golds in case["gold"].items():
        guesses = case["predictions"][language]
        counts = [metric.tally(gold, guesses.get(mention, []), language) for mention, gold in golds.items()]
        means[language] = float(metric.values(np.sum(counts, axis=0))["map@20"])
    assert means == pytest.approx(case["by_language"])
    assert fmean(means.values()) == pytest.approx(case["macro_average"])


def test_a_mention_of_mewsli_x_reads_the_same(official: Mapping[str, Any], tmp_path: Path) -> None:
    """But for runs of blanks, which no tokenizer of these encoders tells from one."""
    case = official["mewslix"]["mention"]
    line = json.dumps({"context": case["context"], "mentions": [case["mention"]]})
    (row,) = Mentions(language="de")(write(tmp_path, {"mentions.jsonl": [line]}))
    example = PassagesRow(group=("document",))(row, 0)
    assert example.query == " ".join(official["mewslix"]["mention_text"].split())
