"""Perturbation benchmark: how long do a million tokens take on one core, beside nlpaug, checklist and textflint?

    python benchmarks/perturbation.py [--tokens 1000000] [--rate 0.1] [--peers FOLDER] [--peer-tokens 20000]
        [--list codespell.txt] [--lexicons FOLDER]

Texts are the packaged English sentences (NTREX-128; German and Russian where a noise needs them), over and over, with
an id each. Ours is timed as a study runs it: `perturb_examples` on examples of one text. Times are processor time of
one process, after one text to warm up; tokens are what blanks separate. With `--peers`, each peer is installed into an
environment of its own below FOLDER (once; nothing of it is a dependency of the program) and does the same operation at
the same rate on the first `--peer-tokens` of the same texts; one that does not install or run is named, and so are
texts that it fails on. Misspellings and switching need files of one's own.
"""

from __future__ import annotations

import argparse
import gzip
import json
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import xstilts
from xstilts.core.errors import XstiltsError
from xstilts.data.examples import TextExample
from xstilts.perturb.base import Perturbation
from xstilts.perturb.catalog import NOISE, parse
from xstilts.perturb.examples import perturb_examples

SAMPLES = Path(xstilts.__file__).parent / "samples/parallel/ntrex128"
FILES = {"en": "newstest2019-src.eng.txt.gz", "de": "newstest2019-ref.deu.txt.gz", "ru": "newstest2019-ref.rus.txt.gz"}
WORKER = Path(__file__).with_name("perturbation_peers.py")
PEERS = ("nlpaug", "checklist", "textflint")
NEEDS = {"nlpaug": ("nlpaug", "numpy", "pandas", "requests", "gdown")}  # what its package does not ask for itself


def texts(language: str, tokens: int) -> list[str]:
    """Return sentences of so many tokens together."""
    lines = gzip.decompress((SAMPLES / FILES[language]).read_bytes()).decode("utf-8").split("\n")
    chosen, left = [], tokens
    for line in cycle(filter(None, lines)):
        if left <= 0:
            return chosen
        chosen.append(line)
        left -= len(line.split())
    raise AssertionError("there are no sentences")


def perturbations(options: argparse.Namespace) -> Iterator[tuple[str, Perturbation]]:
    """Yield (language, perturbation): English, or the language that has what the perturbation changes."""
    languages = {"diacritics": "de", "romanise": "ru"}
    files = {"misspellings": {"list": options.list}}
    for name in NOISE:
        settings = files.get(name, {})
        if None not in settings.values():
            try:
                yield languages.get(name, "en"), parse({"noise": name, "rate": options.rate, **settings}, name)
            except XstiltsError as error:
                sys.stdout.write(f"{name}: {error}\n")
    if options.lexicons:
        raw = {"switch": "dictionary", "into": "de", "rate": options.rate, "lexicons": options.lexicons}
        yield "en", parse(raw, "dictionary")


def seconds(perturbation: Perturbation, language: str, tokens: int) -> tuple[float, float, int]:
    """Return processor seconds, the realised rate and the number of tokens."""
    sentences = texts(language, tokens)
    examples = [TextExample(id=str(i), group=str(i), text=text) for i, text in enumerate(sentences)]
    perturb_examples(examples[:1], perturbation, language)
    begin = time.process_time()
    result = perturb_examples(examples, perturbation, language)
    return time.process_time() - begin, result.realised_rate or 0.0, sum(len(text.split()) for text in sentences)


def peer_seconds(peer: str, folder: Path, options: argparse.Namespace) -> dict[str, float]:
    """Return processor seconds for a million tokens by operation; {} where the peer does not install or run."""
    python = folder / peer / "bin/python"
    if not python.exists():
        venv.create(folder / peer, with_pip=True)
        packages = NEEDS.get(peer, (peer,))
        installed = subprocess.run([python, "-m", "pip", "install", "-q", *packages], capture_output=True, check=False)
        if installed.returncode:
            sys.stdout.write(f"{peer} does not install here\n")
            return {}
    sentences = texts("en", options.peer_tokens)
    asked = json.dumps({"texts": sentences, "rate": options.rate})
    ran = subprocess.run([python, WORKER, peer], input=asked, capture_output=True, text=True, check=False)
    if ran.returncode:
        reason = (ran.stderr.strip().splitlines() or ["no reason given"])[-1]
        sys.stdout.write(f"{peer} does not run here, or not to its end: {reason}\n")
    tokens = sum(len(text.split()) for text in sentences)
    lines = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]
    for line in lines:
        if line["failed"]:
            sys.stdout.write(f"{peer} {line['operation']} fails on {line['failed']} of {len(sentences)} texts\n")
    return {line["operation"]: line["seconds"] * 1e6 / tokens for line in lines}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--tokens", type=int, default=1_000_000)
    parser.add_argument("--rate", type=float, default=0.1)
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--peer-tokens", type=int, default=20_000)
    parser.add_argument("--list", type=Path)
    parser.add_argument("--lexicons", type=Path)
    options = parser.parse_args()
    peers = {peer: peer_seconds(peer, options.peers, options) for peer in PEERS} if options.peers else {}
    named = [peer for peer, found in peers.items() if found]
    header = ["operation", "xstilts, s a million tokens", "realised rate", *(f"{peer}, s | ours is" for peer in named)]
    sys.stdout.write("| " + " | ".join(header) + " |\n|" + " --- |" * (3 + 2 * len(named)) + "\n")
    for language, perturbation in perturbations(options):
        spent, rate, tokens = seconds(perturbation, language, options.tokens)
        ours = spent * 1e6 / tokens
        cells = [f"{perturbation.name} ({language})", f"{ours:.2f}", f"{rate:.4f}"]
        for peer in named:
            theirs = peers[peer].get(perturbation.name)
            cells += ["", ""] if theirs is None else [f"{theirs:.1f}", f"{theirs / ours:.0f} ×"]
        sys.stdout.write("| " + " | ".join(cells) + " |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
