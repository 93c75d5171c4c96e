"""Sentence retrieval without training: each sentence is one vector, and vectors are compared.

`nearest`: each query's nearest candidate by cosine (Tatoeba). `mine`: pairs by ratio margin over k neighbours in both
directions, one-to-one, kept above a threshold that is tuned on queries of their own (BUCC): Artetxe and Schwenk 2019,
"max" retrieval of LASER's `mine_bitexts.py` and of XTREME. Each corpus of a mining test is mined on its own, and of a
sentence that stands twice no pair is kept, as there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

import numpy as np
from annotated_types import Ge, Le

from xstilts.core.canonical import OMIT_DEFAULT
from xstilts.core.errors import DataError, StudyError
from xstilts.data.examples import Example, SentenceExample
from xstilts.data.row_makers.catalog import SentencesRow
from xstilts.data.source import RowMaker
from xstilts.kinds.base import Encoded, Kind
from xstilts.kinds.nearest_neighbours import mine, nearest, unit
from xstilts.kinds.special_tokens import encode_texts, frame
from xstilts.kinds.user_data import TaskDeclaration, UserColumns, id_and_group
from xstilts.metrics.retrieval import MiningF1, RetrievalAccuracy
from xstilts.metrics.tallies import Metric

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# Blocks: the block that XTREME reads. Its script (run_tatoeba.sh) counts from 0 behind the embeddings: 13 and 7.
XTREME = {24: 14, 12: 8}
DEPTH = 14 / 24  # of the others

SIDES = ("query", "candidate")
PARTS = ("tune", "test")


@dataclass(frozen=True)
class Retrieval(Kind):
    """`method`: "nearest" or "mine"; `layer`: the hidden state that is mean-pooled: 0 the embeddings, k the k-th block,
    -1 the last, None XTREME's of 24 blocks (the 14th) and of 12 (the 8th), at another depth the one at 14/24;
    `specials`: special tokens are part of the mean, as in XTREME; `k`: neighbours of the margin; `reverse`: candidates
    look for their nearest query as well, for a second value ("nearest" alone).

    Columns of a row, beside the common ones:
        text   [start, end] of the text's tokens, only without `specials`
    gold [] (nothing is trained); output of the head for a row: a vector [D], float32. Guess of a query: the
    candidate's id ("nearest"), or {"id": candidate, "margin": float} or None ("mine"). Guess of a candidate: None; with
    `reverse` the id of its nearest query, where every candidate is the translation of a query that is here.
    """

    method: Literal["nearest", "mine"] = "nearest"
    layer: Annotated[int | None, Ge(-1), Le(1_000)] = None
    specials: bool = True
    k: Annotated[int, Ge(1), Le(100_000)] = 4
    reverse: bool = field(default=False, metadata=OMIT_DEFAULT)

    name: ClassVar[str] = "retrieval"
    example: ClassVar[type[Example]] = SentenceExample
    head: ClassVar[str] = "xstilts.heads.retrieval:RetrievalHead"
    typical_tokens: ClassVar[float] = 25.0
    default_max_length: ClassVar[int] = 512  # whole sentences, as the released pipeline of XTREME reads them
    is_retrieval: ClassVar[bool] = True
    prediction_version: ClassVar[int] = 2  # mining goes part by part; of twelve blocks the eighth
    user_columns: ClassVar[UserColumns | None] = UserColumns(
        optional=("a", "b", "id", "group"), defaults={"a": "a", "b": "b"}
    )

    @property
    def metrics(self) -> tuple[Metric, ...]:
        return (MiningF1(),) if self.method == "mine" else (RetrievalAccuracy(reverse=self.reverse),)

    @property
    def as_encoded(self) -> Retrieval:
        """Another layer, or another search, reads the same rows."""
        return Retrieval(specials=self.specials)

    def at_depth(self, layers: int) -> Self:
        layer = layer_of(self.layer, layers)
        if layer > layers:
            raise StudyError(f"This encoder has layers 0 to {layers}, not {layer}.", where="layer", value=str(layer))
        return replace(self, layer=layer)

    def check(self, example: SentenceExample) -> None:
        """Raise DataError for an unknown side or part, a candidate with matches, or a sentence that is blank."""
        for name, value, allowed in (("side", example.side, SIDES), ("part", example.part, PARTS)):
            if value not in allowed:
                raise DataError(f"{name} '{value}' does not exist", where=example.where, value=value, allowed=allowed)
        if not example.text.strip():
            raise DataError(f"the {example.side} is blank: nothing can find it", where=example.where)
        if example.side == "candidate" and example.matches:
            raise DataError(f"candidate '{example.id}' has matches; only queries do", where=example.where)

    def encode(self, examples: Sequence[SentenceExample], tokenizer: Tokenizer, max_length: int) -> Encoded:
        """Return one row for each sentence, cut to `max_length` tokens."""
        sequences = encode_texts([e.text for e in examples], [None] * len(examples), tokenizer, max_length)
        columns: dict[str, list[Any]] = {
            "example": list(range(len(examples))),
            "ids": sequences.ids,
            "lengths": [[len(ids)] for ids in sequences.ids],
            "segments": sequences.segments,
            "gold": [[] for _ in examples],
        }
        if not self.specials:
            before, after = map(len, frame(tokenizer, 1).fixed)
            columns["text"] = [[before, max(len(ids) - after, before)] for ids in sequences.ids]
        return Encoded(columns=columns, truncated=sum(sequences.cut))

    def gold(self, example: SentenceExample) -> list[str] | None:
        """Return ids of the query's translations; None for a candidate and an unlabelled query."""
        return None if example.side == "candidate" or example.matches is None else list(example.matches)

    def postprocess(
        self, examples: Sequence[SentenceExample], rows: Mapping[str, Any], outputs: Sequence[np.ndarray]
    ) -> list[Any]:
        """Compare all queries with all candidates; when mining, those of each corpus. Raises DataError when there is no
        query, or no candidate for one."""
        guesses: list[Any] = [None] * len(examples)
        row_of_example = {int(rows["example"][row]): row for row in range(len(outputs))}
        queries = [i for i, e in enumerate(examples) if e.side == "query"]
        candidates = [i for i, e in enumerate(examples) if e.side == "candidate"]
        if not queries or not candidates:
            missing = "candidates" if queries else "queries"
            raise DataError(f"nothing to retrieve: there are no {missing}", where=_where(examples))

        def vectors(numbers: Sequence[int]) -> np.ndarray:
            return unit(np.stack([outputs[row_of_example[i]] for i in numbers]))

        if self.method == "mine":
            for corpus in dict.fromkeys(examples[i].corpus for i in queries):
                sides = [[i for i in side if examples[i].corpus == corpus] for side in (queries, candidates)]
                for query, match, margin in _mined(examples, vectors, sides[0], sides[1], self.k):
                    guesses[query] = {"id": examples[match].id, "margin": margin}
            return guesses
        query_QD, candidate_ND = vectors(queries), vectors(candidates)
        for query, match in zip(queries, nearest(query_QD, candidate_ND), strict=True):
            guesses[query] = examples[candidates[int(match)]].id
        matched = {id for i in queries for id in examples[i].matches or ()}
        if self.reverse and all(examples[i].id in matched for i in candidates):
            for candidate, match in zip(candidates, nearest(candidate_ND, query_QD), strict=True):
                guesses[candidate] = examples[queries[int(match)]].id
        return guesses

    def searched(self, examples: Sequence[SentenceExample]) -> int:
        def corpus(example: SentenceExample) -> str:
            return example.corpus if self.method == "mine" else ""

        candidates = Counter(corpus(example) for example in examples if example.side == "candidate")
        scored = {corpus(example) for example in examples if example.scored}
        return max((candidates[name] for name in scored), default=0)

    @property
    def counts_together(self) -> str:
        if self.method == "mine":
            return "pairs are mined in the whole corpus: without some sentences every margin would be another"
        return ""

    def chance_guesses(self, golds: Sequence[Sequence[str] | None]) -> list[Any]:
        """Return the candidate that is most often right, for every query (1 in N); nothing at all when mining."""
        counts = Counter(match for gold in golds for match in gold or ())
        if self.method == "mine" or not counts:
            return [None] * len(golds)
        best = counts.most_common(1)[0][0]
        return [None if gold is None else best for gold in golds]

    def count(
        self, metric: Metric, examples: Sequence[SentenceExample], guesses: Sequence[Any], language: str
    ) -> np.ndarray:
        """Return counts [N, K]; candidates and unlabelled queries count zero. When mining, the threshold is set on the
        queries of the part "tune", which count zero too."""
        counts = np.zeros((len(examples), len(metric.counts)))
        golds = {i: gold for i, example in enumerate(examples) if (gold := self.gold(example)) is not None}
        if isinstance(metric, MiningF1):
            tune = [examples[i].part == "tune" for i in golds]
            counts[list(golds)] = metric.tally_all(list(golds.values()), [guesses[i] for i in golds], tune, language)
        else:
            for i, gold in golds.items():
                counts[i] = metric.tally(gold, guesses[i], language)
            if isinstance(metric, RetrievalAccuracy) and metric.reverse:
                pairs = zip(examples, guesses, strict=True)
                found = {e.id: guess for e, guess in pairs if e.side == "candidate" and guess is not None}
                for i, gold in golds.items():
                    counts[i] += metric.tally_reverse(examples[i].id, [found[id] for id in gold if id in found])
        return counts

    @classmethod
    def from_user_task(cls, task: TaskDeclaration, where: str) -> Self:
        return cls()

    @classmethod
    def user_row_maker(cls, task: TaskDeclaration, columns: Mapping[str, Any]) -> RowMaker:
        return SentencesRow(a=columns["a"], b=columns["b"], **id_and_group(columns))


