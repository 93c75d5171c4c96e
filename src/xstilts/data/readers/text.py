"""Readers of plain and parallel text, of question answering over documents, and of several files in step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any, ClassVar

from xstilts.core.errors import DataError
from xstilts.data.readers.tables import parse_json
from xstilts.data.source import Reader, Row
from xstilts.data.text_lines import expect_fields, lines, text_of


@dataclass(frozen=True, kw_only=True)
class Lines:
    """One text a line.

    Arguments
        field: name of the field that holds the line.
        blank: keep blank lines as rows (line-aligned files need them).
    """

    field: str = "text"
    blank: bool = False

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        for path in paths:
            for number, line in lines(path):
                if self.blank or line.strip():
                    yield {self.field: line, "where": f"{path}:{number}"}


@dataclass(frozen=True, kw_only=True)
class ZippedFiles:
    """Several files in step: row i of every file makes one row. Each reader reads the file with its own number.

    Arguments
        readers: one for each file.
        prefixes: put before the field names of each file, so that equal names can stand side by side; () for none.
        on: a field that every file has and that must agree in each row, "" for none (it is kept once, without prefix).

    Raises DataError when the files have different numbers of rows, a field comes from two files, or `on` disagrees.
    """

    identity_name: ClassVar[str] = "Joined"

    readers: tuple[Reader, ...]
    prefixes: tuple[str, ...] = ()
    on: str = ""

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        if len(paths) != len(self.readers):
            raise DataError(f"{len(self.readers)} files are read in step, {len(paths)} given", where=str(paths[0]))
        prefixes = self.prefixes or ("",) * len(self.readers)
        streams = [reader([path]) for reader, path in zip(self.readers, paths, strict=True)]
        for number, rows in enumerate(zip_longest(*streams)):
            if None in rows:
                short = ", ".join(str(path) for path, row in zip(paths, rows, strict=True) if row is None)
                raise DataError(
                    f"files read in step differ in length: after {number} rows nothing is left of {short}",
                    where=next(row["where"] for row in rows if row is not None),
                )
            yield self._merged(rows, prefixes)

    def _merged(self, rows: Sequence[Row], prefixes: Sequence[str]) -> Row:
        merged: Row = {"where": rows[0]["where"]}
        if self.on:
            values = [row.get(self.on) for row in rows]
            if values[0] is None or any(str(value) != str(values[0]) for value in values):
                raise DataError(f"'{self.on}' disagrees between files read in step: {values}", where=rows[0]["where"])
            merged[self.on] = values[0]
        for row, prefix in zip(rows, prefixes, strict=True):
            for name, value in row.items():
                if name in ("where", self.on):
                    continue
                if prefix + name in merged:
                    what = f"two files have a field '{prefix + name}'"
                    raise DataError(what, where=row["where"], hint="Give prefixes.")
                merged[prefix + name] = value
        return merged


@dataclass(frozen=True, kw_only=True)
class ParallelText:
    """Two line-aligned files: line i of the second translates line i of the first. Rows have the fields `a` and `b`."""

    identity_name: ClassVar[str] = "Parallel"

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        yield from ZippedFiles(readers=(Lines(field="a", blank=True), Lines(field="b", blank=True)))(paths)


@dataclass(frozen=True, kw_only=True)
class Mining:
    """A comparable corpus (BUCC): a file of queries, one of candidates (`id TAB sentence` both) and, third, the gold
    (`query id TAB candidate id`), which may be missing.

    One row a sentence, queries first: id, text, side ("query" | "candidate"), matches (list of candidate ids; None for
    candidates and without gold), pair (the ids of the gold pair the sentence stands in, "" when in none).
    """

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        if len(paths) not in (2, 3):
            raise DataError(f"{len(paths)} files given, expected queries, candidates and gold", where=str(paths[0]))
        gold = _gold_pairs(paths[2]) if len(paths) == 3 else None
        matches: dict[str, list[str]] = {}
        pair: dict[str, str] = {}
        for query, candidate, _ in gold or ():
            matches.setdefault(query, []).append(candidate)
            pair[query] = pair[candidate] = pair.get(query) or pair.get(candidate) or f"{query} {candidate}"
        seen: set[str] = set()
        for side, path in zip(("query", "candidate"), paths, strict=False):
            for number, line in lines(path):
                where = f"{path}:{number}"
                expect_fields(fields := line.split("\t"), 2, where)
                name, text = fields
                seen.add(name)
                found = matches.get(name, []) if gold is not None and side == "query" else None
                row = {"id": name, "text": text, "side": side, "where": where}
                yield {**row, "matches": found, "pair": pair.get(name, "")}
        for query, candidate, where in gold or ():
            for name in (query, candidate):
                if name not in seen:
                    raise DataError(f"the gold names a sentence '{name}' that is in neither file", where=where)


def _gold_pairs(path: Path) -> list[tuple[str, str, str]]:
    pairs = []
    for number, line in lines(path):
        where = f"{path}:{number}"
        expect_fields(fields := line.split("\t"), 2, where)
        pairs.append((fields[0], fields[1], where))
    return pairs


@dataclass(frozen=True, kw_only=True)
class SquadReader:
    """SQuAD 1.1 and 2.0 JSON: data[] -> paragraphs[] {context, qas[]}. One row a question:

    id, question, context   as written, blanks included (starts count characters of the raw context)
    answers        list of (text, start), as written; None where the file has no such key
    is_impossible  bool; None where the file has no such key
    plausible      raw plausible_answers, [] without
    title          of the document, "" without
    paragraph      number of the paragraph in its document, from 0
    """

    identity_name: ClassVar[str] = "Squad"

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        for path in paths:
            root = parse_json(text_of(path), str(path))
            for d, document in enumerate(_get(root, "data", str(path))):
                for p, paragraph in enumerate(_get(document, "paragraphs", f"{path}:data[{d}]")):
                    where = f"{path}:data[{d}].paragraphs[{p}]"
                    shared = {
                        "context": _get(paragraph, "context", where),
                        "title": document.get("title", ""),
                        "paragraph": p,
                    }
                    for q, item in enumerate(_get(paragraph, "qas", where)):
                        yield {**shared, **_question(item, f"{where}.qas[{q}]")}


def _question(item: Any, where: str) -> Row:
    answers = item.get("answers") if isinstance(item, dict) else None
    if answers is not None:
        answers = [(_get(answer, "text", where), _get(answer, "answer_start", where)) for answer in answers]
    return {
        "id": str(_get(item, "id", where)),
        "question": _get(item, "question", where),
        "answers": answers,
        "is_impossible": item.get("is_impossible"),
        "plausible": item.get("plausible_answers", []),
        "where": where,
    }


def _get(value: Any, name: str, where: str) -> Any:
    if not isinstance(value, dict) or name not in value:
        allowed = value if isinstance(value, dict) else ()
        raise DataError(f"not SQuAD-style JSON: no '{name}'", where=where, value=name, allowed=allowed)
    return value[name]
