"""Strategies give phases; equal phases are one training; recipes take the narrowest number."""

from __future__ import annotations

import pytest
from study_toys import ENCODER, catalog, everywhere, located, nowhere, retrieval, source, text, trained

from xstilts.core.errors import DataError, StudyError
from xstilts.study.expand import Route, expand, phase_name, phases, route_name, sharing
from xstilts.study.load import parse_study
from xstilts.study.phase import EncoderRef, Phase
from xstilts.study.schema import Study

TASKS = catalog(trained("a"), trained("b"), trained("t"), retrieval("r"), text("m", "de", "sw", "en"), text("n", "sw"))


def study(arms: dict, targets: list[str] | None = None, **more: object) -> Study:
    return parse_study({"question": "q", "encoder": "e", "arms": arms, "targets": targets or ["t"], **more})


def routes(made: Study, tasks=TASKS) -> dict[tuple[str, str, int], Route]:
    chosen = located(made, tasks, everywhere)
    return {(r.arm, r.target, r.seed): r for r in expand(chosen, ENCODER, "fp32")}


def names(route: Route) -> list[str]:
    return [phase_name(phase) for phase in phases(route.end)]


@pytest.mark.parametrize(
    ("arm", "trains", "retrieves"),
    [
        ({"strategy": "direct"}, ["t"], []),
        ({"strategy": "sequential", "through": ["a", "b"]}, ["a", "b", "t"], ["a", "b"]),
        ({"strategy": "sequential", "through": ["a", ["a", "b"]]}, ["a", "a + b", "t"], ["a", "a + b"]),
        ({"strategy": "multitask", "through": ["b", "a"]}, ["a + b", "t"], ["a + b"]),
        ({"strategy": "multitask-then-target", "through": ["a", "b"]}, ["a + b", "t"], ["a + b"]),
        ({"strategy": "joint", "through": ["a", "b"]}, ["a + b + t"], ["a + b"]),
    ],
)
def test_strategies_are_chains_of_phases(arm: dict, trains: list[str], retrieves: list[str]) -> None:
    found = routes(study({"x": arm}, ["t", "r"]))
    assert names(found["x", "t", 1]) == trains
    assert names(found["x", "r", 1]) == retrieves


def test_retrieval_after_no_training_is_the_encoder_itself() -> None:
    assert isinstance(routes(study({"none": {"strategy": "direct"}}, ["r"]))["none", "r", 1].end, EncoderRef)


def test_retrieval_after_a_task_shares_the_training_of_that_task() -> None:
    tasks = catalog(
        trained("a"), trained("t"), retrieval("r"), retrieval("late").replace(finetuned_on="t"), trained("cut")
    )
    found = routes(study({"x": {"strategy": "sequential", "through": ["a"]}}, ["t", "r", "late"]), tasks)
    assert names(found["x", "late", 1]) == ["a", "t"]
    assert found["x", "late", 1].end == found["x", "t", 1].end
    made = study({"none": {"strategy": "direct"}}, ["late"], substitute={"t": "cut"})
    chosen = located(made, tasks, everywhere)
    assert chosen.finetuning_tasks["late"].name == "cut"
    assert chosen.notes["late"] == ("scored after fine-tuning on t", "trained on the substitute cut")
    gone = study({"none": {"strategy": "direct"}}, ["late", "r"], allow_missing=True)
    assert list(located(gone, tasks, nowhere("t/train")).missing_targets) == ["late"]


def test_joint_selects_by_the_target_alone() -> None:
    end = routes(study({"j": {"strategy": "joint", "through": ["a"]}}))["j", "t", 1].end
    assert isinstance(end, Phase)
    assert end.selecting_tasks == (1,)
    assert end.mix[1].name == "t"


