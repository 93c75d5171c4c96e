"""Row maker of dependency trees with the semantic roles of the same sentence."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from xstilts.data.examples import DependencyRolesExample
from xstilts.data.row_makers.base import RowMakerBase
from xstilts.data.row_makers.roles import RolesRow
from xstilts.data.row_makers.trees import TreesRow
from xstilts.data.source import Drop, Row


@dataclass(frozen=True, kw_only=True)
class TreesWithRolesRow(RowMakerBase):
    """A sentence with its tree and its predicates, as `trees` and `roles` make them; left out where one of them is."""

    identity_name: ClassVar[str] = "TreesWithRoles"

    trees: TreesRow = field(default_factory=lambda: TreesRow(cut=":"))
    roles: RolesRow = field(default_factory=RolesRow)

    def __call__(self, row: Row, number: int) -> DependencyRolesExample | Drop:
        tree, roles = self.trees(row, number), self.roles(row, number)
        if isinstance(tree, Drop):
            return tree
        if isinstance(roles, Drop):
            return roles
        return DependencyRolesExample(
            **self.names(row, number),
            words=tree.words,
            lines=tree.lines,
            heads=tree.heads,
            relations=tree.relations,
            tokens=tree.tokens,
            predicates=roles.predicates,
        )
