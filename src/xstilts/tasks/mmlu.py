"""MMLU: questions of 57 school and university subjects with four options each, whole, by group and by subject."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain

from xstilts.data.readers.catalog import Csv
from xstilts.data.row_makers.catalog import ChoiceRow
from xstilts.data.source import Place
from xstilts.kinds.choice import Choice
from xstilts.tasks.base import Origin, Task
from xstilts.tasks.sources import hub, local, names, noted, source

# The four groups of Hendrycks et al. One training serves them all: they differ in what is scored.
MMLU_GROUPS = {
    "humanities": names(
        """formal_logic high_school_european_history high_school_us_history high_school_world_history
        international_law jurisprudence logical_fallacies moral_disputes moral_scenarios philosophy prehistory
        professional_law world_religions"""
    ),
    "social-sciences": names(
        """econometrics high_school_geography high_school_government_and_politics high_school_macroeconomics
        high_school_microeconomics high_school_psychology human_sexuality professional_psychology public_relations
        security_studies sociology us_foreign_policy"""
    ),
    "stem": names(
        """abstract_algebra astronomy college_biology college_chemistry college_computer_science college_mathematics
        college_physics computer_security conceptual_physics electrical_engineering elementary_mathematics
        high_school_biology high_school_chemistry high_school_computer_science high_school_mathematics
        high_school_physics high_school_statistics machine_learning"""
    ),
    "other": names(
        """anatomy business_ethics clinical_knowledge college_medicine global_facts human_aging management marketing
        medical_genetics miscellaneous nutrition professional_accounting professional_medicine virology"""
    ),
}
MMLU_SUBJECTS = tuple(sorted(chain.from_iterable(MMLU_GROUPS.values())))

_MMLU_HUB = ChoiceRow(prompt="{question}", options="choices", answer="answer")
_MMLU_ROW = ChoiceRow(prompt="{question}", options=("choice0", "choice1", "choice2", "choice3"), answer="answer")

MMLU = Task(
    name="mmlu",
    kind=Choice(),
    train=source(hub("cais/mmlu", _MMLU_HUB, "all/auxiliary_train-00000-of-00001.parquet")),
    dev=source(hub("cais/mmlu", _MMLU_HUB, "all/validation-00000-of-00001.parquet")),
    test={
        "en": source(
            noted(
                local(Csv(), _MMLU_ROW, *(f"mmlu/test/{subject}_test.csv.gz" for subject in MMLU_SUBJECTS)),
                "the local copy holds 53 questions of each of the 57 subjects",
            ),
            hub("cais/mmlu", _MMLU_HUB, "all/test-00000-of-00001.parquet"),
        )
    },
    origin=Origin(
        licence="MIT",
        cite="Hendrycks et al. 2021, Measuring Massive Multitask Language Understanding",
        home="https://github.com/hendrycks/test",
        text="original",
    ),
)


def _mmlu_group(name: str, subjects: tuple[str, ...]) -> Task:
    return MMLU.replace(
        name=f"mmlu-{name}",
        test={
            "en": source(
                noted(
                    local(Csv(), _MMLU_ROW, *(f"mmlu/test/{subject}_test.csv.gz" for subject in subjects)),
                    "the local copy holds 53 questions of each subject",
                ),
                hub("cais/mmlu", _MMLU_HUB, *(f"{subject}/test-00000-of-00001.parquet" for subject in subjects)),
            )
        },
        note=f"{len(subjects)} of the 57 subjects of MMLU",
    )


# A subject in the published layout: no header, the answer is a letter.
_MMLU_PUBLISHED = local(
    Csv(header=False, columns=("question", "choice0", "choice1", "choice2", "choice3", "answer")),
    replace(_MMLU_ROW, answer_as="letter"),
    "mmlu/native/high_school_chemistry_test.csv.gz",
)
MMLU_CHEMISTRY = MMLU.replace(
    name="mmlu-high-school-chemistry",
    test={
        "en": source(_MMLU_PUBLISHED, hub("cais/mmlu", _MMLU_HUB, "high_school_chemistry/test-00000-of-00001.parquet"))
    },
    note="one subject of MMLU, its whole test set",
)


def mmlu_local(part: str) -> Place:
    return local(Csv(), _MMLU_ROW, *(f"mmlu/{part}/{subject}_{part}.csv.gz" for subject in MMLU_SUBJECTS))


TASKS = (MMLU, *(_mmlu_group(name, subjects) for name, subjects in MMLU_GROUPS.items()), MMLU_CHEMISTRY)
