"""A resident's pictures go when they withdraw consent: rows, and bytes that no other row shares."""

from __future__ import annotations

from typing import Any

from sqlmodel import Session

from nagara.photos import keeping
from nagara.photos.storage import MediaStore
from nagara.tables import Request

TAKE = """
delete from photo where city_id = %s and request_id = %s and kind <> 'after'
returning sha256, redacted_sha256
"""
IN_USE = "select exists (select from photo where city_id = %s and (sha256 = %s or redacted_sha256 = %s))"


def erase_of(session: Session, store: MediaStore, row: Request) -> int:
    """Remove what the resident sent with a request and after; returns how many pictures.

    Staff's own pictures of what was done stay. Bytes go under the lock of their content, so that nobody who just
    sent the same picture is left without it. Raises ``MediaUnavailable``; the caller's transaction ends then.
    """
    connection = session.connection()
    gone = connection.exec_driver_sql(TAKE, (row.city_id, row.id)).fetchall()
    for sha256 in sorted({bytes(content) for pair in gone for content in pair if content is not None}):
        lock = (keeping.CONTENT_LOCKS, keeping.lock_name(row.city_id, sha256))
        connection.exec_driver_sql(keeping.ONLY_HOLDER, lock)
        used: Any = connection.exec_driver_sql(IN_USE, (row.city_id, sha256, sha256)).scalar_one()
        if not used:
            store.remove(row.city_id, sha256)
    return len(gone)
