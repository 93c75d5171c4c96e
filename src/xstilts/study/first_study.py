"""The first study of somebody: a commented YAML file made of a few names, for `xstilts init`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from xstilts.core.sentences import listed

DEFAULT_ENCODER = "tiny-e5"
DEFAULT_SEEDS = 3
BASELINE = "none"

_TRIAL = {"lr": 2e-4, "head_lr": 5e-3, "batch": 16, "updates": 50}  # what suits tiny-e5 (studies/quickstart.yaml)
_FULL = {"lr": 2e-5, "batch": 32, "epochs": 3}  # what suits encoders of the size of XLM-R base


@dataclass(frozen=True, kw_only=True)
class FirstStudy:
    """What `xstilts init` knows of a study.

    Attributes:
        through: intermediate tasks; each gets an arm, and several together one more, a mixture.
        tasks: the section `tasks`, name -> keys of `study.task_section.UserTask`, and `comments` on it by task name.
        file: what the study file is called, for the commands in its comments.
    """

    targets: tuple[str, ...]
    through: tuple[str, ...] = ()
    encoder: str = DEFAULT_ENCODER
    languages: tuple[str, ...] = ()  # (): all that a target has
    seeds: int = DEFAULT_SEEDS
    question: str = ""
    tasks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    comments: Mapping[str, Sequence[str]] = field(default_factory=dict)
    file: str = "study.yaml"

    @property
    def asked(self) -> str:
        """The question; where none is given, one made of the names."""
        if self.question:
            return self.question
        targets = listed(self.targets)
        if not self.through:
            return f"How well does {targets}, trained in one language, go over to others?"
        first = self.through[0] if len(self.through) == 1 else f"{listed(self.through)}, alone or together,"
        return f"Does training on {first} first help zero-shot transfer on {targets}?"


def study_text(first: FirstStudy) -> str:
    """Return a study file: every key with a comment that says what it is for.

    >>> import yaml
    >>> list(yaml.safe_load(study_text(FirstStudy(targets=("xnli",), through=("mnli", "squad1"))))["arms"])
    ['none', 'mnli', 'squad1', 'mnli+squad1']
    """
    lines = [
        f"# Look at it first: xstilts plan {first.file}   Run it: xstilts run {first.file}",
        "# A small trial of the whole way, in minutes: add --scale smoke. All keys: docs/studies.md",
        "",
        "# What the study asks; it heads the report.",
        f"question: {_inline(first.asked)}",
        "",
        "# Where every route starts: a short name (`xstilts encoders` lists them), a folder, or owner/name of a hub.",
        f"encoder: {_inline(first.encoder)}",
        "",
    ]
    if first.tasks:
        lines += [*task_lines(first.tasks, first.comments), ""]
    lines += _arm_lines(first.through)
    lines += [
        "",
        "# Tasks that are scored in every language they have a test set in (`xstilts tasks` lists them).",
        f"targets: {_inline(list(first.targets))}",
    ]
    if first.languages:
        lines += ["", "# Only these test languages.", f"languages: {_inline(list(first.languages))}"]
    else:
        lines += ["# languages: [de, sw]  # only these; all that a target has, where nothing is said"]
    small = first.encoder == DEFAULT_ENCODER
    lines += [
        "",
        "# Numbers of all training phases"
        + (
            ": a few fast updates, which suit a small encoder."
            if small
            else "; those of single phases and tasks may differ."
        ),
        f"train: {_inline(_TRIAL if small else _FULL)}",
        "",
        "# One whole run of every arm for each. With one, intervals hold for that seed alone.",
        f"seeds: {_inline(list(range(1, first.seeds + 1)))}",
        "",
        "# The same study, small: to see that everything runs, not to answer the question.",
        "scale:",
        "  smoke:",
        f"    encoder: {DEFAULT_ENCODER}",
        "    take: {intermediate: 200, target: 200, test: 50}",
        f"    train: {_inline({**_TRIAL, 'updates': 20})}",
        "    seeds: [1]",
        "    allow_missing: true  # go on without what is not here, and say so",
    ]
    return "\n".join(lines) + "\n"


def task_lines(tasks: Mapping[str, Mapping[str, Any]], comments: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the lines of a section `tasks`, each task under its comments."""
    lines = [
        "# Tasks from files of your own (docs/add-a-task.md). Files lie below the folder of this one, or of --data.",
        "tasks:",
    ]
    for name, task in tasks.items():
        lines += [f"  # {said}" for said in comments.get(name, ())]
        lines.append(f"  {_inline(name)}:")
        lines += [f"    {key}: {_inline(value)}" for key, value in task.items()]
    return lines


def _arm_lines(through: Sequence[str]) -> list[str]:
    lines = [
        "# The routes that are compared, by names you choose; the direct one is the baseline.",
        "arms:",
        f"  {BASELINE}: {{strategy: direct}}  # the target alone",
    ]
    lines += [f"  {_inline(name)}: {{strategy: sequential, through: {_inline([name])}}}" for name in through]
    if len(through) > 1:
        mixed = "+".join(through)
        lines.append(
            f"  {_inline(mixed)}: {{strategy: multitask, through: {_inline(list(through))}}}  # mixed in one phase"
        )
    if len(through) == 2:
        first, second = through
        weights = {"+".join(through): 1, first: -1}
        lines += [
            "",
            "# More comparisons than every arm with the baseline: weights that sum to zero.",
            "contrasts:",
            f"  {_inline(f'{second} on top of {first}')}: {_inline(weights)}",
        ]
    return lines


def _inline(value: Any) -> str:
    """Return a value as YAML in one line, quoted where it must be."""
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, sort_keys=False, width=10**6)
    return text.removesuffix("\n").removesuffix("\n...")
