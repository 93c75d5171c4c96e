"""Steps on other machines: by a command of the user's own, a real Slurm of two nodes, and by Ray, where installed."""

from __future__ import annotations

import importlib.metadata
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tiny_study import TinyStudy

import slurm_cluster

SMALL = {"arms": {"none": {"strategy": "direct"}}, "targets": ["weather"], "seeds": [1], "languages": ["de"]}
SRUN = "command:srun --ntasks=1 --cpus-per-task={threads} --job-name={name} {command}"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    if reason := slurm_cluster.missing():
        pytest.skip(reason)
    with slurm_cluster.cluster(tmp_path_factory.mktemp("slurm")) as configuration:
        yield configuration


@pytest.fixture
def slurm(cluster: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the cluster's log."""
    monkeypatch.setenv("SLURM_CONF", str(cluster))
    return cluster.parent


def test_slurm_runs_the_steps_as_jobs_or_as_arrays_and_the_scores_are_those_of_this_process(
    study: Callable[..., TinyStudy], slurm: Path, tmp_path: Path
):
    tiny = study(**SMALL)
    assert tiny.call("run", "--backend", SRUN, "--jobs", "4") == 0
    log = slurm / "slurmctld.log"
    jobs = log.read_text().count("sched: _slurm_rpc_allocate_resources")
    assert jobs == len(tiny.stamps()) > 3, "each step was a job"
    other, arrays = tmp_path / "inline", tmp_path / "arrays"
    assert tiny.call("run", store=other) == 0
    options = tiny.folder / "slurm.yaml"
    options.write_text("partition: main\ngather: 0.3\npoll: 1\nkinds:\n  train: {time: 10}\n")
    assert tiny.call("run", "--backend", f"slurm:{options}", store=arrays) == 0
    kinds = {key.rpartition("-")[0] for key in tiny.stamps()}
    assert log.read_text().count("_slurm_rpc_submit_batch_job: JobId=") == len(kinds), "each kind was one array"
    assert tiny.scores() == tiny.scores(other) == tiny.scores(arrays)


def test_a_job_that_slurm_refuses_is_a_failed_step_with_slurms_own_words(
    study: Callable[..., TinyStudy], slurm: Path, capsys: pytest.CaptureFixture[str]
):
    tiny = study(**SMALL)
    assert tiny.call("run", "--backend", SRUN.replace("srun", "srun --partition=nowhere")) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "Invalid partition name specified" in said and "Nothing was trained" in said


def test_a_mistake_in_the_options_is_named_before_anything_is_submitted(
    study: Callable[..., TinyStudy], slurm: Path, capsys: pytest.CaptureFixture[str]
):
    tiny = study(**SMALL)
    options = tiny.folder / "slurm.yaml"
    for text, said in [
        ("partition: mian", "slurm.yaml:1: Slurm has no partition 'mian'. Did you mean 'main'? Allowed: main."),
        ("kinds: {tarin: {cpus: 1}}", "slurm.yaml:1: there is no kind of step 'tarin'. Did you mean 'train'?"),
    ]:
        options.write_text(text)
        assert tiny.call("run", "--backend", f"slurm:{options}") == 2
        assert said in " ".join(capsys.readouterr().err.split())
    assert not list(tiny.store.glob("jobs/*"))


def test_a_node_with_another_torch_is_refused_before_anything_is_trained(
    study: Callable[..., TinyStudy], capsys: pytest.CaptureFixture[str]
):
    """The run tells its versions to every step; here the way to the node changes what it tells."""
    tiny, run_has = study(**SMALL), "XSTILTS_VERSIONS='on=login1 xstilts=0.0.1 torch=1.2.3'"
    assert tiny.call("run", "--backend", f"command:env {run_has} {{command}}", "--jobs", "2") == 2
    said = " ".join(capsys.readouterr().err.split())
    torch, xstilts = (importlib.metadata.version(name).partition("+")[0] for name in ("torch", "xstilts"))
    assert f"node '{socket.gethostname()}' cannot run steps of this run, which was started on 'login1'" in said
    assert f"xstilts is {xstilts} there and 0.0.1 here; torch is {torch} there and 1.2.3 here" in said
    assert "Nothing was trained" in said and not tiny.stamps("train") and not tiny.stamps("prepare")


def test_a_node_without_the_data_names_what_it_does_not_see(
    study: Callable[..., TinyStudy], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    tiny, node = study(**SMALL), tmp_path / "node.sh"
    away = f"mv {tiny.folder}/weather-en.tsv {tmp_path}/; "
    node.write_text(f'{away}"$@"; code=$?; mv {tmp_path}/weather-en.tsv {tiny.folder}/; exit $code\n')
    assert tiny.call("run", "--backend", f"command:sh {node} {{command}}") == 2
    said = " ".join(capsys.readouterr().err.split())
    assert f"On node '{socket.gethostname()}'" in said and "missing 'weather-en.tsv'" in said
    assert "Nothing was trained" in said and not tiny.stamps("train")


@pytest.mark.long
def test_ray_runs_the_steps_and_the_scores_are_those_of_this_process(
    study: Callable[..., TinyStudy], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    ray = pytest.importorskip("ray", reason="the package ray is not installed")
    tiny, folders = study(**SMALL), set(Path(tempfile.gettempdir()).glob("xstilts-ray-*"))
    assert tiny.call("run", "--backend", "ray", "--jobs", "2") == 0
    assert not ray.is_initialized() and set(Path(tempfile.gettempdir()).glob("xstilts-ray-*")) == folders
    other = tmp_path / "inline"
    assert tiny.call("run", store=other) == 0
    assert tiny.scores() == tiny.scores(other) and len(tiny.scores()) == 1
    stamps = tiny.stamps()
    assert tiny.call("run") == 0 and tiny.stamps() == stamps, "what Ray made is reused here"
    capsys.readouterr()
    assert tiny.call("run", "--backend", "ray:127.0.0.1:9", store=tmp_path / "third") == 2
    assert "no Ray can be reached at '127.0.0.1:9'" in " ".join(capsys.readouterr().err.split())
