"""Stress: a perturbation of a user's own file, so that they see what it does to their data before a study uses it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from xstilts.app.predict import read_rows
from xstilts.core.errors import DataError
from xstilts.core.languages import canonical_code
from xstilts.data.examples import Example, TagExample
from xstilts.data.row_makers.catalog import ChoiceRow, SpanRow
from xstilts.data.source import WHERE, Row
from xstilts.kinds.user_data import made, unlabelled_text, unlabelled_words, user_id
from xstilts.perturb.base import Perturbation
from xstilts.perturb.catalog import parse
from xstilts.perturb.edits import Rewriting
from xstilts.perturb.examples import PerturbedExamples, perturb_examples
from xstilts.perturb.switch_measures import SwitchMeasures, measure_switching

_SHAPES = "A row has a text (and a pair); words; a question and its context; or a prompt and options."


@dataclass(frozen=True, kw_only=True)
class StressedText:
    """One text of an example and what was done to it."""

    example_id: str
    field: str
    rewriting: Rewriting


@dataclass(frozen=True, kw_only=True)
class StressedFile:
    """What a perturbation did to a file. shown: the texts of its first examples."""

    perturbation: Perturbation
    language: str
    result: PerturbedExamples[Example]
    shown: Sequence[StressedText]

    @property
    def switching(self) -> SwitchMeasures | None:
        """How much languages are mixed now; None for noise."""
        tags = self.result.language_tags
        if not self.perturbation.switches:
            return None
        languages = dict.fromkeys((self.language, *(tag for sentence in tags for tag in sentence)))
        return measure_switching(tags, tuple(languages))

    def as_json(self) -> dict[str, Any]:
        result, perturbation = self.result, self.perturbation
        return {
            "perturbation": perturbation.name,
            "language": self.language,
            "rate": perturbation.rate,
            "seed": perturbation.seed,
            "unit": perturbation.unit,
            "units": result.units,
            "changed": result.changed,
            "realised_rate": result.realised_rate,
            "examples": len(result.examples),
            "dropped": dict(result.dropped),
            "first_dropped": dict(result.first_dropped),
            "switching": asdict(switching) if (switching := self.switching) else None,
            "texts": [_text_json(text) for text in self.shown],
        }


def _text_json(text: StressedText) -> dict[str, Any]:
    rewriting = text.rewriting
    edits = [[edit.start, edit.end, edit.text] for edit in rewriting.edits]
    return {"id": text.example_id, "field": text.field, "old": rewriting.old, "new": rewriting.text, "edits": edits}


def stress_file(path: Path, perturbation: Perturbation, language: str, show: int) -> StressedFile:
    """Return what a perturbation does to a file; `show`: of how many examples the texts are kept.

    Raises DataError for a file that cannot be read (file:line) or a perturbation that it cannot take.
    """
    code = canonical_code(language, "--language")
    examples = read_stressed(path)
    kept = {example.id for example in examples[:show]}
    shown: list[StressedText] = []

    def watch(example: Example, name: str, rewriting: Rewriting) -> None:
        if example.id in kept:
            shown.append(StressedText(example_id=example.id, field=name, rewriting=rewriting))

    result = perturb_examples(examples, perturbation, code, watch)
    return StressedFile(perturbation=perturbation, language=code, result=result, shown=shown)


def named_perturbation(section: str, name: str, rate: float, seed: int, settings: Sequence[str]) -> Perturbation:
    """Return the perturbation that options say; `settings` are KEY=VALUE. Raises DataError, its place an option."""
    raw: dict[str, Any] = {section: name, "rate": rate, "seed": seed}
    for setting in settings:
        key, sign, value = setting.partition("=")
        if not sign or not key.strip():
            raise DataError(f"a setting is KEY=VALUE, got '{setting}'", where="--set")
        try:
            raw[key.strip()] = yaml.safe_load(value)
        except yaml.YAMLError:
            raise DataError(f"the value of '{key}' cannot be read: '{value}'", where="--set") from None
    try:
        return parse(raw, "-")
    except DataError as error:
        where = error.where or ""
        place = {"-": "--set", "-.rate": "--rate", "-.seed": "--seed", f"-.{section}": f"--{section}"}.get(where)
        raise error.moved(place or (f"--set {where[2:]}" if where.startswith("-.") else where)) from None


def read_stressed(path: Path) -> list[Example]:
    """Return a file as examples of the shape that its columns say, as `predict` reads them. Raises DataError."""
    if not path.is_file():
        raise DataError(f"There is no file '{path}'.")
    examples: list[Example] = []
    places: dict[str, str] = {}
    for number, row in enumerate(read_rows(path)):
        example = _example(row, str(number), path)
        if (first := places.setdefault(example.id, example.where)) != example.where:
            raise DataError(f"the id '{example.id}' occurs twice, first at {first}", where=example.where)
        examples.append(example)
    if not examples:
        raise DataError("The file has no rows.", where=str(path))
    return examples


def _example(row: Row, number: str, path: Path) -> Example:
    if not isinstance(row, Mapping):
        raise DataError("the row is no object with named fields", where=f"{path} row {number}", hint=_SHAPES)
    if "question" in row and "context" in row:
        answers = "answers" if "answers" in row else None
        return made(SpanRow(answers=answers, impossible=None, group=(), **user_id(row)), row, number)
    if "prompt" in row and "options" in row:
        return made(ChoiceRow(prompt="{prompt}", options="options", **user_id(row)), row, number)
    if "words" in row and (isinstance(row["words"], list) or "text" not in row):
        return unlabelled_words(row, number, TagExample)
    if "text" not in row:
        fields = ", ".join(f"'{key}'" for key in row if type(key) is str)
        problem = f"the row has none of the columns that are texts, but {fields or 'none at all'}"
        raise DataError(problem, where=row.get(WHERE, str(path)), hint=_SHAPES)
    return unlabelled_text(row, number)
