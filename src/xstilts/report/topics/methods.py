"""A paragraph of methods, as a paper has it: what was compared on what, and where numbers and intervals come from."""

from __future__ import annotations

from xstilts.metrics.bootstrap import RESAMPLES
from xstilts.report.elements.blocks import Prose, Section
from xstilts.report.elements.formatting import name_list, plural
from xstilts.report.scores.contrast_scopes import UNTESTED
from xstilts.report.scores.scoreboard import Scoreboard
from xstilts.report.topics.choices import among
from xstilts.report.topics.topic import Topic

MANY = 9


def compute(board: Scoreboard) -> str | None:
    """Write the paragraph with the study's numbers; None where nothing was scored."""
    if not any(board.scored_languages.values()):
        return None
    return " ".join(
        text
        for text in (_compared(board), _chosen(board), _scored(board), _intervals(board), _collapsed(board))
        if text
    )


def _compared(board: Scoreboard) -> str:
    results = board.results
    cut = f" Data and updates are cut (profile {results.scale})." if results.scale else ""
    arms = name_list(list(results.arms), MANY)
    version = results.versions.get("xstilts")
    made = f" with xstilts {version}" if version else ""
    head = f" without its output layers ({name_list(list(results.left_out_head))})" if results.left_out_head else ""
    return (
        f"We compare {plural(len(results.arms), 'arm')} ({arms}){made}, all from {results.encoder}{head}, each trained "
        f"with {plural(len(results.seeds), 'seed')}.{cut}"
    )


def _chosen(board: Scoreboard) -> str:
    choices = board.results.choices
    if not choices:
        return ""
    keys = name_list(list(dict.fromkeys(key for choice in choices for key in choice.settings[0].values)), MANY)
    return (
        f"Of {plural(len(choices), 'training')}, {keys} was chosen among {among(choices)} settings on dev sets of the "
        "language trained in, one for all seeds."
    )


def _scored(board: Scoreboard) -> str:
    targets = [target for target in board.results.targets if board.scored(target)]
    named = [f"{target.name} ({target.headline or target.main})" for target in targets]
    languages = dict.fromkeys(language for target in targets for language in board.headline(target))
    return (
        f"Targets are {name_list(named, MANY)}, scored in {plural(len(languages), 'language')} other than the one "
        "trained in. Scores are percentages, averaged over languages, then targets, then seeds, each counting the same."
    )


def _intervals(board: Scoreboard) -> str:
    asked = [c for c in board.comparison.contrasts if c.target is None and c.verdict != UNTESTED]
    if not asked:
        return (
            f"Intervals are at 95 %, over test items (Bayesian bootstrap over groups, {RESAMPLES:,} resamples), for "
            "these trainings; nothing is tested."
        )
    return (
        f"Differences have 95 % intervals over test items (Bayesian bootstrap over groups, {RESAMPLES:,} resamples) "
        f"and seeds (variances moderated over arms, Smyth 2004), simultaneous over {plural(len(asked), 'contrast')} on "
        "the mean over targets; targets and then languages are tested only below a difference that was found."
    )


def _collapsed(board: Scoreboard) -> str:
    runs = [lost for draws in board.target_draws.values() for row in draws.collapsed for lost in row]
    if not any(runs):
        return ""
    return f"{sum(map(bool, runs))} of {plural(len(runs), 'run')} did not learn and are set apart in differences."


METHODS = Topic(
    name="methods",
    compute=compute,
    sections=lambda text: (Section(id="methods", title="Methods, for a paper", blocks=(Prose(text=text),)),),
    record=lambda text: {"methods": text},
    empty_record={"methods": ""},
)
