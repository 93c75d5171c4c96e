"""Load a study: read its file, apply a scale profile, and say precisely what is wrong with it."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from xstilts.core.canonical import fingerprint
from xstilts.core.errors import StudyError
from xstilts.data.study_lock import lock_beside
from xstilts.study.claims import packaged_for
from xstilts.study.positions import Positions
from xstilts.study.schema import ScaleSpec, Study
from xstilts.study.training_numbers import LENGTHS, Train
from xstilts.study.validation import checked, find_file, mapping_of, read_mapping

_TOP = "A study is a mapping of keys such as question, encoder, arms, targets."


def packaged_studies() -> dict[str, Path]:
    """Names of the studies that come with the program."""
    folder = Path(str(resources.files("xstilts"))) / "studies"
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def find_study(study: str) -> Path:
    return find_file(study, packaged_studies(), "study")


def study_data_folders(study: str) -> tuple[Path, ...]:
    """The folder of a study file, where its own tasks name files; none for a packaged study."""
    path = Path(study)
    return (path.parent,) if path.is_file() else ()


def study_lock(study: str, scale: str | None, named: Path | None = None) -> Path | None:
    """The lock that the files of a study are compared with: the one that is named, else the one beside its file, if
    there is one."""
    if named is not None or not Path(study).is_file():
        return named
    beside = lock_beside(Path(study), scale)
    return beside if beside.exists() else None


def load_study(study: str, scale: str | None = None) -> Study:
    path = find_study(study)
    data = read_mapping(path, _TOP)
    data.setdefault("name", path.stem if study not in packaged_studies() else study)
    parsed = parse_study(data, path.name)
    if study not in packaged_studies():
        parsed = parsed.read_from(parsed.positions, fingerprint(str(path.resolve())))
    else:
        parsed = parsed.model_copy(update={"claims": {**packaged_for(study), **parsed.claims}})
    return apply_scale(parsed, scale)


def parse_study(data: dict[str, Any], where: str = "study") -> Study:
    return checked(data, Study, where).read_from(getattr(data, "positions", Positions(where)))


def study_from_text(text: str, name: str) -> Study:
    """Return the study of a YAML text; `name` is the file it will be. Raises StudyError (name:line)."""
    return parse_study({"name": Path(name).stem, **mapping_of(text, name, _TOP)}, name)


def apply_scale(study: Study, scale: str | None) -> Study:
    """The study with one of its scale profiles folded in. Raises StudyError for an unknown profile."""
    if scale is None:
        return study
    if scale not in study.scale:
        raise StudyError(f"The study has no scale '{scale}'.", where="scale", value=scale, allowed=study.scale)
    profile: ScaleSpec = study.scale[scale]
    changes: dict[str, Any] = {
        key: value
        for key in ("encoder", "seeds", "targets", "languages", "stress", "allow_missing")
        if (value := getattr(profile, key)) is not None
    }
    if profile.arms is not None:
        changes |= _kept_arms(study, profile.arms, f"scale.{scale}.arms")
    changes["train"] = _overlay(study.train, profile.train)
    changes["take"] = _overlay(study.take, profile.take)
    changes["substitute"] = {**study.substitute, **profile.substitute}
    changes["settings"] = {**study.settings, **profile.settings}
    return study.model_copy(update=changes).cut_from(study)


def _kept_arms(study: Study, names: tuple[str, ...], where: str) -> dict[str, Any]:
    """The arms of these names, in the study's order, and the contrasts that are among them. Raises StudyError for a
    name that the study does not have, and where the baseline is left out."""
    for name in names:
        if name not in study.arms:
            raise StudyError(f"The study has no arm '{name}'.", where=where, value=name, allowed=study.arms)
    if study.base not in names:
        raise StudyError(f"The arm '{study.base}', with which the others are compared, is left out.", where=where)
    arms = {name: arm for name, arm in study.arms.items() if name in names}
    contrasts = {label: weights for label, weights in study.contrasts.items() if set(weights) <= set(arms)}
    return {"arms": arms, "contrasts": contrasts}


def _overlay(base: BaseModel, over: BaseModel) -> Any:
    """`base` with the values that `over` sets; a length given in `over` replaces the other way to give one."""
    changes: dict[str, Any] = {}
    for key in over.model_fields_set:
        value = getattr(over, key)
        old = getattr(base, key)
        if isinstance(value, BaseModel):
            changes[key] = _overlay(old, value)
        elif key == "tasks" and isinstance(base, Train):
            changes[key] = {**old, **{k: _overlay(old[k], v) if k in old else v for k, v in value.items()}}
        else:
            changes[key] = value
    if any(key in changes for key in LENGTHS):
        for key in LENGTHS:
            if hasattr(base, key):
                changes.setdefault(key, None)
    return base.model_copy(update=changes)


def dump_study(study: Study) -> str:
    """The study as YAML: what was set, in the order of the schema. Claims are left out: they are judged, not run."""
    data = study.model_dump(mode="json", exclude_unset=True, exclude={"scale", "claims"})
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=100)
