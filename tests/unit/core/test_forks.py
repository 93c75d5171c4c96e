"""Forks: the same outcomes as one process, its errors, and what becomes of a copy that is killed."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading

import pytest

from xstilts.core.forks import forked, usable_forks


def in_own_process(code: str) -> str:
    """Run code in a process without other threads, which a test's own is not."""
    started = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=60, check=False
    )
    assert started.returncode == 0, started.stderr
    return started.stdout


def test_copies_know_what_the_process_knows_and_each_item_is_worked_on_once() -> None:
    out = in_own_process("""
        import os
        from xstilts.core.forks import forked
        table = [10, 20, 30, 40, 50]
        outcomes = dict(forked(lambda place: (table[place], os.getpid()), [4, 0, 2], 2))
        assert os.getpid() not in {pid for _, pid in outcomes.values()}
        print([outcomes[place][0] for place in range(3)])
    """)
    assert out.strip() == "[50, 10, 30]"


def test_an_error_of_the_work_is_raised_as_it_is() -> None:
    out = in_own_process("""
        from xstilts.core.errors import DataError
        from xstilts.core.forks import forked
        def work(item):
            raise DataError("no such row", where=f"{item}:3")
        try:
            list(forked(work, ["a.tsv"], 2))
        except DataError as error:
            print(error, error.where)
    """)
    assert out.strip() == "a.tsv:3: no such row a.tsv:3"


def test_what_a_killed_copy_leaves_is_done_in_this_process() -> None:
    out = in_own_process("""
        import os
        from xstilts.core.forks import forked
        here = os.getpid()
        def work(item):
            if os.getpid() != here:
                os.kill(os.getpid(), 9)
            return item * item
        print(sorted(forked(work, [1, 2, 3], 2)))
    """)
    assert out.strip() == "[(0, 1), (1, 4), (2, 9)]"


@pytest.mark.parametrize(
    "first",
    [
        "import sys; sys.modules['torch'] = threading",
        "threading.Thread(target=threading.Event().wait, daemon=True).start()",
    ],
)
def test_a_process_with_threads_of_others_is_not_copied(first: str) -> None:
    code = "import threading\nfrom xstilts.core.forks import usable_forks\n{}\nprint(usable_forks(8))"
    assert in_own_process(code.format(first)).strip() == "1"


def test_no_more_copies_than_items_or_cores() -> None:
    code = "from xstilts.core.forks import usable_forks\nfrom xstilts.core.environment import usable_cores\n"
    assert (
        in_own_process(code + "print(usable_forks(1), usable_forks(0), usable_forks(999) == usable_cores())")
        == "1 1 True\n"
    )
    assert threading.active_count() == 1 or usable_forks(8) == 1


def test_one_copy_is_this_process() -> None:
    seen: list[int] = []
    assert list(forked(seen.append, [3, 4], 1)) == [(0, None), (1, None)]
    assert seen == [3, 4]
