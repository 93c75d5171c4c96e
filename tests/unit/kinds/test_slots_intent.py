"""Rows of intents and slots, guesses from what a head says, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tokenizers import Tokenizer

from toy_frames import INTENTS, SLOTS, frames
from xstilts.core.errors import DataError, StudyError
from xstilts.data.examples import FrameExample
from xstilts.data.source import WHERE
from xstilts.heads.registry import head_key
from xstilts.kinds.slots_intent import SlotsIntent
from xstilts.metrics.frames import FrameAccuracy, IntentAccuracy, SlotF1
from xstilts.metrics.mtop import CasperMatch, PytextFrames
from xstilts.metrics.tallies import headline

KIND = SlotsIntent(intents=INTENTS, slots=SLOTS)
HUM = FrameExample(
    id="1",
    group="1",
    where="a.conll:3",
    lines=(4, 5, 6, 7, 8),
    words=("hum", "red", "red", "at", "noon"),
    slots=("O", "B-song", "I-song", "O", "B-time"),
    intent="play",
)


def test_tags_begin_and_continue_each_slot():
    assert KIND.tags == ("O", "B-song", "I-song", "B-time", "I-time")
    assert KIND.labels == ("play", "remind", *KIND.tags)


def test_gold_of_a_row_is_the_intent_and_then_a_tag_for_each_word(xlmr: Tokenizer):
    encoded = KIND.encode([HUM, replace(HUM, intent=None, slots=None)], xlmr, 32)
    assert encoded.columns["gold"] == [[0, 0, 1, 2, 0, 3], []]
    assert [len(first) for first in encoded.columns["first"]] == [5, 5] and encoded.unusable == 0
    guesses = KIND.postprocess([HUM], {"example": [0]}, [(0, np.array([0, 1, 2, 0, 3]))])
    assert guesses == [KIND.gold(HUM)] == [{"intent": "play", "slots": list(HUM.slots or ())}]
    for metric in KIND.metrics:
        assert headline(metric, KIND.count(metric, [HUM], guesses, "en").sum(axis=0)) == 100


def test_a_long_utterance_is_one_row_of_several_windows(xlmr: Tokenizer):
    words = HUM.words * 9
    encoded = KIND.encode([replace(HUM, words=words, slots=(HUM.slots or ()) * 9)], xlmr, 24)
    assert len(encoded) == 1 and len(encoded.columns["lengths"][0]) > 1 and len(encoded.columns["gold"][0]) == 46


def test_labels_outside_an_open_set_are_counted_and_never_right(xlmr: Tokenizer):
    kind = replace(KIND, open_labels=True)
    strange = [replace(HUM, intent="dance"), replace(HUM, slots=("O", "B-tune", "I-tune", "O", "B-time")), HUM]
    encoded = kind.encode(strange, xlmr, 32)
    assert encoded.columns["gold"][:2] == [[-1, 0, 1, 2, 0, 3], [0, 0, -1, -1, 0, 3]]
    assert encoded.notes["unknown_labels"] == 2
    for example in strange:
        kind.check(example)
    guesses = [{"intent": "play", "slots": list(HUM.slots or ())}] * 3
    right = {m.name: kind.count(m, strange, guesses, "en")[:, 0].tolist() for m in kind.metrics}
    assert right == {FrameAccuracy.name: [0, 0, 1], SlotF1.name: [2, 1, 2], IntentAccuracy.name: [0, 1, 1]}


@pytest.mark.parametrize(
    ("changes", "message", "where"),
    [
        ({"intent": "plya"}, "intent 'plya' is not one of this task's intents", "a.conll:3"),
        ({"slots": ("O", "B-sonk", "O", "O", "O")}, "slot tag 'B-sonk' is not one of this task's", "a.conll:5"),
        ({"slots": ("O",) * 4}, "4 slots for 5 words", "a.conll:3"),
        ({"words": (), "slots": ()}, "an utterance without words", "a.conll:3"),
    ],
)
def test_what_is_refused_and_where(changes: dict, message: str, where: str):
    with pytest.raises(DataError, match=message) as caught:
        KIND.check(replace(HUM, **changes))
    assert caught.value.where == where
    if "not one of" in message:
        assert "play" in str(caught.value) or "B-song" in str(caught.value)


@pytest.mark.parametrize("wrong", [{"states": "last"}, {"intent_weight": 1.5}, {"intent_weight": -0.1}])
def test_settings_out_of_range_are_refused(wrong: dict):
    with pytest.raises(StudyError):
        replace(KIND, **wrong)


def test_heads_stand_for_each_other_where_labels_and_states_are_the_same():
    assert head_key(KIND) == head_key(replace(KIND, intent_weight=0.1, open_labels=True))
    others = [
        replace(KIND, states="mean"),
        replace(KIND, intents=("remind", "play")),
        replace(KIND, slots=("time", "song")),
    ]
    assert len({head_key(kind) for kind in (KIND, *others)}) == 4
    assert KIND.as_encoded == replace(KIND, states="mean", intent_weight=0.1).as_encoded


FORM = replace(HUM, form="[IN:play [SL:song red red ] [SL:time noon ] ]")


def test_guesses_are_written_as_forms_where_gold_is_one():
    right, fewer = (
        {"intent": "play", "slots": slots} for slots in (list(HUM.slots or ()), ["O", "B-song", "I-song", "O", "O"])
    )
    for metric in (CasperMatch(), PytextFrames()):
        counts = KIND.count(metric, [FORM, FORM, FORM], [right, fewer, KIND.gold(FORM)], "en")
        assert counts[:, 0].tolist() == [1, 0, 1]


def test_a_frame_that_no_tags_can_say_is_scored_by_its_form_and_not_trained_on(xlmr: Tokenizer):
    nested = replace(FORM, slots=None, form="[IN:play [SL:song [IN:find [SL:who red noon ] ] ] ]")
    encoded = KIND.encode([nested, HUM], xlmr, 32)
    assert encoded.columns["gold"][0] == [] and encoded.unusable == 1
    gold = KIND.gold(nested)
    assert gold == {"intent": "play", "slots": [], "form": nested.form}
    assert KIND.count(CasperMatch(), [nested], [{"intent": "play", "slots": ["O"] * 5}], "en")[0].tolist()[:2] == [0, 1]


def test_chance_is_the_commonest_intent_and_blind_answers_have_slots_too():
    golds = [KIND.gold(example) for example in frames(40)]
    chance = KIND.chance_guesses(golds)
    most = max(INTENTS, key=lambda intent: sum(gold["intent"] == intent for gold in golds))
    assert {guess["intent"] for guess in chance} == {most} and {tag for g in chance for tag in g["slots"]} == {"O"}
    answers = KIND.blind_answers(golds)
    assert all([len(g["slots"]) for g in answer] == [len(g["slots"]) for g in golds] for answer in answers)
    best = max(sum(SlotF1().tally(*pair, "en")[0] for pair in zip(golds, answer, strict=True)) for answer in answers)
    assert best > 0


def test_a_users_words_are_an_utterance_without_a_frame():
    made = KIND.from_user_row({"words": "hum red", WHERE: "f:1"}, "3")
    assert isinstance(made, FrameExample) and made.words == ("hum", "red") and KIND.gold(made) is None
