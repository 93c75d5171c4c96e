"""The language of a file: by its name, by the script of its texts, by their commonest short words."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from xstilts.core.languages import known_code, language

# The script of a text, by the first word of its letters' Unicode names, and the language that it is taken for.
_SCRIPTS = {
    "HEBREW": "he", "GREEK": "el", "THAI": "th", "HANGUL": "ko", "HIRAGANA": "ja", "KATAKANA": "ja", "CJK": "zh",
    "TAMIL": "ta", "TELUGU": "te", "GEORGIAN": "ka", "ARMENIAN": "hy", "BENGALI": "bn", "GUJARATI": "gu",
    "GURMUKHI": "pa", "KANNADA": "kn", "MALAYALAM": "ml", "KHMER": "km", "LAO": "lo", "MYANMAR": "my",
    "SINHALA": "si", "ETHIOPIC": "am", "TIBETAN": "bo", "ORIYA": "or",
}  # fmt: skip
# Commonest short words. Those that stand in several of these lists count for each.
_WORDS = {
    "en": "the of and to in is that it for was with as on are this be by not have i you",
    "de": "der die und das ist nicht ein eine zu den mit von sich auf für dem im es ich auch",
    "fr": "le la les et des est une un dans que pour qui pas sur du au ce avec il je",
    "es": "el la los las y de que en un una es por con para del se no lo su como",
    "it": "il la di che e è un una per non sono del della con si le gli ma da al",
    "pt": "o a os as e de que em um uma é do da não para com por se mais no",
    "nl": "de het een en van is dat in op niet met voor zijn te aan ook er maar ik om",
    "sv": "och att det som en är på av för med till den inte har ett jag om var de så",
    "da": "og det at er en til af på som med for ikke der de et den har jeg var vi",
    "nb": "og det er på til av som en med for ikke at de har jeg et den var seg om",
    "fi": "ja on ei se että oli hän mutta ovat kun myös niin joka tai olen mitä tämä sen mukaan ole",
    "et": "ja on ei see et oli ka ta kui aga ma oma mis siis seda või nii ning kes selle",
    "hu": "a az és hogy nem is egy van ez volt de meg csak már mint azt el ki még ha",
    "pl": "i w nie na się z że do to jest o jak po co ale za od by był dla",
    "cs": "a se v na je že to s z do o i ale jako za by pro jsem po jak",
    "ro": "și de la în a că nu este cu pe un o din pentru care mai ce sunt se au",
    "tr": "ve bir bu için de da ile çok ne daha olarak ben gibi var mi kadar sonra o en ama",
    "id": "yang dan di ini itu dengan untuk tidak dari dalam akan pada saya ke ada juga adalah bisa oleh karena",
    "vi": "là và của có không được một cho các với trong người những này đã tôi khi để đến về",
    "sw": "ya na wa kwa ni la katika za kuwa hii yake cha huo lakini kama sana hiyo si watu kila",
    "lt": "ir yra kad į iš su tai buvo ne kaip o ar jis bet apie už dar taip nuo jo",
    "eu": "eta da ez du bat dira hau zen egin baina ere izan dut bere edo zuen hori gure den oso",
    "ru": "и в не на что с как это по но из к он то за у от я был для",
    "uk": "і в не на що з як це та але до він за від у я був для є",
    "bg": "и на да се за от не в е с че по са като но това той ще си към",
    "sr": "и је да у се на за не од су са као то али би који из о што није",
    "ar": "في من على إلى أن هذا التي عن مع لا ما هو هي كان هذه الذي بعد بين قد كل",
    "fa": "و در به از که این را با است برای آن یک خود تا بر هم نیز شد می بود",
    "ur": "کے کی میں ہے اور سے کا کو نے پر یہ ہیں کہ اس تھا بھی ایک نہیں وہ جو",
    "hi": "के है में की और का से को पर यह हैं कि नहीं एक ने भी हो था इस लिए",
    "mr": "आहे आणि या हे ते तो व नाही होते च्या मी एक पण असे की आहेत हा त्या होता साठी",
}  # fmt: skip
_USES = {
    "train": ("train", "training"), "dev": ("dev", "valid", "validation", "val", "development"),
    "test": ("test", "testing", "eval", "evaluation"),
}  # fmt: skip
_LEAST_SHARE, _LEAST_LEAD = 0.08, 1.2  # of short words among all; over the second language


def named_use(path: Path) -> str:
    """Return "train", "dev" or "test", as a piece of the file's name says; "" where none does."""
    pieces = _pieces(path)
    return next((use for use, names in _USES.items() if any(piece in names for piece in pieces)), "")


def named_language(path: Path) -> str:
    """Return the language that the last piece of a file's name says, or its folder's; "" where neither does.

    >>> [named_language(Path(name)) for name in ("reviews/test-de.tsv", "sw/test.jsonl", "a.csv")]
    ['de', 'sw', '']
    """
    spoken = {name for names in _USES.values() for name in names}
    candidates = [*reversed(_pieces(path)[1:]), path.parent.name.lower()]
    for piece in candidates:
        if piece not in spoken and re.fullmatch(r"[a-z]{2,3}", piece) and (code := known_code(piece)):
            return code
    return ""


def language_of_texts(texts: Iterable[str]) -> str:
    """Return the language of texts, where their script or their short words say which; "" otherwise.

    >>> language_of_texts(["das ist nicht der Film, den ich mit ihm sehen wollte"]), language_of_texts(["xyz"])
    ('de', '')
    """
    text = " ".join(texts)
    scripts = Counter(unicodedata.name(char, "").split(" ")[0] for char in text if char.isalpha())
    if not scripts:
        return ""
    if scripts["HIRAGANA"] + scripts["KATAKANA"] > 0.1 * scripts.total():
        return "ja"
    if (found := _SCRIPTS.get(scripts.most_common(1)[0][0])) is not None:
        return found
    words = re.findall(r"[^\W\d_]+", text.lower())
    counts = Counter(words)
    shares = {code: sum(counts[word] for word in known.split()) / max(1, len(words)) for code, known in _WORDS.items()}
    (best, share), (_, second) = sorted(shares.items(), key=lambda item: -item[1])[:2]
    return best if share >= _LEAST_SHARE and share >= _LEAST_LEAD * second else ""


def guessed_language(path: Path, texts: Iterable[str]) -> tuple[str, str]:
    """Return (language, why) of a file: "en" where nothing says it, which the reason then says."""
    if found := named_language(path):
        return found, f"its name says {language(found).name}"
    if found := language_of_texts(texts):
        return found, f"its texts look like {language(found).name}"
    return "en", "nothing says which language it is in, so that English is assumed"


def _pieces(path: Path) -> list[str]:
    return [piece for piece in re.split(r"[-_. ]+", path.name.lower().removesuffix(".gz").rpartition(".")[0]) if piece]
