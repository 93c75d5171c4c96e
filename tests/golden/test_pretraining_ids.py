"""What a change of the program's structure must not change in pretraining: the identities of a recipe's steps.

The files are compared, and written anew, as those of test_house.py are.
"""

from __future__ import annotations

from pathlib import Path

from test_house import expect

from xstilts.app.pretrain import prepare
from xstilts.core.canonical import canonical, fingerprint
from xstilts.engine.graph import steps_of
from xstilts.pipeline.options import Options
from xstilts.pretrain.recipe import PretrainRecipe

TOY = {
    "languages": ["de", "sw"],
    "corpora": ["ntrex"],
    "encoder": {"layers": 2, "width": 16, "embedding": 12, "heads": 2, "feedforward": 20, "positions": 64},
    "phases": [
        {"name": "words", "updates": 3, "parts": [{"learn": "translation", "data": "parallel", "layer": 0}]},
        {
            "name": "context",
            "updates": 6,
            "mine": {"corpora": ["ntrex"], "layer": 0},
            "parts": [
                {"learn": "mlm", "data": "text", "candidates": 50},
                {"learn": "mlm", "data": "switched", "candidates": 50},
                {"learn": "translation", "data": "mined", "layer": 1, "batch": 4},
            ],
        },
    ],
}


def test_every_step_of_an_invented_recipe_keeps_its_settings(tmp_path: Path):
    _, steps = prepare(PretrainRecipe.model_validate(TOY), Options(store=tmp_path, offline=True))
    made = [step for step in steps_of([steps.phases[-1]]) if step.name != "corpus"]  # it counts the files that are here
    settings = {step.label: [step.name, step.version, canonical(step.settings), sorted(step.inputs)] for step in made}
    expect("settings-pretrain-toy", settings)


def test_every_step_of_the_packaged_recipe_keeps_its_identity(shared_data: Path, tmp_path: Path):
    _, steps = prepare("scratch", Options(store=tmp_path, data=(shared_data,), offline=True))
    ids: dict[str, list[str]] = {}
    for step in steps_of([steps.phases[-1]]):
        ids.setdefault(step.name, []).append(step.id)
    expect(
        "ids-pretrain-scratch", {name: {"steps": len(of), "ids": fingerprint(sorted(of))} for name, of in ids.items()}
    )
