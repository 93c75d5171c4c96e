"""Claims as they are written: what is wrong is named with its place and the nearest name; packaged ones fit their
studies and, where numbers are printed, published tables give the verdicts that arithmetic gives."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from xstilts.claims.comparisons import COMPARISONS
from xstilts.core.errors import StudyError
from xstilts.report.scores.published_claims import measure_published
from xstilts.study.claims import (
    ClaimSourceSpec,
    ClaimSpec,
    PredicateSpec,
    SetupSpec,
    check_claims,
    claims_of,
    load_claims,
    packaged_claims,
    setup_of,
)
from xstilts.study.load import apply_scale, dump_study, load_study, parse_study
from xstilts.study.schema import Study
from xstilts.tasks.catalog import TASKS

PREDICATE = {"arm": "nli", "over": "none", "comparison": "greater"}
SOURCE = {"paper": "Someone 2020", "place": "abstract", "quote": "we obtain a 5.4 point improvement"}


def study(**claim: object) -> Study:
    return parse_study(
        {
            "question": "?",
            "encoder": "tiny-e5",
            "arms": {"none": {"strategy": "direct"}, "nli": {"strategy": "sequential", "through": ["mnli"]}},
            "targets": ["xnli", "udpos", "tatoeba"],
            "scale": {"small": {"arms": ["none"], "targets": ["panx"]}},
            "claims": {"it helps": {"says": "It helps.", "predicate": PREDICATE, **claim}},
        },
        "study.yaml",
    )


def refusal(**claim: object) -> StudyError:
    with pytest.raises(StudyError) as caught:
        made = study(**claim)
        check_claims(claims_of(made.claims), made, TASKS)
    return caught.value


def with_predicate(**keys: object) -> StudyError:
    return refusal(predicate={**PREDICATE, **keys})


def test_a_claim_is_read() -> None:
    made = study(source=SOURCE)
    check_claims(claims_of(made.claims), made, TASKS)
    (claim,) = claims_of(made.claims)
    assert (
        claim.predicate is not None and claim.predicate.over == ("none",) and claim.predicate.languages == "zero-shot"
    )
    assert claim.source is not None and claim.source.title == "Someone 2020, abstract"


@pytest.mark.parametrize("key", ["arm", "over"])
def test_an_arm_that_does_not_exist(key: str) -> None:
    error = with_predicate(**{key: "nly"})
    assert "There is no arm 'nly'." in str(error) and "Did you mean 'nli'?" in str(error)
    assert str(error.where).startswith(f"claims.it helps.predicate.{key}")


def test_a_target_that_does_not_exist() -> None:
    error = with_predicate(targets=["xnli", "udpost"])
    assert error.where == "claims.it helps.predicate.targets[1]" and "Did you mean 'udpos'?" in str(error)


def test_a_language_that_no_target_has() -> None:
    error = with_predicate(targets=["xnli"], languages=["de", "fi"])
    assert "None of these targets has a test set in 'fi'." in str(error)


def test_a_margin_below_zero() -> None:
    error = with_predicate(comparison="no difference", margin=-0.5)
    assert "'margin' must be a number, at least 0 and at most 100, not -0.5." in str(error)
    assert "claims.it helps.predicate.margin" in str(error)


def test_different_metrics_are_not_compared() -> None:
    error = with_predicate(targets=["xnli", "udpos"], metric="token_accuracy")
    assert "This compares different metrics: not all targets have 'token_accuracy', 'xnli' has accuracy" in str(error)
    assert error.where == "claims.it helps.predicate.metric"
    assert "Did you mean 'token_accuracy'?" in str(with_predicate(targets=["udpos"], metric="tokens_accuracy"))


def test_a_quotation_without_its_number() -> None:
    within = {**PREDICATE, "comparison": "within", "threshold": 5.5, "margin": 1}
    error = refusal(source=SOURCE, predicate=within)
    assert "5.5 does not stand in the quotation 'we obtain a 5.4 point improvement'." in str(error)
    assert "claims.it helps.source.quote" in str(error)
    assert "8.2 does not stand" in str(refusal(source={**SOURCE, "numbers": [5.4, 8.2]}))
    study(source=SOURCE, predicate={**within, "threshold": 5.4})


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"comparison": "gretaer"}, "Did you mean 'greater'?"),
        ({"comparison": "within", "threshold": 1.0}, "needs 'margin'"),
        ({"comparison": "consistent across"}, "needs 'across'"),
        ({"margin": 1.0}, "reads no 'margin'"),
        ({"over": ["none", "nli"]}, "with one arm in 'over'"),
        ({"over": "nli"}, "compared with itself"),
        ({"comparison": "most on", "on": ["panx"]}, "'panx' is not among the targets"),
        ({"comparison": "most on", "on": ["xnli", "udpos", "tatoeba"]}, "there is none to compare them with"),
        ({"threshhold": 1.0}, "Did you mean 'threshold'?"),
    ],
)
def test_predicates_that_cannot_be(keys: dict[str, object], said: str) -> None:
    assert said in str(with_predicate(**keys))


def test_a_claim_says_one_thing() -> None:
    assert "one of 'predicate' and 'setup'" in str(refusal(setup={"phases": 3}))
    assert "one of 'encoder', 'phases' and" in str(refusal(predicate=None, setup={"phases": 3, "encoder": "x"}))
    assert "does not compare an arm 'qa'" in str(refusal(published={"qa": "x-stilts"}))


def test_the_file_and_line_of_a_mistake_are_named(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("claims:\n  a:\n    says: It helps.\n    predicate: {arm: nli, over: none, comparison: better}\n")
    with pytest.raises(StudyError, match=r"mine\.yaml:4: claims\.a\.predicate\.comparison"):
        load_claims(str(file))
    with pytest.raises(StudyError, match="Did you mean 'phang2020'"):
        load_claims("phang202")


def test_an_arm_that_a_scale_leaves_out_is_still_one_of_the_study() -> None:
    small = apply_scale(study(), "small")
    assert "nli" not in small.arms
    check_claims(claims_of(small.claims), small, TASKS)


def test_claims_are_no_part_of_what_is_run() -> None:
    assert "claims" not in yaml.safe_load(dump_study(study()))


@pytest.mark.parametrize("file", packaged_claims())
def test_packaged_claims_fit_their_studies(file: str) -> None:
    specs, _ = load_claims(file)
    for name in {spec.study for spec in specs.values()}:
        check_claims(claims_of({key: one for key, one in specs.items() if one.study == name}), load_study(name), TASKS)


def test_a_packaged_study_has_its_packaged_claims() -> None:
    assert "squad1 gains 8.2" in load_study("phang2020").claims
    assert "parsing helps" in load_study("syntax_srl", "smoke").claims
    assert load_study("quickstart").claims == {}


PUBLISHED = {
    "squad1 gains 8.2": (8.2, "supported"),
    "mnli gains 7.5": (7.5, "supported"),
    "hellaswag gains 7.0": (7.0, "supported"),
    "multitask gains 8.7": (8.7, "supported"),
    "multitask is best": (0.5, "supported"),  # over SQuAD, the nearest
    "best for each target gains 5.4": (5.4, "supported"),
    "squad gains 8.4 in version 1": (8.4, "supported"),
    "best for each target gains 6.1 in version 1": (6.1, "supported"),
    "tydiqa gains on average": (12.7, "supported"),  # the mean of 59.5 - 45.0 and 76.0 - 65.1
    "xnli does not gain": (0.8, "supported"),  # 80.0 - 79.2
    "tydiqa gains": (None, "not measured"),  # by language nothing is printed
    "retrieval gains most": (None, "not measured"),  # nor BUCC and Tatoeba by themselves
}


@pytest.mark.parametrize(("name", "expected"), PUBLISHED.items())
def test_published_tables_give_the_verdicts_that_arithmetic_gives(
    name: str, expected: tuple[float | None, str]
) -> None:
    claim = next(one for one in claims_of(load_claims("phang2020")[0]) if one.name == name)
    found = measure_published(claim)
    assert found is not None and found.judgement.verdict == expected[1]
    assert found.judgement.estimate == (None if expected[0] is None else pytest.approx(expected[0]))


def test_the_page_describes_every_key() -> None:
    text = (Path(__file__).parents[3] / "docs" / "claims.md").read_text("utf-8")
    for section in (ClaimSpec, ClaimSourceSpec, PredicateSpec, SetupSpec):
        assert all(re.search(rf"\b{key}\b", text) for key in section.model_fields), section
    assert all(f"`{name}`" in text for name in COMPARISONS)


def test_the_example_of_the_page_is_read(tmp_path: Path) -> None:
    text = (Path(__file__).parents[3] / "docs" / "claims.md").read_text("utf-8")
    (example,) = re.findall(r"^```yaml.*?\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    (tmp_path / "mine.yaml").write_text(example, "utf-8")
    assert list(load_claims(str(tmp_path / "mine.yaml"))[0]) == ["inference helps", "order does not matter"]


def test_the_set_up_of_the_published_study() -> None:
    assert setup_of(load_study("phang2020")) == {
        "encoder": "FacebookAI/xlm-roberta-large",
        "phases": 3,
        "intermediate_tasks": 9,
    }
