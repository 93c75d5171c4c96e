"""The claim classifier: tells claims with the weights that the study `claim_sentences` left in the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from xstilts.app.checkpoints import checkpoint_folder
from xstilts.app.execution import compute_here
from xstilts.core.errors import EncoderError
from xstilts.core.files import read_json_mapping
from xstilts.data.examples import TextExample
from xstilts.engine.graph import steps_of
from xstilts.evidence.findings import Extractor, could_be_finding
from xstilts.evidence.source_text import SourceText
from xstilts.pipeline.options import Options
from xstilts.pipeline.session import open_session
from xstilts.pipeline.steps import train
from xstilts.study.load import load_study
from xstilts.tasks.claim_sentences import CLAIM, CLAIM_SENTENCES

STUDY = "claim_sentences"


def trained_classifier(options: Options) -> Path | None:
    """Return the checkpoint of the study's seed that is best on the development set; None where the store has none.
    Nothing is run or fetched."""
    best = max(trained_seeds(options), key=_dev_score, default=None)
    try:
        return checkpoint_folder(best.name, options) if best else None
    except EncoderError:  # its weights are gone
        return None


def trained_seeds(options: Options) -> list[Path]:
    """Return the folders of the study's trainings that are done, in the order of their seeds."""
    if not (options.store / "steps").is_dir():  # nothing was ever trained here
        return []
    session = open_session(load_study(STUDY), replace(options, offline=True), planning=True)
    trainings = [step for step in steps_of(session.goals) if step.name == train.KIND.name]
    return [session.store.path(step) for step in trainings if session.store.is_done(step)]


def _dev_score(folder: Path) -> float:
    score = read_json_mapping(folder / "summary.json").get("best_score")
    return float(score) if isinstance(score, int | float) else 0.0


def classifier_extractor(checkpoint: Path, options: Options) -> Extractor:
    """Return an extractor that takes a sentence for a claim where the checkpoint says so more likely than not."""

    def find(texts: Sequence[SourceText]) -> list[set[int]]:
        shown = [
            (place, number)
            for place, text in enumerate(texts)
            for number, sentence in enumerate(text.sentences)
            if could_be_finding(sentence.text)
        ]
        chances = claim_chances([texts[place].sentences[number].text for place, number in shown], checkpoint, options)
        found: list[set[int]] = [set() for _ in texts]
        for (place, number), chance in zip(shown, chances, strict=True):
            if chance > 0.5:
                found[place].add(number)
        return found

    return Extractor(name="classifier", find=find)


def claim_chances(sentences: Sequence[str], checkpoint: Path, options: Options) -> list[float]:
    """Return the probability of each sentence that it is a claim, as the checkpoint gives it."""
    from xstilts.evaluate.predict import CheckpointRef, predict_examples

    if not sentences:
        return []
    examples = [TextExample(id=str(number), group=str(number), text=text) for number, text in enumerate(sentences)]
    ref = CheckpointRef(checkpoint=checkpoint, task=CLAIM_SENTENCES.name)
    scores = predict_examples(ref, CLAIM_SENTENCES.kind, examples, compute_here(options)).scores or []
    return [row[CLAIM] for row in scores]
