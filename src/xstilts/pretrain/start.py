"""The encoder that pretraining starts from: token vectors that already know which tokens translate each other, under
blocks that do almost nothing yet.

V tokens, S sentence ids (all translations of one sentence count as one, and so do all of one English headword),
E embedding size, D hidden size.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from xstilts.pretrain.corpus import CorpusData
    from xstilts.pretrain.recipe import EncoderShape


def build_start(corpus: CorpusData, tokenizer: Tokenizer, shape: EncoderShape, seed: int, out: Path) -> None:
    """Write an ordinary Hugging Face folder (ELECTRA with its masked-LM head) to `out`, but for the tokenizer."""
    import torch
    from safetensors.torch import save_file
    from transformers import ElectraConfig, ElectraForMaskedLM

    def token(name: str) -> int | None:
        return tokenizer.token_to_id(name)

    config = ElectraConfig(
        vocab_size=tokenizer.get_vocab_size(),
        embedding_size=shape.embedding,
        hidden_size=shape.width,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=shape.feedforward,
        max_position_embeddings=shape.positions,
        hidden_dropout_prob=shape.dropout,
        attention_probs_dropout_prob=shape.dropout,
        pad_token_id=token("<pad>"),
        bos_token_id=token("<s>"),
        eos_token_id=token("</s>"),
        architectures=[ElectraForMaskedLM.__name__],
    )
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        model = ElectraForMaskedLM(config)
        embeddings = model.electra.embeddings
        table_VE = embeddings.word_embeddings.weight
        table_VE.normal_(std=0.3 / math.sqrt(shape.embedding))
        if shape.vectors:
            vectors_VE = torch.from_numpy(unit_vectors(sentence_ids(corpus, tokenizer), len(table_VE), shape.embedding))
            seen_V = vectors_VE.norm(dim=1) > 0
            table_VE[seen_V] = vectors_VE[seen_V]
        embeddings.position_embeddings.weight.normal_(std=0.01)
        embeddings.token_type_embeddings.weight.zero_()
        if shape.embedding != shape.width:
            torch.nn.init.orthogonal_(model.electra.embeddings_project.weight)
        for block in model.electra.encoder.layer:
            for branch in (block.attention.output.dense, block.output.dense):
                branch.weight.normal_(std=0.02 / math.sqrt(2 * shape.layers))
    out.mkdir(parents=True, exist_ok=True)
    config.save_pretrained(out)
    tied = "generator_lm_head.weight"  # the embeddings
    state = {name: tensor.contiguous() for name, tensor in model.state_dict().items() if name != tied}
    save_file(state, out / "model.safetensors", metadata={"format": "pt"})


def sentence_ids(corpus: CorpusData, tokenizer: Tokenizer) -> list[tuple[NDArray, NDArray]]:
    """Return (sentence id, token) of every token of the parallel text and the lexicons."""
    groups: dict[Any, list[str]] = {}
    for bundle in corpus.parallel:
        for lines in bundle.lines.values():
            for number, line in enumerate(lines):
                groups.setdefault((bundle.name, number), []).append(line)
    for pairs in corpus.lexicon.values():
        for english, other in pairs:
            groups.setdefault(english, [english]).append(other)
    texts = [text for group in groups.values() for text in group]
    ids_N = np.repeat(np.arange(len(groups)), [len(group) for group in groups.values()])
    encoded = tokenizer.encode_batch_fast(texts, add_special_tokens=False)
    tokens = [np.asarray(ids.ids, dtype=np.int64) for ids in encoded]
    lengths_N = np.array([len(ids) for ids in tokens])
    return [(np.repeat(ids_N, lengths_N), np.concatenate(tokens) if tokens else np.zeros(0, np.int64))]


def unit_vectors(occurrences: Iterable[tuple[NDArray, NDArray]], vocabulary: int, size: int) -> NDArray[np.float32]:
    """Return, [V, E], singular vectors of positive pointwise mutual information between tokens and sentence ids (Levy,
    Søgaard and Goldberg, EACL 2017), scaled by the root of the singular values, without the first, each then brought to
    length one. Tokens that never occur are zero."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.linalg import svds

    parts = list(occurrences)
    sentence_X, token_X = (np.concatenate([part[side] for part in parts]) for side in (0, 1))
    sentences = int(sentence_X.max()) + 1
    counts = csr_matrix((np.ones(len(token_X)), (token_X, sentence_X)), shape=(vocabulary, sentences))
    counts.sum_duplicates()
    token, sentence = counts.nonzero()
    seen_V, seen_S = (np.asarray(counts.sum(axis)).ravel() for axis in (1, 0))
    information = np.log(counts.data * counts.sum() / (seen_V[token] * seen_S[sentence]))
    matrix_VS = csr_matrix((np.maximum(information, 0.0), (token, sentence)), shape=(vocabulary, sentences))
    rank = min(size + 1, min(matrix_VS.shape) - 1)
    left_VK, values_K, _ = svds(matrix_VS, k=rank, v0=np.ones(min(matrix_VS.shape)))
    order_K = np.argsort(-values_K)[1:]
    vectors_VK = left_VK[:, order_K] * np.sqrt(values_K[order_K])
    length_V1 = np.linalg.norm(vectors_VK, axis=1, keepdims=True)
    vectors_VK = np.where(length_V1 > 1e-6, vectors_VK / np.maximum(length_V1, 1e-6), 0.0)
    return np.pad(vectors_VK, ((0, 0), (0, size - vectors_VK.shape[1]))).astype(np.float32)
