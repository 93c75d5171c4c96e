"""Arms whose intermediate tasks are trained on in translation: phases, who steers, what is refused or missing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from study_toys import ENCODER, catalog, everywhere, located, nowhere, retrieval, source, text, trained

from xstilts.core.canonical import fingerprint
from xstilts.core.errors import DataError, EncoderError, StudyError
from xstilts.data.source import MachineTranslation, Source
from xstilts.kinds.tagging import Tagging
from xstilts.study.expand import expand, phase_name, phases
from xstilts.study.load import dump_study, parse_study
from xstilts.study.phase import Phase
from xstilts.study.schema import Study
from xstilts.study.translation import translation_models
from xstilts.tasks.base import Task


def both_ways(name: str, *languages: str, dev: bool = True) -> Task:
    """A task with published translations, with a dev set of its own or one that is cut from the training data."""
    task = trained(name).replace(translations={one: source(f"{name}/train.{one}.tsv", one) for one in languages})
    return task if dev else task.replace(dev=None)


TASKS = catalog(
    both_ways("a", "de", "sw"),
    both_ways("b", "de", "sw", dev=False),
    both_ways("t"),
    both_ways("plain"),
    trained("words").replace(kind=Tagging(labels=("no", "yes"))),
    retrieval("r"),
    text("m", "de", "sw"),
)


def study(through: list, translated: dict | None, strategy: str = "sequential", **more: object) -> Study:
    arm = {"strategy": strategy, "through": through, **({"translated": translated} if translated else {})}
    keys = {"question": "q", "encoder": "e", "arms": {"x": arm}, "targets": ["t"], **more}
    return parse_study(keys)


def ends(made: Study) -> Phase:
    (route,) = expand(located(made, TASKS, everywhere), ENCODER, "fp32")
    assert isinstance(route.end, Phase)
    return route.end


def first(made: Study) -> Phase:
    return next(phases(ends(made)))


def test_a_task_stands_beside_its_translations_and_alone_steers() -> None:
    made = study([["b", "a"]], {"languages": ["sw", "de"], "source": "files"})
    phase, target = phases(ends(made))
    assert phase_name(phase) == "a + a[de] + a[sw] + b + b[de] + b[sw]" and phase_name(target) == "t"
    assert phase.selecting_tasks == (0, 3) and target.selecting_tasks == ()
    files = [part.fit.train.places[0].files[0] for part in phase.mix[:3]]
    assert files == ["a/train.tsv", "a/train.de.tsv", "a/train.sw.tsv"]
    assert [part.fit.train.language for part in phase.mix[:3]] == ["en", "de", "sw"]
    assert {part.fit.dev for part in phase.mix[:3]} == {TASKS["a"].dev}, "selection is by the task's own dev set"
    assert len({part.fit.kind for part in phase.mix}) == 1, "one head for all languages"


def test_without_its_own_rows_the_first_translation_stands_for_a_task() -> None:
    phase = first(study(["a"], {"languages": ["sw", "de"], "original": False}))
    assert phase_name(phase) == "a[de] + a[sw]" and phase.selecting_tasks == (0,)
    assert phase.mix[0].fit.dev == TASKS["a"].dev
    one = first(study(["a"], {"languages": ["de"], "original": False}))
    assert phase_name(one) == "a[de]" and one.selecting_tasks == ()


def test_a_joint_phase_selects_by_its_target_and_masked_lm_by_nothing() -> None:
    joint = ends(study(["a"], {"languages": ["de"]}, "joint"))
    assert phase_name(joint) == "a + a[de] + t" and joint.selecting_tasks == (2,)
    arm = {"strategy": "sequential", "through": ["a"], "mlm": {"text": ["m"]}, "translated": {"languages": ["de"]}}
    beside = first(parse_study({"question": "q", "encoder": "e", "arms": {"x": arm}, "targets": ["t"]}))
    assert phase_name(beside) == "a + a[de] + m" and beside.selecting_tasks == (0,)


def test_numbers_of_a_task_hold_for_it_in_translation() -> None:
    train = {"tasks": {"a": {"updates": 7, "max_length": 48}}}
    phase = first(study(["a"], {"languages": ["de"]}, train=train))
    assert phase.recipe.updates == 7 and {part.max_length for part in phase.mix} == {48}


def test_translations_of_what_the_dev_set_is_cut_from_keep_apart_from_it() -> None:
    parts = {part.label: part.fit for part in first(study(["a", "b"], {"languages": ["de"]})).mix}
    assert not parts["a[de]"].exclude_dev_ids and not parts["a"].exclude_dev_ids
    parts = {part.label: part.fit for part in first(study(["b"], {"languages": ["de"]})).mix}
    assert parts["b[de]"].exclude_dev_ids and not parts["b"].exclude_dev_ids
    assert parts["b[de]"].dev == parts["b"].dev and parts["b[de]"].train.views == ()
    made = first(study(["b"], {"languages": ["de"], "source": {"model": "o/n"}}))
    assert not made.mix[1].fit.exclude_dev_ids, "a model translates what is trained on, which is apart already"


def test_a_model_translates_the_rows_that_are_trained_on() -> None:
    made = study(["b"], {"languages": ["deu", "sw"], "source": {"model": "o/n-{language}", "beams": 2}}, take=TAKE)
    own, german, swahili = (part.fit.train for part in first(made).mix)
    assert german.translation == MachineTranslation(language="de", model="o/n-deu", beams=2)
    assert swahili.translation == MachineTranslation(language="sw", model="o/n-sw", beams=2)
    assert replace(german, translation=None) == own and len(own.views) == 2, "what the dev set holds is left out"
    assert translation_models(made) == ("o/n-deu", "o/n-sw")


TAKE = {"intermediate": 5}


def test_of_published_files_as_many_are_taken() -> None:
    parts = first(study(["a"], {"languages": ["de"]}, take=TAKE)).mix
    assert parts[0].fit.train.views == parts[1].fit.train.views and len(parts[0].fit.train.views) == 1


def test_two_arms_share_what_they_translate_and_an_arm_without_translations_is_as_it_was() -> None:
    arms = {
        "one": {"strategy": "sequential", "through": ["a"], "translated": {"languages": ["de"]}},
        "two": {"strategy": "sequential", "through": ["a"], "translated": {"languages": ["de"], "source": "files"}},
        "own": {"strategy": "sequential", "through": ["a"]},
    }
    made = parse_study({"question": "q", "encoder": "e", "arms": arms, "targets": ["t"]})
    found = {route.arm: route.end for route in expand(located(made, TASKS, everywhere), ENCODER, "fp32")}
    assert found["one"] == found["two"] != found["own"]
    bare = expand(located(study(["a"], None), TASKS, everywhere), ENCODER, "fp32")
    assert found["own"] == bare[0].end
    assert fingerprint(TASKS["a"].fit) == fingerprint(trained("a").fit), "translations are no part of a training"


def test_a_report_says_what_was_trained_on() -> None:
    files = located(study(["a"], {"languages": ["de", "sw"]}), TASKS, everywhere)
    assert files.notes == {
        "arm x": (
            "trained on machine translations into de and sw (published files), beside the tasks' own rows",
        )
    }  # fmt: skip
    made = located(
        study(["a"], {"languages": ["de"], "source": {"model": "o/n"}, "original": False}), TASKS, everywhere
    )
    assert made.notes["arm x"] == (
        "trained on machine translations into de (by o/n), in the place of the tasks' own rows",
    )


def test_what_published_files_ask_to_be_said_is_said() -> None:
    noted = replace(source("a/de.tsv", "de"), note="by X, CC BY-NC")
    task = TASKS["a"].replace(translations={"de": noted, "sw": noted})
    found = located(study(["a"], {"languages": ["de"]}), catalog(task, TASKS["t"]), everywhere)
    assert found.notes["arm x"][1:] == ("a: by X, CC BY-NC",)


def test_other_training_data_leave_the_translations_behind() -> None:
    assert TASKS["a"].replace(train=source("other.tsv")).translations == {}
    assert TASKS["a"].replace(name="a2").translations == TASKS["a"].translations


@pytest.mark.parametrize(
    ("through", "translated", "said"),
    [
        (["plain"], {}, r"arms.x.translated.source: The task 'plain' has no published translations.*Allowed: a, b"),
        (["plain"], {}, r"source: \{model: ...\}"),
        (["a"], {"languages": ["fr"]}, r"no published translation into 'fr'.*Allowed: de, sw"),
        (["a"], {"languages": ["de", "en"]}, "'a' is written in 'en' itself"),
        (["a"], {"languages": ["eng"], "source": {"model": "o/n"}}, "'a' is written in 'eng' itself"),
        (["a"], {"languages": ["de", "de"]}, "'de' and 'de' are one language"),
        (["a"], {"languages": []}, "at least 1 item"),
        (["a"], {"source": "file"}, r"translated.source: 'source' is `files`.*got 'file'"),
        (["a"], {"source": {"modle": "x"}}, "Unknown key 'modle'.*Did you mean 'model'"),
        (["a"], {"source": {"beams": 2}}, "'beams' are a model's"),
        (["a"], {"langauges": ["de"]}, "Unknown key 'langauges'.*Did you mean 'languages'"),
        (["words"], {"source": {"model": "o/n"}}, "'words' is a tagging task; a model can translate classification"),
        (["a"], {"languages": ["germn"], "source": {"model": "o/n"}}, "no language 'germn'.*'de' .German."),
    ],
)
def test_what_cannot_be_had_is_refused(through: list, translated: dict, said: str) -> None:
    with pytest.raises(StudyError, match=said):
        located(study(through, {"languages": ["de"], **translated}), TASKS, everywhere)


def test_an_arm_without_intermediate_tasks_has_nothing_to_translate() -> None:
    with pytest.raises(StudyError, match="'direct' has none"):
        study([], {"languages": ["de"]}, "direct")


def test_a_missing_translation_is_a_missing_arm() -> None:
    made = study(["a"], {"languages": ["de", "sw"]})
    with pytest.raises(DataError, match=r"arm 'x' cannot run: no file a/train\.sw"):
        located(made, TASKS, nowhere("a/train.sw"))
    allowed = study(["a"], {"languages": ["de", "sw"]}, allow_missing=True)
    assert located(allowed, TASKS, nowhere("a/train.sw")).missing_arms == {"x": "no file a/train.sw.tsv"}
    own = study(["a"], {"languages": ["de"], "original": False})
    assert located(own, TASKS, nowhere("a/train.tsv")).missing_arms == {}, "its own rows are not needed"


def test_a_missing_model_is_a_missing_arm() -> None:
    def locate(wanted: Source) -> None:
        if wanted.translation is not None:
            raise EncoderError(f"no model {wanted.translation.model}")

    made = study(["a"], {"languages": ["de"], "source": {"model": "o/n"}}, allow_missing=True)
    assert located(made, TASKS, locate).missing_arms == {"x": "no model o/n"}


def test_a_stand_in_without_translations_is_a_missing_arm() -> None:
    made = study(["a"], {"languages": ["de"]}, substitute={"a": "plain"}, allow_missing=True)
    assert located(made, TASKS, everywhere).missing_arms == {"x": "The task 'plain' has no published translations."}


@pytest.mark.parametrize("where", ["files", {"model": "o/n", "beams": 1}])
def test_a_study_written_down_is_the_study(where: object) -> None:
    import yaml

    made = study(["a"], {"languages": ["de"], "source": where, "original": False})
    again = parse_study(yaml.safe_load(dump_study(made)))
    assert again == made and again.arms["x"].translated == made.arms["x"].translated
