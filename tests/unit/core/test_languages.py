from __future__ import annotations

import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from xstilts.core.errors import StudyError
from xstilts.core.files import open_text
from xstilts.core.languages import LANGUAGES, XTREME, XTREME_R, canonical_code, language

# How the Unicode character names of a script begin, where that is not the script's own name.
LETTERS = {"Han": {"CJK"}, "Japanese": {"CJK", "HIRAGANA", "KATAKANA"}, "Odia": {"ORIYA"}}


def test_the_benchmarks_have_their_sizes_and_only_known_canonical_codes() -> None:
    assert (len(XTREME), len(XTREME_R)) == (40, 50)
    assert len(set(XTREME_R)) == 50 and set(XTREME) < set(XTREME_R)
    assert all(canonical_code(code) == code for code in XTREME_R)


def test_xtreme_r_spans_fourteen_families_and_two_isolates() -> None:
    families = {language(code).family for code in XTREME_R}
    assert len(families) == 16 and {"Basque", "Koreanic"} < families


@pytest.mark.parametrize(
    ("spelling", "code"),
    [
        ("afr", "af"), ("cmn", "zh"), ("swh", "sw"), ("swa", "sw"), ("pes", "fa"), ("tgl", "tl"), ("fil", "tl"),
        ("ell", "el"), ("arb", "ar"), ("ara", "ar"), ("quy", "qu"), ("zsm", "ms"), ("azj", "az"), ("lvs", "lv"),
        ("iw", "he"), ("cmn_Hans", "zh"), ("cmn_Hant", "zh-tw"), ("zho-TW", "zh-tw"), ("por-BR", "pt-br"),
        ("es_LA", "es"), ("pa-IN", "pa"), ("aze-Latn", "az"), ("kr", "kr"), ("de-ba", "de-ba"), ("kzj", "kzj"),
    ],
)  # fmt: skip
def test_spellings_of_data_sets(spelling: str, code: str) -> None:
    assert canonical_code(spelling) == code
    assert language(spelling).code == code


def test_every_language_is_complete() -> None:
    for code, known in LANGUAGES.items():
        assert known.code == code
        assert known.name and known.family and known.script


def test_an_unknown_code_names_the_nearest() -> None:
    with pytest.raises(StudyError, match=r"study.yaml:7: there is no language 'zh-hnas'.*'zh' \(Chinese\)"):
        canonical_code("zh-hnas", where="study.yaml:7")
    with pytest.raises(StudyError, match="there is no language 'xq'"):
        language("xq")


def test_a_name_instead_of_a_code_is_answered_with_the_code() -> None:
    with pytest.raises(StudyError, match=r"'sw' \(Swahili\)"):
        language("swahili")
    with pytest.raises(StudyError, match=r"'de' \(German\)"):
        language("germann")


def test_every_code_in_the_catalogues_of_the_real_data_is_known(shared_data: Path) -> None:
    for catalogue in ("SOURCES-tasks.tsv", "SOURCES-syntax.tsv"):
        lines = (shared_data / catalogue).read_text(encoding="utf-8").splitlines()
        column = lines[0].split("\t").index("language")
        cells = {line.split("\t")[column] for line in lines[1:]}
        codes = {code for cell in cells if "languages" not in cell for code in _split(cell)}
        assert len(codes) > 20
        assert [code for code in sorted(codes) if not _known(code)] == []


def _split(cell: str) -> list[str]:
    if cell in ("-", "mul"):
        return []
    if "+" in cell:
        return cell.split("+")
    if _known(cell):
        return [cell]
    return cell.split("-", 1)  # a pair: en-af, zh-en, en-pt_BR


def _known(code: str) -> bool:
    try:
        canonical_code(code)
    except StudyError:
        return False
    return True


def test_scripts_are_those_of_the_tatoeba_sentences(shared_data: Path) -> None:
    wrong = {}
    files = sorted((shared_data / "tatoeba").glob("tatoeba.*-eng.*"))
    foreign = [path for path in files if not path.name.removesuffix(".gz").endswith(".eng")]
    assert len(foreign) == 104
    for path in foreign:
        code = path.name.split(".")[1].removesuffix("-eng")
        with open_text(path) as lines:
            text = "".join(line for _, line in zip(range(40), lines, strict=False))
        words = Counter(unicodedata.name(char, "?").split()[0] for char in text if char.isalpha())
        script = language(code).script
        share = sum(words[name] for name in LETTERS.get(script, {script.upper()})) / words.total()
        if share < 0.2:  # Serbian and Lingua Franca Nova stand here in two scripts
            wrong[code] = (script, words.most_common(2))
    assert wrong == {}
