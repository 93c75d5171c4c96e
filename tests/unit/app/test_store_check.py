"""`store check`: everything with a checksum is compared, and what is damaged is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from xstilts.cli import main
from xstilts.core.fingerprints import file_fingerprint
from xstilts.data.lock import Lock, add_to_lock, lock_entry


def test_fetched_files_and_models_are_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def checked() -> tuple[int, dict[str, str]]:
        code = main(["store", "check", "--store", str(tmp_path), "--json"])
        found = json.loads(capsys.readouterr().out)
        return code, {item["name"]: item["problem"] for item in found["damaged"]}

    data, encoder = tmp_path / "data" / "a.tsv", tmp_path / "encoders" / "o--n" / "model.safetensors"
    for file in (data, encoder):
        file.parent.mkdir(parents=True)
        file.write_text(file.name)
    (tmp_path / "store.json").write_text('{"layout": 1}')
    add_to_lock(tmp_path, Lock({}, {"a.tsv": lock_entry(data, "x")}))
    record = {"name": "o/n", "folder": "o--n", "files": {encoder.name: file_fingerprint(encoder)}}
    (tmp_path / "encoders" / "o-n.json").write_text(json.dumps(record))
    assert checked() == (0, {})
    data.write_text("b.tsv")
    encoder.unlink()
    code, damaged = checked()
    assert code == 1 and damaged == {
        "data/a.tsv": "has other content than was written",
        "encoders/o--n/model.safetensors": "is gone",
    }
    (tmp_path / "encoders" / "o-n.json").write_text(json.dumps({**record, "folder": "../../elsewhere"}))
    assert "outside" in checked()[1]["encoders/../../elsewhere/model.safetensors"]
    (tmp_path / "encoders" / "o-n.json").write_text("[]")
    assert "no record" in checked()[1]["encoders/o-n.json"]
