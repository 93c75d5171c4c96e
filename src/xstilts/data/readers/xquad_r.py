"""Readers of XQuAD-R (Roy et al. 2020, LAReQA): questions that look for the sentence or passage with their answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xstilts.core.errors import DataError
from xstilts.data.readers.json_records import parse_json_file
from xstilts.data.source import WHERE, Row

_Paragraph = tuple[str, dict[str, Any], str]  # name, what the file says, where


@dataclass(frozen=True, kw_only=True)
class AnswerSentences:
    """XQuAD-R (LAReQA): questions look for the sentence that holds the beginning of their answer.

    SQuAD JSON whose paragraphs have `sentence_breaks`, a list of [start, end). Rows as those of `Mining`: first the
    questions, then all sentences of all paragraphs; pair names the paragraph by title and number.
    """

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        for path in paths:
            paragraphs = list(_paragraphs(path))
            for name, paragraph, where in paragraphs:
                for item in paragraph["qas"]:
                    match = _holding(paragraph, item["answers"][0]["answer_start"], where)
                    yield _row(str(item["id"]), item["question"], "query", [f"{name} {match}"], name, where)
            for name, paragraph, where in paragraphs:
                for i, (start, end) in enumerate(paragraph["sentence_breaks"]):
                    yield _row(f"{name} {i}", paragraph["context"][start:end], "candidate", None, name, where)


@dataclass(frozen=True, kw_only=True)
class AnswerPassages:
    """XQuAD-R in several languages (LAReQA): the questions of one of them, which look for sentences in all of them; or
    these sentences, each with its paragraph.

    Arguments
        languages: of the files, in their order.
        query_language: the language whose questions are read; "": all sentences are.

    Rows of questions: id, query, relevant (names of the sentences that hold the beginning of its answer, one in every
    language, and of others in that paragraph that read the same). Rows of sentences: id (their name), passage, context.
    Both have pair, which names the paragraph by title and number.
    """

    languages: tuple[str, ...]
    query_language: str = field(default="", metadata={"identity_name": "asked"})

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        if len(paths) != len(self.languages):
            raise DataError(
                f"{len(paths)} files given, one for each of {len(self.languages)} expected", where=str(paths[0])
            )
        files = {language: list(_paragraphs(path)) for language, path in zip(self.languages, paths, strict=True)}
        yield from self._questions(files) if self.query_language else self._sentences(files)

    def _questions(self, files: Mapping[str, list[_Paragraph]]) -> Iterator[Row]:
        answers: dict[str, list[str]] = {}
        for language, paragraphs in files.items():
            for name, paragraph, where in paragraphs:
                texts = _sentences(paragraph)
                for item in paragraph["qas"]:
                    right = texts[_holding(paragraph, item["answers"][0]["answer_start"], where)]
                    same = [i for i, text in enumerate(texts) if text == right]
                    answers.setdefault(str(item["id"]), []).extend(f"{language} {name} {i}" for i in same)
        for name, paragraph, where in files[self.query_language]:
            for item in paragraph["qas"]:
                query, id = item["question"], str(item["id"])
                yield {"id": id, "query": query, "relevant": answers[id], "pair": name, WHERE: where}

    def _sentences(self, files: Mapping[str, list[_Paragraph]]) -> Iterator[Row]:
        for language, paragraphs in files.items():
            for name, paragraph, where in paragraphs:
                shared = {"context": paragraph["context"], "pair": name, WHERE: where}
                for i, text in enumerate(_sentences(paragraph)):
                    yield {"id": f"{language} {name} {i}", "passage": text, **shared}


def _row(name: str, text: str, side: str, matches: list[str] | None, pair: str, where: str) -> Row:
    return {"id": name, "text": text, "side": side, "matches": matches, "pair": pair, WHERE: where}


def _sentences(paragraph: dict[str, Any]) -> list[str]:
    return [paragraph["context"][start:end] for start, end in paragraph["sentence_breaks"]]


def _paragraphs(path: Path) -> Iterator[_Paragraph]:
    for d, document in enumerate(parse_json_file(path)["data"]):
        for p, paragraph in enumerate(document["paragraphs"]):
            where = f"{path}:data[{d}].paragraphs[{p}]"
            if "sentence_breaks" not in paragraph:
                raise DataError("the paragraph has no 'sentence_breaks'", where=where)
            yield f"{document.get('title') or d} {p}", paragraph, where


def _holding(paragraph: dict[str, Any], at: int, where: str) -> int:
    for i, (start, end) in enumerate(paragraph["sentence_breaks"]):
        if start <= at < end:
            return i
    raise DataError(f"no sentence holds the answer that starts at {at}", where=where)
