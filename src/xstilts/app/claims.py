"""Judge the claims of a study by what is in the store, or of a file by the study that it is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from xstilts.core.catalog import Catalog
from xstilts.core.errors import DataError, EncoderError, StudyError
from xstilts.pipeline.options import Options
from xstilts.pipeline.results import collect
from xstilts.pipeline.session import catalog_for, open_session
from xstilts.report.build import Report, compose
from xstilts.report.scores.inputs import Results, StudyCell, TargetInfo
from xstilts.report.topics.claims import CLAIMS, JudgedClaims
from xstilts.study.claims import ClaimSpec, check_claims, claims_of, load_claims, setup_of
from xstilts.study.load import dump_study
from xstilts.study.schema import Study
from xstilts.tasks.base import Task


@dataclass(frozen=True, kw_only=True)
class ClaimsAnswer:
    """The claims of a study with their verdicts. `others`: claims of the file that are about other studies."""

    report: Report
    others: Mapping[str, ClaimSpec]

    @property
    def judged(self) -> JudgedClaims:
        """Every claim with its verdicts."""
        value = self.report.value(CLAIMS)
        assert value is not None  # `judge_claims` refuses a study without claims
        return value

    @property
    def remarks(self) -> tuple[str, ...]:
        """What to say below the verdicts: how the study differs from published rows, and what was left out."""
        studies = list(dict.fromkeys(spec.study for spec in self.others.values()))
        left = f"Left out are {len(self.others)} claims about other studies: {', '.join(studies)}."
        return (*self.judged.remarks, *((left,) if studies else ()))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        results = self.report.scoreboard.results
        return {
            "study": results.name,
            "scale": results.scale,
            "encoder": results.encoder,
            **self.report.record(),
            "claims_of_other_studies": {name: spec.study for name, spec in self.others.items()},
        }


def judge_claims(study: Study, *, options: Options, scale: str = "", file: str | None = None) -> ClaimsAnswer:
    """Judge the claims of a study, or those of a file that are about it.

    Raises StudyError for a claim that names what there is not, and where there are no claims.
    """
    others: Mapping[str, ClaimSpec] = {}
    tasks = catalog_for(study, options)
    if file is not None:
        specs, positions = load_claims(file)
        ours = {name: spec for name, spec in specs.items() if spec.study in ("", study.name)}
        others = {name: spec for name, spec in specs.items() if name not in ours}
        with positions.shown():
            if not ours:
                about = sorted({spec.study for spec in others.values()})
                raise StudyError(f"None of these claims is about the study '{study.name}'.", where="claims",
                                 value=study.name, allowed=about)  # fmt: skip
            check_claims(claims_of(ours), study, tasks)
        study = study.model_copy(update={"claims": ours})
    if not study.claims:
        raise StudyError(
            f"The study '{study.name}' has no claims.",
            where="claims",
            hint="Write them under `claims:` in the study, or give a file with --claims.",
        )
    return ClaimsAnswer(report=compose(_results(study, tasks, options, scale), topics=(CLAIMS,)), others=others)


def _results(study: Study, tasks: Catalog[Task], options: Options, scale: str) -> Results:
    """Return what the store holds of a study; where it cannot be opened (its encoder is not here), that nothing was
    measured, and why: published numbers are there all the same."""
    try:
        return collect(open_session(study, options), scale=scale)
    except (DataError, EncoderError) as error:
        return _nothing_measured(study, tasks, scale, error.what)


def _nothing_measured(study: Study, tasks: Catalog[Task], scale: str, why: str) -> Results:
    with study.positions.shown():
        check_claims(claims_of(study.claims), study, tasks)
    cells = tuple(
        StudyCell(arm=arm, target=target, seed=seed, status="missing", reason=why)
        for arm in study.arms
        for target in study.targets
        for seed in study.seeds
    )
    return Results(
        name=study.name,
        question=study.question,
        arms=tuple(study.arms),
        baseline=study.base,
        targets=tuple(_target(tasks[name]) for name in study.targets),
        seeds=study.seeds,
        cells=cells,
        contrasts=(),
        study_yaml=dump_study(study),
        encoder=str(study.encoder),
        scale=scale,
        claims=claims_of(study.claims),
        setup=setup_of(study),
    )


def _target(task: Task) -> TargetInfo:
    return TargetInfo(name=task.name, languages=tuple(task.test), main=task.scored[0].name)
