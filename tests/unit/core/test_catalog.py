from __future__ import annotations

from dataclasses import dataclass

import pytest

from xstilts.core.catalog import Catalog
from xstilts.core.errors import StudyError


@dataclass(frozen=True)
class Thing:
    name: str
    size: int = 0


ONE, TWO = Thing("xnli", 1), Thing("pawsx", 2)


def test_it_is_a_mapping_in_the_order_written() -> None:
    things = Catalog("task", ONE, TWO)
    assert list(things) == ["xnli", "pawsx"] and len(things) == 2
    assert things["pawsx"] is TWO
    assert list(things.values()) == [ONE, TWO]


def test_membership_and_get_do_not_raise() -> None:
    things = Catalog("task", ONE)
    assert "xnli" in things and "xlni" not in things
    assert things.get("xlni") is None and things.get("xlni", TWO) is TWO and things.get("xnli") is ONE


def test_two_of_one_name_raise() -> None:
    with pytest.raises(StudyError, match="two tasks are called 'xnli'"):
        Catalog("task", ONE, Thing("xnli", 9))


def test_an_unknown_name_says_the_place_the_nearest_and_what_is_allowed() -> None:
    with pytest.raises(StudyError) as caught:
        Catalog("task", ONE, TWO).find("xlni", where="study.yaml:3")
    text = str(caught.value)
    assert text == "study.yaml:3: there is no task 'xlni'. Did you mean 'xnli'? Allowed: xnli, pawsx."
    with pytest.raises(StudyError):
        Catalog("task", ONE)["nope"]


def test_a_longer_one_is_another_expression() -> None:
    things = Catalog("task", ONE)
    assert list(Catalog("task", *things.values(), TWO)) == ["xnli", "pawsx"]
    assert list(things) == ["xnli"]
