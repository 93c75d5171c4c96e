"""Where arms are right: by length, label and tag; confusions, agreement, and the examples that are shown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from xstilts.core.files import write_json
from xstilts.data.example_inputs import example_inputs, in_words
from xstilts.data.examples import ChoiceExample, Example, LabelsExample, SentenceExample, TagExample, TextExample
from xstilts.evaluate.error_analysis import EXAMPLES, analysis, judged
from xstilts.kinds.base import Kind
from xstilts.kinds.classification import Classification
from xstilts.kinds.multi_label import MultiLabel
from xstilts.kinds.retrieval import Retrieval
from xstilts.kinds.tagging import Tagging
from xstilts.report.elements.blocks import Document, Fold, Table
from xstilts.report.formats.html import html
from xstilts.report.formats.markdown import markdown
from xstilts.report.topics.errors import TargetErrors, group_table, lines, sections

KIND = Classification(labels=("no", "yes"))


def texts(number: int) -> list[TextExample]:
    return [TextExample(id=str(n), group=str(n), text="x" * (n + 1), label="ny"[n % 2] + "oe"[n % 2] + "s" * (n % 2))
            for n in range(number)]  # fmt: skip


def found(kind: Kind, examples: Sequence[Example], *guesses: Sequence[Any], language: str = "de") -> dict[str, Any]:
    return analysis(kind, [judged(kind, kind.metrics[0], examples, guesses, language)], baseline=0)


def test_labels_lengths_and_confusions_of_classification():
    examples = texts(8)
    always_yes, always_no = ["yes"] * 8, ["no"] * 8
    said = found(KIND, examples, always_yes, always_no)
    groups = {(line["facet"], line["value"]): (line["n"], line["right"]) for line in said["groups"]}
    assert groups["label", "no"] == (4, [0, 4]) and groups["label", "yes"] == (4, [4, 0])
    assert groups["length", "shortest quarter"] == (2, [1, 1])
    assert sum(n for (facet, _), (n, _) in groups.items() if facet == "length") == 8
    assert said["confusions"] == [
        {"gold": "no", "guess": "yes", "counts": [4, 0]},
        {"gold": "yes", "guess": "no", "counts": [0, 4]},
    ]


def test_several_labels_of_a_text_are_no_tags():
    kind = MultiLabel(labels=("joy", "fear"))
    examples = [LabelsExample(id=str(n), group=str(n), text="x", labels=("joy",)) for n in range(2)]
    said = found(kind, examples, [["joy"], ["fear", "joy"]], [["fear"], ["joy"]])
    assert said["groups"] == [] and said["confusions"] == []
    assert said["agreement"][0]["only_baseline"] == 1 and said["agreement"][0]["only_arm"] == 1


def test_agreement_with_the_baseline_adds_up():
    examples = texts(6)
    gold = [example.label for example in examples]
    base = ["no", "no", "no", "no", "yes", "yes"]
    arm = ["no", "yes", "yes", "no", "yes", "no"]
    [line] = found(KIND, examples, base, arm)["agreement"]
    both = sum(g == a == b for g, a, b in zip(gold, base, arm, strict=True))
    assert line["both_right"] == both and line["arm"] == 1
    parts = ("both_right", "only_baseline", "only_arm", "same_mistake", "other_mistakes")
    assert sum(line[part] for part in parts) == line["n"] == 6
    assert (line["only_baseline"], line["only_arm"], line["same_mistake"]) == (2, 1, 2)


def test_at_most_twenty_examples_are_shown_from_both_sides_and_always_the_same():
    examples = texts(60)
    gold = [str(example.label) for example in examples]
    wrong = ["yes" if label == "no" else "no" for label in gold]
    base = gold[:30] + wrong[30:]
    arm = wrong[:30] + gold[30:]
    said = found(KIND, examples, base, arm)
    assert len(said["examples"]) == EXAMPLES
    assert sum(one["right"] == [True, False] for one in said["examples"]) == EXAMPLES // 2
    assert found(KIND, examples, base, arm)["examples"] == said["examples"]


def test_tags_are_told_apart_by_type():
    kind = Tagging(labels=("O", "B-PER", "I-PER", "B-LOC"))
    examples = [TagExample(id="a", group="a", words=("Ada", "L", "in", "Bonn"), tags=("B-PER", "I-PER", "O", "B-LOC"))]
    said = found(kind, examples, [["B-PER", "I-PER", "O", "O"]], [["B-PER", "O", "O", "B-LOC"]])
    groups = {line["value"]: (line["n"], line["right"]) for line in said["groups"] if line["facet"] == "tag"}
    assert groups == {"PER": (2, [2, 1]), "O": (1, [1, 1]), "LOC": (1, [0, 1])}
    assert {(one["gold"], one["guess"]): one["counts"] for one in said["confusions"]} == {
        ("LOC", "O"): [1, 0], ("PER", "O"): [0, 1],
    }  # fmt: skip


def test_a_sentence_without_chunks_is_right_where_the_guess_is_the_gold():
    kind = Tagging(labels=("O", "B-PER", "I-PER"))
    examples = [TagExample(id=str(n), group="a", words=("in", "it"), tags=("O", "O")) for n in range(2)]
    one = judged(kind, kind.metrics[0], examples, [[["O", "O"], ["O", "B-PER"]]], "de")
    assert one.right.tolist() == [[True, False]]


def test_only_what_a_score_counts_is_judged():
    shared = {"group": "a", "part": "test"}
    query = SentenceExample(id="q", text="a", side="query", matches=("c",), **shared)
    candidate = SentenceExample(id="c", text="b", side="candidate", **shared)
    one = judged(Retrieval(), Retrieval().metrics[0], [query, candidate], [[["c", 1.0], None]], "de")
    assert [example.id for example in one.examples] == ["q"]


def test_inputs_and_values_as_somebody_reads_them():
    choice = ChoiceExample(id="0", group="0", prompts=("Who?", "Who?"), options=("she", "he"), answer=1)
    assert example_inputs(choice) == {"prompts": ["Who?", "Who?"], "options": ["she", "he"]}
    assert in_words(choice, 1) == "he" and in_words(choice, None) == "none"
    assert in_words(TagExample(id="0", group="0", words=("a", "b")), ["X", "Y"]) == "a/X b/Y"


def target(tmp_path: Path) -> TargetErrors:
    evil = "<script>alert(1)</script>\x1b[31m"
    examples = [TextExample(id=f"{n}|<i>", group=str(n), text=evil, label="no") for n in range(8)]
    said = found(KIND, examples, ["yes"] * 8, ["no"] * 8)
    write_json(tmp_path / "errors.json", said)
    return TargetErrors(target="t", arms=("none", "<b>nli"), baseline="none", seed=1, tables=said)


def test_the_page_shows_texts_escaped_and_markdown_leaves_examples_out(tmp_path: Path):
    document = Document(title="t", question="q", answer=(), facts=(), sections=sections((target(tmp_path),)))
    page, text = html(document), markdown(document)
    assert "<script>" not in page and "&lt;script&gt;" in page and "\x1b" not in page and "<b>nli" not in page
    assert "8 examples on which arms differ" in page and "✓ no" in page
    assert "script" not in text and "Right examples by their gold label" in text


def test_shares_are_over_all_languages_with_the_difference_below(tmp_path: Path):
    one = target(tmp_path)
    table = group_table(one, "label")
    assert isinstance(table, Table)
    [row] = table.rows
    assert [cell.text for cell in row] == ["no", "8", "0.0", "100.0"] and row[3].small_print == ("+100.0",)
    assert lines([one])[0]["right"] == 0 and {line["arm"] for line in lines([one])} == {"none", "<b>nli"}


def test_a_target_without_tables_says_why():
    one = TargetErrors(target="t", arms=("a", "b"), baseline="a", seed=1, tables={}, reason="the file is gone")
    [section] = sections((one,))
    assert not any(isinstance(block, Fold) for block in section.blocks) and "the file is gone" in str(section.blocks)
