import gzip

import pytest

from xstilts.core.errors import DataError, StudyError
from xstilts.data.leak_guard import LeakGuard
from xstilts.data.locate import Roots
from xstilts.data.read import load_examples, resolve_source
from xstilts.data.readers.bible import Osis, Usfm
from xstilts.data.readers.catalog import Lines, Tsv
from xstilts.data.readers.stories import Stories
from xstilts.data.row_makers.catalog import PairRow, TextRow
from xstilts.pretrain.corpora import CORPORA
from xstilts.pretrain.corpus import FORMS, CorpusFile, load_corpus, read_corpora, save_corpus
from xstilts.pretrain.recipe import PretrainRecipe
from xstilts.pretrain.steps.corpus import corpus_step, protected
from xstilts.tasks.catalog import TASKS
from xstilts.tasks.sources import local, source


def silent(*_):
    pass


def part(folder, corpus, form, language, lines, read=None, row=None):
    name = f"{corpus}-{language.replace('#', '-')}.txt"
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    roots = Roots(data=(folder,), store=folder / "store", offline=True)
    read = read or Lines(blank=form == "parallel")
    found = resolve_source(source(local(read, row or TextRow(), name), language=language), roots)
    return CorpusFile(corpus=corpus, form=form, language=language, sources=(found,))


GUARD = LeakGuard([("en", "the cat sat on the mat by the door today"), ("de", "Guten Morgen, Tom!")])


def test_what_leaks_and_what_stands_twice_is_dropped_and_counted(tmp_path):
    lines = ["A dog.", "guten morgen tom", "A dog.", "", "He said the cat sat on the mat by the door"]
    data, counts = read_corpora([part(tmp_path, "c", "text", "de", lines)], GUARD, silent)
    assert data.text == {"de": ["A dog."]}
    assert counts == {"c": {"de": {"read": 4, "kept": 1, "exact": 1, "twice": 1, "8 words": 1}}}


def test_a_line_that_two_corpora_have_is_kept_once(tmp_path):
    parts = [part(tmp_path, name, "text", "en", ["One line.", name]) for name in ("first", "second")]
    data, _ = read_corpora(parts, GUARD, silent)
    assert data.of(["first"]) == {"en": ["One line.", "first"]} and data.of(["second"]) == {"en": ["second"]}


def test_aligned_lines_go_together(tmp_path):
    parts = [
        part(tmp_path, "p", "parallel", "en", ["One.", "Two.", "Three."]),
        part(tmp_path, "p", "parallel", "de", ["Eins.", "Guten Morgen, Tom!", "Drei."]),
        part(tmp_path, "p", "parallel", "de#2", ["eins", "zwei", "drei"]),
    ]
    data, counts = read_corpora(parts, GUARD, silent)
    assert dict(data.parallel[0].lines) == {
        "en": ["One.", "Three."],
        "de": ["Eins.", "Drei."],
        "de#2": ["eins", "drei"],
    }
    assert counts["p"]["de"] == {"read": 3, "kept": 2, "exact": 1} and counts["p"]["en"] == {"read": 3, "kept": 2}


def test_a_corpus_comes_back_as_it_was_written(tmp_path):
    words = part(
        tmp_path,
        "l",
        "lexicon",
        "de",
        ["english\ttranslation", "dog\tHund"],
        Tsv(header=True),
        PairRow(a="english", b="translation"),
    )
    parts = [
        part(tmp_path, "c", "text", "ja", ["犬\u2028だ"]),
        part(tmp_path, "p", "parallel", "en", ["x", "y"]),
        words,
    ]
    data, counts = read_corpora(parts, GUARD, silent)
    save_corpus(data, {"counts": counts}, tmp_path / "out")
    assert load_corpus(tmp_path / "out") == data
    assert data.lexicon == {"de": [("dog", "Hund")]} and data.text == {"ja": ["犬 だ"]}


def rows(reader, path, text):
    path.write_bytes(gzip.compress(text.encode()))
    return [row["text"] for row in reader([path])]


def test_stories_without_their_credits(tmp_path):
    text = "# Title\n\n##\nA man.\u2029He ran.\n##\n* License: [CC-BY]\n* Text: N. N.\nsee https://x.org\n"
    assert rows(Stories(), tmp_path / "s.md.gz", text) == ["A man.", "He ran."]


def test_verses(tmp_path):
    assert rows(Usfm(), tmp_path / "a.gz", "\\id MAT\n\\c 1\n\\v 1 In the \\nd beginning\n\\p\n") == [
        "In the beginning"
    ]
    osis = "<osis xmlns='o'><p><verse osisID='a'>One <b>two</b>.</verse><verse osisID='b'>Three.</verse></p></osis>"
    assert rows(Osis(), tmp_path / "b.gz", osis) == ["One two.", "Three."]


def test_an_xml_file_with_entities_is_refused(tmp_path):
    with pytest.raises(DataError, match="entities"):
        rows(Osis(), tmp_path / "c.gz", "<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>")
    with pytest.raises(DataError, match="not XML"):
        rows(Osis(), tmp_path / "d.gz", "<x>")


def recipe(*corpora, **changes):
    phase = {"name": "p", "updates": 1, "parts": [{"learn": "mlm", "data": "text"}]}
    return PretrainRecipe(corpora=corpora, phases=[phase], **changes)


def test_a_corpus_that_is_in_part_non_commercial_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"non-commercial.*allow_noncommercial"):
        corpus_step(recipe("lingua"), Roots(store=tmp_path, offline=True))
    with pytest.raises(StudyError, match="Did you mean 'ntrex'"):
        corpus_step(recipe("ntrx"), Roots(store=tmp_path, offline=True))


def test_every_corpus_says_where_it_comes_from():
    for corpus in CORPORA.values():
        assert corpus.form in FORMS and corpus.licence and corpus.home and corpus.sources
        assert (corpus.form != "parallel") or "en" in corpus.sources


def test_what_is_trained_on_is_never_a_test_file(shared_data, tmp_path):
    roots = Roots(data=(shared_data,), store=tmp_path, offline=True)
    tested = {digest for source in protected(roots) for digest in source.files}
    step = corpus_step(recipe(*(name for name, corpus in CORPORA.items() if not corpus.noncommercial)), roots)
    used = {digest for part in step.settings.parts for source in part.sources for digest in source.files}
    assert len(tested) > 300 and len(used) > 250
    assert not tested & used


def test_texts_that_two_tasks_score_are_protected_by_one_of_them(shared_data, tmp_path):
    roots = Roots(data=(shared_data,), store=tmp_path, offline=True)
    shared = {task.name: task.same_tests_as for task in TASKS.values() if task.same_tests_as}
    assert set(shared) == {
        *("lareqa", "lareqa-36-articles", "dependency", "srl-heads", "dependency-srl"),
        *("dependency-switched", "dependency-nonstandard", "udpos-corrected"),
    }
    for name, protected_by in shared.items():
        language = "de" if "de" in TASKS[name].test else next(iter(TASKS[name].test))
        asked, other = (
            load_examples(resolve_source(TASKS[task].test[language], roots)).examples for task in (name, protected_by)
        )
        if hasattr(asked[0], "words"):
            pairs = [pair for a, b in zip(asked, other, strict=True) for pair in zip(a.words, b.words, strict=True)]
            differ = sum(one != two for one, two in pairs)
            assert differ == 0 or (name == "udpos-corrected" and differ < len(pairs) / 10)
            continue
        queries, texts = {example.query for example in asked}, {example.text for example in other}
        assert queries and queries <= texts
