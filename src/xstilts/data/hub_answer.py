"""What a hub answers about a repository, checked: a commit and the names of files, or words about what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from xstilts.core.errors import DataError, shortened

_EXPECTED = "a hub answers in JSON, with a commit as `sha` and with `siblings`, the files, each by its `rfilename`"


@contextmanager
def understood(repo: str) -> Iterator[None]:
    """Turn what the hub's client raises over an answer that it does not understand into DataError. That nothing or no
    one answered passes."""
    from huggingface_hub.errors import HFValidationError

    try:
        yield
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        if isinstance(error, (OSError, HFValidationError)):  # of the HTTP library; of the name that was asked for
            raise
        raise DataError(
            f"the hub's answer about '{repo}' is not understood{_beginning(error)}.",
            value=repo,
            hint=f"Expected: {_EXPECTED}. Is HF_ENDPOINT the address of a hub?",
        ) from error


def _beginning(error: Exception) -> str:
    text = getattr(error, "doc", None)  # of errors about JSON
    return f": it begins with {shortened(text.strip())!r}" if isinstance(text, str) and text.strip() else ""


def file_names(siblings: object, repo: str) -> list[str]:
    """Return the names of a repository's files. Raises DataError where the hub says something else."""
    if siblings is None:
        return []
    names = [getattr(sibling, "rfilename", None) for sibling in siblings] if isinstance(siblings, list) else [None]
    found = [name for name in names if isinstance(name, str)]
    if len(found) < len(names):
        raise DataError(
            f"the hub's list of the files of '{repo}' holds something else.", hint=f"Expected: {_EXPECTED}."
        )
    return found
