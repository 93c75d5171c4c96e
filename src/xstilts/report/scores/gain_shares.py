"""What an average difference is made of: the share of each target, language, family, script and resource level.

The mean over T targets, each over its L languages, is a sum over (target, language): what an arm gains there, divided
by T and by L. A share is the sum of those that belong together, so that the shares of each division add up to the
average.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum

import numpy as np

from xstilts.metrics.arm_means import fill_collapsed
from xstilts.report.scores.contrast_scopes import Contrast
from xstilts.report.scores.inputs import Results
from xstilts.report.scores.language_groups import language_facts
from xstilts.report.scores.target_draws import TargetDraws

TARGET, LANGUAGE = "target", "language"
# what is divided by -> what languages are grouped by (`language_groups`)
GROUPED = {"family": "family", "script": "script", "resource level": "corpus"}
DIVISIONS = (TARGET, LANGUAGE, *GROUPED)


@dataclass(frozen=True, kw_only=True)
class CellGain:
    """What an arm gains on one target in one language, in points; weight: that of the cell in the average."""

    target: str
    language: str
    gain: float
    weight: float


@dataclass(frozen=True, kw_only=True)
class GainShare:
    """A part's share of an average difference, in points.

    by: what is divided by, one of `DIVISIONS`. weight: of the part in the average, from 0 to 1. gain: the mean within
    the part, so that share = weight * gain. cells: pairs of a target and a language.
    """

    contrast: str
    by: str
    part: str
    share: float
    weight: float
    gain: float
    cells: int


def gain_shares(contrast: Contrast, draws: Mapping[str, TargetDraws], results: Results) -> tuple[GainShare, ...]:
    """Take a contrast on the mean over targets apart, division by division, the largest share of each first."""
    cells = cell_gains(contrast, draws)
    facts = {one.language: one.groups for one in language_facts(results, contrast.languages)}
    found = []
    for by in DIVISIONS:
        parts: dict[str, list[CellGain]] = {}
        for cell in cells:
            own = {TARGET: cell.target, LANGUAGE: cell.language}
            part = own[by] if by in own else facts[cell.language][GROUPED[by]]
            parts.setdefault(part, []).append(cell)
        shares = [_share(contrast.title, by, part, of) for part, of in parts.items()]
        found += sorted(shares, key=lambda share: -abs(share.share))
    return tuple(found)


def cell_gains(contrast: Contrast, draws: Mapping[str, TargetDraws]) -> list[CellGain]:
    """Return what a contrast is in each language of each of its targets, over the runs that trained."""
    cells = []
    for name in contrast.targets:
        of = draws[name]
        assert of.draws is not None  # a contrast that has a value has its counts
        languages = of.languages(contrast.zero_shot)
        arms = [of.draws.arms.index(arm) for arm in contrast.weights]
        weights = np.array(list(contrast.weights.values()))
        for language in languages:
            scores = fill_collapsed(of.draws.point[:, :, of.draws.languages.index(language)], of.collapsed)
            gain = float(weights @ scores[arms].mean(axis=-1))
            weight = 1 / (len(contrast.targets) * len(languages))
            cells.append(CellGain(target=name, language=language, gain=gain, weight=weight))
    return cells


def _share(contrast: str, by: str, part: str, cells: Sequence[CellGain]) -> GainShare:
    share, weight = fsum(x.gain * x.weight for x in cells), fsum(x.weight for x in cells)
    return GainShare(
        contrast=contrast, by=by, part=part, share=share, weight=weight, gain=share / weight, cells=len(cells)
    )
