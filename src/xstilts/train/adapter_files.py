"""Adapter files: the adapters of a checkpoint, and which encoder they belong to.

adapter.json               {"base": {"fingerprint", "place", shape}, "adapters": [{"method", "settings", "file"}]}
adapters/<i>.safetensors   weights of one adapter, first attached first

`place` is "encoder" or "." where the folder holds the encoder itself, else where the base was when this was written: a
hint, for encoders are recognised by `fingerprint` (of their weight files).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from xstilts.core.canonical import fingerprint, identity_name
from xstilts.core.errors import EncoderError, StoreError
from xstilts.core.files import read_json, write_json
from xstilts.core.fingerprints import file_fingerprint
from xstilts.core.settings.tuning import METHODS, Adapter, Bottleneck, Fuse, adapter_shape
from xstilts.nn.encoder import Encoder
from xstilts.train.snapshot import save_weights
from xstilts.train.weight_check import fitting_tensors

FILE = "adapter.json"
ENCODER_FOLDER = "encoder"
SHAPE = ("model_type", "hidden_size", "num_hidden_layers", "vocab_size")
_MISFIT = "an adapter of another encoder"


@dataclass(frozen=True)
class StoredAdapter:
    """One adapter of a checkpoint: its settings, and the file of its weights."""

    settings: Adapter
    file: Path


@dataclass(frozen=True)
class AdapterFile:
    """Contents of `adapter.json`.

    path: the file itself, for messages.
    base_fingerprint, base_place, base_shape: the encoder that the adapters were trained on.
    entries: as they are stored; `adapters` are their values.
    """

    path: Path
    base_fingerprint: str
    base_place: str
    base_shape: Mapping[str, Any]
    entries: tuple[Mapping[str, Any], ...]

    @classmethod
    def read(cls, folder: Path) -> AdapterFile:
        """Read the file of a checkpoint. Raises StoreError where it cannot be read, or holds something else."""
        match read_json(folder / FILE):
            case {"base": {"fingerprint": str(digest), "place": str(place)} as base, "adapters": list(entries)} if all(
                _is_entry(entry) for entry in entries
            ):
                return cls(folder / FILE, digest, place, base, tuple(entries))
        expected = "the `base` (`fingerprint`, `place`) of adapters and the `adapters` (`method`, `settings`, `file`)"
        raise StoreError(f"this should hold {expected}.", where=str(folder / FILE))

    @property
    def adapters(self) -> list[StoredAdapter]:
        """The adapters, first attached first. Raises EncoderError for a method or a setting of another release."""
        return [
            StoredAdapter(settings_of(entry, str(self.path)), self.path.parent / entry["file"])
            for entry in self.entries
        ]


def _is_entry(entry: object) -> bool:
    match entry:
        case {"method": str(), "settings": dict(), "file": str(file)}:
            return file.startswith("adapters/") and ".." not in file
    return False


def encoder_fingerprint(folder: Path) -> str:
    """Return a digest of the content of an encoder folder's weight files."""
    return fingerprint({path.name: file_fingerprint(path) for path in sorted(folder.glob("*.safetensors"))}, length=20)


def write(folder: Path, encoder: Encoder, base: Path) -> list[Path]:
    """Write the adapters of an encoder whose model has the weights of the folder `base`. Returns the weight files."""
    entries, files = [], []
    for number, adapter in enumerate(encoder.adapters.each):
        file = f"adapters/{number}.safetensors"
        save_weights(folder / file, adapter.state_dict())
        settings = asdict(adapter.settings)
        entries.append({"method": identity_name(type(adapter.settings)), "settings": settings, "file": file})
        files.append(folder / file)
    place = {folder / ENCODER_FOLDER: ENCODER_FOLDER, folder: "."}.get(base, str(base.resolve()))
    base_entry = {"fingerprint": encoder_fingerprint(base), "place": place, **shape_of(encoder.config.to_dict())}
    write_json(folder / FILE, {"base": base_entry, "adapters": entries})
    return files


def find_base(folder: Path, base: Path | None = None) -> Path:
    """Return the encoder folder below the adapters of a checkpoint: `base` (an encoder folder, or the checkpoint that
    holds it), else where `adapter.json` says it was, or the same place next to this checkpoint. Raises EncoderError."""
    place = AdapterFile.read(folder).base_place
    if place in (ENCODER_FOLDER, "."):
        return folder / place
    candidates = [encoder_within(base)] if base else list(_candidates(folder, Path(place)))
    for candidate in candidates:
        if (candidate / "config.json").is_file():
            return candidate
    raise EncoderError(
        f"this checkpoint holds adapters alone, and the encoder they stand on is not at '{candidates[0]}'.",
        where=str(folder / FILE),
        value=str(candidates[0]),
        hint="Put that encoder back, or train the phase again.",
    )


