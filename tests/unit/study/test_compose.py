"""Arms that join trainings made apart: the same trainings as those of other arms, and what is said about mistakes."""

from __future__ import annotations

import pytest
import yaml
from study_toys import ENCODER, catalog, everywhere, located, retrieval, trained

from xstilts.core.canonical import fingerprint
from xstilts.core.errors import StudyError
from xstilts.core.settings.merging import AdapterFusion, Arithmetic, Average, Composition, Stacked, Ties
from xstilts.core.settings.tuning import FULL, Bottleneck, Fuse
from xstilts.study.expand import Route, before_target, end_name, expand, phase_name, phases, sharing
from xstilts.study.load import dump_study, parse_study
from xstilts.study.phase import MergedCheckpoint, Phase, encoder_checkpoint, holds_encoder
from xstilts.study.schema import Study

TASKS = catalog(trained("a"), trained("b"), trained("c"), trained("t"), retrieval("r"))
PFEIFFER = {"adapter": "pfeiffer"}
SINGLE = {name: {"strategy": "sequential", "through": [name], "tune": PFEIFFER} for name in "abc"}


def composed(join: object, **more: object) -> dict:
    return {"strategy": "compose", "through": ["a", "b", "c"], "join": join, "tune": PFEIFFER, **more}


def study(arms: dict, **more: object) -> Study:
    return parse_study({"question": "q", "encoder": "e", "arms": arms, "targets": ["t", "r"], **more}, "s.yaml")


def routes(made: Study) -> dict[tuple[str, str], Route]:
    found = expand(located(made, TASKS, everywhere), ENCODER, "fp32")
    return {(route.arm, route.target): route for route in found}


@pytest.mark.parametrize(
    ("said", "how"),
    [
        ("average", Average()),
        ({"average": {"weights": [2, 1, 1]}}, Average(weights=(2, 1, 1))),
        ("arithmetic", Arithmetic()),
        ({"arithmetic": {"scale": 0.4}}, Arithmetic(scale=0.4)),
        ("ties", Ties()),
        ({"ties": {"density": 0.1}}, Ties(density=0.1)),
        ("fuse", AdapterFusion()),
        ("stack", Stacked()),
    ],
)
def test_what_is_said_under_join(said: object, how: Composition) -> None:
    made = study({"x": composed(said)})
    end = routes(made)["x", "r"].end
    assert isinstance(end, MergedCheckpoint) and end.how == how
    assert [phase_name(part) for part in end.parts] == ["a", "b", "c"]
    assert parse_study(yaml.safe_load(dump_study(made))) == made


def test_parts_are_the_trainings_of_the_single_arms() -> None:
    joins = {"averaged": "average", "ties": "ties", "fused": "fuse", "stacked": "stack"}
    made = study({**SINGLE, **{name: composed(join) for name, join in joins.items()}})
    found = routes(made)
    alone = {next(phases(found[name, "t"].end)) for name in "abc"}
    for name in joins:
        *parts, target = phases(found[name, "t"].end)
        assert set(parts) == alone and target.start == found[name, "r"].end
        assert target.role == "target" and encoder_checkpoint(target.start) == ENCODER
    assert sharing(list(found.values())).trainings == 3 + 3 + 4, "the parts once, and a target for each arm"


def test_each_part_has_the_updates_of_an_arm_so_that_it_is_that_of_a_single_arm() -> None:
    train = {"intermediate": {"updates_an_arm": 600}}
    found = routes(study({**SINGLE, "x": composed("average")}, train=train))
    assert [phase.recipe.updates for phase in phases(found["x", "t"].end)][:3] == [600, 600, 600]


def test_how_and_what_is_joined_is_identity() -> None:
    joins = ["average", {"average": {"weights": [2, 1, 1]}}, "ties", {"ties": {"density": 0.1}}, "fuse", "stack"]
    ends = [routes(study({"x": composed(join)}))["x", "t"].end for join in joins]
    ends.append(routes(study({"x": composed("stack", through=["b", "a", "c"])}))["x", "t"].end)
    assert len({fingerprint(end) for end in ends}) == len(set(ends)) == len(joins) + 1


