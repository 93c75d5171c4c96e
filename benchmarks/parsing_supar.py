"""SuPar 1.1.4 as a contestant of parsing.py, alone in its process and in an environment without the program:
`python parsing_supar.py VERB REQUEST`. Prints one line of JSON.

Its model, its loss, its data pipeline and its decoding are used as they are. The loop over updates is written here,
because its own draws batches by tokens, counts epochs and needs an optimiser that `transformers` no longer has: torch's
AdamW with the decay of that one (none), its clipping at 5, and its linear schedule.
"""

from __future__ import annotations

import functools
import json
import sys
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
from parsing_peak import own_peak
from supar import BiaffineDependencyParser
from supar.utils import Dataset
from supar.utils.transform import Batch
from transformers import get_linear_schedule_with_warmup

WARMUP = 64  # sentences before the clock starts
SHARE = 0.1  # of the updates, in which the rate grows
ENCODER_DROPOUT = 0.1  # as its published settings for fine-tuning have it; its class has 0.33
CLIP = 5.0

# A saved parser is a pickle with its data fields; torch reads weights alone unless told otherwise.
torch.load = functools.partial(torch.load, weights_only=False)
Request = dict[str, Any]


def train(request: Request) -> Request:
    place = Path(request["place"])
    torch.manual_seed(request["seed"])
    parser = BiaffineDependencyParser.build(
        str(place / "supar.model"),
        encoder="bert",
        bert=request["folder"],
        train=request["train"],
        build=True,
        feat=None,
        n_arc_mlp=request["arc"],
        n_rel_mlp=request["relation"],
        encoder_dropout=ENCODER_DROPOUT,
    )
    parser.transform.train()
    data = Dataset(parser.transform, request["train"])
    parser.transform(data.sentences)
    updates = json.loads((place / "updates.json").read_text())
    began = time.perf_counter()
    loss = fit(parser, data, updates, request)
    seconds = time.perf_counter() - began
    parser.save(str(place / "supar.model"))
    return {"seconds": seconds, "loss": loss, "peak_bytes": own_peak()}


def fit(parser: BiaffineDependencyParser, data: Dataset, updates: list[list[int]], request: Request) -> float:
    """One update for each list of sentences. Returns the last loss."""
    model = parser.model.train()
    groups = [
        {"params": p, "lr": request["lr"] if name.startswith("encoder") else request["head_lr"]}
        for name, p in model.named_parameters()
    ]
    optimiser = torch.optim.AdamW(groups, weight_decay=0.0)
    schedule = get_linear_schedule_with_warmup(optimiser, int(SHARE * len(updates)), len(updates))
    loss = torch.zeros(())
    for numbers in updates:
        words, _, *feats, arcs, rels = Batch([data.sentences[number] for number in numbers])
        mask = words.ne(parser.args.pad_index).any(-1)
        mask[:, 0] = 0
        loss = model.loss(*model(words, feats), arcs, rels, mask)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        optimiser.step()
        schedule.step()
        optimiser.zero_grad()
    return float(loss)


def loaded(request: Request) -> BiaffineDependencyParser:
    return BiaffineDependencyParser.load(str(Path(request["place"]) / "supar.model"))


def words_of(path: str) -> list[list[str]]:
    blocks = Path(path).read_text(encoding="utf-8").strip("\n").split("\n\n")
    return [[line.split("\t")[1] for line in block.split("\n")] for block in blocks]


def predict(request: Request) -> Request:
    """Trees of all test files, in fp32."""
    parser = loaded(request)
    for language, path in request["tests"].items():
        words = words_of(path)
        result = parser.predict(words, tree=True, proj=False, verbose=False)
        out = Path(request["place"]) / f"supar-{language}.conllu"
        with out.open("w", encoding="utf-8") as file:
            for forms, heads, relations in zip(words, result.arcs, result.rels, strict=True):
                for number, row in enumerate(zip(forms, heads, relations, strict=True), start=1):
                    file.write("{}\t{}\t_\t_\t_\t_\t{}\t{}\t_\t_\n".format(number, *row))
                file.write("\n")
    return {}


def speed(request: Request) -> Request:
    parser, words = loaded(request), words_of(request["speed"])
    tree = request["decoding"] == "tree"
    half = torch.autocast("cpu", dtype=torch.bfloat16) if request["precision"] == "bf16" else nullcontext()
    with half:
        parser.predict(words[:WARMUP], tree=tree, proj=False, verbose=False)
        began, worked = time.perf_counter(), time.process_time()
        parser.predict(words, tree=tree, proj=False, verbose=False)
        spent = {"seconds": time.perf_counter() - began, "cpu_seconds": time.process_time() - worked}
    return {**spent, "sentences": len(words), "peak_bytes": own_peak()}


def main() -> None:
    verb, path = sys.argv[1:]
    request = json.loads(Path(path).read_text())
    torch.set_num_threads(request["threads"])
    result = {"train": train, "predict": predict, "speed": speed}[verb](request)
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
