"""Sentence, star, p and interval of one difference say the same wherever they are printed: contrasts.csv, report.json,
report.md, the page, the answer, the terminal, a notebook and `--json`, for small studies drawn at random."""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as some
from rich.console import Console

from xstilts.app.answer import contrast_rows
from xstilts.metrics.simultaneous import draw_errors
from xstilts.report.build import Report, compose
from xstilts.report.formats.html import html
from xstilts.report.formats.markdown import markdown
from xstilts.report.formats.terminal import render
from xstilts.report.scores.contrasts import Contrast, headline_contrasts
from xstilts.report.scores.inputs import ContrastSpec, Results, StudyCell, TargetInfo
from xstilts.report.topics.contrasts import size
from xstilts.report.write import save

ARMS = ("none", "nli", "qa", "both")
FLOOR = 33.0
SETS = (("en", "de", "sw"), ("en",), ("de", "sw"), ("en", "fr"))


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """An invented study. languages: of each target; gain: points of every arm on each target; lost, gone: (arm, target,
    seed) that collapsed, or has no score; items: test items of a language."""

    seeds: int
    arms: int
    languages: tuple[tuple[str, ...], ...]
    gain: tuple[tuple[float, ...], ...]
    deviation: float
    items: int
    lost: frozenset[tuple[int, int, int]] = frozenset()
    gone: frozenset[tuple[int, int, int]] = frozenset()
    without: frozenset[tuple[int, int, str]] = field(default_factory=frozenset)  # (arm, target, language)


@some.composite
def studies(draw: some.DrawFn) -> Drawn:
    seeds, arms = draw(some.sampled_from((1, 2, 3, 3))), draw(some.integers(2, 4))
    languages = tuple(draw(some.lists(some.sampled_from(SETS), min_size=1, max_size=3)))
    gains = some.sampled_from((-25.0, 0.0, 2.0, 8.0, 25.0, 25.0))
    gain = tuple((0.0, *(draw(gains) for _ in range(arms - 1))) for _ in languages)
    cells = list(itertools.product(range(arms), range(len(languages)), range(seeds)))
    lost = frozenset(draw(some.permutations(cells))[: draw(some.sampled_from((0, 0, 1, 3)))])
    gone = frozenset(draw(some.permutations(cells))[: draw(some.sampled_from((0, 0, 0, 1)))])
    places = [(a, t, x) for a, t in itertools.product(range(arms), range(len(languages))) for x in languages[t]]
    return Drawn(
        seeds=seeds,
        arms=arms,
        languages=languages,
        gain=gain,
        deviation=draw(some.sampled_from((0.0, 1.0, 6.0))),
        items=draw(some.sampled_from((1, 4, 60, 60, 60))),
        lost=lost,
        gone=gone,
        without=frozenset(draw(some.permutations(places))[: draw(some.sampled_from((0, 0, 0, 0, 1)))]),
    )


def results(drawn: Drawn, root: Path) -> Results:
    cells = [_cell(drawn, root, *place) for place in itertools.product(*map(range, _shape(drawn)))]
    arms = ARMS[: drawn.arms]
    return Results(
        name="toy",
        question="?",
        arms=arms,
        baseline="none",
        targets=tuple(
            TargetInfo(name=f"t{t}", languages=languages, main="accuracy", headline="accuracy")
            for t, languages in enumerate(drawn.languages)
        ),
        seeds=tuple(range(1, drawn.seeds + 1)),
        cells=tuple(cells),
        contrasts=tuple(ContrastSpec(name=f"{arm} − none", weights={arm: 1.0, "none": -1.0}) for arm in arms[1:]),
        study_yaml="",
        encoder="toy",
    )


def _shape(drawn: Drawn) -> tuple[int, int, int]:
    return drawn.arms, len(drawn.languages), drawn.seeds


def _cell(drawn: Drawn, root: Path, arm: int, target: int, seed: int) -> StudyCell:
    cell = {"arm": ARMS[arm], "target": f"t{target}", "seed": seed + 1}
    if (arm, target, seed) in drawn.gone:
        return StudyCell(**cell, status="failed", reason="disk full")
    place = root / f"{arm}-{target}-{seed}"
    place.mkdir()
    luck = np.random.default_rng([arm, target, seed, 7]).standard_normal() * drawn.deviation
    level = FLOOR if (arm, target, seed) in drawn.lost else 60 + drawn.gain[target][arm] + luck
    _write(place, level, [x for x in drawn.languages[target] if (arm, target, x) not in drawn.without], drawn.items)
    return StudyCell(**cell, status="done", scores=place)


