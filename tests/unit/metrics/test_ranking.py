from xstilts.metrics.ranking import MeanAveragePrecision

METRIC = MeanAveragePrecision()


def test_one_relevant_candidate_counts_the_inverse_of_its_rank_within_twenty() -> None:
    ranked = [str(number) for number in range(30)]
    assert [METRIC.tally([name], ranked, "de") for name in ("0", "3", "19", "20", "x")] == [
        (1.0, 1.0), (0.25, 1.0), (0.05, 1.0), (0.0, 1.0), (0.0, 1.0),
    ]  # fmt: skip


def test_several_relevant_candidates_share_the_precision_and_repeats_count_once() -> None:
    assert METRIC.tally(["a", "b"], ["a", "x", "b"], "de")[0] == (1 + 2 / 3) / 2
    assert METRIC.tally(["a", "b"], ["a", "a", "a"], "de")[0] == 1 / 2
    assert METRIC.tally(list("abcdefghijklmnopqrstuvwxyz"), list("abcdefghijklmnopqrstuvwxyz"), "de")[0] == 1.0
