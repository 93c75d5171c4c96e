"""Views and mixtures: properties that hold for all rows, sizes and seeds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xstilts.core.canonical import fingerprint
from xstilts.core.errors import DataError, StudyError
from xstilts.data.read import apply_views
from xstilts.data.readers.catalog import Lines, ParallelText
from xstilts.data.row_makers.catalog import SentencesRow, TextRow
from xstilts.data.source import Key, Place, Source
from xstilts.data.views import SplitView, Subsample, without_translations_of
from xstilts.train.task_sampling import draw_tasks, rates

KEYS = st.lists(st.integers(0, 40), max_size=60).map(
    lambda groups: [Key(f"id{i}", f"g{group}") for i, group in enumerate(groups)]
)
SEEDS = st.integers(0, 5)


@given(KEYS, st.integers(0, 70), st.integers(0, 70), SEEDS, st.sampled_from(["id", "group"]))
def test_takes_are_nested_and_in_file_order(keys, n, m, seed, by):
    small, large = (Subsample(n=k, seed=seed, by=by).select(keys) for k in sorted((n, m)))
    assert set(small) <= set(large)
    assert small == sorted(set(small))


@given(KEYS, st.integers(0, 70), SEEDS)
def test_take_gives_exactly_n_rows_or_all(keys, n, seed):
    assert len(Subsample(n=n, seed=seed).select(keys)) == min(n, len(keys))


@given(KEYS, st.integers(0, 70), SEEDS)
def test_take_by_group_takes_whole_groups(keys, n, seed):
    chosen = Subsample(n=n, seed=seed, by="group").select(keys)
    groups = {keys[i].group for i in chosen}
    assert chosen == [i for i, key in enumerate(keys) if key.group in groups]
    assert len(chosen) <= n or len(groups) == 1
    assert bool(chosen) == bool(n and keys)


@given(KEYS, st.integers(1, 30), SEEDS)
def test_a_take_does_not_depend_on_the_order_of_rows(keys, n, seed):
    forward = {keys[i].id for i in Subsample(n=n, seed=seed).select(keys)}
    backward = {keys[::-1][i].id for i in Subsample(n=n, seed=seed).select(keys[::-1])}
    assert forward == backward


@given(KEYS, st.floats(0.01, 0.99), SEEDS)
def test_parts_are_disjoint_by_group_and_cover_all(keys, share, seed):
    held, rest = (SplitView(name=name, share=share, seed=seed).select(keys) for name in ("held", "rest"))
    assert sorted(held + rest) == list(range(len(keys)))
    assert not {keys[i].group for i in held} & {keys[i].group for i in rest}
    if len({key.group for key in keys}) > 1:
        assert held and rest


def test_a_part_has_about_its_share():
    keys = [Key(str(i), str(i)) for i in range(4000)]
    assert 0.04 < len(SplitView(name="held", share=0.05).select(keys)) / 4000 < 0.06


def test_seeds_choose_differently_and_part_does_not_blind_take():
    keys = [Key(str(i), str(i)) for i in range(1000)]
    first, second = (set(Subsample(n=100, seed=seed).select(keys)) for seed in (1, 2))
    assert len(first & second) < 40
    held = set(SplitView(name="held", share=0.5, seed=1).select(keys))
    assert 25 < len(first & held) < 75  # independent of each other at the same seed


def test_each_view_sees_what_the_one_before_left():
    keys = [Key(str(i), str(i)) for i in range(200)]
    rest = apply_views([SplitView(name="rest", share=0.5)], keys)
    both = apply_views([SplitView(name="rest", share=0.5), Subsample(n=10)], keys)
    assert len(both) == 10
    assert set(both) <= set(rest)
    assert apply_views([], keys) == list(range(200))


def test_impossible_views_are_refused():
    with pytest.raises(DataError, match="take -1"):
        Subsample(n=-1)
    with pytest.raises(DataError, match="Did you mean 'group'"):
        Subsample(n=1, by="groups")
    with pytest.raises(DataError, match="Did you mean 'held'"):
        SplitView(name="hold", share=0.5)
    with pytest.raises(DataError, match="between 0 and 1"):
        SplitView(name="held", share=1)


def test_views_have_identities():
    seen = {
        fingerprint(view)
        for view in (Subsample(n=1), Subsample(n=2), Subsample(n=1, seed=1), Subsample(n=1, by="group"))
    }
    assert len(seen) == 4


def test_translations_of_held_out_rows_are_told_by_their_ids():
    originals = [Key(name, "g") for name in "abcde"]
    translated = [Key(name, "other") for name in "edxba"]
    assert without_translations_of([0, 1, 2, 4], translated, [1, 3], originals) == [0, 2, 4]
    with pytest.raises(DataError, match=r"'x', ....*'a', ....*cannot be kept out"):
        without_translations_of([0], [Key("x", "g")], [1], originals)


def test_retrieval_sources_take_pairs_and_others_rows():
    pairs = Source(places=(Place(read=ParallelText(), row=SentencesRow()),)).subsample(3)
    rows = Source(places=(Place(read=Lines(), row=TextRow()),)).subsample(3)
    assert (pairs.views[0].by, rows.views[0].by) == ("group", "id")


SIZES = st.lists(st.integers(1, 10**6), min_size=1, max_size=8)


@given(SIZES, st.floats(1, 10), st.one_of(st.none(), st.integers(1, 10**5)))
def test_rates_sum_to_one_and_flatten_with_temperature(sizes, temperature, cap):
    flat, steep = rates(sizes, temperature, cap), rates(sizes, 1.0, cap)
    assert sum(flat) == pytest.approx(1)
    assert max(flat) <= max(steep) + 1e-12
    assert rates(sizes, temperature, cap, uniform=True) == [1 / len(sizes)] * len(sizes)


def test_rates_by_hand():
    assert rates([900, 100], temperature=2) == pytest.approx([0.75, 0.25])
    assert rates([1000, 100, 100], cap=100) == pytest.approx([1 / 3] * 3)


@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=6), st.integers(0, 400), SEEDS)
def test_schedules_are_exact_to_within_rounding(weights, updates, seed):
    shares = [weight / sum(weights) for weight in weights]
    order = draw_tasks(shares, updates, seed)
    assert len(order) == updates
    for task, share in enumerate(shares):
        assert abs(order.count(task) - share * updates) < 1 + 1e-6
    assert order == draw_tasks(shares, updates, seed)


def test_schedules_are_shuffled_by_seed():
    first, second = draw_tasks([0.5, 0.5], 1000, 1), draw_tasks([0.5, 0.5], 1000, 2)
    assert first != second
    assert 150 < sum(first[:400]) < 250


@pytest.mark.parametrize(("sizes", "options"), [([], {}), ([3, 0], {}), ([1], {"temperature": 0}), ([1], {"cap": 0})])
def test_impossible_mixtures_are_refused(sizes, options):
    with pytest.raises(StudyError):
        rates(sizes, **options)


def test_fewer_queries_search_all_candidates() -> None:
    keys = [Key(f"{side}{i}", f"g{i}", scored=side == "q") for i in range(50) for side in "qc"]
    view = Subsample(n=10, by="group", scored_alone=True)
    chosen = [keys[i] for i in view.select(keys)]
    assert sum(key.scored for key in chosen) == 10 and sum(not key.scored for key in chosen) == 50
    assert {key.id for key in chosen if key.scored} < {
        keys[i].id for i in Subsample(n=20, by="group", scored_alone=True).select(keys)
    }
    assert view.passing_share(100) == 0.6
