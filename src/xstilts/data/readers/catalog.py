"""Catalog of all readers. A reader is a frozen dataclass that turns files into rows; see its own module."""

from xstilts.data.readers.bible import Osis, Usfm
from xstilts.data.readers.bio import Bio
from xstilts.data.readers.cells import JoinedFields, ParsedCells
from xstilts.data.readers.conll2009 import Conll2009
from xstilts.data.readers.conll2012 import Conll2012
from xstilts.data.readers.conllu import Conllu
from xstilts.data.readers.conllu_trees import ConlluTrees
from xstilts.data.readers.delimited import Csv, Tsv
from xstilts.data.readers.ewt_propbank import EwtPropBank
from xstilts.data.readers.filters import HeldOutMarker, RowsByPrefix, RowsWhere, RowsWith
from xstilts.data.readers.first_rows import BesideFirstRows
from xstilts.data.readers.json_records import Jsonl, JsonList
from xstilts.data.readers.lines import Lines
from xstilts.data.readers.massive import MassiveUtterances
from xstilts.data.readers.mewsli_x import Entities, MentionPairs, Mentions
from xstilts.data.readers.minimal_pairs import JudgedLines, SyntaxGym
from xstilts.data.readers.mining import Mining, MiningParts
from xstilts.data.readers.multichecklist import MultiCheckList
from xstilts.data.readers.parallel_text import ParallelText
from xstilts.data.readers.parquet import Parquet
from xstilts.data.readers.props import ConlluProps, Props
from xstilts.data.readers.snips import SplitWords
from xstilts.data.readers.squad import SquadReader
from xstilts.data.readers.stories import Stories
from xstilts.data.readers.supertags import Supertags
from xstilts.data.readers.tmx import Tmx
from xstilts.data.readers.universal_propbank import UniversalPropBank
from xstilts.data.readers.xquad_r import AnswerPassages, AnswerSentences
from xstilts.data.readers.xsid import XsidUtterances
from xstilts.data.readers.zipped_files import ZippedFiles

__all__ = [
    "AnswerPassages",
    "AnswerSentences",
    "BesideFirstRows",
    "Bio",
    "Conll2009",
    "Conll2012",
    "Conllu",
    "ConlluProps",
    "ConlluTrees",
    "Csv",
    "Entities",
    "EwtPropBank",
    "HeldOutMarker",
    "JoinedFields",
    "JsonList",
    "Jsonl",
    "JudgedLines",
    "Lines",
    "MassiveUtterances",
    "MentionPairs",
    "Mentions",
    "Mining",
    "MiningParts",
    "MultiCheckList",
    "Osis",
    "ParallelText",
    "Parquet",
    "ParsedCells",
    "Props",
    "RowsByPrefix",
    "RowsWhere",
    "RowsWith",
    "SplitWords",
    "SquadReader",
    "Stories",
    "Supertags",
    "SyntaxGym",
    "Tmx",
    "Tsv",
    "UniversalPropBank",
    "Usfm",
    "XsidUtterances",
    "ZippedFiles",
]
