"""Models for the evidence of the literature: the packaged encoder as sentence vectors, and a checkpoint that judges
entailment."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from xstilts.app.checkpoints import checkpoint_folder, task_for
from xstilts.app.encoder_folders import folder_of_encoder
from xstilts.app.execution import Quiet, compute_here
from xstilts.core.errors import StudyError
from xstilts.data.examples import TextExample
from xstilts.evidence.entailment import CONTRADICT, LABELS, NOT_ENOUGH_INFO, SUPPORT, Entailment
from xstilts.evidence.screening import Vectors
from xstilts.kinds.classification import Classification
from xstilts.kinds.retrieval import Retrieval
from xstilts.pipeline.options import Options
from xstilts.tasks.base import Task

ENCODER = "tiny-e5"
LONGEST = 128  # tokens of a text: a title and the first half of an abstract
_MEANT = {
    "entailment": SUPPORT, "entails": SUPPORT, "support": SUPPORT, "supported": SUPPORT,
    "contradiction": CONTRADICT, "contradict": CONTRADICT, "contradicted": CONTRADICT,
    "neutral": NOT_ENOUGH_INFO, "not_enough_info": NOT_ENOUGH_INFO, "not enough evidence": NOT_ENOUGH_INFO,
}  # fmt: skip


def sentence_vectors(options: Options) -> Vectors:
    """Return the function that turns N texts into vectors [N, D] of length 1: the mean of the last layer's states of
    the packaged encoder, which is unpacked into the store on first use. A text is encoded once."""
    known: dict[str, np.ndarray] = {}
    encode: list[Callable[[Sequence[str]], np.ndarray]] = []

    def vectors(texts: Sequence[str]) -> np.ndarray:
        if new := [text for text in dict.fromkeys(texts) if text not in known]:
            if not encode:
                encode.append(_loaded(options))
            known.update(zip(new, encode[0](new), strict=True))
        return np.stack([known[text] for text in texts])

    return vectors


def _loaded(options: Options) -> Callable[[Sequence[str]], np.ndarray]:
    from xstilts.evaluate.sentence_vectors import SentenceEncoder

    folder = folder_of_encoder(ENCODER, options, Quiet().say)
    model = SentenceEncoder(folder, Retrieval(layer=-1), compute_here(options))

    def encode(texts: Sequence[str]) -> np.ndarray:
        table = model.vectors(texts, LONGEST).vectors_ND.astype(np.float64)
        return np.asarray(table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-12))

    return encode


def checkpoint_entailment(checkpoint: str, task_name: str, options: Options) -> Entailment:
    """Return the entailment that a checkpoint says of pairs, by the head of a task.

    Raises EncoderError for a checkpoint that is none, StudyError for a task without labels of entailment."""
    task = task_for(task_name, None, options)
    labels = _labels(task)
    folder = checkpoint_folder(checkpoint, options)

    def entailment(pairs: Sequence[tuple[str, str]]) -> np.ndarray:
        from xstilts.evaluate.predict import CheckpointRef, predict_examples

        if not pairs:
            return np.zeros((0, len(LABELS)))
        examples = [TextExample(id=str(n), group=str(n), text=a, pair=b) for n, (a, b) in enumerate(pairs)]
        compute = compute_here(options)
        ref = CheckpointRef(checkpoint=folder, task=task.name)
        scores = predict_examples(ref, task.kind, examples, compute).scores or []
        return np.array(
            [[sum(row[name] for name, meant in labels.items() if meant == label) for label in LABELS] for row in scores]
        )

    return entailment


def _labels(task: Task) -> dict[str, str]:
    """Return what each label of a task means. Raises StudyError where it does not judge entailment."""
    names = task.kind.labels if isinstance(task.kind, Classification) else ()
    meant = {name: _MEANT[name.lower()] for name in names if name.lower() in _MEANT}
    if len(meant) < len(names) or set(meant.values()) != set(LABELS):
        raise StudyError(
            f"The task '{task.name}' does not judge entailment: its labels are {', '.join(names) or 'none'}.",
            where="--task",
            hint="A task such as xnli, mnli or snli has entailment, neutral and contradiction.",
        )
    return meant
