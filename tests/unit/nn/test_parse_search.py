"""The search for forms: always well-formed and short enough, greedy with kept keys as without, one beam is greedy, more
beams are never worse, and equal words are one."""

from __future__ import annotations

from itertools import product

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from xstilts.metrics.form_tokens import LANGUAGES
from xstilts.nn.parsing.bracket_grammar import END, BracketGrammar
from xstilts.nn.parsing.pointer_decoder import PointerDecoder, SourceStates, merged, negative_log_likelihood
from xstilts.nn.parsing.search import search

LABELS = {
    "tree": ("]", "[IN:A", "[IN:B", "[SL:X", "[SL:Y", "word"),
    "funql": ("f(", "g(", ")", "'", '"', ",", "all"),
    "lambda": ("(f:<e,t>", "(", ")", "$0", ":s", "_"),
    "sql": ("SELECT", "(", ")", "'", '"', "*", "[", "]"),
    "python": ("(", ")", "[", "]", "{", "}", "'", "\n    ", "x"),
    "sparql": ("{", "}", "?x0", "."),
}
QUESTIONS = (("a", "b", "a"), ("c",), ("d", "(", "it's", "e"))


def made(language: str, seed: int, scale: float = 2.0) -> tuple[PointerDecoder, SourceStates, BracketGrammar]:
    """A decoder whose weights are large enough that it says all sorts of things."""
    torch.manual_seed(seed)
    labels = LABELS[language]
    decoder = PointerDecoder(12, 1 + len(labels), 16, 2, 2, 0.0).eval()
    for parameter in decoder.parameters():
        torch.nn.init.normal_(parameter, std=scale / 4)
    copies_RW = torch.tensor([[0, 1, 0, -1], [0, -1, -1, -1], [0, -1, -1, 3]])
    real_RK = torch.arange(5) < torch.tensor([5, 2, 4])[:, None]
    with torch.no_grad():
        source = decoder.read(torch.randn(3, 5, 12), real_RK, torch.randn(3, 4, 12), copies_RW)
    return decoder, source, BracketGrammar(LANGUAGES[language], labels)


def tokens(columns: Tensor, row: int, language: str) -> list[str]:
    labels = LABELS[language]
    return [
        labels[column - 1] if column <= len(labels) else QUESTIONS[row][column - len(labels) - 1]
        for column in columns.tolist()
    ]


@pytest.mark.parametrize("language", LABELS)
@given(seed=st.integers(0, 10_000), longest=st.integers(6, 14), beams=st.integers(1, 4))
@settings(max_examples=25, deadline=None)
def test_every_form_is_well_formed_and_short_enough(language: str, seed: int, longest: int, beams: int):
    decoder, source, grammar = made(language, seed)
    with torch.no_grad():
        found = search(decoder, source, grammar, longest, beams)
    assert len(found) == 3
    for row, columns in enumerate(found):
        said = tokens(columns, row, language)
        assert 0 < len(said) < longest and LANGUAGES[language].fault(said) == ""
        again = LANGUAGES[language].tokens(LANGUAGES[language].written(said), "")
        assert LANGUAGES[language].fault([token.text for token in again]) == ""


def holds_no_bracket_in_quotes(said: list[str], language: str) -> bool:
    does, mark = LANGUAGES[language].brackets(LABELS[language]), ""
    for token in said:
        if mark and token != mark and token in does:
            return False
        if token in LANGUAGES[language].quotes:
            mark = "" if mark else token
    return True


@pytest.mark.parametrize("language", LABELS)
def test_all_well_formed_forms_can_be_written_and_no_others(language: str):
    """Of every sequence of up to four labels and a word, in a decoder that writes just so many and the end."""
    labels, longest = LABELS[language], 5
    grammar, every, good = BracketGrammar(LANGUAGES[language], labels), 0, 0
    for size in range(1, longest):
        form_NL = torch.cartesian_prod(*[torch.arange(1, len(labels) + 2)] * size).view(-1, size)
        stacks = grammar.start((len(form_NL),), longest, torch.device("cpu"))
        fits_N = torch.ones(len(form_NL), dtype=torch.bool)
        for place, column_N in enumerate(form_NL.unbind(1)):
            fits_N &= grammar.allowed(stacks, longest - place, 1).gather(1, column_N[:, None])[:, 0]
            stacks = grammar.follow(stacks, column_N)
        fits_N &= grammar.allowed(stacks, longest - size, 1)[:, END]
        for form, fits in zip(form_NL, fits_N.tolist(), strict=True):
            said = tokens(form, 1, language)
            is_good = LANGUAGES[language].fault(said) == "" and holds_no_bracket_in_quotes(said, language)
            assert fits == is_good, said
            every, good = every + 1, good + is_good
    assert 0 < good < every


def plain_greedy(
    decoder: PointerDecoder, source: SourceStates, grammar: BracketGrammar, longest: int
) -> list[list[int]]:
    """Token by token, all of the form read anew each time."""
    found = []
    for row in range(len(source.copies)):
        own, stacks = source.select(torch.tensor([row])), grammar.start((1,), longest, torch.device("cpu"))
        columns: list[int] = []
        for place in range(longest):
            scores = decoder(torch.tensor([[-1, *columns]]), own)[:, -1:]
            allowed = grammar.allowed(stacks, longest - place, own.copies.shape[1])[:, None]
            best = int(merged(scores, own, decoder.labels, allowed)[0, 0].argmax())
            if best == END:
                break
            columns.append(best)
            stacks = grammar.follow(stacks, torch.tensor([best]))
        found.append(columns)
    return found


