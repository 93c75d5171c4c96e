"""The head of parses by generation: cutting an update changes nothing, and a tiny one learns its questions by heart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from tokenizers.processors import TemplateProcessing

from tiny_encoders import encoder
from toy_parses import LABELS, parses
from xstilts.data.examples import ParseExample
from xstilts.heads.parse_generation import ParseGenerationHead
from xstilts.heads.registry import make_head
from xstilts.kinds.parse_generation import ParseGeneration
from xstilts.nn.encoder import Encoder

KIND = ParseGeneration(LABELS, "tree", layers=1, width=32, heads=2, dropout=0.0, longest=24)


def made(kind: ParseGeneration, tiny: Encoder) -> ParseGenerationHead:
    torch.manual_seed(3)
    head = make_head(kind, tiny).eval()
    assert isinstance(head, ParseGenerationHead)
    return head


def rows(kind: ParseGeneration, examples: Sequence[ParseExample], words: Tokenizer) -> list[dict[str, Any]]:
    columns = kind.encode(examples, words, 24).columns
    return [{name: column[i] for name, column in columns.items()} for i in range(len(examples))]


@pytest.fixture(scope="module")
def words() -> Tokenizer:
    """Words are one token each, for the tiny encoders have few of them."""
    known = sorted({word for example in parses(80) for word in example.words})
    names = ["<s>", "</s>", "<unk>", "b", "a", *known]
    made = Tokenizer(WordLevel({name: number for number, name in enumerate(names)}, unk_token="<unk>"))
    made.pre_tokenizer = WhitespaceSplit()
    ends = [(name, names.index(name)) for name in ("<s>", "</s>")]
    made.add_special_tokens([name for name, _ in ends])
    made.post_processor = TemplateProcessing(single="<s> $A </s>", pair="<s> $A </s> $B </s>", special_tokens=ends)
    return made


def scored(head: ParseGenerationHead, tiny: Encoder, given: Sequence[dict[str, Any]]) -> tuple[Any, Any]:
    batch = head.collate(given)
    return head(tiny(batch).last_TD, batch), batch


@pytest.mark.parametrize("name", ["xlm-roberta", "bert", "modernbert"])
def test_cutting_an_update_into_batches_changes_nothing(name: str, words: Tokenizer):
    tiny = encoder(name)
    head, given = made(replace(KIND, beams=2), tiny), rows(KIND, parses(5), words)
    with torch.no_grad():
        whole, batch = scored(head, tiny, given)
        loss, forms = head.loss(whole, batch), head.decode(whole, batch)
        alone = [scored(head, tiny, [one]) for one in given]
        parts = [head.loss(*one) for one in alone]
        torch.testing.assert_close(sum(part.sum for part in parts), loss.sum, atol=1e-4, rtol=1e-4)
        assert loss.count == sum(part.count for part in parts) == sum(len(one["gold"]) for one in given)
        assert [head.decode(*one)[0].tolist() for one in alone] == [form.tolist() for form in forms]


def test_scores_do_not_know_the_gold(words: Tokenizer):
    tiny = encoder("xlm-roberta")
    head, given = made(KIND, tiny), rows(KIND, parses(3), words)
    with torch.no_grad():
        first = scored(head, tiny, given)
        second = scored(head, tiny, [{**row, "gold": []} for row in given])
        assert second[1].gold is None
        for one, other in zip(head.decode(*first), head.decode(*second), strict=True):
            assert one.tolist() == other.tolist()


def test_32_questions_are_learnt_by_heart_and_new_names_are_copied(words: Tokenizer):
    tiny, examples = encoder("xlm-roberta"), parses(32)
    kind = replace(KIND, width=64)
    head, given = made(kind, tiny).train(), rows(kind, examples, words)
    optimiser = torch.optim.Adam([*head.parameters(), *tiny.parameters()], lr=3e-3)
    for update in range(120):
        scores, batch = scored(head, tiny, given[16 * (update % 2) :][:16])
        loss = head.loss(scores, batch)
        optimiser.zero_grad()
        (loss.sum / loss.count).backward()
        torch.nn.utils.clip_grad_norm_(head.parameters(), 1.0)
        optimiser.step()
    head.eval()
    with torch.no_grad():
        for beams in (1, 3):
            head.kind = replace(kind, beams=beams)
            guesses = kind.postprocess(examples, {"example": range(32)}, head.decode(*scored(head, tiny, given)))
            right = sum(guess == kind.gold(example) for guess, example in zip(guesses, examples, strict=True))
            assert right >= 31
