"""What every declared task promises: sound declarations, and real rows whose gold, given as a guess, scores 100."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from xstilts.core.languages import LANGUAGES
from xstilts.data.examples import Example, JudgedExample, SentenceExample, SpanExample
from xstilts.data.locate import SAMPLES, Roots, locate_files
from xstilts.data.source import Drop, Place, Source
from xstilts.metrics.tallies import headline
from xstilts.tasks.base import Task
from xstilts.tasks.catalog import TASKS

ROWS = 40  # of each language; whole files where sentences need each other
every_task = pytest.mark.parametrize("task", TASKS.values(), ids=list(TASKS))


@pytest.fixture
def here(shared_data: Path, tmp_path: Path) -> Roots:
    return Roots(data=(shared_data,), store=tmp_path, offline=True, samples=tmp_path / "none")


def sources(task: Task) -> Iterator[tuple[str, Source]]:
    given = (("train", task.train), ("dev", task.dev), ("pool", task.pool))
    for name, found in (*given, *task.test.items(), *task.translations.items()):
        if found is not None:
            yield name, found


def places(task: Task) -> Iterator[Place]:
    return (place for _, found in sources(task) for place in found.places)


def first(task: Task, found: Source, roots: Roots) -> list[Example]:
    """The first examples of a source, all of them where a row is half of a pair."""
    at = locate_files(found, roots)
    rows = enumerate(at.place.read(at.paths))
    whole = at.place.row.__class__.__name__.startswith("Mined")
    made = (at.place.row(row, number) for number, row in (rows if whole else islice(rows, ROWS)))
    kept = [item for item in made if not isinstance(item, Drop)]
    return [example for item in kept for example in (item if isinstance(item, list) else [item])]


def present(found: Source, roots: Roots) -> bool:
    return any(all(gz(roots.data[0] / name) for name in place.files) and not place.hub for place in found.places)


def gz(path: Path) -> bool:
    return path.is_file() or path.with_name(path.name + ".gz").is_file() or path.with_suffix("").is_file()


def guess(task: Task, example: Example):
    """The gold as the prediction of a perfect system."""
    gold = task.kind.gold(example)
    if isinstance(example, JudgedExample):
        return {"holds": {way: [1.0 for _ in gold] for way in task.kind.ways}}
    if task.kind.name == "pseudo_perplexity":
        return {"log_probability": 0.0, "tokens": 3, "log_vocabulary": 9.0}
    if isinstance(example, SpanExample):
        return example.answers[0][0] if example.answers else ""
    if isinstance(example, SentenceExample):
        if not example.matches:
            return None
        return {"id": example.matches[0], "margin": 2.0} if task.kind.method == "mine" else example.matches[0]
    return gold


@every_task
def test_declarations_are_sound(task: Task):
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", task.name)
    assert task.origin.licence and task.origin.cite and task.origin.home.startswith("https://")
    assert set(task.test) <= set(LANGUAGES), "languages are keys of the language table"
    assert all(task.test[language].language == language for language in task.test)
    assert task.train is not None or task.test
    assert task.dev is None or task.train is not None
    assert task.pool is None or task.test
    assert set(task.benchmarks) <= {"xtreme", "xtreme-r"}
    if re.search(r"\bNC\b|non-commercial", task.origin.licence):
        assert task.origin.noncommercial
    for place in places(task):
        assert place.files and not any(Path(name).is_absolute() or ".." in name for name in place.files)
        assert not place.urls or len(place.urls) == len(place.files)
        assert not place.members or len(place.members) == len(place.files)
        assert not place.hub or re.fullmatch(r"[\w-]+/[\w-]+", place.hub)
        assert all(url.startswith("https://") for url in place.urls)


@every_task
def test_files_without_an_address_are_in_the_data_folder_or_packaged(task: Task, shared_data: Path):
    for place in places(task):
        if not place.hub and not place.urls:
            is_packaged = all(gz(SAMPLES / name) for name in place.files)
            assert is_packaged or [name for name in place.files if not gz(shared_data / name)] == []


@every_task
def test_gold_as_prediction_is_perfect_in_every_language(task: Task, here: Roots):
    for language, found in task.test.items():
        if not present(found, here):
            continue
        examples = first(task, found, here)
        for example in examples:
            task.kind.check(example)
        scored = [example for example in examples if example.scored]
        assert scored and all(task.kind.gold(example) is not None for example in scored), f"{language}: gold is missing"
        assert len({example.id for example in examples}) == len(examples), f"{language}: ids repeat"
        guesses = [guess(task, example) for example in examples]
        for metric in task.scored:
            counts = task.kind.count(metric, examples, guesses, language)
            assert headline(metric, counts.sum(axis=0)) == pytest.approx(100.0), f"{language}: {metric.name}"


@every_task
def test_training_rows_pass_the_kinds_check_and_have_gold(task: Task, here: Roots):
    for found in (task.train, task.dev):
        if found is None or not present(found, here):
            continue
        examples = first(task, found, here)
        assert examples
        for example in examples:
            task.kind.check(example)
            assert task.kind.name == "mlm" or task.kind.gold(example) is not None


@pytest.mark.parametrize("wrong", ["premise", "options"])
def test_a_wrong_guess_is_not_perfect(wrong: str, here: Roots):
    """The check above can fail: another label than the gold one scores less."""
    task = TASKS["xnli" if wrong == "premise" else "xcopa"]
    examples = first(task, task.test["sw"], here)
    guesses = [guess(task, example) for example in examples]
    guesses[0] = 1 - guesses[0] if wrong == "options" else "neutral" if guesses[0] != "neutral" else "entailment"
    counts = task.kind.count(task.scored[0], examples, guesses, "sw")
    assert headline(task.scored[0], counts.sum(axis=0)) == pytest.approx(100 * (ROWS - 1) / ROWS)


def test_the_catalogue_is_read_without_heavy_libraries():
    code = (
        "import sys, xstilts.tasks.catalog\n"
        "print([n for n in ('torch', 'transformers', 'datasets', 'scipy', 'huggingface_hub') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
