"""Heat maps of arms by languages, one a target, on one colour scale."""

from __future__ import annotations

from collections.abc import Sequence

from xstilts.report.elements.blocks import Figure
from xstilts.report.elements.charts import Tile, heat, scale_key
from xstilts.report.elements.formatting import number, signed
from xstilts.report.scores.inputs import TargetInfo
from xstilts.report.scores.scoreboard import Scoreboard
from xstilts.report.topics.scores import named


def heat_maps(board: Scoreboard) -> tuple[Figure, ...]:
    """Differences from the baseline where there is one and another arm; the baseline's own line shows scores."""
    shown = [target for target in board.results.targets if board.scored(target)]
    if not shown:
        return ()
    against = board.results.baseline if len(board.results.arms) > 1 else ""
    limit, cut = _limit(board, shown, against)
    maps = tuple(_map(board, target, against, limit) for target in shown)
    if not against:
        return (Figure(svg=maps, caption="Scores by arm and language; means over seeds, in percent."),)
    caption = (
        f"Points above (blue) or below (orange) the baseline {against}, on one colour scale; the baseline's own line "
        "gives its scores. Means over the seeds both arms have; · is missing."
    )
    return (Figure(svg=(scale_key(limit, cut, "Colour scale"),), caption=caption), Figure(svg=maps, caption=""))


def _map(board: Scoreboard, target: TargetInfo, against: str, limit: float) -> str:
    rows = []
    for arm in board.results.arms:
        scale = None if arm == against or not against else limit
        rows.append((arm, [_tile(board, (arm, target, language), against, scale) for language in target.languages]))
    what = f"difference from {against}" if against else "score"
    name = f"{target.name}: {what} by arm and language; the numbers stand in the table below"
    return heat(target.languages, rows, f"{target.name}, {target.headline or target.main}", name)


def _tile(board: Scoreboard, key: tuple[str, TargetInfo, str], against: str, limit: float | None) -> Tile:
    arm, target, language = key
    mean = board.mean(arm, target, [language])
    place = f"{arm}, {target.name}, {named(language)}"
    if mean.value is None:
        return Tile(text="·", tip=f"{place}: missing ({mean.reason})", missing=True)
    if limit is None:
        return Tile(text=number(mean.value, 0), tip=f"{place}: {number(mean.value)}")
    delta = board.difference(arm, against, target, language)
    if delta is None:
        return Tile(text="·", tip=f"{place}: {number(mean.value)}; nothing to compare with", missing=True)
    tip = f"{place}: {number(mean.value)}, {signed(delta)} over {against}"
    return Tile(text=signed(delta), tip=tip, shade=max(-1.0, min(1.0, delta / limit)))


def _limit(board: Scoreboard, targets: Sequence[TargetInfo], against: str) -> tuple[float, bool]:
    """The end of the colour scale: the largest difference, between 2 and 20 points so that neither noise nor one
    collapsed run decides the colours; and whether differences lie beyond it."""
    arms = [arm for arm in board.results.arms if against and arm != against]
    found = [board.difference(arm, against, t, x) for arm in arms for t in targets for x in board.scored(t)]
    largest = max([0.0, *(abs(d) for d in found if d is not None)])
    return min(max(2.0, largest), 20.0), largest > 20.0
