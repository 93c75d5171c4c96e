"""Catalog of every task, by name."""

from __future__ import annotations

from xstilts.core.catalog import Catalog
from xstilts.tasks import (
    checklist,
    intents,
    nli,
    paraphrase,
    parsing,
    passages,
    qa,
    reasoning,
    retrieval,
    small_scale,
    srl,
    tagging,
    text_corpora,
    word_problems,
)
from xstilts.tasks.base import Task

TASKS: Catalog[Task] = Catalog(
    "task",
    *nli.TASKS,
    *paraphrase.TASKS,
    *qa.TASKS,
    *reasoning.TASKS,
    *word_problems.TASKS,
    *checklist.TASKS,
    *tagging.TASKS,
    *parsing.TASKS,
    *srl.TASKS,
    *intents.TASKS,
    *retrieval.TASKS,
    *passages.TASKS,
    *text_corpora.TASKS,
    *small_scale.TASKS,
)
