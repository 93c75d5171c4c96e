"""Minimal pairs: which of two sentences an encoder finds likelier, by its own masked-LM head or by a linear probe.

No pair trains an encoder. The probe alone is trained, on pairs of BLiMP, and never moves the encoder.
"""

from __future__ import annotations

from dataclasses import replace

from xstilts.core.languages import canonical_code
from xstilts.data.readers.catalog import Csv, Jsonl, JudgedLines, Lines, SyntaxGym
from xstilts.data.row_makers.catalog import MinimalPairRow, PairChoiceRow, SuiteItemRow, TextRow
from xstilts.data.source import Place, Source
from xstilts.kinds.minimal_pairs import MinimalPairs, RegionPredictions
from xstilts.kinds.pair_probe import PairProbe
from xstilts.kinds.pseudo_perplexity import TextPerplexity
from xstilts.tasks.base import Origin, Task
from xstilts.tasks.retrieval import FLORES, FLORES_CODES, FLORES_FOLDER, FLORES_REPOSITORY
from xstilts.tasks.sources import local, names, noted, raw, source, web

PAIRS, REGIONS = MinimalPairs(), RegionPredictions()
FOLDER = "minimal-pairs"
_BY_SUM = (
    "the sentence with the larger sum of log-probabilities counts as preferred; within-word masking is the headline"
)

_BLIMP_ROW = MinimalPairRow(
    good="sentence_good", bad="sentence_bad", phenomenon=("linguistics_term",), paradigm=("UID",)
)
_BLIMP = noted(
    local(Jsonl(), _BLIMP_ROW, f"{FOLDER}/en/blimp-67x100.jsonl"), "the first 100 of 1,000 pairs of each paradigm"
)
BLIMP = Task(
    name="blimp",
    kind=PAIRS,
    test={"en": source(_BLIMP, rows=6_700)},
    note=_BY_SUM,
    origin=Origin(
        licence="CC BY 4.0",
        cite="Warstadt et al. 2020, BLiMP: The Benchmark of Linguistic Minimal Pairs for English",
        home="https://github.com/alexwarstadt/blimp",
        text="generated from grammars",
    ),
)

_CLAMS_EVERYWHERE = names(
    "long_vp_coord obj_rel_across_anim obj_rel_within_anim prep_anim simple_agrmt subj_rel vp_coord"
)
_CLAMS_ENGLISH = names(
    """npi_across_anim npi_across_inanim obj_rel_across_inanim obj_rel_no_comp_across_anim
    obj_rel_no_comp_across_inanim obj_rel_no_comp_within_anim obj_rel_no_comp_within_inanim obj_rel_within_inanim
    prep_inanim reflexive_sent_comp reflexives_across sent_comp simple_npi_anim simple_npi_inanim simple_reflexives"""
)
_CLAMS_ROW = MinimalPairRow(phenomenon=("paradigm",), paradigm=("paradigm",))


def _clams(language: str) -> Source:
    paradigms = sorted((*_CLAMS_EVERYWHERE, *(_CLAMS_ENGLISH if language == "en" else ())))
    files = (f"{FOLDER}/{language}/clams-{name}.txt" for name in paradigms)
    place = local(JudgedLines(prefix="clams-"), _CLAMS_ROW, *files)
    return source(noted(place, "at most the first 200 pairs of each paradigm"), language=language)


CLAMS = Task(
    name="clams",
    kind=PAIRS,
    test={language: _clams(language) for language in ("de", "en", "fr", "he", "ru")},
    note=_BY_SUM,
    origin=Origin(
        licence="Apache-2.0",
        cite="Mueller et al. 2020, Cross-Linguistic Syntactic Evaluation of Word Prediction Models",
        home="https://github.com/aaronmueller/clams",
        text="generated from grammars, lower case",
    ),
)

