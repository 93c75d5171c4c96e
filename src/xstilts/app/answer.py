"""The answer to a study, as Python gives it back: contrasts, scores, the report, and what happened to each step."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xstilts.app.notebook import html_lines, html_table
from xstilts.engine.runner import Outcome
from xstilts.pipeline.session import Session
from xstilts.report.build import Report
from xstilts.report.elements.formatting import interval, number, plural, probability, signed
from xstilts.report.elements.marks import STAR
from xstilts.report.formats.records import SCORE_FIELDS, arrow_table, score_records
from xstilts.report.scores.contrast_scopes import Contrast
from xstilts.report.scores.contrasts import headline_contrasts
from xstilts.report.scores.inputs import Results
from xstilts.report.write import ReportFiles

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow


@dataclass(frozen=True, kw_only=True, repr=False)
class Answer:
    """The outcome of a run. In a notebook it shows itself as a small table.

    >>> answer = run("quickstart")  # doctest: +SKIP
    >>> [contrast.value for contrast in answer.contrasts if contrast.significant]  # doctest: +SKIP
    >>> answer.scores().query("main and value_name == 'headline'")  # doctest: +SKIP
    """

    report: Report
    pages: ReportFiles
    outcome: Outcome
    session: Session
    report_seconds: float = 0.0  # what putting the report together and writing it took
    warned: tuple[str, ...] = ()  # warnings that were said before anything was trained

    @property
    def results(self) -> Results:
        """The study as it was run, and where each number is stored."""
        return self.report.scoreboard.results

    @property
    def contrasts(self) -> tuple[Contrast, ...]:
        """Every difference between arms: of each target, then of the mean over targets (`target` None), over all
        languages and over those not trained in (`scope`). `value` is in points; `p_adjusted` and `verdict` are
        corrected over the study's questions, and `low` to `high` is the 95 % interval that agrees with them. `p` is
        that of one question alone. What is not tested (one seed; means over all languages) has no p."""
        return self.report.contrasts

    @cached_property
    def score_rows(self) -> list[dict[str, Any]]:
        """One row for each arm, target, seed, language, metric and value: the rows of `scores.csv`, with None where a
        row has no such value. A missing score has a row too; its `status` and `reason` say why."""
        return [{name: line.get(name) for name in SCORE_FIELDS} for line in score_records(self.report.scoreboard)]

    def scores(self) -> pandas.DataFrame | polars.DataFrame | pyarrow.Table:
        """The scores as a data frame: of pandas where it is installed, else of polars, else a table of pyarrow. The
        rows of `score_rows`."""
        for make in (self.to_pandas, self.to_polars):
            with suppress(ModuleNotFoundError):
                return make()
        return self.to_arrow()

    def to_pandas(self) -> pandas.DataFrame:
        """The scores as a data frame. Raises ModuleNotFoundError where pandas is not installed."""
        return _optional("pandas").DataFrame(self.score_rows, columns=list(SCORE_FIELDS))

    def to_polars(self) -> polars.DataFrame:
        """The scores as a data frame. Raises ModuleNotFoundError where polars is not installed."""
        return _optional("polars").DataFrame(self.score_rows, schema=SCORE_FIELDS)

    def to_arrow(self) -> pyarrow.Table:
        """The scores as a table of pyarrow, which is always there."""
        return arrow_table(self.score_rows, SCORE_FIELDS)

    @property
    def report_path(self) -> Path:
        """The HTML report; other forms of it (`report.md`, `scores.csv`, `report.json`) are in the same folder."""
        return self.pages.html

    @property
    def exit_code(self) -> int:
        """0: everything was run; 1: a step failed; 130: interrupted."""
        return self.outcome.exit_code

    def __repr__(self) -> str:
        """Show how much was scored, what failed, the answer in sentences and where the report is."""
        return f"<Answer to '{self.results.name}': " + "\n  ".join((*self._summary(), f"report: {self.report_path}>"))

    def _repr_html_(self) -> str:
        summary, *sentences = self._summary()
        scoreboard = self.report.scoreboard
        header = ["arm", *(target.name for target in self.results.targets)]
        rows = [
            [
                arm,
                *(
                    number(scoreboard.mean(arm, target, scoreboard.headline(target)).value)
                    for target in self.results.targets
                ),
            ]
            for arm in self.results.arms
        ]
        contrasts = contrast_rows(self.contrasts)
        names = ["contrast", "target", "points", "95 % interval", "p (adjusted)"]
        return "".join(
            (
                html_lines(f"{self.results.name}: {summary}"),
                html_table(header, rows, caption="Mean over languages not trained in, then over seeds."),
                html_table(names, contrasts) if contrasts else "",
                html_lines(*sentences, f"Report: {self.report_path}"),
            )
        )

    def _summary(self) -> tuple[str, ...]:
        """Counts first, then what went wrong, then the answer in sentences."""
        cells, outcome = self.results.cells, self.outcome
        scored = sum(cell.status == "done" for cell in cells)
        counts = f"{scored} of {plural(len(cells), 'cell')} scored, {plural(len(self.contrasts), 'contrast')}"
        failures = [f"{plural(len(outcome.failed), 'step')} failed: {', '.join(outcome.failed)}"]
        stopped = [f"interrupted with {plural(len(outcome.left), 'step')} left; run it again to go on"]
        return (
            counts,
            *(failures if outcome.failed else ()),
            *(stopped if outcome.interrupted else ()),
            *self.report.document.answer,
        )


def contrast_rows(contrasts: Sequence[Contrast]) -> list[list[str]]:
    """Return name, target, points (starred where significant), interval and p adjusted of what a notebook shows: every
    contrast over the languages not trained in, or over all where there are no others."""
    return [
        [
            c.name,
            c.target or "all targets",
            signed(c.value) + (STAR if c.significant else ""),
            interval(c.low, c.high),
            probability(c.p_adjusted),
        ]
        for c in headline_contrasts(contrasts)
    ]


def _optional(package: str) -> Any:
    """A package that is imported only where somebody asks for its data frames."""
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError as error:
        if error.name != package:
            raise
        text = f"Scores as a data frame of {package} need {package}, which is not installed: pip install {package}"
        raise ModuleNotFoundError(text, name=package) from error
