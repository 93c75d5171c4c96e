"""A message about a word, a tag, a relation or a role names the file and the line it stands in, in every layout."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from xstilts.core.errors import DataError, StudyError
from xstilts.data.readers.catalog import (
    Bio,
    Conllu,
    ConlluProps,
    ConlluTrees,
    EwtPropBank,
    UniversalPropBank,
    XsidUtterances,
)
from xstilts.data.row_makers.catalog import RolesRow, TagsRow, TreesRow
from xstilts.kinds.dependency import Dependency
from xstilts.kinds.roles import SemanticRoles
from xstilts.kinds.tagging import Tagging
from xstilts.study.task_section import UserTask
from xstilts.study.user_tasks import declared_tasks

Put = Callable[[str, str], Path]
TREE = """
# sent_id = 1
1\tAnna\t_\tNOUN\t_\t_\t2\tnsubj:pass\t_\t_
2-3\tgavethem\t_\t_\t_\t_\t_\t_\t_\t_
2\tgave\t_\tVERB\t_\t_\t0\troot\t_\t_
3\tthem\t_\tODD\t_\t_\t2\tfoo:bar\t_\t_
"""
UP = "# sent_id = 1\n1\t_\t_\t_\n2\tgive.01\tA0:1|A2:3\tA0:1-1|A2:3-3\n3\t_\t_\t_\n"
JOIN = "ud_split\tud_sent_id\tud_index\tskel_document\tskel_sentence\tud_words\tskel_tokens\tstatus\n"
JOIN += "dev\t1\t0\tdoc\t4\t3\t3\tok\n"
SKELETON = "doc 4 0 [WORD] NN (TOP* - - (ARG0*)\ndoc 4 1 [WORD] VB * give give.01 (V*)\n"
SKELETON += "doc 4 2 [WORD] PRP *) - - (ODD*)\n"
ROLES = SemanticRoles(("A0", "A1", "ARG0", "ARG1"))


def first(reader: Any, make: Any, *files: Path) -> Any:
    return make(next(iter(reader(files))), 0)


def test_a_tag_is_named_with_its_line(put: Put) -> None:
    tags = Tagging(("O", "X"))
    bio = put("a.bio", "\n# about\na\tO\n\nb\tO\nc\tY\n")
    rows = list(Bio(columns=("token", "tag"), comment="#")([bio]))
    with pytest.raises(DataError, match=r"a\.bio:6: tag 'Y'"):
        tags.check(TagsRow()(rows[1], 1))  # type: ignore[arg-type]
    with pytest.raises(DataError, match=r"a\.bio:6: 'Y' is not a label of this file"):
        TagsRow(labels=(("O", "O"),))(rows[1], 1)
    tree = put("a.conllu", TREE)
    with pytest.raises(DataError, match=r"a\.conllu:6: tag 'ODD'"):
        Tagging(("NOUN", "VERB")).check(first(Conllu(), TagsRow(tags="upos"), tree))
    with pytest.raises(DataError, match=r"a\.conllu:4: tag 'VERB'"):  # a token of two words has the line of its range
        Tagging(("NOUN", "X")).check(first(Conllu(view="xtreme"), TagsRow(tags="upos"), tree))
    slots = put("en.test.conll", "# text = a b\n1\ta\tx\tO\n2\tb\tx\tB-odd\n")
    with pytest.raises(DataError, match=r"en\.test\.conll:3: tag 'B-odd'"):
        tags.check(first(XsidUtterances(), TagsRow(tags="slots"), slots))


def test_a_relation_and_a_broken_tree_are_named_with_their_lines(put: Put) -> None:
    example = first(ConlluTrees(), TreesRow(cut=":"), put("a.conllu", TREE))
    with pytest.raises(DataError, match=r"a\.conllu:6: 'foo' is not .*A subtype is cut off: nsubj:pass is nsubj"):
        Dependency(("root", "nsubj")).check(example)
    with pytest.raises(DataError, match=r"a\.conllu:6: 'foo:bar' is not") as refused:
        whole = first(ConlluTrees(), TreesRow(), put("a.conllu", TREE))
        Dependency(("root", "nsubj:pass")).check(whole)
    assert "cut off" not in str(refused.value)


def test_a_role_is_named_with_its_own_file_and_line(put: Put) -> None:
    words = put("a.conllu", TREE)
    with pytest.raises(DataError, match=r"a\.conllup:3: 'ARG2' is not .*have A0 for ARG0"):
        ROLES.check(first(UniversalPropBank(), RolesRow(), words, put("a.conllup", UP)))
    with pytest.raises(DataError, match=r"a\.conllup:3: 'ARG2' is not"):
        heads = SemanticRoles(ROLES.labels, form="heads")
        heads.check(first(UniversalPropBank(), RolesRow(), words, put("a.conllup", UP)))
    props = put("a.props", "\n- (A0*)\ngave (V*)\n- (A2*)\n")
    with pytest.raises(DataError, match=r"a\.props:4: 'A2' is not") as refused:
        ROLES.check(first(ConlluProps(), RolesRow(), words, props))
    assert "A0 for ARG0" not in str(refused.value)
    with pytest.raises(DataError, match=r"a\.skel:3: 'ODD' is not"):
        ROLES.check(first(EwtPropBank(), RolesRow(), words, put("a.skel", SKELETON), put("join.tsv", JOIN)))


def roles(*labels: str, reader: str = "conllup") -> Any:
    [task] = declared_tasks(
        {"t": UserTask(kind="roles", labels=labels, reader=reader, train=("a.conllu", "a.conllup"))}  # type: ignore[arg-type]
    )
    return task.kind


def test_labels_are_declared_as_the_file_has_them_or_as_they_are_read(put: Put) -> None:
    example = first(UniversalPropBank(), RolesRow(), put("a.conllu", TREE), put("a.conllup", UP))
    for declared in (("A0", "A2"), ("ARG0", "ARG2"), ("A0", "ARG2")):
        roles(*declared).check(example)
        assert roles(*declared).labels == ("ARG0", "ARG2")
    assert roles("C-A0", "AM-TMP", "R-AM-LOC").labels == ("C-ARG0", "ARGM-TMP", "R-ARGM-LOC")
    assert roles("A0", "A2", reader="props").labels == ("A0", "A2"), "these are read as they are written"
    with pytest.raises(StudyError, match="'ARG0' and 'A0' are one label"):
        roles("A0", "ARG0")
