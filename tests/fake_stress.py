"""The invented study with perturbed inputs: scores whose drops are known before anything is drawn."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from xstilts.report.scores.inputs import ContrastSpec, Results, StressScores, StudyCell, TargetInfo

LANGUAGES = ("en", "de", "ru", "sw")
RATES = (0.1, 0.3)
ITEMS = 200
# points lost at rate 1, by arm
LOSS: Mapping[str, float] = {"none": 60.0, "nli": 60.0, "tough": 20.0}


def results(
    root: Path,
    *,
    noises: Sequence[str] = ("keyboard", "swap"),
    seeds: Sequence[int] = (1, 2, 3),
    targets: Sequence[str] = ("udpos", "xnli"),
    loss: Mapping[str, float] = LOSS,
    lost_items: int = 0,
) -> Results:
    """Arms of equal clean scores that lose `loss` times the rate under each noise; keyboard has no layout for sw. With
    `lost_items`, so many examples of de are not there at the larger rate."""
    cells, stress = [], []
    for target in targets:
        for arm in loss:
            for seed in seeds:
                clean = _scores(root / f"{target}-{arm}-{seed}", target, seed, 0.0, LANGUAGES)
                cells.append(StudyCell(arm=arm, target=target, seed=seed, status="done", scores=clean))
                for noise in noises:
                    lacking = {"sw": "no keyboard layout for sw"} if noise == "keyboard" else {}
                    for rate in RATES:
                        place = root / f"{target}-{arm}-{seed}-{noise}-{rate}"
                        languages = [x for x in LANGUAGES if x not in lacking]
                        lost = {"de": lost_items} if rate == max(RATES) else {}
                        scored = _scores(place, target, seed, loss[arm] * rate, languages, lost)
                        stress.append(
                            StressScores(
                                target=target, arm=arm, seed=seed, noise=noise, rate=rate, scores=scored,
                                not_applicable=lacking,
                            )
                        )  # fmt: skip
    return Results(
        name="stressed",
        question="Which arm is the more robust one?",
        arms=tuple(loss),
        baseline="none",
        targets=tuple(
            TargetInfo(name=name, languages=LANGUAGES, headline="accuracy", main="accuracy") for name in targets
        ),
        seeds=tuple(seeds),
        cells=tuple(cells),
        contrasts=tuple(
            ContrastSpec(name=f"{arm} − none", weights={arm: 1.0, "none": -1.0}) for arm in loss if arm != "none"
        ),
        study_yaml="question: Which arm is the more robust one?\n",
        encoder="tiny",
        stress=tuple(stress),
    )


def natural(
    root: Path,
    *,
    loss: Mapping[str, float] = LOSS,
    counterparts: Mapping[str, tuple[str, ...]],
    seeds: Sequence[int] = (1, 2, 3),
    names: tuple[str, str] = ("words", "tweets"),
) -> Results:
    """Two targets, whose arms are equal on the first and lose `loss` on the second. Names of one length have the same
    items."""
    clean, noisy = names
    cells = []
    for target in names:
        for arm, lost in loss.items():
            for seed in seeds:
                less = lost if target == noisy else 0.0
                scored = _scores(root / f"{target}-{arm}-{seed}", target, seed, less, LANGUAGES)
                cells.append(StudyCell(arm=arm, target=target, seed=seed, status="done", scores=scored))
    plain = results(root / "plain", noises=(), seeds=seeds, targets=(), loss=loss)
    infos = {name: TargetInfo(name=name, languages=LANGUAGES, headline="accuracy", main="accuracy") for name in names}
    infos[noisy] = replace(infos[noisy], counterpart=clean if counterparts else "", counterparts=counterparts)
    return replace(plain, cells=tuple(cells), targets=tuple(infos.values()))


def without(whole: Results, **of: object) -> Results:
    """The results where the perturbed scores of these (arm=..., noise=...) failed."""
    return replace(
        whole,
        stress=tuple(
            replace(one, status="failed", reason="disk full", scores=None)
            if all(getattr(one, name) == value for name, value in of.items())
            else one
            for one in whole.stress
        ),
    )


def _scores(
    place: Path, target: str, seed: int, loss: float, languages: Sequence[str], lost: Mapping[str, int] | None = None
) -> Path:
    place.mkdir(parents=True)
    lines, entries = [], {}
    for language in languages:
        # Difficulty belongs to the item, not to the arm or the condition: they are compared on the same items.
        draw = np.random.default_rng([len(target), LANGUAGES.index(language)])
        items = draw.permutation(ITEMS) / ITEMS * 100
        right = items < 80 + (seed - 2) - loss
        kept = ITEMS - (lost or {}).get(language, 0)
        lines += [
            {"language": language, "id": f"{language}-{i}", "group": f"g{i // 2}", "metric": "accuracy",
             "counts": [float(right[i]), 1.0]}
            for i in range(kept)
        ]  # fmt: skip
        share = 100 * float(right[:kept].mean())
        entries[language] = {"n": kept, "values": {"accuracy": share}, "headline": share, "floor": 30.0,
                             "interval": [share - 3, share + 3], "at_chance": False}  # fmt: skip
    document = {"main": "accuracy", "metrics": {"accuracy": {"headline": ["accuracy"], "languages": entries}},
                "missing": {}, "dropped": {x: {"answer lost": n} for x, n in (lost or {}).items() if n}}  # fmt: skip
    (place / "scores.json").write_text(json.dumps(document))
    pq.write_table(pa.Table.from_pylist(lines), place / "counts.parquet")
    return place