SUITES = names(
    """center_embed center_embed_mod cleft cleft_modifier fgd-embed3 fgd-embed4 fgd_hierarchy fgd_object fgd_pp
    fgd_subject mvrr mvrr_mod nn-nv-rpl npi_orc_any npi_orc_ever npi_src_any npi_src_ever npz_ambig npz_ambig_mod
    npz_obj npz_obj_mod number_orc number_prep number_src reflexive_orc_fem reflexive_orc_masc reflexive_prep_fem
    reflexive_prep_masc reflexive_src_fem reflexive_src_masc subordination subordination_orc-orc
    subordination_pp-pp subordination_src-src"""
)
# Hu et al. 2020, A Systematic Assessment of Syntactic Generalization in Neural Language Models, section 2.
_CIRCUITS = (
    ("center_embed", "center embedding"), ("cleft", "long-distance dependencies"),
    ("fgd", "long-distance dependencies"), ("mvrr", "garden-path effects"), ("npi", "licensing"),
    ("npz", "garden-path effects"), ("nn-nv-rpl", "garden-path effects"),
    ("number", "agreement"), ("reflexive", "licensing"), ("subordination", "gross syntactic state"),
)  # fmt: skip
_SUITE_ROW = SuiteItemRow(id="id", group=("id",), circuits=_CIRCUITS)
SYNTAXGYM = Task(
    name="syntaxgym",
    kind=REGIONS,
    test={
        "en": source(
            web(
                SyntaxGym(),
                _SUITE_ROW,
                tuple(f"{FOLDER}/en/syntaxgym-{suite}.json" for suite in SUITES),
                raw(
                    "cpllab/syntactic-generalization",
                    "43f1f86b746254406dafc89bd17b9d4976607ef6",
                    *(f"test_suites/json/{suite}.json" for suite in SUITES),
                ),
            ),
            rows=842,
        )
    },
    note="share of the predictions that hold, one or two an item; the suites were written for left-to-right models",
    origin=Origin(
        licence="MIT",
        cite="Gauthier et al. 2020, SyntaxGym: An Online Platform for Targeted Evaluation of Language Models; "
        "Hu et al. 2020, A Systematic Assessment of Syntactic Generalization in Neural Language Models",
        home="https://github.com/cpllab/syntactic-generalization",
        text="original",
    ),
)

_RUBLIMP_ROW = MinimalPairRow(
    good="source_sentence", bad="target_sentence", phenomenon=("phenomenon",), paradigm=("PID",), group=("id",)
)
_RUBLIMP = noted(
    local(Csv(), _RUBLIMP_ROW, f"{FOLDER}/ru/rublimp-60perparadigm.csv"),
    "at most the first 60 pairs of each paradigm, none from the book corpus",
)
RUBLIMP = Task(
    name="rublimp",
    kind=PAIRS,
    test={"ru": source(_RUBLIMP, language="ru", rows=2_581)},
    note=_BY_SUM,
    origin=Origin(
        licence="Apache-2.0; sentences from Wikipedia, CC BY-SA, and Wikinews, CC BY",
        cite="Taktasheva et al. 2024, RuBLiMP: Russian Benchmark of Linguistic Minimal Pairs",
        home="https://github.com/RussianNLP/RuBLiMP",
        text="original, made ungrammatical by rules",
    ),
)

_SLING_ROW = MinimalPairRow(
    good="sentence_good",
    bad="sentence_bad",
    phenomenon=("Phenomenon", "phenomenon"),
    paradigm=("Paradigm", "paradigm"),
)
_SLING = noted(
    local(Jsonl(), _SLING_ROW, f"{FOLDER}/zh/sling-60perparadigm.jsonl"), "the first 60 pairs of each paradigm's file"
)
SLING = Task(
    name="sling",
    kind=PAIRS,
    test={"zh": source(_SLING, language="zh", rows=2_956)},
    note=f"{_BY_SUM}; where a sentence is one word to the tokenizer, that is plain left to right",
    origin=Origin(
        licence="MIT",
        cite="Song et al. 2022, SLING: Sino Linguistic Evaluation of Large Language Models",
        home="https://github.com/Yixiao-Song/SLING_Data_Code",
        text="generated from a treebank and templates",
    ),
)

