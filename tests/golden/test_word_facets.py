"""Attachment by distance, direction and depth against counts that reproduce CoNLL-X's `eval.pl` and UD's evaluator."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from xstilts.data.readers.conllu_trees import ConlluTrees
from xstilts.metrics.word_facets import added, attachment_counts, tree_facets

NAMES = {"distance": "by_gold_distance", "direction": "by_direction", "depth": "by_word_depth"}


@pytest.mark.parametrize("language", ["ar", "de", "fr", "zh"])
def test_counts_are_those_of_the_goldens(language: str, shared_golden: Path):
    files = [shared_golden / "conll18" / f"{language}.{side}.conllu" for side in ("gold", "system")]
    sides = [[(row["heads"], row["deprels"]) for row in ConlluTrees()([file])] for file in files]
    counts = added(attachment_counts(gold, guess, tree_facets(gold[0])) for gold, guess in zip(*sides, strict=True))
    official = json.loads((shared_golden / "ud-breakdown/official.json").read_text("utf-8"))[language]["own_counts"]
    for facet, name in NAMES.items():
        ours = {v: {"las": c["las"], "n": c["words"], "uas": c["uas"]} for v, c in counts[facet].items()}
        assert {value: row for value, row in ours.items() if row["n"]} == {
            value: row for value, row in official[name].items() if row["n"]
        }, facet
