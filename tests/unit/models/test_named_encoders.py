"""Encoders by short names: the hub first, then what stands in for it; locked, said, found again without a network."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from fake_hub import Server
from tiny_encoders import VOCABULARY, published
from toy_tokenizers import of_characters
from xstilts.core.errors import DataError, EncoderError
from xstilts.data.locate import Roots
from xstilts.models import encoders
from xstilts.models.encoders import expected_encoder, find_encoder, portable_files
from xstilts.models.named_encoders import NAMED_ENCODERS
from xstilts.models.store import Say, Substitute
from xstilts.pipeline.estimates import parameters


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """`e5-small` with a substitute that writes a small folder; no hub answers. What was asked of the substitute."""
    asked: list[str] = []

    def write(folder: Path, say: Say, offline: bool) -> None:
        asked.append("offline" if offline else "online")
        if offline:
            raise EncoderError("not installed.")
        published(folder, "bert")
        of_characters(folder, VOCABULARY)

    substitute = Substitute(label="toybox 1.0 (4 bits)", folder_name="toybox-1.0", write=write)
    toy = replace(NAMED_ENCODERS["e5-small"], substitute=substitute)
    monkeypatch.setitem(encoders.NAMED_ENCODERS, "e5-small", toy)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    return asked


def test_without_a_hub_the_substitute_is_written_once_and_said(calls: list[str], tmp_path: Path) -> None:
    roots, said = Roots(store=tmp_path), []
    first = find_encoder("e5-small", roots, {}, fetch=said.append)
    assert first.origin == "toybox 1.0 (4 bits)" and first.folder == tmp_path / "encoders" / "toybox-1.0"
    assert any("e5-small" in text for text in said)
    again = find_encoder("e5-small", roots, {})  # a plan: nothing is fetched
    assert again == first and calls == ["online"]
    assert [path.name for path in (tmp_path / "encoders").iterdir() if path.name.endswith(".part")] == []


@pytest.mark.parametrize(
    "answer", [b"<html>Please sign in.</html>", b"[]", b'{"sha": 3}', b'{"sha": "main", "siblings": [{}]}']
)
def test_what_answers_and_is_no_hub_is_as_none(
    calls: list[str], answer: bytes, server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A proxy that answers everything."""
    monkeypatch.setattr(server, "_content", lambda path: (answer, {"Content-Type": "text/html"}))
    monkeypatch.setenv("HF_ENDPOINT", server.address)
    found = find_encoder("e5-small", Roots(store=tmp_path), {}, fetch=lambda text: None)
    assert found.origin == "toybox 1.0 (4 bits)" and calls == ["online"]
    with pytest.raises((DataError, EncoderError), match="hub"):  # which has no substitute
        find_encoder("xlmr-base", Roots(store=tmp_path), {}, fetch=lambda text: None)


def test_what_stands_in_travels_with_its_origin(calls: list[str], tmp_path: Path) -> None:
    roots = Roots(store=tmp_path)
    files = portable_files(find_encoder("e5-small", roots, {}, fetch=print), roots)
    (record,) = [content for path, content in files.items() if isinstance(content, bytes)]
    assert json.loads(record)["origin"] == "toybox 1.0 (4 bits)"


def test_without_anything_both_refusals_are_told(calls: list[str], tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"not installed"):
        find_encoder("e5-small", Roots(store=tmp_path, offline=True), {}, fetch=print)
    assert calls == ["offline"]
    with pytest.raises(EncoderError, match=r"'xlmr-base' could not be fetched from the hub"):
        find_encoder("xlmr-base", Roots(store=tmp_path), {}, fetch=print)


def test_a_misspelt_name_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="e5-small"):
        find_encoder("e5-smal", Roots(store=tmp_path), {})


@pytest.mark.parametrize("name", ["xlmr-large", "FacebookAI/xlm-roberta-large", "FacebookAI/xlm-roberta-large@main"])
def test_a_plan_knows_the_shape_of_a_named_encoder(name: str) -> None:
    assert expected_encoder(name).config() == NAMED_ENCODERS["xlmr-large"].config


def test_weights_are_counted_about_right() -> None:
    """Published: 118 M, 278 M, 560 M (token vectors included; positions and biases are left out here)."""
    counts = {name: parameters(NAMED_ENCODERS[name].config) / 1e6 for name in ("e5-small", "xlmr-base", "xlmr-large")}
    assert counts == pytest.approx({"e5-small": 118, "xlmr-base": 278, "xlmr-large": 560}, rel=0.02)
