"""Code-switching by lexicons: directions, several languages, entries of several words, scripts without blanks."""

from __future__ import annotations

from pathlib import Path

import pytest

from toy_noise import Make
from xstilts.core.canonical import fingerprint
from xstilts.core.errors import DataError, StudyError
from xstilts.data.examples import TagExample, TextExample
from xstilts.perturb.examples import perturb_examples
from xstilts.perturb.lexicon import read_lexicon
from xstilts.perturb.random_stream import RandomStream
from xstilts.perturb.switch_measures import measure_switching


def rewriting(make: Make, text: str, language: str, **settings):
    return make("dictionary", rate=1, **settings).rewrite_text(text, language, RandomStream(0))


def test_a_lexicon_serves_both_directions(make: Make):
    assert rewriting(make, "Der neue Hund, neu.", "de").text == "The neue dog, new."
    made = rewriting(make, "The dog is NEW.", "en", into="de")
    assert made.text in ("Der Hund is NEU.", "Die Hund is NEU.")
    assert (made.units, made.changed, made.languages) == (3, 3, ("de", "de", "de"))


def test_entries_of_several_words_come_first_and_keep_their_case(make: Make):
    assert rewriting(make, "In New York, new york", "en", into="de").text == "In Neu-York, Neu-York"
    assert rewriting(make, "New, York", "en", into="de").text == "Neu, York"


def test_several_embedded_languages_share_the_words(make: Make):
    perturbation = make("dictionary", rate=1, into=["de", "fr"])
    texts = {perturbation.rewrite_text("dog house", "en", RandomStream(i)).text for i in range(40)}
    assert texts == {"Hund Haus", "Hund maison", "chien Haus", "chien maison"}


def test_a_language_is_not_switched_into_itself(make: Make):
    assert make("dictionary", into="en").unavailable("en") == "en is not switched into itself"
    both = make("dictionary", rate=1, into=["en", "de"])
    assert both.unavailable("de") is None
    assert both.rewrite_text("Hund", "de", RandomStream(0)).languages == ("en",)


def test_words_that_are_their_own_translation_are_no_units(make: Make):
    assert rewriting(make, "taxi", "en", into="de").units == 0


def test_without_blanks_the_longest_entry_is_taken(make: Make):
    assert rewriting(make, "今天去公园,公", "zh").text == "today去park,public"
    assert rewriting(make, "Today a park", "en", into="zh").text == "今天 a 公园"


def test_given_words_stay_whole_words(make: Make):
    example = TagExample(id="1", group="1", words=("New", "York", "dog", "potato"), tags=("A", "B", "C", "D"))
    result = perturb_examples([example], make("dictionary", rate=1, into=["fr"]), "en")
    assert result.examples[0].words == ("Nouveau", "York", "chien", "potato")  # "pomme de terre" is no one word
    assert result.examples[0].tags == example.tags


def test_the_languages_of_words_are_those_of_the_new_text(make: Make):
    example = TextExample(id="1", group="1", text="a potato, the dog")
    result = perturb_examples([example], make("dictionary", rate=1, into="fr"), "eng")
    assert result.examples[0].text == "a pomme de terre, the chien"
    assert result.language_tags == [["en", "fr", "fr", "fr", "en", "fr"]]
    measures = measure_switching(result.language_tags, ("en", "fr"))
    assert measures.cmi_2014_all == pytest.approx(100 / 3)
    assert measures.switch_point_fraction == pytest.approx(3 / 5)


def test_noise_has_no_languages_of_words(make: Make):
    assert perturb_examples([TextExample(id="1", group="1", text="ein Hund")], make("swap"), "de").language_tags == []


def test_a_language_without_a_lexicon_is_said(make: Make, lists: Path):
    assert make("dictionary").unavailable("sw") == f"no lexicon of sw and en in {lists}"
    assert make("dictionary", into=["en", "fr"]).unavailable("de") == f"no lexicon of de and fr in {lists}"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("house", r"en-de\.tsv:1: the line has no translation: 'house'"),
        ("house\tHaus\n\tHund", r"en-de\.tsv:2: the line has no word"),
        ("house\tHaus\ndog\t \tn", r"en-de\.tsv:2: the line has no translation"),
        ("english\ttranslation", r"en-de\.tsv: the lexicon has no words"),
    ],
)
def test_a_lexicon_with_bad_lines(tmp_path: Path, content: str, message: str):
    (tmp_path / "en-de.tsv").write_text(content, "utf-8")
    with pytest.raises(DataError, match=message):
        read_lexicon(tmp_path / "en-de.tsv")


def test_a_bad_line_is_found_before_anything_is_rewritten(make: Make, tmp_path: Path):
    (tmp_path / "en-de.tsv").write_text("house\tHaus\ndog", "utf-8")
    with pytest.raises(DataError, match=r"en-de\.tsv:2"):
        make("dictionary", into="de", lexicons=str(tmp_path)).unavailable("en")


@pytest.mark.parametrize("name", ["words.tsv", "en_de.tsv", "en-de.json"])
def test_a_lexicon_is_called_by_its_languages(make: Make, tmp_path: Path, name: str):
    (tmp_path / name).write_text("house\tHaus", "utf-8")
    for place in (tmp_path, tmp_path / name):
        with pytest.raises(DataError, match=r"no lexicon is here\. A lexicon is called by its languages"):
            make("dictionary", lexicons=str(place))


def test_a_lexicon_of_an_unknown_language(make: Make, tmp_path: Path):
    (tmp_path / "en-xqx.tsv").write_text("house\tHaus", "utf-8")
    with pytest.raises(DataError, match=r"en-xqx\.tsv: there is no language 'xqx'"):
        make("dictionary", lexicons=str(tmp_path / "en-xqx.tsv"))
    with pytest.raises(DataError, match="there is no such file or folder"):
        make("dictionary", lexicons=str(tmp_path / "none"))


@pytest.mark.parametrize("into", [[], [5], 5, None])
def test_into_names_languages(make: Make, into):
    with pytest.raises(DataError, match=r"stress\.into: 'into' names languages"):
        make("dictionary", into=into)


def test_an_unknown_embedded_language_is_refused(make: Make):
    with pytest.raises(StudyError, match="there is no language 'xqx'"):
        make("dictionary", into="xqx")


def test_identity_is_the_content_of_the_lexicons_not_their_place(make: Make, tmp_path: Path):
    def of(folder: str, content: str) -> str:
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "en-de.tsv").write_text(content, "utf-8")
        (tmp_path / folder / "fr-es.tsv").write_text(folder, "utf-8")  # of no embedded language
        return fingerprint(make("dictionary", into="de", lexicons=str(tmp_path / folder)))

    assert of("a", "house\tHaus") == of("b", "house\tHaus") != of("c", "dog\tHund")


def test_real_lexicons_are_read_in_both_directions(make: Make, shared_data: Path):
    for path in sorted((shared_data / "lexicons").glob("en-*.tsv.gz")):
        assert len(read_lexicon(path).entries) > 500
        assert len(read_lexicon(path, reverse=True).entries) > 500
