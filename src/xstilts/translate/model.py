"""A translation model: sequence to sequence, beam search without chance, batches of about equal length."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

from xstilts.core.errors import EncoderError
from xstilts.nn.loading import quiet
from xstilts.translate.language_codes import LanguageTokens, language_tokens
from xstilts.translate.passages import SentenceTranslation

BATCH_TOKENS = 4096  # of a batch, padding included; its size decides the last digits, so it is a constant
_MORE = 2.0, 32  # tokens of a translation at most: so many times those of the source, and so many more


class Translator:
    """Translates sentences from one language into another.

    Arguments
        folder: an ordinary Hugging Face folder of a sequence-to-sequence model.
        languages: canonical codes of source and target.
        beams: of the search; 1 is greedy.

    Raises EncoderError when the model cannot be loaded, or cannot be told to write the target language.
    """

    def __init__(self, folder: Path, languages: tuple[str, str], beams: int, device: str = "cpu") -> None:
        self.device = device
        with quiet():
            self.tokenizer, model = _load(folder)
        self.model = model.to(device).eval()
        own = self.model.generation_config
        own.forced_eos_token_id = None  # it would end a translation that is cut off as if it were whole
        own.max_length = None
        self.told: LanguageTokens = language_tokens(self.tokenizer, *languages)
        if self.told.source is not None and hasattr(self.tokenizer, "src_lang"):
            self.tokenizer.src_lang = self.told.source
        self.limit = _limit(self.tokenizer, self.model.config)
        self.beams = beams

    def plan(self, sentences: Sequence[str]) -> list[list[int]]:
        """Numbers of the sentences of each batch, the longest first: the same for the same sentences."""
        sizes = [len(ids) for ids in self._ids(sentences)]
        order = sorted(range(len(sentences)), key=lambda i: (-sizes[i], i))
        batches: list[list[int]] = []
        room = 0
        for i in order:
            if room < 1:
                batches.append([])
                room = max(BATCH_TOKENS // max(sizes[i], 1), 1)
            batches[-1].append(i)
            room -= 1
        return batches

    def translate(self, sentences: Sequence[str]) -> list[SentenceTranslation]:
        """One translation for each sentence, or why it has none: longer than the model reads, or no end came."""
        ids = self._ids(sentences)
        short = [i for i, own in enumerate(ids) if len(own) <= self.limit]
        made = [SentenceTranslation(lost="a sentence is longer than the translation model reads")] * len(sentences)
        if short:
            for i, one in zip(short, self._generate([ids[i] for i in short]), strict=True):
                made[i] = one
        return made

    def tokens(self, sentences: Sequence[str]) -> int:
        """Of the sentences, as the model reads them."""
        return sum(map(len, self._ids(sentences)))

    def _ids(self, sentences: Sequence[str]) -> list[list[int]]:
        texts = [self.told.front + sentence for sentence in sentences]
        return self.tokenizer(texts, verbose=False)["input_ids"] if texts else []

    @torch.inference_mode()
    def _generate(self, ids: list[list[int]]) -> list[SentenceTranslation]:
        longest = max(map(len, ids))
        pad = self.tokenizer.pad_token_id
        ids_BS = torch.tensor([[*own, *[pad] * (longest - len(own))] for own in ids])
        mask_BS = torch.tensor([[1] * len(own) + [0] * (longest - len(own)) for own in ids])
        with quiet():
            found_BT = self.model.generate(
                input_ids=ids_BS.to(self.device), attention_mask=mask_BS.to(self.device), **self._search(longest)
            )
        texts = self.tokenizer.batch_decode(found_BT, skip_special_tokens=True)
        end = self.model.generation_config.eos_token_id or self.tokenizer.eos_token_id
        ends = set(end) if isinstance(end, list) else {end}
        ended = [not ends.isdisjoint(found[1:]) for found in found_BT.tolist()]  # some models begin with it
        lost = "a translation did not come to an end"
        return [
            SentenceTranslation(text) if done else SentenceTranslation(lost=lost)
            for text, done in zip(texts, ended, strict=True)
        ]

    def _search(self, longest: int) -> dict[str, Any]:
        """How a batch is searched, over the model's own settings (what it must not write)."""
        times, more = _MORE
        search: dict[str, Any] = {
            "do_sample": False,
            "num_beams": self.beams,
            "num_return_sequences": 1,
            "max_new_tokens": min(int(times * longest) + more, self.limit),
        }
        if self.told.first is not None:
            search["forced_bos_token_id"] = self.tokenizer.convert_tokens_to_ids(self.told.first)
        return search


def _load(folder: Path) -> tuple[Any, Any]:
    """(tokenizer, model). Nothing is unpickled, no code from the folder is run."""
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        model, found = AutoModelForSeq2SeqLM.from_pretrained(
            folder, trust_remote_code=False, use_safetensors=True, dtype=torch.float32, output_loading_info=True
        )
    except Exception as error:
        raise EncoderError(
            f"The translation model cannot be loaded: {type(error).__name__}: {' '.join(str(error).split())[:200]}",
            where=str(folder),
            hint="It must be a sequence-to-sequence model with its tokenizer. Some tokenizers (Marian, M2M100) need "
            "the package sentencepiece.",
        ) from error
    if missing := sorted(found["missing_keys"]):
        raise EncoderError(f"The translation model lacks the weight '{missing[0]}'.", where=str(folder))
    return tokenizer, model


def _limit(tokenizer: Any, config: Any) -> int:
    """Tokens of a text at most."""
    known = [tokenizer.model_max_length, getattr(config, "max_position_embeddings", None), 1024]
    return int(min(number for number in known if number))
