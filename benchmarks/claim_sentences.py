"""How well are claims told from other sentences of abstracts: by the rules, and by the classifier of `claim_sentences`?

    xstilts run claim_sentences --store DIR
    python benchmarks/claim_sentences.py --store DIR [--threads 2]

Counted on the development and test sentences of the task `claim-sentences`, which are labelled by reading, not by cues.
The classifier is asked once for each seed that the store has; a star marks the one that `xstilts evidence` takes.
"either": what the rules or the classifier take for one.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from xstilts.app.claim_classifier import claim_chances, trained_classifier, trained_seeds
from xstilts.data.locate import Roots
from xstilts.data.read import load_examples, resolve_source
from xstilts.evidence.findings import finding_kinds
from xstilts.evidence.reliability import calibration_error, reliability
from xstilts.pipeline.options import Options
from xstilts.tasks.claim_sentences import CLAIM, CLAIM_SENTENCES


def scores(gold: Sequence[bool], guessed: Sequence[bool]) -> str:
    """Precision, recall, F1 of claims, and accuracy, in percent."""
    both = sum(one and other for one, other in zip(gold, guessed, strict=True))
    precision, recall = both / max(1, sum(guessed)), both / max(1, sum(gold))
    right = sum(one == other for one, other in zip(gold, guessed, strict=True)) / len(gold)
    f1 = 2 * both / max(1, sum(gold) + sum(guessed))
    return f"P {100 * precision:.1f}  R {100 * recall:.1f}  F1 {100 * f1:.1f}  accuracy {100 * right:.1f}"


def main(argument_list: Sequence[str] | None = None) -> int:
    """Prints the scores of each on each set. 0."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--store", type=Path, required=True, help="where the study was run")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args(argument_list)
    options = Options(store=arguments.store, offline=True, device="cpu", threads=arguments.threads)
    roots = Roots(data=(), store=arguments.store, offline=True)
    chosen = trained_classifier(options)
    assert CLAIM_SENTENCES.dev is not None
    for name, source in (("dev", CLAIM_SENTENCES.dev), ("test", CLAIM_SENTENCES.test["en"])):
        examples = load_examples(resolve_source(source, roots)).examples
        texts, gold = [one.texts[0] for one in examples], [one.label == CLAIM for one in examples]
        rules = [bool(finding_kinds(text)) for text in texts]
        sys.stdout.write(f"{name}: {len(gold)} sentences, {sum(gold)} claims\n  rules: {scores(gold, rules)}\n")
        for folder in trained_seeds(options):
            chances = claim_chances(texts, folder, options)
            guessed = [chance > 0.5 for chance in chances]
            either = [one or other for one, other in zip(rules, guessed, strict=True)]
            right = [one == other for one, other in zip(gold, guessed, strict=True)]
            error = calibration_error(reliability([max(one, 1 - one) for one in chances], right))
            star = "*" if chosen and folder.name == chosen.name else " "
            said = f"{scores(gold, guessed)}  calibration error {error:.3f}"
            sys.stdout.write(f"{star} classifier {folder.name}: {said}\n")
            sys.stdout.write(f"  either: {scores(gold, either)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
