"""Short keys of steps: what people read and write of a key, `train-01e3abe2` for `train-01e3abe27817ca957e21`."""

from __future__ import annotations

from collections.abc import Iterable

from xstilts.core.errors import StudyError

DIGITS = 8  # of an identity that are shown; more are never needed to tell the steps of a store apart
_LEAST = 4


def short_key(key: str) -> str:
    """Return a key as it is shown.

    >>> short_key("train-01e3abe27817ca957e21"), short_key("score")
    ('train-01e3abe2', 'score')
    """
    name, dash, identity = key.rpartition("-")
    return f"{name}{dash}{identity[:DIGITS]}" if dash else key


def keys_begun(written: str, keys: Iterable[str]) -> list[str]:
    """Return the keys that begin so; where none does, those whose identity does.

    >>> keys_begun("01e3", ["train-01e3abe27817ca957e21"])
    ['train-01e3abe27817ca957e21']
    """
    known = list(keys)
    begun = [key for key in known if key.startswith(written) and "-" in written]
    return begun or [key for key in known if key.rpartition("-")[2].startswith(written)]


def whole_key(written: str, keys: Iterable[str], noun: str = "store") -> str:
    """Return the one key that is meant by its beginning, or by the beginning of its identity alone.

    Raises StudyError where none is, or several are. `noun`: whose keys they are.
    """
    known = list(keys)
    if written in known:
        return written
    found = keys_begun(written, known)
    if len(found) == 1 and len(written.rpartition("-")[2]) >= _LEAST:
        return found[0]
    if not found:
        shown = [short_key(key) for key in known]
        raise StudyError(f"This {noun} has no step '{written}'.", value=written, allowed=shown)
    raise StudyError(
        f"'{written}' may be any of {len(found)} steps of this {noun}; more of its key says which.", allowed=found
    )
