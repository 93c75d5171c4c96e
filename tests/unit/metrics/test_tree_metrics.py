from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from xstilts.core.errors import DataError
from xstilts.metrics.bootstrap import group_counts, interval
from xstilts.metrics.tallies import headline
from xstilts.metrics.trees import COLUMNS, AlignedUpos, Attachment, tallies
from xstilts.metrics.word_alignment import align, lay

Sentence = tuple[list[str], list[tuple[int, int, str]]]


def cut(*units: str) -> Sentence:
    """Words of a sentence; "abc a b c" is a token "abc" of the words a, b, c."""
    words: list[str] = []
    tokens = []
    for unit in units:
        form, *inside = unit.split(" ")
        if inside:
            tokens.append((len(words) + 1, len(words) + len(inside), form))
        words += inside or [form]
    return words, tokens


@pytest.mark.parametrize(
    ("gold", "system", "aligned"),
    [  # the evaluator's own cases
        (["a"], ["a"], 1),
        (["a", "b", "c"], ["a", "b", "c"], 3),
        (["abc a b c"], ["a", "b", "c"], 3),
        (["a", "bc b c", "d"], ["a", "b", "c", "d"], 4),
        (["abcd a b c d"], ["ab a b", "cd c d"], 4),
        (["abc a b c", "de d e"], ["a", "bcd b c d", "e"], 5),
        (["abcd"], ["a", "b", "c", "d"], 0),
        (["abc", "d"], ["a", "b", "c", "d"], 1),
        (["a", "bc", "d"], ["a", "b", "c", "d"], 2),
        (["a", "bc b c", "d"], ["a", "b", "cd"], 2),
        (["abc a BX c", "def d EX f"], ["ab a b", "cd c d", "ef e f"], 4),
        (["ab a b", "cd bc d"], ["a", "bc", "d"], 2),
        (["a", "bc b c", "d"], ["ab AX BX", "cd CX a"], 1),
        (["ab", "cd b x"], ["a", "b", "cd"], 1),  # a word left over before a token takes part in its stretch
    ],
)
def test_words_are_aligned_as_the_evaluator_aligns_them(gold: list[str], system: list[str], aligned: int) -> None:
    pairs = align(lay([cut(*gold)]), lay([cut(*system)]))
    assert len(pairs) == aligned
    assert pairs == sorted(pairs) and len({g for g, _ in pairs}) == len({s for _, s in pairs}) == aligned


def test_blanks_are_no_text_and_case_no_difference_inside_tokens() -> None:
    gold = lay([(["New\u00a0York", "is"], []), (["Am", "Le"], [(1, 2, "A\u2003L")])])
    assert gold.text == "NewYorkisAL" and gold.sentences == [0, 9]
    assert len(align(gold, lay([(["NewYork", "is", "am", "LE"], [(3, 4, "AL")])]))) == 4


def tree(heads: list[int], relations: str, **more: Any) -> dict[str, Any]:
    return {"heads": heads, "relations": relations.split(), **more}


def values(golds: list[dict], systems: list[dict]) -> dict[str, float]:
    counts = tallies(golds, systems).sum(axis=0)
    metrics = (Attachment(), AlignedUpos())
    return {k: float(v) for metric in metrics for k, v in metric.values(metric.select_columns(counts)).items()}


def test_scores_counted_by_hand() -> None:
    """The dog sees big cats. Three heads right of five, of these two with their relation; content relations are nsubj,
    root, amod and obj in gold, of which root and amod are right, and nsubj, root, amod, obj in the guess."""
    gold = tree([2, 3, 0, 5, 3], "det nsubj root amod obj", upos=["DET", "NOUN", "VERB", "ADJ", "NOUN"])
    guess = tree([3, 3, 0, 5, 2], "det obj root amod nsubj", upos=["DET", "NOUN", "VERB", "NOUN", "NOUN"])
    found = values([gold], [guess])
    assert found == pytest.approx({"uas": 60.0, "las": 40.0, "clas": 50.0, "upos": 80.0})
    assert headline(Attachment(), np.asarray(Attachment().tally(gold, guess, "en"))) == pytest.approx(40.0)


def test_subtypes_do_not_count_and_content_is_by_side() -> None:
    gold = tree([2, 0, 2], "nsubj:pass root punct")
    guess = tree([2, 0, 2], "nsubj root obj:x")
    assert values([gold], [guess])["las"] == pytest.approx(200 / 3)
    assert values([gold], [guess])["clas"] == pytest.approx(100 * 2 * 2 / (2 + 3))


