"""Options of Slurm's jobs: what a file may say, and what is said of one that may not."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from xstilts.core.errors import StudyError
from xstilts.engine.slurm.job_ends import judge
from xstilts.engine.slurm.options import JobOptions, SlurmOptions, parse_options, seconds_of

PAGE = Path(__file__).resolve().parents[3] / "docs" / "clusters.md"
KINDS = ("prepare", "train", "score")


def parsed(text: str) -> SlurmOptions:
    return parse_options(text, "slurm.yaml", KINDS, lambda: ("cpu", "gpu-a100"))


def test_a_kind_has_what_it_does_not_say_otherwise() -> None:
    train = "kinds:\n  train: {time: 24:00:00, flags: [--nice=1, --exclusive]}\n"
    options = parsed(train + "partition: cpu,gpu-a100\ntime: 30\ncpus: 4\n")
    assert options.of("score") == JobOptions(partition="cpu,gpu-a100", time="30", cpus=4)
    assert options.of("train") == JobOptions(
        partition="cpu,gpu-a100", time="24:00:00", cpus=4, flags=("--nice=1", "--exclusive")
    )


def test_the_page_describes_every_option_and_its_example_can_be_read() -> None:
    page = PAGE.read_text("utf-8")
    rows = {name for row in re.findall(r"^\| (`.*?) \|", page, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    options = {field.name for cls in (JobOptions, SlurmOptions) for field in fields(cls)} - {"default"}
    assert options <= rows
    [example] = re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    read = parse_options(example, "slurm.yaml", KINDS, lambda: ("cpu", "gpu"))
    assert read.of("train").memory == "32G" and read.of("score").partition == "cpu"


def test_without_a_file_slurm_chooses() -> None:
    assert parsed("# nothing\n") == SlurmOptions()
    text = {field.name for field in fields(JobOptions) if getattr(JobOptions(), field.name) == ""}
    assert text == {"partition", "account", "qos", "time", "memory"}


def test_slurm_is_asked_for_its_partitions_only_where_one_is_named() -> None:
    def partitions() -> tuple[str, ...]:
        raise AssertionError("nobody asked")

    assert parse_options("cpus: 2\npoll: 0.5\n", "slurm.yaml", KINDS, partitions).poll == 0.5


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("partitions: cpu", "slurm.yaml:1: there is no option 'partitions'. Did you mean 'partition'?"),
        (
            "cpus: 2\npartition: gpu-a10",
            "slurm.yaml:2: Slurm has no partition 'gpu-a10'. Did you mean 'gpu-a100'? Allowed",
        ),
        ("partition: cpu,gpu", "Slurm has no partition 'gpu'"),
        (
            "kinds:\n  trian: {cpus: 2}",
            "slurm.yaml:2: there is no kind of step 'trian'. Did you mean 'train'? Allowed: prep",
        ),
        ("kinds:\n  train:\n    poll: 3", "slurm.yaml:3: there is no option of one kind of step 'poll'"),
        ("kinds:\n  train:\n    partition: none", "slurm.yaml:3: Slurm has no partition 'none'"),
        ("kinds: [train]", "slurm.yaml:1: this should be options by name"),
        ("- cpus", "slurm.yaml:1: this should be options by name"),
        ("cpus: 2\ncpus: 3", "slurm.yaml:2: 'cpus' is given twice"),
        ("cpus: two", "slurm.yaml:1: 'two' is no whole number, 1 or more"),
        ("requeues: -1", "'-1' is no whole number, 0 or more"),
        ("poll: soon", "'soon' is no number of seconds"),
        ("time: 1 day", "'1 day' is no time limit such as 90 (minutes), 8:00:00"),
        ("memory: 16 GB", "'16 GB' is no amount of memory such as 16G"),
        ("gpus: a100", "'a100' is no number of GPUs such as 1 or a100:1"),
        ("account: [a]", "slurm.yaml:1: this should be a text"),
        ("flags: --nice", "slurm.yaml:1: this should be a list of options of `sbatch`"),
        ("flags: [-n 1]", "'-n 1' is no option of `sbatch`"),
        ("flags: [--array=1-3]", "--array is set by the run itself (`at_once` bounds"),
        ("flags: [--time=3]", "--time is set by the run itself: `time`"),
        ("time: 2", "slurm.yaml: the time limit 2 is over before the 120 s that a step is warned ahead (`warning`)"),
        ("time: 9\nkinds:\n  score: {time: 1:30}", "slurm.yaml:3: the time limit 1:30 is over before the 120 s"),
        ("a: [", "slurm.yaml:1: this is not valid YAML"),
    ],
)
def test_a_mistake_is_named_with_its_line(text: str, said: str) -> None:
    with pytest.raises(StudyError) as caught:
        parsed(text)
    assert said in str(caught.value) and caught.value.exit_code == 2


@pytest.mark.parametrize(("limit", "seconds"), [("0:05", 5), ("3:0:0", 10800), ("1-2:3:4", 93784)])
def test_time_limits_are_those_of_sbatch(limit: str, seconds: int) -> None:
    assert seconds_of(limit) == seconds


@pytest.mark.parametrize(
    ("state", "was_asked", "again", "text"),
    [
        ("TIMEOUT", False, True, "reached its time limit"),
        ("PREEMPTED", True, True, "was preempted"),
        ("FAILED", True, True, "was asked to stop"),
        ("FAILED", False, False, "ended as FAILED and left no result"),
        ("CANCELLED", True, False, "was cancelled from outside this run"),
        ("OUT_OF_MEMORY", False, False, "ran out of memory (`memory` asks for more)"),
        ("", False, False, "is not known to Slurm any more, and left no result"),
    ],
)
def test_what_the_end_of_a_job_means(state: str, was_asked: bool, again: bool, text: str) -> None:
    end = judge(state, attempts=1, requeues=1, was_asked=was_asked)
    assert (end.again, end.text) == (again, text)
    assert not judge(state, attempts=2, requeues=1, was_asked=was_asked).again
