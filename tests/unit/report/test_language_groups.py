"""Groups of languages: gains over families, scripts, distances, corpora; and against distances, by a rank test."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from statistics import fmean

import pyarrow.parquet as pq
import pytest

import fake_study
from xstilts.core.corpus_sizes import CORPUS_GIB, resource_level
from xstilts.core.languages import LANGUAGES, XTREME_R
from xstilts.core.typology import distance_to_english
from xstilts.models.pretraining_languages import pretraining_languages
from xstilts.report.build import Report, compose
from xstilts.report.formats.html import html
from xstilts.report.formats.markdown import markdown
from xstilts.report.scores.language_groups import grouped, language_facts
from xstilts.report.topics.index import TOPICS
from xstilts.report.topics.language_groups.topic import LANGUAGE_GROUPS
from xstilts.report.topics.languages import LANGUAGES as LANGUAGES_TOPIC
from xstilts.report.write import save

READ = ("ar", "de", "en", "es", "ru", "zh")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Two arms on two targets without a failed cell, and an encoder that has read six of the eight languages."""
    whole = fake_study.results(tmp_path_factory.mktemp("store"))
    chosen = fake_study.only(whole, arms=("none", "nli"), targets=("xquad", "tatoeba"))
    known = replace(chosen, encoder_languages=READ, encoder_languages_source="invented")
    return compose(known, topics=[topic for topic in TOPICS if topic in (LANGUAGE_GROUPS, LANGUAGES_TOPIC)])


def test_a_gain_over_a_group_is_the_mean_over_its_languages(report: Report):
    board, groups = report.scoreboard, report.value(LANGUAGE_GROUPS)
    assert groups is not None
    tatoeba = next(target for target in board.results.targets if target.name == "tatoeba")
    of_target = {(one.by, one.group): one for one in groups.gains if one.target == "tatoeba"}
    latin = of_target["script", "Latin"]
    assert latin.languages == ("de", "es"), "English is the language trained in, and Swahili has no score here"
    by_hand = fmean(board.difference("nli", "none", tatoeba, x) or 0.0 for x in latin.languages)
    assert latin.gain is not None and latin.gain.value == pytest.approx(by_hand, abs=1e-4)
    assert latin.gain.low is not None and latin.gain.low < by_hand < (latin.gain.high or 0.0)
    assert of_target["pretraining", "in pretraining"].languages == ("de", "es", "ru", "ar", "zh")
    assert of_target["pretraining", "not in pretraining"].languages == ("th",)


def test_the_mean_over_targets_counts_each_target_once(report: Report):
    groups = report.value(LANGUAGE_GROUPS)
    assert groups is not None and groups.first is None
    found = {(one.target, one.by, one.group): one for one in groups.gains}
    mean, *single = (found[target, "family", "Kra-Dai"] for target in (None, "xquad", "tatoeba"))
    assert mean.targets == 2 and mean.languages == ("th",)
    values = [one.gain.value for one in single if one.gain]
    assert len(values) == 2 and mean.gain is not None
    assert mean.gain.value == pytest.approx(fmean(values))
    swahili = found[None, "family", "Niger-Congo"]
    assert swahili.targets == 1, "only one of them is tested in Swahili, and the line says so"


def test_page_markdown_and_tables_show_the_same(report: Report, tmp_path: Path):
    page, text = html(report.document), markdown(report.document)
    assert 'href="#groups"' in page and "## Groups of languages" in text
    assert "CC BY-SA 4.0" in page and "invented" in page
    save(report, tmp_path)
    gains = pq.read_table(tmp_path / "language_groups.parquet").to_pylist()
    assert (tmp_path / "language_groups.csv").is_file()
    assert {row["target"] for row in gains} == {"all", "xquad", "tatoeba"}
    lines = pq.read_table(tmp_path / "distance_correlations.parquet").to_pylist()
    syntax = next(row for row in lines if (row["target"], row["distance"]) == ("all", "distance in syntax"))
    assert syntax["n"] == 7 and -1 <= syntax["rho"] <= 1 and 0 < syntax["p"] <= 1
    save(compose(fake_study.only(report.scoreboard.results, arms=())), tmp_path)
    assert not (tmp_path / "language_groups.parquet").exists(), "tables of an earlier report go"


def test_nothing_is_divided_by_a_pretraining_that_is_not_known(report: Report):
    unknown = replace(report.scoreboard.results, encoder_languages=None)
    assert language_facts(report.scoreboard.results, ["pt-br"])[0].groups["pretraining"] == "not in pretraining"
    facts = language_facts(unknown, ["de", "yo", "qte"])
    groups = grouped(facts)
    assert not [by for by, _ in groups if by == "pretraining"]
    assert groups["corpus", "none in CC-100"] == ("yo", "qte")
    assert groups["distance in syntax", "not known"] == ("qte",)
    names = [group for by, group in groups if by == "distance in syntax"]
    assert names == ["below 0.2", "0.4 or more", "not known"], "in the order of the distance"


def test_facts_of_every_language_of_xtreme():
    assert set(CORPUS_GIB) <= set(LANGUAGES) | {f"{code}-latn" for code in ("bn", "hi", "ta", "te", "ur")}
    assert {code for code in XTREME_R if code not in CORPUS_GIB} == {"ht", "qu", "wo", "yo"}
    assert resource_level("pt-br") == resource_level("pt")
    assert resource_level("my") == "1 to 10 GiB" and resource_level("en") == "10 GiB or more"
    distances = {code: distance_to_english(code) for code in XTREME_R}
    assert [code for code, of in distances.items() if of.syntax is None] == ["jv", "kk"]
    assert all(0 < of.syntax < 1 for code, of in distances.items() if of.syntax is not None and code != "en")
    assert distances["en"].syntax == 0
    assert distance_to_english("pt-br") == distances["pt"] and distance_to_english("sr-latn").syntax is not None


def test_what_an_encoder_has_read(tmp_path: Path):
    xlmr = pretraining_languages("FacebookAI/xlm-roberta-base")
    assert xlmr is not None and "sw" in xlmr.codes and "yo" not in xlmr.codes
    mbert = pretraining_languages("mbert")
    assert mbert is not None and "yo" in mbert.codes and mbert.codes <= set(LANGUAGES)
    ours = pretraining_languages("tiny-e5")
    assert ours is not None and xlmr.codes < ours.codes and "wo" in ours.codes
    assert pretraining_languages("rembert") is None and pretraining_languages("who/knows") is None
    folder = tmp_path / "mine"
    (folder / "encoder").mkdir(parents=True)
    (folder / "pretraining.json").write_text('{"recipe": {"languages": ["de", "xh"], "encoder": {"layers": 2}}}')
    found = pretraining_languages(str(folder), folder / "encoder")
    assert found is not None and found.codes == {"de", "xh"}
    (folder / "pretraining.json").write_text('{"recipe": {"languages": ["de"], "encoder": {"teacher": "rembert"}}}')
    assert pretraining_languages(str(folder), folder / "encoder") is None, "what its teacher has read is not known"
