"""How long the leakage audit takes: five targets against all training data that is here, and known duplicates.

python benchmarks/leakage.py --data FOLDER [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

from xstilts.core.errors import DataError
from xstilts.core.forks import usable_forks
from xstilts.data.leak_audit import AuditedTest, AuditedTraining, LeaksFound, find_leaks
from xstilts.data.locate import Roots
from xstilts.data.read import resolve_source
from xstilts.data.readers.catalog import Bio
from xstilts.data.row_makers.catalog import TagsRow
from xstilts.data.source import Source
from xstilts.pretrain.corpora import CORPORA
from xstilts.tasks.catalog import TASKS
from xstilts.tasks.sources import local, source

TARGETS = ("xnli", "udpos", "panx", "xquad", "tatoeba")
DEV = "panx dev"  # tested beside the targets, for what is known of it
# What is known: (test set, its language, training set) -> rows that say the same. The questions of XQuAD are of SQuAD's
# dev set, and so are those of SQuAD 2.0's.
KNOWN: Mapping[tuple[str, str, str], int] = {
    (DEV, "hi", "panx hi"): 199,
    (DEV, "sw", "panx sw"): 90,
    (DEV, "ta", "panx ta"): 71,
    (DEV, "en", "panx"): 32,
}
XQUAD_IN_SQUAD2 = ("xquad", "en", "squad2-dev-slice")


def trainings() -> Iterator[tuple[str, tuple[Source, ...]]]:
    """Yield every training set of a task, each file once, and PAN-X in the other languages."""
    seen: set[Source] = set()
    for task in TASKS.values():
        if task.train is not None and task.train not in seen:
            seen.add(task.train)
            yield task.name, (task.train,)
    for language, sources in CORPORA["panx-text"].sources.items():
        if language != "en":
            yield f"panx {language}", sources


def tests() -> Iterator[tuple[str, str, Source]]:
    """Yield the whole test sets of the targets, and the dev sets of PAN-X of which something is known."""
    for target in TARGETS:
        yield from ((target, language, test) for language, test in TASKS[target].test.items())
    read, row = Bio(columns=("token", "tag")), TagsRow(tags=None)
    for _, language, _ in KNOWN:
        yield DEV, language, source(local(read, row, f"panx/dev-{language}.tsv.gz"), language=language)


def audited(data: Path) -> tuple[LeaksFound, int]:
    """Compare what is here; return what was found, and how many sets are not here."""
    roots, missing = Roots(data=(data,), store=Path("/nowhere"), offline=True), 0
    test_sets, training_sets = list[AuditedTest](), list[AuditedTraining]()
    for target, language, test in tests():
        try:
            test_sets.append(AuditedTest(target=target, language=language, source=resolve_source(test, roots)))
        except DataError:
            missing += 1
    for name, sources in trainings():
        try:
            resolved = tuple(resolve_source(part, roots) for part in sources)
            training_sets.append(AuditedTraining(name=name, sources=resolved))
        except DataError:
            missing += 1
    return find_leaks(test_sets, training_sets), missing


def lines(found: LeaksFound) -> Iterator[str]:
    """Yield a table of leaks, then what is known beside what was found."""
    for leak in found.leaks:
        counts = (leak.exact, leak.normalised, leak.near, leak.run, leak.rows)
        yield f"| {leak.target} {leak.language} | {leak.training} | {' | '.join(map(str, counts))} |"
    same = {(x.target, x.language, x.training): x.exact + x.normalised for x in found.leaks}
    for key, expected in KNOWN.items():
        yield f"{key[0]} {key[1]} in {key[2]}: {same.get(key, 0)} rows say the same, known are {expected}"
    leak = next((x for x in found.leaks if (x.target, x.language, x.training) == XQUAD_IN_SQUAD2), None)
    yield f"xquad en in squad2-dev-slice: {leak.leaked if leak else 0} of {leak.rows if leak else 0} rows"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    start = time.perf_counter()
    found, missing = audited(options.data)
    mine, copies = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = sum(used.ru_utime + used.ru_stime for used in (mine, copies))
    spent = f"{time.perf_counter() - start:.1f} s, {cpu:.1f} s of processors in {usable_forks(99)} processes"
    held = f"{max(mine.ru_maxrss, copies.ru_maxrss) // 1024:,} MB at most in one of them"  # kilobytes, on Linux
    for line in lines(found):
        sys.stdout.write(f"{line}\n")
    rows = f"{sum(found.trainings.values()):,} training rows, {sum(found.tests.values()):,} test rows"
    sys.stdout.write(f"{rows}, {missing} sets not here: {spent}, {held}\n")
    if options.json:
        options.json.write_text(json.dumps([asdict(leak) for leak in found.leaks], ensure_ascii=False, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
