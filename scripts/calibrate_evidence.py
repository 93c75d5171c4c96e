"""Fit and calibrate the models of `xstilts.evidence`, and say how they do on labelled pairs that were held out.

    python scripts/calibrate_evidence.py DATA [--pairs N] [--model NAME]

DATA is a folder with `mnli/taxinli10k.tsv.gz` (TaxiNLI, pairs of MultiNLI) and `xnli/dev-en.tsv.gz`; SNLI and SQuAD are
the packaged samples. Writes `src/xstilts/evidence/fitted/*.json`, each with what it was fitted on and what it reaches.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from xstilts.app.evidence_models import sentence_vectors
from xstilts.core.files import write_json
from xstilts.evidence import entailment
from xstilts.evidence.bm25 import Bm25Index
from xstilts.evidence.entailment import (
    CONTRADICT,
    LABELS,
    NOT_ENOUGH_INFO,
    SUPPORT,
    entailment_by_words,
    pair_features,
)
from xstilts.evidence.findings import Finding
from xstilts.evidence.logistic import FITTED, LogisticModel, fit, fitted
from xstilts.evidence.reliability import calibration_error, reliability
from xstilts.evidence.scifact import GoldClaim, PredictedEvidence, Rationale, scifact_scores
from xstilts.evidence.screening import FEATURES, Vectors, screening_features
from xstilts.evidence.source_text import SourceSentence, SourceText
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

LABEL_OF = {"entailment": SUPPORT, "contradiction": CONTRADICT, "neutral": NOT_ENOUGH_INFO}
DOCUMENT = 8  # premises in one
PARAGRAPHS = 300
RECALL = 0.95  # of relevant pairs that the threshold of screening is to keep


class Pair(NamedTuple):
    """A premise, a hypothesis, and what the first says of the second."""

    evidence: str
    claim: str
    label: str


def rows(path: Path, evidence: str, claim: str, label: str, header: bool = True) -> list[Pair]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        names = None if header else [evidence, claim, label]
        read = csv.DictReader(file, names, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [Pair(row[evidence], row[claim], LABEL_OF[row[label]]) for row in read if row[label] in LABEL_OF]


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
    return diagram(shares.max(axis=1).tolist(), (shares.argmax(axis=1) == np.array(labels)).tolist())


def diagram(chances: list[float], right: list[bool]) -> dict[str, Any]:
    bins = reliability(chances, right)
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
    taxi = rows(data / "mnli/taxinli10k.tsv.gz", "prem", "hyp", "label")
    random.Random(1).shuffle(taxi)
    snli, columns = ROOT / "snli/NLI/all_combined", ("sentence1", "sentence2", "gold_label")
    train = [*taxi[: min(count, 8 * len(taxi) // 10)], *rows(snli / "train.tsv.gz", *columns)[:count]]
    tenth = len(taxi) // 10
    held, last, test = taxi[8 * tenth : 9 * tenth], taxi[9 * tenth :], rows(snli / "test.tsv.gz", *columns)

    def table(pairs: Sequence[Pair]) -> tuple[np.ndarray, list[int]]:
        return pair_features([one[:2] for one in pairs]), [LABELS.index(one.label) for one in pairs]

    about = {"fitted on": f"{len(train):,} pairs of TaxiNLI (MultiNLI) and counterfactually augmented SNLI",
             "calibrated on": f"{len(held):,} held-out pairs of TaxiNLI"}  # fmt: skip
    model = fitted_model(LABELS, entailment.FEATURES, table(train), table(held), about)
    numbers = {"SNLI, augmented, test": reached(model, *table(test)), "TaxiNLI, held out": reached(model, *table(last))}
    return replace(model, about={**about, "reached": numbers})


class TfIdf:
    """The baseline's search: cosine of TF-IDF vectors."""

    def __init__(self, texts: Sequence[Sequence[str]]) -> None:
        self.places = {word: place for place, word in enumerate(dict.fromkeys(w for text in texts for w in text))}
        counts = np.zeros((len(texts), len(self.places)))
        for number, text in enumerate(texts):
            for word in text:
                counts[number, self.places[word]] += 1
        self.weights = np.log(len(texts) / np.maximum(1, (counts > 0).sum(axis=0)))
        table = counts * self.weights
        self.table = table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-12)

    def nearest(self, query: Sequence[str]) -> int:
        known = [self.places[word] for word in query if word in self.places]
        return int((self.table[:, known] @ self.weights[known]).argmax())


