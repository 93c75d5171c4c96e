"""How well does an encoder transfer to languages it was not fine-tuned in? Any encoder, beside two controls.

    python benchmarks/encoder.py ENCODER --data FOLDER --controls [--json FILE] [--markdown FILE]

ENCODER is a packaged encoder, a folder or a name on the hub. Everything is run by xstilts itself, from its store: what
is there already is not run again, and an interrupted benchmark goes on from where it was. See README.md beside this.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import encoder_studies as studies
import encoder_tables as tables
from encoder_controls import CONTROLS, write_control
from encoder_scores import Measured, measure
from encoder_studies import Plan, Row, Watch

from xstilts.cli.progress import RichListener
from xstilts.core.errors import EncoderError, XstiltsError
from xstilts.core.files import write_atomic
from xstilts.core.languages import canonical_code
from xstilts.core.versions import library_versions
from xstilts.pipeline.options import Options, default_store
from xstilts.report.scores.inputs import Results
from xstilts.tasks.catalog import TASKS

Runs = Mapping[int | None, Results]  # by layer; None for a task that is trained


@dataclass(frozen=True, kw_only=True)
class Found:
    """All that was measured of some encoders, the one asked about first."""

    identity: str
    plan: Plan
    rows: tuple[Row, ...]
    measures: tuple[Measured, ...]
    layers: Mapping[str, Mapping[int, Measured]]  # task -> layer -> the first encoder there
    studies: Mapping[str, str]  # "row, task" -> its study as YAML
    versions: Mapping[str, str]

    @property
    def complete(self) -> bool:
        return all(score.mean is not None for measured in self.measures for score in measured.rows.values())


def benchmark(encoder: str, plan: Plan, options: Options, watch: Watch, controls: bool) -> Found:
    """Measures an encoder and, with `controls`, its controls. Raises XstiltsError for what a user can put right."""
    tasks = [TASKS.find(name, "--tasks") for name in plan.tasks]
    located, folder = studies.locate(encoder, tasks[0], plan, options, watch)
    first = Row.of(Path(encoder).name, encoder, folder)
    if plan.layer is not None and plan.layer > first.layers:
        raise EncoderError(f"This encoder has layers 0 to {first.layers}, not {plan.layer}.", where="--layer")
    rows = [first]
    home = options.store / "benchmarks" / "controls" / located.ref.identity
    for name in CONTROLS if controls else ():
        control = write_control(name, folder, home)
        rows.append(Row.of(name, str(control), control))
    runs = {
        (row.name, task.name): studies.run_layers(row, task, plan, options, watch, every=row is first)
        for task in tasks
        for row in rows
    }
    return _numbers(located.ref.identity, plan, rows, runs)


def _numbers(identity: str, plan: Plan, rows: Sequence[Row], runs: Mapping[tuple[str, str], Runs]) -> Found:
    """Return the benchmark's numbers from the results of its studies."""
    first = rows[0]
    headlines = {
        (row.name, task): _headline(runs[row.name, task], studies.headline_layer(row, plan))
        for task in plan.tasks
        for row in rows
    }
    measures = [m for task in plan.tasks for m in measure({row.name: headlines[row.name, task] for row in rows})]
    layers = {task: _by_layer(first.name, runs[first.name, task]) for task in plan.tasks}
    return Found(
        identity=identity,
        plan=plan,
        rows=tuple(rows),
        measures=tuple(measures),
        layers={task: by_layer for task, by_layer in layers.items() if by_layer},
        studies={f"{row}, {task}": results.study_yaml for (row, task), results in headlines.items()},
        versions=library_versions(),
    )


def _headline(by_layer: Runs, layer: int) -> Results:
    return by_layer[None] if None in by_layer else by_layer[layer]


def _by_layer(name: str, runs: Runs) -> dict[int, Measured]:
    return {layer: measure({name: results})[0] for layer, results in runs.items() if layer is not None}


def markdown(results: Found, every_language: bool = False) -> str:
    """The benchmark's page; with `every_language`, a table of all languages for each measure."""
    first, shown_metrics = results.rows[0], tables.shown_metrics(results.measures)
    parts = [f"# Zero-shot transfer of {first.name}", _settings(results), tables.scores_table(shown_metrics)]
    if len(results.rows) > 1:
        parts += [tables.ahead_table(shown_metrics)]
    for by_layer in results.layers.values():
        parts += [tables.layers_table(by_layer, studies.headline_layer(first, results.plan))]
    parts += [tables.legend(shown_metrics), tables.references()]
    if every_language:
        parts += ["## Every language", *map(tables.languages_table, shown_metrics)]
    return "\n\n".join(parts) + "\n"


