"""What a load gives: the cities, the network, the texts - and where in which file each value stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from city_config.schema import City, Network
from city_config.texts import Messages

KeyPath = tuple[str | int, ...]
"""Keys and positions from the top of a city to one value: ``("rules", 3, "owner")``."""


class ConfigurationError(Exception):
    """Files of a city or of the network are wrong; every fault found is listed, one a line."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True)
class Source:
    """A parsed YAML file: its values, and the line on which each path of keys stands."""

    path: Path
    values: dict[str, Any]
    lines: Mapping[KeyPath, int]


@dataclass(frozen=True)
class Sources:
    """The YAML files that together describe one city, or the network."""

    files: tuple[Source, ...]
    default: Path

    def where(self, path: KeyPath) -> tuple[Path, int | None]:
        """File and line of a value, or of the nearest enclosing one that stands in a file."""
        for length in range(len(path), 0, -1):
            for source in self.files:
                line = source.lines.get(path[:length])
                if line is not None:
                    return source.path, line
        return self.default, None

    def place(self, path: KeyPath) -> str:
        """``file:line`` of a value, or the file alone where no line is known."""
        file, line = self.where(path)
        return str(file) if line is None else f"{file}:{line}"


@dataclass(frozen=True)
class Configuration:
    """All cities by id (in order of id), their network, and the texts for residents by language."""

    cities: Mapping[str, City]
    network: Network
    folder: Path
    messages: Mapping[str, Messages] = field(default_factory=dict)
    sources: Mapping[str, Sources] = field(default_factory=dict)

    def messages_for(self, *languages: str | None) -> Messages:
        """Texts in the first of these languages that has them, else English, else any; ``KeyError``: none."""
        for tag in self._fallbacks(languages):
            if tag in self.messages:
                return self.messages[tag]
        if not self.messages:
            raise KeyError(f"no texts in {self.folder / 'messages'}")
        return next(iter(self.messages.values()))

    @staticmethod
    def _fallbacks(languages: tuple[str | None, ...]) -> Iterator[str]:
        """Each tag as it is, then its bare language (``ms-BN`` falls back to ``ms``), then English."""
        for tag in languages:
            if tag:
                yield tag
                yield tag.split("-")[0]
        yield "en"
