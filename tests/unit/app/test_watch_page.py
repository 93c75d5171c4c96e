"""The page of a watched study: what it says, that it escapes it, and that a telephone shows it whole."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from watch_toys import EVIL, FAILED, state

from xstilts.app.watch import page
from xstilts.report.formats import html


class Elements(HTMLParser):
    """The tags of a page, and names of all attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}


def words(text: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def test_each_part_says_what_is_so() -> None:
    said = {name: words(text) for name, text in page.parts(state()).items()}
    assert list(said) == list(page.PARTS)
    assert said["now"].startswith("12 done 1 running 3 held up A run is in progress, for 16 min 40 s")
    assert "Open the report written before this run" in said["now"]
    assert "120 of 400 nli" in said["running"] and "about 4 min 0 s left" in said["running"]
    assert "for 1 min 15 s on nli" in said["running"] and "train-01e3abe2" in said["running"]
    assert page.parts(state())["running"].count("<svg") == 2
    assert "3 steps wait for it" in said["failed"]
    assert "71.2 1 of 2 seeds seed 1 71.2 seed 2 running, 2 of 6 steps left" in said["cells"]


def test_what_is_not_known_is_not_said() -> None:
    known = state()
    silent = replace(known.running[0], done=None, total=None, seconds=None, seconds_left=None, loss=(), dev_scores=())
    unspoken = replace(FAILED, error="", tail="")
    unknown = replace(known, running=(silent,), failed=(unspoken,), runs=0, run_seconds=None, report_seconds=None)
    said = {name: words(text) for name, text in page.parts(unknown).items()}
    assert "left" not in said["running"] and "It has told nothing yet." in said["running"]
    assert "It ended without a word." in said["failed"] and "last lines" not in said["failed"]
    assert "No run is in progress. No report yet" in said["now"]
    nothing = page.parts(replace(known, running=(), failed=()))
    assert nothing["running"].strip() == nothing["failed"].strip() == ""


def test_no_text_of_a_study_becomes_markup_or_steers_what_shows_it() -> None:
    plain, evil = page.page(state()), page.page(state(text=EVIL))
    assert EVIL not in evil and "\x1b" not in evil and "‮" not in evil
    assert "&lt;script&gt;alert(1)" in evil
    assert Elements(evil).tags == Elements(plain).tags
    assert Elements(evil).attributes == Elements(plain).attributes
    assert Elements(page.problem_part(EVIL)["now"]).tags == ["p"]


def dom(file: Path) -> str:
    """What a browser makes of a file, scripts included."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("there is no Chromium here")
    words = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=3000", "--dump-dom", file.as_uri()]
    return subprocess.run([browser, *words], capture_output=True, text=True, timeout=120).stdout


@pytest.mark.parametrize("width", [390, 1200])
def test_a_browser_shows_it_without_scrolling_sideways(tmp_path: Path, width: int) -> None:
    style = (html.HERE / "page.css").read_text() + (page.HERE / "watch.css").read_text()
    measure = "parent.postMessage(`wide ${document.documentElement.scrollWidth} of ${window.innerWidth}`, '*')"
    text = page.page(state(text="W" * 200))
    (tmp_path / "page.html").write_text(
        text.replace("</body>", f"<style>{style}</style><script>{measure}</script></body>")
    )
    frame = tmp_path / "frame.html"  # a window of its own cannot be as narrow as a telephone
    frame.write_text(
        "<title></title><script>onmessage = (event) => { document.title = event.data }</script>"
        f'<iframe src="page.html" width="{width}" height="900" style="border: 0"></iframe>'
    )
    found = re.search(r"<title>wide (\d+) of (\d+)</title>", dom(frame))
    assert found is not None
    assert int(found[1]) <= int(found[2]) == width


def test_a_browser_puts_what_it_is_sent_into_its_place_and_leaves_open_what_was_opened(tmp_path: Path) -> None:
    text, key = page.page(state()), FAILED.key
    sent = {"now": "<p>later</p>", "failed": page.parts(state(text="other"))["failed"]}
    stream = "class EventSource { constructor() { globalThis.last = this } }"
    act = f"""document.getElementById("tail-{key}").open = true;
        last.onmessage({{data: {json.dumps(json.dumps(sent))}}}); last.onerror()"""
    script = f"<script>{stream}{(page.HERE / 'watch.js').read_text()};{act}</script>"
    file = tmp_path / "page.html"
    file.write_text(text.replace('<script src="watch.js" defer></script>', "").replace("</body>", f"{script}</body>"))
    shown = dom(file)
    assert '<div id="now"><p>later</p></div>' in shown
    assert f'<details id="tail-{key}" open=""' in shown and "<code>other</code>" in shown
    assert "does not answer" in shown.partition('id="connection"')[2].partition("</span>")[0]
