"""The committed reports on the five questions: what each says, over the inputs that are committed with them."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from xstilts.app.evidence import EvidenceSettings, gather_evidence
from xstilts.evidence.records import evidence_record
from xstilts.pipeline.options import Options
from xstilts.study.load import load_study

ROOT = Path(__file__).resolve().parents[2]
REPORTS = ROOT / "docs/results/evidence"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("report_evidence", ROOT / "scripts/report_evidence.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["report_evidence"] = module
    spec.loader.exec_module(module)
    return module


def record(study: str) -> dict[str, Any]:
    return json.loads((REPORTS / f"{study}.json").read_text("utf-8"))


def test_each_says_that_nothing_was_searched_and_leaves_out_what_is_irrelevant(script: ModuleType):
    for study in script.STUDIES:
        page, said = (REPORTS / f"{study}.md").read_text("utf-8"), record(study)
        assert script.NOTE in page and said["note"] == script.NOTE
        assert said["question"] == load_study(study).question
        assert [one["service"] for one in said["services"]] == ["folders"]
        left = {work["key"]: work["reason"] for work in said["works"] if not work["kept"]}
        assert left["xu2021videoclip"].startswith("mentions none") and left["lei2021mtvr"].startswith("mentions none")
        assert ("No retrieved claim answers the question." in page) is (not said["is_answered"])


def test_what_was_planted_is_found_and_versions_stand_apart(script: ModuleType):
    planted = {
        study: [one for one in record(study)["contradictions"] if "(Planted)" in one["first"] + one["second"]]
        for study in script.STUDIES
    }
    assert {study for study, found in planted.items() if not found} == {"scaling_semparse"}  # none is planted there
    for study in script.STUDIES:
        claims = record(study)["claims"]
        assert all(one["text"].startswith("(Planted)") for one in claims if one["work"] == "invented2022planted")
        other = {one["version"]: one["other_versions"] for one in claims if "6.1 point" in one["text"]}
        if other:
            assert "5.4 point" in other["v1"][0]["text"] and other["v1"][0]["version"] in ("v2", "published")


def test_a_report_is_what_its_inputs_give(script: ModuleType, tmp_path: Path):
    """One of the five, by words alone: what it reads may differ from the committed one, and what it says of a claim
    that both have does not."""
    settings = EvidenceSettings(
        services=(), folders=(REPORTS / "inputs",), pdfs=False, encoder=False, classifier=False, note=script.NOTE
    )
    options = Options(store=tmp_path, offline=True)
    again = evidence_record(gather_evidence(load_study("adapters").question, settings, options))
    committed = record("adapters")
    assert again["counts"]["found"] == committed["counts"]["found"] == 51
    assert {work["key"] for work in again["works"]} == {work["key"] for work in committed["works"]}
    texts = {(one["work"], one["version"], one["text"]): one for one in committed["claims"]}
    both = [
        (texts[key], one) for one in again["claims"] if (key := (one["work"], one["version"], one["text"])) in texts
    ]
    assert both and all(
        one[name] == two[name] for one, two in both for name in ("kinds", "answers", "concepts", "start")
    )
