"""Retrieval benchmark: how fast are nearest neighbours and margin mining, beside faiss-cpu with LASER's margin?

    python benchmarks/retrieval.py [--sentences 100000] [--width 768] [--threads 2]

Random unit vectors: the work does not depend on what they mean. Both sides compute the same: the nearest candidate
by inner product for 1,000 queries, and mining with the ratio margin over k = 4 neighbours in both directions (Artetxe
and Schwenk 2019), "max" retrieval. The pairs that are found are compared.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable

import numpy as np

from xstilts.kinds.nearest_neighbours import mine, nearest, unit

K = 4


def faiss_nearest(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    import faiss

    index = faiss.IndexFlatIP(b.shape[1])
    index.add(b)
    return np.asarray(index.search(a, 1)[1][:, 0])


def faiss_mine(a: np.ndarray, b: np.ndarray) -> list[tuple[int, int, float]]:
    """Flat search both ways, then the margin and the greedy one-to-one matching of LASER's description."""
    import faiss

    def search(queries: np.ndarray, pool: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        index = faiss.IndexFlatIP(pool.shape[1])
        index.add(pool)
        cosines, places = index.search(queries, K)
        return cosines, places

    (forward, nearest_b), (back, nearest_a) = search(a, b), search(b, a)
    mean_a, mean_b = forward.mean(axis=1), back.mean(axis=1)
    margin_a = forward / ((mean_a[:, None] + mean_b[nearest_b]) / 2)
    margin_b = back / ((mean_b[:, None] + mean_a[nearest_a]) / 2)
    best_a, best_b = margin_a.argmax(axis=1), margin_b.argmax(axis=1)
    rows, columns = np.arange(len(a)), np.arange(len(b))
    source = np.concatenate([rows, nearest_a[columns, best_b]])
    target = np.concatenate([nearest_b[rows, best_a], columns])
    margin = np.concatenate([margin_a[rows, best_a], margin_b[columns, best_b]])
    used_a, used_b, pairs = set(), set(), []
    for place in np.argsort(-margin, kind="stable"):
        source_row, target_row = int(source[place]), int(target[place])
        if source_row not in used_a and target_row not in used_b:
            used_a.add(source_row)
            used_b.add(target_row)
            pairs.append((source_row, target_row, float(margin[place])))
    return pairs


def timed(call: Callable[[], object]) -> tuple[float, object]:
    began = time.perf_counter()
    result = call()
    return time.perf_counter() - began, result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sentences", type=int, default=100_000, help="on each side of the mining")
    parser.add_argument("--width", type=int, default=768)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    import faiss

    faiss.omp_set_num_threads(options.threads)
    random = np.random.default_rng(0)
    a = unit(random.normal(size=(options.sentences, options.width)).astype(np.float32))
    # Half of the sentences have a translation: the same vector with noise.
    noise = random.normal(size=a.shape).astype(np.float32) * 0.04
    b = unit(np.where(np.arange(len(a))[:, None] % 2 == 0, a + noise, random.normal(size=a.shape)).astype(np.float32))
    lines = ["| task | xstilts, s | faiss, s | ours is | same answers |", "| --- | ---: | ---: | ---: | ---: |"]
    few, many = a[:1000], b[:1000]
    for name, mine_own, theirs in (
        ("nearest of 1,000 for 1,000", lambda: nearest(few, many), lambda: faiss_nearest(few, many)),
        (f"mining {len(a):,} × {len(b):,}", lambda: list(mine(a, b, K)), lambda: faiss_mine(a, b)),
    ):
        ours, our_answers = timed(mine_own)
        peer, their_answers = timed(theirs)
        lines.append(
            f"| {name} | {ours:.2f} | {peer:.2f} | {peer / ours:.2f} × | {_same(our_answers, their_answers):.1%} |"
        )
    sys.stdout.write("\n".join(lines) + "\n")


def _same(ours: object, theirs: object) -> float:
    if isinstance(ours, np.ndarray) and isinstance(theirs, np.ndarray):
        return float((ours == theirs).mean())
    our_pairs, their_pairs = ({(int(x[0]), int(x[1])) for x in pairs} for pairs in (ours, theirs))  # type: ignore[attr-defined]
    return len(our_pairs & their_pairs) / max(1, len(our_pairs | their_pairs))


if __name__ == "__main__":
    main()
