"""The installation: versions, and which extras have all their packages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from xstilts.core.versions import library_versions

DISTRIBUTION = "xstilts"
_REQUIREMENT = re.compile(r"([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?\s*([^;]*)(?:;(.*))?")
_EXTRA = re.compile(r"""extra\s*==\s*["']([^"']+)["']""")
DEVELOPMENT = ("dev", "docs")


@dataclass(frozen=True, kw_only=True)
class Installation:
    """versions: of Python and the libraries. extras: name -> packages that are missing, none where it is whole."""

    versions: Mapping[str, str]
    extras: Mapping[str, tuple[str, ...]]


def look_at_installation() -> Installation:
    from importlib.metadata import PackageNotFoundError, requires

    try:
        declared = requires(DISTRIBUTION) or []
    except PackageNotFoundError:
        declared = []
    return Installation(versions=library_versions(), extras=missing_packages(declared))


def missing_packages(declared: list[str]) -> dict[str, tuple[str, ...]]:
    """Return each extra of a list of requirements with its packages that are not installed; those that are for work
    on the program itself are left out.

    >>> missing_packages(['numpy>=1', 'no-such-package>=2; extra == "odd"', 'numpy; extra == "even"'])
    {'odd': ('no-such-package',), 'even': ()}
    """
    from importlib.metadata import PackageNotFoundError, version

    missing: dict[str, list[str]] = {}
    for line in declared:
        match = _REQUIREMENT.match(line)
        extra = _EXTRA.search(match[3] or "") if match else None
        if match is None or extra is None or extra[1] in DEVELOPMENT:
            continue
        packages = missing.setdefault(extra[1], [])
        try:
            version(match[1])
        except PackageNotFoundError:
            packages.append(match[1])
    return {name: tuple(packages) for name, packages in missing.items()}
