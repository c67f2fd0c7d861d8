"""The words of ``nagara``, each with the module that is loaded when it is called.

No command waits for what others need: help needs none of these modules, and ``nagara up`` neither the figures nor the
printing of reports. So the rooms beside this one import what they use at their top, like all code.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand, TyperGroup

if TYPE_CHECKING:
    from typer._click import Command, Context

WORDS: Mapping[str, tuple[str, str]] = {
    "up": ("running:up", "Run everything on this machine until Ctrl-C."),
    "migrate": (
        "migrating:migrate",
        "Bring the database to the tables this version needs, and keep the cities' configuration in it.",
    ),
    "bot": (
        "telegram:bot",
        "Tell Telegram where the bot's updates go: to this installation's public address, with its secret.",
    ),
    "import": (
        "data:import_",
        "Import requests of the past at the times stated for them, and compute the city's figures anew.",
    ),
    "export": (
        "data:export",
        "Write a whole city into one file: every row, its history with its hashes, and every picture.",
    ),
    "backup": (
        "data:backup",
        "Back up the whole installation while it runs: the database, and each picture once.",
    ),
    "restore": (
        "data:restore",
        "Bring a backup back into the empty database that DATABASE_URL names, and its pictures into the store.",
    ),
    "erasures": (
        "erasures:erasures_app",
        "What residents had erased, to be erased again in a database that was brought back.",
    ),
    "cities": ("cities:cities_app", "The cities' configuration."),
    "indicators": ("indicators:indicators_app", "Figures of the cities, or of any data."),
    "audits": ("audits:audits_app", "Random samples of resolved requests, and what was found of them."),
    "report": ("reports:report_app", "Network reports."),
    "events": ("events:events_app", "The event log, and the roots over it."),
    "federation": ("federation:federation_app", "Bundles between a city's own Nagara and its network."),
    "open311": ("open311:open311_app", "GeoReport v2 (Open311), of anybody's."),
    "staff": ("staff:staff_app", "Staff accounts."),
    "keys": ("staff:keys_app", "Keys of other systems."),
    "demo": ("demo:demo_app", "The demo's data."),
}
"""Of each word: what is loaded of the rooms beside this module, and what the help says of it."""


class Word(TyperCommand):
    """A word known by its name and help until it is called."""

    def __init__(self, name: str, where: str, told: str) -> None:
        super().__init__(name, help=told)
        self._where = where

    def loaded(self) -> Command:
        """The command or group itself."""
        module, _, name = self._where.partition(":")
        found = getattr(import_module(f"{__package__}.{module}"), name)
        if not isinstance(found, typer.Typer):
            alone = typer.Typer(add_completion=False)
            alone.command(self.name)(found)
            return typer.main.get_command(alone)
        return typer.main.get_command(found)

    def make_context(
        self, info_name: str | None, args: list[str], parent: Context | None = None, **more: Any
    ) -> Context:
        """Read the arguments as the command itself does; from here on it stands in this one's place."""
        return self.loaded().make_context(info_name, args, parent, **more)


class Words(TyperGroup):
    """``nagara`` with all its words."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, (where, told) in WORDS.items():
            self.add_command(Word(name, where, told))
