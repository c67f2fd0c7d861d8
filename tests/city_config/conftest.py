"""A small configuration folder that a test may spoil: Battambang alone, with network and texts."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from city_config import Configuration, ConfigurationError, load_configuration

SHIPPED = Path(__file__).parents[2] / "city_config"


class Folder:
    """A copy of the shipped files with one city, to be changed and loaded."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, name: str) -> Path:
        """A file of Battambang, or of the network by its path."""
        shared = name == "network.yaml" or name.startswith("messages/")
        return self.root / name if shared else self.root / "cities" / "kh-bat" / name

    def change(self, name: str, old: str, new: str) -> int:
        """Replace the first occurrence of ``old``; returns the line on which it stood."""
        path = self.path(name)
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {name}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return text[: text.index(old)].count("\n") + 1

    def append(self, name: str, text: str) -> int:
        """Add lines at the end; returns the line on which the first of them stands."""
        path = self.path(name)
        before = path.read_text(encoding="utf-8")
        path.write_text(before + text, encoding="utf-8")
        return before.count("\n") + 1

    def load(self) -> Configuration:
        return load_configuration(self.root)

    def fault(self) -> str:
        """The one fault the folder is refused with."""
        faults = self.faults()
        assert len(faults) == 1, faults
        return faults[0]

    def faults(self) -> list[str]:
        with pytest.raises(ConfigurationError) as caught:
            self.load()
        return caught.value.faults


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    root = tmp_path / "city_config"
    (root / "cities").mkdir(parents=True)
    shutil.copytree(SHIPPED / "cities" / "kh-bat", root / "cities" / "kh-bat")
    shutil.copytree(SHIPPED / "messages", root / "messages")
    shutil.copy(SHIPPED / "network.yaml", root / "network.yaml")
    return Folder(root)


@pytest.fixture(scope="session")
def shipped() -> Configuration:
    return load_configuration(SHIPPED)
