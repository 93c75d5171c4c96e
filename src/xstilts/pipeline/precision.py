"""The precision of a run: what a study asks for, or the faster one on this device, timed once and written down."""

from __future__ import annotations

from pathlib import Path

from xstilts.core.files import read_json, write_json
from xstilts.models.encoders import LocatedEncoder
from xstilts.pipeline.options import Options, devices
from xstilts.study.schema import Study


def known_precision(study: Study, encoder: LocatedEncoder, options: Options) -> str:
    """Return the study's precision; `auto` is what an earlier probe on this store wrote down, else fp32 until
    `run` probes."""
    if study.precision != "auto":
        return study.precision
    path = _probe_file(options)
    return str(read_json(path).get(_probe_key(encoder, options), "fp32")) if path.is_file() else "fp32"


def probe_precision(study: Study, encoder: LocatedEncoder, folder: Path, options: Options) -> None:
    """Time the encoder once in fp32 and bf16 on this device and write the faster one down."""
    path, key = _probe_file(options), _probe_key(encoder, options)
    measured = read_json(path) if path.is_file() else {}
    if study.precision != "auto" or key in measured:
        return
    from xstilts.nn.encoder import Encoder
    from xstilts.nn.precision_probe import fastest_precision

    device = devices(options)[0]
    write_json(path, {**measured, key: fastest_precision(Encoder.load(folder, device=device), device)})


def _probe_file(options: Options) -> Path:
    return options.store / "cache" / "precision.json"


def _probe_key(encoder: LocatedEncoder, options: Options) -> str:
    return f"{encoder.ref.identity}@{(options.device or 'default').split(':')[0]}"
