"""View of a scored XTREME submission, as tables."""

from __future__ import annotations

from statistics import fmean

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from xstilts.xtreme.score import BenchmarkScores, TaskScore

# Peculiarities of official numbers, next to which the plain ones are printed.
_PECULIARITIES = {
    "udpos": "chunk F1 over bare tags: runs of equal tags count as one chunk; the plain value counts tokens",
    "xquad": "English normalisation of answers in every language; the language-aware values are normalised as MLQA's",
    "tydiqa": "English normalisation of answers in every language; the language-aware values are normalised as MLQA's",
}


def score_page(scores: BenchmarkScores) -> RenderableType:
    table = Table("task", "languages", "official score", "official values", "beside them")
    for name, task in scores.tasks.items():
        languages = len(next(iter(task.values.values())))
        table.add_row(name, str(languages), f"{task.score:.1f}", _means(task, official=True), _means(task, False))
    parts: list[RenderableType] = [table, *_summary(scores)]
    parts += [Text(f"{name}: {text}.") for name, text in _PECULIARITIES.items() if name in scores.tasks]
    parts += [Text(f"No score for {name}: {reason}.") for name, reason in scores.missing.items()]
    return Group(*parts)


def _means(task: TaskScore, official: bool) -> str:
    values = task.values if official else task.extra_values
    return "\n".join(
        f"{name.replace('_', ' ')} {fmean(by_language.values()):.1f}" for name, by_language in values.items()
    )


def _summary(scores: BenchmarkScores) -> list[Text]:
    version = scores.version
    texts = ["Every task's score is a mean over its languages, of several official values their mean."]
    texts += [
        f"{name} {value:.1f} (mean of {', '.join(version.groups[name])})" for name, value in scores.groups.items()
    ]
    if scores.total is None:
        lacking = ", ".join(name for name in version.languages if name not in scores.tasks)
        texts.append(f"no total of {version.title}: it is a mean of {len(version.languages)} tasks, and {lacking} lack")
    elif version.without:
        texts.append(
            f"our total {scores.total:.1f}: the mean of {len(scores.tasks)} tasks, without"
            f" {', '.join(version.without)}; {version.title} has no official one"
        )
    else:
        texts.append(f"total {scores.total:.1f} (mean of {len(scores.tasks)} tasks)")
    return list(map(Text, texts))
