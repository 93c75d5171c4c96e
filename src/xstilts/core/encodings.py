"""Text encodings by name: which a file of somebody else's may be in, whatever way their names are written."""

from __future__ import annotations

import codecs

UTF8 = "utf-8"
# As Python's `codecs` calls them: each has one text for a sequence of bytes, and no other meaning (such as base64).
_ENCODINGS = """
utf-8 utf-16 utf-16-le utf-16-be utf-32 iso8859-1 iso8859-2 iso8859-3 iso8859-4 iso8859-5 iso8859-6 iso8859-7 iso8859-8
iso8859-9 iso8859-10 iso8859-11 iso8859-13 iso8859-14 iso8859-15 iso8859-16 cp437 cp850 cp852 cp866 cp874 cp1250 cp1251
cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258 koi8-r koi8-u mac-roman tis-620 gb2312 gbk gb18030 big5 big5hkscs
shift_jis cp932 euc_jp iso2022_jp euc_kr cp949
"""
ENCODINGS = tuple(_ENCODINGS.split())


def encoding_name(name: str) -> str | None:
    """Return the one name of an encoding, "" and all that is no encoding of texts being None.

    >>> encoding_name("Latin-1"), encoding_name("windows-1252"), encoding_name("base64")
    ('iso8859-1', 'cp1252', None)
    """
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError):
        return None
    return found if found in ENCODINGS else None
