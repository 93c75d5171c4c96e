"""The first task of somebody's own: a section of `tasks` from what files look like.

A guess knows one shape of rows: which kind of task it is, and which column has which role. The first that fits a file
is taken, or the first of a kind that is asked for.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from xstilts.core.errors import DataError
from xstilts.data.fields import label_text, labels_field, written_out
from xstilts.data.layouts.base import FileLook
from xstilts.data.source import WHERE

MOST_LABELS = 200
_TEXT_NAMES = (
    "text", "sentence", "review", "content", "tweet", "comment", "utterance", "body", "message", "document", "headline",
    "title",
)  # fmt: skip
_PAIR_NAMES = (
    ("premise", "hypothesis"), ("sentence1", "sentence2"), ("question1", "question2"), ("text1", "text2"),
    ("text_a", "text_b"), ("sentence_a", "sentence_b"), ("text", "pair"), ("question", "sentence"),
    ("query", "passage"),
)  # fmt: skip
_LABEL_NAMES = (
    "label", "gold_label", "labels", "class", "category", "sentiment", "polarity", "gold", "target", "rating", "stars",
    "stance", "topic", "intent", "emotion", "mark", "y", "answer", "annotation", "tag",
)  # fmt: skip
_ID_NAMES = ("id", "idx", "index", "uid", "guid", "pairid", "pair_id", "example_id", "key", "nr", "no")
_GROUP_NAMES = ("group", "group_id", "doc_id", "document_id", "article_id", "promptid", "premise_id")
_WORDS_NAMES = ("words", "tokens", "token", "sentence")
_OPTIONS_NAMES = ("options", "choices", "endings", "answers", "candidates")
_PROMPT_NAMES = ("prompt", "question", "context", "ctx", "premise", "text", "query", "story")
_ANSWER_NAMES = ("answer", "label", "gold", "answerkey", "answer_idx", "correct", "answer_index", "right")
_NUMBERED = re.compile(r"(?:option|choice|ending|answer|solution|alternative|sol)?[_ ]?([0-9a-e])")


@dataclass(frozen=True, kw_only=True)
class TaskGuess:
    """What a file is taken for.

    Attributes:
        columns: role -> column, where the kind's own defaults do not hold.
        labels: whether labels are read: those of the column `label` or `tags`.
        keys: further keys of the task (`answer: letter`).
        texts: columns whose texts are in the file's language.
        seen: sentences that say why.
    """

    kind: str
    columns: Mapping[str, Any] = field(default_factory=dict)
    label: str = ""
    texts: tuple[str, ...] = ()
    keys: Mapping[str, Any] = field(default_factory=dict)
    seen: tuple[str, ...] = ()


def guess_task(look: FileLook, kind: str = "") -> TaskGuess:
    """Return what a file is taken for, of `kind` where one is given. Raises DataError where nothing fits."""
    for guess in _GUESSES:
        found = guess(look)
        if found is not None and kind in ("", found.kind):
            return _with_names(look, found)
    wanted = f"a {kind} task" if kind else "a task"
    raise DataError(
        f"nothing in its columns ({', '.join(look.columns)}) looks like {wanted}.",
        where=str(look.path),
        hint="Name the columns by their roles in a `tasks` section (docs/add-a-task.md).",
    )


def labels_of(looks: Iterable[FileLook], guess: TaskGuess) -> tuple[str, ...]:
    """Return all labels of files, in the order in which ids are given to them: numbers by size, "O" first, others by
    name. Reads every row.

    Raises DataError (file:line) for a malformed row, for too many labels and for one alone."""
    counts: Counter[str] = Counter()
    looks = list(looks)
    for look in looks:
        for row in look.rows():
            counts.update(_labels(row, guess.label, look))
    where = ", ".join(str(look.path) for look in looks)
    if len(counts) > MOST_LABELS:
        shown = ", ".join(list(counts)[:5])
        problem = (
            f"the column '{guess.label}' has {len(counts):,} different values ({shown}, ...), which are no labels."
        )
        raise DataError(problem, where=where)
    if len(counts) < 2:
        raise DataError(f"the column '{guess.label}' has only the value {list(counts)}.", where=where)
    if all(re.fullmatch(r"-?\d+", label) for label in counts):
        return tuple(sorted(counts, key=int))
    return tuple(sorted(counts, key=lambda label: (label != "O", label.partition("-")[2], label)))


def _labels(row: Mapping[Any, Any], column: str, look: FileLook) -> Iterator[str]:
    name = f"{column}s" if look.layout == "bio" else column
    if isinstance(row.get(name), list):
        yield from labels_field(dict(row), name) or ()
    elif (label := label_text(row.get(name), name, row[WHERE])) is not None:
        yield label


def texts_of(look: FileLook, guess: TaskGuess) -> Iterator[str]:
    """Yield the texts of the first rows, words joined by blanks."""
    for row in look.first:
        for column in guess.texts:
            value = row.get(column)
            yield " ".join(map(str, value)) if isinstance(value, list) else str(value or "")


# Guesses, each for one shape of rows -------------------------------------------------------------------------------


def _squad(look: FileLook) -> TaskGuess | None:
    columns = set(look.columns)
    if not {"question", "context", "answers"} <= columns:
        return None
    flags = [row.get("is_impossible") for row in look.first]
    empty = any(flag is True for flag in flags) or (
        look.layout != "squad" and any(map(_is_empty, look.values("answers")))
    )
    seen = ["it has questions with a context and answers in it: span question answering"]
    if empty:
        seen.append("some questions have no answer")
    keys = {"no_answer": True} if empty else {}
    return TaskGuess(kind="span-qa", texts=("question", "context"), keys=keys, seen=tuple(seen))


def _is_empty(answers: Any) -> bool:
    return not (answers.get("text") if isinstance(answers, dict) else answers)


def _treebank(look: FileLook) -> TaskGuess | None:
    if look.layout != "conllu" or not all(any(row["heads"]) or len(row["words"]) == 1 for row in look.first):
        return None
    why = "it is a treebank with heads: dependency parsing (--kind tagging for parts of speech)"
    return TaskGuess(kind="dependency", texts=("words",), seen=(why,))


def _tagged_treebank(look: FileLook) -> TaskGuess | None:
    if look.layout != "conllu":
        return None
    return TaskGuess(kind="tagging", texts=("words",), label="upos", seen=("tags are its parts of speech (UPOS)",))


def _tagged_columns(look: FileLook) -> TaskGuess | None:
    if look.layout != "bio":
        return None
    return TaskGuess(kind="tagging", texts=("words",), label="tag", seen=("a word with a tag a line: tagging",))


def _tagged_lists(look: FileLook) -> TaskGuess | None:
    """Records with a list of words and another one, as long, of tags."""
    lists = [name for name in look.columns if all(isinstance(value, list) for value in look.values(name))]
    words = _named(_WORDS_NAMES, lists)
    for tags in lists:
        lengths = zip(look.values(words), look.values(tags), strict=True) if words and tags != words else ()
        if words and tags != words and all(len(a) == len(b) for a, b in lengths):
            columns = {"words": words, "tags": tags}
            seen = (f"'{words}' has words and '{tags}' one tag for each: tagging",)
            return TaskGuess(kind="tagging", columns=columns, label=tags, texts=(words,), seen=seen)
    return None


def _choice(look: FileLook) -> TaskGuess | None:
    """A prompt, several options, and which of them is right."""
    options = _options(look)
    if not options:
        return None
    used = [options] if isinstance(options, str) else list(options)
    others = [name for name in look.columns if name not in used]
    prompt, answer = _named(_PROMPT_NAMES, others), _named(_ANSWER_NAMES, others)
    if not prompt or not answer:
        return None
    way = _answer_way(look, answer, options)
    if way is None:
        return None
    columns = {"prompt": prompt, "options": options, "answer": answer}
    said = options if isinstance(options, str) else ", ".join(options)
    seen = (f"a prompt ('{prompt}'), options ({said}) and an answer ('{answer}', its {way}): multiple choice",)
    keys = {} if way == "index" else {"answer": way}
    return TaskGuess(kind="choice", columns=columns, texts=(prompt, *used), keys=keys, seen=seen)


def _options(look: FileLook) -> str | list[str]:
    lists = [name for name in look.columns if all(isinstance(v, list) and len(v) > 1 for v in look.values(name))]
    if found := _named(_OPTIONS_NAMES, lists):
        return found
    numbered = [name for name in look.columns if _NUMBERED.fullmatch(name.lower())]
    return numbered if len(numbered) > 1 else ""


def _answer_way(look: FileLook, answer: str, options: str | list[str]) -> str | None:
    """Return how a column says which option is right: "index" from 0, "number" from 1, "letter" or "text"."""
    values = [str(written_out(value)) for value in look.values(answer) if value is not None]
    rows = [row[options] if isinstance(options, str) else [row[name] for name in options] for row in look.first]
    most = max(map(len, rows), default=0)
    if all(re.fullmatch(r"\d+", value) for value in values):
        numbers = set(map(int, values))
        return "index" if 0 in numbers else "number" if max(numbers, default=0) == most else "index"
    if all(re.fullmatch(r"[A-Z]", value) for value in values):
        return "letter"
    return "text" if all(value in map(str, row) for value, row in zip(values, rows, strict=False)) else None


def _labelled_pair(look: FileLook) -> TaskGuess | None:
    lowered = {name.lower(): name for name in look.columns}
    pair = next(((lowered[a], lowered[b]) for a, b in _PAIR_NAMES if a in lowered and b in lowered), None)
    label = _label_column(look, pair or ())
    if pair is None or not label:
        return None
    columns = {"text": pair[0], "pair": pair[1], "label": label}
    seen = (f"two texts ('{pair[0]}', '{pair[1]}') and a label ('{label}'): classification of pairs",)
    return TaskGuess(kind="classification", columns=columns, label=label, texts=pair, seen=seen)


def _labelled_text(look: FileLook) -> TaskGuess | None:
    text = _named(_TEXT_NAMES, _texts(look)) or _longest(look)
    label = _label_column(look, (text,)) if text else ""
    if not text or not label:
        return None
    columns = {"text": text, "label": label}
    seen = (f"a text ('{text}') and a label ('{label}'): classification",)
    return TaskGuess(kind="classification", columns=columns, label=label, texts=(text,), seen=seen)


def _sentence_pair(look: FileLook) -> TaskGuess | None:
    texts = _texts(look)
    if len(texts) != 2:
        return None
    a, b = texts
    seen = (f"two texts ('{a}', '{b}') and no label: sentence retrieval",)
    return TaskGuess(kind="retrieval", columns={"a": a, "b": b}, texts=(a,), seen=seen)


_GUESSES: Sequence[Callable[[FileLook], TaskGuess | None]] = (
    _squad, _treebank, _tagged_treebank, _tagged_columns, _tagged_lists, _choice, _labelled_pair, _labelled_text,
    _sentence_pair,
)  # fmt: skip


# Columns -------------------------------------------------------------------------------------------------------------


def _named(names: Sequence[str], columns: Iterable[str]) -> str:
    """Return the column that has the first of some names, whatever its case; "" where none has."""
    lowered = {column.lower(): column for column in columns}
    return next((lowered[name] for name in names if name in lowered), "")


def _texts(look: FileLook) -> list[str]:
    """Return the columns of texts: mostly of several words, or long."""
    return [name for name in look.columns if _is_text(look.values(name))]


def _is_text(values: Sequence[Any]) -> bool:
    if not all(isinstance(value, str) for value in values):
        return False
    long = sum(" " in value.strip() or len(value) > 30 for value in values)
    return long * 2 > len(values)


def _longest(look: FileLook) -> str:
    texts = _texts(look)
    return max(texts, key=lambda name: sum(map(len, look.values(name))), default="")


def _label_column(look: FileLook, used: Sequence[str]) -> str:
    """Return the column of labels: by its name, or the one of fewest values that stand there again and again."""
    rows = len(look.first)
    counts = {
        name: len(set(map(str, values)))
        for name in look.columns
        if name not in used and not _is_text(values := look.values(name)) and all(map(_may_be_label, values))
    }
    few = (name for name, count in counts.items() if 1 < count <= min(rows // 2, MOST_LABELS))
    return _named(_LABEL_NAMES, counts) or min(few, key=lambda name: counts[name], default="")


def _may_be_label(value: Any) -> bool:
    return value is None or isinstance(value, str | int)


def _with_names(look: FileLook, guess: TaskGuess) -> TaskGuess:
    """Return the guess with the columns of ids and groups, where a table has them."""
    if look.layout in ("squad", "bio", "conllu"):
        return guess
    used = [value for value in guess.columns.values() if isinstance(value, str)]
    others = [name for name in look.columns if name not in used]
    columns, seen = dict(guess.columns), list(guess.seen)
    identity = _named(_ID_NAMES, others)
    if identity and all(written_out(value) for value in look.values(identity)) and _are_unique(look, identity):
        columns["id"] = identity
        seen.append(f"'{identity}' names the rows")
    if group := _named(_GROUP_NAMES, others):
        columns["group"] = group
        seen.append(f"rows of one '{group}' belong together")
    return replace(guess, columns=columns, seen=tuple(seen))


def _are_unique(look: FileLook, column: str) -> bool:
    seen: set[str] = set()
    for row in look.rows():
        if (value := str(row.get(column))) in seen:
            return False
        seen.add(value)
    return True
