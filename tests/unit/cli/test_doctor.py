"""`xstilts doctor`: what it says of the machine, files and network, and that it fetches nothing."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from xstilts.app.doctor.installation import missing_packages
from xstilts.app.doctor.places import look_at_network, look_at_store
from xstilts.cli import main
from xstilts.study.load import load_study, packaged_studies


def test_everything_is_said_as_json_and_on_a_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setattr("xstilts.app.doctor.report.needs_of_studies", lambda options: ())
    data = tmp_path / "data"
    data.mkdir()
    (data / "a").touch()
    words = ["doctor", "--offline", "--store", str(tmp_path / "store"), "--data", str(data)]
    assert main([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["machine"]["threads"] == 3 and told["machine"]["threads_from"] == "OMP_NUM_THREADS"
    assert told["machine"]["precision"] in ("fp32", "bf16") and told["machine"]["precision_reason"]
    assert told["store"]["exists"] is False and told["store"]["writable"] is True and told["store"]["free"] > 0
    assert told["data"] == [{"folder": str(data), "entries": 1}]
    assert told["network"]["state"] == "forbidden"
    assert {"python", "torch"} <= told["installation"]["versions"].keys()
    assert main(words) == 0
    page = capsys.readouterr().out
    assert "3 for one step, by OMP_NUM_THREADS" in page and "forbidden" in page and "not there yet" in page
    assert not (tmp_path / "store").exists()


def test_needs_of_the_packaged_studies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    two = {name: path for name, path in packaged_studies().items() if name in ("quickstart", "xtreme-r")}
    monkeypatch.setattr("xstilts.app.doctor.places.packaged_studies", lambda: two)
    assert main(["doctor", "--offline", "--store", str(tmp_path / "store"), "--json"]) == 0
    quick, *others = json.loads(capsys.readouterr().out)["studies"]
    assert quick["study"] == "quickstart" and quick["encoder_is_here"] and quick["missing"] == 0
    assert quick["samples"] + quick["to_fetch"] == quick["sources"] and quick["here"] == 0
    assert quick["runs_offline"] == (quick["to_fetch"] == 0)
    assert [one["scale"] for one in others] == ["", *load_study("xtreme-r").scale]
    assert others[0]["to_fetch"] > 0 and not others[0]["runs_offline"]


def test_the_network_is_asked_by_opening_a_connection_alone(monkeypatch: pytest.MonkeyPatch):
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.getsockname()[1]}")
        assert look_at_network(offline=False).state == "reached"
        connection, _ = server.accept()
        with connection:
            assert connection.recv(1) == b""  # closed without a word
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.getsockname()[1]}")
        monkeypatch.setenv("HF_ENDPOINT", "http://no-such-host.invalid")
        found = look_at_network(offline=False)
        assert (found.state, found.reason) == ("reached", "through a proxy")
    found = look_at_network(offline=False)
    assert found.state == "not reached" and found.reason
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:many")
    monkeypatch.delenv("http_proxy")
    assert look_at_network(offline=False).state == "not reached"


def test_extras_name_what_they_miss():
    declared = ["numpy>=1", 'numpy>=1; extra == "a"', "no-such-package[x]>=2; python_version > '3' and extra == 'b'"]
    assert missing_packages([*declared, 'no-such-tool; extra == "dev"']) == {"a": (), "b": ("no-such-package",)}


def test_a_store_that_is_not_there_lies_on_a_disk(tmp_path: Path):
    found = look_at_store(tmp_path / "a" / "b")
    assert not found.exists and found.steps == 0 and found.free > 0