def _settings(results: Found) -> str:
    plan = results.plan
    sizes = "; ".join(
        f"{row.name}: {row.parameters / 1e6:.1f}M parameters, {row.layers} layers" for row in results.rows
    )
    sentences = [
        f"Identity {results.identity}. {sizes}.",
        f"Percent, with 95 % intervals over test items and seeds ({', '.join(map(str, plan.seeds))}); floor: the"
        " best guess that ignores the input.",
        f"Fine-tuned in one language at a peak rate of {plan.lr:g} for the encoder and {plan.head_lr:g} for the head,"
        " scored in the others; retrieval reads the mean"
        f" of layer {studies.headline_layer(results.rows[0], plan)}, untrained. In {plan.precision}.",
    ]
    if plan.quick:
        sentences.append("**A quick look: short trainings and cut test sets; not to be compared with other numbers.**")
    return " ".join(sentences)


def as_json(results: Found) -> str:
    return json.dumps(asdict(results), ensure_ascii=False, indent=1) + "\n"


def _arguments(argument_list: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("encoder", help="a packaged encoder, a folder, or owner/name[@revision] on the hub")
    parser.add_argument("--data", type=Path, action="append", default=[], help="a folder with data files; repeatable")
    parser.add_argument("--store", type=Path, default=None, help="where results are kept (default: as xstilts)")
    parser.add_argument("--controls", action="store_true", help="also measure random weights and token vectors only")
    parser.add_argument("--tasks", type=_names, default=studies.TASKS, help=f"default: {','.join(studies.TASKS)}")
    parser.add_argument("--languages", type=_names, default=None, help="these test languages only, as de,fi,tr")
    parser.add_argument("--seeds", type=_whole_numbers, default=(1, 2), help="default: 1,2")
    parser.add_argument("--lr", type=float, default=studies.LR, help="peak rate of the encoder (default: %(default)s)")
    parser.add_argument("--head-lr", type=float, default=studies.HEAD_LR, help="and of the head (default: %(default)s)")
    parser.add_argument("--layer", type=int, default=None, help="of retrieval; chosen beforehand (default: the last)")
    parser.add_argument("--quick", action="store_true", help="a quarter of the updates, 200 test examples a language")
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="fp32", help="default: %(default)s")
    parser.add_argument("--json", type=Path, default=None, metavar="FILE", help="write every number and setting")
    parser.add_argument("--markdown", type=Path, default=None, metavar="FILE", help="write the page with all languages")
    parser.add_argument("--offline", action="store_true", help="never use the network")
    parser.add_argument("--device", default=None, help="cpu, cuda, ... (default: CUDA where there is one)")
    parser.add_argument("--threads", type=int, default=None, help="CPU threads (default: all cores)")
    return parser.parse_args(argument_list)


def _names(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(",") if part)


def _whole_numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in _names(text))


def main(argument_list: Sequence[str] | None = None) -> int:
    """Prints the page. 0; 1 where something could not be scored; 2 for a mistake of the user; 130 when stopped."""
    arguments = _arguments(argument_list)
    options = Options(
        data=tuple(arguments.data),
        store=arguments.store or default_store(),
        offline=arguments.offline,
        device=arguments.device,
        threads=arguments.threads,
    )
    try:
        plan = Plan(
            tasks=tuple(arguments.tasks),
            languages=arguments.languages and tuple(canonical_code(x, "--languages") for x in arguments.languages),
            seeds=arguments.seeds,
            lr=arguments.lr,
            head_lr=arguments.head_lr,
            layer=arguments.layer,
            quick=arguments.quick,
            precision=arguments.precision,
        )
        results = benchmark(arguments.encoder, plan, options, RichListener, arguments.controls)
    except XstiltsError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("Stopped; the same command goes on from here.\n")
        return 130
    sys.stdout.write(markdown(results))
    for path, text in (
        (arguments.json, as_json(results)),
        (arguments.markdown, markdown(results, every_language=True)),
    ):
        if path is not None:
            write_atomic(path, text)
    return 0 if results.complete else 1


if __name__ == "__main__":
    sys.exit(main())
