"""Reading a file of figures: nothing enters without a source that holds it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from xstilts.core.errors import DataError
from xstilts.report.scores.published_files import read_rows

FILE: dict[str, Any] = {
    "name": "toy",
    "title": "TOY",
    "about": "one task",
    "languages_source": "paper",
    "sources": {"paper": {"cite": "Nobody 2020", "address": "https://example.org", "place": "Table 1"}},
    "tasks": {
        "xnli": {
            "metric": "accuracy",
            "said": "accuracy",
            "languages": "en swh",
            "train": {"value": 392702, "source": "paper", "quote": "XNLI | 392,702"},
        },
        "odd": {"metric": "nobody_has_it", "said": "a metric of its own", "languages": "en"},
    },
    "averages": {"all": {"said": "mean of one task", "tasks": ["xnli"]}},
    "rows": {
        "big": {
            "model": "Big",
            "parameters": {"text": "1.2B", "source": "paper", "quote": "Big has 1.2 billion"},
            "encoder": "Big",
            "hub": "nobody/big",
            "setting": "English",
            "figures": [{"source": "paper", "quote": "Big | 80.5 | 7", "values": {"xnli": {"accuracy": 80.5}}}],
        },
        "bigger": {"model": "Bigger", "setting": "English", "over": "big", "figures": []},
    },
}
Change = Callable[[dict[str, Any]], None]


def test_a_file_becomes_rows() -> None:
    big, bigger = read_rows(FILE, "toy.json")
    assert (big.name, big.model, big.parameters, bigger.over) == ("big", "Big", "1.2B", "big")
    assert big.values("xnli") == {"accuracy": 80.5} and big.score("xnli") == 80.5
    assert big.score("odd") is None and bigger.score("xnli") is None
    assert [source.place for source in big.sources] == ["Table 1"]
    task = big.benchmark.tasks["xnli"]
    assert (task.languages, task.train) == (("en", "sw"), 392702)


def figures(record: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = record["rows"]["big"]["figures"][0]
    return found


REFUSED: dict[str, tuple[Change, str]] = {
    "no source": (
        lambda r: figures(r).pop("source"),
        r"toy.json: rows.big.figures\[0\].xnli.accuracy: .*needs a source",
    ),
    "an unknown source": (lambda r: figures(r).update(source="papr"), "Did you mean 'paper'"),
    "no quotation": (lambda r: figures(r).pop("quote"), "80.5 does not stand in the quotation ''"),
    "a number that was not read": (lambda r: figures(r).update(quote="Big | 180.5 | 80.55"), "80.5 does not stand in"),
    "a source without an address": (lambda r: r["sources"]["paper"].pop("address"), "sources.paper: .* no 'address'"),
    "a source without a place": (lambda r: r["sources"]["paper"].update(place=""), "sources.paper: .* no 'place'"),
    "languages without a source": (lambda r: r.pop("languages_source"), "languages_source: .*needs a source"),
    "an unknown task": (lambda r: figures(r)["values"].update(xnly={"accuracy": 7}), "Did you mean 'xnli'"),
    "an average over an unknown task": (lambda r: r["averages"]["all"].update(tasks=["xnly"]), "averages.all.tasks"),
    "a figure twice": (lambda r: r["rows"]["big"]["figures"].append(figures(r)), "two figures .* xnli accuracy"),
    "another training size": (
        lambda r: r["tasks"]["xnli"]["train"].update(value=392),
        "tasks.xnli.train: 392 does not",
    ),
    "another size of the model": (lambda r: r["rows"]["big"]["parameters"].update(text="7B"), "parameters: 7 does not"),
    "a row over one that is not there": (lambda r: r["rows"]["bigger"].update(over="bg"), "rows.bigger.over: .*'big'"),
    "a misspelt key of a row": (lambda r: r["rows"]["big"].update(setings=""), "Did you mean 'setting'"),
    "a misspelt key of a task": (lambda r: r["tasks"]["odd"].update(nota=""), "Did you mean 'note'"),
}


@pytest.mark.parametrize("change", REFUSED)
def test_what_cannot_be_looked_up_is_refused(change: str) -> None:
    record = copy.deepcopy(FILE)
    make, said = REFUSED[change]
    make(record)
    with pytest.raises(DataError, match=said):
        read_rows(record, "toy.json")
