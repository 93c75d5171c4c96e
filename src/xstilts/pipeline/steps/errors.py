"""The errors step: where the arms of a study are right on a target, and where they differ. Needs no torch.

It is no goal of a study: a report asks for it (`pipeline/error_tables`), of whatever predictions there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xstilts.core.files import write_json
from xstilts.data.read import load_examples
from xstilts.engine.step import Context, Step
from xstilts.kinds.base import Kind
from xstilts.metrics.tallies import Metric
from xstilts.pipeline.steps.base import EvaluationSet, StepKind

VERSION = 1
FILE = "errors.json"


@dataclass(frozen=True, kw_only=True)
class ErrorSettings:
    """parts: of each of the inputs "0", "1", ...: the folder of its predictions ("": the artefact itself). baseline:
    the number of the one that the others are compared with."""

    kind: Kind
    metric: Metric
    tests: tuple[EvaluationSet, ...]
    parts: tuple[str, ...]
    baseline: int


def run(settings: ErrorSettings, context: Context) -> None:
    """Writes `errors.json` (see `evaluate.error_analysis.analysis`)."""
    from xstilts.evaluate.error_analysis import analysis, judged
    from xstilts.evaluate.score import read_guesses

    folders = [context.inputs[str(number)] / part for number, part in enumerate(settings.parts)]
    sets = []
    for number, test in enumerate(settings.tests):
        context.progress(number, len(settings.tests), "languages", test.language)
        loaded = load_examples(test.source)
        examples = test.evaluated(loaded.examples, settings.kind)
        guesses = [read_guesses(folder, test.language, examples) for folder in folders]
        sets.append(judged(settings.kind, settings.metric, examples, guesses, test.language))
    write_json(context.out / FILE, analysis(settings.kind, sets, settings.baseline))


KIND = StepKind(name="errors", version=VERSION, run=run)


def errors_step(settings: ErrorSettings, predictions: Sequence[Step], *, task: str) -> Step:
    """`predictions`: in the order of `settings.parts`."""
    inputs = {str(number): step for number, step in enumerate(predictions)}
    return KIND.step(settings, inputs, label=f"{task}, errors", about={"task": task, "use": "test"})