@pytest.mark.parametrize("language", ["tree", "funql", "sql"])
@given(seed=st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_greedy_with_kept_keys_is_greedy_without_and_is_one_beam(language: str, seed: int):
    decoder, source, grammar = made(language, seed)
    with torch.no_grad():
        kept = [columns.tolist() for columns in search(decoder, source, grammar, 12, 1)]
        assert kept == plain_greedy(decoder, source, grammar, 12)


def log_probability(decoder: PointerDecoder, source: SourceStates, row: int, columns: list[int]) -> float:
    own = source.select(torch.tensor([row]))
    scores = decoder(torch.tensor([[-1, *columns]]), own)
    gold = torch.tensor([[*columns, END]])
    return -float(negative_log_likelihood(scores, gold, own, decoder.labels).sum())


def test_many_beams_find_the_best_form_of_all():
    decoder, source, grammar = made("sparql", 3, scale=1.0)
    longest, own = 4, source.select(torch.tensor([1]))
    with torch.no_grad():
        [best] = search(decoder, own, grammar, longest, beams=64)
        forms = [list(form) for size in (1, 2, 3) for form in product(range(1, 6), repeat=size)]
        fit = [form for form in forms if LANGUAGES["sparql"].fault(tokens(torch.tensor(form), 1, "sparql")) == ""]
        assert len(fit) > 20
        assert best.tolist() == max(fit, key=lambda form: log_probability(decoder, source, 1, form))


@given(seed=st.integers(0, 10_000))
@settings(max_examples=10, deadline=None)
def test_a_row_alone_is_parsed_as_among_others(seed: int):
    decoder, source, grammar = made("tree", seed)
    with torch.no_grad():
        together = [columns.tolist() for columns in search(decoder, source, grammar, 12, 3)]
        alone = [search(decoder, source.select(torch.tensor([r])), grammar, 12, 3)[0].tolist() for r in range(3)]
    assert together == alone


def test_equal_words_are_one_with_the_sum_of_their_shares():
    decoder, source, _ = made("funql", 1)
    scores = torch.randn(3, 2, decoder.labels + 4)
    scores[..., decoder.labels :].masked_fill_((source.copies < 0)[:, None], float("-inf"))
    shares, found = scores.softmax(-1), merged(scores, source, decoder.labels).exp()
    first, again = decoder.labels, decoder.labels + 2
    torch.testing.assert_close(found[0, :, first], shares[0, :, first] + shares[0, :, again])
    assert (found[0, :, again] == 0).all() and (found[1, :, first + 1 :] == 0).all()
    torch.testing.assert_close(found.sum(-1), torch.ones(3, 2))
    gold = torch.tensor([[first, 2], [first, 0], [first + 3, 1]])
    loss = negative_log_likelihood(scores, gold, source, decoder.labels)
    torch.testing.assert_close(loss, -found.gather(-1, gold[..., None])[..., 0].log())


def test_a_copied_word_is_as_large_an_input_as_a_label():
    torch.manual_seed(0)
    decoder = PointerDecoder(12, 9, 64, 1, 2, 0.0).eval()
    real_RK, copies_RW = torch.ones(1, 5, dtype=torch.bool), torch.arange(4)[None]
    with torch.no_grad():
        source = decoder.read(torch.randn(1, 5, 12), real_RK, torch.randn(1, 4, 12), copies_RW)
        labels = decoder.inputs(torch.arange(1, 9)[None], source, torch.zeros(1, 64))
        words = decoder.inputs(9 + torch.arange(4)[None], source, torch.zeros(1, 64))
    assert 0.8 < float(words.std() / labels.std()) < 1.25


def test_what_is_open_can_be_closed_before_the_form_is_too_long():
    grammar = BracketGrammar(LANGUAGES["funql"], LABELS["funql"])
    stacks = grammar.start((1,), 4, torch.device("cpu"))
    labels = LABELS["funql"]
    assert grammar.allowed(stacks, 4, 1)[0, 1 + labels.index("f(")] and not grammar.allowed(stacks, 4, 1)[0, END]
    stacks = grammar.follow(stacks, torch.tensor([1 + labels.index("f(")]))
    allowed = {label: bool(grammar.allowed(stacks, 3, 1)[0, i]) for i, label in enumerate(("END", *labels))}
    assert allowed == {
        "END": False,
        "f(": False,
        "g(": False,
        ")": True,
        "'": False,
        '"': False,
        ",": True,
        "all": True,
    }
    assert not grammar.allowed(stacks, 2, 1)[0, -1], "no word fits before the bracket and the end"


def test_in_quotation_marks_words_are_written_and_the_same_mark_ends_them():
    labels = LABELS["funql"]
    grammar = BracketGrammar(LANGUAGES["funql"], labels)
    stacks = grammar.start((1,), 12, torch.device("cpu"))
    for label in ("f(", "'"):
        stacks = grammar.follow(stacks, torch.tensor([1 + labels.index(label)]))
    assert int(stacks.depth) == 2
    allowed = {label for i, label in enumerate(labels, 1) if grammar.allowed(stacks, 9, 1)[0, i]}
    assert allowed == {"'", ",", "all"}
