"""Tables of scores: the answer, languages, the transfer gap. Pure functions from the board to tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

from xstilts.core.languages import LANGUAGES
from xstilts.report.elements.blocks import Table, TableCell, TableColumn
from xstilts.report.elements.formatting import MISSING, interval, listed, number, plural, signed
from xstilts.report.scores.inputs import TargetInfo
from xstilts.report.scores.scoreboard import ArmMean, Scoreboard

MET = "same sentences before"  # the arm's intermediate tasks hold the target's training sentences; a note says which
Deltas = Mapping[tuple[str, str], str]  # (arm, target) -> the difference from the baseline, in words


def named(code: str) -> str:
    """A language's name, or the code where it has none (pairs, languages of a user's own)."""
    known = LANGUAGES.get(code)
    return known.name if known else code


def averaged(board: Scoreboard, target: TargetInfo, languages: Sequence[str]) -> str:
    """What an average averages: "mean of 6 of 7 languages other than English"."""
    zero_shot = target.train_language not in languages
    expected = [x for x in target.languages if not (zero_shot and x == target.train_language)]
    share = "" if len(languages) == len(expected) else f"{len(languages)} of "
    without = (
        f" other than {named(target.train_language)}" if zero_shot and len(expected) < len(target.languages) else ""
    )
    return f"mean of {share}{plural(len(expected), 'language')}{without}"


def answer_table(board: Scoreboard, deltas: Deltas) -> Table:
    """Arms by targets: the zero-shot mean, below it the mean over all languages and the difference from the baseline.
    The floor stands in the last line."""
    targets = board.results.targets
    columns = [TableColumn(label="Arm", numeric=False)] + [_target_column(board, target) for target in targets]
    rows = [(TableCell(text=arm), *(_answer(board, arm, t, deltas) for t in targets)) for arm in board.results.arms]
    floors = [_faint(board.floor(target, board.headline(target))) for target in targets]
    return Table(
        caption=f"Scores in percent: mean over languages, then over {plural(len(board.results.seeds), 'seed')}. Small "
        "print: the mean with the training language; the difference from the baseline with its 95 % interval (* "
        "significant after Holm's correction).",
        columns=tuple(columns),
        rows=tuple(rows),
        foot=((TableCell(text="floor", tip="the best answer that ignores the input"), *floors),),
        notes=answer_notes(board),
    )


def answer_notes(board: Scoreboard) -> tuple[str, ...]:
    """What a number in the answer table does not say itself."""
    notes = ["Floor: the score of the best answer that ignores the input. Bold: the highest mean of a column."]
    if len(board.results.seeds) == 1:
        notes.append("One seed was run: differences hold for this seed only.")
    for target in board.results.targets:
        gone = [language for language in target.languages if language not in board.scored(target)]
        if gone and board.scored(target):
            # Arms that were scored know why a language is not there; the others only why they were not scored.
            known = [line for (_, name), line in board.lines.items() if name == target.name]
            scored = [line for line in known if any(x.by_seed for x in line.values())]
            why = "; ".join(dict.fromkeys(line[x].reason for x in gone for line in scored))
            notes.append(f"{target.name}: {listed([named(x) for x in gone])} missing ({why}), in no average.")
        notes += [f"{target.name}: {note}" for note in target.notes]
    return tuple(notes)


def language_table(board: Scoreboard, target: TargetInfo) -> Table:
    """Languages by arms for one target; means over all, and over the zero-shot languages, at the foot."""
    arms = board.results.arms
    rows = []
    for language in target.languages:
        entries = [_language(board, arm, target, language) for arm in arms]
        rows.append(
            (TableCell(text=f"{named(language)} ({language})"), *entries, _faint(board.floor(target, [language])))
        )
    feet = []
    for languages in dict.fromkeys((board.headline(target), board.scored(target))):
        means = [_mean(board, arm, target, languages) for arm in arms]
        feet.append(
            (TableCell(text=averaged(board, target, languages)), *means, _faint(board.floor(target, languages)))
        )
    columns = [
        TableColumn(label="Language", numeric=False),
        *(TableColumn(label=arm) for arm in arms),
        TableColumn(label="floor"),
    ]
    below = "the single seeds" if len(board.results.seeds) > 1 else "the 95 % interval over documents"
    return Table(
        caption=f"{target.name}, {target.headline or target.main}, in percent. Small print: {below}.",
        columns=tuple(columns),
        rows=tuple(rows),
        foot=tuple(feet),
    )


def gapped(board: Scoreboard) -> list[TargetInfo]:
    """Targets with a test in the training language and one in another."""
    return [t for t in board.results.targets if board.others(t) and t.train_language in t.languages]


def gap_table(board: Scoreboard) -> Table:
    """Transfer gap: score in the training language minus the mean over the others (points; smaller is better)."""
    targets = gapped(board)
    columns = [TableColumn(label="Arm", numeric=False)]
    for target in targets:
        expected = sum(x != target.train_language for x in target.languages)
        share = "" if expected == len(board.others(target)) else f"{len(board.others(target))} of "
        under = f"{named(target.train_language)} − mean of {share}{plural(expected, 'other')}"
        columns.append(TableColumn(label=target.name, under=(under,)))
    rows = [(TableCell(text=arm), *(_gap(board, arm, target) for target in targets)) for arm in board.results.arms]
    return Table(
        caption="Transfer gap in points: the score in the training language minus the mean over the other languages. "
        "A gap can be small because the training language itself is low; its score stands in small print.",
        columns=tuple(columns),
        rows=tuple(rows),
    )


def _target_column(board: Scoreboard, target: TargetInfo) -> TableColumn:
    under = [target.headline or target.main]
    if board.scored(target):
        under.append(averaged(board, target, board.headline(target)))
    return TableColumn(label=target.name, under=tuple(text for text in under if text))


def _best(board: Scoreboard, target: TargetInfo) -> float | None:
    """The highest mean among arms that lack nothing; None unless there are two to choose from."""
    means = [board.mean(arm, target, board.headline(target)) for arm in board.results.arms]
    values = [m.value for m in means if m.value is not None and board.whole(m)]
    return max(values) if len(values) > 1 else None


def _answer(board: Scoreboard, arm: str, target: TargetInfo, deltas: Deltas) -> TableCell:
    mean = board.mean(arm, target, board.headline(target))
    if mean.value is None:
        return TableCell(text=MISSING, under=(mean.reason,), marks=board.marks(arm, target), role="missing")
    under = []
    if board.headline(target) != board.scored(target):
        under.append(f"with {target.train_language} {number(board.mean(arm, target, board.scored(target)).value)}")
    if (arm, target.name) in deltas:
        under.append(deltas[arm, target.name])
    marks = (*_marks(board, arm, target, mean), *([MET] if arm in target.seen_text else []))
    lost = "" if board.whole(mean) else board.reason(arm, target)
    tip = "; ".join(text for text in (_by_seed(mean), lost) if text)
    role = "best" if board.whole(mean) and mean.value == _best(board, target) else ""
    return TableCell(text=number(mean.value), under=tuple(under), marks=marks, tip=tip, role=role)


def _by_seed(mean: ArmMean) -> str:
    return ", ".join(f"seed {seed}: {number(value)}" for seed, value in (mean.by_seed or {}).items())


def _marks(board: Scoreboard, arm: str, target: TargetInfo, mean: ArmMean) -> tuple[str, ...]:
    """Warnings about an average: its runs, whether it beats the floor, and what it lacks."""
    marks = list(board.marks(arm, target))
    floor = board.floor(target, mean.languages)
    if mean.value is not None and floor is not None and mean.value <= floor:
        marks.append("not above the floor")
    if mean.lacking:
        marks.append(f"without {listed(mean.lacking, 4)}")
    return tuple(marks)


def _faint(value: float | None) -> TableCell:
    return TableCell(text="–" if value is None else number(value), role="faint")


def _mean(board: Scoreboard, arm: str, target: TargetInfo, languages: Sequence[str]) -> TableCell:
    mean = board.mean(arm, target, languages)
    if mean.value is None:
        return TableCell(text=MISSING, tip=mean.reason, role="missing")
    return TableCell(text=number(mean.value), marks=_marks(board, arm, target, mean), tip=_by_seed(mean))


def _language(board: Scoreboard, arm: str, target: TargetInfo, language: str) -> TableCell:
    mean = board.mean(arm, target, [language])
    if mean.value is None or not mean.by_seed:
        return TableCell(text=MISSING, tip=mean.reason, role="missing")
    by_seed, seeds = mean.by_seed, board.results.seeds
    if len(seeds) > 1:
        under = " · ".join(number(by_seed[seed]) if seed in by_seed else MISSING for seed in seeds)
    else:
        under = interval(*board.interval(arm, target, language, seeds[0]))
    low = board.lines[arm, target.name][language].at_chance
    mark = "at chance" if len(low) == len(by_seed) else f"{plural(len(low), 'seed')} at chance"
    return TableCell(text=number(mean.value), under=(under,) if under else (), marks=(mark,) if low else ())


def _gap(board: Scoreboard, arm: str, target: TargetInfo) -> TableCell:
    home = board.mean(arm, target, [target.train_language])
    away = board.mean(arm, target, board.others(target))
    both = [seed for seed in home.by_seed or {} if seed in (away.by_seed or {})]
    if not both or home.by_seed is None or away.by_seed is None:
        return TableCell(text=MISSING, tip=away.reason or home.reason or "no seed has both", role="missing")
    under = f"{target.train_language} {number(fmean(home.by_seed[seed] for seed in both))}"
    gap = fmean(home.by_seed[seed] - away.by_seed[seed] for seed in both)
    return TableCell(text=signed(gap), under=(under,), marks=_marks(board, arm, target, away))
