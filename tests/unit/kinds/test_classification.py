"""One label for one text or two; scores of options."""

from __future__ import annotations

import numpy as np
import pytest
from tokenizers import Tokenizer

from xstilts.core.errors import DataError
from xstilts.data.examples import ChoiceExample, TextExample
from xstilts.kinds.choice import Choice
from xstilts.kinds.classification import Classification
from xstilts.metrics.labels import Accuracy

NLI = Classification(labels=("entailment", "neutral", "contradiction"))


def text(label: str | None, pair: str | None = "Germans signed.") -> TextExample:
    return TextExample(id="1", group="1", text="The painter was born.", pair=pair, label=label, where="dev.tsv:3")


def choice(*options: str, answer: int | None = 0) -> ChoiceExample:
    prompts = tuple(f"prompt {i}" for i in range(len(options)))
    return ChoiceExample(id="1", group="1", prompts=prompts, options=options, answer=answer, where="x.jsonl:7")


def test_rows_of_single_texts_and_pairs(tokenizer: Tokenizer) -> None:
    encoded = NLI.encode([text("neutral"), text("entailment", pair=None), text(None)], tokenizer, 64)
    ids = [
        tokenizer.encode("The painter was born.", "Germans signed.").ids,
        tokenizer.encode("The painter was born.").ids,
    ]
    assert encoded.columns["ids"] == [ids[0], ids[1], ids[0]]
    assert encoded.columns["lengths"] == [[len(ids[0])], [len(ids[1])], [len(ids[0])]]
    assert encoded.columns["gold"] == [[1], [0], []]
    assert encoded.columns["example"] == [0, 1, 2]
    assert encoded.truncated == 0


def test_cut_examples_are_counted(xlmr: Tokenizer) -> None:
    encoded = NLI.encode([text("neutral"), text("neutral", pair=None)], xlmr, 12)
    assert [len(ids) for ids in encoded.columns["ids"]] == [12, 12]
    assert encoded.truncated == 2


def test_a_strange_label_is_named_with_its_place() -> None:
    NLI.check(text("neutral"))
    NLI.check(text(None))
    with pytest.raises(DataError, match=r"dev\.tsv:3: label 'nuetral' .* Did you mean 'neutral'\?"):
        NLI.check(text("nuetral"))


def test_guesses_are_paired_by_example_not_by_row() -> None:
    examples = [text("neutral"), text("entailment")]
    outputs = [np.array([0.1, 0.2, 0.9]), np.array([0.3, 0.9, 0.2])]
    guesses = NLI.postprocess(examples, {"example": [1, 0]}, outputs)
    assert guesses == ["neutral", "contradiction"]
    assert NLI.count(Accuracy(), examples, guesses, "en").tolist() == [[1, 1], [0, 1]]


def test_the_floor_is_the_commonest_label() -> None:
    assert NLI.chance_guesses(["neutral", "entailment", "neutral"]) == ["neutral"] * 3
    assert NLI.chance_guesses([]) == []


def test_options_lie_end_to_end(tokenizer: Tokenizer) -> None:
    examples = [choice("Ulm", "Köln", answer=1), choice("a", "b", "the first ligature", answer=None)]
    encoded = Choice().encode(examples, tokenizer, 64)
    for row, example in enumerate(examples):
        sequences = [tokenizer.encode(*pair) for pair in zip(example.prompts, example.options, strict=True)]
        assert encoded.columns["ids"][row] == [i for s in sequences for i in s.ids]
        assert encoded.columns["segments"][row] == [i for s in sequences for i in s.type_ids]
        assert encoded.columns["lengths"][row] == [len(s.ids) for s in sequences]
    assert encoded.columns["gold"] == [[1], []]


def test_choice_counts_cut_examples_not_sequences(xlmr: Tokenizer) -> None:
    long = choice("The German painter was born in Ulm", "Germans and Americans signed the treaty")
    assert Choice().encode([long, choice("a", "b")], xlmr, 24).truncated == 1


def test_choice_guess_and_floor() -> None:
    examples = [choice("a", "b", "c"), choice("a", "b")]
    scores = [np.array([0.0, 3.0, 1.0]), np.array([2.0, 1.0])]
    assert Choice().postprocess(examples, {"example": [0, 1]}, scores) == [1, 0]
    assert Choice().chance_guesses([2, 0, 2, 1]) == [2, 2, 2, 2]


@pytest.mark.parametrize(
    ("example", "message"),
    [
        (choice("a", "b", answer=2), "answer 2 is not the index of an option. Allowed: 0, 1"),
        (choice("a"), "1 options; a choice needs at least two"),
        (
            ChoiceExample(id="1", group="1", prompts=("p",), options=("a", "b"), where="x.jsonl:7"),
            "1 prompts for 2 options",
        ),
    ],
)
def test_bad_choices_are_named(example: ChoiceExample, message: str) -> None:
    with pytest.raises(DataError, match="x.jsonl:7: " + message):
        Choice().check(example)
