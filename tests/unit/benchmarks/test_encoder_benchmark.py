"""The encoder benchmark: its controls lack what they should, its means are means, its page says what is missing."""

from __future__ import annotations

import contextlib
import importlib
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, models
from transformers import AutoModel

from tiny_encoders import config, ragged
from xstilts.core.errors import EncoderError, StudyError
from xstilts.data.examples import TextExample
from xstilts.evaluate.score import LanguageSet, score
from xstilts.kinds.classification import Classification
from xstilts.metrics.labels import Accuracy
from xstilts.nn import loading
from xstilts.nn.encoder import Encoder
from xstilts.report.scores.inputs import Results, StudyCell, SweepScores, TargetInfo
from xstilts.tasks.catalog import TASKS

SCRIPTS = Path(__file__).resolve().parents[3] / "benchmarks"
PARTS = ("controls", "scores", "studies", "tables")


@pytest.fixture(scope="module")
def scripts() -> Iterator[dict[str, ModuleType]]:
    """The script's modules, found beside it as when it is run."""
    sys.path.insert(0, str(SCRIPTS))
    names = {"encoder": "encoder", **{part: f"encoder_{part}" for part in PARTS}}
    yield {short: importlib.import_module(name) for short, name in names.items()}
    sys.path.remove(str(SCRIPTS))
    for name in names.values():
        del sys.modules[name]


def folder_of(name: str, place: Path) -> Path:
    torch.manual_seed(3)
    model = AutoModel.from_config(config(name))
    for parameter in model.parameters():  # so that attention and positions matter
        if parameter.ndim > 1:
            torch.nn.init.normal_(parameter, std=0.25)
    loading.write(place, model, model.config, {})
    Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]")).save(str(place / "tokenizer.json"))
    return place


def states(folder: Path, ids: list[int]) -> torch.Tensor:
    batch = ragged([len(ids)])
    batch.ids_T[:] = torch.tensor(ids)
    with torch.no_grad():
        return Encoder.load(folder).eval()(batch).last_TD


@pytest.mark.parametrize("name", ["xlm-roberta", "electra", "bert"])
def test_token_vectors_see_no_other_word(name: str, tmp_path: Path, scripts: dict[str, Any]) -> None:
    whole = folder_of(name, tmp_path / name)
    control = scripts["controls"].write_control("token vectors only", whole, tmp_path / "controls")
    one, other = states(control, [5, 6, 7]), states(control, [5, 9, 7])
    assert torch.equal(one[[0, 2]], other[[0, 2]])
    assert not torch.equal(one[1], other[1])
    assert not torch.equal(states(whole, [5, 6, 7])[0], states(whole, [5, 9, 7])[0])
    encoder, batch = Encoder.load(whole).eval(), ragged([3])
    with torch.no_grad():
        below_TD = encoder(batch, until=0).last_TD
    assert torch.allclose(below_TD, states(control, batch.ids_T.tolist()), atol=1e-6)
    assert (control / "tokenizer.json").read_bytes() == (whole / "tokenizer.json").read_bytes()


@pytest.mark.parametrize("name", ["xlm-roberta", "electra"])
def test_random_weights_are_the_same_shapes_and_always_the_same(
    name: str, tmp_path: Path, scripts: dict[str, Any]
) -> None:
    whole = folder_of(name, tmp_path / name)
    write = scripts["controls"].write_control
    first = write("random weights", whole, tmp_path / "a")
    torch.manual_seed(99)
    again = write("random weights", whole, tmp_path / "b")
    assert (first / "model.safetensors").read_bytes() == (again / "model.safetensors").read_bytes()
    ours, theirs = (Encoder.load(place).model.state_dict() for place in (whole, first))
    assert {key: value.shape for key, value in ours.items()} == {key: value.shape for key, value in theirs.items()}
    table = next(key for key in ours if key.endswith("word_embeddings.weight"))
    assert not torch.allclose(ours[table], theirs[table])
    assert Encoder.load(first).own_head_weights == {}


def test_a_control_that_is_there_is_not_made_again(tmp_path: Path, scripts: dict[str, Any]) -> None:
    whole = folder_of("bert", tmp_path / "bert")
    write = scripts["controls"].write_control
    weights = write("random weights", whole, tmp_path / "controls") / "model.safetensors"
    before = weights.stat().st_mtime_ns
    write("random weights", whole, tmp_path / "controls")
    assert weights.stat().st_mtime_ns == before
    assert [path.name for path in (tmp_path / "controls").iterdir()] == ["random-weights"]


