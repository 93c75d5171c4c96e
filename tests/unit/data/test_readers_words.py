"""Sentences with annotation: BIO columns, CoNLL-U words and XTREME's tokens, supertags."""

from __future__ import annotations

from pathlib import Path

import pytest

from xstilts.core.canonical import canonical
from xstilts.core.errors import DataError
from xstilts.data.readers.catalog import Bio, Conllu, Supertags
from xstilts.data.source import WHERE


@pytest.fixture
def put(tmp_path: Path):
    def write(text: str) -> Path:
        (tmp_path / "f").write_text(text, encoding="utf-8", newline="")
        return tmp_path / "f"

    return write


@pytest.mark.versions
def test_bio_in_three_layouts(put):
    tabs = list(Bio(columns=("token", "tag"))([put("a\tB-X\nb\tO\n\n\nc\tO")]))
    assert [(row["words"], row["tags"]) for row in tabs] == [(["a", "b"], ["B-X", "O"]), (["c"], ["O"])]
    assert tabs[1][WHERE].endswith(":5")
    spaced = list(Bio(columns=("token", "tag"), separator=" ")([put("a O\n\n")]))
    assert spaced[0]["tags"] == ["O"]
    indexed = list(Bio(columns=("index", "token", "tag"))([put("0\ta\tO\n1\tb\tO\n")]))
    assert (indexed[0]["words"], indexed[0]["indexs"]) == (["a", "b"], ["0", "1"])


def test_invisible_words_are_words(put):
    (row,) = Bio(columns=("token", "tag"))([put("\u200b\tO\n\ufeff\tO\n\tO\n")])
    assert row["words"] == ["\u200b", "\ufeff", ""]


def test_bio_without_tags_and_with_comments(put):
    (row,) = Bio(columns=("token",))([put("#\na\n")])
    assert row["words"] == ["#", "a"]
    (row,) = Bio(columns=("token", "tag"), comment="# ")([put("# id = 1\na\tO\n\n# only a comment\n")])
    assert row["words"] == ["a"]


def test_a_bio_line_of_the_wrong_width(put):
    with pytest.raises(DataError, match=r":2: the row has 1 fields, expected 2"):
        list(Bio(columns=("token", "tag"))([put("a\tO\nb\n")]))


SENTENCE = """\
# sent_id = s1
# text = vámonos al mar
# a comment with a\tTAB
1-2\tvámonos\t_\t_\t_\t_\t_\t_\t_\t_
1\tvamos\tir\tVERB\t_\t_\t0\troot\t_\t_
2\tnos\tnosotros\tPRON\t_\t_\t1\tobj\t_\t_
3-4\tal\t_\t_\t_\t_\t_\t_\t_\t_
3\ta\ta\tADP\t_\t_\t5\tcase\t_\t_
4\tel\tel\tDET\t_\t_\t5\tdet\t_\t_
4.1\tnada\t_\t_\t_\t_\t_\t_\t_\t_
5\tmar azul\tmar\tNOUN\tN\tA=b\t1\tobl:loc\t_\tSpaceAfter=No
"""


@pytest.mark.versions
def test_conllu_words_skip_ranges_and_empty_nodes(put):
    (row,) = Conllu()([put(SENTENCE)])
    assert row["words"] == ["vamos", "nos", "a", "el", "mar azul"]
    assert row["upos"] == ["VERB", "PRON", "ADP", "DET", "NOUN"]
    assert (row["heads"], row["deprels"][4]) == ([0, 1, 5, 5, 1], "obl:loc")
    assert (row["xpos"][4], row["feats"][4], row["misc"][4]) == ("N", "A=b", "SpaceAfter=No")
    assert (row["sent_id"], row["text"]) == ("s1", "vámonos al mar")


