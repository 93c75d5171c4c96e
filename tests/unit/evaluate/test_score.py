from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from xstilts.core.errors import DataError, StoreError
from xstilts.data.examples import SentenceExample, SpanExample, TagExample, TextExample
from xstilts.evaluate.score import LanguageCounts, LanguageSet, _entry, floor, read_guesses, score
from xstilts.kinds.classification import Classification
from xstilts.kinds.retrieval import Retrieval
from xstilts.kinds.span_qa import SpanQA
from xstilts.kinds.tagging import Tagging
from xstilts.metrics.chunks import ChunkF1, TokenAccuracy
from xstilts.metrics.labels import Accuracy
from xstilts.metrics.retrieval import MiningF1
from xstilts.metrics.spans import SquadScore

KIND = Classification(labels=("no", "yes"))


def texts(labels: Sequence[str | None], group: int = 1) -> list[TextExample]:
    return [
        TextExample(id=f"q{i}", group=f"doc{i // group}", text="", label=label, where=f"test-de.tsv:{i + 1}")
        for i, label in enumerate(labels)
    ]


def predictions(path: Path, guesses: dict[str, Any]) -> Path:
    table = {"id": list(guesses), "group": [""] * len(guesses), "guess": [json.dumps(g) for g in guesses.values()]}
    pq.write_table(pa.table(table), path)
    return path


def run(tmp_path: Path, labels: Sequence[str | None], guesses: Sequence[str], **more: Any) -> dict[str, Any]:
    examples = texts(labels, more.pop("group", 1))
    shuffled = dict(reversed([(e.id, g) for e, g in zip(examples, guesses, strict=True)]))
    predictions(tmp_path / "de.parquet", shuffled)
    sets = {"de": LanguageSet(examples=examples, **more)}
    score(KIND, (Accuracy(),), sets, tmp_path, tmp_path, {"sw": "no file"})
    return json.loads((tmp_path / "scores.json").read_text())


def test_scores_pair_guesses_by_id_and_say_what_is_missing(tmp_path: Path) -> None:
    record = run(tmp_path, ["yes", "no", "yes", "yes"], ["yes", "no", "no", "yes"], dropped={"no text": 2})
    line = record["metrics"]["accuracy"]["languages"]["de"]
    assert record["main"] == "accuracy"
    assert (line["n"], line["groups"], line["values"], line["headline"]) == (4, 4, {"accuracy": 75.0}, 75.0)
    assert line["floor"] == 75.0  # "yes" everywhere
    assert line["at_chance"] is True
    assert record["missing"] == {"sw": "no file"}
    assert record["dropped"] == {"de": {"no text": 2}}


def test_counts_hold_one_line_an_example_and_metric(tmp_path: Path) -> None:
    run(tmp_path, ["yes", "no"], ["yes", "yes"])
    assert pq.read_table(tmp_path / "counts.parquet").to_pylist() == [
        {"language": "de", "id": "q0", "group": "doc0", "metric": "accuracy", "counts": [1.0, 1.0]},
        {"language": "de", "id": "q1", "group": "doc1", "metric": "accuracy", "counts": [0.0, 1.0]},
    ]


def test_a_good_run_is_not_at_chance_and_its_interval_holds_the_score(tmp_path: Path) -> None:
    labels = ["yes", "no"] * 100
    guesses = [label if i % 5 else "yes" for i, label in enumerate(labels)]
    line = run(tmp_path, labels, guesses)["metrics"]["accuracy"]["languages"]["de"]
    low, high = line["interval"]
    assert 50.0 < low < line["headline"] < high < 100.0
    assert line["at_chance"] is False


