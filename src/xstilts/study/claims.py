"""Claims as they are written, in a study under `claims:` or in a file of their own: checked, and turned into values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from xstilts.claims.claim import Claim, ClaimPredicate, ClaimSource
from xstilts.claims.comparisons import COMPARISONS
from xstilts.core.errors import StudyError
from xstilts.core.quotations import numbers_in
from xstilts.study.field_types import EachOnce, Labels, Languages
from xstilts.study.positions import Positions
from xstilts.study.strict_model import StrictModel, one_of, refused
from xstilts.study.validation import checked, find_file, read_mapping

if TYPE_CHECKING:
    from xstilts.core.catalog import Catalog
    from xstilts.study.schema import Study
    from xstilts.tasks.base import Task

Points = Annotated[float, Field(ge=-100, le=100)]
_OPTIONAL = ("threshold", "margin", "across", "on")  # keys that only some comparisons read


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class ClaimSourceSpec(StrictModel):
    """Where a claim was read. `numbers`: those of the claim, each of which must stand in the quotation; the threshold
    of a comparison `within` is one without being said."""

    paper: str
    place: str
    quote: str
    version: str = ""
    address: str = ""
    note: str = ""
    numbers: tuple[float, ...] = ()


class PredicateSpec(StrictModel):
    """What is compared, and how."""

    arm: str
    over: Annotated[tuple[str, ...], BeforeValidator(_as_list), EachOnce] = Field(min_length=1)
    targets: Annotated[tuple[str, ...], EachOnce] | None = Field(None, min_length=1)
    languages: Literal["zero-shot", "all"] | Languages = "zero-shot"
    metric: str = ""
    comparison: Annotated[str, one_of(lambda: COMPARISONS)]
    threshold: Points = 0.0
    margin: float | None = Field(None, ge=0, le=100)
    across: Literal["targets", "languages"] | None = None
    on: Annotated[tuple[str, ...], BeforeValidator(_as_list), EachOnce] = ()

    @model_validator(mode="after")
    def keys_fit_the_comparison(self) -> PredicateSpec:
        comparison = COMPARISONS[self.comparison]
        for key in comparison.needs:
            if key not in self.model_fields_set:
                raise refused(StudyError(f"The comparison '{self.comparison}' needs '{key}'."))
        for key in _OPTIONAL:
            if key in self.model_fields_set and key not in (*comparison.needs, *comparison.may):
                raise refused(StudyError(f"The comparison '{self.comparison}' reads no '{key}'."), key)
        if len(self.over) > 1 and not comparison.rivals:
            several = "with one arm in 'over'; 'best among' compares with each of several"
            raise refused(StudyError(f"The comparison '{self.comparison}' is {several}."), "over")
        if self.arm in self.over:
            raise refused(StudyError(f"The arm '{self.arm}' is compared with itself."), "over")
        return self

    @property
    def predicate(self) -> ClaimPredicate:
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return ClaimPredicate(**{**values, "across": self.across or ""})


class SetupSpec(StrictModel):
    """What a claim says of a study's set-up, in the place of a predicate: one of these."""

    encoder: str | None = None
    phases: int | None = Field(None, ge=1)
    intermediate_tasks: int | None = Field(None, ge=0)

    @model_validator(mode="after")
    def says_one_thing(self) -> SetupSpec:
        if len(self.model_fields_set) != 1:
            raise refused(StudyError("A set-up says one of 'encoder', 'phases' and 'intermediate_tasks'."))
        return self


class ClaimSpec(StrictModel):
    """One claim. `study`: the packaged study that it is about, of a claim in a file of its own. `published`: arm -> the
    published row that holds its scores. `not_here`: why no study can measure it, of what published rows alone show."""

    says: str
    source: ClaimSourceSpec | None = None
    predicate: PredicateSpec | None = None
    setup: SetupSpec | None = None
    study: str = ""
    published: Mapping[str, str] = {}
    not_here: str = ""

    @field_validator("says")
    @classmethod
    def is_a_sentence(cls, says: str) -> str:
        if not says.strip():
            raise refused(StudyError("A claim says something."))
        return says

    @model_validator(mode="after")
    def can_be_judged(self) -> ClaimSpec:
        if (self.predicate is None) == (self.setup is None):
            raise refused(StudyError("A claim has one of 'predicate' and 'setup'."))
        if self.predicate is not None:
            for arm in self.published:
                if arm not in (self.predicate.arm, *self.predicate.over):
                    arms = (self.predicate.arm, *self.predicate.over)
                    raise refused(
                        StudyError(f"The claim does not compare an arm '{arm}'.", value=arm, allowed=arms),
                        "published",
                        arm,
                    )
        if self.source is not None:
            self._check_quotation(self.source)
        return self

    def _check_quotation(self, source: ClaimSourceSpec) -> None:
        """Refuse a quotation that does not hold the numbers of the claim."""
        said = numbers_in(source.quote)
        numbers = list(source.numbers)
        if self.predicate is not None and self.predicate.comparison == "within":
            numbers.append(abs(self.predicate.threshold))
        for number in numbers:
            if number not in said:
                raise refused(
                    StudyError(f"{number:g} does not stand in the quotation '{source.quote}'."), "source", "quote"
                )

    def claim(self, name: str) -> Claim:
        source = self.source.model_dump(exclude={"numbers"}) if self.source else None
        return Claim(
            name=name,
            says=self.says,
            predicate=self.predicate.predicate if self.predicate else None,
            setup=self.setup.model_dump(exclude_none=True) if self.setup else {},
            source=ClaimSource(**source) if source else None,
            study=self.study,
            published=dict(self.published),
            not_here=self.not_here,
        )


