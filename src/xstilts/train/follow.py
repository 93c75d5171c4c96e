"""Following: what a rank other than the first does while a model is trained by several, as it is told."""

from __future__ import annotations

from pathlib import Path

from xstilts.core.errors import StoreError
from xstilts.train.attempt import Attempt
from xstilts.train.job import Job
from xstilts.train.memory import use_threads
from xstilts.train.ranks import Instruction, SeveralRanks
from xstilts.train.snapshot import Snapshots, random_state


def follow(job: Job, scratch: Path, ranks: SeveralRanks) -> None:
    """Make the updates of a training until it ends. It reads snapshots in `scratch` and writes nothing."""
    use_threads(job.threads)
    attempt: Attempt | None = None
    while True:
        match ranks.told():
            case Instruction.ATTEMPT, seed, forward_tokens:
                attempt = None  # its memory first
                attempt = Attempt(job, seed, forward_tokens, ranks)
            case Instruction.RESTORE, number, _:
                snapshot = next((one for one in Snapshots(scratch / "snapshots").all() if one.number == number), None)
                if attempt is None or snapshot is None:
                    raise StoreError(f"this process does not see the snapshot {number}", where=str(scratch))
                attempt.restore({group: snapshot.tensors(group) for group in ("weights", "optimiser", "random")})
            case Instruction.UPDATE, number, _:
                assert attempt is not None
                attempt.update(number)
            case Instruction.RANDOM, _, _:
                ranks.gathered(random_state(job.device))
            case _:
                return
