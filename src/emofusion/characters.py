"""Characters of transcripts: Windows-1252 is decoded, typographic marks become ASCII."""

import unicodedata

WINDOWS_1252 = {
    code: bytes([code]).decode("cp1252", "ignore") or chr(code) for code in range(0x80, 0xA0)
}
"""Translates control characters of Latin-1 to what Windows means by their codes.

0x92 is ’ there. Five codes mean nothing and stay.
"""

_BYTES = {ord(character): code for code, character in WINDOWS_1252.items()}


def plain_text(text: str) -> str:
    """Text with ASCII apostrophes, quotes, hyphens and full stops for the typographic ones.

    Tokenizers and word vectors know don't, not don’t. Accents are joined with their letters (NFC),
    invisible characters are removed. Characters 0x80 to 0x9f are read as
    Windows-1252, and so are bytes that Python keeps as surrogates in the arguments of a command.
    ASCII text stays as it is.
    """
    return unicodedata.normalize("NFC", text).translate(_PLAIN)


def encoded_twice(text: str) -> bool:
    """Whether text is UTF-8 that was read as Windows-1252, such as donâ€™t for don’t."""
    try:
        text.translate(_BYTES).encode("latin-1").decode("utf-8")
    except UnicodeError:
        return False
    return not text.isascii()


def _plain_marks() -> dict[int, str]:
    marks = {
        # Quotes, modifier letters, primes, the acute accent by itself, fullwidth.
        "'": "\u2018\u2019\u201a\u201b\u02b9\u02bb\u02bc\u02bd\u2032\u2035\u00b4\uff07",
        '"': "\u201c\u201d\u201e\u201f\u02ba\u2033\u2036\uff02",
        "-": "\u2010\u2011",
        "...": "\u2026",
        "": "\u00ad\u200b\u2060\ufeff",  # soft hyphen, zero widths, byte order mark
    }
    table = {ord(mark): sign for sign, found in marks.items() for mark in found}
    for code in range(0x80, 0x100):
        meant = WINDOWS_1252.get(code, chr(code)).translate(table)
        table[0xDC00 + code] = meant  # the surrogate of the byte
        if code in WINDOWS_1252:
            table[code] = meant
    return table


_PLAIN = _plain_marks()
