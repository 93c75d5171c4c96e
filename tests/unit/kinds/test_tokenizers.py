"""Tokenizers, their special tokens, and the frame around texts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from xstilts.core.errors import EncoderError, StudyError
from xstilts.kinds.special_tokens import encode_texts, frame, longest_first
from xstilts.kinds.tokenizers import Specials, load_tokenizer, pieces, specials, tokenizer_fingerprint


def test_a_folder_without_tokenizer_json_is_named(tmp_path: Path) -> None:
    for call in (load_tokenizer, tokenizer_fingerprint):
        with pytest.raises(EncoderError, match=r"no tokenizer\.json in"):
            call(tmp_path)
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(EncoderError, match="cannot be read as a tokenizer"):
        load_tokenizer(tmp_path)


@pytest.mark.versions
def test_a_loaded_tokenizer_neither_cuts_nor_pads(tmp_path: Path, xlmr: Tokenizer) -> None:
    copy = Tokenizer.from_str(xlmr.to_str())
    copy.enable_truncation(4)
    copy.enable_padding(length=64)
    copy.save(str(tmp_path / "tokenizer.json"))
    loaded = load_tokenizer(tmp_path)
    assert loaded.encode("The German painter was born").ids == xlmr.encode("The German painter was born").ids


def test_the_fingerprint_follows_the_content(tmp_path: Path, xlmr: Tokenizer, bert: Tokenizer) -> None:
    digests = []
    for name, tokenizer in (("a", xlmr), ("b", xlmr), ("c", bert)):
        (tmp_path / name).mkdir()
        tokenizer.save(str(tmp_path / name / "tokenizer.json"))
        digests.append(tokenizer_fingerprint(tmp_path / name))
    assert digests[0] == digests[1] != digests[2]


def test_special_tokens_of_each_family(xlmr: Tokenizer, bert: Tokenizer) -> None:
    assert specials(xlmr) == Specials(cls=0, sep=2, pad=1, mask=4, unk=3)
    assert specials(bert) == Specials(cls=2, sep=3, pad=0, mask=4, unk=1)


def test_the_folder_may_name_its_special_tokens(tmp_path: Path, xlmr: Tokenizer) -> None:
    named = {"mask_token": {"content": "<unk>", "lstrip": True}, "pad_token": "</s>"}
    (tmp_path / "special_tokens_map.json").write_text(json.dumps(named))
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"pad_token": "<pad>", "bos_token": "<s>"}))
    assert specials(xlmr, tmp_path) == Specials(cls=0, sep=2, pad=2, mask=3, unk=3)


@pytest.mark.versions
def test_the_frame_is_what_the_post_processor_makes(tokenizer: Tokenizer) -> None:
    a, b = "Ulm 1990", "Germans signed"
    whole = tokenizer.encode(a, b)
    ids, segments = frame(tokenizer, 2).join(*pieces(tokenizer, [a, b]))
    assert (ids, segments) == (whole.ids, whole.type_ids)
    ids, segments = frame(tokenizer, 1).join(pieces(tokenizer, [a])[0])
    assert (ids, segments) == (tokenizer.encode(a).ids, tokenizer.encode(a).type_ids)


def test_truncation_is_that_of_the_tokenizers_library(tokenizer: Tokenizer) -> None:
    text, pair = "The German painter was born in Ulm in 1990", "Germans and Americans signed"
    copy = Tokenizer.from_str(tokenizer.to_str())
    longest = len(copy.encode(text, pair).ids)
    for length in range(7, longest + 1):
        copy.enable_truncation(length, strategy="longest_first")
        made = encode_texts([text], [pair], tokenizer, length)
        assert made.ids[0] == copy.encode(text, pair).ids
        assert made.segments[0] == copy.encode(text, pair).type_ids
        assert made.cut == [length < longest]


def test_a_shared_tokenizer_keeps_its_state(xlmr: Tokenizer) -> None:
    copy = Tokenizer.from_str(xlmr.to_str())
    copy.enable_truncation(5, stride=1)
    copy.enable_padding(length=9, pad_id=1, pad_token="<pad>")
    before = copy.truncation, copy.padding
    made = encode_texts(["The German painter was born in Ulm"], [None], copy, 64)
    assert len(made.ids[0]) > 9
    assert (copy.truncation, copy.padding) == before


def test_no_room_for_text_is_an_error(xlmr: Tokenizer) -> None:
    with pytest.raises(StudyError, match="max_length 5 leaves no room for text beside 4 special tokens"):
        encode_texts(["a"], ["b"], xlmr, 5)


@settings(deadline=None)
@given(st.integers(0, 40), st.integers(0, 40), st.integers(2, 60))
def test_longest_first_fills_the_room_and_spares_the_shorter(first: int, second: int, room: int) -> None:
    kept = longest_first(first, second, room)
    assert sum(kept) == min(first + second, room)
    assert kept[0] <= first and kept[1] <= second
    if kept != (first, second) and min(kept) < min(first, second):
        assert abs(kept[0] - kept[1]) <= 1
