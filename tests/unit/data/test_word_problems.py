"""Word problems: arithmetic, solutions that do not parse, worlds, and the castings made of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xstilts.core.errors import DataError
from xstilts.core.files import open_text
from xstilts.data.readers.catalog import BesideFirstRows, Jsonl, Tsv
from xstilts.data.row_makers.catalog import AnswerRow, NextStepRow, OperationsRow, VerdictRow
from xstilts.data.source import WHERE, Drop
from xstilts.data.word_problems import solutions
from xstilts.data.word_problems.arithmetic import decimals, number_text, number_value, tokens, value
from xstilts.data.word_problems.castings import answer_options, judged_solutions, next_step
from xstilts.data.word_problems.operations import tagged_words
from xstilts.data.word_problems.recompute import Workings
from xstilts.data.word_problems.solutions import Solution, parse_solution
from xstilts.data.word_problems.worlds import exchanges, numbers_in

QUESTION = "Ann has 30 pens, gives 12 away and packs the rest into boxes of 2. How many boxes does she pack?"
WORKED = "She keeps 30-12=<<30-12=18>>18 pens.\nShe packs 18/2=<<18/2=9>>9 boxes.\n#### 9"


def parsed(text: str) -> Solution:
    found = parse_solution(text)
    assert isinstance(found, Solution)
    return found


def row(question: str = QUESTION, answer: str = WORKED) -> dict:
    return {"question": question, "answer": answer, WHERE: "f:1"}


@given(st.recursive(st.integers(0, 99).map(str), lambda inner: st.tuples(inner, st.sampled_from("+-*/"), inner).map(
    lambda parts: f"({parts[0]}{parts[1]}{parts[2]})"), max_leaves=8))  # fmt: skip
def test_values_are_those_of_exact_arithmetic(expression: str):
    try:
        wanted = eval(_as_fractions(expression))
    except ZeroDivisionError:
        wanted = None
    assert value(tokens(expression) or ()) == wanted


def _as_fractions(expression: str) -> str:
    return "".join(f"Fraction({token})" if not isinstance(token, str) else token for token in tokens(expression) or ())


@given(st.integers(-(10**6), 10**6), st.integers(0, 4))
def test_a_number_survives_its_text(number: int, places: int):
    exact = Fraction(number, 10**places)
    text = number_text(exact)
    assert text is not None and number_value(text) == exact and decimals(exact) <= places


@pytest.mark.parametrize("broken", ["2+", "(2", "2 3", "*2", "2//", "2^3", "x", "", "(" * 80 + "1" + ")" * 80])
def test_what_is_no_expression_has_no_value(broken: str):
    found = tokens(broken)
    assert found is None or value(found) is None


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("She has 3.", solutions.NO_ANSWER),
        ("She has 3.\n#### three", solutions.NO_ANSWER),
        ("<<1+1=2>>2\n#### 2\n#### 2", solutions.NO_ANSWER),
        ("<<2x=4>>4\n#### 4", solutions.UNREADABLE),
        ("<<2+2>>4\n#### 4", solutions.UNREADABLE),
        ("2+2 = <<2+2=5>>5\n#### 5", solutions.FALSE),
        ("2+2 = <<2+2=4>>4\n#### 7", solutions.NOT_ITS_ANSWER),
        ("It is 7.\n#### 7", solutions.NOT_ITS_ANSWER),
    ],
)
@pytest.mark.parametrize("make", [AnswerRow(), VerdictRow(), NextStepRow(), OperationsRow()])
def test_a_solution_that_cannot_be_used_is_dropped_with_its_reason(make, answer: str, reason: str):
    assert make(row(answer=answer), 0) == Drop(reason)


def test_results_may_be_rounded_to_the_places_they_are_written_with():
    assert parsed("<<10/3=3.33>>3.33\n#### 3.33").false_calculation is None
    assert parsed("<<10/3=3>>3\n#### 3").false_calculation is not None
    assert parsed("<<3/4=3/4>>3/4\n#### 0.75").false_calculation is None


def test_exchanged_numbers_change_what_follows_from_them():
    solution = parsed(WORKED)
    workings = Workings(solution)
    assert workings.results({}) == [18, 9]
    assert workings.results(workings.exchanged(12, 2)) == [28, Fraction(28, 12)]
    worlds = list(exchanges(QUESTION, solution, "0", 0))
    assert worlds[0].given == {} or all(old == new for old, new in worlds[0].given.items())
    assert len({world.final for world in worlds}) == len(worlds)


def test_a_judged_pair_holds_the_same_numbers_of_the_question():
    judged = judged_solutions("He buys 6 hats for 8 and pays with 90.", parsed("6*8=<<6*8=48>>48\n90-48=<<90-48=42>>42\n#### 42"), "0", 0)  # fmt: skip  # noqa: E501
    assert judged is None or judged.final != judged.wrong_final
    one = VerdictRow()(row(), 0)
    assert isinstance(one, Drop) or {example.label for example in one} == {"right", "wrong"}


def test_numbers_are_tagged_with_the_operation_that_uses_them():
    words, tags = tagged_words(QUESTION, parsed(WORKED))
    assert {word: tag for word, tag in zip(words, tags, strict=True) if tag != "O"} == {
        "30": "B-subtract",
        "12": "B-subtract",
        "2": "B-divide",
    }


def problems(shared_data: Path, split: str) -> Iterator[tuple[str, str, Solution]]:
    with open_text(shared_data / f"gsm8k/{split}.jsonl.gz") as lines:
        for number, line in enumerate(lines):
            one = json.loads(line)
            solution = parse_solution(one["answer"])
            if isinstance(solution, Solution) and solutions.unusable(solution) is None:
                yield str(number), one["question"], solution


@pytest.mark.parametrize(("split", "count"), [("train", 3070), ("test", 523)])
def test_every_corrupted_solution_of_gsm8k_ends_in_another_number(split: str, count: int, shared_data: Path):
    judged = [judged_solutions(q, s, name, 0) for name, q, s in problems(shared_data, split)]
    found = [one for one in judged if one is not None]
    assert len(found) == count
    assert all(one.final != one.wrong_final and one.right != one.wrong and one.recorded for one in found)


def test_every_annotation_of_gsm8k_is_true_by_python_s_arithmetic(shared_data: Path):
    """The source has none that is false; one of the test set states a fraction."""
    calculations = 0
    for split in ("train", "test"):
        with open_text(shared_data / f"gsm8k/{split}.jsonl.gz") as lines:
            for line in lines:
                solution = parse_solution(json.loads(line)["answer"])
                assert isinstance(solution, Solution) and solution.false_calculation is None
                calculations += len(solution.calculations)
    assert calculations == 23_716 + 4_282


def test_the_right_answer_of_gsm8k_is_even_among_its_options(shared_data: Path):
    places, ranks = Counter[int](), Counter[int]()
    for name, question, solution in problems(shared_data, "test"):
        if options := answer_options(question, solution, name, 0):
            numbers = [float(text) for text in options.texts]
            assert len(set(numbers)) == 4
            assert numbers_in(options.prompt).isdisjoint({number_value(text) for text in options.texts})
            places[options.right] += 1
            ranks[sorted(numbers).index(numbers[options.right])] += 1
    assert sum(places.values()) == 868
    for counts in (places, ranks):
        assert all(abs(counts[i] - 217) < 4.5 * (868 * 3 / 16) ** 0.5 for i in range(4)), counts


def test_next_steps_differ_in_their_result(shared_data: Path):
    seen = 0
    for name, question, solution in problems(shared_data, "test"):
        if options := next_step(question, solution, name, 0):
            seen += 1
            assert 2 <= len(options.texts) <= 4 and len(set(options.texts)) == len(options.texts)
    assert seen == 523


MGSM = AnswerRow(question="gsm8k_question", answer="gsm8k_answer", asked="question", states="answer")
BESIDE = BesideFirstRows(read=Tsv(columns=("question", "answer")), other=Jsonl(), prefix="gsm8k_")


def test_a_translation_out_of_step_is_an_error_at_its_line(put):
    paths = [put("de.tsv", "Wie viele?\t10\n"), put("en.jsonl", json.dumps({"question": QUESTION, "answer": WORKED}))]
    (one,) = BESIDE(paths)
    with pytest.raises(DataError, match=r"de\.tsv:1: the final number is '10', but that .* is 9"):
        MGSM(one, 0)


def test_a_translation_longer_than_the_set_is_an_error_at_its_line(put):
    paths = [put("de.tsv", "a\t9\nb\t9\n"), put("en.jsonl", json.dumps({"question": QUESTION, "answer": WORKED}))]
    with pytest.raises(DataError, match=r"de\.tsv:2: .*after 1 rows nothing is left"):
        list(BESIDE(paths))
