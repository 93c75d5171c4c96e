"""A catalog of every metric, by name: what reads counts from disk finds the formula here. A module lists its metrics in
a tuple `METRICS`."""

from __future__ import annotations

from xstilts.core.catalog import Catalog
from xstilts.metrics import chunks, labels, masked_lm, ranking, retrieval, roles, spans, trees
from xstilts.metrics.tallies import Metric

METRICS: Catalog[Metric] = Catalog(
    "metric",
    *labels.METRICS,
    *chunks.METRICS,
    *spans.METRICS,
    *retrieval.METRICS,
    *ranking.METRICS,
    *masked_lm.METRICS,
    *trees.METRICS,
    *roles.METRICS,
)
