"""The corpus that is pretrained on: lines of each language, aligned lines, word pairs, all past the leak guard."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from xstilts.core.files import read_json, write_atomic, write_json
from xstilts.data.examples import Example, TagExample, TextExample
from xstilts.data.leak_guard import LeakGuard
from xstilts.data.read import ResolvedSource, load_examples

FORMS = ("text", "parallel", "lexicon")
OnProgress = Callable[[int, int, str], None]


@dataclass(frozen=True, kw_only=True)
class CorpusFile:
    """One language of a corpus, with the files it was found in."""

    identity_name: ClassVar[str] = "Part"

    corpus: str
    form: str
    language: str
    sources: tuple[ResolvedSource, ...]


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """Line i says the same in every language; a second translation into a language is `pt#2`."""

    name: str
    lines: Mapping[str, Sequence[str]]


@dataclass(kw_only=True)
class CorpusData:
    """texts: corpus -> language -> lines, no line of a language twice; lexicon: language -> (English, translation)."""

    texts: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    parallel: list[Bundle] = field(default_factory=list)
    lexicon: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    @property
    def text(self) -> dict[str, list[str]]:
        """All lines of each language, of all corpora."""
        return self.of(self.texts)

    def of(self, corpora: Iterable[str]) -> dict[str, list[str]]:
        """Return the lines of some corpora, by language."""
        lines_by_language: dict[str, list[str]] = {}
        for name in corpora:
            for language, lines in self.texts.get(name, {}).items():
                lines_by_language.setdefault(language, []).extend(lines)
        return lines_by_language


def read_corpora(
    parts: Sequence[CorpusFile], guard: LeakGuard, on_progress: OnProgress
) -> tuple[CorpusData, dict[str, Any]]:
    """Read corpora, drop what leaks and what occurs twice, and count: {corpus: {language: {read, kept, twice,
    <reason>}}}.

    In parallel text a line is dropped in all languages when it leaks in one. Raises DataError (file:line).
    """
    data, counts, seen = CorpusData(), dict[str, dict[str, dict[str, int]]](), dict[str, set[str]]()
    bundles: dict[str, dict[str, list[str]]] = {}
    for number, part in enumerate(parts):
        on_progress(number, len(parts), f"{part.corpus} {part.language}")
        lines = [example for source in part.sources for example in load_examples(source).examples]
        if part.form == "parallel":
            bundles.setdefault(part.corpus, {})[part.language] = [text_of(example) for example in lines]
            continue
        if part.form == "lexicon":
            pairs = [(e.text, e.pair) for e in lines if isinstance(e, TextExample) and e.pair]
            data.lexicon.setdefault(part.language, []).extend(pairs)
            counts.setdefault(part.corpus, {})[part.language] = {"read": len(lines), "kept": len(pairs)}
            continue
        kept_lines, tally = _screened(map(text_of, lines), part.language, guard, seen.setdefault(part.language, set()))
        data.texts.setdefault(part.corpus, {})[part.language] = kept_lines
        counts.setdefault(part.corpus, {})[part.language] = tally
    for name, lines_by_language in bundles.items():
        bundle, tallies = _bundle(name, lines_by_language, guard)
        data.parallel.append(bundle)
        counts[name] = tallies
    return data, counts


def text_of(example: Example) -> str:
    """Return the text of an example on one line."""
    text = " ".join(example.words) if isinstance(example, TagExample) else getattr(example, "text", "")
    return " ".join(text.split())


def _screened(
    lines: Iterable[str], language: str, guard: LeakGuard, seen: set[str]
) -> tuple[list[str], dict[str, int]]:
    kept_lines: list[str] = []
    tally = Counter({"read": 0, "kept": 0})
    for line in lines:
        tally["read"] += 1
        if not line:
            continue
        if line in seen:
            tally["twice"] += 1
        elif reason := guard.reason(line, language):
            tally[reason] += 1
        else:
            seen.add(line)
            kept_lines.append(line)
    tally["kept"] = len(kept_lines)
    return kept_lines, dict(tally)


def _bundle(
    name: str, lines_by_language: Mapping[str, list[str]], guard: LeakGuard
) -> tuple[Bundle, dict[str, dict[str, int]]]:
    lines = {language: list(language_lines) for language, language_lines in lines_by_language.items()}
    rows = min(map(len, lines.values()))
    tallies = {
        language: Counter({"read": len(language_lines), "kept": 0}) for language, language_lines in lines.items()
    }
    kept_rows = []
    for row in range(rows):
        reasons = {language: guard.reason(language_lines[row], language) for language, language_lines in lines.items()}
        for language, reason in reasons.items():
            if reason:
                tallies[language][reason] += 1
        if not any(reasons.values()):
            kept_rows.append(row)
    for tally in tallies.values():
        tally["kept"] = len(kept_rows)
    kept_lines = {language: [language_lines[row] for row in kept_rows] for language, language_lines in lines.items()}
    return Bundle(name=name, lines=kept_lines), {language: dict(tally) for language, tally in tallies.items()}


def save_corpus(data: CorpusData, counts: Mapping[str, Any], folder: Path) -> None:
    """Write text, parallel and lexicon as JSON lines, and counts.json, which is written last."""
    tables: dict[str, Iterable[Any]] = {
        "text": ([name, language, lines] for name, by in data.texts.items() for language, lines in by.items()),
        "parallel": ([bundle.name, dict(bundle.lines)] for bundle in data.parallel),
        "lexicon": ([language, lines] for language, lines in data.lexicon.items()),
    }
    for form, rows in tables.items():
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        write_atomic(folder / f"{form}.jsonl.gz", gzip.compress(text.encode(), 1, mtime=0))
    write_json(folder / "counts.json", counts)


def load_corpus(folder: Path) -> CorpusData:
    """Return the corpus that `save_corpus` wrote."""
    read_json(folder / "counts.json")
    tables = {
        form: [
            json.loads(line)
            for line in gzip.decompress((folder / f"{form}.jsonl.gz").read_bytes()).split(b"\n")
            if line
        ]
        for form in FORMS
    }
    data = CorpusData()
    for name, language, lines in tables["text"]:
        data.texts.setdefault(name, {})[language] = lines
    data.parallel = [Bundle(name=name, lines=lines) for name, lines in tables["parallel"]]
    data.lexicon = {language: [(a, b) for a, b in pairs] for language, pairs in tables["lexicon"]}
    return data
