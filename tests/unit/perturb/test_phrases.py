"""Phrases learnt from word-aligned text, and put in the place of others."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xstilts.core.canonical import fingerprint
from xstilts.core.errors import DataError
from xstilts.data.examples import TagExample, TextExample
from xstilts.perturb.catalog import parse
from xstilts.perturb.examples import perturb_examples
from xstilts.perturb.phrases import LONGEST, PhraseSwitch, phrase_pairs, read_phrases
from xstilts.perturb.random_stream import RandomStream

LINES = """\
the old house stands ||| das alte Haus steht ||| 0-0 1-1 2-2 3-3
the dog ||| der Hund ||| 0-0 1-1
the dog ||| der Hund ||| 0-0 1-1
he kicked the bucket ||| er ist gestorben ||| 0-0 1-1 1-2 2-1 2-2 3-1 3-2
of course ||| natürlich ||| 0-0 1-0
"""


@pytest.fixture
def aligned(tmp_path: Path) -> Path:
    (tmp_path / "en-de.aligned").write_text(LINES, "utf-8")
    return tmp_path


def switch(aligned: Path, into: str = "de", rate: float = 1.0) -> PhraseSwitch:
    made = parse({"switch": "phrases", "into": into, "aligned": str(aligned), "rate": rate}, "stress")
    assert isinstance(made, PhraseSwitch)
    return made


def rewritten(text: str, aligned: Path, language: str = "en", into: str = "de") -> str:
    return switch(aligned, into).rewrite_text(text, language, RandomStream(0)).text


def test_phrases_are_those_linked_to_nothing_outside_of_each_other():
    # "kicked the bucket" is one phrase: its words are linked across.
    source, target = ["he", "kicked", "the", "bucket"], ["er", "ist", "gestorben"]
    links = frozenset({(0, 0), *((i, j) for i in (1, 2, 3) for j in (1, 2))})
    assert set(phrase_pairs(source, target, links)) == {
        ("he", "er"),
        ("kicked the bucket", "ist gestorben"),
        ("he kicked the bucket", "er ist gestorben"),
    }


def test_a_word_without_a_link_lies_within_a_phrase_and_never_at_its_border():
    pairs = set(phrase_pairs(["a", "very", "b"], ["A", "B"], frozenset({(0, 0), (2, 1)})))
    assert pairs == {("a", "A"), ("b", "B"), ("a very b", "A B")}
    assert list(phrase_pairs(["a"], ["b"], frozenset())) == []


@given(st.sets(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=12))
def test_no_link_leaves_a_phrase(links: set[tuple[int, int]]):
    source, target = [f"s{i}" for i in range(7)], [f"t{j}" for j in range(7)]
    for phrase, translation in phrase_pairs(source, target, frozenset(links)):
        left, right = ({int(word[1:]) for word in side.split()} for side in (phrase, translation))
        assert len(left) <= LONGEST and len(right) <= LONGEST
        assert any(i in left and j in right for i, j in links)
        assert all((i in left) == (j in right) for i, j in links)


def test_the_longest_phrase_is_taken_and_case_is_kept(aligned: Path):
    assert rewritten("Of course he kicked the bucket.", aligned) == "Natürlich er ist gestorben."
    assert rewritten("the dog sleeps", aligned) == "der Hund sleeps"
    assert rewritten("der Hund schläft", aligned, language="de", into="en") == "the dog schläft"


def test_the_commonest_translation_comes_first(aligned: Path):
    assert read_phrases(aligned / "en-de.aligned").entries["the"].translations == ("der", "das")
    assert read_phrases(aligned / "en-de.aligned", reverse=True).entries["natürlich"].translations == ("of course",)


def test_given_words_keep_their_number_and_the_measures_know_the_languages(aligned: Path):
    words = TagExample(id="1", group="1", words=("of", "course", "the", "dog"), tags=("X",) * 4)
    (made,) = perturb_examples([words], switch(aligned), "en").examples
    assert made.words[:2] == ("of", "course") and made.words[2] in ("der", "das") and made.words[3] == "Hund"
    found = perturb_examples([TextExample(id="1", group="1", text="the dog sleeps", label="x")], switch(aligned), "en")
    assert found.language_tags == [["de", "de", "en"]] and found.units == 1 and found.changed == 1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("the dog ||| der Hund", "2 parts"),
        ("the dog ||| der Hund ||| 0:0", "'0:0' is no link"),
        ("the dog ||| der Hund ||| 0-2", "leads out of sentences of 2 and 2 words"),
        ("the dog ||| der Hund ||| -1-0", "'-1-0' is no link"),
    ],
)
def test_a_bad_line_is_named(aligned: Path, line: str, said: str):
    path = aligned / "en-de.aligned"
    path.write_text(f"{LINES}{line}\n", "utf-8")
    with pytest.raises(DataError, match=said) as caught:
        read_phrases(path)
    assert caught.value.where == f"{path}:6"


def test_what_is_not_here_is_said(aligned: Path, tmp_path: Path):
    assert switch(aligned).unavailable("en") is None
    assert switch(aligned).unavailable("de") == "de is not switched into itself"
    assert switch(aligned).unavailable("sw") == f"no aligned text of sw and de in {aligned}"
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no aligned text is here"):
        switch(tmp_path / "empty")
    (tmp_path / "empty" / "en-de.aligned").write_text("a ||| a ||| 0-0\n", "utf-8")
    with pytest.raises(DataError, match="has no phrases"):
        switch(tmp_path / "empty").unavailable("en")


def test_its_identity_is_the_content_of_its_files_and_not_their_place(aligned: Path, tmp_path: Path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "en-de.aligned").write_text(LINES, "utf-8")
    assert fingerprint(switch(aligned)) == fingerprint(switch(other))
    (other / "en-de.aligned").write_text(LINES + "cat ||| Katze ||| 0-0\n", "utf-8")
    assert fingerprint(switch(aligned)) != fingerprint(switch(other))
