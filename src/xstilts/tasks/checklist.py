"""MultiCheckList of XTREME-R: what a question answerer can do, capability by capability, in 50 languages."""

from __future__ import annotations

from xstilts.data.readers.multichecklist import MultiCheckList
from xstilts.data.row_makers.catalog import SpanRow
from xstilts.data.source import Source
from xstilts.metrics.spans import Mlqa, SquadScore
from xstilts.tasks import qa, small_scale
from xstilts.tasks.base import Origin, Task
from xstilts.tasks.sources import names, raw, source, web

LANGUAGES = names(
    """af ar az bg bn de el en es et eu fa fi fr gu ha he hi ht hu id it ja jv ka kk ko lt ml mr ms my nl pa pl pt qu ru
    sw ta te th tl tr uk ur vi wo yo zh"""
)
# name of the task -> the test as the table calls it
TESTS = {
    "comparison": "A is COMP than B. Who is more / less COMP?",
    "intensifiers": "Intensifiers (very, super, extremely) and reducers (somewhat, kinda, etc)?",
    "properties": "size, shape, age, color",
    "profession": "Profession vs nationality",
    "animal": "Animal vs Vehicle",
    "animal-2": "Animal vs Vehicle v2",
}
# The Quechua answers of this test are inflected in no way that its contexts have.
_WITHOUT = {"animal": ("qu",)}
_FILE = "multichecklist/checklist_templates.tsv"
_ROW = SpanRow(group=("id",), misplaced="drop", drop=(("rendered", "no"),))
_TABLE = raw("google-research/xtreme", "838c13b69daafb9328785d16caae2711e4012123", _FILE)


def _cases(language: str, test: str) -> Source:
    return source(web(MultiCheckList(language=language, test=test), _ROW, (_FILE,), _TABLE), language=language)


def _task(name: str, test: str, trained: Task, without: tuple[str, ...] = ()) -> Task:
    return Task(
        name=name,
        kind=qa.QA,
        train=trained.train,
        dev=trained.dev,
        test={language: _cases(language, test) for language in LANGUAGES if language not in without},
        metrics=(SquadScore(), Mlqa()),
        scale="full" if trained.scale == "full" else f"trained on {trained.name}",
        note="100 questions of each test, filled from the templates of XTREME-R with the same names in every language; "
        "not the authors' own draws, so beside published error rates only in kind",
        origin=Origin(
            licence="Apache-2.0",
            cite="Ruder et al. 2021, XTREME-R: Towards More Challenging and Nuanced Multilingual Evaluation",
            home="https://github.com/google-research/xtreme/tree/master/multichecklist",
            text="human-translated",
        ),
    )


MULTICHECKLIST = _task("multichecklist", "", qa.SQUAD1)
CAPABILITIES = tuple(
    _task(f"multichecklist-{name}", test, qa.SQUAD1, _WITHOUT.get(name, ())) for name, test in TESTS.items()
)
SMALL = (
    _task("multichecklist-36-articles", "", small_scale.SQUAD1_36),
    *(
        _task(f"multichecklist-{name}-36-articles", test, small_scale.SQUAD1_36, _WITHOUT.get(name, ()))
        for name, test in TESTS.items()
    ),
)
TASKS = (MULTICHECKLIST, *CAPABILITIES, *SMALL)