def test_a_class_that_needs_layers_is_refused(tmp_path: Path, scripts: dict[str, Any]) -> None:
    whole = folder_of("modernbert", tmp_path / "modernbert")
    with pytest.raises(EncoderError, match="cannot be built without layers"):
        scripts["controls"].write_control("token vectors only", whole, tmp_path / "controls")
    assert not (tmp_path / "controls" / "token-vectors-only").exists()


# Scores

RIGHT = {"tiny": {"en": 9, "de": 8, "fi": 6}, "random weights": {"en": 7, "de": 3, "fi": 5}}  # of 10


def scored(place: Path, right: dict[str, int]) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    kind = Classification(labels=("no", "yes"))
    (place / "guesses").mkdir(parents=True)
    sets = {}
    for language, n in right.items():
        sets[language] = LanguageSet(
            examples=[TextExample(id=f"i{i}", group=f"g{i}", text="x", label="yes") for i in range(10)]
        )
        guesses = [json.dumps("yes" if i < n else "no") for i in range(10)]
        table = pa.table({"id": [f"i{i}" for i in range(10)], "guess": guesses})
        pq.write_table(table, place / "guesses" / f"{language}.parquet")
    score(kind, (Accuracy(),), sets, place / "guesses", place, {"ka": "no test file here"})
    return place


def results(cells: dict[int, Path | None]) -> Results:
    target = TargetInfo(name="intents", languages=("en", "de", "fi", "ka"), main="accuracy", notes=("a toy",))
    made = [
        StudyCell(arm="direct", target="intents", seed=seed, status="done" if place else "failed", scores=place)
        for seed, place in cells.items()
    ]
    return Results(
        name="toy", question="?", arms=("direct",), baseline="direct", targets=(target,), seeds=tuple(cells),
        cells=tuple(made), contrasts=(), study_yaml="", encoder="tiny",
    )  # fmt: skip


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory, scripts: dict[str, Any]) -> Any:
    home = tmp_path_factory.mktemp("scores")
    rows = {row: results({1: scored(home / row, right)}) for row, right in RIGHT.items()}
    rows["token vectors only"] = results({1: None})
    (only,) = scripts["scores"].measure(rows)
    return only


def test_means_leave_out_the_language_trained_in(measured: Any) -> None:
    assert measured.averaged == ("de", "fi")
    assert measured.rows["tiny"].mean.value == pytest.approx(70)
    assert measured.rows["tiny"].home.value == pytest.approx(90)
    assert measured.rows["tiny"].languages == {"en": 90.0, "de": 80.0, "fi": 60.0}
    assert measured.rows["tiny"].mean.low < 70 < measured.rows["tiny"].mean.high


def test_differences_are_paired_by_document(measured: Any, tmp_path: Path, scripts: dict[str, Any]) -> None:
    assert measured.ahead_of["random weights"].value == pytest.approx(30)
    assert list(measured.ahead_of) == ["random weights"]
    same = results({1: scored(tmp_path / "same", RIGHT["tiny"])})
    (twice,) = scripts["scores"].measure({"one": same, "other": same})
    number = twice.ahead_of["other"]
    assert (number.value, number.low, number.high) == pytest.approx((0, 0, 0))
    assert twice.rows["one"].mean.low < 69


def test_what_is_missing_is_said(measured: Any, scripts: dict[str, Any]) -> None:
    assert measured.missing == {"ka": "no test file here"}
    assert measured.rows["token vectors only"].mean is None
    page = scripts["tables"].languages_table(measured)
    assert "| ka | missing | missing | missing |" in page
    assert re.search(r"\| de \| 80.0 \| 30.0 \| missing \|", page)
    assert "missing (failed)" in scripts["tables"].scores_table([measured])
    assert "mean over de, fi; a toy." in scripts["tables"].legend([measured])


def test_the_table_has_a_line_for_each_number(measured: Any, scripts: dict[str, Any]) -> None:
    head, _, mean, home = scripts["tables"].scores_table([measured]).splitlines()
    assert head == "| measure | languages | floor | tiny | random weights | token vectors only |"
    assert mean.startswith("| intents, accuracy | 2 | 100.0 | 70.0 [")
    assert home.startswith("| intents, accuracy: en, trained in | 1 |  | 90.0 [")
    ahead = scripts["tables"].ahead_table([measured]).splitlines()[-1]
    assert re.match(r"\| intents, accuracy \| \+30\.0 \[\+\d.*\| n/a \|$", ahead)


