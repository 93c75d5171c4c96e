"""A study whose results are in S3: made on one machine, read on others; and what goes wrong."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tiny_study import TinyStudy

from object_store_server import BUCKET, S3Server, refusing_server, s3_server, use, use_anew
from xstilts.cli import main
from xstilts.engine.remote.object_files import ObjectFiles
from xstilts.pipeline.options import store_folder

URL = f"s3://{BUCKET}/tiny"
Study = Callable[..., TinyStudy]
Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def service() -> Iterator[S3Server]:
    with pytest.MonkeyPatch.context() as patch, s3_server(patch) as server:
        yield server


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Makes this process one of a machine with a cache of its own, and returns the folder of the store there."""
    monkeypatch.setenv("XSTILTS_STORE_PATIENCE", "0.2")

    def become(name: str, url: str = URL) -> Path:
        monkeypatch.setenv("XSTILTS_STORE_CACHE", str(tmp_path / name))
        return store_folder(url)

    return become


def call(study: TinyStudy, command: str, *more: str, url: str = URL) -> int:
    threads = ["--threads", "1"] if command == "run" else []
    return main([command, str(study.file), *more, *threads, "--store", url])


@pytest.mark.long
def test_a_second_machine_runs_nothing_and_reports_the_same(
    study: Study, service: S3Server, node: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    tiny = study(seeds=[1], keep="all")
    first = node("a")
    assert call(tiny, "run", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert len(tiny.records("score", first)) == 4 and report["executed"] > 10

    second = node("b")
    assert call(tiny, "plan", "--json") == 0
    assert json.loads(capsys.readouterr().out)["to_run"] == 0
    assert call(tiny, "status", "--json") == 0
    assert {step["state"] for step in json.loads(capsys.readouterr().out)["steps"]} == {"done"}
    assert {path.name.partition("-")[0] for path in second.glob("steps/*")} <= {"score"}  # the plan shows intervals
    assert call(tiny, "report", "--out", str(second / "page")) == 0
    assert tiny.scores(second) == tiny.scores(first)
    assert not [*second.glob("steps/prepare-*")] and not [*second.glob("steps/*/encoder/model.safetensors")]
    capsys.readouterr()
    assert call(tiny, "run", "--json") == 0
    again = json.loads(capsys.readouterr().out)
    assert again["executed"] == 0
    same = report.keys() - {"executed", "reused", "seconds", "beyond_training", "report"}
    assert {name: again[name] for name in same} == {name: report[name] for name in same}
    [trained, *_] = [record["key"] for record in tiny.records("train", first) if record["about"]["task"] == "weather"]
    words = [trained[:14], str(second / "exported"), "--task", "weather", "--study", str(tiny.file)]
    assert main(["export", *words, "--store", URL, "--threads", "1"]) == 0
    weights = "encoder/model.safetensors"
    assert [path.parts[-3] for path in second.glob(f"steps/*/{weights}")] == [trained]


def test_a_service_that_is_away_for_some_seconds(
    study: Study, service: S3Server, node: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes while a step is uploaded and comes back while the program asks again."""
    files = _files(node("a"), "away", patience=20.0)
    files.write("before", b"1")
    service.stop()
    back = threading.Timer(1.5, service.start)
    back.start()
    assert files.create("done", b"2") and files.read("done") == b"2" and files.read("before") == b"1"
    back.join()


def test_a_service_that_stays_away(
    study: Study, service: S3Server, node: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, capfd: Capture
) -> None:
    tiny, url = study(seeds=[1], arms={"none": {"strategy": "direct"}}, targets=["weather"]), f"s3://{BUCKET}/stays"
    folder = node("a", url)
    put, calls = ObjectFiles.upload, []

    def falling(self: ObjectFiles, path: Path, name: str) -> None:
        if "train-" in name and not calls:
            calls.append(name)
            service.stop()
        put(self, path, name)

    with monkeypatch.context() as patch:
        patch.setattr(ObjectFiles, "upload", falling)
        assert call(tiny, "run", url=url) == 0  # every score is there
    said = " ".join(capfd.readouterr().err.split())
    assert f"{url}: the store does not answer" in said and "the next run uploads them" in said
    node("b", url)
    assert call(tiny, "plan", url=url) == 2  # what is there cannot be known
    service.start()
    node("a", url)
    (folder / "cache" / "not-answering").unlink()
    assert call(tiny, "run", url=url) == 0
    node("c", url)
    capfd.readouterr()
    assert call(tiny, "run", "--json", url=url) == 0
    assert json.loads(capfd.readouterr().out)["executed"] == 0


def test_a_process_that_is_killed_in_the_middle_of_an_upload(
    service: S3Server, node: Callable[[str], Path], tmp_path: Path
) -> None:
    """kill -9 when the files are there and the marker is not."""
    url = f"s3://{BUCKET}/killed"
    first, second, log = node("a", url), node("b", url), tmp_path / "log"
    log.mkdir()
    code = (
        "import os, sys; sys.path.insert(0, sys.argv[1])\n"
        "from xstilts.engine.remote.object_files import ObjectFiles\n"
        "if sys.argv[4] == 'killed': ObjectFiles.create = lambda *_: os.kill(os.getpid(), 9)\n"
        "from pathlib import Path; from contextlib import closing; import run_toys\n"
        "from xstilts.engine.backends.inline import Inline; from xstilts.engine.runner import execute\n"
        "from xstilts.engine.remote.cached_store import open_store, upload_rest\n"
        "store, graph = open_store(Path(sys.argv[2])), run_toys.pair(Path(sys.argv[3]))\n"
        "print(upload_rest(store), len(execute([graph['b']], store, backend=Inline()).done))"
    )
    toys = Path(__file__).parents[1] / "unit" / "engine"

    def run(folder: Path, how: str = "") -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-c", code, str(toys), str(folder), str(log), how]
        return subprocess.run(words, capture_output=True, text=True, timeout=120)

    assert run(first, "killed").returncode == -9
    assert len([*first.glob("steps/*/done.json")]) == 1  # done there, and nowhere else
    assert (run(second).stdout, run(first).stdout) == ("[] 2\n", "[] 0\n")
    assert sorted((log / "runs").read_text().split()) == ["a", "a", "b"]
    texts = {path.read_text() for folder in (first, second) for path in folder.glob("steps/*/text.txt")}
    assert texts == {"a()", "b(a())"}


def test_of_many_who_write_one_object_the_first_has(service: S3Server, node: Callable[[str], Path]) -> None:
    files = _files(node("a"), "race")
    contents = [f"writer {number}".encode() for number in range(8)]
    with ThreadPoolExecutor(8) as writers:
        is_first = list(writers.map(lambda content: files.create("done/x.json", content), contents))
    assert sum(is_first) == 1 and files.read("done/x.json") == contents[is_first.index(True)]
    assert files.create("done/x.json", contents[is_first.index(True)])  # asked again, after an answer that was lost


def test_what_a_service_refuses_is_one_paragraph_before_anything_runs(
    study: Study, service: S3Server, node: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    tiny = study(seeds=[1])
    node("a")
    assert call(tiny, "run", url="s3://no-such-bucket/x") == 2
    assert "s3://no-such-bucket/x: there is no such bucket." in _one_line(capsys)
    with refusing_server(403, "AccessDenied") as url, monkeypatch.context() as patch:
        use(patch, url)
        assert call(tiny, "run", url="s3://secret/x") == 2
        assert "rights to list, read, write and delete" in _one_line(capsys)
    with refusing_server(503, "ServiceUnavailable") as url, monkeypatch.context() as patch:
        use(patch, url)
        assert call(tiny, "run", url="s3://busy/x") == 2
        assert "s3://busy/x: the store does not answer" in _one_line(capsys)
    with monkeypatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.delenv(name)
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        patch.setenv("HOME", str(tiny.folder))
        use_anew()
        assert call(tiny, "run", url="s3://anybody/x") == 2
        assert "no credentials were found" in _one_line(capsys)
    use_anew()
    assert tiny.records("train", store_folder("s3://secret/x")) == []


def _files(folder: Path, name: str, patience: float = 0.0) -> ObjectFiles:
    return ObjectFiles(f"s3://{BUCKET}/{name}", patience=patience, down=folder / "cache" / "not-answering")


def _one_line(capsys: Capture) -> str:
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return " ".join((captured.out + captured.err).split())
