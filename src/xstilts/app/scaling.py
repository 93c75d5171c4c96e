"""Scaling of a user's own numbers: the curves of a file, fitted; scores at other sizes; an exchange rate."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xstilts.core.errors import DataError
from xstilts.scaling.bands import Band
from xstilts.scaling.curve_files import read_curves
from xstilts.scaling.curve_fit import FACTOR, CurveFit, fit_curve
from xstilts.scaling.exchange import ExchangeRate, exchange_rates
from xstilts.scaling.records import curve_record, exchange_record


@dataclass(frozen=True, kw_only=True)
class ScalingAnswer:
    """What a file of curves says.

    are_shares: its scores are shares of one, and percentages here.
    readings: curve -> size -> score with its band.
    """

    fits: tuple[CurveFit, ...]
    are_shares: bool
    readings: dict[str, dict[int, Band]]
    exchange: tuple[ExchangeRate, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The answer as plain values: what `xstilts scaling --json` prints."""
        return {
            "curves": [curve_record(fit) for fit in self.fits],
            "scores_were_shares": self.are_shares,
            "readings": [
                {"curve": curve, "size": size, **band._asdict()}
                for curve, bands in self.readings.items()
                for size, band in bands.items()
            ],
            "exchange": exchange_record(self.exchange),
        }


def scaling_answer(
    path: Path,
    *,
    factor: float = FACTOR,
    sizes: tuple[int, ...] = (),
    exchange: tuple[str, str, int | None] | None = None,
) -> ScalingAnswer:
    """Fit the curves of a file. exchange: the curves without and with the phase, and its examples.

    Raises DataError for what cannot be read, sizes beyond the factor, curves that the file has not, and where there is
    no exchange rate."""
    file = read_curves(path)
    fits = tuple(fit_curve(curve, factor) for curve in file.curves)
    fitted = [fit for fit in fits if fit.chosen]
    if sizes and not fitted:
        raise DataError("No curve of this file has the three sizes that a fit needs.", where=str(path))
    return ScalingAnswer(
        fits=fits,
        are_shares=file.are_shares,
        readings={fit.curve.name: {size: fit.score_at(size) for size in sizes} for fit in fitted} if sizes else {},
        exchange=_exchange(fits, exchange, path) if exchange else (),
    )


def _exchange(
    fits: tuple[CurveFit, ...], exchange: tuple[str, str, int | None], path: Path
) -> tuple[ExchangeRate, ...]:
    *names, examples = exchange
    by_name = {fit.curve.name: fit for fit in fits}
    if not all(names) or examples is None:
        raise DataError("An exchange rate needs --without, --with and --intermediate.")
    for name in names:
        if name not in by_name:
            raise DataError(f"There is no curve '{name}'.", where=str(path), value=str(name), allowed=by_name)
    return exchange_rates(by_name[str(names[0])], by_name[str(names[1])], examples)
