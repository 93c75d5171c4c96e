"""Our numbers against those of the evaluators of CoNLL 2018 (dependency parsing) and CoNLL 2005 (semantic roles)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from xstilts.cli import main
from xstilts.data.readers.conllu_trees import ConlluTrees
from xstilts.evaluate.shared_tasks import score_srl
from xstilts.metrics.trees import AlignedUpos, Attachment


@pytest.mark.parametrize("language", ["ar", "de", "fr", "zh"])
def test_upos_uas_las_and_clas_to_the_last_digit(
    language: str, shared_golden: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shared_golden / "conll18"
    files = [str(folder / f"{language}.{side}.conllu") for side in ("gold", "system")]
    assert main(["score", "dependency", *files, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads((folder / "official.json").read_text())[language]


@pytest.mark.parametrize("language", ["ar", "de", "fr", "zh"])
def test_tallies_of_single_sentences_give_the_same(language: str, shared_golden: Path) -> None:
    """As a study scores them: sentence by sentence, the guess without its words."""
    folder = shared_golden / "conll18"
    sides = [ConlluTrees()([folder / f"{language}.{side}.conllu"]) for side in ("gold", "system")]
    found = {}
    pairs = [[{**row, "relations": row["deprels"]} for row in rows] for rows in zip(*sides, strict=True)]
    for metric in (AlignedUpos(), Attachment()):
        each = [metric.tally(gold, {k: v for k, v in guess.items() if k != "words"}, language) for gold, guess in pairs]
        found.update({k.upper(): v for k, v in metric.values(np.sum(each, axis=0)).items()})
    assert found == json.loads((folder / "official.json").read_text())[language]


def test_every_number_of_the_official_output_of_semantic_roles(shared_golden: Path) -> None:
    folder = shared_golden / "conll05"
    found = score_srl(folder / "gold.props", folder / "system.props")
    printed = [line.split() for line in (folder / "official.txt").read_text().splitlines()]
    rows = {cells[0]: cells[1:] for cells in printed if len(cells) == 7 and cells[1].isdigit()}
    assert len(rows) == 8
    for label, numbers in rows.items():
        counted = found.total if label == "Overall" else found.counts[label]
        shares = (counted.precision, counted.recall, counted.f1)
        counts = (counted.correct, counted.excess, counted.missed)
        assert [*map(str, counts), *(f"{share:.2f}" for share in shares)] == numbers, label
    assert [f"{found.values[name]:.2f}" for name in ("precision", "recall", "f1")] == rows["Overall"][3:]
    ends = {" ".join(cells[:-2]): cells[-1] for cells in printed if cells[:1] in (["Number"], ["Percentage"])}
    assert ends == {
        "Number of Sentences": str(found.sentences),
        "Number of Propositions": str(found.propositions),
        "Percentage of perfect props": f"{found.perfect:.2f}",
    }


def test_semantic_roles_on_the_command_line(shared_golden: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(shared_golden / "conll05" / name) for name in ("gold.props", "system.props")]
    assert main(["score", "srl", *files, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {name: f"{value:.2f}" for name, value in found.items()} == {
        "precision": "81.90",
        "recall": "74.78",
        "f1": "78.18",
    }
    assert main(["score", "srl", *files]) == 0
    said = capsys.readouterr().out
    assert "78.18" in said and "AM-LOC" in said and "56.82 % without a mistake" in said
