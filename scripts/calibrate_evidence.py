"""Fit and calibrate the models of `xstilts.evidence`, and say how they do on labelled pairs that were held out.

    python scripts/calibrate_evidence.py DATA [--pairs N] [--model NAME]

DATA is a folder with `mnli/taxinli10k.tsv.gz` (TaxiNLI, pairs of MultiNLI) and `xnli/dev-en.tsv.gz`; SNLI and SQuAD are
the packaged samples. Writes `src/xstilts/evidence/fitted/*.json`, each with what it was fitted on and what it reaches.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from xstilts.app.evidence_models import sentence_vectors
from xstilts.core.files import write_json
from xstilts.evidence import entailment
from xstilts.evidence.bm25 import Bm25Index
from xstilts.evidence.entailment import LABELS, entailment_by_words, pair_features
from xstilts.evidence.logistic import FITTED, LogisticModel, fit, fitted
from xstilts.evidence.reliability import ReliabilityBin, calibration_error, reliability
from xstilts.evidence.scored_claims import (
    ClaimSet,
    LabelledPair,
    finding_of,
    gold_label,
    halves,
    read_pairs,
    score_claims,
)
from xstilts.evidence.screening import FEATURES, Vectors, screening_features
from xstilts.evidence.verification import (
    UNCALIBRATED,
    VERDICT_FEATURES,
    Verifier,
    deciding_sentence,
    verdict_features,
)
from xstilts.evidence.words import stems_of
from xstilts.pipeline.options import Options
from xstilts.samples import ROOT

PARAGRAPHS = 300
RECALL = 0.95  # of relevant pairs that the threshold of screening is to keep


def temperature_of(model: LogisticModel, values: np.ndarray, labels: Sequence[int]) -> float:
    """The temperature of least cross-entropy on held-out pairs."""

    def loss(temperature: float) -> float:
        hot = replace(model, temperature=temperature)
        return float(-np.log(np.maximum(hot.probabilities(values)[np.arange(len(labels)), labels], 1e-12)).mean())

    return min(np.round(np.arange(0.5, 3.01, 0.05), 2).tolist(), key=loss)


def fitted_model(
    classes: Sequence[str], features: Sequence[str], train: tuple[np.ndarray, list[int]],
    held_out: tuple[np.ndarray, list[int]], about: dict[str, Any],
) -> LogisticModel:  # fmt: skip
    weights = fit(*train, len(classes))
    model = LogisticModel(
        classes=tuple(classes), features=tuple(features), weights_KF=weights, temperature=1.0, about=about
    )
    return replace(model, temperature=temperature_of(model, *held_out))


def reached(model: LogisticModel, values: np.ndarray, labels: Sequence[int]) -> dict[str, Any]:
    """Accuracy, calibration error and the reliability diagram of a model on pairs it was not fitted on."""
    shares = model.probabilities(values)
    right = (shares.argmax(axis=1) == np.array(labels)).tolist()
    return diagram(reliability(shares.max(axis=1).tolist(), right), right)


def diagram(bins: Sequence[ReliabilityBin], right: Sequence[bool]) -> dict[str, Any]:
    return {
        "n": len(right),
        "accuracy": round(float(np.mean(right)), 4),
        "calibration_error": round(calibration_error(bins), 4),
        "bins": [[one.low, one.high, one.n, round(one.confidence, 3), round(one.accuracy, 3)] for one in bins],
    }


def save(name: str, model: LogisticModel) -> None:
    write_json(FITTED / f"{name}.json", {
        "classes": list(model.classes), "features": list(model.features),
        "weights": [[round(float(x), 4) for x in row] for row in model.weights_KF],
        "temperature": model.temperature, "about": dict(model.about),
    })  # fmt: skip


def entailment_model(data: Path, count: int) -> LogisticModel:
    """Fit on TaxiNLI and SNLI, temperature on TaxiNLI's last tenth, numbers on SNLI's test pairs and TaxiNLI's."""
    taxi = read_pairs(data / "mnli/taxinli10k.tsv.gz", "prem", "hyp", "label")
    random.Random(1).shuffle(taxi)
    snli, columns = ROOT / "snli/NLI/all_combined", ("sentence1", "sentence2", "gold_label")
    train = [*taxi[: min(count, 8 * len(taxi) // 10)], *read_pairs(snli / "train.tsv.gz", *columns)[:count]]
    tenth = len(taxi) // 10
    held, last, test = taxi[8 * tenth : 9 * tenth], taxi[9 * tenth :], read_pairs(snli / "test.tsv.gz", *columns)

    def table(pairs: Sequence[LabelledPair]) -> tuple[np.ndarray, list[int]]:
        return pair_features([one[:2] for one in pairs]), [LABELS.index(one.label) for one in pairs]

    about = {"fitted on": f"{len(train):,} pairs of TaxiNLI (MultiNLI) and counterfactually augmented SNLI",
             "calibrated on": f"{len(held):,} held-out pairs of TaxiNLI"}  # fmt: skip
    model = fitted_model(LABELS, entailment.FEATURES, table(train), table(held), about)
    numbers = {"SNLI, augmented, test": reached(model, *table(test)), "TaxiNLI, held out": reached(model, *table(last))}
    return replace(model, about={**about, "reached": numbers})


def verdict_model(pairs: Sequence[LabelledPair]) -> LogisticModel:
    """Fit on a half of the claims, and score the verifier on the other half, beside the baseline."""
    fitted_on, held_out = halves(pairs)
    values, labels = verdict_table(fitted_on)
    cut = 4 * len(labels) // 5
    about = {"fitted on": f"{cut:,} claims over documents made of XNLI's English development pairs",
             "calibrated on": f"{len(labels) - cut:,} more of them"}  # fmt: skip
    parts = (values[:cut], labels[:cut]), (values[cut:], labels[cut:])
    model = fitted_model(LABELS, VERDICT_FEATURES, *parts, about)
    numbers = {"XNLI claims, held out": scored(held_out, model)}
    return replace(model, about={**about, "reached": numbers})


def verdict_table(claims: ClaimSet) -> tuple[np.ndarray, list[int]]:
    verifier = Verifier(claims.texts, entailment_by_words, UNCALIBRATED)
    deciding = [deciding_sentence(verifier.verify(finding_of(claim)).evidence) for claim in claims.claims]
    return verdict_features(deciding), [LABELS.index(gold_label(claim)) for claim in claims.claims]


def scored(claims: ClaimSet, model: LogisticModel) -> dict[str, Any]:
    """What the verifier reaches as SciFact's evaluator counts, beside TF-IDF with the majority label."""
    scores = score_claims(claims, entailment_by_words, model)
    f1 = {
        key: {name: round(100 * getattr(getattr(scores, name), key).f1, 1) for name in ("verifier", "baseline")}
        for key in ("sentence_label", "abstract_label_only", "abstract_rationalized")
    }
    return {**diagram(scores.bins, scores.right), "f1": f1}


def screening_model(vectors: Vectors | None) -> LogisticModel:
    """Fit on questions of SQuAD and paragraphs: its own, and those of other articles that are nearest by words."""
    with gzip.open(ROOT / "squad1/train-v1.1.json.gz", "rt", encoding="utf-8") as file:
        articles = json.load(file)["data"]
    items = [(number, paragraph) for number, one in enumerate(articles) for paragraph in one["paragraphs"]]
    random.Random(2).shuffle(items)
    items = items[:PARAGRAPHS]
    texts = [paragraph["context"] for _, paragraph in items]
    values, labels = [], []
    index = Bm25Index([stems_of(text) for text in texts])
    for number, (article, paragraph) in enumerate(items):
        question = paragraph["qas"][0]["question"]
        table = screening_features(question, tuple(stems_of(question)), texts, vectors, index)
        others = [n for n in np.argsort(-table[:, 0]) if items[n][0] != article]
        chosen = [number, *others[:3], *others[50:56]]
        values += [table[n] for n in chosen]
        labels += [1, *[0] * (len(chosen) - 1)]
    table, cut, held = np.array(values), 6 * len(labels) // 10, 8 * len(labels) // 10
    about = {"fitted on": f"{cut:,} pairs of a SQuAD question and a paragraph, one in ten its own",
             "calibrated on": f"{held - cut:,} more of them"}  # fmt: skip
    features = FEATURES if vectors else FEATURES[:1]
    parts = [(table[a:b], labels[a:b]) for a, b in ((0, cut), (cut, held), (held, len(labels)))]
    model = fitted_model(("irrelevant", "relevant"), features, parts[0], parts[1], about)
    relevant = [model.probabilities(values)[np.array(labels) == 1, 1] for values, labels in parts]
    threshold = round(float(np.quantile(relevant[1], 1 - RECALL)), 4)
    recall = float((relevant[2] >= threshold).mean())
    kept = {"threshold": threshold, "recall": f"{recall:.0%} of held-out paragraphs that answer are above it"}
    numbers = {"SQuAD, held out": reached(model, *parts[2])}
    return replace(model, about={**about, **kept, "reached": numbers})


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("data", type=Path)
    options.add_argument("--pairs", type=int, default=8_000, help="of each data set that entailment is fitted on")
    options.add_argument("--model", action="append", help="make this one alone; may be repeated")
    given = options.parse_args()
    xnli = read_pairs(given.data / "xnli/dev-en.tsv.gz", "premise", "hypothesis", "label", header=False)
    makers: dict[str, Callable[[], LogisticModel]] = {
        "screening-words": lambda: screening_model(None),
        "entailment": lambda: entailment_model(given.data, given.pairs),
        "verdict": lambda: verdict_model(xnli),
        "screening": lambda: screening_model(sentence_vectors(Options(threads=1))),
    }
    for name in given.model or makers:
        model = makers[name]()
        save(name, model)
        fitted.cache_clear()
        sys.stdout.write(f"{name}: {json.dumps(model.about['reached'])}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
