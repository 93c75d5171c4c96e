"""The training loop. It knows no task: parts give rows, heads give losses, dev sets give scores.

A run makes updates, scores the dev sets now and then, keeps the best weights on the disk, and takes snapshots from
which a killed run goes on as if nothing had happened.
"""

from __future__ import annotations

import shutil
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from safetensors.torch import load_file

from xstilts.core.files import write_json
from xstilts.core.io_errors import writing
from xstilts.heads.registry import head_key
from xstilts.train.attempt import RETRY, Attempt, UpdateResult
from xstilts.train.checkpoint import encoder_folder, save, weight_bytes
from xstilts.train.dev_scores import DevSet, score_all
from xstilts.train.job import Job
from xstilts.train.memory import forget_peak, peak_memory, use_threads
from xstilts.train.run_state import Log, RunState, Summary, differences, machine, plain
from xstilts.train.snapshot import Snapshots, save_weights

if TYPE_CHECKING:
    from xstilts.engine.step import Progress

SNAPSHOT_SHARE = 20  # a snapshot takes at most a twentieth of the time, however large the encoder


def fit(
    job: Job,
    out: Path,
    scratch: Path,
    progress: Progress | None = None,
    snapshot_seconds: float = 120.0,
    snapshot_updates: int | None = None,
) -> Summary:
    """Trains and writes the checkpoint, `log.jsonl` and `summary.json` into `out`.

    `scratch` holds snapshots, taken every `snapshot_seconds` (less often where writing one takes long; or every
    `snapshot_updates` updates); a run that finds one goes on from it. A run that diverges writes its artefact too: the
    best weights so far, else those it started from.

    Raises DataError for parts without labelled rows, EncoderError for a start that cannot be loaded, StudyError for a
    recipe that makes no sense, StoreError on a full disk.
    """
    use_threads(job.threads)
    forget_peak(job.device)
    run = Run(job, scratch, progress, (snapshot_seconds, snapshot_updates))
    while (state := run.advance()) is None:
        pass
    return run.finish(state, out)


