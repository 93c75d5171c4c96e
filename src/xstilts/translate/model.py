"""A translation model: sequence to sequence, beam search without chance, batches of about equal length."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

from xstilts.core.errors import EncoderError
from xstilts.nn.loading import quiet
from xstilts.nn.published_config import check_tokenizer_settings, read_published
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
        generation = self.model.generation_config
        generation.forced_eos_token_id = None  # it would end a translation that is cut off as if it were whole
        generation.max_length = None
        self.language_tokens: LanguageTokens = language_tokens(self.tokenizer, *languages)
        if self.language_tokens.source_name is not None and hasattr(self.tokenizer, "src_lang"):
            self.tokenizer.src_lang = self.language_tokens.source_name
        self.limit = _limit(self.tokenizer, self.model.config)
        self.beams = beams

    def plan_batches(self, sentences: Sequence[str]) -> list[list[int]]:
        """Return the numbers of the sentences of each batch, the longest first: the same for the same sentences."""
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
        """Return one translation for each sentence, or why it has none: longer than the model reads, or no end came."""
        ids = self._ids(sentences)
        short = [i for i, token_ids in enumerate(ids) if len(token_ids) <= self.limit]
        translations = [SentenceTranslation(failure="a sentence is longer than the translation model reads")] * len(
            sentences
        )
        if short:
            for i, translation in zip(short, self._generate([ids[i] for i in short]), strict=True):
                translations[i] = translation
        return translations

    def count_tokens(self, sentences: Sequence[str]) -> int:
        """Return how many tokens the sentences have, as the model reads them."""
        return sum(map(len, self._ids(sentences)))

    def _ids(self, sentences: Sequence[str]) -> list[list[int]]:
        texts = [self.language_tokens.source_prefix + sentence for sentence in sentences]
        return self.tokenizer(texts, verbose=False)["input_ids"] if texts else []

    @torch.inference_mode()
    def _generate(self, ids: list[list[int]]) -> list[SentenceTranslation]:
        longest = max(map(len, ids))
        pad = self.tokenizer.pad_token_id
        ids_BS = torch.tensor([[*token_ids, *[pad] * (longest - len(token_ids))] for token_ids in ids])
        mask_BS = torch.tensor([[1] * len(token_ids) + [0] * (longest - len(token_ids)) for token_ids in ids])
        with quiet():
            output_BT = self.model.generate(
                input_ids=ids_BS.to(self.device), attention_mask=mask_BS.to(self.device), **self._search(longest)
            )
        texts = self.tokenizer.batch_decode(output_BT, skip_special_tokens=True)
        end = self.model.generation_config.eos_token_id or self.tokenizer.eos_token_id
        ends = set(end) if isinstance(end, list) else {end}
        ended = [not ends.isdisjoint(output[1:]) for output in output_BT.tolist()]  # some models begin with it
        failure = "a translation did not come to an end"
        return [
            SentenceTranslation(text) if done else SentenceTranslation(failure=failure)
            for text, done in zip(texts, ended, strict=True)
        ]

    def _search(self, longest: int) -> dict[str, Any]:
        """Return the settings of the search of a batch, over the model's own settings (what it must not write)."""
        times, extra = _MORE
        search: dict[str, Any] = {
            "do_sample": False,
            "num_beams": self.beams,
            "num_return_sequences": 1,
            "max_new_tokens": min(int(times * longest) + extra, self.limit),
        }
        if self.language_tokens.first_token is not None:
            search["forced_bos_token_id"] = self.tokenizer.convert_tokens_to_ids(self.language_tokens.first_token)
        return search


def _load(folder: Path) -> tuple[Any, Any]:
    """Return (tokenizer, model). Nothing is unpickled, no code from the folder is run."""
    config = read_published(folder / "config.json")
    check_tokenizer_settings(folder)
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, config=config, local_files_only=True, trust_remote_code=False)
        model, info = AutoModelForSeq2SeqLM.from_pretrained(
            folder,
            config=config,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            dtype=torch.float32,
            output_loading_info=True,
        )
    except Exception as error:
        raise EncoderError(
            f"The translation model cannot be loaded: {type(error).__name__}: {' '.join(str(error).split())[:200]}",
            where=str(folder),
            hint="It must be a sequence-to-sequence model with its tokenizer. Some tokenizers (Marian, M2M100) need "
            "the package sentencepiece.",
        ) from error
    if missing := sorted(info["missing_keys"]):
        raise EncoderError(f"The translation model lacks the weight '{missing[0]}'.", where=str(folder))
    return tokenizer, model


def _limit(tokenizer: Any, config: Any) -> int:
    """Return the number of tokens that a text may have."""
    limits = [tokenizer.model_max_length, getattr(config, "max_position_embeddings", None), 1024]
    return int(min(number for number in limits if number))
