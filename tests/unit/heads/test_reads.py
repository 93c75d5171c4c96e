"""A head that names the tokens it reads gives the same with all other states gone, and names no more than it needs."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from tiny_encoders import encoder
from xstilts.heads.registry import make_head
from xstilts.kinds.base import Kind
from xstilts.kinds.choice import Choice
from xstilts.kinds.classification import Classification
from xstilts.kinds.dependency import Dependency
from xstilts.kinds.retrieval import Retrieval
from xstilts.kinds.roles import SemanticRoles
from xstilts.kinds.slots_intent import SlotsIntent
from xstilts.kinds.span_qa import SpanQA
from xstilts.kinds.tagging import Tagging

WORDS = {"first": [1, 3], "pieces": [2, 1], "gold": []}
KINDS: dict[str, tuple[Kind, dict[str, Any], list[int]]] = {
    "classification": (Classification(labels=("x", "y")), {}, [0, 6]),
    "choice": (Choice(), {}, [0, 6]),
    "tagging": (Tagging(labels=("N", "V")), WORDS, [1, 3, 7, 9]),
    "dependency": (Dependency(labels=("root", "obj"), arc=6, relation=4), WORDS, [1, 2, 3, 7, 8, 9]),
    "slots_intent": (SlotsIntent(intents=("a", "b"), slots=("x",)), WORDS, [0, 6, 1, 3, 7, 9]),
    "roles": (SemanticRoles(labels=("ARG0",), units=6), WORDS | {"predicates": [0]}, [1, 2, 3, 7, 8, 9]),
}


def rows(columns: dict[str, Any]) -> list[dict[str, Any]]:
    ids = [5, 6, 7, 8, 9, 10]
    plain = {"ids": ids, "lengths": [6], "segments": [0] * 6, "gold": []}
    return [plain | columns | {"example": number} for number in range(2)]


@pytest.mark.parametrize("name", KINDS)
def test_states_that_are_not_read_change_nothing(name: str) -> None:
    kind, columns, read = KINDS[name]
    tiny = encoder("xlm-roberta")
    torch.manual_seed(0)
    head = make_head(kind, tiny).eval()
    batch = head.collate(rows(columns))
    places_P = head.reads(batch)
    assert places_P is not None and places_P.tolist() == read
    states_TD = torch.randn(12, tiny.hidden_size)
    kept_TD = torch.zeros_like(states_TD).index_copy(0, places_P, states_TD[places_P])
    with torch.no_grad():
        first, second = (head.decode(head(given, batch), batch) for given in (states_TD, kept_TD))
    for one, other in zip(first, second, strict=True):
        assert str(one) == str(other)


@pytest.mark.parametrize("kind", [Retrieval(), SpanQA()])
def test_kinds_that_read_all_say_nothing(kind: Kind) -> None:
    head = make_head(kind, encoder("xlm-roberta"))
    columns = {"context": [2, 4]} if isinstance(kind, SpanQA) else {}
    assert head.reads(head.collate(rows(columns))) is None
