"""The pages say what is so: their commands parse, their files run, their tables are whole."""

from __future__ import annotations

import inspect
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from tiny_study import TinyStudy

from xstilts.app.answer import Answer
from xstilts.app.run import report
from xstilts.cli import app, main
from xstilts.core.settings.merging import Arithmetic, Average, Ties
from xstilts.core.settings.sampling import Sampling
from xstilts.core.settings.training import Recipe
from xstilts.kinds.catalog import KINDS
from xstilts.pipeline.options import Options
from xstilts.report.scores.published_files import published
from xstilts.study import (
    arms,
    language_adapters,
    merging,
    perturbations,
    progressive,
    schema,
    stress,
    task_section,
    training_numbers,
    tune,
)
from xstilts.study.hyperparameters import DEFAULT_EPOCHS
from xstilts.study.load import load_study
from xstilts.study.name_checks import check_names
from xstilts.study.resolve import resolve_study
from xstilts.study.schema import Study
from xstilts.study.strict_model import StrictModel
from xstilts.tasks.catalog import TASKS

SECTIONS = (arms, language_adapters, merging, perturbations, schema, stress, task_section, training_numbers, tune)
ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]
TITLED = re.compile(r'^```\w+ title="([^"]+)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)
COMMANDS = re.compile(r"(?:^|`)(xstilts(?: [^\n`#&|]*)?)", re.MULTILINE)
LINKS = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")


def write_blocks(page: Path, folder: Path) -> list[str]:
    """The titled code blocks of a page as files."""
    found = TITLED.findall(page.read_text("utf-8"))
    for name, text in found:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return [name for name, _ in found]


@pytest.fixture
def walk(tmp_path: Path, encoder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files of docs/add-a-task.md, as a reader has them, but for the encoder: a tiny one."""
    write_blocks(DOCS / "add-a-task.md", tmp_path)
    study = tmp_path / "reviews.yaml"
    value = yaml.safe_load(study.read_text("utf-8"))
    value["encoder"] = str(encoder)
    value["train"]["max_length"] = 48
    study.write_text(yaml.safe_dump(value, sort_keys=False), "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "my_tasks", raising=False)
    monkeypatch.setenv("XSTILTS_STORE", str(tmp_path / "store"))
    return tmp_path


@pytest.mark.parametrize("beside", ["the current folder", "the study"])
def test_the_python_task_of_add_a_task_is_found_from_a_users_folder(walk: Path, beside: str):
    """As the installed command runs: Python itself does not look into the current folder."""
    value = yaml.safe_load((walk / "reviews.yaml").read_text("utf-8"))
    value = {**value, "tasks": {}, "targets": ["my-reviews"], "arms": {"none": {"strategy": "direct"}}}
    (walk / "mine.yaml").write_text(yaml.safe_dump(value), "utf-8")
    elsewhere = walk / "elsewhere"
    elsewhere.mkdir()
    cwd, study = (walk, "mine.yaml") if beside == "the current folder" else (elsewhere, str(walk / "mine.yaml"))
    code = "import sys; from xstilts.cli import main; sys.exit(main(sys.argv[1:]))"
    words = [sys.executable, "-P", "-c", code, "plan", study, "--tasks", "my_tasks:TASKS"]
    ended = subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False)
    assert ended.returncode == 0 and "1 training" in ended.stdout, ended.stderr


def test_the_study_of_add_a_task_runs(walk: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["plan", "reviews.yaml"]) == 0
    assert "3 trainings; one by one it would be 3" in capsys.readouterr().out
    assert main(["run", "reviews.yaml", "--threads", "1"]) == 0
    assert "reviews" in capsys.readouterr().out
    page = (walk / "store/reports/reviews/report.md").read_text("utf-8")
    assert "Swahili" in page and "German" in page and "missing" not in page.partition("## Under other choices")[0]
    assert main(["run", "reviews.yaml", "--threads", "1"]) == 0
    assert "Steps executed: 0." in capsys.readouterr().out


def test_the_module_of_add_a_task_is_a_target(walk: Path, capsys: pytest.CaptureFixture[str]):
    value = yaml.safe_load((walk / "reviews.yaml").read_text("utf-8"))
    del value["tasks"]
    (walk / "mine.yaml").write_text(
        yaml.safe_dump({**value, "targets": ["my-reviews"], "arms": {"none": {"strategy": "direct"}}})
    )
    assert main(["tasks", "my-reviews", "--tasks", "my_tasks:TASKS", "--data", "."]) == 0
    assert "CC0 1.0" in capsys.readouterr().out
    assert main(["run", "mine.yaml", "--tasks", "my_tasks:TASKS", "--threads", "1"]) == 0


def test_the_example_of_the_studies_page_is_a_study(tmp_path: Path):
    assert write_blocks(DOCS / "studies.md", tmp_path) == ["example.yaml"]
    study = load_study(str(tmp_path / "example.yaml"))
    check_names(study, TASKS)
    small = load_study(str(tmp_path / "example.yaml"), "smoke")
    assert small.train.updates == 50 and small.train.tasks["panx"].updates == 50
    assert small.train.tasks["panx"].epochs is None


def test_the_example_of_the_robustness_page_is_a_study(tmp_path: Path):
    assert write_blocks(DOCS / "robustness.md", tmp_path) == ["noisy.yaml"]
    resolved = resolve_study(load_study(str(tmp_path / "noisy.yaml")), TASKS)
    assert [len(resolved.perturbed.stress[target]) for target in ("udpos", "xquad")] == [9, 9]
    assert resolved.perturbed.augmentations["pos noisy"].share == 0.5
    text = (DOCS / "robustness.md").read_text("utf-8")
    for section in (stress.StressSpec, perturbations.PerturbedSpec, progressive.ProgressiveSpec):
        assert all(f"| `{key}` |" in text for key in section.model_fields)


def test_every_key_of_a_study_is_described():
    text = (DOCS / "studies.md").read_text("utf-8")
    described = set(re.findall(r"`([a-z0-9_]+)`", text))
    classes = [one for module in SECTIONS for _, one in inspect.getmembers(module, inspect.isclass)]
    sections = [one for one in classes if issubclass(one, StrictModel)]
    assert len(sections) > 6
    made = [way.section for way in tune.WAYS.values()]
    for section in (*sections, *made, Average, Arithmetic, Ties, Sampling):
        assert set(section.__pydantic_fields__) <= described, section.__name__


def test_arms_of_the_studies_page_are_arms():
    blocks = re.findall(r"^```yaml\n(arms:.*?)^```", (DOCS / "studies.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    found = [arm for block in blocks for arm in yaml.safe_load(block)["arms"].values()]
    assert {"sequential", "compose"} <= {arms.ArmSpec.model_validate(arm).strategy for arm in found}


def test_defaults_of_the_studies_page():
    """Defaults stand in the third column of the tables of training numbers."""
    rows = re.findall(
        r"^\| `(\w+)` \|.*\| ([^|]*) \| [^|]* \|$", (DOCS / "studies.md").read_text("utf-8"), re.MULTILINE
    )
    said = dict(reversed(rows))
    numbers = {spec.name: spec.default for spec in fields(Recipe) if isinstance(spec.default, (int, float))}
    assert {"batch", "lr", "warmup", "clip", "checkpointing"} <= numbers.keys()
    for name, default in numbers.items():
        shown = said[name].strip("`")
        assert yaml.safe_load(shown) is default or float(shown) == pytest.approx(default), name
    assert float(said["epochs"].strip("`")) == DEFAULT_EPOCHS
    for number in {kind.default_max_length for kind in KINDS.values()}:
        assert str(number) in said["max_length"]


def paths(group: typer.core.TyperGroup, before: str = "xstilts", groups: bool = False) -> list[str]:
    """Every command, as it is called; with `groups`, what commands are gathered under too."""
    found = [before] if groups else []
    for name, one in group.commands.items():
        below = f"{before} {name}"
        found += paths(one, below, groups) if hasattr(one, "commands") else [below]
    return found


def test_every_command_in_the_pages_parses(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """A command's bare name is a mention of it; anything longer is called as it stands."""
    root = typer.main.get_command(app)
    called: list[str] = []
    silence(root, called)
    monkeypatch.setattr(typer.main, "get_command", lambda _: root)
    mentions = paths(root, groups=True)
    written = [page for page in PAGES if "results" not in page.parts]  # the others are the program's own
    texts = [(page.name, page.read_text("utf-8").replace("\\\n", " ")) for page in written]  # a command may go on
    found = [(name, said.strip()) for name, text in texts for said in COMMANDS.findall(text)]
    for page, command in found:
        if "COMMAND" not in command:
            code = main(shlex.split(command)[1:])
            assert code == 0 or command in mentions, f"{page}: {command}\n{capsys.readouterr().err}"
    assert set(called) >= {"run", "plan", "report", "check", "get", "pack", "unpack", "predict", "export", "gc", "du"}


def silence(command: typer.core.TyperGroup, called: list[str]) -> None:
    """Replaces what every command does by a note that it was called."""
    for name, one in command.commands.items():
        if hasattr(one, "commands"):
            silence(one, called)
        else:
            one.callback = lambda _name=name, **_: called.append(_name)


def test_every_command_is_documented_with_an_example():
    text = (DOCS / "cli.md").read_text("utf-8")

    for path in paths(typer.main.get_command(app)):
        assert re.search(rf"^\| `{path}` \|.*\| `{path}( [^`]+)?` \|$", text, re.MULTILINE), path
    for code in (0, 1, 2, 130):
        assert f"\n| {code} |" in text


def test_every_published_row_is_listed():
    text = (DOCS / "reading-a-report.md").read_text("utf-8")
    listed = [
        name
        for line in text.partition("## Beside published numbers")[2].splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`([^`]+)`", line.split("|")[1])
    ]
    assert listed == list(published())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere_and_nothing_of_one_machine_is_said(page: Path):
    text = page.read_text("utf-8")
    for target in LINKS.findall(text):
        assert target.startswith("https://") or (page.parent / target).exists(), target
    assert not re.search(r"/work/|/root/|/home/|/tmp/", text)


def files_of(nav: list[dict[str, Any]]) -> Iterator[str]:
    for entry in nav:
        for target in entry.values():
            yield from [target] if isinstance(target, str) else files_of(target)


def test_the_pages_are_in_the_site():
    nav = yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))["nav"]
    assert sorted(files_of(nav)) == sorted(page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md"))


def test_the_study_of_the_readme(tmp_path: Path):
    assert write_blocks(ROOT / "README.md", tmp_path) == ["nli.yaml"]
    check_names(load_study(str(tmp_path / "nli.yaml")), TASKS)
    assert f"{len(load_study('quickstart').languages or ())} languages" in (ROOT / "README.md").read_text("utf-8")


def python_of(page: Path) -> str:
    [code] = re.findall(r"^```python\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return code


def test_the_python_of_the_readme(
    study: Callable[..., TinyStudy], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """Runs as it stands, but that its name loads a tiny study."""
    tiny = study(targets=["weather"], seeds=[1])
    loaded = Study.load(str(tiny.file))
    monkeypatch.setattr(Study, "load", lambda name: {"quickstart": loaded}[name])
    monkeypatch.setenv("XSTILTS_STORE", str(tiny.store))
    monkeypatch.setenv("XSTILTS_DATA", str(tiny.folder))
    names: dict[str, Any] = {}
    exec(compile(python_of(ROOT / "README.md"), "README.md", "exec"), names)
    answer, printed = names["answer"], capsys.readouterr().out
    assert printed.startswith("<Plan of 'tiny': 3 trainings; one by one it would be 3\n")
    assert "\ntagged − none weather all " in printed and "\ntagged − none None all " in printed
    assert all(one in printed for one in ("accuracy", "arm", "language")), "the scores as a frame"
    assert printed.endswith(f"{answer.report_path}\n") and answer.report_path.is_file()
    assert answer.exit_code == 0


def test_the_python_of_the_studies_page(study: Callable[..., TinyStudy], monkeypatch: pytest.MonkeyPatch):
    """Runs as it stands, but that the answer is the report of a tiny study that nobody has run."""
    tiny = study()
    options = Options(store=tiny.store, data=(tiny.folder,), offline=True)
    asked = []

    def answer(given: Study) -> Answer:
        asked.append(given)
        return report(Study.load(str(tiny.file)), options=options)

    monkeypatch.setattr("xstilts.app.run.run", answer)
    exec(compile(python_of(DOCS / "studies.md"), "studies.md", "exec"), {})
    assert asked[0].targets == load_study("quickstart").targets and list(asked[0].arms) == ["none", "slots"]
