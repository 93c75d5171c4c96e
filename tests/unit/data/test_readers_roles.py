from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from xstilts.core.errors import DataError
from xstilts.data.examples import Predicate, RolesExample
from xstilts.data.read import LoadedExamples, ResolvedSource, load_examples
from xstilts.data.readers.catalog import EwtPropBank, Props, UniversalPropBank
from xstilts.data.row_makers.catalog import RolesRow
from xstilts.data.source import WHERE, Reader

Put = Callable[[str, str], Path]


def read(reader: Reader, *paths: Path) -> LoadedExamples:
    return load_examples(ResolvedSource(files=(), read=reader, row=RolesRow(id="sent_id"), paths=paths))


def test_props(put: Put) -> None:
    text = "- (A0*) *\nsee (V*) *\n- (A1* (A0*)\ngo *) (V*)\n\n-\n"
    first, second = Props()([put("props", text)])
    assert first["verbs"] == [None, "see", None, "go"] and second["predicates"] == []
    assert [one["spans"] for one in first["predicates"]] == [
        [(0, 1, "A0"), (1, 2, "V"), (2, 4, "A1")],
        [(2, 3, "A0"), (3, 4, "V")],
    ]
    assert first[WHERE].endswith("props:1") and second[WHERE].endswith("props:6")


def test_props_with_nesting_and_escapes(put: Put) -> None:
    with pytest.raises(DataError, match=r"props:2: '\*\)\(V\*' is no bracket"):
        list(Props()([put("props", "- (A0*\nsee *)(V*\n")]))
    text = "-   (A0(A1*   *\nsee *)        (A\\*2*\ngo  *A0)      *)\n"
    [row] = Props()([put("props", text)])
    assert [(found["index"], found["sense"], found["spans"]) for found in row["predicates"]] == [
        (1, "see", [(0, 3, "A0"), (0, 2, "A1")]),
        (2, "go", [(1, 3, "A\\*2")]),
    ]
    lines = [[place.rpartition(":")[2] for place in found["places"]] for found in row["predicates"]]
    assert lines == [["1", "1"], ["2"]]


def conllu(name: str, *forms: str) -> str:
    heads = [0, *[1] * (len(forms) - 1)]
    rows = (f"{i}\t{form}\t_\tX\t_\t_\t{heads[i - 1]}\tx\t_\t_\n" for i, form in enumerate(forms, start=1))
    return f"# sent_id = {name}\n{''.join(rows)}\n"


HEADER = "ud_split\tud_sent_id\tud_index\tskel_document\tskel_sentence\tud_words\tskel_tokens\tstatus\n"
WORDS = conllu("a", "give", "it", "up") + conllu("b", "gone") + conllu("c", "hm", "!")
JOIN = HEADER + "dev\ta\t0\tdoc\t4\t3\t3\tok\ndev\tb\t1\t-\t-\t1\t-\tnot-in-propbank\ndev\tc\t2\tdoc\t5\t2\t2\tok\n"
SKELETON = (
    "doc 4 0 [WORD] VB (TOP* give give.08 (V*)\ndoc 4 1 [WORD] PRP * - - (ARG1*)\n"
    "doc 4 2 [WORD] RP *) - - (C-V*)\n\n"
    "doc 5 0 [WORD] UH (TOP* - -\ndoc 5 1 [WORD] . *) - -\n\n"
)


def test_propbank_joined_with_the_words_of_ewt(put: Put) -> None:
    paths = put("words", WORDS), put("skeleton", SKELETON), put("join", JOIN)
    loaded = read(EwtPropBank(), *paths)
    give = Predicate(index=0, sense="give.08", spans=((1, 2, "ARG1"),))
    where = [example.where for example in loaded.examples]
    assert loaded.examples == [
        RolesExample(id="a", group="0", where=where[0], words=("give", "it", "up"), predicates=(give,)),
        RolesExample(id="c", group="2", where=where[1], words=("hm", "!"), predicates=()),
    ]
    assert loaded.dropped == {"not joined: not-in-propbank": 1}
    rows = list(EwtPropBank()(paths))
    assert [row["join"] for row in rows] == ["ok", "not-in-propbank", "ok"]
    assert rows[0]["predicates"][0]["spans"] == [(0, 1, "V"), (1, 2, "ARG1"), (2, 3, "C-V")]
    assert rows[0]["heads"] == [0, 1, 1] and rows[1]["predicates"] is None


def test_heads_of_spans_are_taken_from_the_tree(put: Put) -> None:
    skeleton = SKELETON.replace("* - - (ARG1*)", "* - - (ARG1*").replace("(C-V*)", "*)")
    paths = put("words", WORDS), put("skeleton", skeleton), put("join", JOIN)
    give, _ = (RolesRow(derive_heads=True)(row, i) for i, row in enumerate(EwtPropBank()(paths)) if row["join"] == "ok")
    assert give.predicates[0].spans == ((1, 3, "ARG1"),) and give.predicates[0].heads == ((1, "ARG1"),)
    row = next(iter(EwtPropBank()((put("bare", WORDS.replace("\t0\tx", "\t_\tx")), *paths[1:]))))
    with pytest.raises(DataError, match="bare:1: heads of arguments need a tree"):
        RolesRow(derive_heads=True)(row, 0)


