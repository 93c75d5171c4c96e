"""A catalog of every metric, by name: what reads counts from disk finds the formula here."""

from __future__ import annotations

from xstilts.core.catalog import Catalog
from xstilts.metrics.chunks import ChunkF1, TokenAccuracy
from xstilts.metrics.correlation import Pearson, Spearman
from xstilts.metrics.forms import ValidForms
from xstilts.metrics.frames import FrameAccuracy, IntentAccuracy, SlotF1
from xstilts.metrics.label_f1 import MacroF1, MicroF1, WeightedF1
from xstilts.metrics.labels import Accuracy
from xstilts.metrics.masked_lm import MaskedAccuracy
from xstilts.metrics.massive import MassiveExactMatch, MassiveSlots
from xstilts.metrics.mtop import CasperMatch, PytextFrames, XsemplrMatch
from xstilts.metrics.predictions import PredictionAccuracy
from xstilts.metrics.pseudo_perplexity import PseudoPerplexity
from xstilts.metrics.ranking import MeanAveragePrecision
from xstilts.metrics.retrieval import MiningF1, RetrievalAccuracy
from xstilts.metrics.roles import HeadRoles, PredicateF1, SpanRoles
from xstilts.metrics.spans import Mlqa, Squad2, SquadScore
from xstilts.metrics.sql import SqlDenotation
from xstilts.metrics.tallies import Metric
from xstilts.metrics.trees import AlignedUpos, Attachment
from xstilts.metrics.xsid import XsidSlots

METRICS: Catalog[Metric] = Catalog(
    "metric",
    Accuracy(),
    ChunkF1(),
    TokenAccuracy(),
    SquadScore(),
    Squad2(),
    Mlqa(),
    RetrievalAccuracy(),
    MiningF1(),
    MeanAveragePrecision(),
    MaskedAccuracy(),
    Attachment(),
    AlignedUpos(),
    SpanRoles(),
    HeadRoles(),
    PredicateF1(),
    IntentAccuracy(),
    SlotF1(),
    FrameAccuracy(),
    XsidSlots(),
    MassiveSlots(),
    MassiveExactMatch(),
    CasperMatch(),
    PytextFrames(),
    XsemplrMatch(),
    ValidForms(),
    SqlDenotation(),
    PredictionAccuracy(),
    PseudoPerplexity(),
    MicroF1(),
    MacroF1(),
    WeightedF1(),
    Pearson(),
    Spearman(),
)
