"""The inputs of a report: the study as it was run, and where each number is stored. Plain values, no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

from xstilts.claims.claim import Claim
from xstilts.core.languages import LANGUAGES


@dataclass(frozen=True, kw_only=True)
class StudyCell:
    """One cell of a study's grid: an arm on a target with a seed. `status`: "done", "failed", "not run" (something it
    needs failed), "missing" (no data)."""

    arm: str
    target: str
    seed: int
    status: str
    reason: str = ""
    scores: Path | None = None  # score artefact: scores.json, counts.parquet
    trainings: tuple[Path, ...] = ()  # train artefacts on the route, first phase first: summary.json, log.jsonl
    training_names: tuple[str, ...] = ()  # what each of them trained ("mnli", "mnli + squad1", "xnli")
    training_roles: tuple[str, ...] = ()  # "language", "intermediate", "joint" or "target", where that is known

    @property
    def outcome(self) -> str:
        """The status with its reason: "failed: no memory"."""
        return ": ".join(text for text in (self.status, self.reason) if text)


@dataclass(frozen=True, kw_only=True)
class TargetInfo:
    """A target as its numbers are to be read."""

    name: str
    languages: tuple[str, ...]  # expected, in order; a language without a score is shown as missing
    train_language: str = "en"
    headline: str = ""  # "mean of exact match and F1"
    main: str = ""  # name of the main metric
    notes: tuple[str, ...] = ()  # substitutes, cut training sets, odd metrics: printed with the numbers
    kind: str = ""  # its output shape: "tagging", "retrieval"
    is_retrieval: bool = False  # nothing is trained for it, and published averages hide behind it
    trained: bool = True  # False: nothing is trained for it, the encoder is tested as it stands
    # arm -> its intermediate tasks whose training sentences are this target's as well
    seen_text: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    test_limit: int | None = None  # the test examples that the study takes of each language; None: all
    samples: str = ""  # what of its data is a packaged sample in the place of the full files
    # language -> what is read in the place of its test set, or which part of it (said in `notes` too)
    test_notes: Mapping[str, str] = field(default_factory=dict)
    # of natural noise: the target with the clean counterparts, and language -> which of its languages these are
    counterpart: str = ""
    counterparts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    # of corrected sentences: language -> the target that has the same ones as they were written
    as_written: Mapping[str, str] = field(default_factory=dict)
    # of retrieval: queries search a part of the candidates alone, so that no published number is beside the score
    cuts_candidates: bool = False

    @property
    def only_language(self) -> str | None:
        """The name of the language trained in, where the target is tested in no other: there is nothing zero-shot."""
        if set(self.languages) != {self.train_language}:
            return None
        language = LANGUAGES.get(self.train_language)
        return language.name if language else self.train_language


@dataclass(frozen=True, kw_only=True)
class ForgettingScores:
    """An intermediate task of an arm, scored on its dev set after one of the arm's phases."""

    arm: str
    seed: int
    task: str
    metric: str  # its main metric
    headline: str  # that metric in words
    phases: tuple[str, ...]  # what the arm has trained by then, phase by phase: ("dependency", "srl")
    learnt: int  # which of these phases trained the task, the last one of them
    targets: tuple[str, ...] = ()  # those that the last phase fine-tunes on; () after an intermediate phase
    status: str = "done"  # as of a cell
    reason: str = ""
    scores: Path | None = None


@dataclass(frozen=True, kw_only=True)
class SweepScores:
    """One arm and seed on a target with one of the values that its settings are swept over."""

    target: str
    arm: str
    seed: int
    values: Mapping[str, Any]  # {"layer": 7}
    is_reported: bool  # whether this is the target's score
    status: str = "done"  # as of a cell
    reason: str = ""
    scores: Path | None = None


