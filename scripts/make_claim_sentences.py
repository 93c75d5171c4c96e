"""Make the packaged sentences of abstracts with labels "claim" and "other": `samples/claim-sentences/*.tsv.gz`.

    python scripts/make_claim_sentences.py XML [--out src/xstilts/samples]

XML is a folder with collections of the ACL Anthology (data/xml of its repository), those of `COLLECTIONS`.

dev and test: the sentences of whole abstracts drawn at random, labelled one by one by a language model that read them
in their abstract, before the rules of `evidence/findings` were run on them; nobody labelled them twice. The guideline:
a claim states a result of this paper's own work, be it of an experiment, an analysis or a proof; background, what
others did, what is proposed and how it works, set-ups and releases are no claims.

train: other abstracts, labelled by cues (distant supervision). A sentence that says "we show that", "results suggest
that", or that our system outperforms or reaches something is a claim; one that opens an abstract, proposes, speaks of
earlier work or releases something is none; a sentence with neither cue, or both, is left out. In every second claim
with "that" the words up to it are cut off, so that the rest must tell.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import random
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from xstilts.evidence.services.acl_anthology import collection_records
from xstilts.evidence.source_text import SourceText
from xstilts.evidence.works import WorkRecord
from xstilts.samples import ROOT

COLLECTIONS = (
    "2020.aacl", "2020.acl", "2020.coling", "2020.emnlp", "2020.findings", "2020.repl4nlp", "2021.acl", "2021.eacl",
    "2021.emnlp", "2021.findings", "2021.mrl", "2021.naacl", "2021.repl4nlp", "D19", "N19", "P19",
)  # fmt: skip
ORIGIN = "https://github.com/rstojnic/acl-anthology/tree/67bbd5cfe14d6c3b7fcc06d6904b8d04fe885835/data/xml"
LICENCE = "CC BY 4.0"
LABELLED = 60  # abstracts that were drawn to be labelled; the last ones were not
TEST, DEV = 213, 134  # sentences of them, in their order
# Numbers of the sentences that are claims, from 0: those below TEST of the test set, the others of the development set.
CLAIMS = frozenset((
    4, 5, 9, 10, 17, 18, 25, 26, 27, 31, 35, 39, 40, 46, 51, 52, 57, 63, 64, 69, 71, 72, 73, 74, 86, 87, 90, 93, 94, 95,
    104, 112, 113, 121, 124, 125, 127, 134, 139, 143, 144, 145, 150, 151, 152, 155, 158, 165, 170, 175, 176, 180, 182,
    183, 189, 190, 191, 197, 206, 212,
    218, 228, 233, 236, 237, 244, 247, 248, 255, 260, 262, 267, 270, 271, 272, 276, 282, 283, 296, 301, 303, 306, 307,
    308, 309, 310, 313, 319, 324, 328, 329, 330, 336, 345, 346,
))  # fmt: skip
POOL = 3_000  # abstracts that are labelled by cues
KEPT = {"claim": 875, "other": 1_625}  # sentences of each label that are kept of them: about as in an abstract

_THAT = re.compile(
    r"\b(?:we(?: also| further)? (?:find|found|show|observe|demonstrate|conclude)|"
    r"(?:results|experiments|evaluations?|analys[ei]s|findings|studies)\b.{0,60}?\b(?:show|shows|demonstrate|"
    r"demonstrates|indicate|suggest|suggests|reveal|reveals|confirm)) that\b",
    re.IGNORECASE,
)
_REACHED = re.compile(
    r"\b(?:our|the proposed|the resulting|this) [\w\s-]{0,60}?\b(?:outperforms?|achieves?|obtains?|reaches|improves?|"
    r"surpasses|yields?)\b|^we (?:also )?(?:achieve|obtain|report|outperform|improve)\b|"
    r"\bstate-of-the-art results on\b",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"^(?:in this (?:paper|work|study)|this (?:paper|work)|here,? we|we (?:propose|present|introduce|describe|study|"
    r"investigate|develop|address|evaluate|use|release|consider)|to (?:this end|address|tackle|overcome)|however|"
    r"previous|existing|prior|recent|most|many|traditional|current|specifically|inspired|motivated|"
    r"our (?:code|data))\b|"
    r"\bavailable at\b|https?:",
    re.IGNORECASE,
)


class Labelled(NamedTuple):
    """A sentence of an abstract. id: of the paper in the Anthology."""

    id: str
    text: str
    label: str


def drawn(folder: Path) -> list[WorkRecord]:
    """Return the papers with a longer abstract in plain ASCII, one a title, in an order drawn at random."""
    records = [
        record for name in sorted(COLLECTIONS) for record in collection_records((folder / f"{name}.xml").read_bytes())
    ]
    usable = [one for one in records if len(one.abstract) > 300 and one.abstract.isascii()]
    first: dict[str, WorkRecord] = {}
    for one in usable:
        first.setdefault(one.title, one)
    papers = list(first.values())
    random.Random(7).shuffle(papers)
    return papers


def sentences(record: WorkRecord) -> list[str]:
    text = SourceText(work="", version="", origin="abstract", text=record.abstract, source="")
    return [one.text for one in text.sentences]


def by_hand(papers: Sequence[WorkRecord]) -> list[Labelled]:
    """Return the labelled sentences, those of the test set first."""
    found = [(record.id, text) for record in papers[:LABELLED] for text in sentences(record)][: TEST + DEV]
    return [Labelled(name, text, "claim" if number in CLAIMS else "other") for number, (name, text) in enumerate(found)]


def by_cues(papers: Sequence[WorkRecord]) -> list[Labelled]:
    """Return sentences of other papers that have a cue."""
    found: dict[str, list[Labelled]] = {"claim": [], "other": []}
    for record in papers[LABELLED : LABELLED + POOL]:
        for number, text in enumerate(sentences(record)):
            that = _THAT.search(text)
            claims = bool(that or _REACHED.search(text))
            others = bool(_OTHER.search(text)) or number == 0
            if claims == others:
                continue
            if that and len(found["claim"]) % 2:
                text = text[that.end() :].strip(" ,")
                text = text[:1].upper() + text[1:]
            found["claim" if claims else "other"].append(Labelled(record.id, text, "claim" if claims else "other"))
    drawn = random.Random(8)
    kept = [one for label in found for one in drawn.sample(found[label], KEPT[label])]
    drawn.shuffle(kept)
    return kept


def write(path: Path, rows: Iterable[Labelled]) -> bytes:
    """Write rows as TSV, the same bytes for the same rows."""
    lines = ["id\ttext\tlabel", *("\t".join(row) for row in rows)]
    body = gzip.compress("".join(f"{line}\n" for line in lines).encode(), mtime=0)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    return body


def entry(out: Path, split: str, rows: Sequence[Labelled]) -> dict[str, Any]:
    """Write a split and return what the manifest says of it."""
    path = f"claim-sentences/{split}.tsv.gz"
    digest = hashlib.sha256(write(out / path, rows)).hexdigest()
    return {"path": path, "unit": "sentences", "rows": len(rows), "of": len(rows), "licence": LICENCE,
            "origin": ORIGIN, "sha256": digest}  # fmt: skip


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("xml", type=Path)
    options.add_argument("--out", type=Path, default=ROOT)
    given = options.parse_args()
    papers = drawn(given.xml)
    hand = by_hand(papers)
    splits = {"train": by_cues(papers), "dev": hand[TEST:], "test": hand[:TEST]}
    entries = [entry(given.out, split, rows) for split, rows in splits.items()]
    manifest = given.out / "manifest.json"
    files = json.loads(manifest.read_text("utf-8"))["files"] if manifest.is_file() else []
    others = [one for one in files if not one["path"].startswith("claim-sentences/")]
    manifest.write_text(json.dumps({"files": [*others, *entries]}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
