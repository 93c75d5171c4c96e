"""Every perturbation of the catalogue, with a small word list and small lexicons."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from xstilts.perturb.base import Perturbation
from xstilts.perturb.catalog import NOISE, SWITCHING, parse

NAMES = [*NOISE, *SWITCHING]
Make = Callable[..., Perturbation]


def write_lists(folder: Path) -> Path:
    """Write a list of misspellings and lexicons into a folder."""
    (folder / "wrong.txt").write_text(
        "teh->the\nrecieve->receive\nthier->their, there,\ncapella->a cappella\n", "utf-8"
    )
    rows = ["english\ttranslation\tpos", "house\tHaus\tn", "new\tneu\ta", "New York\tNeu-York\tn", "the\tder\td"]
    (folder / "en-de.tsv").write_text("\n".join([*rows, "the\tdie\td", "dog\tHund\tn", "taxi\tTaxi\tn"]), "utf-8")
    (folder / "en-fr.tsv").write_text("house\tmaison\nnew\tnouveau\ndog\tchien\npotato\tpomme de terre\n", "utf-8")
    (folder / "en-zh.tsv").write_text("park\t公园\npublic\t公\ntoday\t今天\n", "utf-8")
    aligned = "the new house ||| das neue Haus ||| 0-0 1-1 2-2\nthe dog ||| der Hund ||| 0-0 1-1\n"
    (folder / "en-de.aligned").write_text(aligned, "utf-8")
    return folder


def maker(folder: Path) -> Make:
    """Return what makes a perturbation by its name, with the lists in a folder."""

    def made(name: str, rate: float = 0.3, seed: int = 0, **settings: Any) -> Perturbation:
        if name == "romanise":
            pytest.importorskip("anyascii")
        if name == "misspellings":
            settings = {"list": str(folder / "wrong.txt"), **settings}
        if name == "dictionary":
            settings = {"into": "en", "lexicons": str(folder), **settings}
        if name == "phrases":
            settings = {"into": "en", "aligned": str(folder), **settings}
        section = "switch" if name in SWITCHING else "noise"
        return parse({section: name, "rate": rate, "seed": seed, **settings}, "stress")

    return made