@dataclass(frozen=True, kw_only=True)
class TriedSetting:
    """One setting of a training. dev: the score of the checkpoint that it kept, with each seed, in percent; None where
    it has none; () while nothing was chosen."""

    values: Mapping[str, Any]  # {"lr": 2e-5}
    dev: tuple[float | None, ...] = ()

    @property
    def title(self) -> str:
        return ", ".join(f"{key} {value:g}" for key, value in self.values.items())

    @property
    def mean(self) -> float | None:
        """The mean over seeds, by which it is chosen; None where a seed has no score."""
        scores = [score for score in self.dev if score is not None]
        return fmean(scores) if scores and len(scores) == len(self.dev) else None


@dataclass(frozen=True, kw_only=True)
class ChosenSetting:
    """A training of an arm whose numbers are lists, and which of its settings dev sets chose for all seeds.

    training: what it trains ("mnli"). role: of its phase. targets: whose scores stand on it. chosen: the number of the
    setting; None while it is not known.
    """

    arm: str
    training: str
    role: str
    targets: tuple[str, ...]
    seeds: tuple[int, ...]
    settings: tuple[TriedSetting, ...]
    chosen: int | None


@dataclass(frozen=True, kw_only=True)
class StressScores:
    """One arm and seed on a target whose test inputs are perturbed."""

    target: str
    arm: str
    seed: int
    noise: str  # "keyboard": what kind of perturbation, whatever its rate
    rate: float
    status: str = "done"  # as of a cell; "not applicable": in no language of the target
    reason: str = ""
    scores: Path | None = None
    # <language>.parquet: id, group, guess; None also where guesses are copied from the input and cannot be compared
    predictions: Path | None = None
    clean_predictions: Path | None = None  # the same of the input as it is
    not_applicable: Mapping[str, str] = field(default_factory=dict)  # language -> why


@dataclass(frozen=True, kw_only=True)
class WordCounts:
    """The right words of a target, by what can be said of each word.

    measures: what is counted, the main one first. cells: (arm, seed) of each number under `right`. counts, orders: the
    files of a words artefact; None: `reason` says why. note: what a reader must know of them.
    """

    target: str
    measures: tuple[str, ...]
    cells: tuple[tuple[str, int], ...]
    counts: Path | None
    orders: Path | None
    note: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class LeakAudit:
    """What of a study's test sets it trains on.

    folder: of an audit artefact; None: `reason` says why. missing: what was not compared -> why. pretraining: the same
    of the text that the encoder was pretrained on; `pretraining_note` says what of it was not compared. whole: target
    -> why its score says nothing once some of its examples are left out.
    """

    folder: Path | None
    reason: str = ""
    missing: Mapping[str, str] = field(default_factory=dict)
    pretraining: Path | None = None
    pretraining_note: str = ""
    whole: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ErrorTables:
    """Where the arms of a target are right and where they differ, of one seed.

    arms: those of the numbers in `file`, in order. file: `errors.json` of an errors artefact; None: `reason` says why.
    """

    target: str
    arms: tuple[str, ...]
    baseline: str
    seed: int
    file: Path | None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class SizedArms:
    """Arms that are one curve over the size of their training data.

    axis: "intermediate" or "target". sizes: arm -> the examples it is trained on, of each task, in the order of the
    sizes; None: not known. without: the arms that have no intermediate phase, at the same sizes of the target's data
    (of an intermediate axis the one arm beside it; () where there is none). phase_examples: of a target axis, those of
    the intermediate phase; None where there is none, or not known.
    """

    name: str
    axis: str
    sizes: Mapping[str, int | None]
    budget: str = ""  # what is equal along the curve: "updates", "epochs", "matched"; "" where it was not said
    without: tuple[str, ...] = ()
    phase_examples: int | None = None


@dataclass(frozen=True, kw_only=True)
class StepInfo:
    """A step of the run graph, and what it cost."""

    key: str
    name: str
    label: str
    status: str  # "done", "reused", "failed", "not run"
    inputs: tuple[str, ...] = ()  # keys
    seconds: float | None = None
    tokens: int | None = None
    bytes: int | None = None
    flops: float | None = None  # floating-point operations, by formula; None where nobody counts them
    joules: float | None = None  # None: not measured
    energy_covers: str = ""  # "processor package-0": all that ran on it meanwhile
    error: str = ""
    # Follow from the name and are not written to report.json: whether its seconds count as training, and whether it is
    # drawn where the whole run graph is too large.
    is_training: bool = field(default=False, metadata={"record": False})
    is_on_route: bool = field(default=False, metadata={"record": False})


