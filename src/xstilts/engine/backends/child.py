"""A child process that runs one step: what it reports, how it is stopped, and how it ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from xstilts.core.parent_process import end_with_parent
from xstilts.engine.backends.base import Ended, Progressed
from xstilts.engine.backends.messages import parse
from xstilts.engine.execute import Result

EXIT_POLL = 0.005  # seconds between two looks at a process that is about to exit


@dataclass(frozen=True, slots=True)
class Unreported:
    """The end of a process that did not say how its step went: its exit code as `subprocess` has it (minus the signal
    that ended it), and all that it wrote to its standard error."""

    code: int
    output: str

    @property
    def sentence(self) -> str:
        """What happened to it, with its last line."""
        if self.code == -signal.SIGKILL:
            ending = "was killed (SIGKILL; the system does this when memory runs out)"
        elif self.code < 0:
            ending = f"was ended by {signal.Signals(-self.code).name}"
        else:
            ending = f"ended with exit code {self.code}"
        last_line = f": {self.output.splitlines()[-1][:500]}" if self.output else ""
        return f"the step's process {ending}{last_line}"


class Child:
    """One process, the leader of a group of its own: Ctrl-C reaches the parent, which decides. It is sent SIGTERM
    should the thread that started it end. Raises OSError where the process cannot be started."""

    def __init__(
        self, key: str, command: Sequence[str], environment: Mapping[str, str], folder: str | None = None
    ) -> None:
        self.key = key
        self.silent = False  # its output has ended, so it is about to exit
        self._buffer = bytearray()
        self._result: Result | None = None
        self._stop_requested = False
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the child is buried
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                env=environment,
                cwd=folder,
                start_new_session=True,
                preexec_fn=_end_with_parent,
            )
        except OSError:
            self._errors.close()
            raise
        assert self._process.stdout is not None
        self.stdout = self._process.stdout
        os.set_blocking(self.stdout.fileno(), False)

    def read(self) -> list[Progressed]:
        """Return the events among what it wrote since. At the end of its output it is `silent`."""
        heard = []
        while not self.silent:
            try:
                chunk = os.read(self.stdout.fileno(), 1 << 16)
            except BlockingIOError:
                break
            self.silent = not chunk
            self._buffer += chunk
            *lines, unfinished_line = self._buffer.split(b"\n")
            self._buffer = bytearray(unfinished_line)
            for line in lines:
                event = parse(self.key, line.decode("utf-8", "replace"))
                if isinstance(event, Ended):
                    self._result = event.result
                elif event is not None:
                    heard.append(event)
        return heard

    def exited(self) -> bool:
        """Say whether it has ended; it is not reaped yet, so its process group cannot have become another's."""
        return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def stop(self) -> None:
        """Ask it, once, to stop and keep its scratch."""
        if not self._stop_requested:
            self._stop_requested = True
            # Not `terminate`: that reaps a child which has just ended, behind the back of `exited`.
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGTERM)

    def kill(self) -> None:
        """End it, and what it started, at once."""
        self._stop_requested = True
        self._kill_group()

    def bury(self) -> Result | Unreported:
        """Take what is left of one that has exited, its own worker processes too; return how the step ended."""
        self.read()
        self._kill_group()
        code = self._process.wait()
        self.stdout.close()
        with self._errors:
            if self._result is not None:
                return self._result
            if self._stop_requested or code == 130:
                return Result("interrupted")
            self._errors.seek(0)
            return Unreported(code, self._errors.read().decode("utf-8", "replace").strip())

    def _kill_group(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)


def _end_with_parent() -> None:
    end_with_parent(signal.SIGTERM)  # where the system does not do that, it notices at its next progress line
