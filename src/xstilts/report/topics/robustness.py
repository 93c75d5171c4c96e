"""Robustness: what arms lose where the input is perturbed, and by how much less one loses than another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xstilts.report.elements.blocks import Block, Figure, Fold, Items, Prose, Section, TerminalTable
from xstilts.report.elements.charts import Curve, Effect, forests, panel
from xstilts.report.elements.formatting import interval, name_list, number, plural, probability, signed
from xstilts.report.scores.contrast_scopes import UNTESTED
from xstilts.report.scores.interactions import GroupEffect, Interaction, group_effects, interactions
from xstilts.report.scores.natural_noise import NaturalNoise, natural_noise
from xstilts.report.scores.robustness_measures import (
    ArmRobustness,
    NoiseCurve,
    arm_robustness,
    dropped_examples,
    noise_curves,
)
from xstilts.report.scores.scoreboard import Scoreboard
from xstilts.report.scores.stress_draws import StressDraws, stress_draws
from xstilts.report.topics.natural_noise_tables import natural_blocks
from xstilts.report.topics.robustness_tables import arm_table, group_table, interaction_table, noise_table
from xstilts.report.topics.topic import Topic

EXPLANATION = (
    "A drop is the score on the input as it is minus that on the perturbed input, of the same test items, the same "
    "checkpoint and the same languages: nothing is trained again. A difference of drops is the baseline's drop minus "
    "the arm's: above zero, the arm loses less. An arm that scores little has little to lose; read drops beside the "
    "clean score, and beside the share that is lost of what lies above the floor."
)


LIMIT = 3  # differences spelled out at the head of the page


@dataclass(frozen=True, kw_only=True)
class Robustness:
    """All that is said of perturbed inputs.

    not_applicable, dropped: sentences. paired: target -> language -> examples under every condition, and of how many.
    """

    baseline: str
    interactions: tuple[Interaction, ...]
    curves: tuple[NoiseCurve, ...]
    arms: tuple[ArmRobustness, ...]
    groups: tuple[GroupEffect, ...]
    names: tuple[str, ...]  # of the arms
    not_applicable: tuple[str, ...]
    dropped: tuple[str, ...]
    missing: Mapping[str, str]  # target -> why nothing is said of it
    paired: Mapping[str, Mapping[str, tuple[int, int]]]
    natural: NaturalNoise


def compute(board: Scoreboard) -> Robustness | None:
    """Return None for a study without perturbed inputs, and without natural noise beside its clean counterpart. Raises
    StoreError when a score artefact cannot be read."""
    results = board.results
    natural = natural_noise(results, board.comparison.target_draws)
    if not results.stress and not natural.differences:
        return None
    draws = [d for clean in board.comparison.target_draws if (d := stress_draws(results, clean)) is not None]
    scored = [one for one in draws if one.draws is not None]
    floors = {one.target.name: _floors(board, one) for one in scored}
    return Robustness(
        baseline=results.baseline,
        interactions=interactions(results, draws),
        curves=tuple(curve for one in scored for curve in noise_curves(one)),
        arms=tuple(arm for one in scored for arm in arm_robustness(results, one, floors[one.target.name])),
        groups=tuple(effect for by in ("script", "family") for effect in group_effects(results, scored, by)),
        names=results.arms,
        not_applicable=tuple(sentence for one in draws for sentence in _not_applicable(one)),
        dropped=tuple(sentence for one in draws for sentence in _dropped(board, one)),
        missing={one.target.name: one.reason for one in draws if one.draws is None},
        paired={one.target.name: dict(one.items) for one in scored},
        natural=natural,
    )


def _floors(board: Scoreboard, stress: StressDraws) -> dict[str, float]:
    floors = {x: board.floor(stress.target, [x]) for x in (stress.draws.languages if stress.draws else ())}
    return {language: floor for language, floor in floors.items() if floor is not None}


def _not_applicable(stress: StressDraws) -> list[str]:
    by_reason: dict[tuple[str, str], list[str]] = {}
    for noise, reasons in stress.not_applicable.items():
        for language, reason in reasons.items():
            by_reason.setdefault((noise, reason), []).append(language)
    return [
        f"{stress.target.name}, {noise}: not applicable in {name_list(languages)}: {reason}"
        for (noise, reason), languages in by_reason.items()
    ]


def _dropped(board: Scoreboard, stress: StressDraws) -> list[str]:
    """Say how many examples are compared where some cannot be, and what perturbations made of them."""
    sentences = [
        f"{stress.target.name}, {language}: {kept} of {plural(of, 'example')} are there under every condition, and "
        "are compared"
        for language, (kept, of) in stress.items.items()
        if kept < of
    ]
    totals: dict[tuple[str, str], int] = {}
    for (noise, _, _), reasons in dropped_examples(board.results, stress.target.name).items():
        for reason, count in reasons.items():
            totals[noise, reason] = totals.get((noise, reason), 0) + count
    return sentences + [
        f"{stress.target.name}, {noise}: {reason}: {count} over all rates and languages"
        for (noise, reason), count in totals.items()
    ]


def overall(robustness: Robustness) -> list[Interaction]:
    """Return the differences of drops over all targets and noises."""
    return [one for one in robustness.interactions if one.noise is None and one.contrast.target is None]


def answer(robustness: Robustness) -> tuple[str, ...]:
    """Say the differences of drops over all targets and noises in one sentence."""
    known = [one.contrast for one in overall(robustness) if one.contrast.value is not None]
    if not known:
        return ()
    parts = []
    for c in sorted(known, key=lambda c: (not c.significant, -abs(c.value or 0.0)))[:LIMIT]:
        more = "less" if (c.value or 0.0) >= 0 else "more"
        if c.verdict == UNTESTED:
            test = "not tested"
        else:
            p = probability(c.p_adjusted)
            test = f"{c.verdict}, p {p}" if p.startswith("<") else f"{c.verdict}, p = {p}"
        parts.append(
            f"{c.title}: {number(abs(c.value or 0.0))} points {more} is lost"
            f" ({signed(c.value)}{interval(c.low, c.high, before=' ')}; {test})"
        )
    noises = list(dict.fromkeys(curve.noise for curve in robustness.curves))
    rest = f"; {len(known) - LIMIT} more in the table" if len(known) > LIMIT else ""
    return (f"Under perturbed input ({name_list(noises, 5)}): {'; '.join(parts)}{rest}.",)


def sections(robustness: Robustness) -> tuple[Section, ...]:
    blocks: list[Block] = [Prose(text=EXPLANATION)] if robustness.curves or robustness.missing else []
    if robustness.interactions:
        blocks += [_forest(robustness), interaction_table(robustness.interactions, robustness.baseline)]
    blocks += _curves(robustness)
    if robustness.arms:
        blocks.append(arm_table(robustness.arms, robustness.baseline))
    if robustness.curves:
        blocks.append(noise_table(robustness.curves, robustness.names))
    if robustness.groups:
        blocks.append(group_table(robustness.groups))
    blocks += natural_blocks(robustness.natural, robustness.names)
    lacking = [one.contrast for one in overall(robustness) if one.contrast.value is None]
    notes = (
        *(f"{c.title} is missing: {c.reason}" for c in lacking),
        *(f"{target}: {reason}" for target, reason in robustness.missing.items()),
        *robustness.not_applicable,
        *robustness.dropped,
        *robustness.natural.missing,
    )
    if notes:
        blocks.append(Fold(title="What is not perturbed, and what cannot be compared", blocks=(Items(items=notes),)))
    return (Section(id="robustness", title="Robustness", blocks=tuple(blocks)),)


def _forest(robustness: Robustness) -> Block:
    known = [one for one in robustness.interactions if one.contrast.value is not None]
    if not known:
        return Prose(text="No difference of drops can be computed; the table says what is missing.")
    groups = [
        (title, [_effect(one) for one in known if one.contrast.title == title])
        for title in dict.fromkeys(one.contrast.title for one in known)
    ]
    intervals = (
        "One seed: nothing is tested, and the 95 % intervals are over test items, for this training."
        if all(one.contrast.seeds == 1 for one in known)
        else "Simultaneous 95 % intervals; filled and starred: significant, and then alone does the interval leave out "
        "zero. The mean over targets and noises is tested first, then each target and each noise of those found."
    )
    caption = f"Differences of drops in points, above zero where the first loses less. {intervals}"
    name = "Differences of drops with intervals; the numbers in the table below"
    return Figure(svg=forests(groups, name), caption=caption)


def _effect(one: Interaction) -> Effect:
    c = one.contrast
    label = one.noise or c.target or "all targets and noises"
    is_overall = one.noise is None and c.target is None
    return Effect(label=label, value=c.value, low=c.low, high=c.high, significant=c.significant, overall=is_overall)


def _curves(robustness: Robustness) -> list[Block]:
    """Draw, for each target, a panel for each noise with a curve for each arm."""
    figures: list[Block] = []
    for target in dict.fromkeys(curve.target for curve in robustness.curves):
        curves = [curve for curve in robustness.curves if curve.target == target]
        panels = tuple(drawn for curve in curves if (drawn := _panel(curve, robustness.names)))
        if panels:
            caption = (
                f"{target}: score in percent against the strength of the perturbation in percent, 0 the input as it "
                "is; means over languages, then seeds."
            )
            figures.append(Figure(svg=panels, caption=caption, legend=robustness.names))
    return figures


def _panel(curve: NoiseCurve, arms: Sequence[str]) -> str:
    lines = [
        Curve(label=arm, colour=place, points=[(100 * rate, y) for rate, y in curve.scores[arm].items()])
        for place, arm in enumerate(arms)
        if arm in curve.scores
    ]
    return panel(f"{curve.target}, {curve.noise}", lines)


def record(robustness: Robustness) -> dict[str, Any]:
    return {
        "robustness": {
            "interactions": [one.to_dict() for one in robustness.interactions],
            "arms": [one.to_dict() for one in robustness.arms],
            "curves": [one.to_dict() for one in robustness.curves],
            "groups": [one.to_dict() for one in robustness.groups],
            "not_applicable": list(robustness.not_applicable),
            "dropped": list(robustness.dropped),
            "missing": dict(robustness.missing),
            "paired": {target: dict(items) for target, items in robustness.paired.items()},
            "natural": robustness.natural.to_dict(),
        }
    }


def difference_lines(robustness: Robustness) -> list[dict[str, Any]]:
    """Return one line a difference of drops; "all" where it is over all targets or noises."""
    return [
        {
            "name": one.contrast.name,
            "target": one.contrast.target or "all",
            "noise": one.noise or "all",
            "value": one.contrast.value,
            "low": one.contrast.low,
            "high": one.contrast.high,
            "interval": one.contrast.interval,
            "p": one.contrast.p,
            "p_adjusted": one.contrast.p_adjusted,
            "verdict": one.contrast.verdict,
            "seeds": one.contrast.seeds,
            "languages": " ".join(one.contrast.languages),
            "reason": one.contrast.reason,
        }
        for one in robustness.interactions
    ]


def curve_lines(robustness: Robustness) -> list[dict[str, Any]]:
    """Return one line a point of a curve; rate 0 is the clean input."""
    return [
        {"target": curve.target, "noise": curve.noise, "arm": arm, "rate": rate, "score": score,
         "languages": " ".join(curve.languages)}
        for curve in robustness.curves
        for arm, points in curve.scores.items()
        for rate, score in points.items()
    ]  # fmt: skip


def terminal(robustness: Robustness) -> tuple[TerminalTable, ...]:
    shown = [one for one in robustness.interactions if one.contrast.target is None and one.contrast.value is not None]
    if not shown:
        return ()
    table = interaction_table(shown, robustness.baseline)
    caption = "Robustness: differences of drops in points; above zero, the first of the two loses less"
    return (TerminalTable(table=table, caption=caption),)


ROBUSTNESS = Topic(
    name="robustness",
    compute=compute,
    answer=answer,
    sections=sections,
    record=record,
    empty_record={"robustness": None},
    terminal=terminal,
    tables={"robustness": difference_lines, "robustness_curves": curve_lines},
    command_json={"robustness": "robustness"},
)
