"""Tables of the encoder benchmark as Markdown, to be pasted into a model card."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from encoder_scores import Measured, Number, RowScore

TITLES = {
    ("tatoeba", "retrieval_accuracy"): "Tatoeba, accuracy from English",
    ("udpos", "chunk_f1"): "UD-POS, F1",
    ("udpos", "token_accuracy"): "UD-POS, token accuracy",
    ("panx", "chunk_f1"): "PAN-X, F1",
    ("xsid-intent-snips", "accuracy"): "xSID intents, accuracy",
}

# Hu et al. 2020, XTREME (ICML): of full-size encoders on all languages and full test sets.
REFERENCES = (
    ("mBERT", "178M", 38.7, 70.3),
    ("XLM-R Large", "559M", 57.3, 73.8),
)


def shown_metrics(measures: Sequence[Measured]) -> list[Measured]:
    """Select, of the tasks with a title, the metrics that have one; of all others everything."""
    titled = {task for task, _ in TITLES}
    return [m for m in measures if m.task not in titled or (m.task, m.metric) in TITLES]


def title(measured: Measured) -> str:
    return TITLES.get((measured.task, measured.metric), f"{measured.task}, {measured.metric.replace('_', ' ')}")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table, the first column to the left and numbers to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def number(score: Number | None, sign: bool = False) -> str:
    """`61.2 [60.4, 62.0]`, `+5.1 [+4.0, +6.2]` or `n/a`."""
    if score is None:
        return "n/a"
    form = "+.1f" if sign else ".1f"
    value = format(score.value, form)
    if score.low is None or score.high is None:
        return value
    return f"{value} [{format(score.low, form)}, {format(score.high, form)}]"


def scores_table(measures: Sequence[Measured]) -> str:
    """A line for each mean over languages, and one for the language trained in."""
    names = list(measures[0].rows)
    lines = []
    for measured in measures:
        floor = "n/a" if measured.floor is None else f"{measured.floor:.1f}"
        cells = [_mean(measured.rows[name]) for name in names]
        lines.append([title(measured), str(len(measured.averaged)), floor, *cells])
        if measured.home and measured.averaged != (measured.home,):
            home = [number(measured.rows[name].home) for name in names]
            lines.append([f"{title(measured)}: {measured.home}, trained in", "1", "", *home])
    return table(["measure", "languages", "floor", *names], lines)


def _mean(score: RowScore) -> str:
    if score.mean is None:
        return f"missing ({score.reason})"
    return number(score.mean) + (f", {score.reason}" if score.reason else "")


def ahead_table(measures: Sequence[Measured]) -> str:
    """Table of how many points the first encoder is ahead of each control."""
    first, *controls = measures[0].rows
    lines = [[title(m), *(number(m.ahead_of.get(name), sign=True) for name in controls)] for m in measures]
    return table([f"points ahead: {first} −", *controls], lines)


def layers_table(layers: Mapping[int, Measured], headline: int) -> str:
    """Retrieval by layer of the first encoder; the headline layer is bold."""
    lines = []
    for layer, measured in layers.items():
        score = number(next(iter(measured.rows.values())).mean)
        lines.append([str(layer), f"**{score}**" if layer == headline else score])
    return table(["layer (0: the token vectors)", title(next(iter(layers.values())))], lines)


def languages_table(measured: Measured) -> str:
    """Every language that is expected; those that are missing say so."""
    languages = sorted({*measured.averaged, *measured.missing, *([measured.home] if measured.home else [])})
    rows = [score.languages for score in measured.rows.values()]
    lines = [[x, *(f"{row_scores[x]:.1f}" if x in row_scores else "missing" for row_scores in rows)] for x in languages]
    return table([title(measured), *measured.rows], lines)


def legend(measures: Sequence[Measured]) -> str:
    """Notes: which languages each mean is over, and what a reader must know of its data (what is missing, what was
    cut)."""
    lines = []
    for measured in {measured.task: measured for measured in reversed(measures)}.values():
        notes = [f"mean over {', '.join(measured.averaged) or 'no language'}", *measured.notes]
        lines.append(f"- {measured.task}: {'; '.join(note.rstrip('.') for note in notes)}.")
    return "\n".join(reversed(lines))


def references() -> str:
    return table(
        ["published, full size", "parameters", "Tatoeba, 36 languages", "UD-POS F1, 33 languages"],
        [[name, size, f"{tatoeba:.1f}", f"{udpos:.1f}"] for name, size, tatoeba, udpos in REFERENCES],
    )
