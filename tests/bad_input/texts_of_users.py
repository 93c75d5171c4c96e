"""Cases of what people write: studies, recipes, options, modules of tasks."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from .damage import DEEP, LONG_NUMBER, ODD_VALUES, bytes_damages, places, specials, with_key, with_value
from .judge import Case
from .valid import Valid

RECIPE: dict[str, Any] = {
    "seed": 1,
    "balance": 0.5,
    "repeat": {"en": 4},
    "languages": ["de", "en"],
    "corpora": ["tatoeba-text"],
    "tokenizer": {"vocabulary": 400, "lines": 100, "weight": {"en": 3}},
    "encoder": {"layers": 1, "width": 16, "embedding": 16, "heads": 2, "feedforward": 32, "positions": 64},
    "phases": [
        {"name": "words", "updates": 5, "lr": 1e-3, "parts": [{"learn": "mlm", "data": "text", "batch": 8, "share": 1}]}
    ],
}
_LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10)
)
_TEXTS = {
    "deep": f"question: {DEEP}",
    "deep-mapping": "question: " + "{a: " * 5000 + "}" * 5000,
    "deep-lines": "".join(" " * n + "a:\n" for n in range(400)),
    "laughs": _LAUGHS,
    "alias-of-itself": "question: &x [*x]",
    "list-key": "question: q\n[a, b]: 2",
    "mapping-key": "? {a: b}\n: 2",
    "key-twice": "question: a\nquestion: b",
    "long-number": f"question: q\nseeds: [{LONG_NUMBER}]",
    "python-object": "question: !!python/object/apply:os.getcwd []",
    "bad-tag": "question: !!int three",
    "bad-date": "question: 2001-99-99",
    "two-documents": "question: a\n---\nquestion: b",
    "tab": "question:\n\tx: 1",
    "scalar": "just a text",
    "list": "- a\n- b",
    "undefined-alias": "question: *nothing",
    "unclosed": "question: [a, b",
    "merge-of-text": "question: q\n<<: text",
}


def study_cases(valid: Valid, draw: random.Random) -> Iterator[Case]:
    yield from _written("study", valid.value(), valid.write_study, lambda file: ["plan", str(file)], draw)


def recipe_cases(valid: Valid, draw: random.Random) -> Iterator[Case]:
    def write(folder: Path, value: Any) -> Path:
        file = folder / "bad.yaml"
        file.write_bytes(value if isinstance(value, bytes) else yaml.safe_dump(value, sort_keys=False).encode())
        return file

    yield from _written("recipe", RECIPE, write, lambda file: ["pretrain", str(file), "--dry-run", "--offline"], draw)


def _written(
    surface: str,
    value: dict[str, Any],
    write: Callable[[Path, Any], Path],
    command: Callable[[Path], list[str]],
    draw: random.Random,
) -> Iterator[Case]:
    def case(name: str, content: Any, *names: str, may_pass: bool = False) -> Case:
        def make(folder: Path) -> list[str]:
            return [*command(write(folder, content)), "--store", str(folder.parent / "store")]

        return Case(surface=surface, name=name, make=make, names=names, may_pass=may_pass)

    text = yaml.safe_dump(value, sort_keys=False).encode()
    for name, content in _TEXTS.items():
        yield case(f"text-{name}", content.encode(), "bad.yaml")
    for name, content in bytes_damages(text, draw):
        yield case(f"bytes-{name}", content, "bad.yaml")
    for path in places(value):
        key = str(next((part for part in reversed(path) if isinstance(part, str)), path[-1]))
        dotted = ".".join(str(part) for part in path)
        if isinstance(path[-1], str) and "columns" not in path[:-1]:
            yield case(f"{dotted}:misspelt", with_key(value, path, f"{key}zq"), f"{key}zq", may_pass=_is_name(path))
        for odd in draw.sample(sorted(ODD_VALUES), 3):
            yield case(f"{dotted}:{odd}", with_value(value, path, ODD_VALUES[odd]), key, may_pass=_takes(path, odd))
    for name, _ in specials(Path("bad.yaml")):
        yield _special(surface, name, command)


def _special(surface: str, name: str, command: Callable[[Path], list[str]]) -> Case:
    def make(folder: Path) -> list[str]:
        file = folder / "bad.yaml"
        dict(specials(file))[name]()
        return [*command(file), "--store", str(folder.parent / "store")]

    return Case(surface=surface, name=f"special-{name}", make=make, names=("bad.yaml",))


def _is_name(path: tuple[Any, ...]) -> bool:
    """Keys that a user may call as they like: those of tasks, arms and languages."""
    return len(path) == 2 and path[0] in {"tasks", "arms"}


def _takes(path: tuple[Any, ...], odd: str) -> bool:
    """Odd values that a place may take: free texts, names of columns and labels, numbers that may be large, and files
    of tasks that are no targets."""
    keys = {part for part in path if isinstance(part, str)}
    if keys & {"question", "columns", "labels", "cite", "licence", "repeat", "weight"}:
        return True
    if keys & {"train", "dev", "test"} and path[0] == "tasks":
        return True
    last = next((part for part in reversed(path) if isinstance(part, str)), "")
    return last in {"name", "seed", "lines", "updates", "epochs", "languages"}


OPTIONS: list[tuple[str, list[str], str]] = [
    ("unknown-command", ["paln", "{study}"], "paln"),
    ("unknown-option", ["plan", "{study}", "--stroe", "x"], "--stroe"),
    ("no-study", ["plan"], "STUDY"),
    ("missing-study", ["plan", "nowhere.yaml"], "nowhere.yaml"),
    ("long-study", ["plan", "x" * 5000], "xxxx"),
    ("nul-study", ["plan", "a\0b"], "a"),
    ("escape-study", ["plan", "a\x1b[31mb"], "[31mb"),
    ("empty-study", ["plan", ""], "study"),
    ("dots-study", ["plan", ".."], ".."),
    ("scale", ["plan", "{study}", "--scale", "huge"], "huge"),
    ("device", ["plan", "{study}", "--device", "tpu9"], "tpu9"),
    ("device-number", ["run", "{study}", "--device", "cuda:99"], "cuda:99"),
    ("device-escape", ["plan", "{study}", "--device", "c\x1b[1m"], "device"),
    ("threads-zero", ["run", "{study}", "--threads", "0"], "--threads"),
    ("threads-text", ["run", "{study}", "--threads", "many"], "--threads"),
    ("threads-nan", ["run", "{study}", "--threads", "nan"], "--threads"),
    ("threads-huge", ["run", "{study}", "--threads", "1" + "0" * 30], "--threads"),
    ("jobs-zero", ["run", "{study}", "--jobs", "0"], "--jobs"),
    ("jobs-negative", ["run", "{study}", "--jobs", "-4"], "--jobs"),
    ("jobs-huge", ["run", "{study}", "--jobs", "9" * 40], "--jobs"),
    ("store-in-proc", ["run", "{study}", "--store", "/proc/store"], "/proc"),
    ("store-is-file", ["run", "{study}", "--store", "{study}"], "{study}"),
    ("store-long", ["run", "{study}", "--store", "/tmp/" + "x" * 5000], "xxxx"),
    ("store-nul", ["run", "{study}", "--store", "/tmp/a\0b"], "store"),
    ("store-device", ["run", "{study}", "--store", "/dev/null"], "/dev/null"),
    ("data-missing", ["plan", "{study}", "--data", "/nowhere/at/all"], "/nowhere/at/all"),
    ("data-file", ["plan", "{study}", "--data", "{study}"], "{study}"),
    ("tasks-missing", ["plan", "{study}", "--tasks", "no_such_module:TASKS"], "no_such_module"),
    ("tasks-empty", ["plan", "{study}", "--tasks", ""], "--tasks"),
    ("tasks-colon", ["plan", "{study}", "--tasks", ":"], "--tasks"),
    ("tasks-relative", ["plan", "{study}", "--tasks", "..module"], "--tasks"),
    ("tasks-file", ["plan", "{study}", "--tasks", "a/b.py:TASKS"], "a/b.py"),
    ("tasks-other", ["plan", "{study}", "--tasks", "json:dumps"], "json:dumps"),
    ("tasks-text", ["plan", "{study}", "--tasks", "string:ascii_letters"], "string:ascii_letters"),
    ("tasks-endless", ["plan", "{study}", "--tasks", "bad_endless:TASKS"], "bad_endless"),
    ("tasks-syntax", ["plan", "{study}", "--tasks", "bad_syntax:TASKS"], "bad_syntax"),
    ("tasks-exit", ["plan", "{study}", "--tasks", "bad_exit:TASKS"], "bad_exit"),
    ("tasks-raises", ["plan", "{study}", "--tasks", "bad_raises:TASKS"], "bad_raises"),
    ("tasks-recursion", ["plan", "{study}", "--tasks", "bad_recursion:TASKS"], "bad_recursion"),
    ("tasks-interrupt", ["plan", "{study}", "--tasks", "bad_interrupt:TASKS"], "bad_interrupt"),
    ("tasks-attribute", ["plan", "{study}", "--tasks", "bad_list:NOTHING"], "NOTHING"),
    ("tasks-list", ["plan", "{study}", "--tasks", "bad_list:TASKS"], "bad_list"),
    ("tasks-list-keys", ["plan", "{study}", "--tasks", "bad_mapping:TASKS"], "bad_mapping"),
    ("against", ["report", "{study}", "--against", "nobody"], "nobody"),
    ("out-is-file", ["report", "{study}", "--out", "{study}"], "{study}"),
    ("task-name", ["tasks", "nothing-like-it"], "nothing-like-it"),
    ("task-escape", ["tasks", "a\x1b[31mb"], "[31mb"),
    ("task-markup", ["tasks", "a[/]b"], "a[/]b"),
    ("check-name", ["data", "check", "nothing-like-it"], "nothing-like-it"),
    ("get-name", ["data", "get", "nothing-like-it", "--offline"], "nothing-like-it"),
    ("gc-keep", ["store", "gc", "--keep", "nowhere.yaml"], "nowhere.yaml"),
    ("step-key", ["step", "{study}", "train-00000000"], "train-00000000"),
    ("step-path", ["step", "{study}", "../../x"], "../../x"),
    ("predict-checkpoint", ["predict", "train-00000000", "{study}", "--task", "xnli"], "train-00000000"),
    ("predict-folder", ["predict", "/tmp", "{study}", "--task", "xnli"], "/tmp"),
    ("export-checkpoint", ["export", "../../x", "{folder}/out", "--task", "xnli"], "../../x"),
    ("xtreme-version", ["xtreme", "score", "--predictions", "/nowhere", "--labels", "/nowhere", "--version", "9"], "9"),
    ("xtreme-folder", ["xtreme", "score", "--predictions", "/nowhere", "--labels", "/nowhere"], "/nowhere"),
    ("score-missing", ["score", "dependency", "/nowhere", "/nowhere"], "/nowhere"),
    ("score-device", ["score", "dependency", "/dev/zero", "/dev/zero"], "/dev/zero"),
    ("score-srl-folder", ["score", "srl", "{folder}", "{folder}"], "{folder}"),
    ("recipe-name", ["pretrain", "tinny", "--dry-run"], "tinny"),
    ("recipe-data", ["pretrain", "scratch", "--dry-run", "--offline", "--data", "/nowhere"], "nowhere"),
    ("unpack-missing", ["data", "unpack", "/nowhere.tar"], "/nowhere.tar"),
    ("unpack-device", ["data", "unpack", "/dev/zero"], "/dev/zero"),
    ("submit-arm", ["xtreme", "submit", "{study}", "--arm", "nobody", "--out", "{folder}/out"], "nobody"),
]
MODULES = {
    "bad_endless": "import itertools\nTASKS = itertools.count()\n",
    "bad_syntax": "TASKS = [\n",
    "bad_exit": "import sys\nsys.exit(3)\n",
    "bad_raises": "raise OSError('\\x1b[31m[bold]no[/]')\n",
    "bad_recursion": "def f():\n    return f()\nf()\n",
    "bad_interrupt": "raise KeyboardInterrupt\n",
    "bad_list": "TASKS = [1, None]\n",
    "bad_mapping": "TASKS = {(1, 2): 3}\n",
}


def option_cases(valid: Valid, draw: random.Random) -> Iterator[Case]:
    def case(name: str, words: list[str], says: str) -> Case:
        def make(folder: Path) -> list[str]:
            study = valid.write_study(folder, valid.value())
            for module, text in MODULES.items():
                (folder / f"{module}.py").write_text(text)
            made = [word.replace("{study}", str(study)).replace("{folder}", str(folder)) for word in words]
            storeless = "--store" in words or words[0] in {"paln", "score", "xtreme"} or "--stroe" in words
            return made if storeless else [*made, "--store", str(folder.parent / "store")]

        shown = says.replace("{study}", "bad.yaml").replace("{folder}", "in")
        return Case(surface="options", name=name, make=make, names=(shown,))

    yield from (case(*each) for each in OPTIONS)
