"""A walk along a page "add a ...": its code blocks are written into a copy of the program, and its test is run there.

A block with a title is a file. With the language `diff` it changes one: every line but the added ones must be in the
file as it is, once and in this order, so that a page cannot lag behind the program. Three dots in such a line stand for
any text, as a line of their own for any lines.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r'^```(\w+) title="([^"]+)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)
TOUCHES = re.compile(r"^Files: (.*?)\n\n", re.MULTILINE | re.DOTALL)
LARGE = ("samples", "pretrained")  # data that no page changes


class PageWalk:
    """A copy of the program in `folder`, changed as the page says."""

    def __init__(self, page: str, folder: Path) -> None:
        self.text = (ROOT / "docs" / page).read_text("utf-8")
        self.folder = folder
        package = folder / "src" / "xstilts"
        shutil.copytree(ROOT / "src" / "xstilts", package, ignore=shutil.ignore_patterns("__pycache__", *LARGE))
        for name in LARGE:
            (package / name).symlink_to(ROOT / "src" / "xstilts" / name)
        self.files = [self._write(*block) for block in BLOCK.findall(self.text)]

    def _write(self, language: str, name: str, text: str) -> str:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if language == "diff":
            if not path.exists():
                shutil.copyfile(ROOT / name, path)
            path.write_text(changed(path.read_text("utf-8"), text), "utf-8")
        else:
            assert not path.exists() and not (ROOT / name).exists(), f"{name} is there already"
            path.write_text(text, "utf-8")
        return name

    @property
    def named(self) -> list[str]:
        """The files that the page says are touched."""
        [sentence] = TOUCHES.findall(self.text)
        return re.findall(r"`([^`]+)`", sentence)

    def python(self, *arguments: str) -> str:
        """Standard output of a new Python that imports the changed program."""
        environment = {
            **os.environ,
            "PYTHONPATH": f"{self.folder / 'src'}{os.pathsep}{ROOT / 'tests'}",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        environment |= {"XSTILTS_STORE": str(self.folder / "store")}
        done = subprocess.run(
            [sys.executable, *arguments], capture_output=True, text=True, env=environment, cwd=self.folder, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def test(self, name: str) -> None:
        """Runs a test file of the page."""
        options = ("-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--rootdir", ".", "-c", os.devnull)
        self.python("-m", "pytest", *options, name)


def changed(text: str, diff: str) -> str:
    """`text` with the hunks of a diff applied to it.

    >>> changed("a\\nb, c\\nd\\n", " a\\n-b...\\n+B\\n")
    'a\\nB\\nd\\n'
    """
    for hunk in re.split(r"^\.\.\.\n", diff, flags=re.MULTILINE):
        lines = hunk.splitlines()
        assert {line[:1] for line in lines} <= {" ", "+", "-"}, hunk
        old = [re.escape(line[1:]).replace(r"\.\.\.", "[^\n]*") for line in lines if line[0] != "+"]
        found = list(re.finditer("".join(f"^{line}\n" for line in old), text, flags=re.MULTILINE))
        assert len(found) == 1, f"{len(found)} times in the file:\n{hunk}"
        there, new = iter(found[0].group().splitlines(keepends=True)), ""
        for line in lines:
            kept = "" if line[0] == "+" else next(there)
            new += {"+": f"{line[1:]}\n", "-": "", " ": kept}[line[0]]
        text = text[: found[0].start()] + new + text[found[0].end() :]
    return text
