"""Telling people what happened: the event log is the outbox, notices are composed from it and delivered.

``compose`` turns events nobody was told of into notices, in the caller's transaction. ``deliver`` hands due
notices to the mail server and is an edge: it commits after each one. Both may be killed, repeated and run by
many workers; a notice has one key, and its mail one Message-ID.
"""

from nagara.notifications.composing import Composed, compose
from nagara.notifications.delivery import Delivered, deliver

__all__ = ["Composed", "Delivered", "compose", "deliver"]
