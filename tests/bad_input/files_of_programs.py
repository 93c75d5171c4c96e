"""Cases of files: data in every format, encoders, checkpoints, packs, submissions, and what a hub answers."""

from __future__ import annotations

import io
import json
import random
import shutil
import struct
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from safetensors.numpy import load_file, save

from fake_hub import COMMIT, Server
from xstilts.xtreme.layout import XTREME_VERSIONS

from .damage import ODD_VALUES, bytes_damages, dumped, json_damages, line_damages, specials, with_value
from .judge import Case
from .valid import Valid

FILES = {
    "weather": "weather-de.tsv",
    "words": "words-de.bio",
    "places": "places-de.json",
    "picks": "picks-de.jsonl",
    "pairs": "pairs-de.txt",
    "table": "table.csv",
    "records": "records.jsonl",
    "items": "items.json",
    "columns": "columns.parquet",
    "trees": "trees.conllu",
}


def reader_cases(valid: Valid, draw: random.Random) -> Iterator[Case]:
    for task, name in FILES.items():
        content = (valid.study.folder / name).read_bytes()
        if name.endswith("parquet"):
            damages = list(_binary_damages(content, draw))
        else:
            damages = list(bytes_damages(content, draw))
            if name.endswith(("json", "jsonl")):
                damages += json_damages(content)
            else:
                damages += [(kind, made) for kind, made in line_damages(content, draw) if task != "pairs"]
        for kind, made in damages:
            yield _reader_case(valid, task, name, kind, made)
    for name, _ in specials(Path("x")):
        yield _special_case(valid, name)


# A row of text is text: what is no table may still be lines, and so may an error page (a web page is none of ours).
_LINES = {("pairs", kind) for kind in ("html", "pointer", "gzip-of-noise")}


def _reader_case(valid: Valid, task: str, name: str, kind: str, content: bytes) -> Case:
    def make(folder: Path) -> list[str]:
        valid.copy_data(folder)
        (folder / name).write_bytes(content)
        module = "bad_input_tasks"
        sys.modules[module] = type(sys)(module)
        sys.modules[module].TASKS = valid.tasks  # type: ignore[attr-defined]
        words = ["tasks", task, "--count", "--tasks", f"{module}:TASKS", "--data", str(folder)]
        return [*words, "--store", str(folder.parent / "store")]

    return Case(surface="reader", name=f"{name}:{kind}", make=make, names=(name,), may_pass=(task, kind) in _LINES)


def _special_case(valid: Valid, kind: str) -> Case:
    def make(folder: Path) -> list[str]:
        study = valid.write_study(folder, valid.value())
        (folder / "weather-en.tsv").unlink()
        dict(specials(folder / "weather-en.tsv"))[kind]()
        return ["plan", str(study), "--store", str(folder.parent / "store")]

    return Case(surface="reader", name=f"special:{kind}", make=make, names=("weather-en.tsv",))