@pytest.mark.parametrize(
    ("file", "old", "new", "what"),
    [
        ("join", "dev\tc", "dev\td", "words:9: .*join has no row for the sentence 'c'"),
        ("join", "doc\t5", "doc\t6", "join:4: .*skeleton has no such sentence"),
        ("join", "\tnot-in-propbank", "", "join:3: the row has 7 fields, expected 8"),
        ("skeleton", "doc 5 1 [WORD] . *) - -\n", "", "skeleton:5: the skeleton has 1 tokens, the sentence 2 words"),
        ("skeleton", "*) - - (C-V*)", "*) - -", "skeleton:3: the row has 8 fields, expected 9"),
        ("skeleton", "(C-V*)", "(C-V*", "skeleton:3: the argument C-V that begins here is never closed"),
    ],
)
def test_a_join_that_fails_names_the_place(put: Put, file: str, old: str, new: str, what: str) -> None:
    texts = {"words": WORDS, "skeleton": SKELETON, "join": JOIN}
    assert texts[file].count(old) == 1
    texts[file] = texts[file].replace(old, new)
    with pytest.raises(DataError, match=what):
        read(EwtPropBank(), *(put(name, text) for name, text in texts.items()))


PLUS = (
    "# global.columns = ID UP:PRED UP:ARGHEADS UP:ARGSPANS\n# sent_id = a\n1-2\t_\t_\t_\n"
    "1\tgive.08\tA1:2|R-AM-TMP:3\tA1:2-2|R-AM-TMP:2-3\n2\t_\t_\t_\n3\tbe.01\t_\t_\n\n"
)


def test_universal_propbank(put: Put) -> None:
    [example] = read(UniversalPropBank(), put("words", conllu("a", "x", "y", "z")), put("roles", PLUS)).examples
    assert example.words == ("x", "y", "z")
    assert example.predicates == (
        Predicate(
            index=0,
            sense="give.08",
            spans=((1, 2, "ARG1"), (1, 3, "R-ARGM-TMP")),
            heads=((1, "ARG1"), (2, "R-ARGM-TMP")),
        ),
        Predicate(index=2, sense="be.01", spans=(), heads=()),
    )


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("# sent_id = a", "# sent_id = b", "words:1: .*roles has no sentence 'a'"),
        ("# sent_id = a\n", "", "roles:1: the sentence has no sent_id"),
        ("2\t_\t_\t_\n3", "2\t_\tA0:1\tA0:1-1\n3", "roles:5: arguments without a predicate"),
        ("A1:2|", "A0:2|", "roles:4: the labels of heads and spans differ"),
        ("A1:2-2", "A1:2-4", r"roles:4: 'A1:2-4' is no label and words of this sentence \(1 to 3\)"),
        ("A1:2|", "A1:0|", "roles:4: 'A1:0' is no label"),
        ("3\tbe.01", "4\tbe.01", "roles:6: the word has number 4, expected 3"),
        ("3\tbe.01\t_\t_\n", "", "roles:1: 2 words, but the sentence has 3"),
        ("2\t_\t_\t_\n3", "2\t_\t_\n3", "roles:5: the row has 3 fields, expected 4"),
    ],
)
def test_roles_that_do_not_fit_their_words(put: Put, old: str, new: str, what: str) -> None:
    assert PLUS.count(old) == 1
    paths = put("words", conllu("a", "x", "y", "z")), put("roles", PLUS.replace(old, new))
    with pytest.raises(DataError, match=what):
        read(UniversalPropBank(), *paths)


def test_words_and_roles_come_in_pairs(put: Put) -> None:
    with pytest.raises(DataError, match="1 files, but words and roles come in pairs"):
        read(UniversalPropBank(), put("words", conllu("a", "x")))


@pytest.mark.parametrize(
    ("split", "sentences", "dropped", "predicates"), [("dev", 1968, 33, 4963), ("test", 2058, 19, 4795)]
)
def test_real_english_propbank(shared_data: Path, split: str, sentences: int, dropped: int, predicates: int) -> None:
    names = (f"ud/en/en_ewt-ud-{split}.conllu.gz", f"srl/en/ewt-{split}.gold_skel.gz", "srl/en/ewt-join.tsv.gz")
    loaded = read(EwtPropBank(), *(shared_data / name for name in names))
    assert len(loaded.examples) == sentences and sum(loaded.dropped.values()) == dropped
    assert sum(len(example.predicates) for example in loaded.examples) == predicates


REAL = {"de_gsd": (724, 1734), "zh_gsd": (653, 1022), "te_mtg": (145, 201), "vi_vtb": (747, 452)}


@pytest.mark.parametrize(("treebank", "counts"), REAL.items())
def test_real_universal_propbank(shared_data: Path, treebank: str, counts: tuple[int, int]) -> None:
    folder = shared_data / "srl" / treebank[:2]
    names = f"{treebank}-ud-test.r2.9.conllu.gz", f"{treebank}-up-test.conllup.gz"
    found = [
        one for e in read(UniversalPropBank(), *(folder / name for name in names)).examples for one in e.predicates
    ]
    assert (len(found), sum(len(one.spans) for one in found)) == counts
    assert all(label.split("-")[0] in ("R", "C") or label.startswith("ARG") for one in found for _, label in one.heads)
