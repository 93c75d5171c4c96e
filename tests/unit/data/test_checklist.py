"""MultiCheckList: variants of a cell, one item in every language, and errors with their line."""

from __future__ import annotations

from pathlib import Path

import pytest

from xstilts.core.errors import DataError
from xstilts.data.readers.catalog import MultiCheckList
from xstilts.tasks.checklist import LANGUAGES, TESTS

TABLE = """Field\ten\tde\tde-placeholders\tde\tde-placeholders\r
Name\tPets\t\t\t\t\r
Capability\tTaxonomy\t\t\t\t\r
Context\t{first_name} has {animal}.\t{first_name} hat {animal}.\t\t\t\r
Question\tWhat does {first_name} have with {animal}?\tWas hat er?\tdog\tWas hat sie?\tcat\r
Answer\t{animal}\t{animal}\t\t\t\r
animal\ta dog\teinen Hund\t\t\t\r
animal\ta cat\teine Katze\t\t\t\r
"""


def test_the_variant_is_that_of_the_english_value(put):
    path = put("table.tsv", TABLE)
    german = list(MultiCheckList(language="de", cases=20)([path]))
    english = list(MultiCheckList(language="en", cases=20)([path]))
    assert [one["id"] for one in german] == [one["id"] for one in english]
    for de, en in zip(german, english, strict=True):
        (answer,), (start,) = de["answers"]["text"], de["answers"]["answer_start"]
        assert de["context"].startswith(answer, start)
        assert ("Hund" in de["context"]) == ("dog" in en["context"]) == (de["question"] == "Was hat er?")
        assert de["context"].split()[0] == en["context"].split()[0]
    assert {one["question"] for one in german} == {"Was hat er?", "Was hat sie?"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("Answer\t{animal}\t{animal}\t\t\t\r\n", "", "table.tsv:5: a question without an answer"),
        ("Name\tPets\t\t\t\t\r\n", "", "table.tsv:2: the table begins with no test"),
        ("animal\ta dog\teinen Hund\t\t\t", "animal\ta dog", "table.tsv:7: 2 fields, the first line has 6"),
    ],
)
def test_a_broken_table_is_an_error_at_its_line(put, old: str, new: str, said: str):
    with pytest.raises(DataError, match=said):
        list(MultiCheckList(language="de")([put("table.tsv", TABLE.replace(old, new))]))


def test_an_unknown_language_or_test_names_the_known_ones(put):
    path = put("table.tsv", TABLE)
    with pytest.raises(DataError, match=r"no column 'dee'.*Did you mean 'de'"):
        list(MultiCheckList(language="dee")([path]))
    with pytest.raises(DataError, match=r"no test 'Pet'.*Did you mean 'Pets'"):
        list(MultiCheckList(language="de", test="Pet")([path]))


def test_every_language_has_cases_of_every_test(shared_data: Path):
    path = shared_data / "multichecklist/checklist_templates.tsv.gz"
    assert len(LANGUAGES) == 50
    for language in LANGUAGES:
        rows = list(MultiCheckList(language=language, cases=20)([path]))
        usable = dict.fromkeys(TESTS.values(), 0)
        for one in rows:
            if one["answers"] and one["answers"]["answer_start"][0] >= 0:
                usable[one["test"]] += 1
                assert "{" not in one["context"] + one["question"]
        assert len(rows) == 120
        if language == "qu":
            assert usable.pop(TESTS["animal"]) == 0  # declared: the task has no Quechua
        assert min(usable.values()) >= 5, (language, usable)
        if language == "en":
            assert set(usable.values()) == {20}
