"""Reader of SQuAD 1.1 and 2.0 JSON: questions on the paragraphs of documents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from xstilts.core.errors import DataError
from xstilts.data.readers.json_records import parse_json
from xstilts.data.source import Row
from xstilts.data.text_lines import read_text


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
            root = parse_json(read_text(path), str(path))
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
