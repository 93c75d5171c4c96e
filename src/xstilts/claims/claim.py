"""A claim: a sentence, where it was read, and a predicate over scores that says what would make it true."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ZERO_SHOT, ALL = "zero-shot", "all"  # sets of languages


@dataclass(frozen=True, kw_only=True)
class ClaimSource:
    """The words in which somebody made the claim.

    version: of the paper, where it has several. place: where in it the words stand. note: how they were read, where it
    was not in the paper itself.
    """

    paper: str
    place: str
    quote: str
    version: str = ""
    address: str = ""
    note: str = ""

    @property
    def title(self) -> str:
        """ "Phang et al. 2020 (version 2), abstract"."""
        version = f" ({self.version})" if self.version else ""
        return f"{self.paper}{version}, {self.place}"


@dataclass(frozen=True, kw_only=True)
class ClaimPredicate:
    """What is compared, and how. Every number is a difference of two arms, in points.

    arm, over: the arms that are compared; with several in `over` the comparison is made with each.
    targets: None: all of the study. languages: "zero-shot", "all", or codes; of each target those that it has.
    metric: "" for the main metric of each target; else one that all of them have.
    comparison: a name in `comparisons.COMPARISONS`.
    threshold, margin: in points. across: "targets" or "languages", of what must hold in each of them.
    on: targets, of what is said of some against the others.
    """

    arm: str
    over: tuple[str, ...]
    comparison: str
    targets: tuple[str, ...] | None = None
    languages: str | tuple[str, ...] = ZERO_SHOT
    metric: str = ""
    threshold: float = 0.0
    margin: float | None = None
    across: str = ""
    on: tuple[str, ...] = ()

    @property
    def arms(self) -> tuple[str, ...]:
        return (self.arm, *self.over)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A claim about scores (`predicate`), or about how a study is set up (`setup`: {"phases": 3}).

    source: None of a hypothesis, which nobody has published. study: the packaged study that it is about, "" for the one
    that it stands in. published: arm -> published row with its scores, {} where none is. not_here: why no study can
    measure it, of what published rows alone show; "" where one can.
    """

    name: str
    says: str
    predicate: ClaimPredicate | None = None
    setup: Mapping[str, Any] = field(default_factory=dict)
    source: ClaimSource | None = None
    study: str = ""
    published: Mapping[str, str] = field(default_factory=dict)
    not_here: str = ""
