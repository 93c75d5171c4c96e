"""Cut texts: examples that are longer than `max_length` and are read without a part, where they are many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from xstilts.engine.step import Step
from xstilts.pipeline.read_files import file_steps
from xstilts.pipeline.session import Session
from xstilts.pipeline.steps.prepare import COUNT_FILES, PreparedFiles
from xstilts.report.elements.formatting import count

WARNED_SHARE = 0.1  # of the examples of a task: below it, a few long texts of any data set


class TextUse(NamedTuple):
    """What a file is read for. use: "training", "dev" or "test"; limit: tokens of a sequence."""

    task: str
    use: str
    limit: int


def cut_warnings(session: Session) -> tuple[str, ...]:
    """Say of which tasks many examples are read without a part, of those files that are prepared."""
    store = session.store
    done = [step for step in dict.fromkeys(file_steps(session)) if store.is_done(step)]
    return tuple(warnings((_read(step), PreparedFiles.of(store.files(step, COUNT_FILES))) for step in done))


def warnings(files: Iterable[tuple[TextUse, PreparedFiles]]) -> Iterator[str]:
    """Yield a sentence for each task and use of which a tenth of the examples or more are cut, over its files.

    What a text ends with may be what its label depends on, and then nobody can learn the task."""
    cut, read = Counter[TextUse](), Counter[TextUse]()
    for key, counts in files:
        cut[key] += counts.truncated
        read[key] += counts.examples
    for key, n in cut.items():
        if n >= WARNED_SHARE * read[key] and n:
            yield (
                f"{key.task}: {count(n)} of {count(read[key])} {key.use} examples are longer than {key.limit} tokens, "
                f"and a part of them is not read (max_length in train.tasks.{key.task})"
            )


def _read(step: Step) -> TextUse:
    use = step.about["use"]
    return TextUse(step.about["task"], {"train": "training", "dev": "dev"}.get(use, "test"), step.settings.max_length)
