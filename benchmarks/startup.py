"""How long until something happens? Every number is of a fresh process, from its start.

    python benchmarks/startup.py [--data FOLDER] [--rounds 5] [--json FILE]

Commands that only look, then the first update of a training beside that of `transformers.Trainer`, from the same
encoder and rows. Medians over the rounds; the first round, which may find cold files, is not counted. Needs
`accelerate`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "import xstilts": ["-c", "import xstilts"],
    "from xstilts import Study, run": ["-c", "from xstilts import Study, run"],
    "xstilts --help": ["-m", "xstilts", "--help"],
    "xstilts tasks": ["-m", "xstilts", "tasks"],
    "xstilts plan quickstart": ["-m", "xstilts", "plan", "quickstart"],
    "xstilts plan phang2020": ["-m", "xstilts", "plan", "phang2020"],
    "import transformers": ["-c", "import transformers"],
    "from transformers import Trainer": ["-c", "from transformers import Trainer"],
}
FIRST = {
    "ours": "xstilts: first update of a training",
    "trainer": "Trainer: first update of the same training",
}
BATCH = 32
FEATURES = "features.json"


def our_update(folder: Path, rows: Path, threads: int) -> None:
    """One update by the program's own loop, from prepared rows."""
    import torch
    from training_one import ours
    from training_rows import LENGTHS

    from xstilts.kinds.tokenized import TokenizedRows
    from xstilts.tasks.catalog import TASKS

    torch.set_num_threads(threads)
    ours(folder, TokenizedRows(rows), TASKS[LENGTHS["nli"][0]].kind, "fp32", (1, BATCH), "cpu")


def trainer_update(folder: Path, rows: Path, threads: int) -> None:
    """One update by the Trainer, from the same rows as token ids; it imports nothing of ours."""
    import torch
    from transformers import (
        AutoModelForSequenceClassification,
        AutoTokenizer,
        DataCollatorWithPadding,
        Trainer,
        TrainingArguments,
    )

    torch.set_num_threads(threads)
    features = json.loads((rows / FEATURES).read_text("utf-8"))
    model = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=3)
    arguments = TrainingArguments(
        output_dir=str(rows / "out"),
        max_steps=1,
        per_device_train_batch_size=BATCH,
        save_strategy="no",
        report_to=[],
        use_cpu=True,
        disable_tqdm=True,
    )
    collate = DataCollatorWithPadding(AutoTokenizer.from_pretrained(folder))
    Trainer(model=model, args=arguments, train_dataset=features, data_collator=collate).train()  # type: ignore[arg-type]


def write_features(rows: Path) -> None:
    """The prepared rows as the Trainer takes them, beside them."""
    from xstilts.kinds.tokenized import TokenizedRows

    prepared = TokenizedRows(rows)
    labelled_rows = [prepared.row(number) for number in prepared.labelled.tolist()]
    features = [{"input_ids": row["ids"].tolist(), "labels": int(row["gold"][0])} for row in labelled_rows]
    (rows / FEATURES).write_text(json.dumps(features), "utf-8")


def timed(command: Sequence[str], environment: dict[str, str]) -> float:
    """Seconds of a fresh process."""
    began = time.perf_counter()
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False, env=environment)
    spent = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")
    return spent


def measured(data: Sequence[Path], rounds: int, threads: int, place: Path) -> dict[str, list[float]]:
    """Seconds of every round but the first; all contestants in turn."""
    from training_rows import PACKAGED, make_folder, make_rows

    environment = {**os.environ, "XSTILTS_STORE": str(place / "store"), "OMP_NUM_THREADS": str(threads)}
    commands = dict(COMMANDS)
    if data:
        folder = make_folder(PACKAGED, place)
        rows = make_rows("nli", folder, data, place)
        write_features(rows)
        for name, title in FIRST.items():
            commands[title] = [__file__, "--first", name, str(folder), str(rows), "--threads", str(threads)]
    seconds_of: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(rounds + 1):
        for name, command in commands.items():
            seconds = timed(command, environment)
            if turn:
                seconds_of[name].append(seconds)
    return seconds_of


def table(seconds_of: dict[str, list[float]]) -> str:
    lines = ["| what | seconds, median | least | most |", "| --- | ---: | ---: | ---: |"]
    for name, seconds in seconds_of.items():
        lines.append(f"| {name} | {median(seconds):.2f} | {min(seconds):.2f} | {max(seconds):.2f} |")
    if FIRST["ours"] in seconds_of:
        ratio = median(seconds_of[FIRST["trainer"]]) / median(seconds_of[FIRST["ours"]])
        lines += ["", f"To the first update, Trainer takes {ratio:.2f} × as long as xstilts."]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, action="append", default=[], help="without it, commands alone")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--first", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.first:
        contestant, folder, rows = options.first
        update = {"ours": our_update, "trainer": trainer_update}[contestant]
        update(Path(folder), Path(rows), options.threads)
        sys.stdout.flush()
        os._exit(0)  # what comes after the update is not start-up
    with tempfile.TemporaryDirectory() as place:
        seconds_of = measured(options.data, options.rounds, options.threads, Path(place))
    sys.stdout.write(table(seconds_of) + "\n")
    if options.json:
        options.json.write_text(json.dumps(seconds_of, indent=1), "utf-8")


if __name__ == "__main__":
    main()
