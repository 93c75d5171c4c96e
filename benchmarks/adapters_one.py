"""One contestant of adapters.py, alone in its process; prints one line of JSON."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from adapters_memory import Above
from prediction import texts
from training_one import counted
from training_rows import LENGTHS

from xstilts.core.settings.training import Recipe
from xstilts.core.settings.tuning import Adapter, Bottleneck, LoRA
from xstilts.evaluate.score import LanguageSet, score
from xstilts.kinds.tokenized import TokenizedRows, write
from xstilts.kinds.tokenizers import load_tokenizer
from xstilts.tasks.catalog import TASKS

Found = dict[str, Any]
TUNES: Mapping[str, str | Adapter] = {"full": "full", "pfeiffer": Bottleneck(), "lora": LoRA()}
ADAPTERS = 8
TARGET, LENGTH = "xnli", 256


def train(tune: str | Adapter, kind: Any, given: SimpleNamespace) -> Found:
    """Updates of the program's own loop, and memory from before the model is built."""
    from xstilts.train import attempt as attempts
    from xstilts.train.job import Job, JobPart

    if not given.trimmed:
        attempts.WORTH = 0.0  # the embedding table is left whole
    rows = TokenizedRows(Path(given.rows))
    recipe = Recipe(updates=given.updates, batch=given.batch, lr=1e-4, precision=given.precision, dropout=0.1)
    part = JobPart(name="rows", kind=kind, train=rows, train_indices=range(len(rows.keys)), select=kind.metrics[0])
    settings = {"device": given.device, "threads": given.threads, "tune": tune}
    job = Job(start=Path(given.folder), parts=(part,), recipe=recipe, seed=1, **settings)
    above = Above(given.device)
    attempt = attempts.Attempt(job, 1, recipe.forward_tokens)
    seconds, tokens, losses = [], [], []
    for number in range(given.updates):
        began = time.perf_counter()
        done = attempt.update(number)
        seconds.append(time.perf_counter() - began)
        tokens.append(done.tokens)
        losses.append(done.loss)
    found = counted(seconds, tokens, losses, given.batch, given.device)
    return found | {"above_bytes": above.bytes, "trained": attempt.trained}


def make(given: SimpleNamespace) -> Found:
    """Checkpoints of adapters that were moved from where they start: in all layers, and in the upper half."""
    import torch

    from xstilts.heads.registry import head_key, make_head
    from xstilts.nn.encoder import Encoder
    from xstilts.train.checkpoint import save

    folder, kind = Path(given.folder), TASKS[TARGET].kind
    encoder = Encoder.load(folder)
    found: Found = {"every": [], "upper": []}
    for name, first in {"every": 1, "upper": encoder.num_layers // 2 + 1}.items():
        for number in range(ADAPTERS):
            torch.manual_seed(number)
            for parameter in encoder.adapters.add(Bottleneck(from_layer=first)).parameters():
                torch.nn.init.normal_(parameter, std=0.02)
            place = Path(given.place) / f"{name}-{number}"
            save(place, encoder, {head_key(kind): make_head(kind, encoder)}, folder, alone=True)
            encoder.adapters.remove()
            found[name].append(str(place))
    return found


def evaluate(checkpoints: Sequence[Path], are_together: bool, given: SimpleNamespace) -> Found:
    """Load, tokenise, predict, score: once for all of the checkpoints, or for each in turn. Reading the examples and
    importing packages are left out; `passes` are the seconds of predicting alone."""
    from xstilts.evaluate.multi_adapter import predict_many
    from xstilts.evaluate.predict import PredictSet, predict
    from xstilts.train.job import Compute

    task, place = TASKS[TARGET], Path(given.place)
    examples = texts([Path(data) for data in given.data], given.examples, place / "texts")
    compute = Compute(device=given.device, threads=given.threads, precision=given.precision)
    above, began = Above(given.device), time.perf_counter()
    tokens, outs = 0, [place / "out" / str(number) for number in range(len(checkpoints))]
    groups = [range(len(checkpoints))] if are_together else [[number] for number in range(len(checkpoints))]
    for turn, numbers in enumerate(groups):
        sets = {}
        tokenizer = load_tokenizer(Path(given.folder))
        for language, own in examples.items():
            rows = place / "rows" / str(turn) / language
            rows.mkdir(parents=True)
            write(own, task.kind, tokenizer, LENGTH, rows)
            sets[language] = PredictSet(prepared=TokenizedRows(rows), examples=own, indices=range(len(own)))
        if are_together:
            predict_many(checkpoints, task.kind, sets, outs, compute)
        else:
            predict(checkpoints[turn], task.kind, sets, outs[turn], compute)
        for number in numbers:
            gold = {language: LanguageSet(examples=own) for language, own in examples.items()}
            scored = place / "scores" / str(number)
            scored.mkdir(parents=True)
            score(task.kind, task.scored, gold, outs[number], scored)
        tokens = sum(one.tokens for one in sets.values())
    seconds = time.perf_counter() - began
    meta = [json.loads((out / "meta.json").read_text()) for out in outs]
    passes = sum(language["seconds"] for one in meta for language in one.values())
    return {"seconds": seconds, "passes": passes, "tokens": tokens, "above_bytes": above.bytes}


def main() -> None:
    given = SimpleNamespace(**json.loads(sys.argv[1]))
    os.environ["OMP_NUM_THREADS"] = str(given.threads)
    import transformers  # noqa: F401 (its own memory is no contestant's)

    from xstilts.train.memory import use_threads

    use_threads(given.threads)
    if given.contestant == "make":
        found = make(given)
    elif given.contestant in TUNES:
        found = train(TUNES[given.contestant], TASKS[LENGTHS[given.lengths][0]].kind, given)
    else:
        checkpoints = [Path(place) for place in given.checkpoints]
        found = evaluate(checkpoints, given.contestant.startswith("together"), given)
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
