"""Languages in a study: every spelling is one code, unknown ones are refused, and English is never zero-shot."""

from __future__ import annotations

from pathlib import Path

import pytest

from xstilts.app.plan import plan
from xstilts.core.errors import StudyError
from xstilts.engine.runner import Outcome
from xstilts.pipeline.options import Options
from xstilts.pipeline.results import collect
from xstilts.pipeline.session import open_session
from xstilts.study.load import load_study

TABLE = "text\tlabel\n" + "".join(f"text {i}\t{'xy'[i % 2]}\n" for i in range(12))
STUDY = """\
question: probe
encoder: tiny-e5
precision: fp32
tasks:
  t: {{kind: classification, labels: [x, y], reader: tsv, columns: {{text: text, label: label}}, train: a.tsv, {keys}}}
arms: {{none: {{strategy: direct}}}}
targets: [t]
train: {{updates: 2, batch: 8}}
"""


def study_file(folder: Path, keys: str, text: str = STUDY) -> str:
    for name in ("a.tsv", "b.tsv"):
        (folder / name).write_text(TABLE)
    path = folder / "study.yaml"
    path.write_text(text.format(keys=keys))
    return str(path)


@pytest.mark.parametrize("english", ["eng", "eng_Latn", "en-US", "EN", "en_GB", "eng-Latn-AU"])
@pytest.mark.parametrize("training", ["", "language: en-US, "])
def test_english_is_never_zero_shot_whatever_its_spelling(english: str, training: str, tmp_path: Path) -> None:
    study = load_study(study_file(tmp_path, f"{training}test: {{{english}: a.tsv, deu_Latn: b.tsv}}"))
    session = open_session(study, Options(store=tmp_path / "store", data=(tmp_path,)))
    (target,) = collect(session, Outcome(), "").targets
    assert (target.languages, target.train_language) == (("en", "de"), "en")


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("test: {german: a.tsv}", r"study\.yaml:5: tasks\.t\.test\.german: there is no language.*'de' \(German\)"),
        ("test: {xx: a.tsv}", "there is no language 'xx'"),
        ("test: {de: a.tsv, deu: b.tsv}", "'de' and 'deu' are one language, German"),
        ("test: {en: a.tsv, en-GB: b.tsv}", "'en' and 'en-GB' are one language, English"),
        ("test: {de: a.tsv}, translations: {zz: b.tsv}", "no language 'zz'"),
        ("test: {de: a.tsv}, language: englisch", "no language 'englisch'"),
        ('test: {"../../outside": a.tsv}', r"there is no language '\.\./\.\./outside'"),
    ],
)
def test_an_unknown_or_repeated_language_is_refused_at_its_line(keys: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=said):
        load_study(study_file(tmp_path, keys))


def test_norwegian_is_a_language_and_yes_a_label(tmp_path: Path) -> None:
    text = STUDY.replace("labels: [x, y]", "labels: [yes, no, 0]") + "languages: [no]\n"
    study = load_study(study_file(tmp_path, "test: {no: a.tsv}", text))
    assert list(study.tasks["t"].test) == ["no"] and study.languages == ("no",)
    assert study.tasks["t"].labels == ("yes", "no", "0")


def test_retrieval_of_a_users_own_has_the_language_it_states(tmp_path: Path) -> None:
    (tmp_path / "pairs.tsv").write_text("a\tb\n" + "".join(f"satz {i}\tfrase {i}\n" for i in range(12)))
    path = tmp_path / "study.yaml"
    path.write_text(
        "question: probe\nencoder: tiny-e5\nprecision: fp32\n"
        "tasks: {r: {kind: retrieval, reader: tsv, language: deu, test: {fra: pairs.tsv}}}\n"
        "arms: {none: {strategy: direct}}\ntargets: [r]\n"
    )
    session = open_session(load_study(str(path)), Options(store=tmp_path / "store", data=(tmp_path,)))
    (target,) = collect(session, Outcome(), "").targets
    assert (target.languages, target.train_language) == (("fr",), "de")


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("seeds: [1, 1]", r"study\.yaml:9: seeds\[1\]: '1' stands here twice"),
        ("seeds: [99999999999999999999]", r"must be a whole number, at least 0 and at most 9,223,372,036,854,775,807"),
        ("seeds: [-1]", "at least 0"),
        ("seeds: [true]", r"must be a whole number.*not \[True\]"),
        ("targets: [t, t]", "'t' stands here twice"),
        ("train: {epochs: -1}", r"study\.yaml:8: train\.epochs: 'epochs' must be a number, above 0"),
        ("train: {lr: .nan}", "'lr' must be a number, above 0 and at most 100, not '.nan'"),
        ("train: {lr: 1e400}", "'lr' must be a number"),
        ("train: {weight_decay: .inf}", "'weight_decay' must be a number, at least 0"),
        ("train: {updates: true}", "'updates' must be a whole number"),
        ("contrasts: {c: {none: .inf}}", "'none' must be a number"),
        (
            "arms: {a: {strategy: multitask, through: [t], sampling: {temperature: .nan}}}",
            "'temperature' must be a num",
        ),
    ],
)
def test_numbers_out_of_range_and_repeated_values_are_refused_in_plain_words(
    keys: str, said: str, tmp_path: Path
) -> None:
    key = keys.partition(":")[0]
    lines = [line for line in STUDY.splitlines() if not line.startswith(f"{key}:")]
    text = "\n".join([*lines, keys.replace("{", "{{").replace("}", "}}")])
    with pytest.raises(StudyError, match=said) as caught:
        load_study(study_file(tmp_path, "test: {de: a.tsv}", text))
    assert "Input should" not in str(caught.value)


@pytest.mark.parametrize(
    ("right", "wrong"), [("targets", "targts"), ("question", "questin"), ("encoder", "encodr"), ("arms", "armz")]
)
def test_a_misspelt_required_key_is_named_with_the_one_it_stands_for(right: str, wrong: str, tmp_path: Path) -> None:
    lines = [wrong + line.removeprefix(right) if line.startswith(right) else line for line in STUDY.splitlines()]
    with pytest.raises(StudyError, match=rf"study\.yaml:\d+: {wrong}: .*'{wrong}'.* '{right}' is missing"):
        load_study(study_file(tmp_path, "test: {de: a.tsv}", "\n".join(lines)))


def test_what_is_noticed_after_reading_has_its_line_as_well(tmp_path: Path) -> None:
    path = study_file(tmp_path, "test: {de: a.tsv}", STUDY.replace("targets: [t]", "targets: [tt]"))
    with pytest.raises(StudyError, match=r"study\.yaml:7: targets: There is no task 'tt'"):
        plan(load_study(path), options=Options(store=tmp_path / "store", data=(tmp_path,)))
