"""Files that a study has read: their fingerprints and counts, and which of them are packaged samples."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from xstilts.engine.graph import steps_of
from xstilts.engine.step import Step
from xstilts.pipeline.session import Session
from xstilts.pipeline.steps import kind_of
from xstilts.pipeline.steps.prepare import COUNT_FILES, PreparedFiles
from xstilts.report.elements.formatting import plural
from xstilts.samples import CUT, describe
from xstilts.tasks.base import Task


def file_records(session: Session) -> Iterable[Mapping[str, Any]]:
    """One line for each file that is read: its fingerprint, and what was dropped or cut. Where a source is several
    files (the two sides of a translation), its counts stand with the first alone; what is read once more for another
    value of a sweep, or under stress, is one line. Training rows are a line for each noise mixed in."""
    texts = {text.name: text for by_language in session.located.adapter_texts.values() for text in by_language.values()}
    tasks: dict[str, Task] = {**texts, **session.located.intermediates, **session.located.targets}
    seen: set[Hashable] = set()
    for step in file_steps(session):
        task, use = step.about["task"], step.about["use"]
        read = (task, use, step.settings.source, step.settings.translated, _use(step))
        if read in seen or step.settings.perturbation is not None:
            continue
        seen.add(read)
        source, is_done = step.settings.source, session.store.is_done(step)
        of_source = PreparedFiles.of(session.store.files(step, COUNT_FILES)) if is_done else None
        for number, (path, digest) in enumerate(zip(source.paths, source.files, strict=True)):
            counts = of_source if number == 0 else None
            first = counts.first_dropped if counts else {}
            yield {
                "task": task,
                "use": _use(step),
                "language": step.about["language"],
                "file": path.name,
                "sha256": digest,
                "read": counts and counts.read,
                "rows": counts and counts.used,
                "examples": counts and counts.examples - counts.blank,
                "without_gold": counts and counts.without_gold,
                "first_without_gold": counts and counts.first_blank and Path(counts.first_blank).name,
                "dropped": dict(counts.dropped) if counts else {},
                "first_dropped": {reason: Path(place).name for reason, place in first.items()},
                "truncated": counts and counts.truncated,
                "split": counts and counts.split,
                "unusable": counts and counts.unusable,
                **(
                    {"perturbed": counts and counts.perturbed, "kept": dict(counts.kept) if counts else {}}
                    if step.settings.augmentation
                    else {}
                ),
                **({"kept": dict(counts.kept)} if counts and counts.kept and step.settings.translated else {}),
                "unknown_labels": counts and counts.notes.get("unknown_labels"),
                "malformed_forms": counts and counts.notes.get("malformed_forms"),
                "long_forms": counts and counts.notes.get("long_forms"),
                "unknown_tokens": counts and counts.notes.get("unknown_tokens"),
                "overlapping": counts and counts.notes.get("overlapping"),
                **({"blank_answers": n} if counts and (n := counts.notes.get("blank_answers")) else {}),
                **{f"first_{name}": Path(place).name for name, place in (counts.first if counts else {}).items()},
                "licence": tasks[task].origin.licence if task in tasks else "",
            }


def _use(step: Step) -> str:
    """Name what a file is read for: "train", "train, translated", "train, perturbed: keyboard 10 %, swap 10 %"."""
    augmentation = step.settings.augmentation
    noises = [f"{one.name} {100 * one.rate:g} %" for one in augmentation.perturbations] if augmentation else []
    by_relevance = (
        f", words by relevance ({augmentation.preference:+.2g})" if augmentation and augmentation.preference else ""
    )
    perturbed = f"perturbed: {', '.join(noises)}{by_relevance}" if noises else ""
    return ", ".join(filter(None, (step.about["use"], "translated" if step.settings.translated else "", perturbed)))


def file_steps(session: Session) -> Iterator[Step]:
    return (step for step in steps_of(session.goals) if kind_of(step).reads_files)


def packaged_samples(session: Session) -> dict[str, str]:
    """Return, for each task that is read from packaged samples in the place of its full files, what of it, in words."""
    cuts: dict[str, dict[tuple[str, str], str]] = {}
    for step in file_steps(session):
        for path in step.settings.source.paths:
            if (description := describe(path)) and description.startswith(CUT):
                use = step.about["use"], step.about["language"]
                cuts.setdefault(step.about["task"], {})[use] = description.removeprefix(CUT)
    return {name: f"packaged samples in the place of the full files ({_uses(cut)})" for name, cut in cuts.items()}


def _uses(cuts: Mapping[tuple[str, str], str]) -> str:
    """Describe what was cut, by use and language: "train 3,000 of 12,544 sentences; test sets of 16 languages"."""
    trained = {use: f"{use} {cut}" for (use, _), cut in cuts.items() if use in ("train", "dev")}
    languages = sum(use not in trained for use, _ in cuts)
    uses = [trained[use] for use in ("train", "dev") if use in trained]
    return "; ".join([*uses, *([f"test sets of {plural(languages, 'language')}"] if languages else [])])
