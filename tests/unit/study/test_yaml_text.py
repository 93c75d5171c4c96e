"""What YAML files may hold: bombs, keys that are no texts and scalars that are not what they look like are refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from xstilts.core.errors import DataError, StoreError, StudyError
from xstilts.core.files import open_text, read_json
from xstilts.core.fingerprints import file_fingerprint
from xstilts.study.load import load_study
from xstilts.study.validation import find_file, read_mapping
from xstilts.study.yaml_text import DEEPEST, YamlError, parse_yaml

LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9)
)
WRONG = {
    "deep list": ("x: " + "[" * 5000 + "]" * 5000, 1, "nested too deeply"),
    "deep mapping": ("x: " + "{a: " * 5000 + "1" + "}" * 5000, 1, "nested too deeply"),
    "deep by lines": ("".join(" " * n + "a:\n" for n in range(60)), 0, "nested too deeply"),
    "aliases of aliases": (LAUGHS, 6, "aliases stand for more than 200,000 values"),
    "alias of itself": ("x: &x [*x]", 1, "an alias stands within"),
    "list as key": ("x: 1\n[a, b]: 2", 2, "a key must be a text"),
    "mapping as key": ("? {a: b}\n: 2", 1, "a key must be a text"),
    "key twice": ("x: 1\ny: 2\nx: 3", 3, "the key 'x' stands twice"),
    "no number": ("x: !!int three", 1, "'three' is no whole number"),
    "long number": ("x: 1\ny: " + "7" * 5000, 2, "is no whole number"),
    "no date": ("x: 2001-99-99", 1, "'2001-99-99' is no date"),
    "no truth": ("x: !!bool maybe", 1, "'maybe' is no true or false"),
    "object": ("x: !!python/object/apply:os.system [ls]", 1, "python/object"),
    "no such alias": ("x: *y", 1, "undefined alias"),
    "two documents": ("x: 1\n---\nx: 2", 2, "document"),
    "half a character": ('x: 1\ny: "a\\ud83d"', 2, "half a character"),
    "half a character in a key": ('x: 1\n"a\\udc00": 1', 2, "half a character"),
    "control character": ("x: 1\ny: a\x07b", 2, "U+0007"),
    "tab": ("x:\n\ty: 1", 2, "cannot start any token"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_plain_yaml_is_named_with_its_line(name: str):
    text, line, said = WRONG[name]
    with pytest.raises(YamlError, match=said.replace("+", r"\+")) as caught:
        parse_yaml(text)
    assert not line or caught.value.line == line


def test_what_a_person_writes_is_read():
    text = "a: &a {x: 1, no: 2}\nb: {<<: *a, x: 3}\nc: [*a, *a]\n"
    assert parse_yaml(text)[1] == {"a": {"x": 1, "no": 2}, "b": {"x": 3, "no": 2}, "c": [{"x": 1, "no": 2}] * 2}
    depth = DEEPEST - 2
    assert parse_yaml("x: " + "[" * depth + "]" * depth)[1]["x"] is not None
    assert parse_yaml("") == (None, None)


def test_a_study_that_is_no_text_is_named_with_its_line(tmp_path: Path):
    file = tmp_path / "s.yaml"
    file.write_bytes("question: x\nname: Bücher\n".encode("latin-1"))
    with pytest.raises(StudyError, match=r"s\.yaml: This cannot be read: line 2 is not UTF-8: byte 0xfc"):
        read_mapping(file, "no mapping")
    file.write_bytes(b"\xef\xbb\xbfquestion: x\n")
    assert read_mapping(file, "no mapping") == {"question": "x"}


def test_a_pipe_and_a_device_are_never_opened(tmp_path: Path):
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)
    for read in (open_text, file_fingerprint):
        with pytest.raises(DataError, match="this is a named pipe, not a file"):
            read(pipe)
    with pytest.raises(StoreError, match="this is a named pipe, not a file"):
        read_json(pipe)
    with pytest.raises(DataError, match="this is a device, not a file"):
        open_text(Path("/dev/zero"))
    with pytest.raises(StudyError, match="named pipe"):
        find_file(str(pipe), {}, "study")


def test_json_bombs_in_the_store_are_store_errors(tmp_path: Path):
    file = tmp_path / "x.json"
    for text in ("[" * 100_000, '{"a":' * 5000 + "1" + "}" * 5000, "1" * 5000):
        file.write_text(text)
        with pytest.raises(StoreError):
            read_json(file)


def test_a_scalar_that_is_no_allowed_text_either_is_refused_with_its_place(tmp_path: Path):
    file = tmp_path / "s.yaml"
    file.write_text("question: q\nencoder: tiny-e5\narms: {a: {strategy: direct}}\ntargets: [xnli]\nkeep: true\n")
    with pytest.raises(StudyError, match=r"s\.yaml:5: keep: .*intermediate"):
        load_study(str(file))


def test_a_pair_of_escapes_is_the_character_they_stand_for():
    assert parse_yaml('{"\\ud83d\\ude00": "a\\uD83D\\uDE00b\\u00e9"}')[1] == {"\U0001f600": "a\U0001f600b\u00e9"}
