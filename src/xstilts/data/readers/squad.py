"""Reader of SQuAD 1.1 and 2.0 JSON: questions on the paragraphs of documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from xstilts.core.canonical import OMIT_DEFAULT
from xstilts.core.encodings import UTF8
from xstilts.core.errors import DataError
from xstilts.data.answer_spans import read_answers
from xstilts.data.fields import shown, written_out
from xstilts.data.readers.json_records import parse_json_file
from xstilts.data.source import WHERE, Row


@dataclass(frozen=True, kw_only=True)
class SquadReader:
    """SQuAD 1.1 and 2.0 JSON: data[] -> paragraphs[] {context, qas[]}. One row a question:

    id, question, context   as written, blanks included (starts count characters of the raw context)
    answers        list of (text, start), as written; None where the file has no such key
    is_impossible  bool; None where the file has no such key
    plausible      raw plausible_answers, [] without
    title          of the document; where it has none, "unnamed document" and its number, from 0 over all files
    paragraph      number of the paragraph in its document, from 0

    Documents of one title are one document in parts: their paragraphs are counted on, and one that another part has
    already (a file may have a document a question) keeps its number. `encoding`: as Python's codecs are called.
    """

    identity_name: ClassVar[str] = "Squad"

    encoding: str = field(default=UTF8, metadata=OMIT_DEFAULT)

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        number = 0
        counts: Counter[str] = Counter()  # title -> paragraphs in earlier parts
        known: dict[tuple[str, str], int] = {}  # title, context -> number, in earlier parts
        for path in paths:
            root = parse_json_file(path, encoding=self.encoding)
            for d, document in enumerate(_list(root, "data", str(path))):
                paragraphs = _list(document, "paragraphs", f"{path}:data[{d}]")
                title = document.get("title")
                title = title if str(title or "").strip() else f"unnamed document {number}"
                number += 1
                contexts: dict[tuple[str, str], int] = {}
                for p, paragraph in enumerate(paragraphs):
                    where = f"{path}:data[{d}].paragraphs[{p}]"
                    context = _get(paragraph, "context", where)
                    key = (str(title), str(context))
                    place = counts[str(title)] + p
                    contexts.setdefault(key, place)
                    shared = {"context": context, "title": title, "paragraph": known.get(key, place)}
                    for q, item in enumerate(_list(paragraph, "qas", where)):
                        yield {**shared, **_question(item, f"{where}.qas[{q}]")}
                counts[str(title)] += len(paragraphs)
                for key, place in contexts.items():
                    known.setdefault(key, place)


def _question(item: Any, where: str) -> Row:
    name = written_out(_get(item, "id", where))
    if name is None:
        raise DataError(f"the id of a question is no text: {shown(item['id'])}", where=where)
    answers = item.get("answers") if isinstance(item, dict) else None
    if answers is not None:
        answers = list(read_answers(answers, "answers", where))
    return {
        "id": name,
        "question": _get(item, "question", where),
        "answers": answers,
        "is_impossible": item.get("is_impossible"),
        "plausible": item.get("plausible_answers", []),
        WHERE: where,
    }


def _list(value: Any, name: str, where: str) -> list[Any]:
    items = _get(value, name, where)
    if not isinstance(items, list):
        raise DataError(f"not SQuAD-style JSON: '{name}' is no list", where=where)
    return items


def _get(value: Any, name: str, where: str) -> Any:
    if not isinstance(value, dict) or name not in value:
        allowed = value if isinstance(value, dict) else ()
        raise DataError(f"not SQuAD-style JSON: no '{name}'", where=where, value=name, allowed=allowed)
    return value[name]
