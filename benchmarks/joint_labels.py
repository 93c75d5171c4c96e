"""How many semantic roles survive in the labels of dependency trees? English PropBank over UD EWT, packed and unpacked.

    python benchmarks/joint_labels.py --data FOLDER [--split train] [--json FILE]

FOLDER holds `ud/en/en_ewt-ud-<split>.conllu`, `srl/en/ewt-<split>.gold_skel` and `srl/en/ewt-join.tsv`, gzip or not.
See README.md beside this and `xstilts.data.syntax.joint_labels`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from xstilts.core.errors import DataError, XstiltsError
from xstilts.core.files import write_atomic
from xstilts.data.examples import DependencyExample, Predicate
from xstilts.data.readers.catalog import EwtPropBank
from xstilts.data.row_makers.catalog import RolesRow, TreesRow
from xstilts.data.source import Drop
from xstilts.data.syntax.joint_labels import pack_roles, unpack_roles
from xstilts.data.syntax.trees import ancestors, span_head

Annotated = tuple[DependencyExample, tuple[Predicate, ...]]

PAIRS = (1, 2, 99)  # how many may stand in a shared slot; the paper has one
FILES = ("ud/en/en_ewt-ud-{split}.conllu", "srl/en/ewt-{split}.gold_skel", "srl/en/ewt-join.tsv")


@dataclass(frozen=True, kw_only=True)
class Survived:
    """Triples (predicate, argument, label): in gold; those that come back, as spans and as the words that stand for
    them; and those that come back but are not in gold. `labels`: how many different joint labels there are."""

    pairs: int
    triples: int
    spans: int
    heads: int
    extra: int
    labels: int
    seldom: int  # labels that occur once


def read(folder: Path, split: str) -> tuple[list[Annotated], Counter[str]]:
    """The sentences that join, and how many do not, by reason."""
    rows = EwtPropBank()([_file(folder, name.format(split=split)) for name in FILES])
    sentences: list[Annotated] = []
    dropped: Counter[str] = Counter()
    for number, row in enumerate(rows):
        tree, roles = TreesRow(id="sent_id")(row, number), RolesRow(id="sent_id")(row, number)
        if isinstance(tree, Drop) or isinstance(roles, Drop):
            dropped[(roles if isinstance(roles, Drop) else tree).reason] += 1
        else:
            sentences.append((tree, roles.predicates or ()))
    return sentences, dropped


def _file(folder: Path, name: str) -> Path:
    for path in (folder / name, folder / f"{name}.gz"):
        if path.exists():
            return path
    raise DataError("there is no such file, nor one that ends in .gz", where=str(folder / name))


def places(sentences: Sequence[Annotated]) -> Counter[str]:
    """Count where the words that stand for arguments are, seen from their predicates."""
    places_of: Counter[str] = Counter()
    for tree, predicates in sentences:
        heads = tree.heads or ()
        for predicate in predicates:
            for start, end, _ in predicate.spans or ():
                places_of[_place(heads, predicate.index + 1, span_head(heads, start, end))] += 1
    return places_of


def _place(heads: Sequence[int], predicate: int, argument: int) -> str:
    head = heads[argument - 1]
    if head == predicate:
        return "below it (direct)"
    if heads[predicate - 1] == argument:
        return "above it (reverse)"
    if head and head == heads[predicate - 1]:
        return "beside it (shared)"
    predicate_ancestors = ancestors(heads, predicate)
    return (
        "further up, or below a word further up"
        if head in predicate_ancestors or argument in predicate_ancestors
        else "elsewhere"
    )


def measure(sentences: Sequence[Annotated], pairs: int) -> Survived:
    """Packs the roles of every sentence and counts what comes back."""
    labels: Counter[str] = Counter()
    triples = spans = heads = extra = 0
    for tree, predicates in sentences:
        packed = pack_roles(tree, predicates, pairs)
        labels.update(packed)
        back = unpack_roles(replace(tree, relations=packed), predicates)
        for gold, unpacked in zip(predicates, back, strict=True):
            gold_spans, spans_back = set(gold.spans or ()), set(unpacked.spans or ())
            triples, spans = triples + len(gold_spans), spans + len(gold_spans & spans_back)
            extra += len(spans_back - gold_spans)
            heads += len(_heads(tree, gold_spans) & _heads(tree, spans_back))
    seldom = sum(count == 1 for count in labels.values())
    return Survived(
        pairs=pairs, triples=triples, spans=spans, heads=heads, extra=extra, labels=len(labels), seldom=seldom
    )


def _heads(tree: DependencyExample, spans: set[tuple[int, int, str]]) -> set[tuple[int, str]]:
    return {(span_head(tree.heads or (), start, end), label) for start, end, label in spans}


def page(split: str, sentences: Sequence[Annotated], dropped: Counter[str], results: Sequence[Survived]) -> str:
    where = places(sentences)
    total = sum(where.values())
    lines = [
        f"EWT {split}: {len(sentences)} sentences, {sum(len(predicates) for _, predicates in sentences)} predicates."
    ]
    lines += [f"Left out: {count} ({reason})." for reason, count in dropped.items()]
    lines += ["", "| the argument, seen from its predicate | arguments | % |", "|---|---|---|"]
    lines += [f"| {place} | {count} | {100 * count / total:.2f} |" for place, count in where.most_common()]
    lines += ["", "| pairs | triples | back as spans | % | back as heads | % | not in gold | labels | of them once |"]
    lines += ["|---|---|---|---|---|---|---|---|---|"]
    for result in results:
        shares = (f"{100 * count / max(result.triples, 1):.2f}" for count in (result.spans, result.heads))
        cells = [
            result.pairs,
            result.triples,
            result.spans,
            next(shares),
            result.heads,
            next(shares),
            result.extra,
            result.labels,
        ]
        lines.append(f"| {' | '.join(map(str, [*cells, result.seldom]))} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="holds ud/en and srl/en")
    parser.add_argument("--split", default="train", choices=("train", "dev", "test"))
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the numbers there")
    options = parser.parse_args(arguments)
    try:
        sentences, dropped = read(options.data, options.split)
        results = [measure(sentences, pairs) for pairs in PAIRS]
    except XstiltsError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return error.exit_code
    print(page(options.split, sentences, dropped, results))  # noqa: T201
    if options.json:
        value = {"places": places(sentences), "dropped": dropped, "survived": [asdict(result) for result in results]}
        write_atomic(options.json, json.dumps({"split": options.split, **value}, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
