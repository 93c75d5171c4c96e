"""Lists of training numbers: what a study may write for a number that a dev set is to choose.

`train: {lr: [1e-5, 2e-5]}` trains every phase with each value; the phase goes on with the one whose dev score, in the
mean over the study's seeds, is highest (`study.phase.SettingChoice`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import TYPE_CHECKING, Any

from xstilts.core.errors import StudyError
from xstilts.study.strict_model import refused

if TYPE_CHECKING:
    from xstilts.study.schema import Study

# Numbers that change what a training learns. How its dev set is looked at must be the same for all settings.
LISTED = (
    "updates",
    "epochs",
    "batch",
    "lr",
    "head_lr",
    "warmup",
    "weight_decay",
    "clip",
    "patience",
    "dropout",
    "attention_dropout",
)
MOST_SETTINGS = 50  # of one training

Setting = tuple[tuple[str, Any], ...]  # one value of each listed number: (("lr", 1e-5), ("batch", 16))


def one_or_several(value: Any, check: Any) -> Any:
    """Check a number, or each of a list of them, which becomes a tuple. Raises what a validator raises."""
    if not isinstance(value, list | tuple):
        return check(value)
    if len(value) < 2:
        said = "The list is empty." if not value else "A list of one value chooses nothing; give it as a number."
        raise refused(StudyError(said, hint="A list names the values that a dev set chooses among: [1e-5, 2e-5]."))
    values: list[Any] = []
    for number, one in enumerate(value):
        if one is None:
            raise refused(StudyError("A list names values, and null is none."), number)
        checked = check(one)
        if checked in values:
            raise refused(StudyError(f"'{one}' stands here twice."), number)
        values.append(checked)
    return tuple(values)


def refuse_other_lists(section: Any, keys: Iterable[str]) -> None:
    """Raise for a list under one of `keys` that has no dev set choose."""
    for key in keys if isinstance(section, Mapping) else ():
        if key not in LISTED and isinstance(section.get(key), list | tuple):
            problem = f"'{key}' is one number or none, and cannot be a list."
            raise refused(StudyError(problem, hint=f"A dev set can choose among {', '.join(LISTED)}."), key)


def settings_among(numbers: Mapping[str, Any]) -> tuple[Setting, ...]:
    """Return every combination of the values that are lists, in the order of the file; one empty setting where none is.

    >>> settings_among({"lr": (1e-5, 2e-5), "batch": 32})
    ((('lr', 1e-05),), (('lr', 2e-05),))
    """
    lists = {key: value for key, value in numbers.items() if isinstance(value, tuple)}
    return tuple(tuple(zip(lists, values, strict=True)) for values in product(*lists.values()))


def setting_title(setting: Setting) -> str:
    """Name a setting: "lr 1e-05, batch 16".

    >>> setting_title((("lr", 2e-5), ("batch", 16)))
    'lr 2e-05, batch 16'
    """
    return ", ".join(f"{key} {value:g}" for key, value in setting)


def refuse_too_many(numbers: Mapping[str, Any], where: str) -> None:
    """Raise StudyError where the lists of one training have more combinations than MOST_SETTINGS."""
    lists = {key: value for key, value in numbers.items() if isinstance(value, tuple)}
    count = 1
    for values in lists.values():
        count *= len(values)
    if count > MOST_SETTINGS:
        sizes = " × ".join(f"{len(values)} of {key}" for key, values in lists.items())
        raise StudyError(
            f"The lists make {count} settings of one training ({sizes}), each of them trained with every seed; at most "
            f"{MOST_SETTINGS} can be chosen among.",
            where=where,
            hint="Name fewer values.",
        )


def check_lists(study: Study) -> None:
    """Raise StudyError for lists that no choice can be made of: too many combinations, along sizes, and under the
    language adapters that all arms share."""
    from xstilts.study.hyperparameters import numbers

    everywhere = [f"train.{key}" for key in _listed(study.train)]
    for name, arm in study.arms.items():
        if arm.language_adapters is not None and everywhere:
            raise StudyError(
                "The language adapters of an arm are trained with these numbers too, and serve all arms and targets, "
                "so that no dev set of one can choose for them.",
                where=everywhere[0],
                hint="Give the list under `train.intermediate`, `train.target` or `train.tasks`.",
            )
        for role in ("intermediate", "target"):
            for names in ((), *((task,) for task in study.train.tasks)):
                section = arm.train_target if role == "target" else arm.train
                own = f"arms.{name}.{'train_target' if role == 'target' else 'train'}"
                places = [f"{own}.{key}" for key in _listed(section)] or [*_places(study)]
                refuse_too_many(numbers(study, arm, role, names), (places or ["train"])[0])


def _listed(section: Any) -> list[str]:
    return [key for key in LISTED if isinstance(getattr(section, key), tuple)]


def _places(study: Study) -> Iterator[str]:
    """The places in the study's own sections where a list stands."""
    train = study.train
    sections: Iterable[tuple[str, Any]] = (
        ("train", train),
        ("train.intermediate", train.intermediate),
        ("train.target", train.target),
        *((f"train.tasks.{task}", section) for task, section in train.tasks.items()),
    )
    for place, section in sections:
        yield from (f"{place}.{key}" for key in _listed(section))


def refuse_listed_lengths(study: Study) -> None:
    """Raise StudyError where a length or a batch is a list: along sizes, a budget says how long phases are."""
    of_arms = [
        (f"arms.{name}.{key}", getattr(arm, key))
        for name, arm in study.arms.items()
        for key in ("train", "train_target")
    ]
    places = [*_places(study), *(f"{place}.{key}" for place, section in of_arms for key in _listed(section))]
    for place in places:
        if place.rsplit(".", 1)[-1] in ("updates", "epochs", "batch"):
            raise StudyError(
                "Along sizes a budget says how long phases are, so that their length and batch are one number.",
                where=place,
            )
