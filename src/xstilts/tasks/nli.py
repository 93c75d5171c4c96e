"""Natural language inference (NLI): does the first text entail, contradict, or leave open the second?"""

from __future__ import annotations

from xstilts.data.readers.catalog import Tsv, ZippedFiles
from xstilts.data.row_makers.catalog import PairRow
from xstilts.data.source import Source
from xstilts.kinds.classification import Classification
from xstilts.tasks.base import Origin, Task
from xstilts.tasks.sources import hub, local, names, noted, source, web

NLI = Classification(labels=("entailment", "neutral", "contradiction"))

# On the hub labels are numbers; -1 marks pairs without a majority.
NUMBERS = (("0", "entailment"), ("1", "neutral"), ("2", "contradiction"))
HUB_PAIR = PairRow(
    a="premise", b="hypothesis", label="label", labels=NUMBERS, group=("premise",), drop=(("label", "-1"),)
)

XNLI_LANGUAGES = names("ar bg de el en es fr hi ru sw th tr ur vi zh")

# The training data of MultiNLI as XNLI's authors translated it: row i is row i of the English file.
_XNLI_MT = PairRow(
    a="premise",
    b="hypo",
    label="label",
    labels=(*((label, label) for label in NLI.labels), ("contradictory", "contradiction")),
)


def _mnli_in(language: str) -> Source:
    file = f"XNLI-MT-1.0/multinli/multinli.train.{language}.tsv"
    return source(
        hub("facebook/xnli", HUB_PAIR, f"{language}/train-00000-of-00001.parquet"),
        web(
            Tsv(header=True),
            _XNLI_MT,
            (f"xnli/{file}",),
            ("https://dl.fbaipublicfiles.com/XNLI/XNLI-MT-1.0.zip",),
            (file,),
        ),
        language=language,
        note="machine-translated by the authors of XNLI, CC BY-NC 4.0",
        rows=392_702,
    ).without_blanks()


MNLI = Task(
    name="mnli",
    kind=NLI,
    train=source(hub("nyu-mll/multi_nli", HUB_PAIR, "data/train-00000-of-00001.parquet"), rows=392_702),
    dev=source(hub("nyu-mll/multi_nli", HUB_PAIR, "data/validation_matched-00000-of-00001.parquet")),
    translations={language: _mnli_in(language) for language in XNLI_LANGUAGES if language != "en"},
    test={
        "en": source(
            hub("nyu-mll/multi_nli", HUB_PAIR, "data/validation_mismatched-00000-of-00001.parquet"),
            note="the mismatched development set: the labels of the test set are not public",
        )
    },
    origin=Origin(
        licence="OANC licence and others, by genre",
        cite="Williams, Nangia and Bowman 2018, A Broad-Coverage Challenge Corpus for Sentence "
        "Understanding through Inference",
        home="https://cims.nyu.edu/~sbowman/multinli/",
        text="original",
    ),
)

SNLI = Task(
    name="snli",
    kind=NLI,
    train=source(hub("stanfordnlp/snli", HUB_PAIR, "plain_text/train-00000-of-00001.parquet"), rows=549_367),
    dev=source(hub("stanfordnlp/snli", HUB_PAIR, "plain_text/validation-00000-of-00001.parquet")),
    test={"en": source(hub("stanfordnlp/snli", HUB_PAIR, "plain_text/test-00000-of-00001.parquet"))},
    origin=Origin(
        licence="CC BY-SA 4.0",
        cite="Bowman, Angeli, Potts and Manning 2015, A large annotated corpus for learning natural language inference",
        home="https://nlp.stanford.edu/projects/snli/",
        text="original",
    ),
)


def _rounds(split: str) -> tuple[str, ...]:
    return tuple(f"plain_text/{split}_r{r}-00000-of-00001.parquet" for r in (1, 2, 3))