def test_masked_lm_stands_beside_every_intermediate_phase_and_never_steers() -> None:
    mlm = {"text": ["n", "m"], "languages": ["sw"], "ratio": 0.5}
    arms = {
        "chain": {"strategy": "sequential", "through": ["b", "a"], "mlm": mlm},
        "mix": {"strategy": "multitask", "through": ["b", "a"], "mlm": {"text": ["m"]}},
        "joint": {"strategy": "joint", "through": ["a"], "mlm": {"text": ["m"]}},
    }
    found = routes(study(arms))
    assert names(found["chain", "t", 1]) == ["b + n + m", "a + n + m", "t"]
    first, second, target = phases(found["chain", "t", 1].end)
    assert [part.extra_update_ratio for part in first.mix] == [
        None,
        0.25,
        0.25,
    ] and first.selecting_tasks == second.selecting_tasks == (0,)
    assert first.mix[2].fit.train.places[0].files == ("m/sw.txt",) and target.selecting_tasks == ()
    mixed = next(phases(found["mix", "t", 1].end))
    assert [part.name for part in mixed.mix] == ["a", "b", "m"] and mixed.selecting_tasks == (0, 1)
    assert len(mixed.mix[2].fit.train.places[0].files) == 3 and mixed.mix[2].extra_update_ratio == 1.0
    joint = next(phases(found["joint", "t", 1].end))
    assert [part.name for part in joint.mix] == ["a", "t", "m"] and joint.selecting_tasks == (1,)


def test_text_in_other_languages_is_refused() -> None:
    with pytest.raises(DataError, match=r"no text in 'fi'.*Allowed: de, en, sw"):
        TASKS["m"].train.only_languages(["sw", "fi"])
    with pytest.raises(DataError):
        TASKS["t"].train.only_languages(["en"])


def test_the_order_of_a_mixture_does_not_matter_and_that_of_a_chain_does() -> None:
    two = {
        "ab": {"strategy": "multitask", "through": ["a", "b"]},
        "ba": {"strategy": "multitask", "through": ["b", "a"]},
    }
    found = routes(study(two))
    assert found["ab", "t", 1].end == found["ba", "t", 1].end
    chain = {
        "ab": {"strategy": "sequential", "through": ["a", "b"]},
        "ba": {"strategy": "sequential", "through": ["b", "a"]},
    }
    found = routes(study(chain))
    assert found["ab", "t", 1].end != found["ba", "t", 1].end


def test_shared_work_is_done_once_in_a_study_of_the_published_size() -> None:
    """12 arms × 9 targets (2 without training data) × 3 seeds: 549 trainings one by one, 285 shared."""
    through = [trained(f"i{n}") for n in range(9)]
    targets = [trained(f"t{n}") for n in range(7)] + [retrieval("r0"), retrieval("r1")]
    arms: dict = {"none": {"strategy": "direct"}}
    arms |= {task.name: {"strategy": "sequential", "through": [task.name]} for task in through}
    arms["multi"] = {"strategy": "multitask", "through": [task.name for task in through]}
    arms["even"] = {"strategy": "multitask", "through": [task.name for task in through], "sampling": "uniform"}
    made = study(arms, [task.name for task in targets], seeds=[1, 2, 3])
    found = sharing(list(routes(made, catalog(*through, *targets)).values()))
    assert (found.naive, found.trainings) == (549, 285)


@pytest.mark.parametrize("targets", [["a", "t", "same"], ["same", "t", "a"]])
def test_equal_trainings_keep_the_role_and_the_names_that_each_route_has_them_by(targets: list[str]) -> None:
    """One step trains them; what is said of a route is its own."""
    tasks = catalog(trained("a"), trained("t"), trained("a").replace(name="same"))
    arms = {"none": {"strategy": "direct"}, "through": {"strategy": "sequential", "through": ["a"]}}
    made = routes(study(arms, targets), tasks)
    direct = {target: next(iter(phases(made["none", target, 1].end))) for target in targets}
    first = next(iter(phases(made["through", "t", 1].end)))
    assert direct["a"] == direct["same"] == first
    assert {target: (phase.role, phase_name(phase)) for target, phase in direct.items()} == {
        target: ("target", target) for target in targets
    }
    assert (first.role, phase_name(first)) == ("intermediate", "a")
    assert next(iter(phases(made["through", "a", 1].end))) is first, "what is asked for again is the very same"


