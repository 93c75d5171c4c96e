"""Garbage collection put off while many small values are made at once."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def deferred_collection() -> Iterator[None]:
    """Put off garbage collection: of a graph of 30,000 steps nothing is garbage, and looking through it again and again
    takes a quarter of the time that building it takes. Usable as a decorator."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
