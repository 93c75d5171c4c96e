"""Translation models of the common families, tiny and random: the language that is asked for, determinism, resuming."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

import toy_translators
from xstilts.core.errors import EncoderError
from xstilts.translate.language_codes import LanguageTokens
from xstilts.translate.model import Translator
from xstilts.translate.passages import SentenceTranslation
from xstilts.translate.resumable import translate_all

LINES = toy_translators.LINES


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("models")
    return {
        "pair": toy_translators.marian(folder / "pair"),
        "many": toy_translators.marian(folder / "many", target=None, codes=("deu", "swh", "cmn_Hans")),
        "mute": toy_translators.marian(folder / "mute", target=None),
        "nllb": toy_translators.nllb(folder / "nllb"),
    }


@pytest.mark.parametrize(
    ("model", "language", "told"),
    [
        ("pair", "de", LanguageTokens()),
        ("many", "sw", LanguageTokens(source_prefix=">>swh<< ")),
        ("many", "zh", LanguageTokens(source_prefix=">>cmn_Hans<< ")),
        ("nllb", "sw", LanguageTokens(first_token="swh_Latn", source_name="eng_Latn")),
        ("nllb", "zh", LanguageTokens(first_token="zho_Hans", source_name="eng_Latn")),
    ],
)
def test_a_model_is_told_the_language_in_its_own_way(
    models: dict[str, Path], model: str, language: str, told: LanguageTokens
):
    translator = Translator(models[model], ("en", language), 1)
    assert translator.language_tokens == told
    for beams in (1, 2):
        translator.beams = beams
        made = translator.translate(LINES)
        assert made == translator.translate(LINES), "nothing is left to chance"
        assert len(made) == len(LINES) and any(one.text for one in made)


def test_the_language_decides_the_first_token(models: dict[str, Path]):
    translator = Translator(models["nllb"], ("en", "sw"), 1)
    first = translator._search(5)["forced_bos_token_id"]
    assert translator.tokenizer.convert_ids_to_tokens(first) == "swh_Latn"
    assert translator.tokenizer.convert_ids_to_tokens(translator._ids(["a"])[0])[0] == "eng_Latn"
    other = Translator(models["many"], ("en", "de"), 1)
    assert other.tokenizer.convert_ids_to_tokens(other._ids(["a"])[0])[0] == ">>deu<<"


@pytest.mark.parametrize(
    ("model", "language", "said"),
    [
        ("pair", "sw", "'sw': it writes 'de'"),
        ("many", "fi", "'fi': it does not say.*Allowed: de, sw, zh"),
        ("mute", "de", "it does not say which languages it writes.*one by one"),
        ("nllb", "bar", "cannot be told to translate into 'bar'"),
    ],
)
def test_another_language_is_refused(models: dict[str, Path], model: str, language: str, said: str):
    with pytest.raises(EncoderError, match=said):
        Translator(models[model], ("en", language), 1)


def test_what_is_no_translation_model_is_refused(tmp_path: Path, models: dict[str, Path]):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}))
    with pytest.raises(EncoderError, match=r"cannot be loaded.*sentencepiece"):
        Translator(tmp_path, ("en", "de"), 1)


def test_what_does_not_fit_or_does_not_end_has_no_translation(models: dict[str, Path]):
    translator = Translator(models["pair"], ("en", "de"), 1)
    long = "big " * 80
    assert translator.translate([long, LINES[0]])[0].failure == "a sentence is longer than the translation model reads"
    assert translator.translate([LINES[0]])[0].text
    translator.model.generation_config.exponential_decay_length_penalty = None
    translator.limit = translator.model.generation_config.min_new_tokens = 12
    assert translator.translate([LINES[0]])[0].failure == "a translation did not come to an end"


def test_batches_hold_sentences_of_about_equal_length(models: dict[str, Path], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("xstilts.translate.model.BATCH_TOKENS", 14)
    translator = Translator(models["pair"], ("en", "de"), 1)
    batches = translator.plan_batches(LINES)
    sizes = [[len(translator._ids([LINES[i]])[0]) for i in batch] for batch in batches]
    flat = [size for batch in sizes for size in batch]
    assert flat == sorted(flat, reverse=True) and sorted(i for batch in batches for i in batch) == list(range(6))
    assert len(batches) > 2 and all(batch[0] * len(batch) <= 14 or len(batch) == 1 for batch in sizes)


class Counting:
    """Capitals instead of a translation, two sentences at a time; stops after `most` batches."""

    def __init__(self, most: int = 99) -> None:
        self.asked: list[str] = []
        self.most = most

    def plan_batches(self, sentences: Sequence[str]) -> list[list[int]]:
        return [list(range(i, min(i + 2, len(sentences)))) for i in range(0, len(sentences), 2)]

    def translate(self, sentences: Sequence[str]) -> list[SentenceTranslation]:
        if len(self.asked) >= 2 * self.most:
            raise KeyboardInterrupt
        self.asked += sentences
        return [
            SentenceTranslation(one.upper()) if one != "c" else SentenceTranslation(failure="why") for one in sentences
        ]


def silent(done: float, total: float, unit: str = "", text: str = "") -> None: ...


def test_an_interrupted_translation_goes_on_where_it_was(tmp_path: Path):
    sentences = list("abcdefg")
    with pytest.raises(KeyboardInterrupt):
        translate_all(sentences, Counting(most=2), tmp_path, silent)
    with (tmp_path / "batches.jsonl").open("a") as file:
        file.write('[4, ["E"')  # what a kill leaves of a line
    second = Counting()
    made = translate_all(sentences, second, tmp_path, silent)
    assert second.asked == ["e", "f", "g"]
    assert made == {
        one: SentenceTranslation(one.upper()) if one != "c" else SentenceTranslation(failure="why") for one in sentences
    }
    third = Counting()
    assert translate_all(sentences, third, tmp_path, silent) == made and third.asked == []
