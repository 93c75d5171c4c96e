"""A multiverse: the conclusions of a study under each defensible choice of how it is read, one changed at a time.

Every line is what the study's own line is: all contrasts on the mean over targets, tested together, from the same
counts (Steegen et al. 2016, Perspectives on Psychological Science 11).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from xstilts.core.leak_levels import LEVELS
from xstilts.core.sentences import listed
from xstilts.metrics.variants import variant_of
from xstilts.report.scores.contrast_scopes import scope
from xstilts.report.scores.contrasts import Contrast, with_equivalence
from xstilts.report.scores.hierarchy import tested
from xstilts.report.scores.inputs import Results
from xstilts.report.scores.score_files import read_scores
from xstilts.report.scores.target_draws import TargetDraws, target_draws, with_every_run
from xstilts.report.scores.unleaked import ids_at, leaked_ids

REPORTED = "as reported"


@dataclass(frozen=True, kw_only=True)
class Conclusion:
    """What one contrast says under one choice. value None: not measured, and `reason` says why.

    choice: what is chosen ("metric"); option: how ("xquad by mlqa"). low, high: simultaneous over the contrasts of this
    choice where they are tested.
    """

    contrast: str
    choice: str
    option: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    verdict: str = ""
    targets: int = 0
    languages: int = 0
    seeds: int = 0
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class _Universe:
    """One choice, made. results: the study with other seeds; draws: with other counts."""

    choice: str
    option: str
    results: Results
    draws: tuple[TargetDraws, ...]
    zero_shot: bool


@dataclass(frozen=True, kw_only=True)
class _Unmeasured:
    choice: str
    option: str
    reason: str


def multiverse(results: Results, draws: Sequence[TargetDraws], zero_shot: bool) -> tuple[Conclusion, ...]:
    """Return what every contrast says as it is reported, then under each other choice. zero_shot: whether what is
    reported is over the languages not trained in. Raises StoreError when a score artefact cannot be read."""
    own = _Universe(choice="", option=REPORTED, results=results, draws=tuple(draws), zero_shot=zero_shot)
    return tuple(one for universe in (own, *_universes(own)) for one in _conclusions(universe, results))


def _conclusions(universe: _Universe | _Unmeasured, results: Results) -> Iterator[Conclusion]:
    if isinstance(universe, _Unmeasured):
        for spec in results.contrasts:
            yield Conclusion(
                contrast=spec.title, choice=universe.choice, option=universe.option, reason=universe.reason
            )
        return
    found = tested([scope(universe.results, None, universe.draws, universe.zero_shot)])
    for contrast in with_equivalence(found, results.margin):
        yield _conclusion(contrast, universe)


def _conclusion(contrast: Contrast, universe: _Universe) -> Conclusion:
    return Conclusion(
        contrast=contrast.title,
        choice=universe.choice,
        option=universe.option,
        value=contrast.value,
        low=contrast.low,
        high=contrast.high,
        verdict=contrast.verdict if contrast.value is not None else "",
        targets=len(contrast.targets),
        languages=len(contrast.languages),
        seeds=contrast.seeds,
        reason="" if contrast.value is not None else contrast.reason or "an arm lacks a score",
    )


def _universes(own: _Universe) -> Iterator[_Universe | _Unmeasured]:
    yield _other_metrics(own)
    yield from _other_languages(own)
    yield from _fewer_seeds(own)
    yield _without_leaks(own)
    yield from _all_runs(own)
    yield _Unmeasured(
        choice="weights",
        option="the last ones",
        reason="a training keeps the weights that its dev set selects, so the store has no scores of the last ones",
    )


def _other_metrics(own: _Universe) -> _Universe | _Unmeasured:
    """Score every target by another metric that measures the same, where it was scored by one."""
    changed: dict[str, str] = {}
    for draws in own.draws:
        cell = next((x for x in own.results.cells if x.target == draws.target.name and x.scores is not None), None)
        if cell is not None and cell.scores is not None:
            record = read_scores(cell.scores)
            if variant := variant_of(draws.target.main or record.main, list(record.metrics)):
                changed[draws.target.name] = variant
    if not changed:
        return _Unmeasured(
            choice="metric", option="another", reason="no target is scored by a second metric that measures the same"
        )
    said = listed([f"{name} by {metric.replace('_', ' ')}" for name, metric in changed.items()])
    return replace(own, choice="metric", option=said, draws=_redrawn(own, changed, {}))


def _redrawn(
    own: _Universe, metrics: Mapping[str, str], without: Mapping[str, Mapping[str, np.ndarray]]
) -> tuple[TargetDraws, ...]:
    """Draw those targets anew whose metric or examples change."""
    results = own.results

    def redrawn(draws: TargetDraws) -> TargetDraws:
        name = draws.target.name
        if name not in metrics and name not in without:
            return draws
        target = replace(draws.target, main=metrics.get(name, draws.target.main))
        return target_draws(results, target, without.get(name, {}))

    return tuple(redrawn(draws) for draws in own.draws)


def _other_languages(own: _Universe) -> Iterator[_Universe]:
    """Average over all languages in the place of those not trained in, where these are others."""
    if own.zero_shot and any(d.languages(True) != d.languages(False) for d in own.draws):
        yield replace(own, choice="languages", option="with the one trained in", zero_shot=False)


def _fewer_seeds(own: _Universe) -> Iterator[_Universe]:
    seeds = own.results.seeds
    for seed in seeds if len(seeds) > 1 else ():
        left = tuple(x for x in seeds if x != seed)
        yield replace(
            own,
            choice="seeds",
            option=f"without seed {seed}",
            results=replace(
                own.results, seeds=left, cells=tuple(cell for cell in own.results.cells if cell.seed != seed)
            ),
            draws=tuple(_with_seeds(d, left) for d in own.draws),
        )


def _with_seeds(draws: TargetDraws, seeds: tuple[int, ...]) -> TargetDraws:
    if draws.draws is None:
        return draws
    places = [draws.draws.seeds.index(seed) for seed in seeds]
    return replace(
        draws,
        draws=replace(
            draws.draws,
            seeds=seeds,
            point=draws.draws.point[:, places],
            drawn=draws.draws.drawn[:, :, places],
        ),
        collapsed=draws.collapsed[:, places],
    )


def _without_leaks(own: _Universe) -> _Universe | _Unmeasured:
    """Leave out the test examples that resemble a training row in any way."""
    audit, option = own.results.leaks, "without those that are trained on"
    if audit is None or audit.folder is None:
        why = audit.reason if audit is not None and audit.reason else "not audited here"
        return _Unmeasured(choice="test examples", option=option, reason=why)
    names = {d.target.name for d in own.draws}
    without: dict[str, dict[str, np.ndarray]] = {}
    for (target, language), levels in leaked_ids(own.results).items():
        if target in names and target not in audit.whole:
            without.setdefault(target, {})[language] = ids_at(levels, LEVELS)
    if not without:
        return _Unmeasured(choice="test examples", option=option, reason="there are none")
    return replace(own, choice="test examples", option=option, draws=_redrawn(own, {}, without))


def _all_runs(own: _Universe) -> Iterator[_Universe]:
    """Count runs that did not learn as the rest, where there are some."""
    if any(d.collapsed.any() for d in own.draws):
        yield replace(own, choice="runs", option="with those that did not learn", draws=with_every_run(own.draws))
