"""What the contestants of parsing.py share: sentences as CoNLL-U files, written and read back.

The peer runs in an environment of its own without the program, so everything passes through files: words, heads and
relations, no tokens of several words, so that both sides see the same words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from xstilts.data.examples import DependencyExample
from xstilts.data.locate import Roots
from xstilts.data.read import load_examples, resolve_source
from xstilts.tasks.parsing import DEPENDENCY


def sentences(split: str, language: str, data: Sequence[Path], place: Path) -> list[DependencyExample]:
    """The sentences of one treebank: "train" in English, or "test". Raises DataError where it is not here."""
    roots = Roots(data=tuple(data), store=place / "store")
    source = DEPENDENCY.train if split == "train" else DEPENDENCY.test[language]
    assert source is not None
    examples = load_examples(resolve_source(source, roots)).examples
    return [example for example in examples if isinstance(example, DependencyExample)]


def write_trees(path: Path, trees: Iterable[tuple[Sequence[str], Sequence[int], Sequence[str]]]) -> None:
    """Words, heads and relations of each sentence, one word a line."""
    with path.open("w", encoding="utf-8") as file:
        for words, heads, relations in trees:
            for number, (word, head, relation) in enumerate(zip(words, heads, relations, strict=True), start=1):
                file.write(f"{number}\t{word}\t_\t_\t_\t_\t{head}\t{relation}\t_\t_\n")
            file.write("\n")


def read_words(path: Path) -> list[tuple[str, ...]]:
    """The words of each sentence."""
    blocks = path.read_text(encoding="utf-8").strip("\n").split("\n\n")
    return [tuple(line.split("\t")[1] for line in block.split("\n")) for block in blocks]
