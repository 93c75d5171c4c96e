"""Tables of scores: the answer, languages, the transfer gap. Pure functions from the board to tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

from xstilts.core.languages import LANGUAGES
from xstilts.report.blocks import Column, Entry, Table
from xstilts.report.board import Board, Mean
from xstilts.report.results import TargetInfo
from xstilts.report.words import MISSING, interval, listed, number, plural, signed

Notes = Mapping[tuple[str, str], str]  # (arm, target) -> the difference from the baseline, in words


def named(code: str) -> str:
    """A language's name, or the code where it has none (pairs, languages of a user's own)."""
    known = LANGUAGES.get(code)
    return known.name if known else code


def others_label(target: TargetInfo, n: int) -> str:
    """"6 languages other than English": what a zero-shot average averages."""
    return f"{plural(n, 'language')} other than {named(target.train_language)}"


def answer_table(board: Board, deltas: Notes) -> Table:
    """Arms by targets: the mean over all languages, below it the mean over the zero-shot ones and the difference from
    the baseline. The floor stands in the last line."""
    targets = board.results.targets
    columns = [Column(label="Arm", numeric=False)] + [_target_column(board, target) for target in targets]
    rows = []
    for arm in board.results.arms:
        rows.append((Entry(text=arm), *(_answer(board, arm, target, deltas) for target in targets)))
    floors = [_floor(board, target) for target in targets]
    return Table(
        caption=f"Scores in percent: mean over languages, then over {plural(len(board.results.seeds), 'seed')}. Small print: "
        "the mean over the zero-shot languages alone, and the difference from the baseline with its 95 % interval.",
        columns=tuple(columns),
        rows=tuple(rows),
        foot=((Entry(text="floor", tip="the best answer that ignores the input"), *floors),),
        notes=answer_notes(board),
    )


def answer_notes(board: Board) -> tuple[str, ...]:
    """What a number in the answer table does not say itself."""
    notes = ["Floor: what the best answer that ignores the input would score. Bold: the highest mean of the column."]
    if len(board.results.seeds) == 1:
        notes.append("One seed was run: the numbers hold for this seed only.")
    for target in board.results.targets:
        gone = [language for language in target.languages if language not in board.scored(target)]
        if gone and board.scored(target):
            reasons = dict.fromkeys(board.why.get((target.name, x), "no score") for x in gone)
            notes.append(f"{target.name}: {listed(gone)} missing ({'; '.join(reasons)}); not in the averages.")
        notes += [f"{target.name}: {note}" for note in target.notes]
    return tuple(notes)


def language_table(board: Board, target: TargetInfo) -> Table:
    """Languages by arms for one target; means over all, and over the zero-shot languages, at the foot."""
    arms = board.results.arms
    rows = []
    for language in target.languages:
        floor = board.floor(target, [language])
        entries = [_language(board, arm, target, language) for arm in arms]
        rows.append((Entry(text=f"{named(language)} ({language})"), *entries, _faint(floor)))
    means = []
    for label, languages in (
        (f"mean over {plural(len(board.scored(target)), 'language')}", board.scored(target)),
        (f"mean over {others_label(target, len(board.others(target)))}", board.others(target)),
    ):
        found = [board.mean(arm, target, languages) for arm in arms]
        means.append((Entry(text=label), *(_mean(m) for m in found), _faint(board.floor(target, languages))))
    columns = [Column(label="Language", numeric=False), *(Column(label=arm) for arm in arms), Column(label="floor")]
    return Table(
        caption=f"{target.name}, {target.headline or target.main}, in percent; mean over the seeds scored, single seeds and the 95 % interval "
        "over documents of the first seed in small print.",
        columns=tuple(columns),
        rows=tuple(rows),
        foot=tuple(means),
    )


def gap_table(board: Board) -> Table:
    """Transfer gap: score in the training language minus the mean over the others (points; smaller is better)."""
    columns = [Column(label="Arm", numeric=False)]
    for target in board.results.targets:
        under = f"{named(target.train_language)} − mean over {plural(len(board.others(target)), 'other language')}"
        columns.append(Column(label=target.name, under=(under,)))
    rows = []
    for arm in board.results.arms:
        rows.append((Entry(text=arm), *(_gap(board, arm, target) for target in board.results.targets)))
    return Table(
        caption="Transfer gap in points: the score in the training language minus the mean over the other languages. Small gaps "
        "can also come from a low score in the training language, which stands in small print.",
        columns=tuple(columns),
        rows=tuple(rows),
    )


def best(board: Board, target: TargetInfo) -> float | None:
    """The highest mean over all languages among arms that lack none."""
    means = [board.mean(arm, target, board.scored(target)) for arm in board.results.arms]
    values = [m.value for m in means if m.value is not None and not m.lacking]
    return max(values) if len(values) > 1 else None


def _target_column(board: Board, target: TargetInfo) -> Column:
    scored, others = board.scored(target), board.others(target)
    under = [target.headline or target.main, f"mean over {plural(len(scored), 'language')}"]
    if others and len(others) < len(scored):
        under.append(f"zero-shot: {others_label(target, len(others))}")
    return Column(label=target.name, under=tuple(text for text in under if text))


def _answer(board: Board, arm: str, target: TargetInfo, deltas: Notes) -> Entry:
    scored, others = board.scored(target), board.others(target)
    mean = board.mean(arm, target, scored)
    if mean.value is None:
        return Entry(text=MISSING, under=(mean.reason,), marks=board.marks(arm, target), role="missing")
    under = []
    if others and len(others) < len(scored):
        under.append(f"zero-shot {number(board.mean(arm, target, others).value)}")
    if (arm, target.name) in deltas:
        under.append(deltas[arm, target.name])
    marks = list(board.marks(arm, target))
    if mean.lacking:
        marks.append(f"without {listed(mean.lacking, 4)}")
    tip = f"seeds {listed([str(s) for s in mean.seeds])}: " + ", ".join(number(v) for v in mean.by_seed)
    lost = board.reason(arm, target) if len(mean.seeds) < len(board.results.seeds) else ""
    role = "best" if mean.value == best(board, target) else ""
    return Entry(text=number(mean.value), under=tuple(under), marks=tuple(marks), tip="; ".join(t for t in (tip, lost) if t), role=role)


def _floor(board: Board, target: TargetInfo) -> Entry:
    return _faint(board.floor(target, board.scored(target)))


def _faint(value: float | None) -> Entry:
    return Entry(text="–" if value is None else number(value), role="faint")


def _mean(mean: Mean) -> Entry:
    if mean.value is None:
        return Entry(text=MISSING, tip=mean.reason, role="missing")
    marks = (f"without {listed(mean.lacking, 4)}",) if mean.lacking else ()
    return Entry(text=number(mean.value), marks=marks)


def _language(board: Board, arm: str, target: TargetInfo, language: str) -> Entry:
    mean = board.mean(arm, target, [language])
    if mean.value is None:
        return Entry(text=MISSING, tip=mean.reason, role="missing")
    points = [board.points[arm, target.name, seed, language] for seed in mean.seeds]
    under = []
    if len(points) > 1:
        under.append("seeds " + " · ".join(number(point.value) for point in points))
    under.append(interval(points[0].low, points[0].high))
    low = sum(point.at_chance for point in points)
    marks = () if not low else ("at chance" if low == len(points) else f"at chance: {low} of {len(points)} seeds",)
    return Entry(text=number(mean.value), under=tuple(u for u in under if u), marks=marks)


def _gap(board: Board, arm: str, target: TargetInfo) -> Entry:
    home = board.mean(arm, target, [target.train_language])
    away = board.mean(arm, target, board.others(target))
    if home.value is None or away.value is None:
        reason = f"no score in {named(target.train_language)}" if away.value is not None else away.reason
        return Entry(text=MISSING, tip=reason, role="missing")
    # Both means are over the same seeds, unless a language failed in one of them: then only seeds with both count.
    both = [s for s in home.seeds if s in away.seeds]
    at_home, abroad = dict(zip(home.seeds, home.by_seed, strict=True)), dict(zip(away.seeds, away.by_seed, strict=True))
    if not both:
        return Entry(text=MISSING, tip="no seed has both", role="missing")
    gap = fmean(at_home[s] - abroad[s] for s in both)
    under = f"{target.train_language} {number(fmean(at_home[s] for s in both))}"
    return Entry(text=signed(gap), under=(under,), marks=board.marks(arm, target))
