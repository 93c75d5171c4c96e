"""Treebanks of mixed and nonstandard language: read whole, trained as their clean counterparts are."""

from __future__ import annotations

from pathlib import Path

import pytest

from xstilts.data.locate import Roots
from xstilts.data.read import load_examples, resolve_source
from xstilts.tasks.catalog import TASKS
from xstilts.tasks.natural_noise import COUNTERPARTS

# sentences and words of the local copies, counted by others (FORMATS.md of the data)
SIZES = {
    "ajp": (100, 789), "bar": (500, 7681), "en": (232, 2266), "fi": (500, 2602), "fr": (500, 7798), "ga": (500, 9076),
    "gsw": (100, 1444), "it": (142, 2976), "pcm": (500, 6881), "pt": (500, 10032), "qaf": (145, 2179),
    "qtd": (500, 9434), "qte": (36, 166), "qti": (51, 393), "ru": (500, 5629), "yue": (500, 4668),
}  # fmt: skip


@pytest.mark.parametrize("kind", ["udpos", "dependency"])
def test_every_sentence_is_read_and_fits_its_kind(kind: str, shared_data: Path, tmp_path: Path):
    roots = Roots(data=(shared_data,), store=tmp_path, offline=True, samples=tmp_path / "none")
    found = {}
    for name in (f"{kind}-switched", f"{kind}-nonstandard"):
        task = TASKS[name]
        for language, source in task.test.items():
            loaded = load_examples(resolve_source(source, roots))
            assert not loaded.dropped
            for example in loaded.examples:
                task.kind.check(example)
            found[language] = (len(loaded.examples), sum(len(example.words) for example in loaded.examples))
    assert found == SIZES


@pytest.mark.parametrize(
    ("name", "clean"),
    [("udpos-switched", "udpos-words"), ("udpos-nonstandard", "udpos-words"),
     ("dependency-switched", "dependency"), ("dependency-nonstandard", "dependency")],
)  # fmt: skip
def test_they_share_the_training_of_their_clean_counterpart(name: str, clean: str):
    task, other = TASKS[name], TASKS[clean]
    assert task.fit == other.fit and hash(task.fit) == hash(other.fit)
    for language in task.test:
        assert set(COUNTERPARTS.get(language, ())) <= set(other.test)
    assert set(task.test) - set(COUNTERPARTS) <= {"ga"}


def test_of_corrected_sentences_as_many_words_differ_as_their_treebanks_mark(shared_data: Path, tmp_path: Path):
    roots = Roots(data=(shared_data,), store=tmp_path, offline=True, samples=tmp_path / "none")
    task, changed = TASKS["udpos-corrected"], {}
    for language, name in task.as_written.items():
        sources = (of.test[language] for of in (task, TASKS[name]))
        fixed, written = (load_examples(resolve_source(source, roots)).examples for source in sources)
        assert [(one.id, one.group, one.tags) for one in fixed] == [(one.id, one.group, one.tags) for one in written]
        words = zip(*([word for one in of for word in one.words] for of in (fixed, written)), strict=True)
        changed[language] = sum(a != b for a, b in words)
    assert changed == {"en": 154, "ga": 207, "pt": 177, "qtd": 32}


def test_licences_that_forbid_commercial_use_are_marked():
    assert TASKS["udpos-switched"].origin.noncommercial and "qtd CC BY-NC-SA" in TASKS["udpos-switched"].origin.licence
    assert not TASKS["udpos-nonstandard"].origin.noncommercial
