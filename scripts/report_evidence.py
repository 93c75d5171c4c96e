"""Write the reports on the five questions into `docs/results/evidence`, from the works in its folder `inputs`.

    python scripts/report_evidence.py [--out DIR]

Nothing is searched or fetched: no service, no PDFs, no classifier and an empty store. The same inputs give the same
reports bit for bit on one machine; on another the last digit of a probability may differ.
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
    "Nothing was searched for this report. The works are a small collection picked by hand: 48 records with their"
    " abstracts as the ACL Anthology has them (2020 and 2021, CC BY 4.0), sentences of versions 1 and 2 of arXiv "
    "2005.13013 as this project quotes them, and one invented work whose sentences are marked as planted: they "
    "say the opposite of four of the others. It shows what the program makes of given works, and is no review of "
    "the literature."
)


def write(study: str, out: Path, store: Path) -> float:
    """Write the report on a study's question, and return the seconds that it took."""
    began = time.perf_counter()
    settings = EvidenceSettings(services=(), folders=(ROOT / "inputs",), pdfs=False, classifier=False, note=NOTE)
    inquiry = gather_evidence(load_study(study).question, settings, Options(store=store, offline=True))
    with tempfile.TemporaryDirectory() as folder:
        files = save_evidence(inquiry, Path(folder))
        for file in (files.markdown, files.json, files.bibtex):  # of the Markdown the site makes a page
            shutil.copyfile(file, out / f"{study}{file.suffix}")
    return time.perf_counter() - began


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--out", type=Path, default=ROOT)
    given = options.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as store:
        for study in STUDIES:
            sys.stdout.write(f"{study}: {write(study, given.out, Path(store)):.1f} s\n")


if __name__ == "__main__":
    main()
