"""Screening: which works bear on the question, with a score and a reason for each, and the counts of a review."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from xstilts.evidence.bm25 import Bm25Index
from xstilts.evidence.logistic import LogisticModel, fitted
from xstilts.evidence.query import Question
from xstilts.evidence.words import stems_of
from xstilts.evidence.works import Work

Vectors = Callable[[Sequence[str]], np.ndarray]  # N texts -> [N, D], each of length 1
FEATURES = ("bm25", "cosine")
ELSEWHERE = 300  # works without a word of the question; the model was fitted among so many paragraphs
MOST_CHARACTERS = 2_000  # of a text that the encoder reads


@dataclass(frozen=True, kw_only=True)
class ScreenedWork:
    """A work with what screening says of it. probability: that it bears on the question. reason: why it is kept or
    not, in words."""

    work: Work
    probability: float
    kept: bool
    reason: str


@dataclass(frozen=True, kw_only=True)
class ReviewCounts:
    """The counts of a review, as PRISMA 2020 asks for them (Page et al. 2021).

    found: records of all services. duplicates: of them, those of works that were there already. screened: works.
    no_text: left out, for there is neither abstract nor PDF. withdrawn: left out, for they are. irrelevant: left out
    by score. kept: what is read.
    """

    found: int
    duplicates: int
    screened: int
    no_text: int
    withdrawn: int
    irrelevant: int
    kept: int


def screen(question: Question, works: Sequence[Work], vectors: Vectors | None, most: int) -> tuple[ScreenedWork, ...]:
    """Judge every work by title and abstract; at most `most` are kept, those with the highest probability.

    vectors: of the encoder; None: by BM25 and concepts alone. Withdrawn works and those without a text are never kept.
    """
    texts = [screened_text(work) for work in works]
    met = [question.met_in(text) for text in texts]
    model = screening_model(by_vectors=vectors is not None)
    probabilities = relevance(question, texts, vectors, model)
    least = float(model.about["threshold"])
    order = sorted(range(len(works)), key=lambda number: (-probabilities[number], number))
    judged: dict[int, ScreenedWork] = {}
    kept = 0
    for number in order:
        probability = float(probabilities[number])
        reason = _why_not(works[number], question, met[number], probability, least) or (
            "" if kept < most else _full(most)
        )
        kept += not reason
        judged[number] = ScreenedWork(
            work=works[number],
            probability=probability,
            kept=not reason,
            reason=reason or f"mentions {_named(met[number])}",
        )
    return tuple(judged[number] for number in range(len(works)))


def screening_model(by_vectors: bool) -> LogisticModel:
    """Return the model that comes with the program, of BM25 and the cosine or of BM25 alone."""
    return fitted("screening" if by_vectors else "screening-words")


def review_counts(found: int, screened: Sequence[ScreenedWork]) -> ReviewCounts:
    """Count what happened to the records of all services."""
    left = [one for one in screened if not one.kept]
    no_text = sum(not has_text(one.work) and not one.work.withdrawn for one in left)
    withdrawn = sum(bool(one.work.withdrawn) for one in left)
    return ReviewCounts(
        found=found,
        duplicates=found - len(screened),
        screened=len(screened),
        no_text=no_text,
        withdrawn=withdrawn,
        irrelevant=len(left) - no_text - withdrawn,
        kept=len(screened) - len(left),
    )


def relevance(question: Question, texts: Sequence[str], vectors: Vectors | None, model: LogisticModel) -> np.ndarray:
    """Return the probability [N] that each text bears on a question, by the model fitted on labelled pairs. A concept
    counts as one word, in whatever spelling it stands; one that no text mentions says nothing of any.

    Services find the works that have the question's words, so among these no word is rare: how rare it is is counted
    as though there were also works without any, as many as the model was fitted among."""
    if not texts:
        return np.zeros(0)
    met = [question.met_in(text) for text in texts]
    words = [[*stems_of(text), *map(_token, names)] for text, names in zip(texts, met, strict=True)]
    index = Bm25Index(words, others=ELSEWHERE)
    terms = [
        *_other_words(question),
        *(_token(name) for name in dict.fromkeys(name for names in met for name in names)),
    ]
    chances: np.ndarray = model.probabilities(screening_features(question.text, terms, texts, vectors, index))[:, 1]
    return chances


def _other_words(question: Question) -> list[str]:
    """Return the words of a question that are part of no concept."""
    spelt = {word for one in question.concepts for spelling in one.spellings for word in stems_of(spelling)}
    return [word for word in question.own_stems if word not in spelt]


def _token(concept: str) -> str:
    return f"\0{concept}"


def screening_features(
    query: str, stems: Sequence[str], texts: Sequence[str], vectors: Vectors | None, index: Bm25Index | None = None
) -> np.ndarray:
    """Return the features [N, F] of texts: BM25 as a share of the most that a text could have, and the cosine with the
    query, where there are vectors. index: of the texts, where it has been made."""
    columns = [(index or Bm25Index([stems_of(text) for text in texts])).shares(stems)]
    if vectors is not None:
        vectors_ND = vectors([query, *(text[:MOST_CHARACTERS] for text in texts)])
        columns.append(vectors_ND[1:] @ vectors_ND[0])
    return np.stack(columns, axis=1)


def screened_text(work: Work) -> str:
    """Return what a work is judged by: title and abstract of its newest version."""
    return f"{work.title}. {work.newest.abstract}".strip()


def has_text(work: Work) -> bool:
    """Whether there is anything to read but the title."""
    return any(version.abstract or version.pdf for version in work.versions)


def _why_not(work: Work, question: Question, met: Sequence[str], probability: float, least: float) -> str:
    """Say why a work is left out; "" where it is not."""
    if work.withdrawn:
        return f"withdrawn: {work.withdrawn}"
    if not has_text(work):
        return "no abstract and no open PDF"
    fewest = min(2, len(question.concepts))
    if len(met) < fewest:
        return f"mentions {_named(met)}, of {len(question.concepts)} concepts of the question"
    if probability < least:
        return f"probability {probability:.3f}, below {least:.3f}; mentions {_named(met)}"
    return ""


def _full(most: int) -> str:
    return f"{most} works with a higher probability are read"


def _named(names: Sequence[str]) -> str:
    return ", ".join(names) if names else "none"
