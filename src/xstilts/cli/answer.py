"""The end of a run, on the terminal and as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.text import Text

from xstilts.app.answer import Answer
from xstilts.report.topics.overhead import TimeSpent


def print_answer(answer: Answer) -> None:
    from xstilts.report.formats.terminal import render

    console = Console(highlight=False)
    for part in render(answer.report, answer.pages.html):
        console.print(part)
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
    if sentence := _time_spent(answer).sentence:
        console.print(sentence, style="dim")
    executed = len(outcome.done)
    console.print(f"Steps executed: {executed}.", style="dim")


def answer_json(answer: Answer) -> dict[str, Any]:
    from xstilts.report.topics.published_view import against_json

    comparison, spent = answer.report.scoreboard.comparison, _time_spent(answer)
    outcome = answer.outcome
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
        "answer": list(answer.report.document.answer),
        "scores": [asdict(standing) for standing in comparison.standings],
        "contrasts": [asdict(contrast) for contrast in comparison.contrasts],
        "gains": [asdict(gain) for gain in answer.report.gains],
        "against": against_json(answer.report.published),
    }


def _time_spent(answer: Answer) -> TimeSpent:
    """Compute seconds by kind of step, those of reused steps included, and what this report took."""
    return TimeSpent.of_steps(answer.results.steps).plus("report", answer.report_seconds)
