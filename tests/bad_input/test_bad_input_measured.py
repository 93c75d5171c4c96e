"""Several hundred bad inputs over every surface: no traceback, no hang, nothing outside the store, clear errors."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tiny_study import encoder as build_encoder

from xstilts.cli import main

from . import files_of_programs as files
from . import texts_of_users as written
from .judge import ACCEPTED, CLEAR, HANG, HARMLESS, OUTSIDE, TRACEBACK, UNCLEAR, VERDICTS, Case, Verdict, judge
from .valid import Valid

SEED = 23
MOST = {
    "checkpoint": 40,
    "encoder": 80,
    "study": 160,
    "recipe": 90,
    "hub": 40,
    "submission": 80,
}  # of surfaces that are slow: a sample

Make = Callable[[Valid, random.Random], Iterator[Case]]
SURFACES: dict[str, Make] = {
    "study": written.study_cases,
    "recipe": written.recipe_cases,
    "options": written.option_cases,
    "reader": files.reader_cases,
    "encoder": files.encoder_cases,
    "checkpoint": files.checkpoint_cases,
    "pack": files.pack_cases,
    "submission": files.submission_cases,
}


@pytest.fixture(scope="module")
def valid(tmp_path_factory: pytest.TempPathFactory) -> Valid:
    root = tmp_path_factory.mktemp("valid")
    return Valid(root=root, encoder=build_encoder(root / "encoder"))


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings of the machine, no network, and no file for a defect outside this test."""
    for name in ("XSTILTS_DATA", "XSTILTS_STORE", "XSTILTS_OFFLINE", "HF_HUB_OFFLINE", "XSTILTS_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("XSTILTS_DEBUG", "1")


def chosen(cases: Iterator[Case], surface: str) -> list[Case]:
    found = list(cases)
    return random.Random(SEED).sample(found, min(len(found), MOST.get(surface, len(found))))


def measured(cases: list[Case], folder: Path) -> list[Verdict]:
    return [judge(case, folder / str(number), main) for number, case in enumerate(cases)]


def check(verdicts: list[Verdict]) -> None:
    """At least 95 % of what is refused is refused clearly, fewer than 3 % pass, and nothing else happens."""
    counts = Counter(verdict.verdict for verdict in verdicts)
    table = ", ".join(f"{name} {counts[name]}" for name in VERDICTS)
    wrong = [str(verdict) for verdict in verdicts if verdict.verdict not in {CLEAR, HARMLESS}]
    said = "\n".join([f"{len(verdicts)} cases: {table}", *wrong])
    assert not counts[TRACEBACK] + counts[HANG] + counts[OUTSIDE], said
    assert counts[ACCEPTED] < 0.03 * len(verdicts), said
    assert counts[CLEAR] >= 0.95 * (counts[CLEAR] + counts[UNCLEAR] + counts[ACCEPTED]), said


@pytest.mark.parametrize("surface", SURFACES)
def test_bad_input_is_refused_clearly(
    surface: str, valid: Valid, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    cases = chosen(SURFACES[surface](valid, random.Random(SEED)), surface)
    check(measured(cases, tmp_path))


def test_what_a_hub_answers_is_refused_clearly(valid: Valid, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    hub = files.BadHub()
    monkeypatch.setenv("HF_ENDPOINT", hub.address)
    try:
        check(measured(chosen(files.hub_cases(hub, valid, random.Random(SEED)), "hub"), tmp_path))
    finally:
        hub.http.shutdown()
        hub.http.server_close()
