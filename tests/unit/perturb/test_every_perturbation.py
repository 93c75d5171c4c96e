"""What is true of every perturbation: nothing at rate 0, the same each time, no cluster cut, the rate asked."""

from __future__ import annotations

import pytest
import regex
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from toy_noise import NAMES, Make
from toy_scripts import CLUSTERS, EMOJI, toy_texts
from xstilts.core.errors import DataError, StudyError
from xstilts.perturb.catalog import NOISE
from xstilts.perturb.random_stream import RandomStream
from xstilts.perturb.units import cluster_spans, letter_spans, no_words_of, word_spans

LANGUAGES = ("en", *CLUSTERS)
SAME_FIXTURE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
ANY_TEXT = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from([*" ".join(CLUSTERS.values()).split(), " ", ",", *EMOJI.split(), "the ", "é"])).map(
        "".join
    ),
)
# What replaces the first character of a cluster, and leaves its marks.
WITHIN_CLUSTERS = {"keyboard", "look-alikes", "ocr", "width"}
TWO_AT_ONCE = {"swap": 2, "shuffle-words": 2}
# Texts in which every perturbation has something to change.
CHANGEABLE = "the der dog Müller, recéive house NEW ‘ok’ l8ter; their new "
ENOUGH = {
    "misspellings": "the dog will receive their house ",
    "dictionary": "Haus Hund neu der ",
    "phrases": "Hund der das Haus neue ",
}


@pytest.mark.parametrize("name", NAMES)
@given(text=ANY_TEXT, language=st.sampled_from(LANGUAGES), seed=st.integers(0, 3))
@SAME_FIXTURE
def test_at_rate_0_nothing_changes(make: Make, name: str, text: str, language: str, seed: int):
    rewriting = make(name, rate=0, seed=seed).rewrite_text(text, language, RandomStream(seed))
    assert rewriting.text == text
    assert not rewriting.edits


@pytest.mark.parametrize("name", NAMES)
@given(text=ANY_TEXT, language=st.sampled_from(LANGUAGES), rate=st.floats(0, 1), seed=st.integers(0, 3))
@SAME_FIXTURE
def test_edits_cut_no_cluster_and_are_counted(make: Make, name: str, text: str, language: str, rate: float, seed: int):
    perturbation = make(name, rate=rate)
    rewriting = perturbation.rewrite_text(text, language, RandomStream(seed))
    assert rewriting.text == perturbation.rewrite_text(text, language, RandomStream(seed)).text
    assert rewriting.changed <= rewriting.units
    starts = {start for start, _ in cluster_spans(text)} | {len(text)}
    for one, other in zip(rewriting.edits, rewriting.edits[1:], strict=False):
        assert one.end <= other.start
    for edit in rewriting.edits:
        assert edit.start in starts
        assert edit.end in starts or name in WITHIN_CLUSTERS
        assert edit.text != text[edit.start : edit.end]


@pytest.mark.parametrize("name", NAMES)
@given(words=st.lists(ANY_TEXT.filter(bool), max_size=8), rate=st.floats(0, 1), seed=st.integers(0, 3))
@SAME_FIXTURE
def test_words_stay_as_many_and_none_is_emptied(make: Make, name: str, words: list[str], rate: float, seed: int):
    perturbation = make(name, rate=rate)
    if not perturbation.keeps_words:
        with pytest.raises(DataError, match=f"'{name}' does not keep words"):
            perturbation.rewrite_words(words, "de", RandomStream(seed))
        return
    rewritten, rewriting = perturbation.rewrite_words(words, "de", RandomStream(seed))
    assert len(rewritten) == len(words)
    assert " ".join(rewritten) == rewriting.text
    assert all(rewritten)


