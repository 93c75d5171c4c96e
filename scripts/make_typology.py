"""Computes the packaged table of typological distances to English from the wheel of lang2vec.

    pip download --no-deps lang2vec==1.1.2
    python scripts/make_typology.py lang2vec-1.1.2-py3-none-any.whl [--out src/xstilts/references/typology.tsv]

The wheel holds the features of URIEL (Littell et al. 2017), CC BY-SA 4.0. A distance is one minus the cosine of two
vectors of binary features, those that no source states predicted from the nearest languages, as the wheel has them
("knn"; the way of Lin et al. 2019 and Lauscher et al. 2020). It is left out where sources state less than a third of
the language's features. The same wheel gives the same bytes.
"""

from __future__ import annotations

import argparse
import io
import zipfile
from pathlib import Path

import numpy as np

from xstilts.core.languages import LANGUAGES, codes_of

# name -> how its features begin
SETS = {"syntax": "S_", "phonology": "P_", "inventory": "INV_"}
FEWEST = 1 / 3  # of a language's features that sources must state
HEAD = """\
# Typological distances of languages to English: 1 - cosine of feature vectors of URIEL; known: features that sources
# state. Source: URIEL (Littell et al. 2017, "URIEL and lang2vec", EACL) as in lang2vec 1.1.2, under CC BY-SA 4.0; so is
# this file, an adaptation of its features (scripts/make_typology.py). The licence of the program does not cover it.
"""


def load(wheel: Path) -> tuple[list[str], list[str], np.ndarray, np.ndarray]:
    """Return languages (ISO 639-3), features, and their values [languages, features]: predicted where no source states
    one; and which are stated."""
    with zipfile.ZipFile(wheel) as archive:
        stated, filled = (
            np.load(io.BytesIO(archive.read(f"lang2vec/data/{name}.npz")), allow_pickle=True)
            for name in ("feature_averages", "feature_predictions")
        )
        languages, features = filled["langs"].tolist(), filled["feats"].tolist()
        if (languages, features) != (stated["langs"].tolist(), stated["feats"].tolist()):
            raise SystemExit(f"{wheel}: its tables are not about the same languages and features")
        return languages, features, filled["data"][:, :, 0].astype(float), stated["data"][:, :, 0] >= 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("--out", type=Path, default=Path("src/xstilts/references/typology.tsv"))
    options = parser.parse_args()
    languages, features, values, is_stated = load(options.wheel)
    columns = {name: [i for i, f in enumerate(features) if f.startswith(start)] for name, start in SETS.items()}
    english = languages.index("eng")
    lines = ["\t".join(["language", *SETS, *(f"{name}_known" for name in SETS)])]
    for code in sorted(LANGUAGES):
        rows = [languages.index(other) for other in codes_of(code) if other in languages]
        if not rows:
            continue
        # Of a language and a variety of it, the one of which more is stated.
        row = max(rows, key=lambda row: int(is_stated[row, columns["syntax"]].sum()))
        distances, known = [], []
        for of in columns.values():
            a, b = values[row, of], values[english, of]
            known.append(int(is_stated[row, of].sum()))
            distance = 1 - float(a @ b) / float(np.sqrt((a @ a) * (b @ b)))
            distances.append(f"{abs(distance):.3f}" if known[-1] >= FEWEST * len(of) else "")
        if any(distances):
            lines.append("\t".join([code, *distances, *map(str, known)]))
    options.out.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    print(f"{options.out}: {len(lines) - 1} languages")  # noqa: T201


if __name__ == "__main__":
    main()
