"""What training.py and busy_machine.py share: options, encoder folder, rows, a contestant in a process of its own."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from xstilts.data.locate import Roots
from xstilts.data.read import load_examples, resolve_source
from xstilts.kinds.tokenized import write
from xstilts.kinds.tokenizers import load_tokenizer
from xstilts.pipeline.steps.encoder import packaged_encoders
from xstilts.tasks.catalog import TASKS

# Whose rows, and tokens of a sequence at most.
LENGTHS = {"nli": ("mnli-taxinli10k", 256), "tagging": ("udpos", 256), "qa": ("squad1-36-articles", 384)}
EXAMPLES = 4000
PACKAGED = "tiny-e5"  # the encoder that comes with the program


def arguments(doc: str | None, contestants: Iterable[str], *, updates: int, rounds: int) -> argparse.ArgumentParser:
    """The options of both programs; `updates` and `rounds` are defaults."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shape", nargs="?", default="tiny-e5")
    parser.add_argument("--lengths", choices=sorted(LENGTHS), default="nli", help="whose rows: real files")
    parser.add_argument("--data", type=Path, action="append", default=[])
    parser.add_argument("--contestants", default=",".join(contestants))
    parser.add_argument("--updates", type=int, default=updates, help="the first quarter warms up and is not counted")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=rounds, help="how often all run in turn; medians are shown")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path)
    return parser


def train_one(
    name: str,
    folder: Path,
    rows: Path,
    options: argparse.Namespace,
    *,
    device: str = "cpu",
    environment: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Seconds, sequences, tokens, losses and memory of one contestant of training_one.py, from a fresh process.
    Ends the program with the contestant's last words where it fails."""
    command = [
        *(sys.executable, str(Path(__file__).with_name("training_one.py")), name),
        *(str(folder), str(rows), options.lengths),
        *(str(options.updates), str(options.batch), str(options.threads), device),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise SystemExit(f"{name} failed:\n{done.stderr[-3000:]}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def make_folder(shape: str, place: Path) -> Path:
    """An ordinary Hugging Face folder: the packaged encoder, a shape with random weights, or `shape` itself."""
    if Path(shape).is_dir():
        return Path(shape)
    packaged = _unpacked(place)
    if shape == PACKAGED:
        return packaged
    import torch
    from transformers import XLMRobertaConfig, XLMRobertaModel

    torch.manual_seed(0)
    config = XLMRobertaConfig(vocab_size=250_002, max_position_embeddings=514, type_vocab_size=1, layer_norm_eps=1e-5)
    folder = place / "shape"
    XLMRobertaModel(config, add_pooling_layer=False).save_pretrained(folder)
    # The lengths are those of the packaged tokenizer; the model's table has the published number of rows.
    shutil.copy(packaged / "tokenizer.json", folder)
    return folder


def _unpacked(place: Path) -> Path:
    from types import SimpleNamespace

    step = packaged_encoders()[PACKAGED]
    folder = place / PACKAGED
    folder.mkdir()
    step.call(step.settings, SimpleNamespace(out=folder, scratch=place, inputs={}, progress=None))  # type: ignore[arg-type]
    return folder


def make_rows(lengths: str, folder: Path, data: Sequence[Path], place: Path) -> Path:
    """Prepared rows of the first examples of a real training file, in a seeded order."""
    name, max_length = LENGTHS[lengths]
    task = TASKS[name]
    fit = task.fit
    assert fit is not None
    resolved = resolve_source(fit.train.subsample(EXAMPLES), Roots(data=tuple(data), store=place / "store"))
    loaded = load_examples(resolved)
    out = place / "rows"
    out.mkdir()
    write(loaded.examples, task.kind, load_tokenizer(folder), max_length, out)
    return out
