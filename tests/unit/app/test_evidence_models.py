"""The packaged encoder turns texts into vectors, and a checkpoint's labels into those of a verdict."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from xstilts.app import evidence_models
from xstilts.app.evidence_models import checkpoint_entailment, sentence_vectors
from xstilts.core.errors import StudyError
from xstilts.evaluate import predict
from xstilts.pipeline.options import Options


def test_near_texts_have_near_vectors(tmp_path: Path):
    vectors = sentence_vectors(Options(store=tmp_path, threads=1))
    one, near, far, again = vectors(["A dog sleeps.", "The dog is asleep.", "Parsing trees of verbs.", "A dog sleeps."])
    assert np.linalg.norm(one) == pytest.approx(1) and one @ near > one @ far
    assert (one == again).all() and (vectors(["A dog sleeps."])[0] == one).all()


def test_the_labels_of_a_checkpoint_are_those_of_a_verdict(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    scores = [{"contradiction": 0.1, "entailment": 0.7, "neutral": 0.2}]
    monkeypatch.setattr(predict, "predict_examples", lambda *args: predict.Predictions(guesses=[""], scores=scores))
    monkeypatch.setattr(evidence_models, "checkpoint_folder", lambda name, options: tmp_path)
    entailment = checkpoint_entailment("any", "xnli", Options(store=tmp_path))
    assert entailment([("evidence", "claim")]).tolist() == [[0.7, 0.1, 0.2]]
    assert entailment([]).shape == (0, 3)


def test_a_task_that_judges_no_entailment_is_refused(tmp_path: Path):
    with pytest.raises(StudyError, match="does not judge entailment"):
        checkpoint_entailment("any", "pawsx", Options(store=tmp_path))
