"""For whoever runs the installation: what waits to be sent to other systems, and what never will by itself."""

from __future__ import annotations

from nagara.database import Pool
from nagara.escalation.time_standing import exactly

STANDING = """
select waiting, failed, unclear, resting, extract(epoch from clock_timestamp() - oldest_waiting)
  from external_standing()
"""
TOLD = (
    ("external_waiting", "Requests that are still to be sent to the systems that own them"),
    ("external_failed", "Requests that could not be sent and wait for a person"),
    ("external_unclear", "Requests of which a call was begun whose end nobody knows"),
    ("external_resting", "Systems that are left alone because they do not answer"),
    ("oldest_external_seconds", "How long the oldest of those to be sent has waited"),
)


async def ask_metrics(pool: Pool) -> str:
    """Counts over all cities in Prometheus' text format."""
    async with pool.connection() as connection:
        cursor = await connection.execute(STANDING, prepare=True)
        row = await cursor.fetchone() or (0,) * len(TOLD)
    lines = []
    for (name, what), value in zip(TOLD, row, strict=True):
        lines.append(f"# HELP nagara_{name} {what}")
        lines.append(f"# TYPE nagara_{name} gauge")
        lines.append(f"nagara_{name} {exactly(float(value or 0))}")
    return "\n".join(lines) + "\n"
