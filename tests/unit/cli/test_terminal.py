"""The terminal: completion, colours, JSON of every command, and the log of a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer

from xstilts.app.execution import Quiet
from xstilts.cli import app, completion, main
from xstilts.cli.console import make_console
from xstilts.cli.run_log import RunLog
from xstilts.data.bundle import BundleContents
from xstilts.engine.step import Step

LINES_FOR_SCHEDULERS = ("step", "pretrain-step")


def commands(group: Any) -> list[Any]:
    return [
        found
        for one in group.commands.values()
        for found in (commands(one) if hasattr(one, "commands") else [one])
    ]  # fmt: skip


def test_every_command_prints_json_where_it_is_asked():
    without = [
        command.name
        for command in commands(typer.main.get_command(app))
        if not any("--json" in option.opts for option in command.params)
    ]
    assert sorted(without) == sorted(LINES_FOR_SCHEDULERS)


def test_the_json_of_an_unpacked_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    contents = BundleContents(files=1, bytes=2, encoder_files=3, encoder_bytes=4)
    monkeypatch.setattr("xstilts.data.bundle.unpack_bundle", lambda archive, store: contents)
    assert main(["data", "unpack", "a.tar", "--store", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["encoder_files"] == 3


def test_the_json_of_what_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr("xstilts.app.data.get_files", lambda needs, roots, say: say("fetching") or ["none: gone"])
    assert main(["data", "get", "udpos", "--store", str(tmp_path), "--offline", "--json"]) == 2
    out, err = capsys.readouterr()
    told = json.loads(out)
    assert told["missing"] == ["none: gone"] and told["here"] == told["needed"] - 1 and "fetching" in err


def test_no_color_is_heeded(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    make_console().print("so", style="red")
    assert "\x1b[31m" in capsys.readouterr().out
    monkeypatch.setenv("NO_COLOR", "1")
    make_console().print("so", style="red")
    assert "31m" not in capsys.readouterr().out


def test_the_shell_completes_commands_and_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text("question: q\nencoder: e\narms: {nli: {strategy: direct}}\ntargets: [xnli]\n")
    (tmp_path / "folder").mkdir()

    def completed(words: str) -> list[str]:
        monkeypatch.setenv("_XSTILTS_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", words)
        monkeypatch.setenv("COMP_CWORD", str(len(words.split(" ")) - 1))
        with pytest.raises(SystemExit):
            main([])
        return capsys.readouterr().out.split()

    assert "predictions" in completed("xstilts pre")
    assert completed("xstilts plan q") == ["quickstart"]
    assert completed("xstilts plan m") == ["mine.yaml"] and "folder/" in completed("xstilts plan f")
    assert completed("xstilts predictions mine.yaml --arm n") == ["nli"]
    assert completed("xstilts predictions no.yaml --arm n") == []


def test_the_last_of_several_names_is_completed(monkeypatch: pytest.MonkeyPatch):
    assert completion.tasks("mnli,squad1-") == ["mnli,squad1-36-articles"]
    assert "e5-small" in completion.encoders("e5") and "tiny-e5" in completion.encoders("")
    monkeypatch.setenv("COMP_WORDS", "xstilts predictions --errors quickstart --task")
    assert completion.names_of_study("u", "targets") == ["udpos"]


class Heard(Quiet):
    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)


STEP = Step(name="train", version=1, settings=1, call=lambda settings, context: None, label="mnli\x1b[31m")


def test_a_log_has_what_scrolled_by_and_passes_it_on(tmp_path: Path):
    heard = Heard()
    with RunLog(tmp_path / "store", heard) as log:
        assert not log.is_written
        log.say("fetching a\nand b")
        log.run_planned(2, 3)
        log.step_started(STEP, "cpu")
        log.step_failed(STEP, "no memory")
    text = log.path.read_text("utf-8")
    assert heard.said == ["fetching a\nand b"] and "\x1b" not in text
    assert [line.split(" ", 2)[2] for line in text.splitlines()][:3] == [
        "fetching a", "and b", "2 steps to run, 3 reused from the store",
    ]  # fmt: skip
    assert f"failed   {STEP.key} mnli" in text and "no memory" in text


def test_a_log_names_what_ended_the_run_and_a_full_disk_ends_only_the_log(tmp_path: Path):
    with pytest.raises(KeyError), RunLog(tmp_path, Heard()) as log:
        raise KeyError("gone")
    assert "ended: 'gone'" in log.path.read_text("utf-8")
    (tmp_path / "file").write_text("")
    heard = Heard()
    with RunLog(tmp_path / "file", heard) as broken:
        broken.say("so")
        broken.say("on")
    assert heard.said == ["so", "on"] and not broken.is_written
