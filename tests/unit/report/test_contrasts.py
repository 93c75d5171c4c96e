from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from xstilts.data.examples import TextExample
from xstilts.evaluate.score import LanguageSet, score
from xstilts.kinds.classification import Classification
from xstilts.metrics.labels import Accuracy
from xstilts.report.build import compose
from xstilts.report.formats.html import html
from xstilts.report.formats.markdown import markdown
from xstilts.report.scores.contrasts import Contrast, compare, contrasts
from xstilts.report.scores.inputs import ContrastSpec, Results, StudyCell, TargetInfo, contrast_title
from xstilts.report.scores.standings import ArmScore, standings

LANGUAGES = ("en", "de", "sw")
ITEMS = 60
LEVEL = {"none": {"en": 80, "de": 70, "sw": 50}, "nli": {"en": 80, "de": 85, "sw": 75}}


def artefact(
    folder: Path, levels: dict[str, int], missing: dict[str, str] | None = None, items: dict[str, int] | None = None
) -> Path:
    """A real score artefact: the first `level` per cent of the items of each language are right. `items`: how many a
    language has, where it is not `ITEMS`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir(parents=True)
    sets = {}
    for language, level in levels.items():
        count = (items or {}).get(language, ITEMS)
        examples = [TextExample(id=str(i), group=f"g{i // 2}", text="", label="yny"[i % 3]) for i in range(count)]
        sets[language] = LanguageSet(examples=examples)
        order = np.random.default_rng(1).permutation(count)  # which items are hard is the same for all
        guesses = [json.dumps(e.label if order[i] < level * count / 100 else "?") for i, e in enumerate(examples)]
        table = {"id": [e.id for e in examples], "group": [e.group for e in examples], "guess": guesses}
        pq.write_table(pa.table(table), folder / f"{language}.parquet")
    score(Classification(labels=("y", "n")), (Accuracy(),), sets, folder, folder, missing)
    return folder


def study(
    root: Path,
    seeds: tuple[int, ...] = (1, 2),
    targets: tuple[str, ...] = ("xnli", "pawsx"),
    arms: dict[str, dict[str, int]] = LEVEL,
    items: dict[str, int] | None = None,
) -> Results:
    """The first of `arms` is the baseline of the others."""
    cells = []
    base, *others = arms
    for arm, levels in arms.items():
        for target in targets:
            for seed in seeds:
                shifted = {language: level + 2 * seed for language, level in levels.items()}
                place = artefact(root / f"{arm}-{target}-{seed}", shifted, items=items)
                cells.append(StudyCell(arm=arm, target=target, seed=seed, status="done", scores=place))
    return Results(
        name="toy",
        question="?",
        arms=tuple(arms),
        baseline=base,
        targets=tuple(TargetInfo(name=name, languages=LANGUAGES, main="accuracy") for name in targets),
        seeds=seeds,
        cells=tuple(cells),
        contrasts=tuple(ContrastSpec(name=f"{arm} - {base}", weights={arm: 1.0, base: -1.0}) for arm in others),
        study_yaml="",
        encoder="toy",
    )


def one(found: tuple[Contrast, ...], target: str | None, zero_shot: bool = False) -> Contrast:
    (line,) = [c for c in found if (c.target, c.zero_shot) == (target, zero_shot)]
    return line


def row(found: tuple[ArmScore, ...], arm: str, target: str = "xnli") -> ArmScore:
    (line,) = [s for s in found if (s.arm, s.target) == (arm, target)]
    return line


def spoil(results: Results, arm: str, target: str, seed: int, **changes: object) -> Results:
    """The study with one cell changed."""
    cells = [
        replace(c, **changes) if (c.arm, c.target, c.seed) == (arm, target, seed) else c  # type: ignore[arg-type]
        for c in results.cells
    ]
    return replace(results, cells=tuple(cells))


def test_a_contrast_for_each_target_and_for_their_mean_over_all_and_over_zero_shot_languages(tmp_path: Path) -> None:
    found = contrasts(study(tmp_path))
    assert [(c.target, c.zero_shot) for c in found] == [
        (target, zero_shot) for target in ("xnli", "pawsx", None) for zero_shot in (False, True)
    ]
    line = one(found, "xnli")
    assert line.value == pytest.approx((0 + 15 + 25) / 3, abs=0.6)  # 60 items: levels are rounded
    assert one(found, "xnli", True).value == pytest.approx((15 + 25) / 2, abs=0.6)
    assert one(found, None).value == pytest.approx(line.value)
    assert line.low is not None and line.low < line.value < line.high  # type: ignore[operator]
    assert (line.label, one(found, "xnli", True).label) == ("3 languages", "2 languages other than en")
    assert (line.seeds, len(line.by_seed)) == (2, 2)


def test_the_questions_are_asked_in_order_and_each_once(tmp_path: Path) -> None:
    """Zero-shot means are tested, then targets; means over all languages stand beside with an interval and no p."""
    found = contrasts(study(tmp_path))
    assert len(found) == 6
    assert [(c.target, c.zero_shot) for c in found if c.p is not None] == [
        ("xnli", True),
        ("pawsx", True),
        (None, True),
    ]
    beside = [c for c in found if not c.zero_shot]
    assert {(c.verdict, c.interval, c.p_adjusted) for c in beside} == {("not tested", "alone", None)}
    mean, single = one(found, None, True), one(found, "xnli", True)
    assert single.p_adjusted >= max(mean.p_adjusted, 1 - (1 - single.p) ** 2) - 1e-12  # type: ignore[operator]
    alone = contrasts(study(tmp_path / "alone", targets=("xnli",)))
    assert len(alone) == 4  # one target is its own mean: printed twice, tested once
    assert one(alone, None, True).p_adjusted == one(alone, "xnli", True).p_adjusted
    assert (one(alone, None, True).low, one(alone, None, True).high) == (
        one(alone, "xnli", True).low,
        one(alone, "xnli", True).high,
    )


def test_one_seed_tests_nothing(tmp_path: Path) -> None:
    found = compare(study(tmp_path, seeds=(1,)))
    assert not any(c.significant or c.p is not None or c.p_adjusted is not None for c in found.contrasts)
    assert {c.interval for c in found.contrasts} == {"over test items, this training"}
    assert found.language_contrasts == ()


def test_the_same_study_gives_the_same_numbers(tmp_path: Path) -> None:
    results = study(tmp_path)
    assert compare(results) == compare(results)


def test_one_seed_says_so(tmp_path: Path) -> None:
    assert all("this seed only" in c.note for c in contrasts(study(tmp_path, seeds=(1,))))


def test_a_failed_seed_makes_its_contrasts_missing_and_no_others(tmp_path: Path) -> None:
    results = spoil(study(tmp_path), "nli", "xnli", 2, status="failed", reason="disk full", scores=None)
    found = contrasts(results)
    lost = one(found, "xnli")
    assert (lost.value, lost.p, lost.significant) == (None, None, False)
    assert lost.reason == "nli, xnli, seed 2: failed: disk full (en, de, sw)"
    assert one(found, None).value is None
    assert one(found, "pawsx").value is not None


def test_a_language_that_one_arm_lacks_makes_the_contrast_missing(tmp_path: Path) -> None:
    place = artefact(tmp_path / "partial", {"en": 80, "de": 80}, {"sw": "no file"})
    found = contrasts(spoil(study(tmp_path), "nli", "xnli", 1, scores=place))
    assert one(found, "xnli").reason == "nli, xnli, seed 1: no score (sw)"


def test_a_language_that_nobody_has_is_left_out_and_named(tmp_path: Path) -> None:
    results = study(tmp_path)
    wider = replace(results, targets=tuple(replace(t, languages=(*LANGUAGES, "yo")) for t in results.targets))
    line = one(contrasts(wider), "xnli")
    assert line.value == pytest.approx(one(contrasts(results), "xnli").value)
    assert (line.label, line.languages) == ("3 of 4 languages", LANGUAGES)
    assert line.note == "xnli without yo (no score)"


def test_a_target_that_nobody_has_is_left_out_of_the_mean_and_named(tmp_path: Path) -> None:
    results = study(tmp_path)
    for arm in LEVEL:
        for seed in results.seeds:
            results = spoil(results, arm, "pawsx", seed, status="missing", reason="no file pawsx/train", scores=None)
    found = contrasts(results)
    assert one(found, "pawsx").reason == "pawsx: missing: no file pawsx/train"
    mean = one(found, None)
    assert (mean.targets, mean.label) == (("xnli",), "mean of 1 of 2 targets, all languages")
    assert mean.note == "pawsx without every language (missing: no file pawsx/train)"
    assert mean.value == pytest.approx(one(found, "xnli").value)


def test_a_target_without_english_has_no_second_mean(tmp_path: Path) -> None:
    results = study(tmp_path, targets=("xnli",))
    abroad = replace(results, targets=(TargetInfo(name="xnli", languages=("de", "sw"), main="accuracy"),))
    assert [c.zero_shot for c in contrasts(abroad)] == [False, False]


def test_a_metric_without_a_formula_is_a_reason_not_a_crash(tmp_path: Path) -> None:
    results = study(tmp_path, targets=("xnli",))
    other = replace(results, targets=(replace(results.targets[0], main="bleu"),))
    assert one(contrasts(other), "xnli").reason == "xnli: the metric 'bleu' has no formula here"


def test_standings_label_what_they_average(tmp_path: Path) -> None:
    line = row(standings(study(tmp_path)), "none")
    assert line.overall.label == "mean of 3 languages"
    assert line.zero_shot.label == "mean of 2 languages"
    assert line.overall.value == pytest.approx(np.mean([80, 70, 50]) + 3, abs=1.7)  # of 60 items
    assert line.overall.low == pytest.approx(min(line.overall.by_seed))
    home = line.languages[0].value
    assert line.gap == pytest.approx(home - line.zero_shot.value)  # type: ignore[operator]
    assert line.gap == pytest.approx(20, abs=1)
    assert (line.metric, line.main) == ("accuracy", True)
    sw = line.languages[2]
    assert (sw.language, sw.n, sw.floor) == ("sw", ITEMS, pytest.approx(200 / 3))
    assert sw.at_chance == (1, 2)  # 52 and 54 per cent lie below the commonest label's share


def test_a_missing_language_makes_the_mean_missing_and_shows_the_part(tmp_path: Path) -> None:
    place = artefact(tmp_path / "partial", {"en": 80, "de": 70}, {"sw": "no file sw.tsv"})
    results = study(tmp_path, seeds=(1,), targets=("xnli",))
    line = row(standings(spoil(results, "nli", "xnli", 1, scores=place)), "nli")
    assert (line.overall.value, line.overall.reason) == (None, "no file sw.tsv")
    assert (line.overall.partial, line.overall.partial_label) == (pytest.approx(75), "mean of 2 of 3 languages")
    assert line.gap is None
    assert (line.languages[2].value, line.languages[2].reason) == (None, "no file sw.tsv")


def test_a_missing_seed_is_never_averaged_away(tmp_path: Path) -> None:
    results = study(tmp_path, targets=("xnli",))
    line = row(standings(spoil(results, "nli", "xnli", 2, status="failed", reason="oom", scores=None)), "nli")
    assert line.overall.value is None
    assert line.overall.partial_label == "mean of 3 of 3 languages, 1 of 2 seeds"
    assert line.overall.reason == "failed: oom"
    assert line.states == {1: "ok", 2: "failed: oom"}


def test_a_diverged_training_marks_the_row(tmp_path: Path) -> None:
    for name, state in (("a", "ok"), ("b", "diverged")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "summary.json").write_text(json.dumps({"state": state}))
    route = {"trainings": (tmp_path / "a", tmp_path / "b"), "training_names": ("mnli", "xnli")}
    results = spoil(study(tmp_path, targets=("xnli",)), "nli", "xnli", 2, **route)
    assert row(standings(results), "nli").states == {1: "ok", 2: "diverged (xnli)"}


def test_a_target_in_english_alone_misses_nothing(tmp_path: Path) -> None:
    """What has no other language has no zero-shot scope: its contrast is over English, and answered."""
    whole = study(tmp_path)
    alone = replace(whole, targets=tuple(replace(t, languages=("en",)) for t in whole.targets))
    made = contrasts(alone)
    assert not any(c.zero_shot for c in made) and all(c.value is not None for c in made)
    assert next(c for c in made if c.target == "xnli").label == "English only"
    mixed = replace(whole, targets=(whole.targets[0], replace(whole.targets[1], languages=("en",))))
    (mean,) = [c for c in contrasts(mixed) if c.target is None and c.zero_shot]
    assert mean.targets == ("xnli",) and "pawsx: English only" in mean.note and mean.value is not None
    standing = next(s for s in standings(mixed) if s.target == "pawsx")
    assert standing.zero_shot.reason == "English only" and standing.overall.value is not None


def test_a_zero_shot_language_that_was_expected_is_still_missing(tmp_path: Path) -> None:
    whole = study(tmp_path)
    cells = tuple(replace(c, scores=artefact(tmp_path / f"en{i}", {"en": 80})) for i, c in enumerate(whole.cells))
    made = contrasts(replace(whole, cells=cells))
    assert any(c.zero_shot and c.value is None and "no language but the one trained in" in c.reason for c in made)


def test_a_contrast_of_several_arms_says_that_it_is_their_mean() -> None:
    """Whatever its author calls it: halves are no maximum."""
    assert contrast_title("over the better alone", {"both": 1.0, "nli": -0.5, "qa": -0.5}) == (
        "over the better alone (both over the mean of nli and qa)"
    )
    assert contrast_title("x", {"a": 0.5, "b": 0.5, "none": -1.0}) == "x (the mean of a and b, over none)"
    assert contrast_title("x", {"a": 1.0, "b": -0.75, "c": -0.25}) == "x (a over the mean of 0.75 b and 0.25 c)"
    assert contrast_title("whatever", {"a": 1.0, "none": -1.0}) == "a over none"


def test_the_answer_and_the_tables_say_it_too(tmp_path: Path) -> None:
    whole = study(tmp_path, targets=("xnli",))
    cells = [replace(c, arm="qa") for c in whole.cells if c.arm == "nli"]
    spec = ContrastSpec(name="over the better alone", weights={"nli": 1.0, "none": -0.5, "qa": -0.5})
    made = compose(replace(whole, arms=("none", "nli", "qa"), cells=(*whole.cells, *cells), contrasts=(spec,)))
    said = "over the better alone (nli over the mean of none and qa)"
    assert said in " ".join(made.document.answer) and said in markdown(made.document) and said in html(made.document)


def test_a_difference_is_significant_by_the_p_of_all_questions_and_not_by_its_own(tmp_path: Path) -> None:
    levels = LEVEL["none"]
    lifted = {f"+{lift}": {"en": 80, "de": 70 + lift, "sw": 50 + lift} for lift in range(2, 14, 2)}
    asked = [
        c for c in contrasts(study(tmp_path, targets=("xnli",), arms={"none": levels, **lifted})) if c.p is not None
    ]
    assert [c for c in asked if c.p is not None and c.p < 0.05 <= (c.p_adjusted or 0)], "one that only its own p finds"
    assert any(c.significant for c in asked)
    for c in asked:
        assert c.p is not None and c.p_adjusted is not None and c.low is not None and c.high is not None
        assert c.p_adjusted >= c.p
        assert (c.verdict == "significant") == c.significant == (c.p_adjusted < 0.05) == (c.low > 0 or c.high < 0)


def test_every_language_counts_the_same_however_many_examples_it_has(tmp_path: Path) -> None:
    results = study(tmp_path, targets=("xnli",), items={"de": 20, "sw": 200})
    score = row(standings(results), "none")
    assert [language.n for language in score.languages] == [ITEMS, 20, 200]
    by_language = {language.language: language.by_seed for language in score.languages}
    for number, seed in enumerate((1, 2)):
        assert score.overall.by_seed[number] == pytest.approx(np.mean([by_language[x][seed] for x in LANGUAGES]))
        assert score.zero_shot.by_seed[number] == pytest.approx(np.mean([by_language[x][seed] for x in ("de", "sw")]))
    assert score.zero_shot.value == pytest.approx((70 + 50) / 2 + 3, abs=3)
    assert one(contrasts(results), "xnli", True).value == pytest.approx((15 + 25) / 2, abs=1.5)
