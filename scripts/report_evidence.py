"""Write the reports on the five questions into `docs/results/evidence`, from the answers in its folder `recorded`.

    python scripts/report_evidence.py [--out DIR]

It prints the seconds that each report took, from the question to its files. Nothing is asked or fetched: `recorded`
has what each service answers (`write_evidence_answers.py`), and there are no PDFs, no classifier and an empty store.
The same answers give the same reports bit for bit on one machine; on another the last digit of a probability may
differ. `xstilts evidence QUESTION --offline --answers docs/results/evidence/recorded --no-pdfs --no-classifier` makes
one of them, but for the note.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

from xstilts.app.evidence import EvidenceSettings, gather_evidence, save_evidence
from xstilts.pipeline.options import Options
from xstilts.study.load import load_study

ROOT = Path(__file__).resolve().parents[1] / "docs/results/evidence"
STUDIES = ("syntax_srl", "robustness", "scaling_semparse", "reasoning_syntax", "adapters")
NOTE = (
    "No service was asked for this report, for none could be reached. The answers that it reads were written in the "
    "forms that the five services document. The works in them are 48 papers with their abstracts as the ACL Anthology "
    "has them (2020 and 2021, CC BY 4.0), sentences of versions 1 and 2 of arXiv 2005.13013 as this project quotes "
    "them, and four invented works, whose titles begin with “(planted, invented)” and whose claims begin with "
    "“(Planted)”: one says the opposite of others, one has two versions with different figures, one is withdrawn, one "
    "is about videos. Which service lists which work is made up, as is that one service fails on one query, and that "
    "searches find papers about videos. The report shows what the program makes of such answers, and is no review of "
    "the literature."
)


def write(study: str, out: Path, store: Path) -> float:
    """Write the report on a study's question, and return the seconds that it took."""
    began = time.perf_counter()
    settings = EvidenceSettings(answers=ROOT / "recorded", pdfs=False, classifier=False, note=NOTE)
    inquiry = gather_evidence(load_study(study).question, settings, Options(store=store, offline=True))
    with tempfile.TemporaryDirectory() as folder:
        files = save_evidence(inquiry, Path(folder))
        seconds = time.perf_counter() - began
        for file in (files.markdown, files.json, files.bibtex):  # of the Markdown the site makes a page
            shutil.copyfile(file, out / f"{study}{file.suffix}")
    return seconds


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--out", type=Path, default=ROOT)
    given = options.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as store:
        for study in STUDIES:
            sys.stdout.write(f"{study}: {write(study, given.out, Path(store)):.1f} s\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
