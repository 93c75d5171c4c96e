"""The claim classifier is looked up in the store by its study, and tells claims in the place of the rules."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from xstilts.app import claim_classifier, evidence
from xstilts.app.claim_classifier import STUDY, classifier_extractor, trained_classifier
from xstilts.app.evidence import EvidenceSettings, gather_evidence
from xstilts.core.errors import EncoderError
from xstilts.engine.store import Store
from xstilts.evaluate import predict
from xstilts.evidence.findings import findings_of
from xstilts.evidence.source_text import SourceText
from xstilts.pipeline.options import Options
from xstilts.study.load import load_study

WORDS = "We study trees of words in twelve languages. Trees carry over where words do not in most. Too short."


def text(work: str) -> SourceText:
    return SourceText(work=work, version="v1", origin="abstract", text=WORDS, source="arxiv")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """A checkpoint that takes sentences that begin with "Trees" for claims; what it was asked."""
    asked: list[list[str]] = []

    def predicted(ref: object, kind: object, examples: list, compute: object) -> predict.Predictions:
        asked.append([one.text for one in examples])
        chances = [0.9 if one.text.startswith("Trees") else 0.5 for one in examples]
        scores = [{"claim": chance, "other": 1 - chance} for chance in chances]
        return predict.Predictions(guesses=[], scores=scores)

    monkeypatch.setattr(predict, "predict_examples", predicted)
    return asked


def test_it_takes_what_is_more_likely_than_not_all_texts_at_once(asked: list[list[str]], tmp_path: Path):
    extractor = classifier_extractor(tmp_path, Options(store=tmp_path))
    findings = list(findings_of([text("a"), text("b")], (extractor,)))
    assert [(one.work, one.text[:5], one.told_by) for one in findings] == [
        ("a", "Trees", ("classifier",)), ("b", "Trees", ("classifier",)),
    ]  # fmt: skip
    assert len(asked) == 1 and len(asked[0]) == 4  # "Too short." is not shown
    assert list(findings_of([], (extractor,))) == [] and len(asked) == 1


def test_a_store_without_its_training_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert trained_classifier(Options(store=tmp_path / "none")) is None
    (tmp_path / "evidence").mkdir()
    assert trained_classifier(Options(store=tmp_path)) is None
    Store(tmp_path / "store").prepare()
    (tmp_path / "store/steps").mkdir(exist_ok=True)
    tmp_path = tmp_path / "store"
    assert trained_classifier(Options(store=tmp_path)) is None
    monkeypatch.setattr(Store, "is_done", lambda store, step: True)
    monkeypatch.setattr(claim_classifier, "_dev_score", lambda folder: 0.0)
    assert trained_classifier(Options(store=tmp_path)) is None  # done, but its folder is no checkpoint any more

    def found(name: str, options: Options) -> Path:
        if not name.startswith("train-"):
            raise EncoderError("none")
        return tmp_path / "steps" / name

    monkeypatch.setattr(claim_classifier, "checkpoint_folder", found)
    seeds = claim_classifier.trained_seeds(Options(store=tmp_path))
    monkeypatch.setattr(claim_classifier, "_dev_score", lambda folder: float(folder == seeds[1]))
    assert trained_classifier(Options(store=tmp_path)) == seeds[1] and len(seeds) == len(load_study(STUDY).seeds)
    assert load_study(STUDY).keep == "all"  # or its weights would go


def test_it_is_used_where_it_is_and_not_where_it_is_not_wanted(
    asked: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(evidence, "trained_classifier", lambda options: tmp_path)
    works = tmp_path / "works"
    works.mkdir()
    work = {"title": "Syntax and cross-lingual transfer", "abstract": "Trees of syntax carry cross-lingual transfer."}
    (works / "w.jsonl").write_text(json.dumps(work), "utf-8")
    options = Options(store=tmp_path / "s", offline=True)
    told = []
    for wanted in (True, False):
        settings = EvidenceSettings(services=(), folders=(works,), encoder=False, classifier=wanted)
        inquiry = gather_evidence("Does dependency parsing help cross-lingual transfer?", settings, options)
        told.append([one.finding.told_by for one in inquiry.claims])
    assert told == [[("classifier",)], []]
