"""How people put it: phrases by common code, from which services are suggested, and greetings, from which none is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field

from city_config.basics import Code, LanguageTag, Part, Sentence
from city_config.configuration import ConfigurationError, Sources
from city_config.yaml_source import read_yaml, validated


class Phrases(Part):
    """Short phrases as residents would write them, in one language."""

    language: LanguageTag
    review: Literal["pending", "approved"] = Field(
        description="pending: drafted, and no speaker has read them yet"
    )
    phrases: Mapping[Code, tuple[Sentence, ...]] = Field(description="By the network's common code")


class Greetings(Part):
    """What says nothing about a problem, by language."""

    review: Literal["pending", "approved"] = Field(description="pending: no speaker has read them yet")
    greetings: Mapping[LanguageTag, tuple[Sentence, ...]] = Field(description="Greetings, thanks and trials")


def load_greetings(path: Path) -> tuple[str, ...]:
    """The greetings of all languages together. Raises ``ConfigurationError`` with the line of every fault."""
    source = read_yaml(path)
    read = validated(Greetings, source.values, Sources((source,), path))
    return tuple(one for language in read.greetings.values() for one in language)


def load_phrases(folder: Path, codes: Collection[str]) -> Mapping[str, tuple[str, ...]]:
    """The phrases of all languages together, by common code, from ``<language>.yaml`` files.

    Raises ``ConfigurationError`` with the line of every fault: a file named otherwise than its language, a
    code the network does not have.
    """
    found: dict[str, list[str]] = {code: [] for code in codes}
    faults: list[str] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            source = read_yaml(path)
            sources = Sources((source,), path)
            read = validated(Phrases, source.values, sources)
        except ConfigurationError as error:
            faults += error.faults
            continue
        if read.language != path.stem:
            place = sources.place(("language",))
            faults.append(f"{place}: language: {read.language!r} must be the file's name {path.stem!r}")
        for code, phrases in read.phrases.items():
            if code not in found:
                faults.append(f"{sources.place(('phrases', code))}: {code!r} is not a code of the network")
            else:
                found[code] += phrases
    if faults:
        raise ConfigurationError(faults)
    return {code: tuple(phrases) for code, phrases in found.items()}
