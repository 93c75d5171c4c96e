"""Catalog of every literature service, by name."""

from __future__ import annotations

from xstilts.core.catalog import Catalog
from xstilts.evidence.services.acl_anthology import ACL
from xstilts.evidence.services.arxiv import ARXIV
from xstilts.evidence.services.base import LiteratureService
from xstilts.evidence.services.crossref import CROSSREF
from xstilts.evidence.services.openalex import OPENALEX
from xstilts.evidence.services.semantic_scholar import SEMANTIC_SCHOLAR

SERVICES: Catalog[LiteratureService] = Catalog("literature service", ARXIV, OPENALEX, SEMANTIC_SCHOLAR, CROSSREF, ACL)
