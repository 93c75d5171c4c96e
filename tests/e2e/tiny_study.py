"""A study of five toy tasks, one of each kind, that a tiny encoder runs in seconds: files, settings, command line."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from toy_vectors import VectorSettings, build
from xstilts.cli import main

LANGUAGES = ("de", "sw")
WORDS = {
    "en": ("the", "a", "one", "some", "this", "that", "my", "your", "our", "little", "big", "old", "new"),
    "de": ("der", "ein", "eins", "manche", "dies", "das", "mein", "dein", "unser", "kleine", "grosse", "alte", "neue"),
    "sw": ("huyo", "moja", "wale", "baadhi", "hii", "ile", "yangu", "yako", "yetu", "dogo", "kubwa", "zee", "pya"),
}
SKY = {"en": ("sunny", "rainy"), "de": ("sonnig", "regnerisch"), "sw": ("jua", "mvua")}


def texts(language: str, number: int, seed: int = 0) -> list[tuple[str, int]]:
    """(words around one word that says the label, the label's number)."""
    draw, found = random.Random(f"{language}{seed}"), []
    for i in range(number):
        words = draw.choices(WORDS[language], k=draw.randint(3, 6))
        words.insert(draw.randrange(len(words)), SKY[language][i % 2])
        found.append((" ".join(words), i % 2))
    return found


def encoder(folder: Path, *, width: int = 16, seed: int = 0) -> Path:
    """An ordinary Hugging Face folder: XLM-R shape, one layer."""
    lines = {language: [text for text, _ in texts(language, 60)] for language in WORDS}
    build(lines, folder, VectorSettings(vocabulary=200, width=width, layers=1, heads=2, positions=60, seed=seed))
    return folder


def write_tasks(folder: Path) -> dict[str, Any]:
    """Files of the five tasks in `folder`, and the study's `tasks:` section that declares them."""
    folder.mkdir(parents=True, exist_ok=True)
    for language in WORDS:
        rows = texts(language, 24 if language == "en" else 10, seed=1)
        write_weather(folder / f"weather-{language}.tsv", rows)
        write_words(folder / f"words-{language}.bio", rows)
        write_places(folder / f"places-{language}.json", rows)
        picks = [{"q": text, "of": list(SKY[language]), "right": label} for text, label in rows]
        (folder / f"picks-{language}.jsonl").write_text("".join(json.dumps(pick) + "\n" for pick in picks), "utf-8")
        (folder / f"pairs-{language}.txt").write_text("".join(text + "\n" for text, _ in rows[:10]), "utf-8")
    every = {language: language for language in LANGUAGES}
    return {
        "weather": {
            "kind": "classification", "labels": ["fair", "foul"], "reader": "tsv", "holdout": 0.25,
            "columns": {"text": "text", "label": "sky"},
            "train": "weather-en.tsv", "test": {code: f"weather-{code}.tsv" for code in every},
        },
        "words": {
            "kind": "tagging", "labels": ["X", "SKY"], "reader": "bio", "holdout": 0.25,
            "train": "words-en.bio", "test": {code: f"words-{code}.bio" for code in every},
        },
        "places": {
            "kind": "span-qa", "reader": "squad", "dev": "places-en.json",
            "train": "places-en.json", "test": {code: f"places-{code}.json" for code in every},
        },
        "picks": {
            "kind": "choice", "reader": "jsonl", "columns": {"prompt": "q", "options": "of", "answer": "right"},
            "holdout": 0.25, "train": "picks-en.jsonl", "test": {code: f"picks-{code}.jsonl" for code in every},
        },
        "pairs": {
            "kind": "retrieval", "reader": "parallel",
            "test": {code: [f"pairs-{code}.txt", "pairs-en.txt"] for code in every},
        },
    }  # fmt: skip


def write_weather(path: Path, rows: list[tuple[str, int]]) -> None:
    lines = ["text\tsky", *(f"{text}\t{('fair', 'foul')[label]}" for text, label in rows)]
    path.write_text("".join(line + "\n" for line in lines), "utf-8")


def write_words(path: Path, rows: list[tuple[str, int]]) -> None:
    sky = {word for pair in SKY.values() for word in pair}
    blocks = ["".join(f"{word}\t{'SKY' if word in sky else 'X'}\n" for word in text.split()) for text, _ in rows]
    path.write_text("\n".join(blocks), "utf-8")


def write_places(path: Path, rows: list[tuple[str, int]]) -> None:
    paragraphs = []
    for i, (text, _) in enumerate(rows):
        answer = text.split()[i % 3]
        answers = [{"text": answer, "answer_start": text.index(answer)}]
        paragraphs.append({"context": text, "qas": [{"id": str(i), "question": text[:9], "answers": answers}]})
    path.write_text(json.dumps({"data": [{"title": "t", "paragraphs": paragraphs}]}), "utf-8")


@dataclass
class TinyStudy:
    """A study file with its data beside it, its store, and the command line over both."""

    folder: Path
    encoder: Path
    changes: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tasks = write_tasks(self.folder)
        self.write()

    @property
    def file(self) -> Path:
        return self.folder / "tiny.yaml"

    @property
    def store(self) -> Path:
        return self.folder / "store"

    @property
    def value(self) -> dict[str, Any]:
        return {
            "question": "Does tagging first help?",
            "encoder": str(self.encoder),
            "precision": "fp32",
            "tasks": self.tasks,
            "arms": {"none": {"strategy": "direct"}, "tagged": {"strategy": "sequential", "through": ["words"]}},
            "targets": ["weather", "places"],
            "train": {"updates": 12, "batch": 8, "lr": 1e-2, "max_length": 32},
            "seeds": [1, 2],
            **self.changes,
        }

    def write(self, **changes: Any) -> Path:
        """Writes the study file, with more keys replaced."""
        self.changes |= changes
        self.file.write_text(yaml.safe_dump(self.value, sort_keys=False), "utf-8")
        return self.file

    def call(self, command: str, *more: str, store: Path | None = None) -> int:
        """`xstilts COMMAND tiny.yaml ... --store STORE`; `run` with one thread. The exit code."""
        once = ["--threads", "1"] if command == "run" and "--threads" not in more else []
        return main([command, str(self.file), *more, *once, "--store", str(store or self.store)])

    def records(self, name: str, store: Path | None = None) -> list[dict[str, Any]]:
        """done.json of every done step of this name."""
        found = sorted((store or self.store).glob(f"steps/{name}-*/done.json"))
        return [json.loads(path.read_text("utf-8")) for path in found]

    def stamps(self, name: str = "") -> dict[str, int]:
        """When each done step of this name was finished, by its key; a step that ran again has another time. Without a
        name those of the study, which what a report compares is none of."""
        found = {path.parent.name: path.stat().st_mtime_ns for path in self.store.glob(f"steps/{name}*/done.json")}
        return {key: stamp for key, stamp in found.items() if name or not key.startswith(("audit-", "errors-"))}

    def scores(self, store: Path | None = None) -> dict[str, bytes]:
        """scores.json of every score step, by its key."""
        return {path.parent.name: path.read_bytes() for path in (store or self.store).glob("steps/score-*/scores.json")}
