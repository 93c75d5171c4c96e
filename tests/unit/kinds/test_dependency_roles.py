"""Roles packed into a tree's relations: what a head would say comes back as a tree and frames."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from xstilts.core.errors import DataError
from xstilts.data.examples import DependencyRolesExample, Predicate
from xstilts.data.row_makers.catalog import TreesWithRolesRow
from xstilts.data.source import WHERE, Drop
from xstilts.kinds.dependency_roles import DependencyRoles
from xstilts.metrics.tallies import headline
from xstilts.nn.structured.max_spanning_tree import arborescence

LABELS = (
    "root|_|_|_", "nsubj|ARG0|_|_", "nsubj|_|_|_", "xcomp|ARG1|(ARG0,ARG0)|_", "xcomp|ARG1|_|_", "obj|ARG1|_|_",
    "mark|_|_|_", "acl:relcl|_|_|ARG0", "acl|_|_|_",
)  # fmt: skip
KIND = DependencyRoles(labels=LABELS, open_labels=True)

# She wanted to sing songs.
SHE = DependencyRolesExample(
    id="1",
    group="1",
    where="a:3",
    words=("She", "wanted", "to", "sing", "songs"),
    heads=(2, 0, 4, 2, 4),
    relations=("nsubj", "root", "mark", "xcomp", "obj"),
    predicates=(
        Predicate(index=1, sense="want.01", spans=((0, 1, "ARG0"), (2, 5, "ARG1"))),
        Predicate(index=3, sense="sing.01", spans=((0, 1, "ARG0"), (4, 5, "ARG1"))),
    ),
)


def outputs(gold: list[int]) -> np.ndarray:
    return np.array(gold).reshape(2, -1).T


def test_roles_come_back_from_the_labels(xlmr: Tokenizer) -> None:
    KIND.check(SHE)
    encoded = KIND.encode([SHE], xlmr, 32)
    gold = encoded.columns["gold"][0]
    assert [LABELS[i] for i in gold[5:]] == [LABELS[i] for i in (1, 0, 6, 3, 5)]
    for kind in (KIND, replace(KIND, given=True)):
        guesses = kind.postprocess([SHE], encoded.columns, [outputs(gold)])
        assert guesses == [KIND.gold(SHE)]
        for metric in kind.metrics:
            assert headline(metric, kind.count(metric, [SHE], guesses, "en").sum(axis=0)) == 100.0


def test_a_label_outside_the_set_is_replaced_by_one_that_says_less(xlmr: Tokenizer) -> None:
    fewer = replace(KIND, labels=tuple(label for label in LABELS if "(ARG0" not in label and "obj" not in label))
    labels = fewer.encode([SHE], xlmr, 32).columns["gold"][0][5:]
    assert [fewer.labels[i] if i >= 0 else None for i in labels][-2:] == ["xcomp|ARG1|_|_", None]


def test_what_the_labels_cannot_say_is_missed(xlmr: Tokenizer) -> None:
    """Scores compare with the roles themselves, not with what was packed of them."""
    far = replace(SHE, predicates=(Predicate(index=4, spans=((2, 3, "ARG0"),)),))
    encoded = KIND.encode([far], xlmr, 32)
    (guess,) = KIND.postprocess([far], encoded.columns, [outputs(encoded.columns["gold"][0])])
    las, roles, _ = (float(headline(m, KIND.count(m, [far], [guess], "en").sum(axis=0))) for m in KIND.metrics)
    assert roles == 0.0 and las > 0


@settings(deadline=None, max_examples=100)
@given(st.integers(1, 9), st.integers(0, 10**6), st.booleans())
def test_whatever_a_parser_says_can_be_unpacked(words: int, seed: int, given: bool) -> None:
    draw = np.random.default_rng(seed)
    heads = arborescence(draw.normal(size=(words, words + 1)))
    output = np.stack([heads, draw.integers(0, len(LABELS), words)], axis=1)
    predicates = tuple(Predicate(index=i, spans=()) for i in range(0, words, 2))
    example = DependencyRolesExample(id="1", group="1", words=tuple("abcdefghi"[:words]), predicates=predicates)
    (guess,) = replace(KIND, given=given).postprocess([example], {"example": [0]}, [output])
    assert guess["heads"] == heads.tolist() and not any("|" in relation for relation in guess["relations"])
    assert all(0 <= a < b <= words for frame in guess["frames"] for a, b, _ in frame["spans"])
    if given:
        assert [frame["predicate"] for frame in guess["frames"]] == list(range(0, words, 2))


def test_what_cannot_be_packed_is_named() -> None:
    with pytest.raises(DataError, match="a:3: roles are packed into a tree"):
        KIND.check(replace(SHE, heads=None, relations=None))
    with pytest.raises(DataError, match="a:3: no tree"):
        KIND.check(replace(SHE, heads=(2, 1, 4, 2, 4)))
    with pytest.raises(DataError, match="the predicate 1 are not spans"):
        KIND.check(replace(SHE, predicates=(Predicate(index=1, heads=()),)))
    with pytest.raises(DataError, match="outside 5 words"):
        KIND.check(replace(SHE, predicates=(Predicate(index=1, spans=((3, 6, "ARG1"),)),)))
    unlabelled = replace(SHE, heads=None, relations=None, predicates=None)
    KIND.check(unlabelled)
    with pytest.raises(DataError, match="predicates are to be given"):
        replace(KIND, given=True).check(unlabelled)


def test_a_sentence_without_roles_or_tree_is_unlabelled(xlmr: Tokenizer) -> None:
    bare = replace(SHE, predicates=None)
    none = replace(SHE, predicates=())
    assert KIND.encode([bare], xlmr, 32).columns["gold"] == [[]] and KIND.gold(bare) is None
    assert KIND.encode([none], xlmr, 32).columns["gold"][0][5:] == [2, 0, 6, -1, -1]
    assert KIND.chance_guesses([KIND.gold(none)])[0]["frames"] == []


def test_a_row_is_made_of_both_and_dropped_by_either() -> None:
    row = {
        "words": ["a", "b"], "heads": [0, 1], "deprels": ["root", "nsubj:pass"], "tokens": [], "fault": None,
        "predicates": [{"index": 0, "sense": "a.01", "spans": [[0, 1, "V"], [1, 2, "ARG0"]]}], WHERE: "f:1",
    }  # fmt: skip
    made = TreesWithRolesRow()(row, 7)
    assert isinstance(made, DependencyRolesExample) and made.id == "7" and made.relations == ("root", "nsubj")
    assert made.predicates == (Predicate(index=0, sense="a.01", spans=((1, 2, "ARG0"),)),)
    assert TreesWithRolesRow()({**row, "join": "lengths differ"}, 7) == Drop("not joined: lengths differ")