# Studies


def row(scripts: dict[str, Any], **changes: Any) -> Any:
    known = {"name": "tiny", "encoder": "/x/tiny", "layers": 4, "parameters": 10, "positions": 64}
    return scripts["studies"].Row(**known | changes)


def test_tatoeba_is_scored_in_the_languages_of_xtreme_alone(scripts: dict[str, Any]) -> None:
    studies = scripts["studies"]
    study = studies.study_of(row(scripts), TASKS["tatoeba"], studies.Plan(quick=True, layer=3), (2, 3))
    assert len(study.languages) == 36
    assert study.settings == {"tatoeba": {"layer": [2, 3], "reported": {"layer": 3}}}
    assert study.take.test is None  # fewer candidates would be an easier task
    assert study.seeds == (1,)  # nothing is trained


def test_a_quick_look_is_shorter_and_keeps_the_language_trained_in(scripts: dict[str, Any]) -> None:
    studies = scripts["studies"]
    full, quick = (
        studies.study_of(row(scripts), TASKS["udpos"], studies.Plan(quick=q, languages=("de",))) for q in (False, True)
    )
    assert quick.languages == ("de", "en") and quick.take.test == 200 and full.take.test is None
    assert quick.train.updates * 4 == full.train.updates
    assert full.train.max_length == 64  # no longer than the encoder takes


def test_a_language_without_a_test_set_is_refused(scripts: dict[str, Any]) -> None:
    studies = scripts["studies"]
    with pytest.raises(StudyError, match="'tatoeba' has no test set in wo"):
        studies.study_of(row(scripts), TASKS["tatoeba"], studies.Plan(languages=("wo",)))


def test_retrieval_reads_every_layer_of_the_encoder_and_one_of_a_control(scripts: dict[str, Any]) -> None:
    studies, tatoeba = scripts["studies"], TASKS["tatoeba"]
    plan = studies.Plan(layer=2)
    assert studies.layers_of(row(scripts), tatoeba, plan, True) == (0, 1, 2, 3, 4)
    assert studies.layers_of(row(scripts), tatoeba, plan, False) == (2,)
    assert studies.layers_of(row(scripts, layers=0), tatoeba, plan, False) == (0,)
    assert studies.layers_of(row(scripts), TASKS["udpos"], plan, True) == ()


def test_an_unknown_task_is_named_with_the_nearest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], scripts: dict[str, Any]
) -> None:
    assert scripts["encoder"].main(["tiny-e5", "--store", str(tmp_path), "--tasks", "tatoba"]) == 2
    assert "Did you mean 'tatoeba'?" in capsys.readouterr().err


def test_all_layers_are_read_in_one_pass_and_each_has_its_own_scores(
    tmp_path: Path, scripts: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    studies, asked = scripts["studies"], []

    def run(study: Any, **_: Any) -> Any:
        asked.append(study)
        found = results({1: None})
        swept = tuple(
            SweepScores(target="toy", arm="direct", seed=1, values={"layer": layer}, is_reported=layer == 4,
                        scores=tmp_path / str(layer))
            for layer in (0, 4)
        )  # fmt: skip
        return SimpleNamespace(outcome=SimpleNamespace(interrupted=False), results=replace(found, sweeps=swept))

    monkeypatch.setattr(studies.xstilts, "run", run)
    listener = contextlib.nullcontext(SimpleNamespace(say=lambda text: None))
    by_layer = studies.run_layers(row(scripts), TASKS["tatoeba"], studies.Plan(), None, lambda: listener, every=True)
    assert len(asked) == 1
    assert {layer: found.cells[0].scores.name for layer, found in by_layer.items()} == {0: "0", 4: "4"}


def test_the_one_layer_of_a_control_is_no_sweep(scripts: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    studies, found = scripts["studies"], results({1: None})
    answer = SimpleNamespace(outcome=SimpleNamespace(interrupted=False), results=found)
    monkeypatch.setattr(studies.xstilts, "run", lambda study, **_: answer)
    listener = contextlib.nullcontext(SimpleNamespace(say=lambda text: None))
    for task, layer in (("tatoeba", 4), ("udpos", None)):
        by_layer = studies.run_layers(row(scripts), TASKS[task], studies.Plan(), None, lambda: listener)
        assert by_layer == {layer: found}
