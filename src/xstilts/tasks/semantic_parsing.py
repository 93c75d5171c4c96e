"""What a user of an assistant wants and with what, both at once: an intent for each utterance, slots of its words."""

from __future__ import annotations

from xstilts.data.readers.catalog import (
    Bio,
    JsonList,
    Lines,
    MassiveUtterances,
    SplitWords,
    Tsv,
    ZippedFiles,
)
from xstilts.data.row_makers.catalog import FormsRow, FramesRow
from xstilts.data.source import Source
from xstilts.kinds.slots_intent import SlotsIntent
from xstilts.kinds.tagging import Tagging
from xstilts.metrics.frames import IntentAccuracy
from xstilts.metrics.massive import MassiveExactMatch, MassiveSlots
from xstilts.metrics.mtop import CasperMatch, PytextFrames, XsemplrMatch
from xstilts.metrics.xsid import XsidSlots
from xstilts.tasks import intents
from xstilts.tasks.base import Origin, Task
from xstilts.tasks.mtop_labels import MTOP_INTENTS, MTOP_SLOTS
from xstilts.tasks.sources import local, names, raw, source, web


def _slot_names(kind: Tagging) -> tuple[str, ...]:
    """Return the slots of a tag set, without B- and I-."""
    return tuple(dict.fromkeys(tag[2:] for tag in kind.labels if tag != "O"))


# xSID

_XSID_KIND = SlotsIntent(intents=intents.XSID_INTENTS.labels, slots=_slot_names(intents.XSID_SLOTS))
_XSID_ROW = FramesRow(group=("item",))
_XSID_METRICS = (XsidSlots(), IntentAccuracy())
_XSID_NOTE = (
    "slots as xSID's nluEval.py counts them, which is not conlleval's way: ends are clipped to the last word, labels "
    "of I- tags are not looked at"
)
XSID = Task(
    name="xsid",
    kind=_XSID_KIND,
    train=intents.xsid(_XSID_ROW, "en", "train"),
    dev=intents.xsid(_XSID_ROW, "en", "valid"),
    test={language: intents.xsid(_XSID_ROW, language, "test") for language in intents.XSID_LANGUAGES},
    metrics=_XSID_METRICS,
    note=_XSID_NOTE,
    origin=intents.XSID_ORIGIN,
)

# Snips

_SNIPS_READ = ZippedFiles(
    readers=(SplitWords(), SplitWords(field="slots"), Lines(field="intent", blank=True)),
)
_SNIPS_COMMIT = "61f0307c729b1fad479ef1de94aa5ac5dee601b0"


def _snips(row: FramesRow, split: str) -> Source:
    files = tuple(f"snips/{split}/{name}" for name in ("seq.in", "seq.out", "label"))
    urls = raw("MiuLab/SlotGated-SLU", _SNIPS_COMMIT, *(f"data/{name}" for name in files))
    return source(web(_SNIPS_READ, row, files, urls))


_SNIPS_ROW = FramesRow(group=("words",))  # 189 utterances occur twice
SNIPS = Task(
    name="snips",
    kind=SlotsIntent(intents=intents.SNIPS_INTENTS.labels, slots=_slot_names(intents.SNIPS_SLOTS)),
    train=_snips(_SNIPS_ROW, "train"),
    dev=_snips(_SNIPS_ROW, "valid"),
    test={"en": _snips(_SNIPS_ROW, "test")},
    origin=intents.SNIPS_INTENT.origin,
)

# Snips under the names of xSID, which was made of it and of Facebook's data: of xSID's utterances that stand in Snips,
# the tags of all are those that these names give.
_PLACES = names("city country current_location geographic_poi location_name poi spatial_relation state")
_RENAMED = (
    *((name, "location") for name in _PLACES),
    ("timeRange", "datetime"),
    ("year", "datetime"),
    ("playlist_owner", "reference"),
)
_SHARED = tuple((name, name) for name in intents.SNIPS_INTENTS.labels if name in intents.XSID_INTENTS.labels)
_SEVEN = (*_SHARED, ("GetWeather", "weather/find"))
_OTHERS = tuple(("intent", name) for name in intents.XSID_INTENTS.labels if name not in dict(_SEVEN).values())
_XSID_OF_SNIPS_ROW = FramesRow(group=("item",), drop=_OTHERS)
XSID_SNIPS = Task(
    name="xsid-snips",
    kind=_XSID_KIND,
    # The validation set of Snips holds 140 of xSID's English test utterances, so it does not select here.
    train=_snips(FramesRow(group=("words",), intents=_SEVEN, renamed=_RENAMED), "train"),
    test={language: intents.xsid(_XSID_OF_SNIPS_ROW, language, "test") for language in intents.XSID_LANGUAGES},
    metrics=_XSID_METRICS,
    note=_XSID_NOTE,
    scale="trained on Snips alone; xSID rows of the nine intents that Snips does not have are left out",
    origin=intents.XSID_ORIGIN,
)

# MASSIVE

