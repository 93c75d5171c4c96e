"""What a change of the program's structure must not change: the identities of every packaged study's steps, what the
invented study's report says, and what `plan` and `tasks` print for scripts.

`XSTILTS_WRITE_GOLDENS=1 pytest tests/golden/test_house.py` writes the files anew; a commit that does so says why.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import fake_study
from xstilts.cli import main
from xstilts.core.canonical import canonical, fingerprint
from xstilts.engine.graph import steps_of
from xstilts.pipeline.options import Options
from xstilts.pipeline.session import open_session
from xstilts.report.write import report
from xstilts.study.load import load_study, packaged_studies
from xstilts.study.schema import Study
from xstilts.tasks.catalog import TASKS

HERE = Path(__file__).parent / "house"
WRITE = os.environ.get("XSTILTS_WRITE_GOLDENS") == "1"


def profiles() -> Iterator[tuple[str, str]]:
    """(study, scale) of all that come with the program; "" is the study as it is written."""
    for name in packaged_studies():
        yield name, ""
        yield from ((name, scale) for scale in load_study(name).scale)


def expect(name: str, value: Any) -> None:
    """Compares with `house/<name>.json`, floats to one part in a million: counts are single floats, and processors add
    them up in another order."""
    text = json.dumps(rounded(value), indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    path = HERE / f"{name}.json"
    if WRITE:
        path.write_text(text, "utf-8")
    assert_alike(json.loads(text), json.loads(path.read_text("utf-8")), name)


def assert_alike(value: Any, golden: Any, place: str) -> None:
    """Equal, but for the last digits of floats; a failure names the place."""
    if isinstance(golden, dict):
        assert list(value) == list(golden), place
        for key in golden:
            assert_alike(value[key], golden[key], f"{place}.{key}")
    elif isinstance(golden, list):
        assert len(value) == len(golden), place
        for i, (one, other) in enumerate(zip(value, golden, strict=True)):
            assert_alike(one, other, f"{place}[{i}]")
    elif isinstance(golden, float):
        assert value == pytest.approx(golden, rel=1e-6, nan_ok=True), place
    else:
        assert value == golden, place


def rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return [rounded(item) for item in value] if isinstance(value, list) else value


@pytest.fixture(scope="module")
def placeholders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with every file that can be had from nobody: each holds its own name, so that its content is the
    same everywhere."""
    folder = tmp_path_factory.mktemp("placeholders")
    for task in TASKS.values():
        sources = [task.fit.train, task.fit.dev] if task.fit else []
        for source in (*sources, *task.test.values()):
            if source is not None and not any(place.hub or place.urls for place in source.places):
                for name in source.places[0].files:
                    (folder / name).parent.mkdir(parents=True, exist_ok=True)
                    (folder / name).write_text(name, "utf-8")
    return folder


@pytest.mark.parametrize(("name", "scale"), list(profiles()))
def test_every_step_of_a_packaged_study_keeps_its_identity(name: str, scale: str, placeholders: Path, tmp_path: Path):
    options = Options(store=tmp_path, data=(placeholders,))
    session = open_session(Study.load(name, scale or None), options, planning=True)
    found: dict[str, list[str]] = {}
    for step in steps_of(session.goals):
        found.setdefault(step.name, []).append(step.id)
    ids = {kind: {"steps": len(of), "ids": fingerprint(sorted(of))} for kind, of in found.items()}
    expect(f"ids-{name}{'-' if scale else ''}{scale}", ids)


def test_what_identities_are_made_of(placeholders: Path, tmp_path: Path):
    """The names of classes and fields in the settings of all packaged studies: a rename declares the old name."""
    named: dict[str, set[str]] = {}
    for name, scale in profiles():
        options = Options(store=tmp_path, data=(placeholders,))
        session = open_session(Study.load(name, scale or None), options, planning=True)
        for step in steps_of(session.goals):
            collect(canonical(step.settings), named)
    expect("identity-names", {name: sorted(fields) for name, fields in named.items()})


def collect(value: Any, named: dict[str, set[str]]) -> None:
    """Adds, for every class in a canonical form, the fields it shows."""
    if isinstance(value, dict):
        if "!" in value:
            named.setdefault(value["!"], set()).update(set(value) - {"!"})
        for item in value.values():
            collect(item, named)
    elif isinstance(value, list):
        for item in value:
            collect(item, named)


def test_the_report_of_the_invented_study_says_the_same(tmp_path: Path):
    pages = report(fake_study.results(tmp_path / "store"), tmp_path / "report")
    expect("report", json.loads(pages.json.read_text("utf-8")))
    expect("scores", numbers(pages.scores_csv))
    expect("contrasts", numbers(pages.scores_csv.with_name("contrasts.csv")))


def numbers(path: Path) -> list[list[str | float]]:
    """The cells of a CSV file, numbers as such."""
    return [[number(cell) for cell in row] for row in csv.reader(io.StringIO(path.read_text("utf-8")))]


def number(cell: str) -> str | float:
    try:
        return float(cell)
    except ValueError:
        return cell


@pytest.mark.parametrize("words", [["plan", "quickstart"], ["tasks", "xquad"], ["studies"]])
def test_scripts_are_told_the_same(words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    expect("-".join(["print", *words]), printed(words, tmp_path, capsys))


def test_scripts_are_told_the_same_of_every_task(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    expect("print-tasks", {task["name"]: fingerprint(task) for task in printed(["tasks"], tmp_path, capsys)})


def printed(words: list[str], store: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """What a command prints for scripts over an empty store."""
    assert main([*words, "--json", *([] if words[0] == "studies" else ["--store", str(store)])]) == 0
    return json.loads(capsys.readouterr().out.replace(str(store), "STORE"))
