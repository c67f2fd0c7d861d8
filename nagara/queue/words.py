"""Text as it is searched: letters alone, without blanks, case and the marks people leave out. Pure.

Thai, Khmer, Lao and Burmese put no blanks between words, and whoever types Vietnamese in a hurry leaves the
marks away. So nothing here knows words: a text is its runs of two or three letters, and what is looked for
is in it when all of its runs are.
"""

from __future__ import annotations

import unicodedata
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

SEPARATOR = "\n"
"""Between the parts of a text: nothing that is looked for reaches across it."""

LATIN_MARKS = range(0x0300, 0x0370)
SPOKEN_MARKS = (
    range(0x0E47, 0x0E4F),  # Thai: tones, the mark of a short vowel, of silence
    range(0x0EC8, 0x0ECF),  # Lao: tones and the like
    range(0x17C6, 0x17D2),  # Khmer: nasal, breath, shifters of the series, silencers
    (0x17DD,),
    (0x1036, 0x1037, 0x1038),  # Burmese: nasal, creaky tone, high tone
)
"""What may be left out when typing in a hurry, beside everything that stands above or below a Latin letter."""

LEFT_OUT = frozenset(code for marks in (LATIN_MARKS, *SPOKEN_MARKS) for code in marks)
OTHER_LETTERS = {"đ": "d", "ð": "d", "ø": "o", "ł": "l", "ı": "i", "æ": "ae", "œ": "oe"}
"""Letters that are no letter with a mark to Unicode, though they are to people."""

ASCII_RUN, OTHER_RUN = 3, 2
"""Letters in a run. Where an alphabet has many letters, or a word few, two say as much as three in Latin."""


class _Folding(dict[int, str]):
    """What becomes of each character, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = _fold(chr(code))
        return folded


def _fold(character: str) -> str:
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
    kept = (
        OTHER_LETTERS.get(letter, letter)
        for letter in letters
        if ord(letter) not in LEFT_OUT and unicodedata.category(letter)[0] in "LMN"
    )
    return "".join(kept)


_folding = _Folding()


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for: each of ``needles`` is somewhere in the text, so all of ``grams`` are."""

    needles: tuple[str, ...]
    grams: tuple[int, ...]


def folded(text: str) -> str:
    """The letters, marks and digits of a text in one case; blanks, signs and left-out marks are gone."""
    return unicodedata.normalize("NFKD", text).translate(_folding)


def searchable(*parts: str | None) -> str:
    """The text of a request as it is searched, from its parts."""
    return SEPARATOR.join(letters for part in parts if part and (letters := folded(part)))


def sought(city_id: str, text: str) -> Sought:
    """What a person looks for, word by word; without grams nothing of it is long enough to be looked up.

    Where every word is too short by itself, as in Vietnamese many are ("hố ga", "xe ô tô"), all of them are
    looked for as one run: texts are searched without their blanks, so side by side they stand there like that.
    """
    needles = tuple(dict.fromkeys(letters for word in text.split() if (letters := folded(word))))
    if found := grams(city_id, needles):
        return Sought(needles, found)
    joined = folded(text)
    return Sought((joined,) if joined else (), grams(city_id, (joined,)))


def grams(city_id: str, texts: Iterable[str]) -> tuple[int, ...]:
    """The runs of letters of some texts as numbers of 32 bits, in order; another city's are other numbers."""
    salt = zlib.crc32(city_id.encode())
    runs = {run for text in texts for part in text.split(SEPARATOR) for run in _runs(part)}
    return tuple(sorted(_signed(zlib.crc32(run.encode(), salt)) for run in runs))


def _runs(text: str) -> Iterable[str]:
    for start in range(len(text) - 1):
        pair = text[start : start + OTHER_RUN]
        if not pair.isascii():
            yield pair
            continue
        run = text[start : start + ASCII_RUN]
        if len(run) == ASCII_RUN and run.isascii():
            yield run


def _signed(number: int) -> int:
    return number - (1 << 32) if number >= 1 << 31 else number
