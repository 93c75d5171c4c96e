"""Shares of average differences add up to the whole, in every division and as they are printed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fake_study
from xstilts.metrics.apportion import apportioned
from xstilts.metrics.significance import Draws
from xstilts.report.build import Report, compose
from xstilts.report.formats.markdown import markdown
from xstilts.report.scores.contrast_scopes import Contrast
from xstilts.report.scores.gain_shares import DIVISIONS, cell_gains, gain_shares
from xstilts.report.scores.inputs import Results, TargetInfo
from xstilts.report.scores.target_draws import TargetDraws
from xstilts.report.topics.gain_shares import GAIN_SHARES

LANGUAGES = ("en", "de", "sw", "zh", "xx")


@st.composite
def scored(draw: st.DrawFn) -> dict[str, TargetDraws]:
    """One to four targets, each in some languages beside English; two arms, two seeds; a run may have collapsed."""
    found = {}
    for name in ("xnli", "panx", "xquad", "tatoeba")[: draw(st.integers(1, 4))]:
        languages = ("en", *draw(st.sets(st.sampled_from(LANGUAGES[1:]), min_size=1).map(sorted)))
        point = np.array(draw(st.lists(st.floats(0, 100), min_size=4 * len(languages), max_size=4 * len(languages))))
        point = point.reshape(2, 2, len(languages))
        collapsed = np.array([[draw(st.booleans()), False], [False, False]])
        draws = Draws(("nli", "none"), (1, 2), languages, point, point[None], np.full(len(languages), 9))
        found[name] = TargetDraws(
            target=TargetInfo(name=name, languages=languages), draws=draws, missing={}, collapsed=collapsed
        )
    return found


def contrast_over(draws: dict[str, TargetDraws]) -> Contrast:
    languages = tuple(dict.fromkeys(x for d in draws.values() for x in d.languages(True)))
    return Contrast(
        name="nli − none", weights={"nli": 1.0, "none": -1.0}, target=None, targets=tuple(draws), zero_shot=True,
        languages=languages, label="", seeds=2,
    )  # fmt: skip


@given(scored())
def test_the_shares_of_every_division_add_up_to_the_average(draws: dict[str, TargetDraws]) -> None:
    contrast = contrast_over(draws)
    shares = gain_shares(contrast, draws, EMPTY)
    whole = sum(cell.gain * cell.weight for cell in cell_gains(contrast, draws))
    for by in DIVISIONS:
        of = [one for one in shares if one.by == by]
        assert sum(one.share for one in of) == pytest.approx(whole, abs=1e-9)
        assert sum(one.weight for one in of) == pytest.approx(1.0)
        assert all(one.share == pytest.approx(one.weight * one.gain) for one in of)


EMPTY = Results(
    name="", question="", arms=("nli", "none"), baseline="none", targets=(), seeds=(1, 2), cells=(), contrasts=(),
    study_yaml="", encoder="",
)  # fmt: skip


@given(st.lists(st.floats(-100, 100), max_size=40), st.integers(0, 3))
def test_rounded_shares_add_up_to_the_rounded_whole(parts: list[float], digits: int) -> None:
    found, scale = apportioned(parts, digits), 10**digits
    assert sum(round(x * scale) for x in found) == round(sum(x * scale for x in parts), 6).__round__()
    assert all(abs(a - b) < 1 / scale + 1e-9 for a, b in zip(found, parts, strict=True))


@pytest.fixture(scope="module")
def report(results: Results) -> Report:
    """Targets that have every score; one run did not learn."""
    return compose(fake_study.only(results, targets=("xnli", "tatoeba")))


def test_the_average_is_that_of_the_contrasts(report: Report) -> None:
    shares = report.value(GAIN_SHARES)
    assert shares is not None
    overall = {c.title: c.value for c in report.contrasts if c.target is None and c.zero_shot}
    assert set(overall) == {"nli over none", "qa over none"}
    for title, value in overall.items():
        for by in DIVISIONS:
            of = [one.share for one in shares if (one.contrast, one.by) == (title, by)]
            assert sum(of) == pytest.approx(value, abs=1e-9), (title, by)


def test_groups_are_those_of_the_languages(report: Report, results: Results) -> None:
    shares = report.value(GAIN_SHARES)
    assert shares is not None
    assert {"Indo-European", "Niger-Congo"} <= {one.part for one in shares if one.by == "family"}
    assert {"Latin", "Cyrillic", "Arabic"} <= {one.part for one in shares if one.by == "script"}
    assert "1 to 10 GiB" in {one.part for one in shares if one.by == "resource level"}
    assert "## What differences are made of" in markdown(report.document)
    assert compose(replace(results, contrasts=()), topics=(GAIN_SHARES,)).record() == {"gain_shares": []}
