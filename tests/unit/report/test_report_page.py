"""The page and the Markdown: whole, safe, offline, and honest about what is missing."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from fake_study import LANGUAGES, only
from xstilts.report.build import Report, compose
from xstilts.report.elements.blocks import Fold, Table
from xstilts.report.elements.formatting import MISSING
from xstilts.report.formats.html import html
from xstilts.report.formats.markdown import inline, markdown
from xstilts.report.scores.inputs import ContrastSpec, Results, StudyCell
from xstilts.report.topics.contrasts import forest_plots
from xstilts.report.topics.notes import losses
from xstilts.report.topics.scores import SEEN_TEXT_MARK, answer_table
from xstilts.report.write import ReportFiles

HOSTILE = '<script>alert("x")</script><img src=http://evil.example/x onerror=alert(1)>'
VOID = {"meta", "br", "hr", "img", "input", "link"}  # elements that never close


class Reader(HTMLParser):
    """Text, tags, and whether every tag that opens also closes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.cells: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in ("td", "th"):
            self.cells.append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        if {"td", "th"} & set(self.open):
            self.cells[-1] += data


def tables(report: Report) -> list[Table]:
    blocks = [block for section in report.document.sections for block in section.blocks]
    inner = [b for block in blocks if isinstance(block, Fold) for b in block.blocks]
    return [block for block in (*blocks, *inner) if isinstance(block, Table)]


def test_the_page_is_well_formed(page: str) -> None:
    assert page.startswith("<!doctype html>")
    assert Reader(page).open == []


def test_the_page_loads_nothing(page: str) -> None:
    loading = {"src", "srcset", "data", "poster", "action", "xlink:href"}
    for tag, attributes in Reader(page).tags:
        assert tag not in ("script", "link", "iframe", "img", "object", "embed"), tag
        assert not loading & set(attributes), (tag, attributes)
        assert attributes.get("href", "#").startswith("#")
    assert "url(" not in page and "@import" not in page and "default-src 'none'" in page


def test_links_inside_the_page_lead_somewhere(page: str) -> None:
    tags = Reader(page).tags
    ids = {attributes["id"] for _, attributes in tags if "id" in attributes}
    goals = {attributes["href"][1:] for tag, attributes in tags if tag == "a"}
    assert goals and goals <= ids


def test_it_serves_light_and_dark_and_small_screens(page: str) -> None:
    assert "prefers-color-scheme: dark" in page and "width=device-width" in page


def hostile(results: Results) -> Results:
    """A study whose every text is an attack."""
    names = dict(zip(results.arms, ("none", HOSTILE, "a|b*c_"), strict=True))
    targets = {t.name: HOSTILE + t.name for t in results.targets}
    return replace(
        results,
        name=HOSTILE,
        question=HOSTILE,
        encoder=HOSTILE,
        scale=HOSTILE,
        notes=(HOSTILE,),
        study_yaml=f"question: {HOSTILE}\n```\n",
        versions={HOSTILE: HOSTILE},
        arms=tuple(names.values()),
        targets=tuple(replace(t, name=targets[t.name], headline=HOSTILE, notes=(HOSTILE,)) for t in results.targets),
        cells=tuple(
            replace(
                c,
                arm=names[c.arm],
                target=targets[c.target],
                reason=c.reason and HOSTILE,
                training_names=tuple(HOSTILE for _ in c.training_names),
            )
            for c in results.cells
        ),
        contrasts=(ContrastSpec(name=HOSTILE, weights={HOSTILE: 1.0, "none": -1.0}),),
        steps=tuple(replace(s, label=HOSTILE, error=HOSTILE) for s in results.steps),
        data=tuple({**line, "file": HOSTILE, "licence": HOSTILE, "dropped": {HOSTILE: 3}} for line in results.data),
    )


