"""Types of fields that several sections have: seeds, languages, names, and tuples in which nothing stands twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from xstilts.core.errors import StudyError
from xstilts.core.languages import canonical_code, language
from xstilts.core.path_names import path_component
from xstilts.study.strict_model import refused

LARGEST_SEED = 2**63 - 1
LONGEST_LABEL = 200  # characters of the name of an arm or contrast


@contextmanager
def _refusing(*key: str | int) -> Iterator[None]:
    """Refuse a value where a StudyError is raised within. `key`: the place of what is wrong, below the value."""
    try:
        yield
    except StudyError as error:
        raise refused(error, *key) from error


def _canonical(code: str) -> str:
    with _refusing():
        return canonical_code(code)


def _known_languages(codes: tuple[str, ...]) -> tuple[str, ...]:
    """The codes as they are written, which are known and of different languages."""
    found: list[str] = []
    for number, written in enumerate(codes):
        with _refusing(number):
            code = canonical_code(written)
            if code in found:
                first = codes[found.index(code)]
                raise StudyError(f"'{first}' and '{written}' are one language, {language(code).name}.")
        found.append(code)
    return codes


def _by_language(value: Any) -> Any:
    """The mapping with canonical codes. Refuses an unknown one, and two that are one language."""
    if not isinstance(value, Mapping):
        return value
    spelling: dict[str, str] = {}
    for key in map(str, value):
        with _refusing(key):
            code = canonical_code(key)
            if code in spelling:
                both = f"'{spelling[code]}' and '{key}'"
                raise StudyError(f"{both} are one language, {language(code).name} ('{code}').")
        spelling[code] = key
    return {code: value[key] for code, key in spelling.items()}


def _each_once(values: tuple[Any, ...], *key: str) -> tuple[Any, ...]:
    for number, value in enumerate(values):
        if value in values[:number]:
            raise refused(StudyError(f"'{value}' stands here twice."), *key, number)
    return values


def _each_once_in(lists: Mapping[str, Any]) -> Mapping[str, Any]:
    for key, values in lists.items():
        if isinstance(values, tuple):
            _each_once(values, key)
    return lists


def _checked_keys(check: Callable[[str], str]) -> BeforeValidator:
    def check_all(value: Any) -> Any:
        for key in value if isinstance(value, Mapping) else ():
            with _refusing(str(key)):
                check(str(key))
        return value

    return BeforeValidator(check_all)


def task_name(name: str) -> str:
    """Return the name of a task, which may become a file. Raises StudyError for one that cannot."""
    if "@" in name:
        raise StudyError(f"The task name '{name}' has an '@', which marks a variant of a task.")
    return path_component(name, "task")


def label(name: str) -> str:
    """Return the name of an arm or contrast. Raises StudyError where it is empty, too long or cannot be printed."""
    if not name.strip():
        raise StudyError("A name is empty.")
    if len(name) > LONGEST_LABEL:
        raise StudyError(f"The name '{name[:40]}…' has {len(name):,} characters, and may have {LONGEST_LABEL}.")
    if not name.isprintable():
        raise StudyError(f"The name {name!r} has characters in it that cannot be printed.")
    return name


def _named_as(noun: str) -> Callable[[str], str]:
    def check(name: str) -> str:
        with _refusing():
            return path_component(name, noun)

    return check


EachOnce = AfterValidator(lambda values: _each_once(values))
EachOnceIn = AfterValidator(_each_once_in)  # of a mapping, in each of its lists
Seed = Annotated[int, Field(ge=0, le=LARGEST_SEED)]
LanguageCode = Annotated[str, AfterValidator(_canonical)]
LanguagesAsWritten = Annotated[tuple[str, ...], AfterValidator(_known_languages)]  # a model's name may hold the code
Languages = Annotated[LanguagesAsWritten, AfterValidator(lambda codes: tuple(map(_canonical, codes)))]
ByLanguage = BeforeValidator(_by_language)  # of a mapping whose keys are languages
TaskNames = _checked_keys(task_name)  # of a mapping whose keys are names of tasks
Labels = _checked_keys(label)  # of a mapping whose keys are shown to people
ScaleNames = _checked_keys(lambda name: path_component(name, "scale"))
StudyNameField = Annotated[str, AfterValidator(_named_as("study"))]
RecipeName = Annotated[str, AfterValidator(lambda name: name and _named_as("recipe")(name))]
