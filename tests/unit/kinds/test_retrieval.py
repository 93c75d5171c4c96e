"""Nearest neighbours and margin mining on vectors small enough to check by hand or by force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from tokenizers import Tokenizer

from xstilts.core.errors import DataError
from xstilts.data.examples import SentenceExample
from xstilts.data.row_makers.catalog import MinedPartsRow, MinedRow
from xstilts.data.source import WHERE
from xstilts.kinds.nearest_neighbours import both_ways, mine, nearest, neighbours, unit
from xstilts.kinds.retrieval import PARTS, SIDES, Retrieval
from xstilts.metrics.retrieval import MiningF1, RetrievalAccuracy


def query(id: str, *matches: str, part: str = "test") -> SentenceExample:
    return SentenceExample(id=id, group=id, text=id, side="query", matches=matches, part=part)


def candidate(id: str, part: str = "test") -> SentenceExample:
    return SentenceExample(id=id, group=id, text=id, side="candidate", part=part)


def rows(examples: list[SentenceExample]) -> dict[str, list[int]]:
    return {"example": list(range(len(examples)))}


def test_each_query_gets_its_nearest_candidate_and_candidates_nothing() -> None:
    examples = [candidate("a"), query("1", "b"), candidate("b"), query("2", "b")]
    vectors = [np.array(v, dtype=np.float32) for v in ([9, 0], [1, 5], [0, 1], [2, 1])]
    kind = Retrieval()
    guesses = kind.postprocess(examples, rows(examples), vectors)
    assert guesses == [None, "b", None, "a"]
    counts = kind.count(RetrievalAccuracy(), examples, guesses, "de")
    assert counts.tolist() == [[0, 0], [1, 1], [0, 0], [0, 1]]


def test_nearest_works_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    a, b = (unit(random.normal(size=(n, 8))) for n in (50, 70))
    whole = nearest(a, b)
    cosines, found = neighbours(a, b, 4)
    monkeypatch.setattr("xstilts.kinds.nearest_neighbours._BLOCK", 7)
    assert (nearest(a, b) == whole).all() and (whole == (a @ b.T).argmax(axis=1)).all()
    assert (neighbours(a, b, 4)[1] == found).all()
    assert np.allclose(cosines, -np.sort(-(a @ b.T), axis=1)[:, :4])


@pytest.mark.parametrize(("queries", "candidates", "block"), [(50, 700, 7), (700, 50, 64), (3, 5, 2), (300, 300, 100)])
def test_both_ways_is_the_search_of_either_side(
    queries: int, candidates: int, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xstilts.kinds.nearest_neighbours._BLOCK", block)
    monkeypatch.setattr("xstilts.kinds.nearest_neighbours._GROUP", 16)
    random = np.random.default_rng(queries)
    a, b = (unit(random.normal(size=(n, 8))) for n in (queries, candidates))
    cosine, k = a @ b.T, 4
    for found, wanted in zip(both_ways(a, b, k), (cosine, cosine.T), strict=True):
        # A product of blocks is rounded otherwise than a whole one, by 8 roundings of numbers up to 1: neighbours whose
        # cosines differ by less may change places.
        near = -np.sort(-wanted, axis=1)[:, :k]
        assert np.allclose(np.take_along_axis(wanted, found[1], axis=1), near, rtol=0, atol=1e-6)
        assert np.allclose(found[0], near, rtol=0, atol=1e-6)
        assert all(len(set(row)) == len(row) for row in found[1].tolist())


def test_mining_equals_the_definition() -> None:
    """Against plain loops over the definition: margins of each side's best partner, greedy, one-to-one."""
    random = np.random.default_rng(1)
    a, b = (unit(random.normal(size=(n, 6)) + 0.5) for n in (30, 40))
    cosine, k = a @ b.T, 4
    near_a = [sorted(range(40), key=lambda j: -cosine[i, j])[:k] for i in range(30)]
    near_b = [sorted(range(30), key=lambda i: -cosine[i, j])[:k] for j in range(40)]
    mean_a = [np.mean([cosine[i, j] for j in near_a[i]]) for i in range(30)]
    mean_b = [np.mean([cosine[i, j] for i in near_b[j]]) for j in range(40)]

    def margin(i: int, j: int) -> float:
        return cosine[i, j] / ((mean_a[i] + mean_b[j]) / 2)

    proposals = [(i, max(near_a[i], key=lambda j: margin(i, j))) for i in range(30)]
    proposals += [(max(near_b[j], key=lambda i: margin(i, j)), j) for j in range(40)]
    expected: list[tuple[int, int]] = []
    for i, j in sorted(proposals, key=lambda pair: -margin(*pair)):
        if all(i != x and j != y for x, y in expected):
            expected.append((i, j))
    found = mine(a, b, k)
    assert [(i, j) for i, j, _ in found] == expected
    assert np.allclose([m for _, _, m in found], [margin(i, j) for i, j in expected], rtol=1e-5)