def test_text_from_a_study_is_shown_and_never_obeyed(results: Results) -> None:
    document = compose(hostile(results)).document
    text = html(document)
    assert "<script" not in text and "<img" not in text and text.count("&lt;script&gt;") > 20
    said = markdown(document)
    assert "<script" not in re.sub(r"```+yaml.*?\n```+\n", "", said, flags=re.S).replace("\\<script", "")


def test_a_study_with_backticks_cannot_leave_its_fence(results: Results) -> None:
    said = markdown(compose(hostile(results)).document)
    assert re.search(r"^````yaml$.*^```$.*^````$", said, flags=re.S | re.M)


def test_every_number_of_the_page_is_in_the_markdown(made: Report, page: str) -> None:
    shown = Reader(page).cells
    rows = [row for block in tables(made) for row in (*block.rows, *block.foot)]
    cells = [line.strip("|").split(" | ") for line in markdown(made.document).splitlines() if line.startswith("| ")]
    flat = [cell.strip() for line in cells for cell in line]
    assert sum(len(row) for row in rows) > 200
    for entry in (entry for row in rows for entry in row):
        assert inline(entry.flat) in flat
        assert any(
            cell.startswith(entry.text) and all(u in cell for u in (*entry.small_print, *entry.marks)) for cell in shown
        )


def answer_row(report: Report, arm: str) -> dict[str, tuple[str, str]]:
    """target -> (number, all of the field in one line)"""
    table = tables(report)[0]
    (row,) = [row for row in table.rows if row[0].text == arm]
    names = [column.label for column in table.columns]
    return {name: (entry.text, entry.flat) for name, entry in zip(names, row, strict=True)}


def test_what_went_wrong_stands_beside_the_number(made: Report) -> None:
    assert "diverged (mnli): 1 of 2 seeds" in answer_row(made, "qa")["xnli"][1]
    assert "at chance (squad1): 1 of 2 seeds" in answer_row(made, "none")["xquad"][1]
    assert "1 of 2 seeds" in answer_row(made, "nli")["udpos"][1]


def test_columns_say_what_is_averaged(made: Report) -> None:
    under = {column.label: column.small_print for column in tables(made)[0].columns}
    assert under["xnli"] == ("accuracy", "mean of 7 languages other than English")
    assert under["tatoeba"] == ("accuracy", "mean of 6 of 7 languages other than English")


def test_an_average_is_the_mean_of_the_languages_it_names(made: Report) -> None:
    board = made.scoreboard
    target = next(t for t in board.results.targets if t.name == "xnli")
    single = [board.mean("nli", target, [x]).value for x in LANGUAGES if x != "en"]
    assert answer_row(made, "nli")["xnli"][0] == f"{sum(v for v in single if v is not None) / 7:.1f}"


def test_the_board_agrees_with_the_standings(made: Report) -> None:
    board = made.scoreboard
    for target in board.results.targets:
        for arm in board.results.arms:
            standing, mean = board.standings[arm, target.name], board.mean(arm, target, board.scored(target))
            expected = standing.overall.partial if standing.overall.value is None else standing.overall.value
            assert mean.value == pytest.approx(expected)
            if standing.overall.value is not None:
                assert board.mean(arm, target, board.zero_shot(target)).value == pytest.approx(standing.zero_shot.value)


def test_a_language_without_data_is_missing_with_its_reason(made: Report, page: str) -> None:
    table = next(t for t in tables(made) if t.caption.startswith("tatoeba,"))
    (swahili,) = [row for row in table.rows if row[0].text == "Swahili (sw)"]
    assert [entry.text for entry in swahili[1:-1]] == [MISSING] * 3
    assert swahili[1].tip == "no file tatoeba/swh-eng.swh"
    assert "Swahili missing (no file tatoeba/swh-eng.swh)" in page


def test_an_arm_without_scores_is_missing_with_its_reason(results: Results) -> None:
    lost = [
        replace(c, status="failed", reason="disk full", scores=None) if c.arm == "nli" else c for c in results.cells
    ]
    made = compose(replace(results, cells=tuple(lost)))
    assert answer_row(made, "nli")["xnli"] == (MISSING, "missing, failed: disk full")


