"""The base of services: what is asked, what an answer holds, and how a service says that it has none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from xstilts.evidence.works import WorkRecord

MOST_BYTES = 64_000_000  # of an answer


@dataclass(frozen=True, kw_only=True)
class SearchQuery:
    """Phrases that must all be met, each in one of its spellings."""

    phrases: tuple[tuple[str, ...], ...]

    @property
    def words(self) -> str:
        """The first spelling of each phrase, for services that take plain words."""
        return " ".join(spellings[0] for spellings in self.phrases)


@dataclass(frozen=True, kw_only=True)
class KeyPlace:
    """Where a service takes a key: the environment variable that holds it, and the header, with what stands before the
    key in it, or the parameter that it goes into. The key is no part of a request, so it can be neither stored nor
    shown."""

    variable: str
    header: str = ""
    prefix: str = ""
    parameter: str = ""


@dataclass(frozen=True, kw_only=True)
class ServiceRequest:
    """One question to a service. `pause`: seconds between two requests to it. body: JSON that is posted; "" where the
    address says it all."""

    service: str
    url: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    pause: float = 1.0
    key: KeyPlace | None = None
    body: str = ""

    @property
    def address(self) -> str:
        """The whole address, without a key."""
        return f"{self.url}?{urlencode(self.parameters)}" if self.parameters else self.url

    def with_parameters(self, **changes: str) -> ServiceRequest:
        """Return the same request with other values of some parameters."""
        return replace(self, parameters={**self.parameters, **changes})

    def following(self, parameter: str, taken: int, total: int | None) -> ServiceRequest | None:
        """Return the request for what comes after `taken` records, by the parameter that says how many are passed over;
        None where there is no more of a total."""
        place = (number_of(self.parameters.get(parameter)) or 0) + taken
        more = taken > 0 and total is not None and place < total
        return self.with_parameters(**{parameter: str(place)}) if more else None


@dataclass(frozen=True, kw_only=True)
class AnswerPage:
    """What one answer holds: its records, how many the service says there are, and the request for the next page."""

    records: tuple[WorkRecord, ...]
    total: int | None = None
    next: ServiceRequest | None = None


class AnswerError(Exception):
    """An answer that is none: an error of the service, or something that cannot be read. Its text says which."""


@dataclass(frozen=True, kw_only=True)
class LiteratureService:
    """A service: where it is, how it is asked, how an answer is read.

    request: (base, query, limit) -> the first request. parse: (body, request, query) -> the page; raises AnswerError.
    terms: licence of its metadata. earlier: (base, records) -> the requests for versions of them that a search does not
    list, in the form of a search's answers; None where a service has no versions.
    """

    name: str
    title: str
    base: str
    terms: str
    request: Callable[[str, SearchQuery, int], ServiceRequest]
    parse: Callable[[bytes, ServiceRequest, SearchQuery], AnswerPage]
    earlier: Callable[[str, Sequence[WorkRecord]], Sequence[ServiceRequest]] | None = None


def text_of(value: object) -> str:
    """Return a JSON value where it is a text, else ""."""
    return value if isinstance(value, str) else ""


def number_of(value: object) -> int | None:
    """Return a JSON value where it is a whole number, or a text of one, else None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 9 else None


def mapping_of(value: object) -> Mapping[str, object]:
    """Return a JSON value where it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def list_of(value: object) -> list[object]:
    """Return a JSON value where it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def mappings_of(value: object) -> list[Mapping[str, object]]:
    """Return the objects of a JSON list; what else is in it is passed over."""
    return [one for one in list_of(value) if isinstance(one, dict)]


def says_retracted(title: str) -> bool:
    """Whether a title begins with the mark that publishers put there."""
    return title.casefold().startswith(("retracted", "[retracted", "withdrawn:"))
