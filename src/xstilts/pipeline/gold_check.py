"""Which files lack the gold that a study needs of them: known once they are read, before anything is trained."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from xstilts.core.files import read_json
from xstilts.engine.step import Step
from xstilts.engine.store import Store


def unlabelled(steps: Iterable[Step], store: Store) -> Iterator[str]:
    """One sentence for each prepared file that these steps could not use: a test set must be labelled throughout, a
    training or dev set somewhere. Files that are not prepared yet are passed over."""
    seen: set[tuple[str, bool]] = set()
    for step in steps:
        for name, prepared in step.inputs.items():
            use = name.partition("/")[0]
            path, key = store.path(prepared) / "read.json", (prepared.key, use == "test")
            if use not in {"train", "dev", "test"} or key in seen or not path.is_file():
                continue
            seen.add(key)
            read = read_json(path)
            blank, examples = read.get("blank", 0), read["examples"]
            if blank and (use == "test" or blank == examples):
                what = "scored" if use == "test" else "trained on"
                yield (
                    f"{read['first_blank']}: blank gold labels: {blank} of the {examples} examples of {prepared.label} "
                    f"have none, so it cannot be {what}. Give a labelled file, or leave this one out."
                )
