"""The scores of a study: arms by targets, each mean with its difference from the baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from xstilts.core.errors import StudyError, shortened
from xstilts.core.languages import language
from xstilts.report.elements.blocks import Section, Table, TableCell, TableColumn, TerminalTable
from xstilts.report.elements.formatting import MISSING, interval, name_list, number, plural, signed
from xstilts.report.elements.marks import STAR
from xstilts.report.scores.contrasts import headline_contrasts
from xstilts.report.scores.inputs import TargetInfo
from xstilts.report.scores.scoreboard import ArmMean, Scoreboard
from xstilts.report.scores.standings import ArmScore
from xstilts.report.topics.topic import Topic

LONGEST_REASON = 120  # characters of why a score is missing, in its cell; all of it is its tip and a note

# Marks an arm whose intermediate tasks hold the target's training sentences; a note says which tasks.
SEEN_TEXT_MARK = "same sentences before"
Differences = Mapping[tuple[str, str], str]  # (arm, target) -> the difference from the baseline, in words


@dataclass(frozen=True, kw_only=True)
class ScoreTable:
    """The scores, as a table and as the rows it is made of."""

    table: Table
    standings: tuple[ArmScore, ...]


def compute(board: Scoreboard) -> ScoreTable:
    return ScoreTable(table=answer_table(board, baseline_differences(board)), standings=board.comparison.standings)


def language_name(code: str) -> str:
    """Return a language's name, or the code where it has none (pairs, languages of a user's own)."""
    try:
        return language(code).name
    except StudyError:
        return code


def averaged_languages(board: Scoreboard, target: TargetInfo, languages: Sequence[str]) -> str:
    """Say what an average is over: "mean of 6 of 7 languages other than English"."""
    if target.only_language is not None:
        return f"{target.only_language} only"
    zero_shot = target.train_language not in languages
    expected = [x for x in target.languages if not (zero_shot and x == target.train_language)]
    share = "" if len(languages) == len(expected) else f"{len(languages)} of "
    others = zero_shot and len(expected) < len(target.languages)
    without = f" other than {language_name(target.train_language)}" if others else ""
    return f"mean of {share}{plural(len(expected), 'language')}{without}"


def baseline_differences(board: Scoreboard) -> dict[tuple[str, str], str]:
    """Return, for each arm and target, the difference from the baseline over the same languages, in words."""
    base = board.results.baseline
    differences = {}
    for c in headline_contrasts(board.comparison.contrasts):
        arms = [arm for arm in c.weights if arm != base]
        if c.target is not None and c.value is not None and c.weights == {arms[0]: 1.0, base: -1.0}:
            size = signed(c.value) + interval(c.low, c.high, before=" ")
            differences[arms[0], c.target] = size + (STAR if c.significant else "")
    return differences


def answer_table(board: Scoreboard, differences: Differences) -> Table:
    """Lay out arms by targets: the zero-shot mean, below it the mean over all languages and the difference from the
    baseline. The floor is in the last line."""
    targets = board.results.targets
    columns = [TableColumn(label="Arm", numeric=False)] + [_target_column(board, target) for target in targets]
    rows = [
        (TableCell(text=arm), *(_score_cell(board, arm, t, differences) for t in targets)) for arm in board.results.arms
    ]
    floors = [floor_cell(board, target, board.headline(target)) for target in targets]
    return Table(
        caption=f"Scores in percent: mean over languages, then over {plural(len(board.results.seeds), 'seed')}. Small "
        "print: the mean with the training language; the difference from the baseline with its 95 % interval.",
        columns=tuple(columns),
        rows=tuple(rows),
        foot=((TableCell(text="floor", tip="the best answer that ignores the input"), *floors),),
        notes=_notes(board),
    )


def _notes(board: Scoreboard) -> tuple[str, ...]:
    """Say what a number in the table does not say itself."""
    notes = ["Floor: the score of the best answer that ignores the input."]
    if len(board.results.seeds) == 1:
        notes.append("One seed was run: differences hold for this training only, and none is tested.")
    for target in board.results.targets:
        missing = [language for language in target.languages if language not in board.scored(target)]
        if missing and board.scored(target):
            # Arms that were scored know why a language is not there; the others only why they were not scored.
            of_arms = [scores for (_, name), scores in board.language_scores.items() if name == target.name]
            scored = [scores for scores in of_arms if any(x.by_seed for x in scores.values())]
            reasons = "; ".join(dict.fromkeys(scores[x].reason for x in missing for scores in scored))
            languages = name_list([language_name(x) for x in missing])
            notes.append(f"{target.name}: {languages} missing ({reasons}), in no average.")
        if candidates := board.candidates(target):
            notes.append(f"{target.name}: the best {candidates}, easier than of all: no published number is its like.")
        notes += [f"{target.name}: {note}" for note in target.notes]
    return tuple(notes)


def _target_column(board: Scoreboard, target: TargetInfo) -> TableColumn:
    lines = [target.headline or target.main, board.candidates(target)]
    if board.scored(target):
        lines.append(averaged_languages(board, target, board.headline(target)))
    return TableColumn(label=target.name, small_print=tuple(text for text in lines if text))


def _best(board: Scoreboard, target: TargetInfo) -> float | None:
    """Return the highest mean among arms that lack nothing; None unless there are two to choose from."""
    means = [board.mean(arm, target, board.headline(target)) for arm in board.results.arms]
    values = [m.value for m in means if m.value is not None and board.is_complete(m)]
    return max(values) if len(values) > 1 else None


def _score_cell(board: Scoreboard, arm: str, target: TargetInfo, differences: Differences) -> TableCell:
    mean = board.mean(arm, target, board.headline(target))
    if mean.value is None:
        said, marks = shortened(mean.reason, LONGEST_REASON), board.warnings(arm, target)
        return TableCell(text=MISSING, small_print=(said,), tip=mean.reason, marks=marks, role="missing")
    lines = []
    if board.headline(target) != board.scored(target):
        lines.append(f"with {target.train_language} {number(board.mean(arm, target, board.scored(target)).value)}")
    if (arm, target.name) in differences:
        lines.append(differences[arm, target.name])
    complete = board.is_complete(mean)
    tip = "; ".join(text for text in (seed_scores(mean), "" if complete else board.reason(arm, target)) if text)
    return TableCell(
        text=number(mean.value),
        small_print=tuple(lines),
        marks=(*mean_warnings(board, arm, target, mean), *([SEEN_TEXT_MARK] if arm in target.seen_text else [])),
        tip=tip,
        role="best" if complete and mean.value == _best(board, target) else "",
    )


def seed_scores(mean: ArmMean) -> str:
    """ "seed 1: 70.2, seed 2: 71.0"."""
    return ", ".join(f"seed {seed}: {number(value)}" for seed, value in (mean.by_seed or {}).items())


def mean_warnings(board: Scoreboard, arm: str, target: TargetInfo, mean: ArmMean) -> tuple[str, ...]:
    """Return warnings about an average: its runs, whether it beats the floor, and what it lacks."""
    warnings = list(board.warnings(arm, target))
    floor = board.floor(target, mean.languages)
    if mean.value is not None and floor is not None and mean.value <= floor:
        warnings.append("not above the floor")
    if mean.lacking:
        warnings.append(f"without {name_list(mean.lacking, 4)}")
    return tuple(warnings)


def floor_cell(board: Scoreboard, target: TargetInfo, languages: Sequence[str]) -> TableCell:
    value = board.floor(target, languages)
    return TableCell(text="–" if value is None else number(value), role="faint")


SCORES = Topic(
    name="scores",
    compute=compute,
    sections=lambda scores: (Section(id="scores", title="Scores", blocks=(scores.table,)),),
    record=lambda scores: {"standings": [asdict(standing) for standing in scores.standings]},
    terminal=lambda scores: (
        TerminalTable(
            table=scores.table,
            caption="mean over languages, then seeds; below: with the training language; difference and 95 % interval",
            compact_caption="Means over languages, then seeds; intervals are in the report.",
            turned_caption="mean over languages (see the second column), then seeds; intervals are in the report",
        ),
    ),
    command_json={"standings": "scores"},
)
