"""A toy encoder of XLM-R's class, built in a second: token vectors from translated sentences under random blocks.

V tokens of the vocabulary, S sentences (all translations of one count as one), D hidden size, K = D - 2 dimensions of
the vectors. No training in the usual sense: it lets the whole program run offline on a small machine. It knows
which tokens translate each other and nothing else; its scores are not those of a pretrained encoder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from tokenizers import Tokenizer
from transformers import XLMRobertaConfig, XLMRobertaForMaskedLM

from xstilts.core.errors import DataError
from xstilts.pretrain.tokenizer import SPECIALS, learn_tokenizer, save_tokenizer

if TYPE_CHECKING:
    from xstilts.engine.step import Progress

_SLACK = 2  # dimensions that bring every token to one length, so that layer norm keeps their weights


@dataclass(frozen=True, kw_only=True)
class VectorSettings:
    """How the encoder is built; all of it is identity."""

    vocabulary: int = 12000
    width: int = 256  # hidden size
    layers: int = 2
    heads: int = 4
    positions: int = 512  # tokens a sequence at most
    seed: int = 0


def build(
    parallel: Mapping[str, Sequence[str]],
    out: Path,
    settings: VectorSettings | None = None,
    progress: Progress | None = None,
) -> None:
    """Writes an ordinary Hugging Face folder (XLM-R class with a tied language-model head, tokenizer.json) to `out`.

    `parallel` maps a language to its lines; line i says the same in every language. The same lines, settings and
    threads give the same files. Raises DataError when languages have different numbers of lines.
    """
    settings = settings or VectorSettings()
    say = progress or _silent
    if len(set(map(len, parallel.values()))) != 1 or not min(map(len, parallel.values()), default=0):
        counts = ", ".join(f"{language} {len(lines)}" for language, lines in parallel.items())
        raise DataError(f"parallel text needs the same number of lines in every language, got {counts or 'none'}.")
    say(0, 3, "stages", "learning a tokenizer")
    tokenizer = learn_tokenizer(parallel, settings.vocabulary)
    say(1, 3, "stages", "token vectors from translations")
    vectors_VK = token_vectors(_counts(parallel, tokenizer), settings.width - _SLACK)
    say(2, 3, "stages", "writing")
    model = _transformer(_even_lengths(vectors_VK), settings)
    out.mkdir(parents=True, exist_ok=True)
    model.config.architectures = [type(model).__name__]
    model.config.save_pretrained(out)
    own = {name: tensor for name, tensor in model.state_dict().items() if not name.startswith("lm_head.decoder.")}
    save_file(own, out / "model.safetensors", metadata={"format": "pt"})  # the decoder is the embeddings, tied
    save_tokenizer(tokenizer, out, settings.positions)
    say(3, 3, "stages", "")


def _silent(done: float, total: float, unit: str = "", text: str = "") -> None:
    pass


def token_vectors(counts_SV: NDArray[np.float64], dimensions: int) -> NDArray[np.float64]:
    """[V, dimensions] vectors from how often each token stands in each sentence of any language.

    Singular vectors of positive pointwise mutual information between tokens and sentence ids (Levy et al., EACL 2017,
    "A Strong Baseline for Learning Cross-Lingual Word Embeddings from Sentence Alignments"), each scaled by the square
    root of its singular value, without the first, which only says how common a token is. Every vector then gets the
    length idf ** 0.75 and the mean over running text is taken off, so that a mean over a sentence's tokens is already
    centred (Arora et al., ICLR 2017, weight and centre for the same reason). Tokens that never occur are zero.
    """
    from scipy.linalg import eigh
    from scipy.sparse import csr_matrix

    sentences, V = counts_SV.shape
    kept = min(dimensions, min(sentences, V) - 2)
    seen_S, seen_V, total = counts_SV.sum(1), counts_SV.sum(0), counts_SV.sum()
    s, v = counts_SV.nonzero()
    information = np.log(counts_SV[s, v] * total / (seen_S[s] * seen_V[v]))
    matrix_VS = csr_matrix((np.maximum(information, 0.0), (v, s)), shape=(V, sentences))
    # Sentences are few: the eigenvectors of [S, S] products are exact, and faster than an iteration over [V, S].
    largest = (sentences - kept - 1, sentences - 2)  # but for the very largest
    square_K, right_SK = eigh((matrix_VS.T @ matrix_VS).toarray(), subset_by_index=largest)
    left_VK = (matrix_VS @ right_SK) / np.maximum(square_K, 1e-12) ** 0.25
    left_VK = left_VK[:, ::-1] * np.sign(left_VK[np.abs(left_VK).argmax(0), np.arange(kept)])[::-1]  # signs are free
    idf_V = np.log((sentences + 1) / ((counts_SV > 0).sum(0) + 1))
    length_V = np.linalg.norm(left_VK, axis=1)
    vectors_VK = left_VK * (idf_V**0.75 / np.maximum(length_V, 1e-9))[:, None]
    vectors_VK -= (seen_V / total) @ vectors_VK
    vectors_VK[seen_V == 0] = 0.0
    return np.pad(vectors_VK, ((0, 0), (0, dimensions - kept)))


def _counts(parallel: Mapping[str, Sequence[str]], tokenizer: Tokenizer) -> NDArray[np.float64]:
    """[S, V] occurrences of each token in all translations of each sentence."""
    counts_SV = np.zeros((len(next(iter(parallel.values()))), tokenizer.get_vocab_size()))
    for lines in parallel.values():
        for sentence, encoding in enumerate(tokenizer.encode_batch(list(lines), add_special_tokens=False)):
            np.add.at(counts_SV[sentence], encoding.ids, 1.0)
    counts_SV[:, : len(SPECIALS)] = 0.0
    return counts_SV


def _even_lengths(vectors_VK: NDArray[np.float64]) -> NDArray[np.float32]:
    """[V, D] with mean 0 and variance 1 in every row: the last two entries (+x, -x) make up what a short vector lacks.

    Layer norm then leaves the rows as they are, and a rare token keeps its larger say in the mean of a sentence.
    """
    centred_VK = vectors_VK - vectors_VK.mean(1, keepdims=True)
    square_V = (centred_VK**2).sum(1)
    slack_V = np.sqrt((square_V.max() - square_V) / 2)
    rows_VD = np.concatenate([centred_VK, slack_V[:, None], -slack_V[:, None]], axis=1)
    rows_VD *= np.sqrt(rows_VD.shape[1] / square_V.max())
    return rows_VD.astype(np.float32)


def _transformer(vectors_VD: NDArray[np.float32], settings: VectorSettings) -> XLMRobertaForMaskedLM:
    """Random blocks whose branches start at almost nothing, so that the untrained encoder is its token vectors."""
    config = XLMRobertaConfig(
        vocab_size=len(vectors_VD),
        hidden_size=settings.width,
        num_hidden_layers=settings.layers,
        num_attention_heads=settings.heads,
        intermediate_size=2 * settings.width,
        max_position_embeddings=settings.positions + 2,  # positions count from the padding index + 1
        type_vocab_size=1,
        pad_token_id=SPECIALS.index("<pad>"),
        bos_token_id=SPECIALS.index("<s>"),
        eos_token_id=SPECIALS.index("</s>"),
    )
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(settings.seed)
        model = XLMRobertaForMaskedLM(config)
        embeddings = model.roberta.embeddings
        embeddings.word_embeddings.weight.copy_(torch.from_numpy(vectors_VD))
        embeddings.position_embeddings.weight.normal_(std=0.1)
        embeddings.token_type_embeddings.weight.zero_()
        embeddings.LayerNorm.weight[-_SLACK:] = 0.0  # the evened lengths have done their work
        for block in model.roberta.encoder.layer:
            for branch in (block.attention.output.dense, block.output.dense):
                branch.weight.normal_(std=0.002)
    return model
