from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from xstilts.core.errors import StudyError
from xstilts.metrics.catalog import METRICS
from xstilts.metrics.chunks import ChunkF1, TokenAccuracy, chunks
from xstilts.metrics.labels import Accuracy
from xstilts.metrics.masked_lm import MaskedAccuracy
from xstilts.metrics.retrieval import MiningF1, RetrievalAccuracy, best_threshold
from xstilts.metrics.spans import Mlqa, Squad2, SquadScore
from xstilts.metrics.tallies import Metric, headline, percent


def one(metric: Metric, gold: Any, guess: Any, language: str = "en") -> dict[str, float]:
    values = metric.values(np.asarray(metric.tally(gold, guess, language), dtype=float))
    return {name: float(value) for name, value in values.items()}


def test_every_metric_counts_what_it_names() -> None:
    golds = {"squad": ["x"], "mlqa": ["x"], "squad2": ["x"], "retrieval_accuracy": ["x"], "mining_f1": ["x"]}
    tree = {"heads": [0], "relations": ["root"], "upos": ["X"]}
    roles = [{"predicate": 0, "sense": "a.01", "spans": [[1, 2, "A0"]], "heads": [[1, "A0"]]}]
    golds |= {"attachment": tree, "upos": tree, "span_roles": roles, "head_roles": roles, "predicates": roles}
    guesses = {"squad": "x", "mlqa": "x", "squad2": "x", "retrieval_accuracy": "x", "mining_f1": {"id": "x"}}
    frame = {"intent": "x", "slots": ["B-a", "O"]}
    form = {"form": "[IN:A [SL:B x ] ]", "database": "CREATE TABLE T (A TEXT)"}
    golds |= dict.fromkeys(("intent_accuracy", "slot_f1", "frame_accuracy", "xsid_slots", "massive_slots"), frame)
    golds |= {"massive_exact_match": frame}
    golds |= dict.fromkeys(("mtop_casper", "mtop_pytext", "xsemplr_exact_match", "valid_forms", "sql_denotation"), form)
    guesses |= {"prediction_accuracy": {"holds": {way: [True] for way in METRICS["prediction_accuracy"].ways}}}
    guesses |= {"pseudo_perplexity": {"log_probability": 0.0, "tokens": 1.0, "log_vocabulary": 1.0}}
    for name, metric in METRICS.items():
        if name in ("pearson", "spearman"):
            continue  # one pair has no correlation
        if hasattr(metric, "labels"):
            metric = replace(metric, labels=("A", "B"))
        gold = golds.get(name, ["A"])
        assert len(metric.tally(gold, guesses.get(name, gold), "de")) == len(metric.counts)
        sums = np.asarray(metric.tally(gold, guesses.get(name, gold), "de"))
        assert headline(metric, sums) == 100.0
        assert headline(metric, np.stack([sums, sums])).shape == (2,)
        assert set(metric.headline) <= set(metric.values(sums))


def test_an_unknown_metric_is_named_with_its_nearest() -> None:
    with pytest.raises(StudyError, match="Did you mean 'accuracy'"):
        METRICS.find("accuracu")


def test_what_is_undefined_is_nan_and_never_zero() -> None:
    assert np.isnan(percent(np.array(0.0), np.array(0.0)))
    assert np.isnan(headline(Accuracy(), np.zeros(2)))


def test_accuracy_and_masked_accuracy() -> None:
    assert one(Accuracy(), "yes", "yes") == {"accuracy": 100.0}
    assert one(Accuracy(), 0, 1) == {"accuracy": 0.0}
    assert one(MaskedAccuracy(), [5, 6], [5, 7]) == {"masked_accuracy": 50.0}


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("B-PER I-PER O B-LOC", [("PER", 0, 1), ("LOC", 3, 3)]),
        ("B-PER B-PER", [("PER", 0, 0), ("PER", 1, 1)]),
        ("I-PER I-LOC", [("PER", 0, 0), ("LOC", 1, 1)]),
        ("O I-PER I-PER", [("PER", 1, 2)]),
        ("NOUN NOUN VERB", [("NOUN", 0, 1), ("VERB", 2, 2)]),
        ("CCONJ SCONJ", [("CCONJ", 0, 0), ("SCONJ", 1, 1)]),
        ("SYM SYM", [("SYM", 0, 0), ("SYM", 1, 1)]),  # S- reads as "single": never merged
        ("INTJ INTJ", [("INTJ", 0, 1)]),
        ("B-PER E-PER E-PER", [("PER", 0, 1), ("PER", 2, 2)]),
        ("O O", []),
        ("", []),
    ],
)
def test_chunks_by_the_rules_of_the_official_scorer(tags: str, expected: list[tuple[str, int, int]]) -> None:
    assert chunks(tags.split()) == expected


def test_a_word_without_a_guess_is_outside() -> None:
    assert chunks(["B-PER", "", "I-PER"]) == chunks(["B-PER", "O", "I-PER"])


def test_chunk_f1_of_bare_tags_is_not_accuracy() -> None:
    gold, guess = ["NOUN", "NOUN", "VERB", "DET", "NOUN"], ["NOUN", "VERB", "VERB", "DET", "NOUN"]
    assert one(ChunkF1(), gold, guess)["f1"] == 50.0
    assert one(TokenAccuracy(), gold, guess) == {"token_accuracy": 80.0}


