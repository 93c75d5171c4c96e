"""View of scored files, as tables."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from xstilts.evaluate.shared_tasks import Counted, DependencyScores, SemanticRoleScores
from xstilts.metrics.roles import NOT_SCORED


def dependency_page(scores: DependencyScores) -> RenderableType:
    table = _table("metric")
    for name, counted in scores.counts.items():
        _add(table, name, counted, scores.values[name])
    gold, system = scores.sentences
    cut = "" if gold == system else f", {system} in the guesses"
    text = f"{gold} sentences{cut}. Correct, excess and missed count words; of CLAS, those with a content relation."
    return Group(table, Text(text))


def srl_page(scores: SemanticRoleScores) -> RenderableType:
    table = _table("argument")
    _add(table, "overall", scores.total, scores.values["f1"])
    for label, counted in scores.counts.items():
        _add(table, label, counted)
    text = (
        f"{scores.sentences} sentences, {scores.propositions} propositions, {scores.perfect:.2f} % without a mistake."
    )
    parts: list[RenderableType] = [table, Text(text)]
    if NOT_SCORED in scores.counts:
        parts.append(Text(f"Overall leaves {NOT_SCORED} out, the predicate itself."))
    if scores.unlike:
        parts.append(
            Text(f"{scores.unlike} propositions have another verb than gold: their arguments count as missed.")
        )
    return Group(*parts)


def _table(first: str) -> Table:
    table = Table(first)
    for name in ("correct", "excess", "missed", "precision", "recall", "F1"):
        table.add_column(name, justify="right")
    return table


def _add(table: Table, name: str, counted: Counted, f1: float | None = None) -> None:
    shares = [counted.precision, counted.recall, counted.f1 if f1 is None else f1]
    numbers = [counted.correct, counted.excess, counted.missed]
    table.add_row(name, *map(str, numbers), *(f"{share:.2f}" for share in shares))
