"""A Slurm of two nodes on this machine, from the system's own packages, for tests that run steps by it."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "srun", "sinfo")
PATIENCE = 30.0  # seconds until the nodes are there
CONFIGURATION = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
AuthInfo=socket={folder}/munge.socket,cred_expire={requeue_after}
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
NodeName=node1 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]} CPUs={cpus} RealMemory=500
NodeName=node2 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]} CPUs={cpus} RealMemory=500
PartitionName=main Nodes=node1,node2 Default=YES State=UP
"""


def missing() -> str:
    """Why there can be no such cluster here; "" where there can."""
    lacking = [name for name in PROGRAMS if shutil.which(name) is None]
    if lacking:
        return f"Slurm is not installed: no {', '.join(lacking)}"
    return "" if os.geteuid() == 0 else "Slurm's daemons need root here"


@contextlib.contextmanager
def cluster(folder: Path) -> Iterator[Path]:
    """Start the daemons with all they keep in `folder`; yield the configuration, for SLURM_CONF. Two nodes of as many
    processors as this machine has."""
    with daemons(folder) as running:
        yield running.configuration


@contextlib.contextmanager
def daemons(folder: Path, requeue_after: int = 120) -> Iterator[Daemons]:
    """As `cluster`, for a test that ends daemons and starts them again. requeue_after: seconds until a requeued job
    begins."""
    folder.chmod(0o755)
    key, configuration = folder / "munge.key", folder / "slurm.conf"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o400)
    (folder / "state").mkdir()
    text = CONFIGURATION.format(
        host=socket.gethostname().partition(".")[0],
        folder=folder,
        ports=free_ports(3),
        cpus=os.cpu_count() or 1,
        requeue_after=requeue_after,
    )
    configuration.write_text(text, "utf-8")
    with contextlib.closing(Daemons(configuration)) as running:
        running.start("munged")
        wait_until(lambda: (folder / "munge.socket").exists(), "munged")
        for name in ("slurmctld", "node1", "node2"):
            running.start(name)
        wait_until(lambda: idle_nodes(running.environment) == 2, "Slurm's nodes")
        yield running


class Daemons:
    """The daemons of a cluster, by name: munged, slurmctld, node1, node2."""

    def __init__(self, configuration: Path) -> None:
        folder, self.configuration = configuration.parent, configuration
        self.environment = {**os.environ, "SLURM_CONF": str(configuration)}
        munge = [f"--key-file={folder}/munge.key", f"--socket={folder}/munge.socket", f"--log-file={folder}/munge.log"]
        munge += [f"--pid-file={folder}/munge.pid", f"--seed-file={folder}/munge.seed"]
        self._commands = {
            "munged": ["munged", "--foreground", "--force", *munge],
            "slurmctld": ["slurmctld", "-D"],
            **{name: ["slurmd", "-D", "-N", name] for name in ("node1", "node2")},
        }
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> None:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._running[name] = subprocess.Popen(self._commands[name], env=self.environment, **quiet)

    def kill(self, name: str) -> None:
        """End one at once, as a machine that loses power."""
        daemon = self._running.pop(name)
        daemon.kill()
        daemon.wait()

    def close(self) -> None:
        for daemon in reversed(self._running.values()):
            daemon.terminate()
            try:
                daemon.wait(5)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()


def idle_nodes(environment: dict[str, str]) -> int:
    command = ["sinfo", "--noheader", "--Node", "--states=idle"]
    return len(subprocess.run(command, env=environment, capture_output=True, text=True).stdout.splitlines())


def free_ports(number: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def wait_until(condition: Callable[[], object], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"{what} did not start"
        time.sleep(0.05)
