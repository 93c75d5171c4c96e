"""Training loop. It knows no task: parts give rows, heads give losses, dev sets give scores.

A run makes updates, scores the dev sets now and then, keeps the best weights on the disk, and takes snapshots from
which a killed run goes on as if nothing had happened.
"""

from __future__ import annotations

import shutil
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from safetensors.torch import load_file

from xstilts.core.environment import snapshot_seconds
from xstilts.core.io_errors import writing
from xstilts.heads.registry import head_key
from xstilts.train.attempt import RETRY, Attempt, UpdateResult
from xstilts.train.checkpoint import encoder_folder, save, weight_bytes
from xstilts.train.dev_scores import DevSet, score_all
from xstilts.train.follow import follow
from xstilts.train.interrupts import waiting_interrupts
from xstilts.train.job import Job
from xstilts.train.memory import forget_peak, peak_memory, use_threads
from xstilts.train.ranks import ALONE, Instruction, Ranks, SeveralRanks
from xstilts.train.run_state import Log, RunState, differences, machine
from xstilts.train.snapshot import Snapshots, save_weights
from xstilts.train.start_ranks import ranks_of
from xstilts.train.summary import TrainSummary, plain

if TYPE_CHECKING:
    from xstilts.engine.step import Context, Progress


class SnapshotInterval(NamedTuple):
    """Time between snapshots; with `updates` so many updates instead."""

    seconds: float
    updates: int | None


SNAPSHOT_SHARE = 20  # a snapshot takes at most a twentieth of the time, however large the encoder