def test_two_targets_with_the_same_training_data_share_the_training() -> None:
    other = trained("t").replace(name="u")
    made = study({"none": {"strategy": "direct"}}, ["t", "u"])
    assert sharing(list(routes(made, catalog(trained("t"), other)).values())).trainings == 1


def test_a_new_test_language_leaves_the_training_alone() -> None:
    made = study({"none": {"strategy": "direct"}})
    few = routes(made, catalog(trained("t")))["none", "t", 1].end
    more = routes(made, catalog(trained("t", languages=("en", "de", "fr"))))["none", "t", 1].end
    assert few == more


def test_take_cuts_training_data_and_not_the_dev_set() -> None:
    end = routes(study({"s": {"strategy": "sequential", "through": ["a"], "take": 5}}))["s", "t", 1].end
    first, last = phases(end)
    assert [view.n for view in first.mix[0].fit.train.views] == [5]  # type: ignore[attr-defined]
    assert first.mix[0].fit.dev is not None and first.mix[0].fit.dev.views == ()
    assert last.mix[0].fit.train.views == ()


def test_the_narrowest_number_wins() -> None:
    made = study(
        {"s": {"strategy": "sequential", "through": ["a"], "train": {"lr": 0.4}}},
        train={"epochs": 1, "lr": 0.1, "intermediate": {"lr": 0.2, "updates": 7}, "tasks": {"t": {"lr": 0.3}}},
    )
    first, last = phases(routes(made)["s", "t", 1].end)
    assert (first.recipe.lr, first.recipe.updates, first.recipe.epochs) == (0.4, 7, None)
    assert (last.recipe.lr, last.recipe.updates, last.recipe.epochs) == (0.3, None, 1)


def test_names_for_people() -> None:
    end = routes(study({"s": {"strategy": "sequential", "through": [["b", "a"]]}}))["s", "t", 1].end
    assert isinstance(end, Phase)
    assert route_name(end) == "a + b → t"


def masked(**mlm: object) -> dict:
    return {"x": {"strategy": "sequential", "through": ["a"], "mlm": mlm}}


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (
            lambda: study({"x": {"strategy": "sequential", "through": ["aa"]}}),
            "arms.x.through: There is no task 'aa'.*'a'",
        ),
        (lambda: study({"x": {"strategy": "direct"}}, ["tt"]), "targets: There is no task 'tt'"),
        (lambda: study({"x": {"strategy": "sequential", "through": ["r"]}}), "'r' has no training data"),
        (lambda: study({"x": {"strategy": "direct"}}, languages=["de", "deu"]), "'de' and 'deu' are one language"),
        (lambda: study({"x": {"strategy": "direct"}}, baseline="y"), "There is no arm 'y'"),
        (lambda: study({"x": {"strategy": "direct"}}, contrasts={"c": {"z": 1}}), "contrasts.c: There is no arm 'z'"),
        (lambda: study({"x": {"strategy": "direct"}}, contrasts={"c": {"x": 1}}), "sum to zero"),
        (lambda: study({"x": {"strategy": "direct"}}, substitute={"t": "q"}), "substitute.t: There is no task 'q'"),
        (lambda: study({"x": {"strategy": "direct"}}, substitute={"t": "r"}), "cannot stand in"),
        (
            lambda: study({"x": {"strategy": "sequential", "through": ["a"]}}, substitute={"a": "m"}),
            "substitute.a: 'm' cannot stand in for the training data of 'a': it is mlm, not classification",
        ),
        (
            lambda: study({"x": {"strategy": "sequential", "through": ["a"]}}, substitute={"a": "r"}),
            "'r' has no training data, so it cannot stand in for 'a'",
        ),
        (lambda: study(masked(text=["a"])), "arms.x.mlm.text: The task 'a' is no text.*Allowed: m, n"),
        (lambda: study(masked(text=["m"], languages=["da"])), "x.mlm.languages: Of 'm'.*'da'"),
        (lambda: study({"x": {"strategy": "direct", "mlm": {"text": ["m"]}}}), "'direct' has none"),
    ],
)
def test_a_name_that_does_not_exist_is_refused(made, said: str) -> None:
    with pytest.raises(StudyError, match=said):
        located(made(), TASKS, everywhere)


