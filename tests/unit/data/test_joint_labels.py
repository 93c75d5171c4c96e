from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from xstilts.core.errors import DataError
from xstilts.data.examples import DependencyExample, Predicate
from xstilts.data.syntax.joint_labels import JointLabel, pack_roles, unpack_roles
from xstilts.data.syntax.trees import ancestors, is_projective, span_head, subtree_spans

Spans = Sequence[tuple[int, int, str]]


def tree(words: str, heads: Sequence[int], relations: str) -> DependencyExample:
    return DependencyExample(
        id="0",
        group="0",
        where="f:1",
        words=tuple(words.split()),
        heads=tuple(heads),
        relations=tuple(relations.split()),
    )


def predicates(roles: Mapping[int, Spans]) -> list[Predicate]:
    return [Predicate(index=word, sense="x.01", spans=tuple(spans)) for word, spans in roles.items()]


def there_and_back(sentence: DependencyExample, roles: Mapping[int, Spans], most: int = 1) -> tuple[list[str], dict]:
    """The labels but for the relation, and the roles that come back."""
    labels = pack_roles(sentence, predicates(roles), most)
    assert [label.split("|")[0] for label in labels] == list(sentence.relations)
    found = unpack_roles(replace(sentence, relations=labels), [replace(one, spans=None) for one in predicates(roles)])
    assert [one.sense for one in found] == ["x.01"] * len(roles)
    return [label.split("|", 1)[1] for label in labels], {one.index: list(one.spans) for one in found}


WANTED = tree("She wanted to design the bridge", [2, 0, 4, 2, 6, 4], "nsubj root mark xcomp det obj")


def test_direct_and_shared_as_in_the_paper() -> None:
    roles = {1: [(0, 1, "A0"), (2, 6, "A1")], 3: [(0, 1, "A0"), (4, 6, "A1")]}
    labels, back = there_and_back(WANTED, roles)
    assert labels == ["A0|_|_", "_|_|_", "_|_|_", "A1|(A0,A0)|_", "_|_|_", "A1|_|_"]
    assert back == roles


def test_a_relative_clause_takes_its_argument_from_above() -> None:
    sentence = tree(
        "the bridge that she drew , fell", [2, 7, 5, 5, 2, 2, 0], "det nsubj obj nsubj acl:relcl punct root"
    )
    roles = {4: [(0, 2, "A1"), (2, 3, "R-A1"), (3, 4, "A0")], 6: [(0, 5, "A1")]}
    labels, back = there_and_back(sentence, roles)
    assert labels[4] == "_|_|A1" and labels[1] == "A1|_|_"
    assert back == roles


def test_a_copula_shares_with_a_word_that_is_no_predicate() -> None:
    sentence = tree("It is in the house .", [5, 5, 5, 5, 0, 5], "nsubj cop case det root punct")
    roles = {1: [(0, 1, "A1"), (2, 5, "A2")]}
    labels, back = there_and_back(sentence, roles)
    assert labels[:2] == ["A1|_|_", "_|(A1,A1)|A2"] and back == roles


def test_a_predicate_lends_a_role_that_it_does_not_have() -> None:
    """ "There" is nothing for "seems" and an argument of "be"; the star keeps it from "seems"."""
    sentence = tree("There seems to be", [2, 0, 4, 2], "expl root mark xcomp")
    roles = {1: [(2, 4, "A1")], 3: [(0, 1, "A2")]}
    labels, back = there_and_back(sentence, roles)
    assert (labels[0], labels[3]) == ("*A2|_|_", "A1|(*A2,A2)|_") and back == roles


def test_only_so_many_pairs_as_are_allowed() -> None:
    sentence = tree("Yesterday it was nice", [4, 4, 4, 0], "obl nsubj cop root")
    roles = {2: [(0, 1, "TMP"), (1, 2, "A1"), (3, 4, "A2")]}
    assert there_and_back(sentence, roles)[1] == {2: [(0, 1, "TMP"), (3, 4, "A2")]}
    labels, back = there_and_back(sentence, roles, most=2)
    assert labels[2] == "_|(TMP,TMP)(A1,A1)|A2" and back == roles


def test_nothing_is_lent_that_an_earlier_pair_would_take() -> None:
    """ "c" gets no role at "h": "p", which takes "a" from above it, would take "c"."""
    sentence = tree("a g h p c q", [2, 0, 2, 3, 3, 3], "nsubj root obj acl obl acl")
    roles = {1: [(0, 1, "A0")], 3: [(0, 1, "A0")], 5: [(4, 5, "A0")]}
    assert there_and_back(sentence, roles)[1] == {**roles, 5: []}


