"""The command that tells Telegram where the bot is."""

from __future__ import annotations

import asyncio

import typer

from nagara.telegram_reports.registration import register


def bot() -> None:
    """Tell Telegram where the bot's updates go: to this installation's public address, with its secret.

    Example: NAGARA_TELEGRAM_TOKEN=1:abc NAGARA_PUBLIC_URL=https://city.example nagara bot
    """
    typer.echo(f"updates go to {asyncio.run(register())}")
