"""The page docs/add-a-backend.md, walked through: its backend is in the catalogue and starts steps as it says."""

from __future__ import annotations

from pathlib import Path

import pytest
from page_walk import PageWalk

TEST = "tests/unit/engine/test_lsf.py"


@pytest.fixture
def walk(tmp_path: Path) -> PageWalk:
    return PageWalk("add-a-backend.md", tmp_path)


def test_the_page_names_what_it_touches(walk: PageWalk):
    backends = "src/xstilts/engine/backends"
    assert walk.named == walk.files == [f"{backends}/lsf.py", f"{backends}/catalog.py", TEST]


def test_the_backend_of_the_page_passes_its_test(walk: PageWalk):
    walk.test(TEST)


def test_a_run_takes_it_by_its_name(walk: PageWalk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Without `bsub`, its first step cannot be started; nothing else is in the way."""
    monkeypatch.setenv("PATH", str(tmp_path))
    code = (
        "from pathlib import Path\n"
        "from xstilts import Study, run\n"
        "from xstilts.pipeline.session import Options\n"
        "study = Study.load('quickstart').model_copy(update={'targets': ('tatoeba',), 'languages': ('de',)})\n"
        "options = Options(store=Path('store'), backend='lsf', offline=True, device='cpu')\n"
        "study = study.model_copy(update={'allow_missing': True, 'arms': {'none': study.arms['none']}})\n"
        "print(*run(study, options=options).outcome.failed.values())"
    )
    assert "the step's process cannot be started" in walk.python("-c", code)


def test_an_unknown_backend_is_answered_with_it_too(walk: PageWalk):
    code = "from xstilts.engine.backends.catalog import BACKENDS\nprint(*BACKENDS)"
    assert walk.python("-c", code) == "inline local lsf command slurm ray\n"