@given(some.lists(some.sampled_from(["O", "B-A", "I-A", "B-B", "I-B", "NOUN", "SYM", "INTJ"]), max_size=12))
def test_chunks_lie_in_order_inside_the_sentence_and_miss_only_what_is_outside(tags: list[str]) -> None:
    found = chunks(tags)
    inside = [i for _, first, last in found for i in range(first, last + 1)]
    assert inside == [i for i, tag in enumerate(tags) if tag != "O"]
    assert all({tag.rsplit("-")[-1] for tag in tags[first : last + 1]} == {kind} for kind, first, last in found)


def test_squad_takes_the_best_gold_and_english_articles() -> None:
    values = one(SquadScore(), ["Denver", "The Denver Broncos!"], "denver broncos")
    assert values == {"exact_match": 100.0, "f1": 100.0}
    assert one(SquadScore(), ["Denver Broncos"], "Broncos of Denver")["f1"] == pytest.approx(80.0)
    assert one(SquadScore(), ["x"], "") == {"exact_match": 0.0, "f1": 0.0}


@pytest.mark.parametrize(
    ("language", "gold", "guess", "squad", "mlqa"),
    [
        ("zh", "天氣很好", "天氣好", 0.0, 600 / 7),
        ("ar", "الكتاب الجديد", "كتاب جديد", 0.0, 100.0),
        ("de", "der Hund", "Hund", 200 / 3, 100.0),
        ("es", "la casa", "casa", 200 / 3, 100.0),
        ("vi", "chiếc xe", "xe", 200 / 3, 100.0),
        ("hi", "दिल्ली।", "दिल्ली", 0.0, 100.0),
        ("zh", "在1998年", "1998年", 0.0, 80.0),  # mixed: characters one by one, the number whole
        ("th", "กขค", "กข", 0.0, 80.0),
        ("ja", "東京タワー", "東京", 0.0, 400 / 7),
        ("el", "«Αθήνα»", "αθήνα", 0.0, 100.0),
        ("ru", "москва", "москва", 100.0, 100.0),
    ],
)
def test_the_normaliser_moves_the_score(language: str, gold: str, guess: str, squad: float, mlqa: float) -> None:
    assert one(SquadScore(), [gold], guess, language)["f1"] == pytest.approx(squad)
    assert one(Mlqa(), [gold], guess, language)["f1"] == pytest.approx(mlqa)


def test_squad2_knows_questions_without_an_answer() -> None:
    cases = [(["a cat"], "cat"), (["dog"], ""), ([], ""), ([], "something")]
    counts = np.sum([Squad2().tally(gold, guess, "en") for gold, guess in cases], axis=0)
    values = Squad2().values(counts)
    assert {name: float(value) for name, value in values.items()} == {
        "exact_match": 50.0,
        "f1": 50.0,
        "has_answer_exact_match": 50.0,
        "has_answer_f1": 50.0,
        "no_answer_accuracy": 50.0,
    }
    assert np.isnan(one(Squad2(), ["x"], "x")["no_answer_accuracy"])


def test_squad2_gives_an_answer_that_is_only_an_article_its_due() -> None:
    assert one(Squad2(), ["The"], "the")["f1"] == 100.0


def test_retrieval_accuracy() -> None:
    assert one(RetrievalAccuracy(), ["c1", "c2"], "c2") == {"accuracy": 100.0}
    assert one(RetrievalAccuracy(), ["c1"], None) == {"accuracy": 0.0}


@pytest.mark.parametrize(
    ("margins", "right", "gold", "expected"),
    [
        ([1.5, 1.25, 1.0], [1, 0, 0], 1, 1.375),
        ([1.0, 1.5, 1.25], [0, 1, 1], 2, 1.125),  # any order
        ([1.4, 1.2], [1, 1], 2, 1.2),  # the best cut keeps all: no neighbour below
        ([1.4, 1.2, 1.2], [1, 1, 0], 2, 1.2),  # a tie is kept or dropped together
        ([1.4], [0], 3, 0.0),  # none is right: all are kept, as in XTREME
        ([], [], 3, 0.0),
        ([1.4, -np.inf], [1, 0], 2, 1.4),  # a query without a candidate
        ([1.0, np.nextafter(1.0, 0)], [1, 0], 1, 1.0),  # no number lies between
    ],
)
def test_the_threshold_of_best_f1(margins: list[float], right: list[int], gold: float, expected: float) -> None:
    assert best_threshold(np.array(margins), np.array(right, dtype=float), gold) == pytest.approx(expected, abs=0)


@given(some.lists(some.tuples(some.integers(0, 8), some.booleans()), min_size=1, max_size=15), some.integers(0, 9))
def test_no_other_threshold_does_better(pairs: list[tuple[int, bool]], unfound: int) -> None:
    margins = np.array([margin / 4 for margin, _ in pairs])
    right = np.array([float(ok) for _, ok in pairs])
    gold = right.sum() + unfound

    def f1(limit: float) -> float:
        kept = margins >= limit
        return 2 * right[kept].sum() / max(1.0, kept.sum() + gold)

    best = best_threshold(margins, right, gold)
    assert f1(best) == pytest.approx(max(f1(limit) for limit in [*margins, np.inf]))


def test_mining_sets_its_threshold_on_the_tuning_queries_alone() -> None:
    golds = [["a"], ["b"], ["c"], ["d"]]
    guesses = [{"id": "a", "margin": 1.5}, {"id": "x", "margin": 1.1}, {"id": "c", "margin": 1.4}, None]
    counts = MiningF1().tally_all(golds, guesses, [True, True, False, False], "zh")
    assert counts.tolist() == [[0, 0, 0], [0, 0, 0], [1, 1, 1], [0, 0, 1]]
    untuned = MiningF1().tally_all(golds, guesses, [False] * 4, "zh")
    assert untuned.sum(axis=0).tolist() == [2, 3, 4]
