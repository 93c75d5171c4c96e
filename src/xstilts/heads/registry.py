"""Which head belongs to which kind: one explicit map."""

from __future__ import annotations

from xstilts.core.canonical import fingerprint
from xstilts.core.errors import StudyError
from xstilts.heads.base import Head
from xstilts.heads.choice import ChoiceHead
from xstilts.heads.classification import ClassificationHead
from xstilts.heads.dependency import DependencyHead
from xstilts.heads.dual_encoder import DualEncoderHead
from xstilts.heads.mlm import MaskedLMHead
from xstilts.heads.retrieval import RetrievalHead
from xstilts.heads.roles import RolesHead
from xstilts.heads.span_qa import SpanQAHead
from xstilts.heads.tagging import TaggingHead
from xstilts.heads.translation import TranslationHead
from xstilts.kinds.base import Kind
from xstilts.kinds.choice import Choice
from xstilts.kinds.classification import Classification
from xstilts.kinds.dependency import Dependency
from xstilts.kinds.dependency_roles import DependencyRoles
from xstilts.kinds.dual_encoder import DualEncoder
from xstilts.kinds.mlm import MaskedLM
from xstilts.kinds.retrieval import Retrieval
from xstilts.kinds.roles import SemanticRoles
from xstilts.kinds.span_qa import SpanQA
from xstilts.kinds.tagging import Tagging
from xstilts.kinds.translation import TranslationRanking
from xstilts.nn.encoder import Encoder

HEADS: dict[type, type[Head]] = {
    Classification: ClassificationHead,
    Choice: ChoiceHead,
    SpanQA: SpanQAHead,
    Tagging: TaggingHead,
    Dependency: DependencyHead,
    DependencyRoles: DependencyHead,
    SemanticRoles: RolesHead,
    Retrieval: RetrievalHead,
    DualEncoder: DualEncoderHead,
    MaskedLM: MaskedLMHead,
    TranslationRanking: TranslationHead,
}


def make_head(kind: Kind, encoder: Encoder) -> Head:
    """A new head on the encoder's device; its parameters are drawn from torch's global generator.

    Raises StudyError for a kind without a head."""
    if type(kind) not in HEADS:
        names = [str(vars(known)["name"]) for known in HEADS]
        raise StudyError(f"there is no head for the kind '{kind.name}'.", value=kind.name, allowed=names)
    return HEADS[type(kind)](kind, encoder)


def head_key(kind: Kind) -> str:
    """Equal for kinds whose heads can stand for each other: same output shape, same labels in the same order, and the
    same `variant` where a kind has one.

    >>> head_key(SpanQA()) == head_key(SpanQA(no_answer=True))
    True
    """
    shape = {"kind": kind.name, "labels": list(getattr(kind, "labels", ()))}
    if (variant := getattr(kind, "variant", None)) is not None:
        shape["variant"] = variant
    return f"{kind.name}-{fingerprint(shape, length=10)}"