def read(folder: Path, encoder: Encoder, base: Path) -> None:
    """Attach the adapters of a checkpoint to the encoder that was read from `base`.

    Raises EncoderError, naming both, where the adapters were trained on another encoder; and for weights that are gone
    or do not fit."""
    adapter_file = AdapterFile.read(folder)
    _check_base(adapter_file, encoder, base)
    for stored in adapter_file.adapters:
        adapter = encoder.adapters.add(stored.settings)
        adapter.load_state_dict(fitting_tensors(stored.file, adapter.state_dict(), "an adapter", _MISFIT))


def copy_first_adapter(encoder: Encoder, checkpoint: Path, other: Path) -> None:
    """Replace the first adapter of `checkpoint`, which `encoder` holds, by that of the checkpoint `other`: its numbers
    are copied, and nothing else changes.

    Raises EncoderError where one is not trained as the other was: other settings, or over another encoder."""
    ours, theirs = AdapterFile.read(checkpoint), AdapterFile.read(other)
    where = str(theirs.path)
    our_shape, their_shape = (adapter_shape(settings_of(file.entries[0], where)) for file in (ours, theirs))
    if our_shape != their_shape:
        message = f"a language adapter with other settings: {their_shape}, where {our_shape} is needed."
        raise EncoderError(message, where=where)
    if theirs.base_fingerprint != ours.base_fingerprint:
        message = (
            f"a language adapter of another encoder: it was trained on weights {theirs.base_fingerprint}, not on "
            f"{ours.base_fingerprint}."
        )
        raise EncoderError(message, where=where)
    adapter = encoder.adapters.each[0]
    file = other / theirs.entries[0]["file"]
    adapter.load_state_dict(fitting_tensors(file, adapter.state_dict(), "an adapter", _MISFIT))


def settings_of(entry: Mapping[str, Any], where: str) -> Adapter:
    """Return the settings of one entry of `adapter.json`. Raises EncoderError for a method or a setting of another
    release."""
    method, stored = str(entry["method"]), dict(entry["settings"])
    if method not in METHODS:
        raise EncoderError(f"there is no adapter '{method}'.", where=where, value=method, allowed=METHODS)
    plain: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()}
    try:
        if method == identity_name(Fuse):
            plain["adapters"] = tuple(Bottleneck(**settings) for settings in stored["adapters"])
        return METHODS[method](**plain)
    except TypeError as error:
        raise EncoderError(f"these are not settings of '{method}': {error}.", where=where) from error


def shape_of(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sizes that encoders differ in; None where a class calls one something else."""
    return {name: config.get(name) for name in SHAPE}


def shape_text(shape: Mapping[str, Any]) -> str:
    """Return the sizes of an encoder in words, for messages."""
    return ", ".join(f"{name} {shape.get(name)}" for name in SHAPE)


def encoder_within(folder: Path) -> Path:
    """Return the encoder within a checkpoint that has one; else the folder itself."""
    return folder / ENCODER_FOLDER if (folder / ENCODER_FOLDER).is_dir() else folder


def _candidates(folder: Path, place: Path) -> Iterator[Path]:
    yield place
    for ancestor in (folder.parent, folder.parent.parent):  # a store that was moved
        for parts in (2, 1, 3):
            yield ancestor.joinpath(*place.parts[-parts:])


def _check_base(adapter_file: AdapterFile, encoder: Encoder, base: Path) -> None:
    trained_on, encoder_shape = shape_text(adapter_file.base_shape), shape_text(shape_of(encoder.config.to_dict()))
    where = str(adapter_file.path)
    hint = "Give the encoder that the adapters were trained on; it may have been trained further since."
    if trained_on != encoder_shape:
        message = f"adapters of another encoder: they were trained on {trained_on}, but '{base}' holds {encoder_shape}."
        raise EncoderError(message, where=where, hint=hint)
    if (digest := encoder_fingerprint(base)) != adapter_file.base_fingerprint:
        raise EncoderError(
            f"adapters of another encoder: they were trained on weights {adapter_file.base_fingerprint} "
            f"(at '{adapter_file.base_place}'), but '{base}' holds weights {digest}.",
            where=where,
            hint=hint,
        )