def fit_in_step(job: Job, context: Context) -> None:
    """Train what a step is asked to, alone or as one of its team. Raises as `fit` and `ranks_of` do."""
    with ranks_of(context) as ranks:
        job = replace(job, threads=max(1, context.threads // ranks.size))
        if isinstance(ranks, SeveralRanks) and ranks.rank:
            follow(job, context.scratch, ranks)
        else:
            fit(job, context.out, context.scratch, context.progress, snapshot_seconds(), ranks=ranks)


def fit(
    job: Job,
    out: Path,
    scratch: Path,
    progress: Progress | None = None,
    snapshot_seconds: float = 120.0,
    snapshot_updates: int | None = None,
    ranks: Ranks = ALONE,
) -> TrainSummary:
    """Train and write the checkpoint, `log.jsonl` and `summary.json` into `out`.

    `scratch` holds snapshots, taken every `snapshot_seconds` (less often where writing one takes long; or every
    `snapshot_updates` updates), and at the first interrupt; a run that finds one goes on from it. A run that diverges
    writes its artefact too: the best weights so far, else those it started from. `ranks`: the processes that train
    together, of which this is the first.

    Raises DataError for parts without labelled rows, EncoderError for a start that cannot be loaded, StudyError for a
    recipe that makes no sense, StoreError on a full disk.
    """
    use_threads(job.threads)
    forget_peak(job.device)
    run = Run(job, scratch, progress, SnapshotInterval(snapshot_seconds, snapshot_updates), ranks)
    with waiting_interrupts() as interrupt:
        while (outcome := run.advance()) is None:
            if interrupt.deliver is not None:
                run.take_snapshot()
                interrupt.deliver()
    return run.finish(outcome, out)


class Run:
    """A training run, an update at a time."""

    def __init__(
        self,
        job: Job,
        scratch: Path,
        progress: Progress | None,
        snapshot_interval: SnapshotInterval,
        ranks: Ranks = ALONE,
    ) -> None:
        self.job, self.scratch, self.progress, self.snapshot_interval = job, scratch, progress, snapshot_interval
        self.ranks = ranks
        self.dev_sets = {name: DevSet(part, job.recipe.dev_examples) for name, part in job.selecting_parts.items()}
        self.snapshots = Snapshots(scratch / "snapshots")
        self.state = RunState(
            forward_tokens=job.recipe.forward_tokens, machine=machine(job.device, job.threads, ranks.size)
        )
        self.attempt = self._resume() or self._begun(job.recipe.forward_tokens)
        self.log = Log(scratch / "log.jsonl", self.state.log_bytes)
        self.clock = self.last_snapshot = time.monotonic()
        self.snapshot_cost = 0.0  # seconds that the last one took

    @property
    def seed(self) -> int:
        return self.job.seed + RETRY * self.state.attempt

    def advance(self) -> str | None:
        """Make an update, or start the next attempt after one that failed. Returns the outcome ("ok", "diverged" or "at
        chance"), None where the run goes on."""
        outcome = self._update()
        if outcome in (None, "ok") or self.state.attempt >= self.job.recipe.retries:
            return outcome
        self._retry(outcome)
        return None

    def _update(self) -> str | None:
        """Return the outcome where the updates are done, patience is out, or it diverges."""
        state, schedule = self.state, self.attempt.schedule
        if state.update < schedule.updates and not self._patience_is_out():
            self.ranks.tell(Instruction.UPDATE, state.update)
            result = self.attempt.update(state.update)
            if not result.is_finite:
                self.log.write({"update": state.update + 1, "loss": result.loss, "diverged": True})
                return "diverged"
            self._record(result)
            if self.dev_sets and schedule.is_evaluated(state.update):
                self._evaluate()
            self._show_progress(result)
            if self._snapshot_is_due():
                self.take_snapshot()
            return None
        best = state.best
        return "at chance" if best and all(dev["at_chance"] for dev in best["dev"].values()) else "ok"

    def _retry(self, outcome: str) -> None:
        """Start over with the next seed; the log starts over too."""
        old = self.state
        score = old.best and old.best["score"]
        given_up = {"seed": self.seed, "state": outcome, "updates": old.update, "best_score": score}
        self.state = RunState(
            forward_tokens=self.attempt.forward_tokens,
            machine=old.machine,
            attempt=old.attempt + 1,
            tokens=old.tokens,
            seconds=old.seconds,
            tries=[*old.tries, given_up],
            notes=old.notes,
        )
        self.attempt = self._begun(self.state.forward_tokens)
        self.log.close()
        self.log = Log(self.log.path)

    def _begun(self, forward_tokens: int) -> Attempt:
        """Return a fresh attempt, on all ranks."""
        self.ranks.tell(Instruction.ATTEMPT, self.seed, forward_tokens)
        return Attempt(self.job, self.seed, forward_tokens, self.ranks)

    def finish(self, outcome: str, out: Path) -> TrainSummary:
        """Write the artefact: the best weights; without dev sets the last ones, or the first ones after diverging."""
        self.ranks.tell(Instruction.END)
        self._count_seconds()
        best = self.state.best
        if best:
            self.attempt.model.load_trained(load_file(self.scratch / best["file"]))
            updates = best["update"]
        elif outcome == "diverged":
            self.attempt = Attempt(self.job, self.seed, self.state.forward_tokens)
            updates = 0
        else:
            updates = self.state.update
        self.attempt.restore_embeddings(updates)
        model = self.attempt.model
        self.log.flush()
        self.log.close()
        with writing(out):
            adapters_alone = self.job.tuned != "full" and bool(model.encoder.adapters.each)
            save(out, model.encoder, model.by_key, encoder_folder(self.job.start, self.job.base), adapters_alone)
            shutil.copyfile(self.log.path, out / "log.jsonl")
        summary = self._summary(outcome, weight_bytes(out))
        summary.write(out)
        return summary

    def _record(self, result: UpdateResult) -> None:
        state, name = self.state, self.job.part_names[result.part]
        state.update += 1
        state.tokens += result.tokens
        state.turns[name] = state.turns.get(name, 0) + 1
        state.forward_tokens = self.attempt.forward_tokens
        self._count_seconds()
        self.log.write(
            {
                "update": state.update,
                "loss": result.loss,
                "lr": result.rate,
                "task": name,
                "tokens": result.tokens,
                "seconds": round(state.seconds, 3),
            }
        )

    def _evaluate(self) -> None:
        state, model = self.state, self.attempt.model
        score, counts = score_all(self.dev_sets, model, self.job.compute)
        model.train()
        scores = {name: self.dev_sets[name].value(dev_counts) for name, dev_counts in counts.items()}
        self.log.write({"update": state.update, "dev": scores, "score": score})
        state.curve.append([state.update, score])
        state.stale += 1
        if state.best is None or score > state.best["score"]:
            file = f"best-{state.attempt}-{state.update}.safetensors"
            save_weights(self.scratch / file, model.trained)
            dev_scores = {name: self.dev_sets[name].judge(dev_counts) for name, dev_counts in counts.items()}
            dev = {
                name: asdict(dev_score) | {"at_chance": dev_score.at_chance} for name, dev_score in dev_scores.items()
            }
            state.best = {"update": state.update, "score": score, "file": file, "dev": dev}
            state.stale = 0
            self._remove_old_weights()

    def _patience_is_out(self) -> bool:
        patience = self.job.recipe.patience
        return patience is not None and self.state.stale >= patience

    def _show_progress(self, result: UpdateResult) -> None:
        if self.progress:
            text = f"loss {result.loss:.2f}"
            if self.state.curve:
                text += f" · dev {self.state.curve[-1][1]:.1f}"
            self.progress(self.state.update, self.attempt.schedule.updates, "updates", text)

    def _snapshot_is_due(self) -> bool:
        seconds, updates = self.snapshot_interval
        if updates is not None:
            return self.state.update % updates == 0
        return time.monotonic() - self.last_snapshot >= max(seconds, SNAPSHOT_SHARE * self.snapshot_cost)

    def take_snapshot(self) -> None:
        """Write down all that the next update depends on."""
        self._count_seconds()
        began = time.monotonic()
        self.state.log_bytes = self.log.flush()
        self.ranks.tell(Instruction.RANDOM)
        best = [self.state.best["file"]] if self.state.best else []
        self.snapshots.save(self.attempt.tensors(), plain(asdict(self.state)), beside=best)
        self._remove_old_weights()
        self.last_snapshot = time.monotonic()
        self.snapshot_cost = self.last_snapshot - began

    def _resume(self) -> Attempt | None:
        """Return the attempt as the newest usable snapshot has it."""
        for snapshot in self.snapshots.whole():
            state = RunState(**snapshot.state)
            if state.best and not (self.scratch / state.best["file"]).is_file():
                continue
            if changed := differences(state.machine, self.state.machine):
                state.notes.append(f"resumed with {changed}: not bit-identical to an uninterrupted run")
                state.machine = self.state.machine
            self.state = state
            attempt = self._begun(state.forward_tokens)
            self.ranks.tell(Instruction.RESTORE, snapshot.number)
            attempt.restore({group: snapshot.tensors(group) for group in ("weights", "optimiser", "random")})
            return attempt
        return None

    def _remove_old_weights(self) -> None:
        """Remove weights that are neither the best nor named by a snapshot."""
        states = [snapshot.state for snapshot in self.snapshots.all()]
        bests = [self.state.best, *(state["best"] for state in states)]
        files = {best["file"] for best in bests if best}
        for path in self.scratch.glob("best-*.safetensors"):
            if path.name not in files:
                path.unlink()

    def _count_seconds(self) -> None:
        now = time.monotonic()
        self.state.seconds += now - self.clock
        self.clock = now

    def _summary(self, outcome: str, stored_bytes: int) -> TrainSummary:
        job, state, model = self.job, self.state, self.attempt.model
        best = state.best or {"update": None, "score": None, "dev": {}}
        dev_scores = list(best["dev"].values())
        return TrainSummary(
            state=outcome,
            seed=self.seed,
            best_update=best["update"],
            best_score=best["score"],
            floor=sum(dev["floor"] for dev in dev_scores) / len(dev_scores) if dev_scores else None,
            interval=[dev_scores[0]["low"], dev_scores[0]["high"]] if len(dev_scores) == 1 else None,
            dev=best["dev"],
            curve=state.curve,
            updates=state.update,
            planned_updates=self.attempt.schedule.updates,
            rows=sum(len(part.rows) for part in job.parts),
            parts=[
                {
                    "name": name,
                    "kind": part.kind.name,
                    "head": head_key(part.kind),
                    "rows": len(part.rows),
                    "examples": len(part.train_indices),
                    "updates": state.turns.get(name, 0),
                    "dev_examples": len(self.dev_sets[name].indices) if name in self.dev_sets else 0,
                }
                for name, part in zip(job.part_names, job.parts, strict=True)
            ],
            heads={key: {"native": head.native, "auto_class": head.auto_class} for key, head in model.by_key.items()},
            restarts=state.attempt,
            tries=state.tries,
            tokens=state.tokens,
            seconds=round(state.seconds, 3),
            tokens_per_second=round(state.tokens / max(state.seconds, 1e-6), 1),
            peak_memory=peak_memory(job.device),
            precision=job.recipe.precision,
            forward_tokens=state.forward_tokens,
            machine=state.machine,
            notes=state.notes,
            trained_parameters=self.attempt.trained_parameters,
            stored_bytes=stored_bytes,
        )
