"""One contestant of adapters.py, alone in its process; prints one line of JSON."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
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
TARGET, LENGTH = "xnli", 256


def train(tune: str | Adapter, kind: Any, request: SimpleNamespace) -> Found:
    """Updates of the program's own loop, and memory from before the model is built."""
    from xstilts.train import attempt as attempts
    from xstilts.train.job import Job, JobPart

    if not request.trimmed:
        attempts.FULL_TABLE_SHARE = 0.0  # the embedding table is left whole
    rows = TokenizedRows(Path(request.rows))
    recipe = Recipe(updates=request.updates, batch=request.batch, lr=1e-4, precision=request.precision, dropout=0.1)
    part = JobPart(
        name="rows", kind=kind, train=rows, train_indices=range(len(rows.keys)), selection_metric=kind.metrics[0]
    )
    settings = {"device": request.device, "threads": request.threads, "tune": tune}
    job = Job(start=Path(request.folder), parts=(part,), recipe=recipe, seed=1, **settings)
    memory_above = Above(request.device)
    attempt = attempts.Attempt(job, 1, recipe.forward_tokens)
    seconds, tokens, losses = [], [], []
    for number in range(request.updates):
        began = time.perf_counter()
        done = attempt.update(number)
        seconds.append(time.perf_counter() - began)
        tokens.append(done.tokens)
        losses.append(done.loss)
    result = counted(seconds, tokens, losses, request.batch, request.device)
    return result | {"above_bytes": memory_above.bytes, "trained": attempt.trained_parameters}


def make(request: SimpleNamespace) -> Found:
    """Checkpoints of an adapter that was moved from where it starts: in all layers, and in the upper half."""
    import torch

    from xstilts.heads.registry import head_key, make_head
    from xstilts.nn.encoder import Encoder
    from xstilts.train.checkpoint import save

    folder, kind = Path(request.folder), TASKS[TARGET].kind
    encoder = Encoder.load(folder)
    checkpoints: Found = {}
    for name, first_layer in {"every": 1, "upper": encoder.num_layers // 2 + 1}.items():
        torch.manual_seed(0)
        for parameter in encoder.adapters.add(Bottleneck(from_layer=first_layer)).parameters():
            torch.nn.init.normal_(parameter, std=0.02)
        path = Path(request.place) / name
        save(path, encoder, {head_key(kind): make_head(kind, encoder)}, folder, adapters_alone=True)
        encoder.adapters.remove()
        checkpoints[name] = str(path)
    return checkpoints


def evaluate(checkpoint: Path, request: SimpleNamespace) -> Found:
    """Load, tokenise, predict, score. Reading the examples and importing packages are left out; `passes` are the
    seconds of predicting alone."""
    from xstilts.evaluate.predict import PredictSet, predict
    from xstilts.train.job import Compute

    task, place = TASKS[TARGET], Path(request.place)
    examples = texts([Path(data) for data in request.data], request.examples, place / "texts")
    compute = Compute(device=request.device, threads=request.threads, precision=request.precision)
    memory_above, began = Above(request.device), time.perf_counter()
    sets = {}
    tokenizer = load_tokenizer(Path(request.folder))
    for language, language_examples in examples.items():
        rows = place / "rows" / language
        rows.mkdir(parents=True)
        write(language_examples, task.kind, tokenizer, LENGTH, rows)
        sets[language] = PredictSet(
            prepared=TokenizedRows(rows), examples=language_examples, indices=range(len(language_examples))
        )
    predict(checkpoint, task.kind, sets, place / "predictions", compute)
    gold = {language: LanguageSet(examples=language_examples) for language, language_examples in examples.items()}
    (place / "scores").mkdir()
    score(task.kind, task.scored, gold, place / "predictions", place / "scores")
    seconds = time.perf_counter() - began
    meta = json.loads((place / "predictions" / "meta.json").read_text())
    return {
        "seconds": seconds,
        "passes": sum(language["seconds"] for language in meta.values()),
        "tokens": sum(language_set.tokens for language_set in sets.values()),
        "above_bytes": memory_above.bytes,
    }


def main() -> None:
    request = SimpleNamespace(**json.loads(sys.argv[1]))
    os.environ["OMP_NUM_THREADS"] = str(request.threads)
    import transformers  # noqa: F401 (its own memory is no contestant's)

    from xstilts.train.memory import use_threads

    use_threads(request.threads)
    if request.contestant == "make":
        result = make(request)
    elif request.contestant in TUNES:
        result = train(TUNES[request.contestant], TASKS[LENGTHS[request.lengths][0]].kind, request)
    else:
        result = evaluate(Path(request.checkpoint), request)
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
