"""Planned contrasts: those that a study names, on each target and in each language, with and without the runs that did
not learn.

Where so few runs learnt that a contrast is not tested, the one over all runs still has an interval: what these arms
differ by as they were trained, whether or not an intermediate task taught them something.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xstilts.metrics.arm_means import TargetScores
from xstilts.report.scores.contrast_scopes import scopes
from xstilts.report.scores.contrasts import Comparison, Contrast, headline_contrasts, with_equivalence
from xstilts.report.scores.group_gains import Gain, gains
from xstilts.report.scores.hierarchy import tested
from xstilts.report.scores.inputs import ContrastSpec, Results
from xstilts.report.scores.target_draws import TargetDraws, with_every_run


@dataclass(frozen=True, kw_only=True)
class PlannedContrast:
    """One planned contrast, in points.

    reported: on every target, and on their mean; all_runs: the same with the runs that did not learn, tested as if they
        had learnt (the same values where every run did).
    languages: language -> target -> the gain there over all runs; its interval is of that number alone.
    """

    name: str
    title: str
    reported: tuple[Contrast, ...]
    all_runs: tuple[Contrast, ...]
    languages: dict[str, dict[str, Gain]]

    @property
    def has_collapsed(self) -> bool:
        return any(contrast.collapsed for contrast in self.reported)


def is_planned(name: str, arms: Sequence[str]) -> bool:
    """Tell a contrast that the study names from those of every arm over its baseline."""
    return name not in {f"{arm} − {base}" for arm in arms for base in arms}


def planned_contrasts(results: Results, comparison: Comparison) -> tuple[PlannedContrast, ...]:
    """Return the planned contrasts of a study that have a value on some target."""
    planned = [spec for spec in results.contrasts if is_planned(spec.name, results.arms)]
    if not planned:
        return ()
    every_run = with_every_run(comparison.target_draws)
    anew = headline_contrasts(with_equivalence(tested(scopes(results, every_run)), results.margin))
    reported = headline_contrasts(comparison.contrasts)
    found = [
        PlannedContrast(
            name=spec.name,
            title=spec.title,
            reported=tuple(c for c in reported if c.name == spec.name),
            all_runs=tuple(c for c in anew if c.name == spec.name),
            languages=_by_language(spec, every_run),
        )
        for spec in planned
    ]
    return tuple(one for one in found if any(c.value is not None for c in one.reported))


def _by_language(spec: ContrastSpec, draws: Sequence[TargetDraws]) -> dict[str, dict[str, Gain]]:
    found: dict[str, dict[str, Gain]] = {}
    for one in draws:
        if one.draws is None:
            continue
        for x in one.languages(False):
            part = TargetScores(one.draws, (x,), one.collapsed)
            if gain := gains([part], [spec], repr((spec.name, one.target.name, x))).get(spec.name):
                found.setdefault(x, {})[one.target.name] = gain
    return found
