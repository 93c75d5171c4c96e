"""A snapshot of a store: what is done at one moment, looked up once, for whoever looks at thousands of steps."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from xstilts.engine.artefact import read_record
from xstilts.engine.step import Step
from xstilts.engine.store import Store


class StoreSnapshot(Store):
    """A store whose folders are listed once, at the first look, and whose done-markers are read once each. What is made
    or removed later is not seen; so it is for plans, never for a run."""

    @cached_property
    def _keys(self) -> frozenset[str]:
        try:
            with os.scandir(self.root / "steps") as folders:
                return frozenset(folder.name for folder in folders)
        except OSError:  # no steps yet; that the store cannot be read, another look says
            return frozenset()

    @cached_property
    def _records(self) -> dict[str, dict[str, Any] | None]:
        return {}

    def record(self, step: Step) -> dict[str, Any] | None:
        return self._record(step.key)

    def records(self, name: str) -> Iterator[tuple[Path, dict[str, Any]]]:
        for key in sorted(key for key in self._keys if key.startswith(f"{name}-")):
            if (record := self._record(key)) is not None:
                yield self.root / "steps" / key, record

    def _record(self, key: str) -> dict[str, Any] | None:
        if key not in self._keys:
            return None
        if key not in self._records:
            self._records[key] = read_record(self.root / "steps" / key, key)
        return self._records[key]
