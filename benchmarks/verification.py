"""How often is the verifier right, and how well are its probabilities calibrated, on claims that it was not fitted on?

    python benchmarks/verification.py --xnli DATA/xnli/dev-en.tsv.gz [--scifact FOLDER] [--taxinli FILE]

Claims are hypotheses over documents made of the premises of pairs of natural language inference: those of XNLI's
English development pairs whose premises the verdict was not fitted on, and the packaged test pairs of SNLI, of which
nothing was fitted at all. FOLDER has claims.jsonl and corpus.jsonl in SciFact's formats. Beside the verifier stands
TF-IDF with the commonest label. Scores are F1 as SciFact's evaluator counts (abstract_rationalized is label and
rationale). Of TaxiNLI it prints how its pairs are labelled where they say the opposite of the same by their words.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from xstilts.evidence.contradictions import opposite_on
from xstilts.evidence.entailment import LABELS, entailment_by_words
from xstilts.evidence.logistic import fitted
from xstilts.evidence.reliability import calibration_error
from xstilts.evidence.scored_claims import ClaimSet, claims_of_pairs, halves, read_claim_set, read_pairs, score_claims
from xstilts.samples import ROOT

SCORES = ("abstract_rationalized", "abstract_label_only", "sentence_label", "sentence_selection")
SNLI = ROOT / "snli/NLI/all_combined/test.tsv.gz"


def lines(name: str, claims: ClaimSet) -> list[str]:
    """What is printed of a set of claims."""
    scores = score_claims(claims, entailment_by_words, fitted("verdict"))
    right = 100 * sum(scores.right) / len(scores.right)
    error = calibration_error(scores.bins)
    said = [f"{name}: {len(scores.right):,} claims, {right:.1f} % right, calibration error {error:.3f}"]
    for key in SCORES:
        ours, theirs = (100 * getattr(one, key).f1 for one in (scores.verifier, scores.baseline))
        said.append(f"  {key}: F1 {ours:.1f}, baseline {theirs:.1f}")
    return said


def main(argument_list: Sequence[str] | None = None) -> int:
    """Prints the scores on each set. 0."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--xnli", type=Path, help="dev-en.tsv.gz")
    parser.add_argument("--scifact", type=Path, help="a folder with claims.jsonl and corpus.jsonl")
    parser.add_argument("--taxinli", type=Path, help="taxinli10k.tsv.gz")
    arguments = parser.parse_args(argument_list)
    if arguments.taxinli:
        pairs = read_pairs(arguments.taxinli, "prem", "hyp", "label")
        labels = Counter(pair.label for pair in pairs if opposite_on(*pair[:2]))
        said = ", ".join(f"{label} {labels[label]}" for label in LABELS)
        sys.stdout.write(f"TaxiNLI: {labels.total()} of {len(pairs):,} pairs say the opposite of the same: {said}\n")
    sets = {"SNLI, augmented, test": claims_of_pairs(read_pairs(SNLI, "sentence1", "sentence2", "gold_label"))}
    if arguments.xnli:
        pairs = read_pairs(arguments.xnli, "premise", "hypothesis", "label", header=False)
        sets["XNLI, held-out half"] = halves(pairs)[1]
    if arguments.scifact:
        sets[f"SciFact's format, {arguments.scifact.name}"] = read_claim_set(arguments.scifact)
    for name, claims in sets.items():
        sys.stdout.write("".join(f"{line}\n" for line in lines(name, claims)))
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
