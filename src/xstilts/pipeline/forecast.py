"""What a run would do: which steps are reused, which run, and what they will cost. Loads no torch."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from xstilts.core.files import read_json
from xstilts.data.read import TO_FETCH, ResolvedSource
from xstilts.data.views import passes
from xstilts.engine.graph import steps_of
from xstilts.engine.runner import plan
from xstilts.engine.step import Step
from xstilts.pipeline.estimates import (
    BYTES_A_TOKEN,
    TOKENISE_BYTES,
    Size,
    nominal_tokens_a_second,
    parameters,
    seq2seq_shape,
    size_from_bytes,
    size_from_rows,
    training_tokens,
)
from xstilts.pipeline.session import Session
from xstilts.pipeline.steps import JoinSettings, PredictSettings, PrepareSettings, ScoreSettings, TrainSettings
from xstilts.pipeline.throughput import measured_rates
from xstilts.study.expand import Sharing, sharing
from xstilts.translate.step import TranslateSettings

SCORE_SECONDS = 0.5
ADAPTER_SHARE = 0.03  # of the encoder's bytes, about what adapters of the usual width take
START_SECONDS = 2.0  # loading an encoder, writing a checkpoint


@dataclass(frozen=True, kw_only=True)
class StepForecast:
    key: str
    name: str
    label: str
    reused: bool
    tokens: float
    seconds: float
    bytes: float
    counted: bool  # False: tokens are estimated from file sizes


@dataclass(frozen=True, kw_only=True)
class Forecast:
    steps: tuple[StepForecast, ...]
    sharing: Sharing
    peak_bytes: float  # weights and prepared files on disk at once, at most
    measured: tuple[str, ...]  # kinds of step whose speed comes from earlier steps of this store

    @property
    def to_run(self) -> list[StepForecast]:
        return [step for step in self.steps if not step.reused]

    @property
    def seconds(self) -> dict[str, float]:
        """Kind of step -> seconds that are to be spent on it."""
        spent = dict.fromkeys((step.name for step in self.to_run), 0.0)
        for step in self.to_run:
            spent[step.name] += step.seconds
        return spent


class _Forecaster:
    def __init__(self, session: Session) -> None:
        self.session = session
        self.config = session.encoder.config()
        self.device = session.options.device or "cpu"
        self.rates = measured_rates(session.store, session.encoder.ref.identity, session.options.device)
        self._sizes: dict[str, Size] = {}

    def size(self, step: Step) -> Size:
        """Rows and tokens of a prepare step, looked up once."""
        if step.key not in self._sizes:
            self._sizes[step.key] = self._size(step)
        return self._sizes[step.key]

    def _size(self, step: Step) -> Size:
        store = self.session.store
        if store.is_done(step):
            meta = read_json(store.path(step) / "meta.json")
            return Size(rows=meta["rows"], tokens=meta["tokens"], counted=True)
        return self.chosen(step.settings.source, step.settings.kind.name)

    def chosen(self, source: ResolvedSource, kind: str = "") -> Size:
        """About what the views of a source choose (those of a preparation: all, unless it is a translation)."""
        remote = source.kind == TO_FETCH
        whole = size_from_rows(source.rows, kind) if remote else size_from_bytes(source.text_bytes)
        return whole.scaled(passes(source.views, whole.rows))

    def tokens_a_second(self, training: bool) -> float:
        measured = self.rates.get("train" if training else "predict")
        if measured is None and not training and "train" in self.rates:
            measured = 3 * self.rates["train"]
        return measured or nominal_tokens_a_second(self.config, self.device, training=training)

    def translated_a_second(self, settings: TranslateSettings) -> float:
        """Tokens a second: measured with the same model, else nominal (a decoder runs for every beam)."""
        rates = [
            read_json(folder / "counts.json")["tokens"] / max(record["seconds"], 0.1)
            for folder, record in self.session.store.records("translate")
            if record["settings"]["model"] == settings.model and record["settings"]["beams"] == settings.beams
        ]
        if rates:
            return statistics.median(rates)
        shape = seq2seq_shape(read_json(settings.folder / "config.json"), settings.beams)
        return nominal_tokens_a_second(shape, self.device, training=False)

    def cost(self, step: Step) -> tuple[float, float, bool]:
        """(tokens, seconds, counted) of a step."""
        settings = step.settings
        if isinstance(settings, PrepareSettings):
            size = self.size(step)
            if "prepare" in self.rates:
                return size.tokens, size.tokens / self.rates["prepare"], size.counted
            text_bytes = settings.source.text_bytes or size.tokens * BYTES_A_TOKEN
            return size.tokens, text_bytes / TOKENISE_BYTES, size.counted
        if isinstance(settings, TranslateSettings):
            size = self.chosen(settings.source)
            return size.tokens, START_SECONDS + size.tokens / self.translated_a_second(settings), False
        if isinstance(settings, TrainSettings):
            parts = [
                (
                    self.size(step.inputs[f"train/{i}"]).scaled(self._share(step, f"train/{i}", part.train_views)),
                    self.size(step.inputs[f"dev/{i}"]).scaled(self._share(step, f"dev/{i}", part.dev_views)),
                )
                for i, part in enumerate(settings.parts)
            ]
            tokens = training_tokens(settings.recipe, parts, [part.added for part in settings.parts])
            counted = all(size.counted for pair in parts for size in pair)
            return tokens, START_SECONDS + tokens / self.tokens_a_second(True), counted
        if isinstance(settings, PredictSettings):
            tokens, counted = self.predicted(step, settings)
            return tokens, START_SECONDS + tokens / self.tokens_a_second(False), counted
        if isinstance(settings, ScoreSettings) and "score" in self.rates:
            below = step.inputs["predictions"]
            return 0.0, self.predicted(below, below.settings)[0] / self.rates["score"], True
        return 0.0, START_SECONDS * settings.parts if isinstance(settings, JoinSettings) else SCORE_SECONDS, True

    def predicted(self, step: Step, settings: PredictSettings) -> tuple[float, bool]:
        """(tokens, counted) that a predict step reads."""
        read = [(test.input, test.views) for test in settings.tests]
        read += [("pool", settings.pool.views)] if settings.pool else []
        sizes = [self.size(step.inputs[name]) for name, _ in read]
        shares = [self._share(step, name, views) for name, views in read]
        tokens = sum(size.tokens * share for size, share in zip(sizes, shares, strict=True))
        return tokens, all(size.counted for size in sizes)

    def _share(self, step: Step, name: str, views: tuple) -> float:
        return passes(views, self.size(step.inputs[name]).rows)

    def weights(self) -> float:
        folder = self.session.encoder.folder
        if folder is None:
            return parameters(self.config) * 4.0
        return float(sum(path.stat().st_size for path in folder.glob("*.safetensors")))


def forecast(session: Session) -> Forecast:
    """Looks at the store and adds up; nothing is run and nothing written."""
    forecaster = _Forecaster(session)
    planned = plan(session.goals, session.store)
    to_run = {step.key for step in planned.to_run}
    steps, peak, trims = [], 0.0, session.lowered.trims
    for step in steps_of(session.goals):
        reused = step.key not in to_run
        tokens, seconds, counted = (0.0, 0.0, True) if reused else forecaster.cost(step)
        written = 0.0 if reused else _bytes(step, tokens, forecaster)
        peak += 0.0 if step.key in trims else written
        steps.append(
            StepForecast(
                key=step.key,
                name=step.name,
                label=step.label,
                reused=reused,
                tokens=tokens,
                seconds=seconds,
                bytes=written,
                counted=counted,
            )
        )
    peak += 3 * forecaster.weights() if any(not s.reused and s.name == "train" for s in steps) else 0.0
    return Forecast(
        steps=tuple(steps), sharing=sharing(list(session.routes)), peak_bytes=peak, measured=tuple(forecaster.rates)
    )


def _bytes(step: Step, tokens: float, forecaster: _Forecaster) -> float:
    if isinstance(step.settings, PrepareSettings):
        return tokens * 6
    if isinstance(step.settings, JoinSettings):
        return forecaster.weights() * (ADAPTER_SHARE * step.settings.parts if step.settings.adapters else 1.0)
    if not isinstance(step.settings, TrainSettings):
        return 0.0
    return forecaster.weights() * (1.0 if isinstance(step.settings.tune, str) else ADAPTER_SHARE)