def _binary_damages(content: bytes, draw: random.Random) -> Iterator[tuple[str, bytes]]:
    yield "empty", b""
    yield "cut", content[: len(content) // 2]
    yield "cut-end", content[:-3]
    yield "noise", draw.randbytes(len(content))
    yield "html", b"<!DOCTYPE html><html><body>Not Found</body></html>"


CONFIG = (
    "model_type", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "vocab_size",
    "max_position_embeddings", "type_vocab_size", "hidden_act", "hidden_dropout_prob", "layer_norm_eps", "pad_token_id",
)  # fmt: skip


def encoder_cases(valid: Valid, draw: random.Random) -> Iterator[Case]:
    def case(name: str, damage: Callable[[Path], object], *names: str, may_pass: bool = False) -> Case:
        def make(folder: Path) -> list[str]:
            encoder = folder / "encoder"
            shutil.copytree(valid.encoder, encoder)
            damage(encoder)
            study = valid.write_study(folder, valid.value(encoder=str(encoder)))
            return ["plan", str(study), "--store", str(folder.parent / "store")]

        return Case(surface="encoder", name=name, make=make, names=names or ("encoder",), may_pass=may_pass)

    yield from (case(name, damage) for name, damage in _folder_damages(valid.encoder, draw))
    config = json.loads((valid.encoder / "config.json").read_text())
    for key in CONFIG:
        for odd in draw.sample(sorted(ODD_VALUES), 4):
            new = dumped(with_value(config, (key,), ODD_VALUES[odd]))
            yield case(f"config.{key}:{odd}", _writes("config.json", new))
    for key, new_value in (("_attn_implementation", "owner/kernel"), ("auto_map", {"AutoModel": "evil.Model"})):
        new = dumped({**config, key: new_value})
        yield case(f"config.{key}", _writes("config.json", new), may_pass=True)
    yield case("tokenizer-too-big", _more_tokens)
    for name, tensors in _other_tensors(valid.encoder, draw):
        yield case(f"tensors:{name}", _writes("model.safetensors", save(tensors)))
    tokenizer = json.loads((valid.encoder / "tokenizer.json").read_text())
    for key, value in (("model", {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"}), ("post_processor", None)):
        yield case(f"tokenizer.{key}", _writes("tokenizer.json", dumped({**tokenizer, key: value})))
    index = dumped({"metadata": {}, "weight_map": {"x": "model-00001-of-00002.safetensors"}})
    yield case("lost-shard", lambda folder: _only_index(folder, index))


def _other_tensors(encoder: Path, draw: random.Random) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (name, tensors) of weights of which one does not belong to the configuration."""
    tensors = load_file(encoder / "model.safetensors")
    blocks = sorted(name for name in tensors if ".layer." in name and tensors[name].ndim == 2)
    name = draw.choice(blocks)
    yield "lost", {key: tensor for key, tensor in tensors.items() if key != name}
    yield "reshaped", {**tensors, name: tensors[name][:-1]}
    yield "quantised", {**tensors, name: tensors[name].astype("int8")}
    yield "renamed", {key.replace(".layer.0.", ".layer.7."): tensor for key, tensor in tensors.items()}
    yield "more-blocks", {**tensors, name.replace(".layer.0.", ".layer.1."): tensors[name]}


def _only_index(folder: Path, index: bytes) -> None:
    (folder / "model.safetensors").rename(folder / "model-00002-of-00002.safetensors")
    (folder / "model.safetensors.index.json").write_bytes(index)


def _writes(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(content)


def _more_tokens(encoder: Path) -> None:
    config = json.loads((encoder / "config.json").read_text())
    (encoder / "config.json").write_text(json.dumps({**config, "vocab_size": 7}))


def _folder_damages(encoder: Path, draw: random.Random) -> Iterator[tuple[str, Callable[[Path], object]]]:
    """Yield (name, damage) of the files of an encoder."""
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        content = (encoder / name).read_bytes()
        yield f"{name}:missing", lambda folder, name=name: (folder / name).unlink()
        damages = _binary_damages(content, draw)
        if name.endswith("json"):
            damages = (each for kind in (bytes_damages(content, draw), json_damages(content)) for each in kind)
        for kind, made in damages:
            if kind not in {"cut-gzip", "gzip-of-noise"}:
                yield f"{name}:{kind}", _writes(name, made)
        for kind, _ in specials(Path("x")):
            yield f"{name}:special-{kind}", _puts(name, kind)
    header = json.dumps({"x": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}}).encode()
    strange = struct.pack("<Q", len(header)) + header + bytes(16)
    yield "model.safetensors:other-tensors", _writes("model.safetensors", strange)
    yield "model.safetensors:long-header", _writes("model.safetensors", struct.pack("<Q", 2**62) + b"{}")


def _puts(name: str, kind: str) -> Callable[[Path], object]:
    def put(folder: Path) -> None:
        (folder / name).unlink()
        dict(specials(folder / name))[kind]()

    return put


def checkpoint_cases(valid: Valid, draw: random.Random) -> Iterator[Case]:
    def case(name: str, damage: Callable[[Path], object], may_pass: bool = False) -> Case:
        def make(folder: Path) -> list[str]:
            checkpoint = folder / "checkpoint"
            shutil.copytree(valid.trained, checkpoint)
            damage(checkpoint)
            study = valid.write_study(folder, valid.value())
            (folder / "mine.tsv").write_text("text\nein kleine sonnig\n")
            words = ["predict", str(checkpoint), str(folder / "mine.tsv"), "--task", "weather", "--study", str(study)]
            return [*words, "--threads", "1", "--store", str(folder.parent / "store")]

        return Case(surface="checkpoint", name=name, make=make, names=("checkpoint",), may_pass=may_pass)

    read = sorted(path.relative_to(valid.trained) for path in valid.trained.rglob("*") if path.is_file())
    read = [name for name in read if name.suffix in {".json", ".safetensors"}]
    for name in read:
        content = (valid.trained / name).read_bytes()
        # Records of the training and settings of the tokenizer that another file says too are not read.
        unread = name.name in {"done.json", "summary.json", "tokenizer_config.json"}
        damages = [("missing", None), *_binary_damages(content, draw)]
        if name.suffix == ".json":
            damages += list(json_damages(content))
        for kind, made in damages:
            yield case(f"{name}:{kind}", _replaces(name, made), may_pass=unread)


def _replaces(name: Path, content: bytes | None) -> Callable[[Path], object]:
    if content is None:
        return lambda folder: (folder / name).unlink()
    return lambda folder: (folder / name).write_bytes(content)


def pack_cases(valid: Valid, draw: random.Random) -> Iterator[Case]:
    def case(name: str, content: Callable[[Path], bytes], may_pass: bool = False) -> Case:
        def make(folder: Path) -> list[str]:
            (folder / "bad.tar").write_bytes(content(folder))
            return ["data", "unpack", str(folder / "bad.tar"), "--store", str(folder.parent / "store")]

        names = ("bad.tar", "is not a place", "is not a path")
        return Case(surface="pack", name=name, make=make, names=names, may_pass=may_pass)

    whole = valid.packed
    for kind, made in [*_binary_damages(whole, draw), ("cut-early", whole[:700])]:
        yield case(kind, lambda _, made=made: made, may_pass=kind == "cut-end")  # a tar ends in blocks of zeros
    members = _members(whole)
    first = next(iter(members))
    manifest = json.loads(members[first])
    for kind, made in json_damages(members[first]):
        yield case(f"manifest:{kind}", lambda _, made=made: _tar({**members, first: made}))
    for key in manifest:
        for odd, value in ODD_VALUES.items():
            if odd not in {"nan", "infinite"}:
                changed = dumped(with_value(manifest, (key,), value))
                yield case(f"manifest.{key}:{odd}", lambda _, changed=changed: _tar({**members, first: changed}))
    for name in list(members)[1:4]:
        yield case(f"lacks:{name}", lambda _, name=name: _tar({k: v for k, v in members.items() if k != name}))
        yield case(f"other:{name}", lambda _, name=name: _tar({**members, name: b"other"}))
    for path in ("../evil", "/evil", "lock.json", "store/../../evil", "a\0b", "x" * 400, "store/steps/x"):
        yield case(f"member:{path[:16]!r}", lambda _, path=path: _tar({**members, path: b"x"}))
        yield case(f"renamed:{path[:16]!r}", lambda f, path=path: _renamed(members, first, path, f))
    yield case("link", lambda folder: _tar(members, link=str(folder.parent)))


def _renamed(members: dict[str, bytes], first: str, path: str, folder: Path) -> bytes:
    """Return an archive whose manifest and members call one file by another path."""
    old = list(members)[1]
    new = f"{folder.parent}{path}" if path.startswith("/") else path
    text = members[first].decode().replace(json.dumps(old), json.dumps(new))
    old_inner = old.removeprefix("store/")
    text = text.replace(json.dumps(old_inner), json.dumps(new))
    made = {first: text.encode(), **{k: v for k, v in members.items() if k not in {first, old}}}
    return _tar({**made, new: members[old]})


def _members(archive: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar.getmembers()}  # type: ignore[union-attr]


def _tar(members: dict[str, bytes], link: str = "") -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        if link:
            member = tarfile.TarInfo("link")
            member.type, member.linkname = tarfile.SYMTYPE, link
            tar.addfile(member)
    return made.getvalue()


SUBMITTED: dict[str, tuple[bytes, bytes]] = {
    "xnli/test-de.tsv": (b"neutral\nentailment\nneutral\n",) * 2,
    "udpos/test-de.tsv": (b"DET\nNOUN\n\nVERB\n",) * 2,
    "panx/test-de.tsv": (b"B-PER\nI-PER\nO\n\nO\n",) * 2,
    "bucc2018/test-de.tsv": (b"de-1\ten-1\nde-2\ten-2\n",) * 2,
    "tatoeba/test-de.tsv": (b"0\n1\n2\n",) * 2,
    "xquad/test-de.json": (
        dumped({"a": "ja"}),
        dumped({"data": [{"title": "t", "paragraphs": [{"context": "ja so", "qas": [
            {"id": "a", "question": "q", "answers": [{"text": "ja", "answer_start": 0}]}]}]}]}),
    ),
}  # fmt: skip


def submission_cases(valid: Valid, draw: random.Random) -> Iterator[Case]:
    def case(name: str, kind: str, content: bytes | None, side: str) -> Case:
        def make(folder: Path) -> list[str]:
            _write_submission(folder)
            at = folder / side / name
            if content is None:
                at.unlink()
                dict(specials(at))[kind]()
            else:
                at.write_bytes(content)
            return ["xtreme", "score", "--predictions", str(folder / "guesses"), "--labels", str(folder / "gold")]

        return Case(surface="submission", name=f"{side}/{name}:{kind}", make=make, names=(name.split("/")[0],))

    for name, (guesses, gold) in SUBMITTED.items():
        for side, content in (("guesses", guesses), ("gold", gold)):
            damages = list(bytes_damages(content, draw))
            damages += json_damages(content) if name.endswith("json") else [("more", content + b"x\n"), ("cut", b"x\n")]
            for kind, made in damages:
                yield case(name, kind, made, side)
        for kind in ("pipe", "device", "folder"):
            yield case(name, kind, None, "guesses")


def _write_submission(folder: Path) -> None:
    """Write predictions and labels of a few tasks, in all languages that the benchmark has them in."""
    languages = XTREME_VERSIONS["xtreme"].languages
    for path, (guesses, gold) in SUBMITTED.items():
        task = path.split("/")[0]
        for where, text in (("guesses", guesses), ("gold", gold)):
            (folder / where / task).mkdir(parents=True)
            for language in languages[task]:
                (folder / where / path.replace("-de.", f"-{language}.")).write_bytes(text)


class BadHub(Server):
    """A hub that says of its data set what a case wants: `said` of the revision, `listed` of its files."""

    said: dict[str, Any] = {}
    raw: bytes | None = None

    def _api(self, path: str, files: dict[tuple[str, str], bytes]) -> bytes:
        if self.raw is not None:
            return self.raw
        answer = super()._api(path, files)
        value = json.loads(answer)
        return json.dumps({**value, **self.said} if isinstance(value, dict) else value).encode()


def hub_cases(hub: BadHub, valid: Valid, draw: random.Random) -> Iterator[Case]:
    def case(
        name: str, *, content: bytes | None = None, file: str = "config.json", may_pass: bool = False, **answer: Any
    ) -> Case:
        def make(folder: Path) -> list[str]:
            hub.said, hub.raw, hub.cut = answer.get("said", {}), answer.get("raw"), answer.get("cut", False)
            hub.model = {(COMMIT, path.name): path.read_bytes() for path in valid.encoder.iterdir()}
            if content is not None:
                hub.model[COMMIT, file] = content
            hub.model = {key: held for key, held in hub.model.items() if key[1] != answer.get("lacks")}
            if answer.get("none"):
                hub.model = {}
            study = valid.write_study(folder, valid.value(encoder="o/n"))
            return ["data", "get", str(study), "--store", str(folder.parent / "store")]

        return Case(surface="hub", name=name, make=make, names=("o/n",), may_pass=may_pass)

    for sha in ("../../../../evil", "/evil", "..", "", "a", None, 7, [], "x" * 500, "a\x00b", "main"):
        yield case(f"sha:{str(sha)[:12]!r}", said={"sha": sha})
    for files in (None, 7, [], [7], [{}], [{"rfilename": "../../evil"}], [{"rfilename": "/evil"}], [{"rfilename": 7}]):
        yield case(f"siblings:{json.dumps(files)[:24]}", said={"siblings": files})
    raws = [b"", b"null", b"[]", b"<html>no</html>", b"{", b"[" * 5000, b"\xff\xfe", b"7" * 5000, b'{"id": 3}']
    for number, raw in enumerate(raws):
        yield case(f"answer:{number}", raw=raw)
    yield case("cut", cut=True)
    yield case("no-files", none=True)
    for kind, made in [*json_damages(b'{"model_type": "x"}'), ("html", b"<!DOCTYPE html><html></html>")]:
        yield case(f"config:{kind}", content=made)
    for file in ("model.safetensors", "tokenizer.json"):
        for kind, made in _binary_damages((valid.encoder / file).read_bytes(), draw):
            yield case(f"{file}:{kind}", content=made, file=file)
    for kind, made in (("empty", b""), ("html", b"<html>"), ("noise", draw.randbytes(500)), ("word", b"sun\n")):
        for file in ("sentencepiece.bpe.model", "vocab.txt"):
            yield case(f"{file}:{kind}", content=made, file=file, lacks="tokenizer.json")
