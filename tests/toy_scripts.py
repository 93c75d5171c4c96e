"""Toy texts in many scripts: random words of clusters that the language writes."""

from __future__ import annotations

import random
from functools import cache

# Clusters of each language: letters, letters with marks, conjuncts, syllables.
CLUSTERS: dict[str, str] = {
    "am": "ሀ ለ ሐ መ ሠ ረ ሰ ሸ ቀ በ ተ ነ አ ከ ወ ዘ የ ደ ገ ጠ ፈ ላ ሙ ሪ",
    "ar": "ا ب ت ث ج ح خ د ر ز س ش ع غ ف ق ك ل م ن ه و ي كِ تَ لٌ دّ",
    "bn": "ক খ গ ঘ চ ছ জ ট ড ত থ দ ন প ফ ব ম য র ল শ কা কি ক্ষ স্ত",
    "de": "a b c d e f g h i j k l m n o p r s t u v w z ä ö ü ß A E M S Ü",
    "el": "α β γ δ ε ζ η θ ι κ λ μ ν ξ ο π ρ σ τ υ φ χ ω ά έ ή Α Ο Τ",
    "he": "א ב ג ד ה ו ז ח ט י כ ל מ נ ס ע פ צ ק ר ש ת שָׁ בּ",
    "hi": "क ख ग घ च छ ज ट ड त थ द न प फ ब म य र ल क्ष त्रि में हि न्दी",
    "ja": "あ い う え お か き く け こ が ぎ ア イ ソ ン リ 日 本 語 大 人",
    "ka": "ა ბ გ დ ე ვ ზ თ ი კ ლ მ ნ ო პ რ ს ტ უ ფ ქ ხ ჯ",
    "ko": "한 국 어 는 재 미 있 다 가 나 라 마 바 사 아 자 차 서 울 인 공",
    "ru": "а б в г д е ж з и й к л м н о п р с т у ф х ц ч ш ы ё А М П",
    "ta": "க ங ச ஞ ட ண த ந ன ப ம ய ர ற ல ள வ கா கி மு தே நீ",
    "th": "ก ข ค ง จ ช ด ต น บ ป พ ม ย ร ล ว ส ห อ กี่ น้ ปั เ แ า",
    "zh": "我 们 今 天 去 公 园 散 步 很 好 大 人 日 土 未 中 国 学 生 不",
}
EMOJI = "👨‍👩‍👧‍👦 👍🏽 🇩🇪 ❤️"


def toy_text(language: str, words: int, draw: random.Random) -> str:
    """Return a text of so many words; a mark ends every seventh, and no blank stands between those of zh, ja and th."""
    clusters = CLUSTERS[language].split()
    blank = "" if language in ("zh", "ja", "th") else " "
    made = []
    for number in range(words):
        word = "".join(draw.choice(clusters) for _ in range(draw.randint(1, 9)))
        made.append(word + ("," if number % 7 == 6 else ""))
    return blank.join(made)


@cache
def toy_texts(language: str, words: int, seed: int = 0) -> tuple[str, ...]:
    """Return texts of 5 to 40 words, `words` of them together."""
    draw, texts = random.Random(seed), list[str]()
    while words > 0:
        size = min(draw.randint(5, 40), words)
        texts.append(toy_text(language, size, draw))
        words -= size
    return tuple(texts)