def test_intervals_widen_when_examples_share_documents(tmp_path: Path) -> None:
    labels = ["yes"] * 400
    guesses = [("yes", "no")[i // 20 % 2] for i in range(400)]  # whole documents right or wrong

    def width(group: int) -> float:
        low, high = run(tmp_path, labels, guesses, group=group)["metrics"]["accuracy"]["languages"]["de"]["interval"]
        return high - low

    assert width(20) == pytest.approx(width(1) * 20**0.5, rel=0.15)


def test_one_document_has_no_interval(tmp_path: Path) -> None:
    line = run(tmp_path, ["yes", "no"], ["yes", "no"], group=9)["metrics"]["accuracy"]["languages"]["de"]
    assert line["interval"] == [None, None]
    assert line["at_chance"] is False


def test_the_interval_covers_the_truth_about_95_times_in_100() -> None:
    from xstilts.metrics.bootstrap import GroupCounts, interval

    rng, covered, studies = np.random.default_rng(3), 0, 300
    for _ in range(studies):
        ease = rng.beta(4, 2, size=200)  # documents differ; five questions each
        counts = np.stack([rng.binomial(5, ease), np.full(200, 5)], axis=1).astype(float)
        low, high = interval(Accuracy(), GroupCounts(np.arange(200), counts), rng, resamples=300)
        covered += low <= 100 * 4 / 6 <= high
    assert 0.91 <= covered / studies <= 0.985


def test_blank_gold_is_refused_with_file_and_language(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"test-de.tsv:2: blank gold labels: 1 of 2 .*language 'de'.*'q1'"):
        run(tmp_path, ["yes", None], ["yes", "no"])


def test_an_empty_language_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="language 'de' is empty"):
        run(tmp_path, [], [])


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (["q0"], "no prediction for 'q1'"),
        (["q0", "q1", "q7"], "a prediction but no example for 'q7'"),
    ],
)
def test_predictions_for_other_examples_are_refused(tmp_path: Path, ids: list[str], message: str) -> None:
    path = predictions(tmp_path / "de.parquet", dict.fromkeys(ids, "yes"))
    with pytest.raises(StoreError, match=message) as caught:
        read_guesses(tmp_path, "de", texts(["yes", "no"]))
    assert str(path) in str(caught.value)


def test_an_id_twice_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": ["q0", "q0"], "group": ["", ""], "guess": ["1", "2"]}), tmp_path / "de.parquet")
    with pytest.raises(StoreError, match="two predictions for 'q0'"):
        read_guesses(tmp_path, "de", texts(["yes"]))
    predictions(tmp_path / "en.parquet", {"q0": "yes"})
    with pytest.raises(StoreError, match="two examples for 'q0'"):
        read_guesses(tmp_path, "en", texts(["yes"]) * 2)


def test_two_metrics_are_scored_side_by_side(tmp_path: Path) -> None:
    examples = [TagExample(id="s", group="s", words=("a", "b", "c"), tags=("NOUN", "NOUN", "VERB"))]
    predictions(tmp_path / "de.parquet", {"s": ["NOUN", "VERB", "VERB"]})
    sets = {"de": LanguageSet(examples=examples)}
    score(Tagging(labels=("NOUN", "VERB")), (ChunkF1(), TokenAccuracy()), sets, tmp_path, tmp_path)
    metrics = json.loads((tmp_path / "scores.json").read_text())["metrics"]
    assert metrics["chunk_f1"]["languages"]["de"]["headline"] == 0.0
    assert metrics["token_accuracy"]["languages"]["de"]["headline"] == pytest.approx(200 / 3)


