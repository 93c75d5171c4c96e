from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from xstilts.cli import main
from xstilts.core.errors import DataError
from xstilts.evaluate.shared_tasks import score_dependency, score_srl

Put = Callable[[str, str], Path]


def conllu(*words: str) -> str:
    """ "form/UPOS/head/relation" for each word; what has tabs in it is a line as it stands."""
    lines, number = ["# a comment"], 0
    for word in words:
        if "\t" in word or not word:
            lines.append(word)
            number = number if word else 0
            continue
        number += 1
        form, upos, head, relation = word.split("/")
        lines.append(f"{number}\t{form}\t_\t{upos}\t_\t_\t{head}\t{relation}\t_\t_")
    return "\n".join(lines) + "\n\n"


GOLD = conllu(
    "# sent_id = 1\t",
    "1-2\tzum" + "\t_" * 8,
    "zu/ADP/3/case",
    "dem/DET/3/det",
    "Haus/NOUN/0/root",
    "3.1\tx" + "\t_" * 8,
)


def test_tokens_of_several_words_and_empty_nodes(put: Put) -> None:
    gold = put("gold", GOLD)
    assert score_dependency(gold, gold).values == {"UPOS": 100.0, "UAS": 100.0, "LAS": 100.0, "CLAS": 100.0}
    other = put("system", conllu("zum/ADP/2/case", "Haus/NOUN/0/root"))
    found = score_dependency(gold, other)
    assert found.values == pytest.approx({"UPOS": 40.0, "UAS": 40.0, "LAS": 40.0, "CLAS": 100.0})
    assert (found.counts["UAS"].missed, found.counts["UAS"].excess) == (2, 1)


def test_sentences_may_be_cut_elsewhere(put: Put, capsys: pytest.CaptureFixture[str]) -> None:
    gold = put("gold", conllu("a/X/0/root", "b/X/1/obj", "", "c/X/0/root"))
    system = put("system", conllu("a/X/0/root", "", "b/X/0/root", "c/X/1/obj"))
    assert score_dependency(gold, system).values["UAS"] == pytest.approx(100 / 3)
    assert main(["score", "dependency", str(gold), str(system)]) == 0
    assert "33.33" in (said := capsys.readouterr().out) and "2 sentences." in said
    longer = put("longer", conllu("a/X/0/root", "b/X/1/obj", "c/X/1/obj"))
    assert main(["score", "dependency", str(gold), str(longer)]) == 0
    assert "2 sentences, 1 in the guesses" in capsys.readouterr().out


@pytest.mark.parametrize("side", ["gold", "system"])
@pytest.mark.parametrize(
    ("words", "line", "what"),
    [
        (["a/X/0/root", "b/X/3/x", "c/X/2/x"], 3, "the heads of the words 2, 3 run in a circle"),
        (["a/X/0/root", "b/X/0/root", "c/X/1/x"], 3, "2 words are roots: 1, 2"),
        (["a/X/2/x", "b/X/1/x", "c/X/1/x"], 2, "no word is the root"),
        (["a/X/0/root", "b/X/9/x", "c/X/1/x"], 3, "the head 9 is no word of the sentence"),
        (["a/X/0/root", "b/X/_/x", "c/X/1/x"], 3, r"the word 2 \('b'\) has no head"),
        (["a/X/_/_", "b/X/_/_", "c/X/_/_"], 1, "the sentence has no heads"),
        (["a/X/0/root", "b/X/-1/x", "c/X/1/x"], 3, "'-1' is not a word number"),
        (["a/X/0/root", "2\tb\t_", "c/X/1/x"], 3, "3 fields, expected 10"),
        (["a/X/0/root", "3\tb" + "\t_" * 8, "c/X/1/x"], 3, "number 3, expected 2"),
        (["a/X/0/root", "\u00a0/X/1/x", "c/X/1/x"], 3, "a word without a form"),
        (["# text = a\t"], 0, "no sentence"),
    ],
)
def test_what_is_no_tree_names_its_line(put: Put, side: str, words: list[str], line: int, what: str) -> None:
    files = {"gold": put("gold", conllu("a/X/0/root", "b/X/1/x", "c/X/1/x")), side: put("broken", conllu(*words))}
    files.setdefault("system", put("system", conllu("a/X/0/root", "b/X/1/x", "c/X/1/x")))
    with pytest.raises(DataError, match=rf"broken{f':{line}' if line else ''}: .*{what}"):
        score_dependency(files["gold"], files["system"])