def test_mining_finds_noisy_translations_and_tunes_its_threshold() -> None:
    random = np.random.default_rng(2)
    true = random.normal(size=(60, 32))
    queries = [*(true + 0.3 * random.normal(size=true.shape)), *random.normal(size=(40, 32))]
    examples = [query(f"q{i}", *([f"c{i}"] if i < 60 else []), part="tune" if i % 2 else "test") for i in range(100)]
    examples += [candidate(f"c{i}", part="tune" if i % 2 else "test") for i in range(60)]
    kind = Retrieval(method="mine")
    guesses = kind.postprocess(examples, rows(examples), [*queries, *true])
    assert sorted(g["id"] for g in guesses if g) == sorted({g["id"] for g in guesses if g})
    counts = kind.count(MiningF1(), examples, guesses, "zh")
    assert counts[1:100:2].sum() == 0 and counts[100:].sum() == 0
    assert counts.sum(axis=0)[2] == 30
    assert MiningF1().values(counts.sum(axis=0))["f1"] > 95


def test_each_corpus_is_mined_on_its_own() -> None:
    """BUCC's sample and training set are two corpora: the sentences of one are no candidates of the other."""
    kind = Retrieval(method="mine")
    parts = [
        [replace(e, corpus=part) for e in (query(f"q{part}", f"c{part}", part=part), query(f"r{part}", part=part),
                                           candidate(f"c{part}", part=part))]
        for part in ("tune", "test")
    ]  # fmt: skip
    vectors = list(np.random.default_rng(3).normal(size=(6, 4)) + 2)
    alone = [kind.postprocess(p, rows(p), vectors[3 * i : 3 * i + 3]) for i, p in enumerate(parts)]
    assert kind.postprocess([*parts[0], *parts[1]], rows([*parts[0], *parts[1]]), vectors) == [*alone[0], *alone[1]]
    assert [guess["id"] for guess in [*alone[0], *alone[1]] if guess] == ["ctune", "ctest"]
    assert kind.searched([*parts[0], *parts[1], replace(candidate("d"), corpus="tune")]) == 1
    assert Retrieval().searched([*parts[0], *parts[1]]) == 2
    with pytest.raises(DataError, match="nothing to retrieve: the part 'tune' has no candidates"):
        kind.postprocess([replace(query("1"), corpus="tune"), candidate("2")], {"example": [0, 1]}, [np.ones(2)] * 2)


@pytest.mark.parametrize(("rows_as", "corpora", "searched"), [(MinedRow(), [""], 40), (MinedPartsRow(), PARTS, 20)])
def test_only_parts_that_the_files_state_are_mined_apart(
    rows_as: MinedRow, corpora: Sequence[str], searched: int
) -> None:
    """Halves by a hash are no sets of anyone: a query searches all of the file, whichever half it is in."""
    read = [
        {"id": f"{side}{i}", "text": f"{side} {i}", "side": side, "pair": f"g{i}", "part": PARTS[i % 2],
         WHERE: f"f:{i}", "matches": [f"candidate{i}"] if side == "query" else None}
        for side in SIDES for i in range(40)
    ]  # fmt: skip
    examples = [rows_as(row, number) for number, row in enumerate(read)]
    assert all(isinstance(e, SentenceExample) for e in examples)
    sentences = [e for e in examples if isinstance(e, SentenceExample)]
    assert {e.corpus for e in sentences} == set(corpora) and {e.part for e in sentences} == set(PARTS)
    random, kind = np.random.default_rng(5), Retrieval(method="mine")
    vectors = list(random.normal(size=(80, 16)))
    found = kind.postprocess(sentences, rows(sentences), vectors)
    by_corpus = [[i for i, e in enumerate(sentences) if e.corpus == corpus] for corpus in corpora]
    wanted = []
    for numbers in by_corpus:
        sides = [[i for i in numbers if sentences[i].side == side] for side in SIDES]
        pairs = mine(*(unit(np.stack([vectors[i] for i in side])) for side in sides), kind.k)
        wanted += [(sides[0][q], sentences[sides[1][c]].id) for q, c, _ in pairs]
    assert [(i, guess["id"]) for i, guess in enumerate(found) if guess] == sorted(wanted)
    assert kind.searched(sentences) == searched


