"""Sampled sizes: rows and tokens of files that nobody has prepared yet, from their first rows through the tokenizer."""

from __future__ import annotations

import re
import tempfile
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from xstilts.core.errors import XstiltsError
from xstilts.core.files import open_bytes
from xstilts.data.examples import Example
from xstilts.data.read import first_examples
from xstilts.data.views import passing_share
from xstilts.models.bundled import packed_folders
from xstilts.models.compact import unpack_tokenizer
from xstilts.models.encoders import LocatedEncoder
from xstilts.pipeline.estimates import Size
from xstilts.pipeline.steps.prepare import PrepareSettings

if TYPE_CHECKING:
    from tokenizers import Tokenizer

SAMPLE = 100  # examples
LARGEST = 2e8  # bytes of a file that is looked into: some formats are read as a whole
_LINE = re.compile(r":(\d+)$")


class Sampler:
    """Looks into the files of sources, with the tokenizer of one encoder, loaded when it is first needed."""

    def __init__(self, encoder: LocatedEncoder) -> None:
        self.encoder = encoder
        self._tokenizer: Tokenizer | None = None

    def size(self, settings: PrepareSettings) -> Size | None:
        """Return about how many rows and tokens a source has as `settings` prepare it; None where nothing can be told:
        its files are not here, too large, or cannot be read, or the tokenizer is not here."""
        source = settings.source
        if not source.paths or source.text_bytes > LARGEST:
            return None
        with suppress(XstiltsError, OSError, ValueError, KeyError):
            tokenizer = self._loaded()
            examples = list(islice(first_examples(source), SAMPLE + 1))
            if tokenizer is None or not examples:
                return None
            encoded = settings.kind.encode(examples[:SAMPLE], tokenizer, settings.max_length)
            tokens = float(sum(map(len, encoded.columns["ids"])))
            whole = len(examples) <= SAMPLE
            times = 1.0 if whole else source.text_bytes / max(_bytes_of(examples[:SAMPLE], source.paths), 1.0)
            size = Size(rows=max(1.0, len(encoded) * times), tokens=tokens * times, counted=False)
            return size.scaled(passing_share(source.views, size.rows))
        return None

    def _loaded(self) -> Tokenizer | None:
        if self._tokenizer is None:
            self._tokenizer = _tokenizer(self.encoder)
        return self._tokenizer


def _tokenizer(encoder: LocatedEncoder) -> Tokenizer | None:
    """The tokenizer of an encoder that is here or packaged with the program; None of another."""
    from xstilts.kinds.tokenizers import load_tokenizer

    if encoder.folder is not None:
        return load_tokenizer(encoder.folder)
    packed = next((folder for folder in packed_folders() if folder.name == encoder.ref.name), None)
    if packed is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        unpack_tokenizer(packed, Path(folder))
        return load_tokenizer(Path(folder))


def _bytes_of(examples: list[Example], paths: tuple[Path, ...]) -> float:
    """About how many bytes of the files the examples take: those of the lines up to the last one's, where the place of
    an example is a line, else those of all its texts."""
    line = _LINE.search(examples[-1].where or "")
    if line is not None and len(paths) == 1:
        with open_bytes(paths[0]) as file:
            return float(sum(map(len, islice(file, int(line[1])))))
    texts = (repr(replace(example, where="")) for example in examples)  # its place has the machine's folders in it
    return float(sum(len(text.encode("utf-8", "replace")) for text in texts))
