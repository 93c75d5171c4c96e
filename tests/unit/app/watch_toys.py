"""States of a study that nobody ran, with texts in them that a browser must not act on."""

from __future__ import annotations

from dataclasses import replace

from xstilts.app.watch.state import CellState, FailedStep, RunningStep, SeedState, StudyState

EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>\"' onload=alert(1) \x1b[31m‮"

RUNNING = RunningStep(
    key="train-01e3abe27817ca957e21",
    name="train",
    label="nli · seed 1",
    device="cpu",
    seconds=75.0,
    seconds_left=240.0,
    done=120,
    total=400,
    unit="updates",
    text="loss 1.31",
    loss=((1, 2.0), (2, 1.5), (3, 1.31)),
    dev_scores=((2, 40.0),),
)
FAILED = FailedStep(key="prepare-ab12cd34ef56ab12cd34", label="prepare xnli de", error="no row", tail="a\nb", held_up=3)


def state(*, text: str = "nli", languages: int = 8) -> StudyState:
    """Two arms, the second called `text`, on two targets; a step that runs and one that failed."""
    done = SeedState(seed=1, state="done", steps=6, steps_left=0, score=71.25, languages=languages)
    left = replace(done, seed=2, state="running", steps_left=2, score=None, languages=0)
    cells = [
        CellState(arm=arm, target=target, seeds=(done, left), mean=71.25)
        for arm in ("none", text)
        for target in ("xnli", text)
    ]
    return StudyState(
        name=text,
        question=text,
        arms=("none", text),
        targets=("xnli", text),
        seeds=(1, 2),
        cells=tuple(cells),
        running=(replace(RUNNING, label=text, text=text, device=text, unit=text),),
        failed=(replace(FAILED, label=text, error=text, tail=text),),
        steps={"done": 12, "running": 1, "held up": 3},
        runs=1,
        run_seconds=1000.0,
        report_seconds=2000.0,
    )
