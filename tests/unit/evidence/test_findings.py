"""Findings are told from plans and set-ups, their numbers are parsed, and sums are done again."""

from __future__ import annotations

import pytest

from xstilts.evidence.contradictions import contradictions_of
from xstilts.evidence.findings import CAUSAL, COMPARATIVE, NUMERIC, Finding, direction, finding_kinds, findings_of
from xstilts.evidence.quantities import quantities_of, reappears
from xstilts.evidence.recompute import recompute
from xstilts.evidence.source_text import SourceText


def text(words: str, work: str = "a", **values: object) -> SourceText:
    named = {"version": "v1", "origin": "abstract", "source": "arxiv", **values}
    return SourceText(work=work, text=words, **named)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sentence", "kinds"),
    [
        ("Parsing first improves transfer over the baseline by 1.2 LAS.", (COMPARATIVE, NUMERIC)),
        ("Intermediate training on inference does not help tagging in any language.", (COMPARATIVE,)),
        ("Zero-shot scores drop because the encoder forgets other languages.", (COMPARATIVE, CAUSAL)),
        ("Our parser reaches 81.3 F1 on the test set of ten languages.", (NUMERIC,)),
        ("We train on nine English tasks before the target.", ()),
        ("We then propose to predict the best parser of each sentence.", ()),
        ("In this paper we improve the state of the art of parsing.", ()),
        ("Does parsing help zero-shot transfer to other languages?", ()),
        ("Doe et al. improve parsing by 3 points over the baseline.", ()),
        ("Better.", ()),
        ("Code and data are released on the web.", ()),
    ],
)
def test_what_a_finding_is(sentence: str, kinds: tuple[str, ...]):
    assert finding_kinds(sentence) == kinds


def test_findings_have_their_place():
    words = "We study transfer. Parsing first helps more than tagging in all languages."
    (finding,) = findings_of([text(words)])
    sentence = finding.sentence
    assert words[sentence.start : sentence.end] == sentence.text == finding.text
    assert finding.place == "abstract" and sentence.page is None


def test_pages_and_sections_of_a_finding():
    source = text(
        "Intro.\nGains are larger than before here.\n", origin="pdf", pages=(0, 7), sections=((7, "results"),)
    )
    (finding,) = findings_of([source])
    assert finding.place == "page 2, results"


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("F1 rises by 8.7 points (p < 0.01) on nine tasks in 2020", [(8.7, "points"), (9.0, "tasks")]),
        ("from 55.8 to 81.4 % on 10,000 sentences", [(55.8, ""), (81.4, "percent"), (10000.0, "sentences")]),
        ("a drop of −1.3 points, see Table 3 and [12]", [(-1.3, "points")]),
        ("between 10–20 languages and 5k examples", [(10.0, ""), (20.0, "languages"), (5000.0, "examples")]),
        ("no numbers, but one idea", []),
    ],
)
def test_quantities(sentence: str, found: list[tuple[float, str]]):
    assert [(one.value, one.unit) for one in quantities_of(sentence)] == found


def test_a_number_reappears_as_close_as_it_is_printed():
    (said,) = quantities_of("gains 8.7 points")
    assert reappears(said, quantities_of("an improvement of 8.66 points"))
    assert not reappears(said, quantities_of("an improvement of 8.6 points"))
    assert not reappears(said, quantities_of("8.7 languages"))


@pytest.mark.parametrize(
    ("sentence", "rule", "agrees"),
    [
        ("F1 rises from 50.0 to 58.7, by 8.7 points.", "difference", True),
        ("F1 rises from 50.0 to 58.7, by 9.7 points.", "difference", False),
        ("Errors fall from 50.0 to 40.0, that is by 20 %.", "relative change", True),
        ("Scores of 1.0, 2.0 and 6.0 give an average of 3.0.", "mean", True),
        ("Scores of 1.0, 2.0 and 6.0 give an average of 4.0.", "mean", False),
    ],
)
def test_sums_are_done_again(sentence: str, rule: str, agrees: bool):
    (again,) = recompute(sentence)
    assert (again.rule, again.agrees) == (rule, agrees)


def test_where_the_parts_are_not_there_nothing_is_computed():
    assert recompute("SQuAD gains 8.2 and MNLI 7.5 points.") == ()
    assert recompute("We train from 3 to 5 epochs.") == ()


@pytest.mark.parametrize(
    ("sentence", "sign"),
    [
        ("Parsing helps, though tagging does not help", 1),
        ("Parsing hurts transfer", -1),
        ("Parsing does not improve transfer", 0),
        ("Gains vanish with five seeds", 1),  # the first word counts
        ("Nothing is said", 0),
    ],
)
def test_direction(sentence: str, sign: int):
    assert direction(sentence) == sign


def test_works_that_say_the_opposite_of_the_same():
    yes = text("Dependency parsing first improves zero-shot transfer on all languages.", "a")
    no = text("Dependency parsing first does not improve zero-shot transfer on the languages.", "b")
    other = text("Question answering first hurts retrieval badly in most of the cases.", "c")
    findings: list[Finding] = list(findings_of([yes, no, other]))
    (pair,) = contradictions_of(findings)
    assert (pair.first.work, pair.second.work) == ("a", "b") and "parsing" not in pair.shared and "pars" in pair.shared
    assert contradictions_of([one for one in findings if one.work != "b"]) == ()
