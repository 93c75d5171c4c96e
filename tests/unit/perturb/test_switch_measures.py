"""Measures of code-switching agree with the published programs, sentence by sentence and over corpora."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from xstilts.perturb import switch_measures as measures

TREEBANKS = ["ga", "qaf-three", "qtd", "qte", "qti"]
OF_SENTENCES = {
    "cmi_2014": measures.cmi_2014,
    "cmi_2016_Cu": measures.cmi_2016,
    "i_index": measures.i_index,
    "m_index": measures.m_index,
    "entropy": measures.entropy,
    "burstiness": measures.burstiness,
    "spf_all_boundaries": measures.switch_point_fraction,
    "switch_points": measures.switch_points,
    "switch_points_adjacent": measures.adjacent_switch_points,
    "spans": measures.language_spans,
}


def golden(folder: Path, treebank: str) -> tuple[dict, list[dict]]:
    official = json.loads((folder / "codeswitch/official.json").read_text("utf-8"))[treebank]
    lines = (folder / f"codeswitch/{treebank}.jsonl").read_text("utf-8").split("\n")
    return official, [json.loads(line) for line in lines if line]


@pytest.mark.parametrize("treebank", TREEBANKS)
def test_sentences(treebank: str, shared_golden: Path):
    official, sentences = golden(shared_golden, treebank)
    for name, measure in OF_SENTENCES.items():
        for sentence in sentences:
            value = measure(sentence["languages"], official["languages"])
            assert value == (pytest.approx(sentence[name]) if sentence[name] is not None else None), sentence["id"]


@pytest.mark.parametrize("treebank", TREEBANKS)
def test_corpora(treebank: str, shared_golden: Path):
    official, sentences = golden(shared_golden, treebank)
    made = measures.measure_switching([sentence["languages"] for sentence in sentences], official["languages"])
    stream, gamback = official["own_on_the_whole_stream"], official["gamback_2016"]
    assert made == measures.SwitchMeasures(
        sentences=gamback["utterances"],
        mixed=gamback["mixed"],
        cmi_2014_all=pytest.approx(official["cmi_2014_all"]),
        cmi_2014_mixed=pytest.approx(official["cmi_2014_mixed"]),
        cmi_2016_all=pytest.approx(gamback["Cu_all"]),
        cmi_2016_mixed=pytest.approx(gamback["Cu_mixed"]),
        cc_2016=pytest.approx(gamback["Cc"]),
        m_index=pytest.approx(stream["m_index"]),
        i_index_across_sentences=pytest.approx(stream["i_index"]),
        i_index_within_sentences=pytest.approx(official["i_index_without_sentence_boundaries"]),
        switch_point_fraction=pytest.approx(official["spf_mean_of_sentences"]),
    )


def test_edges(shared_golden: Path):
    cases = json.loads((shared_golden / "codeswitch/edge.json").read_text("utf-8"))
    assert len(cases) == 7
    for case in cases:
        assert measures.cmi_2016(case["languages"], ("EN", "HI")) == pytest.approx(case["cmi_2016_Cu"])
        for name, value in case["own"].items():
            if name in OF_SENTENCES:
                made = OF_SENTENCES[name](case["languages"], ("EN", "HI"))
                assert made == (pytest.approx(value) if value is not None else None), (case["case"], name)


def test_a_published_example_by_hand():
    tags = ["EN", "EN", "HI", "HI", "-", "-", "HI", "HI", "EN", "EN", "EN", "HI", "HI"]
    assert measures.switch_points(tags, ("EN", "HI")) == 3
    assert measures.cmi_2014(tags, ("EN", "HI")) == pytest.approx(100 * 5 / 11)
    assert measures.i_index(tags, ("EN", "HI")) == pytest.approx(0.3)
    assert measures.language_spans(tags, ("EN", "HI")) == [2, 4, 3, 2]


def test_what_is_not_defined_is_none():
    empty = measures.measure_switching([], ("a", "b"))
    assert (empty.cmi_2014_all, empty.cmi_2014_mixed, empty.m_index, empty.switch_point_fraction) == (
        0,
        None,
        None,
        None,
    )
    assert measures.m_index(["a"], ("a",)) is None
