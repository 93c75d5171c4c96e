"""Claims against the invented study: its scores are known, so are the verdicts; what is missing is named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import fake_study
from xstilts.claims.claim import Claim, ClaimPredicate
from xstilts.metrics.arm_means import TargetScores
from xstilts.metrics.joint_errors import UnitMeans, document_covariance
from xstilts.report.build import compose
from xstilts.report.formats.html import html
from xstilts.report.formats.markdown import markdown
from xstilts.report.scores.claim_scores import MeasuredClaim, measure
from xstilts.report.scores.inputs import Results
from xstilts.report.scores.target_draws import TargetDraws, target_draws
from xstilts.report.topics.claims import CLAIMS, percent


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return fake_study.results(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def draws(results: Results) -> dict[str, TargetDraws]:
    return {target.name: target_draws(results, target) for target in results.targets}


def judged(
    results: Results, draws: dict[str, TargetDraws], comparison: str = "greater", **keys: object
) -> MeasuredClaim:
    given = {"arm": "nli", "over": ("none",), "targets": ("tatoeba",), **keys}
    return measure(results, draws, ClaimPredicate(comparison=comparison, **given), "a claim")  # type: ignore[arg-type]


def test_a_lift_of_seventeen_points_is_found(results: Results, draws: dict[str, TargetDraws]) -> None:
    found = judged(results, draws)
    assert found.judgement.verdict == "supported"
    assert found.judgement.estimate == pytest.approx(17, abs=2)
    assert found.judgement.probability is not None and found.judgement.probability > 0.99
    assert found.cells == {"tatoeba": ("de", "es", "ru", "ar", "zh", "th")} and found.seeds == 2
    assert found.test_items == 6 * fake_study.EXAMPLES // 2  # groups of two examples


def test_the_estimate_is_the_contrast_of_the_report(results: Results, draws: dict[str, TargetDraws]) -> None:
    board = compose(results, topics=()).scoreboard
    (contrast,) = (
        c for c in board.comparison.contrasts if c.name == "nli − none" and c.target == "tatoeba" and c.zero_shot
    )
    assert judged(results, draws).judgement.estimate == pytest.approx(contrast.value)


def test_less_is_contradicted_where_greater_is_supported(results: Results, draws: dict[str, TargetDraws]) -> None:
    assert judged(results, draws, "less").judgement.verdict == "contradicted"


def test_no_difference_needs_an_interval_within_the_margin(results: Results, draws: dict[str, TargetDraws]) -> None:
    small = judged(results, draws, "no difference", targets=("xnli",), margin=0.2).judgement
    assert small.verdict == "inconclusive"  # neither significant nor equivalent
    assert judged(results, draws, "no difference", targets=("xnli",), margin=90.0).judgement.verdict == "supported"


def test_an_unknown_arm_target_or_language_is_named(results: Results, draws: dict[str, TargetDraws]) -> None:
    arm = judged(results, draws, arm="ccg")
    assert arm.judgement.verdict == "not measured" and "the arm ccg is missing" in arm.judgement.reason
    assert not arm.missing[0].in_study
    assert "the target mlqa is missing" in judged(results, draws, targets=("mlqa",)).judgement.reason
    sw = judged(results, draws, languages=("sw",))
    assert "sw of tatoeba is missing: no file tatoeba/swh-eng.swh" in sw.judgement.reason
    assert sw.missing[0].in_study


def test_a_cell_that_failed_is_named_with_its_reason(results: Results, draws: dict[str, TargetDraws]) -> None:
    found = judged(results, draws, targets=("udpos",))
    assert found.judgement.verdict == "not measured"
    assert "the arm nli is missing: on udpos, seed 1, failed: train udpos: disk full" in found.judgement.reason


def test_one_seed_decides_nothing(results: Results) -> None:
    one = fake_study.only(results, seeds=(1,))
    found = judged(one, {t.name: target_draws(one, t) for t in one.targets}).judgement
    assert found.verdict == "inconclusive" and found.low is None and "one seed" in found.reason
    assert found.estimate == pytest.approx(17, abs=3)


def test_languages_of_one_target_go_up_and_down_together(results: Results, draws: dict[str, TargetDraws]) -> None:
    """Items are the same in all languages: a mean over two is as uncertain as they are together, not as two targets."""
    target = draws["tatoeba"]
    assert target.draws is not None

    def unit(*languages: str) -> UnitMeans:
        return UnitMeans.over([TargetScores(target.draws, languages, target.collapsed)])

    both = document_covariance([(unit("de", "es"), "nli")])[0, 0]
    apart = document_covariance([(unit("de"), "nli"), (unit("es"), "nli")])
    assert np.full(2, 0.5) @ apart @ np.full(2, 0.5) == pytest.approx(both)


def test_different_targets_share_no_test_items(results: Results, draws: dict[str, TargetDraws]) -> None:
    units = [
        UnitMeans.over([TargetScores(draws[t].draws, ("de",), draws[t].collapsed)])  # type: ignore[arg-type]
        for t in ("tatoeba", "xquad")
    ]
    covariance = document_covariance([(unit, "qa") for unit in units])
    assert covariance[0, 1] == 0 and covariance[0, 0] > 0


NINE = ("xnli", "pawsx", "udpos", "panx", "xquad", "mlqa", "tydiqa", "bucc2018", "tatoeba")


def claim(name: str, arm: str, comparison: str = "greater", **keys: object) -> Claim:
    return Claim(
        name=name,
        says=f"{arm} helps.",
        predicate=ClaimPredicate(arm=arm, over=("none",), comparison=comparison, **keys),  # type: ignore[arg-type]
        published={"qa": "x-stilts", "none": "xlmr-large"} if name == "printed" else {},
    )


def with_claims(results: Results) -> Results:
    claims = (
        claim("nli helps", "nli", targets=("tatoeba",)),
        claim("both", "ccg"),
        claim("retrieval", "nli", "most on", targets=("tatoeba", "xnli"), on=("tatoeba",)),
        Claim(name="three", says="Three phases.", setup={"phases": 3}),
        claim("printed", "qa", "within", targets=NINE, languages="all", threshold=5.4, margin=1.0),
    )
    return replace(results, claims=claims, setup={"phases": 3})


def test_the_report_has_a_section_with_every_claim(results: Results) -> None:
    report = compose(with_claims(results))
    judged_claims = report.value(CLAIMS)
    assert judged_claims is not None
    verdicts = {one.claim.name: one.here.judgement.verdict for one in judged_claims.each}
    assert verdicts == {
        "nli helps": "supported",
        "both": "not measured",
        "retrieval": "supported",
        "three": "supported",
        "printed": "not measured",
    }
    text = markdown(report.document)
    assert "## Claims" in text and "Of 5 claims: 3 supported, 2 not measured." in text
    assert "To measure it: xstilts run transfer" in text
    page = html(report.document)
    assert 'href="#claims"' in page
    (record,) = (one for one in report.record()["claims"] if one["name"] == "printed")
    assert record["published_verdict"]["verdict"] == "supported"
    assert record["published_verdict"]["estimate"] == pytest.approx(5.4)
    assert any("encoder differs" in line for line in report.record()["claims_differ"])


def test_a_published_average_has_its_shares(results: Results) -> None:
    """TyDiQA by both printed scores; BUCC and Tatoeba, which the row does not print, together."""
    report = compose(with_claims(results), topics=(CLAIMS,))
    (average,) = report.record()["published_averages"]
    shares = {share["target"]: share["share"] for share in average["parts"]["shares"]}
    assert average["name"] == "printed" and average["parts"]["average"] == pytest.approx(5.4)
    assert shares["tydiqa"] == pytest.approx((67.75 - 55.05) / 9)
    assert list(average["parts"]["missing"]) == ["bucc2018", "tatoeba"]
    assert sum(shares.values()) + average["parts"]["rest"] == pytest.approx(5.4)
    assert "tydiqa +1.41" in markdown(report.document) and "bucc2018 and tatoeba together" in markdown(report.document)


def test_a_study_without_claims_says_nothing_of_them(results: Results) -> None:
    report = compose(results)
    assert report.record()["claims"] == [] and "## Claims" not in markdown(report.document)


def test_a_probability_is_never_written_as_certain() -> None:
    assert percent(0.99999) == "> 99 %" and percent(0.0) == "< 1 %" and percent(0.5) == "50 %"
