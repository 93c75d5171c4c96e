"""Target layers: where the layers of an encoder's blocks are, by module path, whatever its class calls them.

A role is what a linear layer does in its block: query, key, value, attention (the projection that ends it), up and down
(the two halves of the feed-forward layer).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import nn

from xstilts.core.errors import EncoderError

# Ends of paths within a block: BERT and its like, DeBERTa, EuroBERT and its like, DistilBERT, MPNet, ModernBERT.
ROLES: Mapping[str, tuple[str, ...]] = {
    "query": ("query", "query_proj", "q_proj", "q_lin", "attn.q"),
    "key": ("key", "key_proj", "k_proj", "k_lin", "attn.k"),
    "value": ("value", "value_proj", "v_proj", "v_lin", "attn.v"),
    "attention": ("attention.output.dense", "o_proj", "out_proj", "out_lin", "attn.o", "attn.Wo"),
    "up": ("intermediate.dense", "up_proj", "lin1", "fc1", "mlp.Wi"),
    "down": ("output.dense", "down_proj", "lin2", "fc2", "mlp.Wo"),
}
FUSED: Mapping[str, tuple[str, ...]] = {"Wqkv": ("query", "key", "value")}  # equal shares of the outputs, in order


@dataclass(frozen=True)
class Site:
    """A linear layer of block `block` (from 1). `role` is what it was asked for by; `rows` are its outputs that are
    meant, None all of them."""

    block: int
    role: str
    path: str
    rows: slice | None = None


def linear_at(model: nn.Module, site: Site) -> nn.Linear:
    layer = model.get_submodule(site.path)
    assert isinstance(layer, nn.Linear)
    return layer


def find_blocks(model: nn.Module, number: int) -> tuple[str, Sequence[nn.Module]]:
    """Return the path of the list of a model's blocks, and the blocks. Raises EncoderError where there is no such
    list."""
    for path, module in model.named_modules():
        if isinstance(module, nn.ModuleList) and len(module) == number:
            return path, list(module)
    raise EncoderError(f"the blocks of {type(model).__name__} cannot be told apart; read its last layer.")


def find_embedded(model: nn.Module, number: int, size: int, width: int) -> tuple[str, int]:
    """Return the module that reads the embeddings, and their size: the first of the `number` blocks, or where token
    vectors are narrower (`width`) than the states (`size`) the layer between them, as in ELECTRA."""
    blocks_path, _ = find_blocks(model, number)
    for path, module in model.named_modules():
        between = isinstance(module, nn.Linear) and not path.startswith(f"{blocks_path}.")
        if between and (module.in_features, module.out_features) == (width, size) and width != size:
            return path, width
    return f"{blocks_path}.0", size


def find_site(model: nn.Module, number: int, block: int, role: str) -> Site:
    """Return the layer of one of the `number` blocks that has a role, or whose path ends with it.

    Raises EncoderError, naming the linear layers that are there."""
    blocks_path, blocks = find_blocks(model, number)
    names = [name for name, module in blocks[block - 1].named_modules() if isinstance(module, nn.Linear)]
    for ending in ROLES.get(role, (role,)):
        matches = [name for name in names if name == ending] or [name for name in names if name.endswith(f".{ending}")]
        if len(matches) == 1:
            return Site(block, role, f"{blocks_path}.{block - 1}.{matches[0]}")
    for ending, shares in FUSED.items():
        matches = [name for name in names if name.endswith(ending)]
        if role in shares and matches:
            fused = blocks[block - 1].get_submodule(matches[0])
            assert isinstance(fused, nn.Linear)
            share, place = fused.out_features // len(shares), shares.index(role)
            rows = slice(place * share, (place + 1) * share)
            return Site(block, role, f"{blocks_path}.{block - 1}.{matches[0]}", rows)
    raise EncoderError(
        f"the blocks of {type(model).__name__} have no layer '{role}'.",
        value=role,
        allowed=[*(other for other in ROLES if other != role), *names],
        hint="A target is a role, or how the path of one linear layer ends.",
    )
