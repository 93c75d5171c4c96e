"""Does the relevance of a word say how much of a text's vector hangs on it?

    python benchmarks/word_relevance.py --data FOLDER [--encoder tiny-e5] [--sentences 70] [--store DIR]

Sentences of the English treebank (UD-POS, test). Within each: the rank correlation (Spearman) of three measures of a
word with how far the sentence's vector really turns (1 - cosine) when the word is taken out and the rest is encoded
again. The measures: its relevance, the number of its tokens, and its share of the vector, h · s / (n |s|²). Then the
mean standardised relevance by part of speech, and how many of the words hit in a step are hit in the next.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from scipy.stats import spearmanr

import xstilts.heads.word_relevance as head
from xstilts.app.encoder_folders import folder_of_encoder
from xstilts.data.locate import Roots
from xstilts.data.read import load_examples, resolve_source
from xstilts.evaluate.sentence_vectors import SentenceEncoder
from xstilts.evaluate.word_relevance import RelevanceReader
from xstilts.kinds.retrieval import Retrieval
from xstilts.perturb.edits import Span
from xstilts.perturb.random_stream import RandomStream
from xstilts.perturb.word_choice import standardised
from xstilts.pipeline.options import Options, default_store
from xstilts.tasks.catalog import TASKS
from xstilts.train.job import Compute

LEAST_WORDS, MOST_WORDS = 6, 24
TEMPERATURES = (0.25, 1.0, 4.0)
MEASURES = ("relevance", "tokens of the word", "share of the vector")


def vector_shares(states_TD: torch.Tensor, sizes_R: torch.Tensor) -> torch.Tensor:
    """Return each token's exact share of its row's mean vector, [T]: what relevance is not.

    >>> vector_shares(torch.tensor([[1.0], [3.0]]), torch.tensor([2])).tolist()
    [0.25, 0.75]
    """
    states_TD = states_TD.double()
    mean_RD = torch.segment_reduce(states_TD, "mean", lengths=sizes_R, axis=0)
    along_T = (states_TD * mean_RD.repeat_interleave(sizes_R, 0)).sum(-1)
    return along_T / (sizes_R * mean_RD.square().sum(-1)).repeat_interleave(sizes_R)


def spans_of(words: Sequence[str]) -> list[Span]:
    """Return where each word stands in the words joined by blanks.

    >>> spans_of(["a", "bc"])
    [(0, 1), (2, 4)]
    """
    ends = np.cumsum([len(word) + 1 for word in words]) - 1
    return [(int(end) - len(word), int(end)) for word, end in zip(words, ends, strict=True)]


def kept_from_step_to_step(temperature: float, steps: int = 4, words: int = 20, texts: int = 2000) -> list[float]:
    """Return the percentage of the words hit in each step that are hit in the next: texts of words with normally
    distributed relevance, at rates up to 0.5."""
    draw, kept = np.random.default_rng(0), np.zeros((steps - 1, 2))
    for text in range(texts):
        relevance = standardised(draw.normal(size=words))
        hit = []
        for step in range(steps):
            weights = ((2 * step / (steps - 1) - 1) / temperature * relevance).tolist()
            stream = RandomStream("text", 0, str(text))
            hit.append(set(stream.places(words, 0.5 * (step + 1) / steps, None, weights)))
        kept += [(len(a & b), len(a)) for a, b in pairwise(hit)]
    return [100 * both / of for both, of in kept]


def main(argument_list: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, action="append", required=True, help="a folder with data files")
    parser.add_argument("--encoder", default="tiny-e5")
    parser.add_argument("--sentences", type=int, default=70)
    parser.add_argument("--store", type=Path, default=default_store())
    arguments = parser.parse_args(argument_list)
    options = Options(data=tuple(arguments.data), store=arguments.store)
    folder = folder_of_encoder(arguments.encoder, options, lambda text: None)
    source = resolve_source(TASKS["udpos"].test["en"], Roots(data=options.data, store=options.store))
    examples = [x for x in load_examples(source).examples if LEAST_WORDS <= len(x.words) <= MOST_WORDS]
    examples = examples[: arguments.sentences]

    compute, texts = Compute(threads=2), [" ".join(example.words) for example in examples]
    reader = RelevanceReader(folder, 128, compute)
    by_measure = {MEASURES[0]: reader.read(texts)}
    ours, head.move_shares = head.move_shares, vector_shares
    by_measure[MEASURES[2]] = reader.read(texts)
    head.move_shares = ours
    encoder = SentenceEncoder(folder, Retrieval(layer=-1, specials=False), compute)

    found: dict[str, list[float]] = defaultdict(list)
    by_tag: dict[str, list[float]] = defaultdict(list)
    for number, example in enumerate(examples):
        words, spans = example.words, spans_of(example.words)
        without = [" ".join(words[:i] + words[i + 1 :]) for i in range(len(words))]
        vectors = encoder.vectors([texts[number], *without], 128).vectors_ND.astype(np.float64)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        turned = 1 - vectors[1:] @ vectors[0]
        of = by_measure[MEASURES[0]][number]
        counts = [int(((of.starts_T < end) & (start < of.ends_T)).sum()) for start, end in spans]
        values = {name: relevance[number].of(spans) for name, relevance in by_measure.items()}
        values[MEASURES[1]] = np.array(counts)
        for name, value in values.items():
            if np.ptp(value):
                found[name].append(float(spearmanr(value, turned).statistic))
        for tag, value in zip(example.tags, standardised(values[MEASURES[0]]), strict=True):
            by_tag[tag].append(float(value))

    write = sys.stdout.write
    write(f"{len(examples)} sentences, {sum(len(example.words) for example in examples)} words\n")
    for name in MEASURES:
        write(f"{name}: {np.mean(found[name]):.2f} on average over {len(found[name])} sentences\n")
    common = {tag: np.mean(values) for tag, values in by_tag.items() if len(values) >= 20}
    write(", ".join(f"{tag} {value:+.2f}" for tag, value in sorted(common.items(), key=lambda x: -x[1])) + "\n")
    for temperature in TEMPERATURES:
        write(f"temperature {temperature:g}: {', '.join(f'{x:.0f}' for x in kept_from_step_to_step(temperature))} %\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
