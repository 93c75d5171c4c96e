"""Fetching and carrying, with the real command line against a hub on the loopback."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from tiny_study import TinyStudy, texts, write_weather

from fake_hub import BRANCH, COMMIT, Server
from tiny_encoders import published
from toy_tokenizers import byte_pairs
from xstilts.cli import main
from xstilts.core.errors import EncoderError
from xstilts.data.locate import Roots
from xstilts.engine.drafts import draft_folders
from xstilts.engine.store import Store
from xstilts.kinds.tokenizers import load_tokenizer
from xstilts.models.encoders import find_encoder


@pytest.fixture
def hub(server: Server, tmp_path: Path, encoder: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
    """A hub with an encoder and the files of `network_tasks`; one of them is at its original address alone."""
    monkeypatch.setenv("HF_ENDPOINT", server.address)
    monkeypatch.setenv("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    monkeypatch.setenv("TOY_ADDRESS", server.address)
    monkeypatch.delitem(sys.modules, "network_tasks", raising=False)
    for language, rows in {"en": 24, "de": 10, "sw": 10}.items():
        write_weather(tmp_path / "file.tsv", texts(language, rows, seed=1))
        server.files[COMMIT, f"sky-{language}.tsv"] = (tmp_path / "file.tsv").read_bytes()
    server.web["/sky-sw.tsv"] = server.files.pop((COMMIT, "sky-sw.tsv"))
    for path in encoder.iterdir():
        server.model[COMMIT, path.name] = path.read_bytes()
    server.model[COMMIT, "README.md"] = b"not wanted"
    return server


def call(*arguments: str, store: Path) -> int:
    return main([*arguments, "--tasks", "network_tasks:TASKS", "--store", str(store)])


@pytest.fixture
def sky(tmp_path: Path) -> Path:
    """A study of the fetched task, with the encoder of the hub."""
    path = tmp_path / "sky.yaml"
    value = {
        "question": "Does it rain?", "encoder": "o/n", "precision": "fp32", "arms": {"none": {"strategy": "direct"}},
        "targets": ["sky"], "train": {"updates": 3, "batch": 8, "lr": 1e-3, "max_length": 32},
    }  # fmt: skip
    path.write_text(yaml.safe_dump(value), "utf-8")
    return path


def scores(store: Path) -> dict[str, bytes]:
    return {path.parent.name: path.read_bytes() for path in store.glob("steps/score-*/scores.json")}


def test_a_task_is_fetched_once_locked_and_refused_when_it_changes(hub, tmp_path, capsys):
    store = tmp_path / "store"
    assert call("data", "check", "sky", store=store) == 1
    assert "MISSING  sky en" in capsys.readouterr().out
    assert call("data", "get", "sky", store=store) == 0
    assert "3 of 3 are here" in capsys.readouterr().out
    lock = json.loads((store / "data/lock.json").read_text())
    assert lock["revisions"] == {"o/n": COMMIT}
    assert {path.rpartition("/")[2]: entry["from"].split("://")[0] for path, entry in lock["files"].items()} == {
        "sky-en.tsv": "hf", "sky-de.tsv": "hf", "sky-sw.tsv": "http",
    }  # fmt: skip
    before = {path: path.stat().st_mtime_ns for path in (store / "data").rglob("*")}
    hub.asked.clear()
    assert call("data", "get", "sky", store=store) == 0
    assert hub.asked == []
    assert {path: path.stat().st_mtime_ns for path in (store / "data").rglob("*")} == before
    assert call("data", "check", "sky", store=store) == 0
    [changed] = store.glob("data/hub/o/n/*/sky-de.tsv")
    changed.write_text("text\tsky\nSonne\tfair\n")
    capsys.readouterr()
    assert call("data", "check", "sky", store=store) == 1
    out = capsys.readouterr().out
    [line] = [line for line in out.splitlines() if line.startswith("CHANGED")]
    locked = next(entry["sha256"] for path, entry in lock["files"].items() if path.endswith("sky-de.tsv"))
    assert f"locked as {locked}" in line and line.count("sha256") == 1 and "sky de" in line
    assert "2 of 3 are here and unchanged" in out


def test_get_says_what_it_could_not_fetch(hub, tmp_path, capsys):
    del hub.web["/sky-sw.tsv"], hub.files[COMMIT, "sky-de.tsv"]
    assert call("data", "get", "sky", store=tmp_path / "store") == 2
    said = capsys.readouterr()
    assert "1 of 3 are here" in said.out
    assert "sky-sw.tsv" in said.err and "answered 404" in said.err


def test_without_a_network_every_missing_file_is_counted_after_one_try(hub, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("XSTILTS_OFFLINE", "1")
    assert call("data", "get", "sky", store=tmp_path / "store") == 2
    said = capsys.readouterr()
    assert "0 of 3 are here" in said.out
    assert said.err.count("missing:") == 3 and said.err.count("switched off") == 1
    assert hub.asked == []


def test_an_encoder_of_the_hub_is_fetched_once_and_then_runs_offline(hub, sky, tmp_path, capsys):
    store = tmp_path / "store"
    assert call("plan", str(sky), store=store) == 0  # a plan fetches nothing
    assert "To be fetched first: the encoder o/n and" in capsys.readouterr().out
    assert hub.asked == []
    assert call("data", "get", str(sky), store=store) == 0
    assert "4 of 4 are here" in capsys.readouterr().out
    names = {path.name for path in (store / "encoders/o--n" / COMMIT).iterdir() if path.is_file()}
    assert names == {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"}
    hub.asked.clear()
    assert call("run", str(sky), "--threads", "1", store=store) == 0
    assert hub.asked == []
    assert len(scores(store)) == 1
    assert call("data", "check", str(sky), store=store) == 0
    tokenizer = store / "encoders/o--n" / COMMIT / "tokenizer.json"
    tokenizer.write_text(tokenizer.read_text() + " ")
    capsys.readouterr()
    assert call("data", "check", str(sky), store=store) == 1
    assert "CHANGED  encoder o/n" in capsys.readouterr().out
    assert call("run", str(sky), store=store) == 2
    assert "locked as" in capsys.readouterr().err


def test_names_of_one_encoder_share_a_folder_and_branches_stay_where_they_were(hub, tmp_path):
    for (_, name), content in list(hub.model.items()):
        hub.model[BRANCH, name] = content
    roots = Roots(store=tmp_path / "store")
    said: list[str] = []
    newest, branch, commit = (
        find_encoder(name, roots, {}, fetch=said.append) for name in ("o/n", "o/n@main", f"o/n@{COMMIT}")
    )
    assert said == ["fetching the encoder o/n", "fetching the encoder o/n@main", f"fetching the encoder o/n@{COMMIT}"]
    assert newest.folder == commit.folder != branch.folder
    weights = [request for request in hub.asked if request.startswith("GET") and "safetensors" in request]
    assert len(weights) == 2  # the same commit under another name is not fetched again
    assert newest.ref.identity == branch.ref.identity  # the same content
    hub.asked.clear()
    quiet = Roots(store=roots.store, offline=True)
    assert find_encoder("o/n@main", quiet, {}).folder == branch.folder
    assert hub.asked == []


def test_a_killed_fetch_of_an_encoder_goes_on_from_the_files_that_came(hub, tmp_path, monkeypatch):
    roots, store = Roots(store=tmp_path / "store"), Store(tmp_path / "store")

    def kill(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("xstilts.models.store.move_files", kill)
        for _ in range(3):
            with pytest.raises(KeyboardInterrupt):
                find_encoder("o/n", roots, {}, fetch=print)
    (draft,) = draft_folders(roots.store)
    left = draft / "files" / ".cache" / "huggingface" / "download" / "x.1.incomplete"
    left.write_bytes(b"what the client had of a file")
    assert store.du()["(unfinished downloads)"].bytes > 1000 and not list((roots.store / "encoders").glob("*.json"))
    hub.asked.clear()
    assert find_encoder("o/n", roots, {}, fetch=print).folder is not None
    assert not [request for request in hub.asked if request.startswith("GET") and "/resolve/" in request]
    assert not draft_folders(roots.store) and store.du() == {}


def test_an_encoder_with_files_of_an_older_format_alone_gets_a_tokenizer(hub, tmp_path):
    store, folder = tmp_path / "store", tmp_path / "published"
    published(folder, "roberta", vocab_size=300)
    (folder / "tokenizer.json").unlink()
    byte_pairs(folder, ["s u", "su n"])
    hub.model = {(COMMIT, path.name): path.read_bytes() for path in folder.iterdir()}
    found = find_encoder("o/n", Roots(store=store), {}, fetch=lambda text: None)
    assert load_tokenizer(found.folder).encode("sun").tokens == ["<s>", "sun", "</s>"]
    hub.asked.clear()
    assert find_encoder("o/n", Roots(store=store, offline=True), {}) == found and hub.asked == []


def test_an_encoder_that_is_none_never_comes_into_the_store(hub, tmp_path):
    roots, config = Roots(store=tmp_path / "store"), json.loads(hub.model[COMMIT, "config.json"])
    hub.model[COMMIT, "config.json"] = json.dumps({**config, "vocab_size": 5000}).encode()
    with pytest.raises(EncoderError, match=r"the encoder 'o/n' cannot be used: the tensor .* config.json needs 5000x"):
        find_encoder("o/n", roots, {}, fetch=lambda text: None)
    del hub.model[COMMIT, "tokenizer.json"]
    with pytest.raises(EncoderError, match=r"the encoder 'o/n' cannot be used: this encoder has no tokenizer.json"):
        find_encoder("o/n", Roots(store=tmp_path / "new"), {}, fetch=lambda text: None)
    assert not list(roots.store.glob("encoders/*.json"))


def test_an_encoder_that_cannot_be_had_names_what_is_like_it(hub, tmp_path):
    roots = Roots(store=tmp_path / "store")
    del hub.model[COMMIT, "model.safetensors"]
    with pytest.raises(EncoderError, match="no safetensors weights"):
        find_encoder("o/n", roots, {}, fetch=lambda text: None)
    with pytest.raises(EncoderError, match=r"'o/n@empty'.*no config\.json"):
        find_encoder("o/n@empty", roots, {}, fetch=lambda text: None)
    with pytest.raises(EncoderError, match=r"could not be fetched.*Did you mean 'tiny'"):
        find_encoder("tinny", roots, {"tiny": None}, fetch=lambda text: None)
    with pytest.raises(EncoderError, match="neither a folder nor the name"):
        find_encoder("../models/x y", roots, {}, fetch=lambda text: None)
    assert not list(roots.store.glob("encoders/*.json"))


def test_a_packed_study_gives_the_same_scores_on_another_machine(hub, sky, tmp_path, capsys):
    here, there, archive = tmp_path / "here", tmp_path / "there", tmp_path / "sky.tar"
    assert call("run", str(sky), "--threads", "1", store=here) == 0
    assert call("data", "pack", str(sky), str(archive), store=here) == 0
    said = capsys.readouterr().out
    assert "3 data files" in said and "the encoder o/n: 5 files" in said
    hub.asked.clear()
    assert main(["data", "unpack", str(archive), "--store", str(there)]) == 0
    assert "3 data files" in capsys.readouterr().out
    assert call("data", "check", str(sky), store=there) == 0
    assert call("run", str(sky), "--offline", "--threads", "1", store=there) == 0
    assert hub.asked == []
    assert scores(there) == scores(here) != {}
    assert main(["data", "unpack", str(archive), "--store", str(there)]) == 0  # again: nothing to do


def test_a_local_encoder_travels_under_the_name_the_study_gives_it(
    study: Callable[..., TinyStudy], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    tiny = study(seeds=[1], targets=["weather"], arms={"none": {"strategy": "direct"}})
    mine = tmp_path / "my-encoder"
    mine.mkdir()
    for path in tiny.encoder.iterdir():
        (mine / path.name).write_bytes(path.read_bytes())
    tiny.write(encoder=str(mine))
    archive, there = tmp_path / "tiny.tar", tmp_path / "there"
    assert tiny.call("run") == 0
    assert tiny.call("data", "pack") == 2  # no archive named
    assert main(["data", "pack", str(tiny.file), str(archive), "--store", str(tiny.store)]) == 0
    mine.rename(tmp_path / "gone")
    (tmp_path / "elsewhere").mkdir()
    moved = tiny.file.rename(tmp_path / "elsewhere" / "tiny.yaml")
    assert main(["data", "unpack", str(archive), "--store", str(there)]) == 0
    assert main(["run", str(moved), "--offline", "--threads", "1", "--store", str(there)]) == 0
    assert tiny.scores(there) == tiny.scores() != {}


def test_another_machine_fetches_what_a_lock_says_and_not_the_newest(
    sky: Path, hub: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    here, there, lock = tmp_path / "here", tmp_path / "there", tmp_path / "sky.lock"
    assert call("data", "get", str(sky), store=here) == 0
    assert call("data", "lock", str(sky), store=here) == 0
    value = json.loads(lock.read_text("utf-8"))
    assert value["revisions"] == {"o/n": COMMIT, "encoder:o/n": COMMIT}
    assert {"hub/o/n/sky-en.tsv", "hub/o/n/sky-sw.tsv", "encoder/model.safetensors"} <= value["files"].keys()
    newest = "d" * 40
    hub.files[newest, "sky-en.tsv"] = hub.files[newest, "sky-de.tsv"] = b"text\tsky\nanother\tfair\n"
    hub.model |= {(newest, name): content for (_, name), content in hub.model.items()}
    hub.model[newest, "config.json"] = hub.model[COMMIT, "config.json"] + b"\n"
    monkeypatch.setattr("fake_hub.COMMIT", newest)
    assert call("plan", str(sky), store=tmp_path / "nothing") == 0  # what is not here yet is compared when it is
    assert call("data", "get", str(sky), store=there) == 0
    assert call("plan", str(sky), store=there) == 0
    assert call("run", str(sky), "--threads", "1", store=tmp_path / "third") == 0
    lock.rename(tmp_path / "away.lock")
    capsys.readouterr()
    assert call("data", "get", str(sky), store=tmp_path / "unlocked") == 0
    assert call("run", str(sky), "--lock", str(tmp_path / "away.lock"), store=tmp_path / "unlocked") == 2
    assert "is not what was locked: found sha256" in " ".join(capsys.readouterr().err.split())
