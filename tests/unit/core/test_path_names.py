"""Names that become files: whatever a text is, it names one file in its folder or is refused."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from xstilts.core.errors import StudyError
from xstilts.core.path_names import inside, path_component


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../../outside", "/etc/passwd", "a/b", "a\\b", "C:x", "a\0b", "a\nb", "\x1b[31m", " a", "a ", "a.",
     ".hidden", "x" * 5000, "ü" * 101, "\ud800", "a\u202eb", "~/../x"],
)  # fmt: skip
def test_what_cannot_name_a_file_is_refused(name: str) -> None:
    with pytest.raises(StudyError, match="cannot name a file"):
        path_component(name, "task", "study.yaml:3: tasks")


@pytest.mark.parametrize("name", ["xnli", "my task (1)", "Überprüfung", "新闻", "a.b-c_d", "sr-latn", "en+de"])
def test_other_names_stay_as_they_are(name: str) -> None:
    assert path_component(name, "task") == name


def test_a_name_that_the_locale_cannot_write_is_refused_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xstilts.core.path_names.os.fsencode", lambda name: name.encode("ascii"))
    assert inside(Path("x"), "abc") == Path("x/abc")
    with pytest.raises(StudyError, match=r"file names are in ascii.*PYTHONUTF8=1"):
        inside(Path("x"), "Überprüfung", "study")


@given(st.text(max_size=120))
@example("..")
@example("a/../../b")
def test_nothing_lands_outside_its_folder(name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        home.mkdir()
        try:
            path = inside(home, name)
        except StudyError:
            return
        path.write_text("here")
        assert [file.read_text() for file in home.iterdir()] == ["here"]
        assert [file.name for file in Path(folder).iterdir()] == ["home"]
