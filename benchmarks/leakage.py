"""How long the leakage audit takes: five targets against every training set that is here.

python benchmarks/leakage.py --data FOLDER [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from xstilts.app.audit import audit, rows_of
from xstilts.pipeline.options import Options
from xstilts.tasks.catalog import TASKS

TARGETS = ("xnli", "udpos", "panx", "xquad", "tatoeba")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    trainings = {}
    for task in TASKS.values():
        if task.train is not None and task.train not in trainings.values():
            trainings[task.name] = task.train
    start, cpu = time.perf_counter(), time.process_time()
    roots = Options(data=(options.data,), store=Path("/nowhere"), offline=True).roots
    found = audit({name: TASKS[name] for name in TARGETS}, trainings, roots)
    for row in rows_of(found):
        sys.stdout.write("| " + " | ".join(row) + " |\n")
    rows = f"{sum(found.trainings.values()):,} training rows, {sum(found.tests.values()):,} test rows"
    spent = f"{time.perf_counter() - start:.1f} s, {time.process_time() - cpu:.1f} s of one processor"
    sys.stdout.write(f"{rows}, {len(found.missing)} files not here: {spent}\n")
    if options.json:
        options.json.write_text(json.dumps(found.to_dict(), ensure_ascii=False, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
