"""Which earlier tasks are scored again after which phase."""

from __future__ import annotations

import pytest
from study_toys import ENCODER, catalog, everywhere, located, retrieval, text, trained

from xstilts.study.expand import end_name, expand
from xstilts.study.forgetting import dev_source, forgetting_probes
from xstilts.study.load import parse_study

TASKS = catalog(trained("a"), trained("b"), trained("t"), trained("u"), retrieval("r"), text("m", "en", "de"))


def asked(arm: dict[str, object], after: str, *targets: str) -> list[tuple[str, str, str, tuple[str, ...]]]:
    """(task, scored after, trained by, targets) of one arm, in order."""
    raw = {"question": "q", "encoder": "e", "arms": {"one": arm}, "targets": list(targets), "train": {"updates": 5}}
    study = parse_study({**raw, "forgetting": after})
    routes = expand(located(study, TASKS, everywhere), ENCODER, "fp32")
    return [
        (one.part.name, *(end_name(end).removesuffix(" · seed 1") for end in (one.end, one.learnt)), one.targets)
        for one in forgetting_probes(routes, study.forgetting)
    ]


CHAIN = {"strategy": "sequential", "through": ["a", "b"]}


def test_nothing_is_scored_unless_asked() -> None:
    assert asked(CHAIN, "none", "t") == []


def test_each_task_after_its_own_phase_and_the_later_ones_once_for_all_targets() -> None:
    assert asked(CHAIN, "intermediate", "t", "u", "r") == [
        ("a", "a", "a", ()),
        ("a", "a → b", "a", ()),
        ("b", "a → b", "a → b", ()),
    ]


def test_after_targets_as_well() -> None:
    found = asked(CHAIN, "all", "t", "r")
    assert found[3:] == [("a", "a → b → t", "a", ("t",)), ("b", "a → b → t", "a → b", ("t",))]


def test_a_target_that_is_the_task_itself_trains_it_again() -> None:
    assert asked({"strategy": "sequential", "through": ["a"]}, "all", "a") == [("a", "a", "a", ())]


def test_a_task_trained_twice_counts_from_its_last_phase() -> None:
    found = asked({"strategy": "sequential", "through": ["a", "b", "a"]}, "intermediate", "t")
    assert found[3:] == [("a", "a → b → a", "a → b → a", ()), ("b", "a → b → a", "a → b", ())]


def test_a_mixture_scores_its_tasks_and_no_text_beside_them() -> None:
    arm = {"strategy": "multitask", "through": ["a", "b"], "mlm": {"text": ["m"]}}
    assert [(task, end) for task, end, *_ in asked(arm, "all", "r")] == [("a", "a + b + m"), ("b", "a + b + m")]


@pytest.mark.parametrize("arm", [{"strategy": "direct"}, {"strategy": "joint", "through": ["a"]}])
def test_where_nothing_comes_later_nothing_is_scored(arm: dict[str, object]) -> None:
    assert asked(arm, "all", "t") == []


def test_a_dev_set_is_cut_as_test_sets_are() -> None:
    raw = {"question": "q", "encoder": "e", "arms": {"one": CHAIN}, "targets": ["t"], "train": {"updates": 5}}
    study = parse_study({**raw, "forgetting": "all"})
    routes = expand(located(study, TASKS, everywhere), ENCODER, "fp32")
    part = forgetting_probes(routes, "all")[0].part
    assert dev_source(part, TASKS["a"], None) == TASKS["a"].dev
    assert dev_source(part, TASKS["a"], 9).views[-1].n == 9
    assert dev_source(part, TASKS["a"].replace(can_subsample=False), 9) == TASKS["a"].dev