class Run:
    """A training run, an update at a time."""

    def __init__(
        self,
        job: Job,
        scratch: Path,
        progress: Progress | None,
        due: tuple[float, int | None],
    ) -> None:
        self.job, self.scratch, self.progress, self.due = job, scratch, progress, due
        self.dev = {name: DevSet(part, job.recipe.dev_examples) for name, part in job.steering.items()}
        self.snapshots = Snapshots(scratch / "snapshots")
        self.standing = RunState(forward_tokens=job.recipe.forward_tokens, machine=machine(job.device, job.threads))
        self.current = self._resume() or Attempt(job, job.seed, job.recipe.forward_tokens)
        self.log = Log(scratch / "log.jsonl", self.standing.log_bytes)
        self.clock = self.last_snapshot = time.monotonic()
        self.snapshot_cost = 0.0  # seconds that the last one took

    @property
    def seed(self) -> int:
        return self.job.seed + RETRY * self.standing.attempt

    def advance(self) -> str | None:
        """An update, or the next attempt after one that failed. The state that it ends with, None where it goes on."""
        state = self._update()
        if state in (None, "ok") or self.standing.attempt >= self.job.recipe.retries:
            return state
        self.retry(state)
        return None

    def _update(self) -> str | None:
        """The state where the updates are done, patience is out, or it diverges."""
        standing, course = self.standing, self.current.course
        if standing.update < course.updates and not self._patience_is_out():
            done = self.current.update(standing.update)
            if not done.is_finite:
                self.log.write({"update": standing.update + 1, "loss": done.loss, "diverged": True})
                return "diverged"
            self._note(done)
            if self.dev and course.is_evaluated(standing.update):
                self._evaluate()
            self._show(done)
            if self._is_due():
                self._snapshot()
            return None
        best = standing.best
        return "at chance" if best and all(dev["at_chance"] for dev in best["dev"].values()) else "ok"

    def retry(self, state: str) -> None:
        """Starts over with the next seed; the log starts over too."""
        old = self.standing
        score = old.best and old.best["score"]
        given_up = {"seed": self.seed, "state": state, "updates": old.update, "best_score": score}
        self.standing = RunState(
            forward_tokens=self.current.forward_tokens,
            machine=old.machine,
            attempt=old.attempt + 1,
            tokens=old.tokens,
            seconds=old.seconds,
            tries=[*old.tries, given_up],
            notes=old.notes,
        )
        self.current = Attempt(self.job, self.seed, self.standing.forward_tokens)
        self.log.close()
        self.log = Log(self.log.path)

    def finish(self, state: str, out: Path) -> Summary:
        """Writes the artefact: the best weights; without dev sets the last ones, or the first ones after diverging."""
        self._tick()
        best = self.standing.best
        if best:
            self.current.model.put(load_file(self.scratch / best["file"]))
        elif state == "diverged":
            self.current = Attempt(self.job, self.seed, self.standing.forward_tokens)
        self.current.restore_embeddings(best["update"] if best else 0 if state == "diverged" else self.standing.update)
        model = self.current.model
        self.log.settle()
        self.log.close()
        with writing(out):
            alone = self.job.tuned != "full" and bool(model.encoder.adapters.each)
            save(out, model.encoder, model.by_key, encoder_folder(self.job.start, self.job.base), alone)
            shutil.copyfile(self.log.path, out / "log.jsonl")
        summary = self._summary(state, weight_bytes(out))
        write_json(out / "summary.json", plain(asdict(summary)))
        return summary

    def _note(self, done: UpdateResult) -> None:
        standing, name = self.standing, self.job.names[done.part]
        standing.update += 1
        standing.tokens += done.tokens
        standing.turns[name] = standing.turns.get(name, 0) + 1
        standing.forward_tokens = self.current.forward_tokens
        self._tick()
        self.log.write(
            {
                "update": standing.update,
                "loss": done.loss,
                "lr": done.rate,
                "task": name,
                "tokens": done.tokens,
                "seconds": round(standing.seconds, 3),
            }
        )

    def _evaluate(self) -> None:
        standing, model = self.standing, self.current.model
        score, counts = score_all(self.dev, model, self.job.compute)
        model.train()
        scores = {name: self.dev[name].value(found) for name, found in counts.items()}
        self.log.write({"update": standing.update, "dev": scores, "score": score})
        standing.curve.append([standing.update, score])
        standing.stale += 1
        if standing.best is None or score > standing.best["score"]:
            judged = {name: self.dev[name].judge(found) for name, found in counts.items()}
            file = f"best-{standing.attempt}-{standing.update}.safetensors"
            save_weights(self.scratch / file, model.trained)
            dev = {name: asdict(one) | {"at_chance": one.at_chance} for name, one in judged.items()}
            standing.best = {"update": standing.update, "score": score, "file": file, "dev": dev}
            standing.stale = 0
            self._prune()

    def _patience_is_out(self) -> bool:
        patience = self.job.recipe.patience
        return patience is not None and self.standing.stale >= patience

    def _show(self, done: UpdateResult) -> None:
        if self.progress:
            text = f"loss {done.loss:.2f}"
            if self.standing.curve:
                text += f" · dev {self.standing.curve[-1][1]:.1f}"
            self.progress(self.standing.update, self.current.course.updates, "updates", text)

    def _is_due(self) -> bool:
        seconds, updates = self.due
        if updates is not None:
            return self.standing.update % updates == 0
        return time.monotonic() - self.last_snapshot >= max(seconds, SNAPSHOT_SHARE * self.snapshot_cost)

    def _snapshot(self) -> None:
        self._tick()
        began = time.monotonic()
        self.standing.log_bytes = self.log.settle()
        self.snapshots.save(self.current.tensors(), plain(asdict(self.standing)))
        self._prune()
        self.last_snapshot = time.monotonic()
        self.snapshot_cost = self.last_snapshot - began

    def _resume(self) -> Attempt | None:
        """The attempt as the newest usable snapshot has it."""
        for snapshot in self.snapshots.all():
            standing = RunState(**snapshot.state)
            if standing.best and not (self.scratch / standing.best["file"]).is_file():
                continue
            if changed := differences(standing.machine, self.standing.machine):
                standing.notes.append(f"resumed with {changed}: not bit-identical to an uninterrupted run")
                standing.machine = self.standing.machine
            self.standing = standing
            attempt = Attempt(self.job, self.seed, standing.forward_tokens)
            attempt.restore({group: snapshot.tensors(group) for group in ("weights", "optimiser", "random")})
            return attempt
        return None

    def _prune(self) -> None:
        """Removes weights that are neither the best nor named by a snapshot."""
        states = [snapshot.state for snapshot in self.snapshots.all()]
        bests = [self.standing.best, *(state["best"] for state in states)]
        named = {best["file"] for best in bests if best}
        for path in self.scratch.glob("best-*.safetensors"):
            if path.name not in named:
                path.unlink()

    def _tick(self) -> None:
        now = time.monotonic()
        self.standing.seconds += now - self.clock
        self.clock = now

    def _summary(self, state: str, stored: int) -> Summary:
        job, standing, model = self.job, self.standing, self.current.model
        best = standing.best or {"update": None, "score": None, "dev": {}}
        judged = list(best["dev"].values())
        return Summary(
            state=state,
            seed=self.seed,
            best_update=best["update"],
            best_score=best["score"],
            floor=sum(dev["floor"] for dev in judged) / len(judged) if judged else None,
            interval=[judged[0]["low"], judged[0]["high"]] if len(judged) == 1 else None,
            dev=best["dev"],
            curve=standing.curve,
            updates=standing.update,
            planned_updates=self.current.course.updates,
            rows=sum(len(part.rows) for part in job.parts),
            parts=[
                {
                    "name": name,
                    "kind": part.kind.name,
                    "head": head_key(part.kind),
                    "rows": len(part.rows),
                    "examples": len(part.train_indices),
                    "updates": standing.turns.get(name, 0),
                    "dev_examples": len(self.dev[name].indices) if name in self.dev else 0,
                }
                for name, part in zip(job.names, job.parts, strict=True)
            ],
            heads={key: {"native": head.native, "auto_class": head.auto_class} for key, head in model.by_key.items()},
            restarts=standing.attempt,
            tries=standing.tries,
            tokens=standing.tokens,
            seconds=round(standing.seconds, 3),
            tokens_per_second=round(standing.tokens / max(standing.seconds, 1e-6), 1),
            peak_memory=peak_memory(job.device),
            precision=job.recipe.precision,
            forward_tokens=standing.forward_tokens,
            machine=standing.machine,
            notes=standing.notes,
            trained_parameters=self.current.trained,
            stored_bytes=stored,
        )
