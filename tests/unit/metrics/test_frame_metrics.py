"""What each benchmark's own program counts of intents and slots, on toys: the conventions in which they differ."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xstilts.metrics.catalog import METRICS
from xstilts.metrics.frames import FrameAccuracy, IntentAccuracy, SlotF1
from xstilts.metrics.massive import MassiveExactMatch, MassiveSlots
from xstilts.metrics.mtop import CasperMatch, PytextFrames, XsemplrMatch
from xstilts.metrics.tallies import Metric, headline
from xstilts.metrics.xsid import XsidSlots, xsid_spans

TAGS = ("O", "B-a", "I-a", "B-b", "I-b")
OF_TAGS = (IntentAccuracy(), SlotF1(), FrameAccuracy(), XsidSlots(), MassiveSlots(), MassiveExactMatch())
OF_FORMS = (CasperMatch(), PytextFrames(), XsemplrMatch())
CALL = "[IN:CALL [SL:WHO [IN:FIND [SL:KIN sister ] ] ] ]"
WEATHER = "[IN:WEATHER [SL:PLACE new york ] [SL:TIME today ] ]"


def frame(tags: str, intent: str = "x") -> dict[str, Any]:
    return {"intent": intent, "slots": tags.split()}


def values(metric: Metric, gold: Any, guess: Any) -> dict[str, float]:
    total = np.asarray(metric.tally(gold, guess, "en"))
    return {name: float(value) for name, value in metric.values(total).items()}


def xsid(gold: str, guess: str) -> dict[str, float]:
    return values(XsidSlots(), frame(gold), frame(guess))


def seqeval(gold: str, guess: str) -> float:
    return values(SlotF1(), frame(gold), frame(guess))["slot_f1"]


def forms(metric: Metric, gold: str, guess: str) -> dict[str, float]:
    return values(metric, {"form": gold}, {"form": guess})


def test_xsid_cannot_tell_a_span_to_the_last_word_from_one_that_stops_before_it():
    gold, guess = "O B-a I-a", "O B-a O"
    assert xsid(gold, guess)["slot_f1"] == xsid(gold, guess)["fully_correct"] == 100
    assert seqeval(gold, guess) == 0
    assert xsid("O B-a I-a O", "O B-a O O")["slot_f1"] == 0


def test_xsid_never_looks_at_the_label_of_a_word_inside():
    gold, guess = "B-a I-a I-a O", "B-a I-b I-a O"
    assert xsid(gold, guess)["slot_f1"] == 100
    assert seqeval(gold, guess) == 0


def test_to_xsid_an_inside_after_nothing_is_no_span():
    gold, guess = "O B-a I-a O", "O I-a I-a O"
    assert xsid(gold, guess)["slot_f1"] == 0 and xsid_spans(guess.split()) == set()
    assert seqeval(gold, guess) == 100


def test_xsids_loose_score_is_lopsided_and_neighbours_overlap():
    around, inside = "O B-a I-a I-a I-a O", "O O B-a I-a O O"
    found = xsid(around, inside)
    assert (found["loose_recall"], found["loose_precision"], found["loose_f1"]) == (100, 0, 0)
    assert xsid("O B-a I-a O O O", "O O O B-a O O")["loose_f1"] == 100
    assert xsid("O B-a I-a O O O", "O O O B-b O O")["loose_f1"] == 0


def test_xsids_unlabelled_score_looks_at_starts_alone():
    found = xsid("O O B-a I-a O O", "O O B-b O O O")
    assert found["unlabelled_f1"] == 100 and found["slot_f1"] == 0


def test_without_slots_f1_is_nothing_and_the_utterance_is_right():
    found = xsid("O O", "O O")
    assert found["slot_f1"] == found["loose_f1"] == found["unlabelled_f1"] == 0 and found["fully_correct"] == 100
    assert values(MassiveSlots(), frame("O O"), frame("O O"))["slot_f1"] == 0
    assert values(MassiveExactMatch(), frame("O O"), frame("O O"))["exact_match"] == 100


def test_massive_cannot_tell_two_neighbours_of_one_name_apart():
    gold, guess = frame("B-a B-a O"), frame("B-a I-a O")
    assert (
        values(MassiveSlots(), gold, guess)["slot_f1"] == values(MassiveExactMatch(), gold, guess)["exact_match"] == 100
    )
    assert values(SlotF1(), gold, guess)["slot_f1"] == values(FrameAccuracy(), gold, guess)["frame_accuracy"] == 0


def test_massive_cuts_and_fills_up_a_guess_of_another_length():
    longer, shorter = frame("B-a O B-b"), frame("B-a")
    assert values(MassiveExactMatch(), frame("B-a O"), longer)["exact_match"] == 100
    assert values(MassiveSlots(), frame("B-a O B-b"), shorter)["slot_f1"] == pytest.approx(200 / 3)


def test_a_wrong_intent_is_wrong_whatever_the_slots():
    gold, guess = frame("B-a O"), frame("B-a O", intent="y")
    for metric in (IntentAccuracy(), FrameAccuracy(), MassiveExactMatch()):
        assert headline(metric, np.asarray(metric.tally(gold, guess, "en"))) == 0
    assert values(XsidSlots(), gold, guess)["fully_correct"] == 0
    assert values(MassiveSlots(), gold, guess)["slot_f1"] == 100


@pytest.mark.parametrize(
    ("guess", "casper", "pytext", "xsemplr", "llm"),
    [
        (WEATHER, 1, 1, 1, 1),
        ("[IN:WEATHER [SL:TIME today ] [SL:PLACE new york ] ]", 0, 0, 0, 0),  # another order
        (WEATHER.lower().replace("in:", "IN:").replace("sl:", "SL:"), 0, 1, 0, 1),
        (WEATHER.replace("new york", "NEW YORK"), 0, 1, 0, 1),
        (WEATHER.replace(" ]", "]"), 0, 1, 1, 1),
        (WEATHER.replace(" ", "  "), 0, 1, 1, 1),
        (WEATHER.replace("WEATHER ", "WEATHER\t"), 0, 0, 0, 0),
        (WEATHER.replace("new york", "new\xa0york"), 0, 1, 0, 0),
        (WEATHER.replace("new york", "newyork"), 0, 0, 1, 1),
        (WEATHER.replace("york", "cork"), 0, 0, 0, 0),  # as long as the right word
        (WEATHER + " please", 0, 1, 0, 0),
        (WEATHER + " ]", 0, 0, 0, 0),
        (WEATHER[:-2], 0, 0, 0, 0),
        ("", 0, 0, 0, 0),
    ],
)
def test_exact_match_of_mtop_is_another_number_in_each_program(
    guess: str, casper: int, pytext: int, xsemplr: int, llm: int
):
    other = forms(XsemplrMatch(), WEATHER, guess)
    found = (
        forms(CasperMatch(), WEATHER, guess)["exact_match"],
        forms(PytextFrames(), WEATHER, guess)["frame_accuracy"],
        other["exact_match"],
        other["exact_match_llm"],
    )
    assert found == (100 * casper, 100 * pytext, 100 * xsemplr, 100 * llm)


def test_to_pytext_one_word_too_many_makes_all_later_slots_wrong():
    found = forms(PytextFrames(), WEATHER, WEATHER.replace("york", "york city"))
    assert found["bracket_slots_f1"] == found["bracket_intents_f1"] == 0 and found["top_intent"] == 100


def test_pytext_counts_an_invalid_form_as_one_wrong_intent_and_its_slots_as_missed_alone():
    counts = PytextFrames().tally({"form": WEATHER}, {"form": "[IN:WEATHER"}, "en")
    named = dict(zip(PytextFrames.counts, counts, strict=True))
    assert [named[f"bracket_intents_{name}"] for name in ("both", "predicted", "gold")] == [0, 1, 1]
    assert [named[f"bracket_slots_{name}"] for name in ("both", "predicted", "gold")] == [0, 0, 2]
    assert named["invalid"] == 1


def test_of_a_wrong_inner_intent_the_outer_slot_keeps_its_bracket_and_loses_its_tree():
    found = forms(PytextFrames(), CALL, CALL.replace("FIND", "SEE"))
    assert found["bracket_slots_f1"] == 100 and found["tree_slots_f1"] == 50
    assert forms(PytextFrames(), CALL, CALL)["tree_overall_f1"] == 100


@pytest.mark.parametrize(
    "text",
    ["[SL:A x ]", "[IN:A [IN:B x ] ]", "[IN:A [SL:B [SL:C x ] ] ]", "[XX:A x ]", "[[IN:A ]", "[IN:A \\x ]", "] ]", "x"],
)
def test_what_is_no_tree_to_pytext(text: str):
    assert forms(PytextFrames(), WEATHER, text)["invalid"] == 100


def test_pytext_puts_two_trees_below_one_and_reads_escaped_brackets():
    pair = "[IN:A [SL:B x ] ] [IN:A [SL:C y ] ]"
    assert forms(PytextFrames(), WEATHER, pair)["invalid"] == 0
    assert forms(PytextFrames(), pair, pair)["frame_accuracy"] == 100
    assert forms(PytextFrames(), "[IN:A [SL:B \\[ ] ]", "[IN:A [SL:B \\] ] ]")["invalid"] == 0


def test_caspers_template_is_the_set_of_paths_that_hold_words():
    twice = WEATHER[:-1] + "[SL:TIME now ] ]"
    assert forms(CasperMatch(), WEATHER, twice)["template"] == 100
    assert forms(CasperMatch(), CALL, CALL.replace("FIND", "SEE"))["template"] == 0
    assert forms(CasperMatch(), WEATHER, WEATHER.replace(" ]", "]"))["invalid"] == 100


@given(st.data())
def test_gold_as_guess_is_perfect_and_counts_are_never_more_than_there_are(data: st.DataObject):
    size = data.draw(st.integers(1, 7))
    gold, guess = (
        {"intent": "x", "slots": data.draw(st.lists(st.sampled_from(TAGS), min_size=size, max_size=size))} for _ in "12"
    )
    for metric in OF_TAGS:
        assert METRICS[metric.name] == metric
        shares = [*values(metric, gold, guess).values(), *values(metric, gold, gold).values()]
        assert min(shares) >= 0 and max(shares) <= 100 + 1e-9
    if xsid_spans(gold["slots"]):
        assert values(XsidSlots(), gold, gold)["slot_f1"] == values(XsidSlots(), gold, gold)["loose_f1"] == 100
    assert values(FrameAccuracy(), gold, gold)["frame_accuracy"] == 100


@given(st.text(alphabet="[]\\ \t:INSLab", max_size=30))
def test_no_text_stops_the_readers_of_trees(text: str):
    for metric in OF_FORMS:
        found = forms(metric, WEATHER, text)
        assert all(0 <= value <= 100 for value in found.values())
        assert forms(metric, WEATHER, WEATHER)[metric.headline[0]] == 100
