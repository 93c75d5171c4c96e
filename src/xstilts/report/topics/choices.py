"""Choices on dev sets: which setting of each training was chosen, among how many, and the dev scores of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from xstilts.report.elements.blocks import Fold, Prose, Section, Table, TableCell, TableColumn
from xstilts.report.elements.formatting import MISSING, name_list, number, plural
from xstilts.report.scores.inputs import ChosenSetting
from xstilts.report.scores.scoreboard import Scoreboard
from xstilts.report.topics.topic import Record, Topic

MANY = 6


def compute(board: Scoreboard) -> Sequence[ChosenSetting] | None:
    """Return None for a study that chooses nothing."""
    return board.results.choices or None


def sentence(choices: Sequence[ChosenSetting]) -> str:
    """Say how free the study was: the settings that each training was chosen among, and by what."""
    seeds = plural(len(choices[0].seeds), "seed")
    return (
        f"Numbers of {plural(len(choices), 'training')} were chosen among {among(choices)} settings on dev sets of the "
        f"language that is trained in, one setting for all seeds by the mean over {seeds}. Test sets had no part in "
        "it; the search is a freedom of the researcher all the same: an arm that was searched more widely has an "
        "advantage, and intervals do not count it."
    )


def among(choices: Sequence[ChosenSetting]) -> str:
    """Say of how many settings each was chosen: "4", "2 to 9"."""
    sizes = sorted({len(one.settings) for one in choices})
    return str(sizes[0]) if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}"


def sections(choices: Sequence[ChosenSetting]) -> tuple[Section, ...]:
    full = Fold(title="Dev scores of every setting", blocks=(tried_table(choices),))
    blocks = (Prose(text=sentence(choices)), chosen_table(choices), full)
    return (Section(id="choices", title="Chosen on dev sets", blocks=blocks),)


def chosen_table(choices: Sequence[ChosenSetting]) -> Table:
    """Lay out one line a choice."""
    labels = ("Arm", "Training", "For", "Chosen", "Among", "Dev score", "Next best")
    return Table(
        caption="Which setting of each training was chosen. Dev scores are means over seeds, in percent, of the "
        "checkpoints that each training kept.",
        columns=tuple(TableColumn(label=label, numeric=label in labels[4:]) for label in labels),
        rows=tuple(map(_chosen_row, choices)),
    )


def _chosen_row(choice: ChosenSetting) -> tuple[TableCell, ...]:
    picked = None if choice.chosen is None else choice.settings[choice.chosen]
    others = [one.mean for one in choice.settings if one is not picked and one.mean is not None]
    return (
        TableCell(text=choice.arm),
        TableCell(text=choice.training),
        TableCell(text=name_list(list(choice.targets), MANY)),
        TableCell(text=picked.title) if picked else TableCell(text="not chosen yet", role="missing"),
        TableCell(text=str(len(choice.settings))),
        _score(picked.mean if picked else None),
        _score(max(others) if picked and others else None),
    )


def tried_table(choices: Sequence[ChosenSetting]) -> Table:
    """Lay out one line a setting; the chosen one is marked."""
    labels = ("Arm", "Training", "Setting", "Mean", "Seeds")
    return Table(
        caption="The dev scores of every setting, in percent; a training without one diverged.",
        columns=tuple(TableColumn(label=label, numeric=label == "Mean") for label in labels),
        rows=tuple(
            (
                TableCell(text=choice.arm),
                TableCell(text=choice.training),
                TableCell(text=one.title, marks=("chosen",) if place == choice.chosen else ()),
                _score(one.mean),
                TableCell(text=", ".join(MISSING if score is None else number(score) for score in one.dev) or MISSING),
            )
            for choice in choices
            for place, one in enumerate(choice.settings)
        ),
    )


def _score(value: float | None) -> TableCell:
    return TableCell(text=number(value)) if value is not None else TableCell(text=MISSING, role="missing")


def _record(choice: ChosenSetting) -> Record:
    return {**asdict(choice), "settings": [{**asdict(one), "mean": one.mean} for one in choice.settings]}


def _lines(choices: Sequence[ChosenSetting]) -> list[Record]:
    return [
        {
            "arm": choice.arm,
            "training": choice.training,
            "setting": one.title,
            "seed": seed,
            "dev": score,
            "mean": one.mean,
            "chosen": place == choice.chosen,
        }
        for choice in choices
        for place, one in enumerate(choice.settings)
        for seed, score in zip(choice.seeds, one.dev, strict=False)
    ]


CHOICES = Topic(
    name="choices",
    compute=compute,
    sections=sections,
    record=lambda choices: {"choices": [_record(choice) for choice in choices]},
    empty_record={"choices": []},
    tables={"choices": _lines},
    command_json={"choices": "choices"},
)
