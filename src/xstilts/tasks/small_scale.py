"""Small-scale tasks: what can be trained on where a full training set is out of reach.

Each is a task of its own, named after its data, with a sentence that says what was cut. A slice of a development file
that is trained on never shares a group with what is scored.
"""

from __future__ import annotations

from xstilts.data.readers.catalog import Bio, Csv, Jsonl, SquadReader, Supertags, Tsv
from xstilts.data.row_makers.catalog import PairRow, SpanRow, TagsRow, TextRow
from xstilts.data.source import Place, Source
from xstilts.kinds.classification import Classification
from xstilts.kinds.tagging import Tagging
from xstilts.tasks import intents, mmlu, nli, paraphrase, passages, qa, reasoning, tagging
from xstilts.tasks.base import Origin, Task
from xstilts.tasks.ccg_categories import CATEGORIES
from xstilts.tasks.sources import local, raw, source, web

# Inference

_TAXINLI = source(
    local(Tsv(header=True), PairRow(a="prem", b="hyp", label="label", group=("prem",)), "mnli/taxinli10k.tsv.gz")
)
MNLI_TAXINLI = Task(
    name="mnli-taxinli10k",
    kind=nli.NLI,
    train=_TAXINLI.split("rest", 0.1, seed=1),
    test={"en": _TAXINLI.split("held", 0.1, seed=1)},
    scale="10,071 MultiNLI pairs (TaxiNLI), 7,728 of them from its development set; a tenth is scored",
    origin=Origin(
        licence="C-UDA 1.0; MultiNLI text OANC and others",
        cite="Joshi et al. 2020, TaxiNLI: Taking a Ride up the NLU Hill",
        home="https://github.com/microsoft/TaxiNLI",
        text="original",
    ),
)
XNLI_TAXINLI = nli.XNLI.replace(
    name="xnli-taxinli10k", train=MNLI_TAXINLI.train, benchmarks=(), scale="trained on mnli-taxinli10k"
)

_CAD = ("acmi-lab/counterfactually-augmented-data", "6f232a1d2a11462a30ce08fb4825b734ab30828e")


def _cad(split: str) -> Source:
    name = f"NLI/all_combined/{split}.tsv"
    row = PairRow(a="sentence1", b="sentence2", label="gold_label", group=("sentence1",))
    return source(web(Tsv(header=True), row, (f"snli/{name}",), raw(*_CAD, name)))


SNLI_CAD = Task(
    name="snli-cad",
    kind=nli.NLI,
    train=_cad("train"),
    dev=_cad("dev"),
    test={"en": _cad("test")},
    scale="8,330 counterfactually augmented SNLI pairs, not the 549,367 of SNLI",
    origin=Origin(
        licence="Apache-2.0; SNLI text CC BY-SA 4.0",
        cite="Kaushik, Hovy and Lipton 2020, Learning the Difference that Makes a Difference with "
        "Counterfactually-Augmented Data",
        home="https://github.com/acmi-lab/counterfactually-augmented-data",
        text="original",
    ),
)

# Paraphrase

_QQP_ROW = PairRow(a="question1", b="question2", label="is_duplicate", group=("question1",))
_QQP = source(local(Csv(), _QQP_ROW, "qqp/train_sample.csv.gz"))
QQP_1000 = paraphrase.QQP.replace(
    name="qqp-1000",
    train=_QQP.split("rest", 0.3, seed=1),
    test={"en": _QQP.split("held", 0.3, seed=1)},
    holdout=0.1,
    scale="1,000 pairs of the QQP training set; three tenths are scored",
)
PAWSX_QQP = paraphrase.PAWSX.replace(
    name="pawsx-qqp1000",
    train=QQP_1000.train,
    benchmarks=(),
    scale="trained on qqp-1000, not on PAWS: another kind of pair",
)

# Question answering

