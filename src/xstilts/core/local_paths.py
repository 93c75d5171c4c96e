"""Paths of this machine in texts that go elsewhere: a report is read where they mean nothing."""

from __future__ import annotations

import re

# Absolute paths of two parts or more, and those below a home folder; not addresses, nor paths below a folder.
_PATH = re.compile(r"(?<![\w.:/~-])(?:~|/[\w.+@=-]+)(?:/[\w.+@=-]+)+")


def without_local_paths(text: str) -> str:
    """Return a text in which paths of this machine are cut down to their last part.

    >>> without_local_paths("/home/me/data/a.tsv:3: it is not on https://hub.org/a/b (see /tmp/x/error.txt)")
    '…/a.tsv:3: it is not on https://hub.org/a/b (see …/error.txt)'
    """
    return _PATH.sub(lambda match: f"…/{match[0].rpartition('/')[2]}", text)