class ClaimSet(NamedTuple):
    """Claims with gold, over documents that are source texts, one a premise; premise number -> (document, place)."""

    claims: list[GoldClaim]
    texts: list[SourceText]
    places: dict[str, tuple[int, int]]


def claim_set(pairs: Sequence[Pair]) -> ClaimSet:
    """Documents of eight premises each; a hypothesis is a claim, its premise the rationale where it says yes or no."""
    premises = list(dict.fromkeys(one.evidence for one in pairs))
    place = {premise: divmod(number, DOCUMENT) for number, premise in enumerate(premises)}
    texts = [
        SourceText(work=f"{number}", version="published", origin="abstract", text=premise, source="xnli")
        for number, premise in enumerate(premises)
    ]
    claims = []
    for number, one in enumerate(pairs):
        document, sentence = place[one.evidence]
        known = {document: (Rationale((sentence,), one.label),)} if one.label != NOT_ENOUGH_INFO else {}
        claims.append(GoldClaim(id=number, text=one.claim, evidence=known, cited=(document,)))
    return ClaimSet(claims, texts, {f"{number}": place[premise] for number, premise in enumerate(premises)})


def finding(claim: GoldClaim) -> Finding:
    sentence = SourceSentence(text=claim.text, start=0, end=len(claim.text), page=None, section="")
    return Finding(work="claim", version="", origin="", sentence=sentence, kinds=(), quantities=())


def verdict_model(pairs: Sequence[Pair]) -> LogisticModel:
    """Fit on a half of the claims, and score the verifier on the other half, beside the baseline."""
    premises = list(dict.fromkeys(one.evidence for one in pairs))
    first = set(premises[: len(premises) // 2])
    halves = [claim_set([one for one in pairs if (one.evidence in first) == half]) for half in (True, False)]
    values, labels = verdict_table(halves[0])
    cut = 4 * len(labels) // 5
    about = {"fitted on": f"{cut:,} claims over documents made of XNLI's English development pairs",
             "calibrated on": f"{len(labels) - cut:,} more of them"}  # fmt: skip
    parts = (values[:cut], labels[:cut]), (values[cut:], labels[cut:])
    model = fitted_model(LABELS, VERDICT_FEATURES, *parts, about)
    numbers = {"XNLI claims, held out": scored(halves[1], model)}
    return replace(model, about={**about, "reached": numbers})


def gold_label(claim: GoldClaim) -> int:
    labels = [one.label for rationales in claim.evidence.values() for one in rationales]
    return LABELS.index(labels[0] if labels else NOT_ENOUGH_INFO)


def verdict_table(claims: ClaimSet) -> tuple[np.ndarray, list[int]]:
    verifier = Verifier(claims.texts, entailment_by_words, UNCALIBRATED)
    deciding = [deciding_sentence(verifier.verify(finding(claim)).evidence) for claim in claims.claims]
    return verdict_features(deciding), [gold_label(claim) for claim in claims.claims]


def scored(claims: ClaimSet, model: LogisticModel) -> dict[str, Any]:
    """What the verifier reaches as SciFact's evaluator counts, beside TF-IDF with the majority label."""
    verifier = Verifier(claims.texts, entailment_by_words, model)
    predictions, baseline, chances, right = {}, {}, [], []
    index = TfIdf([stems_of(text.text) for text in claims.texts])
    for claim in claims.claims:
        verdict = verifier.verify(finding(claim))
        chances.append(verdict.probability)
        right.append(LABELS.index(verdict.label) == gold_label(claim))
        predictions[claim.id] = {}
        if verdict.rationale is not None:
            document, place = claims.places[verdict.rationale.work]
            predictions[claim.id] = {document: PredictedEvidence(verdict.label, (place,))}
        document, place = claims.places[f"{index.nearest(stems_of(claim.text))}"]
        baseline[claim.id] = {document: PredictedEvidence(SUPPORT, (place,))}
    ours, theirs = (scifact_scores(claims.claims, one) for one in (predictions, baseline))
    f1 = {
        key: {name: round(100 * getattr(one, key).f1, 1) for name, one in (("verifier", ours), ("baseline", theirs))}
        for key in ("sentence_label", "abstract_label_only", "abstract_rationalized")
    }
    return {**diagram(chances, right), "f1": f1}


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
    xnli = rows(given.data / "xnli/dev-en.tsv.gz", "premise", "hypothesis", "label", header=False)
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
