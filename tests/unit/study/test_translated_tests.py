"""Arms whose test sets are read in translation: which languages, which models, what is refused or missing."""

from __future__ import annotations

import pytest
import yaml
from study_toys import ENCODER, catalog, everywhere, located, retrieval, trained

from xstilts.core.errors import DataError, EncoderError, StudyError
from xstilts.data.source import MachineTranslation, Source
from xstilts.kinds.span_qa import SpanQA
from xstilts.kinds.tagging import Tagging
from xstilts.study.expand import expand
from xstilts.study.load import dump_study, parse_study
from xstilts.study.needs import needed_translators
from xstilts.study.resolve import resolve_study
from xstilts.study.schema import Study

TASKS = catalog(
    trained("t", languages=("en", "de", "sw")),
    trained("u", languages=("en", "de")),
    trained("words").replace(kind=Tagging(labels=("no", "yes"))),
    trained("answers").replace(kind=SpanQA()),
    retrieval("r"),
)
ARMS = {"none": {"strategy": "direct"}, "tt": {"strategy": "direct", "translate_test": {"model": "o/{language}-en"}}}


def study(*targets: str, arms: dict = ARMS, **more: object) -> Study:
    return parse_study({"question": "q", "encoder": "e", "arms": arms, "targets": list(targets or ("t",)), **more})


def test_every_language_but_that_of_training_is_translated_by_its_model():
    resolved = resolve_study(study("t", "u"), TASKS)
    assert resolved.translated_tests("none", "t") == {}
    assert resolved.translated_tests("tt", "t") == {
        code: MachineTranslation(language="en", model=f"o/{code}-en", beams=4) for code in ("de", "sw")
    }
    assert list(resolved.translated_tests("tt", "u")) == ["de"]
    assert needed_translators(resolved) == ("o/de-en", "o/sw-en")
    (note,) = resolved.notes["arm tt"]
    assert "its test sets are machine translations" in note and "o/{language}-en" in note


def test_such_an_arm_trains_what_the_arm_without_trains():
    routes = expand(located(study("t", "u"), TASKS, everywhere), ENCODER, "fp32")
    ends = {(route.arm, route.target): route.end for route in routes}
    assert ends["none", "t"] == ends["tt", "t"] and ends["none", "u"] == ends["tt", "u"] != ends["none", "t"]


def test_a_study_is_written_as_it_was_read():
    made = study()
    assert parse_study({"name": "study", **yaml.safe_load(dump_study(made))}) == made


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("answers", "its answers are parts of the text"),
        ("words", "its gold belongs to the words or sentences of the original"),
        ("r", "its gold belongs to the words or sentences of the original"),
    ],
)
def test_targets_whose_gold_is_of_the_original_are_refused(target: str, reason: str):
    with pytest.raises(StudyError, match=f"The target '{target}' .*cannot be tested in translation: {reason}") as error:
        resolve_study(study("t", target), TASKS)
    assert error.value.where == "arms.tt.translate_test" and error.value.exit_code == 2
    assert "classification" in str(error.value) and "tagging," not in str(error.value)


@pytest.mark.parametrize(
    ("arm", "said"),
    [
        ({"model": ""}, "translate_test.model"),
        ({}, "translate_test.model"),
        ({"model": "o/n", "beams": 0}, "translate_test.beams"),
        ({"model": "o/n", "beam": 1}, "Did you mean 'beams'"),
    ],
)
def test_bad_values_are_named(arm: dict, said: str):
    with pytest.raises(StudyError, match=said):
        study(arms={"tt": {"strategy": "direct", "translate_test": arm}})


def test_perturbed_test_inputs_cannot_stand_beside():
    with pytest.raises(StudyError, match="cannot stand beside `stress`"):
        resolve_study(study(stress={"noise": ["swap"]}), TASKS)


def test_an_arm_whose_model_is_not_here_is_missing_and_one_without_a_test_file_is_not():
    def locate(source: Source) -> None:
        if source.language == "sw":
            raise DataError("no files")
        if source.translation is not None:
            raise EncoderError(f"no model {source.translation.model}")

    with pytest.raises(DataError, match="The arm 'tt' cannot run: no model o/de-en"):
        located(study(), TASKS, locate)
    found = located(study(allow_missing=True), TASKS, locate)
    assert dict(found.missing_arms) == {"tt": "no model o/de-en"}

    def without_sw(source: Source) -> None:
        if source.language == "sw":
            raise DataError("no files")

    found = located(study(allow_missing=True), TASKS, without_sw)
    assert not found.missing_arms and list(found.missing_languages["t"]) == ["sw"]
