"""The packaged samples are what their manifest says."""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import sys
from pathlib import Path

import pytest

from xstilts import Study, samples
from xstilts.pipeline.options import Options
from xstilts.pipeline.results import collect
from xstilts.pipeline.session import open_session

SCRIPT = Path(__file__).resolve().parents[3] / "scripts" / "make_samples.py"


@pytest.fixture(scope="module")
def maker():
    spec = importlib.util.spec_from_file_location("make_samples", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules["make_samples"] = module
    spec.loader.exec_module(module)
    return module


def test_every_packaged_file_is_listed_with_its_checksum():
    files = {path.relative_to(samples.ROOT).as_posix(): path for path in samples.ROOT.rglob("*.gz")}
    assert set(files) == set(samples.manifest())
    for name, entry in samples.manifest().items():
        assert hashlib.sha256(files[name].read_bytes()).hexdigest() == entry["sha256"], name


def test_the_samples_stay_small():
    assert sum(path.stat().st_size for path in samples.ROOT.rglob("*.gz")) < 3_600_000


def test_no_sample_has_a_licence_that_forbids_packaging(maker):
    assert all(not maker.FORBIDDEN.search(entry["licence"]) for entry in samples.manifest().values())
    for licence in ("CC BY-NC 4.0 (XNLI)", "GNU GPL 3.0", "no licence stated", "MIT - unclear", "non-commercial"):
        assert maker.FORBIDDEN.search(licence), licence


def test_making_them_again_gives_the_same_bytes(maker, shared_data, tmp_path):
    known = maker.sources(shared_data)
    for cut in list(maker.plan())[::12]:
        entry = maker.sample(shared_data, tmp_path, cut, known[cut.path])
        assert entry == samples.manifest()[cut.path]
        again = gzip.decompress((tmp_path / cut.path).read_bytes())
        assert again == gzip.decompress((samples.ROOT / cut.path).read_bytes())


def test_describe_names_what_was_cut():
    train = samples.ROOT / "ud/en/en_ewt-ud-train.conllu.gz"
    assert samples.describe(train) == "packaged sample: 3,000 of 12,544 sentences"
    assert samples.describe("/elsewhere/ud/en/en_ewt-ud-train.conllu.gz") is None
    assert samples.describe(samples.ROOT / "manifest.json") is None


def test_rows_are_taken_at_even_distances(maker):
    assert maker.spread(10, 4) == [0, 2, 5, 7]
    assert maker.spread(3, 9) == [0, 1, 2]
    assert maker.cut_lines("a\u2029b\nc\nd\n", 2) == ("a\u2029b\nc\n", 2, 3)


def test_a_report_names_the_tasks_that_are_read_from_samples(tmp_path):
    session = open_session(Study.load("quickstart"), Options(store=tmp_path, offline=True))
    [note] = [said for said in collect(session).notes if said.startswith("udpos: packaged samples")]
    assert "train 3,000 of 12,544 sentences; dev 400 of 2,001 sentences; test sets of 6 languages" in note