def test_of_a_sentence_that_stands_twice_no_pair_is_mined() -> None:
    kind = Retrieval(method="mine")
    examples = [query("1", "a"), query("2"), query("3", "b"), candidate("a"), candidate("b")]
    examples[1] = SentenceExample(id="2", group="2", text="1 ", side="query", matches=())
    vectors = [np.array(v, dtype=np.float32) for v in ([1, 0.1], [1, 0.1], [0.1, 1], [1, 0], [0, 1])]
    assert [guess and guess["id"] for guess in kind.postprocess(examples, rows(examples), vectors)[:3]] == [
        None, None, "b",
    ]  # fmt: skip


def test_a_margin_below_zero_makes_no_pair() -> None:
    """The second candidate's nearest query points away from it, as LASER's and XTREME's programs drop it."""
    queries, candidates = unit(np.array([[1, 0], [0.9, 0.1]])), unit(np.array([[1, 0.1], [-1, -0.6]]))
    assert [pair[:2] for pair in mine(queries, candidates, 1)] == [(1, 0)]


def test_a_small_side_has_fewer_neighbours_than_k() -> None:
    assert mine(unit(np.eye(2, 3)), unit(np.eye(3)[:1] + 0.1), 4)[0][:2] == (0, 0)


def test_sides_and_parts_are_checked() -> None:
    bad = SentenceExample(id="1", group="1", text="x", side="querry", where="a.txt:2")
    with pytest.raises(DataError, match=r"a\.txt:2: side 'querry' does not exist. Did you mean 'query'\?"):
        Retrieval().check(bad)
    with pytest.raises(DataError, match="candidate '1' has matches"):
        Retrieval().check(SentenceExample(id="1", group="1", text="x", side="candidate", matches=("2",)))
    with pytest.raises(DataError, match="there are no candidates"):
        Retrieval().postprocess([query("1")], {"example": [0]}, [np.ones(2)])


def test_one_row_for_each_sentence(xlmr: Tokenizer) -> None:
    encoded = Retrieval().encode([query("Ulm"), candidate("The German painter was born in Ulm")], xlmr, 8)
    assert [len(ids) for ids in encoded.columns["ids"]] == [len(xlmr.encode("Ulm").ids), 8]
    assert encoded.truncated == 1 and encoded.columns["gold"] == [[], []]


def test_floors() -> None:
    golds = [["a"], ["b"], ["a", "c"], None]
    assert Retrieval().chance_guesses(golds) == ["a", "a", "a", None]
    assert Retrieval(method="mine").chance_guesses(golds) == [None] * 4


def test_the_other_direction_is_a_value_of_its_own() -> None:
    kind = Retrieval(reverse=True)
    (metric,) = kind.metrics
    examples = [query("1", "a"), query("2", "b"), candidate("a"), candidate("b")]
    vectors = [np.array(v, dtype=np.float32) for v in ([1, 0], [1, 1], [2, 1.9], [0, 1])]
    guesses = kind.postprocess(examples, rows(examples), vectors)
    assert guesses == ["a", "a", "2", "2"], "the second query is nearest to a, and b nearest to the second query"
    counts = kind.count(metric, examples, guesses, "de")
    assert counts.tolist() == [[1, 1, 0, 1], [0, 1, 1, 1], [0, 0, 0, 0], [0, 0, 0, 0]]
    assert metric.values(counts.sum(axis=0)) == {"accuracy": 50.0, "reverse_accuracy": 50.0}


def test_where_queries_were_cut_the_other_direction_is_undefined() -> None:
    kind = Retrieval(reverse=True)
    examples = [query("1", "a"), candidate("a"), candidate("b")]
    guesses = kind.postprocess(examples, rows(examples), [np.ones(2), np.ones(2), np.eye(2)[0]])
    assert guesses[1:] == [None, None]
    values = kind.metrics[0].values(kind.count(kind.metrics[0], examples, guesses, "de").sum(axis=0))
    assert values["accuracy"] == 100 and np.isnan(values["reverse_accuracy"])


def test_a_query_counts_the_candidates_it_searches() -> None:
    assert Retrieval().searched([query("1", "a"), candidate("a"), candidate("b")]) == 2


@pytest.mark.parametrize("side", ["query", "candidate"])
def test_a_blank_sentence_can_be_found_by_nothing(side: str) -> None:
    blank = SentenceExample(id="1", group="1", where="f:3", text=" \u3000", side=side)
    with pytest.raises(DataError, match=rf"^f:3: the {side} is blank"):
        Retrieval().check(blank)
