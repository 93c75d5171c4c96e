from hypothesis import given, settings
from hypothesis import strategies as st

from xstilts.data.leak_guard import CHARACTERS, WORDS, LeakGuard

WORD = st.text(alphabet="abcdefghijklmnopqrstuvwxyzäéжщ", min_size=1, max_size=8)
OTHER = st.text(alphabet="ABCDEFGH0123456789", min_size=1, max_size=6)  # shares no folded word of the first kind below
MARKS = st.sampled_from([" ", ", ", " - ", "; ", " “", "” ", "  ", "!"])


def joined(words, marks):
    return "".join(word + mark for word, mark in zip(words, marks, strict=False)) + words[-1]


@settings(max_examples=80, deadline=None)
@given(st.lists(WORD, min_size=WORDS, max_size=14), st.data())
def test_eight_shared_words_are_found_whatever_the_case_and_punctuation(words, data):
    start = data.draw(st.integers(0, len(words) - WORDS))
    shared = [word.upper() if data.draw(st.booleans()) else word for word in words[start : start + WORDS]]
    marks = data.draw(st.lists(MARKS, min_size=WORDS - 1, max_size=WORDS - 1))
    line = "7 9 " + joined(shared, marks) + " 11"
    assert LeakGuard([("de", " ".join(words))]).reason(line, "de") == "8 words"


@settings(max_examples=80, deadline=None)
@given(st.lists(WORD, min_size=WORDS, max_size=14, unique_by=str.casefold), st.integers(0, 6))
def test_seven_shared_words_are_not_a_leak(words, start):
    start = min(start, len(words) - 7)
    line = " ".join(["2", *words[start : start + 7], "3"])
    assert LeakGuard([("de", " ".join(words))]).reason(line, "de") is None


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="กขคงจฉชซ", min_size=CHARACTERS, max_size=60), st.data())
def test_long_stretches_are_found_where_words_are_not_written_apart(text, data):
    start = data.draw(st.integers(0, len(text) - CHARACTERS))
    stretch = text[start : start + CHARACTERS]
    guard = LeakGuard([("th", text)])
    assert guard.reason(f"ฮ {stretch[:9]} {stretch[9:]} ฮ", "th") in ("25 characters", "exact")
    assert guard.reason(f"ฮ{stretch[:-1]}ฮ", "th") is None


def test_equal_lines_are_found_and_commonplaces_are_not_protected():
    guard = LeakGuard(
        [("en", "I like him."), ("en", "Thanks!"), ("fr", "C'est la vie"), ("hi", "वह एक किताब पढ़ रही है।")]
    )
    assert guard.reason("i like HIM", "en") == "exact"
    assert guard.reason("C’est la vie !", "fr") == "exact"
    assert guard.reason("Thanks", "en") is None
    assert guard.reason("वह एक किताब पढ़ रही है", "hi") == "exact"
    assert guard.reason("वह एक किताब पढ़ रहा है", "hi") is None
    assert guard.texts == 4


def test_marks_within_words_are_kept_and_invisible_characters_are_not():
    guard = LeakGuard([("ar", "one\u200btwo three four")])
    assert guard.reason("onetwo, three four", "ar") == "exact"


def test_the_stretch_rule_is_for_unspaced_languages_alone():
    text = "а" * 40
    assert LeakGuard([("ru", text)]).reason(text[:30], "ru") is None
    assert LeakGuard([("zh-tw", text)]).reason(text[:30], "zh") == "25 characters"
