"""Tokenizers in older formats: converted, they give the pieces that their own programs give; others are refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from toy_tokenizers import byte_pairs, sentencepiece
from xstilts.core.errors import EncoderError
from xstilts.kinds.tokenizers import specials
from xstilts.models.tokenizer_conversion import TOKENIZER_SOURCES, convert_tokenizer

LINES = ["der kleine Hund, die große Katze", "le petit café noir", "the old dog 12 3", "habari ya leo"] * 8
texts = st.text(st.sampled_from("derkliHungoßéèüACK 12,.!  \t\u3000\uff21ﬁ日"), max_size=30)
here = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
BERT = {"bos_piece": "[CLS]", "eos_piece": "[SEP]", "pad_id": 0, "bos_id": 1, "eos_id": 2, "unk_id": 3}
ALBERT = {**BERT, "pad_piece": "<pad>", "unk_piece": "<unk>", "control_symbols": ["[MASK]"]}
DEBERTA = {**BERT, "pad_piece": "[PAD]", "unk_piece": "[UNK]"}
# model type -> (file, how it is trained, normaliser of text beforehand)
UNIGRAMS: dict[str, tuple[str, dict[str, Any]]] = {
    "xlm-roberta": ("sentencepiece.bpe.model", {}),
    "camembert": ("sentencepiece.bpe.model", {}),
    "deberta-v2": ("spm.model", DEBERTA),
    "rembert": ("sentencepiece.model", ALBERT),
}


def folder_of(folder: Path, config: dict[str, Any], tokenizer: dict[str, Any] | None = None) -> Path:
    (folder / "config.json").write_text(json.dumps(config))
    if tokenizer is not None:
        (folder / "tokenizer_config.json").write_text(json.dumps(tokenizer))
    return folder


def converted(folder: Path) -> Tokenizer:
    convert_tokenizer(folder)
    return Tokenizer.from_file(str(folder / "tokenizer.json"))


def tokens(tokenizer: Tokenizer, text: str, pair: str | None = None) -> list[str]:
    return list(tokenizer.encode(text, pair).tokens)


@pytest.mark.parametrize("name", UNIGRAMS)
def test_a_model_of_sentencepiece_gives_its_own_pieces(name: str, tmp_path: Path) -> None:
    from sentencepiece import SentencePieceProcessor

    file, how = UNIGRAMS[name]
    sentencepiece(tmp_path / file, LINES, **how)
    theirs = SentencePieceProcessor(model_file=str(tmp_path / file))
    ours = converted(folder_of(tmp_path, {"model_type": name}))
    unknown = specials(ours).unk

    @here
    @given(text=texts)
    def same(text: str) -> None:
        ids = theirs.encode(text)
        expected = [unknown if theirs.is_unknown(i) else ours.token_to_id(theirs.id_to_piece(i)) for i in ids]
        assert ours.encode(text, add_special_tokens=False).ids == expected

    same()


def test_pieces_are_numbered_as_the_encoders_number_them(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
    sentencepiece(tmp_path / "a" / "sentencepiece.bpe.model", LINES)
    xlmr = converted(folder_of(tmp_path / "a", {"model_type": "bert", "tokenizer_class": "XLMRobertaTokenizer"}))
    assert [xlmr.id_to_token(number) for number in range(4)] == ["<s>", "<pad>", "</s>", "<unk>"]
    assert xlmr.token_to_id("<mask>") == xlmr.get_vocab_size() - 1
    assert tokens(xlmr, "x", "y")[0] == "<s>" and tokens(xlmr, "x", "y").count("</s>") == 3
    sentencepiece(tmp_path / "b" / "sentencepiece.bpe.model", LINES)
    camembert = converted(folder_of(tmp_path / "b", {"model_type": "camembert"}))
    assert [camembert.token_to_id(token) for token in ("<pad>", "<unk>", "<s>", "</s>")] == [1, 3, 5, 6]
    sentencepiece(tmp_path / "c" / "spm.model", LINES, **DEBERTA)
    (tmp_path / "c" / "added_tokens.json").write_text('{"[MASK]": 60}')
    with pytest.raises(EncoderError, match=r"'\[MASK\]' should be number 60"):
        convert_tokenizer(folder_of(tmp_path / "c", {"model_type": "deberta-v2"}))
    assert not (tmp_path / "c" / "tokenizer.json").exists()


def test_albert_without_case_and_accents(tmp_path: Path) -> None:
    sentencepiece(tmp_path / "spiece.model", [line.lower() for line in LINES], **ALBERT)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "spiece.model").write_bytes((tmp_path / "spiece.model").read_bytes())
    plain = converted(folder_of(tmp_path, {"model_type": "albert"}))
    cased = converted(folder_of(tmp_path / "other", {"model_type": "albert"}, {"do_lower_case": False}))
    assert tokens(plain, "HABARI") == tokens(plain, "habari") == tokens(cased, "habari") != tokens(cased, "HABARI")


PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "sun", "##ny", "é", "e", "日", ","]


@pytest.mark.parametrize(
    ("more", "settings_", "expected"),
    [
        ([], None, ["sun", "##ny", "e", ",", "日", "日"]),
        (["Sunny"], None, ["Sunny", "é", ",", "日", "日"]),  # pieces with capitals: the text keeps its own
        (["Sunny"], {"do_lower_case": True}, ["sun", "##ny", "e", ",", "日", "日"]),
        (["<S>", "<T>", "[Unused1]"], None, ["sun", "##ny", "e", ",", "日", "日"]),  # marks are no words
        ([*map(chr, range(0x4E00, 0x4F00)), "A"], None, ["sun", "##ny", "e", ",", "日", "日"]),  # nor one of many
        ([], {"do_lower_case": False}, ["[UNK]", "é", ",", "日", "日"]),
        ([], {"strip_accents": False}, ["sun", "##ny", "é", ",", "日", "日"]),
        (["日日"], {"tokenize_chinese_chars": False}, ["sun", "##ny", "e", ",", "日日"]),
    ],
)
def test_word_pieces(more: list[str], settings_: dict[str, Any] | None, expected: list[str], tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("".join(f"{piece}\n" for piece in PIECES + more), "utf-8")
    made = converted(folder_of(tmp_path, {"model_type": "bert"}, settings_))
    assert tokens(made, "Sunny é, 日日") == ["[CLS]", *expected, "[SEP]"]
    both = made.encode("sun", "é")
    assert both.type_ids == [0, 0, 0, 1, 1]
    assert made.token_to_id("##ny") == PIECES.index("##ny")
    assert specials(made).mask == PIECES.index("[MASK]")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("odd", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\x1e", "a\rb"])
def test_only_line_feeds_end_a_piece(odd: str, end: str, tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_bytes("".join(f"{piece}{end}" for piece in [*PIECES[:5], odd, *PIECES[5:]]).encode())
    made = converted(folder_of(tmp_path, {"model_type": "bert"}))
    assert made.get_vocab_size() == len(PIECES) + 1
    assert [made.token_to_id(piece) for piece in (odd, ",")] == [5, len(PIECES)]


def test_pairs_of_bytes_and_their_places(tmp_path: Path) -> None:
    byte_pairs(tmp_path, ["d o", "do g", "Ġ dog"])
    made = converted(folder_of(tmp_path, {"model_type": "roberta"}))
    encoded = made.encode("dog dog", "é")
    assert encoded.tokens == ["<s>", "dog", "Ġdog", "</s>", "</s>", "Ã", "©", "</s>"]
    assert encoded.offsets[1:3] == [(0, 3), (4, 7)]  # without the blank
    assert not any(encoded.type_ids)


@pytest.mark.parametrize(
    ("config", "tokenizer", "files", "said"),
    [
        ({"model_type": "esm"}, None, {"vocab.txt": "A\n"}, "'esm' is not converted"),
        ({"model_type": "bert"}, {"tokenizer_class": "BertJapaneseTokenizer"}, {"vocab.txt": "A\n"}, "Did you mean"),
        ({"model_type": "bert"}, {"tokenizer_class": 7}, {}, "'7' is not converted"),
        ({"model_type": "bert"}, {"auto_map": {"AutoTokenizer": ["x.T", None]}}, {"vocab.txt": "A\n"}, "is not run"),
        ({"model_type": "bert"}, None, {}, "no vocab.txt"),
        ({"model_type": "bert"}, None, {"vocab.txt": "sun\n"}, "the cls token '[CLS]' is none of the pieces"),
        ({"model_type": "bert"}, None, {"vocab.txt": ""}, "is none of the pieces"),
        ({"model_type": "roberta"}, None, {"vocab.json": "{}"}, "no merges.txt"),
        ({"model_type": "roberta"}, None, {"vocab.json": "{", "merges.txt": ""}, "can be made of vocab.json and"),
        ({"model_type": "roberta"}, None, {"vocab.json": '{"a": 0}', "merges.txt": ""}, "not pieces of bytes"),
        ({"model_type": "xlm-roberta"}, None, {"sentencepiece.bpe.model": "<html>"}, "not a whole model"),
        ({"model_type": "xlm-roberta"}, None, {"sentencepiece.bpe.model": ""}, "not a whole model"),
    ],
)  # fmt: skip
def test_what_is_not_converted_is_said(
    config: dict[str, Any], tokenizer: dict[str, Any] | None, files: dict[str, str], said: str, tmp_path: Path
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(EncoderError) as refusal:
        convert_tokenizer(folder_of(tmp_path, config, tokenizer))
    assert said in str(refusal.value) and str(tmp_path) in str(refusal.value)
    assert not (tmp_path / "tokenizer.json").exists()


@pytest.mark.parametrize("how", [{"model_type": "bpe"}, {"add_dummy_prefix": False}])
def test_models_of_sentencepiece_that_work_otherwise_are_refused(how: dict[str, Any], tmp_path: Path) -> None:
    sentencepiece(tmp_path / "sentencepiece.bpe.model", LINES, **how)
    with pytest.raises(EncoderError, match=r"sentencepiece\.bpe\.model: .* converted"):
        convert_tokenizer(folder_of(tmp_path, {"model_type": "xlm-roberta"}))


@here
@given(share=st.floats(0.01, 0.99))
def test_a_cut_model_of_sentencepiece_gives_no_tokenizer(share: float, tmp_path: Path) -> None:
    file = tmp_path / "sentencepiece.bpe.model"
    if not (tmp_path / "whole").exists():
        sentencepiece(tmp_path / "whole", LINES)
    whole = (tmp_path / "whole").read_bytes()
    file.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(EncoderError, match="not a whole model"):
        convert_tokenizer(folder_of(tmp_path, {"model_type": "xlm-roberta"}))


@pytest.mark.parametrize(("name", "said"), [("xlm-roberta", "<unk> <s> </s>"), ("camembert", "<unk>")])
def test_pieces_that_others_stand_for_are_those(name: str, said: str, tmp_path: Path) -> None:
    """Otherwise every number would be off, without a word."""
    sentencepiece(tmp_path / "sentencepiece.bpe.model", LINES, unk_id=2, bos_id=1, eos_id=0)
    with pytest.raises(EncoderError, match=rf"begins with </s>.* with {said}; it is not converted"):
        convert_tokenizer(folder_of(tmp_path, {"model_type": name}))


@pytest.mark.parametrize(
    "name",
    ["PreTrainedTokenizerFast", "PreTrainedTokenizer", "TokenizersBackend", "SentencePieceBackend", "PythonBackend"],
)
def test_where_the_class_is_a_general_one_the_model_type_decides(name: str, tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("".join(f"{piece}\n" for piece in PIECES), "utf-8")
    made = converted(folder_of(tmp_path, {"model_type": "bert"}, {"tokenizer_class": name}))
    assert tokens(made, "sunny") == ["[CLS]", "sun", "##ny", "[SEP]"]
    (tmp_path / "tokenizer.json").unlink()
    with pytest.raises(EncoderError, match="that of 'esm' is not converted"):
        convert_tokenizer(folder_of(tmp_path, {"model_type": "esm"}))


def added(number: int, content: str, **flags: bool) -> dict[str, Any]:
    return {"added_tokens_decoder": {str(number): {"content": content, **flags}}}


def test_added_tokens_of_the_settings_are_added(tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("".join(f"{piece}\n" for piece in PIECES), "utf-8")
    said = {  # in any order, beside tokens that are pieces
        str(len(PIECES) + 1): {"content": "[B]", "special": True, "normalized": False},
        str(len(PIECES)): {"content": "@User", "lstrip": True},
        "0": {"content": "[PAD]", "special": True, "normalized": False},
    }
    made = converted(folder_of(tmp_path, {"model_type": "bert"}, {"added_tokens_decoder": said}))
    assert tokens(made, "sun @user [B]") == ["[CLS]", "sun", " @user", "[B]", "[SEP]"]  # with its blank
    assert made.token_to_id("[B]") == len(PIECES) + 1
    assert made.decode(made.encode("sun [B]").ids) == "sun"  # special


@pytest.mark.parametrize(
    ("settings_", "said"),
    [
        (added(40, "[B]"), "tokenizer_config.json: the token '[B]' should be number 40, and the pieces make it 11"),
        (added(4, "sun"), "the token 'sun' should be number 4, and the pieces make it 5"),
        ({"added_tokens_decoder": ["[B]"]}, "should give a token by its number"),
        ({"added_tokens_decoder": {"x": {"content": "[B]"}}}, "should give a token by its number"),
        ({"added_tokens_decoder": {"11": "[B]"}}, "should give a token by its number"),
        ({"added_tokens_decoder": {"11": {"content": 7}}}, "should give a token by its number"),
    ],
)
def test_added_tokens_that_cannot_be_are_said(settings_: dict[str, Any], said: str, tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("".join(f"{piece}\n" for piece in PIECES), "utf-8")
    with pytest.raises(EncoderError) as refusal:
        convert_tokenizer(folder_of(tmp_path, {"model_type": "bert"}, settings_))
    assert said in str(refusal.value)


def test_a_tokenizer_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{}")
    convert_tokenizer(tmp_path)
    assert (tmp_path / "tokenizer.json").read_text() == "{}" and "spm.model" in TOKENIZER_SOURCES
