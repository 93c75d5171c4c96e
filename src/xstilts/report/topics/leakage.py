"""Leakage: which test rows a study trains on, and what its scores are without them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

from xstilts.core.leak_levels import LEVELS
from xstilts.report.elements.blocks import Block, Fold, Items, Prose, Section, Table, TableCell, TableColumn
from xstilts.report.elements.formatting import MISSING, count, name_list, number, plural
from xstilts.report.scores.inputs import LeakAudit, TargetInfo
from xstilts.report.scores.leak_files import LeakCount, LeakRecord, read_leaks
from xstilts.report.scores.scoreboard import Scoreboard
from xstilts.report.scores.unleaked import Rescored, rescored
from xstilts.report.topics.topic import Record, Topic

MANY = 12  # lines; a longer table is folded
LEVELS_SAID = (
    "Exact: a training row says the same, letter by letter; normalised: but for case, spacing and Unicode's way of "
    "writing; near: at least 80 % of the words of both are in both; run: eight consecutive words, or 25 characters "
    "where words are not written apart. A row counts once, in the first that holds."
)


@dataclass(frozen=True, kw_only=True)
class RescoredMean:
    """An arm on one target: the mean over languages, then seeds, over all examples and over fewer (see `Rescored`).

    languages: those averaged, the same in all three. lacking: language -> why it is not.
    """

    arm: str
    target: str
    languages: tuple[str, ...]
    whole: float | None
    unlike: float | None
    unseen: float | None
    lacking: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Leakage:
    """All that is said of leaks. found, pretraining: None where nothing was compared."""

    audit: LeakAudit
    found: LeakRecord | None
    pretraining: LeakRecord | None
    scores: tuple[Rescored, ...]
    means: tuple[RescoredMean, ...]


def compute(board: Scoreboard) -> Leakage | None:
    """Return what the audit found, with the scores of targets that have leaked examples; None where it was not asked
    for."""
    audit = board.results.leaks
    if audit is None:
        return None
    scores = rescored(board.results)
    targets = [target for target in board.results.targets if any(one.target == target.name for one in scores)]
    return Leakage(
        audit=audit,
        found=None if audit.folder is None else read_leaks(audit.folder),
        pretraining=None if audit.pretraining is None else read_leaks(audit.pretraining),
        scores=scores,
        means=tuple(_mean(board, arm, target, scores) for target in targets for arm in board.results.arms),
    )


def _mean(board: Scoreboard, arm: str, target: TargetInfo, scores: Sequence[Rescored]) -> RescoredMean:
    """Average over the languages that a score of this target is about, where every scored seed has all three values."""
    asked = board.headline(target)
    mine = [one for one in scores if (one.arm, one.target) == (arm, target.name) and one.language in asked]
    seeds = {one.seed for one in mine if one.whole is not None}
    of = {language: [x for x in mine if x.language == language and x.seed in seeds] for language in asked}
    full = tuple(x for x in asked if of[x] and all(None not in (y.whole, y.unlike, y.unseen) for y in of[x]))
    chosen = [one for language in full for one in of[language]]
    lacking = tuple((x, _why(x, mine)) for x in asked if x not in full)
    values = [
        fmean(fmean(getattr(x, name) for x in chosen if x.seed == seed) for seed in sorted(seeds)) if chosen else None
        for name in ("whole", "unlike", "unseen")
    ]
    return RescoredMean(
        arm=arm, target=target.name, languages=full, whole=values[0], unlike=values[1], unseen=values[2],
        lacking=lacking,
    )  # fmt: skip


def _why(language: str, scores: Sequence[Rescored]) -> str:
    return next((one.reason for one in scores if one.language == language and one.reason), "no score")


def sections(leakage: Leakage) -> tuple[Section, ...]:
    blocks: list[Block] = [Prose(text=summary(leakage))]
    if leakage.found is not None and leakage.found.leaks:
        title = "Test rows that are trained on"
        blocks.append(_folded(leak_table(leakage.found.leaks, f"{title}. {LEVELS_SAID}"), title))
    if leakage.means:
        blocks.append(_folded(mean_table(leakage.means), "Scores without them"))
        blocks.append(Fold(title="Scores without them, by language", blocks=(language_table(leakage.scores),)))
    if leakage.pretraining is not None and leakage.pretraining.leaks:
        title = "Test rows in the encoder's pretraining text"
        table = leak_table(leakage.pretraining.leaks, f"{title}, after its leak guard: an upper bound. {LEVELS_SAID}")
        blocks.append(Fold(title=title, blocks=(table,)))
    if unknown := not_compared(leakage):
        blocks.append(Items(items=unknown))
    return (Section(id="leakage", title="Leakage", blocks=tuple(blocks)),)


def _folded(table: Table, title: str) -> Block:
    return table if len(table.rows) <= MANY else Fold(title=title, blocks=(table,))


def summary(leakage: Leakage) -> str:
    """Say how much was compared, and how many test rows are trained on at most by one training set."""
    if leakage.found is None:
        return f"Training and test rows were not compared: {leakage.audit.reason or 'there is no audit'}."
    found = leakage.found
    compared = (
        f"{count(sum(found.trainings.values()))} rows of {plural(len(found.trainings), 'training set')} "
        f"({name_list(list(found.trainings), 6)}) were compared with {count(sum(found.tests.values()))} rows of "
        f"{plural(len(found.tests), 'test set')}."
    )
    if not found.leaks:
        return f"{compared} No test row is trained on, exactly or nearly. {_pretraining(leakage)}".rstrip()
    most = found.leaks[0]
    worst = f"{most.target} {most.language}, {count(most.leaked)} of {count(most.rows)} rows in {most.training}"
    return (
        f"{compared} Test rows of {name_list(list(dict.fromkeys(x.target for x in found.leaks)))} are trained on, "
        f"exactly or nearly; the largest share is of {worst}. {_pretraining(leakage)}"
    ).rstrip()


def _pretraining(leakage: Leakage) -> str:
    text = leakage.pretraining
    if text is None:
        return ""
    lines = f"{count(sum(text.trainings.values()))} lines that the encoder was pretrained on"
    if not text.leaks:
        return f"Nor is any in the {lines}."
    return f"Of {lines}, some hold test rows of {name_list(list(dict.fromkeys(x.target for x in text.leaks)))} nearly."


def not_compared(leakage: Leakage) -> tuple[str, ...]:
    """Say what was not compared, and why."""
    items = [f"not compared: {name}: {reason}" for name, reason in leakage.audit.missing.items()]
    note = leakage.audit.pretraining_note
    return (*items, *((f"pretraining text: {note}",) if note else ()))


def leak_table(leaks: Sequence[LeakCount], caption: str) -> Table:
    """Lay out leaks by test set and training set."""
    labels = ("Test set", "Training set", *(level.capitalize() for level in LEVELS), "Rows", "Share")
    return Table(
        caption=caption,
        columns=tuple(TableColumn(label=label, numeric=place > 1) for place, label in enumerate(labels)),
        rows=tuple(
            (
                TableCell(text=f"{leak.target} {leak.language}", tip=leak.sample),
                TableCell(text=leak.training),
                *(TableCell(text=count(n)) for n in (leak.exact, leak.normalised, leak.near, leak.run, leak.rows)),
                TableCell(text=f"{number(100 * leak.leaked / leak.rows)} %"),
            )
            for leak in leaks
        ),
    )


def mean_table(means: Sequence[RescoredMean]) -> Table:
    labels = ("Target", "Arm", "All examples", "Without the same", "Without what resembles")
    return Table(
        caption="Scores in percent, recomputed by the metric's own formula without test examples that any arm trains "
        "on: without those that say the same (exact, normalised), and without near ones and runs too. Means over the "
        "languages not trained in that have all three numbers, then over seeds.",
        columns=tuple(TableColumn(label=label, numeric=place > 1) for place, label in enumerate(labels)),
        rows=tuple(
            (
                TableCell(text=mean.target, small_print=(plural(len(mean.languages), "language"),)),
                TableCell(text=mean.arm),
                *(_value(value) for value in (mean.whole, mean.unlike, mean.unseen)),
            )
            for mean in means
        ),
        notes=_lacking(means),
    )


def _lacking(means: Sequence[RescoredMean]) -> tuple[str, ...]:
    """Name what is not averaged, once for each reason."""
    found: dict[tuple[str, str], list[str]] = {}
    for mean in means:
        for language, reason in mean.lacking:
            names = found.setdefault((mean.target, reason), [])
            names += [language] if language not in names else []
    return tuple(f"{target} without {name_list(names)}: {why}." for (target, why), names in found.items())


def language_table(scores: Sequence[Rescored]) -> Table:
    """Lay out languages with leaked examples, or without a score, the mean over seeds of each arm."""
    labels = ("Target", "Language", "Arm", "All examples", "Without the same", "Without what resembles", "Remark")
    groups: dict[tuple[str, str, str], list[Rescored]] = {}
    for one in scores:
        if one.n_unseen < one.n or one.reason:
            groups.setdefault((one.target, one.language, one.arm), []).append(one)
    return Table(
        caption="The same by language: percent, the mean over seeds, and how many examples.",
        columns=tuple(TableColumn(label=label, numeric=2 < place < 6) for place, label in enumerate(labels)),
        rows=tuple(
            (
                *map(_text, key),
                _counted([x.whole for x in of], of[0].n),
                _counted([x.unlike for x in of], of[0].n_unlike),
                _counted([x.unseen for x in of], of[0].n_unseen),
                TableCell(text="; ".join(dict.fromkeys(x.reason for x in of if x.reason))),
            )
            for key, of in groups.items()
        ),
    )


def _text(text: str) -> TableCell:
    return TableCell(text=text)


def _counted(values: Sequence[float | None], n: int) -> TableCell:
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return TableCell(text=MISSING, role="missing")
    return TableCell(text=number(fmean(known)), small_print=(f"n {count(n)}",))


def _value(value: float | None) -> TableCell:
    return TableCell(text=number(value), role="missing" if value is None else "")


def record(leakage: Leakage) -> dict[str, Any]:
    """Return what was compared and found; scores by language are in a table of their own."""
    return {
        "leakage": {
            "leaks": [leak.to_dict() for leak in leakage.found.leaks] if leakage.found else [],
            "tests": leakage.found.named_tests if leakage.found else {},
            "trainings": dict(leakage.found.trainings) if leakage.found else {},
            "reason": leakage.audit.reason,
            "missing": dict(leakage.audit.missing),
            "pretraining": {
                "leaks": [leak.to_dict() for leak in leakage.pretraining.leaks] if leakage.pretraining else [],
                "corpora": dict(leakage.pretraining.trainings) if leakage.pretraining else {},
                "note": leakage.audit.pretraining_note,
            },
            "scores": [asdict(mean) | {"lacking": dict(mean.lacking)} for mean in leakage.means],
        }
    }


def _leak_lines(leakage: Leakage) -> list[Record]:
    parts = (("training", leakage.found), ("pretraining", leakage.pretraining))
    return [{"rows_of": what, **leak.to_dict()} for what, found in parts if found for leak in found.leaks]


LEAKAGE = Topic(
    name="leakage",
    compute=compute,
    sections=sections,
    record=record,
    empty_record={"leakage": None},
    tables={"leaks": _leak_lines, "scores_without_leaks": lambda leakage: [asdict(one) for one in leakage.scores]},
)
