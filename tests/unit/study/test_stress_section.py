"""Perturbed inputs in a study: what is scored, what is not applicable, and mistakes told before anything runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from study_toys import ENCODER, ORIGIN, catalog, everywhere, located, retrieval, source, trained

from xstilts.core.canonical import canonical_json
from xstilts.core.errors import StudyError
from xstilts.kinds.dependency import Dependency
from xstilts.kinds.slots_intent import SlotsIntent
from xstilts.kinds.span_qa import SpanQA
from xstilts.kinds.tagging import Tagging
from xstilts.study.expand import Route, expand
from xstilts.study.load import apply_scale, dump_study, load_study, parse_study
from xstilts.study.resolve import resolve_study
from xstilts.study.schema import Study
from xstilts.tasks.base import Task

TAGS = Task(
    name="tags",
    kind=Tagging(labels=("A", "B")),
    origin=ORIGIN,
    train=source("tags/train.tsv"),
    dev=source("tags/dev.tsv"),
    test={"de": source("tags/de.tsv", "de"), "sw": source("tags/sw.tsv", "sw")},
)
TREES = trained("trees").replace(kind=Dependency(labels=("root",)))
ANSWERS = trained("answers").replace(kind=SpanQA())
FRAMES = trained("frames").replace(kind=SlotsIntent(intents=("i",), slots=("s",)))
TASKS = catalog(trained("t"), trained("a"), retrieval("r"), TAGS, TREES, ANSWERS, FRAMES)
THROUGH_A = {"strategy": "sequential", "through": ["a"]}
ARMS = {"none": {"strategy": "direct"}, "a": THROUGH_A}


def study(**more: Any) -> Study:
    return parse_study({"question": "q", "encoder": "e", "arms": ARMS, "targets": ["t", "tags"], **more})


def conditions(**stress: Any) -> dict[str, list[str]]:
    found = resolve_study(study(stress=stress), TASKS).perturbed.stress
    return {name: [one.title for one in of] for name, of in found.items()}


def refusal(folder: Path, **more: Any) -> StudyError:
    """The error of a study in a file."""
    path = folder / "s.yaml"
    path.write_text(
        yaml.safe_dump({"question": "q", "encoder": "e", "arms": ARMS, "targets": ["t", "tags"], **more}), "utf-8"
    )
    with pytest.raises(StudyError) as caught:
        made = load_study(str(path))
        with made.positions.shown():
            resolve_study(made, TASKS)
    return caught.value


def routes(made: Study) -> list[Route]:
    return list(expand(located(made, TASKS, everywhere), ENCODER, "fp32"))


def test_every_noise_at_every_rate_weakest_first():
    assert conditions(noise=["swap", "delete"], rates=[0.3, 0.05]) == {
        name: ["swap 5 %", "swap 30 %", "delete 5 %", "delete 30 %"] for name in ("t", "tags")
    }


def test_a_noise_may_have_its_own_rate_and_targets_may_be_chosen():
    found = conditions(noise=[{"noise": "diacritics", "rate": 1}, "swap"], rates=[0.1], targets=["t"])
    assert found == {"t": ["diacritics 100 %", "swap 10 %"]}


def test_stress_makes_no_target_and_trains_nothing():
    plain, stressed = study(), study(stress={"noise": ["swap"]})
    assert routes(stressed) == routes(plain)


def test_a_language_without_a_layout_is_named_not_cleaned():
    resolved = resolve_study(study(stress={"noise": ["keyboard"], "rates": [0.1]}), TASKS)
    (condition,) = resolved.perturbed.stress["tags"]
    assert condition.not_applicable(TAGS) == {"sw": "no keyboard layout for sw"}
    assert "stress: keyboard not applicable in sw (no keyboard layout for sw)" in resolved.notes["tags"]
    assert not any("stress" in note for note in resolved.notes.get("t", ()))


def test_a_kind_that_cannot_take_a_noise_is_left_out_unless_it_is_named(tmp_path: Path):
    resolved = resolve_study(study(stress={"noise": ["drop-words"], "rates": [0.1]}), TASKS)
    assert resolved.perturbed.stress["t"][0].refused == ""
    assert "one a word" in resolved.perturbed.stress["tags"][0].refused
    assert set(resolved.perturbed.stress["tags"][0].not_applicable(TAGS)) == {"de", "sw"}
    error = refusal(tmp_path, stress={"noise": ["drop-words"], "targets": ["tags"]})
    assert "'tags' cannot be perturbed by 'drop-words'" in error.what and "s.yaml:" in str(error.where)


def test_of_a_retrieval_target_queries_are_perturbed():
    made = study(targets=["r"], stress={"noise": ["swap"], "rates": [0.1]})
    assert [one.title for one in resolve_study(made, TASKS).perturbed.stress["r"]] == ["swap 10 %"]


@pytest.mark.parametrize(
    ("stress", "said", "place"),
    [
        ({"noise": ["keybord"]}, "there is no noise 'keybord'", "stress.noise[0]"),
        ({"noise": [{"switch": "dict", "into": "en"}]}, "there is no switch 'dict'", "stress.noise[0]"),
        ({"noise": ["swap"], "rates": [1.5]}, "1.5", "stress.rates[0]"),
        ({"noise": ["swap"], "rates": [0]}, "0", "stress.rates[0]"),
        ({"noise": ["swap"], "rates": [0.1, 0.1]}, "stands here twice", "stress.rates[1]"),
        ({"noise": ["swap"], "rates": []}, "", "stress.rates"),
        ({"noise": []}, "", "stress.noise"),
        ({"noise": [{"noise": "swap", "rate": 2}]}, "between 0 and 1", "stress.noise[0].rate"),
        ({"noise": [{"noise": "swap", "rate": 0}]}, "the clean score", "stress.noise[0].rate"),
        ({"noise": [{"noise": "swap", "ratio": 1}]}, "no setting 'ratio'", "stress.noise[0].ratio"),
        ({"noise": ["swap", {"noise": "swap"}]}, "stands here twice", "stress.noise[1]"),
        ({"noise": [3]}, "a name, or a mapping", "stress.noise[0]"),
        ({"noise": ["swap"], "targets": ["tag"]}, "no target of this study", "stress.targets[0]"),
        ({"noise": ["swap"], "strength": 1}, "strength", "stress.strength"),
        (
            {"noise": [{"switch": "dictionary", "into": "en", "lexicons": "no/such"}]},
            "no file or folder 'no/such'",
            "stress.noise[0].lexicons",
        ),
    ],
)  # fmt: skip
def test_mistakes_are_told_with_their_place(tmp_path: Path, stress: Any, said: str, place: str):
    error = refusal(tmp_path, stress=stress)
    assert said in error.what and place in str(error.where) and str(error.where).startswith("s.yaml:")
    assert error.exit_code == 2


def test_the_nearest_noise_and_target_are_said(tmp_path: Path):
    assert "Did you mean 'keyboard'?" in refusal(tmp_path, stress={"noise": ["keybord"]}).render()
    assert "Did you mean 'tags'?" in refusal(tmp_path, stress={"noise": ["swap"], "targets": ["tag"]}).render()


def lexicon(folder: Path) -> Path:
    (folder / "lexicons").mkdir()
    (folder / "lexicons" / "en-de.tsv").write_text("house\tHaus\nold\talt\n", "utf-8")
    return folder


def test_a_lexicon_is_found_below_a_data_folder(tmp_path: Path):
    switch = {"switch": "dictionary", "into": "en", "lexicons": "lexicons"}
    made = study(stress={"noise": [switch], "rates": [0.1]})
    resolved = resolve_study(made, TASKS, [lexicon(tmp_path)])
    (condition,) = resolved.perturbed.stress["tags"]
    assert condition.title == "dictionary, into en 10 %", "no path in a name that is shown"
    assert set(condition.not_applicable(TAGS)) == {"sw"}


def test_what_a_missing_lexicon_stops_where_missing_data_are_allowed():
    switch = {"switch": "dictionary", "into": ["de"], "lexicons": "lexicons", "rate": 0.2}
    arms = {**ARMS, "switched": {"strategy": "sequential", "through": ["a"], "perturbed": {"noise": [switch]}}}
    made = study(arms=arms, stress={"noise": [switch, "swap"], "rates": [0.1]}, allow_missing=True)
    found = located(made, TASKS, everywhere)
    assert found.missing_arms == {"switched": "There is no file or folder 'lexicons' here."}
    assert [one.noise for one in found.perturbed.stress["t"]] == ["swap"]
    assert any("dictionary, into de is missing" in note for note in found.notes["t"])


def test_an_arm_with_perturbed_rows_is_another_training_and_shares_the_clean_ones():
    noisy = {"strategy": "sequential", "through": ["a"], "perturbed": {"noise": ["swap"], "share": 0.5}}
    made = study(arms={**ARMS, "noisy": noisy}, targets=["t"])
    ends = {route.arm: route.end for route in routes(made)}
    clean, other = ends["a"].start, ends["noisy"].start
    assert clean != other and clean.recipe == other.recipe
    assert [part.label for part in other.mix] == ["a[perturbed]"]
    (part,) = other.mix
    assert part.fit.dev == clean.mix[0].fit.dev and part.fit.train == clean.mix[0].fit.train
    assert part.fit.augmentation.share == 0.5
    note = "50 % of the training rows of its intermediate tasks are perturbed (swap 10 %)"
    assert resolve_study(made, TASKS).notes["arm noisy"] == (note,)


def test_the_rows_of_targets_are_perturbed_in_their_own_phase_alone():
    perturbed = {"noise": ["swap"], "share": 0.5}
    noisy = {**THROUGH_A, "perturbed_target": perturbed}
    joint = {"strategy": "joint", "through": ["a"], "perturbed_target": perturbed}
    alone = {"strategy": "direct", "perturbed_target": perturbed}
    made = study(arms={**ARMS, "noisy": noisy, "joint": joint, "alone": alone}, targets=["t", "r"])
    ends = {(route.arm, route.target): route.end for route in routes(made)}
    clean, changed = ends["a", "t"], ends["noisy", "t"]
    assert changed.start == clean.start, "what comes before is shared"
    assert changed != clean and changed.recipe == clean.recipe
    assert [part.label for part in changed.mix] == ["t[perturbed]"]
    assert changed.mix[0].fit.dev == clean.mix[0].fit.dev
    assert [part.label for part in ends["joint", "t"].mix] == ["a", "t[perturbed]"]
    assert ends["alone", "t"].mix == changed.mix and ends["none", "t"].mix == clean.mix
    assert ends["noisy", "r"] == ends["a", "r"], "nothing is trained for it"
    assert resolve_study(made, TASKS).notes["arm alone"] == (
        "50 % of the training rows of its targets are perturbed (swap 10 %)",
    )


def test_both_may_be_perturbed_and_each_is_noted():
    noisy = {**THROUGH_A, "perturbed": {"noise": ["swap"]}, "perturbed_target": {"noise": ["delete"], "share": 0.2}}
    made = study(arms={**ARMS, "noisy": noisy}, targets=["t"])
    first, second = resolve_study(made, TASKS).notes["arm noisy"]
    assert "of its intermediate tasks" in first and "(swap 10 %)" in first
    assert second == "20 % of the training rows of its targets are perturbed (delete 10 %)"
    (end,) = (route.end for route in routes(made) if route.arm == "noisy")
    assert [part.label for part in (*end.start.mix, *end.mix)] == ["a[perturbed]", "t[perturbed]"]


def test_rows_of_targets_that_nothing_is_trained_for_are_no_rows(tmp_path: Path):
    error = refusal(
        tmp_path,
        arms={"none": {"strategy": "direct"}, "x": {"strategy": "direct", "perturbed_target": {"noise": ["swap"]}}},
        targets=["r"],
    )
    assert "Nothing is trained for the targets" in error.what and "arms.x.perturbed_target" in str(error.where)


def test_from_easy_to_hard_the_last_step_is_what_another_arm_trains_on():
    perturbed = {"noise": [{"noise": "swap", "rate": 0.4}, "delete"], "rate": 0.2, "share": 0.5}
    noisy = {**THROUGH_A, "perturbed": perturbed}
    harder = {**THROUGH_A, "perturbed": {**perturbed, "progressive": 4}}
    made = study(arms={**ARMS, "noisy": noisy, "harder": harder}, targets=["t"])
    ends = {route.arm: route.end for route in routes(made)}
    plain, steps = (ends[name].start.mix[0].fit.augmentation for name in ("noisy", "harder"))
    assert [[one.rate for one in view.perturbations] for view in steps.views] == [
        pytest.approx([0.1 * k, 0.05 * k]) for k in (1, 2, 3, 4)
    ]
    assert steps.views[-1] == plain and canonical_json(steps.views[-1]) == canonical_json(plain)
    assert {view.share for view in steps.views} == {0.5} and {view.seed for view in steps.views} == {0}
    assert resolve_study(made, TASKS).notes["arm harder"][0].endswith("from easy to hard in 4 steps")


def by_relevance(**progressive: Any) -> dict[str, Any]:
    noise = {"noise": ["casing"], "rate": 0.4, "share": 0.5}
    return {**THROUGH_A, "perturbed": {**noise, "progressive": {"steps": 3, "by": "relevance", **progressive}}}


def test_by_relevance_the_rates_rise_alike_and_words_go_from_less_to_more_relevant():
    plain = {**THROUGH_A, "perturbed": {"noise": ["casing"], "rate": 0.4, "share": 0.5, "progressive": 3}}
    arms = {**ARMS, "harder": plain, "relevant": by_relevance(temperature=0.5)}
    made = study(arms=arms, targets=["t"])
    ends = {route.arm: route.end for route in routes(made)}
    even, words = (ends[name].start.mix[0].fit.augmentation for name in ("harder", "relevant"))
    assert [view.preference for view in words.views] == [-2.0, 0.0, 2.0]
    assert [[one.rate for one in view.perturbations] for view in words.views] == [
        [one.rate for one in view.perturbations] for view in even.views
    ]
    assert canonical_json(words.views[1]) == canonical_json(even.views[1]), "in the middle words are drawn evenly"
    assert "preference" not in canonical_json(even), "no identity of before has changed"
    note = "from easy to hard in 3 steps, words by their relevance at temperature 0.5"
    assert resolve_study(made, TASKS).notes["arm relevant"][0].endswith(note)


def test_a_number_of_steps_is_all_of_it_by_default_and_both_are_written_as_they_were():
    written = {"steps": 4, "by": "rate"}
    for progressive in (4, written, {"steps": 2, "by": "relevance", "temperature": 2.0}):
        arm = {**THROUGH_A, "perturbed": {"noise": ["casing"], "progressive": progressive}}
        made = study(arms={**ARMS, "x": arm}, targets=["t"])
        again = yaml.safe_load(dump_study(made))
        assert again["arms"]["x"]["perturbed"]["progressive"] == progressive
        assert parse_study(again) == made
    found = [
        next(r.end for r in routes(study(arms={**ARMS, "x": {**THROUGH_A, "perturbed": {"noise": ["casing"],
             "progressive": progressive}}}, targets=["t"])) if r.arm == "x")
        for progressive in (4, written)
    ]  # fmt: skip
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("arm", "said", "place"),
    [
        (by_relevance(by="relevanse"), "'relevanse' is not one of the values", "arms.x.perturbed.progressive.by"),
        (by_relevance(temperature=0), "must be a number, above 0, not '0'", "arms.x.perturbed.progressive.temperature"),
        (by_relevance(temperature=-1), "above 0, not '-1'", "arms.x.perturbed.progressive.temperature"),
        (by_relevance(temperature=True), "must be a number", "arms.x.perturbed.progressive.temperature"),
        (by_relevance(steps=1), "whole number, at least 2 and at most 20", "arms.x.perturbed.progressive.steps"),
        (by_relevance(temperatur=1), "Unknown key 'temperatur'", "arms.x.perturbed.progressive.temperatur"),
        (by_relevance(by="rate", temperature=1), "'temperature' is of `by: relevance`", "arms.x.perturbed.progressive"),
        (
            {**THROUGH_A, "perturbed": {"noise": ["swap"], "progressive": True}},
            "must be a whole number",
            "arms.x.perturbed.progressive",
        ),
        (
            {**THROUGH_A, "perturbed": {**by_relevance()["perturbed"], "noise": ["casing", "keyboard"]}},
            "'keyboard' hits characters, and `by: relevance` is about which words are hit",
            "arms.x.perturbed.noise[1]",
        ),
        (
            {**by_relevance(), "through": ["frames"]},
            "'frames' cannot be perturbed by 'casing': a FrameExample has no texts",
            "arms.x.perturbed.noise[0]",
        ),
    ],
)  # fmt: skip
def test_mistakes_of_words_by_relevance(tmp_path: Path, arm: Any, said: str, place: str):
    error = refusal(tmp_path, arms={"none": {"strategy": "direct"}, "x": arm})
    assert said in error.what and str(error.where).startswith("s.yaml:") and str(error.where).endswith(f": {place}")
    assert error.exit_code == 2


def test_the_nearest_way_and_noise_by_words_are_said(tmp_path: Path):
    arms = {"none": {"strategy": "direct"}, "x": by_relevance(by="relevanse")}
    assert "Did you mean 'relevance'?" in refusal(tmp_path, arms=arms).render()
    spelt = by_relevance()
    spelt["perturbed"]["noise"] = ["spacing"]
    said = refusal(tmp_path, arms={**arms, "x": spelt}).render()
    assert "casing" in said and "dictionary" in said and "keyboard" not in said


def test_a_consistency_loss_is_another_training_and_says_so():
    perturbed = {"noise": ["swap"], "share": 0.5}
    noisy = {"strategy": "sequential", "through": ["a"], "perturbed": perturbed}
    consistent = {**noisy, "perturbed": {**perturbed, "consistency": 0.5}}
    made = study(arms={**ARMS, "noisy": noisy, "consistent": consistent}, targets=["t"])
    ends = {route.arm: route.end for route in routes(made)}
    one, other = ends["noisy"].start.mix[0].fit, ends["consistent"].start.mix[0].fit
    assert one != other and ends["noisy"].start.recipe == ends["consistent"].start.recipe
    assert other.augmentation.views == (one.augmentation,), "what stands beside is what the other arm trains on"
    assert "consistency" not in canonical_json(one.augmentation), "no identity of before has changed"
    assert "with a consistency loss of weight 0.5" in resolve_study(made, TASKS).notes["arm consistent"][0]


@pytest.mark.parametrize(
    ("arm", "said"),
    [
        ({"strategy": "direct", "perturbed": {"noise": ["swap"]}}, "is about intermediate tasks"),
        (
            {**THROUGH_A, "perturbed": {"noise": ["swap"]}, "translated": {"languages": ["de"]}},
            "cannot stand beside 'translated'",
        ),
        ({**THROUGH_A, "perturbed": {"noise": ["swapp"]}}, "there is no noise 'swapp'"),
        ({**THROUGH_A, "perturbed": {"noise": ["swap"], "share": 0}}, "0"),
        ({**THROUGH_A, "through": ["tags"], "perturbed": {"noise": ["drop-words"]}}, "'tags' cannot be perturbed"),
        ({**THROUGH_A, "perturbed": {"noise": ["diacritics"]}}, "'a' cannot be perturbed"),
        ({"strategy": "direct", "perturbed_target": {"noise": ["drop-words"]}}, "'tags' cannot be perturbed"),
        ({"strategy": "direct", "perturbed_target": {"noise": ["swap"], "share": 2}}, "2"),
        ({**THROUGH_A, "perturbed": {"noise": ["swap"], "consistency": -1}}, "-1"),
        ({**THROUGH_A, "perturbed": {"noise": ["swap"], "progressive": 1}}, "1"),
        ({**THROUGH_A, "perturbed": {"noise": ["swap"], "progressive": 2.5}}, "2.5"),
        ({**THROUGH_A, "perturbed": {"noise": ["swap"], "consistency": "yes"}}, "yes"),
        ({**THROUGH_A, "perturbed": {"noise": ["swap"], "consistent": 1}}, "consistent"),
        (
            {**THROUGH_A, "through": ["trees"], "perturbed": {"noise": ["swap"], "consistency": 1}},
            "'trees' is a dependency task, which has no scores of classes",
        ),
        (
            {**THROUGH_A, "through": ["answers"], "perturbed": {"noise": ["shuffle-words"], "consistency": 1}},
            "the views of 'answers' are compared word by word",
        ),
    ],
)  # fmt: skip
def test_mistakes_of_perturbed_arms(tmp_path: Path, arm: Any, said: str):
    error = refusal(tmp_path, arms={"none": {"strategy": "direct"}, "x": arm})
    assert said in error.what and "arms.x" in str(error.where)


def test_a_scale_has_its_own_stress_and_a_study_is_written_as_it_was():
    made = study(stress={"noise": ["swap", "delete"]}, scale={"smoke": {"stress": {"noise": ["swap"], "rates": [0.1]}}})
    smaller = apply_scale(made, "smoke")
    assert smaller.stress.noise == ("swap",) and smaller.stress.rates == (0.1,)
    again = yaml.safe_load(dump_study(made))
    assert again["stress"] == {"noise": ["swap", "delete"]}
    assert parse_study(again).stress == made.stress
