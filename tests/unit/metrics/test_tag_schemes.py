"""Tag schemes: every scheme gives back the chunks that were written in it, and broken tags what conlleval reads."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pytest

from xstilts.core.errors import StudyError
from xstilts.kinds.tagging import Tagging
from xstilts.metrics.chunks import ChunkF1, TokenAccuracy, chunks
from xstilts.metrics.tag_schemes import SCHEMES, Chunk, scheme_chunks, scheme_of
from xstilts.study.task_section import UserTask
from xstilts.study.user_tasks import declared_tasks

TYPES = ("PER", "LOC", "person-other", "product-other", "B-X", "O")
SENTENCES = 400


def written(chunks_: Sequence[Chunk], length: int, scheme: str) -> list[str]:
    """Write chunks as tags of a scheme, each scheme by its own definition."""
    tags = ["O"] * length
    before: Chunk | None = None
    for n, (kind, first, last) in enumerate(chunks_):
        after = chunks_[n + 1] if n + 1 < len(chunks_) else None
        inside = [f"I-{kind}"] * (last - first + 1)
        if scheme in ("bio", "iob2"):
            inside[0] = f"B-{kind}"
        if scheme == "iob1" and before and before[0] == kind and before[2] == first - 1:
            inside[0] = f"B-{kind}"
        if scheme == "ioe2":
            inside[-1] = f"E-{kind}"
        if scheme == "ioe1" and after and after[0] == kind and after[1] == last + 1:
            inside[-1] = f"E-{kind}"
        if scheme in ("iobes", "bioes", "bilou", "bmewo", "bmes"):
            begin, middle, end, single = {"bilou": "BILU", "bmewo": "BMEW", "bmes": "BMES"}.get(scheme, "BIES")
            inside = [f"{middle}-{kind}"] * len(inside)
            inside[0], inside[-1] = f"{begin}-{kind}", f"{end}-{kind}"
            if first == last:
                inside = [f"{single}-{kind}"]
        if scheme == "bare":
            inside = [kind] * len(inside)
        tags[first : last + 1] = inside
        before = (kind, first, last)
    return tags


def drawn(draw: random.Random, scheme: str) -> tuple[list[Chunk], int]:
    """Draw chunks; where a scheme cannot part two neighbours of one type (IO, bare), such are not drawn."""
    found: list[Chunk] = []
    at = draw.randrange(3)
    for _ in range(draw.randrange(6)):
        kind, size = draw.choice(TYPES[:-1] if scheme != "bare" else TYPES[:4]), draw.randint(1, 4)
        touches = found and found[-1][2] == at - 1
        if scheme in ("io", "bare") and touches and found[-1][0] == kind:
            at += 1
        found.append((kind, at, at + size - 1))
        at += size + draw.choice((0, 0, 1, 3))
    return found, at + draw.randrange(3)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_chunks_that_were_written_are_read(scheme: str):
    draw = random.Random(scheme)
    for _ in range(SENTENCES):
        right, length = drawn(draw, scheme)
        assert scheme_chunks(written(right, length, scheme), scheme) == right


def reference(tags: Sequence[str], letters: str) -> set[Chunk]:
    """Read tags as conlleval does, from its two tables: what ends a chunk, what starts one."""
    as_iobes = {"M": "I", "L": "E", "U": "S", "W": "S"}
    split = [(tag[0], tag.split("-", 1)[1] if "-" in tag else "") for tag in [*tags, "O"]]
    ends = {"BB", "BS", "BO", "IB", "IS", "IO"} | {x + y for x in "ES" for y in "BIESO"}
    starts = {x + y for x in "BIESO" for y in "BS"} | {"EE", "EI", "SE", "SI", "OE", "OI"}
    found, first, before, type_before = set(), 0, "O", ""
    for i, (letter, kind) in enumerate(split):
        letter = as_iobes.get(letter, letter)
        if before != "O" and (before + letter in ends or kind != type_before):
            found.add((type_before, first, i - 1))
        if letter != "O" and (before + letter in starts or kind != type_before):
            first = i
        before, type_before = letter, kind
    return found


@pytest.mark.parametrize("scheme", [name for name in SCHEMES if name != "bare"])
def test_broken_tags_are_read_as_conlleval_reads_them(scheme: str):
    draw = random.Random(f"broken {scheme}")
    labels = ["O", *(f"{letter}-{kind}" for letter in SCHEMES[scheme] for kind in ("PER", "a-b", "a-c"))]
    for _ in range(SENTENCES):
        tags = draw.choices(labels, k=draw.randint(1, 9))
        assert set(scheme_chunks(tags, scheme)) == reference(tags, SCHEMES[scheme])


def test_plain_bio_is_what_xtreme_reads():
    draw, labels = random.Random(0), ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
    for _ in range(SENTENCES):
        tags = draw.choices(labels, k=draw.randint(1, 9))
        assert scheme_chunks(tags, "bio") == chunks(tags)


@pytest.mark.parametrize(
    ("labels", "scheme"),
    [
        (("O", "B-PER", "I-PER"), "bio"),
        (("O", "B-PER"), "bio"),
        (("O", "I-PER"), "io"),
        (("O", "I-PER", "E-PER"), "ioe1"),
        (("O", "B-X", "I-X", "E-X", "S-X"), "iobes"),
        (("O", "B-X", "I-X", "L-X", "U-X"), "bilou"),
        (("O", "U-X", "L-Y"), "bilou"),
        (("O", "B-X", "M-X", "E-X", "W-X"), "bmewo"),
        (("B", "M", "E", "S"), "bmes"),
        (("O", "B", "I"), "bio"),
        (("O", "PER", "LOC"), "bare"),
        (("NOUN", "VERB", "X"), ""),
        (("O", "N", "V", "S", "E"), ""),
        (("O", "B-X", "L-X", "S-X"), ""),
        (("O",), ""),
    ],
)
def test_label_sets_tell_their_scheme(labels: tuple[str, ...], scheme: str):
    assert scheme_of(labels) == scheme
    kind = Tagging(labels=labels)
    assert kind.read_as == scheme
    assert [metric.name for metric in kind.metrics] == ["chunk_f1"] * bool(scheme) + ["token_accuracy"]
    assert scheme.upper() in kind.note if scheme else ("no scheme" in kind.note) == ("O" in labels)


def f1(labels: Sequence[str], gold: Sequence[str], guess: Sequence[str]) -> tuple[float, float]:
    metric = Tagging(labels=tuple(labels)).metrics[0]
    values = metric.values(np.array(metric.tally(gold, guess, "de")))
    accuracy = TokenAccuracy().values(np.array(TokenAccuracy().tally(gold, guess, "de")))
    return float(values["f1"]), float(accuracy["token_accuracy"])


def test_a_type_is_all_after_the_first_hyphen():
    labels = ("O", *(f"{x}-{kind}-other" for x in "BI" for kind in ("person", "product")))
    assert f1(labels, ["B-person-other", "O"], ["B-product-other", "O"]) == (0.0, 50.0)
    assert f1(labels, ["B-person-other", "O"], ["B-person-other", "O"]) == (100.0, 100.0)


def test_two_single_words_are_no_chunk_of_two():
    labels = ("O", "B-PER", "I-PER", "L-PER", "U-PER")
    assert f1(labels, ["U-PER", "U-PER"], ["B-PER", "L-PER"]) == (0.0, 0.0)


def test_labels_without_beginnings_have_an_f1():
    gold = ["O", "I-PER", "O"]
    assert f1(("O", "I-PER"), gold, ["O", "O", "O"]) == (0.0, pytest.approx(200 / 3))
    assert f1(("O", "PER", "LOC"), ["O", "PER", "PER"], ["O", "PER", "LOC"]) == (0.0, pytest.approx(200 / 3))


def test_what_xtreme_scores_stays_as_it_is():
    assert ChunkF1() == ChunkF1(scheme="") and Tagging(labels=("O", "B-PER", "I-PER")).metrics[0] == ChunkF1()
    assert chunks(["B-person-other", "I-product-other"]) == [("other", 0, 1)]


def user(**settings: object) -> Tagging:
    [task] = declared_tasks({"t": UserTask(kind="tagging", reader="bio", train="a", **settings)})  # type: ignore[arg-type]
    assert isinstance(task.kind, Tagging) and task.note == task.kind.note
    return task.kind


def test_a_study_declares_the_scheme():
    assert user(labels=("O", "PER", "LOC"), scheme="none").metrics == (TokenAccuracy(),)
    assert user(labels=("O", "PER", "LOC"), scheme="none").note == ""
    assert user(labels=("NOUN", "VERB"), scheme="bare").metrics[0] == ChunkF1(scheme="bare")
    assert "BILOU (as the study says)" in user(labels=("O", "U-X", "B-X"), scheme="bilou").note
    with pytest.raises(StudyError, match=r"tasks.t.labels: The label 'E-X' is no tag of the scheme 'bilou'"):
        user(labels=("O", "B-X", "E-X"), scheme="bilou")