_SQUAD36 = source(local(SquadReader(), SpanRow(group=("title",)), "squad1/train-v1.1.json.gz"))
_SQUAD30 = _SQUAD36.split("rest", 0.1, seed=1)
SQUAD1_36 = qa.SQUAD1.replace(
    name="squad1-36-articles",
    train=_SQUAD30.split("rest", 0.1, seed=5),
    dev=_SQUAD30.split("held", 0.1, seed=5),
    test={"en": _SQUAD36.split("held", 0.1, seed=1)},
    scale="36 of the 442 articles of the SQuAD training set; 6 of them are scored, 3 select",
)
XQUAD_36 = qa.XQUAD.replace(
    name="xquad-36-articles",
    train=SQUAD1_36.train,
    dev=SQUAD1_36.dev,
    benchmarks=(),
    scale="trained on squad1-36-articles",
)
MLQA_36 = qa.MLQA.replace(
    name="mlqa-36-articles",
    train=SQUAD1_36.train,
    dev=SQUAD1_36.dev,
    benchmarks=(),
    scale="trained on squad1-36-articles",
)
LAREQA_36 = passages.LAREQA.replace(
    name="lareqa-36-articles",
    train=source(local(SquadReader(), passages.ANSWER_SENTENCE, "squad1/train-v1.1.json.gz")),
    holdout=0.1,
    benchmarks=(),
    scale="trained on 36 of the 442 articles of the SQuAD training set",
)

_SQUAD2_DEV = source(local(SquadReader(), SpanRow(group=("title",)), "squad2/dev-v2.0.json.gz"))
SQUAD2_DEV = qa.SQUAD2.replace(
    name="squad2-dev-slice",
    train=_SQUAD2_DEV.split("rest", 0.3, seed=1),
    test={"en": _SQUAD2_DEV.split("held", 0.3, seed=1)},
    holdout=0.1,
    scale="16 articles of the development set, split into trained and scored; all are XQuAD articles: never"
    " score xquad after it",
)

# Choice

_HELLASWAG = source(local(Jsonl(), reasoning.HELLASWAG_ROW, "hellaswag/hellaswag.jsonl.gz"))
HELLASWAG_VAL = reasoning.HELLASWAG.replace(
    name="hellaswag-val-slice",
    train=_HELLASWAG.split("rest", 0.3, seed=1),
    test={"en": _HELLASWAG.split("held", 0.3, seed=1)},
    holdout=0.1,
    scale="1,000 rows of the development set: seven tenths are trained on, the rest is scored",
)
_COSMOSQA = source(local(Csv(), reasoning.COSMOSQA_ROW, "cosmosqa/valid.csv.gz"))
COSMOSQA_DEV = reasoning.COSMOSQA.replace(
    name="cosmosqa-dev-slice",
    train=_COSMOSQA.split("rest", 0.3, seed=1),
    test={"en": _COSMOSQA.split("held", 0.3, seed=1)},
    holdout=0.1,
    scale="the development set: seven tenths are trained on, the rest is scored",
)
SOCIALIQA_DEV = reasoning.SOCIALIQA.replace(
    name="socialiqa-dev-slice",
    train=source(reasoning.socialiqa_local("dev")),
    test={"en": source(reasoning.socialiqa_local("tst"))},
    holdout=0.1,
    scale="trained on the development set (1,954 questions), scored on the test set",
)
ARC_DEV = reasoning.ARC.replace(
    name="arc-dev-slice",
    train=source(reasoning.arc_local("Dev")),
    dev=None,
    test={"en": source(reasoning.arc_local("Test"))},
    holdout=0.2,
    scale="trained on the development set (294 questions), scored on the test set",
)
MMLU_DEV = mmlu.MMLU.replace(
    name="mmlu-dev-slice",
    train=source(mmlu.mmlu_local("dev")),
    dev=None,
    test={"en": source(mmlu.mmlu_local("test"), note="53 questions of each of the 57 subjects")},
    holdout=0.2,
    scale="trained on the 285 questions given as examples, not on the 99,842 of the auxiliary training set",
)

