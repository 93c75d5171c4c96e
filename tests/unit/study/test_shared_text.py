"""Which arms read the training sentences of a target before: as declared, substitutes included."""

from __future__ import annotations

from study_toys import ENCODER, catalog, everywhere, located, retrieval, trained

from xstilts.study.availability import LocatedStudy
from xstilts.study.expand import expand
from xstilts.study.load import parse_study
from xstilts.tasks.catalog import TASKS as REAL

TASKS = catalog(
    trained("tags").replace(corpora=("EWT",)),
    trained("trees").replace(corpora=("EWT",)),
    trained("other"),
    trained("small").replace(corpora=("SICK",)),
    retrieval("r"),
)
ARMS = {
    "none": {"strategy": "direct"},
    "trees": {"strategy": "sequential", "through": ["trees"]},
    "both": {"strategy": "sequential", "through": ["other", ["trees", "tags"]]},
    "other": {"strategy": "sequential", "through": ["other"]},
}


def chosen(**changes: object) -> LocatedStudy:
    raw = {"question": "q", "encoder": "e", "arms": ARMS, "targets": ["tags", "other", "r"], **changes}
    return located(parse_study(raw), TASKS, everywhere)


def test_arms_are_named_with_the_tasks_that_hold_the_sentences() -> None:
    found = chosen()
    assert found.shared == {"tags": {"trees": ("trees",), "both": ("trees", "tags")}}
    assert found.notes["tags"] == (
        "the arms trees, both (2 of 4) read its training sentences (EWT) before, as trees, tags "
        "(tags with the same labels)",
    )
    assert "other" not in found.notes


def test_one_arm_that_did_not_is_named_instead() -> None:
    found = chosen(arms={name: ARMS[name] for name in ("none", "trees", "both")}, targets=["tags"])
    assert found.notes["tags"][0].startswith("all arms but 'none' (2 of 3) read its training sentences (EWT) before")


def test_what_is_trained_on_counts_not_what_it_stands_in_for() -> None:
    assert chosen(substitute={"tags": "small"}).shared == {"tags": {"both": ("small",)}}  # the arm's stand-in as well
    assert chosen(substitute={"trees": "small"}).shared == {"tags": {"both": ("tags",)}}


def test_other_training_data_are_other_sentences() -> None:
    assert TASKS["tags"].replace(train=TASKS["other"].train).corpora == ()
    assert TASKS["tags"].replace(name="more").corpora == ("EWT",)


def test_no_training_depends_on_the_declaration() -> None:
    plain = catalog(*(task.replace(corpora=()) for task in TASKS.values()))
    study = parse_study({"question": "q", "encoder": "e", "arms": ARMS, "targets": ["tags"]})
    ends = [[r.end for r in expand(located(study, t, everywhere), ENCODER, "fp32")] for t in (TASKS, plain)]
    assert ends[0] == ends[1]


def test_the_tasks_of_ewt_declare_it_and_read_it() -> None:
    declared = {name for name, task in REAL.items() if task.corpora}
    read = {
        name
        for name, task in REAL.items()
        if task.train and any("en_ewt-ud-train" in file for place in task.train.places for file in place.files)
    }
    others = {f"{kind}-{what}" for kind in ("udpos", "dependency") for what in ("switched", "nonstandard")}
    same = {"udpos", "udpos-words", "udpos-corrected", "dependency", "srl", "srl-heads", "dependency-srl"}
    assert declared == read == same | others
