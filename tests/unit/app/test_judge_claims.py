"""`xstilts claims`: what was not measured is named with the command that would measure it; the exit code is 0."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from xstilts.cli import main

FILE = """claims:
  it helps:
    says: Slots help.
    predicate: {arm: slots, over: none, comparison: greater}
  elsewhere:
    study: phang2020
    says: MNLI helps.
    predicate: {arm: mnli, over: none, comparison: greater}
"""


def call(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["claims", *words])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_a_study_that_was_not_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(FILE)
    code, out, _ = call(capsys, "quickstart", "--claims", str(file), "--store", str(tmp_path / "store"), "--json")
    answer = json.loads(out)
    (claim,) = answer["claims"]
    assert code == 0 and claim["here"]["verdict"] == "not measured"
    assert claim["here"]["how_to_measure"] == "xstilts run quickstart"
    assert "not run" in claim["here"]["reason"]
    assert answer["claims_of_other_studies"] == {"elsewhere": "phang2020"}


def test_published_numbers_where_the_encoder_is_not_here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "phang2020", "--store", str(tmp_path), "--json")
    claims = {claim["name"]: claim for claim in json.loads(out)["claims"]}
    gain = claims["squad1 gains 8.2"]
    assert code == 0 and len(claims) == 17
    assert gain["published_verdict"]["verdict"] == "supported"
    assert gain["here"]["verdict"] == "not measured" and gain["here"]["how_to_measure"].startswith("xstilts data get")
    assert claims["nine intermediate tasks"]["here"]["verdict"] == "supported"
    assert "chosen for each target" in claims["best for each target gains 5.4"]["here"]["reason"]


def test_an_arm_that_the_scale_leaves_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "syntax_srl", "--scale", "laptop", "--store", str(tmp_path), "--json")
    assert code == 0 and {claim["study"] for claim in json.loads(out)["claims"]} == {"syntax_srl"}


def test_a_page_of_the_claims(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "claims.md"
    code, out, _ = call(capsys, "phang2020", "--store", str(tmp_path), "--markdown", str(page))
    text = page.read_text("utf-8")
    assert code == 0 and "## Claims" in text and "| squad1 gains 8.2, SQuAD first improves" in text
    assert "Of 17 claims: 14 not measured, 3 supported." in text and "17 claims" in " ".join(out.split())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["quickstart"], "has no claims"),
        (["quickstart", "--claims", "seeds"], "None of these claims is about the study 'quickstart'."),
        (["quickstart", "--claims", "seedz"], "Did you mean 'seeds'?"),
    ],
)
def test_nothing_to_judge(words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = call(capsys, *words, "--store", str(tmp_path))
    assert code == 2 and said in " ".join(err.split())


def test_a_wrong_name_is_said_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(FILE.replace("arm: slots", "arm: slot"))
    code, _, err = call(capsys, "quickstart", "--claims", str(file), "--store", str(tmp_path / "store"))
    assert code == 2 and "mine.yaml:4: claims.it helps.predicate.arm: There is no arm 'slot'." in " ".join(err.split())
    assert "Did you mean 'slots'?" in " ".join(err.split())