def test_mining_counts_test_queries_only_at_the_threshold_of_the_tuning_ones(tmp_path: Path) -> None:
    def query(id: str, part: str) -> SentenceExample:
        return SentenceExample(id=id, group=id, text="", side="query", part=part, matches=(f"c-{id}",))

    examples = [query("t1", "tune"), query("t2", "tune"), query("q1", "test"), query("q2", "test")]
    examples.append(SentenceExample(id="c-q1", group="c-q1", text="", side="candidate"))
    guesses = {
        "t1": {"id": "c-t1", "margin": 1.4},
        "t2": {"id": "wrong", "margin": 1.0},
        "q1": {"id": "c-q1", "margin": 1.3},
        "q2": {"id": "wrong", "margin": 1.1},
        "c-q1": None,
    }
    predictions(tmp_path / "zh.parquet", guesses)
    score(Retrieval(method="mine"), (MiningF1(),), {"zh": LanguageSet(examples=examples)}, tmp_path, tmp_path)
    line = json.loads((tmp_path / "scores.json").read_text())["metrics"]["mining_f1"]["languages"]["zh"]
    assert line["n"] == 2
    assert line["values"] == pytest.approx({"f1": 200 / 3, "precision": 100.0, "recall": 50.0})


def tagged(tags: str, number: int) -> TagExample:
    split = tags.split()
    return TagExample(id=str(number), group=str(number), words=tuple(split), tags=tuple(split))


def test_the_floor_is_the_best_answer_that_ignores_the_input_in_each_metric() -> None:
    """One tag everywhere is the best of a token accuracy and nearly nothing in a chunk F1; two tags in turn are not."""
    kind = Tagging(labels=("NOUN", "VERB", "PUNCT"))
    examples = [tagged(text, i) for i, text in enumerate(["NOUN VERB NOUN VERB", "NOUN VERB NOUN NOUN", "NOUN VERB"])]
    golds = [kind.gold(example) for example in examples]
    blind = kind.blind_answers(golds)
    assert floor(kind, TokenAccuracy(), examples, blind, "en") == pytest.approx(90.0)
    in_turn = kind.count(ChunkF1(), examples, [["NOUN", "VERB"] * (len(g) // 2) for g in golds], "en").sum(axis=0)
    found = floor(kind, ChunkF1(), examples, blind, "en")
    assert found == pytest.approx(float(ChunkF1().values(in_turn)["f1"])) and found > 80
    one_tag = kind.count(ChunkF1(), examples, kind.chance_guesses(golds), "en").sum(axis=0)
    assert ChunkF1().values(one_tag)["f1"] == 0


def test_the_floor_of_entities_is_not_that_of_no_entity() -> None:
    kind = Tagging(labels=("O", "B-PER", "I-PER"))
    examples = [tagged(text, i) for i, text in enumerate(["B-PER O O", "B-PER I-PER O O", "B-PER O O O O"])]
    blind = kind.blind_answers([kind.gold(example) for example in examples])
    assert floor(kind, ChunkF1(), examples, blind, "en") > 30


def test_the_floor_of_questions_is_the_commonest_answer() -> None:
    kind = SpanQA()
    examples = [
        SpanExample(id=str(i), group=str(i), question="?", context="yes no", answers=((text, "yes no".index(text)),))
        for i, text in enumerate(["yes", "yes", "no"])
    ]
    blind = kind.blind_answers([kind.gold(example) for example in examples])
    assert floor(kind, SquadScore(), examples, blind, "en") == pytest.approx(200 / 3)


def test_at_chance_goes_by_the_interval_and_not_by_the_score() -> None:
    """Two of three right is above a half, but the interval of three documents reaches it."""

    def entry(right: list[int], chance: float) -> dict:
        examples = [TextExample(id=str(i), group=str(i), text="") for i in range(len(right))]
        counts = np.array([[float(x), 1.0] for x in right])
        return _entry(LanguageCounts(language="en", metric=Accuracy(), examples=examples, counts=counts, floor=chance))

    near = entry([1, 1, 0], 50.0)
    assert near["headline"] > 50 > near["interval"][0] and near["at_chance"]
    assert not entry([1] * 30 + [0] * 10, 50.0)["at_chance"]
    some, none = entry([1] + [0] * 40, 0.0), entry([0] * 40, 0.0)
    assert some["interval"][0] > 0 and not some["at_chance"], "above a floor of 0"
    assert none["at_chance"]
