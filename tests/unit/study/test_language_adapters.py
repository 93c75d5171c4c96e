"""`language_adapters` of an arm: which phases there are, what stands on them, and what is said where there is none."""

from __future__ import annotations

from typing import Any

import pytest
from study_toys import ENCODER, ORIGIN, catalog, everywhere, located, nowhere, retrieval, source, text, trained

from xstilts.core.errors import DataError, StudyError
from xstilts.core.settings.tuning import FROZEN, Bottleneck, LoRA
from xstilts.data.source import Source
from xstilts.study.availability import Locate
from xstilts.study.expand import Route, expand, phase_name, phases, sharing
from xstilts.study.load import parse_study
from xstilts.study.needs import possible_texts
from xstilts.study.phase import EncoderRef, encoder_checkpoint
from xstilts.study.resolve import resolve_study
from xstilts.study.schema import Study
from xstilts.tasks.base import Task

LANGUAGES = ("en", "de", "sw", "fi")
TASKS = catalog(
    trained("a"),
    trained("t", languages=LANGUAGES),
    trained("u", languages=("en", "de")),
    retrieval("r").replace(candidate_language="en"),
    text("m", "de", "en"),
    text("n", "de", "sw", "en"),
)
ADAPTER = {"adapter": "pfeiffer", "reduction": 2, "invertible": True}
LANGUAGE = Bottleneck(reduction=2, invertible=True)
ARM = {"strategy": "direct", "tune_target": ADAPTER, "language_adapters": {"text": ["m", "n"]}}
SHARED = {**ARM, "strategy": "sequential", "through": ["a"], "tune": ADAPTER}


def study(arms: dict[str, Any], targets: tuple[str, ...] = ("t",), **more: object) -> Study:
    return parse_study({"question": "q", "encoder": "e", "arms": arms, "targets": targets, **more}, "s.yaml")


def routes(made: Study, tasks=TASKS, locate: Locate = everywhere) -> dict[tuple[str, str], Route]:
    chosen = located(made, tasks, locate)
    return {(route.arm, route.target): route for route in expand(chosen, ENCODER, "fp32")}


def names(route: Route) -> list[str]:
    return [phase_name(phase) for phase in phases(route.end)]


def adapters(route: Route) -> dict[str, str]:
    return {language: phase_name(phase) for language, phase in route.languages}


def test_the_tasks_stand_on_the_training_language_and_the_others_beside_it() -> None:
    found = routes(study({"x": SHARED}))["x", "t"]
    assert names(found) == ["m[en]", "a", "t"] and adapters(found) == {"de": "m[de]", "sw": "n[sw]"}
    language, *tasks = phases(found.end)
    every = [language, *(phase for _, phase in found.languages)]
    assert {phase.tune for phase in every} == {LANGUAGE} and {phase.start for phase in every} == {ENCODER}
    files = [phase.mix[0].fit.train.places[0].files for phase in every]
    assert files == [("m/en.txt",), ("m/de.txt",), ("n/sw.txt",)], "of each text its own language alone"
    # The settings are equal, yet the tasks do not go on with the language's adapter, and share one of their own.
    assert tasks[0].tune == Bottleneck(reduction=2, invertible=True, stack=True) and tasks[1].tune == LANGUAGE
    assert encoder_checkpoint(found.end) == ENCODER


def test_the_first_adapter_above_is_new_after_frozen_phases_too() -> None:
    arm = {**SHARED, "tune": "frozen", "tune_target": {"lora": {}}}
    assert [phase.tune for phase in phases(routes(study({"x": arm}))["x", "t"].end)] == [
        LANGUAGE,
        FROZEN,
        LoRA(stack=True),
    ]


def test_arms_and_targets_share_language_adapters() -> None:
    made = study({"x": ARM, "y": SHARED, "none": {"strategy": "direct"}}, ("t", "u"))
    found = routes(made)
    assert found["x", "t"].languages == found["y", "t"].languages and set(found["x", "u"].languages) < set(
        found["x", "t"].languages
    )
    # en, de and sw once; t and u in three arms; a. One by one: 3 + 2 languages in two arms, a twice, six targets.
    assert (sharing(list(found.values())).trainings, sharing(list(found.values())).naive) == (3 + 6 + 1, 10 + 2 + 6)


def test_numbers_are_those_of_the_text_and_never_of_an_arm() -> None:
    train = {
        "lr": 0.5,
        "intermediate": {"updates_an_arm": 70, "batch": 8},
        "target": {"batch": 4},
        "tasks": {"n": {"updates": 9, "max_length": 64}},
    }
    found = routes(study({"x": {**SHARED, "train": {"clip": 3.0}}}, train=train))["x", "t"]
    phase = dict(found.languages)["sw"]
    assert (phase.recipe.updates, phase.recipe.batch, phase.recipe.clip, phase.recipe.lr) == (9, 32, 1.0, 0.5)
    assert phase.mix[0].max_length == 64 and dict(found.languages)["de"].recipe.updates is None
    assert dict(routes(study({"x": ARM}))["x", "t"].languages)["sw"].recipe.lr == 1e-4


def test_retrieval_is_scored_over_the_language_adapters_alone() -> None:
    found = routes(study({"x": ARM, "y": SHARED}, ("r",)))
    assert names(found["x", "r"]) == ["m[en]"] and adapters(found["x", "r"]) == {"de": "m[de]"}
    assert names(found["y", "r"]) == ["m[en]", "a"]