def _write(place: Path, level: float, languages: Sequence[str], items: int) -> None:
    """A score artefact: of each item five answers, the same ones hard for every arm."""
    lines, entries = [], {}
    for language in languages:
        hard = np.random.default_rng([len(language), ord(language[0])]).random(5 * items) * 100
        right = (hard < level).astype(float)
        names = {"language": language, "metric": "accuracy"}
        lines += [{**names, "id": str(i), "group": f"g{i // 5}", "counts": [x, 1.0]} for i, x in enumerate(right)]
        value = 100 * float(right.mean())
        entries[language] = {
            "n": len(right), "values": {"accuracy": value}, "headline": value, "floor": FLOOR,
            "interval": [max(0.0, value - 9), min(100.0, value + 9)], "at_chance": False,
        }  # fmt: skip
    record = {
        "main": "accuracy",
        "metrics": {"accuracy": {"headline": ["accuracy"], "languages": entries}},
        "missing": {},
        "dropped": {},
    }
    (place / "scores.json").write_text(json.dumps(record), "utf-8")
    types = [(name, pa.string()) for name in ("language", "metric", "id", "group")]
    schema = pa.schema([*types, ("counts", pa.list_(pa.float64()))])
    pq.write_table(pa.Table.from_pylist(lines, schema=schema), place / "counts.parquet")