def layer_of(layer: int | None, depth: int) -> int:
    """Return the layer that a setting means for an encoder of `depth` blocks.

    >>> layer_of(None, 24), layer_of(None, 12), layer_of(None, 4), layer_of(-1, 4), layer_of(0, 4)
    (14, 8, 2, 4, 0)
    """
    if layer is None:
        return XTREME.get(depth, round(DEPTH * depth))
    return depth + 1 + layer if layer < 0 else layer


def _mined(
    examples: Sequence[SentenceExample],
    vectors: Callable[[Sequence[int]], np.ndarray],
    queries: Sequence[int],
    candidates: Sequence[int],
    k: int,
) -> Iterator[tuple[int, int, float]]:
    """Yield (query, candidate, margin) of one corpus, by the numbers of the examples; `vectors` are those of some of
    them. Sentences of one side that read the same are one in the search, and a pair of them is dropped: nobody can say
    which of them it is. Raises DataError for queries without a candidate."""
    if not candidates:
        corpus = examples[queries[0]].corpus
        raise DataError(f"nothing to retrieve: the part '{corpus}' has no candidates", where=_where(examples))
    sides = [_same_text(examples, side) for side in (queries, candidates)]
    query_QD, candidate_ND = (vectors([same[0] for same in side]) for side in sides)
    for query, match, margin in mine(query_QD, candidate_ND, k):
        found = sides[0][query], sides[1][match]
        if all(len(same) == 1 for same in found):
            yield found[0][0], found[1][0], margin


def _same_text(examples: Sequence[SentenceExample], numbers: Sequence[int]) -> list[list[int]]:
    """Return the numbers in groups of the same text, in the order of the first of each."""
    groups: dict[str, list[int]] = {}
    for i in numbers:
        groups.setdefault(examples[i].text.strip(), []).append(i)
    return list(groups.values())


def _where(examples: Sequence[SentenceExample]) -> str | None:
    return examples[0].where if examples else None
