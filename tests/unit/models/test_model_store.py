"""The store of models: what is made of fetched files is made anew at each attempt, until it can be used."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from fake_hub import COMMIT, Server
from xstilts.core.errors import EncoderError
from xstilts.data.locate import Roots
from xstilts.models.encoders import ENCODER
from xstilts.models.store import ModelStore


@pytest.fixture
def hub(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    monkeypatch.setenv("HF_ENDPOINT", server.address)
    monkeypatch.setenv("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    return server


def holds(hub: Server, names: Iterable[str]) -> None:
    hub.model = {(COMMIT, name): b"of the hub" for name in names}


@pytest.mark.parametrize("published", [False, True])
def test_a_tokenizer_that_was_converted_and_refused_is_converted_again(
    published: bool, hub: Server, tmp_path: Path
) -> None:
    holds(hub, ["config.json", "model.safetensors", "vocab.txt", *(["tokenizer.json"] if published else [])])
    found: list[str | None] = []

    def convert(folder: Path) -> None:
        file = folder / "tokenizer.json"
        found.append(file.read_text() if file.exists() else None)
        file.write_text("converted" if not published else "of the hub")

    def refuse(folder: Path) -> None:
        raise EncoderError("its pieces are those of another.", hint="Take another.")

    store = ModelStore(spec=replace(ENCODER, convert=convert, check=refuse), roots=Roots(store=tmp_path))
    for _ in range(2):
        with pytest.raises(
            EncoderError, match=r"Take another\. What was fetched is kept .* `xstilts store gc` removes"
        ):
            store.find("o/n", fetch=lambda text: None)
    assert found == ["of the hub" if published else None] * 2
    usable = ModelStore(spec=replace(ENCODER, convert=convert, check=lambda folder: None), roots=Roots(store=tmp_path))
    assert (usable.find("o/n", fetch=lambda text: None) / "tokenizer.json").is_file()


def test_of_a_repository_without_files_nothing_is_kept(hub: Server, tmp_path: Path) -> None:
    holds(hub, ["README.md"])
    with pytest.raises(EncoderError, match="it has no config") as refusal:
        ModelStore(spec=ENCODER, roots=Roots(store=tmp_path)).find("o/n", fetch=lambda text: None)
    assert "store gc" not in str(refusal.value)