@pytest.fixture
def few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer draws of errors, that many studies are tried."""
    monkeypatch.setattr(
        "xstilts.report.scores.hierarchy.draw_errors",
        lambda means, weights, rng, each=5: draw_errors(means, weights, rng, scenarios=300, each=each),
    )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(studies())
@example(  # a mean over targets that is not tested, above a target that is
    Drawn(
        seeds=2, arms=2, languages=SETS[:1] * 3, gain=((0, 25),) * 3, deviation=1.0, items=60,
        lost=frozenset({(1, 1, 0), (1, 2, 0)}),
    )
)  # fmt: skip
@example(Drawn(seeds=3, arms=3, languages=SETS[:1] * 2, gain=((0, 25, 0), (0, 25, 2)), deviation=1.0, items=60))
def test_every_surface_says_the_same(few_draws: None, drawn: Drawn) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        made = compose(results(drawn, root))
        pages = save(made, root / "report")
        lines = [*made.contrasts, *made.scoreboard.comparison.language_contrasts]
        for contrast in lines:
            assert_of_one_mind(contrast)
        assert_same_records(csv_records(pages.contrasts_csv), made.contrasts)
        written = json.loads(pages.json.read_text("utf-8"))
        assert_same_records(written["contrasts"], made.contrasts)
        assert_same_records(written["language_contrasts"], made.scoreboard.comparison.language_contrasts)
        assert_same_records(made.command_json()["contrasts"], made.contrasts)
        text = markdown(made.document)
        assert pages.markdown.read_text("utf-8") == text
        assert_tables_agree(text, lines)
        assert_cells_agree(score_cells(text), made)
        assert_cells_agree(terminal_cells(made), made)
        assert_sentences_agree(made.document.answer, made)
        assert written["answer"] == made.command_json()["answer"] == list(made.document.answer)
        shown = on_terminal(made)
        assert " ".join(" ".join(made.document.answer).split()) in " ".join(shown.split())
        assert_plot_agrees(html(made.document), headline_contrasts(made.contrasts))
        assert_notebook_agrees(contrast_rows(made.contrasts), headline_contrasts(made.contrasts))
        everything = " ".join((text, html(made.document), shown, pages.contrasts_csv.read_text("utf-8")))
        assert "document" not in everything.replace("--document", ""), "what is resampled is a test item"


def assert_of_one_mind(c: Contrast) -> None:
    """Star, p, interval and verdict of a contrast itself."""
    assert c.significant == (c.verdict == "significant")
    assert (c.p_adjusted is None) == (c.p is None) == (c.verdict == "not tested")
    assert (c.low is None) == (c.high is None) == (c.interval == "")
    if c.value is None:
        assert c.p is None and c.low is None and c.reason
    elif c.low is not None and c.high is not None:
        assert -100 <= c.low <= c.value <= c.high <= 100
    if c.p_adjusted is not None and c.p is not None and c.low is not None and c.high is not None:
        assert c.p_adjusted >= c.p - 0.06  # that of one question is drawn apart from that of all
        assert c.significant == (c.p_adjusted < 0.05) == (c.low > 0 or c.high < 0)
    if c.seeds == 1:
        assert c.p is None and c.interval in ("", "over test items, this training")


def assert_same_records(records: Sequence[Mapping[str, object]], contrasts: Sequence[Contrast]) -> None:
    assert len(records) == len(contrasts)
    for record, c in zip(records, contrasts, strict=True):
        for name in ("value", "low", "high", "p", "p_adjusted", "value_of_all_runs"):
            wanted = getattr(c, name)
            assert record[name] == (None if wanted is None else pytest.approx(wanted, rel=1e-12)), name
        assert (record["verdict"], record["significant"], record["level"], record["interval"]) == (
            c.verdict, c.significant, c.level, c.interval,
        )  # fmt: skip


def csv_records(path: Path) -> list[dict[str, object]]:
    numbers = {"value", "low", "high", "p", "p_adjusted", "value_of_all_runs"}
    rows = csv.DictReader(io.StringIO(path.read_text("utf-8")))
    read = []
    for row in rows:
        record: dict[str, object] = {
            name: (float(x) if x else None) if name in numbers else x for name, x in row.items()
        }
        read.append({**record, "significant": row["significant"] == "True"})
    return read


def assert_tables_agree(text: str, lines: Sequence[Contrast]) -> None:
    """The tables of differences in report.md, as they are printed."""
    tables = [table for table in text.split("\n\n") if table.startswith("| Contrast | Target | What is averaged |")]
    rows = [
        [cell.strip() for cell in line.strip("|").split(" | ")] for table in tables for line in table.splitlines()[2:]
    ]
    assert len(rows) == len(lines)
    for cells, c in zip(rows, lines, strict=True):
        difference, interval, p, p_adjusted, verdict = (plain(cells[i]) for i in (3, 4, 5, 6, 8))
        assert difference.endswith(" *") == (verdict == "significant") == c.significant
        if c.value is None:
            assert (difference, interval, p, p_adjusted, verdict) == ("missing", "–", "–", "–", "–")
            continue
        assert verdict == c.verdict
        assert_prints(difference.removesuffix(" *"), interval, c)
        assert (p_adjusted == "–") == (p == "–") == (c.p_adjusted is None)
        if p_adjusted != "–":
            assert (p_adjusted == "< 0.001" or float(p_adjusted) < 0.05) == c.significant


def plain(cell: str) -> str:
    return cell.replace("\\", "").replace("**", "").strip("_ ")


def assert_prints(difference: str, interval: str, c: Contrast) -> None:
    """The printed interval leaves out zero exactly where there is a star, and holds the printed difference."""
    value = read(difference)
    if c.low is None:
        assert interval in ("", "–")
        return
    low, high = (read(end) for end in interval.strip("()").split(" to "))
    assert low - 0.051 <= value <= high + 0.051
    if c.verdict != "not tested":
        assert (low > 0 or high < 0) == c.significant


def read(text: str) -> float:
    return float(text.replace("−", "-"))


def assert_cells_agree(cells: Mapping[tuple[str, str], str], made: Report) -> None:
    """The differences under the scores, of each arm on each target."""
    wanted = {
        (c.title.split(" over ")[0], c.target): size(c) + (" *" if c.significant else "")
        for c in headline_contrasts(made.contrasts)
        if c.target is not None and c.value is not None
    }
    for key, said in wanted.items():
        assert said in cells[key], key
        assert ("*" in cells[key]) == said.endswith("*")
    assert not any("*" in said for key, said in cells.items() if key not in wanted)


def score_cells(text: str) -> dict[tuple[str, str], str]:
    """Of report.md: (arm, target) -> the cell."""
    table = text[text.index("## Scores") :].splitlines()
    rows = [[plain(cell) for cell in line.strip("|").split(" | ")] for line in table if line.startswith("| ")]
    targets = [cell.split("<br>")[0].split()[0] for cell in rows[0][1:]]
    arms = list(itertools.takewhile(lambda row: row[0].strip() != "floor", rows[1:]))
    return {
        (row[0].strip(), t): cell
        for row in arms
        if row[0].strip() in ARMS
        for t, cell in zip(targets, row[1:], strict=True)
    }


def terminal_cells(made: Report) -> dict[tuple[str, str], str]:
    """Of the table that the terminal prints."""
    (block,) = [block for block in made.terminal() if hasattr(block, "table")]
    targets = [column.label for column in block.table.columns[1:]]
    return {(row[0].text, t): cell.flat for row in block.table.rows for t, cell in zip(targets, row[1:], strict=True)}


def on_terminal(made: Report) -> str:
    console = Console(file=io.StringIO(), width=200)
    for part in render(made):
        console.print(part)
    return console.file.getvalue()  # type: ignore[attr-defined]


def assert_sentences_agree(sentences: Sequence[str], made: Report) -> None:
    """Each difference on the mean over targets stands in the sentence of its verdict alone; a single target that is
    named is significant, and one that is significant is named."""
    headline = headline_contrasts(made.contrasts)
    said = {verdict: " ".join(s for s in sentences if kind(s) == verdict) for verdict in KINDS}
    for c in headline:
        if c.target is None and c.value is not None:
            for verdict, text in said.items():
                named = re.sub(r"Significant on single targets: .*?\.(?= |$)", "", text)
                assert (f"{c.title} {size(c)}" in named or f"{c.title}: {size(c)}" in named) == (verdict == c.verdict)
    everywhere = " ".join(sentences)
    several = len(made.scoreboard.results.targets) > 1
    starred = [c for c in headline if c.target is not None and c.significant]
    found = re.findall(r"(\S+ over \S+) \S+ \([^)]*\) on (t\d)", everywhere)
    assert set(found) <= {(c.title, c.target) for c in starred} | {
        (c.title, c.targets[0]) for c in headline if c.target is None and len(c.targets) == 1
    }
    averaged = {c.name for c in headline if c.target is None and len(c.targets) == 1}
    if several and not averaged and starred:
        assert "Significant on single targets" in everywhere
    if not any(c.significant for c in headline):
        assert not re.search(r"[Ss]ignificant(?!ly)", everywhere)


KINDS = ("significant", "inconclusive", "not tested")


def kind(sentence: str) -> str:
    """The verdict that a sentence of the answer is about; "" of what is missing or collapsed."""
    if sentence.startswith(("One seed was run", "Not tested:")):
        return "not tested"
    if sentence.startswith("Inconclusive: "):
        return "inconclusive"
    if sentence.startswith("Significant, in points") or ": significant." in sentence:
        return "significant"
    return ""


def assert_plot_agrees(page: str, contrasts: Sequence[Contrast]) -> None:
    """Filled marks and starred numbers of the forest plot; the mean over one target is not drawn twice."""
    drawn = [c for c in contrasts if len(c.targets) > 1 or c.target is not None or len(contrasts) == 1]
    drawn = [c for c in drawn if c.value is not None]
    if not drawn:
        assert "effect" not in re.findall(r'class="(effect) ', page)
        return
    marks = re.findall(r'class="effect (sure|unsure) ', page)
    texts = re.findall(r">([+−]?[\d.]+ \([^<]*\)(?: \*)?|[+−]?[\d.]+(?: \*)?)</text>", page)
    for c in drawn:
        assert size(c) + (" *" if c.significant else "") in texts
    assert marks.count("sure") == sum(text.endswith(" *") for text in texts)


def assert_notebook_agrees(rows: Sequence[Sequence[str]], contrasts: Sequence[Contrast]) -> None:
    assert len(rows) == len(contrasts)
    for (name, target, points, interval, p), c in zip(rows, contrasts, strict=True):
        assert (name, target) == (c.name, c.target or "all targets")
        assert points.endswith(" *") == c.significant
        if p:
            assert (p == "< 0.001" or float(p) < 0.05) == c.significant
        if interval and c.verdict != "not tested":
            assert_prints(points.removesuffix(" *"), interval, c)
