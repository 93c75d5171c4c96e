from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from xstilts.core.canonical import canonical
from xstilts.core.errors import DataError
from xstilts.data.examples import DependencyExample
from xstilts.data.read import LoadedExamples, ResolvedSource, load_examples
from xstilts.data.readers.catalog import Conllu, ConlluTrees
from xstilts.data.row_makers.catalog import TreesRow
from xstilts.data.syntax.trees import is_projective

Put = Callable[[str], Path]


@pytest.fixture
def put(tmp_path: Path) -> Put:
    def write(text: str) -> Path:
        (tmp_path / "f").write_text(text, encoding="utf-8")
        return tmp_path / "f"

    return write


def words(*heads: str) -> str:
    return "".join(f"{i}\tw{i}\t_\tX\t_\t_\t{head}\tobl:x\t_\t_\n" for i, head in enumerate(heads, start=1))


FIRST = (
    "# sent_id = s1\n# text = vámonos al mar\n1-2\tvámonos" + "\t_" * 8 + "\n"
    "1\tvamos\t_\tVERB\t_\t_\t0\troot\t_\t_\n2\tnos\t_\tPRON\t_\t_\t1\tobj\t_\t_\n2.1\tx" + "\t_" * 8 + "\n"
    "3-4\tal" + "\t_" * 8 + "\n3\ta\t_\tADP\t_\t_\t5\tcase\t_\t_\n4\tel\t_\tDET\t_\t_\t5\tdet\t_\t_\n"
    "5\tmar\t_\tNOUN\t_\t_\t1\tobl:loc\t_\t_\n\n"
)


def read(path: Path, row: TreesRow) -> LoadedExamples:
    return load_examples(ResolvedSource(files=(), read=ConlluTrees(), row=row, paths=(path,)))


def test_a_sentence_with_its_tree_and_the_tokens_on_the_page(put: Put) -> None:
    [example] = read(put(FIRST), TreesRow(id="sent_id")).examples
    assert example == DependencyExample(
        id="s1",
        group="0",
        where=example.where,
        words=("vamos", "nos", "a", "el", "mar"),
        heads=(0, 1, 5, 5, 1),
        relations=("root", "obj", "case", "det", "obl:loc"),
        tokens=((1, 2, "vámonos"), (3, 4, "al")),
    )
    assert example.where.endswith("f:1")
    [cut] = read(put(FIRST), TreesRow(cut=":")).examples
    assert cut.relations[-1] == "obl"


def test_a_sentence_without_heads_is_unlabelled(put: Put) -> None:
    [example] = read(put(words("_", "_")), TreesRow()).examples
    assert example.words == ("w1", "w2") and example.heads is None and example.relations is None


BROKEN = [
    (("0", "0"), "several roots", 8),
    (("2", "1"), "no root", 7),
    (("0", "3", "2"), "a circle", 8),
    (("0", "4"), "a head outside the sentence", 8),
    (("0", "_"), "a word without a head", 8),
]


@pytest.mark.parametrize(("heads", "reason", "line"), BROKEN)
def test_a_broken_tree_is_an_error_or_dropped_and_counted(
    put: Put, heads: tuple[str, ...], reason: str, line: int
) -> None:
    path = put(words("2", "0", "2") + "\n# a comment\n\n" + words(*heads))
    assert path.read_text().split("\n")[5] == ""
    with pytest.raises(DataError, match=rf"f:{line}: no tree: "):
        read(path, TreesRow())
    loaded = read(path, TreesRow(broken="drop"))
    assert len(loaded.examples) == 1 and loaded.dropped == {f"no tree: {reason}": 1}


def test_a_malformed_line_is_an_error_even_where_broken_trees_are_dropped(put: Put) -> None:
    with pytest.raises(DataError, match=r"f:2: 'x' is not a word number"):
        read(put(words("0", "x")), TreesRow(broken="drop"))
    with pytest.raises(DataError, match="Did you mean 'drop'"):
        TreesRow(broken="droop")


def test_what_conllu_is_called_and_refuses_is_as_it_was(put: Put) -> None:
    assert canonical(Conllu()) == {"!": "Conllu", "view": "words", "language": ""}
    with pytest.raises(DataError, match=r"f:2: the head 9 is no word of the sentence \(2 words\)"):
        list(Conllu()([put(words("0", "9"))]))


def test_real_treebanks_are_trees(shared_data: Path) -> None:
    for name, sentences, crossing in (("hi/hi_pud", 500, 160), ("ru/ru_gsd", 500, None), ("qtd/qtd_sagt", 500, None)):
        folder = "ud-codeswitch" if name.startswith("q") else "ud"
        examples = read(shared_data / folder / f"{name}-ud-test.conllu.gz", TreesRow(id="sent_id")).examples
        assert len(examples) == sentences
        if crossing is not None:
            assert sum(not is_projective(example.heads) for example in examples) == crossing