def test_words_without_a_partner_count_on_their_side() -> None:
    """Gold "can not" against "cannot": two of three gold words and one of two guessed ones have none."""
    gold = tree([3, 3, 0], "aux advmod root", words=["can", "not", "go"], upos=["AUX", "PART", "VERB"])
    guess = tree([2, 0], "aux root", words=["cannot", "go"], upos=["AUX", "VERB"])
    assert values([gold], [guess]) == pytest.approx({"uas": 40.0, "las": 40.0, "clas": 100 * 2 / 3, "upos": 40.0})
    # "go" hangs from "cannot", which no gold word is aligned with.
    assert values([gold], [{**guess, "heads": [0, 1]}])["uas"] == 0.0


def test_sentences_cut_elsewhere_still_align_and_count_where_they_begin() -> None:
    golds = [tree([0], "root", words=["a"]), tree([2, 0], "obj root", words=["b", "c"])]
    guess = [tree([0, 1], "root obj", words=["a", "b"]), tree([0], "root", words=["c"])]
    counts = tallies(golds, guess)
    assert [list(row) for row in counts[:, [0, 1, 3]]] == [[1, 1, 1], [2, 2, 1]]
    one = [tree([0, 1, 2], "root obj obj", words=["a", "b", "c"])]
    assert [list(row) for row in tallies(golds, one)[:, [0, 1, 3]]] == [[1, 1, 1], [2, 2, 0]]
    assert tallies(one, golds)[:, :2].tolist() == [[3, 3]]


def test_the_same_words_need_not_be_given() -> None:
    gold = tree([2, 0], "nsubj root", words=["a", "b"])
    assert values([gold], [tree([2, 0], "nsubj root")])["las"] == 100.0
    with pytest.raises(DataError, match="1 words, where 2 are expected"):
        tallies([gold], [tree([0], "root")])
    with pytest.raises(DataError, match="the texts differ: 'b' against 'c'"):
        tallies([gold], [tree([2, 0], "nsubj root", words=["a", "c"])])


def test_nothing_guessed_is_zero_and_not_undefined() -> None:
    empty = tree([], "")
    assert values([empty], [empty]) == {"uas": 0.0, "las": 0.0, "clas": 0.0, "upos": 0.0}


@some.composite
def texts(draw: some.DrawFn) -> tuple[list[dict], list[dict]]:
    """Two readings of one text: cut into words and sentences at random, with tokens of several words."""
    text = draw(some.text("abAB", min_size=1, max_size=14))

    def read() -> list[dict]:
        sentences, at = [], 0
        while at < len(text):
            words, tokens, heads = [], [], []
            for _ in range(draw(some.integers(1, 3))):
                size = draw(some.integers(1, 3))
                piece, at = text[at : at + size], at + size
                if not piece:
                    break
                if draw(some.booleans()):
                    words.append(piece)
                else:
                    inside = draw(some.lists(some.sampled_from(["a", "b", piece]), min_size=1, max_size=3))
                    tokens.append((len(words) + 1, len(words) + len(inside), piece))
                    words += inside
            heads = [0, *(draw(some.integers(1, i)) for i in range(1, len(words)))]
            relations = draw(
                some.lists(some.sampled_from(["obj", "det", "root"]), min_size=len(words), max_size=len(words))
            )
            upos = draw(some.lists(some.sampled_from("NV"), min_size=len(words), max_size=len(words)))
            sentences.append({"words": words, "tokens": tokens, "heads": heads, "relations": relations, "upos": upos})
        return sentences

    return read(), read()


@given(texts())
def test_what_holds_of_every_pair_of_readings(pair: tuple[list[dict], list[dict]]) -> None:
    golds, systems = pair
    counts, mirrored = tallies(golds, systems).sum(axis=0), tallies(systems, golds).sum(axis=0)
    named = dict(zip(COLUMNS, counts, strict=True))
    assert named["gold"] == sum(len(one["words"]) for one in golds)
    assert named["system"] == sum(len(one["words"]) for one in systems)
    assert named["las"] <= named["uas"] <= min(named["gold"], named["system"])
    assert named["clas"] <= min(named["content_gold"], named["content_system"], named["las"])
    assert list(mirrored[:2]) == [named["system"], named["gold"]]
    same = tallies(golds, golds).sum(axis=0)
    assert set(same[[0, 1, 2, 3, 4]]) == {named["gold"]} and len(set(same[[5, 6, 7]])) == 1


def test_tallies_of_sentences_add_and_carry_an_interval() -> None:
    gold = [tree([2, 0], "nsubj root"), tree([0, 1], "root obj"), tree([0], "root")]
    guess = [tree([2, 0], "obj root"), tree([2, 0], "root obj"), tree([0], "root")]
    metric = Attachment()
    each = np.asarray([metric.tally(a, b, "en") for a, b in zip(gold, guess, strict=True)])
    assert (each == metric.select_columns(tallies(gold, guess))).all()
    low, high = interval(metric, group_counts(["a", "b", "c"], each), np.random.default_rng(0))
    assert low < headline(metric, each.sum(axis=0)) < high