def test_words_are_written_as_their_treebank_says_they_should_be(put):
    """One word for one: a word too much ("_") and two in one stay as they were written."""
    facts = ["SpaceAfter=No|CorrectForm=the", "CorrectForm=_", "CorrectForm=a lot", "_"]
    lines = [
        f"{i + 1}\t{form}\t_\tX\t_\t_\t{i}\tdep\t_\t{fact}"
        for i, (form, fact) in enumerate(zip(["teh", "uh", "alot", "sun"], facts, strict=True))
    ]
    path = put("\n".join(lines) + "\n\n")
    (written,), (corrected,) = Conllu()([path]), Conllu(corrected=True)([path])
    assert written["words"] == ["teh", "uh", "alot", "sun"]
    assert corrected["words"] == ["the", "uh", "alot", "sun"]
    assert {key: value for key, value in corrected.items() if key != "words"} == {
        key: value for key, value in written.items() if key != "words"
    }
    assert "corrected" not in canonical(Conllu()) and canonical(Conllu(corrected=True))["corrected"] is True


def test_xtreme_tokens_take_the_tag_of_the_highest_word(put):
    (row,) = Conllu(view="xtreme")([put(SENTENCE)])
    assert row["words"] == ["vámonos", "al", "marazul"]  # XTREME removes blanks inside words
    assert row["upos"] == ["VERB", "ADP", "NOUN"]  # ADP and DET are equally high: ADP comes first


def fused(first: str, second: str) -> str:
    return (
        "1-2\tab\t_\t_\t_\t_\t_\t_\t_\t_\n"
        f"1\ta\ta\t{first}\t_\t_\t3\tx\t_\t_\n"
        f"2\tb\tb\t{second}\t_\t_\t3\tx\t_\t_\n"
        "3\tc\tc\tVERB\t_\t_\t0\troot\t_\t_\n"
    )


@pytest.mark.parametrize(
    ("language", "first", "second", "chosen"),
    [
        ("", "PART", "NOUN", "NOUN"),
        ("", "ADV", "PRON", "PRON"),
        ("it", "PRON", "ADV", "ADV"),  # the Italian list has ADV before PRON
        ("fr", "ADP", "PROPN", "ADP"),  # a tag outside the list comes last
        ("es", "NOUN", "PROPN", "NOUN"),  # neither is in the list: the first word
    ],
)
def test_xtreme_precedence_among_equally_high_words(put, language, first, second, chosen):
    (row,) = Conllu(view="xtreme", language=language)([put(fused(first, second))])
    assert row["upos"] == [chosen, "VERB"]


def test_xtreme_marks_treebanks_without_text(put):
    bare = SENTENCE.replace("vámonos", "_", 2).replace("\tal\t", "\t_\t")
    assert [row["masked"] for row in Conllu(view="xtreme")([put(SENTENCE + "\n" + bare)])] == [False, True]


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("\t_\t_\t0\troot\t_\t_", "\t_\t_\t0\troot", 5, "8 fields, expected 10"),
        ("3\ta\ta", "4\ta\ta", 8, "number 4, expected 3"),
        ("\t5\tcase", "\t9\tcase", 8, "head 9 is no word"),
        ("\t5\tcase", "\tx\tcase", 8, "'x' is not a word number"),
        ("3-4\tal", "2-4\tal", 7, "range 2-4"),
    ],
)
def test_malformed_conllu_names_its_line(put, old, new, line, what):
    assert old in SENTENCE
    with pytest.raises(DataError, match=rf":{line}: .*{what}"):
        list(Conllu()([put(SENTENCE.replace(old, new))]))


def test_heads_in_a_circle_are_refused_where_depth_matters(put):
    text = fused("ADP", "DET").replace("\t3\tx\t_\t_\n2", "\t2\tx\t_\t_\n2").replace("DET\t_\t_\t3", "DET\t_\t_\t1")
    with pytest.raises(DataError, match="run in a circle"):
        list(Conllu(view="xtreme")([put(text)]))


def test_supertags_hold_brackets_as_words(put):
    (row,) = Supertags()([put("Who|WP|S[wq]/(S[dcl]\\NP) (|LRB|LRB\n\n")])
    assert row["words"] == ["Who", "("]
    assert row["categories"] == ["S[wq]/(S[dcl]\\NP)", "LRB"]
    assert row["pos"] == ["WP", "LRB"]
    with pytest.raises(DataError, match=":1: the row has 2 fields, expected 3"):
        list(Supertags()([put("a|B\n")]))