def test_only_a_whole_mean_can_be_the_best(made: Report) -> None:
    table = tables(made)[0]
    best = [[row[i].role == "best" for row in table.rows] for i in range(1, len(table.columns))]
    assert best == [[False, True, False], [False, False, False], [False, False, True], [False, True, False]]


def whole(results: Results) -> Results:
    """The targets without anything missing or collapsed."""
    return only(results, targets=("tatoeba",))


def test_the_answer_names_a_significant_difference_with_its_interval(results: Results) -> None:
    first = compose(whole(results)).document.answer[0]
    interval = r"\+\d+\.\d \(\d+\.\d to \d+\.\d\)"
    assert re.fullmatch(
        rf"Significant, in points on tatoeba and 2 seeds, languages other than the one trained in: "
        rf"nli over none {interval}, qa over none {interval}\.",
        first,
    )


def test_a_single_significant_difference_is_one_sentence(results: Results) -> None:
    (said,) = compose(whole(only(results, arms=("none", "qa")))).document.answer
    assert re.fullmatch(
        r"qa over none: \+\d\.\d \(\d\.\d to \d+\.\d\) points on tatoeba and 2 seeds, "
        r"languages other than the one trained in: significant\.",
        said,
    )


def test_every_contrast_that_the_study_names_is_in_the_answer(results: Results) -> None:
    """However many arms there are, and however small it is."""
    named = {
        "first": {"qa": 1.0, "nli": -0.5, "none": -0.5},
        "second": {"nli": 1.0, "qa": -0.5, "none": -0.5},
        "third": {"none": 1.0, "nli": -0.5, "qa": -0.5},
        "fourth": {"nli": 1.0, "qa": -1.0},
    }
    specs = tuple(ContrastSpec(name=name, weights=weights) for name, weights in named.items())
    study = replace(only(results, targets=("tatoeba",)), contrasts=(*results.contrasts, *specs))
    said = " ".join(compose(study).document.answer)
    assert all(spec.title in said for spec in specs)
    assert said.startswith("Planned: nli over qa: +"), "three larger ones are spelled out in any case"


def test_the_answer_says_when_nothing_differs(results: Results) -> None:
    same = whole(only(results, arms=("none", "nli")))
    copied = {(c.target, c.seed): c.scores for c in same.cells if c.arm == "none"}
    cells = tuple(replace(c, scores=copied[c.target, c.seed]) for c in same.cells)
    (said,) = compose(replace(same, cells=cells)).document.answer
    assert re.fullmatch(
        r"Inconclusive: no arm differs significantly from none, in points on tatoeba and 2 seeds, "
        r"languages other than the one trained in: nli over none 0\.0 \(−\d\.\d to \d\.\d\)\.",
        said,
    )


def test_the_answer_says_that_cells_are_missing_and_that_runs_collapsed(made: Report) -> None:
    said = " ".join(made.document.answer)
    assert "No number over all targets for nli over none and qa over none: scores are missing on udpos." in said
    assert "Significant on single targets: nli over none" in said
    assert "Some runs did not learn (1 diverged and 1 at chance)" in said


def test_one_seed_holds_for_this_seed_only(results: Results) -> None:
    made = compose(only(results, seeds=(2,)))
    assert made.document.answer[0].startswith("One seed was run, so nothing is tested; in points on average over 4")
    assert not any("significant" in sentence.lower() for sentence in made.document.answer)
    assert not any(c.significant or c.p is not None for c in made.contrasts)
    assert " *<" not in html(made.document)
    assert "this seed only" in html(made.document)
    languages = next(t for t in tables(made) if t.caption.startswith("xnli,"))
    assert "95 % interval over test items" in languages.caption and re.search(
        r"\(\d.* to \d", languages.rows[0][1].flat
    )


def test_one_arm_is_reported_without_a_comparison(results: Results) -> None:
    made = compose(only(results, arms=("none",)))
    assert made.document.answer[0].startswith("Nothing is compared in this study: none scores")
    assert "differences" not in [section.id for section in made.document.sections]
    assert "Scores by arm and language" in html(made.document)


