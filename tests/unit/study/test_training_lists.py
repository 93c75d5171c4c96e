"""Lists of training numbers: candidates, what stands for a choice until it is made, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from study_toys import ENCODER, catalog, everywhere, located, text, trained

from xstilts.core.errors import StudyError
from xstilts.study.expand import Decided, Route, end_name, expand, phases, sharing
from xstilts.study.load import dump_study, load_study, parse_study
from xstilts.study.phase import MergedCheckpoint, Phase, SettingChoice
from xstilts.study.schema import Study

TASKS = catalog(trained("nli"), trained("qa"), trained("pos"), text("texts", "en", "de"))
ARMS = {"none": {"strategy": "direct"}, "nli": {"strategy": "sequential", "through": ["nli"]}}
RATES = [1e-5, 2e-5]


def study(**changes: Any) -> Study:
    return parse_study({"question": "q", "encoder": "e", "arms": ARMS, "targets": ["pos"], "seeds": [1, 2], **changes})


def routes(value: Study, decided: Decided = lambda choice: None) -> list[Route]:
    return expand(located(value, TASKS, everywhere), ENCODER, "fp32", None, decided)


def second(choice: SettingChoice) -> int:
    return 1


def rates(end: Any) -> list[float]:
    return [phase.recipe.lr for phase in phases(end)]


def test_a_number_stays_a_number_and_lists_are_every_combination():
    (plain, *_) = routes(study(train={"lr": 1e-5}))
    assert plain.choices == () and not plain.is_open
    (route, *_) = routes(study(train={"target": {"lr": RATES, "batch": [8, 16]}}))
    ((choice, chosen),) = route.choices
    assert chosen is None
    assert {tuple(sorted(setting)) for setting in choice.settings} == {
        (("batch", batch), ("lr", rate)) for rate in RATES for batch in (8, 16)
    }
    for values, seeds in zip(choice.settings, choice.candidates, strict=True):
        assert [phase.seed for phase in seeds] == [1, 2]
        for phase in seeds:
            assert {key: getattr(phase.recipe, key) for key, _ in values} == dict(values)


def test_one_setting_is_chosen_for_all_seeds_and_its_phase_is_that_of_the_plain_study():
    chosen = routes(study(train={"lr": RATES}), second)
    plain = routes(study(train={"lr": RATES[1]}))
    assert [route.end for route in chosen] == [route.end for route in plain], "so that trainings are shared"
    assert not any(route.is_open for route in chosen)
    assert end_name(chosen[0].end) == "pos · lr 2e-05 · seed 1"


def test_choices_are_the_same_values_whichever_seed_they_are_met_at():
    by_seed = {route.seed: route for route in routes(study(train={"lr": RATES})) if route.arm == "nli"}
    assert [choice for choice, _ in by_seed[1].choices] == [choice for choice, _ in by_seed[2].choices]
    for decided in (lambda choice: None, second):
        (_, later) = [choice for choice, _ in routes(study(train={"lr": RATES}), decided)[1].choices]
        for seeds in later.candidates:
            assert [[phase.seed for phase in phases(one)] for one in seeds] in (
                [[1, 1], [2, 2]],
                [[1, 1, 1], [2, 2, 2]],  # while the first is open, both of its candidates are below
            )


def test_an_intermediate_phase_is_chosen_before_its_target_and_by_itself():
    value = study(train={"lr": RATES})
    (route,) = [one for one in routes(value) if one.arm == "nli" and one.seed == 1]
    first, last = [choice for choice, _ in route.choices]
    assert [phase.mix[0].name for phase in first.with_seed(1)] == ["nli", "nli"]
    assert {one.start for one in last.with_seed(1)} == {Phase(**_standing(first))}

    def only_first(choice: SettingChoice) -> int | None:
        return 1 if choice == first else None

    (half,) = [one for one in routes(value, only_first) if one.arm == "nli" and one.seed == 1]
    assert half.is_open and [one for _, one in half.choices] == [1, None]
    assert rates(half.end) == [RATES[1], *RATES], "the chosen one, then both candidates of the target"


def _standing(choice: SettingChoice) -> dict[str, Any]:
    """The fields of the phase that stands for a choice."""
    first = choice.candidates[0][0]
    return {name: getattr(first, name) for name in first.__dataclass_fields__} | {"choice": choice}


def test_settings_that_arms_share_are_trained_once_and_counted():
    counted = sharing(routes(study(train={"lr": RATES}, targets=["pos"]), second))
    # nli at two rates, pos from the encoder at two, and pos after nli at two: each with two seeds
    assert counted.trainings == 12
    assert counted == sharing(routes(study(train={"lr": RATES}), lambda choice: 0))


def test_parts_that_are_joined_are_chosen_each_for_itself():
    arm = {"strategy": "compose", "through": ["nli", "qa"], "join": "average"}
    (route, _) = routes(study(arms={"joined": arm}, train={"intermediate": {"lr": RATES}}), second)
    assert isinstance(route.end, Phase) and isinstance(route.end.start, MergedCheckpoint)
    assert [part.recipe.lr for part in route.end.start.parts] == [RATES[1], RATES[1]]
    assert [chosen for _, chosen in route.choices] == [1, 1]


@pytest.mark.parametrize(
    ("train", "place", "said"),
    [
        ({"lr": []}, "train.lr", "The list is empty"),
        ({"lr": [1e-5]}, "train.lr", "A list of one value chooses nothing"),
        ({"lr": [1e-5, 1e-5]}, "train.lr[1]", "'1e-05' stands here twice"),
        ({"lr": [1e-5, -1]}, "train.lr", "above 0"),
        ({"lr": [1e-5, True]}, "train.lr", "number"),
        ({"batch": [8, "many"]}, "train.batch", "number"),
        ({"updates": [10, 20], "epochs": 2}, "train", "either 'updates' or 'epochs'"),
        ({"max_length": [64, 128]}, "train.max_length", "cannot be a list. A dev set can choose"),
        ({"dev_examples": [64, 128]}, "train.dev_examples", "cannot be a list"),
        ({"compile": [True, False]}, "train.compile", "cannot be a list"),
        ({"intermediate": {"updates_an_arm": [1, 2]}}, "train.intermediate.updates_an_arm", "cannot be a list"),
        ({"head_lr": [None, 1e-5]}, "train.head_lr[0]", "null is none"),
    ],
)
def test_a_list_that_cannot_be_one_is_refused_at_its_line(tmp_path: Path, train: Any, place: str, said: str):
    file = tmp_path / "lists.yaml"
    value = {"question": "q", "encoder": "e", "arms": ARMS, "targets": ["pos"], "train": train}
    file.write_text(yaml.safe_dump(value, sort_keys=False), "utf-8")
    with pytest.raises(StudyError) as caught:
        load_study(str(file))
    text = str(caught.value)
    line = next(number for number, line in enumerate(file.read_text("utf-8").splitlines(), 1) if line == "train:")
    assert said in text and place in text and any(f"lists.yaml:{line + more}" in text for more in range(4)), text


def test_too_many_combinations_are_counted_and_refused():
    many = [1e-5 * (n + 1) for n in range(6)]
    with pytest.raises(
        StudyError, match=r"216 settings of one training \(6 of batch × 6 of lr × 6 of warmup\)"
    ) as caught:
        routes(
            study(train={"batch": [1, 2, 3, 4, 5, 6], "lr": many, "target": {"warmup": [0, 0.1, 0.2, 0.3, 0.4, 0.5]}})
        )
    assert caught.value.where == "train.batch"


def test_lists_do_not_stand_where_no_dev_set_could_choose_or_a_budget_says_the_length():
    adapter = {"adapter": "pfeiffer"}
    arms = {"madx": {"strategy": "direct", "tune_target": adapter, "language_adapters": {"text": ["texts"]}}}
    with pytest.raises(StudyError, match="serve all arms and targets") as caught:
        routes(study(arms=arms, train={"lr": RATES}))
    assert caught.value.where == "train.lr"
    (route, _) = routes(study(arms=arms, train={"target": {"lr": RATES}}))
    assert len(route.choices) == 1
    sizes = {"target": [10, 20], "budget": "updates"}
    with pytest.raises(StudyError, match="a budget says how long") as caught:
        routes(study(take=sizes, train={"updates": [10, 20]}))
    assert caught.value.where == "train.updates"
    assert len(routes(study(take=sizes, train={"updates": 10, "lr": RATES}))[0].choices) == 1


def test_a_study_with_lists_is_written_down_and_read_again():
    value = study(train={"lr": RATES, "tasks": {"pos": {"batch": [4, 8]}}}, arms={**ARMS})
    again = parse_study(yaml.safe_load(dump_study(value)))
    assert again == value and again.train.lr == tuple(RATES)
