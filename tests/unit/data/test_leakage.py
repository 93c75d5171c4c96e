"""Leakage: planted duplicates of each kind are found, others are not; known ones of the published files too."""

from __future__ import annotations

import gzip
import json
import os
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xstilts.core.leak_levels import LEVELS
from xstilts.data.leak_near import LIKENESS
from xstilts.data.leak_words import leak_tokens
from xstilts.data.leakage import NONE, LeakageIndex

SENTENCE = "The old man and his dog walked slowly along the river bank at night"
DATA = Path(os.environ.get("XSTILTS_DATA", "../shared/data"))


def level(test: str, train: str, language: str = "en") -> str:
    index = LeakageIndex()
    index.add([(test,)], language)
    found = int(index.levels([(train,)], language)[0])
    return "" if found == NONE else LEVELS[found]


@pytest.mark.parametrize(
    ("train", "expected"),
    [
        (SENTENCE, "exact"),
        (SENTENCE.upper(), "normalised"),
        (SENTENCE.replace("dog", "cat"), "near"),
        ("We saw that the old man and his dog walked slowly by when we were young and rich", "run"),
        ("The old man and a dog walked by", ""),
        ("", ""),
    ],
)
def test_planted_duplicates_of_each_kind(train: str, expected: str) -> None:
    assert level(SENTENCE, train) == expected


def test_characters_where_words_are_not_written_apart() -> None:
    text = "我们昨天晚上沿着河边慢慢地走了很长一段路然后回家吃饭睡觉看书"
    assert level(text, text + "。", "zh") == "near"
    assert level(text, "他说" + text[:26] + "而他们却没有这样做因为下雨了所以留在学校里写作业", "zh") == "run"
    assert level(text, "他说" + text[:20], "zh") == ""


def test_a_character_that_no_test_row_has_is_one_pair_however_often_it_stands() -> None:
    text = "我们昨天晚上沿着河边慢地走了很长一段路"
    assert level(text, text + "龘" * 8, "zh") == "near"


def test_the_strongest_kind_counts_and_rows_keep_their_numbers() -> None:
    index = LeakageIndex()
    assert list(index.add([(SENTENCE,), ("Hello there",)], "en")) == [0, 1]
    assert list(index.add([(SENTENCE.lower(),)], "de")) == [2]
    levels = index.levels([(SENTENCE.replace("dog", "cat"),), (SENTENCE,), ("hello there",)], "en")
    assert [LEVELS[x] for x in levels] == ["exact", "normalised", "normalised"]


def test_words_that_were_unknown_are_known_once_a_test_row_has_them() -> None:
    index = LeakageIndex()
    index.add([("Hello there",)], "en")
    assert index.levels([(f"{SENTENCE} today",)], "en").tolist() == [NONE]
    index.add([(SENTENCE,)], "en")
    assert [int(x) for x in index.levels([(f"{SENTENCE} today",)], "en")] == [NONE, LEVELS.index("near")]


def test_an_empty_row_is_no_duplicate_but_of_itself() -> None:
    index = LeakageIndex()
    index.add([("",), ("  ",)], "en")
    assert index.levels([("a b c",)], "en").tolist() == [NONE, NONE]


WORDS = st.lists(st.sampled_from("abcdefghijkl"), min_size=5, max_size=9)


@settings(max_examples=150, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=12), WORDS)
def test_no_near_duplicate_is_missed(tests: list[list[str]], train: list[str]) -> None:
    """What the index over rare words finds is what comparing with every row finds."""
    index = LeakageIndex()
    index.add([(" ".join(words),) for words in tests], "en")
    levels = index.levels([(" ".join(train),)], "en")
    for number, words in enumerate(tests):
        ours, theirs = set(words), set(train)
        is_near = len(ours) >= 5 and len(theirs) >= 5 and len(ours & theirs) / len(ours | theirs) >= LIKENESS
        assert (levels[number] <= 2) == (is_near or "".join(words) == "".join(train))


def test_words_that_no_test_row_has_keep_rows_apart() -> None:
    rng = random.Random(0)
    words = [f"w{rng.randrange(10**6)}" for _ in range(12)]
    assert level(" ".join(words), " ".join([*words[:9], "x1", "x2", "x3"])) == "run"  # 9 of 15, nine in a row
    assert level(" ".join(words), " ".join([*words[:7], "x1", "x2", "x3"])) == ""


def text_of(path: Path) -> str:
    if not path.is_file():
        pytest.skip(f"{path.name} is not here")
    return gzip.decompress(path.read_bytes()).decode("utf-8")


def panx(split: str, language: str) -> list[tuple[str, ...]]:
    blocks = text_of(DATA / "panx" / f"{split}-{language}.tsv.gz").split("\n\n")
    rows = [tuple(line.split("\t")[0].removeprefix(f"{language}:") for line in block.splitlines()) for block in blocks]
    return [row for row in rows if row]


@pytest.mark.parametrize(("language", "shared"), [("hi", 199), ("sw", 90), ("ta", 71), ("en", 32)])
def test_sentences_that_panx_has_in_train_and_dev(language: str, shared: int) -> None:
    index = LeakageIndex()
    dev = panx("dev", language)
    index.add(dev, language)
    levels = index.levels(panx("train", language), language)
    found = {dev[i] for i in np.flatnonzero(levels == 0)}
    assert len(found) == shared or int((levels == 0).sum()) == shared


def squad_contexts(path: Path) -> list[tuple[str]]:
    articles = json.loads(text_of(path))["data"]
    return [(paragraph["context"],) for article in articles for paragraph in article["paragraphs"]]


def test_the_dev_slice_of_squad2_holds_articles_of_xquad() -> None:
    index = LeakageIndex()
    index.add(squad_contexts(DATA / "xquad" / "xquad.en.json.gz"), "en")
    levels = index.levels(squad_contexts(DATA / "squad2" / "dev-v2.0.json.gz"), "en")
    assert (levels < NONE).sum() > 20


def test_tokens_of_both_ways_of_writing() -> None:
    assert leak_tokens("Ｗhy, NOT?") == ["why", "not"] and leak_tokens("为 什么？", unspaced=True) == list("为什么")
