"""Adapters on the disk, and the encoder they stand on.

adapter.json               {"base": {"fingerprint", "place", shape}, "adapters": [{"method", "settings", "file"}]}
adapters/<i>.safetensors   weights of one adapter, first attached first

`place` is "encoder" or "." where the folder holds the encoder itself, else where the base lay when it was written: a
hint, for `fingerprint` (of its weight files) is what tells bases apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from xstilts.core.canonical import fingerprint, identity_name
from xstilts.core.errors import EncoderError
from xstilts.core.files import file_fingerprint, read_json, write_json
from xstilts.core.settings.tuning import METHODS, Adapter, Bottleneck, Fuse, adapter_shape
from xstilts.nn.encoder import Encoder
from xstilts.train.snapshot import save_weights
from xstilts.train.weight_check import fitting_tensors

NAMED = "adapter.json"
INNER = "encoder"
SHAPE = ("model_type", "hidden_size", "num_hidden_layers", "vocab_size")


def encoder_fingerprint(folder: Path) -> str:
    """A digest of the content of an encoder folder's weight files."""
    return fingerprint({path.name: file_fingerprint(path) for path in sorted(folder.glob("*.safetensors"))}, length=20)


def write(folder: Path, encoder: Encoder, base: Path) -> list[Path]:
    """Writes the adapters of an encoder, whose own weights are those of the folder `base`. Returns the weight files."""
    entries, files = [], []
    for number, adapter in enumerate(encoder.adapters.each):
        file = f"adapters/{number}.safetensors"
        save_weights(folder / file, adapter.state_dict())
        settings = asdict(adapter.settings)
        entries.append({"method": identity_name(type(adapter.settings)), "settings": settings, "file": file})
        files.append(folder / file)
    place = {folder / INNER: INNER, folder: "."}.get(base, str(base.resolve()))
    named = {"fingerprint": encoder_fingerprint(base), "place": place, **shape_of(encoder.config.to_dict())}
    write_json(folder / NAMED, {"base": named, "adapters": entries})
    return files


def base_of(folder: Path, given: Path | None = None) -> Path:
    """The encoder folder below the adapters of a checkpoint: `given` (an encoder folder, or the checkpoint that holds
    it), else where `adapter.json` says it lay, or the same place beside this checkpoint. Raises EncoderError."""
    place = read_json(folder / NAMED)["base"]["place"]
    if place in (INNER, "."):
        return folder / place
    candidates = [inner(given)] if given else list(_candidates(folder, Path(place)))
    for candidate in candidates:
        if (candidate / "config.json").is_file():
            return candidate
    raise EncoderError(
        f"this checkpoint holds adapters alone, and the encoder they stand on is not at '{candidates[0]}'.",
        where=str(folder / NAMED),
        value=str(candidates[0]),
        hint="Put that encoder back, or train the phase again.",
    )


def read(folder: Path, encoder: Encoder, base: Path) -> None:
    """Attaches the adapters of a checkpoint to the encoder that was read from `base`.

    Raises EncoderError, naming both, where the adapters were trained on another encoder; and for weights that are gone
    or do not fit."""
    named = read_json(folder / NAMED)
    _check(named["base"], encoder, base, str(folder / NAMED))
    for entry in named["adapters"]:
        path = folder / entry["file"]
        adapter = encoder.adapters.add(settings_of(entry, str(folder / NAMED)))
        stranger = "an adapter of another encoder"
        adapter.load_state_dict(fitting_tensors(path, adapter.state_dict(), "an adapter", stranger))


def swap(encoder: Encoder, checkpoint: Path, other: Path) -> None:
    """Puts the adapter of the checkpoint `other` in the place of the first one of `checkpoint`, which `encoder` holds:
    its numbers are copied, and nothing else changes.

    Raises EncoderError where one is not trained as the other was: other settings, or over another encoder."""
    held, given = (read_json(folder / NAMED) for folder in (checkpoint, other))
    first, where = given["adapters"][0], str(other / NAMED)
    ours, theirs = (adapter_shape(settings_of(entry, where)) for entry in (held["adapters"][0], first))
    if ours != theirs:
        raise EncoderError(f"a language adapter with other settings: {theirs}, where {ours} is needed.", where=where)
    if (found := given["base"]["fingerprint"]) != (wanted := held["base"]["fingerprint"]):
        what = f"a language adapter of another encoder: it was trained on weights {found}, not on {wanted}."
        raise EncoderError(what, where=where)
    adapter = encoder.adapters.each[0]
    stranger = "an adapter of another encoder"
    tensors = fitting_tensors(other / first["file"], adapter.state_dict(), "an adapter", stranger)
    adapter.load_state_dict(tensors)


def settings_of(entry: Mapping[str, Any], where: str) -> Adapter:
    """The settings of one entry of `adapter.json`. Raises EncoderError for a method or a setting of another release."""
    method, given = str(entry["method"]), dict(entry["settings"])
    if method not in METHODS:
        raise EncoderError(f"there is no adapter '{method}'.", where=where, value=method, allowed=METHODS)
    plain: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
    try:
        if method == identity_name(Fuse):
            plain["adapters"] = tuple(Bottleneck(**one) for one in given["adapters"])
        return METHODS[method](**plain)
    except TypeError as error:
        raise EncoderError(f"these are not settings of '{method}': {error}.", where=where) from error


def shape_of(config: Mapping[str, Any]) -> dict[str, Any]:
    """What tells encoders apart; None where a class calls it something else."""
    return {name: config.get(name) for name in SHAPE}


def spell(adapter_shape: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {adapter_shape.get(name)}" for name in SHAPE)


def inner(folder: Path) -> Path:
    """The encoder within a checkpoint that has one; else the folder itself."""
    return folder / INNER if (folder / INNER).is_dir() else folder


def _candidates(folder: Path, place: Path) -> Iterator[Path]:
    yield place
    for above in (folder.parent, folder.parent.parent):  # a store that was moved
        for parts in (2, 1, 3):
            yield above.joinpath(*place.parts[-parts:])


def _check(wanted: Mapping[str, Any], encoder: Encoder, base: Path, where: str) -> None:
    found = shape_of(encoder.config.to_dict())
    hint = "Give the encoder that the adapters were trained on; it may have been trained further since."
    if spell(wanted) != spell(found):
        what = f"adapters of another encoder: they were trained on {spell(wanted)}, but '{base}' holds {spell(found)}."
        raise EncoderError(what, where=where, hint=hint)
    if (digest := encoder_fingerprint(base)) != wanted["fingerprint"]:
        raise EncoderError(
            f"adapters of another encoder: they were trained on weights {wanted['fingerprint']} "
            f"(at '{wanted['place']}'), but '{base}' holds weights {digest}.",
            where=where,
            hint=hint,
        )
