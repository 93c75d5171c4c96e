"""The scope of the answer: what it was measured on, and what it therefore does not say."""

from __future__ import annotations

from xstilts.report.elements.blocks import Items, Section
from xstilts.report.elements.formatting import name_list, plural
from xstilts.report.scores.scoreboard import Scoreboard
from xstilts.report.topics.topic import Topic

FEW_SEEDS = 3


def compute(board: Scoreboard) -> tuple[str, ...]:
    """Return one sentence for each thing that limits the answer: encoder, scale, seeds, languages, trainings."""
    sentences = (_encoder(board), _seeds(board), _languages(board), _trainings(board))
    return tuple(sentence for sentence in sentences if sentence)


def _encoder(board: Scoreboard) -> str:
    results = board.results
    cut = f", at scale {results.scale}: data and updates are cut as the study below says" if results.scale else ""
    return (
        f"Measured with one encoder, {results.encoder}{cut}. Whether a larger encoder or longer training "
        "orders the arms in the same way is not measured here."
    )


def _seeds(board: Scoreboard) -> str:
    seeds = len(board.results.seeds)
    if seeds == 1:
        return "One seed: another training of the same arms may differ by as much as the arms do; nothing is tested."
    few = "; with so few, only large differences can be told from chance" if seeds <= FEW_SEEDS else ""
    return f"{plural(seeds, 'seed')}: intervals are over seeds and test items{few}."


def _languages(board: Scoreboard) -> str:
    """Count the languages of all targets; name those without a test set here."""
    lacking = []
    scored: dict[str, None] = {}
    for target in board.results.targets:
        have = board.scored(target)
        scored.update(dict.fromkeys(have))
        if missing := [x for x in target.languages if x not in have]:
            lacking.append(f"{target.name} ({name_list(missing)})")
    what = f"{plural(len(scored), 'language')} in {plural(len(board.results.targets), 'target')}"
    return f"{what}" + (f"; without scores: {'; '.join(lacking)}." if lacking else ".")


def _trainings(board: Scoreboard) -> str:
    runs = [run for run in board.trainings if run.summary]
    failed = sum(run.state in ("at chance", "diverged") for run in runs)
    if not runs:
        return ""
    return f"{failed} of {plural(len(runs), 'training')} ended at chance or diverged."


SCOPE = Topic(
    name="scope",
    compute=compute,
    sections=lambda sentences: (
        Section(id="scope", title="What this answer rests on", blocks=(Items(items=tuple(sentences)),)),
    ),
    record=lambda sentences: {"scope": list(sentences)},
)
