"""CoNLL-2009 and CoNLL-2012: trees, entities, predicates, and lines that are wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xstilts.core.errors import DataError
from xstilts.data.read import ResolvedSource, load_examples
from xstilts.data.readers.catalog import Conll2009, Conll2012
from xstilts.data.row_makers.catalog import RolesRow, TagsRow, TreesRow
from xstilts.data.source import LINES, WHERE, Reader, RowMaker

Put = Callable[[str, str], Path]


def line_2009(number: int, form: str, head: object, relation: str, *roles: str) -> str:
    cells = [number, form, form.lower(), "p", "N", "P", f"f{number}", "p", head, 9, relation, "P", *roles]
    return "\t".join(map(str, cells)) + "\n"


TEXT_2009 = (
    line_2009(1, "Cats", 2, "SBJ", "_", "_", "A0", "A0")
    + line_2009(2, "see", 0, "ROOT", "Y", "see.01", "_", "_")
    + line_2009(3, "chase", 2, "CONJ", "Y", "_", "_", "_")
    + line_2009(4, "mice", 3, "OBJ", "_", "_", "_", "A1")
    + "\n"
    + line_2009(1, "Hm", 0, "ROOT", "_", "_")
)
TEXT_2012 = (
    "#begin document (bn/x); part 000\n"
    "bn/x 0 0 Ada    NNP (TOP(S(NP*  -     -  - - (PERSON* (ARG0*  *       (3\n"
    "bn/x 0 1 Byron  NNP *)          -     -  - - *)       *)      (ARG0*) 3)\n"
    "bn/x 0 2 wrote  VBD (VP*        write 01 1 - *        (V*)    *       -\n"
    "bn/x 0 3 today  NN  (NP*)       -     -  - - (DATE)   (ARGM-TMP* *    -\n"
    "bn/x 0 4 resigned VBN *)))      resign 02 1 - *       *)      (V*)    -\n"
    "\n"
    "#end document\n#begin document (bn/y); part 001\n"
    "bn/y 1 0 Yes UH (TOP*) - - - - * -\n"
)


def examples(read: Reader, make: RowMaker, path: Path) -> list[Any]:
    return load_examples(ResolvedSource(files=(), read=read, row=make, paths=(path,))).examples


def test_words_trees_and_predicates_of_2009(put: Put) -> None:
    path = put("a.txt", TEXT_2009)
    first, second = Conll2009()([path])
    assert first["words"] == ["Cats", "see", "chase", "mice"] and first["pos"] == ["N"] * 4
    assert first["lemmas"][0] == "cats" and first["feats"][3] == "f4"
    assert (first["heads"], first["deprels"]) == ([2, 0, 2, 3], ["SBJ", "ROOT", "CONJ", "OBJ"])
    assert first["fault"] is None and first[LINES] == [1, 2, 3, 4] and second[WHERE] == f"{path}:6"
    assert first["predicates"] == [
        {"index": 1, "sense": "see.01", "heads": [(0, "A0")], "places": [f"{path}:1"]},
        {"index": 2, "sense": None, "heads": [(0, "A0"), (3, "A1")], "places": [f"{path}:1", f"{path}:4"]},
    ]
    assert second["predicates"] == []


def test_kinds_read_2009(put: Put) -> None:
    path = put("a.txt", TEXT_2009)
    trees = examples(Conll2009(), TreesRow(), path)
    assert [tree.heads for tree in trees] == [(2, 0, 2, 3), (0,)]
    roles = examples(Conll2009(), RolesRow(), path)
    assert [predicate.heads for predicate in roles[0].predicates] == [((0, "A0"),), ((0, "A0"), (3, "A1"))]
    assert roles[0].predicates[0].spans is None and roles[1].predicates == ()
    assert examples(Conll2009(), TagsRow(tags="pos"), path)[0].tags == ("N",) * 4


def test_2009_without_gold(put: Put) -> None:
    blind = put("blind.txt", line_2009(1, "Go", "_", "_", "Y"))
    [row] = Conll2009()([blind])
    assert row["predicates"] is None and row["heads"] is None and row["deprels"] is None


@given(st.lists(st.booleans(), min_size=1, max_size=6), st.data())
def test_2009_gives_back_the_arguments_that_were_written(tmp_path_factory, marked, data):
    count = sum(marked)
    cells = st.lists(st.sampled_from(["_", "A0", "AM-TMP"]), min_size=count, max_size=count)
    table = [data.draw(cells) for _ in marked]
    lines = [
        line_2009(i + 1, f"w{i}", i, "x", "Y" if is_one else "_", "go.01" if is_one else "_", *table[i])
        for i, is_one in enumerate(marked)
    ]
    path = tmp_path_factory.mktemp("conll") / "a.txt"
    path.write_text("".join(lines), "utf-8")
    [row] = Conll2009()([path])
    assert [one["index"] for one in row["predicates"]] == [i for i, is_one in enumerate(marked) if is_one]
    for number, one in enumerate(row["predicates"]):
        assert dict(one["heads"]) == {i: labels[number] for i, labels in enumerate(table) if labels[number] != "_"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (line_2009(1, "a", 0, "R", "Y", "go"), r"a\.txt:1: the row has 14 fields, expected 15"),
        (line_2009(1, "a", 0, "R", "_", "_", "A0"), r"a\.txt:1: the row has 15 fields, expected 14"),
        (line_2009(1, "a", 0, "R") + line_2009(2, "b", 1, "R"), r"a\.txt:1: the row has 12 fields, expected 14"),
        (line_2009(2, "a", 0, "R", "_", "_"), r"a\.txt:1: the word has number 2, expected 1"),
        (line_2009(1, "a", "x", "R", "_", "_"), r"a\.txt:1: 'x' is not a word number"),
        (line_2009(1, "a", 0, "R", "y", "_"), r"a\.txt:1: FILLPRED is 'y'.*Did you mean 'Y'\? Allowed: Y, _"),
        (line_2009(1, "a", 0, "R", "Y") + line_2009(2, "b", 1, "R", "_", "_"), r"a\.txt:1: the row has 13 fields"),
    ],
)
def test_bad_lines_of_2009(put: Put, text: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        list(Conll2009()([put("a.txt", text)]))


def test_a_tree_of_2009_that_is_none_is_said_by_its_line(put: Put) -> None:
    path = put("a.txt", line_2009(1, "a", 2, "R", "_", "_") + line_2009(2, "b", 1, "R", "_", "_"))
    with pytest.raises(DataError, match=r"a\.txt:\d: no tree"):
        examples(Conll2009(), TreesRow(), path)


def test_words_entities_and_predicates_of_2012(put: Put) -> None:
    path = put("a_conll", TEXT_2012)
    first, second = Conll2012()([path])
    assert first["words"] == ["Ada", "Byron", "wrote", "today", "resigned"]
    assert first["pos"] == ["NNP", "NNP", "VBD", "NN", "VBN"]
    assert first["entities"] == ["B-PERSON", "I-PERSON", "O", "B-DATE", "O"]
    assert [(one["index"], one["sense"]) for one in first["predicates"]] == [(2, "write.01"), (4, "resign.02")]
    assert first["predicates"][0]["spans"] == [(0, 2, "ARG0"), (2, 3, "V"), (3, 5, "ARGM-TMP")]
    assert first["predicates"][0]["places"] == [f"{path}:{line}" for line in (2, 4, 5)]
    assert (first["document"], first["part"], second["document"], second["part"]) == ("bn/x", "0", "bn/y", "1")
    assert first[LINES] == [2, 3, 4, 5, 6] and second[WHERE] == f"{path}:10"


def test_kinds_read_2012(put: Put) -> None:
    path = put("a_conll", TEXT_2012)
    roles = examples(Conll2012(), RolesRow(group=("document",)), path)
    assert [predicate.spans for predicate in roles[0].predicates] == [
        ((0, 2, "ARG0"), (3, 5, "ARGM-TMP")),
        ((1, 2, "ARG0"),),
    ]
    assert roles[0].group != roles[1].group and roles[1].predicates == ()
    tags = examples(Conll2012(), TagsRow(tags="entities"), path)
    assert tags[0].tags == ("B-PERSON", "I-PERSON", "O", "B-DATE", "O")
    with pytest.raises(DataError, match="heads of arguments need a tree"):
        examples(Conll2012(), RolesRow(derive_heads=True), path)


def line_2012(number: object = 0, word: str = "go", parse: str = "*", entity: str = "*", *roles: str) -> str:
    return " ".join(["d", "0", str(number), word, "VB", parse, "go", "01", "-", "-", entity, *roles, "-"]) + "\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (line_2012(1), r"a_conll:1: the word has number 1, expected 0"),
        (line_2012("x"), r"a_conll:1: 'x' is not a word number"),
        ("d 0 0 go VB\n", r"a_conll:1: the row has 5 fields, expected 12"),
        (line_2012(0) + line_2012(1, "go", "*", "*", "(V*)"), r"a_conll:2: the row has 13 fields, expected 12"),
        (line_2012(0, "[WORD]"), r"a_conll:1: the words are not in this file.*skeleton2conll"),
        (line_2012(0, "go", "(S*"), r"a_conll:1: the argument S that begins here is never closed"),
        (line_2012(0, "go", "*", "*)"), r"a_conll:1: '\*\)' closes what is not open"),
        (line_2012(0, "go", "*", "(A(B*))"), r"a_conll:1: the entity B lies within another"),
        (line_2012(0, "go", "*", "*", "(ARG0*)"), r"a_conll:1: column 12 has arguments of no predicate"),
        (line_2012(0, "go", "*", "*", "V"), r"a_conll:1: 'V' is not of the form"),
    ],
)
def test_bad_lines_of_2012(put: Put, text: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        list(Conll2012()([put("a_conll", text)]))
