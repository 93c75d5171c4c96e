"""Files of layouts that nobody described: the reader, the separator, the header and the language that are seen."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from xstilts.core.errors import DataError
from xstilts.data.layouts.languages import guessed_language, language_of_texts, named_language, named_use
from xstilts.data.layouts.look import look_at
from xstilts.data.layouts.tables import look_at_table
from xstilts.data.layouts.word_columns import look_at_columns


@pytest.mark.parametrize(
    ("lines", "separator", "quoted", "header"),
    [
        (["a\tb", "1\t2"], "\t", False, ("a", "b")),
        (["a;b", "one, two;2", "three;4"], ";", False, ("a", "b")),
        (['a,b', '"one, two",2', '"say ""no""",4'], ",", True, ("a", "b")),
        (['"a"\t"b"', '"one\ttwo"\t"2"'], "\t", True, ("a", "b")),
        (['say "no"\t1', "one\t2"], "\t", False, ()),  # quotation marks that mean nothing
        (["one more fine day|good", "one bad day|bad", "one fine day|good"], "|", False, ()),
    ],
)  # fmt: skip
def test_separator_quoting_and_header_of_a_table(lines: list[str], separator: str, quoted: bool, header: tuple[str]):
    found = look_at_table(lines, whole=True)
    assert found is not None
    assert (found.separator, found.quoted, found.header, found.width) == (separator, quoted, header, 2)


def test_a_row_that_was_cut_off_is_no_fault_of_the_table():
    assert look_at_table(['a;"b', "c", 'd";1', 'e;"f'], whole=True) is None
    rows = ["x;y", '"a;b";1', 'c;"d']
    found = look_at_table(rows, whole=False)
    assert found is not None and found.quoted and found.separator == ";"


def test_columns_of_words_with_comments_and_numbers():
    lines = ["# id a", "1\tAda\tNNP\tB-PER", "2\tsang\tVBD\tO", "", "# id b", "1\tBob\tNNP\tB-PER", ""]
    found = look_at_columns(lines)
    assert found is not None
    assert (found.words, found.tags, found.width, found.comments, found.treebank) == (1, 3, 4, ("# ",), False)
    assert look_at_columns(lines[:3]) is None  # one sentence may be a table
    assert look_at_columns(["a b", "", "c"]) is None


def test_a_hash_may_be_a_word():
    found = look_at_columns(["#\tO", "1\tO", "", "Bob\tB-PER"])
    assert found is not None and found.comments == ()
    assert found.words == 0 and found.tags == 1


def test_lines_between_documents_and_columns_that_are_aligned():
    lines = ["-DOCSTART- -X- O", "", "EU    NNP  B-ORG", "calls VBZ  O", "", "# x", "Peter NNP  B-PER", ""]
    found = look_at_columns(lines)
    assert found is not None
    assert (found.comments, found.separator, found.width) == (("# ", "-DOCSTART-"), "whitespace", 3)


@pytest.mark.parametrize(
    ("name", "text", "layout", "columns"),
    [
        ("a.json", json.dumps([{"x": 1}, {"x": 2, "y": 3}]), "json", ("x", "y")),
        ("b.json", '{"x": 1}\n{"x": 2}\n', "jsonl", ("x",)),
        ("c.txt", "Ada\tB-PER\n\nBob\tB-PER\n", "bio", ("words", "tags")),
        ("d.data", "\ufefftext;n\nso;1\nno;2\n", "csv", ("text", "n")),
    ],
)  # fmt: skip
def test_layouts_are_seen_whatever_a_file_is_called(
    tmp_path: Path, name: str, text: str, layout: str, columns: tuple[str, ...]
):
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode()))  # packed, without saying so
    found = look_at(path)
    assert (found.layout, found.columns) == (layout, columns)
    assert len(list(found.rows())) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no rows"),
        ("one text\nand another one\n", "no separator"),
        ('{"rows": [1],\n "version": 2}', "'rows', 'version'"),
        ("a;b\nc;d;e\n", "no separator"),
    ],
)
def test_what_nothing_fits_is_refused_with_its_name(tmp_path: Path, text: str, said: str):
    path = tmp_path / "odd.data"
    path.write_text(text, "utf-8")
    with pytest.raises(DataError, match=said) as caught:
        look_at(path)
    assert "odd.data" in str(caught.value)


def test_the_use_and_language_that_a_name_says():
    assert [named_use(Path(name)) for name in ("train.csv", "x_dev.tsv", "test-de.json.gz", "mine.csv")] == [
        "train", "dev", "test", "",
    ]  # fmt: skip
    assert [named_language(Path(name)) for name in ("x/test-de.json.gz", "sw/dev.csv", "no.csv", "dev-val.csv")] == [
        "de", "sw", "", "",
    ]  # fmt: skip


def test_the_language_of_texts_by_script_and_by_short_words():
    assert language_of_texts(["Это не тот фильм, который я хотел"]) == "ru"
    assert language_of_texts(["これは本です"]) == "ja"
    assert language_of_texts(["Watu wa nchi hii na ile ni wengi kwa sababu ya kazi"]) == "sw"
    assert language_of_texts(["Kant Sartre Hegel", "12"]) == ""
    assert guessed_language(Path("a.csv"), ["Kant"]) == (
        "en", "nothing says which language it is in, so that English is assumed",
    )  # fmt: skip
    assert guessed_language(Path("a-fr.csv"), ["the end of the day"])[0] == "fr"  # a name says it
