"""Files that hold what residents wrote or who they are: nobody else on the machine reads them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO, TextIO

OWNER_ALONE = 0o600


def private_text(path: Path) -> TextIO:
    """A new text file in UTF-8 (lines end as they are written) that only its owner can open, whatever the umask says.

    One that is there is emptied, and closed to others as well. Raises ``OSError``.
    """
    return os.fdopen(_opened(path), "w", newline="", encoding="utf-8")


def private_bytes(path: Path) -> BinaryIO:
    """The same for bytes."""
    return os.fdopen(_opened(path), "wb")


def _opened(path: Path) -> int:
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, OWNER_ALONE)
    os.fchmod(opened, OWNER_ALONE)
    return opened
