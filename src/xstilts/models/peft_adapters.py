"""Adapters in the files of the package peft, by name: a local folder, or one on the hub, kept in `adapters/`.

Whether one fits an encoder is known before anything runs, from the headers of its weights and the encoder's
configuration; what fitted is remembered by the content of both, for that takes torch.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path

from xstilts.core.errors import EncoderError
from xstilts.core.files import read_settings
from xstilts.core.json_memory import keep, recall
from xstilts.core.local_paths import without_local_paths
from xstilts.core.settings.tuning import IA3, LoRA
from xstilts.core.versions import library_versions
from xstilts.data.locate import Roots
from xstilts.models.encoders import LocatedEncoder
from xstilts.models.named_encoders import NAMED_ENCODERS
from xstilts.models.store import ModelFiles, ModelStore, Say

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
_VERSION = 1  # of what is checked
_METHODS: dict[str, type[LoRA | IA3]] = {"LoRA": LoRA, "IA3": IA3}

ADAPTER = ModelFiles(
    noun="adapter",
    with_article="an adapter of peft",
    store_folder="adapters",
    file_patterns=(CONFIG, WEIGHTS),
    required_files={CONFIG: CONFIG, WEIGHTS: WEIGHTS},
    hint="Give a local folder as `start:`, or try again with a network.",
    needs=f"Needed: {CONFIG} and {WEIGHTS}, as `save_pretrained` of peft writes them; a pickle is not read.",
)


@dataclass(frozen=True, kw_only=True)
class LocatedAdapter:
    """An adapter of peft. `identity` is a digest of its files; `base` is the encoder that it was trained over, as they
    say, "" where they do not. folder: None of one that is still to be fetched. settings: None before `fitted`."""

    name: str
    identity: str
    folder: Path | None = None
    base: str = ""
    settings: LoRA | IA3 | None = None


def find_adapter(name: str, roots: Roots, *, fetch: Say | None = None) -> LocatedAdapter:
    """Return an adapter by name: a folder, or `owner/name[@revision]` on the hub. Raises EncoderError as
    `ModelStore.find` does, and where adapter_config.json cannot be read."""
    model_store = ModelStore(spec=ADAPTER, roots=roots)
    folder = model_store.find(name, fetch=fetch)
    model_store.require(folder, name, ADAPTER.required_files)
    base = read_settings(folder / CONFIG).get("base_model_name_or_path")
    said = base if isinstance(base, str) else ""
    return LocatedAdapter(name=name, identity=model_store.identity(folder), folder=folder, base=said)


def expected_adapter(name: str) -> LocatedAdapter:
    """Return an adapter of the hub as it will be once it is fetched, for a plan."""
    return LocatedAdapter(name=name, identity=f"to fetch: {name}")


def fitted(adapter: LocatedAdapter, encoder: LocatedEncoder, roots: Roots) -> LocatedAdapter:
    """Return an adapter with its settings, which fit an encoder; as it is where one of the two is not here yet.

    Raises EncoderError for a base that is known to be another encoder, for layers that this one lacks or of another
    size, and for an adapter that does more than our layers do."""
    if adapter.folder is None or not encoder.is_here:
        return adapter
    _check_base(adapter, encoder)
    memory, key = roots.store / "cache" / "adapters.json", f"{adapter.identity} {encoder.ref.identity}"
    match recall(memory).get(key):
        case {"by": by, "method": str(method), "settings": dict(settings)} if by == _checked_by():
            return replace(adapter, settings=_METHODS[method](**settings))
    found = _read_settings(adapter.folder, encoder)
    keep(memory, key, {"by": _checked_by(), "method": type(found).__name__, "settings": asdict(found)})
    return replace(adapter, settings=found)


def base_note(adapter: LocatedAdapter, encoder: LocatedEncoder) -> str:
    """Say what the adapter's files call the encoder below it, where that is not certainly this one; else ""."""
    if not adapter.base or adapter.base in (encoder.ref.name, _hub_name(encoder)):
        return ""
    base = without_local_paths(adapter.base)
    return f"its files say that it was trained over '{base}', of which sizes alone are checked"


def portable_files(adapter: LocatedAdapter, roots: Roots) -> dict[str, Path | bytes]:
    """Return all that another machine's store needs to find this adapter by the same name (see
    `ModelStore.portable_files`); {} for one that is not here."""
    if adapter.folder is None:
        return {}
    return ModelStore(spec=ADAPTER, roots=roots).portable_files(adapter.name, adapter.folder)


def _read_settings(folder: Path, encoder: LocatedEncoder) -> LoRA | IA3:
    from xstilts.nn.adapters.manager import Adapters
    from xstilts.nn.adapters.peft_format import fitting_settings
    from xstilts.nn.loading import empty_model

    where = (encoder.folder or Path(encoder.ref.name)) / "config.json"
    model = empty_model(encoder.config(), where)
    return fitting_settings(folder, Adapters(model, model.config.num_hidden_layers, model.config.hidden_size))


def _check_base(adapter: LocatedAdapter, encoder: LocatedEncoder) -> None:
    """Raise EncoderError where both are published encoders with a short name, and not the same."""
    published = {named.hub: name for name, named in NAMED_ENCODERS.items()}
    ours = _hub_name(encoder)
    if adapter.base in published and ours in published and adapter.base != ours:
        raise EncoderError(
            f"the adapter '{adapter.name}' was trained over '{adapter.base}', and this encoder is '{ours}'.",
            where=str(adapter.folder),
            value=adapter.base,
            hint=f"`encoder: {published[adapter.base]}` is the one that it was trained over.",
        )


def _hub_name(encoder: LocatedEncoder) -> str:
    """Return the repository that an encoder is named by, without its revision."""
    name = encoder.ref.name.partition("@")[0]
    return NAMED_ENCODERS[name].hub if name in NAMED_ENCODERS else name


def _checked_by() -> str:
    return f"{_VERSION} {library_versions().get('transformers')} {library_versions().get('peft')}"
