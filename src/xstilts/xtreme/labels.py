"""Labels that a submission may hold: what is none is refused with its line, for it would only be counted as wrong."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from xstilts.core.errors import DataError
from xstilts.data.text_lines import Numbered

XNLI_LABELS = ("contradiction", "entailment", "neutral")
BINARY_LABELS = ("0", "1")
# "O" stands for a word that has no guess, "_" is the tag of XTREME's tokens of several words.
UDPOS_TAGS = tuple("ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X _ O".split())  # noqa: SIM905
PANX_TAGS = ("O", *(f"{place}-{name}" for name in ("PER", "ORG", "LOC") for place in "BI"))
TATOEBA_SENTENCES = 1_000  # of a language, at most


def check_labels(
    gold: Path, guess: Path, gold_labels: Sequence[Numbered], guesses: Sequence[Numbered], official: Collection[str]
) -> None:
    """Refuse a prediction that is no label: none of the `official` ones, or, where the gold is written in another
    spelling, none of the gold's. Raises DataError at its line."""
    of_gold = dict.fromkeys(label for _, label in gold_labels)
    allowed = list(official) if set(of_gold) <= set(official) else list(of_gold)
    _no_columns(gold, gold_labels)
    _no_columns(guess, guesses)
    for number, label in guesses:
        if label not in allowed:
            raise DataError(
                f"'{label}' is no label of this task",
                where=f"{guess}:{number}",
                value=label,
                allowed=allowed,
                hint=f"Labels are written as in {gold}.",
            )


def check_sentence_numbers(gold: Path, guess: Path, golds: Sequence[Numbered], guesses: Sequence[Numbered]) -> None:
    """Refuse what is no number of a sentence: those of a whole set of n are 0 to n - 1, each once in its labels. Raises
    DataError at its line."""
    _no_columns(gold, golds)
    _no_columns(guess, guesses)
    is_whole = sorted(label for _, label in golds) == sorted(map(str, range(len(golds))))
    end = len(golds) if is_whole else TATOEBA_SENTENCES
    for path, lines in ((gold, golds), (guess, guesses)):
        for number, label in lines:
            if not (label.isascii() and label.isdigit() and str(int(label)) == label and int(label) < end):
                raise DataError(
                    f"'{label}' is no number of a sentence: they are 0 to {end - 1}", where=f"{path}:{number}"
                )


def _no_columns(path: Path, lines: Sequence[Numbered]) -> None:
    for number, label in lines:
        if "\t" in label:
            raise DataError(
                "several columns, where a label alone is expected",
                where=f"{path}:{number}",
                hint="Take the words out: a line is one label.",
            )
