"""`xstilts scaling FILE.csv`: a table of fits from a user's own numbers, and what is wrong with them by file:line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from xstilts.cli import main
from xstilts.scaling.curve_files import read_curves

HEADER = "target,language,size,seed,score,n"
SIZES = (250, 500, 1000, 2000, 4000, 8000)
Write = Callable[..., Path]


def lines(share: float = 1.0) -> list[str]:
    """Two curves: a power law in English, a level in German. `share`: what a score is multiplied with."""
    rng = np.random.default_rng(0)
    curves = {"en": lambda n: 85 - 45 * (n / 250) ** -0.5, "de": lambda n: 60.0}
    return [
        f"mtop,{language},{n},{seed},{share * (score(n) + 0.3 * rng.normal()):.4f},1000"
        for language, score in curves.items()
        for n in SIZES
        for seed in range(3)
    ]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def make(*rows: str, header: str = HEADER) -> Path:
        path = tmp_path / "curves.csv"
        path.write_text("\n".join([header, *rows]) + "\n", "utf-8")
        return path

    return make


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict:
    capsys.readouterr()
    assert main(["scaling", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_each_curve_has_its_law_and_a_flat_one_is_called_flat(write: Write, capsys: pytest.CaptureFixture[str]):
    path = str(write(*lines()))
    assert main(["scaling", path]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "mtop · en: power law (weight" in said and "mtop · de: flat within 2 points" in said
    assert "exponent" in said and "error_floor" in said
    curves = answer(capsys, path)["curves"]
    assert [(one["curve"], one["verdict"], one["chosen"]) for one in curves] == [
        ("mtop · en", "law", "power law"), ("mtop · de", "flat", "constant"),
    ]  # fmt: skip
    (law,) = [one for one in curves[0]["models"] if one["model"] == "power law"]
    for name, true in {"exponent": 0.5, "error_floor": 15, "at_smallest": 40}.items():
        assert law["parameters"][name]["low"] <= true <= law["parameters"][name]["high"]


def test_shares_of_one_are_percentages(write: Write, capsys: pytest.CaptureFixture[str]):
    percent = answer(capsys, str(write(*lines())))
    shares = answer(capsys, str(write(*lines(0.01))))
    assert shares["scores_were_shares"] and not percent["scores_were_shares"]
    for one, other in zip(percent["curves"], shares["curves"], strict=True):
        assert one["gain"]["value"] == pytest.approx(other["gain"]["value"], abs=0.05)


def test_a_score_at_another_size_has_a_band_and_one_too_far_is_refused(
    write: Write, capsys: pytest.CaptureFixture[str]
):
    path = str(write(*lines()))
    first, _ = answer(capsys, path, "--at", "16000")["readings"]
    assert first["low"] < 85 - 45 * 64**-0.5 < first["high"]
    assert main(["scaling", path, "--at", "64000"]) == 2
    assert "at most 4 times beyond its sizes" in capsys.readouterr().err
    assert main(["scaling", path, "--at", "64000", "--factor", "10"]) == 0


def test_an_exchange_rate(write: Write, capsys: pytest.CaptureFixture[str]):
    def row(curve: str, more: int, n: int, seed: int) -> str:
        return f"{curve},{n},{seed},{80 - 40 * ((n + more) / 250) ** -0.5 + 0.05 * seed}"

    rows = [row(name, more, n, s) for name, more in (("bare", 0), ("nli", 1000)) for n in SIZES for s in range(3)]
    path = str(write(*rows, header="curve,size,seed,score"))
    call = [path, "--without", "bare", "--with", "nli", "--intermediate", "4000"]
    first = answer(capsys, *call)["exchange"][0]
    assert first["size"] == 250 and first["rate"]["value"] == pytest.approx(0.25, abs=0.05)
    assert main(["scaling", *call]) == 0
    assert main(["scaling", *call[:-2]]) == 2
    assert "needs --without, --with and --intermediate" in capsys.readouterr().err
    assert main(["scaling", path, "--without", "baer", *call[3:]]) == 2
    assert "Did you mean 'bare'?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("header", "rows", "parts"),
    [
        ("size,seed,socre", ["10,1,50"], ["curves.csv:1", "'socre'", "Did you mean 'score'?"]),
        ("size,seed", ["10,1"], ["curves.csv:1", "'score' is missing"]),
        ("size,score,size", ["10,50,10"], ["curves.csv:1", "'size' stands here twice"]),
        (HEADER, ["t,en,10,1,50"], ["curves.csv:2", "5 fields", "names 6"]),
        (HEADER, ["t,en,10,1,50,9", "t,en,10.5,1,50,9"], ["curves.csv:3", "size '10.5'", "whole number"]),
        (HEADER, ["t,en,0,1,50,9"], ["curves.csv:2", "size '0'", "1 or more"]),
        (HEADER, ["t,en,10,one,50,9"], ["curves.csv:2", "seed 'one' is no number"]),
        (HEADER, ["t,en,10,1,nan,9"], ["curves.csv:2", "score 'nan'", "percentage"]),
        (HEADER, ["t,en,10,1,101,9"], ["curves.csv:2", "score '101'", "0 to 100"]),
        (HEADER, ["t,en,10,1,,9"], ["curves.csv:2", "score '' is no number"]),
        (HEADER, ["t,en,10,1,50,0"], ["curves.csv:2", "n '0'"]),
        (HEADER, ["t,en,10,1,50,9", "t,en,10,1,51,9"], ["curves.csv:3", "seed 1 at size 10 twice"]),
        (HEADER, [], ["curves.csv", "no scores"]),
        (HEADER, ['t,"en,10,1,50,9'], ["curves.csv:", "no line of a table"]),
        (HEADER, ["t,en,1e400,1,50,9"], ["curves.csv:2", "size '1e400'"]),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_by_line(
    header: str, rows: list[str], parts: list[str], write: Write, capsys: pytest.CaptureFixture[str]
):
    assert main(["scaling", str(write(*rows, header=header))]) == 2
    said = capsys.readouterr().err
    assert "Traceback" not in said
    for part in parts:
        assert part in said


def test_a_file_that_is_none_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "latin.csv").write_bytes("size,score\n10,50\n\xe9".encode("latin-1"))
    (tmp_path / "empty.csv").write_text("")
    for name, part in (
        ("none.csv", "no such file"),
        ("latin.csv", "line 3"),
        ("empty.csv", "missing"),
        (".", "folder"),
    ):
        assert main(["scaling", str(tmp_path / name)]) == 2
        assert part in capsys.readouterr().err


def test_what_a_file_cannot_say_is_said(write: Write, capsys: pytest.CaptureFixture[str]):
    path = str(write("10,50", "20,60", header="size,score"))
    assert main(["scaling", path]) == 0
    assert "2 sizes; a law needs three or more" in capsys.readouterr().out
    assert main(["scaling", path, "--at", "15"]) == 2
    assert "three sizes" in capsys.readouterr().err
    assert main(["scaling", str(write("10,50", "20,60", "40,61", header="size,score"))]) == 0
    assert "3 sizes with one run each; a law needs a fourth size or a second run" in capsys.readouterr().out
    assert main(["scaling", str(write("10,50,1", "20,60,1", "40,61,1", "40,62,2", header="size,score,seed"))]) == 0
    assert "a law needs" not in capsys.readouterr().out


def test_tabs_blank_lines_and_a_mark_of_the_byte_order_are_read(tmp_path: Path):
    path = tmp_path / "curves.tsv"
    path.write_text("\ufeffsize\tSCORE\n10\t50\n\n20\t60\n", "utf-8")
    (curve,) = read_curves(path).curves
    assert curve.name == "all" and curve.sizes.tolist() == [10, 20] and curve.means.tolist() == [50, 60]


def test_names_steer_no_terminal(write: Write, capsys: pytest.CaptureFixture[str]):
    assert main(["scaling", str(write("\x1b[31mred,10,50", header="curve,size,score"))]) == 0
    assert "\x1b" not in capsys.readouterr().out
