"""Where English sentences end."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from xstilts.data.syntax.sentence_split import sentence_spans


def texts(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It rained. It rains!  Will it? Yes", ["It rained.", "It rains!", "Will it?", "Yes"]),
        ("Dr. No met J. F. Smith vs. Jones in No. 5.", ["Dr. No met J. F. Smith vs. Jones in No. 5."]),
        ("He said no. 5 men left.", ["He said no. 5 men left."]),  # the price of "no. 5"
        ("It is “old.” (So am I.) [2]", ["It is “old.”", "(So am I.) [2]"]),
        ("Rain fell.[3][citation needed] Then snow.", ["Rain fell.[3][citation needed]", "Then snow."]),
        ("about 3.5 km. away, e.g. here", ["about 3.5 km. away, e.g. here"]),
        ("In the U.S. Congress met.\nÉcoutez. 1990 came.", ["In the U.S. Congress met.", "Écoutez.", "1990 came."]),
        ("  ", []),
        ("", []),
    ],
)
def test_rules(text: str, found: list[str]) -> None:
    assert texts(text) == found


def test_they_agree_with_the_sentences_that_lareqa_publishes(shared_data: Path) -> None:
    """Ends of the 1,180 sentences of XQuAD-R's English paragraphs."""
    path = shared_data / "lareqa" / "xquad-r" / "en.json.gz"
    both = ours = theirs = 0
    for document in json.loads(gzip.decompress(path.read_bytes()))["data"]:
        for paragraph in document["paragraphs"]:
            wanted = {end for _, end in paragraph["sentence_breaks"]}
            found = {end for _, end in sentence_spans(paragraph["context"])}
            both, ours, theirs = both + len(wanted & found), ours + len(found), theirs + len(wanted)
    assert theirs == 1180
    assert 2 * both / (ours + theirs) > 0.995
