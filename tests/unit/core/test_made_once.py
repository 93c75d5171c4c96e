"""Things made once: told apart by which object they are of, never by what it is equal to."""

from __future__ import annotations

from xstilts.core.made_once import MadeOnce


def test_what_is_made_of_one_object_is_made_once():
    made, table, value = [], MadeOnce[int](), [1]

    def make() -> int:
        made.append(1)
        return len(made)

    assert [table.of(make, value, values="a") for _ in range(3)] == [1, 1, 1]
    assert table.of(make, value, values="b") == 2


def test_equal_objects_are_other_objects():
    table = MadeOnce[str]()
    assert table.of(lambda: "one", [1]) == "one"
    assert table.of(lambda: "float", [1.0]) == "float"


def test_no_later_object_passes_for_one_that_is_gone():
    table = MadeOnce[int]()
    for number in range(1000):  # each list is garbage at once, and the next would lie in its place
        assert table.of(lambda number=number: number, [number]) == number
