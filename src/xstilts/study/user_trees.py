"""A user's own trees and semantic roles: which files they may come in, and what they become."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xstilts.core.errors import StudyError
from xstilts.data.readers import catalog
from xstilts.data.row_makers.trees import RolesRow, TreesRow
from xstilts.data.source import Reader, RowMaker
from xstilts.kinds.dependency import Dependency
from xstilts.kinds.roles import SemanticRoles
from xstilts.study.schema import OwnTask
from xstilts.tasks.parsing import RELATIONS
from xstilts.tasks.srl import ROLES

READERS: Mapping[str, Mapping[str, Reader]] = {
    "dependency": {"conllu": catalog.ConlluTrees()},
    "roles": {
        "props": catalog.ConlluProps(),
        "propbank": catalog.EwtPropBank(),
        "conllup": catalog.UniversalPropBank(),
    },
}
FILES = {"props": 2, "conllup": 2, "propbank": 3}  # of one source
_ROLES_ALONE = ("props", "propbank", "conllup")


def check(own: OwnTask, where: str) -> None:
    """Raises StudyError for a layout that has no trees or no roles, one that has nothing else, and too few files."""
    allowed = READERS.get(own.kind)
    if allowed is not None and own.reader not in allowed:
        raise StudyError(
            f"A {own.kind} task is not read from {own.reader} files.",
            where=f"{where}.reader",
            value=own.reader,
            allowed=allowed,
        )
    if allowed is None and own.reader in _ROLES_ALONE:
        raise StudyError(
            f"Files of the layout '{own.reader}' hold roles, so the kind is 'roles'.", where=f"{where}.kind"
        )
    if own.form != "spans" and own.kind != "roles":
        raise StudyError(f"A {own.kind} task has no arguments, so no 'form'.", where=f"{where}.form")
    need = FILES.get(own.reader, 0)
    given = {"train": own.train, "dev": own.dev, **{f"test.{x}": files for x, files in own.test.items()}}
    for use, files in given.items():
        n = 0 if files is None else 1 if isinstance(files, str) else len(files)
        if need and n and n != need:
            raise StudyError(f"The layout '{own.reader}' has {need} files, not {n}.", where=f"{where}.{use}")


def reader(own: OwnTask) -> Reader | None:
    """None for a task of another kind."""
    return READERS.get(own.kind, {}).get(own.reader)


def trees(own: OwnTask, names: Mapping[str, Any]) -> RowMaker:
    """Subtypes of relations ("nsubj:pass") are cut off unless the task's own labels have them."""
    return TreesRow(cut="" if any(":" in label for label in own.labels) else ":", **names)


def predicates(own: OwnTask, names: Mapping[str, Any]) -> RowMaker:
    return RolesRow(derive_heads=own.form == "heads", **names)


def dependency(own: OwnTask) -> Dependency:
    """With the 37 universal relations where the task names none."""
    return Dependency(labels=own.labels or (*RELATIONS, "clf"))


def roles(own: OwnTask) -> SemanticRoles:
    """With the roles of English PropBank where the task names none."""
    return SemanticRoles(labels=own.labels or ROLES, form=own.form)