def test_a_substitute_with_other_labels_is_refused() -> None:
    tasks = catalog(trained("t"), trained("s", labels=("x", "y", "z")))
    with pytest.raises(StudyError, match="its labels are"):
        located(study({"x": {"strategy": "direct"}}, substitute={"t": "s"}), tasks, everywhere)


def test_a_substitute_trains_the_target_and_every_target_on_the_same_data() -> None:
    tasks = catalog(
        trained("a"), trained("t"), trained("t").replace(name="u"), trained("a").replace(name="small", scale="a cut")
    )
    made = study({"x": {"strategy": "direct"}}, ["t", "u"], substitute={"t": "small"})
    chosen = located(made, tasks, everywhere)
    assert chosen.targets["t"].train == chosen.targets["u"].train == tasks["small"].train
    assert "substitute small" in chosen.notes["u"][0]


def test_a_substitute_of_two_tasks_of_one_stage_counts_once() -> None:
    tasks = catalog(trained("a"), trained("b"), trained("t"), trained("small"))
    arms = {"x": {"strategy": "sequential", "through": [["a", "b"]]}}
    found = routes(study(arms, substitute={"a": "small", "b": "small"}), tasks)
    assert names(found["x", "t", 1]) == ["small", "t"]


def test_missing_training_data_stops_the_study_before_anything_runs_unless_allowed() -> None:
    arms = {"none": {"strategy": "direct"}, "x": {"strategy": "sequential", "through": ["a"]}}
    for missing in ("t/train", "a/train"):
        with pytest.raises(DataError, match=r"cannot run.*allow-missing"):
            located(study(arms, ["t", "r"]), TASKS, nowhere(missing))
    chosen = located(study(arms, ["t", "r"], allow_missing=True), TASKS, nowhere("t/train", "a/train"))
    assert list(chosen.missing_targets) == ["t"]
    assert list(chosen.missing_arms) == ["x"]
    found = expand(chosen, ENCODER, "fp32")
    assert [(r.arm, r.target) for r in found] == [("none", "r")]


def test_a_missing_test_language_is_noted_and_stops_nothing() -> None:
    chosen = located(study({"none": {"strategy": "direct"}}), TASKS, nowhere("t/de."))
    assert list(chosen.missing_languages["t"]) == ["de"]
    assert not chosen.missing_targets


def test_a_test_set_that_only_means_something_whole_is_not_cut() -> None:
    tasks = catalog(trained("t"), trained("u").replace(can_subsample=False))
    chosen = located(study({"none": {"strategy": "direct"}}, ["t", "u"], take={"test": 4}), tasks, everywhere)
    assert [view.n for view in chosen.targets["t"].test["de"].views] == [4]  # type: ignore[attr-defined]
    assert chosen.targets["u"].test["de"].views == ()


def test_a_pool_is_never_cut_and_a_target_without_it_is_missing() -> None:
    tasks = catalog(trained("t").replace(pool=source("t/pool.tsv")))
    none = {"none": {"strategy": "direct"}}
    chosen = located(study(none, take={"test": 4}, languages=["de"]), tasks, everywhere)
    assert list(chosen.targets["t"].test) == ["de"] and chosen.targets["t"].pool == tasks["t"].pool
    with pytest.raises(DataError, match=r"The target 't' cannot run: no file t/pool\.tsv"):
        located(study(none), tasks, nowhere("t/pool"))
