"""The reports on the five questions, made offline from the committed answers of services, and what each says."""

from __future__ import annotations

import gzip
import importlib.util
import json
import re
import shlex
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from xstilts.app.evidence import EvidenceSettings, gather_evidence, save_evidence
from xstilts.cli import main
from xstilts.pipeline.options import Options
from xstilts.study.load import load_study

ROOT = Path(__file__).resolve().parents[2]
REPORTS = ROOT / "docs/results/evidence"
STUDIES = ("syntax_srl", "robustness", "scaling_semparse", "reasoning_syntax", "adapters")
ON_VIDEOS = ("xu2021videoclip", "lei2021mtvr", "filmed2022planted")
# Of each question a sentence that was planted, and the beginning of the one that it is the opposite of.
OPPOSED = {
    "syntax_srl": ("Explicit formalized syntax", "Results from both monolingual English and zero-shot"),
    "robustness": ("We show no consistent gains", "We show consistent performance gains"),
    "scaling_semparse": ("We achieve no improvement on Slot F1", "We achieve an average improvement of +6.3"),
    "reasoning_syntax": ("We observe that intermediate tasks", "We observe that intermediate tasks"),
    "adapters": ("We demonstrate that adapter-based tuning", "We demonstrate that 1) adapter-based tuning"),
}


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / f"scripts/{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def note() -> str:
    return script("report_evidence").NOTE


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise AssertionError("a socket is connected")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def committed(study: str) -> dict[str, Any]:
    return json.loads((REPORTS / f"{study}.json").read_text("utf-8"))


def made(study: str, folder: Path, note: str) -> Path:
    """Make a report by words alone, which is quick, and return its folder."""
    settings = EvidenceSettings(answers=REPORTS / "recorded", pdfs=False, encoder=False, classifier=False, note=note)
    inquiry = gather_evidence(load_study(study).question, settings, Options(store=folder / "store", offline=True))
    save_evidence(inquiry, folder / "out")
    return folder / "out"


@pytest.mark.parametrize("study", STUDIES)
def test_a_report_is_made_offline_and_twice_the_same(study: str, tmp_path: Path, note: str, no_network: None):
    before = {path.name: path.stat().st_mtime_ns for path in (REPORTS / "recorded").iterdir()}
    one, two = made(study, tmp_path / "one", note), made(study, tmp_path / "two", note)
    files = sorted(path.name for path in one.iterdir())
    assert files == ["evidence.json", "index.html", "references.bib", "report.md"]
    assert all((one / name).read_bytes() == (two / name).read_bytes() for name in files)
    assert before == {path.name: path.stat().st_mtime_ns for path in (REPORTS / "recorded").iterdir()}
    holds(json.loads((one / "evidence.json").read_text("utf-8")), (one / "report.md").read_text("utf-8"), study)


@pytest.mark.parametrize("study", STUDIES)
def test_what_is_committed_says_it(study: str, note: str):
    page = (REPORTS / f"{study}.md").read_text("utf-8")
    assert note in page and "“(planted, invented)”" in note and committed(study)["note"] == note
    holds(committed(study), page, study)


def holds(said: Mapping[str, Any], page: str, study: str) -> None:
    """Assert what every report on these answers must say."""
    assert said["question"] == load_study(study).question
    assert all("never asked" not in one["problem"] for one in said["services"]) and len(said["services"]) == 5
    assert sum(bool(one["problem"]) for one in said["services"]) == 1  # the planted fault, and it is said
    assert any(text.startswith("Answers are missing.") for text in said["limitations"])
    works = {work["key"]: work for work in said["works"]}
    for key in ON_VIDEOS:  # they are left out, for what they do not mention
        assert not works[key]["kept"] and re.match(r"mentions (none|\w+ \w+), of", works[key]["reason"])
        assert works[key]["title"][:30] in page
    assert works["withdrawn2022planted"]["reason"].startswith("withdrawn: This paper has been withdrawn")
    assert all(claim["work"] != "withdrawn2022planted" for claim in said["claims"])
    assert ("No retrieved claim answers the question." in page) is (not said["is_answered"])
    assert said["is_answered"] is (study in ("reasoning_syntax", "adapters"))
    versions_stand_apart(said)
    planted, opposed = OPPOSED[study]
    claim = next(one for one in said["claims"] if one["text"].startswith(f"(Planted) {planted}"))
    assert claim["verdict"] == "CONTRADICT" and claim["rationale"]["text"].startswith(opposed)
    assert claim["rationale"]["text"].partition("|")[0][:60] in page
    pairs = [{one["first"], one["second"]} for one in said["contradictions"]]
    assert {claim["text"], claim["rationale"]["text"]} in pairs


