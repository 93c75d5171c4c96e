"""Reading the files of a submission together with the label files: what is scored against what.

Each reader takes a label file and a prediction file of one language and gives (gold, guess) of every example. Raises
DataError with file and line for blank labels, a different number of lines, ids that are unknown, missing or given
twice: the official program counts some of these as wrong answers, and some into a shorter average.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from xstilts.core.errors import DataError, nearest
from xstilts.data.fields import label_text
from xstilts.data.readers.json_records import parse_json, parse_json_file
from xstilts.data.readers.squad import SquadReader
from xstilts.data.source import WHERE
from xstilts.data.text_lines import Numbered, line_blocks, numbered_lines, read_text
from xstilts.xtreme.labels import check_labels, check_sentence_numbers

GoldGuessPairs = Sequence[tuple[Any, Any]]
ReadPairs = Callable[[Path, Path], GoldGuessPairs]


def read_labels(gold: Path, guess: Path, labels: Collection[str] = ()) -> GoldGuessPairs:
    """Read one label a line, each one of `labels` where any are given."""
    golds, guesses = _filled(gold, "label"), _filled(guess, "prediction")
    pairs = _line_by_line(gold, guess, golds, guesses)
    if labels:
        check_labels(gold, guess, golds, guesses, labels)
    return pairs


def read_sentence_numbers(gold: Path, guess: Path) -> GoldGuessPairs:
    """Read the number of a sentence a line."""
    golds, guesses = _filled(gold, "label"), _filled(guess, "prediction")
    pairs = _line_by_line(gold, guess, golds, guesses)
    check_sentence_numbers(gold, guess, golds, guesses)
    return pairs


def read_json_labels(gold: Path, guess: Path, labels: Collection[str] = ()) -> GoldGuessPairs:
    """Read one JSON object a line, of which `label` counts, one of `labels` where any are given."""
    golds, guesses = (
        [(number, _label(path, number, line)) for number, line in _filled(path, "line")] for path in (gold, guess)
    )
    pairs = _line_by_line(gold, guess, golds, guesses)
    if labels:
        check_labels(gold, guess, golds, guesses, labels)
    return pairs


def _line_by_line(gold: Path, guess: Path, golds: Sequence[Numbered], guesses: Sequence[Numbered]) -> GoldGuessPairs:
    """Pair the lines of two files. Raises DataError where one has more."""
    _same_number(gold, guess, "lines", golds, guesses)
    return [(label, prediction) for (_, label), (_, prediction) in zip(golds, guesses, strict=True)]


def read_tags(gold: Path, guess: Path, labels: Collection[str] = ()) -> GoldGuessPairs:
    """Read one tag a line, each one of `labels` where any are given, a blank line between sentences."""
    sides = [list(line_blocks(path)) for path in (gold, guess)]
    _same_number(gold, guess, "sentences", *([block[0] for block in side] for side in sides))
    sentences = []
    for gold_tags, guessed_tags in zip(*sides, strict=True):
        if len(gold_tags) != len(guessed_tags):
            number = len(gold_tags)
            raise DataError(
                f"a sentence of {len(guessed_tags)} tags, where {gold} (from line {gold_tags[0][0]}) has {number}",
                where=f"{guess}:{guessed_tags[0][0]}",
            )
        sentences.append(([line.strip() for _, line in gold_tags], [line.strip() for _, line in guessed_tags]))
    if all(tag in ("_", "") for gold_tags, _ in sentences for tag in gold_tags):
        raise DataError("the labels are blank: nothing can be scored against them", where=f"{gold}:1")
    if labels:
        lines = [[(number, line.strip()) for block in side for number, line in block] for side in sides]
        check_labels(gold, guess, lines[0], lines[1], labels)
    return sentences


def read_pairs(gold: Path, guess: Path) -> GoldGuessPairs:
    """Read one pair of ids a line, the mined ones beside the true ones: a set against a set. A pair that is both, or
    only one of them, is one example: gold [id] or [], guess {"id": id} or None."""
    gold_pairs, guessed_pairs = (_pairs(path) for path in (gold, guess))
    _same_sides(gold, guess, gold_pairs, guessed_pairs)
    all_pairs = dict.fromkeys((*gold_pairs, *guessed_pairs))
    return [
        ([pair[1]] if pair in gold_pairs else [], {"id": pair[1]} if pair in guessed_pairs else None)
        for pair in all_pairs
    ]


def read_answers(gold: Path, guess: Path) -> GoldGuessPairs:
    """Read SQuAD's JSON against an object of id -> answer. Questions with one id are questions of their own, all
    answered by what is predicted for it, as the official program counts them."""
    questions: list[tuple[str, list[str]]] = []
    for row in SquadReader()([gold]):
        texts = [text for text, _ in row["answers"] or ()]
        if not any(text.strip() for text in texts):
            raise DataError(f"the answers to '{row['id']}' are blank: nothing can be scored", where=row[WHERE])
        questions.append((row["id"], texts))
    guesses = _same_ids(gold, guess, dict.fromkeys(name for name, _ in questions), str, "a text")
    return [(texts, guesses[name]) for name, texts in questions]


def read_rankings(gold: Path, guess: Path) -> GoldGuessPairs:
    """Read an object of id -> [relevant id] against one of id -> ids from best to worst."""
    relevant = _object(gold, list, "a list of ids")
    for name, ids in relevant.items():
        if not ids:
            raise DataError(f"nothing is relevant to '{name}': nothing can be scored", where=_place(gold, name))
    guesses = _same_ids(gold, guess, relevant, list, "a list of ids")
    for name, ranking in guesses.items():
        for candidate in ranking:
            if not isinstance(candidate, str) or not candidate or candidate != candidate.strip():
                raise DataError(f"'{candidate}' is no id, in the ranking of '{name}'", where=_place(guess, name))
    return [
        ([str(candidate).strip() for candidate in ids], [str(candidate) for candidate in guesses[name]])
        for name, ids in relevant.items()
    ]


def _filled(path: Path, noun: str) -> list[Numbered]:
    """Return the lines without blanks at their ends; blank lines may only stand at the end of the file."""
    numbered = [(number, line.strip()) for number, line in numbered_lines(path)]
    while numbered and not numbered[-1][1]:
        numbered.pop()
    for number, line in numbered:
        if not line:
            raise DataError(f"a blank {noun}", where=f"{path}:{number}")
    if not numbered:
        raise DataError(f"no {noun}: the file is empty or blank, and nothing can be scored", where=str(path))
    return numbered


def _same_number(
    gold: Path, guess: Path, noun: str, gold_lines: Sequence[Numbered], guessed_lines: Sequence[Numbered]
) -> None:
    """Raise DataError at the first line too many, or at the last one of a side that is too short."""
    if len(gold_lines) != len(guessed_lines):
        line = (
            guessed_lines[len(gold_lines)][0]
            if len(guessed_lines) > len(gold_lines)
            else (guessed_lines[-1][0] if guessed_lines else 1)
        )
        raise DataError(f"{len(guessed_lines)} {noun}, but {gold} has {len(gold_lines)}", where=f"{guess}:{line}")


def _label(path: Path, number: int, line: str) -> str:
    where = f"{path}:{number}"
    row = parse_json(line, where)
    if not isinstance(row, dict) or row.get("label") in (None, ""):
        raise DataError("a JSON object with a 'label' is needed", where=where)
    return str(label_text(row["label"], "label", where))


def _pairs(path: Path) -> dict[tuple[str, str], int]:
    """Return pair -> line."""
    line_of_pair: dict[tuple[str, str], int] = {}
    for number, line in _filled(path, "pair"):
        cells = line.split("\t")
        if len(cells) != 2 or not all(cell and cell == cell.strip() for cell in cells):
            raise DataError(f"not two ids with a tab between them: '{line}'", where=f"{path}:{number}")
        pair = (cells[0], cells[1])
        if pair in line_of_pair:
            raise DataError(f"the pair stands in line {line_of_pair[pair]} already: '{line}'", where=f"{path}:{number}")
        line_of_pair[pair] = number
    return line_of_pair


def _same_sides(
    gold: Path, guess: Path, gold_pairs: Mapping[tuple[str, str], int], guessed: Mapping[tuple[str, str], int]
) -> None:
    """Refuse an id that is not made as those of its column in the gold ("de-" and digits), such as columns the other
    way round. Raises DataError."""
    for side in (0, 1):
        prefixes = dict.fromkeys(pair[side].rstrip("0123456789") for pair in gold_pairs)
        if len(prefixes) != 1:
            continue  # ids of no common form
        for pair, number in guessed.items():
            if pair[side].rstrip("0123456789") not in prefixes or not pair[side][-1].isdigit():
                raise DataError(
                    f"'{pair[side]}' is no sentence of column {side + 1}: those of {gold} begin with"
                    f" '{next(iter(prefixes))}'",
                    where=f"{guess}:{number}",
                )


def _same_ids(gold: Path, guess: Path, gold_ids: Mapping[str, Any], of: type, noun: str) -> Mapping[str, Any]:
    """Return the predictions, one for each id that is wanted and no other."""
    guesses = _object(guess, of, noun)
    for name in guesses:
        if name not in gold_ids:
            close = nearest(name, gold_ids)
            hint = f"Did you mean '{close}'? " if close else ""
            raise DataError(
                f"unknown id '{name}'", where=_place(guess, name), hint=f"{hint}The ids are those of {gold}."
            )
    missing = [name for name in gold_ids if name not in guesses]
    if missing:
        raise DataError(
            f"no prediction for '{missing[0]}', nor for {len(missing) - 1} more of {gold}", where=str(guess)
        )
    return guesses


def _object(path: Path, of: type, noun: str) -> dict[str, Any]:
    twice: list[str] = []

    def unique(items: list[tuple[str, Any]]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, value in items:
            if name in values:
                twice.append(name)
            values[name] = value
        return values

    items_of_id = parse_json_file(path, unique)
    if not isinstance(items_of_id, dict):
        raise DataError("one JSON object of id -> prediction is needed", where=str(path))
    if twice:
        raise DataError(f"the id '{twice[0]}' is given twice", where=_place(path, twice[0], last=True))
    for name, value in items_of_id.items():
        if not isinstance(value, of):
            raise DataError(f"'{name}' must have {noun}", where=_place(path, name))
    return items_of_id


def _place(path: Path, name: str, last: bool = False) -> str:
    """Return the line that an id is in, as it is written there."""
    text = read_text(path)
    for written in (json.dumps(name), json.dumps(name, ensure_ascii=False)):
        at = text.rfind(written) if last else text.find(written)
        if at >= 0:
            return f"{path}:{text.count(chr(10), 0, at) + 1}"
    return str(path)