@dataclass(frozen=True, kw_only=True)
class ContrastSpec:
    """A linear combination of arms: weights sum to zero ({"both": 1, "none": -1})."""

    name: str
    weights: Mapping[str, float]

    @property
    def title(self) -> str:
        return contrast_title(self.name, self.weights)


def contrast_title(name: str, weights: Mapping[str, float]) -> str:
    """Return "nli over none" where one arm is compared with another; of several, the contrast's own name and what it
    compares: a name may promise more ("over the better one") than a mean of arms is.

    >>> contrast_title("nli − none", {"nli": 1.0, "none": -1.0})
    'nli over none'
    >>> contrast_title("both", {"both": 1.0, "nli": -0.5, "qa": -0.5})
    'both (both over the mean of nli and qa)'
    """
    sides = [{arm: sign * weight for arm, weight in weights.items() if sign * weight > 0} for sign in (1, -1)]
    compared = (" over " if len(sides[0]) == 1 else ", over ").join(map(_mean_of_arms, sides))
    return compared if max(map(len, sides)) == 1 else f"{name} ({compared})"


def _mean_of_arms(weights: Mapping[str, float]) -> str:
    """Name one side of a contrast: "nli", "the mean of nli and qa", "the mean of 0.75 nli and 0.25 qa".

    >>> _mean_of_arms({"a": 0.25, "b": 0.25, "c": 0.5})
    'the mean of 0.25 a, 0.25 b and 0.5 c'
    """
    if len(weights) == 1:
        return next(iter(weights))
    equal = max(weights.values()) - min(weights.values()) < 1e-9
    *first, last = (arm if equal else f"{weight:.3g} {arm}" for arm, weight in weights.items())
    return f"the mean of {', '.join(first)} and {last}"


@dataclass(frozen=True, kw_only=True)
class Results:
    """Everything that a report is made of."""

    name: str
    question: str
    arms: tuple[str, ...]  # in the order of the study
    baseline: str
    targets: tuple[TargetInfo, ...]
    seeds: tuple[int, ...]
    cells: tuple[StudyCell, ...]
    contrasts: tuple[ContrastSpec, ...]
    study_yaml: str  # the study as it was run, scale profile applied
    encoder: str
    steps: tuple[StepInfo, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    # {"task", "language", "use", "file", "sha256", "rows", "examples", "dropped": {...}, "truncated", "licence"}
    data: tuple[Mapping[str, Any], ...] = ()
    notes: tuple[str, ...] = ()
    # of the notes, those on data that are trained on and scored, which are said on the terminal too
    warnings: tuple[str, ...] = ()
    scale: str = ""
    forgetting: tuple[ForgettingScores, ...] = ()  # earlier tasks scored again, arm by arm
    stress: tuple[StressScores, ...] = ()  # targets with perturbed inputs
    sized_arms: tuple[SizedArms, ...] = ()
    sweeps: tuple[SweepScores, ...] = ()  # targets with each value that they are swept over, the reported one too
    choices: tuple[ChosenSetting, ...] = ()  # of trainings whose numbers are lists
    word_counts: tuple[WordCounts, ...] = ()  # of targets that say something of single words
    leaks: LeakAudit | None = None  # None: not asked for
    error_tables: tuple[ErrorTables, ...] = ()  # of targets of which two arms have run
    left_out_head: tuple[str, ...] = ()  # layers of a task that the encoder's folder has, which nothing starts from
    encoder_languages: tuple[str, ...] | None = None  # those it was pretrained in; None: not known
    encoder_languages_source: str = ""
    margin: float | None = None  # points within which arms are called equivalent
    claims: tuple[Claim, ...] = ()  # judged by the scores
    # what claims about the set-up of the study are compared with: {"encoder", "phases", "intermediate_tasks"}
    setup: Mapping[str, Any] = field(default_factory=dict)
