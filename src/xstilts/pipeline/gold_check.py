"""The check for gold labels: which files lack what a study needs, known once they are read, before any training."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from xstilts.engine.step import Step
from xstilts.engine.store import Store
from xstilts.pipeline.steps import kind_of
from xstilts.pipeline.steps.prepare import COUNT_FILES, PreparedFiles


def unlabelled(steps: Iterable[Step], store: Store) -> Iterator[str]:
    """One sentence for each prepared file that these steps could not use: a test set must be labelled throughout, a
    training or dev set somewhere. Files that are not prepared yet are passed over."""
    seen: set[tuple[str, bool]] = set()
    for step in steps:
        for name, needs_all in kind_of(step).labelled_inputs(step).items():
            prepared = step.inputs[name]
            if (prepared.key, needs_all) in seen or not store.is_done(prepared):
                continue
            seen.add((prepared.key, needs_all))
            counts = PreparedFiles.of(store.files(prepared, COUNT_FILES))
            if counts.blank and (needs_all or counts.blank == counts.examples):
                use = "scored" if needs_all else "trained on"
                yield (
                    f"{counts.first_blank}: blank gold labels: {counts.blank} of the {counts.examples} examples of "
                    f"{prepared.label} have none, so it cannot be {use}. Give a labelled file, or leave this one out."
                )
