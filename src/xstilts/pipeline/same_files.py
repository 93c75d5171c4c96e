"""Files that are trained on and tested with (or select) under any name: known by their content before anything runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from xstilts.engine.step import Step

_SAID = {
    "test": "the test set of {language} is a file that is trained on ({file}): its score is no score of unseen data",
    "dev": "the dev set is a file that is trained on ({file}): what selects has been seen",
}


def same_files(steps: Iterable[Step]) -> Iterator[str]:
    """One sentence for each test and dev file whose content is that of a training file.

    `steps`: those that read files (their source, task, use and language). A part that is held out of the training file is
    read by the same step as the rest of it, and so is none.
    """
    reading = [step for step in steps if step.about["use"] in ("train", "dev", "test")]
    trained = {digest for step in reading if step.about["use"] == "train" for digest in step.settings.source.files}
    for step in reading:
        source, use = step.settings.source, step.about["use"]
        if use == "train":
            continue
        for path, digest in zip(source.paths, source.files, strict=False):
            if digest in trained:
                said = _SAID[use].format(language=step.about["language"], file=path.name)
                yield f"{step.about['task']}: {said}"
