"""Noise in words, marks and case; misspellings from lists; romanisation."""

from __future__ import annotations

from pathlib import Path

import pytest

from toy_noise import Make
from xstilts.core.errors import DataError
from xstilts.perturb.misspellings import read_misspellings
from xstilts.perturb.random_stream import RandomStream
from xstilts.perturb.word_forms import in_case_of

SENTENCE = "eins zwei drei, vier fünf sechs. sieben acht"


def rewritten(make: Make, name: str, text: str, language: str = "de", rate: float = 1, **settings) -> str:
    return make(name, rate=rate, **settings).rewrite_text(text, language, RandomStream(0)).text


def test_of_dropped_words_one_stays(make: Make):
    assert len(rewritten(make, "drop-words", SENTENCE).replace(",", "").replace(".", "").split()) == 1
    left = rewritten(make, "drop-words", SENTENCE, rate=0.5).replace(",", "").replace(".", "").split()
    assert len(left) == 4
    assert left == [word for word in SENTENCE.replace(",", "").replace(".", "").split() if word in left]


def test_words_stand_twice(make: Make):
    assert rewritten(make, "duplicate-words", "Ja, der Hund.") == "Ja Ja, der der Hund Hund."


@pytest.mark.parametrize("window", [1, 3])
def test_words_change_places_within_the_window(make: Make, window: int):
    words = [f"w{i}" for i in range(40)]
    text = rewritten(make, "shuffle-words", " ".join(words), rate=0.6, window=window)
    moved = [abs(int(word[1:]) - place) for place, word in enumerate(text.split())]
    assert sorted(text.split()) == sorted(words)
    assert sum(distance > 0 for distance in moved) == 24
    assert max(moved) <= window


@pytest.mark.parametrize("window", [0, -1, 1.5, True, "a"])
def test_a_window_that_is_none(make: Make, window):
    with pytest.raises(DataError, match=r"stress\.window: a window is a whole number of words from 1 on"):
        make("shuffle-words", window=window)


def test_blanks_are_lost_or_doubled(make: Make):
    text = rewritten(make, "spacing", SENTENCE + " neun zehn elf")
    assert text.replace(" ", "") == (SENTENCE + "neunzehnelf").replace(" ", "")
    doubled = text.count("  ")
    assert 0 < doubled < 10
    assert text.count(" ") == 2 * doubled


def test_marks_are_lost_doubled_or_others_and_never_a_whole_word(make: Make):
    seen = {make("punctuation", rate=1).rewrite_text("a,", "de", RandomStream(i)).text for i in range(60)}
    assert {"a", "a,,", "a.", "a;"} <= seen
    words = {tuple(make("punctuation", rate=1).rewrite_words(["a", ","], "de", RandomStream(i))[0]) for i in range(60)}
    assert ("a", ",,") in words and all(mark for _, mark in words)


@pytest.mark.parametrize(
    ("to", "text"), [("upper", "DER HUND"), ("lower", "der hund"), ("title", "Der Hund"), ("swapped", "DER hUND")]
)
def test_casing(make: Make, to: str, text: str):
    assert rewritten(make, "casing", "der Hund", to=to) == text


def test_an_unknown_casing(make: Make):
    with pytest.raises(DataError, match=r"stress\.to: there is no casing 'uper'\. Did you mean 'upper'\?"):
        make("casing", to="uper")


@pytest.mark.parametrize(
    ("word", "other", "listed", "made"),
    [("the", "teh", "the", "teh"), ("The", "teh", "the", "Teh"), ("THE", "teh", "the", "TEH"), ("I", "ich", "I", "ich"),
     ("A", "ein", "a", "Ein"), ("Haus", "house", "Haus", "house"), ("HAUS", "house", "Haus", "HOUSE")],
)  # fmt: skip
def test_another_word_in_the_case_of_the_first(word: str, other: str, listed: str, made: str):
    assert in_case_of(word, other, listed) == made


def test_misspellings_keep_case_and_are_counted_by_words_that_have_one(make: Make):
    rewriting = make("misspellings", rate=1).rewrite_text(
        "The dog, THEIR dog: receive a cappella", "en", RandomStream(0)
    )
    assert (rewriting.text, rewriting.units) == ("Teh dog, THIER dog: recieve a cappella", 3)


def test_of_a_table_only_the_rows_of_train_make_noise(tmp_path: Path):
    rows = [
        "lang\tform\tcorrect_form\tupos\tsplit",
        "en\tteh\tthe\tDET\ttrain",
        "eng\tdgo\tdog\tNOUN\ttest",
        "fr\tla\tlà\tADV\ttrain",
    ]
    (tmp_path / "forms.tsv").write_text("\n".join(rows), "utf-8")
    assert read_misspellings(tmp_path / "forms.tsv") == {
        "en": {"the": ("the", ("teh",))},
        "fr": {"là": ("là", ("la",))},
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "the list is empty"),
        ("teh->the\nwrong", r"wrong\.txt:2: this is no misspelling: 'wrong'"),
        ("teh->the\n->the", r"wrong\.txt:2: this is no misspelling"),
        ("teh->", r"wrong\.txt:1: this is no misspelling"),
        ("aword->a word", "the list has no misspelling that may be used"),
        ("lang\tform\tsplit\nen\ta\ttrain", r"wrong\.txt:1: the header has no column 'correct_form'"),
        ("lang\tform\tcorrect_form\tsplit\nen\ta", r"wrong\.txt:2: the row has 2 fields, expected 4"),
    ],
)
def test_a_list_with_bad_lines(make: Make, tmp_path: Path, content: str, message: str):
    (tmp_path / "wrong.txt").write_text(content, "utf-8")
    with pytest.raises(DataError, match=message):
        make("misspellings", list=str(tmp_path / "wrong.txt"))


def test_a_list_that_is_not_there(make: Make, tmp_path: Path):
    with pytest.raises(DataError, match=r"none\.txt: there is no such file"):
        make("misspellings", list=str(tmp_path / "none.txt"))


def test_published_lists_are_read_whole(shared_data: Path):
    folder = shared_data / "noise/misspellings"
    english = read_misspellings(folder / "en-codespell-dictionary.txt.gz")["en"]
    assert sum(len(wrong) for _, wrong in english.values()) > 60_000
    marked = read_misspellings(folder / "ud-correctform.tsv.gz")
    assert {"en", "pt", "ga"} <= set(marked)


@pytest.mark.parametrize(
    ("language", "text", "latin"),
    [
        ("ru", "Мы ели", "My eli"),
        ("el", "Η πόλη", "I poli"),
        ("hi", "हिन्दी में", "hindi mem"),
        ("th", "กา abc", "ka abc"),
    ],
)
def test_words_in_latin_letters(make: Make, language: str, text: str, latin: str):
    assert rewritten(make, "romanise", text, language).lower() == latin.lower()


def test_without_the_package_romanisation_says_how_to_get_it(make: Make, monkeypatch: pytest.MonkeyPatch):
    from xstilts.perturb import romanisation
    from xstilts.perturb.catalog import parse

    monkeypatch.setattr(romanisation, "find_spec", lambda name: None)
    with pytest.raises(
        DataError, match=r"stress: 'romanise' needs the package anyascii.*pip install 'xstilts\[romanise\]'"
    ):
        parse({"noise": "romanise", "rate": 0.1}, "stress")
