"""Cuts the packaged samples out of a folder of full data files.

    python scripts/make_samples.py DATA [--out src/xstilts/samples]

DATA holds the published files and the two tables `SOURCES-tasks.tsv` and `SOURCES-syntax.tsv` that say where each came
from. A sample lies under the same relative path as the file it was cut from and is read the same way. The same input
gives the same bytes: rows are taken at even distances, and gzip headers carry no time and no name.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

FORBIDDEN = re.compile(r"\bNC\b|non-commercial|\bGPL\b|unclear|no licence stated", re.IGNORECASE)

UD_TESTS = (
    "ar_pud", "de_gsd", "el_gud", "es_gsd", "fi_tdt", "fr_gsd", "hi_pud", "id_gsd", "it_pud", "ja_gsd",
    "nl_alpino", "pt_bosque", "ru_gsd", "ta_mwtt", "th_pud", "tr_boun", "tr_pud", "vi_vtb", "zh_gsd", "zh_gsdsimp",
)  # fmt: skip
XSID = ("ar", "da", "de", "en", "it", "ja", "lt", "nl", "no", "tr", "zh")
XQUAD = ("ar", "de", "en", "es", "hi", "ru", "th", "vi", "zh")
TATOEBA = (
    "ara", "cmn", "deu", "ell", "fin", "fra", "hin", "ind", "ita", "jpn", "nld", "por", "rus", "spa", "tur", "tam",
)  # fmt: skip
NTREX = (
    "src.eng", "ref.arb", "ref.deu", "ref.ell", "ref.fin", "ref.fra", "ref.hin", "ref.ind", "ref.ita", "ref.jpn",
    "ref.nld", "ref.por", "ref.rus", "ref.spa", "ref.tha", "ref.tur", "ref.vie", "ref.zho-CN",
)  # fmt: skip


@dataclass(frozen=True)
class Cut:
    """One sample: the file, how its text is cut (`size` units kept; None keeps all), and what a unit is called."""

    path: str
    unit: str
    cut: Callable[[str, int], tuple[str, int, int]]
    size: int


def spread(total: int, count: int) -> list[int]:
    """Return `count` of the numbers 0 to total-1, at even distances; all of them where there are not more."""
    if count >= total:
        return list(range(total))
    return [i * total // count for i in range(count)]


def keep(items: list[str], count: int) -> list[str]:
    return [items[i] for i in spread(len(items), count)]


def cut_lines(text: str, count: int) -> tuple[str, int, int]:
    """Lines end at a line feed only: other separators stand inside sentences."""
    lines = text.removesuffix("\n").split("\n")
    sample_lines = keep(lines, count)
    return "\n".join(sample_lines) + "\n", len(sample_lines), len(lines)


def cut_table(text: str, count: int) -> tuple[str, int, int]:
    """Lines below a header."""
    header, _, body = text.partition("\n")
    sample_lines, n, total = cut_lines(body, count)
    return f"{header}\n{sample_lines}", n, total


def blocks_of(text: str) -> list[str]:
    return [block for block in text.strip("\n").split("\n\n") if block]


def cut_blocks(text: str, count: int) -> tuple[str, int, int]:
    """Sentences between blank lines."""
    blocks = blocks_of(text)
    sample_blocks = keep(blocks, count)
    return "".join(f"{block}\n\n" for block in sample_blocks), len(sample_blocks), len(blocks)


def cut_conllu(text: str, count: int) -> tuple[str, int, int]:
    """Sentences; of the columns, XPOS, FEATS, DEPS and MISC (but SpaceAfter=No) are blanked to save space."""
    body, n, total = cut_blocks(text, count)
    return "".join(f"{line}\n" for line in map(slim, body.split("\n")[:-1]) if line is not None), n, total


def slim(line: str) -> str | None:
    """A CoNLL-U line without what no task here reads; None for comments other than sent_id and text."""
    if line.startswith("#"):
        return line if line.startswith(("# sent_id =", "# text =")) else None
    if not line:
        return line
    fields = line.split("\t")
    fields[4] = fields[5] = fields[8] = "_"
    fields[9] = "SpaceAfter=No" if "SpaceAfter=No" in fields[9].split("|") else "_"
    return "\t".join(fields)


def cut_squad(text: str, count: int) -> tuple[str, int, int]:
    """Paragraphs with their questions; articles left empty are dropped. Counts are questions."""
    document = json.loads(text)
    places = [(a, p) for a, article in enumerate(document["data"]) for p in range(len(article["paragraphs"]))]
    sampled_places = {places[i] for i in spread(len(places), count)}
    total = questions(document["data"])
    for a, article in enumerate(document["data"]):
        article["paragraphs"] = [x for p, x in enumerate(article["paragraphs"]) if (a, p) in sampled_places]
    document["data"] = [article for article in document["data"] if article["paragraphs"]]
    return json.dumps(document, ensure_ascii=False), questions(document["data"]), total


def questions(articles: list[dict]) -> int:
    return sum(len(paragraph["qas"]) for article in articles for paragraph in article["paragraphs"])


def plan() -> Iterable[Cut]:
    for split, size in (("train", 3000), ("dev", 400), ("test", 150)):
        yield Cut(f"ud/en/en_ewt-ud-{split}.conllu.gz", "sentences", cut_conllu, size)
    for treebank in UD_TESTS:
        size = 75 if treebank.startswith(("tr_", "zh_")) else 150
        yield Cut(f"ud/{treebank[:2]}/{treebank}-ud-test.conllu.gz", "sentences", cut_conllu, size)
    for split, size in (("train", 5000), ("valid", 700), ("test", 700)):
        for column in ("seq.in", "seq.out", "label"):
            yield Cut(f"snips/{split}/{column}.gz", "utterances", cut_lines, size)
    for language in XSID:
        yield Cut(f"xsid/xSID-0.7/{language}.test.conll.gz", "utterances", cut_blocks, 300)
    yield Cut("xsid/xSID-0.7/en.valid.conll.gz", "utterances", cut_blocks, 300)
    for split, size in (("train", 8330), ("dev", 1000), ("test", 2000)):
        yield Cut(f"snli/NLI/all_combined/{split}.tsv.gz", "pairs", cut_table, size)
    yield Cut("squad1/train-v1.1.json.gz", "questions", cut_squad, 400)
    for language in XQUAD:
        yield Cut(f"xquad/xquad.{language}.json.gz", "questions", cut_squad, 30)
    for language in TATOEBA:
        for side in (language, "eng"):
            yield Cut(f"tatoeba/tatoeba.{language}-eng.{side}.gz", "sentences", cut_lines, 300)
    for name in NTREX:
        yield Cut(f"parallel/ntrex128/newstest2019-{name}.txt.gz", "sentences", cut_lines, 1000)


def sources(data: Path) -> dict[str, dict[str, str]]:
    """Return the rows of the two source tables, by path of the file."""
    source_of_path: dict[str, dict[str, str]] = {}
    for name in ("SOURCES-tasks.tsv", "SOURCES-syntax.tsv"):
        header, *rows = (line.split("\t") for line in (data / name).read_text("utf-8").splitlines())
        for row in rows:
            entry = dict(zip(header, row, strict=False))
            source_of_path[entry["path"]] = entry
    return source_of_path


def compressed(text: str) -> bytes:
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=buffer, mode="wb", compresslevel=9, mtime=0) as handle:
        handle.write(text.encode("utf-8"))
    return buffer.getvalue()


def sample(data: Path, out: Path, cut: Cut, source: dict[str, str]) -> dict[str, object]:
    """Write one sample and returns its line of the manifest."""
    licence = source.get("licence_as_stated") or source["licence"]
    if FORBIDDEN.search(licence):
        raise SystemExit(f"{cut.path}: the licence '{licence}' does not allow packaging")
    text, rows, total = cut.cut(gzip.decompress((data / cut.path).read_bytes()).decode("utf-8"), cut.size)
    payload = compressed(text)
    target = out / cut.path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(payload)
    return {
        "path": cut.path, "unit": cut.unit, "rows": rows, "of": total, "licence": licence,
        "origin": f"https://github.com/{source['source_repo']}/blob/{source['commit']}/{source['source_path']}",
        "sha256": hashlib.sha256(payload).hexdigest(),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "src" / "xstilts" / "samples")
    arguments = parser.parse_args()
    source_of_path = sources(arguments.data)
    lines = [sample(arguments.data, arguments.out, cut, source_of_path[cut.path]) for cut in plan()]
    manifest = json.dumps({"files": lines}, ensure_ascii=False, indent=1) + "\n"
    (arguments.out / "manifest.json").write_text(manifest, "utf-8")


if __name__ == "__main__":
    main()
