"""A catalog of every kind, by name. Their heads are named by the kinds themselves and imported by `heads.registry`."""

from __future__ import annotations

from xstilts.core.catalog import Catalog
from xstilts.kinds.base import Kind
from xstilts.kinds.choice import Choice
from xstilts.kinds.classification import Classification
from xstilts.kinds.dependency import Dependency
from xstilts.kinds.dependency_roles import DependencyRoles
from xstilts.kinds.dual_encoder import DualEncoder
from xstilts.kinds.minimal_pairs import MinimalPairs, RegionPredictions
from xstilts.kinds.mlm import MaskedLM
from xstilts.kinds.multi_label import MultiLabel
from xstilts.kinds.pair_probe import PairProbe
from xstilts.kinds.parse_generation import ParseGeneration
from xstilts.kinds.pseudo_perplexity import TextPerplexity
from xstilts.kinds.regression import Regression
from xstilts.kinds.retrieval import Retrieval
from xstilts.kinds.roles import SemanticRoles
from xstilts.kinds.slots_intent import SlotsIntent
from xstilts.kinds.span_qa import SpanQA
from xstilts.kinds.tagging import Tagging
from xstilts.kinds.translation import TranslationRanking

KINDS: Catalog[type[Kind]] = Catalog(
    "kind",
    Classification,
    MultiLabel,
    Regression,
    Choice,
    SpanQA,
    Tagging,
    Retrieval,
    Dependency,
    SemanticRoles,
    DependencyRoles,
    SlotsIntent,
    ParseGeneration,
    DualEncoder,
    MaskedLM,
    TranslationRanking,
    MinimalPairs,
    RegionPredictions,
    TextPerplexity,
    PairProbe,
)


def user_kinds() -> dict[str, type[Kind]]:
    """Return the kinds that a study may declare tasks of, by what a study calls them ("span-qa")."""
    return {kind.name.replace("_", "-"): kind for kind in KINDS.values() if kind.user_columns is not None}