def versions_stand_apart(said: Mapping[str, Any]) -> None:
    """Assert that figures of one version are not evidence for another, and that the difference is said."""
    figures = {"versioned2022planted": ("3.1", "0.4"), "phang2020english": ("6.1", "5.4")}
    for key, (first, second) in figures.items():
        claims = {one["version"]: one for one in said["claims"] if one["work"] == key and "point" in one["text"]}
        if key == "phang2020english" and not claims:
            continue  # it is not about this question
        assert f"{first} point" in claims["v1"]["text"] and f"{second} point" in claims["v2"]["text"]
        assert claims["v1"]["other_versions"][0]["version"] in ("v2", "published")
        assert f"{second} point" in claims["v1"]["other_versions"][0]["text"]
        compared = [(version, one) for version, claim in claims.items() for one in claim["evidence"]]
        assert all(one["version"] == version for version, one in compared if one["work"] == key)


def test_the_command_makes_the_committed_report(tmp_path: Path, note: str, no_network: None):
    """With the encoder, whose last digits may differ between machines."""
    words = ["evidence", load_study("adapters").question, "--offline", "--answers", str(REPORTS / "recorded")]
    options = ["--no-pdfs", "--no-classifier", "--note", note, "--store", str(tmp_path / "s")]
    assert main([*words, *options, "--out", str(tmp_path / "out")]) == 0, shlex.join(words)
    again = json.loads((tmp_path / "out" / "evidence.json").read_text("utf-8"))
    assert without_decimals(again) == without_decimals(committed("adapters"))


def without_decimals(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_decimals(one) for key, one in value.items()}
    if isinstance(value, list):
        return [without_decimals(one) for one in value]
    if isinstance(value, float):
        return "a number"
    return re.sub(r"\d+\.\d+", "a number", value) if isinstance(value, str) else value


def test_the_committed_answers_are_what_their_script_writes(tmp_path: Path):
    script("write_evidence_answers").write(tmp_path / "again")
    here, again = (
        {path.name: path for path in folder.iterdir()} for folder in (REPORTS / "recorded", tmp_path / "again")
    )
    assert set(here) == set(again)
    packed = {path.stem for path in here.values() if path.read_bytes().startswith(b"\x1f\x8b")}
    assert len(packed) == 1  # the ACL Anthology; another zlib packs it otherwise
    for name, path in here.items():
        one, two = path.read_bytes(), again[name].read_bytes()
        if path.stem not in packed:
            assert one == two, name
        elif path.suffix == ".body":
            assert gzip.decompress(one) == gzip.decompress(two)


def test_the_committed_answers_have_what_surprises_in_real_ones():
    answers = {path.stem: json.loads(path.read_text("utf-8")) for path in (REPORTS / "recorded").glob("*.json")}
    bodies = [
        (record["service"], (REPORTS / "recorded" / f"{name}.body").read_bytes())
        for name, record in answers.items() if not record["problem"]
    ]  # fmt: skip
    assert {service for service, _ in bodies} == {"arxiv", "openalex", "semanticscholar", "crossref", "acl"}
    assert any(service == "semanticscholar" and "data" not in json.loads(body) for service, body in bodies)
    assert ("crossref", b"Resource not found.") in bodies
    assert any(service == "arxiv" and b"/api/errors" in body for service, body in bodies)
    indexed = [body for service, body in bodies if service == "openalex" and b'"abstract_inverted_index": {' in body]
    assert indexed and any(b'"abstract_inverted_index": null' in body for body in indexed)
    assert all(record["fetched"] == "" for record in answers.values())  # nobody was asked
