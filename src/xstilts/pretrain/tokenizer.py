"""A small subword tokenizer for a small encoder: learnt in seconds, the same file in every run.

Candidates come from byte-pair merges, whose counts are whole numbers; a Unigram model over them is then fitted by hard
expectation-maximisation. (Soft EM, as in the usual Unigram trainer, adds floats in an order that changes from run to
run, and so does the file it writes.)
"""

from __future__ import annotations

import json
import math
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

from xstilts.core.errors import DataError

SPECIALS = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
_ROUNDS = 2  # of expectation-maximisation; a third moves few scores
_SURPLUS = 1.25  # candidates a piece that is kept
# Punctuation of other scripts, written as English writes it. (NFKC has the full-width forms.)
_PUNCTUATION = {".": "。।॥۔։።။", ",": "、،၊", "?": "؟", ";": "؛", '"': "“”„«»「」『』《》", "'": "‘’‚", "-": "–—―"}
_MARKS = r"\p{P}\p{S}"
_SPACELESS = r"\p{Han}\p{Hiragana}\p{Katakana}ー\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"  # no spaces between words


def learn_tokenizer(
    lines: Mapping[str, Sequence[str]],
    size: int,
    lines_a_language: int = 2000,
    weight: Mapping[str, int] | None = None,
) -> Tokenizer:
    """Return a Unigram tokenizer (NFKC, punctuation of one script, Metaspace) of about `size` pieces over the languages
    of `lines` (language -> lines).

    Languages that share a script share its quota, so that a script of one language is not crowded out. All single
    characters that occur twice in the sample are kept, within half of `size`. A language of `weight` 4 gives four times
    the lines. Raises DataError when there are no lines.
    """
    sample = _balanced(lines, lines_a_language, weight or {})
    if not any(line.strip() for line in sample):
        raise DataError("a tokenizer cannot be learnt from no text.")
    candidates = _candidates(sample, round(size * _SURPLUS))
    scores = dict.fromkeys(candidates, -10.0)  # equal scores: the fewest pieces win
    for _ in range(_ROUNDS):
        scores = _refit(scores, sample)
    return _unigram(_best(scores, size - len(SPECIALS)))


def save_tokenizer(tokenizer: Tokenizer, folder: Path, max_length: int) -> None:
    """Write tokenizer.json and tokenizer_config.json, as an ordinary Hugging Face folder has them."""
    tokenizer.save(str(folder / "tokenizer.json"))
    names = ("bos_token", "pad_token", "eos_token", "unk_token", "mask_token")
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": max_length,
        "cls_token": "<s>",
        "sep_token": "</s>",
        **dict(zip(names, SPECIALS, strict=True)),
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")


def _balanced(lines: Mapping[str, Sequence[str]], quota: int, weight: Mapping[str, int]) -> list[str]:
    """Evenly spaced lines of each language; n languages of one script get quota / sqrt(n) lines each."""
    scripts = {language: _script(texts) for language, texts in lines.items()}
    shared = Counter(scripts.values())
    sample: list[str] = []
    for language in sorted(lines):
        line_quota = max(1, round(quota * weight.get(language, 1) / math.sqrt(shared[scripts[language]])))
        step = max(1, len(lines[language]) // line_quota)
        sample += lines[language][::step]
    return sample


def _script(texts: Sequence[str]) -> str:
    """The first word of the Unicode names of most letters: LATIN, CJK, THAI."""
    letters = (c for text in texts[:50] for c in text if c.isalpha())
    return next(iter(Counter(unicodedata.name(c, "?").split()[0] for c in letters).most_common(1)), ("?",))[0]


def _candidates(sample: Sequence[str], size: int) -> list[str]:
    tokenizer = _plain(models.BPE())
    trainer = trainers.BpeTrainer(
        vocab_size=size, limit_alphabet=size // 2, min_frequency=2, max_token_length=12, show_progress=False
    )
    tokenizer.train_from_iterator(sample, trainer)
    return sorted(tokenizer.get_vocab())


def _refit(scores: Mapping[str, float], sample: Sequence[str]) -> dict[str, float]:
    """log((count + 1/2) / total) of each piece in the best segmentation of the sample."""
    tokenizer = _unigram(scores)
    counts: Counter[str] = Counter()
    for encoding in tokenizer.encode_batch(list(sample), add_special_tokens=False):
        counts.update(encoding.tokens)
    total = sum(counts.values())
    return {piece: math.log((counts[piece] + 0.5) / total) for piece in scores}


def _best(scores: Mapping[str, float], size: int) -> dict[str, float]:
    """Single characters, then the commonest of the other pieces."""
    ranked = sorted(scores, key=lambda piece: (len(piece) > 1, -scores[piece], piece))
    return {piece: scores[piece] for piece in ranked[:size]}


def _unigram(scores: Mapping[str, float]) -> Tokenizer:
    ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
    vocabulary = [(special, 0.0) for special in SPECIALS] + ranked
    tokenizer = _plain(models.Unigram(vocabulary, unk_id=SPECIALS.index("<unk>")))
    tokenizer.add_special_tokens(list(SPECIALS))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[(name, SPECIALS.index(name)) for name in ("<s>", "</s>")],
    )
    return tokenizer


def _plain(model: models.Model) -> Tokenizer:
    """A word is tokenised alike in running text and alone, as tagging gives it: every run of letters or digits begins
    with "▁", whatever comes before it, but in scripts without spaces, where no piece does; and no piece joins a word
    to a punctuation mark or a number ("said," is not another word than "said")."""
    tokenizer = Tokenizer(model)
    written = [normalizers.Replace(mark, ours) for ours, marks in _PUNCTUATION.items() for mark in marks]
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), *written])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.WhitespaceSplit(),
            pre_tokenizers.Split(Regex(f"[{_MARKS}]"), "isolated"),
            pre_tokenizers.Split(Regex(r"\p{N}+"), "isolated"),
            pre_tokenizers.Metaspace(),
            pre_tokenizers.Split(Regex(f"▁(?=[{_MARKS}{_SPACELESS}])"), "removed"),
        ]
    )
    return tokenizer
