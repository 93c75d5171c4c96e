"""Small tokenizers of the three families, trained in the test: SentencePiece-like (XLM-R), WordPiece (BERT), byte-level
(ModernBERT)."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

Train = Callable[[Sequence[str], int], Tokenizer]

TEXTS = (
    "The German painter was born in Ulm in 1990 and died in the 1990s.",
    "Germans and Americans signed the treaty (see below), said Anna.",
    "Der Zug fährt um 12:30 Uhr nach Köln; die Fahrt dauert drei Stunden.",
    "中国人民大学位于北京市海淀区。", "東京は日本の首都です。", "ประเทศไทยมีเมืองหลวงคือกรุงเทพ",
    "Столица России — Москва.", "القاهرة عاصمة مصر.", "भारत की राजधानी दिल्ली है।", "Hà Nội là thủ đô của Việt Nam.",
    "one half is ½ and the ﬁrst ligature costs 50€ or $70",
)  # fmt: skip


def _special(tokenizer: Tokenizer, cls: str, sep: str, pair: str) -> None:
    ids = [(token, tokenizer.token_to_id(token)) for token in (cls, sep)]
    tokenizer.post_processor = processors.TemplateProcessing(single=f"{cls} $A {sep}", pair=pair, special_tokens=ids)


def unigram(texts: Sequence[str], size: int) -> Tokenizer:
    """As XLM-R's: NFKC, runs of spaces collapsed, words marked by a leading ▁. SentencePiece learns no piece that mixes
    scripts, digits and punctuation, so training sees them apart; encoding then does not."""
    tokenizer = Tokenizer(models.Unigram())
    spaces = normalizers.Replace(Regex(" {2,}"), " ")
    tokenizer.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(), spaces])
    mark = pre_tokenizers.Metaspace()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [mark, pre_tokenizers.UnicodeScripts(), pre_tokenizers.Digits(), pre_tokenizers.Punctuation()]
    )
    names = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    trainer = trainers.UnigramTrainer(
        vocab_size=size, special_tokens=names, unk_token="<unk>", show_progress=False, n_sub_iterations=1
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.pre_tokenizer = mark
    _special(tokenizer, "<s>", "</s>", "<s> $A </s> </s> $B </s>")
    return tokenizer


def wordpiece(texts: Sequence[str], size: int) -> Tokenizer:
    """As multilingual BERT's: cased, Chinese characters apart, punctuation apart, token types."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    trainer = trainers.WordPieceTrainer(vocab_size=size, special_tokens=names, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    _special(tokenizer, "[CLS]", "[SEP]", "[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1")
    return tokenizer


def bytelevel(texts: Sequence[str], size: int) -> Tokenizer:
    """As ModernBERT's: byte-level BPE that marks the space before a word and adds none at the start."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=["[CLS]", "[SEP]", "[PAD]", "[MASK]", "[UNK]"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    _special(tokenizer, "[CLS]", "[SEP]", "[CLS] $A [SEP] $B [SEP]")
    return tokenizer


FAMILIES: dict[str, Train] = {"unigram": unigram, "wordpiece": wordpiece, "bytelevel": bytelevel}


def squad_paragraphs(path: Path) -> Iterator[tuple[str, list[tuple[str, list[tuple[str, int]]]]]]:
    """(context, [(question, [(answer, start)])]) of a file in SQuAD's layout."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for article in json.load(file)["data"]:
            for paragraph in article["paragraphs"]:
                questions = [
                    (q["question"], [(a["text"], a["answer_start"]) for a in q["answers"]]) for q in paragraph["qas"]
                ]
                yield paragraph["context"], questions
