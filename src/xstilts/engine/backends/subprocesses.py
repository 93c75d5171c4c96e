"""The subprocesses backend: each step is a child process, several at once, one on each GPU, none left behind."""

from __future__ import annotations

import contextlib
import ctypes
import os
import selectors
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import IO, Self

from xstilts.engine.backends.base import Ended, MachineShare, OnEvent, Started, StepCommand
from xstilts.engine.backends.messages import parse
from xstilts.engine.backends.worker import step_environment
from xstilts.engine.execute import Result
from xstilts.engine.step import Step
from xstilts.engine.store import Store

_PR_SET_PDEATHSIG = 1
_EXIT_POLL = 0.005  # seconds between two looks at a process that is about to exit
# Loaded now: between fork and exec nothing may be imported.
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(eq=False)
class _Child:
    step: Step
    store: Store
    on_event: OnEvent
    process: subprocess.Popen[bytes]
    errors: IO[bytes]  # its standard error; read when it ends without a word
    device: str
    buffer: bytearray = field(default_factory=bytearray)
    result: Result | None = None
    stop_requested: bool = False
    silent: bool = False  # its output has ended, so it is about to exit

    def read(self) -> bool:
        """Report the events among what it wrote; False at the end of its output."""
        assert self.process.stdout is not None
        while True:
            try:
                chunk = os.read(self.process.stdout.fileno(), 1 << 16)
            except BlockingIOError:
                return True
            if not chunk:
                return False
            self.buffer += chunk
            *lines, unfinished_line = self.buffer.split(b"\n")
            self.buffer = bytearray(unfinished_line)
            for line in lines:
                event = parse(self.step.key, line.decode("utf-8", "replace"))
                if isinstance(event, Ended):
                    self.result = event.result
                elif event is not None:
                    self.on_event(event)

    def exited(self) -> bool:
        """Say whether it has ended; it is not reaped yet, so its process group cannot have become another's."""
        return os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def signal_group(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, number)


class Local:
    """Run `jobs` steps at once, each as the command that `command_for` gives (one that calls `worker.serve`).

    A step that computes takes a device for itself from `devices`, or several ("cuda:0,cuda:1"); the CPU is shared. Each
    step gets `threads // jobs` threads (at least one), however many run, so that its numbers do not depend on its
    neighbours.
    """

    def __init__(
        self,
        command_for: StepCommand,
        *,
        jobs: int = 1,
        threads: int = 1,
        devices: Sequence[str] = ("cpu",),
    ) -> None:
        self.command_for, self.jobs, self.devices = command_for, jobs, tuple(devices)
        self.threads = max(1, threads // jobs)
        self._children: dict[str, _Child] = {}
        self._selector = selectors.DefaultSelector()

    @classmethod
    def for_run(cls, share: MachineShare) -> Self:
        threads = share.step_threads * share.jobs
        return cls(share.prepare_command(), jobs=share.jobs, threads=threads, devices=share.devices)

    def has_capacity(self, step: Step) -> bool:
        return len(self._children) < self.jobs and self._free_device(step) is not None

    def launch(self, step: Step, store: Store, on_event: OnEvent) -> None:
        device = self._free_device(step) or "cpu"
        on_event(Started(step.key, device))
        errors = None
        try:
            errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the child is buried
            process = subprocess.Popen(
                self.command_for(step),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                env={**os.environ, **step_environment(device, self.threads)},
                start_new_session=True,  # a group of its own: Ctrl-C reaches the parent, which decides
                preexec_fn=_die_with_parent,
            )
        except OSError as error:
            if errors is not None:
                errors.close()
            on_event(Ended(step.key, Result("failed", error=f"the step's process cannot be started: {error}")))
            return
        child = _Child(step, store, on_event, process, errors, device)
        self._children[step.key] = child
        assert process.stdout is not None
        os.set_blocking(process.stdout.fileno(), False)
        self._selector.register(process.stdout, selectors.EVENT_READ, child)

    def poll(self, seconds: float) -> None:
        any_exiting = any(child.silent for child in self._children.values())
        for ready, _ in self._selector.select(min(seconds, _EXIT_POLL) if any_exiting else seconds):
            if not ready.data.read():
                ready.data.silent = True
                self._selector.unregister(ready.fileobj)
        for child in [child for child in self._children.values() if child.exited()]:
            self._bury(child)

    def is_underway(self, step: Step, store: Store) -> bool:
        return False

    def cancel(self) -> None:
        for child in list(self._children.values()):
            if not child.stop_requested:
                child.stop_requested = True
                # Not `terminate`: that reaps a child which has just ended, behind the back of `exited`.
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child.process.pid, signal.SIGTERM)

    def kill(self) -> None:
        for child in list(self._children.values()):
            child.stop_requested = True
            child.signal_group(signal.SIGKILL)

    def _free_device(self, step: Step) -> str | None:
        if not step.compute:
            return "cpu"
        busy_devices = {child.device for child in self._children.values() if child.step.compute}
        return next((device for device in self.devices if device.startswith("cpu") or device not in busy_devices), None)

    def _bury(self, child: _Child) -> None:
        child.read()
        child.signal_group(signal.SIGKILL)  # workers that outlived it
        code = child.process.wait()
        stdout = child.process.stdout
        assert stdout is not None
        if not child.silent:
            self._selector.unregister(stdout)
        result = child.result or _unreported_result(child, code)
        stdout.close()
        child.errors.close()
        del self._children[child.step.key]
        child.on_event(Ended(child.step.key, result))


def _unreported_result(child: _Child, code: int) -> Result:
    """Return the result of a process that ended without reporting one."""
    if child.stop_requested or code == 130:
        return Result("interrupted")
    child.errors.seek(0)
    output = child.errors.read().decode("utf-8", "replace").strip()
    details = child.store.write_error(child.step, output + "\n")
    if code == -signal.SIGKILL:
        ending = "was killed (SIGKILL; the system does this when memory runs out)"
    elif code < 0:
        ending = f"was ended by {signal.Signals(-code).name}"
    else:
        ending = f"ended with exit code {code}"
    last_line = f": {output.splitlines()[-1][:500]}" if output else ""
    return Result("failed", error=f"the step's process {ending}{last_line} (its output is in {details})")


def _die_with_parent() -> None:
    # Should the parent be killed, the kernel sends the child SIGTERM; elsewhere it notices at its next progress line.
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
