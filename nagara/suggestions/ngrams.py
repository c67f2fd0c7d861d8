"""Text as runs of characters: what the model counts. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator

LONGEST_TEXT = 1000
"""Characters of a text that are looked at; what a report is about stands at its beginning."""

_without_blanks = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x3400, 0x9FFF),  # Chinese characters
)
_invisible = re.compile("[\u200b\u200c\u200d\u2060\ufeff]")
_d_with_stroke = str.maketrans({"đ": "d"})


def normalised(text: str) -> str:
    """One spelling of a text: compatibility forms, case and invisible breaks folded, marks of Latin letters gone.

    Vietnamese typed without its marks is common on phones, so both spellings become the same. Marks of other
    scripts are vowels and tones and stay. Whatever is no letter, mark or digit becomes one blank.
    """
    folded = unicodedata.normalize("NFKD", _invisible.sub("", text[:LONGEST_TEXT]).casefold())
    kept: list[str] = []
    on_latin = False
    for character in folded:
        kind = unicodedata.category(character)[0]
        if kind == "M" and on_latin:
            continue
        if kind in "LMN":
            kept.append(character)
            on_latin = kind == "L" and character < "\u0250"
        elif kept and kept[-1] != " ":
            kept.append(" ")
            on_latin = False
    return unicodedata.normalize("NFC", "".join(kept)).strip().translate(_d_with_stroke)


def ngrams(text: str) -> Counter[str]:
    """How often each run of characters occurs in a text.

    A word of a script with blanks gives itself and its runs of three to five, its ends marked; a stretch of a
    script without gives its runs of two to four (one to three for Chinese, where a character is a word).
    """
    found: Counter[str] = Counter()
    for word in normalised(text).split():
        for stretch, blanks in _stretches(word):
            if not blanks:
                chinese = stretch[0] >= "\u3400"
                found.update(_runs(stretch, *((1, 3) if chinese else (2, 4))))
            elif len(stretch) > 1:
                found[f"={stretch}"] += 1
                found.update(_runs(f"_{stretch}_", 3, 5))
    return found


def _stretches(word: str) -> Iterator[tuple[str, bool]]:
    """Parts of a word of one kind of script each, and whether that kind puts blanks between words."""
    begin = 0
    for end in range(1, len(word) + 1):
        if end == len(word) or has_blanks(word[end]) != has_blanks(word[begin]):
            yield word[begin:end], has_blanks(word[begin])
            begin = end


def has_blanks(character: str) -> bool:
    """Whether the script of a character puts blanks between words."""
    code = ord(character)
    return not any(first <= code <= last for first, last in _without_blanks)


def _runs(text: str, shortest: int, longest: int) -> Iterator[str]:
    for length in range(shortest, longest + 1):
        for begin in range(len(text) - length + 1):
            yield text[begin : begin + length]
