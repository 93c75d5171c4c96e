"""Figures are well-formed, escaped, and place what they show where the numbers say."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xstilts.report.elements import svg
from xstilts.report.elements.charts import (
    Curve,
    Effect,
    Tile,
    forest,
    forests,
    heat,
    panel,
    reach,
    scale_key,
    thin,
)
from xstilts.report.scores.inputs import StepInfo
from xstilts.report.topics.run_graph import BOX_LIMIT, drawing, layout, visible

HOSTILE = '<script>alert("x")</script>&'
finite = st.floats(-1e6, 1e6, allow_nan=False)


def tree(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)


def test_a_forest_puts_larger_differences_further_right() -> None:
    effects = [Effect(label=str(v), value=v, low=v - 1, high=v + 1) for v in (-4.0, 0.5, 6.0)]
    circles = tree(forest([("a over b", effects)], "Differences")).findall(".//circle")
    places = [float(c.attrib["cx"]) for c in circles]
    assert places == sorted(places) and len(set(places)) == 3


def test_a_forest_says_why_a_line_is_empty_and_draws_no_dot_for_it() -> None:
    text = forest([("a over b", [Effect(label="xnli", value=None, note="no file")])], "Differences")
    assert "no file" in text and "missing" in text and not tree(text).findall(".//circle")


def test_an_interval_of_hundreds_of_points_does_not_flatten_the_others() -> None:
    effects = [Effect(label="a", value=3.0, low=1.0, high=5.0), Effect(label="b", value=4.0, low=-300.0, high=308.0)]
    assert reach(effects)[1] < 12 and reach(effects)[0] > -12
    found = tree(forest([("x over y", effects)], "Differences"))
    assert len(found.findall(".//polygon[@class='arrow']")) == 2
    assert "−300.0 to 308.0" in ElementTree.tostring(found, encoding="unicode")


def test_significance_shows_without_colour() -> None:
    text = forest([("a over b", [Effect(label="x", value=3.0, low=1.0, high=5.0, significant=True)])], "Differences")
    assert "+3.0 (1.0 to 5.0) *" in text


@pytest.mark.parametrize("columns", [5, 40])
def test_a_heat_map_names_every_field_and_prints_numbers_only_while_they_fit(columns: int) -> None:
    names = [f"l{i}" for i in range(columns)]
    tiles = [Tile(text="+1.0", tip=f"both, {name}: +1.0", shade=0.1) for name in names]
    found = tree(heat(names, [("both", tiles)], "xnli", "Map"))
    assert len(found.findall(".//title")) == columns
    inside = [t for t in found.iter("text") if t.text == "+1.0"]
    assert len(inside) == (columns if columns == 5 else 0)


def test_a_missing_field_is_drawn_as_a_gap_even_where_numbers_do_not_fit() -> None:
    names = [f"l{i}" for i in range(40)]
    text = heat(names, [("both", [Tile(text="·", tip="missing", missing=True)] * 40)], "xnli", "Map")
    assert text.count('class="gap"') == 40 and text.count("·</text>") == 40


def test_stronger_differences_are_more_opaque() -> None:
    text = heat(
        ["a", "b"], [("arm", [Tile(text="", tip="", shade=0.2), Tile(text="", tip="", shade=-0.9)])], "xnli", "Map"
    )
    weak, strong = (float(x) for x in re.findall(r'fill-opacity="([\d.]+)"', text))
    assert weak < strong


@given(st.lists(st.tuples(finite, finite), min_size=1, max_size=400), st.integers(2, 60))
def test_thinning_keeps_the_last_point_and_the_limit(points: list[tuple[float, float]], most: int) -> None:
    kept = thin(points, most)
    assert len(kept) <= max(most, 1) and kept[-1] == points[-1]


def test_a_panel_leaves_out_what_is_not_a_number_and_marks_chance() -> None:
    curve = Curve(label="run", colour=0, points=[(1, 1.0), (2, float("nan")), (3, 0.5)])
    found = tree(panel("loss", [curve], floor=0.2))
    (line,) = found.findall(".//polyline")
    assert len(line.attrib["points"].split()) == 2
    assert "chance: 0.2" in ElementTree.tostring(found, encoding="unicode")


def test_a_panel_without_points_is_nothing() -> None:
    assert panel("loss", [Curve(label="run", colour=0, points=[])]) == ""


@given(finite, finite)
def test_ticks_lie_inside_and_are_few(a: float, b: float) -> None:
    low, high = min(a, b), max(a, b) + 1e-3
    marks = svg.ticks(low, high)
    slack = (high - low) * 1e-6
    assert len(marks) <= 12 and all(low - slack <= t <= high + slack for t in marks)


def step(key: str, *inputs: str, name: str = "train") -> StepInfo:
    return StepInfo(key=key, name=name, label=key, status="done", inputs=inputs, is_on_route=name != "prepare")


def test_every_step_lies_to_the_right_of_what_it_reads() -> None:
    steps = [step("d", "b", "c"), step("b", "a"), step("c", "a", "b"), step("a")]
    plan = layout(steps, steps)
    assert all(plan.positions[source][0] < plan.positions[goal][0] for source, goal in plan.edges)
    assert set(plan.edges) == {("a", "b"), ("a", "c"), ("b", "c"), ("b", "d"), ("c", "d")}
    assert len(set(plan.positions.values())) == 4


def test_a_large_graph_shows_its_routes_and_keeps_their_connections() -> None:
    steps = [step("encoder", name="encoder"), step("first", "encoder")]
    steps += [step(f"prepare{i}", "first", name="prepare") for i in range(BOX_LIMIT)]
    steps.append(step("last", "prepare3"))
    shown = visible(steps)
    assert {s.key for s in shown} == {"encoder", "first", "last"}
    assert ("first", "last") in layout(steps, shown).edges
    assert tree(drawing(steps, "graph")).findall(".//rect")


def test_a_graph_too_large_to_follow_is_not_drawn() -> None:
    assert drawing([step(f"t{i}") for i in range(BOX_LIMIT + 1)], "graph") == ""


@pytest.mark.parametrize(
    "text",
    [
        forest([(HOSTILE, [Effect(label=HOSTILE, value=1.0, note=HOSTILE)])], HOSTILE),
        heat([HOSTILE], [(HOSTILE, [Tile(text=HOSTILE, tip=HOSTILE)])], HOSTILE, HOSTILE),
        panel(HOSTILE, [Curve(label=HOSTILE, colour=0, points=[(1, 1.0), (2, 2.0)])]),
        drawing([StepInfo(key="k", name=HOSTILE, label=HOSTILE, status="failed", error=HOSTILE)], HOSTILE),
        scale_key(5.0, True, HOSTILE),
    ],
)
def test_text_from_data_cannot_break_out(text: str) -> None:
    found = tree(text)
    assert not list(found.iter("script")) and "<script" not in text


def test_a_narrow_forest_has_the_same_numbers_within_a_narrow_screen() -> None:
    long = "a target with a name that is much longer than there is room for beside its number"
    effects = [Effect(label=long, value=-12.3, low=-20.0, high=-4.5, significant=True), Effect(label="x", value=None)]
    wide, narrow = (tree(text) for text in forests([("a heading that is long as well", effects)], "n"))
    assert [one.attrib["class"] for one in (wide, narrow)] == ["wide", "narrow"]
    said = [t.text for t in narrow.iter("text")]
    assert "−12.3 (−20.0 to −4.5) *" in said and "missing" in said
    assert float(narrow.attrib["width"]) <= 330
    number = next(t for t in narrow.iter("text") if t.text and t.text.startswith("−12.3"))
    label = next(t for t in narrow.iter("text") if t.text and t.text.startswith("a target"))
    assert number.attrib["y"] == label.attrib["y"] and number.attrib["text-anchor"] == "end"
    used = (len(label.text or "") + len(number.text or "")) * svg.CHARACTER
    assert used <= float(narrow.attrib["width"])


def test_slanted_labels_and_the_title_of_a_heat_map_have_room() -> None:
    names = ["sr-latn", "a facet with quite a long name", "de"]
    title = "WikiANN, F1 of chunks, which is a long title for a small map"
    found = tree(heat(names, [("both", [Tile(text="+1.0", tip="t", shade=0.1)] * 3)], title, "Map"))
    heading, *labels = [t for t in found.iter("text") if t.attrib["class"] in ("strong", "tick")]
    reach_up = max(len(t.text or "") for t in labels) * svg.CHARACTER * 0.82
    assert float(labels[0].attrib["y"]) - reach_up > float(heading.attrib["y"]) + 4
    assert float(found.attrib["width"]) >= len(title) * svg.STRONG_CHARACTER
