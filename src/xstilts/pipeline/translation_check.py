"""The check that a translation has a row for each row of the original, where rows without ids are paired by number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from xstilts.engine.step import Step
from xstilts.engine.store import Store
from xstilts.pipeline.steps import kind_of
from xstilts.pipeline.steps.prepare import COUNT_FILES, PreparedFiles, unpaired


def wrongly_paired(steps: Iterable[Step], store: Store) -> Iterator[str]:
    """One sentence for each prepared translation that these steps would pair wrongly with its original. Files that are
    not prepared yet are passed over."""
    seen: set[tuple[str, str]] = set()
    for step in steps:
        for translation, original in kind_of(step).paired_inputs(step):
            pair = step.inputs[translation], step.inputs[original]
            keys = pair[0].key, pair[1].key
            if keys in seen or not all(map(store.is_done, pair)):
                continue
            seen.add(keys)
            translated_rows, rows = (PreparedFiles.of(store.files(prepared, COUNT_FILES)).read for prepared in pair)
            files = [", ".join(str(path) for path in prepared.settings.source.paths) for prepared in pair]
            if error := unpaired(translated_rows, rows, translation=files[0], original=files[1]):
                yield str(error)