# Tagging

_VAL6000 = source(
    local(Bio(columns=("index", "token", "tag")), TagsRow(), "wikineural/en/val.conllu.gz"),
    note="the English development file",
)
WIKINEURAL_VAL = tagging.WIKINEURAL.replace(
    name="wikineural-val6000",
    train=_VAL6000,
    dev=None,
    scale="trained on 6,000 sentences of the English development set, not on the 92,720 of the training set",
)
WIKIGOLD_VAL = tagging.WIKIGOLD.replace(
    name="wikigold-val6000", train=_VAL6000, dev=None, scale="trained on wikineural-val6000"
)
MASAKHANER_1500 = tagging.MASAKHANER2.replace(
    name="masakhaner2-1500",
    train=source(tagging.masakhaner_local("swa", "train"), language="sw"),
    dev=source(tagging.masakhaner_local("swa", "dev"), language="sw"),
    scale="trained on 1,500 of 6,593 Swahili sentences",
)


def _supertags(*paths: str) -> Place:
    files = tuple(f"ccg/{path.rpartition('/')[2]}" for path in paths)
    urls = raw("masashi-y/ud2ccg", "0ff3ce645dbe3e94a674c6236a226673a2ca3a75", *paths)
    return web(Supertags(), TagsRow(tags="categories"), files, urls)


CCG_QUESTIONS = Task(
    name="ccg-questions",
    kind=Tagging(labels=CATEGORIES, open_labels=True),
    train=source(_supertags("questionbank/questions/qus_train.staggedGold", "biomedical/GENIA1000.staggedgold")),
    test={"en": source(_supertags("questionbank/questions/qus_test.staggedGold"))},
    scale="1,328 questions and 1,000 biomedical sentences, not the 39,604 of CCGbank, which is licensed",
    origin=Origin(
        licence="none stated with the tags; GENIA text CC BY 3.0, TREC questions public",
        cite="Rimell and Clark 2008, Adapting a Lexicalized-Grammar Parser to Contrasting Domains",
        home="https://github.com/masashi-y/ud2ccg",
        text="original",
    ),
)

# Intents: the seven intents of Snips under the names of xSID; test rows of its other nine intents are left out.

_SHARED = ("AddToPlaylist", "BookRestaurant", "PlayMusic", "RateBook", "SearchCreativeWork", "SearchScreeningEvent")
_RENAMED = (*((name, name) for name in _SHARED), ("GetWeather", "weather/find"))
_SEVEN = tuple(to for _, to in _RENAMED)
_OTHERS = tuple(("intent", name) for name in intents.XSID_INTENTS.labels if name not in _SEVEN)
_SNIPS_ROW = TextRow(label="label", labels=_RENAMED, group=("text",))
_XSID_ROW = TextRow(label="intent", group=("item",), drop=_OTHERS)

XSID_SNIPS = Task(
    name="xsid-intent-snips",
    kind=Classification(labels=_SEVEN),
    train=intents.snips(intents.SNIPS_LABELLED, _SNIPS_ROW, "train", "label"),
    # The validation set of Snips holds 140 of xSID's English test utterances, so it does not select.
    test={language: intents.xsid(_XSID_ROW, language, "test") for language in intents.XSID_LANGUAGES},
    scale="trained on Snips alone; xSID rows of the nine intents that Snips does not have are left out",
    origin=intents.XSID_ORIGIN,
)

TASKS = (
    MNLI_TAXINLI, XNLI_TAXINLI, SNLI_CAD, QQP_1000, PAWSX_QQP, SQUAD1_36, XQUAD_36, MLQA_36, LAREQA_36, SQUAD2_DEV,
    HELLASWAG_VAL, COSMOSQA_DEV, SOCIALIQA_DEV, ARC_DEV, MMLU_DEV, WIKINEURAL_VAL, WIKIGOLD_VAL, MASAKHANER_1500,
    CCG_QUESTIONS, XSID_SNIPS,
)  # fmt: skip
