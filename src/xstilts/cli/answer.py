"""The answer at the end of a run, on the terminal and as JSON."""

from __future__ import annotations

from typing import Any

from rich.text import Text

from xstilts.app.answer import Answer
from xstilts.cli.console import make_console
from xstilts.report.topics.overhead import TimeSpent


def print_answer(answer: Answer) -> None:
    """Print the report's answer, then what happened to the steps."""
    from xstilts.report.formats.terminal import render

    console = make_console()
    for part in render(answer.report, answer.pages.html):
        console.print(part)
    for warning in answer.results.warnings:
        if warning in answer.warned:
            continue
        console.print(Text(f"Warning: {warning}.", style="yellow"))
    outcome = answer.outcome
    if outcome.failed or outcome.not_run:
        failed, waiting = len(outcome.failed), len(outcome.not_run)
        counts = f"{len(outcome.done)} steps done, {failed} failed, {waiting} waited for them."
        console.print(counts, style="red")
        for key, error in outcome.failed.items():
            console.print(Text(f"  {key}: {error}", style="red"))
    if outcome.interrupted:
        left = f"Interrupted with {len(outcome.left)} steps left. Nothing that was finished is lost; "
        console.print(f"{left}the same command goes on from here.", style="yellow")
    if overhead := _time_spent(answer).sentence:
        console.print(overhead, style="dim")
    console.print(f"Steps executed: {len(outcome.done)}.", style="dim")


def answer_json(answer: Answer) -> dict[str, Any]:
    """Return what `--json` prints: what happened to the steps, and what the report's topics say."""
    spent, outcome = _time_spent(answer), answer.outcome
    return {
        "study": answer.results.name,
        "executed": len(outcome.done),
        "reused": len(outcome.reused),
        "failed": dict(outcome.failed),
        "not_run": dict(outcome.not_run),
        "left": list(outcome.left),
        "seconds": dict(spent.seconds),
        "beyond_training": spent.beyond_training,
        "report": str(answer.pages.html),
        **answer.report.command_json(),
    }


def _time_spent(answer: Answer) -> TimeSpent:
    """Return compute seconds by kind of step, those of reused steps included, and what this report took."""
    return TimeSpent.of_steps(answer.results.steps).plus("report", answer.report_seconds)
