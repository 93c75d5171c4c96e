"""Choices made in the declarations: what shares a training, what never trains, what a slice may hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from xstilts.core.canonical import fingerprint
from xstilts.core.errors import DataError
from xstilts.core.languages import XTREME, XTREME_R
from xstilts.data.locate import SAMPLES, Roots, locate_files
from xstilts.data.read import joined_note, load_examples, resolve_source
from xstilts.data.source import Source
from xstilts.tasks.catalog import TASKS
from xstilts.tasks.small_scale import TASKS as SMALL


@pytest.fixture
def here(shared_data: Path, tmp_path: Path) -> Roots:
    return Roots(data=(shared_data,), store=tmp_path, offline=True, samples=tmp_path / "none")


def fit_key(name: str) -> str:
    return fingerprint(TASKS[name].fit)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("xnli", "xnli-extra"),
        ("squad1", "xquad"),
        ("xquad", "mlqa"),
        ("panx", "panx-extra"),
        ("wikineural", "wikigold"),
        ("squad1-36-articles", "mlqa-36-articles"),
    ],
)
def test_tasks_with_the_same_training_data_share_the_training(one: str, other: str):
    assert fit_key(one) == fit_key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("mnli", "xnli"), ("squad1", "squad1-36-articles"), ("udpos", "udpos-words")]
)
def test_other_data_or_another_development_set_is_another_training(one: str, other: str):
    assert fit_key(one) != fit_key(other)


def test_every_small_task_says_what_was_cut_and_every_full_one_says_full():
    for task in SMALL:
        assert task.scale != "full" and len(task.scale) > 15, task.name
    for name in ("mnli", "xnli", "pawsx", "squad1", "xquad", "udpos", "panx", "hellaswag", "cosmosqa"):
        assert TASKS[name].scale == "full"


FULL = (
    "mnli", "snli", "anli", "qqp", "squad1", "squad2", "xnli", "pawsx", "xquad", "mlqa", "hellaswag", "cosmosqa",
    "socialiqa", "arc", "mmlu", "wikineural", "wikigold", "masakhaner2", "xsid-intent", "xsid-slots",
)  # fmt: skip


@pytest.mark.parametrize("name", FULL)
def test_a_full_training_set_never_resolves_to_a_partial_file(name: str, here: Roots):
    with pytest.raises(DataError, match="missing"):
        locate_files(TASKS[name].train, here)


@pytest.mark.parametrize("task", SMALL, ids=[task.name for task in SMALL])
def test_what_is_trained_on_selects_and_scores_nothing(task, here: Roots):
    """Train, dev and scored parts that come from one file share no group."""

    def groups(found: Source) -> set[tuple[str, str]]:
        resolved = resolve_source(found, here)
        return {(file, e.group) for e in load_examples(resolved).examples for file in (resolved.files[0],)}

    train, dev = groups(task.fit.train), groups(task.fit.dev)
    assert train and dev and not train & dev
    scored = task.test.get("en")
    if scored is not None:
        assert not train & groups(scored)
        notes = " ".join([scored.note, *(place.note for place in scored.places)])
        assert "also select" in notes or not dev & groups(scored)


def test_xtreme_language_tuples_are_complete():
    xtreme = {name: set(task.test) for name, task in TASKS.items() if "xtreme" in task.benchmarks}
    assert set(xtreme) == {
        "xnli", "pawsx", "udpos", "panx", "xquad", "mlqa", "tydiqa", "bucc2018", "tatoeba",
    }  # fmt: skip
    assert set().union(*xtreme.values()) >= set(XTREME)
    assert xtreme["panx"] == set(XTREME_R) - {"ht", "wo"}
    assert len(xtreme["xnli"]) == 15 and len(xtreme["pawsx"]) == 7 and len(xtreme["tatoeba"]) == 41
    assert xtreme["udpos"] >= set(XTREME) - set("bn jv ka ml ms my sw".split())  # noqa: SIM905
    assert len(xtreme["xquad"]) == 12 and len(xtreme["mlqa"]) == 7 and len(xtreme["tydiqa"]) == 9
    assert xtreme["bucc2018"] == {"de", "fr", "ru", "zh"}
    assert len(TASKS["xcopa"].test) == 12


# Counts of FORMATS.md, and of the languages that are read in a way of their own.
@pytest.mark.parametrize(
    ("name", "language", "count"),
    [
        ("xnli", "sw", 1002), ("xnli-extra", "ko", 1002), ("xnli-extra", "my", 1002), ("pawsx", "de", 1000),
        ("pawsx", "ja", 2000), ("xquad", "ru", 1190), ("mlqa", "zh", 504), ("tydiqa", "ko", 1625),
        ("tydiqa", "sw", 2755),
        ("squad2", "en", 6078), ("cosmosqa", "en", 2985), ("commonsenseqa", "en", 1221), ("socialiqa", "en", 2224),
        ("xcopa", "th", 500), ("xcopa", "en", 500), ("arc", "en", 1150), ("mmlu", "en", 3021), ("udpos", "ko", 1000),
        ("udpos-words", "mr", 47), ("panx", "sw", 1000), ("panx", "gu", 100), ("panx-extra", "ig", 100),
        ("wikineural", "pl", 700), ("wikigold", "en", 1841), ("masakhaner2", "yo", 500), ("xsid-intent", "ja", 250),
        ("xsid-slots", "zh", 500), ("snips-slots", "en", 700), ("massive-de-slots", "de", 1652),
        ("tatoeba", "te", 2 * 234), ("flores", "zh-tw", 2 * 1012), ("ntrex", "az", 2 * 1997),
        ("bucc2018", "zh", 8624 + 13589),
        ("lareqa-one-language", "th", 1190 + 852), ("ccg-questions", "en", 500),
    ],
)  # fmt: skip
def test_as_many_examples_as_were_counted(name: str, language: str, count: int, here: Roots):
    assert len(load_examples(resolve_source(TASKS[name].test[language], here)).examples) == count


def test_xcopa_asks_in_thai_what_it_asks_in_english(here: Roots):
    """The Thai file says "effect" everywhere; the English gold comes from a translation."""
    thai, english = (load_examples(resolve_source(TASKS["xcopa"].test[code], here)).examples for code in ("th", "en"))
    asked = [e.prompts[0].rsplit(" ", 1)[0].endswith(("was the", "as a")) for e in thai]
    assert len(asked) == 500
    causes = [e.id for e in thai if e.prompts[0].endswith("What was the cause?")]
    assert causes == [e.id for e in english if e.prompts[0].endswith("What was the cause?")]
    assert 200 < len(causes) < 300
    assert [e.answer for e in thai] == [e.answer for e in english] and {e.answer for e in english} == {0, 1}


def test_translations_of_one_item_share_a_group(here: Roots):
    pairs = {"xnli": ("en", "ur"), "xquad": ("en", "th"), "pawsx": ("ko", "ja"), "xcopa": ("en", "qu")}
    for name, codes in pairs.items():
        one, other = (
            [e.group for e in load_examples(resolve_source(TASKS[name].test[c], here)).examples] for c in codes
        )
        assert one == other
    english, bavarian = (
        {e.group for e in load_examples(resolve_source(TASKS["xsid-intent"].test[c], here)).examples}
        for c in ("en", "de-ba")
    )
    assert len(english & bavarian) > 440  # 448 different texts, in another order, joined by the English text


def test_lines_of_the_tatoeba_test_set_are_never_trained_on(shared_data: Path):
    place = TASKS["mlm-common-voice"].train.only_languages(["id"]).places[0]
    paths = [shared_data / name for name in place.files]
    assert len(paths) == 2 + place.read.tests
    rows = list(place.read(paths))
    kept = {row["text"] for row in rows if not row["held_out"]}
    assert sum(row["held_out"] for row in rows) == 277
    tests = {line for path in paths[2:] if ".ind-" in path.name for line in _lines(path)}
    assert tests and not tests & kept


def _lines(path: Path) -> set[str]:
    from xstilts.data.text_lines import numbered_lines

    return {line for _, line in numbered_lines(path)}


PACKAGED = {
    "snli-cad": 1, "snips-intent": 1, "snips-slots": 1, "udpos": 17, "xsid-intent-snips": 11, "squad1-36-articles": 1,
    "xquad-36-articles": 9, "tatoeba": 16, "ntrex": 17, "mlm-ntrex": 0,
}  # fmt: skip


@pytest.mark.parametrize("name", PACKAGED)
def test_the_packaged_samples_serve_whole_tasks(name: str, tmp_path: Path):
    roots = Roots(store=tmp_path, offline=True)
    task = TASKS[name]
    here = {code for code, found in task.test.items() if _found(found, roots)}
    assert len(here) >= PACKAGED[name], sorted(here)
    if task.fit:
        for found in (task.fit.train, task.fit.dev):
            examples = load_examples(resolve_source(found, roots)).examples
            assert len(examples) >= 30
            for example in examples:
                task.kind.check(example)
    for code in sorted(here):
        examples = load_examples(resolve_source(task.test[code], roots)).examples
        assert len(examples) >= 90
        assert any(task.kind.gold(example) is not None for example in examples)


def _found(found: Source, roots: Roots) -> bool:
    try:
        return locate_files(found, roots).root == SAMPLES
    except DataError:
        return False


@pytest.mark.parametrize(
    ("name", "language", "said"),
    [
        ("tydiqa", "ko", "training file"),
        ("tydiqa", "sw", "training file"),
        ("mlqa", "de", "development set"),
        ("pawsx", "en", "whose English rows also select"),
    ],
)
def test_what_stands_in_for_a_test_set_is_said_where_it_is_read(tmp_path, name, language, said):
    """By the place that is read: the published set, fetched, has no such note."""
    source = TASKS[name].test[language]
    stand_in, published = source.places
    assert said in stand_in.note and not published.note and said in source.notes
    assert said in joined_note(source, stand_in) and said not in joined_note(source, published)