def test_candidates_and_a_pool_in_a_third_language_have_adapters_too() -> None:
    tasks = catalog(
        trained("t", languages=("en",)).replace(pool=source("t/pool.tsv", "sw")),
        retrieval("r").replace(candidate_language="sw"),
        text("n", "de", "sw", "en"),
    )
    arm = {**SHARED, "through": ["t"], "language_adapters": {"text": ["n"]}}
    found = routes(study({"x": arm}, ("t", "r")), tasks)
    assert adapters(found["x", "t"]) == {"sw": "n[sw]"} and set(adapters(found["x", "r"])) == {"de", "sw"}


def test_languages_without_an_adapter_are_named() -> None:
    chosen = located(study({"x": ARM}), TASKS, everywhere)
    assert chosen.notes["arm x"] == (
        "one language adapter each, trained by masked LM: de, en on m; sw on n",
        "read with the language adapter of en, there is no text of them here: fi",
    )
    few = {**ARM, "language_adapters": {"text": ["m", "n"], "languages": ["de"]}}
    found = routes(study({"x": few}))["x", "t"]
    assert adapters(found) == {"de": "m[de]"}
    assert located(study({"x": few}), TASKS, everywhere).notes["arm x"][1:] == (
        "read with the language adapter of en, as the arm asks: fi, sw",
    )


def test_a_text_that_is_not_here_is_replaced_by_the_next_one_or_its_language_has_none() -> None:
    found = routes(study({"x": ARM}), locate=nowhere("m/de", "n/sw"))["x", "t"]
    assert adapters(found) == {"de": "n[de]"} and names(found) == ["m[en]", "t"]
    possible = possible_texts(resolve_study(study({"x": ARM}), TASKS))
    names_of = sorted(name for task in possible if task.train for name in task.train.places[0].files)
    assert names_of == ["m/de.txt", "m/en.txt", "n/de.txt", "n/en.txt", "n/sw.txt"], "all are looked for, and fetched"
    with pytest.raises(DataError, match=r"The arm 'x' cannot run: no file m/en.txt"):
        routes(study({"x": ARM}), locate=nowhere("m/en", "n/en"))
    chosen = located(study({"x": ARM}, allow_missing=True), TASKS, nowhere("m/en", "n/en"))
    assert list(chosen.missing_arms) == ["x"] and "arm x" not in chosen.notes


def test_a_test_language_that_is_not_here_needs_no_adapter() -> None:
    assert adapters(routes(study({"x": ARM}), locate=nowhere("t/sw"))["x", "t"]) == {"de": "m[de]"}
    assert adapters(routes(study({"x": ARM}, languages=["sw"]))["x", "t"]) == {"sw": "n[sw]"}


def test_other_arms_are_what_they_were() -> None:
    found = routes(study({"x": ARM, "none": {"strategy": "direct", "tune_target": ADAPTER}}))
    alone = routes(study({"none": {"strategy": "direct", "tune_target": ADAPTER}}))
    assert found["none", "t"] == alone["none", "t"] and isinstance(found["none", "t"].end.start, EncoderRef)


@pytest.mark.parametrize(
    ("arm", "said"),
    [
        ({**ARM, "tune_target": "full"}, "'tune_target' is full: give it an adapter, or frozen"),
        ({"strategy": "direct", "language_adapters": {"text": ["m"]}}, "'tune_target' is full"),
        ({**SHARED, "tune": "full"}, "'tune' is full: give it an adapter, or frozen"),
        ({**SHARED, "mlm": {"text": ["m"]}}, "'mlm' trains on other languages"),
        ({**SHARED, "translated": {"languages": ["de"]}}, "'translated' trains on other languages"),
    ],
)
def test_an_encoder_that_moves_is_refused(arm: dict, said: str) -> None:
    with pytest.raises(StudyError) as caught:
        study({"x": arm})
    assert "s.yaml: arms.x:" in str(caught.value) and said in str(caught.value)


@pytest.mark.parametrize(
    ("languages", "said"),
    [
        ({"text": ["mm"]}, r"arms.x.language_adapters.text: The task 'mm' is no text.*Did you mean 'm'"),
        ({"text": ["m"], "languages": ["dee"]}, r"language_adapters.languages\[0\]: there is no language 'dee'"),
    ],
)
def test_a_text_or_language_that_does_not_exist_is_refused(languages: dict, said: str) -> None:
    with pytest.raises(StudyError, match=said):
        located(study({"x": {**ARM, "language_adapters": languages}}), TASKS, everywhere)


def test_an_arm_that_is_trained_in_two_languages_or_in_one_without_text_is_refused() -> None:
    german = Task(name="g", kind=TASKS["a"].kind, origin=ORIGIN, train=source("g/train.tsv", "de"))
    tasks = catalog(*TASKS.values(), german, text("k", "sw"))
    with pytest.raises(
        StudyError, match=r"arms.x.language_adapters: .* written in several: 'g' in 'de' and 't' in 'en'"
    ):
        routes(study({"x": {**SHARED, "through": ["g"]}}), tasks)
    with pytest.raises(DataError, match=r"none of its texts \(k\) is in 'en', in which it is trained"):
        routes(study({"x": {**ARM, "language_adapters": {"text": ["k"]}}}), tasks)


def test_the_text_of_a_language_says_its_language() -> None:
    phase = routes(study({"x": ARM}))["x", "t"].languages[0][1]
    train: Source = phase.mix[0].fit.train
    assert train.language == "de" and phase.mix[0].fit.dev is not None and phase.mix[0].fit.dev.language == "de"
