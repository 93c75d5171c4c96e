"""The console: how every command prints, whatever its streams and its data are like.

Text from data is shown as it is, never acted on (`core.visible_text`, no markup). A stream that is closed, full or can
write ASCII alone ends no run: what cannot be written is left out, or written in other characters.
"""

from __future__ import annotations

import codecs
import contextlib
import errno
import os
import sys
import warnings
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, TextIO

from xstilts.core.errors import StoreError
from xstilts.core.visible_text import escaped_json, visible

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

LEAST_COLUMNS = 20
_PLAIN = "xstilts-plain"  # the name under which `_in_other_characters` is registered
_OTHERWISE = {
    "–": "-", "—": "-", "−": "-", "×": "x", "·": ".", "…": "...", "→": "->", "≤": "<=", "≥": ">=", "“": '"', "”": '"',
    "‘": "'", "’": "'", "±": "+-",
}  # fmt: skip


def make_console(*, stderr: bool = False) -> Console:
    """Return a console on standard output, or on standard error."""
    from rich.console import Console, RenderHook
    from rich.control import Control

    class Visible(RenderHook):
        """What is printed passes through `visible`, piece by piece."""

        def process_renderables(self, renderables: list[Any]) -> list[Any]:
            return [one if isinstance(one, Control) else _Shown(one) for one in renderables]

    console = Console(file=sys.stderr if stderr else sys.stdout, highlight=False, markup=False, emoji=False)
    console.push_render_hook(Visible())
    return console


def say(text: str, *, err: bool = False, end: str = "\n") -> None:
    """Print a line as it is, neither wrapped nor styled."""
    stream = sys.stderr if err else sys.stdout
    stream.write(f"{visible(text)}{end}")
    stream.flush()


def say_json(text: str) -> None:
    """Print JSON on standard output: what its encoding lacks as escapes, so that a program reads the same values.

    Raises StoreError where it cannot be written, for somebody counts on it; a reader that has gone away is none."""
    stream = sys.stdout
    stream.write(escaped_json(text, getattr(stream, "encoding", None) or "utf-8") + "\n")
    stream.flush()
    lost = getattr(stream, "lost", None)
    if lost is not None:
        raise StoreError(f"this could not be written ({lost.strerror}).", where="standard output")


class _Shown:
    """A renderable whose text is visible."""

    def __init__(self, content: RenderableType) -> None:
        self.content = content

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from rich.segment import Segment

        for segment in console.render(self.content, options):
            yield segment if segment.control else Segment(visible(segment.text), segment.style)


@contextlib.contextmanager
def dependable_streams() -> Iterator[None]:
    """Put streams in the place of standard output and error that never raise, forget an impossible COLUMNS, and make
    the text of warnings visible."""
    columns = os.environ.get("COLUMNS", "")
    if columns and not (columns.isdecimal() and len(columns) < 6 and int(columns) >= LEAST_COLUMNS):
        del os.environ["COLUMNS"]
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _Dependable(sys.stdout), _Dependable(sys.stderr)
    warning_text = warnings.formatwarning
    warnings.formatwarning = lambda *args, **settings: visible(warning_text(*args, **settings))
    try:
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        sys.stdout, sys.stderr = before
        warnings.formatwarning = warning_text


class _Dependable:
    """A text stream; everything but writing is that of the stream below (None: closed before the program began)."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self._is_open = stream is not None
        self.lost: OSError | None = None  # why something could not be written, where the reader is still there
        with contextlib.suppress(AttributeError, ValueError, OSError):
            stream.reconfigure(errors=_PLAIN)  # type: ignore[union-attr]

    def write(self, text: str) -> int:
        if self._is_open and self._stream is not None:
            try:
                self._stream.write(text)
            except (OSError, ValueError) as error:
                self._close(error)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        if self._is_open and self._stream is not None:
            try:
                self._stream.flush()
            except (OSError, ValueError) as error:
                self._close(error)

    def isatty(self) -> bool:
        try:
            return self._is_open and self._stream is not None and self._stream.isatty()
        except ValueError:
            return False

    def _close(self, error: OSError | ValueError) -> None:
        """Write nothing more. What is buffered goes nowhere, so that the interpreter can flush it when it ends."""
        self._is_open = False
        if isinstance(error, OSError) and not isinstance(error, BrokenPipeError) and error.errno != errno.EBADF:
            self.lost = error
        with contextlib.suppress(OSError, ValueError, AttributeError):
            assert self._stream is not None
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)

    def __getattr__(self, name: str) -> Any:
        if self._stream is None:
            raise AttributeError(name)
        return getattr(self._stream, name)


def _in_other_characters(error: UnicodeError) -> tuple[str, int]:
    """Write what an encoding lacks in characters that it has: "→" as "->", others as their escape."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lost = error.object[error.start : error.end]
    plain = (_OTHERWISE.get(c, c.encode("ascii", "backslashreplace").decode("ascii")) for c in lost)
    return "".join(plain), error.end


codecs.register_error(_PLAIN, _in_other_characters)
