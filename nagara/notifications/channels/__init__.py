"""The ways a message reaches somebody, behind one small interface; a new way is a module and a line here."""

from __future__ import annotations

from collections.abc import Mapping

from nagara.notifications.channels.base import (
    Channel,
    Conversation,
    Outgoing,
    Refusal,
    Unopenable,
    Unsendable,
)
from nagara.notifications.channels.email import EmailChannel
from nagara.notifications.channels.push import PushChannel
from nagara.notifications.channels.sms import SmsChannel
from nagara.notifications.channels.telegram import TelegramChannel
from nagara.notifications.channels.webhook import WebhookChannel

CHANNELS: Mapping[str, Channel] = {
    channel.name: channel
    for channel in (EmailChannel(), SmsChannel(), PushChannel(), WebhookChannel(), TelegramChannel())
}
"""Every channel by its name, as it stands in the tables."""

__all__ = ["CHANNELS", "Channel", "Conversation", "Outgoing", "Refusal", "Unopenable", "Unsendable"]
