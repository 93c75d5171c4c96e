"""What the tasks of parsing and semantic roles are declared with, against the files."""

from __future__ import annotations

from pathlib import Path

import pytest

from xstilts.core.errors import DataError
from xstilts.data.locate import Roots
from xstilts.data.read import load_examples, resolve_source
from xstilts.data.readers.catalog import ConlluTrees
from xstilts.kinds.label_sets import PROPBANK_ROLES, UNIVERSAL_RELATIONS
from xstilts.tasks.catalog import TASKS
from xstilts.tasks.treebanks import TREEBANKS


@pytest.fixture
def here(shared_data: Path, tmp_path: Path) -> Roots:
    return Roots(data=(shared_data,), store=tmp_path, offline=True, samples=tmp_path / "none")


def test_the_relations_are_those_of_the_training_treebank(here: Roots):
    found = load_examples(resolve_source(TASKS["dependency"].train, here))
    relations = {relation for example in found.examples for relation in example.relations}
    assert relations == set(UNIVERSAL_RELATIONS) and tuple(sorted(UNIVERSAL_RELATIONS)) == UNIVERSAL_RELATIONS
    assert len(found.examples) == 12_544


def test_every_treebank_is_a_test(here: Roots):
    assert set(TASKS["dependency"].test) == {treebank.language for treebank in TREEBANKS}
    assert len(load_examples(resolve_source(TASKS["dependency"].test["ko"], here)).examples) == 1000
    assert TASKS["dependency"].benchmarks == ()


@pytest.mark.parametrize(
    ("heads", "what"), [("320", "run in a circle"), ("001", "2 words are roots"), ("231", "no word is the root")]
)
def test_broken_gold_stops_with_file_and_line(heads: str, what: str, tmp_path: Path):
    lines = [f"{n}\tw{n}\t_\tX\t_\t_\t{head}\tdep\t_\t_" for n, head in enumerate(heads, start=1)]
    file = tmp_path / "ud" / "de" / "de_gsd-ud-test.conllu"
    file.parent.mkdir(parents=True)
    file.write_text("\n".join(["# sent_id = a", *lines, "", ""]))
    row = next(iter(ConlluTrees()([file])))
    with pytest.raises(DataError, match=rf"de_gsd-ud-test\.conllu:\d: no tree: .*({what})"):
        TASKS["dependency"].test["de"].places[0].row(row, 0)


def test_the_roles_are_those_of_the_training_sentences(here: Roots):
    for name in ("srl", "srl-heads"):
        form = TASKS[name].kind.form
        found = load_examples(resolve_source(TASKS[name].train, here))
        arguments = [a for e in found.examples for one in e.predicates for a in getattr(one, form)]
        assert {argument[-1] for argument in arguments} == set(PROPBANK_ROLES)
        assert len(PROPBANK_ROLES) == len(set(PROPBANK_ROLES)) == 57
        assert len(found.examples) == 12_526 and len(arguments) == 81_261
        assert sum(found.dropped.values()) == 18


@pytest.mark.parametrize(
    ("language", "predicates", "arguments"), [("de", 724, 1734), ("te", 145, 201), ("vi", 747, 452)]
)
def test_both_forms_of_a_projected_language(language: str, predicates: int, arguments: int, here: Roots):
    for name in ("srl", "srl-heads"):
        task = TASKS[name]
        examples = load_examples(resolve_source(task.test[language], here)).examples
        found = [one for example in examples for one in example.predicates]
        assert len(found) == predicates and sum(len(getattr(one, task.kind.form)) for one in found) == arguments