def test_one_pair_passes_on_all_arguments_of_a_role() -> None:
    sentence = tree("Today here she came and saw", [4, 4, 4, 0, 6, 4], "obl advmod nsubj root cc conj")
    roles = {3: [(0, 1, "M"), (1, 2, "M"), (2, 3, "A0")], 5: [(0, 1, "M"), (1, 2, "M"), (2, 3, "A0")]}
    labels, back = there_and_back(sentence, roles)
    assert labels[5] == "_|(M,M)|_" and back[5] == [(0, 1, "M"), (1, 2, "M")]
    assert there_and_back(sentence, roles, most=2)[1] == roles


def test_an_argument_of_two_dependents_is_carried_by_the_second() -> None:
    sentence = tree("I find the news hopeful", [2, 0, 4, 2, 2], "nsubj root det obj xcomp")
    roles = {1: [(0, 1, "A0"), (2, 5, "A1")]}
    labels, back = there_and_back(sentence, roles)
    assert labels[4] == "A1+|_|_" and back == roles


@pytest.mark.parametrize(
    ("words", "heads", "relations", "spans"),
    [
        ("He said , go !", [2, 0, 4, 2, 4], "nsubj root punct ccomp punct", [(3, 4, "A1")]),
        ('He said " go "', [2, 0, 4, 2, 4], "nsubj root punct ccomp punct", [(2, 5, "A1")]),
        ("He ate it ( all )", [2, 0, 2, 5, 3, 5], "nsubj root obj punct appos punct", [(2, 6, "A1")]),
        ("He made a plan", [2, 0, 4, 2], "nsubj root det obj", [(3, 4, "ARGM-PRR")]),
        ("what he spoke about", [3, 3, 0, 1], "obl nsubj root case", [(0, 1, "A1")]),  # a gap: the part around the word
    ],
)
def test_where_an_argument_ends(words: str, heads: list[int], relations: str, spans: Spans) -> None:
    sentence = tree(words, heads, relations)
    predicate = heads.index(0)
    assert there_and_back(sentence, {predicate: spans})[1] == {predicate: spans}


@some.composite
def annotated(draw: some.DrawFn) -> tuple[DependencyExample, dict[int, list[tuple[int, int, str]]]]:
    """A random tree with random predicates, whose arguments are whole subtrees, anywhere but above them."""
    count = draw(some.integers(1, 9))
    order = draw(some.permutations(range(1, count + 1)))
    heads = [0] * count
    for i in range(1, count):
        heads[order[i] - 1] = order[draw(some.integers(0, i - 1))]
    spans = [(first - 1, last) for first, last, _ in subtree_spans(heads)]
    roles: dict[int, list[tuple[int, int, str]]] = {}
    for word in sorted(draw(some.sets(some.integers(1, count), max_size=4))):
        free = [w for w in range(1, count + 1) if w != word and w not in ancestors(heads, word)]
        chosen = draw(some.lists(some.sampled_from(free), max_size=4, unique=True)) if free else []
        roles[word - 1] = sorted((*spans[w - 1], draw(some.sampled_from(["A0", "A1", "M"]))) for w in chosen)
    return tree(" ".join("abcdefghi"[:count]), heads, " ".join(["obl"] * count)), roles


@given(annotated(), some.integers(1, 5))
def test_what_comes_back_is_right_and_what_is_direct_comes_back(annotation: tuple, most: int) -> None:
    sentence, roles = annotation
    if not is_projective(sentence.heads):
        return
    _, back = there_and_back(sentence, roles, most)
    for word, spans in roles.items():
        assert set(back[word]) <= set(spans)
        direct = {span for span in spans if sentence.heads[span_head(sentence.heads, *span[:2]) - 1] == word + 1}
        assert direct <= set(back[word])


@given(annotated(), some.integers(1, 5))
def test_labels_are_written_and_read(annotation: tuple, most: int) -> None:
    sentence, roles = annotation
    for label in pack_roles(sentence, predicates(roles), most):
        assert str(JointLabel.read(label)) == label


@pytest.mark.parametrize(
    "text", ["nsubj", "nsubj|A0|_", "nsubj||_|_", "nsubj|A0|A0|_", "nsubj|A0|(A0)|_", "x|_|(A,B)C|_"]
)
def test_what_is_no_label(text: str) -> None:
    with pytest.raises(DataError, match="is not of the form"):
        JointLabel.read(text)


def test_what_is_missing_is_said() -> None:
    bare = replace(WANTED, heads=None, relations=None)
    with pytest.raises(DataError, match="f:1: a sentence without a tree"):
        pack_roles(bare, [])
    with pytest.raises(DataError, match="f:1: a predicate without spans"):
        pack_roles(WANTED, [Predicate(index=1)])
    with pytest.raises(DataError, match="'nsubj' is not of the form"):
        unpack_roles(WANTED, [])
