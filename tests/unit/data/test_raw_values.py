"""Raw values of files: what is no text is never made into one, and what cannot be read is named by file and line."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from xstilts.core.errors import DataError
from xstilts.data.examples import ChoiceExample, SpanExample, TextExample
from xstilts.data.readers.catalog import Bio, Csv, Jsonl, JsonList, Lines, Parquet, SquadReader, Tsv
from xstilts.data.row_makers.catalog import ChoiceRow, PairRow, PassagesRow, SpanRow, TagsRow, TextRow, WithoutBlanks
from xstilts.data.source import WHERE, Drop
from xstilts.tasks.nli import MNLI
from xstilts.tasks.paraphrase import PAWSX
from xstilts.tasks.qa import SQUAD1

NOT_TEXTS = (None, float("nan"), float("inf"), True, False, [], {"a": 1})


def row(**fields: Any) -> dict[Any, Any]:
    return {**fields, WHERE: "f:3"}


@pytest.mark.parametrize("value", NOT_TEXTS)
def test_what_is_no_text_is_refused_wherever_a_text_is_read(value: Any):
    makers = (
        (TextRow(), row(text=value)),
        (PairRow(a="a", b="b"), row(a="x", b=value)),
        (PassagesRow(id=None), row(query=[value], passage="p")),
        (SpanRow(id=None, group=()), row(question=value, context="c", answers=[])),
        (SpanRow(id=None, group=()), row(question="q", context=value, answers=[])),
        (ChoiceRow(prompt="{q}", options=("a", "b")), row(q=value, a="x", b="y")),
        (ChoiceRow(prompt="{q}", options="o"), row(q="q", o=["x", value])),
        (ChoiceRow(prompt="{q}", options=("a", "b")), row(q="q", a=value, b="y")),
        (TagsRow(tags=None), row(words=["a", value])),
        (TextRow(id="id"), row(id=value, text="t")),
    )
    for maker, fields in makers:
        with pytest.raises(DataError, match=r"^f:3: "):
            maker(fields, 0)


@pytest.mark.parametrize(("value", "label"), [(True, "true"), (False, "false"), (1, "1"), ("x", "x"), (None, None)])
def test_labels_are_spelled_as_json_spells_them_and_null_is_none(value: Any, label: str | None):
    assert TextRow(label="l")(row(text="t", l=value), 0).label == label  # type: ignore[union-attr]


@pytest.mark.parametrize("value", [float("nan"), [], {}, float("inf")])
def test_what_is_no_label_is_refused(value: Any):
    for maker in (
        TextRow(label="l"),
        TagsRow(words="w", tags="t"),
        ChoiceRow(prompt="{text}", options="w", answer="l"),
    ):
        with pytest.raises(DataError, match=r"^f:3: .*label"):
            maker(row(text="t", l=value, w=["a", "b"], t=["O", value]), 0)


def test_tags_that_are_null_are_a_row_without_gold_and_one_null_tag_is_refused():
    assert TagsRow()(row(words=["a", "b"], tags=None), 0).tags is None  # type: ignore[union-attr]
    with pytest.raises(DataError, match="f:3: label 2 of 2 in the field 'tags' is null"):
        TagsRow()(row(words=["a", "b"], tags=["O", None]), 0)


@pytest.mark.parametrize("name", ["where", "option", "phrase", "item", "path", "id", "group"])
def test_a_column_of_any_name_is_the_columns_own_text(put, name: str):
    (table := put("a.tsv", f"{name}\tlabel\nsun\tx\n"), put("a.csv", f"{name},label\nsun,x\n"))
    lines = put("a.jsonl", json.dumps({name: "sun", "label": "x"}))
    listed = put("a.json", json.dumps([{name: "sun", "label": "x"}]))
    pq.write_table(pa.table({name: ["sun"], "label": ["x"]}), parquet := put("a.parquet", ""))
    choice = ChoiceRow(prompt="{" + name + "}", options=("label", "label"))
    for reader, path in ((Tsv(header=True), table), (Csv(), table.with_suffix(".csv")), (Jsonl(), lines),
                         (JsonList(), listed), (Parquet(), parquet)):  # fmt: skip
        [read] = reader([path])
        assert TextRow(text=name, label="label")(read, 0).text == "sun"  # type: ignore[union-attr]
        assert choice(read, 0).prompts == ("sun", "sun")  # type: ignore[union-attr]
        assert read[WHERE].startswith(str(path))


def test_two_columns_of_a_line_never_hide_one_another():
    with pytest.raises(DataError, match="two columns of a line would be called 'words'"):
        Bio(columns=("token", "word", "tag"))


ANSWERS = {"context": "the sun shines", "question": "what?"}
SUN = (("sun", 4),)


@pytest.mark.parametrize(
    "answers",
    [
        [{"text": "sun", "answer_start": 4}],
        {"text": ["sun"], "answer_start": [4]},
        [["sun", 4]],
        [{"text": "sun", "answer_start": "4", "id": 3}],
    ],
)
def test_answers_in_each_layout(answers: Any):
    made = SpanRow(id=None, group=())(row(**ANSWERS, answers=answers), 0)
    assert isinstance(made, SpanExample) and made.answers == SUN


@pytest.mark.parametrize(
    ("answers", "what"),
    [
        ("sun", 'does not say what the answers are and where they stand: "sun"'),
        (["sun"], "does not say"),
        (4, "does not say"),
        ([{"text": "sun"}], "does not say"),
        ({"text": ["sun"]}, "does not say"),
        ({"text": "sun", "answer_start": 4}, "does not say"),
        ({"text": ["sun", "shines"], "answer_start": [4]}, "2 texts, but 1 starts"),
        ([{"text": "sun", "answer_start": None}], "start of the answer 'sun' .* is no character number: null"),
        ([{"text": "sun", "answer_start": "four"}], "is no character number"),
        ([{"text": "sun", "answer_start": 4.5}], "is no character number"),
        ([{"text": "sun", "answer_start": True}], "is no character number"),
        ([{"text": None, "answer_start": 4}], "is no text: null"),
        ([None], "does not say"),
    ],
)
def test_answers_that_cannot_be_read_name_the_row_and_the_layout(put, answers: Any, what: str):
    with pytest.raises(DataError, match=rf"^f:3: .*{what}"):
        SpanRow(id=None, group=())(row(**ANSWERS, answers=answers), 0)
    item = {"id": "1", "question": "q", "answers": answers}
    path = put("a.json", json.dumps({"data": [{"paragraphs": [{"context": "the sun shines", "qas": [item]}]}]}))
    if not isinstance(answers, dict):
        with pytest.raises(DataError, match=rf"a.json:data\[0\].paragraphs\[0\].qas\[0\]: .*{what}"):
            list(SquadReader()([path]))


@pytest.mark.parametrize("empty", [[], {"text": [], "answer_start": []}])
def test_an_empty_list_is_no_answer_where_there_may_be_none(empty: Any):
    made = SpanRow(id=None, group=(), empty="impossible")(row(**ANSWERS, answers=empty), 0)
    assert isinstance(made, SpanExample) and made.answers == () and made.impossible
    made = SpanRow(id=None, group=())(row(**ANSWERS, answers=empty), 0)
    assert isinstance(made, SpanExample) and made.answers is None


@pytest.mark.parametrize(
    ("flag", "impossible"), [("false", False), ("False", False), (0, False), ("true", True), (1, True)]
)
def test_a_flag_written_as_text_says_what_it_says(flag: Any, impossible: bool):
    fields = row(**ANSWERS, answers=[] if impossible else [["sun", 4]], is_impossible=flag)
    made = SpanRow(id=None, group=())(fields, 0)
    assert (
        isinstance(made, SpanExample) and made.impossible == impossible and made.answers == (() if impossible else SUN)
    )


def test_flags_that_contradict_or_say_nothing_are_refused():
    for fields, what in (
        ({"answers": [["sun", 4]], "is_impossible": True}, "says that there is no answer, but 'sun' is one"),
        ({"answers": [], "is_impossible": "maybe"}, "neither true nor false"),
        ({"answers": [], "is_impossible": 2}, "neither true nor false"),
    ):
        with pytest.raises(DataError, match=what):
            SpanRow(id=None, group=())(row(**ANSWERS, **fields), 0)
    with pytest.raises(DataError, match="no field 'flagg'"):
        SpanRow(id=None, group=(), impossible="flagg")(row(**ANSWERS, answers=[]), 0)


def test_blank_options_at_the_end_are_none_and_no_answer_points_at_them():
    make = ChoiceRow(prompt="{q}", options=("a", "b", "c"), answer="right")
    made = make(row(q="q", a="x", b="y", c="", right="1"), 0)
    assert isinstance(made, ChoiceExample) and made.options == ("x", "y") and made.answer == 1
    assert make(row(q="q", a="x", b="y", c=None, right="1"), 0).options == ("x", "y")  # type: ignore[union-attr]
    for answer_as, right in (("index", "2"), ("number", "3"), ("letter", "C"), ("text", " ")):
        other = ChoiceRow(prompt="{q}", options=("a", "b", "c"), answer="right", answer_as=answer_as)
        if answer_as == "text":
            assert other(row(q="q", a="x", b="y", c=" ", right=right), 0).answer is None  # type: ignore[union-attr]
            continue
        with pytest.raises(DataError, match=f"f:3: the answer '{right}' names no option"):
            other(row(q="q", a="x", b="y", c=" ", right=right), 0)
    with pytest.raises(DataError, match="f:3: option 1 of 3 is blank"):
        make(row(q="q", a="", b="y", c="z", right="1"), 0)
    with pytest.raises(DataError, match="f:3: a choice needs two options"):
        make(row(q="q", a="x", b="", c="", right="0"), 0)
    listed = ChoiceRow(prompt="{q}", options="o", answer="right")
    assert listed(row(q="q", o=["x", "y", ""], right=0), 0).options == ("x", "y")  # type: ignore[union-attr]


def test_nulls_at_the_end_of_a_list_are_no_options():
    make = ChoiceRow(prompt="{q}", options="o", answer="a")
    found = make(row(q="q", o=["x", "y", None, None], a=1), 0)
    assert isinstance(found, ChoiceExample) and (found.options, found.answer) == (("x", "y"), 1)
    for options, answer in ((["x", "y", None], 2), (["x", None, "y"], 0), (["x", None], 0), ([None, None], 0)):
        with pytest.raises(DataError, match=r"^f:3: "):
            make(row(q="q", o=options, a=answer), 0)


def test_a_blank_answer_before_the_text_is_none():
    for empty, gold in (("impossible", ()), ("unlabelled", None)):
        found = SpanRow(id=None, group=(), empty=empty)(row(question="q", context="c", answers=[("", -1)]), 0)
        assert isinstance(found, SpanExample) and (found.answers, found.impossible) == (gold, gold == ())
    blank = SpanRow(id=None, group=(), empty="impossible")(row(question="q", context="c", answers=[("", 0)]), 0)
    assert isinstance(blank, SpanExample) and blank.answers is None, "a blank one within the text is unlabelled"


def test_an_answer_by_its_text_names_one_option():
    with pytest.raises(DataError, match="names 2 of the options"):
        ChoiceRow(prompt="{q}", options=("a", "b"), answer="r", answer_as="text")(row(q="q", a="x", b="x", r="x"), 0)


def test_blank_machine_translations_are_dropped_and_counted():
    for task in (PAWSX, MNLI, SQUAD1):
        for source in task.translations.values():
            assert all(isinstance(place.row, WithoutBlanks) for place in source.places)
    make = PAWSX.translations["de"].places[0].row
    kept = make(row(sentence1="a", sentence2="b", label="1"), 0)
    assert isinstance(kept, TextExample)
    for fields in ({"sentence1": "a", "sentence2": ""}, {"sentence1": " ", "sentence2": "b"}):
        assert make(row(**fields, label="1"), 1) == Drop("a text is blank")
    assert make(row(sentence1="NS", sentence2="b", label="1"), 1) == Drop("sentence1 is 'NS'")


def squad(*documents: dict[str, Any]) -> str:
    texts = ({"context": f"text {i}", "qas": [{"id": str(i), "question": "?"}]} for i in range(len(documents)))
    data = [{**document, "paragraphs": [next(texts)]} for document in documents]
    return json.dumps({"data": data})


@pytest.mark.parametrize("document", [{}, {"title": ""}, {"title": None}, {"title": "  "}])
def test_documents_without_a_name_are_told_apart_by_their_number(put, document: dict[str, Any]):
    first, second = put("a.json", squad(document, document)), put("b.json", squad(document))
    rows = list(SquadReader()([first, second]))
    assert len({SpanRow()(fields, i).group for i, fields in enumerate(rows)}) == 3  # type: ignore[union-attr]
    named = list(SquadReader()([put("c.json", squad({"title": "A"}, {"title": "A"}))]))
    assert [fields["title"] for fields in named] == ["A", "A"]


def test_documents_of_one_title_are_its_parts(put):
    def document(*contexts: str) -> dict[str, Any]:
        question = {"id": "1", "question": "?"}
        return {"title": "A", "paragraphs": [{"context": text, "qas": [question]} for text in contexts]}

    def numbers(*documents: dict[str, Any]) -> list[int]:
        return [fields["paragraph"] for fields in SquadReader()([put("a.json", json.dumps({"data": documents}))])]

    assert numbers(document("x", "y"), document("z")) == [0, 1, 2], "another paragraph"
    assert numbers(document("x"), document("y"), document("x"), document("z")) == [0, 1, 0, 3], "one that came before"
    assert numbers(document("x", "x")) == [0, 1], "as they stand in one document"


@pytest.mark.parametrize("value", [float("nan"), {"a": 1}, float("inf")])
def test_what_names_nothing_is_no_group(value: Any):
    for group in (value, ["a", value]):
        with pytest.raises(DataError, match=r"^f:3: the field 'g' names no group"):
            TextRow(group=("g",))(row(text="t", g=group), 0)
    assert TextRow(group=("g",))(row(text="t", g=True), 0).group == "true"  # type: ignore[union-attr]


def test_a_blank_group_is_no_group():
    make = TextRow(group=("g",))
    groups = [make(row(text="t", g=g), i).group for i, g in enumerate(["", None, " ", "a", "a"])]  # type: ignore[union-attr]
    assert groups == ["row 0", "row 1", "row 2", "a", "a"]


@pytest.mark.parametrize(
    "half", [r"\ud83d", r"\ude00", r"\ud83d\ud83d\ude00", r"\ud83dx", r"\\\ud83d", r"\uD83D\n\uDE00"]
)
def test_half_a_surrogate_names_its_line(put, half: str):
    good = json.dumps({"text": r"\ud83d written out, and " + "\U0001f600"})
    path = put("a.jsonl", good + '\n{"text": "' + half + '"}\n')
    with pytest.raises(DataError, match=r"a.jsonl:2: the text holds half a character"):
        list(Jsonl()([path]))
    whole = put("a.json", '{"data": [\n' + good + ',\n{"text": "' + half + '"}]}')
    with pytest.raises(DataError, match=r"a.json:3: the text holds half a character"):
        list(JsonList(at="data")([whole]))


def test_json_that_is_deep_or_huge_is_an_error_and_no_crash(put):
    for name, text in (("deep", "[" * 100_000), ("deep2", '{"a":' * 100_000), ("huge", '{"a": ' + "9" * 5_000 + "}")):
        for reader in (Jsonl(), JsonList(), SquadReader()):
            with pytest.raises(DataError, match=name):
                list(reader([put(f"{name}.json", text)]))


def test_a_cell_of_any_length_is_read(put):
    long = "a, " * 100_000
    path = put("a.csv.gz", gzip.compress(f'text,label\n"{long}",x\nb,y\n'.encode()))
    assert [(len(fields["text"]), fields["label"]) for fields in Csv()([path])] == [(300_000, "x"), (1, "y")]


@pytest.mark.parametrize("name", ["a.txt", "a.tsv", "a.csv", "a.jsonl", "a.json"])
def test_files_that_are_no_utf8_text_name_the_line(put, name: str):
    reader = {"txt": Lines(), "tsv": Tsv(), "csv": Csv(header=False), "jsonl": Jsonl(), "json": JsonList()}[name[2:]]
    lines = '["ok"]\n' if name.endswith("json") else '{"a": "ok"}\n'
    for content, what in (
        ((lines + lines + '"schön"').encode("latin-1"), rf"{name}:3: the line is not UTF-8: byte 5 is 0xf6"),
        (("x" * 20_000 + "\n" + "schön").encode("cp1252"), rf"{name}:2: the line is not UTF-8"),
        ("text\n".encode("utf-16"), "is UTF-16, not UTF-8"),
        (gzip.compress(("x" * 20_000 + "\n" + "schön").encode("cp1252")), rf"{name}:2: the line is not UTF-8"),
        (gzip.compress(b'{"a": 1}\n' * 5_000)[:-12], "cannot be read"),
        (gzip.compress(b'{"a": 1}\n' * 5_000)[:9], "cannot be read"),
    ):
        with pytest.raises(DataError, match=what):
            list(reader([put(name, content)]))
    if name not in ("a.json", "a.jsonl"):
        with pytest.raises(DataError, match=rf"{name}:2: .*NUL"):
            list(reader([put(name, "a\nb\0c\n")]))


@pytest.mark.parametrize("first", ["text", '"text"'])
def test_a_byte_order_mark_is_no_part_of_the_first_cell(put, first: str):
    for reader, path in (
        (Csv(), put("a.csv", f"\ufeff{first},b\nx,y\n")),
        (Tsv(header=True), put("a.tsv", "\ufefftext\tb\nx\ty\n")),
        (Jsonl(), put("a.jsonl", '\ufeff{"text": "x", "b": "y"}')),
        (JsonList(), put("a.json", '\ufeff[{"text": "x", "b": "y"}]')),
        (Lines(), put("a.txt", "\ufeffx\n")),
    ):
        assert [fields["text"] for fields in reader([path])] == ["x"]


def test_a_lone_carriage_return_ends_no_row(put):
    assert [fields["text"] for fields in Lines()([put("a.txt", "a\rb\r\nc\n")])] == ["a\rb", "c"]
    path: Path = put("a.csv", 'text,b\n"a\rb",1\nc,2\n')
    assert [(fields["text"], fields[WHERE]) for fields in Csv()([path])] == [("a\rb", f"{path}:2"), ("c", f"{path}:3")]
