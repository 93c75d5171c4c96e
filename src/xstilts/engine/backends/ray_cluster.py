"""A Ray cluster, or a Ray of this machine's own: the one file that imports ray."""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import os
import shutil
import signal
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from xstilts.core.errors import StudyError
from xstilts.engine.backends.attempt import Message, Order, attempt
from xstilts.engine.backends.base import OPTION
from xstilts.engine.execute import Result

_REACH = 5.0  # seconds until an address is taken to be unreachable
_ANSWER = 120.0  # seconds until a node has started a process and answered
# As few processes as there are steps, and those as important as any other: by itself Ray gives them a niceness of 15.
_CONFIGURATION = {"prestart_worker_first_driver": False, "worker_niceness": 0}
_OBJECTS = 100 << 20  # bytes of shared memory of a Ray of our own: messages are small


@dataclass(frozen=True, slots=True)
class Lost:
    """An attempt whose worker process or node went away, in Ray's words."""

    reason: str


class RayCluster:
    """A connection to Ray. Without an address it starts one here, with so many CPUs, which ends with `close`; where
    this process is connected to one already, that is used, and left alone afterwards."""

    def __init__(self, address: str, cpus: int) -> None:
        """Raises StudyError for an address that is none or that nobody answers at, and where Ray refuses."""
        self.where = f"{OPTION} ray:{address}" if address else f"{OPTION} ray"
        import ray
        import ray.exceptions

        self._ray: Any = ray
        self._attempt = ray.remote(num_returns="streaming", max_retries=0)(attempt)  # made once, as it is sent to nodes
        self._folder: str | None = None
        self._is_ours = not self._ray.is_initialized()
        if not self._is_ours:
            return
        quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        with _own_signal_handlers():
            if address:
                _reach(address, self.where)
                self._init(address=address, **quiet)
                return
            self._folder = tempfile.mkdtemp(prefix="xstilts-ray-")
            self._init(
                address="local",
                num_cpus=cpus,
                include_dashboard=False,
                object_store_memory=_OBJECTS,
                _temp_dir=self._folder,
                _system_config=_CONFIGURATION,
                **quiet,
            )

    @staticmethod
    def check_installed() -> None:
        """Raise StudyError where ray is not installed."""
        if importlib.util.find_spec("ray") is None:
            raise StudyError(
                "the package 'ray' is not installed.", where=f"{OPTION} ray", hint="pip install 'xstilts[ray]'"
            )

    def _init(self, **settings: Any) -> None:
        try:
            self._ray.init(**settings)
        except (RuntimeError, ConnectionError, ValueError) as error:  # another version of ray or Python, no raylet here
            self.close()
            reasons = [" ".join(str(error).split())]
            if error.__cause__ is not None:  # its last line names what was behind it, such as a token that is missing
                reasons += str(error.__cause__).strip().splitlines()[-1:]
            raise StudyError(f"Ray says: {'; '.join(reasons)[:900]}", where=self.where) from error

    def check_room(self, threads: int, gpus: int) -> None:
        """Raise StudyError where no node is large enough for one step."""
        sizes = [node["Resources"] for node in self._nodes()]
        if not any(size.get("CPU", 0) >= threads and size.get("GPU", 0) >= gpus for size in sizes):
            largest = max((int(size.get("CPU", 0)) for size in sizes), default=0)
            need = f"{threads} CPU{'s' if threads > 1 else ''}{' and a GPU' if gpus else ''}"
            raise StudyError(
                f"a step needs {need}, and no node of this Ray has that; the largest has {largest} CPUs.",
                where=self.where,
                hint="`--threads` says how many CPUs a step takes.",
            )

    def ask_nodes(self, function: Callable[..., dict[str, Any]], words: Sequence[Any]) -> list[dict[str, Any]]:
        """Return what `function(*words)` returns on each node that has CPUs. Raises StudyError where one does not
        answer."""
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        task = self._ray.remote(num_cpus=0, max_retries=1)(function)
        nodes = [node for node in self._nodes() if node["Resources"].get("CPU", 0)]
        answers = []
        for node in nodes:
            there = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
            answers.append(task.options(scheduling_strategy=there).remote(*words))
        try:
            return list(self._ray.get(answers, timeout=_ANSWER))
        except self._ray.exceptions.RayError as error:
            names = ", ".join(node["NodeManagerHostname"] for node in nodes)
            said = str(error).strip().splitlines()[-1:]
            raise StudyError(f"not every node ({names}) can run a task: {''.join(said)}", where=self.where) from error

    def submit(self, order: Order, threads: int, gpus: int) -> Any:
        """Hand an attempt to Ray, which starts it where there is room, and never again by itself."""
        return self._attempt.options(name=order.key, num_cpus=threads, num_gpus=gpus).remote(order)

    def ready(self, attempts: Sequence[Any], seconds: float) -> list[Any]:
        """Return the attempts that have something to say, after at most so many seconds."""
        found, _ = self._ray.wait(list(attempts), num_returns=1, timeout=seconds, fetch_local=False)
        if found and len(attempts) > 1:
            found, _ = self._ray.wait(list(attempts), num_returns=len(attempts), timeout=0, fetch_local=False)
        return list(found)

    def message(self, ready: Any) -> Message | Lost:
        """Return the next message of an attempt that has one."""
        exceptions = self._ray.exceptions
        try:
            message: Message = self._ray.get(next(ready))
            return message
        except StopIteration:
            return Lost("its task ended without a word")
        except exceptions.TaskCancelledError:
            return Result("interrupted")
        except exceptions.RayTaskError as error:
            return Result("failed", error=f"its task failed: {str(error).strip().splitlines()[-1][:500]}")
        except exceptions.RayError as error:
            return Lost(f"{type(error).__name__}: {str(error).strip().splitlines()[0][:300]}")

    def interrupt(self, attempts: Sequence[Any]) -> None:
        """Interrupt attempts, as Ctrl-C would; one that waits for room never starts."""
        for one in attempts:
            self._ray.cancel(one, force=False)

    def is_gone(self) -> bool:
        """Say whether Ray's process on this machine, by which the others are reached, has ended: with its Ray, or
        because the head was started anew. Ray itself tells nobody, and its own functions then wait for ever."""
        try:
            place = self._ray._private.worker.global_worker.node.raylet_socket_name
        except AttributeError:  # of no public interface
            return False
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            try:
                line.connect(place)
            except (ConnectionRefusedError, FileNotFoundError):
                return True
            except OSError:  # too many wait in the line
                return False
        return False

    def close(self) -> None:
        if self._is_ours:
            self._ray.shutdown()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _nodes(self) -> list[dict[str, Any]]:
        return [node for node in self._ray.nodes() if node["Alive"]]


def _reach(address: str, where: str) -> None:
    """Raise StudyError where nobody listens: Ray itself would try for minutes."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or "/" in host:
        raise StudyError("the address of a Ray is written `HOST:PORT`.", where=where, value=address)
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_REACH).close()
    except (OSError, OverflowError) as error:
        raise StudyError(
            f"no Ray can be reached at '{address}': {error}.",
            where=where,
            hint="`ray start --head` prints the address of a cluster; `--backend ray` alone starts one here.",
        ) from error


@contextlib.contextmanager
def _own_signal_handlers() -> Iterator[None]:
    """Put back the handlers of signals, which Ray replaces by its own when it connects."""
    numbers = (signal.SIGINT, signal.SIGTERM) if threading.current_thread() is threading.main_thread() else ()
    before = {number: signal.getsignal(number) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