_MASSIVE_KIND = SlotsIntent(intents=intents.MASSIVE_INTENTS, slots=intents.MASSIVE_SLOTS)
_MASSIVE_METRICS = (MassiveExactMatch(), MassiveSlots(), IntentAccuracy())
_LOCALES = names(
    """af-ZA am-ET ar-SA az-AZ bn-BD ca-ES cy-GB da-DK de-DE el-GR en-US es-ES fa-IR fi-FI fr-FR he-IL hi-IN hu-HU hy-AM
    id-ID is-IS it-IT ja-JP jv-ID ka-GE km-KH kn-IN ko-KR lv-LV ml-IN mn-MN ms-MY my-MM nb-NO nl-NL pl-PL pt-PT ro-RO
    ru-RU sl-SL sq-AL sv-SE sw-KE ta-IN te-IN th-TH tl-PH tr-TR ur-PK vi-VN zh-CN zh-TW"""
)
_BY_CHARACTER = ("ja-JP", "zh-CN", "zh-TW")
_MASSIVE_ARCHIVE = "https://amazon-massive-nlu-dataset.s3.amazonaws.com/amazon-massive-dataset-1.1.tar.gz"


def _language(locale: str) -> str:
    return "zh-tw" if locale == "zh-TW" else locale[:2]


def _massive(locale: str, partition: str) -> Source:
    read = MassiveUtterances(partition=partition, by_character=locale in _BY_CHARACTER)
    row = FramesRow(id="id", group=("id",), outside="Other")  # an id is the same item in every language
    name = f"1.1/data/{locale}.jsonl"
    place = web(read, row, (f"massive/{name}",), (_MASSIVE_ARCHIVE,), (name,))
    return source(place, language=_language(locale), rows={"train": 11_514, "dev": 2_033, "test": 2_974}[partition])


MASSIVE = Task(
    name="massive",
    kind=_MASSIVE_KIND,
    train=_massive("en-US", "train"),
    dev=_massive("en-US", "dev"),
    test={_language(locale): _massive(locale, "test") for locale in _LOCALES},
    metrics=_MASSIVE_METRICS,
    origin=intents.MASSIVE_INTENT.origin,
)


def _massive_de(split: str) -> Source:
    """Return both files of a split, line by utterance; slots are names, "-" for none."""
    read = ZippedFiles(readers=(Bio(columns=("token", "slot")), Tsv(columns=("text", "intent"))))
    numbers = tuple((str(i), name) for i, name in enumerate(_MASSIVE_KIND.intents))
    row = FramesRow(group=("text",), intents=numbers, outside="-")
    files = tuple(f"massive/de/{folder}/{split}.txt.gz" for folder in ("Seq", "Intents"))
    return source(local(read, row, *files), language="de")


MASSIVE_DE = Task(
    name="massive-de",
    kind=_MASSIVE_KIND,
    train=_massive_de("train"),
    dev=_massive_de("dev"),
    test={"de": _massive_de("test")},
    metrics=_MASSIVE_METRICS,
    scale=intents.MASSIVE_INTENT.scale,
    origin=intents.MASSIVE_INTENT.origin,
)

# MTOP

_MTOP_LANGUAGES = names("en de es fr hi th")
_MTOP_COMMIT = "af03531af8cb6a39504e1044ba1edebef6c76d15"


def _mtop(language: str, split: str) -> Source:
    """Return a split of MTOP as XSemPLR has it: items that are there in all six languages, forms decoupled."""
    row = FormsRow(text=f"question.{language}", form=f"mr.slot_intent.{language}", group=("id",))
    name = f"mtop/{split}.json"
    urls = raw("psunlpgroup/XSemPLR", _MTOP_COMMIT, f"dataset/{name}")
    return source(web(JsonList(), row, (name,), urls), language=language)


MTOP = Task(
    name="mtop",
    kind=SlotsIntent(intents=MTOP_INTENTS, slots=MTOP_SLOTS, open_labels=True),
    train=_mtop("en", "train"),
    dev=_mtop("en", "dev"),
    test={language: _mtop(language, "test") for language in _MTOP_LANGUAGES},
    metrics=(PytextFrames(), CasperMatch(), XsemplrMatch(), IntentAccuracy()),
    note="flat: the top intent and its outermost slots. Guesses are written as forms and compared with the whole gold "
    "form, so nested ones, and ones whose slots are in another order than the utterance's words, count as wrong. "
    "Exact match is that of three programs, each under its name",
    origin=Origin(
        licence="CC BY-SA 4.0",
        cite="Li et al. 2021, MTOP: A Comprehensive Multilingual Task-Oriented Semantic Parsing Benchmark; rows of "
        "Zhang et al. 2023, XSemPLR",
        home="https://github.com/psunlpgroup/XSemPLR",
        text="human-translated",
    ),
)
_MTOP_DEV = _mtop("en", "dev")
MTOP_DEV = MTOP.replace(
    name="mtop-dev-slice",
    train=_MTOP_DEV.split("rest", 0.2, seed=1),
    dev=_MTOP_DEV.split("held", 0.2, seed=1),
    scale="trained on four fifths of the English development set (859 utterances), selected on the rest; local copies "
    "hold 700 of the 1,237 test utterances",
)

TASKS = (XSID, SNIPS, XSID_SNIPS, MASSIVE, MASSIVE_DE, MTOP, MTOP_DEV)
