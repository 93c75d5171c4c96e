"""The files of a submission beside the label files: what is scored against what.

Each reader takes a label file and a prediction file of one language and gives (gold, guess) of every example. Raises
DataError with file and line for blank labels, a different number of lines, ids that are unknown, missing or given
twice: the official program counts some of these as wrong answers, and some into a shorter average.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from xstilts.core.errors import DataError, nearest
from xstilts.data.readers.json_records import parse_json
from xstilts.data.readers.squad import SquadReader
from xstilts.data.text_lines import Numbered, line_blocks, numbered_lines, read_text

GoldGuessPairs = Sequence[tuple[Any, Any]]
ReadPairs = Callable[[Path, Path], GoldGuessPairs]


def read_labels(gold: Path, guess: Path) -> GoldGuessPairs:
    """One label a line."""
    sides = [_filled(gold, "label"), _filled(guess, "prediction")]
    _same_number(gold, guess, "lines", sides[0], sides[1])
    return [(a, b) for (_, a), (_, b) in zip(*sides, strict=True)]


def read_json_labels(gold: Path, guess: Path) -> GoldGuessPairs:
    """One JSON object a line, of which `label` counts."""
    sides = [[(number, _label(path, number, line)) for number, line in _filled(path, "line")] for path in (gold, guess)]
    _same_number(gold, guess, "lines", sides[0], sides[1])
    return [(a, b) for (_, a), (_, b) in zip(*sides, strict=True)]


def read_tags(gold: Path, guess: Path) -> GoldGuessPairs:
    """One tag a line, a blank line between sentences."""
    sides = [list(line_blocks(path)) for path in (gold, guess)]
    _same_number(gold, guess, "sentences", *([block[0] for block in side] for side in sides))
    found = []
    for true, said in zip(*sides, strict=True):
        if len(true) != len(said):
            raise DataError(
                f"a sentence of {len(said)} tags, where {gold} (from line {true[0][0]}) has {len(true)}",
                where=f"{guess}:{said[0][0]}",
            )
        found.append(([line.strip() for _, line in true], [line.strip() for _, line in said]))
    if all(tag in ("_", "") for true, _ in found for tag in true):
        raise DataError("the labels are blank: nothing can be scored against them", where=f"{gold}:1")
    return found


def read_pairs(gold: Path, guess: Path) -> GoldGuessPairs:
    """One pair of ids a line, the mined ones beside the true ones: a set against a set. A pair that is both, or only
    one of them, is one example: gold [id] or [], guess {"id": id} or None."""
    true, said = (_pairs(path) for path in (gold, guess))
    both = dict.fromkeys((*true, *said))
    return [([pair[1]] if pair in true else [], {"id": pair[1]} if pair in said else None) for pair in both]


def read_answers(gold: Path, guess: Path) -> GoldGuessPairs:
    """SQuAD's JSON against an object of id -> answer."""
    wanted: dict[str, tuple[list[str], str]] = {}
    for row in SquadReader()([gold]):
        texts = [text for text, _ in row["answers"] or ()]
        if not any(text.strip() for text in texts):
            raise DataError(f"the answers to '{row['id']}' are blank: nothing can be scored", where=row["where"])
        wanted[row["id"]] = (texts, row["where"])
    said = _same_ids(gold, guess, wanted, str, "a text")
    return [(texts, said[name]) for name, (texts, _) in wanted.items()]


def read_rankings(gold: Path, guess: Path) -> GoldGuessPairs:
    """An object of id -> [relevant id] against one of id -> ids from best to worst."""
    wanted = _object(gold, list, "a list of ids")
    for name, ids in wanted.items():
        if not ids:
            raise DataError(f"nothing is relevant to '{name}': nothing can be scored", where=_place(gold, name))
    said = _same_ids(gold, guess, wanted, list, "a list of ids")
    return [([str(one).strip() for one in ids], [str(one) for one in said[name]]) for name, ids in wanted.items()]


def _filled(path: Path, noun: str) -> list[Numbered]:
    """The lines without blanks at their ends; blank lines may only stand at the end of the file."""
    found = [(number, line.strip()) for number, line in numbered_lines(path)]
    while found and not found[-1][1]:
        found.pop()
    for number, line in found:
        if not line:
            raise DataError(f"a blank {noun}", where=f"{path}:{number}")
    if not found:
        raise DataError(f"no {noun}: the file is empty or blank, and nothing can be scored", where=str(path))
    return found


def _same_number(gold: Path, guess: Path, noun: str, true: Sequence[Numbered], said: Sequence[Numbered]) -> None:
    """Points at the first line too many, or at the last one of a side that is too short."""
    if len(true) != len(said):
        line = said[len(true)][0] if len(said) > len(true) else (said[-1][0] if said else 1)
        raise DataError(f"{len(said)} {noun}, but {gold} has {len(true)}", where=f"{guess}:{line}")


def _label(path: Path, number: int, line: str) -> str:
    where = f"{path}:{number}"
    row = parse_json(line, where)
    if not isinstance(row, dict) or row.get("label") in (None, ""):
        raise DataError("a JSON object with a 'label' is needed", where=where)
    return str(row["label"])


def _pairs(path: Path) -> dict[tuple[str, str], int]:
    """pair -> line"""
    found: dict[tuple[str, str], int] = {}
    for number, line in _filled(path, "pair"):
        cells = line.split("\t")
        if len(cells) != 2 or not all(cells):
            raise DataError(f"not two ids with a tab between them: '{line}'", where=f"{path}:{number}")
        pair = (cells[0], cells[1])
        if pair in found:
            raise DataError(f"the pair stands in line {found[pair]} already: '{line}'", where=f"{path}:{number}")
        found[pair] = number
    return found


def _same_ids(gold: Path, guess: Path, wanted: Mapping[str, Any], of: type, noun: str) -> Mapping[str, Any]:
    """The predictions, one for each id that is wanted and no other."""
    said = _object(guess, of, noun)
    for name in said:
        if name not in wanted:
            close = nearest(name, wanted)
            hint = f"Did you mean '{close}'? " if close else ""
            raise DataError(
                f"unknown id '{name}'", where=_place(guess, name), hint=f"{hint}The ids are those of {gold}."
            )
    missing = [name for name in wanted if name not in said]
    if missing:
        raise DataError(
            f"no prediction for '{missing[0]}', nor for {len(missing) - 1} more of {gold}", where=str(guess)
        )
    return said


def _object(path: Path, of: type, noun: str) -> dict[str, Any]:
    text = read_text(path)
    twice: list[str] = []

    def unique(items: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in items:
            if name in found:
                twice.append(name)
            found[name] = value
        return found

    try:
        made = json.loads(text, object_pairs_hook=unique)
    except json.JSONDecodeError as error:
        raise DataError(f"not JSON: {error.msg}", where=f"{path}:{error.lineno}") from error
    if not isinstance(made, dict):
        raise DataError("one JSON object of id -> prediction is needed", where=str(path))
    if twice:
        raise DataError(f"the id '{twice[0]}' is given twice", where=_place(path, twice[0], last=True))
    for name, value in made.items():
        if not isinstance(value, of):
            raise DataError(f"'{name}' must have {noun}", where=_place(path, name))
    return made


def _place(path: Path, name: str, last: bool = False) -> str:
    """The line an id stands in, as it is written there."""
    text = read_text(path)
    for written in (json.dumps(name), json.dumps(name, ensure_ascii=False)):
        at = text.rfind(written) if last else text.find(written)
        if at >= 0:
            return f"{path}:{text.count(chr(10), 0, at) + 1}"
    return str(path)
