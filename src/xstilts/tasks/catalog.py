"""Catalog of every task, by name."""

from __future__ import annotations

from xstilts.core.catalog import Catalog
from xstilts.tasks import (
    checklist,
    claim_sentences,
    intents,
    meaning_forms,
    minimal_pairs,
    mmlu,
    natural_noise,
    nli,
    paraphrase,
    parsing,
    passages,
    qa,
    reasoning,
    retrieval,
    semantic_parsing,
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
    *mmlu.TASKS,
    *word_problems.TASKS,
    *checklist.TASKS,
    *tagging.TASKS,
    *parsing.TASKS,
    *srl.TASKS,
    *natural_noise.TASKS,
    *intents.TASKS,
    *semantic_parsing.TASKS,
    *meaning_forms.TASKS,
    *retrieval.TASKS,
    *passages.TASKS,
    *claim_sentences.TASKS,
    *text_corpora.TASKS,
    *small_scale.TASKS,
    *minimal_pairs.TASKS,
)
