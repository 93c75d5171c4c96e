"""A run opens its study once: every name is looked up, every file looked for and every step built a single time."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from tiny_study import TinyStudy

from xstilts.app import run as app_run
from xstilts.cli import main
from xstilts.pipeline import precision as precision_rule
from xstilts.pipeline import session as session_module
from xstilts.pipeline.steps.encoder import packaged_encoders
from xstilts.study import resolve

ONCE = (
    (app_run, "open_session"),
    (session_module, "resolve_study"),
    (resolve, "check_names"),
    (resolve, "find_sweeps"),
    (resolve, "with_settings"),
    (session_module, "declared_tasks"),
    (session_module, "locate_study"),
    (session_module, "find_encoder"),
    (session_module, "expand"),
    (session_module, "build_steps"),
)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each of these functions was called, by its name."""
    counts: Counter[str] = Counter()

    def counted(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*values: Any, **named: Any) -> Any:
            counts[name] += 1
            return function(*values, **named)

        return call

    for module, name in ONCE:
        monkeypatch.setattr(module, name, counted(name, getattr(module, name)))
    return counts


@pytest.mark.parametrize("precision", ["fp32", "auto"])
def test_a_run_opens_its_study_once(study: Callable[..., TinyStudy], calls: Counter[str], precision: str):
    arms = {"none": {"strategy": "direct"}}
    tiny = study(arms=arms, targets=["weather"], seeds=[1], precision=precision)
    assert tiny.call("run") == 0
    assert calls == {name: 1 for _, name in ONCE}


def test_precision_is_settled_before_recipes_are_made_and_said(
    study: Callable[..., TinyStudy],
    calls: Counter[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    new_amd = precision_rule.Processor(vendor="AuthenticAMD", instructions=frozenset(["avx512_bf16"]))
    monkeypatch.setattr(precision_rule, "this_processor", lambda: new_amd)
    encoder = min(packaged_encoders(), key=len)
    arms = {"none": {"strategy": "direct"}}
    tiny = study(
        arms=arms, targets=["weather"], seeds=[1], encoder=encoder, precision="auto", train={"updates": 1, "batch": 2}
    )
    assert tiny.call("run") == 0
    assert calls["open_session"] == calls["expand"] == 1
    (recipe,) = [record["settings"]["recipe"] for record in tiny.records("train")]
    assert recipe["precision"] == "bf16"
    report = json.loads(next(tiny.store.glob("reports/*/*.json")).read_text("utf-8"))
    assert "precision: bf16" in report["study"], "the record of the study says what auto was"
    assert any("precision auto: bf16, as this processor has avx512_bf16" in note for note in report["notes"])
    capsys.readouterr()
    assert main(["plan", str(tiny.file), "--store", str(tiny.store)]) == 0
    assert "precision auto: bf16" in " ".join(capsys.readouterr().out.split())