Claims = Annotated[Mapping[str, ClaimSpec], Labels]


class ClaimFile(StrictModel):
    """A file of claims."""

    claims: Claims = Field(min_length=1)


def packaged_claims() -> dict[str, Path]:
    """Return the files of claims that come with the program, by name."""
    folder = Path(str(resources.files("xstilts"))) / "claims" / "files"
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def load_claims(file: str) -> tuple[Mapping[str, ClaimSpec], Positions]:
    """Return the claims of a file, or of a packaged one by its name, and where each key stands in it.

    Raises StudyError for what is wrong in it."""
    return _read_file(find_file(file, packaged_claims(), "claims"))


def _read_file(path: Path) -> tuple[Mapping[str, ClaimSpec], Positions]:
    data = read_mapping(path, "A file of claims is a mapping with the key claims.")
    return checked(data, ClaimFile, path.name).claims, data.positions


def claims_of(specs: Mapping[str, ClaimSpec]) -> tuple[Claim, ...]:
    return tuple(spec.claim(name) for name, spec in specs.items())


def packaged_for(study: str) -> dict[str, ClaimSpec]:
    """Return the packaged claims about a packaged study, by name."""
    paths = [path for path in packaged_claims().values() if f"study: {study}\n" in path.read_text("utf-8")]
    files = [_read_file(path)[0] for path in paths]  # YAML is slow to read: not for a study that has none
    return {name: spec for claims in files for name, spec in claims.items() if spec.study == study}


def check_claims(claims: Iterable[Claim], study: Study, tasks: Catalog[Task]) -> None:
    """Check every name of claims against their study, as it is without its scale profile.

    Raises StudyError for an arm, target, language or metric that there is not, with the nearest one, and for a metric
    that not all targets of a predicate have: a mean over different metrics is none."""
    for claim in claims:
        if claim.predicate is not None:
            _check_predicate(claim.predicate, study, tasks, f"claims.{claim.name}.predicate")


def _check_predicate(predicate: ClaimPredicate, study: Study, tasks: Catalog[Task], where: str) -> None:
    whole = study.whole
    arms = {**whole.arms, **study.arms}  # those of sizes are made when a study is resolved
    places = {predicate.arm: "arm", **{arm: f"over[{number}]" for number, arm in enumerate(predicate.over)}}
    for arm, key in places.items():
        if arm not in arms:
            raise StudyError(f"There is no arm '{arm}'.", where=f"{where}.{key}", value=arm, allowed=arms)
    targets = tuple(dict.fromkeys((*whole.targets, *(t for one in whole.scale.values() for t in one.targets or ()))))
    for key, names in (("targets", predicate.targets or ()), ("on", predicate.on)):
        for number, name in enumerate(names):
            if name not in targets:
                raise StudyError(f"There is no target '{name}' in this study.", where=f"{where}.{key}[{number}]",
                                 value=name, allowed=targets)  # fmt: skip
    chosen = {name: tasks[name] for name in predicate.targets or whole.targets if name in tasks}
    _check_on(predicate, chosen, where)
    if isinstance(predicate.languages, tuple):
        offered = sorted({language for task in chosen.values() for language in task.test})
        for number, language in enumerate(predicate.languages):
            if language not in offered:
                raise StudyError(f"None of these targets has a test set in '{language}'.",
                                 where=f"{where}.languages[{number}]", value=language, allowed=offered)  # fmt: skip
    if predicate.metric:
        _check_metric(predicate.metric, chosen, f"{where}.metric")


def _check_on(predicate: ClaimPredicate, chosen: Mapping[str, Task], where: str) -> None:
    for number, name in enumerate(predicate.on):
        if name not in chosen:
            raise StudyError(f"'{name}' is not among the targets that are compared.", where=f"{where}.on[{number}]",
                             value=name, allowed=chosen)  # fmt: skip
    if predicate.on and set(predicate.on) == set(chosen):
        raise StudyError("All targets stand in 'on': there is none to compare them with.", where=f"{where}.on")


def _check_metric(metric: str, chosen: Mapping[str, Task], where: str) -> None:
    has = {name: [one.name for one in task.scored] for name, task in chosen.items()}
    lacking = [name for name, metrics in has.items() if metric not in metrics]
    if lacking and len(lacking) < len(has):
        other = f"'{lacking[0]}' has {', '.join(has[lacking[0]])}"
        raise StudyError(f"This compares different metrics: not all targets have '{metric}', {other}.", where=where,
                         hint="Name targets that have it, or leave it out for the main one of each.")  # fmt: skip
    if lacking:
        allowed = tuple(dict.fromkeys(name for metrics in has.values() for name in metrics))
        raise StudyError(f"There is no metric '{metric}' on these targets.", where=where, value=metric, allowed=allowed)


def setup_of(study: Study) -> dict[str, Any]:
    """Return what claims about a study's set-up are compared with: its encoder, the phases of its longest plain route
    (pretraining, intermediate, target), and its single intermediate tasks (a mixture under one head is one)."""
    plain = [arm for arm in study.arms.values() if arm.mlm is None and arm.translated is None]
    stages = {arm.through[0] for arm in plain if len(arm.through) == 1}
    has_intermediate = any(arm.through for arm in study.arms.values())
    return {
        "encoder": study.encoder.name,
        "phases": 3 if has_intermediate else 2,
        "intermediate_tasks": len(stages),
    }
