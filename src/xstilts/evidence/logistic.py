"""Logistic models as they are kept: weights by feature name, from labelled pairs, with what they were fitted on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from xstilts.core.files import read_json_mapping
from xstilts.evaluate.linear_models import ConditionalLogit

FITTED = Path(__file__).parent / "fitted"


@dataclass(frozen=True, kw_only=True)
class LogisticModel:
    """A multinomial logistic regression (of two classes an ordinary one).

    weights_KF: of each class and feature; the last column is the bias. temperature: what scores are divided by before
    they become probabilities (Guo et al. 2017, "On Calibration of Modern Neural Networks"). about: what it was fitted
    and calibrated on, in words.
    """

    classes: tuple[str, ...]
    features: tuple[str, ...]
    weights_KF: np.ndarray
    temperature: float
    about: Mapping[str, Any]

    def probabilities(self, values_NF: np.ndarray) -> np.ndarray:
        """Return the probability of each class [N, K] of N rows of feature values."""
        padded = np.concatenate([values_NF, np.ones((len(values_NF), 1))], axis=1)
        scores_NK = padded @ self.weights_KF.T / self.temperature
        raised = np.exp(scores_NK - scores_NK.max(axis=1, keepdims=True, initial=-math.inf))
        shares: np.ndarray = raised / raised.sum(axis=1, keepdims=True)
        return shares


@cache
def fitted(name: str) -> LogisticModel:
    """Return the model that comes with the program under this name: `scripts/calibrate_evidence.py` made it."""
    record = read_json_mapping(FITTED / f"{name}.json")
    return LogisticModel(
        classes=tuple(record["classes"]),
        features=tuple(record["features"]),
        weights_KF=np.array(record["weights"], dtype=np.float64),
        temperature=float(record["temperature"]),
        about=record["about"],
    )


def fit(values_NF: np.ndarray, labels_N: Sequence[int], classes: int, penalty: float = 1.0) -> np.ndarray:
    """Return the weights [K, F + 1] of least cross-entropy, with half the penalty times their squared norm."""
    model = ConditionalLogit(classes=classes, hashed=0, penalty=penalty)
    model.fit(values_NF, [], np.ones(len(values_NF), dtype=np.int64), np.asarray(labels_N))
    return model.weights.reshape(-1, classes).T
