"""Exact match of forms as XSemPLR's programs compute it, and that forms of every set come back from their tokens."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from xstilts.core.errors import DataError
from xstilts.metrics.form_tokens import LANGUAGES
from xstilts.metrics.mtop import XsemplrMatch

SETS = (
    "mconala.python.es", "mcwq.sparql.he", "mgeoquery.funql.de", "mgeoquery.lambda.zh", "mgeoquery.prolog.el",
    "mgeoquery.sql.en", "mnlmaps.funql.de", "movernight.lambda.zh", "mschema2qa.thingtalk.ar",
    "mschema2qa.thingtalk.en", "mschema2qa.thingtalk.ja", "mspider.sql.vi",
)  # fmt: skip


@pytest.mark.parametrize("name", SETS)
def test_exact_match_of_every_set(name: str, shared_golden: Path):
    folder = shared_golden / "semparse"
    rows = [json.loads(line) for line in (folder / f"{name}.jsonl").read_text("utf-8").split("\n") if line]
    official = json.loads((folder / "official.json").read_text("utf-8"))[name]
    assert len(rows) == official["examples"]
    counts = np.array([XsemplrMatch().tally({"form": r["gold"]}, {"form": r["pred"]}, "") for r in rows])
    assert "".join(str(int(equal)) for equal in counts[:, 0]) == official["each"]["seq2seq"]
    found = XsemplrMatch().values(counts.sum(axis=0))
    assert float(found["exact_match"]) / 100 == pytest.approx(official["seq2seq_exact_match"], rel=1e-12)
    if "llm_exact_match" in official:
        assert float(found["exact_match_llm"]) / 100 == pytest.approx(official["llm_exact_match"], rel=1e-12)


def test_gold_forms_come_back_from_their_tokens(shared_golden: Path):
    """Of the golden files too, and XSemPLR's pointers stand at words that are values here: at 95 of 100 of them."""
    of_form = {"lambda": {"movernight": "lambda-dcs"}, "slot_intent": {"mtop": "tree"}}
    pointers = values = compared = 0
    for line in (shared_golden / "semparse" / "pointer-targets.jsonl").read_text("utf-8").split("\n"):
        if not line:
            continue
        row = json.loads(line)
        language = LANGUAGES[of_form.get(row["mr"], {}).get(row["dataset"], row["mr"])]
        try:
            tokens = language.tokens(row["gold"], "")
        except DataError:
            continue
        compared += 1
        assert language.written([t.text for t in tokens]).replace(" ", "") == row["gold"].replace(" ", "")
        source = row["source"].split(" ")
        ours = {token.text.lower() for token in tokens if token.is_value}
        pointed = [source[int(word[4:])] for word in row["target"].split(" ") if word.startswith("@ptr")]
        if row["mr"] in ("funql", "thingtalk"):
            pointers += len(pointed)
            values += sum(word.lower() in ours for word in pointed)
    assert compared >= 200 and pointers > 50 and values / pointers > 0.95
