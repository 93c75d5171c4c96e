"""Claims about the set-up of a study: its encoder, its phases, its intermediate tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xstilts.claims.judge import CONTRADICTED, SUPPORTED, Judgement, not_measured


def judge_setup(claimed: Mapping[str, Any], setup: Mapping[str, Any]) -> Judgement:
    """Compare what a claim says of a study's set-up with what it is.

    >>> judge_setup({"phases": 3}, {"phases": 3, "encoder": "tiny-e5"}).verdict
    'supported'
    """
    for key, value in claimed.items():
        if key not in setup:
            return not_measured(f"this study does not say its {key.replace('_', ' ')}")
        if str(setup[key]) != str(value):
            said = f"{key.replace('_', ' ')}: {setup[key]} in this study, not {value}"
            return Judgement(verdict=CONTRADICTED, reason=said)
    return Judgement(verdict=SUPPORTED)