@pytest.mark.parametrize(
    ("words", "line", "what"),
    [
        (["a/X/0/root", "B/X/1/x", "c/X/1/x"], 3, "'Bc' here, 'bc' in"),
        (["a/X/0/root", "b/X/1/x"], 3, "'' here, 'c' in .*gold:4"),
        (["a/X/0/root", "b/X/1/x", "c/X/1/x", "", "d/X/0/root"], 6, "'d' here, '' in .*gold:4"),
        (["a/X/0/root", "\u0431/X/1/x", "c/X/1/x"], 3, r"'\u0431c' \(U\+0431\) here, 'bc' \(U\+0062\) in .*gold:3"),
        (["a/X/0/root", "b/X/1/x", "c\u0327/X/1/x"], 4, r"'\u0327' \(U\+0327\) here, '' \(nothing\) in .*gold:4"),
    ],
)
def test_texts_that_differ_name_both_lines(put: Put, words: list[str], line: int, what: str) -> None:
    gold = put("gold", conllu("a/X/0/root", "b/X/1/x", "c/X/1/x"))
    with pytest.raises(DataError, match=rf"system:{line}: the texts differ: {what}"):
        score_dependency(gold, put("system", conllu(*words)))


PROPS = "-  (A0*\n-  *)\nsee  (V*)\n-  (A1*)\n\n-\n\ngo  (V*)\n-  (AM-TMP*)\n"


def test_props_counted_by_hand(put: Put, capsys: pytest.CaptureFixture[str]) -> None:
    gold = put("gold", PROPS)
    system = put("system", PROPS.replace("(A1*)", "(A2*)"))
    found = score_srl(gold, system)
    assert found.values == pytest.approx({"precision": 200 / 3, "recall": 200 / 3, "f1": 200 / 3})
    assert (found.sentences, found.propositions, found.perfect, found.unlike) == (3, 2, 50.0, 0)
    assert main(["score", "srl", str(gold), str(system), "--json"]) == 0
    assert list(json.loads(capsys.readouterr().out)) == ["precision", "recall", "f1"]


def test_another_verb_counts_as_no_guess(put: Put, capsys: pytest.CaptureFixture[str]) -> None:
    gold = put("gold", PROPS)
    system = put("system", PROPS.replace("go ", "leave"))
    assert score_srl(gold, system).values == pytest.approx({"precision": 100.0, "recall": 200 / 3, "f1": 80.0})
    assert main(["score", "srl", str(gold), str(system)]) == 0
    assert "1 propositions have another verb" in capsys.readouterr().out
    more = put("more", PROPS.replace("\n-\n", "\nbe (A1*)\n"))  # a proposition where gold has none
    assert score_srl(gold, more).values["f1"] == 100.0
    assert score_srl(more, gold).values["recall"] == 75.0


@pytest.mark.parametrize("side", ["gold", "system"])
@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("-  (A1*)", "-  (A1*", 4, "the argument A1 that begins here is never closed"),
        ("-  *)\n", "-  *))\n", 2, r"'\*\)\)' closes what is not open"),
        ("-  (A1*)", "-  A1", 4, "'A1' is not of the form"),
        ("-  (A1*)", "-  (A1*)x", 4, r"'\(A1\*\)x' is no bracket"),
        ("-  (A1*)", "-  (A1*A2)", 4, "closes A2, but A1 is open"),
        ("-  (A1*)", "-", 4, "1 fields, expected 2"),
        ("-  (A1*)", "-  (A1*) *", 4, "3 fields, expected 2"),
        ("-\n\n", "-\n-\n\n", 6, "a sentence of"),
    ],
)
def test_malformed_props_name_their_line(put: Put, side: str, old: str, new: str, line: int, what: str) -> None:
    assert old in PROPS
    files = {"gold": put("gold", PROPS), "system": put("system", PROPS)}
    files[side] = put("broken", PROPS.replace(old, new))
    at = "" if what.startswith("a sentence") else rf"broken:{line}: "
    with pytest.raises(DataError, match=rf"{at}.*{what}"):
        score_srl(files["gold"], files["system"])


def test_props_of_different_number(put: Put) -> None:
    gold = put("gold", PROPS)
    with pytest.raises(DataError, match=r"system:8: 3 sentences, but .*fewer has 2"):
        score_srl(put("fewer", "-  (A0*\n-  *)\nsee  (V*)\n-  (A1*)\n\n-\n"), put("system", PROPS))
    with pytest.raises(DataError, match=r"fewer:6: 2 sentences, but .*gold has 3"):
        score_srl(gold, put("fewer", "-  (A0*\n-  *)\nsee  (V*)\n-  (A1*)\n\n-\n"))
    with pytest.raises(DataError, match="no sentence"):
        score_srl(gold, put("empty", "\n"))


def test_a_file_that_is_not_there_is_one_paragraph(put: Put, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["score", "srl", str(put("gold", PROPS)), "nowhere"]) == 2
    assert "nowhere: there is no such file" in capsys.readouterr().err
