"""The measure of packed roles: what it counts on a toy, and on the real files that its numbers are said of."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

SCRIPTS = Path(__file__).resolve().parents[3] / "benchmarks"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    yield importlib.import_module("joint_labels")
    sys.modules.pop("joint_labels", None)


WORDS = (
    "# sent_id = a\n1\tYesterday\t_\tX\t_\t_\t4\tobl\t_\t_\n2\tit\t_\tX\t_\t_\t4\tnsubj\t_\t_\n"
    "3\twas\t_\tX\t_\t_\t4\tcop\t_\t_\n4\tnice\t_\tX\t_\t_\t0\troot\t_\t_\n\n"
    "# sent_id = b\n1\tHm\t_\tX\t_\t_\t0\troot\t_\t_\n\n"
)
SKELETON = (
    "d 0 0 [WORD] X (T* - - (ARGM-TMP*)\nd 0 1 [WORD] X * - - (ARG1*)\n"
    "d 0 2 [WORD] X * be be.01 (V*)\nd 0 3 [WORD] X *) - - (ARG2*)\n"
)
JOIN = (
    "ud_split\tud_sent_id\tud_index\tskel_document\tskel_sentence\tud_words\tskel_tokens\tstatus\n"
    "dev\ta\t0\td\t0\t4\t4\tok\ndev\tb\t1\t-\t-\t1\t-\tnot-in-propbank\n"
)


def test_what_survives_is_counted(script: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, text in (("ud/en/en_ewt-ud-dev.conllu", WORDS), ("srl/en/ewt-dev.gold_skel", SKELETON)):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "srl/en/ewt-join.tsv").write_text(JOIN)
    given = ["--data", str(tmp_path), "--split", "dev", "--json", str(tmp_path / "out.json")]
    assert script.main(given) == 0
    said = capsys.readouterr().out
    assert "1 sentences, 1 predicates" in said and "1 (not joined: not-in-propbank)" in said
    found = json.loads((tmp_path / "out.json").read_text())
    assert found["places"] == {"beside it (shared)": 2, "above it (reverse)": 1}
    one, two, _ = found["survived"]
    assert (one["triples"], one["spans"], one["heads"], one["extra"], one["labels"]) == (3, 2, 2, 0, 4)
    assert (two["spans"], two["heads"]) == (3, 3)


def test_files_that_are_not_there(script: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert script.main(["--data", str(tmp_path)]) == 2
    assert "en_ewt-ud-train.conllu: there is no such file" in capsys.readouterr().err


def test_the_numbers_of_the_readme(script: ModuleType, shared_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert script.main(["--data", str(shared_data), "--split", "test"]) == 0
    readme = (SCRIPTS / "README.md").read_text("utf-8")
    tables = [line for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
    assert len(tables) == 12 and all(line in readme for line in tables)
