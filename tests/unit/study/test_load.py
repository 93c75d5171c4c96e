"""Study files: what is accepted, and what is said about what is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from xstilts.core.errors import StudyError
from xstilts.study.load import apply_scale, dump_study, load_study, packaged_studies, parse_study

BASE = {"question": "q?", "encoder": "e", "arms": {"none": {"strategy": "direct"}}, "targets": ["xnli"]}


@pytest.mark.parametrize(
    ("change", "place", "said"),
    [
        ({"armz": {}}, "armz", "Did you mean 'arms'?"),
        ({"arms": {"none": {"strategy": "dirct"}}}, "arms.none.strategy", "Did you mean 'direct'?"),
        ({"arms": {"a": {"strategy": "direct", "thruogh": []}}}, "arms.a.thruogh", "Did you mean 'through'?"),
        ({"train": {"intermediate": {"updats": 3}}}, "train.intermediate.updats", "Did you mean 'updates'?"),
        ({"train": {"tasks": {"x": {"lrr": 3}}}}, "train.tasks.x.lrr", "Did you mean 'lr'?"),
        ({"scale": {"smoke": {"tak": {}}}}, "scale.smoke.tak", "Did you mean 'take'?"),
        ({"arms": {"a": {"strategy": "sequential"}}}, "arms.a", "needs 'through'"),
        ({"arms": {"a": {"strategy": "direct", "through": ["mnli"]}}}, "arms.a", "no intermediate phase"),
        ({"train": {"updates": 1, "epochs": 2}}, "train", "either 'updates' or 'epochs'"),
        ({"train": {"lr": -1}}, "train.lr", "must be a number, above 0"),
        ({"train": {"target": {"max_length": 64}}}, "train", "belongs to a task"),
        ({"arms": {"a": {"strategy": "direct", "train": {"max_length": 64}}}}, "arms.a", "belongs to a task"),
        ({"seeds": []}, "seeds", "at least 1 item"),
        ({"targets": "xnli"}, "targets", "must be a list, not 'xnli'"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_what_is_allowed(change: dict, place: str, said: str) -> None:
    with pytest.raises(StudyError) as caught:
        parse_study({**BASE, **change}, "s.yaml")
    assert f"s.yaml: {place}:" in str(caught.value)
    assert said in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_missing_key_is_named() -> None:
    with pytest.raises(StudyError, match="'question' is missing"):
        parse_study({key: value for key, value in BASE.items() if key != "question"})


def test_unknown_study_names_the_packaged_ones() -> None:
    with pytest.raises(StudyError, match=r"neither a file nor a packaged study.*quickstart"):
        load_study("quickstrt")


def test_invalid_yaml_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("question: a\nencoder: [\n")
    with pytest.raises(StudyError, match=r"s\.yaml:\d+: This is not valid YAML"):
        load_study(str(path))


def test_a_key_given_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("question: a\nencoder: e\nencoder: f\n")
    with pytest.raises(StudyError, match=r"s\.yaml:3: .*'encoder' stands twice"):
        load_study(str(path))


def test_a_scale_profile_changes_only_what_it_names(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(
        """
question: q
encoder: big
arms: {none: {strategy: direct}}
targets: [xnli, udpos]
train: {epochs: 3, lr: 1e-5, tasks: {xnli: {epochs: 2}}}
scale:
  smoke: {encoder: small, take: {test: 10}, train: {updates: 5, tasks: {xnli: {updates: 4}}}, seeds: [7]}
"""
    )
    study = load_study(str(path), "smoke")
    assert (str(study.encoder), study.seeds, study.take.test, study.targets) == ("small", (7,), 10, ("xnli", "udpos"))
    assert (study.train.updates, study.train.epochs, study.train.lr) == (5, None, 1e-5)
    assert (study.train.tasks["xnli"].updates, study.train.tasks["xnli"].epochs) == (4, None)
    with pytest.raises(StudyError, match="Did you mean 'smoke'"):
        load_study(str(path), "smke")


def test_a_scale_profile_keeps_the_arms_that_it_names() -> None:
    through = {name: {"strategy": "sequential", "through": [name]} for name in ("a", "b", "c")}
    contrasts = {"a over b": {"a": 1, "b": -1}, "a over c": {"a": 1, "c": -1}}
    data = {**BASE, "arms": {**BASE["arms"], **through}, "contrasts": contrasts}
    kept = apply_scale(parse_study({**data, "scale": {"smoke": {"arms": ["c", "none", "a"]}}}), "smoke")
    assert list(kept.arms) == ["none", "a", "c"]
    assert list(kept.contrasts) == ["a over c"]


@pytest.mark.parametrize(
    ("arms", "said"),
    [(["none", "nli"], "no arm 'nli'.*Did you mean 'mnli'"), (["mnli"], "'none', with which the others are compared")],
)
def test_a_scale_profile_with_arms_that_make_no_study_is_refused(arms: list[str], said: str) -> None:
    both = {**BASE["arms"], "mnli": {"strategy": "sequential", "through": ["mnli"]}}
    study = parse_study({**BASE, "arms": both, "scale": {"smoke": {"arms": arms}}})
    with pytest.raises(StudyError, match=said) as caught:
        apply_scale(study, "smoke")
    assert "scale.smoke.arms" in str(caught.value)


def test_a_dumped_study_reads_back_the_same() -> None:
    study = parse_study(
        {**BASE, "train": {"epochs": 2}, "arms": {"m": {"strategy": "multitask", "through": [["a", "b"]]}}}
    )
    import yaml

    assert parse_study(yaml.safe_load(dump_study(study))) == study


def test_every_packaged_study_loads_with_each_of_its_scales() -> None:
    assert "quickstart" in packaged_studies()
    for name in packaged_studies():
        for scale in (None, *load_study(name).scale):
            assert load_study(name, scale).question


@pytest.mark.parametrize("name", sorted(set(packaged_studies()) - {"quickstart", "claim_sentences"}))
def test_every_packaged_study_has_a_scale_of_minutes_and_one_of_a_laptop_with_several_seeds(name: str) -> None:
    """Two are small as they are written."""
    assert {"smoke", "laptop"} <= set(load_study(name).scale)
    laptop = load_study(name, "laptop")
    assert len(laptop.seeds) >= 2 and str(laptop.encoder) != str(load_study(name).encoder)
