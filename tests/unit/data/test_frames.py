"""Intents, slots and trees of meanings: what is read, and what is refused where."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xstilts.core.errors import DataError
from xstilts.data.locate import Roots
from xstilts.data.meaning_trees import flat_form, flat_frame, meaning_tree
from xstilts.data.read import load_examples, resolve_source
from xstilts.data.readers.catalog import MassiveUtterances, SplitWords, XsidUtterances, ZippedFiles
from xstilts.data.row_makers.catalog import FramesRow
from xstilts.data.source import WHERE
from xstilts.tasks.catalog import TASKS

Put = Callable[[str, str], Path]
ROW = {WHERE: "a:7", "words": ["wake", "me", "at", "five", "am"], "intent": "alarm"}


def flat(form: str, text: str) -> tuple[str, tuple[str, ...] | None]:
    return flat_frame(meaning_tree(form, "f:1"), text.split())


def test_the_outermost_slots_are_those_of_a_flat_frame():
    form = "[IN:CALL [SL:WHO [IN:FIND [SL:KIN sister ] ] ] [SL:WHEN at noon ] ]"
    assert flat(form, "call my sister at noon") == ("CALL", ("O", "O", "B-WHO", "B-WHEN", "I-WHEN"))
    assert flat("[IN:STOP ]", "stop it") == ("STOP", ("O", "O"))


def test_words_are_looked_for_one_slot_after_the_other_and_then_anywhere():
    assert flat("[IN:A [SL:X b ] [SL:Y b ] ]", "b a b")[1] == ("B-X", "O", "B-Y")
    assert flat("[IN:A [SL:X c ] [SL:Y a b ] ]", "a b c")[1] == ("B-Y", "I-Y", "B-X")
    assert flat("[IN:A [SL:X b ] [SL:Y a b ] ]", "a b b")[1] == ("B-Y", "I-Y", "B-X")


@pytest.mark.parametrize(
    "form", ["[IN:A [SL:X a c ] ]", "[IN:A [SL:X ] ]", "[IN:A [SL:X a ] [SL:Y a ] ]", "[IN:A [SL:X A ] ]"]
)
def test_a_slot_that_is_no_run_of_free_words_has_no_tags(form: str):
    assert flat(form, "a b c") == ("A", None)


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ("[IN:A [SL:X a ]", "bracket of 'IN:A' is never closed"),
        ("[IN:A [SL:X a ] ] ]", "goes on after its last bracket, with ']'"),
        ("IN:A a ]", "begins with 'IN:A'"),
        ("[SL:X a ]", r"'SL:X' stands where an intent \(IN:...\) is expected"),
        ("[IN:A [IN:B a ] ]", "'IN:B' stands where a slot"),
        ("[IN:A [SL:X [SL:Y a ] ] ]", "'SL:Y' stands where an intent"),
        ("[IN: a ]", "'IN:' stands where an intent"),
        ("", "begins with ''"),
    ],
)
def test_a_form_that_is_no_tree_stops_with_its_place(form: str, message: str):
    with pytest.raises(DataError, match=rf"f:3: .*{message}|{message}") as caught:
        meaning_tree(form, "f:3")
    assert caught.value.where == "f:3"


@given(st.data())
def test_a_flat_frame_comes_back_from_its_form(data: st.DataObject):
    words = [f"w{i}" for i in range(data.draw(st.integers(1, 8)))]
    tags: list[str] = []
    for _ in words:
        last = tags[-1][2:] if tags and tags[-1] != "O" else ""
        tags.append(data.draw(st.sampled_from(["O", "B-X", "B-Y", *([f"I-{last}"] if last else [])])))
    form = flat_form(words, "A", tags)
    assert flat_frame(meaning_tree(form, "f:1"), words) == ("A", tuple(tags))
    assert form.count("[") == form.count("]") == 1 + sum(tag.startswith("B-") for tag in tags)


def test_names_without_beginnings_become_tags():
    made = FramesRow(outside="-")({**ROW, "slots": ["-", "-", "-", "time", "time"]}, 0)
    assert made.slots == ("O", "O", "O", "B-time", "I-time") and made.intent == "alarm" and made.where == "a:7"


def test_slots_and_intents_get_other_names():
    make = FramesRow(renamed=(("timeRange", "datetime"),), intents=(("alarm", "alarm/set"),))
    made = make({**ROW, "slots": ["O", "O", "O", "B-timeRange", "I-timeRange"]}, 0)
    assert made.slots[3:] == ("B-datetime", "I-datetime") and made.intent == "alarm/set"
    with pytest.raises(DataError, match="'play' is not a label of this file"):
        make({**ROW, "slots": ["O"] * 5, "intent": "play"}, 0)


@pytest.mark.parametrize("null", ["slots", "intent"])
def test_an_utterance_without_intent_or_slots_is_unlabelled(null: str):
    made = FramesRow()({**ROW, "slots": ["O"] * 5, null: None}, 0)
    assert made.slots is None and made.intent is None and len(made.words) == 5


MASSIVE = [
    ("0", "train", "alarm_set", "wake me up at [time : five am] [date : this week]"),
    ("1", "test", "iot_hue_lightoff", "lights off"),
    ("2", "test", "play_music", "[song_name : 夜曲 live]播放"),
]


def massive(put: Put, text: str = "") -> Path:
    rows = [{"id": a, "partition": b, "intent": c, "annot_utt": d, "utt": "x"} for a, b, c, d in MASSIVE]
    if text:
        rows.append({"id": "9", "partition": "test", "intent": "x", "annot_utt": text})
    return put("en-US.jsonl", "".join(json.dumps(row) + "\n" for row in rows))


def test_massive_marks_slots_inside_the_utterance(put: Put):
    [row] = MassiveUtterances(partition="train")([massive(put)])
    assert row["words"] == ["wake", "me", "up", "at", "five", "am", "this", "week"]
    assert row["slots"] == ["Other"] * 4 + ["time", "time", "date", "date"] and row["intent"] == "alarm_set"


def test_massive_is_cut_into_characters_where_words_are_not_spaced(put: Put):
    rows = list(MassiveUtterances(partition="test", by_character=True)([massive(put)]))
    assert [row["id"] for row in rows] == ["1", "2"] and rows[0]["words"] == ["lights", "off"]
    assert rows[1]["words"] == ["夜", "曲", "live", "播", "放"]
    assert rows[1]["slots"] == ["song_name"] * 3 + ["Other"] * 2


@pytest.mark.parametrize("text", ["at [time : five", "at [five]", "at five] am", "[time : [date : x]]"])
def test_brackets_of_massive_that_do_not_fit_stop_with_their_line(text: str, put: Put):
    with pytest.raises(DataError, match="brackets that do not fit") as caught:
        list(MassiveUtterances(partition="test")([massive(put, text)]))
    assert str(caught.value.where).endswith("en-US.jsonl:4")


def test_files_in_step_keep_the_lines_of_words_of_the_first(put: Put):
    block = "# intent = play\n1\thum\tplay\tO\n2\tred\tplay\tB-song\n\n"
    files = [put("a.conll", block), put("b", "x\n")]
    [row] = ZippedFiles(readers=(XsidUtterances(), SplitWords(field="more")))(files)
    made = FramesRow()(row, 0)
    assert made.place(1).endswith("a.conll:3")


def real(name: str, use: str, shared_data: Path, tmp_path: Path):
    task = TASKS[name]
    found = task.train if use == "train" else task.test[use]
    assert found is not None
    return load_examples(resolve_source(found, Roots(data=(shared_data,), store=tmp_path, offline=True)))


def test_forms_of_mtop_whose_slots_are_runs_of_words(shared_data: Path, tmp_path: Path):
    """Few utterances have a slot that no tags can say; an exact flat frame is wrong for those whose form is nested, or
    has its slots in another order."""
    expected = {
        "de": (680, 557),
        "en": (694, 654),
        "es": (691, 608),
        "fr": (692, 612),
        "hi": (687, 479),
        "th": (668, 569),
    }
    found = {}
    for language in expected:
        examples = real("mtop", language, shared_data, tmp_path).examples
        tagged = [example for example in examples if example.slots is not None]
        said = [e for e in tagged if flat_form(e.words, e.intent, e.slots) == e.form]
        assert len(examples) == 700
        found[language] = (len(tagged), len(said))
    assert found == expected


def test_snips_under_the_names_of_xsid_has_the_tags_of_xsid(shared_data: Path, tmp_path: Path):
    """Every utterance of xSID's validation set that stands in Snips has the tags and the intent that are made of it."""
    snips = {e.words: e for e in real("xsid-snips", "train", shared_data, tmp_path).examples}
    make, compared = FramesRow(group=("item",)), 0
    for number, row in enumerate(XsidUtterances()([shared_data / "xsid/xSID-0.7/en.valid.conll.gz"])):
        ours = make(row, number)
        if theirs := snips.get(tuple(word.lower() for word in ours.words)):
            compared += 1
            assert (theirs.slots, theirs.intent) == (ours.slots, ours.intent), ours.where
    assert compared > 80