def test_whole_encoders_hold_the_encoder_and_adapters_stand_on_it() -> None:
    whole = routes(study({"x": composed("ties", tune="full")}))["x", "t"].end
    assert isinstance(whole, Phase) and holds_encoder(whole.start) and encoder_checkpoint(whole.start) == whole.start
    late = routes(study({"x": composed("ties", tune="full", tune_target=PFEIFFER)}))["x", "t"].end
    assert isinstance(late, Phase) and encoder_checkpoint(late) == late.start
    adapters = routes(study({"x": composed("ties")}))["x", "r"].end
    assert not holds_encoder(adapters) and encoder_checkpoint(adapters) == ENCODER


def test_the_attention_of_a_fusion_is_trained_with_heads_alone_too() -> None:
    arms = {name: composed("fuse", tune_target=tune) for name, tune in (("heads", "frozen"), ("all", "full"))}
    found = routes(study(arms))
    heads, every = found["heads", "t"].end, found["all", "t"].end
    assert isinstance(heads, Phase) and isinstance(every, Phase)
    assert heads.tune == Fuse(adapters=(Bottleneck(),) * 3, stack=False) and every.tune == FULL
    assert (heads.recipe.lr, every.recipe.lr) == (1e-4, 1e-5)


def test_a_route_is_named_by_what_it_joins() -> None:
    arm = composed("ties", through=["a", ["b", "c"]])
    found = routes(study({"x": arm, "none": {"strategy": "direct"}, "a": SINGLE["a"]}))
    assert end_name(found["x", "t"].end) == "ties(a, b + c) → t · seed 1"
    assert end_name(found["x", "r"].end) == "ties(a, b + c) · seed 1"
    assert [before_target(found[arm, "t"].end) for arm in ("x", "none", "a")] == ["ties(a, b + c)", "", "a"]


@pytest.mark.parametrize(
    ("arm", "place", "said"),
    [
        (composed("fused"), "arms.x.join", "Did you mean 'fuse'?"),
        (composed({"tis": {}}), "arms.x.join.tis", "Did you mean 'ties'?"),
        (composed({"ties": {"densty": 1}}), "arms.x.join.ties.densty", "Did you mean 'density'?"),
        (composed({"ties": {"density": 0}}), "arms.x.join.ties.density", "above 0 and at most 1"),
        (composed({"ties": {}, "average": {}}), "arms.x.join", "it has 'average' and 'ties'"),
        (composed({}), "arms.x.join", "it has none of them"),
        (composed({"average": {"weights": [1, 1]}}), "arms.x", "2 weights for the 3 trainings"),
        (composed({"arithmetic": {"weights": [1, 1]}}), "arms.x", "2 weights for the 3 trainings"),
        (composed({"average": {"weights": [1, -1, 0]}}), "arms.x.join.average", "must not sum to zero"),
        (composed(None), "arms.x", "needs 'join'"),
        (composed("ties", through=["a"]), "arms.x", "joins at least two trainings"),
        (composed("ties", through=[["a", "b"]]), "arms.x", "joins at least two trainings"),
        (composed("ties", through=[]), "arms.x", "needs 'through'"),
        (composed("ties", tune="frozen"), "arms.x", "'tune: frozen' trains heads alone"),
        (composed("ties", keep_head=True), "arms.x", "'keep_head' needs one phase"),
        (composed("fuse", tune="full"), "arms.x", "or join whole encoders by weights"),
        (composed("fuse", tune={"lora": {}}), "arms.x", "or join LoRA and IA3 by weights"),
        (composed("fuse", tune={"adapter": "parallel"}), "arms.x", "Parallel adapters cannot be fused"),
        (composed("fuse", tune={**PFEIFFER, "invertible": True}), "arms.x", "Invertible adapters cannot be fused"),
        (composed("stack", tune="full"), "arms.x", "'join: stack' is of adapters"),
        (composed("stack", tune={"lora": {"dora": True}}), "arms.x", "use plain LoRA"),
        ({"strategy": "sequential", "through": ["a"], "join": "ties"}, "arms.x", "'sequential' joins nothing"),
    ],
)
def test_a_mistake_is_named(arm: dict, place: str, said: str) -> None:
    with pytest.raises(StudyError) as caught:
        study({"x": arm})
    assert f"s.yaml: {place}:" in str(caught.value) and said in str(caught.value)
