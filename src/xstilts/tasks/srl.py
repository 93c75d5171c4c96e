"""Semantic role labelling (SRL), who did what to whom: predicates and their arguments."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from xstilts.data.readers.catalog import EwtPropBank, UniversalPropBank
from xstilts.data.row_makers.catalog import RolesRow, TreesWithRolesRow
from xstilts.data.source import Source
from xstilts.kinds.base import Kind
from xstilts.kinds.dependency_roles import DependencyRoles
from xstilts.kinds.label_sets import PROPBANK_ROLES
from xstilts.kinds.roles import SemanticRoles
from xstilts.tasks.base import Origin, Task
from xstilts.tasks.joint_relations import JOINT_RELATIONS
from xstilts.tasks.sources import local, raw, source, web
from xstilts.tasks.treebanks import EWT


class _Projected(NamedTuple):
    """A treebank of Universal PropBank 2.0: "de_gsd", its part of the repositories' names, and the commits of its words
    (UD 2.9) and of its roles."""

    name: str
    repository: str
    words: str
    roles: str


_TABLE = """
de_gsd German-GSD c95a196dd9ffbaa96cb374afb7140ccc423d57f0 d6568c059b5d257505e0445c3a372b7f2e4ea336
es_gsd Spanish-GSD e8d1283ee4f8fad6f397f792155e8d6a278c4287 c7418fb750f15fec9b675c4b49cbb9aad4345f1a
fi_tdt Finnish-TDT 53be582945da75afae3a9731180948b932395753 33f2a91403aef5ddc9ac0d6ff5c5e8a0858125e2
fr_gsd French-GSD 931cb2dada871c57ae91baee2f5cc6fa76756383 eee15d948fe887e940556ebb0c74a0e00b690f7f
id_gsd Indonesian-GSD 9ec9cecfd492c8807b4ce7845ae9264c08f00a24 963d798912c89c7a4e507cecfa368307a635decd
ja_gsd Japanese-GSD 898e96c8c97e6a1345733c955727631064e3ac25 9ceb26ac17bbd018abca1bd985692738247d51d9
ko_gsd Korean-GSD 95c092e9c9ae5cafd1710d293df1cb5a5146e326 8882c8ef3258d9a8bb3e0edfa5fe7cdb590b0ca9
pt_bosque Portuguese-Bosque 9ab53dcb902b0e592142a81e9f2c0a892105c68e 231a838588360e7ac0ce57ade1323777dfca8df5
ro_rrt Romanian-RRT d9de5ea58831bbff7ff80cb8baf17fbfe28b854d 50449b6456693a6460db0a965f1611bc0deb827d
ru_gsd Russian-GSD 5f7672472f7cd25218caf3c4aa6aa8392dfd7e6c 050eda495b934310bd3fe07fe081d96b52181cc7
te_mtg Telugu-MTG 911386f7021a8d6725c04a72f0b7ddf8cd27d9b5 3588a9c5427d15beda35b6a23efd786db809fd83
vi_vtb Vietnamese-VTB 498ccf484e08c9e52375b0789ac3a307bba363a6 6fc78711eacd6c9500c9a63404d82e4c40cf39ee
zh_gsd Chinese-GSD 14c012d796b363bb7acdf668e0835a3b685b2471 9aca56bccdfd65079fa5fcca71bacb90eaf5a8fe
"""
PROJECTED = tuple(_Projected(*line.split()) for line in _TABLE.strip().splitlines())

_PROJECTED_NOTE = "roles projected from English by machine, verbs alone; local copies hold at most 500 sentences"


def _ewt(split: str, row: RolesRow | TreesWithRolesRow, rows: int) -> Source:
    files = (f"ud/en/en_ewt-ud-{split}.conllu", f"srl/en/ewt-{split}.gold_skel", "srl/en/ewt-join.tsv")
    return source(local(EwtPropBank(), row, *files), rows=rows)


def _projected(treebank: _Projected, row: RolesRow | TreesWithRolesRow) -> Source:
    language = treebank.name.split("_")[0]
    files = (
        f"srl/{language}/{treebank.name}-ud-test.r2.9.conllu",
        f"srl/{language}/{treebank.name}-up-test.conllup",
    )
    urls = (
        *raw(f"UniversalDependencies/UD_{treebank.repository}", treebank.words, f"{treebank.name}-ud-test.conllu"),
        *raw(f"UniversalPropositions/UP_{treebank.repository}", treebank.roles, f"{treebank.name}-up-test.conllup"),
    )
    place = web(UniversalPropBank(), row, files, urls)
    return source(place, language=language, note=_PROJECTED_NOTE, rows=800)


def _task(
    name: str,
    kind: Kind,
    row: RolesRow | TreesWithRolesRow,
    projected: RolesRow | TreesWithRolesRow,
    same_tests_as: str = "",
) -> Task:
    """`row` reads EWT, `projected` the other languages, which have both forms."""
    tests = {treebank.name.split("_")[0]: _projected(treebank, projected) for treebank in PROJECTED}
    return Task(
        name=name,
        kind=kind,
        train=_ewt("train", row, 12_526),
        dev=_ewt("dev", row, 1_983),
        test={"en": _ewt("test", row, 2_058), **tests},
        corpora=(EWT,),
        same_tests_as=same_tests_as,
        origin=Origin(
            licence="CC BY-SA 4.0",
            cite="Pradhan et al. 2022, PropBank Comes of Age; Jindal et al. 2022, Universal Proposition Bank 2.0",
            home="https://universalpropositions.github.io/",
            text="original; roles of languages other than English projected by machine",
        ),
    )


_SPANS = RolesRow(group=("sent_id",))
_HEADS = RolesRow(group=("sent_id",), derive_heads=True)

_BOTH = TreesWithRolesRow(group=("sent_id",))

_KIND = SemanticRoles(labels=PROPBANK_ROLES, open_labels=True)
_JOINT_KIND = DependencyRoles(labels=JOINT_RELATIONS, open_labels=True)

SRL = _task("srl", _KIND, _SPANS, _SPANS)
# The same sentences, an argument being the word that stands for it in the tree.
SRL_HEADS = _task("srl-heads", replace(_KIND, form="heads"), _HEADS, _SPANS, same_tests_as=SRL.name)
# Trees and roles by one parser.
DEPENDENCY_SRL = _task("dependency-srl", _JOINT_KIND, _BOTH, _BOTH, same_tests_as=SRL.name)

TASKS = (SRL, SRL_HEADS, DEPENDENCY_SRL)