def test_a_study_without_contrasts_still_shows_its_arms(results: Results) -> None:
    made = compose(replace(results, contrasts=()))
    assert made.document.answer[0].startswith("Nothing is compared")
    assert len(tables(made)[0].rows) == 3


@pytest.mark.parametrize("arms", [("none", "nli", "qa"), ("none",)])
def test_a_study_where_everything_failed_still_gives_a_report(results: Results, arms: tuple[str, ...]) -> None:
    cells = tuple(
        StudyCell(arm=c.arm, target=c.target, seed=c.seed, status="failed", reason="disk full") for c in results.cells
    )
    made = compose(only(replace(results, cells=cells), arms=arms))
    assert made.document.answer == ("There is no answer yet: nothing was scored (failed: disk full).",)
    assert html(made.document).count("disk full") > 3 and "disk full" in markdown(made.document)


def test_a_study_that_was_never_run_gives_a_report(results: Results) -> None:
    bare = replace(results, cells=(), steps=(), data=(), versions={}, notes=())
    assert "nothing was scored" in html(compose(bare).document)


def test_a_target_in_one_language_has_no_zero_shot_mean(results: Results) -> None:
    english = tuple(replace(t, languages=("en",)) for t in results.targets if t.name == "xnli")
    made = compose(replace(only(results, targets=("xnli",)), targets=english))
    assert tables(made)[0].columns[1].small_print == ("accuracy", "English only")
    assert "gap" not in [section.id for section in made.document.sections]


def test_a_target_trained_in_another_language_names_it(results: Results) -> None:
    german = tuple(replace(t, train_language="de") for t in results.targets)
    made = compose(replace(results, targets=german))
    assert tables(made)[0].columns[1].small_print[1] == "mean of 7 languages other than German"


def test_the_report_says_what_is_needed_to_check_it(page: str, results: Results) -> None:
    for text in (
        "xstilts run study.yaml",
        "torch",
        "ab" * 8,
        "OANC and others",
        "12 dropped (no label)",
        "hellaswag-val-slice",
    ):
        assert text in page, text
    assert "22 of 24 cells scored" in page


def test_figures_have_a_text_alternative(page: str) -> None:
    drawings = [attributes for tag, attributes in Reader(page).tags if tag == "svg"]
    assert len(drawings) >= 10 and all(a.get("role") == "img" and a.get("aria-label") for a in drawings)


def test_markdown_has_tables_that_are_tables(pages: ReportFiles) -> None:
    lines = Path(pages.markdown).read_text(encoding="utf-8").splitlines()
    starts = [i for i, line in enumerate(lines) if re.fullmatch(r"\|( -+:? \|)+", line)]
    assert len(starts) > 5
    for i in starts:
        width = lines[i].count("|")
        body = [line for line in lines[i - 1 : i + 3] if line.startswith("|")]
        assert all(len(re.findall(r"(?<!\\)\|", line)) == width for line in body)


def test_a_mean_below_its_floor_is_marked(results: Results) -> None:
    made = compose(only(results, targets=("xnli",), seeds=(1,)))
    target, board = made.scoreboard.results.targets[0], made.scoreboard
    lines = {key: {x: replace(y, floor=90.0) for x, y in line.items()} for key, line in board.language_scores.items()}
    board.__dict__["language_scores"] = lines
    assert board.floor(target, board.headline(target)) == 90.0
    assert "not above the floor" in answer_table(board, {}).rows[1][1].marks


def test_nothing_is_compared_when_no_target_can_be(results: Results) -> None:
    cells = tuple(replace(c, status="not run", scores=None) if c.seed == 2 else c for c in results.cells)
    made = compose(replace(results, cells=cells))
    assert made.document.answer[0].startswith("Nothing can be compared for nli over none and qa over none: scores are")
    assert "No difference can be computed" in html(made.document)


