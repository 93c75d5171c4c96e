from xstilts.pretrain import rows
from xstilts.pretrain.corpus import Bundle, CorpusData
from xstilts.pretrain.steps.rows import drawn

DATA = CorpusData(
    texts={"a": {"en": [f"line {i} of English" for i in range(100)], "sw": ["mstari mmoja", "mstari mbili"]}},
    parallel=[Bundle(name="p", lines={"en": ["One.", "Two."], "sw": ["Moja.", ""], "pt#2": ["Um.", "Dois."]})],
    lexicon={"de": [("line", "Zeile"), ("line", "Linie"), ("English", "Englisch")], "sw": [("one", "moja")]},
)


def test_text_of_small_languages_is_seen_more_often_and_within_bounds():
    examples = rows.texts(DATA, 0.5, {}, seed=1)
    count = {lang: sum(e.id.startswith(f"{lang}-") for e in examples) for lang in ("en", "sw", "pt")}
    assert count == {"en": 102, "sw": 3 * 4, "pt": 2 * 4}
    assert len({e.id for e in examples}) == len(examples)
    assert {e.text for e in examples if e.id.startswith("sw-")} == {"mstari mmoja", "mstari mbili", "Moja."}


def test_repeated_languages():
    twice = rows.texts(DATA, 1.0, {"en": 2}, seed=1)
    assert sum(e.id.startswith("en-") for e in twice) == 204


def test_pairs_leave_out_what_has_no_translation():
    found = [(e.text, e.pair) for e in rows.pairs(DATA)]
    assert found == [("One.", "Moja."), ("One.", "Um."), ("Two.", "Dois.")]
    assert [rows.languages_of_pairs(DATA)[e.id] for e in rows.pairs(DATA)] == ["sw", "pt", "pt"]
    assert len({e.id for e in rows.pairs(DATA)}) == 3


def test_words_are_switched_into_one_language_and_punctuation_stays():
    data = CorpusData(texts={"a": {"en": ['The "line", one English line.'] * 40}}, lexicon=DATA.lexicon)
    switched = [e.text for e in rows.switched(data, 1.0, seed=3)]
    assert all(text.startswith("The ") and text.endswith(".") for text in switched)
    assert any('"Zeile",' in text for text in switched) and any("moja" in text for text in switched)
    assert not any("moja" in text and "Englisch" in text for text in switched)
    assert rows.switched(data, 1.0, seed=3) == rows.switched(data, 1.0, seed=3)
    assert {e.text for e in rows.switched(data, 1e-9, seed=3)} == {'The "line", one English line.'}


def test_examples_are_drawn_in_their_order_and_by_their_seed():
    lines = {"en": list("abcdefghijklmnop"), "de": list("ABCDEFGHIJKLMNOP")}
    examples = rows.pairs(CorpusData(parallel=[Bundle(name="b", lines=lines)]))
    some = drawn(examples, 7, seed=1)
    assert len(some) == 7 and some == [example for example in examples if example in some]
    assert some == drawn(examples, 7, seed=1) != drawn(examples, 7, seed=2)
    assert drawn(examples, 100, seed=1) == drawn(examples, None, seed=1) == examples
