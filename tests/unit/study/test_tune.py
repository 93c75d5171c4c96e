"""`tune` and `tune_target`: what may be said, what it becomes, and what is said about mistakes."""

from __future__ import annotations

import pytest
import yaml
from study_toys import ENCODER, catalog, everywhere, located, retrieval, text, trained

from xstilts.core.canonical import fingerprint
from xstilts.core.errors import StudyError
from xstilts.core.settings.tuning import FROZEN, FULL, IA3, Bottleneck, Hypernetwork, LoRA, Prefix, Prompt, SharedOwn
from xstilts.kinds.pair_probe import PairProbe
from xstilts.study.expand import expand, phases
from xstilts.study.load import dump_study, parse_study
from xstilts.study.phase import Phase, adapter_tasks, encoder_checkpoint, holds_encoder
from xstilts.study.schema import Study

TASKS = catalog(trained("a"), trained("b"), trained("t"), retrieval("r"), text("w", "de"))
OWN = {"adapter": "pfeiffer", "tasks": "shared+own"}
HYPER = {"adapter": "pfeiffer", "tasks": "hypernetwork", "embedding": 8}


def study(arm: dict, **more: object) -> Study:
    arms = {"x": {"strategy": "sequential", "through": ["a", "b"], **arm}}
    return parse_study({"question": "q", "encoder": "e", "arms": arms, "targets": ["t"], **more}, "s.yaml")


def chain(made: Study) -> list[Phase]:
    (route,) = expand(located(made, TASKS, everywhere), ENCODER, "fp32")
    return list(phases(route.end))


@pytest.mark.parametrize(
    ("said", "tune"),
    [
        ("full", FULL),
        ("frozen", FROZEN),
        ({"adapter": "pfeiffer", "reduction": 8}, Bottleneck(place="pfeiffer", reduction=8)),
        (
            {"adapter": "houlsby", "width": 48, "invertible": True},
            Bottleneck(place="houlsby", width=48, invertible=True),
        ),
        ({"adapter": "parallel"}, Bottleneck(place="parallel", scale=4.0)),
        ({"adapter": "houlsby", "tasks": "shared"}, Bottleneck(place="houlsby")),
        ({"lora": {}}, LoRA()),
        ({"lora": {"rank": 4, "targets": ["query"]}, "from_layer": 3}, LoRA(rank=4, targets=("query",), from_layer=3)),
        ({"ia3": {}, "stack": True}, IA3(stack=True)),
        ({"prompt": {}}, Prompt(length=20)),
        ({"prefix": {"length": 8}, "from_layer": 2}, Prefix(length=8, from_layer=2)),
    ],
)
def test_tune_is_of_intermediate_phases_and_tune_target_of_the_target(said: object, tune: object) -> None:
    assert [phase.tune for phase in chain(study({"tune": said}))] == [tune, tune, FULL]
    assert [phase.tune for phase in chain(study({"tune_target": said}))] == [FULL, FULL, tune]
    made = study({"tune": said})
    assert parse_study(yaml.safe_load(dump_study(made))) == made


def test_a_probe_moves_no_encoder_whatever_the_arm_trains() -> None:
    probe = trained("t").replace(kind=PairProbe())
    tasks = catalog(trained("a"), trained("b"), probe)
    (route,) = expand(located(study({}), tasks, everywhere), ENCODER, "fp32")
    assert [phase.tune for phase in phases(route.end)] == [FULL, FULL, FROZEN]


def test_what_is_trained_is_identity() -> None:
    tunes = ["full", "frozen", {"adapter": "pfeiffer"}, {"adapter": "houlsby"}, {"lora": {}}, {"lora": {"rank": 4}}]
    tunes += [{"prompt": {}}, {"prefix": {}}, {"prefix": {"length": 4}}]
    assert len({fingerprint(chain(study({"tune": tune}))[0].tune) for tune in tunes}) == len(tunes)


def test_a_joint_phase_is_tuned_as_a_target() -> None:
    (phase,) = chain(study({"strategy": "joint", "tune": "frozen", "tune_target": {"lora": {}}}))
    assert phase.tune == LoRA()


def test_adapters_learn_faster_unless_the_study_says_how_fast() -> None:
    arm = {"tune": {"lora": {}}}
    assert [phase.recipe.lr for phase in chain(study(arm))] == [1e-4, 1e-4, 1e-5]
    assert [phase.recipe.lr for phase in chain(study(arm, train={"lr": 3e-5}))] == [3e-5] * 3
    assert [phase.recipe.lr for phase in chain(study({"tune": {"prefix": {}}}))] == [5e-3, 5e-3, 1e-5]


def test_checkpoints_of_adapters_stand_on_the_last_one_that_holds_the_encoder() -> None:
    adapters = chain(study({"tune": {"lora": {}}, "tune_target": "frozen"}))
    assert [encoder_checkpoint(phase) for phase in adapters] == [ENCODER] * 3
    on_full = chain(study({"tune_target": {"lora": {}}}))
    assert [holds_encoder(phase) for phase in on_full] == [True, True, False] and encoder_checkpoint(
        on_full[2]
    ) == on_full[1]
    frozen = chain(study({"tune": "frozen"}))
    assert all(holds_encoder(phase) and encoder_checkpoint(phase) is phase for phase in frozen)


