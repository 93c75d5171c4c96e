"""The index of topics: every topic of a report, in the order of the page."""

from __future__ import annotations

from typing import Any

from xstilts.report.topics.answer import ANSWER
from xstilts.report.topics.benchmark_average import BENCHMARK_AVERAGE
from xstilts.report.topics.choices import CHOICES
from xstilts.report.topics.claims import CLAIMS
from xstilts.report.topics.contrasts import CONTRASTS
from xstilts.report.topics.costs import COSTS
from xstilts.report.topics.data import DATA
from xstilts.report.topics.errors import ERRORS
from xstilts.report.topics.forgetting import FORGETTING
from xstilts.report.topics.gain_by_target import GAIN_BY_TARGET
from xstilts.report.topics.gain_shares import GAIN_SHARES
from xstilts.report.topics.language_groups.topic import LANGUAGE_GROUPS
from xstilts.report.topics.languages import LANGUAGES
from xstilts.report.topics.leakage import LEAKAGE
from xstilts.report.topics.learnt import LEARNT
from xstilts.report.topics.methods import METHODS
from xstilts.report.topics.multiverse import MULTIVERSE
from xstilts.report.topics.notes import NOTES
from xstilts.report.topics.overhead import OVERHEAD
from xstilts.report.topics.planned_contrasts import PLANNED_CONTRASTS
from xstilts.report.topics.published.topic import PUBLISHED
from xstilts.report.topics.rank_stability import RANK_STABILITY
from xstilts.report.topics.robustness import ROBUSTNESS
from xstilts.report.topics.run_graph import RUN_GRAPH
from xstilts.report.topics.scaling.topic import SCALING
from xstilts.report.topics.scope import SCOPE
from xstilts.report.topics.scores import SCORES
from xstilts.report.topics.study import STUDY
from xstilts.report.topics.sweeps import SWEEPS
from xstilts.report.topics.test_set_parts import TEST_SET_PARTS
from xstilts.report.topics.topic import Topic
from xstilts.report.topics.training import TRAINING
from xstilts.report.topics.word_by_word import WORD_BY_WORD

TOPICS: tuple[Topic[Any], ...] = (
    SCORES,
    ANSWER,  # its sentences are at the head of the page; on the terminal they follow the tables of scores
    PLANNED_CONTRASTS,
    CONTRASTS,
    GAIN_BY_TARGET,
    BENCHMARK_AVERAGE,
    RANK_STABILITY,
    MULTIVERSE,
    GAIN_SHARES,
    LEARNT,
    CLAIMS,
    PUBLISHED,
    LANGUAGES,
    LANGUAGE_GROUPS,
    ROBUSTNESS,
    TEST_SET_PARTS,
    WORD_BY_WORD,
    ERRORS,
    SWEEPS,
    SCALING,
    FORGETTING,
    TRAINING,
    CHOICES,
    COSTS,
    OVERHEAD,
    RUN_GRAPH,
    SCOPE,
    METHODS,
    NOTES,
    LEAKAGE,
    DATA,
    STUDY,
)
