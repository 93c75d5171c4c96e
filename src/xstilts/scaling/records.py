"""Records: a fitted curve as plain values and in a sentence, the same for every form that shows it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from xstilts.scaling.bands import LEVEL, Band
from xstilts.scaling.curve_fit import FLAT, LAW, MARGIN, SATURATED, TOO_FEW, CurveFit
from xstilts.scaling.exchange import ExchangeRate
from xstilts.scaling.fits import ModelFit


def curve_record(fit: CurveFit) -> dict[str, Any]:
    """Return a curve with its points, models, gain and saturation. Infinite and unknown numbers are None."""
    curve, chosen = fit.curve, fit.chosen
    return {
        "curve": curve.name,
        "points": [
            {"size": int(size), "mean": float(mean), "by_seed": [float(score) for score in scores]}
            for size, mean, scores in zip(curve.sizes, curve.means, curve.of_size, strict=True)
        ],
        "verdict": fit.verdict,
        "sentence": sentence(fit),
        "chosen": chosen.model.name if chosen else None,
        "weight": chosen.weight if chosen else None,
        "level": LEVEL,
        "models": [
            {
                "model": one.model.name,
                "formula": one.model.formula,
                "aicc": one.criterion,
                "weight": one.weight,
                "parameters": _parameters(one),
            }
            for one in fit.fits
        ],
        "gain": _plain(fit.gain),
        "saturation": _plain(fit.saturation),
        "readable": [math.ceil(fit.extent[0]), math.floor(fit.extent[1])] if chosen else None,
    }


def _parameters(fit: ModelFit) -> dict[str, dict[str, float | None]]:
    bands = fit.bands
    return {name: _plain(bands.get(name, Band(x, math.nan, math.nan))) for name, x in fit.parameters.items()}


def exchange_record(rates: Sequence[ExchangeRate]) -> list[dict[str, Any]]:
    return [
        {
            "size": one.size,
            "equivalent": _plain(one.equivalent),
            "rate": _plain(one.rate),
            "reach": math.floor(one.reach),
        }
        for one in rates
    ]


def _plain(band: Band) -> dict[str, float | None]:
    return {name: value if math.isfinite(value) else None for name, value in band._asdict().items()}


def sentence(fit: CurveFit) -> str:
    """Say in one sentence what a curve shows."""
    sizes, name = fit.curve.sizes, fit.curve.name
    if fit.verdict == TOO_FEW and len(sizes) >= 3:
        return f"{name}: {len(sizes)} sizes with one run each; a law needs a fourth size or a second run."
    if fit.verdict == TOO_FEW:
        return f"{name}: {len(sizes)} size{'s' if len(sizes) > 1 else ''}; a law needs three or more."
    assert fit.chosen is not None
    span = f"from {sizes[0]:,.0f} to {sizes[-1]:,.0f} examples"
    change = f"{_signed(fit.gain.value)} points {span} ({_signed(fit.gain.low)} to {_signed(fit.gain.high)})"
    if fit.verdict == FLAT:
        return f"{name}: flat within {MARGIN:g} points, {change}."
    if fit.verdict != LAW:
        return f"{name}: unclear, {change}; neither a change nor its absence is shown."
    return f"{name}: {fit.chosen.model.name} (weight {fit.chosen.weight:.2f}), {change}; {saturates(fit)}."


def saturates(fit: CurveFit) -> str:
    """Say where twice the data no longer gains SATURATED points."""
    value, low, high = fit.saturation
    if not math.isfinite(value):
        return f"twice the data gains {SATURATED:g} points or more as far as the curve is read"
    ends = [f"{end:,.0f}" if math.isfinite(end) else "beyond what is read" for end in (low, high)]
    return f"twice the data gains less than {SATURATED:g} points from {value:,.0f} examples on ({ends[0]} to {ends[1]})"


def _signed(value: float) -> str:
    text = f"{value:+.1f}"
    return "0.0" if float(text) == 0 else text.replace("-", "−")
