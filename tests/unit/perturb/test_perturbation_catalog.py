"""The catalogue: names, and what study files say."""

from __future__ import annotations

from pathlib import Path

import pytest

from toy_noise import NAMES, Make
from xstilts.core.canonical import canonical, fingerprint
from xstilts.core.errors import DataError
from xstilts.perturb.catalog import NOISE, SWITCHING, parse
from xstilts.perturb.letters import Swap


def test_every_class_has_names_of_its_own():
    classes = [*NOISE.values(), *SWITCHING.values()]
    assert len({cls.name for cls in classes}) == len({cls.identity_name for cls in classes}) == len(classes)
    assert all(cls.unit in ("character", "word") for cls in classes)


@pytest.mark.parametrize("name", NAMES)
def test_identity_depends_on_rate_and_seed(make: Make, name: str):
    identities = {fingerprint(make(name, rate=rate, seed=seed)) for rate in (0.1, 0.2) for seed in (0, 1)}
    assert len(identities) == 4
    assert fingerprint(make(name, rate=1)) == fingerprint(make(name, rate=1.0))


def test_identities_are_what_they_were():
    assert canonical(Swap(rate=0.1)) == {"!": "SwapNoise", "rate": 0.1, "seed": 0}


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ("keyboard", r"stress\.typos: a perturbation is a mapping such as"),
        ({"rate": 0.1}, r"stress\.typos: a perturbation has one of the keys 'noise' and 'switch'"),
        ({"noise": "swap", "switch": "dictionary", "rate": 0.1}, "a perturbation has one of the keys"),
        ({"noise": "keybord", "rate": 0.1}, r"typos\.noise: there is no noise 'keybord'\. Did you mean 'keyboard'\?"),
        ({"noise": 5, "rate": 0.1}, r"typos\.noise: there is no noise '5'"),
        ({"switch": "dictionery", "rate": 0.1}, "Did you mean 'dictionary'?"),
        ({"noise": "swap", "rat": 0.1}, r"typos\.rat: 'swap' has no setting 'rat'\. Did you mean 'rate'\?"),
        ({"noise": "swap", "rate": 0.1, "table": "x"}, r"typos\.table: 'swap' has no setting 'table'"),
        ({"noise": "swap"}, r"stress\.typos: 'swap' lacks its setting 'rate'"),
        ({"noise": "misspellings", "rate": 0.1}, "'misspellings' lacks its setting 'list'"),
        ({"noise": "misspellings", "rate": 0.1, "list": 5}, r"typos\.list: 'list' is a path, got 5"),
        ({"noise": "ocr", "rate": 0.1, "table_digest": "x"}, "'ocr' has no setting 'table_digest'"),
        ({"noise": "swap", "rate": 2}, r"typos\.rate: a rate lies between 0 and 1, got 2"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(raw, message: str):
    with pytest.raises(DataError, match=message):
        parse(raw, "stress.typos")


def test_paths_are_relative_to_the_study(lists: Path):
    raw = {"switch": "dictionary", "into": "en", "rate": 0.1, "lexicons": "."}
    assert parse(raw, "stress", lists).unavailable("de") is None
