"""Windows, answers and predictions of extractive question answering."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers

from xstilts.core.errors import DataError, EncoderError
from xstilts.data.examples import SpanExample
from xstilts.kinds.base import Encoded
from xstilts.kinds.span_qa import SpanQA, best_span, decode
from xstilts.metrics.spans import Squad2, SquadScore

CONTEXT = "  The German painter (born 1990) lived in Ulm. Germans and Americans signed the treaty in Köln."


def question(answer: str | None, context: str = CONTEXT, text: str = "Who signed?") -> SpanExample:
    answers = () if answer is None else ((answer, context.index(answer)),)
    return SpanExample(
        id="1", group="1", question=text, context=context, answers=answers, impossible=answer is None, where="d.json:4"
    )


def decoded(example: SpanExample, encoded: Encoded) -> set[str]:
    c = encoded.columns
    return {
        decode(example.context, c["starts"][row], c["ends"][row], c["gold"][row], c["trim"][row])
        for row in range(len(encoded))
        if c["trim"][row]
    }


@pytest.mark.parametrize("answer", ["German", "1990", "Ulm", "(born 1990)", "Germans and Americans", "Köln", "The"])
@pytest.mark.parametrize("max_length", [40, 128])
def test_an_encoded_answer_is_the_answers_own_text(tokenizer: Tokenizer, answer: str, max_length: int) -> None:
    example = question(answer)
    encoded = SpanQA(stride=4, max_answer=20).encode([example], tokenizer, max_length)
    assert decoded(example, encoded) == {answer}
    assert encoded.unusable == 0


def test_an_answer_inside_a_token_is_counted_and_still_exact(bert: Tokenizer) -> None:
    example = question("ermans")
    encoded = SpanQA().encode([example], bert, 128)
    assert encoded.notes == {"answer_inside_token": 1}
    assert decoded(example, encoded) == {"ermans"}
    gold, starts = encoded.columns["gold"][0], encoded.columns["starts"][0]
    assert starts[gold[0]] == CONTEXT.index("Germans")


def test_offsets_belong_to_the_context_alone(tokenizer: Tokenizer) -> None:
    example = question("Ulm")
    encoded = SpanQA().encode([example], tokenizer, 128)
    ids, starts, ends = (encoded.columns[name][0] for name in ("ids", "starts", "ends"))
    assert ids == tokenizer.encode(example.question, example.context).ids
    assert len(ids) == len(starts) == len(ends)
    before = len(ids) - len(tokenizer.encode(CONTEXT, add_special_tokens=False).ids) - 1
    assert set(starts[:before]) == {-1} and starts[-1] == -1


def test_windows_share_the_context_and_only_some_hold_the_answer(tokenizer: Tokenizer) -> None:
    example = question("Köln")
    encoded = SpanQA(stride=6, max_answer=4).encode([example, question("Ulm")], tokenizer, 24)
    columns = encoded.columns
    assert encoded.split == 2 and encoded.truncated == 0
    assert max(map(len, columns["ids"])) <= 24
    mine = [row for row in range(len(encoded)) if columns["example"][row] == 0]
    bounds = [(s, e) for row in mine for s, e in zip(columns["starts"][row], columns["ends"][row], strict=True)]
    covered = {c for s, e in bounds for c in range(s, e)}
    assert covered == {i for i, c in enumerate(CONTEXT) if not c.isspace()}
    golds = [columns["gold"][row] for row in mine]
    assert [0, 0] in golds and any(gold != [0, 0] for gold in golds)


def test_what_cannot_be_trained_on_has_no_gold(xlmr: Tokenizer) -> None:
    kind = SpanQA(no_answer=True, stride=4, max_answer=4)
    unlabelled = SpanExample(id="1", group="1", question="Who?", context=CONTEXT)
    long = question(CONTEXT[2:80])
    encoded = kind.encode([unlabelled, long, question(None)], xlmr, 24)
    golds = {i: [] for i in range(3)}
    for example, gold in zip(encoded.columns["example"], encoded.columns["gold"], strict=True):
        golds[example].append(tuple(gold))
    assert set(golds[0]) == set(golds[1]) == {()} and set(golds[2]) == {(0, 0)}
    assert encoded.unusable == 1


def test_an_answer_of_max_answer_tokens_always_fits_a_window(xlmr: Tokenizer) -> None:
    words = CONTEXT.split()
    examples = [question(word, context=" ".join([*words[i:], *words[:i]])) for i, word in enumerate(words)]
    assert SpanQA(stride=128, max_answer=12).encode(examples, xlmr, 36).unusable == 0


def test_long_questions_are_cut_and_counted(xlmr: Tokenizer) -> None:
    examples = [question("Ulm", text="Who signed the treaty " * 20), question("Ulm")]
    assert SpanQA(max_question=16).encode(examples, xlmr, 64).truncated == 1


def test_an_empty_context_is_one_row_without_an_answer(xlmr: Tokenizer) -> None:
    example = SpanExample(id="1", group="1", question="Who?", context=" \n")
    encoded = SpanQA().encode([example], xlmr, 64)
    outputs = [(np.zeros(len(ids)), np.zeros(len(ids))) for ids in encoded.columns["ids"]]
    assert len(encoded) == 1
    assert SpanQA().postprocess([example], encoded.columns, outputs) == [""]


def test_bad_answers_are_named() -> None:
    shifted = SpanExample(id="1", group="1", question="Who?", context=CONTEXT, answers=(("German", 5),), where="d:4")
    with pytest.raises(DataError, match="d:4: the context does not contain the answer 'German' at character 5"):
        SpanQA().check(shifted)
    with pytest.raises(DataError, match="no answer to 'Who signed"):
        SpanQA().check(question(None))
    SpanQA(no_answer=True).check(question(None))
    blank = SpanExample(id="1", group="1", question="Who?", context=CONTEXT, answers=((" ", 0),))
    with pytest.raises(DataError, match="a blank answer"):
        SpanQA().check(blank)


def test_a_tokenizer_without_a_leading_special_token_is_refused() -> None:
    plain = Tokenizer(models.WordLevel({"a": 0, "b": 1, "?": 2}, unk_token="?"))
    plain.pre_tokenizer = pre_tokenizers.Whitespace()
    with pytest.raises(EncoderError, match="no special token in front"):
        SpanQA().encode([question("Ulm")], plain, 64)


def peaks(length: int, start: int, end: int, height: float) -> tuple[np.ndarray, np.ndarray]:
    logits = np.zeros(length), np.zeros(length)
    logits[0][start], logits[1][end] = height, height
    return logits


def test_the_best_window_wins_and_white_space_is_trimmed(tokenizer: Tokenizer) -> None:
    example = question("treaty")
    kind = SpanQA(stride=6, max_answer=12)
    encoded = kind.encode([example], tokenizer, 32)
    outputs = [
        peaks(len(ids), *(gold if gold != [0, 0] else [len(ids) - 2] * 2), 5.0 if gold != [0, 0] else 4.0)
        for ids, gold in zip(encoded.columns["ids"], encoded.columns["gold"], strict=True)
    ]
    assert kind.postprocess([example], encoded.columns, outputs) == ["treaty"]


def test_no_answer_needs_every_window_to_say_so(xlmr: Tokenizer) -> None:
    example = question("treaty")
    kind = SpanQA(no_answer=True, stride=6, max_answer=12)
    encoded = kind.encode([example], xlmr, 32)
    null = [peaks(len(ids), 0, 0, 3.0) for ids in encoded.columns["ids"]]
    assert kind.postprocess([example], encoded.columns, null) == [""]
    assert SpanQA(stride=6, max_answer=12).postprocess([example], encoded.columns, null) != [""]
    row = next(row for row, gold in enumerate(encoded.columns["gold"]) if gold != [0, 0])
    null[row] = peaks(len(encoded.columns["ids"][row]), *encoded.columns["gold"][row], 2.0)
    assert kind.postprocess([example], encoded.columns, null) == ["treaty"]


@settings(deadline=None)
@given(st.data(), st.integers(1, 9), st.integers(1, 5))
def test_best_span_equals_a_search_over_all_pairs(data: st.DataObject, length: int, longest: int) -> None:
    numbers = st.lists(st.integers(-9, 9), min_size=length, max_size=length)
    start, end = (np.array(data.draw(numbers), dtype=np.float32) for _ in range(2))
    allowed = np.array(data.draw(st.lists(st.booleans(), min_size=length, max_size=length)))
    score, first, last = best_span(start, end, allowed, longest)
    pairs = [
        (a, b)
        for a, b in itertools.product(range(length), repeat=2)
        if allowed[a] and allowed[b] and 0 <= b - a < longest
    ]
    if not pairs:
        assert (score, first, last) == (-np.inf, 0, 0)
        return
    assert score == max(start[a] + end[b] for a, b in pairs) == start[first] + end[last]
    assert (first, last) in pairs


def test_floor_and_metrics() -> None:
    kind = SpanQA(no_answer=True)
    examples = [question(None), question("Ulm")]
    assert kind.gold(examples[0]) == [] and kind.gold(examples[1]) == ["Ulm"]
    counts = kind.count(Squad2(), examples, kind.chance_guesses([[], ["Ulm"]]), "en")
    assert Squad2().values(counts.sum(axis=0))["exact_match"] == 50
    assert SpanQA().metrics == (SquadScore(),) and kind.metrics == (Squad2(),)
