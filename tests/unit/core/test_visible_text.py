"""Text from data never steers what shows it, and JSON keeps its value."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from xstilts.core.visible_text import escaped_json, visible

STEERING = [chr(code) for code in (0, 7, 8, 13, 27, 127, 0x9B, 0x85, 0x202E, 0x2066, 0x200F, 0x2028, 0xD800)]


def test_every_steering_character_is_replaced_by_one_that_shows():
    for character in STEERING:
        shown = visible(f"a{character}b")
        assert len(shown) == 3 and character not in shown and shown.isprintable(), hex(ord(character))


def test_ordinary_text_of_any_script_stays():
    for text in ("a\tb\n", "naïve Größe", "नमस्ते दुनिया", "שלום", "👩‍👩‍👧", "1 − 2 → 3"):
        assert visible(text) == text


@given(st.text(), st.sampled_from(["ascii", "latin-1", "utf-8", "cp1252", "UTF8"]))
def test_json_has_the_same_value_in_every_encoding(text: str, encoding: str):
    written = escaped_json(json.dumps({"it": text}, ensure_ascii=False), encoding)
    assert json.loads(written.encode(encoding).decode(encoding)) == {"it": text}


@given(st.text())
def test_json_has_the_same_value_and_no_steering_character(text: str):
    written = escaped_json(json.dumps({"it": text}, ensure_ascii=False, indent=1))
    assert json.loads(written) == {"it": text}
    assert visible(written) == written
