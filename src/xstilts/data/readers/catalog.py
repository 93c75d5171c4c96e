"""All readers by name. A reader is a frozen dataclass that turns files into rows; see its own module."""

from xstilts.data.readers.conllu import Conllu
from xstilts.data.readers.roles import ConlluProps, EwtPropBank, Props, UniversalPropBank
from xstilts.data.readers.tables import Csv, Jsonl, JsonList, Parquet, Tsv
from xstilts.data.readers.text import Lines, Mining, ParallelText, SquadReader, ZippedFiles
from xstilts.data.readers.trees import ConlluTrees
from xstilts.data.readers.words import Bio, Supertags

__all__ = [
    "Bio",
    "Conllu",
    "ConlluProps",
    "ConlluTrees",
    "Csv",
    "EwtPropBank",
    "JsonList",
    "Jsonl",
    "Lines",
    "Mining",
    "ParallelText",
    "Parquet",
    "Props",
    "SquadReader",
    "Supertags",
    "Tsv",
    "UniversalPropBank",
    "ZippedFiles",
]