_TURBLIMP_FILES = names(
    """anaphor_agreement argument_structure_ditransitive argument_structure_transitive binding determiners ellipsis
    irregular_forms island_effects nominalization npi_licensing passives quantifiers relative_clauses scrambling
    subject_verb_agreement suspended_affixation"""
)
_TURBLIMP_ROW = MinimalPairRow(
    good="good_sentence", bad="bad_sentence", phenomenon=("phenomenon",), paradigm=("subtype", "phenomenon")
)
_TURBLIMP_READ = Csv(delimiter=";")
TURBLIMP = Task(
    name="turblimp",
    kind=PAIRS,
    test={
        "tr": source(
            noted(
                local(_TURBLIMP_READ, _TURBLIMP_ROW, *(f"{FOLDER}/tr/turblimp-{name}.csv" for name in _TURBLIMP_FILES)),
                "the first 300 of 1,000 pairs of each file",
            ),
            language="tr",
            rows=4_794,
        )
    },
    note=_BY_SUM,
    origin=Origin(
        licence="CC BY 4.0",
        cite="Başar et al. 2025, TurBLiMP: A Turkish Benchmark of Linguistic Minimal Pairs",
        home="https://github.com/ezgibasar/TurBLiMP",
        text="written by hand and augmented",
    ),
)


def _as_choices(found: Source) -> Source:
    """The same pairs for a probe."""

    def choice(place: Place) -> Place:
        row = place.row
        assert isinstance(row, MinimalPairRow)
        return replace(place, row=PairChoiceRow(good=row.good, bad=row.bad, group=row.group))

    return replace(found, places=tuple(choice(place) for place in found.places))


PROBE = Task(
    name="minimal-pairs-probe",
    kind=PairProbe(),
    train=_as_choices(BLIMP.test["en"]),
    test={
        **{language: _as_choices(CLAMS.test[language]) for language in ("de", "fr", "he")},
        "ru": _as_choices(RUBLIMP.test["ru"]),
        "tr": _as_choices(TURBLIMP.test["tr"]),
        "zh": _as_choices(SLING.test["zh"]),
    },
    note="a linear probe on the mean state, trained on English pairs of BLiMP; the encoder stands still",
    origin=Origin(
        licence="CC BY 4.0, Apache-2.0, MIT (as of the suites)",
        cite="BLiMP, CLAMS, RuBLiMP, SLING, TurBLiMP (see there)",
        home="https://github.com/alexwarstadt/blimp",
        text="as of the suites",
    ),
)

LINES = 100  # of each language: enough to see a drift, and read in seconds


def _texts(code: str) -> Source:
    """Some sentences of FLORES-200 in a language, which pretraining is kept from anyway."""
    name = f"{code}.devtest"
    urls = raw(*FLORES_REPOSITORY, f"{FLORES_FOLDER}/{name}")
    place = web(Lines(), TextRow(), (f"parallel/flores200/devtest/{name}",), urls)
    return source(place, language=canonical_code(code), note=f"{LINES} sentences").subsample(LINES)


PERPLEXITY = Task(
    name="pseudo-perplexity",
    kind=TextPerplexity(),
    test={canonical_code(code): _texts(code) for code in ("eng", *FLORES_CODES)},
    note="how far the encoder has drifted from its masked-LM head, which stays as it was: certainty is "
    "100 (1 - log pseudo-perplexity / log vocabulary), each token masked alone",
    origin=FLORES.origin,
)

TASKS = (BLIMP, CLAMS, SYNTAXGYM, RUBLIMP, SLING, TURBLIMP, PROBE, PERPLEXITY)