@pytest.mark.parametrize("name", NAMES)
def test_another_seed_hits_other_places_and_rate_1_changes_something(make: Make, name: str):
    text, language = (
        ENOUGH.get(name, CHANGEABLE) * 10,
        "ru" if name == "romanise" else "en" if name == "misspellings" else "de",
    )
    text = "Привет мир опять " * 10 if name == "romanise" else text
    texts = {make(name, rate=0.4).rewrite_text(text, language, RandomStream(seed)).text for seed in range(3)}
    assert len(texts) == 3 and text not in texts
    assert make(name, rate=1).rewrite_text(text, language, RandomStream(0)).changed > 5


@pytest.mark.parametrize(
    ("name", "language"),
    [
        (name, language)
        for name in NAMES
        for language in CLUSTERS
        if name not in (*ENOUGH, "romanise") and not NOISE[name](rate=0).unavailable(language)
    ],
)
def test_the_realised_rate_is_the_asked_one(make: Make, name: str, language: str):
    texts = toy_texts(language, 10_000)
    for rate in (0.1, 0.3):
        perturbation = make(name, rate=rate)
        done = [perturbation.rewrite_text(text, language, RandomStream(i)) for i, text in enumerate(texts)]
        units, changed = sum(one.units for one in done), sum(one.changed for one in done)
        # Each text rounds its number of hits to a whole one by chance: where hits are few, that is what remains.
        rounding = 4 * (len(texts) / 4) ** 0.5 * TWO_AT_ONCE.get(name, 1)
        assert abs(changed - rate * units) < max(0.05 * rate * units, rounding)


@pytest.mark.parametrize(("name", "text"), [*ENOUGH.items()])
def test_the_realised_rate_of_words_that_a_list_has_is_the_asked_one(make: Make, name: str, text: str):
    language = "en" if name == "misspellings" else "de"
    for rate in (0.05, 0.1, 0.3):
        perturbation = make(name, rate=rate)
        done = [perturbation.rewrite_text(text * 2, language, RandomStream(i)) for i in range(1500)]
        units, changed = sum(one.units for one in done), sum(one.changed for one in done)
        assert units > 8000
        assert abs(changed / units - rate) < 0.05 * rate


@pytest.mark.parametrize("name", NAMES)
def test_empty_texts_emoji_and_blanks_survive(make: Make, name: str):
    perturbation = make(name, rate=1)
    for text in ("", " ", EMOJI, "\u200d", "\n\t"):
        rewritten = perturbation.rewrite_text(text, "de", RandomStream(0)).text
        if name != "spacing":
            assert rewritten == text
        assert regex.findall(r"\X", rewritten.replace(" ", "")) == regex.findall(r"\X", text.replace(" ", ""))


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_language_is_an_error_of_the_one_who_named_it(make: Make, name: str):
    if make(name).unavailable("de") is None and make(name).unavailable("zh") is None:
        return  # it looks at no language
    with pytest.raises(StudyError, match="there is no language 'xqx'"):
        make(name).unavailable("xqx")


@pytest.mark.parametrize("rate", [-0.1, 1.1, float("nan"), float("inf"), "0.1", None, True])
def test_a_rate_outside_0_to_1_is_refused(make: Make, rate):
    with pytest.raises(DataError, match=r"stress\.rate: a rate lies between 0 and 1, got "):
        make("swap", rate=rate)


@pytest.mark.parametrize("seed", [1.5, "a", None, True])
def test_a_seed_that_is_no_whole_number_is_refused(make: Make, seed):
    with pytest.raises(DataError, match=r"stress\.seed: a seed is a whole number"):
        make("swap", seed=seed)


def test_units_of_every_script_are_what_readers_count():
    for clusters in CLUSTERS.values():
        text = clusters.replace(" ", ",")
        assert [text[start:end] for start, end in letter_spans(text)] == clusters.split()
        assert [text[start:end] for start, end in word_spans(clusters)] == clusters.split()
    assert len(cluster_spans(EMOJI)) == 7


def test_languages_without_blanks_have_no_words():
    assert [code for code in LANGUAGES if no_words_of(code)] == ["ja", "th", "zh"]
    assert no_words_of("th") == "no blanks between words in th"