@pytest.mark.parametrize(
    ("said", "tune"),
    [(OWN, SharedOwn(tasks=("a", "b"))), (HYPER, Hypernetwork(tasks=("a", "b"), embedding=8))],
)
def test_adapters_that_tell_tasks_apart_are_told_them(said: dict, tune: object) -> None:
    mixed = {"strategy": "multitask", "tune": said}
    mixture, target = chain(study(mixed))
    assert (mixture.tune, target.tune) == (tune, FULL)
    assert [part.task for part in mixture.mix] == ["a", "b"] and [part.task for part in target.mix] == [""]
    assert adapter_tasks(target) == {"a", "b"} and not adapter_tasks(chain(study({}))[-1])
    (same,) = chain(study(mixed, targets=["r"]))
    assert same == mixture
    _, again = chain(study(mixed, targets=["a"]))
    assert [part.task for part in again.mix] == ["a"], "a target that is one of the tasks has its own"
    beside, _ = chain(study({**mixed, "mlm": {"text": ["w"]}}))
    assert [part.task for part in beside.mix] == ["a", "b", "w"]
    (joint,) = chain(study({"strategy": "joint", "tune_target": said}))
    assert [part.task for part in joint.mix] == ["a", "b", "t"]
    *_, goes_on = chain(study({**mixed, "tune_target": said}))
    assert goes_on.tune.tasks == ("t",) and [part.task for part in goes_on.mix] == ["t"]


def test_the_tasks_that_adapters_tell_apart_are_identity() -> None:
    def mixture(*through: str) -> Phase:
        return chain(study({"strategy": "multitask", "through": list(through), "tune": OWN}))[0]

    assert fingerprint(mixture("a", "b").tune) == fingerprint(mixture("b", "a").tune)
    assert fingerprint(mixture("a", "b").tune) != fingerprint(mixture("a", "w").tune)


@pytest.mark.parametrize(
    ("arm", "place", "said"),
    [
        ({"tune": "frosen"}, "arms.x.tune", "Did you mean 'frozen'?"),
        ({"tune": {"adaptr": "pfeiffer"}}, "arms.x.tune.adaptr", "Did you mean 'adapter'?"),
        ({"tune": {"adapter": "pfeifer"}}, "arms.x.tune.adapter", "Did you mean 'pfeiffer'?"),
        ({"tune": {"lora": {"rnk": 8}}}, "arms.x.tune.lora.rnk", "Did you mean 'rank'?"),
        ({"tune_target": {"ia3": {"target": []}}}, "arms.x.tune_target.ia3.target", "Did you mean 'targets'?"),
        ({"tune": {"lora": {}, "ia3": {}}}, "arms.x.tune", "it has 'lora' and 'ia3'"),
        ({"tune": {"promt": {"length": 8}}}, "arms.x.tune.promt", "Did you mean 'prompt'?"),
        ({"tune": {"prefix": {"lenght": 8}}}, "arms.x.tune.prefix.lenght", "Did you mean 'length'?"),
        ({"tune": {"prompt": {"length": 0}}}, "arms.x.tune.prompt.length", "a whole number, at least 1"),
        ({"tune": {"prompt": {}, "prefix": {}}}, "arms.x.tune", "it has 'prompt' and 'prefix'"),
        ({"tune": {"prompt": {}, "from_layer": 2}}, "arms.x.tune", "a prompt stands before the first"),
        ({"tune": {"reduction": 8}}, "arms.x.tune", "it has none of them"),
        ({"tune": {"lora": {}, "reduction": 8}}, "arms.x.tune", "'reduction' is a number of 'adapter', not of 'lora'"),
        ({"tune": {"adapter": "houlsby", "width": 4, "reduction": 8}}, "arms.x.tune", "either 'width' or 'reduction'"),
        ({"tune": {"adapter": "houlsby", "tasks": "hypernet"}}, "arms.x.tune.tasks", "Did you mean 'hypernetwork'?"),
        ({"tune": {"adapter": "houlsby", "embeding": 2}}, "arms.x.tune.embeding", "Did you mean 'embedding'?"),
        ({"tune": {"adapter": "houlsby", "embedding": 2}}, "arms.x.tune", "a number of 'tasks: hypernetwork'"),
        (
            {"tune": {"lora": {}, "tasks": "shared+own"}},
            "arms.x.tune",
            "'tasks' is a number of 'adapter', not of 'lora'",
        ),
        (
            {"through": ["a"], "tune": OWN},
            "arms.x",
            "'tasks: shared+own' tells several tasks apart, and 'tune' sees one",
        ),
        ({"tune_target": OWN}, "arms.x", "'tune_target' sees one"),
        ({"strategy": "direct", "through": [], "tune_target": OWN}, "arms.x", "'tune_target' sees one"),
        ({"tune": {"mode": "full", "stack": True}}, "arms.x.tune", "'full' has none"),
        ({"strategy": "direct", "through": [], "tune": "frozen"}, "arms.x", "give 'tune_target'"),
    ],
)
def test_a_mistake_is_named(arm: dict, place: str, said: str) -> None:
    with pytest.raises(StudyError) as caught:
        study(arm)
    assert f"s.yaml: {place}:" in str(caught.value) and said in str(caught.value)
