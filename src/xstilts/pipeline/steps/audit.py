"""The audit step: which test rows a study trains on, exactly or nearly. Needs no torch, and no other step.

It is no goal of a study: a report asks for it (`pipeline/leak_audit`), as `xstilts data audit` does. Its identity is
the content of the files, so that it is worked out once for what is compared.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from xstilts.core.files import write_json
from xstilts.data.leak_audit import AuditedTest, AuditedTraining, LeakedExample, find_leaks
from xstilts.engine.step import Context, Step
from xstilts.pipeline.steps.base import StepKind

VERSION = 1
LEAKS, EXAMPLES = "leaks.json", "leaked.parquet"


@dataclass(frozen=True, kw_only=True)
class AuditSettings:
    tests: tuple[AuditedTest, ...]
    trainings: tuple[AuditedTraining, ...]


def run(settings: AuditSettings, context: Context) -> None:
    """Writes `leaks.json`: leaks by training set, test set and level, and rows of each; and `leaked.parquet`: the test
    examples that any training set holds (target, language, id, level). Raises DataError for a file that cannot be
    read."""

    def on_progress(done: int, total: int, name: str) -> None:
        context.progress(done, total, "sets", name)

    found = find_leaks(settings.tests, settings.trainings, on_progress)
    record = {
        "leaks": [asdict(leak) for leak in found.leaks],
        "tests": [{"target": key[0], "language": key[1], "rows": rows} for key, rows in found.tests.items()],
        "trainings": dict(found.trainings),
    }
    _write(found.examples, context)
    write_json(context.out / LEAKS, record)


def _write(examples: tuple[LeakedExample, ...], context: Context) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(name, pa.string()) for name in ("target", "language", "id", "level")])
    table = pa.Table.from_pylist([asdict(one) for one in examples], schema=schema)
    pq.write_table(table, context.out / EXAMPLES, compression="zstd")


KIND = StepKind(name="audit", version=VERSION, run=run)


def audit_step(settings: AuditSettings) -> Step:
    sets = f"{len(settings.trainings)} training and {len(settings.tests)} test sets"
    return KIND.step(settings, label=f"comparing {sets}", about={"use": "test"})
