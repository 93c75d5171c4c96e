"""`precision: auto`: what the processor says of itself decides, and nothing that changes from run to run."""

from __future__ import annotations

from pathlib import Path

import pytest

from xstilts.pipeline import precision
from xstilts.pipeline.options import Options
from xstilts.pipeline.precision import ChosenPrecision, Processor, chosen_precision, of_processor
from xstilts.study.schema import Study

HERE = precision.this_processor  # the tests' conftest puts another one in its place
AMD, INTEL = "AuthenticAMD", "GenuineIntel"


def processor(flags: str, vendor: str = AMD) -> Processor:
    return Processor(vendor=vendor, instructions=frozenset(flags.split()))


@pytest.mark.parametrize(
    ("flags", "vendor", "name"),
    [
        ("avx2 avx512f avx512_vnni", AMD, "fp32"),
        ("avx512_bf16", AMD, "bf16"),
        ("avx512_bf16", INTEL, "fp32"),  # slower than fp32 there
        ("avx512_bf16 amx_bf16 amx_tile", INTEL, "bf16"),
        ("avx512_bf16", "", "bf16"),
        ("amx_bf16 amx_tile", "", "bf16"),
        ("", INTEL, "fp32"),
        ("amx_tile amx_int8", INTEL, "fp32"),
    ],
)
def test_the_instructions_decide_and_are_named(flags: str, vendor: str, name: str) -> None:
    found = of_processor(processor(flags, vendor), 2)
    assert found.name == name and "bf16" in found.reason and "2 threads" in found.reason


def test_threads_are_said_and_do_not_decide() -> None:
    """Identity must not depend on how many jobs share the machine."""
    for flags, name in (("avx512_bf16", "bf16"), ("", "fp32")):
        assert {of_processor(processor(flags), threads).name for threads in (None, 1, 2, 64)} == {name}


def cpu_info(path: Path, flags: str) -> Path:
    first = f"processor\t: 0\nvendor_id\t: {INTEL}\nflags\t\t: fpu {flags}\nbugs\t\t:\n"
    path.write_text(first + "vendor_id\t: other\nflags\t\t: other\n", "utf-8")
    return path


def test_instructions_are_those_of_the_processor_that_torch_may_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision, "_CPU_INFO", cpu_info(tmp_path / "cpuinfo", "avx512_bf16"))
    monkeypatch.setattr(precision.platform, "machine", lambda: "x86_64")
    monkeypatch.delenv("ATEN_CPU_CAPABILITY", raising=False)
    assert HERE() == processor("fpu avx512_bf16", INTEL)
    monkeypatch.setenv("ATEN_CPU_CAPABILITY", "avx2")
    assert HERE() == Processor()
    monkeypatch.delenv("ATEN_CPU_CAPABILITY")
    monkeypatch.setattr(precision, "_CPU_INFO", tmp_path / "nowhere")
    assert HERE() == Processor()
    monkeypatch.setattr(precision.platform, "machine", lambda: "aarch64")
    assert HERE() == Processor()


def test_a_study_that_asks_for_one_gets_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def study(asked: str) -> Study:
        arms = {"none": {"strategy": "direct"}}
        return Study.model_validate(
            {"question": "?", "encoder": "e", "arms": arms, "targets": ["xnli"], "precision": asked}
        )

    options = Options(store=tmp_path, device="cpu")
    for asked in ("fp32", "bf16"):
        assert chosen_precision(study(asked), options) == ChosenPrecision(name=asked)
    assert chosen_precision(study("auto"), options).name == "fp32"
    monkeypatch.setattr(precision, "this_processor", lambda: processor("amx_bf16"))
    assert chosen_precision(study("auto"), options).name == "bf16"
