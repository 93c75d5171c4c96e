"""The question becomes a query, and works are kept or left out for a reason."""

from __future__ import annotations

import numpy as np
import pytest

from xstilts.core.errors import StudyError
from xstilts.evidence.bm25 import Bm25Index
from xstilts.evidence.duplicates import merge_works
from xstilts.evidence.logistic import fitted
from xstilts.evidence.query import Question, queries_of, read_question
from xstilts.evidence.screening import relevance, review_counts, screen
from xstilts.evidence.words import stems_of
from xstilts.evidence.works import Work, WorkRecord
from xstilts.tasks.catalog import TASKS

QUESTION = read_question("Does dependency parsing first help zero-shot cross-lingual transfer?")


def work(title: str, abstract: str = "", **values: object) -> Work:
    record = WorkRecord(source="arxiv", id=title, title=title, abstract=abstract, **values)  # type: ignore[arg-type]
    (merged,) = merge_works([record])
    return merged


def names(question: Question) -> list[str]:
    return [concept.name for concept in question.concepts]


def test_concepts_of_a_question_in_its_order():
    asked = read_question("How robust to code-switching in Swahili is mlqa after SRL?", TASKS, ["Swahili"])
    assert names(asked) == ["robustness", "code-switching", "Swahili", "mlqa", "semantic role labeling"]
    assert names(read_question("Do bananas grow?")) == ["bananas", "grow"]


def test_what_services_are_asked():
    queries = queries_of(QUESTION)
    assert [query.words for query in queries] == ["dependency parsing cross-lingual transfer"]
    many = read_question("Do adapters, syntax, SRL, noise and QA help cross-lingual transfer?")
    assert len(queries_of(many)) == 6 and len({query.words for query in queries_of(many)}) == 6


@pytest.mark.parametrize("text", ["", " ?! ", "x" * 2000])
def test_a_question_without_words_is_none(text: str):
    with pytest.raises(StudyError):
        read_question(text)


def test_bm25_prefers_rare_words_and_short_texts():
    texts = ["transfer of parsing", "transfer transfer of tagging", "transfer of " + "many other things " * 9]
    index = Bm25Index([stems_of(text) for text in texts])
    assert index.scores(stems_of("parsing transfer")).argmax() == 0
    assert index.weight("pars") > index.weight("transfer") > 0
    assert (index.shares(["pars", "transfer"]) <= 1).all() and not index.shares(["absent"]).any()
    assert Bm25Index([]).scores(["a"]).shape == (0,)


def test_an_irrelevant_work_is_left_out_with_its_reason():
    works = [
        work("Parsing before transfer", "Dependency parsing helps zero-shot cross-lingual transfer in most languages."),
        work("A video is worth many tokens", "Verbalised videos are understood zero-shot by large models."),
        work(
            "Transfer with parsing withdrawn", "Dependency parsing and cross-lingual transfer.", withdrawn="retracted"
        ),
        work("Parsing for cross-lingual transfer"),
    ]
    judged = screen(QUESTION, works, None, most=10)
    assert [one.kept for one in judged] == [True, False, False, False]
    assert "of 2 concepts" in judged[1].reason
    assert judged[2].reason.startswith("withdrawn: retracted") and judged[3].reason.startswith("no abstract")
    counts = review_counts(7, judged)
    assert (counts.duplicates, counts.screened, counts.withdrawn, counts.no_text) == (3, 4, 1, 1)
    assert (counts.irrelevant, counts.kept) == (1, 1)


def test_no_more_are_read_than_asked_for():
    text = "Dependency parsing helps zero-shot cross-lingual transfer."
    judged = screen(QUESTION, [work("One", text), work("Two", text)], None, most=1)
    assert [one.kept for one in judged] == [True, False] and "1 works with a higher" in judged[1].reason


def test_the_encoder_counts():
    texts = ["Parsing and transfer of one kind", "Parsing and transfer of another kind"]

    def vectors(asked):
        return np.array([[0.0, 1.0] if "another" in text else [1.0, 0.0] for text in asked])

    near, far = relevance(QUESTION, texts, vectors, fitted("screening"))
    assert near > far
    assert relevance(QUESTION, [], vectors, fitted("screening")).shape == (0,)


def test_a_concept_counts_in_any_spelling():
    texts = ["Syntactic treebank crosslingual", "Dependency parsing cross-lingual", "Something else entirely"]
    one, other, neither = relevance(QUESTION, texts, None, fitted("screening-words"))
    assert min(one, other) > neither


def test_works_that_all_have_the_words_of_the_question_are_kept(monkeypatch: pytest.MonkeyPatch):
    """As those that services find do: among these alone no word is rare."""
    text = "Dependency parsing helps zero-shot cross-lingual transfer."
    works = [work(f"Work {number}", text) for number in range(20)]
    assert all(one.kept for one in screen(QUESTION, works, None, most=20))
    monkeypatch.setattr("xstilts.evidence.screening.ELSEWHERE", 0)
    assert not any(one.kept for one in screen(QUESTION, works, None, most=20))
