"""A made-up world in three scripts: what is said in one language is said in the others."""

from __future__ import annotations

import numpy as np


def parallel(sentences: int, seed: int = 0) -> dict[str, list[str]]:
    """Sentences of a made-up world: concept k is a different word in each language."""
    rng = np.random.default_rng(seed)
    names = {"en": "bcdfgh", "ru": "бвгдж", "th": "กขคงจ"}
    words = {
        language: ["".join(np.random.default_rng((k, 9)).choice(list(letters), 6)) for k in range(60)]
        for language, letters in names.items()
    }
    drawn = [rng.choice(60, size=6, replace=False) for _ in range(sentences)]
    return {language: [" ".join(own[k] for k in ks) for ks in drawn] for language, own in words.items()}
