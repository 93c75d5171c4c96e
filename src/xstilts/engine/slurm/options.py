"""Options of Slurm's jobs: a YAML file, checked key by key before anything is submitted.

partition: gpu            # of every job; also account, qos, time, memory, cpus, gpus, warning, flags
time: 8:00:00
kinds:
  score: {partition: cpu, time: 0:30:00}      # of one kind of step, instead of the above
requeues: 10              # of the run; also at_once, gather, poll
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xstilts.core.errors import DataError, StudyError
from xstilts.core.files import file_text

if TYPE_CHECKING:
    from yaml import Node


@dataclass(frozen=True, kw_only=True)
class JobOptions:
    """What a job asks for; "" leaves the choice to Slurm.

    Attributes:
        time: Slurm's form of a time limit: minutes, `HOURS:MINUTES:SECONDS`, `DAYS-HOURS`, ...
        cpus: processors, and threads where a run names no other number; None: as many as it has threads, else one.
        gpus: those of a step that computes, where the run's device is a GPU: a number, or `TYPE:NUMBER`.
        warning: seconds before the time limit at which a step is asked to write its snapshot.
        flags: further options of `sbatch`, as they are.
    """

    partition: str = ""
    account: str = ""
    qos: str = ""
    time: str = ""
    memory: str = ""
    cpus: int | None = None
    gpus: str = "1"
    warning: int = 120
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SlurmOptions:
    """The options of a run.

    Attributes:
        default: what jobs ask for, `kinds`: by the name of a step, what its jobs ask for instead.
        requeues: times that a step which was stopped (time limit, preemption, a lost node) is begun again.
        at_once: tasks of one array that run at the same time; None: as Slurm decides.
        gather: seconds that a step which is ready waits for others of its kind, to become one array with them.
        poll: seconds between two questions to `squeue`.
    """

    default: JobOptions = field(default_factory=JobOptions)
    kinds: Mapping[str, JobOptions] = field(default_factory=dict)
    requeues: int = 10
    at_once: int | None = None
    gather: float = 2.0
    poll: float = 15.0

    def of(self, kind: str) -> JobOptions:
        return self.kinds.get(kind, self.default)


def read_options(path: Path, kinds: Collection[str], partitions: Callable[[], Collection[str]]) -> SlurmOptions:
    """Read the options in `path`; `kinds` are the names of steps, `partitions` asks Slurm for its own.

    Raises StudyError (file:line) for what is no option, and for a partition that Slurm does not have."""
    try:
        text = file_text(path)
    except DataError as error:
        raise StudyError(f"Slurm's options cannot be read: {error.what}", where=str(path)) from error
    return parse_options(text, path.name, kinds, partitions)


def parse_options(
    text: str, name: str, kinds: Collection[str], partitions: Callable[[], Collection[str]]
) -> SlurmOptions:
    """Return the options in a YAML text, that of the file `name`. Raises StudyError as `read_options`."""
    import yaml

    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{name}:{mark.line + 1}" if mark else name
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise StudyError(f"this is not valid YAML: {problem}.", where=where) from error
    if node is None:
        return SlurmOptions()
    checks = {**_JOB, "partition": lambda node, place: _partition(node, place, partitions())}
    job: dict[str, Any] = {}
    run: dict[str, Any] = {}
    by_kind: dict[str, tuple[dict[str, Any], str]] = {}
    for key, value, place in _entries(node, name, (*_JOB, *_RUN, "kinds"), "option"):
        if key == "kinds":
            for kind, section, where in _entries(value, name, kinds, "kind of step"):
                sections = _entries(section, name, tuple(_JOB), "option of one kind of step")
                by_kind[kind] = {k: checks[k](v, p) for k, v, p in sections}, where
        elif key in _RUN:
            run[key] = _RUN[key](value, place)
        else:
            job[key] = checks[key](value, place)
    default = JobOptions(**job)
    options = {kind: replace(default, **own) for kind, (own, _) in by_kind.items()}
    for each, place in [(default, name), *((options[kind], where) for kind, (_, where) in by_kind.items())]:
        _check_warning(each, place)
    return SlurmOptions(default=default, kinds=options, **run)


def seconds_of(time: str) -> int:
    """Return the seconds of a time limit as `sbatch --time` reads it.

    >>> [seconds_of(text) for text in ("90", "1:30", "24:00:00", "2-0", "1-12:30")]
    [5400, 90, 86400, 172800, 131400]
    """
    days, dash, rest = time.rpartition("-")
    parts = [int(part) for part in rest.split(":")]
    if dash:
        hours, minutes, seconds = (*parts, 0, 0)[:3]
    else:
        hours, minutes, seconds = {1: (0, *parts, 0), 2: (0, *parts), 3: tuple(parts)}[len(parts)]
    return ((int(days or 0) * 24 + hours) * 60 + minutes) * 60 + seconds


def _entries(node: Node, name: str, allowed: Collection[str], noun: str) -> Iterator[tuple[str, Node, str]]:
    """Yield (key, value, place) of a mapping, whose keys must be among those allowed, each once."""
    import yaml

    if not isinstance(node, yaml.MappingNode):
        raise StudyError("this should be options by name (`partition: gpu`).", where=_place(node, name))
    seen: set[str] = set()
    for key_node, value in node.value:
        key, place = str(key_node.value), _place(key_node, name)
        if key not in allowed:
            raise StudyError(f"there is no {noun} '{key}'.", where=place, value=key, allowed=allowed)
        if key in seen:
            raise StudyError(f"'{key}' is given twice.", where=place)
        seen.add(key)
        yield key, value, place


def _place(node: Node, name: str) -> str:
    return f"{name}:{node.start_mark.line + 1}"


def _text(node: Node, place: str) -> str:
    """A scalar as it is written: to YAML `24:00:00` would be a number of seconds."""
    import yaml

    if not isinstance(node, yaml.ScalarNode) or not node.value or node.value != node.value.strip():
        raise StudyError("this should be a text.", where=place)
    return str(node.value)


def _matching(pattern: str, what: str) -> Callable[[Node, str], str]:
    def check(node: Node, place: str) -> str:
        text = _text(node, place)
        if not re.fullmatch(pattern, text):
            raise StudyError(f"'{text}' is no {what}.", where=place, value=text)
        return text

    return check


def _number(least: int) -> Callable[[Node, str], int]:
    def check(node: Node, place: str) -> int:
        text = _text(node, place)
        if not re.fullmatch(r"\d{1,6}", text) or int(text) < least:
            raise StudyError(f"'{text}' is no whole number, {least} or more.", where=place, value=text)
        return int(text)

    return check


def _seconds(node: Node, place: str) -> float:
    text = _text(node, place)
    if not re.fullmatch(r"\d{1,6}(\.\d+)?", text):
        raise StudyError(f"'{text}' is no number of seconds.", where=place, value=text)
    return float(text)


def _partition(node: Node, place: str, partitions: Collection[str]) -> str:
    text = _text(node, place)
    for name in text.split(","):
        if name not in partitions:
            raise StudyError(f"Slurm has no partition '{name}'.", where=place, value=name, allowed=partitions)
    return text


def _flags(node: Node, place: str) -> tuple[str, ...]:
    import yaml

    if not isinstance(node, yaml.SequenceNode):
        raise StudyError("this should be a list of options of `sbatch` ([--constraint=a100]).", where=place)
    flags = tuple(_text(each, place) for each in node.value)
    for flag in flags:
        option = flag.partition("=")[0]
        if not re.fullmatch(r"--[a-z][a-z-]+", option):
            raise StudyError(f"'{flag}' is no option of `sbatch`, written `--name` or `--name=value`.", where=place)
        if option in OWN_FLAGS:
            raise StudyError(f"{option} is set by the run itself{OWN_FLAGS[option]}.", where=place, value=option)
    return flags


def _check_warning(job: JobOptions, place: str) -> None:
    if job.time and seconds_of(job.time) <= job.warning:
        raise StudyError(
            f"the time limit {job.time} is over before the {job.warning} s that a step is warned ahead (`warning`).",
            where=place,
        )


_TIME = r"\d+(:[0-5]?\d){0,2}|\d+-\d+(:[0-5]?\d){0,2}"
_JOB: Mapping[str, Callable[[Node, str], Any]] = {
    "partition": _text,
    "account": _text,
    "qos": _text,
    "time": _matching(_TIME, "time limit such as 90 (minutes), 8:00:00 or 2-12:00:00"),
    "memory": _matching(r"\d+[KMGT]?", "amount of memory such as 16G"),
    "cpus": _number(1),
    "gpus": _matching(r"([\w.-]+:)?\d+", "number of GPUs such as 1 or a100:1"),
    "warning": _number(1),
    "flags": _flags,
}
_RUN: Mapping[str, Callable[[Node, str], Any]] = {
    "requeues": _number(0),
    "at_once": _number(1),
    "gather": _seconds,
    "poll": _seconds,
}
# Options of `sbatch` that the run sets, and which of the options here says the same.
OWN_FLAGS: Mapping[str, str] = {
    "--array": " (`at_once` bounds the tasks that run)",
    "--account": ": `account`",
    "--comment": "",
    "--cpus-per-task": ": `cpus`",
    "--error": "",
    "--gpus": ": `gpus`",
    "--job-name": "",
    "--mem": ": `memory`",
    "--no-requeue": ": `requeues: 0`",
    "--open-mode": "",
    "--output": "",
    "--parsable": "",
    "--partition": ": `partition`",
    "--qos": ": `qos`",
    "--requeue": ": `requeues`",
    "--signal": ": `warning`",
    "--time": ": `time`",
    "--wait": "",
    "--wrap": "",
}
