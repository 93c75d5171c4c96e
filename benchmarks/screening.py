"""How long does it take to screen a thousand papers for a question?

    python benchmarks/screening.py --data FOLDER [--works 1000] [--store DIR] [--threads 2]

The works are paragraphs of SQuAD's articles in the place of abstracts, about as long as these, none about the question.
Loading the encoder is counted; unpacking it into the store is not. The goal: a thousand in under 60 s on two cores.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from xstilts.app.evidence_models import sentence_vectors
from xstilts.data.locate import Roots
from xstilts.data.read import load_examples, resolve_source
from xstilts.evidence.query import read_question
from xstilts.evidence.screening import screen
from xstilts.evidence.works import Work, WorkRecord, WorkVersion
from xstilts.pipeline.options import Options
from xstilts.tasks.catalog import TASKS

QUESTION = "Does dependency parsing first help zero-shot cross-lingual transfer?"


def works(data: Sequence[Path], number: int, place: Path) -> list[Work]:
    """So many works, each of another paragraph."""
    source = TASKS["squad1-36-articles"].train
    assert source is not None
    roots = Roots(data=tuple(data), store=place, offline=True)
    examples = load_examples(resolve_source(source, roots)).examples
    paragraphs = list(dict.fromkeys(example.texts[1] for example in examples))[:number]
    records = [
        WorkRecord(source="squad", id=str(i), title=text.partition(",")[0][:80], abstract=text)
        for i, text in enumerate(paragraphs)
    ]
    return [Work(key=one.id, versions=(WorkVersion(name="published", records=(one,)),)) for one in records]


def main(argument_list: Sequence[str] | None = None) -> int:
    """Prints how long screening took by words alone and with the packaged encoder. 0."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, action="append", required=True, help="a folder with data; repeatable")
    parser.add_argument("--works", type=int, default=1000)
    parser.add_argument("--store", type=Path, default=None, help="where the encoder is unpacked (default: thrown away)")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args(argument_list)
    with tempfile.TemporaryDirectory() as folder:
        store = arguments.store or Path(folder)
        screened = works(arguments.data, arguments.works, store)
        question = read_question(QUESTION, TASKS)
        options = Options(store=store, offline=True, device="cpu", threads=arguments.threads)
        sentence_vectors(options)(["to unpack the encoder"])
        length = sum(len(work.newest.abstract) for work in screened) / len(screened)
        sys.stdout.write(f"{len(screened):,} works of {length:.0f} characters, {arguments.threads} threads\n")
        for said, vectors in (("words alone", None), ("with tiny-e5", sentence_vectors(options))):
            began = time.perf_counter()
            screen(question, screened, vectors, 50)
            sys.stdout.write(f"{said}: {time.perf_counter() - began:.1f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
