"""Answers of extractive question answering as files write them: a text, and the character it begins at."""

from __future__ import annotations

import re
from typing import Any

from xstilts.core.errors import DataError
from xstilts.data.fields import shown, written_out

_LAYOUTS = 'It is a list of {"text": ..., "answer_start": ...}, or {"text": [...], "answer_start": [...]}.'


def read_answers(raw: Any, path: str, where: str) -> tuple[tuple[str, int], ...]:
    """Return (text, character start) of each answer, from any of the layouts that `SpanRow` names. Raises DataError at
    `where`."""
    if isinstance(raw, dict):
        texts, starts = raw.get("text"), raw.get("answer_start")
        if not isinstance(texts, list | tuple) or not isinstance(starts, list | tuple):
            raise _unreadable(raw, path, where)
        if len(texts) != len(starts):
            problem = f"the field '{path}' has {len(texts)} texts, but {len(starts)} starts"
            raise DataError(problem, where=where, hint=_LAYOUTS)
        return tuple(_answer(text, start, path, where) for text, start in zip(texts, starts, strict=True))
    if not isinstance(raw, list | tuple):
        raise _unreadable(raw, path, where)
    answers = []
    for item in raw:
        if isinstance(item, dict) and "text" in item and "answer_start" in item:
            item = (item["text"], item["answer_start"])
        if not isinstance(item, list | tuple) or len(item) != 2:
            raise _unreadable(item, path, where)
        text, start = item
        answers.append(_answer(text, start, path, where))
    return tuple(answers)


def _answer(text: Any, start: Any, path: str, where: str) -> tuple[str, int]:
    answer = written_out(text)
    if answer is None:
        raise DataError(f"the text of an answer in the field '{path}' is no text: {shown(text)}", where=where)
    whole = str(start) if isinstance(start, int) else start
    if isinstance(start, bool) or not isinstance(whole, str) or not re.fullmatch("-?[0-9]{1,12}", whole):
        problem = f"the start of the answer '{answer[:60]}' in the field '{path}' is no character number"
        raise DataError(f"{problem}: {shown(start)}", where=where, hint=_LAYOUTS)
    return answer, int(whole)


def _unreadable(raw: Any, path: str, where: str) -> DataError:
    problem = f"the field '{path}' does not say what the answers are and where they stand: {shown(raw)}"
    return DataError(problem, where=where, hint=_LAYOUTS)