# ANLI+ (Phang et al. 2020) is a mixture of anli, mnli and snli; they share a head because their labels are the same.
ANLI = Task(
    name="anli",
    kind=NLI,
    train=source(hub("facebook/anli", HUB_PAIR, *_rounds("train")), note="rounds 1 to 3", rows=162_865),
    dev=source(hub("facebook/anli", HUB_PAIR, *_rounds("dev")), note="rounds 1 to 3"),
    test={"en": source(hub("facebook/anli", HUB_PAIR, *_rounds("test")), note="rounds 1 to 3")},
    origin=Origin(
        licence="CC BY-NC 4.0",
        cite="Nie et al. 2020, Adversarial NLI: A New Benchmark for Natural Language Understanding",
        home="https://github.com/facebookresearch/anli",
        text="original",
        noncommercial=True,
    ),
)

# Three hypotheses to a premise, one after another.
_XNLI_ROW = PairRow(a="premise", b="hypothesis", label="label", group_rows=3)
_XNLI_HUB = PairRow(a="premise", b="hypothesis", label="label", labels=NUMBERS, group_rows=3)
_XNLI_TSV = Tsv(columns=("premise", "hypothesis", "label"))
# The test files of XTREME have no labels. They are the same rows in the same order in all languages, and the Swahili
# file that adds genres to XNLI has their labels.
_XNLI_TEST = ZippedFiles(readers=(Tsv(columns=("premise", "hypothesis")), Tsv(header=True)))
_XNLI_ORIGIN = Origin(
    licence="CC BY-NC 4.0",
    cite="Conneau et al. 2018, XNLI: Evaluating Cross-lingual Sentence Representations",
    home="https://github.com/facebookresearch/XNLI",
    text="human-translated",
    noncommercial=True,
)

XNLI = Task(
    name="xnli",
    kind=NLI,
    train=MNLI.train,
    translations=MNLI.translations,
    dev=source(
        local(_XNLI_TSV, _XNLI_ROW, "xnli/dev-en.tsv.gz"),
        hub("facebook/xnli", _XNLI_HUB, "en/validation-00000-of-00001.parquet"),
    ),
    test={
        language: source(
            noted(
                local(_XNLI_TEST, _XNLI_ROW, f"xnli/test-{language}.tsv.gz", "xnli/sw.genre.test.tsv.gz"),
                "the local copy holds 1,002 of 5,010 test rows",
            ),
            hub("facebook/xnli", _XNLI_HUB, f"{language}/test-00000-of-00001.parquet"),
            language=language,
            rows=5_010,
        )
        for language in XNLI_LANGUAGES
    },
    origin=_XNLI_ORIGIN,
    benchmarks=("xtreme", "xtreme-r"),
)

# The same training as XNLI, scored in two languages that XNLI itself does not have.
XNLI_EXTRA = XNLI.replace(
    name="xnli-extra",
    test={
        "ko": source(
            local(
                Tsv(header=True),
                PairRow(a="sentence1", b="sentence2", label="gold_label", group_rows=3),
                "xnli/xnli.dev.ko.tsv.gz",
            ),
            language="ko",
            note="1,002 rows of the development set",
        ),
        "my": source(
            local(
                Tsv(header=True),
                PairRow(a="sentence1_my", b="sentence2_my", label="label", group_rows=3),
                "xnli/my.genre.dev.tsv.gz",
            ),
            language="my",
            note="1,002 rows of the development set",
        ),
    },
    origin=Origin(
        licence="Korean (KorNLI) CC BY-SA 4.0; Burmese (myXNLI) CC BY-NC 4.0",
        cite="Ham et al. 2020, KorNLI and KorSTS; Htet and Dras 2025, Myanmar XNLI; after Conneau et al. 2018, XNLI",
        home="https://github.com/kakaobrain/KorNLUDatasets",
        text="human-translated",
        noncommercial=True,
    ),
    benchmarks=(),
)

TASKS = (MNLI, SNLI, ANLI, XNLI, XNLI_EXTRA)
