"""Passage retrieval by a dual encoder: queries and passages become vectors, and a query's passages are those nearest.

The model of XTREME-R's LAReQA and Mewsli-X (Ruder et al. 2021): one encoder for both sides, trained to tell the passage
that answers a query from the passages of the other queries of an update (in-batch softmax, Henderson et al. 2017), then
queries rank a pool that may hold passages of many languages.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
from annotated_types import Ge, Gt, Le

from xstilts.core.errors import DataError, StudyError
from xstilts.data.examples import Example, PassageExample
from xstilts.kinds.base import Encoded, Kind
from xstilts.kinds.nearest_neighbours import neighbours
from xstilts.kinds.special_tokens import Sequences, encode_texts
from xstilts.kinds.tokenizers import token_hash
from xstilts.metrics.ranking import MeanAveragePrecision
from xstilts.metrics.tallies import Metric

if TYPE_CHECKING:
    from tokenizers import Tokenizer

POOLINGS = ("pooler", "cls", "mean")


@dataclass(frozen=True)
class DualEncoder(Kind):
    """The defaults are those of google-research/xtreme (838c13b) for LAReQA.

    pooling: what is made of a sequence's states, scaled to length 1: "pooler", a dense layer with tanh on the first
        token (`outputs[1]` of the class, third_party/bert.py), "cls", the first token itself, "mean", all tokens.
    scale: cosines are multiplied with it before the softmax. There it is a parameter that starts at 100 and can move
        by about the learning rate an update; here it stays.
    max_query, max_passage: tokens of a sequence, special tokens included (scripts/train_lareqa.sh: 96 and 256;
        train_mewslix.sh: 64 and 64), never more than the phase's `max_length`.
    k: passages that are kept of a ranking; the metric looks at 20.

    A passage with a context is one sequence of both as a pair, cut longest-first, in training and when it is searched.
    (There both are joined without a separator, in processors/lareqa.py as in evaluate_retrieval.py.)

    A row holds the query, the passage, or the query and then the passage: one or two sequences. gold [number of the
    passage's tokens] where it has both, else []; output of the head for a row: vectors [sequences, D], float32, of
    length 1. Guess of a query: names of the k nearest passages, best first; of a passage: None.
    """

    pooling: Literal["pooler", "cls", "mean"] = "pooler"
    scale: Annotated[float, Gt(0), Le(1e6)] = 100.0
    max_query: Annotated[int, Ge(4), Le(2**20)] = 96
    max_passage: Annotated[int, Ge(4), Le(2**20)] = 256
    k: Annotated[int, Ge(1), Le(100_000)] = 20

    name: ClassVar[str] = "dual_encoder"
    example: ClassVar[type[Example]] = PassageExample
    head: ClassVar[str] = "xstilts.heads.dual_encoder:DualEncoderHead"
    typical_tokens: ClassVar[float] = 90.0

    def __post_init__(self) -> None:
        if self.pooling not in POOLINGS:
            raise StudyError(
                f"there is no pooling '{self.pooling}'.", value=str(self.pooling), allowed=POOLINGS, where="pooling"
            )

    @property
    def head_settings(self) -> dict[str, Any]:
        """Settings that a head's weights and its loss depend on."""
        return {"pooling": self.pooling, "scale": self.scale}

    @property
    def as_encoded(self) -> DualEncoder:
        """Another pooling, scale or number of passages reads the same rows."""
        return DualEncoder(max_query=self.max_query, max_passage=self.max_passage)

    @property
    def metrics(self) -> tuple[Metric, ...]:
        return (MeanAveragePrecision(),)

    def check(self, example: PassageExample) -> None:
        """Raise DataError for an example without text, a passage alone that names relevant ones, or a query whose own
        passage has no name."""
        for side, text in (("query", example.query), ("passage", example.passage)):
            if text is not None and not text.strip():
                raise DataError(f"the {side} is empty", where=example.where)
        if example.query is None and example.passage is None:
            raise DataError("neither a query nor a passage", where=example.where)
        if example.query is None and example.relevant:
            raise DataError(f"the passage '{example.id}' names relevant ones; only queries do", where=example.where)
        if example.query is not None and example.passage is not None and not example.relevant:
            raise DataError(f"the passage of the query '{example.id}' has no name", where=example.where)

    def encode(self, examples: Sequence[PassageExample], tokenizer: Tokenizer, max_length: int) -> Encoded:
        """Return one row for each example, its query before its passage."""
        with_query = [e for e in examples if e.query is not None]
        with_passage = [e for e in examples if e.passage is not None]
        limits = min(max_length, self.max_query), min(max_length, self.max_passage)
        queries = encode_texts([e.query or "" for e in with_query], [None] * len(with_query), tokenizer, limits[0])
        contexts = [e.context for e in with_passage]
        passages = encode_texts([e.passage or "" for e in with_passage], contexts, tokenizer, limits[1])
        next_query, next_passage = iter(_entries(queries)), iter(_entries(passages))
        names = ("example", "ids", "lengths", "segments", "gold")
        columns: dict[str, list[Any]] = {name: [] for name in names}
        encoded = Encoded(columns=columns)
        for index, example in enumerate(examples):
            sides = [next(next_query)] if example.query is not None else []
            sides += [next(next_passage)] if example.passage is not None else []
            columns["example"].append(index)
            columns["ids"].append([token for ids, _, _ in sides for token in ids])
            columns["lengths"].append([len(ids) for ids, _, _ in sides])
            columns["segments"].append([kind for _, segments, _ in sides for kind in segments])
            columns["gold"].append([token_hash(sides[1][0])] if len(sides) == 2 else [])
            encoded.truncated += any(cut for _, _, cut in sides)
        return encoded

    def gold(self, example: PassageExample) -> list[str] | None:
        """Return the names of the passages that answer the query; None for a passage and for an unlabelled query."""
        return None if example.query is None or example.relevant is None else list(example.relevant)

    def postprocess(
        self, examples: Sequence[PassageExample], rows: Mapping[str, Any], outputs: Sequence[np.ndarray]
    ) -> list[list[str] | None]:
        """Rank, for each query, all passages there are. Raises DataError when there is nothing to search."""
        vectors = {int(rows["example"][row]): output for row, output in enumerate(outputs)}
        pool: dict[str, np.ndarray] = {}
        for i, example in enumerate(examples):
            if example.passage is not None:
                pool.setdefault(example.name, vectors[i][-1])
        queries = [i for i, example in enumerate(examples) if example.query is not None]
        guesses: list[list[str] | None] = [None] * len(examples)
        if not queries:
            return guesses
        if not pool:
            raise DataError("nothing to retrieve: there are no passages", where=examples[queries[0]].where or None)
        names = list(pool)
        query_QD, passage_ND = np.stack([vectors[i][0] for i in queries]), np.stack(list(pool.values()))
        for query, nearest_k in zip(queries, neighbours(query_QD, passage_ND, self.k)[1], strict=True):
            guesses[query] = [names[int(index)] for index in nearest_k]
        return guesses

    def chance_guesses(self, golds: Sequence[Sequence[str] | None]) -> list[list[str] | None]:
        """Return the passages that answer most queries, for every query: the best ranking that ignores it, and never
        below a random one."""
        counts = Counter(name for gold in golds for name in gold or ())
        best = [name for name, _ in counts.most_common(self.k)]
        return [None if gold is None else best for gold in golds]

    def count(
        self, metric: Metric, examples: Sequence[PassageExample], guesses: Sequence[Any], language: str
    ) -> np.ndarray:
        """Return counts [N, K]; passages and unlabelled queries count zero."""
        counts = np.zeros((len(examples), len(metric.counts)))
        for i, example in enumerate(examples):
            if (gold := self.gold(example)) is not None:
                counts[i] = metric.tally(gold, guesses[i], language)
        return counts


def _entries(sequences: Sequences) -> Iterator[tuple[list[int], list[int], bool]]:
    return zip(sequences.ids, sequences.segments, sequences.cut, strict=True)
