"""xstilts as a contestant of parsing.py, alone in its process: `python parsing_ours.py VERB REQUEST`. Prints one line
of JSON. REQUEST is a JSON file; what it holds is said in parsing.py.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import torch
from parsing_files import read_words, write_trees
from parsing_peak import own_peak

from xstilts.core.settings.training import Recipe
from xstilts.data.examples import DependencyExample
from xstilts.data.readers.conllu_trees import ConlluTrees
from xstilts.evaluate.predict import load_model
from xstilts.heads.registry import head_key, make_head
from xstilts.kinds.dependency import Dependency
from xstilts.kinds.label_sets import UNIVERSAL_RELATIONS
from xstilts.kinds.tokenized import TokenizedRows, write
from xstilts.kinds.tokenizers import load_tokenizer
from xstilts.nn.encoder import Encoder
from xstilts.train.attempt import Attempt
from xstilts.train.checkpoint import encoder_folder
from xstilts.train.job import Compute, Job, JobPart
from xstilts.train.loop import fit
from xstilts.train.memory import use_threads
from xstilts.train.model import Model, outputs

LENGTH = 512  # tokens of a window
WARMUP = 64  # sentences before the clock starts
Request = dict[str, Any]
Words = Sequence[str]


def kind(request: Request) -> Dependency:
    return Dependency(UNIVERSAL_RELATIONS, open_labels=True, arc=request["arc"], relation=request["relation"])


def train(request: Request) -> Request:
    """Writes the checkpoint, and which sentences each update holds: the peer is given the same."""
    place = Path(request["place"])
    examples = [
        DependencyExample(
            id=str(number),
            group=str(number),
            words=tuple(row["words"]),
            heads=tuple(row["heads"]),
            relations=tuple(row["deprels"]),
        )
        for number, row in enumerate(ConlluTrees()([Path(request["train"])]))
    ]
    rows = place / "rows"
    rows.mkdir()
    write(examples, kind(request), load_tokenizer(Path(request["folder"])), LENGTH, rows)
    prepared = TokenizedRows(rows)
    recipe = Recipe(updates=request["updates"], batch=request["batch"], lr=request["lr"], head_lr=request["head_lr"])
    part = JobPart(
        name="trees",
        kind=kind(request),
        train=prepared,
        train_indices=range(len(examples)),
        selection_metric=kind(request).metrics[0],
    )
    job = Job(
        start=Path(request["folder"]), parts=(part,), recipe=recipe, seed=request["seed"], threads=request["threads"]
    )
    schedule = Attempt(job, job.seed, recipe.forward_tokens).schedule
    updates = [part.rows[schedule.rows(number)[1]].tolist() for number in range(schedule.updates)]
    (place / "updates.json").write_text(json.dumps(updates))
    began = time.perf_counter()
    summary = fit(job, place / "ours", place / "scratch")
    return {"seconds": time.perf_counter() - began, "state": summary.state, "peak_bytes": own_peak()}


class Parser:
    """Words in, trees out. `decoding`: "tree", or "greedy": the best head of each word, whatever comes out."""

    def __init__(self, request: Request, precision: str, decoding: str) -> None:
        checkpoint = Path(request["place"]) / "ours"
        self.kind = kind(request)
        self.compute = Compute(threads=request["threads"], precision=precision)
        self.model = load_model(checkpoint, self.kind, self.compute)
        self.tokenizer = load_tokenizer(encoder_folder(checkpoint))
        self.decoding = decoding

    def __call__(self, sentences: Sequence[Words]) -> list[dict[str, list]]:
        with greedy() if self.decoding == "greedy" else nullcontext():
            return parse(self.model, self.kind, self.tokenizer, sentences, self.compute)


def greedy() -> Any:
    return mock.patch("xstilts.heads.dependency.best_trees", lambda arcs_RKJ, _: arcs_RKJ.argmax(-1).cpu())


def parse(
    model: Model, kind: Dependency, tokenizer: Any, sentences: Sequence[Words], compute: Compute
) -> list[dict[str, list]]:
    """Heads and relations of each sentence."""
    examples = [DependencyExample(id="", group="", words=tuple(words)) for words in sentences]
    columns = kind.encode(examples, tokenizer, min(LENGTH, model.encoder.max_length or LENGTH)).columns
    lengths = np.array([len(ids) for ids in columns["ids"]])
    results = outputs(
        model, head_key(kind), lambda row: {name: column[row] for name, column in columns.items()}, lengths, compute
    )
    return kind.postprocess(examples, columns, results)


def predict(request: Request) -> Request:
    """Trees of all test files, in fp32."""
    parser = Parser(request, "fp32", "tree")
    for language, path in request["tests"].items():
        words = read_words(Path(path))
        results = parser(words)
        out = Path(request["place"]) / f"ours-{language}.conllu"
        write_trees(out, ((w, tree["heads"], tree["relations"]) for w, tree in zip(words, results, strict=True)))
    return {}


def speed(request: Request) -> Request:
    parser = Parser(request, request["precision"], request["decoding"])
    words = read_words(Path(request["speed"]))
    parser(words[:WARMUP])
    began, worked = time.perf_counter(), time.process_time()
    parser(words)
    spent = {"seconds": time.perf_counter() - began, "cpu_seconds": time.process_time() - worked}
    return {**spent, "sentences": len(words), "peak_bytes": own_peak()}


def memory(request: Request) -> Request:
    """Peak memory of parsing one sentence of so many words, with a fresh head: what it learned does not matter. The
    words are those of real sentences, one after another."""
    use_threads(request["threads"])
    folder = Path(request["folder"])
    encoder = Encoder.load(folder)
    model = Model(encoder, {head_key(kind(request)): make_head(kind(request), encoder)})
    tokenizer = load_tokenizer(folder)
    words = [word for sentence in read_words(Path(request["speed"])) for word in sentence][: request["words"]]
    loaded = own_peak()
    with torch.no_grad():
        for parameter in model.heads.parameters():  # scores that differ, so that the search has something to do
            torch.nn.init.normal_(parameter, std=0.1)
    compute = Compute(threads=request["threads"], precision=request["precision"])
    tree = parse(model, kind(request), tokenizer, [words], compute)[0]
    furthest = max(abs(head - word) for word, head in enumerate(tree["heads"], start=1) if head)
    return {"peak_bytes": own_peak(), "loaded_bytes": loaded, "words": len(words), "furthest": furthest}


def main() -> None:
    verb, request = sys.argv[1:]
    verbs = {"train": train, "predict": predict, "speed": speed, "memory": memory}
    results = verbs[verb](json.loads(Path(request).read_text()))
    sys.stdout.write(json.dumps(results) + "\n")


if __name__ == "__main__":
    main()
