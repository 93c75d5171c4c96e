"""A file that is trained on and scored, or that selects, is said before anything runs, whatever it is called."""

from __future__ import annotations

from pathlib import Path

import pytest

from xstilts.app.plan import plan
from xstilts.pipeline.options import Options
from xstilts.study.load import load_study

STUDY = """\
question: probe
encoder: tiny-e5
tasks:
  t: {kind: classification, labels: [x, y], reader: tsv, columns: {text: text, label: label},
      train: a.tsv, DEV test: {de: TEST, sw: other.tsv}}
arms: {none: {strategy: direct}}
targets: [t]
"""


@pytest.mark.parametrize(
    ("test", "dev", "said"),
    [
        ("a.tsv", "", ["t: the test set of de (a.tsv) is a file that is trained on"]),
        ("copy.tsv", "", ["t: the test set of de (copy.tsv) is a file that is trained on"]),
        ("b.tsv", "dev: copy.tsv,", ["t: the dev set (copy.tsv) is a file that is trained on"]),
        ("b.tsv", "dev: b.tsv,", []),
        ("b.tsv", "", []),
    ],
)
def test_a_test_or_dev_file_that_is_trained_on_is_named(tmp_path: Path, test: str, dev: str, said: list[str]) -> None:
    rows = "".join(f"text {i}\t{'xy'[i % 2]}\n" for i in range(8))
    for name, text in (("a", rows), ("copy", rows), ("b", rows[9:]), ("other", rows[18:])):
        (tmp_path / f"{name}.tsv").write_text("text\tlabel\n" + text, "utf-8")
    (path := tmp_path / "study.yaml").write_text(STUDY.replace("TEST", test).replace("DEV", dev), "utf-8")
    made = plan(load_study(str(path)), options=Options(store=tmp_path / "store", data=(tmp_path,)))
    warnings = made.to_dict()["notes"]
    assert len(warnings) == len(said) and all(map(str.startswith, warnings, said))


def test_what_only_another_target_trains_on_is_no_matter(tmp_path: Path) -> None:
    """A probe may be trained on the pairs that another target asks the encoder itself about."""
    for name, rows in (("a", range(8)), ("b", range(8, 16))):
        lines = "".join(f"text {i}\t{'xy'[i % 2]}\n" for i in rows)
        (tmp_path / f"{name}.tsv").write_text("text\tlabel\n" + lines, "utf-8")
    task = "kind: classification, labels: [x, y], reader: tsv, columns: {text: text, label: label}"
    t, u = (f"{{{task}, train: {one}.tsv, test: {{de: {other}.tsv}}}}" for one, other in ("ab", "ba"))
    both = f"question: q\nencoder: tiny-e5\ntasks:\n  t: {t}\n  u: {u}\ntargets: [t, u]\n"
    both += "arms: {none: {strategy: direct}}\n"
    (path := tmp_path / "study.yaml").write_text(both, "utf-8")
    made = plan(load_study(str(path)), options=Options(store=tmp_path / "store", data=(tmp_path,)))
    assert not [note for note in made.to_dict()["notes"] if "is a file that is trained on" in note]
