"""The command backend: each step is a command line of the user's own, such as a scheduler's, on machines that share the
store. `srun --cpus-per-task={threads} {command}` runs steps by Slurm.

The command must wait for the step, pass on its standard output, signals and exit code, and keep its environment.
"""

from __future__ import annotations

import shlex
import shutil
import string
from dataclasses import replace
from typing import Self

from xstilts.core.errors import StudyError
from xstilts.engine.backends.base import OPTION, MachineShare, StepCommand, gpus_of
from xstilts.engine.backends.subprocesses import Local
from xstilts.engine.step import Step

COMMAND = "{command}"
PLACES = {
    "command": "the step's own command",
    "threads": "its CPU threads",
    "gpus": "the GPUs of a step that computes on them, else 0",
    "name": "its name: train, score, ...",
    "key": "its key",
}


class Command(Local):
    """Run `jobs` of these commands at once; which machine and which GPU a step gets is not decided here."""

    @classmethod
    def for_run(cls, share: MachineShare, template: str = "") -> Self:
        """Raises StudyError for a template that is no command line, has no `{command}`, or names a program that is not
        here."""
        words, gpus = _words(template), gpus_of(share.devices[0])
        step_command, threads = share.prepare_command(), share.step_threads

        def command_for(step: Step) -> list[str]:
            command = step_command(step)
            values = {
                "command": shlex.join(command),
                "threads": str(threads),
                "gpus": str(gpus if step.compute else 0),
                "name": step.name,
                "key": step.key,
            }
            return [part for word in words for part in (command if word == COMMAND else [word.format(**values)])]

        def prepare_command() -> StepCommand:
            return command_for

        return super().for_run(replace(share, prepare_command=prepare_command))

    def _free_device(self, step: Step) -> str | None:
        return self.devices[0] if step.compute else "cpu"  # each command gets one of its own


def _words(template: str) -> list[str]:
    """Split a template as a shell would, and check each word. Raises StudyError."""
    try:
        words = shlex.split(template)
        fields = [name for word in words for _, name, _, _ in string.Formatter().parse(word) if name is not None]
    except ValueError as error:
        raise StudyError(f"this is no command line: {error}.", where=OPTION, value=template) from error
    for name in fields:
        if name not in PLACES:
            raise StudyError(f"there is no placeholder '{{{name}}}'.", where=OPTION, value=name, allowed=PLACES)
    if "command" not in fields:
        raise StudyError(
            f"the command line has no {COMMAND}, so no step would run.",
            where=OPTION,
            value=template,
            hint="For example: --backend 'command:srun --cpus-per-task={threads} {command}'.",
        )
    if words[0] != COMMAND and shutil.which(words[0]) is None:
        raise StudyError(f"there is no program '{words[0]}' here.", where=OPTION, value=words[0])
    return words
