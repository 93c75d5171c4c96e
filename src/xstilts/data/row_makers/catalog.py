"""Catalog of all row makers. A row maker is a frozen dataclass that turns a row into an example; see its own module."""

from xstilts.data.row_makers.blanks import WithoutBlanks
from xstilts.data.row_makers.choice import ChoiceRow
from xstilts.data.row_makers.frames import FormsRow, FramesRow
from xstilts.data.row_makers.labels import LabelsRow
from xstilts.data.row_makers.minimal_pairs import MinimalPairRow, PairChoiceRow, SuiteItemRow
from xstilts.data.row_makers.pair import PairRow
from xstilts.data.row_makers.parses import ParsesRow
from xstilts.data.row_makers.passages import AnswerSentenceRow, PassagesRow
from xstilts.data.row_makers.roles import RolesRow
from xstilts.data.row_makers.sentences import MinedPartsRow, MinedRow, SentencesRow
from xstilts.data.row_makers.span import SpanRow
from xstilts.data.row_makers.tags import TagsRow
from xstilts.data.row_makers.text import TextRow
from xstilts.data.row_makers.trees import TreesRow
from xstilts.data.row_makers.trees_with_roles import TreesWithRolesRow
from xstilts.data.row_makers.word_problems import AnswerRow, NextStepRow, OperationsRow, VerdictRow

__all__ = [
    "AnswerRow",
    "AnswerSentenceRow",
    "ChoiceRow",
    "FormsRow",
    "FramesRow",
    "LabelsRow",
    "MinedPartsRow",
    "MinedRow",
    "MinimalPairRow",
    "NextStepRow",
    "OperationsRow",
    "PairChoiceRow",
    "PairRow",
    "ParsesRow",
    "PassagesRow",
    "RolesRow",
    "SentencesRow",
    "SpanRow",
    "SuiteItemRow",
    "TagsRow",
    "TextRow",
    "TreesRow",
    "TreesWithRolesRow",
    "VerdictRow",
    "WithoutBlanks",
]
