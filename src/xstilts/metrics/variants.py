"""Variants of metrics: which of them measure the same thing by another rule, so that either is a defensible choice."""

from __future__ import annotations

from collections.abc import Collection

# The rules of a benchmark's program, and those that do not punish what is no error.
VARIANTS: tuple[frozenset[str], ...] = (
    frozenset({"chunk_f1", "token_accuracy"}),  # seqeval over bare tags counts neighbours with equal tags as one
    frozenset({"squad", "mlqa"}),  # answers of every language normalised as English, or each by its own rules
    frozenset({"mtop_pytext", "mtop_casper", "xsemplr_exact_match"}),
    frozenset({"massive_exact_match", "frame_accuracy"}),
    frozenset({"massive_slots", "slot_f1"}),
    frozenset({"xsid_slots", "slot_f1"}),
)


def variant_of(metric: str, scored: Collection[str]) -> str:
    """Return the first of the metrics that were scored which measures the same as `metric` otherwise; "" for none.

    >>> variant_of("squad", ["squad", "mlqa"]), variant_of("accuracy", ["accuracy", "slot_f1"])
    ('mlqa', '')
    """
    same = {name for group in VARIANTS if metric in group for name in group} - {metric}
    return next((name for name in scored if name in same), "")
