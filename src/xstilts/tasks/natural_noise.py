"""Natural noise and code-switching: treebanks of mixed and of nonstandard language, for tagging and for parsing.

They are trained as `udpos-words` and `dependency` are, on UD English EWT, so that an arm's checkpoint is the same one;
their clean counterparts are languages of these two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from xstilts.data.readers.catalog import Conllu, ConlluTrees
from xstilts.data.row_makers.catalog import TagsRow, TreesRow
from xstilts.data.source import Reader, RowMaker, Source
from xstilts.tasks.base import Origin, Task
from xstilts.tasks.parsing import DEPENDENCY
from xstilts.tasks.sources import raw, source, web
from xstilts.tasks.tagging import UDPOS_WORDS
from xstilts.tasks.treebanks import NONSTANDARD_TREEBANKS, SWITCHED_TREEBANKS, Treebank

# test language -> languages of `udpos-words` and `dependency` whose treebanks are its clean counterpart: those that are
# mixed, or the standard language. Irish has none there.
COUNTERPARTS: Mapping[str, tuple[str, ...]] = {
    "qaf": ("ar", "fr"),
    "qtd": ("tr", "de"),
    "qte": ("te", "en"),
    "qti": ("tr", "en"),
    "ajp": ("ar",),
    "bar": ("de",),
    "en": ("en",),
    "fi": ("fi",),
    "fr": ("fr",),
    "gsw": ("de",),
    "it": ("it",),
    "pcm": ("en",),
    "pt": ("pt",),
    "ru": ("ru",),
    "yue": ("zh",),
}
_CUT = "local copies hold at most 500 sentences of each"
_TAGS = TagsRow(tags="upos", group=("sent_id",))
_TREES = TreesRow(cut=":", group=("sent_id",))
_SWITCHED_NOTE = "several languages in a sentence, by treebank: Turkish and German speech (qtd), Maghrebi Arabic and "
_SWITCHED_NOTE += (
    "French in Latin letters (qaf), Telugu and English (qte), Turkish and English (qti; very small, as qte)"
)
_NONSTANDARD_NOTE = (
    "tweets (ga, it, pt), the web and mails (fi, ru), speech (en learners, fr, pcm, yue), dialects (ajp, "
)
_NONSTANDARD_NOTE += "bar, gsw)"


def _tests(treebanks: Sequence[Treebank], read: Reader, row: RowMaker) -> dict[str, Source]:
    return {treebank.language: _test(treebank, read, row) for treebank in treebanks}


def _test(treebank: Treebank, read: Reader, row: RowMaker) -> Source:
    file = treebank.file("test")
    place = web(
        read, row, (f"ud-codeswitch/{treebank.language}/{file}",), raw(treebank.repository, treebank.commit, file)
    )
    return source(place, language=treebank.language, note=_CUT, rows=500)


def counterpart_note(task: str, treebanks: Sequence[Treebank]) -> str:
    """Say which languages of another task are the clean counterparts."""
    pairs = [f"{t.language}: {' and '.join(COUNTERPARTS[t.language])}" for t in treebanks if t.language in COUNTERPARTS]
    return f"clean counterparts in {task}: {', '.join(pairs)}"


def _counterparts(task: str, treebanks: Sequence[Treebank]) -> dict[str, object]:
    return {
        "counterpart": task,
        "counterparts": {t.language: COUNTERPARTS[t.language] for t in treebanks if t.language in COUNTERPARTS},
    }


def _corrected() -> Task:
    """Sentences of treebanks that say how misspelt words should be written, with these forms."""
    treebanks = {
        t.language: t for t in (*NONSTANDARD_TREEBANKS, *SWITCHED_TREEBANKS) if t.language in ("ga", "pt", "qtd")
    }
    read = Conllu(view="words", corrected=True)
    english = UDPOS_WORDS.test["en"]
    tests = {"en": replace(english, places=tuple(replace(place, read=read) for place in english.places))}
    tests |= {language: _test(treebank, read, _TAGS) for language, treebank in treebanks.items()}
    return UDPOS_WORDS.replace(
        name="udpos-corrected",
        test=tests,
        note="sentences of udpos-words (en), udpos-nonstandard (ga, pt) and udpos-switched (qtd) with their marked "
        "misspellings corrected (CorrectForm): 154, 207, 177 and 32 words; the rest is as it was written",
        origin=_origin(list(treebanks.values())),
        same_tests_as="udpos-words",  # the sentences as written are protected, so that no pretraining is another one
        as_written={"en": "udpos-words", "ga": "udpos-nonstandard", "pt": "udpos-nonstandard", "qtd": "udpos-switched"},
    )


def _origin(treebanks: Sequence[Treebank]) -> Origin:
    closed = [treebank.language for treebank in treebanks if treebank.noncommercial]
    licence = "CC BY-SA 4.0; pt CC BY 4.0" if any(t.language == "pt" for t in treebanks) else "CC BY-SA 4.0"
    return Origin(
        licence=f"{licence}; {', '.join(closed)} CC BY-NC-SA 4.0" if closed else licence,
        cite=UDPOS_WORDS.origin.cite,
        home=UDPOS_WORDS.origin.home,
        text="original",
        noncommercial=bool(closed),
    )


def _tagging(name: str, treebanks: Sequence[Treebank], note: str) -> Task:
    return UDPOS_WORDS.replace(
        name=name,
        test=_tests(treebanks, Conllu(view="words"), _TAGS),
        note=f"{note}; {counterpart_note('udpos-words', treebanks)}",
        **_counterparts("udpos-words", treebanks),
        origin=_origin(treebanks),
    )


def _parsing(name: str, treebanks: Sequence[Treebank], note: str, same_tests_as: str) -> Task:
    return DEPENDENCY.replace(
        name=name,
        test=_tests(treebanks, ConlluTrees(), _TREES),
        note=f"{note}; {counterpart_note('dependency', treebanks)}",
        **_counterparts("dependency", treebanks),
        origin=_origin(treebanks),
        same_tests_as=same_tests_as,
    )


TASKS = (
    _corrected(),
    _tagging("udpos-switched", SWITCHED_TREEBANKS, _SWITCHED_NOTE),
    _tagging("udpos-nonstandard", NONSTANDARD_TREEBANKS, _NONSTANDARD_NOTE),
    _parsing("dependency-switched", SWITCHED_TREEBANKS, _SWITCHED_NOTE, "udpos-switched"),
    _parsing("dependency-nonstandard", NONSTANDARD_TREEBANKS, _NONSTANDARD_NOTE, "udpos-nonstandard"),
)