def test_many_contrasts_show_their_means_first(results: Results) -> None:
    many = tuple(ContrastSpec(name=f"c{i}", weights={"nli": 1.0 + i, "none": -1.0 - i}) for i in range(5))
    blocks = forest_plots(
        compose(replace(only(results, targets=("xnli", "tatoeba")), contrasts=many)).scoreboard.comparison.contrasts
    )
    assert [block.form for block in blocks] == ["figure", "fold"]
    assert "mean of 2 targets" in blocks[0].svg[0] and ">tatoeba</text>" not in blocks[0].svg[0]


def test_losses_are_counted_over_the_languages_of_a_task() -> None:
    def line(language: str, n: int) -> dict[str, object]:
        dropped = dict.fromkeys(("empty", "no gold", "twice", "long", "odd"), n)
        return {"task": "xnli", "use": language, "language": language, "rows": 10, "dropped": dropped, "truncated": 1}

    assert losses([line("de", 1), line("sw", 1000)]) == (
        "xnli test: 20 rows used in 2 files; 1,001 dropped (empty), 1,001 dropped (no gold), 1,001 dropped (twice), "
        "2,002 dropped for 2 other reasons, 2 truncated.",
    )
    assert losses([{"task": "xnli", "use": "train", "language": "en", "rows": 10, "dropped": {}, "truncated": 0}]) == ()
    roles = {"task": "srl", "use": "train", "language": "en", "rows": 10, "truncated": None, "overlapping": 3}
    pairs = {"task": "verify", "use": "train", "language": "en", "rows": 10, "examples": 20, "truncated": 15}
    assert losses([pairs]) == ("verify train: 10 rows (20 examples) used in 1 file; 15 truncated.",)
    assert losses([roles]) == (
        "srl train: 10 rows used in 1 file; 3 arguments left out of training, for they overlap a longer one.",
    )


def test_a_target_without_a_test_in_the_training_language_has_no_gap(results: Results) -> None:
    foreign = tuple(replace(t, languages=LANGUAGES[1:]) for t in results.targets)
    made = compose(replace(results, targets=foreign))
    assert "gap" not in [section.id for section in made.document.sections]
    assert tables(made)[0].columns[1].small_print == ("accuracy", "mean of 7 languages")


def test_the_gap_is_the_training_language_minus_the_others(made: Report) -> None:
    board, target = made.scoreboard, made.scoreboard.results.targets[0]
    home, away = (board.mean("none", target, x).value for x in (["en"], board.zero_shot(target)))
    table = next(t for t in tables(made) if t.caption.startswith("Transfer gap"))
    assert home is not None and away is not None
    assert table.rows[0][1].text == f"+{home - away:.1f}"


def test_every_training_stands_once_with_its_state_and_users(made: Report) -> None:
    table = next(t for t in tables(made) if t.caption.startswith("Every training"))
    assert len(table.rows) == 4 + 18
    assert sum("diverged" in row[0].marks for row in table.rows) == 1
    assert sum(row[2].text == "xnli, udpos, xquad and tatoeba" for row in table.rows) == 4


def test_steps_are_counted_by_kind_and_state(made: Report) -> None:
    table = next(t for t in tables(made) if t.caption.startswith("The run graph"))
    rows = {row[0].text: [entry.text for entry in row[1:5]] for row in (*table.rows, *table.foot)}
    assert rows["train"] == ["10", "–", "1", "–"] and rows["all"] == ["26", "4", "1", "2"]


def test_scores_of_arms_that_read_the_target_s_sentences_before_are_marked(made: Report) -> None:
    results = made.scoreboard.results
    targets = tuple(replace(t, seen_text={"nli": ("trees",)}) if t.name == "xnli" else t for t in results.targets)
    table = answer_table(compose(replace(results, targets=targets)).scoreboard, {})
    marked = [(row[0].text, i) for row in table.rows for i, entry in enumerate(row) if SEEN_TEXT_MARK in entry.marks]
    assert marked == [("nli", 1)] and targets[0].name == "xnli"
